"""Wars of attrition: rows E3 and E4."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from sim.theory.attrition import audience_cost_attrition, reputational_bargaining
from sim.theory.monte_carlo import frequency_agrees

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed

costs = st.floats(0.1, 5.0)


# E3: audience costs that grow with the crisis


def test_E3_equal_audiences_escalate_to_war_in_four_cases_of_ten():
    crisis = audience_cost_attrition(1.0, 1.0, 1.0)
    assert crisis.horizon == pytest.approx(0.618034, abs=PRINTED)
    assert crisis.war == pytest.approx(0.381966, abs=PRINTED)
    assert crisis.firm == pytest.approx((crisis.horizon, crisis.horizon), abs=1e-12)
    assert crisis.yields_at_once == pytest.approx((0.0, 0.0), abs=1e-12)


def test_E3_the_side_with_the_weaker_audience_yields_at_once_or_is_seldom_firm():
    crisis = audience_cost_attrition(2.0, 1.0, 1.0)
    assert crisis.horizon == pytest.approx(0.366025, abs=PRINTED)
    assert crisis.firm == pytest.approx((0.732051, 0.366025), abs=PRINTED)
    assert crisis.war == pytest.approx(0.267949, abs=PRINTED)
    assert crisis.yields_at_once == pytest.approx((0.0, 0.366025), abs=PRINTED)


@given(costs, costs, st.floats(0.1, 5.0))
def test_E3_nobody_gains_by_backing_down_sooner_or_later(first, second, worst):
    crisis = audience_cost_attrition(first, second, worst)
    for side, own in enumerate((first, second)):
        at_once, firm = crisis.yields_at_once[1 - side], crisis.firm[1 - side]

        # how the other side stands firm in the eyes of one whose audience cost is `own`
        def stands(t: float, own: float = own, at_once: float = at_once) -> float:
            return (1.0 - at_once) / (1.0 + own * t)

        def payoff(t: float, own: float = own, at_once: float = at_once) -> float:
            yielded = quad(lambda s: (1.0 - at_once) * own / (1.0 + own * s) ** 2, 0.0, t)[0]
            return at_once + yielded - stands(t) * own * t

        values = [payoff(share * crisis.horizon) for share in (0.0, 0.2, 0.5, 0.8, 1.0)]
        assert values == pytest.approx([at_once] * 5, abs=1e-9)
        # at the horizon only the firm are left, and the least firm would as soon fight as yield
        assert stands(crisis.horizon) == pytest.approx(firm, abs=1e-9)
        least_firm = own * crisis.horizon / worst
        assert crisis.firm[side] == pytest.approx(least_firm, abs=1e-9)


@given(costs, costs, st.floats(0.1, 5.0))
def test_E3_shares_are_shares_and_at_most_one_side_yields_at_once(first, second, worst):
    crisis = audience_cost_attrition(first, second, worst)
    for share in (*crisis.firm, *crisis.yields_at_once, crisis.war):
        assert 0.0 <= share <= 1.0
    assert min(crisis.yields_at_once) == pytest.approx(0.0, abs=1e-12)
    assert crisis.war == pytest.approx(crisis.firm[0] * crisis.firm[1], abs=1e-12)
    for own, other, at_once in (
        (first, second, crisis.yields_at_once[0]),
        (second, first, crisis.yields_at_once[1]),
    ):
        root = own * crisis.horizon * (1.0 + other * crisis.horizon) / worst
        assert root == pytest.approx(1.0 - at_once, abs=1e-9)


@given(costs, costs, st.floats(0.1, 5.0))
def test_E3_the_stronger_audience_backs_down_less(first, second, worst):
    crisis = audience_cost_attrition(first, second, worst)
    backs_down = [1.0 - share for share in crisis.firm]
    if first > second:
        assert backs_down[0] <= backs_down[1] + 1e-12
        assert crisis.yields_at_once[0] <= 1e-12
    stronger = audience_cost_attrition(first * 1.5, second, worst)
    assert stronger.firm[0] >= crisis.firm[0] - 1e-12
    assert stronger.firm[1] <= crisis.firm[1] + 1e-12


@pytest.mark.parametrize("audience", [(1.0, 1.0), (2.0, 1.0)])
def test_E3_simulated_crises_end_in_war_as_often_as_both_are_firm(audience):
    crisis = audience_cost_attrition(*audience, 1.0)

    def wars(seed: int, replicates: int) -> int:
        war = -np.random.default_rng(seed).random((2, replicates))
        firm = war >= -np.array(audience)[:, None] * crisis.horizon
        return int(firm.all(axis=0).sum())

    assert frequency_agrees(wars, crisis.war, 400_000, seed=3)


# E4: demands that may be obstinate


def test_E4_equal_demands_are_conceded_at_equal_rates_and_not_at_once():
    talks = reputational_bargaining((0.6, 0.6), (0.1, 0.1))
    assert talks.concession_rates == pytest.approx((2.0, 2.0), abs=1e-12)
    assert talks.last_concession == pytest.approx(1.151293, abs=PRINTED)
    assert talks.concedes_at_once == pytest.approx((0.0, 0.0), abs=1e-12)


def test_E4_the_greedier_side_concedes_at_once_more_often_than_not():
    talks = reputational_bargaining((0.8, 0.6), (0.1, 0.1))
    assert talks.concession_rates == pytest.approx((0.5, 1.0), abs=1e-12)
    assert talks.last_concession == pytest.approx(2.302585, abs=PRINTED)
    assert talks.concedes_at_once == pytest.approx((0.683772, 0.0), abs=PRINTED)


demands = st.tuples(st.floats(0.55, 0.95), st.floats(0.55, 0.95))
obstinacies = st.tuples(st.floats(0.01, 0.9), st.floats(0.01, 0.9))
rates = st.tuples(st.floats(0.2, 3.0), st.floats(0.2, 3.0))


@given(demands, obstinacies, rates)
def test_E4_nobody_gains_by_conceding_sooner_or_later(demand, obstinate, discount):
    talks = reputational_bargaining(demand, obstinate, discount)
    for other in (0, 1):
        own = 1 - other
        rate, at_once = talks.concession_rates[other], talks.concedes_at_once[other]
        impatience, wins, yields = discount[own], demand[own], 1.0 - demand[other]

        def payoff(
            t: float,
            rate: float = rate,
            at_once: float = at_once,
            impatience: float = impatience,
            wins: float = wins,
            yields: float = yields,
        ) -> float:
            left = 1.0 - at_once
            conceded = quad(lambda s: left * rate * math.exp(-(rate + impatience) * s), 0.0, t)[0]
            return wins * (at_once + conceded) + left * math.exp(-(rate + impatience) * t) * yields

        values = [payoff(share * talks.last_concession) for share in (0.0, 0.3, 0.7, 1.0)]
        assert values == pytest.approx([values[0]] * 4, abs=1e-8)
        # whoever has not conceded by the end is obstinate
        left = (1.0 - at_once) * math.exp(-rate * talks.last_concession)
        assert left == pytest.approx(obstinate[other], abs=1e-9)


@given(demands, obstinacies, rates)
def test_E4_at_most_one_side_concedes_at_once_and_obstinacy_protects_from_it(
    demand, obstinate, discount
):
    talks = reputational_bargaining(demand, obstinate, discount)
    assert min(talks.concedes_at_once) == pytest.approx(0.0, abs=1e-12)
    assert all(0.0 <= share < 1.0 for share in talks.concedes_at_once)
    firmer = (min(0.99, obstinate[0] * 1.05), obstinate[1])
    after = reputational_bargaining(demand, firmer, discount)
    assert after.concedes_at_once[0] <= talks.concedes_at_once[0] + 1e-12


# arguments outside their domain

CRISIS = {"first_cost": 2.0, "second_cost": 1.0, "worst_war": 1.0}
TALKS = {"demands": (0.8, 0.6), "obstinacy": (0.1, 0.1)}


@pytest.mark.parametrize(
    ("function", "valid", "wrong", "message"),
    [
        (audience_cost_attrition, CRISIS, {"first_cost": 0.0}, r"first_cost is 0; .* \(0, inf\)"),
        (audience_cost_attrition, CRISIS, {"second_cost": -1.0}, r"second_cost is -1; it must lie"),
        (audience_cost_attrition, CRISIS, {"worst_war": math.nan}, "worst_war is nan; it must lie"),
        (reputational_bargaining, TALKS, {"demands": (1.0, 0.6)}, r"demands is 1; .* \(0, 1\)"),
        (
            reputational_bargaining,
            TALKS,
            {"demands": (0.5, 0.5)},
            r"sum of demands is 1; it must lie in \(1, 2\)",
        ),
        (reputational_bargaining, TALKS, {"obstinacy": (0.1, 0.0)}, r"obstinacy is 0; .* \(0, 1\)"),
        (
            reputational_bargaining,
            TALKS,
            {"discount_rates": (1.0, -1.0)},
            r"discount_rates is -1; it must lie in \(0, inf\)",
        ),
    ],
)
def test_an_argument_outside_its_domain_is_named(function, valid, wrong, message):
    function(**valid)
    with pytest.raises(ValueError, match=message):
        function(**{**valid, **wrong})

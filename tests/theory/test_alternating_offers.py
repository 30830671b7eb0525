"""Alternating offers, the Nash program, optimism and commitment: rows A1 to A9."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar, root_scalar

from sim.theory.alternating_offers import (
    breakdown_share,
    finite_horizon_share,
    outside_option_share,
    random_proposer_value,
    rubinstein_share,
)
from sim.theory.endogenous_commitment import (
    _best_offer_from,
    _deadline_values,
    _values_one_round_earlier,
    commitment_path,
    deadline_patience,
)
from sim.theory.nash_program import (
    absolute_risk_aversion_share,
    discounted_share,
    inside_option_share,
    relative_risk_aversion_share,
)
from sim.theory.optimism import (
    immediate_agreement_horizon,
    optimists_wait,
    perceived_total_stochastic_deadline,
    perceived_values,
)

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed

often = settings(max_examples=100, derandomize=True, deadline=None)
patiences = st.floats(0.0, 0.999)
inner_patiences = st.floats(0.01, 0.999)
shares = st.floats(0.0, 1.0)
rates = st.floats(0.001, 5.0)


def backward_induction(
    rejecting_second: Callable[[float], float],
    rejecting_first: Callable[[float], float],
    rounds: int = 4000,
) -> float:
    """First proposer's share, from what a responder gets by rejecting.

    Each argument maps the share that the rejecting player keeps as next proposer to the worth of
    rejecting. The horizon is long enough for its end not to matter.
    """
    keeps_first = keeps_second = 1.0
    for _ in range(rounds):
        keeps_first, keeps_second = (
            1.0 - rejecting_second(keeps_second),
            1.0 - rejecting_first(keeps_first),
        )
    return keeps_first


# A1


@pytest.mark.parametrize(
    ("patience_first", "patience_second", "share"),
    [(0.9, 0.9, 0.526316), (0.95, 0.9, 0.689655), (0.9, 0.95, 0.344828), (0.99, 0.97, 0.755668)],
)
def test_A1_patience_decides_the_division(patience_first, patience_second, share):
    assert rubinstein_share(patience_first, patience_second) == pytest.approx(share, abs=PRINTED)


@pytest.mark.parametrize(
    ("patience_first", "patience_second", "offers"),
    [(0.9, 0.9, 400), (0.95, 0.9, 400), (0.9, 0.95, 400), (0.99, 0.97, 1100)],
)
def test_A1_a_distant_deadline_does_not_matter(patience_first, patience_second, offers):
    for horizon in (offers, offers + 1):
        finite = finite_horizon_share(horizon, patience_first, patience_second)
        endless = rubinstein_share(patience_first, patience_second)
        assert finite == pytest.approx(endless, abs=1e-9)


@given(patiences, patiences)
@often
def test_A1_the_deadline_loses_its_weight_at_the_rate_of_the_joint_patience(first, second):
    for offers in (1, 2, 5, 50):
        error = abs(finite_horizon_share(offers, first, second) - rubinstein_share(first, second))
        assert error <= (first * second) ** (offers // 2) + 1e-12


@given(patiences, patiences)
@often
def test_A1_neither_side_gains_by_deviating_once(first, second):
    keeps_first, keeps_second = rubinstein_share(first, second), rubinstein_share(second, first)
    # a responder who rejects proposes next, and is no better off for it
    assert 1.0 - keeps_first == pytest.approx(second * keeps_second, abs=1e-12)
    for demand in np.linspace(0.0, 1.0, 101):
        accepted = 1.0 - demand >= second * keeps_second
        worth = demand if accepted else first * (1.0 - keeps_second)
        assert worth <= keeps_first + 1e-12


@given(patiences, patiences, patiences)
@often
def test_A1_a_player_gains_from_his_own_patience_and_loses_from_the_other_s(one, other, rival):
    low, high = sorted((one, other))
    assert rubinstein_share(low, rival) <= rubinstein_share(high, rival) + 1e-12
    assert rubinstein_share(rival, high) <= rubinstein_share(rival, low) + 1e-12
    assert 0.0 <= rubinstein_share(one, rival) <= 1.0


# A2


@pytest.mark.parametrize(
    ("offers", "patience_first", "patience_second", "share"),
    [
        (1, 0.9, 0.9, 1.0),
        (2, 0.9, 0.9, 0.1),
        (3, 0.9, 0.9, 0.91),
        (4, 0.9, 0.9, 0.181),
        (5, 0.9, 0.9, 0.8371),
        (4, 0.95, 0.9, 0.1855),
    ],
)
def test_A2_the_last_proposer_takes_all(offers, patience_first, patience_second, share):
    finite = finite_horizon_share(offers, patience_first, patience_second)
    assert finite == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    ("offers", "patience_first", "patience_second", "share"),
    [(10, 0.9, 0.9, 0.342801), (20, 0.9, 0.9, 0.462328), (9, 0.95, 0.9, 0.855503)],
)
def test_A2_a_longer_horizon_softens_the_last_offer(offers, patience_first, patience_second, share):
    finite = finite_horizon_share(offers, patience_first, patience_second)
    assert finite == pytest.approx(share, abs=PRINTED)


@given(st.integers(1, 60), shares)
@often
def test_A2_equal_patience_has_a_closed_form(offers, patience):
    closed = (1.0 - (-patience) ** offers) / (1.0 + patience)
    assert finite_horizon_share(offers, patience, patience) == pytest.approx(closed, abs=1e-12)


@given(st.integers(2, 60), shares, shares)
@often
def test_A2_agreement_comes_with_the_first_offer(offers, first, second):
    agreed = finite_horizon_share(offers, first, second)
    next_offer = finite_horizon_share(offers - 1, second, first)
    assert 1.0 - agreed == pytest.approx(second * next_offer, abs=1e-12)
    assert agreed >= first * (1.0 - next_offer) - 1e-12


# A3


@pytest.mark.parametrize(
    ("outside_option", "share"),
    [
        (0.0, 0.526316),
        (0.3, 0.526316),
        (0.473684, 0.526316),
        (0.5, 0.5),
        (0.6, 0.4),
        (0.8, 0.2),
    ],
)
def test_A3_an_outside_option_matters_only_beyond_the_bargained_share(outside_option, share):
    assert outside_option_share(0.9, 0.9, outside_option) == pytest.approx(share, abs=PRINTED)
    closed = 1.0 - max(0.9 / 1.9, outside_option)
    assert outside_option_share(0.9, 0.9, outside_option) == pytest.approx(closed, abs=1e-9)


@given(st.floats(0.0, 0.99), st.floats(0.0, 0.99), shares)
@often
def test_A3_the_division_with_an_outside_option_is_the_limit_of_backward_induction(
    first, second, outside
):
    induced = backward_induction(
        lambda keeps_second: max(second * keeps_second, outside),
        lambda keeps_first: first * keeps_first,
        rounds=1500,
    )
    assert outside_option_share(first, second, outside) == pytest.approx(induced, abs=1e-9)


# A4


@pytest.mark.parametrize(
    ("probability", "share"), [(0.1, 0.568421), (0.01, 0.551759), (0.5, 0.666667), (0.0, 0.55)]
)
def test_A4_the_risk_of_breakdown_leads_to_the_nash_division(probability, share):
    assert breakdown_share(probability, 0.2, 0.1) == pytest.approx(share, abs=PRINTED)


@given(st.floats(0.02, 1.0), shares, shares)
@often
def test_A4_the_division_under_risk_is_the_limit_of_backward_induction(risk, one, other):
    payoff_first, payoff_second = one, other * (1.0 - one)
    induced = backward_induction(
        lambda keeps_second: risk * payoff_second + (1.0 - risk) * keeps_second,
        lambda keeps_first: risk * payoff_first + (1.0 - risk) * keeps_first,
    )
    share = breakdown_share(risk, payoff_first, payoff_second)
    assert share == pytest.approx(induced, abs=1e-9)
    assert payoff_first - 1e-12 <= share <= 1.0 - payoff_second + 1e-12


# A5


@pytest.mark.parametrize(
    ("interval", "share"), [(1.0, 0.683188), (0.1, 0.668332), (0.01, 0.666833), (0.0, 0.666667)]
)
def test_A5_relative_patience_is_bargaining_weight(interval, share):
    assert discounted_share(0.05, 0.10, interval) == pytest.approx(share, abs=1e-6)


@given(rates, rates, st.floats(0.01, 20.0))
@often
def test_A5_discounting_time_is_rubinstein_bargaining(first, second, interval):
    patience_first, patience_second = math.exp(-first * interval), math.exp(-second * interval)
    endless = rubinstein_share(patience_first, patience_second)
    assert discounted_share(first, second, interval) == pytest.approx(endless, abs=1e-9)


def test_A5_the_distance_to_the_limit_is_proportional_to_the_interval():
    limit = discounted_share(0.05, 0.10, 0.0)
    errors = [discounted_share(0.05, 0.10, interval) - limit for interval in (1e-2, 1e-3, 1e-4)]
    assert errors[0] / errors[1] == pytest.approx(10.0, rel=1e-2)
    assert errors[1] / errors[2] == pytest.approx(10.0, rel=1e-2)


@pytest.mark.parametrize(
    ("probability", "share"),
    [(0.2, 0.409836), (0.02, 0.340090), (0.002, 0.334001), (0.0, 0.333333)],
)
def test_A5_relative_risk_aversion_costs_a_share(probability, share):
    assert relative_risk_aversion_share(0.5, 1.0, probability) == pytest.approx(share, abs=1e-6)


def breakdown_equilibrium(first, second, first_inverse, second_inverse, risk):
    """First proposer's share for any two utilities: what makes each responder indifferent."""

    def excess(keeps_first):
        keeps_second = 1.0 - first_inverse((1.0 - risk) * first(keeps_first))
        return second(1.0 - keeps_first) - (1.0 - risk) * second(keeps_second)

    return root_scalar(excess, bracket=(1e-12, 1.0), xtol=1e-14).root


@given(st.floats(0.2, 1.0), st.floats(0.2, 1.0), st.floats(0.01, 0.9))
@often
def test_A5_relative_risk_aversion_leaves_both_responders_indifferent(first, second, risk):
    solved = breakdown_equilibrium(
        lambda x: x**first,
        lambda x: x**second,
        lambda u: u ** (1.0 / first),
        lambda u: u ** (1.0 / second),
        risk,
    )
    assert relative_risk_aversion_share(first, second, risk) == pytest.approx(solved, abs=1e-9)


@given(st.floats(0.1, 1.0), st.floats(0.1, 1.0))
@often
def test_A5_relative_risk_aversion_tends_to_the_nash_division(first, second):
    limit = first / (first + second)
    assert relative_risk_aversion_share(first, second, 0.0) == pytest.approx(limit, abs=1e-12)
    close = relative_risk_aversion_share(first, second, 1e-6)
    assert close == pytest.approx(limit, abs=1e-5)


def test_A5_absolute_risk_aversion_costs_a_share():
    assert absolute_risk_aversion_share(2.0, 0.0) == pytest.approx(0.396030, abs=1e-6)


def constant_aversion(aversion):
    if aversion < 1e-9:
        return lambda x: x, lambda u: u
    return lambda x: -math.expm1(-aversion * x), lambda u: -math.log1p(-u) / aversion


@given(st.floats(0.0, 20.0), st.floats(0.0, 20.0))
@often
def test_A5_absolute_risk_aversion_maximizes_the_product_of_gains(first, second):
    utility_first, utility_second = constant_aversion(first)[0], constant_aversion(second)[0]
    share = absolute_risk_aversion_share(first, second)
    best = minimize_scalar(
        lambda x: -math.log(utility_first(x)) - math.log(utility_second(1.0 - x)),
        bounds=(1e-6, 1.0 - 1e-6),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert share == pytest.approx(best.x, abs=1e-6)
    mirrored = absolute_risk_aversion_share(second, first)
    assert share + mirrored == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("risk", [1e-2, 1e-3])
def test_A5_alternating_offers_approach_the_nash_division_under_absolute_risk_aversion(risk):
    utility, inverse = constant_aversion(2.0)
    solved = breakdown_equilibrium(utility, lambda x: x, inverse, lambda u: u, risk)
    assert solved == pytest.approx(absolute_risk_aversion_share(2.0, 0.0), abs=risk)


def test_A5_extreme_risk_aversion_is_still_solved():
    assert absolute_risk_aversion_share(500.0, 500.0) == pytest.approx(0.5, abs=1e-12)
    for slight in (0.0, 5e-324, 1e-200, 1e-17):
        assert absolute_risk_aversion_share(slight, 0.0) == pytest.approx(0.5, abs=1e-12)


# A6


@pytest.mark.parametrize(("interval", "share"), [(1.0, 0.609913), (0.1, 0.600999), (0.0, 0.6)])
def test_A6_an_inside_option_always_moves_the_division(interval, share):
    assert inside_option_share(0.01, 0.02, 0.05, 0.10, interval) == pytest.approx(share, abs=1e-6)


@given(st.floats(0.2, 2.0), st.floats(0.2, 2.0), shares, shares, st.floats(0.1, 5.0))
@often
def test_A6_the_division_with_flows_is_the_limit_of_backward_induction(
    first, second, worth_first, worth_left, interval
):
    worth_second = worth_left * (1.0 - worth_first)
    patience_first, patience_second = math.exp(-first * interval), math.exp(-second * interval)
    induced = backward_induction(
        lambda keeps: worth_second * (1.0 - patience_second) + patience_second * keeps,
        lambda keeps: worth_first * (1.0 - patience_first) + patience_first * keeps,
        rounds=1500,
    )
    flows = (worth_first * first, worth_second * second)
    share = inside_option_share(*flows, first, second, interval)
    assert share == pytest.approx(induced, abs=1e-9)


# A7


@pytest.mark.parametrize(
    ("recognition", "patience_first", "patience_second", "value"),
    [(0.3, 0.9, 0.9, 0.3), (0.5, 0.95, 0.9, 0.666667), (0.3, 0.95, 0.9, 0.461538)],
)
def test_A7_recognition_is_bargaining_power(recognition, patience_first, patience_second, value):
    expected = random_proposer_value(recognition, patience_first, patience_second)
    assert expected == pytest.approx(value, abs=PRINTED)


@given(shares, st.floats(0.0, 0.98), st.floats(0.0, 0.98))
@often
def test_A7_the_value_before_the_draw_is_the_limit_of_backward_induction(
    recognition, first, second
):
    value_first = value_second = 0.0
    for _ in range(1500):
        offered_first, offered_second = first * value_first, second * value_second
        value_first = recognition * (1 - offered_second) + (1 - recognition) * offered_first
        value_second = (1 - recognition) * (1 - offered_first) + recognition * offered_second
    assert random_proposer_value(recognition, first, second) == pytest.approx(value_first, abs=1e-8)
    assert value_first + value_second == pytest.approx(1.0, abs=1e-8)


# A8


@pytest.mark.parametrize(
    ("patience", "optimism", "horizon"), [(0.99, 0.1, 10), (0.95, 0.3, 6), (0.9, 0.5, 4)]
)
def test_A8_optimists_wait_for_a_near_deadline(patience, optimism, horizon):
    assert immediate_agreement_horizon(patience, optimism) == horizon
    waits = [optimists_wait(rounds_left, patience, optimism) for rounds_left in range(1, 40)]
    assert waits == [rounds_left < horizon for rounds_left in range(1, 40)]
    assert not optimists_wait(0, patience, optimism)


@given(st.floats(0.05, 0.99), shares, shares)
@often
def test_A8_the_wait_follows_from_what_each_believes_he_will_get(patience, one, other):
    recognition_first, recognition_second = max(one, 1.0 - other), max(other, 1.0 - one)
    optimism = recognition_first + recognition_second - 1.0
    for rounds_left in range(1, 60):
        later = perceived_values(rounds_left - 1, patience, recognition_first, recognition_second)
        claims = patience * sum(later)
        if abs(claims - 1.0) > 1e-9:
            assert optimists_wait(rounds_left, patience, min(1.0, optimism)) == (claims > 1.0)


@given(st.floats(0.01, 0.999), shares)
@often
def test_A8_the_horizon_separates_waiting_from_agreeing(patience, optimism):
    horizon = immediate_agreement_horizon(patience, optimism)
    assert not optimists_wait(horizon, patience, optimism)
    assert horizon == 1 or optimists_wait(horizon - 1, patience, optimism)


def test_A8_the_horizon_survives_the_rounding_of_its_logarithm():
    for rounds_left in range(1, 60):
        optimism = 0.97**-rounds_left - 1.0
        if optimism <= 1.0:
            horizon = immediate_agreement_horizon(0.97, optimism)
            assert horizon in (rounds_left, rounds_left + 1)
            assert not optimists_wait(horizon, 0.97, optimism)


@given(patiences, shares, shares)
@often
def test_A8_optimists_agree_at_once_under_a_stochastic_deadline(patience, survival, optimism):
    total = perceived_total_stochastic_deadline(patience, survival, optimism)
    reached = patience * survival
    assert reached * total <= 1.0 + 1e-12
    # the total repeats itself one round earlier
    assert total == pytest.approx(1.0 + optimism - optimism * reached * total, abs=1e-9)


def test_A8_a_stochastic_deadline_is_the_limit_of_long_horizons_without_a_firm_one():
    total = sum(perceived_values(600, 0.9, 0.8, 0.7))
    assert perceived_total_stochastic_deadline(0.9, 1.0, 0.5) == pytest.approx(total, abs=1e-9)


# A9


def test_A9_two_rounds_have_a_closed_threshold():
    assert deadline_patience(2, 801) == pytest.approx(3.0 - math.sqrt(5.0), abs=1e-3)
    assert deadline_patience(2) == pytest.approx(0.763932, abs=0.003)


@pytest.mark.parametrize(("rounds", "threshold"), [(3, 0.857), (4, 0.898)])
def test_A9_patient_players_agree_only_at_the_deadline(rounds, threshold):
    assert deadline_patience(rounds) == pytest.approx(threshold, abs=0.003)
    assert commitment_path(rounds, threshold + 0.005).agreement_round == rounds
    assert commitment_path(rounds, threshold - 0.005).agreement_round < rounds


def test_A9_three_rounds_agree_with_the_indifference_of_the_first_proposer():
    # Refusing x, the responder is bought off at d / (2 - d) or concedes d (1 - x) / (2 - d), so the
    # least acceptable offer is d (2 - d) / (4 - 2 d - d^2); passing is worth d^2 / 2.
    def gain_from_a_serious_offer(d):
        return 1.0 - d * (2.0 - d) / (4.0 - 2.0 * d - d * d) - 0.5 * d * d

    threshold = root_scalar(gain_from_a_serious_offer, bracket=(0.8, 0.9)).root
    assert deadline_patience(3, 801) == pytest.approx(threshold, abs=5e-4)


def test_A9_impatient_players_agree_at_once_and_one_round_is_the_deadline():
    patience = 0.5
    path = commitment_path(2, patience)
    assert path.agreement_round == 1
    assert path.offer == pytest.approx(patience / (2.0 - patience), abs=1.0 / 400)
    assert path.value == pytest.approx(0.5, abs=1e-12)
    assert commitment_path(1, patience) == (1, 0.0, 0.5)
    assert commitment_path(3, 0.95).value == pytest.approx(0.5 * 0.95**2, abs=1e-12)


@pytest.mark.parametrize("rounds", [2, 4, 6])
def test_A9_no_player_makes_an_offer_only_to_see_it_refused(rounds):
    grid = np.linspace(0.0, 1.0, 101)
    for patience in np.linspace(0.05, 0.99, 40):
        value = _deadline_values(grid)
        for _ in range(rounds - 1):
            waiting = patience * value
            accepts = grid >= waiting.T - 1e-12
            to_proposer = np.where(accepts, 1.0 - grid, waiting)
            chosen = _best_offer_from(to_proposer)[0, 0]
            refused = not accepts[0, chosen]
            assert not (refused and to_proposer[0, chosen] > waiting[0, 0] + 1e-12)
            value, _ = _values_one_round_earlier(grid, waiting)


def test_A9_the_best_offer_is_searched_from_the_least_acceptable_share_upwards():
    table = np.array([[3.0, 1.0, 2.0, 0.0], [0.0, 0.0, 5.0, 5.0]])
    np.testing.assert_array_equal(_best_offer_from(table), [[0, 2, 2, 3], [2, 2, 2, 3]])


# arguments outside their domains


@pytest.mark.parametrize(
    ("theory", "arguments", "message"),
    [
        (rubinstein_share, (1.0, 0.9), r"patience_first is 1; it must lie in \[0, 1\)"),
        (rubinstein_share, (0.9, -0.1), r"patience_second is -0.1; it must lie in \[0, 1\)"),
        (rubinstein_share, (math.nan, 0.9), r"patience_first is nan; .* \[0, 1\)"),
        (finite_horizon_share, (0, 0.9, 0.9), "offers is 0; .* whole number, at least 1"),
        (finite_horizon_share, (2.5, 0.9, 0.9), "offers is 2.5; .* whole number, at least 1"),
        (finite_horizon_share, (2, 1.1, 0.9), r"patience_first is 1.1; .* \[0, 1\]"),
        (finite_horizon_share, (2, 0.9, -1.0), r"patience_second is -1; .* \[0, 1\]"),
        (outside_option_share, (0.9, 0.9, 1.5), r"outside_option_second is 1.5; .* \[0, 1\]"),
        (outside_option_share, (0.9, 1.0, 0.5), r"patience_second is 1; .* \[0, 1\)"),
        (breakdown_share, (1.2, 0.2, 0.1), r"breakdown_probability is 1.2; .* \[0, 1\]"),
        (breakdown_share, (0.1, -0.2, 0.1), r"breakdown_payoff_first is -0.2; .* \[0, 1\]"),
        (breakdown_share, (0.1, 0.6, 0.5), r"breakdown_payoff_second is 0.5; .* \[0, 0.4\]"),
        (random_proposer_value, (1.1, 0.9, 0.9), r"recognition_first is 1.1; .* \[0, 1\]"),
        (random_proposer_value, (0.5, 1.0, 0.9), r"patience_first is 1; .* \[0, 1\)"),
        (random_proposer_value, (0.5, 0.9, 1.0), r"patience_second is 1; .* \[0, 1\)"),
        (discounted_share, (0.0, 0.1, 1.0), r"rate_first is 0; .* \(0, inf\)"),
        (discounted_share, (0.1, math.inf, 1.0), r"rate_second is inf; .* \(0, inf\)"),
        (discounted_share, (0.1, 0.1, -1.0), r"interval is -1; .* \[0, inf\)"),
        (relative_risk_aversion_share, (0.0, 1.0, 0.1), r"exponent_first is 0; .* \(0, 1\]"),
        (relative_risk_aversion_share, (1.0, 1.5, 0.1), r"exponent_second is 1.5; .* \(0, 1\]"),
        (relative_risk_aversion_share, (1.0, 1.0, 1.0), r"breakdown_probability is 1; .* \[0, 1\)"),
        (absolute_risk_aversion_share, (-1.0, 0.0), r"risk_aversion_first is -1; .* \[0, 500\]"),
        (absolute_risk_aversion_share, (0.0, 501.0), r"risk_aversion_second is 501; .*500\]"),
        (inside_option_share, (0.06, 0.0, 0.05, 0.1, 1.0), r"flow_first is 0.06; .* \[0, 0.05\]"),
        (inside_option_share, (0.0, -0.1, 0.05, 0.1, 1.0), r"flow_second is -0.1; .* \[0, 0.1\]"),
        (inside_option_share, (0.04, 0.05, 0.05, 0.1, 1.0), r"flow_second is 0.05; .*0.02\]"),
        (inside_option_share, (0.0, 0.0, 0.0, 0.1, 1.0), r"rate_first is 0; .* \(0, inf\)"),
        (perceived_values, (-1, 0.9, 0.5, 0.5), "rounds_left is -1; .* at least 0"),
        (perceived_values, (1, 1.0, 0.5, 0.5), r"patience is 1; .* \(0, 1\)"),
        (perceived_values, (1, 0.9, 1.5, 0.5), r"recognition_first is 1.5; .* \[0, 1\]"),
        (perceived_values, (1, 0.9, 0.5, -0.5), r"recognition_second is -0.5; .* \[0, 1\]"),
        (optimists_wait, (-1, 0.9, 0.5), "rounds_left is -1; .* at least 0"),
        (optimists_wait, (1, 0.0, 0.5), r"patience is 0; .* \(0, 1\)"),
        (optimists_wait, (1, 0.9, 1.5), r"optimism is 1.5; .* \[0, 1\]"),
        (immediate_agreement_horizon, (1.0, 0.5), r"patience is 1; .* \(0, 1\)"),
        (immediate_agreement_horizon, (0.9, -0.5), r"optimism is -0.5; .* \[0, 1\]"),
        (perceived_total_stochastic_deadline, (1.0, 1.0, 0.5), r"patience is 1; .* \[0, 1\)"),
        (perceived_total_stochastic_deadline, (0.9, 1.1, 0.5), r"survival is 1.1; .* \[0, 1\]"),
        (perceived_total_stochastic_deadline, (0.9, 1.0, 2.0), r"optimism is 2; .* \[0, 1\]"),
        (commitment_path, (0, 0.9), "rounds is 0; .* at least 1"),
        (commitment_path, (2, 1.0), r"patience is 1; .* \(0, 1\)"),
        (commitment_path, (2, 0.9, 2), "grid_points is 2; .* at least 3"),
        (deadline_patience, (1,), "rounds is 1; .* at least 2"),
    ],
)
def test_an_argument_outside_its_domain_is_named(
    theory: Callable[..., Any], arguments: tuple[Any, ...], message: str
):
    with pytest.raises(ValueError, match=message):
        theory(*arguments)


def test_payoffs_that_use_up_the_pie_up_to_rounding_are_allowed():
    assert breakdown_share(0.1, 0.9, 0.1) == pytest.approx(0.9)
    assert inside_option_share(0.045, 0.01, 0.05, 0.1, 1.0) == pytest.approx(0.9)

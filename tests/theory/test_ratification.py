"""Deals that need consent at home: rows D1 to D4."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from sim.theory.monte_carlo import frequency_agrees
from sim.theory.ratification import (
    capped_first_share,
    constrained_nash_price,
    modes_of_best_demand,
    modes_of_demand,
    setter_proposal,
    uncertain_deal_normal,
    uncertain_deal_uniform,
)

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed
FOUR_DECIMALS = 5.1e-5
REPLICATES = 500_000

points = st.floats(-5.0, 5.0)
prices = st.floats(0.5, 2.0)

IIDA = {"low": 1.05, "high": 1.45, "no_agreement_value": 1.0}
NOISY = {"limit_mean": 1.25, "limit_sd": 0.1, "seoul_value": 1.5, "refusal_cost": 0.1}


# D1


@pytest.mark.parametrize(
    ("setter", "voter", "status_quo", "expected"),
    [(5, 2, 1, 3), (2.5, 2, 1, 2.5), (5, 2, 2.5, 2.5), (5, 1.3, 1, 1.6), (5, 0.9, 1, 1)],
)
def test_D1_setter_takes_what_leaves_the_voter_indifferent(setter, voter, status_quo, expected):
    assert setter_proposal(setter, voter, status_quo) == pytest.approx(expected, abs=1e-12)


@given(points, points, points, st.lists(points, min_size=1, max_size=50))
def test_D1_no_proposal_that_the_voter_accepts_is_better_for_the_setter(
    setter, voter, status_quo, others
):
    proposal = setter_proposal(setter, voter, status_quo)
    tolerance = abs(status_quo - voter)
    assert abs(proposal - voter) <= tolerance + 1e-12
    for other in [*others, status_quo, voter]:
        if abs(other - voter) <= tolerance:
            assert abs(proposal - setter) <= abs(other - setter) + 1e-12


# D2


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(1.3, 1.25), (1.25, 1.25), (1.2, 1.2), (1.1, 1.1), (1.0, 1.0), (0.95, None)],
)
def test_D2_a_known_hawkish_legislature_improves_the_price_until_there_is_none(limit, expected):
    assert constrained_nash_price(1.0, 1.5, seoul_limit=limit) == expected


@pytest.mark.parametrize(("cap", "expected"), [(0.6, 1 / 1.9), (0.5, 0.5), (0.4, 0.4)])
def test_D2_a_cap_on_the_first_proposers_share_binds_below_his_rubinstein_share(cap, expected):
    share = capped_first_share(0.9, 0.9, cap)
    assert share == pytest.approx(expected, abs=1e-12)
    assert share == pytest.approx({0.6: 0.5263, 0.5: 0.5, 0.4: 0.4}[cap], abs=FOUR_DECIMALS)


@given(st.floats(0.0, 0.95), st.floats(0.0, 0.95), st.floats(0.0, 1.0))
def test_D2_capped_share_is_where_backward_induction_ends(first, second, cap):
    share = cap
    for _ in range(600):
        # the other side offers what the first would wait for; he asks for what is then accepted
        offered = min(cap, first * share)
        share = min(cap, 1.0 - second * (1.0 - offered))
    assert capped_first_share(first, second, cap) == pytest.approx(share, abs=1e-9)


# D4


@pytest.mark.parametrize(
    ("us_limit", "seoul_limit", "expected"),
    [(1.3, 1.5, 1.3), (1.0, 1.2, 1.2), (1.3, 1.4, 1.3), (1.35, 1.3, None)],
)
def test_D4_constraints_on_both_sides_clip_the_price_or_leave_none(us_limit, seoul_limit, expected):
    price = constrained_nash_price(1.0, 1.5, us_limit=us_limit, seoul_limit=seoul_limit)
    assert price == expected


@given(prices, prices, prices, prices)
def test_D4_price_maximises_the_nash_product_over_what_all_four_accept(
    us_value, seoul_value, us_limit, seoul_limit
):
    price = constrained_nash_price(
        us_value, seoul_value, us_limit=us_limit, seoul_limit=seoul_limit
    )
    least, most = max(us_value, us_limit), min(seoul_value, seoul_limit)
    if price is None:
        assert least > most
        return
    grid = np.linspace(least, most, 2001)
    best = ((grid - us_value) * (seoul_value - grid)).max()
    assert least <= price <= most
    assert (price - us_value) * (seoul_value - price) >= best - 1e-12


@given(prices, prices)
def test_D4_without_limits_at_home_the_executives_split_the_difference(us_value, seoul_value):
    price = constrained_nash_price(us_value, seoul_value)
    if us_value > seoul_value:
        assert price is None
    else:
        assert price == pytest.approx(0.5 * (us_value + seoul_value), abs=1e-12)


# D3: who knows the legislature


@pytest.mark.parametrize(
    ("knows", "expected"),
    [(True, (0.4375, 0.0)), (False, (0.0, 0.4375))],
    ids=["ministry", "nobody"],
)
def test_D3_who_knows_the_legislature_decides_where_talks_break_down(knows, expected):
    modes = modes_of_best_demand(**IIDA, ministry_knows=knows)
    assert modes == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("knows", [True, False], ids=["ministry", "nobody"])
def test_D3_simulated_ministry_breaks_down_where_it_should(knows):
    modes = modes_of_best_demand(**IIDA, ministry_knows=knows)

    def count(at_the_table: bool, seed: int, replicates: int) -> int:
        limits = np.random.default_rng(seed).uniform(1.05, 1.45, replicates)
        # a ministry that knows nothing takes the legislature for an average one
        reading = limits if knows else np.full(replicates, limits.mean())
        signed = reading >= 1.225
        refused = signed & (limits < 1.225)
        return int((~signed if at_the_table else refused).sum())

    for mode, at_the_table in ((modes.at_the_table, True), (modes.at_ratification, False)):
        assert frequency_agrees(
            lambda seed, n, table=at_the_table: count(table, seed, n), mode, REPLICATES, seed=31
        )


def test_D3_demand_is_the_same_whoever_knows_because_only_the_total_matters_to_the_us():
    demands = np.linspace(1.0, 1.5, 5001)
    ratified = np.clip((1.45 - demands) / 0.4, 0.0, 1.0)
    best = demands[((demands - 1.0) * ratified).argmax()]
    assert best == pytest.approx(1.225, abs=1e-4)
    assert sum(modes_of_best_demand(**IIDA, ministry_knows=True)) == pytest.approx(
        sum(modes_of_best_demand(**IIDA, ministry_knows=False)), abs=1e-12
    )


D3_NOISE = [
    (0.0, (0.5, 0.0)),
    (0.02, (0.4549, 0.0589)),
    (0.05, (0.3886, 0.1417)),
    (0.1, (0.2857, 0.2551)),
    (0.3, (0.0448, 0.4661)),
]


@pytest.mark.parametrize(("noise", "expected"), D3_NOISE)
def test_D3_a_noisier_reading_of_the_legislature_moves_breakdowns_to_ratification(noise, expected):
    modes = modes_of_demand(1.25, signal_sd=noise, **NOISY)
    assert modes == pytest.approx(expected, abs=FOUR_DECIMALS)


@pytest.mark.parametrize("noise", [noise for noise, _ in D3_NOISE])
def test_D3_simulated_ministry_with_a_noisy_reading(noise):
    modes = modes_of_demand(1.25, signal_sd=noise, **NOISY)

    def count(at_the_table: bool, seed: int, replicates: int) -> int:
        generator = np.random.default_rng(seed)
        limits = generator.normal(1.25, 0.1, replicates)
        signal = limits + noise * generator.standard_normal(replicates)
        precision = np.array([1.0 / 0.1**2, 1.0 / max(noise, 1e-9) ** 2])
        mean = (precision[0] * 1.25 + precision[1] * signal) / precision.sum()
        passes = norm.sf((1.25 - mean) * math.sqrt(precision.sum()))
        signed = passes * (1.5 - 1.25) >= (1.0 - passes) * 0.1
        return int((~signed if at_the_table else signed & (limits < 1.25)).sum())

    for mode, at_the_table in ((modes.at_the_table, True), (modes.at_ratification, False)):
        assert frequency_agrees(
            lambda seed, n, table=at_the_table: count(table, seed, n), mode, REPLICATES, seed=32
        )


@given(st.floats(1.0, 1.45), st.floats(0.02, 0.3), st.floats(0.05, 0.5))
def test_D3_an_exact_reading_never_fails_at_home_and_no_reading_gives_one_answer(demand, sd, cost):
    refused = norm.cdf((demand - 1.25) / sd)
    others = {"limit_mean": 1.25, "limit_sd": sd, "seoul_value": 1.5, "refusal_cost": cost}
    informed = modes_of_demand(demand, signal_sd=0.0, **others)
    assert informed == pytest.approx((refused, 0.0), abs=1e-12)
    uninformed = modes_of_demand(demand, signal_sd=math.inf, **others)
    signs = (1.0 - refused) * (1.5 - demand) >= refused * cost
    assert uninformed == pytest.approx((0.0, refused) if signs else (1.0, 0.0), abs=1e-12)
    nearly = modes_of_demand(demand, signal_sd=1e-7, **others)
    assert nearly == pytest.approx(informed, abs=1e-5)


def test_D3_total_breakdown_is_not_the_same_for_a_half_informed_ministry():
    totals = [sum(modes_of_demand(1.25, signal_sd=noise, **NOISY)) for noise, _ in D3_NOISE]
    assert totals == pytest.approx([0.5, 0.5138, 0.5303, 0.5408, 0.5109], abs=1.1e-4)


def test_D3_a_ministry_that_fears_no_refusal_signs_everything():
    modes = modes_of_demand(1.25, signal_sd=0.1, **{**NOISY, "refusal_cost": 0.0})
    assert modes == pytest.approx((0.0, 0.5), abs=1e-12)


# D3iv: nobody knows, and both share the risk


def test_D3iv_a_uniform_limit_that_nobody_knows():
    deal = uncertain_deal_uniform(1.0, 1.5, 1.05, 1.45)
    assert deal == pytest.approx((1.116288, 0.165721), abs=PRINTED)


@pytest.mark.parametrize(
    ("sd", "expected"), [(0.02, 0.0270), (0.05, 0.1140), (0.1, 0.2669), (0.2, 0.4171)]
)
def test_D3iv_refusals_grow_with_uncertainty_about_the_legislature(sd, expected):
    deal = uncertain_deal_normal(1.0, 1.5, 1.15, sd)
    assert deal.refusal_probability == pytest.approx(expected, abs=FOUR_DECIMALS)


@given(st.floats(0.5, 1.2), st.floats(0.05, 1.0), st.floats(0.6, 1.8), st.floats(0.02, 0.5))
def test_D3iv_no_other_price_has_a_larger_product_of_expected_gains(us_value, surplus, mean, sd):
    seoul_value = us_value + surplus
    grid = np.linspace(us_value, seoul_value, 4003)[1:-1]

    def product(price, accepted):
        return 2.0 * accepted + np.log(price - us_value) + np.log(seoul_value - price)

    deal = uncertain_deal_normal(us_value, seoul_value, mean, sd)
    best = product(grid, norm.logsf(grid, mean, sd)).max()
    assert product(deal.price, norm.logsf(deal.price, mean, sd)) >= best - 1e-9
    high = us_value + sd
    deal = uncertain_deal_uniform(us_value, seoul_value, mean - 2.0, high)
    inside = grid[grid < high]
    ratified = np.log(np.clip((high - inside) / (high - mean + 2.0), 0.0, 1.0))
    chosen = product(deal.price, math.log(1.0 - deal.refusal_probability))
    assert chosen >= product(inside, ratified).max() - 1e-9


def test_D3iv_a_legislature_that_ratifies_for_certain_leaves_the_nash_price():
    deal = uncertain_deal_uniform(1.0, 1.5, 1.3, 1.6)
    assert deal == pytest.approx((1.25, 0.0), abs=1e-12)
    assert uncertain_deal_uniform(1.0, 1.5, 1.2, 1.21) == pytest.approx((1.2, 0.0), abs=1e-9)


# arguments outside their domain

NAN = math.nan


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (setter_proposal, {"setter_ideal": NAN}, "setter_ideal is nan; it must lie in"),
        (setter_proposal, {"voter_ideal": math.inf}, "voter_ideal is inf; it must lie in"),
        (setter_proposal, {"status_quo": -math.inf}, "status_quo is -inf; it must lie in"),
        (constrained_nash_price, {"us_value": NAN}, "us_value is nan; it must lie in"),
        (constrained_nash_price, {"seoul_value": NAN}, "seoul_value is nan; it must lie in"),
        (constrained_nash_price, {"us_limit": NAN}, "us_limit is nan; it must lie in"),
        (constrained_nash_price, {"seoul_limit": NAN}, "seoul_limit is nan; it must lie in"),
        (capped_first_share, {"first_discount": 1.0}, r"first_discount is 1; .* \[0, 1\)"),
        (capped_first_share, {"second_discount": -0.1}, r"second_discount is -0.1; .* \[0, 1\)"),
        (capped_first_share, {"cap": 1.1}, r"cap is 1.1; it must lie in \[0, 1\]"),
        (modes_of_best_demand, {"low": NAN}, "low is nan; it must lie in"),
        (modes_of_best_demand, {"high": 1.0}, r"high is 1; it must lie in \(1.05, inf\)"),
        (modes_of_best_demand, {"no_agreement_value": 2.0}, "no_agreement_value is 2; it must"),
        (modes_of_demand, {"demand": NAN}, "demand is nan; it must lie in"),
        (modes_of_demand, {"limit_mean": NAN}, "limit_mean is nan; it must lie in"),
        (modes_of_demand, {"limit_sd": 0.0}, r"limit_sd is 0; it must lie in \(0, inf\)"),
        (modes_of_demand, {"signal_sd": -0.1}, r"signal_sd is -0.1; it must lie in \[0, inf\]"),
        (modes_of_demand, {"seoul_value": 1.25}, r"seoul_value is 1.25; .* \(1.25, inf\)"),
        (modes_of_demand, {"refusal_cost": -1.0}, r"refusal_cost is -1; it must lie in \[0, inf"),
        (uncertain_deal_uniform, {"us_value": NAN}, "us_value is nan; it must lie in"),
        (uncertain_deal_uniform, {"seoul_value": 1.0}, r"seoul_value is 1; .* \(1, inf\)"),
        (uncertain_deal_uniform, {"low": NAN}, "low is nan; it must lie in"),
        (uncertain_deal_uniform, {"high": 1.02}, r"high is 1.02; it must lie in \(1.05, inf\)"),
        (uncertain_deal_uniform, {"low": 0.5, "high": 1.0}, r"high is 1; .* \(1, inf\)"),
        (uncertain_deal_normal, {"seoul_value": 0.5}, r"seoul_value is 0.5; .* \(1, inf\)"),
        (uncertain_deal_normal, {"limit_mean": NAN}, "limit_mean is nan; it must lie in"),
        (uncertain_deal_normal, {"limit_sd": 0.0}, r"limit_sd is 0; it must lie in \(0, inf\)"),
    ],
)
def test_an_argument_outside_its_domain_is_named(function, arguments, message):
    valid = {
        setter_proposal: {"setter_ideal": 5.0, "voter_ideal": 2.0, "status_quo": 1.0},
        constrained_nash_price: {"us_value": 1.0, "seoul_value": 1.5},
        capped_first_share: {"first_discount": 0.9, "second_discount": 0.9, "cap": 0.5},
        modes_of_best_demand: {**IIDA, "ministry_knows": True},
        modes_of_demand: {"demand": 1.25, "signal_sd": 0.1, **NOISY},
        uncertain_deal_uniform: {"us_value": 1.0, "seoul_value": 1.5, "low": 1.05, "high": 1.45},
        uncertain_deal_normal: {
            "us_value": 1.0,
            "seoul_value": 1.5,
            "limit_mean": 1.15,
            "limit_sd": 0.1,
        },
    }[function]
    with pytest.raises(ValueError, match=message):
        function(**{**valid, **arguments})

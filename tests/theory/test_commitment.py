"""Public commitments and the breakdown they cause: rows E1, E1b, E2, E5 and E6."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import expon, norm

from sim.theory.commitment import (
    breakdown_probability,
    commitment_weight,
    committed_share,
    deadlock_probability,
    equilibrium_commitment,
    impasse_probability,
    lump_sum_deadlock,
    signing_threshold,
)
from sim.theory.monte_carlo import frequency_agrees

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed
FOUR_DECIMALS = 5.1e-5

shares = st.floats(0.0, 1.0)
costs = st.floats(0.0, 5.0)


# E1: costs in proportion to the shortfall


def utilities(share, demands, rates):
    first = share - rates[0] * np.maximum(0.0, demands[0] - share)
    second = 1.0 - share - rates[1] * np.maximum(0.0, demands[1] - 1.0 + share)
    return first, second


@pytest.mark.parametrize(
    ("demands", "rates", "expected"),
    [((0.8, 0.6), (1.0, 1.0), 0.55), ((0.8, 0.6), (2.0, 1.0), 0.616667)],
)
def test_E1_the_costlier_commitment_gets_the_larger_share(demands, rates, expected):
    assert committed_share(*demands, *rates) == pytest.approx(expected, abs=PRINTED)


@pytest.mark.parametrize(
    ("demands", "rates", "needed"),
    [((1.0, 1.0), (1.5, 1.0), 1.1), ((0.95, 0.9), (2.0, 1.0), 1.0833333)],
)
def test_E1_demands_deadlock_when_their_bound_parts_exceed_the_pie(demands, rates, needed):
    bound = sum(commitment_weight(a) * z for z, a in zip(demands, rates, strict=True))
    assert bound == pytest.approx(needed, abs=1e-6)
    assert committed_share(*demands, *rates) is None


@given(shares, shares, costs, costs)
def test_E1_share_maximises_the_nash_product_and_deadlock_leaves_nothing(z1, z2, a1, a2):
    share = committed_share(z1, z2, a1, a2)
    grid = np.union1d(np.linspace(0.0, 1.0, 2001), [z1, 1.0 - z2])
    first, second = utilities(grid, (z1, z2), (a1, a2))
    acceptable = (first >= 0.0) & (second >= 0.0)
    if share is None:
        assert not (acceptable & (first * second > 0.0)).any()
        return
    own, other = utilities(share, (z1, z2), (a1, a2))
    assert min(own, other) >= -1e-12
    best = (first * second)[acceptable].max(initial=0.0)
    assert own * other >= best - 1e-12


@given(shares, shares, costs, costs)
def test_E1_binding_demands_give_the_clipped_midpoint(z1, z2, a1, a2):
    bound1, bound2 = commitment_weight(a1) * z1, commitment_weight(a2) * z2
    binding = z1 + z2 >= 1.0 and z1 >= 0.5 * (1.0 - bound2) and z2 >= 0.5 * (1.0 - bound1)
    share = committed_share(z1, z2, a1, a2)
    if binding and share is not None:
        expected = min(max(0.5 * (1.0 + bound1 - bound2), 1.0 - z2), z1)
        assert share == pytest.approx(expected, abs=1e-9)


def test_E1_a_demand_below_the_even_split_does_not_hold_its_own_side_down():
    assert committed_share(0.1, 1.0, 1.0, 0.0) == pytest.approx(0.5, abs=1e-12)
    assert committed_share(1.0, 0.1, 0.0, 1.0) == pytest.approx(0.5, abs=1e-12)
    assert committed_share(0.3, 0.3, 9.0, 9.0) == pytest.approx(0.5, abs=1e-12)


@given(shares, shares, costs, costs)
def test_E1_swapping_the_sides_swaps_the_shares(z1, z2, a1, a2):
    share, mirrored = committed_share(z1, z2, a1, a2), committed_share(z2, z1, a2, a1)
    if share is None or mirrored is None:
        assert share == mirrored
    else:
        assert share + mirrored == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("rates", "expected"), [((2.0, 1.0), 0.6), ((5.0, 0.5), 0.8)])
def test_E1_equilibrium_share_rises_with_the_own_cost_of_retreat(rates, expected):
    assert equilibrium_commitment(*rates) == pytest.approx(expected, abs=1e-12)


def gain_from_deviating(demand: float, other: float, own_cost: float, other_cost: float) -> float:
    """The most that a side gains by demanding something else; deadlock is worth 0."""

    def payoff(z: float) -> float:
        share = committed_share(z, other, own_cost, other_cost)
        return 0.0 if share is None else share - own_cost * max(0.0, z - share)

    return max(payoff(z) for z in np.linspace(0.0, 1.0, 401)) - payoff(demand)


@pytest.mark.parametrize("rates", [(2.0, 1.0), (5.0, 0.5), (0.3, 0.3), (1.0, 4.0)])
def test_E1_neither_side_gains_by_changing_its_equilibrium_demand(rates):
    demand = equilibrium_commitment(*rates)
    assert committed_share(demand, 1.0 - demand, *rates) == pytest.approx(demand, abs=1e-12)
    assert gain_from_deviating(demand, 1.0 - demand, *rates) <= 1e-9
    assert gain_from_deviating(1.0 - demand, demand, *rates[::-1]) <= 1e-9


@pytest.mark.parametrize("shift", [-0.2, -0.05, 0.05, 0.2])
def test_E1_from_other_demands_that_exhaust_the_pie_one_side_would_move(shift):
    demand = equilibrium_commitment(2.0, 1.0) + shift
    gains = (
        gain_from_deviating(demand, 1.0 - demand, 2.0, 1.0),
        gain_from_deviating(1.0 - demand, demand, 1.0, 2.0),
    )
    assert max(gains) > 1e-3


# E1b: a fixed cost of retreat


@pytest.mark.parametrize(("demands", "expected"), [((0.8, 0.8), True), ((0.8, 0.3), False)])
def test_E1b_fixed_costs_deadlock_only_if_nobody_can_pay_for_retreat(demands, expected):
    assert lump_sum_deadlock(*demands, 0.6, 0.6) is expected


@given(shares, shares, st.floats(0.0, 1.5), st.floats(0.0, 1.5))
def test_E1b_deadlock_means_that_no_split_is_worth_it_to_both(z1, z2, cost1, cost2):
    # a side is content from its demand on, or from its cost on if that is less
    least = min(z1, cost1), min(z2, cost2)
    if abs(sum(least) - 1.0) > 1e-9:
        assert lump_sum_deadlock(z1, z2, cost1, cost2) is (sum(least) > 1.0)


# E2: the other side's cost is private


@pytest.mark.parametrize(("demand", "expected"), [(0.6, 0.000335), (0.8, 0.012277), (1, 0.057433)])
def test_E2_a_bolder_demand_risks_more_deadlock(demand, expected):
    probability = deadlock_probability(demand, 0.9, 0.5, 1.0)
    assert probability == pytest.approx(expected, abs=PRINTED)


@pytest.mark.parametrize("demand", [0.6, 0.8, 1.0])
def test_E2_probability_is_the_weight_of_the_costs_that_deadlock(demand):
    def excess(cost: float) -> float:
        return commitment_weight(0.5) * demand + commitment_weight(cost) * 0.9 - 1.0

    critical = float(brentq(excess, 0.0, 1e6))
    assert committed_share(demand, 0.9, 0.5, critical * 0.999) is not None
    assert committed_share(demand, 0.9, 0.5, critical * 1.001) is None
    assert deadlock_probability(demand, 0.9, 0.5, 1.0) == pytest.approx(
        expon.sf(critical), rel=1e-9
    )


@pytest.mark.parametrize(("demand", "mean"), [(0.8, 1.0), (1.0, 3.0)])
def test_E2_simulated_deadlocks(demand, mean):
    def count(seed: int, replicates: int) -> int:
        drawn = np.random.default_rng(seed).exponential(mean, replicates)
        return int((0.5 / 1.5 * demand + drawn / (1.0 + drawn) * 0.9 > 1.0).sum())

    probability = deadlock_probability(demand, 0.9, 0.5, mean)
    assert frequency_agrees(count, probability, 400_000, seed=12)


def test_E2_compatible_demands_never_deadlock():
    assert deadlock_probability(0.5, 0.5, 0.5, 1.0) == 0.0
    assert deadlock_probability(0.0, 1.0, 0.0, 1e9) == 0.0


# E6: commitments that may fail


def test_E6_both_attempts_at_commitment_must_stick_for_an_impasse():
    assert impasse_probability(0.3, 0.5) == pytest.approx(0.15, abs=1e-12)
    impasse = 0.0
    for first, second in itertools.product((True, False), repeat=2):
        chance = (0.3 if first else 0.7) * (0.5 if second else 0.5)
        impasse += chance if first and second else 0.0
    assert impasse_probability(0.3, 0.5) == pytest.approx(impasse, abs=1e-12)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_E6_attempting_commitment_pays_in_spite_of_the_impasse(own, other):
    # whoever alone is committed takes all, otherwise they share equally; an impasse is worth 0
    both_try = own * (1.0 - other) + 0.5 * (1.0 - own) * (1.0 - other)
    only_other_tries = 0.5 * (1.0 - other)
    assert both_try > only_other_tries
    lost = 1.0 - both_try - (other * (1.0 - own) + 0.5 * (1.0 - own) * (1.0 - other))
    assert lost == pytest.approx(impasse_probability(own, other), abs=1e-12)


# E5: the kappa-law

BELIEFS = {"us_mean": 1.10, "us_sd": 0.10, "seoul_mean": 1.25, "seoul_sd": 0.10}
DEMANDS = (1.05, 1.2, 1.5, 2.0, 3.0, 5.56, 8.0)
REGIMES = {
    "cheap talk": {"audience_cost": 0.0},
    "audience cost": {"audience_cost": 0.03},
    "backlash": {"audience_cost": 0.0, "backlash_weight": 0.15},
    "audience cost, backlash and precedent": {
        "audience_cost": 0.03,
        "backlash_weight": 0.15,
        "precedent_weight": 0.5,
        "precedent_value": 1.5,
    },
    "take it or leave it": {"audience_cost": 1e6},
}
CURVES = {
    "cheap talk": (0.0181, 0.1135, 0.1444, 0.1444, 0.1444, 0.1444, 0.1444),
    "audience cost": (0.0182, 0.1155, 0.1604, 0.1872, 0.2485, 0.4427, 0.6427),
    "backlash": (0.0198, 0.1376, 0.2044, 0.2600, 0.3482, 0.4568, 0.4872),
    "audience cost, backlash and precedent": (
        *(0.0248, 0.3207, 0.5722, 0.6845, 0.8275, 0.9552, 0.9857),
    ),
    "take it or leave it": (0.0228, 0.3085, 0.9938, 1.0, 1.0, 1.0, 1.0),
}
CURVE_POINTS = [
    pytest.param(regime, demand, probability, id=f"{regime}-{demand}")
    for regime, curve in CURVES.items()
    for demand, probability in zip(DEMANDS, curve, strict=True)
]


@pytest.mark.parametrize(("regime", "demand", "expected"), CURVE_POINTS)
def test_E5_kappa_law(regime, demand, expected):
    probability = breakdown_probability(demand, **BELIEFS, **REGIMES[regime])
    assert probability == pytest.approx(expected, abs=FOUR_DECIMALS)


def by_adaptive_quadrature(demand: float, **parameters: float) -> float:
    """The law as it is stated: one integral over the president's reservation value."""
    p = {"backlash_weight": 0.0, "backlash_scale": 2.0, "precedent_weight": 0.0} | parameters
    value = p.get("precedent_value", 0.0)
    kappa = p["audience_cost"] / (1.0 + p["precedent_weight"] + p["audience_cost"])
    backlash = 1.0 - math.exp(-max(demand - 1.0, 0.0) / p["backlash_scale"])

    def density(z: float) -> float:
        own = p["us_mean"] + p["us_sd"] * z
        worth = (own + p["precedent_weight"] * value) / (1.0 + p["precedent_weight"])
        least = (1.0 - kappa) * min(demand, worth) + kappa * demand
        most = p["seoul_mean"] - p["backlash_weight"] * backlash
        return math.exp(-0.5 * z * z) * ndtr((least - most) / p["seoul_sd"])

    kink = demand + p["precedent_weight"] * (demand - value)
    bend = min(max((kink - p["us_mean"]) / p["us_sd"], -9.0), 9.0)
    return sum(
        quad(density, low, high, epsabs=1e-11, limit=200)[0] / math.sqrt(2.0 * math.pi)
        for low, high in itertools.pairwise(sorted({-9.0, bend, 0.0, 9.0}))
    )


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("demand", DEMANDS)
def test_E5_closed_form_equals_the_integral_over_the_presidents_reservation(regime, demand):
    probability = breakdown_probability(demand, **BELIEFS, **REGIMES[regime])
    expected = by_adaptive_quadrature(demand, **BELIEFS, **REGIMES[regime])
    assert probability == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("seoul_sd", [1e-4, 0.01, 1.0])
@pytest.mark.parametrize("us_sd", [1e-4, 0.01, 1.0])
@pytest.mark.parametrize("demand", [0.9, 1.2, 2.0])
def test_E5_closed_form_holds_for_narrow_and_wide_reservations(demand, us_sd, seoul_sd):
    beliefs = {"us_mean": 1.1, "us_sd": us_sd, "seoul_mean": 1.25, "seoul_sd": seoul_sd}
    probability = breakdown_probability(demand, **beliefs, audience_cost=0.2)
    expected = by_adaptive_quadrature(demand, **beliefs, audience_cost=0.2)
    assert probability == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("demand", [1.05, 1.5, 5.56])
def test_E5_simulated_presidents_and_ministries(regime, demand):
    parameters = REGIMES[regime]
    cost, m = parameters["audience_cost"], parameters.get("precedent_weight", 0.0)
    chi, value = parameters.get("backlash_weight", 0.0), parameters.get("precedent_value", 0.0)

    def count(seed: int, replicates: int) -> int:
        generator = np.random.default_rng(seed)
        own = generator.normal(1.10, 0.10, replicates)
        most = generator.normal(1.25, 0.10, replicates)
        most = most - chi * (1.0 - math.exp(-0.5 * (demand - 1.0)))
        # the best that Seoul can offer, up to the demand, against the president's own payoff
        price = np.minimum(most, demand)
        signs = (price - own) + m * (price - value) - cost * (demand - price) >= 0.0
        return int((~(signs | (most >= demand))).sum())

    probability = breakdown_probability(demand, **BELIEFS, **parameters)
    assert frequency_agrees(count, probability, 400_000, seed=5)


def test_E5_cheap_talk_is_flat_in_the_demand_above_every_reservation():
    expected = norm.cdf((1.10 - 1.25) / math.hypot(0.1, 0.1))
    for demand in (2.0, 3.0, 8.0, 1000.0):
        probability = breakdown_probability(demand, **BELIEFS, audience_cost=0.0)
        assert probability == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("demand", DEMANDS)
def test_E5_an_irrevocable_demand_is_a_take_it_or_leave_it_offer(demand):
    probability = breakdown_probability(demand, **BELIEFS, audience_cost=1e12)
    assert probability == pytest.approx(norm.cdf((demand - 1.25) / 0.1), abs=1e-9)


@given(st.floats(0.9, 8.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 0.5))
def test_E5_breakdown_rises_with_the_demand_the_audience_cost_and_backlash(demand, more, a, chi):
    def law(demand, cost, weight):
        return breakdown_probability(demand, **BELIEFS, audience_cost=cost, backlash_weight=weight)

    base = law(demand, a, chi)
    assert -1e-12 <= base <= 1.0 + 1e-12
    assert law(demand + more, a, chi) >= base - 1e-9
    assert law(demand, a + more, chi) >= base - 1e-9
    assert law(demand, a, chi + more) >= base - 1e-9


@given(st.floats(0.9, 8.0), st.floats(0.5, 3.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_E5_threshold_is_the_price_at_which_signing_is_worth_nothing(demand, own, a, m):
    def payoff(price: float) -> float:
        return (price - own) + m * (price - 1.3) - a * max(0.0, demand - price)

    threshold = signing_threshold(demand, own, a, m, 1.3)
    assert threshold <= demand + 1e-12
    if payoff(demand) >= 0.0:
        assert threshold == pytest.approx(brentq(payoff, -50.0, 50.0), abs=1e-9)
    else:
        # he would want more than he asked for, but never refuses his own demand
        assert threshold == pytest.approx(demand, abs=1e-12)


@given(st.floats(0.9, 8.0), st.floats(0.5, 3.0), st.floats(0.0, 5.0), st.floats(0.0, 2.0))
def test_E5_commitment_moves_the_threshold_a_share_kappa_of_the_way_to_the_demand(
    demand, own, a, m
):
    kappa = commitment_weight(a, m)
    assert 0.0 <= kappa < 1.0
    free = signing_threshold(demand, own, 0.0, m, 1.3)
    bound = signing_threshold(demand, own, a, m, 1.3)
    assert bound - free == pytest.approx(kappa * (demand - free), abs=1e-9)


def test_E5_a_demand_below_the_old_payment_provokes_no_backlash():
    without = breakdown_probability(0.95, **BELIEFS, audience_cost=0.1)
    assert breakdown_probability(0.95, **BELIEFS, audience_cost=0.1, backlash_weight=0.3) == without


# arguments outside their domain

NAN = math.nan
TWO_DEMANDS = {"first_demand": 0.8, "second_demand": 0.6}
TWO_COSTS = {"first_cost": 1.0, "second_cost": 1.0}
PRESIDENT = {"demand": 2.0, "reservation": 1.1, "audience_cost": 0.1}
LAW = {"demand": 2.0, **BELIEFS, "audience_cost": 0.1}


@pytest.mark.parametrize(
    ("function", "valid", "wrong", "message"),
    [
        *[
            (function, {**TWO_DEMANDS, **TWO_COSTS}, wrong, message)
            for function in (committed_share, lump_sum_deadlock)
            for wrong, message in [
                ({"first_demand": 1.1}, r"first_demand is 1.1; it must lie in \[0, 1\]"),
                ({"second_demand": -0.1}, r"second_demand is -0.1; it must lie in \[0, 1\]"),
                ({"first_cost": -1.0}, r"first_cost is -1; it must lie in \[0, inf\)"),
                ({"second_cost": math.inf}, r"second_cost is inf; it must lie in \[0, inf\)"),
            ]
        ],
        (equilibrium_commitment, TWO_COSTS, {"first_cost": -1.0}, "first_cost is -1; it must"),
        (equilibrium_commitment, TWO_COSTS, {"second_cost": NAN}, "second_cost is nan; it must"),
        *[
            (
                deadlock_probability,
                {**TWO_DEMANDS, "first_cost": 1.0, "mean_second_cost": 1.0},
                wrong,
                message,
            )
            for wrong, message in [
                ({"first_demand": 1.1}, r"first_demand is 1.1; it must lie in \[0, 1\]"),
                ({"second_demand": -0.1}, r"second_demand is -0.1; it must lie in \[0, 1\]"),
                ({"first_cost": -1.0}, r"first_cost is -1; it must lie in \[0, inf\)"),
                ({"mean_second_cost": 0.0}, r"mean_second_cost is 0; it must lie in \(0, inf\)"),
            ]
        ],
        (
            impasse_probability,
            {"first_sticks": 0.3, "second_sticks": 0.5},
            {"first_sticks": 1.3},
            r"first_sticks is 1.3; it must lie in \[0, 1\]",
        ),
        (
            impasse_probability,
            {"first_sticks": 0.3, "second_sticks": 0.5},
            {"second_sticks": -0.5},
            r"second_sticks is -0.5; it must lie in \[0, 1\]",
        ),
        (commitment_weight, {"audience_cost": 0.1}, {"audience_cost": -0.1}, "audience_cost is -0"),
        (
            commitment_weight,
            {"audience_cost": 0.1},
            {"precedent_weight": -0.1},
            "precedent_weight is -0.1; it must lie in",
        ),
        (signing_threshold, PRESIDENT, {"demand": NAN}, "demand is nan; it must lie in"),
        (signing_threshold, PRESIDENT, {"reservation": NAN}, "reservation is nan; it must lie in"),
        (signing_threshold, PRESIDENT, {"audience_cost": -1.0}, "audience_cost is -1; it must"),
        (signing_threshold, PRESIDENT, {"precedent_weight": -1.0}, "precedent_weight is -1; it"),
        (signing_threshold, PRESIDENT, {"precedent_value": NAN}, "precedent_value is nan; it must"),
        (breakdown_probability, LAW, {"demand": NAN}, "demand is nan; it must lie in"),
        (breakdown_probability, LAW, {"us_mean": math.inf}, "us_mean is inf; it must lie in"),
        (breakdown_probability, LAW, {"us_sd": 0.0}, r"us_sd is 0; it must lie in \(0, inf\)"),
        (breakdown_probability, LAW, {"seoul_mean": NAN}, "seoul_mean is nan; it must lie in"),
        (breakdown_probability, LAW, {"seoul_sd": -0.1}, "seoul_sd is -0.1; it must lie in"),
        (breakdown_probability, LAW, {"audience_cost": -0.1}, "audience_cost is -0.1; it must"),
        (breakdown_probability, LAW, {"backlash_weight": -1.0}, "backlash_weight is -1; it must"),
        (breakdown_probability, LAW, {"backlash_scale": 0.0}, "backlash_scale is 0; it must lie"),
        (breakdown_probability, LAW, {"precedent_weight": -1.0}, "precedent_weight is -1; it must"),
        (breakdown_probability, LAW, {"precedent_value": NAN}, "precedent_value is nan; it must"),
    ],
)
def test_an_argument_outside_its_domain_is_named(function, valid, wrong, message):
    function(**valid)
    with pytest.raises(ValueError, match=message):
        function(**{**valid, **wrong})

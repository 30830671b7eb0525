"""Private values: double auctions, final demands, screening and learning: rows C1 to C8."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import linprog, minimize_scalar
from scipy.special import expit, lambertw, ndtr
from scipy.stats import binom

from sim.theory.bilateral_trade import (
    efficiency_subsidy,
    second_best_gains,
    second_best_missed_trade,
    second_best_threshold,
    second_best_trade_probability,
)
from sim.theory.double_auction import (
    EFFICIENT_GAINS,
    double_auction_ask,
    double_auction_bid,
    double_auction_efficiency,
    double_auction_gains,
    double_auction_missed_trade,
    double_auction_price,
    double_auction_trade_probability,
)
from sim.theory.incomplete_information import (
    crisis_demand,
    final_demand_logistic,
    final_demand_uniform,
    refusal_probability_normal,
    refusal_probability_uniform,
)
from sim.theory.learning import (
    belief_after_refusal,
    belief_after_refusal_probit,
    posterior_deviations,
    variances_of_posterior_means,
)
from sim.theory.monte_carlo import (
    CERTAINTY_REPLICATES,
    REQUIRED_DISTANCE,
    SIZE,
    frequency_agrees,
    replicates_for_mean,
    replicates_for_probability,
)
from sim.theory.one_sided_offers import (
    cutoff_ratio,
    no_deal_probability,
    no_deal_probability_finite,
    offer_schedule,
    price_ratio,
)

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed

often = settings(max_examples=100, derandomize=True, deadline=None)
shares = st.floats(0.0, 1.0)
locations = st.floats(-3.0, 3.0)
scales = st.floats(0.02, 2.0)
patiences = st.floats(0.0, 0.999)


def two_uniforms(seed: int, replicates: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.random(replicates), generator.random(replicates)


# C1, C2


def test_C1_both_sides_shade_and_trade_needs_a_quarter_between_them():
    value, cost = np.linspace(0.0, 1.0, 11), np.linspace(0.0, 1.0, 11)
    np.testing.assert_allclose(double_auction_bid(value), 2.0 * value / 3.0 + 1.0 / 12.0)
    np.testing.assert_allclose(double_auction_ask(cost), 2.0 * cost / 3.0 + 0.25)
    assert double_auction_bid(0.75) == pytest.approx(double_auction_ask(0.5), abs=1e-12)


def test_C1_a_quarter_of_the_gains_from_trade_is_at_stake():
    assert double_auction_trade_probability() == pytest.approx(9 / 32, abs=1e-12)
    assert double_auction_gains() == pytest.approx(9 / 64, abs=1e-12)
    assert double_auction_efficiency() == pytest.approx(27 / 32, abs=1e-12)
    assert double_auction_missed_trade() == pytest.approx(7 / 16, abs=1e-12)
    assert double_auction_price() == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("price_weight", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_C1_C2_simulated_bids_and_asks_trade_as_often_as_theory_says(price_weight):
    def trades(seed: int, replicates: int) -> int:
        value, cost = two_uniforms(seed, replicates)
        bid = double_auction_bid(value, price_weight)
        return int(np.count_nonzero(bid >= double_auction_ask(cost, price_weight)))

    probability = double_auction_trade_probability(price_weight)
    replicates = replicates_for_probability(probability, 0.002)
    assert frequency_agrees(trades, probability, replicates, seed=0)


def test_C1_simulated_gains_and_prices_are_those_of_theory():
    replicates = replicates_for_mean(0.06, 0.001)
    value, cost = two_uniforms(1, replicates)
    bid, ask = double_auction_bid(value), double_auction_ask(cost)
    gains = np.where(bid >= ask, value - cost, 0.0)
    four_errors = 4.0 * gains.std() / math.sqrt(replicates)
    assert gains.mean() == pytest.approx(double_auction_gains(), abs=four_errors)
    prices = (0.5 * (bid + ask))[bid >= ask]
    four_errors = 4.0 * prices.std() / math.sqrt(prices.size)
    assert prices.mean() == pytest.approx(double_auction_price(), abs=four_errors)


@pytest.mark.parametrize(
    ("price_weight", "probability"),
    [(0.0, 0.25), (0.25, 0.273438), (0.5, 0.28125), (0.75, 0.273438), (1.0, 0.25)],
)
def test_C2_splitting_the_difference_trades_most(price_weight, probability):
    trade = double_auction_trade_probability(price_weight)
    assert trade == pytest.approx(probability, abs=PRINTED)
    assert double_auction_gains(price_weight) <= double_auction_gains(0.5)


def test_C2_a_buyer_of_value_eight_tenths_bids_what_pays_best():
    assert double_auction_bid(0.8) == pytest.approx(0.616667, abs=PRINTED)


def buyer_payoff(bid: Any, value: float, k: float) -> Any:
    """Expected payoff of a bid against the equilibrium asks, the integral done by hand."""
    reached = np.clip((2.0 - k) * (bid - (1.0 - k) / 2.0), 0.0, 1.0)  # costs whose asks it meets
    asks = reached * reached / (2.0 * (2.0 - k)) + reached * (1.0 - k) / 2.0
    return reached * (value - k * bid) - (1.0 - k) * asks


def seller_payoff(ask: Any, cost: float, k: float) -> Any:
    """Expected payoff of an ask against the equilibrium bids, the integral done by hand."""
    shift = k * (1.0 - k) / (2.0 * (1.0 + k))
    met = np.clip((1.0 + k) * (ask - shift), 0.0, 1.0)  # values from here on bid enough
    bids = (1.0 - met * met) / (2.0 * (1.0 + k)) + (1.0 - met) * shift
    return (1.0 - met) * ((1.0 - k) * ask - cost) + k * bids


@given(shares, shares)
@often
def test_C2_no_bid_and_no_ask_is_a_better_reply(private, price_weight):
    grid = np.linspace(0.0, 1.0, 2001)
    if private >= (1.0 - price_weight) / 2.0:
        reached = buyer_payoff(double_auction_bid(private, price_weight), private, price_weight)
        assert reached >= buyer_payoff(grid, private, price_weight).max() - 1e-12
    if private <= 1.0 - price_weight / 2.0:
        reached = seller_payoff(double_auction_ask(private, price_weight), private, price_weight)
        assert reached >= seller_payoff(grid, private, price_weight).max() - 1e-12


@given(shares)
@often
def test_C2_gains_and_price_are_integrals_over_the_trades(price_weight):
    lowest = (1.0 - price_weight) / 2.0
    slope = (2.0 - price_weight) / (1.0 + price_weight)
    points, masses = np.polynomial.legendre.leggauss(6)
    total = gains = prices = 0.0
    for point, mass in zip(points, masses, strict=True):
        value = lowest + (1.0 - lowest) * (point + 1.0) / 2.0
        reach = slope * (value - lowest)
        weight = mass * (1.0 - lowest) / 2.0 * reach / 2.0
        for other, share in zip(points, masses, strict=True):
            cost = reach * (other + 1.0) / 2.0
            bid = double_auction_bid(min(1.0, value), price_weight)
            ask = double_auction_ask(cost, price_weight)
            total += weight * share
            gains += weight * share * (value - cost)
            prices += weight * share * (price_weight * bid + (1.0 - price_weight) * ask)
    assert double_auction_trade_probability(price_weight) == pytest.approx(total, abs=1e-12)
    assert double_auction_gains(price_weight) == pytest.approx(gains, abs=1e-12)
    assert double_auction_price(price_weight) == pytest.approx(prices / total, abs=1e-10)


# C3


def test_C3_no_mechanism_beats_the_double_auction_that_splits_the_difference():
    assert second_best_threshold(0.0) == pytest.approx(0.25, abs=1e-12)
    assert second_best_trade_probability(0.0) == pytest.approx(0.28125, abs=1e-12)
    assert second_best_gains(0.0) == pytest.approx(double_auction_gains(0.5), abs=1e-12)
    assert efficiency_subsidy(0.0) == pytest.approx(1 / 6, abs=1e-12)


@pytest.mark.parametrize(
    ("shift", "missed"),
    [(0.0, 0.4375), (0.25, 0.388587), (0.5, 0.279094), (0.75, 0.142910), (1.0, 0.0)],
)
def test_C3_less_trade_is_missed_as_the_zone_of_agreement_becomes_certain(shift, missed):
    assert second_best_missed_trade(shift) == pytest.approx(missed, abs=PRINTED)


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_C3_the_second_best_equals_a_linear_program_over_types(shift):
    # maximize expected gains over trade probabilities of all pairs of types, subject to a balanced
    # budget after information rents
    types = (np.arange(120) + 0.5) / 120
    value, cost = np.meshgrid(shift + types, types, indexing="ij")
    gains = (value - cost).ravel() / value.size
    rents_paid = (2.0 * (value - cost) - (shift + 1.0)).ravel() / value.size
    solution = linprog(-gains, A_ub=[-rents_paid], b_ub=[0.0], bounds=(0.0, 1.0), method="highs")
    assert second_best_gains(shift) == pytest.approx(-solution.fun, abs=2e-4)
    assert second_best_trade_probability(shift) == pytest.approx(solution.x.mean(), abs=0.01)


@given(st.floats(0.0, 3.0))
@often
def test_C3_the_budget_just_balances_at_the_threshold(shift):
    threshold = second_best_threshold(shift)
    generator = np.linspace(-1.0, 1.0, 20001)
    density = 1.0 - np.abs(generator)
    traded = np.where(shift + generator >= threshold, density, 0.0)
    budget = np.trapezoid((2.0 * (shift + generator) - (shift + 1.0)) * traded, generator)
    probability = np.trapezoid(traded, generator)
    assert second_best_trade_probability(shift) == pytest.approx(probability, abs=2e-4)
    if shift < 1.0:
        assert budget == pytest.approx(0.0, abs=5e-4)
    else:
        assert threshold == 0.0
        assert second_best_missed_trade(shift) == 0.0
        assert second_best_gains(shift) == pytest.approx(shift, abs=1e-12)
        assert efficiency_subsidy(shift) == 0.0


@given(st.floats(0.0, 1.0 / 3.0))
@often
def test_C3_a_small_shift_has_a_closed_threshold(shift):
    assert second_best_threshold(shift) == pytest.approx((shift + 1.0) / 4.0, abs=1e-9)


def test_C3_truthful_rules_of_thumb_may_exceed_the_bound():
    value, cost = two_uniforms(2, 200_000)
    truthful = np.where(value >= cost, value - cost, 0.0).mean()
    assert truthful == pytest.approx(EFFICIENT_GAINS, abs=0.003)
    assert truthful > second_best_gains(0.0)


# C4


@pytest.mark.parametrize(
    ("no_agreement_value", "demand", "breakdown"),
    [(1.0, 1.225, 0.4375), (1.2, 1.325, 0.6875), (0.6, 1.05, 0.0)],
)
def test_C4_a_better_fallback_makes_a_bolder_demand(no_agreement_value, demand, breakdown):
    best = final_demand_uniform(1.05, 1.45, no_agreement_value)
    assert best == pytest.approx((demand, breakdown), abs=1e-9)

    def refused(seed: int, replicates: int) -> int:
        reservation = 1.05 + 0.4 * np.random.default_rng(seed).random(replicates)
        return int(np.count_nonzero(reservation < best.demand))

    replicates = replicates_for_probability(breakdown, 0.002) if breakdown else 60_000
    assert frequency_agrees(refused, round(breakdown, 9), replicates, seed=0)


def test_C4_the_crisis_bargainer_risks_war():
    assert crisis_demand(0.5, 0.1, 0.4) == pytest.approx((0.65, 0.375), abs=1e-9)
    assert crisis_demand(0.5, 0.5, 0.4) == pytest.approx((0.5, 0.0), abs=1e-9)
    assert crisis_demand(0.9, 0.0, 2.0) == pytest.approx((1.0, 0.05), abs=1e-9)


@given(locations, scales, st.floats(-5.0, 5.0))
@often
def test_C4_no_other_demand_against_a_uniform_reservation_pays_more(low, width, fallback):
    high = low + width
    fallback = min(fallback, high - 1e-3)
    best = final_demand_uniform(low, high, fallback)
    grid = np.linspace(low - width, high + width, 4001)
    refused = np.clip((grid - low) / width, 0.0, 1.0)
    payoffs = (1.0 - refused) * grid + refused * fallback
    risk = best.breakdown_probability
    assert (1.0 - risk) * best.demand + risk * fallback >= payoffs.max() - 1e-9
    assert 0.0 <= risk <= 1.0


@given(shares, st.floats(0.0, 2.0), st.floats(0.05, 2.0))
@often
def test_C4_no_other_demand_in_a_crisis_pays_more(strength, own_cost, largest_cost):
    best = crisis_demand(strength, own_cost, largest_cost)
    grid = np.linspace(0.0, 1.0, 4001)
    war = np.clip((grid - strength) / largest_cost, 0.0, 1.0)
    payoffs = (1.0 - war) * grid + war * (strength - own_cost)
    risk = best.breakdown_probability
    reached = (1.0 - risk) * best.demand + risk * (strength - own_cost)
    assert reached >= payoffs.max() - 1e-9
    assert 0.0 <= best.demand <= 1.0 + 1e-12


# C5

LOGISTIC = [
    (0.05, 1.05, 1.210397, 0.311727),
    (0.10, 1.05, 1.25, 0.5),
    (0.20, 1.05, 1.363429, 0.638104),
    (0.05, 1.20, 1.278357, 0.638104),
]


@pytest.mark.parametrize(("scale", "no_agreement_value", "demand", "breakdown"), LOGISTIC)
def test_C5_the_best_demand_against_a_logistic_reservation_is_closed(
    scale, no_agreement_value, demand, breakdown
):
    best = final_demand_logistic(1.25, scale, no_agreement_value)
    assert best == pytest.approx((demand, breakdown), abs=PRINTED)
    # the first-order condition, and the same by Lambert's function
    distribution = expit((best.demand - 1.25) / scale)
    assert (best.demand - no_agreement_value) * distribution == pytest.approx(scale, abs=1e-8)
    markup = float(lambertw(math.exp((1.25 - no_agreement_value) / scale - 1.0)).real)
    assert best.demand == pytest.approx(no_agreement_value + scale * (1.0 + markup), abs=1e-8)

    def refused(seed: int, replicates: int) -> int:
        reservation = np.random.default_rng(seed).logistic(1.25, scale, replicates)
        return int(np.count_nonzero(reservation < best.demand))

    assert frequency_agrees(refused, best.breakdown_probability, 500_000, seed=0)


@pytest.mark.parametrize(
    ("distance", "breakdown"),
    [(0, 0.7822), (1, 0.6381), (2, 0.5), (4, 0.3117), (8, 0.1580), (16, 0.0742)],
)
def test_C5_a_wide_zone_of_agreement_makes_demands_safe(distance, breakdown):
    best = final_demand_logistic(float(distance), 1.0, 0.0)
    assert best.breakdown_probability == pytest.approx(breakdown, abs=5.1e-5)


@given(locations, scales, locations)
@often
def test_C5_no_other_demand_against_a_logistic_reservation_pays_more(median, scale, fallback):
    best = final_demand_logistic(median, scale, fallback)

    def payoff(demand: float) -> float:
        return float(expit((median - demand) / scale)) * (demand - fallback)

    searched = minimize_scalar(
        lambda demand: -payoff(demand),
        bounds=(fallback, max(fallback, median) + 40.0 * scale),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert payoff(best.demand) >= -searched.fun - 1e-12
    at_demand = float(expit((best.demand - median) / scale))
    assert best.breakdown_probability == pytest.approx(at_demand, abs=1e-8)


def test_C5_a_very_wide_zone_does_not_overflow():
    best = final_demand_logistic(1e6, 1e-3, 0.0)
    assert best.demand == pytest.approx(1e6, rel=1e-6)
    assert 0.0 < best.breakdown_probability < 1e-8
    hopeless = final_demand_logistic(-1e6, 1.0, 0.0)
    assert hopeless == pytest.approx((1.0, 1.0))


# C6

NORMAL = [
    (1.10, 5.0, 0.329708),
    (1.25, 5.0, 0.5),
    (1.50, 5.0, 0.766062),
    (1.10, 20.0, 0.129594),
    (1.25, 20.0, 0.5),
    (1.50, 20.0, 0.967752),
    (1.10, math.inf, 0.066807),
    (1.25, math.inf, 0.5),
    (1.50, math.inf, 0.993790),
]


def refusals(
    draw: Callable[[np.random.Generator, int], np.ndarray], demand: float, precision: float
) -> Callable[[int, int], int]:
    """Counts the refusals of a demand by responders with logit noise in their choice."""

    def count(seed: int, replicates: int) -> int:
        generator = np.random.default_rng(seed)
        reservation = draw(generator, replicates)
        noise = 0.0 if math.isinf(precision) else generator.logistic(size=replicates) / precision
        return int(np.count_nonzero(reservation + noise < demand))

    return count


@pytest.mark.parametrize(("demand", "precision", "refused"), NORMAL)
def test_C6_a_noisy_responder_blurs_the_effect_of_a_demand(demand, precision, refused):
    probability = refusal_probability_normal(demand, precision, 1.25, 0.1)
    assert probability == pytest.approx(refused, abs=PRINTED)
    count = refusals(lambda draws, n: draws.normal(1.25, 0.1, n), demand, precision)
    assert frequency_agrees(count, probability, 500_000, seed=0)


@given(locations, st.floats(0.5, 200.0), scales)
@often
def test_C6_the_noise_may_be_integrated_first_or_last(demand, precision, deviation):
    noise = np.linspace(-60.0, 60.0, 40_001)
    density = expit(noise) * expit(-noise)
    integral = np.trapezoid(ndtr((demand - noise / precision) / deviation) * density, noise)
    direct = refusal_probability_normal(demand, precision, 0.0, deviation)
    assert direct == pytest.approx(integral, abs=1e-8)


def test_C6_a_uniform_reservation_gives_a_difference_of_logarithms():
    probability = refusal_probability_uniform(1.2, 20.0, 1.05, 1.45)
    assert probability == pytest.approx(0.380234, abs=PRINTED)
    count = refusals(lambda draws, n: draws.uniform(1.05, 1.45, n), 1.2, 20.0)
    assert frequency_agrees(count, probability, 500_000, seed=0)


@given(locations, st.floats(0.0, 500.0), locations, scales)
@often
def test_C6_a_uniform_reservation_agrees_with_the_integral(demand, precision, low, width):
    high = low + width
    integral = quad(
        lambda reservation: float(expit(precision * (demand - reservation))) / width,
        low,
        high,
        points=[min(high, max(low, demand))],
        limit=400,
    )[0]
    probability = refusal_probability_uniform(demand, precision, low, high)
    assert probability == pytest.approx(integral, abs=1e-8)


def test_C6_precision_runs_from_a_coin_to_a_choice():
    assert refusal_probability_normal(1.1, 0.0, 1.25, 0.1) == pytest.approx(0.5, abs=1e-12)
    assert refusal_probability_uniform(1.1, 0.0, 1.05, 1.45) == 0.5
    assert refusal_probability_uniform(1.1, math.inf, 1.05, 1.45) == pytest.approx(0.125)
    assert refusal_probability_uniform(0.9, math.inf, 1.05, 1.45) == 0.0
    assert refusal_probability_uniform(1.6, math.inf, 1.05, 1.45) == 1.0
    sharp = refusal_probability_normal(1.1, 1e7, 1.25, 0.1)
    exact = refusal_probability_normal(1.1, math.inf, 1.25, 0.1)
    assert sharp == pytest.approx(exact, abs=1e-9)


@given(locations, locations, st.floats(0.0, 1000.0), scales)
@often
def test_C6_a_larger_demand_is_refused_more_often(one, other, precision, deviation):
    low, high = sorted((one, other))
    normal = [refusal_probability_normal(d, precision, 0.0, deviation) for d in (low, high)]
    uniform = [refusal_probability_uniform(d, precision, 0.0, deviation) for d in (low, high)]
    assert 0.0 <= normal[0] <= normal[1] + 1e-9 <= 1.0 + 2e-9
    assert 0.0 <= uniform[0] <= uniform[1] + 1e-9 <= 1.0 + 2e-9


# C7


def test_C7_patience_lowers_the_price_and_leaves_little_undone():
    assert price_ratio(0.9) == pytest.approx(0.240253, abs=PRINTED)
    assert cutoff_ratio(0.9) == pytest.approx(0.759747, abs=PRINTED)
    assert price_ratio(0.9) == pytest.approx(1.0 - cutoff_ratio(0.9), abs=1e-12)


@pytest.mark.parametrize(
    ("offers", "no_deal"), [(1, 0.7597), (2, 0.5772), (4, 0.3332), (8, 0.1110)]
)
def test_C7_refusals_become_rarer_with_every_offer(offers, no_deal):
    assert no_deal_probability(0.9, offers) == pytest.approx(no_deal, abs=5.1e-5)


@given(patiences, shares, shares)
@often
def test_C7_neither_the_buyer_nor_the_seller_gains_by_deviating(patience, value, cutoff):
    kappa, price = cutoff_ratio(patience), price_ratio(patience)
    # a buyer facing the falling prices buys first at the offer whose cutoff lies below his value
    waits = np.arange(400)
    surplus = patience**waits * (value - price * kappa**waits)
    first = 0 if value >= kappa else math.ceil(math.log(max(value, 1e-12)) / math.log(kappa)) - 1
    if first < 400:
        assert surplus[first] >= surplus.max() - 1e-9
    # a seller who moves the cutoff from 1 to q asks (price / kappa) q and goes on from there
    revenue = (1.0 - kappa) * price / (1.0 - patience * kappa * kappa)
    deviation = (1.0 - cutoff) * price / kappa * cutoff + patience * revenue * cutoff * cutoff
    assert deviation <= revenue + 1e-9


@pytest.mark.parametrize(
    ("offers", "no_deal"),
    [(1, 0.5), (2, 0.423077), (3, 0.354711), (5, 0.242813), (10, 0.082272)],
)
def test_C7_a_last_offer_restores_some_of_the_sellers_power(offers, no_deal):
    probability = no_deal_probability_finite(0.9, offers)
    assert probability == pytest.approx(no_deal, abs=PRINTED)

    def refused(seed: int, replicates: int) -> int:
        # a buyer takes the offer that is worth most to him, if any is worth something
        schedule = offer_schedule(0.9, offers)
        highest = np.concatenate(([1.0], np.cumprod(schedule.cutoff_ratio[:-1])))
        prices, discounts = schedule.price_ratio * highest, 0.9 ** np.arange(offers)
        value = np.random.default_rng(seed).random(replicates)
        best = np.zeros(replicates)
        for price, discount in zip(prices, discounts, strict=True):
            np.maximum(best, discount * (value - price), out=best)
        return int(np.count_nonzero(best <= 0.0))

    assert frequency_agrees(refused, probability, 500_000, seed=0)


@given(st.floats(0.0, 0.99), st.integers(1, 12), shares)
@often
def test_C7_no_price_of_a_finite_schedule_can_be_improved(patience, offers, cutoff):
    schedule = offer_schedule(patience, offers)
    for offer in range(offers):
        last = offer == offers - 1
        later_price = 0.0 if last else schedule.price_ratio[offer + 1]
        later_value = 0.0 if last else schedule.seller_value[offer + 1]
        # the buyer at the cutoff is indifferent between this price and the next one
        wait = 0.0 if last else patience * (1.0 - later_price)
        kept = schedule.cutoff_ratio[offer]
        assert kept - schedule.price_ratio[offer] == pytest.approx(kept * wait, abs=1e-12)
        deviation = (1.0 - cutoff) * cutoff * (1.0 - wait) + patience * later_value * cutoff**2
        assert deviation <= schedule.seller_value[offer] + 1e-12


@given(st.floats(0.0, 0.95))
@often
def test_C7_many_offers_approach_the_stationary_equilibrium(patience):
    schedule = offer_schedule(patience, 2000)
    assert schedule.cutoff_ratio[0] == pytest.approx(cutoff_ratio(patience), abs=1e-9)
    assert schedule.price_ratio[0] == pytest.approx(price_ratio(patience), abs=1e-9)


def test_C7_frequent_offers_leave_the_seller_nothing():
    assert price_ratio(0.999999) < 0.002
    assert no_deal_probability(0.5, 0) == 1.0


# C8


def test_C8_the_kalman_schedule_learns_late():
    expected = [
        0.1,
        0.09981,
        0.09691,
        0.08533,
        0.06525,
        0.04598,
        0.03216,
        0.02305,
        0.01704,
        0.01297,
    ]
    np.testing.assert_allclose(posterior_deviations(0.1, 0.02, 2.0, 10), expected, atol=5.1e-6)
    variances = variances_of_posterior_means(0.1, 0.02, 2.0, 10)
    assert variances[4] == pytest.approx(0.00574265, abs=5.1e-9)


def conditioned_variances(
    prior: float, noise: float, exponent: float, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior variance and variance of the posterior mean, by conditioning the joint normal."""
    conceded = (np.arange(rounds) / (rounds - 1)) ** exponent
    posterior, of_mean = np.empty((2, rounds))
    for last in range(rounds):
        loadings = conceded[: last + 1]
        covariance = prior**2 * np.outer(loadings, loadings) + noise**2 * np.eye(last + 1)
        gain = np.linalg.solve(covariance, prior**2 * loadings)
        posterior[last] = prior**2 - prior**2 * loadings @ gain
        of_mean[last] = gain @ covariance @ gain
    return posterior, of_mean


@given(st.floats(0.05, 2.0), st.floats(0.02, 2.0), st.floats(0.2, 5.0), st.integers(2, 12))
@often
def test_C8_the_kalman_schedule_is_exact_bayes(prior, noise, exponent, rounds):
    posterior, of_mean = conditioned_variances(prior, noise, exponent, rounds)
    deviations = posterior_deviations(prior, noise, exponent, rounds)
    np.testing.assert_allclose(deviations**2, posterior, rtol=1e-8, atol=1e-12)
    variances = variances_of_posterior_means(prior, noise, exponent, rounds)
    np.testing.assert_allclose(variances, of_mean, rtol=1e-8, atol=1e-12)
    assert (np.diff(deviations) <= 0.0).all()


def test_C8_the_reference_schedule_is_exact_bayes():
    posterior, of_mean = conditioned_variances(0.1, 0.02, 2.0, 10)
    np.testing.assert_allclose(posterior_deviations(0.1, 0.02, 2.0, 10) ** 2, posterior, atol=1e-12)
    np.testing.assert_allclose(
        variances_of_posterior_means(0.1, 0.02, 2.0, 10), of_mean, atol=1e-12
    )


def test_C8_the_expected_posterior_mean_is_the_prior_mean():
    replicates, rounds = 200_000, 10
    generator = np.random.default_rng(0)
    reservation = generator.normal(1.25, 0.1, replicates)
    mean, precision = np.full(replicates, 1.25), 1.0 / 0.1**2
    deviations = posterior_deviations(0.1, 0.02, 2.0, rounds)
    expected = variances_of_posterior_means(0.1, 0.02, 2.0, rounds)
    for round_index in range(1, rounds):
        conceded = (round_index / (rounds - 1)) ** 2.0
        implied = reservation + generator.normal(0.0, 0.02, replicates) / conceded
        added = (conceded / 0.02) ** 2
        mean = (precision * mean + added * implied) / (precision + added)
        precision += added
        assert 1.0 / math.sqrt(precision) == pytest.approx(deviations[round_index], abs=1e-12)
        assert mean.mean() == pytest.approx(1.25, abs=4.0 * 0.1 / math.sqrt(replicates))
        assert mean.var() == pytest.approx(expected[round_index], rel=0.02)


def test_C8_a_refusal_lowers_the_reservation_that_is_believed():
    exact = belief_after_refusal(1.25, 20.0, 1.25, 0.1)
    assert exact == pytest.approx((1.189429, 0.079569), abs=PRINTED)
    closed = belief_after_refusal_probit(1.25, 20.0, 1.25, 0.1)
    assert closed == pytest.approx((1.189236, 0.079421), abs=PRINTED)
    assert closed == pytest.approx(exact, abs=2e-4)


def test_C8_an_exact_refusal_cuts_the_belief_off():
    for belief in (belief_after_refusal, belief_after_refusal_probit):
        assert belief(1.25, math.inf, 1.25, 0.1) == pytest.approx((1.170212, 0.060281), abs=PRINTED)


@given(st.floats(-4.0, 4.0), st.floats(0.0, 300.0), scales)
@often
def test_C8_the_belief_after_a_refusal_is_bayes_rule_on_a_grid(surprise, precision, deviation):
    demand = 1.0 + surprise * deviation
    grid = np.linspace(1.0 - 12.0 * deviation, 1.0 + 12.0 * deviation, 40_001)
    density = np.exp(-0.5 * ((grid - 1.0) / deviation) ** 2) * expit(precision * (demand - grid))
    density /= density.sum()
    mean = (grid * density).sum()
    spread = math.sqrt((np.square(grid - mean) * density).sum())
    exact = belief_after_refusal(demand, precision, 1.0, deviation)
    assert exact == pytest.approx((mean, spread), abs=1e-5 * deviation)
    closed = belief_after_refusal_probit(demand, precision, 1.0, deviation)
    assert exact.mean <= 1.0 + 1e-12
    assert closed.mean <= 1.0 + 1e-12
    assert 0.0 < closed.standard_deviation <= deviation * (1.0 + 1e-12)


@given(st.floats(-2.0, 2.0), st.floats(0.1, 100.0))
@often
def test_C8_refusal_and_acceptance_average_to_the_prior(surprise, precision):
    demand = 1.25 + 0.1 * surprise
    refused = refusal_probability_normal(demand, precision, 1.25, 0.1)
    after_refusal = belief_after_refusal(demand, precision, 1.25, 0.1).mean
    # an acceptance is a refusal with the axis turned round
    after_acceptance = -belief_after_refusal(-demand, precision, -1.25, 0.1).mean
    average = refused * after_refusal + (1.0 - refused) * after_acceptance
    assert average == pytest.approx(1.25, abs=1e-9)


def test_C8_a_coin_tossed_teaches_nothing_and_a_great_surprise_is_still_computed():
    assert belief_after_refusal(1.25, 0.0, 1.25, 0.1) == pytest.approx((1.25, 0.1), abs=1e-12)
    assert belief_after_refusal_probit(1.25, 0.0, 1.25, 0.1) == (1.25, 0.1)
    cut = belief_after_refusal(-1.75, math.inf, 1.25, 0.1)
    sharp = belief_after_refusal(-1.75, 1e7, 1.25, 0.1)
    assert sharp == pytest.approx(cut, abs=1e-6)
    assert cut.mean < -1.75


# the number of replicates


@pytest.mark.parametrize(
    ("probability", "difference", "replicates"),
    [
        (9 / 32, 0.002, 1_953_277),
        (0.4375, 0.002, 2_377_902),
        (0.05, 0.001, 1_835_892),
        (0.01, 0.0005, 1_530_554),
    ],
)
def test_replicates_grow_with_the_inverse_square_of_the_difference(
    probability, difference, replicates
):
    assert replicates_for_probability(probability, difference) == replicates
    assert REQUIRED_DISTANCE == pytest.approx(38.65, abs=0.005)


def test_the_exact_test_has_its_power_at_the_difference_that_was_asked_for():
    replicates = replicates_for_probability(0.3, 0.01)
    low, high = binom.ppf(SIZE / 2, replicates, 0.3), binom.ppf(1 - SIZE / 2, replicates, 0.3)
    missed = binom.cdf(high, replicates, 0.31) - binom.cdf(low, replicates, 0.31)
    assert missed == pytest.approx(0.01, abs=0.002)
    assert binom.cdf(high, replicates, 0.3) - binom.cdf(low, replicates, 0.3) >= 1 - 2 * SIZE


def test_a_frequency_that_fails_once_is_drawn_again_with_four_times_the_replicates():
    asked = []

    def count(seed: int, replicates: int) -> int:
        asked.append((seed, replicates))
        return replicates // 2 if seed == 1 else 0

    assert frequency_agrees(count, 0.5, 1000, seed=0)
    assert asked == [(0, 1000), (1, 4000)]
    assert not frequency_agrees(lambda seed, replicates: 0, 0.5, 1000, seed=0)


def test_certainty_allows_no_exception():
    enough = CERTAINTY_REPLICATES
    assert frequency_agrees(lambda seed, replicates: 0, 0.0, enough, seed=0)
    assert not frequency_agrees(lambda seed, replicates: 1 - seed, 0.0, enough, seed=0)
    assert frequency_agrees(lambda seed, replicates: replicates, 1.0, enough, seed=0)
    assert not frequency_agrees(lambda seed, replicates: replicates - 1, 1.0, enough, seed=0)


# arguments outside their domains


def never(seed: int, replicates: int) -> int:
    raise AssertionError("nothing may be drawn for arguments outside their domains")


@pytest.mark.parametrize(
    ("theory", "arguments", "message"),
    [
        (double_auction_bid, (1.5,), r"value is 1.5; .* \[0, 1\]"),
        (double_auction_bid, (np.array([0.5, -0.25]),), r"value is -0.25; .* \[0, 1\]"),
        (double_auction_bid, (0.5, 1.5), r"price_weight is 1.5; .* \[0, 1\]"),
        (double_auction_ask, (-0.5,), r"cost is -0.5; .* \[0, 1\]"),
        (double_auction_ask, (0.5, -0.5), r"price_weight is -0.5; .* \[0, 1\]"),
        (double_auction_trade_probability, (2.0,), r"price_weight is 2; .* \[0, 1\]"),
        (double_auction_gains, (2.0,), r"price_weight is 2; .* \[0, 1\]"),
        (double_auction_efficiency, (2.0,), r"price_weight is 2; .* \[0, 1\]"),
        (double_auction_missed_trade, (2.0,), r"price_weight is 2; .* \[0, 1\]"),
        (double_auction_price, (-1.0,), r"price_weight is -1; .* \[0, 1\]"),
        (second_best_threshold, (-0.1,), r"shift is -0.1; .* \[0, inf\)"),
        (second_best_trade_probability, (-0.1,), r"shift is -0.1; .* \[0, inf\)"),
        (second_best_gains, (-0.1,), r"shift is -0.1; .* \[0, inf\)"),
        (second_best_missed_trade, (math.inf,), r"shift is inf; .* \[0, inf\)"),
        (efficiency_subsidy, (-0.1,), r"shift is -0.1; .* \[0, inf\)"),
        (final_demand_uniform, (math.nan, 1.0, 0.5), r"low is nan; .* \(-inf, inf\)"),
        (final_demand_uniform, (1.0, 1.0, 0.5), r"high is 1; .* \(1, inf\)"),
        (final_demand_uniform, (0.0, 1.0, 1.0), r"no_agreement_value is 1; .* \(-inf, 1\)"),
        (crisis_demand, (1.5, 0.1, 0.4), r"win_probability is 1.5; .* \[0, 1\]"),
        (crisis_demand, (0.5, -0.1, 0.4), r"own_cost is -0.1; .* \[0, inf\)"),
        (crisis_demand, (0.5, 0.1, 0.0), r"largest_cost is 0; .* \(0, inf\)"),
        (final_demand_logistic, (math.inf, 0.1, 1.0), r"median is inf; .* \(-inf, inf\)"),
        (final_demand_logistic, (1.25, 0.0, 1.0), r"scale is 0; .* \(0, inf\)"),
        (final_demand_logistic, (1.25, 0.1, math.nan), r"no_agreement_value is nan; .* inf\)"),
        (refusal_probability_normal, (math.inf, 1.0, 0.0, 1.0), r"demand is inf; .* inf\)"),
        (refusal_probability_normal, (1.0, -1.0, 0.0, 1.0), r"precision is -1; .* \[0, inf\]"),
        (refusal_probability_normal, (1.0, 1.0, math.nan, 1.0), r"mean is nan; .* inf\)"),
        (refusal_probability_normal, (1.0, 1.0, 0.0, 0.0), r"standard_deviation is 0; .* inf\)"),
        (refusal_probability_uniform, (math.nan, 1.0, 0.0, 1.0), r"demand is nan; .* inf\)"),
        (refusal_probability_uniform, (1.0, -1.0, 0.0, 1.0), r"precision is -1; .* \[0, inf\]"),
        (refusal_probability_uniform, (1.0, 1.0, -math.inf, 1.0), r"low is -inf; .* inf\)"),
        (refusal_probability_uniform, (1.0, 1.0, 0.5, 0.5), r"high is 0.5; .* \(0.5, inf\)"),
        (cutoff_ratio, (1.0,), r"patience is 1; .* \[0, 1\)"),
        (price_ratio, (-0.5,), r"patience is -0.5; .* \[0, 1\)"),
        (no_deal_probability, (0.9, -1), "offers is -1; .* at least 0"),
        (no_deal_probability, (1.0, 1), r"patience is 1; .* \[0, 1\)"),
        (offer_schedule, (1.0, 1), r"patience is 1; .* \[0, 1\)"),
        (offer_schedule, (0.9, 0), "offers is 0; .* at least 1"),
        (no_deal_probability_finite, (0.9, 0), "offers is 0; .* at least 1"),
        (posterior_deviations, (0.0, 0.02, 2.0, 10), r"prior_deviation is 0; .* \(0, inf\)"),
        (posterior_deviations, (0.1, 0.0, 2.0, 10), r"offer_noise is 0; .* \(0, inf\)"),
        (posterior_deviations, (0.1, 0.02, 0.0, 10), r"concession_exponent is 0; .* \(0, inf\)"),
        (posterior_deviations, (0.1, 0.02, 2.0, 1), "rounds is 1; .* at least 2"),
        (variances_of_posterior_means, (0.1, 0.02, 2.0, 1), "rounds is 1; .* at least 2"),
        (belief_after_refusal, (1.0, -1.0, 1.0, 0.1), r"precision is -1; .* \[0, inf\]"),
        (belief_after_refusal, (1.0, 1.0, math.inf, 0.1), r"prior_mean is inf; .* inf\)"),
        (belief_after_refusal, (1.0, 1.0, 1.0, 0.0), r"prior_deviation is 0; .* \(0, inf\)"),
        (belief_after_refusal, (-3.0, 1.0, 1.0, 0.1), r"demand is -3; .* \[-2, inf\)"),
        (belief_after_refusal_probit, (-3.0, 1.0, 1.0, 0.1), r"demand is -3; .* \[-2, inf\)"),
        (replicates_for_mean, (0.0, 0.1), r"variance is 0; .* \(0, inf\)"),
        (replicates_for_mean, (1.0, 0.0), r"difference is 0; .* \(0, inf\)"),
        (replicates_for_probability, (1.0, 0.1), r"probability is 1; .* \(0, 1\)"),
        (frequency_agrees, (never, 1.5, 10, 0), r"probability is 1.5; .* \[0, 1\]"),
        (frequency_agrees, (never, 0.5, 0, 0), "replicates is 0; .* at least 1"),
        (frequency_agrees, (never, 0.0, 100, 0), "replicates is 100; .* at least 60000"),
        (frequency_agrees, (never, 0.5, 10, -1), "seed is -1; .* at least 0"),
    ],
)
def test_an_argument_outside_its_domain_is_named(
    theory: Callable[..., Any], arguments: tuple[Any, ...], message: str
):
    with pytest.raises(ValueError, match=message):
        theory(*arguments)

"""Intervals keep their promise: 95% of them hold the truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.docking.limits import FINAL_DEMAND
from experiments.docking.play import broke_down, limit_points
from experiments.intervals import (
    exact_coverage,
    jeffreys_interval,
    normal_quantile,
    probability,
    simulated_coverage,
    simultaneous_interval,
    wilson_interval,
)
from sim import negotiate
from sim.terms import Family

PROBABILITIES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99)
INTERVALS = [wilson_interval, jeffreys_interval]
COUNTS = st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, st.sampled_from([0.5, 0.8, 0.95, 0.999]))
def test_wilsons_interval_is_the_one_of_scipy(counts, level):
    low, high = wilson_interval(*counts, level)
    expected = stats.binomtest(*counts).proportion_ci(level, method="wilson")
    assert float(low) == pytest.approx(expected.low, rel=1e-11, abs=1e-12)
    assert float(high) == pytest.approx(expected.high, rel=1e-11, abs=1e-12)


@given(COUNTS, st.sampled_from([0.5, 0.8, 0.95, 0.999]))
def test_jeffreys_interval_is_the_middle_of_its_beta_law(counts, level):
    k, n = counts
    low, high = jeffreys_interval(k, n, level)
    law = stats.beta(k + 0.5, n - k + 0.5)
    if k > 0:
        assert law.cdf(low) == pytest.approx((1 - level) / 2, rel=1e-6)
    if k < n:
        assert law.sf(high) == pytest.approx((1 - level) / 2, rel=1e-6)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("n", [1, 2, 10, 20_000, 10**7])
def test_the_interval_of_never_begins_at_0_and_that_of_always_ends_at_1(interval, n):
    low, high = interval([0, n], [n, n])
    assert (low[0], high[1]) == (0.0, 1.0)
    assert 0.0 < high[0] < 1.0
    assert high[0] == pytest.approx(1.0 - low[1], rel=1e-9)


@pytest.mark.parametrize("interval", INTERVALS)
def test_without_trials_nothing_is_known(interval):
    low, high = interval(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)


@pytest.mark.parametrize("interval", INTERVALS)
@given(counts=COUNTS)
def test_the_interval_holds_the_share_and_widens_with_its_level(interval, counts):
    low, high = interval(*counts)
    lower, higher = interval(*counts, 0.99)
    share = counts[0] / counts[1]
    assert 0.0 <= lower <= low <= share * (1 + 1e-12)
    assert share * (1 - 1e-12) <= high <= higher <= 1.0
    assert low < high


def test_a_share_has_its_ends_beside_it_and_none_without_trials():
    columns = probability("breakdown", [0, 1], [0, 2])
    assert list(columns) == ["breakdown", "breakdown_low", "breakdown_high"]
    assert np.isnan(columns["breakdown"][0])
    assert columns["breakdown"][1] == 0.5
    assert (columns["breakdown_low"][0], columns["breakdown_high"][0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("successes", "trials"),
    [(-1, 10), (11, 10), ([1, 3], [2, 2]), (1, 0), (math.nan, 5), (1, math.inf)],
)
@pytest.mark.parametrize("interval", INTERVALS)
def test_counts_that_cannot_be_are_refused(interval, successes, trials):
    with pytest.raises(ValueError, match="must lie between 0 and trials"):
        interval(successes, trials)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 95.0, math.nan])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        normal_quantile(level)


# coverage


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("n", [200, 1000, 5000])
def test_95_percent_intervals_hold_the_truth_in_95_percent_of_runs_on_average(interval, n):
    coverage = [exact_coverage(p, n, interval=interval) for p in np.linspace(0.01, 0.99, 50)]
    assert 0.945 < np.mean(coverage) < 0.955


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("p", PROBABILITIES)
def test_with_ten_events_expected_each_probability_is_held_in_93_5_to_96_5_percent(interval, p):
    for n in (200, 1000, 5000):
        if n * p * (1 - p) >= 9.9:
            assert 0.935 <= exact_coverage(p, n, interval=interval) <= 0.965


def test_with_fewer_events_a_count_is_too_coarse_to_keep_the_promise_at_each_probability():
    coverage = [exact_coverage(p, 1000) for p in np.linspace(0.003, 0.008, 40)]
    assert 0.925 < min(coverage) < 0.935
    assert 0.965 < max(coverage) < 0.98


def test_simulated_coverage_is_the_exact_one_but_for_chance():
    runs = 20_000
    for p in (0.05, 0.5, 0.97):
        exact = exact_coverage(p, 400)
        error = math.sqrt(exact * (1 - exact) / runs)
        found = simulated_coverage(p, 400, runs, seed=0)
        assert found == pytest.approx(exact, abs=4 * error)
        assert found == simulated_coverage(p, 400, runs, seed=0)
        assert found != simulated_coverage(p, 400, runs, seed=1)


def refused_with_probability(p):
    """A final demand against an even reservation value, which is refused with probability p."""
    low, high = 1.05, 1.45
    sd = (high - low) / math.sqrt(12.0)
    return {
        **FINAL_DEMAND,
        "president.reservation_mean": 2.0 * (low + p * (high - low)) - high,
        "president.reservation_sd": 0.0,
        "ministry.reservation_family": Family.UNIFORM,
        "ministry.reservation_mean": 0.5 * (low + high),
        "ministry.reservation_sd": sd,
        "negotiators.belief_sd": sd,
    }


def test_intervals_of_the_engine_hold_the_probabilities_of_the_theory():
    """Take-it-or-leave-it demands, whose refusal is known exactly, from .01 to .99."""
    n, runs, held = 1000, 200, []
    for p in (0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99):
        points = limit_points(refused_with_probability(p))
        broken = broke_down(negotiate(points, n * runs, seed=0)[0]).reshape(runs, n)
        low, high = wilson_interval(broken.sum(axis=1), n)
        held.append(np.mean((low <= p) & (p <= high)))
        assert held[-1] == pytest.approx(exact_coverage(p, n), abs=4 * math.sqrt(0.05 / runs))
    assert 0.935 <= np.mean(held) <= 0.965


def test_simultaneous_intervals_hold_all_causes_at_once_in_95_percent_of_runs():
    law = np.array([0.4, 0.5, 0.05, 0.03, 0.02])
    counts = np.random.default_rng(0).multinomial(2000, law, 20_000)
    low, high = simultaneous_interval(counts)
    together = np.all((low <= law) & (law <= high), axis=1).mean()
    alone = np.all(
        [(low <= p) & (p <= high) for p, (low, high) in zip(
            law, (wilson_interval(column, 2000) for column in counts.T), strict=True)], axis=0
    ).mean()  # fmt: skip
    assert 0.945 < together < 0.965
    assert alone < 0.85


@pytest.mark.parametrize("counts", [5, np.zeros((3, 0))])
def test_simultaneous_intervals_need_causes(counts):
    with pytest.raises(ValueError, match="need a last axis of one cause or more"):
        simultaneous_interval(counts)


@pytest.mark.parametrize("level", [-1.0, 0.0, 1.0, 95.0])
def test_the_level_of_all_causes_together_lies_between_0_and_1(level):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        simultaneous_interval([5, 3, 2, 1], level)

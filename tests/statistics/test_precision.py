"""Replicates until the interval is narrow, without deceiving oneself about it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.intervals import wilson_interval
from experiments.precision import (
    Precision,
    half_width,
    is_narrow,
    most_replicates,
    next_replicates,
    sequential_coverage,
    stages,
)
from sim.errors import InputError

PROBABILITIES = np.concatenate(
    [np.linspace(0.01, 0.1, 7), np.linspace(0.15, 0.85, 8), [0.95, 0.99]]
)


def played_out(p, asked, seed):
    """Counts at the stop of one point, stage by stage."""
    generator, k, n = np.random.default_rng(seed), 0, 0
    while more := int(next_replicates(k, n, asked)):
        k, n = k + generator.binomial(more, p), n + more
    return k, n


def test_stages_double_up_to_the_cap():
    assert stages(100, 1000) == (100, 200, 400, 800, 1000)
    assert stages(100, 800) == (100, 200, 400, 800)
    assert stages(100, 100) == (100,)


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_stages_rise_by_at_most_twice_and_end_at_the_cap(first, above):
    ends = stages(first, first + above)
    assert (ends[0], ends[-1]) == (first, first + above)
    assert all(a < b <= 2 * a for a, b in zip(ends, ends[1:], strict=False))


def test_points_stop_on_their_own_and_only_at_the_end_of_a_stage():
    asked = Precision(0.02, first=500, cap=8000)
    k, n = [0, 0, 5, 250, 250, 4000], [0, 500, 500, 500, 700, 8000]
    assert next_replicates(k, n, asked).tolist() == [500, 0, 0, 500, 300, 0]


@given(st.floats(0.001, 0.999), st.sampled_from([0.01, 0.02, 0.05]), st.integers(0, 2**32))
def test_at_the_stop_the_interval_is_as_narrow_as_asked(p, asked_half, seed):
    asked = Precision(asked_half, first=256, cap=2**14)
    k, n = played_out(p, asked, seed)
    low, high = wilson_interval(k, n)
    assert (high - low) / 2 <= asked_half
    assert n in asked.stages
    assert n <= most_replicates(asked)


def test_a_relative_precision_follows_the_probability():
    asked = Precision(relative=0.1, first=512, cap=2**20)
    rare, common = played_out(0.02, asked, 0), played_out(0.5, asked, 0)
    assert rare[1] > 10 * common[1]
    for k, n in (rare, common):
        assert half_width(k, n) <= 0.1 * k / n
    assert most_replicates(asked) == 2**20


def test_an_event_that_never_happens_goes_on_to_the_cap_under_a_relative_precision():
    assert played_out(0.0, Precision(relative=0.1, first=512, cap=4096), 0) == (0, 4096)


def test_both_precisions_hold_where_both_are_asked():
    asked = Precision(0.02, relative=0.1)
    assert not is_narrow(10, 512, asked)  # narrow, but a third of the probability
    assert not is_narrow(30, 50, asked)
    assert is_narrow(50_000, 100_000, asked)
    assert not is_narrow(0, 0, asked)


def test_the_last_stage_is_the_one_that_is_narrow_at_one_half():
    asked = Precision(0.01, first=100)
    last = most_replicates(asked)
    assert is_narrow(last / 2, last, asked)
    assert not is_narrow(last / 4, last / 2, asked)
    assert most_replicates(Precision(0.001, first=100, cap=5000)) == 5000


@pytest.mark.parametrize(
    "asked",
    [Precision(0.02), Precision(0.01), Precision(relative=0.2, cap=2**15)],
    ids=["two points", "one point", "a fifth"],
)
def test_stopping_early_leaves_the_coverage_of_the_interval(asked):
    found = [sequential_coverage(p, asked).coverage for p in PROBABILITIES]
    assert 0.935 <= np.mean(found) <= 0.965
    assert 0.93 <= min(found)
    assert max(found) <= 0.98


def test_many_looks_from_a_handful_of_replicates_would_not():
    """Why the first stage is not small: a short run of equal outcomes would end it."""
    asked = Precision(relative=0.2, first=16, cap=2**13)
    assert sequential_coverage(0.99, asked).coverage < 0.87


def test_the_exact_law_of_the_stop_is_the_simulated_one():
    asked, p, runs = Precision(0.02, first=256), 0.1, 2000
    exact = sequential_coverage(p, asked)
    stops = np.array([played_out(p, asked, seed) for seed in range(runs)])
    low, high = wilson_interval(*stops.T)
    error = np.sqrt(exact.coverage * (1 - exact.coverage) / runs)
    assert np.mean((low <= p) & (p <= high)) == pytest.approx(exact.coverage, abs=4 * error)
    assert stops[:, 1].mean() == pytest.approx(exact.replicates, rel=0.03)
    assert exact.capped == 0.0
    assert sequential_coverage(0.5, Precision(0.02, first=100, cap=400)).capped == pytest.approx(1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs half_width or relative"),
        ({"half_width": 0.0}, "half_width is 0.0; it must lie between 0 and 1"),
        ({"half_width": float("nan")}, "half_width is nan"),
        ({"relative": 1.5}, "relative is 1.5"),
        ({"half_width": 0.1, "first": 0}, "first is 0"),
        ({"half_width": 0.1, "first": 20, "cap": 10}, "cap 10"),
        ({"half_width": 0.1, "first": 20.5}, "first is 20.5"),
        ({"half_width": 0.1, "level": 1.0}, "level is 1.0"),
    ],
)
def test_what_cannot_be_asked_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Precision(**given)


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="must lie between 0 and trials"):
        next_replicates(3, 2, Precision(0.1))

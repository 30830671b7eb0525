"""Which region of the parameters breaks the talks, told with its coverage, density and stability.

The searches run where the extra is installed: `pip install winset[discovery]`.
"""

import importlib.util
import math
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments import discovery
from experiments.discovery import Region, discover
from experiments.intervals import wilson_interval
from sim.errors import InputError

installed = importlib.util.find_spec("ema_workbench") is not None
searches = pytest.mark.skipif(not installed, reason="the extra `discovery` is not installed")

POINTS, REPLICATES = 300, 100


def table_of(points=POINTS, seed=0):
    generator = np.random.default_rng(seed)
    return pd.DataFrame({
        "demand": generator.uniform(1.0, 8.0, points),
        "audience_cost": generator.uniform(0.0, 0.3, points),
        "idle": generator.uniform(0.0, 1.0, points),
    })  # fmt: skip


def box_played(table, seed=0):
    """Breakdown in 80% where the demand is above 3.5 and the audience cost above .06, else 20%."""
    p = np.where((table["demand"] > 3.5) & (table["audience_cost"] > 0.06), 0.8, 0.2)
    return np.random.default_rng(1000 + seed).binomial(REPLICATES, p), np.full(
        len(table), REPLICATES
    )


@pytest.fixture(scope="module")
def region():
    table = table_of()
    return discover(table, *box_played(table), seed=0, resamples=6)


@searches
def test_the_region_that_was_hidden_is_found(region):
    assert set(region.limits) == {"demand", "audience_cost"}
    assert region.limits["demand"] == pytest.approx((3.5, math.inf), abs=0.25)
    assert region.limits["audience_cost"] == pytest.approx((0.06, math.inf), abs=0.02)
    assert region.reached
    assert region.coverage > 0.9
    assert region.density > 0.9
    assert region.happened == pytest.approx(0.8, abs=0.05)


@searches
def test_coverage_density_and_n_are_those_of_the_limits(region):
    table = table_of()
    k, n = box_played(table)
    cases = k / n >= 0.5
    inside = np.ones(len(table), bool)
    for name, (low, high) in region.limits.items():
        inside &= table[name].between(low, high).to_numpy()
    hits = np.count_nonzero(cases & inside)
    assert (region.inside, region.cases, region.points) == (inside.sum(), cases.sum(), POINTS)
    assert region.coverage == pytest.approx(hits / cases.sum())
    assert region.density == pytest.approx(hits / inside.sum())
    low, high = wilson_interval(hits, inside.sum())
    assert [region.low, region.high] == pytest.approx([float(low), float(high)])


@searches
def test_limits_are_significant_and_stable_under_resampling(region):
    assert max(region.quasi_p.values()) < 1e-6
    assert region.same_parameters > 0.8
    assert region.restricted["idle"] < 0.2 < 0.8 < region.restricted["demand"]
    (low, high), open_end = region.ranges["demand"]
    assert low <= 3.6
    assert high >= 3.3
    assert np.isnan(open_end).all()
    assert region.held_out > 0.85
    assert region.trajectory["coverage"].iloc[0] == 1.0


@searches
def test_the_same_seed_gives_the_same_region_also_0(region):
    table = table_of()
    again = discover(table, *box_played(table), seed=0, resamples=6)
    other = discover(table, *box_played(table), seed=1, resamples=6)
    assert again.sentence() == region.sentence()
    assert (again.ranges["demand"][0], again.held_out) == (
        region.ranges["demand"][0], region.held_out,
    )  # fmt: skip
    assert (other.limits, other.coverage) == (region.limits, region.coverage)
    assert other.ranges["demand"][0] != region.ranges["demand"][0]


@searches
def test_a_region_that_is_not_dense_enough_is_told_as_the_best_there_is():
    table = table_of()
    p = 0.35 + 0.02 * table["demand"]
    k = np.random.default_rng(1000).binomial(20, p)
    found = discover(table, k, np.full(POINTS, 20), seed=0, density=1.0, resamples=2)
    assert not found.reached
    assert found.density < 1.0
    assert found.sentence().startswith("No region has a density of 100%; at best: Talks break down")


@searches
@pytest.mark.parametrize("seed", [3, 11])
def test_a_box_that_owes_its_density_to_chance_gives_way_to_the_next_one(seed):
    """Of slopes without a corner, the best box often has a limit that chance could have set."""
    table, generator = table_of(200), np.random.default_rng(seed)
    slope = 0.02 + 0.055 * table["demand"] + 1.2 * table["audience_cost"] + 0.06 * table["idle"]
    p = np.clip(slope + generator.normal(0.0, 0.15, 200), 0.0, 1.0)
    found = discover(table, generator.binomial(20, p), np.full(200, 20), seed=0, resamples=2)
    assert set(found.limits) == {"demand", "audience_cost"}
    assert found.reached
    assert found.density >= found.asked == 0.8


@searches
@pytest.mark.parametrize("seed", [0, 1])
def test_noise_alone_makes_no_region(seed):
    """Every point breaks down as often as not; which of them are cases is chance."""
    table = table_of(200)
    k = np.random.default_rng(1000 + seed).binomial(20, 0.5, 200)
    found = discover(table, k, np.full(200, 20), seed=0, resamples=3)
    assert (found.limits, found.quasi_p, found.ranges) == ({}, {}, {})
    assert not found.reached
    assert (found.inside, found.coverage) == (200, 1.0)
    assert found.density == pytest.approx(np.mean(k >= 10))
    assert found.sentence().startswith("No region stands out: talks break down in at least 50%")


@pytest.fixture
def told():
    return Region(
        limits={"demand": (3.1, math.inf), "audience_cost": (-math.inf, 0.06), "x": (1.0, 2.0)},
        coverage=0.71, density=0.86, low=0.82, high=0.9, points=1024, inside=300, cases=363,
        happened=0.66, quasi_p={}, same_parameters=0.94, restricted={}, ranges={}, held_out=0.84,
        reached=True, trajectory=pd.DataFrame(), threshold=0.5, asked=0.8, resamples=50,
    )  # fmt: skip


def test_a_region_is_told_in_one_sentence(told):
    assert told.sentence(labels={"audience_cost": "audience cost"}) == (
        "Talks break down in at least 50% of negotiations in 86% [82%, 90%] of the draws of "
        "parameters where demand > 3.1 and audience cost < 0.06 and 1 < x < 2: coverage 71% of 363 "
        "such draws, n = 300 of 1,024 draws; in 50 resamples the same parameters are restricted in "
        "94%, and the density on draws left out is 84%."
    )


def test_where_no_region_stands_out_the_sentence_says_so(told):
    nowhere = replace(told, limits={}, density=0.57, low=0.5, high=0.64, reached=False)
    assert nowhere.sentence("US vetoes occur") == (
        "No region stands out: US vetoes occur in at least 50% of negotiations in 57% [50%, 64%] "
        "of all 1,024 draws of parameters, and no limit of a parameter tells them apart beyond "
        "chance; of 50 resamples 94% find none either."
    )


def test_a_limit_is_held_against_its_share_of_all_the_ends_that_were_tried():
    x = np.column_stack([np.arange(40.0), *np.zeros((9, 40))])
    cases = (np.arange(40) % 2 == 1) | (np.arange(40) >= 32)  # all of the last eight, else half
    limits = {"a": (32.0, math.inf)}
    assert discovery._quasi_p(x, list("abcdefghij"), cases, limits)["a"] == pytest.approx(0.6**8)
    assert discovery._significant(x[:, :1], ["a"], cases, limits) == limits
    assert discovery._significant(x, list("abcdefghij"), cases, limits) == {}


def test_a_limit_that_chance_could_have_set_is_dropped():
    table = table_of(400)
    x, names = table.to_numpy(float), list(table.columns)
    cases = x[:, 0] > 4.0
    limits = {"demand": (4.0, math.inf), "idle": (0.01, math.inf)}
    assert discovery._significant(x, names, cases, limits) == {"demand": (4.0, math.inf)}


def test_a_quasi_p_value_is_the_binomial_tail_of_the_cases_in_the_box():
    x = np.column_stack([np.arange(10.0), np.zeros(10)])
    cases = np.array([0, 0, 0, 0, 0, 1, 1, 1, 0, 1], bool)
    values = discovery._quasi_p(x, ["a", "b"], cases, {"a": (5.0, math.inf)})
    # Five points in the box, four of them cases; .4 of all points are.
    assert values["a"] == pytest.approx(5 * 0.4**4 * 0.6 + 0.4**5)


# refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0.0}, "discovery.threshold is 0.0"),
        ({"density": 1.5}, "discovery.density is 1.5"),
        ({"resamples": 1}, "2 resamples or more"),
        ({"seed": -1}, "a seed of 0 or more"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, message):
    table = table_of()
    with pytest.raises(InputError, match=message):
        discover(table, *box_played(table), **({"seed": 0} | options))


def test_points_too_few_or_not_played_are_refused():
    with pytest.raises(InputError, match="at least 50 design points"):
        discover(table_of(49), *box_played(table_of(49)), seed=0)
    with pytest.raises(InputError, match="counts that match"):
        discover(table_of(60), *box_played(table_of(61)), seed=0)
    with pytest.raises(InputError, match="all played"):
        discover(table_of(60), np.zeros(60), np.zeros(60), seed=0)


@pytest.mark.parametrize(("happened", "which"), [(0, "no"), (100, "every")])
def test_where_talks_always_or_never_break_down_there_is_no_region(happened, which):
    with pytest.raises(InputError, match=f"at {which} design point"):
        discover(table_of(), np.full(POINTS, happened), np.full(POINTS, 100), seed=0)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ema_workbench.analysis.prim", None)
    table = table_of()
    with pytest.raises(InputError, match=r"pip install 'winset\[discovery\]'"):
        discover(table, *box_played(table), seed=0)

"""What the ministry thinks that the Assembly would pass."""

import functools
import math

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.stats import norm

from sim.anticipation import NOTHING_PASSES, assembly_limit, cost_pass_probability
from sim.design_points import BLOC

INF = math.inf
ONE = ((21.0, 0.8, 1.3),)
TWO = ((12.0, 0.75, 1.28), (9.0, 0.7, 1.36))
MANY = ((15.0, 0.7, 1.28), (14.0, 0.62, 1.36), (3.0, 0.6, 1.16), (0.0, 0.5, 1.9))
ALWAYS = ((12.0, 1.0, 1.2), (9.0, 1.0, 1.25), (10.0, 1.0, 1.4))


def members_of(blocs):
    return int(sum(bloc[0] for bloc in blocs))


@functools.cache
def brute_curve(blocs, precision):
    """The pass probability as a function of an array of costs, from a dense table."""
    members = members_of(blocs)
    if math.isinf(precision):
        edges = np.array(sorted({threshold for _, _, threshold in blocs}))
        levels = [cost_pass_probability(float(t), blocs, precision, members) for t in (*edges, 9.0)]
        return lambda cost: np.array(levels)[np.searchsorted(edges, cost - 1e-9)]
    grid = np.linspace(1.1 - 30.0 / precision, 1.4 + 30.0 / precision, 1201)
    table = [cost_pass_probability(float(k), blocs, precision, members) for k in grid]
    spline = CubicSpline(grid, table)
    return lambda cost: spline(np.clip(cost, grid[0], grid[-1]))


def brute_average(blocs, precision, shock_sd):
    """The average pass probability of a cost, by quadrature that is as dense as it needs to be."""
    curve = brute_curve(blocs, precision)
    if shock_sd == 0.0:
        return lambda cost: float(curve(np.array(cost)))
    z = np.linspace(-8.5, 8.5, 200_001 if math.isinf(precision) else 4001)
    weights = norm.pdf(z) / norm.pdf(z).sum()
    return lambda cost: float((weights * curve(cost - shock_sd * z)).sum())


@pytest.mark.parametrize("shock_sd", [0.0, 0.02, 0.12, 0.5])
@pytest.mark.parametrize("precision", [12.0, 200.0, INF])
@pytest.mark.parametrize("blocs", [ONE, TWO, MANY, ALWAYS], ids=["one", "two", "many", "always"])
def test_the_limit_is_the_largest_cost_that_is_likely_enough_to_pass(blocs, precision, shock_sd):
    average = brute_average(blocs, precision, shock_sd)
    costs = np.linspace(0.4, 1.6, 121)
    averages = np.array([average(float(cost)) for cost in costs])
    for confidence in (0.6, 0.8, 0.95):
        limit = assembly_limit(blocs, precision, members_of(blocs), confidence, shock_sd)
        passing = costs[averages >= confidence]
        if limit < 0.4:
            assert len(passing) == 0
        else:
            assert passing[-1] <= limit + 1e-5
            assert passing[-1] == pytest.approx(limit, abs=0.01 + 1e-5)
        jumps = shock_sd == 0.0 and math.isinf(precision)
        if limit != NOTHING_PASSES and not jumps:
            assert average(limit) == pytest.approx(confidence, abs=5e-5)


@pytest.mark.parametrize("shock_sd", [0.06, 0.12])
def test_the_limit_of_the_case_is_likely_enough_to_pass_and_no_lower_than_needed(
    scenario, shock_sd
):
    points = scenario.points({"assembly.shock_sd": shock_sd})
    blocs = tuple((float(b["seats"]), float(b["attendance"]), float(b["threshold"])) for b in
                  scenario.blocs)  # fmt: skip
    grid = np.linspace(1.0, 1.6, 241)
    table = [cost_pass_probability(float(k), blocs, 12.0, scenario.members) for k in grid]
    z = np.linspace(-8.5, 8.5, 20_001)
    weights = norm.pdf(z) / norm.pdf(z).sum()
    limit = float(points.values["assembly_limit"][0])
    average = float((weights * np.interp(limit - shock_sd * z, grid, table)).sum())
    assert average == pytest.approx(0.8, abs=5e-5)
    known = float(points.values["known_limit"][0])
    exact = cost_pass_probability(known, blocs, 12.0, scenario.members)
    assert exact == pytest.approx(0.8, abs=1e-9)


def test_members_of_one_mind_who_never_err_pass_up_to_their_threshold():
    assert assembly_limit(((21.0, 1.0, 1.3),), INF, 21, 0.8, 0.0) == 1.3
    # with an unknown shock the limit is its quantile below the threshold
    limit = assembly_limit(((21.0, 1.0, 1.3),), INF, 21, 0.8, 0.1)
    assert limit == pytest.approx(1.3 + 0.1 * norm.ppf(0.2), abs=1e-9)


def test_the_largest_threshold_with_a_majority_decides_where_members_never_err():
    # 12 at 1.2, 9 at 1.25, 10 at 1.4: at 1.25 nineteen of 31 say yes, at 1.4 only ten
    assert assembly_limit(ALWAYS, INF, 31, 0.8, 0.0) == 1.25
    assert assembly_limit(ALWAYS, INF, 31, 0.999, 0.0) == 1.25


@pytest.mark.parametrize("shock_sd", [0.0, 0.06])
@pytest.mark.parametrize("precision", [12.0, INF])
def test_where_a_quorum_is_unlikely_no_cost_is_likely_enough_to_pass(precision, shock_sd):
    absent = ((30.0, 0.3, 1.3),)
    assert assembly_limit(absent, precision, 30, 0.8, shock_sd) == NOTHING_PASSES


def test_seats_that_no_bloc_fills_count_against_the_quorum():
    assert assembly_limit(ONE, 12.0, 60, 0.6, 0.0) == NOTHING_PASSES


@pytest.mark.parametrize("shock_sd", [0.0, 0.06])
def test_members_who_vote_by_coin_pass_any_cost_or_none(shock_sd):
    present = ((21.0, 1.0, 1.3),)  # 21 coins: a majority with probability one half
    assert assembly_limit(present, 0.0, 21, 0.4, shock_sd) == INF
    assert assembly_limit(present, 0.0, 21, 0.6, shock_sd) == NOTHING_PASSES


@pytest.mark.parametrize("precision", [20.0, INF])
def test_a_confidence_that_only_a_gift_would_reach_is_out_of_reach(precision):
    blocs = ((1.0, 0.94, 1.0), (1.0, 0.9, 1.1), (1.0, 0.67, 1.2))
    certain = cost_pass_probability(-50.0, blocs, precision, 3)
    limit = assembly_limit(blocs, precision, 3, certain, 0.06)
    assert limit == NOTHING_PASSES or 0.4 < limit < 1.0


def test_a_common_shift_of_the_thresholds_moves_the_limit_one_for_one(scenario):
    shifts = [0.0, 0.07, -0.2]
    points = scenario.points({"assembly.shift": shifts})
    for column in ("assembly_limit", "known_limit"):
        limits = points.values[column]
        np.testing.assert_allclose(limits - limits[0], shifts, rtol=0, atol=1e-12)
    moved = tuple((seats, present, threshold + 0.07) for seats, present, threshold in TWO)
    for precision, shock_sd in ((12.0, 0.06), (12.0, 0.0), (INF, 0.06), (INF, 0.0)):
        first = assembly_limit(TWO, precision, 21, 0.8, shock_sd)
        second = assembly_limit(moved, precision, 21, 0.8, shock_sd)
        assert second - first == pytest.approx(0.07, abs=1e-6)


@pytest.mark.parametrize("precision", [12.0, INF])
def test_more_confidence_never_allows_a_higher_cost(precision):
    for shock_sd in (0.0, 0.06):
        limits = [
            assembly_limit(MANY, precision, members_of(MANY), float(confidence), shock_sd)
            for confidence in np.linspace(0.05, 0.95, 19)
        ]
        assert np.all(np.diff(limits) <= 1e-9)


def test_a_bloc_without_seats_changes_nothing():
    empty = (0.0, 0.9, 3.0)
    for precision in (12.0, INF):
        for shock_sd in (0.0, 0.06):
            alone = assembly_limit(TWO, precision, 21, 0.8, shock_sd)
            beside = assembly_limit((*TWO, empty), precision, 21, 0.8, shock_sd)
            assert beside == pytest.approx(alone, abs=1e-6)


# what the ministry knows


def test_without_consent_there_is_no_limit(scenario):
    points = scenario.points({"assembly.consent_required": 0})
    assert points.values["assembly_limit"][0] == INF
    assert points.values["known_limit"][0] == INF


@pytest.mark.parametrize(
    ("noise", "weight", "noise_of_estimate"), [(INF, 0.0, 0.0), (0.0, 1.0, 0.0), (0.06, 0.5, 0.03)]
)
def test_a_signal_of_the_shock_weighs_as_much_as_it_tells(
    scenario, noise, weight, noise_of_estimate
):
    points = scenario.points({"ministry.reading_noise": noise, "assembly.shock_sd": 0.06})
    assert points.values["signal_weight"][0] == pytest.approx(weight, abs=1e-15)
    assert points.values["signal_noise"][0] == pytest.approx(noise_of_estimate, abs=1e-15)
    limit, known = points.values["assembly_limit"][0], points.values["known_limit"][0]
    if weight == 1.0:
        assert limit == known
    else:
        assert limit < known  # what is not known makes a ministry of this confidence careful


def test_where_there_is_no_shock_there_is_nothing_to_be_told(scenario):
    points = scenario.points({"ministry.reading_noise": 0.0, "assembly.shock_sd": 0.0})
    assert points.values["signal_weight"][0] == 0.0
    assert points.values["assembly_limit"][0] == points.values["known_limit"][0]
    assert BLOC.names == ("seats", "attendance", "threshold", "abstention")

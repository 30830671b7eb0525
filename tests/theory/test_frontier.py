"""The Pareto frontier of packages and the cooperative solutions on it: rows B1 to B3."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sim.theory.bargaining_solutions import (
    egalitarian_point,
    kalai_smorodinsky_point,
    nash_point,
)
from sim.theory.frontier import (
    concession_order,
    efficient_package,
    frontier_vertices,
    misperceived_package,
    utilities,
)

AMOUNT, CATEGORY, DURATION, ESCALATOR = range(4)
US = (0.40, 0.30, 0.20, 0.10)
SEOUL = (0.55, 0.25, 0.05, 0.15)

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed

often = settings(max_examples=100, derandomize=True, deadline=None)
weights = st.floats(0.01, 1.0)
issues = st.lists(st.tuples(weights, weights), min_size=1, max_size=6)
shares = st.floats(0.0, 1.0)


def best_for_seoul(us_utility: float, us: Any, seoul: Any) -> float:
    """Seoul's largest utility for a utility of the US, by linear programming."""
    solution = linprog(c=seoul, A_eq=[us], b_eq=[us_utility], bounds=(0.0, 1.0), method="highs")
    return sum(seoul) - solution.fun


def split(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [us for us, _ in pairs], [seoul for _, seoul in pairs]


# B1


def test_B1_what_costs_little_and_is_worth_much_is_conceded_first():
    np.testing.assert_array_equal(
        concession_order(US, SEOUL), [DURATION, CATEGORY, AMOUNT, ESCALATOR]
    )
    corners = [(0.0, 1.0), (0.2, 0.95), (0.5, 0.7), (0.9, 0.15), (1.0, 0.0)]
    np.testing.assert_allclose(frontier_vertices(US, SEOUL), corners, atol=1e-12)


def test_B1_the_greedy_package_equals_the_linear_program():
    for us_utility in np.linspace(0.0, 1.0, 101):
        package = efficient_package(float(us_utility), US, SEOUL)
        us, seoul = utilities(package, US, SEOUL)
        assert us == pytest.approx(us_utility, abs=1e-12)
        assert seoul == pytest.approx(best_for_seoul(float(us_utility), US, SEOUL), abs=1e-9)
        assert np.count_nonzero((package > 1e-9) & (package < 1.0 - 1e-9)) <= 1


@given(issues, shares)
@often
def test_B1_the_greedy_package_equals_the_linear_program_for_any_weights(pairs, fraction):
    us, seoul = split(pairs)
    us_utility = fraction * sum(us)
    package = efficient_package(us_utility, us, seoul)
    reached, left = utilities(package, us, seoul)
    assert reached == pytest.approx(us_utility, abs=1e-9)
    assert left == pytest.approx(best_for_seoul(us_utility, us, seoul), abs=1e-9)
    vertices = frontier_vertices(us, seoul)
    assert left == pytest.approx(np.interp(us_utility, vertices[:, 0], vertices[:, 1]), abs=1e-9)


@given(issues)
@often
def test_B1_the_frontier_falls_ever_more_steeply(pairs):
    vertices = frontier_vertices(*split(pairs))
    slopes = np.diff(vertices[:, 1]) / np.diff(vertices[:, 0])
    assert (slopes < 0.0).all()
    assert (np.diff(slopes) <= 1e-9).all()


@given(issues, st.lists(shares, min_size=6, max_size=6))
@often
def test_B1_no_package_lies_beyond_the_frontier(pairs, conceded):
    us, seoul = split(pairs)
    us_utility, seoul_utility = utilities(conceded[: len(us)], us, seoul)
    vertices = frontier_vertices(us, seoul)
    assert seoul_utility <= np.interp(us_utility, vertices[:, 0], vertices[:, 1]) + 1e-9


def test_B1_the_whole_of_all_issues_can_be_conceded_in_spite_of_rounding():
    np.testing.assert_allclose(efficient_package(1.0, US, SEOUL), np.ones(4), atol=1e-12)
    assert np.sum(US) < 1.0  # a plain sum of the weights falls short of 1 by rounding


# B2

SOLUTIONS = {
    (0.0, 0.0): ((0.504545, 0.693750), (0.584211, 0.584211), (0.584211, 0.584211)),
    (0.2, 0.1): ((0.568182, 0.606250), (0.599552, 0.563117), (0.626316, 0.526316)),
    (0.5, 0.3): ((0.645455, 0.500000), (0.645455, 0.500000), (0.668421, 0.468421)),
    (0.1, 0.45): ((0.450000, 0.741667), (0.436084, 0.753263), (0.418182, 0.768182)),
}


@pytest.mark.parametrize("disagreement", SOLUTIONS)
def test_B2_the_solutions_divide_the_gains(disagreement):
    nash, kalai_smorodinsky, egalitarian = SOLUTIONS[disagreement]
    assert nash_point(US, SEOUL, disagreement) == pytest.approx(nash, abs=PRINTED)
    point = kalai_smorodinsky_point(US, SEOUL, disagreement)
    assert point == pytest.approx(kalai_smorodinsky, abs=PRINTED)
    assert egalitarian_point(US, SEOUL, disagreement) == pytest.approx(egalitarian, abs=PRINTED)


def test_B2_the_nash_package_concedes_whole_issues_and_part_of_the_amount():
    us_utility, _ = nash_point(US, SEOUL, (0.2, 0.1))
    package = efficient_package(us_utility, US, SEOUL)
    assert package == pytest.approx([0.170455, 1.0, 1.0, 0.0], abs=PRINTED)


def test_B2_a_bargaining_weight_moves_the_nash_point():
    point = nash_point(US, SEOUL, (0.2, 0.1), us_bargaining_weight=0.7)
    assert point == pytest.approx((0.715455, 0.403750), abs=PRINTED)


def test_B2_nash_and_kalai_smorodinsky_agree_on_one_segment():
    nash = nash_point(US, SEOUL, (0.5, 0.3))
    assert kalai_smorodinsky_point(US, SEOUL, (0.5, 0.3)) == pytest.approx(nash, abs=1e-12)


CORNERS = [(Fraction(u, 20), Fraction(k, 20)) for u, k in ((0, 20), (4, 19), (10, 14), (18, 3))]
CORNERS.append((Fraction(1), Fraction(0)))
SEGMENTS = list(zip(CORNERS[:-1], CORNERS[1:], strict=True))


def nash_by_enumeration(disagreement: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """The largest product over all corners and all stationary points, in exact fractions."""
    d_us, d_seoul = disagreement
    candidates = list(CORNERS)
    for (u0, k0), (u1, k1) in SEGMENTS:
        slope = (k0 - k1) / (u1 - u0)
        u = (d_us + u0 + (k0 - d_seoul) / slope) / 2
        if u0 <= u <= u1:
            candidates.append((u, k0 - slope * (u - u0)))
    rational = [(u, k) for u, k in candidates if u >= d_us and k >= d_seoul]
    return max(rational, key=lambda point: (point[0] - d_us) * (point[1] - d_seoul))


def on_ray(
    disagreement: tuple[Fraction, Fraction], ray: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    """Where a ray meets the frontier, by solving for each segment, in exact fractions."""
    d_us, d_seoul = disagreement
    for (u0, k0), (u1, k1) in SEGMENTS:
        slope = (k0 - k1) / (u1 - u0)
        length = (k0 - d_seoul + slope * (u0 - d_us)) / (ray[1] + slope * ray[0])
        u = d_us + length * ray[0]
        if u0 <= u <= u1:
            return u, d_seoul + length * ray[1]
    raise AssertionError("the ray misses the frontier")


def exact_frontier(value: Fraction, coordinate: int) -> Fraction:
    """The other side's utility on the frontier, in exact fractions."""
    for start, end in SEGMENTS:
        low, high = sorted((start[coordinate], end[coordinate]))
        if low <= value <= high:
            part = (value - start[coordinate]) / (end[coordinate] - start[coordinate])
            return start[1 - coordinate] + part * (end[1 - coordinate] - start[1 - coordinate])
    raise AssertionError("the value lies off the frontier")


@given(st.integers(0, 40), st.integers(0, 40))
@often
def test_B2_the_solutions_equal_an_exact_enumeration(us_steps, seoul_steps):
    d_us = Fraction(us_steps, 41)
    reachable = exact_frontier(d_us, 0)
    d_seoul = reachable * Fraction(seoul_steps, 41)
    disagreement = (float(d_us), float(d_seoul))
    exact = (d_us, d_seoul)

    def as_floats(point):
        return pytest.approx((float(point[0]), float(point[1])), abs=1e-8)

    assert nash_point(US, SEOUL, disagreement) == as_floats(nash_by_enumeration(exact))
    ideal_ray = (exact_frontier(d_seoul, 1) - d_us, reachable - d_seoul)
    assert kalai_smorodinsky_point(US, SEOUL, disagreement) == as_floats(on_ray(exact, ideal_ray))
    equal_ray = (Fraction(1), Fraction(1))
    assert egalitarian_point(US, SEOUL, disagreement) == as_floats(on_ray(exact, equal_ray))


@st.composite
def problems(draw):
    """Weights and a disagreement point within the frontier."""
    us, seoul = split(draw(issues))
    d_us = draw(shares) * sum(us)
    vertices = frontier_vertices(us, seoul)
    reachable = float(np.interp(d_us, vertices[:, 0], vertices[:, 1]))
    return us, seoul, (d_us, draw(shares) * reachable)


@given(problems(), st.floats(0.05, 0.95))
@often
def test_B2_no_point_of_the_frontier_has_a_larger_product_of_gains(problem, weight):
    us, seoul, (d_us, d_seoul) = problem
    u, k = nash_point(us, seoul, (d_us, d_seoul), weight)
    vertices = frontier_vertices(us, seoul)
    grid = np.linspace(0.0, vertices[-1, 0], 2001)
    gains_us = np.clip(grid - d_us, 0.0, None)
    gains_seoul = np.clip(np.interp(grid, vertices[:, 0], vertices[:, 1]) - d_seoul, 0.0, None)
    products = gains_us**weight * gains_seoul ** (1.0 - weight)
    reached = max(0.0, u - d_us) ** weight * max(0.0, k - d_seoul) ** (1.0 - weight)
    assert reached >= products.max() - 1e-9


@given(problems())
@often
def test_B2_the_solutions_are_efficient_and_leave_no_side_worse_off(problem):
    us, seoul, disagreement = problem
    vertices = frontier_vertices(us, seoul)
    for solution in (nash_point, kalai_smorodinsky_point, egalitarian_point):
        u, k = solution(us, seoul, disagreement)
        assert k == pytest.approx(np.interp(u, vertices[:, 0], vertices[:, 1]), abs=1e-9)
        assert u >= disagreement[0] - 1e-9
        assert k >= disagreement[1] - 1e-9


@given(problems(), st.floats(0.1, 10.0))
@often
def test_B2_nash_and_kalai_smorodinsky_do_not_compare_utilities_between_the_sides(problem, scale):
    us, seoul, (d_us, d_seoul) = problem
    scaled = [scale * weight for weight in us]
    for solution in (nash_point, kalai_smorodinsky_point):
        u, k = solution(us, seoul, (d_us, d_seoul))
        other_u, other_k = solution(scaled, seoul, (scale * d_us, d_seoul))
        assert other_u == pytest.approx(scale * u, abs=1e-7)
        assert other_k == pytest.approx(k, abs=1e-7)


@given(problems())
@often
def test_B2_the_egalitarian_gains_are_equal(problem):
    us, seoul, (d_us, d_seoul) = problem
    u, k = egalitarian_point(us, seoul, (d_us, d_seoul))
    assert u - d_us == pytest.approx(k - d_seoul, abs=1e-9)


@pytest.mark.parametrize("corner", [(0.0, 1.0), (0.2, 0.95), (0.5, 0.7), (0.9, 0.15), (1.0, 0.0)])
def test_B2_a_disagreement_point_on_the_frontier_is_the_solution(corner):
    for solution in (nash_point, kalai_smorodinsky_point, egalitarian_point):
        assert solution(US, SEOUL, corner) == pytest.approx(corner, abs=1e-9)


# B3


@pytest.mark.parametrize(
    ("misperception", "seoul_utility"),
    [(0.0, 0.70), (0.25, 0.70), (0.5, 0.70), (0.75, 0.70), (1.0, 0.366667)],
)
def test_B3_logrolling_needs_only_the_rank_order(misperception, seoul_utility):
    package = misperceived_package(0.5, US, SEOUL, misperception)
    assert utilities(package, US, SEOUL) == pytest.approx((0.5, seoul_utility), abs=PRINTED)


def test_B3_conceding_all_issues_in_proportion_forgoes_the_gains_of_logrolling():
    assert utilities([0.5] * 4, US, SEOUL) == pytest.approx((0.5, 0.5), abs=1e-12)


@given(issues, shares, st.floats(0.0, 0.99))
@often
def test_B3_misperceived_weights_cost_nothing_while_the_order_is_seen(pairs, fraction, error):
    us, seoul = split(pairs)
    us_utility = fraction * sum(us)
    _, truly = utilities(efficient_package(us_utility, us, seoul), us, seoul)
    _, mistaken = utilities(misperceived_package(us_utility, us, seoul, error), us, seoul)
    assert mistaken == pytest.approx(truly, abs=1e-9)


@given(issues, shares)
@often
def test_B3_a_side_that_sees_only_itself_never_does_better(pairs, fraction):
    us, seoul = split(pairs)
    us_utility = fraction * sum(us)
    _, truly = utilities(efficient_package(us_utility, us, seoul), us, seoul)
    _, mistaken = utilities(misperceived_package(us_utility, us, seoul, 1.0), us, seoul)
    assert mistaken <= truly + 1e-9


# arguments outside their domains


@pytest.mark.parametrize(
    ("theory", "arguments", "message"),
    [
        (concession_order, ((), ()), r"us_weights has shape \(0,\); .* one or more issues"),
        (concession_order, (((1.0,),), (1.0,)), r"us_weights has shape \(1, 1\); .* issues"),
        (concession_order, ((1.0, 1.0), (1.0,)), r"seoul_weights has shape \(1,\); .* \(2,\)"),
        (concession_order, ((0.0, 1.0), (1.0, 1.0)), r"us_weights is 0; .* \(0, inf\)"),
        (concession_order, ((1.0, 1.0), (1.0, -1.0)), r"seoul_weights is -1; .* \(0, inf\)"),
        (frontier_vertices, ((math.nan,), (1.0,)), r"us_weights is nan; .* \(0, inf\)"),
        (frontier_vertices, ((1.0,), (math.inf,)), r"seoul_weights is inf; .* \(0, inf\)"),
        (efficient_package, (1.1, US, SEOUL), r"us_utility is 1.1; .* \[0, 1\]"),
        (efficient_package, (-0.1, US, SEOUL), r"us_utility is -0.1; .* \[0, 1\]"),
        (efficient_package, (0.1, US, (1.0,)), r"seoul_weights has shape \(1,\); .* \(4,\)"),
        (misperceived_package, (0.5, US, SEOUL, 1.5), r"misperception is 1.5; .* \[0, 1\]"),
        (misperceived_package, (2.0, US, SEOUL, 0.5), r"us_utility is 2; .* \[0, 1\]"),
        (utilities, ((0.5,), US, SEOUL), r"package has shape \(1,\); .* \(4,\)"),
        (utilities, ((0.5, 0.5, 2.0, 0.5), US, SEOUL), r"package is 2; .* \[0, 1\]"),
        (nash_point, (US, SEOUL, (1.5, 0.0)), r"disagreement of the US is 1.5; .* \[0, 1\]"),
        (nash_point, (US, SEOUL, (0.5, 0.8)), r"disagreement of Seoul is 0.8; .* \[0, 0.7\]"),
        (nash_point, (US, SEOUL, (0.2, 0.1), 1.0), r"us_bargaining_weight is 1; .* \(0, 1\)"),
        (kalai_smorodinsky_point, (US, SEOUL, (-0.1, 0.0)), "disagreement of the US is -0.1"),
        (egalitarian_point, (US, SEOUL, (0.0, -0.1)), "disagreement of Seoul is -0.1"),
        (egalitarian_point, (US, (0.0,) * 4), r"seoul_weights is 0; .* \(0, inf\)"),
    ],
)
def test_an_argument_outside_its_domain_is_named(
    theory: Callable[..., Any], arguments: tuple[Any, ...], message: str
):
    with pytest.raises(ValueError, match=message):
        theory(*arguments)

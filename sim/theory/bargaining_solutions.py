"""Cooperative solutions on the Pareto frontier of packages: Nash, Kalai-Smorodinsky, egalitarian.

Each picks one point of the frontier (`frontier.frontier_vertices`) from what the sides can reach
and from the disagreement point d, what each of them has without an agreement. The frontier is a
chain of straight segments, so every solution is exact: no search. The package that gives the point
is `frontier.efficient_package` at its first coordinate.
"""

import numpy as np
from numpy.typing import NDArray

from sim.theory.domains import PROPER_SHARE, ROUNDING, Interval, require
from sim.theory.frontier import Weights, frontier_vertices

Point = tuple[float, float]


def nash_point(
    us_weights: Weights,
    seoul_weights: Weights,
    disagreement: Point = (0.0, 0.0),
    us_bargaining_weight: float = 0.5,
) -> Point:
    """The Nash bargaining solution: the largest weighted product of the gains from agreement.

    max (u_US - d_US)^a (u_K - d_K)^(1 - a). On the line through a segment of slope -m it lies at
    u_US = d_US + a [(u_US - d_US) + (u_K - d_K) / m], where the bracket is the same all along the
    line: the first segment that reaches this target holds the solution.

    Assumes linear-additive utilities.

    Parameters
    ----------
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.
    disagreement : pair of floats
        (d_US, d_K) in units of the weights: not negative and not beyond the frontier.
    us_bargaining_weight : float
        Bargaining weight a of the US side, in (0, 1); 1/2 is the symmetric solution.

    Returns
    -------
    tuple of two floats
        (u_US, u_K).

    Raises
    ------
    ValueError
        If an argument lies outside its domain.

    Source: Nash (1950), The bargaining problem, Econometrica 18; with weights Harsanyi and Selten
    (1972), A generalized Nash solution for two-person bargaining games with incomplete
    information, Management Science 18.
    """
    vertices = _feasible_frontier(us_weights, seoul_weights, disagreement)
    require("us_bargaining_weight", us_bargaining_weight, PROPER_SHARE)
    (starts, starts_k), (ends, ends_k) = vertices[:-1].T, vertices[1:].T
    slopes = (starts_k - ends_k) / (ends - starts)
    totals = (starts - disagreement[0]) + (starts_k - disagreement[1]) / slopes
    targets = disagreement[0] + us_bargaining_weight * totals
    # before the solution the target lies beyond the end of the segment; the last one always holds
    segment = int(np.argmax(np.append(targets[:-1] <= ends[:-1], True)))
    return _point_at(vertices, np.clip(targets[segment], starts[segment], ends[segment]))


def kalai_smorodinsky_point(
    us_weights: Weights, seoul_weights: Weights, disagreement: Point = (0.0, 0.0)
) -> Point:
    """The Kalai-Smorodinsky solution: gains in proportion to the most each side could gain.

    The frontier point on the line from d to the ideal point (m_US, m_K), where m_i is the largest
    utility of side i that leaves the other side no worse off than without an agreement.

    Assumes linear-additive utilities.

    Parameters
    ----------
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.
    disagreement : pair of floats
        (d_US, d_K) in units of the weights: not negative and not beyond the frontier.

    Returns
    -------
    tuple of two floats
        (u_US, u_K).

    Raises
    ------
    ValueError
        If an argument lies outside its domain.

    Source: Kalai and Smorodinsky (1975), Other solutions to Nash's bargaining problem,
    Econometrica 43.
    """
    vertices = _feasible_frontier(us_weights, seoul_weights, disagreement)
    us_disagreement, seoul_disagreement = disagreement
    us_ideal = float(np.interp(seoul_disagreement, vertices[::-1, 1], vertices[::-1, 0]))
    seoul_ideal = float(np.interp(us_disagreement, vertices[:, 0], vertices[:, 1]))
    ray = (us_ideal - us_disagreement, seoul_ideal - seoul_disagreement)
    return _first_crossing(vertices, disagreement, ray)


def egalitarian_point(
    us_weights: Weights, seoul_weights: Weights, disagreement: Point = (0.0, 0.0)
) -> Point:
    """The egalitarian solution: the largest gains that are equal for both sides.

    The frontier point with u_US - d_US = u_K - d_K. It compares utilities between the sides.

    Assumes linear-additive utilities in a common unit.

    Parameters
    ----------
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.
    disagreement : pair of floats
        (d_US, d_K) in units of the weights: not negative and not beyond the frontier.

    Returns
    -------
    tuple of two floats
        (u_US, u_K).

    Raises
    ------
    ValueError
        If an argument lies outside its domain.

    Source: Kalai (1977), Proportional solutions to bargaining situations: interpersonal utility
    comparisons, Econometrica 45.
    """
    vertices = _feasible_frontier(us_weights, seoul_weights, disagreement)
    return _first_crossing(vertices, disagreement, (1.0, 1.0))


def _feasible_frontier(
    us_weights: Weights, seoul_weights: Weights, disagreement: Point
) -> NDArray[np.float64]:
    """The corners of the frontier, once the disagreement point is known to lie within it."""
    vertices = frontier_vertices(us_weights, seoul_weights)
    us_disagreement, seoul_disagreement = disagreement
    require(
        "disagreement of the US", us_disagreement, Interval(0.0, float(vertices[-1, 0]) + ROUNDING)
    )
    reachable = float(np.interp(us_disagreement, vertices[:, 0], vertices[:, 1]))
    require("disagreement of Seoul", seoul_disagreement, Interval(0.0, reachable + ROUNDING))
    return vertices


def _point_at(vertices: NDArray[np.float64], us_utility: float) -> Point:
    return float(us_utility), float(np.interp(us_utility, vertices[:, 0], vertices[:, 1]))


def _first_crossing(vertices: NDArray[np.float64], origin: Point, ray: Point) -> Point:
    """Where the ray from a point within the frontier meets it."""
    # a disagreement point on the frontier leaves nothing to gain
    if max(ray) < ROUNDING:
        return origin
    # negative above the ray, positive below it, ascending along the frontier
    below = ray[1] * (vertices[:, 0] - origin[0]) - ray[0] * (vertices[:, 1] - origin[1])
    return _point_at(vertices, float(np.interp(0.0, below, vertices[:, 0])))

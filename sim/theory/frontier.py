"""The Pareto frontier of packages of issues: concede first what is worth most to the other side.

A package z in [0, 1]^n says how far Seoul concedes each issue. With linear-additive utilities

    u_US = sum_k w_k z_k        u_K = sum_k v_k (1 - z_k)

the largest u_K for a given u_US is a fractional knapsack: issues are conceded in the order of
w_k / v_k, the largest first, and at most one issue is split. The frontier is the chain of segments
between the packages of wholly conceded issues. Only the order of the ratios matters.

Source: Dantzig (1957), Discrete-variable extremum problems, Operations Research 5; Raiffa (1982),
The Art and Science of Negotiation, Harvard University Press.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.theory.domains import POSITIVE, ROUNDING, SHARE, Interval, require

Weights = Sequence[float] | NDArray[np.float64]


def concession_order(us_weights: Weights, seoul_weights: Weights) -> NDArray[np.int64]:
    """The issues in the order in which Seoul concedes them along the Pareto frontier.

    Descending in w_k / v_k; issues of equal ratio keep the order in which they are given.

    Assumes linear-additive utilities.

    Parameters
    ----------
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.

    Returns
    -------
    array of int, shape (issues,)
        Positions of the issues, first conceded first.

    Raises
    ------
    ValueError
        If a weight is not positive and finite or the two sides do not have the same issues.

    Source: Dantzig (1957), Operations Research 5.
    """
    us, seoul = _checked(us_weights, seoul_weights)
    # w / (w + v) orders as w / v does and cannot overflow
    return np.argsort(-us / (us + seoul), kind="stable")


def frontier_vertices(us_weights: Weights, seoul_weights: Weights) -> NDArray[np.float64]:
    """The corners of the Pareto frontier, from Seoul's best package to Washington's.

    Between two neighbours the frontier is a straight line of slope -v_k / w_k.

    Assumes linear-additive utilities.

    Parameters
    ----------
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.

    Returns
    -------
    array, shape (issues + 1, 2)
        Pairs (u_US, u_K), in units of the weights, ascending in u_US.

    Raises
    ------
    ValueError
        If a weight is not positive and finite or the two sides do not have the same issues.

    Source: Dantzig (1957), Operations Research 5; Raiffa (1982).
    """
    us, seoul = _checked(us_weights, seoul_weights)
    order = concession_order(us, seoul)
    us_utility = np.concatenate(([0.0], np.cumsum(us[order])))
    # summed from the far end, so that the last corner is exactly 0
    seoul_utility = np.concatenate((np.cumsum(seoul[order][::-1])[::-1], [0.0]))
    return np.column_stack((us_utility, seoul_utility))


def efficient_package(
    us_utility: float, us_weights: Weights, seoul_weights: Weights
) -> NDArray[np.float64]:
    """The package that gives Washington a utility at the least cost to Seoul.

    Issues are conceded whole in the order of w_k / v_k until the next one has to be split.

    Assumes linear-additive utilities.

    Parameters
    ----------
    us_utility : float
        Utility u_US to be reached, in [0, sum of w].
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.

    Returns
    -------
    array, shape (issues,)
        Conceded share of each issue, in the order of the arguments.

    Raises
    ------
    ValueError
        If the utility cannot be reached, a weight is not positive and finite, or the two sides do
        not have the same issues.

    Source: Dantzig (1957), Operations Research 5.
    """
    us, seoul = _checked(us_weights, seoul_weights)
    require("us_utility", us_utility, Interval(0.0, float(us.sum()) + ROUNDING))
    package = np.zeros(us.size)
    missing = us_utility
    for issue in concession_order(us, seoul):
        package[issue] = min(1.0, missing / us[issue])
        missing = max(0.0, missing - us[issue])
    return package


def misperceived_package(
    us_utility: float, us_weights: Weights, seoul_weights: Weights, misperception: float
) -> NDArray[np.float64]:
    """The package built by a side that takes the other's priorities to be more like its own.

    It is efficient for the weights (1 - e) v + e w. For every e < 1 the ratios keep their order
    and the package is the efficient one: logrolling needs the rank order of the ratios only. At
    e = 1 all ratios are equal and issues are conceded in the order in which they are given.

    Assumes linear-additive utilities and that the US weights are known.

    Parameters
    ----------
    us_utility : float
        Utility u_US to be reached, in [0, sum of w].
    us_weights, seoul_weights : sequence of float, shape (issues,)
        True weights w and v of the issues, each > 0.
    misperception : float
        Share e of the US weights in the perceived weights of Seoul, in [0, 1].

    Returns
    -------
    array, shape (issues,)
        Conceded share of each issue, in the order of the arguments.

    Raises
    ------
    ValueError
        If the misperception lies outside [0, 1], or as `efficient_package` does.

    Source: Raiffa (1982), The Art and Science of Negotiation, Harvard University Press.
    """
    us, seoul = _checked(us_weights, seoul_weights)
    require("misperception", misperception, SHARE)
    perceived = (1.0 - misperception) * seoul + misperception * us
    return efficient_package(us_utility, us, perceived)


def utilities(package: Weights, us_weights: Weights, seoul_weights: Weights) -> tuple[float, float]:
    """What a package is worth to Washington and to Seoul.

    u_US = sum_k w_k z_k and u_K = sum_k v_k (1 - z_k).

    Assumes linear-additive utilities.

    Parameters
    ----------
    package : sequence of float, shape (issues,)
        Conceded share z_k of each issue, in [0, 1].
    us_weights, seoul_weights : sequence of float, shape (issues,)
        Weights w and v of the issues, each > 0.

    Returns
    -------
    tuple of two floats
        (u_US, u_K), in units of the weights.

    Raises
    ------
    ValueError
        If a share lies outside [0, 1], a weight is not positive and finite, or the package and
        the two sides do not have the same issues.

    Source: Raiffa (1982), The Art and Science of Negotiation, Harvard University Press.
    """
    us, seoul = _checked(us_weights, seoul_weights)
    conceded = np.asarray(package, dtype=np.float64)
    if conceded.shape != us.shape:
        raise ValueError(f"package has shape {conceded.shape}; it must have shape {us.shape}")
    require("package", conceded, SHARE)
    return float(us @ conceded), float(seoul @ (1.0 - conceded))


def _checked(
    us_weights: Weights, seoul_weights: Weights
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    us = np.asarray(us_weights, dtype=np.float64)
    seoul = np.asarray(seoul_weights, dtype=np.float64)
    if us.ndim != 1 or us.size == 0:
        raise ValueError(f"us_weights has shape {us.shape}; it must name one or more issues")
    if seoul.shape != us.shape:
        raise ValueError(f"seoul_weights has shape {seoul.shape}; it must have shape {us.shape}")
    require("us_weights", us, POSITIVE)
    require("seoul_weights", seoul, POSITIVE)
    return us, seoul

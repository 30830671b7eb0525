"""Quantal response: choice that is better than chance and worse than perfect.

Among options of utilities u a logit chooser of precision L takes option i with probability

    P_i = exp(L u_i) / sum_j exp(L u_j),

chance at L = 0, the best option as L grows. In a quantal response equilibrium both sides choose so
and expect each other to. The precision has units: one over those of the utilities.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import root_scalar
from scipy.special import expit, log_expit

from sim.theory.domains import FINITE, NON_NEGATIVE, PRECISION, require, require_whole

Reals = NDArray[np.float64]
GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)


def logit_choice(utilities: ArrayLike, precision: float) -> Reals:
    """The probability with which a logit chooser takes each option.

    P_i = exp(L u_i) / sum_j exp(L u_j); at infinite precision the best options share equally.

    Assumes independent errors on the options (independence of irrelevant alternatives): doubling
    an option raises the probability of choosing one of its kind.

    Parameters
    ----------
    utilities : utility of each option, shape (options,)
    precision : L >= 0, infinity allowed, in 1 / units of utility

    Raises
    ------
    ValueError : there is no option, a utility is not finite, or the precision is negative.

    Source: Luce (1959), Individual Choice Behavior; McFadden (1974), Conditional logit analysis of
    qualitative choice behavior, in Zarembka (ed.), Frontiers in Econometrics; Debreu (1960), review
    of Luce, American Economic Review 50 (doubled options).
    """
    u = np.atleast_1d(np.asarray(utilities, dtype=np.float64))
    if u.ndim != 1 or u.size == 0:
        raise ValueError(f"utilities has shape {u.shape}; it must list at least one option")
    require("utilities", u, FINITE)
    require("precision", precision, PRECISION)
    behind = u - u.max()
    weight = (behind == 0.0) * 1.0 if np.isinf(precision) else np.exp(precision * behind)
    return weight / weight.sum()


def logit_mean(
    statistic: Callable[[Reals], Reals],
    utility: Callable[[Reals], Reals],
    precision: float,
    options: int | None = None,
) -> float:
    """The mean of a statistic of a share that a logit chooser picks, on a grid or a continuum.

    E[s] = integral of s(x) exp(L u(x)) / integral of exp(L u(x)), x in [0, 1], or the same sums
    over the midpoints (i + 1/2) / options. A grid is a model of its own: E[s] moves with it.

    Assumes that s and u are smooth on the scale of 1/400 where the continuum is asked for; it is
    integrated by Gauss and Legendre's rule with 8 nodes in each of 400 parts.

    Parameters
    ----------
    statistic, utility : vectorised functions of the share chosen
    precision : L >= 0, in 1 / units of utility
    options : number of midpoints, at least 1, or None for the continuum

    Raises
    ------
    ValueError : the precision is negative, options is no whole number >= 1, or a utility is not
        finite.

    Source: McKelvey and Palfrey (1995), Quantal response equilibria for normal form games, Games
    and Economic Behavior 10, for the logit rule.
    """
    require("precision", precision, NON_NEGATIVE)
    if options is None:
        nodes, node_weight = np.polynomial.legendre.leggauss(8)
        share = ((np.arange(400)[:, None] + 0.5 + 0.5 * nodes) / 400.0).ravel()
        weight = np.tile(node_weight, 400)
    else:
        require_whole("options", options, 1)
        share = (np.arange(options) + 0.5) / options
        weight = np.ones(options)
    u = utility(share)
    require("utility", u, FINITE)
    density = weight * np.exp(precision * (u - u.max()))
    return float((density * statistic(share)).sum() / density.sum())


def quantal_responses(
    row_payoffs: ArrayLike, column_payoffs: ArrayLike, precision: float
) -> list[tuple[float, float]]:
    """All logit equilibria of a 2x2 game: how often each side takes its first action.

    p = logit(L (a q + b)), q = logit(L (c p + d)), where a q + b and c p + d are what the first
    action gains over the second. The response to the response has a slope in p of at most
    L^2 a c / 16: up to 1, the equilibrium is unique. A rising response has a slope with a single
    peak (its Schwarzian derivative is negative): there are at most three equilibria, separated by
    the two points of slope 1, and each is found by Brent's method between them. At L = 0 there is
    one, (1/2, 1/2): the principal branch is followed from there through rising precision.

    Parameters
    ----------
    row_payoffs, column_payoffs : payoffs of either side by row action and column action,
        shape (2, 2) each
    precision : L >= 0, finite, in 1 / units of payoff

    Returns
    -------
    list of pairs (p, q), in rising order of p

    Raises
    ------
    ValueError : payoffs are not 2x2 or not finite, or the precision is negative or infinite.

    Source: McKelvey and Palfrey (1995), Games and Economic Behavior 10; Singer (1978), Stable
    orbits and bifurcation of maps of the interval, SIAM Journal on Applied Mathematics 35.
    """
    a, b, c, d = _advantages(row_payoffs, column_payoffs)
    require("precision", precision, NON_NEGATIVE)
    steepness = precision * precision * a * c

    def excess(p: float) -> float:
        return float(expit(precision * (a * expit(precision * (c * p + d)) + b))) - p

    def log_slope(p: float) -> float:
        second = precision * (c * p + d)
        first = precision * (a * expit(second) + b)
        spread = log_expit(second) + log_expit(-second) + log_expit(first) + log_expit(-first)
        return float(spread + math.log(steepness))

    ends = [0.0, 1.0]
    if steepness > 16.0:
        peak = _peak(log_slope)
        if log_slope(peak) > 0.0:
            # beyond a point of slope 1 the excess turns: one equilibrium at most on either side
            outer = [end for end in ends if log_slope(end) < 0.0]
            ends = sorted({0.0, 1.0, *(_root(log_slope, end, peak) for end in outer)})
    found = [end for end in ends if excess(end) == 0.0]
    for low, high in pairwise(ends):
        if excess(low) * excess(high) < 0.0:
            found.append(_root(excess, low, high))
    return [(p, float(expit(precision * (c * p + d)))) for p in sorted(found)]


def _advantages(row_payoffs: ArrayLike, column_payoffs: ArrayLike) -> tuple[float, ...]:
    """The coefficients a, b, c, d of what the first action gains over the second."""
    row = np.asarray(row_payoffs, dtype=np.float64)
    column = np.asarray(column_payoffs, dtype=np.float64)
    for name, payoffs in (("row_payoffs", row), ("column_payoffs", column)):
        if payoffs.shape != (2, 2):
            raise ValueError(f"{name} has shape {payoffs.shape}; it must be (2, 2)")
        require(name, payoffs.ravel(), FINITE)
    against_first, against_second = (row[0] - row[1]).tolist()
    after_first, after_second = (column[:, 0] - column[:, 1]).tolist()
    return against_first - against_second, against_second, after_first - after_second, after_second


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that changes sign between two points is 0."""
    return root_scalar(function, bracket=(low, high), method="brentq", xtol=1e-15).root


def _peak(function: Callable[[float], float]) -> float:
    """Where a function with a single peak on [0, 1] is highest, by golden section."""
    low, high = 0.0, 1.0
    for _ in range(80):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if function(left) < function(right):
            low = left
        else:
            high = right
    return 0.5 * (low + high)


@dataclass(frozen=True)
class Decision:
    """A node of a game tree: who chooses, and what each action leads to.

    The player is an index into the payoffs; a branch leads from an action to the next decision, or
    to the payoffs of an outcome. ValueError if there is no action, a payoff is not finite, two
    outcomes pay different numbers of players, or the player has no payoff.
    """

    player: int
    branches: Mapping[str, "Decision | tuple[float, ...]"]

    def __post_init__(self) -> None:
        """Check the node; those below were checked when they were made."""
        if not self.branches:
            raise ValueError("branches is {}; it must hold at least one action")
        counts = {_players(child) for child in self.branches.values()}
        if len(counts) > 1:
            raise ValueError(f"branches pay {sorted(counts)} players; all must pay the same number")
        require_whole("player", self.player, 0)
        if self.player >= min(counts):
            raise ValueError(f"player is {self.player}; it must lie below {min(counts)}")


def _players(node: Decision | tuple[float, ...]) -> int:
    """How many players an outcome pays; every outcome below a decision pays the same number."""
    while isinstance(node, Decision):
        node = next(iter(node.branches.values()))
    require("payoff", node, FINITE)
    return len(node)


def expected_payoffs(tree: Decision | tuple[float, ...], precision: float) -> Reals:
    """What each player expects from a finite tree in which everybody errs, oneself included.

    v(node) = sum over actions of P(action) v(next), P = logit of v_player(next): backward
    induction with a logit choice at every decision (agent error).

    Assumes perfect information and errors that are independent across decisions.

    Parameters
    ----------
    tree : a decision, or the payoffs of an outcome
    precision : L >= 0, infinity allowed, in 1 / units of payoff

    Raises
    ------
    ValueError : the precision is negative.

    Source: McKelvey and Palfrey (1998), Quantal response equilibria for extensive form games,
    Experimental Economics 1; Signorino (1999), Strategic interaction and the statistical analysis
    of international conflict, American Political Science Review 93.
    """
    require("precision", precision, PRECISION)
    if not isinstance(tree, Decision):
        return np.asarray(tree, dtype=np.float64)
    values = np.array([expected_payoffs(child, precision) for child in tree.branches.values()])
    return logit_choice(values[:, tree.player], precision) @ values


def path_probabilities(
    tree: Decision | tuple[float, ...], precision: float
) -> dict[tuple[str, ...], float]:
    """How likely each path of actions through a finite tree is, when everybody errs.

    The product of the logit choice probabilities along the path, of `expected_payoffs`.

    Assumes as `expected_payoffs` does; takes its parameters and raises as it does.

    Source: McKelvey and Palfrey (1998), Experimental Economics 1; Signorino (1999), American
    Political Science Review 93.
    """
    require("precision", precision, PRECISION)
    if not isinstance(tree, Decision):
        return {(): 1.0}
    values = [expected_payoffs(child, precision)[tree.player] for child in tree.branches.values()]
    chances = logit_choice(values, precision).tolist()
    return {
        (action, *path): chance * rest
        for (action, child), chance in zip(tree.branches.items(), chances, strict=True)
        for path, rest in path_probabilities(child, precision).items()
    }


def ultimatum_rejection(precision: float, offers: int = 21) -> float:
    """The probability that a take-it-or-leave-it division of 1 is refused, when both sides err.

    The responder accepts an offer x with logit(L x), the proposer offers x among 0, ..., 1 with
    density exp(L (1 - x) logit(L x)); P(reject) = sum P(x) (1 - logit(L x)).

    Assumes offers on an even grid, one precision for both, and 0 for both after a refusal.

    Parameters
    ----------
    precision : L >= 0, infinity allowed, in 1 / the size of the pie
    offers : number of offers, at least 2

    Raises
    ------
    ValueError : the precision is negative or offers is no whole number >= 2.

    Source: McKelvey and Palfrey (1998), Experimental Economics 1.
    """
    require_whole("offers", offers, 2)
    answers = [
        Decision(1, {"accept": (1.0 - x, x), "reject": (0.0, 0.0)})
        for x in np.linspace(0.0, 1.0, offers).tolist()
    ]
    tree = Decision(0, {str(index): answer for index, answer in enumerate(answers)})
    paths = path_probabilities(tree, precision)
    return math.fsum(chance for path, chance in paths.items() if path[1] == "reject")

"""Scores of a forecast once the outcome is known. All are proper, and less is better.

    CRPS         of a number, in its unit: E|X - y| - E|X - X'|/2, X and X' drawn from the forecast
                 and y what was reported. The error |x - y| for a point; for a whole number, the
                 ranked probability score
    Brier        of yes or no: (p - y)^2
    log score    of either: minus the log of the forecast's density, or probability, of the report,
                 the report's own error allowed for

Sources: Gneiting, Raftery 2007, J. American Statistical Association 102, for all three, and the
closed form of a normal forecast; Ferro 2014, Quarterly J. Royal Meteorological Society 140, for
the fair variant; Brier 1950, Monthly Weather Review 78; Epstein 1969, J. Applied Meteorology 8.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, logsumexp, ndtr

from experiments.calibration.kernels import log_kernel
from experiments.calibration.reported import Target

Reals = NDArray[np.float64]

GROUPS = 40  # of draws, for the error of a score


def crps(
    values: ArrayLike, report: float, weights: ArrayLike | None = None, *, fair: bool = False
) -> float:
    """Continuous ranked probability score of draws.

    Parameters
    ----------
    values : what was drawn from the forecast, shape (draws,)
    weights : of the draws, equal if None
    fair : whether the draws stand for a law that they were drawn from, not for themselves; the
        spread of few draws is then raised by 1/(1 - sum of squared weights), which takes off the
        bias of independent draws of equal weight. A single draw has no spread to raise

    Raises
    ------
    ValueError
        Where there are no draws, or no weight above 0.
    """
    x, w = _weighted(values, weights)
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    below = np.cumsum(w)
    spread = 2.0 * float(np.sum(w * x * (2.0 * below - w - 1.0)))
    single = float(np.sum(w * w))
    if fair and single < 1.0:
        spread /= 1.0 - single
    return float(np.sum(w * np.abs(x - report))) - 0.5 * spread


def crps_normal(mean: float, sd: float, report: float) -> float:
    """CRPS of a normal forecast: sd (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)), z = (y - mean)/sd.

    Raises
    ------
    ValueError
        Where the sd is not above 0.
    """
    if not sd > 0.0:
        raise ValueError(f"sd is {sd}; it must be above 0")
    z = (report - mean) / sd
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return sd * (z * (2.0 * float(ndtr(z)) - 1.0) + 2.0 * density - 1.0 / math.sqrt(math.pi))


def brier(probability: float, occurred: float) -> float:
    """Brier score of a probability; occurred : 1 or 0.

    Raises
    ------
    ValueError
        Where the probability is none.
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"probability is {probability}; it must lie in [0, 1]")
    return (probability - occurred) ** 2


def log_score(target: Target, values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Minus the log of the mean kernel of the report over draws of its statistic, nats.

    The kernel is the law of the report at a value of the statistic, so that the mean is the exact
    density (of a bound or of yes or no, the probability) of the report under the draws. A target's
    weight belongs to fitting and is not used.

    Raises
    ------
    ValueError
        As `crps`.
    """
    x, w = _weighted(values, weights)
    with np.errstate(divide="ignore"):
        return -float(np.asarray(logsumexp(log_kernel(replace(target, weight=1.0), x) + np.log(w))))


def log_score_normal(target: Target, mean: float, sd: float) -> float:
    """The same of a normal forecast, in closed form.

    Raises
    ------
    ValueError
        Where the target is of yes or no, or the sd is not above 0.
    """
    if target.kind == "flag" or not sd > 0.0:
        raise ValueError(f"{target.id} needs a number and an sd above 0; the sd is {sd}")
    total = math.hypot(sd, target.spread)
    z = (target.centre - mean) / total
    if target.kind == "bound":
        return -float(log_ndtr(-z if target.low is not None else z))
    return 0.5 * z * z + math.log(total * math.sqrt(2.0 * math.pi))


def log_score_probability(target: Target, probability: float) -> float:
    """The same of a probability of yes."""
    return log_score(target, [1.0, 0.0], [probability, 1.0 - probability])


def monte_carlo_error(
    score: Callable[[Reals, Reals], float], values: Reals, weights: Reals, draws: NDArray[np.int64]
) -> float:
    """Standard error of a score that comes of a limited number of draws: the grouped jackknife.

    Parameters
    ----------
    score : of values and weights, both of shape (values,)
    draws : number of the independent draw that each value belongs to, shape (values,); values of
        one draw are left out together

    Returns
    -------
    the error; NaN where there are fewer than two draws

    Source: Efron 1982, The jackknife, the bootstrap and other resampling plans, SIAM.
    """
    kinds, place = np.unique(draws, return_inverse=True)
    groups = min(len(kinds), GROUPS)
    if groups < 2:
        return math.nan
    group = place % groups
    kept = [group != one for one in range(groups)]
    found = np.array([score(values[part], weights[part]) for part in kept])
    return math.sqrt((groups - 1) / groups * float(np.sum((found - np.mean(found)) ** 2)))


def _weighted(values: ArrayLike, weights: ArrayLike | None) -> tuple[Reals, Reals]:
    """Draws and weights that sum to 1, those of no weight left out."""
    x = np.atleast_1d(np.asarray(values, "f8"))
    w = np.ones(len(x)) if weights is None else np.asarray(weights, "f8")
    kept = w > 0.0
    if not kept.any():
        raise ValueError("a forecast needs at least one draw with a weight above 0")
    return x[kept], w[kept] / np.sum(w[kept])

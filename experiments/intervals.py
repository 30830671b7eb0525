"""Intervals of a probability from counts, and how often they hold the truth.

An interval of 95% is a promise: over many runs it holds the true probability in 95% of them. What
a method keeps of the promise is computed here, exactly, for any probability and number of trials.
Wilson's interval keeps it on average over probabilities, and within a point or two at each one as
long as some ten events of the rarer kind are expected; below that a discrete count cannot: at 5
expected events in 1,000 trials it holds the truth in 92 to 98% of all runs. Jeffreys' is close to
it and a little narrower near 0 and 1.

Sources: Wilson (1927), J. American Statistical Association 22; Brown, Cai, DasGupta (2001),
Statistical Science 16, for both intervals, their coverage, and Jeffreys' ends at 0 and at all;
Goodman (1965), Technometrics 7, for probabilities that sum to 1.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
Interval = Callable[[ArrayLike, ArrayLike, float], tuple[Floats, Floats]]

LEVEL = 0.95


def normal_quantile(level: float) -> float:
    """Half-width of the central interval of this level, in standard deviations.

    Raises
    ------
    ValueError
        Where the level is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level} must lie between 0 and 1")
    return float(special.ndtri(0.5 + level / 2.0))


def checked_counts(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Both counts as arrays of floats, of one shape.

    Raises
    ------
    ValueError
        Where a count is negative, not finite, or successes exceed trials.
    """
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    if not np.all((k >= 0) & (k <= n) & np.isfinite(n)):
        raise ValueError(f"successes {successes} must lie between 0 and trials {trials}")
    return k, n


def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Wilson's score interval of a probability; [0, 1] where there were no trials.

    Raises
    ------
    ValueError
        Where a count is negative, successes exceed trials, or the level is not in (0, 1).
    """
    k, n = checked_counts(successes, trials)
    z = normal_quantile(level)
    z2 = z * z
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = z / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low = np.where(n > 0, np.where(k == 0, 0.0, middle - half), 0.0)
    high = np.where(n > 0, np.where(k == n, 1.0, middle + half), 1.0)
    return low, high


def jeffreys_interval(
    successes: ArrayLike, trials: ArrayLike, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Jeffreys' interval: the middle of the Beta(k + 1/2, n - k + 1/2) law.

    The lower end is 0 at k = 0 and the upper end 1 at k = n; [0, 1] where there were no trials.

    Raises
    ------
    ValueError
        As `wilson_interval`.
    """
    k, n = checked_counts(successes, trials)
    tail = special.ndtr(-normal_quantile(level))
    low = np.where(k > 0, special.betaincinv(k + 0.5, n - k + 0.5, tail), 0.0)
    high = np.where(k < n, special.betainccinv(k + 0.5, n - k + 0.5, tail), 1.0)
    return low, high


def simultaneous_interval(
    counts: ArrayLike, level: float = LEVEL, interval: Interval = wilson_interval
) -> tuple[Floats, Floats]:
    """Intervals of exclusive causes that hold all their probabilities at once.

    Each is at the level 1 - (1 - level) / causes (Bonferroni); with Wilson's they are Goodman's.

    Parameters
    ----------
    counts : shape (..., causes), events of each cause; they sum to the trials

    Raises
    ------
    ValueError
        Where there is no axis of causes; as `wilson_interval`.
    """
    k = np.asarray(counts, float)
    if k.ndim == 0 or k.shape[-1] == 0:
        raise ValueError(f"counts of shape {k.shape} need a last axis of one cause or more")
    normal_quantile(level)  # refused here: the level of each may be in (0, 1) when this is not
    each = 1.0 - (1.0 - level) / k.shape[-1]
    return interval(k, k.sum(axis=-1, keepdims=True), each)


def probability(
    name: str, successes: ArrayLike, trials: ArrayLike, level: float = LEVEL
) -> dict[str, Floats]:
    """Three columns: the share, and the ends of its Wilson interval."""
    low, high = wilson_interval(successes, trials, level)
    n = np.asarray(trials, float)
    share = np.divide(successes, n, out=np.full(low.shape, np.nan), where=n > 0)
    return {name: share, f"{name}_low": low, f"{name}_high": high}


def exact_coverage(
    p: float, trials: int, level: float = LEVEL, interval: Interval = wilson_interval
) -> float:
    """The probability that an interval from this many trials holds the true probability p.

    The sum of the binomial law over the counts whose interval holds p.
    """
    counts = np.arange(trials + 1)
    low, high = interval(counts, np.full(trials + 1, trials), level)
    holds = (low <= p) & (p <= high)
    return float(stats.binom.pmf(counts[holds], trials, p).sum())


def simulated_coverage(
    p: float, trials: int, runs: int, *, seed: int, level: float = LEVEL,
    interval: Interval = wilson_interval,
) -> float:  # fmt: skip
    """The share of simulated runs whose interval holds the true probability p."""
    counts = np.random.default_rng(seed).binomial(trials, p, runs)
    low, high = interval(counts, np.full(runs, trials), level)
    return float(np.mean((low <= p) & (p <= high)))

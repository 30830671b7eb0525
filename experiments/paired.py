"""Differences of two probabilities, on the same draws or on separate ones, with their intervals.

Two variants of the talks that were played on common random numbers are pairs: each negotiation
ends in breakdown under both, under one, or under neither. Where most pairs agree, the difference
is known far better than either probability. All differences are the first probability minus the
second: give the changed talks first, and the difference is what the change adds.

Newcombe's interval holds the truth in 95% of all runs once some 50 pairs differ, and in more where
fewer do (in 98% of runs at 6 expected); Tango's stays nearer to 95% there.

Sources: Newcombe (1998), Statistics in Medicine 17, 2635-2650 (pairs, method 10) and 873-890
(separate samples, method 10): Wilson's ends, squared and added, with the correlation of pairs;
Tango (1998), Statistics in Medicine 17, 891-908: the score interval of pairs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.intervals import LEVEL, checked_counts, normal_quantile, wilson_interval

Floats = NDArray[np.float64]

_HALVINGS = 60  # of [-1, 1]: to within 2e-18, so to the last bit


class Difference(NamedTuple):
    """The first probability minus the second, its interval, and the pairs (or fewer trials)."""

    value: Floats
    low: Floats
    high: Floats
    n: Floats


PairedInterval = Callable[[ArrayLike, ArrayLike, ArrayLike, ArrayLike, float], Difference]


class Pairs(NamedTuple):
    """How two variants end on the same draws: counts of pairs, each of any shape."""

    both: NDArray[np.int64]
    first_only: NDArray[np.int64]
    second_only: NDArray[np.int64]
    neither: NDArray[np.int64]


def count_pairs(first: ArrayLike, second: ArrayLike) -> Pairs:
    """Count pairs from two tables of yes and no, replicate by replicate on the last axis.

    Raises
    ------
    ValueError
        Where the tables differ in shape, so that they cannot be pairs.
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape:
        raise ValueError(f"outcomes of shape {a.shape} and {b.shape} are not pairs")
    return Pairs(
        *(np.count_nonzero(kind, axis=-1) for kind in (a & b, a & ~b, ~a & b, ~a & ~b))
    )  # fmt: skip


def paired_difference(
    both: ArrayLike, first_only: ArrayLike, second_only: ArrayLike, neither: ArrayLike,
    level: float = LEVEL,
) -> Difference:  # fmt: skip
    """The difference on the same draws, with Newcombe's interval (method 10).

    Without pairs the difference is NaN and its interval [-1, 1].

    Raises
    ------
    ValueError
        Where a count is negative or not finite.
    """
    a, b, c, d = _checked_pairs(both, first_only, second_only, neither)
    n = a + b + c + d
    value, low, high = _square_and_add(
        (a + b, n), (a + c, n), _correlation(a, b, c, d), level
    )  # fmt: skip
    return Difference(value, low, high, n)


def tango_difference(
    both: ArrayLike, first_only: ArrayLike, second_only: ArrayLike, neither: ArrayLike,
    level: float = LEVEL,
) -> Difference:  # fmt: skip
    """The difference on the same draws, with Tango's score interval.

    The ends are the differences at which the score test just rejects, found by halving.

    Raises
    ------
    ValueError
        Where a count is negative or not finite.
    """
    a, b, c, d = _checked_pairs(both, first_only, second_only, neither)
    n = a + b + c + d
    z = normal_quantile(level)
    value = np.divide(b - c, n, out=np.full(n.shape, np.nan), where=n > 0)
    low = -_root(lambda gap: _tango_score(c, b, n, gap), -z, n)
    high = _root(lambda gap: _tango_score(b, c, n, gap), -z, n)
    return Difference(value, low, high, n)


def unpaired_difference(
    first_successes: ArrayLike, first_trials: ArrayLike,
    second_successes: ArrayLike, second_trials: ArrayLike, level: float = LEVEL,
) -> Difference:  # fmt: skip
    """The difference on separate draws, with Newcombe's hybrid score interval.

    Raises
    ------
    ValueError
        Where a count is negative or successes exceed trials.
    """
    first = checked_counts(first_successes, first_trials)
    second = checked_counts(second_successes, second_trials)
    value, low, high = _square_and_add(first, second, np.zeros(()), level)
    return Difference(value, low, high, np.minimum(first[1], second[1]))


def in_words(
    change: str, value: float, low: float, high: float, n: float, *, paired: bool = True
) -> str:
    """A difference as a sentence: `the new category adds 12 points [9, 15] (n = 20,000 pairs)`.

    Points are hundredths of a probability; decimals follow the width of the interval. Where the
    interval holds 0 the sentence says that the sign is open.
    """
    half_width = 100.0 * max(high - low, 1e-9) / 2.0
    decimals = int(np.clip(-np.floor(np.log10(half_width)), 0, 4))
    sign = -1.0 if value < 0 else 1.0
    ends = sorted((sign * 100.0 * low, sign * 100.0 * high))
    verb = "adds" if sign > 0 else "takes off"
    size, least, most = (
        f"{round(part, decimals) + 0.0:.{decimals}f}" for part in (abs(value) * 100.0, *ends)
    )
    counted = f"n = {int(n):,} pairs" if paired else f"n = {int(n):,} each"
    open_sign = "; it may be none" if low <= 0.0 <= high else ""
    points = "point" if size == "1" else "points"
    return f"{change} {verb} {size} {points} [{least}, {most}] ({counted}){open_sign}"


def _checked_pairs(*counts: ArrayLike) -> list[Floats]:
    arrays = np.broadcast_arrays(*(np.asarray(count, float) for count in counts))
    if not all(np.all((array >= 0) & np.isfinite(array)) for array in arrays):
        raise ValueError(f"counts of pairs {counts} must be 0 or more")
    return list(arrays)


def _square_and_add(
    first: tuple[Floats, Floats], second: tuple[Floats, Floats], correlation: Floats, level: float
) -> tuple[Floats, Floats, Floats]:
    """The difference and its ends from the Wilson ends of both, none leaving [-1, 1]."""
    (low_1, high_1), (low_2, high_2) = (
        wilson_interval(*counts, level) for counts in (first, second)
    )
    p, q = (np.divide(k, n, out=np.full(n.shape, np.nan), where=n > 0) for k, n in (first, second))

    def length(one: Floats, other: Floats) -> Floats:
        squares = one * one - 2.0 * correlation * one * other + other * other
        return np.sqrt(np.maximum(squares, 0.0))

    value = p - q
    low = np.where(np.isnan(value), -1.0, value - length(p - low_1, high_2 - q))
    high = np.where(np.isnan(value), 1.0, value + length(high_1 - p, q - low_2))
    return value, np.maximum(low, -1.0), np.minimum(high, 1.0)


def _correlation(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """The correlation of pairs, drawn towards 0 by half a pair where it is positive."""
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    excess = a * d - b * c
    half = (a + b + c + d) / 2.0
    corrected = np.where(excess > 0, np.maximum(excess - half, 0.0), excess)
    return np.divide(corrected, np.sqrt(margins), out=np.zeros(a.shape), where=margins > 0)


def _tango_score(b: Floats, c: Floats, n: Floats, gap: Floats) -> Floats:
    """The score of the hypothesis that the difference is `gap`; it falls as the gap grows."""
    slope = -b - c + (2.0 * n - b + c) * gap
    constant = -c * gap * (1.0 - gap)
    only_second = (np.sqrt(np.maximum(slope * slope - 8.0 * n * constant, 0.0)) - slope) / (4.0 * n)
    variance = n * (2.0 * only_second + gap * (1.0 - gap))
    distance = np.asarray(b - c - n * gap)
    certain = np.asarray(np.sign(distance) * np.finfo(float).max)
    return np.divide(distance, np.sqrt(variance), out=certain, where=variance > 0)


def _root(score: Callable[[Floats], Floats], target: float, n: Floats) -> Floats:
    """Where a falling score meets the target, on [-1, 1]; 1 where there are no pairs."""
    low, high = np.full(n.shape, -1.0), np.ones(n.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            above = score(middle) > target
            low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(n > 0, 0.5 * (low + high), 1.0)

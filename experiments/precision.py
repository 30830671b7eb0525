"""Replicates until the interval is as narrow as asked: a schedule that does not deceive itself.

Stopping when the interval happens to look narrow favours counts that look more certain than they
are. Three things keep the promise of the interval: looks are few (replicates double from one to
the next), the first look has enough events to judge by, and what is stopped on is Wilson's
half-width, which stays wide at 0 and at all. With the defaults the intervals at the stop hold the
truth in 95% of all runs on average over probabilities from .01 to .99, and in 93 to 98% at each:
`sequential_coverage` computes it exactly, for any schedule.

Sources: Wald (1947), Sequential Analysis, ch. 2, for the error of many looks; Frey (2010),
American Statistician 64, for intervals of a probability with a width that is fixed beforehand.
"""

import math
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from experiments.intervals import LEVEL, checked_counts, wilson_interval
from sim.errors import InputError

FIRST = 512
CAP = 2**22


@dataclass(frozen=True)
class Precision:
    """How narrow an interval is to be, and how many replicates that may take.

    half_width : of the interval, in units of probability; None asks for nothing
    relative : the half-width as a share of the probability; None asks for nothing
    first : replicates of the first stage; cap : of all stages together

    Raises
    ------
    InputError
        Where nothing is asked, or a number is out of its range.
    """

    half_width: float | None = None
    relative: float | None = None
    first: int = FIRST
    cap: int = CAP
    level: float = LEVEL

    def __post_init__(self) -> None:
        """Check what was asked."""
        if self.half_width is None and self.relative is None:
            raise InputError("a precision needs half_width or relative; both are missing")
        for name in ("half_width", "relative"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < 1.0:
                raise InputError(f"precision.{name} is {value!r}; it must lie between 0 and 1")
        whole = all(isinstance(number, Integral) for number in (self.first, self.cap))
        if not (whole and 1 <= self.first <= self.cap):
            raise InputError(
                f"precision.first is {self.first} and precision.cap {self.cap}; "
                "they must be whole numbers with 1 <= first <= cap"
            )
        if not 0.0 < self.level < 1.0:
            raise InputError(f"precision.level is {self.level!r}; it must lie between 0 and 1")

    @property
    def stages(self) -> tuple[int, ...]:
        """Replicates in all at the end of each stage: doublings of the first, up to the cap."""
        return stages(self.first, self.cap)


def stages(first: int, cap: int) -> tuple[int, ...]:
    """Doublings of the first number, the last one cut to the cap."""
    doublings = math.ceil(math.log2(cap / first)) if cap > first else 0
    return tuple(min(first * 2**stage, cap) for stage in range(doublings + 1))


def half_width(
    successes: ArrayLike, trials: ArrayLike, level: float = LEVEL
) -> NDArray[np.float64]:
    """Half the width of the Wilson interval; 1/2 where there were no trials."""
    low, high = wilson_interval(successes, trials, level)
    return 0.5 * (high - low)


def is_narrow(successes: ArrayLike, trials: ArrayLike, asked: Precision) -> NDArray[np.bool_]:
    """Whether each interval is as narrow as was asked, in every way that was asked."""
    k, n = checked_counts(successes, trials)
    half = half_width(k, n, asked.level)
    narrow = n > 0
    if asked.half_width is not None:
        narrow &= half <= asked.half_width
    if asked.relative is not None:
        narrow &= half * n <= asked.relative * k
    return narrow


def next_replicates(successes: ArrayLike, trials: ArrayLike, asked: Precision) -> NDArray[np.int64]:
    """How many more replicates each design point plays in the next stage; 0 where it is done.

    A point is done when its interval is narrow at the end of a stage, or the cap is reached. A
    point that stands between two stages is taken to the end of the one it is in.

    Raises
    ------
    ValueError
        Where a count is negative or successes exceed trials.
    """
    k, n = checked_counts(successes, trials)
    ends = np.array(asked.stages)
    at_an_end = np.isin(n, ends)
    place = np.searchsorted(ends, n, side="right")
    target = np.where(place < len(ends), ends[np.minimum(place, len(ends) - 1)], n)
    done = at_an_end & is_narrow(k, n, asked)
    return np.where(done, 0, target - n).astype(np.int64)


def most_replicates(asked: Precision) -> int:
    """The stage at which the last interval is narrow, whatever the counts; the cap at most.

    With a relative precision a rare event may take any number, so it is the cap.
    """
    if asked.relative is not None:
        return asked.stages[-1]
    widest = (end for end in asked.stages if is_narrow(end / 2.0, end, asked))
    return next(widest, asked.stages[-1])


@dataclass(frozen=True)
class SequentialCoverage:
    """What a schedule does at one true probability: exact, not simulated.

    coverage : probability that the interval at the stop holds the truth
    replicates : expected number at the stop; capped : probability of stopping at the cap
    """

    coverage: float
    replicates: float
    capped: float


def sequential_coverage(p: float, asked: Precision) -> SequentialCoverage:
    """Follow the law of the count from stage to stage, and sum where it stops.

    The law of those that go on is convolved with the binomial law of the next stage, so the
    schedule should end within some tens of thousands of replicates.
    """
    law, before = np.ones(1), 0
    coverage = replicates = capped = 0.0
    for end in asked.stages:
        law = _convolved(law, stats.binom.pmf(np.arange(end - before + 1), end - before, p))
        before, counts = end, np.arange(end + 1)
        trials = np.full(end + 1, end)
        narrow = is_narrow(counts, trials, asked)
        last = end == asked.stages[-1]
        stops = law * (narrow | last)
        low, high = wilson_interval(counts, trials, asked.level)
        coverage += float(stops[(low <= p) & (p <= high)].sum())
        replicates += end * float(stops.sum())
        capped += float(stops[~narrow].sum())
        law = np.where(narrow, 0.0, law)
        if law.sum() < 1e-12:
            break
    return SequentialCoverage(coverage, replicates, capped)


def _convolved(law: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.signal import fftconvolve

    return np.maximum(fftconvolve(law, step), 0.0)

"""The domains of the arguments, and the error that names a value outside its domain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends; the brackets say which ends belong, as in [0, 1)."""

    low: float
    high: float
    brackets: str = "[]"

    def __str__(self) -> str:
        return f"{self.brackets[0]}{self.low:.10g}, {self.high:.10g}{self.brackets[1]}"

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the values lie inside; a value that is not a number never does."""
        above = values >= self.low if self.brackets[0] == "[" else values > self.low
        below = values <= self.high if self.brackets[1] == "]" else values < self.high
        return above & below


# what a sum of shares may miss by rounding: .4 + .3 + .2 + .1 falls short of 1
ROUNDING = 1e-12

SHARE = Interval(0.0, 1.0)
PROPER_SHARE = Interval(0.0, 1.0, "()")
IMPATIENCE = Interval(0.0, 1.0, "[)")
POSITIVE = Interval(0.0, np.inf, "()")
NON_NEGATIVE = Interval(0.0, np.inf, "[)")
PRECISION = Interval(0.0, np.inf)
FINITE = Interval(-np.inf, np.inf, "()")


def require(
    name: str, value: float | Sequence[float] | NDArray[np.float64], domain: Interval
) -> None:
    """Raise ValueError, with the first value that lies outside, unless all lie in the domain."""
    values = np.atleast_1d(np.asarray(value, dtype=np.float64))
    outside = values[~domain.holds(values)]
    if outside.size:
        raise ValueError(f"{name} is {outside[0]:.10g}; it must lie in {domain}")


def require_whole(name: str, value: int, least: int) -> None:
    """Raise ValueError unless the value is a whole number and at least the least one."""
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {value}; it must be a whole number, at least {least}")

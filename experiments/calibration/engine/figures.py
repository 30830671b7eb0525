"""Reported figures: what was reported, with what error, and how a simulator tells the same.

A figure y with the reporting error sd is read as y = s + N(0, sd^2), s being what the simulator
gives: the error is the kernel of the posterior. A weight w divides the error's variance by w, so 0
leaves a figure out of the fit. The scale is that on which the figure is emulated; the error is
always on the figure's own scale.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Rule = Callable[[dict[str, Floats]], Any]

SCALES = ("linear", "logit", "log")
NO_CASES = 200  # shares of an unknown number of cases stay half a case of this many from 0 and 1


@dataclass(frozen=True)
class Figure:
    """One reported figure.

    value : as reported; may be left out where an interval is given, and is its middle then
    sd : standard deviation of the reporting error, in the figure's unit
    interval : (low, high, level) in place of sd: a normal error that holds so much inside
    weight : divides the error's variance; 0 leaves the figure out of the fit
    scale : "linear", "logit" (shares) or "log" (positive figures): where it is emulated
    cases : how many cases a simulated figure averages, for shares near 0 and 1
    defined_when : the figure that must exceed 0, or a function of a dict of figures that says for
        each row whether this one is defined; rows where it is NaN are undefined in any case
    """

    name: str
    value: float | None = None
    sd: float | None = None
    interval: tuple[float, float, float] | None = None
    weight: float = 1.0
    scale: str = "linear"
    cases: int | None = None
    defined_when: str | Rule | None = None

    def problems(self) -> list[str]:
        """What is wrong with it, with value and what is allowed."""
        who = f"target {self.name!r}"
        found: list[str] = []
        if not isinstance(self.name, str) or not self.name:
            found.append(f"{who}: the name must be a text")
        if self.value is not None and not _finite(self.value):
            found.append(f"{who}: value is {self.value!r}; it must be a finite number")
        if (self.sd is None) == (self.interval is None):
            found.append(f"{who}: give either sd or interval, not both or none")
        if self.sd is not None and not (_finite(self.sd) and self.sd > 0):
            found.append(f"{who}: sd is {self.sd!r}; it must be a finite number above 0")
        if self.interval is None and self.value is None:
            found.append(f"{who}: value is missing; only an interval can stand without one")
        if self.interval is not None:
            found += self._interval_problems(who)
        if not (_finite(self.weight) and self.weight >= 0):
            found.append(f"{who}: weight is {self.weight!r}; it must be a finite number from 0 on")
        if self.scale not in SCALES:
            found.append(f"{who}: scale is {self.scale!r}; it must be one of {', '.join(SCALES)}")
        if self.cases is not None and not (_finite(self.cases) and self.cases >= 1):
            found.append(f"{who}: cases is {self.cases!r}; it must be a number from 1 on")
        return found or self._scale_problems(who)

    def _interval_problems(self, who: str) -> list[str]:
        try:
            low, high, level = self.interval  # pyright: ignore[reportGeneralTypeIssues]
            fine = all(_finite(end) for end in (low, high, level))
        except (TypeError, ValueError):
            return [f"{who}: interval is {self.interval!r}; it must be (low, high, level)"]
        if not fine or not low < high:
            return [
                f"{who}: interval is {self.interval!r}; low must be less than high, both finite"
            ]
        if not 0.0 < level < 1.0:
            return [f"{who}: level of the interval is {level!r}; it must lie between 0 and 1"]
        if self.value is not None and _finite(self.value) and not low <= self.value <= high:
            return [f"{who}: value is {self.value!r}, outside of its interval {self.interval!r}"]
        return []

    def _scale_problems(self, who: str) -> list[str]:
        if self.scale == "logit" and not 0.0 <= self.centre <= 1.0:
            return [f"{who}: value is {self.centre!r}; on the logit scale it must lie in [0, 1]"]
        if self.scale == "log" and self.centre <= 0.0:
            return [f"{who}: value is {self.centre!r}; on the log scale it must be above 0"]
        return []

    @property
    def centre(self) -> float:
        """The reported value, or the middle of the interval."""
        if self.value is not None:
            return float(self.value)
        assert self.interval
        return 0.5 * (float(self.interval[0]) + float(self.interval[1]))

    @property
    def error(self) -> float:
        """The sd of the reporting error, before the weight."""
        if self.sd is not None:
            return float(self.sd)
        assert self.interval
        low, high, level = (float(end) for end in self.interval)
        return 0.5 * (high - low) / float(special.ndtri(0.5 + 0.5 * level))

    def record(self) -> dict[str, Any]:
        """All of it as plain values."""
        rule = self.defined_when
        return {
            "name": self.name, "value": self.centre, "sd": self.error, "weight": float(self.weight),
            "scale": self.scale, "cases": None if self.cases is None else int(self.cases),
            "defined_when": getattr(rule, "__qualname__", "rule") if callable(rule) else rule,
        }  # fmt: skip


def _finite(value: Any) -> bool:
    try:
        return not isinstance(value, (str, bytes)) and math.isfinite(value)
    except (TypeError, ValueError):
        return False


def _least(figure: Figure) -> float:
    return 0.5 / float(figure.cases or NO_CASES)


def scaled(figure: Figure, s: Floats) -> Floats:
    """Simulated figures on the scale where they are emulated."""
    if figure.scale == "linear":
        return s
    least = _least(figure)
    if figure.scale == "log":
        return np.log(np.maximum(s, least * _size(figure)))
    return special.logit((np.clip(s, 0.0, 1.0) + least) / (1.0 + 2.0 * least))


def _size(figure: Figure) -> float:
    """The figure's size on the log scale; synthetic reports may fall below 0 by their error."""
    return max(figure.centre, 0.5 * figure.error)


def scaled_report(figure: Figure) -> tuple[float, float]:
    """The report on that scale, and the slope of the scale there."""
    if figure.scale == "linear":
        return figure.centre, 1.0
    if figure.scale == "log":
        return math.log(_size(figure)), 1.0 / _size(figure)
    least = _least(figure)
    share = (min(max(figure.centre, 0.0), 1.0) + least) / (1.0 + 2.0 * least)
    return float(special.logit(share)), 1.0 / (share * (1.0 - share) * (1.0 + 2.0 * least))

"""A reported figure, as a target of calibration: what it may hold, and what is wrong with one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from experiments.calibration.statistics import STATISTICS, Statistic
from experiments.provenance import digest

WIDTH_OF_90 = 3.29  # of the middle nine tenths of a normal law, in sd
MOST_MISREPORT = 0.5
MOST_WEIGHT = 100.0
WEIGHT_FORM = f"a number in [0, {MOST_WEIGHT:g}]"

Kind = Literal["normal", "interval", "bound", "flag"]


@dataclass(frozen=True)
class Target:
    """One reported figure. An empty cell is None."""

    id: str
    case: str
    agreement: str
    statistic: str
    use: str
    weight: float
    value: float | None
    low: float | None
    high: float | None
    error: float | None
    unit: str
    date: date
    source_title: str = ""
    source_url: str = ""
    evidence: str = ""
    confidence: str = ""
    note: str = ""

    @property
    def kind(self) -> Kind:
        """Which kernel it has."""
        if STATISTICS[self.statistic].kind == "flag":
            return "flag"
        if self.low is not None and self.high is not None:
            return "interval"
        return "normal" if self.value is not None else "bound"

    @property
    def centre(self) -> float:
        """What was reported: the value, the middle of the interval, or the bound."""
        if self.low is not None and self.high is not None:
            return 0.5 * (self.low + self.high)
        return next(x for x in (self.value, self.low, self.high) if x is not None)

    @property
    def spread(self) -> float:
        """The sd of the report; of yes or no, the probability that it is wrong."""
        error = self.error or 0.0
        if self.low is None or self.high is None:
            return error
        return math.hypot((self.high - self.low) / WIDTH_OF_90, error)

    def as_json(self) -> dict[str, Any]:
        """Every column."""
        return asdict(self) | {"date": self.date.isoformat()}


def targets_digest(targets: Sequence[Target]) -> str:
    """SHA-256 of what a fit to these targets follows from; words and sources are left out."""
    fields = ("id", "case", "statistic", "weight", "value", "low", "high", "error")
    return digest([[getattr(target, name) for name in fields] for target in targets])


def wrong_with(target: Target) -> list[tuple[str, str]]:
    """What a target cannot be: (key, what is wrong with it and what is allowed)."""
    statistic = STATISTICS[target.statistic]
    found: list[tuple[str, str]] = []
    if target.unit != statistic.unit:
        words = f"is {target.unit!r}; {statistic.name} is in {statistic.unit!r}"
        found.append(("unit", words))
    if not 0.0 <= target.weight <= MOST_WEIGHT:
        found.append(("weight", f"is {target.weight:g}; it must be {WEIGHT_FORM}"))
    for key in ("value", "low", "high"):
        given = getattr(target, key)
        if given is not None and not statistic.low <= given <= statistic.high:
            limits = f"[{statistic.low:g}, {statistic.high:g}]"
            found.append((key, f"is {given:g}; {statistic.name} lies in {limits}"))
    wrong = _wrong_flag if statistic.kind == "flag" else _wrong_number
    return found + list(wrong(target, statistic))


def _wrong_flag(target: Target, statistic: Statistic) -> Iterator[tuple[str, str]]:
    for key in ("low", "high"):
        if getattr(target, key) is not None:
            yield key, f"is given; {statistic.name} is yes or no and has a value of 0 or 1"
    if target.value is None:
        yield "value", f"is missing; {statistic.name} is yes or no: 0 or 1"
    elif target.value not in (0.0, 1.0):
        yield "value", f"is {target.value:g}; {statistic.name} is yes or no: 0 or 1"
    must = f"must be the probability that the report is wrong, in (0, {MOST_MISREPORT:g})"
    if target.error is None:
        yield "error", f"is missing; it {must}"
    elif not 0.0 < target.error < MOST_MISREPORT:
        yield "error", f"is {target.error:g}; it {must}"


def _wrong_number(target: Target, statistic: Statistic) -> Iterator[tuple[str, str]]:
    value, low, high = target.value, target.low, target.high
    must = f"must be the sd of the report in {statistic.unit}, above 0"
    if value is None and low is None and high is None:
        yield "value", "is missing; a target needs a value, or low, or high"
        return
    if low is not None and high is not None:
        if low > high:
            yield "low", f"is {low:g}; it must not be above high, {high:g}"
        elif value is not None and not low <= value <= high:
            yield "value", f"is {value:g}; it must lie between low and high, {low:g} and {high:g}"
        if low == high and target.error is None:
            yield "error", f"is missing; where low and high are equal it {must}"
    elif value is not None and (low is not None or high is not None):
        key = "low" if low is not None else "high"
        yield key, "stands beside a value; give a value, or low and high, or one bound alone"
    elif target.error is None:
        yield "error", f"is missing; it {must}"
    if target.error is not None and target.error <= 0.0:
        yield "error", f"is {target.error:g}; it {must}"

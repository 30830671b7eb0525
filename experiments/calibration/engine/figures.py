"""Reported figures: what was reported, with what error, and how a simulator tells the same.

A figure y with the reporting error sd is read as y = s + N(0, sd^2), s being what the simulator
gives: the error is the kernel of the posterior. A weight w divides the error's variance by w, so 0
leaves a figure out of the fit. The scale is that on which the figure is emulated; the error is
always on the figure's own scale.
"""

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
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
            return [f"{who}: interval is {self.interval!r}; low must be less than high, both finite"]
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


@dataclass(frozen=True)
class Targets:
    """All figures in their order; arrays have the shape (m,)."""

    figures: tuple[Figure, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The figures' names."""
        return tuple(figure.name for figure in self.figures)

    @property
    def value(self) -> Floats:
        """Reported values."""
        return np.array([figure.centre for figure in self.figures])

    @property
    def used(self) -> Flags:
        """Which ones have a weight."""
        return np.array([figure.weight > 0 for figure in self.figures])

    @property
    def sd(self) -> Floats:
        """Reporting errors, weighted; infinite where the weight is 0."""
        weight = np.array([float(figure.weight) for figure in self.figures])
        error = np.array([figure.error for figure in self.figures])
        with np.errstate(divide="ignore"):
            return error / np.sqrt(weight)

    def log_kernel(self, s: Floats) -> Floats:
        """Log density of the reports at simulated figures (n, m); -inf where one is undefined."""
        used = self.used
        y, sd = self.value[used], self.sd[used]
        with np.errstate(over="ignore", invalid="ignore"):
            apart = (s[:, used] - y) / sd
            size = -0.5 * (apart * apart).sum(axis=1)
        size -= np.log(sd).sum() + 0.5 * used.sum() * math.log(2.0 * math.pi)
        return np.where(np.isfinite(size), size, -np.inf)

    def scaled(self, s: Floats) -> Floats:
        """Simulated figures (n, m) of used targets on the scales where they are emulated."""
        return np.column_stack(
            [_scaled(f, s[:, j]) for j, f in enumerate(self.figures) if f.weight > 0]
        )

    def report(self) -> tuple[Floats, Floats]:
        """Reported values and errors of used targets on those scales (by first derivatives)."""
        pairs = [_scaled_report(f) for f in self.figures if f.weight > 0]
        sd = self.sd[self.used]
        value = np.array([value for value, _ in pairs])
        return value, sd * np.array([slope for _, slope in pairs])

    def defined(self, s: Floats) -> Floats:
        """The same figures with NaN wherever one is undefined."""
        s = np.where(np.isfinite(s), s, np.nan)
        by_name = {name: s[:, j] for j, name in enumerate(self.names)}
        out = s.copy()
        for j, figure in enumerate(self.figures):
            rule = figure.defined_when
            if rule is None:
                continue
            stands = by_name[rule] > 0.0 if isinstance(rule, str) else rule(by_name)
            stands = np.asarray(stands)
            if stands.shape != (len(s),):
                raise InputError(
                    f"target {figure.name!r}: defined_when gave the shape {stands.shape}; it must "
                    f"give one yes or no for each of {len(s)} rows"
                )
            out[~stands.astype(bool), j] = np.nan
        return out

    def without(self, names: Sequence[str]) -> "Targets":
        """The same with weight 0 for some."""
        self.check_known(names)
        return read_targets(
            [replace(f, weight=0.0) if f.name in names else f for f in self.figures]
        )

    def check_known(self, names: Sequence[str]) -> None:
        """Refuse a name that no figure has.

        Raises
        ------
        InputError
            With the nearest names.
        """
        for name in names:
            if name not in self.names:
                near = difflib.get_close_matches(str(name), self.names, 3, 0.4)
                hint = f"; did you mean {' or '.join(near)}?" if near else ""
                raise InputError(
                    f"{name!r} is no figure of this fit; its figures are "
                    f"{', '.join(self.names)}{hint}"
                )


def _least(figure: Figure) -> float:
    return 0.5 / float(figure.cases or NO_CASES)


def _scaled(figure: Figure, s: Floats) -> Floats:
    if figure.scale == "linear":
        return s
    least = _least(figure)
    if figure.scale == "log":
        return np.log(np.maximum(s, least * _size(figure)))
    return special.logit((np.clip(s, 0.0, 1.0) + least) / (1.0 + 2.0 * least))


def _size(figure: Figure) -> float:
    """The figure's size on the log scale; synthetic reports may fall below 0 by their error."""
    return max(figure.centre, 0.5 * figure.error)


def _scaled_report(figure: Figure) -> tuple[float, float]:
    if figure.scale == "linear":
        return figure.centre, 1.0
    if figure.scale == "log":
        return math.log(_size(figure)), 1.0 / _size(figure)
    least = _least(figure)
    share = (min(max(figure.centre, 0.0), 1.0) + least) / (1.0 + 2.0 * least)
    return float(special.logit(share)), 1.0 / (share * (1.0 - share) * (1.0 + 2.0 * least))


def read_targets(targets: Any) -> Targets:
    """Figures from a sequence of them, or from a mapping of names to (value, sd) or figures.

    Raises
    ------
    InputError
        Every problem of every figure; a name given twice; no figure with a weight.
    """
    if isinstance(targets, Targets):
        return targets
    figures = tuple(_figure(name, what) for name, what in _items(targets))
    problems = [problem for figure in figures for problem in figure.problems()]
    names = [figure.name for figure in figures]
    problems += [
        f"target {name!r} is given {names.count(name)} times; a figure stands once"
        for name in dict.fromkeys(names) if names.count(name) > 1
    ]  # fmt: skip
    for figure in figures:
        rule = figure.defined_when
        if isinstance(rule, str) and rule not in names:
            problems.append(
                f"target {figure.name!r}: defined_when is {rule!r}, no figure; the figures are "
                f"{', '.join(map(str, names))}"
            )
    if not problems and not any(figure.weight > 0 for figure in figures):
        problems.append("targets: none has a weight above 0; there is nothing to fit")
    if problems:
        raise InputError(*problems)
    return Targets(figures)


def _items(targets: Any) -> list[tuple[str | None, Any]]:
    if isinstance(targets, Mapping):
        return list(targets.items())
    if isinstance(targets, Figure):
        return [(None, targets)]
    try:
        return [(None, figure) for figure in targets]
    except TypeError:
        raise InputError(
            f"targets is {targets!r}; it must be a sequence of Figure or a mapping from names to "
            "(value, sd)"
        ) from None


def _figure(name: str | None, what: Any) -> Figure:
    if isinstance(what, Figure):
        if name is not None and what.name != name:
            raise InputError(f"target {name!r} is a Figure named {what.name!r}; name it once")
        return what
    if name is not None and isinstance(what, Mapping):
        try:
            return Figure(name, **what)
        except TypeError:
            raise InputError(
                f"target {name!r} has the keys {', '.join(map(str, what))}; allowed are value, sd, "
                "interval, weight, scale, cases, defined_when"
            ) from None
    if name is not None and isinstance(what, (tuple, list)) and len(what) == 2:
        return Figure(name, what[0], sd=what[1])
    raise InputError(
        f"target {name if name is not None else what!r}: {what!r} is no figure; it must be a "
        "Figure, or (value, sd) under a name"
    )

"""All targets of a fit together: their kernel, their scales, and how they are read."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.figures import Figure, scaled, scaled_report
from sim.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
            [scaled(f, s[:, j]) for j, f in enumerate(self.figures) if f.weight > 0]
        )

    def report(self) -> tuple[Floats, Floats]:
        """Reported values and errors of used targets on those scales (by first derivatives)."""
        pairs = [scaled_report(f) for f in self.figures if f.weight > 0]
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

"""Asking a simulator for rows: seeds, batches, threads, and what may come back.

A row's seed is a hash of the fit's seed and the row's number alone, so that a row gives the same
figures in whatever batch and thread it is played.

Source: Steele, Lea, Flood (2014), OOPSLA, for the mixing function (SplitMix64).
"""

import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.priors import Priors
from experiments.calibration.engine.targets import Targets
from sim.errors import InputError

Floats = NDArray[np.float64]
Seeds = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def row_seeds(seed: int, first: int, n: int) -> Seeds:
    """Seeds of the rows numbered first, first + 1, ..., shape (n,)."""
    key = _mixed(np.full(1, seed, np.uint64) + _STEP)
    rows = np.arange(first + 1, first + n + 1, dtype=np.uint64)
    return _mixed(key ^ _mixed(rows * _STEP))


def _mixed(x: Seeds) -> Seeds:
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return x ^ (x >> np.uint64(31))


class Simulator:
    """A user's function, asked in batches, its answers checked."""

    def __init__(
        self, simulate: Callable[..., Any], priors: Priors, targets: Targets, batch: int,
        workers: int,
    ) -> None:  # fmt: skip
        """Keep what is needed to ask; nothing is played yet."""
        if not callable(simulate):
            raise InputError(
                f"simulate is {simulate!r}; it must be a function of parameters (n, k) and seeds "
                "(n,) that gives figures (n, m)"
            )
        self.simulate, self.priors, self.targets = simulate, priors, targets
        self.batch, self.workers = batch, workers
        self.seeded = takes_seeds(simulate)

    def rows(
        self, z: Floats, seed: int, first: int, done: Callable[[int], None] | None = None
    ) -> Floats:
        """Figures at normal scores, shape (n, m); NaN where undefined."""
        parameters, seeds = self.priors.parameters(z), row_seeds(seed, first, len(z))
        starts = range(0, len(z), self.batch)

        def play(start: int) -> Floats:
            own = slice(start, start + self.batch)
            return self._asked(parameters[own], seeds[own])

        def told(part: Floats) -> Floats:
            if done is not None:
                done(len(part))
            return part

        if self.workers == 1 or len(starts) == 1:
            parts = [told(play(start)) for start in starts]
        else:
            with ThreadPoolExecutor(self.workers) as pool:
                parts = [told(part) for part in pool.map(play, starts)]
        figures = np.concatenate(parts) if parts else np.empty((0, len(self.targets.names)))
        return self.targets.defined(figures)

    def _asked(self, parameters: Floats, seeds: Seeds) -> Floats:
        # Copies, since a simulator may write into what it is given.
        given = (parameters.copy(), seeds.copy()) if self.seeded else (parameters.copy(),)
        return read_answer(self.simulate(*given), len(parameters), self.targets.names)


def takes_seeds(simulate: Callable[..., Any]) -> bool:
    """Whether a function takes seeds as its second argument; yes where it does not say."""
    try:
        told = inspect.signature(simulate).parameters.values()
    except (TypeError, ValueError):
        return True
    if any(p.kind is p.VAR_POSITIONAL for p in told):
        return True
    by_place = [p for p in told if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(by_place) < 2:
        return False
    second = by_place[1]
    return second.default is second.empty or "seed" in second.name.lower()


def read_answer(answer: Any, n: int, names: tuple[str, ...]) -> Floats:
    """The figures of n rows, shape (n, m), from an array or from a mapping of names to columns.

    Raises
    ------
    InputError
        Where a figure is missing, a shape is another, or a value is no number.
    """
    if hasattr(answer, "columns") and hasattr(answer, "__getitem__"):
        answer = {name: answer[name] for name in answer.columns}
    if isinstance(answer, Mapping):
        missing = [name for name in names if name not in answer]
        if missing:
            raise InputError(
                f"simulate gave no figure {', '.join(map(repr, missing))}; it gave "
                f"{', '.join(map(str, answer))}"
            )
        return np.column_stack([_column(answer[name], n, name) for name in names])
    figures = _numbers(answer, "simulate")
    if figures.shape == (n,) and len(names) == 1:
        figures = figures[:, None]
    if figures.shape != (n, len(names)):
        raise InputError(
            f"simulate gave an array of shape {figures.shape}; it must be ({n}, {len(names)}): one "
            f"row for each row of parameters, one column for each target ({', '.join(names)})"
        )
    return figures


def _column(value: Any, n: int, name: str) -> Floats:
    column = _numbers(value, f"simulate's figure {name!r}")
    if column.shape == (n, 1):
        column = column[:, 0]
    if column.shape != (n,):
        raise InputError(
            f"simulate's figure {name!r} has the shape {column.shape}; it must be ({n},), one "
            "value for each row of parameters"
        )
    return column


def _numbers(value: Any, who: str) -> Floats:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{who} gave {type(value).__name__} that is no array of real numbers; NaN marks what "
            "is undefined"
        ) from None

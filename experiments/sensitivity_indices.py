"""Estimators of sensitivity from shares of replicates, freed from the noise of the replicates.

The share at a point is p + e, with the probability p that is asked for and an error e of mean 0 and
variance v = p (1 - p) / n, which p^ (1 - p^) / (n - 1) estimates without bias. Errors of different
points are independent. Then with base points A and B, and A_j, that is A with column j from B:

    E var(p^)              = var(p) + E v                  so E v is taken off the variance
    E B^ (A_j^ - A^)       = E B (A_j - A)                 unbiased: three independent errors
    E (A^ - A_j^)^2 / 2    = E (A - A_j)^2 / 2 + E v       so the mean of both v is taken off

Uncorrected, a first-order index is too small by the factor var(p) / (var(p) + E v), and a total
index is drawn towards 1. Where two rows are the same point, as happens with discrete parameters,
they share draws: their errors are one, and the corrections say so.

Sources: Saltelli et al. (2010), Computer Physics Communications 181 (first order); Jansen (1999),
Computer Physics Communications 117 (total); Mazo (2022), arXiv:2210.08807, for Sobol indices from
repetitions and the bias that they leave; Morris (1991), Technometrics 33, and Campolongo, Cariboni,
Saltelli (2007), Environmental Modelling & Software 22, for mu*; Pianosi, Wagener (2018),
Environmental Modelling & Software 108, for PAWN.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

Floats = NDArray[np.float64]
Row = dict[str, Any]

SLIDES = 10  # intervals of a parameter in PAWN
PAWN_RESAMPLES = 40


class Shares(NamedTuple):
    """Shares of replicates and the estimated variances of their errors, each of shape (points,)."""

    value: Floats
    variance: Floats


def sobol(
    _unit: Floats, table: Floats, shares: Shares, generator: np.random.Generator, resamples: int
) -> list[Row]:
    """First-order and total indices of a Saltelli design, from rows A, A_1, ..., A_d, B.

    Raises
    ------
    InputError
        Where the shares vary no more than their noise.
    """
    parameters = table.shape[1]
    block = parameters + 2
    base = len(table) // block
    y = (shares.value - shares.value.mean()).reshape(base, block)
    v, points = shares.variance.reshape(base, block), table.reshape(base, block, parameters)
    picked = generator.integers(base, size=(base, resamples))
    rows = []
    for column in range(parameters):
        parts = _SobolParts.of(y, v, points, column)
        whole, drawn = parts.indices(), parts.at(picked).indices()
        for index, name in enumerate(("first_order", "total")):
            rows.append(
                _row(column, name, whole[0][index], drawn[0][index], whole[1][index], 0.0)
            )  # fmt: skip
    return rows


class _SobolParts(NamedTuple):
    """What one parameter's indices are made of, each of shape (base,) or (base, resamples)."""

    a: Floats
    b: Floats
    ab: Floats
    noise: Floats  # of the variance
    in_first: Floats  # shared errors in the first-order product
    in_total: Floats  # errors in the squared difference

    @classmethod
    def of(cls, y: Floats, v: Floats, points: Floats, column: int) -> "_SobolParts":
        a, ab, b = (points[:, place] for place in (0, column + 1, -1))
        one_a, one_b = (np.all(ab == other, axis=1) for other in (a, b))
        one_ab = np.all(a == b, axis=1)
        v_a, v_ab, v_b = v[:, 0], v[:, column + 1], v[:, -1]
        return cls(
            y[:, 0], y[:, -1], y[:, column + 1], 0.5 * (v_a + v_b),
            v_b * (one_b.astype(float) - one_ab), np.where(one_a, 0.0, 0.5 * (v_a + v_ab)),
        )  # fmt: skip

    def at(self, picked: NDArray[np.int64]) -> "_SobolParts":
        """The same of resampled base points."""
        return _SobolParts(*(part[picked] for part in self))

    def indices(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """First order and total, corrected and as they come."""
        from SALib.analyze.sobol import first_order, total_order

        variance = np.var(np.r_[self.a, self.b], axis=0)
        true = variance - self.noise.mean(axis=0)
        if np.ndim(true) == 0 and true <= 0.0:
            raise InputError(
                "the probability varies no more over the design than its noise does; there is "
                "nothing to explain, or the replicates are too few to see it"
            )
        raw = (
            first_order(self.a, self.ab, self.b),
            total_order(self.a, self.ab, self.b),
        )
        true = np.where(true > 0.0, true, np.nan)
        errors = (self.in_first.mean(axis=0), self.in_total.mean(axis=0))
        first, total = ((r * variance - e) / true for r, e in zip(raw, errors, strict=True))
        return (first, total), raw


def morris(
    unit: Floats, _table: Floats, shares: Shares, generator: np.random.Generator, resamples: int
) -> list[Row]:
    """mu*, sigma and mu of elementary effects: change of probability from end to end of a range.

    mu is free of noise. From sigma the noise is taken out; mu*, a mean of sizes, keeps it: its
    floor is the mean size of pure noise, sqrt(2 / pi) times its standard deviation, and a
    parameter near its floor has no effect that these replicates can show.
    """
    rows = []
    for column, (effect, variance) in enumerate(_elementary_effects(unit, shares)):
        picked = generator.integers(len(effect), size=(len(effect), resamples))
        moved, noise = effect[picked], variance[picked]
        size, sizes = np.abs(effect).mean(), np.abs(moved).mean(axis=0)
        floor = float(np.sqrt(2.0 / np.pi * variance).mean())
        rows += [
            _row(column, "mu_star", size, sizes, np.nan, floor),
            _row(
                column, "sigma", _spread(effect, variance), _spread(moved, noise),
                effect.std(ddof=1), 0.0,
            ),
            _row(column, "mu", effect.mean(), moved.mean(axis=0), np.nan, 0.0),
        ]  # fmt: skip
    return rows


def _spread(effect: Floats, variance: Floats) -> Floats:
    left = effect.var(axis=0, ddof=1) - variance.mean(axis=0)
    return np.sqrt(np.maximum(left, 0.0))


def _elementary_effects(unit: Floats, shares: Shares) -> Iterator[tuple[Floats, Floats]]:
    """By parameter: effects and the variances of their errors, each of shape (trajectories,)."""
    parameters = unit.shape[1]
    path = unit.reshape(-1, parameters + 1, parameters)
    y, v = (part.reshape(-1, parameters + 1) for part in shares)
    step, change = np.diff(path, axis=1), np.diff(y, axis=1)
    noise = v[:, 1:] + v[:, :-1]
    for column in range(parameters):
        moves = np.abs(step[:, :, column]) > 0.0
        size = step[:, :, column][moves]
        yield change[moves] / size, noise[moves] / (size * size)


def pawn(
    unit: Floats, _table: Floats, shares: Shares, generator: np.random.Generator, resamples: int
) -> list[Row]:
    """The median distance of Kolmogorov and Smirnov when a parameter is known within a tenth.

    Noise blurs both laws alike, so there is no correction; the floor is the mean index of a
    parameter that has nothing to do with the outcome: the outcomes in another order.
    """
    value = _pawn_medians(unit, shares.value)
    drawn, idle = [], []
    for _ in range(min(resamples, PAWN_RESAMPLES)):
        picked = generator.integers(len(unit), size=len(unit))
        drawn.append(_pawn_medians(unit[picked], shares.value[picked]))
        idle.append(_pawn_medians(unit[:, :1], generator.permutation(shares.value)))
    floor, samples = float(np.mean(idle)), np.array(drawn)
    return [
        _row(column, "pawn", value[column], samples[:, column], np.nan, floor)
        for column in range(unit.shape[1])
    ]


def _pawn_medians(unit: Floats, y: Floats) -> Floats:
    from SALib.analyze.pawn import analyze

    parameters = unit.shape[1]
    problem = {"num_vars": parameters, "names": [f"x{index}" for index in range(parameters)]}
    return analyze(problem, unit, y, S=SLIDES)["median"]


def _row(column: int, index: str, value: Any, drawn: Floats, uncorrected: Any, floor: float) -> Row:
    return {
        "column": column, "index": index, "value": float(value),
        "uncorrected": float(uncorrected), "floor": floor, "error": float(np.nanstd(drawn, ddof=1)),
    }  # fmt: skip

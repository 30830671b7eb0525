"""Where a probability is one half: the line on a grid of two parameters, without playing the grid.

Cells of a coarse lattice whose corners lie on both sides of 1/2, and their neighbours, are split in
four. Along the sides of narrow cells the line is found by halving; from there it is followed from
cell to cell of the grid in both directions. What is played is a thin strip, which the line crosses
where the whole grid would have it, draw by draw. An island that is smaller than a cell of the
coarse lattice, and shows at none of its corners, is not found: so the noise of single points,
where draws are independent or replicates few, leaves islands a step or two beside the line.

The search is told counts and asks for points, stage by stage; it makes no choice by chance, so that
the same counts give the same points.

Source: Finkel, Bentley (1974), Acta Informatica 4, for the quadtree; Lorensen, Cline (1987),
Computer Graphics 21, for a level line from the signs at the corners of cells.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from experiments.intervals import wilson_interval

LEVEL = 0.5
COARSE = 4  # cells of the first lattice along each parameter, where the grid has as many
NEAR = 8  # steps of the grid over which the slope at the line is measured
NARROW = 8  # cells up to this width are searched along their sides alone

Indices = NDArray[np.int64]


class Cell(NamedTuple):
    """A rectangle of the lattice, by the indices of its sides."""

    left: int
    right: int
    low: int
    high: int

    @property
    def corners(self) -> tuple[tuple[int, int], ...]:
        """Its four corners."""
        return tuple(product((self.left, self.right), (self.low, self.high)))

    @property
    def is_area(self) -> bool:
        """Whether it is more than one side of a rectangle."""
        return self.left < self.right and self.low < self.high

    @property
    def sides(self) -> tuple["Cell", ...]:
        """Its four sides, each a cell without an area."""
        left, right, low, high = self
        return (
            Cell(left, left, low, high), Cell(right, right, low, high),
            Cell(left, right, low, low), Cell(left, right, high, high),
        )  # fmt: skip

    @property
    def width(self) -> int:
        """Steps of the lattice along its longer side."""
        return max(self.right - self.left, self.high - self.low)

    def touches(self, other: "Cell") -> bool:
        """Whether the two share a side or a corner."""
        return (
            self.left <= other.right and other.left <= self.right
            and self.low <= other.high and other.low <= self.high
        )  # fmt: skip

    def split(self) -> Iterator["Cell"]:
        """Its quarters; halves where one side is a single step."""
        for (left, right), (low, high) in product(
            _halves(self.left, self.right), _halves(self.low, self.high)
        ):
            yield Cell(left, right, low, high)


def _halves(start: int, end: int) -> list[tuple[int, int]]:
    middle = (start + end) // 2
    return [(start, end)] if end - start < 2 else [(start, middle), (middle, end)]


class Refinement:
    """The search for the line on one grid.

    >>> search = Refinement(np.linspace(0, 1, 65), np.linspace(0, 1, 65))
    >>> while len(where := search.next_points()):
    ...     x, y = search.xs[where[:, 0]], search.ys[where[:, 1]]
    ...     search.tell(np.rint(1000 * (0.2 + 0.4 * x + 0.2 * y)), np.full(len(x), 1000))
    >>> round(search.played / 65**2, 2)
    0.07
    >>> crossings = search.crossings()
    >>> bool(np.allclose(0.2 + 0.4 * crossings["x"] + 0.2 * crossings["y"], 0.5, atol=2e-3))
    True
    """

    def __init__(self, xs: ArrayLike, ys: ArrayLike) -> None:
        """Start on a coarse lattice of the grid.

        Parameters
        ----------
        xs, ys : levels of the two parameters, rising

        Raises
        ------
        ValueError
            Where a parameter has fewer than two levels, or they do not rise.
        """
        self.xs, self.ys = np.asarray(xs, float), np.asarray(ys, float)
        for levels in (self.xs, self.ys):
            rising = levels.ndim == 1 and len(levels) > 1 and np.all(np.diff(levels) > 0)
            if not (rising and np.all(np.isfinite(levels))):
                raise ValueError("a grid to be refined needs two rising levels or more a parameter")
        shape = (len(self.xs), len(self.ys))
        self._happened, self._n = np.full(shape, -1, np.int64), np.zeros(shape, np.int64)
        self._cells = [
            Cell(left, right, low, high)
            for (left, right), (low, high) in product(*(_coarse(size) for size in shape))
        ]
        self._asked: Indices = np.zeros((0, 2), np.int64)

    @property
    def played(self) -> int:
        """Design points that were played so far."""
        return int(np.count_nonzero(self._n))

    def next_points(self) -> Indices:
        """Design points of the next stage, as pairs of indices, shape (points, 2); none at the end.

        Raises
        ------
        ValueError
            Where the points of the stage before were not told.
        """
        if len(self._asked):
            raise ValueError("the points that were asked for have not been told")
        wanted: set[tuple[int, int]] = set()
        while not wanted:
            wanted = {c for cell in self._cells for c in cell.corners if not self._n[c]}
            if wanted:
                break
            finer = self._finer()
            if finer == self._cells:
                break
            self._cells = finer
        self._asked = np.array(sorted(wanted), np.int64).reshape(-1, 2)
        return self._asked

    def tell(self, happened: ArrayLike, n: ArrayLike) -> None:
        """The counts of the points that were asked for, in their order.

        Raises
        ------
        ValueError
            Where they are not as many, a point was not played, or a count exceeds its n.
        """
        k, size = np.asarray(happened), np.asarray(n)
        if k.shape != (len(self._asked),) or size.shape != k.shape:
            raise ValueError(f"{len(self._asked)} points were asked for, {k.shape} are told")
        if np.any(size < 1) or np.any(k < 0) or np.any(k > size):
            raise ValueError("each point needs a count between 0 and its n, and an n of 1 or more")
        self._happened[*self._asked.T], self._n[*self._asked.T] = k, size
        self._asked = self._asked[:0]

    def _finer(self) -> list[Cell]:
        """The cells of the next stage: quarters, then crossed sides, then the line's next cells."""
        crossed = [cell for cell in self._cells if self._is_crossed(cell)]
        wide = [cell for cell in crossed if cell.width > NARROW]
        if wide:
            near = (c for c in self._cells if any(c.touches(other) for other in wide))
            chosen = dict.fromkeys([*crossed, *near])
            return [part for cell in chosen for part in cell.split()]
        areas = [cell for cell in crossed if cell.is_area and cell.width > 1]
        if areas:
            sides = [side for cell in areas for side in cell.sides]
            kept = [cell for cell in crossed if cell not in areas]
            return sorted({*kept, *(side for side in sides if self._is_crossed(side))})
        if any(cell.width > 1 for cell in crossed):
            return sorted({part for cell in crossed for part in cell.split()})
        return sorted({*crossed, *(nxt for cell in crossed for nxt in self._along(cell))})

    def _is_crossed(self, cell: Cell) -> bool:
        above = {self._above(*corner) for corner in cell.corners}
        return len(above) == 2

    def _above(self, i: int, j: int) -> bool:
        return bool(self._happened[i, j] >= LEVEL * self._n[i, j])

    def _along(self, cell: Cell) -> Iterator[Cell]:
        """The unit cells on both sides of each crossed side of a unit cell, or of a unit side."""
        for side in cell.sides if cell.is_area else (cell,):
            if not self._is_crossed(side):
                continue
            upright = side.left == side.right
            for back in (0, 1):
                i, j = side.left - back * upright, side.low - back * (not upright)
                if 0 <= i < len(self.xs) - 1 and 0 <= j < len(self.ys) - 1:
                    yield Cell(i, i + 1, j, j + 1)

    def crossings(self) -> pd.DataFrame:
        """Where the line crosses the sides of the grid's cells that were played.

        Columns
        -------
        x, y : the crossing, by linear interpolation between two neighbours of the grid
        x_low, x_high, y_low, y_high : ends of its band along that side: as far as half the mean
            95% Wilson interval of the two neighbours reaches at the slope of the surface there,
            which is that of a plane through the points played around; cut at NEAR steps
        n : of the neighbour that was played less
        """
        rows = [
            self._crossing((i, j), (i + di, j + dj))
            for di, dj in ((1, 0), (0, 1))
            for i, j in np.argwhere(self._n > 0).tolist()
            if i + di < len(self.xs) and j + dj < len(self.ys) and self._n[i + di, j + dj]
            and self._above(i, j) != self._above(i + di, j + dj)
        ]  # fmt: skip
        names = ["x", "y", "x_low", "x_high", "y_low", "y_high", "n"]
        return pd.DataFrame(rows, columns=pd.Index(names)).sort_values(
            ["x", "y"], ignore_index=True
        )

    def _crossing(self, one: tuple[int, int], two: tuple[int, int]) -> tuple[float, ...]:
        k, n = (np.array([table[one], table[two]], float) for table in (self._happened, self._n))
        p, (low, high) = k / n, wilson_interval(k, n)
        share = (LEVEL - p[0]) / (p[1] - p[0])
        step = np.subtract(two, one)
        # The slope between the two is mostly noise where the grid is fine.
        slope = abs(float(self._gradient(one) @ step))
        half = 0.5 * float(np.mean(high - low))
        reach = half / slope if slope * NEAR > half else float(NEAR)
        at, low_end, high_end = (
            self._place(one + (share + far) * step) for far in (0.0, -reach, reach)
        )
        ends = np.array([low_end, high_end])
        return (*at, *ends[:, 0].tolist(), *ends[:, 1].tolist(), n.min())

    def _gradient(self, at: tuple[int, int]) -> NDArray[np.float64]:
        """Rise of the probability a step along each parameter, by least squares around a point."""
        start = np.maximum(np.subtract(at, NEAR), 0)
        window = tuple(slice(low, low + 2 * NEAR + 1) for low in start.tolist())
        n = self._n[window].ravel()
        where = np.indices(self._n[window].shape).reshape(2, -1).T
        weight = np.sqrt(n[n > 0])
        plane = np.column_stack([np.ones(len(weight)), where[n > 0]]) * weight[:, None]
        shares = self._happened[window].ravel()[n > 0] / n[n > 0]
        return np.linalg.lstsq(plane, shares * weight, rcond=None)[0][1:]

    def _place(self, index: NDArray[np.float64]) -> tuple[float, float]:
        """The values of both parameters at a place between points of the grid, cut at its ends."""
        x, y = (
            float(np.interp(part, np.arange(len(levels)), levels))
            for part, levels in zip(index, (self.xs, self.ys), strict=True)
        )
        return x, y


def _coarse(size: int) -> list[tuple[int, int]]:
    """The sides of the first cells along a parameter."""
    ends = np.unique(np.linspace(0, size - 1, min(COARSE, size - 1) + 1).round().astype(int))
    return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))

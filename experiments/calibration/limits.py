"""What an Assembly would pass, from a table: for the many thousand design points of a fit.

`sim.anticipation.assembly_limit` solves for each confidence and each shock, about a millisecond
each time. A fit asks for tens of thousands of pairs over one stated range, where the limit is a
smooth function of both: a Chebyshev interpolant of exact values at 24 x 20 nodes is within 1e-9
payments of it, which is what the model takes as indifference. Outside the range, and in every run
of a study, the exact solution is used.
"""

import math
from functools import cached_property, lru_cache

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import NDArray

from sim.anticipation import Bloc, assembly_limit

_CONFIDENCES, _SHOCKS = 24, 20
_ORDERS = np.arange(24.0)
Range = tuple[float, float]


class LimitTable:
    """The limits of every Assembly that is asked about, over one range of confidence and shock.

    confidence, shock : (low, high), both lows above 0; an instance takes the place of
    `assembly_limit` in `Scenario.points`
    """

    def __init__(self, confidence: Range, shock: Range) -> None:
        self.confidence, self.shock = confidence, shock

    def __call__(
        self, blocs: tuple[Bloc, ...], precision: float, members: int, confidence: float,
        shock_sd: float,
    ) -> float:  # fmt: skip
        """The largest cost whose average pass probability reaches the confidence, payments."""
        smooth = 0.0 < precision < np.inf
        inside = self.confidence[0] <= confidence <= self.confidence[1]
        known = shock_sd == 0.0 or self.shock[0] <= shock_sd <= self.shock[1]
        if not (smooth and inside and known and self._is_range):
            return assembly_limit(blocs, precision, members, confidence, shock_sd)
        table = _table(blocs, precision, members, self.confidence, self.shock)
        return table.limit(confidence, shock_sd)

    @property
    def _is_range(self) -> bool:
        return self.confidence[0] < self.confidence[1] and 0.0 < self.shock[0] < self.shock[1]


class _Table:
    """Chebyshev coefficients of one Assembly, for a shock that is unknown and for a known one."""

    def __init__(
        self, blocs: tuple[Bloc, ...], precision: float, members: int, confidence: Range,
        shock: Range,
    ) -> None:  # fmt: skip
        self._ask = (blocs, precision, members)
        self._ranges = (confidence, shock)

    @cached_property
    def _unknown(self) -> NDArray[np.float64]:
        """Coefficients, shape (_SHOCKS, _CONFIDENCES)."""
        confidences, shocks = _nodes(_CONFIDENCES), _nodes(_SHOCKS)
        exact = np.array([[self._exact(c, s) for c in confidences] for s in shocks])
        half = np.linalg.solve(chebvander(shocks, _SHOCKS - 1), exact)
        return np.linalg.solve(chebvander(confidences, _CONFIDENCES - 1), half.T).T

    @cached_property
    def _known(self) -> NDArray[np.float64]:
        """Coefficients, shape (_CONFIDENCES,)."""
        nodes = _nodes(_CONFIDENCES)
        exact = np.array([self._exact(c, None) for c in nodes])
        return np.linalg.solve(chebvander(nodes, _CONFIDENCES - 1), exact)

    def _exact(self, confidence: float, shock: float | None) -> float:
        at, of = self._ranges
        sd = 0.0 if shock is None else _stretched(shock, of)
        return assembly_limit(*self._ask, _stretched(confidence, at), sd)

    def limit(self, confidence: float, shock_sd: float) -> float:
        """The interpolated limit."""
        at = _polynomials(_shrunk(confidence, self._ranges[0]), _CONFIDENCES)
        if shock_sd == 0.0:
            return float(self._known @ at)
        of = _polynomials(_shrunk(shock_sd, self._ranges[1]), _SHOCKS)
        return float(of @ self._unknown @ at)


@lru_cache(maxsize=64)
def _table(
    blocs: tuple[Bloc, ...], precision: float, members: int, confidence: Range, shock: Range
) -> _Table:
    """One table for an Assembly and the ranges, for all plans that ask."""
    return _Table(blocs, precision, members, confidence, shock)


def _polynomials(place: float, count: int) -> NDArray[np.float64]:
    """The first Chebyshev polynomials at a place in [-1, 1]."""
    return np.cos(math.acos(min(max(place, -1.0), 1.0)) * _ORDERS[:count])


def _nodes(count: int) -> NDArray[np.float64]:
    """Chebyshev nodes of the first kind in [-1, 1], rising."""
    return -np.cos(np.pi * (np.arange(count) + 0.5) / count)


def _stretched(place: float, over: Range) -> float:
    """From [-1, 1] to the range, kept inside it."""
    return min(max(over[0] + 0.5 * (place + 1.0) * (over[1] - over[0]), over[0]), over[1])


def _shrunk(value: float, over: Range) -> float:
    """From the range to [-1, 1]."""
    return 2.0 * (value - over[0]) / (over[1] - over[0]) - 1.0

"""What the ministry thinks that the Assembly would pass: its limit rho_L (mechanism M6).

rho_L is the largest cost whose average pass probability, over what the ministry does not know of
the common shock, is at least the confidence that it asks for. The pass probability is the exact
one of `sim.theory.pass_probability`; the vote itself is drawn, not looked up.

Source: Iida (1993); Milner, Rosendorff (1997).
"""

import math
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from sim.theory.pass_probability import pass_probability

NOTHING_PASSES = -10.0  # payments: a limit below any package, where no cost is likely to pass
_GRID = 193  # exact values across the fall of the pass probability
_STEPS = 3200  # linear steps across it
_NEGLIGIBLE = 1e-9

Bloc = tuple[float, float, float]  # seats, attendance, threshold


def cost_pass_probability(
    cost: float, blocs: tuple[Bloc, ...], precision: float, members: int
) -> float:
    """Exact probability that a felt cost passes, the common shock being 0."""
    seats, attendance, threshold = (np.array(column) for column in zip(*blocs, strict=True))
    if math.isinf(precision):
        yes = (threshold - cost >= -_NEGLIGIBLE).astype(float)
    else:
        yes = expit(precision * (threshold - cost))
    return pass_probability(seats.astype(int), attendance, yes, members=members)


@lru_cache(maxsize=4096)
def assembly_limit(
    blocs: tuple[Bloc, ...], precision: float, members: int, confidence: float, shock_sd: float
) -> float:
    """The largest cost whose average pass probability reaches the confidence.

    Parameters
    ----------
    blocs : (seats, attendance, threshold in payments) of each
    precision : of a member's vote, 1/payment; infinity for members who never err
    confidence : pass probability that is asked for, in (0, 1)
    shock_sd : standard deviation of what is not known of the common shock, payments
    """

    curve = _curve(blocs, precision, members)
    lowest, highest = curve.lowest, curve.highest
    if curve.top < confidence:
        return NOTHING_PASSES
    if curve.bottom >= confidence:  # members who vote by coin, whatever the cost
        return math.inf
    if math.isinf(precision):
        thresholds = sorted({threshold for _, _, threshold in blocs})
        average = _step_average(thresholds, [curve.passes(t) for t in thresholds], shock_sd)
        if shock_sd == 0.0:
            return max(t for t in thresholds if average(t) >= confidence)
    elif shock_sd == 0.0:
        return _crossing(curve.passes, confidence, *curve.around(confidence), 1e-12)
    else:
        average = curve.averaged_over(shock_sd)
    margin = 9.0 * shock_sd
    low, high = lowest - margin, highest + margin
    if average(low) < confidence:  # asks for the very last bit of what can pass
        return NOTHING_PASSES
    return _crossing(average, confidence, low, high, 1e-12)


Curve = Callable[[float], float]


def _crossing(curve: Curve, level: float, low: float, high: float, tolerance: float) -> float:
    """Where a falling curve crosses a level."""
    root: Any = brentq(lambda cost: curve(cost) - level, low, high, xtol=tolerance)
    return float(root)


def _step_average(thresholds: list[float], levels: list[float], sd: float) -> Curve:
    """Average of a step function of cost - shock that falls just above each threshold."""
    edges = np.array(thresholds)
    drops = -np.diff(np.array([*levels, 0.0]))

    def average(cost: float) -> float:
        if sd == 0.0:
            return float(drops[edges >= cost - _NEGLIGIBLE].sum())
        return float((drops * ndtr((edges - cost) / sd)).sum())

    return average


class _Curve:
    """The pass probability of one Assembly against the felt cost, the common shock being 0.

    What is costly, the exact values on a grid where the curve falls, is computed once for an
    Assembly and serves every confidence and every shock.
    """

    def __init__(self, blocs: tuple[Bloc, ...], precision: float, members: int) -> None:
        self._ask = (blocs, precision, members)
        thresholds = sorted({threshold for _, _, threshold in blocs})
        reach = 40.0 / precision + 1e-6 if precision > 0 else 1.0
        self.lowest, self.highest = thresholds[0] - reach, thresholds[-1] + reach
        self.top, self.bottom = self.passes(self.lowest), self.passes(self.highest)

    def passes(self, cost: float) -> float:
        """The exact probability."""
        return cost_pass_probability(cost, *self._ask)

    @cached_property
    def _grid(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Costs across the fall of the curve, and its exact values there."""
        low, high, span = self.lowest, self.highest, self.top - self.bottom
        start = _crossing(self.passes, self.top - _NEGLIGIBLE * span, low, high, 1e-6)
        end = _crossing(self.passes, self.bottom + _NEGLIGIBLE * span, low, high, 1e-6)
        costs = np.linspace(start, end, _GRID)
        return costs, np.array([self.passes(float(cost)) for cost in costs])

    def around(self, level: float) -> tuple[float, float]:
        """Two costs near to each other between which the curve crosses a level."""
        costs, values = self._grid
        index = int(np.searchsorted(-values, -level))
        low = self.lowest if index == 0 else float(costs[index - 1])
        return low, self.highest if index == len(costs) else float(costs[index])

    @cached_property
    def _steps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of fine steps across the fall, and how much of it falls to each step."""
        costs, values = self._grid
        fine = np.linspace(costs[0], costs[-1], _STEPS + 1)
        falls = -np.diff(PchipInterpolator(costs, values)(fine))
        return fine, falls / falls.sum() * (self.top - self.bottom)

    def averaged_over(self, sd: float) -> Curve:
        """Average of the pass probability over the shock.

        The curve is interpolated where it falls and taken as linear between fine steps; a linear
        step from a to b has the exact average (G(b) - G(a)) / (b - a), with
        G(t) = sd (z Phi(z) + phi(z)) and z = (t - cost)/sd. Gauss-Hermite nodes miss a fall that is
        steep against the shock.
        """
        fine, falls = self._steps
        width = float(fine[-1] - fine[0]) / _STEPS

        def average(cost: float) -> float:
            z = (fine - cost) / sd
            integral = sd * (z * ndtr(z) + np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))
            return self.bottom + float((falls * np.diff(integral)).sum()) / width

        return average


@lru_cache(maxsize=256)
def _curve(blocs: tuple[Bloc, ...], precision: float, members: int) -> _Curve:
    return _Curve(blocs, precision, members)

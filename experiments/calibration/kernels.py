"""The kernel of a target, and reports drawn under the same law.

The kernel is the probability (density) of the report where the statistic has a value s:

    value, error       normal about the value with sd `error`
    low, high          read as a 90% interval: normal about its middle with sd (high - low)/3.29,
                       combined with `error`, where there is one, in quadrature
    low or high alone  a bound: Phi((s - low)/error) or Phi((high - s)/error)
    yes or no          1 - error where s is what was reported, else `error`

to the power of the weight. An undefined statistic has kernel 0.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr, ndtri

from experiments.calibration.reported import Target
from sim.errors import InputError


def log_kernel(target: Target, values: ArrayLike) -> NDArray[np.float64]:
    """Log of the target's kernel at values of its statistic, in their shape; NaN gives -inf.

    A weight of 0 gives 0 everywhere: the target says nothing.
    """
    s = np.asarray(values, "f8")
    if target.weight == 0.0:
        return np.zeros(s.shape)
    with np.errstate(over="ignore"):  # so far off that the density is 0
        return np.where(np.isnan(s), -np.inf, target.weight * _log_density(target, s))


def _log_density(target: Target, s: NDArray[np.float64]) -> NDArray[np.float64]:
    centre, spread = target.centre, target.spread
    if target.kind == "flag":
        return np.where(s == centre, math.log1p(-spread), math.log(spread))
    z = (s - centre) / spread
    if target.kind == "bound":
        return log_ndtr(z if target.low is not None else -z)
    return -0.5 * z * z - math.log(spread * math.sqrt(2.0 * math.pi))


def draw_report(target: Target, value: float, uniform: float) -> Target:
    """What would be reported of a true value, under the law that the target's kernel states.

    The report is in the form of the target: an interval keeps its width, a bound its place and
    turns round where the value, with its error, lies beyond it. A weight w spreads the law as it
    spreads the kernel: sd/sqrt(w), and odds to the power w.

    Parameters
    ----------
    value : of the statistic
    uniform : a draw in [0, 1)

    Raises
    ------
    InputError
        Where the value is NaN: there is nothing to report.
    """
    if math.isnan(value):
        raise InputError(f"{target.id}: {target.statistic} is undefined; nothing can be reported")
    u = min(max(uniform, 2.0**-53), 1.0 - 2.0**-53)
    weight, spread = target.weight or 1.0, target.spread
    if target.kind == "flag":
        wrong = 1.0 / (1.0 + ((1.0 - spread) / spread) ** weight)
        return replace(target, value=1.0 - value if u < wrong else value)
    noise = float(ndtri(u)) * spread / math.sqrt(weight)
    if target.kind == "bound":
        at = target.centre
        above = u < ndtr((value - at) * math.sqrt(weight) / spread)
        return replace(target, low=at if above else None, high=None if above else at)
    if target.low is None or target.high is None:
        return replace(target, value=value + noise)
    half = 0.5 * (target.high - target.low)
    shown = None if target.value is None else value + noise
    return replace(target, value=shown, low=value + noise - half, high=value + noise + half)

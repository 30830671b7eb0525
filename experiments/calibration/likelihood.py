"""The likelihood of what was reported, by simulation.

An episode is one negotiation. Under parameters theta its likelihood is the probability density of
the joint report, estimated without bias from negotiations that are simulated at theta:

    L_e(theta) = mean over negotiations of the product over targets of kernel(report | statistic)

The product is taken within a negotiation, since its statistics belong together: a late deal is
often a dear one. Reports of different episodes are independent given theta, so the L_e multiply.
An unbiased estimate of a likelihood leaves importance sampling exact (Beaumont 2003, Genetics 164;
Andrieu, Roberts 2009, Annals of Statistics 37); its noise costs effective draws and nothing else.

Several sets of reports, of the same statistics, can be held against the same negotiations: what a
check on synthetic truth asks for.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.episodes import Episode
from experiments.calibration.plan_record import Plan
from experiments.calibration.reported import Target
from sim import negotiate
from sim.compiling import kernel
from sim.errors import InputError

_NORMAL, _FLAG, _BOUND = range(3)
_FAR = -37.0  # sd below which the tail of the normal law is taken from its expansion
_ROOT_2_PI = math.sqrt(2.0 * math.pi)
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Reports:
    """Sets of reports of one episode, as the compiled loop reads them.

    statistics : whose values the loop gets, in order
    kinds : shape (sets, targets); weights : the same shape
    centres, scales, offsets : the same shape; with s the statistic, the log of the kernel is
        offset + scale (s - centre)^2 of a normal law, offset + scale where s is centre and else
        offset of yes or no, and log Phi(scale (s - centre)) of a bound, times the weight
    """

    statistics: tuple[str, ...]
    kinds: NDArray[np.int64]
    weights: Reals
    centres: Reals
    scales: Reals
    offsets: Reals

    @property
    def sets(self) -> int:
        """How many sets there are."""
        return len(self.centres)

    def only(self, one: int) -> "Reports":
        """One of the sets."""
        part = slice(one, one + 1)
        return Reports(
            self.statistics, self.kinds[part], self.weights[part], self.centres[part],
            self.scales[part], self.offsets[part],
        )  # fmt: skip


def reports_of(sets: Sequence[Sequence[Target]]) -> Reports:
    """The reports of one episode in one set or in several.

    Raises
    ------
    InputError
        Where the sets are not of the same statistics in the same order.
    """
    names = tuple(target.statistic for target in sets[0])
    if any(tuple(target.statistic for target in targets) != names for targets in sets):
        raise InputError("sets of reports must be of the same statistics in the same order")
    rows = np.array([[_coefficients(target) for target in targets] for targets in sets], "f8")
    rows = rows.reshape(len(sets), len(names), 5)
    kinds, weights, centres, scales, offsets = (
        np.ascontiguousarray(rows[..., i]) for i in range(5)
    )
    return Reports(names, kinds.astype(np.int64), weights, centres, scales, offsets)


def _coefficients(target: Target) -> tuple[float, ...]:
    """kind, weight, centre, scale and offset of a target."""
    centre, spread, weight = target.centre, target.spread, target.weight
    if target.kind == "flag":
        return _FLAG, weight, centre, math.log1p(-spread) - math.log(spread), math.log(spread)
    if target.kind == "bound":
        return _BOUND, weight, centre, (1.0 if target.low is not None else -1.0) / spread, 0.0
    return _NORMAL, weight, centre, -0.5 / (spread * spread), -math.log(spread * _ROOT_2_PI)


def simulated(
    plan: Plan, episode: Episode, theta: Mapping[str, Reals], negotiations: int, *, seed: int,
    first: int = 0,
) -> dict[str, Reals]:  # fmt: skip
    """The statistics of negotiations at each draw of the parameters.

    Parameters
    ----------
    theta : key -> values, shape (draws,); negotiations : of each draw
    first : number of the first negotiation; a later part continues an earlier one

    Returns
    -------
    statistic -> values, shape (draws, negotiations); NaN where it is not defined
    """
    points = episode.points(theta, solve=plan.limits)
    outcomes = negotiate(points, negotiations, seed=seed, first_replicate=first, common=False)
    return episode.reported(outcomes, points)


def log_likelihoods(values: Mapping[str, Reals], reports: Reports) -> Reals:
    """Log of the mean over negotiations of the joint kernel, shape (draws, sets).

    values : statistic -> shape (draws, negotiations)
    """
    stacked = _stacked(values, reports)
    found = np.empty((len(stacked), reports.sets))
    _mean_kernels(
        stacked, reports.kinds, reports.weights, reports.centres, reports.scales, reports.offsets,
        found,
    )  # fmt: skip
    with np.errstate(divide="ignore"):
        return np.log(found)


def log_without_each(values: Mapping[str, Reals], reports: Reports) -> Reals:
    """The same of the first set with one target left out, shape (draws, targets)."""
    count = len(reports.statistics)

    def each(part: NDArray[Any]) -> Any:
        return np.repeat(part[:1], count, axis=0)

    weights = each(reports.weights)
    np.fill_diagonal(weights, 0.0)
    others = Reports(
        reports.statistics, each(reports.kinds), weights, each(reports.centres),
        each(reports.scales), each(reports.offsets),
    )  # fmt: skip
    return log_likelihoods(values, others)


def _stacked(values: Mapping[str, Reals], reports: Reports) -> Reals:
    """Values as the loops read them, shape (draws, negotiations, targets)."""
    columns = [np.asarray(values[name], "f8") for name in reports.statistics]
    return np.ascontiguousarray(np.stack(columns, axis=-1))


@kernel
def _mean_kernels(
    values: Any, kinds: Any, weights: Any, centres: Any, scales: Any, offsets: Any, found: Any
) -> None:
    """Fill found[draw, set] with the mean over negotiations of the product of kernels."""
    draws, negotiations, targets = values.shape
    for draw in range(draws):
        for one in range(centres.shape[0]):
            total = 0.0
            for negotiation in range(negotiations):
                log_product = 0.0
                for j in range(targets):
                    weight = weights[one, j]
                    if weight == 0.0:
                        continue
                    s = values[draw, negotiation, j]
                    if s != s:
                        log_product = -math.inf
                        break
                    kind, centre, scale = kinds[one, j], centres[one, j], scales[one, j]
                    if kind == _NORMAL:
                        one_log = offsets[one, j] + scale * (s - centre) * (s - centre)
                    elif kind == _FLAG:
                        one_log = offsets[one, j] + (scale if s == centre else 0.0)
                    else:
                        one_log = _log_tail(scale * (s - centre))
                    log_product += weight * one_log
                total += math.exp(log_product)
            found[draw, one] = total / negotiations


@kernel
def _log_tail(z: float) -> float:
    """log Phi(z)."""
    if z < _FAR:
        return -0.5 * z * z - math.log(-z * _ROOT_2_PI)
    return math.log(0.5 * math.erfc(-z * 0.7071067811865476))


def episodes_with(sets: Iterable[Sequence[Target]], plan: Plan) -> list[Reports]:
    """The reports of every episode of a plan, from sets that hold the targets of all episodes."""
    each = list(sets)
    return [
        reports_of([[t for t in one if t.case == episode.name] for one in each])
        for episode in plan.episodes
    ]

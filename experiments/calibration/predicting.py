"""Forecasts of one episode: every statistic, as weighted draws from the model.

Each draw of the parameters is played many times. What was known of the episode on the day weighs
the negotiations by the kernels of its rows:

    draws from a posterior that was fitted to those rows already: within each draw alone
    draws from the prior: over all of them

A fitted draw in whose negotiations nothing like it happened says nothing and is left out.
so that both forecasts know what happened that day, and only one knows the other episodes.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from experiments.calibration.episodes import Episode
from experiments.calibration.kernels import log_kernel
from experiments.calibration.plan_record import Plan
from experiments.calibration.proposals import effective_size
from experiments.calibration.reported import Target
from experiments.calibration.scores import (
    brier,
    crps,
    log_score,
    log_score_probability,
    monte_carlo_error,
)
from experiments.calibration.statistics import STATISTICS
from experiments.intervals import wilson_interval
from sim import negotiate
from sim.errors import InputError

Reals = NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)
NEGOTIATIONS = 300  # of a draw, so that rare things that were known happen in most
_LEAST = 1e-3  # of the usual likelihood, below which what was known did not happen in a draw
_NEVER = -700.0  # log of a likelihood that is none
_BATCH = 100  # draws that a thread plays at a time


@dataclass(frozen=True)
class Probability:
    """A probability with its interval of 95%.

    n : how many independent negotiations the weighted draws are worth for it
    """

    value: float
    low: float
    high: float
    n: float


@dataclass(frozen=True)
class Drawn:
    """A statistic where it is defined: values, weights that sum to 1, and whose draw each is."""

    values: Reals
    weights: Reals
    draws: NDArray[np.int64]

    def quantiles(self) -> tuple[float, float, float]:
        """The weighted 5, 50 and 95 percent points: least values with so much at or below."""
        order = np.argsort(self.values, kind="stable")
        below = np.cumsum(self.weights[order])
        places = np.searchsorted(below, np.array(QUANTILES) * below[-1] * (1.0 - 1e-12))
        low, middle, high = self.values[order][np.minimum(places, len(order) - 1)]
        return float(low), float(middle), float(high)

    def score(self, target: Target) -> tuple[float, float]:
        """CRPS or Brier score with its Monte Carlo error; NaN of a bound."""
        if target.kind == "bound":
            return np.nan, np.nan
        report = target.centre

        def number(values: Reals, weights: Reals) -> float:
            return crps(values, report, weights, fair=True)

        def flag(values: Reals, weights: Reals) -> float:
            return brier(min(float(np.average(values, weights=weights)), 1.0), report)

        score = flag if target.kind == "flag" else number
        order = np.argsort(self.values, kind="stable")  # sorted once for all parts of the jackknife
        parts = self.values[order], self.weights[order]
        return score(*parts), monte_carlo_error(score, *parts, self.draws[order])

    def log_score(self, target: Target) -> float:
        """See `scores.log_score`."""
        if target.kind == "flag":
            return log_score_probability(
                target, min(float(np.average(self.values, weights=self.weights)), 1.0)
            )
        return log_score(target, self.values, self.weights)


@dataclass(frozen=True)
class Prediction:
    """What one set of draws forecasts.

    statistics : name -> values, shape (draws, negotiations); NaN where not defined
    weights : the same shape, summing to 1
    left_out : draws with hardly a negotiation in which what was known happened
    """

    statistics: Mapping[str, Reals]
    weights: Reals
    left_out: int

    @property
    def effective_size(self) -> float:
        """How many equally weighted draws of the parameters the weighted ones are worth."""
        return effective_size(np.sum(self.weights, axis=1))

    @property
    def effective_negotiations(self) -> float:
        """The same of negotiations."""
        return effective_size(self.weights.reshape(-1))

    @cached_property
    def _draws(self) -> NDArray[np.int64]:
        return np.broadcast_to(np.arange(len(self.weights))[:, None], self.weights.shape).reshape(
            -1
        )

    def drawn(self, statistic: str) -> Drawn | None:
        """A statistic where it is defined; None where it never is."""
        values, weights = self.statistics[statistic].reshape(-1), self.weights.reshape(-1)
        kept = ~np.isnan(values) & (weights > 0.0)
        if not kept.any():
            return None
        weights = weights[kept] / np.sum(weights[kept])
        return Drawn(values[kept], weights, self._draws[kept])

    def defined(self, statistic: str) -> Probability:
        """How probable it is that there is such a statistic at all: a deal, a vote."""
        return self._probability(~np.isnan(self.statistics[statistic]))

    def probability(self, statistic: str) -> Probability:
        """Of yes, where there is one."""
        values = self.statistics[statistic]
        return self._probability(np.nan_to_num(values), ~np.isnan(values))

    def _probability(self, occurs: NDArray, among: NDArray | None = None) -> Probability:
        """The weighted share, with Wilson's interval at the n that its variance over draws gives.

        The variance is that of a ratio of means over draws (Cochran 1977, Sampling techniques).
        """
        weights = self.weights if among is None else self.weights * among
        whole = float(np.sum(weights))
        if whole == 0.0:
            return Probability(np.nan, 0.0, 1.0, 0.0)
        p = min(float(np.sum(weights * occurs)) / whole, 1.0)
        errors = np.sum(weights * (occurs - p), axis=1) / whole
        n = effective_size(np.sum(weights, axis=1) / whole)
        if 0.0 < p < 1.0 and (variance := float(np.sum(errors * errors))) > 0.0:
            n = max(p * (1.0 - p) / variance, 1.0)
        low, high = wilson_interval(p * n, n)
        return Probability(p, float(low), float(high), n)


def predict(
    plan: Plan, episode: Episode, theta: Mapping[str, Reals], weights: Reals,
    known: Sequence[Target], *, fitted: bool, seed: int, workers: int | None = None,
) -> Prediction:  # fmt: skip
    """Play an episode under draws of the parameters.

    Parameters
    ----------
    theta : key -> values, shape (draws,), of the shared parameters and what is unknown of it
    weights : of the draws, shape (draws,)
    known : what was known of the episode on the day
    fitted : whether the draws were fitted to that already
    seed : of the talks

    Raises
    ------
    InputError
        Where what was known never happens.
    """

    def batch(start: int) -> dict[str, Reals]:
        part = {key: values[start : start + _BATCH] for key, values in theta.items()}
        points = episode.points(part, solve=plan.limits)
        outcomes = negotiate(points, NEGOTIATIONS, seed=seed, common=False)
        return {
            name: one.of(outcomes, points, episode.scenario) for name, one in STATISTICS.items()
        }

    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(batch, range(0, len(weights), _BATCH)))
    statistics = {name: np.concatenate([one[name] for one in found]) for name in STATISTICS}
    return given(statistics, weights, known, fitted=fitted)


def given(
    statistics: Mapping[str, Reals], weights: Reals, known: Sequence[Target], *, fitted: bool
) -> Prediction:
    """Weigh every negotiation by what was known."""
    logs = np.zeros(next(iter(statistics.values())).shape)
    for target in known:
        logs = logs + log_kernel(target, statistics[target.statistic])
    likelihood = np.asarray(logsumexp(logs, axis=1))
    happened = likelihood > _NEVER
    if not happened.any():
        ids = ", ".join(target.id for target in known)
        raise InputError(f"{ids}: no negotiation of {len(weights)} draws of the parameters is so")
    if fitted:
        happened &= likelihood > np.median(likelihood[happened]) + np.log(_LEAST)
        logs = logs - np.where(happened, likelihood, 0.0)[:, None]
    logs = np.where(happened[:, None], logs, -np.inf)
    joint = np.exp(logs - np.max(logs)) * np.asarray(weights, "f8")[:, None]
    return Prediction(statistics, joint / np.sum(joint), int(np.sum(~happened)))

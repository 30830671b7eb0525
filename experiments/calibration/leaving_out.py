"""One report, or one episode, left out: does the answer hang on it, and do the others foretell it?

Posteriors without it are weighted anew from all draws of the search, whose proposals reach beyond
the posterior; how many effective draws that leaves is said, and below FEW it is to be read with
care. The predictive density of what was left out is the ratio of the evidence with it and without
it (Geisser, Eddy 1979, J. American Statistical Association 74), the mean under the weights without
it of likelihood with it over likelihood without it.

Where a report lies in its forecast needs negotiations. Those of its episode are played under the
posterior without the episode, what is unknown of it drawn from its prior, and weighted by the
kernels of the episode's other reports.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.calibration.episodes import Episode
from experiments.calibration.evaluation import stream
from experiments.calibration.fitting import Calibration, resampled
from experiments.calibration.forecasting import about, forecast
from experiments.calibration.kernels import log_kernel
from experiments.calibration.playing import groups_of, play
from experiments.calibration.predictive import is_misfit
from experiments.calibration.proposals import effective_size
from experiments.calibration.reported import Target

Reals = NDArray[np.float64]

FEW = 50.0  # effective draws
POOL, NEGOTIATIONS = 2000, 50  # draws played of each episode, and negotiations of each


@dataclass(frozen=True)
class LeavingOut:
    """What becomes of the posterior without each target and without each episode.

    targets : a row a target: n_without, effective draws of the posterior without it; shift, the
        largest move of the mean of a shared parameter in sd of the posterior from all, and
        `shifted`, whose; forecast of the report from all others, see `playing.Forecast`, `inside`
        the central 90% of it; log_score, log of the predictive density with `score_error`;
        n_draws, effective draws of the forecast; `few` where either number of draws is below FEW
    episodes : a row an episode: n_without, shift, shifted; log_score of all its reports from the
        other episodes, `prior_score` the same from the priors alone, their `gain` with its
        `gain_error`, `few`
    """

    targets: pd.DataFrame
    episodes: pd.DataFrame

    @property
    def misfits(self) -> tuple[str, ...]:
        """Targets that all the others do not foretell."""
        return tuple(self.targets["target"][self.targets["misfit"]])

    @property
    def gain(self) -> tuple[float, float]:
        """Log score of the left-out episodes over the priors', all together, and its error."""
        gain, error = self.episodes["gain"], self.episodes["gain_error"]
        return float(np.sum(gain)), float(np.sqrt(np.sum(error**2)))


def leave_out(
    calibration: Calibration, workers: int | None = None, *, pool: int = POOL,
    negotiations: int = NEGOTIATIONS,
) -> LeavingOut:  # fmt: skip
    """Leave out every target and every episode in turn.

    Parameters
    ----------
    workers : threads, None for all cores; the numbers are the same for any
    pool : draws that are played of each episode; negotiations : of each
    """
    targets: list[dict[str, Any]] = []
    for index, episode in enumerate(calibration.plan.episodes):
        rows, uniforms = _pool(calibration, index, pool)
        seed = stream(calibration.plan.seed, "left out", episode.name)
        values = play(calibration.plan, episode, uniforms, negotiations, seed=seed, workers=workers)
        first = len(targets)
        for place, target in enumerate(episode.targets):
            told = _scored_target(calibration, first + place)
            told |= _foretold(episode, place, values, groups_of(rows), seed)
            few = min(told["n_without"], told["n_draws"]) < FEW
            targets.append(about(target) | told | {"few": bool(few)})
    count = len(calibration.plan.episodes)
    episodes = [_scored_episode(calibration, index) for index in range(count)]
    return LeavingOut(pd.DataFrame(targets), pd.DataFrame(episodes))


def _pool(calibration: Calibration, index: int, count: int) -> tuple[NDArray[np.int64], Reals]:
    """Rows of the posterior without an episode, and draws with its unknowns from their priors."""
    plan = calibration.plan
    seed = stream(plan.seed, "without", plan.episodes[index].name)
    rows = resampled(calibration.without_episode(index), count, seed)
    uniforms = calibration.uniforms[rows].copy()
    own = [i for i, free in enumerate(plan.free) if free.case == plan.episodes[index].name]
    uniforms[:, own] = np.random.default_rng([seed, 1]).random((count, len(own)))
    return rows, uniforms


def _foretold(
    episode: Episode, place: int, values: dict[str, Reals], groups: NDArray[np.int64], seed: int
) -> dict[str, float]:
    """The forecast of one of the episode's reports, given its other ones."""
    target = episode.targets[place]
    others = [other for i, other in enumerate(episode.targets) if i != place]
    weights = weighted_by(others, values)
    found = forecast(target, values[target.statistic], weights, groups, stream(seed, "errors"))
    below = 1.0 - 0.5 * found.p.value if found.z > 0.0 else 0.5 * found.p.value
    by_draw = np.bincount(groups, np.sum(weights, axis=1))
    return found.as_row() | {
        "percentile": below if not np.isnan(found.z) else np.nan,
        "inside": bool(found.p.value >= 0.1), "misfit": is_misfit(found.z, found.p.value),
        "n_draws": effective_size(by_draw),
    }  # fmt: skip


def weighted_by(targets: Sequence[Target], values: dict[str, Reals]) -> Reals:
    """What negotiations weigh by the joint kernel of targets, the most probable 1.

    values : statistic -> shape (draws, negotiations)
    """
    logs = np.zeros(next(iter(values.values())).shape)
    for target in targets:
        logs = logs + log_kernel(target, values[target.statistic])
    top = float(np.max(logs))
    return np.exp(logs - top) if np.isfinite(top) else np.zeros(logs.shape)


def mean_ratio(log_ratio: Reals, weights: Reals) -> tuple[float, float]:
    """Log of the weighted mean of a ratio, and its standard error by the delta method.

    Parameters
    ----------
    log_ratio : shape (draws,), of no account where the weight is 0; weights : summing to 1
    """
    kept = weights > 0.0
    logs, weights = log_ratio[kept], weights[kept]
    top = float(np.max(logs))
    if not np.isfinite(top):
        return -np.inf, np.nan
    ratio = np.exp(logs - top)
    mean = float(np.sum(weights * ratio))
    error = float(np.sqrt(np.sum((weights * (ratio - mean)) ** 2))) / mean
    return top + float(np.log(mean)), error


def _scored_target(calibration: Calibration, index: int) -> dict[str, Any]:
    plan, rounds = calibration.plan, calibration.rounds
    weights = calibration.without_target(index)
    cases = [episode.name for episode in plan.episodes]
    episode = rounds.logs[:, cases.index(plan.targets[index].case)]
    with np.errstate(invalid="ignore"):
        score, error = mean_ratio(episode - rounds.without[:, index], weights)
    return _moved(calibration, weights) | {"log_score": score, "score_error": error}


def _scored_episode(calibration: Calibration, index: int) -> dict[str, Any]:
    logs = calibration.rounds.logs[:, index]
    weights = calibration.without_episode(index)
    told = _moved(calibration, weights)
    score, error = mean_ratio(logs, weights)
    prior, prior_error = mean_ratio(logs, calibration.rounds.weights(np.zeros(len(logs))))
    return {"case": calibration.plan.episodes[index].name} | told | {
        "n_targets": len(calibration.plan.episodes[index].targets),
        "log_score": score, "score_error": error, "prior_score": prior,
        "prior_error": prior_error, "gain": score - prior,
        "gain_error": float(np.hypot(error, prior_error)), "few": bool(told["n_without"] < FEW),
    }  # fmt: skip


def _moved(calibration: Calibration, weights: Reals) -> dict[str, Any]:
    """How far the means of the shared parameters move under other weights."""
    shared = calibration.plan.parameters
    u, own = calibration.uniforms[:, : len(shared)], calibration.weights[:, None]
    mean = np.sum(own * u, axis=0)
    sd = np.sqrt(np.sum(own * (u - mean) ** 2, axis=0))
    moves = (np.sum(weights[:, None] * u, axis=0) - mean) / sd
    most = int(np.argmax(np.abs(moves)))
    return {
        "n_without": effective_size(weights),
        "shift": float(moves[most]),
        "shifted": shared[most].key,
    }

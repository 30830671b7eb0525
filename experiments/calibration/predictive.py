"""Does the fitted model produce what it was fitted to? Posterior predictive checks.

Draws from the posterior are played anew in every episode. Of each target the law of its report,
statistic and error, is held against what was reported. For all reports of an episode, and of all
episodes at once, the discrepancy is minus their joint log-density at a draw of the parameters,

    p = probability that reports replicated at the draw are no more probable than the real ones

(Gelman, Meng, Stern 1996, Statistica Sinica 6). Reports serve twice, to fit and to check, so p is
nearer to a half than a p-value of fresh data would be: a small one means misfit, a large one
little. Replications count only where all is defined that was reported, a deal, a vote, a
broken-off round.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from experiments.calibration.episodes import Episode
from experiments.calibration.evaluation import stream
from experiments.calibration.fitting import Calibration, resampled
from experiments.calibration.forecasting import Share, about, forecast, mean_probability
from experiments.calibration.kernels import draw_report, log_kernel
from experiments.calibration.playing import groups_of, play, shown_beside, with_beside
from experiments.calibration.reported import Target

Reals = NDArray[np.float64]

DRAWS, NEGOTIATIONS = 500, 20
JOINT_NEGOTIATIONS = 200  # of a draw, for the joint density of reports
FAR, IMPROBABLE = 2.5, 0.01  # |z| of a number, probability of a word and of all reports at once


@dataclass(frozen=True)
class Predictive:
    """What the posterior says would be reported.

    targets : a row a target, see `playing.Forecast`; `misfit` of those that are fitted
    together : a row an episode, and "all": p with its interval and n, `misfit`
    """

    targets: pd.DataFrame
    together: pd.DataFrame
    draws: int
    negotiations: int

    @property
    def p(self) -> Share:
        """Of all reports at once."""
        row = self.together[self.together["case"] == "all"].iloc[0]
        return Share(row["p"], row["p_low"], row["p_high"], row["n"])

    @property
    def misfits(self) -> tuple[str, ...]:
        """The targets that the fitted model does not produce."""
        return tuple(self.targets["target"][self.targets["misfit"]])

    @property
    def fits(self) -> bool:
        """Whether nothing fitted is a misfit, alone or all at once."""
        return not self.misfits and bool(self.p.value >= IMPROBABLE)


def predict_reports(
    calibration: Calibration, workers: int | None = None, *,
    beside: Sequence[Target] | None = None, draws: int = DRAWS, negotiations: int = NEGOTIATIONS,
    joint_negotiations: int = JOINT_NEGOTIATIONS,
) -> Predictive:  # fmt: skip
    """Play the posterior and hold it against the reports.

    Parameters
    ----------
    beside : targets that are shown and not fitted; None for the shipped check rows of the cases
    draws : from the posterior; negotiations : of each, for single targets
    joint_negotiations : of each, for all reports of an episode at once
    """
    plan = calibration.plan
    rows = resampled(calibration.weights, draws, stream(plan.seed, "predictive rows"))
    uniforms, groups = calibration.uniforms[rows], groups_of(rows)
    seed = stream(plan.seed, "predictive talks")
    told: list[dict[str, object]] = []
    for episode in with_beside(plan, shown_beside(plan, beside)):
        values = play(plan, episode, uniforms, negotiations, seed=seed, workers=workers)
        told += [_row(target, values[target.statistic], groups, seed) for target in episode.targets]
    seed, by_case = stream(plan.seed, "joint talks"), {}
    for episode in plan.episodes:
        values = play(plan, episode, uniforms, joint_negotiations, seed=seed, workers=workers)
        by_case[episode.name] = joint_log_densities(episode, values, stream(seed, episode.name))
    return Predictive(pd.DataFrame(told), _together(by_case, groups), draws, negotiations)


def is_misfit(z: float, p: float) -> bool:
    """Whether a report is one that the model does not produce; z : NaN where it is no number."""
    if np.isnan(p):
        return True
    return bool(p < IMPROBABLE if np.isnan(z) else abs(z) > FAR)


def _row(target: Target, values: Reals, groups: NDArray[np.int64], seed: int) -> dict[str, object]:
    found = forecast(target, values, np.ones(values.shape), groups, stream(seed, "errors"))
    misfit = target.use == "fit" and is_misfit(found.z, found.p.value)
    return about(target) | found.as_row() | {"misfit": misfit}


def joint_log_densities(episode: Episode, values: dict[str, Reals], seed: int) -> Reals:
    """Log-densities at each draw of the episode's reports and of replicated ones.

    Parameters
    ----------
    values : statistic -> shape (draws, negotiations)
    seed : of which negotiation is reported, and of the errors

    Returns
    -------
    shape (draws, 2): of the real reports and of the replicated; NaN where nothing that could be
    reported in full was played. One negotiation is reported, the others give the density of both.
    """
    rng = np.random.default_rng(seed)
    stacked = np.stack([values[target.statistic] for target in episode.targets], axis=-1)
    full = ~np.isnan(stacked).any(axis=-1)
    picks = rng.random(full.shape[0])
    errors = rng.random((full.shape[0], len(episode.targets)))
    found = np.full((len(full), 2), np.nan)
    for draw in np.flatnonzero(np.sum(full, axis=1) > 1):
        whole = np.flatnonzero(full[draw])
        one = whole[int(picks[draw] * len(whole))]
        others = stacked[draw, whole[whole != one]]
        replicated = [
            draw_report(target, float(s), float(u))
            for target, s, u in zip(episode.targets, stacked[draw, one], errors[draw], strict=True)
        ]
        found[draw] = _log_mean(episode.targets, others), _log_mean(replicated, others)
    return found


def _log_mean(targets: Sequence[Target], values: Reals) -> float:
    """Log of the mean joint kernel; values : shape (negotiations, targets)."""
    each = [log_kernel(target, values[:, j]) for j, target in enumerate(targets)]
    logs: Reals = np.asarray(logsumexp(np.sum(each, axis=0)))
    return float(logs) - math.log(len(values))


def _together(by_case: dict[str, Reals], groups: NDArray[np.int64]) -> pd.DataFrame:
    rows = []
    for case, logs in (by_case | {"all": np.sum(list(by_case.values()), axis=0)}).items():
        known = ~np.isnan(logs).any(axis=1)
        less = logs[:, 1] <= logs[:, 0]
        share = mean_probability(less[:, None], known[:, None].astype("f8"), groups)
        told = {"p": share.value, "p_low": share.low, "p_high": share.high, "n": share.n}
        rows.append({"case": case} | told | {"misfit": not share.value >= IMPROBABLE})
    return pd.DataFrame(rows)

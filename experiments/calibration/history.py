"""Can the model produce what was reported at all, and which part of the prior cannot?

Prior predictive check (Box 1980, J. Royal Statistical Society A 143): draws from the priors are
played in every episode, before anything is fitted. A draw comes near a report if at least NEAR_IN
of its negotiations have a statistic within NEAR sd of it (the same word, for yes or no).

History matching (Craig, Goldstein, Seheult, Smith 1997, Case Studies in Bayesian Statistics 3): a
draw is ruled out by a number that is more than three sd from its mean,

    |report - mean| / sqrt(variances between negotiations, of the report, of the mean) > 3,

which hardly happens under any law with one peak (Pukelsheim 1994, The American Statistician 48),
by a word whose probability is below .003, and by any report that none of its negotiations leads to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.calibration.evaluation import stream
from experiments.calibration.fitting import Calibration
from experiments.calibration.forecasting import (
    QUANTILES,
    ReportLaw,
    Share,
    about,
    mean_probability,
    quantiles_of,
    share_of_draws,
)
from experiments.calibration.plan_record import Plan
from experiments.calibration.playing import (
    groups_of,
    play,
    prior_uniforms,
    shown_beside,
    with_beside,
)
from experiments.calibration.reported import Target

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAWS, NEGOTIATIONS = 2048, 100
POSTERIOR_DRAWS = 1000
NEAR, NEAR_IN = 2.0, 0.05
CAN = 0.05  # share of the prior that comes near, from which it is said that the model can
IMPLAUSIBLE, IMPROBABLE = 3.0, 0.003
_LEAST_DEFINED = 5  # negotiations with a statistic, for a mean and a variance of it


@dataclass(frozen=True)
class PriorPredictive:
    """What the model says before anything is fitted.

    targets : a row a target: 5, 50, 95 percent points of the statistic where it is defined, share
        of negotiations in which it is, share of the draws that come near, with intervals and n, and
        the verdict "can", "rarely" (below CAN) or "cannot" (no draw)
    together : a row an episode: share of the draws with a negotiation that is near all that is
        fitted at once
    """

    targets: pd.DataFrame
    together: pd.DataFrame
    draws: int
    negotiations: int

    @property
    def impossible(self) -> tuple[str, ...]:
        """Targets of the fit that no draw from the priors comes near."""
        table = self.targets
        return tuple(table["target"][(table["use"] == "fit") & (table["verdict"] == "cannot")])


@dataclass(frozen=True)
class HistoryMatching:
    """What the reports rule out of the priors.

    targets : a row a target: share of the prior that it rules out, and that it alone does
    ranges : a row a parameter: 5, 50, 95 percent points of what is left, as probabilities under the
        prior (u05..) and in the model's units
    left : share of the prior that nothing rules out
    posterior : how much of the posterior lies in what was ruled out; None without a fit
    """

    targets: pd.DataFrame
    ranges: pd.DataFrame
    left: Share
    posterior: Share | None
    draws: int
    negotiations: int


def prior_predictive(
    plan: Plan, workers: int | None = None, *, beside: Sequence[Target] | None = None,
    draws: int = DRAWS, negotiations: int = NEGOTIATIONS,
) -> PriorPredictive:  # fmt: skip
    """Play the priors and hold them against the reports.

    Parameters
    ----------
    workers : threads, None for all cores; the numbers are the same for any
    beside : targets that are shown and not fitted; None for the shipped check rows of the cases
    draws : from the priors, a power of two; negotiations : of each in each episode
    """
    uniforms, groups = prior_uniforms(plan, draws), np.arange(draws)
    rows, together = [], []
    for episode in with_beside(plan, shown_beside(plan, beside)):
        seed = stream(plan.seed, "prior talks")
        values = play(plan, episode, uniforms, negotiations, seed=seed, workers=workers)
        at_once = np.ones((draws, negotiations), bool)
        for target in episode.targets:
            s = values[target.statistic]
            rows.append(about(target) | _prior_row(target, s, groups))
            if target.use == "fit":
                at_once &= near(target, s)
        share = share_of_draws(at_once.any(axis=1))
        told = {"near": share.value, "near_low": share.low, "near_high": share.high, "n": draws}
        together.append({"case": episode.name} | told)
    return PriorPredictive(pd.DataFrame(rows), pd.DataFrame(together), draws, negotiations)


def near(target: Target, values: Reals) -> Flags:
    """Whether values of a statistic are within NEAR sd of what was reported, in their shape."""
    law = ReportLaw(target)
    with np.errstate(invalid="ignore"):
        if target.kind == "flag":
            return values == law.observed
        if target.kind == "bound":
            beyond = values - target.centre if target.low is not None else target.centre - values
            return beyond >= -NEAR * law.spread
        return np.abs(values - law.observed) <= NEAR * law.spread


def _prior_row(target: Target, values: Reals, groups: NDArray[np.int64]) -> dict[str, object]:
    known = ~np.isnan(values)
    defined = mean_probability(known, np.ones(values.shape), groups)
    low, middle, high = quantiles_of(values[known], np.ones(int(np.sum(known))))
    share = share_of_draws(np.mean(near(target, values), axis=1) >= NEAR_IN)
    verdict = "can" if share.value >= CAN else "rarely" if share.value > 0.0 else "cannot"
    return {
        "defined": defined.value, "defined_low": defined.low, "defined_high": defined.high,
        "n_defined": defined.n, "q05": low, "q50": middle, "q95": high,
        "mean": float(np.mean(values[known])) if known.any() else np.nan,
        "near": share.value, "near_low": share.low, "near_high": share.high, "n": share.n,
        "verdict": verdict,
    }  # fmt: skip


def match_history(
    plan: Plan, calibration: Calibration | None = None, workers: int | None = None, *,
    draws: int = DRAWS, negotiations: int = NEGOTIATIONS, posterior_draws: int = POSTERIOR_DRAWS,
) -> HistoryMatching:  # fmt: skip
    """Throw away what cannot have been, and see that the posterior keeps away from it.

    Parameters
    ----------
    draws : from the priors, a power of two; negotiations : of each in each episode
    posterior_draws : at most so many of the chosen draws of the calibration, if there is one
    """
    uniforms = prior_uniforms(plan, draws)
    out = ruled_out(plan, uniforms, negotiations, workers)
    count = np.sum(out, axis=1)
    rows = []
    for index, target in enumerate(plan.targets):
        share, alone = share_of_draws(out[:, index]), share_of_draws(out[:, index] & (count == 1))
        rows.append({
            "target": target.id, "case": target.case, "statistic": target.statistic,
            "ruled_out": share.value, "low": share.low, "high": share.high, "n": draws,
            "alone": alone.value, "alone_low": alone.low, "alone_high": alone.high,
        })  # fmt: skip
    found = pd.DataFrame(rows).sort_values("ruled_out", ascending=False, kind="stable")
    posterior = None
    if calibration is not None:
        posterior = _posterior_share(calibration, posterior_draws, negotiations, workers)
    return HistoryMatching(
        found.reset_index(drop=True), _ranges(plan, uniforms[count == 0]),
        share_of_draws(count == 0), posterior, draws, negotiations,
    )  # fmt: skip


def _posterior_share(
    calibration: Calibration, draws: int, negotiations: int, workers: int | None
) -> Share:
    rows = calibration.chosen[:draws]
    out = ruled_out(calibration.plan, calibration.uniforms[rows], negotiations, workers)
    weights = np.ones((len(rows), 1))
    return mean_probability(out.any(axis=1)[:, None], weights, groups_of(rows))


def ruled_out(plan: Plan, uniforms: Reals, negotiations: int, workers: int | None = None) -> Flags:
    """Which draws each target rules out, shape (draws, targets).

    uniforms : probabilities under the priors, shape (draws, free)
    """
    columns = []
    for episode in plan.episodes:
        seed = stream(plan.seed, "history")
        values = play(plan, episode, uniforms, negotiations, seed=seed, workers=workers)
        columns += [implausible(target, values[target.statistic]) for target in episode.targets]
    return np.stack(columns, axis=1)


def implausible(target: Target, values: Reals) -> Flags:
    """Whether a target rules out each draw, shape (draws,).

    values : of its statistic, shape (draws, negotiations)
    """
    law, known = ReportLaw(target), ~np.isnan(values)
    count = np.sum(known, axis=1)
    s = np.where(known, values, 0.0)
    if not law.is_number:
        return np.mean(np.where(known, law.as_observed(s), 0.0), axis=1) < IMPROBABLE
    mean = np.sum(s, axis=1) / np.maximum(count, 1)
    squares = np.sum(np.where(known, (s - mean[:, None]) ** 2, 0.0), axis=1)
    between = squares / np.maximum(count - 1, 1)
    sd = np.sqrt(between * (1.0 + 1.0 / np.maximum(count, 1)) + law.spread**2)
    far = (count >= _LEAST_DEFINED) & (np.abs(law.observed - mean) > IMPLAUSIBLE * sd)
    return far | (count == 0)


def _ranges(plan: Plan, left: Reals) -> pd.DataFrame:
    rows = []
    for index, free in enumerate(plan.free):
        points = np.quantile(left[:, index], QUANTILES) if len(left) else np.full(3, np.nan)
        units = free.quantiles(points) if len(left) else points
        rows.append(
            {"parameter": free.key}
            | dict(zip(("u05", "u50", "u95", "q05", "q50", "q95"), (*points, *units), strict=True))
            | {"n": len(left)}
        )
    return pd.DataFrame(rows)

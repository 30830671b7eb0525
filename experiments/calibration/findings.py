"""Everything that a calibration has found, gathered once and told in tables, files and a report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.calibration.arviz_export import is_installed, write_draws
from experiments.calibration.backtest import Backtest
from experiments.calibration.backtest_telling import as_record
from experiments.calibration.checks import Check, gathered, verdict
from experiments.calibration.fitting import Calibration
from experiments.calibration.history import DRAWS as PRIOR_DRAWS
from experiments.calibration.history import (
    POSTERIOR_DRAWS,
    HistoryMatching,
    PriorPredictive,
    match_history,
    prior_predictive,
)
from experiments.calibration.identification import Identification, identify
from experiments.calibration.leaving_out import POOL, LeavingOut, leave_out
from experiments.calibration.plan_record import Plan
from experiments.calibration.playing import shown_beside
from experiments.calibration.posterior import Posterior, write_posterior
from experiments.calibration.posterior_making import posterior_of
from experiments.calibration.predictive import DRAWS as PREDICTIVE_DRAWS
from experiments.calibration.predictive import Predictive, predict_reports
from experiments.calibration.reported import Target
from experiments.calibration.synthetic import SyntheticTruth
from experiments.results.writing import write_json, write_table

Say = Callable[[str], object]

FULL_DRAWS = 16_000  # of a fit, from which on the diagnostics have all their draws


@dataclass(frozen=True)
class Findings:
    """What a calibration has found.

    plan, calibration : what was asked, and the weighted draws
    prior, history, identification, predictive, left_out : diagnostics, each with tables
    synthetic : fits to synthetic truth; None where none was made
    checks, status, verdict : what passed, "calibrated" or "not calibrated", and one sentence
    beside : targets that are shown and not fitted
    backtests : of the cases that have hold-out rows
    curve : probability of a breakdown by the level of a study's parameter, under the posterior and
        under the priors; None where no study was asked; see `experiments.calibration.curve`
    manifest : provenance: model, versions, commit, seed, date
    """

    plan: Plan
    calibration: Calibration
    prior: PriorPredictive
    history: HistoryMatching
    identification: Identification
    predictive: Predictive
    left_out: LeavingOut
    synthetic: SyntheticTruth | None
    checks: tuple[Check, ...]
    status: str
    verdict: str
    manifest: dict[str, Any]
    beside: tuple[Target, ...] = ()
    backtests: tuple[Backtest, ...] = ()
    curve: pd.DataFrame | None = None

    @property
    def posterior(self) -> Posterior:
        """The draws, as a sweep takes them."""
        return posterior_of(
            self.calibration, date=self.manifest["date"], status=self.status,
            verdict=self.verdict, verdicts=self.identification.verdicts,
            checks=[check._asdict() for check in self.checks],
        )  # fmt: skip

    def with_more(self, **more: Any) -> "Findings":
        """With a back-test or a curve."""
        return replace(self, **more)


def share_of_work(plan: Plan) -> float:
    """Share of the usual draws that the diagnostics of a smaller fit get: 1, 1/2, ... 1/8."""
    return 2.0 ** -min(max(int(np.ceil(np.log2(FULL_DRAWS / plan.draws))), 0), 3)


def checked_before(
    plan: Plan, workers: int | None = None, beside: Sequence[Target] | None = None
) -> PriorPredictive:
    """What the model says before anything is fitted, with draws as the size of the plan asks."""
    draws = int(PRIOR_DRAWS * share_of_work(plan))
    return prior_predictive(plan, workers, beside=beside, draws=draws)


def diagnose(
    calibration: Calibration,
    manifest: dict[str, Any],
    *,
    prior: PriorPredictive | None = None,
    synthetic: SyntheticTruth | None = None,
    beside: Sequence[Target] | None = None,
    workers: int | None = None,
    say: Say = lambda _words: None,
) -> Findings:
    """All diagnostics of a fit.

    Parameters
    ----------
    manifest : provenance, with its date
    prior : the prior predictive check, if it was made before the fit
    synthetic : fits to synthetic truth; None fails the checks that need them
    beside : targets that are shown and not fitted; None for the shipped ones of the cases
    workers : threads, None for all cores; the numbers are the same for any
    say : told what is being done
    """
    plan, part = calibration.plan, share_of_work(calibration.plan)
    beside = shown_beside(plan, beside)
    if prior is None:
        prior = checked_before(plan, workers, beside)
    say("what history rules out")
    history = match_history(
        plan, calibration, workers, draws=int(PRIOR_DRAWS * part),
        posterior_draws=int(POSTERIOR_DRAWS * part),
    )  # fmt: skip
    identification = identify(calibration)
    say("what the fitted model would report")
    predictive = predict_reports(
        calibration, workers, beside=beside, draws=int(PREDICTIVE_DRAWS * part)
    )
    say("what it says with each figure left out")
    left_out = leave_out(calibration, workers, pool=int(POOL * part))
    checks = gathered(calibration, identification, prior, history, predictive, left_out, synthetic)
    status, words = verdict(checks, identification)
    return Findings(
        plan, calibration, prior, history, identification, predictive, left_out, synthetic,
        checks, status, words, manifest, beside,
    )  # fmt: skip


def write_findings(findings: Findings, folder: Path) -> list[Path]:
    """Write every table, the posterior and, where ArviZ is there, its draws; returns the files.

    Raises
    ------
    ResultsError
        Where they cannot be written.
    """
    tables = {
        "targets": pd.DataFrame([target.as_json() for target in findings.plan.targets]),
        "prior_predictive": findings.prior.targets,
        "history": findings.history.targets,
        "history_ranges": findings.history.ranges,
        "identification": findings.identification.parameters,
        "known_together": findings.identification.pairs,
        "prior_sensitivity": findings.identification.sensitivity,
        "posterior_predictive": findings.predictive.targets,
        "leave_one_target_out": findings.left_out.targets,
        "leave_one_episode_out": findings.left_out.episodes,
        "checks": pd.DataFrame([check._asdict() for check in findings.checks]),
    }
    if findings.synthetic is not None:
        tables["synthetic_truth"] = findings.synthetic.table()
    if findings.curve is not None:
        tables["curve"] = findings.curve
    written = []
    for name, table in tables.items():
        written.append(folder / f"{name}.csv")
        write_table(written[-1], table)
    for found in findings.backtests:
        stem = f"backtest_{found.case}"
        written += [folder / f"{stem}.csv", folder / f"{stem}.json"]
        write_table(folder / f"{stem}.csv", found.table)
        write_json(folder / f"{stem}.json", as_record(found))
    written.append(folder / "posterior.json")
    write_posterior(findings.posterior, written[-1])
    if is_installed():
        written.append(folder / "draws.nc")
        write_draws(findings.calibration, written[-1])
    return written

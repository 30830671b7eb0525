"""Back-test: fitted to what was known on a day, what does the model say of what came after?

>>> from experiments.calibration.plan import read_plan
>>> found = backtest("korea_2019_november", read_plan("korea_2019", draws=1000, negotiations=50))
>>> found.case, found.table["statistic"].iloc[0], found.known_on.isoformat()
('korea_2019_november', 'agreed_change', '2019-11-19')

Hold-out rows are read once the fit and the forecasts are done. A case without any, that is one of
the plan's episodes, is left out of the fit and forecast from the other episodes.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.calibration.episodes import Episode
from experiments.calibration.evaluation import Progress, stream
from experiments.calibration.fitting import Calibration, calibrate, resampled
from experiments.calibration.laws import ROUNDS_AFTER_EXPIRY, ROUNDS_LAW, FreeParameter
from experiments.calibration.plan_record import Plan
from experiments.calibration.predicting import Prediction, predict
from experiments.calibration.reported import Target
from experiments.calibration.scoring import MODEL, scored
from experiments.calibration.targets import SHIPPED, check_rows, count_held_out, hold_out_rows
from sim.errors import InputError
from sim.parameters import Prior
from sim.scenario import read_scenario

Reals = NDArray[np.float64]

DRAWS = (100, 10_000)  # of the posterior that a case is played under, least and most


@dataclass(frozen=True)
class Arranged:
    """What is fitted and what is forecast.

    plan : of the fit, without anything of the case that came later
    episode : the case, with what was known of it on the day as its targets
    held : targets to forecast that are known already, as the case was left out of the plan's fit;
        empty where hold-out rows of a table are waiting
    past : what was reported of the other episodes by the day; they name the base rates
    """

    plan: Plan
    episode: Episode
    held: tuple[Target, ...]
    past: tuple[Target, ...]


@dataclass(frozen=True)
class Backtest:
    """Forecasts of one case, and how they fared.

    plan, effective_size : of the fit
    model, prior : the forecasts under the posterior and under the priors
    held : what was reported
    table : one row a reported figure and forecaster; see docs/how-to/backtest.md for its columns
    """

    case: str
    plan: Plan
    known: tuple[Target, ...]
    effective_size: float
    model: Prediction
    prior: Prediction
    held: tuple[Target, ...]
    table: pd.DataFrame

    @property
    def known_on(self) -> date:
        """The day of the fit."""
        return self.plan.known_on

    def of(self, statistic: str, forecaster: str = MODEL) -> dict[str, Any]:
        """The row of one forecaster on one statistic."""
        named = self.table["statistic"] == statistic
        rows = self.table[named & (self.table["forecaster"] == forecaster)]
        return rows.iloc[0].to_dict()


def backtest(
    case: str | Path,
    plan: Plan,
    calibration: Calibration | None = None,
    *,
    targets: str | Path = SHIPPED,
    draws: int = 1000,
    as_of_the_time: bool = False,
    where: str | Path | None = None,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Fit what was known, forecast a case, and score the forecast.

    Parameters
    ----------
    case : an episode of the plan, a shipped case, or a case file
    calibration : a fit of `arranged(...).plan` that is done already; None fits now
    targets : the table with the hold-out rows: "targets" for the shipped ones, or a .csv file
    draws : of the posterior, and of the priors, that the case is played under
    as_of_the_time : whether the day of the fit is the eve of the first round of the case
    where, overwrite, workers, progress : see `calibrate`

    Raises
    ------
    InputError
        Where the case is unknown or has nothing to be scored on, nothing was known before it, the
        calibration is of another plan, or as `calibrate`.
    ResultsError
        As `calibrate`.
    """
    if not DRAWS[0] <= draws <= DRAWS[1]:
        raise InputError(f"draws is {draws}; it must be in [{DRAWS[0]}, {DRAWS[1]}]")
    asked = arranged(case, plan, targets, as_of_the_time=as_of_the_time)
    if calibration is None:
        calibration = calibrate(
            asked.plan, where=where, overwrite=overwrite, workers=workers, progress=progress
        )
    elif calibration.plan.digest != asked.plan.digest:
        raise InputError(
            f"the calibration is of another plan than the back-test of {asked.episode.name} fits; "
            "give one of arranged(...).plan, or none"
        )
    model = _under_posterior(asked, calibration, draws, workers)
    prior = _under_priors(asked, draws, workers)
    held = asked.held or _held_out(targets, asked.episode.name)
    fitted = asked.episode.name in {episode.name for episode in asked.plan.episodes}
    rows = [
        row
        for target in held
        for row in scored(
            target, asked.episode, asked.past, model, prior,
            known=fitted and target.date <= asked.plan.known_on,
        )
    ]  # fmt: skip
    return Backtest(
        asked.episode.name, asked.plan, asked.episode.targets, calibration.effective_size, model,
        prior, held, pd.DataFrame(rows),
    )  # fmt: skip


def arranged(
    case: str | Path, plan: Plan, targets: str | Path = SHIPPED, *, as_of_the_time: bool = False
) -> Arranged:
    """What a back-test fits, and to what; nothing of a hold-out row is read but that it is there.

    Raises
    ------
    InputError
        See `backtest`.
    """
    episode, own = _episode(case, plan)
    waiting = count_held_out(targets, episode.name)
    if not waiting and not own:
        raise InputError(
            f"{targets}: has no row with use hold-out for the case {episode.name!r}; a back-test "
            "needs at least one"
        )
    kept = [e for e in plan.episodes if waiting or e.name != episode.name]
    known_on = plan.known_on
    if as_of_the_time:
        eve = episode.scenario.calendar.rounds[0].start - timedelta(days=1)
        known_on = min(known_on, eve)
    known = [replace(e, targets=tuple(t for t in e.targets if t.date <= known_on)) for e in kept]
    known = tuple(e for e in known if e.targets)
    if not any(e.name != episode.name for e in known):
        raise InputError(
            f"{episode.name}: no target of another episode of plan {plan.name} was known by "
            f"{known_on}; there is nothing to forecast it from"
        )
    others = {e.name for e in known} - {episode.name}
    past = [t for e in known for t in e.targets if t.case in others]
    past += [t for t in check_rows(targets, others) if t.date <= known_on]
    told = tuple(t for e in known for t in e.targets if t.case == episode.name)
    return Arranged(
        replace(plan, known_on=known_on, episodes=known), replace(episode, targets=told),
        () if waiting else episode.targets, tuple(past),
    )  # fmt: skip


def _episode(case: str | Path, plan: Plan) -> tuple[Episode, bool]:
    """The episode of a case, and whether it is one of the plan's."""
    by_name = {episode.name: episode for episode in plan.episodes}
    if str(case) in by_name:
        return by_name[str(case)], True
    scenario = read_scenario(case)
    if scenario.name in by_name:
        raise InputError(
            f"{case}: has the name {scenario.name!r} of an episode of plan {plan.name}; give it "
            "another, or name that episode"
        )
    after = len(scenario.calendar.rounds) - int(scenario.values["talks.expiry_round"])
    shared = {free.name for free in plan.parameters}
    unknown: tuple[FreeParameter, ...] = ()
    if after > 1 and ROUNDS_AFTER_EXPIRY not in shared:
        law = Prior("uniform", ROUNDS_LAW.low, min(float(after), ROUNDS_LAW.high))
        unknown = (FreeParameter(ROUNDS_AFTER_EXPIRY, law, scenario.name),)
    return Episode(scenario, unknown), False


def _held_out(targets: str | Path, case: str) -> tuple[Target, ...]:
    """The hold-out rows of a case, those of no weight left out."""
    held = tuple(row for row in hold_out_rows(targets, {case}) if row.weight > 0.0)
    if not held:
        raise InputError(
            f"{targets}: every row with use hold-out of the case {case!r} has the weight 0; a "
            "back-test needs one above"
        )
    return held


def _under_posterior(
    asked: Arranged, calibration: Calibration, draws: int, workers: int | None
) -> Prediction:
    """The case under draws from the posterior, each played once and weighed by how often it came.

    What is unknown of a case that was not fitted comes from its priors.
    """
    seed = stream(asked.plan.seed, "back-test", asked.episode.name)
    chosen = resampled(calibration.weights, draws, stream(seed, "posterior"))
    rows, counts = np.unique(chosen, return_counts=True)
    theta = asked.plan.theta(calibration.uniforms[rows])
    rng = np.random.default_rng(stream(seed, "unknown"))
    for free in asked.episode.unknown:
        theta.setdefault(free.key, free.quantiles(rng.random(len(rows))))
    return predict(
        asked.plan, asked.episode, theta, counts / draws, asked.episode.targets, fitted=True,
        seed=stream(seed, "talks"), workers=workers,
    )  # fmt: skip


def _under_priors(asked: Arranged, draws: int, workers: int | None) -> Prediction:
    """The case under draws from the priors, given what was known of the case itself."""
    seed = stream(asked.plan.seed, "back-test", asked.episode.name)
    rng = np.random.default_rng(stream(seed, "priors"))
    free = (*asked.plan.parameters, *asked.episode.unknown)
    theta = {one.key: one.quantiles(rng.random(draws)) for one in free}
    return predict(
        asked.plan, asked.episode, theta, np.full(draws, 1.0 / draws), asked.episode.targets,
        fitted=False, seed=stream(seed, "talks"), workers=workers,
    )  # fmt: skip

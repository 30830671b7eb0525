"""The main job: how often the talks break down, and how, as the demanded amount grows.

Beside the case itself every demand is played as cheap talk: the same negotiations, draw by draw,
by a president who pays no audience cost. The reported demand is added to the grid as one more
point.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments import provenance
from experiments.results import legacy as results
from experiments.statistics import CAUSES, at_demand, variant
from sim.errors import InputError
from sim.money import Money
from sim.negotiate import negotiate
from sim.outcomes import OUTCOME
from sim.scenario import DesignPoints, Scenario, find_row
from sim.terms import Ending

DEFAULT_DEMANDS = tuple(np.linspace(1.05, 8.0, 29).round(4).tolist())
DEFAULT_REPLICATES = 20_000
DEFAULT_SEED = 2019
CHEAP_TALK = {"president.audience_cost": 0.0, "president.category_audience_cost": 0.0}
IN_WORDS = {
    "lapse": "lapse",
    "walk_out": "walk-out for good",
    "executive_veto": "president's veto",
    "ratification_refused": "refusal by the Assembly",
}
MAX_NEGOTIATIONS = 10**9

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Sweep:
    """A finished sweep: its scenario, its design and what the negotiations add up to.

    summary : one row a design point, counts of endings and quantiles of deals
    manifest : provenance
    """

    scenario: Scenario
    summary: pd.DataFrame
    manifest: dict[str, Any]


def run_sweep(
    scenario: Scenario,
    *,
    demands: Sequence[float] = DEFAULT_DEMANDS,
    replicates: int = DEFAULT_REPLICATES,
    seed: int = DEFAULT_SEED,
    settings: Mapping[str, float] | None = None,
    folder: Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Play a sweep over the public demand, on all cores.

    Parameters
    ----------
    demands : in payments; the scenario's reported demand is added where it is not among them
    replicates : negotiations a demand, and as many of cheap talk
    settings : other parameters that differ from the case, by name
    folder : where blocks and manifest go; None keeps nothing. A run that was interrupted goes on.
    threads : None for all cores; the numbers do not depend on it
    progress : called with the number of negotiations that were finished

    Raises
    ------
    InputError
        Where a demand, a setting or a count is out of range, or the folder holds another run.
    """
    if not len(demands) or not 1 <= replicates <= 2**32 - 1:
        raise InputError(
            f"a sweep needs at least 1 demand and 1 to {2**32 - 1} replicates; "
            f"it has {len(demands)} and {replicates}"
        )
    if not 0 <= seed < 2**64:
        raise InputError(f"seed is {seed!r}; it must be a whole number in [0, {2**64 - 1}]")
    design, points = make_design(scenario, demands, dict(settings or {}))
    if len(design) * replicates > MAX_NEGOTIATIONS:
        raise InputError(
            f"{len(design)} design points x {replicates} replicates is more than the "
            f"{MAX_NEGOTIATIONS} negotiations of one sweep"
        )
    manifest = make_manifest(scenario, design, replicates, seed, dict(settings or {}))
    if folder is not None:
        results.claim(folder, manifest, overwrite=overwrite)
        results.write_table(folder / "design.csv", design)
    rows: list[dict[str, Any]] = [{} for _ in range(len(design))]
    job = _Job(points, design, manifest, folder, scenario.money)
    for index, summary in _on_threads(job, threads or os.cpu_count() or 1):
        rows[index] = summary
        if progress is not None:
            progress(replicates)
    if folder is not None:
        results.write_json(folder / "manifest.json", manifest | {"complete": True})
    return Sweep(scenario, pd.concat([design, pd.DataFrame(rows)], axis=1), manifest)


def make_design(
    scenario: Scenario, demands: Sequence[float], settings: Mapping[str, float]
) -> tuple[pd.DataFrame, DesignPoints]:
    """The table of design points, as a frame to be read and as the engines' table.

    Raises
    ------
    InputError
        Where a setting names no parameter, or names one that the sweep itself varies.
    """
    fixed = {find_row(name): value for name, value in settings.items()}
    if "president.demand" in fixed:
        raise InputError("president.demand is what the sweep varies; it cannot also be set")
    grid = sorted({*map(float, demands), scenario.reported.demand})
    size = len(grid)
    columns: dict[str, Any] = {"president.demand": np.array(grid * 2)}
    columns |= {name: np.full(2 * size, value) for name, value in fixed.items()}
    for name, off in CHEAP_TALK.items():
        central = fixed.get(name, scenario.values[name])
        columns[name] = np.repeat([central, off], size)
    points = scenario.points(columns)
    design = pd.DataFrame(
        {
            "design_point": np.arange(2 * size),
            "variant": np.repeat(["case", "cheap_talk"], size),
            "demand": columns.pop("president.demand"),
        }
        | columns
    )
    return design, points


def make_manifest(
    scenario: Scenario, design: pd.DataFrame, replicates: int, seed: int, settings: dict[str, float]
) -> dict[str, Any]:
    """The provenance of a sweep."""
    return {
        "schema_version": results.SCHEMA_VERSION,
        "study": "demand",
        "case": scenario.name,
        "case_digest": scenario.digest,
        "status": "calibrated" if scenario.calibrated else "uncalibrated",
        "design_digest": provenance.digest(design.to_dict("list")),
        "design_points": len(design),
        "replicates": replicates,
        "seed": seed,
        "draws": "common random numbers across design points",
        "settings": settings,
        "interval": "Wilson, 95%",
        "model": provenance.model_fingerprint(),
        "commit": provenance.commit(),
        "versions": provenance.versions(),
    }


@dataclass(frozen=True)
class _Job:
    """Everything that playing one design point needs."""

    points: DesignPoints
    design: pd.DataFrame
    manifest: dict[str, Any]
    folder: Path | None
    money: Money

    def play(self, index: int) -> dict[str, Any]:
        """Play, or find, the block of a design point; returns its summary."""
        replicates, seed = self.manifest["replicates"], self.manifest["seed"]
        one = slice(index, index + 1)
        point = DesignPoints(
            self.points.values[one], self.points.blocs[one], self.points.words[one]
        )
        if self.folder is None:
            return summarise(negotiate(point, replicates, seed=seed)[0])
        key = provenance.digest(
            [self.manifest["model"], int(point.words[0]), replicates, seed, results.SCHEMA_VERSION]
        )
        path = results.block_path(self.folder, index, key)
        outcomes = results.read_block(path, key, OUTCOME)
        if outcomes is None:
            outcomes = negotiate(point, replicates, seed=seed)[0]
            results.write_block(path, outcomes, self.columns(index, outcomes), key)
        return summarise(outcomes)

    def columns(self, index: int, outcomes: NDArray[Any]) -> dict[str, Any]:
        """What a table of negotiations says beside the records: the point, money, terms."""
        row, point = self.design.iloc[index], self.points.values[index]
        deal = np.where(outcomes["ending"] == Ending.RATIFIED, 1.0, np.nan)
        years = 1.0 + point["duration"] * (point["package_duration_max"] - 1.0)
        return {
            "design_point": np.uint32(index),
            "variant": row["variant"],
            "demand": row["demand"],
            "amount_krw_bn": outcomes["amount"] * self.money.krw_bn(1.0),
            "amount_usd_bn": outcomes["amount"] * self.money.usd_bn(1.0),
            "duration_years": deal * years,
            "escalator": deal * point["escalator"] * point["package_escalator_max"],
        }


def _on_threads(job: _Job, threads: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Play every design point; the compiled kernel lets the threads run side by side."""
    with ThreadPoolExecutor(threads) as pool:
        waiting = {pool.submit(job.play, index): index for index in range(len(job.points))}
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def summarise(outcomes: NDArray[Any]) -> dict[str, Any]:
    """Counts of endings and quantiles of deals of one block."""
    endings = np.bincount(outcomes["ending"], minlength=len(Ending))
    deals = outcomes[outcomes["ending"] == Ending.RATIFIED]
    summary: dict[str, Any] = {"n": len(outcomes), "ratified": int(endings[Ending.RATIFIED])}
    summary |= {name: int(endings[ending]) for ending, name in CAUSES}
    summary["any_walk_out"] = int(np.count_nonzero(outcomes["first_walk_out"]))
    summary["any_veto"] = int(np.count_nonzero(outcomes["vetoes"]))
    summary["any_refusal"] = int(np.count_nonzero(outcomes["refusals"]))
    quantiles = np.quantile(deals["amount"], [0.25, 0.5, 0.75]) if len(deals) else [np.nan] * 3
    for name, value in zip(("q25", "median", "q75"), quantiles, strict=True):
        summary[f"settlement_{name}"] = float(value)
    summary["rounds_median"] = float(np.median(deals["round"])) if len(deals) else np.nan
    return summary


def answer(sweep: Sweep, estimates: pd.DataFrame) -> str:
    """The answer to the question of the sweep, in two sentences with their intervals."""
    scenario = sweep.scenario
    case = variant(estimates, "case")
    at = at_demand(case, scenario.reported.demand)
    cheap = at_demand(variant(estimates, "cheap_talk"), scenario.reported.demand)
    first, last = (at_demand(case, end(case["demand"])) for end in (min, max))
    causes = ", ".join(
        f"{IN_WORDS[name]} {_share(at, name)}"
        for name in sorted(IN_WORDS, key=lambda name: -float(at[name]))
    )
    status = "" if scenario.calibrated else (
        "The parameters are assumptions, not calibrated: what the model says, no forecast.\n"
    )  # fmt: skip
    return (
        f"At the {scenario.reported.label} (${at['demand_usd_bn']:.3g}bn, {at['demand']:.2f} times "
        f"the payment) the talks break down in {_share(at, 'breakdown')} of {int(at['n']):,} "
        f"negotiations: {causes}.\n"
        f"As the demand grows from {first['demand']:.2f} to {last['demand']:.2f} times the "
        f"payment, breakdown goes from {_share(first, 'breakdown')} to {_share(last, 'breakdown')} "
        f"(n = {int(first['n']):,} each); were the reported demand cheap talk, it would be "
        f"{_share(cheap, 'breakdown')}.\n"
        f"{status}Brackets: 95% Wilson intervals of chance within the model."
    )


def _share(row: Mapping[str, float], name: str) -> str:
    return f"{row[name]:.1%} [{row[f'{name}_low']:.1%}, {row[f'{name}_high']:.1%}]"

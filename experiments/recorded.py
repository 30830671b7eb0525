"""The folder of a run read back as what was run: its study, its design, its blocks.

What stands in the folder is checked against its digests before anything is played from it.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments import provenance, results
from experiments.blocks import Block, is_staged, stages
from experiments.calibration.posterior import Posterior, parse_posterior
from experiments.design import Design, make_design
from experiments.results.inspection import Blocks, Inspection, inspect
from experiments.run import Job, most_rounds
from experiments.study import Study, Variant
from experiments.study_making import make_study, with_options
from experiments.tally import Totals
from sim.errors import InputError
from sim.parameters import Prior
from sim.scenario import Scenario, read_scenario

CASE, MANIFEST, POSTERIOR = "case.toml", "manifest.json", "posterior.json"


@dataclass(frozen=True)
class Recorded:
    """A run as its folder holds it, complete or not.

    store : where it lies; manifest : its provenance
    study : what was asked
    """

    store: results.Store
    manifest: dict[str, Any]
    study: Study

    @cached_property
    def design(self) -> Design:
        """The design points."""
        return make_design(self.study)

    @cached_property
    def job(self) -> Job:
        """What plays its blocks again, keeping nothing."""
        rows = bool(self.manifest["keep_rows"])
        return Job(
            self.design, None, results.run_key(self.manifest), rows, most_rounds(self.design)
        )

    def inspected(self, only: set[int] | None = None) -> Inspection:
        """Its blocks that are there as a whole, of all numbers or of some."""
        return inspect(self.store, self.job.key, self.job.keep_rows, only)

    def plan(self, found: Inspection) -> list[Block]:
        """The blocks of the study, as far as those that are there tell."""
        course = stages(self.design)
        planned = stage = next(course)
        if not is_staged(self.study):
            return planned
        totals = Totals(len(self.design))
        while all(block.index in found.whole for block in stage):
            for block in stage:
                totals.add(found.whole[block.index])
            try:
                stage = course.send(totals.table())
            except StopIteration:
                break
            planned = planned + stage
        return planned

    def holding(self, design_point: int, replicate: int) -> tuple[Block, Inspection]:
        """The block that holds a negotiation, and what was found of it.

        Raises
        ------
        InputError
            Where the run does not have the negotiation, or has not played it.
        """
        where, study = self.store.where, self.study
        for name, value, count in (
            ("design point", design_point, study.points),
            ("replicate", replicate, study.replicates),
        ):
            if not 0 <= value < count:
                raise InputError(f"{where}: {name} is {value}; it must be in [0, {count - 1}]")
        found = self.inspected() if is_staged(study) else Inspection(Blocks(self.store))
        for block in self.plan(found):
            if design_point in block.points and 0 <= replicate - block.first < block.replicates:
                found = found if is_staged(study) else self.inspected({block.index})
                if block.index in found.whole:
                    return block, found
        raise InputError(
            f"{where}: holds no replicate {replicate} of design point {design_point}: the run did "
            "not play it, or its block is lost or damaged"
        )


def read_recorded(where: str | Path) -> Recorded:
    """A run that this Winset can play again.

    Raises
    ------
    InputError
        Where there is no run, its study or case is not what its digests say, or another version
        of Winset or of the model made it.
    ResultsError
        Where the folder cannot be read.
    """
    store = results.open_store(where)
    manifest = results.read_manifest(store)
    if not manifest:
        raise InputError(f"{store.where}: holds no manifest.json of a run")
    for name, here in (
        ("schema_version", results.SCHEMA_VERSION),
        ("model", provenance.model_fingerprint()),
    ):
        if manifest.get(name) != here:
            raise InputError(
                f"{store.where}: {name} is {manifest.get(name)!r} there and {here!r} here; what "
                "another model has played cannot be played again by this one"
            )
    scenario = _case(store)
    if scenario.digest != manifest.get("case_digest"):
        raise InputError(f"{store.where}/{CASE}: is not the case that was run")
    record = manifest.get("study")
    posterior = _posterior(store, record)
    try:
        study = study_from_json(record, scenario, posterior)
    except InputError as error:
        raise InputError(*(f"{store.where}/{MANIFEST}: {one}" for one in error.problems)) from None
    if study.digest != manifest.get("study_digest") or "keep_rows" not in manifest:
        raise InputError(f"{store.where}/{MANIFEST}: its study is not the one that was run")
    return Recorded(store, manifest, study)


def _case(store: results.Store) -> Scenario:
    """The case that lies in the folder, which may be a remote one."""
    where = f"{store.where}/{CASE}"
    with tempfile.TemporaryDirectory(prefix="winset-") as folder:
        path = Path(folder) / CASE
        try:
            path.write_bytes(store.read(CASE))
            return read_scenario(path)
        except FileNotFoundError:
            raise InputError(f"{where}: is missing") from None
        except InputError as error:
            told = (one.replace(str(path), where) for one in error.problems)
            raise InputError(*told) from None


def _posterior(store: results.Store, record: Any) -> Posterior | None:
    """The posterior that lies in the folder of a study that was played under one."""
    told = record.get("posterior") if isinstance(record, dict) else None
    if told is None:
        return None
    where = f"{store.where}/{POSTERIOR}"
    try:
        found = parse_posterior(store.read(POSTERIOR), where)
    except FileNotFoundError:
        raise InputError(f"{where}: is missing") from None
    if not isinstance(told, dict) or found.digest != told.get("digest"):
        raise InputError(f"{where}: is not the posterior that was run")
    return found


def study_from_json(record: Any, scenario: Scenario, posterior: Posterior | None = None) -> Study:
    """The study of a manifest: the inverse of `Study.as_json`.

    Parameters
    ----------
    scenario, posterior : what it was made with, which the record knows by digests alone

    Raises
    ------
    InputError
        Where the record is none of a study, or of one that cannot be meant.
    """
    try:
        vary = {one["parameter"]: _range(one) for one in record["factors"]}
        variants = [
            Variant(name, record["labels"][name], _settings(settings))
            for name, settings in record["variants"]
        ]
        given = {
            key: record[key]
            for key in (
                "name", "title", "question", "notes", "design", "size", "replicates", "precision",
                "refine", "draws", "outcome", "seed", "figures",
            )
        }  # fmt: skip
        settings = _settings(record["settings"])
        made = make_study(scenario, vary=vary, variants=variants, settings=settings, **given)
        return made if posterior is None else with_options(made, posterior=posterior)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"study is none of a manifest: {error!r}") from None


def _range(one: Mapping[str, Any]) -> list[float] | Prior:
    if "levels" in one:
        return [_number(level) for level in one["levels"]]
    law, low, high = one["law"]
    return Prior(law, _number(low), _number(high))


def _settings(table: Mapping[str, Any]) -> dict[str, float]:
    return {name: _number(value) for name, value in table.items()}


def _number(value: Any) -> float:
    """A number of a manifest, which writes infinities as words."""
    return float(value) if isinstance(value, str) else value

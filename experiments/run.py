"""Playing a study: its blocks on all cores or on a cluster, kept as they are done.

Nothing in the numbers depends on threads, workers, order or on how often a run was interrupted:
draws have addresses and counts are whole numbers. A block that is there and whole is not played
again.

>>> from experiments.run import run_study
>>> from experiments.study_making import make_study
>>> study = make_study("korea_2019", vary={"demand": [1.5, 5.58]}, replicates=500, seed=7)
>>> run_study(study).counts[["design_point", "n", "ratified"]]
   design_point    n  ratified
0             0  500       421
1             1  500       191
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from experiments import provenance, results
from experiments.blocks import Block, count_blocks, is_staged, stages
from experiments.design import Design, make_design
from experiments.study import Study
from experiments.tally import Totals, columns, discordant, is_healthy, tally
from sim.errors import InputError
from sim.negotiate import negotiate
from sim.outcomes import OUTCOME

Progress = Callable[[int], object]
Shard = tuple[int, int]


@dataclass(frozen=True)
class Run:
    """A finished run.

    study : what was asked; design : its design points
    counts : one row a design point, see `experiments.tally`; a point that was not played has n = 0
    manifest : provenance
    """

    study: Study
    design: Design
    counts: pd.DataFrame
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """Everything that playing and keeping a block needs; it travels to the workers.

    where : folder or address of the results; None keeps nothing
    key : of the run, kept in every block
    rounds : the most rounds that a design point has
    """

    design: Design
    where: str | None
    key: str
    keep_rows: bool
    rounds: int

    def do(self, block: Block) -> dict[str, Any]:
        """Play a block and keep it; returns the columns of its counts."""
        counts, rows = self.play(block)
        if self.where is not None:
            store = results.open_store(self.where)
            results.keep_block(store, block.index, self.key, counts, rows)
        return counts

    def play(self, block: Block) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The counts of a block, and its negotiations where they are kept."""
        study = self.design.study
        points = self.design.points(block.points)
        records = negotiate(
            points, block.replicates, seed=study.seed, first_replicate=block.first,
            common=study.common,
        )  # fmt: skip
        arms = len(study.variants)
        counts = []
        for index, played in enumerate(records):
            counted = tally(played, self.rounds)
            if arms > 1:
                counted |= discordant(played, records[index - index % arms])
            counts.append(counted)
        rows = self.rows(block, records) if self.keep_rows else None
        return columns(block.points.tolist(), counts), rows

    def rows(self, block: Block, records: np.ndarray) -> dict[str, Any]:
        """One row a negotiation: what varies, the replicate, the record."""
        size = block.replicates
        told = self.design.table.iloc[block.points]
        table: dict[str, Any] = {
            "design_point": np.repeat(block.points.astype(np.uint32), size),
            "replicate": np.tile(
                np.arange(block.first, block.first + size, dtype=np.uint64), len(block.points)
            ),
        }
        if len(self.design.study.variants) > 1:
            table["variant"] = np.repeat(told["variant"].to_numpy(), size).tolist()
        for name in self.design.study.parameters:
            table[name] = np.repeat(told[name].to_numpy(), size)
        flat = records.reshape(-1)
        table |= {name: np.ascontiguousarray(flat[name]) for name in OUTCOME.names or ()}
        table["failed"] = ~is_healthy(flat)
        return table


class Workers(Protocol):
    """Who plays the blocks of a job."""

    def play(self, job: Job, blocks: Iterable[Block]) -> Iterator[tuple[Block, dict[str, Any]]]:
        """Play and keep blocks; gives each with its counts, in the order in which they finish."""
        ...


@dataclass(frozen=True)
class Threads:
    """Threads of this process; the compiled kernel lets them run side by side."""

    count: int

    def play(self, job: Job, blocks: Iterable[Block]) -> Iterator[tuple[Block, dict[str, Any]]]:
        """Play blocks, a few at a time, so that memory does not grow with the study."""
        source = iter(blocks)
        waiting: dict[Future[dict[str, Any]], Block] = {}
        with ThreadPoolExecutor(self.count) as pool:
            try:
                while True:
                    while len(waiting) < self.count + 1 and (block := next(source, None)):
                        waiting[pool.submit(job.do, block)] = block
                    if not waiting:
                        return
                    for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                        yield waiting.pop(done), done.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def run_study(
    study: Study,
    *,
    where: str | Path | None = None,
    overwrite: bool = False,
    keep_rows: bool = False,
    workers: Workers | int | None = None,
    shard: Shard | None = None,
    progress: Progress | None = None,
) -> Run:
    """Play a study.

    Parameters
    ----------
    where : folder, or address such as s3://bucket/folder, of the results; None keeps nothing. A
        run that was interrupted goes on.
    overwrite : replace another run there
    keep_rows : keep every negotiation, not the counts alone
    workers : who plays; a number of threads, None for all cores
    shard : (i, n) plays every n-th block from the i-th on, counted from 1, and leaves the rest to
        others
    progress : called with the number of negotiations that were finished or found

    Raises
    ------
    InputError
        Where the folder holds another run, or a shard is asked of a study in stages.
    ResultsError
        Where results cannot be written or read.
    """
    _check_shard(study, where, shard)
    design = make_design(study)
    manifest = make_manifest(study, keep_rows=keep_rows)
    folder = None
    with ExitStack() as held:
        if where is not None:
            folder = results.RunFolder(results.open_store(where), manifest)
            held.enter_context(folder.lock(shard))
            folder.claim(overwrite=overwrite)
            folder.store.write("case.toml", study.scenario.text.encode())
            folder.store.write("design.csv", as_csv(design.table))
        job = Job(
            design, None if where is None else str(where), results.run_key(manifest), keep_rows,
            most_rounds(design),
        )  # fmt: skip
        team = workers if not isinstance(workers, int | None) else Threads(workers or cores())
        totals, blocks = _play(job, team, folder, shard, progress)
        if folder is not None and shard is None:
            folder.complete(blocks=blocks)
            manifest = folder.manifest
    return Run(study, design, totals.table(), manifest)


def _play(
    job: Job, team: Workers, folder: results.RunFolder | None, shard: Shard | None,
    progress: Progress | None,
) -> tuple[Totals, int]:  # fmt: skip
    """Every stage of the study; returns the totals and the number of blocks."""
    totals, planned = Totals(len(job.design)), 0
    course = stages(job.design)
    blocks = next(course)
    found = folder.finished() if folder is not None else {}
    while True:
        planned += len(blocks)
        mine = [block for block in blocks if _is_mine(block, shard)]
        for block in mine:
            if block.index in found:
                totals.add(found.pop(block.index))
                if progress is not None:
                    progress(block.negotiations)
                mine = [other for other in mine if other.index != block.index]
        for block, counts in team.play(job, mine):
            totals.add(counts)
            if progress is not None:
                progress(block.negotiations)
        try:
            blocks = course.send(totals.table())
        except StopIteration:
            return totals, planned


def _is_mine(block: Block, shard: Shard | None) -> bool:
    return shard is None or block.index % shard[1] == shard[0] - 1


def _check_shard(study: Study, where: str | Path | None, shard: Shard | None) -> None:
    if shard is None:
        return
    if not 1 <= shard[0] <= shard[1] <= 100_000:
        raise InputError(
            f"shard is {shard[0]}/{shard[1]}; it must be i/n with 1 <= i <= n <= 100000"
        )
    if where is None:
        raise InputError("a shard needs a folder: what it plays is put together there")
    if is_staged(study):
        raise InputError(
            "a study with a precision or refinement cannot be split into shards: its later blocks "
            "depend on the counts of all earlier ones; run it with threads or on a cluster"
        )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def most_rounds(design: Design) -> int:
    """The most rounds that any design point of a study has."""
    study = design.study
    arms = [dict(variant.settings) for variant in study.variants]
    found = [arm.get("talks.rounds", study.central("talks.rounds")) for arm in arms]
    if "talks.rounds" in study.parameters:
        found = list(study.factor("talks.rounds").levels)
    return int(max(found))


def make_manifest(study: Study, *, keep_rows: bool) -> dict[str, Any]:
    """The provenance of a run; nothing in it depends on when or where it was made."""
    fixed = None if is_staged(study) else count_blocks(
        study.points, study.replicates, len(study.variants)
    )  # fmt: skip
    return {
        "schema_version": results.SCHEMA_VERSION,
        "study": study.as_json(),
        "study_digest": study.digest,
        "case": study.scenario.name,
        "case_digest": study.scenario.digest,
        "status": "calibrated" if study.scenario.calibrated else "uncalibrated",
        "model": provenance.model_fingerprint(),
        "seed": study.seed,
        "versions": provenance.versions(),
        "commit": provenance.commit(),
        "blocks": fixed,
        "keep_rows": keep_rows,
        "complete": False,
    }


def as_csv(table: pd.DataFrame) -> bytes:
    """A table as the bytes of a CSV file; numbers read back as they were."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def negotiations_of(study: Study) -> int:
    """The most negotiations that a study plays."""
    return study.points * study.replicates

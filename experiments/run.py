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
from experiments.job import Job, most_rounds
from experiments.study import Study
from experiments.tally import Totals
from sim.errors import InputError

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
        Where the folder holds another run, a shard is asked of a study in stages, or settings of
        a design point contradict each other.
    ResultsError
        Where results cannot be written or read.
    """
    _check_shard(study, where, shard)
    design = make_design(study)
    design.check()
    manifest = make_manifest(study, keep_rows=keep_rows)
    folder = None
    with ExitStack() as held:
        if where is not None:
            folder = results.RunFolder(results.open_store(where), manifest)
            held.enter_context(folder.lock(shard))
            folder.claim(overwrite=overwrite)
            folder.store.write("case.toml", study.scenario.text.encode())
            folder.store.write("design.csv", as_csv(design.table))
            if study.posterior is not None:
                folder.store.write("posterior.json", study.posterior.as_text().encode())
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
        missing = []
        for block in blocks:
            if not _is_mine(block, shard):
                continue
            try:
                counts = found[block.index]
            except (KeyError, results.DamagedBlock):  # not there, or not any more
                missing.append(block)
                continue
            totals.add(_fitting(counts, block, folder))
            if progress is not None:
                progress(block.negotiations)
        for block, counts in team.play(job, missing):
            totals.add(counts)
            if progress is not None:
                progress(block.negotiations)
        try:
            blocks = course.send(totals.table())
        except StopIteration:
            return totals, planned


def _fitting(
    counts: dict[str, Any], block: Block, folder: results.RunFolder | None
) -> dict[str, Any]:
    """The counts of a block that was found, if they are of what is planned under its number."""
    played = counts["n"] + counts["failed"]
    if np.array_equal(counts["design_point"], block.points) and set(played) == {block.replicates}:
        return counts
    where = "" if folder is None else folder.store.where
    raise results.ResultsError(
        f"{where}: block {block.index} holds other negotiations than this Winset would play under "
        "its number; give another --out, or --overwrite after moving the folder away"
    )


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


def make_manifest(study: Study, *, keep_rows: bool) -> dict[str, Any]:
    """The provenance of a run; nothing in it depends on when or where it was made."""
    fixed = None if is_staged(study) else count_blocks(
        study.points, study.replicates, len(study.variants)
    )  # fmt: skip
    status = "calibrated" if study.scenario.calibrated else "uncalibrated"
    return {
        "schema_version": results.SCHEMA_VERSION,
        "study": study.as_json(),
        "study_digest": study.digest,
        "case": study.scenario.name,
        "case_digest": study.scenario.digest,
        "status": status if study.posterior is None else study.posterior.line,
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

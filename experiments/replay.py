"""Played again: one negotiation by the Mesa agents, or a sample of a run's blocks by the kernel.

Every draw has an address, so what a run has kept can be played again from its folder alone, and has
to come out the same to the last bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments import provenance, results
from experiments.bitwise import (
    AGENTS,
    Columns,
    kept_record,
    record_differences,
    table_differences,
)
from experiments.blocks import Block
from experiments.posterior_draws import draws_of
from experiments.recorded import Recorded, read_recorded
from experiments.results.inspection import Inspection
from experiments.run import as_csv
from experiments.transcript import Transcript
from sim.errors import InputError
from sim.model import TalksModel
from sim.negotiate import negotiate, watch

KERNEL, FOLDER = "the compiled kernel", "the folder"
BY_AGENTS = 2  # negotiations of each block of a sample
MOST_TOLD = 20  # differences


@dataclass(frozen=True)
class Replay:
    """One negotiation, played again.

    transcript : what the Mesa agents did
    address : which one it is, in words
    compared : what it was compared with, in words
    differences : what came out otherwise, a line each
    """

    transcript: Transcript
    address: str
    compared: str
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether everything is the same to the last bit."""
        return not self.differences

    def lines(self) -> list[str]:
        """The transcript and the verdict, a line each."""
        verdict = f"Identical, bit for bit: {self.compared}."
        if not self.identical:
            verdict = f"NOT identical ({self.compared}):"
        told = [*self.transcript.lines(), "", f"{self.address}.", verdict]
        return told + _indented(self.differences)


@dataclass(frozen=True)
class Verification:
    """A sample of a run, played again.

    where : the folder; blocks : how many were played again, of how many that are there
    negotiations : in these blocks; by_agents : of them, played by the Mesa agents as well
    notes : what is to be known about the folder; differences : what came out otherwise, a line each
    """

    where: str
    blocks: tuple[int, int]
    negotiations: int
    by_agents: int
    notes: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether everything is the same to the last bit."""
        return not self.differences

    def lines(self) -> list[str]:
        """What was played and the verdict, a line each."""
        some, all_ = self.blocks
        played = (
            f"{self.where}: played {some:,} of {all_:,} blocks again ({self.negotiations:,} "
            f"negotiations), {self.by_agents:,} negotiations by {AGENTS} as well"
        )
        verdict = "Identical, bit for bit." if self.identical else "NOT identical:"
        notes = [f"{self.where}: {note}" for note in self.notes]
        return [played, *notes, verdict, *_indented(self.differences)]


def replay(where: str | Path, design_point: int, replicate: int) -> Replay:
    """Play one negotiation of a run again, by the Mesa agents, and compare it.

    It is compared with what the kernel makes of the same address and, where negotiations were kept,
    with the one in the folder. The counts of its block, played again, are compared with those in
    the folder.

    Raises
    ------
    InputError
        Where the run does not have it, or cannot be played again by this Winset.
    ResultsError
        Where the folder cannot be read.
    """
    run = read_recorded(where)
    block, found = run.holding(design_point, replicate)
    talks = _watched(run, design_point, replicate)
    again = talks.run()
    differences = record_differences(again, _by_kernel(run, design_point, replicate), KERNEL)
    compared = f"{AGENTS}, {KERNEL}"
    if run.job.keep_rows:
        compared += ", the negotiation in the folder"
        kept, _ = results.read_block(run.store, found.rows[block.index])
        held = kept_record(kept, design_point, replicate)
        differences += record_differences(again, held, FOLDER)
    counts, _ = replace(run.job, keep_rows=False).play(block)
    what = f"counts of block {block.index}"
    differences += table_differences(found.whole[block.index], counts, what)
    compared += (
        f"; and the counts of its block, of {block.negotiations:,} negotiations, in the folder "
        "and played again"
    )
    address = _address(run, design_point, replicate)
    posterior = run.study.posterior
    line = "" if posterior is None else posterior.line
    transcript = Transcript(run.study.scenario, talks, line)
    return Replay(transcript, address, compared, tuple(differences))


def verify_results(where: str | Path, *, sample: int = 8, seed: int = 0) -> Verification:
    """Play a sample of a run's blocks again and compare every column bit by bit.

    Parameters
    ----------
    sample : number of blocks; all of them where there are fewer
    seed : of the choice

    Raises
    ------
    InputError
        Where no block is there, or the run cannot be played again by this Winset.
    ResultsError
        Where the folder cannot be read.
    """
    run = read_recorded(where)
    found = run.inspected()
    there = [block for block in run.plan(found) if block.index in found.whole]
    if not there:
        raise InputError(f"{run.store.where}: holds no block that could be played again")
    if sample < 1:
        raise InputError(f"sample is {sample}; it must be a number of blocks, at least 1")
    generator = np.random.Generator(np.random.Philox(seed))
    chosen = generator.choice(len(there), min(sample, len(there)), replace=False)
    blocks = [there[index] for index in sorted(chosen.tolist())]
    differences = [*_wrong_files(run, found)]
    for block in blocks:
        differences += _verify_block(run, found, block, generator)
    return Verification(
        run.store.where, (len(blocks), len(there)), sum(block.negotiations for block in blocks),
        BY_AGENTS * len(blocks), tuple(_notes(run)), tuple(differences),
    )  # fmt: skip


def _verify_block(
    run: Recorded, found: Inspection, block: Block, generator: np.random.Generator
) -> list[str]:
    """What of a block comes out otherwise."""
    counts, rows = run.job.play(block)
    what = f"counts of block {block.index}"
    differences = table_differences(found.whole[block.index], counts, what)
    kept: Columns | None = None
    if rows is not None:
        kept, _ = results.read_block(run.store, found.rows[block.index])
        what = f"negotiations of block {block.index}"
        differences += table_differences(kept, rows, what)
    for point in generator.choice(block.points, BY_AGENTS).tolist():
        replicate = block.first + int(generator.integers(block.replicates))
        again = _watched(run, point, replicate).run()
        told = record_differences(again, _by_kernel(run, point, replicate), KERNEL)
        if kept is not None:
            told += record_differences(again, kept_record(kept, point, replicate), FOLDER)
        differences += [f"{_address(run, point, replicate)}: {words}" for words in told]
    return differences


def _watched(run: Recorded, design_point: int, replicate: int) -> TalksModel:
    """The Mesa agents at the table."""
    study, points = run.study, run.design.points_of(design_point, replicate)
    return watch(
        points, 0, replicate, seed=study.seed, common=study.common, scenario=study.scenario
    )


def _by_kernel(run: Recorded, design_point: int, replicate: int) -> Any:
    study, points = run.study, run.design.points_of(design_point, replicate)
    return negotiate(
        points, 1, seed=study.seed, first_replicate=replicate, common=study.common
    )[0, 0]  # fmt: skip


def _wrong_files(run: Recorded, found: Inspection) -> Iterator[str]:
    """What is wrong before anything is played."""
    for name, problem in found.problems.items():
        yield f"{name}: {problem}"
    blocks = run.manifest.get("blocks")
    if run.manifest.get("complete") and len(found.whole) != blocks:
        yield f"manifest.json: says that {blocks} blocks are there; {len(found.whole)} are"
    try:
        if run.store.read("design.csv") != as_csv(run.design.table):
            yield "design.csv: is not the design of the study"
    except FileNotFoundError:
        yield "design.csv: is missing"


def _notes(run: Recorded) -> list[str]:
    """What to know about a folder, without which bits may differ."""
    notes = [] if run.manifest.get("complete") else ["the run is not complete"]
    there, here = run.manifest.get("versions"), provenance.versions()
    if isinstance(there, dict):
        notes += [
            f"{name} was {there.get(name)} there and is {here[name]} here"
            for name in here
            if there.get(name) != here[name]
        ]
    return notes


def _address(run: Recorded, design_point: int, replicate: int) -> str:
    """Which negotiation it is, in words."""
    row = run.design.table.iloc[design_point]
    varied = [f"{name} {row[name]:g}" for name in run.study.parameters]
    if len(run.study.variants) > 1:
        varied.insert(0, str(row["variant"]))
    told = f" ({', '.join(varied)})" if varied else ""
    drawn = ""
    if run.study.posterior is not None:
        (draw,) = draws_of(run.study, np.array([replicate]))
        drawn = f" (draw {draw} of posterior {run.study.posterior.name})"
    return (
        f"Study {run.study.name}, design point {design_point}{told}, replicate {replicate}{drawn}, "
        f"seed {run.study.seed}"
    )


def _indented(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST_TOLD
    said = [f"  {line}" for line in lines[:MOST_TOLD]]
    return [*said, f"  and {more} more"] if more > 0 else said

"""A job: what playing a block takes, wherever it is played, and what it leaves."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments import results
from experiments.blocks import Block
from experiments.design import Design
from experiments.tally import columns, discordant, is_healthy, tally
from sim.negotiate import negotiate
from sim.outcomes import OUTCOME


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


def most_rounds(design: Design) -> int:
    """The most rounds that any design point of a study has."""
    study = design.study
    arms = [dict(variant.settings) for variant in study.variants]
    found = [arm.get("talks.rounds", study.central("talks.rounds")) for arm in arms]
    if "talks.rounds" in study.parameters:
        found = list(study.factor("talks.rounds").levels)
    return int(max(found))

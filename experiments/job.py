"""A job: what playing a block takes, wherever it is played, and what it leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments import results
from experiments.blocks import Block
from experiments.design import Design
from experiments.posterior_draws import draws_of, most_drawn
from experiments.study import ROUNDS
from experiments.tally import columns, counts_by_draw, discordant, is_healthy, tally
from sim.case import DesignPoints
from sim.negotiate import negotiate
from sim.outcomes import OUTCOME

MOST_LAID_OUT = 16_384  # points of the draws of a posterior at once: some 20 MB


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
        if study.posterior is None:
            points = self.design.points(block.points)
            records = self._negotiated(points, block.first, block.replicates)
        else:
            records = self._under_draws(block)
        draws = draws_of(study, np.arange(block.first, block.first + block.replicates))
        arms = len(study.variants)
        counts = []
        for index, played in enumerate(records):
            counted = tally(played, self.rounds)
            if study.posterior is not None:
                counted |= counts_by_draw(played, draws, len(study.posterior))
            if arms > 1:
                counted |= discordant(played, records[index - index % arms])
            counts.append(counted)
        rows = self.rows(block, records) if self.keep_rows else None
        return columns(block.points.tolist(), counts), rows

    def _negotiated(self, points: DesignPoints, first: int, replicates: int) -> np.ndarray:
        study = self.design.study
        return negotiate(
            points, replicates, seed=study.seed, first_replicate=first, common=study.common
        )

    def _under_draws(self, block: Block) -> np.ndarray:
        """The records of a block, shape (points, replicates), each under its draw."""
        study, size = self.design.study, len(block.points)
        records = np.zeros((size, block.replicates), OUTCOME)
        spans = list(_spans(block.first, block.replicates, study.replicates_of_draw))
        together = max(MOST_LAID_OUT // size, 1)
        for begin in range(0, len(spans), together):
            chosen = spans[begin : begin + together]
            draws = draws_of(study, np.array([first for first, _ in chosen]))
            laid_out = self.design.points(
                np.tile(block.points, len(chosen)), np.repeat(draws, size)
            )
            for index, (first, count) in enumerate(chosen):
                part = slice(index * size, (index + 1) * size)
                points = DesignPoints(
                    laid_out.values[part], laid_out.blocs[part], laid_out.words[part]
                )
                place = first - block.first
                records[:, place : place + count] = self._negotiated(points, first, count)
        return records

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
        if self.design.study.posterior is not None:
            replicates = np.arange(block.first, block.first + size)
            draws = draws_of(self.design.study, replicates).astype(np.uint32)
            table["draw"] = np.tile(draws, len(block.points))
        flat = records.reshape(-1)
        table |= {name: np.ascontiguousarray(flat[name]) for name in OUTCOME.names or ()}
        table["failed"] = ~is_healthy(flat)
        return table


def _spans(first: int, replicates: int, of_draw: int) -> Iterator[tuple[int, int]]:
    """The replicates of a block, cut where the draw changes: the first of each part, how many."""
    end = first + replicates
    while first < end:
        upto = min((first // of_draw + 1) * of_draw, end)
        yield first, upto - first
        first = upto


def most_rounds(design: Design) -> int:
    """The most rounds that any design point of a study has."""
    study = design.study
    if ROUNDS in study.drawn:
        return most_drawn(study, design.table)
    arms = [dict(variant.settings) for variant in study.variants]
    found = [arm.get("talks.rounds", study.central("talks.rounds")) for arm in arms]
    if "talks.rounds" in study.parameters:
        found = list(study.factor("talks.rounds").levels)
    return int(max(found))

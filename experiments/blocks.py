"""A study cut into blocks: what is played, stored and resumed as one.

A block is some design points and a range of replicates, about a quarter of a million negotiations,
whatever the size of the study. The points of one setting of the factors, one for each variant,
always lie in one block, so that pairs under common random numbers can be counted where they are
played.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.design import Design
from experiments.precision import FIRST, Precision, most_replicates, next_replicates
from experiments.study import Study

NEGOTIATIONS = 2**18  # of a block: some 20 MB of records while it is played

Stage = Generator[list["Block"], pd.DataFrame, None]


@dataclass(frozen=True)
class Block:
    """One block.

    index : number within the run
    points : design points, shape (points,); first, replicates : the range of replicates
    """

    index: int
    points: NDArray[np.int64]
    first: int
    replicates: int

    @property
    def negotiations(self) -> int:
        """How many negotiations it plays."""
        return len(self.points) * self.replicates


def cut(
    points: NDArray[np.int64], first: int, replicates: int, arms: int, index: int
) -> Iterator[Block]:
    """Blocks of the same replicates of some design points.

    Parameters
    ----------
    points : whole groups of variants, in order
    first : number of the first replicate; replicates : of each point
    arms : variants in a group
    index : number of the first block
    """
    most = most_replicates_of_block(arms)
    groups = max(NEGOTIATIONS // (arms * min(replicates, most)), 1)  # of a block
    for start in range(0, len(points), groups * arms):
        chosen = points[start : start + groups * arms]
        for begin in range(0, replicates, most):
            yield Block(index, chosen, first + begin, min(most, replicates - begin))
            index += 1


def most_replicates_of_block(arms: int) -> int:
    """The most replicates of a design point that one block plays."""
    return max(NEGOTIATIONS // arms, 1)


def count_blocks(points: int, replicates: int, arms: int) -> int:
    """How many blocks `cut` gives."""
    most = most_replicates_of_block(arms)
    groups = max(NEGOTIATIONS // (arms * min(replicates, most)), 1)
    return -(-(points // arms) // groups) * -(-replicates // most)


def most_blocks(study: Study) -> int | None:
    """How many blocks a study has at most; None where that is not known before it is played."""
    arms = len(study.variants)
    if study.refine:
        return None
    if study.precision is None:
        return count_blocks(study.points, study.replicates, arms)
    asked = asked_precision(study)
    ends = [end for end in asked.stages if end <= most_replicates(asked)]
    return sum(
        count_blocks(study.points, end - begin, arms)
        for begin, end in zip([0, *ends], ends, strict=False)
    )


def is_staged(study: Study) -> bool:
    """Whether later blocks depend on the counts of earlier ones."""
    return study.precision is not None or study.refine


def stages(design: Design) -> Stage:
    """The blocks of a study, stage by stage; each stage is told the counts so far.

    A fixed study has one stage. With a precision, points play on in doublings until their interval
    is as narrow as asked. With refinement, the points of the next stage lie where the last one
    found the outcome near 1/2.
    """
    if design.study.refine:
        yield from _refined(design)
    elif design.study.precision is not None:
        yield from _until_narrow(design)
    else:
        everything = np.arange(len(design))
        arms = len(design.study.variants)
        yield list(cut(everything, 0, design.study.replicates, arms, 0))


def asked_precision(study: Study) -> Precision:
    """The precision that a study asks for, up to its replicates."""
    return Precision(study.precision, first=min(FIRST, study.replicates), cap=study.replicates)


def _until_narrow(design: Design) -> Stage:
    study, arms = design.study, len(design.study.variants)
    asked = asked_precision(study)
    index, played = 0, 0
    going = np.arange(len(design))
    for end in asked.stages:
        blocks = list(cut(going, played, end - played, arms, index))
        index, played = index + len(blocks), end
        counts = yield blocks
        happened = outcome_counts(counts, study.outcome)[going]
        wide = next_replicates(happened, np.full(len(going), played), asked) > 0
        groups = wide.reshape(-1, arms).any(axis=1)
        going = going[np.repeat(groups, arms)]
        if not len(going):
            return


def _refined(design: Design) -> Stage:
    from experiments.refinement import Refinement

    study = design.study
    search = Refinement(*(np.array(factor.levels) for factor in study.factors))
    columns = len(study.factors[1].levels)
    index = 0
    while len(where := search.next_points()):
        points = where[:, 0] * columns + where[:, 1]
        blocks = list(cut(points, 0, study.replicates, 1, index))
        index += len(blocks)
        counts = yield blocks
        n = counts["n"].to_numpy()[points]
        search.tell(outcome_counts(counts, study.outcome)[points], n)


def outcome_counts(counts: pd.DataFrame, outcome: str) -> NDArray[np.int64]:
    """How often the outcome of a study occurred, design point by design point."""
    if outcome == "breakdown":
        return (counts["n"] - counts["ratified"]).to_numpy()
    return counts[outcome].to_numpy()

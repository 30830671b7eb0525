"""What a study would take: how many negotiations, how long, how large, before any of it is played.

The rate and the size of a row are measured on the study itself: a few of its design points are
played for a fraction of a second.
"""

import time
from typing import NamedTuple

import numpy as np

from experiments import results
from experiments.blocks import (
    Block,
    asked_precision,
    is_staged,
    most_blocks,
    most_replicates_of_block,
)
from experiments.design import Design, make_design
from experiments.no_effect import expected_reasons
from experiments.precision import most_replicates
from experiments.run import Job, Threads, cores, most_rounds
from experiments.study import Study

SAMPLE = 32  # settings of the factors that are tried
TRIED = 2**16  # negotiations of them together, at most


def forecast(study: Study, keep_rows: bool = False, threads: int | None = None) -> list[str]:
    """The size of a study in sentences.

    Parameters
    ----------
    keep_rows : whether every negotiation is kept
    threads : None for all cores

    Raises
    ------
    InputError
        Where settings of the points that are tried contradict each other.
    """
    design = make_design(study)
    design.check()
    each, staged = study.replicates, is_staged(study)
    if study.precision is not None:
        each = most_replicates(asked_precision(study))
    total, blocks = len(design) * each, most_blocks(study)
    team = threads or cores()
    tried = _tried(design, keep_rows, team)
    lines_of_counts = len(design) * -(-each // most_replicates_of_block(len(study.variants)))
    size = (blocks or 1) * tried.of_block + lines_of_counts * tried.of_line + total * tried.of_row
    most = "at most " if staged else ""
    said = "blocks" if blocks is None else f"{most}{_counted(blocks, 'block')}"
    lines = [
        f"{study.name}: {_counted(len(design), 'design point')} ({_factors(study)}), {most}"
        f"{each:,} negotiations each: {most}{total:,} in {said}.",
        f"Time: {most}about {in_words(total / tried.rate)} on {team} threads, at {tried.rate:,.0f} "
        "negotiations a second (measured on this study just now).",
        f"Size: {most}about {_bytes(size)} "
        f"{'with every negotiation' if keep_rows else 'of counts'}.",
    ]
    varied = [*study.parameters, *{name for arm in study.variants for name in arm.settings}]
    for name, words in expected_reasons(study, design.table, varied).items():
        lines.append(f"{name} will have no effect, because {words}.")
    return [*lines, "Nothing was played or written."]


class Tried(NamedTuple):
    """What trying a study shows.

    rate : negotiations a second
    of_block, of_line, of_row : bytes of an empty block, of a design point in it, of a negotiation
    """

    rate: float
    of_block: float
    of_line: float
    of_row: float


def _tried(design: Design, keep_rows: bool, threads: int) -> Tried:
    """Play some design points for a moment."""
    arms = len(design.study.variants)
    groups = np.unique(np.linspace(0, len(design) // arms - 1, SAMPLE).astype(int))
    points = (groups[:, None] * arms + np.arange(arms)).ravel()
    each = max(min(design.study.replicates, TRIED // len(points)), 1)
    job = Job(design, None, "", keep_rows, most_rounds(design))
    job.play(Block(0, points[:arms], 0, 1))  # the first call loads the compiled kernel
    blocks = [Block(index, points, 0, each) for index in range(threads)]
    start = time.perf_counter()
    for _ in Threads(threads).play(job, blocks):
        pass
    rate = threads * blocks[0].negotiations / (time.perf_counter() - start)
    counts, rows = job.play(blocks[0])
    few = (len(points) + 1) // 2
    of_few = len(results.as_parquet({name: column[:few] for name, column in counts.items()}, {}))
    of_line = (len(results.as_parquet(counts, {})) - of_few) / max(len(points) - few, 1)
    of_row = len(results.as_parquet(rows, {})) / blocks[0].negotiations if rows else 0.0
    return Tried(rate, max(of_few - few * of_line, 0.0), of_line, of_row)


def _factors(study: Study) -> str:
    told = [
        f"{_counted(len(factor.levels), 'level')} of {factor.parameter}"
        for factor in study.factors
        if factor.levels
    ]
    drawn = [factor.parameter for factor in study.factors if not factor.levels]
    if drawn:
        many = "parameter" if len(drawn) == 1 else "parameters"
        told.append(f"{study.size:,} draws of {len(drawn)} {many}")
    if study.posterior is not None:
        told.append(f"{_counted(len(study.posterior), 'draw')} of a posterior, one after another")
    if len(study.variants) > 1:
        told.append(f"{len(study.variants)} variants")
    return " x ".join(told) or "the case alone"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def in_words(seconds: float) -> str:
    """A duration to one or two figures."""
    for limit, size, unit in ((90, 1, "second"), (5_400, 60, "minute"), (172_800, 3_600, "hour")):
        if seconds < limit:
            return _counted(max(round(seconds / size), 1), unit)
    return f"{round(seconds / 86_400)} days"


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"

"""What a study would take: how many negotiations, how long, how large, before any of it is played.

The rate and the size of a row are measured on the study itself: a few of its design points are
played for a fraction of a second.
"""

import time
from dataclasses import replace

import numpy as np

from experiments import results
from experiments.blocks import Block, asked_precision, count_blocks, is_staged
from experiments.design import Design, make_design
from experiments.no_effect import expected_reasons
from experiments.precision import most_replicates
from experiments.run import Job, Threads, cores, most_rounds
from experiments.study import Study

SAMPLE = 8  # design points that are tried
TRIED = 2_000  # negotiations of each, at most


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
    each, staged = study.replicates, is_staged(study)
    if study.precision is not None:
        each = most_replicates(asked_precision(study))
    total, arms = len(design) * each, len(study.variants)
    blocks = count_blocks(len(design), each, arms)
    team = threads or cores()
    rate, of_counts, of_row = _tried(design, keep_rows, team)
    size = blocks * of_counts + (total * of_row if keep_rows else 0.0)
    most = "at most " if staged else ""
    lines = [
        f"{study.name}: {len(design):,} design points ({_factors(study)}), {most}{each:,} "
        f"negotiations each: {most}{total:,} in {most}{blocks:,} blocks.",
        f"Time: about {in_words(total / rate)} on {team} threads, at {rate:,.0f} negotiations a "
        "second (measured on this study just now).",
        f"Size: about {_bytes(size)} {'with every negotiation' if keep_rows else 'of counts'}.",
    ]
    varied = [*study.parameters, *{name for arm in study.variants for name in arm.settings}]
    for name, words in expected_reasons(study, design.table, varied).items():
        lines.append(f"{name} will have no effect, because {words}.")
    return [*lines, "Nothing was played or written."]


def _tried(design: Design, keep_rows: bool, threads: int) -> tuple[float, float, float]:
    """Negotiations a second, bytes of a block of counts, bytes of a negotiation."""
    arms = len(design.study.variants)
    groups = np.unique(np.linspace(0, len(design) // arms - 1, SAMPLE).astype(int))
    points = (groups[:, None] * arms + np.arange(arms)).ravel()
    each = max(min(design.study.replicates, TRIED), 1)
    job = Job(design, None, "", keep_rows, most_rounds(design))
    job.play(Block(0, points[:arms], 0, 1))  # the first call loads the compiled kernel
    blocks = [Block(index, points, 0, each) for index in range(threads)]
    start = time.perf_counter()
    for _ in Threads(threads).play(job, blocks):
        pass
    rate = threads * blocks[0].negotiations / (time.perf_counter() - start)
    counts, rows = job.play(replace(blocks[0], replicates=each))
    of_counts = len(results.as_parquet(counts, {}))
    of_row = len(results.as_parquet(rows, {})) / blocks[0].negotiations if rows else 0.0
    return rate, float(of_counts), of_row


def _factors(study: Study) -> str:
    told = [
        f"{len(factor.levels)} levels of {factor.parameter}"
        for factor in study.factors
        if factor.levels
    ]
    drawn = [factor.parameter for factor in study.factors if not factor.levels]
    if drawn:
        told.append(f"{study.size:,} draws of {len(drawn)} parameters")
    if len(study.variants) > 1:
        told.append(f"{len(study.variants)} variants")
    return " x ".join(told) or "the case alone"


def in_words(seconds: float) -> str:
    """A duration to one or two figures."""
    for limit, size, unit in ((90, 1, "second"), (5_400, 60, "minute"), (172_800, 3_600, "hour")):
        if seconds < limit:
            count = max(round(seconds / size), 1)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{round(seconds / 86_400)} days"


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"

"""The probability of a study's outcome along one parameter, and what each variant adds to it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.estimates import variant_rows
from experiments.events import EVENTS
from experiments.figures.along import (
    POINTS,
    as_shares,
    bars_of,
    draw_ignorance,
    how_often,
    ignorance_note,
    ignorance_words,
    main_axes,
    mark,
    source_note,
)
from experiments.figures.axis import scale_of
from experiments.figures.page import LABEL_SIZE, Page, counted, height_for
from experiments.figures.style import LOOKS, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.run import Run


def outcome_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """The outcome's probability with its interval, a line for each variant."""
    study, event = run.study, run.study.outcome
    (parameter,) = study.parameters
    scale = scale_of(study, parameter, estimates[parameter].to_numpy())
    notes = [counted(run, estimates), *source_note(scale)]
    notes[1:1] = [ignorance_note(run, ignorance)] if ignorance is not None else []
    names = [arm.words for arm in study.variants]
    words = names if len(names) > 1 else [EVENTS[event].words]
    words[0] += ", with 95% intervals"
    words += [ignorance_words(run)] if ignorance is not None else []
    page = Page(run, how_often(event), notes, height_for(words))
    axes, top = main_axes(page, scale, POINTS)
    highest = float(estimates[f"{event}_high"].to_numpy().max())
    if ignorance is not None:
        highest = max(highest, float(ignorance["high"].to_numpy().max()))
    as_shares(axes, top=min(1.0, 1.25 * highest))
    entries: list[Any] = []
    for index, variant in enumerate(study.variants):
        rows = variant_rows(estimates, variant.name)
        colour, dashes, marker = LOOKS[index % len(LOOKS)]
        x = scale.beside(rows[parameter], index, len(study.variants))
        entries.append(axes.errorbar(
            x, rows[event], bars_of(rows, event), color=colour, marker=marker, ms=3, lw=1.0,
            elinewidth=0.9, capsize=1.5, ls="none" if scale.kind == "named" else dashes,
        ))  # fmt: skip
    if ignorance is not None:
        entries.append(draw_ignorance(axes, scale, ignorance))
    first = variant_rows(estimates, study.variants[0].name)
    mark(axes, scale, first, event, dot=False)
    page.legend(entries, words, top)
    return page.figure


def comparison_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """What each variant adds to the outcome's probability against the first one, with intervals."""
    study, name = run.study, f"{run.study.outcome}_difference"
    (parameter,) = study.parameters
    scale = scale_of(study, parameter, estimates[parameter].to_numpy())
    words = EVENTS[study.outcome].words
    pairs = "pairs on the same draws" if study.common else "separate samples"
    notes = [
        f"{_n(estimates)} {'pairs' if study.common else 'negotiations'} a design point and "
        f"variant; intervals: Newcombe's for {pairs}, 95%, of chance within the model alone.",
        *source_note(scale),
    ]
    first = study.variants[0].words
    others = study.variants[1:]
    labels = [variant.words for variant in others]
    labels[0] += ", with 95% intervals"
    labels += [] if scale.marked is None else [scale.mark_words]
    title = f"What a variant adds to {words}, against {first}"
    page = Page(run, title, notes, height_for(labels))
    axes, top = main_axes(page, scale, POINTS)
    axes.axhline(0.0, color="black", lw=0.8)
    entries: list[Any] = []
    for index, variant in enumerate(others):
        rows = variant_rows(estimates, variant.name)
        colour, dashes, marker = LOOKS[(index + 1) % len(LOOKS)]
        entries.append(axes.errorbar(
            scale.beside(rows[parameter], index, len(others)), 100.0 * rows[name],
            100.0 * bars_of(rows, name), color=colour, marker=marker, ms=3.2, lw=0.7,
            elinewidth=1.0, capsize=1.8, ls="none" if scale.kind == "named" else dashes,
        ))  # fmt: skip
    low, high = (100.0 * estimates[f"{name}{end}"].to_numpy(float) for end in ("_low", "_high"))
    low, high = min(float(np.nanmin(low)), 0.0), max(float(np.nanmax(high)), 0.0)
    room = 0.08 * max(high - low, 0.2)
    axes.set_ylim(low - room, high + room)
    axes.set_ylabel(wrapped(f"{words}: difference, percentage points", 2.5, LABEL_SIZE))
    if scale.marked is not None:
        axes.axvline(float(scale.place(scale.marked)), color="black", lw=0.7, ls=":")
        entries.append(axes.plot([], [], color="black", lw=0.7, ls=":")[0])
    page.legend(entries, labels, top)
    return page.figure


def _n(estimates: pd.DataFrame) -> str:
    n = estimates["pairs" if "pairs" in estimates else "n"].to_numpy()
    low, high = int(n.min()), int(n.max())
    return f"n = {low:,}" if low == high else f"n = {low:,} to {high:,}"

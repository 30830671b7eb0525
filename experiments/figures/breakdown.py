"""How the talks break down along one parameter: causes stacked, the total with its interval."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from experiments.baselines import CURVES
from experiments.estimates import variant_rows
from experiments.figures.along import (
    as_shares,
    bars_of,
    draw_ignorance,
    ignorance_note,
    ignorance_words,
    main_axes,
    mark,
    source_note,
)
from experiments.figures.axis import Scale, scale_of
from experiments.figures.page import WIDTH, Page, counted, grid_of, height_for
from experiments.figures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.run import Run

_DASHES: tuple[Any, ...] = ((0, (4, 2)), (0, (1.2, 1.2)), (0, (7, 2)), (0, (5, 1.5, 1, 1.5)))
_MARKERS = ("", "", "", "", "o", "s", "^", "D", "v", "P", "X")


def breakdown_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """Causes of the first variant stacked; the totals of all variants as lines with bands.

    Parameters
    ----------
    estimates : with the columns of `experiments.baselines` the curves of theory are drawn too
    ignorance : of `experiments.ignorance`, drawn as a band of its own, or None
    """
    study = run.study
    (parameter,) = study.parameters
    if study.outcome != "breakdown":
        ignorance = None
    rows = variant_rows(estimates, study.variants[0].name)
    scale = scale_of(study, parameter, rows[parameter].to_numpy())
    notes = [counted(run, estimates), *source_note(scale)]
    notes[1:1] = [ignorance_note(run, ignorance)] if ignorance is not None else []
    theory = [
        name
        for name in CURVES
        if scale.kind != "named" and name in rows and np.isfinite(rows[name].to_numpy(float)).any()
    ]
    first = f" ({study.variants[0].words})" if len(study.variants) > 1 else ""
    words = [
        *[label for *_, label in COLOURS.values()][::-1],
        f"any breakdown{first}, with its 95% interval",
        *(f"{variant.words}, with its interval" for variant in study.variants[1:]),
        *([ignorance_words(run)] if ignorance is not None else []),
        *(CURVES[name] for name in theory),
    ]
    page = Page(run, "Ways of breaking down", notes, height_for(words))
    axes, top = main_axes(page, scale)
    as_shares(axes)
    entries = [*stack_causes(axes, scale, rows)[::-1], _total(axes, scale, rows)]
    for index, variant in enumerate(study.variants[1:]):
        entries.append(_other(axes, scale, variant_rows(estimates, variant.name), index))
    if ignorance is not None:
        entries.append(draw_ignorance(axes, scale, ignorance))
    for name in theory:
        dashes = "-." if name == "law" else ":"
        entries += axes.plot(rows[parameter], rows[name], color="black", ls=dashes, lw=1.4)
    mark(axes, scale, rows, "breakdown")
    page.legend(entries, words, top)
    return page.figure


def causes_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """Causes stacked along one parameter, a panel for each variant."""
    study = run.study
    (parameter,) = study.parameters
    scale = scale_of(study, parameter, estimates[parameter].to_numpy())
    across, down = grid_of(len(study.variants))
    notes = [counted(run, estimates), *source_note(scale)]
    page = Page(run, "Ways of breaking down, variant by variant", notes, 2.1 + 1.7 * down)
    words = ["any breakdown, with its 95% interval", *(label for *_, label in COLOURS.values())]
    place = page.room_below(words[::-1], 3)
    titles = [variant.words for variant in study.variants]
    label = scale.label(WIDTH - 1.0)
    panels = page.panels(across, down, label, ["share of negotiations"], titles,
                         ticks=scale.tick_room)  # fmt: skip
    highest = min(1.0, 1.15 * float(estimates["breakdown_high"].to_numpy().max()))
    entries: list[Any] = []
    for axes in panels[len(titles) :]:
        axes.set_visible(False)
    for axes, variant in zip(panels, study.variants, strict=False):
        rows = variant_rows(estimates, variant.name)
        entries = [_total(axes, scale, rows), *stack_causes(axes, scale, rows)]
        scale.dress(axes, most=max(8 // across, 3))
        as_shares(axes, "", highest)
        if scale.marked is not None:
            axes.axvline(float(scale.place(scale.marked)), color="black", lw=0.7, ls=":")
    page.legend_below(entries[::-1], words[::-1], 3, place)
    return page.figure


def stack_causes(axes: Axes, scale: Scale, rows: pd.DataFrame) -> list[Any]:
    """The causes on top of each other, in their colours; returns what a legend shows."""
    x = scale.place(rows[scale.parameter])
    base = np.zeros(len(rows))
    entries: list[Any] = []
    for name, (colour, hatch, _) in COLOURS.items():
        top = base + rows[name].to_numpy()
        look: dict[str, Any] = {"fc": colour, "hatch": hatch, "ec": "white", "lw": 0.3}
        if scale.kind == "named":
            entries.append(axes.bar(x, top - base, 0.8, bottom=base, **look))
        else:
            entries.append(axes.fill_between(x, base, top, **look))
        base = top
    return entries


def _total(axes: Axes, scale: Scale, rows: pd.DataFrame) -> Any:
    """The total and its interval."""
    x, total = scale.place(rows[scale.parameter]), rows["breakdown"].to_numpy()
    if scale.kind == "named":
        return axes.errorbar(
            x, total, bars_of(rows, "breakdown"), fmt="o", color="black", ms=2.5, capsize=2, lw=0.9
        )
    ends = rows["breakdown_low"], rows["breakdown_high"]
    band = axes.fill_between(x, *ends, color="black", alpha=0.55, lw=0)
    return band, axes.plot(x, total, color="black", lw=0.8)[0]


def _other(axes: Axes, scale: Scale, rows: pd.DataFrame, index: int) -> Any:
    """The total of another variant: a dashed line with its band."""
    x, total = scale.place(rows[scale.parameter]), rows["breakdown"].to_numpy()
    if scale.kind == "named":
        return axes.errorbar(
            x + 0.12 * (index + 1), total, bars_of(rows, "breakdown"), fmt="s^DvPX*<>hp"[index],
            color="black", ms=3.5, mfc="white", capsize=2, lw=0.9,
        )  # fmt: skip
    ends = rows["breakdown_low"], rows["breakdown_high"]
    axes.fill_between(x, *ends, color="black", alpha=0.35, lw=0)
    return axes.plot(
        x, total, ls=_DASHES[index % len(_DASHES)], lw=1.0, marker=_MARKERS[index],
        ms=3.0, markevery=max(len(x) // 8, 1), color="black",
    )[0]  # fmt: skip

"""The outcome's probability over two parameters, with the line of one half and its band."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from experiments.blocks import outcome_counts
from experiments.estimates import variant_rows
from experiments.events import EVENTS
from experiments.figures.along import how_often
from experiments.figures.axis import Scale, scale_of
from experiments.figures.page import WIDTH, Page, counted, grid_of
from experiments.refinement import LEVEL, Refinement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.run import Run

BAND = "#EE6677"  # of a refined map
COLOUR_MAP = "cividis"  # perceptually uniform, made for colour-blind readers
_HALO: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground="white")]
_THIN: list[AbstractPathEffect] = [withStroke(linewidth=1.6, foreground="white")]
Floats = NDArray[np.float64]


def map_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """A heat map for each variant; of a refined study, of the points that were played."""
    study, event = run.study, run.study.outcome
    across, down = scale_of_factor(run, 0), scale_of_factor(run, 1)
    notes = [counted(run, estimates), *_source(across, down)]
    if study.refine:
        played = f"{len(estimates):,} of {len(run.design):,}"
        notes[0] += f" {played} points of the grid were played."
    columns, rows = grid_of(len(study.variants))
    what = EVENTS[event].words
    page = Page(run, how_often(event), notes, 2.75 + 2.0 * rows)
    entries, words = _legend(run, across, down, with_line=_has_line(estimates, event))
    place = page.room_below(words, 2) if words else 0.0
    dollars = across.is_demand and across.kind == "linear" and len(study.variants) == 1
    page.top -= 0.30 if dollars else 0.0
    beside = down.label(2.4)
    titles = [variant.words if len(study.variants) > 1 else "" for variant in study.variants]
    bar = WIDTH - 0.85  # left edge of the key to the colours
    label = across.label(WIDTH - 1.6)
    panels = page.panels(columns, rows, label, [beside], titles, right=bar - 0.2,
                         ticks=across.tick_room)  # fmt: skip
    for axes in panels[len(titles) :]:
        axes.set_visible(False)
    bounds = _bounds(estimates[event].to_numpy())
    mesh = None
    for axes, variant in zip(panels, study.variants, strict=False):
        table = variant_rows(estimates, variant.name)
        mesh = _heat(axes, across, down, table, event, bounds)
        _line(axes, run, across, down, table)
        _mark_case(axes, across, down)
    if dollars:
        across.add_dollars(panels[0])
    _bar(page, panels, mesh, bar, what)
    if words:
        page.legend_below(entries, words, 2, place)
    return page.figure


def scale_of_factor(run: "Run", index: int) -> Scale:
    """The scale of a factor over all of its levels, played or not."""
    factor = run.study.factors[index]
    return scale_of(run.study, factor.parameter, factor.levels)


def _bounds(values: Floats) -> tuple[float, float]:
    """Whole tenths around all probabilities."""
    low, high = np.floor(10.0 * values.min()) / 10.0, np.ceil(10.0 * values.max()) / 10.0
    return float(low), float(max(high, low + 0.1))


def _has_line(estimates: pd.DataFrame, event: str) -> bool:
    values = estimates[event].to_numpy()
    return bool(values.min() < LEVEL < values.max())


def edges(scale: Scale) -> Floats:
    """The borders of the cells around the levels, shape (levels + 1,)."""
    places = scale.place(scale.levels)
    if scale.kind == "log":
        places = np.log(places)
    if len(places) == 1:
        found = np.array([places[0] - 0.5, places[0] + 0.5])
    else:
        middle = 0.5 * (places[1:] + places[:-1])
        found = np.array([1.5 * places[0] - 0.5 * places[1], *middle,
                          1.5 * places[-1] - 0.5 * places[-2]])  # fmt: skip
    return np.exp(found) if scale.kind == "log" else found


def matrix(rows: pd.DataFrame, across: Scale, down: Scale, column: str) -> Floats:
    """A column of estimates as a matrix, shape (levels down, levels across); NaN where unplayed."""
    found = np.full((len(down.levels), len(across.levels)), np.nan)
    i = np.searchsorted(down.levels, rows[down.parameter].to_numpy(float))
    j = np.searchsorted(across.levels, rows[across.parameter].to_numpy(float))
    found[i, j] = rows[column].to_numpy(float)
    return found


def _heat(
    axes: Axes, across: Scale, down: Scale, rows: pd.DataFrame, event: str,
    bounds: tuple[float, float],
) -> Any:  # fmt: skip
    values = np.ma.masked_invalid(matrix(rows, across, down, event))
    across.dress(axes, most=6)
    down.dress(axes, upright=True)
    mesh = axes.pcolormesh(
        edges(across), edges(down), values, cmap=COLOUR_MAP, vmin=bounds[0], vmax=bounds[1],
        rasterized=True,
    )  # fmt: skip
    axes.set_xlim(edges(across)[[0, -1]].tolist())
    axes.set_ylim(edges(down)[[0, -1]].tolist())
    axes.set_facecolor("0.92")
    return mesh


def _line(axes: Axes, run: "Run", across: Scale, down: Scale, rows: pd.DataFrame) -> None:
    """Where the probability is one half, and where its interval holds one half."""
    if "named" in (across.kind, down.kind) or min(len(across.levels), len(down.levels)) < 2:
        return
    event = run.study.outcome
    for column, width, halo, dashes in (
        (event, 1.5, _HALO, "solid"), (f"{event}_low", 0.7, _THIN, "dashed"),
        (f"{event}_high", 0.7, _THIN, "dashed"),
    ):  # fmt: skip
        values = np.ma.masked_invalid(matrix(rows, across, down, column))
        if column != event and run.study.refine:
            continue
        if values.min() < LEVEL < values.max():
            drawn = axes.contour(
                across.levels, down.levels, values, [LEVEL], colors="black", linewidths=width,
                linestyles=dashes,
            )  # fmt: skip
            drawn.set_path_effects(halo)
    if run.study.refine:
        _refined_band(axes, run)


def _refined_band(axes: Axes, run: "Run") -> None:
    """The band, stroke by stroke across the line: what was played is a strip, and no plane."""
    found = crossings(run)
    ends = found[["x_low", "y_low", "x_high", "y_high"]].to_numpy()
    strokes = list(ends.reshape(-1, 2, 2))
    axes.add_collection(
        LineCollection(strokes, colors=BAND, linewidths=1.6, alpha=0.6),
        autolim=False,
    )


def crossings(run: "Run") -> pd.DataFrame:
    """Where a refined run crosses one half: the search told again what it was told."""
    study, counts = run.study, run.counts
    search = Refinement(*(np.array(factor.levels) for factor in study.factors))
    happened, n = outcome_counts(counts, study.outcome), counts["n"].to_numpy()
    while len(where := search.next_points()):
        points = where[:, 0] * len(search.ys) + where[:, 1]
        search.tell(happened[points], n[points])
    return search.crossings()


def _mark_case(axes: Axes, across: Scale, down: Scale) -> None:
    """The case itself: its own value of each parameter, or the reported demand."""
    if across.marked is None or down.marked is None:
        return
    axes.plot(
        across.place(across.marked), down.place(down.marked), "D", ms=4.5, mfc="white",
        mec="black", mew=0.9, zorder=5, clip_on=False,
    )  # fmt: skip


def _legend(
    run: "Run", across: Scale, down: Scale, *, with_line: bool
) -> tuple[list[Any], list[str]]:
    entries: list[Any] = []
    words: list[str] = []
    if with_line and "named" not in (across.kind, down.kind):
        thin = Line2D([], [], color="black", lw=0.7, ls="dashed")
        edge = Patch(fc=BAND, alpha=0.6) if run.study.refine else thin
        entries += [Line2D([], [], color="black", lw=1.5), edge]
        words += ["the line of one half", "its band: 95% intervals that just hold one half"]
    if across.marked is not None and down.marked is not None:
        entries.append(Line2D([], [], ls="none", marker="D", ms=4.5, mfc="white", mec="black"))
        demand = across.is_demand or down.is_demand
        words.append("the case at the reported demand" if demand else "the case")
    return entries, words


def _source(across: Scale, down: Scale) -> list[str]:
    scenario = across.study.scenario
    if (across.is_demand or down.is_demand) and None not in (across.marked, down.marked):
        return [f"Reported demand: {scenario.reported.source}."]
    return []


def _bar(page: Page, panels: list[Axes], mesh: Any, left: float, words: str) -> None:
    """The key to the colours, as high as the panels."""
    boxes = [axes.get_position() for axes in panels]
    low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
    place = page.figure.add_axes((left / WIDTH, low, 0.13 / WIDTH, high - low))
    bar = page.figure.colorbar(mesh, cax=place)
    bar.ax.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.outline.set_linewidth(0.4)  # pyright: ignore[reportCallIssue]
    bar.set_label(f"share of negotiations: {words}", fontsize=7.5)

"""What deals are worth along one parameter, what theory forecasts, and who gains by tied hands."""

from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from experiments.baselines import SETTLEMENTS
from experiments.estimates import variant_rows
from experiments.figures.along import POINTS, bars_of, main_axes, source_note
from experiments.figures.axis import Scale, scale_of
from experiments.figures.page import WIDTH, Page, counted, height_for
from experiments.figures.style import LOOKS, SEOUL, US, ZOPA

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.run import Run

_ENDS = ("us_least", "seoul_most")
_THEORY = ("zone of possible agreement at mean types", "least that the president signs",
           "most that Seoul may concede", *SETTLEMENTS.values())  # fmt: skip
_PANELS = ("settlement_mean", "seoul_surplus", "breakdown")


def settlement_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """Quartiles and mean of the deals; with the columns of `experiments.baselines`, theory too."""
    study = run.study
    (parameter,) = study.parameters
    first = variant_rows(estimates, study.variants[0].name)
    scale = scale_of(study, parameter, first[parameter].to_numpy())
    theory = "us_least" in first and scale.kind != "named"
    notes = [
        counted(run, estimates, means=True).replace("; intervals", f"; {_deals(estimates)}"
        " deals; intervals"), *source_note(scale),
    ]  # fmt: skip
    title = "What deals are worth" + (", and what theory forecasts" if theory else "")
    told = _told(first) if theory else []
    words = list(compress(_THEORY, told))
    for variant in study.variants:
        label = f"{variant.words}: " if len(study.variants) > 1 else "deals: "
        words.append(f"{label}median and middle half; points: mean, with its 95% interval")
    words += [] if scale.marked is None else [scale.mark_words]
    page = Page(run, title, notes, height_for(words))
    axes, top = main_axes(page, scale, POINTS)
    entries: list[Any] = list(compress(_theory(axes, scale, first), told)) if theory else []
    for index, variant in enumerate(study.variants):
        rows = variant_rows(estimates, variant.name)
        entries.append(_quartiles(axes, scale, rows, index, len(study.variants)))
    _limits(axes, estimates, [*_ENDS, *SETTLEMENTS] if theory else [])
    axes.set_ylabel(f"amount of the deal, {study.scenario.base_year} payments")
    if scale.marked is not None:
        axes.axvline(float(scale.place(scale.marked)), color="black", lw=0.7, ls=":")
        entries.append(axes.plot([], [], color="black", lw=0.7, ls=":")[0])
    page.legend(entries, words, top)
    return page.figure


def _deals(estimates: pd.DataFrame) -> str:
    deals = estimates["deals"].to_numpy(int)
    low, high = int(deals.min()), int(deals.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _told(rows: pd.DataFrame) -> list[bool]:
    """Which parts of theory can be seen: without a zone, no settlement is forecast in it."""
    zone = bool((rows["seoul_most"] >= rows["us_least"]).to_numpy().any())
    settled = [bool(np.isfinite(rows[name].to_numpy(float)).any()) for name in SETTLEMENTS]
    return [zone, True, True, *settled]


def _theory(axes: Axes, scale: Scale, rows: pd.DataFrame) -> list[Any]:
    """The zone of possible agreement at mean types, and three settlements."""
    x = scale.place(rows[scale.parameter])
    least, most = (rows[name].to_numpy(float) for name in _ENDS)
    zone = axes.fill_between(
        x, least, most, color=ZOPA, alpha=0.2, lw=0, where=(most >= least).tolist()
    )
    entries: list[Any] = [zone]
    entries += axes.plot(x, least, color=US, ls="--", lw=0.9)
    entries += axes.plot(x, most, color=SEOUL, ls="--", lw=0.9)
    for dashes, name in zip(("-.", ":", (0, (1, 3))), SETTLEMENTS, strict=True):
        entries += axes.plot(x, rows[name], color="black", ls=dashes, lw=1.1)
    return entries


def _quartiles(
    axes: Axes, scale: Scale, rows: pd.DataFrame, index: int, count: int
) -> tuple[Any, ...]:
    """The middle half, the median and the mean of the deals of one variant."""
    colour, dashes, marker = LOOKS[index % len(LOOKS)]
    x = scale.place(rows[scale.parameter])
    low, middle, high = (rows[f"settlement_{q}"].to_numpy(float) for q in ("q25", "median", "q75"))
    named = scale.kind == "named"
    apart = scale.beside(rows[scale.parameter], index, count)
    if named:
        half = axes.vlines(apart, low, high, color=colour, lw=4.0, alpha=0.35)
    else:
        half = axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
    (line,) = axes.plot(
        apart if named else x, middle, color=colour, ls="none" if named else dashes, lw=1.0,
        marker="_" if named else "", ms=8,
    )  # fmt: skip
    mean = axes.errorbar(
        apart, rows["settlement_mean"], bars_of(rows, "settlement_mean"), fmt=marker, color=colour,
        ms=2.8, mfc="white", mew=0.7, elinewidth=0.8, capsize=1.2,
    )  # fmt: skip
    return half, line, mean


def _limits(axes: Axes, estimates: pd.DataFrame, more: list[str]) -> None:
    """Limits that hold everything that is drawn, whatever is missing."""
    columns = ["settlement_q25", "settlement_q75", "settlement_mean", *more]
    values = estimates[columns].to_numpy(float)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 1.0)
    room = 0.05 * max(high - low, 0.02)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.2f}"))


def surplus_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """Settlement, surpluses and breakdown side by side along one parameter."""
    study = run.study
    (parameter,) = study.parameters
    scale = scale_of(study, parameter, estimates[parameter].to_numpy())
    words = [variant.words for variant in study.variants] if len(study.variants) > 1 else []
    notes = [counted(run, estimates, means=True), *source_note(scale)]
    page = Page(run, "Price, gain and breakdown", notes, 3.4 + 0.2 * len(words))
    columns = 1 if len(words) < 2 else 2
    place = page.room_below(words, columns) if words else 0.0
    titles = ["Mean deal, payments", "Seoul's surplus, payments", "Breakdown, share of talks"]
    panels = page.panels(3, 1, scale.label(WIDTH - 1.0), [""], titles, apart=0.42,
                         ticks=scale.tick_room)  # fmt: skip
    entries: list[Any] = []
    for index, variant in enumerate(study.variants):
        rows = variant_rows(estimates, variant.name)
        colour, dashes, marker = LOOKS[index % len(LOOKS)]
        look: dict[str, Any] = {"color": colour, "marker": marker, "ms": 2.8, "lw": 0.9,
                                "elinewidth": 0.8, "capsize": 1.3,
                                "ls": "none" if scale.kind == "named" else dashes}  # fmt: skip
        x = scale.beside(rows[parameter], index, len(study.variants))
        drawn = [
            axes.errorbar(x, rows[name], bars_of(rows, name), **look)
            for axes, name in zip(panels, _PANELS, strict=True)
        ]
        entries.append(drawn[0])
    for axes in panels:
        scale.dress(axes, most=4, room=2 * POINTS)
        if scale.marked is not None:
            axes.axvline(float(scale.place(scale.marked)), color="black", lw=0.7, ls=":")
    panels[1].axhline(0.0, color="0.5", lw=0.6)
    panels[2].set_ylim(bottom=0.0)
    panels[2].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if words:
        page.legend_below(entries, words, columns, place)
    return page.figure

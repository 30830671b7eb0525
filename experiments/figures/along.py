"""What figures along one parameter share: axes, bands, the mark of the case, ignorance, notes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke, withStroke
from matplotlib.ticker import PercentFormatter

from experiments.estimates import nearest
from experiments.events import EVENTS
from experiments.figures.axis import Scale
from experiments.figures.page import LEGEND, LEGEND_SIZE, WIDTH, Page
from experiments.figures.style import IGNORANCE, cut

if TYPE_CHECKING:
    from experiments.run import Run

LEFT, GAP = 0.62, 0.14
POINTS = 0.03  # room beyond the ends of an axis on which points stand
HALO: list[Stroke] = [withStroke(linewidth=2.2, foreground="white")]


def main_axes(page: Page, scale: Scale, room: float = 0.0) -> tuple[Axes, float]:
    """Axes with room for a legend beside them; and their upper edge, inches.

    room : beyond both ends of the parameter, see `Scale.dress`
    """
    right = WIDTH - LEGEND - GAP
    label = scale.label(right - LEFT + 0.3)
    low = page.bottom + 0.28 + 0.15 * (label.count("\n") + 1) + scale.tick_room(right - LEFT)
    dollars = scale.is_demand and scale.kind == "linear"
    high = page.top - (0.42 if dollars else 0.1)
    axes = page.axes(LEFT, right, low, high)
    scale.dress(axes, room=room)
    if dollars:
        scale.add_dollars(axes)
    axes.set_xlabel(label)
    return axes, high


def as_shares(axes: Axes, words: str = "share of negotiations", top: float = 1.0) -> None:
    """The upright axis in percent, from 0 to `top`."""
    axes.set_ylim(0.0, top)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if top >= 0.1 else 1))
    axes.set_ylabel(words)


def bars_of(rows: pd.DataFrame, name: str) -> np.ndarray:
    """How far the interval of an estimate reaches below and above it, shape (2, rows)."""
    value = rows[name].to_numpy(float)
    ends = [value - rows[f"{name}_low"].to_numpy(), rows[f"{name}_high"].to_numpy() - value]
    return np.maximum(ends, 0.0)


def draw_ignorance(axes: Axes, scale: Scale, ignorance: pd.DataFrame) -> Any:
    """The band of not knowing the parameters, and the mean over their draws.

    Of a posterior that mean is the curve itself, and is not drawn again.
    """
    x = scale.place(ignorance[scale.parameter])
    low, high, mean = (ignorance[name].to_numpy(float) for name in ("low", "high", "mean"))
    if scale.kind == "named":
        return axes.errorbar(
            x - 0.25, mean, np.maximum([mean - low, high - mean], 0.0), fmt="_", color=IGNORANCE,
            capsize=3, lw=1.6,
        )  # fmt: skip
    band = axes.fill_between(x, low, high, color=IGNORANCE, alpha=0.25, lw=0, zorder=2.5)
    for end in (low, high):
        axes.plot(x, end, color=IGNORANCE, lw=1.1, zorder=2.6)
    if scale.study.posterior is not None:
        return band
    return band, axes.plot(x, mean, color=IGNORANCE, lw=1.2, ls=(0, (1, 1)), zorder=2.6)[0]


def how_often(event: str) -> str:
    """What a figure of an event's probability shows."""
    if event == "breakdown":
        return "Share of the talks that break down"
    return f"Share of the talks with {EVENTS[event].words}"


def ignorance_words(run: "Run") -> str:
    """What a legend calls the band of not knowing the parameters."""
    study = run.study
    if study.posterior is None:
        return "not knowing the parameters: nine in ten draws of them; dots: their mean"
    first = f" ({study.variants[0].words})" if len(study.variants) > 1 else ""
    name = cut(study.posterior.name, LEGEND - 0.5, LEGEND_SIZE)
    return f"posterior of {name}: nine in ten draws of it{first}"


def ignorance_note(run: "Run", ignorance: pd.DataFrame) -> str:
    """What the notes say of the band of ignorance."""
    if run.study.posterior is not None:
        return "Band of the posterior: 5% to 95% of its draws, chance taken out."
    draws, n = (int(ignorance[name].to_numpy()[0]) for name in ("draws", "n"))
    return (
        f"Not knowing: {draws:,} draws of all other parameters from their priors at each level, "
        f"n = {n:,} each; chance is taken out."
    )


def mark(axes: Axes, scale: Scale, rows: pd.DataFrame, event: str, *, dot: bool = True) -> None:
    """The reported demand, or the case's own value, with what the curve is there.

    dot : on the curve as well
    """
    value = scale.marked
    if value is None:
        return
    row = nearest(rows, scale.parameter, value)
    known = bool(np.isclose(row[scale.parameter], value))
    theory = "law" in rows  # its curves are steep on the left and high on the right
    lines = [*_named(scale, value, broken=theory), *(_share(row, event) if known else ())]
    if scale.is_demand and known:
        lines[-3:] = [f"{lines[-3]}: {lines[-2]}", lines[-1]]
    x = float(scale.place(value))
    right = scale.share(x) < (0.75 if theory else 0.5)
    axes.axvline(x, color="black", lw=0.7, ls=":")
    axes.annotate(
        "\n".join(lines), (x, 0.94 if theory else 0.985), xycoords=("data", "axes fraction"),
        xytext=(4 if right else -4, 0), textcoords="offset points",
        ha="left" if right else "right", va="top", fontsize=7.5,
        path_effects=HALO, zorder=6,
    )  # fmt: skip
    if known and dot:
        axes.plot([x], [row[event]], "o", color="black", ms=3.2, zorder=5)


def _named(scale: Scale, value: float, *, broken: bool) -> list[str]:
    if not scale.is_demand:
        return [f"the case: {scale.name_of(value)}"]
    label = scale.study.scenario.reported.label
    usd = scale.study.scenario.money.usd_bn(value)
    return [label.replace(", ", ",\n") if broken else label, f"${usd:.3g}bn"]


def _share(row: Mapping[str, Any], event: str) -> tuple[str, str]:
    return f"{row[event]:.1%}", f"[{row[f'{event}_low']:.1%}, {row[f'{event}_high']:.1%}]"


def source_note(scale: Scale) -> list[str]:
    """Where what is marked comes from."""
    if scale.marked is None:
        return []
    if scale.is_demand:
        return [f"Reported demand: {scale.study.scenario.reported.source}."]
    return [f"Dotted: {scale.parameter} as in the case {scale.study.scenario.name}."]

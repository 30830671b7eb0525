"""How the talks break down along one parameter: causes stacked, the total with its interval."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke, withStroke
from matplotlib.ticker import PercentFormatter

from experiments.baselines import CURVES
from experiments.estimates import nearest, variant_rows
from experiments.figures.axis import Scale, scale_of
from experiments.figures.page import LEGEND, WIDTH, Page, counted
from experiments.figures.style import COLOURS, IGNORANCE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.run import Run

LEFT, GAP = 0.62, 0.14
_DASHES: tuple[Any, ...] = ((0, (4, 2)), (0, (1.2, 1.2)), (0, (7, 2)), (0, (5, 1.5, 1, 1.5)))
_MARKERS = ("", "", "", "", "o", "s", "^", "D", "v", "P", "X")
_HALO: list[Stroke] = [withStroke(linewidth=2.2, foreground="white")]


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
    rows = variant_rows(estimates, study.variants[0].name)
    scale = scale_of(study, parameter, rows[parameter].to_numpy())
    page = Page(run, "Ways of breaking down", _notes(run, estimates, scale, ignorance))
    axes, top = main_axes(page, scale)
    entries, words = stack_causes(axes, scale, rows)
    entries, words = entries[::-1], words[::-1]
    entries.append(_total(axes, scale, rows))
    first = f" ({study.variants[0].words})" if len(study.variants) > 1 else ""
    words.append(f"any breakdown{first}, with its 95% interval")
    for index, variant in enumerate(study.variants[1:]):
        entries.append(_other(axes, scale, variant_rows(estimates, variant.name), index))
        words.append(f"{variant.words}, with its interval")
    if ignorance is not None:
        entries.append(draw_ignorance(axes, scale, ignorance))
        words.append(words_of_ignorance(ignorance))
    for dashes, (name, label) in zip(("-.", ":"), CURVES.items(), strict=True):
        if name in rows and rows[name].notna().any():
            entries += axes.plot(
                scale.place(rows[parameter]), rows[name], color="black", ls=dashes, lw=1.4
            )
            words.append(label.replace("\n", " "))
    mark(axes, scale, rows, "breakdown")
    page.legend(entries, words, top)
    return page.figure


def main_axes(page: Page, scale: Scale) -> tuple[Axes, float]:
    """Axes of shares with the legend's room beside them; and their upper edge, inches."""
    right = WIDTH - LEGEND - GAP
    label = scale.label(right - LEFT + 0.3)
    low = page.bottom + 0.28 + 0.15 * (label.count("\n") + 1)
    dollars = scale.is_demand and scale.kind == "linear"
    high = page.top - (0.42 if dollars else 0.1)
    axes = page.axes(LEFT, right, low, high)
    scale.dress(axes)
    if dollars:
        scale.add_dollars(axes)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylabel("share of negotiations")
    axes.set_xlabel(label)
    return axes, high


def stack_causes(axes: Axes, scale: Scale, rows: pd.DataFrame) -> tuple[list[Any], list[str]]:
    """The causes on top of each other, in their colours; returns entries and words of a legend."""
    x = scale.place(rows[scale.parameter])
    base = np.zeros(len(rows))
    entries: list[Any] = []
    for name, (colour, hatch, _) in COLOURS.items():
        top = base + rows[name].to_numpy()
        look: dict[str, Any] = {
            "facecolor": colour,
            "hatch": hatch,
            "edgecolor": "white",
            "lw": 0.3,
        }
        if scale.kind == "named":
            entries.append(axes.bar(x, top - base, 0.8, bottom=base, **look))
        else:
            entries.append(axes.fill_between(x, base, top, **look))
        base = top
    return entries, [words for _, _, words in COLOURS.values()]


def _total(axes: Axes, scale: Scale, rows: pd.DataFrame) -> Any:
    """The total and its interval."""
    x, total = scale.place(rows[scale.parameter]), rows["breakdown"].to_numpy()
    low, high = rows["breakdown_low"].to_numpy(), rows["breakdown_high"].to_numpy()
    if scale.kind == "named":
        return axes.errorbar(
            x, total, [total - low, high - total], fmt="o", color="black", ms=2.5, capsize=2, lw=0.9
        )
    band = axes.fill_between(x, low, high, color="black", alpha=0.55, lw=0)
    return band, axes.plot(x, total, color="black", lw=0.8)[0]


def _other(axes: Axes, scale: Scale, rows: pd.DataFrame, index: int) -> Any:
    """The total of another variant: a dashed line with its band."""
    x, total = scale.place(rows[scale.parameter]), rows["breakdown"].to_numpy()
    low, high = rows["breakdown_low"].to_numpy(), rows["breakdown_high"].to_numpy()
    if scale.kind == "named":
        shift = 0.12 * (index + 1)
        mark = "s^DvPX*<>hp"[index % 11]
        return axes.errorbar(
            x + shift, total, [total - low, high - total], fmt=mark, color="black", ms=3.5,
            mfc="white", capsize=2, lw=0.9,
        )  # fmt: skip
    axes.fill_between(x, low, high, color="black", alpha=0.35, lw=0)
    return axes.plot(
        x, total, ls=_DASHES[index % len(_DASHES)], lw=1.0, marker=_MARKERS[index % len(_MARKERS)],
        ms=3.0, markevery=max(len(x) // 8, 1), color="black",
    )[0]  # fmt: skip


def draw_ignorance(axes: Axes, scale: Scale, ignorance: pd.DataFrame) -> Any:
    """The band of not knowing the parameters, and the mean over their draws."""
    x = scale.place(ignorance[scale.parameter])
    ends = ignorance["low"].to_numpy(), ignorance["high"].to_numpy()
    mean = ignorance["mean"].to_numpy()
    if scale.kind == "named":
        return axes.errorbar(
            x - 0.25, mean, [mean - ends[0], ends[1] - mean], fmt="_", color=IGNORANCE, capsize=3,
            lw=1.6,
        )  # fmt: skip
    band = axes.fill_between(
        x, *ends, facecolor=IGNORANCE, alpha=0.22, edgecolor=IGNORANCE, lw=0, zorder=2.5
    )
    for end in ends:
        axes.plot(x, end, color=IGNORANCE, lw=1.1, zorder=2.6)
    return band, axes.plot(x, mean, color=IGNORANCE, lw=1.1, ls=(0, (1, 1)), zorder=2.6)[0]


def words_of_ignorance(ignorance: pd.DataFrame) -> str:
    """What the legend says of the band."""
    return "ignorance of the parameters: 90% of their draws, and the mean"


def ignorance_note(ignorance: pd.DataFrame) -> str:
    """What the notes say of the band."""
    return (
        f"Ignorance: {int(ignorance['draws'].iloc[0]):,} draws of all other parameters from their "
        f"priors at each level, n = {int(ignorance['n'].iloc[0]):,} each, chance taken out."
    )


def mark(axes: Axes, scale: Scale, rows: pd.DataFrame, event: str) -> None:
    """The reported demand, or the case's own value, with what the curve is there."""
    value = scale.marked
    if value is None:
        return
    study, theory = scale.study, "law" in rows
    row = nearest(rows, scale.parameter, value)
    known = bool(np.isclose(row[scale.parameter], value))
    reported = study.scenario.reported
    label = reported.label if scale.is_demand else f"the case: {value:.4g}"
    lines = [label.replace(", ", ",\n") if theory else label]
    if scale.is_demand:
        lines.append(f"${study.scenario.money.usd_bn(value):.3g}bn")
    if known:
        share = f"{row[event]:.1%}"
        lines[-1] += f": {share}"
        lines.append(f"[{row[f'{event}_low']:.1%}, {row[f'{event}_high']:.1%}]")
    x = float(scale.place(value))
    low, high = scale.ends
    share = (
        np.log(x / low) / np.log(high / low) if scale.kind == "log" else (x - low) / (high - low)
    )
    right = share < 0.5
    axes.axvline(x, color="black", lw=0.7, ls=":")
    axes.annotate(
        "\n".join(lines), (x, 0.985), xytext=(4 if right else -4, 0),
        textcoords="offset points", ha="left" if right else "right", va="top", fontsize=7.5,
        path_effects=_HALO,
    )  # fmt: skip
    if known:
        axes.plot([x], [row[event]], "o", color="black", ms=3.2, zorder=5)


def _notes(
    run: "Run", estimates: pd.DataFrame, scale: Scale, ignorance: pd.DataFrame | None
) -> list[str]:
    notes = [counted(run, estimates)]
    if ignorance is not None:
        notes.append(ignorance_note(ignorance))
    return [*notes, *source_note(scale)]


def source_note(scale: Scale) -> list[str]:
    """Where what is marked comes from."""
    if scale.marked is None:
        return []
    if scale.is_demand:
        return [f"Reported demand: {scale.study.scenario.reported.source}."]
    return [f"Dotted: the value of the case, {scale.study.scenario.name}."]

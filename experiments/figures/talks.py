"""One negotiation drawn: positions, win-sets and the zone of possible agreement over the rounds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import provenance
from experiments.figures.page import EDGE, SMALL, WIDTH
from experiments.figures.style import SEOUL, UNCALIBRATED, US, ZOPA, new_figure, styled, wrapped

if TYPE_CHECKING:
    from experiments.transcript import Transcript


def talks_figure(transcript: "Transcript", manifest: dict[str, Any]) -> Figure:
    """The two sides' positions, win-sets and zone of possible agreement over the rounds."""
    scenario, rows = transcript.scenario, pd.DataFrame(transcript.positions())
    usd = scenario.money.usd_bn(1.0)
    with styled():
        figure = new_figure(WIDTH, 4.3)
        wide = figure.add_axes((0.095, 0.28, 0.385, 0.555))
        close = figure.add_axes((0.585, 0.28, 0.385, 0.555))
        for axes in (wide, close):
            _draw_positions(axes, rows, usd)
            axes.set_xlabel("round")
            if len(rows) <= 12:
                axes.set_xticks(rows["round"])
            axes.set_xlim(0.6, max(rows["round"].to_numpy(float).max(), 2.0) + 0.4)
        wide.set_ylabel("a year, bn dollars")
        wide.set_title("What is tabled")
        low, high = _zoom(rows, usd)
        close.set_ylim(low, high)
        close.set_title("Near the win-sets")
        _mark_events(close, transcript.events(), high)
        handles, labels = wide.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0.005, 0.094), ncols=3,
            columnspacing=1.2,
        )  # fmt: skip
        figure.text(0.012, 0.975, transcript.headline(), fontsize=9.5, fontweight="bold", va="top")
        figure.text(0.012, 0.925, scenario.title, fontsize=8, va="top", color="0.3")
        status = "" if scenario.calibrated else UNCALIBRATED + " "
        below = f"{status}One negotiation (n = 1), amounts at the efficient terms.\n" + (
            f"{provenance.one_line(manifest)} · replicate {manifest['replicate']}"
        )
        figure.text(
            0.012, 0.018, wrapped(below, WIDTH - 2 * EDGE, SMALL), fontsize=SMALL, va="bottom",
            color="0.25", linespacing=1.3,
        )  # fmt: skip
    return figure


def _draw_positions(axes: Axes, rows: pd.DataFrame, usd: float) -> None:
    axes.use_sticky_edges = False  # the bars would leave no margin
    r = rows["round"]
    least, most = rows["us_least"] * usd, rows["seoul_most"] * usd
    axes.bar(
        r, (most - least).clip(lower=0.0), bottom=least, width=1.0, color=ZOPA, alpha=0.25,
        label="zone of possible agreement",
    )  # fmt: skip
    axes.step(
        r, least, where="mid", color=US, lw=0.9, ls="--", label="least that the president signs"
    )
    axes.step(
        r, most, where="mid", color=SEOUL, lw=0.9, ls="--", label="most that Seoul may concede"
    )
    axes.plot(r, rows["us_amount"] * usd, color=US, marker="o", ms=3.5, label="tabled by the US")
    axes.plot(
        r, rows["seoul_amount"] * usd, color=SEOUL, marker="s", ms=3.5, label="tabled by Seoul"
    )


def _zoom(rows: pd.DataFrame, usd: float) -> tuple[float, float]:
    limits = rows[["us_least", "seoul_most", "seoul_amount"]].to_numpy() * usd
    low, high = float(limits.min()), float(limits.max())
    margin = max(0.25 * (high - low), 0.02)
    return low - margin, high + 2.0 * margin


def _mark_events(axes: Axes, events: Sequence[tuple[int, str]], high: float) -> None:
    for number in sorted({number for number, _ in events}):
        words = ", ".join(what for when, what in events if when == number)
        axes.axvline(number, color="0.6", lw=0.5, ls=":", zorder=0)
        axes.annotate(
            words, (number, high), xytext=(2, -3), textcoords="offset points",
            rotation=90, fontsize=6, va="top", ha="left", color="0.2",
        )  # fmt: skip

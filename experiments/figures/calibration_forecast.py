"""The figure of a back-test: forecasts of what was held out, and what came."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figures.calibration import PRIOR, Sheet
from experiments.figures.page import WIDTH
from experiments.figures.style import SEOUL, US, styled

if TYPE_CHECKING:
    from experiments.calibration.backtest import Backtest
    from experiments.calibration.findings import Findings

_WORDS = {
    "agreed_change": "agreed change, percent", "months": "months to the deal",
    "rounds": "rounds", "yes_share": "yes share", "turnout": "turnout",
    "would_refuse": "would refuse", "lapsed": "after expiry", "broken_off": "broken off",
    "executive_veto": "president's veto", "new_category_accepted": "new category",
    "ratified": "ratified",
}  # fmt: skip


def forecast_figure(findings: "Findings", found: "Backtest") -> Figure:
    """Forecasts of what was held out of a case, with what came."""
    wanted = found.table["forecaster"].isin(("model", "prior", "base_rate"))
    rows = pd.DataFrame(found.table[wanted])
    numbers = _kinds(rows, "number")
    flags = _kinds(rows, "flag")
    notes = [
        f"Known on {found.known_on}; the forecast rests on {found.model.effective_size:.0f} "
        "independent draws. Lines: 5 to 95%, marks: medians; of yes or no the probability with "
        "its 95% interval. Red: what was reported. Figures of a deal are given that there is one. "
        "n: other agreements behind the base rate.",
    ]
    looks = (("model", "black", "o"), ("prior", PRIOR, "s"), ("base_rate", US, "D"))
    with styled():
        down = -(-len(numbers) // 3)
        sheet = Sheet(findings, f"Forecast and outcome: {found.case.replace('_', ' ')}", notes,
                       1.25 + 1.0 * down + 0.24 * len(flags) + 0.75)  # fmt: skip
        high = sheet.top - 0.2
        for place, name in enumerate(numbers):
            column, row = place % 3, place // 3
            left = 0.2 + column * 2.05
            top = high - row * 1.0
            axes = sheet.axes(left, left + 1.8, top - 0.55 - sheet.bottom, top)
            _number_panel(axes, pd.DataFrame(rows[rows["statistic"] == name]), looks)
            axes.set_title(_named(rows, name), fontsize=7, pad=2)
        low = 0.36
        axes = sheet.axes(1.5, WIDTH - 0.2, low, sheet.bottom + low + 0.24 * len(flags) + 0.1)
        _flag_panel(axes, rows, flags, looks)
        for words, colour, mark in looks:
            label = {"model": "fitted model", "prior": "the same under its priors",
                     "base_rate": "base rate of the past"}[words]  # fmt: skip
            axes.plot([], [], color=colour, marker=mark, ms=3.5, label=label)
        axes.plot([], [], "|", color=SEOUL, ms=8, mew=2, label="reported")
        axes.legend(loc="lower left", bbox_to_anchor=(-0.22, 1.02), ncols=4, fontsize=6.8)
    return sheet.figure


def _kinds(rows: pd.DataFrame, kind: str) -> list[str]:
    model = pd.DataFrame(rows[rows["forecaster"] == "model"])
    if kind == "flag":
        return list(model.dropna(subset=["probability"])["statistic"])
    number = pd.DataFrame(model[model["probability"].isna()])
    return list(number.dropna(subset=["middle"])["statistic"])


def _named(rows: pd.DataFrame, statistic: str) -> str:
    """A statistic in words, with the n of its base rate where it has one."""
    words = _WORDS.get(statistic, statistic)
    past = _records(pd.DataFrame(rows[rows["statistic"] == statistic]), "base_rate")
    return f"{words} (n = {past[0]['n']:.0f})" if past else words


def _records(rows: pd.DataFrame, forecaster: str) -> list[dict[str, Any]]:
    mine = pd.DataFrame(rows[rows["forecaster"] == forecaster])
    return [{str(key): value for key, value in row.items()} for row in mine.to_dict("records")]


def _number_panel(axes: Axes, rows: pd.DataFrame, looks: Any) -> None:
    for place, (name, colour, mark) in enumerate(looks):
        for row in _records(rows, name):
            axes.plot([row["low"], row["high"]], [-place, -place], color=colour, lw=1.4)
            axes.plot(row["middle"], -place, mark, color=colour, ms=3.5)
    axes.axvline(float(rows["reported"].iloc[0]), color=SEOUL, lw=1.6, zorder=0)
    axes.set(yticks=[], ylim=(-2.6, 0.6))
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=6.5)


def _flag_panel(axes: Axes, rows: pd.DataFrame, flags: Sequence[str], looks: Any) -> None:
    for place, statistic in enumerate(reversed(list(flags))):
        mine = pd.DataFrame(rows[rows["statistic"] == statistic])
        for index, (name, colour, mark) in enumerate(looks):
            height = place + 0.22 * (1 - index)
            for row in _records(mine, name):
                ends = [row["probability_low"], row["probability_high"]]
                axes.plot(ends, [height, height], color=colour, lw=1.2)
                axes.plot(row["probability"], height, mark, color=colour, ms=3.0)
        axes.plot(float(mine["reported"].iloc[0]), place, "|", color=SEOUL, ms=12, mew=2)
    axes.set_yticks(range(len(flags)), [_named(rows, n) for n in reversed(list(flags))],
                    fontsize=7)  # fmt: skip
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.6, len(flags) - 0.4), xlabel="probability")

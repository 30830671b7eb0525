"""Estimates drawn: no number is computed here that a table does not hold.

The causes have the same colours and hatches in every figure (Paul Tol's "bright" set, told apart
in grey as well). Each figure says its n, its interval, its provenance and whether its parameters
are calibrated, on its face and inside the file.
"""

import json
import os
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from experiments import provenance
from experiments.baselines import CURVES, SETTLEMENTS
from experiments.results import written_whole
from experiments.statistics import at_demand, variant
from sim.scenario import Scenario

if TYPE_CHECKING:
    from experiments.sweep import Sweep
    from experiments.transcript import Transcript

STYLE = str(Path(__file__).with_name("winset.mplstyle"))
COLOURS = {
    "lapse": ("#CCBB44", "", "lapse: the last round passes"),
    "walk_out": ("#EE6677", "////", "walk-out for good"),
    "executive_veto": ("#4477AA", "....", "president's veto for good"),
    "ratification_refused": ("#AA3377", "xxxx", "ratification refused for good"),
}
US, SEOUL, ZOPA = "#4477AA", "#EE6677", "#228833"
UNCALIBRATED = "Parameters are assumptions, not calibrated: plausible, not a forecast."
TOTAL_LABEL = "any breakdown, with its\n95% interval"
CHEAP_LABEL = "the same talks if the\ndemand is cheap talk\n(no audience cost),\nwith its interval"
FORMATS = ("png", "svg", "pdf")


@contextmanager
def _styled():
    # A fixed creation date keeps a figure's bytes the same from run to run.
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    try:
        with plt.style.context(STYLE):
            yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]


def save(
    figure: Figure, stem: Path, manifest: dict[str, Any], formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write a figure with its provenance inside, in each format; returns the paths."""
    record = json.dumps(provenance.plain(manifest), sort_keys=True, ensure_ascii=True)
    fields = {
        "png": {"Software": "winset", "Description": record},
        "svg": {"Creator": "winset", "Description": record, "Date": None},
        "pdf": {"Creator": "winset", "Subject": record, "CreationDate": None},
    }
    paths = []
    for suffix in formats:
        path = stem.with_name(f"{stem.name}.{suffix}")
        with _styled(), written_whole(path) as temporary:
            figure.savefig(temporary, format=suffix, metadata=fields[suffix])
        paths.append(path)
    plt.close(figure)
    return paths


def breakdown_figure(sweep: "Sweep", estimates: pd.DataFrame) -> Figure:
    """How often and how the talks break down against the demanded amount."""
    scenario = sweep.scenario
    case, talk = variant(estimates, "case"), variant(estimates, "cheap_talk")
    with _styled():
        figure = plt.figure(figsize=(6.3, 4.5))
        axes = figure.add_axes((0.10, 0.245, 0.585, 0.55))
        _stack_causes(axes, case)
        total = _band(axes, case, 0.55)
        (line,) = axes.plot(case["demand"], case["breakdown"], color="black", lw=0.8)
        (cheap,) = axes.plot(
            talk["demand"], talk["breakdown"], color="black", ls=(0, (4, 2)), lw=1.0
        )
        _band(axes, talk, 0.35)
        _mark_reported(axes, scenario, case)
        _demand_axes(axes, scenario, case)
        handles, labels = axes.get_legend_handles_labels()
        entries: list[Any] = [*handles[::-1], (total, line), cheap]
        words = [*labels[::-1], TOTAL_LABEL, CHEAP_LABEL]
        for dashes, (name, label) in zip(("-.", ":"), CURVES.items(), strict=True):
            if name in case:
                entries += axes.plot(case["demand"], case[name], color="black", ls=dashes, lw=1.4)
                words.append(label)
        _beside(figure, entries, words)
        _entitle(figure, "How the talks break down as the demand grows", scenario)
        _notes(figure, scenario, sweep.manifest)
    return figure


def settlement_figure(sweep: "Sweep", estimates: pd.DataFrame) -> Figure:
    """What deals are worth against the demanded amount, and what theory forecasts.

    The estimates must hold the columns of `experiments.baselines`.
    """
    scenario, case = sweep.scenario, variant(estimates, "case")
    x = case["demand"]
    with _styled():
        figure = plt.figure(figsize=(6.3, 4.5))
        axes = figure.add_axes((0.10, 0.245, 0.585, 0.55))
        zone = axes.fill_between(
            x, case["us_least"], case["seoul_most"], color=ZOPA, alpha=0.2, lw=0,
            where=(case["seoul_most"] >= case["us_least"]).tolist(),
        )  # fmt: skip
        entries: list[Any] = [zone]
        for name, colour in (("us_least", US), ("seoul_most", SEOUL)):
            entries += axes.plot(x, case[name], color=colour, ls="--", lw=0.9)
        for dashes, name in zip(("-.", ":", (0, (1, 3))), SETTLEMENTS, strict=True):
            entries += axes.plot(x, case[name], color="black", ls=dashes, lw=1.1)
        quartiles = (case["settlement_q25"], case["settlement_q75"])
        entries.append(axes.fill_between(x, *quartiles, color="black", alpha=0.2, lw=0))
        entries += axes.plot(x, case["settlement_median"], "o-", color="black", ms=2.2, lw=1.0)
        _demand_axes(axes, scenario, case)
        ends = case[["us_least", "seoul_most", *SETTLEMENTS, "settlement_q25", "settlement_q75"]]
        low, high = float(np.nanmin(ends.to_numpy())), float(np.nanmax(ends.to_numpy()))
        axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.2f}"))
        axes.set_ylabel(f"amount of the deal, {scenario.base_year} payments")
        axes.axvline(scenario.reported.demand, color="black", lw=0.7, ls=":")
        counts = case["deals"].to_numpy(int)
        deals = f"{counts.min():,} to {counts.max():,}"
        words = [
            "zone of possible agreement\nat mean types", "least that the president\nsigns",
            "most that Seoul may\nconcede", *SETTLEMENTS.values(), "middle half of the deals",
            f"median deal\n(of {deals} deals)",
        ]  # fmt: skip
        _beside(figure, entries, words)
        _entitle(figure, "What deals are worth, and what theory forecasts", scenario)
        _notes(figure, scenario, sweep.manifest)
    return figure


def _beside(figure: Figure, entries: Sequence[Any], words: Sequence[str]) -> None:
    """The legend, to the right of the axes."""
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.70, 0.81)}
    figure.legend(entries, words, handlelength=1.8, labelspacing=0.8, **place)


def _entitle(figure: Figure, title: str, scenario: Scenario) -> None:
    figure.text(0.012, 0.975, title, fontsize=10, fontweight="bold", va="top")
    figure.text(0.012, 0.925, scenario.title, fontsize=8, va="top", color="0.3")


def _band(axes: Axes, rows: pd.DataFrame, alpha: float) -> Any:
    """The interval of the total, drawn as a band."""
    ends = (rows["breakdown_low"], rows["breakdown_high"])
    return axes.fill_between(rows["demand"], *ends, color="black", alpha=alpha, lw=0)


def _stack_causes(axes: Axes, case: pd.DataFrame) -> None:
    base = 0.0 * case["demand"]
    for name, (colour, hatch, label) in COLOURS.items():
        top = base + case[name]
        axes.fill_between(
            case["demand"], base, top, facecolor=colour, hatch=hatch, edgecolor="white", lw=0.3,
            label=label,
        )  # fmt: skip
        base = top


def _mark_reported(axes: Axes, scenario: Scenario, case: pd.DataFrame) -> None:
    event = scenario.reported
    row = at_demand(case, event.demand)
    grid = case["demand"].to_numpy(float)
    right = "law" in case or event.demand < 0.5 * (grid.min() + grid.max())  # where room is
    label = event.label.replace(", ", ",\n") if "law" in case else event.label
    axes.axvline(event.demand, color="black", lw=0.7, ls=":")
    axes.annotate(
        f"{label}\n${scenario.money.usd_bn(event.demand):.3g}bn: "
        f"{row['breakdown']:.1%}\n[{row['breakdown_low']:.1%}, {row['breakdown_high']:.1%}]",
        (event.demand, 0.88 if "law" in case else 0.985), xytext=(4 if right else -4, 0),
        textcoords="offset points", ha="left" if right else "right", va="top", fontsize=7.5,
    )  # fmt: skip
    axes.plot([event.demand], [row["breakdown"]], "o", color="black", ms=3.2, zorder=5)


def _demand_axes(axes: Axes, scenario: Scenario, case: pd.DataFrame) -> None:
    money = scenario.money
    grid = case["demand"].to_numpy(float)
    low, high = float(grid.min()), float(grid.max())
    room = 0.0 if high - low > 0.05 else 0.05  # one demand alone, or nearly so
    axes.set(xlim=(low - room, high + room), ylim=(0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylabel("share of negotiations")
    axes.set_xlabel(
        f"public demand, multiples of the {scenario.base_year} payment "
        f"({money.krw_bn(1):,.1f} bn won a year)"
    )
    usd: Any = money.usd_bn(1)  # Any: the axis hands over arrays or numbers
    upper = axes.secondary_xaxis("top", functions=(lambda x: x * usd, lambda x: x / usd))
    upper.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    upper.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"${x:g}bn"))
    upper.set_xlabel("a year, at the rate that the reported payment implies", fontsize=7)


def _notes(figure: Figure, scenario: Scenario, manifest: dict[str, Any]) -> None:
    """What stands under every figure: n and interval, source, status, provenance."""
    status = "" if scenario.calibrated else UNCALIBRATED
    lines = [
        f"n = {manifest['replicates']:,} negotiations a demand and variant, common random numbers; "
        "intervals: Wilson, 95%, of chance within the model alone.",
        f"Reported demand: {scenario.reported.source}.",
        provenance.one_line(manifest),
    ]
    figure.text(0.012, 0.118, status, fontsize=7.5, va="top", fontweight="bold", color="#AA3377")
    figure.text(
        0.012, 0.083, "\n".join(lines), fontsize=5.9, va="top", color="0.25", linespacing=1.35
    )


def talks_figure(transcript: "Transcript", manifest: dict[str, Any]) -> Figure:
    """The two sides' positions, win-sets and zone of possible agreement over the rounds."""
    scenario, rows = transcript.scenario, pd.DataFrame(transcript.positions())
    usd = scenario.money.usd_bn(1.0)
    with _styled():
        figure = plt.figure(figsize=(6.3, 4.3))
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
            handles, labels, loc="lower left", bbox_to_anchor=(0.005, 0.085), ncols=3,
            columnspacing=1.2,
        )  # fmt: skip
        figure.text(0.012, 0.975, transcript.headline(), fontsize=9.5, fontweight="bold", va="top")
        figure.text(0.012, 0.925, scenario.title, fontsize=8, va="top", color="0.3")
        status = "" if scenario.calibrated else UNCALIBRATED + " "
        figure.text(
            0.012, 0.07, f"{status}One negotiation (n = 1), amounts at the efficient terms.\n"
            + provenance.one_line(manifest) + f" · replicate {manifest['replicate']}",
            fontsize=5.9, va="top", color="0.25", linespacing=1.35,
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

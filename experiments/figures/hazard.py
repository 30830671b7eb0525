"""When talks end, and how: hazards round by round, and what has become of all talks so far."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from experiments.estimates import by_round, column_of
from experiments.figures.along import bars_of
from experiments.figures.axis import scale_of
from experiments.figures.page import Page, counted
from experiments.figures.style import COLOURS, SEOUL, ZOPA
from experiments.posterior_draws import most_drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.run import Run
    from experiments.study import Study

MOST_PANELS = 4
LEAST_GOING = 30  # talks; the interval of a hazard among fewer does not set the axis
DEAL = "#66CCEE"
_MOMENTS = (
    ("talks.expiry_round", "the old agreement expires", ":", 0.9),
    ("turnover.round", "a new executive may take over", (0, (5, 1.5, 1, 1.5)), 0.7),
    ("talks.rounds", "deadline: the last round passes", "--", 0.9),
)


def panels_of(study: "Study") -> list[tuple[str, dict[str, float]]]:
    """The design points that are told: all if they are few, else those at the case's own value.

    Returns
    -------
    variant and levels of each; empty where they are too many
    """
    if any(not factor.levels for factor in study.factors):
        return []
    arms = [variant.name for variant in study.variants]
    if study.points <= MOST_PANELS and len(study.factors) <= 1:
        levels: list[dict[str, float]] = [
            {factor.parameter: level} for factor in study.factors for level in factor.levels
        ] or [{}]
    else:
        chosen = {}
        for factor in study.factors:
            marked = scale_of(study, factor.parameter, factor.levels).marked
            if marked is None or not np.isclose(factor.levels, marked).any():
                return []
            distance = np.abs(np.array(factor.levels) - marked)
            chosen[factor.parameter] = factor.levels[int(distance.argmin())]
        levels = [chosen]
    found = [(arm, level) for level in levels for arm in arms]
    return found if len(found) <= MOST_PANELS else []


def hazard_figure(
    run: "Run", estimates: pd.DataFrame, ignorance: pd.DataFrame | None = None
) -> "Figure":
    """Above, the hazards of deal and breakdown; below, how all talks have ended by each round."""
    study = run.study
    rounds = by_round(run)
    chosen = panels_of(study)
    notes = [
        counted(run, estimates).replace("intervals:", "hazard: share of the talks that still go "
                                        "on; intervals:"),
    ]  # fmt: skip
    page = Page(run, "When talks end: hazards above, what became of all talks below", notes, 5.2)
    entries, words = _legend(run)
    place = page.room_below(words, 3)
    titles = [*(_title(study, arm, levels) for arm, levels in chosen), *[""] * len(chosen)]
    beside = ["hazard in the round", "share of all talks"]
    panels = page.panels(len(chosen), 2, "round", beside, titles)
    highest = 0.0
    for column, (arm, levels) in enumerate(chosen):
        rows = rounds[rounds["variant"] == arm]
        for name, level in levels.items():
            rows = rows[rows[name] == level]
        upper, lower = panels[column], panels[column + len(chosen)]
        table = pd.DataFrame(rows)
        highest = max(highest, _hazards(upper, table))
        _incidence(lower, table)
        moments = _moments(run, arm, levels)
        for axes in (upper, lower):
            _dress(axes, moments)
    for upper, lower in zip(panels[: len(chosen)], panels[len(chosen) :], strict=True):
        upper.set_ylim(0.0, min(1.0, 1.12 * highest))
        lower.set_ylim(0.0, 1.0)
        for axes in (upper, lower):
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    page.legend_below(entries, words, 3, place)
    return page.figure


def _hazards(axes: Axes, rows: pd.DataFrame) -> float:
    """Points with intervals while talks go on; returns the highest end of an interval."""
    highest = 0.0
    for ending, colour, marker, shift in (
        ("ratified", ZOPA, "o", -0.09), ("breakdown", SEOUL, "s", 0.09)
    ):  # fmt: skip
        part = rows[(rows["ending"] == ending) & (rows["at_risk"] > 0)]
        table = pd.DataFrame(part)
        axes.errorbar(
            table["round"] + shift, table["hazard"], bars_of(table, "hazard"), color=colour,
            marker=marker, ms=2.8, lw=0.8, elinewidth=0.8, capsize=1.3,
        )  # fmt: skip
        going = table["at_risk"].to_numpy()
        known = going >= min(LEAST_GOING, going.max())
        highest = max(highest, float(table["hazard_high"].to_numpy()[known].max()))
    return highest


def _incidence(axes: Axes, rows: pd.DataFrame) -> None:
    """Causes from below and deals from above, as steps."""
    x = np.arange(1, rows["round"].to_numpy().max() + 1)
    base = np.zeros(len(x))
    for name, (colour, hatch, _) in COLOURS.items():
        share = rows.loc[rows["ending"] == name, "incidence"].to_numpy()
        axes.bar(x, share, 1.0, base, fc=colour, hatch=hatch, ec="white", lw=0.3)
        base = base + share
    deals = rows.loc[rows["ending"] == "ratified", "incidence"].to_numpy()
    axes.bar(x, deals, 1.0, 1.0 - deals, fc=DEAL, ec="white", lw=0.3, alpha=0.6)


def _dress(axes: Axes, moments: dict[str, float]) -> None:
    rounds = moments["talks.rounds"]
    for name, _, dashes, width in _MOMENTS:
        if name in moments:
            axes.axvline(moments[name] + 0.5, color="black", ls=dashes, lw=width)
    axes.set_xlim(0.4, rounds + 0.75)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))


def _moments(run: "Run", arm: str, levels: dict[str, float]) -> dict[str, float]:
    """The rounds after which something happens at a design point, as far as it can."""
    table = pd.DataFrame(run.design.table)
    here = (table["variant"] == arm).to_numpy()
    for name, level in levels.items():
        here = here & (table[name] == level).to_numpy()
    names = ["talks.expiry_round", "talks.rounds", "turnover.round", "turnover.probability"]
    found = {name: float(column_of(run.study, table, name)[here][0]) for name in names}
    if "talks.rounds" in run.study.drawn:
        found["talks.rounds"] = most_drawn(run.study, pd.DataFrame(table[here]))
    if found.pop("turnover.probability") == 0.0 or (
        found["turnover.round"] >= found["talks.rounds"]
    ):
        del found["turnover.round"]
    if found["talks.expiry_round"] >= found["talks.rounds"]:
        del found["talks.expiry_round"]
    return found


def _title(study: "Study", arm: str, levels: dict[str, float]) -> str:
    words = {variant.name: variant.words for variant in study.variants}[arm]
    told = [f"{name.split('.')[1].replace('_', ' ')} {level:.4g}" for name, level in levels.items()]
    if len(study.variants) == 1:
        return ", ".join(told) or study.scenario.name
    return words if study.points > MOST_PANELS or not told else f"{words}, {', '.join(told)}"


def _legend(run: "Run") -> tuple[list[Any], list[str]]:
    entries: list[Any] = [
        Line2D([], [], color=ZOPA, marker="o", ms=3), Line2D([], [], color=SEOUL, marker="s", ms=3),
        Patch(fc=DEAL, alpha=0.6),
    ]  # fmt: skip
    words = ["hazard of a deal", "hazard of any breakdown", "a deal"]
    for colour, hatch, label in COLOURS.values():
        entries.append(Patch(fc=colour, hatch=hatch, ec="white", lw=0.3))
        words.append(label)
    for name, label, dashes, width in _MOMENTS:
        if name in run.study.drawn:
            label = "the longest deadline of any draw"
        entries.append(Line2D([], [], color="black", ls=dashes, lw=width))
        words.append(label)
    return entries, words

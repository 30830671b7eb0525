"""What an outcome hangs on: bars of sensitivity indices, and the region in which it is likely."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import PercentFormatter

from experiments.estimates import column_of
from experiments.events import EVENTS
from experiments.figures.axis import Scale, scale_of
from experiments.figures.heat_map import COLOUR_MAP
from experiments.figures.page import EDGE, LABEL_SIZE, LEGEND_SIZE, WIDTH, Page
from experiments.figures.style import wrapped
from sim.parameters import BY_NAME

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.discovery import Region
    from experiments.run import Run
    from experiments.study import Study

MOST_BARS = 15
_NAMES = 2.35  # room for the names of parameters, inches
_BAR = 0.21  # height of a parameter's place, inches
# Which indices each method shows, the first of them in order; how they look and what they mean.
SHOWN: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "Sobol": (
        ("first_order", "#4477AA", "", "alone: first-order index"),
        ("total", "#EE6677", "////", "with all that it interacts in: total index"),
    ),
    "Morris": (
        ("mu_star", "#4477AA", "", "mu*: mean size of its effect, end to end"),
        ("sigma", "#EE6677", "////", "sigma: how much that effect differs"),
    ),
    "PAWN": (("pawn", "#4477AA", "", "PAWN: how far the law moves when it is known"),),
}
_AXES = {
    "Sobol": "share of the variance of the probability",
    "Morris": "change of the probability from end to end of a range",
    "PAWN": "distance of Kolmogorov and Smirnov, 0 to 1",
}


def sensitivity_figure(run: "Run", indices: pd.DataFrame) -> "Figure":
    """Bars with intervals, the parameter that matters most on top.

    Parameters
    ----------
    indices : of `experiments.sensitivity.analyse`
    """
    method = str(indices["method"].iloc[0])
    shown = SHOWN[method]
    leading = pd.DataFrame(indices[indices["index"] == shown[-1][0]])
    if method != "Sobol":
        leading = pd.DataFrame(indices[indices["index"] == shown[0][0]])
    order = leading.sort_values("value", ascending=False, kind="stable")["parameter"].tolist()
    top = order[:MOST_BARS]
    page = Page(
        run, f"What moves the probability of {EVENTS[run.study.outcome].words}",
        _notes(indices, len(order)), 2.0 + _BAR * len(top),
    )  # fmt: skip
    words = [text for *_, text in shown]
    biased = bool((indices["floor"].to_numpy() > 0.0).any())
    words += ["what a parameter without effect would show"] if biased else []
    place = page.room_below(words, 2)
    axes = page.axes(EDGE + _NAMES, WIDTH - 0.15, page.bottom + 0.45, page.top - 0.05)
    entries = [
        _bars(axes, indices, top, index, name, len(shown), look)
        for index, (name, *look, _) in enumerate(shown)
    ]
    if biased:
        entries.append(_floors(axes, indices, top, shown[0][0]))
    axes.axvline(0.0, color="black", lw=0.6)
    axes.set_yticks(range(len(top)), [_labelled(name) for name in top], fontsize=7.0)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(top) - 0.4, -0.6)
    axes.set_xlabel(_AXES[method])
    page.legend_below(entries, words, 2, place)
    return page.figure


def _labelled(name: str) -> str:
    symbol = BY_NAME[name].symbol
    return f"{name} ({symbol})" if symbol else name


def _bars(
    axes: Axes, indices: pd.DataFrame, top: list[str], index: int, name: str, count: int, look: Any
) -> Any:
    rows = pd.DataFrame(indices[indices["index"] == name]).set_index("parameter").loc[top]
    value = rows["value"].to_numpy(float)
    ends = [value - rows["low"].to_numpy(float), rows["high"].to_numpy(float) - value]
    tall = 0.8 / count
    place = np.arange(len(top)) - 0.4 + tall * (index + 0.5)
    bars = axes.barh(place, value, tall, fc=look[0], hatch=look[1], ec="white", lw=0.3)
    axes.errorbar(
        value, place, xerr=np.maximum(ends, 0.0), fmt="none", ecolor="black", elinewidth=0.8,
        capsize=1.5,
    )  # fmt: skip
    return bars


def _floors(axes: Axes, indices: pd.DataFrame, top: list[str], name: str) -> Any:
    """What chance alone would give, where an index cannot be freed from it."""
    rows = pd.DataFrame(indices[indices["index"] == name]).set_index("parameter").loc[top]
    return axes.plot(
        rows["floor"], np.arange(len(top)), ls="none", marker="|", ms=9, mew=1.2, color="0.35"
    )[0]


def _notes(indices: pd.DataFrame, parameters: int) -> list[str]:
    row = indices.iloc[0]
    shown = f"{MOST_BARS} of {parameters}" if parameters > MOST_BARS else f"{parameters}"
    return [
        f"{row['method']} indices of {shown} parameters over {int(row['points']):,} settings, n = "
        f"{int(row['replicates']):,} negotiations each, independent draws; bars: 95% intervals, "
        "resampled."
    ]  # fmt: skip


def discovery_figure(run: "Run", estimates: pd.DataFrame, region: "Region") -> "Figure":
    """The region in its two most restricted parameters, and what it trades for being dense."""
    study = run.study
    names = two_axes(study, estimates, region)
    words = EVENTS[study.outcome].words
    page = Page(run, f"Where {words} is likely", [region.sentence(), _sampled(run, estimates)], 4.5)
    labels = _legend(region)
    place = page.room_below([text for _, text in labels], 2)
    across, upright = (_scale(study, name) for name in names)
    below = across.label(3.3)
    foot = page.bottom + 0.28 + 0.15 * (below.count("\n") + 1)
    left = page.axes(0.86, 3.55, foot, page.top - 0.28)
    points = _cloud(left, (across, upright), estimates, region, study.outcome)
    if region.limits:
        _box(left, (across, upright), region)
    left.set_xlabel(below)
    # All of it would be too long: the demand by its meaning, another parameter by its name.
    name = upright.label(WIDTH).split("\n")[0 if upright.is_demand else -1]
    left.set_ylabel(wrapped(name, page.top - 0.28 - foot, LABEL_SIZE))
    key = page.figure.add_axes((
        3.65 / WIDTH, foot / page.height, 0.1 / WIDTH, (page.top - 0.28 - foot) / page.height
    ))  # fmt: skip
    bar = page.figure.colorbar(points, cax=key)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    left.set_title(f"colour: {words}, share of negotiations", fontsize=LEGEND_SIZE, pad=4)
    _trade(page.axes(4.9, WIDTH - 0.12, foot, page.top - 0.28), region)
    page.legend_below([entry for entry, _ in labels], [text for _, text in labels], 2, place)
    return page.figure


def two_axes(study: "Study", estimates: pd.DataFrame, region: "Region") -> tuple[str, str]:
    """The parameters whose limits leave least; then those that resamples restrict most often."""
    left = {
        name: float(_within(estimates, {name: ends}).mean()) for name, ends in region.limits.items()
    }
    others = [name for name in study.parameters if name not in left]
    others.sort(key=lambda name: -region.restricted.get(name, 0.0))
    first, second, *_ = [*sorted(left, key=lambda name: left[name]), *others]
    return first, second


def _within(estimates: pd.DataFrame, limits: dict[str, tuple[float, float]]) -> Any:
    inside = np.ones(len(estimates), bool)
    for name, (low, high) in limits.items():
        column = estimates[name].to_numpy(float)
        inside &= (column >= low) & (column <= high)
    return inside


def _scale(study: "Study", name: str) -> Scale:
    law = study.factor(name).law
    middle = np.sqrt(law.low * law.high) if law.law == "log-uniform" else (law.low + law.high) / 2
    return scale_of(study, name, [law.low, middle, law.high])


def _cloud(
    axes: Axes, scales: tuple[Scale, Scale], estimates: pd.DataFrame, region: "Region", event: str
) -> Any:
    """Every setting that was played, pale where another limit of the region leaves it out."""
    across, upright = scales
    across.dress(axes, most=5)
    upright.dress(axes, upright=True)
    shown = {across.parameter, upright.parameter}
    other = {name: ends for name, ends in region.limits.items() if name not in shown}
    inside = _within(estimates, other)
    drawn = None
    for chosen, size, alpha in ((~inside, 5.0, 0.3), (inside, 11.0, 1.0)):
        rows = pd.DataFrame(estimates[chosen])
        drawn = axes.scatter(
            rows[across.parameter], rows[upright.parameter], size, rows[event], cmap=COLOUR_MAP,
            vmin=0.0, vmax=1.0, alpha=alpha, linewidths=0.25, edgecolors="black", rasterized=True,
        )  # fmt: skip
    return drawn


def _box(axes: Axes, scales: tuple[Scale, Scale], region: "Region") -> None:
    """The limits; an end that is not restricted lies on the edge of the axes."""
    corners = []
    for scale in scales:
        low, high = region.limits.get(scale.parameter, (-np.inf, np.inf))
        corners.append((max(low, scale.ends[0]), min(high, scale.ends[1])))
    (left, right), (low, high) = corners
    axes.add_patch(
        Rectangle(
            (left, low), right - left, high - low, fill=False, ec="#EE6677", lw=2.0, clip_on=False,
            zorder=4,
        )
    )  # fmt: skip


def _trade(axes: Axes, region: "Region") -> None:
    """Coverage and density of all boxes on the way, and of the region."""
    axes.plot(
        region.trajectory["coverage"], region.trajectory["density"], "o-", color="0.45", ms=2.2,
        lw=0.7,
    )  # fmt: skip
    axes.errorbar(
        [region.coverage], [region.density],
        [[region.density - region.low], [region.high - region.density]], fmt="D", color="#EE6677",
        ms=4.5, capsize=2, lw=1.0, zorder=4,
    )  # fmt: skip
    axes.axhline(region.asked, color="black", lw=0.7, ls=":")
    axes.set_xlim(0.0, 1.05)
    axes.set_ylim(0.0, 1.05)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xticks([0.0, 0.5, 1.0])
    axes.set_xlabel("coverage: share of\nthe cases inside")
    axes.set_ylabel("density: share of the inside\nthat are cases")


def _legend(region: "Region") -> list[tuple[Any, str]]:
    dot: dict[str, Any] = {"ls": "none", "marker": "o", "mec": "black", "mew": 0.3}
    found: list[tuple[Any, str]] = []
    if region.limits:
        found.append((Patch(fill=False, ec="#EE6677", lw=2.0), "the region"))
    if len(region.limits) > 2:
        found.append((Line2D([], [], mfc="0.6", ms=2.4, alpha=0.5, **dot),
                      "small and pale: left out by its other limits"))  # fmt: skip
    found.append((Line2D([], [], color="0.45", marker="o", ms=2.2, lw=0.7), "boxes on the way"))
    found.append((Line2D([], [], color="black", lw=0.7, ls=":"),
                  f"density asked for: {region.asked:.0%}"))  # fmt: skip
    return found


def _sampled(run: "Run", estimates: pd.DataFrame) -> str:
    """n, and the demand of the settings where the demand does not vary."""
    n = int(estimates["n"].to_numpy().min())
    sentence = f"A point: one setting of {len(run.study.parameters)} parameters, n = {n:,} each."
    if "president.demand" in run.study.parameters:
        return sentence
    demand = float(column_of(run.study, estimates, "president.demand")[0])
    usd = run.study.scenario.money.usd_bn(demand)
    return f"{sentence} Demand: {demand:.3g} payments (${usd:.3g}bn)."

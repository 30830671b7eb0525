"""The figures of the verification: laws of theory under what the engine gives.

Each says its n and its interval; line and marker tell apart what colour does (Paul Tol's "bright"
set).
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from experiments import provenance
from experiments.docking.commitment import COMMITMENTS, kappa_law, settings_of
from experiments.docking.comparative_statics import ASSEMBLY_LIMIT, hard_assembly, seoul_surplus
from experiments.docking.domestic import READING, modes_at, one_bloc
from experiments.docking.play import broke_down, limit_points
from experiments.docking.time import deal_rounds
from experiments.figures.style import new_figure, styled
from experiments.intervals import wilson_interval
from sim.negotiate import negotiate
from sim.terms import Ending

SEED = 2019
BLUE, RED, GREEN, YELLOW, PURPLE = "#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377"
LOOKS = (("black", "o"), (BLUE, "s"), (GREEN, "^"), (PURPLE, "D"), (RED, "v"))
Reals = NDArray[np.float64]


def _page(title: str, subtitle: str, notes: str, manifest: dict[str, Any]) -> Figure:
    figure = new_figure(6.3, 4.3)
    figure.text(0.012, 0.975, title, fontsize=10, fontweight="bold", va="top")
    figure.text(0.012, 0.925, subtitle, fontsize=8, va="top", color="0.3")
    figure.text(
        0.012, 0.075, f"{notes}\n{provenance.one_line(manifest)}", fontsize=5.9, va="top",
        color="0.25", linespacing=1.35,
    )  # fmt: skip
    return figure


def _points(
    axes: Axes, x: Any, counts: Any, n: Any, look: tuple[str, str], label: str = ""
) -> None:
    """Frequencies with their intervals."""
    share = np.asarray(counts, float) / n
    low, high = wilson_interval(counts, n)
    axes.errorbar(
        x, share, yerr=[share - low, high - share], fmt=look[1], color=look[0], ms=3.6,
        elinewidth=0.9, capsize=1.8, label=label or None,
    )  # fmt: skip


def kappa_figure(n: int, manifest: dict[str, Any]) -> Figure:
    """The exact curves of the kappa-law under the engine's points, five settings."""
    grid = np.geomspace(1.0, 9.0, 200)
    demands = [1.05, 1.2, 1.35, 1.5, 2.0, 3.0, 4.2, 5.56, 8.0]
    with styled():
        figure = _page(
            "A demand breaks what its author has tied to it",
            "Breakdown by the kappa-law (lines) and in the engine (points)",
            f"n = {n:,} negotiations a point, common random numbers; bars: Wilson intervals, 95%. "
            "US reservation value N(1.10, 0.10), Seoul's N(1.25, 0.10);\nall other mechanisms off.",
            manifest,
        )  # fmt: skip
        axes = figure.add_axes((0.095, 0.215, 0.585, 0.635))
        for commitment, look in zip(COMMITMENTS, LOOKS, strict=True):
            axes.plot(grid, [kappa_law(d, commitment) for d in grid], color=look[0], lw=1.0)
            varied = [settings_of(d, commitment) for d in demands]
            counts = [_broken(settings, n) for settings in varied]
            _points(axes, demands, counts, n, look, _wrapped(commitment.words))
        axes.set(xscale="log", xlim=(1.0, 9.0), ylim=(-0.02, 1.03))
        axes.set_xticks([1, 1.5, 2, 3, 4, 5.56, 8], ["1", "1.5", "2", "3", "4", "5.56", "8"])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("public demand, multiples of the old payment (log scale)")
        axes.set_ylabel("share of negotiations that break down")
        handles, labels = axes.get_legend_handles_labels()
        order = [4, 3, 1, 2, 0]
        figure.legend(
            [handles[i] for i in order], [labels[i] for i in order], loc="upper left",
            bbox_to_anchor=(0.695, 0.85), labelspacing=1.0,
        )  # fmt: skip
    return figure


def _wrapped(words: str) -> str:
    return words.replace(" (", "\n(").replace(" and ", " and\n")


def _broken(settings: dict[str, float], n: int) -> int:
    records = negotiate(limit_points(settings), n, seed=SEED)[0]
    return int(np.count_nonzero(broke_down(records)))


def iida_figure(n: int, manifest: dict[str, Any]) -> Figure:
    """Refusal at the table against refusal by the Assembly as the ministry reads it worse."""
    noises = np.array([0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3])
    grid = np.linspace(0.0, 0.3, 121)
    law = np.array([modes_at(float(noise)) for noise in grid])
    counts = np.array([_modes(float(noise), n) for noise in noises])
    with styled():
        figure = _page(
            "Who knows the Assembly decides where talks break down",
            "Theory (lines) and engine (points): refused at the table, or signed and voted down",
            f"n = {n:,} negotiations a point, common random numbers; bars: Wilson intervals, 95%. "
            "One final demand of 1.25 payments; the Assembly's limit\nis N(1.25, 0.10); a deal is "
            "worth 1.5 to the ministry and a refused vote costs it 0.1.",
            manifest,
        )  # fmt: skip
        axes = figure.add_axes((0.095, 0.225, 0.615, 0.625))
        total = law.sum(axis=1)
        for values, seen, look, style, words in (
            (total, counts.sum(axis=1), ("black", "D"), "--", "all breakdowns"),
            (law[:, 0], counts[:, 0], (BLUE, "o"), "-", "the ministry refuses\nat the table"),
            (law[:, 1], counts[:, 1], (RED, "s"), "-", "the Assembly refuses\nwhat it signed"),
        ):  # fmt: skip
            axes.plot(grid, values, color=look[0], ls=style, lw=1.1)
            _points(axes, noises, seen, n, look, words)
        axes.set(xlim=(-0.006, 0.306), ylim=(-0.015, 0.62))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("noise in the ministry's reading of its Assembly (sd), payments")
        axes.set_ylabel("share of negotiations")
        figure.legend(loc="upper left", bbox_to_anchor=(0.72, 0.8), labelspacing=1.0)
    return figure


def _modes(noise: float, n: int) -> tuple[int, int]:
    points = limit_points({**READING, "ministry.reading_noise": noise}, one_bloc(1.25))
    endings = negotiate(points, n, seed=SEED)[0]["ending"]
    lapsed = int(np.count_nonzero(endings == Ending.LAPSE))
    return lapsed, int(np.count_nonzero(endings == Ending.RATIFICATION_REFUSED))


def schelling_figure(n: int, manifest: dict[str, Any]) -> Figure:
    """Settlement, Seoul's surplus and breakdown against the Assembly's hardness."""
    hardness, prices, errors, surplus, spread, broken = _hump(n)
    with styled():
        figure = _page(
            "Hands tied at home: a better price, until there is none",
            "Schelling's conjecture in the engine: a harder Assembly, known to its ministry",
            f"n = {n:,} negotiations a point, common random numbers; bars: 95% intervals (means: "
            "normal; shares: Wilson), mostly smaller than the markers.\nUS reservation value "
            "N(1.10, 0.06); Seoul's executive would pay 1.40; members without error; no other "
            "mechanism.",
            manifest,
        )  # fmt: skip
        left = figure.add_axes((0.085, 0.24, 0.235, 0.585))
        middle = figure.add_axes((0.415, 0.24, 0.235, 0.585))
        right = figure.add_axes((0.745, 0.24, 0.235, 0.585))
        look: dict[str, Any] = {"ms": 3.2, "elinewidth": 0.9, "capsize": 1.5, "lw": 1.0}
        left.errorbar(hardness, prices, errors, fmt="-o", color=BLUE, **look)
        left.set_title("Settlement")
        left.set_ylabel("payments, mean of deals")
        middle.errorbar(hardness, surplus, spread, fmt="-s", color=GREEN, **look)
        middle.set_title("Seoul's surplus")
        middle.set_ylabel("payments, mean of all; 0 without a deal")
        _points(right, hardness, broken, n, (RED, "D"))
        right.plot(hardness, broken / n, color=RED, lw=1.0)
        right.set_title("Breakdown")
        right.set_ylabel("share of negotiations")
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        for axes in (left, middle, right):
            axes.set_xlim(hardness.max() + 0.02, hardness.min() - 0.02)
            axes.set_xlabel("most that the Assembly\npasses, payments (harder →)")
    return figure


def _hump(n: int) -> tuple[Reals, ...]:
    """Limit of the Assembly, mean price and surplus with half their intervals, breakdowns."""
    shifts = np.round(np.arange(0.10, -0.351, -0.025), 3)
    prices, errors, surplus, spread, broken = (np.empty(len(shifts)) for _ in range(5))
    for index, shift in enumerate(shifts):
        records = negotiate(hard_assembly(float(shift)), n, seed=SEED)[0]
        failed = broke_down(records)
        deals = records["amount"][~failed]
        gain = seoul_surplus(records)
        prices[index], errors[index] = deals.mean(), 1.96 * deals.std() / np.sqrt(len(deals))
        surplus[index], spread[index] = gain.mean(), 1.96 * gain.std() / np.sqrt(n)
        broken[index] = np.count_nonzero(failed)
    return ASSEMBLY_LIMIT + shifts, prices, errors, surplus, spread, broken


def deadline_figure(n: int, manifest: dict[str, Any]) -> Figure:
    """Share of deals by round for fast and slow concession."""
    with styled():
        figure = _page(
            "Slow concession piles the deals up at the deadline",
            "When the deals of ten rounds are made, by how both sides concede",
            f"n = {n:,} negotiations a setting, common random numbers; bars: Wilson intervals, 95%."
            " Demand 1.5; US reservation value N(1.10, 0.10),\nSeoul's N(1.25, 0.10); a share t^e "
            "of the way is conceded at the share t of the time; all other mechanisms off.",
            manifest,
        )  # fmt: skip
        axes = figure.add_axes((0.095, 0.225, 0.88, 0.625))
        rounds = np.arange(1, 11)
        settings = (
            (0.3, YELLOW, "", "e = 0.3: fast"), (1.0, BLUE, "////", "e = 1: even"),
            (4.0, RED, "xxxx", "e = 4: slow"),
        )  # fmt: skip
        for place, (exponent, colour, hatch, words) in enumerate(settings):
            counts = deal_rounds(exponent, n, SEED)
            share, (low, high) = counts / counts.sum(), wilson_interval(counts, counts.sum())
            axes.bar(
                rounds + 0.27 * (place - 1), share, 0.25, color=colour, hatch=hatch,
                edgecolor="white", lw=0.3, label=f"{words} ({counts.sum():,} deals)",
                yerr=[share - low, high - share], error_kw={"elinewidth": 0.7, "capsize": 1.2},
            )  # fmt: skip
        axes.set_xticks(rounds)
        axes.set(xlim=(0.4, 10.6), xlabel="round")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylabel("share of the deals of the setting")
        axes.legend(loc="upper left")
    return figure

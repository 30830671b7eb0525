"""The figures of a calibration: the curve, prior against posterior, reports, ranks, recovery.

No number is computed here that a table of the findings does not hold, but for the band of ranks.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from experiments import provenance
from experiments.figures.page import EDGE, LABEL_SIZE, LINE, SMALL, WARNING, WIDTH
from experiments.figures.style import IGNORANCE, SEOUL, US, new_figure, styled, wrapped
from experiments.posterior_sweep import sentence

if TYPE_CHECKING:
    from experiments.calibration.findings import Findings

PRIOR = "0.62"
BANDS = 2000  # sets of uniform ranks from which the band of ranks is taken


class Sheet:
    """A figure with a title above, notes and the calibration's line below."""

    def __init__(
        self, findings: "Findings", title: str, notes: Sequence[str], height: float
    ) -> None:
        self.figure: Figure = new_figure(WIDTH, height)
        self.height, self.top = height, height - EDGE
        words = wrapped(title, WIDTH - 2 * EDGE, 10.0, "bold")
        self.figure.text(
            EDGE / WIDTH, self.top / height, words, fontsize=10, fontweight="bold", va="top"
        )
        self.top -= (words.count("\n") + 1) * 10.0 * LINE + 0.06
        told = findings.manifest
        lines = [*notes, provenance.one_line(told)]
        text = "\n".join(wrapped(line, WIDTH - 2 * EDGE, SMALL) for line in lines)
        self.bottom = EDGE + (text.count("\n") + 1) * SMALL * LINE
        self.figure.text(
            EDGE / WIDTH, self.bottom / height, text, fontsize=SMALL, color="0.25", va="top",
            linespacing=1.2,
        )  # fmt: skip
        line = wrapped(sentence(findings.posterior.line), WIDTH - 2 * EDGE, 7.5, "bold")
        self.bottom += 0.05 + (line.count("\n") + 1) * 7.5 * LINE
        colour = IGNORANCE if findings.posterior.is_calibrated else WARNING
        self.figure.text(
            EDGE / WIDTH, self.bottom / height, line, fontsize=7.5, fontweight="bold",
            color=colour, va="top", linespacing=1.2,
        )  # fmt: skip
        self.bottom += 0.08

    def axes(self, left: float, right: float, low: float, high: float) -> Axes:
        """Axes with these edges, inches from the lower left; low counts from the notes."""
        low = self.bottom + low
        box = (left / WIDTH, low / self.height, (right - left) / WIDTH, (high - low) / self.height)
        return self.figure.add_axes(box)


def curve_figure(findings: "Findings") -> Figure:
    """The probability of a breakdown under the posterior, its two bands, and the priors' own."""
    table = findings.curve
    assert table is not None
    parameter = str(table.columns[0])
    x = table[parameter].to_numpy(float)
    known = table["prior_mean"].notna().to_numpy()
    n, draws = int(table["n"].to_numpy().min()), int(table["draws"].iloc[0])
    notes = [
        f"n = {n:,} negotiations a level over {draws} draws of the posterior; thin band: 95% "
        "Wilson intervals of chance; wide band: where nine draws of ten lie, chance taken out.",
        f"Priors: {int(table['prior_draws'].dropna().iloc[0])} draws of every parameter that has "
        f"one, n = {int(table['prior_n'].dropna().iloc[0])} each.",
    ]
    with styled():
        sheet = Sheet(findings, "Breakdown before and after calibration", notes, 4.2)
        axes = sheet.axes(0.62, WIDTH - 0.15, 0.42, sheet.top - 0.05)
        prior = (
            x[known],
            table["prior_low"].to_numpy()[known],
            table["prior_high"].to_numpy()[known],
        )
        axes.fill_between(*prior, color=PRIOR, alpha=0.25, lw=0, label="priors: nine draws of ten")
        axes.plot(
            x[known], table["prior_mean"].to_numpy()[known], color=PRIOR, ls=(0, (4, 2)),
            label="priors: mean",
        )  # fmt: skip
        axes.fill_between(
            x, table["band_low"], table["band_high"], color=IGNORANCE, alpha=0.25, lw=0,
            label="posterior: nine draws of ten",
        )  # fmt: skip
        axes.fill_between(
            x, table["breakdown_low"], table["breakdown_high"], color="black", alpha=0.35, lw=0,
            label="chance, 95%",
        )  # fmt: skip
        axes.plot(x, table["breakdown"], color="black", marker="o", ms=2.2,
                  label="posterior: mean")  # fmt: skip
        axes.set(xlabel="public demand, payments", ylabel="share of negotiations that break down",
                 ylim=(0.0, 1.0), xlim=(x.min(), x.max()))  # fmt: skip
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.legend(loc="upper left", ncols=2)
        _mark_reported(axes, findings, parameter)
    return sheet.figure


def _mark_reported(axes: Axes, findings: "Findings", parameter: str) -> None:
    """The demand that was reported of the last episode, where the curve is over demands."""
    event = findings.plan.episodes[-1].scenario.reported
    if parameter != "president.demand":
        return
    axes.axvline(event.demand, color=SEOUL, lw=0.9, ls=(0, (1, 1.5)), zorder=1)
    axes.annotate(
        event.label, (event.demand, 0.03), xytext=(4, 0), textcoords="offset points", ha="left",
        va="bottom", fontsize=6.5, color=SEOUL,
    )  # fmt: skip


def parameters_figure(findings: "Findings") -> Figure:
    """Posterior intervals of all parameters on the scale on which the priors are uniform."""
    table = findings.identification.parameters.sort_values("contraction", kind="stable")
    notes = [
        "Scale: probability of a value under its prior, so that every prior is uniform on 0 to 1. "
        "Lines: 5 to 95%; points: medians. Dark: identified (contraction >= .5); middle: weakly "
        "(.2 to .5); light: not identified.",
        f"Effective draws: {findings.calibration.effective_size:.0f}.",
    ]
    colours = {"identified": "black", "weakly identified": US, "not identified": "0.7"}
    with styled():
        sheet = Sheet(findings, "What the figures say of each parameter", notes,
                       1.5 + 0.155 * len(table))  # fmt: skip
        axes = sheet.axes(2.75, WIDTH - 0.75, 0.38, sheet.top - 0.05)
        for row, told in enumerate(table.to_dict("records")):
            colour = colours[told["verdict"]]
            axes.plot([told["u05"], told["u95"]], [row, row], color=colour, lw=1.6)
            axes.plot(told["u50"], row, "o", color=colour, ms=3.2)
            axes.text(1.03, row, f"{told['contraction']:+.2f}", fontsize=6.5, va="center",
                      color=colour)  # fmt: skip
        axes.text(1.03, len(table) - 0.2, "contraction", fontsize=6.5, va="bottom", color="0.3")
        for place in (0.05, 0.95):
            axes.axvline(place, color="0.85", lw=0.6, zorder=0)
        axes.set_yticks(range(len(table)), list(table["parameter"]), fontsize=6.5)
        axes.set(xlim=(0.0, 1.0), ylim=(-0.7, len(table) - 0.3),
                 xlabel="probability under the prior (grey lines: its own 5 and 95%)")  # fmt: skip
    return sheet.figure


def ranks_figure(findings: "Findings") -> Figure:
    """Ranks of synthetic truths in their posteriors: the distance from uniform, with its band."""
    synthetic = findings.synthetic
    assert synthetic is not None
    grid = np.linspace(0.0, 1.0, 101)
    rng = np.random.default_rng(0)
    # The band that all of a curve of uniform ranks leaves in 5 of 100 (simultaneous, simulated).
    trial = np.sort(rng.random((BANDS, synthetic.sets)), axis=1)
    ecdf = np.stack([np.searchsorted(row, grid, "right") for row in trial]) / synthetic.sets
    scale = np.sqrt(np.maximum(grid * (1.0 - grid), 1e-9) / synthetic.sets)
    worst = np.max(np.abs(ecdf - grid)[:, 1:-1] / scale[1:-1], axis=1)
    reach = float(np.quantile(worst, 0.95))
    named = findings.identification.named("identified")
    notes = [
        f"n = {synthetic.sets} synthetic truths. A line is one of {len(synthetic.parameters)} "
        f"parameters: share of truths below a quantile of their posterior, less that quantile. "
        f"Band: where 95% of such lines stay whole if ranks are uniform (one of twenty leaves it "
        f"by chance). Least p of the chi-square test: {float(np.min(synthetic.p_values)):.3f}.",
    ]
    with styled():
        sheet = Sheet(findings, "Ranks of synthetic truths in their posteriors", notes, 3.4)
        axes = sheet.axes(0.62, WIDTH - 0.15, 0.40, sheet.top - 0.05)
        axes.fill_between(grid, -reach * scale, reach * scale, color="0.88", lw=0)
        for index, key in enumerate(synthetic.parameters):
            share = np.searchsorted(np.sort(synthetic.pit[:, index]), grid, "right")
            mine = key in named
            axes.plot(grid, share / synthetic.sets - grid, color="black" if mine else US,
                      lw=1.1 if mine else 0.5, alpha=1.0 if mine else 0.6)  # fmt: skip
        axes.plot([], [], color="black", lw=1.1, label="identified by the real figures")
        axes.plot([], [], color=US, lw=0.5, label="not, or weakly")
        axes.legend(loc="upper right", ncols=2)
        axes.set(xlabel="quantile of the posterior", ylabel="share below, less the quantile",
                 xlim=(0, 1))  # fmt: skip
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.25 * (high - low))
    return sheet.figure


def recovery_figure(findings: "Findings") -> Figure:
    """Truth against what was found, for the parameters that the figures say most of."""
    synthetic = findings.synthetic
    assert synthetic is not None
    table = findings.identification.parameters.sort_values("contraction", ascending=False)
    shown = list(table["parameter"][:6])
    notes = [
        f"n = {synthetic.sets} synthetic truths; scale: probability under the prior. Points: "
        "posterior means; bars: one sd. The six parameters that the real figures say most of.",
    ]
    with styled():
        sheet = Sheet(findings, "Recovery of synthetic truth", notes, 4.4)
        wide, tall = 1.72, (sheet.top - sheet.bottom - 1.05) / 2
        for place, key in enumerate(shown):
            column, row = place % 3, place // 3
            left = 0.55 + column * (wide + 0.25)
            low = 0.38 + (1 - row) * (tall + 0.36)
            axes = sheet.axes(left, left + wide, low, sheet.bottom + low + tall)
            index = synthetic.parameters.index(key)
            truth, mean = synthetic.truths[:, index], synthetic.means[:, index]
            axes.plot([0, 1], [0, 1], color="0.6", lw=0.7)
            axes.errorbar(truth, mean, yerr=synthetic.sds[:, index], fmt="o", ms=1.6, color=US,
                          elinewidth=0.3, alpha=0.7)  # fmt: skip
            axes.set_title(wrapped(key.replace(":", ": "), wide, 6.5, "bold"), fontsize=6.5, pad=2)
            axes.set(xlim=(0, 1), ylim=(0, 1))
            axes.tick_params(labelleft=column == 0, labelbottom=row == 1, labelsize=6.5)
        sheet.figure.text(0.5, (sheet.bottom + 0.02) / sheet.height, "truth", ha="center",
                          fontsize=LABEL_SIZE)  # fmt: skip
        sheet.figure.text(0.012, (sheet.bottom + sheet.top) / 2 / sheet.height, "posterior mean",
                          rotation=90, va="center", fontsize=LABEL_SIZE)  # fmt: skip
    return sheet.figure


def reports_figure(findings: "Findings") -> Figure:
    """Each number that was reported, against what the fitted model would report."""
    table = findings.predictive.targets
    table = table.dropna(subset=["z"]).iloc[::-1]
    notes = [
        "Bars: 5 to 95% of what the fitted model would report (statistic and reporting error), "
        "less its mean, in its sd; points: what was reported. Grey: shown, not fitted.",
        f"{findings.predictive.draws} draws from the posterior, {findings.predictive.negotiations} "
        "negotiations each.",
    ]
    with styled():
        sheet = Sheet(findings, "What was reported, against the fitted model", notes,
                       1.45 + 0.16 * len(table))  # fmt: skip
        axes = sheet.axes(2.3, WIDTH - 0.2, 0.38, sheet.top - 0.05)
        for row, told in enumerate(table.to_dict("records")):
            colour = "black" if told["use"] == "fit" else "0.6"
            low, high = ((told[q] - told["mean"]) / told["sd"] for q in ("q05", "q95"))
            axes.plot([low, high], [row, row], color=IGNORANCE, lw=3.0, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
            axes.plot(told["z"], row, "o", color=colour, ms=3.2)
        axes.axvline(0.0, color="0.8", lw=0.6, zorder=0)
        names = [name.removeprefix("T-").replace("-", " ").lower().replace("sma", "SMA")
                 for name in table["target"]]  # fmt: skip
        axes.set_yticks(range(len(table)), names, fontsize=6.5)
        axes.set(ylim=(-0.7, len(table) - 0.3), xlabel="sd from the mean of the prediction")
    return sheet.figure

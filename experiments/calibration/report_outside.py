"""What a report says beyond the fit: leaving out, back-test, limits, provenance."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from experiments.calibration.backtest import Backtest
from experiments.calibration.backtest_telling import sentences
from experiments.calibration.findings import Findings
from experiments.calibration.report_words import Part, bullets, paragraph, percent


def parts_beyond(findings: Findings, shown: set[str]) -> Iterator[Part]:
    """Every part after those of the fit; shown : the stems of the figures that there are."""
    yield from _left_out(findings)
    for found in findings.backtests:
        yield from _backtest(found, shown)
    yield from _limits(findings)
    yield from _again(findings)


def _left_out(findings: Findings) -> Iterator[Part]:
    yield "heading", "Each figure and each episode left out"
    episodes = [
        [row["case"], f"{row['log_score']:.2f} ± {row['score_error']:.2f}",
         f"{row['prior_score']:.2f} ± {row['prior_error']:.2f}",
         f"{row['gain']:+.2f} ± {row['gain_error']:.2f}", row["shifted"],
         f"{row['shift']:+.2f} sd", _draws(row["n_without"], row["few"])]
        for row in findings.left_out.episodes.to_dict("records")
    ]  # fmt: skip
    yield "table", (
        ["episode left out", "log score from the others", "from the priors", "gain, nats",
         "moves most", "by", "effective draws"], episodes,
    )  # fmt: skip
    table = findings.left_out.targets
    far = table.assign(far=table["shift"].abs()).sort_values("far", ascending=False).head(8)
    rows = [
        [row["target"].removeprefix("T-"), row["shifted"], f"{row['shift']:+.2f} sd",
         _draws(min(row["n_without"], row["n_draws"]), row["few"]),
         "misfit" if row["misfit"] else "foretold by the others"]
        for row in far.to_dict("records")
    ]  # fmt: skip
    yield "paragraph", "The eight figures that the posterior hangs on most:"
    yield (
        "table",
        (["figure left out", "moves most", "by", "effective draws", "from the others"], rows),
    )


def _draws(number: float, few: bool) -> str:
    return f"{number:,.0f}{', too few: read with care' if few else ''}"


def _backtest(found: Backtest, shown: set[str]) -> Iterator[Part]:
    yield "heading", f"Back-test: {found.case.replace('_', ' ')}"
    told = sentences(found)
    yield "list", told
    if f"forecast_{found.case}" in shown:
        yield (
            "figure",
            (f"forecast_{found.case}", "forecasts of what was held out"),
        )
    rows = []
    for name, group in found.table.groupby("statistic", sort=False):
        by = group.set_index("forecaster")
        model = by.loc["model"]
        others = ~group["forecaster"].isin(("model", "prior"))
        rivals = pd.DataFrame(group[others]).dropna(subset=["score"])
        best = rivals.loc[rivals["score"].idxmin()] if len(rivals) else None
        rows.append([
            str(name), f"{model['reported']:.3g}", _forecast(model), _score(model),
            _score(by.loc["prior"]) if "prior" in by.index else "",
            _score(by.loc["base_rate"]) if "base_rate" in by.index else "none",
            f"{best['forecaster']}: {best['score']:.3g}" if best is not None else "none",
            str(model["verdict"]),
        ])  # fmt: skip
    yield "table", (
        ["statistic", "came", "forecast", "score", "under the priors", "base rate", "best rival",
         "the model"], rows,
    )  # fmt: skip
    yield paragraph(
        "Scores: CRPS of numbers, in their unit; Brier of yes or no; less is better. Numbers are "
        "medians [5%, 95%], probabilities with their 95% intervals."
    )


def _forecast(row: Any) -> str:
    if pd.notna(row["probability"]):
        ends = f"[{percent(row['probability_low'])}, {percent(row['probability_high'])}]"
        return f"{percent(row['probability'])} {ends}, n = {row['n']:,.0f}"
    return f"{row['middle']:.3g} [{row['low']:.3g}, {row['high']:.3g}], n = {row['n']:,.0f}"


def _score(row: Any) -> str:
    return f"{row['score']:.3g}" if pd.notna(row["score"]) else "none"


def _limits(findings: Findings) -> Iterator[Part]:
    few = len(findings.plan.episodes)
    yield "heading", "Limits"
    yield bullets(
        f"{few} negotiations are {few} observations. What they do not identify stays as the priors "
        "have it, and the priors were set by people who knew how the talks went.",
        "All episodes share the parameters: presidents, ministries and parties of twenty years are "
        "taken as draws from one law.",
        "No report found counts as no, with a stated chance of being wrong. Rounds between known "
        "dates are spaced evenly. How long talks can go on is each episode's own, uniform.",
        "Passing on synthetic truth says that the fit works if the model is right. It does not say "
        "that the model is right; the predictive checks and the back-test speak to that, with few "
        "cases.",
        "Opinion polls are shown and not fitted: the model has members who vote, not a public.",
        "A demand that is set is not one that is chosen: the curve shows what setting it does.",
    )


def _again(findings: Findings) -> Iterator[Part]:
    told, plan = findings.manifest, findings.plan
    sets = 0 if findings.synthetic is None else findings.synthetic.sets
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    yield "heading", "Where the numbers come from"
    yield (
        "code",
        (
            f"winset calibrate {plan.name} --seed {plan.seed} --draws {plan.draws} "
            f"--negotiations {plan.negotiations} --synthetic {sets}\n"
            f"winset run demand --posterior posterior.json"
        ),
    )
    yield paragraph(
        "A plan that is not shipped is named by its file. What was given as --targets or --study "
        "is to be given again."
    )
    yield paragraph(
        f"Plan {plan.digest[:12]}, targets {plan.targets_digest[:12]}, model {told['model']}, "
        f"commit {told['commit'][:12]}, begun {told['date']}; {versions}. Tables beside this "
        "report: targets.csv, prior_predictive.csv, identification.csv, checks.csv and others."
    )

"""What a report says of the fit itself: answer, figures, parameters, checks."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from experiments.calibration.findings import Findings
from experiments.calibration.report_words import Part, bracketed, bullets, paragraph, percent
from experiments.calibration.reported import Target
from experiments.posterior_sweep import sentence
from sim.parameters import BY_NAME

_QUOTED = ("identified", "weakly identified")


def parts_of_fit(findings: Findings, pictures: Sequence[str]) -> Iterator[Part]:
    """Every part: its kind and its content, see `experiments.calibration.report.Part`.

    pictures : the stems of the figures that there are
    """
    shown = set(pictures)
    yield from _answer(findings, shown)
    yield from _targets(findings, shown)
    yield from _parameters(findings, shown)
    yield from _checks(findings, shown)


def _answer(findings: Findings, shown: set[str]) -> Iterator[Part]:
    plan, posterior = findings.plan, findings.posterior
    yield "title", plan.title
    yield "box", sentence(posterior.line)
    yield paragraph(
        f"{len(plan.parameters)} parameters that all episodes share were fitted to "
        f"{len(plan.targets)} reported figures of {len(plan.episodes)} episodes, each of them one "
        f"negotiation, as they were known on {plan.known_on}. "
        f"{findings.calibration.effective_size:,.0f} effective of {len(findings.calibration):,} "
        f"draws; log evidence {findings.calibration.log_evidence[0]:.2f} "
        f"(error {findings.calibration.log_evidence[1]:.2f})."
    )
    named = {word: findings.identification.named(word) for word in (*_QUOTED, "not identified")}
    yield bullets(*(
        f"{word.capitalize()} ({len(keys)}): {', '.join(keys) or 'none'}."
        for word, keys in named.items()
    ))  # fmt: skip
    yield paragraph(
        "The figures say next to nothing on a parameter that is not identified. Its posterior is "
        "not an estimate, and is not quoted as one."
    )
    if not posterior.is_calibrated:
        yield paragraph(
            "As checks failed, no number below is to be quoted as a result: neither an interval of "
            "a parameter nor a point of the curve. What failed stands under Checks."
        )
    if "curve" in shown and findings.curve is not None:
        yield "heading", "How often talks break down"
        yield "figure", ("curve", "probability of a breakdown by demand, posterior and priors")
        yield "table", _curve_table(findings.curve)
        yield paragraph(
            "Brackets: 95% intervals of chance. Middle nine tenths: where the probability lies in "
            "nine draws of ten, which shows what is not known of the parameters."
        )


def _curve_table(curve: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    name = str(curve.columns[0])
    rows = curve.dropna(subset=["prior_mean"]).to_dict("records")
    return [name, "breakdown", "n", "middle nine tenths", "under the priors"], [
        [f"{row[name]:.3g}",
         bracketed(row, "breakdown"),
         f"{row['n']:,.0f}", f"{percent(row['band_low'])} to {percent(row['band_high'])}",
         f"{percent(row['prior_mean'])} ({percent(row['prior_low'])} to "
         f"{percent(row['prior_high'])}), {row['prior_draws']:.0f} draws of n = "
         f"{row['prior_n']:.0f}"]
        for row in rows
    ]  # fmt: skip


def _targets(findings: Findings, shown: set[str]) -> Iterator[Part]:
    yield "heading", "What was reported, and whether the model can produce it"
    prior = findings.prior
    yield paragraph(
        f"Before anything was fitted: {prior.draws:,} draws from the priors, {prior.negotiations} "
        "negotiations each in every episode. A draw comes near a report if at least one in twenty "
        "of its negotiations has the figure within 2 sd. Rows in brackets are shown, not fitted."
    )
    predicted = findings.predictive.targets.set_index("target").to_dict("index")
    sources = {target.id: target for target in (*findings.plan.targets, *findings.beside)}
    rows = []
    for row in prior.targets.to_dict("records"):
        target, after = sources.get(row["target"]), predicted.get(row["target"], {})
        name = row["target"].removeprefix("T-")
        rows.append([
            name if row["use"] == "fit" else f"[{name}]", _reported(row), _source(target),
            f"{row['verdict']}: {bracketed(row, 'near')}",
            _prediction(row, after),
        ])  # fmt: skip
    yield "table", (["figure", "reported", "source", "prior comes near", "fitted model"], rows)
    if "reports" in shown:
        yield "figure", ("reports", "reported figures against the fitted model's predictions")
    p, left = findings.predictive.p, findings.history.left
    yield paragraph(
        f"All reports at once: posterior predictive p = {p.value:.2f} [{p.low:.2f}, {p.high:.2f}], "
        f"n = {p.n:.0f}. History matching leaves {percent(left.value)} of the prior "
        f"[{percent(left.low)}, {percent(left.high)}], n = {left.n:,.0f}."
    )


def _reported(row: dict[str, Any]) -> str:
    if row["unit"] == "yes or no":
        return f"{'yes' if row['report'] else 'no'} (wrong {row['error']:.2f})"
    if row["kind"] == "bound":
        return f"bound {row['report']:.3g} ± {row['error']:.2g} {row['unit']}"
    return f"{row['report']:.3g} ± {row['error']:.2g} {row['unit']}"


def _source(target: Target | None) -> object:
    if target is None:
        return ""
    if not target.source_url:  # derived from other rows, which the evidence names
        return f"{target.evidence} ({target.confidence})"
    return (f"{target.source_title} ({target.confidence})", target.source_url)


def _prediction(row: dict[str, Any], after: dict[str, Any]) -> str:
    if not after:
        return ""
    if row["unit"] == "yes or no" or row["kind"] == "bound":
        return f"says so in {bracketed(after, 'p')}, n = {after['n']:,.0f}"
    return f"{after['q50']:.3g} [{after['q05']:.3g}, {after['q95']:.3g}], z = {after['z']:+.1f}"


def _parameters(findings: Findings, shown: set[str]) -> Iterator[Part]:
    yield "heading", "What the figures say of the parameters"
    yield "figure", ("parameters", "posterior intervals of all parameters")
    table = findings.identification.parameters
    quoted = pd.DataFrame(table[table["verdict"].isin(_QUOTED)])
    quoted = quoted.sort_values("contraction", ascending=False)
    rows = [
        [row["parameter"], _meaning(row["parameter"]), row["prior"],
         f"{row['q50']:.3g} [{row['q05']:.3g}, {row['q95']:.3g}]",
         f"{row['contraction']:.2f} ± {row['error']:.2f}",
         row["verdict"] + (" (near the bar)" if row["unsure"] else "")]
        for row in quoted.to_dict("records")
    ]  # fmt: skip
    yield (
        "table",
        (
            [
                "parameter",
                "meaning",
                "prior",
                "posterior median [5%, 95%]",
                "contraction",
                "verdict",
            ],
            rows,
        ),
    )
    pairs = findings.identification.pairs
    if len(pairs):
        told = [
            f"{row['first']} and {row['second']}: {row['correlation']:+.2f} ± {row['error']:.2f}"
            for row in pairs.head(6).to_dict("records")
        ]
        yield "paragraph", "Known together rather than each (posterior correlations):"
        yield "list", told


def _meaning(key: str) -> str:
    name = key.rpartition(":")[2]
    if name in BY_NAME:
        return BY_NAME[name].meaning.split(":")[0]
    return "rounds that talks can go on after the old agreement's expiry"


def _number(value: float) -> str:
    return f"{value:.3g}" if pd.notna(value) else "none"


def _checks(findings: Findings, shown: set[str]) -> Iterator[Part]:
    yield "heading", "Checks"
    rows = [
        [check.name, "passed" if check.passed else "FAILED", _number(check.number),
         _number(check.bar), check.words]
        for check in findings.checks
    ]  # fmt: skip
    yield "table", (["check", "result", "number", "bar", "found"], rows)
    if findings.synthetic is None:
        return
    synthetic = findings.synthetic
    yield paragraph(
        f"Synthetic truth: {synthetic.sets} sets of parameters from the priors, one negotiation "
        "in each episode, reports with the error of the real ones, and the same fit with fewer "
        f"draws (median {pd.Series(synthetic.effective_sizes).median():.0f} effective)."
    )
    if "ranks" in shown:
        yield "figure", ("ranks", "ranks of synthetic truths in their posteriors")
        yield "figure", ("recovery", "synthetic truth against posterior means")
    told = synthetic.table()
    named = findings.identification.verdicts
    quoted = pd.DataFrame(told[[named.get(key) in _QUOTED for key in told["parameter"]]])
    rows = [
        [row["parameter"], *(
            f"{row[f'covered_{level}']:.2f} [{row[f'covered_{level}_low']:.2f}, "
            f"{row[f'covered_{level}_high']:.2f}]" for level in (50, 90, 95)
        ), f"{row['p_uniform']:.2f}", f"{row['correlation']:.2f}"]
        for row in quoted.to_dict("records")
    ]  # fmt: skip
    yield "table", (
        ["parameter", "50% interval holds", "90%", "95%", "p of uniform ranks",
         "correlation with truth"], rows,
    )  # fmt: skip
    yield paragraph(
        f"n = {synthetic.sets} truths; 95% Wilson intervals. Mean coverage of all "
        f"{len(told)} parameters: {told['covered_50'].mean():.3f} at 50%, "
        f"{told['covered_90'].mean():.3f} at 90%, {told['covered_95'].mean():.3f} at 95%."
    )

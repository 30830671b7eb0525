"""`winset calibrate`: agent parameters against reported figures, with everything that is to be said
of the result."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.options import said_plainly
from experiments.cli.progress import telling

SETS = 200  # synthetic truths, as many as the checks ask for
STUDY = "demand"


@click.command()
@click.argument("plan", default="korea_2019")
@click.option("--draws", type=click.IntRange(1_000, 10**7), help="Rows of parameters to try.")
@click.option("--negotiations", type=click.IntRange(50, 10**6), help="Of each row in each episode.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the draws.")
@click.option("--targets", help="Another table of targets (.csv) than that of the plan.")
@click.option(
    "--synthetic", type=click.IntRange(0, 100_000), default=SETS, show_default=True,
    help="Fits to synthetic truth; fewer than 200 fail the checks that need them, 0 makes none.",
)  # fmt: skip
@click.option(
    "--study", default=STUDY, show_default=True,
    help='Study of one parameter for the curve of the report; "none" for no curve.',
)  # fmt: skip
@click.option("--no-backtest", is_flag=True, help="Forecast nothing that was held out.")
@click.option(
    "--cross-check", is_flag=True, help="Sample the posterior a second way (winset[crosscheck])."
)
@click.option("--out", help="Folder of the results. [default: results/calibration-PLAN]")
@click.option("--overwrite", is_flag=True, help="Replace another calibration in that folder.")
@click.option("--threads", type=click.IntRange(1, 1024), help="[default: all cores]")
@said_plainly
def calibrate(plan: str, **options: Any) -> None:
    """Fit agent parameters to reported figures: a PLAN is shipped, or a file that ends in .toml.

    First, whether the model can produce the figures at all; then the posterior, its checks, the
    back-test of what was held out, and a report. What is done is kept: the same command goes on.

    \b
    winset calibrate
    winset calibrate my_plan.toml --draws 20000 --out results/mine
    """
    from experiments.calibration.bank import Bank
    from experiments.calibration.plan import read_plan, targets_of

    given = {key: options[key] for key in ("draws", "negotiations", "seed", "targets")}
    asked = read_plan(plan, **{key: one for key, one in given.items() if one is not None})
    table = targets_of(plan) if options["targets"] is None else options["targets"]
    study = _study(options["study"])
    _check_extras(options)
    where = Path(options["out"] or Path("results") / f"calibration-{asked.name}")
    with Bank(where, asked).claimed(overwrite=options["overwrite"]) as bank:
        findings = _found(asked, table, where, bank, options)
        findings = _more(findings, table, study, where, options)
        _write(findings, where)
        crossed = _crossed(findings, options)
    _tell(findings, where, crossed)


def _study(name: str) -> Any:
    from experiments.calibration.curve import check_curve
    from experiments.study_file import read_study

    if name == "none":
        return None
    study = read_study(name)
    check_curve(study)
    return study


def _check_extras(options: dict[str, Any]) -> None:
    """Refuse at once what an extra that is not installed would be needed for."""
    if options["cross_check"]:
        from experiments.calibration.crosscheck import check_installed

        check_installed()


def _say(words: str) -> None:
    click.echo(f"winset: {words} ...", err=True)


def _found(plan: Any, table: Any, where: Path, bank: Any, options: dict[str, Any]) -> Any:
    """The fit and its diagnostics."""
    from experiments.calibration.findings import checked_before, diagnose
    from experiments.calibration.fitting import fit
    from experiments.calibration.search import even_negotiations, size_of_first
    from experiments.calibration.synthetic import FIRST, on_synthetic_truth
    from experiments.calibration.targets import check_rows

    workers, beside = options["threads"], check_rows(table, [e.name for e in plan.episodes])
    _say("what the model says before anything is fitted")
    prior = checked_before(plan, workers, beside)
    click.echo("\n".join(_can(prior)))
    _say(f"fitting {len(plan.free)} parameters to {len(plan.targets)} figures")
    with telling(sum(even_negotiations(plan)) * plan.draws, long=1) as progress:
        found = fit(plan, bank=bank, workers=workers, progress=progress)
    synthetic = None
    if options["synthetic"]:
        _say(f"fitting {options['synthetic']} synthetic truths")
        with telling(options["synthetic"], "synthetic truths", long=1) as progress:
            synthetic = on_synthetic_truth(
                plan, options["synthetic"], first=min(FIRST, size_of_first(plan.draws)),
                workers=workers, progress=progress,
                keep=bank.keeping_fits(),
            )  # fmt: skip
    return diagnose(
        found, bank.manifest(), prior=prior, synthetic=synthetic, beside=beside, workers=workers,
        say=_say,
    )  # fmt: skip


def _can(prior: Any) -> list[str]:
    """Whether the model can produce each figure at all."""
    from experiments.answer import aligned

    rows = [["target", "reported", "before fitting, 5 to 95%", "comes near", "the model"]]
    for row in prior.targets.to_dict("records"):
        kept = "" if row["use"] == "fit" else " (not fitted)"
        near, low, high = (100 * row[name] for name in ("near", "near_low", "near_high"))
        rows.append([
            row["target"] + kept, f"{row['report']:.3g}", f"{row['q05']:.3g} to {row['q95']:.3g}",
            f"{near:.1f}% [{low:.1f}, {high:.1f}]", row["verdict"],
        ])  # fmt: skip
    n = f"n = {prior.draws:,} draws, {prior.negotiations} negotiations each"
    return ["", *aligned(rows), n]


def _more(findings: Any, table: Any, study: Any, where: Path, options: dict[str, Any]) -> Any:
    """With the back-tests of what was held out, and the curve of the study."""
    from experiments.calibration.backtest import backtest
    from experiments.calibration.curve import curve_of
    from experiments.calibration.targets import count_held_out
    from experiments.run import negotiations_of

    plan, workers = findings.plan, options["threads"]
    if not options["no_backtest"]:
        cases = [e.name for e in plan.episodes if count_held_out(table, e.name)]
        for case in cases:
            _say(f"forecasting what was held out of {case}")
        findings = findings.with_more(backtests=tuple(
            backtest(case, plan, findings.calibration, targets=table, workers=workers)
            for case in cases
        ))  # fmt: skip
    if study is not None:
        _say(f"the curve of study {study.name}, under the posterior and under the priors")
        with telling(negotiations_of(study)) as progress:
            _, curve = curve_of(
                study, findings.posterior, where=where, workers=workers, progress=progress
            )
        findings = findings.with_more(curve=curve)
    return findings


def _crossed(findings: Any, options: dict[str, Any]) -> list[str]:
    if not options["cross_check"]:
        return []
    from experiments.calibration.crosscheck import crosscheck, negotiations_of, sentences

    _say("sampling the posterior a second way")
    plan, calibration = findings.plan, findings.calibration
    with telling(negotiations_of(plan), long=1) as progress:
        found = crosscheck(plan, calibration, workers=options["threads"], progress=progress)
    return sentences(found)


def _write(findings: Any, where: Path) -> None:
    from experiments.calibration.findings import write_findings
    from experiments.calibration.report import write_report

    write_findings(findings, where)
    _say("the report")
    write_report(findings, where)


def _tell(findings: Any, where: Path, crossed: list[str]) -> None:
    from experiments.calibration.backtest_telling import sentences

    click.echo(f"\nCalibration {findings.plan.name}: {findings.verdict}.\n")
    for check in findings.checks:
        click.echo(f"  {'passed' if check.passed else 'FAILED'}  {check.name}: {check.words}")
    for name in ("identified", "weakly identified"):
        told = findings.identification.named(name)
        click.echo(f"\n{name.capitalize()}: {', '.join(told) or 'none'}")
    for found in findings.backtests:
        click.echo(f"\nBack-test of {found.case}:")
        click.echo("\n".join(f"- {line}" for line in sentences(found)))
    if crossed:
        click.echo("\n" + "\n".join(crossed))
    click.echo(f"\nReport:    {where / 'report.html'} (also report.md)")
    click.echo(f"Posterior: {where / 'posterior.json'}")
    click.echo(f"Sweep:     winset run {STUDY} --posterior {where / 'posterior.json'}")

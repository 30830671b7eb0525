"""Commands that check: the model against theory, results against the model, a file's origin."""

import json
import sys
from pathlib import Path

import click

from experiments.cli.options import SEED, said_plainly


@click.command()
@click.option("--fast", is_flag=True, help="Fewer negotiations a row, and none of the slow rows.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report.")
@click.option(
    "--rows", "prefix", default="", metavar="PREFIX", help="Only rows whose ID starts so."
)
@said_plainly
def verify(fast: bool, out: Path | None, prefix: str) -> None:
    """Hold the model against theory and report on every row."""
    from tqdm import tqdm

    from experiments import verification

    folder = out or verification.DEFAULT_FOLDER
    rows = verification.chosen_rows(prefix)
    with tqdm(
        total=sum(row.fast or not fast for row in rows), unit=" rows", file=sys.stderr,
        mininterval=0.2, leave=False, disable=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        table = verification.verify(folder, fast=fast, prefix=prefix, progress=bar.update)
    failures = verification.failures(table)
    click.echo("\n".join([f"{verification.summary(table)}.", *failures]))
    click.echo(f"Report: {folder / 'report.html'} (also .md, .csv)")
    if failures:
        sys.exit(1)


@click.command()
@click.argument("where", metavar="RESULTS")
@click.option("--design-point", type=click.IntRange(0), required=True, help="Which design point.")
@click.option("--replicate", type=click.IntRange(0), default=0, help="Which negotiation of it.")
@said_plainly
def replay(where: str, design_point: int, replicate: int) -> None:
    """Play one row of a run again, by the Mesa agents, and tell it."""
    from experiments import replay as again

    told = again.replay(where, design_point, replicate)
    click.echo("\n".join(told.lines()))
    if not told.identical:
        sys.exit(1)


@click.command("verify-results")
@click.argument("where", metavar="RESULTS")
@click.option("--sample", type=click.IntRange(1), default=8, help="Blocks that are played again.")
@SEED
@said_plainly
def verify_results(where: str, sample: int, seed: int | None) -> None:
    """Play a sample of a run's blocks again and compare them bit by bit."""
    from experiments import replay as again

    report = again.verify_results(where, sample=sample, seed=seed or 0)
    click.echo("\n".join(report.lines()))
    if not report.identical:
        sys.exit(1)


@click.command()
@click.argument("where", metavar="RESULTS")
@click.option(
    "--mend", is_flag=True, help="Put damaged and doubled blocks aside, and play what is missing."
)
@said_plainly
def doctor(where: str, mend: bool) -> None:
    """Say what is missing or damaged in a run's folder, and mend it."""
    from experiments import results
    from experiments.cli.running import run_and_tell
    from experiments.recorded import read_recorded

    store = results.open_store(where)
    report = results.mend(store) if mend else results.examine(store)
    click.echo("\n".join(report.lines()))
    if mend and report.is_run and not (report.healthy or report.at_work):
        run = read_recorded(where)
        options = {"keep_rows": run.manifest["keep_rows"], "no_figures": not store.names("figures")}
        run_and_tell(run.study, {"out": where, **options})
        report = results.examine(store)
        click.echo("\n" + "\n".join(report.lines()))
    if not report.healthy:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@said_plainly
def provenance(file: Path) -> None:
    """Print where the numbers of a figure come from, as the file says."""
    from experiments.reading_back import read_provenance

    click.echo(json.dumps(read_provenance(file), indent=2, ensure_ascii=False))

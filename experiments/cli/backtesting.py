"""`winset backtest`: a case forecast from what was known before it, and how that fared."""

from pathlib import Path

import click

from experiments.cli.options import said_plainly
from experiments.cli.progress import telling

LONG = 2_000_000  # negotiations of a fit whose progress is told
MOST = {"draws": 10**7, "negotiations": 10**6}


@click.command()
@click.argument("case")
@click.option(
    "--plan", default="korea_2019", show_default=True,
    help="Plan of the calibration: a shipped one, or a file that ends in .toml.",
)  # fmt: skip
@click.option(
    "--targets", help="Table with the hold-out rows of the case. [default: that of the plan]"
)
@click.option(
    "--as-of-the-time", is_flag=True,
    help="Fit what was known on the eve of the first round; by default, all other episodes.",
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(1_000, MOST["draws"]),
    help="Rows of parameters that the fit tries. [default: those of the plan]",
)  # fmt: skip
@click.option(
    "--negotiations", type=click.IntRange(50, MOST["negotiations"]),
    help="Negotiations of each row in each episode. [default: those of the plan]",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="[default: that of the plan]")
@click.option("--out", help="Folder of the results. [default: results/backtest-CASE]")
@click.option("--overwrite", is_flag=True, help="Replace another fit in that folder.")
@click.option("--threads", type=click.IntRange(1, 1024), help="[default: all cores]")
@said_plainly
def backtest(
    case: str, plan: str, targets: str | None, as_of_the_time: bool, draws: int | None,
    negotiations: int | None, seed: int | None, out: str | None, overwrite: bool,
    threads: int | None,
) -> None:  # fmt: skip
    """Forecast a CASE from the other episodes, and score it against what was reported.

    CASE is an episode of the plan, a shipped case, or a case file that ends in .toml. Where its
    targets have the use hold-out, they are what is scored; an episode without any is left out of
    the fit and scored on what it would have been fitted to.

    \b
    winset backtest korea_2019_november
    winset backtest korea_2018 --as-of-the-time
    winset backtest mine.toml --targets mine.csv
    """
    from experiments.calibration.backtest import arranged
    from experiments.calibration.backtest import backtest as run
    from experiments.calibration.backtest_telling import as_record, sentences, tables
    from experiments.calibration.plan import read_plan, targets_of
    from experiments.calibration.search import even_negotiations
    from experiments.results.writing import write_json, write_table

    given = {"draws": draws, "negotiations": negotiations, "seed": seed}
    asked = read_plan(plan, **{name: one for name, one in given.items() if one is not None})
    table = targets_of(plan) if targets is None else targets
    meant = arranged(case, asked, table, as_of_the_time=as_of_the_time)
    where = Path(out or Path("results") / f"backtest-{meant.episode.name}")
    total = sum(even_negotiations(meant.plan)) * meant.plan.draws
    with telling(total, long=LONG) as progress:
        found = run(
            case, asked, targets=table, as_of_the_time=as_of_the_time, where=where / "fit",
            overwrite=overwrite, workers=threads, progress=progress,
        )  # fmt: skip
    write_table(where / "backtest.csv", found.table)
    write_json(where / "backtest.json", as_record(found))
    click.echo("\n".join([*sentences(found), "", *tables(found), ""]))
    click.echo(f"Table:   {where / 'backtest.csv'}")
    click.echo(f"All:     {where / 'backtest.json'}")
    click.echo(f"The fit: {where / 'fit'}")

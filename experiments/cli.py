"""The `winset` command."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from sim.errors import InputError, WinsetError

_CASE = click.argument("case", default="korea_2019")
_SEED = click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), default=None, help="Seed of the draws."
)
_SET = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE",
    help="Give a parameter another value than the case does; may be repeated.",
)  # fmt: skip


def _said_plainly[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn an error that a user can cause into a message and an exit code."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except WinsetError as error:
            click.echo(f"winset: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("winset: interrupted; the same command goes on where it stopped", err=True)
            sys.exit(130)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="winset")
def main() -> None:
    """Simulate two-level negotiations: when talks break down, how, and why.

    CASE is the name of a shipped case (korea_2019) or a case file that ends in .toml.
    """


@main.command()
@_CASE
@_SEED
@click.option("--replicate", type=click.IntRange(0, 2**40), default=0, help="Which negotiation.")
@_SET
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw positions and win-sets here.")
@_said_plainly
def play(
    case: str, seed: int | None, replicate: int, settings: tuple[str, ...], as_json: bool,
    plot: Path | None,
) -> None:  # fmt: skip
    """Play one negotiation and tell it, round by round."""
    from experiments import provenance
    from experiments.transcript import Transcript
    from sim.negotiate import watch
    from sim.scenario import read_scenario

    if plot is not None:
        _check_plot(plot)
    scenario = read_scenario(case)
    seed = _default_seed() if seed is None else seed
    points = scenario.points(_settings(settings))
    talks = watch(points, 0, replicate, seed=seed, scenario=scenario)
    talks.run()
    transcript = Transcript(scenario, talks)
    if as_json:
        about = {"seed": seed, "replicate": replicate, "settings": _settings(settings)}
        told = provenance.plain(about | transcript.as_json())
        click.echo(json.dumps(told, indent=2, default=float, allow_nan=False))
    else:
        click.echo("\n".join(transcript.lines()))
        click.echo(f"\nCase {scenario.name}, seed {seed}, replicate {replicate}.")
    if plot is not None:
        _plot_talks(transcript, seed, replicate, plot, _settings(settings))


def _check_plot(plot: Path) -> None:
    from experiments.figures import FORMATS

    if plot.suffix.lstrip(".") not in ("", *FORMATS) or plot.is_dir():
        raise InputError(f"--plot is {plot}; it must be a file in one of {', '.join(FORMATS)}")


def _plot_talks(
    transcript: Any, seed: int, replicate: int, plot: Path, settings: dict[str, float]
) -> None:
    from experiments import figures, provenance

    manifest = {
        "study": "one negotiation", "case": transcript.scenario.name,
        "case_digest": transcript.scenario.digest, "seed": seed, "replicate": replicate,
        "settings": settings, "commit": provenance.commit(), "versions": provenance.versions(),
        "model": provenance.model_fingerprint(),
    }  # fmt: skip
    figure = figures.talks_figure(transcript, manifest)
    formats = (plot.suffix.lstrip("."),) if plot.suffix else figures.FORMATS
    for path in figures.save(figure, plot.with_suffix(""), manifest, formats):
        click.echo(f"Figure: {path}", err=True)


@main.command()
@_CASE
@_SEED
@click.option(
    "--demands", metavar="FROM:TO:COUNT", default=None,
    help="Demands in multiples of the payment. [default: 1.05:8:29]",
)  # fmt: skip
@click.option(
    "-n", "--replicates", type=click.IntRange(1, 2**32 - 1), default=None,
    help="Negotiations a demand. [default: 20000]",
)  # fmt: skip
@_SET
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results.")
@click.option("--overwrite", is_flag=True, help="Replace another run in that folder.")
@click.option("--threads", type=click.IntRange(1, 1024), help="[default: all cores]")
@click.option("--baselines", is_flag=True, help="Lay the forecasts of theory under the curves.")
@_said_plainly
def sweep(**options: Any) -> None:
    """Sweep the demanded amount: how often the talks break down, and how."""
    _sweep(**options)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results.")
@_said_plainly
def demo(out: Path | None) -> None:
    """The main job on the case of November 2019."""
    click.echo(
        "How often do the talks of 2019 on the cost of US troops in South Korea break down as the "
        "demand grows?\nPlaying 29 demands and the reported one, 20,000 negotiations each, and the "
        "same as cheap talk ...",
        err=True,
    )
    _sweep(case="korea_2019", out=out, overwrite=out is None)


@main.command()
@click.option("--fast", is_flag=True, help="Fewer negotiations a row, and none of the slow rows.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report.")
@click.option(
    "--rows", "prefix", default="", metavar="PREFIX", help="Only rows whose ID starts so."
)
@_said_plainly
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


def _sweep(
    *, case: str, seed: int | None = None, demands: str | None = None,
    replicates: int | None = None, settings: tuple[str, ...] = (), out: Path | None = None,
    overwrite: bool = False, threads: int | None = None, baselines: bool = False,
) -> None:  # fmt: skip
    from tqdm import tqdm

    from experiments import baselines as theory
    from experiments import figures, results, statistics
    from experiments import sweep as main_job
    from sim.scenario import read_scenario

    scenario = read_scenario(case)
    grid = main_job.DEFAULT_DEMANDS if demands is None else _grid(demands)
    count = main_job.DEFAULT_REPLICATES if replicates is None else replicates
    folder = out or Path("results") / f"{scenario.name}-demand"
    with tqdm(
        unit=" negotiations", unit_scale=True, file=sys.stderr, mininterval=0.2, leave=False,
        disable=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        bar.total = 2 * count * len({*grid, scenario.reported.demand})
        done = main_job.run_sweep(
            scenario, demands=grid, replicates=count, settings=_settings(settings), folder=folder,
            seed=_default_seed() if seed is None else seed, overwrite=overwrite, threads=threads,
            progress=bar.update,
        )  # fmt: skip
    table = statistics.estimate(done)
    if baselines:
        table = theory.with_baselines(done, table)
    results.write_table(folder / "estimates.csv", table)
    paths = figures.save(
        figures.breakdown_figure(done, table), folder / "figures" / "breakdown", done.manifest,
        figures.FORMATS,
    )  # fmt: skip
    if baselines:
        settlements = figures.settlement_figure(done, table)
        paths += figures.save(settlements, folder / "figures" / "settlement", done.manifest)
    click.echo(main_job.answer(done, table))
    click.echo(f"\nFigure:       {paths[0]} (also .svg, .pdf)")
    if baselines:
        click.echo(f"Settlements:  {paths[-3]} (also .svg, .pdf)")
    click.echo(f"Estimates:    {folder / 'estimates.csv'}")
    click.echo(f"Negotiations: {folder / 'negotiations'} ({len(table) * count:,} in Parquet)")


def _default_seed() -> int:
    from experiments.sweep import DEFAULT_SEED

    return DEFAULT_SEED


def _grid(text: str) -> Sequence[float]:
    """FROM:TO:COUNT, or one number, as a list of demands."""
    import numpy as np

    allowed = "FROM:TO:COUNT, such as 1.05:8:29, with finite numbers and COUNT in [1, 100000]"
    try:
        low, high, count = text.split(":") if ":" in text else (text, text, "1")
        ends, size = (float(low), float(high)), int(count)
    except ValueError:
        raise InputError(f"--demands is {text!r}; it must be {allowed}") from None
    if not (np.all(np.isfinite(ends)) and 1 <= size <= 100_000 and ends[0] <= ends[1]):
        raise InputError(f"--demands is {text!r}; it must be {allowed}")
    return np.linspace(*ends, size).round(10).tolist()


def _settings(pairs: Sequence[str]) -> dict[str, float]:
    """NAME=VALUE options as parameters; codes may be given by their names."""
    from sim.parameters import BY_NAME
    from sim.scenario import find_row

    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"--set is {pair!r}; it must be NAME=VALUE")
        row = BY_NAME[find_row(name)]
        try:
            named = row.codes is not None and value.upper() in row.codes.__members__
            number = float(row.codes[value.upper()]) if named and row.codes else float(value)
        except ValueError:
            raise InputError(f"--set {row.name} is {value!r}; it must be {row.allowed}") from None
        settings[row.name] = number
    return settings

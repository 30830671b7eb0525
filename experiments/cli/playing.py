"""`winset play`: one negotiation, told round by round."""

import json
from pathlib import Path
from typing import Any

import click

from experiments.cli.options import SEED, SET, read_settings, said_plainly
from sim.errors import InputError


@click.command()
@click.argument("case", default="korea_2019")
@SEED
@click.option("--replicate", type=click.IntRange(0, 2**40), default=0, help="Which negotiation.")
@SET
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw positions and win-sets here.")
@said_plainly
def play(
    case: str, seed: int | None, replicate: int, settings: tuple[str, ...], as_json: bool,
    plot: Path | None,
) -> None:  # fmt: skip
    """Play one negotiation and tell it, round by round.

    CASE is the name of a shipped case (korea_2019) or a case file that ends in .toml.
    """
    from experiments import provenance
    from experiments.study_making import DEFAULT_SEED
    from experiments.transcript import Transcript
    from sim.negotiate import watch
    from sim.scenario import read_scenario

    if plot is not None:
        _check_plot(plot)
    scenario = read_scenario(case)
    seed = DEFAULT_SEED if seed is None else seed
    chosen = read_settings(settings, scenario.money)
    talks = watch(scenario.points(chosen), 0, replicate, seed=seed, scenario=scenario)
    talks.run()
    transcript = Transcript(scenario, talks)
    if as_json:
        about = {"seed": seed, "replicate": replicate, "settings": chosen}
        told = provenance.plain(about | transcript.as_json())
        click.echo(json.dumps(told, indent=2, default=float, allow_nan=False))
    else:
        click.echo("\n".join(transcript.lines()))
        click.echo(f"\nCase {scenario.name}, seed {seed}, replicate {replicate}.")
    if plot is not None:
        _plot_talks(transcript, seed, replicate, plot, chosen)


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

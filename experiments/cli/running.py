"""`winset run`: a study, played; `winset demo`: the main job."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.options import (
    LEVELS_FORM,
    SEED,
    SET,
    read_shard,
    read_vary,
    said_plainly,
)
from experiments.cli.progress import telling
from sim.errors import InputError

DEMO = "results/demo"


@click.command()
@click.argument("study", required=False)
@click.option("--case", default=None, help="Case of a study without a file. [default: korea_2019]")
@click.option(
    "--vary", multiple=True, metavar="NAME=RANGE",
    help=f"A parameter that varies, over {LEVELS_FORM}, or its prior; may be repeated.",
)  # fmt: skip
@SET
@click.option(
    "-n", "--replicates", type=click.IntRange(1, 2**32 - 1), default=None,
    help="Negotiations a design point; with --precision, at most. [default: 20000]",
)  # fmt: skip
@click.option("--precision", type=float, help="Stop a point at this half-width of its interval.")
@click.option("--refine", is_flag=True, default=None, help="Play only near the line of 1/2.")
@click.option("--design", help="grid, latin_hypercube, sobol, saltelli or morris.")
@click.option("--size", type=int, help="Points, base points or trajectories of a sampled design.")
@click.option("--draws", help="common or independent.")
@click.option("--outcome", help="The event that the question is about. [default: breakdown]")
@click.option("--figure", "figures", multiple=True, help="A figure to draw; may be repeated.")
@SEED
@click.option("--out", help="Folder of the results, or an address such as s3://bucket/folder.")
@click.option("--overwrite", is_flag=True, help="Replace another run in that folder.")
@click.option("--keep-rows", is_flag=True, help="Keep every negotiation, not the counts alone.")
@click.option("--threads", type=click.IntRange(1, 1024), help="[default: all cores]")
@click.option("--cluster", metavar="ADDRESS", help="Play on a Dask cluster, tcp://host:8786.")
@click.option("--shard", metavar="I/N", help="Play every N-th block from the I-th on.")
@click.option("--dry-run", is_flag=True, help="Say how many, how long, how large; play nothing.")
@click.option("--no-figures", is_flag=True, help="Draw nothing.")
@click.option("--baselines", is_flag=True, help="Lay the forecasts of theory under the curves.")
@click.option(
    "--ignorance", type=int, metavar="DRAWS",
    help="Play again under so many draws of all priors, for a second band.",
)  # fmt: skip
@click.option(
    "--posterior", metavar="FILE",
    help="Average over the draws of a calibration's posterior, with a band of their own.",
)  # fmt: skip
@click.option(
    "--posterior-draws", type=int, metavar="DRAWS",
    help="How many draws of it, at most those in the file. [default: 400]",
)  # fmt: skip
@said_plainly
def run(study: str | None, **options: Any) -> None:
    """Run a study: a file that ends in .toml, a shipped one (see `winset studies`), or --vary.

    \b
    winset run demand
    winset run --vary demand=1.05:8:29 --vary assembly.shift=-0.2:0.2:21
    """
    asked = _under_posterior(_study(study, options), options)
    check_asked(asked, pictures=not options["no_figures"])
    if options["dry_run"]:
        from experiments.forecast import forecast

        click.echo("\n".join(forecast(asked, options["keep_rows"], options["threads"])))
        return
    run_and_tell(asked, options)


@click.command()
@click.option("--out", help=f"Folder for the results. [default: {DEMO}]")
@said_plainly
def demo(out: str | None) -> None:
    """The main job on the case of November 2019."""
    from experiments.study_file import read_study

    click.echo(
        "The talks of 2019 on the cost of US troops in South Korea: playing 29 demands and the "
        "reported one, 20,000 negotiations each, and the same as cheap talk ...",
        err=True,
    )
    where = out or DEMO  # of its own, so that no run of the study is replaced
    run_and_tell(read_study("demand"), {"out": where, "overwrite": out is None})


@click.command()
@said_plainly
def studies() -> None:
    """List the studies that are shipped, with their questions."""
    from experiments.study_file import read_study, shipped_studies

    for name in shipped_studies():
        study = read_study(name)
        click.echo(f"{name:22}  {study.question}")


@click.command()
@click.argument("parts", nargs=-1, required=True)
@click.option("--into", required=True, help="Folder that the parts are put together in.")
@said_plainly
def merge(parts: tuple[str, ...], into: str) -> None:
    """Put the blocks of shards that were played in different folders into one."""
    from experiments import results

    results.merge(list(parts), into)
    click.echo(f"{len(parts)} folders merged into {into}; run the study there to finish it")


def _study(name: str | None, options: dict[str, Any]) -> Any:
    """The study that is meant: of a file with some things set otherwise, or of the options."""
    from experiments.settings import read_pairs
    from experiments.study import SAMPLED
    from experiments.study_file import read_study
    from experiments.study_making import make_study

    given = {
        key: options[key]
        for key in ("replicates", "precision", "refine", "design", "size", "draws", "outcome",
                    "seed")
        if options[key] is not None
    }  # fmt: skip
    if options["figures"]:
        given["figures"] = options["figures"]
    given["settings"] = read_pairs(options["settings"], "--set")
    if name is not None and options["case"] is not None:
        raise InputError("--case is for a study without a file; this one names its case")
    if name is not None and options["vary"] and "design" not in given:
        sampled = read_study(name).design in SAMPLED
    else:
        sampled = given.get("design") in SAMPLED
    vary = read_vary(options["vary"], sampled=sampled)
    if name is not None:
        return read_study(name, vary=vary, **given)
    if not vary:
        raise InputError("give a STUDY, or --vary NAME=RANGE; `winset studies` lists the shipped")
    if not options["figures"]:
        given["figures"] = default_figures(len(vary), sampled or "prior" in vary.values())
    return make_study(options["case"] or "korea_2019", vary=vary, **given)


def _under_posterior(study: Any, options: dict[str, Any]) -> Any:
    """The study under the posterior that is meant, if any."""
    file, draws = options["posterior"], options["posterior_draws"]
    if file is None:
        if draws is not None:
            raise InputError("--posterior-draws is for a study under a --posterior")
        return study
    from experiments.posterior_sweep import check_extras, under_posterior

    asked = under_posterior(study, file, draws)
    given = {name: bool(options[name]) for name in ("baselines", "ignorance")}
    check_extras(asked, **given)
    return asked


def default_figures(factors: int, sampled: bool) -> tuple[str, ...]:
    """What is drawn of a study that names no figure."""
    if sampled or factors > 2:
        return ()
    return ("breakdown",) if factors == 1 else ("map",)


def check_asked(study: Any, *, pictures: bool) -> None:
    """Refuse what cannot be told of a study before it is played."""
    from experiments import drivers, figures

    if pictures:
        figures.check(study)
        return
    for name, check in (
        ("sensitivity", drivers.check_sensitivity), ("discovery", drivers.check_discovery),
    ):  # fmt: skip
        if name in study.figures:
            check(study)


def run_and_tell(study: Any, options: dict[str, Any]) -> None:
    """Play a study, keep its tables and figures, print its answer and where everything lies."""
    from experiments import ignorance, results
    from experiments.answer import answer, table
    from experiments.drivers import findings_of
    from experiments.estimates import estimate
    from experiments.outputs import write_figures, write_tables

    pictures = not options.get("no_figures")
    where = options.get("out") or str(Path("results") / study.name)
    draws = options.get("ignorance")
    unknown = ignorance.under_ignorance(study, draws) if draws else None
    done = _played(study, where, options)
    if done is None:
        return
    estimates, findings = estimate(done), findings_of(done)
    write_tables(done, where, estimates, findings)
    band = None
    if unknown is not None:
        again = _played(unknown, results.inside(where, "ignorance"), options)
        band = None if again is None else ignorance.ignorance_band(again)
    lines = [study.question, "", *findings.sentences(study), *answer(done, estimates)]
    if not pictures:
        lines += ["", *table(study, estimates)]
    click.echo("\n".join(lines))
    names = []
    if pictures:
        names = write_figures(
            done, where, estimates, baselines=bool(options.get("baselines")), ignorance=band,
            findings=findings,
        )  # fmt: skip
    _tell_files(done, where, names)


def _tell_files(done: Any, where: str, names: list[str]) -> None:
    from experiments import results

    root = results.open_store(where).where.rstrip("/")  # without what an address keeps secret
    click.echo("")
    for name in (name for name in names if name.endswith(".png")):
        click.echo(f"Figure:       {root}/{name} (also .svg, .pdf)")
    click.echo(f"Estimates:    {root}/estimates.csv")
    kept = "negotiations" if done.manifest["keep_rows"] else "counts"
    total = int(done.counts["n"].to_numpy().sum())
    click.echo(f"Blocks:       {root}/{kept} ({total:,} negotiations in Parquet)")


def _played(study: Any, where: str, options: dict[str, Any]) -> Any:
    """The finished run, or None where it is a shard, which says so."""
    from experiments.run import negotiations_of, run_study

    shard = read_shard(options.get("shard"))
    workers: Any = options.get("threads")
    if options.get("cluster"):
        from experiments.cluster import Cluster

        workers = Cluster(options["cluster"])
    with telling(negotiations_of(study) // (shard[1] if shard else 1)) as progress:
        done = run_study(
            study, where=where, overwrite=bool(options.get("overwrite")),
            keep_rows=bool(options.get("keep_rows")), workers=workers, shard=shard,
            progress=progress,
        )  # fmt: skip
    if shard is None:
        return done
    total = int(done.counts["n"].to_numpy().sum())
    click.echo(
        f"Shard {shard[0]}/{shard[1]} is done: {total:,} negotiations in {where}. When all shards "
        "are there, run the study without --shard to finish it."
    )
    return None

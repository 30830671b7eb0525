"""What a finished run is told with: its estimates as tables, its figures, beside the blocks."""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from experiments import results
from experiments.drivers import Findings
from experiments.estimates import by_round
from experiments.posterior_sweep import posterior_band
from experiments.run import Run, as_csv

MOST_POINTS_BY_ROUND = 500  # of rounds.csv, which has a row for each point, round and ending


def write_tables(
    run: Run, where: str | Path, estimates: pd.DataFrame, findings: Findings | None = None
) -> None:
    """Write estimates.csv, rounds.csv, counts.parquet and what was found, each whole or not at all.

    Under a posterior also posterior.csv, the band of its draws.

    Raises
    ------
    ResultsError
        Where they cannot be written.
    """
    store = results.open_store(where)
    store.write("estimates.csv", as_csv(estimates))
    if len(estimates) <= MOST_POINTS_BY_ROUND:
        store.write("rounds.csv", as_csv(by_round(run)))
    if run.study.posterior is not None:
        store.write("posterior.csv", as_csv(posterior_band(run)))
    if findings is not None and findings.indices is not None:
        store.write("sensitivity.csv", as_csv(findings.indices))
    if findings is not None and findings.region is not None:
        store.write("discovery.csv", as_csv(findings.region.trajectory))
    told = run.design.table.merge(run.counts, on="design_point")
    columns: dict[str, Any] = {
        str(name): list(column) if column.dtype == object else column.to_numpy()
        for name, column in told.items()
    }
    about = {"key": results.run_key(run.manifest)}
    store.write("counts.parquet", results.as_parquet(columns, about))


def write_figures(
    run: Run, where: str | Path, estimates: pd.DataFrame, *, baselines: bool = False,
    ignorance: pd.DataFrame | None = None, findings: Findings | None = None,
) -> list[str]:  # fmt: skip
    """Draw the figures of a study into figures/; returns their names, PNG first.

    Raises
    ------
    InputError
        Where a figure does not fit the study.
    ResultsError
        Where they cannot be written.
    """
    from experiments import figures

    store = results.open_store(where)
    names: list[str] = []
    with tempfile.TemporaryDirectory(prefix="winset-") as folder:
        drawn = figures.draw(
            run, estimates, baselines=baselines, ignorance=ignorance, findings=findings
        )
        for stem, figure in drawn.items():
            for path in figures.save(figure, Path(folder) / stem, run.manifest, figures.FORMATS):
                store.write(f"figures/{path.name}", path.read_bytes())
                names.append(f"figures/{path.name}")
    return names

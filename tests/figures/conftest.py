"""Runs that are drawn, and what is read back from their figures."""

from dataclasses import replace

import pandas as pd
import pytest

from experiments import estimate, figures, make_study, run_study
from experiments.discovery import discover
from experiments.drivers import Findings, sensitivity_of
from tests import drawings

REPORTED = 5000 / 896
CHEAP = {"president.audience_cost": 0.0, "president.category_audience_cost": 0.0}
CURVES = ("breakdown", "causes", "outcome", "comparison", "settlement", "surplus", "hazard")


@pytest.fixture(scope="session")
def demand_run():
    """Two variants along the demand, and their estimates."""
    study = make_study(
        vary={"demand": [1.05, 1.5, 3.0, REPORTED, 8.0]}, replicates=100,
        variants={"case": {}, "cheap_talk": CHEAP},
        seed=7, title="How the talks break down as the demand grows",
        figures=CURVES,
    )  # fmt: skip
    run = run_study(study)
    return run, estimate(run)


@pytest.fixture(scope="session")
def map_run():
    """A grid of two parameters, one of them on a logarithmic axis."""
    study = make_study(
        vary={"demand": [1.05, 3.0, REPORTED, 8.0], "president.audience_cost": [0.005, 0.05, 0.5]},
        replicates=100, seed=7, figures=("map",),
    )  # fmt: skip
    run = run_study(study)
    return run, estimate(run)


@pytest.fixture(scope="session")
def sensitivity_run():
    """Elementary effects of three parameters."""
    study = make_study(
        vary={"demand": (1.05, 8.0), "president.audience_cost": "prior", "assembly.shift": "prior"},
        design="morris", size=6, replicates=40, draws="independent", seed=7,
        figures=("sensitivity",),
    )  # fmt: skip
    run = run_study(study)
    return run, estimate(run), Findings(indices=sensitivity_of(run))


@pytest.fixture(scope="session")
def discovery_run():
    """A region of three parameters."""
    study = make_study(
        vary={"demand": (1.05, 5.0), "president.audience_cost": "prior", "assembly.shift": "prior"},
        design="latin_hypercube", size=120, replicates=60, seed=7, figures=("discovery",),
    )  # fmt: skip
    run = run_study(study)
    table = estimate(run)
    broken = run.counts["n"] - run.counts["ratified"]
    names = list(study.parameters)
    points = pd.DataFrame(run.design.table[names])
    region = discover(points, broken, run.counts["n"], seed=7, resamples=2)
    return run, table, Findings(region=region)


@pytest.fixture
def draw_kind(request):
    """Draws any figure of the registry; returns it with its run and estimates."""

    def draw(name):
        if name in CURVES:
            run, table = request.getfixturevalue("demand_run")
            run = replace(run, study=replace(run.study, figures=(name,)))
            return figures.draw(run, table)[name], run, table
        run, table, *found = request.getfixturevalue(f"{name}_run")
        return figures.draw(run, table, findings=next(iter(found), None))[name], run, table

    return draw


@pytest.fixture
def words(monkeypatch):
    """All words on the face of a figure, line breaks as spaces."""

    def read(figure):
        texts = (text for text, _, _ in drawings.drawn(figure, monkeypatch))
        return "\n".join(" ".join(text.split()) for text in texts)

    return read


@pytest.fixture
def check_layout(monkeypatch):
    """See that no text is cut off, overlaps another, or is too small for print."""
    return lambda figure: drawings.check_layout(figure, monkeypatch)

"""Runs that are drawn, and what is read back from a drawing: its words, boxes and provenance."""

import itertools

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from experiments import estimate, figures, make_study, run_study
from experiments.discovery import discover
from experiments.drivers import Findings, sensitivity_of

REPORTED = 5000 / 896
MARGIN = 0.5  # pixels by which a box may err
CHEAP = {"president.audience_cost": 0.0, "president.category_audience_cost": 0.0}
CURVES = ("breakdown", "causes", "outcome", "comparison", "settlement", "surplus", "hazard")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


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
        vary={"demand": (1.05, 8.0), "president.audience_cost": "prior", "assembly.shift": "prior"},
        design="latin_hypercube", size=80, replicates=40, seed=7, figures=("discovery",),
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
            return figures.draw(run, table)[name], run, table
        run, table, *found = request.getfixturevalue(f"{name}_run")
        return figures.draw(run, table, findings=next(iter(found), None))[name], run, table

    return draw


def drawn(figure, monkeypatch):
    """Every text that is drawn, with its box in pixels."""
    seen, draw = [], Text.draw

    def noted(text, *arguments, **options):
        seen.append(text)
        draw(text, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    visible = (text for text in seen if text.get_visible() and text.get_text().strip())
    return [
        (text.get_text(), text.get_window_extent(renderer), text.get_fontsize()) for text in visible
    ]


@pytest.fixture
def words(monkeypatch):
    """All words on the face of a figure, line breaks as spaces."""

    def read(figure):
        texts = (text for text, _, _ in drawn(figure, monkeypatch))
        return "\n".join(" ".join(text.split()) for text in texts)

    return read


@pytest.fixture
def check_layout(monkeypatch):
    """See that no text is cut off, overlaps another, or is too small for print."""

    def check(figure):
        boxes = drawn(figure, monkeypatch)
        assert len(boxes) > 10
        for text, box, size in boxes:
            assert size >= 6.0, text
            assert box.x0 > -MARGIN and box.y0 > -MARGIN, text
            assert box.x1 < figure.bbox.width + MARGIN, text
            assert box.y1 < figure.bbox.height + MARGIN, text
        for (one, a, _), (other, b, _) in itertools.combinations(boxes, 2):
            beside = min(a.x1, b.x1) - max(a.x0, b.x0) <= MARGIN
            above = min(a.y1, b.y1) - max(a.y0, b.y0) <= MARGIN
            assert beside or above, (one, other)

    return check

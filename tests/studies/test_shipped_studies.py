"""Every study that is shipped reads, fits its figures, plays in miniature and can be printed."""

import pytest

from experiments import estimate, figures, read_study, run_study
from experiments.discovery import discover
from experiments.drivers import Findings
from experiments.events import CAUSES
from experiments.study_file import STUDIES, shipped_studies
from sim.parameters import BY_NAME
from tests.drawings import check_layout

NAMES = shipped_studies()
# Sampled designs in miniature, as their methods still allow.
SMALL = {"sensitivity": {"size": 64}, "discovery": {"size": 120, "replicates": 60}}


def miniature(name):
    run = run_study(read_study(name, **{"replicates": 40, **SMALL.get(name, {})}))
    findings = None
    if name == "discovery":
        counts = run.counts
        table = run.design.table[list(run.study.parameters)]
        broken = counts["n"] - counts["ratified"]
        region = discover(table, broken, counts["n"], seed=0, resamples=2)
        findings = Findings(region=region)
    return run, estimate(run), findings


def test_the_questions_of_an_analyst_are_shipped():
    assert {
        "demand", "demand_assembly", "demand_audience_cost", "new_category", "deadline_expiry",
        "turnover", "concession_styles", "walk_outs", "backlash", "noise", "tied_hands",
        "sensitivity", "discovery",
    } <= set(NAMES)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_study_bears_the_name_of_its_file_and_asks_a_question(name):
    study = read_study(STUDIES / f"{name}.toml")
    assert study.name == name
    assert study.question.endswith("?")
    assert study.scenario.name == "korea_2019"
    assert len({variant.words for variant in study.variants}) == len(study.variants)


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_of_a_shipped_study_fit_it(name):
    study = read_study(name)
    assert study.figures
    figures.check(study)


@pytest.mark.parametrize("name", NAMES)
def test_the_case_lies_among_the_levels_of_a_shipped_grid(name):
    study = read_study(name)
    for factor in study.factors:
        if factor.levels:
            case = study.scenario.values[factor.parameter]
            assert min(factor.levels) <= case <= max(factor.levels), factor.parameter
        else:
            row = BY_NAME[factor.parameter]
            assert row.low <= factor.law.low < factor.law.high <= row.high


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_study_plays_in_miniature_and_its_figures_can_be_printed(name, monkeypatch):
    run, table, findings = miniature(name)
    assert len(table) == run.study.points
    causes = table[[cause for _, cause in CAUSES]].sum(axis=1)
    assert causes.to_numpy() == pytest.approx(table["breakdown"].to_numpy())
    drawn = figures.draw(run, table, findings=findings)
    assert list(drawn) == list(run.study.figures)
    for figure in drawn.values():
        check_layout(figure, monkeypatch)

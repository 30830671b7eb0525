"""What stands on the face of a figure: n, intervals, source, status, provenance; all of it read."""

import re

import pytest

from experiments import estimate, figures, make_study, run_study
from experiments.study import Variant
from sim.scenario import SEEDS, read_scenario

DRAWN = sorted(figures.FIGURES)


def changed_case(tmp_path, **texts):
    """The case of 2019 with other texts."""
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    for key, said in texts.items():
        text = re.sub(rf'(?m)^{key} = ".*"', lambda _, k=key, s=said: f'{k} = "{s}"', text)
    path = tmp_path / "case.toml"
    path.write_text(text)
    return read_scenario(path)


def drawn_of(scenario, demands, names=("breakdown",), replicates=20, **more):
    study = make_study(
        scenario, vary={"demand": demands}, replicates=replicates, seed=7, figures=names, **more
    )
    run = run_study(study)
    return figures.draw(run, estimate(run))


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_says_n_interval_status_and_where_its_numbers_come_from(
    name, draw_kind, words, scenario
):
    figure, run, table = draw_kind(name)
    said = words(figure)
    assert run.study.title.split()[0] in said
    assert scenario.title in said
    assert "Parameters are assumptions, not calibrated: plausible, not a forecast." in said
    assert f"n = {int(table['n'].iloc[0]):,}" in said
    assert "95%" in said or "%, " in said  # a region tells its interval in a sentence
    assert "seed 7" in said
    assert f"case korea_2019 ({scenario.digest[:8]})" in said
    assert run.manifest["commit"][:9] in said


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_in_a_figure_overlaps_or_is_cut_off(name, draw_kind, check_layout):
    check_layout(draw_kind(name)[0])


@pytest.mark.parametrize("name", ["breakdown", "outcome", "settlement", "map"])
def test_a_marked_demand_comes_with_its_source(name, draw_kind, words, scenario):
    assert scenario.reported.source in words(draw_kind(name)[0])


def test_the_breakdown_figure_names_demand_causes_and_variants(draw_kind, words, scenario):
    figure, _, _ = draw_kind("breakdown")
    said = words(figure)
    assert re.search(r"\$5\.?\d*bn: \d+\.\d% \[\d+\.\d%, \d+\.\d%\]", said)
    assert scenario.reported.label in said
    assert "cheap talk" in said
    assert "$5bn" in said and "1,038.9 bn won" in said
    for _, _, cause in figures.COLOURS.values():
        assert cause in said


def test_another_parameter_is_named_with_its_symbol_and_unit_and_the_case_is_marked(words):
    study = make_study(
        vary={"assembly.shift": [-0.1, 0.0, 0.1]}, replicates=50, seed=7, figures=("breakdown",)
    )
    run = run_study(study)
    table = estimate(run)
    said = words(figures.draw(run, table)["breakdown"])
    assert "common shift of the blocs' thresholds" in said
    assert "assembly.shift, payments" in said
    assert f"the case: 0\n{table['breakdown'][1]:.1%}".split("\n")[0] in said
    assert "assembly.shift as in the case korea_2019" in said


def test_a_calibrated_case_does_not_call_itself_uncalibrated(tmp_path, words):
    calibrated = changed_case(tmp_path, status="calibrated")
    assert "not calibrated" not in words(drawn_of(calibrated, [1.5, 3.0])["breakdown"])


def test_dollar_signs_in_a_title_are_dollar_signs(tmp_path, words):
    scenario = changed_case(tmp_path, title=r"$5bn against $1bn: \\frac")
    assert r"$5bn against $1bn: \frac" in words(drawn_of(scenario, [1.5, 3.0])["breakdown"])


@pytest.mark.parametrize(
    "demands",
    [[1.5], [5000 / 896], [6.0, 7.0, 8.0], [5.3, 5.4], [0.0, 50.0]], ids=str,
)  # fmt: skip
def test_nothing_overlaps_wherever_the_reported_demand_lies(scenario, demands, check_layout):
    for figure in drawn_of(scenario, demands, ("breakdown", "outcome", "settlement")).values():
        check_layout(figure)


def test_the_longest_texts_of_a_case_and_a_study_fit(tmp_path, check_layout):
    long = ("On what Seoul pays for the troops of the United States " * 2)[:100].strip()
    scenario = changed_case(tmp_path, title=long, source=long, label=long[:40].strip())
    names = ("breakdown", "comparison", "settlement", "surplus", "causes")
    variants = [Variant("a" * 64, long[:80]), Variant("b" * 64, long[10:90].strip())]
    drawn = drawn_of(scenario, [1.5, 3.0, 8.0], names, title=long[:80], variants=variants)
    for figure in drawn.values():
        check_layout(figure)


@pytest.mark.parametrize(
    ("parameter", "levels"),
    [
        ("talks.protocol", ["alternating_offers", "double_auction"]),
        ("talks.rounds", [1, 2, 40]),
        ("president.audience_cost", [0.004, 0.02, 0.05, 0.3]),
        ("talks.precision", [8.0, "inf"]),
        ("assembly.consent_required", [0, 1]),
    ],
)
def test_any_parameter_can_lie_along_the_axis(parameter, levels, check_layout):
    names = ("breakdown", "outcome", "settlement", "surplus", "causes", "comparison")
    study = make_study(
        vary={parameter: levels}, replicates=40, seed=7, figures=names,
        variants={"case": {}, "hard": {"president.reservation_mean": 1.1}},
    )  # fmt: skip
    run = run_study(study)
    for figure in figures.draw(run, estimate(run)).values():
        check_layout(figure)

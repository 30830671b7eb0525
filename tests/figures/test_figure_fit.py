"""A figure that does not fit a study is refused before anything is played, with what would fit."""

import numpy as np
import pytest

from experiments import estimate, figures, make_study, run_study
from sim.errors import InputError

DEMANDS = [1.5, 3.0, 5000 / 896]
ARMS = {"case": {}, "cheap": {"president.audience_cost": 0.0}}
PRIORS = {"president.audience_cost": "prior", "assembly.shift": "prior"}


def study_of(*names, **more):
    given = {"vary": {"demand": DEMANDS}, "replicates": 20, "seed": 0} | more
    return make_study(figures=names, **given)


def refused(study):
    with pytest.raises(InputError) as caught:
        figures.check(study)
    return str(caught.value)


def test_every_figure_says_what_it_shows():
    for name, kind in figures.FIGURES.items():
        assert name == name.lower() and kind.words


def test_an_unknown_figure_is_refused_with_those_that_fit():
    said = refused(study_of("breakdwon", "breakdown"))
    assert "figure 'breakdwon' is not known" in said
    assert "what fits this study: breakdown, causes, outcome, settlement, surplus, hazard" in said


def test_every_figure_that_does_not_fit_is_told_at_once():
    said = refused(study_of("map", "comparison", "nothing"))
    assert said.count("what fits this study") == 3


@pytest.mark.parametrize("name", ["breakdown", "causes", "outcome", "settlement", "surplus"])
@pytest.mark.parametrize(
    "vary",
    [
        {"demand": DEMANDS, "assembly.shift": [0.0, 0.1]},
        {"demand": DEMANDS, "assembly.shift": "prior"},
        {},
    ],
    ids=["two parameters", "a range beside levels", "none"],
)
def test_curves_need_the_levels_of_one_parameter(name, vary):
    size = {"size": 20} if "prior" in vary.values() else {}
    said = refused(study_of(name, vary=vary, **size))
    assert "it needs a grid over the levels of exactly one parameter" in said


def test_a_comparison_needs_something_to_compare():
    assert "it needs variants that differ from the first one" in refused(study_of("comparison"))
    figures.check(study_of("comparison", variants=ARMS))


def test_a_map_needs_two_parameters_and_has_room_for_a_few_variants():
    two = {"demand": DEMANDS, "assembly.shift": [0.0, 0.1]}
    assert "exactly two parameters" in refused(study_of("map"))
    many = {f"arm{i}": {"president.audience_cost": 0.01 * i} for i in range(7)}
    assert "room for 6 variants" in refused(study_of("map", vary=two, variants=many))
    figures.check(study_of("map", vary=two, variants=dict(list(many.items())[:6])))


@pytest.mark.parametrize(
    "given",
    [
        {"vary": {"demand": [1.5, 2.0, 2.5, 3.0, 4.0]}},
        {"variants": {f"arm{i}": {"president.audience_cost": 0.01 * i} for i in range(5)}},
        {"vary": {"demand": DEMANDS, "assembly.shift": [-0.1, 0.1]}},
        {"vary": PRIORS, "design": "sobol", "size": 16},
        {"vary": {"demand": DEMANDS, "assembly.shift": [0.0, 0.1]}, "refine": True},
    ],
    ids=["no level of the case", "many variants", "off the case", "sampled", "refined"],
)
def test_hazards_need_few_design_points_or_the_case_among_the_levels(given):
    assert "it needs at most 4 design points" in refused(study_of("hazard", **given))


@pytest.mark.parametrize(
    ("given", "panels"),
    [
        ({"vary": {"demand": [1.5, 3.0]}, "variants": ARMS}, 4),
        ({"vary": {"demand": np.linspace(1.0, 8.0, 9).tolist() + [5000 / 896]}}, 1),
        ({"vary": {"demand": DEMANDS, "assembly.shift": [0.0, 0.1]}, "variants": ARMS}, 2),
        ({"vary": {}}, 1),
    ],
    ids=["few points", "the reported demand of many", "the case on a grid", "the case alone"],
)
def test_hazards_are_drawn_of_all_points_or_of_those_of_the_case(given, panels):
    run = run_study(study_of("hazard", **given))
    figure = figures.draw(run, estimate(run))["hazard"]
    assert len(figure.axes) == 2 * panels


def test_sensitivity_needs_a_sampled_design_with_draws_of_its_own():
    assert "a sampled design without variants" in refused(study_of("sensitivity"))
    sampled = {"vary": PRIORS, "design": "morris", "size": 4}
    assert 'draws = "independent"' in refused(study_of("sensitivity", **sampled))
    figures.check(study_of("sensitivity", draws="independent", **sampled))


def test_a_region_needs_a_sampled_space_of_two_parameters():
    assert "latin_hypercube or sobol" in refused(
        study_of("discovery", vary={"demand": DEMANDS, "assembly.shift": [0.0, 0.1]})
    )
    one = {"vary": {"assembly.shift": "prior"}, "design": "sobol", "size": 16}
    assert "two parameters or more" in refused(study_of("discovery", **one))
    figures.check(study_of("discovery", **(one | {"vary": PRIORS})))


def test_what_cannot_be_drawn_is_refused_when_it_is_drawn_as_well():
    run = run_study(study_of("map"))
    with pytest.raises(InputError, match="does not fit"):
        figures.draw(run, estimate(run))

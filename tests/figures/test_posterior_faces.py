"""A figure of a study under a posterior: two bands, and the calibration's verdict on its face."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from experiments import estimate, figures, make_study, run_study, under_posterior
from experiments.posterior_sweep import posterior_band
from tests.posteriors import from_priors

DEMAND = "president.demand"
REPORTED = 5000 / 896
CHEAP = {"president.audience_cost": 0.0, "president.category_audience_cost": 0.0}
CURVES = ("breakdown", "causes", "outcome", "comparison", "settlement", "surplus", "hazard")
LONG = "x" * 40 + " is what this calibration has come to" + " after all of its checks" * 3


@pytest.fixture(scope="module")
def run():
    study = make_study(
        vary={"demand": [1.05, 1.5, 3.0, REPORTED, 8.0]}, replicates=600,
        variants={"case": {}, "cheap_talk": CHEAP}, seed=7, figures=CURVES,
        title="How the talks break down as the demand grows",
    )  # fmt: skip
    return run_study(under_posterior(study, from_priors(30)))


@pytest.fixture(scope="module")
def drawn(run):
    return figures.draw(run, estimate(run))


@pytest.mark.parametrize("name", CURVES)
def test_every_figure_says_which_calibration_and_what_came_of_it(name, drawn, words, check_layout):
    said = words(drawn[name])
    assert "Calibration six_agreements of 2026-11-20: two of three checks passed." in said
    assert "Averaged over 30 draws of the posterior" in said
    assert "n = 20 each" in said
    assert "posterior six_agreements (" in said
    assert "assumptions" not in said
    check_layout(drawn[name])


@pytest.mark.parametrize("name", ["breakdown", "outcome"])
def test_the_draws_of_the_posterior_are_a_second_band_in_a_colour_of_its_own(
    name, drawn, run, words
):
    band = posterior_band(run)
    rows = band[band["variant"] == "case"]
    axes = drawn[name].axes[0]
    lines = [np.asarray(line.get_ydata(), float) for line in axes.lines]
    for end in ("low", "high"):
        assert any(len(y) == 5 and np.allclose(y, rows[end]) for y in lines), end
    faces = [area.get_facecolor() for area in axes.collections]
    assert figures.IGNORANCE.lower() in {to_hex(face[0]) for face in faces if len(face)}
    said = words(drawn[name])
    assert "posterior of six_agreements: nine in ten draws of it (case)" in said
    assert "5% to 95% of its draws, chance taken out" in said
    assert "their mean" not in said


def test_the_deadline_of_the_draws_is_the_longest(drawn, words):
    assert "the longest deadline of any draw" in words(drawn["hazard"])


def test_the_verdict_has_the_colour_of_a_warning_unless_the_checks_passed(run):
    colours = []
    for status in ("calibrated", "not calibrated"):
        posterior = replace(run.study.posterior, status=status)
        again = replace(run, study=replace(run.study, posterior=posterior, figures=("breakdown",)))
        figure = figures.draw(again, estimate(run))["breakdown"]
        (text,) = (text for text in figure.texts if text.get_text().startswith("Calibration"))
        colours.append(text.get_color())
    assert colours == [figures.IGNORANCE, "#AA3377"]


def test_the_longest_name_and_verdict_fit(run, check_layout):
    posterior = replace(run.study.posterior, name="n" * 64, verdict=LONG[:160].strip())
    study = replace(run.study, posterior=posterior)
    for figure in figures.draw(replace(run, study=study), estimate(run)).values():
        check_layout(figure)


def test_a_map_and_the_levels_of_a_code_are_drawn_under_a_posterior(words, check_layout):
    posterior = from_priors(20)
    shared = {"replicates": 400, "seed": 7}
    both = make_study(vary={"demand": [1.5, 4.0], "assembly.shift": [0, 0.1]}, figures=("map",),
                      **shared)  # fmt: skip
    named = make_study(vary={"consent_required": [0, 1]}, figures=("breakdown", "outcome"),
                       **shared)  # fmt: skip
    for study in (both, named):
        run = run_study(under_posterior(study, posterior))
        for figure in figures.draw(run, estimate(run)).values():
            assert "Calibration six_agreements of" in words(figure)
            check_layout(figure)


def test_too_few_negotiations_a_draw_leave_the_band_out(words):
    study = make_study(vary={"demand": [1.5, 4.0]}, replicates=100, seed=7)
    run = run_study(under_posterior(study, from_priors(20)))
    assert "nine in ten draws" not in words(figures.draw(run, estimate(run))["breakdown"])

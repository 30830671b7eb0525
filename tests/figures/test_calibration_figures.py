"""The figures of a calibration: what stands on their face, whole and legible."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from experiments import figures
from experiments.figures import calibration as draw
from tests.calibration.test_report import made

CURVE = pd.DataFrame({
    "president.demand": [1.05, 3.0, 8.0], "n": 2000,
    "breakdown": [0.1, 0.4, 0.6], "breakdown_low": [0.08, 0.38, 0.58],
    "breakdown_high": [0.12, 0.42, 0.62], "draws": 400, "band_low": [0.05, 0.2, 0.3],
    "band_high": [0.2, 0.6, 0.8], "prior_mean": [0.3, 0.6, 0.7], "prior_low": [0.1, 0.2, 0.3],
    "prior_high": [0.5, 0.8, 0.9], "prior_draws": 200, "prior_n": 100,
})  # fmt: skip
DRAWN = {
    "curve": draw.curve_figure, "parameters": draw.parameters_figure,
    "reports": draw.reports_figure, "ranks": draw.ranks_figure, "recovery": draw.recovery_figure,
}  # fmt: skip


@pytest.fixture(scope="module")
def findings():
    return replace(made(), curve=CURVE)


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_says_which_calibration_it_is_and_where_it_comes_from(
    name, findings, words, check_layout
):
    figure = DRAWN[name](findings)
    said = words(figure)
    assert "Calibration korea_2019 of 2026-11-24: what came of it." in said
    assert "seed 2019" in said and "winset" in said and "commit" in said
    check_layout(figure)


@pytest.mark.parametrize(("status", "colour"), [
    ("calibrated", figures.IGNORANCE), ("not calibrated", "#AA3377"),
])  # fmt: skip
def test_a_calibration_that_failed_a_check_has_the_colour_of_a_warning(findings, status, colour):
    figure = draw.curve_figure(replace(findings, status=status))
    (line,) = (text for text in figure.texts if text.get_text().startswith("Calibration"))
    assert line.get_color() == colour


def test_the_curve_has_the_band_of_chance_that_of_the_posterior_and_that_of_the_priors(
    findings, words
):
    figure = draw.curve_figure(findings)
    ends = {"prior": (0.9, 0.1), "band": (0.8, 0.05), "breakdown": (0.62, 0.08)}
    drawn = [area.get_paths()[0].vertices[:, 1] for area in figure.axes[0].collections]
    for name, (high, low) in ends.items():
        assert any(np.isclose([y.max(), y.min()], [high, low]).all() for y in drawn), name
    said = words(figure)
    assert "n = 2,000 negotiations a level over 400 draws" in said
    assert "200 draws of every parameter" in said and "n = 100 each" in said


def test_the_title_of_the_ranks_claims_nothing_of_how_they_lie(findings, words):
    skewed = replace(findings.synthetic, pit=findings.synthetic.pit**8)
    said = words(draw.ranks_figure(replace(findings, synthetic=skewed)))
    assert "no preferred" not in said
    assert "n = 20 synthetic truths" in said and "chi-square test: 0.000" in said


def test_a_figure_carries_its_provenance_inside(findings, tmp_path):
    figure = draw.parameters_figure(findings)
    (path,) = figures.save(figure, tmp_path / "parameters", findings.manifest, ("png",))
    with Image.open(path) as picture:
        record = json.loads(picture.info["Description"])
    assert record["seed"] == 2019 and record["model"] == findings.manifest["model"]

"""What can be asked of a fit: other reports, other models, figures left out, truths recovered."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from experiments.calibration import Figure, fit
from experiments.calibration.engine import load_fit
from experiments.calibration.engine.checks import Bars, sum_up, verdict
from experiments.calibration.engine.predictive import check_predictive
from experiments.calibration.engine.targets import read_targets
from sim.errors import InputError

PRIOR = {"a": stats.norm(0, 1), "b": stats.norm(0, 1)}
SLOPE = np.array([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]])
REPORT = {"x": (0.4, 0.3), "y": (0.1, 0.3), "z": (-0.3, 0.3)}


def simulate(parameters, seeds):
    noise = np.array([np.random.default_rng(int(s)).standard_normal(3) for s in seeds])
    return parameters @ SLOPE + 0.2 * noise


def posterior(y, used=(0, 1, 2), error=0.3):
    slope = SLOPE[:, list(used)]
    covariance = np.linalg.inv(np.eye(2) + slope @ slope.T / (error**2 + 0.04))
    return covariance @ slope @ np.array(y) / (error**2 + 0.04), np.sqrt(np.diag(covariance))


@pytest.fixture(scope="module")
def model():
    return fit(simulate, PRIOR, REPORT, budget=3_000)


def agrees(fitted, mean, sd):
    assert np.abs(fitted.parameters.mean(axis=0) - mean).max() < 0.12 * sd.max()
    assert fitted.parameters.std(axis=0) / sd == pytest.approx(1.0, abs=0.1)


def test_a_refit_answers_to_other_reports_from_the_same_rows(model):
    agrees(model, *posterior([0.4, 0.1, -0.3]))
    moved = model.refit({"x": (0.6, 0.3), "y": (0.1, 0.3), "z": (-0.3, 0.3)})
    agrees(moved, *posterior([0.6, 0.1, -0.3]))
    assert moved.bank.rows == model.bank.rows
    without = model.refit(leave_out="y", rows=500)
    agrees(without, *posterior([0.4, -0.3], (0, 2)))
    assert without.bank.rows == model.bank.rows + 500
    assert "y" not in without.predictive().z
    two = model.refit([Figure("x", 0.4, sd=0.3), Figure("z", -0.3, sd=0.3)])
    assert np.array_equal(two.parameters, model.refit(leave_out=["y"]).parameters)


def test_a_refit_of_what_is_not_there_is_refused(model, tmp_path):
    with pytest.raises(InputError, match="'q' is no figure of this fit; its figures are x, y, z"):
        model.refit(leave_out="q")
    with pytest.raises(InputError, match="did you mean"):
        model.refit({"xx": (1, 1)})
    with pytest.raises(InputError, match="nothing to fit"):
        model.refit(leave_out=["x", "y", "z"])
    alone = load_fit(model.save(tmp_path / "fit.npz"))
    with pytest.raises(InputError, match="rows is 10"):
        alone.refit(rows=10)
    for ask in (alone.sbc, alone.leave_one_out):
        with pytest.raises(InputError, match="has no simulator"):
            ask()
    again = alone.refit()
    with pytest.raises(InputError, match="no rows at its draws"):
        again.predictive()
    assert len(again.checks) == 3
    assert again.status == "calibrated"


def test_leaving_out_one_figure_predicts_it_from_the_others(model):
    table = model.leave_one_out()
    assert list(table.index) == ["x", "y", "z"]
    mean, _ = posterior([0.4, -0.3], (0, 2))
    covariance = np.linalg.inv(np.eye(2) + SLOPE[:, [0, 2]] @ SLOPE[:, [0, 2]].T / 0.13)
    slope = SLOPE[:, 1]
    z = (0.1 - slope @ mean) / np.sqrt(slope @ covariance @ slope + 0.13)
    assert table.loc["y", "z"] == pytest.approx(z, abs=0.25)
    assert table["inside"].all()
    with pytest.raises(InputError, match="has one figure"):
        model.refit(leave_out=["x", "y"]).leave_one_out()


def test_a_model_that_cannot_reach_the_report_has_less_evidence(model):
    worse = fit(lambda p, s: simulate(p, s) + 3.0, PRIOR, REPORT, budget=3_000)
    table = model.compare(worse, names=["right", "shifted"])
    assert list(table.index) == ["right", "shifted"]
    assert table.loc["shifted", "call"] == "worse"
    cov = SLOPE.T @ SLOPE + 0.13 * np.eye(3)
    y = np.array([0.4, 0.1, -0.3])
    known = stats.multivariate_normal(np.zeros(3), cov).logpdf(y)
    shifted = stats.multivariate_normal(np.full(3, 3.0), cov).logpdf(y)
    assert table.loc["shifted", "behind"] == pytest.approx(known - shifted, abs=0.5)
    assert model.compare(model).loc["model 2", "call"] in ("best", "no call")
    with pytest.raises(InputError, match="2 fits"):
        model.compare(worse, names=["one"])
    with pytest.raises(InputError, match="different figures"):
        model.compare(model.refit(leave_out="x"))


def test_truths_are_recovered_and_the_same_seed_recovers_the_same(model):
    told = []
    found = model.sbc(12, 400, seed=0, progress=lambda done, n: told.append((done, n)))
    assert told[-1] == (12, 12)
    assert 0.75 < found.inside[0.9].mean() <= 1.0
    assert min(found.p.values()) > 0.001
    assert found.coverage.shape == (2, 3)
    assert np.corrcoef(found.truth[:, 0], found.mean[:, 0])[0, 1] > 0.85
    again = model.recover(12, 400, seed=0)
    assert len(again) == 24
    assert again.equals(found.table())
    assert "12 fits" in str(found)
    for n, match in ((5, "n is 5"), (2.5, "n is 2.5")):
        with pytest.raises(InputError, match=match):
            model.sbc(n)


def test_ranks_of_fits_that_are_too_sure_do_not_pass(model):
    found = model.sbc(10, 400)
    ranks = np.clip(np.random.default_rng(0).beta(0.2, 0.2, (300, 2)), 0.0, 1.0)
    inside = {level: np.abs(ranks - 0.5) < level / 2 for level in (0.5, 0.9, 0.95)}
    sure = replace(found, rank=ranks, inside=inside)
    assert not sure.passed


def test_truths_without_reportable_figures_are_told():
    def hardly(parameters, seeds):
        return np.where(parameters[:, 0] < 0.02, parameters[:, 0], np.nan)

    rare = fit(hardly, {"a": (0, 1)}, {"x": (0.01, 0.01)}, budget=5_000)
    # The report's own law, cut to where it can be reported.
    known = stats.truncnorm(-1, 1, 0.01, 0.01)
    assert rare.parameters.mean() == pytest.approx(known.mean(), abs=0.001)
    assert rare.parameters.std() == pytest.approx(known.std(), rel=0.2)
    rare.simulate.__code__ = (lambda p, s: np.full(len(p), np.nan)).__code__
    with pytest.raises(InputError, match=r"of 2000 truths from the prior 0 define all figures"):
        rare.sbc(10, 400)


def test_a_fit_tells_itself(model):
    text = str(model)
    assert text.startswith("status: calibrated")
    assert "effective rows" in text
    assert list(model.summary().index) == ["a", "b"]
    assert list(model.draws.columns) == ["a", "b"]
    assert model.weights is None
    assert model.rows == 3_000
    assert list(model.predictive().table().index) == ["x", "y", "z"]


def test_figures_that_are_near_one_by_one_can_be_out_of_reach_together():
    generator = np.random.default_rng(0)
    common = generator.standard_normal((2000, 1))
    s = common + 0.05 * generator.standard_normal((2000, 2))
    near = read_targets({"x": (1.0, 0.1), "y": (-1.0, 0.1)})
    told = check_predictive(s, near, generator)
    assert max(abs(z) for z in told.z.values()) < 1.5
    assert told.p < 0.01
    assert set(told.misfits(0.01, 2.5)) == {"x", "y"}
    fine = check_predictive(s, read_targets({"x": (1.0, 0.1), "y": (1.0, 0.1)}), generator)
    assert fine.p > 0.05
    assert fine.misfits(0.01, 2.5) == ()


def test_a_global_misfit_names_the_figure_furthest_out():
    generator = np.random.default_rng(0)
    s = generator.standard_normal((500, 9))
    targets = read_targets({f"x{j}": (2.2 + 0.35 * (j == 4), 0.1) for j in range(9)})
    assert check_predictive(s, targets, generator).misfits(0.01, 2.8) == ("x4",)


def test_the_status_puts_a_misfit_before_doubts_and_doubts_before_idle_parameters():
    words = {"a": "identified", "b": "not identified"}
    assert sum_up(False, ("x",), False, words) == "misfit: x"
    assert sum_up(False, (), True, words) == "approximation not trusted"
    assert sum_up(True, (), False, words) == "approximation not trusted"
    assert sum_up(True, (), True, words) == "not identified: b"
    assert sum_up(True, (), True, {"a": "weakly identified"}) == "calibrated"
    assert [verdict(c, Bars()) for c in (0.5, 0.49, 0.2, 0.19)] == [
        "identified", "weakly identified", "weakly identified", "not identified"
    ]  # fmt: skip

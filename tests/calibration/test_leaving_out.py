"""What is left out is foretold by the rest as the closed forms say."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from experiments.calibration.fitting import Calibration, calibrate
from experiments.calibration.leaving_out import LeavingOut, leave_out, mean_ratio, weighted_by
from experiments.calibration.plan import read_plan
from experiments.calibration.reported import Target
from tests.calibration.handmade import by_hand, normal

NUMBER = Target(
    "N", "korea_2013", "", "months", "fit", 1.0, 6.0, None, None, 0.5, "months", date(2014, 1, 11)
)
SMALL = {"pool": 200, "negotiations": 10}


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return calibrate(read_plan("korea_2019", draws=2000, negotiations=50))


@pytest.fixture(scope="module")
def found(fitted: Calibration) -> LeavingOut:
    return leave_out(fitted, pool=600, negotiations=30)


def test_the_mean_of_a_ratio_has_the_error_of_its_repetitions() -> None:
    rng = np.random.default_rng(0)
    told = []
    for _ in range(300):
        z = rng.standard_normal(500)
        told.append(mean_ratio(norm.logpdf(1.0, z, 1.0), np.full(500, 1.0 / 500)))
    values, errors = np.array(told).T
    assert np.mean(values) == pytest.approx(norm.logpdf(1.0, 0.0, np.sqrt(2.0)), abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_a_ratio_is_of_no_account_where_the_weight_is_0() -> None:
    logs = np.array([np.nan, np.log(2.0), np.log(4.0)])
    assert mean_ratio(logs, np.array([0.0, 0.5, 0.5]))[0] == pytest.approx(np.log(3.0))
    assert mean_ratio(np.full(2, -np.inf), np.full(2, 0.5))[0] == -np.inf


def test_negotiations_weigh_by_the_product_of_kernels() -> None:
    flag = replace(NUMBER, id="F", statistic="lapsed", unit="yes or no", value=1.0, error=0.2)
    values = {"months": np.array([[6.0, 6.5, np.nan]]), "lapsed": np.array([[1.0, 0.0, 1.0]])}
    weights = weighted_by([NUMBER, flag], values)
    np.testing.assert_allclose(weights, [[1.0, np.exp(-0.5) * 0.25, 0.0]])
    assert weighted_by([NUMBER], {"months": np.full((1, 2), np.nan)}).sum() == 0.0


def test_an_episode_left_out_is_scored_from_the_priors_where_no_other_tells_anything() -> None:
    table = leave_out(by_hand(normal(1.0, 0.5, 0)), **SMALL).episodes.set_index("case")
    first = table.loc["korea_1998"]
    exact = norm.logpdf(1.0, 0.0, np.sqrt(1.25)) + np.log(0.5 * np.sqrt(2.0 * np.pi))
    assert first["log_score"] == pytest.approx(exact, abs=4.0 * first["score_error"])
    assert first["gain"] == pytest.approx(0.0, abs=1e-9)
    others = table.drop("korea_1998")
    np.testing.assert_allclose(others[["log_score", "prior_score", "shift"]], 0.0, atol=1e-9)


def test_the_posterior_moves_back_to_the_prior_without_its_only_episode() -> None:
    calibration = by_hand(normal(1.0, 0.5, 0))
    first = leave_out(calibration, **SMALL).episodes.iloc[0]
    u = norm.cdf(norm.ppf((np.arange(10**5) + 0.5) / 10**5, 0.8, np.sqrt(0.2)))
    assert first["shifted"] == "president.reservation_mean"
    assert first["shift"] == pytest.approx((0.5 - np.mean(u)) / np.std(u), abs=0.06)
    assert first["n_without"] == pytest.approx(len(calibration))
    assert not first["few"]


def test_a_word_left_out_has_the_same_probability_by_evidence_and_by_forecast(
    fitted: Calibration, found: LeavingOut
) -> None:
    flags = found.targets[found.targets["kind"] == "flag"]
    off = np.exp(flags["log_score"]) - flags["p"]
    assert len(flags) > 20
    assert np.sqrt(np.mean(off**2)) < 0.08
    assert np.mean(flags["p"]) == pytest.approx(np.mean(np.exp(flags["log_score"])), abs=0.03)


def test_every_target_is_told_with_its_effective_draws(
    fitted: Calibration, found: LeavingOut
) -> None:
    table = found.targets
    assert [*table["target"]] == [t.id for t in fitted.plan.targets]
    assert table["few"].eq(table[["n_without", "n_draws"]].min(axis=1) < 50.0).all()
    numbers = table[table["z"].notna()]
    assert (numbers["percentile"].gt(0.5) == numbers["z"].gt(0.0)).mean() > 0.8
    assert (numbers["inside"] == numbers["percentile"].between(0.05, 0.95)).all()


def test_leaving_out_does_not_depend_on_workers(fitted: Calibration) -> None:
    one, three = leave_out(fitted, 1, **SMALL), leave_out(fitted, 3, **SMALL)
    assert one.targets.equals(three.targets) and one.episodes.equals(three.episodes)


def test_a_report_that_the_others_do_not_foretell_is_named(fitted: Calibration) -> None:
    targets = fitted.plan.targets
    changed = [replace(t, value=40.0) if t.id == "T-SMA8-MONTHS" else t for t in targets]
    wrong = leave_out(Calibration(fitted.plan.with_targets(changed), fitted.rounds), **SMALL)
    assert "T-SMA8-MONTHS" in wrong.misfits
    row = wrong.targets.set_index("target").loc["T-SMA8-MONTHS"]
    assert row["z"] > 2.5 and not row["inside"]

"""A misfit is found where the model does not produce what was reported, and only there."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from experiments.calibration.episodes import Episode
from experiments.calibration.fitting import Calibration
from experiments.calibration.predictive import (
    Predictive,
    is_misfit,
    joint_log_densities,
    predict_reports,
)
from experiments.calibration.reported import Target
from sim import read_scenario
from tests.calibration.handmade import by_hand

NUMBER = Target(
    "N", "korea_2013", "", "months", "fit", 1.0, 6.0, None, None, 0.5, "months", date(2014, 1, 11)
)
OTHER = replace(NUMBER, id="O", statistic="rounds", unit="rounds", value=3.0)
SMALL = {"draws": 100, "negotiations": 10, "joint_negotiations": 30}


@pytest.fixture(scope="module")
def flat() -> Calibration:
    """A posterior that is the prior."""
    return by_hand(lambda z: np.zeros(len(z)), draws=1000)


@pytest.fixture(scope="module")
def found(flat: Calibration) -> Predictive:
    return predict_reports(flat, **SMALL)


def with_report(calibration: Calibration, name: str, value: float) -> Calibration:
    plan = calibration.plan
    changed = [replace(t, value=value) if t.id == name else t for t in plan.targets]
    return Calibration(plan.with_targets(changed), calibration.rounds)


def densities(first: float, second: float) -> np.ndarray:
    """Of reports of two statistics that are normal and equal but for the error of a report."""
    rng = np.random.default_rng(0)
    episode = Episode(
        read_scenario("korea_2013"),
        targets=(replace(NUMBER, value=first), replace(OTHER, value=second)),
    )
    s = rng.normal(6.0, 1.0, (400, 200))
    return joint_log_densities(episode, {"months": s, "rounds": s}, seed=0)


def test_reports_of_the_model_itself_are_as_probable_as_replicated_ones() -> None:
    rng = np.random.default_rng(1)
    less = []
    for _ in range(40):
        s = rng.normal(6.0, 1.0)
        logs = densities(s + 0.5 * rng.normal(), s + 0.5 * rng.normal())
        less.append(np.mean(logs[:, 1] <= logs[:, 0]))
    assert np.mean(less) == pytest.approx(0.5, abs=0.15)
    assert np.std(less) == pytest.approx(np.sqrt(1.0 / 12.0), abs=0.08)


def test_reports_that_do_not_belong_together_are_found_though_each_alone_is_likely() -> None:
    apart, together = densities(4.8, 7.2), densities(7.2, 7.2)
    assert np.mean(apart[:, 1] <= apart[:, 0]) < 0.02
    assert np.mean(together[:, 1] <= together[:, 0]) > 0.2


def test_the_joint_density_is_the_closed_form() -> None:
    logs = densities(6.0, 6.5)[:, 0]
    covariance = np.array([[1.25, 1.0], [1.0, 1.25]])
    off = np.array([0.0, 0.5])
    exact = -0.5 * off @ np.linalg.solve(covariance, off)
    exact -= 0.5 * np.log(np.linalg.det(2.0 * np.pi * covariance))
    assert np.log(np.mean(np.exp(logs))) == pytest.approx(exact, abs=0.02)


def test_nothing_is_replicated_where_not_all_is_defined() -> None:
    episode = Episode(read_scenario("korea_2013"), targets=(NUMBER, OTHER))
    months = np.full((2, 10), 6.0)
    rounds = np.stack([np.full(10, np.nan), np.full(10, 3.0)])
    logs = joint_log_densities(episode, {"months": months, "rounds": rounds}, seed=0)
    assert np.isnan(logs[0]).all() and np.isfinite(logs[1]).all()


def test_every_target_is_told_with_intervals_and_n(flat: Calibration, found: Predictive) -> None:
    table = found.targets
    assert [*table["target"][table["use"] == "fit"]] == [t.id for t in flat.plan.targets]
    assert (table["p_low"] <= table["p"] + 1e-12).all()
    assert (table["p"] <= table["p_high"] + 1e-12).all()
    assert (table["n"] >= 1.0).all() and (table["n_defined"] >= 1.0).all()
    assert [*found.together["case"]] == [*(e.name for e in flat.plan.episodes), "all"]


def test_a_poll_that_the_model_cannot_produce_is_shown_and_no_misfit(found: Predictive) -> None:
    row = found.targets.set_index("target").loc["T-SMA9-WOULD-REFUSE"]
    assert abs(row["z"]) > 2.5 and not row["misfit"]
    assert found.fits and found.misfits == ()


def test_numbers_do_not_depend_on_workers(flat: Calibration, found: Predictive) -> None:
    again = predict_reports(flat, 1, **SMALL)
    assert again.targets.equals(found.targets) and again.together.equals(found.together)


def test_a_report_that_cannot_be_is_named_and_its_episode_with_it(flat: Calibration) -> None:
    wrong = predict_reports(with_report(flat, "T-SMA9-MONTHS", 100.0), beside=(), **SMALL)
    assert wrong.misfits == ("T-SMA9-MONTHS",)
    assert not wrong.fits and wrong.p.value < 0.01
    bad = wrong.together.set_index("case")["misfit"]
    assert [*bad[bad].index] == ["korea_2013", "all"]


def test_a_number_is_held_against_2_5_sd_and_a_word_against_1_in_100() -> None:
    assert [is_misfit(z, 0.5) for z in (2.4, -2.6)] == [False, True]
    assert [is_misfit(np.nan, p) for p in (0.011, 0.009, np.nan)] == [False, True, True]

"""What the model cannot produce is found before anything is fitted."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from experiments.calibration import targets as tables
from experiments.calibration.history import (
    implausible,
    match_history,
    near,
    prior_predictive,
    ruled_out,
)
from experiments.calibration.plan import read_plan
from experiments.calibration.plan_record import Plan
from experiments.calibration.playing import prior_uniforms
from experiments.calibration.reported import Target
from tests.calibration.handmade import by_hand

NUMBER = Target(
    "N", "korea_2013", "", "months", "fit", 1.0, 6.0, None, None, 0.5, "months", date(2014, 1, 11)
)
FLAG = replace(NUMBER, id="F", statistic="lapsed", unit="yes or no", value=1.0, error=0.001)
AT_LEAST = replace(NUMBER, id="B", value=None, low=6.0)
SMALL = {"draws": 256, "negotiations": 20}


def with_report(plan: Plan, name: str, value: float) -> Plan:
    return plan.with_targets([replace(t, value=value) if t.id == name else t for t in plan.targets])


def test_two_sd_are_near_and_what_is_undefined_is_not() -> None:
    values = np.array([4.9, 5.0, 7.0, 7.1, np.nan])
    assert near(NUMBER, values).tolist() == [False, True, True, False, False]
    assert near(AT_LEAST, values).tolist() == [False, True, True, True, False]
    at_most = replace(AT_LEAST, low=None, high=6.0)
    assert near(at_most, values).tolist() == [True, True, True, False, False]
    assert near(FLAG, np.array([1.0, 0.0, np.nan])).tolist() == [True, False, False]


def test_a_draw_is_ruled_out_beyond_three_sd() -> None:
    spread = np.tile([-1.0, 1.0], 50)
    variance = 100.0 / 99.0 * 1.01 + 0.25
    edge = 3.0 * np.sqrt(variance)
    rows = np.stack([6.0 + edge - 0.01 + spread, 6.0 + edge + 0.01 + spread])
    assert implausible(NUMBER, rows).tolist() == [False, True]


def test_a_draw_that_never_leads_to_a_statistic_is_ruled_out_and_a_rare_one_is_not() -> None:
    rows = np.full((2, 50), np.nan)
    rows[1, :3] = 60.0  # too few for a mean
    assert implausible(NUMBER, rows).tolist() == [True, False]


def test_a_word_is_ruled_out_below_3_in_1000() -> None:
    rows = np.zeros((2, 50))
    rows[1, 0] = 1.0
    assert implausible(FLAG, rows).tolist() == [True, False]


def test_every_target_is_told_and_none_that_is_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    parse = tables._parsed
    monkeypatch.setattr(tables, "_parsed", lambda row: parsed.append(row["use"]) or parse(row))
    plan = read_plan("korea_2019")
    found = prior_predictive(plan, **SMALL)
    assert set(parsed) == {"fit", "check"}
    table = found.targets
    assert [*table["target"][table["use"] == "fit"]] == [t.id for t in plan.targets]
    assert set(table["use"]) == {"fit", "check"}
    assert (table["near_low"] <= table["near"]).all() and (
        table["near"] <= table["near_high"]
    ).all()
    assert (table["n"] == 256).all()
    assert [*found.together["case"]] == [episode.name for episode in plan.episodes]


def test_the_prior_predictive_does_not_depend_on_workers() -> None:
    plan = read_plan("korea_2019", seed=0)
    one = prior_predictive(plan, 1, beside=(), **SMALL)
    three = prior_predictive(plan, 3, beside=(), **SMALL)
    assert one.targets.equals(three.targets) and one.together.equals(three.together)


def test_a_report_that_the_model_never_makes_cannot_be() -> None:
    plan = with_report(read_plan("korea_2019"), "T-SMA9-MONTHS", 200.0)
    found = prior_predictive(plan, beside=(), **SMALL)
    row = found.targets.set_index("target").loc["T-SMA9-MONTHS"]
    assert (row["verdict"], row["near"]) == ("cannot", 0.0)
    assert found.impossible == ("T-SMA9-MONTHS",)
    assert found.together.set_index("case").loc["korea_2013", "near"] == 0.0
    assert prior_predictive(read_plan("korea_2019"), beside=(), **SMALL).impossible == ()


def test_what_is_left_is_what_no_target_rules_out() -> None:
    plan = read_plan("korea_2019")
    out = ruled_out(plan, prior_uniforms(plan, 256), 20)
    found = match_history(plan, **SMALL)
    assert found.left.value == np.mean(~out.any(axis=1))
    shares = found.targets.set_index("target")["ruled_out"]
    assert shares.is_monotonic_decreasing
    np.testing.assert_allclose(shares[[t.id for t in plan.targets]], out.mean(axis=0))
    assert found.posterior is None
    assert (found.ranges["n"] == np.sum(~out.any(axis=1))).all()
    assert (found.ranges["u05"] <= found.ranges["u95"]).all()


def test_reports_that_cannot_be_leave_nothing_of_the_prior() -> None:
    plan, names = read_plan("korea_2019"), [f"T-SMA{number}-MONTHS" for number in (4, 5, 7, 8, 9)]
    for name in names:
        plan = with_report(plan, name, 200.0)
    found = match_history(plan, **SMALL)
    assert found.left.value == 0.0
    assert found.left.high == pytest.approx(0.0148, abs=1e-3)  # of 256 draws no more can be said
    assert set(found.targets["target"][:5]) == set(names)
    assert found.ranges["u50"].isna().all()


def test_a_posterior_that_is_the_prior_lies_in_what_is_ruled_out_as_the_prior_does() -> None:
    found = by_hand(lambda z: np.zeros(len(z)), draws=1000)
    share = match_history(found.plan, found, draws=512, negotiations=20, posterior_draws=400)
    assert share.posterior is not None
    assert share.posterior.value == pytest.approx(1.0 - share.left.value, abs=0.08)

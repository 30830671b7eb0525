"""A back-test knows what was known on the day, and tells where the model loses."""

import csv
import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from experiments.calibration import backtest as module
from experiments.calibration.backtest import Backtest, arranged, backtest
from experiments.calibration.backtest_telling import as_record, sentences, tables
from experiments.calibration.fitting import Calibration, calibrate
from experiments.calibration.plan import make_plan, read_plan, targets_of
from experiments.calibration.plan_record import Plan
from experiments.calibration.predicting import Drawn, Prediction, given, predict
from experiments.calibration.rivals import BASE_RATE
from experiments.calibration.scoring import CLOSE, KNOWN, LOSES, MODEL, NO_BASE, NO_SCORE, verdict
from experiments.calibration.targets import COLUMNS, count_held_out, targets_path
from experiments.cli import main
from sim.errors import InputError
from sim.scenario import SEEDS

NOVEMBER = "korea_2019_november"
TABLE = SEEDS / "reported" / "targets.csv"


def small(**options: object) -> Plan:
    return read_plan("korea_2019", **({"draws": 1000, "negotiations": 50} | options))


def table(path: Path, change) -> Path:
    """The shipped table with each row as `change` gives it; rows given as None are left out."""
    with open(TABLE, encoding="utf-8", newline="") as file:
        rows = [change(row) for row in csv.DictReader(file)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(row for row in rows if row is not None)
    return path


@pytest.fixture(scope="module")
def fit() -> Calibration:
    return calibrate(small())


@pytest.fixture(scope="module")
def november(fit: Calibration) -> Backtest:
    return backtest(NOVEMBER, small(), fit, draws=400)


def same(one: Prediction, other: Prediction) -> bool:
    names = one.statistics
    equal = [
        np.array_equal(one.statistics[n], other.statistics[n], equal_nan=True) for n in names
    ]  # fmt: skip
    return all(equal) and np.array_equal(one.weights, other.weights)


def test_hold_out_rows_are_read_after_the_fit_and_the_forecast(monkeypatch) -> None:
    class ReadError(Exception):
        pass

    fits: list[Calibration] = []
    played: list[Prediction] = []

    def reader(*_: object) -> None:
        assert len(fits) == 1 and len(played) == 2
        raise ReadError

    def fitting(*args, **named) -> Calibration:
        fits.append(calibrate(*args, **named))
        return fits[-1]

    def playing(*args, **named) -> Prediction:
        played.append(predict(*args, **named))
        return played[-1]

    monkeypatch.setattr(module, "hold_out_rows", reader)
    monkeypatch.setattr(module, "calibrate", fitting)
    monkeypatch.setattr(module, "predict", playing)
    with pytest.raises(ReadError):
        backtest(NOVEMBER, small(), draws=100)


def test_what_hold_out_rows_say_changes_no_draw_and_no_forecast(
    november: Backtest, fit: Calibration, tmp_path
) -> None:
    def other(row):
        if row["use"] == "hold-out" and row["statistic"] == "agreed_change":
            return row | {"value": "400"}
        return row

    changed = table(tmp_path / "mine.csv", other)
    again = backtest(NOVEMBER, small(targets=changed), fit, targets=changed, draws=400)
    assert same(again.model, november.model) and same(again.prior, november.prior)
    assert again.of("agreed_change")["middle"] == november.of("agreed_change")["middle"]
    assert again.of("agreed_change")["score"] > 10 * november.of("agreed_change")["score"]


def test_the_same_seed_gives_the_same_back_test_whatever_the_workers(fit: Calibration) -> None:
    one, two = (backtest(NOVEMBER, small(), fit, draws=150, workers=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table)
    other = small(seed=0)
    assert not one.table.equals(backtest(NOVEMBER, other, calibrate(other), draws=150).table)


def test_the_forecast_knows_the_break_off_of_the_day(november: Backtest) -> None:
    assert [target.id for target in november.known] == ["T-SMA11-FIRST-BREAK-OFF"]
    for made in (november.model, november.prior):
        weights, rounds = made.weights, made.statistics["first_break_off"]
        assert np.sum(weights) == pytest.approx(1.0)
        assert np.sum(weights[rounds == 3.0]) > 0.98
        assert np.sum(weights[np.isnan(rounds)]) == 0.0


def test_what_was_known_on_the_day_is_no_forecast(november: Backtest) -> None:
    assert november.of("broken_off")["verdict"] == KNOWN
    known = november.table[november.table["known"]]
    assert {*known["statistic"]} == {"broken_off"}


def test_every_held_out_figure_is_scored_for_model_prior_and_rivals(november: Backtest) -> None:
    assert len(november.held) == 11
    for target in november.held:
        rows = november.table[november.table["id"] == target.id].set_index("forecaster")
        assert {"model", "prior", "base_rate"} <= {*rows.index}
        assert rows["score"].notna().all()
        base, model = rows.loc["base_rate", "score"], rows.loc["model", "score"]
        assert rows.loc["model", "skill"] == pytest.approx(1.0 - model / base)
        assert rows.loc["base_rate", "skill"] == 0.0


def test_figures_of_a_deal_stand_beside_how_probable_a_deal_is(november: Backtest) -> None:
    deal = november.of("ratified")["probability"]
    for name in ("agreed_change", "months", "rounds", "lapsed", "new_category_accepted"):
        row = november.of(name)
        assert row["defined"] == pytest.approx(deal)
        assert row["defined_low"] < deal < row["defined_high"]
    assert november.of("executive_veto")["defined"] == 1.0


def test_the_text_says_where_the_model_loses(november: Backtest) -> None:
    assert november.of("ratified")["verdict"] == LOSES
    text = "\n".join(sentences(november))
    assert "The model does not beat the base rate on" in text
    lost = next(line for line in sentences(november) if "does not beat" in line)
    assert "ratified" in lost
    assert "Known on the day already, no forecast: broken_off" in text
    assert november.of("ratified")["probability"] < 0.5
    assert "the model thought a deal less likely than not" in text
    assert "raise --draws" in text  # a fit this small
    shown = "\n".join(tables(november))
    assert all(target.statistic in shown for target in november.held)


def test_the_record_holds_every_statistic_with_interval_and_n(november: Backtest) -> None:
    record = as_record(november)
    told = {row["statistic"]: row for row in record["forecast"]["statistics"]}
    assert told["agreed_change"]["p05"] <= told["agreed_change"]["p50"]
    assert told["ratified"]["probability"]["n"] > 1.0
    assert record["known_of_the_case"] == ["T-SMA11-FIRST-BREAK-OFF"]
    assert "targets" not in record  # what it was fitted to stands with the fit


def test_an_episode_without_hold_out_rows_is_left_out_of_the_fit() -> None:
    asked = arranged("korea_2018", small())
    assert "korea_2018" not in {episode.name for episode in asked.plan.episodes}
    assert len(asked.plan.episodes) == 6
    assert asked.episode.targets == ()
    assert {row.statistic for row in asked.held} >= {"agreed_change", "ratified", "turnout"}
    assert not [row for row in asked.past if row.case in ("korea_2018", "x")]
    assert [row for row in asked.past if row.case == NOVEMBER]  # later, but known to the plan


def test_as_of_the_time_later_episodes_are_left_out_too() -> None:
    asked = arranged("korea_2013", small(), as_of_the_time=True)
    assert asked.plan.known_on == date(2013, 7, 1)
    names = [episode.name for episode in asked.plan.episodes]
    assert names == ["korea_1998", "korea_2001", "korea_2006", "korea_2008"]
    assert all(row.date <= date(2013, 7, 1) for row in (*asked.plan.targets, *asked.past))
    before = arranged(NOVEMBER, small(), as_of_the_time=True)
    assert before.episode.targets == () and NOVEMBER not in {e.name for e in before.plan.episodes}


def test_an_episode_is_forecast_from_those_before_it() -> None:
    found = backtest("korea_2018", small(), as_of_the_time=True, draws=200)
    assert found.known == () and not found.table["known"].any()
    assert found.of("lapsed", BASE_RATE)["n"] == 5
    assert 0.0 < found.of("broken_off")["probability"] < 1.0
    assert "fitted to" in sentences(found)[0] and "Of the case itself" not in sentences(found)[0]


OWN = """id,case,agreement,statistic,use,weight,low,high,error,value,unit,date,source_title,\
source_url,evidence,confidence,note
M-1,mine,1,agreed_change,hold-out,1,,,1,20,percent,2021-01-01,a,,b,high,
M-2,mine,1,rounds,hold-out,1,7,,1,,rounds,2021-01-01,a,,b,high,
M-3,mine,1,settled_to_demand,hold-out,1,,,.1,.3,ratio,2021-01-01,a,,b,high,
"""


@pytest.fixture
def own(tmp_path) -> tuple[Path, Path]:
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    case, targets = tmp_path / "mine.toml", tmp_path / "mine.csv"
    case.write_text(text.replace('name = "korea_2019"', 'name = "mine"'), encoding="utf-8")
    targets.write_text(OWN, encoding="utf-8")
    return case, targets


def test_a_case_of_ones_own_is_forecast_and_scored(own, fit: Calibration) -> None:
    case, targets = own
    found = backtest(case, small(), fit, targets=targets, draws=200)
    assert found.case == "mine" and len(found.held) == 3
    assert found.of("agreed_change", BASE_RATE)["n"] == 6
    assert found.of("rounds")["verdict"] == NO_SCORE  # a bound says no value
    assert math.isfinite(found.of("rounds")["log_score"])
    assert found.of("settled_to_demand")["verdict"] == NO_BASE
    text = "\n".join([*sentences(found), *tables(found)])
    assert "There is no base rate" in text and "Not scored" in text


def test_a_case_file_must_not_take_the_name_of_an_episode(tmp_path) -> None:
    path = tmp_path / "copy.toml"
    path.write_bytes((SEEDS / "cases" / "korea_2018.toml").read_bytes())
    with pytest.raises(InputError, match=r"copy.toml: has the name 'korea_2018' of an episode"):
        arranged(path, small())


def test_a_case_without_hold_out_targets_cannot_be_scored() -> None:
    with pytest.raises(InputError, match="no row with use hold-out for the case 'korea_2019'"):
        arranged("korea_2019", small())
    with pytest.raises(InputError, match="'korea_2099'"):
        arranged("korea_2099", small())


def test_hold_out_rows_without_weight_cannot_be_scored(fit: Calibration, tmp_path) -> None:
    path = table(
        tmp_path / "mine.csv",
        lambda row: row | ({"weight": "0"} if row["use"] == "hold-out" else {}),
    )
    with pytest.raises(InputError, match="has the weight 0"):
        backtest(NOVEMBER, small(), fit, targets=path, draws=100)


def test_the_first_agreement_has_nothing_to_be_forecast_from() -> None:
    with pytest.raises(InputError, match="no target of another episode .* known by 1998"):
        arranged("korea_1998", small(), as_of_the_time=True)


def test_a_fit_of_another_plan_is_refused(fit: Calibration) -> None:
    with pytest.raises(InputError, match="of another plan than the back-test of korea_2018"):
        backtest("korea_2018", small(), fit)


@pytest.mark.parametrize("draws", [0, 99, 10_001])
def test_a_number_of_draws_outside_its_range_is_refused(fit: Calibration, draws: int) -> None:
    with pytest.raises(InputError, match=f"draws is {draws}"):
        backtest(NOVEMBER, small(), fit, draws=draws)


def test_what_never_happens_cannot_be_known(fit: Calibration) -> None:
    episode = next(e for e in fit.plan.episodes if e.name == NOVEMBER)
    target = replace(episode.targets[0], value=3000.0)
    free = (*fit.plan.parameters, *episode.unknown)
    theta = {one.key: one.quantiles(np.full(3, 0.5)) for one in free}
    with pytest.raises(InputError, match="T-SMA11-FIRST-BREAK-OFF: no negotiation of 3 draws"):
        predict(fit.plan, episode, theta, np.full(3, 1 / 3), [target], fitted=True, seed=0)


def test_knowing_weighs_within_a_draw_of_a_posterior_and_across_draws_of_a_prior() -> None:
    plan = make_plan(["korea_2013"], {"president.audience_cost": "prior"}, date(2019, 11, 19))
    episode = plan.episodes[0]
    deal = next(target for target in episode.targets if target.statistic == "lapsed")
    theta = {"president.audience_cost": np.array([0.01, 0.2])}
    weights = np.array([0.5, 0.5])
    fitted, not_yet = (
        predict(plan, episode, theta, weights, [deal], fitted=kind, seed=0)
        for kind in (True, False)
    )
    assert np.sum(fitted.weights, axis=1) == pytest.approx([0.5, 0.5])
    lapsed = fitted.statistics["lapsed"]
    kernels = np.where(np.isnan(lapsed), 0.0, np.where(lapsed == 1.0, 0.95, 0.05)).sum(axis=1)
    assert np.sum(not_yet.weights, axis=1) == pytest.approx(kernels / kernels.sum())


def test_a_fitted_draw_in_which_nothing_like_it_happened_is_left_out() -> None:
    episode = next(e for e in small().episodes if e.name == NOVEMBER)
    rounds = np.array([[3.0, 6.0], [6.0, 7.0], [3.0, np.nan]])
    thirds = np.full(3, 1 / 3)
    made = given({"first_break_off": rounds}, thirds, episode.targets, fitted=True)
    assert made.left_out == 1
    assert made.weights == pytest.approx(np.array([[0.5, 0.0], [0.0, 0.0], [0.5, 0.0]]))


def test_a_probability_rests_on_its_draws_not_on_their_negotiations() -> None:
    values = np.repeat([[1.0], [0.0], [0.0], [0.0]], 500, axis=1)  # all of a draw alike
    made = Prediction({"ratified": values}, np.full((4, 500), 1 / 2000), 0)
    found = made.probability("ratified")
    assert found.value == pytest.approx(0.25) and found.n == pytest.approx(4.0)
    assert found.low < 0.1 and found.high > 0.6
    mixed = np.tile([1.0, 0.0, 0.0, 0.0], (4, 125))
    even = Prediction({"ratified": mixed}, np.full((4, 500), 1 / 2000), 0).probability("ratified")
    assert even.value == pytest.approx(0.25) and even.n >= 4.0


def test_what_is_never_defined_has_no_forecast() -> None:
    made = Prediction({"turnout": np.full((3, 5), np.nan)}, np.full((3, 5), 1 / 15), 0)
    assert made.drawn("turnout") is None
    assert made.defined("turnout").value == 0.0
    assert math.isnan(made.probability("turnout").value)


def test_quantiles_are_weighted() -> None:
    drawn = Drawn(np.array([3.0, 1.0, 2.0]), np.array([0.02, 0.9, 0.08]), np.arange(3))
    assert drawn.quantiles() == (1.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("score", "error", "base", "expected"),
    [
        (1.0, 0.1, 1.3, "beats the base rate"),
        (1.6, 0.1, 1.3, LOSES),
        (1.15, 0.1, 1.3, CLOSE),
        (1.0, 0.1, math.nan, NO_BASE),
        (math.nan, 0.1, 1.0, NO_SCORE),
        (1.0, math.nan, 1.3, "beats the base rate"),
    ],
)
def test_a_difference_within_two_monte_carlo_errors_is_too_close_to_call(
    score: float, error: float, base: float, expected: str
) -> None:
    assert verdict(score, error, base) == expected


def test_counting_hold_out_rows_reads_nothing_of_them(tmp_path) -> None:
    path = table(
        tmp_path / "mine.csv",
        lambda row: row | ({"value": "?"} if row["use"] == "hold-out" else {}),
    )
    assert count_held_out(path, NOVEMBER) == 11
    assert count_held_out(path, "korea_2018") == 0
    asked = arranged(NOVEMBER, small(targets=path), path)
    assert asked.plan.digest == arranged(NOVEMBER, small()).plan.digest


def test_the_table_of_a_plan_is_the_one_that_its_file_names(tmp_path) -> None:
    assert targets_of("korea_2019") == "targets"
    text = (Path(module.__file__).parents[1] / "calibrations" / "korea_2019.toml").read_text()
    path = tmp_path / "plan.toml"
    path.write_text(text.replace('targets = "targets"', 'targets = "mine.csv"'))
    assert targets_path(targets_of(path)) == tmp_path / "mine.csv"


ARGUMENTS = ["--draws", "1000", "--negotiations", "50", "--seed", "0"]


def test_the_command_writes_table_and_record_and_goes_on_from_its_fit(tmp_path) -> None:
    out = tmp_path / "out"
    options = ["--as-of-the-time", "--threads", "2", "--out", str(out)]
    arguments = ["backtest", "korea_2018", *ARGUMENTS, *options]
    first = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert first.exit_code == 0
    assert "Back-test of korea_2018: fitted to" in first.output
    kept = {path.name: path.read_bytes() for path in out.glob("backtest.*")}
    assert {*kept} == {"backtest.csv", "backtest.json"}
    record = json.loads(kept["backtest.json"])
    assert record["seed"] == 0 and record["case"] == "korea_2018"
    read = pd.read_csv(out / "backtest.csv")
    assert {*read["forecaster"]} >= {MODEL, BASE_RATE}
    again = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert again.output == first.output
    assert kept == {path.name: path.read_bytes() for path in out.glob("backtest.*")}


def test_the_command_refuses_and_leaves_what_is_there(tmp_path) -> None:
    out = tmp_path / "out"
    (out / "fit").mkdir(parents=True)
    (out / "fit" / "letter.txt").write_text("dear")
    found = CliRunner().invoke(main, ["backtest", "korea_2018", *ARGUMENTS, "--out", str(out)])
    assert found.exit_code == 2 and "holds no calibration" in found.output
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["letter.txt"]
    found = CliRunner().invoke(main, ["backtest", "nowhere", *ARGUMENTS, "--out", str(out)])
    assert found.exit_code == 2 and "nowhere" in found.output

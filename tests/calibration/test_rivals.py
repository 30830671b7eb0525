"""Rivals know what was reported before, and nothing else."""

import math
from dataclasses import replace
from datetime import date

import pytest

from experiments.calibration.episodes import Episode
from experiments.calibration.plan import read_plan
from experiments.calibration.reported import Target
from experiments.calibration.rivals import Rival, rivals
from experiments.calibration.scores import crps_normal
from sim.theory.ratification import setter_proposal


@pytest.fixture(scope="module")
def past() -> tuple[Target, ...]:
    plan = read_plan("korea_2019")
    return tuple(row for row in plan.targets if row.case != "korea_2019_november")


def episode(name: str = "korea_2019_november") -> Episode:
    return next(one for one in read_plan("korea_2019").episodes if one.name == name)


def named(statistic: str, past, of: Episode | None = None) -> dict[str, Rival]:
    return {one.name: one for one in rivals(statistic, past, of or episode())}


def test_the_base_rate_of_a_number_is_what_other_agreements_came_to(past) -> None:
    found = named("agreed_change", past)["base_rate"]
    expected = [row.centre for row in past if row.statistic == "agreed_change"]
    assert sorted(found.values) == sorted(expected)
    assert found.n == 6


def test_the_base_rate_of_yes_follows_laplace_with_wilsons_interval(past) -> None:
    found = named("lapsed", past)["base_rate"]
    assert found.probability == pytest.approx(3 / 8)  # two of six
    assert found.low == pytest.approx(0.0968, abs=1e-3)
    assert found.high == pytest.approx(0.7, abs=1e-3)


def test_a_bound_is_no_value_to_expect_again(past) -> None:
    bounds = [row for row in past if row.statistic == "rounds" and row.kind == "bound"]
    assert bounds
    assert named("rounds", past)["base_rate"].n == 4


def test_the_last_time_is_the_last_before_the_talks(past) -> None:
    assert named("agreed_change", past)["last_time"].source == "T-SMA10-AGREED-CHANGE"
    before = named("agreed_change", past, episode("korea_2013"))["last_time"]
    assert before.source == "T-SMA8-AGREED-CHANGE"
    assert "last_time" not in named("agreed_change", past, episode("korea_1998"))
    assert named("lapsed", past)["last_time"].probability == 1.0
    assert "last_time" not in named("lapsed", past, episode("korea_1998"))


def test_nothing_reported_before_leaves_no_base_rate() -> None:
    assert rivals("turnout", (), episode()) == []
    assert rivals("ratified", (), episode()) == []


def test_one_value_or_equal_ones_give_no_normal_law(past) -> None:
    row = next(row for row in past if row.statistic == "turnout")
    assert "past_normal" not in named("turnout", (row,))
    assert "past_normal" not in named("turnout", (row, replace(row, id="T-2")))


def test_the_demand_gives_three_rules_of_thumb_for_the_amount(past) -> None:
    found = named("agreed_change", past)
    demand = episode().scenario.values["president.demand"]
    assert found["half_the_demand"].values[0] == pytest.approx(100 * (demand / 2 - 1))
    assert found["split_the_difference"].values[0] == pytest.approx(100 * (demand - 1) / 2)
    assert 0.0 < found["setter"].values[0] < 100 * (demand - 1)
    assert "setter" not in named("months", past)


def test_the_setter_takes_all_that_the_median_member_leaves(past) -> None:
    milder = replace(episode(), settings={"president.demand": 1.05})
    assert named("agreed_change", past, milder)["setter"].values[0] == pytest.approx(5.0)
    assert setter_proposal(5.0, 1.1, 1.0) == pytest.approx(1.2)


def test_a_demand_that_was_not_reported_gives_no_rule_of_thumb(past) -> None:
    found = named("agreed_change", past, episode("korea_2006"))
    assert not {"setter", "half_the_demand", "split_the_difference"} & {*found}


def test_rivals_are_scored_by_their_kind(past) -> None:
    change = next(row for row in past if row.statistic == "agreed_change")
    flag = next(row for row in past if row.statistic == "lapsed" and row.value == 1.0)
    point = Rival("p", "", 1, (9.0,))
    normal = Rival("n", "", 6, normal=(5.0, 2.0))
    chance = Rival("c", "", 6, probability=0.25)
    assert point.score(change) == pytest.approx(abs(9.0 - change.centre))
    assert normal.score(change) == pytest.approx(crps_normal(5.0, 2.0, change.centre))
    assert chance.score(flag) == pytest.approx(0.75**2)
    assert chance.log_score(flag) == pytest.approx(-math.log(0.25 * 0.95 + 0.75 * 0.05))
    assert math.isfinite(normal.log_score(change)) and math.isfinite(point.log_score(change))
    assert normal.quantiles() == pytest.approx((5.0 - 3.29, 5.0, 5.0 + 3.29))
    assert point.quantiles() == (9.0, 9.0, 9.0)


def test_a_bound_has_no_value_to_score_against(past) -> None:
    bound = next(row for row in past if row.kind == "bound")
    assert math.isnan(Rival("p", "", 1, (9.0,)).score(bound))
    assert math.isfinite(Rival("n", "", 1, normal=(9.0, 2.0)).log_score(bound))
    assert bound.date < date(2019, 11, 19)

"""Each statistic says of a simulated negotiation what a report would say of a real one."""

import doctest
from datetime import date

import numpy as np
import pytest

from experiments.calibration import episodes, plan_making, statistics, targets
from experiments.calibration.statistics import STATISTICS, months_of_rounds
from sim import Ending, InputError, negotiate
from sim.outcomes import OUTCOME
from sim.rules.ratification import felt_cost, yes_probability


def record(**told):
    """One outcome, shape (1, 1): a deal of 1.139 in round 9, unless told otherwise."""
    usual = {
        "ending": Ending.RATIFIED, "round": 9, "amount": 1.139, "category": 0.0, "yes": 90,
        "no": 20, "abstain": 10, "absent": 175, "votes": 1, "first_walk_out": 3, "vetoes": 1,
        "lapsed": True,
    }  # fmt: skip
    outcome = np.zeros((1, 1), OUTCOME)
    for name, value in (usual | told).items():
        outcome[name] = value
    return outcome


FAILED = {"ending": Ending.LAPSE, "amount": np.nan, "category": np.nan}
NO_VOTE = {"yes": 0, "no": 0, "abstain": 0, "absent": 0, "votes": 0}


@pytest.mark.parametrize(
    ("name", "told", "value"),
    [
        ("agreed_change", {}, 13.9),
        ("agreed_change", FAILED, np.nan),
        ("increase_share", {}, 0.139 / (5000 / 896 - 1)),
        ("increase_share", FAILED, np.nan),
        ("settled_to_demand", {}, 1.139 / (5000 / 896)),
        ("months", {}, (date(2021, 3, 7) - date(2019, 9, 24)).days / 30.44),
        ("months", {"round": 1}, 1 / 30.44),
        ("months", FAILED, np.nan),
        ("rounds", {}, 9),
        ("rounds", FAILED, np.nan),
        ("lapsed", {}, 1),
        ("lapsed", {"lapsed": False}, 0),
        ("lapsed", FAILED, np.nan),
        ("broken_off", {}, 1),
        ("broken_off", FAILED | {"first_walk_out": 0}, 0),
        ("first_break_off", FAILED, 3),
        ("first_break_off", {"first_walk_out": 0}, np.nan),
        ("executive_veto", {}, 1),
        ("executive_veto", FAILED | {"vetoes": 0}, 0),
        ("new_category_accepted", {}, 0),
        ("new_category_accepted", {"category": 0.01}, 0),
        ("new_category_accepted", {"category": 0.011}, 1),
        ("new_category_accepted", FAILED, np.nan),
        ("ratified", {}, 1),
        ("ratified", FAILED, 0),
        ("yes_share", {}, 90 / 120),
        ("yes_share", NO_VOTE, np.nan),
        ("turnout", {}, 120 / 295),
        ("turnout", NO_VOTE, np.nan),
    ],
)
def test_a_statistic_of_one_negotiation(scenario, name, told, value):
    found = STATISTICS[name].of(record(**told), scenario.points(), scenario)
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(value, nan_ok=True)


def test_no_share_of_an_increase_where_none_was_demanded(scenario):
    points = scenario.points({"president.demand": [1.0, 0.0]})
    outcomes = np.concatenate([record(), record()])
    assert np.isnan(STATISTICS["increase_share"].of(outcomes, points, scenario)).all()
    to_demand = STATISTICS["settled_to_demand"].of(outcomes, points, scenario)[:, 0]
    assert to_demand[0] == pytest.approx(1.139) and np.isnan(to_demand[1])


def test_every_statistic_has_the_shape_of_the_outcomes_and_lies_in_its_range(scenario):
    points = scenario.points({"president.demand": [1.2, 2.0, 5.58]})
    outcomes = negotiate(points, 400, seed=0)
    for statistic in STATISTICS.values():
        found = statistic.of(outcomes, points, scenario)
        assert found.shape == (3, 400) and found.dtype == np.float64
        defined = found[~np.isnan(found)]
        assert (
            defined.size and (defined >= statistic.low).all() and (defined <= statistic.high).all()
        )
        assert (defined.size == found.size) == (statistic.needs == "")
        if statistic.kind == "flag":
            assert {*defined} <= {0.0, 1.0}
        one = scenario.points({"president.demand": 2.0})
        assert np.array_equal(statistic.of(outcomes[1], one, scenario), found[1], equal_nan=True)
        assert statistic.of(outcomes[1, 0], one, scenario).shape == ()


def test_a_statistic_reads_the_demand_of_its_own_design_point(scenario):
    points = scenario.points({"president.demand": [1.5, 3.0]})
    outcomes = np.concatenate([record(amount=1.2), record(amount=1.2)])
    found = STATISTICS["increase_share"].of(outcomes, points, scenario)
    assert found[:, 0] == pytest.approx([0.2 / 0.5, 0.2 / 2.0])


def test_a_poll_is_read_as_the_members_who_would_not_vote_yes_on_the_demanded_package(scenario):
    points = scenario.points(
        {"president.demand": [1.1, 1.3], "public.anticipation": 1.0, "assembly.shift": 0.02}
    )
    found = STATISTICS["would_refuse"].of(negotiate(points, 2, seed=0), points, scenario)
    assert (found[:, 0] == found[:, 1]).all()
    for p, share in zip(points.values, found[:, 0], strict=True):
        felt = felt_cost(
            -p["demand_to_seoul"], p["public_backlash_weight"] * p["backlash_at_start"], 0.0, 0.0
        )
        no = [
            bloc["seats"] * (1 - yes_probability(bloc["threshold"] + 0.02, felt, 12.0))
            for bloc in scenario.blocs
        ]
        assert p["backlash_at_start"] > 0.0
        assert share == pytest.approx(sum(no) / 295)
    assert 0.05 < found[0, 0] < found[1, 0] < 0.95


def test_a_round_without_a_date_has_no_months(scenario):
    with pytest.raises(InputError) as refusal:
        STATISTICS["months"].of(record(round=11), scenario.points(), scenario)
    assert str(refusal.value) == ("korea_2019: round 11 has no date; [calendar] lists 10 rounds")
    assert len(months_of_rounds(scenario)) == 10


@pytest.mark.parametrize("module", [statistics, targets, episodes, plan_making])
def test_what_the_docstrings_show_is_so(module):
    found = doctest.testmod(module)
    assert found.attempted > 0 and found.failed == 0

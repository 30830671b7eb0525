"""One verb: what it refuses, and what the records that it gives back must say."""

import math
import re

import numpy as np
import pytest
from limits import LIMIT

from sim import OUTCOME, Ending, InputError, negotiate, watch
from sim.agents import Team
from sim.design_points import Point

WORTHS = ("amount", "category", "us_value", "seoul_cost")


# what is refused


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"replicates": -1}, "replicates is -1; it must be a whole number in [0, 1099511627776]"),
        ({"replicates": 2.5}, "replicates is 2.5; it must be a whole number"),
        ({"replicates": "ten"}, "replicates is 'ten'; it must be a whole number"),
        ({"seed": -1}, "seed is -1; it must be a whole number in [0, 18446744073709551615]"),
        ({"seed": 2**64}, "seed is 18446744073709551616; it must be a whole number"),
        ({"seed": 1.0}, "seed is 1.0; it must be a whole number"),
        ({"first_replicate": -1}, "first_replicate is -1; it must be a whole number"),
        ({"first_replicate": 2**41}, "first_replicate is 2199023255552; it must be a whole number"),
        ({"engine": "dice"}, "engine is 'dice'; it must be 'kernel' or 'mesa'"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_refused(scenario, wrong, message):
    arguments = {"replicates": 1, "seed": 0, **wrong}
    with pytest.raises(InputError, match=re.escape(message)):
        negotiate(scenario.points(), arguments.pop("replicates"), **arguments)


@pytest.mark.parametrize("engine", ["kernel", "mesa"])
def test_no_replicates_give_an_empty_table(scenario, engine):
    outcomes = negotiate(scenario.points({"demand": [1.0, 2.0]}), 0, seed=0, engine=engine)
    assert outcomes.shape == (2, 0)
    assert outcomes.dtype == OUTCOME


def test_numbers_of_numpy_are_whole_numbers_too(scenario):
    points = scenario.points()
    counted = negotiate(points, np.int64(3), seed=np.uint64(5), first_replicate=np.int64(2))
    assert counted.tobytes() == negotiate(points, 3, seed=5, first_replicate=2).tobytes()


@pytest.mark.parametrize("engine", ["kernel", "mesa"])
def test_the_largest_seed_and_seed_0_are_seeds_like_any_other(scenario, engine):
    points = scenario.points()
    tables = {negotiate(points, 3, seed=s, engine=engine).tobytes() for s in (0, 1, 2**64 - 1)}
    assert len(tables) == 3


def test_a_design_point_has_only_its_own_columns(scenario):
    point = Point(scenario.points().values[0])
    assert point.president_demand == pytest.approx(5000 / 896)
    with pytest.raises(AttributeError, match="a design point has no column 'presidents_demand'"):
        _ = point.presidents_demand


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("reservation_mean", "'reservation_mean' is the end of several parameters; did you mean"),
        ("president.demnd", "'president.demnd' is not a parameter; did you mean president.demand"),
        ("xyzzy", "'xyzzy' is not a parameter$"),
    ],
)
def test_a_name_that_is_no_parameter_s_is_refused(scenario, name, message):
    with pytest.raises(InputError, match=message):
        scenario.points({name: 1.0})


def test_a_parameter_answers_to_the_end_of_its_name(scenario):
    ends = scenario.points({"demand": 2.0}).values
    assert ends.tobytes() == scenario.points({"president.demand": 2.0}).values.tobytes()


def test_a_team_without_a_side_makes_no_packages(scenario):
    talks = watch(scenario.points(), 0, 0, seed=0)
    with pytest.raises(TypeError, match="ForeignMinistry must build its packages"):
        Team.packages(talks.ministry, 1.0)


# watching


def test_talks_can_be_watched_round_by_round(scenario):
    points = scenario.points()
    talks = watch(points, 0, 6, seed=1, scenario=scenario)
    rounds = 0
    while talks.ending is None:
        talks.step()
        rounds += 1
        assert talks.round_index == len(talks.rounds) == rounds
    assert talks.outcome.tobytes() == negotiate(points, 1, seed=1, first_replicate=6).tobytes()
    assert talks.outcome["round"] == rounds


def test_the_parties_have_their_names_where_the_scenario_is_at_hand(scenario):
    named = watch(scenario.points(), 0, 0, seed=0, scenario=scenario)
    assert [bloc.party for bloc in named.assembly.blocs][:2] == ["Democratic", "Justice"]
    nameless = watch(scenario.points(), 0, 0, seed=0)
    assert [bloc.party for bloc in nameless.assembly.blocs][:2] == ["bloc 1", "bloc 2"]


def test_the_transcript_of_each_round_agrees_with_the_record(scenario):
    points = scenario.points({"demand": 3.0})
    for replicate in range(150):
        talks = watch(points, 0, replicate, seed=4, scenario=scenario)
        outcome = talks.run()
        held = talks.rounds
        assert sum(r.signed is False for r in held) == outcome["vetoes"]
        assert sum(r.consented is False for r in held) == outcome["refusals"]
        assert sum(bool(r.votes) for r in held) == outcome["votes"]
        for side in ("us", "seoul"):
            assert sum(side in r.walked_out for r in held) == outcome[f"{side}_walk_outs"]
        assert any(r.executive_changed for r in held) == outcome["executive_changed"]
        assert held[-1].threat == outcome["threat"]
        assert held[-1].expired == outcome["lapsed"]
        assert held[-1].backlash == outcome["backlash"]
        assert (held[-1].consented is True) == (outcome["ending"] == Ending.RATIFIED)
        for broken in held[:-1]:
            assert broken.resumed is not False
        for vote in (vote for r in held for vote in r.votes):
            seats = dict(
                zip([p.name for p in scenario.parties], scenario.blocs["seats"], strict=True)
            )
            assert vote.yes + vote.no + vote.abstain + vote.absent == seats[vote.party]


# what records say


def some_talks(scenario):
    """Records of every ending: the case at four demands, softened, hardened and shortened."""
    settings = {
        "demand": [1.1, 2.0, 5.58, 8.0, 3.0, 1.5],
        "talks.rounds": [10, 10, 10, 10, 7, 3],
        "talks.expiry_round": [5, 5, 5, 5, 0, 2],
        "turnover.round": [7, 7, 7, 7, 2, 401],
        "security.deadline_round": [5, 5, 5, 5, 0, 401],
        "president.precision": [60, 60, 60, 60, 10, 60],
        "assembly.shift": [0, 0, 0, 0, -0.05, 0],
        "public.backlash_weight": [0.12, 0.12, 0.12, 0.12, 0.0, 0.3],
        "talks.walk_out_base": [-5.5, -5.5, -5.5, -5.5, -3, -math.inf],
    }
    points = scenario.points(settings)
    return settings, points, negotiate(points, 4000, seed=8, common=False)


def test_the_records_of_any_talks_are_consistent(scenario):
    settings, points, outcomes = some_talks(scenario)
    rounds = np.array(settings["talks.rounds"])[:, None]
    ending, ratified = outcomes["ending"], outcomes["ending"] == Ending.RATIFIED
    assert set(np.unique(ending)) == set(Ending)
    for name in WORTHS:
        assert np.array_equal(np.isnan(outcomes[name]), ~ratified)
    assert np.all((outcomes["round"] >= 1) & (outcomes["round"] <= rounds))
    assert np.all((outcomes["round"] == rounds) | (ending != Ending.LAPSE))
    assert np.all((outcomes["backlash"] >= 0.0) & (outcomes["backlash"] <= 1.0))
    assert np.all(np.isfinite(outcomes["gap"]))
    cap = points.values["package_framework_cap"][:, None]
    amount, category = outcomes["amount"], outcomes["category"]
    assert np.all(amount[ratified] >= 0.0)
    assert np.all((category[ratified] >= 0.0) & (category[ratified] <= 1.0))
    assert np.all(category[ratified] >= (1.0 - cap / amount)[ratified])


def test_an_ending_has_its_cause_in_the_same_record(scenario):
    _, _, outcomes = some_talks(scenario)
    ending, ratified = outcomes["ending"], outcomes["ending"] == Ending.RATIFIED
    walk_outs = outcomes["us_walk_outs"] + outcomes["seoul_walk_outs"]
    assert np.all(walk_outs[ending == Ending.WALK_OUT] >= 1)
    assert np.all(outcomes["vetoes"][ending == Ending.EXECUTIVE_VETO] >= 1)
    assert np.all(outcomes["refusals"][ending == Ending.RATIFICATION_REFUSED] >= 1)
    assert np.array_equal(outcomes["votes"], outcomes["refusals"] + ratified)
    each = [np.count_nonzero(ending == kind, axis=1) for kind in Ending]
    assert np.array_equal(np.sum(each, axis=0), [4000] * 6)


def test_the_votes_add_up_to_the_members_and_decide_as_the_constitution_says(scenario):
    _, _, outcomes = some_talks(scenario)
    yes, no, abstain = outcomes["yes"], outcomes["no"], outcomes["abstain"]
    voted = outcomes["votes"] > 0
    total = yes + no + abstain + outcomes["absent"]
    assert np.array_equal(total, np.where(voted, scenario.members, 0))
    present = yes + no + abstain
    consent = (2 * present > scenario.members) & (2 * yes > present)
    last_vote_decides = {Ending.RATIFIED: True, Ending.RATIFICATION_REFUSED: False}
    for ending, consented in last_vote_decides.items():
        assert np.all(consent[outcomes["ending"] == ending] == consented)
    assert np.all((yes >= 0) & (no >= 0) & (abstain >= 0) & (outcomes["absent"] >= 0))


def test_walk_outs_begin_in_the_second_round(scenario):
    _, _, outcomes = some_talks(scenario)
    first = outcomes["first_walk_out"]
    walk_outs = outcomes["us_walk_outs"] + outcomes["seoul_walk_outs"]
    assert np.array_equal(first == 0, walk_outs == 0)
    assert np.all((first == 0) | ((first >= 2) & (first <= outcomes["round"])))
    at_most = np.maximum(0, outcomes["round"] - 1)
    assert np.all(outcomes["us_walk_outs"] <= at_most)
    assert np.all(outcomes["seoul_walk_outs"] <= at_most)


def test_expiry_turnover_and_threat_come_with_their_rounds(scenario):
    settings, _, outcomes = some_talks(scenario)
    held = outcomes["round"]
    expiry, turnover, deadline = (
        np.array(settings[name])[:, None]
        for name in ("talks.expiry_round", "turnover.round", "security.deadline_round")
    )
    assert np.array_equal(outcomes["lapsed"], held > expiry)
    assert np.all(outcomes["executive_changed"] <= (held > turnover))
    assert np.all(outcomes["threat"] <= (held > deadline))
    assert outcomes["executive_changed"].any()
    assert outcomes["threat"].any()


def test_a_ratified_package_has_the_worth_that_the_case_gives_it(scenario):
    points = scenario.points({"demand": 2.0})
    outcomes = negotiate(points, 2000, seed=3)[0]
    signed = outcomes[outcomes["ending"] == Ending.RATIFIED]
    unchanged = signed[~signed["executive_changed"]]
    p = points.values[0]
    cost = (
        unchanged["amount"] + p["package_category_cost"] * unchanged["category"] + p["seoul_terms"]
    )
    missed = np.maximum(0.0, p["demanded_category"] - unchanged["category"])
    value = (
        unchanged["amount"]
        + p["package_category_value"] * unchanged["category"]
        - p["president_category_audience_cost"] * missed
        + p["us_terms"]
    )
    np.testing.assert_allclose(unchanged["seoul_cost"], cost, rtol=0, atol=1e-12)
    np.testing.assert_allclose(unchanged["us_value"], value, rtol=0, atol=1e-12)


def test_in_the_limit_the_gap_at_the_end_of_a_failure_is_the_missing_zone_of_agreement(scenario):
    apart = {"president.reservation_mean": 1.4, "ministry.reservation_mean": 1.25}
    certain = {"president.reservation_sd": 0.0, "ministry.reservation_sd": 0.0}
    outcome = negotiate(scenario.points({**LIMIT, **apart, **certain}), 1, seed=0)[0, 0]
    assert outcome["ending"] == Ending.LAPSE
    assert outcome["gap"] == pytest.approx(0.15, abs=1e-12)

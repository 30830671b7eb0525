"""Policies of one's own, and the examples in the documentation."""

import doctest
import importlib

import numpy as np
import pytest

from sim import BargainingPolicy, Ending, Heuristic, InputError, Side, View, negotiate, watch
from sim.policies import POLICIES
from sim.terms import Policy


@pytest.mark.parametrize("name", ["sim.policies", "sim.scenario", "sim"])
def test_the_examples_in_the_documentation_run(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


class SplitTheGap(Heuristic):
    """Meets the other side half-way, but never below its own reservation."""

    def position(self, view: View) -> float:
        if view.round_index == 0:
            return view.opening
        middle = (view.own_last_offer + view.last_offer_received) / 2
        return max(view.reservation, middle)


class Adamant(BargainingPolicy):
    """Tables its opening for ever and refuses everything."""

    def position(self, view: View) -> float:
        return view.opening

    def accepts(self, view: View, draw: float) -> bool:
        return False

    def walks_out(self, view: View, draw: float) -> bool:
        return False


class Watchful(Heuristic):
    """The heuristic, keeping what it was shown."""

    def __init__(self) -> None:
        self.seen: list[View] = []

    def position(self, view: View) -> float:
        self.seen.append(view)
        return super().position(view)


@pytest.mark.parametrize("side", ["us", "seoul"])
def test_a_policy_of_one_s_own_plays_for_either_side_and_changes_the_outcome(scenario, side):
    points = scenario.points({"demand": 2.0})
    usual = negotiate(points, 20, seed=1, engine="mesa")
    own = negotiate(points, 20, seed=1, engine="mesa", policies={side: SplitTheGap()})
    assert own.tobytes() != usual.tobytes()
    assert (own["ending"] == Ending.RATIFIED).any()
    signed = own["amount"][own["ending"] == Ending.RATIFIED]
    assert np.all((signed > 0.9) & (signed < 2.0))


@pytest.mark.parametrize("side", ["us", "seoul"])
def test_the_heuristic_handed_over_by_name_is_the_one_of_the_case(scenario, side):
    points = scenario.points()
    own = negotiate(points, 10, seed=2, engine="mesa", policies={side: Heuristic()})
    assert own.tobytes() == negotiate(points, 10, seed=2).tobytes()


def test_talks_of_two_adamant_teams_lapse(scenario):
    stubborn = {"us": Adamant(), "seoul": Adamant()}
    ended = negotiate(scenario.points(), 5, seed=3, engine="mesa", policies=stubborn)
    assert np.all(ended["ending"] == Ending.LAPSE)
    assert np.all(ended["round"] == 10)


@pytest.mark.parametrize(("side", "team"), [("us", Side.US), ("seoul", Side.SEOUL)])
def test_a_policy_sees_its_own_side_of_the_table(scenario, side, team):
    own = Watchful()
    talks = watch(scenario.points(), 0, 4, seed=5, policies={side: own})
    talks.run()
    assert {view.side for view in own.seen} == {team}
    assert own.seen[0].round_index == 0
    assert own.seen[0].rounds == 10
    opening = talks.point.demand_value if team is Side.US else talks.point.opening_utility
    assert own.seen[0].opening == opening
    record = talks.rounds[0]
    reservation = record.us_reservation if team is Side.US else record.seoul_reservation
    assert own.seen[0].reservation == reservation
    later = [view for view in own.seen if view.round_index == 1]
    assert all(view.own_last_offer != 0.0 for view in later)


def test_the_compiled_engine_refuses_a_policy_of_one_s_own(scenario):
    with pytest.raises(InputError, match="policies of your own need engine='mesa'"):
        negotiate(scenario.points(), 1, seed=0, policies={"us": SplitTheGap()})


@pytest.mark.parametrize("engine", ["kernel", "mesa"])
def test_a_policy_for_a_third_side_is_refused(scenario, engine):
    with pytest.raises(InputError):
        negotiate(scenario.points(), 1, seed=0, engine=engine, policies={"tokyo": Heuristic()})


def test_the_refusal_names_the_third_side(scenario):
    with pytest.raises(InputError, match="side 'tokyo'; it must be 'us' or 'seoul'"):
        watch(scenario.points(), 0, 0, seed=0, policies={"tokyo": Heuristic()})


def test_a_policy_must_say_what_it_tables(scenario):
    class Mute(BargainingPolicy):
        pass

    with pytest.raises(TypeError, match=r"Mute must define position\(view\)"):
        negotiate(scenario.points(), 1, seed=0, engine="mesa", policies={"us": Mute()})


def test_every_policy_of_a_case_file_can_be_played():
    assert set(POLICIES) == set(Policy)
    assert all(issubclass(policy, BargainingPolicy) for policy in POLICIES.values())


def test_a_policy_without_a_view_of_turnover_gives_nothing_for_it(scenario):
    own = Watchful()
    watch(scenario.points(), 0, 0, seed=0, policies={"seoul": own}).run()
    assert own.seen[0].option_value > 0.0
    assert own.option_of_waiting(own.seen[0]) == own.seen[0].option_value
    assert BargainingPolicy().option_of_waiting(own.seen[0]) == 0.0

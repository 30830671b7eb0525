"""Pyongyang's deadline and the price of having no agreement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.security import cost_of_waiting, threat_is_open

pytestmark = pytest.mark.plain

costs = st.floats(0.0, 1.0)
rounds = st.integers(0, 20)


@pytest.mark.parametrize(
    ("round_index", "opened"), [(0.0, False), (4.0, False), (5.0, True), (9.0, True)]
)
def test_a_threat_is_felt_from_the_first_round_after_the_deadline(round_index, opened):
    assert threat_is_open(round_index, 5.0, True) == opened


@given(rounds, rounds)
def test_a_threat_that_does_not_emerge_is_never_felt(round_index, deadline):
    assert not threat_is_open(float(round_index), float(deadline), False)


@pytest.mark.parametrize(
    ("round_index", "cost"), [(0.0, 0.0), (3.0, 0.0), (4.0, 0.01), (5.0, 0.01)]
)
def test_letting_a_round_pass_costs_once_the_next_one_lies_after_the_expiry(round_index, cost):
    assert cost_of_waiting(round_index, 5.0, 0.01, 0.0) == cost


@given(rounds, rounds, costs, costs)
def test_an_open_threat_adds_to_the_cost_of_waiting(round_index, expiry, lapse, threat):
    calm = cost_of_waiting(float(round_index), float(expiry), lapse, 0.0)
    threatened = cost_of_waiting(float(round_index), float(expiry), lapse, threat)
    assert threatened == pytest.approx(calm + threat, abs=1e-15)
    later = cost_of_waiting(float(round_index + 1), float(expiry), lapse, threat)
    assert 0.0 <= threatened <= later

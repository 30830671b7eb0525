"""Opinion in Seoul."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.backlash import backlash_after_offer, backlash_after_walk_out, public_reaction

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
amounts = st.floats(0.0, 50.0)
scales = st.floats(0.01, 100.0)


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
def test_nobody_minds_a_payment_that_does_not_rise(amount):
    assert public_reaction(amount, 2.0) == 0.0


def test_a_rise_by_the_scale_takes_backlash_to_63_percent():
    assert public_reaction(3.0, 2.0) == pytest.approx(1.0 - math.exp(-1.0), abs=1e-15)
    assert public_reaction(5.56, 2.0) == pytest.approx(0.897716, abs=5e-7)


@given(amounts, amounts, scales)
def test_a_larger_demand_never_angers_less(one, other, scale):
    low, high = sorted((one, other))
    assert 0.0 <= public_reaction(low, scale) <= public_reaction(high, scale) <= 1.0


@given(shares, shares, shares)
def test_backlash_moves_towards_the_reaction_and_stays_a_share(backlash, reaction, speed):
    after = backlash_after_offer(backlash, reaction, speed)
    low, high = sorted((backlash, reaction))
    assert low - 1e-15 <= after <= high + 1e-15


@given(shares, shares)
def test_opinion_can_stand_still_or_follow_at_once(backlash, reaction):
    assert backlash_after_offer(backlash, reaction, 0.0) == backlash
    assert backlash_after_offer(backlash, reaction, 1.0) == pytest.approx(reaction, abs=1e-15)


def test_backlash_settles_at_the_reaction_to_an_offer_that_stays_on_the_table():
    backlash = 0.0
    for _ in range(60):
        backlash = backlash_after_offer(backlash, 0.4, 0.5)
    assert backlash == pytest.approx(0.4, abs=1e-15)


@given(shares, shares)
def test_a_walk_out_of_the_us_never_calms_opinion(backlash, jump):
    after = backlash_after_walk_out(backlash, jump)
    assert backlash <= after <= 1.0
    assert backlash_after_walk_out(backlash, 0.0) == backlash
    assert backlash_after_walk_out(backlash, 1.0) == pytest.approx(1.0, abs=1e-15)


def test_a_walk_out_takes_a_share_of_the_calm_that_is_left():
    assert backlash_after_walk_out(0.5, 0.2) == pytest.approx(0.6, abs=1e-15)

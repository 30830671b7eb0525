"""Leaving the room."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.walk_out import walk_out_probability, walks_out

pytestmark = pytest.mark.plain

gaps = st.floats(-5.0, 10.0)
slopes = st.floats(0.0, 50.0)
bases = st.floats(-10.0, 10.0)
draws = st.floats(2.0**-53, 1.0 - 2.0**-53)


def test_a_walk_out_is_logit_in_gap_and_movement():
    odds = -5.5 + 0.75 * 4.5 - 0.5 * 0.2
    found = walk_out_probability(4.5, 0.2, -5.5, 0.75, 0.5)
    assert found == pytest.approx(1.0 / (1.0 + math.exp(-odds)), abs=1e-15)


@given(gaps, gaps, slopes, slopes, draws)
def test_where_nobody_ever_leaves_nobody_leaves(gap, movement, per_gap, per_movement, draw):
    assert walk_out_probability(gap, movement, -math.inf, per_gap, per_movement) == 0.0
    assert not walks_out(gap, movement, -math.inf, per_gap, per_movement, draw)


@given(gaps, gaps, gaps, bases, slopes, slopes)
def test_a_wider_gap_drives_out_and_movement_keeps_in(one, other, fixed, base, per, per_movement):
    low, high = sorted((one, other))
    habits = (base, per, per_movement)
    least = walk_out_probability(low, fixed, *habits)
    assert 0.0 <= least <= walk_out_probability(high, fixed, *habits) <= 1.0
    moved = walk_out_probability(fixed, high, *habits)
    assert moved <= walk_out_probability(fixed, low, *habits)


@given(gaps, gaps, bases, slopes, slopes, draws)
def test_a_side_leaves_with_its_probability(gap, movement, base, per_gap, per_movement, draw):
    chance = walk_out_probability(gap, movement, base, per_gap, per_movement)
    assert walks_out(gap, movement, base, per_gap, per_movement, draw) == (draw < chance)

"""The kappa-law: what a public demand does to the least that its author signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.commitment import commitment_weight, committed_cost, signing_threshold
from sim.rules.ratification import president_signs

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
payments = st.floats(0.0, 10.0)
costs = st.floats(0.0, 100.0)
draws = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)


def test_the_weight_of_commitment_is_the_audience_cost_s_share():
    assert commitment_weight(0.05, 0.0) == pytest.approx(1.0 / 21.0, abs=1e-15)
    assert commitment_weight(0.03, 0.5) == pytest.approx(0.03 / 1.53, abs=1e-15)


@given(costs, costs, costs)
def test_audience_costs_bind_and_precedent_loosens(one, other, precedent):
    low, high = sorted((one, other))
    assert 0.0 <= commitment_weight(low, precedent) <= commitment_weight(high, precedent) <= 1.0
    assert commitment_weight(one, precedent + 1.0) <= commitment_weight(one, precedent)
    assert commitment_weight(0.0, precedent) == 0.0


def test_a_president_half_bound_signs_half_way_to_his_demand():
    assert signing_threshold(1.1, 5.56, 0.5) == pytest.approx(3.33, abs=1e-12)
    assert signing_threshold(1.1, 1.05, 0.5) == pytest.approx(1.05, abs=1e-12)


@given(payments, payments)
def test_cheap_talk_does_not_move_the_threshold(reservation, demand):
    assert signing_threshold(reservation, demand, 0.0) == min(reservation, demand)


@given(payments, payments)
def test_full_commitment_is_take_it_or_leave_it(reservation, demand):
    assert signing_threshold(reservation, demand, 1.0) == demand


@given(payments, payments, shares, st.floats(0.0, 1e9), draws)
def test_a_president_never_vetoes_his_own_demand(reservation, demand, weight, precision, draw):
    threshold = signing_threshold(reservation, demand, weight)
    assert threshold <= demand + 1e-12
    assert president_signs(demand, threshold, demand, precision, draw)


@given(payments, payments, payments, shares)
def test_the_threshold_rises_with_demand_and_with_reservation(one, other, fixed, weight):
    low, high = sorted((one, other))
    assert signing_threshold(fixed, low, weight) <= signing_threshold(fixed, high, weight) + 1e-12
    assert signing_threshold(low, fixed, weight) <= signing_threshold(high, fixed, weight) + 1e-12


@given(payments, st.floats(0.0, 10.0), st.floats(0.0, 10.0), payments, payments)
def test_at_the_threshold_a_president_is_indifferent(private, audience, precedent, others, more):
    worth = (private + precedent * others) / (1.0 + precedent)
    demand = worth + more
    signed = signing_threshold(worth, demand, commitment_weight(audience, precedent))
    balance = (signed - private) + precedent * (signed - others) - audience * (demand - signed)
    assert balance == pytest.approx(0.0, abs=1e-9)


def test_seoul_s_public_offer_binds_the_ministry_like_a_demand():
    assert committed_cost(1.25, 1.0, 0.2) == pytest.approx(1.2, abs=1e-12)
    assert committed_cost(0.9, 1.0, 0.2) == 0.9


@given(payments, payments, shares)
def test_seoul_s_commitment_ends_between_its_offer_and_its_reservation(cost, opening, weight):
    bound = committed_cost(cost, opening, weight)
    assert min(cost, opening) - 1e-12 <= bound <= cost
    assert committed_cost(cost, opening, 0.0) == cost
    assert committed_cost(cost, opening, 1.0) == pytest.approx(min(cost, opening), abs=1e-12)


@given(payments, payments, shares)
def test_the_two_commitments_mirror_each_other(reservation, public, weight):
    """With all signs turned, Seoul's rule is the president's wherever the latter is bound."""
    mirrored = -committed_cost(-reservation, -public, weight)
    if public >= reservation:
        assert mirrored == pytest.approx(signing_threshold(reservation, public, weight), abs=1e-9)
    else:
        assert mirrored == pytest.approx(reservation, abs=1e-12)

"""Clock and chances."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.protocol import happens, offers_cross, offers_left, split

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
draws = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
payments = st.floats(-5.0, 10.0)


@given(draws)
def test_what_is_impossible_never_happens_and_what_is_certain_always(draw):
    assert not happens(0.0, draw)
    assert happens(1.0, draw)


@given(shares, shares, draws)
def test_what_happens_with_a_small_probability_happens_with_a_larger_one(one, other, draw):
    low, high = sorted((one, other))
    assert happens(high, draw) or not happens(low, draw)


def test_talks_of_ten_rounds_hold_twenty_offers_or_nineteen_without_a_final_counteroffer():
    assert offers_left(0.0, 10.0, 1.0) == 20.0
    assert offers_left(0.0, 10.0, 0.0) == 19.0
    assert offers_left(9.0, 10.0, 1.0) == 2.0
    assert offers_left(9.0, 10.0, 0.0) == 1.0


@given(payments)
def test_offers_cross_where_each_gets_what_it_asks_for_up_to_rounding(offer):
    assert offers_cross(offer, offer)
    assert offers_cross(offer + 0.1, offer)
    assert offers_cross(offer - 5e-10, offer)
    assert not offers_cross(offer - 1e-6, offer)


@given(payments, payments, shares)
def test_an_agreed_amount_lies_between_the_offers(buyer, seller, weight):
    agreed = split(buyer, seller, weight)
    assert min(buyer, seller) - 1e-12 <= agreed <= max(buyer, seller) + 1e-12
    assert split(buyer, seller, 1.0) == buyer
    assert split(buyer, seller, 0.0) == seller
    assert split(buyer, seller, 0.5) == pytest.approx((buyer + seller) / 2, abs=1e-12)

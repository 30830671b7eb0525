"""What a package is worth to each side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.preferences import (
    category_worth,
    seoul_utility,
    share_of_largest,
    share_of_longest,
    terms_worth,
    us_value,
)

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
payments = st.floats(-5.0, 10.0)
weights = st.floats(0.0, 1.0)


def test_a_duration_counts_from_one_year_to_the_longest():
    assert [share_of_longest(d, 6.0) for d in (1.0, 3.5, 5.0, 6.0)] == [0.0, 0.5, 0.8, 1.0]


@pytest.mark.parametrize("longest", [1.0, 0.0])
def test_where_one_year_is_the_longest_duration_it_makes_no_difference(longest):
    assert share_of_longest(1.0, longest) == 0.0


def test_an_escalator_counts_as_a_share_of_the_largest():
    assert share_of_largest(0.04, 0.061) == pytest.approx(0.655738, abs=5e-7)
    assert share_of_largest(0.061, 0.061) == 1.0
    assert share_of_largest(0.04, 0.0) == 0.0


def test_the_usual_terms_are_worth_nothing_more():
    assert terms_worth(0.6, 0.8, 0.6, 0.8, 0.16, -0.02) == 0.0


def test_better_terms_are_worth_their_difference_to_the_usual_ones():
    worth = terms_worth(1.0, 1.0, 0.655738, 0.8, 0.16, -0.02)
    assert worth == pytest.approx(0.16 * 0.344262 - 0.02 * 0.2, abs=1e-12)


def test_a_category_demanded_in_vain_costs_the_audience_s_esteem():
    assert category_worth(0.0, 0.1, 0.05, 0.7) == pytest.approx(-0.035, abs=1e-15)
    assert category_worth(0.7, 0.1, 0.05, 0.7) == pytest.approx(0.07, abs=1e-15)
    assert category_worth(1.0, 0.1, 0.05, 0.7) == pytest.approx(0.1, abs=1e-15)


@given(shares, shares, weights, weights, shares)
def test_more_of_the_category_is_never_worth_less_to_the_us(one, other, per, audience, demanded):
    low, high = sorted((one, other))
    worth = category_worth(low, per, audience, demanded)
    assert worth <= category_worth(high, per, audience, demanded) + 1e-12
    assert -audience * demanded - 1e-12 <= worth <= per + 1e-12


@given(payments, payments, payments)
def test_money_moves_from_one_side_to_the_other_without_loss(amount, us_rest, seoul_rest):
    before = us_value(amount, us_rest, 0.0) + seoul_utility(amount, seoul_rest, 0.0)
    after = us_value(amount + 1.0, us_rest, 0.0) + seoul_utility(amount + 1.0, seoul_rest, 0.0)
    assert after == pytest.approx(before, abs=1e-9)


def test_the_parts_of_a_package_add_up():
    assert us_value(1.2, 0.07, 0.05) == pytest.approx(1.32, abs=1e-15)
    assert seoul_utility(1.2, 0.21, -0.03) == pytest.approx(-1.38, abs=1e-15)

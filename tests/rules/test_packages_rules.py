"""Positions turned into efficient packages."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from sim.rules.packages import (
    amount_for,
    capped_amount,
    category_for,
    demanded_category,
    efficient_category,
    efficient_share,
)
from sim.rules.preferences import category_worth

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
worths = st.floats(0.0, 1.0)
caps = st.floats(0.01, 5.0) | st.just(math.inf)
amounts = st.floats(0.0, 20.0)


def test_an_issue_moves_only_where_it_gains_more_than_it_costs():
    assert efficient_share(0.16, 0.15) == 1.0
    assert efficient_share(0.15, 0.15) == 0.0
    assert efficient_share(-0.02, -0.04) == 1.0


def joint_gain(category, per_category, audience_cost, seoul_cost, demanded):
    worth = category_worth(category, per_category, audience_cost, demanded)
    return worth - seoul_cost * category


@pytest.mark.parametrize(
    ("per_category", "audience_cost", "category"),
    [(0.4, 0.0, 1.0), (0.1, 0.25, 0.6), (0.1, 0.05, 0.0)],
)
def test_an_audience_cost_makes_the_demanded_category_efficient(
    per_category, audience_cost, category
):
    assert efficient_category(per_category, audience_cost, 0.3, 0.6) == category


@given(worths, worths, worths, shares, shares)
def test_no_category_share_has_a_larger_joint_gain(per_category, audience, cost, demanded, other):
    best = efficient_category(per_category, audience, cost, demanded)
    weights = (per_category, audience, cost, demanded)
    assert joint_gain(best, *weights) >= joint_gain(other, *weights) - 1e-12


def test_a_demand_beyond_the_framework_asks_for_a_new_category():
    assert demanded_category(5.58, 1.6, 1.0) == pytest.approx(1.0 - 1.6 / 5.58, abs=1e-15)
    assert demanded_category(5.58, 1.6, 0.5) == pytest.approx(0.5 - 0.8 / 5.58, abs=1e-15)
    assert demanded_category(1.5, 1.6, 1.0) == 0.0
    assert demanded_category(5.58, math.inf, 1.0) == 0.0


@given(amounts, caps, shares)
def test_a_demanded_category_is_a_share(demand, cap, insistence):
    assert 0.0 <= demanded_category(demand, cap, insistence) <= 1.0


@given(amounts, shares, caps)
def test_a_category_always_satisfies_the_framework(amount, free, cap):
    category = category_for(amount, free, cap)
    assert free <= category <= 1.0
    if amount <= cap:
        assert category == free
    else:
        assert category >= 1.0 - cap / amount


@given(worths, st.floats(0.01, 20.0), amounts)
def test_the_capped_amount_solves_its_equation(per_category, cap, more):
    worth = cap + more
    amount = capped_amount(worth, per_category, cap)
    solved = amount + per_category * (1.0 - cap / amount)
    assert solved == pytest.approx(worth, rel=1e-9, abs=1e-9)
    assert amount >= cap * (1.0 - 1e-12)


def test_an_amount_that_does_not_fit_in_the_framework_pays_for_its_category():
    amount = amount_for(2.0, 0.0, 0.3, 0.0, 0.0, 1.6)
    assert amount + 0.3 * (1.0 - 1.6 / amount) == pytest.approx(2.0, abs=1e-12)
    assert 1.6 < amount < 2.0


def test_seoul_is_not_paid_to_be_a_host():
    assert amount_for(-0.5, 0.0, 0.1, 0.0, 0.0, 1.6) == 0.0
    assert amount_for(0.2, 1.0, 0.3, 0.0, 1.0, 1.6) == 0.0


def test_a_framework_that_holds_next_to_nothing_divides_by_nothing():
    assert amount_for(-0.2, 0.0, 0.0, 1.0, 1.0, 1e-300) == 0.0


@given(st.floats(-1.0, 20.0), worths, worths, worths, shares, caps)
def test_a_us_package_is_worth_its_position(worth, per_category, audience, cost, demanded, cap):
    free = efficient_category(per_category, audience, cost, demanded)
    amount = amount_for(worth, free, per_category, audience, demanded, cap)
    category = category_for(amount, free, cap)
    value = amount + category_worth(category, per_category, audience, demanded)
    assert amount >= 0.0
    if amount > 0.0:
        assert value == pytest.approx(worth, rel=1e-9, abs=1e-9)
    else:
        assert value >= worth - 1e-9


@given(st.floats(0.0, 20.0), worths, st.sampled_from([0.0, 1.0]) | shares, caps)
def test_a_package_of_seoul_costs_its_position(cost, per_category, free, cap):
    amount = amount_for(cost, free, per_category, 0.0, 0.0, cap)
    total = amount + per_category * category_for(amount, free, cap)
    assert amount >= 0.0
    if amount > 0.0:
        assert total == pytest.approx(cost, rel=1e-9, abs=1e-9)
    else:
        assert total >= cost - 1e-9


@given(amounts, amounts, worths, worths, shares, caps)
def test_a_higher_position_never_means_a_smaller_amount(
    one, other, per_category, audience, demanded, cap
):
    low, high = sorted((one, other))
    free = efficient_category(per_category, audience, 0.3, demanded)
    terms = (free, per_category, audience, demanded, cap)
    assert amount_for(low, *terms) <= amount_for(high, *terms) + 1e-9


@given(*[worths] * 3, shares, *[st.floats(-0.5, 0.5)] * 4, st.floats(0.5, 5.0))
def test_b1_the_greedy_package_is_the_optimum_of_the_linear_programme(
    per_category, audience, category_cost, demanded, us_escalator, escalator_cost, us_duration,
    duration_cost, target,
):  # fmt: skip
    """Seoul's cheapest package of a US value; money is free, every other issue bounded.

    Variables: amount, category, escalator, duration, and the demanded category that is missed.
    """
    category = efficient_category(per_category, audience, category_cost, demanded)
    escalator = efficient_share(us_escalator, escalator_cost)
    duration = efficient_share(us_duration, duration_cost)
    value = category_worth(category, per_category, audience, demanded)
    amount = target - value - us_escalator * escalator - us_duration * duration
    costs = (category_cost * category, escalator_cost * escalator, duration_cost * duration)
    optimum = linprog(
        [1.0, category_cost, escalator_cost, duration_cost, 0.0],
        A_ub=[[0.0, -1.0, 0.0, 0.0, -1.0]],
        b_ub=[-demanded],
        A_eq=[[1.0, per_category, us_escalator, us_duration, -audience]],
        b_eq=[target],
        bounds=[(None, None), (0, 1), (0, 1), (0, 1), (0, None)],
    )
    assert optimum.status == 0
    assert amount + sum(costs) == pytest.approx(optimum.fun, abs=1e-7)

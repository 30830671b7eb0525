"""Answers by quantal response against the value of waiting."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from sim.rules.responding import (
    INDIFFERENCE,
    acceptance_probability,
    accepts,
    is_below_logistic,
    keeps_reservation,
    logistic,
    quantal_response,
    turnover_option,
    waiting_threshold,
)

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
gains = st.floats(-3.0, 3.0)
draws = st.floats(2.0**-53, 1.0 - 2.0**-53)
precisions = st.floats(0.0, 200.0) | st.just(math.inf)


@given(st.floats(-700.0, 700.0))
def test_the_logistic_function_agrees_with_scipy_without_overflow(x):
    assert logistic(x) == pytest.approx(float(expit(x)), rel=1e-14, abs=0.0)
    assert logistic(x) + logistic(-x) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(("x", "value"), [(1e308, 1.0), (-1e308, 0.0), (0.0, 0.5)])
def test_the_logistic_function_reaches_its_ends(x, value):
    assert logistic(x) == value


def test_g1_choice_between_two_options_is_logit():
    ratio = math.exp(10.0 * 0.30) / (math.exp(10.0 * 0.30) + math.exp(10.0 * 0.25))
    assert acceptance_probability(0.05, 10.0) == pytest.approx(ratio, abs=1e-15)


@given(gains, gains, precisions)
def test_a_better_offer_is_never_less_likely_to_be_accepted(one, other, precision):
    low, high = sorted((one, other))
    least = acceptance_probability(low, precision)
    assert 0.0 <= least <= acceptance_probability(high, precision) <= 1.0


@given(gains)
def test_precision_leads_from_a_coin_to_the_best_reply(advantage):
    assert acceptance_probability(advantage, 0.0) == 0.5
    assert acceptance_probability(advantage, math.inf) == (advantage >= -INDIFFERENCE)
    if abs(advantage) > 1e-3:
        nearly = acceptance_probability(advantage, 1e6)
        assert nearly == pytest.approx(acceptance_probability(advantage, math.inf), abs=1e-12)


@given(gains, precisions, draws)
def test_a_response_is_drawn_from_its_probability(advantage, precision, draw):
    expected = draw < acceptance_probability(advantage, precision)
    assert quantal_response(advantage, precision, draw) == expected


def test_waiting_is_worth_the_own_next_position_less_what_the_round_costs():
    assert waiting_threshold(0.5, 0.9, 0.05, 0.0) == pytest.approx(0.4, abs=1e-15)
    assert waiting_threshold(0.5, 0.9, 0.05, 0.6) == 0.6
    assert waiting_threshold(0.01, 0.9, 0.05, 0.0) == 0.0
    assert waiting_threshold(0.01, 0.9, 0.05, -0.2) == 0.0


@given(gains, shares, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_no_cost_of_waiting_pushes_the_threshold_below_the_reservation(gain, patience, cost, value):
    threshold = waiting_threshold(gain, patience, cost, value)
    assert threshold >= 0.0
    assert threshold >= value
    assert waiting_threshold(gain, patience, cost + 0.1, value) <= threshold


@given(st.floats(-3.0, -2e-9), st.floats(-3.0, 3.0), precisions, draws)
def test_nobody_accepts_below_his_reservation(gain, threshold, precision, draw):
    assert not accepts(gain, threshold, precision, draw)


@given(st.floats(0.0, 3.0), st.floats(0.0, 3.0), precisions, draws)
def test_above_the_reservation_the_answer_is_a_quantal_response(gain, threshold, precision, draw):
    expected = quantal_response(gain - threshold, precision, draw)
    assert accepts(gain, threshold, precision, draw) == expected


@pytest.mark.parametrize("gain", [0.0, -5e-10])
def test_indifference_up_to_rounding_is_consent(gain):
    assert accepts(gain, 0.0, math.inf, 1.0 - 2.0**-53)


def test_f6_seoul_waits_out_a_turnover_that_promises_a_better_deal():
    # with the successor the surplus .22 is split evenly: 1.25 - 1.14
    assert 1.25 - turnover_option(0.5, 0.98, 3.0, 0.22) == pytest.approx(1.198234, abs=5.1e-7)


@given(shares, shares, st.integers(0, 20), st.floats(-2.0, 2.0))
def test_f6_the_option_of_waiting_is_between_nothing_and_half_the_surplus(
    probability, patience, rounds, surplus
):
    option = turnover_option(probability, patience, float(rounds), surplus)
    assert 0.0 <= option <= max(0.0, 0.5 * surplus)
    later = turnover_option(probability, patience, float(rounds + 1), surplus)
    assert later <= option
    assert turnover_option(0.0, patience, float(rounds), surplus) == 0.0


@given(st.floats(-60.0, 60.0), draws)
def test_the_bound_that_spares_an_exponential_never_changes_a_choice(x, draw):
    assert is_below_logistic(x, draw) == (draw < logistic(x))


@given(st.floats(-40.0, 0.0), st.integers(-4, 4))
def test_the_bound_decides_nothing_within_rounding_of_the_probability(x, steps):
    draw = logistic(x) * (1.0 + steps * 2.0**-52)
    assert is_below_logistic(x, draw) == (draw < logistic(x))


@given(gains, st.floats(0.0, 3.0), precisions, draws)
def test_only_an_offer_that_keeps_the_reservation_may_be_accepted(gain, threshold, precision, draw):
    if not keeps_reservation(gain):
        assert not accepts(gain, threshold, precision, draw)

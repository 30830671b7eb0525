"""Signature and vote."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom

from sim.rules.ratification import (
    binomial_quantile,
    consents,
    felt_cost,
    president_signs,
    yes_probability,
)

pytestmark = pytest.mark.plain

payments = st.floats(-3.0, 6.0)
shares = st.floats(0.0, 1.0)
draws = st.floats(2.0**-53, 1.0 - 2.0**-53)
precisions = st.floats(0.0, 200.0) | st.just(math.inf)


# the president


@given(payments, payments, draws)
def test_a_president_who_never_errs_signs_from_his_threshold_upwards(value, threshold, draw):
    signed = president_signs(value, threshold, 50.0, math.inf, draw)
    assert signed == (value - threshold >= -1e-9)


def test_a_president_who_errs_is_the_surer_the_larger_the_gain():
    assert president_signs(1.14, 1.1, 5.0, 60.0, 0.91)
    assert not president_signs(1.14, 1.1, 5.0, 60.0, 0.92)  # 1 / (1 + e^-2.4) = .9168
    assert not president_signs(1.1, 1.1, 5.0, 60.0, 0.5)


@given(payments, payments, precisions, draws)
def test_a_president_never_vetoes_more_than_he_demanded(demand, threshold, precision, draw):
    assert president_signs(demand + 0.3, threshold, demand, precision, draw)


@given(payments, payments, precisions, draws)
def test_a_president_signs_his_very_demand_whatever_his_threshold(
    demand, threshold, precision, draw
):
    assert president_signs(demand, threshold, demand, precision, draw)


# a member


def test_backlash_makes_a_deal_dearer_and_a_threat_cheaper():
    assert felt_cost(1.2, 0.06, 0.02, 0.03) == pytest.approx(1.21, abs=1e-15)


@given(payments, payments, precisions)
def test_a_member_s_yes_is_a_probability_that_falls_with_the_felt_cost(threshold, felt, precision):
    yes = yes_probability(threshold, felt, precision)
    assert 0.0 <= yes <= 1.0
    assert yes_probability(threshold, felt + 0.1, precision) <= yes


def test_a_member_whose_threshold_is_met_exactly_tosses_a_coin_or_consents():
    assert yes_probability(1.3, 1.3, 12.0) == 0.5
    assert yes_probability(1.3, 1.3, math.inf) == 1.0
    assert yes_probability(1.3, 1.3 + 1e-6, math.inf) == 0.0


# the count of a bloc


@given(st.integers(0, 1000), shares, draws)
def test_the_binomial_quantile_agrees_with_scipy(trials, probability, draw):
    count = binomial_quantile(float(trials), probability, draw)
    law = binom(trials, probability)
    assert count == int(count)
    assert 0.0 <= count <= trials
    assert law.cdf(count) >= draw - 1e-9
    assert count == 0.0 or law.cdf(count - 1) <= draw + 1e-9
    near_a_step = np.abs(law.cdf([count - 1, count]) - draw).min() < 1e-9
    assert near_a_step or count == law.ppf(draw)


@pytest.mark.parametrize(
    ("trials", "draw", "count"), [(1.0, 0.5, 1.0), (2.0, 0.25, 1.0), (2.0, 0.75, 2.0)]
)
def test_a_draw_on_a_step_of_the_law_counts_the_next_member(trials, draw, count):
    assert binomial_quantile(trials, 0.5, draw) == count


@pytest.mark.parametrize("seats", [1.0, 2.0, 17.0, 300.0, 1000.0])
@pytest.mark.parametrize("probability", [1e-9, 0.01, 0.3, 0.5, 0.7, 0.99, 1.0 - 1e-9])
def test_binomial_quantiles_of_even_draws_have_the_law_s_mean_and_spread(seats, probability):
    even = (np.arange(4000) + 0.5) / 4000
    counts = np.array([binomial_quantile(seats, probability, float(draw)) for draw in even])
    variance = seats * probability * (1.0 - probability)
    assert counts.mean() == pytest.approx(seats * probability, abs=0.01 * variance**0.5 + 1e-3)
    assert counts.var() == pytest.approx(variance, rel=0.01, abs=1e-3)


@given(st.integers(0, 1000), draws)
def test_nobody_or_everybody_comes_where_that_is_certain(trials, draw):
    assert binomial_quantile(float(trials), 0.0, draw) == 0.0
    assert binomial_quantile(float(trials), 1.0, draw) == trials
    assert binomial_quantile(0.0, 0.4, draw) == 0.0


@given(st.integers(0, 300), shares, draws, draws)
def test_a_larger_draw_never_counts_fewer_members(trials, probability, one, other):
    low, high = sorted((one, other))
    fewer = binomial_quantile(float(trials), probability, low)
    assert fewer <= binomial_quantile(float(trials), probability, high)


@given(st.integers(0, 300), shares, shares, draws)
def test_a_larger_probability_never_counts_fewer_members(trials, one, other, draw):
    low, high = sorted((one, other))
    law = binom(trials, np.array([low, high])[:, None])
    # the draw is not so near a step of either law that the last bit decides
    assume(np.abs(law.cdf(np.arange(trials + 1)) - draw).min() > 1e-9)
    fewer = binomial_quantile(float(trials), low, draw)
    assert fewer <= binomial_quantile(float(trials), high, draw)


# consent


@pytest.mark.parametrize(
    ("yes", "present", "members", "consent"),
    [
        (147, 147, 295, False),  # no quorum: unanimity of less than half does not help
        (148, 148, 295, True),
        (74, 148, 295, False),  # a tie fails
        (75, 148, 295, True),
        (150, 150, 300, False),  # half of the members is no majority of them
        (76, 151, 300, True),
        (75, 151, 300, False),
        (75, 150, 299, False),
        (76, 150, 299, True),
        (0, 0, 0, False),
    ],
)
def test_consent_needs_a_quorum_and_more_yes_than_the_rest_of_those_present(
    yes, present, members, consent
):
    assert consents(float(yes), float(present), float(members)) == consent


@given(st.integers(0, 1000), st.data())
def test_d6_consent_is_the_arithmetic_of_the_constitution(members, data):
    present = data.draw(st.integers(0, members))
    yes = data.draw(st.integers(0, present))
    written = present >= members // 2 + 1 and yes > present - yes
    assert consents(float(yes), float(present), float(members)) == written


@pytest.mark.parametrize(("yes", "no", "abstain"), [(131, 26, 35), (139, 33, 22), (133, 11, 16)])
def test_the_votes_on_the_agreements_so_far_were_consent(yes, no, abstain):
    assert consents(float(yes), float(yes + no + abstain), 300.0)

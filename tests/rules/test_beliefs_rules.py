"""Learning the counterpart's reservation from what it tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules.beliefs import updated_mean, updated_sd

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
payments = st.floats(-3.0, 6.0)
spreads = st.floats(0.001, 1.0)

C8_SD = [0.1, 0.09981, 0.09691, 0.08533, 0.06525, 0.04598, 0.03216, 0.02305, 0.01704, 0.01297]


def test_c8_offers_of_a_boulware_reveal_the_reservation_slowly():
    sd, schedule = 0.1, []
    for round_index in range(10):
        sd = updated_sd(sd, (round_index / 9.0) ** 2, 0.02)
        schedule.append(sd)
    assert schedule == pytest.approx(C8_SD, abs=5.1e-6)


@given(spreads, st.lists(shares, min_size=1, max_size=12), spreads)
def test_c8_learning_step_by_step_adds_up_the_precisions(sd, conceded, noise):
    updated = sd
    for share in conceded:
        updated = updated_sd(updated, share, noise)
    precision = 1.0 / sd**2 + sum(share**2 for share in conceded) / noise**2
    assert updated == pytest.approx(precision**-0.5, rel=1e-10)


@given(payments, spreads, payments, payments, shares, spreads)
def test_c8_the_belief_is_the_precision_weighted_mean(mean, sd, offer, opening, conceded, noise):
    prior, news = 1.0 / sd**2, (conceded / noise) ** 2
    exact = mean * prior
    if conceded > 1e-6:
        exact += news * (opening + (offer - opening) / conceded)
        exact /= prior + news
        found = updated_mean(mean, sd, offer, opening, conceded, noise)
        assert found == pytest.approx(exact, rel=1e-7, abs=1e-7)


@given(payments, spreads, payments, payments, st.floats(0.0, 1.0))
def test_nothing_is_learnt_from_an_opening(mean, sd, offer, opening, noise):
    assert updated_mean(mean, sd, offer, opening, 0.0, noise) == mean
    assert updated_sd(sd, 0.0, noise) == pytest.approx(sd, rel=1e-15)


@given(payments, spreads, payments, payments, st.floats(0.05, 1.0))
def test_a_noiseless_offer_after_the_opening_reveals_the_reservation(
    mean, sd, reservation, opening, conceded
):
    offer = opening + conceded * (reservation - opening)
    found = updated_mean(mean, sd, offer, opening, conceded, 0.0)
    assert found == pytest.approx(reservation, abs=1e-9)
    assert updated_sd(sd, conceded, 0.0) == 0.0


@given(payments, payments, payments, shares)
def test_who_is_sure_and_hears_no_noise_has_nothing_to_learn(mean, offer, opening, conceded):
    assert updated_mean(mean, 0.0, offer, opening, conceded, 0.0) == mean
    assert updated_sd(0.0, conceded, 0.0) == 0.0


@given(payments, spreads, payments, shares, spreads)
def test_an_offer_as_expected_leaves_the_belief_where_it_was(mean, sd, opening, conceded, noise):
    offer = opening + conceded * (mean - opening)
    assert updated_mean(mean, sd, offer, opening, conceded, noise) == pytest.approx(mean, abs=1e-9)


@given(spreads, shares, shares, spreads)
def test_a_belief_only_sharpens_and_the_more_the_more_is_conceded(sd, one, other, noise):
    low, high = sorted((one, other))
    less, more = updated_sd(sd, low, noise), updated_sd(sd, high, noise)
    assert 0.0 < more <= less * (1.0 + 1e-15)
    assert less <= sd * (1.0 + 1e-15)
    assert not math.isnan(more)

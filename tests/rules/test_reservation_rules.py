"""Reservation values, the mandate, the ministry's limit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from sim.rules.reservation import (
    assembly_limit,
    logistic_scale,
    ministry_reservation,
    perceived_mandate,
    reservation_value,
    uniform_half_width,
    worth_as_precedent,
)
from sim.rules.special_functions import normal_quantile

pytestmark = pytest.mark.plain

NORMAL, LOGISTIC, UNIFORM = 0.0, 1.0, 2.0
payments = st.floats(-3.0, 6.0)
spreads = st.floats(0.0, 1.0)
draws = st.floats(2.0**-53, 1.0 - 2.0**-53)


# quantiles


@given(draws)
def test_the_normal_quantile_agrees_with_scipy(draw):
    assert normal_quantile(draw) == pytest.approx(float(ndtri(draw)), rel=2e-15, abs=2e-16)


@given(st.integers(1, 53), st.booleans())
def test_as241_the_normal_quantile_agrees_with_scipy_in_the_tails(bits, upper):
    draw = 1.0 - 2.0**-bits if upper else 2.0**-bits
    assert normal_quantile(draw) == pytest.approx(float(ndtri(draw)), rel=2e-15, abs=2e-16)


@pytest.mark.parametrize(
    ("draw", "quantile"),
    [
        (0.25, -0.6744897501960817),
        (0.001, -3.090232306167814),
        (1e-20, -9.262340089798408),  # the three examples of the algorithm's author
    ],
)
def test_as241_the_author_s_examples(draw, quantile):
    assert normal_quantile(draw) == pytest.approx(quantile, rel=1e-15)


@pytest.mark.parametrize("edge", [0.01, 0.99, math.exp(-25.0), 1.0 - math.exp(-25.0)])
def test_as241_the_fits_meet_at_their_edges(edge):
    below, above = math.nextafter(edge, 0.0), math.nextafter(edge, 1.0)
    assert normal_quantile(below) == pytest.approx(float(ndtri(below)), rel=2e-15)
    assert normal_quantile(above) == pytest.approx(float(ndtri(above)), rel=2e-15)


@given(st.integers(1, 2**52 - 1))
def test_the_normal_quantile_mirrors_its_halves(step):
    below = step * 2.0**-53
    assert normal_quantile(below) == -normal_quantile(1.0 - below)
    assert normal_quantile(0.5) == 0.0


@given(draws, draws)
def test_the_normal_quantile_rises(one, other):
    low, high = sorted((one, other))
    assert normal_quantile(low) <= normal_quantile(high) + 1e-14


def test_laws_of_one_standard_deviation():
    assert uniform_half_width(1.0) == pytest.approx(math.sqrt(3.0), abs=1e-15)
    assert logistic_scale(1.0) == pytest.approx(math.sqrt(3.0) / math.pi, abs=1e-15)


@pytest.mark.parametrize("family", [NORMAL, LOGISTIC, UNIFORM])
def test_reservation_values_have_the_mean_and_spread_of_their_law(family):
    even = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([reservation_value(family, 1.1, 0.2, float(draw)) for draw in even])
    assert values.mean() == pytest.approx(1.1, abs=1e-9)
    assert values.std() == pytest.approx(0.2, rel=2e-3)


@given(st.sampled_from([NORMAL, LOGISTIC, UNIFORM]), payments, spreads, draws, draws)
def test_a_reservation_value_rises_with_its_draw_and_is_its_mean_without_spread(
    family, mean, sd, one, other
):
    low, high = sorted((one, other))
    least = reservation_value(family, mean, sd, low)
    assert least <= reservation_value(family, mean, sd, high) + 1e-12
    assert reservation_value(family, mean, 0.0, one) == mean
    assert reservation_value(family, mean, sd, 0.5) == pytest.approx(mean, abs=1e-12)


@given(payments, spreads, draws)
def test_a_uniform_reservation_value_stays_on_its_support(mean, sd, draw):
    reach = uniform_half_width(sd)
    assert abs(reservation_value(UNIFORM, mean, sd, draw) - mean) <= reach + 1e-12


# what a side will take


def test_h2_partners_who_watch_raise_the_reservation_value():
    assert worth_as_precedent(1.10, 0.93825, 1.5) == pytest.approx(1.293628, abs=5.1e-7)


@given(payments, payments, st.floats(0.0, 100.0))
def test_a_precedent_pulls_towards_what_it_should_be_worth(reservation, others, weight):
    worth = worth_as_precedent(reservation, weight, others)
    assert min(reservation, others) - 1e-9 <= worth <= max(reservation, others) + 1e-9
    assert worth_as_precedent(reservation, 0.0, others) == reservation


@given(payments, payments, spreads, spreads, st.floats(-8.0, 8.0))
def test_a_mandate_never_exceeds_the_public_demand(threshold, demand, bias, sd, noise):
    assert perceived_mandate(threshold, demand, bias, sd, noise) <= demand
    if threshold <= demand:
        assert perceived_mandate(threshold, demand, 0.0, 0.0, noise) == threshold


def test_a_biased_team_thinks_its_president_softer_than_he_is():
    assert perceived_mandate(1.1, 5.0, 0.02, 0.05, 1.0) == pytest.approx(1.13, abs=1e-15)
    assert perceived_mandate(1.1, 1.12, 0.02, 0.05, 1.0) == 1.12


@given(payments, payments, st.floats(-8.0, 8.0))
def test_a_ministry_without_a_signal_does_not_know_the_shock(limit, shock, noise):
    assert assembly_limit(limit, shock, 0.0, 0.0, noise) == limit
    assert assembly_limit(limit, shock, 1.0, 0.0, noise) == limit + shock


def test_an_assembly_limit_uses_the_signal_by_its_weight():
    assert assembly_limit(1.3, 0.1, 0.5, 0.02, -1.0) == pytest.approx(1.33, abs=1e-15)


def test_the_ministry_is_bound_by_the_tighter_of_its_two_limits():
    assert ministry_reservation(1.25, 1.2, 0.05, 0.02) == pytest.approx(-1.17, abs=1e-15)
    assert ministry_reservation(1.15, 1.2, 0.05, 0.02) == pytest.approx(-1.12, abs=1e-15)
    assert ministry_reservation(1.15, math.inf, 0.0, 0.0) == -1.15


@given(payments, payments, spreads, spreads)
def test_backlash_hardens_the_ministry_and_a_threat_softens_it(own, limit, backlash, threat):
    calm = ministry_reservation(own, limit, 0.0, 0.0)
    assert calm == -min(own, limit)
    assert ministry_reservation(own, limit, backlash, 0.0) >= calm
    assert ministry_reservation(own, limit, 0.0, threat) <= calm

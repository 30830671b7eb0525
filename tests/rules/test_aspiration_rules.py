"""Targets, concession and positions; the oracle policies' closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import wrightomega

from sim.rules.aspiration import (
    auction_ask,
    auction_bid,
    concession_share,
    pie,
    position,
    single_demand,
    subgame_perfect_share,
    take_it_or_leave_it,
    take_it_or_leave_it_uniform,
    target_utility,
    time_share,
)
from sim.rules.responding import logistic

pytestmark = pytest.mark.plain

shares = st.floats(0.0, 1.0)
payments = st.floats(-3.0, 6.0)
exponents = st.floats(0.05, 20.0)
spreads = st.floats(0.01, 1.0)
SD_OF_SCALE = math.pi / math.sqrt(3.0)  # standard deviation of a logistic law of scale 1
SD_OF_HALF_WIDTH = 1.0 / math.sqrt(3.0)  # of a uniform law of half-width 1


# the clock


def test_the_clock_runs_from_nothing_in_the_first_round_to_all_in_the_last():
    assert [time_share(float(r), 0.0, 5.0) for r in range(5)] == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_successor_s_clock_starts_in_the_round_of_his_inauguration():
    assert time_share(7.0, 7.0, 10.0) == 0.0
    assert time_share(8.0, 7.0, 10.0) == 0.5
    assert time_share(9.0, 7.0, 10.0) == 1.0


@pytest.mark.parametrize(("start", "rounds"), [(0.0, 1.0), (9.0, 10.0), (12.0, 10.0)])
def test_who_starts_in_the_last_round_has_no_time_to_concede_slowly(start, rounds):
    assert time_share(start, start, rounds) == 1.0


@given(st.integers(2, 400), st.data())
def test_the_used_share_of_time_lies_between_nothing_and_all(rounds, data):
    start = data.draw(st.integers(0, rounds - 2))
    now = data.draw(st.integers(start, rounds - 1))
    used = time_share(float(now), float(start), float(rounds))
    assert 0.0 <= used <= 1.0
    if now > start:
        assert used > time_share(float(now - 1), float(start), float(rounds))


@given(exponents)
def test_nothing_is_conceded_at_the_start_and_everything_at_the_end(exponent):
    assert concession_share(0.0, exponent) == 0.0
    assert concession_share(1.0, exponent) == 1.0


@given(st.floats(0.01, 0.99), st.floats(1.01, 20.0))
def test_a_boulware_concedes_late_and_a_conceder_early(time, exponent):
    assert concession_share(time, exponent) < time
    assert concession_share(time, 1.0 / exponent) > time
    assert concession_share(time, 1.0) == time


@given(shares, shares, exponents)
def test_concession_never_goes_back(one, other, exponent):
    early, late = sorted((one, other))
    assert concession_share(early, exponent) <= concession_share(late, exponent)


# the best single demand


@pytest.mark.parametrize(
    ("scale", "reservation", "demand"),
    [(0.05, 1.05, 1.210397), (0.1, 1.05, 1.25), (0.2, 1.05, 1.363429), (0.05, 1.2, 1.278357)],
)
def test_c5_the_best_demand_against_a_logistic_unknown_has_a_closed_form(
    scale, reservation, demand
):
    found = take_it_or_leave_it(reservation, 1.25, scale * SD_OF_SCALE)
    assert found == pytest.approx(demand, abs=5.1e-7)


@given(payments, payments, st.floats(0.02, 1.0))
def test_no_other_single_demand_brings_more_against_a_logistic_unknown(reservation, believed, sd):
    scale = sd / SD_OF_SCALE

    def loss(demand):
        return -(demand - reservation) * logistic((believed - demand) / scale)

    found = take_it_or_leave_it(reservation, believed, sd)
    step = 1e-3 * scale
    assert found > reservation
    assert loss(found) <= min(loss(found - step), loss(found + step)) * (1.0 - 1e-12)


@given(payments, payments, payments, spreads)
def test_a_single_demand_rises_with_what_the_other_is_believed_to_bear(own, one, other, sd):
    low, high = sorted((one, other))
    assert take_it_or_leave_it(own, low, sd) <= take_it_or_leave_it(own, high, sd) + 1e-12


@pytest.mark.parametrize("sd", [1e-2, 1e-4, 1e-8])
def test_c5_a_nearly_known_counterpart_is_asked_for_a_little_less_than_it_bears(sd):
    scale = sd / SD_OF_SCALE
    exact = scale * (1.0 + float(wrightomega(1.0 / scale - 1.0)))
    assert exact < 1.0
    assert take_it_or_leave_it(0.0, 1.0, sd) == pytest.approx(exact, abs=1e-14)


def test_a_known_counterpart_is_asked_for_all_that_it_bears():
    assert take_it_or_leave_it(1.0, 1.3, 0.0) == 1.3
    assert take_it_or_leave_it(1.4, 1.3, 0.0) == 1.4


@given(payments, payments)
def test_a_single_demand_against_a_nearly_known_counterpart_takes_nearly_all(own, believed):
    found = take_it_or_leave_it(own, believed, 1e-9)
    assert found == pytest.approx(max(own, believed), abs=1e-7)


@pytest.mark.parametrize(
    ("reservation", "demand"), [(1.0, 1.225), (1.2, 1.325), (0.6, 1.05), (1.5, 1.5)]
)
def test_c4_the_best_demand_against_a_uniform_unknown(reservation, demand):
    found = take_it_or_leave_it_uniform(reservation, 1.25, 0.2 * SD_OF_HALF_WIDTH)
    assert found == pytest.approx(demand, abs=1e-12)


@given(payments, payments, spreads)
def test_no_other_single_demand_brings_more_against_a_uniform_unknown(reservation, believed, sd):
    low, high = believed - sd / SD_OF_HALF_WIDTH, believed + sd / SD_OF_HALF_WIDTH

    def loss(demand):
        accepted = min(1.0, max(0.0, (high - demand) / (high - low)))
        return -(demand - reservation) * accepted

    found = take_it_or_leave_it_uniform(reservation, believed, sd)
    assert found >= reservation
    if reservation < high:
        bounds = (max(reservation, low) - 1e-9, high)
        best = minimize_scalar(loss, bounds=bounds, method="bounded")
        assert loss(found) <= best.fun + 1e-9


# positions


@given(payments, shares, payments)
def test_a_target_lies_between_reservation_and_best_demand(reservation, ambition, demand):
    target = target_utility(reservation, ambition, demand)
    assert min(reservation, demand) - 1e-12 <= target <= max(reservation, demand) + 1e-12
    assert target_utility(reservation, 0.0, demand) == reservation
    assert target_utility(reservation, 1.0, demand) == pytest.approx(demand, abs=1e-12)


def test_a_position_is_conceded_from_opening_to_target():
    tabled = [position(1.2, 2.0, 1.1, conceded, 0.0) for conceded in (0.0, 0.25, 0.5, 1.0)]
    assert tabled == pytest.approx([2.0, 1.8, 1.6, 1.2], abs=1e-12)


def test_noise_is_added_to_what_is_tabled():
    assert position(1.2, 2.0, 1.1, 0.5, 0.15) == pytest.approx(1.75, abs=1e-15)
    assert position(1.2, 2.0, 1.1, 0.5, -0.15) == pytest.approx(1.45, abs=1e-15)


@given(payments, payments, payments, shares, st.floats(-1.0, 1.0))
def test_a_side_never_tables_a_position_below_its_reservation_utility(
    target, opening, reservation, conceded, noise
):
    tabled = position(target, opening, reservation, conceded, noise)
    assert tabled >= reservation
    assert tabled <= max(opening, reservation)


@given(payments, payments, payments, shares, shares)
def test_a_position_never_hardens_with_time(target, gap, reservation, one, other):
    early, late = sorted((one, other))
    opening = target + abs(gap)
    first = position(target, opening, reservation, early, 0.0)
    assert position(target, opening, reservation, late, 0.0) <= first + 1e-12


@given(payments, payments, payments)
def test_a_single_demand_keeps_between_reservation_and_public_position(best, opening, reservation):
    tabled = single_demand(best, opening, reservation)
    assert reservation <= tabled <= max(opening, reservation)
    if reservation <= best <= opening:
        assert tabled == best


# the oracles


def test_there_is_nothing_to_share_where_reservations_miss_each_other():
    assert pie(0.0, 1.1, -1.25) == pytest.approx(0.15, abs=1e-15)
    assert pie(0.0, 1.3, -1.25) == 0.0


@given(payments, payments, payments)
def test_a_pie_is_never_negative_and_grows_with_the_joint_gain(gain, own, other):
    assert pie(gain, own, other) >= 0.0
    assert pie(gain + 0.5, own, other) >= pie(gain, own, other)


@pytest.mark.parametrize(
    ("offers", "own", "other", "share"),
    [
        (1, 0.9, 0.9, 1.0),
        (2, 0.9, 0.9, 0.1),
        (3, 0.9, 0.9, 0.91),
        (4, 0.9, 0.9, 0.181),
        (5, 0.9, 0.9, 0.8371),
        (10, 0.9, 0.9, 0.342800821),
        (4, 0.95, 0.9, 0.1855),
    ],
)
def test_a2_the_last_proposer_takes_all(offers, own, other, share):
    assert subgame_perfect_share(float(offers), own, other) == pytest.approx(share, abs=1e-9)


@given(st.integers(2, 60), shares, shares)
def test_a2_a_proposer_leaves_the_responder_what_he_would_get_by_waiting(offers, own, other):
    share = subgame_perfect_share(float(offers), own, other)
    waited = subgame_perfect_share(float(offers - 1), other, own)
    assert 0.0 <= share <= 1.0
    assert share == pytest.approx(1.0 - other * waited, abs=1e-12)


@given(shares)
def test_c1_the_auction_s_ask_and_bid_are_the_linear_equilibrium(type_):
    assert auction_ask(type_, 0.0, 1.0, 0.5) == pytest.approx(2 * type_ / 3 + 1 / 4, abs=1e-12)
    assert auction_bid(type_, 0.0, 1.0, 0.5) == pytest.approx(2 * type_ / 3 + 1 / 12, abs=1e-12)


def test_c2_a_buyer_who_sets_the_price_shades_and_one_who_does_not_is_honest():
    assert auction_bid(0.8, 0.0, 1.0, 0.5) == pytest.approx(0.616667, abs=5.1e-7)
    assert auction_bid(0.8, 0.0, 1.0, 0.0) == pytest.approx(0.8, abs=1e-12)
    assert auction_ask(0.8, 0.0, 1.0, 1.0) == pytest.approx(0.8, abs=1e-12)


@given(shares, st.floats(-2.0, 2.0), st.floats(0.1, 3.0), shares)
def test_c2_ask_and_bid_move_with_the_support(type_, lowest, width, split):
    value = lowest + width * type_
    ask, bid = auction_ask(type_, 0.0, 1.0, split), auction_bid(type_, 0.0, 1.0, split)
    assert auction_ask(value, lowest, width, split) == pytest.approx(lowest + width * ask)
    assert auction_bid(value, lowest, width, split) == pytest.approx(lowest + width * bid)


@given(shares, shares, shares)
def test_c2_no_bid_brings_a_buyer_more_than_the_linear_one(value, other, split):
    """Against linear asks of uniform costs, the expected gain has its maximum at the rule's bid."""

    def gain(bid):
        slope, base = 1.0 / (2.0 - split), 0.5 * (1.0 - split)
        cost = min(1.0, max(0.0, (bid - base) / slope))  # the highest cost whose ask is met
        asks = base * cost + 0.5 * slope * cost * cost  # their sum
        return (value - split * bid) * cost - (1.0 - split) * asks

    assert gain(auction_bid(value, 0.0, 1.0, split)) >= gain(other) - 1e-12


@pytest.mark.parametrize("sd", [5e-324, 1e-300, 1e-155, 1e-101])
def test_a_belief_without_doubt_to_speak_of_is_as_good_as_sure(sd):
    assert take_it_or_leave_it(1.0, 1.3, sd) == 1.3
    assert take_it_or_leave_it(1.4, 1.3, sd) == 1.4

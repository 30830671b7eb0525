"""Time-dependent concession: rows F1 and F2."""

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.theory.concession import continuous_agreement, position, session_agreement

US_RESERVATION, SEOUL_OPENING, SEOUL_RESERVATION = 1.1, 1.0, 1.25

EXPONENTS = st.floats(0.2, 5.0)
GAPS = st.floats(0.01, 5.0)


def continuous(demand: float, us_exponent: float, seoul_exponent: float) -> tuple[float, float]:
    """The agreement at the reservation values of row F1."""
    found = continuous_agreement(
        demand, US_RESERVATION, SEOUL_OPENING, SEOUL_RESERVATION, us_exponent, seoul_exponent
    )
    assert found is not None
    return found


@st.composite
def talks_with_a_zone(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """US opening and reservation value, Seoul's opening and reservation value, with a zone."""
    us_reservation = draw(st.floats(0.5, 2.0))
    seoul_reservation = us_reservation + draw(st.floats(0.0, 1.0))
    seoul_opening = us_reservation - draw(GAPS)
    us_opening = seoul_reservation + draw(GAPS)
    return us_opening, us_reservation, seoul_opening, seoul_reservation


@pytest.mark.parametrize(
    ("exponent", "time"), [(0.5, 0.937320), (1, 0.968153), (2, 0.983948), (4, 0.991941)]
)
def test_F1_common_patience_moves_the_date_and_leaves_the_price(
    exponent: float, time: float
) -> None:
    found_time, found_price = continuous(5.56, exponent, exponent)
    assert found_time == pytest.approx(time, abs=5e-7)
    assert found_price == pytest.approx(1.242038, abs=5e-7)
    gap, zone = 5.56 - SEOUL_OPENING, SEOUL_RESERVATION - US_RESERVATION
    ends = 5.56 * (SEOUL_RESERVATION - SEOUL_OPENING) + SEOUL_OPENING * (5.56 - US_RESERVATION)
    assert found_time == pytest.approx((gap / (gap + zone)) ** (1.0 / exponent), abs=1e-9)
    assert found_price == pytest.approx(ends / (gap + zone), abs=1e-9)


@pytest.mark.parametrize(
    ("demand", "time", "price"),
    [
        (1.5, 0.824808, 1.170077),
        (2.0, 0.890725, 1.198348),
        (3.0, 0.937088, 1.219533),
        (5.56, 0.969712, 1.235085),
    ],
)
def test_F1_two_kinds_of_patience_meet_at_the_root_of_the_quadratic(
    demand: float, time: float, price: float
) -> None:
    found_time, found_price = continuous(demand, 1.0, 2.0)
    assert found_time == pytest.approx(time, abs=5e-7)
    assert found_price == pytest.approx(price, abs=5e-7)
    curve, slope = SEOUL_RESERVATION - SEOUL_OPENING, demand - US_RESERVATION
    gap = demand - SEOUL_OPENING
    root = (math.sqrt(slope * slope + 4.0 * curve * gap) - slope) / (2.0 * curve)
    assert found_time == pytest.approx(root, abs=1e-9)
    assert found_price == pytest.approx(demand - slope * root, abs=1e-9)


@given(talks_with_a_zone(), EXPONENTS, EXPONENTS)
@settings(max_examples=100, deadline=None)
def test_F1_both_sides_ask_the_agreed_price_at_the_agreed_time(
    talks: tuple[float, float, float, float], us_exponent: float, seoul_exponent: float
) -> None:
    found = continuous_agreement(*talks, us_exponent, seoul_exponent)
    assert found is not None
    time, price = found
    us_opening, us_reservation, seoul_opening, seoul_reservation = talks
    assert 0.0 <= time <= 1.0
    assert us_reservation - 1e-12 <= price <= seoul_reservation + 1e-12
    us = position(us_opening, us_reservation, time, us_exponent)
    seoul = position(seoul_opening, seoul_reservation, time, seoul_exponent)
    assert us == pytest.approx(price, abs=1e-9)
    assert seoul == pytest.approx(price, abs=1e-9)


@given(talks_with_a_zone(), EXPONENTS, EXPONENTS, st.floats(1.05, 3.0))
@settings(max_examples=100, deadline=None)
def test_F1_the_side_that_holds_out_longer_gets_the_better_price_later(
    talks: tuple[float, float, float, float], us: float, seoul: float, harder: float
) -> None:
    base = continuous_agreement(*talks, us, seoul)
    firm_us = continuous_agreement(*talks, us * harder, seoul)
    firm_seoul = continuous_agreement(*talks, us, seoul * harder)
    assert base is not None and firm_us is not None and firm_seoul is not None
    assert firm_us[0] >= base[0] - 1e-12 and firm_us[1] >= base[1] - 1e-12
    assert firm_seoul[0] >= base[0] - 1e-12 and firm_seoul[1] <= base[1] + 1e-12


@given(talks_with_a_zone(), EXPONENTS, EXPONENTS, st.floats(0.01, 0.4), st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_F1_F2_without_a_zone_of_agreement_the_positions_never_meet(
    talks: tuple[float, float, float, float], us: float, seoul: float, short: float, rounds: int
) -> None:
    us_opening, us_reservation, _, _ = talks
    apart = us_opening, us_reservation, us_reservation - 0.5, us_reservation - short
    assert continuous_agreement(*apart, us, seoul) is None
    assert session_agreement(*apart, rounds, us, seoul) is None


@pytest.mark.parametrize("us_opening", [1.0, 1.0 + 2**-52])
def test_F1_a_demand_that_seoul_opens_with_is_agreed_at_once(us_opening: float) -> None:
    assert continuous_agreement(us_opening, -1000.0, 1.0, 1.25, 2.0, 0.5) == (0.0, 1.0)


@given(st.floats(1.26, 8.0), EXPONENTS)
@settings(max_examples=100, deadline=None)
def test_F1_a_bigger_demand_brings_a_later_deal_and_a_higher_price(
    demand: float, exponent: float
) -> None:
    lower, higher = (continuous(asked, exponent, exponent) for asked in (demand, demand + 0.1))
    assert higher[0] > lower[0]
    assert higher[1] > lower[1]


@pytest.mark.parametrize(
    ("demand", "rounds", "us_exponent", "seoul_exponent", "round_index", "price"),
    [
        (1.4, 10, 1.0, 1.0, 6, 7 / 6),
        (2.0, 10, 1.0, 1.0, 8, 1.2),
        (5.56, 10, 1.0, 1.0, 8, 11 / 9),
        (5.56, 20, 0.5, 2.0, 18, 5.56 - 4.46 * math.sqrt(18 / 19)),
    ],
)
def test_F2_the_first_acceptable_offer_settles(
    demand: float,
    rounds: int,
    us_exponent: float,
    seoul_exponent: float,
    round_index: int,
    price: float,
) -> None:
    found = session_agreement(
        demand,
        US_RESERVATION,
        SEOUL_OPENING,
        SEOUL_RESERVATION,
        rounds,
        us_exponent,
        seoul_exponent,
    )
    assert found == (round_index, pytest.approx(price, abs=1e-9))


@pytest.mark.parametrize(
    ("price", "printed"),
    [
        (7 / 6, 1.166667),
        (1.2, 1.2),
        (11 / 9, 1.222222),
        (5.56 - 4.46 * math.sqrt(18 / 19), 1.218955),
    ],
)
def test_F2_the_exact_prices_are_the_printed_ones(price: float, printed: float) -> None:
    assert price == pytest.approx(printed, abs=5e-7)


def dance(us: list[Fraction], seoul: list[Fraction]) -> tuple[int, Fraction] | None:
    """The first offer that is no worse for its receiver than the offer he would make next."""
    offers = [offer for pair in zip(us, seoul, strict=True) for offer in pair]
    for turn, (offer, reply) in enumerate(zip(offers, offers[1:], strict=False)):
        seoul_answers = turn % 2 == 0
        if offer <= reply if seoul_answers else offer >= reply:
            return turn // 2, offer
    return None


@given(
    st.integers(101, 800),
    st.integers(80, 130),
    st.integers(80, 140),
    st.integers(2, 25),
    st.integers(1, 4),
    st.integers(1, 4),
)
@settings(max_examples=100, deadline=None)
def test_F2_agrees_with_the_exchange_of_offers_told_turn_by_turn(
    demand: int, us_least: int, seoul_most: int, rounds: int, us_power: int, seoul_power: int
) -> None:
    assume(demand >= us_least and seoul_most >= 80)
    opening, least, low, most = (Fraction(x, 100) for x in (demand, us_least, 80, seoul_most))
    clock = [Fraction(s, rounds - 1) for s in range(rounds)]
    us = [opening - (opening - least) * t**us_power for t in clock]
    seoul = [low + (most - low) * t**seoul_power for t in clock]
    told = dance(us, seoul)
    found = session_agreement(
        float(opening), float(least), 0.8, float(most), rounds, us_power, seoul_power
    )
    if told is None:
        assert found is None
    else:
        assert found == (told[0], pytest.approx(float(told[1]), abs=1e-9))


@given(talks_with_a_zone(), EXPONENTS, EXPONENTS, st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_F2_with_a_zone_there_is_always_a_deal_that_suits_both(
    talks: tuple[float, float, float, float], us: float, seoul: float, rounds: int
) -> None:
    found = session_agreement(*talks, rounds, us, seoul)
    assert found is not None
    assert 0 <= found[0] < rounds
    assert talks[1] - 2e-9 <= found[1] <= talks[3] + 2e-9


@pytest.mark.parametrize(("us_exponent", "seoul_exponent"), [(1.0, 2.0), (0.5, 0.5), (3.0, 1.0)])
def test_F2_many_short_sessions_approach_the_continuous_agreement(
    us_exponent: float, seoul_exponent: float
) -> None:
    rounds = 20_001
    found = session_agreement(
        3.0, US_RESERVATION, SEOUL_OPENING, SEOUL_RESERVATION, rounds, us_exponent, seoul_exponent
    )
    assert found is not None
    time, price = continuous(3.0, us_exponent, seoul_exponent)
    assert found[0] / (rounds - 1) == pytest.approx(time, abs=2.0 / rounds)
    assert found[1] == pytest.approx(price, abs=5e-4)


def test_F2_a_single_session_is_the_last_one() -> None:
    assert session_agreement(5.0, 1.1, 1.0, 1.25, 1, 1.0, 1.0) == (0, 1.1)
    assert session_agreement(5.0, 1.3, 1.0, 1.25, 1, 1.0, 1.0) is None


def test_F2_a_demand_below_seouls_opening_is_accepted_at_once() -> None:
    assert session_agreement(1.0, 0.9, 1.1, 1.2, 5, 1.0, 1.0) == (0, 1.0)


@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(0.0, 1.0), EXPONENTS)
@settings(max_examples=100, deadline=None)
def test_a_position_lies_between_opening_and_reservation(
    opening: float, reservation: float, time: float, exponent: float
) -> None:
    found = position(opening, reservation, time, exponent)
    low, high = sorted((opening, reservation))
    assert low - 1e-12 <= found <= high + 1e-12
    assert position(opening, reservation, 1.0, exponent) == reservation
    assert position(opening, reservation, 0.0, exponent) == pytest.approx(opening, abs=1e-14)


POSITION = {"opening": 5.0, "reservation": 1.1, "time": 0.5, "exponent": 1.0}
CONTINUOUS = {
    "us_opening": 5.0,
    "us_reservation": 1.1,
    "seoul_opening": 1.0,
    "seoul_reservation": 1.25,
    "us_exponent": 1.0,
    "seoul_exponent": 2.0,
}
SESSION = CONTINUOUS | {"rounds": 10}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("opening", math.inf, r"\(-inf, inf\)"),
        ("reservation", math.nan, r"\(-inf, inf\)"),
        ("time", 1.5, r"\[0, 1\]"),
        ("exponent", 0.0, r"\(0, inf\)"),
    ],
)
def test_a_position_off_the_clock_is_refused(name: str, value: float, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is {value:.10g}; it must lie in {allowed}"):
        position(**(POSITION | {name: value}))


@pytest.mark.parametrize("function", [continuous_agreement, session_agreement])
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("us_opening", 1.0, r"\[1.1, inf\)"),
        ("us_reservation", math.nan, r"\(-inf, inf\)"),
        ("seoul_opening", 1.3, r"\(-inf, 1.25\]"),
        ("seoul_reservation", math.inf, r"\(-inf, inf\)"),
        ("us_exponent", 0.0, r"\(0, inf\)"),
        ("seoul_exponent", -1.0, r"\(0, inf\)"),
    ],
)
def test_talks_that_open_beyond_their_reservation_are_refused(
    function: Any, name: str, value: float, allowed: str
) -> None:
    arguments = CONTINUOUS if function is continuous_agreement else SESSION
    with pytest.raises(ValueError, match=f"^{name} is {value:.10g}; it must lie in {allowed}"):
        function(**(arguments | {name: value}))


def test_continuous_talks_in_which_seoul_opens_above_washington_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^seoul_opening is 1.2; it must lie in \(-inf, 1.15\]"):
        continuous_agreement(1.15, 1.1, 1.2, 1.25, 1.0, 1.0)


@pytest.mark.parametrize("rounds", [0, 2.5])
def test_talks_without_a_whole_number_of_rounds_are_refused(rounds: Any) -> None:
    with pytest.raises(ValueError, match=f"^rounds is {rounds}; it must be a whole number"):
        session_agreement(5.0, 1.1, 1.0, 1.25, rounds, 1.0, 1.0)

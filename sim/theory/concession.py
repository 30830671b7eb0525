"""Time-dependent concession: when the two positions meet, and at which price.

The United States opens high and comes down, Seoul opens low and comes up. Each moves from its
opening to its reservation value along a clock that runs from 0 to 1 at the deadline:

    us(t)    = us_reservation    + (us_opening    - us_reservation)    (1 - t^us_exponent)
    seoul(t) = seoul_reservation - (seoul_reservation - seoul_opening) (1 - t^seoul_exponent)

An exponent above 1 holds out until late (boulware), one below 1 gives early (conceder). Prices are
in units of the base-year payment. The positions meet if and only if there is a zone of possible
agreement, seoul_reservation >= us_reservation: concession settles when and at which price, never
whether.
"""

import math

from scipy.optimize import root_scalar

from sim.theory.domains import FINITE, POSITIVE, SHARE, Interval, require, require_whole

# rounding must not turn two equal positions into a round without agreement
TIE = 1e-9


def position(opening: float, reservation: float, time: float, exponent: float) -> float:
    """What a side asks for, or offers, at a time, on its way from opening to reservation value.

    position = reservation + (opening - reservation) (1 - t^e)

    Assumes that the side reacts to the clock alone and is at its reservation value at the deadline.

    Parameters
    ----------
    opening, reservation : first and last position, in prices
    time : share t of the time to the deadline that has passed, in [0, 1]
    exponent : concession exponent e > 0

    Raises
    ------
    ValueError : a price is not finite, the time lies outside [0, 1] or the exponent is not
        positive.

    Source: Faratin, Sierra and Jennings (1998), Negotiation decision functions for autonomous
    agents, Robotics and Autonomous Systems 24.
    """
    require("opening", opening, FINITE)
    require("reservation", reservation, FINITE)
    require("time", time, SHARE)
    require("exponent", exponent, POSITIVE)
    return _position(opening, reservation, time, exponent)


def continuous_agreement(
    us_opening: float,
    us_reservation: float,
    seoul_opening: float,
    seoul_reservation: float,
    us_exponent: float,
    seoul_exponent: float,
) -> tuple[float, float] | None:
    """The time at which the positions meet and the price there; None without a zone of agreement.

    With a common exponent e, G = us_opening - seoul_opening and Z = seoul_reservation -
    us_reservation:

        time  = (G / (G + Z))^(1/e)
        price = [us_opening (seoul_reservation - seoul_opening)
                 + seoul_opening (us_opening - us_reservation)] / (G + Z)

    so that patience of both alike moves the date and leaves the price alone. With two exponents
    the meeting point is found by Brent's method, to rounding.

    Assumes continuous offers, acceptance as soon as the counterpart's position is reached, no
    walk-out, no discounting.

    Parameters
    ----------
    us_opening, us_reservation : prices, us_opening >= us_reservation
    seoul_opening, seoul_reservation : prices, seoul_opening <= seoul_reservation and
        seoul_opening <= us_opening
    us_exponent, seoul_exponent : concession exponents > 0

    Raises
    ------
    ValueError : a price is not finite, a side opens beyond its reservation value, Seoul opens
        above the United States, or an exponent is not positive.

    Source: Faratin, Sierra and Jennings (1998), Robotics and Autonomous Systems 24.
    """
    _require_positions(us_opening, us_reservation, seoul_opening, seoul_reservation)
    require("seoul_opening", seoul_opening, Interval(-math.inf, us_opening, "(]"))
    require("us_exponent", us_exponent, POSITIVE)
    require("seoul_exponent", seoul_exponent, POSITIVE)
    if seoul_reservation < us_reservation:
        return None
    if us_opening == seoul_opening:
        return 0.0, us_opening
    # in the concession of the earlier giver no position is steep, and a common exponent is linear
    earlier = min(us_exponent, seoul_exponent)

    def distance(conceded: float) -> float:
        us = _position(us_opening, us_reservation, conceded, us_exponent / earlier)
        return us - _position(seoul_opening, seoul_reservation, conceded, seoul_exponent / earlier)

    # an opening gap smaller than the rounding of the prices is closed at once
    conceded = 0.0
    if distance(0.0) > 0.0:
        conceded = root_scalar(distance, bracket=(0.0, 1.0), method="brentq", xtol=1e-15).root
    price = _position(us_opening, us_reservation, conceded, us_exponent / earlier)
    return math.pow(conceded, 1.0 / earlier), price


def session_agreement(
    us_opening: float,
    us_reservation: float,
    seoul_opening: float,
    seoul_reservation: float,
    rounds: int,
    us_exponent: float,
    seoul_exponent: float,
) -> tuple[int, float] | None:
    """The first round in which an offer is accepted, counted from 0, and its price; None if none.

    In round s the clock stands at t = s / (rounds - 1). The United States offers us(s), which
    Seoul accepts if it is no worse than its own next offer, us(s) <= seoul(s). Otherwise Seoul
    offers seoul(s), accepted if us(s + 1) <= seoul(s). The price is the accepted offer. In the
    last round nothing comes after Seoul's offer, and it falls to the first comparison alone: both
    sides are at their reservation values.

    Assumes acceptance against the own next offer (AC_next), no walk-out, no discounting; prices
    within 1e-9 of each other count as equal; a single round is the last one.

    Parameters
    ----------
    us_opening, us_reservation : prices, us_opening >= us_reservation
    seoul_opening, seoul_reservation : prices, seoul_opening <= seoul_reservation
    rounds : number T of rounds, at least 1
    us_exponent, seoul_exponent : concession exponents > 0

    Raises
    ------
    ValueError : a price is not finite, a side opens beyond its reservation value, rounds is no
        whole number >= 1, or an exponent is not positive.

    Source: Faratin, Sierra and Jennings (1998), Robotics and Autonomous Systems 24; Baarslag,
    Hindriks and Jonker (2014), Effective acceptance conditions in real-time automated negotiation,
    Decision Support Systems 60.
    """
    _require_positions(us_opening, us_reservation, seoul_opening, seoul_reservation)
    require_whole("rounds", rounds, 1)
    require("us_exponent", us_exponent, POSITIVE)
    require("seoul_exponent", seoul_exponent, POSITIVE)
    for round_index in range(rounds):
        time = _session_time(round_index, rounds)
        us = _position(us_opening, us_reservation, time, us_exponent)
        seoul = _position(seoul_opening, seoul_reservation, time, seoul_exponent)
        if us <= seoul + TIE:
            return round_index, us
        if round_index + 1 < rounds:
            time_next = _session_time(round_index + 1, rounds)
            if _position(us_opening, us_reservation, time_next, us_exponent) <= seoul + TIE:
                return round_index, seoul
    return None


def _position(opening: float, reservation: float, time: float, exponent: float) -> float:
    """`position`, its arguments already checked."""
    return reservation + (opening - reservation) * (1.0 - math.pow(time, exponent))


def _session_time(round_index: int, rounds: int) -> float:
    """The clock in a round: 1 in the last one, even if it is the only one."""
    return round_index / (rounds - 1) if rounds > 1 else 1.0


def _require_positions(
    us_opening: float, us_reservation: float, seoul_opening: float, seoul_reservation: float
) -> None:
    """Raise ValueError unless both sides open on their own side of their reservation value."""
    require("us_reservation", us_reservation, FINITE)
    require("seoul_reservation", seoul_reservation, FINITE)
    require("us_opening", us_opening, Interval(us_reservation, math.inf, "[)"))
    require("seoul_opening", seoul_opening, Interval(-math.inf, seoul_reservation, "(]"))

"""Precedent: what a concession today costs in the talks with the partners next in line.

The chain store. A long-lived side (the incumbent) meets partners one after the other. Each may
challenge it or not; a challenged incumbent resists or gives in. A partner gets 0 if he does not
challenge, g if the incumbent gives in and g - 1 if it resists, 0 < g < 1. A weak incumbent gets
v > 1 from a partner who does not challenge, 0 if it gives in and -1 if it resists; a tough one
always resists. Its reputation is the probability that it is tough. With n partners left, this one
included, the weak incumbent resists to keep a reputation of g^(n-1) alive, and a partner challenges
unless the reputation exceeds g^n: resistance comes early, and for the last partner there is none.

The linear precedent carries the same thought to a price: each partner who will point to today's
settlement adds to what it is worth.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from sim.theory.domains import (
    FINITE,
    NON_NEGATIVE,
    POSITIVE,
    PROPER_SHARE,
    SHARE,
    Interval,
    require,
    require_whole,
)

DETERRENCE = Interval(1.0, math.inf, "()")


class ChainStorePath(NamedTuple):
    """What a weak incumbent meets and does: unconditional probabilities by stage."""

    challenge: NDArray[np.float64]
    fight: NDArray[np.float64]
    resistance: NDArray[np.float64]


def challenge_probability(
    reputation: float, partners_left: int, challenger_gain: float, deterrence_value: float
) -> float:
    """How likely the next partner is to challenge an incumbent of a given reputation.

    1 below the threshold g^n, 0 above it; at it he is indifferent, and challenges with probability
    1 - 1/v, which makes the weak incumbent indifferent one partner earlier.

    Assumes the chain-store game of the module's docstring.

    Parameters
    ----------
    reputation : probability that the incumbent is tough, in [0, 1]
    partners_left : n >= 1, this partner included
    challenger_gain : g in (0, 1), in units of the loss that resistance adds
    deterrence_value : v > 1, in units of the cost of resisting

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: Kreps and Wilson (1982), Reputation and imperfect information, Journal of Economic
    Theory 27.
    """
    require("reputation", reputation, SHARE)
    require_whole("partners_left", partners_left, 1)
    require("challenger_gain", challenger_gain, PROPER_SHARE)
    require("deterrence_value", deterrence_value, DETERRENCE)
    threshold = challenger_gain**partners_left
    if reputation == threshold:
        return 1.0 - 1.0 / deterrence_value
    return 1.0 if reputation < threshold else 0.0


def resistance_probability(reputation: float, partners_left: int, challenger_gain: float) -> float:
    """How likely a weak incumbent is to resist a challenge.

    0 with the last partner; otherwise 1 if the reputation p is at least B = g^(n-1), and below it
    (1 - B) p / ((1 - p) B), which lifts the reputation after resistance to B exactly.

    Assumes the chain-store game of the module's docstring.

    Parameters
    ----------
    reputation : probability that the incumbent is tough, in [0, 1]
    partners_left : n >= 1, the challenger included
    challenger_gain : g in (0, 1), in units of the loss that resistance adds

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: Kreps and Wilson (1982), Journal of Economic Theory 27.
    """
    require("reputation", reputation, SHARE)
    require_whole("partners_left", partners_left, 1)
    require("challenger_gain", challenger_gain, PROPER_SHARE)
    if partners_left == 1:
        return 0.0
    worth_keeping = challenger_gain ** (partners_left - 1)
    if reputation >= worth_keeping:
        return 1.0
    return (1.0 - worth_keeping) * reputation / ((1.0 - reputation) * worth_keeping)


def chain_store_path(
    prior: float, partners: int, challenger_gain: float, deterrence_value: float
) -> ChainStorePath:
    """How likely challenge and resistance are, by partner, if the incumbent is in fact weak.

    Exact recursion over the reputations that can occur: without a challenge it stays, after
    resistance it is max(p, g^(n-1)), after giving in it is 0. `challenge` and `fight` are the
    probabilities that a stage sees a challenge, and a challenge that is resisted; `resistance` is
    the probability that a challenge at that stage would be resisted. It never rises from one stage
    to the next, and ends at 0.

    Assumes the chain-store game of the module's docstring.

    Parameters
    ----------
    prior : reputation at the start, in [0, 1)
    partners : number of partners, at least 1; stage 0 is the first of them
    challenger_gain : g in (0, 1), in units of the loss that resistance adds
    deterrence_value : v > 1, in units of the cost of resisting

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: Kreps and Wilson (1982), Journal of Economic Theory 27.
    """
    require("prior", prior, Interval(0.0, 1.0, "[)"))
    require_whole("partners", partners, 1)
    path = ChainStorePath(np.zeros(partners), np.zeros(partners), np.zeros(partners))
    law = {float(prior): 1.0}
    for stage in range(partners):
        left = partners - stage
        law_next: dict[float, float] = {}
        for reputation, mass in law.items():
            challenge = challenge_probability(reputation, left, challenger_gain, deterrence_value)
            resistance = resistance_probability(reputation, left, challenger_gain)
            path.challenge[stage] += mass * challenge
            path.fight[stage] += mass * challenge * resistance
            path.resistance[stage] += mass * resistance
            for after, chance in (
                (reputation, 1.0 - challenge),
                (max(reputation, challenger_gain ** (left - 1)), challenge * resistance),
                (0.0, challenge * (1.0 - resistance)),
            ):
                law_next[after] = law_next.get(after, 0.0) + mass * chance
        law = {reputation: mass for reputation, mass in law_next.items() if mass > 0.0}
    return path


def precedent_weight(sizes: ArrayLike, pass_through: ArrayLike, discount_factor: float) -> float:
    """The weight of the partners next in line, relative to the deal on the table.

    m = sum over j >= 1 of beta^j s_j rho_j; nobody next in line, no weight.

    Assumes that each later settlement moves with today's by its pass-through, one after the other.

    Parameters
    ----------
    sizes : later payments in order, >= 0, in units of the payment on the table, shape (partners,)
    pass_through : share of today's price that carries over to each, in [0, 1], shape (partners,)
    discount_factor : beta in [0, 1], per partner

    Raises
    ------
    ValueError : an argument lies outside its interval, or the two lists differ in length.

    Source: Walter (2006), Building reputation: why governments fight some separatists but not
    others, American Journal of Political Science 50, for the argument; the linear form is new here.
    """
    size = np.atleast_1d(np.asarray(sizes, dtype=np.float64))
    carried = np.atleast_1d(np.asarray(pass_through, dtype=np.float64))
    require("sizes", size, NON_NEGATIVE)
    require("pass_through", carried, SHARE)
    require("discount_factor", discount_factor, SHARE)
    if size.ndim != 1 or size.shape != carried.shape:
        shapes = f"{size.shape} and {carried.shape}"
        raise ValueError(f"sizes and pass_through have shapes {shapes}; they must be equal lists")
    discount = np.power(discount_factor, np.arange(1, size.size + 1))
    return float((discount * size * carried).sum())


def precedent_reservation(reservation: float, weight: float, expected_price: float) -> float:
    """The least that the United States accepts when the deal is a precedent.

    r1 = (r + m x) / (1 + m): between the reservation value r on its own merits and the price x
    that the partners next in line are expected to pay.

    Assumes that a price one unit short of x loses one unit m times over.

    Parameters
    ----------
    reservation : r, a price
    weight : m >= 0, see `precedent_weight`
    expected_price : x, a price

    Raises
    ------
    ValueError : a price is not finite or the weight is negative or infinite.

    Source: Kreps and Wilson (1982), Journal of Economic Theory 27, and Walter (2006), American
    Journal of Political Science 50, for the argument; the linear form is new here.
    """
    require("reservation", reservation, FINITE)
    require("weight", weight, NON_NEGATIVE)
    require("expected_price", expected_price, FINITE)
    return (reservation + weight * expected_price) / (1.0 + weight)


def no_zone_probability(
    us_mean: float,
    us_sd: float,
    seoul_mean: float,
    seoul_sd: float,
    weight: float = 0.0,
    expected_price: float = 0.0,
) -> float:
    """The probability that no price suits both sides, when the deal is a precedent for one.

    P(r_M < r1) = Phi((E[r1] - mean_M) / sqrt(sd_M^2 + sd_P^2 / (1 + m)^2)), with r1 of
    `precedent_reservation`, whose spread shrinks by 1 + m.

    Assumes independent normal reservation values.

    Parameters
    ----------
    us_mean, us_sd : mean and standard deviation (>= 0) of the US reservation value, prices
    seoul_mean, seoul_sd : mean and standard deviation (> 0) of Seoul's, prices
    weight : m >= 0, see `precedent_weight`
    expected_price : price that the partners next in line are expected to pay

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: the normal distribution of a difference, with `precedent_reservation`.
    """
    require("us_sd", us_sd, NON_NEGATIVE)
    require("seoul_mean", seoul_mean, FINITE)
    require("seoul_sd", seoul_sd, POSITIVE)
    gap = precedent_reservation(us_mean, weight, expected_price) - seoul_mean
    return float(ndtr(gap / math.hypot(seoul_sd, us_sd / (1.0 + weight))))

"""Public commitments: what a demand made in public costs, and what it breaks.

A bargainer who has demanded z in public and settles for less pays an audience cost. Costs that grow
with the shortfall at a rate a move his reservation a share kappa = a / (1 + a) of the way to the
demand. With cheap words (kappa = 0) a demand breaks nothing; a commitment that cannot be taken
back (kappa = 1) is a take-it-or-leave-it offer. The kappa-law puts the US president on that line
between Fearon's offer and cheap talk.
"""

import math

import numpy as np
from scipy.special import ndtr

from sim.theory.domains import FINITE, NON_NEGATIVE, POSITIVE, SHARE, require
from sim.theory.pass_probability import both_below


def committed_share(
    first_demand: float, second_demand: float, first_cost: float, second_cost: float
) -> float | None:
    """The first side's Nash share of a pie of 1 under two revocable demands; None in deadlock.

    Utilities u_i = x_i - a_i (z_i - x_i)+ are positive from x_i = kappa_i z_i on, with
    kappa_i = a_i / (1 + a_i). Deadlock if kappa_1 z_1 + kappa_2 z_2 > 1. Otherwise

        x_1 = (1 + kappa_1 z_1 - kappa_2 z_2) / 2, clipped to [1 - z_2, z_1],

    if both demands bind: z_1 + z_2 >= 1, z_1 >= (1 - kappa_2 z_2) / 2 and the mirror image. A
    demand below what its side gets in any case is void. The maximum of the concave Nash product
    lies at the best point of one of its pieces or where two of them meet.

    Assumes linear utilities and audience costs, no agreement worth 0, free of audience costs.

    Parameters
    ----------
    first_demand, second_demand : publicly demanded shares z, in [0, 1]
    first_cost, second_cost : audience costs a per unit of shortfall, >= 0

    Raises
    ------
    ValueError : if a demand lies outside [0, 1] or a cost is negative or not finite.

    Source: Muthoo (1996), A bargaining model based on the commitment tactic, Journal of Economic
    Theory 69; without the restriction to demands that bind.
    """
    require("first_demand", first_demand, SHARE)
    require("second_demand", second_demand, SHARE)
    require("first_cost", first_cost, NON_NEGATIVE)
    require("second_cost", second_cost, NON_NEGATIVE)
    least = commitment_weight(first_cost) * first_demand
    left = commitment_weight(second_cost) * second_demand
    if least + left > 1.0:
        return None

    def nash_product(share: float) -> float:
        first = share - first_cost * max(0.0, first_demand - share)
        second = 1.0 - share - second_cost * max(0.0, second_demand - 1.0 + share)
        return first * second

    pieces = [0.5 * (1.0 + a - b) for a in (least, 0.0) for b in (left, 0.0)]
    candidates = np.clip([*pieces, first_demand, 1.0 - second_demand], least, 1.0 - left)
    return float(max(candidates, key=nash_product))


def equilibrium_commitment(first_cost: float, second_cost: float) -> float:
    """The first side's demand, and share, when both choose their public demands.

    z_1 = (1 + a_1) / (2 + a_1 + a_2) and z_2 = 1 - z_1: the demands that exhaust the pie with
    (1 + kappa_1 z_1 - kappa_2 z_2) / 2 = z_1, so that neither side gains by raising its own.

    Assumes simultaneous demands followed by the outcome of `committed_share`.

    Parameters
    ----------
    first_cost, second_cost : audience costs a per unit of shortfall, >= 0

    Raises
    ------
    ValueError : if a cost is negative or not finite.

    Source: Muthoo (1996), Journal of Economic Theory 69.
    """
    require("first_cost", first_cost, NON_NEGATIVE)
    require("second_cost", second_cost, NON_NEGATIVE)
    return (1.0 + first_cost) / (2.0 + first_cost + second_cost)


def lump_sum_deadlock(
    first_demand: float, second_demand: float, first_cost: float, second_cost: float
) -> bool:
    """Whether demands deadlock when going back on one costs a fixed amount, however little.

    Deadlock if and only if z_1 + z_2 > 1 (not both can be met), z_2 > 1 - A_1 and z_1 > 1 - A_2
    (neither can pay for yielding to the other) and A_1 + A_2 > 1 (nor both for yielding).

    Assumes a pie of 1, u_i = x_i - A_i if x_i < z_i and x_i otherwise, no agreement worth 0.

    Parameters
    ----------
    first_demand, second_demand : publicly demanded shares z, in [0, 1]
    first_cost, second_cost : fixed audience costs A of accepting less, >= 0

    Raises
    ------
    ValueError : if a demand lies outside [0, 1] or a cost is negative or not finite.

    Source: derived here, the lump-sum variant of Muthoo (1996).
    """
    require("first_demand", first_demand, SHARE)
    require("second_demand", second_demand, SHARE)
    require("first_cost", first_cost, NON_NEGATIVE)
    require("second_cost", second_cost, NON_NEGATIVE)
    incompatible = first_demand + second_demand > 1.0
    neither_yields = second_demand > 1.0 - first_cost and first_demand > 1.0 - second_cost
    return incompatible and neither_yields and first_cost + second_cost > 1.0


def deadlock_probability(
    first_demand: float, second_demand: float, first_cost: float, mean_second_cost: float
) -> float:
    """Probability of deadlock when the other side's audience cost is private and exponential.

    P = exp(-q / ((1 - q) mean)), q = (1 - kappa_1 z_1) / z_2; 0 if q >= 1. The deadlock of
    `committed_share` is kappa_2 > q, that is a_2 > q / (1 - q).

    Assumes a_2 exponential, revealed before the bargaining.

    Parameters
    ----------
    first_demand, second_demand : publicly demanded shares z, in [0, 1]
    first_cost : audience cost a_1 per unit of shortfall, >= 0
    mean_second_cost : mean of a_2, > 0

    Raises
    ------
    ValueError : if an argument lies outside its interval.

    Source: the deadlock of Muthoo (1996).
    """
    require("first_demand", first_demand, SHARE)
    require("second_demand", second_demand, SHARE)
    require("first_cost", first_cost, NON_NEGATIVE)
    require("mean_second_cost", mean_second_cost, POSITIVE)
    room = 1.0 - commitment_weight(first_cost) * first_demand
    if room >= second_demand:
        return 0.0
    return math.exp(-room / ((second_demand - room) * mean_second_cost))


def impasse_probability(first_sticks: float, second_sticks: float) -> float:
    """Probability of impasse after two incompatible attempts at commitment: both must stick.

    P = q_1 q_2. Assumes attempts that succeed independently; a side whose attempt fails yields.

    Parameters
    ----------
    first_sticks, second_sticks : probabilities q that the attempts succeed, in [0, 1]

    Raises
    ------
    ValueError : if a probability lies outside [0, 1].

    Source: Crawford (1982), A theory of disagreement in bargaining, Econometrica 50; Ellingsen and
    Miettinen (2008), Commitment and conflict in bilateral bargaining, American Economic Review 98.
    """
    require("first_sticks", first_sticks, SHARE)
    require("second_sticks", second_sticks, SHARE)
    return first_sticks * second_sticks


def commitment_weight(audience_cost: float, precedent_weight: float = 0.0) -> float:
    """The share kappa = a / (1 + m + a) of the way from reservation to demand that is binding.

    Parameters
    ----------
    audience_cost : audience cost a per unit of shortfall from the public demand, >= 0
    precedent_weight : weight m of a deal as a precedent, >= 0

    Raises
    ------
    ValueError : if an argument is negative or not finite.

    Source: Muthoo (1996), Journal of Economic Theory 69, for m = 0.
    """
    require("audience_cost", audience_cost, NON_NEGATIVE)
    require("precedent_weight", precedent_weight, NON_NEGATIVE)
    return audience_cost / (1.0 + precedent_weight + audience_cost)


def signing_threshold(
    demand: float,
    reservation: float,
    audience_cost: float,
    precedent_weight: float = 0.0,
    precedent_value: float = 0.0,
) -> float:
    """The least price r_P'(D) that a president signs after demanding D in public.

        r_P'(D) = (1 - kappa) min(D, r_1) + kappa D,    r_1 = (r_P + m xbar) / (1 + m).

    Signing x < D is worth (x - r_P) + m (x - xbar) - a (D - x), no agreement 0. He signs if
    (1 + m + a) x >= (1 + m) r_1 + a D, that is from (1 - kappa) r_1 + kappa D on, which lies below
    D if and only if r_1 < D. With r_1 >= D he would want more than he demanded: that he never
    refuses his own demand is an assumption, and puts min(D, r_1) in the place of r_1. So is that
    no agreement costs nothing at home and a price above the demand wins nothing there.

    Parameters
    ----------
    demand : public demand D, in units of the price
    reservation : reservation value r_P apart from precedent and audience
    audience_cost : audience cost a per unit of shortfall from D, >= 0
    precedent_weight : weight m of the price as a precedent, >= 0
    precedent_value : price xbar at which the deal is neutral as a precedent

    Raises
    ------
    ValueError : if a cost or weight is negative, or an argument is not finite.

    Source: derived here; Fearon (1994), Domestic political audiences and the escalation of
    international disputes, American Political Science Review 88, for the audience cost.
    """
    require("demand", demand, FINITE)
    require("reservation", reservation, FINITE)
    kappa = commitment_weight(audience_cost, precedent_weight)
    worth = _worth_with_precedent(reservation, precedent_weight, precedent_value)
    return (1.0 - kappa) * min(demand, worth) + kappa * demand


def breakdown_probability(
    demand: float,
    *,
    us_mean: float,
    us_sd: float,
    seoul_mean: float,
    seoul_sd: float,
    audience_cost: float,
    backlash_weight: float = 0.0,
    backlash_scale: float = 2.0,
    precedent_weight: float = 0.0,
    precedent_value: float = 0.0,
) -> float:
    """The kappa-law: probability that a public demand leaves nothing that both sides would sign.

        P(D) = P(r_M - chi B(D) < r_P'(D)),    B(D) = 1 - exp(-(D - 1)+ / scale),

    with r_P' the `signing_threshold`. Where r_1 <= D the event is that r_M - (1 - kappa) r_1 falls
    below kappa D + chi B, a bivariate normal integral; beyond, that r_M falls below D + chi B.

    Derived from the two thresholds alone: talks that use every chance break down if and only if
    the zone of agreement is empty. It nests the take-it-or-leave-it demand (a -> inf:
    P(r_M - chi B < D)) and cheap talk (a = chi = 0: P(r_M < min(D, r_1)), flat in D above r_1).

    Assumes independent normal reservations, one issue, backlash fixed at what D provokes.

    Parameters
    ----------
    demand : public demand D, in units of Seoul's old payment
    us_mean, us_sd : moments of the president's r_P, the standard deviation > 0
    seoul_mean, seoul_sd : moments of Seoul's r_M, the standard deviation > 0
    audience_cost : audience cost a per unit of shortfall from D, >= 0
    backlash_weight : what full backlash takes off Seoul's reservation, chi >= 0
    backlash_scale : excess of a demand over the old payment that provokes 1 - 1/e of it, > 0
    precedent_weight, precedent_value : m >= 0 and xbar, as in `signing_threshold`

    Raises
    ------
    ValueError : if an argument lies outside its domain.

    Source: derived here; Fearon (1994), American Political Science Review 88; Muthoo (1996),
    Journal of Economic Theory 69; Leventoglu and Tarar (2005), Prenegotiation public commitment in
    domestic and international bargaining, American Political Science Review 99.
    """
    require("demand", demand, FINITE)
    require("us_mean", us_mean, FINITE)
    require("us_sd", us_sd, POSITIVE)
    require("seoul_mean", seoul_mean, FINITE)
    require("seoul_sd", seoul_sd, POSITIVE)
    require("backlash_weight", backlash_weight, NON_NEGATIVE)
    require("backlash_scale", backlash_scale, POSITIVE)
    kappa = commitment_weight(audience_cost, precedent_weight)
    worth = _worth_with_precedent(us_mean, precedent_weight, precedent_value)
    worth_sd = us_sd / (1.0 + precedent_weight)
    lost = -backlash_weight * math.expm1(-max(0.0, demand - 1.0) / backlash_scale)
    moved = (1.0 - kappa) * worth_sd
    gap_sd = math.hypot(seoul_sd, moved)
    empty = (kappa * demand + lost - seoul_mean + (1.0 - kappa) * worth) / gap_sd
    exceeded = (demand - worth) / worth_sd
    haggled = both_below(empty, exceeded, -moved / gap_sd)
    satisfied = float(ndtr(-exceeded) * ndtr((demand + lost - seoul_mean) / seoul_sd))
    return haggled + satisfied


def _worth_with_precedent(reservation: float, weight: float, value: float) -> float:
    """The price r_1 that is worth signing when a deal is a precedent as well."""
    require("precedent_value", value, FINITE)
    return (reservation + weight * value) / (1.0 + weight)

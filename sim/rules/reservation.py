"""Reservation values: drawn types, the negotiators' mandate, the ministry's limit (M6, M8, M9).

    r_1 = (r_P + m xbar) / (1 + m)                      worth of the deal as a precedent
    r_N = min(D, r_P' - b_N + sigma_N z)                mandate as the negotiators perceive it
    r_S = min(r_M', rho_L) - chi b + nu_M threat        the most that the ministry may concede

rho_L is the largest cost whose average pass probability is at least the confidence that the
ministry asks for (`sim.anticipation`).

Source: Iida (1993), J. Conflict Resolution 37; Milner, Rosendorff (1997), ibid. 41; Tarar (2001),
ibid. 45; Walter (2006), American J. Political Science 50.
"""

import math

from sim.compiling import rule
from sim.rules.special_functions import normal_quantile

_SQRT_3 = math.sqrt(3.0)  # half-width of a uniform law in standard deviations
_LOGISTIC_SCALE = math.sqrt(3.0) / math.pi  # scale of a logistic law of unit variance


@rule
def uniform_half_width(sd: float) -> float:
    """Half the support of a uniform law with this standard deviation."""
    return sd * _SQRT_3


@rule
def logistic_scale(sd: float) -> float:
    """The scale of a logistic law with this standard deviation."""
    return sd * _LOGISTIC_SCALE


@rule
def reservation_value(family: float, mean: float, sd: float, draw: float) -> float:
    """A private reservation value: the quantile of its law (normal 0, logistic 1, uniform 2)."""
    if family == 1.0:
        return mean + logistic_scale(sd) * math.log(draw / (1.0 - draw))
    if family == 2.0:
        return mean + uniform_half_width(sd) * (2.0 * draw - 1.0)
    return mean + sd * normal_quantile(draw)


@rule
def worth_as_precedent(reservation: float, weight: float, others_payment: float) -> float:
    """The reservation value of an executive whom other partners watch."""
    return (reservation + weight * others_payment) / (1.0 + weight)


@rule
def perceived_mandate(
    signing_threshold: float, demand: float, bias: float, noise_sd: float, noise: float
) -> float:
    """The least that the negotiators think the president will sign; never above his demand."""
    mandate = signing_threshold - bias + noise_sd * noise
    if mandate > demand:
        return demand
    return mandate


@rule
def assembly_limit(
    limit: float, shock: float, signal_weight: float, noise_weight: float, noise: float
) -> float:
    """The ministry's limit from the Assembly, given its signal of the common shock."""
    return limit + signal_weight * shock + noise_weight * noise


@rule
def ministry_reservation(
    own_cost: float, limit: float, backlash_cost: float, threat_willingness: float
) -> float:
    """The ministry's reservation utility: minus the most that it may concede."""
    cost = own_cost
    if limit < cost:
        cost = limit
    return -(cost - backlash_cost + threat_willingness)

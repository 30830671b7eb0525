"""Final demands against a private reservation value: the trade-off between risk and return.

One side names a share x of its own and cannot move again. The other side's reservation r, the most
it can give, is private; it accepts if x <= r. A larger demand is worth more and refused more often.
Here are the best demands against uniform and logistic reservations, and the chance that a demand
fixed from outside is refused, by a responder who chooses exactly or with logit noise.

Other settings with private types have their own modules: double_auction, bilateral_trade,
one_sided_offers, learning.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.integrate import quad
from scipy.special import expit, ndtr, wrightomega

from sim.theory.domains import FINITE, NON_NEGATIVE, POSITIVE, PRECISION, SHARE, Interval, require

# beyond this many standard deviations, and this many units of the logit, nothing is left to add
NORMAL_REACH = 10.0
LOGIT_REACH = 40.0


class FinalDemand(NamedTuple):
    """A demand and the probability that it ends the talks."""

    demand: float
    breakdown_probability: float


def final_demand_uniform(low: float, high: float, no_agreement_value: float) -> FinalDemand:
    """The best take-it-or-leave-it demand when the reservation is uniform.

    x = max(low, (high + d) / 2), refused with probability (x - low) / (high - low).

    Assumes risk neutrality, r ~ U[low, high], and acceptance if and only if x <= r.

    Parameters
    ----------
    low, high : float
        Ends of the reservation's range, in units of the demand, low < high.
    no_agreement_value : float
        What the demanding side has without an agreement, d < high.

    Raises
    ------
    ValueError
        If low >= high, d >= high (no demand is worth making), or an argument is not finite.

    Source: Fearon (1995), Rationalist explanations for war, International Organization 49.
    """
    require("low", low, FINITE)
    require("high", high, Interval(low, math.inf, "()"))
    require("no_agreement_value", no_agreement_value, Interval(-math.inf, high, "()"))
    demand = max(low, 0.5 * (high + no_agreement_value))
    return FinalDemand(demand, (demand - low) / (high - low))


def crisis_demand(win_probability: float, own_cost: float, largest_cost: float) -> FinalDemand:
    """The best demand of a state that can fight, when the other's cost of fighting is private.

    x = p + max(0, C - c) / 2, refused with probability max(0, C - c) / 2C; where the largest cost
    is so high that this exceeds the whole prize, x = 1 and it is refused with (1 - p) / C.

    Assumes a prize of 1, risk neutrality, the other side's cost U[0, C], war worth p - c to the
    demanding side and 1 - p - cost to the other.

    Parameters
    ----------
    win_probability : float
        Probability p that the demanding side wins, in [0, 1].
    own_cost : float
        Its cost c of fighting, as a share of the prize, >= 0.
    largest_cost : float
        Largest cost C of the other side, as a share of the prize, > 0.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Fearon (1995), International Organization 49.
    """
    require("win_probability", win_probability, SHARE)
    require("own_cost", own_cost, NON_NEGATIVE)
    require("largest_cost", largest_cost, POSITIVE)
    risk = min(max(0.0, largest_cost - own_cost) / 2.0, 1.0 - win_probability)
    return FinalDemand(win_probability + risk, risk / largest_cost)


def final_demand_logistic(median: float, scale: float, no_agreement_value: float) -> FinalDemand:
    """The best take-it-or-leave-it demand when the reservation is logistic.

    x = d + s (1 + W), refused with probability 1 / (1 + W), where W solves
    W + ln W = (m - d) / s - 1, that is W = W0(e^{(m - d)/s - 1}) with Lambert's function W0.

    It follows from the first-order condition (x - d) F(x) = s, since the logistic distribution
    function F has density F (1 - F) / s.

    Assumes risk neutrality, r ~ logistic(m, s), and acceptance if and only if x <= r.

    Parameters
    ----------
    median : float
        Median m of the reservation, in units of the demand.
    scale : float
        Scale s of the logistic distribution, > 0; its standard deviation is s pi / sqrt(3).
    no_agreement_value : float
        What the demanding side has without an agreement, d.

    Raises
    ------
    ValueError
        If the scale is not positive or an argument is not finite.

    Source: the trade-off of Fearon (1995), International Organization 49, for a logistic
    distribution; W by the function of Corless and Jeffrey (2002), The Wright omega function.
    """
    require("median", median, FINITE)
    require("scale", scale, POSITIVE)
    require("no_agreement_value", no_agreement_value, FINITE)
    markup = float(wrightomega((median - no_agreement_value) / scale - 1.0))
    return FinalDemand(no_agreement_value + scale * (1.0 + markup), 1.0 / (1.0 + markup))


def refusal_probability_normal(
    demand: float, precision: float, mean: float, standard_deviation: float
) -> float:
    """Probability that a given final demand is refused when the reservation is normal.

    P = integral of L(lambda (D - r)) dF(r), with L the logistic function and F the normal
    distribution of the reservation; for lambda = inf it is F(D).

    Assumes a responder of reservation r who refuses with probability L(lambda (D - r)).

    Parameters
    ----------
    demand : float
        Demand D.
    precision : float
        Precision lambda of the responder's choice, per unit of D, in [0, inf].
    mean, standard_deviation : float
        Moments of the reservation, in units of D; the standard deviation > 0.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: McKelvey and Palfrey (1995), Quantal response equilibria for normal form games, Games
    and Economic Behavior 10 (the logit response).
    """
    require("demand", demand, FINITE)
    require("precision", precision, PRECISION)
    require("mean", mean, FINITE)
    require("standard_deviation", standard_deviation, POSITIVE)
    indifferent = (demand - mean) / standard_deviation
    slope = precision * standard_deviation
    if math.isinf(slope):
        return float(ndtr(indifferent))

    def refused(deviation: float) -> float:
        return float(expit(slope * (indifferent - deviation))) * _normal_density(deviation)

    # the integrand bends around the type that is indifferent: quadrature must look there
    width = LOGIT_REACH / max(slope, 1.0)
    bends = np.clip([indifferent - width, indifferent, indifferent + width], -9.0, 9.0)
    integral = quad(refused, -NORMAL_REACH, NORMAL_REACH, points=bends, limit=400, epsabs=1e-13)
    return min(1.0, float(integral[0]))


def refusal_probability_uniform(demand: float, precision: float, low: float, high: float) -> float:
    """Probability that a given final demand is refused when the reservation is uniform.

    P = [ln(1 + e^{lambda (D - low)}) - ln(1 + e^{lambda (D - high)})] / (lambda (high - low));
    for lambda = inf it is the share of reservations below D, for lambda = 0 it is 1/2.

    Assumes a responder of reservation r who refuses with probability L(lambda (D - r)), L logistic.

    Parameters
    ----------
    demand : float
        Demand D.
    precision : float
        Precision lambda of the responder's choice, per unit of D, in [0, inf].
    low, high : float
        Ends of the reservation's range, in units of D, low < high.

    Raises
    ------
    ValueError
        If low >= high, the precision is negative, or another argument is not finite.

    Source: McKelvey and Palfrey (1995), Games and Economic Behavior 10 (the logit response).
    """
    require("demand", demand, FINITE)
    require("precision", precision, PRECISION)
    require("low", low, FINITE)
    require("high", high, Interval(low, math.inf, "()"))
    spread = precision * (high - low)
    if math.isinf(spread):
        return min(1.0, max(0.0, (demand - low) / (high - low)))
    # for a small spread the difference of logarithms cancels; the midpoint is exact to spread^2
    if spread < 1e-6:
        return float(expit(precision * (demand - 0.5 * (low + high))))
    upper = float(np.logaddexp(0.0, precision * (demand - low)))
    lower = float(np.logaddexp(0.0, precision * (demand - high)))
    return min(1.0, (upper - lower) / spread)


def _normal_density(deviation: float) -> float:
    return math.exp(-0.5 * deviation * deviation) / math.sqrt(2.0 * math.pi)

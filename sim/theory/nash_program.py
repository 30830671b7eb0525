"""The Nash program: alternating offers as the time between offers, or the risk, goes to zero.

The order of moves matters less and less, and the equilibrium tends to a Nash bargaining solution
whose disagreement point is what the players get while they disagree and whose weights are their
relative patience. Each function takes the length of a bargaining round, or the risk of breakdown
in it, as an argument; at 0 it gives the limit itself, and the distance to it is proportional to
that argument. A pie of size 1 is divided; every function gives the share of player 1, who makes
the first offer.
"""

import math

from scipy.optimize import root_scalar

from sim.theory.domains import IMPATIENCE, NON_NEGATIVE, POSITIVE, ROUNDING, Interval, require

# e^500 is near the largest numbers that a float can hold
RISK_AVERSION = Interval(0.0, 500.0)


def discounted_share(rate_first: float, rate_second: float, interval: float) -> float:
    """Share of the first proposer when players discount time and a round lasts an interval.

    x = (1 - e^{-r2 D}) / (1 - e^{-(r1 + r2) D}), which tends to r2 / (r1 + r2) as D -> 0.

    Assumes linear utility and alternating offers without end.

    Parameters
    ----------
    rate_first, rate_second : float
        Discount rates r1, r2 per unit of time, each > 0.
    interval : float
        Time D between two offers, >= 0; 0 gives the limit.

    Raises
    ------
    ValueError
        If a rate is not positive and finite or the interval negative or infinite.

    Source: Binmore, Rubinstein and Wolinsky (1986), The Nash bargaining solution in economic
    modelling, RAND Journal of Economics 17.
    """
    require("rate_first", rate_first, POSITIVE)
    require("rate_second", rate_second, POSITIVE)
    require("interval", interval, NON_NEGATIVE)
    total_rate = rate_first + rate_second
    if interval == 0.0:
        return rate_second / total_rate
    return math.expm1(-rate_second * interval) / math.expm1(-total_rate * interval)


def relative_risk_aversion_share(
    exponent_first: float, exponent_second: float, breakdown_probability: float
) -> float:
    """Share of the first proposer under constant relative risk aversion and a risk of breakdown.

    With utilities x^a and x^b, a rejection that ends the talks with probability p acts like a
    discount factor (1 - p)^{1/a}: x = (1 - (1-p)^{1/b}) / (1 - (1-p)^{1/a + 1/b}), which tends to
    a / (a + b) as p -> 0. The more risk-averse side gets less.

    Assumes that a breakdown leaves both sides 0 and that time is not discounted.

    Parameters
    ----------
    exponent_first, exponent_second : float
        Exponents a, b of the utilities, each in (0, 1]; 1 is risk neutrality.
    breakdown_probability : float
        Probability p per rejected offer, in [0, 1); 0 gives the limit.

    Raises
    ------
    ValueError
        If an exponent lies outside (0, 1] or the probability outside [0, 1).

    Source: Binmore, Rubinstein and Wolinsky (1986), The Nash bargaining solution in economic
    modelling, RAND Journal of Economics 17.
    """
    require("exponent_first", exponent_first, Interval(0.0, 1.0, "(]"))
    require("exponent_second", exponent_second, Interval(0.0, 1.0, "(]"))
    require("breakdown_probability", breakdown_probability, IMPATIENCE)
    hazard = -math.log1p(-breakdown_probability)
    return discounted_share(1.0 / exponent_first, 1.0 / exponent_second, hazard)


def absolute_risk_aversion_share(risk_aversion_first: float, risk_aversion_second: float) -> float:
    """Nash bargaining share of the first side under constant absolute risk aversion.

    With utilities (1 - e^{-a x}) / a the product of the gains is largest where
    (e^{a x} - 1) / a = (e^{b (1 - x)} - 1) / b; for a = 0 the utility is x itself.

    Assumes equal bargaining weights and disagreement worth 0 to both.

    Parameters
    ----------
    risk_aversion_first, risk_aversion_second : float
        Coefficients a, b per unit of the pie, each in [0, 500].

    Raises
    ------
    ValueError
        If a coefficient lies outside [0, 500].

    Source: Nash (1950), The bargaining problem, Econometrica 18.
    """
    require("risk_aversion_first", risk_aversion_first, RISK_AVERSION)
    require("risk_aversion_second", risk_aversion_second, RISK_AVERSION)

    def boldness(risk_aversion: float, share: float) -> float:
        # below it the utility is linear to the last digit, and the quotient is not
        if risk_aversion < 1e-16:
            return share
        return math.expm1(risk_aversion * share) / risk_aversion

    def imbalance(share: float) -> float:
        second = boldness(risk_aversion_second, 1.0 - share)
        return boldness(risk_aversion_first, share) - second

    return root_scalar(imbalance, bracket=(0.0, 1.0), xtol=1e-15).root


def inside_option_share(
    flow_first: float, flow_second: float, rate_first: float, rate_second: float, interval: float
) -> float:
    """Share of the first proposer when each side draws a flow of income while talks go on.

    x = G1 + (1 - G1 - G2) y, where G_i = g_i / r_i is the worth of disagreeing for ever and y the
    share without flows (`discounted_share`). Unlike an outside option, an inside option moves the
    agreement however small it is.

    Assumes linear utility and alternating offers without end.

    Parameters
    ----------
    flow_first, flow_second : float
        Flows g1, g2, as shares of the pie per unit of time, each >= 0, with G1 + G2 <= 1.
    rate_first, rate_second : float
        Discount rates r1, r2 per unit of time, each > 0.
    interval : float
        Time between two offers, >= 0; 0 gives the limit.

    Raises
    ------
    ValueError
        If an argument lies outside its interval or disagreement is worth more than the pie.

    Source: Muthoo (1999), Bargaining Theory with Applications, Cambridge University Press, ch. 6.
    """
    surplus_share = discounted_share(rate_first, rate_second, interval)
    require("flow_first", flow_first, Interval(0.0, rate_first))
    disagreement_first = flow_first / rate_first
    require(
        "flow_second",
        flow_second,
        Interval(0.0, rate_second * (1.0 - disagreement_first) + ROUNDING),
    )
    disagreement_second = flow_second / rate_second
    surplus = 1.0 - disagreement_first - disagreement_second
    return disagreement_first + surplus * surplus_share

"""Deals that somebody at home must approve: agenda setters, win-sets, and who knows them.

An executive who must ratify has a win-set, the terms that would be consented to. Known win-sets
move the price and can leave nothing to agree on (the Schelling conjecture). Unknown ones can break
the deal off, and who knows them decides where: a ministry that knows its legislature refuses at the
table what would be refused at home; one that does not signs, and fails.

Prices rise with what the US side gets. d is the US side's value of no agreement, v the most that
Seoul's executive would pay, r_L the most that its legislature would.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy.optimize import root_scalar
from scipy.special import log_ndtr, ndtr, ndtri

from sim.theory.domains import FINITE, IMPATIENCE, NON_NEGATIVE, POSITIVE, SHARE, Interval, require
from sim.theory.incomplete_information import final_demand_uniform
from sim.theory.pass_probability import both_below

# so close to an end of the range the logarithm of the gains still has a finite slope
MARGIN = 1e-12


class BreakdownModes(NamedTuple):
    """Where talks over one demand break down; the rest are ratified."""

    at_the_table: float
    at_ratification: float


class UncertainDeal(NamedTuple):
    """A price that both executives sign and the probability that it is refused at home."""

    price: float
    refusal_probability: float


def setter_proposal(setter_ideal: float, voter_ideal: float, status_quo: float) -> float:
    """What an agenda setter proposes to a voter who can only take it or keep the status quo.

    The point closest to S between q and its mirror image 2v - q. Assumes one issue, symmetric
    single-peaked preferences, and a voter who accepts when indifferent.

    Parameters
    ----------
    setter_ideal, voter_ideal, status_quo : ideal points S and v, and the outcome q without a
        proposal, in units of the issue

    Raises
    ------
    ValueError : if an argument is not finite.

    Source: Romer and Rosenthal (1978), Political resource allocation, controlled agendas, and the
    status quo, Public Choice 33.
    """
    require("setter_ideal", setter_ideal, FINITE)
    require("voter_ideal", voter_ideal, FINITE)
    require("status_quo", status_quo, FINITE)
    mirror = 2.0 * voter_ideal - status_quo
    return min(max(setter_ideal, min(status_quo, mirror)), max(status_quo, mirror))


def constrained_nash_price(
    us_value: float,
    seoul_value: float,
    *,
    us_limit: float = -math.inf,
    seoul_limit: float = math.inf,
) -> float | None:
    """The Nash price when each executive must satisfy a known veto at home; None if none can.

    x = (d + v) / 2 clipped to [max(d, r_P), min(v, r_L)], the prices that both levels of both sides
    accept. A tighter limit at home brings its executive a better price (the Schelling conjecture)
    until the interval is empty.

    Assumes linear utilities, complete information, veto players who only accept or refuse.

    Parameters
    ----------
    us_value, seoul_value : no-agreement values d and v of the executives
    us_limit : least price r_P that is ratified on the US side; by default any
    seoul_limit : largest price r_L that is ratified in Seoul; by default any

    Raises
    ------
    ValueError : if a value is not finite or a limit is not a number.

    Source: Putnam (1988), Diplomacy and domestic politics, International Organization 42; Tarar
    (2001), International bargaining with two-sided domestic constraints, Journal of Conflict
    Resolution 45.
    """
    require("us_value", us_value, FINITE)
    require("seoul_value", seoul_value, FINITE)
    require("us_limit", us_limit, Interval(-math.inf, math.inf))
    require("seoul_limit", seoul_limit, Interval(-math.inf, math.inf))
    least, most = max(us_value, us_limit), min(seoul_value, seoul_limit)
    if least > most:
        return None
    return min(max(0.5 * (us_value + seoul_value), least), most)


def capped_first_share(first_discount: float, second_discount: float, cap: float) -> float:
    """The first proposer's share in alternating offers when no more than a cap can be ratified.

    x = min(cap, (1 - delta_2) / (1 - delta_1 delta_2)): a cap above the uncapped share does not
    matter, because a responder who would rather wait already keeps the share below it.

    Assumes a pie of 1, an infinite horizon, alternating offers, and a cap on the first proposer's
    share in every period, known to both.

    Parameters
    ----------
    first_discount, second_discount : discount factors per offer of the first proposer and the other
        side, in [0, 1)
    cap : largest share of the first proposer that is ratified, in [0, 1]

    Raises
    ------
    ValueError : if an argument lies outside its interval.

    Source: Rubinstein (1982), Econometrica 50, for the uncapped game; the cap follows from the
    stationary equilibrium.
    """
    require("first_discount", first_discount, IMPATIENCE)
    require("second_discount", second_discount, IMPATIENCE)
    require("cap", cap, SHARE)
    return min(cap, (1.0 - second_discount) / (1.0 - first_discount * second_discount))


def modes_of_best_demand(
    low: float, high: float, no_agreement_value: float, *, ministry_knows: bool
) -> BreakdownModes:
    """Where the best take-it-or-leave-it demand breaks down, given what the ministry knows.

    With x the demand and F(x) the probability that the legislature would refuse it: (F(x), 0) if
    the ministry knows r_L, (0, F(x)) if nobody does. x maximises (x - d)(1 - F(x)) in both cases,
    because the US side does not care where the talks fail.

    Assumes r_L ~ U[low, high], a ministry that signs whatever it expects to be ratified and, if it
    knows nothing, signs the demand; `modes_of_demand` asks what it knows in between.

    Parameters
    ----------
    low, high : ends of the range of the legislature's limit r_L, low < high
    no_agreement_value : the US side's value of no agreement, d < high
    ministry_knows : whether Seoul's ministry knows r_L

    Raises
    ------
    ValueError : if low >= high, d >= high, or an argument is not finite.

    Source: Iida (1993), When and how do domestic constraints matter?, Journal of Conflict
    Resolution 37; Iida (1996), Involuntary defection in two-level games, Public Choice 89.
    """
    refused = final_demand_uniform(low, high, no_agreement_value).breakdown_probability
    return BreakdownModes(refused, 0.0) if ministry_knows else BreakdownModes(0.0, refused)


def modes_of_demand(
    demand: float,
    *,
    limit_mean: float,
    limit_sd: float,
    signal_sd: float,
    seoul_value: float,
    refusal_cost: float,
) -> BreakdownModes:
    """Where a given demand breaks down when the ministry has a noisy reading of its legislature.

    The ministry signs if (v - x) P(r_L >= x | s) >= k P(r_L < x | s), that is if its posterior mean
    is at least x + tau z, with tau the posterior standard deviation and Phi(z) = k / (v - x + k).
    The posterior mean is normal with standard deviation sigma_0^2 / sqrt(sigma_0^2 + sigma_s^2)
    and correlates with r_L by sigma_0 / sqrt(sigma_0^2 + sigma_s^2), so that both probabilities
    are normal integrals. The total is F(x) if the signal is exact and shifts with its noise.

    Assumes r_L ~ N(mean, sigma_0), a signal s = r_L + noise with noise ~ N(0, sigma_s), and a
    risk-neutral ministry, which does not sign what it is certain would be refused.

    Parameters
    ----------
    demand : the US side's final demand x
    limit_mean, limit_sd : moments of the legislature's limit r_L; the standard deviation > 0
    signal_sd : noise sigma_s of the ministry's reading, in [0, inf]: 0 informed, infinity
        uninformed
    seoul_value : what an agreement is worth to the ministry, v > x
    refusal_cost : what a refused ratification costs the ministry, k >= 0

    Raises
    ------
    ValueError : if an argument lies outside its interval.

    Source: derived here, between the two cases of Iida (1993), Journal of Conflict Resolution 37.
    """
    require("demand", demand, FINITE)
    require("limit_mean", limit_mean, FINITE)
    require("limit_sd", limit_sd, POSITIVE)
    require("signal_sd", signal_sd, Interval(0.0, math.inf))
    require("seoul_value", seoul_value, Interval(demand, math.inf, "()"))
    require("refusal_cost", refusal_cost, NON_NEGATIVE)
    margin = (demand - limit_mean) / limit_sd
    would_fail = float(ndtr(margin))
    if signal_sd == 0.0:
        return BreakdownModes(would_fail, 0.0)
    required = float(ndtri(refusal_cost / (seoul_value - demand + refusal_cost)))
    if math.isinf(signal_sd):
        signs = margin + required <= 0.0
        return BreakdownModes(0.0, would_fail) if signs else BreakdownModes(1.0, 0.0)
    known = limit_sd / math.hypot(limit_sd, signal_sd)
    unknown = signal_sd / math.hypot(limit_sd, signal_sd)
    # in units of the posterior mean's own standard deviation, limit_sd * known
    refuses_below = (margin + unknown * required) / known
    both = both_below(refuses_below, margin, known)
    return BreakdownModes(float(ndtr(refuses_below)), would_fail - both)


def uncertain_deal_uniform(
    us_value: float, seoul_value: float, low: float, high: float
) -> UncertainDeal:
    """The Nash price when neither executive knows a legislature's uniform limit.

    x maximises (1 - F(x))^2 (x - d)(v - x): the Nash product of the expected gains, with linear
    utilities, r_L ~ U[low, high], and nothing for either after a refusal.

    Parameters
    ----------
    us_value, seoul_value : no-agreement values d < v of the executives
    low, high : ends of the range of r_L, low < high, d < high

    Raises
    ------
    ValueError : if d >= v, low >= high, d >= high, or an argument is not finite.

    Source: compare Milner and Rosendorff (1997), Democratic politics and international trade
    negotiations, Journal of Conflict Resolution 41.
    """
    _require_gains(us_value, seoul_value)
    require("low", low, FINITE)
    require("high", high, Interval(max(low, us_value), math.inf, "()"))

    def hazard(price: float) -> float:
        return 1.0 / (high - price) if price > low else 0.0

    price = _price_against(hazard, us_value, seoul_value, min(seoul_value, high))
    return UncertainDeal(price, max(0.0, price - low) / (high - low))


def uncertain_deal_normal(
    us_value: float, seoul_value: float, limit_mean: float, limit_sd: float
) -> UncertainDeal:
    """The Nash price when neither executive knows a legislature's normal limit.

    As `uncertain_deal_uniform`, with r_L ~ N(mean, sd).

    Parameters
    ----------
    us_value, seoul_value : no-agreement values d < v of the executives
    limit_mean, limit_sd : moments of r_L; the standard deviation > 0

    Raises
    ------
    ValueError : if d >= v, the standard deviation is not positive, or an argument is not finite.

    Source: see `uncertain_deal_uniform`.
    """
    _require_gains(us_value, seoul_value)
    require("limit_mean", limit_mean, FINITE)
    require("limit_sd", limit_sd, POSITIVE)

    def hazard(price: float) -> float:
        deviation = (price - limit_mean) / limit_sd
        log_density = -0.5 * deviation * deviation - 0.5 * math.log(2.0 * math.pi)
        return math.exp(log_density - float(log_ndtr(-deviation))) / limit_sd

    price = _price_against(hazard, us_value, seoul_value, seoul_value)
    return UncertainDeal(price, float(ndtr((price - limit_mean) / limit_sd)))


def _require_gains(us_value: float, seoul_value: float) -> None:
    """Raise ValueError unless there is something to gain from an agreement."""
    require("us_value", us_value, FINITE)
    require("seoul_value", seoul_value, Interval(us_value, math.inf, "()"))


def _price_against(
    hazard: Callable[[float], float], us_value: float, seoul_value: float, highest: float
) -> float:
    """The price where the logarithm of the Nash product, concave for a rising hazard, is level."""

    def slope(price: float) -> float:
        gains = 1.0 / (price - us_value) - 1.0 / (seoul_value - price)
        return gains - 2.0 * hazard(price)

    margin = MARGIN * (highest - us_value)
    bracket = us_value + margin, highest - margin
    return float(root_scalar(slope, bracket=bracket, method="brentq", xtol=1e-14).root)

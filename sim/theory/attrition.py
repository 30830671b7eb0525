"""Wars of attrition: who yields, when, and what waiting in public does to it.

Both sides stand firm and either may yield at any moment. In equilibrium each yields at the rate
that leaves the other indifferent between yielding now and a moment later, and both run out of types
who would yield at the same time. If one of them would run out later, he yields with some
probability at the very start; that is where the weaker side loses.
"""

import math
from typing import NamedTuple

from sim.theory.domains import POSITIVE, PROPER_SHARE, Interval, require

Pair = tuple[float, float]


class AudienceCostAttrition(NamedTuple):
    """The equilibrium of a crisis in which backing down costs more, the later it comes."""

    horizon: float
    firm: Pair
    yields_at_once: Pair
    war: float


class ReputationalBargaining(NamedTuple):
    """The equilibrium of a war of attrition between possibly obstinate demands."""

    concession_rates: Pair
    last_concession: float
    concedes_at_once: Pair


def audience_cost_attrition(
    first_cost: float, second_cost: float, worst_war: float
) -> AudienceCostAttrition:
    """Who backs down in a crisis when audience costs grow with time.

    Side i backs down at t and gets -a_i t, while the other gets the prize 1; war is worth w_i to
    it. At the horizon t* nobody who is left would back down: the firm are those with
    w_i >= -a_i t*, a share a_i t* / W. Side j is indifferent while side i is still firm at t with
    probability S_i(t) = S_i(0) / (1 + a_j t); and S_i(t*) = a_i t* / W makes

        S_i(0) = a_i t* (1 + a_j t*) / W <= 1.

    The horizon is the earliest root of S_i(0) = 1 over both sides; the other side, whose audience
    costs are lower, backs down at once with probability 1 - S_i(0). War follows if both are firm.

    Assumes w_i ~ U[-W, 0], independent and private, no cost of time besides the audience's.

    Parameters
    ----------
    first_cost, second_cost : audience costs a per unit of time, in units of the prize, > 0
    worst_war : loss W of the least resolved type in a war, in units of the prize, > 0

    Raises
    ------
    ValueError : if an argument is not positive and finite.

    Source: Fearon (1994), Domestic political audiences and the escalation of international
    disputes, American Political Science Review 88; solved here for uniform types.
    """
    require("first_cost", first_cost, POSITIVE)
    require("second_cost", second_cost, POSITIVE)
    require("worst_war", worst_war, POSITIVE)
    costs = first_cost, second_cost
    # the larger the own cost, the earlier its root: a t (1 + a' t) = W has the same a a' t^2
    horizon = _positive_root(first_cost * second_cost, max(costs), worst_war)
    firm = (first_cost * horizon / worst_war, second_cost * horizon / worst_war)
    at_once = (
        max(0.0, 1.0 - firm[0] * (1.0 + second_cost * horizon)),
        max(0.0, 1.0 - firm[1] * (1.0 + first_cost * horizon)),
    )
    return AudienceCostAttrition(horizon, firm, at_once, firm[0] * firm[1])


def reputational_bargaining(
    demands: Pair, obstinacy: Pair, discount_rates: Pair = (1.0, 1.0)
) -> ReputationalBargaining:
    """When a side gives in to a demand that its opponent may be unable to lower.

    Side i concedes at the rate that makes waiting worthless to j, who gets 1 - alpha_i by
    conceding and alpha_j by being conceded to:

        lambda_i = r_j (1 - alpha_i) / (alpha_1 + alpha_2 - 1).

    Alone, i would be known to be obstinate after -ln z_i / lambda_i. The shorter of the two times,
    T, ends the concessions of both; whoever would need longer concedes at once with probability
    1 - z_i e^{lambda_i T}.

    Assumes a pie of 1, demands that are given and incompatible, and obstinate types who never
    concede.

    Parameters
    ----------
    demands : shares alpha that the two sides demand, each in (0, 1), their sum above 1
    obstinacy : prior probabilities z that the sides are obstinate, in (0, 1)
    discount_rates : rates r per unit of time, > 0

    Raises
    ------
    ValueError : if the demands are compatible or an argument lies outside its interval.

    Source: Abreu and Gul (2000), Bargaining and reputation, Econometrica 68.
    """
    require("demands", demands, PROPER_SHARE)
    require("obstinacy", obstinacy, PROPER_SHARE)
    require("discount_rates", discount_rates, POSITIVE)
    require("sum of demands", sum(demands), Interval(1.0, 2.0, "()"))
    excess = sum(demands) - 1.0
    rates = (
        discount_rates[1] * (1.0 - demands[0]) / excess,
        discount_rates[0] * (1.0 - demands[1]) / excess,
    )
    last = min(-math.log(obstinacy[0]) / rates[0], -math.log(obstinacy[1]) / rates[1])
    at_once = (
        max(0.0, 1.0 - obstinacy[0] * math.exp(rates[0] * last)),
        max(0.0, 1.0 - obstinacy[1] * math.exp(rates[1] * last)),
    )
    return ReputationalBargaining(rates, last, at_once)


def _positive_root(square: float, linear: float, constant: float) -> float:
    """The positive root of square t^2 + linear t = constant, without cancellation."""
    return 2.0 * constant / (linear + math.sqrt(linear * linear + 4.0 * square * constant))

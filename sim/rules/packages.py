"""A position turned into an efficient package (mechanism M1: logrolling).

With linear-additive values the efficient packages are a fractional knapsack: an issue moves before
money if and only if it gains the other side more than it costs the mover. Money is the numeraire
with ratio 1, so every issue settles where the joint gain is largest and the amount carries the
rest of the position. Amounts above the cap of the existing framework do not fit in it:
c >= 1 - cap/x.

Source: Dantzig (1957), Operations Research 5; Raiffa (1982); Faratin, Sierra, Jennings (2002).
"""

import math

from sim.compiling import rule


@rule
def efficient_share(us_worth: float, seoul_cost: float) -> float:
    """1 where a unit of the issue gains the US more than it costs Seoul, otherwise 0."""
    if us_worth > seoul_cost:
        return 1.0
    return 0.0


@rule
def efficient_category(
    per_category: float, audience_cost: float, seoul_cost: float, demanded: float
) -> float:
    """The category share with the largest joint gain: the US weight falls beyond its demand."""
    if per_category > seoul_cost:
        return 1.0
    if per_category + audience_cost > seoul_cost:
        return demanded
    return 0.0


@rule
def demanded_category(demand: float, cap: float, insistence: float) -> float:
    """The category share that goes with a public demand: insistence x what the cap leaves out."""
    if demand > cap:
        return insistence * (1.0 - cap / demand)
    return 0.0


@rule
def category_for(amount: float, free_category: float, cap: float) -> float:
    """The category share of a package: the efficient one, or what the framework forces."""
    if amount > cap:
        forced = 1.0 - cap / amount
        if forced > free_category:
            return forced
    return free_category


@rule
def capped_amount(worth: float, per_category: float, cap: float) -> float:
    """The amount x with x + per_category (1 - cap/x) = worth: the larger root of a quadratic."""
    half = 0.5 * (worth - per_category)
    return half + math.sqrt(half * half + per_category * cap)


@rule
def amount_for(
    worth: float,
    free_category: float,
    per_category: float,
    audience_cost: float,
    demanded: float,
    cap: float,
) -> float:
    """The amount of the efficient package whose amount and category are together worth `worth`.

    Never negative: Seoul is not paid to be a host.
    """
    missed = demanded - free_category
    if missed < 0.0:
        missed = 0.0
    amount = worth - (per_category * free_category - audience_cost * missed)
    if amount > cap and amount - cap > free_category * amount:
        with_category = worth - per_category * demanded
        if with_category - cap > demanded * with_category:
            amount = capped_amount(worth, per_category, cap)
        else:
            in_vain = audience_cost * demanded
            amount = capped_amount(worth + in_vain, per_category + audience_cost, cap)
    if amount < 0.0:
        amount = 0.0
    return amount

"""Alternating offers under complete information: what each side gets when both are rational.

Two players divide a pie of size 1. Player 1 makes the first offer; whoever rejects makes the next
one. In a subgame-perfect equilibrium the proposer offers exactly what the responder would get by
rejecting, and the responder accepts: the whole theory is in what a rejection is worth. Patience is
the discount factor per offer. Every function gives the equilibrium share of player 1; the shares
of the pie sum to 1 and agreement comes with the first offer.
"""

from sim.theory.domains import IMPATIENCE, ROUNDING, SHARE, Interval, require, require_whole


def rubinstein_share(patience_first: float, patience_second: float) -> float:
    """Share of the first proposer when offers alternate without end.

    x = (1 - d2) / (1 - d1 d2), where d1, d2 are the discount factors per offer.

    Assumes linear utility, disagreement for ever worth 0, no outside option.

    Parameters
    ----------
    patience_first, patience_second : float
        Discount factors per offer, each in [0, 1).

    Raises
    ------
    ValueError
        If a discount factor lies outside [0, 1).

    Source: Rubinstein (1982), Perfect equilibrium in a bargaining model, Econometrica 50.
    """
    require("patience_first", patience_first, IMPATIENCE)
    require("patience_second", patience_second, IMPATIENCE)
    return (1.0 - patience_second) / (1.0 - patience_first * patience_second)


def finite_horizon_share(offers: int, patience_first: float, patience_second: float) -> float:
    """Share of the first proposer when talks end with the last of a known number of offers.

    x_N = 1 and x_t = 1 - d_j x_{t+1}, where d_j is the discount factor of the responder to offer
    t; with equal discount factors x_1 = (1 - (-d)^N) / (1 + d).

    Assumes that offers alternate, that a rejected last offer leaves both sides 0, and that the
    first proposer is player 1: with k offers left, call it with the proposer's patience first.

    Parameters
    ----------
    offers : int
        Number N of offers left, at least 1.
    patience_first, patience_second : float
        Discount factors per offer, each in [0, 1].

    Raises
    ------
    ValueError
        If offers is no whole number >= 1 or a discount factor lies outside [0, 1].

    Source: Stahl (1972), Bargaining Theory, Stockholm School of Economics.
    """
    require_whole("offers", offers, 1)
    require("patience_first", patience_first, SHARE)
    require("patience_second", patience_second, SHARE)
    share = 1.0
    for offer in range(offers - 1, 0, -1):
        share = 1.0 - (patience_second if offer % 2 == 1 else patience_first) * share
    return share


def outside_option_share(
    patience_first: float, patience_second: float, outside_option_second: float
) -> float:
    """Share of the first proposer when the second player may leave after rejecting an offer.

    x = 1 - max(d2 (1 - d1) / (1 - d1 d2), b2), where b2 is the value of leaving: an outside option
    has no effect unless it beats what bargaining gives anyway (the outside-option principle).

    Assumes that only the second player can leave, only when responding, and at once; leaving gives
    the first player 0.

    Parameters
    ----------
    patience_first, patience_second : float
        Discount factors per offer, each in [0, 1).
    outside_option_second : float
        Value b2 of leaving, as a share of the pie, in [0, 1].

    Raises
    ------
    ValueError
        If a discount factor lies outside [0, 1) or the outside option outside [0, 1].

    Source: Shaked and Sutton (1984), Involuntary unemployment as a perfect equilibrium in a
    bargaining model, Econometrica 52; Binmore (1985), Bargaining and coalitions, in Roth (ed.),
    Game-Theoretic Models of Bargaining; Binmore, Shaked and Sutton (1989), An outside option
    experiment, Quarterly Journal of Economics 104.
    """
    require("outside_option_second", outside_option_second, SHARE)
    bargaining_second = 1.0 - rubinstein_share(patience_first, patience_second)
    return 1.0 - max(bargaining_second, outside_option_second)


def breakdown_share(
    breakdown_probability: float, breakdown_payoff_first: float, breakdown_payoff_second: float
) -> float:
    """Share of the first proposer when each rejection may end the talks for good.

    x = b1 + (1 - b1 - b2) / (2 - p), where p is the chance of a breakdown after a rejection and
    b1, b2 what the players then get. At p = 0 it gives the limit, the Nash bargaining solution
    with disagreement point (b1, b2).

    Assumes linear utility and no discounting: the risk of breakdown is the only cost of delay.

    Parameters
    ----------
    breakdown_probability : float
        Probability p per rejected offer, in [0, 1].
    breakdown_payoff_first, breakdown_payoff_second : float
        Breakdown payoffs b1, b2, as shares of the pie, each in [0, 1], with b1 + b2 <= 1.

    Raises
    ------
    ValueError
        If an argument lies outside its interval or the breakdown payoffs exceed the pie.

    Source: Binmore, Rubinstein and Wolinsky (1986), The Nash bargaining solution in economic
    modelling, RAND Journal of Economics 17.
    """
    require("breakdown_probability", breakdown_probability, SHARE)
    require("breakdown_payoff_first", breakdown_payoff_first, SHARE)
    left_by_first = Interval(0.0, 1.0 - breakdown_payoff_first + ROUNDING)
    require("breakdown_payoff_second", breakdown_payoff_second, left_by_first)
    surplus = 1.0 - breakdown_payoff_first - breakdown_payoff_second
    return breakdown_payoff_first + surplus / (2.0 - breakdown_probability)


def random_proposer_value(
    recognition_first: float, patience_first: float, patience_second: float
) -> float:
    """What the first player expects before the draw that names each round's proposer.

    V1 = q (1 - d2) / [q (1 - d2) + (1 - q) (1 - d1)], where q is the probability that the first
    player is recognized. A recognized player 1 keeps 1 - d2 (1 - V1); the other one offers d1 V1.

    Assumes independent recognition in every round, no end to the talks, linear utility.

    Parameters
    ----------
    recognition_first : float
        Probability q per round, in [0, 1].
    patience_first, patience_second : float
        Discount factors per round, each in [0, 1).

    Raises
    ------
    ValueError
        If the probability lies outside [0, 1] or a discount factor outside [0, 1).

    Source: Binmore (1987), Perfect equilibria in bargaining models, in Binmore and Dasgupta (eds),
    The Economics of Bargaining.
    """
    require("recognition_first", recognition_first, SHARE)
    require("patience_first", patience_first, IMPATIENCE)
    require("patience_second", patience_second, IMPATIENCE)
    strength_first = recognition_first * (1.0 - patience_second)
    strength_second = (1.0 - recognition_first) * (1.0 - patience_first)
    return strength_first / (strength_first + strength_second)

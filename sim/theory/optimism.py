"""Optimism: why rational but optimistic players wait for a deadline.

In each round one player is recognized and makes an offer. Each believes in his own recognition
with a probability of his own, and the two probabilities sum to 1 + y: y is the optimism. Near a
firm deadline the last offer is worth the whole pie, both count on making it, and no division
satisfies both: they wait. Far from the deadline the last offer is discounted away, and they agree
at once. Under a deadline that may fall in any round they agree at once however optimistic they are.
"""

import math

from sim.theory.domains import IMPATIENCE, PROPER_SHARE, SHARE, require, require_whole


def perceived_values(
    rounds_left: int, patience: float, recognition_first: float, recognition_second: float
) -> tuple[float, float]:
    """What each player believes he will get, before the draw of the proposer, near a deadline.

    With no round left, V_i = p_i. One round earlier V_i <- d V_i + p_i max(0, 1 - d (V_1 + V_2)):
    both can count on what waiting is worth to them, and the proposer keeps what is left of the
    pie; if nothing is left they wait.

    Assumes a common discount factor, beliefs that never change, each player sure of his own, and
    a rejected last offer that leaves both sides 0.

    Parameters
    ----------
    rounds_left : int
        Rounds k between now and the last one, >= 0.
    patience : float
        Discount factor d per round, in (0, 1).
    recognition_first, recognition_second : float
        Probability of being recognized in a round, as each player sees his own, in [0, 1].

    Returns
    -------
    tuple of two floats
        Perceived values of players 1 and 2, as shares of the pie; their sum may exceed 1.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Yildiz (2003), Bargaining without a common prior: an immediate agreement theorem,
    Econometrica 71; Yildiz (2011), Bargaining with optimism, Annual Review of Economics 3.
    """
    require_whole("rounds_left", rounds_left, 0)
    require("patience", patience, PROPER_SHARE)
    require("recognition_first", recognition_first, SHARE)
    require("recognition_second", recognition_second, SHARE)
    first, second = recognition_first, recognition_second
    for _ in range(rounds_left):
        wait_first, wait_second = patience * first, patience * second
        rent = max(0.0, 1.0 - wait_first - wait_second)
        first = wait_first + recognition_first * rent
        second = wait_second + recognition_second * rent
    return first, second


def optimists_wait(rounds_left: int, patience: float, optimism: float) -> bool:
    """Whether no agreement is possible this round, with a number of rounds left to a firm deadline.

    They wait if and only if d^k (1 + y) > 1.

    Assumes as `perceived_values` does.

    Parameters
    ----------
    rounds_left : int
        Rounds k between now and the last one, >= 0; in the last round itself they agree.
    patience : float
        Discount factor d per round, in (0, 1).
    optimism : float
        Excess y of the two recognition probabilities over 1, in [0, 1].

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Yildiz (2004), Optimism, deadline effect, and stochastic deadlines, MIT Department of
    Economics working paper 04-36; Yildiz (2011), Annual Review of Economics 3.
    """
    require_whole("rounds_left", rounds_left, 0)
    require("patience", patience, PROPER_SHARE)
    require("optimism", optimism, SHARE)
    return rounds_left > 0 and math.pow(patience, rounds_left) * (1.0 + optimism) > 1.0


def immediate_agreement_horizon(patience: float, optimism: float) -> int:
    """The smallest number of rounds before the last one at which optimists agree at once.

    The least k >= 1 with d^k (1 + y) <= 1; from any longer horizon they agree at once as well, and
    from any shorter one they wait for the last round.

    Assumes as `perceived_values` does.

    Parameters
    ----------
    patience : float
        Discount factor d per round, in (0, 1).
    optimism : float
        Excess y of the two recognition probabilities over 1, in [0, 1].

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Yildiz (2003), Econometrica 71; Yildiz (2011), Annual Review of Economics 3.
    """
    require("patience", patience, PROPER_SHARE)
    require("optimism", optimism, SHARE)
    # the logarithm may err by a rounding: the comparison that defines the wait decides
    horizon = max(1, math.floor(-math.log1p(optimism) / math.log(patience)))
    while optimists_wait(horizon, patience, optimism):
        horizon += 1
    return horizon


def perceived_total_stochastic_deadline(patience: float, survival: float, optimism: float) -> float:
    """Sum of the two perceived values when the deadline falls after any round with equal chance.

    S = (1 + y) / (1 + y d s), where s is the chance that the talks survive a round. Since
    d s S <= 1 for every y, what the players expect from waiting can always be paid: they agree
    at once, however optimistic they are.

    Assumes a geometric deadline, a common discount factor and stationary beliefs.

    Parameters
    ----------
    patience : float
        Discount factor d per round, in [0, 1).
    survival : float
        Probability s that another round follows, in [0, 1].
    optimism : float
        Excess y of the two recognition probabilities over 1, in [0, 1].

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Yildiz (2004), Optimism, deadline effect, and stochastic deadlines, MIT Department of
    Economics working paper 04-36.
    """
    require("patience", patience, IMPATIENCE)
    require("survival", survival, SHARE)
    require("optimism", optimism, SHARE)
    return (1.0 + optimism) / (1.0 + optimism * patience * survival)

"""Time: which hazard ends the talks first, why deals come at the deadline, what waiting is worth.

Three clocks. Independent hazards compete in every round. A deadline stops a concession game between
two sides who do not know each other's resolve. An election may replace the counterpart with a more
accommodating one.

The concession game. Each of two sides waits for the other to concede. The one who is conceded to
gets 1, the one who concedes gets his type x, both discounted at rate r; types are independent and
uniform on [low, 1] with low < 0, and a negative type would rather have no deal, worth 0. If both
concede at the deadline T, a fair coin names the winner; after T there is no deal. In the symmetric
equilibrium:

(1) Before the deadline the types that give in at once are those at the top: at time t type x(t)
    concedes. Waiting a moment costs him r x, and brings 1 - x if the other, still uniform on
    [low, x(t)], gives in: -x' (1 - x) / (x - low) = r x, with x(0) = 1.
(2) At the deadline the types left are uniform on [low, top]. If those above a type c concede, they
    are a share m = (top - c) / (top - low), and conceding yields m (1 + x) / 2 + (1 - m) x against
    m for standing firm. The cut c is the type for whom the two are equal:
    2 (1 - m) c = m (1 - c).
(3) The last type to concede early, top, must not gain by waiting for the deadline, where he
    expects top + m (1 - top) / 2. Nobody moves for a quiet period of length
    ln(1 + m (1 - top) / (2 top)) / r before it.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import root_scalar

from sim.theory.domains import FINITE, POSITIVE, SHARE, Interval, require, require_whole

# exp(-700) is still a number; beyond it nobody who might concede is left at the deadline
LARGEST_EXPONENT = 700.0


class DeadlineConcession(NamedTuple):
    """The symmetric equilibrium of a concession game with a deadline."""

    last_early_type: float
    last_conceding_type: float
    quiet_period: float
    before_deadline: float
    at_deadline: float
    never: float


def competing_risks(hazards: ArrayLike, rounds: int) -> tuple[NDArray[np.float64], float]:
    """How likely each risk is to end the talks, and how likely they are to lapse, all unended.

    P_k = h_k / H (1 - (1 - H)^rounds), lapse = (1 - H)^rounds, where H is the sum of the hazards.

    Assumes constant hazards, at most one ending in a round.

    Parameters
    ----------
    hazards : probability per round that each risk ends the talks, their sum at most 1,
        shape (risks,)
    rounds : number of rounds at risk, >= 0

    Raises
    ------
    ValueError : a hazard lies outside [0, 1], their sum exceeds 1 or rounds is no whole number
        >= 0.

    Source: Kalbfleisch and Prentice (1980), The Statistical Analysis of Failure Time Data.
    """
    hazard = np.atleast_1d(np.asarray(hazards, dtype=np.float64))
    require("hazards", hazard, SHARE)
    total = float(hazard.sum())
    require("sum of hazards", total, SHARE)
    require_whole("rounds", rounds, 0)
    # the geometric sum 1 + (1 - H) + ... needs no division by a total that may be 0
    exposure = float(np.power(1.0 - total, np.arange(rounds)).sum())
    return hazard * exposure, math.pow(1.0 - total, rounds)


def walk_out_probability(hazard: float, sides: int, rounds: int, resumption: float = 0.0) -> float:
    """The probability that a walk-out of any side ends the talks within so many rounds.

    1 - [1 - (1 - resumption) (1 - (1 - hazard)^sides)]^rounds; at resumption 0 the probability of
    at least one walk-out.

    Assumes that sides walk out independently and that a broken-off round, whoever left, is
    followed by one chance to resume.

    Parameters
    ----------
    hazard : probability per round that a given side walks out, in [0, 1]
    sides : number of sides at the table, at least 1
    rounds : number of rounds at risk, >= 0
    resumption : probability that broken-off talks resume, in [0, 1]

    Raises
    ------
    ValueError : a probability lies outside [0, 1] or a number is not whole or too small.

    Source: Kalbfleisch and Prentice (1980), The Statistical Analysis of Failure Time Data;
    Binmore, Rubinstein and Wolinsky (1986), The Nash bargaining solution in economic modelling,
    RAND Journal of Economics 17, for the risk of breakdown.
    """
    require("hazard", hazard, SHARE)
    require_whole("sides", sides, 1)
    require_whole("rounds", rounds, 0)
    require("resumption", resumption, SHARE)
    broken_off = 1.0 - math.pow(1.0 - hazard, sides)
    return 1.0 - math.pow(1.0 - (1.0 - resumption) * broken_off, rounds)


def deal_probability(
    agreement_rounds: Iterable[int | None], hazard: float, first_round_at_risk: int = 0
) -> float:
    """The probability that talks reach their agreement before either side walks out for good.

    Mean over equally likely cases of (1 - hazard)^(2 n), where n = s + 1 - first_round_at_risk is
    the number of rounds at risk up to and with the agreement round s; 0 without an agreement.

    Assumes a constant terminal hazard for each of two sides, before the offers of each round, that
    does not depend on what is offered.

    Parameters
    ----------
    agreement_rounds : the round in which the positions meet, counted from 0, or None if they
        never do
    hazard : probability per round that a given side leaves for good, in [0, 1]
    first_round_at_risk : the first round in which a side may leave, counted from 0

    Raises
    ------
    ValueError : there is no case, a round is no whole number >= 0, or the hazard lies outside
        [0, 1].

    Source: Faratin, Sierra and Jennings (1998), Robotics and Autonomous Systems 24, for the delay;
    Kalbfleisch and Prentice (1980), The Statistical Analysis of Failure Time Data.
    """
    require("hazard", hazard, SHARE)
    require_whole("first_round_at_risk", first_round_at_risk, 0)
    cases = list(agreement_rounds)
    if not cases:
        raise ValueError("agreement_rounds is []; it must hold at least one case")
    stayed = 0.0
    for agreement_round in cases:
        if agreement_round is not None:
            require_whole("agreement_rounds", agreement_round, 0)
            at_risk = max(0, agreement_round + 1 - first_round_at_risk)
            stayed += math.pow(1.0 - hazard, 2 * at_risk)
    return stayed / len(cases)


def concession_time(concession_type: float, lowest_type: float, discount_rate: float) -> float:
    """When a type gives in while the deadline is far: equation (1), integrated.

    t = (1/r) { ln[(x - low) / (x (1 - low))] / (-low) - ln[(1 - low) / (x - low)] }

    Assumes the concession game of the module's docstring and a type that concedes early.

    Parameters
    ----------
    concession_type : payoff x from conceding, as a share of the payoff from winning, in (0, 1]
    lowest_type : the lowest type, < 0
    discount_rate : rate r per unit of time, > 0

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: derived in the module's docstring; cf. Ponsati (1995), The deadline effect: a
    theoretical note, Economics Letters 48.
    """
    require("concession_type", concession_type, Interval(0.0, 1.0, "(]"))
    require("lowest_type", lowest_type, Interval(-math.inf, 0.0, "()"))
    require("discount_rate", discount_rate, POSITIVE)
    depth = -lowest_type
    ratio = depth * (1.0 - concession_type) / (concession_type * (1.0 + depth))
    gone = math.log((1.0 + depth) / (concession_type + depth))
    return max(0.0, math.log1p(ratio) / depth - gone) / discount_rate


def deadline_concession(
    lowest_type: float, discount_rate: float, deadline: float
) -> DeadlineConcession:
    """Who concedes before, at and never by the deadline, and how long the quiet before it lasts.

    The type top at which concession_time(top) + quiet_period(top) = deadline, equations (1)-(3);
    the probability that a side concedes early is (1 - top) / (1 - low), and talks end before the
    deadline unless neither does. Deals are struck early or at the deadline, with nothing between.

    Assumes the concession game of the module's docstring.

    Parameters
    ----------
    lowest_type : the lowest type, < 0
    discount_rate : rate r per unit of time, > 0
    deadline : time T, > 0; -lowest_type discount_rate deadline stays below some 700

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: derived in the module's docstring; cf. Ponsati (1995), The deadline effect: a
    theoretical note, Economics Letters 48.
    """
    require("lowest_type", lowest_type, Interval(-math.inf, 0.0, "()"))
    require("discount_rate", discount_rate, POSITIVE)
    depth = -lowest_type
    spread = (1.0 + depth) * math.log1p(1.0 / depth) + 1.0
    longest = (LARGEST_EXPONENT - spread) / (depth * discount_rate)
    require("deadline", deadline, Interval(0.0, longest, "(]"))

    def excess(log_top: float) -> float:
        top = math.exp(-log_top)
        early = concession_time(top, lowest_type, discount_rate)
        return early + _quiet_period(top, depth, discount_rate) - deadline

    # at the upper end the early concessions alone outlast the deadline
    latest = depth * discount_rate * deadline + spread
    top = math.exp(-root_scalar(excess, bracket=(0.0, latest), method="brentq", xtol=1e-15).root)
    last = _last_conceding_type(top, depth)
    waiting, standing_firm = (((x + depth) / (1.0 + depth)) ** 2 for x in (top, last))
    quiet = _quiet_period(top, depth, discount_rate)
    return DeadlineConcession(
        top, last, quiet, 1.0 - waiting, waiting - standing_firm, standing_firm
    )


def _last_conceding_type(top: float, depth: float) -> float:
    """The type indifferent at the deadline: c^2 + (1 + top + 2 depth) c = top, c > 0."""
    half_sum = 1.0 + top + 2.0 * depth
    return 2.0 * top / (half_sum + math.sqrt(half_sum * half_sum + 4.0 * top))


def _quiet_period(top: float, depth: float, discount_rate: float) -> float:
    """Equation (3): how long before the deadline the last early type has conceded."""
    share = (top - _last_conceding_type(top, depth)) / (top + depth)
    return math.log1p(share * (1.0 - top) / (2.0 * top)) / discount_rate


def turnover_threshold(
    reservation: float,
    successor_price: float,
    turnover_probability: float,
    discount_factor: float,
    rounds_to_election: int,
) -> float:
    """The highest price that Seoul accepts now if an election may bring a cheaper counterpart.

    reservation - turnover_probability discount_factor^rounds (reservation - successor_price)^+

    Assumes that waiting yields a deal at the successor's price with the probability of turnover,
    and otherwise nothing; a successor who asks more than the reservation value is worth nothing.

    Parameters
    ----------
    reservation : Seoul's reservation value, a price
    successor_price : what a new executive would settle for, a price
    turnover_probability : perceived probability that the executive is replaced, in [0, 1]
    discount_factor : discount factor per round, in [0, 1]
    rounds_to_election : rounds k until the election, >= 0

    Raises
    ------
    ValueError : an argument lies outside its interval.

    Source: Simsek and Yildiz (2016), Durability, deadline, and election effects in bargaining,
    NBER Working Paper 22284; Buisseret and Bernhardt (2018), Reelection and renegotiation:
    international agreements in the shadow of the polls, American Political Science Review 112.
    """
    require("reservation", reservation, FINITE)
    require("successor_price", successor_price, FINITE)
    require("turnover_probability", turnover_probability, SHARE)
    require("discount_factor", discount_factor, SHARE)
    require_whole("rounds_to_election", rounds_to_election, 0)
    gain = max(0.0, reservation - successor_price)
    return reservation - turnover_probability * math.pow(discount_factor, rounds_to_election) * gain

"""Answering an offer: quantal response against the value of waiting (mechanisms M2, M7).

    accept with probability  logit(lambda [gain - threshold])
    threshold = max(0, delta x own next gain - cost of waiting, option of waiting)

A gain is a utility above the side's own reservation utility. Waiting may be costly, but nobody
signs below his reservation. Indifference, up to rounding, is consent.

Source: McKelvey, Palfrey (1998), Experimental Economics 1; Faratin, Sierra, Jennings (1998);
Simsek, Yildiz (2016) and Buisseret, Bernhardt (2018) for waiting out a turnover.
"""

import math

from sim.compiling import rule
from sim.rules.special_functions import exponential

INDIFFERENCE = 1e-9  # base-year payments; about one dollar: rounding, not preference
_SAFELY_ABOVE_1 = 1.0 + 1e-12


@rule
def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow at either end."""
    if x >= 0.0:
        return 1.0 / (1.0 + exponential(-x))
    grown = exponential(x)
    return grown / (1.0 + grown)


@rule
def acceptance_probability(advantage: float, precision: float) -> float:
    """Probability that an option of this advantage is taken; infinite precision is best reply."""
    if math.isinf(precision):
        if advantage >= -INDIFFERENCE:
            return 1.0
        return 0.0
    return logistic(precision * advantage)


@rule
def is_below_logistic(x: float, draw: float) -> bool:
    """Whether draw < 1 / (1 + exp(-x)), with no exponential where a bound is enough to say no.

    With y = -x > 0, exp(y) > 1 + y + y^2/2. The margin is far above the rounding of either side.
    """
    if x < 0.0 and draw * (2.0 - x * (1.0 - 0.5 * x)) > _SAFELY_ABOVE_1:
        return False
    return draw < logistic(x)


@rule
def quantal_response(advantage: float, precision: float, draw: float) -> bool:
    """Whether an option of this advantage over its alternative is taken."""
    if math.isinf(precision):
        return draw < acceptance_probability(advantage, precision)
    return is_below_logistic(precision * advantage, draw)


@rule
def waiting_threshold(
    own_next_gain: float, patience: float, waiting_cost: float, option_value: float
) -> float:
    """The gain that an offer must match: what the side's own next position would bring."""
    threshold = patience * own_next_gain - waiting_cost
    if threshold < option_value:
        threshold = option_value
    if threshold < 0.0:
        threshold = 0.0
    return threshold


@rule
def keeps_reservation(gain: float) -> bool:
    """Whether a side could sign an offer of this gain at all: it keeps its reservation utility."""
    return gain >= -INDIFFERENCE


@rule
def accepts(gain: float, threshold: float, precision: float, draw: float) -> bool:
    """Whether a side accepts an offer: never below its reservation, else by quantal response."""
    if not keeps_reservation(gain):
        return False
    return quantal_response(gain - threshold, precision, draw)


@rule
def turnover_option(
    expected_probability: float, patience: float, rounds_ahead: float, surplus: float
) -> float:
    """What waiting for the other side's turnover is worth: half the surplus with the successor."""
    if surplus <= 0.0:
        return 0.0
    return 0.5 * expected_probability * math.pow(patience, rounds_ahead) * surplus

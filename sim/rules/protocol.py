"""The clock and the chances that are nobody's decision (mechanisms M4, M6, M7).

Source: Chatterjee, Samuelson (1983) for sealed offers; the calendar of the case for the rest.
"""

from sim.compiling import rule
from sim.rules.responding import INDIFFERENCE


@rule
def happens(probability: float, draw: float) -> bool:
    """Whether an event of this probability occurs: turnover, a threat, talks that resume."""
    return draw < probability


@rule
def offers_left(round_index: float, rounds: float, final_counteroffer: float) -> float:
    """Offers left to be made from the first offer of a round on, that one included."""
    return 2.0 * (rounds - round_index) - (1.0 - final_counteroffer)


@rule
def offers_cross(tabled_by_other: float, own_offer: float) -> bool:
    """Whether sealed offers cross: the other's offer is worth no less than what one asks for."""
    return tabled_by_other >= own_offer - INDIFFERENCE


@rule
def split(buyers_amount: float, sellers_amount: float, weight: float) -> float:
    """The agreed amount between two sealed offers that cross."""
    return weight * buyers_amount + (1.0 - weight) * sellers_amount

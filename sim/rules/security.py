"""Pyongyang's deadline and the price of having no agreement (mechanisms M7, M9).

From the round whose successor falls after the expiry of the old agreement, each round without a
deal costs both sides h; an open threat adds nu_h.

Source: Muthoo (1999), Bargaining Theory with Applications, ch. 6 (inside options).
"""

from sim.compiling import rule


@rule
def threat_is_open(round_index: float, deadline_round: float, emerges: bool) -> bool:
    """Whether the threat that emerges at the deadline is felt in this round."""
    return emerges and round_index >= deadline_round


@rule
def cost_of_waiting(
    round_index: float, expiry_round: float, lapse_cost: float, threat_cost: float
) -> float:
    """What letting a round pass without a deal costs a side; threat_cost is 0 without threat."""
    if round_index + 1.0 >= expiry_round:
        return lapse_cost + threat_cost
    return threat_cost

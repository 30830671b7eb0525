"""Leaving the room (mechanism M4).

    probability = logit(w_a + w_b gap - w_m movement)

gap between the two tabled positions and movement of the counterpart since the round before, both
in the utility of the side that may leave. A walk-out breaks off the round; whether the talks end
with it is another draw.

Source: Binmore, Rubinstein, Wolinsky (1986), RAND J. of Economics 17; Schweinsberg, Ku, Wang,
Pillutla (2012), J. of Experimental Social Psychology 48.
"""

import math

from sim.compiling import rule
from sim.rules.responding import is_below_logistic, logistic


@rule
def walk_out_log_odds(
    gap: float, movement: float, base: float, per_gap: float, per_movement: float
) -> float:
    """Log-odds that a side leaves the room in this round."""
    if math.isinf(base):
        return base
    return base + per_gap * gap - per_movement * movement


@rule
def walk_out_probability(
    gap: float, movement: float, base: float, per_gap: float, per_movement: float
) -> float:
    """Probability that a side leaves the room in this round."""
    return logistic(walk_out_log_odds(gap, movement, base, per_gap, per_movement))


@rule
def walks_out(
    gap: float, movement: float, base: float, per_gap: float, per_movement: float, draw: float
) -> bool:
    """Whether a side leaves the room in this round."""
    return is_below_logistic(walk_out_log_odds(gap, movement, base, per_gap, per_movement), draw)

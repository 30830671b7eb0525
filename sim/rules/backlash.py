"""Opinion in Seoul: backlash b in [0, 1] against what is on the table (mechanism M5).

    b <- b + rho (B(x) - b),    B(x) = 1 - exp(-(x - 1)/kappa_B) above the old payment, else 0
    b <- b + eta (1 - b)        when the US side walks out

Source: Putnam (1988), International Organization 42 (reverberation); the form is an assumption.
"""

from sim.compiling import rule
from sim.rules.special_functions import exponential


@rule
def public_reaction(amount: float, scale: float) -> float:
    """The backlash that an amount would settle at if it stayed on the table."""
    if amount <= 1.0:
        return 0.0
    return 1.0 - exponential(-(amount - 1.0) / scale)


@rule
def backlash_after_offer(backlash: float, reaction: float, speed: float) -> float:
    """Backlash after the public has seen an offer."""
    return backlash + speed * (reaction - backlash)


@rule
def backlash_after_walk_out(backlash: float, jump: float) -> float:
    """Backlash after the US side has left the room."""
    return backlash + jump * (1.0 - backlash)

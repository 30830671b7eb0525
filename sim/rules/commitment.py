"""What a public position does to the least that its author can sign (mechanism M5).

A president who pays a per unit of shortfall from his public demand D signs V when
(V - r_P) + m (V - xbar) - a (D - V) >= 0, that is from

    r_P'(D) = (1 - kappa) min(D, r_1) + kappa D,     kappa = a / (1 + m + a)

upwards. kappa = 1 is a take-it-or-leave-it demand, kappa = 0 cheap talk: then the threshold does
not move with D above r_1. He never vetoes his own demand. Seoul's mirror, from its public offer
q_0: r_M' = r_M - kappa_M (r_M - q_0)+.

Source: Fearon (1994), American Political Science Review 88; Muthoo (1996), J. of Economic
Theory 69; Leventoglu, Tarar (2005), American Political Science Review 99. The law is derived here.
"""

from sim.compiling import rule


@rule
def commitment_weight(audience_cost: float, precedent_weight: float) -> float:
    """kappa, the share of the way from reservation value to demand that commitment binds."""
    return audience_cost / (1.0 + precedent_weight + audience_cost)


@rule
def signing_threshold(reservation: float, demand: float, weight: float) -> float:
    """The least US value that the president signs under his public demand."""
    base = reservation
    if demand < base:
        base = demand
    return (1.0 - weight) * base + weight * demand


@rule
def committed_cost(reservation_cost: float, opening_cost: float, weight: float) -> float:
    """The largest cost that Seoul concedes under its public offer."""
    excess = reservation_cost - opening_cost
    if excess < 0.0:
        excess = 0.0
    return reservation_cost - weight * excess

"""What a side tables: target, concession towards it, position (mechanism M2; oracle policies).

    position = target + (opening - target)(1 - phi^e),    phi = share of the time that is used up

in the side's own utility, between its reservation utility and its opening. e > 1 holds out
(boulware), e < 1 gives early (conceder). The target lies between the reservation utility and the
best take-it-or-leave-it demand against what the side believes the counterpart can bear.

Source: Faratin, Sierra, Jennings (1998), Robotics and Autonomous Systems 24; Fearon (1995),
International Organization 49; Rubinstein (1982), Econometrica 50; Stahl (1972), Bargaining Theory;
Chatterjee, Samuelson (1983), Operations Research 31.
"""

import math

from sim.compiling import rule
from sim.rules.reservation import logistic_scale, uniform_half_width
from sim.rules.special_functions import lambert_exponential

_NO_DOUBT = 1e100  # sd of a belief from which on it is as good as sure; the iteration overflows


@rule
def time_share(round_index: float, start: float, rounds: float) -> float:
    """Share of a side's time that is used up in a round: 0 at its start, 1 in the last round."""
    span = rounds - 1.0 - start
    if span <= 0.0:
        return 1.0
    return (round_index - start) / span


@rule
def concession_share(time: float, exponent: float) -> float:
    """Share of the way from opening to target that is conceded by a time in [0, 1]."""
    return math.pow(time, exponent)


@rule
def is_sure(reservation: float, believed: float, belief_sd: float) -> bool:
    """Whether a belief is too narrow for its doubt to matter to a demand."""
    return belief_sd <= 0.0 or believed - reservation > _NO_DOUBT * belief_sd


@rule
def per_scale(belief_sd: float) -> float:
    """1/s for the scale s of a belief; 0 where there is no doubt."""
    if belief_sd <= 0.0:
        return 0.0
    return 1.0 / logistic_scale(belief_sd)


@rule
def room_to_demand(
    reservation: float, believed: float, belief_sd: float, one_per_scale: float
) -> float:
    """y = (mu - r)/s - 1, what the believed room is in scales of the belief, from 1/s."""
    if is_sure(reservation, believed, belief_sd):
        return 0.0
    return (believed - reservation) * one_per_scale - 1.0


@rule
def demand_with_room(reservation: float, believed: float, belief_sd: float, w: float) -> float:
    """The best single demand, r + s(1 + w), where w solves w + ln w = y; what is sure if it is."""
    if is_sure(reservation, believed, belief_sd):
        if believed > reservation:
            return believed
        return reservation
    return reservation + logistic_scale(belief_sd) * (1.0 + w)


@rule
def demand_given_scale(
    reservation: float, believed: float, belief_sd: float, one_per_scale: float
) -> float:
    """The best single demand against what is believed, given 1/s too."""
    w = lambert_exponential(room_to_demand(reservation, believed, belief_sd, one_per_scale))
    return demand_with_room(reservation, believed, belief_sd, w)


@rule
def take_it_or_leave_it(reservation: float, believed: float, belief_sd: float) -> float:
    """The best single demand, r + s(1 + W), when what the counterpart bears is logistic."""
    return demand_given_scale(reservation, believed, belief_sd, per_scale(belief_sd))


@rule
def take_it_or_leave_it_uniform(reservation: float, believed: float, belief_sd: float) -> float:
    """The best single demand when what the counterpart bears is uniform: max(lo, (hi + r)/2)."""
    half_width = uniform_half_width(belief_sd)
    best = 0.5 * (believed + half_width + reservation)
    if best < believed - half_width:
        best = believed - half_width
    if best < reservation:
        return reservation
    return best


@rule
def target_utility(reservation: float, ambition: float, best_demand: float) -> float:
    """Where the side means to end: a share `ambition` of the way from reservation to demand."""
    return reservation + ambition * (best_demand - reservation)


@rule
def position(
    target: float, opening: float, reservation: float, concession: float, noise: float
) -> float:
    """The utility that a side tables: conceded from its opening, never below its reservation."""
    tabled = target + (opening - target) * (1.0 - concession) + noise
    if tabled > opening:
        tabled = opening
    if tabled < reservation:
        tabled = reservation
    return tabled


@rule
def single_demand(best_demand: float, opening: float, reservation: float) -> float:
    """What a take-it-or-leave-it side tables: its best demand, at most its public one."""
    tabled = best_demand
    if tabled > opening:
        tabled = opening
    if tabled < reservation:
        tabled = reservation
    return tabled


@rule
def pie(joint_gain: float, own_reservation: float, other_reservation: float) -> float:
    """What there is to share between the two reservation utilities, nothing where they miss."""
    size = joint_gain - own_reservation - other_reservation
    if size < 0.0:
        return 0.0
    return size


@rule
def subgame_perfect_share(offers_left: float, patience_self: float, patience_other: float) -> float:
    """The proposer's share of the pie with so many offers left: x_n = 1 - delta_j x_(n-1)."""
    share = 1.0
    before_last = int(offers_left) - 1
    for step in range(before_last):
        # Counted from the last offer: the responder at the final step is the other side.
        if (before_last - step) % 2 == 1:
            share = 1.0 - patience_other * share
        else:
            share = 1.0 - patience_self * share
    return share


@rule
def auction_ask(cost: float, lowest: float, width: float, split: float) -> float:
    """The seller's linear equilibrium ask in the split-the-difference double auction."""
    share = (cost - lowest) / width
    return lowest + width * (share / (2.0 - split) + 0.5 * (1.0 - split))


@rule
def auction_bid(worth: float, lowest: float, width: float, split: float) -> float:
    """The buyer's linear equilibrium bid in the split-the-difference double auction."""
    share = (worth - lowest) / width
    return lowest + width * (share / (1.0 + split) + 0.5 * split * (1.0 - split) / (1.0 + split))

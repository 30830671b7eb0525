"""What a negotiation starts from and what befalls it: types, turnover, threat, reservations."""

from typing import Any

from sim.compiling import kernel
from sim.kernel.tables import SUCCESSOR, US
from sim.rules.aspiration import per_scale
from sim.rules.commitment import committed_cost, signing_threshold
from sim.rules.protocol import happens
from sim.rules.reservation import (
    assembly_limit,
    ministry_reservation,
    normal_quantile,
    perceived_mandate,
    reservation_value,
    worth_as_precedent,
)
from sim.rules.security import cost_of_waiting, threat_is_open


@kernel
def _face_demand(p: Any, s: Any, reservation: float, demand_value: float) -> None:
    s.demand_value = demand_value
    s.threshold = signing_threshold(reservation, demand_value, p.us_commitment)
    s.mandate = perceived_mandate(
        s.threshold, demand_value, p.negotiators_mandate_bias, p.negotiators_mandate_noise,
        s.mandate_noise,
    )  # fmt: skip


@kernel
def draw_types(p: Any, s: Any, u: Any) -> None:
    """Private types, the mandate, first beliefs: what the talks start from."""
    reservation = worth_as_precedent(
        reservation_value(
            p.president_reservation_family, p.president_reservation_mean,
            p.president_reservation_sd, u[0],
        ),
        p.precedent_weight, p.precedent_others_payment,
    )  # fmt: skip
    s.mandate_noise = normal_quantile(u[2])
    _face_demand(p, s, reservation, p.demand_value)
    s.demanded_category, s.free_category = p.demanded_category, p.free_category
    s.joint_gain = p.joint_gain
    s.us_clock, s.unbroken = US, True
    s.seoul_cost = committed_cost(
        reservation_value(
            p.ministry_reservation_family, p.ministry_reservation_mean,
            p.ministry_reservation_sd, u[1],
        ),
        -p.opening_utility, p.seoul_commitment,
    )  # fmt: skip
    s.shock = p.assembly_shock_sd * normal_quantile(u[3])
    s.us_mean, s.us_sd = p.belief_about_seoul, p.negotiators_belief_sd
    s.us_per_scale = per_scale(p.negotiators_belief_sd)
    s.seoul_per_scale = per_scale(p.ministry_belief_sd)
    s.seoul_mean, s.seoul_sd = p.belief_about_us, p.ministry_belief_sd
    s.backlash = p.backlash_at_start
    s.last_us_offer_to_seoul, s.last_seoul_offer_to_us = p.demand_to_seoul, p.opening_to_us


@kernel
def draw_fortune(p: Any, s: Any, u: Any) -> None:
    """What will befall the talks, and what the ministry reads of the Assembly."""
    s.changes = happens(p.turnover_probability, u[0])
    s.successor_draw = u[1]
    s.emerges = happens(p.security_threat_probability, u[2])
    s.limit = assembly_limit(
        p.assembly_limit, s.shock, p.signal_weight, p.signal_noise, normal_quantile(u[3])
    )


@kernel
def change_executive(p: Any, s: Any) -> None:
    """A successor takes office, with a demand of his own."""
    reservation = worth_as_precedent(
        reservation_value(
            0.0, p.turnover_reservation_mean, p.turnover_reservation_sd, s.successor_draw
        ),
        p.precedent_weight, p.precedent_others_payment,
    )  # fmt: skip
    _face_demand(p, s, reservation, p.new_demand_value)
    s.demanded_category, s.free_category = p.new_demanded_category, p.new_free_category
    s.joint_gain = p.new_joint_gain
    s.us_clock, s.unbroken = SUCCESSOR, False
    s.seoul_mean, s.seoul_sd = p.belief_about_successor, p.ministry_belief_sd
    s.seoul_per_scale = per_scale(p.ministry_belief_sd)
    s.last_us_offer_to_seoul = p.new_demand_to_seoul


@kernel
def set_reservations(p: Any, s: Any, r: int) -> None:
    """Threat, cost of waiting, and what each team may concede in this round."""
    s.threat_open = 1.0 if threat_is_open(r, p.security_deadline_round, s.emerges) else 0.0
    s.willingness = p.security_threat_willingness * s.threat_open
    s.waiting = cost_of_waiting(
        r, p.talks_expiry_round, p.talks_lapse_cost, p.security_threat_cost * s.threat_open
    )
    s.us_reservation = s.mandate
    s.seoul_reservation = ministry_reservation(
        s.seoul_cost, s.limit, p.public_backlash_weight * s.backlash, s.willingness
    )

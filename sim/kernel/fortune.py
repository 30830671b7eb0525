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
def _face_demand(p: Any, s: Any, i: int, reservation: float, demand_value: float) -> None:
    s.demand_value[i] = demand_value
    s.threshold[i] = signing_threshold(reservation, demand_value, p.us_commitment)
    s.mandate[i] = perceived_mandate(
        s.threshold[i], demand_value, p.negotiators_mandate_bias, p.negotiators_mandate_noise,
        s.mandate_noise[i],
    )  # fmt: skip


@kernel
def draw_types(p: Any, s: Any, i: int, u: Any) -> None:
    """Private types, the mandate, first beliefs: what the talks start from."""
    reservation = worth_as_precedent(
        reservation_value(
            p.president_reservation_family, p.president_reservation_mean,
            p.president_reservation_sd, u[0],
        ),
        p.precedent_weight, p.precedent_others_payment,
    )  # fmt: skip
    s.mandate_noise[i] = normal_quantile(u[2])
    _face_demand(p, s, i, reservation, p.demand_value)
    s.demanded_category[i], s.free_category[i] = p.demanded_category, p.free_category
    s.joint_gain[i] = p.joint_gain
    s.us_clock[i], s.unbroken[i] = US, 1
    s.seoul_cost[i] = committed_cost(
        reservation_value(
            p.ministry_reservation_family, p.ministry_reservation_mean,
            p.ministry_reservation_sd, u[1],
        ),
        -p.opening_utility, p.seoul_commitment,
    )  # fmt: skip
    s.shock[i] = p.assembly_shock_sd * normal_quantile(u[3])
    s.us_mean[i], s.us_sd[i] = p.belief_about_seoul, p.negotiators_belief_sd
    s.us_per_scale[i] = per_scale(p.negotiators_belief_sd)
    s.seoul_per_scale[i] = per_scale(p.ministry_belief_sd)
    s.seoul_mean[i], s.seoul_sd[i] = p.belief_about_us, p.ministry_belief_sd
    s.backlash[i] = p.backlash_at_start
    s.last_us_offer_to_seoul[i], s.last_seoul_offer_to_us[i] = p.demand_to_seoul, p.opening_to_us


@kernel
def draw_fortune(p: Any, s: Any, i: int, u: Any) -> None:
    """What will befall the talks, and what the ministry reads of the Assembly."""
    s.changes[i] = happens(p.turnover_probability, u[0])
    s.successor_draw[i] = u[1]
    s.emerges[i] = happens(p.security_threat_probability, u[2])
    s.limit[i] = assembly_limit(
        p.assembly_limit, s.shock[i], p.signal_weight, p.signal_noise, normal_quantile(u[3])
    )


@kernel
def change_executive(p: Any, s: Any, i: int) -> None:
    """A successor takes office, with a demand of his own."""
    reservation = worth_as_precedent(
        reservation_value(
            0.0, p.turnover_reservation_mean, p.turnover_reservation_sd, s.successor_draw[i]
        ),
        p.precedent_weight, p.precedent_others_payment,
    )  # fmt: skip
    _face_demand(p, s, i, reservation, p.new_demand_value)
    s.demanded_category[i], s.free_category[i] = p.new_demanded_category, p.new_free_category
    s.joint_gain[i] = p.new_joint_gain
    s.us_clock[i], s.unbroken[i] = SUCCESSOR, 0
    s.seoul_mean[i], s.seoul_sd[i] = p.belief_about_successor, p.ministry_belief_sd
    s.seoul_per_scale[i] = per_scale(p.ministry_belief_sd)
    s.last_us_offer_to_seoul[i] = p.new_demand_to_seoul


@kernel
def set_reservations(p: Any, s: Any, lanes: int, r: int) -> None:
    """Threat, cost of waiting, and what each team may concede in this round."""
    for i in range(lanes):
        threat = 1.0 if threat_is_open(r, p.security_deadline_round, s.emerges[i] == 1) else 0.0
        s.threat_open[i], s.willingness[i] = threat, p.security_threat_willingness * threat
        s.waiting[i] = cost_of_waiting(
            r, p.talks_expiry_round, p.talks_lapse_cost, p.security_threat_cost * threat
        )
        s.us_reservation[i] = s.mandate[i]
        s.seoul_reservation[i] = ministry_reservation(
            s.seoul_cost[i], s.limit[i], p.public_backlash_weight * s.backlash[i], s.willingness[i]
        )

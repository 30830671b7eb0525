"""The order of play, compiled: a block of negotiations from a table of design points.

The same order stands in `sim.model`, where Mesa agents take each step; every decision of either is
a rule of `sim.rules`, and the two give the same negotiation bit for bit. The state of a
negotiation is one record; utilities are each side's own (V for the US, -K for Seoul).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kernel
from sim.draws import uniforms
from sim.rules.aspiration import (
    auction_ask,
    auction_bid,
    concession_share,
    pie,
    position,
    single_demand,
    subgame_perfect_share,
    take_it_or_leave_it,
    take_it_or_leave_it_uniform,
    target_utility,
    time_share,
)
from sim.rules.backlash import backlash_after_offer, backlash_after_walk_out, public_reaction
from sim.rules.beliefs import updated_mean, updated_sd
from sim.rules.commitment import committed_cost, signing_threshold
from sim.rules.packages import amount_for, category_for
from sim.rules.preferences import category_worth, seoul_utility, us_value
from sim.rules.protocol import happens, offers_cross, offers_left, split
from sim.rules.ratification import (
    binomial_quantile,
    consents,
    felt_cost,
    president_signs,
    yes_probability,
)
from sim.rules.reservation import (
    assembly_limit,
    ministry_reservation,
    normal_quantile,
    perceived_mandate,
    reservation_value,
    worth_as_precedent,
)
from sim.rules.responding import accepts, quantal_response, turnover_option, waiting_threshold
from sim.rules.security import cost_of_waiting, threat_is_open
from sim.rules.walk_out import walks_out

_TYPES, _FORTUNE, _TABLE, _ANSWERS, _VOTE = 0, 1, 2, 3, 4  # sim.terms.Purpose
_RATIFIED, _WALK_OUT, _LAPSE, _VETO, _REFUSED = 0, 1, 2, 3, 4  # sim.terms.Ending
_GOES_ON = -1

STATE = np.dtype(
    [
        (name, "f8")
        for name in (
            "threshold mandate demand_value demanded_category free_category joint_gain clock_start "
            "mandate_noise successor_draw shock seoul_cost limit threat_open willingness waiting "
            "us_mean us_sd seoul_mean seoul_sd backlash us_reservation seoul_reservation "
            "us_concession seoul_concession us_target seoul_target us_offer seoul_offer "
            "us_next seoul_next us_amount us_category seoul_amount seoul_category "
            "us_offer_to_seoul seoul_offer_to_us last_us_offer_to_seoul last_seoul_offer_to_us "
            "deal_amount deal_category deal_value deal_utility"
        ).split()
    ]
    + [("changes", "?"), ("emerges", "?")]
)


@kernel
def _draw_types(p: Any, s: Any, u: NDArray[np.float64]) -> None:
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
    s.clock_start = 0.0
    s.seoul_cost = committed_cost(
        reservation_value(
            p.ministry_reservation_family, p.ministry_reservation_mean,
            p.ministry_reservation_sd, u[1],
        ),
        -p.opening_utility, p.seoul_commitment,
    )  # fmt: skip
    s.shock = p.assembly_shock_sd * normal_quantile(u[3])
    s.us_mean, s.us_sd = p.belief_about_seoul, p.negotiators_belief_sd
    s.seoul_mean, s.seoul_sd = p.belief_about_us, p.ministry_belief_sd
    s.backlash = p.backlash_at_start
    s.last_us_offer_to_seoul, s.last_seoul_offer_to_us = p.demand_to_seoul, p.opening_to_us


@kernel
def _draw_fortune(p: Any, s: Any, u: NDArray[np.float64]) -> None:
    s.changes = happens(p.turnover_probability, u[0])
    s.successor_draw = u[1]
    s.emerges = happens(p.security_threat_probability, u[2])
    s.limit = assembly_limit(
        p.assembly_limit, s.shock, p.signal_weight, p.signal_noise, normal_quantile(u[3])
    )


@kernel
def _face_demand(p: Any, s: Any, reservation: float, demand_value: float) -> None:
    s.demand_value = demand_value
    s.threshold = signing_threshold(reservation, demand_value, p.us_commitment)
    s.mandate = perceived_mandate(
        s.threshold, demand_value, p.negotiators_mandate_bias, p.negotiators_mandate_noise,
        s.mandate_noise,
    )  # fmt: skip


@kernel
def _change_executive(p: Any, s: Any, r: int) -> None:
    reservation = worth_as_precedent(
        reservation_value(
            0.0, p.turnover_reservation_mean, p.turnover_reservation_sd, s.successor_draw
        ),
        p.precedent_weight, p.precedent_others_payment,
    )  # fmt: skip
    _face_demand(p, s, reservation, p.new_demand_value)
    s.demanded_category, s.free_category = p.new_demanded_category, p.new_free_category
    s.joint_gain = p.new_joint_gain
    s.clock_start = float(r)
    s.seoul_mean, s.seoul_sd = p.belief_about_successor, p.ministry_belief_sd
    s.last_us_offer_to_seoul = p.new_demand_to_seoul


@kernel
def _set_reservations(p: Any, s: Any, r: int) -> None:
    s.threat_open = 1.0 if threat_is_open(r, p.security_deadline_round, s.emerges) else 0.0
    s.willingness = p.security_threat_willingness * s.threat_open
    s.waiting = cost_of_waiting(
        r, p.talks_expiry_round, p.talks_lapse_cost, p.security_threat_cost * s.threat_open
    )
    s.us_reservation = s.mandate
    s.seoul_reservation = ministry_reservation(
        s.seoul_cost, s.limit, p.public_backlash_weight * s.backlash, s.willingness
    )


@kernel
def _best_demand(policy: float, family: float, reservation: float, mean: float, sd: float) -> float:
    if policy == 1.0 and family == 2.0:
        return take_it_or_leave_it_uniform(reservation, mean, sd)
    return take_it_or_leave_it(reservation, mean, sd)


@kernel
def _us_position(p: Any, s: Any, round_index: int, noise: float) -> float:
    if p.negotiators_policy == 1.0:
        return single_demand(s.us_target, s.demand_value, s.us_reservation)
    if p.negotiators_policy == 2.0:
        size = pie(s.joint_gain, s.us_reservation, s.seoul_reservation)
        return s.us_reservation + size * subgame_perfect_share(
            offers_left(round_index, p.talks_rounds, p.talks_final_counteroffer)
            - p.talks_first_mover, p.negotiators_patience, p.ministry_patience,
        )  # fmt: skip
    if p.negotiators_policy == 3.0:
        return auction_ask(s.us_reservation, p.support_low, p.support_width, p.talks_split)
    time = time_share(round_index, s.clock_start, p.talks_rounds)
    return position(
        s.us_target, s.demand_value, s.us_reservation,
        concession_share(time, p.negotiators_concession_exponent), noise,
    )  # fmt: skip


@kernel
def _seoul_position(p: Any, s: Any, round_index: int, noise: float) -> float:
    if p.ministry_policy == 1.0:
        return single_demand(s.seoul_target, p.opening_utility, s.seoul_reservation)
    if p.ministry_policy == 2.0:
        size = pie(s.joint_gain, s.us_reservation, s.seoul_reservation)
        return s.seoul_reservation + size * subgame_perfect_share(
            offers_left(round_index, p.talks_rounds, p.talks_final_counteroffer)
            - (1.0 - p.talks_first_mover), p.ministry_patience, p.negotiators_patience,
        )  # fmt: skip
    if p.ministry_policy == 3.0:
        return -auction_bid(-s.seoul_reservation, p.support_low, p.support_width, p.talks_split)
    time = time_share(round_index, 0.0, p.talks_rounds)
    return position(
        s.seoul_target, p.opening_utility, s.seoul_reservation,
        concession_share(time, p.ministry_concession_exponent), noise,
    )  # fmt: skip


@kernel
def _take_positions(p: Any, s: Any, r: int, u: NDArray[np.float64]) -> None:
    us_best = _best_demand(
        p.negotiators_policy, p.ministry_reservation_family, s.us_reservation,
        s.joint_gain - s.us_mean, s.us_sd,
    )  # fmt: skip
    s.us_target = target_utility(
        s.us_reservation, 1.0 if p.negotiators_policy == 1.0 else p.negotiators_ambition, us_best
    )
    seoul_best = _best_demand(
        p.ministry_policy, p.president_reservation_family, s.seoul_reservation,
        s.joint_gain - s.seoul_mean, s.seoul_sd,
    )  # fmt: skip
    s.seoul_target = target_utility(
        s.seoul_reservation, 1.0 if p.ministry_policy == 1.0 else p.ministry_ambition, seoul_best
    )
    s.us_offer = _us_position(p, s, r, p.talks_offer_noise * normal_quantile(u[0]))
    s.seoul_offer = _seoul_position(p, s, r, p.talks_offer_noise * normal_quantile(u[1]))
    _make_packages(p, s)


@kernel
def _make_packages(p: Any, s: Any) -> None:
    cap = p.package_framework_cap
    s.us_amount = amount_for(
        s.us_offer - p.us_terms, s.free_category, p.package_category_value,
        p.president_category_audience_cost, s.demanded_category, cap,
    )  # fmt: skip
    s.us_category = category_for(s.us_amount, s.free_category, cap)
    s.us_offer_to_seoul = _utility(p, s.us_amount, s.us_category)
    s.seoul_amount = amount_for(
        -s.seoul_offer - p.seoul_terms, s.free_category, p.package_category_cost, 0.0, 0.0, cap
    )
    s.seoul_category = category_for(s.seoul_amount, s.free_category, cap)
    s.seoul_offer_to_us = _value(p, s, s.seoul_amount, s.seoul_category)


@kernel
def _value(p: Any, s: Any, amount: float, category: float) -> float:
    of_category = category_worth(
        category, p.package_category_value, p.president_category_audience_cost, s.demanded_category
    )
    return us_value(amount, of_category, p.us_terms)


@kernel
def _utility(p: Any, amount: float, category: float) -> float:
    return seoul_utility(amount, p.package_category_cost * category, p.seoul_terms)


@kernel
def _leaves(p: Any, own_offer: float, tabled: float, before: float, draw: float) -> bool:
    return walks_out(
        own_offer - tabled, tabled - before, p.talks_walk_out_base, p.talks_walk_out_gap,
        p.talks_walk_out_movement, draw,
    )  # fmt: skip


@kernel
def _us_accepts(p: Any, s: Any, r: int, draw: float) -> bool:
    gain = s.seoul_offer_to_us - s.us_reservation
    if p.negotiators_policy == 1.0:
        return quantal_response(gain, p.talks_precision, draw)
    first = p.talks_first_mover == 0.0
    final = r + 1 == p.talks_rounds
    if final and (first or p.talks_final_counteroffer == 0.0):
        return accepts(gain, 0.0, p.talks_precision, draw)
    next_offer = _us_position(p, s, r + 1, 0.0) if first else s.us_offer
    waiting = waiting_threshold(
        next_offer - s.us_reservation, p.negotiators_patience, s.waiting, 0.0
    )
    return accepts(gain, waiting, p.talks_precision, draw)


@kernel
def _seoul_accepts(p: Any, s: Any, r: int, draw: float) -> bool:
    gain = s.us_offer_to_seoul - s.seoul_reservation
    if p.ministry_policy == 1.0:
        return quantal_response(gain, p.talks_precision, draw)
    first = p.talks_first_mover == 1.0
    final = r + 1 == p.talks_rounds
    if final and (first or p.talks_final_counteroffer == 0.0):
        return accepts(gain, 0.0, p.talks_precision, draw)
    next_offer = _seoul_position(p, s, r + 1, 0.0) if first else s.seoul_offer
    option = 0.0
    if p.ministry_policy == 0.0 and r < p.turnover_round and p.turnover_round < p.talks_rounds:
        option = turnover_option(
            p.turnover_expected_probability, p.ministry_patience, p.turnover_round - r,
            p.new_joint_gain - s.seoul_reservation - p.turnover_reservation_mean,
        )  # fmt: skip
    waiting = waiting_threshold(
        next_offer - s.seoul_reservation, p.ministry_patience, s.waiting, option
    )
    return accepts(gain, waiting, p.talks_precision, draw)


@kernel
def _bargain(p: Any, s: Any, r: int, u: NDArray[np.float64]) -> bool:
    """Whether the round brings a deal; the second mover answers first."""
    if p.talks_protocol == 1.0:
        if not offers_cross(s.us_offer_to_seoul, s.seoul_offer):
            return False
        _agree(
            p, s, split(s.seoul_amount, s.us_amount, p.talks_split),
            split(s.seoul_category, s.us_category, p.talks_split),
        )  # fmt: skip
        return True
    countered = r + 1 < p.talks_rounds or p.talks_final_counteroffer == 1.0
    us_first = p.talks_first_mover == 0.0
    if us_first:
        if _seoul_takes(p, s, r, u[0]):
            return True
        return countered and _us_takes(p, s, r, u[1])
    if _us_takes(p, s, r, u[1]):
        return True
    return countered and _seoul_takes(p, s, r, u[0])


@kernel
def _us_takes(p: Any, s: Any, r: int, draw: float) -> bool:
    if _us_accepts(p, s, r, draw):
        _agree(p, s, s.seoul_amount, s.seoul_category)
        return True
    return False


@kernel
def _seoul_takes(p: Any, s: Any, r: int, draw: float) -> bool:
    if _seoul_accepts(p, s, r, draw):
        _agree(p, s, s.us_amount, s.us_category)
        return True
    return False


@kernel
def _agree(p: Any, s: Any, amount: float, category: float) -> None:
    s.deal_amount, s.deal_category = amount, category
    s.deal_value = _value(p, s, amount, category)
    s.deal_utility = _utility(p, amount, category)


@kernel
def _learn(p: Any, s: Any, r: int) -> None:
    if p.talks_learning == 0.0:
        return
    by_seoul = concession_share(time_share(r, 0.0, p.talks_rounds), p.ministry_concession_exponent)
    by_us = concession_share(
        time_share(r, s.clock_start, p.talks_rounds), p.negotiators_concession_exponent
    )
    noise = p.talks_offer_noise
    s.us_mean = updated_mean(s.us_mean, s.us_sd, s.seoul_offer, p.opening_utility, by_seoul, noise)
    s.us_sd = updated_sd(s.us_sd, by_seoul, noise)
    s.seoul_mean = updated_mean(s.seoul_mean, s.seoul_sd, s.us_offer, s.demand_value, by_us, noise)
    s.seoul_sd = updated_sd(s.seoul_sd, by_us, noise)


@kernel
def _passes(p: Any, blocs: Any, s: Any, r: int, address: Any, u: Any, counter: Any, o: Any) -> bool:
    """The vote: every bloc draws who attends, who says yes and who abstains."""
    felt = felt_cost(-s.deal_utility, p.public_backlash_weight * s.backlash, s.shock, s.willingness)
    present, yes, abstain = 0.0, 0.0, 0.0
    for index in range(blocs.shape[0]):
        bloc = blocs[index]
        uniforms(u, counter, address[0], address[1], address[2], _VOTE, r, index)
        here = binomial_quantile(bloc.seats, bloc.attendance, u[0])
        for_it = binomial_quantile(
            here,
            yes_probability(bloc.threshold + p.assembly_shift, felt, p.assembly_precision),
            u[1],
        )
        present += here
        yes += for_it
        abstain += binomial_quantile(here - for_it, bloc.abstention, u[2])
    o.votes += 1
    o.yes, o.abstain, o.no = int(yes), int(abstain), int(present - yes - abstain)
    o.absent = int(p.members - present)
    return consents(yes, present, p.members)


@kernel
def _domestic(
    p: Any, blocs: Any, s: Any, r: int, address: Any, u: Any, counter: Any, o: Any
) -> int:
    """What the president and the Assembly make of a deal: an ending, or the talks go on."""
    resume = u[3]
    if not president_signs(s.deal_value, s.threshold, s.demand_value, p.president_precision, u[2]):
        o.vetoes += 1
        s.mandate = s.threshold
        return _GOES_ON if happens(p.president_returns_after_veto, resume) else _VETO
    if p.assembly_consent_required == 0.0 or _passes(p, blocs, s, r, address, u, counter, o):
        o.amount, o.category = s.deal_amount, s.deal_category
        o.us_value, o.seoul_cost = s.deal_value, -s.deal_utility
        return _RATIFIED
    o.refusals += 1
    s.limit = assembly_limit(p.known_limit, s.shock, 1.0, 0.0, 0.0)
    return _GOES_ON if happens(p.assembly_returns_after_refusal, resume) else _REFUSED


@kernel
def _walk_outs(p: Any, s: Any, r: int, u: Any, o: Any) -> bool:
    """Whether a side leaves the room: from the second round on, at the tabled positions."""
    if r == 0:
        return False
    us_leaves = _leaves(p, s.us_offer, s.seoul_offer_to_us, s.last_seoul_offer_to_us, u[2])
    seoul_leaves = _leaves(p, s.seoul_offer, s.us_offer_to_seoul, s.last_us_offer_to_seoul, u[3])
    if us_leaves:
        o.us_walk_outs += 1
        s.backlash = backlash_after_walk_out(s.backlash, p.public_walk_out_jump)
    if seoul_leaves:
        o.seoul_walk_outs += 1
    if (us_leaves or seoul_leaves) and o.first_walk_out == 0:
        o.first_walk_out = r + 1
    return us_leaves or seoul_leaves


@kernel
def _play_round(
    p: Any, blocs: Any, s: Any, r: int, address: Any, u: Any, counter: Any, o: Any
) -> int:
    """One round, in the order of play: an ending, or the talks go on."""
    if s.changes and r == p.turnover_round:
        _change_executive(p, s, r)
        o.executive_changed = True
    _set_reservations(p, s, r)
    uniforms(u, counter, address[0], address[1], address[2], _TABLE, r, 0)
    _take_positions(p, s, r, u)
    s.backlash = backlash_after_offer(
        s.backlash, public_reaction(s.us_amount, p.public_backlash_scale), p.public_backlash_speed
    )
    broken_off = _walk_outs(p, s, r, u, o)
    s.last_us_offer_to_seoul, s.last_seoul_offer_to_us = s.us_offer_to_seoul, s.seoul_offer_to_us
    uniforms(u, counter, address[0], address[1], address[2], _ANSWERS, r, 0)
    if broken_off:
        return _GOES_ON if happens(p.talks_returns_after_walk_out, u[3]) else _WALK_OUT
    agreed = _bargain(p, s, r, u)
    _learn(p, s, r)
    if agreed:
        return _domestic(p, blocs, s, r, address, u, counter, o)
    return _GOES_ON


@kernel
def _play(p: Any, blocs: Any, s: Any, address: Any, u: Any, counter: Any, o: Any) -> None:
    """One negotiation from its types to its end."""
    uniforms(u, counter, address[0], address[1], address[2], _TYPES, 0, 0)
    _draw_types(p, s, u)
    uniforms(u, counter, address[0], address[1], address[2], _FORTUNE, 0, 0)
    _draw_fortune(p, s, u)
    o.amount = o.category = o.us_value = o.seoul_cost = math.nan
    o.ending = _LAPSE
    rounds = int(p.talks_rounds)
    for r in range(rounds):
        ending = _play_round(p, blocs, s, r, address, u, counter, o)
        o.round = r + 1
        if ending != _GOES_ON:
            o.ending = ending
            break
    o.gap = s.us_offer - s.seoul_offer_to_us
    o.backlash = s.backlash
    o.lapsed = o.round > p.talks_expiry_round
    o.threat = s.threat_open == 1.0


@kernel
def play_block(
    points: NDArray[Any],
    blocs: NDArray[Any],
    words: NDArray[np.uint64],
    seed: np.uint64,
    first_replicate: int,
    outcomes: NDArray[Any],
) -> None:
    """Play a block of negotiations.

    Parameters
    ----------
    points : dtype POINT with derived columns, shape (points,)
    blocs : dtype BLOC, shape (points, blocs)
    words : design-point words of the draws, shape (points,); 0 for common random numbers
    seed : of the run
    first_replicate : number of the first replicate of the block
    outcomes : dtype OUTCOME, zeroed, shape (points, replicates); written
    """
    state = np.zeros(1, STATE)
    draws, counter = np.zeros(4), np.zeros(4, np.uint64)
    address = np.zeros(3, np.uint64)
    address[0] = seed
    for index in range(points.shape[0]):
        address[1] = words[index]
        for replicate in range(outcomes.shape[1]):
            address[2] = np.uint64(first_replicate + replicate)
            _play(
                points[index], blocs[index], state[0], address, draws, counter,
                outcomes[index, replicate],
            )  # fmt: skip

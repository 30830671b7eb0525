"""What the two teams table, and whether one of them leaves the room at it."""

from typing import Any

from sim.compiling import kernel
from sim.kernel.tables import SEOUL
from sim.rules.aspiration import (
    auction_ask,
    auction_bid,
    demand_given_scale,
    demand_with_room,
    pie,
    position,
    room_to_demand,
    single_demand,
    subgame_perfect_share,
    take_it_or_leave_it_uniform,
    target_utility,
)
from sim.rules.backlash import backlash_after_offer, backlash_after_walk_out, public_reaction
from sim.rules.packages import amount_for, category_for
from sim.rules.preferences import category_worth, seoul_utility, us_value
from sim.rules.protocol import offers_left
from sim.rules.responding import is_below_logistic
from sim.rules.special_functions import (
    central_quantile,
    is_far_out,
    is_in_a_tail,
    near_lambert_exponential,
    tail_quantile,
)
from sim.rules.walk_out import walk_out_log_odds


@kernel
def us_position(p: Any, t: Any, s: Any, i: int, round_index: int, noise: float) -> float:
    """What the US team's policy tables in a round."""
    if p.negotiators_policy == 1.0:
        return single_demand(s.us_target[i], s.demand_value[i], s.us_reservation[i])
    if p.negotiators_policy == 2.0:
        size = pie(s.joint_gain[i], s.us_reservation[i], s.seoul_reservation[i])
        return s.us_reservation[i] + size * subgame_perfect_share(
            offers_left(round_index, p.talks_rounds, p.talks_final_counteroffer)
            - p.talks_first_mover, p.negotiators_patience, p.ministry_patience,
        )  # fmt: skip
    if p.negotiators_policy == 3.0:
        return auction_ask(s.us_reservation[i], p.support_low, p.support_width, p.talks_split)
    return position(
        s.us_target[i],
        s.demand_value[i],
        s.us_reservation[i],
        t.pace[s.us_clock[i], round_index],
        noise,
    )


@kernel
def seoul_position(p: Any, t: Any, s: Any, i: int, round_index: int, noise: float) -> float:
    """What Seoul's policy tables in a round."""
    if p.ministry_policy == 1.0:
        return single_demand(s.seoul_target[i], p.opening_utility, s.seoul_reservation[i])
    if p.ministry_policy == 2.0:
        size = pie(s.joint_gain[i], s.us_reservation[i], s.seoul_reservation[i])
        return s.seoul_reservation[i] + size * subgame_perfect_share(
            offers_left(round_index, p.talks_rounds, p.talks_final_counteroffer)
            - (1.0 - p.talks_first_mover), p.ministry_patience, p.negotiators_patience,
        )  # fmt: skip
    if p.ministry_policy == 3.0:
        return -auction_bid(-s.seoul_reservation[i], p.support_low, p.support_width, p.talks_split)
    return position(
        s.seoul_target[i],
        p.opening_utility,
        s.seoul_reservation[i],
        t.pace[SEOUL, round_index],
        noise,
    )


@kernel
def value(p: Any, s: Any, i: int, amount: float, category: float) -> float:
    """The US value of a package."""
    of_category = category_worth(
        category,
        p.package_category_value,
        p.president_category_audience_cost,
        s.demanded_category[i],
    )
    return us_value(amount, of_category, p.us_terms)


@kernel
def utility(p: Any, amount: float, category: float) -> float:
    """Seoul's utility of a package."""
    return seoul_utility(amount, p.package_category_cost * category, p.seoul_terms)


@kernel
def _other_us_demand(p: Any, s: Any, i: int, uniform: bool) -> None:
    """The best demand where what the other bears is uniform, or far beyond the reservation."""
    reservation, believed, sd = s.us_reservation[i], s.joint_gain[i] - s.us_mean[i], s.us_sd[i]
    s.us_best[i] = (
        take_it_or_leave_it_uniform(reservation, believed, sd) if uniform
        else demand_given_scale(reservation, believed, sd, s.us_per_scale[i])
    )  # fmt: skip


@kernel
def _other_seoul_demand(p: Any, s: Any, i: int, uniform: bool) -> None:
    reservation, believed = s.seoul_reservation[i], s.joint_gain[i] - s.seoul_mean[i]
    s.seoul_best[i] = (
        take_it_or_leave_it_uniform(reservation, believed, s.seoul_sd[i]) if uniform
        else demand_given_scale(reservation, believed, s.seoul_sd[i], s.seoul_per_scale[i])
    )  # fmt: skip


@kernel
def draw_noise(p: Any, s: Any, lanes: int) -> None:
    """The noise in what both teams will table, from the draws of the round."""
    sd = p.talks_offer_noise
    for i in range(lanes):
        s.us_noise[i] = sd * central_quantile(s.us_noise_draw[i])
    for i in range(lanes):
        s.seoul_noise[i] = sd * central_quantile(s.seoul_noise_draw[i])
    for i in range(lanes):
        if is_in_a_tail(s.us_noise_draw[i]):
            s.us_noise[i] = sd * tail_quantile(s.us_noise_draw[i])
        if is_in_a_tail(s.seoul_noise_draw[i]):
            s.seoul_noise[i] = sd * tail_quantile(s.seoul_noise_draw[i])


@kernel
def find_best_demands(p: Any, s: Any, lanes: int) -> None:
    """The best single demands of both teams against what each believes the other can bear."""
    for i in range(lanes):
        reservation, believed, sd = s.us_reservation[i], s.joint_gain[i] - s.us_mean[i], s.us_sd[i]
        room = room_to_demand(reservation, believed, sd, s.us_per_scale[i])
        s.us_room[i], w = room, near_lambert_exponential(room)
        s.us_best[i] = demand_with_room(reservation, believed, sd, w)
    for i in range(lanes):
        reservation, believed = s.seoul_reservation[i], s.joint_gain[i] - s.seoul_mean[i]
        room = room_to_demand(reservation, believed, s.seoul_sd[i], s.seoul_per_scale[i])
        s.seoul_room[i], w = room, near_lambert_exponential(room)
        s.seoul_best[i] = demand_with_room(reservation, believed, s.seoul_sd[i], w)
    of_us = p.negotiators_policy == 1.0 and p.ministry_reservation_family == 2.0
    of_seoul = p.ministry_policy == 1.0 and p.president_reservation_family == 2.0
    for i in range(lanes):
        if of_us or is_far_out(s.us_room[i]):
            _other_us_demand(p, s, i, of_us)
        if of_seoul or is_far_out(s.seoul_room[i]):
            _other_seoul_demand(p, s, i, of_seoul)


@kernel
def table_offers(p: Any, t: Any, s: Any, lanes: int, r: int) -> None:
    """Targets and positions of both teams."""
    us_ambition = 1.0 if p.negotiators_policy == 1.0 else p.negotiators_ambition
    seoul_ambition = 1.0 if p.ministry_policy == 1.0 else p.ministry_ambition
    for i in range(lanes):
        s.us_target[i] = target_utility(s.us_reservation[i], us_ambition, s.us_best[i])
        s.us_offer[i] = us_position(p, t, s, i, r, s.us_noise[i])
    for i in range(lanes):
        s.seoul_target[i] = target_utility(s.seoul_reservation[i], seoul_ambition, s.seoul_best[i])
        s.seoul_offer[i] = seoul_position(p, t, s, i, r, s.seoul_noise[i])


@kernel
def make_packages(p: Any, s: Any, lanes: int) -> None:
    """The packages on the table, and what each is worth to the other side."""
    cap = p.package_framework_cap
    for i in range(lanes):
        s.us_amount[i] = amount_for(
            s.us_offer[i] - p.us_terms, s.free_category[i], p.package_category_value,
            p.president_category_audience_cost, s.demanded_category[i], cap,
        )  # fmt: skip
        s.us_category[i] = category_for(s.us_amount[i], s.free_category[i], cap)
        s.us_offer_to_seoul[i] = utility(p, s.us_amount[i], s.us_category[i])
    for i in range(lanes):
        s.seoul_amount[i] = amount_for(
            -s.seoul_offer[i] - p.seoul_terms, s.free_category[i], p.package_category_cost, 0.0,
            0.0, cap,
        )  # fmt: skip
        s.seoul_category[i] = category_for(s.seoul_amount[i], s.free_category[i], cap)
        s.seoul_offer_to_us[i] = value(p, s, i, s.seoul_amount[i], s.seoul_category[i])


@kernel
def show_to_the_public(p: Any, s: Any, lanes: int) -> None:
    """Seoul's public reacts to the amount that the US side tables."""
    scale, speed = p.public_backlash_scale, p.public_backlash_speed
    for i in range(lanes):
        reaction = public_reaction(s.us_amount[i], scale)
        s.backlash[i] = backlash_after_offer(s.backlash[i], reaction, speed)


@kernel
def weigh_walk_outs(p: Any, s: Any, lanes: int) -> None:
    """The log-odds that a side leaves the room: from the second round on, at what is tabled."""
    base, per_gap = p.talks_walk_out_base, p.talks_walk_out_gap
    per_movement = p.talks_walk_out_movement
    for i in range(lanes):
        tabled, before = s.seoul_offer_to_us[i], s.last_seoul_offer_to_us[i]
        s.us_odds[i] = walk_out_log_odds(
            s.us_offer[i] - tabled, tabled - before, base, per_gap, per_movement
        )
        s.last_seoul_offer_to_us[i] = tabled
    for i in range(lanes):
        tabled, before = s.us_offer_to_seoul[i], s.last_us_offer_to_seoul[i]
        s.seoul_odds[i] = walk_out_log_odds(
            s.seoul_offer[i] - tabled, tabled - before, base, per_gap, per_movement
        )
        s.last_us_offer_to_seoul[i] = tabled


@kernel
def walk_outs(p: Any, s: Any, i: int, r: int, o: Any) -> bool:
    """Whether a side leaves the room."""
    if r == 0:
        return False
    us_leaves = is_below_logistic(s.us_odds[i], s.us_leave_draw[i])
    seoul_leaves = is_below_logistic(s.seoul_odds[i], s.seoul_leave_draw[i])
    if us_leaves:
        o.us_walk_outs += 1
        s.backlash[i] = backlash_after_walk_out(s.backlash[i], p.public_walk_out_jump)
    if seoul_leaves:
        o.seoul_walk_outs += 1
    if (us_leaves or seoul_leaves) and o.first_walk_out == 0:
        o.first_walk_out = r + 1
    return us_leaves or seoul_leaves

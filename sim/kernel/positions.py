"""What the two teams table, and whether one of them leaves the room at it."""

from typing import Any

from sim.compiling import kernel
from sim.kernel.tables import SEOUL
from sim.rules.aspiration import (
    auction_ask,
    auction_bid,
    demand_given_scale,
    pie,
    position,
    single_demand,
    subgame_perfect_share,
    take_it_or_leave_it_uniform,
    target_utility,
)
from sim.rules.backlash import backlash_after_walk_out
from sim.rules.packages import amount_for, category_for
from sim.rules.preferences import category_worth, seoul_utility, us_value
from sim.rules.protocol import offers_left
from sim.rules.reservation import normal_quantile
from sim.rules.walk_out import walks_out


@kernel
def us_position(p: Any, t: Any, s: Any, round_index: int, noise: float) -> float:
    """What the US team's policy tables in a round."""
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
    return position(
        s.us_target, s.demand_value, s.us_reservation, t.pace[s.us_clock, round_index], noise
    )


@kernel
def seoul_position(p: Any, t: Any, s: Any, round_index: int, noise: float) -> float:
    """What Seoul's policy tables in a round."""
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
    return position(
        s.seoul_target, p.opening_utility, s.seoul_reservation, t.pace[SEOUL, round_index], noise
    )


@kernel
def value(p: Any, s: Any, amount: float, category: float) -> float:
    """The US value of a package."""
    of_category = category_worth(
        category, p.package_category_value, p.president_category_audience_cost, s.demanded_category
    )
    return us_value(amount, of_category, p.us_terms)


@kernel
def utility(p: Any, amount: float, category: float) -> float:
    """Seoul's utility of a package."""
    return seoul_utility(amount, p.package_category_cost * category, p.seoul_terms)


@kernel
def _make_packages(p: Any, s: Any) -> None:
    cap = p.package_framework_cap
    s.us_amount = amount_for(
        s.us_offer - p.us_terms, s.free_category, p.package_category_value,
        p.president_category_audience_cost, s.demanded_category, cap,
    )  # fmt: skip
    s.us_category = category_for(s.us_amount, s.free_category, cap)
    s.us_offer_to_seoul = utility(p, s.us_amount, s.us_category)
    s.seoul_amount = amount_for(
        -s.seoul_offer - p.seoul_terms, s.free_category, p.package_category_cost, 0.0, 0.0, cap
    )
    s.seoul_category = category_for(s.seoul_amount, s.free_category, cap)
    s.seoul_offer_to_us = value(p, s, s.seoul_amount, s.seoul_category)


@kernel
def _best_demands(p: Any, s: Any, u: Any) -> None:
    """The best single demands of both teams, and the noise in what they will table."""
    us_believes, seoul_believes = s.joint_gain - s.us_mean, s.joint_gain - s.seoul_mean
    s.us_noise = p.talks_offer_noise * normal_quantile(u[0])
    s.seoul_noise = p.talks_offer_noise * normal_quantile(u[1])
    s.us_best = demand_given_scale(s.us_reservation, us_believes, s.us_sd, s.us_per_scale)
    s.seoul_best = demand_given_scale(
        s.seoul_reservation, seoul_believes, s.seoul_sd, s.seoul_per_scale
    )
    if p.negotiators_policy == 1.0 and p.ministry_reservation_family == 2.0:
        s.us_best = take_it_or_leave_it_uniform(s.us_reservation, us_believes, s.us_sd)
    if p.ministry_policy == 1.0 and p.president_reservation_family == 2.0:
        s.seoul_best = take_it_or_leave_it_uniform(s.seoul_reservation, seoul_believes, s.seoul_sd)


@kernel
def take_positions(p: Any, t: Any, s: Any, r: int, u: Any) -> None:
    """Targets, positions and packages of both teams."""
    _best_demands(p, s, u)
    s.us_target = target_utility(
        s.us_reservation, 1.0 if p.negotiators_policy == 1.0 else p.negotiators_ambition, s.us_best
    )
    s.seoul_target = target_utility(
        s.seoul_reservation, 1.0 if p.ministry_policy == 1.0 else p.ministry_ambition, s.seoul_best
    )
    s.us_offer = us_position(p, t, s, r, s.us_noise)
    s.seoul_offer = seoul_position(p, t, s, r, s.seoul_noise)
    _make_packages(p, s)


@kernel
def _leaves(p: Any, own_offer: float, tabled: float, before: float, draw: float) -> bool:
    return walks_out(
        own_offer - tabled, tabled - before, p.talks_walk_out_base, p.talks_walk_out_gap,
        p.talks_walk_out_movement, draw,
    )  # fmt: skip


@kernel
def walk_outs(p: Any, s: Any, r: int, u: Any, o: Any) -> bool:
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

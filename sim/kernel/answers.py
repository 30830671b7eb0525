"""Accepting or not, and learning from what was tabled."""

from typing import Any

from sim.compiling import kernel
from sim.draws import Address, uniforms
from sim.kernel.positions import seoul_position, us_position, utility, value
from sim.kernel.tables import SEOUL, US
from sim.rules.aspiration import per_scale
from sim.rules.beliefs import learning_gain, mean_after_surprise, updated_sd
from sim.rules.protocol import offers_cross, split
from sim.rules.responding import (
    accepts,
    keeps_reservation,
    quantal_response,
    turnover_option,
    waiting_threshold,
)
from sim.terms import Purpose

_ANSWERS = int(Purpose.ANSWERS)


@kernel
def _answers_count(p: Any, s: Any, i: int) -> bool:
    """Whether the answers of this round hang on any draw, or are all no whatever it is."""
    if p.negotiators_policy == 1.0 or p.ministry_policy == 1.0:
        return True
    us_gain = s.seoul_offer_to_us[i] - s.us_reservation[i]
    seoul_gain = s.us_offer_to_seoul[i] - s.seoul_reservation[i]
    return keeps_reservation(us_gain) or keeps_reservation(seoul_gain)


@kernel
def _us_accepts(p: Any, t: Any, s: Any, i: int, r: int, draw: float) -> bool:
    gain = s.seoul_offer_to_us[i] - s.us_reservation[i]
    if p.negotiators_policy == 1.0:
        return quantal_response(gain, p.talks_precision, draw)
    first = p.talks_first_mover == 0.0
    final = r + 1 == p.talks_rounds
    if final and (first or p.talks_final_counteroffer == 0.0):
        return accepts(gain, 0.0, p.talks_precision, draw)
    next_offer = us_position(p, t, s, i, r + 1, 0.0) if first else s.us_offer[i]
    waiting = waiting_threshold(
        next_offer - s.us_reservation[i], p.negotiators_patience, s.waiting[i], 0.0
    )
    return accepts(gain, waiting, p.talks_precision, draw)


@kernel
def _seoul_accepts(p: Any, t: Any, s: Any, i: int, r: int, draw: float) -> bool:
    gain = s.us_offer_to_seoul[i] - s.seoul_reservation[i]
    if p.ministry_policy == 1.0:
        return quantal_response(gain, p.talks_precision, draw)
    first = p.talks_first_mover == 1.0
    final = r + 1 == p.talks_rounds
    if final and (first or p.talks_final_counteroffer == 0.0):
        return accepts(gain, 0.0, p.talks_precision, draw)
    next_offer = seoul_position(p, t, s, i, r + 1, 0.0) if first else s.seoul_offer[i]
    option = 0.0
    if p.ministry_policy == 0.0 and r < p.turnover_round and p.turnover_round < p.talks_rounds:
        option = turnover_option(
            p.turnover_expected_probability, p.ministry_patience, p.turnover_round - r,
            p.new_joint_gain - s.seoul_reservation[i] - p.turnover_reservation_mean,
        )  # fmt: skip
    waiting = waiting_threshold(
        next_offer - s.seoul_reservation[i], p.ministry_patience, s.waiting[i], option
    )
    return accepts(gain, waiting, p.talks_precision, draw)


@kernel
def _agree(p: Any, s: Any, i: int, amount: float, category: float) -> None:
    s.deal_amount[i], s.deal_category[i] = amount, category
    s.deal_value[i] = value(p, s, i, amount, category)
    s.deal_utility[i] = utility(p, amount, category)


@kernel
def _us_takes(p: Any, t: Any, s: Any, i: int, r: int, draw: float) -> bool:
    if _us_accepts(p, t, s, i, r, draw):
        _agree(p, s, i, s.seoul_amount[i], s.seoul_category[i])
        return True
    return False


@kernel
def _seoul_takes(p: Any, t: Any, s: Any, i: int, r: int, draw: float) -> bool:
    if _seoul_accepts(p, t, s, i, r, draw):
        _agree(p, s, i, s.us_amount[i], s.us_category[i])
        return True
    return False


@kernel
def bargain(p: Any, t: Any, s: Any, i: int, r: int, address: Address) -> bool:
    """Whether the round brings a deal; the second mover answers first."""
    if p.talks_protocol == 1.0:
        if not offers_cross(s.us_offer_to_seoul[i], s.seoul_offer[i]):
            return False
        _agree(
            p, s, i, split(s.seoul_amount[i], s.us_amount[i], p.talks_split),
            split(s.seoul_category[i], s.us_category[i], p.talks_split),
        )  # fmt: skip
        return True
    if not _answers_count(p, s, i):
        return False
    u = uniforms(*address, _ANSWERS, r, 0)
    countered = r + 1 < p.talks_rounds or p.talks_final_counteroffer == 1.0
    us_first = p.talks_first_mover == 0.0
    if us_first:
        if _seoul_takes(p, t, s, i, r, u[0]):
            return True
        return countered and _us_takes(p, t, s, i, r, u[1])
    if _us_takes(p, t, s, i, r, u[1]):
        return True
    return countered and _seoul_takes(p, t, s, i, r, u[0])


@kernel
def learn(p: Any, t: Any, s: Any, i: int, r: int) -> None:
    """Both teams update their beliefs from what was tabled."""
    if p.talks_learning == 0.0:
        return
    by_seoul, by_us = t.pace[SEOUL, r], t.pace[s.us_clock[i], r]
    if s.unbroken[i] == 1:
        us_gain, seoul_gain = t.gain[SEOUL, r], t.gain[US, r]
        s.us_sd[i], s.seoul_sd[i] = t.doubt[SEOUL, r + 1], t.doubt[US, r + 1]
        s.us_per_scale[i], s.seoul_per_scale[i] = t.per_scale[SEOUL, r + 1], t.per_scale[US, r + 1]
    else:
        noise = p.talks_offer_noise
        us_gain = learning_gain(s.us_sd[i], by_seoul, noise)
        seoul_gain = learning_gain(s.seoul_sd[i], by_us, noise)
        s.us_sd[i] = updated_sd(s.us_sd[i], by_seoul, noise)
        s.seoul_sd[i] = updated_sd(s.seoul_sd[i], by_us, noise)
        s.us_per_scale[i], s.seoul_per_scale[i] = per_scale(s.us_sd[i]), per_scale(s.seoul_sd[i])
    s.us_mean[i] = mean_after_surprise(
        s.us_mean[i], s.seoul_offer[i], p.opening_utility, by_seoul, us_gain
    )
    s.seoul_mean[i] = mean_after_surprise(
        s.seoul_mean[i], s.us_offer[i], s.demand_value[i], by_us, seoul_gain
    )

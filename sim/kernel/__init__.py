"""The order of play, compiled: a block of negotiations from a table of design points.

The same order stands in `sim.model`, where Mesa agents take each step; every decision of either is
a rule of `sim.rules`, and the two give the same negotiation bit for bit. The state of a negotiation
is one record, `s`; `p` is its design point, `t` what the negotiations of that point have in common,
`o` the record that it leaves behind. Utilities are each side's own (V for the US, -K for Seoul).
Draws have addresses and no history, so a block of them is made only where something hangs on it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kernel, record_maker, records
from sim.draws import Address, uniforms
from sim.kernel.answers import bargain, learn
from sim.kernel.domestic import GOES_ON, domestic
from sim.kernel.fortune import change_executive, draw_fortune, draw_types, set_reservations
from sim.kernel.positions import take_positions, walk_outs
from sim.kernel.tables import Tables, begin_tables, room_for_tables
from sim.rules.backlash import backlash_after_offer, public_reaction
from sim.rules.protocol import happens
from sim.terms import Ending, Purpose

_TYPES, _FORTUNE = int(Purpose.TYPES), int(Purpose.FORTUNE)
_TABLE, _ANSWERS = int(Purpose.TABLE), int(Purpose.ANSWERS)
_WALK_OUT, _LAPSE = int(Ending.WALK_OUT), int(Ending.LAPSE)

STATE = np.dtype(
    [
        (name, "f8")
        for name in (
            "threshold mandate demand_value demanded_category free_category joint_gain "
            "mandate_noise successor_draw shock seoul_cost limit threat_open willingness waiting "
            "us_mean us_sd us_per_scale seoul_mean seoul_sd seoul_per_scale backlash "
            "us_reservation seoul_reservation "
            "us_best seoul_best us_noise seoul_noise us_target seoul_target us_offer seoul_offer "
            "us_amount us_category seoul_amount seoul_category "
            "us_offer_to_seoul seoul_offer_to_us last_us_offer_to_seoul last_seoul_offer_to_us "
            "deal_amount deal_category deal_value deal_utility"
        ).split()
    ]
    + [("changes", "?"), ("emerges", "?"), ("unbroken", "?"), ("us_clock", "i8")]
)
_new_state = record_maker(STATE)


@kernel
def _play_round(p: Any, blocs: Any, t: Any, s: Any, r: int, address: Address, o: Any) -> int:
    """One round, in the order of play: an ending, or the talks go on."""
    if s.changes and r == p.turnover_round:
        change_executive(p, s)
        o.executive_changed = True
    set_reservations(p, s, r)
    u = uniforms(*address, _TABLE, r, 0)
    take_positions(p, t, s, r, u)
    s.backlash = backlash_after_offer(
        s.backlash, public_reaction(s.us_amount, p.public_backlash_scale), p.public_backlash_speed
    )
    broken_off = walk_outs(p, s, r, u, o)
    s.last_us_offer_to_seoul, s.last_seoul_offer_to_us = s.us_offer_to_seoul, s.seoul_offer_to_us
    if broken_off:
        s.unbroken = False
        resume = uniforms(*address, _ANSWERS, r, 0)[3]
        return GOES_ON if happens(p.talks_returns_after_walk_out, resume) else _WALK_OUT
    agreed = bargain(p, t, s, r, address)
    learn(p, t, s, r)
    if agreed:
        return domestic(p, blocs, t, s, r, address, o)
    return GOES_ON


@kernel
def _play(p: Any, blocs: Any, t: Any, address: Address, o: Any) -> None:
    """One negotiation from its types to its end."""
    s = _new_state()
    draw_types(p, s, uniforms(*address, _TYPES, 0, 0))
    draw_fortune(p, s, uniforms(*address, _FORTUNE, 0, 0))
    o.amount = o.category = o.us_value = o.seoul_cost = math.nan
    o.ending = _LAPSE
    rounds = int(p.talks_rounds)
    for r in range(rounds):
        ending = _play_round(p, blocs, t, s, r, address, o)
        o.round = r + 1
        if ending != GOES_ON:
            o.ending = ending
            break
    o.gap = s.us_offer - s.seoul_offer_to_us
    o.backlash = s.backlash
    o.lapsed = o.round > p.talks_expiry_round
    o.threat = s.threat_open == 1.0


@kernel
def _play_block(
    points: NDArray[Any],
    blocs: NDArray[Any],
    words: NDArray[np.uint64],
    seed: np.uint64,
    first_replicate: int,
    tables: Tables,
    outcomes: NDArray[Any],
) -> None:
    for index in range(points.shape[0]):
        begin_tables(points[index], tables)
        for replicate in range(outcomes.shape[1]):
            address = seed, words[index], np.uint64(first_replicate + replicate)
            _play(points[index], blocs[index], tables, address, outcomes[index, replicate])


def play_block(
    points: NDArray[Any],
    blocs: NDArray[Any],
    words: NDArray[np.uint64],
    seed: int,
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
    tables = room_for_tables(points, blocs)
    _play_block(
        records(points), records(blocs), words, np.uint64(seed), first_replicate, tables,
        records(outcomes),
    )  # fmt: skip

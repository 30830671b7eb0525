"""The order of play, compiled: a block of negotiations from a table of design points.

The same order stands in `sim.model`, where Mesa agents take each step; every decision of either is
a rule of `sim.rules`, and the two give the same negotiation bit for bit. The negotiations of a
design point are played in step, so many `LANES` at a time: until all is on the table a round is a
row of short loops over lanes, which the compiler turns into vectors; what comes of it, full of
jumps, is taken lane by lane. The state `s` holds an array of lanes for every quantity; `p` is the
design point, `t` what its negotiations have in common, `o` the record that one leaves behind.
Utilities are each side's own (V for the US, -K for Seoul). Draws have addresses and no history, so
a block of them is made only where something hangs on it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kernel, lane_mover, record_maker, records
from sim.draws import Address, uniforms
from sim.kernel.answers import bargain, learn
from sim.kernel.domestic import GOES_ON, domestic
from sim.kernel.fortune import change_executive, draw_fortune, draw_types, set_reservations
from sim.kernel.positions import (
    draw_noise,
    find_best_demands,
    make_packages,
    show_to_the_public,
    table_offers,
    walk_outs,
    weigh_walk_outs,
)
from sim.kernel.tables import Tables, begin_tables, room_for_tables
from sim.rules.protocol import happens
from sim.terms import Ending, Purpose

_TYPES, _FORTUNE = int(Purpose.TYPES), int(Purpose.FORTUNE)
_TABLE, _ANSWERS = int(Purpose.TABLE), int(Purpose.ANSWERS)
_WALK_OUT, _LAPSE = int(Ending.WALK_OUT), int(Ending.LAPSE)

LANES = 32  # negotiations in step; 16 to 128 are as fast within 3%
_VECTOR = 8  # lanes that the compiler takes at once; what is left over it takes one by one

STATE = np.dtype(
    [
        (name, "f8", (LANES,))
        for name in (
            "threshold mandate demand_value demanded_category free_category joint_gain "
            "mandate_noise successor_draw shock seoul_cost limit threat_open willingness waiting "
            "us_mean us_sd us_per_scale seoul_mean seoul_sd seoul_per_scale backlash "
            "us_reservation seoul_reservation us_room seoul_room "
            "us_best seoul_best us_noise_draw seoul_noise_draw us_leave_draw seoul_leave_draw "
            "us_noise seoul_noise us_target seoul_target us_offer seoul_offer "
            "us_amount us_category seoul_amount seoul_category us_odds seoul_odds "
            "us_offer_to_seoul seoul_offer_to_us last_us_offer_to_seoul last_seoul_offer_to_us "
            "deal_amount deal_category deal_value deal_utility"
        ).split()
    ]
    + [
        (name, "i8", (LANES,))
        for name in ("changes", "emerges", "unbroken", "us_clock", "replicate")
    ]
)
_new_state = record_maker(STATE)
_move = lane_mover(STATE)


@kernel
def _draw(s: Any, i: int, address: Address, r: int) -> None:
    """The draws that every negotiation makes in a round."""
    u = uniforms(*address, _TABLE, r, 0)
    s.us_noise_draw[i], s.seoul_noise_draw[i], s.us_leave_draw[i], s.seoul_leave_draw[i] = u


@kernel
def _begin(p: Any, s: Any, i: int, address: Address, o: Any) -> None:
    """One negotiation from nothing to the start of its first round."""
    draw_types(p, s, i, uniforms(*address, _TYPES, 0, 0))
    draw_fortune(p, s, i, uniforms(*address, _FORTUNE, 0, 0))
    _draw(s, i, address, 0)
    o.amount = o.category = o.us_value = o.seoul_cost = math.nan


@kernel
def _table(p: Any, t: Any, s: Any, lanes: int, r: int) -> None:
    """A round until all is on the table and the public has seen it."""
    set_reservations(p, s, lanes, r)
    draw_noise(p, s, lanes)
    find_best_demands(p, s, lanes)
    table_offers(p, t, s, lanes, r)
    make_packages(p, s, lanes)
    show_to_the_public(p, s, lanes)
    weigh_walk_outs(p, s, lanes)


@kernel
def _answer(p: Any, blocs: Any, t: Any, s: Any, i: int, r: int, address: Address, o: Any) -> int:
    """What comes of the round in one negotiation: an ending, or the talks go on."""
    if walk_outs(p, s, i, r, o):
        s.unbroken[i] = 0
        resume = uniforms(*address, _ANSWERS, r, 0)[3]
        return GOES_ON if happens(p.talks_returns_after_walk_out, resume) else _WALK_OUT
    agreed = bargain(p, t, s, i, r, address)
    learn(p, t, s, i, r)
    if agreed:
        return domestic(p, blocs, t, s, i, r, address, o)
    return GOES_ON


@kernel
def _end(p: Any, s: Any, i: int, ending: int, o: Any) -> None:
    o.ending = ending
    o.gap = s.us_offer[i] - s.seoul_offer_to_us[i]
    o.backlash = s.backlash[i]
    o.lapsed = o.round > p.talks_expiry_round
    o.threat = s.threat_open[i] == 1.0


@kernel
def _play(p: Any, blocs: Any, t: Any, address: Address, outcomes: Any) -> None:
    """Negotiations in step, at most so many as there are lanes, from their types to their ends."""
    s = _new_state()
    seed, word, first = address
    begun = lanes = outcomes.shape[0]
    for i in range(begun):
        s.replicate[i] = i
        _begin(p, s, i, (seed, word, first + np.uint64(i)), outcomes[i])
    rounds = int(p.talks_rounds)
    for r in range(rounds):
        if r == p.turnover_round:
            for i in range(lanes):
                if s.changes[i] == 1:
                    change_executive(p, s, i)
                    outcomes[s.replicate[i]].executive_changed = True
        # A lane whose talks are over is played on to fill a vector; nobody reads it.
        _table(p, t, s, min(begun, -(-lanes // _VECTOR) * _VECTOR), r)
        i = 0
        while i < lanes:
            o, own = outcomes[s.replicate[i]], (seed, word, first + np.uint64(s.replicate[i]))
            ending = _answer(p, blocs, t, s, i, r, own, o)
            o.round = r + 1
            if ending == GOES_ON:
                if r + 1 < rounds:
                    _draw(s, i, own, r + 1)
                i += 1
            else:
                _end(p, s, i, ending, o)
                lanes -= 1
                _move(s, lanes, i)
    for i in range(lanes):
        _end(p, s, i, _LAPSE, outcomes[s.replicate[i]])


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
        for first in range(0, outcomes.shape[1], LANES):
            address = seed, words[index], np.uint64(first_replicate + first)
            in_step = outcomes[index, first : first + LANES]
            _play(points[index], blocs[index], tables, address, in_step)


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

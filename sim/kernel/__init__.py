"""The order of play, compiled: a block of negotiations from a table of design points.

The same order stands in `sim.model`, where Mesa agents take each step; every decision of either is
a rule of `sim.rules`, and the two give the same negotiation bit for bit. The state of a
negotiation is one record; utilities are each side's own (V for the US, -K for Seoul).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kernel, records
from sim.draws import uniforms
from sim.kernel.answers import bargain, learn
from sim.kernel.domestic import GOES_ON, domestic
from sim.kernel.fortune import change_executive, draw_fortune, draw_types, set_reservations
from sim.kernel.positions import take_positions, walk_outs
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
def _play_round(
    p: Any, blocs: Any, s: Any, r: int, address: Any, u: Any, counter: Any, o: Any
) -> int:
    """One round, in the order of play: an ending, or the talks go on."""
    if s.changes and r == p.turnover_round:
        change_executive(p, s, r)
        o.executive_changed = True
    set_reservations(p, s, r)
    uniforms(u, counter, address[0], address[1], address[2], _TABLE, r, 0)
    take_positions(p, s, r, u)
    s.backlash = backlash_after_offer(
        s.backlash, public_reaction(s.us_amount, p.public_backlash_scale), p.public_backlash_speed
    )
    broken_off = walk_outs(p, s, r, u, o)
    s.last_us_offer_to_seoul, s.last_seoul_offer_to_us = s.us_offer_to_seoul, s.seoul_offer_to_us
    uniforms(u, counter, address[0], address[1], address[2], _ANSWERS, r, 0)
    if broken_off:
        return GOES_ON if happens(p.talks_returns_after_walk_out, u[3]) else _WALK_OUT
    agreed = bargain(p, s, r, u)
    learn(p, s, r)
    if agreed:
        return domestic(p, blocs, s, r, address, u, counter, o)
    return GOES_ON


@kernel
def _play(p: Any, blocs: Any, s: Any, address: Any, u: Any, counter: Any, o: Any) -> None:
    """One negotiation from its types to its end."""
    uniforms(u, counter, address[0], address[1], address[2], _TYPES, 0, 0)
    draw_types(p, s, u)
    uniforms(u, counter, address[0], address[1], address[2], _FORTUNE, 0, 0)
    draw_fortune(p, s, u)
    o.amount = o.category = o.us_value = o.seoul_cost = math.nan
    o.ending = _LAPSE
    rounds = int(p.talks_rounds)
    for r in range(rounds):
        ending = _play_round(p, blocs, s, r, address, u, counter, o)
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
    state: NDArray[Any],
    outcomes: NDArray[Any],
) -> None:
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
    state = records(np.zeros(1, STATE))
    first, table = first_replicate, records(outcomes)
    _play_block(records(points), records(blocs), words, np.uint64(seed), first, state, table)

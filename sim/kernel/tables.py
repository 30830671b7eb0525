"""What the negotiations of a design point have in common, worked out once by the same rules.

`pace` is how far each side has conceded by every round. `attendance` is the distribution function
of a bloc's absences (or presences, the rarer), `abstention` that of its abstentions (or the rest),
by how many may; both are filled when a vote first asks for them. `doubt` is the sd of a belief by
the number of rounds that it was learnt from, as long as no round has been broken off, `per_scale`
one over its scale, `gain` how far a round's surprise moves the belief.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kernel
from sim.rules.aspiration import concession_share, per_scale, time_share
from sim.rules.beliefs import learning_gain, updated_sd
from sim.rules.ratification import (
    log_of_the_commoner,
    next_binomial_term,
    none_of_the_rarer,
    rarer_outcome,
)

SEOUL, US, SUCCESSOR = 0, 1, 2  # whose clock: Seoul's, the executive's, his successor's
_CLOCKS = 3


class Tables(NamedTuple):
    """Room for the tables of one design point."""

    pace: NDArray[np.float64]  # shape (clocks, rounds)
    doubt: NDArray[np.float64]  # shape (2, rounds + 1): about Seoul, about the executive
    per_scale: NDArray[np.float64]  # shape (2, rounds + 1): likewise
    gain: NDArray[np.float64]  # shape (2, rounds): likewise
    attendance: NDArray[np.float64]  # shape (blocs, most seats + 1); NaN until asked for
    abstention: NDArray[np.float64]  # shape (blocs, most seats + 1, most seats + 1)
    asked: NDArray[np.bool_]  # shape (blocs, most seats + 1): rows that are filled


def room_for_tables(points: NDArray[Any], blocs: NDArray[Any]) -> Tables:
    """Tables large enough for every design point of a block (dtypes POINT and BLOC)."""
    rounds = int(points["talks_rounds"].max(initial=0.0))
    seats = int(blocs["seats"].max(initial=0.0))
    count = blocs.shape[1]
    rows = (count, seats + 1)
    return Tables(
        np.zeros((_CLOCKS, rounds)), np.zeros((2, rounds + 1)), np.zeros((2, rounds + 1)),
        np.zeros((2, rounds)), np.zeros(rows), np.zeros((*rows, seats + 1)),
        np.zeros(rows, np.bool_),
    )  # fmt: skip


@kernel
def begin_tables(p: Any, t: Any) -> None:
    """Fill what depends on the round alone; forget the votes of the design point before."""
    for r in range(int(p.talks_rounds)):
        time = time_share(r, 0.0, p.talks_rounds)
        t.pace[SEOUL, r] = concession_share(time, p.ministry_concession_exponent)
        t.pace[US, r] = concession_share(time, p.negotiators_concession_exponent)
        if r >= p.turnover_round:
            time = time_share(r, p.turnover_round, p.talks_rounds)
            t.pace[SUCCESSOR, r] = concession_share(time, p.negotiators_concession_exponent)
    t.attendance[:, 0] = math.nan
    t.asked[:] = False
    t.doubt[SEOUL, 0], t.doubt[US, 0] = p.negotiators_belief_sd, p.ministry_belief_sd
    for whose in (SEOUL, US):
        t.per_scale[whose, 0] = per_scale(t.doubt[whose, 0])
        for r in range(int(p.talks_rounds)):
            sd, conceded = t.doubt[whose, r], t.pace[whose, r]
            t.gain[whose, r] = learning_gain(sd, conceded, p.talks_offer_noise)
            t.doubt[whose, r + 1] = updated_sd(sd, conceded, p.talks_offer_noise)
            t.per_scale[whose, r + 1] = per_scale(t.doubt[whose, r + 1])


@kernel
def _add_up(cumulative: NDArray[np.float64], trials: float, chance: float) -> None:
    """The distribution function of the rarer outcome, as the search for a quantile adds it up."""
    rarer = rarer_outcome(chance)
    term = none_of_the_rarer(trials, log_of_the_commoner(chance))
    cumulative[0] = term
    for step in range(int(trials)):
        term = next_binomial_term(term, trials, step, rarer / (1.0 - rarer))
        cumulative[step + 1] = cumulative[step] + term


@kernel
def _looked_up(cumulative: NDArray[np.float64], trials: float, chance: float, draw: float) -> float:
    """The count that `binomial_quantile` finds, looked for from the mean."""
    flipped, last = chance > 0.5, int(trials)
    level = 1.0 - draw if flipped else draw
    count = int(trials * rarer_outcome(chance))
    while count < last and cumulative[count] <= level:
        count += 1
    while count > 0 and cumulative[count - 1] > level:
        count -= 1
    return trials - count if flipped else float(count)


@kernel
def members_present(bloc: Any, index: int, t: Any, draw: float) -> float:
    """The attendance of a bloc."""
    cumulative = t.attendance[index]
    if math.isnan(cumulative[0]):
        _add_up(cumulative, bloc.seats, bloc.attendance)
    return _looked_up(cumulative, bloc.seats, bloc.attendance, draw)


@kernel
def members_abstaining(bloc: Any, index: int, others: float, t: Any, draw: float) -> float:
    """The abstentions of a bloc among those present who do not say yes."""
    row = int(others)
    cumulative = t.abstention[index, row]
    if not t.asked[index, row]:
        t.asked[index, row] = True
        _add_up(cumulative, others, bloc.abstention)
    return _looked_up(cumulative, others, bloc.abstention, draw)

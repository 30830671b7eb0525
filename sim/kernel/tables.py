"""What the negotiations of a design point have in common, worked out once by the same rules.

`pace` is how far each side has conceded by every round. `attendance` is the distribution function
of a bloc's absences (or presences, the rarer), `abstention` the chance that nobody abstains (or
everybody), by how many may. Those two are NaN until a vote first asks for them.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiling import kernel
from sim.rules.aspiration import concession_share, time_share
from sim.rules.ratification import (
    binomial_search,
    next_binomial_term,
    none_of_the_rarer,
    rarer_outcome,
)

SEOUL, US, SUCCESSOR = 0, 1, 2  # whose clock: Seoul's, the executive's, his successor's
_CLOCKS = 3


class Tables(NamedTuple):
    """Room for the tables of one design point."""

    pace: NDArray[np.float64]  # shape (clocks, rounds)
    attendance: NDArray[np.float64]  # shape (blocs, most seats + 1)
    abstention: NDArray[np.float64]  # shape (blocs, most seats + 1)


def room_for_tables(points: NDArray[Any], blocs: NDArray[Any]) -> Tables:
    """Tables large enough for every design point of a block (dtypes POINT and BLOC)."""
    rounds = int(points["talks_rounds"].max(initial=0.0))
    seats = int(blocs["seats"].max(initial=0.0))
    count = blocs.shape[1]
    return Tables(
        np.zeros((_CLOCKS, rounds)), np.zeros((count, seats + 1)), np.zeros((count, seats + 1))
    )


@kernel
def begin_tables(p: Any, t: Any) -> None:
    """Fill the concession shares of a design point and forget the votes of the one before."""
    for r in range(int(p.talks_rounds)):
        time = time_share(r, 0.0, p.talks_rounds)
        t.pace[SEOUL, r] = concession_share(time, p.ministry_concession_exponent)
        t.pace[US, r] = concession_share(time, p.negotiators_concession_exponent)
        if r >= p.turnover_round:
            time = time_share(r, p.turnover_round, p.talks_rounds)
            t.pace[SUCCESSOR, r] = concession_share(time, p.negotiators_concession_exponent)
    t.attendance[:, 0] = math.nan
    t.abstention[:] = math.nan


@kernel
def _sum_absences(bloc: Any, cumulative: NDArray[np.float64]) -> None:
    """The distribution function of the rarer of presence and absence, as the search adds it up."""
    rarer = rarer_outcome(bloc.attendance)
    term = none_of_the_rarer(bloc.seats, bloc.attendance)
    cumulative[0] = term
    for step in range(int(bloc.seats)):
        term = next_binomial_term(term, bloc.seats, step, rarer / (1.0 - rarer))
        cumulative[step + 1] = cumulative[step] + term


@kernel
def members_present(bloc: Any, index: int, t: Any, draw: float) -> float:
    """The attendance of a bloc: the count that `binomial_quantile` finds, looked up."""
    cumulative, last = t.attendance[index], int(bloc.seats)
    if math.isnan(cumulative[0]):
        _sum_absences(bloc, cumulative)
    flipped = bloc.attendance > 0.5
    level = 1.0 - draw if flipped else draw
    count = int(bloc.seats * rarer_outcome(bloc.attendance))
    while count < last and cumulative[count] <= level:
        count += 1
    while count > 0 and cumulative[count - 1] > level:
        count -= 1
    return bloc.seats - count if flipped else float(count)


@kernel
def members_abstaining(bloc: Any, index: int, others: float, t: Any, draw: float) -> float:
    """The abstentions of a bloc among those present who do not say yes."""
    row = int(others)
    if math.isnan(t.abstention[index, row]):
        t.abstention[index, row] = none_of_the_rarer(others, bloc.abstention)
    return binomial_search(others, bloc.abstention, t.abstention[index, row], draw)

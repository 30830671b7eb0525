"""Endogenous commitment: who has refused an offer can no longer accept less.

In each of T rounds a fair coin names a proposer. The responder to an offer x may accept it; if he
refuses it, every later share below x is closed to him. Refusing therefore strengthens the hand in
the next round, serious offers become expensive, and if both are patient nobody makes one before
the deadline. With T = 2 that holds for discount factors above 3 - sqrt(5) = 0.763932.

The game is solved backwards on a grid of shares, exactly up to the grid. A state is the pair of
least shares (own, other's) that the players can still accept.

Source: Fershtman and Seidmann (1993), Deadline effects and inefficient delay in bargaining with
endogenous commitment, Journal of Economic Theory 60.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.theory.domains import PROPER_SHARE, ROUNDING, require, require_whole


class CommitmentPath(NamedTuple):
    """What happens on the equilibrium path of a game that starts without any commitment."""

    agreement_round: int
    offer: float
    value: float


def commitment_path(rounds: int, patience: float, grid_points: int = 401) -> CommitmentPath:
    """The round of agreement, the share offered in it, and what each side expects at the start.

    Assumes a pie of size 1, linear utility, one common discount factor, recognition by a fair
    coin, and disagreement after the last round worth 0. Without commitments a round that brings no
    agreement passes without a serious offer, so that the next one starts without commitments too.

    Parameters
    ----------
    rounds : int
        Number T of rounds, at least 1; the last one is the deadline.
    patience : float
        Discount factor per round, in (0, 1).
    grid_points : int
        Number of shares 0, ..., 1 that can be offered, at least 3.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Fershtman and Seidmann (1993), Journal of Economic Theory 60.
    """
    require_whole("rounds", rounds, 1)
    require("patience", patience, PROPER_SHARE)
    require_whole("grid_points", grid_points, 3)
    shares = np.linspace(0.0, 1.0, grid_points)
    value = _deadline_values(shares)
    path = CommitmentPath(rounds, 0.0, float(value[0, 0]))
    for round_index in range(rounds - 1, 0, -1):
        value, offer = _values_one_round_earlier(shares, patience * value)
        agreement_round, share = (round_index, offer) if offer is not None else path[:2]
        path = CommitmentPath(agreement_round, share, float(value[0, 0]))
    return path


def deadline_patience(rounds: int, grid_points: int = 401) -> float:
    """The discount factor above which agreement comes only in the last round.

    Found by bisection to 1e-5; the grid adds an error of the order of its step.

    Assumes as `commitment_path` does.

    Parameters
    ----------
    rounds : int
        Number T of rounds, at least 2.
    grid_points : int
        Number of shares 0, ..., 1 that can be offered, at least 3.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Fershtman and Seidmann (1993), Journal of Economic Theory 60.
    """
    require_whole("rounds", rounds, 2)
    low, high = 0.0, 1.0
    while high - low > 1e-5:
        middle = 0.5 * (low + high)
        if commitment_path(rounds, middle, grid_points).agreement_round < rounds:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _deadline_values(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value of each state in the last round: the proposer leaves the other his least share."""
    own, other = shares[:, None], shares[None, :]
    return np.where(own + other <= 1.0 + ROUNDING, 0.5 * (1.0 - other) + 0.5 * own, 0.0)


def _values_one_round_earlier(
    shares: NDArray[np.float64], waiting: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float | None]:
    """Values of all states, and the offer accepted in the state without commitments, if any.

    waiting[own, other] is the discounted value of the next round. In the tables below the row is
    the proposer's own least share and the column the offer: a refusal makes the offer the
    responder's least share.
    """
    accepts = shares >= waiting.T - ROUNDING
    to_proposer = np.where(accepts, 1.0 - shares, waiting)
    to_responder = np.where(accepts, shares, waiting.T)
    chosen = _best_offer_from(to_proposer)
    proposer = np.take_along_axis(to_proposer, chosen, axis=1)
    responder = np.take_along_axis(to_responder, chosen, axis=1)
    # an offer below what the responder can accept changes nothing: a way to let the round pass
    stalls = waiting > proposer + ROUNDING
    proposer = np.where(stalls, waiting, proposer)
    responder = np.where(stalls, waiting.T, responder)
    agreed = not stalls[0, 0] and accepts[0, chosen[0, 0]]
    return 0.5 * (proposer + responder.T), float(shares[chosen[0, 0]]) if agreed else None


def _best_offer_from(to_proposer: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each row and column, the offer at or above the column that serves the proposer best."""
    best = np.maximum.accumulate(to_proposer[:, ::-1], axis=1)[:, ::-1]
    columns = np.arange(to_proposer.shape[1])
    record = np.where(to_proposer >= best, columns, columns[-1])
    return np.minimum.accumulate(record[:, ::-1], axis=1)[:, ::-1]

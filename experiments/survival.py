"""When talks end, and how: time to a deal, and the hazard of each ending round by round.

The ways in which talks end compete: a deal in round 3 rules out a walk-out in round 4. So each is
told twice. Its cumulative incidence is the share of all talks that have ended so by a round; its
hazard is the share among the talks that still go on. Every negotiation is followed until it ends,
so nothing is censored, both are plain shares, and each has its Wilson interval.

Sources: Aalen (1978), Annals of Statistics 6, for competing risks (without censoring his estimator
is the share); Brookmeyer, Crowley (1982), Biometrics 38, for the interval of a quantile.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from experiments.intervals import LEVEL, probability, wilson_interval
from sim.terms import Ending

Counts = NDArray[np.int64]

QUANTILES = (0.25, 0.5, 0.75)


def count_endings(ending: ArrayLike, rounds: ArrayLike, last_round: int) -> Counts:
    """Negotiations by ending and round, from the two columns of their records.

    Parameters
    ----------
    ending, rounds : shape (points, replicates); rounds count from 1

    Returns
    -------
    shape (points, endings, last_round)

    Raises
    ------
    ValueError
        Where a round is outside [1, last_round] or an ending is unknown.
    """
    codes, when = np.atleast_2d(ending).astype(np.int64), np.atleast_2d(rounds).astype(np.int64)
    if codes.shape != when.shape or codes.size == 0:
        raise ValueError(f"endings {codes.shape} and rounds {when.shape} are not one table")
    if when.min() < 1 or when.max() > last_round:
        raise ValueError(f"rounds {when.min()} to {when.max()} must lie in [1, {last_round}]")
    if codes.min() < 0 or codes.max() >= len(Ending):
        raise ValueError(f"endings {codes.min()} to {codes.max()} must lie in [0, {len(Ending)})")
    points = len(codes)
    cell = (np.arange(points)[:, None] * len(Ending) + codes) * last_round + when - 1
    shape = (points, len(Ending), last_round)
    return np.bincount(cell.ravel(), minlength=int(np.prod(shape))).reshape(shape)


def ending_by_round(
    counts: ArrayLike, expiry_round: ArrayLike | None = None, level: float = LEVEL
) -> pd.DataFrame:
    """One row for each design point, round and ending: hazard and cumulative incidence.

    Parameters
    ----------
    counts : shape (points, endings, rounds), endings in the order of `sim.Ending`
    expiry_round : rounds that are held while the old agreement is in force, shape (points,) or one

    Columns
    -------
    design_point, round (from 1), ending (its name, or "breakdown" for all but a deal)
    n : negotiations of the point; at_risk : that had not ended before the round
    count : that end so in the round
    hazard, hazard_low, hazard_high : count / at_risk; NaN in [0, 1] where no talks go on
    incidence, incidence_low, incidence_high : share of n that ended so by this round
    after_expiry : the round is held with no agreement in force

    Raises
    ------
    ValueError
        Where the array has another shape, or a negative count.
    """
    k = _checked(counts)
    points, _, rounds = k.shape
    total = k.sum(axis=(1, 2))
    at_risk = total[:, None] - np.cumsum(k.sum(axis=1), axis=1) + k.sum(axis=1)
    expiry = np.broadcast_to(
        np.asarray(np.inf if expiry_round is None else expiry_round), (points,)
    )
    number = np.arange(1, rounds + 1)
    frames = []
    for name, count in _endings(k):
        n = np.repeat(total, rounds)
        frame = {
            "design_point": np.repeat(np.arange(points), rounds), "round": np.tile(number, points),
            "ending": name, "n": n, "at_risk": at_risk.ravel(), "count": count.ravel(),
        }  # fmt: skip
        frame |= probability("hazard", count.ravel(), at_risk.ravel(), level)
        frame |= probability("incidence", np.cumsum(count, axis=1).ravel(), n, level)
        frame["after_expiry"] = (number > expiry[:, None]).ravel()
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def time_to_deal(
    counts: ArrayLike, quantiles: Sequence[float] = QUANTILES, level: float = LEVEL
) -> pd.DataFrame:
    """The rounds by which given shares of the deals, and of all talks, have come to a deal.

    A quantile's interval holds the rounds at which the interval of the share holds the quantile.

    Columns
    -------
    design_point, share : the quantile, n : negotiations, deals : of them
    of_deals, of_deals_low, of_deals_high : round by which this share of the deals is made
    of_all, of_all_low, of_all_high : round by which this share of all talks has a deal
    Rounds are infinite where the share is never reached, and NaN where there is no deal to count.

    Raises
    ------
    ValueError
        Where the array has another shape or a negative count, or a quantile is not in (0, 1).
    """
    if not all(0.0 < share < 1.0 for share in quantiles):
        raise ValueError(f"quantiles {list(quantiles)} must lie between 0 and 1")
    k = _checked(counts)
    made = np.cumsum(k[:, Ending.RATIFIED], axis=1)
    deals, total = made[:, -1], k.sum(axis=(1, 2))
    rows = []
    for share in quantiles:
        row = {"design_point": np.arange(len(k)), "share": share, "n": total, "deals": deals}
        for name, of in (("of_deals", deals), ("of_all", total)):
            row |= _quantile_columns(name, made, of, share, level)
        rows.append(pd.DataFrame(row))
    return pd.concat(rows, ignore_index=True)


def _quantile_columns(
    name: str, made: Counts, of: Counts, share: float, level: float
) -> dict[str, NDArray[np.float64]]:
    """First rounds at which the share, the upper end and the lower end of it reach a quantile."""
    size = np.broadcast_to(of[:, None], made.shape)
    low, high = wilson_interval(made, size, level)
    needed = np.ceil(share * size - 1e-9)  # .07 * 100 is a little more than 7
    rounds = [_first_round(made >= needed), _first_round(high >= share),
              _first_round(low >= share)]  # fmt: skip
    known = [np.where(of > 0, column, np.nan) for column in rounds]
    return dict(zip((name, f"{name}_low", f"{name}_high"), known, strict=True))


def _first_round(reached: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)


def _endings(counts: Counts) -> list[tuple[str, Counts]]:
    """Each ending with its counts, shape (points, rounds), and all breakdowns together."""
    each = [(ending.name.lower(), counts[:, ending]) for ending in Ending]
    return [*each, ("breakdown", counts.sum(axis=1) - counts[:, Ending.RATIFIED])]


def _checked(counts: ArrayLike) -> Counts:
    k = np.asarray(counts)
    if k.ndim != 3 or k.shape[1] != len(Ending) or k.shape[2] == 0:
        raise ValueError(f"counts of shape {k.shape} must be (points, {len(Ending)}, rounds)")
    if np.any(k < 0):
        raise ValueError("counts of endings must be 0 or more")
    return k.astype(np.int64)

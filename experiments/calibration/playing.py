"""Episodes played under draws of the parameters, as the checks on a fit need them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc

from experiments.calibration.episodes import Episode
from experiments.calibration.evaluation import stream
from experiments.calibration.likelihood import simulated
from experiments.calibration.plan_record import Plan
from experiments.calibration.reported import Target
from experiments.calibration.targets import SHIPPED, check_rows

Reals = NDArray[np.float64]

_BATCH = 128  # draws that a thread plays at a time


def prior_uniforms(plan: Plan, draws: int) -> Reals:
    """Draws of everything that is free from the priors (scrambled Sobol), shape (draws, free).

    draws : a power of two
    """
    seed = stream(plan.seed, "prior rows")
    sequence = qmc.Sobol(len(plan.free), rng=np.random.default_rng(seed))
    uniforms = sequence.random_base2(draws.bit_length() - 1)
    return np.clip(uniforms, 2.0**-40, 1.0 - 2.0**-40)


def play(
    plan: Plan, episode: Episode, uniforms: Reals, negotiations: int, *, seed: int,
    workers: int | None = None,
) -> dict[str, Reals]:  # fmt: skip
    """The statistics that an episode has targets in, under draws of the parameters.

    Parameters
    ----------
    uniforms : probabilities under the priors, shape (draws, free)
    negotiations : of each draw; a draw that stands there again is played anew
    workers : threads, None for all cores; the numbers are the same for any

    Returns
    -------
    statistic -> values, shape (draws, negotiations); NaN where it is not defined
    """
    again = _occurrences(uniforms)
    tasks = [
        (number, rows[start : start + _BATCH])
        for number in range(int(np.max(again)) + 1)
        for rows in [np.flatnonzero(again == number)]
        for start in range(0, len(rows), _BATCH)
    ]

    def batch(task: tuple[int, NDArray[np.int64]]) -> dict[str, Reals]:
        number, rows = task
        theta = plan.theta(uniforms[rows])
        first = number * negotiations
        return simulated(plan, episode, theta, negotiations, seed=seed, first=first)

    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(batch, tasks))
    order = np.argsort(np.concatenate([rows for _, rows in tasks]))
    return {name: np.concatenate([part[name] for part in found])[order] for name in found[0]}


def groups_of(rows: ArrayLike) -> NDArray[np.int64]:
    """Numbers from 0 that equal rows share, shape (rows,)."""
    return np.unique(np.asarray(rows), axis=0, return_inverse=True)[1].reshape(-1)


def _occurrences(rows: Reals) -> NDArray[np.int64]:
    """How often each row stood there before."""
    groups = groups_of(rows)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], groups[order])
    found = np.empty(len(rows), np.int64)
    found[order] = np.arange(len(rows)) - starts
    return found


def shown_beside(plan: Plan, beside: Sequence[Target] | None) -> tuple[Target, ...]:
    """Targets that are shown and not fitted; None for the shipped ones of the plan's cases."""
    if beside is None:
        return check_rows(SHIPPED, [episode.name for episode in plan.episodes])
    return tuple(beside)


def with_beside(plan: Plan, beside: Sequence[Target]) -> tuple[Episode, ...]:
    """The episodes of a plan, with targets that stand beside those that are fitted."""
    return plan.with_targets((*plan.targets, *beside)).episodes

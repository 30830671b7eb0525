"""Calibrations made by hand: draws from the priors, weighted by a likelihood in closed form."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.fitting import Calibration
from experiments.calibration.plan import read_plan
from experiments.calibration.proposals import prior_proposal
from experiments.calibration.search import Rounds

Reals = NDArray[np.float64]
Likelihood = Callable[[Reals], Reals]


def by_hand(log_likelihood: Likelihood, draws: int = 20_000, seed: int = 0) -> Calibration:
    """The shipped plan, its first episode with this log-likelihood of z, the others with none.

    The targets of the first episode are one by one worth an equal part of it.
    """
    plan = read_plan("korea_2019")
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((draws, len(plan.parameters)))
    unknown = rng.random((draws, len(plan.free) - len(plan.parameters)))
    logs = np.zeros((draws, len(plan.episodes)))
    logs[:, 0] = log_likelihood(z)
    without = np.zeros((draws, len(plan.targets)))
    first = len(plan.episodes[0].targets)
    without[:, :first] = logs[:, :1] * (first - 1) / first
    half = draws // 4
    sizes = [draws - 3 * half, half, half, half]
    proposals = tuple(prior_proposal(z.shape[1], size) for size in sizes)
    return Calibration(plan, Rounds(proposals, z, logs, without, unknown))


def normal(place: float, sd: float, *parameters: int) -> Likelihood:
    """A measurement of the sum of some z with a normal error."""
    chosen = list(parameters)
    return lambda z: -0.5 * ((np.sum(z[:, chosen], axis=1) - place) / sd) ** 2

"""Calibrating: a plan becomes draws from the posterior, with their weights.

>>> from experiments.calibration.plan import read_plan
>>> found = calibrate(read_plan("korea_2019", draws=1000, negotiations=50))
>>> len(found), found.parameters[0], 0.0 < found.effective_size < 1000.0
(1000, 'president.reservation_mean', True)

Every chunk of draws is kept as it is done; a run that was interrupted goes on after the last whole
chunk and ends in the same bits, whatever the number of workers.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from experiments.calibration.bank import Bank
from experiments.calibration.evaluation import Evaluator, Progress, stream
from experiments.calibration.likelihood import episodes_with
from experiments.calibration.plan_record import Plan
from experiments.calibration.proposals import effective_size
from experiments.calibration.search import Rounds, Search, even_negotiations

Reals = NDArray[np.float64]

KEPT_DRAWS = 1000  # of a posterior that is told


@dataclass(frozen=True)
class Calibration:
    """Draws of all free parameters with their weights.

    plan : what was asked; rounds : everything that was drawn and evaluated
    """

    plan: Plan
    rounds: Rounds

    def __len__(self) -> int:
        return len(self.rounds)

    @property
    def parameters(self) -> tuple[str, ...]:
        """What was fitted, by key: the shared parameters, then the unknowns of episodes."""
        return tuple(free.key for free in self.plan.free)

    @cached_property
    def uniforms(self) -> Reals:
        """The draws as probabilities under the priors, shape (draws, parameters)."""
        return np.hstack([ndtr(self.rounds.z), self.rounds.unknown])

    @cached_property
    def weights(self) -> Reals:
        """Of the draws, summing to 1, shape (draws,)."""
        return self.rounds.weights()

    @property
    def effective_size(self) -> float:
        """How many independent draws the weighted ones are worth."""
        return effective_size(self.weights)

    @cached_property
    def log_evidence(self) -> tuple[float, float]:
        """Log of the probability density of all reports under the priors, and its error."""
        return self.rounds.log_evidence()

    @cached_property
    def chosen(self) -> NDArray[np.int64]:
        """Rows of equal weight that stand for the posterior, in mixed order."""
        return resampled(self.weights, KEPT_DRAWS, stream(self.plan.seed, "chosen"))

    def draws(self, rows: NDArray[np.int64] | None = None) -> pd.DataFrame:
        """Equally weighted draws from the posterior in the model's units, a column a parameter.

        rows : other rows than those that were chosen
        """
        uniforms = self.uniforms[self.chosen if rows is None else rows]
        return pd.DataFrame(self.plan.theta(uniforms))

    def without_target(self, index: int) -> Reals:
        """Weights of the posterior from all targets but one, by its place in `plan.targets`."""
        target = self.plan.targets[index]
        episode = [one.name for one in self.plan.episodes].index(target.case)
        logs = np.sum(np.delete(self.rounds.logs, episode, axis=1), axis=1)
        return self.rounds.weights(logs + self.rounds.without[:, index])

    def without_episode(self, index: int) -> Reals:
        """Weights of the posterior from all episodes but one."""
        return self.rounds.weights(np.sum(np.delete(self.rounds.logs, index, axis=1), axis=1))


def resampled(weights: Reals, count: int, seed: int) -> NDArray[np.int64]:
    """Rows of equal weight in place of weighted ones: systematic resampling, in mixed order."""
    rng = np.random.default_rng(seed)
    places = (np.arange(count) + rng.random()) / count
    ends = np.cumsum(weights)
    rows = np.minimum(np.searchsorted(ends / ends[-1], places, "right"), len(weights) - 1)
    return rng.permutation(rows)


def calibrate(
    plan: Plan,
    *,
    where: str | Path | None = None,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fit a plan.

    Parameters
    ----------
    where : folder that keeps what is done; None keeps nothing. A fit that was interrupted goes on.
    overwrite : replace another fit there
    workers : threads; None for all cores
    progress : called with the number of negotiations that were finished or found

    Raises
    ------
    InputError
        Where the folder holds another fit, or a chunk in it is not what this fit would keep.
    ResultsError
        Where the folder cannot be written or read.
    """
    if where is None:
        return fit(plan, workers=workers, progress=progress)
    with Bank(Path(where), plan).claimed(overwrite=overwrite) as bank:
        return fit(plan, bank=bank, workers=workers, progress=progress)


def fit(
    plan: Plan, *, bank: Bank | None = None, workers: int | None = None,
    progress: Progress | None = None,
) -> Calibration:  # fmt: skip
    """The same, in a folder that is held already.

    bank : what keeps every chunk; None keeps nothing
    """
    evaluator = Evaluator(
        plan, episodes_with([plan.targets], plan), even_negotiations(plan),
        stream(plan.seed, "talks"), workers=workers, progress=progress,
    )  # fmt: skip
    search = Search(evaluator, stream(plan.seed, "search"))
    if bank is not None:
        search.keep = lambda name, z, evaluate: bank.keep(name, z, evaluate, progress)
    return Calibration(plan, search.run(plan.draws))

"""Synthetic truth: does the fit find what it is known to be looking for?

Parameters are drawn from the priors, one negotiation is played in each episode, and what would be
reported of it becomes a set of reports of the shape of the real one. The fit is run on each. If it
is right, the truth has no preferred rank among the draws of its posterior (simulation-based
calibration: Cook, Gelman, Rubin 2006, J. Computational and Graphical Statistics 15; Talts et al.
2018, arXiv:1804.06788), and intervals hold it as often as they say.

Only sets count in which everything is reported that was reported in fact: a deal in each of the
agreements, a broken-off session. That is a condition on the reports alone, under which ranks stay
uniform.

The fits are the same as the real one, of fewer draws. They share the draws that fill the prior,
which depend on no report; what follows is a search of their own.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import chi2

from experiments.calibration.evaluation import Evaluator, Progress, stream
from experiments.calibration.kernels import draw_report
from experiments.calibration.likelihood import episodes_with, simulated
from experiments.calibration.plan_record import Plan
from experiments.calibration.proposals import effective_size, prior_proposal
from experiments.calibration.reported import Target
from experiments.calibration.search import (
    Leaning,
    Rounds,
    Search,
    even_negotiations,
    evenly,
    first_round,
)
from experiments.intervals import wilson_interval
from sim.errors import InputError

Reals = NDArray[np.float64]
Set = tuple[Target, ...]

FIRST, LATER = 4096, (500,) * 9  # draws of a fit to synthetic truth, round by round
ENOUGH = 80.0  # effective draws with which such a fit ends early
NEGOTIATIONS = 80  # of each draw in each episode
LEVELS = (0.5, 0.9, 0.95)
BINS = 10
_TRIED, _MOST_TRIED = 4096, 400  # truths played together, and how many times before giving up


def synthetic_sets(plan: Plan, count: int, seed: int) -> tuple[Reals, list[Set]]:
    """True parameters, and what would be reported under each.

    Returns
    -------
    truths as probabilities under the priors, shape (count, free), and a set of targets for each

    Raises
    ------
    InputError
        Where the model hardly ever leaves everything to report that the plan has targets in.
    """
    truths: list[Reals] = []
    sets: list[Set] = []
    for part in range(_MOST_TRIED):
        rng = np.random.default_rng([seed, part])
        uniforms = rng.random((_TRIED, len(plan.free)))
        errors = rng.random((_TRIED, len(plan.targets)))
        values = _statistics(plan, uniforms, stream(seed, "truth", part))
        for row in np.flatnonzero(~np.isnan(values).any(axis=1)):
            truths.append(uniforms[row])
            told = zip(plan.targets, values[row], errors[row], strict=True)
            sets.append(tuple(draw_report(target, s, error) for target, s, error in told))
            if len(sets) == count:
                return np.array(truths), sets
    raise InputError(
        f"plan {plan.name}: of {_TRIED * _MOST_TRIED:,} synthetic truths {len(sets)} had all "
        f"that there are targets in to report; {count} are needed"
    )


def _statistics(plan: Plan, uniforms: Reals, seed: int) -> Reals:
    """The statistic of every target in one negotiation, shape (truths, targets)."""
    theta, columns = plan.theta(uniforms), {}
    for episode in plan.episodes:
        found = simulated(plan, episode, theta, 1, seed=seed)
        columns |= {(episode.name, name): values[:, 0] for name, values in found.items()}
    return np.stack([columns[t.case, t.statistic] for t in plan.targets], axis=1)


@dataclass(frozen=True)
class SyntheticTruth:
    """What became of fits to synthetic truth.

    parameters : by key; truths : as probabilities under the priors, shape (sets, parameters)
    pit : where the truth lies in its posterior, in [0, 1], shape (sets, parameters)
    means, sds : of the posteriors, as probabilities, the same shape
    log_evidences, effective_sizes : shape (sets,)
    """

    parameters: tuple[str, ...]
    truths: Reals
    pit: Reals
    means: Reals
    sds: Reals
    log_evidences: Reals
    effective_sizes: Reals

    @property
    def sets(self) -> int:
        """How many truths there were."""
        return len(self.pit)

    @cached_property
    def p_values(self) -> Reals:
        """Of the chi-square test that ranks are uniform, in BINS bins, shape (parameters,)."""
        parts = np.minimum((self.pit * BINS).astype(int), BINS - 1)
        counts = np.stack([np.bincount(column, minlength=BINS) for column in parts.T])
        expected = self.sets / BINS
        return chi2.sf(np.sum((counts - expected) ** 2 / expected, axis=1), BINS - 1)

    def coverage(self, level: float) -> Reals:
        """How often the central interval of a level holds the truth, shape (parameters,)."""
        return np.mean(np.abs(self.pit - 0.5) <= 0.5 * level, axis=0)

    @property
    def contraction(self) -> Reals:
        """1 - posterior over prior variance, averaged over the sets, shape (parameters,)."""
        return 1.0 - 12.0 * np.mean(self.sds**2, axis=0)

    def table(self) -> pd.DataFrame:
        """One row a parameter: coverage with intervals, p of uniform ranks, recovery, n."""
        columns: dict[str, object] = {"parameter": list(self.parameters), "n": self.sets}
        for level in LEVELS:
            covered = self.coverage(level)
            low, high = wilson_interval(
                np.round(covered * self.sets), np.full(len(covered), self.sets)
            )
            name = f"covered_{100 * level:.0f}"
            columns |= {name: covered, f"{name}_low": low, f"{name}_high": high}
        columns |= {"p_uniform": self.p_values, "contraction": self.contraction}
        columns["correlation"] = [
            float(np.corrcoef(self.truths[:, i], self.means[:, i])[0, 1])
            for i in range(len(self.parameters))
        ]
        return pd.DataFrame(columns)


def on_synthetic_truth(
    plan: Plan,
    sets: int,
    *,
    first: int = FIRST,
    later: Sequence[int] = LATER,
    negotiations: int = NEGOTIATIONS,
    workers: int | None = None,
    progress: Progress | None = None,
    keep: Callable[[int, Callable[[], Reals]], Reals] | None = None,
) -> SyntheticTruth:
    """Fit synthetic truths.

    Parameters
    ----------
    sets : how many truths, at least 2
    first, later : draws that fill the prior, a power of two, and at most of the rounds that follow:
        a fit ends after three with ENOUGH effective draws
    negotiations : of each draw in each episode
    workers : threads; None for all cores; the numbers are the same for any
    progress : called with the number of sets that were finished
    keep : gets the number of a set and how to fit it; gives what was found

    Raises
    ------
    InputError
        Where there are too few sets, or the model leaves too little to report.
    """
    if sets < 2:
        raise InputError(f"synthetic truths are {sets}; it must be at least 2")
    seed = stream(plan.seed, "synthetic")
    truths, reported = synthetic_sets(plan, sets, seed)
    each = episodes_with(reported, plan)
    even = even_negotiations(plan.with_negotiations(negotiations))
    together = Evaluator(plan, each, even, stream(seed, "talks"), without=False, workers=workers)
    z = evenly(plan, first, seed)
    prior = Leaning.from_prior(plan)
    bank = together(z, prior.laws, np.random.default_rng([seed, 0]))

    def fit(one: int) -> Reals:
        reports = [reports.only(one) for reports in each]
        evaluator = Evaluator(plan, reports, even, stream(seed, "talks", one), False, 1)
        rng = np.random.default_rng([seed, 1, one])
        rounds = first_round(prior_proposal(len(plan.parameters), first), bank, one, rng)
        search = Search(evaluator, stream(seed, "search", one))
        return _summary(search.go_on(rounds, bank, later, one, ENOUGH), truths[one])

    def kept(one: int) -> Reals:
        found = fit(one) if keep is None else keep(one, lambda: fit(one))
        if progress is not None:
            progress(1)
        return found

    with ThreadPoolExecutor(workers or together.threads) as pool:
        rows = np.stack(list(pool.map(kept, range(sets))))
    k = len(plan.free)
    return SyntheticTruth(
        tuple(free.key for free in plan.free), truths, rows[:, :k], rows[:, k : 2 * k],
        rows[:, 2 * k : 3 * k], rows[:, -2], rows[:, -1],
    )  # fmt: skip


def _summary(rounds: Rounds, truth: Reals) -> Reals:
    """Ranks, means, sds of all parameters, log evidence and effective draws, in one row."""
    uniforms = np.hstack([ndtr(rounds.z), rounds.unknown])
    weights = rounds.weights()[:, None]
    mean = np.sum(weights * uniforms, axis=0)
    sd = np.sqrt(np.sum(weights * (uniforms - mean) ** 2, axis=0))
    below = np.sum(weights * (uniforms < truth), axis=0)
    tail = [rounds.log_evidence()[0], effective_size(weights[:, 0])]
    return np.concatenate([below, mean, sd, tail])

"""Simulation-based calibration: does the engine find truths that it does not know?

Truths are drawn from the prior, played once, reported with error, and fitted with the same
engine. Over many of them the rank of the truth among the draws is uniform, and intervals hold it
as often as they say. A truth whose figures are undefined is drawn anew: that is the law that the
kernel stands for, since an undefined figure cannot be reported. This says that the engine works
under the prior, neither that the model fits the report nor that this one fit is right.

Source: Talts, Betancourt, Simpson, Vehtari, Gelman (2018), arXiv:1804.06788.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.calibration.engine.fitting import read_budget, read_whole
from experiments.calibration.engine.rounds import make_plan, play_rounds
from experiments.calibration.engine.simulator import Simulator, row_seeds
from experiments.calibration.engine.targets import Targets
from sim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calibration.engine.result import Fit

Floats = NDArray[np.float64]

LEVELS = (0.5, 0.9, 0.95)
BINS = 10
LEAST_P = 0.005  # shared among the parameters
COVERED = (0.87, 0.93)
DRAWS = 1000  # of each fit
BATCHES = 200  # of truths, until enough have defined figures


@dataclass(frozen=True)
class Recovery:
    """Truths and what was found of them.

    names : of the parameters; truth, mean, sd, low, high, rank : shape (n, k), low and high of the
        middle 90%, rank as a share of the draws; inside : by level, whether the middle interval
        holds the truth (n, k)
    """

    names: tuple[str, ...]
    truth: Floats
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats
    rank: Floats
    inside: dict[float, NDArray[np.bool_]]

    @property
    def p(self) -> dict[str, float]:
        """By parameter, the chi-square p value of uniform ranks in ten bins."""
        found = {}
        for j, name in enumerate(self.names):
            counts = np.bincount(np.minimum((self.rank[:, j] * BINS).astype(int), BINS - 1),
                                 minlength=BINS)  # fmt: skip
            found[name] = float(stats.chisquare(counts).pvalue)
        return found

    @property
    def coverage(self) -> "pd.DataFrame":
        """By parameter and level, the share of intervals that hold the truth."""
        import pandas as pd

        return pd.DataFrame(
            {level: self.inside[level].mean(axis=0) for level in LEVELS}, index=list(self.names)
        )

    @property
    def passed(self) -> bool:
        """Whether ranks are uniform and 90% intervals hold 87 to 93% on the mean."""
        ranks = min(self.p.values()) > LEAST_P / len(self.names)
        return bool(ranks and COVERED[0] <= self.inside[0.9].mean() <= COVERED[1])

    def table(self) -> "pd.DataFrame":
        """One row a truth and parameter."""
        import pandas as pd

        n, k = self.truth.shape
        columns = ("truth", "mean", "sd", "low", "high", "rank")
        return pd.DataFrame(
            {
                "replicate": np.repeat(np.arange(n), k), "parameter": list(self.names) * n,
                **{name: getattr(self, name).ravel() for name in columns},
            }
        )  # fmt: skip

    def __str__(self) -> str:
        """Coverage and p by parameter."""
        table = self.coverage.assign(p=list(self.p.values()))
        return f"{len(self.truth)} fits, {'passed' if self.passed else 'FAILED'}\n{table}"


def recover(
    fit: "Fit", n: int, budget: int, seed: int, progress: Callable[[int, int], Any] | None
) -> Recovery:
    """Fits of synthetic reports.

    Raises
    ------
    InputError
        Where n or budget is out of range, the fit has no simulator, or the prior hardly ever
        gives defined figures.
    """
    if fit.simulate is None:
        raise InputError("sbc: the fit has no simulator; load it with simulate=...")
    n, seed = read_whole("n", n, 10, 10**6), read_whole("seed", seed, 0, 2**32 - 1)
    budget = read_budget(budget, fit.priors.k)
    settings = fit.settings
    simulator = Simulator(
        fit.simulate, fit.priors, fit.targets, settings.batch, settings.workers
    )  # fmt: skip
    scores, reports = _truths(simulator, n, seed)
    found = []
    for index in range(n):
        own = _reported(fit.targets, reports[index])
        found.append(_one(simulator, own, budget, seed, index, scores[index]))
        if progress is not None:
            progress(index + 1, n)
    mean, sd, low, high, rank = (np.array([row[i] for row in found]) for i in range(5))
    inside = {level: np.abs(rank - 0.5) < 0.5 * level for level in LEVELS}
    truth = fit.priors.parameters(scores)
    return Recovery(fit.priors.names, truth, mean, sd, low, high, rank, inside)


def _truths(simulator: Simulator, n: int, seed: int) -> tuple[Floats, Floats]:
    """Normal scores of truths (n, k) and their reports (n, m), errors and all."""
    generator = np.random.default_rng([seed, 40_000])
    used = simulator.targets.used
    error = np.where(used, simulator.targets.sd, 0.0)
    scores, reports, first = [], [], 2**40
    for _ in range(BATCHES):
        z = generator.standard_normal((n, simulator.priors.k))
        s = simulator.rows(z, seed, first)
        first += n
        whole = np.all(np.isfinite(s[:, used]), axis=1)
        scores.append(z[whole])
        reports.append(s[whole] + error * generator.standard_normal(s[whole].shape))
        if sum(map(len, scores)) >= n:
            return np.vstack(scores)[:n], np.vstack(reports)[:n]
    raise InputError(
        f"sbc: of {BATCHES * n} truths from the prior {sum(map(len, scores))} define all figures; "
        f"{n} are needed"
    )


def _reported(targets: Targets, y: Floats) -> Targets:
    """The same figures with other values, unchecked: an error may take a share out of its range."""
    figures = []
    for figure, value in zip(targets.figures, y, strict=True):
        if figure.weight == 0.0:
            figures.append(figure)
        else:
            figures.append(replace(figure, value=float(value), sd=figure.error, interval=None))
    return Targets(tuple(figures))


def _one(
    simulator: Simulator, targets: Targets, budget: int, seed: int, index: int, score: Floats
) -> tuple[Floats, ...]:
    own = int(row_seeds(seed, index, 1)[0] >> np.uint64(2))
    asked = Simulator(
        simulator.simulate, simulator.priors, targets, simulator.batch, simulator.workers
    )
    played = 0

    def play(_: int, z: Floats) -> Floats:
        nonlocal played
        played += len(z)
        return asked.rows(z, own, played - len(z))

    outcome = play_rounds(simulator.priors, targets, make_plan(budget, DRAWS), play, own)
    draws = simulator.priors.parameters(outcome.blend.z)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    # Ranks by normal scores: draws of an interval's end are all equal to it as parameters.
    rank = np.mean(outcome.blend.z < score, axis=0)
    return draws.mean(axis=0), draws.std(axis=0), low, high, rank

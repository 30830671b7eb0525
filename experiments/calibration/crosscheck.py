"""The same posterior by another way: ensemble MCMC on the likelihood that importance sampling used.

Nothing of the search is shared but the likelihood, how often each value of an unknown is tried and
how many negotiations each episode gets: a search that missed a part of the posterior would be seen.
Needs the extra `crosscheck`.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.calibration.ensemble import Chain, check_installed, ensemble, evaluations
from experiments.calibration.evaluation import Evaluator, Progress, stream
from experiments.calibration.fitting import Calibration
from experiments.calibration.likelihood import episodes_with
from experiments.calibration.plan_record import Plan
from experiments.calibration.search import even_negotiations, shared_out
from experiments.calibration.unknowns import UnknownLaw, leaning_law

__all__ = [
    "CrossCheck",
    "check_installed",
    "compared",
    "crosscheck",
    "leaning_to",
    "negotiations_of",
    "sentences",
]

Reals = NDArray[np.float64]

WALKERS, STEPS = 128, 1200
MORE = 2  # times the plan's negotiations: a walker with a lucky estimate stays where it is for long
LARGEST_SHIFT = 0.3  # of a mean, in posterior sd
SD_RATIOS = (0.75, 1.33)
LEAST_EFFECTIVE = 100.0  # draws of the chain, below which it says nothing
LEAST_TIMES = 5.0  # autocorrelation times in the kept steps, likewise
SIGNIFICANT = 3.0  # Monte Carlo errors
_FOR_NOISE = 256  # draws on which negotiations are shared out among episodes


@dataclass(frozen=True)
class CrossCheck:
    """How far two ways to one posterior agree.

    table : a row a parameter, as probabilities under its prior: mean and sd by importance sampling
        (mean, sd) and by the chain (chain_mean, chain_sd); shift of the mean in sd and its Monte
        Carlo error; sd_ratio, chain over importance sampling, and the error of its log;
        autocorrelation (steps) and effective (draws) of the chain
    effective_size : of importance sampling; walkers, steps : of the chain, steps after warming up
    """

    table: pd.DataFrame
    effective_size: float
    walkers: int
    steps: int
    acceptance: float
    evaluations: int

    def column(self, name: str) -> Reals:
        """One of the table's, shape (parameters,)."""
        return np.asarray(self.table[name], "f8")

    @property
    def long_enough(self) -> bool:
        """Whether the chain and the sample can say anything."""
        least = min(float(self.column("effective").min()), self.effective_size)
        slowest = float(self.column("autocorrelation").max())
        return self.steps >= LEAST_TIMES * slowest and least >= LEAST_EFFECTIVE

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Which parameters are beyond a bar, by chance or not."""
        (low, high), ratio = SD_RATIOS, self.column("sd_ratio")
        return (np.abs(self.column("shift")) > LARGEST_SHIFT) | (ratio < low) | (ratio > high)

    @property
    def different(self) -> list[str]:
        """Parameters beyond a bar, and further than Monte Carlo noise explains."""
        far = np.abs(self.column("shift")) > SIGNIFICANT * self.column("shift_error")
        wide = np.abs(np.log(self.column("sd_ratio")))
        wide = wide > SIGNIFICANT * self.column("log_ratio_error")
        (low, high), ratio = SD_RATIOS, self.column("sd_ratio")
        shifted = far & (np.abs(self.column("shift")) > LARGEST_SHIFT)
        return self.table.loc[
            shifted | (wide & ((ratio < low) | (ratio > high))), "parameter"
        ].tolist()

    @property
    def passed(self) -> bool:
        """Whether both agree, and the chain is long enough to say so."""
        return self.long_enough and not self.beyond.any()

    @property
    def verdict(self) -> str:
        """In words."""
        shift, ratios = np.abs(self.column("shift")).max(), self.column("sd_ratio")
        told = (
            f"largest shift {shift:.2f} sd, sd ratios {ratios.min():.2f} to {ratios.max():.2f}, "
            f"{self.column('effective').min():.0f} effective draws of the chain or more"
        )
        if self.passed:
            return f"agrees: {told}"
        if self.long_enough and self.different:
            return f"differs in {', '.join(self.different)}: {told}"
        slowest = self.column("autocorrelation").max()
        return f"too short to tell: {told}, autocorrelation of {slowest:.0f} steps"


def crosscheck(
    plan: Plan,
    calibration: Calibration,
    *,
    walkers: int = WALKERS,
    steps: int = STEPS,
    negotiations: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CrossCheck:
    """Hold a calibration against ensemble MCMC.

    Parameters
    ----------
    walkers : even, at least twice the shared parameters; steps : of each, at least 10
    negotiations : of each draw in each episode, on average; None for twice the plan's
    workers : threads; None for all cores; the numbers are the same for any
    progress : called with the number of negotiations that were played

    Raises
    ------
    InputError
        Where the extra is not installed, or walkers or steps are too few.
    """
    asked = _with_more(plan, negotiations)
    seed = stream(plan.seed, "cross-check")
    evaluator = Evaluator(
        asked, episodes_with([plan.targets], plan), even_negotiations(asked),
        stream(seed, "talks"), False, workers, progress,
    )  # fmt: skip
    unknown = calibration.uniforms[:, len(plan.parameters) :]
    laws = leaning_to(plan, unknown, calibration.weights)
    some = calibration.rounds.z[calibration.chosen[:_FOR_NOISE]]
    found = evaluator(some, laws, np.random.default_rng(stream(seed, "noise")))
    shared = shared_out(asked, found, np.full(len(some), 1.0 / len(some)))
    evaluator = replace(evaluator, negotiations=shared)
    chain = ensemble(evaluator, laws, walkers, steps, stream(seed, "walk"))
    return compared(
        calibration.parameters, calibration.uniforms, calibration.weights,
        calibration.effective_size, chain,
    )  # fmt: skip


def negotiations_of(plan: Plan, walkers: int = WALKERS, steps: int = STEPS) -> int:
    """About how many negotiations a cross-check of a plan plays."""
    rows = evaluations(walkers, steps) + _FOR_NOISE
    return rows * sum(even_negotiations(_with_more(plan, None)))


def _with_more(plan: Plan, negotiations: int | None) -> Plan:
    if negotiations is None:
        negotiations = MORE * plan.negotiations
    return plan.with_negotiations(negotiations)


def leaning_to(plan: Plan, unknown: Reals, weights: Reals) -> list[UnknownLaw]:
    """How often values of the unknowns are tried: as often as they fitted; without bias for any."""
    laws, first = [], 0
    for episode in plan.episodes:
        last = first + len(episode.unknown)
        laws.append(leaning_law(unknown[:, first:last], weights))
        first = last
    return laws


def sentences(found: CrossCheck) -> list[str]:
    """What a cross-check found, as lines of text."""
    kept = f"{found.walkers} walkers, {found.steps} steps kept, {found.acceptance:.0%} accepted"
    return [f"Cross-check by ensemble MCMC ({kept}):", f"- {found.verdict}"]


def compared(
    parameters: tuple[str, ...], uniforms: Reals, weights: Reals, effective: float, chain: Chain
) -> CrossCheck:
    """Weighted draws, shape (draws, free), held against a chain."""
    mean = weights @ uniforms
    sd = np.sqrt(weights @ (uniforms - mean) ** 2)
    steps, walkers, _ = chain.uniforms.shape
    flat = chain.uniforms.reshape(steps * walkers, -1)
    sizes, times = chain.effective_sizes, chain.times
    noise = np.sqrt(1.0 / effective + 1.0 / sizes)
    table = pd.DataFrame({
        "parameter": list(parameters), "mean": mean, "chain_mean": flat.mean(axis=0), "sd": sd,
        "chain_sd": flat.std(axis=0), "shift": (flat.mean(axis=0) - mean) / sd,
        "shift_error": noise, "sd_ratio": flat.std(axis=0) / sd,
        "log_ratio_error": noise / np.sqrt(2.0), "autocorrelation": times, "effective": sizes,
    })  # fmt: skip
    return CrossCheck(table, effective, walkers, steps, chain.acceptance, chain.evaluations)

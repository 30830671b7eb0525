"""The same posterior by another way: ensemble MCMC on the likelihood that importance sampling used.

A few hundred walkers start from the prior, leaning towards where the likelihood is, and each moves
by the differences and by the spread of the others (emcee: Foreman-Mackey, Hogg, Lang, Goodman 2013,
Publications of the Astronomical Society of the Pacific 125; ter Braak 2006, Statistics and
Computing 16; Cotter, Roberts, Stuart, White 2013, Statistical Science 28). A walker keeps the
estimate of the likelihood that it was accepted with, so that the noise of the estimates leaves the
posterior exact (pseudo-marginal: Andrieu, Roberts 2009, Annals of Statistics 37).

Nothing of the search is shared but the likelihood and how often each value of an unknown is tried:
a search that missed a part of the posterior would be seen. Needs the extra `crosscheck`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from experiments.calibration.evaluation import Evaluator, Progress, stream
from experiments.calibration.fitting import Calibration
from experiments.calibration.likelihood import episodes_with
from experiments.calibration.plan_record import Plan
from experiments.calibration.proposals import moments, normalised, tempered
from experiments.calibration.search import even_negotiations
from experiments.calibration.unknowns import UnknownLaw, leaning_law
from sim.errors import InputError

if TYPE_CHECKING:
    import emcee

Reals = NDArray[np.float64]

WALKERS, STEPS = 96, 600
LARGEST_SHIFT = 0.3  # of a mean, in posterior sd
SD_RATIOS = (0.75, 1.33)
LEAST_EFFECTIVE = 100.0  # draws of the chain, below which it says nothing
LEAST_TIMES = 5.0  # autocorrelation times in the kept steps, likewise
SIGNIFICANT = 3.0  # Monte Carlo errors
WARM_UP = 0.4  # share of the steps that is not kept
_WINDOW = 5.0  # autocorrelation times over which a correlation is summed
_STARTS = 8  # draws from the prior for each walker
_IMPOSSIBLE = -1e6  # in place of a log-likelihood of -inf: from there a walker may go anywhere
_STEPS = (0.2, 0.5, 1.0)  # of the moves by spread, as shares of it
_SPREAD_MOVES = 0.7  # share of the moves; the others are by differences


@dataclass(frozen=True)
class Chain:
    """What the walkers did once they had warmed up.

    uniforms : probabilities under the priors, shape (steps, walkers, free)
    acceptance : share of the moves that were accepted
    evaluations : draws of the parameters whose likelihood was estimated
    """

    uniforms: Reals
    acceptance: float
    evaluations: int

    @property
    def times(self) -> Reals:
        """Integrated autocorrelation times in steps, shape (free,)."""
        return autocorrelation_times(self.uniforms)

    @property
    def effective_sizes(self) -> Reals:
        """How many independent draws the chain is worth for each mean, shape (free,)."""
        steps, walkers, _ = self.uniforms.shape
        return steps * walkers / self.times


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
    negotiations : of each draw in each episode; None for the plan's
    workers : threads; None for all cores; the numbers are the same for any
    progress : called with the number of negotiations that were played

    Raises
    ------
    InputError
        Where the extra is not installed, or walkers or steps are too few.
    """
    asked = plan if negotiations is None else plan.with_negotiations(negotiations)
    evaluator = Evaluator(
        plan, episodes_with([plan.targets], plan), even_negotiations(asked),
        stream(plan.seed, "cross-check", "talks"), False, workers, progress,
    )  # fmt: skip
    unknown = calibration.uniforms[:, len(plan.parameters) :]
    laws = leaning_to(plan, unknown, calibration.weights)
    chain = ensemble(evaluator, laws, walkers, steps, stream(plan.seed, "cross-check"))
    return compared(
        calibration.parameters, calibration.uniforms, calibration.weights,
        calibration.effective_size, chain,
    )  # fmt: skip


def leaning_to(plan: Plan, unknown: Reals, weights: Reals) -> list[UnknownLaw]:
    """How often values of the unknowns are tried: as often as they fitted; without bias for any."""
    laws, first = [], 0
    for episode in plan.episodes:
        last = first + len(episode.unknown)
        laws.append(leaning_law(unknown[:, first:last], weights))
        first = last
    return laws


def ensemble(
    evaluator: Evaluator, laws: list[UnknownLaw], walkers: int, steps: int, seed: int
) -> Chain:
    """Walk.

    Parameters
    ----------
    evaluator : of one set of reports
    laws : what the unknowns are drawn from, by episode

    Raises
    ------
    InputError
        Where the extra is not installed, or walkers or steps are too few.
    """
    emcee = _emcee()
    k = len(evaluator.plan.parameters)
    _check(walkers, steps, k)
    rng = np.random.default_rng(seed)

    def log_posterior(z: Reals) -> Reals:
        """With a draw of the unknowns, shape (draws, 1 + unknowns)."""
        found = evaluator(np.asarray(z, "f8"), laws, rng)
        log = np.maximum(np.sum(found.logs[:, :, 0], axis=1), _IMPOSSIBLE)
        return np.column_stack([log - 0.5 * np.sum(z * z, axis=1), found.unknown])

    start = _start(log_posterior, walkers, k, rng)
    spread, differences = _spread_move(emcee), emcee.moves.DEMove()
    sampler = emcee.EnsembleSampler(
        walkers, k, log_posterior, vectorize=True,
        moves=[(spread, _SPREAD_MOVES), (differences, 1.0 - _SPREAD_MOVES)],
    )  # fmt: skip
    legacy: Any = np.random.MT19937(seed).state["state"]
    sampler.random_state = ("MT19937", legacy["key"], legacy["pos"])
    sampler.run_mcmc(start, steps)
    z = np.asarray(sampler.get_chain())
    blobs = sampler.get_blobs()
    unknown = np.empty((*z.shape[:2], 0)) if blobs is None else np.asarray(blobs, "f8")
    unknown = unknown.reshape(*z.shape[:2], -1)
    kept = np.concatenate([ndtr(z), unknown], axis=2)[int(WARM_UP * steps) :]
    accepted = float(np.mean(sampler.acceptance_fraction))
    return Chain(kept, accepted, walkers * (_STARTS + 1 + steps))


def autocorrelation_times(draws: Reals) -> Reals:
    """Integrated autocorrelation times of chains, shape (steps, walkers, free) -> (free,).

    About the mean of all walkers, so that one which never moved counts as what it is. Source of the
    window: Sokal 1997, Functional Integration, NATO ASI 361.
    """
    centred = draws - np.mean(draws, axis=(0, 1))
    variance = np.maximum(np.mean(centred**2, axis=(0, 1)), 1e-300)
    times = np.ones(draws.shape[2])
    going = np.ones(draws.shape[2], bool)
    for lag in range(1, len(draws)):
        together = np.mean(centred[lag:] * centred[:-lag], axis=(0, 1))
        times += np.where(going, 2.0 * together / variance, 0.0)
        going &= lag < _WINDOW * times
        if not going.any():
            break
    return np.maximum(times, 1.0)


def check_installed() -> None:
    """Whether the extra is there.

    Raises
    ------
    InputError
        Where it is not.
    """
    _emcee()


def sentences(found: CrossCheck) -> list[str]:
    """What a cross-check found, as lines of text."""
    kept = f"{found.walkers} walkers, {found.steps} steps kept, {found.acceptance:.0%} accepted"
    return [f"Cross-check by ensemble MCMC ({kept}):", f"- {found.verdict}"]


def _check(walkers: int, steps: int, k: int) -> None:
    if walkers < 2 * k or walkers % 2:
        raise InputError(
            f"walkers is {walkers}; it must be even and at least {2 * k}, twice the parameters"
        )
    if steps < 10:
        raise InputError(f"steps is {steps}; it must be at least 10")


def _emcee() -> Any:
    try:
        import emcee
    except ImportError:
        raise InputError("a cross-check needs emcee: pip install 'winset[crosscheck]'") from None
    return emcee


def _start(log_posterior: Any, walkers: int, k: int, rng: np.random.Generator) -> Reals:
    """Draws from the prior, the likelihood tempered until a quarter of the walkers differ."""
    z = rng.standard_normal((_STARTS * walkers, k))
    log = log_posterior(z)[:, 0] + 0.5 * np.sum(z * z, axis=1)
    _, weights = tempered(np.zeros(len(z)), log, 0.5 * walkers)
    picked = rng.choice(len(z), walkers, p=normalised(np.log(np.maximum(weights, 1e-300))))
    # Walkers at one place would stay on a plane: each moves a little within the prior's law.
    return np.sqrt(0.75) * z[picked] + 0.5 * rng.standard_normal((walkers, k))


def _spread_move(emcee: Any) -> "emcee.moves.RedBlueMove":
    """Moves that leave the Gaussian of the other half of the walkers as it is."""

    class SpreadMove(emcee.moves.RedBlueMove):
        def get_proposal(self, sample: Reals, complement: list[Reals], random: Any) -> Any:
            others = np.concatenate(complement)
            mean, covariance = moments(others, np.full(len(others), 1.0 / len(others)))
            factor = np.linalg.cholesky(covariance)
            share = np.asarray(random.choice(_STEPS, size=len(sample)))[:, None]
            noise = random.standard_normal(sample.shape) @ factor.T
            moved = mean + np.sqrt(1.0 - share**2) * (sample - mean) + share * noise
            inverse = np.linalg.inv(factor)

            def size(z: Reals) -> Reals:
                return np.sum(((z - mean) @ inverse.T) ** 2, axis=1)

            return moved, 0.5 * (size(moved) - size(sample))

    return SpreadMove()


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

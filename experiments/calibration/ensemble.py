"""Ensemble MCMC on an estimated likelihood.

Walkers start from the prior, leaning towards where the likelihood is, and each moves by the
differences and by the spread of the others (emcee: Foreman-Mackey, Hogg, Lang, Goodman 2013,
Publications of the Astronomical Society of the Pacific 125; ter Braak 2006, Statistics and
Computing 16; Cotter, Roberts, Stuart, White 2013, Statistical Science 28). A walker keeps the
estimate of the likelihood that it was accepted with, so that the noise of the estimates leaves the
posterior exact (pseudo-marginal: Andrieu, Roberts 2009, Annals of Statistics 37). Needs the extra
`crosscheck`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from experiments.calibration.evaluation import Evaluator
from experiments.calibration.proposals import moments, normalised, tempered
from experiments.calibration.unknowns import UnknownLaw
from sim.errors import InputError

if TYPE_CHECKING:
    import emcee

Reals = NDArray[np.float64]

WARM_UP = 0.4  # share of the steps that is not kept
_WINDOW = 5.0  # autocorrelation times over which a correlation is summed
_STARTS = 8  # draws from the prior for each walker
_IMPOSSIBLE = -1e6  # in place of a log-likelihood of -inf: from there a walker may go anywhere
_STEPS = (0.5, 0.8, 1.0)  # of the moves by spread, as shares of it: short ones hardly move
_SPREAD_MOVES = 0.9  # share of the moves; the others are by differences


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


def ensemble(
    evaluator: Evaluator, laws: Sequence[UnknownLaw], walkers: int, steps: int, seed: int
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
    return Chain(kept, accepted, evaluations(walkers, steps))


def evaluations(walkers: int, steps: int) -> int:
    """How often so many walkers ask for the likelihood, the start included."""
    return walkers * (_STARTS + 1 + steps)


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

"""The search for a posterior: adaptive importance sampling, round by round.

Round 0 fills the prior evenly; what it finds of single episodes gives the first proposal, and
every later round is drawn from a Gaussian fitted to all rounds before it, the likelihood tempered
as long as few draws would count. At the end every draw of every round has the weight

    prior x estimated likelihood / mixture of all that was drawn from,

so that the answer does not hang on where the search went, only its precision does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri
from scipy.stats import qmc

from experiments.calibration.evaluation import (
    UNKNOWN_DRAWS,
    Evaluated,
    Evaluator,
    joined,
    unknown_of,
)
from experiments.calibration.plan_record import Plan
from experiments.calibration.proposals import (
    LEAST_EFFECTIVE,
    Proposal,
    effective_size,
    fitted,
    log_prior_ratio,
    normalised,
    prior_proposal,
    product_of_episodes,
    tempered,
)
from experiments.calibration.unknowns import UnknownLaw, leaning_law, prior_law

Reals = NDArray[np.float64]

CHUNK = 2048  # draws that are evaluated, and kept, together
LATER_ROUNDS, LEAST_LATER = 6, 3
_LEAST_SHARE = 0.4  # of the negotiations an episode gets evenly, at the least


@dataclass(frozen=True)
class Rounds:
    """What was drawn so far, and from what.

    z : shape (draws, parameters); logs : shape (draws, episodes); without : (draws, targets)
    unknown : shape (draws, unknowns), one draw of each from its law given the rest
    """

    proposals: tuple[Proposal, ...]
    z: Reals
    logs: Reals
    without: Reals
    unknown: Reals

    def __len__(self) -> int:
        return len(self.z)

    @property
    def log_ratio(self) -> Reals:
        """Log of prior over mixture, shape (draws,)."""
        return log_prior_ratio(self.z, self.proposals)

    def weights(self, log_likelihood: Reals | None = None) -> Reals:
        """Weights that sum to 1, none above what one of sqrt(draws) equal ones would be.

        Parameters
        ----------
        log_likelihood : in place of the sum over episodes, shape (draws,)

        Source of the truncation: Ionides 2008, J. Computational and Graphical Statistics 17.
        """
        if log_likelihood is None:
            log_likelihood = np.sum(self.logs, axis=1)
        weights = normalised(self.log_ratio + log_likelihood)
        cut = np.minimum(weights, 1.0 / np.sqrt(len(weights)))
        return cut / np.sum(cut)

    def log_evidence(self) -> tuple[float, float]:
        """Log of the mean likelihood under the prior, and its standard error (untruncated)."""
        log_weights = self.log_ratio + np.sum(self.logs, axis=1)
        size = effective_size(normalised(log_weights))
        found = float(logsumexp(log_weights) - np.log(len(self)))
        return found, float(np.sqrt(max(1.0 / size - 1.0 / len(self), 0.0)))

    def joined(self, proposal: Proposal, found: Evaluated) -> "Rounds":
        """With another round, which was about one set of reports."""
        return Rounds(
            (*self.proposals, proposal),
            np.concatenate([self.z, found.z]),
            np.concatenate([self.logs, found.logs[:, :, 0]]),
            np.concatenate([self.without, found.without]),
            np.concatenate([self.unknown, found.unknown]),
        )


def first_round(
    proposal: Proposal, found: Evaluated, one: int = 0, rng: np.random.Generator | None = None
) -> Rounds:
    """The rounds after the first; one : which set of its likelihoods.

    rng : to draw the unknowns given a set other than the first
    """
    unknown = found.unknown if rng is None else unknown_of(found, one, rng)
    return Rounds((proposal,), found.z, found.logs[:, :, one], found.without, unknown)


@dataclass
class Leaning:
    """What is known of where the unknowns of episodes fit: their histograms, set by set."""

    laws: list[UnknownLaw]

    @classmethod
    def from_prior(cls, plan: Plan) -> "Leaning":
        """Nothing yet."""
        return cls([prior_law(len(episode.unknown)) for episode in plan.episodes])

    @classmethod
    def from_found(cls, found: Evaluated, weights: Sequence[Reals], one: int = 0) -> "Leaning":
        """From the draws of the unknowns in a round; weights : of its rows, by episode."""
        laws = []
        for parts, tried, weight in zip(found.parts, found.tried, weights, strict=True):
            mine = parts[:, :, one]
            top = np.max(mine, axis=1, keepdims=True)
            share = np.exp(mine - np.where(np.isfinite(top), top, 0.0))
            share = share / np.maximum(np.sum(share, axis=1, keepdims=True), 1e-300)
            each = (share * weight[:, None]).reshape(-1)
            laws.append(leaning_law(tried.reshape(len(each), -1), each))
        return cls(laws)


def evenly(plan: Plan, count: int, seed: int) -> Reals:
    """Draws that fill the prior evenly (scrambled Sobol), as normals, shape (count, parameters)."""
    sequence = qmc.Sobol(len(plan.parameters), rng=np.random.default_rng(seed))
    uniforms = sequence.random_base2(int(np.log2(count)))
    return ndtri(np.clip(uniforms, 2.0**-40, 1.0 - 2.0**-40))


def size_of_first(draws: int) -> int:
    """How many draws fill the prior: a power of two, at most .45 of all."""
    return 2 ** int(np.log2(max(0.45 * draws, 2.0)))


def sizes_of_later(draws: int) -> list[int]:
    """How many draws the later rounds have."""
    left = draws - size_of_first(draws)
    return [left // LATER_ROUNDS + (i < left % LATER_ROUNDS) for i in range(LATER_ROUNDS)]


def even_negotiations(plan: Plan) -> tuple[int, ...]:
    """What every episode gets of the plan's negotiations, as a multiple of the unknowns' draws."""
    return (_multiple(plan.negotiations),) * len(plan.episodes)


def shared_out(plan: Plan, found: Evaluated, weights: Reals) -> tuple[int, ...]:
    """Negotiations of each episode, more to those whose estimates are noisy.

    The variance of the product falls fastest where they go with the root of an episode's own
    variance for one negotiation (Neyman 1934, J. Royal Statistical Society 97).
    """
    noise = np.sqrt(np.sum(weights[:, None] * found.noise, axis=0))
    part = noise / np.sum(noise) if np.sum(noise) > 0.0 else np.full(len(noise), 1 / len(noise))
    share = _LEAST_SHARE / len(noise) + (1.0 - _LEAST_SHARE) * part
    total = plan.negotiations * len(plan.episodes)
    return tuple(_multiple(int(total * one)) for one in share)


def _multiple(negotiations: int) -> int:
    """Rounded to a multiple of the draws of the unknowns, at least two of each."""
    return max(round(negotiations / UNKNOWN_DRAWS), 2) * UNKNOWN_DRAWS


def next_proposal(rounds: Rounds, count: int) -> Proposal:
    """Where to draw the next round from."""
    total = np.sum(rounds.logs, axis=1)
    later = len(rounds.proposals) - 1
    if later == 0:
        return product_of_episodes(rounds.z, rounds.log_ratio, rounds.logs, count)
    least = LEAST_EFFECTIVE * (1.0 + 0.5 * later)
    _, weights = tempered(rounds.log_ratio, total, min(least, 0.25 * len(rounds)))
    return fitted(rounds.z, weights, count)


Keep = Callable[[str, Reals, Callable[[], Evaluated]], Evaluated]


@dataclass
class Search:
    """One search, from the prior to the last round.

    evaluator : of the first round, by whose noise the negotiations are shared out for the others
    keep : gets the name of a chunk, its draws and how to evaluate them; gives what was found
    """

    evaluator: Evaluator
    seed: int
    keep: Keep = field(default=lambda _name, _z, evaluate: evaluate())

    def run(self, draws: int) -> Rounds:
        """All rounds."""
        plan = self.evaluator.plan
        count = size_of_first(draws)
        found = self._round(0, evenly(plan, count, self.seed), Leaning.from_prior(plan))
        rounds = first_round(prior_proposal(len(plan.parameters), count), found)
        return self.go_on(rounds, found, sizes_of_later(draws))

    def go_on(
        self, rounds: Rounds, found: Evaluated, sizes: Sequence[int], one: int = 0,
        enough: float = np.inf,
    ) -> Rounds:  # fmt: skip
        """The later rounds after a first one.

        one : which of its sets this search is about
        enough : effective draws with which it ends early, after LEAST_LATER rounds
        """
        alone = [tempered(rounds.log_ratio, log, 2.0 * LEAST_EFFECTIVE)[1] for log in rounds.logs.T]
        leaning = Leaning.from_found(found, alone, one)
        joint = tempered(rounds.log_ratio, np.sum(rounds.logs, axis=1), LEAST_EFFECTIVE)[1]
        if self.evaluator.without:
            self.evaluator = self._with(shared_out(self.evaluator.plan, found, joint))
        for number, count in enumerate(sizes, 1):
            proposal = next_proposal(rounds, count)
            rng = np.random.default_rng([self.seed, number])
            z = proposal.draw(rng.standard_normal((count, rounds.z.shape[1])))
            found = self._round(number, z, leaning)
            rounds = rounds.joined(proposal, found)
            weights = rounds.weights()
            if number >= LEAST_LATER and effective_size(weights) >= enough:
                break
            mine = weights[-count:]
            if effective_size(mine) >= LEAST_EFFECTIVE:
                leaning = Leaning.from_found(found, [mine] * found.logs.shape[1])
        return rounds

    def _with(self, negotiations: tuple[int, ...]) -> Evaluator:
        told = self.evaluator
        return Evaluator(
            told.plan, told.reports, negotiations, told.seed, told.without, told.workers,
            told.progress,
        )  # fmt: skip

    def _round(self, number: int, z: Reals, leaning: Leaning) -> Evaluated:
        """A round in chunks, each with random numbers of its own."""
        chunks = []
        for place, start in enumerate(range(0, len(z), CHUNK)):
            part = z[start : start + CHUNK]
            rng = np.random.default_rng([self.seed, number, place])
            name = f"round-{number:02}-{place:03}"
            chunks.append(
                self.keep(name, part, lambda p=part, r=rng: self.evaluator(p, leaning.laws, r))
            )
        return joined(chunks)

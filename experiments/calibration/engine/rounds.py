"""The rounds of a fit: where rows are spent, and what is learnt from each.

A first round covers the prior with a Sobol sequence. Then an emulator is fitted where the
posterior seems to lie, its posterior is drawn, a mixture is fitted to the draws and to the
weighted rows so far, and the next rows are drawn from the mixture, widened, with a share of the
prior; round by round the region shrinks and the weights even out. All rows of all rounds carry
exact weights in the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.stats import qmc

from experiments.calibration.engine.blending import Blend, blend
from experiments.calibration.engine.bridge import bridge
from experiments.calibration.engine.emulator import Emulator, fit_emulator, region_of
from experiments.calibration.engine.importance import Weighted, weigh
from experiments.calibration.engine.mixture import (
    Mixture,
    fit_mixture,
    joined,
    log_total,
    standard,
)
from experiments.calibration.engine.priors import Priors
from experiments.calibration.engine.targets import Targets

Floats = NDArray[np.float64]
Play = Callable[[int, Floats], Floats]  # round, normal scores -> figures

PRIOR_SHARE = 0.05
PARTICLES = 1000
DRAWS = 4000
LAST_PARTICLES = 1.5  # for each draw
SETTLING = 2


@dataclass(frozen=True)
class Plan:
    """Rows of each round, how much wider than the posterior its proposal is, draws in the end."""

    rows: tuple[int, ...]
    widths: tuple[float, ...]
    draws: int = DRAWS


SHARES = (0.15, 0.08, 0.08, 0.24, 0.45)
WIDTHS = (1.0, 1.6, 1.5, 1.25, 1.15)


def make_plan(budget: int, draws: int = DRAWS) -> Plan:
    """The rounds that a budget pays for; their rows sum to it."""
    rows = [int(share * budget) for share in SHARES]
    rows[-1] += budget - sum(rows)
    return Plan(tuple(rows), WIDTHS, draws)


@dataclass
class Bank:
    """Every row that was played: normal scores, figures, and the proposals they came from."""

    z: list[Floats] = field(default_factory=list)
    s: list[Floats] = field(default_factory=list)
    proposals: list[Mixture] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many."""
        return sum(len(part) for part in self.z)

    def together(self) -> tuple[Floats, Floats]:
        """Normal scores (n, k) and figures (n, m) of all rounds."""
        return np.vstack(self.z), np.vstack(self.s)

    def log_mixture(self, z: Floats) -> Floats:
        """Log density of the rounds' proposals together, by their sizes."""
        parts = [
            proposal.log_density(z) + np.log(len(part) / self.rows)
            for proposal, part in zip(self.proposals, self.z, strict=True)
        ]
        return log_total(np.column_stack(parts))


@dataclass(frozen=True)
class Outcome:
    """What the rounds leave."""

    blend: Blend
    weighted: Weighted
    bank: Bank
    emulator: Emulator


def sobol_scores(n: int, k: int, generator: np.random.Generator) -> Floats:
    """Normal scores that cover the prior evenly, shape (n, k)."""
    engine = qmc.Sobol(k, scramble=True, rng=generator)
    u = engine.random_base2(max(int(np.ceil(np.log2(max(n, 2)))), 1))[:n]
    return special.ndtri(np.clip(u, 1e-9, 1.0 - 1e-9))


def play_rounds(
    priors: Priors, targets: Targets, plan: Plan, play: Play, seed: int,
    bank: Bank | None = None,
) -> Outcome:  # fmt: skip
    """Play a plan's rounds and draw from the posterior.

    bank : rows of an earlier fit to start from; the plan's rounds then come after them
    """
    bank = bank if bank is not None else Bank()
    draws: Floats | None = None
    shape = standard(priors.k)
    if bank.rows:
        draws, shape = _settled(priors, targets, bank, seed)
    for index, (n, width) in enumerate(zip(plan.rows, plan.widths, strict=True)):
        generator = np.random.default_rng([seed, len(bank.proposals)])
        if bank.rows == 0:
            proposal, z = standard(priors.k), sobol_scores(n, priors.k, generator)
        else:
            draws, _, shape = _posterior(priors, targets, bank, draws, shape, PARTICLES, generator)
            proposal = shape.widened(width).and_prior(PRIOR_SHARE)
            z = np.clip(proposal.draw(n, generator), -8.0, 8.0)
        bank.s.append(play(index, z))
        bank.z.append(z)
        bank.proposals.append(proposal)
    generator = np.random.default_rng([seed, 10_000])
    particles = int(LAST_PARTICLES * plan.draws)
    draws, emulator, shape = _posterior(
        priors, targets, bank, draws, shape, particles, generator
    )  # fmt: skip
    z, s = bank.together()
    weighted = _weighted(targets, bank, z, s)
    return Outcome(
        blend(draws, z, weighted, shape, plan.draws, generator), weighted, bank, emulator
    )


def _settled(
    priors: Priors, targets: Targets, bank: Bank, seed: int
) -> tuple[Floats, Mixture]:  # fmt: skip
    """Where the posterior of other reports lies among rows that were played for earlier ones."""
    draws, shape = None, standard(priors.k)
    for step in range(SETTLING):
        generator = np.random.default_rng([seed, 30_000 + step])
        draws, _, shape = _posterior(priors, targets, bank, draws, shape, PARTICLES, generator)
    assert draws is not None
    return draws, shape


def _weighted(targets: Targets, bank: Bank, z: Floats, s: Floats) -> Weighted:
    prior = standard(z.shape[1]).log_density(z)
    return weigh(z, prior, bank.log_mixture(z), targets.log_kernel(s))


def _posterior(
    priors: Priors, targets: Targets, bank: Bank, draws: Floats | None, shape: Mixture,
    particles: int, generator: np.random.Generator,
) -> tuple[Floats, Emulator, Mixture]:  # fmt: skip
    """The emulator's posterior draws and a mixture fitted to them and to the weighted rows."""
    z, s = bank.together()
    region = None if draws is None else region_of(draws)
    emulator = fit_emulator(priors, targets, z, s, region)
    prior = standard(priors.k)
    start = prior if draws is None else shape.widened(1.5).and_prior(PRIOR_SHARE)
    draws = bridge(
        start, lambda at: prior.log_density(at) + emulator.log_likelihood(at), particles, generator
    )
    few = draws[:: max(1, len(draws) // PARTICLES)]
    emulated = fit_mixture(few, np.ones(len(few)), generator)
    weighted = _weighted(targets, bank, z, s)
    share = 0.7 * weighted.ess / (weighted.ess + 200.0)
    if share < 0.05:
        return draws, emulator, emulated
    exact = fit_mixture(z, weighted.weight, generator)
    return draws, emulator, joined((emulated, 1.0 - share), (exact, share))

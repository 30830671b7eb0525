"""Likelihoods of many draws at once, on all cores.

A draw of the shared parameters is played in every episode under a few draws of what is unknown of
that episode. What a row gives depends on its own numbers and the seed alone, since the draws of
the talks are addressed by the parameters: batches, order and workers leave every bit as it is.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr

from experiments.calibration.likelihood import (
    Reports,
    log_likelihoods,
    log_without_each,
    simulated,
)
from experiments.calibration.plan_record import Plan
from experiments.calibration.unknowns import UnknownLaw

Reals = NDArray[np.float64]
Progress = Callable[[int], object]

UNKNOWN_DRAWS = 4  # of what is unknown of an episode, at each draw of the shared parameters
_BATCH = 128  # draws of the parameters that a thread plays at a time


def stream(seed: int, *purpose: object) -> int:
    """A seed of its own for a purpose, in [0, 2**64)."""
    words = ":".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "little")


@dataclass(frozen=True)
class Evaluated:
    """The likelihoods at some draws of the shared parameters.

    z : the draws as standard normals, shape (draws, parameters)
    logs : log-likelihood of each episode, shape (draws, episodes, sets)
    without : the same of a target's episode without the target, shape (draws, targets); first set
    unknown : one draw of all unknowns from their law given the rest, shape (draws, unknowns), as
        probabilities under their priors; first set
    noise : variance of the episode's estimate over its square, shape (draws, episodes); first set
    parts : log-likelihood at each draw of the unknowns with its weight, by episode, shape
        (draws, UNKNOWN_DRAWS, sets); tried : the draws themselves, (draws, UNKNOWN_DRAWS, unknowns)
    """

    z: Reals
    logs: Reals
    without: Reals
    unknown: Reals
    noise: Reals
    parts: tuple[Reals, ...]
    tried: tuple[Reals, ...]


@dataclass(frozen=True)
class Evaluator:
    """What every draw of a fit is evaluated with.

    reports : of each episode, in one set or several
    negotiations : of each draw in each episode, a multiple of UNKNOWN_DRAWS
    seed : of the talks; without : whether targets are left out one by one as well
    """

    plan: Plan
    reports: Sequence[Reports]
    negotiations: tuple[int, ...]
    seed: int
    without: bool = True
    workers: int | None = None
    progress: Progress | None = None

    def __call__(self, z: Reals, laws: Sequence[UnknownLaw], rng: np.random.Generator) -> Evaluated:
        """Evaluate draws; all that is random about the unknowns is drawn at once, in order."""
        uniforms = [
            rng.random((len(z), UNKNOWN_DRAWS, len(episode.unknown)))
            for episode in self.plan.episodes
        ]
        picks = rng.random((len(z), len(self.plan.episodes)))
        drawn = [law.draw(u) for law, u in zip(laws, uniforms, strict=True)]
        starts = range(0, len(z), _BATCH)

        def batch(start: int) -> Evaluated:
            part = slice(start, start + _BATCH)
            mine = [(tried[part], log_ratio[part]) for tried, log_ratio in drawn]
            found = self._batch(z[part], mine, picks[part])
            if self.progress is not None:
                self.progress(len(z[part]) * sum(self.negotiations))
            return found

        with ThreadPoolExecutor(self.threads) as pool:
            return joined(list(pool.map(batch, starts)))

    @property
    def threads(self) -> int:
        """How many work at a time."""
        return self.workers or os.cpu_count() or 1

    def _batch(self, z: Reals, drawn: Sequence[tuple[Reals, Reals]], picks: Reals) -> Evaluated:
        shared = self.plan.shared(ndtr(z))
        logs, without, unknown, noise, parts = [], [], [], [], []
        for index, (tried, log_ratio) in enumerate(drawn):
            part, others = self._episode(index, shared, tried)
            part = part + log_ratio[:, :, None]
            logs.append(_log_mean(part))
            if self.without:
                without.append(_log_mean(others + log_ratio[:, :, None]))
            share = _shares(part[:, :, 0])
            noise.append(
                UNKNOWN_DRAWS / (UNKNOWN_DRAWS - 1) * np.var(share, axis=1) * len(share[0])
            )
            chosen = np.sum(np.cumsum(share, axis=1) < picks[:, index, None], axis=1)
            chosen = np.minimum(chosen, UNKNOWN_DRAWS - 1)
            unknown.append(tried[np.arange(len(z)), chosen])
            parts.append(part)
        return Evaluated(
            z, np.stack(logs, axis=1),
            np.concatenate(without, axis=1) if self.without else np.empty((len(z), 0)),
            np.concatenate(unknown, axis=1), np.stack(noise, axis=1), tuple(parts),
            tuple(tried for tried, _ in drawn),
        )  # fmt: skip

    def _episode(self, index: int, shared: dict[str, Reals], tried: Reals) -> tuple[Reals, Reals]:
        """Log-likelihoods at every draw of the unknowns: of all sets, and without each target."""
        episode, reports = self.plan.episodes[index], self.reports[index]
        draws, many, _ = tried.shape
        theta = {key: np.repeat(values, many) for key, values in shared.items()}
        for i, free in enumerate(episode.unknown):
            theta[free.key] = free.quantiles(tried[:, :, i].reshape(-1))
        values = simulated(
            self.plan, episode, theta, self.negotiations[index] // many, seed=self.seed
        )
        found = log_likelihoods(values, reports).reshape(draws, many, -1)
        if not self.without:
            return found, found
        return found, log_without_each(values, reports).reshape(draws, many, -1)


def unknown_of(found: Evaluated, one: int, rng: np.random.Generator) -> Reals:
    """One draw of all unknowns given the reports of a set, shape (draws, unknowns)."""
    return np.concatenate(
        [
            _picked(_shares(parts[:, :, one]), tried, rng.random(len(tried)))
            for parts, tried in zip(found.parts, found.tried, strict=True)
        ],
        axis=1,
    )


def _picked(share: Reals, tried: Reals, picks: Reals) -> Reals:
    """One of the tried draws in each row, by its share."""
    chosen = np.sum(np.cumsum(share, axis=1) < picks[:, None], axis=1)
    return tried[np.arange(len(tried)), np.minimum(chosen, tried.shape[1] - 1)]


def joined(batches: Sequence[Evaluated]) -> Evaluated:
    """Batches of one evaluation as one, in order."""

    def each(name: str) -> Reals:
        return np.concatenate([getattr(batch, name) for batch in batches])

    episodes = range(len(batches[0].parts))
    return Evaluated(
        each("z"), each("logs"), each("without"), each("unknown"), each("noise"),
        tuple(np.concatenate([batch.parts[e] for batch in batches]) for e in episodes),
        tuple(np.concatenate([batch.tried[e] for batch in batches]) for e in episodes),
    )  # fmt: skip


def _log_mean(parts: Reals) -> Reals:
    """Log of the mean over the draws of the unknowns, the second axis."""
    with np.errstate(divide="ignore"):
        return logsumexp(parts, axis=1) - np.log(parts.shape[1])


def _shares(parts: Reals) -> Reals:
    """What each draw of the unknowns gives to the likelihood, rows summing to 1."""
    top = np.max(parts, axis=1, keepdims=True)
    known = np.isfinite(top)
    weights = np.exp(parts - np.where(known, top, 0.0))
    weights = np.where(known, weights, 1.0)
    return weights / np.sum(weights, axis=1, keepdims=True)

"""How the competitors are scored: on draws of the posterior against the truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from experiments.intervals import wilson_interval

Reals = NDArray[np.float64]

BINS = 10


@dataclass(frozen=True)
class Posterior:
    """uniforms : draws as probabilities under the priors, (draws, k); weights : (draws,), sum 1
    seconds : of a processor; negotiations : that were played; effective : draws
    """

    uniforms: Reals
    weights: Reals
    seconds: float
    negotiations: float
    effective: float


@dataclass(frozen=True)
class Scores:
    """One row a set of reports; ranks, crps, contraction have the shape (sets, k)."""

    ranks: Reals
    crps: Reals
    contraction: Reals
    seconds: Reals
    negotiations: Reals
    effective: Reals

    @classmethod
    def of(cls, posteriors: list[Posterior], truths: Reals) -> "Scores":
        """Scores of a competitor."""
        pairs = list(zip(posteriors, truths, strict=True))
        return cls(
            np.array([p.weights @ (p.uniforms < truth) for p, truth in pairs]),
            np.array([_crps(p, truth) for p, truth in pairs]),
            np.array([1.0 - 12.0 * _variance(p) for p in posteriors]),
            *(np.array([getattr(p, name) for p in posteriors])
              for name in ("seconds", "negotiations", "effective")),
        )  # fmt: skip

    def covered(self, level: float) -> tuple[float, float, float]:
        """Share of truths inside the central interval, all parameters and sets, with Wilson's."""
        inside = np.abs(self.ranks - 0.5) <= 0.5 * level
        low, high = wilson_interval(int(inside.sum()), inside.size)
        return float(inside.mean()), float(low), float(high)

    @property
    def uniform_p(self) -> float:
        """Chi-square p of the ranks being uniform, all parameters and sets."""
        parts = np.minimum((self.ranks * BINS).astype(int), BINS - 1)
        counts = np.bincount(parts.ravel(), minlength=BINS)
        expected = self.ranks.size / BINS
        return float(chi2.sf(np.sum((counts - expected) ** 2) / expected, BINS - 1))

    def worse_than(self, other: "Scores") -> tuple[float, float]:
        """Mean difference of the CRPS to another's on the same sets, and its standard error."""
        apart = np.mean(self.crps - other.crps, axis=1)
        return float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart)))


def _variance(p: Posterior) -> Reals:
    mean = p.weights @ p.uniforms
    return p.weights @ (p.uniforms - mean) ** 2


def _crps(p: Posterior, truth: Reals) -> Reals:
    """Continuous ranked probability score of weighted draws at the truth, shape (k,).

    The prior's own is 1/6 on average. Source: Gneiting, Raftery 2007, JASA 102, eq. 21.
    """
    found = np.empty(len(truth))
    for i, at in enumerate(truth):
        order = np.argsort(p.uniforms[:, i])
        x, w = p.uniforms[order, i], p.weights[order]
        below = np.cumsum(w)
        # E|X - X'| / 2 from the sorted draws: the integral of F (1 - F).
        spread = float(np.sum(below[:-1] * (1.0 - below[:-1]) * np.diff(x)))
        found[i] = float(w @ np.abs(x - at)) - spread
    return found

"""Gaussian mixtures in normal scores: fitted to weighted draws, drawn from, evaluated.

A fit runs expectation-maximisation from starts chosen far apart, for a few numbers of components,
and keeps the one with the best Bayesian information criterion. A prior in normal scores is the
standard normal law, so a defensive share of the prior is one more component.

Sources: Dempster, Laird, Rubin (1977), J. Royal Statistical Society B 39 (EM); Arthur,
Vassilvitskii (2007), SODA (starts); Hesterberg (1995), Technometrics 37 (defensive mixtures).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIZES = (1, 2, 4, 7)  # numbers of components that are tried
STEPS = 30
FLOOR = 1e-3  # least sd of a component, as a share of the draws' sd
LOG_2PI = float(np.log(2.0 * np.pi))


class Mixture(NamedTuple):
    """Shares (c,), means (c, k), lower Cholesky factors of the covariances (c, k, k)."""

    share: Floats
    mean: Floats
    root: Floats

    def log_density(self, z: Floats) -> Floats:
        """Log density at each row of z, shape (n,)."""
        return log_total(self.log_parts(z))

    def log_parts(self, z: Floats) -> Floats:
        """Log of share times density of each component, shape (n, c)."""
        parts = np.empty((len(z), len(self.share)))
        for c, (share, mean, root) in enumerate(zip(*self, strict=True)):
            white = np.linalg.inv(root) @ (z - mean).T
            size = np.log(np.diag(root)).sum() + 0.5 * len(mean) * LOG_2PI
            parts[:, c] = np.log(share) - size - 0.5 * (white * white).sum(axis=0)
        return parts

    def draw(self, n: int, generator: np.random.Generator) -> Floats:
        """Independent draws, shape (n, k); the components' numbers are as even as can be."""
        edges = np.cumsum(self.share) / self.share.sum()
        place = (np.arange(n) + generator.random()) / max(n, 1)
        which = np.minimum(np.searchsorted(edges, place), len(edges) - 1)
        noise = generator.standard_normal((n, self.mean.shape[1]))
        return self.mean[which] + np.einsum("nij,nj->ni", self.root[which], noise)

    def widened(self, factor: float) -> "Mixture":
        """The same with each component's sd times a factor."""
        return self._replace(root=self.root * factor)

    def and_prior(self, share: float) -> "Mixture":
        """The same with a share of the prior, the standard normal law."""
        return joined((self, 1.0 - share), (standard(self.mean.shape[1]), share))


def log_total(parts: Floats) -> Floats:
    """Log of the sum of exponentials of each row of finite numbers (n, c), shape (n,)."""
    top = parts.max(axis=1)
    return top + np.log(np.exp(parts - top[:, None]).sum(axis=1))


def standard(k: int) -> Mixture:
    """The prior in normal scores."""
    return Mixture(np.ones(1), np.zeros((1, k)), np.eye(k)[None])


def joined(*parts: tuple[Mixture, float]) -> Mixture:
    """One mixture of several, each with its share."""
    return Mixture(
        np.concatenate([mixture.share * share for mixture, share in parts]),
        np.concatenate([mixture.mean for mixture, _ in parts]),
        np.concatenate([mixture.root for mixture, _ in parts]),
    )


def fit_mixture(z: Floats, weight: Floats, generator: np.random.Generator) -> Mixture:
    """The mixture of the best information criterion.

    Parameters
    ----------
    z : shape (n, k); weight : shape (n,), not negative, some positive
    """
    # Rows that count for nothing are many, and cost as much as others.
    kept = weight > 1e-4 * weight.max()
    z, weight = z[kept], weight[kept] / weight[kept].sum()
    effective = 1.0 / float(weight @ weight)
    k = z.shape[1]
    best, least = None, np.inf
    for size in SIZES:
        if best is not None and effective < 4.0 * size * (k + 1):
            break
        mixture, fit = _expectation_maximisation(z, weight, size, generator)
        free = size * (1.0 + k + 0.5 * k * (k + 1)) - 1.0
        criterion = -2.0 * effective * fit + free * np.log(max(effective, 2.0))
        if criterion < least:
            best, least = mixture, criterion
    assert best is not None
    return best


def _expectation_maximisation(
    z: Floats, weight: Floats, size: int, generator: np.random.Generator
) -> tuple[Mixture, float]:
    centre, spread = _moments(z, weight)
    ridge = np.diag(np.maximum(np.diag(spread), 1e-12)) * FLOOR**2
    # A covariance from few draws leans on the covariance of all of them.
    lean = (z.shape[1] + 2.0) * float(weight @ weight)
    root = np.linalg.cholesky(spread + ridge)
    mixture = Mixture(
        np.full(size, 1.0 / size), _apart(z, weight, size, root, generator),
        np.repeat(root[None] * size ** (-1.0 / z.shape[1]), size, axis=0),
    )  # fmt: skip
    fit = -np.inf
    for _ in range(STEPS if size > 1 else 1):
        parts = mixture.log_parts(z)
        total = log_total(parts)
        before, fit = fit, float(weight @ total)
        belongs = np.exp(parts - total[:, None]) * weight[:, None]
        share = belongs.sum(axis=0) + 1e-9
        mean = belongs.T @ z / share[:, None]
        roots = np.empty_like(mixture.root)
        for c in range(size):
            apart = z - mean[c]
            own = (apart * belongs[:, c, None]).T @ apart
            pull = lean / size
            roots[c] = np.linalg.cholesky((own + pull * spread) / (share[c] + pull) + ridge)
        mixture = Mixture(share / share.sum(), mean, roots)
        if fit - before < 1e-3:
            break
    return mixture, float(weight @ mixture.log_density(z))


def _moments(z: Floats, weight: Floats) -> tuple[Floats, Floats]:
    mean = weight @ z
    apart = z - mean
    return mean, (apart * weight[:, None]).T @ apart


def _apart(
    z: Floats, weight: Floats, size: int, root: Floats, generator: np.random.Generator
) -> Floats:
    """Starts far from each other: each is drawn by weight times squared distance to the others."""
    white = z @ np.linalg.inv(root).T
    chosen = [int(generator.choice(len(z), p=weight))]
    nearest = np.full(len(z), np.inf)
    while len(chosen) < size:
        apart = white - white[chosen[-1]]
        nearest = np.minimum(nearest, (apart * apart).sum(axis=1))
        chance = nearest * weight
        total = chance.sum()
        chance = chance / total if total > 0.0 else weight
        chosen.append(int(generator.choice(len(z), p=chance)))
    return z[chosen]

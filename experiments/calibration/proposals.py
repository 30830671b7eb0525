"""Where to look next: Gaussian proposals for adaptive importance sampling.

All parameters are taken to independent standard normals, u = Phi(z) being the probability of a
value under its prior. Draws come from a mixture of the prior and of Gaussians that were fitted to
the draws before (Cornuet, Marin, Mira, Robert 2012, Scandinavian Journal of Statistics 39), and
are weighted by prior x likelihood / mixture.

The first Gaussian comes from the episodes one by one. Weighted by the likelihood of one episode
alone thousands of draws from the prior still count, where hardly any would under the product; so
each episode gives a Gaussian factor, and the product of prior and factors is the first guess of
the posterior (the first pass of expectation propagation, Minka 2001, UAI 17).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Reals = NDArray[np.float64]

LEAST_EFFECTIVE = 100.0  # draws that a fit rests on: weights are tempered until there are so many
_INFLATION = 1.15  # of a fitted covariance: too wide costs draws, too narrow costs the tails
_SIGNIFICANT = 3.0  # standard errors from which a correlation is believed
_SEEN = 2.0  # the same of a shift or a change of width
_NARROWEST, _WIDEST = 2e-3, 1.5  # eigenvalues of a covariance


@dataclass(frozen=True)
class Proposal:
    """A Gaussian that some draws came from: mean (k,), lower Cholesky factor (k, k), how many."""

    mean: Reals
    factor: Reals
    count: int

    def draw(self, normals: Reals) -> Reals:
        """Draws from standard normals, shape (draws, k)."""
        return self.mean + _product(normals, self.factor.T)


def prior_proposal(dimensions: int, count: int) -> Proposal:
    """The prior itself."""
    return Proposal(np.zeros(dimensions), np.eye(dimensions), count)


def log_prior_ratio(z: Reals, proposals: Sequence[Proposal]) -> Reals:
    """Log of prior over mixture at draws, shape (draws,); the mixture by counts."""
    total = sum(proposal.count for proposal in proposals)
    parts = [np.log(p.count / total) + _log_density(z, p) for p in proposals]
    mixture: Reals = np.asarray(logsumexp(np.stack(parts), axis=0))
    return -0.5 * np.sum(z * z, axis=1) - mixture


def _log_density(z: Reals, proposal: Proposal) -> Reals:
    """Up to the constant that every Gaussian has."""
    inverse = np.linalg.inv(proposal.factor)
    scaled = _product(z - proposal.mean, inverse.T)
    return -0.5 * np.sum(scaled * scaled, axis=1) - np.sum(np.log(np.diag(proposal.factor)))


def effective_size(weights: Reals) -> float:
    """Effective number of draws of weights that need not sum to 1 (Kish 1965)."""
    total = float(np.sum(weights))
    return total * total / float(np.sum(weights * weights)) if total > 0.0 else 0.0


def normalised(log_weights: Reals) -> Reals:
    """Weights that sum to 1; all equal where every one is 0."""
    top = float(np.max(log_weights))
    if not np.isfinite(top):
        return np.full(len(log_weights), 1.0 / len(log_weights))
    weights = np.exp(log_weights - top)
    return weights / np.sum(weights)


def tempered(log_ratio: Reals, log_likelihood: Reals, least: float) -> tuple[float, Reals]:
    """The largest power of the likelihood, at most 1, that leaves so many effective draws.

    Returns
    -------
    the power and the weights, shape (draws,), summing to 1
    """
    low, high = 0.0, 1.0
    weights = normalised(log_ratio + log_likelihood)
    if effective_size(weights) >= least:
        return 1.0, weights
    possible = np.where(np.isfinite(log_likelihood), log_likelihood, -1e300)
    for _ in range(30):
        power = 0.5 * (low + high)
        weights = normalised(log_ratio + power * possible)
        low, high = (power, high) if effective_size(weights) >= least else (low, power)
    return low, normalised(log_ratio + low * possible)


def moments(z: Reals, weights: Reals) -> tuple[Reals, Reals]:
    """Weighted mean (k,) and covariance (k, k), as far as the effective number lets them be seen.

    A mean or a width that may be chance is drawn towards the prior's, a correlation that may be
    chance is 0.
    """
    size = effective_size(weights)
    kept = weights > 0.0
    z, weights = z[kept], weights[kept]
    mean = np.sum(z * weights[:, None], axis=0)
    centred = z - mean
    covariance = _product((centred * weights[:, None]).T, centred)
    variance = np.maximum(np.diag(covariance), _NARROWEST)
    spread = np.sqrt(variance)
    correlation = covariance / np.outer(spread, spread)
    correlation = np.where(np.abs(correlation) * np.sqrt(size) > _SIGNIFICANT, correlation, 0.0)
    np.fill_diagonal(correlation, 1.0)
    shifted = np.abs(mean) * np.sqrt(size) > _SEEN * np.maximum(spread, 0.3)
    widened = np.abs(np.log(variance)) * np.sqrt(0.5 * size) > _SEEN
    mean = np.where(shifted, mean, 0.3 * mean)
    spread = np.where(widened, spread, spread**0.3)
    return mean, _proper(correlation, 0.05, 50.0) * np.outer(spread, spread)


def _proper(matrix: Reals, low: float, high: float) -> Reals:
    """The symmetric matrix with its eigenvalues kept within bounds."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return _product(vectors * np.clip(values, low, high), vectors.T)


def fitted(z: Reals, weights: Reals, count: int) -> Proposal:
    """A Gaussian fitted to weighted draws, a little wider."""
    mean, covariance = moments(z, weights)
    wide = _proper(covariance * _INFLATION, _NARROWEST, _WIDEST)
    return Proposal(mean, np.linalg.cholesky(wide), count)


def product_of_episodes(z: Reals, log_ratio: Reals, log_likelihoods: Reals, count: int) -> Proposal:
    """The first guess of the posterior: the prior times a Gaussian factor for each episode.

    Parameters
    ----------
    z : draws, shape (draws, k); log_ratio : prior over mixture at them, shape (draws,)
    log_likelihoods : of each episode, shape (draws, episodes)
    """
    precision, pull = np.eye(z.shape[1]), np.zeros(z.shape[1])
    for log_likelihood in log_likelihoods.T:
        least = min(2.0 * LEAST_EFFECTIVE, 0.25 * len(z))
        _, weights = tempered(log_ratio, log_likelihood, least)
        mean, covariance = moments(z, weights)
        inverse = np.linalg.inv(covariance)
        precision += inverse - np.eye(len(mean))
        pull += _product(inverse, mean[:, None])[:, 0]
    precision = _proper(precision, 1.0 / _WIDEST, 1.0 / _NARROWEST)
    covariance = np.linalg.inv(precision)
    wide = _proper(covariance * 1.3, _NARROWEST, _WIDEST)
    return Proposal(_product(covariance, pull[:, None])[:, 0], np.linalg.cholesky(wide), count)


def _product(left: Reals, right: Reals) -> Reals:
    """Matrix product by loops in a fixed order: the same bits for any number of threads."""
    return np.einsum("ij,jk->ik", left, right, optimize=False)

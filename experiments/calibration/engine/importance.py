"""Importance weights of simulated rows under the exact kernel, and what they say.

Rows of all rounds count as draws of one mixture, that of the rounds' proposals by their sizes. A
row's weight is prior over mixture times the density of the reports at the row's own figures, so
that the weighted rows are draws of the exact posterior, whatever the emulator believes.

Sources: Veach, Guibas (1995), SIGGRAPH (balance heuristic); Cornuet, Marin, Mira, Robert (2012),
Scandinavian J. of Statistics 39 (adaptive mixtures); Ionides (2008), J. Computational and
Graphical Statistics 17 (truncation at sqrt(n) times the mean).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]


class Weighted(NamedTuple):
    """Rows with weights.

    weight : truncated, sum 1, shape (n,); ess : effective rows; log_evidence and its standard
    error from the weights as they come; mean (k,) and cov (k, k) of normal scores
    """

    weight: Floats
    ess: float
    log_evidence: float
    log_evidence_se: float
    mean: Floats
    cov: Floats


def weigh(z: Floats, log_prior: Floats, log_mixture: Floats, log_kernel: Floats) -> Weighted:
    """Weights of rows (n, k); all log densities of shape (n,)."""
    n = len(z)
    log_weight = log_prior - log_mixture + log_kernel
    top = float(np.max(log_weight))
    if not np.isfinite(top):
        even = np.full(n, 1.0 / n)
        return Weighted(even, 0.0, -np.inf, np.inf, np.zeros(z.shape[1]), np.eye(z.shape[1]))
    raw = np.exp(log_weight - top)
    evidence = float(logsumexp(log_weight) - np.log(n))
    relative = raw / raw.mean()
    error = float(relative.std(ddof=1) / np.sqrt(n))
    cut = np.minimum(raw, np.sqrt(n) * raw.mean())
    weight = cut / cut.sum()
    mean = weight @ z
    apart = z - mean
    cov = (apart * weight[:, None]).T @ apart
    return Weighted(weight, float(1.0 / (weight @ weight)), evidence, error, mean, cov)

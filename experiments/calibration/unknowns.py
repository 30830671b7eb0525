"""What is unknown of one episode, integrated out of its likelihood.

A demand that was not reported and the rounds that talks could have gone on concern one episode
alone. So its likelihood at shared parameters is an average over them,

    L_e(theta) = integral of L_e(theta, unknown) prior(unknown),

taken over a few draws of the unknown at each theta. They come from a histogram over equally likely
parts of the prior that leans towards what fitted before, each weighted by prior over histogram:
without bias whatever the histogram, with little noise if it is good.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

PARTS = 16  # of each unknown's prior, equally likely
_KEPT_OPEN = 0.2  # share of the draws that go to all parts alike


@dataclass(frozen=True)
class UnknownLaw:
    """The histogram that the unknowns of one episode are drawn from; they are independent.

    shares : of the draws that fall to each part of the prior, shape (unknowns, PARTS)
    """

    shares: Reals

    def draw(self, uniforms: Reals) -> tuple[Reals, Reals]:
        """Draws of all unknowns.

        Parameters
        ----------
        uniforms : shape (..., unknowns)

        Returns
        -------
        probabilities under the priors, shape (..., unknowns), and the log of prior over histogram,
        shape (...)
        """
        found, log_ratio = np.empty_like(uniforms), np.zeros(uniforms.shape[:-1])
        for i, shares in enumerate(self.shares):
            ends = np.concatenate([[0.0], np.cumsum(shares)])
            ends[-1] = 1.0
            part = np.clip(np.searchsorted(ends, uniforms[..., i], "right") - 1, 0, PARTS - 1)
            within = (uniforms[..., i] - ends[part]) / shares[part]
            found[..., i] = np.clip((part + within) / PARTS, 0.0, 1.0)
            log_ratio += np.log((1.0 / PARTS) / shares[part])
        return found, log_ratio


def prior_law(unknowns: int) -> UnknownLaw:
    """The priors themselves."""
    return UnknownLaw(np.full((unknowns, PARTS), 1.0 / PARTS))


def leaning_law(draws: Reals, weights: Reals) -> UnknownLaw:
    """A histogram that leans towards weighted draws.

    Parameters
    ----------
    draws : probabilities under the priors, shape (draws, unknowns); weights : shape (draws,)
    """
    total = float(np.sum(weights))
    rows = []
    for column in draws.T:
        parts = np.minimum((column * PARTS).astype(int), PARTS - 1)
        counted = np.bincount(parts, weights, PARTS) / total if total > 0.0 else 1.0 / PARTS
        rows.append((1.0 - _KEPT_OPEN) * counted + _KEPT_OPEN / PARTS)
    return UnknownLaw(np.array(rows).reshape(draws.shape[1], PARTS))

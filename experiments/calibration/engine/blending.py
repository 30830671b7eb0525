"""Posterior draws from two sources: the emulator's, smooth but approximate, and the weighted rows,
exact but few.

The emulator's draws are tilted: reweighted by the exponential of a quadratic form, so that their
mean and covariance move towards those of the weighted rows, by a share that grows with the
effective rows. Where even then they are further from the rows than chance explains, a share of the
draws is taken from the rows themselves, each moved a little within its component of a mixture; so
it is where the effective rows are many.

Sources: Hainmueller (2012), Political Analysis 20 (tilting to given moments); Stein (1956), Third
Berkeley Symposium, for shrinking by what noise explains; Liu, West (2001), Sequential Monte Carlo
Methods in Practice, ch. 10 (moving draws without widening them).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.importance import Weighted
from experiments.calibration.engine.mixture import Mixture

Floats = NDArray[np.float64]

TRUST = 300.0  # effective rows at which rows and emulator count alike
MANY = 2000.0  # effective rows from which draws are taken from them in any case
DIRECTIONS = 40
JITTER = 0.5


class Blend(NamedTuple):
    """Draws (n, k) of normal scores, equally weighted; share of them that come from rows; the
    largest shift between the two sources' means, in sds."""

    z: Floats
    from_rows: float
    shift: float


def blend(
    emulated: Floats, rows: Floats, weighted: Weighted, shape: Mixture, n: int,
    generator: np.random.Generator,
) -> Blend:  # fmt: skip
    """Draws of the posterior.

    Parameters
    ----------
    emulated : the emulator's draws; rows, weighted : weighted rows; shape : a mixture that is like
        the posterior, within whose components draws of rows are moved
    """
    sd = np.maximum(np.sqrt(np.diag(weighted.cov)), 1e-12)
    apart = np.abs(weighted.mean - emulated.mean(axis=0))
    shift = float(np.max(apart / np.maximum(np.minimum(sd, emulated.std(axis=0)), 1e-12)))
    if weighted.ess < 2.0:
        return Blend(emulated[generator.integers(len(emulated), size=n)], 0.0, shift)
    chance = tilt(emulated, weighted)
    share = share_of_rows(emulated, chance, rows, weighted, generator)
    share = max(share, min(1.0, (weighted.ess - MANY) / MANY))
    taken = int(round(share * n))
    own = emulated[_picked(chance, n - taken, generator)]
    # The more rows for each draw, the fewer are drawn twice, and the less need they be moved.
    width = JITTER * min(1.0, MANY / weighted.ess)
    picked = rows[_picked(weighted.weight, taken, generator)]
    exact = moved(picked, shape, weighted.ess, width, generator)
    return Blend(generator.permutation(np.vstack([own, exact])), taken / n, shift)


def tilt(emulated: Floats, weighted: Weighted) -> Floats:
    """Chances of the emulator's draws (n,), sum 1, with moments nearer to those of the rows.

    The share of the way is ess / (ess + 300), or less where the tilt would leave few draws.
    """
    n, k = emulated.shape
    centre, spread = emulated.mean(axis=0), np.atleast_2d(np.cov(emulated.T))
    root = np.linalg.cholesky(spread + 1e-12 * np.eye(k))
    white = np.linalg.solve(root, (emulated - centre).T).T
    mean = np.linalg.solve(root, weighted.mean - centre)
    second = np.linalg.solve(root, np.linalg.solve(root, weighted.cov).T) + np.outer(mean, mean)
    upper = np.triu_indices(k)
    features = np.hstack([white, (white[:, :, None] * white[:, None, :])[:, upper[0], upper[1]]])
    goal = np.r_[mean, second[upper]]
    here = features.mean(axis=0)
    step = weighted.ess / (weighted.ess + TRUST)
    for _ in range(6):
        chance = _balanced(features, here + step * (goal - here))
        if chance is not None and 1.0 / (chance @ chance) > 0.25 * n:
            return chance
        step *= 0.6
    return np.full(n, 1.0 / n)


def _balanced(features: Floats, goal: Floats) -> Floats | None:
    """Chances by exponential tilting with these mean features, or None where there are none."""
    apart = features - goal
    slope = np.zeros(features.shape[1])
    ridge = 1e-8 * np.eye(len(slope))

    def at(slope: Floats) -> tuple[Floats, float]:
        line = apart @ slope
        top = line.max()
        w = np.exp(line - top)
        return w / w.sum(), top + float(np.log(w.mean()))

    chance, value = at(slope)
    for _ in range(40):
        gradient = chance @ apart
        if np.abs(gradient).max() < 1e-6:
            return chance
        curve = (apart * chance[:, None]).T @ apart - np.outer(gradient, gradient)
        step = np.linalg.solve(curve + ridge, gradient)
        length = 1.0
        for _ in range(20):
            tried, lower = at(slope - length * step)
            if lower < value:
                break
            length *= 0.5
        else:
            return chance if np.abs(gradient).max() < 1e-3 else None
        slope, chance, value = slope - length * step, tried, lower
    return chance if np.abs(chance @ apart).max() < 1e-3 else None


def share_of_rows(
    emulated: Floats, chance: Floats, rows: Floats, weighted: Weighted,
    generator: np.random.Generator,
) -> float:  # fmt: skip
    """The part of the distance between both sources that the noise of the rows does not explain.

    The distance is Cramer's and von Mises', on the axes and on random directions; its expectation
    under equal laws is 1 / (6 effective draws).
    """
    spread = np.atleast_2d(np.cov(emulated.T)) + 1e-12 * np.eye(emulated.shape[1])
    root = np.linalg.inv(np.linalg.cholesky(spread))
    ways = generator.standard_normal((DIRECTIONS, emulated.shape[1])) @ root
    ways = np.vstack([np.eye(emulated.shape[1]), ways])
    used = weighted.weight > weighted.weight.max() * 1e-6
    own, far = emulated @ ways.T, rows[used] @ ways.T
    weight = weighted.weight[used] / weighted.weight[used].sum()
    distances = [_distance(own[:, j], chance, far[:, j], weight) for j in range(len(ways))]
    effective = 1.0 / (1.0 / weighted.ess + float(chance @ chance))
    # Twice the noise: of a distance that is all noise, nothing is to be left as a rule.
    noise = 2.0 / (6.0 * effective)
    return float(np.clip(1.0 - noise / max(float(np.mean(distances)), 1e-300), 0.0, 1.0))


def _distance(x: Floats, p: Floats, y: Floats, q: Floats) -> float:
    """Mean squared difference of two weighted distribution functions over the first one's draws."""
    by_x, by_y = np.argsort(x), np.argsort(y)
    here = np.cumsum(p[by_x]) - 0.5 * p[by_x]
    there = np.interp(x[by_x], y[by_y], np.cumsum(q[by_y]) - 0.5 * q[by_y], left=0.0, right=1.0)
    return float(p[by_x] @ (here - there) ** 2)


def _picked(chance: Floats, n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    place = (np.arange(n) + generator.random()) / max(n, 1)
    edges = np.cumsum(chance / chance.sum())
    return np.minimum(np.searchsorted(edges, place), len(chance) - 1)


def moved(
    z: Floats, shape: Mixture, ess: float, factor: float, generator: np.random.Generator
) -> Floats:
    """Draws moved within their components by a kernel that leaves each component's moments."""
    k = z.shape[1]
    if len(z) == 0:
        return z
    parts = shape.log_parts(z)
    chance = np.exp(parts - parts.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    edges = np.cumsum(chance, axis=1)
    which = (generator.random(len(z))[:, None] > edges[:, :-1]).sum(axis=1)
    width = factor * (4.0 / (k + 2.0)) ** (1.0 / (k + 4.0)) * ess ** (-1.0 / (k + 4.0))
    keep = np.sqrt(max(0.0, 1.0 - width * width))
    noise = generator.standard_normal(z.shape)
    step = width * np.einsum("nij,nj->ni", shape.root[which], noise)
    return shape.mean[which] + keep * (z - shape.mean[which]) + step

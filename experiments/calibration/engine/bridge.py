"""Draws from a law that can be evaluated, by a bridge of tempered laws from one that can be drawn.

Particles start from a mixture. Each step of the bridge raises the power of the target until half
of the effective particles are left, resamples, and moves every particle by differences of others
(differential evolution), which need no scale of their own and jump between modes.

Sources: Del Moral, Doucet, Jasra (2006), J. Royal Statistical Society B 68 (tempered particles);
ter Braak (2006), Statistics and Computing 16, and Nelson, Ford, Payne (2014), Astrophysical J.
Supplement 210 (moves by differences).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.mixture import Mixture

Floats = NDArray[np.float64]
LogDensity = Callable[[Floats], Floats]

KEPT = 0.5  # share of effective particles that a step of the bridge leaves
MOVES, LAST_MOVES = 3, 20
MOST_STEPS = 60
EDGE = 7.5  # normal scores stay within this


def bridge(
    start: Mixture, target: LogDensity, n: int, generator: np.random.Generator
) -> Floats:  # fmt: skip
    """Draws of the target, shape (n, k), equally weighted.

    target : log density up to a constant at normal scores (n, k); -inf where impossible
    """
    z = np.clip(start.draw(n, generator), -EDGE, EDGE)
    base, goal = start.log_density(z), _finite(target(z))
    power = 0.0
    for _ in range(MOST_STEPS):
        ratio = goal - base
        raised = _raised(ratio, power)
        chance = np.exp((raised - power) * (ratio - ratio.max()))
        picked = _systematic(chance, generator)
        z, base, goal, power = z[picked], base[picked], goal[picked], raised
        moves = LAST_MOVES if power == 1.0 else MOVES
        for _ in range(moves):
            z, base, goal = _moved(z, base, goal, power, start, target, generator)
        if power == 1.0:
            break
    return z


def _finite(value: Floats) -> Floats:
    return np.where(np.isfinite(value), value, -1e12)


def _raised(ratio: Floats, power: float) -> float:
    """The largest power, up to 1, that leaves enough effective particles."""

    def left(step: float) -> float:
        w = np.exp(step * (ratio - ratio.max()))
        return w.sum() ** 2 / (w @ w) / len(w)

    if left(1.0 - power) >= KEPT:
        return 1.0
    low, high = 0.0, 1.0 - power
    for _ in range(40):
        middle = 0.5 * (low + high) if low > 0.0 else 0.1 * high
        low, high = (middle, high) if left(middle) >= KEPT else (low, middle)
        if low > 0.0 and high < 1.05 * low:
            break
    return min(1.0, power + max(low, 1e-9))


def _systematic(chance: Floats, generator: np.random.Generator) -> NDArray[np.int64]:
    edges = np.cumsum(chance / chance.sum())
    place = (np.arange(len(chance)) + generator.random()) / len(chance)
    picked = np.minimum(np.searchsorted(edges, place), len(chance) - 1)
    return generator.permutation(picked)


def _moved(
    z: Floats, base: Floats, goal: Floats, power: float, start: Mixture, target: LogDensity,
    generator: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Every particle once: the first half by differences of the second, then the other."""
    z, base, goal = z.copy(), base.copy(), goal.copy()
    half, k = len(z) // 2, z.shape[1]
    for mine, other in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
        own, others = z[mine], z[other]
        first = generator.integers(len(others), size=len(own))
        second = (first + generator.integers(1, len(others), size=len(own))) % len(others)
        scale = 2.38 / np.sqrt(2.0 * k) * generator.choice([0.3, 0.7, 1.0], size=len(own))
        scale = np.where(generator.random(len(own)) < 0.1, 1.0, scale)
        step = scale[:, None] * (others[first] - others[second])
        tried = own + step + 1e-5 * generator.standard_normal(own.shape)
        inside = np.all(np.abs(tried) < EDGE, axis=1)
        tried = np.where(inside[:, None], tried, own)
        # At power 1 the start has no part in the law, and need not be evaluated.
        new_base = start.log_density(tried) if power < 1.0 else base[mine]
        new_goal = _finite(target(tried))
        gain = power * (new_goal - goal[mine]) + (1.0 - power) * (new_base - base[mine])
        taken = inside & (np.log(generator.random(len(own))) < gain)
        z[mine] = np.where(taken[:, None], tried, own)
        base[mine] = np.where(taken, new_base, base[mine])
        goal[mine] = np.where(taken, new_goal, goal[mine])
    return z, base, goal

"""How many replicates a simulated frequency needs to be held against a theoretical one.

Each test has size 1e-4, so that about a hundred of them raise a false alarm in at most one run in
a hundred, and power .99 against a given difference. A frequency is judged by the exact binomial
test; one that fails is drawn once more, with another seed and four times the replicates, before it
counts as a failure. A probability of exactly 0 or 1 is held to the letter, without a second try.
"""

import math
from collections.abc import Callable

from scipy.special import ndtri
from scipy.stats import binomtest

from sim.theory.domains import POSITIVE, PROPER_SHARE, SHARE, require, require_whole

SIZE = 1e-4
POWER = 0.99
RETRY_FACTOR = 4
CERTAINTY_REPLICATES = 60_000

# squared distance, in standard errors, at which a two-sided test of that size has that power: 38.65
REQUIRED_DISTANCE = float((ndtri(1.0 - SIZE / 2.0) + ndtri(POWER)) ** 2)


def replicates_for_mean(variance: float, difference: float) -> int:
    """Replicates that show a difference in a mean with power .99: 38.65 variance / difference^2.

    Assumes independent replicates and a normal mean.

    Parameters
    ----------
    variance : float
        Variance of one replicate, > 0.
    difference : float
        Difference to be detected, in the unit of the mean, > 0.

    Raises
    ------
    ValueError
        If an argument is not positive and finite.
    """
    require("variance", variance, POSITIVE)
    require("difference", difference, POSITIVE)
    return math.ceil(REQUIRED_DISTANCE * variance / (difference * difference))


def replicates_for_probability(probability: float, difference: float) -> int:
    """Replicates that show a difference in a probability with power .99: variance p (1 - p).

    Assumes independent replicates and many of them.

    Parameters
    ----------
    probability : float
        Theoretical probability p, in (0, 1).
    difference : float
        Difference to be detected, > 0.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.
    """
    require("probability", probability, PROPER_SHARE)
    return replicates_for_mean(probability * (1.0 - probability), difference)


def frequency_agrees(
    count: Callable[[int, int], int], probability: float, replicates: int, seed: int
) -> bool:
    """Whether simulated endings occur as often as theory says, by the exact binomial test.

    The two-sided test has size 1e-4; after a failure the count is drawn once more, with seed + 1
    and four times the replicates. A probability of 0 or 1 allows no exception in at least 60,000.

    Assumes independent replicates.

    Parameters
    ----------
    count : callable
        count(seed, replicates) simulates and gives the number of replicates with the ending.
    probability : float
        Theoretical probability, in [0, 1].
    replicates : int
        Number of replicates, at least 1; at least 60,000 for a probability of 0 or 1.
    seed : int
        Seed of the first draw, >= 0.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.
    """
    require("probability", probability, SHARE)
    certain = probability in (0.0, 1.0)
    require_whole("replicates", replicates, CERTAINTY_REPLICATES if certain else 1)
    require_whole("seed", seed, 0)
    if certain:
        return count(seed, replicates) == probability * replicates
    if binomtest(count(seed, replicates), replicates, probability).pvalue >= SIZE:
        return True
    again = RETRY_FACTOR * replicates
    return binomtest(count(seed + 1, again), again, probability).pvalue >= SIZE

"""Learning a private reservation: from offers that concede, and from refusals.

An offer that concedes towards the reservation r with share alpha of the way, stated with noise of
standard deviation so, implies r with standard deviation so / alpha: early offers say little, late
ones much. A refusal of a demand D says that r is probably below D. Prior beliefs are normal.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root_scalar
from scipy.special import expit, log_expit, log_ndtr

from sim.theory.domains import (
    FINITE,
    POSITIVE,
    PRECISION,
    Interval,
    require,
    require_whole,
)

# a normal distribution function with this standard deviation is nowhere farther than 0.0095 from
# the logistic one
PROBIT_SCALE = 1.702

# farther below the prior the moments of what is left lose their digits
SURPRISE = 30.0

_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(40)


class Belief(NamedTuple):
    """A belief about a reservation by its first two moments."""

    mean: float
    standard_deviation: float


def posterior_deviations(
    prior_deviation: float, offer_noise: float, concession_exponent: float, rounds: int
) -> NDArray[np.float64]:
    """Standard deviation of the belief after each round's offer: the Kalman schedule.

    1 / P_t = 1 / s0^2 + sum over u <= t of alpha_u^2 / so^2, with alpha_u = (u / (T - 1))^e. It
    does not depend on what the offers say, and is exact Bayes if the offers' target is the
    reservation.

    Assumes a normal prior, independent normal noise in the offers, a known concession curve.

    Parameters
    ----------
    prior_deviation : float
        Prior standard deviation s0, in units of the reservation, > 0.
    offer_noise : float
        Standard deviation so of the noise in an offer, in the same unit, > 0.
    concession_exponent : float
        Exponent e of the concession curve, > 0; above 1 boulware, below 1 conceder.
    rounds : int
        Number T of rounds, at least 2.

    Returns
    -------
    array, shape (rounds,)
        Standard deviation after the offers of rounds 0, ..., T - 1.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Kalman (1960), A new approach to linear filtering and prediction problems, Journal of
    Basic Engineering 82; learning a reservation from offers: Zeng and Sycara (1998), Bayesian
    learning in negotiation, International Journal of Human-Computer Studies 48; the concession
    curve: Faratin, Sierra and Jennings (1998), Robotics and Autonomous Systems 24.
    """
    require("prior_deviation", prior_deviation, POSITIVE)
    require("offer_noise", offer_noise, POSITIVE)
    require("concession_exponent", concession_exponent, POSITIVE)
    require_whole("rounds", rounds, 2)
    conceded = np.linspace(0.0, 1.0, rounds) ** concession_exponent
    learnt = np.cumsum(np.square(conceded / offer_noise))
    return 1.0 / np.sqrt(1.0 / prior_deviation**2 + learnt)


def variances_of_posterior_means(
    prior_deviation: float, offer_noise: float, concession_exponent: float, rounds: int
) -> NDArray[np.float64]:
    """How far the mean of the belief moves over repeated talks: s0^2 - P_t after each round.

    By the law of total variance; the expected posterior mean is the prior mean.

    Assumes as `posterior_deviations` does.

    Parameters
    ----------
    prior_deviation, offer_noise, concession_exponent, rounds
        As for `posterior_deviations`.

    Returns
    -------
    array, shape (rounds,)
        Variance after the offers of rounds 0, ..., T - 1, in squared units of the reservation.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Kalman (1960), Journal of Basic Engineering 82.
    """
    posterior = posterior_deviations(prior_deviation, offer_noise, concession_exponent, rounds)
    return prior_deviation**2 - np.square(posterior)


def belief_after_refusal(
    demand: float, precision: float, prior_mean: float, prior_deviation: float
) -> Belief:
    """The exact belief about a reservation after its owner refused a demand.

    Density proportional to L(lambda (D - r)) phi((r - m) / s), with L the logistic function; for
    lambda = inf it is the normal prior cut off above D.

    Assumes a normal prior and a responder of reservation r who refuses with L(lambda (D - r)).

    Parameters
    ----------
    demand : float
        Refused demand D; not more than 30 prior standard deviations below the prior mean.
    precision : float
        Precision lambda of the responder's choice, per unit of D, in [0, inf].
    prior_mean, prior_deviation : float
        Moments m, s of the prior, in units of D; the standard deviation > 0.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Bayes' rule with the logit response of McKelvey and Palfrey (1995), Quantal response
    equilibria for normal form games, Games and Economic Behavior 10.
    """
    _require_refusal(demand, precision, prior_mean, prior_deviation)
    slope = precision * prior_deviation
    if math.isinf(slope):
        return _belief_below(demand, 0.0, prior_mean, prior_deviation)
    indifferent = (demand - prior_mean) / prior_deviation

    def gradient(deviation: float) -> float:
        return -slope * float(expit(slope * (deviation - indifferent))) - deviation

    mode = root_scalar(gradient, bracket=(-slope, 0.0), xtol=1e-14).root
    nodes, masses = _quadrature(mode, indifferent, slope)
    log_density = log_expit(slope * (indifferent - nodes)) - 0.5 * np.square(nodes)
    masses = masses * np.exp(log_density - log_density.max())
    masses = masses / masses.sum()
    mean = float(masses @ nodes)
    variance = float(masses @ np.square(nodes - mean))
    return Belief(prior_mean + prior_deviation * mean, prior_deviation * math.sqrt(variance))


def belief_after_refusal_probit(
    demand: float, precision: float, prior_mean: float, prior_deviation: float
) -> Belief:
    """The belief after a refused demand, the logit replaced by a probit so that it is closed.

    With t = 1.702 / lambda, z = (D - m) / sqrt(s^2 + t^2) and h = phi(z) / Phi(z): the mean is
    m - s^2 h / sqrt(s^2 + t^2) and the variance s^2 - s^4 h (z + h) / (s^2 + t^2).

    Assumes as `belief_after_refusal` does; exact for lambda = inf and lambda = 0.

    Parameters
    ----------
    demand, precision, prior_mean, prior_deviation
        As for `belief_after_refusal`.

    Raises
    ------
    ValueError
        If an argument lies outside its interval.

    Source: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, MIT Press,
    section 3.9 (moments); Camilli (1994), Origin of the scaling constant d = 1.7 in item response
    theory, Journal of Educational and Behavioral Statistics 19 (the constant).
    """
    _require_refusal(demand, precision, prior_mean, prior_deviation)
    noise = math.inf if precision == 0.0 else PROBIT_SCALE / precision
    return _belief_below(demand, noise, prior_mean, prior_deviation)


def _require_refusal(
    demand: float, precision: float, prior_mean: float, prior_deviation: float
) -> None:
    require("precision", precision, PRECISION)
    require("prior_mean", prior_mean, FINITE)
    require("prior_deviation", prior_deviation, POSITIVE)
    lowest = prior_mean - SURPRISE * prior_deviation
    require("demand", demand, Interval(lowest, math.inf, "[)"))


def _quadrature(
    mode: float, indifferent: float, slope: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Legendre nodes and weights, on panels that crowd where the density turns.

    The belief is at least as concentrated as the prior, so nothing is left 12 prior standard
    deviations from its mode; it bends at the type that is indifferent, over a width of 1 / slope.
    """
    around_mode = mode + np.array([-12.0, -6.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, 6.0, 12.0])
    width = 1.0 / max(slope, 1.0)
    around_bend = indifferent + width * np.array([-40.0, -10.0, -2.0, 0.0, 2.0, 10.0, 40.0])
    inside = np.clip(around_bend, around_mode[0], around_mode[-1])
    edges = np.unique(np.concatenate((around_mode, inside)))
    halves = 0.5 * np.diff(edges)
    nodes = (edges[:-1] + halves)[:, None] + halves[:, None] * _LEGENDRE_NODES
    return nodes.ravel(), (halves[:, None] * _LEGENDRE_WEIGHTS).ravel()


def _belief_below(demand: float, noise: float, mean: float, deviation: float) -> Belief:
    """Moments of a normal reservation, given that it lies below D plus a normal noise."""
    spread = math.hypot(deviation, noise)
    standardized = (demand - mean) / spread
    log_hazard = -0.5 * standardized * standardized - float(log_ndtr(standardized))
    hazard = math.exp(log_hazard) / math.sqrt(2.0 * math.pi)
    weight = deviation / spread
    kept = 1.0 - weight * weight * hazard * (standardized + hazard)
    return Belief(mean - deviation * weight * hazard, deviation * math.sqrt(kept))

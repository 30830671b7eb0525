"""Repeated one-sided offers: screening a private value by falling prices.

A seller of cost 0 makes all the offers; the buyer's value is private, U[0, 1]; both discount by d
per offer. Buyers of high value accept early, the rest wait for a lower price, and after each
refusal the seller knows that the value is below a cutoff. Since the uniform distribution cut off
from above is uniform again, prices and cutoffs are proportional to the last cutoff q: every step
looks like the first, only smaller. With frequent offers the seller loses all power (Coase).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.theory.domains import IMPATIENCE, require, require_whole


class OfferSchedule(NamedTuple):
    """The equilibrium offers of a finite horizon, one entry per offer, the first offer first."""

    price_ratio: NDArray[np.float64]
    cutoff_ratio: NDArray[np.float64]
    seller_value: NDArray[np.float64]


def cutoff_ratio(patience: float) -> float:
    """How far the highest value still at the table falls with each refused offer.

    kappa = 1 / (1 + sqrt(1 - d)): values above kappa q accept, the others wait.

    Assumes v ~ U[0, 1], cost 0, a common discount factor, no last offer, stationary strategies.

    Parameters
    ----------
    patience : float
        Discount factor d per offer, in [0, 1).

    Raises
    ------
    ValueError
        If the discount factor lies outside [0, 1).

    Source: Stokey (1981), Rational expectations and durable goods pricing, Bell Journal of
    Economics 12; Sobel and Takahashi (1983), A multistage model of bargaining, Review of Economic
    Studies 50; Gul, Sonnenschein and Wilson (1986), Foundations of dynamic monopoly and the Coase
    conjecture, Journal of Economic Theory 39.
    """
    require("patience", patience, IMPATIENCE)
    return 1.0 / (1.0 + math.sqrt(1.0 - patience))


def price_ratio(patience: float) -> float:
    """The price as a share of the highest value still at the table: the first price, since q = 1.

    sqrt(1 - d) kappa = 1 - kappa.

    Assumes as `cutoff_ratio` does.

    Parameters
    ----------
    patience : float
        Discount factor d per offer, in [0, 1).

    Raises
    ------
    ValueError
        If the discount factor lies outside [0, 1).

    Source: Sobel and Takahashi (1983), Review of Economic Studies 50.
    """
    return math.sqrt(1.0 - patience) * cutoff_ratio(patience)


def no_deal_probability(patience: float, offers: int) -> float:
    """Probability that a number of offers are all refused, with no last offer: kappa^n.

    Assumes as `cutoff_ratio` does.

    Parameters
    ----------
    patience : float
        Discount factor d per offer, in [0, 1).
    offers : int
        Number n of offers made, >= 0.

    Raises
    ------
    ValueError
        If the discount factor lies outside [0, 1) or offers is no whole number >= 0.

    Source: Sobel and Takahashi (1983), Review of Economic Studies 50.
    """
    require_whole("offers", offers, 0)
    return math.pow(cutoff_ratio(patience), offers)


def offer_schedule(patience: float, offers: int) -> OfferSchedule:
    """Prices and cutoffs when the seller has a known number of offers.

    With k offers left and the highest value q, the price that moves the cutoff to q' is a q', with
    a = 1 - d + d b (b: the price ratio with one offer less). The seller maximizes
    (q - q') a q' + d c q'^2 (c: the seller's value with one offer less, per q^2), so that
    q'/q = a / (2 (a - d c)); with the last offer it is 1/2.

    Assumes v ~ U[0, 1], cost 0, a common discount factor, nothing after the last offer.

    Parameters
    ----------
    patience : float
        Discount factor d per offer, in [0, 1).
    offers : int
        Number of offers the seller can make, at least 1.

    Returns
    -------
    OfferSchedule
        Arrays of shape (offers,): price / q, next cutoff / q, and the seller's expected revenue
        / q^2 from this offer on, counted per buyer of the original population.

    Raises
    ------
    ValueError
        If the discount factor lies outside [0, 1) or offers is no whole number >= 1.

    Source: Sobel and Takahashi (1983), Review of Economic Studies 50.
    """
    require("patience", patience, IMPATIENCE)
    require_whole("offers", offers, 1)
    prices, cutoffs, values = np.empty((3, offers))
    price, value = 1.0, 0.0  # nothing follows the last offer: who refuses it pays nothing
    for offer in range(offers - 1, -1, -1):
        accepted_at = 1.0 if offer == offers - 1 else 1.0 - patience + patience * price
        cutoff = accepted_at / (2.0 * (accepted_at - patience * value))
        price = accepted_at * cutoff
        value = (1.0 - cutoff) * price + patience * value * cutoff * cutoff
        prices[offer], cutoffs[offer], values[offer] = price, cutoff, value
    return OfferSchedule(prices, cutoffs, values)


def no_deal_probability_finite(patience: float, offers: int) -> float:
    """Probability that all of a known number of offers are refused.

    The product of the cutoff ratios of `offer_schedule`.

    Assumes as `offer_schedule` does.

    Parameters
    ----------
    patience : float
        Discount factor d per offer, in [0, 1).
    offers : int
        Number of offers the seller can make, at least 1.

    Raises
    ------
    ValueError
        If the discount factor lies outside [0, 1) or offers is no whole number >= 1.

    Source: Sobel and Takahashi (1983), Review of Economic Studies 50.
    """
    return float(np.prod(offer_schedule(patience, offers).cutoff_ratio))

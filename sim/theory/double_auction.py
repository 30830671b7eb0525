"""The sealed-bid double auction: bid and ask at once, trade if the bid reaches the ask.

A buyer of value v and a seller of cost c, both U[0, 1] and private, name a bid and an ask. If the
bid is at least the ask they trade at k bid + (1 - k) ask; k is the price weight (1: the buyer's
bid is the price, 0: the seller's ask). In the linear equilibrium the buyer shades his bid and the
seller pads his ask, and some gains from trade are lost: with both types private, breakdown is a
matter of rational behaviour. At k = 1/2 no trading mechanism does better in expectation.
"""

import numpy as np
from numpy.typing import NDArray

from sim.theory.domains import SHARE, require

# expected gains if every pair with v > c traded: the integral of v - c over v > c
EFFICIENT_GAINS = 1.0 / 6.0


def double_auction_bid[Numbers: (float, NDArray[np.float64])](
    value: Numbers, price_weight: float = 0.5
) -> Numbers:
    """Equilibrium bid of a buyer: v / (1 + k) + k (1 - k) / (2 (1 + k)).

    At k = 1/2 it is 2v/3 + 1/12. Buyers below (1 - k) / 2 never trade; what they bid is immaterial.

    Assumes values and costs U[0, 1] and independent, risk neutrality, the linear equilibrium.

    Parameters
    ----------
    value : float or array
        Value v, in [0, 1].
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If an argument lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Bargaining under incomplete information, Operations
    Research 31.
    """
    require("value", value, SHARE)
    require("price_weight", price_weight, SHARE)
    k = price_weight
    return value / (1.0 + k) + k * (1.0 - k) / (2.0 * (1.0 + k))


def double_auction_ask[Numbers: (float, NDArray[np.float64])](
    cost: Numbers, price_weight: float = 0.5
) -> Numbers:
    """Equilibrium ask of a seller: c / (2 - k) + (1 - k) / 2.

    At k = 1/2 it is 2c/3 + 1/4. Sellers above 1 - k/2 never trade; what they ask is immaterial.

    Assumes values and costs U[0, 1] and independent, risk neutrality, the linear equilibrium.

    Parameters
    ----------
    cost : float or array
        Cost c, in [0, 1].
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If an argument lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Operations Research 31.
    """
    require("cost", cost, SHARE)
    require("price_weight", price_weight, SHARE)
    return cost / (2.0 - price_weight) + (1.0 - price_weight) / 2.0


def double_auction_trade_probability(price_weight: float = 0.5) -> float:
    """Probability of trade in the linear equilibrium: (1 + k) (2 - k) / 8.

    Trade happens on the triangle (1 + k) c <= (2 - k) (v - (1 - k) / 2); at k = 1/2 that is
    v - c >= 1/4.

    Assumes as `double_auction_bid` does.

    Parameters
    ----------
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If the price weight lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Operations Research 31.
    """
    require("price_weight", price_weight, SHARE)
    return (1.0 + price_weight) * (2.0 - price_weight) / 8.0


def double_auction_gains(price_weight: float = 0.5) -> float:
    """Expected gains from trade in the linear equilibrium: (1 + k) (2 - k) / 16.

    Gains are linear, so they equal the trade probability times v - c at the centroid of the
    triangle of trades, and there v - c = 1/2 for every k.

    Assumes as `double_auction_bid` does.

    Parameters
    ----------
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If the price weight lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Operations Research 31.
    """
    return 0.5 * double_auction_trade_probability(price_weight)


def double_auction_efficiency(price_weight: float = 0.5) -> float:
    """Expected gains as a share of those if every pair with v > c traded: 6 (1 + k) (2 - k) / 16.

    Assumes as `double_auction_bid` does.

    Parameters
    ----------
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If the price weight lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Operations Research 31.
    """
    return double_auction_gains(price_weight) / EFFICIENT_GAINS


def double_auction_missed_trade(price_weight: float = 0.5) -> float:
    """Probability of no trade given that the buyer's value exceeds the seller's cost.

    1 - 2 P, where P is the trade probability: half of all pairs have v > c.

    Assumes as `double_auction_bid` does.

    Parameters
    ----------
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If the price weight lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Operations Research 31.
    """
    return 1.0 - 2.0 * double_auction_trade_probability(price_weight)


def double_auction_price(price_weight: float = 0.5) -> float:
    """Expected price given trade: k bid + (1 - k) ask at the centroid of the triangle of trades.

    The centroid is v = (5 - k) / 6, c = (2 - k) / 6; the price is linear in both.

    Assumes as `double_auction_bid` does.

    Parameters
    ----------
    price_weight : float
        Weight k of the bid in the price, in [0, 1].

    Raises
    ------
    ValueError
        If the price weight lies outside [0, 1].

    Source: Chatterjee and Samuelson (1983), Operations Research 31.
    """
    require("price_weight", price_weight, SHARE)
    bid = double_auction_bid((5.0 - price_weight) / 6.0, price_weight)
    ask = double_auction_ask((2.0 - price_weight) / 6.0, price_weight)
    return price_weight * bid + (1.0 - price_weight) * ask

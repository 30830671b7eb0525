"""Section C: incomplete information."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from experiments.docking.final_demands import final_demand_rows
from experiments.docking.learning import learning_rows
from experiments.docking.limits import AUCTION, in_words
from experiments.docking.play import (
    BLOCK,
    Event,
    chance,
    ended_by,
    formula,
    limit_points,
    mean_of,
    played,
    tallied,
)
from experiments.docking.row import Got, Row
from sim.draws import uniforms
from sim.terms import Ending, Purpose
from sim.theory.bilateral_trade import (
    efficiency_subsidy,
    second_best_gains,
    second_best_missed_trade,
    second_best_threshold,
)
from sim.theory.double_auction import (
    double_auction_ask,
    double_auction_bid,
    double_auction_efficiency,
    double_auction_price,
    double_auction_trade_probability,
)

AUCTION_SOURCE = "Chatterjee, Samuelson 1983, Operations Research 31"
SECOND_BEST = "Myerson, Satterthwaite 1983, J. Economic Theory 29"
_DEAL: Event = ended_by(Ending.RATIFIED)


def _types(n: int, seed: int, first: int = 0) -> NDArray[np.float64]:
    """The first two words of the types' draws of each replicate, shape (n, 2)."""
    found = np.empty((n, 2))
    for index in range(n):
        found[index] = uniforms(
            np.uint64(seed), np.uint64(0), np.uint64(first + index), int(Purpose.TYPES), 0, 0
        )[:2]
    return found


def _prices(split: float) -> Callable[[int, int], Got]:
    def run(n: int, seed: int) -> Got:
        points = limit_points({**AUCTION, "talks.split": split})
        blocks = [block["amount"][_DEAL(block)] for block in played(points, n, seed)]
        return mean_of(np.concatenate(blocks))

    return run


def _gains(n: int, seed: int) -> Got:
    """Gains from trade, of the values that each auction drew."""
    gains = []
    for index, block in enumerate(played(limit_points(AUCTION), n, seed)):
        cost, worth = _types(len(block), seed, index * BLOCK).T
        gains.append(np.where(_DEAL(block), worth - cost, 0.0))
    return mean_of(np.concatenate(gains))


def _missed(n: int, seed: int) -> Got:
    """No trade although the buyer's value exceeds the seller's cost."""
    missed = possible = 0
    for index, block in enumerate(played(limit_points(AUCTION), n, seed)):
        cost, worth = _types(len(block), seed, index * BLOCK).T
        possible += int(np.count_nonzero(worth > cost))
        missed += int(np.count_nonzero((worth > cost) & ~_DEAL(block)))
    return Got(missed / possible, possible, missed)


def _auctions() -> list[Row]:
    limit = in_words(AUCTION)
    rows = [
        chance(
            "C1.trade", "sealed offers trade if values are a quarter apart", AUCTION_SOURCE,
            AUCTION, _DEAL, 9 / 32, difference=0.002,
        ),
        tallied(
            "C1.price", "the mean price of trades", AUCTION_SOURCE, limit, _prices(0.5),
            kind="P", expected=0.5, n=500_000,
        ),
        tallied(
            "C1.gains", "expected gains from trade", AUCTION_SOURCE, limit, _gains,
            kind="P", expected=9 / 64, n=200_000,
        ),
        tallied(
            "C1.missed", "no trade given that the value exceeds the cost", AUCTION_SOURCE, limit,
            _missed, kind="P", expected=7 / 16, n=200_000,
        ),
        formula(
            "C1.efficiency", "expected gains as a share of all", AUCTION_SOURCE,
            double_auction_efficiency, 27 / 32, 1e-12,
        ),
        formula(
            "C2.reply", "a buyer of value .8 cannot do better than to bid .616667", AUCTION_SOURCE,
            _best_bid, 0.616667, 1e-4, kind="B",
        ),
    ]  # fmt: skip
    return rows


def _splits() -> list[Row]:
    rows = []
    for k, printed in ((0.0, 0.25), (0.25, 0.2734375), (0.75, 0.2734375), (1.0, 0.25)):
        rows += [
            chance(
                f"C2.k={k:g}", "trade in the k-double auction", AUCTION_SOURCE,
                {**AUCTION, "talks.split": k}, _DEAL, printed, difference=0.003,
            ),
            tallied(
                f"C2.k={k:g}.price", "the mean price of its trades", AUCTION_SOURCE,
                in_words({**AUCTION, "talks.split": k}), _prices(k), kind="P",
                expected=double_auction_price(k), n=200_000,
            ),
            formula(
                f"C2.k={k:g}.form", "the closed form of trade", AUCTION_SOURCE,
                lambda k=k: double_auction_trade_probability(k), printed, 1e-9,
            ),
        ]  # fmt: skip
    return rows


def _best_bid() -> float:
    """The best reply of a buyer of value .8 to the linear ask of a seller of unknown cost."""
    value, costs = 0.8, (np.arange(200_000) + 0.5) / 200_000
    asks = double_auction_ask(costs)

    def loss(bid: float) -> float:
        return -float(np.where(asks <= bid, value - 0.5 * (bid + asks), 0.0).mean())

    best: Any = minimize_scalar(loss, bounds=(0.3, 0.8), method="bounded", options={"xatol": 1e-6})
    shaded = double_auction_bid(value)
    if loss(float(best.x)) < loss(shaded) - 1e-9:
        return float(best.x)
    return float(shaded)


def _second_best() -> list[Row]:
    rows = [
        formula(
            "C3.threshold", "the best mechanism trades from a difference of a quarter on",
            SECOND_BEST, lambda: second_best_threshold(0.0), 0.25, 1e-12,
        ),
        formula(
            "C3.subsidy", "what efficiency would cost a third party", SECOND_BEST,
            lambda: efficiency_subsidy(0.0), 1 / 6, 1e-12,
        ),
        tallied(
            "C3.bound", "no equilibrium gains more than the second best: gains at split .5 less "
            "4 standard errors", SECOND_BEST, in_words(AUCTION), _gains_at_least, kind="R",
            expected=second_best_gains(0.0), n=100_000,
        ),
    ]  # fmt: skip
    rows += [
        formula(
            f"C3.shift={a:g}", "less trade is missed as a zone of agreement becomes certain",
            SECOND_BEST, lambda a=a: second_best_missed_trade(a), printed,
        )
        for a, printed in ((0.25, 0.388587), (0.5, 0.279094), (0.75, 0.142910), (1.0, 0.0))
    ]  # fmt: skip
    return rows


def _gains_at_least(n: int, seed: int) -> Got:
    gains = _gains(n, seed)
    value = gains.value if isinstance(gains.value, float) else math.nan
    return Got(value - 4.0 * gains.error, n)


def rows() -> list[Row]:
    """The rows of section C."""
    return [
        *_auctions(), *_splits(), *_second_best(), *final_demand_rows(), *learning_rows(),
    ]  # fmt: skip

"""The engine against closed forms of bargaining: rows A2, C1, C5 and F2."""

import math

import numpy as np
import pytest
from scipy.special import ndtri

from sim import Ending, Policy, negotiate
from sim.draws import Draws
from sim.terms import Family, Protocol, Purpose
from sim.theory.alternating_offers import finite_horizon_share
from sim.theory.concession import session_agreement
from sim.theory.double_auction import (
    double_auction_gains,
    double_auction_price,
    double_auction_trade_probability,
)
from sim.theory.incomplete_information import final_demand_logistic
from sim.theory.monte_carlo import SIZE, frequency_agrees

CERTAIN_TYPES = {"president.reservation_sd": 0.0, "ministry.reservation_sd": 0.0}
ENGINES = pytest.mark.parametrize("engine", ["kernel", "mesa"])
LARGEST_DISTANCE = float(ndtri(1.0 - SIZE / 2.0))  # in standard errors, of a mean of that size


def blocks(points, replicates, seed, step=100_000):
    """The records of one design point in blocks, so that few of them are held at a time."""
    for first in range(0, replicates, step):
        yield negotiate(points, min(step, replicates - first), seed=seed, first_replicate=first)[0]


# F2: time-dependent concession


@ENGINES
@pytest.mark.parametrize(
    ("rounds", "us_exponent", "seoul_exponent", "demand", "session", "price"),
    [
        (10, 1.0, 1.0, 1.4, 6, 1.166667),
        (10, 1.0, 1.0, 2.0, 8, 1.2),
        (10, 1.0, 1.0, 5.56, 8, 1.222222),
        (20, 0.5, 2.0, 5.56, 18, 1.218955),
    ],
)
def test_F2_conceding_with_time_meets_where_the_curves_cross(
    limit_points, engine, rounds, us_exponent, seoul_exponent, demand, session, price
):
    points = limit_points(
        {
            **CERTAIN_TYPES,
            "president.demand": demand,
            "president.reservation_mean": 1.1,
            "ministry.reservation_mean": 1.25,
            "negotiators.concession_exponent": us_exponent,
            "ministry.concession_exponent": seoul_exponent,
            "talks.rounds": rounds,
        }
    )
    outcome = negotiate(points, 1, seed=0, engine=engine)[0, 0]
    expected = session_agreement(demand, 1.1, 1.0, 1.25, rounds, us_exponent, seoul_exponent)
    assert outcome["ending"] == Ending.RATIFIED
    assert (outcome["round"] - 1, outcome["amount"]) == pytest.approx(expected, abs=1e-9)
    assert outcome["round"] - 1 == session
    assert outcome["amount"] == pytest.approx(price, abs=5.1e-7)


# A2: alternating offers under complete information


@ENGINES
@pytest.mark.parametrize(
    ("us_patience", "seoul_patience", "offers"),
    [
        (0.9, 0.9, 1),
        (0.9, 0.9, 2),
        (0.9, 0.9, 3),
        (0.9, 0.9, 4),
        (0.9, 0.9, 5),
        (0.9, 0.9, 10),
        (0.9, 0.9, 20),
        (0.95, 0.9, 4),
        (0.95, 0.9, 9),
        (0.9, 0.95, 1000),
    ],
)
@pytest.mark.parametrize("us_first", [True, False])
def test_A2_backward_induction_agrees_at_once_on_the_closed_form(
    limit_points, engine, us_patience, seoul_patience, offers, us_first
):
    """A pie of 1: the US would host for nothing, Seoul would pay up to 1."""
    points = limit_points(
        {
            **CERTAIN_TYPES,
            "president.demand": 50.0,
            "president.reservation_mean": 0.0,
            "ministry.reservation_mean": 1.0,
            "ministry.opening_offer": 0.0,
            "negotiators.policy": Policy.SUBGAME_PERFECT,
            "ministry.policy": Policy.SUBGAME_PERFECT,
            "negotiators.patience": us_patience,
            "ministry.patience": seoul_patience,
            "talks.rounds": (offers + 1) // 2,
            "talks.final_counteroffer": 1 - offers % 2,
            "talks.first_mover": 0 if us_first else 1,
        }
    )
    patiences = (us_patience, seoul_patience)
    first_share = finite_horizon_share(offers, *(patiences if us_first else patiences[::-1]))
    share_of_us = first_share if us_first else 1.0 - first_share
    outcome = negotiate(points, 1, seed=0, engine=engine)[0, 0]
    assert outcome["ending"] == Ending.RATIFIED
    assert outcome["round"] == 1
    assert outcome["amount"] == pytest.approx(share_of_us, abs=1e-12)


# C1: the double auction


AUCTIONS = 2_000_000


@pytest.fixture(scope="module")
def auction(limit_points):
    """One sealed-offer auction with private values even on [0, 1]."""
    half_width = 0.5 / math.sqrt(3.0)
    return limit_points(
        {
            "president.demand": 50.0,
            "ministry.opening_offer": 0.0,
            "president.reservation_family": Family.UNIFORM,
            "ministry.reservation_family": Family.UNIFORM,
            "president.reservation_mean": 0.5,
            "ministry.reservation_mean": 0.5,
            "president.reservation_sd": half_width,
            "ministry.reservation_sd": half_width,
            "negotiators.policy": Policy.CHATTERJEE_SAMUELSON,
            "ministry.policy": Policy.CHATTERJEE_SAMUELSON,
            "talks.protocol": Protocol.DOUBLE_AUCTION,
            "talks.rounds": 1,
        }
    )


def test_C1_sealed_offers_trade_as_often_as_the_linear_equilibrium_at_its_price(auction):
    def count(seed, replicates):
        prices = []
        for block in blocks(auction, replicates, seed):
            prices.append(block["amount"][block["ending"] == Ending.RATIFIED])
        prices = np.concatenate(prices)
        error = prices.std() / math.sqrt(len(prices))
        assert abs(prices.mean() - double_auction_price()) < LARGEST_DISTANCE * error
        return len(prices)

    assert double_auction_price() == pytest.approx(1 / 2, abs=1e-12)
    assert double_auction_trade_probability() == pytest.approx(9 / 32, abs=1e-12)
    assert frequency_agrees(count, double_auction_trade_probability(), AUCTIONS, seed=11)


def test_C1_values_a_quarter_apart_trade_and_gain_nine_sixty_fourths_on_average(auction):
    """The private values of each auction are those of its draws."""
    replicates = 200_000
    draws = [Draws(11, replicate) for replicate in range(replicates)]
    cost, worth = (
        np.array([of_one.uniform(Purpose.TYPES, word) for of_one in draws]) for word in (0, 1)
    )
    traded = negotiate(auction, replicates, seed=11)[0]["ending"] == Ending.RATIFIED
    apart = worth - cost
    at_the_edge = np.abs(apart - 0.25) < 1e-6
    assert np.array_equal(traded[~at_the_edge], (apart > 0.25)[~at_the_edge])
    gains = np.where(traded, apart, 0.0)
    error = gains.std() / math.sqrt(replicates)
    assert double_auction_gains() == pytest.approx(9 / 64, abs=1e-12)
    assert abs(gains.mean() - double_auction_gains()) < LARGEST_DISTANCE * error
    missed = np.mean(~traded[apart > 0])
    assert missed == pytest.approx(7 / 16, abs=0.006)


# C5: a single demand against a logistic unknown


@pytest.mark.parametrize(
    ("scale", "reservation", "demand", "refused"),
    [
        (0.05, 1.05, 1.210397, 0.311727),
        (0.10, 1.05, 1.25, 0.5),
        (0.20, 1.05, 1.363429, 0.638104),
        (0.05, 1.20, 1.278357, 0.638104),
    ],
)
def test_C5_a_single_demand_has_the_price_and_the_risk_of_the_closed_form(
    limit_points, scale, reservation, demand, refused
):
    sd = scale * math.pi / math.sqrt(3.0)
    points = limit_points(
        {
            "president.demand": 50.0,
            "president.reservation_mean": reservation,
            "president.reservation_sd": 0.0,
            "ministry.reservation_family": Family.LOGISTIC,
            "ministry.reservation_mean": 1.25,
            "ministry.reservation_sd": sd,
            "negotiators.belief_sd": sd,
            "negotiators.policy": Policy.TAKE_IT_OR_LEAVE_IT,
            "ministry.policy": Policy.TAKE_IT_OR_LEAVE_IT,
            "talks.rounds": 1,
            "talks.final_counteroffer": 0,
        }
    )
    expected = final_demand_logistic(1.25, scale, reservation)
    assert expected.demand == pytest.approx(demand, abs=5.1e-7)
    assert expected.breakdown_probability == pytest.approx(refused, abs=5.1e-7)

    def count(seed, replicates):
        failures = 0
        for block in blocks(points, replicates, seed):
            failed = block["ending"] != Ending.RATIFIED
            np.testing.assert_allclose(block["amount"][~failed], expected.demand, rtol=0, atol=1e-8)
            failures += int(failed.sum())
        return failures

    assert frequency_agrees(count, expected.breakdown_probability, 500_000, seed=12)

"""The engine in the limit obeys the kappa-law: rows E5 and I3.

If the president pays `a` a unit of shortfall from his demand, talks break down if and only if the
least that he signs exceeds the most that Seoul can concede.
"""

import numpy as np
import pytest

from sim import Ending, negotiate
from sim.theory.commitment import breakdown_probability
from sim.theory.monte_carlo import frequency_agrees

DEMANDS = [1.05, 1.2, 1.5, 2.0, 3.0, 5.56, 8.0]
TYPES = {
    "president.reservation_mean": 1.10,
    "president.reservation_sd": 0.10,
    "ministry.reservation_mean": 1.25,
    "ministry.reservation_sd": 0.10,
}
STATIC_BACKLASH = {
    "public.backlash_weight": 0.15,
    "public.backlash_speed": 0.0,
    "public.anticipation": 1.0,
    "public.backlash_scale": 2.0,
}
PRECEDENT = {"precedent.weight": 0.5, "precedent.others_payment": 1.5}

# what is switched on in the limit, the same for the law, and the printed values of the row
SETTINGS = {
    "cheap talk": (
        {},
        {"audience_cost": 0.0},
        [0.0181, 0.1135, 0.1444, 0.1444, 0.1444, 0.1444, 0.1444],
    ),
    "audience cost": (
        {"president.audience_cost": 0.03},
        {"audience_cost": 0.03},
        [0.0182, 0.1155, 0.1604, 0.1872, 0.2485, 0.4427, 0.6427],
    ),
    "backlash": (
        STATIC_BACKLASH,
        {"audience_cost": 0.0, "backlash_weight": 0.15},
        [0.0198, 0.1376, 0.2044, 0.2600, 0.3482, 0.4568, 0.4872],
    ),
    "audience cost, backlash, precedent": (
        {"president.audience_cost": 0.03, **STATIC_BACKLASH, **PRECEDENT},
        {
            "audience_cost": 0.03,
            "backlash_weight": 0.15,
            "precedent_weight": 0.5,
            "precedent_value": 1.5,
        },
        [0.0248, 0.3207, 0.5722, 0.6845, 0.8275, 0.9552, 0.9857],
    ),
    "take it or leave it": (
        {"president.audience_cost": 1e6},
        {"audience_cost": 1e6},
        [0.0228, 0.3085, 0.9938, 1.0, 1.0, 1.0, 1.0],
    ),
}
BY_SETTING = pytest.mark.parametrize("setting", SETTINGS)
REPLICATES = 400_000


def law(demand, setting):
    moments = {"us_mean": 1.10, "us_sd": 0.10, "seoul_mean": 1.25, "seoul_sd": 0.10}
    return breakdown_probability(demand, **moments, **SETTINGS[setting][1])


def broke_down(points, replicates, seed):
    """Whether each negotiation broke down, shape (points, replicates), played in small blocks."""
    step = 50_000
    blocks = [
        negotiate(points, min(step, replicates - first), seed=seed, first_replicate=first)["ending"]
        for first in range(0, replicates, step)
    ]
    return np.concatenate(blocks, axis=1) != Ending.RATIFIED


@BY_SETTING
def test_E5_the_law_gives_the_printed_probabilities(setting):
    printed = SETTINGS[setting][2]
    assert [law(demand, setting) for demand in DEMANDS] == pytest.approx(printed, abs=5.1e-5)


@BY_SETTING
def test_E5_talks_in_the_limit_break_down_as_often_as_the_law_says(limit_points, setting):
    switched_on = SETTINGS[setting][0]
    points = limit_points({"president.demand": DEMANDS, **TYPES, **switched_on})
    first = broke_down(points, REPLICATES, seed=5)

    def count_of(index):
        def count(seed, replicates):
            if (seed, replicates) == (5, REPLICATES):
                return int(first[index].sum())
            alone = limit_points({"president.demand": DEMANDS[index], **TYPES, **switched_on})
            return int(broke_down(alone, replicates, seed).sum())

        return count

    for index, demand in enumerate(DEMANDS):
        probability = law(demand, setting)
        assert frequency_agrees(count_of(index), probability, REPLICATES, seed=5), demand


def test_E5_under_cheap_talk_a_bigger_demand_never_changes_who_breaks_down(limit_points):
    """Flat to the letter: the same negotiations fail at every demand above all reservations."""
    demands = np.linspace(2.0, 50.0, 25)
    points = limit_points({"president.demand": demands, **TYPES})
    failed = broke_down(points, 20_000, seed=6)
    assert np.all(failed == failed[0])
    assert 0.13 < failed.mean() < 0.16


def test_E5_under_full_commitment_only_a_seoul_that_can_bear_the_demand_signs(limit_points):
    """With kappa next to 1 every price that is signed is the demand itself."""
    points = limit_points({"president.demand": 1.2, **TYPES, "president.audience_cost": 1e9})
    outcomes = negotiate(points, 20_000, seed=6)[0]
    signed = outcomes[outcomes["ending"] == Ending.RATIFIED]
    np.testing.assert_allclose(signed["amount"], 1.2, rtol=0, atol=1e-8)
    assert 0.29 < 1.0 - len(signed) / 20_000 < 0.33


@BY_SETTING
def test_E5_every_agreement_lies_between_the_two_reservations(limit_points, setting):
    """Nobody signs at a loss: the price is at least the threshold and at most Seoul's limit."""
    switched_on = SETTINGS[setting][0]
    points = limit_points({"president.demand": [1.2, 2.0], **TYPES, **switched_on})
    outcomes = negotiate(points, 20_000, seed=7)
    signed = outcomes["ending"] == Ending.RATIFIED
    assert np.all(outcomes["vetoes"] == 0)
    assert np.all(outcomes["amount"][signed] <= np.array([[1.2], [2.0]]).repeat(20_000, 1)[signed])
    assert np.all(outcomes["round"][~signed] == 10)
    assert np.all(outcomes["ending"][~signed] == Ending.LAPSE)


@BY_SETTING
def test_I3_breakdown_is_monotone_in_the_demand_replicate_by_replicate(limit_points, setting):
    demands = np.geomspace(1.0, 10.0, 20)
    points = limit_points({"president.demand": demands, **TYPES, **SETTINGS[setting][0]})
    failed = broke_down(points, 20_000, seed=8)
    assert np.count_nonzero(failed[:-1] & ~failed[1:]) == 0
    assert failed[0].mean() <= failed[-1].mean()

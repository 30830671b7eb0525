"""The chain store and the linear precedent: rows H1 to H3."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.theory.monte_carlo import frequency_agrees
from sim.theory.precedent import (
    chain_store_path,
    challenge_probability,
    no_zone_probability,
    precedent_reservation,
    precedent_weight,
    resistance_probability,
)

REPLICATES = 400_000
GAIN, VALUE, PARTNERS = 0.5, 2.0, 4

PRIORS = st.floats(0.0, 0.99)
GAINS = st.floats(0.05, 0.95)
VALUES = st.floats(1.05, 10.0)
PRICES = st.floats(0.5, 2.0)


@pytest.mark.parametrize(
    ("prior", "challenge"),
    [
        (0.1, [0.0, 1.0, 0.833333, 0.972222]),
        (0.3, [0.0, 0.0, 0.0, 1.0]),
        (0.05, [1.0, 0.815789, 0.960526, 0.980263]),
    ],
)
def test_H1_partners_challenge_a_weak_incumbent_as_its_reputation_runs_out(
    prior: float, challenge: list[float]
) -> None:
    path = chain_store_path(prior, PARTNERS, GAIN, VALUE)
    assert path.challenge == pytest.approx(challenge, abs=5e-7)


def test_H1_a_weak_incumbent_resists_early_challenges() -> None:
    path = chain_store_path(0.1, PARTNERS, GAIN, VALUE)
    assert path.fight == pytest.approx([0.0, 1 / 3, 1 / 18, 0.0], abs=1e-12)
    # 7/9 of the weak would resist the first partner, who therefore does not challenge
    assert path.resistance == pytest.approx([7 / 9, 1 / 3, 1 / 9, 0.0], abs=1e-12)


@cache
def played(prior: float, seed: int, replicates: int) -> NDArray[np.int64]:
    """Challenges and fights against weak incumbents, by stage, shape (2, partners).

    Every partner knows the past, and forms the reputation by Bayes' rule from what the weak
    incumbent was going to do; thresholds are compared with a tolerance.
    """
    rng = np.random.default_rng(seed)
    reputation = np.full(replicates, prior)
    seen = np.zeros((2, PARTNERS), dtype=np.int64)
    for stage in range(PARTNERS):
        left = PARTNERS - stage
        margin = reputation - GAIN**left
        challenged = (margin < -1e-9) | (
            (abs(margin) <= 1e-9) & (rng.random(replicates) < 1.0 - 1.0 / VALUE)
        )
        kept = GAIN ** (left - 1)
        mixing = (1.0 - kept) * reputation / ((1.0 - reputation) * kept)
        resists = np.where(reputation > kept - 1e-9, 1.0, mixing) if left > 1 else 0.0 * mixing
        fought = challenged & (rng.random(replicates) < resists)
        seen[:, stage] = challenged.sum(), fought.sum()
        believed = reputation / (reputation + (1.0 - reputation) * np.maximum(resists, 1e-300))
        reputation = np.where(challenged, np.where(fought, believed, 0.0), reputation)
    return seen


@pytest.mark.parametrize("what", ["challenge", "fight"])
@pytest.mark.parametrize("stage", range(PARTNERS))
@pytest.mark.parametrize("prior", [0.05, 0.1, 0.3])
def test_H1_simulated_weak_incumbents_meet_and_fight_as_many_challenges(
    prior: float, stage: int, what: str
) -> None:
    path = chain_store_path(prior, PARTNERS, GAIN, VALUE)
    chance = float(getattr(path, what)[stage])

    def count(seed: int, replicates: int) -> int:
        return int(played(prior, seed, replicates)[["challenge", "fight"].index(what), stage])

    assert frequency_agrees(count, chance, REPLICATES, seed=51)


def weak_value(reputation: float, left: int, gain: float, value: float) -> float:
    """What the weak incumbent expects from the partners left, in equilibrium."""
    if left == 0:
        return 0.0
    challenge = challenge_probability(reputation, left, gain, value)
    resists = resistance_probability(reputation, left, gain)
    quiet = value + weak_value(reputation, left - 1, gain, value)
    fights, gives_in = answers(reputation, left, gain, value)
    challenged = resists * fights + (1.0 - resists) * gives_in
    return challenge * challenged + (1.0 - challenge) * quiet


def answers(reputation: float, left: int, gain: float, value: float) -> tuple[float, float]:
    """What the weak incumbent expects from resisting a challenge and from giving in."""
    resisted = max(reputation, gain ** (left - 1)) if reputation > 0.0 else 0.0
    fights = -1.0 + weak_value(resisted, left - 1, gain, value)
    return fights, weak_value(0.0, left - 1, gain, value)


@pytest.mark.parametrize(("gain", "value"), [(0.5, 2.0), (0.3, 1.2), (0.8, 5.0), (0.7, 1.5)])
@pytest.mark.parametrize("left", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("prior", [0.01, 0.04, 0.1, 0.35, 0.6, 0.9])
def test_H1_nobody_gains_by_departing_from_the_equilibrium(
    prior: float, left: int, gain: float, value: float
) -> None:
    resists = resistance_probability(prior, left, gain)
    fights, gives_in = answers(prior, left, gain, value)
    if resists == 0.0:
        assert gives_in >= fights
    elif resists == 1.0:
        assert fights >= gives_in
    else:
        assert fights == pytest.approx(gives_in, abs=1e-12)
        # resistance that is mixed lifts the reputation to the next threshold, by Bayes' rule
        believed = prior / (prior + (1.0 - prior) * resists)
        assert believed == pytest.approx(gain ** (left - 1), abs=1e-12)
    against = prior + (1.0 - prior) * resists
    challenge = challenge_probability(prior, left, gain, value)
    assert challenge == (1.0 if gain > against else 0.0)


@pytest.mark.parametrize("left", [1, 2, 3, 5])
def test_H1_a_partner_at_the_threshold_is_indifferent(left: int) -> None:
    reputation = GAIN**left
    resists = resistance_probability(reputation, left, GAIN)
    assert reputation + (1.0 - reputation) * resists == pytest.approx(GAIN, abs=1e-12)
    assert challenge_probability(reputation, left, GAIN, VALUE) == 0.5
    assert challenge_probability(reputation + 1e-9, left, GAIN, VALUE) == 0.0
    assert challenge_probability(reputation - 1e-9, left, GAIN, VALUE) == 1.0


def test_H1_an_incumbent_known_to_be_weak_is_always_challenged_and_gives_in() -> None:
    path = chain_store_path(0.0, PARTNERS, GAIN, VALUE)
    assert path.challenge.tolist() == [1.0] * PARTNERS
    assert path.fight.tolist() == [0.0] * PARTNERS


def test_H1_an_incumbent_thought_tough_is_never_challenged_nor_tested() -> None:
    path = chain_store_path(0.6, PARTNERS, GAIN, VALUE)
    assert path.challenge.tolist() == [0.0] * PARTNERS
    assert path.resistance.tolist() == [1.0, 1.0, 1.0, 0.0]


@given(PRIORS, st.integers(1, 10), GAINS, VALUES)
@settings(max_examples=100, deadline=None)
def test_H3_resistance_is_front_loaded_and_the_last_partner_is_unaffected(
    prior: float, partners: int, gain: float, value: float
) -> None:
    path = chain_store_path(prior, partners, gain, value)
    for chances in path:
        assert chances.shape == (partners,)
        assert ((chances >= 0.0) & (chances <= 1.0 + 1e-12)).all()
    assert (path.fight <= np.minimum(path.challenge, path.resistance) + 1e-12).all()
    assert (np.diff(path.resistance) <= 1e-12).all()
    assert path.resistance[-1] == 0.0
    assert path.fight[-1] == 0.0


@given(PRIORS, st.integers(1, 8), GAINS, VALUES)
@settings(max_examples=100, deadline=None)
def test_H3_the_more_partners_follow_the_more_the_first_is_resisted(
    prior: float, partners: int, gain: float, value: float
) -> None:
    fewer = chain_store_path(prior, partners, gain, value)
    more = chain_store_path(prior, partners + 1, gain, value)
    assert more.resistance[0] >= fewer.resistance[0] - 1e-12
    assert more.challenge[0] <= fewer.challenge[0]


@given(
    st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(0.01, 1.0)), min_size=1, max_size=6),
    st.floats(1.0, 2.0),
    st.floats(0.0, 0.5),
)
@settings(max_examples=100, deadline=None)
def test_H3_the_precedent_weighs_most_when_all_partners_are_still_to_come(
    partners: list[tuple[float, float]], reservation: float, above: float
) -> None:
    """Partners of one size and pass-through, so that only their number differs."""
    weights = [
        precedent_weight([partners[0][0]] * left, [partners[0][1]] * left, 0.9)
        for left in range(len(partners), -1, -1)
    ]
    asked = [precedent_reservation(reservation, m, reservation + above) for m in weights]
    assert weights == sorted(weights, reverse=True)
    assert (np.diff(asked) <= 1e-12).all()
    assert weights[-1] == 0.0
    assert asked[-1] == reservation


SIZES, PASS_THROUGH, EXPECTED = [1.9, 1.1, 4.0], [0.3, 0.15, 0.1], 1.5


def test_H2_the_partners_next_in_line_raise_the_reservation_value() -> None:
    weight = precedent_weight(SIZES, PASS_THROUGH, 0.9)
    assert weight == pytest.approx(0.93825, abs=1e-12)
    assert precedent_reservation(1.10, weight, EXPECTED) == pytest.approx(1.293628, abs=5e-7)


@pytest.mark.parametrize(("weight", "chance"), [(0.0, 0.1444), (0.93825, 0.6509)])
def test_H2_the_precedent_empties_the_zone_of_agreement(weight: float, chance: float) -> None:
    found = no_zone_probability(1.10, 0.10, 1.25, 0.10, weight, EXPECTED)
    assert found == pytest.approx(chance, abs=5e-5)

    def count(seed: int, replicates: int) -> int:
        own, seoul = np.random.default_rng(seed).normal(size=(2, replicates))
        raised = (1.10 + 0.10 * own + weight * EXPECTED) / (1.0 + weight)
        return int((raised > 1.25 + 0.10 * seoul).sum())

    assert frequency_agrees(count, found, REPLICATES, seed=52)


@given(PRICES, st.floats(0.0, 5.0), PRICES, st.floats(0.01, 5.0))
@settings(max_examples=100, deadline=None)
def test_H2_the_reservation_value_moves_towards_the_price_the_others_will_pay(
    reservation: float, weight: float, expected: float, more: float
) -> None:
    found = precedent_reservation(reservation, weight, expected)
    low, high = sorted((reservation, expected))
    assert low - 1e-12 <= found <= high + 1e-12
    further = precedent_reservation(reservation, weight + more, expected)
    assert abs(further - expected) <= abs(found - expected) + 1e-12
    # the loss from the price alone and the weighted one from the precedent cancel at the margin
    assert found - reservation == pytest.approx(weight * (expected - found), abs=1e-9)


@given(PRICES, st.floats(0.0, 0.3), PRICES, st.floats(0.01, 0.3), st.floats(0.0, 5.0), PRICES)
@settings(max_examples=100, deadline=None)
def test_H2_the_chance_of_an_empty_zone_turns_on_whose_value_is_higher(
    us: float, us_sd: float, seoul: float, seoul_sd: float, weight: float, expected: float
) -> None:
    found = no_zone_probability(us, us_sd, seoul, seoul_sd, weight, expected)
    assert 0.0 <= found <= 1.0
    asked = precedent_reservation(us, weight, expected)
    assert (found > 0.5) == (asked > seoul) or found == pytest.approx(0.5, abs=1e-9)
    assert no_zone_probability(us, us_sd, seoul + 0.1, seoul_sd, weight, expected) <= found


@given(
    st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 1.0)), max_size=6),
    st.floats(0.0, 1.0),
)
@settings(max_examples=100, deadline=None)
def test_H2_the_weight_is_that_of_the_partners_one_after_the_other(
    partners: list[tuple[float, float]], discount: float
) -> None:
    weight = 0.0
    for size, carried in reversed(partners):
        weight = discount * (size * carried + weight)
    found = precedent_weight([s for s, _ in partners], [c for _, c in partners], discount)
    assert found == pytest.approx(weight, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reputation": 1.1}, r"reputation is 1.1; it must lie in \[0, 1\]"),
        ({"partners_left": 0}, "partners_left is 0; it must be a whole number, at least 1"),
        ({"challenger_gain": 1.0}, r"challenger_gain is 1; it must lie in \(0, 1\)"),
        ({"deterrence_value": 1.0}, r"deterrence_value is 1; it must lie in \(1, inf\)"),
    ],
)
def test_impossible_reputations_are_refused(change: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"reputation": 0.1, "partners_left": 4, "challenger_gain": 0.5}
    with_value: dict[str, Any] = usual | {"deterrence_value": 2.0}
    with pytest.raises(ValueError, match=message):
        challenge_probability(**(with_value | change))
    if "deterrence_value" not in change:
        with pytest.raises(ValueError, match=message):
            resistance_probability(**(usual | change))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, 4, 0.5, 2.0), r"prior is 1; it must lie in \[0, 1\)"),
        ((0.1, 0, 0.5, 2.0), "partners is 0; it must be a whole number, at least 1"),
        ((0.1, 4, 0.0, 2.0), r"challenger_gain is 0; it must lie in \(0, 1\)"),
        ((0.1, 4, 0.5, math.inf), r"deterrence_value is inf; it must lie in \(1, inf\)"),
    ],
)
def test_impossible_chain_stores_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        chain_store_path(*arguments)


@pytest.mark.parametrize(
    ("sizes", "pass_through", "discount", "message"),
    [
        ([-1.0], [0.1], 0.9, r"sizes is -1; it must lie in \[0, inf\)"),
        ([1.0], [1.1], 0.9, r"pass_through is 1.1; it must lie in \[0, 1\]"),
        ([1.0], [0.1], 1.9, r"discount_factor is 1.9; it must lie in \[0, 1\]"),
        ([1.0, 2.0], [0.1], 0.9, r"have shapes \(2,\) and \(1,\); they must be equal lists"),
        ([[1.0]], [[0.1]], 0.9, r"have shapes \(1, 1\) and \(1, 1\); they must be equal lists"),
    ],
)
def test_impossible_partners_are_refused(
    sizes: Any, pass_through: Any, discount: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        precedent_weight(sizes, pass_through, discount)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"us_mean": math.nan}, r"reservation is nan; it must lie in \(-inf, inf\)"),
        ({"us_sd": -0.1}, r"us_sd is -0.1; it must lie in \[0, inf\)"),
        ({"seoul_mean": math.inf}, r"seoul_mean is inf; it must lie in \(-inf, inf\)"),
        ({"seoul_sd": 0.0}, r"seoul_sd is 0; it must lie in \(0, inf\)"),
        ({"weight": -1.0}, r"weight is -1; it must lie in \[0, inf\)"),
        ({"expected_price": math.inf}, r"expected_price is inf; it must lie in \(-inf, inf\)"),
    ],
)
def test_impossible_precedents_are_refused(change: dict[str, float], message: str) -> None:
    usual = {"us_mean": 1.1, "us_sd": 0.1, "seoul_mean": 1.25, "seoul_sd": 0.1}
    with pytest.raises(ValueError, match=message):
        no_zone_probability(**(usual | change))


def test_precedents_of_infinite_weight_are_refused() -> None:
    with pytest.raises(ValueError, match=r"weight is inf; it must lie in \[0, inf\)"):
        precedent_reservation(1.1, math.inf, 1.5)

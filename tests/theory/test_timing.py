"""Competing risks, the deadline and the election: rows F3, F5 and F6."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad, solve_ivp
from scipy.optimize import root_scalar

from sim.theory.concession import session_agreement
from sim.theory.monte_carlo import frequency_agrees
from sim.theory.timing import (
    DeadlineConcession,
    competing_risks,
    concession_time,
    deadline_concession,
    deal_probability,
    turnover_threshold,
    walk_out_probability,
)

REPLICATES = 400_000
HAZARDS = (0.08, 0.03, 0.12)
LOWEST, RATE, DEADLINE = -0.5, 0.1, 5.0

PROBABILITIES = st.floats(0.0, 1.0)
DEPTHS = st.floats(0.02, 20.0)
SCALED_DEADLINES = st.floats(0.01, 10.0)


def test_F3_competing_risks_share_the_endings_by_their_hazards() -> None:
    endings, lapse = competing_risks(HAZARDS, 9)
    assert endings == pytest.approx([0.314730, 0.118024, 0.472095], abs=5e-7)
    assert lapse == pytest.approx(0.095152, abs=5e-7)
    total = sum(HAZARDS)
    assert endings == pytest.approx([h / total * (1.0 - (1.0 - total) ** 9) for h in HAZARDS])


def endings_drawn(seed: int, replicates: int) -> NDArray[np.int64]:
    """The risk that ends each negotiation first, or the number of risks if none does."""
    rng = np.random.default_rng(seed)
    ending = np.full(replicates, len(HAZARDS))
    for _ in range(9):
        risk = np.searchsorted(np.cumsum(HAZARDS), rng.random(replicates), side="right")
        ending = np.where(ending == len(HAZARDS), risk, ending)
    return ending


@pytest.mark.parametrize("ending", range(4))
def test_F3_simulated_talks_end_as_the_competing_risks_say(ending: int) -> None:
    endings, lapse = competing_risks(HAZARDS, 9)

    def count(seed: int, replicates: int) -> int:
        return int((endings_drawn(seed, replicates) == ending).sum())

    assert frequency_agrees(count, [*endings.tolist(), lapse][ending], REPLICATES, seed=31)


@given(st.lists(st.floats(0.0, 0.2), min_size=1, max_size=5), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_F3_talks_end_one_way_or_lapse(hazards: list[float], rounds: int) -> None:
    endings, lapse = competing_risks(hazards, rounds)
    assert endings.sum() + lapse == pytest.approx(1.0, abs=1e-12)
    assert (endings >= 0.0).all()
    longer = competing_risks(hazards, rounds + 1)
    assert (longer[0] >= endings - 1e-12).all()
    assert longer[1] <= lapse + 1e-12


def test_F3_without_a_hazard_all_talks_lapse() -> None:
    endings, lapse = competing_risks([0.0, 0.0], 9)
    assert endings.tolist() == [0.0, 0.0]
    assert lapse == 1.0


@pytest.mark.parametrize(("resumption", "expected"), [(0.0, 0.422049), (0.9, 0.051950)])
def test_F3_walk_outs_end_the_talks_when_they_do_not_resume(
    resumption: float, expected: float
) -> None:
    found = walk_out_probability(0.03, 2, 9, resumption)
    assert found == pytest.approx(expected, abs=5e-7)

    def count(seed: int, replicates: int) -> int:
        rng = np.random.default_rng(seed)
        ended = np.zeros(replicates, dtype=bool)
        for _ in range(9):
            someone_leaves = (rng.random((2, replicates)) < 0.03).any(axis=0)
            ended |= someone_leaves & (rng.random(replicates) >= resumption)
        return int(ended.sum())

    assert frequency_agrees(count, found, REPLICATES, seed=32)


@given(PROBABILITIES, st.integers(1, 4), st.integers(0, 30), PROBABILITIES)
@settings(max_examples=100, deadline=None)
def test_F3_walk_outs_grow_with_exposure_and_shrink_with_resumption(
    hazard: float, sides: int, rounds: int, resumption: float
) -> None:
    found = walk_out_probability(hazard, sides, rounds, resumption)
    assert 0.0 <= found <= 1.0
    assert walk_out_probability(hazard, sides, rounds + 1, resumption) >= found - 1e-15
    assert walk_out_probability(hazard, sides + 1, rounds, resumption) >= found - 1e-15
    assert walk_out_probability(hazard, sides, rounds, 1.0) == 0.0


@cache
def agreement_rounds() -> tuple[int | None, ...]:
    """When talks with drawn reservation values would agree, if nobody walked out."""
    rng = np.random.default_rng(33)
    us = rng.normal(1.10, 0.10, 1500).tolist()
    seoul = rng.normal(1.25, 0.10, 1500).tolist()
    found = (
        session_agreement(3.0, r_us, 0.7, max(r_seoul, 0.7), 10, 1.0, 2.0)
        for r_us, r_seoul in zip(us, seoul, strict=True)
    )
    return tuple(None if deal is None else deal[0] for deal in found)


@pytest.mark.parametrize("first_round_at_risk", [0, 1])
def test_F3_deals_are_the_talks_that_outlive_their_delay(first_round_at_risk: int) -> None:
    cases = agreement_rounds()
    assert 0 < cases.count(None) < len(cases)
    found = deal_probability(cases, 0.03, first_round_at_risk)
    never = len(cases)
    due = np.array([never if case is None else case for case in cases])

    def count(seed: int, replicates: int) -> int:
        rng = np.random.default_rng(seed)
        agreed_in = due[rng.integers(len(cases), size=replicates)]
        alive = np.ones(replicates, dtype=bool)
        deals = 0
        for round_index in range(10):
            if round_index >= first_round_at_risk:
                alive &= ~(rng.random((2, replicates)) < 0.03).any(axis=0)
            deals += int((alive & (agreed_in == round_index)).sum())
        return deals

    assert frequency_agrees(count, found, REPLICATES, seed=34)


def test_F3_without_walk_outs_every_zone_of_agreement_brings_a_deal() -> None:
    assert deal_probability([3, None, 0, 9], 0.0) == 0.75
    assert deal_probability([3, None, 0, 9], 1.0) == 0.0
    assert deal_probability([3], 0.1) == pytest.approx(0.9**8)
    assert deal_probability([3], 0.1, first_round_at_risk=1) == pytest.approx(0.9**6)


@given(
    st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=8),
    st.floats(0.0, 0.5),
    st.floats(0.0, 0.5),
)
@settings(max_examples=100, deadline=None)
def test_F3_more_walk_outs_never_bring_more_deals(
    cases: list[int | None], hazard: float, more: float
) -> None:
    found = deal_probability(cases, hazard)
    assert 0.0 <= deal_probability(cases, hazard + more) <= found + 1e-15
    later = [None if case is None else case + 1 for case in cases]
    assert deal_probability(later, hazard) <= found + 1e-15


@cache
def row_f5() -> DeadlineConcession:
    return deadline_concession(LOWEST, RATE, DEADLINE)


def test_F5_deals_gather_at_the_deadline_after_a_quiet_period() -> None:
    found = row_f5()
    assert found.last_early_type == pytest.approx(0.392844, abs=5e-7)
    assert found.last_conceding_type == pytest.approx(0.154233, abs=5e-7)
    assert found.quiet_period == pytest.approx(1.877410, abs=5e-7)
    outcomes = (found.before_deadline, found.at_deadline, found.never)
    assert outcomes == pytest.approx((0.645702, 0.164067, 0.190232), abs=5e-7)


def test_F5_agrees_with_the_differential_equation_and_numerical_indifference() -> None:
    """The same numbers, without the closed forms: integrate (1), solve (2) and (3) by root search.

    The time at which a type concedes is integrated in the type, where it starts regularly.
    """
    path = solve_ivp(
        lambda x, _: -(1.0 - x) / (RATE * x * (x - LOWEST)),
        (1.0, 0.05),
        [0.0],
        rtol=1e-11,
        atol=1e-12,
        dense_output=True,
    )

    def at_deadline(x: float, top: float, cut: float, concede: bool) -> float:
        """What a type expects at the deadline, by an explicit mean over the other's type."""
        tie = 0.5 * (1.0 + x) if concede else 1.0
        alone = x if concede else 0.0
        against_conceding = quad(lambda _: tie, cut, top)[0]
        against_firm = quad(lambda _: alone, LOWEST, cut)[0]
        return (against_conceding + against_firm) / (top - LOWEST)

    def cut_type(top: float) -> float:
        def advantage(x: float) -> float:
            return at_deadline(x, top, x, True) - at_deadline(x, top, x, False)

        return root_scalar(advantage, bracket=(0.0, top), xtol=1e-13).root

    def regret(top: float) -> float:
        waits = DEADLINE - float(path.sol(top)[0])
        return math.exp(-RATE * waits) * at_deadline(top, top, cut_type(top), True) - top

    top = root_scalar(regret, bracket=(0.2, 0.9), xtol=1e-12).root
    found = row_f5()
    assert found.last_early_type == pytest.approx(top, abs=1e-8)
    assert found.last_conceding_type == pytest.approx(cut_type(top), abs=1e-8)
    assert found.quiet_period == pytest.approx(DEADLINE - float(path.sol(top)[0]), abs=1e-7)


def plan_values(own: float, game: DeadlineConcession) -> tuple[NDArray[np.float64], float, float]:
    """What a type expects from conceding at each of many dates, at the deadline, and never.

    Against the equilibrium; the dates are those at which other types concede, then quiet ones.
    """
    spread = 1.0 - LOWEST
    types = np.linspace(1.0, game.last_early_type, 400)
    dates = np.array([concession_time(x, LOWEST, RATE) for x in types])
    won_rate = np.exp(-RATE * dates)
    won = np.concatenate([[0.0], np.cumsum(0.5 * (won_rate[1:] + won_rate[:-1]) * -np.diff(types))])
    quiet_dates = np.linspace(dates[-1], DEADLINE, 102)[1:-1]
    all_dates = np.concatenate([dates, quiet_dates])
    left = np.concatenate([types, np.full(100, game.last_early_type)]) - LOWEST
    won = np.concatenate([won, np.full(100, won[-1])])
    early = (won + np.exp(-RATE * all_dates) * own * left) / spread
    conceding = game.last_early_type - game.last_conceding_type
    firm = game.last_conceding_type - LOWEST
    discount = math.exp(-RATE * DEADLINE)
    late = won[-1] + discount * (conceding * 0.5 * (1.0 + own) + firm * own)
    never = won[-1] + discount * conceding
    return early, late / spread, never / spread


@pytest.mark.parametrize("own", [0.98, 0.8, 0.6, 0.45])
def test_F5_a_yielding_type_does_best_at_its_own_date(own: float) -> None:
    early, late, never = plan_values(own, row_f5())
    types = np.linspace(1.0, row_f5().last_early_type, 400)
    best = int(early.argmax())
    assert best < 400
    assert types[best] == pytest.approx(own, abs=5e-3)
    assert early[best] > max(late, never)


@pytest.mark.parametrize("own", [0.38, 0.3, 0.2, 0.16])
def test_F5_a_firmer_type_does_best_at_the_deadline(own: float) -> None:
    early, late, never = plan_values(own, row_f5())
    assert late > early.max()
    assert late > never


@pytest.mark.parametrize("own", [0.15, 0.05, 0.0, -0.2, -0.5])
def test_F5_the_firmest_types_do_best_by_never_conceding(own: float) -> None:
    early, late, never = plan_values(own, row_f5())
    assert never > early.max()
    assert never > late


def test_F5_the_two_marginal_types_are_indifferent() -> None:
    game = row_f5()
    early, late, never = plan_values(game.last_early_type, game)
    assert early[399] == pytest.approx(late, abs=1e-12)
    # between the two dates at which he is indifferent the last early type only loses
    assert (early[400:] < late - 1e-6).all()
    early, late, never = plan_values(game.last_conceding_type, game)
    assert late == pytest.approx(never, abs=1e-12)


@pytest.mark.parametrize("ending", ["before_deadline", "at_deadline", "never"])
def test_F5_simulated_sides_concede_before_at_or_never_by_the_deadline(ending: str) -> None:
    game = row_f5()
    early_types = np.linspace(game.last_early_type, 1.0, 500)
    early_dates = [concession_time(x, LOWEST, RATE) for x in early_types.tolist()]

    def count(seed: int, replicates: int) -> int:
        types = np.random.default_rng(seed).uniform(LOWEST, 1.0, (2, replicates))
        dates = np.where(types >= game.last_conceding_type, DEADLINE, np.inf)
        early = types > game.last_early_type
        dates[early] = np.interp(types[early], early_types, early_dates)
        first = dates.min(axis=0)
        happened = {
            "before_deadline": first < DEADLINE,
            "at_deadline": first == DEADLINE,
            "never": first == np.inf,
        }
        return int(happened[ending].sum())

    assert frequency_agrees(count, getattr(game, ending), REPLICATES, seed=35)


@given(DEPTHS, SCALED_DEADLINES)
@settings(max_examples=100, deadline=None)
def test_F5_the_quiet_period_fits_into_the_time_there_is(depth: float, deadline: float) -> None:
    found = deadline_concession(-depth, 1.0, deadline)
    assert 0.0 < found.last_conceding_type < found.last_early_type < 1.0
    assert 0.0 < found.quiet_period <= deadline
    assert found.before_deadline + found.at_deadline + found.never == pytest.approx(1.0)
    last_early = concession_time(found.last_early_type, -depth, 1.0)
    assert last_early + found.quiet_period == pytest.approx(deadline, abs=1e-9)
    # a negative type never concedes
    assert found.never >= (depth / (1.0 + depth)) ** 2 - 1e-12


@given(DEPTHS, SCALED_DEADLINES, st.floats(1.05, 3.0))
@settings(max_examples=100, deadline=None)
def test_F5_more_time_brings_more_early_deals_and_a_longer_quiet(
    depth: float, deadline: float, longer: float
) -> None:
    short = deadline_concession(-depth, 1.0, deadline)
    long = deadline_concession(-depth, 1.0, deadline * longer)
    assert long.last_early_type < short.last_early_type
    assert long.before_deadline >= short.before_deadline
    assert long.quiet_period >= short.quiet_period - 1e-12
    assert long.never <= short.never


@given(DEPTHS, SCALED_DEADLINES, st.floats(0.05, 5.0))
@settings(max_examples=100, deadline=None)
def test_F5_only_the_product_of_rate_and_deadline_counts(
    depth: float, deadline: float, rate: float
) -> None:
    unit = deadline_concession(-depth, 1.0, deadline)
    scaled = deadline_concession(-depth, rate, deadline / rate)
    assert scaled.last_early_type == pytest.approx(unit.last_early_type, abs=1e-9)
    assert scaled.quiet_period * rate == pytest.approx(unit.quiet_period, abs=1e-9)


def test_F5_a_deadline_at_hand_leaves_all_concessions_to_the_last_moment() -> None:
    found = deadline_concession(LOWEST, RATE, 1e-6)
    assert found.before_deadline < 1e-6
    assert found.at_deadline > 0.5


def test_F5_a_distant_deadline_leaves_only_those_who_never_concede() -> None:
    found = deadline_concession(LOWEST, RATE, 1000.0)
    assert found.at_deadline < 1e-9
    assert found.never == pytest.approx((0.5 / 1.5) ** 2)
    assert found.quiet_period == pytest.approx(math.log(1.5) / RATE)


def test_F6_the_option_of_a_new_counterpart_lowers_what_seoul_accepts() -> None:
    assert turnover_threshold(1.25, 1.14, 0.5, 0.98, 3) == pytest.approx(1.198234, abs=5e-7)
    assert turnover_threshold(1.25, 1.14, 0.5, 0.98, 3) == pytest.approx(
        1.25 - 0.5 * 0.98**3 * 0.11, abs=1e-12
    )


@given(
    st.floats(0.5, 2.0),
    st.floats(0.5, 2.0),
    PROBABILITIES,
    st.floats(0.01, 1.0),
    st.integers(0, 20),
)
@settings(max_examples=100, deadline=None)
def test_F6_seoul_is_indifferent_at_the_threshold_and_softens_as_the_election_recedes(
    reservation: float, successor: float, turnover: float, discount: float, rounds: int
) -> None:
    found = turnover_threshold(reservation, successor, turnover, discount, rounds)
    waiting = turnover * discount**rounds * max(0.0, reservation - successor)
    assert reservation - found == pytest.approx(waiting, abs=1e-12)
    assert min(reservation, successor) - 1e-12 <= found <= reservation
    assert turnover_threshold(reservation, successor, turnover, discount, rounds + 1) >= found
    assert turnover_threshold(reservation, successor, 0.0, discount, rounds) == reservation


def test_F6_an_election_moves_deals_from_before_to_after_it() -> None:
    """Reservation values drawn; one offer before the election, the successor's price after it."""
    rng = np.random.default_rng(36)
    reservations = rng.normal(1.25, 0.08, 2000).tolist()
    replaced = rng.random(2000) < 0.5

    def deals(turnover: float) -> tuple[int, int]:
        before = np.array(
            [turnover_threshold(r, 1.14, turnover, 0.98, 3) >= 1.18 for r in reservations]
        )
        after = ~before & replaced & (np.array(reservations) >= 1.14)
        return int(before.sum()), int(after.sum())

    without, with_option = deals(0.0), deals(0.5)
    assert with_option[0] < without[0]
    assert with_option[1] > without[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, -0.2], 3), r"hazards is -0.2; it must lie in \[0, 1\]"),
        (([0.6, 0.7], 3), r"sum of hazards is 1.3; it must lie in \[0, 1\]"),
        (([0.1], -1), "rounds is -1; it must be a whole number, at least 0"),
    ],
)
def test_impossible_risks_are_refused(arguments: tuple[Any, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        competing_risks(*arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hazard": 1.1}, r"hazard is 1.1; it must lie in \[0, 1\]"),
        ({"sides": 0}, "sides is 0; it must be a whole number, at least 1"),
        ({"rounds": 1.5}, "rounds is 1.5; it must be a whole number, at least 0"),
        ({"resumption": -0.5}, r"resumption is -0.5; it must lie in \[0, 1\]"),
    ],
)
def test_impossible_walk_outs_are_refused(change: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"hazard": 0.03, "sides": 2, "rounds": 9, "resumption": 0.9}
    with pytest.raises(ValueError, match=message):
        walk_out_probability(**(usual | change))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 0.1, 0), r"agreement_rounds is \[\]; it must hold at least one case"),
        (([2, -1], 0.1, 0), "agreement_rounds is -1; it must be a whole number, at least 0"),
        (([2], 1.5, 0), r"hazard is 1.5; it must lie in \[0, 1\]"),
        (([2], 0.1, -2), "first_round_at_risk is -2; it must be a whole number, at least 0"),
    ],
)
def test_impossible_delays_are_refused(arguments: tuple[Any, float, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        deal_probability(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, -0.5, 0.1), r"concession_type is 0; it must lie in \(0, 1\]"),
        ((0.5, 0.0, 0.1), r"lowest_type is 0; it must lie in \(-inf, 0\)"),
        ((0.5, -0.5, 0.0), r"discount_rate is 0; it must lie in \(0, inf\)"),
    ],
)
def test_types_outside_the_concession_game_are_refused(
    arguments: tuple[float, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        concession_time(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.1, 0.1, 5.0), r"lowest_type is 0.1; it must lie in \(-inf, 0\)"),
        ((-0.5, -0.1, 5.0), r"discount_rate is -0.1; it must lie in \(0, inf\)"),
        ((-0.5, 0.1, 0.0), r"deadline is 0; it must lie in \(0, 13947.04163\]"),
        ((-0.5, 0.1, 14_000.0), r"deadline is 14000; it must lie in \(0, 13947.04163\]"),
    ],
)
def test_concession_games_without_a_proper_deadline_are_refused(
    arguments: tuple[float, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        deadline_concession(*arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reservation": math.inf}, r"reservation is inf; it must lie in \(-inf, inf\)"),
        ({"successor_price": math.nan}, r"successor_price is nan; it must lie in \(-inf, inf\)"),
        ({"turnover_probability": 1.2}, r"turnover_probability is 1.2; it must lie in \[0, 1\]"),
        ({"discount_factor": -0.1}, r"discount_factor is -0.1; it must lie in \[0, 1\]"),
        ({"rounds_to_election": -1}, "rounds_to_election is -1; it must be a whole number"),
    ],
)
def test_impossible_elections_are_refused(change: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {
        "reservation": 1.25,
        "successor_price": 1.14,
        "turnover_probability": 0.5,
        "discount_factor": 0.98,
        "rounds_to_election": 3,
    }
    with pytest.raises(ValueError, match=message):
        turnover_threshold(**(usual | change))

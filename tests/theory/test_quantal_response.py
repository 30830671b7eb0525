"""Logit choice, its grids, its equilibria and its trees: rows G1 to G5."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import root
from scipy.special import expit, logsumexp

from sim.theory.monte_carlo import frequency_agrees
from sim.theory.quantal_response import (
    Decision,
    expected_payoffs,
    logit_choice,
    logit_mean,
    path_probabilities,
    quantal_responses,
    ultimatum_rejection,
)

REPLICATES = 200_000

# the row side wins 9 or 1 where the two match, the column side 1 where they do not
PENNIES = ([[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
# stand firm or yield: both firm -1, firm against yielding 1, yielding 0, both yield 1/2
FIRM = [[-1.0, 1.0], [0.0, 0.5]]
CHICKEN = (FIRM, np.transpose(FIRM).tolist())

PAYOFFS = st.floats(-5.0, 5.0).map(lambda x: round(x, 3))
GAMES = st.lists(PAYOFFS, min_size=4, max_size=4).map(lambda x: [x[:2], x[2:]])
PRECISIONS = st.floats(0.0, 40.0)


# --- G1, G2: one chooser


@pytest.mark.parametrize(
    ("precision", "chances"),
    [
        (0.0, [1 / 3, 1 / 3, 1 / 3]),
        (1.0, [0.361016, 0.343409, 0.295575]),
        (10.0, [0.574097, 0.348207, 0.077696]),
        (math.inf, [1.0, 0.0, 0.0]),
    ],
)
def test_G1_precision_moves_choice_from_chance_to_the_best_option(
    precision: float, chances: list[float]
) -> None:
    assert logit_choice([0.30, 0.25, 0.10], precision) == pytest.approx(chances, abs=5e-7)


def test_G1_a_precise_chooser_takes_the_best_option_almost_surely() -> None:
    assert logit_choice([0.30, 0.25, 0.10], 100.0)[0] == pytest.approx(0.993307, abs=5e-7)


def test_G1_a_perfect_chooser_is_indifferent_among_equally_good_options() -> None:
    assert logit_choice([0.2, 0.3, 0.3], math.inf).tolist() == [0.0, 0.5, 0.5]


@pytest.mark.parametrize("option", range(3))
def test_G1_the_best_of_utilities_with_extreme_value_errors_is_a_logit_choice(option: int) -> None:
    utilities = np.array([0.30, 0.25, 0.10])

    def count(seed: int, replicates: int) -> int:
        errors = np.random.default_rng(seed).gumbel(size=(replicates, 3))
        return int(((10.0 * utilities + errors).argmax(axis=1) == option).sum())

    chance = float(logit_choice(utilities, 10.0)[option])
    assert frequency_agrees(count, chance, REPLICATES, seed=41)


@given(st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=8), st.floats(0.0, 200.0))
@settings(max_examples=100, deadline=None)
def test_G1_better_options_are_likelier_and_a_common_gain_changes_nothing(
    utilities: list[float], precision: float
) -> None:
    chances = logit_choice(utilities, precision)
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(chances[np.argsort(utilities)]) >= 0.0).all()
    shifted = logit_choice(np.add(utilities, 3.0), precision)
    assert shifted == pytest.approx(chances, abs=1e-9)
    scores = precision * np.array(utilities)
    assert chances == pytest.approx(np.exp(scores - logsumexp(scores)), abs=1e-9)


@given(
    st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=6),
    st.floats(0.0, 20.0),
    st.floats(0.1, 20.0),
)
@settings(max_examples=100, deadline=None)
def test_G1_a_preciser_chooser_expects_more(
    utilities: list[float], precision: float, more: float
) -> None:
    vague = logit_choice(utilities, precision) @ np.array(utilities)
    precise = logit_choice(utilities, precision + more) @ np.array(utilities)
    assert precise >= vague - 1e-12


def hump(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return share * (1.0 - share)


def square(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return share * share


@pytest.mark.parametrize(
    ("options", "mean"),
    [(None, 0.274574), (5, 0.274740), (11, 0.274615), (21, 0.274586), (101, 0.274575)],
)
def test_G2_a_grid_of_options_moves_the_mean(options: int | None, mean: float) -> None:
    assert logit_mean(square, hump, 20.0, options) == pytest.approx(mean, abs=1e-6)


def test_G2_the_continuum_is_the_integral_and_the_limit_of_fine_grids() -> None:
    def moment(power: int) -> float:
        return quad(lambda x: x**power * math.exp(20.0 * (x * (1.0 - x) - 0.25)), 0.0, 1.0)[0]

    continuum = logit_mean(square, hump, 20.0)
    assert continuum == pytest.approx(moment(2) / moment(0), abs=1e-12)
    assert logit_mean(square, hump, 20.0, 100_000) == pytest.approx(continuum, abs=1e-9)
    errors = [abs(logit_mean(square, hump, 20.0, k) - continuum) for k in (5, 11, 21, 101)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("options", [None, 4])
def test_G2_chance_picks_every_share_alike(options: int | None) -> None:
    assert logit_mean(lambda x: x, hump, 0.0, options) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("precision", [0.0, 5.0, 1e4])
def test_G2_painting_half_the_buses_blue_moves_a_half_to_a_third(precision: float) -> None:
    assert logit_choice([0.4, 0.4], precision)[0] == pytest.approx(1 / 2, abs=1e-12)
    assert logit_choice([0.4, 0.4, 0.4], precision)[0] == pytest.approx(1 / 3, abs=1e-12)


# --- G3: 2x2 games


def best_replies(
    game: tuple[Any, Any], precision: float, point: tuple[float, float]
) -> tuple[float, float]:
    """The logit replies of both sides to each other's mixture, from the payoffs as they stand."""
    row, column = np.asarray(game[0]), np.asarray(game[1])
    p, q = point
    own = logit_choice(row @ [q, 1.0 - q], precision)[0]
    other = logit_choice([p, 1.0 - p] @ column, precision)[0]
    return float(own), float(other)


@pytest.mark.parametrize(
    ("precision", "up", "left"),
    [
        (0.5, 0.830671, 0.418077),
        (1.0, 0.893576, 0.312780),
        (3.0, 0.795384, 0.145256),
        (10.0, 0.607481, 0.104367),
    ],
)
def test_G3_matching_pennies_has_one_equilibrium_where_replies_meet(
    precision: float, up: float, left: float
) -> None:
    (found,) = quantal_responses(*PENNIES, precision)
    assert found == pytest.approx((up, left), abs=5e-7)
    assert best_replies(PENNIES, precision, found) == pytest.approx(found, abs=1e-8)
    # a second way: both replies at once, by Newton's method from the printed numbers
    again = root(
        lambda z: np.subtract(best_replies(PENNIES, precision, (z[0], z[1])), z),
        (up, left),
        tol=1e-13,
    )
    assert found == pytest.approx(tuple(again.x), abs=1e-8)


def test_G3_the_favoured_action_is_overplayed_and_not_monotone_in_precision() -> None:
    ups = [quantal_responses(*PENNIES, precision)[0][0] for precision in (0.0, 0.5, 1.0, 3.0, 10.0)]
    assert ups[0] == pytest.approx(0.5, abs=1e-12)
    assert ups[0] < ups[1] < ups[2] > ups[3] > ups[4] > 0.5


def test_G3_perfect_matching_pennies_approaches_the_mixed_equilibrium() -> None:
    (found,) = quantal_responses(*PENNIES, 20_000.0)
    assert found == pytest.approx((0.5, 0.1), abs=1e-3)


def both_alike(precision: float) -> tuple[float, float]:
    """The equilibrium of chicken in which the two sides are equally firm."""
    points = quantal_responses(*CHICKEN, precision)
    return min(points, key=lambda point: abs(point[0] - point[1]))


@pytest.mark.parametrize(
    ("precision", "collision"),
    [(0.5, 0.224396), (1.0, 0.206694), (2.0, 0.183912), (5.0, 0.153591), (20.0, 0.124935)],
)
def test_G3_chicken_ends_in_collision_when_both_are_equally_firm(
    precision: float, collision: float
) -> None:
    found = both_alike(precision)
    assert found[0] == pytest.approx(found[1], abs=1e-8)
    assert found[0] * found[1] == pytest.approx(collision, abs=5e-7)
    assert best_replies(CHICKEN, precision, found) == pytest.approx(found, abs=1e-8)


def test_G3_perfect_chicken_collides_once_in_nine() -> None:
    found = both_alike(2000.0)
    assert found[0] * found[1] == pytest.approx(1 / 9, abs=5e-4)


@pytest.mark.parametrize(("precision", "count"), [(0.0, 1), (2.0, 1), (5.0, 3), (20.0, 3)])
def test_G3_precise_chicken_also_has_equilibria_in_which_one_side_yields(
    precision: float, count: int
) -> None:
    found = quantal_responses(*CHICKEN, precision)
    assert len(found) == count
    assert found[0] == pytest.approx(found[-1][::-1], abs=1e-9)
    if count == 3:
        assert found[0][0] < 0.2 < 0.8 < found[0][1]


@pytest.mark.parametrize("precision", [20.0, 1e3, 1e6])
def test_G3_precise_chicken_approaches_its_three_nash_equilibria(precision: float) -> None:
    found = quantal_responses(*CHICKEN, precision)
    assert np.array(found) == pytest.approx(
        np.array([(0.0, 1.0), (1 / 3, 1 / 3), (1.0, 0.0)]), abs=2.0 / precision
    )


@given(GAMES, GAMES, PRECISIONS)
@settings(max_examples=200, deadline=None)
def test_G3_every_equilibrium_is_found_and_is_one(row: Any, column: Any, precision: float) -> None:
    found = quantal_responses(row, column, precision)
    assert 1 <= len(found) <= 3
    assert found == sorted(found)
    (a, b), (c, d) = (
        (game[0, 0] - game[1, 0] - game[0, 1] + game[1, 1], game[0, 1] - game[1, 1])
        for game in (np.array(row), np.array(column).T)
    )
    log_odds = np.linspace(-1.0, 1.0, 8_001) * (precision * max(abs(a + b), abs(b)) + 1.0)

    def excess(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return precision * (a * expit(precision * (c * expit(x) + d)) + b) - x

    signs = np.sign(excess(log_odds))
    crossings = int((signs[1:] * signs[:-1] < 0).sum() + (signs == 0).sum())
    # a coarse look may miss a pair of close equilibria, never find more than there are
    assert crossings <= len(found)
    for p, q in found:
        assert q == pytest.approx(float(expit(precision * (c * p + d))), abs=1e-12)
        # the reply may be steep: the root lies within rounding of the point that is returned
        around = [
            float(expit(precision * (a * expit(precision * (c * x + d)) + b))) - x
            for x in (p - 1e-12, p, p + 1e-12)
        ]
        assert min(around) <= 0.0 <= max(around) or abs(around[1]) < 1e-9


@given(GAMES, GAMES, PRECISIONS)
@settings(max_examples=100, deadline=None)
def test_G3_only_payoff_differences_and_their_product_with_precision_count(
    row: Any, column: Any, precision: float
) -> None:
    found = quantal_responses(row, column, precision)
    rescaled = quantal_responses(
        2.0 * np.array(row) + [1.0, -2.0], 2.0 * np.array(column) + 0.5, precision / 2.0
    )
    if len(found) == len(rescaled) == 1:
        assert rescaled[0] == pytest.approx(found[0], abs=1e-6)
    assert quantal_responses(row, column, 0.0) == [(0.5, 0.5)]


# --- G4, G5: trees


def crisis(loss_from_accepting: float = 0.6) -> Decision:
    """The crisis game of row G5; payoffs (US, Seoul)."""
    last = Decision(0, {"walk out": (-0.5, -0.8), "back down": (-0.2, 0.2)})
    answer = Decision(1, {"accept": (1.0, -loss_from_accepting), "resist": last})
    return Decision(0, {"status quo": (0.0, 0.0), "demand": answer})


SQ = ("status quo",)
ACCEPT = ("demand", "accept")
WALK_OUT = ("demand", "resist", "walk out")
BACK_DOWN = ("demand", "resist", "back down")


@pytest.mark.parametrize(
    ("precision", "rejection"),
    [
        (0.0, 0.5),
        (2.0, 0.317141),
        (5.0, 0.215077),
        (10.0, 0.129812),
        (20.0, 0.060270),
        (50.0, 0.026022),
        (200.0, 0.000045),
    ],
)
def test_G4_preciser_ultimatums_are_refused_less_often(precision: float, rejection: float) -> None:
    found = ultimatum_rejection(precision)
    assert found == pytest.approx(rejection, abs=5.5e-7)
    offers = np.linspace(0.0, 1.0, 21)
    accepted = expit(precision * offers)
    offered = logit_choice((1.0 - offers) * accepted, precision)
    assert found == pytest.approx(float(offered @ (1.0 - accepted)), abs=1e-12)


@pytest.mark.parametrize("precision", [2.0, 10.0, 50.0])
def test_G4_erring_sides_refuse_as_often_as_the_equilibrium_says(precision: float) -> None:
    offers = np.linspace(0.0, 1.0, 21)
    worth = precision * (1.0 - offers) / (1.0 + np.exp(-precision * offers))

    def count(seed: int, replicates: int) -> int:
        rng = np.random.default_rng(seed)
        offer = offers[(worth + rng.gumbel(size=(replicates, 21))).argmax(axis=1)]
        accept, reject = rng.gumbel(size=(2, replicates))
        return int((reject > precision * offer + accept).sum())

    assert frequency_agrees(count, ultimatum_rejection(precision), REPLICATES // 2, seed=42)


def test_G4_perfect_sides_agree_on_the_smallest_offer_that_beats_refusal() -> None:
    assert ultimatum_rejection(math.inf) == 0.0


@given(st.floats(0.0, 100.0), st.integers(2, 40))
@settings(max_examples=100, deadline=None)
def test_G4_an_ultimatum_is_never_refused_more_often_than_by_chance(
    precision: float, offers: int
) -> None:
    assert 0.0 <= ultimatum_rejection(precision, offers) <= 0.5 + 1e-12


def test_G5_everybody_errs_in_the_crisis_and_expects_the_others_to() -> None:
    found = path_probabilities(crisis(), 1.0)
    assert found[SQ] == pytest.approx(0.446873, abs=5e-7)
    assert found[ACCEPT] == pytest.approx(0.225382, abs=5e-7)
    assert found[WALK_OUT] == pytest.approx(0.139475, abs=5e-7)
    assert found[BACK_DOWN] == pytest.approx(0.188271, abs=5e-7)


def test_G5_walk_outs_are_not_monotone_in_what_seoul_loses_by_accepting() -> None:
    losses = (0.1, 0.3, 0.6, 1.0, 2.0)
    found = [path_probabilities(crisis(loss), 3.0)[WALK_OUT] for loss in losses]
    assert found == pytest.approx([0.1085, 0.1166, 0.1085, 0.0947, 0.0864], abs=5e-5)
    assert found[0] < found[1] > found[2] > found[3] > found[4]


@pytest.mark.parametrize("path", [SQ, ACCEPT, WALK_OUT, BACK_DOWN], ids="-".join)
def test_G5_crises_played_with_extreme_value_errors_end_as_the_tree_says(
    path: tuple[str, ...],
) -> None:
    """Each chooser sees the true expectation of every action and an error of his own."""
    walks_out = expit(-0.5 + 0.2)
    us_after, seoul_after = (
        walks_out * bad + (1.0 - walks_out) * good for bad, good in ((-0.5, -0.2), (-0.8, 0.2))
    )
    accepts = expit(-0.6 - seoul_after)
    us_demands = accepts * 1.0 + (1.0 - accepts) * us_after

    def count(seed: int, replicates: int) -> int:
        errors = np.random.default_rng(seed).gumbel(size=(3, 2, replicates))
        demands = us_demands + errors[0, 0] > errors[0, 1]
        accept = -0.6 + errors[1, 0] > seoul_after + errors[1, 1]
        leaves = -0.5 + errors[2, 0] > -0.2 + errors[2, 1]
        ends = {
            SQ: ~demands,
            ACCEPT: demands & accept,
            WALK_OUT: demands & ~accept & leaves,
            BACK_DOWN: demands & ~accept & ~leaves,
        }
        return int(ends[path].sum())

    chance = path_probabilities(crisis(), 1.0)[path]
    assert frequency_agrees(count, chance, REPLICATES, seed=43)


def test_G5_perfect_sides_play_the_subgame_perfect_path() -> None:
    assert path_probabilities(crisis(), math.inf)[BACK_DOWN] == 0.0
    assert path_probabilities(crisis(), math.inf)[SQ] == 1.0
    assert expected_payoffs(crisis(), math.inf).tolist() == [0.0, 0.0]


@given(
    st.lists(st.floats(-2.0, 2.0), min_size=8, max_size=8),
    st.sampled_from([0, 1]),
    st.floats(0.0, 30.0),
)
@settings(max_examples=100, deadline=None)
def test_G5_paths_exhaust_the_tree_and_carry_its_expectation(
    payoffs: list[float], last_player: int, precision: float
) -> None:
    outcomes = list(zip(payoffs[::2], payoffs[1::2], strict=True))
    last = Decision(last_player, {"a": outcomes[0], "b": outcomes[1]})
    tree = Decision(0, {"stop": outcomes[2], "go": Decision(1, {"c": last, "d": outcomes[3]})})
    paths = path_probabilities(tree, precision)
    assert sum(paths.values()) == pytest.approx(1.0, abs=1e-12)
    ends = {
        ("stop",): outcomes[2],
        ("go", "c", "a"): outcomes[0],
        ("go", "c", "b"): outcomes[1],
        ("go", "d"): outcomes[3],
    }
    mean = sum(paths[path] * np.array(outcome) for path, outcome in ends.items())
    assert expected_payoffs(tree, precision) == pytest.approx(mean, abs=1e-12)
    chance = path_probabilities(tree, 0.0)
    assert chance[("go", "c", "a")] == pytest.approx(1 / 8, abs=1e-12)


def test_G5_an_outcome_is_a_tree_without_choices() -> None:
    assert path_probabilities((1.0, 2.0), 1.0) == {(): 1.0}
    assert expected_payoffs((1.0, 2.0), 1.0).tolist() == [1.0, 2.0]


# --- what is refused


@pytest.mark.parametrize(
    ("utilities", "precision", "message"),
    [
        ([], 1.0, r"utilities has shape \(0,\); it must list at least one option"),
        ([[1.0, 2.0]], 1.0, r"utilities has shape \(1, 2\); it must list at least one option"),
        ([0.1, math.nan], 1.0, r"utilities is nan; it must lie in \(-inf, inf\)"),
        ([0.1], -1.0, r"precision is -1; it must lie in \[0, inf\]"),
    ],
)
def test_choices_without_options_or_sense_are_refused(
    utilities: Any, precision: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        logit_choice(utilities, precision)


@pytest.mark.parametrize(
    ("utility", "precision", "options", "message"),
    [
        (hump, math.inf, None, r"precision is inf; it must lie in \[0, inf\)"),
        (hump, 1.0, 0, "options is 0; it must be a whole number, at least 1"),
        (lambda x: x * math.inf, 1.0, 3, r"utility is inf; it must lie in \(-inf, inf\)"),
    ],
)
def test_grids_without_points_or_utilities_are_refused(
    utility: Any, precision: float, options: int | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        logit_mean(square, utility, precision, options)


@pytest.mark.parametrize(
    ("row", "column", "precision", "message"),
    [
        ([[1.0, 2.0]], FIRM, 1.0, r"row_payoffs has shape \(1, 2\); it must be \(2, 2\)"),
        (FIRM, [1.0, 2.0], 1.0, r"column_payoffs has shape \(2,\); it must be \(2, 2\)"),
        (FIRM, [[0.0, math.inf], [0.0, 0.0]], 1.0, "column_payoffs is inf; it must lie in"),
        (FIRM, FIRM, -0.5, r"precision is -0.5; it must lie in \[0, inf\)"),
        (FIRM, FIRM, math.inf, r"precision is inf; it must lie in \[0, inf\)"),
    ],
)
def test_games_that_are_not_two_by_two_are_refused(
    row: Any, column: Any, precision: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        quantal_responses(row, column, precision)


@pytest.mark.parametrize(
    ("player", "branches", "message"),
    [
        (0, {}, r"branches is \{\}; it must hold at least one action"),
        (0, {"a": (1.0, math.nan)}, r"payoff is nan; it must lie in \(-inf, inf\)"),
        (
            0,
            {"a": (1.0, 0.0), "b": (1.0,)},
            r"branches pay \[1, 2\] players; all must pay the same",
        ),
        (-1, {"a": (1.0, 0.0)}, "player is -1; it must be a whole number, at least 0"),
        (2, {"a": (1.0, 0.0)}, "player is 2; it must lie below 2"),
    ],
)
def test_decisions_that_lead_nowhere_are_refused(player: int, branches: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Decision(player, branches)


@pytest.mark.parametrize("function", [expected_payoffs, path_probabilities])
def test_trees_of_negative_precision_are_refused(function: Any) -> None:
    with pytest.raises(ValueError, match=r"precision is -1; it must lie in \[0, inf\]"):
        function(crisis(), -1.0)


def test_ultimatums_with_a_single_offer_are_refused() -> None:
    with pytest.raises(ValueError, match="offers is 1; it must be a whole number, at least 2"):
        ultimatum_rejection(1.0, 1)

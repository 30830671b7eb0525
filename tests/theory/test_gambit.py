"""Small games solved by Gambit, an independent program: rows G3, G5 and Nash equilibria of trees.

These run where the extra is installed: `pip install winset[equilibria]`.
"""

import math
from typing import Any

import numpy as np
import pytest

from sim.theory.quantal_response import Decision, path_probabilities, quantal_responses

gambit = pytest.importorskip("pygambit", reason="the extra `equilibria` is not installed")

PENNIES = ([[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
FIRM = [[-1.0, 1.0], [0.0, 0.5]]
CHICKEN = (FIRM, np.transpose(FIRM).tolist())
PRECISE = 1e-6  # what Gambit's tracing of the branch is good for


def strategic(payoffs: tuple[list[list[float]], list[list[float]]]) -> Any:
    return gambit.Game.from_arrays(*(np.array(side) for side in payoffs))


def first_actions(game: Any, profile: Any) -> tuple[float, ...]:
    """How often each side takes its first action."""
    return tuple(float(profile[next(iter(player.strategies))]) for player in game.players)


@pytest.mark.parametrize("precision", [0.5, 1.0, 3.0, 10.0])
def test_G3_gambit_finds_the_quantal_responses_of_matching_pennies(precision):
    game = strategic(PENNIES)
    (theirs,) = gambit.qre.logit_solve_lambda(game, precision)
    (ours,) = quantal_responses(*PENNIES, precision)
    assert first_actions(game, theirs) == pytest.approx(ours, abs=PRECISE)


@pytest.mark.parametrize("precision", [0.5, 1.0, 2.0, 5.0, 20.0])
def test_G3_gambit_finds_the_equally_firm_sides_of_chicken(precision):
    game = strategic(CHICKEN)
    (theirs,) = gambit.qre.logit_solve_lambda(game, precision)
    ours = min(quantal_responses(*CHICKEN, precision), key=lambda pair: abs(pair[0] - pair[1]))
    assert first_actions(game, theirs) == pytest.approx(ours, abs=PRECISE)


@pytest.mark.parametrize("payoffs", [PENNIES, CHICKEN], ids=["matching pennies", "chicken"])
def test_G3_precise_responses_approach_the_equilibria_that_gambit_enumerates(payoffs):
    game = strategic(payoffs)
    theirs = gambit.nash.enummixed_solve(game, rational=False).equilibria
    ours = quantal_responses(*payoffs, 1e4)
    assert len(ours) == len(theirs)
    expected = sorted(first_actions(game, profile) for profile in theirs)
    assert np.array(ours) == pytest.approx(np.array(expected), abs=1e-3)


def grown(tree: Decision) -> Any:
    """The same tree as Gambit's."""
    game = gambit.Game.new_tree(players=["US", "Seoul"])

    def grow(node: Any, here: Decision | tuple[float, ...]) -> None:
        if not isinstance(here, Decision):
            game.set_outcome(node, game.add_outcome([str(round(x, 6)) for x in here]))
            return
        game.append_move(node, ("US", "Seoul")[here.player], list(here.branches))
        for child, branch in zip(list(node.children), here.branches.values(), strict=True):
            grow(child, branch)

    grow(game.root, tree)
    return game


def crisis(loss: float) -> Decision:
    last = Decision(0, {"walk out": (-0.5, -0.8), "back down": (-0.2, 0.2)})
    answer = Decision(1, {"accept": (1.0, -loss), "resist": last})
    return Decision(0, {"status quo": (0.0, 0.0), "demand": answer})


def chances_of_paths(game: Any, profile: Any) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}

    def walk(node: Any, path: tuple[str, ...], chance: float) -> None:
        if node.is_terminal:
            found[path] = chance
            return
        for action, child in zip(list(node.infoset.actions), list(node.children), strict=True):
            walk(child, (*path, action.label), chance * float(profile[action]))

    walk(game.root, (), 1.0)
    return found


@pytest.mark.parametrize("precision", [0.5, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("loss", [0.1, 0.6, 2.0])
def test_G5_gambit_finds_the_paths_of_the_crisis(loss, precision):
    game = grown(crisis(loss))
    (theirs,) = gambit.qre.logit_solve_lambda(game, precision)
    ours = path_probabilities(crisis(loss), precision)
    assert chances_of_paths(game, theirs) == pytest.approx(ours, abs=PRECISE)


@pytest.mark.parametrize("loss", [0.1, 0.6, 2.0])
def test_G5_the_subgame_perfect_path_is_a_pure_equilibrium_that_gambit_enumerates(loss):
    game = grown(crisis(loss))
    ours = path_probabilities(crisis(loss), math.inf)
    theirs = [
        chances_of_paths(game, profile.as_behavior())
        for profile in gambit.nash.enumpure_solve(game).equilibria
    ]
    assert ours in theirs

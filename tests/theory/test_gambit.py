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
    assert first_actions(game, theirs.profile) == pytest.approx(ours, abs=PRECISE)


@pytest.mark.parametrize("precision", [0.5, 1.0, 2.0])
def test_G3_gambit_finds_the_only_quantal_response_of_imprecise_chicken(precision):
    game = strategic(CHICKEN)
    (theirs,) = gambit.qre.logit_solve_lambda(game, precision)
    (ours,) = quantal_responses(*CHICKEN, precision)
    assert first_actions(game, theirs.profile) == pytest.approx(ours, abs=PRECISE)


@pytest.mark.parametrize("precision", [5.0, 20.0])
def test_G3_past_the_fork_of_chicken_gambit_lands_on_one_of_three_quantal_responses(precision):
    game = strategic(CHICKEN)
    (theirs,) = gambit.qre.logit_solve_lambda(game, precision)
    ours = quantal_responses(*CHICKEN, precision)
    assert len(ours) == 3
    away = np.abs(np.array(ours) - first_actions(game, theirs.profile)).max(axis=1)
    assert away.min() < PRECISE


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
            payoffs = [str(round(x, 6)) for x in here]
            label = f"ending {len(game.outcomes)}"
            game.set_outcome(node, game.add_outcome(label, payoffs=payoffs))
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


def chances_of_paths(tree: Decision, chances: dict[str, float]) -> dict[tuple[str, ...], float]:
    """How likely each path is, given how likely each action is; no two actions have one name."""
    found: dict[tuple[str, ...], float] = {}
    for action, branch in tree.branches.items():
        rest = chances_of_paths(branch, chances) if isinstance(branch, Decision) else {(): 1.0}
        found |= {(action, *path): chances[action] * chance for path, chance in rest.items()}
    return found


@pytest.mark.parametrize("precision", [0.5, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("loss", [0.1, 0.6, 2.0])
def test_G5_gambit_finds_the_paths_of_the_crisis(loss, precision):
    game = grown(crisis(loss))
    (theirs,) = gambit.qre.logit_solve_lambda(game, precision)
    chances = {action.label: theirs[index] for index, action in enumerate(game.actions)}
    ours = path_probabilities(crisis(loss), precision)
    assert chances_of_paths(crisis(loss), chances) == pytest.approx(ours, abs=PRECISE)


@pytest.mark.parametrize("loss", [0.1, 0.6, 2.0])
def test_G5_the_subgame_perfect_path_is_a_pure_equilibrium_that_gambit_enumerates(loss):
    game = grown(crisis(loss))
    ours = path_probabilities(crisis(loss), math.inf)
    theirs = []
    for profile in gambit.nash.enumpure_solve(game).equilibria:
        behaviour = profile.as_behavior()
        chances = {action.label: float(behaviour[action]) for action in game.actions}
        theirs.append(chances_of_paths(crisis(loss), chances))
    assert ours in theirs

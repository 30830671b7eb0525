"""What is not shown to hold does not pass, and the verdict says so in one line."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments.calibration.checks import (
    CALIBRATED,
    MOST_WORDS,
    NOT_CALIBRATED,
    Check,
    gathered,
    of_approximation,
    of_history,
    of_leaving_out,
    of_predictive,
    of_prior,
    of_sensitivity,
    of_synthetic,
    shift_between_rounds,
    verdict,
)
from experiments.calibration.fitting import Calibration
from experiments.calibration.forecasting import Share
from experiments.calibration.history import HistoryMatching, PriorPredictive
from experiments.calibration.identification import Identification
from experiments.calibration.leaving_out import LeavingOut
from experiments.calibration.predictive import Predictive
from experiments.calibration.synthetic import SyntheticTruth
from tests.calibration.handmade import by_hand, normal

NONE = pd.DataFrame()
NAMES = ("a.first", "b.second", "c.third")


def identification(*verdicts: str, move: float = 0.1, moved: str = "a.first") -> Identification:
    parameters = pd.DataFrame({"parameter": NAMES[: len(verdicts)], "verdict": verdicts})
    sensitivity = pd.DataFrame(
        {"parameter": ["b.second"], "way": ["wider"], "move": [move], "moved": [moved]}
    )
    return Identification(parameters, NONE, sensitivity)


def truth(pit: np.ndarray) -> SyntheticTruth:
    zeros = np.zeros(pit.shape)
    return SyntheticTruth(NAMES, zeros, pit, zeros, zeros, np.zeros(len(pit)), np.ones(len(pit)))


def even(sets: int) -> np.ndarray:
    """Ranks that are as uniform as can be, shape (sets, 3)."""
    return np.repeat(((np.arange(sets) + 0.5) / sets)[:, None], 3, axis=1)


def passed(checks: tuple[Check, ...]) -> list[bool]:
    return [check.passed for check in checks]


def test_a_good_approximation_passes_and_a_poor_one_does_not() -> None:
    good, poor = by_hand(normal(0.5, 1.0, 0)), by_hand(normal(4.0, 0.01, 0, 1, 2), draws=1000)
    assert passed(of_approximation(good)) == [True] * 4
    size, error, largest, _ = of_approximation(poor)
    assert not size.passed and not error.passed
    assert size.number == pytest.approx(poor.effective_size)
    assert "of 1,000 draws" in size.words
    assert largest.bar == 0.05


def test_rounds_that_disagree_are_found() -> None:
    good = by_hand(normal(0.5, 1.0, 0))
    rounds = good.rounds
    logs = rounds.logs.copy()
    ends = np.cumsum([proposal.count for proposal in rounds.proposals])
    odd = np.searchsorted(ends, np.arange(len(good)), "right") % 2 == 1
    logs[odd, 0] = normal(-1.5, 1.0, 0)(rounds.z[odd])
    torn = Calibration(good.plan, replace(rounds, logs=logs))
    number, whose = shift_between_rounds(torn)
    assert (number > 0.3, whose) == (True, "president.reservation_mean")
    assert shift_between_rounds(good)[0] < 0.1
    assert not of_approximation(torn)[3].passed


def test_rounds_cannot_agree_where_there_is_one() -> None:
    good = by_hand(normal(0.5, 1.0, 0), draws=1000)
    alone = replace(good.rounds, proposals=(replace(good.rounds.proposals[0], count=1000),))
    assert math.isnan(shift_between_rounds(Calibration(good.plan, alone))[0])
    assert not of_approximation(Calibration(good.plan, alone))[3].passed


def test_a_target_of_the_fit_that_cannot_be_fails_and_a_check_row_does_not() -> None:
    table = pd.DataFrame(
        {"target": ["A", "B"], "use": ["fit", "check"], "verdict": ["rarely", "cannot"]}
    )
    assert of_prior(PriorPredictive(table, NONE, 100, 10)).passed
    failed = of_prior(PriorPredictive(table.assign(verdict="cannot"), NONE, 100, 10))
    assert (failed.passed, failed.number) == (False, 1.0)
    assert failed.words == "no draw of 100 comes near A"


@pytest.mark.parametrize(("share", "passes"), [(0.03, True), (0.06, False)])
def test_a_posterior_keeps_away_from_what_was_ruled_out(share: float, passes: bool) -> None:
    left, posterior = Share(0.1, 0.08, 0.12, 500.0), Share(share, 0.0, 0.1, 90.0)
    check = of_history(HistoryMatching(NONE, NONE, left, posterior, 100, 10))
    assert check.passed is passes
    assert check.words.startswith(f"{100 * share:.1f}% (0.0 to 10.0, n 90) of the posterior")


def test_a_misfit_is_named() -> None:
    targets = pd.DataFrame({"target": ["A", "B"], "misfit": [False, True]})
    rows = {"case": ["all"], "p": [0.2], "p_low": [0.1], "p_high": [0.3], "n": [50.0]}
    one, each = of_predictive(Predictive(targets, pd.DataFrame(rows), 100, 10))
    assert (one.passed, each.passed, each.words) == (True, False, "misfit: B")
    assert one.words == "posterior predictive p 0.200 (0.100 to 0.300, n 50)"
    low = Predictive(targets.assign(misfit=False), pd.DataFrame(rows | {"p": [0.005]}), 100, 10)
    assert passed(of_predictive(low)) == [False, True]
    assert not low.fits


def left_out(inside: int, gain: float) -> LeavingOut:
    targets = pd.DataFrame({
        "target": [f"T{i}" for i in range(20)], "misfit": False, "few": False,
        "z": [0.5] * 19 + [np.nan], "inside": [True] * inside + [False] * (19 - inside) + [True],
    })  # fmt: skip
    episodes = pd.DataFrame(
        {
            "case": ["one", "two"],
            "gain": [gain, -0.5],
            "gain_error": [0.3, 0.4],
            "few": [True, False],
        }
    )
    return LeavingOut(targets, episodes)


def test_too_few_reports_inside_their_intervals_do_not_pass() -> None:
    # P(at most 12 of 19 inside) is .0006 and P(at most 13) .003 and P(at most 14) .015, if each is
    # with .9.
    assert passed(of_leaving_out(left_out(14, 2.0))) == [True, True, True]
    assert passed(of_leaving_out(left_out(13, 2.0))) == [True, False, True]
    assert of_leaving_out(left_out(13, 2.0))[1].words.startswith("13 of 19 numbers")


def test_episodes_that_the_priors_foretell_better_are_named() -> None:
    first, _, last = of_leaving_out(left_out(19, 2.0))
    assert last.words == "1.5 nats more than the priors (error 0.5); the priors foretell two better"
    assert first.words == "all; 1 with too few draws: read with care"
    assert not of_leaving_out(left_out(19, 0.4))[2].passed


def test_a_quoted_value_may_not_hang_on_a_prior() -> None:
    words = ("identified", "not identified", "weakly identified")
    assert of_sensitivity(identification(*words, move=0.4)).passed
    failed = of_sensitivity(identification(*words, move=-0.6))
    assert (failed.passed, failed.number) == (False, 0.6)
    assert failed.words == "a.first moves -0.60 sd with a wider prior of b.second"
    assert of_sensitivity(identification(*words, move=0.6, moved="b.second")).passed


def test_uniform_ranks_of_enough_sets_pass() -> None:
    known = identification("identified", "not identified", "not identified")
    assert passed(of_synthetic(truth(even(200)), known)) == [True] * 4
    assert passed(of_synthetic(truth(even(190)), known)) == [False, True, True, True]


def test_intervals_that_are_too_narrow_are_found_where_a_parameter_is_identified() -> None:
    pit = even(200)
    pit[:, 0] = np.where(np.arange(200) < 40, 0.01, pit[:, 0])  # a fifth of all in one tail
    first = identification("identified", "not identified", "not identified")
    other = identification("not identified", "identified", "not identified")
    sets, ranks, covered, _ = of_synthetic(truth(pit), first)
    assert (sets.passed, ranks.passed, covered.passed) == (True, False, False)
    assert "a.first: 0.750" in covered.words
    assert of_synthetic(truth(pit), other)[2].passed
    assert not of_synthetic(truth(np.full((200, 3), 0.5)), first)[3].passed  # far too wide


def test_what_was_not_made_has_not_passed() -> None:
    calibration = by_hand(normal(0.5, 1.0, 0))
    known = identification("identified", "not identified", "not identified")
    checks = gathered(calibration, known)
    made = [check.name for check in checks if check.words != "not made"]
    assert len(checks) == 16 and len({check.name for check in checks}) == 16
    assert len(made) == 5
    assert all(not check.passed for check in checks if check.name not in made)
    assert verdict(checks, known)[0] == NOT_CALIBRATED


def test_the_verdict_is_a_sentence_that_names_what_is_known() -> None:
    good = [Check("x", True, 1.0, 0.5, "")]
    known = identification("identified", "not identified", "weakly identified")
    assert verdict(good, known) == (
        CALIBRATED, "calibrated; identified: a.first; 1 of 3 not identified",
    )  # fmt: skip
    unknown = identification("not identified", "weakly identified")
    assert verdict(good, unknown)[1] == "calibrated; no parameter identified; 1 of 2 not identified"
    bad = [*good, Check("y", False, 0.0, 0.5, "")]
    assert verdict(bad, known) == (NOT_CALIBRATED, "not calibrated; failed: y")


@pytest.mark.parametrize("length", [10, 25, 120])
def test_the_verdict_is_never_longer_than_a_line(length: int) -> None:
    names = [f"{i:02}." + "x" * length for i in range(30)]
    table = pd.DataFrame({"parameter": names, "verdict": "identified"})
    checks = [Check(name, False, 0.0, 0.0, "") for name in names]
    found = Identification(table, NONE, NONE)
    for made in (checks, []):
        line = verdict(made, found)[1]
        assert len(line) <= MOST_WORDS
        assert ("more" in line) == (length < 100) and ("30 in all" in line) == (length == 120)

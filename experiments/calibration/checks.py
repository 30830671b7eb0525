"""What must pass before a result is called calibrated, and the verdict.

Two kinds, which do not stand in for each other: whether the fit can be trusted (its own precision,
synthetic truth, the prior's part in it), and whether the model fits what was reported (history,
predictive checks, leaving out). A check that was not made has not passed.

The bars are conventions but for two: 200 effective draws and .3 sd between rounds are where fits of
this kind agreed with known posteriors.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from experiments.calibration.fitting import Calibration
from experiments.calibration.history import HistoryMatching, PriorPredictive
from experiments.calibration.identification import (
    IDENTIFIED,
    NOT,
    SENSITIVE,
    WEAKLY,
    Identification,
)
from experiments.calibration.leaving_out import LeavingOut
from experiments.calibration.predictive import FAR, IMPROBABLE, Predictive
from experiments.calibration.proposals import log_prior_ratio, normalised
from experiments.calibration.synthetic import SyntheticTruth

Reals = NDArray[np.float64]

CALIBRATED, NOT_CALIBRATED = "calibrated", "not calibrated"
LEAST_EFFECTIVE, MOST_EVIDENCE_ERROR, LARGEST_WEIGHT, MOST_SHIFT = 200.0, 0.2, 0.05, 0.3
# The rule of three sd is wrong of at most 4/81 of a law with one peak (Pukelsheim 1994).
MOST_RULED_OUT = 4.0 / 81.0
LEAST_SETS, LEAST_P_UNIFORM = 200, 0.001
COVERED, COVERED_ON_AVERAGE = (0.85, 0.95), (0.87, 0.93)  # by intervals of 90%
BY_CHANCE = 0.01  # how few inside their intervals of 90% are chance
MOST_WORDS = 100


class Check(NamedTuple):
    """One thing that was checked: number and the bar that it is held against, in words too."""

    name: str
    passed: bool
    number: float
    bar: float
    words: str


def at_least(name: str, number: float, bar: float, words: str) -> Check:
    """A check that passes from the bar upwards; what is NaN has not passed."""
    return Check(name, bool(number >= bar), float(number), float(bar), words)


def at_most(name: str, number: float, bar: float, words: str) -> Check:
    """A check that passes up to the bar; what is NaN has not passed."""
    return Check(name, bool(number <= bar), float(number), float(bar), words)


def gathered(
    calibration: Calibration,
    identification: Identification,
    prior: PriorPredictive | None = None,
    history: HistoryMatching | None = None,
    predictive: Predictive | None = None,
    left_out: LeavingOut | None = None,
    synthetic: SyntheticTruth | None = None,
) -> tuple[Check, ...]:
    """Every check, in the order in which they are told. What is None was not made, and fails."""
    return (
        *of_approximation(calibration),
        of_prior(prior),
        of_history(history),
        *of_predictive(predictive),
        *of_leaving_out(left_out),
        of_sensitivity(identification),
        *of_synthetic(synthetic, identification),
    )


def of_approximation(calibration: Calibration) -> tuple[Check, ...]:
    """Whether there are draws enough, and rounds agree."""
    size, (_, error) = calibration.effective_size, calibration.log_evidence
    largest = float(np.max(calibration.weights))
    shift, whose = shift_between_rounds(calibration)
    return (
        at_least("effective draws", size, LEAST_EFFECTIVE,
                 f"{size:.0f} effective of {len(calibration):,} draws"),
        at_most("error of the log evidence", error, MOST_EVIDENCE_ERROR,
                f"standard error {error:.2f}"),
        at_most("largest weight", largest, LARGEST_WEIGHT,
                f"the heaviest draw has {100 * largest:.1f}% of all weight"),
        at_most("odd against even rounds", shift, MOST_SHIFT,
                f"means of the later rounds differ most in {whose}, by {shift:.2f} sd"),
    )  # fmt: skip


def shift_between_rounds(calibration: Calibration) -> tuple[float, str]:
    """The largest difference of a shared parameter's mean between odd and even later rounds.

    Each half is weighted by the mixture that it was drawn from.

    Returns
    -------
    the difference in sd of the posterior, and the parameter; NaN where there are not two rounds
    """
    rounds, shared = calibration.rounds, calibration.plan.parameters
    ends = np.cumsum([proposal.count for proposal in rounds.proposals])
    number = np.searchsorted(ends, np.arange(len(rounds)), "right")
    u, weights = calibration.uniforms[:, : len(shared)], calibration.weights[:, None]
    mean = np.sum(weights * u, axis=0)
    sd = np.sqrt(np.sum(weights * (u - mean) ** 2, axis=0))
    means = []
    for parity in (1, 0):
        mine = (number > 0) & (number % 2 == parity)
        if not mine.any():
            return math.nan, "no parameter"
        drawn = [p for i, p in enumerate(rounds.proposals) if i > 0 and i % 2 == parity]
        ratio = log_prior_ratio(rounds.z[mine], drawn)
        part = normalised(ratio + np.sum(rounds.logs[mine], axis=1))
        part = np.minimum(part, 1.0 / math.sqrt(len(part)))
        means.append(np.sum((part / np.sum(part))[:, None] * u[mine], axis=0))
    moves = np.abs(means[0] - means[1]) / sd
    most = int(np.argmax(moves))
    return float(moves[most]), shared[most].key


def of_prior(prior: PriorPredictive | None) -> Check:
    """Whether the model can produce the reports at all."""
    name = "the priors can produce the reports"
    if prior is None:
        return _not_made(name, 0.0)
    count = len(prior.impossible)
    words = f"no draw of {prior.draws:,} comes near {_listed(prior.impossible)}"
    return at_most(name, count, 0.0, words if count else f"all, in {prior.draws:,} draws")


def of_history(history: HistoryMatching | None) -> Check:
    """Whether the posterior keeps away from what history matching rules out."""
    name = "posterior in what was ruled out"
    if history is None or history.posterior is None:
        return _not_made(name, MOST_RULED_OUT)
    share = history.posterior
    return at_most(name, share.value, MOST_RULED_OUT,
                   f"{_percent(share)} of the posterior; {_percent(history.left)} of the prior "
                   "is left")  # fmt: skip


def of_predictive(predictive: Predictive | None) -> tuple[Check, ...]:
    """Whether the fitted model produces the reports."""
    one, each = "reports all at once", "each report"
    if predictive is None:
        return _not_made(one, IMPROBABLE), _not_made(each, 0.0)
    p, misfits = predictive.p, predictive.misfits
    words = f"misfit: {_listed(misfits)}" if misfits else f"all |z| <= {FAR}, all p >= {IMPROBABLE}"
    return (
        at_least(one, p.value, IMPROBABLE, f"posterior predictive p {_interval(p)}"),
        at_most(each, len(misfits), 0.0, words),
    )


def of_leaving_out(left_out: LeavingOut | None) -> tuple[Check, ...]:
    """Whether reports and episodes are foretold by the others."""
    names = ("each report from the others", "reports inside their 90%", "episodes from the others")
    if left_out is None:
        return tuple(_not_made(name, 0.0) for name in names)
    table, misfits = left_out.targets, left_out.misfits
    numbers = ~np.isnan(table["z"].to_numpy("f8"))
    inside, n = int(np.sum(table["inside"].to_numpy(bool)[numbers])), int(np.sum(numbers))
    least = float(binom.ppf(BY_CHANCE, n, 0.9)) if n else 0.0
    few = sum(int(np.sum(one["few"].to_numpy(bool))) for one in (table, left_out.episodes))
    care = f"; {few} with too few draws: read with care" if few else ""
    gain, error = left_out.gain
    worse = left_out.episodes["case"][left_out.episodes["gain"] < 0.0]
    lost = f"; the priors foretell {_listed(tuple(worse))} better" if len(worse) else ""
    return (
        at_most(names[0], len(misfits), 0.0,
                (f"not foretold: {_listed(misfits)}" if misfits else "all") + care),
        at_least(names[1], inside, least, f"{inside} of {n} numbers; fewer than {least:.0f} in 1% "
                 "by chance"),
        at_least(names[2], gain, 0.0,
                 f"{gain:.1f} nats more than the priors (error {error:.1f}){lost}"),
    )  # fmt: skip


def of_sensitivity(identification: Identification) -> Check:
    """Whether a value that is quoted hangs on its prior."""
    quoted = identification.named(IDENTIFIED, WEAKLY)
    table = identification.sensitivity
    table = table.loc[table["moved"].isin(quoted)]
    name = "prior sensitivity"
    if not len(table):
        return at_most(name, 0.0, SENSITIVE, "no identified parameter moves most with any prior")
    row = table.iloc[int(np.argmax(np.abs(table["move"].to_numpy("f8"))))]
    return at_most(name, abs(row["move"]), SENSITIVE,
                   f"{row['moved']} moves {row['move']:+.2f} sd with a {row['way']} prior of "
                   f"{row['parameter']}")  # fmt: skip


def of_synthetic(
    synthetic: SyntheticTruth | None, identification: Identification
) -> tuple[Check, ...]:
    """Whether the fit finds what it is known to be looking for."""
    names = ("synthetic truths", "ranks are uniform", "coverage of 90%", "coverage on average")
    if synthetic is None:
        return tuple(_not_made(name, 0.0) for name in names)
    p, sets = synthetic.p_values, synthetic.sets
    least = int(np.argmin(p))
    covered = synthetic.coverage(0.9)
    average = float(np.mean(covered))
    low, high = COVERED_ON_AVERAGE
    return (
        at_least(names[0], sets, LEAST_SETS, f"{sets} sets of reports"),
        at_least(names[1], float(p[least]), LEAST_P_UNIFORM,
                 f"least p of {len(p)} parameters, {synthetic.parameters[least]}, n {sets}"),
        _covered(names[2], synthetic, identification.named(IDENTIFIED)),
        Check(names[3], low <= average <= high, average, low,
              f"mean over {len(covered)} parameters {average:.3f}, allowed {low} to {high}, "
              f"n {sets}"),
    )  # fmt: skip


def _covered(name: str, synthetic: SyntheticTruth, identified: Sequence[str]) -> Check:
    """The coverage that is farthest from 90%, of parameters that are called identified."""
    low, high = COVERED
    places = [i for i, key in enumerate(synthetic.parameters) if key in identified]
    if not places:
        return Check(name, True, math.nan, low, "no parameter is identified: there is none to hold")
    covered = synthetic.coverage(0.9)[places]
    worst = int(np.argmax(np.abs(covered - 0.9)))
    value = float(covered[worst])
    words = (
        f"worst of {len(places)} identified, {synthetic.parameters[places[worst]]}: {value:.3f}, "
        f"allowed {low} to {high}, n {synthetic.sets}"
    )
    # A bar that is met to the last set is not to be missed by rounding.
    return Check(name, low - 1e-9 <= value <= high + 1e-9, value, low, words)


def verdict(checks: Sequence[Check], identification: Identification) -> tuple[str, str]:
    """Status, and a sentence of at most MOST_WORDS characters.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"parameter": ["a.b", "c.d"], "verdict": ["identified", NOT]})
    >>> found = Identification(table, pd.DataFrame(), pd.DataFrame())
    >>> verdict([Check("x", True, 1.0, 0.5, "")], found)
    ('calibrated', 'calibrated; identified: a.b; 1 of 2 not identified')
    """
    failed = [check.name for check in checks if not check.passed]
    if failed:
        return NOT_CALIBRATED, _fitting(f"{NOT_CALIBRATED}; failed: ", failed, "")
    known = identification.named(IDENTIFIED)
    tail = f"; {len(identification.named(NOT))} of {len(identification.verdicts)} not identified"
    if not known:
        return CALIBRATED, f"{CALIBRATED}; no parameter identified{tail}"
    return CALIBRATED, _fitting(f"{CALIBRATED}; identified: ", known, tail)


def _fitting(head: str, names: Sequence[str], tail: str) -> str:
    """As many of the names as there is room for, and how many more there are."""
    for count in range(len(names), 0, -1):
        more = f" and {len(names) - count} more" if count < len(names) else ""
        line = f"{head}{', '.join(names[:count])}{more}{tail}"
        if len(line) <= MOST_WORDS:
            return line
    return f"{head}{len(names)} in all{tail}"


def _not_made(name: str, bar: float) -> Check:
    return Check(name, False, math.nan, bar, "not made")


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _percent(share: tuple[float, float, float, float]) -> str:
    value, low, high, n = share
    return f"{100 * value:.1f}% ({100 * low:.1f} to {100 * high:.1f}, n {n:.0f})"


def _interval(share: tuple[float, float, float, float]) -> str:
    value, low, high, n = share
    return f"{value:.3f} ({low:.3f} to {high:.3f}, n {n:.0f})"

"""Every forecast of a reported figure as a row: what was said, how it fared, against what.

Forecasters are the model under the posterior (`model`), the same under its priors (`prior`) and the
rivals of `rivals`, the base rate among them. The verdict compares a score with the base rate's, as
far as the limited number of draws allows; with one outcome a figure, it cannot say more.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.calibration.episodes import Episode
from experiments.calibration.predicting import Drawn, Prediction
from experiments.calibration.reported import Target
from experiments.calibration.rivals import BASE_RATE, Rival, rivals
from experiments.calibration.statistics import STATISTICS

MODEL, PRIOR = "model", "prior"
BEATS, LOSES, CLOSE = "beats the base rate", "does not beat the base rate", "too close to call"
NO_BASE, NO_SCORE, KNOWN = "no base rate", "not scored", "known on the day, no forecast"
ENOUGH_ERRORS = 2.0  # Monte Carlo errors that a difference must exceed to be called one
_ROUNDING = 1e-9

Row = dict[str, Any]


def scored(
    target: Target, episode: Episode, past: Sequence[Target], model: Prediction, prior: Prediction,
    *, known: bool,
) -> list[Row]:  # fmt: skip
    """A row for each forecaster of a reported figure, the model first.

    Parameters
    ----------
    past : what was reported of other episodes
    known : whether the figure was known, and fitted or not, on the day of the forecast
    """
    against = rivals(target.statistic, past, episode)
    base = next((one.score(target) for one in against if one.name == BASE_RATE), np.nan)
    head = {
        "id": target.id, "statistic": target.statistic, "unit": target.unit,
        "reported": target.centre, "known": known, "needs": STATISTICS[target.statistic].needs,
    }  # fmt: skip
    told = [_of_draws(name, target, one) for name, one in ((MODEL, model), (PRIOR, prior))]
    told += [_of_rival(target, one) for one in against]
    for row in told:
        row["skill"] = 1.0 - row["score"] / base if base > 0.0 else np.nan
        if row["forecaster"] != BASE_RATE:
            row["verdict"] = KNOWN if known else verdict(row["score"], row["score_error"], base)
    return [head | row for row in told]


def verdict(score: float, error: float, base: float) -> str:
    """How a score fares against the base rate's; a difference within chance is none."""
    if np.isnan(score):
        return NO_SCORE
    if np.isnan(base):
        return NO_BASE
    if abs(base - score) <= ENOUGH_ERRORS * np.nan_to_num(error):
        return CLOSE
    return BEATS if score < base else LOSES


def _of_draws(name: str, target: Target, made: Prediction) -> Row:
    statistic = target.statistic
    defined, drawn = made.defined(statistic), made.drawn(statistic)
    row = _row(name, "draws of the posterior" if name == MODEL else "draws of the priors")
    row |= {
        "defined": defined.value, "defined_low": defined.low, "defined_high": defined.high,
        "defined_n": defined.n,
    }  # fmt: skip
    if drawn is None:
        return row
    row["n"] = _independent(drawn)
    if target.kind == "flag":
        p = made.probability(statistic)
        row |= {"probability": p.value, "probability_low": p.low, "probability_high": p.high}
        row["n"] = p.n
    else:
        row["low"], row["middle"], row["high"] = drawn.quantiles()
    score, error = drawn.score(target)
    row |= {"score": score, "score_error": 0.0 if error < _ROUNDING else error}
    row["log_score"] = drawn.log_score(target)
    return row


def _independent(drawn: Drawn) -> float:
    """How many equally weighted draws of the parameters a statistic rests on."""
    each = np.bincount(drawn.draws, drawn.weights)
    return float(1.0 / np.sum(each * each))


def _of_rival(target: Target, rival: Rival) -> Row:
    row = _row(rival.name, rival.source) | {"n": float(rival.n)}
    if rival.probability is not None:
        row |= {
            "probability": rival.probability, "probability_low": _or_nan(rival.low),
            "probability_high": _or_nan(rival.high),
        }  # fmt: skip
    else:
        row["low"], row["middle"], row["high"] = rival.quantiles()
    return row | {"score": rival.score(target), "log_score": rival.log_score(target),
                  "score_error": 0.0}  # fmt: skip


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


_NUMBERS: Sequence[str] = (
    "n", "low", "middle", "high", "probability", "probability_low", "probability_high", "defined",
    "defined_low", "defined_high", "defined_n", "score", "score_error", "log_score", "skill",
)  # fmt: skip


def _row(name: str, source: str) -> Row:
    numbers = dict.fromkeys(_NUMBERS, np.nan)
    return {"forecaster": name, "source": source, **numbers, "verdict": ""}

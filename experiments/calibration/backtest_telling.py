"""A back-test in words and tables: plainly where the model beats the base rate, and where not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.answer import aligned
from experiments.calibration.backtest import Backtest
from experiments.calibration.rivals import BASE_RATE, SETTER
from experiments.calibration.scoring import (
    BEATS,
    CLOSE,
    KNOWN,
    LOSES,
    MODEL,
    NO_BASE,
    NO_SCORE,
    PRIOR,
    Row,
)
from experiments.calibration.statistics import STATISTICS
from experiments.provenance import commit, model_fingerprint, versions

SCHEMA = 1
_SLIGHT = 0.01  # share of a score, below which a difference is not worth telling
FEW_DRAWS = 100  # fewer effective draws of the posterior than this are said
_OPINION = "would_refuse"


def sentences(found: Backtest) -> list[str]:
    """The answer, a sentence or two a line."""
    rows = _by_forecaster(found)
    lines = [_what_was_fitted(found), *_deal(found)]
    for verdict, words in (
        (BEATS, "The model beats the base rate on"),
        (LOSES, "The model does not beat the base rate on"),
        (CLOSE, "Too close to call, within two Monte Carlo errors:"),
        (NO_BASE, "There is no base rate, as nothing was reported before, for"),
        (NO_SCORE, "Not scored, as no value was reported or the model never has one:"),
        (KNOWN, "Known on the day already, no forecast:"),
    ):
        named = [_against(row) for row in rows if row[MODEL]["verdict"] == verdict]
        if named:
            lines.append(f"{words} {'; '.join(named)}.")
    lines += _unlikely_deal(found, rows) + _better(rows) + _calibration_helps(rows)
    if any(row[MODEL]["statistic"] == _OPINION for row in rows):
        lines.append("A poll asks for opinions; the model has members who vote, and no such thing.")
    if any(SETTER in row for row in rows):
        lines.append(
            "Priors, what is not fitted of the case, and the setter's threshold are assumptions; "
            "who made them may have known the outcome."
        )
    lines.append(
        "Each figure is one outcome of one case: it can embarrass a forecast, it cannot prove one."
    )
    return lines


def tables(found: Backtest) -> list[str]:
    """Two tables: what was forecast, and how it fared; less is better in every score."""
    head = ["statistic", "reported", "model", "n", "if there is", "prior", "base rate"]
    forecasts, scores = [head], [["statistic", "score", "model", "prior", "base rate", "skill",
                                  "best rival", "verdict of the model"]]  # fmt: skip
    for row in _by_forecaster(found):
        model, base = row[MODEL], row.get(BASE_RATE)
        needs = model["needs"]
        forecasts.append([
            model["statistic"], f"{model['reported']:.4g}", forecast(model),
            "-" if np.isnan(model["n"]) else f"{model['n']:.0f}",
            f"{needs}: {_share(model, 'defined')}" if needs else "", forecast(row[PRIOR]),
            f"{forecast(base)}, n = {base['n']:.0f}" if base else "none",
        ])  # fmt: skip
        best = _best(row)
        scores.append([
            model["statistic"], score_name(model["statistic"]),
            f"{_number(model['score'])} ± {_number(model['score_error'])}",
            _number(row[PRIOR]["score"]), _number(base["score"]) if base else "none",
            _number(model["skill"]), f"{best['forecaster']} {_number(best['score'])}" if best else
            "none", model["verdict"],
        ])  # fmt: skip
    return [
        *aligned(forecasts),
        "Numbers: median [5%, 95%]. Probabilities: [95% interval], n: what they rest on.", "",
        *aligned(scores),
        "Less is better. Skill: 1 - score / base rate's; ±: Monte Carlo error of the score.",
    ]  # fmt: skip


def as_record(found: Backtest) -> dict[str, Any]:
    """Everything, as backtest.json holds it."""
    plan = found.plan
    return {
        "winset_backtest": SCHEMA, "case": found.case, "known_on": plan.known_on.isoformat(),
        "plan": plan.name, "plan_digest": plan.digest, "targets_digest": plan.targets_digest,
        "seed": plan.seed, "draws": plan.draws, "negotiations": plan.negotiations,
        "episodes": [episode.name for episode in plan.episodes],
        "known_of_the_case": [target.id for target in found.known],
        "effective_size": found.effective_size, "model": model_fingerprint(),
        "versions": versions(), "commit": commit(),
        "forecast": {
            "effective_draws": found.model.effective_size,
            "effective_negotiations": found.model.effective_negotiations,
            "draws_left_out": found.model.left_out,
            "statistics": [_foretold(found, name) for name in STATISTICS],
        },
        "prior_effective_draws": found.prior.effective_size,
        "sentences": sentences(found),
        "rows": found.table.to_dict("records"),
    }  # fmt: skip


def score_name(statistic: str) -> str:
    """Which score a statistic has."""
    return "Brier" if STATISTICS[statistic].kind == "flag" else "CRPS"


def forecast(row: Row) -> str:
    """What a forecaster says, with its interval."""
    if not np.isnan(row["probability"]):
        interval = not np.isnan(row["probability_low"])
        return _share(row, "probability") if interval else f"{row['probability']:.0%}"
    if np.isnan(row["middle"]):
        return "never"
    if row["low"] == row["high"]:
        return f"{row['middle']:.3g}"
    return f"{row['middle']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"


def _foretold(found: Backtest, name: str) -> Row:
    """The forecast of one statistic by the model, whether it was reported or not."""
    defined, drawn = found.model.defined(name), found.model.drawn(name)
    row: Row = {
        "statistic": name, "unit": STATISTICS[name].unit, "needs": STATISTICS[name].needs,
        "defined": vars(defined),
    }  # fmt: skip
    if STATISTICS[name].kind == "flag":
        return row | {"probability": vars(found.model.probability(name))}
    quantiles = (np.nan,) * 3 if drawn is None else drawn.quantiles()
    return row | dict(zip(("p05", "p50", "p95"), quantiles, strict=True))


def _by_forecaster(found: Backtest) -> list[dict[str, Row]]:
    """For each reported figure, forecaster -> row."""
    return [
        {row["forecaster"]: row for row in part.to_dict("records")}
        for _, part in found.table.groupby("id", sort=False)
    ]


def _what_was_fitted(found: Backtest) -> str:
    names = [episode.name for episode in found.plan.episodes]
    few = ""
    if found.effective_size < FEW_DRAWS:
        few = " That is few: raise --draws before trusting a digit."
    known = ""
    if found.known:
        ids = ", ".join(target.id for target in found.known)
        known = f" Of the case itself it knows {ids} alone."
        if found.model.left_out:
            known += (
                f" Draws left out, as nothing like it happened in them: {found.model.left_out}."
            )
    return (
        f"Back-test of {found.case}: fitted to {len(found.plan.targets)} figures of "
        f"{', '.join(names)}, known on {found.known_on}; the fit is worth "
        f"{found.effective_size:.0f} independent draws, the forecast "
        f"{found.model.effective_size:.0f}.{few}{known}"
    )


def _deal(found: Backtest) -> list[str]:
    """What all figures of a deal are conditional on."""
    if "a deal" not in set(found.table["needs"]):
        return []
    deal = found.model.defined("agreed_change")
    return [
        f"The model gives a deal in {deal.value:.0%} [{deal.low:.0%}, {deal.high:.0%}] "
        f"(n = {deal.n:.0f}). Figures of a deal are forecast given one; a forecast of none is "
        "scored by `ratified`."
    ]


def _unlikely_deal(found: Backtest, rows: Sequence[dict[str, Row]]) -> list[str]:
    """Said where figures of a deal are won that the model did not expect."""
    won = [
        row[MODEL]["statistic"]
        for row in rows
        if row[MODEL]["verdict"] == BEATS and row[MODEL]["needs"] in ("a deal", "a vote")
    ]
    if not won or found.model.defined("agreed_change").value >= 0.5:
        return []
    return [
        f"Mind that {', '.join(won)} are won on terms: given a deal or vote, and the model thought "
        "a deal less likely than not."
    ]


def _against(row: dict[str, Row]) -> str:
    model, base = row[MODEL], row.get(BASE_RATE)
    words = f"{model['statistic']}: {forecast(model)} for {model['reported']:.4g}"
    if base is None or np.isnan(model["score"]):
        return words
    name = score_name(model["statistic"])
    return f"{words} ({name} {_number(model['score'])} against {_number(base['score'])})"


def _best(row: dict[str, Row]) -> Row | None:
    """The rival, other than model and prior, with the lowest score."""
    others = [one for name, one in row.items() if name not in (MODEL, PRIOR)]
    others = [one for one in others if not np.isnan(one["score"])]
    return min(others, key=lambda one: one["score"], default=None)


def _scored(rows: Sequence[dict[str, Row]]) -> list[dict[str, Row]]:
    return [
        row for row in rows
        if row[MODEL]["verdict"] != KNOWN and not np.isnan(row[MODEL]["score"])
    ]  # fmt: skip


def _better(rows: Sequence[dict[str, Row]]) -> list[str]:
    named = []
    for row in _scored(rows):
        best, model = _best(row), row[MODEL]
        if best is not None and best["score"] < model["score"]:
            named.append(
                f"{model['statistic']} by {best['forecaster']} ({_number(best['score'])} against "
                f"{_number(model['score'])})"
            )
    return [f"The best rival is nearer than the model on {'; '.join(named)}."] if named else []


def _calibration_helps(rows: Sequence[dict[str, Row]]) -> list[str]:
    """Model against prior, differences within their Monte Carlo errors left out."""
    better: list[str] = []
    worse: list[str] = []
    for row in _scored(rows):
        model, prior = row[MODEL], row[PRIOR]
        if np.isnan(prior["score"]):
            continue
        error = 2.0 * float(np.hypot(*np.nan_to_num([model["score_error"], prior["score_error"]])))
        if abs(model["score"] - prior["score"]) > max(error, _SLIGHT * prior["score"]):
            (better if model["score"] < prior["score"] else worse).append(model["statistic"])
    lines = []
    for names, words in ((better, "nearer"), (worse, "further off")):
        if names:
            lines.append(f"Fitting brought the model {words} on {', '.join(names)}.")
    return lines


def _share(row: Row, name: str) -> str:
    value, low, high = (row[name + end] for end in ("", "_low", "_high"))
    return f"{value:.0%} [{low:.0%}, {high:.0%}]"


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3g}"

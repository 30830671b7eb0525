"""What a study found, in sentences: every share with its interval and its n."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.estimates import DEMAND, distances, nearest, variant_rows
from experiments.events import CAUSES, EVENTS
from experiments.no_effect import without_effect
from experiments.paired import in_words
from experiments.posterior_sweep import posterior_sentences
from experiments.study import REFERENCE
from sim.parameters import BY_NAME

if TYPE_CHECKING:
    from experiments.run import Run
    from experiments.study import Study

UNCALIBRATED = (
    "The parameters are assumptions, not calibrated: what the model says, no forecast."
)  # fmt: skip
BRACKETS = "Brackets: 95% Wilson intervals of chance within the model."
MOST_ROWS, MOST_COLUMNS = 12, 6


def answer(run: "Run", estimates: pd.DataFrame) -> list[str]:
    """The answer to the question of a study, a sentence or two a line."""
    study = run.study
    lines: list[str] = []
    sampled, first = study.has_ranges, study.variants[0]
    if not sampled and first.name != REFERENCE:
        lines.append(f"The first sentences are of the reference variant: {first.words}.")
    for variant in study.variants[:1] if not sampled else study.variants:
        rows = variant_rows(estimates, variant.name)
        rows = pd.DataFrame(rows[rows["n"] > 0])
        if rows.empty:
            continue
        if sampled:
            lines.append(_over_draws(study, rows, variant.words))
        elif len(study.factors) == 1:
            lines += _along(study, rows)
        elif study.factors:
            lines.append(_extremes(study, rows))
        else:
            lines.append(_at(study, rows.iloc[0].to_dict(), "In the case"))
    if study.settings:
        lines.append(f"Everywhere {_told(study, study.settings)}.")
    if not sampled and len(study.variants) > 1:
        lines += _differences(study, estimates)
    lines += without_effect(run)
    failed = int(run.counts["failed"].to_numpy().sum())
    if failed:
        lines.append(f"{failed:,} negotiations failed and are counted in no share.")
    if study.posterior is not None:
        rows = variant_rows(estimates, first.name)
        row, where = _central(study, rows)
        lines += posterior_sentences(run, row, where)
    elif not study.scenario.calibrated:
        lines.append(UNCALIBRATED)
    return [*lines, BRACKETS]


def share(row: Mapping[str, Any], name: str) -> str:
    """A probability with its interval, to as many digits as the interval is worth."""
    value, low, high = (float(row[name + end]) for end in ("", "_low", "_high"))
    width = max(high - low, 1e-9)
    digits = 1 if not width < 0.001 else min(int(np.ceil(-np.log10(width))) - 1, 6)
    return f"{value:.{digits}%} [{low:.{digits}%}, {high:.{digits}%}]"


def _told(study: "Study", settings: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {level(study, name, at)}" for name, at in settings.items())


def level(study: "Study", parameter: str, value: float) -> str:
    """A level of a parameter in words: with its unit, a demand also in dollars."""
    row = BY_NAME[parameter]
    if row.codes is not None:
        return row.codes(int(value)).name.lower().replace("_", " ")
    if parameter == DEMAND:
        usd = study.scenario.money.usd_bn(value)
        return f"{value:.2f} payments (${usd:.3g}bn)"
    unit = "" if row.unit in ("1", "probability") else f" {row.unit}"
    return f"{value:.4g}{unit}"


def _happen(study: "Study") -> str:
    """The outcome of the study as a clause."""
    name = study.outcome
    return "the talks break down in" if name == "breakdown" else f"{EVENTS[name].words}: in"


def _along(study: "Study", rows: pd.DataFrame) -> list[str]:
    """One parameter: at its reported or central level, and from end to end."""
    parameter, event = study.parameters[0], study.scenario.reported
    lines = []
    middle = event.demand if parameter == DEMAND else study.central(parameter)
    at = nearest(rows, parameter, middle)
    if np.isclose(at[parameter], middle):
        where = f"At {parameter} = {level(study, parameter, middle)}, as in the case"
        if parameter == DEMAND:
            usd = study.scenario.money.usd_bn(middle)
            where = f"At the {event.label} (${usd:.3g}bn, {middle:.2f} times the payment)"
        where += "" if parameter == DEMAND else ","
        lines.append(_at(study, at, where))
    ends = [rows.iloc[0].to_dict(), rows.iloc[-1].to_dict()]
    if len(rows) > 1:
        low, high = (level(study, parameter, end[parameter]) for end in ends)
        verb = "grows" if BY_NAME[parameter].codes is None else "changes"
        lines.append(
            f"As {BY_NAME[parameter].meaning.split(':')[0]} {verb} from {low} to {high}, "
            f"{EVENTS[study.outcome].words} goes from {share(ends[0], study.outcome)} to "
            f"{share(ends[1], study.outcome)} ({_n(rows)})."
        )
    return lines


def _at(study: "Study", row: Mapping[str, Any], where: str) -> str:
    words = (
        f"{where} {_happen(study)} {share(row, study.outcome)} of {int(row['n']):,} negotiations"
    )
    if study.outcome != "breakdown":
        return words + "."
    names = sorted((name for _, name in CAUSES), key=lambda name: -float(row[name]))
    return f"{words}: {', '.join(f'{EVENTS[name].words} {share(row, name)}' for name in names)}."


def _extremes(study: "Study", rows: pd.DataFrame) -> str:
    """Several parameters: where the outcome is rarest and where it is most frequent."""
    order = rows[study.outcome].to_numpy().argsort(kind="stable")
    words = []
    for adjective, index in (("rarest", order[0]), ("most frequent", order[-1])):
        row = rows.iloc[int(index)].to_dict()
        where = ", ".join(f"{name} = {level(study, name, row[name])}" for name in study.parameters)
        words.append(f"{adjective} at {where}: {share(row, study.outcome)}")
    which = " played, near the line of 1/2," if study.refine else ""
    return (
        f"Over {len(rows):,} settings{which} {EVENTS[study.outcome].words} is "
        f"{words[0]}; {words[1]} ({_n(rows)})."
    )


def _n(rows: pd.DataFrame) -> str:
    low, high = int(rows["n"].to_numpy().min()), int(rows["n"].to_numpy().max())
    return f"n = {low:,} each" if low == high else f"n = {low:,} to {high:,} each"


def _over_draws(study: "Study", rows: pd.DataFrame, words: str) -> str:
    """Draws of uncertain parameters: the mean, and the middle nine tenths of the draws."""
    levelled = [factor.parameter for factor in study.factors if factor.levels]
    where = ""
    if levelled:
        name = levelled[0]
        middle = study.scenario.reported.demand if name == DEMAND else study.central(name)
        chosen = nearest(rows, name, middle)[name]
        rows = pd.DataFrame(rows[rows[name] == chosen])
        where = f" at {name} = {level(study, name, chosen)}"
    p = rows[study.outcome].to_numpy()
    low, high = np.quantile(p, [0.05, 0.95])
    arm = "" if len(study.variants) == 1 else f" ({words})"
    return (
        f"Over {len(rows):,} settings of {_listed(study)}{where}{arm}, "
        f"{EVENTS[study.outcome].words} is {p.mean():.1%} on average and between {low:.1%} and "
        f"{high:.1%} in nine settings of ten ({_n(rows)})."
    )


def _listed(study: "Study") -> str:
    names = [factor.parameter for factor in study.factors if not factor.levels]
    return ", ".join(names) if len(names) <= 4 else f"{len(names)} parameters"


def _differences(study: "Study", estimates: pd.DataFrame) -> list[str]:
    """Each variant against the first, at the reported or central setting."""
    lines = []
    for variant in study.variants[1:]:
        rows = variant_rows(estimates, variant.name)
        rows = pd.DataFrame(rows[rows[f"{study.outcome}_difference"].notna()])
        if rows.empty:
            continue
        row, where = _central(study, rows)
        if not lines:
            first = study.variants[0]
            lines.append(f"Against {first.words}{where}:")
        name = f"{study.outcome}_difference"
        said = in_words(
            f"- {variant.words}:", row[name], row[f"{name}_low"], row[f"{name}_high"],
            row["pairs"] if study.common else row["n"], paired=study.common,
        )  # fmt: skip
        lines.append(f"{said}; {EVENTS[study.outcome].words} {share(row, study.outcome)}.")
    return lines


def _central(study: "Study", rows: pd.DataFrame) -> tuple[dict[str, Any], str]:
    """The row nearest to the case's own setting, and where that is in words."""
    distance = np.zeros(len(rows))
    for name in study.parameters:
        middle = study.scenario.reported.demand if name == DEMAND else study.central(name)
        values = rows[name].to_numpy(float)
        finite = values[np.isfinite(values)]
        spread = (np.ptp(finite) if len(finite) else 0.0) or 1.0
        distance += np.minimum(distances(values, middle) / spread, 1e9)
    row = rows.iloc[int(distance.argmin())].to_dict()
    if not study.parameters:
        return row, ""
    told = (f"{name} = {level(study, name, row[name])}" for name in study.parameters)
    return row, " at " + ", ".join(told)


def table(study: "Study", estimates: pd.DataFrame) -> list[str]:
    """The estimates as a small table: at most a dozen rows, spread evenly."""
    chosen = estimates
    if len(estimates) > MOST_ROWS:
        spread = np.linspace(0, len(estimates) - 1, MOST_ROWS).round().astype(int)
        chosen = estimates.iloc[np.unique(spread)]
    arms, shown = len(study.variants) > 1, study.parameters[:MOST_COLUMNS]
    head = [*(["variant"] if arms else []), *shown, "n", study.outcome,
            "median deal", "of deals"]  # fmt: skip
    rows = [[*([str(row["variant"])] if arms else []),
             *(f"{row[name]:.4g}" for name in shown), f"{int(row['n']):,}",
             share(row, study.outcome), f"{row['settlement_median']:.3f}",
             f"{int(row['deals']):,}"] for row in chosen.to_dict("records")]  # fmt: skip
    lines = aligned([head, *rows])
    if len(estimates) > len(chosen):
        lines.append(f"({len(chosen)} of {len(estimates):,} rows)")
    if len(shown) < len(study.parameters):
        left = len(study.parameters) - len(shown)
        lines.append(f"({left} more parameters vary: see estimates.csv)")
    return lines


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]

"""What the file of a posterior cannot be: keys, names and rows that this model could not play."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from experiments.provenance import model_fingerprint, versions
from experiments.study import MOST_ROUNDS, ROUNDS_AFTER_EXPIRY
from sim.case_file import NAME
from sim.parameters import BY_NAME

SCHEMA = 1
LEAST_DRAWS = 20
MOST_WORDS = 160  # characters of a title or verdict
CALIBRATED, NOT_CALIBRATED = "calibrated", "not calibrated"
_SHOWN = 60  # characters of a value in a message


def shown(value: object) -> str:
    """A value in a message, cut short."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _is_line(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_WORDS and value.isprintable()


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def wrong_posterior(told: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a file, a line each."""
    line = f"a text of 1 to {MOST_WORDS} characters on one line"
    model = model_fingerprint()
    rules = {
        "winset_posterior": (
            lambda value: type(value) is int and value == SCHEMA,
            f"{SCHEMA}, the schema that this Winset reads",
        ),
        "name": (
            lambda value: isinstance(value, str) and bool(re.fullmatch(NAME, value)),
            "letters, digits, _ . - (at most 64)",
        ),
        "title": (_is_line, line), "verdict": (_is_line, line),
        "date": (_is_date, "a date, such as 2019-12-31"),
        "status": (
            lambda value: value in (CALIBRATED, NOT_CALIBRATED),
            f'one of "{CALIBRATED}", "{NOT_CALIBRATED}"',
        ),
        "model": (
            lambda value: value == model,
            f"{shown(model)}, the model of Winset {versions()['winset']} here: calibrate again "
            "with this version",
        ),
    }  # fmt: skip
    for key, (is_right, allowed) in rules.items():
        if key not in told:
            yield f"{key} is missing; it must be {allowed}"
        elif not is_right(told[key]):
            yield f"{key} is {shown(told[key])}; it must be {allowed}"
    shared: Any = told.get("parameters")
    single: Any = told.get("episode_parameters", [])
    wrong = [*_wrong_names("parameters", shared), *_wrong_names("episode_parameters", single)]
    yield from wrong
    if not wrong:
        yield from _wrong_draws([*shared, *single], told.get("draws"))


def _wrong_names(key: str, names: Any) -> Iterator[str]:
    """What is wrong with the names of the columns."""
    own = key == "parameters"
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        yield f"{key} is {shown(names)}; it must be a list of names"
        return
    if own and not names:
        yield f"{key} is []; it must name at least one parameter"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{key} has {shown(name)} twice; names must differ"
    for name in names:
        case, colon, parameter = ("", ":", name) if own else name.partition(":")
        row = BY_NAME.get(parameter)
        if not colon or not (own or re.fullmatch(NAME, case)):
            yield f"{key} has {shown(name)}; it must be a case and a parameter, CASE:PARAMETER"
        elif parameter == ROUNDS_AFTER_EXPIRY:
            continue
        elif row is None:
            yield f"{key} has {shown(name)}; it must be the full name of a parameter"
        elif row.whole or row.codes is not None:
            yield f"{key} has {shown(name)}; a whole number or a code is not drawn"


def _wrong_draws(names: Sequence[str], draws: Any) -> Iterator[str]:
    """What is wrong with the rows."""
    if not isinstance(draws, list) or len(draws) < LEAST_DRAWS:
        found = f"{len(draws)} rows" if isinstance(draws, list) else shown(draws)
        yield f"draws is {found}; it must be a list of at least {LEAST_DRAWS} rows"
        return
    bounds = []
    for name in names:
        row = BY_NAME.get(name.rpartition(":")[2])
        bounds.append((1, MOST_ROUNDS) if row is None else (row.low, row.high))
    whole = [name.rpartition(":")[2] == ROUNDS_AFTER_EXPIRY for name in names]
    for index, row in enumerate(draws):
        if not isinstance(row, list) or len(row) != len(names):
            found = f"{len(row)} values" if isinstance(row, list) else shown(row)
            yield f"draws, row {index} is {found}; it must be a list of {len(names)} numbers"
            continue
        for name, value, (low, high), is_whole in zip(names, row, bounds, whole, strict=True):
            if not _fits(value, low, high) or (is_whole and value != int(value)):
                kind = "a whole number" if is_whole else "a finite number"
                yield (
                    f"draws, row {index}, {name} is {shown(value)}; it must be {kind} in "
                    f"[{low:g}, {high:g}]"
                )


def _fits(value: Any, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return low <= value <= high and math.isfinite(value)
    except OverflowError:  # of a whole number that no float can hold
        return False

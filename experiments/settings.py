"""Values of parameters as people write them: a number, a code's name, an amount of money."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sim.errors import InputError
from sim.money import Money
from sim.parameters import BY_NAME, Parameter
from sim.scenario import find_row

MOST_SHOWN = 60  # characters of a value in a message


def parameter_value(name: str, value: object, money: Money | None = None) -> tuple[str, float]:
    """The full name of a parameter and its value in the model's units.

    Parameters
    ----------
    name : full, or its last part where only one parameter ends so
    value : a number, or a text: of a number, of a code (`"take_it_or_leave_it"`), or, where the
        parameter is money and the case's money is given, of an amount (`"5 USD bn"`)

    Raises
    ------
    InputError
        Where there is no such parameter, or the value is none of these or out of range.
    """
    row = BY_NAME[find_row(name)]
    number = _number(row, value, money)
    whole = row.whole or row.codes is not None
    wrong = math.isnan(number) or not row.low <= number <= row.high
    if wrong or (whole and number != int(number)):
        raise InputError(f"{row.name} is {_shown(value)}; it must be {_allowed(row)}")
    return row.name, number + 0.0  # a negative zero is a zero: equal settings are one study


def _number(row: Parameter, value: object, money: Money | None) -> float:
    """The value as a number, NaN where it is none."""
    if isinstance(value, bool):
        return math.nan
    if not isinstance(value, str):
        try:
            return float(value)  # pyright: ignore[reportArgumentType]
        except (TypeError, ValueError, OverflowError):
            return math.nan
    if row.codes is not None and value.upper() in row.codes.__members__:
        return float(row.codes[value.upper()])
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return money.payments(value) if row.money and money is not None else math.nan
    except ValueError:
        return math.nan


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else f"{value}"
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def _allowed(row: Parameter) -> str:
    amount = ' (payments), or an amount such as "5 USD bn"' if row.money else ""
    return row.allowed + amount


def parameter_values(given: Mapping[str, object], money: Money | None = None) -> dict[str, float]:
    """A table of settings by full name.

    Raises
    ------
    InputError
        With every problem; also where two names mean the same parameter.
    """
    found: dict[str, float] = {}
    problems: list[str] = []
    for name, value in given.items():
        try:
            full, number = parameter_value(name, value, money)
        except InputError as error:
            problems += error.problems
            continue
        if full in found:
            problems.append(f"{full} is set twice")
        found[full] = number
    if problems:
        raise InputError(*problems)
    return found


def read_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """NAME=VALUE options as a table of texts.

    Raises
    ------
    InputError
        Where one has no "=", or a name is given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"{option} is {pair!r}; it must be NAME=VALUE")
        if name in found:
            raise InputError(f"{option} gives {name} twice")
        found[name] = value
    return found


def spaced(name: str, low: float, high: float, count: int, scale: str) -> list[float]:
    """Equally spaced levels, rounded to ten digits: after the point, or on a logarithmic scale all.

    Raises
    ------
    InputError
        Where the ends are not finite, out of order, or not positive on a logarithmic scale.
    """
    if not (np.isfinite([low, high]).all() and low <= high) or (scale == "log" and low <= 0.0):
        raise InputError(
            f"{name} is {low:g} to {high:g} ({scale}); it must be finite, low not above high, and "
            "positive on a logarithmic scale"
        )
    with np.errstate(over="ignore", invalid="ignore"):  # ends that far apart are out of any range
        if scale == "log":
            return [float(f"{level:.10g}") for level in np.geomspace(low, high, count)]
        return np.linspace(low, high, count).round(10).tolist()

"""A case file becomes a frozen scenario: the only place where the inputs of the talks are checked.

>>> scenario = read_scenario("korea_2019")
>>> round(scenario.values["president.demand"], 2)
5.58
>>> points = scenario.points({"president.demand": [2.0, 4.0]})
>>> len(points)
2
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.anticipation import assembly_limit
from sim.case import Calendar, DesignPoints, Party, ReportedEvent, RoundDate
from sim.case_file import NAME, SECTIONS, problem, read_case_form
from sim.design_points import BLOC, POINT, Limit, complete
from sim.draws import point_word
from sim.errors import InputError
from sim.money import Money, parse_amount
from sim.parameters import BY_NAME, PARAMETERS, find_parameter
from sim.terms import Family, Policy

SEEDS = Path(__file__).parents[1] / "seeds"  # beside sim/ in a checkout and in a wheel


@dataclass(frozen=True)
class Scenario:
    """One case, checked and in the model's units. Build it with `read_scenario`."""

    name: str
    title: str
    calibrated: bool
    money: Money
    base_year: int
    reported: ReportedEvent
    calendar: Calendar
    parties: tuple[Party, ...]
    blocs: NDArray[Any]
    members: int
    values: Mapping[str, float]
    digest: str
    text: str = field(repr=False)  # of the case file

    def points(
        self, varied: Mapping[str, ArrayLike] | None = None, *, solve: Limit = assembly_limit
    ) -> DesignPoints:
        """Design points: the case's values, with columns of other values for some parameters.

        Parameters
        ----------
        varied : parameter name -> values, shape (points,) or scalar; all of one length
        solve : finds what an Assembly would pass; a table in its place serves many thousand points

        Raises
        ------
        InputError
            Where a name is no parameter, a value is out of its range, or lengths differ.
        """
        columns = {find_row(k): _column(k, v) for k, v in (varied or {}).items()}
        length = max((len(column) for column in columns.values()), default=1)
        values = np.zeros(length, POINT)
        for row in PARAMETERS:
            values[row.field] = self.values[row.name]
        for name, column in columns.items():
            _check_column(name, column, length)
            values[BY_NAME[name].field] = column
        _check_together(values)
        blocs = np.repeat(self.blocs[None, :], length, axis=0)
        # Adding 0 turns a negative zero into a zero: equal points have equal draws.
        rows = np.column_stack([values[row.field] for row in PARAMETERS]) + 0.0
        words = [point_word(r.tobytes() + b.tobytes()) for r, b in zip(rows, blocs, strict=True)]
        complete(values, blocs, self.members, solve)
        return DesignPoints(values, blocs, np.array(words, np.uint64))


def find_row(name: str) -> str:
    """The full name of a parameter.

    Raises
    ------
    InputError
        Where it is none, or the end of several.
    """
    try:
        return find_parameter(name).name
    except KeyError as error:
        raise InputError(str(error.args[0])) from None


def _column(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        column = np.atleast_1d(np.asarray(values, "f8"))
    except (TypeError, ValueError):
        raise InputError(f"{name} is {values!r}; it must be numbers") from None
    if column.ndim != 1:
        raise InputError(f"{name} has the shape {column.shape}; it must be one column of values")
    return column


def _check_column(name: str, column: NDArray[np.float64], length: int) -> None:
    row = BY_NAME[name]
    if len(column) not in (1, length):
        raise InputError(f"{name} has {len(column)} values beside columns of {length}")
    whole = row.whole or row.codes is not None
    right = (row.low <= column) & (column <= row.high)
    if whole:
        right &= column == np.floor(column)
    if not right.all():
        kind = "a whole number" if whole else "a number"
        raise InputError(
            f"{name} is {column[~right][0]:g}; it must be {kind} in [{row.low:g}, {row.high:g}]"
        )


def _check_together(values: NDArray[Any]) -> None:
    """Refuse settings whose parts contradict each other."""
    equilibrium = Policy.CHATTERJEE_SAMUELSON
    auction = (values["negotiators_policy"] == equilibrium) | (
        values["ministry_policy"] == equilibrium
    )
    laws = ("reservation_family", "reservation_mean", "reservation_sd")
    same = np.logical_and.reduce(
        [values[f"president_{k}"] == values[f"ministry_{k}"] for k in laws]
    )
    uniform = (values["president_reservation_family"] == Family.UNIFORM) & (
        values["president_reservation_sd"] > 0
    )
    if np.any(auction & ~(same & uniform)):
        raise InputError(
            "policy chatterjee_samuelson needs both reservation values uniform on the same "
            "interval: set reservation_family, _mean and _sd of president and ministry alike"
        )


def case_path(case: str | Path) -> Path:
    """Where a case file lies: a path that ends in .toml, or the name of a case that is shipped.

    Raises
    ------
    InputError
        Where a name is not plain, or no case of that name is shipped.
    """
    if str(case).endswith(".toml"):
        return Path(case)
    if re.fullmatch(NAME, str(case)) is None:
        raise InputError(f"case {str(case)!r} must be a file that ends in .toml or a plain name")
    folder = SEEDS / "cases"
    path = folder / f"{case}.toml"
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise InputError(f"case {str(case)!r} is not shipped; shipped are: {shipped}")
    return path


def read_scenario(case: str | Path) -> Scenario:
    """Read a case file.

    Parameters
    ----------
    case : a path that ends in .toml, or the name of a shipped case such as "korea_2019"

    Raises
    ------
    InputError
        With one line for each problem: file, line, key, value and what is allowed.
    """
    path = case_path(case)
    form, text = read_case_form(path)
    problems = _cross_checks(path, text, form)
    if problems:
        raise InputError(*problems)
    money = Money(_single_units(form.money.payment_krw), _single_units(form.money.payment_usd))
    calendar = Calendar(
        tuple(RoundDate(r.start, r.end, r.place) for r in form.calendar.rounds),
        form.calendar.expiry, form.calendar.security_deadline, form.calendar.turnover,
    )  # fmt: skip
    values = calendar.clock()
    for section in SECTIONS:
        for key, value in getattr(form, section):
            name = f"{section}.{key}"
            if name in BY_NAME:
                values[name] = _number(name, value, money)
    _check_amounts(path, text, values | {"reported.demand": money.payments(form.reported.demand)})
    blocs = np.array(
        [tuple(float(getattr(b, name)) for name in BLOC.names or ()) for b in form.assembly.blocs],
        BLOC,
    )
    reported = form.reported
    event = ReportedEvent(
        reported.label, money.payments(reported.demand), reported.day, reported.source
    )
    scenario = Scenario(
        form.name, form.title, form.status == "calibrated", money, form.money.base_year, event,
        calendar, tuple(Party(b.party, b.side) for b in form.assembly.blocs), blocs,
        form.assembly.members, values, hashlib.sha256(text.encode()).hexdigest(), text,
    )  # fmt: skip
    _check_consistent(path, scenario)
    return scenario


def _check_consistent(path: Path, scenario: Scenario) -> None:
    """The checks of a design point, said of the file that it comes from."""
    row = np.zeros(1, POINT)
    for name, value in scenario.values.items():
        row[BY_NAME[name].field] = value
    try:
        _check_together(row)
    except InputError as error:
        raise InputError(*(f"{path}: {words}" for words in error.problems)) from None


def _single_units(amount: str) -> float:
    """A base payment in single won or dollars (1 payment: the value is in payments of 1)."""
    return parse_amount(amount)[0]


def _number(name: str, value: Any, money: Money) -> float:
    row = BY_NAME[name]
    if row.codes is not None:
        return float(row.codes[value.upper()])
    return money.payments(value) if row.money else float(value)


def _check_amounts(path: Path, text: str, values: Mapping[str, float]) -> None:
    """Amounts are read as text, so that their range is known only after conversion."""
    problems = []
    bounds = {row.name: (row.low, row.high) for row in PARAMETERS if row.money}
    bounds["reported.demand"] = bounds["president.demand"]
    for name, (low, high) in bounds.items():
        if not low <= values[name] <= high:
            words = (
                f"is {values[name]:g} payments; it must be an amount of {low:g} to {high:g} "
                "payments"
            )
            problems.append(problem(path, text, tuple(name.split(".")), words))
    if problems:
        raise InputError(*problems)


def _cross_checks(path: Path, text: str, form: Any) -> list[str]:
    """Problems between keys: seats that do not add up, dates out of order, wrong currencies."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    seats = sum(bloc.seats for bloc in form.assembly.blocs)
    if seats != form.assembly.members:
        words = f"is {form.assembly.members}; the seats of [[assembly.blocs]] sum to {seats}"
        found.append((("assembly", "members"), words))
    rounds = form.calendar.rounds
    for index, held in enumerate(rounds):
        if held.end < held.start:
            words = f"is {held.end}; it must not be before the round's start, {held.start}"
            found.append((("calendar", "rounds", index, "end"), words))
        if index and held.start <= rounds[index - 1].end:
            words = f"is {held.start}; it must be after the round before, {rounds[index - 1].end}"
            found.append((("calendar", "rounds", index, "start"), words))
    for key, currency in (("payment_krw", "KRW"), ("payment_usd", "USD")):
        amount = getattr(form.money, key)
        if currency not in amount or _single_units(amount) <= 0.0:
            words = f"is {amount!r}; it must be a positive amount in {currency}"
            found.append((("money", key), words))
    return [problem(path, text, location, words) for location, words in found]

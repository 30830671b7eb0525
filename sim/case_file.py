"""The form of a case file: what keys it has, what each may hold, and errors that say so.

Reading never executes anything: TOML by the standard library, checked by pydantic, with limits on
size and nesting set before parsing. Every problem of a file is reported, each with the line, the
key, the value and what is allowed.
"""

import difflib
import re
import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from sim.errors import InputError
from sim.money import AMOUNT_FORM, parse_amount
from sim.parameters import BLOC_PARAMETERS, PARAMETERS, Parameter

# A long dotted key takes tomllib time that grows with the square of its parts: lines are short.
MAX_BYTES, MAX_LINE = 200_000, 1_000
MAX_PROBLEMS = 100  # that are told of one file
FROM_CALENDAR = ("talks.rounds", "talks.expiry_round", "turnover.round", "security.deadline_round")
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"

_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)


class Form(BaseModel):
    """A table of the file: no key beyond the declared ones, no conversion of types."""

    model_config = _STRICT


def _amount(text: str) -> str:
    parse_amount(text)
    return text


def _field(row: Parameter) -> Any:
    """The pydantic field of one row of the table."""
    if row.codes is not None:
        return Literal[tuple(code.name.lower() for code in row.codes)]
    if row.money:
        return Annotated[str, AfterValidator(_amount)]
    kind: Any = int if row.whole else float
    return Annotated[kind, Field(ge=row.low, le=row.high)]


# Texts fit where figures and transcripts put them: on one line.
Line = Annotated[str, Field(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]{1,100}$")]
ShortLine = Annotated[str, Field(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]{1,40}$")]


def _section(name: str, **more: Any) -> type[Form]:
    rows = [r for r in PARAMETERS if r.name.startswith(name + ".") and r.name not in FROM_CALENDAR]
    fields: Any = {row.name.split(".")[1]: (_field(row), ...) for row in rows}
    return create_model(name.capitalize(), __base__=Form, **fields, **more)


class Round(Form):
    """One round of the calendar."""

    start: date
    end: date
    place: ShortLine


class Calendar(Form):
    """The dates from which the clock of the talks follows."""

    expiry: date
    security_deadline: date
    turnover: date
    rounds: Annotated[list[Round], Field(min_length=1, max_length=400)]


class MoneyForm(Form):
    """The base payment, once in each currency."""

    base_year: Annotated[int, Field(ge=1900, le=2200)]
    payment_krw: Annotated[str, AfterValidator(_amount)]
    payment_usd: Annotated[str, AfterValidator(_amount)]


class Reported(Form):
    """The reported event that figures mark: its demand, its date, its source."""

    label: ShortLine
    demand: Annotated[str, AfterValidator(_amount)]
    day: date
    source: Line


_BLOC = create_model(
    "Bloc",
    __base__=Form,
    party=(ShortLine, ...),
    side=(Literal["government", "opposition", "other"], ...),
    **{row.name: (_field(row), ...) for row in BLOC_PARAMETERS},  # pyright: ignore[reportArgumentType, reportCallIssue]
)

SECTIONS = (
    "president", "negotiators", "ministry", "assembly", "public", "talks", "package", "turnover",
    "precedent", "security",
)  # fmt: skip

_ASSEMBLY_EXTRA: dict[str, Any] = {
    "members": (Annotated[int, Field(ge=1, le=1000)], ...),
    "blocs": (Annotated[list[_BLOC], Field(min_length=1, max_length=60)], ...),
}

CaseForm = create_model(
    "CaseForm",
    __base__=Form,
    schema_version=(Annotated[int, Field(ge=1, le=1)], ...),
    name=(Annotated[str, Field(pattern=f"^{NAME}$")], ...),
    title=(Line, ...),
    status=(Literal["uncalibrated", "calibrated"], ...),
    money=(MoneyForm, ...),
    reported=(Reported, ...),
    calendar=(Calendar, ...),
    **{s: (_section(s, **(_ASSEMBLY_EXTRA if s == "assembly" else {})), ...) for s in SECTIONS},  # pyright: ignore[reportArgumentType, reportCallIssue]
)  # fmt: skip

_ALLOWED = {row.name: AMOUNT_FORM if row.money else row.allowed for row in PARAMETERS} | {
    f"assembly.blocs.{row.name}": row.allowed for row in BLOC_PARAMETERS
} | {
    section: f"a table [{section}]" for section in ("money", "reported", "calendar", *SECTIONS)
} | {
    f"calendar.{key}": "a date, such as 2019-12-31"
    for key in ("expiry", "security_deadline", "turnover", "rounds.start", "rounds.end")
} | {
    "title": "a text of 1 to 100 characters on one line",
    "reported.source": "a text of 1 to 100 characters on one line",
    "reported.label": "a text of 1 to 40 characters on one line",
    "calendar.rounds.place": "a text of 1 to 40 characters on one line",
    "assembly.blocs.party": "a text of 1 to 40 characters on one line",
    "schema_version": "1",
    "name": "a name of letters, digits, _ . - (at most 64)",
    "status": 'one of "uncalibrated", "calibrated"',
    "money.base_year": "a year in [1900, 2200]",
    "money.payment_krw": AMOUNT_FORM,
    "money.payment_usd": AMOUNT_FORM,
    "reported.demand": AMOUNT_FORM,
    "reported.day": "a date, such as 2019-12-31",
    "assembly.members": "a whole number in [1, 1000]",
    "assembly.blocs": "1 to 60 tables [[assembly.blocs]]",
    "assembly.blocs.side": 'one of "government", "opposition", "other"',
    "calendar.rounds": "1 to 400 tables [[calendar.rounds]]",
}  # fmt: skip


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Parse a TOML file within limits; returns the table and the text.

    Raises
    ------
    InputError
        Where the file cannot be read, is too large, or is not TOML.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is not a file")  # a pipe would keep us waiting
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than the {MAX_BYTES} bytes that a file may have")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8 text") from None
    except ValueError as error:  # a null character in the name
        raise InputError(f"{str(path)!r}: cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise InputError(f"{path}:{number}: longer than the {MAX_LINE} characters of a line")
    try:
        return tomllib.loads(text), text
    except RecursionError:
        raise InputError(f"{path}: not valid TOML: nested too deeply") from None
    except ValueError as error:
        words, _, place = str(error).partition(" (at line ")
        line = f"{path}:{int(place.split(',')[0])}" if place else str(path)
        raise InputError(f"{line}: not valid TOML: {words}") from None


Location = tuple[str | int, ...]
_HEADER = re.compile(r"\s*\[(\[?)([^\[\]]+)\]")
_KEY = re.compile(r"([^=#]+)=")


def line_of(text: str, location: Location) -> int | None:
    """The line of a key; where it is missing, of the table that it should stand in."""
    lines = _lines(text)
    found = (lines.get(location[:depth]) for depth in range(len(location), 0, -1))
    return next((line for line in found if line is not None), None)


@lru_cache(maxsize=1)
def _lines(text: str) -> dict[Location, int]:
    """The first line on which each location, down to the fourth level, is written to."""
    lines: dict[Location, int] = {}
    last: dict[Location, int] = {}  # array of tables -> place of its last one, counted from 0
    table: Location = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            here = table = _table(_parts(header[2]), bool(header[1]), last)
        elif key := _KEY.match(line):
            here = (*table, *_parts(key[1]))
        else:
            continue
        for depth in range(1, 5):
            lines.setdefault(here[:depth], number)
    return lines


def _parts(dotted: str) -> Location:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _table(names: Location, one_of_many: bool, last: dict[Location, int]) -> Location:
    """The location that a header opens: names, each array's name followed by a place in it."""
    here: Location = ()
    for count, name in enumerate(names, 1):
        here = (*here, name)
        if one_of_many and count == len(names):
            last[here] = last.get(here, -1) + 1
        if here in last:
            here = (*here, last[here])
    return here


def problem(path: Path, text: str, location: Location, words: str) -> str:
    """One line: file, line, key, and what is wrong with it."""
    key = ""
    for part in location:
        if isinstance(part, int):
            key += f"[{part + 1}]"
        else:
            plain = part if re.fullmatch(r"[\w-]+", part) else ascii(part)
            key += f".{plain}" if key else plain
    line = line_of(text, location)
    return f"{path}:{line}: {key} {words}" if line else f"{path}: {key} {words}"


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _words(error: Any, form: type[BaseModel], allowed: dict[str, str]) -> str:
    """What is wrong, from a pydantic error and the table of what is allowed."""
    location: Location = error["loc"]
    plain = ".".join(part for part in location if isinstance(part, str))
    if error["type"] == "extra_forbidden":
        known = list(_keys_at(form, location[:-1]))
        near = difflib.get_close_matches(str(location[-1]), known, 1, 0.5)
        if plain in FROM_CALENDAR:
            return "is an unknown key here: the clock follows from [calendar]"
        hint = f"did you mean {near[0]!r}?" if near else "allowed are " + ", ".join(known)
        return f"is an unknown key; {hint}"
    rule = allowed.get(plain)
    must = f"must be {rule}" if rule else error["msg"][0].lower() + error["msg"][1:]
    if error["type"] == "missing":
        return f"is missing; it {must}" if rule else "is missing"
    return f"is {_shown(error['input'])}; it {must}"


def _keys_at(form: type[BaseModel], location: Location) -> list[str]:
    """The keys that the table at a location may have."""
    here: Any = form
    for part in location:
        if isinstance(part, str) and hasattr(here, "model_fields") and part in here.model_fields:
            here = here.model_fields[part].annotation
            here = getattr(here, "__args__", (here,))[0]
    return list(getattr(here, "model_fields", {}))


def check(
    path: Path, text: str, table: dict[str, Any], form: type[BaseModel], allowed: dict[str, str]
) -> Any:
    """The table as a checked form.

    Raises
    ------
    InputError
        With one line for each problem.
    """
    try:
        return form.model_validate(table)
    except ValidationError as failure:
        errors = failure.errors()
        problems = [
            problem(path, text, error["loc"], _words(error, form, allowed))
            for error in errors[:MAX_PROBLEMS]
        ]
        if len(errors) > MAX_PROBLEMS:
            problems.append(f"{path}: and {len(errors) - MAX_PROBLEMS} more problems")
        raise InputError(*problems) from None


def read_case_form(path: Path) -> tuple[Any, str]:
    """The checked form of a case file, with its text.

    Raises
    ------
    InputError
        With one line for each problem, as far as keys, types and ranges go.
    """
    table, text = read_toml(path)
    return check(path, text, table, CaseForm, _ALLOWED), text

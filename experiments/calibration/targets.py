"""Targets: reported figures that a calibration is held against, read from a table and checked.

A target states one statistic of one episode with its error. `use` says what it may serve: "fit",
"hold-out" (kept from fitting, for the back-test) or "check" (shown beside the fit, because it
follows from other targets). `fit_rows` parses the fit rows alone: nothing that fits can see a
hold-out row, not even a wrong one.

>>> from datetime import date
>>> rows = fit_rows("targets", date(2019, 11, 19), {"korea_2013"})
>>> sorted({row.use for row in rows}), sorted({row.case for row in rows})
(['fit'], ['korea_2013'])
"""

import csv
import difflib
import io
import math
import re
from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from experiments.calibration.kernels import draw_report, log_kernel
from experiments.calibration.reported import WEIGHT_FORM, Target, targets_digest, wrong_with
from experiments.calibration.statistics import STATISTICS
from sim.case_file import MAX_PROBLEMS, NAME
from sim.errors import InputError
from sim.scenario import SEEDS

__all__ = [
    "Target",
    "check_rows",
    "count_held_out",
    "draw_report",
    "fit_rows",
    "hold_out_rows",
    "log_kernel",
    "read_targets",
    "targets_digest",
    "targets_path",
]

SHIPPED = "targets"
FIT, HOLD_OUT, CHECK = USES = ("fit", "hold-out", "check")
COLUMNS = (
    "id", "case", "agreement", "statistic", "use", "weight", "low", "high", "error", "value",
    "unit", "date", "source_title", "source_url", "evidence", "confidence", "note",
)  # fmt: skip
NUMBERS = ("weight", "value", "low", "high", "error")
MAX_BYTES, MAX_ROWS = 1_000_000, 2_000
LARGEST = 1e9  # number that a cell may hold


def targets_path(targets: str | Path) -> Path:
    """Where a table of targets lies: a path that ends in .csv, or "targets" for the shipped one.

    Raises
    ------
    InputError
        Where it is neither.
    """
    if str(targets) == SHIPPED:
        return SEEDS / "reported" / "targets.csv"
    if not str(targets).endswith(".csv"):
        raise InputError(
            f"targets is {_shown(str(targets))}; it must be {SHIPPED!r}, the shipped ones, or a "
            "file that ends in .csv"
        )
    return Path(targets)


def read_targets(targets: str | Path = SHIPPED) -> tuple[Target, ...]:
    """Every target of a table, of whatever use.

    Raises
    ------
    InputError
        With one line for each problem: file, line, id, key, value and what is allowed.
    """
    return _read(targets_path(targets), lambda use, case: True)


def hold_out_rows(
    targets: str | Path = SHIPPED, cases: Collection[str] | None = None
) -> tuple[Target, ...]:
    """The hold-out rows alone, of some cases or of all; no other row is parsed."""
    return _read(targets_path(targets), _of(HOLD_OUT, cases))


def check_rows(
    targets: str | Path = SHIPPED, cases: Collection[str] | None = None
) -> tuple[Target, ...]:
    """The rows that are shown beside a fit, of some cases or of all; no other row is parsed."""
    return _read(targets_path(targets), _of(CHECK, cases))


def count_held_out(targets: str | Path, case: str) -> int:
    """How many hold-out rows a case has; nothing that they report is read.

    Raises
    ------
    InputError
        Where the file is no table of targets.
    """
    rows = [row.cells for row in _rows(targets_path(targets))]
    return sum(row["use"] == HOLD_OUT and row["case"] == case for row in rows)


def fit_rows(
    targets: str | Path, known_on: date, cases: Collection[str] | None = None
) -> tuple[Target, ...]:
    """The rows that may be fitted, of some cases or of all; no other row is parsed.

    Parameters
    ----------
    targets : a path that ends in .csv, or "targets" for the shipped ones
    known_on : the day of the fit; a row that was not known by then is refused
    cases : whose rows to read; a fit row of a case that is neither among them nor shipped is
        refused, since a misspelt case would drop it in silence

    Raises
    ------
    InputError
        With one line for each problem, as `read_targets`.
    """
    return _read(targets_path(targets), _of(FIT, cases), known_on, cases)


def _of(wanted: str, cases: Collection[str] | None) -> Callable[[str, str], bool]:
    return lambda use, case: use == wanted and (cases is None or case in cases)


def _read(
    path: Path, wanted: Callable[[str, str], bool], known_on: date | None = None,
    cases: Collection[str] | None = None,
) -> tuple[Target, ...]:  # fmt: skip
    found: list[Target] = []
    problems: list[str] = []
    known = None if cases is None else {*cases, *_shipped_cases()}
    lines: dict[str, int] = {}
    for line, row in _rows(path):
        where = f"{path}:{line}: {row['id'] or 'a row'}:"
        wrong = _wrong_head(row, lines, known)
        lines.setdefault(row["id"], line)
        if not wrong and wanted(row["use"], row["case"]):
            target, wrong = _parsed(row)
            if target is not None and known_on is not None and target.date > known_on:
                words = f"is {target.date}; a row that is fitted must be known by {known_on}"
                wrong.append(("date", words))
            found += [target] if target is not None else []
        problems += [f"{where} {key} {words}" for key, words in wrong]
    if len(problems) > MAX_PROBLEMS:
        more = f"{path}: and {len(problems) - MAX_PROBLEMS} more problems"
        problems = [*problems[:MAX_PROBLEMS], more]
    if problems:
        raise InputError(*problems)
    return tuple(found)


class _Line(NamedTuple):
    """A row of the table: the line that it starts on, and its cells by column."""

    number: int
    cells: dict[str, str]


def _rows(path: Path) -> Iterator[_Line]:
    """The rows, with nothing read of them beyond text.

    Raises
    ------
    InputError
        Where the file cannot be read, is too large or no table, or lacks a column.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        head = next(reader, [])
        if missing := [name for name in COLUMNS if head.count(name) != 1]:
            raise InputError(
                f"{path}:1: the columns are {', '.join(map(_shown, head)) or 'none'}; needed once "
                f"each, and not there, are {', '.join(missing)}"
            )
        first = reader.line_num + 1
        for count, cells in enumerate(reader, 1):
            if count > MAX_ROWS:
                raise InputError(f"{path}:{first}: more than the {MAX_ROWS} rows of a table")
            if cells and len(cells) != len(head):
                raise InputError(f"{path}:{first}: has {len(cells)} cells; it must be {len(head)}")
            if cells:
                yield _Line(first, dict(zip(head, (cell.strip() for cell in cells), strict=True)))
            first = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: is not a table: {error}") from None


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is not a file")  # a pipe would keep us waiting
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than the {MAX_BYTES} bytes that a table may have")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8 text") from None
    except ValueError as error:  # a null character in the name
        raise InputError(f"{str(path)!r}: cannot be read: {error}") from None


def _shipped_cases() -> set[str]:
    return {path.stem for path in (SEEDS / "cases").glob("*.toml")}


Wrong = list[tuple[str, str]]


def _wrong_head(row: dict[str, str], lines: dict[str, int], cases: set[str] | None) -> Wrong:
    """What is wrong with what says whether a row is read at all: id, use and case."""
    found: Wrong = []
    if re.fullmatch(NAME, row["id"]) is None:
        words = f"is {_shown(row['id'])}; it must be letters, digits, _ . - (at most 64)"
        found.append(("id", words))
    elif row["id"] in lines:
        found.append(("id", f"stands on line {lines[row['id']]} too; it must be there once"))
    if row["use"] not in USES:
        found.append(("use", f"is {_shown(row['use'])}; it must be one of {', '.join(USES)}"))
    elif re.fullmatch(NAME, row["case"]) is None:
        found.append(("case", f"is {_shown(row['case'])}; it must be the name of a case"))
    elif row["use"] == FIT and cases is not None and row["case"] not in cases:
        words = f"is {_shown(row['case'])}, which is no case{_nearest(row['case'], cases)}"
        found.append(("case", words))
    return found


def _parsed(row: dict[str, str]) -> tuple[Target | None, Wrong]:
    """A row as a target, None where some cell cannot be read; and what is wrong with it."""
    wrong: Wrong = []
    if row["statistic"] not in STATISTICS:
        hint = _nearest(row["statistic"], STATISTICS)
        wrong.append(("statistic", f"is {_shown(row['statistic'])}, which is none{hint}"))
    numbers: dict[str, float | None] = {}
    for key in NUMBERS:
        numbers[key] = _number(row[key])
        if not abs(numbers[key] or 0.0) <= LARGEST:
            words = f"is {_shown(row[key])}; it must be a number in [{-LARGEST:g}, {LARGEST:g}]"
            wrong.append((key, words))
    if numbers["weight"] is None:
        wrong.append(("weight", f"is missing; it must be {WEIGHT_FORM}"))
    day = _day(row["date"])
    if day is None:
        wrong.append(("date", f"is {_shown(row['date'])}; it must be a day, such as 2019-11-19"))
    if wrong or day is None:
        return None, wrong
    words = {key: row[key] for key in COLUMNS if key not in (*NUMBERS, "date")}
    target = Target(**words, **numbers, date=day)  # pyright: ignore[reportArgumentType]
    return target, wrong_with(target)


def _number(text: str) -> float | None:
    """None where the cell is empty, NaN where it holds no number."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan


def _day(text: str) -> date | None:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]!r}?" if near else "; there are: " + ", ".join(sorted(known))


def _shown(text: str) -> str:
    shown = ascii(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."

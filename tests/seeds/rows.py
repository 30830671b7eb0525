"""The rows of seeds/reported as the tests of the seeds read them."""

import csv
import re
from functools import cache
from pathlib import Path

REPORTED = Path(__file__).resolve().parents[2] / "seeds" / "reported"
FILES = sorted(path.name for path in REPORTED.glob("*.csv"))
DERIVED = "derived from other rows of this folder"
ROW_ID = re.compile(
    r"\b(?:A\d\d-\d{3}|R\d\d-\d{3}|S\d\d|V-[A-Z]+\d+|E-SMA\d+|T-SMA\d+-[A-Z-]*[A-Z]"
    r"|SEAT-\d\d-\d{4}-\d\d-[A-Z]+|Y-\d{4}-[A-Z]{3}|FX-[AM]-[\d-]*\d|FX-I-[\d-]*\d"
    r"|RULE-[A-Z0-9-]*[A-Z0-9]|P-[A-Z]+\d+-\d\d)\b"
)


def rows_of(name):
    with (REPORTED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def all_rows():
    return [(name, row) for name in FILES for row in rows_of(name)]


@cache
def by_id():
    return {row["id"]: row for _, row in all_rows()}


def number(row_id):
    return float(by_id()[row_id]["value"])


def seats_of(prefix):
    """Seats by the end of a row's id, of the rows of one count: "SEAT-20-2019-11-"."""
    return {
        row["id"].removeprefix(prefix): int(row["value"])
        for row in rows_of("assembly_seats.csv")
        if row["id"].startswith(prefix)
    }


def same(printed, computed):
    """Whether the printed number is the computed one, rounded to the digits that are printed."""
    decimals = len(printed.partition(".")[2])
    return abs(float(printed) - computed) <= 0.5 * 10**-decimals + 1e-9

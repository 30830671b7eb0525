"""The page on the files of a run names every file, key and column, with the right units."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from experiments.estimates import estimate
from experiments.events import EVENTS
from experiments.outputs import write_tables
from experiments.results import SCHEMA_VERSION, LocalStore, read_manifest
from experiments.run import run_study
from experiments.study_making import make_study
from experiments.tally import BIN
from sim import Ending
from sim.outcomes import COLUMNS

PAGE = (Path(__file__).parents[2] / "results" / "README.md").read_text(encoding="utf-8")
NAMES = set(re.findall(r"`([^`]+)`", PAGE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with all that a run can have."""
    folder = tmp_path_factory.mktemp("page") / "run"
    variants = {"case": {}, "cheap_talk": {"president.audience_cost": 0.0}}
    study = make_study("korea_2019", vary={"demand": [3.0]}, variants=variants, replicates=20)
    run = run_study(study, where=folder, keep_rows=True)
    write_tables(run, folder, estimate(run))
    return folder


def general(name):
    """The name of a column as the page writes it: of all events at once, without its interval."""
    name = re.sub("_(low|high)$", "", name)
    for event in EVENTS:
        name = re.sub(f"^{event}($|_(?=alone|missed|difference))", r"<event>\1", name)
    return name


def section(title):
    return set(re.findall(r"`([^`]+)`", PAGE.split(f"## {title}\n")[1].split("\n## ")[0]))


def unnamed(columns, named, varies=("variant", "president.demand")):
    return {name for name in columns if not {name, general(name)} & named} - {*varies}


def test_every_file_is_named(folder):
    files = {path.name for path in folder.iterdir() if path.is_file()}
    assert files == {"manifest.json", "case.toml", "design.csv", "counts.parquet", "estimates.csv",
                     "rounds.csv"}  # fmt: skip
    assert files <= NAMES
    for kind in ("counts", "negotiations"):
        assert f"{kind}/block-NNNNNNN-<hash>.parquet" in NAMES


def test_every_key_of_the_manifest_is_named(folder):
    assert set(read_manifest(LocalStore(folder))) <= section("manifest.json")
    assert f"`schema_version` ({SCHEMA_VERSION})" in PAGE


def test_every_column_of_counts_is_named(folder):
    (block,) = (folder / "counts").iterdir()
    for path in (block, folder / "counts.parquet"):
        assert not unnamed(pq.read_schema(path).names, section("Counts"))
    assert section("Counts") - {"counts/", "variant", "president.demand", "design.csv"} <= {
        *pq.read_schema(block).names, *map(general, pq.read_schema(block).names), *EVENTS,
        "counts.parquet",
    }  # fmt: skip
    assert f"steps of {BIN} payments" in PAGE


def test_every_column_of_negotiations_has_its_unit_and_meaning(folder):
    (block,) = (folder / "negotiations").iterdir()
    assert not unnamed(pq.read_schema(block).names, section("Negotiations"))
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.unit} | {column.meaning} |\n" in PAGE
    codes = (f"{ending.value} {ending.name.lower().replace('_', ' ')}" for ending in Ending)
    assert f"Codes of `ending`: {', '.join(codes).replace('walk out', 'walk-out')}." in PAGE


@pytest.mark.parametrize("table", ["estimates.csv", "rounds.csv"])
def test_every_column_of_the_tables_is_named(folder, table):
    names = (folder / table).read_text(encoding="utf-8").partition("\n")[0].split(",")
    assert len(names) > 8
    assert not unnamed(names, section("Estimates"))


def test_the_order_of_ends_is_that_of_the_codes():
    order = ", ".join(f"`{ending.name.lower()}`" for ending in Ending)
    assert f"ending by ending in the order of {order} |" in PAGE

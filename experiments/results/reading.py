"""The results of a finished run, read back.

>>> results = read_results("results/demand")  # doctest: +SKIP
>>> results.counts[["design_point", "n", "ratified"]]  # doctest: +SKIP
"""

import csv
import importlib
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from experiments.results.arrays import as_dataset
from experiments.results.blocks import (
    SCHEMA_VERSION,
    find_blocks,
    parquet_columns,
    read_checked,
    read_parquet,
    table_of,
)
from experiments.results.errors import ResultsError
from experiments.results.folder import read_manifest, run_key
from experiments.results.inspection import Inspection, inspect
from experiments.results.store import Store, open_store
from experiments.tally import Totals
from sim.errors import InputError

_AGAIN = "give the run again to play it again"


@dataclass(frozen=True)
class Results:
    """A finished run.

    store : where it lies
    manifest : provenance, see results/README.md
    """

    store: Store
    manifest: dict[str, Any]

    @property
    def study(self) -> dict[str, Any]:
        """The study as the manifest holds it."""
        return self.manifest["study"]

    @cached_property
    def design(self) -> pd.DataFrame:
        """One row a design point: its number, its variant and what varies, by full name."""
        return self._table("design.csv")

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """One row a design point: probabilities with their intervals and n."""
        return self._table("estimates.csv")

    @cached_property
    def counts(self) -> pd.DataFrame:
        """One row a design point: what varies and the counts, summed over the blocks.

        Raises
        ------
        ResultsError
            Where a block is lost or damaged.
        """
        totals = Totals(len(self.design))
        for columns in self._found.whole.values():
            if columns["design_point"].max() >= len(self.design):
                raise ResultsError(f"{self.store.where}/design.csv: is damaged; {_AGAIN}")
            totals.add(columns)
        return self.design.merge(totals.table(), on="design_point")

    def negotiations(
        self, columns: Sequence[str] | None = None, design_point: int | None = None
    ) -> pd.DataFrame:
        """One row a negotiation.

        Parameters
        ----------
        columns : the columns that are wanted; None for all
        design_point : the design point that is wanted; None for all

        Raises
        ------
        InputError
            Where negotiations were not kept, or there is no such column or design point.
        ResultsError
            Where a block is lost or damaged.
        """
        return self._rows(columns, design_point).to_pandas()

    def to_polars(self) -> Any:
        """The counts as a frame of polars, which has to be installed."""
        columns = {
            str(name): values.to_numpy() if pd.api.types.is_numeric_dtype(values) else list(values)
            for name, values in self.counts.items()
        }
        return _extra("polars").from_arrow(table_of(columns))

    def to_xarray(self) -> Any:
        """The counts as a dataset of xarray, which has to be installed; see `as_dataset`."""
        _extra("xarray")
        grid = self.study["design"] == "grid"
        return as_dataset(self.design, self.counts, grid=grid, name=self.study["name"])

    @cached_property
    def _found(self) -> Inspection:
        """The blocks of counts, all of them whole."""
        found = inspect(self.store, run_key(self.manifest), keep_rows=False)
        for name, problem in found.problems.items():
            raise ResultsError(f"{self.store.where}/{name}: {problem}; {_AGAIN}")
        blocks = self.manifest["blocks"]
        if len(found.whole) != blocks:
            raise ResultsError(
                f"{self.store.where}: holds {len(found.whole)} of {blocks} blocks; {_AGAIN}"
            )
        return found

    @cached_property
    def _points(self) -> dict[int, NDArray[np.int64]]:
        """The design points of every block, by its number."""
        return {i: columns["design_point"] for i, columns in self._found.whole.items()}

    def _rows(self, columns: Sequence[str] | None, design_point: int | None) -> pa.Table:
        where = self.store.where
        if not self.manifest["keep_rows"]:
            raise InputError(f"{where}: keeps counts alone; run the study with --keep-rows")
        played = self._points
        if design_point is not None:
            played = {i: points for i, points in played.items() if design_point in points}
            if not played:
                raise InputError(
                    f"{where}: design point is {design_point}; it must be one that was played, "
                    f"in [0, {len(self.design) - 1}]"
                )
        files, parts = find_blocks(self.store, "negotiations"), []
        for index in played:
            for name in files.get(index, [f"negotiations/block-{index:07d}"])[:1]:
                try:
                    content = read_checked(self.store, name)
                except FileNotFoundError:
                    raise ResultsError(f"{where}/{name}: is missing; {_AGAIN}") from None
                parts.append(_wanted(content, f"{where}/{name}", columns, design_point))
        return pa.concat_tables(parts)

    def _table(self, name: str) -> pd.DataFrame:
        try:
            table = _parsed(self.store.read(name).decode("utf-8"))
            if table["design_point"].tolist() == list(range(len(table))):
                return table
            problem = "is damaged"
        except FileNotFoundError:
            problem = "is missing"
        except (ValueError, KeyError, csv.Error):
            problem = "is damaged"
        raise ResultsError(f"{self.store.where}/{name}: {problem}; {_AGAIN}")


def read_results(where: str | Path) -> Results:
    """The results of a finished run in a folder, or behind an address such as s3://bucket/folder.

    Raises
    ------
    InputError
        Where there is no run, it is not complete, or another version of Winset wrote it.
    ResultsError
        Where the folder cannot be read.
    """
    store = open_store(where)
    manifest = read_manifest(store)
    if not manifest:
        raise InputError(f"{store.where}: holds no manifest.json of a run")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{store.where}: is of version {manifest.get('schema_version')!r}; this Winset reads "
            f"version {SCHEMA_VERSION}"
        )
    if not manifest.get("complete"):
        raise InputError(f"{store.where}: the run is not complete; start it again to finish it")
    for key, kind in (("study", dict), ("blocks", int), ("keep_rows", bool)):
        if not isinstance(manifest.get(key), kind):
            raise InputError(
                f"{store.where}: manifest.json: {key} is {manifest.get(key)!r}; it must be a "
                f"{kind.__name__}"
            )
    return Results(store, manifest)


def _wanted(
    content: bytes, where: str, columns: Sequence[str] | None, design_point: int | None
) -> pa.Table:
    """The wanted part of a block of negotiations."""
    there = parquet_columns(content, where)
    unknown = [name for name in columns or () if name not in there]
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is no column of negotiations; there are {', '.join(there)}"
        )
    named = list(columns) if columns is not None else there
    if design_point is None:
        return read_parquet(content, where, named)
    table = read_parquet(content, where, list(dict.fromkeys([*named, "design_point"])))
    return table.filter(pc.field("design_point") == design_point).select(named)


def _parsed(text: str) -> pd.DataFrame:
    """The table of a CSV file; numbers come back as they were written, to the last bit."""
    names, *rows = csv.reader(io.StringIO(text), strict=True)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return pd.DataFrame({name: _numbers(name, column) for name, column in columns.items()})


def _numbers(name: str, column: Sequence[str]) -> list[Any]:
    """A column as whole numbers, as numbers (none is NaN), or as the words that it holds."""
    if name != "variant":
        with suppress(ValueError):
            return [int(value) for value in column]
        with suppress(ValueError):
            return [float(value or "nan") for value in column]
    return list(column)


def _extra(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(f"{name} is not installed; pip install 'winset[analysis]'") from None

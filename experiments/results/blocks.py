"""A block: the unit of work, of storage and of resume, as one Parquet file.

A block has a number, and its name ends in the hash of its bytes; so a block that was cut short or
changed is known by its name alone, and the same block written twice is one file. The bytes follow
from the content: two runs of the same study with the same libraries write the same bytes.
"""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from experiments.results.errors import DamagedBlock
from experiments.results.store import Store

SCHEMA_VERSION = 2
KINDS = ("counts", "negotiations")
PREFIX = "winset_"

Kind = Literal["counts", "negotiations"]
Columns = Mapping[str, NDArray[Any] | Sequence[Any]]

_NAME = re.compile(r"(?:counts|negotiations)/block-(\d{7,12})-([0-9a-f]{32})\.parquet")


def write_block(
    store: Store, kind: Kind, index: int, columns: Columns, about: Mapping[str, str]
) -> str:
    """Write one block; returns its name.

    Parameters
    ----------
    index : number of the block within the run
    columns : one entry a row; arrays of numbers, lists of strings, or lists (or a matrix) of whole
        numbers, a list for each row
    about : what the numbers follow from; kept in the file
    """
    content = as_parquet(columns, about)
    name = block_name(kind, index, content)
    store.write(name, content)
    return name


def keep_block(
    store: Store, index: int, key: str, counts: Columns, negotiations: Columns | None = None
) -> str:
    """Write what one block of a run leaves; returns the name of its counts.

    The negotiations come first and are named in the counts, so that a block whose counts are there
    is there as a whole.

    Parameters
    ----------
    key : hash of everything that the numbers follow from, see `experiments.results.folder.run_key`
    counts : one row a design point
    negotiations : one row a negotiation, where they are kept
    """
    about = {"key": key}
    if negotiations is not None:
        about["negotiations"] = write_block(store, "negotiations", index, negotiations, about)
    return write_block(store, "counts", index, counts, about)


def as_parquet(columns: Columns, about: Mapping[str, str]) -> bytes:
    """A table as the bytes of a Parquet file, each page with a checksum."""
    table = table_of(columns)
    said = {"schema": str(SCHEMA_VERSION), **about}
    table = table.replace_schema_metadata({PREFIX + name: said[name] for name in said})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def table_of(columns: Columns) -> pa.Table:
    """Columns as a table: numbers, strings, and lists of whole numbers."""
    return pa.table({name: _column(values) for name, values in columns.items()})


def _column(values: NDArray[Any] | Sequence[Any]) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype != object:
        return pa.array(np.ascontiguousarray(values))
    rows = list(values)
    if all(isinstance(row, str) for row in rows):
        return pa.array(rows, pa.string())
    if any(np.ndim(row) for row in rows):
        return pa.array(rows, pa.list_(pa.int64()))
    return pa.array(np.asarray(rows))


def block_name(kind: Kind, index: int, content: bytes) -> str:
    """The name of a block: its kind, its number, the hash of its bytes."""
    return f"{kind}/block-{index:07d}-{_hash(content)}.parquet"


def block_index(name: str) -> int | None:
    """The number of the block of this name; None where it is no name of a block."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def find_blocks(store: Store, kind: Kind) -> dict[int, list[str]]:
    """Names of the blocks that are there, by number; more than one where a block is doubled."""
    found: dict[int, list[str]] = {}
    for name in store.names(kind):
        index = block_index(name)
        if index is not None:
            found.setdefault(index, []).append(name)
    return dict(sorted(found.items()))


def read_checked(store: Store, name: str) -> bytes:
    """The bytes of a block, which are those that were written.

    Raises
    ------
    DamagedBlock
        Where its bytes do not hash to its name.
    FileNotFoundError
        Where there is none.
    """
    content = store.read(name)
    found = _NAME.fullmatch(name)
    if not found or _hash(content) != found[2]:
        raise DamagedBlock(f"{store.where}/{name}: is damaged: its bytes do not fit its name")
    return content


def read_block(
    store: Store, name: str
) -> tuple[dict[str, NDArray[Any] | list[Any]], dict[str, str]]:
    """Columns of a block and what it says about them; lists come back as arrays of whole numbers.

    Raises
    ------
    DamagedBlock
        Where its bytes do not hash to its name, it is no Parquet, or of another version.
    FileNotFoundError
        Where there is none.
    """
    table = read_parquet(read_checked(store, name), f"{store.where}/{name}")
    about = {
        key.decode().removeprefix(PREFIX): value.decode()
        for key, value in (table.schema.metadata or {}).items()
        if key.startswith(PREFIX.encode())
    }
    if about.get("schema") != str(SCHEMA_VERSION):
        raise DamagedBlock(
            f"{store.where}/{name}: is of version {about.get('schema')!r}; this Winset reads "
            f"version {SCHEMA_VERSION}"
        )
    return {name: _values(table[name]) for name in table.column_names}, about


def read_parquet(content: bytes, where: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The table of a Parquet file, the checksum of every page verified.

    Raises
    ------
    DamagedBlock
        Where it is no Parquet or a page is damaged.
    """
    try:
        with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
            return file.read(columns=list(columns) if columns is not None else None)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DamagedBlock(f"{where}: is damaged: it cannot be read as Parquet") from error


def parquet_columns(content: bytes, where: str) -> list[str]:
    """Names of the columns of a Parquet file.

    Raises
    ------
    DamagedBlock
        Where it is no Parquet.
    """
    try:
        return pq.read_schema(pa.BufferReader(content)).names
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DamagedBlock(f"{where}: is damaged: it cannot be read as Parquet") from error


def _values(column: pa.ChunkedArray) -> NDArray[Any] | list[Any]:
    if pa.types.is_string(column.type):
        return column.to_pylist()
    if pa.types.is_list(column.type):
        return [np.array(row, np.int64) for row in column.to_pylist()]
    return column.to_numpy()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]

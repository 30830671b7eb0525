"""What `winset sweep` leaves on disk: one file of negotiations a design point, and a manifest.

A block is the unit of work, of storage and of resume: one Parquet file, named by design point and
by the hash of everything that its numbers follow from, with page checksums, written whole or not
at all. A block that is there and reads without an error is not played again.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from experiments.results.errors import ResultsError
from experiments.results.writing import write_json, write_table, written_whole
from sim.errors import InputError

SCHEMA_VERSION = 1
_BLOCK = re.compile(r"point-\d{6}-[0-9a-f]{16}\.parquet")

__all__ = [
    "SCHEMA_VERSION", "ResultsError", "block_path", "claim", "read_block", "read_negotiations",
    "write_block", "write_json", "write_table",
]  # fmt: skip


def block_path(folder: Path, design_point: int, key: str) -> Path:
    """Where the block of a design point lies."""
    return folder / "negotiations" / f"point-{design_point:06d}-{key[:16]}.parquet"


def write_block(path: Path, outcomes: NDArray[Any], columns: dict[str, Any], key: str) -> None:
    """Write one block.

    Parameters
    ----------
    outcomes : dtype OUTCOME, shape (replicates,)
    columns : further columns, each a constant or of shape (replicates,)
    key : hash of everything that the numbers follow from; kept in the file
    """
    size = len(outcomes)
    arrays: dict[str, Any] = {name: np.broadcast_to(value, size) for name, value in columns.items()}
    arrays["replicate"] = np.arange(size, dtype=np.uint32)
    arrays |= {name: np.ascontiguousarray(outcomes[name]) for name in outcomes.dtype.names or ()}
    table = pa.table(arrays)
    table = table.replace_schema_metadata(
        {
            "winset_key": key,
            "winset_schema": str(SCHEMA_VERSION),
            "winset_content": _content(table),
        }
    )
    with written_whole(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def _content(table: pa.Table) -> str:
    """Hash of the columns of a block: their names, types and values."""
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.to_numpy()
        digest.update(f"{name}: {column.type}\n".encode())
        digest.update("\n".join(values).encode() if values.dtype == object else values.tobytes())
    return digest.hexdigest()


def read_block(path: Path, key: str, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """The records of a block, or None where there is none that is whole and of this key."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            about = file.schema_arrow.metadata or {}
            if about.get(b"winset_key") != key.encode():
                return None
            table = file.read()
        if about.get(b"winset_content") != _content(table).encode():
            return None
        outcomes = np.zeros(len(table), dtype)
        for name in dtype.names or ():
            outcomes[name] = table[name].to_numpy()
        return outcomes
    except (OSError, pa.ArrowException, LookupError, ValueError, TypeError):
        return None  # not there, cut short, or changed: its footer has no checksum of its own


def claim(folder: Path, manifest: dict[str, Any], *, overwrite: bool) -> None:
    """Make a folder ready for a run: new, the same run again, or an old one to be replaced.

    Raises
    ------
    InputError
        Where the folder holds another run, naming what differs, or files that are no run.
    ResultsError
        Where it cannot be written to.
    """
    try:
        _claim(folder, manifest, overwrite)
    except OSError as error:
        raise ResultsError(f"{folder}: cannot be used: {error.strerror}") from error


def _claim(folder: Path, manifest: dict[str, Any], overwrite: bool) -> None:
    known = folder / "manifest.json"
    if known.exists():
        try:
            old = json.loads(known.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            old = {}
        old = old if isinstance(old, dict) else {}
        differs = [
            f"{name} {old.get(name)!r} there, {manifest[name]!r} here"
            for name in ("study", "case_digest", "model", "seed", "replicates", "design_digest")
            if old.get(name) != manifest[name]
        ]
        if differs and not overwrite:
            raise InputError(
                f"{folder}: holds another run ({'; '.join(differs)}); "
                "give another --out, or --overwrite to replace it"
            )
        if differs:
            _clear(folder)
    elif folder.exists() and any(folder.iterdir()) and not overwrite:
        raise InputError(
            f"{folder}: is not empty and holds no run; give another --out, or --overwrite"
        )
    write_json(known, manifest | {"complete": False})


def _clear(folder: Path) -> None:
    """Remove an old run's files, and only files that a run writes."""
    drawn = (folder / "figures").glob("*.*")
    figures = [path for path in drawn if path.stem in ("breakdown", "settlement")]
    for path in [*_blocks(folder), *figures]:
        path.unlink()
    for name in ("manifest.json", "estimates.csv", "design.csv"):
        (folder / name).unlink(missing_ok=True)


def _blocks(folder: Path) -> list[Path]:
    files = (folder / "negotiations").glob("*.parquet")
    return sorted(path for path in files if _BLOCK.fullmatch(path.name))


def read_negotiations(folder: Path) -> pd.DataFrame:
    """Every negotiation of a run as one table.

    Raises
    ------
    InputError
        Where the folder holds no complete run.
    ResultsError
        Where a block of it is lost or damaged.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{folder}: holds no manifest.json of a run") from None
    if not manifest.get("complete"):
        raise InputError(f"{folder}: the run is not complete; start it again to finish it")
    files = _blocks(folder)
    if len(files) != manifest["design_points"]:
        raise ResultsError(
            f"{folder}: holds {len(files)} of {manifest['design_points']} blocks; start the run "
            "again to replay the others"
        )
    try:
        return pq.read_table(list(map(str, files)), page_checksum_verification=True).to_pandas()
    except (OSError, pa.ArrowException, ValueError):
        raise ResultsError(
            f"{folder}: a block is damaged; start the run again to replay it"
        ) from None

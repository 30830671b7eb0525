"""Files that are written whole or not at all."""

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.provenance import plain
from experiments.results import faults
from experiments.results.errors import ResultsError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary neighbour to write to; it takes the place of `path` only once it is complete.

    Raises
    ------
    ResultsError
        Where the file cannot be written; nothing of it is left then, and an old file stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        faults.step("before_write")
        make_folder(path.parent)
        yield temporary
        with open(temporary, "rb+") as handle:
            os.fsync(handle.fileno())
        faults.step("before_rename")
        os.replace(temporary, path)
        sync_folder(path.parent)
        faults.step("after_write")
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and see to it that they outlast a loss of power."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, as_json(value))


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV file whole or not at all."""
    write_text(path, as_csv(table))


def as_json(value: Any) -> str:
    """The text of a JSON file: strict JSON, infinities as words, NaN as null."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n"


def as_csv(table: pd.DataFrame) -> str:
    """The text of a CSV file, numbers to six figures."""
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")

"""Where the files of a run lie: a folder of this machine, or one behind an address such as s3://.

Names are relative and plain: parts of letters, digits, "_", "." and "-" with "/" between them. A
file is written whole or not at all, and nothing that lies outside the folder is read or written.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from experiments.results import faults
from experiments.results.errors import ResultsError
from experiments.results.writing import sync_folder, written_whole
from sim.errors import InputError

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_TEMPORARY = re.compile(r"\..+\.\d+-[0-9a-f]{8}\.part")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class Store(Protocol):
    """A folder of files.

    where : the folder as a user would write it, without what is secret
    """

    @property
    def where(self) -> str:
        """The folder as a user would write it."""
        ...

    def names(self, folder: str = "") -> list[str]:
        """Names of the files directly below a folder, sorted; none where there is no folder."""
        ...

    def entries(self) -> list[str]:
        """Everything directly in the folder, files and folders of any name, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """The content of a file; FileNotFoundError where there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, in place of an old one."""
        ...

    def move(self, name: str, to: str) -> None:
        """Give a file another name; FileNotFoundError where there is none."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        ...

    def temporaries(self) -> list[str]:
        """What writes that were cut off have left, as names."""
        ...

    def remove_temporaries(self) -> list[str]:
        """Remove what writes that were cut off have left; returns their names."""
        ...


def checked(name: str) -> str:
    """A name, if it is a plain one.

    Raises
    ------
    InputError
        Where it is empty, absolute, leads upwards, or has characters that are not plain.
    """
    if not all(_PART.fullmatch(part) for part in name.split("/")):
        raise InputError(
            f"{name!r} is no name of a file of results; it must be parts of letters, digits, '_', "
            "'.' and '-', each beginning with a letter or digit, with '/' between them"
        )
    return name


@dataclass(frozen=True)
class LocalStore:
    """A folder of this machine, which need not exist before the first write."""

    folder: Path

    @property
    def where(self) -> str:
        """The folder as it was given."""
        return str(self.folder)

    def names(self, folder: str = "") -> list[str]:
        """Names of the files directly below a folder, sorted; none where there is no folder."""
        path = self.folder / checked(folder) if folder else self.folder
        with self._told(path, "cannot be read"):
            try:
                with os.scandir(path) as entries:
                    found = [each.name for each in entries if each.is_file(follow_symlinks=False)]
            except FileNotFoundError:
                return []
        return [f"{folder}/{n}" if folder else n for n in sorted(found) if _PART.fullmatch(n)]

    def entries(self) -> list[str]:
        """Everything directly in the folder, files and folders of any name, sorted."""
        with self._told(self.folder, "cannot be read"):
            return sorted(os.listdir(self.folder)) if self.folder.exists() else []

    def read(self, name: str) -> bytes:
        """The content of a file; FileNotFoundError where there is none."""
        path = self.path(name)
        with self._told(path, "cannot be read"):
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                return file.read()

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, in place of an old one."""
        half = len(content) // 2
        with written_whole(self.path(name)) as temporary:
            with open(temporary, "xb") as file:
                file.write(content[:half])
                file.flush()
                faults.step("half_written")
                file.write(content[half:])

    def move(self, name: str, to: str) -> None:
        """Give a file another name; FileNotFoundError where there is none."""
        old, new = self.path(name), self.path(to)
        with self._told(old, "cannot be moved"):
            faults.step("before_move")
            new.parent.mkdir(parents=True, exist_ok=True)
            os.replace(old, new)
            sync_folder(new.parent)
            sync_folder(old.parent)
            faults.step("after_move")

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        path = self.path(name)
        with self._told(path, "cannot be removed"):
            path.unlink(missing_ok=True)

    def temporaries(self) -> list[str]:
        """What writes that were cut off have left, as names."""
        with self._told(self.folder, "cannot be read"):
            paths = [*self.folder.glob(".*.part"), *self.folder.glob("*/.*.part")]
        found = (path for path in paths if _TEMPORARY.fullmatch(path.name))
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def remove_temporaries(self) -> list[str]:
        """Remove what writes that were cut off have left; returns their names."""
        found = self.temporaries()
        for name in found:
            with self._told(self.folder / name, "cannot be removed"):
                (self.folder / name).unlink(missing_ok=True)
        return found

    def path(self, name: str) -> Path:
        """Where a file lies.

        Raises
        ------
        InputError
            Where the name is not plain.
        ResultsError
            Where a link would lead out of the folder.
        """
        path = self.folder / checked(name)
        if not path.parent.resolve().is_relative_to(self.folder.resolve()):
            raise ResultsError(f"{path}: a link leads out of the folder of results")
        return path

    @contextmanager
    def _told(self, path: Path, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ResultsError(f"{path}: {what}: {error.strerror or error}") from error


def inside(where: str | Path, name: str) -> str:
    """The path or address of what lies in a folder; the options of an address stay at its end."""
    path, mark, options = str(where), "", ""
    if _ADDRESS.match(path):
        path, mark, options = path.partition("?")
    return f"{path.rstrip('/')}/{checked(name)}{mark}{options}"


def open_store(where: str | Path) -> Store:
    """The store at a path, or at an address that pyarrow knows, such as s3://bucket/folder.

    Raises
    ------
    InputError
        Where an address cannot be understood.
    ResultsError
        Where its service cannot be reached.
    """
    if isinstance(where, Path) or not _ADDRESS.match(where):
        return LocalStore(Path(where))
    parts = urlsplit(where)
    if parts.scheme == "file":
        return LocalStore(Path(unquote(parts.path)))
    from experiments.results.remote import ArrowStore

    return ArrowStore.at(where)

"""A store behind an address that pyarrow's file systems know: s3://, gs://, abfs://, hdfs://.

A write is one upload, which shows up when it is complete. Should it be cut off and show up all the
same, the hash in the name of a block tells.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from experiments.results.errors import ResultsError
from experiments.results.store import checked
from sim.errors import InputError


@dataclass(frozen=True)
class ArrowStore:
    """A folder of a file system of pyarrow.

    where : the address without user, password and options
    root : path of the folder inside the file system
    """

    where: str
    filesystem: Any
    root: str

    @classmethod
    def at(cls, address: str) -> "ArrowStore":
        """The store at an address; options follow "?" as pyarrow understands them.

        Raises
        ------
        InputError
            Where the address cannot be understood.
        ResultsError
            Where its service cannot be reached.
        """
        parts = urlsplit(address)
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        try:
            filesystem, root = fs.FileSystem.from_uri(address)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ImportError) as error:
            raise InputError(f"{where}: is no address of a store: {_first_line(error)}") from None
        except OSError as error:
            raise ResultsError(f"{where}: cannot be reached: {_first_line(error)}") from error
        if not root.strip("/"):
            raise InputError(f"{where}: is no address of a store: it names no bucket or folder")
        return cls(where, filesystem, root.rstrip("/"))

    def names(self, folder: str = "") -> list[str]:
        """Names of the files directly below a folder, sorted; none where there is no folder."""
        path = self._path(folder) if folder else self.root
        with self._told(folder, "cannot be listed"):
            found = self.filesystem.get_file_info(fs.FileSelector(path, allow_not_found=True))
        names = sorted(info.base_name for info in found if info.type == fs.FileType.File)
        return [f"{folder}/{name}" if folder else name for name in names if _plain(name)]

    def entries(self) -> list[str]:
        """Everything directly in the folder, files and folders of any name, sorted."""
        with self._told("", "cannot be listed"):
            found = self.filesystem.get_file_info(fs.FileSelector(self.root, allow_not_found=True))
        return sorted(info.base_name for info in found)

    def read(self, name: str) -> bytes:
        """The content of a file; FileNotFoundError where there is none."""
        path = self._path(name)
        with self._told(name, "cannot be read"), self.filesystem.open_input_stream(path) as file:
            return file.read()

    def write(self, name: str, content: bytes) -> None:
        """Write a file in one upload, in place of an old one."""
        path = self._path(name)
        with self._told(name, "cannot be written"):
            if not isinstance(self.filesystem, fs.S3FileSystem):
                self.filesystem.create_dir(path.rpartition("/")[0], recursive=True)
            with self.filesystem.open_output_stream(path, compression=None) as file:
                file.write(content)

    def move(self, name: str, to: str) -> None:
        """Give a file another name; FileNotFoundError where there is none."""
        self.write(to, self.read(name))
        self.remove(name)

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        path = self._path(name)
        with self._told(name, "cannot be removed"):
            if self.filesystem.get_file_info(path).type == fs.FileType.File:
                self.filesystem.delete_file(path)

    def temporaries(self) -> list[str]:
        """None: an upload that was cut off leaves no file."""
        return []

    def remove_temporaries(self) -> list[str]:
        """None: an upload that was cut off leaves no file."""
        return []

    def _path(self, name: str) -> str:
        return f"{self.root}/{checked(name)}"

    @contextmanager
    def _told(self, name: str, what: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as error:
            raise ResultsError(f"{self.where}/{name}: {what}: {_first_line(error)}") from error


def _plain(name: str) -> bool:
    try:
        return bool(checked(name))
    except InputError:
        return False


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]

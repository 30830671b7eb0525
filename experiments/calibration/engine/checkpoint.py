"""A bank of rounds on disk, so that a fit that was killed goes on where it stopped.

A folder holds manifest.json and one round_NN.npz a round, each written whole or not at all and
never changed. The manifest knows the problem by a hash. On resume everything but the simulator is
computed again, so the result is bit for bit that of a fit without interruption.
"""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

Floats = NDArray[np.float64]

SCHEMA = 1
ARRAYS_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def problem_key(problem: dict[str, Any]) -> str:
    """A hash of prior, figures, seed and budget."""
    text = json.dumps(problem, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Checkpoint:
    """The bank's folder."""

    def __init__(self, folder: str | Path, problem: dict[str, Any]) -> None:
        """Open a folder, or make one.

        Raises
        ------
        InputError
            Where it holds a bank of another problem, or rounds without a manifest.
        """
        self.folder = Path(folder)
        self.key = problem_key(problem)
        manifest = self.folder / "manifest.json"
        if manifest.exists():
            self._check(manifest)
            return
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise InputError(
                f"{self.folder}: is not empty and has no manifest.json; a checkpoint needs a "
                "folder of its own"
            )
        from experiments.results.writing import write_json

        write_json(manifest, {"winset_bank": SCHEMA, "key": self.key, "problem": problem})

    def _check(self, manifest: Path) -> None:
        try:
            found = json.loads(manifest.read_text(encoding="utf-8"))
            schema, key = found["winset_bank"], found["key"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{manifest}: is no manifest of a bank ({error})") from None
        if schema != SCHEMA:
            raise InputError(f"{manifest}: winset_bank is {schema!r}; this version reads {SCHEMA}")
        if key != self.key:
            raise InputError(
                f"{self.folder}: holds the bank of another problem (prior, figures, seed or budget "
                "differ); give an empty folder"
            )

    def _path(self, index: int) -> Path:
        return self.folder / f"round_{index:02d}.npz"

    def read(self, index: int, z: Floats) -> Floats | None:
        """The figures of a round, if it is there.

        Raises
        ------
        InputError
            Where the file cannot be read, or is of other rows.
        """
        path = self._path(index)
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as arrays:
                own, figures = arrays["z"], arrays["figures"]
        except ARRAYS_UNREADABLE as error:
            raise InputError(
                f"{path}: cannot be read ({error}); remove it to play it anew"
            ) from None
        if not np.array_equal(own, z) or len(figures) != len(z):
            raise InputError(
                f"{path}: its rows are not those of this fit; it was made by another version or on "
                "another machine: give an empty folder"
            )
        return figures

    def write(self, index: int, z: Floats, figures: Floats) -> None:
        """Keep a round."""
        from experiments.results.writing import written_whole

        with written_whole(self._path(index)) as temporary, open(temporary, "wb") as handle:
            np.savez(handle, z=z, figures=figures)

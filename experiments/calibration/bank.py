"""What a fit keeps on disk: every chunk of evaluated draws, whole or not at all.

    calibration.json        what was asked, of which model, with which packages
    bank/round-00-000.npz   one chunk: draws, likelihoods, and what they were made from
    synthetic/KEY/0000.npy  what became of one fit to synthetic truth

A chunk that is there is taken instead of evaluated, if it holds the draws that are asked for, bit
for bit. Nothing is unpickled.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.evaluation import Evaluated, Progress
from experiments.calibration.plan_record import Plan
from experiments.provenance import commit, digest, model_fingerprint, versions
from experiments.results.lock import locked
from experiments.results.writing import make_folder, write_json, written_whole
from sim.errors import InputError

SCHEMA = 1  # of the folder and of what the search does with a seed
MANIFEST, CHUNKS, SYNTHETIC = "calibration.json", "bank", "synthetic"
_ARRAYS = ("z", "logs", "without", "unknown", "noise")
Reals = NDArray[np.float64]
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


class Bank:
    """The folder of one fit."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan

    def manifest(self) -> dict[str, Any]:
        """What the folder says of itself."""
        return {
            "winset_calibration": SCHEMA, "key": self.key, "model": model_fingerprint(),
            "versions": versions(), "commit": commit(), "plan": self.plan.as_json(),
            "plan_digest": self.plan.digest, "targets_digest": self.plan.targets_digest,
            "date": self.started, "seed": self.plan.seed, "study": f"calibration {self.plan.name}",
            "case": f"{len(self.plan.episodes)} episodes", "case_digest": self.plan.digest,
        }  # fmt: skip

    @property
    def started(self) -> str:
        """The day on which this fit was begun, ISO 8601; today where it was not begun."""
        told = self._told(self.folder / MANIFEST)
        begun = told.get("date") if told.get("key") == self.key else None
        return begun if isinstance(begun, str) else date.today().isoformat()

    @property
    def key(self) -> str:
        """SHA-256 of what every bit follows from."""
        packages = {name: versions()[name] for name in ("numpy", "scipy", "numba")}
        return digest([SCHEMA, self.plan.digest, model_fingerprint(), packages])

    @contextmanager
    def claimed(self, *, overwrite: bool = False) -> Iterator["Bank"]:
        """Hold the folder for this fit alone.

        Raises
        ------
        InputError
            Where it holds another fit, or things that are none.
        BusyError
            Where another process works in it.
        ResultsError
            Where it cannot be written.
        """
        path = self.folder / MANIFEST
        self._refuse_others(path, overwrite)
        make_folder(self.folder)
        with locked(self.folder):
            if self._told(path).get("key") != self.key:
                for pattern in (f"{CHUNKS}/*.npz", f"{SYNTHETIC}/*/*.npy"):
                    for file in sorted(self.folder.glob(pattern)):
                        file.unlink()
                write_json(path, self.manifest())
            yield self

    def _refuse_others(self, path: Path, overwrite: bool) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder}: is not a folder")
        if path.exists():
            if not overwrite and self._told(path).get("key") != self.key:
                raise InputError(
                    f"{self.folder}: holds another calibration (other plan, targets, model or "
                    "packages); give another --out, or --overwrite"
                )
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise InputError(
                f"{self.folder}: is not empty and holds no calibration; give another --out"
            )

    @staticmethod
    def _told(path: Path) -> dict[str, Any]:
        """What a manifest says; nothing where there is none that can be read."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}

    def keep(
        self, name: str, z: Reals, evaluate: Callable[[], Evaluated],
        progress: Progress | None = None,
    ) -> Evaluated:  # fmt: skip
        """A chunk: what is there, else what is evaluated now, and then kept.

        progress : told of the negotiations that a chunk which is there stands for

        Raises
        ------
        InputError
            Where a chunk that is there cannot be read, or holds other draws.
        """
        path = self.folder / CHUNKS / f"{name}.npz"
        if path.exists():
            found = self._read(path, z)
            if progress is not None:
                progress(self.plan.negotiations * len(self.plan.episodes) * len(z))
            return found
        found = evaluate()
        arrays = {key: getattr(found, key) for key in _ARRAYS}
        for index, (parts, tried) in enumerate(zip(found.parts, found.tried, strict=True)):
            arrays |= {f"parts_{index}": parts, f"tried_{index}": tried}
        with written_whole(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
        return found

    def keeping_fits(self, **settings: object) -> Callable[[int, Callable[[], Reals]], Reals]:
        """What keeps fits to synthetic truth, those of other settings apart."""
        folder = self.folder / SYNTHETIC / digest(settings)[:12]

        def keep(number: int, fit: Callable[[], Reals]) -> Reals:
            path = folder / f"{number:04}.npy"
            if path.exists():
                return _numbers(path)
            found = fit()
            with written_whole(path) as temporary, open(temporary, "wb") as file:
                np.save(file, found)
            return found

        return keep

    def _read(self, path: Path, z: Reals) -> Evaluated:
        try:
            with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {key: np.asarray(file[key]) for key in file.files}
            many = range(len(self.plan.episodes))
            found = Evaluated(
                **{key: arrays[key] for key in _ARRAYS},
                parts=tuple(arrays[f"parts_{i}"] for i in many),
                tried=tuple(arrays[f"tried_{i}"] for i in many),
            )
        except _UNREADABLE as error:
            raise InputError(
                f"{path}: cannot be read ({error}); remove it to have it evaluated again"
            ) from None
        if not np.array_equal(found.z, z):
            raise InputError(
                f"{path}: holds other draws than this fit would make; remove it to have it "
                "evaluated again"
            )
        return found


def _numbers(path: Path) -> Reals:
    try:
        with open(path, "rb") as file:
            found = np.load(file, allow_pickle=False)
        if found.dtype != np.float64 or found.ndim != 1:
            raise ValueError("it holds no row of numbers")
        return found
    except _UNREADABLE as error:
        raise InputError(
            f"{path}: cannot be read ({error}); remove it to have it fitted again"
        ) from None

"""The folder of one run: whose it is, who writes to it, and which of its blocks are there.

A run is known by the key of its manifest: a hash of study, case, model and schema. Every block
carries it, so that a block of another run is not taken for one of this, whatever its name.
"""

import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from experiments import provenance
from experiments.results.blocks import block_index, find_blocks
from experiments.results.errors import ResultsError
from experiments.results.inspection import Blocks, inspect, orphans
from experiments.results.lock import locked
from experiments.results.store import LocalStore, Store
from experiments.results.writing import as_json
from sim.errors import InputError

MANIFEST = "manifest.json"
SAME = ("schema_version", "study_digest", "case_digest", "model", "keep_rows")
WORDS = {"name", "title", "question", "notes", "figures", "labels"}  # they change no number
WRITTEN = (
    "counts.parquet", "estimates.csv", "rounds.csv", "sensitivity.csv", "discovery.csv",
    "design.csv", "case.toml", "posterior.json", "posterior.csv",
)  # fmt: skip
DRAWN = (".png", ".svg", ".pdf")

_log = logging.getLogger(__name__)


def run_key(manifest: dict[str, Any]) -> str:
    """What tells the blocks of one run from those of another: a hash of all they follow from."""
    return provenance.digest([provenance.plain(manifest.get(name)) for name in SAME])


def read_manifest(store: Store) -> dict[str, Any] | None:
    """The manifest of a run; None where there is none, empty where it cannot be read."""
    try:
        found = json.loads(store.read(MANIFEST).decode("utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class RunFolder:
    """One run's folder.

    store : where it lies
    manifest : provenance of the run, see results/README.md
    key : what its blocks are known by
    """

    def __init__(self, store: Store, manifest: dict[str, Any]) -> None:
        """Nothing is read or written before `lock` and `claim`."""
        self.store = store
        self.manifest = dict(manifest)
        self.key = run_key(manifest)
        self._shard: tuple[int, int] | None = None
        self._alone = False

    @contextmanager
    def lock(self, shard: tuple[int, int] | None = None) -> Iterator[None]:
        """Hold the folder while writing to it: alone, or as the i-th of n shards.

        A remote store has no locks. Two runs of one study write the same blocks under the same
        names there, so a second one is a waste and no harm.

        Raises
        ------
        BusyError
            Where another process holds it, naming that process.
        """
        if not isinstance(self.store, LocalStore):
            yield
            return
        with locked(self.store.folder, shard):
            self._shard, self._alone = shard, shard is None
            try:
                yield
            finally:
                self._shard, self._alone = None, False

    def claim(self, *, overwrite: bool = False) -> None:
        """Make the folder ready: new, the same run again, or another run to be replaced.

        Raises
        ------
        InputError
            Where it holds another run, naming what differs, or files that are no run.
        ResultsError
            Where it cannot be written to.
        """
        old = read_manifest(self.store)
        problem = self._problem(old)
        if problem and not overwrite:
            raise InputError(f"{problem}; give another --out, or --overwrite to replace it")
        if problem and self._shard is not None:
            raise InputError(f"{problem}; a shard cannot replace it, give another --out")
        if self._alone:
            self.store.remove_temporaries()
        if problem:
            self._clear(old or {})
        self.update(complete=False)

    def _problem(self, old: dict[str, Any] | None) -> str | None:
        """What stands against this run in the folder, in words."""
        where = self.store.where
        if old:
            if run_key(old) == self.key:
                return None
            return f"{where}: holds another run ({'; '.join(differences(old, self.manifest))})"
        if self._blocks_are_mine():
            return None
        if old is not None:
            return f"{where}: its manifest.json cannot be read"
        if [name for name in self.store.entries() if not name.endswith((".lock", ".part"))]:
            return f"{where}: is not empty and holds no run"
        return None

    def _blocks_are_mine(self) -> bool:
        """Whether a folder that has lost its manifest is one of this run all the same."""
        return inspect(self.store, None, keep_rows=False).keys == {self.key}

    def _clear(self, old: dict[str, Any]) -> None:
        """Remove another run's files, and only what a run writes; its manifest is replaced."""
        study = old.get("study")
        figures = study.get("figures") if isinstance(study, dict) else None
        stems = {"settlement", *map(str, figures if isinstance(figures, list) else ())}
        for name in [*self.store.names("counts"), *self.store.names("negotiations")]:
            if block_index(name) is not None:
                self.store.remove(name)
        for name in self.store.names("figures"):
            stem, dot, suffix = name.removeprefix("figures/").rpartition(".")
            if stem in stems and dot + suffix in DRAWN:
                self.store.remove(name)
        for name in WRITTEN:
            self.store.remove(name)

    def update(self, **changes: Any) -> None:
        """Change the manifest, here and in the folder."""
        self.manifest |= changes
        self.store.write(MANIFEST, as_json(self.manifest).encode())

    def finished(self, only: Collection[int] | None = None) -> Blocks:
        """The columns of the counts of every block that is there as a whole, by number.

        What is damaged, doubled or of another run is put aside, into quarantine/, and logged. Where
        negotiations are kept, a block whose negotiations are lost or damaged is not there.

        Parameters
        ----------
        only : the numbers that matter; None for all
        """
        found = inspect(self.store, self.key, bool(self.manifest.get("keep_rows")), only)
        for name, problem in found.problems.items():
            self._put_aside(name, problem)
        return found.whole

    def _put_aside(self, name: str, problem: str) -> None:
        try:
            put_aside(self.store, name)
        except FileNotFoundError:
            return  # another shard was first
        _log.warning("%s/%s: %s; put into quarantine/", self.store.where, name, problem)

    def complete(self, **changes: Any) -> None:
        """Say in the manifest that every block is there.

        Negotiations that no counts speak of, as a killed run leaves them, are put aside first: who
        reads all files of the folder must count nothing twice.

        Raises
        ------
        ResultsError
            Where blocks are missing.
        """
        counts, rows = (find_blocks(self.store, kind) for kind in ("counts", "negotiations"))
        blocks = changes.get("blocks", self.manifest.get("blocks"))
        if isinstance(blocks, int) and len(counts) < blocks:
            raise ResultsError(
                f"{self.store.where}: holds {len(counts)} of {blocks} blocks; start the run again "
                "to replay the others"
            )
        if sum(map(len, rows.values())) != (len(counts) if self.manifest.get("keep_rows") else 0):
            found = inspect(self.store, self.key, bool(self.manifest.get("keep_rows")))
            for name in orphans(self.store, found):
                self._put_aside(name, "is counted nowhere")
        self.update(**changes, complete=True)


def put_aside(store: Store, name: str) -> str:
    """Move a block into quarantine/; returns its new name."""
    aside = f"quarantine/{name.replace('/', '-')}"
    store.move(name, aside)
    return aside


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What tells two runs apart, each key with both of its values."""
    there, here = (_leaves(_telling(run)) for run in (old, new))
    names = [name for name in {**here, **there} if there.get(name) != here.get(name)]
    telling = [name for name in names if name != "study_digest"] or names
    return [f"{name} {_short(there, name)} there, {_short(here, name)} here" for name in telling]


def _telling(manifest: dict[str, Any]) -> dict[str, Any]:
    """What of a manifest tells runs apart, the study without its words."""
    study = manifest.get("study")
    inside = study.items() if isinstance(study, dict) else ()
    counts = {name: value for name, value in inside if name not in WORDS}
    return {**{name: manifest.get(name) for name in SAME}, "study": counts or study}


def _leaves(value: Any, name: str = "") -> dict[str, str]:
    """The values of nested tables by their dotted names, as JSON."""
    if not isinstance(value, dict):
        return {name: json.dumps(provenance.plain(value), ensure_ascii=False, sort_keys=True)}
    parts = {}
    for key, part in value.items():
        parts |= _leaves(part, f"{name}.{key}" if name else str(key))
    return parts


def _short(leaves: dict[str, str], name: str) -> str:
    text = leaves.get(name, "nothing")
    return text if len(text) <= 60 else f"{text[:28]}...{text[-28:]}"

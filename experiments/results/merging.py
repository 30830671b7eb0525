"""The parts of a run that shards have played in folders of their own, put together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.results.blocks import find_blocks, read_checked
from experiments.results.folder import RunFolder, differences, read_manifest, run_key
from experiments.results.inspection import inspect
from experiments.results.store import Store, open_store
from sim.errors import InputError

_BESIDE = ("case.toml", "design.csv", "posterior.json")


def merge(parts: Sequence[str | Path], into: str | Path) -> int:
    """Copy the blocks of all parts into one folder, by their names; returns how many are there.

    The run is complete once it has been given again there, which plays what no part holds.

    Raises
    ------
    InputError
        Where a part holds no run or another run than the first, or `into` holds another run.
    ResultsError
        Where a part cannot be read or the folder cannot be written.
    """
    stores = [open_store(part) for part in parts]
    manifests = [_manifest(store) for store in stores]
    for store, manifest in zip(stores, manifests, strict=True):
        if run_key(manifest) != run_key(manifests[0]):
            differs = "; ".join(differences(manifests[0], manifest))
            raise InputError(f"{store.where}: is another run than {stores[0].where} ({differs})")
    folder = RunFolder(open_store(into), manifests[0])
    with folder.lock():
        folder.claim()
        for name in _BESIDE:
            if name in stores[0].names():
                folder.store.write(name, stores[0].read(name))
        for store in stores:
            _copy(store, folder)
        return len(folder.finished())


def _manifest(store: Store) -> dict[str, Any]:
    manifest = read_manifest(store)
    if not manifest:
        raise InputError(f"{store.where}: holds no manifest.json of a run")
    return manifest


def _copy(store: Store, folder: RunFolder) -> None:
    """Copy the whole blocks of a part, negotiations before the counts that speak of them."""
    found = inspect(store, folder.key, bool(folder.manifest.get("keep_rows")))
    there = {*folder.store.names("counts"), *folder.store.names("negotiations")}
    counts = find_blocks(store, "counts")
    for index in found.whole:
        name = next(name for name in counts[index] if name not in found.problems)
        for one in (found.rows.get(index), name):
            if one is not None and one not in there:
                folder.store.write(one, read_checked(store, one))

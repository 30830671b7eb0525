"""Which blocks of a folder are whole, and what is wrong with the others."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.results.blocks import block_index, find_blocks, read_block, read_checked
from experiments.results.errors import DamagedBlock
from experiments.results.store import Store


class Blocks(Mapping[int, dict[str, Any]]):
    """The columns of the counts of blocks, by number; each is read when asked for and not kept.

    A study may have more counts than there is memory for.
    """

    def __init__(self, store: Store) -> None:
        """No block yet."""
        self._store = store
        self._names: dict[int, str] = {}

    def add(self, index: int, name: str) -> None:
        """Take up a block by its file."""
        self._names[index] = name

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Read a block; raises DamagedBlock where it was damaged or moved since it was found."""
        name = self._names[index]
        try:
            return read_block(self._store, name)[0]
        except FileNotFoundError:
            raise DamagedBlock(f"{self._store.where}/{name}: is gone") from None

    def __contains__(self, index: object) -> bool:
        """Whether a block is there; nothing is read."""
        return index in self._names

    def __iter__(self) -> Iterator[int]:
        """The numbers."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many blocks."""
        return len(self._names)


@dataclass
class Inspection:
    """What was found in a folder.

    whole : columns of the counts of the blocks that are whole, by number
    rows : names of the negotiations that whole blocks speak of, by number
    keys : the runs that the readable blocks belong to
    problems : what is wrong with a file, by its name
    """

    whole: Blocks
    rows: dict[int, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)


def inspect(
    store: Store, key: str | None, keep_rows: bool, only: Collection[int] | None = None
) -> Inspection:
    """Read the counts of a folder and judge each block; of negotiations the bytes alone.

    A file that is gone between two looks was put aside by another process, and is no problem.

    Parameters
    ----------
    key : of the run whose blocks count; None takes those of any
    keep_rows : whether a block counts only with its negotiations
    only : the numbers that matter; None for all
    """
    found = Inspection(Blocks(store))
    for index, names in find_blocks(store, "counts").items():
        if only is None or index in only:
            for name in names:
                try:
                    problem = _judge(found, store, name, key, keep_rows)
                except DamagedBlock:
                    problem = "is damaged"
                except FileNotFoundError:
                    continue
                if problem:
                    found.problems[name] = problem
    return found


def _judge(
    found: Inspection, store: Store, name: str, key: str | None, keep_rows: bool
) -> str | None:
    """What is wrong with a block; one that is whole goes into what was found."""
    index = block_index(name)
    assert index is not None
    _, about = read_block(store, name)
    found.keys.add(about.get("key", ""))
    if key is not None and about.get("key") != key:
        return "is a block of another run"
    if index in found.whole:
        return "is there twice"
    rows = about.get("negotiations", "")
    if keep_rows:
        if block_index(rows) != index:
            return "has lost its negotiations"
        try:
            read_checked(store, rows)
        except DamagedBlock:
            found.problems[rows] = "is damaged"
            return "has lost its negotiations"
        except FileNotFoundError:
            return "has lost its negotiations"
        found.rows[index] = rows
    found.whole.add(index, name)
    return None


def orphans(store: Store, found: Inspection) -> list[str]:
    """Names of the negotiations that no whole block speaks of, as a killed run leaves them."""
    there = [name for names in find_blocks(store, "negotiations").values() for name in names]
    spoken = {*found.rows.values(), *found.problems}
    return [name for name in there if name not in spoken]

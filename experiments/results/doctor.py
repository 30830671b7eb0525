"""What is wrong with the folder of a run, in words, and mending what can be mended in place.

Mending loses nothing: what is damaged goes into quarantine/. What is missing then is played again
by the run itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.results.blocks import read_parquet
from experiments.results.errors import DamagedBlock
from experiments.results.folder import RunFolder, put_aside, read_manifest, run_key
from experiments.results.inspection import Inspection, inspect, orphans
from experiments.results.lock import owners
from experiments.results.store import LocalStore, Store

AT_THE_START = ("case.toml", "design.csv")
AT_THE_END = ("counts.parquet", "estimates.csv")
POSTERIOR = "posterior.json"  # of a study that was played under one


@dataclass(frozen=True)
class Report:
    """What was found in a folder.

    where : the folder; blocks : how many are whole
    findings : what is wrong, a line each
    done : what was mended, a line each
    unwritten : tables that `winset run` writes at its end and that are not there, which a run from
        Python leaves to its caller
    at_work : who is writing to it
    to_play : whether playing what is missing is all that is left to do
    is_run : whether there is a manifest, readable or not
    """

    where: str
    blocks: int
    findings: tuple[str, ...]
    done: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
    at_work: tuple[str, ...] = ()
    to_play: bool = False
    is_run: bool = True

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def lines(self) -> list[str]:
        """The report, a line each."""
        said = [f"{self.where}: {words}" for words in (*self.done, *self.findings)]
        said += [f"{self.where}: {words}; `winset run` writes it" for words in self.unwritten]
        said += [f"{self.where}: a run is writing to it ({who})" for who in self.at_work]
        if self.healthy:
            number = "1 block" if self.blocks == 1 else f"{self.blocks} blocks, each"
            return [*said, f"{self.where}: complete, {number} whole"]
        if self.at_work or not self.is_run:
            return said
        advice = "`winset doctor --mend` puts right what can be put right here"
        if self.to_play:
            advice = (
                "`winset doctor --mend` plays what is missing, as does the run given again: "
                f"winset run ... --out {self.where}"
            )
        return [*said, f"{self.where}: {advice}"]


def examine(store: Store) -> Report:
    """Look at every file of a run; nothing is changed.

    Raises
    ------
    ResultsError
        Where the folder cannot be read.
    """
    manifest = read_manifest(store)
    found = _inspected(store, manifest)
    at_work = owners(store.folder) if isinstance(store, LocalStore) else []
    settled = bool(manifest) and not at_work
    files = [f"{name}: {problem}" for name, problem in _in_place(store, settled, found)]
    first = (*AT_THE_START, POSTERIOR) if _has_posterior(manifest) else AT_THE_START
    lost, unwritten = (_absent(store, manifest, names) for names in (first, AT_THE_END))
    missing = [*_manifest(manifest), *_missing(manifest or {}, found), *lost]
    left = [] if at_work else store.temporaries()
    astray = [f"{name}: is what a killed write has left" for name in left]
    return Report(
        store.where, len(found.whole), (*missing, *files, *astray), at_work=tuple(at_work),
        unwritten=tuple(unwritten) if manifest and manifest.get("complete") else (),
        to_play=bool(missing) and not files and not astray, is_run=manifest is not None,
    )  # fmt: skip


def mend(store: Store) -> Report:
    """Put damaged, doubled and foreign blocks aside and sweep up what killed writes have left.

    A run that said it was complete and is not says so afterwards.

    Raises
    ------
    BusyError
        Where a run is writing to the folder.
    ResultsError
        Where it cannot be written to.
    """
    manifest = read_manifest(store)
    if manifest is None:
        return examine(store)
    folder, done = RunFolder(store, manifest), []
    with folder.lock():
        done += [f"{name}: removed" for name in store.remove_temporaries()]
        found = _inspected(store, manifest)
        for name, problem in list(_in_place(store, bool(manifest), found)):
            done.append(f"{name}: {problem}; now {put_aside(store, name)}")
        if manifest.get("complete") and _missing(manifest, found):
            folder.update(complete=False)
            done.append("manifest.json: no longer says that the run is complete")
    return replace(examine(store), done=tuple(done))


def _inspected(store: Store, manifest: dict[str, Any] | None) -> Inspection:
    known = manifest or {}
    return inspect(store, run_key(known) if known else None, bool(known.get("keep_rows")))


def _in_place(store: Store, settled: bool, found: Inspection) -> Iterator[tuple[str, str]]:
    """Files that do not belong where they are, each with what is wrong.

    settled : whether a manifest says if negotiations are kept, and nobody is about to write the
        counts that speak of them
    """
    yield from sorted(found.problems.items())
    for name in orphans(store, found) if settled else ():
        yield name, "is counted nowhere"
    try:
        read_parquet(store.read("counts.parquet"), "")
    except DamagedBlock:
        yield "counts.parquet", "is damaged"
    except FileNotFoundError:
        return


def _manifest(manifest: dict[str, Any] | None) -> Iterator[str]:
    if manifest is None:
        yield "holds no manifest.json of a run"
    elif not manifest:
        yield "manifest.json: cannot be read; the run that made the folder writes it anew"
    elif not manifest.get("complete"):
        yield "manifest.json: the run is not complete"


def _has_posterior(manifest: dict[str, Any] | None) -> bool:
    study = (manifest or {}).get("study")
    return isinstance(study, dict) and "posterior" in study


def _missing(manifest: dict[str, Any], found: Inspection) -> list[str]:
    blocks = manifest.get("blocks")
    if not isinstance(blocks, int):
        return []
    spans = gaps([index for index in found.whole if index < blocks], blocks)
    count = sum(high - low + 1 for low, high in spans)
    return [f"{count} of {blocks} blocks are missing: {in_words(spans)}"] if spans else []


def _absent(store: Store, manifest: dict[str, Any] | None, names: Sequence[str]) -> list[str]:
    """Which of the tables of a run are not there, in words."""
    there = store.names() if manifest else names
    return [f"{name}: is missing" for name in names if name not in there]


def gaps(numbers: Iterable[int], end: int) -> list[tuple[int, int]]:
    """The spans, first and last, of the whole numbers in [0, end) that are not among some."""
    spans, low = [], 0
    for number in [*sorted(numbers), end]:
        if number > low:
            spans.append((low, number - 1))
        low = number + 1
    return spans


def in_words(spans: Sequence[tuple[int, int]], most: int = 8) -> str:
    """Spans of numbers as words: 3, 7 to 9 and so on."""
    said = [f"{low} to {high}" if high > low else str(low) for low, high in spans[:most]]
    return ", ".join(said) + (" and more" if len(spans) > most else "")

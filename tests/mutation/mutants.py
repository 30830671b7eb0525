"""Broken rules, each of which the rows of the docking or the tests of the rules must see.

A mutant is one replacement of text in a copy of the tree. The copy plays the rows of theory that
are put to the engine or to rules, without compilation and with few negotiations, until three of
them fail; where none does, the tests of that file's rules are run. What neither sees has survived.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("sim", "experiments", "seeds", "tests", "pyproject.toml")
ENOUGH = 3  # rows that are looked for before a mutant counts as seen
FEW, MANY = 100, 400  # negotiations a row; of the sections whose talks are short
# rows that take long without compilation, or hold for any rules
LEFT_OUT = (
    "A1", "F1", "I1", "I2", "I3", "I4.engines", "I4.idle", "I4.endings", "E5.talk.flat", "D4.never",
)  # fmt: skip

PROBE = """
import json, sys
import sim
assert sim.__file__.startswith(sys.argv[1]), sim.__file__
from experiments.docking import all_rows
from experiments.docking.row import run_row
first, enough, few, many, left_out = json.loads(sys.argv[2])
rows = [row for row in all_rows() if row.engine != "function" and row.fast]
rows = [row for row in rows if not row.id.startswith(tuple(left_out))]
if first:
    rows = [row for row in rows if row.id.startswith(tuple(first))]
rows.sort(key=lambda row: row.n)
failed = []
for row in rows:
    verdict = run_row(row, many if row.id[0] in "CDGH" else few)
    if verdict.verdict == "fail":
        failed.append(row.id)
        if len(failed) == enough:
            break
print(json.dumps([len(rows), failed]))
"""


@dataclass(frozen=True)
class Mutant:
    """One broken rule. `rows` are the prefixes of the IDs that are tried; none for all."""

    name: str
    file: str
    old: str
    new: str
    rows: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether at least three rows of theory must see it."""
        return bool(self.rows)


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: the rows that failed, or else the tests."""

    mutant: Mutant
    rows: tuple[str, ...]
    tests: tuple[str, ...] = ()

    @property
    def killed(self) -> bool:
        """Whether it was seen; a named one by three rows."""
        return len(self.rows) >= ENOUGH if self.mutant.named else bool(self.rows or self.tests)

    def told(self) -> str:
        """The fate in one line."""
        seen = ", ".join(self.rows or self.tests) or "nothing"
        return f"{'killed' if self.killed else 'SURVIVED'}  {self.mutant.name}  <- {seen}"


def copy_tree(folder: Path) -> None:
    """A copy of what a run needs."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "mutation", "golden")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy(source, folder / name)


def mutate(folder: Path, mutant: Mutant) -> None:
    """Break the rule.

    Raises
    ------
    ValueError
        Where its text does not stand exactly once in the file: the list is out of date.
    """
    path = folder / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.old!r} stands {text.count(mutant.old)} times")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def _environment(folder: Path) -> dict[str, str]:
    cache = str(folder / "cache")
    return {
        **os.environ, "NUMBA_DISABLE_JIT": "1", "NUMBA_CACHE_DIR": cache,
        "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(folder),
    }  # fmt: skip


def failing_rows(folder: Path, first: Sequence[str] = (), enough: int = ENOUGH) -> tuple[str, ...]:
    """The rows that fail in a tree, looked for until there are enough.

    Raises
    ------
    RuntimeError
        Where the tree cannot play them or there are none.
    """
    ask = json.dumps([list(first), enough, FEW, MANY, LEFT_OUT])
    run = subprocess.run(
        [sys.executable, "-c", PROBE, str(folder), ask], cwd=folder, env=_environment(folder),
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if run.returncode != 0:
        raise RuntimeError(f"{folder}: {run.stderr[-2000:]}")
    played, failed = json.loads(run.stdout.splitlines()[-1])
    if not played:
        raise RuntimeError(f"no row's ID starts with any of {first}")
    return tuple(failed)


def failing_tests(folder: Path, mutant: Mutant) -> tuple[str, ...]:
    """The tests of the mutant's rules that fail in a tree, up to the first."""
    tests = folder / "tests" / "rules" / f"test_{Path(mutant.file).stem}_rules.py"
    if not tests.is_file():
        return ()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header",
         "-W", "ignore", "--tb=no", str(tests)],
        cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=900,
        check=False,
    )  # fmt: skip
    if run.returncode not in (0, 1):
        raise RuntimeError(f"{tests}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    lines = [line.split(" - ")[0] for line in run.stdout.splitlines() if line.startswith("FAILED")]
    return tuple(line.removeprefix("FAILED ").split("::", 1)[-1] for line in lines)


def put_to_death(mutant: Mutant | None) -> Fate:
    """The fate of one mutant, or of the tree as it is."""
    with tempfile.TemporaryDirectory(prefix="winset-mutant-") as name:
        folder = Path(name).resolve()
        copy_tree(folder)
        if mutant is None:
            healthy = Mutant("the tree as it is", "", "", "")
            return Fate(healthy, failing_rows(folder, enough=10**6))
        mutate(folder, mutant)
        rows = failing_rows(folder, mutant.rows)
        tests = () if rows or mutant.named else failing_tests(folder, mutant)
        return Fate(mutant, rows, tests)


def fates(mutants: Sequence[Mutant], workers: int) -> Iterator[Fate]:
    """What becomes of each, in their order."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(put_to_death, mutants)

"""One statement of theory, what the model must give for it, and the verdict.

A frequency is judged by the exact binomial test of size 1e-4, a mean by the normal test of that
size; one that fails is drawn once more, with the next seed and four times the replicates, before
it counts as a failure. A probability of 0 or 1 is held to the letter. Everything else must lie
within the row's tolerance.
"""

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from scipy.special import ndtr
from scipy.stats import binomtest

from sim.theory.monte_carlo import RETRY_FACTOR, SIZE

Value = float | tuple[float, ...]

FAST_REPLICATES = 60_000  # the most that a row plays in the fast run: enough for an exact zero
KINDS = {
    "D": "deterministic equality",
    "P": "probability or mean, by its test",
    "S": "sign: greater than 0",
    "R": "bound: at most the expected value",
    "B": "best reply or fixed point",
}
COLUMNS = (
    "ID", "statement", "source", "limit", "kind", "engine", "expected", "got", "n",
    "tolerance or p-value", "verdict", "reason",
)  # fmt: skip


class Got(NamedTuple):
    """What the model gave: a value, from how many negotiations, and what it is judged by."""

    value: Value
    n: int = 0
    events: int | None = None  # how many, where the value is a frequency
    error: float = math.nan  # standard error, where the value is a mean
    detail: str = ""


@dataclass(frozen=True)
class Row:
    """One statement of theory and how the model is put to it."""

    id: str
    statement: str
    source: str
    limit: str
    kind: str
    expected: Value
    run: Callable[[int, int], Got]  # (replicates, seed) -> Got
    tolerance: float = 0.0
    n: int = 0
    least: int = 0  # replicates below which the row says nothing
    engine: str = "function"
    fast: bool = True

    @property
    def seed(self) -> int:
        """The seed of the row's first draw: a checksum of its ID, so that no order matters."""
        return zlib.crc32(self.id.encode())


class Verdict(NamedTuple):
    """What became of a row."""

    row: Row
    got: Got
    verdict: str  # pass, fail or skipped
    criterion: float  # the tolerance, or the p-value of the last test
    reason: str = ""

    def cells(self) -> tuple[object, ...]:
        """The row of the report's table."""
        row = self.row
        return (
            row.id, row.statement, row.source, row.limit, row.kind, row.engine, row.expected,
            self.got.value, self.got.n, self.criterion, self.verdict, self.reason,
        )  # fmt: skip


def parts(value: Value) -> tuple[float, ...]:
    """The numbers of a value."""
    return value if isinstance(value, tuple) else (value,)


def judge(row: Row, got: Got) -> tuple[bool, float]:
    """Whether a row holds, and the tolerance or p-value that it was judged by."""
    if got.events is not None and isinstance(row.expected, float):
        if row.expected in (0.0, 1.0):
            return got.events == row.expected * got.n, 0.0
        p = float(binomtest(got.events, got.n, row.expected).pvalue)
        return p >= SIZE, p
    if row.kind == "S":
        return all(value > 0.0 for value in parts(got.value)), 0.0
    pairs = list(zip(parts(got.value), parts(row.expected), strict=True))
    if not math.isnan(got.error):
        away = abs(pairs[0][0] - pairs[0][1])
        p = 2.0 * float(ndtr(-away / got.error)) if got.error > 0.0 else float(away == 0.0)
        return p >= SIZE, p
    if row.kind == "R":
        return all(value <= bound + row.tolerance for value, bound in pairs), row.tolerance
    return all(abs(value - wanted) <= row.tolerance for value, wanted in pairs), row.tolerance


def run_row(row: Row, most: float = math.inf) -> Verdict:
    """Put one row to the model, with at most `most` replicates."""
    n = int(min(row.n, most))
    if n < row.least:
        reason = f"needs at least {row.least:,} negotiations"
        return Verdict(row, Got(math.nan, 0), "skipped", math.nan, reason)
    try:
        got = row.run(n, row.seed)
        holds, criterion = judge(row, got)
        certain = row.expected in (0.0, 1.0)
        if not holds and row.kind == "P" and not certain:
            got = row.run(RETRY_FACTOR * n, row.seed + 1)
            holds, criterion = judge(row, got)
    except Exception as error:  # a row that cannot be computed has failed, and the others go on
        reason = f"{type(error).__name__}: {error}"
        return Verdict(row, Got(math.nan, n), "fail", math.nan, reason)
    reason = got.detail if holds else f"differs{': ' + got.detail if got.detail else ''}"
    return Verdict(row, got, "pass" if holds else "fail", criterion, reason)


def run_rows(
    rows: Sequence[Row],
    fast: bool = False,
    progress: Callable[[int], object] | None = None,
    *,
    most: float | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Put rows to the model; one line of the report for each, in their order.

    Parameters
    ----------
    fast : only the fast rows, each with at most 60,000 replicates
    progress : called with 1 for every row that is done
    most : replicates that no row exceeds in its first draw; None for 60,000 if fast, else no bound
    threads : rows that are played side by side; the numbers do not depend on it
    """
    chosen = [row for row in rows if row.fast or not fast]
    bound = most if most is not None else FAST_REPLICATES if fast else math.inf
    found: dict[int, Verdict] = {}
    for index, verdict in _in_parallel(chosen, bound, threads):
        found[index] = verdict
        if progress is not None:
            progress(1)
    cells = [found[index].cells() for index in range(len(chosen))]
    return pd.DataFrame(cells, columns=pd.Index(COLUMNS))


def _in_parallel(rows: Sequence[Row], bound: float, threads: int) -> Iterator[tuple[int, Verdict]]:
    if threads == 1:
        for index, row in enumerate(rows):
            yield index, run_row(row, bound)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: dict[Future[Verdict], int] = {
            pool.submit(run_row, row, bound): index for index, row in enumerate(rows)
        }
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

"""`make bench`: the compiled kernel against its floor, against Mesa and against NegMAS, in one run.

All play the central case, or for NegMAS talks of the same shape, and take turns, so that whatever
else the machine does weighs on all; the median of the turns counts. Rates are per second of
processor time, except where all cores play at once: there the clock on the wall counts. Fails
where a promise is not kept.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from benchmarks.floor import counted, play_floor
from benchmarks.mesa_batch import SEED, batch
from sim import negotiate, read_scenario

TURNS = 7
KERNEL, MESA, NEGMAS = 200_000, 300, 150  # negotiations a turn
MANY, FEW = 900, 4  # of Mesa's two processes: the difference leaves out their start
NEGMAS_PYTHON = Path(".venv-bench/bin/python")
CORES = os.cpu_count() or 1


class Promise(NamedTuple):
    """A number that must be reached, or, for the floor, not be passed."""

    what: str
    promised: float
    measured: float
    at_most: bool = False

    @property
    def kept(self) -> bool:
        """Whether it is."""
        return (self.measured <= self.promised) if self.at_most else self.measured >= self.promised


class NegMAS:
    """The program that plays NegMAS's talks, asked turn by turn."""

    def __init__(self) -> None:
        """Start it, and warm it up."""
        self._process = subprocess.Popen(
            [str(NEGMAS_PYTHON), "-I", str(Path(__file__).with_name("negmas_talks.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.rounds = 0.0
        self.seconds(20)

    def seconds(self, count: int) -> float:
        """Processor seconds of so many negotiations."""
        assert self._process.stdin
        assert self._process.stdout
        print(count, file=self._process.stdin, flush=True)
        seconds, self.rounds = map(float, self._process.stdout.readline().split())
        return seconds

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def timed(clock: Callable[[], float], play: Callable[[], object]) -> float:
    """Seconds of a clock that a call takes."""
    start = clock()
    play()
    return clock() - start


def main() -> int:
    """Measure, print the table; returns the exit code."""
    points = read_scenario("korea_2019").points()
    same = negotiate(points, MESA, seed=SEED)
    if same[0].tobytes() != batch(MESA).tobytes():
        print("Mesa's batch and the kernel do not play the same negotiations")
        return 1

    def block(first: int, count: int = KERNEL, engine: str = "kernel") -> None:
        negotiate(points, count, seed=SEED, first_replicate=first, engine=engine)  # pyright: ignore

    def on_all_cores() -> None:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(block, range(0, 2 * CORES * KERNEL, KERNEL)))

    needs, negmas, cpu = counted(), NegMAS(), time.process_time
    play_floor(needs, 1)
    rates: dict[str, list[float]] = {}

    def note(name: str, rate: float) -> None:
        rates.setdefault(name, []).append(rate)

    for turn in range(TURNS):
        note("kernel", KERNEL / timed(cpu, lambda: block(turn * KERNEL)))  # noqa: B023
        note("floor", KERNEL / timed(cpu, lambda: play_floor(needs, KERNEL)))
        note("agents", MESA / timed(cpu, lambda: block(0, MESA, "mesa")))
        note("batch", MESA / timed(cpu, lambda: batch(MESA)))
        note("negmas", NEGMAS / negmas.seconds(NEGMAS))
        processor, wall = cpu(), timed(time.perf_counter, on_all_cores)
        note("all cores", 2 * CORES * KERNEL / wall)
        note("all cores, cpu", 2 * CORES * KERNEL / (cpu() - processor))
    for _ in range(3):
        few, many = (timed(time.perf_counter, lambda n=n: batch(n, 2)) for n in (FEW, MANY))
        note("batch of two", (MANY - FEW) / (many - few))
    negmas.close()
    median = {name: statistics.median(found) for name, found in rates.items()}
    return report(median, needs, same["round"].mean(), negmas.rounds)


def report(
    median: dict[str, float], needs: dict[str, float], rounds: float, negmas_rounds: float
) -> int:
    """Print rates and promises; returns the exit code."""
    rows = (
        ("kernel, one core", "kernel"),
        (f"kernel, {CORES} cores (wall)", "all cores"),
        ("floor, one core", "floor"),
        ("Mesa agents, our loop, one core", "agents"),
        ("Mesa batch_run, one process", "batch"),
        ("Mesa batch_run, two processes (wall)", "batch of two"),
        ("NegMAS SAO, one core", "negmas"),
    )
    print(f"central case, {rounds:.2f} rounds on average; NegMAS {negmas_rounds:.2f} rounds")
    print(f"median of {TURNS} turns; Mesa and kernel play identical negotiations\n")
    print(f"{'':38}{'negotiations a second':>22}{'kernel, one core':>19}")
    for name, key in rows:
        print(f"{name:38}{median[key]:22,.0f}{median['kernel'] / median[key]:18,.3g}x")
    print("\nthe floor of one negotiation:", ", ".join(f"{n} {x:.1f}" for n, x in needs.items()))
    promises = [
        Promise("times the floor, at most", 3.0, median["floor"] / median["kernel"], True),
        Promise("times Mesa's batch_run, a core", 1000.0, median["kernel"] / median["batch"]),
        Promise(
            f"times NegMAS, {CORES} cores", 5000.0,
            CORES * median["all cores, cpu"] / median["negmas"],
        ),
        Promise(
            f"a core's rate kept with {CORES} at work", 0.9,
            median["all cores, cpu"] / median["kernel"],
        ),
    ]  # fmt: skip
    if CORES >= 2:
        promises.append(Promise("negotiations a second in all", 1e6, median["all cores"]))
    print(f"\n{'':38}{'promised':>12}{'measured':>12}")
    for promise in promises:
        kept = "" if promise.kept else "   NOT KEPT"
        print(f"{promise.what:38}{promise.promised:12,.4g}{promise.measured:12,.4g}{kept}")
    return 0 if all(promise.kept for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())

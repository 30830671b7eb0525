"""`python -m benchmarks`: the compiled kernel against the same model played by Mesa agents.

Both play the central case, the same negotiations; the two take turns, so that whatever else the
machine does weighs on both, and the median of the turns counts. Fails below the ratio promised.
"""

import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from sim import negotiate, read_scenario

PROMISED = 300.0
TURNS = 7
MESA_REPLICATES, KERNEL_REPLICATES = 300, 60_000


def rate(points, replicates: int, engine: str, threads: int = 1) -> float:
    """Negotiations a second of one turn."""
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(
            pool.map(
                lambda block: negotiate(
                    points, replicates, seed=1, first_replicate=block * replicates, engine=engine
                ),
                range(threads),
            )
        )
    return threads * replicates / (time.perf_counter() - start)


def main() -> int:
    """Print the table; returns the exit code."""
    points = read_scenario("korea_2019").points()
    cores = os.cpu_count() or 1
    first = negotiate(points, MESA_REPLICATES, seed=1)
    second = negotiate(points, MESA_REPLICATES, seed=1, engine="mesa")
    if first.tobytes() != second.tobytes():
        print("the two engines do not play the same negotiations")
        return 1
    mesa, kernel, all_cores = [], [], []
    for _ in range(TURNS):
        mesa.append(rate(points, MESA_REPLICATES, "mesa"))
        kernel.append(rate(points, KERNEL_REPLICATES, "kernel"))
        all_cores.append(rate(points, KERNEL_REPLICATES, "kernel", cores))
    medians = [statistics.median(rates) for rates in (mesa, kernel, all_cores)]
    print(f"central case of {TURNS} turns each, identical negotiations\n")
    print(f"{'engine':28}{'negotiations a second':>22}{'against Mesa':>14}")
    names = ("Mesa agents, one core", "kernel, one core", f"kernel, {cores} cores")
    for name, median in zip(names, medians, strict=True):
        print(f"{name:28}{median:22,.0f}{median / medians[0]:13,.0f}x")
    ratio = medians[1] / medians[0]
    print(f"\npromised: at least {PROMISED:.0f}x on one core; measured {ratio:.0f}x")
    return 0 if ratio >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())

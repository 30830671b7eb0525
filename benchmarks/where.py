"""Where the time goes: `python -m benchmarks.where` prints the table of docs/speed.md.

Each kind of work is timed alone, as often as a negotiation of the central case asks for it; what
is left of the kernel's time is arithmetic, comparisons and waiting for results.
"""

import statistics
import sys
import time

from benchmarks.floor import NEEDS, counted, floor_kernel
from sim import negotiate, read_scenario

TURNS, REPLICATES = 7, 100_000
TOLD = {
    "blocks": "blocks of four draws (Philox4x64-10)",
    "normal quantile": "normal quantiles",
    "Lambert's W": "Lambert's W, in the best demands",
    "exp": "exp: backlash, answers, votes, walk-outs",
    "log": "log: votes",
    "pow": "pow: turnover",
}


def nanoseconds(play, *arguments: object) -> float:
    """Processor time of one negotiation's share of a call."""
    start = time.process_time()
    play(*arguments)
    return (time.process_time() - start) / REPLICATES * 1e9


def main() -> int:
    """Measure and print."""
    points, needs = read_scenario("korea_2019").points(), counted()
    floor_kernel(1, 1, 1, 1, 1, 1)
    negotiate(points, 1, seed=1)
    alone = {
        name: [round(REPLICATES * needs[other]) * (other == name) for other in NEEDS]
        for name in NEEDS
    }
    found: dict[str, list[float]] = {name: [] for name in ("kernel", *NEEDS)}
    for turn in range(TURNS):
        first = turn * REPLICATES
        found["kernel"].append(
            nanoseconds(lambda: negotiate(points, REPLICATES, seed=1, first_replicate=first))  # noqa: B023
        )
        for name, counts in alone.items():
            found[name].append(nanoseconds(floor_kernel, *counts))
    median = {name: statistics.median(times) for name, times in found.items()}
    whole = median["kernel"]
    print("| work of one negotiation | times | ns | share |\n|---|---|---|---|")
    for name in NEEDS:
        if needs[name]:
            share = median[name] / whole
            print(f"| {TOLD[name]} | {needs[name]:.1f} | {median[name]:,.0f} | {share:.0%} |")
    rest = whole - sum(median[name] for name in NEEDS)
    print(f"| arithmetic, comparisons, waiting | | {rest:,.0f} | {rest / whole:.0%} |")
    print(f"| all | | {whole:,.0f} | 100% |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

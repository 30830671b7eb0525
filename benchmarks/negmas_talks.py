"""NegMAS's own alternating offers, as a program that `benchmarks` runs in .venv-bench.

It reads how many negotiations to play, one number a line, and answers each with the seconds of
processor time that they took and the rounds that they lasted on average. Two time-based negotiators
talk about one issue of 41 values for at most as many rounds as the central case has. Their
reservation values leave no agreement, so that all rounds are played. It imports nothing of this
project and is imported by nothing: NegMAS is under the AGPL.
"""

import sys
import time
import warnings

warnings.simplefilter("ignore")

from negmas import LinearAdditiveUtilityFunction, SAOMechanism, make_issue  # noqa: E402
from negmas.preferences.value_fun import AffineFun  # noqa: E402
from negmas.sao import BoulwareTBNegotiator  # noqa: E402

VALUES, ROUNDS, RESERVED = 41, 10, 0.6


def play(count: int) -> float:
    """So many negotiations; returns the rounds that they lasted on average."""
    issues = [make_issue(VALUES, "amount")]
    step, rounds = 1.0 / (VALUES - 1), 0
    for _ in range(count):
        talks = SAOMechanism(issues=issues, n_steps=ROUNDS)
        for name, slope, bias in (("us", step, 0.0), ("seoul", -step, 1.0)):
            worth = LinearAdditiveUtilityFunction(
                [AffineFun(slope, bias)], issues=issues, reserved_value=RESERVED
            )
            talks.add(BoulwareTBNegotiator(name=name), preferences=worth)
        rounds += talks.run().step
    return rounds / max(1, count)


if __name__ == "__main__":
    for line in sys.stdin:
        start = time.process_time()
        lasted = play(int(line))
        print(time.process_time() - start, lasted, flush=True)

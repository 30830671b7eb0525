"""The floor under the kernel: the same draws and transcendental functions, and nothing else.

What a negotiation asks for on average is counted, not guessed: another process plays some with the
compiler switched off and counts every block of draws and every call of exp, log, pow, the normal
quantile and Lambert's W. The floor does as many of each, each kind in a loop of its own over the
kernel's lanes, where nothing waits for anything and the compiler makes vectors of what it can.
"""

import json
import math
import os
import subprocess
import sys
from typing import Any

import numpy as np

import sim.draws
import sim.kernel
import sim.kernel.fortune
import sim.kernel.positions
import sim.rules.aspiration
import sim.rules.backlash
import sim.rules.ratification
import sim.rules.reservation
import sim.rules.responding
from sim import negotiate, read_scenario
from sim.compiling import COMPILED, kernel, record_maker
from sim.draws import uniforms
from sim.kernel import LANES
from sim.rules.special_functions import (
    central_quantile,
    exponential,
    is_in_a_tail,
    near_lambert_exponential,
    tail_quantile,
)

COUNTED = 400  # negotiations that are counted
NEEDS = ("blocks", "normal quantile", "Lambert's W", "exp", "log", "pow")
_GOLDEN = 0.6180339887498949  # steps through (0, 1) without a pattern


_ROOM = np.dtype([("x", "f8", (LANES,)), ("total", "f8", (LANES,))])
_new_room = record_maker(_ROOM)


@kernel
def _next(x: float) -> float:
    return x + _GOLDEN if x < 1.0 - _GOLDEN else x + _GOLDEN - 1.0


@kernel
def floor_kernel(blocks: int, quantiles: int, ws: int, exps: int, logs: int, pows: int) -> float:
    """So many blocks of draws and calls of each function; the sum keeps them from being dropped."""
    total, x, room = 0.0, 0.5, _new_room()
    for i in range(LANES):
        room.x[i], room.total[i] = (i + 0.5) / LANES, 0.0
    for index in range(blocks):
        u = uniforms(np.uint64(1), np.uint64(0), np.uint64(index), 2, 3, 0)
        total += u[0] + u[1] + u[2] + u[3]
    for _ in range(0, quantiles, LANES):
        for i in range(LANES):
            room.x[i] = _next(room.x[i])
            room.total[i] += central_quantile(room.x[i])
        for i in range(LANES):
            if is_in_a_tail(room.x[i]):
                room.total[i] += tail_quantile(room.x[i])
    for _ in range(0, ws, LANES):
        for i in range(LANES):
            room.x[i] = _next(room.x[i])
            room.total[i] += near_lambert_exponential(-5.0 * room.x[i])
    for _ in range(0, exps, LANES):
        for i in range(LANES):
            room.x[i] = _next(room.x[i])
            room.total[i] += exponential(-6.0 * room.x[i])
    for _ in range(logs):
        x = _next(x)
        total += math.log(x)
    for _ in range(pows):
        x = _next(x)
        total += math.pow(x, 100.0 * x)
    for i in range(LANES):
        total += room.total[i]
    return total


def counted() -> dict[str, float]:
    """What one negotiation of the central case asks for, on average (calls)."""
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.floor"], env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(found.stdout)


def play_floor(needs: dict[str, float], replicates: int) -> None:
    """The floor of so many negotiations."""
    total = floor_kernel(*(round(replicates * needs[name]) for name in NEEDS))
    assert math.isfinite(total)


class _Counter:
    """Counts calls of functions by name; what a counted function calls is not counted again."""

    def __init__(self) -> None:
        self.calls: dict[str, float] = dict.fromkeys(NEEDS, 0.0)
        self._inside = False

    def replace(self, module: Any, attribute: str, name: str | None) -> None:
        """Put a counting function in the place of a module's own; None: it is not counted."""
        function = getattr(module, attribute)

        def call(*arguments: Any) -> Any:
            if self._inside:
                return function(*arguments)
            if name is not None:
                self.calls[name] += 1
            self._inside = True
            try:
                return function(*arguments)
            finally:
                self._inside = False

        setattr(module, attribute, call)


def _count() -> dict[str, float]:
    """Play with counting functions in place of the real ones; the compiler must be off."""
    assert not COMPILED
    points = read_scenario("korea_2019").points()
    counter = _Counter()
    for function, name in (("log", "log"), ("log1p", "log"), ("pow", "pow")):
        counter.replace(math, function, name)
    for module in (sim.rules.backlash, sim.rules.responding, sim.rules.ratification):
        counter.replace(module, "exponential", "exp")
    counter.replace(sim.draws, "philox", "blocks")
    for module in (sim.kernel.fortune, sim.rules.reservation):
        counter.replace(module, "normal_quantile", "normal quantile")
    counter.replace(sim.kernel.positions, "central_quantile", "normal quantile")
    counter.replace(sim.kernel.positions, "tail_quantile", None)  # counted as central
    counter.replace(sim.kernel.positions, "near_lambert_exponential", "Lambert's W")
    counter.replace(sim.rules.aspiration, "lambert_exponential", None)  # counted as near
    sim.kernel._VECTOR = 1  # no lane whose talks are over is played on
    negotiate(points, COUNTED, seed=1)
    return {name: counter.calls[name] / COUNTED for name in NEEDS}


if __name__ == "__main__":
    print(json.dumps(_count()))

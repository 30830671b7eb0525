"""Putting a row to the engine: settings, an event or a number, and what comes out.

Deterministic rows are played by both engines, whose records must agree bit for bit. Frequencies
come from the compiled kernel, in blocks.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.docking.limits import LIMIT, Settings, in_words
from experiments.docking.row import Got, Row, Value
from sim.case import Party
from sim.design_points import BLOC
from sim.negotiate import negotiate
from sim.scenario import DesignPoints, Scenario, read_scenario
from sim.terms import Ending
from sim.theory.monte_carlo import CERTAINTY_REPLICATES, replicates_for_probability

BLOCK = 50_000  # records that are held at a time
Records = NDArray[Any]
Event = Callable[[Records], NDArray[np.bool_]]
Blocs = Sequence[tuple[float, float, float, float]]  # seats, attendance, threshold, abstention
BOTH = "kernel and Mesa"


@cache
def shipped() -> Scenario:
    """The shipped case, whose values stand wherever a row sets none."""
    return read_scenario("korea_2019")


def with_assembly(blocs: Blocs, members: int) -> Scenario:
    """The shipped case with another Assembly."""
    parties = tuple(Party(f"bloc {index}", "other") for index in range(len(blocs)))
    rows = np.array([tuple(bloc) for bloc in blocs], BLOC)
    return dataclasses.replace(shipped(), blocs=rows, members=members, parties=parties)


def limit_points(changed: Settings, scenario: Scenario | None = None) -> DesignPoints:
    """A design point of the Limit, with some parameters set otherwise."""
    return (scenario or shipped()).points({**LIMIT, **changed})


def played(points: DesignPoints, n: int, seed: int) -> Iterator[Records]:
    """The records of one design point in blocks."""
    for first in range(0, n, BLOCK):
        yield negotiate(points, min(BLOCK, n - first), seed=seed, first_replicate=first)[0]


def broke_down(records: Records) -> NDArray[np.bool_]:
    """Which negotiations broke down."""
    return records["ending"] != Ending.RATIFIED


def ended_by(ending: Ending) -> Event:
    """The event of this ending."""
    return lambda records: records["ending"] == ending


def count_of(column: str) -> Event:
    """The event that a count of the record is not 0."""
    return lambda records: records[column] > 0


def frequency(points: DesignPoints, event: Event, n: int, seed: int) -> Got:
    """How often an event occurs."""
    count = sum(int(np.count_nonzero(event(block))) for block in played(points, n, seed))
    return Got(count / n, n, count)


def mean_of(values: NDArray[np.float64]) -> Got:
    """A mean with its standard error."""
    error = float(values.std()) / math.sqrt(max(len(values), 1))
    return Got(float(values.mean()), len(values), error=error)


def chance(
    id: str, statement: str, source: str, changed: Settings, event: Event, expected: float,
    *, difference: float = 0.005, n: int = 0, scenario: Callable[[], Scenario] | None = None,
    fast: bool = True,
) -> Row:  # fmt: skip
    """A row whose event has a known probability, played by the kernel.

    Parameters
    ----------
    difference : what the test must see with power .99; n : replicates, in place of it
    """

    def run(replicates: int, seed: int) -> Got:
        points = limit_points(changed, scenario() if scenario else None)
        return frequency(points, event, replicates, seed)

    certain = expected in (0.0, 1.0)
    least = CERTAINTY_REPLICATES if certain else replicates_for_probability(expected, difference)
    return Row(
        id, statement, source, in_words(changed), "P", float(expected), run, n=n or least,
        engine="kernel", fast=fast,
    )  # fmt: skip


def both_engines(points: DesignPoints, n: int = 1, seed: int = 0) -> Records:
    """The records of one design point, once it is known that both engines give the same.

    Raises
    ------
    ValueError
        Where they do not.
    """
    compiled = negotiate(points, n, seed=seed)[0]
    if compiled.tobytes() != negotiate(points, n, seed=seed, engine="mesa")[0].tobytes():
        raise ValueError("the two engines gave different records")
    return compiled


def certain(
    id: str, statement: str, source: str, changed: Settings,
    pick: Callable[[Any], Value], expected: Value, tolerance: float,
    *, scenario: Callable[[], Scenario] | None = None,
) -> Row:  # fmt: skip
    """A row without chance: one negotiation, played by both engines."""

    def run(_n: int, seed: int) -> Got:
        points = limit_points(changed, scenario() if scenario else None)
        return Got(pick(both_engines(points, 1, seed)[0]), 1)

    return Row(id, statement, source, in_words(changed), "D", expected, run, tolerance, engine=BOTH)


def amount(record: Any) -> float:
    """The settlement of a record, NaN where there is none."""
    return float(record["amount"])


def formula(
    id: str, statement: str, source: str, value: Callable[[], Value], expected: Value,
    tolerance: float = 5.1e-7, *, kind: str = "D", engine: str = "function", limit: str = "",
) -> Row:  # fmt: skip
    """A row of a closed form, or of rules alone, against printed numbers."""
    return Row(
        id, statement, source, limit or "none: no talks are played", kind, expected,
        lambda _n, _seed: Got(value()), tolerance, engine=engine,
    )  # fmt: skip


def tallied(
    id: str, statement: str, source: str, limit: str, run: Callable[[int, int], Got], *,
    kind: str = "D", expected: Value = 0.0, tolerance: float = 0.0, n: int = 0, least: int = 0,
    engine: str = "kernel", fast: bool = True,
) -> Row:  # fmt: skip
    """A row that says for itself how it is played."""
    return Row(id, statement, source, limit, kind, expected, run, tolerance, n, least, engine, fast)

"""One verb, two engines."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.outcomes import OUTCOME
from sim.scenario import DesignPoints, Scenario

if TYPE_CHECKING:
    from sim.model import TalksModel
    from sim.policies import BargainingPolicy

Engine = Literal["kernel", "mesa"]


def negotiate(
    points: DesignPoints,
    replicates: int,
    *,
    seed: int,
    first_replicate: int = 0,
    common: bool = True,
    engine: Engine = "kernel",
    policies: "Mapping[str, BargainingPolicy] | None" = None,
) -> NDArray[Any]:
    """Play every design point `replicates` times.

    Parameters
    ----------
    points : design points, from `Scenario.points`
    replicates : negotiations a design point
    seed : of the run, in [0, 2**64)
    first_replicate : number of the first; a later block continues an earlier one
    common : whether design points share their draws (common random numbers)
    engine : "kernel" (compiled) or "mesa" (agents); both give the same records, bit for bit
    policies : "us" or "seoul" -> your own policy; Mesa engine only

    Returns
    -------
    dtype OUTCOME, shape (points, replicates)

    Raises
    ------
    InputError
        Where a count or the seed is out of range, the engine is unknown, or a policy of your own
        is given to the kernel.
    """
    _check("replicates", replicates, 0, 2**40)
    _check("seed", seed, 0, 2**64 - 1)
    _check("first_replicate", first_replicate, 0, 2**40)
    outcomes = np.zeros((len(points), replicates), OUTCOME)
    words = np.zeros_like(points.words) if common else points.words
    if engine == "kernel":
        if policies:
            raise InputError("policies of your own need engine='mesa'; the kernel is compiled")
        from sim.kernel import play_block

        play_block(points.values, points.blocs, words, seed, first_replicate, outcomes)
    elif engine == "mesa":
        for index, replicate in np.ndindex(outcomes.shape):
            talks = watch(
                points, index, first_replicate + replicate, seed=seed, common=common,
                policies=policies,
            )  # fmt: skip
            outcomes[index, replicate] = talks.run()
    else:
        raise InputError(f"engine is {engine!r}; it must be 'kernel' or 'mesa'")
    return outcomes


def watch(
    points: DesignPoints,
    design_point: int,
    replicate: int,
    *,
    seed: int,
    common: bool = True,
    policies: "Mapping[str, BargainingPolicy] | None" = None,
    scenario: Scenario | None = None,
) -> "TalksModel":
    """The Mesa model of one negotiation, ready to `run()` or to `step()` through.

    Raises
    ------
    InputError
        Where a number is out of range, or a policy is given to a side other than "us" and "seoul".
    """
    from sim.design_points import Point
    from sim.draws import Draws
    from sim.model import TalksModel

    _check("seed", seed, 0, 2**64 - 1)
    _check("replicate", replicate, 0, 2**64 - 1)
    _check("design_point", design_point, 0, len(points) - 1)
    unknown = sorted(set(policies or {}) - {"us", "seoul"})
    if unknown:
        raise InputError(f"policies has the side {unknown[0]!r}; it must be 'us' or 'seoul'")
    word = 0 if common else int(points.words[design_point])
    return TalksModel(
        Point(points.values[design_point]),
        points.blocs[design_point],
        Draws(seed, replicate, word),
        [party.name for party in scenario.parties] if scenario else None,
        policies,
    )


def _check(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}; it must be a whole number in [{low}, {high}]")

"""The events whose probabilities a study estimates: how talks end, and what happens on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.terms import Ending

Records = NDArray[Any]


@dataclass(frozen=True)
class Event:
    """One event: its name in tables, what figures call it, and which records have it."""

    name: str
    words: str
    occurs: Callable[[Records], NDArray[np.bool_]]


def _ended(ending: Ending) -> Callable[[Records], NDArray[np.bool_]]:
    return lambda records: records["ending"] == ending


def _counted(column: str) -> Callable[[Records], NDArray[np.bool_]]:
    return lambda records: records[column] > 0


# The order in which causes are stacked and told.
CAUSES: tuple[tuple[Ending, str], ...] = (
    (Ending.LAPSE, "lapse"),
    (Ending.WALK_OUT, "walk_out"),
    (Ending.EXECUTIVE_VETO, "executive_veto"),
    (Ending.RATIFICATION_REFUSED, "ratification_refused"),
)

EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        Event("breakdown", "breakdown", lambda records: records["ending"] != Ending.RATIFIED),
        Event("lapse", "lapse", _ended(Ending.LAPSE)),
        Event("walk_out", "walk-out for good", _ended(Ending.WALK_OUT)),
        Event("executive_veto", "president's veto for good", _ended(Ending.EXECUTIVE_VETO)),
        Event(
            "ratification_refused", "refusal by the Assembly for good",
            _ended(Ending.RATIFICATION_REFUSED),
        ),
        Event("any_walk_out", "some round broken off", _counted("first_walk_out")),
        Event("any_veto", "some veto", _counted("vetoes")),
        Event("any_refusal", "some refusal by the Assembly", _counted("refusals")),
    )
}  # fmt: skip

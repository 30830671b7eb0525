"""The parts that a case is made of: calendar, parties, the reported event, design points."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RoundDate:
    """When and where a round was, or is assumed to be, held."""

    start: date
    end: date
    place: str


@dataclass(frozen=True)
class Calendar:
    """The dates of a case."""

    rounds: tuple[RoundDate, ...]
    expiry: date
    security_deadline: date
    turnover: date

    def clock(self) -> dict[str, float]:
        """The parameters of the clock: counts of rounds that start by each date."""

        def rounds_until(day: date) -> float:
            return float(sum(r.start <= day for r in self.rounds))

        return {
            "talks.rounds": float(len(self.rounds)),
            "talks.expiry_round": rounds_until(self.expiry),
            "turnover.round": rounds_until(self.turnover),
            "security.deadline_round": rounds_until(self.security_deadline),
        }


@dataclass(frozen=True)
class Party:
    """The name of a bloc and the side that it is counted on."""

    name: str
    side: str


@dataclass(frozen=True)
class ReportedEvent:
    """What figures mark: a reported demand with its day and source."""

    label: str
    demand: float
    day: date
    source: str


@dataclass(frozen=True)
class DesignPoints:
    """A table of design points.

    values : dtype POINT, shape (points,); blocs : dtype BLOC, shape (points, blocs)
    words : uint64, shape (points,): the hash of each point's parameters, for independent draws
    """

    values: NDArray[Any]
    blocs: NDArray[Any]
    words: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.values)

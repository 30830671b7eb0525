"""The same model run by Mesa's own `batch_run`: what a Mesa user would write."""

import warnings
from functools import cache
from typing import Any

import numpy as np
from mesa.batchrunner import batch_run
from mesa.datacollection import DataCollector

from sim import read_scenario
from sim.design_points import Point
from sim.draws import Draws
from sim.model import TalksModel
from sim.outcomes import OUTCOME

SEED = 1


@cache
def _central() -> tuple[Point, Any]:
    points = read_scenario("korea_2019").points()
    return Point(points.values[0]), points.blocs[0]


class BatchTalks(TalksModel):
    """One negotiation of the central case, as `batch_run` makes and collects it."""

    def __init__(self, replicate: int, rng: object = None) -> None:
        """Seat everybody; `rng` is what `batch_run` passes on, and the draws have addresses."""
        point, blocs = _central()
        super().__init__(point, blocs, Draws(SEED, replicate))
        self.datacollector = DataCollector(model_reporters={"outcome": "outcome"})

    def step(self) -> None:
        """One round; the record is collected once, at the end."""
        super().step()
        if self.ending is not None:
            self.datacollector.collect(self)


def batch(replicates: int, processes: int = 1) -> np.ndarray[Any, Any]:
    """The records (dtype OUTCOME, shape (replicates,)) of a batch, in order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = batch_run(
            BatchTalks, {"replicate": range(replicates)}, number_processes=processes,
            display_progress=False,
        )  # fmt: skip
    rows.sort(key=lambda row: row["replicate"])
    return np.array([row["outcome"].tolist() for row in rows], OUTCOME)

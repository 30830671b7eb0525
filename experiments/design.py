"""A study laid out: the table of its design points.

A grid crosses the levels of all factors; Latin hypercubes and Sobol sequences fill the ranges
(McKay, Beckman, Conover 1979, Technometrics 21; Sobol 1967, USSR Comput. Math. Math. Phys. 7);
Saltelli and Morris designs serve `experiments.sensitivity`. Variants vary fastest and the first of
them is the reference, so that the points that are compared stand side by side.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.posterior_draws import drawn_columns, draws_of
from experiments.sensitivity import SampledDesign, sample
from experiments.study import EXPIRY, GRID, Study
from sim.case import DesignPoints
from sim.terms import Policy


@dataclass(frozen=True)
class Design:
    """The design points of a study.

    combinations : settings of the factors, shape (combinations, factors), in the model's units
    """

    study: Study
    combinations: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.combinations) * len(self.study.variants)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a design point: its number, its variant and what varies, by full name."""
        arms = [variant.name for variant in self.study.variants]
        rows = np.repeat(self.combinations, len(arms), axis=0)
        columns: dict[str, object] = {
            "design_point": np.arange(len(rows)),
            "variant": np.tile(arms, len(self.combinations)),
        }
        columns |= {name: rows[:, i] for i, name in enumerate(self.study.parameters)}
        return pd.DataFrame(columns)

    def check(self) -> None:
        """Refuse a design in which some point cannot be played, before any is.

        Only equilibrium play asks that parameters fit together, so all points are made only where
        some may play so.

        Raises
        ------
        InputError
            Where settings contradict each other.
        """
        study = self.study
        for name in ("negotiators.policy", "ministry.policy"):
            used = {arm.settings.get(name, study.central(name)) for arm in study.variants}
            if name in study.parameters:
                used = set(study.factor(name).levels)
            if Policy.CHATTERJEE_SAMUELSON in used:
                for draw in range(1 if study.posterior is None else len(study.posterior)):
                    self.points(np.arange(len(self)), np.full(len(self), draw))
                return

    def points(
        self, chosen: NDArray[np.int64], draws: NDArray[np.int64] | None = None
    ) -> DesignPoints:
        """Some design points as the engines read them, in the order asked for.

        draws : of the study's posterior, a number for each point; needed where it has one

        Raises
        ------
        InputError
            Where settings contradict each other.
        """
        study, arms = self.study, len(self.study.variants)
        rows, arm = self.combinations[chosen // arms], chosen % arms
        columns: dict[str, NDArray[np.float64]] = {
            name: np.full(len(chosen), value) for name, value in study.settings.items()
        }
        columns |= {name: rows[:, i] for i, name in enumerate(study.parameters)}
        drawn: dict[str, NDArray[np.float64]] = {}
        if study.posterior is not None:
            assert draws is not None
            drawn = drawn_columns(study, arm, draws, columns.get(EXPIRY))
        names = sorted({name for variant in study.variants for name in variant.settings})
        for name in names:
            values = [v.settings.get(name, study.central(name)) for v in study.variants]
            columns[name] = np.array(values)[arm]
        columns |= drawn
        if not columns:
            columns = {"president.demand": np.full(len(chosen), study.central("president.demand"))}
        return study.scenario.points(columns)

    def points_of(self, design_point: int, replicate: int) -> DesignPoints:
        """The one point at which a replicate of a design point is played."""
        return self.points(np.array([design_point]), draws_of(self.study, np.array([replicate])))


def make_design(study: Study) -> Design:
    """Lay out a study.

    Raises
    ------
    InputError
        Where a sampled design cannot have its size.
    """
    drawn = sampled_part(study).table if study.has_ranges else np.zeros((1, 0))
    crossed = list(product(*(factor.levels for factor in study.factors if factor.levels)))
    grid = np.array(crossed, float).reshape(len(crossed), -1)
    rows = np.hstack([np.repeat(grid, len(drawn), axis=0), np.tile(drawn, (len(grid), 1))])
    order = sorted(study.factors, key=lambda factor: not factor.levels)
    place = [order.index(factor) for factor in study.factors]
    return Design(study, np.ascontiguousarray(rows[:, place]))


def sampled_part(study: Study) -> SampledDesign:
    """What a study samples: all of it, or, as a hypercube, what a grid is crossed with."""
    method = "latin_hypercube" if study.design == GRID else study.design
    laws = {factor.parameter: factor.law for factor in study.factors if not factor.levels}
    return sample(laws, method, study.size, study.seed)

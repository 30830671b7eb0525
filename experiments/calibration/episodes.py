"""An episode: one negotiation that was observed, its case, what is not known of it, its targets.

The parameters that are fitted are shared by all episodes; an episode adds its own calendar, money
and Assembly from its case file, and unknowns of its own, such as a demand that was not reported.

>>> from sim import negotiate, read_scenario
>>> episode = Episode(read_scenario("korea_2019"))
>>> theta = {"president.audience_cost": [0.01, 0.2], "talks.rounds_after_expiry": [1, 5]}
>>> points = episode.points(theta)
>>> points.values["talks_rounds"]
array([ 6., 10.])
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.calibration.laws import ROUNDS_AFTER_EXPIRY, FreeParameter
from experiments.calibration.reported import Target
from experiments.calibration.statistics import STATISTICS
from sim.anticipation import assembly_limit
from sim.case import DesignPoints
from sim.case_file import FROM_CALENDAR
from sim.design_points import Limit
from sim.errors import InputError
from sim.scenario import Scenario, find_row


@dataclass(frozen=True)
class Episode:
    """One observed negotiation.

    unknown : its own free parameters
    settings : parameter -> value that differs from the case, by full name
    targets : what was reported of it
    """

    scenario: Scenario
    unknown: tuple[FreeParameter, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()

    @property
    def name(self) -> str:
        """That of its case."""
        return self.scenario.name

    @property
    def expiry_round(self) -> int:
        """Rounds held while the old agreement is in force."""
        return int(self.scenario.values["talks.expiry_round"])

    def points(
        self, theta: Mapping[str, ArrayLike], *, solve: Limit = assembly_limit
    ) -> DesignPoints:
        """The design points of this episode for draws of the free parameters.

        Parameters
        ----------
        theta : key -> values, shape (points,) or scalar: shared parameters by name, an episode's
            own as `case:name`; those of other episodes are left alone
        solve : finds what an Assembly would pass, see `Scenario.points`

        Raises
        ------
        InputError
            Where an unknown of the episode has no values, a name is none of its parameters, a value
            is out of range or not whole where it must be, or lengths differ.
        """
        columns: dict[str, ArrayLike] = dict(self.settings)
        columns |= self._columns(theta)
        try:
            return self.scenario.points(columns, solve=solve)
        except InputError as error:
            raise self._wrong(*error.problems) from None

    def _columns(self, theta: Mapping[str, ArrayLike]) -> dict[str, ArrayLike]:
        own = {free.key for free in self.unknown}
        if missing := sorted(own - {*theta}):
            raise self._wrong(f"{', '.join(missing)} has no values; it is not known")
        columns: dict[str, ArrayLike] = {}
        for key, values in theta.items():
            case, _, name = key.rpartition(":")
            if case and case != self.name:
                continue
            if case and key not in own:
                raise self._wrong(f"{key} is not among what is unknown of this episode")
            if name == ROUNDS_AFTER_EXPIRY:
                columns["talks.rounds"] = self.expiry_round + self._rounds(values)
                continue
            try:
                full = find_row(name)
            except InputError as error:
                raise self._wrong(*error.problems) from None
            if full in FROM_CALENDAR or full in columns or full in self.settings:
                why = "follows from the calendar" if full in FROM_CALENDAR else "is set twice"
                raise self._wrong(f"{full} {why}")
            columns[full] = values
        return columns

    def _rounds(self, values: ArrayLike) -> NDArray[np.float64]:
        """Rounds after expiry: whole numbers, at most those that the calendar lists."""
        try:
            rounds = np.asarray(values, "f8")
        except (TypeError, ValueError):
            raise self._wrong(f"{ROUNDS_AFTER_EXPIRY} is {values!r}; it must be numbers") from None
        most = len(self.scenario.calendar.rounds) - self.expiry_round
        fits = (rounds >= 1) & (rounds <= most) & (rounds == np.floor(rounds))
        if not fits.all():
            raise self._wrong(
                f"{ROUNDS_AFTER_EXPIRY} is {rounds[~fits].flat[0]:g}; it must be a whole number in "
                f"[1, {most}], the rounds that the calendar lists after expiry"
            )
        return rounds

    def reported(
        self, outcomes: NDArray[Any], points: DesignPoints
    ) -> dict[str, NDArray[np.float64]]:
        """The statistics that this episode has targets in, each in the shape of the outcomes."""
        names = dict.fromkeys(target.statistic for target in self.targets)
        return {name: STATISTICS[name].of(outcomes, points, self.scenario) for name in names}

    def _wrong(self, *words: str) -> InputError:
        return InputError(*(f"{self.name}: {one}" for one in words))

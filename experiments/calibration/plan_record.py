"""A plan of calibration, frozen: what it holds decides every number of a posterior."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.calibration.episodes import Episode
from experiments.calibration.laws import FreeParameter
from experiments.calibration.limits import LimitTable
from experiments.calibration.reported import Target, targets_digest
from experiments.provenance import digest, plain
from sim.errors import InputError


@dataclass(frozen=True)
class Plan:
    """One calibration. `make_plan` builds it, `read_plan` reads it from a file.

    known_on : the day of the fit; it knows no target of a later day
    draws : rows of parameters that are tried; negotiations : of each row in each episode
    parameters : shared by all episodes
    """

    name: str
    title: str
    notes: str
    known_on: date
    seed: int
    draws: int
    negotiations: int
    episodes: tuple[Episode, ...]
    parameters: tuple[FreeParameter, ...]

    @property
    def free(self) -> tuple[FreeParameter, ...]:
        """Everything that is fitted: the shared parameters, then each episode's own."""
        return (*self.parameters, *(free for e in self.episodes for free in e.unknown))

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is fitted to, episode by episode."""
        return tuple(target for episode in self.episodes for target in episode.targets)

    def theta(self, uniforms: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Draws from the priors: key -> values, from uniforms of shape (points, len(free))."""
        u = np.asarray(uniforms, "f8")
        return {free.key: free.quantiles(u[:, i]) for i, free in enumerate(self.free)}

    def shared(self, uniforms: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """The same of the shared parameters alone, from shape (points, len(parameters))."""
        u = np.asarray(uniforms, "f8")
        return {free.key: free.quantiles(u[:, i]) for i, free in enumerate(self.parameters)}

    @cached_property
    def limits(self) -> LimitTable:
        """What an Assembly would pass, tabled over what the parameters can be here."""
        ranges = {free.name: (free.law.low, free.law.high) for free in self.parameters}
        values = self.episodes[0].scenario.values

        def over(name: str) -> tuple[float, float]:
            return ranges.get(name, (values[name], values[name]))

        return LimitTable(over("ministry.confidence"), over("assembly.shock_sd"))

    def with_targets(self, targets: Iterable[Target]) -> "Plan":
        """The same plan fitted to other targets, each given to the episode of its case.

        Raises
        ------
        InputError
            Where a target is of a case that is no episode.
        """
        given, names = tuple(targets), [episode.name for episode in self.episodes]
        if strangers := [t for t in given if t.case not in names]:
            raise InputError(*(
                f"{t.id} is of the case {t.case!r}; it must be one of {', '.join(names)}"
                for t in strangers
            ))  # fmt: skip
        return replace(self, episodes=tuple(
            replace(episode, targets=tuple(t for t in given if t.case == episode.name))
            for episode in self.episodes
        ))  # fmt: skip

    def with_negotiations(self, negotiations: int) -> "Plan":
        """The same plan with another number of negotiations a draw."""
        return replace(self, negotiations=negotiations)

    def what_counts(self) -> dict[str, Any]:
        """What the posterior follows from, apart from the model itself."""
        return plain({
            "known_on": self.known_on.isoformat(), "targets_digest": self.targets_digest,
            "seed": self.seed, "draws": self.draws, "negotiations": self.negotiations,
            "parameters": [[free.name, *free.law] for free in self.parameters],
            "episodes": [
                {
                    "case": episode.name, "case_digest": episode.scenario.digest,
                    "unknown": [[free.name, *free.law] for free in episode.unknown],
                    "settings": dict(sorted(episode.settings.items())),
                }
                for episode in self.episodes
            ],
        })  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of what the posterior follows from; words are left out."""
        return digest(self.what_counts())

    @property
    def targets_digest(self) -> str:
        """SHA-256 of what the targets say."""
        return targets_digest(self.targets)

    def as_json(self) -> dict[str, Any]:
        """Everything, as a manifest holds it."""
        return self.what_counts() | plain({
            "name": self.name, "title": self.title, "notes": self.notes,
            "targets": [target.as_json() for target in self.targets],
        })  # fmt: skip

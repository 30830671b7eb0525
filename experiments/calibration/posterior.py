"""The file of a posterior: draws of the parameters that a calibration has found, and its verdict.

A posterior is a JSON file that a user can read. Its draws are equally weighted rows: first the
parameters that all cases share, then what is unknown of single episodes. Whatever is read is held
against the table of parameters and the model before anything is played from it.
"""

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.posterior_checks import (
    CALIBRATED,
    LEAST_DRAWS,
    SCHEMA,
    shown,
    wrong_posterior,
)
from experiments.provenance import digest
from experiments.results.writing import write_text
from sim.errors import InputError

MOST_BYTES = 50_000_000
MOST_TOLD = 20  # problems
_OWN = ("winset_posterior", "name", "title", "date", "verdict", "status", "model", "parameters",
        "episode_parameters", "draws")  # fmt: skip
_KEPT = ("versions", "seed", "plan_digest", "targets_digest", "known_on", "thinned_from")


@dataclass(frozen=True)
class Posterior:
    """What a calibration found.

    name, title : plain name and a line of text; date : of the calibration, ISO 8601
    verdict : one short sentence; status : "calibrated" or "not calibrated"
    model : hash of the source of the model that was calibrated
    parameters : full names, or `talks.rounds_after_expiry`, the rounds that can follow the expiry
    draws : rows of equal weight, shape (draws, parameters + episode_parameters), in the model's
        units
    episode_parameters : what is unknown of one episode, spelled `case:parameter`
    about : everything else that the file says, such as seed, priors and checks
    """

    name: str
    title: str
    date: str
    verdict: str
    status: str
    model: str
    parameters: tuple[str, ...]
    draws: tuple[tuple[float, ...], ...] = field(repr=False)
    episode_parameters: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.draws)

    @property
    def is_calibrated(self) -> bool:
        """Whether the diagnostics of the calibration passed."""
        return self.status == CALIBRATED

    @property
    def line(self) -> str:
        """Which calibration it is and what came of it, as figures and manifests say it."""
        return f"calibration {self.name} of {self.date}: {self.verdict}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that the file says."""
        return digest(self.as_json())

    @cached_property
    def table(self) -> NDArray[np.float64]:
        """The draws as an array, shape (draws, parameters + episode_parameters)."""
        return np.array(self.draws)

    def as_json(self) -> dict[str, Any]:
        """Everything, as the file holds it."""
        own = {
            "winset_posterior": SCHEMA, "name": self.name, "title": self.title, "date": self.date,
            "verdict": self.verdict, "status": self.status, "model": self.model,
            "parameters": list(self.parameters),
            "episode_parameters": list(self.episode_parameters),
        }  # fmt: skip
        more = {key: value for key, value in self.about.items() if key not in _OWN}
        return own | more | {"draws": [list(row) for row in self.draws]}

    def as_text(self) -> str:
        """The text of the file: a key a line, and a line for each draw."""
        told = self.as_json()
        rows = ",\n".join("  " + _json(row) for row in told.pop("draws"))
        lines = [f" {_json(key)}: {_json(value)}" for key, value in told.items()]
        return "{\n" + ",\n".join([*lines, f' "draws": [\n{rows}\n ]']) + "\n}\n"

    def thinned(self, draws: int) -> "Posterior":
        """So many draws of all, evenly spread over the rows, without what is of single episodes.

        Raises
        ------
        InputError
            Where there are not so many, or they are too few to be taken for the posterior.
        """
        if not LEAST_DRAWS <= draws <= len(self):
            raise InputError(
                f"posterior draws is {draws}; it must be a number in [{LEAST_DRAWS}, {len(self)}], "
                f"as posterior {self.name} has {len(self)}"
            )
        if draws == len(self) and not self.episode_parameters:
            return self
        shared = len(self.parameters)
        rows = (self.draws[(2 * i + 1) * len(self) // (2 * draws)] for i in range(draws))
        about = {key: value for key, value in self.about.items() if key in _KEPT}
        about |= {"thinned_from": {"digest": self.digest, "draws": len(self)}}
        return Posterior(
            self.name, self.title, self.date, self.verdict, self.status, self.model,
            self.parameters, tuple(row[:shared] for row in rows), about=about,
        )  # fmt: skip


def read_posterior(path: str | Path) -> Posterior:
    """Read the file of a posterior.

    Raises
    ------
    InputError
        With a line for each problem: file, key, value and what is allowed; also where another
        version of the model was calibrated.
    """
    where = Path(path)
    try:
        if not stat.S_ISREG(where.stat().st_mode):  # a pipe would be waited for
            raise InputError(f"{where}: is no file")
        with open(where, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror or error}") from None
    return parse_posterior(content, str(where))


def parse_posterior(content: bytes, where: str) -> Posterior:
    """The posterior that a file holds; see `read_posterior`.

    where : the file in messages
    """
    if len(content) > MOST_BYTES:
        raise InputError(f"{where}: is longer than {MOST_BYTES // 10**6} MB, the most allowed")
    try:
        told = json.loads(
            content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is no JSON file of a posterior: {shown(error)}") from None
    if not isinstance(told, dict):
        raise InputError(f"{where}: is no JSON file of a posterior: it must be an object")
    problems = list(wrong_posterior(told))
    if problems:
        more = len(problems) - MOST_TOLD
        cut = [f"and {more} more"] if more > 0 else []
        raise InputError(*(f"{where}: {words}" for words in [*problems[:MOST_TOLD], *cut]))
    words = {key: told[key] for key in ("name", "title", "date", "verdict", "status", "model")}
    return Posterior(
        **words,
        parameters=tuple(told["parameters"]),
        draws=tuple(tuple(map(float, row)) for row in told["draws"]),
        episode_parameters=tuple(told.get("episode_parameters", ())),
        about={key: value for key, value in told.items() if key not in _OWN},
    )


def write_posterior(posterior: Posterior, path: str | Path) -> None:
    """Write the file of a posterior, whole or not at all.

    Raises
    ------
    InputError
        Where it is none that could be read back; nothing is written then.
    ResultsError
        Where the file cannot be written.
    """
    try:
        text = posterior.as_text()
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: posterior cannot be written as JSON: {error}") from None
    parse_posterior(text.encode(), str(path))
    write_text(Path(path), text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {shown(twice)} stands twice")
    return table


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")

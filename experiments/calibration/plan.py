"""A plan file (TOML) becomes a plan of calibration.

    schema_version = 1
    name = "korea_2019"
    title = "What was reported on the talks of 1998 to 2019"
    targets = "targets"              # the shipped ones, or a table (.csv) beside the plan's file
    known_on = 2019-11-19            # the day of the fit: a later target is refused
    seed = 2019
    draws = 40000                    # rows of parameters
    negotiations = 300               # of each row in each episode

    [[episodes]]
    case = "korea_2006"              # a shipped case, or a case file beside the plan's
    unknown = { president.demand = "log-uniform(1.05, 2)" }
    settings = { assembly.precision = 10 }

    [parameters]                     # shared by all episodes
    president.reservation_mean = "prior"          # that of the table of parameters
    president.audience_cost = "log-uniform(0.01, 0.2)"
    talks.rounds_after_expiry = "uniform(1, 16)"  # whole numbers

    [weights]                        # in place of those of the table; 0 leaves a target out
    T-SMA10-MONTHS = 0.5

Source of the format: TOML 1.0, read by the standard library within the limits of `sim.case_file`.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from experiments.calibration.plan_making import (
    DEFAULT_DRAWS,
    DEFAULT_NEGOTIATIONS,
    DEFAULT_SEED,
    HEAD,
    LIMITS,
    AskedEpisode,
    build,
    make_plan,
)
from experiments.calibration.plan_record import Plan
from experiments.calibration.targets import SHIPPED
from experiments.study_file import Label, Name, Words, dotted
from sim.case_file import NAME, Form, Location, check, line_of, problem, read_toml
from sim.errors import InputError
from sim.scenario import read_scenario

__all__ = [
    "PLANS", "Plan", "make_plan", "plan_path", "read_plan", "shipped_plans", "targets_of",
]  # fmt: skip

PLANS = Path(__file__).parents[1] / "calibrations"


def _whole(key: str, default: int) -> Any:
    low, high = LIMITS[key]
    return Field(default, ge=low, le=high)


class EpisodeForm(Form):
    """One observed negotiation."""

    case: Label
    unknown: dict[str, Any] = {}
    settings: dict[str, Any] = {}


class PlanForm(Form):
    """The whole file."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    name: Name
    title: Label
    notes: Words = ""
    targets: Label = SHIPPED
    known_on: date
    seed: int = _whole("seed", DEFAULT_SEED)
    draws: int = _whole("draws", DEFAULT_DRAWS)
    negotiations: int = _whole("negotiations", DEFAULT_NEGOTIATIONS)
    episodes: Annotated[list[EpisodeForm], Field(min_length=1, max_length=60)]
    parameters: dict[str, Any]
    weights: dict[str, Any] = {}


_ALLOWED = {
    "schema_version": "1",
    "name": "a name of letters, digits, _ . - (at most 64)",
    "title": "a text of 1 to 80 characters on one line",
    "notes": "a text of 1 to 200 characters on one line",
    "targets": f"{SHIPPED!r}, or the name of a table (.csv) beside the plan's file",
    "known_on": "a date, such as 2019-11-19",
    "episodes": "1 to 60 tables [[episodes]]",
    "episodes.case": "a shipped case, or the name of a case file beside the plan's",
    "episodes.unknown": "a table of parameters",
    "episodes.settings": "a table of parameters",
    "parameters": "a table of parameters",
    "weights": "a table of targets",
} | {key: f"a whole number in [{low}, {high}]" for key, (low, high) in LIMITS.items()}


def plan_path(plan: str | Path) -> Path:
    """Where a plan file lies: a path that ends in .toml, or the name of one that is shipped.

    Raises
    ------
    InputError
        Where a name is not plain, or no plan of that name is shipped.
    """
    if str(plan).endswith(".toml"):
        return Path(plan)
    if re.fullmatch(NAME, str(plan)) is None:
        raise InputError(f"plan {str(plan)!r} must be a file that ends in .toml or a plain name")
    path = PLANS / f"{plan}.toml"
    if not path.is_file():
        raise InputError(
            f"plan {str(plan)!r} is not shipped; shipped are: {', '.join(shipped_plans())}"
        )
    return path


def shipped_plans() -> list[str]:
    """The names of the plans that come with the package."""
    return sorted(path.stem for path in PLANS.glob("*.toml"))


def targets_of(plan: str | Path) -> str | Path:
    """The table of targets that a plan file names, as `read_targets` takes it.

    Raises
    ------
    InputError
        As `read_plan`, as far as the form of the file goes.
    """
    path = plan_path(plan)
    table, text = read_toml(path)
    return _table_of(path, text, check(path, text, table, PlanForm, _ALLOWED))


def _table_of(path: Path, text: str, form: PlanForm) -> str:
    if form.targets == SHIPPED:
        return SHIPPED
    return _beside(path, text, ("targets",), form.targets, ".csv")


def read_plan(plan: str | Path, **options: Any) -> Plan:
    """Read a plan file.

    Parameters
    ----------
    plan : a path that ends in .toml, or the name of a shipped plan
    options : of name, title, notes, known_on, targets, seed, draws, negotiations, in place of the
        file's

    Raises
    ------
    InputError
        With one line for each problem: file, line, key, value and what is allowed.
    TypeError
        Where an option is none of these.
    """
    if strange := sorted({*options} - {*HEAD}):
        raise TypeError(f"read_plan takes {', '.join(HEAD)}; not {', '.join(strange)}")
    path = plan_path(plan)
    table, text = read_toml(path)
    form = check(path, text, table, PlanForm, _ALLOWED)
    problems: list[str] = []

    def say(location: Location, words: str) -> None:
        line = line_of(text, location)
        problems.append(f"{path}:{line}: {words}" if line else words)

    asked: list[AskedEpisode] = []
    for index, one in enumerate(form.episodes):
        place: Location = ("episodes", index)
        try:
            scenario = read_scenario(_beside(path, text, (*place, "case"), one.case, ".toml"))
        except InputError as error:
            problems += error.problems
            continue
        own, settings = list(dotted(one.unknown)), list(dotted(one.settings))
        asked.append(AskedEpisode(scenario, place, own, settings))
    if problems:
        raise InputError(*problems)
    head = {key: getattr(form, key) for key in HEAD} | options
    if "targets" not in options:
        head["targets"] = _table_of(path, text, form)
    made = build(head, asked, list(dotted(form.parameters)), list(dotted(form.weights)), say)
    if problems:
        raise InputError(*problems)
    return made


def _beside(path: Path, text: str, place: Location, name: str, ending: str) -> str:
    """A file in the folder of the plan file, or, where only a table must be one, a shipped case."""
    if re.fullmatch(NAME, name) is None or (ending == ".csv" and not name.endswith(ending)):
        key = ".".join(part for part in place if isinstance(part, str))
        raise InputError(problem(path, text, place, f"is {name!r}; it must be {_ALLOWED[key]}"))
    return str(path.parent / name) if name.endswith(ending) else name

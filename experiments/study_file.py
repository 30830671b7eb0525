"""A study file (TOML) becomes a study.

    schema_version = 1
    name = "demand"
    title = "How the talks break down as the demand grows"
    question = "How often do the talks break down, and how, as the public demand grows?"
    case = "korea_2019"              # a shipped case, or a case file beside the study's

    [settings]                       # what differs from the case at every design point
    president.audience_cost = 0.1

    [[vary]]
    parameter = "president.demand"   # levels = [1.5, 3] or low, high, count (scale = "log")
    low = 1.05                       # a sampled design takes low and high, or prior = true
    high = 8.0
    count = 29
    reported = true                  # of the demand alone: the reported one is a level too

    [[variants]]                     # the first is the reference of the others
    name = "case"
    [[variants]]
    name = "cheap_talk"
    label = "the same talks if the demand is cheap talk"
    settings = { president.audience_cost = 0.0 }

    [run]
    design = "grid"                  # latin_hypercube, sobol, saltelli, morris: with size
    replicates = 20000
    precision = 0.01                 # optional: stop a point at this half-width
    draws = "common"                 # or "independent"
    outcome = "breakdown"
    seed = 2019

    figures = ["breakdown"]          # above the first table

Source of the format: TOML 1.0, read by the standard library within the limits of `sim.case_file`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from experiments.settings import parameter_value, parameter_values, spaced
from experiments.study import DESIGNS, DRAWS, GRID, Study, Variant
from experiments.study_making import DEFAULT_REPLICATES, DEFAULT_SEED, make_factor, make_study
from sim.case_file import NAME, Form, Location, check, line_of, problem, read_toml
from sim.errors import InputError
from sim.parameters import Prior
from sim.scenario import Scenario, find_row, read_scenario

STUDIES = Path(__file__).parent / "studies"
MAX_LEVELS = 100_000

Words = Annotated[str, Field(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]{1,200}$")]
Label = Annotated[str, Field(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]{1,80}$")]
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Value = float | int | str


class VaryForm(Form):
    """One parameter that varies."""

    parameter: Label
    levels: Annotated[list[Value], Field(min_length=1, max_length=MAX_LEVELS)] | None = None
    low: float | None = None
    high: float | None = None
    count: Annotated[int, Field(ge=1, le=MAX_LEVELS)] | None = None
    scale: Literal["linear", "log"] = "linear"
    prior: bool = False
    reported: bool = False


class VariantForm(Form):
    """The same design under other settings."""

    name: Name
    label: Label = ""
    settings: dict[str, Any] = {}


class RunForm(Form):
    """How the design is laid out and how often each point is played."""

    design: Literal["grid", "latin_hypercube", "sobol", "saltelli", "morris"] = GRID
    size: Annotated[int, Field(ge=0, le=10**6)] = 0
    replicates: Annotated[int, Field(ge=1, le=2**32 - 1)] = DEFAULT_REPLICATES
    precision: Annotated[float, Field(ge=0.0005, le=0.25)] | None = None
    refine: bool = False
    draws: Literal["common", "independent"] = "common"
    outcome: Name = "breakdown"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = DEFAULT_SEED


class StudyForm(Form):
    """The whole file."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    name: Name
    title: Label
    question: Words
    notes: Words = ""
    case: Label = "korea_2019"
    figures: Annotated[list[Name], Field(max_length=12)] = ["breakdown"]
    settings: dict[str, Any] = {}
    vary: Annotated[list[VaryForm], Field(max_length=60)] = []
    variants: Annotated[list[VariantForm], Field(max_length=12)] = []
    run: RunForm = RunForm()


_ALLOWED = {
    "schema_version": "1",
    "name": "a name of letters, digits, _ . - (at most 64)",
    "title": "a text of 1 to 80 characters on one line",
    "question": "a text of 1 to 200 characters on one line",
    "notes": "a text of 1 to 200 characters on one line",
    "case": "a shipped case, or the name of a case file beside the study's",
    "figures": "a list of names of figures",
    "settings": "a table of parameters",
    "vary": "tables [[vary]]",
    "vary.parameter": "the name of a parameter",
    "vary.levels": f"a list of 1 to {MAX_LEVELS} values",
    "vary.count": f"a whole number in [1, {MAX_LEVELS}]",
    "vary.low": "a number", "vary.high": "a number",
    "vary.scale": 'one of "linear", "log"',
    "vary.prior": "true or false", "vary.reported": "true or false",
    "variants": "tables [[variants]]",
    "variants.name": "a name of letters, digits, _ . - (at most 64)",
    "variants.label": "a text of 1 to 80 characters on one line",
    "variants.settings": "a table of parameters",
    "run": "a table [run]",
    "run.design": "one of " + ", ".join(DESIGNS),
    "run.size": "a whole number in [0, 1000000]",
    "run.replicates": f"a whole number in [1, {2**32 - 1}]",
    "run.precision": "a number in [0.0005, 0.25]",
    "run.refine": "true or false",
    "run.draws": "one of " + ", ".join(DRAWS),
    "run.outcome": "the name of an event",
    "run.seed": f"a whole number in [0, {2**63 - 1}]",
}  # fmt: skip


def study_path(study: str | Path) -> Path:
    """Where a study file lies: a path that ends in .toml, or the name of one that is shipped.

    Raises
    ------
    InputError
        Where a name is not plain, or no study of that name is shipped.
    """
    if str(study).endswith(".toml"):
        return Path(study)
    if re.fullmatch(NAME, str(study)) is None:
        raise InputError(f"study {str(study)!r} must be a file that ends in .toml or a plain name")
    path = STUDIES / f"{study}.toml"
    if not path.is_file():
        raise InputError(
            f"study {str(study)!r} is not shipped; shipped are: {', '.join(shipped_studies())}"
        )
    return path


def shipped_studies() -> list[str]:
    """The names of the studies that come with the package."""
    return sorted(path.stem for path in STUDIES.glob("*.toml"))


def read_study(study: str | Path, **options: Any) -> Study:
    """Read a study file.

    Parameters
    ----------
    study : a path that ends in .toml, or the name of a shipped study
    options : arguments of `make_study` that take the place of the file's; `vary` and `settings`
        are added to it, name by name

    Raises
    ------
    InputError
        With one line for each problem: file, line, key, value and what is allowed.
    """
    path = study_path(study)
    table, text = read_toml(path)
    form = check(path, text, table, StudyForm, _ALLOWED)
    scenario = read_scenario(_case(path, text, form.case))
    problems: list[str] = []
    vary: dict[str, Any] = {}
    for index, one in enumerate(form.vary):
        try:
            given_range = _varied(one, form.run.design, scenario)
            factor = make_factor(one.parameter, given_range, form.run.design, scenario)
            if factor.parameter in vary:
                raise InputError(f"{factor.parameter} varies twice")
            vary[factor.parameter] = given_range
        except InputError as error:
            problems += [problem(path, text, ("vary", index), words) for words in error.problems]
    settings = _settings(path, text, ("settings",), form.settings, scenario, problems)
    variants = [
        Variant(
            one.name, one.label,
            _settings(
                path, text, ("variants", index, "settings"), one.settings, scenario, problems
            ),
        )
        for index, one in enumerate(form.variants)
    ]  # fmt: skip
    if problems:
        raise InputError(*problems)
    given: dict[str, Any] = form.run.model_dump() | {
        "name": form.name, "title": form.title, "question": form.question, "notes": form.notes,
        "figures": form.figures, "settings": settings, "vary": vary, "variants": variants,
    }  # fmt: skip
    given["settings"] |= parameter_values(options.pop("settings", {}), scenario.money)
    given["vary"] |= {find_row(name): over for name, over in options.pop("vary", {}).items()}
    try:
        return make_study(scenario, **(given | options))
    except InputError as error:
        raise InputError(*(f"{path}: {words}" for words in error.problems)) from None


def _case(path: Path, text: str, case: str) -> str:
    """A shipped case by name, or a case file in the folder of the study file."""
    if re.fullmatch(NAME, case) is None:
        words = f"is {case!r}; it must be {_ALLOWED['case']}"
        raise InputError(problem(path, text, ("case",), words))
    return str(path.parent / case) if case.endswith(".toml") else case


def _settings(
    path: Path, text: str, place: Location, given: Mapping[str, Any], scenario: Scenario,
    problems: list[str],
) -> dict[str, float]:  # fmt: skip
    """The settings of a table by full name; what is wrong is added to the problems."""
    found: dict[str, float] = {}
    for name, value in dotted(given):
        try:
            full, number = parameter_value(name, value, scenario.money)
            if full in found:
                raise InputError(f"{full} is set twice")
            found[full] = number
        except InputError as error:
            line = line_of(text, (*place, *name.split(".")))
            problems += [f"{path}:{line}: {words}" for words in error.problems]
    return found


def dotted(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A table of tables by dotted names; deeper nesting is left to be refused as a value."""
    for section, value in given.items():
        if isinstance(value, dict):
            yield from ((f"{section}.{key}", part) for key, part in value.items())
        else:
            yield section, value


def _varied(one: VaryForm, design: str, scenario: Scenario) -> Any:
    """Levels in a grid, a range in a sampled design or where a grid has a prior."""
    if design != GRID or one.prior:
        if one.levels is not None or one.count is not None or one.reported:
            why = "with a prior" if one.prior else f"in a design of kind {design!r}"
            raise InputError(f"{one.parameter}: {why} it has no levels")
        if one.prior:
            return "prior"
        if one.low is None or one.high is None:
            raise InputError(f"{one.parameter}: needs low and high, or prior = true")
        return Prior("log-uniform" if one.scale == "log" else "uniform", one.low, one.high)
    levels = _levels(one)
    if one.reported:
        if find_row(one.parameter) != "president.demand":
            raise InputError(f"{one.parameter}: reported = true is for president.demand alone")
        levels.append(scenario.reported.demand)
    return levels


def _levels(one: VaryForm) -> list[Value]:
    given = (one.low, one.high, one.count)
    if (one.levels is None) == (None in given):
        raise InputError(
            f"{one.parameter}: a grid needs levels, or low, high and count, or prior = true"
        )
    if one.levels is not None:
        return list(one.levels)
    assert one.low is not None and one.high is not None and one.count is not None
    return list(spaced(one.parameter, one.low, one.high, one.count, one.scale))

"""Making a study: what a user gives becomes a `Study`, or every problem with it is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from experiments.events import EVENTS
from experiments.settings import parameter_value, parameter_values
from experiments.study import DESIGNS, DRAWS, GRID, REFERENCE, Factor, Study, Variant
from sim.case_file import NAME
from sim.errors import InputError
from sim.parameters import BY_NAME, Prior
from sim.scenario import Scenario, find_row, read_scenario

MAX_POINTS = 200_000
MAX_NEGOTIATIONS = 10**12
MAX_REPLICATES = 2**32 - 1
DEFAULT_REPLICATES = 20_000
DEFAULT_SEED = 2019
PRIOR = "prior"  # that of the table of parameters


def make_study(
    case: str | Scenario = "korea_2019",
    *,
    vary: Mapping[str, ArrayLike | Prior | str] | None = None,
    settings: Mapping[str, float | str] | None = None,
    variants: Mapping[str, Mapping[str, float | str]] | Sequence[Variant] | None = None,
    design: str = GRID,
    size: int = 0,
    replicates: int = DEFAULT_REPLICATES,
    precision: float | None = None,
    refine: bool = False,
    draws: str = DRAWS[0],
    outcome: str = "breakdown",
    seed: int = DEFAULT_SEED,
    figures: Sequence[str] = ("breakdown",),
    name: str = "",
    title: str = "",
    question: str = "",
    notes: str = "",
) -> Study:
    """A study, checked.

    Parameters
    ----------
    case : name of a shipped case, path of a case file, or a scenario
    vary : parameter -> levels (numbers, or texts as in a case file); or a range that is sampled, a
        `Prior`, or "prior" for that of the table of parameters, or (low, high) in a sampled design
    settings : parameter -> value that differs from the case at every design point
    variants : name -> settings; the first is the reference of the others
    design : "grid" crosses all levels, each with the same `size` draws of what has a range instead;
        "latin_hypercube" and "sobol" fill the space with `size`
        points; "saltelli" and "morris" are for sensitivity, `size` base points or trajectories
    replicates, precision, refine, outcome : see `Study`
    draws : "common" random numbers across design points, or "independent"

    Raises
    ------
    InputError
        With every problem that was found.
    """
    scenario = case if isinstance(case, Scenario) else read_scenario(case)
    problems: list[str] = []

    def tried[T](make: Any, otherwise: T) -> T:
        try:
            return make()
        except InputError as error:
            problems.extend(error.problems)
            return otherwise

    factors = tried(lambda: _factors(vary or {}, design, scenario), ())
    fixed = tried(lambda: parameter_values(settings or {}, scenario.money), {})
    arms = tried(lambda: _variants(variants, scenario), (Variant(REFERENCE),))
    study = Study(
        name or _default_name(scenario, factors), title or _default_title(factors),
        question or _default_question(factors), scenario, fixed, factors, arms, design,
        _whole(size), _whole(replicates), precision, refine, draws == DRAWS[0], outcome,
        _whole(seed), (figures,) if isinstance(figures, str) else tuple(figures), notes,
    )  # fmt: skip
    problems += _problems(study, draws)
    if problems:
        raise InputError(*problems)
    problems += _wrong_together(study)
    if problems:
        raise InputError(*problems)
    return study


def with_options(study: Study, **changed: Any) -> Study:
    """The study with some of its fields set otherwise, checked again.

    Raises
    ------
    InputError
        With every problem of the new study.
    """
    other = replace(study, **changed)
    problems = _problems(other, DRAWS[0]) or _wrong_together(other)
    if problems:
        raise InputError(*problems)
    return other


def _default_name(scenario: Scenario, factors: Sequence[Factor]) -> str:
    ends = [factor.parameter.split(".")[1] for factor in factors]
    return "-".join([scenario.name, *(ends or ["point"])])[:64].rstrip("-._")


def _default_title(factors: Sequence[Factor]) -> str:
    if not factors:
        return "How the talks end"
    return "How the talks end, by " + " and ".join(
        BY_NAME[f.parameter].meaning.split(":")[0] for f in factors
    )


def _default_question(factors: Sequence[Factor]) -> str:
    what = " and ".join(factor.parameter for factor in factors)
    return f"How often do the talks break down as {what} varies?" if what else (
        "How often do the talks break down?"
    )  # fmt: skip


def _factors(
    vary: Mapping[str, ArrayLike | Prior | str], design: str, scenario: Scenario
) -> tuple[Factor, ...]:
    found: list[Factor] = []
    problems: list[str] = []
    for name, given in vary.items():
        try:
            factor = make_factor(name, given, design, scenario)
            if any(factor.parameter == other.parameter for other in found):
                raise InputError(f"{factor.parameter} varies twice")
            found.append(factor)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return tuple(found)


def make_factor(
    name: str, given: ArrayLike | Prior | str, design: str, scenario: Scenario
) -> Factor:
    """A parameter that varies, from one entry of `vary`; see `make_study`.

    Raises
    ------
    InputError
        Where there is no such parameter, or it cannot vary so.
    """
    full = find_row(name)
    drawn = isinstance(given, Prior) or (isinstance(given, str) and given == PRIOR)
    if design != GRID or drawn:
        return _range(full, given, design)
    return _levels(full, given, scenario)


def _levels(name: str, given: ArrayLike | Prior | str, scenario: Scenario) -> Factor:
    values: list[Any] = np.atleast_1d(np.asarray(given, dtype=object)).ravel().tolist()
    if not 1 <= len(values) <= MAX_POINTS:
        raise InputError(
            f"{name} varies over {len(values):,} levels; it must be 1 to {MAX_POINTS:,}"
        )
    levels = [parameter_value(name, value, scenario.money)[1] for value in values]
    return Factor(name, tuple(sorted(set(levels))))


def _range(name: str, given: ArrayLike | Prior | str, design: str) -> Factor:
    row = BY_NAME[name]
    law = row.prior if isinstance(given, str) and given == PRIOR else _pair(given)
    if not isinstance(law, Prior) or law.law == "fixed":
        what = "has no prior in the table" if isinstance(law, Prior) else "varies over levels"
        raise InputError(
            f"{name} {what}; a design of kind {design!r} needs a range: low and high, or a prior"
        )
    if row.codes is not None or row.whole:
        raise InputError(f"{name} is a whole number or a code; it varies over a grid only")
    if law.law not in ("uniform", "log-uniform"):
        raise InputError(f"{name} has the law {law.law!r}; it must be uniform or log-uniform")
    inside = row.low <= law.low < law.high <= row.high and isfinite(law.high)
    if not inside or not isfinite(law.low) or (law.law == "log-uniform" and law.low <= 0.0):
        raise InputError(
            f"{name} ranges over [{law.low:g}, {law.high:g}] ({law.law}); it must be a finite "
            f"range, low below high, inside [{row.low:g}, {row.high:g}], positive if logarithmic"
        )
    return Factor(name, (), law)


def _pair(given: ArrayLike | Prior | str) -> object:
    """Two numbers, low and high, as a range."""
    if isinstance(given, str | Prior):
        return given
    try:
        low, high = (float(end) for end in np.asarray(given, dtype=object).ravel())
    except (TypeError, ValueError, OverflowError):
        return given
    return Prior("uniform", low, high)


def _variants(
    given: Mapping[str, Mapping[str, float | str]] | Sequence[Variant] | None, scenario: Scenario
) -> tuple[Variant, ...]:
    if not given:
        return (Variant(REFERENCE),)
    if isinstance(given, Mapping):
        given = [Variant(name, "", settings) for name, settings in given.items()]  # pyright: ignore[reportArgumentType]
    problems: list[str] = []
    checked: list[Variant] = []
    for one in given:
        if re.fullmatch(NAME, one.name) is None:
            problems.append(f"variant {one.name!r} must be named by letters, digits, _ . -")
        try:
            settings = parameter_values(one.settings, scenario.money)
            checked.append(replace(one, settings=settings))
        except InputError as error:
            problems += [f"variant {one.name!r}: {words}" for words in error.problems]
    if problems:
        raise InputError(*problems)
    return tuple(checked)


def _whole(value: Any) -> int:
    """A whole number of NumPy as one of Python; anything else stays, to be refused."""
    return int(value) if isinstance(value, np.integer) else value


def _problems(study: Study, draws: str) -> list[str]:
    """What is wrong with single parts of a study, a line each."""
    found = []
    if re.fullmatch(NAME, study.name) is None:
        found.append(f"name is {study.name!r}; it must be letters, digits, _ . - (at most 64)")
    if study.design not in DESIGNS:
        found.append(f"design is {study.design!r}; it must be one of {', '.join(DESIGNS)}")
    if draws not in DRAWS:
        found.append(f"draws is {draws!r}; it must be one of {', '.join(DRAWS)}")
    if study.outcome not in EVENTS:
        found.append(f"outcome is {study.outcome!r}; it must be one of {', '.join(EVENTS)}")
    return found + _wrong_numbers(study)


def _wrong_numbers(study: Study) -> list[str]:
    found = []
    whole = {
        "replicates": (study.replicates, 1, MAX_REPLICATES),
        "seed": (study.seed, 0, 2**64 - 1),
        "size": (study.size, 2 if study.design != GRID or study.uncertain else 0, MAX_POINTS),
    }
    for name, (value, low, high) in whole.items():
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            found.append(f"{name} is {value!r}; it must be a whole number in [{low}, {high}]")
    asked = study.precision
    number = isinstance(asked, int | float) and not isinstance(asked, bool)
    if asked is not None and not (number and 0.0005 <= asked <= 0.25):
        found.append(f"precision is {asked!r}; it must be a number in [0.0005, 0.25]")
    return found


def _wrong_together(study: Study) -> list[str]:
    """Parts that contradict each other, or a study that is too large."""
    found = []
    names = [variant.name for variant in study.variants]
    for name in sorted({name for name in names if names.count(name) > 1}):
        found.append(f"variant {name!r} stands twice; names must differ")
    for variant in study.variants:
        for name in sorted({*variant.settings} & {*study.parameters}):
            found.append(f"{name} varies; variant {variant.name!r} cannot set it")
    for name in sorted({*study.settings} & {*study.parameters}):
        found.append(f"{name} varies; it cannot also be set")
    levels = [len(factor.levels) for factor in study.factors]
    lattice = study.design == GRID and len(levels) == 2 and min(levels) >= 2
    if study.refine and (not lattice or len(names) > 1):
        found.append(
            "refine needs a grid of exactly two parameters, of two levels or more, and no variants"
        )
    if study.refine and study.precision is not None:
        found.append("refine and precision exclude each other: give replicates")
    if study.design != GRID and not study.factors:
        found.append(f"a design of kind {study.design!r} needs at least one parameter that varies")
    if study.design == GRID and not study.uncertain and study.size:
        found.append(f"size is {study.size}; a grid of levels has none: it goes with ranges")
    if study.points > MAX_POINTS:
        found.append(f"{study.points:,} design points; at most {MAX_POINTS:,} can be laid out")
    elif study.points * study.replicates > MAX_NEGOTIATIONS:
        found.append(
            f"{study.points:,} design points x {study.replicates:,} replicates is more than the "
            f"{MAX_NEGOTIATIONS:,} negotiations of one study"
        )
    return found

"""Making a study: what a user gives becomes a `Study`, or every problem with it is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from experiments.settings import parameter_value, parameter_values
from experiments.study import DRAWS, GRID, REFERENCE, SAMPLED, Factor, Study, Variant
from experiments.study_checks import MAX_POINTS, wrong_alone, wrong_together
from sim.case_file import NAME
from sim.errors import InputError
from sim.parameters import BY_NAME, Prior
from sim.scenario import Scenario, find_row, read_scenario

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
    problems += wrong_alone(study, draws)
    if problems:
        raise InputError(*problems)
    problems += wrong_together(study)
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
    problems = wrong_alone(other, DRAWS[0]) or wrong_together(other)
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
    verb = "varies" if len(factors) == 1 else "vary"
    return f"How often do the talks break down as {what} {verb}?" if what else (
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
    if design in SAMPLED or drawn:
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

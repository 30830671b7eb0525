"""Making a plan of calibration: which episodes, which parameters with which priors, which targets.

>>> plan = make_plan(
...     ["korea_2006", "korea_2013"],
...     {"president.audience_cost": "prior", "talks.rounds_after_expiry": "prior"},
...     date(2019, 11, 19),
...     unknown={"korea_2006:president.demand": "log-uniform(1.05, 2)"},
... )
>>> [free.key for free in plan.free][1:]
['talks.rounds_after_expiry', 'korea_2006:president.demand']
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.episodes import Episode
from experiments.calibration.laws import FreeParameter, read_law
from experiments.calibration.plan_record import Plan
from experiments.calibration.reported import MOST_WEIGHT, WEIGHT_FORM, Target
from experiments.calibration.targets import SHIPPED, fit_rows
from experiments.settings import parameter_value
from sim.case_file import FROM_CALENDAR, NAME, Location
from sim.errors import InputError
from sim.parameters import Prior
from sim.scenario import Scenario, read_scenario

DEFAULT_DRAWS, DEFAULT_NEGOTIATIONS, DEFAULT_SEED = 40_000, 300, 2019
LIMITS: dict[str, tuple[int, int]] = {
    "draws": (1_000, 10**7), "negotiations": (50, 10**6), "seed": (0, 2**63 - 1),
}  # fmt: skip

HEAD = ("name", "title", "notes", "known_on", "targets", "seed", "draws", "negotiations")

Law = str | Prior
Say = Callable[[Location, str], None]
Pair = tuple[str, Any]


@dataclass(frozen=True)
class AskedEpisode:
    """An episode as it is asked for; place : where, for what is said of it.

    Names stand in pairs with what is given: a file can spell one name in two ways.
    """

    scenario: Scenario
    place: Location
    unknown: Sequence[Pair]
    settings: Sequence[Pair]


def make_plan(
    episodes: Sequence[str | Path | Scenario],
    parameters: Mapping[str, Law],
    known_on: date,
    *,
    unknown: Mapping[str, Law] | None = None,
    settings: Mapping[str, Mapping[str, float | str]] | None = None,
    targets: str | Path = SHIPPED,
    weights: Mapping[str, float] | None = None,
    draws: int = DEFAULT_DRAWS,
    negotiations: int = DEFAULT_NEGOTIATIONS,
    seed: int = DEFAULT_SEED,
    name: str = "calibration",
    title: str = "",
    notes: str = "",
) -> Plan:
    """A plan, checked.

    Parameters
    ----------
    episodes : each the name of a shipped case, the path of a case file, or a scenario
    parameters : what all episodes share and is fitted: name -> "prior" for that of the table of
        parameters, "uniform(low, high)", "log-uniform(low, high)" or a `Prior`
    known_on : the day of the fit
    unknown : "case:name" -> law, an episode's own unknowns
    settings : case -> parameter -> value that differs from the case
    targets : "targets" for the shipped ones, or a path that ends in .csv
    weights : id of a target -> weight in place of the table's; 0 leaves the target out
    draws, negotiations : see `Plan`

    Raises
    ------
    InputError
        With every problem that was found.
    """
    problems: list[str] = []
    scenarios: list[Scenario] = []
    for case in episodes:
        try:
            scenarios.append(case if isinstance(case, Scenario) else read_scenario(case))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    names = [scenario.name for scenario in scenarios]
    own: dict[str, dict[str, Law]] = {}
    for key, law in (unknown or {}).items():
        case, _, parameter = key.rpartition(":")
        if case not in names:
            problems.append(f"unknown {key!r} must be CASE:NAME, with a case of {', '.join(names)}")
        own.setdefault(case, {})[parameter] = law
    for case in sorted({*(settings or {})} - {*names}):
        problems.append(f"settings are for {case!r}; it must be one of {', '.join(names)}")
    asked = [
        AskedEpisode(one, (), _pairs(own.get(one.name)), _pairs((settings or {}).get(one.name)))
        for one in scenarios
    ]
    head: dict[str, Any] = {
        "name": name, "title": title or name, "notes": notes, "known_on": known_on,
        "targets": targets, "seed": seed, "draws": draws, "negotiations": negotiations,
    }  # fmt: skip
    plan = build(
        head, asked, _pairs(parameters), _pairs(weights), lambda _, words: problems.append(words)
    )  # fmt: skip
    if problems:
        raise InputError(*problems)
    return plan


def _pairs(given: Mapping[str, Any] | None) -> list[Pair]:
    return list((given or {}).items())


def build(
    head: Mapping[str, Any], asked: Sequence[AskedEpisode], parameters: Sequence[Pair],
    weights: Sequence[Pair], say: Say,
) -> Plan:  # fmt: skip
    """The plan as far as it can be made; `say` is told every problem, with its place."""
    _check_head(head, say)
    shared = _laws(parameters, ("parameters",), "", say)
    if not shared:
        say(("parameters",), "parameters is empty; it must hold at least one to fit")
    if not asked:
        say(("episodes",), "episodes is empty; it must hold at least one case")
    episodes = [_episode(one, shared, say) for one in asked]
    names = [episode.name for episode in episodes]
    for index, one in enumerate(asked):
        if one.scenario.name in names[:index]:
            say((*one.place, "case"), f"case {one.scenario.name!r} stands twice")
        for free in shared:
            _check_holds(free, one.scenario, ("parameters", *free.name.split(".")), say)
    targets = _targets(head, names, weights, say)
    if targets is not None:
        episodes = [replace(e, targets=tuple(t for t in targets if t.case == e.name))
                    for e in episodes]  # fmt: skip
        for one, episode in zip(asked, episodes, strict=True):
            if not episode.targets:
                say((*one.place, "case"), f"case {episode.name!r} has no target to fit; it needs "
                    f"a row with use fit and a weight above 0 in {head['targets']}")  # fmt: skip
    whole = {k: int(head[k]) if isinstance(head[k], np.integer) else head[k] for k in LIMITS}
    return Plan(
        head["name"], head["title"], head["notes"], head["known_on"], whole["seed"],
        whole["draws"], whole["negotiations"], tuple(episodes), shared,
    )  # fmt: skip


def _check_head(head: Mapping[str, Any], say: Say) -> None:
    if not isinstance(head["name"], str) or re.fullmatch(NAME, head["name"]) is None:
        say(("name",), f"name is {head['name']!r}; it must be letters, digits, _ . - (at most 64)")
    if not _is_day(head["known_on"]):
        say(("known_on",), f"known_on is {head['known_on']!r}; it must be a date")
    for key, (low, high) in LIMITS.items():
        value = head[key]
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            say((key,), f"{key} is {value!r}; it must be a whole number in [{low}, {high}]")


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _laws(given: Sequence[Pair], place: Location, case: str, say: Say) -> tuple[FreeParameter, ...]:
    found: dict[str, FreeParameter] = {}
    for name, law in given:
        try:
            free = read_law(name, law)
        except InputError as error:
            for words in error.problems:
                say((*place, *name.split(".")), words)
            continue
        if free.name in found:
            say((*place, *name.split(".")), f"{free.name} stands twice")
        found[free.name] = replace(free, case=case)
    return tuple(found.values())


def _episode(one: AskedEpisode, shared: Iterable[FreeParameter], say: Say) -> Episode:
    """The episode without its targets."""
    scenario, place = one.scenario, (*one.place, "unknown")
    own = _laws(one.unknown, place, scenario.name, say)
    taken = {free.name: "is fitted to all episodes" for free in shared}
    for free in own:
        at = (*place, *free.name.split("."))
        if free.name in taken:
            say(at, f"{free.key} {taken[free.name]}; it cannot be one's own as well")
        _check_holds(free, scenario, at, say)
        taken[free.name] = "is unknown"
    settings: dict[str, float] = {}
    for name, value in one.settings:
        at = (*one.place, "settings", *name.split("."))
        try:
            full, number = parameter_value(name, value, scenario.money)
        except InputError as error:
            for words in error.problems:
                say(at, words)
            continue
        if full in FROM_CALENDAR or full in taken or full in settings:
            twice = "is set twice" if full in settings else "follows from the calendar of the case"
            say(at, f"{full} {taken.get(full, twice)}; it cannot be set for {scenario.name}")
        settings[full] = number
    return Episode(scenario, own, settings)


def _check_holds(free: FreeParameter, scenario: Scenario, place: Location, say: Say) -> None:
    """A law must hold what the case says, or it would contradict its own sources."""
    low, high = free.law.low, free.law.high
    if free.whole:
        after = len(scenario.calendar.rounds) - int(scenario.values["talks.expiry_round"])
        if high > after:
            say(place, f"{free.key} is drawn from {free.law}; each round needs a date, and the "
                f"calendar of {scenario.name} lists {after} after expiry")  # fmt: skip
        return
    value = scenario.values[free.name]
    if not low <= value <= high:
        say(place, f"{free.key} is drawn from {free.law}, which leaves out {value:g}, its value "
            f"in the case {scenario.name}")  # fmt: skip


def _targets(
    head: Mapping[str, Any], names: Sequence[str], weights: Sequence[Pair], say: Say
) -> list[Target] | None:
    """What is fitted to, by the weights of the plan; None where the table cannot be read."""
    if not _is_day(head["known_on"]):
        return None
    try:
        rows = {row.id: row for row in fit_rows(head["targets"], head["known_on"], {*names})}
    except InputError as error:
        for words in error.problems:
            say((), words)
        return None
    given: set[str] = set()
    for name, weight in weights:
        place = ("weights", *name.split("."))
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0.0 <= weight <= MOST_WEIGHT:
            say(place, f"{name} has the weight {weight!r}; it must be {WEIGHT_FORM}")
        elif name in given:
            say(place, f"{name} stands twice")
        elif name not in rows:
            near = difflib.get_close_matches(name, list(rows), 1, 0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            say(place, f"{name} is no target that these episodes are fitted to{hint}")
        else:
            rows[name] = replace(rows[name], weight=float(weight))
        given.add(name)
    return [row for row in rows.values() if row.weight > 0.0]

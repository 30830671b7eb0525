"""Section B: packages on the frontier and cooperative solutions."""

import math
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import linprog

from experiments.docking.limits import FINAL_DEMAND, SEOUL_OFFERS, certain_types
from experiments.docking.play import certain, formula
from experiments.docking.row import Row
from sim.theory.bargaining_solutions import (
    egalitarian_point,
    kalai_smorodinsky_point,
    nash_point,
)
from sim.theory.frontier import (
    concession_order,
    efficient_package,
    frontier_vertices,
    misperceived_package,
    utilities,
)

US, SEOUL = (0.40, 0.30, 0.20, 0.10), (0.55, 0.25, 0.05, 0.15)
DANTZIG = "Dantzig 1957, Operations Research 5; Raiffa 1982"
WORTH = 1.3  # the US value that Seoul's only offer must reach

# what the three issues beside money are worth to the US and cost Seoul
ISSUES: dict[str, tuple[float, float, float, float, float, float]] = {
    # w_c, k_c, w_d, k_d, w_g, k_g
    "money alone": (0.0, 0.3, -0.02, 0.01, 0.10, 0.15),
    "escalator": (0.1, 0.3, -0.02, 0.01, 0.16, 0.15),
    "duration": (0.1, 0.3, -0.02, 0.04, 0.10, 0.15),
    "category": (0.3, 0.1, -0.02, 0.01, 0.10, 0.15),
    "all three": (0.3, 0.1, -0.02, 0.04, 0.16, 0.15),
}
USUAL_DURATION, USUAL_ESCALATOR = (5.0 - 1.0) / (6.0 - 1.0), 0.04 / 0.061


def _settings(issues: tuple[float, ...], cap: float, worth: float) -> dict[str, float]:
    names = (
        "category_value", "category_cost", "duration_value", "duration_gain", "escalator_value",
        "escalator_cost",
    )  # fmt: skip
    values = {f"package.{name}": value for name, value in zip(names, issues, strict=True)}
    # without a demanded category the US values what it gets and nothing that it misses
    other = {"package.framework_cap": cap, "president.category_insistence": 0.0}
    return {**SEOUL_OFFERS, **certain_types(worth, 5.0), **values, **other}


@cache
def _least_cost(issues: tuple[float, ...], worth: float) -> float:
    """The least cost of a package of this US value, by linear programming."""
    w_c, k_c, w_d, k_d, w_g, k_g = issues
    usual_worth = w_d * USUAL_DURATION + w_g * USUAL_ESCALATOR
    usual_cost = -k_d * USUAL_DURATION + k_g * USUAL_ESCALATOR
    found: Any = linprog(
        [1.0, k_c, -k_d, k_g],
        A_eq=[[1.0, w_c, w_d, w_g]],
        b_eq=[worth + usual_worth],
        bounds=[(0.0, None), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)],
        method="highs",
    )
    return float(found.fun) - usual_cost


def _tabled() -> list[Row]:
    rows = []
    for name, issues in ISSUES.items():
        rows.append(
            certain(
                f"B1.package.{name}", "the package of a position has the position's value for the "
                "one side and the least cost for the other", DANTZIG,
                _settings(issues, math.inf, WORTH),
                lambda record: (float(record["us_value"]), float(record["seoul_cost"])),
                (WORTH, _least_cost(issues, WORTH)), 1e-9,
            )
        )  # fmt: skip
    rows += [_beyond_cap(cap, demand) for cap, demand in ((1.0, 1.3), (1.2, 1.3), (1.6, 5.58))]
    return rows


def _beyond_cap(cap: float, demand: float) -> Row:
    """The US demands more than the framework holds, in a value that Seoul can bear."""
    issues = (0.1, 0.3, -0.02, 0.01, 0.10, 0.15)  # no issue beside money is worth its cost
    usual_worth = -0.02 * USUAL_DURATION + 0.10 * USUAL_ESCALATOR
    category = 1.0 - cap / demand
    settings = _settings(issues, cap, 10.0) | FINAL_DEMAND
    return certain(
        f"B1.package.cap={cap:g}.D={demand:g}", "an amount beyond the framework's cap carries a "
        "share 1 - cap/x of a new category; its value gives the amount back", DANTZIG,
        settings | {"president.demand": demand, "ministry.reservation_mean": 20.0},
        lambda record: tuple(float(record[key]) for key in ("amount", "category", "us_value")),
        (demand, category, demand + 0.1 * category - usual_worth), 1e-9,
    )  # fmt: skip


def _frontier() -> list[Row]:
    rows = [
        formula(
            "B1.order", "what costs little and is worth much is conceded first: duration, category,"
            " amount, escalator", DANTZIG,
            lambda: tuple(float(issue) for issue in concession_order(US, SEOUL)),
            (2.0, 1.0, 0.0, 3.0), 0.0,
        ),
        formula(
            "B1.corners", "the corners of the frontier, US utility and Seoul's", DANTZIG,
            lambda: tuple(float(x) for x in frontier_vertices(US, SEOUL).ravel()),
            (0.0, 1.0, 0.2, 0.95, 0.5, 0.7, 0.9, 0.15, 1.0, 0.0), 1e-9,
        ),
        formula(
            "B1.program", "the greedy package is as good for Seoul as the linear program's: "
            "largest difference on 101 US utilities", DANTZIG, _greedy_against_program, 0.0, 1e-9,
        ),
    ]  # fmt: skip
    for misperception, printed in ((0.5, 0.7), (0.75, 0.7), (1.0, 0.366667)):
        rows.append(
            formula(
                f"B3.misperception={misperception:g}", "logrolling needs only the order of the "
                "other's priorities: what is left to Seoul", "Raiffa 1982, ch. 11",
                lambda e=misperception: utilities(
                    misperceived_package(0.5, US, SEOUL, e), US, SEOUL
                )[1],
                printed,
            )
        )  # fmt: skip
    return rows


def _greedy_against_program() -> float:
    worst = 0.0
    for target in np.linspace(0.0, 1.0, 101):
        package = efficient_package(float(target), US, SEOUL)
        program: Any = linprog(SEOUL, A_eq=[US], b_eq=[target], bounds=(0.0, 1.0), method="highs")
        left = utilities(package, US, SEOUL)[1]
        worst = max(worst, abs(left - (sum(SEOUL) - float(program.fun))))
    return worst


SOLUTIONS = {
    (0.0, 0.0): ((0.504545, 0.693750), (0.584211, 0.584211), (0.584211, 0.584211)),
    (0.2, 0.1): ((0.568182, 0.606250), (0.599552, 0.563117), (0.626316, 0.526316)),
    (0.5, 0.3): ((0.645455, 0.500000), (0.645455, 0.500000), (0.668421, 0.468421)),
    (0.1, 0.45): ((0.450000, 0.741667), (0.436084, 0.753263), (0.418182, 0.768182)),
}


def _solutions() -> list[Row]:
    named = (
        ("Nash", nash_point, "Nash 1950, Econometrica 18"),
        ("Kalai-Smorodinsky", kalai_smorodinsky_point, "Kalai, Smorodinsky 1975, Econometrica 43"),
        ("egalitarian", egalitarian_point, "Kalai 1977, Econometrica 45"),
    )
    rows = []
    for disagreement, points in SOLUTIONS.items():
        for (name, solution, source), printed in zip(named, points, strict=True):
            rows.append(
                formula(
                    f"B2.{name}.d={disagreement}", f"the {name} solution: utilities of both sides",
                    source, lambda s=solution, d=disagreement: s(US, SEOUL, d), printed,
                )
            )  # fmt: skip
    rows.append(
        formula(
            "B2.Nash.weighted", "a bargaining weight of .7 moves the Nash solution", named[0][2],
            lambda: nash_point(US, SEOUL, (0.2, 0.1), us_bargaining_weight=0.7),
            (0.715455, 0.403750),
        )
    )  # fmt: skip
    return rows


def rows() -> list[Row]:
    """The rows of section B."""
    return [*_frontier(), *_tabled(), *_solutions()]

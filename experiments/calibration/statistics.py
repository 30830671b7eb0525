"""The statistics that targets are stated in: what was reported, as a function of an outcome.

Each takes the records of negotiations, the design points that they were played at and the
scenario, and gives a number for each record: NaN where the statistic is not defined, as the yes
share of a vote that was never held. Statistics of yes or no are 1 or 0.

>>> from sim import negotiate, read_scenario
>>> scenario = read_scenario("korea_2019")
>>> points = scenario.points({"president.demand": [1.5, 5.58]})
>>> STATISTICS["rounds"].of(negotiate(points, 100, seed=1), points, scenario).shape
(2, 100)
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.case import DesignPoints
from sim.errors import InputError
from sim.rules.ratification import felt_cost, yes_probability
from sim.scenario import Scenario
from sim.terms import Ending

Records = NDArray[Any]
Values = NDArray[np.float64]
Measure = Callable[[Records, DesignPoints, Scenario], Values]

DAYS_A_MONTH = 30.44
NEW_CATEGORY = 0.01  # the least share of a deal under the new category that counts as one


@dataclass(frozen=True)
class Statistic:
    """One statistic.

    kind : "number" or "flag" (yes or no)
    needs : what it is undefined without, "" where it always is defined
    low, high : the numbers that it can be
    of : (records of dtype OUTCOME, design points, scenario) -> float64 of the shape of the
        records, whose first axis is that of the points
    """

    name: str
    unit: str
    kind: Literal["number", "flag"]
    needs: str
    low: float
    high: float
    of: Measure
    meaning: str


def _along(column: Values, records: Records) -> Values:
    """A column of the design points, shape (points,), in the shape of their records."""
    shape = (-1, *(1,) * (records.ndim - 1)) if records.ndim else ()
    return np.broadcast_to(column.reshape(shape), records.shape)


def _with_deal(values: Any, records: Records) -> Values:
    return np.where(records["ending"] == Ending.RATIFIED, values, np.nan)


def _flag(occurs: Any) -> Values:
    return np.asarray(occurs, "f8")


def _share(part: Any, whole: Any) -> Values:
    """part / whole, NaN where the whole is not above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 0.0, np.true_divide(part, whole), np.nan)


def _agreed_change(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return 100.0 * (records["amount"] - 1.0)


def _increase_share(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    demand = _along(points.values["president_demand"], records)
    return _share(records["amount"] - 1.0, demand - 1.0)


def _settled_to_demand(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _share(records["amount"], _along(points.values["president_demand"], records))


def months_of_rounds(scenario: Scenario) -> Values:
    """Months from the first day of the talks to the last day of each round of the calendar."""
    rounds = scenario.calendar.rounds
    return np.array([(held.end - rounds[0].start).days for held in rounds]) / DAYS_A_MONTH


def _months(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    months, rounds = months_of_rounds(scenario), records["round"].astype(int)
    last = int(rounds.max(initial=0))
    if last > len(months):
        raise InputError(
            f"{scenario.name}: round {last} has no date; [calendar] lists {len(months)} rounds"
        )
    return _with_deal(months[rounds - 1], records)


def _rounds(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _with_deal(records["round"], records)


def _lapsed(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _with_deal(records["lapsed"], records)


def _broken_off(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _flag(records["first_walk_out"] > 0)


def _first_break_off(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    first = records["first_walk_out"]
    return np.where(first > 0, first, np.nan)


def _executive_veto(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _flag(records["vetoes"] > 0)


def _new_category(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _with_deal(records["category"] > NEW_CATEGORY, records)


def _ratified(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _flag(records["ending"] == Ending.RATIFIED)


def _present(records: Records) -> NDArray[np.int64]:
    return records["yes"].astype(np.int64) + records["no"] + records["abstain"]


def _yes_share(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    return _share(records["yes"], _present(records))


def _turnout(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    present = _present(records)
    return _share(present, present + records["absent"])


_felt_cost = np.vectorize(felt_cost, otypes=["f8"])
_yes_probability = np.vectorize(yes_probability, otypes=["f8"])


def _would_refuse(records: Records, points: DesignPoints, scenario: Scenario) -> Values:
    """Members' refusal of the demanded package before the first round, by the rules of the vote."""
    p, blocs = points.values, points.blocs
    backlash = p["public_backlash_weight"] * p["backlash_at_start"]
    felt = _felt_cost(-p["demand_to_seoul"], backlash, 0.0, 0.0)[:, None]
    threshold = blocs["threshold"] + p["assembly_shift"][:, None]
    yes = _yes_probability(threshold, felt, p["assembly_precision"][:, None])
    seats = blocs["seats"]
    return _along(((1.0 - yes) * seats).sum(1) / seats.sum(1), records)


_DEAL, _VOTE, _WALK_OUT = "a deal", "a vote", "a round broken off"

# fmt: off
STATISTICS: dict[str, Statistic] = {
    row.name: row
    for row in (
        Statistic("agreed_change", "percent", "number", _DEAL, -100.0, inf, _agreed_change,
                  "yearly amount of the deal over the payment before"),
        Statistic("increase_share", "share", "number", _DEAL, -inf, inf, _increase_share,
                  "agreed increase over the increase that was demanded"),
        Statistic("settled_to_demand", "ratio", "number", _DEAL, 0.0, inf, _settled_to_demand,
                  "yearly amount of the deal over the public demand"),
        Statistic("months", "months", "number", _DEAL, 0.0, inf, _months,
                  "from the start of the first round to the end of the round of the deal, of "
                  "30.44 days"),
        Statistic("rounds", "rounds", "number", _DEAL, 1.0, inf, _rounds,
                  "held until the deal"),
        Statistic("lapsed", "yes or no", "flag", _DEAL, 0.0, 1.0, _lapsed,
                  "the deal came after the old agreement had expired"),
        Statistic("broken_off", "yes or no", "flag", "", 0.0, 1.0, _broken_off,
                  "a side left some round"),
        Statistic("first_break_off", "round", "number", _WALK_OUT, 1.0, inf, _first_break_off,
                  "the first round that a side left"),
        Statistic("executive_veto", "yes or no", "flag", "", 0.0, 1.0, _executive_veto,
                  "the president refused to sign some deal"),
        Statistic("new_category_accepted", "yes or no", "flag", _DEAL, 0.0, 1.0, _new_category,
                  "more than .01 of the deal is paid under the new category"),
        Statistic("ratified", "yes or no", "flag", "", 0.0, 1.0, _ratified,
                  "the talks ended with a ratified deal"),
        Statistic("yes_share", "share of members present", "number", _VOTE, 0.0, 1.0, _yes_share,
                  "yes votes in the last vote"),
        Statistic("turnout", "share of members", "number", _VOTE, 0.0, 1.0, _turnout,
                  "members present at the last vote"),
        Statistic("would_refuse", "share", "number", "", 0.0, 1.0, _would_refuse,
                  "members expected not to say yes to the package demanded in public, before the "
                  "first round and without the common shock"),
    )
}
# fmt: on

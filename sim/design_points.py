"""The table that both engines read: one row a design point, every parameter and what follows.

A design point is a full setting of the parameters. Its derived constants (the value of the public
demand, kappa, the ministry's limit, ...) do not vary between negotiations and are computed once,
here, by the same rules that the talks use.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.anticipation import Bloc, assembly_limit
from sim.compiling import kernel, records
from sim.parameters import BLOC_PARAMETERS, PARAMETERS
from sim.rules.backlash import public_reaction
from sim.rules.commitment import commitment_weight, committed_cost, signing_threshold
from sim.rules.packages import (
    category_for,
    demanded_category,
    efficient_category,
    efficient_share,
)
from sim.rules.preferences import (
    category_worth,
    seoul_utility,
    share_of_largest,
    share_of_longest,
    terms_worth,
    us_value,
)
from sim.rules.reservation import uniform_half_width, worth_as_precedent

DERIVED: tuple[tuple[str, str], ...] = (
    ("members", "size of the Assembly"),
    ("escalator", "escalator of every efficient package, share of its maximum"),
    ("duration", "duration of every efficient package, share of its maximum"),
    ("us_terms", "US value of escalator and duration"),
    ("seoul_terms", "Seoul's cost of escalator and duration"),
    ("us_commitment", "kappa of the president"),
    ("seoul_commitment", "kappa of the ministry"),
    ("demanded_category", "new-category share that is demanded in public"),
    ("free_category", "new-category share of an efficient package inside the framework"),
    ("demand_value", "US value of the demanded package"),
    ("demand_to_seoul", "Seoul's utility of the demanded package"),
    ("joint_gain", "V - K of an efficient package inside the framework"),
    ("new_demanded_category", "the same four for the successor's demand"),
    ("new_free_category", "see new_demanded_category"),
    ("new_demand_value", "see new_demanded_category"),
    ("new_demand_to_seoul", "see new_demanded_category"),
    ("new_joint_gain", "see new_demanded_category"),
    ("opening_utility", "Seoul's utility of its first offer"),
    ("opening_to_us", "US value of Seoul's first offer"),
    ("belief_about_seoul", "prior mean of Seoul's reservation utility, as the US believes"),
    ("belief_about_us", "prior mean of the US threshold, as Seoul believes"),
    ("belief_about_successor", "the same for the successor"),
    ("backlash_at_start", "backlash before the first round"),
    ("assembly_limit", "largest cost that the ministry thinks likely enough to pass"),
    ("known_limit", "the same once the common shock is known, at shock 0"),
    ("signal_weight", "weight of the ministry's signal of the common shock"),
    ("signal_noise", "sd of the noise in the ministry's estimate of the shock"),
    ("support_low", "lower end of the common support of uniform reservation values"),
    ("support_width", "width of that support"),
)

POINT = np.dtype([(row.field, "f8") for row in PARAMETERS] + [(name, "f8") for name, _ in DERIVED])
BLOC = np.dtype([(row.name, "f8") for row in BLOC_PARAMETERS])


class Point:
    """One design point as the Mesa agents read it: every column as an attribute (float)."""

    def __init__(self, row: np.void) -> None:
        """Copy a row of a design-point table into Python floats, which compute the same bits."""
        self.__dict__.update(zip(row.dtype.names or (), row.tolist(), strict=True))

    def __getattr__(self, name: str) -> float:
        raise AttributeError(f"a design point has no column {name!r}")


@kernel
def _derive(points: NDArray[Any], members: float) -> None:
    """Fill the derived columns of every row, except the ministry's limits."""
    for index in range(points.shape[0]):
        p = points[index]
        p.members = members
        _derive_terms(p)
        p.us_commitment = commitment_weight(p.president_audience_cost, p.precedent_weight)
        p.seoul_commitment = commitment_weight(p.ministry_audience_cost, 0.0)
        _derive_demand(p)
        _derive_opening(p)
        p.backlash_at_start = p.public_anticipation * public_reaction(
            p.president_demand, p.public_backlash_scale
        )
        p.support_low = p.ministry_reservation_mean - uniform_half_width(p.ministry_reservation_sd)
        p.support_width = 2.0 * uniform_half_width(p.ministry_reservation_sd)


@kernel
def _derive_terms(p: Any) -> None:
    """What the escalator and duration of an efficient package are worth over the usual ones."""
    p.escalator = efficient_share(p.package_escalator_value, p.package_escalator_cost)
    p.duration = efficient_share(p.package_duration_value, -p.package_duration_gain)
    usual_escalator = share_of_largest(p.package_usual_escalator, p.package_escalator_max)
    usual_duration = share_of_longest(p.package_usual_duration, p.package_duration_max)
    p.us_terms = terms_worth(
        p.escalator, p.duration, usual_escalator, usual_duration,
        p.package_escalator_value, p.package_duration_value,
    )  # fmt: skip
    p.seoul_terms = terms_worth(
        p.escalator, p.duration, usual_escalator, usual_duration,
        p.package_escalator_cost, -p.package_duration_gain,
    )  # fmt: skip


@kernel
def _derive_demand(p: Any) -> None:
    """The demanded packages of the executive and of a successor, and what each makes efficient."""
    p.demanded_category = demanded_category(
        p.president_demand, p.package_framework_cap, p.president_category_insistence
    )
    p.new_demanded_category = demanded_category(
        p.turnover_new_demand, p.package_framework_cap, p.president_category_insistence
    )
    p.free_category = _free_category(p, p.demanded_category)
    p.new_free_category = _free_category(p, p.new_demanded_category)
    p.joint_gain = _joint_gain(p, p.free_category, p.demanded_category)
    p.new_joint_gain = _joint_gain(p, p.new_free_category, p.new_demanded_category)
    p.demand_value = _demand_value(p, p.president_demand, p.free_category, p.demanded_category)
    p.new_demand_value = _demand_value(
        p, p.turnover_new_demand, p.new_free_category, p.new_demanded_category
    )
    p.demand_to_seoul = _to_seoul(p, p.president_demand, p.free_category)
    p.new_demand_to_seoul = _to_seoul(p, p.turnover_new_demand, p.new_free_category)


@kernel
def _derive_opening(p: Any) -> None:
    """Seoul's first offer, and what each side expects of the other before the talks."""
    p.opening_utility = _to_seoul(p, p.ministry_opening_offer, p.free_category)
    p.opening_to_us = _demand_value(
        p, p.ministry_opening_offer, p.free_category, p.demanded_category
    )
    p.belief_about_seoul = -committed_cost(
        p.ministry_reservation_mean, -p.opening_utility, p.seoul_commitment
    )
    p.belief_about_us = _expected_threshold(p, p.president_reservation_mean, p.demand_value)
    p.belief_about_successor = _expected_threshold(
        p, p.turnover_reservation_mean, p.new_demand_value
    )


@kernel
def _free_category(p: Any, demanded: float) -> float:
    return efficient_category(
        p.package_category_value, p.president_category_audience_cost,
        p.package_category_cost, demanded,
    )  # fmt: skip


@kernel
def _joint_gain(p: Any, category: float, demanded: float) -> float:
    of_category = category_worth(
        category, p.package_category_value, p.president_category_audience_cost, demanded
    )
    return (of_category + p.us_terms) - (p.package_category_cost * category + p.seoul_terms)


@kernel
def _demand_value(p: Any, amount: float, free_category: float, demanded: float) -> float:
    category = category_for(amount, free_category, p.package_framework_cap)
    of_category = category_worth(
        category, p.package_category_value, p.president_category_audience_cost, demanded
    )
    return us_value(amount, of_category, p.us_terms)


@kernel
def _to_seoul(p: Any, amount: float, free_category: float) -> float:
    category = category_for(amount, free_category, p.package_framework_cap)
    return seoul_utility(amount, p.package_category_cost * category, p.seoul_terms)


@kernel
def _expected_threshold(p: Any, reservation_mean: float, demand_value: float) -> float:
    reservation = worth_as_precedent(
        reservation_mean, p.precedent_weight, p.precedent_others_payment
    )
    return signing_threshold(reservation, demand_value, p.us_commitment)


# what the limits of an Assembly follow from, beside its blocs
_ASKED = (
    "assembly_consent_required", "assembly_shock_sd", "assembly_precision", "assembly_shift",
    "ministry_confidence", "ministry_reading_noise",
)  # fmt: skip
Limit = Callable[[tuple[Bloc, ...], float, int, float, float], float]


def _limits(
    p: np.void, blocs: NDArray[Any], members: int, solve: Limit
) -> tuple[float, float, float, float]:
    """assembly_limit, known_limit, signal_weight and signal_noise of one design point."""
    if not p["assembly_consent_required"]:
        return math.inf, math.inf, 0.0, 0.0
    shock, noise = float(p["assembly_shock_sd"]), float(p["ministry_reading_noise"])
    tells_nothing = shock == 0.0 or math.isinf(noise)
    weight = 0.0 if tells_nothing else shock * shock / (shock * shock + noise * noise)
    left = shock * math.sqrt(1.0 - weight)
    table = tuple((float(b["seats"]), float(b["attendance"]), float(b["threshold"])) for b in blocs)
    ask = (table, float(p["assembly_precision"]), members, float(p["ministry_confidence"]))
    shift = float(p["assembly_shift"])
    limits = (solve(*ask, left) + shift, solve(*ask, 0.0) + shift)
    return *limits, weight, 0.0 if weight == 0.0 else weight * noise


def complete(
    points: NDArray[Any], blocs: NDArray[Any], members: int, solve: Limit = assembly_limit
) -> None:
    """Fill the derived columns in place.

    Parameters
    ----------
    points : dtype POINT, shape (points,); the parameter columns are read, the others written
    blocs : dtype BLOC, shape (points, blocs)
    members : size of the Assembly
    solve : what an Assembly would pass, with the arguments of `assembly_limit`
    """
    _derive(records(points), float(members))
    columns = ("assembly_limit", "known_limit", "signal_weight", "signal_noise")
    asks = np.column_stack([points[name] for name in _ASKED])
    last, found = (b"", b""), (0.0, 0.0, 0.0, 0.0)
    for index in range(points.shape[0]):
        ask = (asks[index].tobytes(), blocs[index].tobytes())
        if ask != last:  # neighbours are often alike, as where a sweep varies the demand
            last, found = ask, _limits(points[index], blocs[index], members, solve)
        for name, value in zip(columns, found, strict=True):
            points[name][index] = value

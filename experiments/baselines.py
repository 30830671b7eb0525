"""What theory forecasts at the same design points: lines to hold a simulated curve against.

Each takes one thing for granted that the simulator leaves open. The two curves of breakdown suppose
that talks find every deal that both sides could sign; the settlements suppose in addition that all
types are at their means. All of them leave the president in office.

    law           no zone of possible agreement between president and ministry alone:
                  P[r_M' - chi B(D) + joint gain < r_P'(D)], static backlash
    no_zopa       the same where the ministry also heeds what it thinks the Assembly would pass
    nash          the middle of the zone (Nash 1950: equal gains from linear utilities)
    setter        all of the zone to the US (Romer, Rosenthal 1978)
    median_voter  the cost at which the Assembly's median member is indifferent (Black 1948)

Settlements are amounts in payments; NaN where the zone is empty.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.rules.backlash import public_reaction
from sim.rules.commitment import committed_cost
from sim.rules.packages import amount_for
from sim.scenario import DesignPoints
from sim.terms import Family

if TYPE_CHECKING:
    from experiments.run import Run

CURVES = {
    "law": "theory: no zone between sitting president and ministry",
    "no_zopa": "theory: the same, with the Assembly in mind",
}
SETTLEMENTS = {
    "setter": "setter: all to the US",
    "nash": "Nash point: equal gains",
    "median_voter": "median member indifferent",
}
_NODES = np.linspace(-9.0, 9.0, 40001)
_WEIGHTS = np.exp(-0.5 * _NODES * _NODES)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def baselines(points: DesignPoints) -> pd.DataFrame:
    """Forecasts of theory, one row a design point.

    Columns
    -------
    law, no_zopa : probability of no zone of agreement; NaN where a reservation law is not normal
    us_least, seoul_most : the two win-sets' ends at mean types, payments
    nash, setter, median_voter : settlements, payments
    """
    rows = [_row(point, blocs) for point, blocs in zip(points.values, points.blocs, strict=True)]
    return pd.DataFrame(rows)


def with_baselines(run: "Run", estimates: pd.DataFrame) -> pd.DataFrame:
    """The estimates of a run with the forecasts of theory beside them."""
    points = run.design.points(estimates["design_point"].to_numpy(np.int64))
    return pd.concat([estimates, baselines(points)], axis=1)


def _row(p: np.void, blocs: NDArray[np.void]) -> dict[str, float]:
    backlash = public_reaction(float(p["president_demand"]), float(p["public_backlash_scale"]))
    price = float(p["public_backlash_weight"]) * backlash
    own = committed_cost(
        float(p["ministry_reservation_mean"]), -float(p["opening_utility"]),
        float(p["seoul_commitment"]),
    )  # fmt: skip
    least, gain = float(p["belief_about_us"]), float(p["joint_gain"])
    most = min(own, float(p["assembly_limit"])) - price
    zone = most + gain >= least
    middle = 0.5 * (least + most + gain)
    return {
        "law": _no_zone(p, price, np.inf),
        "no_zopa": _no_zone(p, price, float(p["assembly_limit"])),
        "us_least": _amount(p, least),
        "seoul_most": _amount(p, most + gain),
        "nash": _amount(p, middle) if zone else np.nan,
        "setter": _amount(p, most + gain) if zone else np.nan,
        "median_voter": _amount(p, _median_threshold(p, blocs) - price + gain),
    }


def _amount(p: np.void, value: float) -> float:
    """The amount of the efficient package of a US value."""
    names = (
        "free_category", "package_category_value", "president_category_audience_cost",
        "demanded_category", "package_framework_cap",
    )  # fmt: skip
    return amount_for(value - float(p["us_terms"]), *(float(p[name]) for name in names))


def _median_threshold(p: np.void, blocs: NDArray[np.void]) -> float:
    order = np.argsort(blocs["threshold"])
    seats = np.cumsum(blocs["seats"][order])
    middle = int(np.searchsorted(seats, 0.5 * seats[-1]))
    return float(blocs["threshold"][order][middle]) + float(p["assembly_shift"])


def _no_zone(p: np.void, price: float, limit: float) -> float:
    """P[min(r_M', limit) - price + joint gain < r_P'], both types normal; by quadrature.

    r_P' exceeds y where min(D, r_1) exceeds (y - kappa D)/(1 - kappa): never where that is D or
    more.
    """
    laws = (p["president_reservation_family"], p["ministry_reservation_family"])
    if any(law != Family.NORMAL for law in laws):
        return np.nan
    cost = p["ministry_reservation_mean"] + p["ministry_reservation_sd"] * _NODES
    excess = np.maximum(cost + p["opening_utility"], 0.0)
    most = np.minimum(cost - p["seoul_commitment"] * excess, limit) - price + p["joint_gain"]
    kappa, demand = p["us_commitment"], p["demand_value"]
    needed = (most - kappa * demand) / (1.0 - kappa)
    weight = p["precedent_weight"]
    private = needed * (1.0 + weight) - weight * p["precedent_others_payment"]
    distance = private - p["president_reservation_mean"]
    sd = p["president_reservation_sd"]
    above = 1.0 - ndtr(distance / sd) if sd > 0.0 else (distance < 0.0).astype(float)
    return float((_WEIGHTS * np.where(needed >= demand, 0.0, above)).sum())

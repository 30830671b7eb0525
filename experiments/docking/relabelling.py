"""Section I, continued: talks told in other terms (I2, I4) and the identity of the two engines."""

import math

import numpy as np

from experiments.docking.limits import certain_types, in_words
from experiments.docking.play import broke_down, limit_points, shipped, tallied, with_assembly
from experiments.docking.row import Got, Row
from experiments.docking.votes import passes, vote_row
from sim.case import DesignPoints
from sim.design_points import complete
from sim.negotiate import negotiate
from sim.parameters import PARAMETERS
from sim.terms import Ending, Policy

DESIGN = "design of the program"


def differing(one: np.ndarray, other: np.ndarray) -> Got:
    """Records that differ in any byte."""
    size = one.dtype.itemsize
    left, right = (np.ascontiguousarray(x).view(np.uint8).reshape(-1, size) for x in (one, other))
    return Got(float(np.count_nonzero((left != right).any(axis=1))), one.size)


def _other_money(unit: float, n: int, seed: int) -> Got:
    """The case with its money counted in units so many times smaller: amounts grow, slopes fall."""
    points = shipped().points({"public.backlash_weight": 0.0, "president.demand": [1.3, 5.58]})
    values, blocs = points.values.copy(), points.blocs.copy()
    for row in PARAMETERS:
        values[row.field] *= {"payments": unit, "1/payment": 1.0 / unit}.get(row.unit, 1.0)
    blocs["threshold"] *= unit
    complete(values, blocs, shipped().members)
    before = negotiate(points, n, seed=seed)
    after = negotiate(DesignPoints(values, blocs, points.words), n, seed=seed)
    moved = np.nanmax(np.abs(after["amount"] - unit * before["amount"]))
    other_endings = np.count_nonzero(after["ending"] != before["ending"])
    return Got((float(other_endings), float(moved)), 2 * n)


def _money_rows() -> list[Row]:
    return [
        tallied(
            f"I2.unit={unit:g}", "a change of the unit of money changes no ending and multiplies "
            "the settlements: endings that differ, largest difference", DESIGN, "the case; "
            f"public.backlash_weight = 0; every amount times {unit:g}, every slope divided by it",
            lambda n, seed, unit=unit: _other_money(unit, n, seed), expected=(0.0, 0.0),
            tolerance=1e-8, n=5000,
        )
        for unit in (2.0, 0.25, 3.0)
    ]  # fmt: skip


MIRROR = 3.0  # amounts x and 3 - x change places


def _mirrored(_n: int, seed: int) -> Got:
    """The sides change places: settlements add up to 3."""
    worst = 0.0
    for us, seoul, demand, opening, e_us, e_seoul, first in (
        (1.1, 1.25, 2.0, 1.0, 1.0, 1.0, 0), (1.1, 1.25, 2.0, 1.0, 0.5, 2.0, 0),
        (1.0, 1.6, 2.6, 0.8, 2.0, 0.7, 1), (1.2, 1.3, 1.9, 1.1, 3.0, 0.4, 1),
    ):  # fmt: skip
        one = _sides(us, seoul, demand, opening, e_us, e_seoul, first)
        other = _sides(
            MIRROR - seoul, MIRROR - us, MIRROR - opening, MIRROR - demand, e_seoul, e_us, 1 - first
        )
        records = [negotiate(limit_points(s), 1, seed=seed)[0, 0] for s in (one, other)]
        total = float(records[0]["amount"] + records[1]["amount"])
        apart = abs(int(records[0]["round"]) - int(records[1]["round"]))
        worst = max(worst, abs(total - MIRROR), float(apart))
    return Got(worst, 4)


# What both sides have alike: they err, table with noise, learn, ask for more than they need and
# leave rooms. The president is known to his team, and no Assembly is asked.
HEATED: dict[str, float] = {
    "talks.precision": 25.0, "talks.offer_noise": 0.02, "talks.learning": 1.0,
    "talks.walk_out_base": -4.0, "talks.returns_after_walk_out": 0.8,
    "negotiators.ambition": 0.5, "ministry.ambition": 0.5, "negotiators.patience": 0.99,
    "ministry.patience": 0.99, "talks.lapse_cost": 0.01,
}  # fmt: skip


def _mirrored_law(n: int, seed: int) -> Got:
    """Difference in the frequency of breakdown once the sides have changed places."""
    shares = []
    for us, seoul, demand, opening, e_us, e_seoul, first in (
        (1.1, 1.25, 2.0, 1.0, 1.0, 2.0, 0),
        (MIRROR - 1.25, MIRROR - 1.1, MIRROR - 1.0, MIRROR - 2.0, 2.0, 1.0, 1),
    ):  # fmt: skip
        sds = (0.06, 0.12) if first == 0 else (0.12, 0.06)
        spread = {"president.reservation_sd": sds[0], "ministry.reservation_sd": sds[1]}
        settings = _sides(us, seoul, demand, opening, e_us, e_seoul, first) | spread | HEATED
        failed = broke_down(negotiate(limit_points(settings), n, seed=seed + first)[0])
        shares.append(float(failed.mean()))
    error = math.sqrt(sum(share * (1.0 - share) for share in shares) / n)
    told = f"shares {shares[0]:.4f} and {shares[1]:.4f}"
    return Got(shares[0] - shares[1], 2 * n, error=error, detail=told)


def _sides(
    us: float, seoul: float, demand: float, opening: float, e_us: float, e_seoul: float, first: int
) -> dict[str, float]:
    return {
        **certain_types(us, seoul),
        "president.demand": demand,
        "ministry.opening_offer": opening,
        "negotiators.concession_exponent": e_us,
        "ministry.concession_exponent": e_seoul,
        "talks.first_mover": first,
    }


def _idle_bloc(n: int, seed: int) -> Got:
    blocs = [(200.0, 0.7, 1.3, 0.5), (95.0, 0.6, 1.2, 0.5)]
    with_idle = with_assembly([*blocs, (0.0, 0.9, 1.3, 0.5)], 295)
    before = negotiate(with_assembly(blocs, 295).points(), n, seed=seed)
    return differing(before, negotiate(with_idle.points(), n, seed=seed))


def _all_end(n: int, seed: int) -> Got:
    points = shipped().points({"president.demand": [1.1, 2.0, 5.58, 8.0]})
    records = negotiate(points, n, seed=seed)
    counts = [int(np.count_nonzero(records["ending"] == ending)) for ending in Ending]
    return Got(float(sum(counts) - records.size), records.size)


def _engines(changed: dict[str, float], n: int, seed: int) -> Got:
    points = shipped().points(changed)
    compiled = negotiate(points, n, seed=seed)
    return differing(compiled, negotiate(points, n, seed=seed, engine="mesa"))


def relabelling_rows() -> list[Row]:
    """The rows I2 and I4."""
    parts = ((120, 0.7, 0.6), (80, 0.7, 0.6), (95, 0.6, 0.35))
    rows = [
        *_money_rows(),
        tallied(
            "I4.mirror", "with the sides and their curves exchanged settlements mirror: largest "
            "difference", DESIGN, "Limit; four pairs of known reservation values", _mirrored,
            tolerance=1e-9,
        ),
        tallied(
            "I4.mirror.law", "with the sides exchanged as many talks break down: difference",
            DESIGN, in_words(HEATED) + "; N(1.1, 0.06) against N(1.25, 0.12), and 3 less each",
            _mirrored_law, kind="P", n=200_000, least=10_000,
        ),
        vote_row(
            "I4.split-bloc", "a bloc that splits in two leaves the law of the vote unchanged",
            parts, 295, passes(((200, 0.7, 0.6), (95, 0.6, 0.35)), 295),
        ),
        tallied(
            "I4.idle-bloc", "a bloc without seats changes nothing: records that differ", DESIGN,
            "the case", _idle_bloc, n=5000,
        ),
        tallied(
            "I4.endings", "every negotiation ends in exactly one way: endings less negotiations",
            DESIGN, "the case", _all_end, n=20_000,
        ),
    ]  # fmt: skip
    settings: dict[str, dict[str, float]] = {
        "case": {},
        "heat": {"president.demand": 2.0, "talks.walk_out_base": -2.0},
        "turnover": {"turnover.probability": 1.0, "turnover.round": 3.0},
        "oracles": {
            "negotiators.policy": Policy.TAKE_IT_OR_LEAVE_IT, "ministry.policy": Policy.HEURISTIC,
        },
        "Seoul-first": {"talks.first_mover": 1, "ministry.reading_noise": 0.05},
    }  # fmt: skip
    rows += [
        tallied(
            f"I4.engines.{name}", "Mesa agents and kernel give the same records bit for bit: "
            "records that differ", DESIGN, in_words(changed, "the case"),
            lambda n, seed, changed=changed: _engines(changed, n, seed), n=60,
            engine="kernel and Mesa",
        )
        for name, changed in settings.items()
    ]  # fmt: skip
    return rows

"""Signs in the case as it stands: what the theory says of a direction where it gives no number.

The rows stand in the sections of their laws. Each compares settings that share their draws, and
gives the differences less four standard errors of the paired difference: greater than 0 for a sign
that is more than chance. A row says which direction is claimed over which range, since some signs
turn where others break the talks anyway.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.docking.domestic import SCHELLING, SURE_ASSEMBLY, one_bloc
from experiments.docking.limits import INF, LIMIT, NORMAL_TYPES, certain_types, in_words
from experiments.docking.play import Records, broke_down, limit_points, shipped, tallied
from experiments.docking.row import Got, Row
from sim.negotiate import negotiate
from sim.scenario import DesignPoints
from sim.theory.precedent import precedent_weight

COMMITMENT = "Fearon 1994, American Political Science Review 88; Muthoo 1996, J. Economic Theory 69"
UNCERTAINTY = "Fearon 1995, International Organization 49; Chatterjee, Samuelson 1983"
SHOCK = "Iida 1993, J. Conflict Resolution 37; Milner, Rosendorff 1997, J. Conflict Resolution 41"
DEADLINE = "Yildiz 2004, J. Economic Theory 117; Roth, Murnighan, Schoumaker 1988, AER 78"
TURNOVER = "Simsek, Yildiz 2016; Buisseret, Bernhardt 2018"
CHAIN = "Kreps, Wilson 1982, J. Economic Theory 27; Walter 2006, AJPS 50"

REPLICATES, LEAST = 20_000, 10_000
ERRORS = 4.0  # standard errors that a difference must exceed
SEOUL_WORTH, ASSEMBLY_LIMIT = 1.40, 1.30
Reals = NDArray[np.float64]
Measure = Callable[[Records], Reals]


def broken(records: Records) -> Reals:
    """1 where a negotiation broke down."""
    return broke_down(records).astype(float)


def refused(records: Records) -> Reals:
    """1 where the Assembly refused at least one deal."""
    return (records["refusals"] > 0).astype(float)


def seoul_surplus(records: Records) -> Reals:
    """What Seoul gains where it would pay 1.40: nothing without a deal, payments."""
    cost = np.where(broke_down(records), SEOUL_WORTH, records["seoul_cost"])
    return SEOUL_WORTH - cost


def steps(values: Reals, signs: Sequence[float]) -> tuple[float, ...]:
    """Steps of the mean from row to row, in their claimed direction, less their error.

    Parameters
    ----------
    values : one row a setting, one column a replicate, with shared draws
    signs : 1 where the step goes up, -1 where it goes down
    """
    apart = np.diff(values, axis=0) * np.asarray(signs)[:, None]
    error = apart.std(axis=1) / np.sqrt(apart.shape[1])
    return tuple(float(x) for x in apart.mean(axis=1) - ERRORS * error)


def _claim(
    id: str, statement: str, source: str, limit: str, points: Callable[[], DesignPoints],
    measure: Measure, signs: Sequence[float],
) -> Row:  # fmt: skip
    def run(n: int, seed: int) -> Got:
        values = measure(negotiate(points(), n, seed=seed))
        means = ", ".join(f"{mean:.4f}" for mean in values.mean(axis=1))
        return Got(steps(values, signs), values.size, detail=f"means {means}")

    return tallied(
        id, f"{statement}: steps less {ERRORS:g} standard errors", source, limit, run, kind="S",
        n=REPLICATES, least=LEAST,
    )  # fmt: skip


def _in_the_case(
    id: str, statement: str, source: str, name: str, levels: Sequence[float], measure: Measure,
    changed: Mapping[str, float], signs: Sequence[float] = (),
) -> Row:  # fmt: skip
    """A claim about the case with one parameter at several levels; rising if no sign is given."""
    told = ", ".join(f"{level:g}" for level in levels)
    return _claim(
        id, statement, source, f"{in_words(changed, 'the case')}; {name} = {told}",
        lambda: shipped().points({**changed, name: list(levels)}), measure,
        signs or [1.0] * (len(levels) - 1),
    )  # fmt: skip


def _commitment_rows() -> list[Row]:
    return [
        _in_the_case(
            f"E5.case.D={demand:g}.commitment", "breakdown rises with the audience cost",
            COMMITMENT, "president.audience_cost", (0.0, 0.02, 0.05, 0.1, 0.2), broken,
            {"president.demand": demand},
        )
        for demand in (2.0, 5.58)
    ]  # fmt: skip


def _uncertainty_rows() -> list[Row]:
    """More spread breaks more talks where the mean types have a zone of agreement."""
    rows = []
    for side, executive, levels in (
        ("US", "president", (0.0, 0.06, 0.12, 0.2)), ("Seoul", "ministry", (0.04, 0.08, 0.16, 0.25))
    ):  # fmt: skip
        name = f"{executive}.reservation_sd"
        words = f"breakdown rises with what is not known of {side} where the means have a zone"
        rows.append(
            _in_the_case(
                f"C4.case.{side}", words, UNCERTAINTY, name, levels, broken,
                {"president.demand": 1.5},
            )
        )  # fmt: skip
        settings = {**NORMAL_TYPES, "president.demand": 3.0}
        told = ", ".join(f"{level:g}" for level in levels)
        rows.append(
            _claim(
                f"C4.limit.{side}", words, UNCERTAINTY, f"{in_words(settings)}; {name} = {told}",
                lambda settings=settings, name=name, levels=levels: shipped().points(
                    {**LIMIT, **settings, name: list(levels)}
                ), broken, [1.0] * (len(levels) - 1),
            )
        )  # fmt: skip
    return rows


def hard_assembly(*shifts: float) -> DesignPoints:
    """Members of one mind who pass at most 1.30 + shift, payments; their ministry knows it.

    It would pay 1.40 itself; the other mechanisms are off.
    """
    types = certain_types(1.10, SEOUL_WORTH) | {"president.reservation_sd": 0.06}
    return one_bloc(ASSEMBLY_LIMIT).points(
        {**LIMIT, **types, **SURE_ASSEMBLY, "president.demand": 2.0, "talks.rounds": 40,
         "assembly.shift": list(shifts)}
    )  # fmt: skip


def _hardness_rows() -> list[Row]:
    limits = (1.4, 1.3, 1.2, 1.1, 1.0)
    told = ", ".join(f"{limit:g}" for limit in limits)
    where = f"Limit; US N(1.10, 0.06), Seoul 1.40, one bloc that passes {told}; 40 rounds"

    def points() -> DesignPoints:
        return hard_assembly(*(round(limit - ASSEMBLY_LIMIT, 3) for limit in limits))

    shifts, changed = (0.1, 0.0, -0.1, -0.15, -0.2), {"president.demand": 2.0}
    return [
        _claim(
            "D2.hump", "as the Assembly hardens Seoul's surplus first rises, then falls", SCHELLING,
            where, points, seoul_surplus, (1.0, 1.0, -1.0, -1.0),
        ),
        _in_the_case(
            "D2.case.breakdown", "as the Assembly hardens more talks break down", SCHELLING,
            "assembly.shift", shifts, broken, changed,
        ),
        _settlement_row(shifts, changed),
    ]  # fmt: skip


def _settlement_row(shifts: Sequence[float], changed: Mapping[str, float]) -> Row:
    def run(n: int, seed: int) -> Got:
        points = shipped().points({**changed, "assembly.shift": list(shifts)})
        deals = [row["amount"][~broke_down(row)] for row in negotiate(points, n, seed=seed)]
        means = np.array([prices.mean() for prices in deals])
        squared = np.array([prices.var() / len(prices) for prices in deals])
        falls = -np.diff(means) - ERRORS * np.sqrt(squared[:-1] + squared[1:])
        told = ", ".join(f"{mean:.4f}" for mean in means)
        return Got(tuple(falls.tolist()), n * len(shifts), detail=f"means {told}")

    told = ", ".join(f"{shift:g}" for shift in shifts)
    return tallied(
        "D2.case.settlement", "as the Assembly hardens deals are made at lower amounts: steps less "
        f"{ERRORS:g} standard errors", SCHELLING,
        f"{in_words(changed, 'the case')}; assembly.shift = {told}", run, kind="S", n=REPLICATES,
        least=LEAST,
    )  # fmt: skip


def _shock_rows() -> list[Row]:
    return [
        _in_the_case(
            f"D3.case.D={demand:g}.shock", "refusals rise with the common shock that the ministry "
            "cannot read", SHOCK, "assembly.shock_sd", (0.03, 0.06, 0.12, 0.2), refused,
            {"president.demand": demand},
        )
        for demand in (1.5, 5.58)
    ]  # fmt: skip


def late_share(hazard: float, n: int, seed: int) -> tuple[float, int]:
    """Share of deals in the last two of ten rounds, and deals, if each side may leave any round."""
    settings = {
        **NORMAL_TYPES, "president.demand": 1.5, "negotiators.concession_exponent": 1.0,
        "ministry.concession_exponent": 1.0, "talks.rounds": 10, "talks.walk_out_gap": 0.0,
        "talks.walk_out_movement": 0.0, "talks.returns_after_walk_out": 0.0,
        "talks.walk_out_base": float(np.log(hazard / (1.0 - hazard))) if hazard else -INF,
    }  # fmt: skip
    records = negotiate(limit_points(settings), n, seed=seed)[0]
    counts = records["round"][~broke_down(records)]
    return float((counts >= 9).mean()), len(counts)


def _horizon_row() -> Row:
    hazards = (0.0, 0.05, 0.1, 0.2)

    def run(n: int, seed: int) -> Got:
        found = [late_share(hazard, n, seed) for hazard in hazards]
        shares, squared = np.array([(p, p * (1.0 - p) / deals) for p, deals in found]).T
        falls = -np.diff(shares) - ERRORS * np.sqrt(squared[:-1] + squared[1:])
        told = ", ".join(f"{share:.3f}" for share in shares)
        return Got(tuple(falls.tolist()), n * len(hazards), detail=f"shares {told}")

    told = ", ".join(f"{hazard:g}" for hazard in hazards)
    return tallied(
        "F4.any-round", "the deadline loses its deals as the talks may end in any round: steps of "
        f"the share in the last two rounds, less {ERRORS:g} standard errors", DEADLINE,
        f"{in_words({**NORMAL_TYPES, 'president.demand': 1.5})}; both concede evenly; chance of "
        f"each side to leave for good in a round {told}", run, kind="S", n=REPLICATES, least=LEAST,
    )  # fmt: skip


def _turnover_row() -> Row:
    """A softer successor who is sure to come, against none."""
    changed = {"president.demand": 1.5, "turnover.expected_probability": 0.0,
               "turnover.reservation_mean": 0.95}  # fmt: skip

    def run(n: int, seed: int) -> Got:
        points = shipped().points({**changed, "turnover.probability": [0.0, 1.0]})
        records = negotiate(points, n, seed=seed)
        first = int(points.values["turnover_round"][0])
        deals = ~broke_down(records)
        late = (deals & (records["round"] > first)).astype(float)
        early = deals & (records["round"] <= first)
        moved = float(np.count_nonzero(early[0] != early[1]))
        means = ", ".join(f"{mean:.4f}" for mean in late.mean(axis=1))
        told = f"late {means}; {np.count_nonzero(early[0]):,} early deals, of which moved {moved:g}"
        return Got((*steps(late, [1.0]), 0.5 - moved), 2 * n, detail=told)

    return tallied(
        "F6.successor", "a softer successor makes more deals after the election, and none other "
        f"before it: the step less {ERRORS:g} standard errors, and 0.5 less the early deals moved",
        TURNOVER, f"{in_words(changed, 'the case')}; turnover.probability = 0, 1", run, kind="S",
        n=REPLICATES, least=LEAST,
    )  # fmt: skip


def _precedent_rows() -> list[Row]:
    """Partners in a row: each watches those before it, and nobody watches the last."""
    sizes, passed_on = [1.9, 1.1, 4.0], [0.3, 0.15, 0.1]
    weights = [precedent_weight(sizes[k:], passed_on[k:], 0.9) for k in range(3)]
    weights.append(precedent_weight([], [], 0.9))
    settings = {**NORMAL_TYPES, "president.demand": 8.0, "precedent.others_payment": 1.5}
    told = ", ".join(f"{weight:.4g}" for weight in weights)

    def last(n: int, seed: int) -> Got:
        watched = {**settings, "precedent.weight": weights[-1]}
        alone = negotiate(limit_points({**NORMAL_TYPES, "president.demand": 8.0}), n, seed=seed)
        chain = negotiate(limit_points(watched), n, seed=seed)
        same = np.frombuffer(alone.tobytes(), np.uint8) == np.frombuffer(chain.tobytes(), np.uint8)
        return Got(float(np.count_nonzero(~same)), n)

    return [
        _claim(
            "H3.chain", "breakdown falls from partner to partner as fewer are left to watch", CHAIN,
            f"{in_words(settings)}; precedent.weight = {told}",
            lambda: shipped().points(
                {**LIMIT, **settings, "precedent.weight": sorted(weights, reverse=True)}
            ), broken, [-1.0] * 3,
        ),
        tallied(
            "H3.last", "talks with the last partner of a chain are those without any precedent: "
            "bytes of the records that differ", CHAIN, in_words(settings), last, n=5000,
        ),
    ]  # fmt: skip


def rows() -> list[Row]:
    """The signs, in the sections of their laws."""
    return [
        *_uncertainty_rows(), *_hardness_rows(), *_shock_rows(), *_commitment_rows(),
        _horizon_row(), _turnover_row(), *_precedent_rows(),
    ]  # fmt: skip

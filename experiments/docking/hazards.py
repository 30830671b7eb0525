"""Section F, continued: competing risks (F3)."""

import math

from experiments.docking.limits import certain_types
from experiments.docking.play import chance, count_of, ended_by, formula
from experiments.docking.row import Row
from sim.terms import Ending
from sim.theory.timing import competing_risks, walk_out_probability

RISKS = "competing risks: Kalbfleisch, Prentice 2002"


def hazard_rows() -> list[Row]:
    """The rows F3."""
    return [*_risk_rows(), *_walk_out_rows()]


def conceding(demand: float, rounds: int, us: float, seoul: float) -> dict[str, float]:
    """Known reservation values 1.1 and 1.25, concession with these exponents."""
    return {
        **certain_types(1.1, 1.25),
        "president.demand": demand,
        "ministry.opening_offer": 1.0,
        "negotiators.concession_exponent": us,
        "ministry.concession_exponent": seoul,
        "talks.rounds": rounds,
    }


def _walking_out(hazard: float, returns: float, **changed: float) -> dict[str, float]:
    """Each side leaves with a constant probability from the second round on; no zone to meet in."""
    return {
        **certain_types(1.5, 1.2),
        "president.demand": 3.0,
        "talks.walk_out_base": math.log(hazard / (1.0 - hazard)),
        "talks.walk_out_gap": 0.0,
        "talks.walk_out_movement": 0.0,
        "talks.returns_after_walk_out": returns,
        "talks.rounds": 10,
        **changed,
    }


def _risk_rows() -> list[Row]:
    rows = [
        formula(
            "F3.form", "three hazards over nine rounds: each ending, and lapse", RISKS,
            _three_hazards, (0.314730, 0.118024, 0.472095, 0.095152),
        )
    ]  # fmt: skip
    for returns, printed in ((0.0, 0.422049), (0.9, 0.051950)):
        law = walk_out_probability(0.03, 2, 9, returns)
        settings = _walking_out(0.03, returns)
        rows += [
            chance(
                f"F3.returns={returns:g}", "a walk-out ends the talks within nine rounds at risk",
                RISKS, settings, ended_by(Ending.WALK_OUT), law,
            ),
            formula(
                f"F3.returns={returns:g}.form", "its closed form", RISKS, lambda law=law: law,
                printed,
            ),
        ]  # fmt: skip
    for hazard in (0.01, 0.03, 0.08):
        settings = {**_walking_out(hazard, 0.0), **conceding(5.56, 10, 1.0, 1.0)}
        rows.append(
            chance(
                f"F3.deal.h={hazard:g}", "talks that would agree in the ninth round survive eight "
                "rounds of two sides at risk", RISKS, settings, ended_by(Ending.RATIFIED),
                (1.0 - hazard) ** 16,
            )
        )  # fmt: skip
    return rows


def _walk_out_rows() -> list[Row]:
    return [
        chance(
            "F3.any", "at least one walk-out in talks that always resume", RISKS,
            _walking_out(0.03, 1.0), count_of("first_walk_out"), walk_out_probability(0.03, 2, 9),
        ),
        chance(
            "F3.us", "at least one walk-out of the US side", RISKS, _walking_out(0.05, 1.0),
            count_of("us_walk_outs"), walk_out_probability(0.05, 1, 9),
        ),
        chance(
            "F3.seoul", "at least one walk-out of Seoul's side", RISKS, _walking_out(0.05, 1.0),
            count_of("seoul_walk_outs"), walk_out_probability(0.05, 1, 9),
        ),
        chance(
            "F3.lapse", "talks that nobody leaves for good lapse", RISKS, _walking_out(0.08, 0.0),
            ended_by(Ending.LAPSE), 0.92**18,
        ),
        chance(
            "F3.first-round", "nobody walks out of the first round", RISKS,
            _walking_out(0.5, 0.0, **{"talks.rounds": 1.0}), count_of("first_walk_out"), 0.0,
        ),
    ]  # fmt: skip


def _three_hazards() -> tuple[float, ...]:
    endings, lapse = competing_risks([0.08, 0.03, 0.12], 9)
    return (*(float(ending) for ending in endings), lapse)

"""Section C, continued: one final demand against an unknown reservation value (C4 to C6)."""

import math

from experiments.docking.limits import FINAL_DEMAND, INF, in_words
from experiments.docking.play import (
    both_engines,
    broke_down,
    chance,
    formula,
    limit_points,
    tallied,
)
from experiments.docking.row import Got, Row
from sim.terms import Family
from sim.theory.incomplete_information import (
    crisis_demand,
    final_demand_logistic,
    final_demand_uniform,
    refusal_probability_normal,
    refusal_probability_uniform,
)

FEARON = "Fearon 1995, International Organization 49"
# (mean - fallback) in scales of the logistic law, and the probability of refusal
GAPS = ((0, 0.7822), (1, 0.6381), (2, 0.5), (4, 0.3117), (8, 0.1580), (16, 0.0742))


def final_demand_rows() -> list[Row]:
    """The rows C4 to C6."""
    return [*_uniform_rows(), *_exogenous()]


def _against_uniform(low: float, high: float, d: float) -> dict[str, float]:
    """A final demand against a reservation value that is even on [low, high]."""
    sd = (high - low) / (2.0 * math.sqrt(3.0))
    return _final(d, Family.UNIFORM, 0.5 * (low + high), sd)


def _against_logistic(mean: float, scale: float, d: float) -> dict[str, float]:
    return _final(d, Family.LOGISTIC, mean, scale * math.pi / math.sqrt(3.0))


def _final(d: float, family: Family, mean: float, sd: float) -> dict[str, float]:
    return {
        **FINAL_DEMAND,
        "president.reservation_mean": d,
        "president.reservation_sd": 0.0,
        "ministry.reservation_family": family,
        "ministry.reservation_mean": mean,
        "ministry.reservation_sd": sd,
        "negotiators.belief_sd": sd,
    }


def _price_row(id: str, source: str, settings: dict[str, float], price: float) -> Row:
    def run(_n: int, seed: int) -> Got:
        records = both_engines(limit_points(settings), 40, seed)
        deals = records[~broke_down(records)]["amount"]
        return Got((float(deals.min()), float(deals.max())), 40)

    return tallied(
        id, "the demanded price: lowest and highest settlement", source, in_words(settings), run,
        expected=(price, price), tolerance=1e-8, engine="kernel and Mesa",
    )  # fmt: skip


def _uniform_rows() -> list[Row]:
    rows = []
    for d, price, refused in ((1.0, 1.225, 0.4375), (1.2, 1.325, 0.6875), (0.6, 1.05, 0.0)):
        settings = _against_uniform(1.05, 1.45, d)
        words = "the best single demand against an even reservation value is refused"
        rows += [
            _price_row(f"C4.d={d:g}.price", FEARON, settings, price),
            chance(f"C4.d={d:g}", words, FEARON, settings, broke_down, refused),
            formula(
                f"C4.d={d:g}.form", "the closed form: demand and refusal", FEARON,
                lambda d=d: tuple(final_demand_uniform(1.05, 1.45, d)), (price, refused), 1e-9,
            ),
        ]  # fmt: skip
    rows.append(
        formula(
            "C4.crisis", "the same for a state that can fight: demand and probability of war",
            FEARON, lambda: tuple(crisis_demand(0.5, 0.1, 0.4)), (0.65, 0.375), 1e-9,
        )
    )  # fmt: skip
    return [*rows, *_logistic_rows(), *_gap_rows()]


def _logistic_rows() -> list[Row]:
    rows = []
    for s, d, price, refused in (
        (0.05, 1.05, 1.210397, 0.311727), (0.10, 1.05, 1.25, 0.5),
        (0.20, 1.05, 1.363429, 0.638104), (0.05, 1.20, 1.278357, 0.638104),
    ):  # fmt: skip
        settings, law = _against_logistic(1.25, s, d), final_demand_logistic(1.25, s, d)
        rows += [
            _price_row(f"C5.s={s:g}.d={d:g}.price", FEARON, settings, law.demand),
            formula(
                f"C5.s={s:g}.d={d:g}.form", "the closed form: demand and refusal", FEARON,
                lambda law=law: tuple(law), (price, refused),
            ),
        ]  # fmt: skip
        rows.append(
            chance(
                f"C5.s={s:g}.d={d:g}", "the best single demand against a logistic reservation "
                "value is refused", FEARON, settings, broke_down, law.breakdown_probability,
            )
        )  # fmt: skip
    return rows


def _gap_rows() -> list[Row]:
    rows = []
    for gap, printed in GAPS:
        settings = _against_logistic(1.25, 0.05, 1.25 - 0.05 * gap)
        law = final_demand_logistic(1.25, 0.05, 1.25 - 0.05 * gap).breakdown_probability
        rows += [
            chance(
                f"C5.gap={gap}", f"refusal when the unknown lies {gap} scales above the fallback",
                FEARON, settings, broke_down, law,
            ),
            formula(
                f"C5.gap={gap}.form", "its printed value", FEARON, lambda p=law: p, printed, 5.1e-5
            ),
        ]  # fmt: skip
    return rows


def _exogenous() -> list[Row]:
    """A demand fixed from outside, answered by quantal response."""
    rows = []
    source = "McKelvey, Palfrey 1998, Experimental Economics 1; Fearon 1995"
    for precision, printed in (
        (5.0, (0.329708, 0.5, 0.766062)), (20.0, (0.129594, 0.5, 0.967752)),
        (INF, (0.066807, 0.5, 0.993790)),
    ):  # fmt: skip
        for demand, value in zip((1.1, 1.25, 1.5), printed, strict=True):
            law = refusal_probability_normal(demand, precision, 1.25, 0.1)
            name = f"C6.{precision:g}.D={demand:g}"
            rows.append(_answered(name, source, Family.NORMAL, 0.1, demand, precision, law))
            rows.append(
                formula(
                    f"{name}.form", "its printed value", source,
                    lambda p=law: p, value,
                )
            )  # fmt: skip
    law = refusal_probability_uniform(1.2, 20.0, 1.05, 1.45)
    sd = 0.2 / math.sqrt(3.0)
    rows.append(_answered("C6.uniform", source, Family.UNIFORM, sd, 1.2, 20.0, law))
    rows.append(formula("C6.uniform.form", "its printed value", source, lambda: law, 0.380234))
    return rows


def _answered(
    id: str, source: str, family: Family, sd: float, demand: float, precision: float, law: float
) -> Row:
    settings = _final(20.0, family, 1.25, sd) | {
        "president.demand": demand,
        "talks.precision": precision,
    }
    words = "a demand fixed from outside is refused by a responder who errs"
    return chance(id, words, source, settings, broke_down, law)

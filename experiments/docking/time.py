"""Section F: time."""

from collections.abc import Mapping

import numpy as np

from experiments.docking.hazards import conceding, hazard_rows
from experiments.docking.limits import NORMAL_TYPES, certain_types, in_words
from experiments.docking.play import (
    Records,
    both_engines,
    broke_down,
    certain,
    formula,
    limit_points,
    played,
    shipped,
    tallied,
)
from experiments.docking.row import Got, Row
from sim.negotiate import negotiate
from sim.theory.concession import continuous_agreement, session_agreement
from sim.theory.timing import (
    deadline_concession,
    turnover_threshold,
)

FSJ = "Faratin, Sierra, Jennings 1998, Robotics and Autonomous Systems 24"
DEADLINE = "Roth, Murnighan, Schoumaker 1988, American Economic Review 78"
TURNOVER = "Simsek, Yildiz 2016; Buisseret, Bernhardt 2018"


def _continuous(demand: float, us: float, seoul: float) -> tuple[float, float]:
    found = continuous_agreement(demand, 1.1, 1.0, 1.25, us, seoul)
    assert found is not None  # there is a zone of agreement
    return found


def _concession_rows() -> list[Row]:
    rows = []
    for e, time in ((0.5, 0.937320), (1.0, 0.968153), (2.0, 0.983948), (4.0, 0.991941)):
        rows += [
            formula(
                f"F1.e={e:g}", "equal concession: the exponent moves the date and leaves the price",
                FSJ, lambda e=e: _continuous(5.56, e, e), (time, 1.242038),
            ),
            _many_rounds_row(f"F1.e={e:g}.talks", e, e, 5.56, (time, 1.242038)),
        ]  # fmt: skip
    for demand, time, price in (
        (1.5, 0.824808, 1.170077), (2.0, 0.890725, 1.198348), (3.0, 0.937088, 1.219533),
        (5.56, 0.969712, 1.235085),
    ):  # fmt: skip
        rows += [
            formula(
                f"F1.D={demand:g}", "linear against quadratic concession: date and price", FSJ,
                lambda demand=demand: _continuous(demand, 1.0, 2.0), (time, price),
            ),
            _many_rounds_row(f"F1.D={demand:g}.talks", 1.0, 2.0, demand, (time, price)),
        ]  # fmt: skip
    return rows


def _session_rows() -> list[Row]:
    rows = []
    for rounds, us, seoul, demand, session, price in (
        (10, 1.0, 1.0, 1.4, 6, 1.166667), (10, 1.0, 1.0, 2.0, 8, 1.2),
        (10, 1.0, 1.0, 5.56, 8, 1.222222), (20, 0.5, 2.0, 5.56, 18, 1.218955),
    ):  # fmt: skip
        name = f"e={us:g}" if us == seoul else f"e=({us:g},{seoul:g})"
        law = session_agreement(demand, 1.1, 1.0, 1.25, rounds, us, seoul) or (0, 0.0)
        settings = conceding(demand, rounds, us, seoul)
        words = "conceding round by round, a side accepts what its own next position would bring"
        rows += [
            certain(
                f"F2.{name}.D={demand:g}.price", f"{words}: the price", FSJ, settings,
                lambda record: float(record["amount"]), law[1], 1e-9,
            ),
            certain(
                f"F2.{name}.D={demand:g}.round", f"{words}: the round, counted from 1", FSJ,
                settings, lambda record: float(record["round"]), session + 1.0, 0.0,
            ),
            formula(
                f"F2.{name}.D={demand:g}.form", "the printed round (from 0) and price", FSJ,
                lambda law=law: (float(law[0]), law[1]), (float(session), price),
            ),
        ]  # fmt: skip
    return rows


def _many_rounds_row(
    id: str, us: float, seoul: float, demand: float, law: tuple[float, float]
) -> Row:
    settings = conceding(demand, 1000, us, seoul)
    return certain(
        id, "with 1,000 rounds the talks end near the continuous date (share of the deadline) and "
        "price", FSJ, settings,
        lambda record: ((float(record["round"]) - 1.0) / 999.0, float(record["amount"])),
        law, 2e-3,
    )  # fmt: skip


def deal_rounds(exponent: float, n: int, seed: int) -> np.ndarray:
    """Deals by round of ten, both sides conceding with this exponent."""
    settings = {
        **NORMAL_TYPES, "president.demand": 1.5, "negotiators.concession_exponent": exponent,
        "ministry.concession_exponent": exponent, "talks.rounds": 10,
    }  # fmt: skip
    counts = np.zeros(10, int)
    for block in played(limit_points(settings), n, seed):
        deals = block[~broke_down(block)]
        counts += np.bincount(deals["round"] - 1, minlength=10)
    return counts


def _deadline_rows() -> list[Row]:
    def late(exponent: float, n: int, seed: int) -> float:
        counts = deal_rounds(exponent, n, seed)
        return float(counts[-2:].sum() / counts.sum())

    def rising(n: int, seed: int) -> Got:
        shares = [late(e, n, seed) for e in (0.3, 1.0, 2.0, 4.0)]
        steps = tuple(b - a for a, b in zip(shares, shares[1:], strict=False))
        return Got(steps, 4 * n, detail="shares " + ", ".join(f"{s:.3f}" for s in shares))

    def spike(n: int, seed: int) -> Got:
        return Got((late(4.0, n, seed) - 0.9, 0.1 - late(0.3, n, seed)), 2 * n)

    limit = in_words({**NORMAL_TYPES, "president.demand": 1.5})
    return [
        tallied(
            "F4.rising", "the share of deals in the last two rounds grows from exponent .3 to 1, 2 "
            "and 4", DEADLINE, limit, rising, kind="S", n=20_000, least=1000,
        ),
        tallied(
            "F4.spike", "more than nine in ten deals are late under slow concession, less than one "
            "in ten under fast", DEADLINE, limit, spike, kind="S", n=20_000, least=1000,
        ),
        formula(
            "F5", "a concession game with a deadline: the last types to concede early and at the "
            "deadline, the quiet before it, and when deals come",
            "compare Ponsati 1995, J. Economic Theory 66; derived here",
            lambda: tuple(deadline_concession(-0.5, 0.1, 5.0)),
            (0.392844, 0.154233, 1.877410, 0.645702, 0.164067, 0.190232), kind="B",
        ),
    ]  # fmt: skip


def _waiting(demand: float) -> Mapping[str, float]:
    """Seoul may accept a demand now or wait three rounds for a successor who asks for less.

    Its own opening is its reservation value, which the US takes where Seoul refuses: the
    settlement says what Seoul did.
    """
    return {
        **certain_types(20.0, 1.25),
        "president.demand": demand,
        "ministry.opening_offer": 1.25,
        "ministry.patience": 0.98,
        "turnover.round": 3,
        "turnover.expected_probability": 0.5,
        "turnover.reservation_mean": 1.03,  # half the surplus with him: a price of 1.14
    }


def _largest_accepted(_n: int, seed: int) -> Got:
    """The largest demand that Seoul accepts at once, by bisection."""
    low, high = 1.03, 1.25
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        record = both_engines(limit_points(_waiting(middle)), 1, seed)[0]
        accepted = abs(float(record["amount"]) - middle) < 1e-12
        low, high = (middle, high) if accepted else (low, middle)
    return Got(low, 1)


def _turnover_rows() -> list[Row]:
    changed = {
        "president.demand": 1.3, "turnover.probability": 0.5, "turnover.reservation_mean": 0.9
    }  # fmt: skip

    def shift(n: int, seed: int) -> Got:
        points = shipped().points({**changed, "turnover.expected_probability": [0.0, 0.7]})
        records: Records = negotiate(points, n, seed=seed)
        before = (~broke_down(records) & (records["round"] <= 7)).sum(axis=1) / n
        after = (~broke_down(records) & (records["round"] > 7)).sum(axis=1) / n
        return Got((float(before[0] - before[1]), float(after[1] - after[0])), 2 * n)

    law = turnover_threshold(1.25, 1.14, 0.5, 0.98, 3)
    return [
        formula(
            "F6.form", "the highest price that Seoul accepts now", TURNOVER, lambda: law, 1.198234
        ),
        tallied(
            "F6.talks", "the same, found by bisection over the demand that Seoul accepts", TURNOVER,
            in_words(_waiting(1.2)), _largest_accepted, expected=law, tolerance=5e-9,
            engine="kernel and Mesa",
        ),
        tallied(
            "F6.shift", "who waits for a turnover makes fewer deals before it and more after",
            TURNOVER, in_words(changed, "the case"), shift, kind="S", n=20_000, least=5000,
        ),
    ]  # fmt: skip


def rows() -> list[Row]:
    """The rows of section F."""
    return [
        *_concession_rows(), *_session_rows(), *hazard_rows(), *_deadline_rows(), *_turnover_rows(),
    ]  # fmt: skip

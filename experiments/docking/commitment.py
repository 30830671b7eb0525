"""Section E: what a public demand costs, and what it breaks."""

from typing import NamedTuple

import numpy as np

from experiments.docking.limits import (
    LIMIT,
    NORMAL_TYPES,
    STATIC_BACKLASH,
    Settings,
    certain_types,
    in_words,
)
from experiments.docking.play import (
    amount,
    broke_down,
    certain,
    chance,
    count_of,
    formula,
    shipped,
    tallied,
)
from experiments.docking.row import Got, Row
from sim.negotiate import negotiate
from sim.theory.attrition import audience_cost_attrition, reputational_bargaining
from sim.theory.commitment import (
    breakdown_probability,
    committed_share,
    deadlock_probability,
    equilibrium_commitment,
    impasse_probability,
    lump_sum_deadlock,
    signing_threshold,
)

KAPPA = "derived for this model; Fearon 1994, APSR 88; Muthoo 1996, J. Economic Theory 69"
MUTHOO = "Muthoo 1996, J. Economic Theory 69"
DEMANDS = (1.05, 1.2, 1.5, 2.0, 3.0, 5.56, 8.0)
DEADLOCK = -1.0  # stands for "no agreement" in a row of numbers


class Commitment(NamedTuple):
    """What is switched on in the Limit, the same for the law, and the law's printed values."""

    id: str
    words: str
    settings: Settings
    law: dict[str, float]
    printed: tuple[float, ...]


COMMITMENTS = (
    Commitment(
        "talk", "cheap talk", {}, {"audience_cost": 0.0},
        (0.0181, 0.1135, 0.1444, 0.1444, 0.1444, 0.1444, 0.1444),
    ),
    Commitment(
        "a=.03", "audience cost a = 0.03", {"president.audience_cost": 0.03},
        {"audience_cost": 0.03}, (0.0182, 0.1155, 0.1604, 0.1872, 0.2485, 0.4427, 0.6427),
    ),
    Commitment(
        "chi=.15", "backlash \N{GREEK SMALL LETTER CHI} = 0.15", STATIC_BACKLASH,
        {"audience_cost": 0.0, "backlash_weight": 0.15},
        (0.0198, 0.1376, 0.2044, 0.2600, 0.3482, 0.4568, 0.4872),
    ),
    Commitment(
        "all", "both, and precedent m = 0.5",
        {
            "president.audience_cost": 0.03, **STATIC_BACKLASH, "precedent.weight": 0.5,
            "precedent.others_payment": 1.5,
        },
        {
            "audience_cost": 0.03, "backlash_weight": 0.15, "precedent_weight": 0.5,
            "precedent_value": 1.5,
        },
        (0.0248, 0.3207, 0.5722, 0.6845, 0.8275, 0.9552, 0.9857),
    ),
    Commitment(
        "a=1e6", "take it or leave it (a = 1,000,000)", {"president.audience_cost": 1e6},
        {"audience_cost": 1e6}, (0.0228, 0.3085, 0.9938, 1.0, 1.0, 1.0, 1.0),
    ),
)  # fmt: skip


def kappa_law(demand: float, commitment: Commitment) -> float:
    """Probability of breakdown by the kappa-law."""
    return breakdown_probability(
        demand, us_mean=1.10, us_sd=0.10, seoul_mean=1.25, seoul_sd=0.10, **commitment.law
    )


def settings_of(demand: float, commitment: Commitment) -> dict[str, float]:
    """What the engine is set to, apart from the Limit."""
    return {**NORMAL_TYPES, **commitment.settings, "president.demand": demand}


def _kappa_rows() -> list[Row]:
    rows = []
    for commitment in COMMITMENTS:
        rows += [
            chance(
                f"E5.{commitment.id}.D={demand:g}", f"the kappa-law: {commitment.words}",
                KAPPA, settings_of(demand, commitment), broke_down, kappa_law(demand, commitment),
                n=400_000,
            )
            for demand in DEMANDS
        ]  # fmt: skip
        rows.append(
            formula(
                f"E5.{commitment.id}.form", f"printed values of the law: {commitment.words}; "
                f"demands {', '.join(f'{d:g}' for d in DEMANDS)}", KAPPA,
                lambda c=commitment: tuple(kappa_law(d, c) for d in DEMANDS), commitment.printed,
                5.1e-5,
            )
        )  # fmt: skip
    return [*rows, *_cheap_talk_rows(), *_veto_rows(), *_price_rows()]


def _cheap_talk_rows() -> list[Row]:
    def changed(n: int, seed: int) -> Got:
        demands = np.array([2.0, 3.0, 5.56, 8.0, 20.0, 50.0])
        points = shipped().points({**LIMIT, **NORMAL_TYPES, "president.demand": demands})
        failed = broke_down(negotiate(points, n, seed=seed))
        differing = int(np.count_nonzero(np.any(failed != failed[0], axis=0)))
        share = float(failed[0].mean())
        return Got(differing / n, n, differing, detail=f"{share:.4f} break down at every demand")

    return [
        tallied(
            "E5.talk.flat", "cheap talk: the same negotiations fail at every demand from 2 to 50",
            KAPPA, in_words(NORMAL_TYPES), changed, kind="P", expected=0.0, n=60_000,
        )
    ]  # fmt: skip


def _veto_rows() -> list[Row]:
    """A president whose team knows him never vetoes; without an Assembly nobody refuses."""
    rows = []
    for commitment, demand in (
        (COMMITMENTS[1], 5.56),
        (COMMITMENTS[3], 2.0),
        (COMMITMENTS[4], 1.2),
    ):
        settings = settings_of(demand, commitment)
        rows.append(
            chance(
                f"E5.{commitment.id}.D={demand:g}.vetoes", "a president whom his team knows never "
                f"vetoes: {commitment.words}", KAPPA, settings, count_of("vetoes"), 0.0,
            )
        )  # fmt: skip
    rows.append(
        chance(
            "E5.all.D=2.refusals", "an Assembly that is not asked never refuses", KAPPA,
            settings_of(2.0, COMMITMENTS[3]), count_of("refusals"), 0.0,
        )
    )  # fmt: skip
    return rows


def _price_rows() -> list[Row]:
    """Seoul's only offer is the least that the president signs under his public demand."""
    rows = []
    for cost, weight, demand in (
        (0.0, 0.0, 3.0), (0.03, 0.0, 1.5), (0.03, 0.0, 5.56), (0.2, 0.0, 2.0), (0.03, 0.5, 3.0),
        (0.1, 0.0, 1.05), (1e6, 0.0, 1.3),
    ):  # fmt: skip
        settings = {
            **certain_types(1.10, 4.0),
            "president.demand": demand,
            "president.audience_cost": cost,
            "precedent.weight": weight,
            "precedent.others_payment": 1.5,
            "ministry.policy": 2,  # subgame-perfect
            "talks.rounds": 1,
            "talks.first_mover": 1,
            "talks.final_counteroffer": 0,
        }
        law = signing_threshold(demand, 1.10, cost, weight, 1.5)
        rows.append(
            certain(
                f"E5.threshold.a={cost:g}.m={weight:g}.D={demand:g}", "the settlement that Seoul's "
                "last offer brings is the least that the president signs: (1 - kappa) min(D, r) + "
                "kappa D", KAPPA, settings, amount, law, 1e-9,
            )
        )  # fmt: skip
    return rows


def _or_deadlock(share: float | None) -> float:
    return DEADLOCK if share is None else share


def _demand_rows() -> list[Row]:
    rows = [
        formula(
            f"E1.({z1:g},{z2:g};{a1:g},{a2:g})", "revocable demands shift the Nash share, or "
            "deadlock (-1)", MUTHOO,
            lambda a=(z1, z2, a1, a2): _or_deadlock(committed_share(*a)), share,
        )
        for z1, z2, a1, a2, share in (
            (0.8, 0.6, 1.0, 1.0, 0.55), (0.8, 0.6, 2.0, 1.0, 0.616667),
            (1.0, 1.0, 1.5, 1.0, DEADLOCK), (0.95, 0.9, 2.0, 1.0, DEADLOCK),
        )
    ]  # fmt: skip
    rows += [
        formula(
            f"E1.equilibrium.({one:g},{two:g})", "whoever pays more for backing down gets more",
            MUTHOO, lambda one=one, two=two: equilibrium_commitment(one, two), share,
        )
        for one, two, share in ((2.0, 1.0, 0.6), (5.0, 0.5, 0.8))
    ]  # fmt: skip
    return rows


def _deadlock_rows() -> list[Row]:
    rows = [
        formula(
            f"E1b.({z1:g},{z2:g})", "demands deadlock if backing down costs a fixed .6 (1: yes)",
            MUTHOO, lambda a=(z1, z2): float(lump_sum_deadlock(*a, 0.6, 0.6)), deadlock, 0.0,
        )
        for z1, z2, deadlock in ((0.8, 0.8, 1.0), (0.8, 0.3, 0.0))
    ]  # fmt: skip
    rows += [
        formula(
            f"E2.z={z1:g}", "deadlock when the other's audience cost is exponential and private",
            MUTHOO, lambda z1=z1: deadlock_probability(z1, 0.9, 0.5, 1.0), printed,
        )
        for z1, printed in ((0.6, 0.000335), (0.8, 0.012277), (1.0, 0.057433))
    ]  # fmt: skip
    rows.append(
        formula(
            "E6", "incompatible attempts at commitment end in impasse if both stick",
            "Crawford 1982, Econometrica 50; Ellingsen, Miettinen 2008",
            lambda: impasse_probability(0.3, 0.5), 0.15, 1e-12,
        )
    )  # fmt: skip
    return rows


def _attrition_rows() -> list[Row]:
    fearon, abreu = "Fearon 1994, APSR 88", "Abreu, Gul 2000, Econometrica 68"
    crises = {
        (1.0, 1.0): (0.618034, 0.618034, 0.618034, 0.0, 0.381966),
        (2.0, 1.0): (0.366025, 0.732051, 0.366025, 0.366025, 0.267949),
    }
    rows = [
        formula(
            f"E3.({one:g},{two:g})", "audience costs that grow with time: horizon, how often each "
            "side is firm, how often the weaker one yields at once, war", fearon,
            lambda one=one, two=two: _crisis(one, two), printed, kind="B",
        )
        for (one, two), printed in crises.items()
    ]  # fmt: skip
    talks = {
        (0.6, 0.6): (2.0, 2.0, 1.151293, 0.0, 0.0),
        (0.8, 0.6): (0.5, 1.0, 2.302585, 0.683772, 0.0),
    }
    rows += [
        formula(
            f"E4.({one:g},{two:g})", "reputational bargaining: rates of concession, its end, and "
            "who gives in at once", abreu,
            lambda demands=(one, two): _reputation(demands), printed, kind="B",
        )
        for (one, two), printed in talks.items()
    ]  # fmt: skip
    return rows


def _crisis(one: float, two: float) -> tuple[float, ...]:
    found = audience_cost_attrition(one, two, 1.0)
    return (found.horizon, *found.firm, max(found.yields_at_once), found.war)


def _reputation(demands: tuple[float, float]) -> tuple[float, ...]:
    found = reputational_bargaining(demands, (0.1, 0.1))
    return (*found.concession_rates, found.last_concession, *found.concedes_at_once)


def rows() -> list[Row]:
    """The rows of section E."""
    return [*_kappa_rows(), *_demand_rows(), *_deadlock_rows(), *_attrition_rows()]

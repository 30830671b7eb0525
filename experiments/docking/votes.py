"""Section D, continued: the vote as the engine draws it, against its exact law (D5 to D7).

Seoul makes the only offer, which leaves the US its known reservation value: every negotiation comes
to one vote, in the first round, on a deal of one known cost.
"""

from functools import cache

import numpy as np
from scipy.special import logit

from experiments.docking.limits import ONE_VOTE, VOTE_COST, VOTE_PRECISION, in_words
from experiments.docking.play import (
    Blocs,
    chance,
    ended_by,
    formula,
    limit_points,
    mean_of,
    played,
    tallied,
    with_assembly,
)
from experiments.docking.row import Got, Row
from sim.scenario import Scenario
from sim.terms import Ending
from sim.theory.pass_probability import (
    pass_probability,
    pass_probability_heterogeneous,
    pass_probability_normal,
    pass_probability_swing,
)

ARTICLE_49 = "Constitution of the Republic of Korea, art. 49; Hong 2013 for the law of the count"
SWING = "mixture of the exact law over a normal swing"
ABSTENTION = 0.45
Bodies = tuple[tuple[int, float, float], ...]  # seats, attendance, yes of those present

VOTES: dict[str, tuple[str, Bodies, int, float | None]] = {
    "D5.even": ("300 coins: a tie fails", ((300, 1.0, 0.5),), 300, 0.476986),
    "D5.odd": ("299 coins", ((299, 1.0, 0.5),), 299, 0.5),
    "D5.majority": ("a small majority", ((300, 1.0, 0.52),), 300, 0.737595),
    "D6.absence": ("absence and abstention", ((300, 0.65, 0.52),), 300, 0.699578),
    "D6.quorum": ("a large majority limited by the quorum", ((300, 0.52, 0.70),), 300, 0.737595),
    "D6.seldom-quorate": ("near unanimous, seldom quorate", ((300, 0.49, 0.95),), 300, 0.342939),
    "D6.rates-of-the-11th": (
        "the rates of the 11th agreement: passes as often as there is a quorum",
        ((300, 160 / 300, 133 / 160),), 300, 0.864162,
    ),
    "D6.defection": (
        "the ruling party defects", ((129, 0.80, 0.35), (109, 0.75, 0.50), (57, 0.70, 0.55)), 295,
        0.031429,
    ),
    "D6.attendance=.45": ("unanimous, attendance of 45%", ((295, 0.45, 0.9999),), 295, None),
    "D6.attendance=.50": ("unanimous, attendance of 50%", ((295, 0.50, 0.9999),), 295, None),
    "D6.attendance=.55": ("unanimous, attendance of 55%", ((295, 0.55, 0.9999),), 295, None),
    "D6.vacant": (
        "vacant seats count for the quorum", ((150, 0.98, 0.9), (150, 0.0, 0.5)), 300, None,
    ),
    "D6.blocs": ("three blocs", ((129, 0.72, 0.62), (109, 0.68, 0.45), (57, 0.6, 0.5)), 295, None),
}  # fmt: skip
SWINGING: Bodies = ((129, 0.70, 0.60), (109, 0.62, 0.55), (57, 0.60, 0.35))
SWINGS = ((0.0, 0.847791), (0.1, 0.802372), (0.3, 0.674835), (0.6, 0.596890), (1.0, 0.559599))


def assembly_of(bodies: Bodies, members: int) -> Scenario:
    """Blocs whose members say yes to the deal at hand with these probabilities."""
    blocs: Blocs = [
        (float(seats), present, VOTE_COST + float(logit(yes)) / VOTE_PRECISION, ABSTENTION)
        for seats, present, yes in bodies
    ]
    return with_assembly(blocs, members)


@cache
def passes(bodies: Bodies, members: int) -> float:
    """The exact probability of consent."""
    seats, attendance, yes = zip(*bodies, strict=True)
    return pass_probability(seats, attendance, yes, members=members)


def vote_row(id: str, statement: str, bodies: Bodies, members: int, law: float) -> Row:
    """How often a vote passes, as the engine draws it."""
    return chance(
        id, statement, ARTICLE_49, ONE_VOTE, ended_by(Ending.RATIFIED), law, difference=0.003,
        scenario=lambda: assembly_of(bodies, members),
    )  # fmt: skip


def _vote_rows() -> list[Row]:
    rows = []
    for id, (statement, bodies, members, printed) in VOTES.items():
        rows.append(vote_row(id, statement, bodies, members, passes(bodies, members)))
        if printed is not None:
            rows.append(
                formula(
                    f"{id}.form", f"{statement}: the exact law", ARTICLE_49,
                    lambda bodies=bodies, members=members: passes(bodies, members), printed,
                )
            )  # fmt: skip
    minds = np.random.default_rng(1).uniform(0.2, 0.9, 300)
    rows += [
        formula(
            "D5.minds.form", "300 members of different minds", ARTICLE_49,
            lambda: pass_probability_heterogeneous(minds), 0.943875,
        ),
        formula(
            "D5.minds.normal", "their normal approximation", ARTICLE_49,
            lambda: pass_probability_normal(np.ones(300, int), np.ones(300), minds), 0.943950,
        ),
    ]  # fmt: skip
    return rows


def _no_quorum_row() -> Row:
    """However large the majority, without a quorum nothing passes."""
    bodies: Bodies = ((147, 1.0, 0.9999), (148, 0.0, 0.5))
    return chance(
        "D6.no-quorum", "147 of 295 members present never pass anything", ARTICLE_49, ONE_VOTE,
        ended_by(Ending.RATIFIED), 0.0, scenario=lambda: assembly_of(bodies, 295),
    )  # fmt: skip


def _count_rows() -> list[Row]:
    """The mean counts of a vote."""
    bodies: Bodies = ((200, 0.7, 0.55), (95, 0.6, 0.3))
    yes, present = 200 * 0.7 * 0.55 + 95 * 0.6 * 0.3, 200 * 0.7 + 95 * 0.6
    means = {
        "yes": yes,
        "abstain": ABSTENTION * (present - yes),
        "no": (1.0 - ABSTENTION) * (present - yes),
        "absent": 295 - present,
    }

    def counted(column: str, n: int, seed: int) -> Got:
        points = limit_points(ONE_VOTE, assembly_of(bodies, 295))
        blocks = [block[column].astype(float) for block in played(points, n, seed)]
        return mean_of(np.concatenate(blocks))

    return [
        tallied(
            f"D6.count.{column}", f"mean number of members counted as {column}", ARTICLE_49,
            in_words(ONE_VOTE), lambda n, seed, column=column: counted(column, n, seed),
            kind="P", expected=mean, n=50_000,
        )
        for column, mean in means.items()
    ]  # fmt: skip


def _swing_rows() -> list[Row]:
    rows = []
    seats, attendance, yes = zip(*SWINGING, strict=True)
    for swing, printed in SWINGS:
        law = pass_probability_swing(seats, attendance, yes, swing)
        settings = {**ONE_VOTE, "assembly.shock_sd": swing / VOTE_PRECISION}
        rows += [
            chance(
                f"D7.swing={swing:g}", "a swing common to all members spreads the vote", SWING,
                settings, ended_by(Ending.RATIFIED), law, difference=0.003,
                scenario=lambda: assembly_of(SWINGING, 295),
            ),
            formula(
                f"D7.swing={swing:g}.form", "its exact law", SWING, lambda law=law: law, printed,
            ),
        ]  # fmt: skip
    return rows


def rows() -> list[Row]:
    """The rows D5 to D7."""
    return [*_vote_rows(), _no_quorum_row(), *_count_rows(), *_swing_rows()]

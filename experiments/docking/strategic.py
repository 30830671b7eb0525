"""Section A: strategic bargaining under complete information."""

from experiments.docking.limits import PIE
from experiments.docking.play import amount, certain, formula
from experiments.docking.row import Row
from sim.theory.alternating_offers import (
    breakdown_share,
    finite_horizon_share,
    outside_option_share,
    random_proposer_value,
    rubinstein_share,
)
from sim.theory.endogenous_commitment import deadline_patience
from sim.theory.nash_program import (
    absolute_risk_aversion_share,
    discounted_share,
    inside_option_share,
    relative_risk_aversion_share,
)
from sim.theory.optimism import immediate_agreement_horizon, perceived_total_stochastic_deadline

RUBINSTEIN = "Rubinstein 1982, Econometrica 50"
STAHL = "Stahl 1972, Bargaining Theory"
ENDLESS = (
    (0.9, 0.9, 0.526316), (0.95, 0.9, 0.689655), (0.9, 0.95, 0.344828), (0.99, 0.97, 0.755668),
)  # fmt: skip
FINITE = (
    (0.9, 0.9, 1, 1.0), (0.9, 0.9, 2, 0.1), (0.9, 0.9, 3, 0.91), (0.9, 0.9, 4, 0.181),
    (0.9, 0.9, 5, 0.8371), (0.9, 0.9, 10, 0.342801), (0.9, 0.9, 20, 0.462328),
    (0.95, 0.9, 4, 0.1855), (0.95, 0.9, 9, 0.855503),
)  # fmt: skip
FAR = 550  # rounds, of two offers each: the deadline is out of sight


def _pie(us: float, seoul: float, offers: int, us_first: bool = True) -> dict[str, float]:
    return {
        **PIE,
        "negotiators.patience": us,
        "ministry.patience": seoul,
        "talks.rounds": (offers + 1) // 2,
        "talks.final_counteroffer": 1 - offers % 2,
        "talks.first_mover": 0 if us_first else 1,
    }


def _by_hand(us: float, seoul: float, offers: int) -> float:
    """Backward induction: x_t = 1 - (the responder's patience) x_(t+1), the last x is 1."""
    share = 1.0
    for left in range(2, offers + 1):
        share = 1.0 - (seoul if (offers - left) % 2 == 0 else us) * share
    return share


def _alternating() -> list[Row]:
    rows = []
    for us, seoul, printed in ENDLESS:
        law = (1.0 - seoul) / (1.0 - us * seoul)
        name = f"({us:g},{seoul:g})"
        rows += [
            certain(
                f"A1.{name}", "patience decides the division when offers alternate without end",
                RUBINSTEIN, _pie(us, seoul, 2 * FAR), amount, law, 1e-9,
            ),
            formula(
                f"A1.{name}.form", "the closed form gives the printed share", RUBINSTEIN,
                lambda us=us, seoul=seoul: rubinstein_share(us, seoul), printed,
            ),
        ]  # fmt: skip
    for us, seoul, offers, printed in FINITE:
        name = f"({us:g},{seoul:g}).N={offers}"
        rows += [
            certain(
                f"A2.{name}", f"backward induction from the last of {offers} offers; agreement in "
                "the first round", STAHL, _pie(us, seoul, offers),
                lambda record: (amount(record), float(record["round"])),
                (_by_hand(us, seoul, offers), 1.0), 1e-12,
            ),
            formula(
                f"A2.{name}.form", "the closed form gives the printed share", STAHL,
                lambda us=us, seoul=seoul, offers=offers: finite_horizon_share(offers, us, seoul),
                printed,
            ),
        ]  # fmt: skip
    for us, seoul, offers in ((0.9, 0.95, 4), (0.9, 0.95, 9), (0.9, 0.9, 10)):
        rows.append(
            certain(
                f"A2.Seoul-first.({us:g},{seoul:g}).N={offers}",
                "the same with Seoul's offer first: the US gets what Seoul leaves",
                STAHL, _pie(us, seoul, offers, us_first=False), amount,
                1.0 - _by_hand(seoul, us, offers), 1e-12,
            )
        )  # fmt: skip
    return rows


def _options() -> list[Row]:
    outside = "Binmore, Shaked, Wolinsky 1989, Quarterly J. of Economics 104"
    risk = "Binmore, Rubinstein, Wolinsky 1986, RAND J. of Economics 17"
    rows = [
        formula(
            f"A3.b={option:g}", "an outside option matters only beyond the bargained share",
            outside, lambda option=option: outside_option_share(0.9, 0.9, option), share,
        )
        for option, share in (
            (0.473684, 0.526316), (0.5, 0.5), (0.6, 0.4), (0.8, 0.2)
        )
    ]  # fmt: skip
    rows += [
        formula(
            f"A4.p={p:g}", "the risk of breakdown leads to the Nash division", risk,
            lambda p=p: breakdown_share(p, 0.2, 0.1), share,
        )
        for p, share in ((0.1, 0.568421), (0.01, 0.551759), (0.5, 0.666667), (0.0, 0.55))
    ]  # fmt: skip
    return rows


def _nash_program() -> list[Row]:
    risk = "Binmore, Rubinstein, Wolinsky 1986, RAND J. of Economics 17"
    rows = [
        formula(
            f"A5.interval={gap:g}", "relative patience is bargaining weight as offers come faster",
            risk, lambda gap=gap: discounted_share(0.05, 0.10, gap), share, 1e-6,
        )
        for gap, share in ((1.0, 0.683188), (0.1, 0.668332), (0.01, 0.666833), (0.0, 0.666667))
    ]  # fmt: skip
    rows += [
        formula(
            f"A5.risk={p:g}", "relative risk aversion costs a share", risk,
            lambda p=p: relative_risk_aversion_share(0.5, 1.0, p), share, 1e-6,
        )
        for p, share in ((0.2, 0.409836), (0.02, 0.340090), (0.002, 0.334001), (0.0, 0.333333))
    ]  # fmt: skip
    rows.append(
        formula(
            "A5.absolute", "absolute risk aversion costs a share", risk,
            lambda: absolute_risk_aversion_share(2.0, 0.0), 0.396030, 1e-6,
        )
    )  # fmt: skip
    return rows


def _flows_and_chance() -> list[Row]:
    muthoo = "Muthoo 1999, Bargaining Theory with Applications"
    random = "Binmore 1987, in The Economics of Bargaining"
    rows = [
        formula(
            f"A6.interval={gap:g}", "income while talks go on shifts the disagreement point",
            muthoo, lambda gap=gap: inside_option_share(0.01, 0.02, 0.05, 0.10, gap), share, 1e-6,
        )
        for gap, share in ((1.0, 0.609913), (0.1, 0.600999), (0.0, 0.6))
    ]  # fmt: skip
    rows += [
        formula(
            f"A7.({q:g};{one:g},{two:g})", "a random proposer expects his chance to propose",
            random, lambda q=q, one=one, two=two: random_proposer_value(q, one, two), share,
        )
        for q, one, two, share in (
            (0.3, 0.9, 0.9, 0.3), (0.5, 0.95, 0.9, 0.666667), (0.3, 0.95, 0.9, 0.461538),
        )
    ]  # fmt: skip
    return rows


def _deadlines() -> list[Row]:
    yildiz = "Yildiz 2003, Econometrica 71; 2011, J. Economic Theory 146"
    grid = "Fershtman, Seidmann 1993, J. Economic Theory 60"
    rows = [
        formula(
            f"A8.({patience:g},{optimism:g})", "optimists wait if fewer rounds than this are left",
            yildiz,
            lambda patience=patience, optimism=optimism: float(
                immediate_agreement_horizon(patience, optimism)
            ), horizon, 0.0,
        )
        for patience, optimism, horizon in ((0.99, 0.1, 10.0), (0.95, 0.3, 6.0), (0.9, 0.5, 4.0))
    ]  # fmt: skip
    rows.append(
        formula(
            "A8.stochastic", "under a deadline that may fall any time optimists agree at once: "
            "what both believe they get, discounted, stays within the pie", yildiz,
            lambda: max(
                0.95 * survival * perceived_total_stochastic_deadline(0.95, survival, optimism)
                for survival in (0.5, 0.9, 0.99)
                for optimism in (0.1, 0.5, 1.0)
            ), 1.0, 1e-12, kind="R",
        )
    )  # fmt: skip
    rows += [
        formula(
            f"A9.T={rounds}", "with endogenous commitment patient players agree only at the "
            "deadline: patience from which they do", grid,
            lambda rounds=rounds: deadline_patience(rounds), threshold, 0.003, kind="B",
        )
        for rounds, threshold in ((2, 0.763932), (3, 0.857), (4, 0.898))
    ]  # fmt: skip
    return rows


def rows() -> list[Row]:
    """The rows of section A."""
    return [
        *_alternating(), *_options(), *_nash_program(), *_flows_and_chance(), *_deadlines(),
    ]  # fmt: skip

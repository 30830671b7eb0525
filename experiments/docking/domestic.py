"""Section D: deals that somebody at home must approve."""

from experiments.docking.limits import FINAL_DEMAND, INF, LIMIT, certain_types, in_words
from experiments.docking.play import (
    Blocs,
    amount,
    both_engines,
    broke_down,
    certain,
    chance,
    ended_by,
    formula,
    limit_points,
    tallied,
    with_assembly,
)
from experiments.docking.row import Got, Row
from sim.negotiate import negotiate
from sim.scenario import Scenario
from sim.terms import Ending
from sim.theory.ratification import (
    BreakdownModes,
    capped_first_share,
    constrained_nash_price,
    modes_of_best_demand,
    modes_of_demand,
    setter_proposal,
    uncertain_deal_normal,
    uncertain_deal_uniform,
)

SETTER = "Romer, Rosenthal 1978, Public Choice 33"
SCHELLING = "Schelling 1960; Putnam 1988, International Organization 42"
IIDA = "Iida 1993, J. Conflict Resolution 37; Iida 1996, Public Choice 89"
TARAR = "Tarar 2001, J. Conflict Resolution 45"
SYMMETRIC = "compare Milner, Rosendorff 1997, J. Conflict Resolution 41"
NOTHING = -1.0  # stands for "no deal" in a row of numbers


def one_bloc(threshold: float) -> Scenario:
    """Members who all attend and all vote alike at one threshold."""
    blocs: Blocs = [(295.0, 1.0, threshold, 0.5)]
    return with_assembly(blocs, 295)


# An Assembly without error: it passes a deal if and only if the cost is within its limit.
SURE_ASSEMBLY: dict[str, float] = {
    "assembly.consent_required": 1,
    "assembly.precision": INF,
    "assembly.shift": 0.0,
    "assembly.shock_sd": 0.0,
    "assembly.returns_after_refusal": 0.0,
}

# The US demands 1.25 of a ministry that would give 1.5 for a deal, loses .1 by a refusal and reads
# with noise what limit the Assembly has: the pass probability from which signing pays is its
# confidence.
DEMAND, SEOUL_VALUE, REFUSAL_COST, LIMIT_SD = 1.25, 1.5, 0.1, 0.1
READING: dict[str, float] = {
    **FINAL_DEMAND,
    **certain_types(20.0, SEOUL_VALUE),
    **SURE_ASSEMBLY,
    "president.demand": DEMAND,
    "assembly.shock_sd": LIMIT_SD,
    "ministry.confidence": REFUSAL_COST / (SEOUL_VALUE - DEMAND + REFUSAL_COST),
}


def modes_at(noise: float) -> BreakdownModes:
    """Where the talks of READING break down by the theory, at a noise of the reading."""
    return modes_of_demand(
        DEMAND, limit_mean=1.25, limit_sd=LIMIT_SD, signal_sd=noise, seoul_value=SEOUL_VALUE,
        refusal_cost=REFUSAL_COST,
    )  # fmt: skip


def _setter_rows() -> list[Row]:
    return [
        formula(
            f"D1.({s:g},{v:g},{q:g})", "an agenda setter proposes what the voter just prefers to "
            "the status quo", SETTER, lambda s=s, v=v, q=q: setter_proposal(s, v, q), proposal,
            1e-12,
        )
        for s, v, q, proposal in (
            (5.0, 2.0, 1.0, 3.0), (2.5, 2.0, 1.0, 2.5), (5.0, 2.0, 2.5, 2.5),
            (5.0, 1.3, 1.0, 1.6), (5.0, 0.9, 1.0, 1.0),
        )
    ]  # fmt: skip


def _schelling_rows() -> list[Row]:
    rows = []
    limits = ((1.3, 1.25), (1.25, 1.25), (1.2, 1.2), (1.1, 1.1), (1.0, 1.0), (0.95, NOTHING))
    for limit, price in limits:
        rows.append(
            formula(
                f"D2.limit={limit:g}", "a known legislature caps the price, and below the other's "
                "fallback leaves none (-1)", SCHELLING,
                lambda limit=limit: _or_nothing(
                    constrained_nash_price(1.0, 1.5, seoul_limit=limit)
                ), price, 1e-12,
            )
        )  # fmt: skip
    for cap, share in ((0.6, 0.526316), (0.5, 0.5), (0.4, 0.4)):
        rows.append(
            formula(
                f"D2.cap={cap:g}", "a cap on what can be ratified matters below the uncapped share",
                SCHELLING, lambda cap=cap: capped_first_share(0.9, 0.9, cap), share,
            )
        )  # fmt: skip
    for limit in (1.3, 1.2, 1.1, 1.0, 0.95):
        # the last offer is Seoul's and leaves the US its reservation of 1, if the Assembly bears it
        rows.append(
            certain(
                f"D2.talks.limit={limit:g}", "talks end without a deal if and only if the limit of "
                "a known Assembly lies below the US reservation value", SCHELLING,
                {**certain_types(1.0, 1.5), **SURE_ASSEMBLY, "president.demand": 2.0},
                lambda record: float(record["ending"]),
                float(Ending.RATIFIED if limit >= 1.0 else Ending.LAPSE), 0.0,
                scenario=lambda limit=limit: one_bloc(limit),
            )
        )  # fmt: skip
    rows += [_hardness_row(), _final_demand_row(1.2), _final_demand_row(1.1)]
    return rows


def _or_nothing(price: float | None) -> float:
    return NOTHING if price is None else price


def _hardness_row() -> Row:
    settings = {
        **certain_types(1.0, 1.5), **SURE_ASSEMBLY, "president.demand": 2.0, "talks.rounds": 100
    }  # fmt: skip

    def run(_n: int, seed: int) -> Got:
        prices = [
            amount(both_engines(limit_points(settings, one_bloc(limit)), 1, seed)[0])
            for limit in (1.5, 1.4, 1.3, 1.2, 1.1)
        ]
        return Got(tuple(a - b for a, b in zip(prices, prices[1:], strict=False)), 5)

    return tallied(
        "D2.hands-tied", "as the Assembly hardens, limit 1.5 to 1.1, every step lowers the price",
        SCHELLING, in_words(settings), run, kind="S", engine="kernel and Mesa",
    )  # fmt: skip


def _final_demand_row(limit: float) -> Row:
    """A US that knows the limit demands it, and Seoul signs it."""
    settings = {
        **FINAL_DEMAND, **certain_types(1.0, 1.5), **SURE_ASSEMBLY, "president.demand": limit
    }  # fmt: skip
    return certain(
        f"D2.demand={limit:g}", "a final demand at the known limit passes at that price",
        SCHELLING, settings, amount, limit, 1e-9, scenario=lambda: one_bloc(limit),
    )  # fmt: skip


def _iida_rows() -> list[Row]:
    """Who knows the legislature decides where the talks break down."""
    table, fail = ended_by(Ending.LAPSE), ended_by(Ending.RATIFICATION_REFUSED)
    rows = [
        formula(
            f"D3.best-demand.{who}", "the best demand against an even limit is refused at the table"
            " by a ministry that knows it, at home if nobody does", IIDA,
            lambda knows=knows: tuple(modes_of_best_demand(1.05, 1.45, 1.0, ministry_knows=knows)),
            modes, 1e-9,
        )
        for who, knows, modes in (
            ("informed", True, (0.4375, 0.0)), ("nobody", False, (0.0, 0.4375))
        )
    ]  # fmt: skip
    printed = {
        0.0: (0.5, 0.0), 0.02: (0.4549, 0.0589), 0.05: (0.3886, 0.1417), 0.1: (0.2857, 0.2551),
        0.3: (0.0448, 0.4661), INF: (0.0, 0.5),
    }  # fmt: skip
    for noise, numbers in printed.items():
        settings = {**READING, "ministry.reading_noise": noise}
        modes = modes_at(noise)
        for mode, event, law in (
            ("table", table, modes.at_the_table), ("assembly", fail, modes.at_ratification)
        ):  # fmt: skip
            where = "at the table" if mode == "table" else "by the Assembly"
            rows.append(
                chance(
                    f"D3.noise={noise:g}.{mode}", f"refusals {where} of a ministry that reads its "
                    "Assembly with this noise", IIDA, settings, event, law,
                    scenario=lambda: one_bloc(1.25),
                )
            )  # fmt: skip
        rows.append(
            formula(
                f"D3.noise={noise:g}.form", "the printed probabilities: table, Assembly", IIDA,
                lambda modes=modes: tuple(modes), numbers, 1.1e-4,
            )
        )  # fmt: skip
    rows.append(_knowing_row())
    return rows


def _knowing_row() -> Row:
    """What a ministry knows of members who are all present and sure is not refused."""
    settings = {**LIMIT, **SURE_ASSEMBLY, "assembly.shock_sd": 0.06, "president.demand": 2.0,
                "ministry.reading_noise": 0.0}  # fmt: skip

    def run(n: int, seed: int) -> Got:
        blocs: Blocs = [(149.0, 1.0, 1.2, 0.5), (146.0, 1.0, 1.28, 0.5)]
        records = negotiate(with_assembly(blocs, 295).points(settings), n, seed=seed)[0]
        held = int((records["votes"] > 0).sum())
        refused = int((records["refusals"] > 0).sum())
        return Got(refused / n, n, refused, detail=f"{held:,} votes held")

    return tallied(
        "D3.informed.talks", "a ministry that knows the mood of a sure Assembly is never refused",
        IIDA, in_words(settings, "the case, Limit"), run, kind="P", expected=0.0, n=60_000,
    )  # fmt: skip


def _uncertain_rows() -> list[Row]:
    rows = [
        formula(
            "D3iv.uniform", "the Nash price if neither executive knows an even limit, and its "
            "refusal", SYMMETRIC, lambda: tuple(uncertain_deal_uniform(1.0, 1.5, 1.05, 1.45)),
            (1.116288, 0.165721),
        )
    ]  # fmt: skip
    rows += [
        formula(
            f"D3iv.sd={sd:g}", "refusals grow with what neither executive knows", SYMMETRIC,
            lambda sd=sd: uncertain_deal_normal(1.0, 1.5, 1.15, sd).refusal_probability, printed,
            5.1e-5,
        )
        for sd, printed in ((0.02, 0.0270), (0.05, 0.1140), (0.1, 0.2669), (0.2, 0.4171))
    ]  # fmt: skip
    return rows


def _two_sided_rows() -> list[Row]:
    rows = []
    for us_limit, seoul_limit, price in (
        (1.3, 1.5, 1.3), (1.0, 1.2, 1.2), (1.3, 1.4, 1.3), (1.35, 1.3, NOTHING)
    ):  # fmt: skip
        name = f"({us_limit:g},{seoul_limit:g})"
        rows += [
            formula(
                f"D4.{name}", "two known vetoes at home clip the Nash price, or leave none (-1)",
                TARAR,
                lambda us=us_limit, seoul=seoul_limit: _or_nothing(
                    constrained_nash_price(1.0, 1.5, us_limit=us, seoul_limit=seoul)
                ), price, 1e-12,
            ),
            certain(
                f"D4.talks.{name}", "talks end without a deal if and only if the two known "
                "constraints leave no price", TARAR,
                {**certain_types(us_limit, 1.5), **SURE_ASSEMBLY, "president.demand": 2.0},
                lambda record: float(record["ending"] == Ending.RATIFIED),
                float(price != NOTHING), 0.0,
                scenario=lambda seoul=seoul_limit: one_bloc(seoul),
            ),
        ]  # fmt: skip
    # one offer against two known constraints that miss each other never succeeds
    settings = {**certain_types(1.35, 1.5), **SURE_ASSEMBLY, "president.demand": 2.0}
    rows.append(
        chance(
            "D4.never", "constraints that miss each other never bring a deal", TARAR, settings,
            broke_down, 1.0, scenario=lambda: one_bloc(1.3),
        )
    )  # fmt: skip
    return rows


def rows() -> list[Row]:
    """The rows D1 to D4 of section D."""
    return [
        *_setter_rows(), *_schelling_rows(), *_iida_rows(), *_uncertain_rows(),
        *_two_sided_rows(),
    ]  # fmt: skip

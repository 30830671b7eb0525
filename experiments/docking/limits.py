"""Settings in which the talks obey a law that can be written down, switch by switch.

In the Limit every mechanism is at its off value: what remains are two private reservation values,
a public demand, a first offer and two concession curves that end at the reservation values. A side
accepts an offer if and only if its own next position would bring no more. A row of the report says
what it sets otherwise.
"""

import math
from collections.abc import Mapping

from sim.terms import Family, Policy, Protocol

INF = math.inf
Settings = Mapping[str, float]

SWITCHES: tuple[tuple[str, float, str], ...] = (
    ("talks.precision", INF, "teams answer without error"),
    ("president.precision", INF, "the president signs without error"),
    ("talks.offer_noise", 0.0, "positions are tabled without noise"),
    ("talks.learning", 0.0, "nothing is learnt from offers"),
    ("talks.walk_out_base", -INF, "nobody leaves the room"),
    ("negotiators.ambition", 0.0, "the US concedes down to its reservation value"),
    ("ministry.ambition", 0.0, "so does Seoul"),
    ("negotiators.patience", 1.0, "the US waits at no cost"),
    ("ministry.patience", 1.0, "so does Seoul"),
    ("talks.lapse_cost", 0.0, "a round without an agreement in force costs nothing"),
    ("negotiators.mandate_noise", 0.0, "the team knows what the president signs"),
    ("negotiators.mandate_bias", 0.0, "and does not think him softer than he is"),
    ("president.audience_cost", 0.0, "falling short of the demand costs nothing: cheap talk"),
    ("precedent.weight", 0.0, "no other partner is watching"),
    ("assembly.consent_required", 0.0, "the Assembly has no say"),
    ("public.backlash_weight", 0.0, "backlash costs nothing"),
    ("turnover.probability", 0.0, "the executive does not change"),
    ("turnover.expected_probability", 0.0, "and Seoul does not wait for it"),
    ("security.threat_probability", 0.0, "no threat rises"),
    ("president.category_audience_cost", 0.0, "money is the only issue, as in the next seven"),
    ("package.category_value", 0.0, "no value of a new category"),
    ("package.category_cost", 0.0, "and no cost"),
    ("package.duration_value", 0.0, "no value of duration"),
    ("package.duration_gain", 0.0, "and no gain"),
    ("package.escalator_value", 0.0, "no value of an escalator"),
    ("package.escalator_cost", 0.0, "and no cost"),
    ("package.framework_cap", INF, "every amount fits in the framework"),
)
LIMIT: dict[str, float] = {name: value for name, value, _ in SWITCHES}

# Backlash is what the demand provokes, from the first round on, and does not move.
STATIC_BACKLASH: dict[str, float] = {
    "public.backlash_weight": 0.15,
    "public.backlash_speed": 0.0,
    "public.anticipation": 1.0,
    "public.backlash_scale": 2.0,
}

# Reservation values that the other side does not know.
NORMAL_TYPES: dict[str, float] = {
    "president.reservation_mean": 1.10,
    "president.reservation_sd": 0.10,
    "ministry.reservation_mean": 1.25,
    "ministry.reservation_sd": 0.10,
}


def certain_types(us: float, seoul: float) -> dict[str, float]:
    """Reservation values without spread."""
    return {
        "president.reservation_mean": us,
        "president.reservation_sd": 0.0,
        "ministry.reservation_mean": seoul,
        "ministry.reservation_sd": 0.0,
    }


# Both teams play the subgame-perfect equilibrium of a pie of 1: the US would host for nothing,
# Seoul would pay up to 1.
PIE: dict[str, float] = {
    **certain_types(0.0, 1.0),
    "president.demand": 50.0,
    "ministry.opening_offer": 0.0,
    "negotiators.policy": Policy.SUBGAME_PERFECT,
    "ministry.policy": Policy.SUBGAME_PERFECT,
}

# One sealed double auction over values that are even on [0, 1].
AUCTION: dict[str, float] = {
    "president.demand": 50.0,
    "ministry.opening_offer": 0.0,
    "president.reservation_family": Family.UNIFORM,
    "ministry.reservation_family": Family.UNIFORM,
    "president.reservation_mean": 0.5,
    "ministry.reservation_mean": 0.5,
    "president.reservation_sd": 0.5 / math.sqrt(3.0),
    "ministry.reservation_sd": 0.5 / math.sqrt(3.0),
    "negotiators.policy": Policy.CHATTERJEE_SAMUELSON,
    "ministry.policy": Policy.CHATTERJEE_SAMUELSON,
    "talks.protocol": Protocol.DOUBLE_AUCTION,
    "talks.rounds": 1,
}

# The US makes one demand; Seoul says yes or no, and there is no counter-offer.
FINAL_DEMAND: dict[str, float] = {
    "president.demand": 50.0,
    "negotiators.policy": Policy.TAKE_IT_OR_LEAVE_IT,
    "ministry.policy": Policy.TAKE_IT_OR_LEAVE_IT,
    "talks.rounds": 1,
    "talks.first_mover": 0,
    "talks.final_counteroffer": 0,
}

# Seoul makes the only offer, which leaves the US its known reservation value.
SEOUL_OFFERS: dict[str, float] = {
    "president.demand": 5.0,
    "ministry.policy": Policy.SUBGAME_PERFECT,
    "talks.rounds": 1,
    "talks.first_mover": 1,
    "talks.final_counteroffer": 0,
}

# The same, and one vote follows on a deal of a cost that the ministry would always dare to sign.
VOTE_COST, VOTE_PRECISION = 1.1, 12.0
ONE_VOTE: dict[str, float] = {
    **SEOUL_OFFERS,
    **certain_types(VOTE_COST, 5.0),
    "ministry.confidence": 0.001,
    "assembly.consent_required": 1,
    "assembly.precision": VOTE_PRECISION,
    "assembly.shock_sd": 0.0,
    "assembly.shift": 0.0,
    "assembly.returns_after_refusal": 0.0,
}


def in_words(changed: Settings, base: str = "Limit") -> str:
    """What a row sets, as the report says it: `Limit; president.audience_cost = 0.03`."""
    from sim.parameters import BY_NAME

    said = []
    for name, value in changed.items():
        codes = BY_NAME[name].codes
        said.append(f"{name} = {codes(int(value)).name.lower() if codes else f'{value:.6g}'}")
    return "; ".join([base, *said])

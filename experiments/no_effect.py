"""Saying that a parameter does nothing, and why: a flat line should not be left to the reader.

Under common random numbers a parameter without effect leaves every negotiation as it is, so that
all counts agree to the last one. Where they do, the reason is looked up: what else in the study
keeps the parameter from ever being used.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.estimates import column_of, was_played
from experiments.posterior_draws import drawn_table
from experiments.tally import ALONE, MISSED
from sim.terms import Policy, Protocol

if TYPE_CHECKING:
    from experiments.run import Run
    from experiments.study import Study

Values = Callable[[str], NDArray[np.float64]]
Rule = tuple[tuple[str, ...], Callable[[Values], NDArray[np.bool_]], str]

# Parameters (a trailing dot stands for a whole section), when they are idle, and why.
RULES: tuple[Rule, ...] = (
    (
        ("assembly.", "ministry.confidence", "ministry.reading_noise"),
        lambda at: at("assembly.consent_required") == 0.0,
        "no consent of the Assembly is required",
    ),
    (
        ("public.backlash_scale", "public.backlash_speed", "public.walk_out_jump",
         "public.anticipation"),
        lambda at: at("public.backlash_weight") == 0.0,
        "backlash has no weight (public.backlash_weight is 0)",
    ),
    (
        ("turnover.",),
        lambda at: at("turnover.round") >= at("talks.rounds"),
        "the last round has passed before the executive can change",
    ),
    (
        ("turnover.reservation_mean", "turnover.reservation_sd", "turnover.new_demand",
         "turnover.round"),
        lambda at: (at("turnover.probability") == 0.0)
        & (at("turnover.expected_probability") == 0.0),
        "no turnover happens and none is expected",
    ),
    (
        ("turnover.expected_probability",),
        lambda at: at("ministry.policy") != Policy.HEURISTIC,
        "the ministry's policy does not wait for a turnover",
    ),
    (
        ("security.",),
        lambda at: at("security.deadline_round") >= at("talks.rounds"),
        "the last round has passed before Pyongyang's deadline",
    ),
    (
        ("security.threat_cost", "security.threat_willingness", "security.deadline_round"),
        lambda at: at("security.threat_probability") == 0.0,
        "no threat arises (security.threat_probability is 0)",
    ),
    (
        ("talks.walk_out_gap", "talks.walk_out_movement", "talks.returns_after_walk_out",
         "public.walk_out_jump"),
        lambda at: np.isneginf(at("talks.walk_out_base")),
        "nobody walks out (talks.walk_out_base is -inf)",
    ),
    (
        ("talks.lapse_cost",),
        lambda at: at("talks.expiry_round") > at("talks.rounds"),
        "the old agreement outlives the talks",
    ),
    (
        ("talks.expiry_round",),
        lambda at: at("talks.lapse_cost") == 0.0,
        "rounds after the expiry cost nothing (talks.lapse_cost is 0)",
    ),
    (
        ("talks.split",),
        lambda at: at("talks.protocol") == Protocol.ALTERNATING_OFFERS,
        "it prices a sealed double auction, and here offers alternate",
    ),
    (
        ("precedent.others_payment",),
        lambda at: at("precedent.weight") == 0.0,
        "the precedent has no weight (precedent.weight is 0)",
    ),
    (
        ("president.category_insistence", "president.category_audience_cost"),
        lambda at: (at("president.demand") <= at("package.framework_cap"))
        & (at("turnover.new_demand") <= at("package.framework_cap")),
        "every demand fits the existing framework, so no new category is demanded",
    ),
    (
        ("negotiators.ambition",),
        lambda at: at("negotiators.policy") != Policy.HEURISTIC,
        "the US team's policy does not concede from a target",
    ),
    (
        ("ministry.ambition",),
        lambda at: at("ministry.policy") != Policy.HEURISTIC,
        "the ministry's policy does not concede from a target",
    ),
    (
        ("negotiators.concession_exponent",),
        lambda at: (at("negotiators.policy") != Policy.HEURISTIC) & (at("talks.learning") == 0.0),
        "the US team's policy does not concede by time, and nobody reads its offers so",
    ),
    (
        ("ministry.concession_exponent",),
        lambda at: (at("ministry.policy") != Policy.HEURISTIC) & (at("talks.learning") == 0.0),
        "the ministry's policy does not concede by time, and nobody reads its offers so",
    ),
)  # fmt: skip

OUTCOMES = {
    "president.returns_after_veto": ("any_veto", "no deal was vetoed in any negotiation"),
    "assembly.returns_after_refusal": ("any_refusal", "no deal was refused in any negotiation"),
    "talks.returns_after_walk_out": ("any_walk_out", "no round was broken off"),
}


def without_effect(run: "Run") -> list[str]:
    """A sentence for each parameter, and each variant, that changed no negotiation.

    A design that is not a grid of levels, or that draws afresh at each point, cannot tell.
    """
    study = run.study
    if not study.common or study.has_ranges:
        return []
    played = was_played(run.counts)
    table = pd.DataFrame(run.design.table.assign(print=_fingerprints(run.counts))[played])
    told = []
    n = int(run.counts["n"].to_numpy().sum())
    for parameter in study.parameters:
        others = [name for name in ("variant", *study.parameters) if name != parameter]
        varies = len(study.factor(parameter).levels) > 1
        alike: Any = table.groupby(others)["print"].nunique().max()
        if varies and alike == 1:
            told.append(
                f"{parameter} has no effect on any of the {n:,} negotiations, because "
                f"{_reason(run, parameter)}."
            )
    return told + _idle_variants(run, table)


def _idle_variants(run: "Run", table: pd.DataFrame) -> list[str]:
    told = []
    prints, arm = table["print"].to_numpy(), table["variant"].to_numpy()
    first = prints[arm == run.study.variants[0].name]
    for variant in run.study.variants[1:]:
        if np.array_equal(prints[arm == variant.name], first):
            names = ", ".join(variant.settings) or "nothing"
            reasons = sorted({_reason(run, name) for name in variant.settings})
            why = "; ".join(reasons) if reasons else "it sets nothing"
            told.append(
                f"{variant.words} (sets {names}) has no effect on any negotiation, because {why}."
            )
    return told


def _fingerprints(counts: pd.DataFrame) -> list[str]:
    """What tells design points apart by their counts.

    Left out are pairs with the reference, and whether an agreement had expired by the deal, which
    is a matter of the calendar alone.
    """
    left_out = ("design_point", "pairs", "lapsed_deals")
    names = [
        name for name in counts
        if name not in left_out and not str(name).endswith((ALONE, MISSED))
    ]  # fmt: skip
    rows = zip(*(counts[name] for name in names), strict=True)
    return [
        hashlib.sha256(b"|".join(np.asarray(value).tobytes() for value in row)).hexdigest()
        for row in rows
    ]


def _reason(run: "Run", parameter: str) -> str:
    event, words = OUTCOMES.get(parameter, ("n", ""))
    if not np.any(run.counts[event].to_numpy()):
        return words
    found = expected_reasons(run.study, run.design.table, [parameter])
    return found.get(parameter, "no negotiation of this study comes to where it matters")


def expected_reasons(
    study: "Study", table: pd.DataFrame, parameters: Sequence[str]
) -> dict[str, str]:
    """Parameters that can have no effect at any design point, with the reason.

    table : the design's, or a part of it
    """

    def at(name: str) -> NDArray[np.float64]:
        drawn = drawn_table(study, table, name)
        return column_of(study, table, name)[:, None] if drawn is None else drawn

    found: dict[str, str] = {}
    for names, idle, words in RULES:
        for parameter in parameters:
            meant = parameter in names or parameter.split(".")[0] + "." in names
            is_switch = parameter == "assembly.consent_required"
            if meant and not is_switch and parameter not in found and bool(idle(at).all()):
                found[parameter] = words
    return found

"""A parameter that does nothing is called idle with a true reason, and no other one is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.design import make_design
from experiments.no_effect import RULES, expected_reasons, without_effect
from experiments.run import run_study
from experiments.study_making import make_study
from sim import OUTCOME, negotiate, read_scenario
from sim.parameters import BY_NAME, PARAMETERS

CASE = read_scenario("korea_2019")

# For each reason, settings under which it holds; all else is drawn.
IDLE = {
    "no consent of the Assembly is required": [{"assembly.consent_required": 0}],
    "backlash has no weight (public.backlash_weight is 0)": [{"public.backlash_weight": 0}],
    "the last round has passed before the executive can change": [
        {"turnover.round": 10}, {"turnover.round": 12}, {"talks.rounds": 4, "turnover.round": 4},
    ],
    "no turnover happens and none is expected": [
        {"turnover.probability": 0, "turnover.expected_probability": 0}
    ],
    "the ministry's policy does not wait for a turnover": [
        {"ministry.policy": 1}, {"ministry.policy": 2}
    ],
    "the last round has passed before Pyongyang's deadline": [
        {"security.deadline_round": 10}, {"security.deadline_round": 30},
        {"talks.rounds": 3, "security.deadline_round": 3},
    ],
    "no threat arises (security.threat_probability is 0)": [{"security.threat_probability": 0}],
    "nobody walks out (talks.walk_out_base is -inf)": [{"talks.walk_out_base": -math.inf}],
    "the old agreement outlives the talks": [
        {"talks.expiry_round": 11}, {"talks.rounds": 3, "talks.expiry_round": 4},
    ],
    "rounds after the expiry cost nothing (talks.lapse_cost is 0)": [{"talks.lapse_cost": 0}],
    "it prices a sealed double auction, and here offers alternate": [{"talks.protocol": 0}],
    "the precedent has no weight (precedent.weight is 0)": [{"precedent.weight": 0}],
    "every demand fits the existing framework, so no new category is demanded": [
        {"president.demand": 1.6, "turnover.new_demand": 1.5, "package.framework_cap": 1.6},
        {"president.demand": 1.2, "turnover.new_demand": 1.1, "package.framework_cap": math.inf},
    ],
    "the US team's policy does not concede from a target": [
        {"negotiators.policy": 1}, {"negotiators.policy": 2}
    ],
    "the ministry's policy does not concede from a target": [
        {"ministry.policy": 1}, {"ministry.policy": 2}
    ],
    "the US team's policy does not concede by time, and nobody reads its offers so": [
        {"negotiators.policy": 1, "talks.learning": 0},
        {"negotiators.policy": 2, "talks.learning": 0},
    ],
    "the ministry's policy does not concede by time, and nobody reads its offers so": [
        {"ministry.policy": 1, "talks.learning": 0}, {"ministry.policy": 2, "talks.learning": 0},
    ],
}  # fmt: skip


def meant(names):
    """The parameters that a rule speaks of."""
    return [
        row.name for row in PARAMETERS if row.name in names or row.name.split(".")[0] + "." in names
    ]


# What talks leave, but for what only tells of a clock or a mood that nothing followed from.
FELT = [name for name in OUTCOME.names if name not in ("backlash", "lapsed")]

CLAIMS = [
    (parameter, words, settings)
    for names, _, words in RULES
    for parameter in meant(names)
    if parameter != "assembly.consent_required"
    for settings in IDLE[words]
    if parameter not in settings
]


def ends(name):
    """Two values far apart, inside what is allowed."""
    row = BY_NAME[name]
    if row.codes is not None:
        return (0.0, 1.0)
    low, high = row.low, min(row.high, 1000.0)
    low, high = max(low, -20.0), min(high, 20.0 if row.high > 20 else row.high)
    return (math.ceil(low), math.floor(high)) if row.whole else (low, high)


# Mechanisms made strong, so that no effect hides behind another.
STRONG = {
    "turnover.probability": 0.8, "turnover.expected_probability": 0.5, "turnover.round": 3,
    "security.threat_probability": 0.7, "ministry.audience_cost": 0.05, "public.anticipation": 0.3,
    "assembly.shift": -0.05, "precedent.weight": 0.4, "talks.walk_out_base": -3.0,
    "talks.lapse_cost": 0.02, "ministry.reading_noise": 0.1, "talks.rounds": 10,
}  # fmt: skip


# A demand that Seoul can meet before the turnover, which it might rather wait for.
EARLY = {"president.demand": 1.2, "turnover.reservation_mean": 0.6}


def named(parameter, settings):
    """The reason that is given for a parameter under some settings, if any."""
    study = make_study(CASE, vary={parameter: ends(parameter)}, settings=settings, replicates=1)
    return expected_reasons(study, make_design(study).table, [parameter]).get(parameter)


def felt(parameter, settings, replicates):
    """The columns that a parameter changes from one end of its range to the other."""
    points = CASE.points({**settings, parameter: np.array(ends(parameter))})
    low, high = negotiate(points, replicates, seed=0)
    return [name for name in FELT if low[name].tobytes() != high[name].tobytes()]


def test_every_reason_is_tested():
    assert {words for *_, words in RULES} == set(IDLE)
    assert len(CLAIMS) > 50


@pytest.mark.parametrize(("parameter", "words", "settings"), CLAIMS)
@pytest.mark.parametrize("protocol", [0, 1])
def test_what_a_rule_calls_idle_changes_no_negotiation(parameter, words, settings, protocol):
    strong = {"talks.protocol": protocol, **STRONG}
    for others in ({}, strong):
        fixed = {**{name: at for name, at in others.items() if name != parameter}, **settings}
        assert named(parameter, fixed), fixed
        assert not felt(parameter, fixed, 1000), fixed


SWITCHES = {
    "assembly.consent_required": (0, 1), "public.backlash_weight": (0, 0.12),
    "turnover.round": (0, 3, 9, 10), "turnover.probability": (0, 0.8),
    "turnover.expected_probability": (0, 0.5), "ministry.policy": (0, 1, 2),
    "negotiators.policy": (0, 1, 2), "security.deadline_round": (0, 4, 9, 10),
    "security.threat_probability": (0, 0.7), "talks.walk_out_base": (-math.inf, -3),
    "talks.expiry_round": (0, 5, 10, 11), "talks.lapse_cost": (0, 0.02), "talks.protocol": (0, 1),
    "precedent.weight": (0, 0.4), "president.demand": (1.2, 1.6, 3), "talks.rounds": (1, 3, 10),
    "turnover.new_demand": (1.2, 1.6, 2), "talks.learning": (0, 1), "talks.first_mover": (0, 1),
}  # fmt: skip
SETTINGS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(levels) for name, levels in SWITCHES.items()}
)


@given(SETTINGS, st.sampled_from(sorted({parameter for parameter, *_ in CLAIMS})))
@settings(max_examples=400)
def test_whatever_is_switched_off_nothing_that_matters_is_called_idle(chosen, parameter):
    fixed = {name: at for name, at in chosen.items() if name != parameter}
    words = named(parameter, fixed)
    assert words is None or not felt(parameter, fixed, 300), words


@pytest.mark.parametrize("parameter", sorted({parameter for parameter, *_ in CLAIMS}))
def test_every_parameter_that_can_be_idle_matters_elsewhere_and_is_not_called_idle_there(parameter):
    places = [
        {name: at for name, at in others.items() if name != parameter}
        for others in ({}, EARLY, STRONG, {**STRONG, "talks.protocol": 1})
    ]
    matters = [place for place in places if felt(parameter, place, 2000)]
    assert matters
    assert not any(named(parameter, place) for place in matters)


def told(vary, replicates=400, **options):
    return without_effect(run_study(make_study(CASE, vary=vary, replicates=replicates, **options)))


def test_a_sweep_of_an_idle_parameter_says_so_with_n_and_the_reason():
    assert told({"precedent.others_payment": [0, 1, 2], "demand": [1.5, 3]}) == [
        "precedent.others_payment has no effect on any of the 2,400 negotiations, because the "
        "precedent has no weight (precedent.weight is 0)."
    ]


def test_a_parameter_that_matters_at_one_level_of_another_is_not_called_idle():
    assert told({"precedent.others_payment": [0, 3], "precedent.weight": [0, 1]}) == []
    assert told({"precedent.others_payment": [0, 3], "precedent.weight": [0]}) != []


def test_a_parameter_of_one_level_is_not_judged():
    assert told({"precedent.others_payment": [1.3]}) == []


def test_an_event_that_never_comes_is_the_reason():
    (said,) = told({"talks.returns_after_walk_out": [0.1, 0.9]}, replicates=100,
                   settings={"talks.walk_out_gap": 0, "talks.walk_out_base": -50})  # fmt: skip
    assert said.endswith("because no round was broken off.")


def test_without_a_reason_it_says_what_is_known():
    (said,) = told({"assembly.returns_after_refusal": [0.5, 0.6]}, replicates=3)
    assert said.endswith("because no deal was refused in any negotiation.")
    (said,) = told({"president.demand": [3.0, 3.0 + 1e-13]}, replicates=3)
    assert said.endswith("because no negotiation of this study comes to where it matters.")


def test_a_variant_that_changes_nothing_is_told_of():
    (said,) = told({"demand": [1.5, 3]}, variants={"case": {}, "dear": {"others_payment": 2}})
    assert said == (
        "dear (sets precedent.others_payment) has no effect on any negotiation, because the "
        "precedent has no weight (precedent.weight is 0)."
    )
    (said,) = told({"demand": [1.5, 3]}, variants={"case": {}, "again": {}})
    assert said == (
        "again (sets nothing) has no effect on any negotiation, because it sets nothing."
    )


@pytest.mark.parametrize(
    ("vary", "options"),
    [
        ({"others_payment": [0, 2]}, {"draws": "independent"}),
        ({"others_payment": (0, 2)}, {"design": "latin_hypercube", "size": 4}),
        ({"others_payment": [0, 2], "president.audience_cost": "prior"}, {"size": 4}),
    ],
)
def test_where_draws_differ_nothing_is_claimed(vary, options):
    assert told(vary, replicates=50, **options) == []

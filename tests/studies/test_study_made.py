"""A study made in Python: what it holds, what it is known by, what it refuses."""

import json
import math
import re

import numpy as np
import pytest

from experiments.settings import parameter_value, parameter_values, read_pairs, spaced
from experiments.study import Variant
from experiments.study_checks import MAX_POINTS
from experiments.study_making import make_study, with_options
from sim import InputError, read_scenario
from sim.parameters import Prior

CASE = read_scenario("korea_2019")
VARY = {"demand": [1.5, 5.58]}
PAIR = {"demand": [1.5, 3.0], "assembly.shift": [-0.1, 0.0, 0.1]}


def made(**given):
    return make_study(CASE, **({"vary": VARY} | given))


# values as people write them


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("demand", 2, ("president.demand", 2.0)),
        ("president.demand", "2.5", ("president.demand", 2.5)),
        ("demand", np.float32(1.5), ("president.demand", 1.5)),
        ("demand", "1.792 USD bn", ("president.demand", 2.0)),
        ("ministry.policy", "take_it_or_leave_it", ("ministry.policy", 1.0)),
        ("ministry.policy", "HEURISTIC", ("ministry.policy", 0.0)),
        ("ministry.policy", 2, ("ministry.policy", 2.0)),
        ("talks.walk_out_base", "-inf", ("talks.walk_out_base", -math.inf)),
        ("talks.rounds", "12", ("talks.rounds", 12.0)),
    ],
)  # fmt: skip
def test_a_value_may_be_a_number_a_code_or_an_amount(name, value, expected):
    found = parameter_value(name, value, CASE.money)
    assert found == (expected[0], pytest.approx(expected[1]))


DEMAND = 'it must be a number in [0, 50] (payments), or an amount such as "5 USD bn"'


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("demand", -1, f"president.demand is -1; {DEMAND}"),
        ("demand", 51, f"president.demand is 51; {DEMAND}"),
        ("demand", math.nan, f"president.demand is nan; {DEMAND}"),
        ("demand", "nan", f"president.demand is 'nan'; {DEMAND}"),
        ("demand", math.inf, f"president.demand is inf; {DEMAND}"),
        ("demand", 10**400, f"president.demand is 1{'0' * 56}...; {DEMAND}"),
        ("demand", "5 pounds", f"president.demand is '5 pounds'; {DEMAND}"),
        ("demand", "5000 USD bn", f"president.demand is '5000 USD bn'; {DEMAND}"),
        ("demand", True, f"president.demand is True; {DEMAND}"),
        ("demand", None, f"president.demand is None; {DEMAND}"),
        ("demand", {"a": {"b": 1}}, f"president.demand is {{'a': {{'b': 1}}}}; {DEMAND}"),
        ("demand", 1 + 2j, f"president.demand is (1+2j); {DEMAND}"),
        ("talks.rounds", 2.5, "talks.rounds is 2.5; it must be a whole number in [1, 1000]"),
        ("ministry.policy", "tit_for_tat",
         "ministry.policy is 'tit_for_tat'; it must be one of heuristic, take_it_or_leave_it, "
         "subgame_perfect, chatterjee_samuelson"),
        ("ministry.policy", 9, "ministry.policy is 9; it must be one of heuristic"),
        ("demnad", 2, "'demnad' is not a parameter; did you mean president.demand"),
        ("audience_cost", 2, "'audience_cost' is the end of several parameters"),
        ("../demand", 2, "'../demand' is not a parameter"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_meant_is_refused_with_what_is_allowed(name, value, said):
    with pytest.raises(InputError) as refusal:
        parameter_value(name, value, CASE.money)
    assert str(refusal.value).startswith(said)


def test_an_amount_needs_a_case_that_says_what_a_payment_is():
    with pytest.raises(InputError, match="is '5 USD bn'; it must be a number"):
        parameter_value("demand", "5 USD bn")


def test_a_negative_zero_is_a_zero():
    assert math.copysign(1.0, parameter_value("assembly.shift", -0.0)[1]) == 1.0


def test_settings_tell_all_their_problems_and_may_not_name_one_twice():
    with pytest.raises(InputError) as refusal:
        parameter_values({"demand": 60, "split": 2, "president.demand": 2, "demnad": 1})
    assert len(refusal.value.problems) == 3
    with pytest.raises(InputError, match=r"president\.demand is set twice"):
        parameter_values({"demand": 2, "president.demand": 2})


def test_pairs_are_read_with_whatever_stands_after_the_first_equals_sign():
    assert read_pairs(["a=1", "b=c=d", "e="], "--set") == {"a": "1", "b": "c=d", "e": ""}
    with pytest.raises(InputError, match="--set is 'split'; it must be NAME=VALUE"):
        read_pairs(["split"], "--set")
    with pytest.raises(InputError, match="--set gives a twice"):
        read_pairs(["a=1", "a=1"], "--set")


def test_levels_are_spaced_evenly_or_by_equal_factors():
    assert spaced("x", 1.05, 8.0, 3, "linear") == [1.05, 4.525, 8.0]
    assert spaced("x", 0.001, 10.0, 5, "log") == [0.001, 0.01, 0.1, 1.0, 10.0]
    assert spaced("x", 1e-12, 1e-10, 3, "log") == [1e-12, 1e-11, 1e-10]
    assert spaced("x", 2.0, 2.0, 1, "linear") == [2.0]


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [(8, 1, "linear"), (0, 1, "log"), (-1, 1, "log"), (math.nan, 1, "linear"),
     (1, math.inf, "linear"), (-math.inf, 1, "linear")],
)  # fmt: skip
def test_levels_without_order_or_end_are_refused(low, high, scale):
    with pytest.raises(InputError, match="it must be finite, low not above high, and positive"):
        spaced("x", low, high, 3, scale)


def test_ends_as_far_apart_as_numbers_go_are_out_of_the_range_and_nothing_worse():
    levels = spaced("x", -1e308, 1e308, 3, "linear")
    with pytest.raises(InputError, match=r"president\.demand is"):
        made(vary={"demand": levels})


# what a study holds


def test_levels_come_in_order_and_once():
    study = made(vary={"demand": [3, "1.5", 3.0, "4.48 USD bn"]})
    assert study.factors[0].levels == pytest.approx((1.5, 3.0, 5.0))


def test_one_level_may_stand_alone():
    assert made(vary={"demand": 3}).factors[0].levels == (3.0,)
    assert made(vary={"ministry.policy": "heuristic"}).factors[0].levels == (0.0,)


def test_numbers_of_numpy_are_numbers():
    study = made(replicates=np.int64(50), seed=np.uint64(0), vary={"demand": np.array([1.5, 2])})
    assert (study.replicates, study.seed) == (50, 0)
    json.dumps(study.as_json(), allow_nan=False)


@pytest.mark.parametrize("over", [(1.5, 6.0), [1.5, 6.0], np.array([1.5, 6.0]),
                                  Prior("uniform", 1.5, 6.0)])  # fmt: skip
def test_a_sampled_parameter_takes_its_range_as_a_pair_or_a_law(over):
    study = made(vary={"demand": over}, design="latin_hypercube", size=8)
    assert study.factors[0].law == Prior("uniform", 1.5, 6.0)


def test_the_prior_of_the_table_is_taken_by_its_name():
    study = made(vary={"president.audience_cost": "prior"}, size=8)
    assert study.factors[0].law == Prior("log-uniform", 0.004, 0.30)
    assert study.uncertain == ("president.audience_cost",)


def test_a_study_counts_its_points_before_it_is_laid_out():
    assert made(vary=PAIR, variants={"a": {}, "b": {"talks.split": 0.4}}).points == 12
    assert made(vary=PAIR | {"president.audience_cost": "prior"}, size=5).points == 30
    sampled = {"demand": (1, 5), "assembly.shift": (-0.1, 0.1)}
    for design, points in (("sobol", 16), ("latin_hypercube", 16), ("saltelli", 64),
                           ("morris", 48)):  # fmt: skip
        assert made(vary=sampled, design=design, size=16, draws="independent").points == points


def test_names_titles_and_questions_follow_from_what_varies():
    study = made(vary=PAIR)
    assert study.name == "korea_2019-demand-shift"
    assert study.title.startswith("How the talks end, by public demand")
    assert study.question == (
        "How often do the talks break down as president.demand and assembly.shift vary?"
    )
    assert make_study().name == "korea_2019-point"
    assert make_study().question == "How often do the talks break down?"


def test_one_figure_may_be_given_by_its_name():
    assert made(figures="settlement").figures == ("settlement",)


# what it is known by


def test_the_digest_changes_with_all_that_numbers_follow_from():
    base = {"vary": PAIR, "replicates": 100, "seed": 1}
    changes = [
        {"seed": 0}, {"replicates": 101}, {"precision": 0.01}, {"refine": True},
        {"draws": "independent"}, {"settings": {"talks.split": 0.4}},
        {"variants": {"case": {}, "other": {"talks.split": 0.4}}},
        {"variants": {"other": {}}}, {"vary": VARY}, {"vary": PAIR | {"demand": [1.5, 3.1]}},
        {"vary": dict(reversed(PAIR.items()))},
        {"vary": {"demand": (1.5, 3.0)}, "design": "sobol", "size": 8},
        {"vary": {"demand": (1.5, 3.0)}, "design": "sobol", "size": 16},
        {"vary": {"demand": (1.5, 3.0)}, "design": "latin_hypercube", "size": 8},
        {"vary": {"demand": Prior("log-uniform", 1.5, 3.0)}, "design": "sobol", "size": 8},
        {"precision": 0.01, "outcome": "lapse"},
    ]  # fmt: skip
    digests = [made(**base | change).digest for change in [{}, *changes]]
    assert len(set(digests)) == len(digests)


def test_the_digest_does_not_change_with_words_figures_or_what_is_asked_of_the_counts():
    study = made()
    variants = [Variant("case", "what was planned")]
    for words in (
        {"title": "a"}, {"question": "a"}, {"notes": "a"}, {"name": "a"}, {"figures": ("map",)},
        {"outcome": "lapse"}, {"vary": {"president.demand": ["5.58", 1.5]}}, {"settings": {}},
        {"variants": variants},
    ):  # fmt: skip
        assert made(**words).digest == study.digest, words
    zero, minus = (made(settings={"assembly.shift": at}) for at in (0.0, -0.0))
    assert zero.digest == minus.digest
    one, two = {"talks.split": 0.4, "assembly.shift": 0.1}, {"shift": "0.1", "split": 0.4}
    assert made(settings=one).digest == made(settings=two).digest


def test_a_record_holds_every_word_and_is_strict_json():
    study = made(
        vary={"talks.precision": [10, math.inf]}, outcome="lapse", notes="n", title="t",
        variants=[Variant("a", "Label"), Variant("b", "", {"talks.walk_out_base": -math.inf})],
    )  # fmt: skip
    record = json.loads(json.dumps(study.as_json(), allow_nan=False))
    assert record["outcome"] == "lapse"
    assert record["labels"] == {"a": "Label", "b": ""}
    assert record["factors"] == [{"parameter": "talks.precision", "levels": [10.0, "inf"]}]
    assert record["variants"][1] == ["b", {"talks.walk_out_base": "-inf"}]


def test_a_variant_without_a_label_is_called_by_its_name():
    assert Variant("not_asked").words == "not asked"
    assert Variant("not_asked", "Not demanded").words == "Not demanded"


# what is refused


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"replicates": 0}, "replicates is 0; it must be a whole number in [1, 4294967295]"),
        ({"replicates": 2**32}, "replicates is 4294967296; it must be"),
        ({"replicates": 1.5}, "replicates is 1.5; it must be"),
        ({"replicates": True}, "replicates is True; it must be"),
        ({"replicates": "many"}, "replicates is 'many'; it must be"),
        ({"seed": -1}, "seed is -1; it must be a whole number in [0, 18446744073709551615]"),
        ({"seed": 2**64}, "seed is 18446744073709551616; it must be"),
        ({"precision": 0.0004}, "precision is 0.0004; it must be a number in [0.0005, 0.25]"),
        ({"precision": 0.26}, "precision is 0.26; it must be"),
        ({"precision": math.nan}, "precision is nan; it must be"),
        ({"precision": "narrow"}, "precision is 'narrow'; it must be"),
        ({"design": "cross"}, "design is 'cross'; it must be one of grid, latin_hypercube, sobol"),
        ({"draws": "some"}, "draws is 'some'; it must be one of common, independent"),
        ({"outcome": "peace"}, "outcome is 'peace'; it must be one of breakdown, lapse, walk_out"),
        ({"name": "../up"}, "name is '../up'; it must be letters, digits, _ . - (at most 64)"),
        ({"name": "a/b"}, "name is 'a/b'; it must be"),
        ({"name": "n" * 65}, "it must be letters, digits, _ . - (at most 64)"),
        ({"size": 8}, "size is 8; a grid of levels has none: it goes with ranges"),
        ({"vary": {"demand": []}}, "president.demand varies over 0 levels; it must be 1 to"),
        ({"vary": {"demand": [1, 60]}}, "president.demand is 60; it must be a number in [0, 50]"),
        ({"vary": {"demand": 2, "president.demand": 3}}, "president.demand varies twice"),
        ({"vary": {"demand": 2}, "settings": {"demand": 3}},
         "president.demand varies; it cannot also be set"),
        ({"variants": {"a": {"demand": 3}}}, "president.demand varies; variant 'a' cannot set it"),
        ({"variants": [Variant("a"), Variant("a")]}, "variant 'a' stands twice; names must differ"),
        ({"variants": {"../x": {}}}, "variant '../x' must be named by letters, digits, _ . -"),
        ({"variants": [Variant("a", "", {"split": 3})]},
         "variant 'a': talks.split is 3; it must be a number in [0, 1]"),
        ({"vary": {"demand": "prior"}, "size": 4},
         "president.demand has no prior in the table; a design of kind 'grid' needs a range"),
        ({"vary": {"demand": [1, 2, 3]}, "design": "sobol", "size": 4},
         "president.demand varies over levels; a design of kind 'sobol' needs a range"),
        ({"vary": {"demand": (5, 1)}, "design": "sobol", "size": 4},
         "president.demand ranges over [5, 1] (uniform); it must be a finite range, low below "
         "high, inside [0, 50], positive if logarithmic"),
        ({"vary": {"demand": (0, math.nan)}, "design": "sobol", "size": 4}, "ranges over [0, nan]"),
        ({"vary": {"talks.precision": (1, math.inf)}, "design": "sobol", "size": 4},
         "talks.precision ranges over [1, inf]"),
        ({"vary": {"demand": Prior("log-uniform", 0, 2)}, "design": "sobol", "size": 4},
         "ranges over [0, 2] (log-uniform)"),
        ({"vary": {"demand": Prior("normal", 1, 2)}, "design": "sobol", "size": 4},
         "president.demand has the law 'normal'; it must be uniform or log-uniform"),
        ({"vary": {"talks.rounds": (5, 10)}, "design": "sobol", "size": 4},
         "talks.rounds is a whole number or a code; it varies over a grid only"),
        ({"vary": {}, "design": "sobol", "size": 4},
         "a design of kind 'sobol' needs at least one parameter that varies"),
        ({"vary": {"demand": (1, 5)}, "design": "sobol"},
         "size is 0; it must be a whole number in [2, 200000]"),
        ({"vary": VARY | {"president.audience_cost": "prior"}}, "size is 0; it must be"),
        ({"refine": True}, "refine needs a grid of exactly two parameters, of two levels or more"),
        ({"refine": True, "vary": PAIR | {"demand": 2}}, "refine needs a grid of exactly two"),
        ({"refine": True, "vary": PAIR, "variants": {"a": {}, "b": {"split": 0}}},
         "refine needs a grid of exactly two parameters, of two levels or more, and no variants"),
        ({"refine": True, "vary": PAIR, "draws": "independent"},
         'refine needs draws = "common": with draws of their own, neighbours of the grid lie on'),
        ({"refine": True, "vary": PAIR, "precision": 0.1},
         "refine and precision exclude each other: give replicates"),
        ({"replicates": 2**32 - 1, "vary": {"demand": np.linspace(1, 5, 300)}},
         "300 design points x 4,294,967,295 replicates is more than the 1,000,000,000,000"),
    ],
)  # fmt: skip
def test_a_study_that_cannot_be_meant_is_refused_with_what_is_allowed(given, said):
    with pytest.raises(InputError, match=re.escape(said)) as refusal:
        made(**given)
    assert len(refusal.value.problems) == 1


def test_every_problem_is_told_at_once():
    with pytest.raises(InputError) as refusal:
        made(
            vary={"demand": 60, "demnad": 2}, settings={"split": 2}, variants={"a b": {}},
            design="cross", replicates=0, seed=-1, outcome="peace", draws="some",
        )  # fmt: skip
    assert len(refusal.value.problems) == 9


def test_a_grid_too_large_is_refused_before_it_is_built():
    names = ["demand", "assembly.shift", "assembly.shock_sd", "talks.precision", "talks.split",
             "president.audience_cost", "backlash_weight", "turnover.probability"]  # fmt: skip
    vary = {name: np.linspace(0.01, 0.9, 100) for name in names}
    with pytest.raises(InputError, match="10,000,000,000,000,000 design points; at most 200,000"):
        made(vary=vary)
    with pytest.raises(InputError, match="varies over 10,000,000 levels; it must be 1 to 200,000"):
        made(vary={"demand": np.zeros(10**7)})
    assert made(vary={"demand": np.linspace(1, 5, MAX_POINTS)}).points == MAX_POINTS


def test_a_study_set_otherwise_is_checked_again():
    study = made()
    assert with_options(study, seed=0).seed == 0
    with pytest.raises(InputError, match="replicates is 0"):
        with_options(study, replicates=0)
    with pytest.raises(InputError, match="refine needs a grid"):
        with_options(study, refine=True)


def test_a_case_that_is_none_is_told_of_first():
    with pytest.raises(InputError, match="case 'korea_1066' is not shipped"):
        make_study("korea_1066", replicates=0)

"""A study file: every key checked, every problem told on a line of its own, nothing executed."""

import math
import re
from pathlib import Path

import pytest

from experiments.study import Variant
from experiments.study_file import STUDIES, read_study, shipped_studies, study_path
from experiments.study_making import make_study
from sim import InputError
from sim.parameters import Prior
from sim.scenario import SEEDS

HEAD = """\
schema_version = 1
name = "mine"
title = "A study"
question = "How?"
"""
WHOLE = (
    HEAD
    + """\
notes = "What for."
case = "korea_2019"
figures = ["breakdown", "comparison"]

[settings]
president.audience_cost = 0.1
package = { framework_cap = "1.5 USD bn" }

[[vary]]
parameter = "demand"
low = 1.5
high = 3.0
count = 4
reported = true

[[vary]]
parameter = "ministry.policy"
levels = ["heuristic", "take_it_or_leave_it"]

[[variants]]
name = "asked"
[[variants]]
name = "not_asked"
label = "no new category"
settings = { president.category_insistence = 0, turnover.new_demand = "1 USD bn" }

[run]
replicates = 50
precision = 0.1
draws = "independent"
outcome = "lapse"
seed = 0
"""
)


@pytest.fixture
def written(tmp_path):
    """Write a study file; returns its path."""

    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(path, **options):
    with pytest.raises(InputError) as refusal:
        read_study(path, **options)
    return [problem.replace(str(path), "FILE") for problem in refusal.value.problems]


def test_a_file_says_everything_that_a_study_holds(written):
    study = read_study(written(WHOLE))
    assert (study.name, study.title, study.question) == ("mine", "A study", "How?")
    assert study.notes == "What for."
    assert study.figures == ("breakdown", "comparison")
    assert study.settings == {
        "president.audience_cost": 0.1, "package.framework_cap": pytest.approx(1.5 / 0.896),
    }  # fmt: skip
    demand, policy = study.factors
    assert demand.levels == (1.5, 2.0, 2.5, 3.0, pytest.approx(5000 / 896))
    assert policy.levels == (0.0, 1.0)
    assert study.variants == (
        Variant("asked"),
        Variant("not_asked", "no new category", {
            "president.category_insistence": 0.0, "turnover.new_demand": pytest.approx(1 / 0.896),
        }),
    )  # fmt: skip
    assert (study.replicates, study.precision, study.seed) == (50, 0.1, 0)
    assert (study.common, study.outcome, study.refine, study.design) == (
        False, "lapse", False, "grid",
    )  # fmt: skip


def test_the_least_that_a_file_says_is_the_case_alone(written):
    study = read_study(written(HEAD))
    made = make_study("korea_2019", name="mine", title="A study", question="How?")
    assert study.as_json() == made.as_json()


def test_ranges_and_priors_of_sampled_designs(written):
    text = (
        HEAD
        + """
[[vary]]
parameter = "demand"
low = 1.5
high = 6.0
scale = "log"
[[vary]]
parameter = "president.audience_cost"
prior = true
[run]
design = "sobol"
size = 16
"""
    )
    demand, cost = read_study(written(text)).factors
    assert demand.law == Prior("log-uniform", 1.5, 6.0)
    assert cost.law == Prior("log-uniform", 0.004, 0.3)


def test_a_grid_may_draw_a_parameter_from_its_prior(written):
    text = (
        HEAD
        + """
[[vary]]
parameter = "demand"
levels = [1.5, 3]
[[vary]]
parameter = "president.audience_cost"
prior = true
[run]
size = 8
"""
    )
    assert read_study(written(text)).points == 16


def test_a_case_file_lies_beside_the_study(written):
    case = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    written(case.replace('name = "korea_2019"', 'name = "other"'), "other.toml")
    assert read_study(written(HEAD + 'case = "other.toml"\n')).scenario.name == "other"


# in place of the file's


def test_options_take_the_place_of_what_a_file_says(written):
    study = read_study(
        written(WHOLE), replicates=7, precision=None, seed=1, draws="common",
        settings={"split": "0.4", "president.audience_cost": 0.2}, vary={"demand": [2.0]},
    )  # fmt: skip
    assert (study.replicates, study.precision, study.seed, study.common) == (7, None, 1, True)
    assert study.settings["talks.split"] == 0.4
    assert study.settings["president.audience_cost"] == 0.2
    assert [factor.levels for factor in study.factors] == [(2.0,), (0.0, 1.0)]


def test_problems_of_options_name_the_file(written):
    path = written(WHOLE)
    assert refused(path, settings={"demand": 2}) == [
        "FILE: president.demand varies; it cannot also be set"
    ]
    assert refused(path, replicates=0)[0].startswith("FILE: replicates is 0; it must be")


# refusals


NUMBER = r"it must be a number in"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema_version = 1", "schema_version = 2", "FILE:1: schema_version is 2; it must be 1"),
        ('name = "mine"', 'name = "../x"',
         "FILE:2: name is '../x'; it must be a name of letters, digits, _ . - (at most 64)"),
        ('name = "mine"', "", "FILE: name is missing; it must be a name of letters"),
        ('title = "A study"', 'title = "A\\nstudy"', "FILE:3: title is 'A\\nstudy'; it must be a"),
        ('question = "How?"', 'question = ""', "FILE:4: question is ''; it must be a text of 1 to"),
        ("korea_2019", "../korea_2019.toml",
         "FILE:6: case is '../korea_2019.toml'; it must be a shipped case, or the name of a case"),
        ("korea_2019", "/etc/passwd", "FILE:6: case is '/etc/passwd'; it must be a shipped case"),
        ("korea_2019", "korea_1991", "case 'korea_1991' is not shipped; shipped are: korea_1998, "),
        ('["breakdown", "comparison"]', '["../x"]', "FILE:7: figures[1] is '../x'"),
        ("audience_cost = 0.1", "audience_cost = -1",
         "FILE:10: president.audience_cost is -1; it must be a number in [0, 1e+09]"),
        ("audience_cost = 0.1", "audience_cost = nan", "FILE:10: president.audience_cost is nan;"),
        ("audience_cost = 0.1", "audience_cost = { a = { b = 1 } }",
         "FILE:10: president.audience_cost is {'a': {'b': 1}}; it must be a number in"),
        ("audience_cost = 0.1", f"audience_cost = 1{'0' * 400}",
         f"FILE:10: president.audience_cost is 1{'0' * 56}...; it must be a number in"),
        ("president.audience_cost = 0.1", "president.audience_cots = 0.1",
         "FILE:10: 'president.audience_cots' is not a parameter; did you mean"),
        ("president.audience_cost = 0.1", "president = 5",
         "FILE:10: 'president' is not a parameter"),
        ("president.audience_cost = 0.1", "cap = 5\nframework_cap = 2\n",
         "FILE:10: 'cap' is not a parameter"),
        ('parameter = "demand"', 'parameter = "demnad"',
         "FILE:13: vary[1] 'demnad' is not a parameter; did you mean president.demand"),
        ('parameter = "ministry.policy"', 'parameter = "president.demand"',
         "FILE:20: vary[2] president.demand is 'heuristic'; it must be a number in [0, 50]"),
        ("high = 3.0", "high = 60", "FILE:13: vary[1] president.demand is 60.0; it must be"),
        ("high = 3.0", "high = 1.0", "FILE:13: vary[1] demand is 1.5 to 1 (linear); it must be "
                                     "finite, low not above high"),
        ("high = 3.0", "high = nan", "FILE:13: vary[1] demand is 1.5 to nan (linear); it must be"),
        ("count = 4", "count = 0", "FILE:17: vary[1].count is 0; it must be a whole number in [1"),
        ("count = 4", "count = 2.5", "FILE:17: vary[1].count is 2.5; it must be a whole number"),
        ("count = 4", "count = true", "FILE:17: vary[1].count is True; it must be a whole number"),
        ("count = 4", "", "FILE:13: vary[1] demand: a grid needs levels, or low, high and count"),
        ("count = 4", "levels = [1]\ncount = 4", "FILE:13: vary[1] demand: a grid needs levels"),
        ("count = 4", "count = 4\nprior = true", "demand: with a prior it has no levels"),
        ("count = 4", 'count = 4\nscale = "cubic"', "FILE:18: vary[1].scale is 'cubic'; it must"),
        ("reported = true", "reported = 1", "FILE:18: vary[1].reported is 1; it must be true or"),
        ('"take_it_or_leave_it"]', '"take_it_or_leave_it"]\nreported = true',
         "FILE:20: vary[2] ministry.policy: reported = true is for president.demand alone"),
        ('["heuristic", "take_it_or_leave_it"]', '["tit_for_tat"]',
         "FILE:20: vary[2] ministry.policy is 'tit_for_tat'; it must be one of heuristic"),
        ('["heuristic", "take_it_or_leave_it"]', "[]", "FILE:22: vary[2].levels is a list; it"),
        ('["heuristic", "take_it_or_leave_it"]', f"[1{'0' * 400}]",
         "FILE:20: vary[2] ministry.policy is 1000"),
        ('parameter = "ministry.policy"', 'parameter = "ministry.policy"\ndemand = 3',
         "FILE:22: vary[2].demand is an unknown key; allowed are parameter, levels"),
        ('name = "not_asked"', 'name = "asked"', "FILE: variant 'asked' stands twice; names must"),
        ('name = "not_asked"', 'name = "a/b"', "FILE:27: variants[2].name is 'a/b'; it must be a"),
        ("category_insistence = 0,", "category_insistence = 2,",
         "FILE:29: president.category_insistence is 2; it must be a number in [0, 1]"),
        ("president.category_insistence = 0", "president.demand = 2",
         "FILE: president.demand varies; variant 'not_asked' cannot set it"),
        ("replicates = 50", "replicates = 0", "FILE:32: run.replicates is 0; it must be a whole"),
        ("replicates = 50", f"replicates = 1{'0' * 400}", "FILE:32: run.replicates is 1000"),
        ("precision = 0.1", "precision = nan",
         "FILE:33: run.precision is nan; it must be a number in [0.0005, 0.25]"),
        ("precision = 0.1", "precision = 0.3", "FILE:33: run.precision is 0.3; it must be"),
        ("precision = 0.1", "refine = true", "FILE: refine needs a grid of exactly two parameters"),
        ('draws = "independent"', 'draws = "some"', "FILE:34: run.draws is 'some'; it must be one"),
        ('outcome = "lapse"', 'outcome = "peace"', "FILE: outcome is 'peace'; it must be one of"),
        ("seed = 0", "seed = -1", "FILE:36: run.seed is -1; it must be a whole number in [0, "),
        ("seed = 0", "seed = 0\nthreads = 2", "FILE:37: run.threads is an unknown key; allowed"),
        ("[run]", '[run]\ndesign = "sobol"\nsize = 8',
         "FILE:13: vary[1] demand: in a design of kind 'sobol' it has no levels"),
        ("[run]", "[run]\nsize = 8", "FILE: size is 8; a grid of levels has none"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_by_line_key_value_and_what_is_allowed(
    written, old, new, said
):
    assert old in WHOLE
    problems = refused(written(WHOLE.replace(old, new, 1)))
    assert any(problem.startswith(said) or said in problem for problem in problems), problems


def test_a_parameter_that_varies_twice_or_is_set_twice_is_refused(written):
    twice = WHOLE.replace('"ministry.policy"\nlevels = ["heuristic", "take_it_or_leave_it"]',
                          '"president.demand"\nlevels = [2]')  # fmt: skip
    assert refused(written(twice)) == ["FILE:20: vary[2] president.demand varies twice"]
    both = WHOLE.replace("[settings]", '[settings]\n"president.audience_cost" = 0.2')
    assert refused(written(both)) == ["FILE:10: president.audience_cost is set twice"]


def test_a_sampled_parameter_needs_both_ends(written):
    text = HEAD + '[[vary]]\nparameter = "demand"\nlow = 1\n[run]\ndesign = "sobol"\nsize = 8\n'
    assert refused(written(text)) == ["FILE:5: vary[1] demand: needs low and high, or prior = true"]


def test_several_problems_are_all_told(written):
    text = WHOLE
    for old, new in (("schema_version = 1", "schema_version = 3"), ("count = 4", "count = -1"),
                     ("replicates = 50", "replicates = 1.5"),
                     ("seed = 0", 'sed = "x"')):  # fmt: skip
        text = text.replace(old, new)
    assert [re.match(r"FILE:\d+: (\S+)", problem)[1] for problem in refused(written(text))] == [
        "schema_version", "vary[1].count", "run.replicates", "run.sed",
    ]  # fmt: skip
    text = WHOLE
    for old, new in (("audience_cost = 0.1", "audience_cost = -1"), ("high = 3.0", "high = 60"),
                     ("category_insistence = 0,", "category_insistence = 2,"),
                     ("heuristic", "tit_for_tat")):  # fmt: skip
        text = text.replace(old, new)
    assert [re.match(r"FILE:(\d+): ", problem)[1] for problem in refused(written(text))] == [
        "13", "20", "10", "29",
    ]  # fmt: skip


HOSTILE = {
    "nothing": (b"", "schema_version is missing"),
    "no TOML": (b"\xff\xfe", "byte 0 is not UTF-8 text"),
    "a broken line": (b"name = \n", ":1: not valid TOML"),
    "deep nesting": (b"a = " + b"[" * 900 + b"\n" + b"[" * 900, "not valid TOML"),
    "a long line": (b"name = '" + b"x" * 2000 + b"'", ":1: longer than the 1000 characters"),
    "a huge file": (b"#\n" * 200_000, "larger than the 200000 bytes"),
    "a pickle": (b"\x80\x04\x95cos\nsystem\n.", "not UTF-8"),
    "many wrong keys": (b"".join(b"k%d = 1\n" % i for i in range(500)), "and 404 more problems"),
    "a date for a name": (b"name = 2019-11-19", "name is 2019-11-19; it must be a name"),
    "a table for a name": (b"[name]\na = 1", "name is a table; it must be a name"),
    "too many parameters": (
        HEAD.encode() + b'[[vary]]\nparameter = "demand"\nlevels = [1]\n' * 61, "vary is a list",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_words(tmp_path, content, said):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(said)) as refusal:
        read_study(path)
    assert str(path) in str(refusal.value)
    assert len(str(refusal.value)) < 30_000


# where files lie


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read: No such file"):
        read_study(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml: is not a file"):
        read_study(tmp_path / "folder.toml")


@pytest.mark.parametrize("name", ["../demand", "a/b", "", ".hidden", "x" * 65, "demand\n"])
def test_a_name_that_is_none_never_becomes_a_path(name):
    with pytest.raises(InputError, match=r"must be a file that ends in \.toml or a plain name"):
        study_path(name)


def test_an_unknown_study_is_told_with_those_that_are_shipped():
    with pytest.raises(InputError) as refusal:
        study_path("demnad")
    assert str(refusal.value).startswith("study 'demnad' is not shipped; shipped are: ")
    assert "demand" in str(refusal.value).partition("shipped are")[2].split(": ")[1].split(", ")


def test_the_shipped_studies_are_the_files_of_the_package():
    names = shipped_studies()
    assert names == sorted(names)
    assert {f"{name}.toml" for name in names} == {path.name for path in STUDIES.glob("*.toml")}
    assert study_path(names[0]).parent == Path(STUDIES)


def test_infinite_levels_may_be_written_out(written):
    text = HEAD + '[[vary]]\nparameter = "talks.precision"\nlevels = [25, inf]\n'
    assert read_study(written(text)).factors[0].levels == (25.0, math.inf)

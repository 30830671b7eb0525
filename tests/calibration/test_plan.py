"""A plan of calibration is read as it is meant, or refused with a line for each problem."""

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from experiments.calibration.episodes import Episode
from experiments.calibration.laws import FreeParameter, read_law
from experiments.calibration.plan import (
    PLANS,
    make_plan,
    plan_path,
    read_plan,
    shipped_plans,
)
from experiments.calibration.targets import COLUMNS
from sim import InputError, negotiate, read_scenario
from sim.parameters import PARAMETERS, Prior
from sim.scenario import SEEDS

CASE = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
DAY = date(2019, 11, 19)
ROWS = [
    "A-CHANGE,first,agreed_change,fit,1,,,1,6,percent,2014-01-12",
    "A-LAPSED,first,lapsed,fit,1,,,0.05,1,yes or no,2014-01-12",
    "A-SHARE,first,increase_share,check,1,,,0.1,0.1,share,2014-01-12",
    "B-CHANGE,second,agreed_change,fit,0.5,,,1,8.2,percent,2019-02-10",
    "B-ROUNDS,second,rounds,fit,1,9,10,1,,rounds,2019-02-10",
    "B-MONTHS,second,months,hold-out,1,,,a,b,months,2021-03-07",
]
PLAN = """\
schema_version = 1
name = "mine"
title = "Two talks"
notes = "What for."
targets = "mine.csv"
known_on = 2019-11-19
seed = 0
draws = 1000
negotiations = 50

[[episodes]]
case = "first.toml"
unknown = { president.demand = "log-uniform(1.05, 6)" }
[[episodes]]
case = "second.toml"
settings = { assembly.precision = 10, package.framework_cap = "1.5 USD bn" }

[parameters]
president.audience_cost = "prior"
"ministry.reservation_mean" = "uniform(1.15, 1.3)"
talks = { precision = "prior", rounds_after_expiry = "uniform(1, 5)" }

[weights]
B-ROUNDS = 0.25
"""


@pytest.fixture
def folder(tmp_path):
    """Two case files that differ in name alone, and a table of targets of both."""
    for name in ("first", "second"):
        text = CASE.replace('name = "korea_2019"', f'name = "{name}"')
        (tmp_path / f"{name}.toml").write_text(text)
    write_targets(tmp_path, ROWS)
    return tmp_path


def write_targets(folder, rows):
    """A table of targets from rows without agreement and words."""
    lines = [",".join(COLUMNS)]
    for row in rows:
        given = row.split(",")
        lines.append(",".join([*given[:2], "", *given[2:], "", "", "", "", "", ""][: len(COLUMNS)]))
    (folder / "mine.csv").write_text("\n".join(lines) + "\n")


def written(folder, text=PLAN):
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def problems_of(folder, text, **options):
    """The problems of a plan file, without the folder's name."""
    with pytest.raises(InputError) as refusal:
        read_plan(written(folder, text), **options)
    assert refusal.value.exit_code == 2
    return [line.replace(f"{folder}/", "") for line in refusal.value.problems]


def line_of(piece, text=PLAN):
    return next(n for n, line in enumerate(text.split("\n"), 1) if piece in line)


# reading


def test_a_plan_file_is_read_as_it_is_meant(folder):
    plan = read_plan(written(folder))
    assert (plan.name, plan.title, plan.notes) == ("mine", "Two talks", "What for.")
    assert (plan.known_on, plan.seed, plan.draws, plan.negotiations) == (DAY, 0, 1000, 50)
    first, second = plan.episodes
    assert (first.name, second.name) == ("first", "second")
    assert first.unknown == (
        FreeParameter("president.demand", Prior("log-uniform", 1.05, 6), "first"),
    )
    assert second.settings["assembly.precision"] == 10.0
    assert second.settings["package.framework_cap"] == pytest.approx(1500 / 896)
    assert [str(free.law) for free in plan.parameters] == [
        "log-uniform(0.004, 0.3)", "uniform(1.15, 1.3)", "log-uniform(8, 80)", "uniform(1, 5)",
    ]  # fmt: skip
    assert [free.key for free in plan.free] == [
        "president.audience_cost", "ministry.reservation_mean", "talks.precision",
        "talks.rounds_after_expiry", "first:president.demand",
    ]  # fmt: skip
    assert [t.id for t in first.targets] == ["A-CHANGE", "A-LAPSED"]
    assert [(t.id, t.weight) for t in second.targets] == [("B-CHANGE", 0.5), ("B-ROUNDS", 0.25)]
    assert plan.targets == (*first.targets, *second.targets)


def test_what_is_given_takes_the_place_of_the_file(folder):
    plan = read_plan(written(folder), seed=7, draws=2000)
    assert (plan.seed, plan.draws, plan.negotiations) == (7, 2000, 50)
    said = "mine.toml:8: draws is 10; it must be a whole number in [1000, 10000000]"
    assert problems_of(folder, PLAN, draws=10) == [said]
    with pytest.raises(TypeError, match="read_plan takes name, .*; not draw"):
        read_plan(written(folder), draw=2000)


def test_a_target_with_a_weight_of_0_is_left_out(folder):
    plan = read_plan(written(folder, PLAN.replace("B-ROUNDS = 0.25", "B-ROUNDS = 0")))
    assert [t.id for t in plan.episodes[1].targets] == ["B-CHANGE"]


def test_the_digest_follows_what_counts_and_not_the_words(folder):
    plan = read_plan(written(folder))
    assert (
        read_plan(written(folder, PLAN.replace("What for.", "Other words."))).digest == plan.digest
    )
    changed = [
        ("seed = 0", "seed = 1"), ("draws = 1000", "draws = 1001"),
        ("precision = 10", "precision = 11"),
        ("negotiations = 50", "negotiations = 51"), ("B-ROUNDS = 0.25", "B-ROUNDS = 0.5"),
        ("uniform(1.15, 1.3)", "uniform(1.16, 1.3)"), ("(1.05, 6)", "(1.06, 6)"),
        ("2019-11-19", "2019-11-20"),
    ]  # fmt: skip
    digests = {read_plan(written(folder, PLAN.replace(*pair))).digest for pair in changed}
    assert len(digests | {plan.digest}) == len(changed) + 1
    write_targets(
        folder, [*ROWS[:-1], "B-MONTHS,second,months,hold-out,1,,,1,17,months,2021-03-07"]
    )
    assert read_plan(written(folder)).digest == plan.digest  # held out, so of no account
    write_targets(folder, [ROWS[0].replace(",6,", ",6.1,"), *ROWS[1:]])
    other = read_plan(written(folder))
    assert other.digest != plan.digest and other.targets_digest != plan.targets_digest
    shown = json.loads(json.dumps(plan.as_json(), allow_nan=False))
    assert shown["title"] == "Two talks" and len(shown["targets"]) == 4
    assert shown["episodes"][0]["unknown"] == [["president.demand", "log-uniform", 1.05, 6.0]]


def test_a_plan_made_in_python_is_the_same_as_its_file(folder):
    made = make_plan(
        [str(folder / "first.toml"), read_scenario(folder / "second.toml")],
        {"president.audience_cost": "prior",
         "ministry.reservation_mean": Prior("uniform", 1.15, 1.3), "talks.precision": "prior",
         "rounds_after_expiry": "uniform(1, 5)"},
        DAY, unknown={"first:demand": "log-uniform(1.05, 6)"},
        settings={"second": {"assembly.precision": 10, "framework_cap": "1.5 USD bn"}},
        targets=folder / "mine.csv", weights={"B-ROUNDS": 0.25}, draws=1000, negotiations=50,
        seed=np.int64(0),
    )  # fmt: skip
    assert made.digest == read_plan(written(folder)).digest


# what is refused


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("notes =", "note =", "note is an unknown key; did you mean 'notes'?"),
        ("known_on = 2019-11-19\n", "",
         "known_on is missing; it must be a date, such as 2019-11-19"),
        ("2019-11-19", '"2019-11-19"',
         "known_on is '2019-11-19'; it must be a date, such as 2019-11-19"),
        ("draws = 1000", "draws = 999",
         "draws is 999; it must be a whole number in [1000, 10000000]"),
        ("draws = 1000", "draws = 10000001",
         "draws is 10000001; it must be a whole number in [1000, 10000000]"),
        ("negotiations = 50", "negotiations = 49",
         "negotiations is 49; it must be a whole number in [50, 1000000]"),
        ("negotiations = 50", "negotiations = 5e1",
         "negotiations is 50.0; it must be a whole number in [50, 1000000]"),
        ("seed = 0", "seed = -1",
         f"seed is -1; it must be a whole number in [0, {2**63 - 1}]"),
        ('name = "mine"', 'name = "../mine"',
         "name is '../mine'; it must be a name of letters, digits, _ . - (at most 64)"),
        ('"first.toml"', '"../first.toml"', "episodes[1].case is '../first.toml'; it must be a "
         "shipped case, or the name of a case file beside the plan's"),
        ('"mine.csv"', '"../mine.csv"', "targets is '../mine.csv'; it must be 'targets', or the "
         "name of a table (.csv) beside the plan's file"),
        ('"mine.csv"', '"mine.txt"', "targets is 'mine.txt'; it must be 'targets', or the "
         "name of a table (.csv) beside the plan's file"),
        ("unknown = {", "unknowns = {",
         "episodes[1].unknowns is an unknown key; did you mean 'unknown'?"),
        # parameters and laws
        ("president.audience_cost =", "president.audience_costs =",
         "'president.audience_costs' is not a parameter; did you mean"),
        ('president.audience_cost = "prior"', 'president.patience = "prior"',
         "'president.patience' is not a parameter"),
        ('president.audience_cost = "prior"', 'negotiators.patience = "prior"',
         "negotiators.patience has no prior in the table of parameters; it must be given one"),
        ('president.audience_cost = "prior"', '"talks.learning" = "uniform(0, 1)"',
         "talks.learning is a whole number or a code; it cannot be fitted"),
        ('president.audience_cost = "prior"', 'ministry.policy = "prior"',
         "ministry.policy is a whole number or a code; it cannot be fitted"),
        ('president.audience_cost = "prior"', '"talks.rounds" = "uniform(1, 10)"',
         "talks.rounds follows from the calendar of each case; it cannot be fitted"),
        ('president.audience_cost = "prior"', 'president.audience_cost = "normal(0, 1)"',
         "president.audience_cost is 'normal(0, 1)'; it must be \"prior\", \"uniform(LOW, HIGH)\""),
        ('president.audience_cost = "prior"', 'president.audience_cost = "uniform(0, x)"',
         "president.audience_cost is 'uniform(0, x)'; it must be"),
        ('president.audience_cost = "prior"', "president.audience_cost = 0.05",
         "president.audience_cost is 0.05; it must be"),
        ('president.audience_cost = "prior"', 'president.audience_cost = "uniform(-1, 1)"',
         "president.audience_cost is drawn from uniform(-1, 1); it must be a finite range, low "
         "below high, inside [0, 1e+09], positive if logarithmic"),
        ('president.audience_cost = "prior"', 'president.audience_cost = "uniform(1, 0)"',
         "president.audience_cost is drawn from uniform(1, 0); it must be a finite range"),
        ('president.audience_cost = "prior"', 'president.audience_cost = "log-uniform(0, 1)"',
         "president.audience_cost is drawn from log-uniform(0, 1); it must be a finite range"),
        ('president.audience_cost = "prior"', 'president.precision = "uniform(1, inf)"',
         "president.precision is drawn from uniform(1, inf); it must be a finite range"),
        ('president.audience_cost = "prior"', 'president.precision = "uniform(nan, 90)"',
         "president.precision is drawn from uniform(nan, 90); it must be a finite range"),
        # laws against the cases
        ('"uniform(1.15, 1.3)"', '"uniform(1.25, 1.3)"',
         "ministry.reservation_mean is drawn from uniform(1.25, 1.3), which leaves out 1.22, its "
         "value in the case first"),
        ('"log-uniform(1.05, 6)"', '"log-uniform(1.05, 2)"',
         "first:president.demand is drawn from log-uniform(1.05, 2), which leaves out 5.58036, its "
         "value in the case first"),
        ('"uniform(1, 5)"', '"uniform(1, 6)"',
         "talks.rounds_after_expiry is drawn from uniform(1, 6); each round needs a date, and the "
         "calendar of first lists 5 after expiry"),
        ('"uniform(1, 5)"', '"uniform(1.5, 5)"',
         "talks.rounds_after_expiry is drawn from uniform(1.5, 5); it must be uniform over whole"),
        ('"uniform(1, 5)"', '"log-uniform(1, 5)"',
         "talks.rounds_after_expiry is drawn from log-uniform(1, 5); it must be uniform over"),
        ('"uniform(1, 5)"', '"uniform(0, 5)"',
         "talks.rounds_after_expiry is drawn from uniform(0, 5); it must be uniform over whole"),
        ("unknown = { president.demand =", "unknown = { talks.precision =",
         "first:talks.precision is fitted to all episodes; it cannot be one's own as well"),
        # settings
        ("assembly.precision = 10", "assembly.precision = -1",
         "assembly.precision is -1; it must be a number in [0, inf]"),
        ("assembly.precision = 10", "talks.precision = 10",
         "talks.precision is fitted to all episodes; it cannot be set for second"),
        ("assembly.precision = 10", "talks.rounds = 5",
         "talks.rounds follows from the calendar of the case; it cannot be set for second"),
        ("assembly.precision = 10", "framework_cap = 1.5",
         "package.framework_cap is set twice; it cannot be set for second"),
        ('"log-uniform(1.05, 6)" }', '"log-uniform(1.05, 6)" }\nsettings = { demand = 2 }',
         "president.demand is unknown; it cannot be set for first"),
        # targets and weights
        ("B-ROUNDS = 0.25", "B-ROUNDS = -1", "B-ROUNDS has the weight -1; it must be a number "
         "in [0, 100]"),
        ("B-ROUNDS = 0.25", f"B-ROUNDS = {10**400}", "B-ROUNDS has the weight 1000000"),
        ("B-ROUNDS = 0.25", "B-ROUNDS = nan", "B-ROUNDS has the weight nan; it must be"),
        ("B-ROUNDS = 0.25", "B-ROUNDS = true", "B-ROUNDS has the weight True; it must be"),
        ("B-ROUNDS = 0.25", 'B-ROUNDS = "1"', "B-ROUNDS has the weight '1'; it must be"),
        ("B-ROUNDS = 0.25", "B-ROUND = 1", "B-ROUND is no target that these episodes are fitted "
         "to; did you mean 'B-ROUNDS'?"),
        ("B-ROUNDS = 0.25", "X = 1", "X is no target that these episodes are fitted to"),
        ("B-ROUNDS = 0.25", "B-MONTHS = 1", "B-MONTHS is no target that these episodes are fitted"),
        ("B-ROUNDS = 0.25", "B-CHANGE = 0\nB-ROUNDS = 0", "case 'second' has no target to fit; it "
         "needs a row with use fit and a weight above 0 in"),
        ('"first.toml"', '"second.toml"', "case 'second' stands twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_what_is_allowed(folder, old, new, said):
    text = PLAN.replace(old, new, 1)
    assert text != PLAN
    found = problems_of(folder, text)
    hits = [line for line in found if said in line]
    assert hits, found
    if "is missing" in said:
        assert hits == [f"mine.toml: {said}"]
        return
    lines = text.split("\n")
    told_of = '"second.toml"' if said.startswith("case") else new.split("\n")[-1]
    number = max(n for n, line in enumerate(lines, 1) if told_of in line)
    assert hits[0].startswith(f"mine.toml:{number}: {said}")


def test_every_problem_of_a_plan_is_told_at_once(folder):
    text = PLAN.replace("assembly.precision = 10", "assembly.precision = -1")
    text = text.replace("(1.15, 1.3)", "(1.25, 1.3)").replace("B-ROUNDS = 0.25", "X = 1")
    found = problems_of(folder, text)
    assert len(found) == 4  # the mean leaves out what both cases say


MEAN = '"ministry.reservation_mean" = "uniform(1.15, 1.3)"'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (MEAN, '"president.audience_cost" = "prior"', "president.audience_cost stands twice"),
        (MEAN, 'rounds_after_expiry = "prior"', "talks.rounds_after_expiry stands twice"),
        (MEAN, 'reservation_mean = "prior"', "'reservation_mean' is the end of several"),
        ("B-ROUNDS = 0.25", '"B.R" = 1\nB.R = 1', "B.R stands twice"),
    ],
)
def test_one_name_stands_once_however_it_is_spelt(folder, old, new, said):
    write_targets(folder, [*ROWS, ROWS[0].replace("A-CHANGE", "B.R")])
    found = problems_of(folder, PLAN.replace(old, new))
    assert any(said in line for line in found), found


def test_a_plan_that_fits_nothing_is_refused(folder):
    head = PLAN[: PLAN.index("[parameters]")]
    line = line_of("[parameters]")
    said = f"mine.toml:{line}: parameters is empty; it must hold at least one to fit"
    assert problems_of(folder, head + "[parameters]\n") == [said]
    with pytest.raises(InputError, match="episodes is empty; it must hold at least one case"):
        make_plan([], {"talks.precision": "prior"}, DAY)
    none = PLAN[: PLAN.index("[[episodes]]")] + PLAN[PLAN.index("[parameters]") :]
    assert problems_of(folder, none) == [
        "mine.toml: episodes is missing; it must be 1 to 60 tables [[episodes]]"
    ]


def test_an_episode_without_dates_is_refused(folder):
    start, end = CASE.index("[calendar]"), CASE.index("[president]")
    (folder / "first.toml").write_text(CASE[:start] + CASE[end:])
    assert problems_of(folder, PLAN) == [
        "first.toml: calendar is missing; it must be a table [calendar]"
    ]
    with pytest.raises(InputError, match="calendar is missing"):
        make_plan([str(folder / "first.toml")], {"talks.precision": "prior"}, DAY)


def test_a_wrong_table_of_targets_is_told_by_its_own_lines(folder):
    write_targets(folder, [ROWS[0].replace("2014-01-12", ""), *ROWS[1:4],
                           ROWS[4].replace(",9,10,", ",10,9,"), ROWS[5]])  # fmt: skip
    assert problems_of(folder, PLAN) == [
        "mine.csv:2: A-CHANGE: date is ''; it must be a day, such as 2019-11-19",
        "mine.csv:6: B-ROUNDS: low is 10; it must not be above high, 9",
    ]
    write_targets(folder, ROWS)
    early = PLAN.replace("known_on = 2019-11-19", "known_on = 2014-01-31")
    assert problems_of(folder, early) == [
        f"mine.csv:{line}: B-{what}: date is 2019-02-10; a row that is fitted must be known by "
        "2014-01-31" for line, what in ((5, "CHANGE"), (6, "ROUNDS"))
    ]  # fmt: skip


def test_what_python_gives_is_checked_as_well(folder):
    cases = [str(folder / "first.toml")]
    with pytest.raises(InputError) as refusal:
        make_plan(
            cases, {"talks.precision": "prior"}, datetime(2019, 11, 19), draws=True, seed=-1,
            name="a/b", unknown={"demand": "prior"}, settings={"third": {}},
            targets=folder / "mine.csv",
        )  # fmt: skip
    assert [line.split(" ")[0] for line in refusal.value.problems] == [
        "unknown", "settings", "name", "known_on", "draws", "seed",
    ]  # fmt: skip


def test_a_shipped_plan_is_found_by_its_name():
    assert shipped_plans() == sorted(path.stem for path in PLANS.glob("*.toml"))
    assert plan_path("korea_2019") == PLANS / "korea_2019.toml"
    assert plan_path("mine.toml") == Path("mine.toml")
    with pytest.raises(InputError, match="plan 'korea_1910' is not shipped; shipped are: korea_20"):
        plan_path("korea_1910")
    with pytest.raises(InputError, match=r"plan '../x' must be a file that ends in .toml or a"):
        plan_path("../x")


# what is fitted


def test_a_law_is_read_and_gives_its_quantiles():
    uniform, log = read_law("lapse_cost", "uniform(0, 0.02)"), read_law("talks.precision", "prior")
    assert uniform == FreeParameter("talks.lapse_cost", Prior("uniform", 0.0, 0.02))
    assert uniform.quantiles([[0.0, 0.25], [0.5, 1.0]]) == pytest.approx(
        np.array([[0.0, 0.005], [0.01, 0.02]])
    )
    assert log.quantiles([0.0, 0.5, 1.0]) == pytest.approx([8.0, (8 * 80) ** 0.5, 80.0])
    rounds = read_law("talks.rounds_after_expiry", "prior")
    assert rounds.whole and str(rounds.law) == "uniform(1, 16)"
    drawn = rounds.quantiles((np.arange(1600) + 0.5) / 1600)
    assert np.array_equal(np.unique(drawn, return_counts=True), [range(1, 17), [100] * 16])
    assert rounds.quantiles([0.0, 1.0]).tolist() == [1.0, 16.0]
    with pytest.raises(InputError, match=r"talks.precision is 'xxx.*\.\.\.; it must be"):
        read_law("talks.precision", "x" * 100)


def test_draws_of_a_plan_become_design_points_of_each_episode(folder):
    plan = read_plan(written(folder))
    theta = plan.theta(np.random.default_rng(0).random((40, len(plan.free))))
    assert list(theta) == [free.key for free in plan.free]
    first, second = (e.points(theta, solve=plan.limits) for e in plan.episodes)
    for name in ("president.audience_cost", "ministry.reservation_mean", "talks.precision"):
        field = name.replace(".", "_")
        assert np.array_equal(first.values[field], theta[name])
        assert np.array_equal(second.values[field], theta[name])
    assert np.array_equal(first.values["president_demand"], theta["first:president.demand"])
    assert (second.values["president_demand"] == 5000 / 896).all()
    assert np.array_equal(first.values["talks_rounds"], 5.0 + theta["talks.rounds_after_expiry"])
    assert (first.values["assembly_precision"] == 12.0).all()
    assert (second.values["assembly_precision"] == 10.0).all()


def test_what_was_reported_of_an_episode_is_asked_of_its_outcomes(folder):
    _, second = read_plan(written(folder)).episodes
    points = second.points({"president.audience_cost": [0.01, 0.1]})
    outcomes = negotiate(points, 200, seed=0)
    found = second.reported(outcomes, points)
    assert list(found) == ["agreed_change", "rounds"]
    assert np.array_equal(found["agreed_change"], 100 * (outcomes["amount"] - 1), equal_nan=True)


@pytest.mark.parametrize(
    ("theta", "said"),
    [
        ({}, "first:president.demand has no values; it is not known"),
        ({"first:talks.precision": 9}, "first:talks.precision is not among what is unknown"),
        ({"talks.precisions": 9}, "'talks.precisions' is not a parameter; did you mean"),
        ({"talks.rounds": 9}, "talks.rounds follows from the calendar"),
        ({"demand": 2}, "president.demand is set twice"),
        ({"talks.precision": [9, -1]}, "talks.precision is -1; it must be a number in [0, inf]"),
        ({"talks.precision": [9, 8], "lapse_cost": [0, 0, 0]},
         "talks.precision has 2 values beside columns of 3"),
        ({"talks.rounds_after_expiry": [1, 2, 2.5]}, "talks.rounds_after_expiry is 2.5; it must be "
         "a whole number in [1, 5], the rounds that the calendar lists after expiry"),
        ({"talks.rounds_after_expiry": 0}, "talks.rounds_after_expiry is 0; it must be"),
        ({"talks.rounds_after_expiry": [1, 2, 6]}, "talks.rounds_after_expiry is 6; it must be"),
        ({"talks.rounds_after_expiry": "x"},
         "talks.rounds_after_expiry is 'x'; it must be numbers"),
    ],
)  # fmt: skip
def test_draws_that_an_episode_cannot_have_are_refused(folder, theta, said):
    first, _ = read_plan(written(folder)).episodes
    known = {"first:president.demand": 1.5, "second:president.demand": "another's"}
    with pytest.raises(InputError) as refusal:
        first.points((known if theta else {}) | theta)
    assert str(refusal.value).startswith(f"first: {said}")


def test_an_episode_that_sets_a_parameter_takes_no_draws_of_it(scenario):
    episode = Episode(scenario, settings={"assembly.precision": 10.0})
    assert episode.points({}).values["assembly_precision"].tolist() == [10.0]
    with pytest.raises(InputError, match="korea_2019: assembly.precision is set twice"):
        episode.points({"assembly.precision": [11.0]})


def test_limits_are_tabled_where_a_plan_varies_them(folder):
    fitted = 'president.audience_cost = "prior"\nministry.confidence = "prior"\nshock_sd = "prior"'
    text = PLAN.replace('president.audience_cost = "prior"', fitted)
    plan = read_plan(written(folder, text))
    assert (plan.limits.confidence, plan.limits.shock) == ((0.6, 0.95), (0.02, 0.12))
    assert read_plan(written(folder)).limits.shock == (0.06, 0.06)


def test_a_plan_can_be_fitted_to_other_reports(folder):
    plan = read_plan(written(folder))
    moved = [replace(t, value=9.0) for t in plan.targets if t.statistic == "agreed_change"]
    other = plan.with_targets(moved)
    assert [t.id for t in other.targets] == ["A-CHANGE", "B-CHANGE"]
    assert other.targets_digest != plan.targets_digest
    with pytest.raises(
        InputError, match="A-CHANGE is of the case 'third'; it must be one of first"
    ):
        plan.with_targets([replace(moved[0], case="third")])


# the shipped plan


def test_the_shipped_plan_fits_seven_episodes_to_what_was_known_on_the_day():
    plan = read_plan("korea_2019")
    assert [episode.name for episode in plan.episodes] == [
        "korea_1998", "korea_2001", "korea_2006", "korea_2008", "korea_2013", "korea_2018",
        "korea_2019_november",
    ]  # fmt: skip
    assert plan.known_on == DAY and all(t.date <= DAY and t.use == "fit" for t in plan.targets)
    assert [t.statistic for t in plan.episodes[-1].targets] == ["first_break_off"]
    not_fitted = ("security.", "turnover.", "precedent.")
    known = [row.name for row in PARAMETERS if row.prior.law != "fixed"]
    fitted = [name for name in known if not name.startswith(not_fitted)]
    assert {free.name for free in plan.parameters} == set(fitted)
    assert all(free.law == read_law(free.name, "prior").law for free in plan.parameters)
    own = [free.key for free in plan.free[len(plan.parameters) :]]
    rounds = [f"{episode.name}:talks.rounds_after_expiry" for episode in plan.episodes]
    demands = ["korea_2006:president.demand", "korea_2008:president.demand"]
    assert sorted(own) == sorted(rounds + demands)


def test_the_shipped_episodes_can_be_played_at_the_ends_of_their_priors():
    plan = read_plan("korea_2019")
    theta = plan.theta(np.array([[0.0] * len(plan.free), [0.5] * len(plan.free)]))
    for episode in plan.episodes:
        points = episode.points(theta)
        outcomes = negotiate(points, 200, seed=0)
        for statistic, values in episode.reported(outcomes, points).items():
            assert values.shape == (2, 200), statistic
            assert not np.isnan(values).all(), (episode.name, statistic)

"""The answer of a study in sentences: every share with its interval and n, and no untruth."""

import re

import numpy as np
import pandas as pd
import pytest

from experiments import answer, estimate, run_study
from experiments.answer import BRACKETS, UNCALIBRATED, level, share, table
from experiments.run import Run
from experiments.study import Variant
from experiments.study_making import make_study
from sim import read_scenario

CASE = read_scenario("korea_2019")
REPORTED = 5000 / 896
SHARE = r"\d+\.\d+% \[\d+\.\d+%, \d+\.\d+%\]"
CHEAP = {"president.audience_cost": 0, "president.category_audience_cost": 0}


def told(**given):
    """The sentences, and the estimates they are of."""
    run = run_study(make_study(CASE, **({"replicates": 400, "seed": 0} | given)))
    estimates = estimate(run)
    return answer(run, estimates), estimates


def words_of(row, name="breakdown"):
    return f"{row[name]:.1%} [{row[f'{name}_low']:.1%}, {row[f'{name}_high']:.1%}]"


def test_the_case_alone_is_told_with_its_causes_the_most_frequent_first():
    (first, *rest), estimates = told()
    row = estimates.iloc[0]
    assert first.startswith(f"In the case the talks break down in {words_of(row)} of 400 negotia")
    causes = re.findall(rf"(lapse|walk-out|president's veto|refusal)[^:,]*? ({SHARE})", first)
    assert len(causes) == 4
    shares = [float(share.split("%")[0]) for _, share in causes]
    assert shares == sorted(shares, reverse=True)
    assert words_of(row, "lapse") in first
    assert rest == [UNCALIBRATED, BRACKETS]


def test_along_a_demand_it_is_told_at_the_reported_one_and_from_end_to_end():
    lines, estimates = told(vary={"demand": [1.5, REPORTED, 8]})
    low, reported, high = estimates.to_dict("records")
    assert lines[0].startswith(
        f"At the {CASE.reported.label} ($5bn, 5.58 times the payment) the talks break down in "
        f"{words_of(reported)} of 400 negotiations: "
    )
    assert lines[1] == (
        "As public demand grows from 1.50 payments ($1.34bn) to 8.00 payments ($7.17bn), breakdown "
        f"goes from {words_of(low)} to {words_of(high)} (n = 400 each)."
    )


def test_a_level_of_the_case_is_claimed_only_where_it_was_played():
    lines, _ = told(vary={"demand": [1.5, 5.0]})
    assert not any("reported" in line for line in lines)
    lines, _ = told(vary={"assembly.shift": [-0.1, 0.1]})
    assert not any("as in the case" in line for line in lines)
    lines, estimates = told(vary={"assembly.shift": [-0.1, 0, 0.1]})
    assert lines[0].startswith(
        f"At assembly.shift = 0 payments, as in the case, the talks break down in "
        f"{words_of(estimates.iloc[1])} of 400 negotiations"
    )


def test_codes_are_told_by_name_and_do_not_grow():
    lines, _ = told(vary={"ministry.policy": ["heuristic", "take_it_or_leave_it"]})
    assert "team bargains changes from heuristic to take it or leave it, breakdown" in lines[1]


def test_an_infinite_level_is_told_as_such():
    lines, _ = told(vary={"ministry.reading_noise": [0, 0.1, np.inf]})
    assert lines[0].startswith("At ministry.reading_noise = inf payments, as in the case,")
    lines, _ = told(
        vary={"ministry.reading_noise": [0, np.inf], "talks.precision": [10, np.inf]},
        variants={"case": {}, "cheap_talk": CHEAP},
    )
    assert any("ministry.reading_noise = inf payments, talks.precision = 10" in line
               for line in lines)  # fmt: skip


def test_over_several_parameters_the_ends_are_told():
    (first, *_), estimates = told(vary={"demand": [1.5, 5], "assembly.shift": [-0.1, 0.1]})
    rows = estimates.sort_values("breakdown", kind="stable").to_dict("records")
    assert first.startswith("Over 4 settings breakdown is rarest at president.demand = 1.50")
    assert f": {words_of(rows[0])}; most frequent at " in first
    assert first.endswith(f": {words_of(rows[-1])} (n = 400 each).")


def test_settings_that_hold_everywhere_are_said():
    lines, _ = told(settings={"president.audience_cost": 0.1, "ministry.policy": 1})
    assert (
        "Everywhere president.audience_cost = 0.1, ministry.policy = take it or leave it." in lines
    )


def test_a_reference_that_is_not_the_case_is_named():
    arms = [Variant("asked", "new category asked"), Variant("not_asked", "", CHEAP)]
    lines, _ = told(vary={"demand": [1.5, 5]}, variants=arms)
    assert "new category asked" in lines[0]
    lines, _ = told(vary={"demand": [1.5, 5]}, variants=arms[:1])
    assert "new category asked" in lines[0]


def test_a_variant_is_told_as_a_difference_with_its_interval_and_its_pairs():
    lines, estimates = told(
        vary={"demand": [1.5, REPORTED]}, variants={"case": {}, "cheap_talk": CHEAP}
    )
    (said,) = (line for line in lines if line.startswith("- cheap talk: "))
    row = estimates.iloc[3]
    points = -100 * row["breakdown_difference"]
    number, low, high = map(
        float, re.search(r"takes off ([\d.]+) points \[([\d.]+), ([\d.]+)\]", said).groups()
    )
    assert number == pytest.approx(points, abs=0.51)
    assert low == pytest.approx(-100 * row["breakdown_difference_high"], abs=0.51)
    assert high == pytest.approx(-100 * row["breakdown_difference_low"], abs=0.51)
    assert "(n = 400 pairs)" in said
    assert words_of(row) in said
    assert "Against case at president.demand = 5.58 payments ($5bn):" in lines


def test_with_draws_of_their_own_variants_are_no_pairs():
    lines, _ = told(variants={"case": {}, "cheap_talk": CHEAP}, draws="independent")
    assert any("(n = 400 each)" in line for line in lines)
    assert not any("pairs" in line for line in lines)


def test_where_n_differs_its_ends_are_told():
    lines, estimates = told(
        vary={"demand": [1.1, 3.0]}, replicates=8192, precision=0.02
    )  # fmt: skip
    assert estimates["n"].nunique() == 2
    low, high = estimates["n"].min(), estimates["n"].max()
    assert any(f"n = {low:,} to {high:,} each" in line for line in lines)


def test_another_outcome_is_told_by_its_own_name():
    lines, estimates = told(outcome="any_veto")
    assert lines[0] == (
        f"In the case some veto: in {words_of(estimates.iloc[0], 'any_veto')} of 400 negotiations."
    )


@pytest.mark.parametrize(
    "given",
    [
        {"vary": {"demand": (1.5, 6)}, "design": "latin_hypercube", "size": 20},
        {"vary": {"demand": [1.5, REPORTED], "president.audience_cost": "prior"}, "size": 20},
    ],
)
def test_over_draws_the_spread_of_settings_is_told_and_is_no_interval(given):
    (first, *_), estimates = told(**given)
    rows = estimates
    if len(rows) > 20:
        rows = rows[rows["president.demand"] == REPORTED]
        assert "at president.demand = 5.58 payments ($5bn)" in first
    low, high = np.quantile(rows["breakdown"], [0.05, 0.95])
    assert first.startswith("Over 20 settings of president.")
    mean = rows["breakdown"].mean()
    assert f"{mean:.1%} on average and between {low:.1%} and {high:.1%} in nine" in first
    assert "n = 400 each" in first
    assert "[" not in first


def test_a_refined_study_says_that_it_played_a_part():
    vary = {"demand": np.linspace(1.05, 8, 17), "assembly.shift": np.linspace(-0.2, 0.2, 17)}
    (first, *_), estimates = told(vary=vary, refine=True)
    assert len(estimates) < 17 * 17
    assert first.startswith(f"Over {len(estimates)} settings played, near the line of 1/2, break")


def test_what_failed_is_told():
    run = run_study(make_study(CASE, replicates=50))
    counts = run.counts.assign(failed=3)
    broken = Run(run.study, run.design, counts, {})
    assert "3 negotiations failed and are counted in no share." in answer(broken, estimate(broken))


def test_where_everything_failed_no_share_is_told():
    arms = {"case": {}, "cheap_talk": CHEAP}
    run = run_study(make_study(CASE, vary={"demand": [1.5, 3]}, variants=arms, replicates=50))
    counts = run.counts.copy()
    numbers = counts.select_dtypes("number").columns.difference(["design_point"])
    counts[numbers] = 0
    counts["failed"] = 50
    for name in ("ends", "first_walk_outs"):
        counts[name] = [row * 0 for row in counts[name]]
    for name in ("amount_bins", "amount_counts"):
        counts[name] = [row[:0] for row in counts[name]]
    broken = Run(run.study, run.design, counts, {})
    lines = answer(broken, estimate(broken))
    assert "200 negotiations failed and are counted in no share." in lines
    assert not any("%" in line for line in lines if line != BRACKETS)
    assert "nan" not in "".join(lines)


# pieces


def row_of(value, low, high):
    return {"x": value, "x_low": low, "x_high": high}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (row_of(0.591, 0.584, 0.597), "59.1% [58.4%, 59.7%]"),
        (row_of(0.00141, 0.00134, 0.00149), "0.141% [0.134%, 0.149%]"),
        (row_of(0.0, 0.0, 0.00019), "0.000% [0.000%, 0.019%]"),
        (row_of(0.5, 0.4999, 0.5001), "50.000% [49.990%, 50.010%]"),
        (row_of(0.5, 0.5, 0.5), "50.000000% [50.000000%, 50.000000%]"),
    ],
)
def test_a_share_has_the_digits_that_its_interval_is_worth(row, words):
    assert share(row, "x") == words


def test_a_level_has_its_unit():
    study = make_study(CASE)
    assert level(study, "president.demand", REPORTED) == "5.58 payments ($5bn)"
    assert level(study, "talks.protocol", 1.0) == "double auction"
    assert level(study, "talks.rounds", 10.0) == "10 rounds"
    assert level(study, "turnover.probability", 0.5) == "0.5"


def test_a_table_shows_a_dozen_rows_evenly_and_says_of_how_many():
    _, estimates = told(vary={"demand": np.linspace(1, 8, 50)}, replicates=20)
    study = make_study(CASE, vary={"demand": [1]})
    lines = table(study, estimates)
    assert len(lines) == 14
    assert lines[0].split() == [
        "president.demand",
        "n",
        "breakdown",
        "median",
        "deal",
        "of",
        "deals",
    ]
    assert lines[1].split()[:2] == ["1", "20"]
    assert lines[12].split()[:2] == ["8", "20"]
    assert lines[13] == "(12 of 50 rows)"
    assert len({len(line) for line in lines[:13]}) == 1
    assert len(table(study, pd.DataFrame(estimates[:5]))) == 6

"""Reported figures as targets: read with every problem told, and held-out rows out of reach."""

import csv
import io
import math
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from experiments.calibration.statistics import STATISTICS
from experiments.calibration.targets import (
    COLUMNS,
    MAX_BYTES,
    MAX_ROWS,
    Target,
    draw_report,
    fit_rows,
    hold_out_rows,
    log_kernel,
    read_targets,
    targets_digest,
    targets_path,
)
from sim import InputError
from sim.case_file import MAX_PROBLEMS

DAY = date(2019, 11, 19)
ROW = {
    "id": "T-1", "case": "korea_2013", "agreement": "9", "statistic": "agreed_change",
    "use": "fit", "weight": "1", "low": "", "high": "", "error": "1", "value": "5.8",
    "unit": "percent", "date": "2014-01-12", "source_title": "A paper, of note",
    "source_url": "https://example.org", "evidence": "A09-003", "confidence": "high", "note": "",
}  # fmt: skip
FLAG = {"statistic": "lapsed", "unit": "yes or no", "value": "1", "error": "0.05"}
HIDDEN = {"id": "T-2", "use": "hold-out", "value": "five", "weight": "?", "date": "later",
          "statistic": "who knows", "unit": ""}  # fmt: skip


def table(*rows, columns=COLUMNS):
    """The text of a table, each row given by what differs from the usual one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([(ROW | row).get(name, "") for name in columns])
    return out.getvalue()


@pytest.fixture
def written(tmp_path):
    """Write a text as a table; gives its path."""

    def write(text):
        path = tmp_path / "mine.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems_of(read, *args):
    with pytest.raises(InputError) as refusal:
        read(*args)
    assert refusal.value.exit_code == 2
    return [line.split("mine.csv:")[-1] for line in refusal.value.problems]


def target(**told):
    """A target, checked by nothing."""
    usual = {
        "id": "T", "case": "c", "agreement": "9", "statistic": "months", "use": "fit",
        "weight": 1.0, "value": None, "low": None, "high": None, "error": 1.0, "unit": "months",
        "date": DAY,
    }  # fmt: skip
    return Target(**(usual | told))


# reading


def test_a_row_is_read_as_it_stands(written):
    (found,) = read_targets(written(table({"error": "0.5", "note": "two\nlines"})))
    assert found == Target(
        "T-1", "korea_2013", "9", "agreed_change", "fit", 1.0, 5.8, None, None, 0.5, "percent",
        date(2014, 1, 12), "A paper, of note", "https://example.org", "A09-003", "high",
        "two\nlines",
    )  # fmt: skip
    assert found.as_json()["date"] == "2014-01-12"


def test_empty_lines_a_byte_order_mark_and_other_columns_do_no_harm(written):
    text = table({}, columns=("extra", *COLUMNS)).replace("\n", "\n\n")
    assert [t.id for t in read_targets(written(b"\xef\xbb\xbf" + text.encode()))] == ["T-1"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": ""}, "a row: id is ''; it must be letters, digits, _ . - (at most 64)"),
        ({"id": "../x"}, "../x: id is '../x'; it must be letters, digits, _ . - (at most 64)"),
        ({"use": "train"}, "T-1: use is 'train'; it must be one of fit, hold-out, check"),
        ({"case": "../x"}, "T-1: case is '../x'; it must be the name of a case"),
        ({"statistic": "month"},
         "T-1: statistic is 'month', which is none; did you mean 'months'?"),
        ({"statistic": "?"}, "T-1: statistic is '?', which is none; there are: agreed_change, "
         + ", ".join(sorted(STATISTICS)[1:])),
        ({"unit": "share"}, "T-1: unit is 'share'; agreed_change is in 'percent'"),
        ({"weight": "-0.1"}, "T-1: weight is -0.1; it must be a number in [0, 100]"),
        ({"weight": ""}, "T-1: weight is missing; it must be a number in [0, 100]"),
        ({"weight": "101"}, "T-1: weight is 101; it must be a number in [0, 100]"),
        ({"value": "1e10"}, "T-1: value is '1e10'; it must be a number in [-1e+09, 1e+09]"),
        ({"weight": "inf"}, "T-1: weight is 'inf'; it must be a number in [-1e+09, 1e+09]"),
        ({"value": "x" * 90},
         f"T-1: value is '{'x' * 56}...; it must be a number in [-1e+09, 1e+09]"),
        ({"value": "-101"}, "T-1: value is -101; agreed_change lies in [-100, inf]"),
        ({"value": "", "low": "-101"}, "T-1: low is -101; agreed_change lies in [-100, inf]"),
        ({"value": ""}, "T-1: value is missing; a target needs a value, or low, or high"),
        ({"value": "", "low": "6", "high": "5"}, "T-1: low is 6; it must not be above high, 5"),
        ({"value": "7", "low": "5", "high": "6"},
         "T-1: value is 7; it must lie between low and high, 5 and 6"),
        ({"low": "5", "high": "5", "value": "", "error": ""},
         "T-1: error is missing; where low and high are equal it must be the sd of the report in "
         "percent, above 0"),
        ({"low": "5"}, "T-1: low stands beside a value; give a value, or low and high, or one "
         "bound alone"),
        ({"high": "7"}, "T-1: high stands beside a value; give a value, or low and high, or one "
         "bound alone"),
        ({"error": ""},
         "T-1: error is missing; it must be the sd of the report in percent, above 0"),
        ({"value": "", "low": "6", "error": ""},
         "T-1: error is missing; it must be the sd of the report in percent, above 0"),
        ({"error": "0"}, "T-1: error is 0; it must be the sd of the report in percent, above 0"),
        ({"error": "-1", "low": "1", "high": "9"},
         "T-1: error is -1; it must be the sd of the report in percent, above 0"),
        ({"date": "2014-01"}, "T-1: date is '2014-01'; it must be a day, such as 2019-11-19"),
        ({"date": "2014-02-30"}, "T-1: date is '2014-02-30'; it must be a day, such as 2019-11-19"),
        (FLAG | {"error": "0.5"}, "T-1: error is 0.5; it must be the probability that the report "
         "is wrong, in (0, 0.5)"),
        (FLAG | {"error": "0"}, "T-1: error is 0; it must be the probability that the report is "
         "wrong, in (0, 0.5)"),
        (FLAG | {"error": ""}, "T-1: error is missing; it must be the probability that the report "
         "is wrong, in (0, 0.5)"),
        (FLAG | {"value": ""}, "T-1: value is missing; lapsed is yes or no: 0 or 1"),
        (FLAG | {"value": "0.7"}, "T-1: value is 0.7; lapsed is yes or no: 0 or 1"),
        (FLAG | {"low": "0"}, "T-1: low is given; lapsed is yes or no and has a value of 0 or 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_told_with_its_line_and_what_is_allowed(written, row, said):
    path = written(table({"id": "T-0"}, row))
    assert problems_of(read_targets, path) == [f"3: {said}"]


def test_every_problem_is_told_at_once_up_to_a_hundred(written):
    path = written(table(*({"id": f"T-{n}", "weight": "-1", "error": "0"} for n in range(60))))
    found = problems_of(read_targets, path)
    assert len(found) == MAX_PROBLEMS + 1
    assert found[0].startswith("2: T-0: weight") and found[1].startswith("2: T-0: error")
    assert found[-1].endswith("and 20 more problems")


def test_an_id_stands_once_whatever_the_use(written):
    path = written(table({}, {"use": "hold-out"}))
    said = ["3: T-1: id stands on line 2 too; it must be there once"]
    assert problems_of(read_targets, path) == said
    assert problems_of(fit_rows, path, DAY) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table({}, columns=[c for c in COLUMNS if c not in ("error", "use")]),
         "needed once each, and not there, are use, error"),
        ("", "1: the columns are none; needed once each, and not there, are id, case,"),
        (table({}, columns=[*COLUMNS, "use"]), "needed once each, and not there, are use"),
        (table({}) + "T-2,too,few\n", "3: has 3 cells; it must be 17"),
        (table({}) + 'T-2,"never closed\n', "3: is not a table: unexpected end of data"),
        (table({}).encode() + b"\xff", "is not UTF-8 text"),
        (table({"note": "x" * 140_000}), "is not a table: field larger than field limit"),
        ("x" * (MAX_BYTES + 1), f"larger than the {MAX_BYTES} bytes that a table may have"),
        (table(*({"id": f"T-{n}"} for n in range(MAX_ROWS + 1))), "more than the 2000 rows"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_targets_is_refused(written, text, said):
    (found,) = problems_of(read_targets, written(text))
    assert said in found


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_targets(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is not a file"):
        (tmp_path / "folder.csv").mkdir()
        read_targets(tmp_path / "folder.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_targets("a\0b.csv")
    with pytest.raises(InputError, match=r"targets is 'mine.txt'; it must be 'targets'"):
        read_targets("mine.txt")


# what may be fitted


def test_nothing_that_fits_reads_a_held_out_row(written):
    path = written(table({}, HIDDEN, HIDDEN | {"id": "T-3", "use": "check"}))
    assert [t.id for t in fit_rows(path, DAY)] == ["T-1"]
    assert len(problems_of(read_targets, path)) == 8
    assert {line.split(":")[1] for line in problems_of(hold_out_rows, path)} == {" T-2"}


def test_held_out_rows_are_read_on_their_own(written):
    path = written(table({"value": "five"}, {"id": "T-2", "use": "hold-out", "date": "2021-03-07"}))
    (found,) = hold_out_rows(path)
    assert (found.id, found.use) == ("T-2", "hold-out")
    assert hold_out_rows(path, {"korea_2018"}) == ()


def test_a_row_that_was_not_known_on_the_day_is_not_fitted(written):
    path = written(table({"date": "2019-11-19"}, {"id": "T-2", "date": "2019-11-20"}))
    assert problems_of(fit_rows, path, DAY) == [
        "3: T-2: date is 2019-11-20; a row that is fitted must be known by 2019-11-19"
    ]
    assert len(fit_rows(path, date(2019, 11, 20))) == 2


def test_rows_of_other_episodes_are_left_alone_but_a_misspelt_case_is_not(written):
    other = {"id": "T-2", "case": "korea_2019", "value": "five"}
    path = written(table({}, other))
    assert [t.id for t in fit_rows(path, DAY, {"korea_2013"})] == ["T-1"]
    path = written(table({}, other, {"id": "T-3", "case": "korea_2031"}))
    (said,) = problems_of(fit_rows, path, DAY, {"korea_2013"})
    assert said.startswith("4: T-3: case is 'korea_2031', which is no case; did you mean 'korea_20")
    assert [t.id for t in fit_rows(path, DAY, {"korea_2031", "korea_2013"})] == ["T-1", "T-3"]


# the shipped ones


def test_the_shipped_targets_can_be_read_and_what_was_learnt_later_is_held_out():
    rows = read_targets()
    assert {*targets_path("targets").parts} >= {"seeds", "reported", "targets.csv"}
    assert all(row.use == "hold-out" for row in rows if row.date > DAY)
    assert len(hold_out_rows()) >= 10
    assert {row.statistic for row in rows} <= {*STATISTICS}
    fitted = fit_rows("targets", DAY)
    assert fitted == tuple(row for row in rows if row.use == "fit")
    assert not {"increase_share", "settled_to_demand"} & {row.statistic for row in fitted}


def test_the_digest_follows_what_targets_say_and_not_their_words():
    one = target(value=6.0)
    assert targets_digest([one]) == targets_digest([target(value=6.0, note="new words")])
    others = [target(value=6.1), target(value=6.0, error=2.0), target(value=6.0, weight=0.5)]
    assert len({targets_digest([t]) for t in [one, *others]}) == 4


# kernels

VALUES = np.array([[-1.0, 5.0, 6.2], [7.0, 40.0, np.nan]])


@pytest.mark.parametrize(
    ("told", "law"),
    [
        ({"value": 6.2, "error": 0.7}, lambda s: norm.logpdf(s, 6.2, 0.7)),
        ({"low": 5.0, "high": 7.0, "error": None}, lambda s: norm.logpdf(s, 6.0, 2.0 / 3.29)),
        ({"low": 5.0, "high": 7.0, "error": 0.5, "value": 6.5},
         lambda s: norm.logpdf(s, 6.0, math.sqrt((2.0 / 3.29) ** 2 + 0.25))),
        ({"low": 6.0, "error": 0.5}, lambda s: norm.logcdf((s - 6.0) / 0.5)),
        ({"high": 6.0, "error": 0.5}, lambda s: norm.logcdf((6.0 - s) / 0.5)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_the_kernel_of_a_number(told, law, weight):
    found = log_kernel(target(weight=weight, **told), VALUES)
    assert found.shape == VALUES.shape and found.dtype == np.float64
    assert found[1, 2] == -np.inf
    assert found.ravel()[:-1] == pytest.approx(weight * law(VALUES.ravel()[:-1]), rel=1e-10)


def test_an_interval_holds_nine_tenths():
    one = target(low=5.0, high=7.0, error=None)
    inside = np.linspace(5.0, 7.0, 2001)
    assert np.trapezoid(np.exp(log_kernel(one, inside)), inside) == pytest.approx(0.9, abs=1e-3)


def test_the_kernel_of_yes_or_no_allows_for_a_wrong_report():
    no = target(statistic="broken_off", value=0.0, error=0.2)
    assert np.exp(log_kernel(no, [0.0, 1.0, np.nan])) == pytest.approx([0.8, 0.2, 0.0])
    yes = target(statistic="broken_off", value=1.0, error=0.2, weight=2.0)
    assert np.exp(log_kernel(yes, [0.0, 1.0])) == pytest.approx([0.04, 0.64])


def test_a_value_beyond_all_measure_has_kernel_0_without_a_warning():
    assert log_kernel(target(value=6.0, error=1e-9), [1e300, np.inf]).tolist() == [-np.inf] * 2


def test_a_target_without_weight_says_nothing():
    assert (log_kernel(target(value=6.0, weight=0.0), VALUES) == 0.0).all()


# synthetic reports

UNIFORMS = (np.arange(4000) + 0.5) / 4000


def test_a_synthetic_report_of_a_number_has_the_error_of_its_target():
    drawn = np.array([draw_report(target(value=6.0, error=0.7), 9.0, u).value for u in UNIFORMS])
    assert drawn.mean() == pytest.approx(9.0, abs=1e-3)
    assert drawn.std() == pytest.approx(0.7, rel=5e-3)
    tempered = target(value=6.0, error=0.7, weight=0.25)
    drawn = np.array([draw_report(tempered, 9.0, u).value for u in UNIFORMS])
    assert drawn.std() == pytest.approx(1.4, rel=5e-3)
    assert math.isfinite(draw_report(target(value=6.0), 9.0, 0.0).value)


def test_a_synthetic_interval_keeps_its_width_and_moves_by_its_error():
    one = target(low=5.0, high=8.0, value=5.5, error=0.4)
    drawn = [draw_report(one, 9.0, u) for u in UNIFORMS]
    assert all(t.high - t.low == pytest.approx(3.0) and t.low <= t.value <= t.high for t in drawn)
    middles = np.array([t.centre for t in drawn])
    assert middles.mean() == pytest.approx(9.0, abs=1e-3)
    assert middles.std() == pytest.approx(math.hypot(3.0 / 3.29, 0.4), rel=5e-3)
    assert draw_report(target(low=5.0, high=8.0), 9.0, 0.5).value is None


@pytest.mark.parametrize("weight", [1.0, 2.0])
def test_a_synthetic_yes_or_no_is_wrong_as_often_as_its_kernel_says(weight):
    one = target(statistic="lapsed", value=0.0, error=0.2, weight=weight)
    for truth in (0.0, 1.0):
        wrong = np.mean([draw_report(one, truth, u).value != truth for u in UNIFORMS])
        kernel = np.exp(log_kernel(one, [0.0, 1.0]))
        assert wrong == pytest.approx(kernel[1] / kernel.sum(), abs=1e-3)


def test_a_synthetic_bound_turns_round_as_often_as_the_value_lies_beyond_it():
    one = target(low=6.0, error=0.5)
    drawn = [draw_report(one, 6.3, u) for u in UNIFORMS]
    assert {(t.low, t.high) for t in drawn} == {(6.0, None), (None, 6.0)}
    above = np.mean([t.low is not None for t in drawn])
    assert above == pytest.approx(np.exp(log_kernel(one, 6.3)), abs=1e-3)
    assert draw_report(target(high=6.0, error=0.5), 1.0, 0.5).high == 6.0


def test_nothing_is_reported_of_what_is_undefined():
    with pytest.raises(InputError, match="T: months is undefined; nothing can be reported"):
        draw_report(target(value=6.0), math.nan, 0.5)

"""Every fast row of the docking holds, and the report on them says so or says that one does not."""

import dataclasses
import math
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from experiments import docking, verification
from experiments.cli import main
from experiments.docking.row import FAST_REPLICATES, KINDS, Got, Row, judge, run_row, run_rows

ROWS = docking.all_rows()
FAST = [row for row in ROWS if row.fast]


@pytest.mark.parametrize("row", FAST, ids=lambda row: row.id)
def test_the_model_agrees_with_theory(row):
    verdict = run_row(row, FAST_REPLICATES)
    assert verdict.verdict == "pass", f"{row.statement}: {verdict}"


def test_there_are_rows_in_every_section_and_each_says_what_it_is():
    assert len(ROWS) >= 150
    assert len(FAST) >= 100
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert {row.id[0] for row in ROWS} == set(docking.SECTIONS)
    for row in ROWS:
        assert re.fullmatch(r"[A-I]\d\w*(\.\S.*)?", row.id), row.id
        assert row.statement and row.source and row.limit, row.id
        assert row.kind in KINDS, row.id
        assert row.engine in ("kernel", "kernel and Mesa", "Mesa", "rules", "function"), row.id


def test_most_rows_that_need_an_engine_are_put_to_it():
    engines = [row.engine for row in ROWS]
    assert sum(engine in ("kernel", "kernel and Mesa", "Mesa") for engine in engines) >= 150


def a_row(value=1.0, expected=1.0, *, kind="D", **more):
    return Row("I9.made-up", "a statement", "a source", "a limit", kind, expected,
               lambda n, seed: Got(value, n), **more)  # fmt: skip


def test_a_row_must_lie_within_its_tolerance():
    assert judge(a_row(1.0 + 1e-9, tolerance=1e-8), Got(1.0 + 1e-9)) == (True, 1e-8)
    assert not judge(a_row(tolerance=1e-8), Got(1.0 + 1e-7))[0]
    assert not judge(a_row(expected=(1.0, 2.0)), Got((1.0, 2.1)))[0]
    assert not judge(a_row(), Got(math.nan))[0]


def test_a_sign_is_more_than_zero_and_a_bound_is_not_exceeded():
    assert judge(a_row(kind="S"), Got((0.1, 2.0)))[0]
    assert not judge(a_row(kind="S"), Got((0.1, 0.0)))[0]
    assert judge(a_row(kind="R"), Got(0.5))[0]
    assert not judge(a_row(kind="R"), Got(1.5))[0]


def test_certain_events_allow_no_exception_and_others_are_tested():
    never = a_row(kind="P", expected=0.0)
    assert judge(never, Got(0.0, 60_000, 0))[0]
    assert not judge(never, Got(1 / 60_000, 60_000, 1))[0]
    half = a_row(kind="P", expected=0.5)
    assert judge(half, Got(0.51, 1000, 510))[0]
    assert not judge(half, Got(0.6, 1000, 600))[0]
    assert judge(half, Got(0.503, 1000, error=0.001))[0]
    assert not judge(half, Got(0.505, 1000, error=0.001))[0]


def test_a_frequency_that_fails_is_drawn_again_with_four_times_the_replicates():
    asked = []

    def run(n, seed):
        asked.append((n, seed))
        events = n if len(asked) == 1 else n // 2
        return Got(events / n, n, events)

    row = Row("I9.again", "s", "s", "l", "P", 0.5, run, n=1000)
    verdict = run_row(row)
    assert verdict.verdict == "pass"
    assert asked == [(1000, row.seed), (4000, row.seed + 1)]
    assert verdict.got.n == 4000


def test_a_row_that_cannot_be_computed_has_failed_and_the_others_go_on():
    def broken(n, seed):
        raise ZeroDivisionError("of a law")

    rows = [Row("I9.broken", "s", "s", "l", "D", 1.0, broken), a_row()]
    table = run_rows(rows, threads=2)
    assert table["verdict"].tolist() == ["fail", "pass"]
    assert "ZeroDivisionError" in table["reason"][0]


def test_a_row_with_too_few_replicates_is_skipped_with_its_reason():
    (line,) = run_rows([a_row(n=5000, least=1000)], most=100).to_dict("records")
    assert line["verdict"] == "skipped"
    assert "1,000" in line["reason"]


def test_the_number_of_threads_changes_no_value():
    rows = [row for row in ROWS if row.id.startswith("D7")]
    assert run_rows(rows, most=2000).equals(run_rows(rows, most=2000, threads=2))


def test_the_slow_rows_are_left_out_of_the_fast_run():
    told = []
    rows = [a_row(), a_row(fast=False)]
    assert len(run_rows(rows, True, told.append)) == 1
    assert len(run_rows(rows, False)) == 2
    assert told == [1]


@pytest.fixture
def made_up(monkeypatch):
    """The command with made-up rows in place of the real ones."""

    def use(*rows):
        monkeypatch.setattr(verification, "all_rows", lambda: list(rows))

    return use


def verify(folder, *options):
    return CliRunner().invoke(main, ["verify", "--out", str(folder), "--rows", "I9", *options])


def test_a_report_is_written_whole(tmp_path, made_up):
    made_up(a_row())
    result = verify(tmp_path / "report")
    assert result.exit_code == 0, result.output
    assert "1 rows: 1 hold, 0 fail, 0 skipped" in result.output
    files = {path.name for path in (tmp_path / "report").iterdir()}
    assert files == {"report.csv", "report.md", "report.html", "manifest.json"}
    table = pd.read_csv(tmp_path / "report" / "report.csv")
    assert table["ID"].tolist() == ["I9.made-up"]
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert "src=" not in page.replace('src="data:', "")
    for cell in ("I9.made-up", "a statement", "a source", "a limit", "1 hold"):
        assert cell in page
    markdown = (tmp_path / "report" / "report.md").read_text()
    assert "| I9.made-up | a statement | a source | a limit |" in markdown


def test_a_failing_row_gives_exit_code_1_and_is_named(tmp_path, made_up):
    made_up(a_row(2.0), a_row(n=5, least=10))
    result = verify(tmp_path)
    assert result.exit_code == 1
    assert "0 hold, 1 fail, 1 skipped" in result.output
    assert "I9.made-up: expected 1, got 2" in result.output
    assert "class=fail" in (tmp_path / "report.html").read_text()


def test_rows_that_do_not_exist_are_an_error(tmp_path, made_up):
    made_up(a_row())
    result = CliRunner().invoke(main, ["verify", "--out", str(tmp_path), "--rows", "Z"])
    assert result.exit_code == 2
    assert "--rows is 'Z'" in result.output


def test_a_report_that_cannot_be_written_is_refused_before_a_row_is_played(tmp_path, made_up):
    played = []
    made_up(dataclasses.replace(a_row(), run=lambda n, _seed: played.append(n)))
    (tmp_path / "a file").write_text("kept")
    result = verify(tmp_path / "a file")
    assert result.exit_code == 6
    assert "cannot be written: Not a directory" in result.output
    assert played == []
    assert (tmp_path / "a file").read_text() == "kept"


def test_the_figures_are_drawn_with_their_provenance(tmp_path):
    manifest = verification.make_manifest(True, "")
    pictures = verification.draw(tmp_path, manifest, 200)
    assert {path.stem for path in pictures} == set(verification.FIGURES)
    for picture in pictures:
        assert b"winset" in picture.read_bytes()
        assert picture.with_suffix(".svg").stat().st_size > 1000
    page = verification.as_page(run_rows([a_row()]), manifest, pictures)
    assert page.count("data:image/png;base64,") == 4

"""The main job: the same numbers however it is run, and nothing lost or half-written on the way."""

import errno
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments import estimate, run_sweep
from experiments.results.legacy import ResultsError, read_block, read_negotiations, write_json
from experiments.sweep import DEFAULT_DEMANDS, MAX_NEGOTIATIONS, answer, make_design, summarise
from sim import OUTCOME, Ending, InputError, negotiate

REPORTED = 5000 / 896
DEMANDS = [1.5, 3.0]
RUN = {"demands": DEMANDS, "replicates": 60, "seed": 7}
BLOCKS = 6  # two demands and the reported one, each as in the case and as cheap talk


@pytest.fixture(scope="module")
def in_memory(scenario):
    """The sweep of this file, played without a folder."""
    return run_sweep(scenario, **RUN)


def same(one, other):
    pd.testing.assert_frame_equal(one.summary, other.summary, check_exact=True)
    pd.testing.assert_frame_equal(estimate(one), estimate(other), check_exact=True)
    assert one.manifest == other.manifest


def blocks(folder):
    return sorted((folder / "negotiations").iterdir())


def everything(folder):
    """Every file of a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# the same numbers


@pytest.mark.parametrize("threads", [1, 2, None])
@pytest.mark.parametrize("kept", [False, True])
def test_the_numbers_depend_neither_on_threads_nor_on_a_folder(
    scenario, in_memory, tmp_path, threads, kept
):
    folder = tmp_path / "run" if kept else None
    same(run_sweep(scenario, **RUN, threads=threads, folder=folder), in_memory)


def test_two_runs_leave_the_same_bytes(scenario, tmp_path):
    for name in ("one", "two"):
        run_sweep(scenario, **RUN, folder=tmp_path / name, threads=1 if name == "one" else 2)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_another_seed_gives_other_numbers(scenario, in_memory):
    other = run_sweep(scenario, **{**RUN, "seed": 8})
    assert not other.summary.equals(in_memory.summary)


def test_progress_counts_every_negotiation(scenario):
    told = []
    run_sweep(scenario, **RUN, threads=2, progress=told.append)
    assert told == [60] * BLOCKS


class StoppedError(Exception):
    """What stops a run from outside."""


@pytest.mark.parametrize("after", [1, 3, 5])
def test_an_interrupted_run_goes_on_without_playing_finished_blocks_again(
    scenario, in_memory, tmp_path, after
):
    told = []

    def stop(count):
        told.append(count)
        if len(told) == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_sweep(scenario, **RUN, folder=tmp_path, threads=1, progress=stop)
    assert json.loads((tmp_path / "manifest.json").read_text())["complete"] is False
    with pytest.raises(InputError, match="the run is not complete; start it again to finish it"):
        read_negotiations(tmp_path)
    finished = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in blocks(tmp_path)}
    assert after <= len(finished) <= BLOCKS

    same(run_sweep(scenario, **RUN, folder=tmp_path), in_memory)
    for path, stamp in finished.items():
        assert (path.stat().st_mtime_ns, path.stat().st_ino) == stamp
    assert len(blocks(tmp_path)) == BLOCKS
    assert json.loads((tmp_path / "manifest.json").read_text())["complete"] is True


def test_a_finished_run_is_read_and_not_played_again(scenario, in_memory, tmp_path, monkeypatch):
    run_sweep(scenario, **RUN, folder=tmp_path)
    monkeypatch.setattr("experiments.sweep.negotiate", None)
    same(run_sweep(scenario, **RUN, folder=tmp_path), in_memory)


# damage


def flipped(raw, bit):
    """The bytes with one bit turned over."""
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def bit_of_a_page(path):
    """A bit of the values themselves: the last byte of the page of a column."""
    group = pq.read_metadata(path).row_group(0)
    column = next(c for c in map(group.column, range(99)) if c.path_in_schema == "gap")
    start = column.dictionary_page_offset or column.data_page_offset
    return 8 * (start + column.total_compressed_size - 1)


@pytest.fixture(scope="module")
def whole_run(scenario, tmp_path_factory):
    """A folder with the finished run of this file; tests copy what they damage."""
    folder = tmp_path_factory.mktemp("whole")
    run_sweep(scenario, **RUN, folder=folder)
    return folder


DAMAGE = {
    "emptied": lambda raw, bit: b"",
    "cut in half": lambda raw, bit: raw[: len(raw) // 2],
    "one byte short": lambda raw, bit: raw[:-1],
    "one bit of a page": flipped,
    "one bit of the footer": lambda raw, bit: flipped(raw, 8 * len(raw) - 8 * 300),
    "the name of a column": lambda raw, bit: raw.replace(b"ending", b"ENDING"),
    "the name of a column of money": lambda raw, bit: raw.replace(b"_usd_", b"_eur_"),
    "something else": lambda raw, bit: b"not a block",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_block_is_played_again_and_comes_out_the_same(
    scenario, in_memory, tmp_path, damage
):
    run_sweep(scenario, **RUN, folder=tmp_path)
    before = everything(tmp_path)
    path = blocks(tmp_path)[2]
    path.write_bytes(damage(path.read_bytes(), bit_of_a_page(path)))
    assert everything(tmp_path) != before
    same(run_sweep(scenario, **RUN, folder=tmp_path), in_memory)
    assert everything(tmp_path) == before


def test_a_block_under_the_name_of_another_is_not_taken_for_it(scenario, in_memory, tmp_path):
    run_sweep(scenario, **RUN, folder=tmp_path)
    first, second = blocks(tmp_path)[:2]
    second.write_bytes(first.read_bytes())
    same(run_sweep(scenario, **RUN, folder=tmp_path), in_memory)


def key_of(path):
    return pq.read_schema(path).metadata[b"winset_key"].decode()


def test_any_flipped_bit_is_noticed_or_changes_no_record(whole_run, tmp_path):
    path = blocks(whole_run)[0]
    raw, key = path.read_bytes(), key_of(path)
    records = read_block(path, key, OUTCOME)
    assert records is not None
    copy, chance = tmp_path / "block.parquet", random.Random(5)
    noticed = 0
    for _ in range(400):
        copy.write_bytes(flipped(raw, chance.randrange(8 * len(raw))))
        found = read_block(copy, key, OUTCOME)
        noticed += found is None
        assert found is None or found.tobytes() == records.tobytes()
    assert noticed > 100


def test_a_block_of_another_run_is_not_taken(whole_run, tmp_path):
    path = blocks(whole_run)[0]
    assert read_block(path, "0" * 64, OUTCOME) is None
    assert read_block(tmp_path / "none.parquet", "0" * 64, OUTCOME) is None


# folders that hold something else


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"seed": 8}, "seed 7 there, 8 here"),
        ({"replicates": 61}, "replicates 60 there, 61 here"),
        ({"demands": [2.0]}, "design_digest '"),
        ({"settings": {"talks.precision": 30.0}}, "design_digest '"),
    ],
)
def test_a_folder_of_another_run_is_refused_with_what_differs(scenario, tmp_path, other, said):
    run_sweep(scenario, **RUN, folder=tmp_path)
    before = everything(tmp_path)
    with pytest.raises(InputError, match=re.escape(said)) as refusal:
        run_sweep(scenario, **{**RUN, **other}, folder=tmp_path)
    assert str(refusal.value).startswith(f"{tmp_path}: holds another run (")
    assert str(refusal.value).endswith("give another --out, or --overwrite to replace it")
    assert everything(tmp_path) == before


def test_overwrite_replaces_another_run_and_leaves_what_is_not_its_own(scenario, tmp_path):
    run_sweep(scenario, **RUN, folder=tmp_path)
    foreign = [
        tmp_path / "notes.txt", tmp_path / "negotiations" / "mine.parquet",
        tmp_path / "figures" / "mine.png",
    ]  # fmt: skip
    old = [tmp_path / "figures" / f"{name}.png" for name in ("breakdown", "settlement")]
    old.append(tmp_path / "estimates.csv")
    for path in foreign + old:
        path.parent.mkdir(exist_ok=True)
        path.write_text("kept?")
    first = set(blocks(tmp_path)) - set(foreign)
    other = {**RUN, "seed": 8, "demands": [2.0]}
    run_sweep(scenario, **other, folder=tmp_path, overwrite=True)
    assert all(path.exists() for path in foreign)
    assert not any(path.exists() for path in [*old, *first])
    assert len(read_negotiations(tmp_path)) == 4 * 60


def test_overwrite_of_the_same_run_plays_nothing_again(scenario, tmp_path):
    run_sweep(scenario, **RUN, folder=tmp_path)
    before = [path.stat().st_mtime_ns for path in blocks(tmp_path)]
    run_sweep(scenario, **RUN, folder=tmp_path, overwrite=True)
    assert [path.stat().st_mtime_ns for path in blocks(tmp_path)] == before


def test_a_folder_of_other_files_is_refused(scenario, tmp_path):
    (tmp_path / "thesis.tex").write_text("...")
    with pytest.raises(InputError, match="is not empty and holds no run; give another --out"):
        run_sweep(scenario, **RUN, folder=tmp_path)
    assert set(everything(tmp_path)) == {"thesis.tex"}
    run_sweep(scenario, **RUN, folder=tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").read_text() == "..."


@pytest.mark.parametrize("manifest", ["", "{", "[]", '"words"', "{}", "\xff"])
def test_a_manifest_that_cannot_be_read_is_another_run(scenario, tmp_path, manifest):
    (tmp_path / "manifest.json").write_bytes(manifest.encode("latin-1"))
    with pytest.raises(InputError, match="holds another run .study None there, 'demand' here"):
        run_sweep(scenario, **RUN, folder=tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(scenario, tmp_path):
    (tmp_path / "file").write_text("...")
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(ResultsError, match="Not a directory") as refusal:
            run_sweep(scenario, **RUN, folder=folder)
        assert refusal.value.exit_code == 6
    assert everything(tmp_path) == {"file": b"..."}


# what a disk may do


def left_over(folder):
    return [name for name in everything(folder) if ".part" in name]


def test_a_full_disk_stops_the_run_and_leaves_no_half_block(
    scenario, in_memory, tmp_path, monkeypatch
):
    write, written = pq.write_table, []

    def full(table, where, **options):
        if len(written) == 2:
            Path(where).write_bytes(b"PAR1 and no more")
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(where)
        write(table, where, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(ResultsError, match="cannot be written: No space left") as refusal:
            run_sweep(scenario, **RUN, folder=tmp_path, threads=1)
    assert refusal.value.exit_code == 6
    assert len(blocks(tmp_path)) == 2
    assert not left_over(tmp_path)
    same(run_sweep(scenario, **RUN, folder=tmp_path), in_memory)


LIMITED = """
import resource, sys
from sim import negotiate, read_scenario
from experiments.cli import main
negotiate(read_scenario("korea_2019").points(), 1, seed=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files here")
def test_a_file_that_may_not_grow_gives_exit_code_6_and_one_line(tmp_path):
    out = tmp_path / "out"
    options = ["sweep", "-n", "2000", "--demands", "2", "--out", str(out), "--threads", "1"]
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, *options],
        capture_output=True, text=True, timeout=250, cwd=Path(__file__).parents[1], check=False,
        # a measurement of coverage would have to write, too
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
    )  # fmt: skip
    assert run.returncode == 6, run.stderr
    assert run.stdout == ""
    assert re.fullmatch(r"winset: .*\.parquet: cannot be written: .*\n", run.stderr)
    assert sorted(everything(out)) == ["design.csv", "manifest.json"]


def test_a_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a" / "manifest.json"
    write_json(path, {"seed": 1})

    def refuse(source, target):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ResultsError, match="Read-only file system"):
        write_json(path, {"seed": 2})
    assert json.loads(path.read_text()) == {"seed": 1}
    assert not left_over(tmp_path)


def test_numbers_without_end_stay_readable_by_any_reader_of_json(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"settings": {"a": np.inf, "b": -np.inf, "c": np.nan, "d": (1.5, True)}})
    assert json.loads(path.read_text(), parse_constant=pytest.fail) == {
        "settings": {"a": "inf", "b": "-inf", "c": None, "d": [1.5, True]}
    }


# the design


def test_the_reported_demand_is_added_once(scenario):
    design, points = make_design(scenario, [3.0, 1.5, 3.0, REPORTED], {})
    assert design["demand"].tolist() == [1.5, 3.0, REPORTED] * 2
    assert design["variant"].tolist() == ["case"] * 3 + ["cheap_talk"] * 3
    assert design["design_point"].tolist() == list(range(BLOCKS))
    assert points.values["president_demand"].tolist() == design["demand"].tolist()


def test_cheap_talk_differs_in_the_audience_costs_alone(scenario):
    settings = {"president.audience_cost": 0.2, "framework_cap": 1.8}
    design, points = make_design(scenario, DEMANDS, settings)
    case, talk = points.values[:3], points.values[3:]
    assert case["president_audience_cost"].tolist() == [0.2] * 3
    assert case["president_category_audience_cost"].tolist() == [0.05] * 3
    assert not talk["president_audience_cost"].any()
    assert not talk["president_category_audience_cost"].any()
    assert points.values["package_framework_cap"].tolist() == [1.8] * BLOCKS
    assert design["package.framework_cap"].tolist() == [1.8] * BLOCKS
    parameters = [name.replace(".", "_") for name in scenario.values]
    differs = {name for name in parameters if (case[name] != talk[name]).any()}
    assert differs == {"president_audience_cost", "president_category_audience_cost"}


def test_case_and_cheap_talk_are_played_with_the_same_draws(scenario, whole_run):
    table = read_negotiations(whole_run)
    case, talk = (table[table["variant"] == name] for name in ("case", "cheap_talk"))
    case, talk = case.reset_index(), talk.reset_index()
    late = (case["round"] >= 8) & (talk["round"] >= 8)
    assert late.sum() > 50
    assert case["executive_changed"][late].equals(talk["executive_changed"][late])
    assert case["threat"][late].equals(talk["threat"][late])
    assert case["executive_changed"][late].nunique() == 2


def test_without_audience_costs_the_case_is_cheap_talk(scenario):
    costs = {"president.audience_cost": 0.0, "category_audience_cost": 0.0}
    summary = run_sweep(scenario, **RUN, settings=costs).summary
    columns = [name for name in summary if name not in ("design_point", "variant")]
    case, talk = summary[columns].iloc[:3], summary[columns].iloc[3:].reset_index(drop=True)
    pd.testing.assert_frame_equal(case, talk, check_exact=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"demands": []}, "a sweep needs at least 1 demand and 1 to 4294967295 replicates"),
        ({"replicates": 0}, "it has 2 and 0"),
        ({"replicates": 2**32}, "it has 2 and 4294967296"),
        ({"replicates": MAX_NEGOTIATIONS}, "is more than the 1000000000 negotiations"),
        ({"seed": -1}, "seed is -1; it must be a whole number in [0, 18446744073709551615]"),
        ({"seed": 2**64}, "seed is 18446744073709551616; it must be a whole number"),
        ({"demands": [2.0, -1.0]}, "president.demand is -1; it must be a number in [0, 50]"),
        ({"demands": [float("nan")]}, "president.demand is nan; it must be a number in [0, 50]"),
        ({"settings": {"demand": 2.0}}, "president.demand is what the sweep varies"),
        ({"settings": {"talks.precisoin": 2.0}}, "'talks.precisoin' is not a parameter"),
        ({"settings": {"talks.split": 2.0}}, "talks.split is 2; it must be a number in [0, 1]"),
    ],
)
def test_a_sweep_that_cannot_be_meant_is_refused_before_anything_is_written(
    scenario, tmp_path, options, said
):
    with pytest.raises(InputError, match=re.escape(said)):
        run_sweep(scenario, **{**RUN, **options}, folder=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_the_sweep_of_the_command_spans_the_payment_to_eight_times_it():
    assert len(DEFAULT_DEMANDS) == 29
    assert (DEFAULT_DEMANDS[0], DEFAULT_DEMANDS[-1]) == (1.05, 8.0)
    assert min(DEFAULT_DEMANDS) < REPORTED < max(DEFAULT_DEMANDS)


# what is kept


def test_a_manifest_says_where_the_numbers_come_from(scenario, tmp_path):
    run_sweep(scenario, **RUN, settings={"talks.precision": float("inf")}, folder=tmp_path)
    text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text, parse_constant=pytest.fail)
    expected = {
        "schema_version": 1, "study": "demand", "case": "korea_2019", "status": "uncalibrated",
        "case_digest": scenario.digest, "design_points": BLOCKS, "replicates": 60, "seed": 7,
        "interval": "Wilson, 95%", "settings": {"talks.precision": "inf"}, "complete": True,
        "draws": "common random numbers across design points",
    }  # fmt: skip
    assert {name: manifest[name] for name in expected} == expected
    assert set(manifest) == {*expected, "design_digest", "model", "commit", "versions"}
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["design_digest"])
    assert re.fullmatch(r"[0-9a-f]{16}", manifest["model"])
    assert re.fullmatch(r"unknown|[0-9a-f]{40}(\+changes)?", manifest["commit"])
    assert {"winset", "python", "numpy", "numba", "mesa"} <= set(manifest["versions"])
    assert manifest["versions"]["numpy"] == np.__version__


def test_a_table_of_negotiations_holds_what_was_played(scenario, whole_run):
    table = read_negotiations(whole_run)
    assert len(table) == BLOCKS * 60
    design = pd.read_csv(whole_run / "design.csv")
    assert design["demand"].tolist() == pytest.approx([1.5, 3.0, REPORTED] * 2, rel=1e-5)
    for index, variant in enumerate(["case"] * 3 + ["cheap_talk"] * 3):
        rows = table[table["design_point"] == index]
        demand = [*DEMANDS, REPORTED][index % 3]
        varied = {"president.demand": demand}
        if variant == "cheap_talk":
            varied |= {"president.audience_cost": 0.0, "category_audience_cost": 0.0}
        played = negotiate(scenario.points(varied), 60, seed=7)[0]
        assert set(rows["variant"]) == {variant}
        assert set(rows["demand"]) == {demand}
        assert rows["replicate"].tolist() == list(range(60))
        for name in OUTCOME.names or ():
            assert rows[name].to_numpy().tobytes() == played[name].tobytes(), name


def test_a_table_of_negotiations_says_a_deal_in_money_and_years(scenario, whole_run):
    table = read_negotiations(whole_run)
    deal = table["ending"] == Ending.RATIFIED
    assert 0 < deal.sum() < len(table)
    for name in ("amount", "amount_krw_bn", "amount_usd_bn", "duration_years", "escalator"):
        assert table[name].notna().equals(deal)
    deals = table[deal]
    assert deals["amount_usd_bn"].to_numpy() == pytest.approx(0.896 * deals["amount"].to_numpy())
    assert deals["amount_krw_bn"].to_numpy() == pytest.approx(1038.9 * deals["amount"].to_numpy())
    assert set(deals["duration_years"]) == {6.0}
    assert deals["escalator"].unique() == pytest.approx([0.061])


def test_estimates_are_shares_of_the_table_of_negotiations(scenario, whole_run, in_memory):
    table, estimates = read_negotiations(whole_run), estimate(in_memory)
    shares = table.groupby("design_point")["ending"].apply(lambda e: (e != Ending.RATIFIED).mean())
    assert estimates["breakdown"].tolist() == pytest.approx(shares.tolist())
    walked = table.groupby("design_point")["first_walk_out"].apply(lambda r: (r > 0).mean())
    assert estimates["any_walk_out"].tolist() == pytest.approx(walked.tolist())
    medians = table.groupby("design_point")["amount"].median()
    assert estimates["settlement_median"].tolist() == pytest.approx(medians.tolist())


def copy_of(folder, target):
    for name, raw in everything(folder).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return target


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no manifest\.json of a run"):
        read_negotiations(tmp_path / "nowhere")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"holds no manifest\.json of a run"):
        read_negotiations(tmp_path)


def test_a_lost_or_damaged_block_is_told_of(whole_run, tmp_path):
    folder = copy_of(whole_run, tmp_path)
    path = blocks(folder)[3]
    raw = path.read_bytes()
    for damage in (raw[: len(raw) // 2], flipped(raw, bit_of_a_page(path))):
        path.write_bytes(damage)
        with pytest.raises(ResultsError, match="a block is damaged; start the run again"):
            read_negotiations(folder)
    path.unlink()
    with pytest.raises(ResultsError, match=f"holds {BLOCKS - 1} of {BLOCKS} blocks"):
        read_negotiations(folder)


def test_a_block_without_deals_has_no_median(scenario):
    outcomes = np.zeros(3, OUTCOME)
    outcomes["ending"] = Ending.LAPSE
    summary = summarise(outcomes)
    assert (summary["n"], summary["ratified"], summary["lapse"]) == (3, 0, 3)
    assert np.isnan(summary["settlement_median"])
    assert np.isnan(summary["rounds_median"])


def test_the_answer_gives_each_share_with_its_interval_and_n(scenario, in_memory):
    table = estimate(in_memory)
    text = answer(in_memory, table)
    row = table[(table["variant"] == "case") & (table["demand"] == REPORTED)].iloc[0]
    share = r"\d+\.\d% \[\d+\.\d%, \d+\.\d%\]"
    assert (
        f"break down in {row['breakdown']:.1%} [{row['breakdown_low']:.1%}, "
        f"{row['breakdown_high']:.1%}] of 60 negotiations" in text
    )
    assert len(re.findall(share, text)) == 1 + 4 + 2 + 1
    assert re.findall(r"%(?! \[)(?=[ .,;:])", re.sub(share, "", text)) == ["%"]  # "95% Wilson"
    assert "n = 60 each" in text
    assert "$5bn, 5.58 times the payment" in text
    assert "from 1.50 to 5.58 times the payment" in text
    assert "not calibrated" in text

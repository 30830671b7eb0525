"""A study played: the same numbers however it is cut, run, kept or interrupted."""

import threading
from itertools import count

import numpy as np
import pandas as pd
import pytest

from experiments import blocks, job, run_study
from experiments.blocks import Block
from experiments.estimates import estimate
from experiments.events import EVENTS
from experiments.refinement import Refinement
from experiments.results import (
    ResultsError,
    RunFolder,
    find_blocks,
    open_store,
    read_block,
    read_results,
    run_key,
    write_block,
)
from experiments.run import Threads, make_manifest, negotiations_of
from experiments.study_making import make_study
from experiments.tally import Totals, columns, discordant, tally
from sim import OUTCOME, Ending, InputError, negotiate, read_scenario

CASE = read_scenario("korea_2019")
VARY = {"demand": [1.5, 3.0, 5.58], "talks.rounds": [4, 10]}
VARIANTS = {"case": {}, "cheap_talk": {"president.audience_cost": 0.0}}


@pytest.fixture
def small(monkeypatch):
    """Blocks of a hundred negotiations, so that a study of a moment has many."""
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 100)


def study(**given):
    return make_study(
        CASE, **({"vary": VARY, "variants": VARIANTS, "replicates": 130, "seed": 0} | given)
    )


def same(one, other):
    pd.testing.assert_frame_equal(one.counts, other.counts, check_exact=True)
    pd.testing.assert_frame_equal(estimate(one), estimate(other), check_exact=True)


@pytest.fixture(scope="module")
def in_memory():
    """The study of this file, played in one block."""
    return run_study(study())


# the same numbers


@pytest.mark.parametrize("size", [7, 64, 500, 2**18])
@pytest.mark.parametrize("threads", [1, 3])
def test_numbers_depend_neither_on_the_cut_nor_on_threads(in_memory, monkeypatch, size, threads):
    monkeypatch.setattr(blocks, "NEGOTIATIONS", size)
    same(run_study(study(), workers=threads), in_memory)


@pytest.mark.parametrize("keep_rows", [False, True])
def test_a_folder_holds_the_same_numbers(in_memory, small, tmp_path, keep_rows):
    kept = run_study(study(), where=tmp_path / "run", keep_rows=keep_rows)
    same(kept, in_memory)
    found = read_results(tmp_path / "run")
    for name in in_memory.counts:
        for one, other in zip(found.counts[name], in_memory.counts[name], strict=True):
            assert np.array_equal(one, other), name
    assert kept.manifest["complete"] is True
    assert kept.manifest["blocks"] == len(find_blocks(open_store(tmp_path / "run"), "counts"))


def test_the_counts_are_those_of_what_the_engine_plays(in_memory):
    points = in_memory.design.points(np.arange(12))
    records = negotiate(points, 130, seed=0)
    totals = Totals(12)
    totals.add(columns(range(12), [
        tally(played, 10) | discordant(played, records[point - point % 2])
        for point, played in enumerate(records)
    ]))  # fmt: skip
    pd.testing.assert_frame_equal(in_memory.counts, totals.table(), check_exact=True)


def test_independent_draws_differ_from_point_to_point_and_stay_the_same_in_any_cut(small):
    asked = study(draws="independent")
    played = run_study(asked)
    records = negotiate(played.design.points(np.arange(12)), 130, seed=0, common=False)
    ratified = (records["ending"] == Ending.RATIFIED).sum(axis=1)
    assert played.counts["ratified"].tolist() == ratified.tolist()
    common = run_study(study()).counts["ratified"].tolist()
    assert played.counts["ratified"].tolist() != common


def test_seed_0_is_a_seed_like_any_other(in_memory):
    same(run_study(study(seed=0)), in_memory)
    assert not run_study(study(seed=1)).counts["ratified"].equals(in_memory.counts["ratified"])


def test_progress_counts_every_negotiation_once(small):
    told = []
    run_study(study(), progress=told.append)
    assert sum(told) == 12 * 130 == negotiations_of(study())
    assert max(told) <= 100


def test_kept_rows_are_the_negotiations_with_where_they_belong(small, tmp_path):
    played = run_study(study(), where=tmp_path, keep_rows=True)
    rows = read_results(tmp_path).negotiations()
    rows = rows.sort_values(["design_point", "replicate"], ignore_index=True)
    assert len(rows) == 12 * 130
    assert rows["replicate"].tolist() == list(range(130)) * 12
    records = negotiate(played.design.points(np.arange(12)), 130, seed=0)
    for name in OUTCOME.names:
        assert rows[name].to_numpy().tobytes() == records[name].ravel().tobytes(), name
    told = played.design.table.loc[np.repeat(np.arange(12), 130)]
    for name in ("variant", "president.demand", "talks.rounds"):
        assert rows[name].tolist() == told[name].tolist()
    assert not rows["failed"].any()


# paired differences


def test_paired_counts_are_those_of_a_direct_comparison(in_memory):
    records = negotiate(in_memory.design.points(np.arange(12)), 130, seed=0)
    table = estimate(in_memory)
    for point in range(1, 12, 2):
        for name, event in EVENTS.items():
            here, there = event.occurs(records[point]), event.occurs(records[point - 1])
            row = table.iloc[point]
            difference = here.mean() - there.mean()
            assert row[f"{name}_difference"] == pytest.approx(difference, abs=1e-12)
            assert row[f"{name}_difference_low"] <= difference <= row[f"{name}_difference_high"]
        assert table.iloc[point]["pairs"] == 130
    assert table[::2].filter(like="_difference").isna().all(axis=None)


# a negotiation that fails


@pytest.fixture
def failing(monkeypatch):
    """An engine whose every tenth negotiation has no gap, and at one point all of them."""

    def broken(points, replicates, *, first_replicate, **given):
        records = negotiate(points, replicates, first_replicate=first_replicate, **given)
        number = np.arange(first_replicate, first_replicate + replicates)
        records["gap"][:, number % 10 == 3] = np.nan
        records["gap"][points.values["president_demand"] == 4.0] = np.nan
        return records

    monkeypatch.setattr(job, "negotiate", broken)


def test_a_failed_negotiation_is_a_row_and_counted_in_no_share(failing, small, tmp_path):
    played = run_study(study(vary={"demand": [1.5, 3]}), where=tmp_path, keep_rows=True)
    assert played.counts["failed"].tolist() == [13] * 4
    assert played.counts["n"].tolist() == [117] * 4
    rows = read_results(tmp_path).negotiations()
    assert (rows["failed"] == (rows["replicate"] % 10 == 3)).all()
    table = estimate(played)
    assert table["n"].tolist() == [117] * 4
    assert table["pairs"].tolist() == [117] * 4
    healthy = rows[~rows["failed"] & (rows["design_point"] == 0)]
    assert table["breakdown"][0] == pytest.approx((healthy["ending"] != Ending.RATIFIED).mean())


@pytest.mark.parametrize("precision", [None, 0.2])
def test_a_point_at_which_all_fail_is_told_with_n_0(failing, precision):
    played = run_study(study(vary={"demand": [1.5, 4.0]}, precision=precision))
    table = estimate(played)
    assert table["design_point"].tolist() == [0, 1, 2, 3]
    assert (table["n"] == 0).tolist() == [False, False, True, True]
    assert table["failed"][2] == 130
    assert np.isnan(table["breakdown"][2])
    assert (table["breakdown_low"][2], table["breakdown_high"][2]) == (0.0, 1.0)
    assert np.isnan(table["breakdown_difference"][3])


# interrupted


@pytest.mark.parametrize("cut", [None, 9])
def test_a_block_that_goes_bad_after_it_was_found_is_played_again(
    in_memory, small, tmp_path, monkeypatch, cut
):
    run_study(study(), where=tmp_path / "run")
    looked = RunFolder.finished

    def found_and_lost(folder, only=None):
        found = looked(folder, only)
        path = sorted((tmp_path / "run" / "counts").iterdir())[1]
        path.unlink() if cut is None else path.write_bytes(path.read_bytes()[:-cut])
        return found

    monkeypatch.setattr(RunFolder, "finished", found_and_lost)
    same(run_study(study(), where=tmp_path / "run"), in_memory)
    monkeypatch.undo()
    kept = read_results(tmp_path / "run").counts[in_memory.counts.columns]
    pd.testing.assert_frame_equal(kept, in_memory.counts, check_exact=True)


@pytest.mark.parametrize("after", [1, 7, 15])
def test_an_interrupted_run_goes_on_without_playing_a_finished_block_again(
    in_memory, small, tmp_path, monkeypatch, after
):
    told = []

    def stop(negotiations):
        told.append(negotiations)
        if len(told) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(study(), where=tmp_path, workers=2, progress=stop)
    done = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "counts").iterdir()}
    assert after <= len(done) <= after + 4
    played = []
    monkeypatch.setattr(job, "negotiate", lambda *a, **k: played.append(1) or negotiate(*a, **k))
    told.clear()
    same(run_study(study(), where=tmp_path, progress=told.append), in_memory)
    assert len(played) == len(told) - len(done)
    assert sum(told) == 12 * 130
    for name, stamp in done.items():
        assert (tmp_path / "counts" / name).stat().st_mtime_ns == stamp


def test_a_finished_run_is_read_and_not_played(in_memory, small, tmp_path, monkeypatch):
    run_study(study(), where=tmp_path)
    monkeypatch.setattr(job, "negotiate", None)
    same(run_study(study(), where=tmp_path), in_memory)


def test_a_block_of_another_cut_is_not_counted_for_what_is_planned(small, tmp_path, monkeypatch):
    run_study(study(), where=tmp_path)
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 120)
    with pytest.raises(ResultsError, match="block 0 holds other negotiations than this Winset"):
        run_study(study(), where=tmp_path)


def test_a_block_with_a_negotiation_too_few_is_not_counted(small, tmp_path):
    run_study(study(), where=tmp_path)
    store = open_store(tmp_path)
    (name,) = find_blocks(store, "counts")[2]
    counts, about = read_block(store, name)
    counts["n"] = counts["n"] - 1
    store.remove(name)
    write_block(store, "counts", 2, counts, {"key": about["key"]})
    with pytest.raises(ResultsError, match="block 2 holds other negotiations"):
        run_study(study(), where=tmp_path)


def test_what_contradicts_itself_writes_nothing(tmp_path):
    asked = study(vary={"ministry.policy": ["heuristic", "chatterjee_samuelson"]})
    with pytest.raises(InputError, match="needs both reservation values uniform"):
        run_study(asked, where=tmp_path / "run")
    assert not (tmp_path / "run").exists()


# shards


@pytest.mark.parametrize("shards", [1, 2, 20])
def test_shards_leave_what_one_run_leaves(in_memory, small, tmp_path, shards):
    parts = [run_study(study(), where=tmp_path, shard=(i, shards)) for i in range(1, shards + 1)]
    assert sum(int(part.counts["n"].sum()) for part in parts) == 12 * 130
    assert not parts[0].manifest["complete"]
    same(run_study(study(), where=tmp_path), in_memory)


@pytest.mark.parametrize(
    ("shard", "where", "given", "said"),
    [
        ((0, 3), "run", {}, "shard is 0/3; it must be i/n with 1 <= i <= n <= 100000"),
        ((4, 3), "run", {}, "shard is 4/3"), ((1, 100_001), "run", {}, "shard is 1/100001"),
        ((1, 2), None, {}, "a shard needs a folder"),
        ((1, 2), "run", {"precision": 0.1}, "cannot be split into shards"),
    ],
)  # fmt: skip
def test_a_shard_that_cannot_be_is_refused(tmp_path, shard, where, given, said):
    folder = None if where is None else tmp_path / where
    with pytest.raises(InputError, match=said):
        run_study(study(**given), where=folder, shard=shard)
    assert list(tmp_path.iterdir()) == []


# stages


def test_points_stop_where_their_interval_is_narrow():
    asked = study(vary={"demand": [1.1, 3.0]}, variants=None, replicates=8192, precision=0.02)
    table = estimate(run_study(asked))
    half = (table["breakdown_high"] - table["breakdown_low"]) / 2
    assert (half <= 0.02).all()
    assert table["n"].tolist() == [1024, 4096]


def test_a_precision_stops_at_the_cap_of_replicates():
    asked = study(vary={"demand": [1.1, 3.0]}, variants=None, replicates=700, precision=0.01)
    assert run_study(asked).counts["n"].tolist() == [700, 700]


def test_variants_of_a_setting_stop_together():
    asked = study(vary={"demand": [1.5, 5.58]}, replicates=4096, precision=0.03)
    counts = run_study(asked).counts
    assert counts["n"][0] == counts["n"][1]
    assert counts["n"][2] == counts["n"][3]
    assert (counts["pairs"] == counts["n"]).all()
    assert counts["n"].nunique() == 2


def test_a_precision_is_of_the_outcome_that_is_asked_about():
    rare = study(variants=None, replicates=8192, precision=0.02, outcome="ratification_refused")
    assert run_study(rare).counts["n"].max() <= 1024


@pytest.mark.parametrize("after", [1, 4, 5])
def test_a_staged_run_that_was_interrupted_ends_the_same(tmp_path, monkeypatch, after):
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 700)
    asked = study(vary={"demand": [1.1, 3.0]}, replicates=4096, precision=0.03)
    told = count()

    def stop(_):
        if next(told) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(asked, where=tmp_path, workers=1, progress=stop)
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 700)
    same(run_study(asked, where=tmp_path), run_study(asked))
    manifest = run_study(asked, where=tmp_path).manifest
    assert manifest["blocks"] == len(list((tmp_path / "counts").iterdir()))


FINE = {"demand": np.linspace(1.05, 8, 65), "assembly.shift": np.linspace(-0.2, 0.2, 65)}


def line_of(run):
    """Where the outcome crosses 1/2, from all that was played."""
    search = Refinement(*(np.array(factor.levels) for factor in run.study.factors))
    while len(where := search.next_points()):
        at = where[:, 0] * 65 + where[:, 1]
        n = run.counts["n"].to_numpy()[at]
        search.tell(n - run.counts["ratified"].to_numpy()[at], n)
    return search.crossings()


def test_refinement_finds_the_line_of_the_whole_grid_with_a_tenth_of_the_negotiations(tmp_path):
    given = {"vary": FINE, "variants": None, "replicates": 201}
    refined = run_study(study(refine=True, **given), where=tmp_path)
    whole = run_study(study(**given))
    played = refined.counts["n"].to_numpy() > 0
    assert refined.counts["n"].sum() <= 0.1 * whole.counts["n"].sum()
    for name in ("n", "ratified", "amount_nano"):
        assert refined.counts[name][played].tolist() == whole.counts[name][played].tolist()
    share = 1 - whole.counts["ratified"].to_numpy().reshape(65, 65) / 201
    crossing = np.argwhere((share[:, 1:] >= 0.5) != (share[:, :-1] >= 0.5))
    line = line_of(refined)
    vertical = line[line["x_low"] == line["x_high"]]
    assert len(vertical) == len(crossing) > 20
    ordered = vertical.sort_values(["x", "y"])
    assert (
        np.searchsorted(FINE["assembly.shift"], ordered["y"], side="right").tolist()
        == (crossing[:, 1] + 1).tolist()
    )
    again = run_study(study(refine=True, **given), where=tmp_path)
    same(again, refined)


# who plays


def test_a_few_blocks_are_in_flight_whatever_the_study(monkeypatch):
    taken, finished, most = 0, 0, 0
    lock = threading.Lock()

    def source():
        nonlocal taken, most
        for index in range(500):
            with lock:
                taken += 1
                most = max(most, taken - finished)
            yield Block(index, np.arange(1), 0, 1)

    class Idle:
        def do(self, block):
            return {"index": block.index}

    seen = set()
    for block, told in Threads(3).play(Idle(), source()):
        with lock:
            finished += 1
        assert told["index"] == block.index
        seen.add(block.index)
    assert seen == set(range(500))
    assert most <= 5


def test_an_error_in_a_block_ends_the_run_and_is_told():
    class Broken:
        def do(self, block):
            raise InputError(f"block {block.index}")

    with pytest.raises(InputError, match="block 0"):
        list(Threads(1).play(Broken(), [Block(0, np.arange(1), 0, 1)]))


# the manifest


def test_a_manifest_says_where_the_numbers_come_from_and_nothing_of_when():
    asked = study()
    one, other = (make_manifest(asked, keep_rows=False) for _ in range(2))
    assert one == other
    assert one["study_digest"] == asked.digest
    assert one["case_digest"] == CASE.digest
    assert (one["seed"], one["keep_rows"], one["complete"]) == (0, False, False)
    assert one["blocks"] == 1
    assert one["status"] == "uncalibrated"
    assert make_manifest(study(precision=0.1), keep_rows=False)["blocks"] is None


def test_words_do_not_make_another_run_and_kept_rows_do():
    key = run_key(make_manifest(study(), keep_rows=False))
    assert run_key(make_manifest(study(title="Other", outcome="lapse"), keep_rows=False)) == key
    assert run_key(make_manifest(study(), keep_rows=True)) != key
    assert run_key(make_manifest(study(seed=1), keep_rows=False)) != key


def test_a_folder_may_be_given_again_under_other_words(small, tmp_path):
    run_study(study(), where=tmp_path)
    again = run_study(study(title="Other", outcome="lapse"), where=tmp_path)
    assert again.manifest["study"]["title"] == "Other"
    with pytest.raises(InputError, match="study.seed 0 there, 1 here"):
        run_study(study(seed=1), where=tmp_path)

"""The doctor says what is wrong with a folder, and mends it without losing anything."""

import numpy as np
import pytest

from experiments.results import (
    SCHEMA_VERSION,
    BusyError,
    LocalStore,
    RunFolder,
    as_parquet,
    examine,
    find_blocks,
    keep_block,
    mend,
    read_manifest,
    write_block,
)
from experiments.results import lock as locks
from experiments.results.doctor import gaps, in_words

MANIFEST = {
    "schema_version": SCHEMA_VERSION, "study": {"seed": 7}, "study_digest": "5" * 64,
    "case_digest": "c" * 64, "model": "m" * 64, "blocks": 12, "keep_rows": True, "complete": False,
}  # fmt: skip


def counts(index):
    return {"design_point": np.array([index]), "n": np.array([60])}


def rows(index):
    return {"design_point": np.full(60, index), "replicate": np.arange(60)}


@pytest.fixture
def run(tmp_path):
    """A finished run of twelve blocks."""
    run = RunFolder(LocalStore(tmp_path / "run"), MANIFEST)
    run.claim()
    run.store.write("case.toml", b"")
    run.store.write("design.csv", b"")
    for index in range(12):
        keep_block(run.store, index, run.key, counts(index), rows(index))
    run.complete()
    run.store.write("estimates.csv", b"")
    run.store.write("counts.parquet", as_parquet(counts(0), {}))
    return run


def everything(store):
    return {
        str(path.relative_to(store.folder)): path.read_bytes()
        for path in sorted(store.folder.rglob("*"))
        if path.is_file()
    }


def test_a_whole_run_is_healthy_and_left_as_it_is(run):
    before = everything(run.store)
    for report in (examine(run.store), mend(run.store)):
        assert report.healthy
        assert report.lines() == [f"{run.store.where}: complete, 12 blocks, each whole"]
    assert everything(run.store) == before


def test_each_damage_is_named_and_mended(run):
    store = run.store
    count, row = find_blocks(store, "counts"), find_blocks(store, "negotiations")
    store.write(count[0][0], store.read(count[0][0])[:-1])
    store.write(row[1][0], b"damaged")
    store.remove(count[2][0])
    store.remove(row[3][0])
    twin = write_block(
        store, "counts", 4, counts(4),
        {"key": run.key, "negotiations": row[4][0], "note": "played twice"},
    )  # fmt: skip
    foreign = keep_block(store, 5, "0" * 64, counts(5), rows(5))
    store.write("counts.parquet", b"damaged")
    (store.folder / "counts" / ".block.parquet.7-00000000.part").write_text("half")
    before = everything(store)
    report = examine(store)
    assert everything(store) == before
    doubled = max(count[4][0], twin)
    found = {
        "4 of 12 blocks are missing: 0 to 3", f"{count[0][0]}: is damaged",
        f"{count[1][0]}: has lost its negotiations", f"{row[1][0]}: is damaged",
        f"{count[3][0]}: has lost its negotiations", f"{row[0][0]}: is counted nowhere",
        f"{row[2][0]}: is counted nowhere", f"{doubled}: is there twice",
        f"{foreign}: is a block of another run", "counts.parquet: is damaged",
        "counts/.block.parquet.7-00000000.part: is what a killed write has left",
    }  # fmt: skip
    extra = {f"{name}: is counted nowhere" for name in find_blocks(store, "negotiations")[5]}
    assert set(report.findings) - extra == found
    assert len(report.findings) == len(found) + 1
    assert report.blocks == 8
    assert report.lines()[-1].endswith(
        "`winset doctor --mend` puts right what can be put right here"
    )

    mended = mend(store)
    assert len(mended.done) == len(report.findings) - 1 + 1  # all but what is missing; manifest
    assert set(mended.findings) == {
        "manifest.json: the run is not complete", "4 of 12 blocks are missing: 0 to 3",
    }  # fmt: skip
    assert mended.lines()[-1] == (
        f"{store.where}: `winset doctor --mend` plays what is missing, as does the run given "
        f"again: winset run ... --out {store.where}"
    )
    assert read_manifest(store)["complete"] is False
    kept = {name: raw for name, raw in everything(store).items() if "quarantine" in name}
    assert len(kept) == len(mended.done) - 2
    assert set(kept.values()) < set(before.values())

    for index in range(4):
        keep_block(store, index, run.key, counts(index), rows(index))
    run.complete()
    store.write("counts.parquet", as_parquet(counts(0), {}))
    assert examine(store).healthy


def test_a_run_that_was_stopped_is_told_from_one_that_is_damaged(run):
    for name in find_blocks(run.store, "counts")[11] + find_blocks(run.store, "negotiations")[11]:
        run.store.remove(name)
    run.update(complete=False)
    report = examine(run.store)
    assert report.findings == (
        "manifest.json: the run is not complete", "1 of 12 blocks are missing: 11",
    )  # fmt: skip
    assert "as does the run given again" in report.lines()[-1]
    assert mend(run.store).done == ()


def test_a_run_in_stages_may_not_know_its_blocks_yet(run):
    run.update(complete=False, blocks=None)
    assert examine(run.store).findings == ("manifest.json: the run is not complete",)


def test_tables_that_are_not_there_are_named(run):
    names = ("case.toml", "design.csv", "counts.parquet", "estimates.csv")
    for name in names:
        run.store.remove(name)
    assert examine(run.store).findings == tuple(f"{name}: is missing" for name in names[:2])
    for name in names[:2]:
        run.store.write(name, b"")
    report, where = examine(run.store), run.store.where
    assert report.healthy
    assert report.lines() == [
        *(f"{where}: {name}: is missing; `winset run` writes it" for name in names[2:]),
        f"{where}: complete, 12 blocks, each whole",
    ]
    run.update(complete=False)
    assert examine(run.store).unwritten == ()


def test_a_manifest_that_is_lost_or_damaged_is_named_and_the_blocks_stay(run):
    run.store.write("manifest.json", b"\xff")
    assert examine(run.store).findings == (
        "manifest.json: cannot be read; the run that made the folder writes it anew",
    )
    run.store.remove("manifest.json")
    report = mend(run.store)
    assert report.findings == ("holds no manifest.json of a run",)
    assert report.blocks == 12


def test_an_empty_folder_or_none_holds_no_run_and_stays_so(tmp_path):
    store = LocalStore(tmp_path / "nowhere")
    for report in (examine(store), mend(store)):
        assert not report.healthy
        assert report.lines() == [f"{store.where}: holds no manifest.json of a run"]
    assert not store.folder.exists()
    store.write("counts.parquet", b"of somebody else")
    assert mend(store).done == ()
    assert store.entries() == ["counts.parquet"]


def test_a_run_at_work_is_told_and_not_mended(run, monkeypatch):
    run.update(complete=False)
    (run.store.folder / ".design.csv.7-00000000.part").write_text("half")
    write_block(run.store, "negotiations", 12, rows(12), {"key": run.key})  # its counts come next
    with run.lock():
        report = examine(run.store)
        assert report.lines()[-1].startswith(f"{run.store.where}: a run is writing to it (process ")
        assert report.findings == ("manifest.json: the run is not complete",)
        monkeypatch.setattr(locks, "_TRIES", 1)
        with pytest.raises(BusyError, match="another run is writing to it"):
            mend(run.store)


def test_what_is_missing_is_told_in_spans():
    assert gaps([], 0) == gaps([0, 1], 2) == []
    assert gaps([], 3) == [(0, 2)]
    assert gaps([3, 4, 6], 10) == [(0, 2), (5, 5), (7, 9)]
    assert in_words([]) == ""
    assert in_words([(0, 2), (5, 5), (7, 8)]) == "0 to 2, 5, 7 to 8"
    assert in_words([(i, i) for i in range(0, 40, 2)], most=3) == "0, 2, 4 and more"


def test_a_manifest_that_claims_any_number_of_blocks_is_examined_at_once(run):
    run.update(blocks=10**15)
    assert f"{10**15 - 12} of {10**15} blocks are missing: 12 to {10**15 - 1}" in (
        examine(run.store).findings
    )

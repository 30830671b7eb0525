"""A folder belongs to one run, one process at a time; what is not whole in it is put aside."""

import errno
import fcntl
import json
import logging
import os
import re
import signal
import time
import warnings
from contextlib import suppress

import numpy as np
import pytest

from experiments.results import (
    SCHEMA_VERSION,
    BusyError,
    LocalStore,
    ResultsError,
    RunFolder,
    find_blocks,
    keep_block,
    read_manifest,
    run_key,
    write_block,
)  # fmt: skip
from experiments.results.errors import DamagedBlock
from experiments.results.inspection import inspect, orphans
from experiments.results.lock import RUN_LOCK, locked, owners
from sim import InputError

STUDY = {
    "name": "demand", "title": "Demand", "seed": 7, "replicates": 60, "figures": ["breakdown"],
    "factors": [{"parameter": "president.demand", "levels": [1.5, 3.0]}],
    "settings": {"split": 1.0},
}  # fmt: skip
MANIFEST = {
    "schema_version": SCHEMA_VERSION, "study": STUDY, "study_digest": "5" * 64,
    "case": "korea_2019", "case_digest": "c" * 64, "model": "m" * 64, "seed": 7,
    "blocks": 3, "keep_rows": False, "complete": False,
}  # fmt: skip


def manifest(**changes):
    """The manifest of a run whose study differs so."""
    study = STUDY | changes.pop("study", {})
    digest = "5" * 64 if study == STUDY else "6" * 64
    return MANIFEST | {"study": study, "study_digest": digest} | changes


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "run")


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def counts(index):
    return {"design_point": np.array([index]), "n": np.array([60])}


def rows(index):
    return {"design_point": np.full(60, index), "replicate": np.arange(60)}


def run(store, blocks=3, **changes):
    """A run of some blocks; returns its folder and the names of its counts."""
    run = RunFolder(store, manifest(**changes))
    with run.lock():
        run.claim()
        kept = run.manifest["keep_rows"]
        names = [
            keep_block(store, i, run.key, counts(i), rows(i) if kept else None)
            for i in range(blocks)
        ]
    return run, names


# whose folder it is


def test_a_new_folder_says_whose_it_is_and_is_not_complete(store):
    run(store, blocks=0)
    assert read_manifest(store) == MANIFEST
    assert store.entries() == ["manifest.json"]


def test_the_same_run_goes_on_and_finds_its_blocks(store):
    _, names = run(store)
    again, _ = run(store, blocks=0)
    done = again.finished()
    assert sorted(done) == [0, 1, 2]
    assert [columns["n"].tolist() for columns in done.values()] == [[60]] * 3
    assert sorted(again.finished(only=[1, 7])) == [1]
    assert store.names("counts") == names
    assert store.names("quarantine") == []


def test_counts_are_read_when_asked_for_and_not_kept(store, monkeypatch):
    """A study may have more counts than there is memory for."""
    _, names = run(store)
    done = run(store, blocks=0)[0].finished()
    read = []
    whole = store.read
    monkeypatch.setattr(type(store), "read", lambda _, name: read.append(name) or whole(name))
    assert 2 in done
    assert 3 not in done
    assert len(done) == 3
    assert read == []
    for _ in range(2):
        assert done[1]["n"].tolist() == [60]
    assert read == [names[1]] * 2
    store.write(names[1], whole(names[1])[:-1])
    with pytest.raises(DamagedBlock):
        done[1]


def test_other_words_make_no_other_run(store):
    run(store)
    words = STUDY | {"title": "How the demand matters", "figures": ["breakdown", "settlement"]}
    again = RunFolder(store, MANIFEST | {"study": words})
    again.claim()
    assert read_manifest(store)["study"]["title"] == "How the demand matters"
    assert len(again.finished()) == 3


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"study": {"seed": 8}}, "study.seed 7 there, 8 here"),
        ({"study": {"settings": {"split": 0.5}}}, "study.settings.split 1.0 there, 0.5 here"),
        ({"study": {"settings": {}}}, "study.settings.split 1.0 there, nothing here"),
        ({"study": {"precision": None}}, "study.precision nothing there, null here"),
        ({"case_digest": "d" * 64}, f'case_digest "{"c" * 27}...{"c" * 27}" there'),
        ({"model": "n" * 64}, f'model "{"m" * 27}...{"m" * 27}" there, "{"n" * 27}...'),
        ({"keep_rows": True}, "keep_rows false there, true here"),
        ({"study_digest": "7" * 64}, "study_digest "),
        ({"schema_version": 9}, f"schema_version {SCHEMA_VERSION} there, 9 here"),
    ],
)
def test_another_run_is_refused_with_what_differs(store, other, said):
    run(store)
    before = everything(store.folder)
    mine = RunFolder(store, manifest(**other))
    with mine.lock(), pytest.raises(InputError, match=re.escape(said)) as refusal:
        mine.claim()
    assert str(refusal.value).startswith(f"{store.where}: holds another run (")
    assert str(refusal.value).endswith("; give another --out, or --overwrite to replace it")
    assert str(refusal.value).count(" there, ") == 1
    assert everything(store.folder) == before


def test_overwrite_replaces_another_run_and_leaves_what_is_not_its_own(store):
    run(store, keep_rows=True)
    foreign = ["notes.txt", "counts/mine.parquet", "figures/mine.png", "figures/breakdown.txt"]
    own = [
        "figures/breakdown.png",
        "figures/breakdown.pdf",
        "estimates.csv",
        "counts.parquet",
        "discovery.csv",
        "sensitivity.csv",
        "figures/settlement.svg",
    ]
    for name in foreign + own:
        store.write(name, b"kept?")
    mine = RunFolder(store, manifest(study={"seed": 8}))
    with mine.lock():
        mine.claim(overwrite=True)
    assert set(everything(store.folder)) == {*foreign, "manifest.json"}
    assert read_manifest(store)["study"]["seed"] == 8


def test_a_shard_replaces_no_other_run(store):
    run(store)
    mine = RunFolder(store, manifest(study={"seed": 8}))
    with mine.lock((1, 2)), pytest.raises(InputError, match="a shard cannot replace it"):
        mine.claim(overwrite=True)
    assert len(find_blocks(store, "counts")) == 3


def test_overwrite_of_the_same_run_keeps_its_blocks(store):
    run(store)
    again = RunFolder(store, MANIFEST)
    with again.lock():
        again.claim(overwrite=True)
    assert len(again.finished()) == 3


def test_a_folder_of_other_files_is_refused(store):
    store.write("thesis.tex", b"...")
    mine = RunFolder(store, MANIFEST)
    with mine.lock():
        with pytest.raises(InputError, match="is not empty and holds no run; give another --out"):
            mine.claim()
        assert set(everything(store.folder)) == {"thesis.tex", RUN_LOCK}
        mine.claim(overwrite=True)
    assert set(everything(store.folder)) == {"thesis.tex", "manifest.json"}


@pytest.mark.parametrize("text", ["", "{", "[]", '"words"', "{}", "\xff", "[" * 100_000])
def test_a_manifest_that_cannot_be_read_is_no_manifest_of_this_run(store, text):
    store.write("manifest.json", text.encode("latin-1"))
    assert read_manifest(store) == {}
    with pytest.raises(InputError, match=r"its manifest\.json cannot be read"):
        RunFolder(store, MANIFEST).claim()
    RunFolder(store, MANIFEST).claim(overwrite=True)
    assert read_manifest(store) == MANIFEST


@pytest.mark.parametrize("text", [None, b"{"])
def test_a_run_that_lost_its_manifest_is_known_by_its_blocks(store, text):
    _, names = run(store)
    store.remove("manifest.json")
    if text is not None:
        store.write("manifest.json", text)
    store.write(names[1], b"damaged")
    other = RunFolder(store, manifest(study={"seed": 8}))
    with pytest.raises(InputError):
        other.claim()
    mine = RunFolder(store, MANIFEST)
    mine.claim()
    assert sorted(mine.finished()) == [0, 2]
    assert read_manifest(store) == MANIFEST


def test_the_key_follows_from_what_the_numbers_follow_from_alone():
    assert run_key(MANIFEST) == run_key(
        MANIFEST | {"complete": True, "blocks": None, "commit": "x"}
    )
    keys = {
        run_key(MANIFEST | {name: "other"}) for name in ("study_digest", "case_digest", "model")
    }
    assert len(keys | {run_key(MANIFEST)}) == 4


# blocks that are not whole


def test_damaged_doubled_and_foreign_blocks_are_put_aside_and_told_of(store, caplog):
    mine, names = run(store)
    store.write(names[0], store.read(names[0])[:-1])
    twin = write_block(store, "counts", 1, counts(1), {"key": mine.key, "computed": "elsewhere"})
    foreign = keep_block(store, 2, "0" * 64, counts(2))
    with caplog.at_level(logging.WARNING):
        done = mine.finished()
    assert sorted(done) == [1, 2]
    aside = {names[0], max(names[1], twin), foreign}
    assert set(store.names("quarantine")) == {
        f"quarantine/{name.replace('/', '-')}" for name in aside
    }
    told = "\n".join(caplog.messages)
    assert f"{store.where}/{names[0]}: is damaged; put into quarantine/" in told
    assert "is there twice" in told
    assert f"{foreign}: is a block of another run" in told
    assert sorted(mine.finished()) == [1, 2]
    assert len(store.names("quarantine")) == 3


def test_a_block_counts_only_with_its_negotiations(store, caplog):
    mine, names = run(store, blocks=5, keep_rows=True)
    kept = find_blocks(store, "negotiations")
    assert sorted(mine.finished()) == [0, 1, 2, 3, 4]
    store.write(kept[0][0], store.read(kept[0][0])[:-1])
    store.remove(kept[1][0])
    keep_block(store, 2, mine.key, counts(2))  # counts alone
    store.remove(names[2])
    about = {"key": mine.key, "negotiations": "../../etc/passwd"}
    store.remove(names[3])
    write_block(store, "counts", 3, counts(3), about)
    assert sorted(mine.finished()) == [4]
    assert "has lost its negotiations" in caplog.text
    assert len(store.names("quarantine")) == 5
    for index in range(4):
        keep_block(store, index, mine.key, counts(index), rows(index))
    assert sorted(mine.finished()) == [0, 1, 2, 3, 4]
    assert store.names("counts") == names


def test_what_another_shard_has_put_aside_is_not_missed(store, monkeypatch):
    mine, names = run(store)
    store.write(names[0], b"damaged")

    def gone(self, name, to=None):
        raise FileNotFoundError(name)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "move", gone)
        assert sorted(mine.finished()) == [1, 2]
    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "read", gone)
        assert mine.finished() == {}


def test_a_complete_run_has_every_block_and_counts_no_negotiation_twice(store):
    mine, _ = run(store, blocks=2, keep_rows=True)
    with pytest.raises(ResultsError, match="holds 2 of 3 blocks; start the run again"):
        mine.complete()
    assert read_manifest(store)["complete"] is False
    keep_block(store, 2, mine.key, counts(2), rows(2))
    lost = write_block(
        store, "negotiations", 2, rows(2), {"key": mine.key, "by": "another version"}
    )
    assert orphans(store, inspect(store, mine.key, keep_rows=True)) == [lost]
    mine.complete(blocks=3)
    assert read_manifest(store)["complete"] is True
    assert orphans(store, inspect(store, mine.key, keep_rows=True)) == []
    assert store.names("quarantine") == [f"quarantine/{lost.replace('/', '-')}"]
    assert len(find_blocks(store, "negotiations")[2]) == 1


def test_claiming_alone_sweeps_up_what_killed_writes_have_left(store):
    run(store)
    left = store.folder / "counts" / ".block.parquet.123-0a1b2c3d.part"
    left.write_text("half")
    shard = RunFolder(store, MANIFEST)
    with shard.lock((1, 2)):
        shard.claim()
    assert left.exists()
    run(store, blocks=0)
    assert not left.exists()


# one at a time


def forked():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        return os.fork()


@pytest.fixture
def holder():
    """Starts processes that hold a folder; gives what ends one of them, and its number."""
    started = []

    def hold(folder, *shard):
        ready, told = os.pipe()
        child = forked()
        if child == 0:
            with locked(folder, shard or None):
                os.write(told, b".")
                time.sleep(100)
        os.close(told)
        started.append(child)
        assert os.read(ready, 1) == b"."
        os.close(ready)
        return child

    yield hold
    for child in started:
        killed(child)


def killed(child):
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_second_run_is_told_who_holds_the_folder_until_that_process_ends(tmp_path, holder):
    first = holder(tmp_path)
    words = f"another run is writing to it .process {first} on {os.uname().nodename}."
    with pytest.raises(BusyError, match=words) as refusal, locked(tmp_path):
        raise AssertionError
    assert refusal.value.exit_code == 3
    with pytest.raises(BusyError, match=words), locked(tmp_path, (1, 2)):
        raise AssertionError
    assert owners(tmp_path) == [f"process {first} on {os.uname().nodename}"]
    killed(first)
    assert (tmp_path / RUN_LOCK).exists()
    assert owners(tmp_path) == []
    with locked(tmp_path):
        assert owners(tmp_path) == [f"process {os.getpid()} on {os.uname().nodename}"]
    assert not list(tmp_path.iterdir())


def test_shards_share_a_folder_but_none_is_played_twice_at_once(tmp_path, holder):
    first = holder(tmp_path, 1, 2)
    with locked(tmp_path, (2, 2)):
        assert len(owners(tmp_path)) == 2
        with pytest.raises(BusyError, match=f"process {first} on"), locked(tmp_path, (1, 2)):
            raise AssertionError
        with pytest.raises(BusyError, match=f"process {first} on"), locked(tmp_path):
            raise AssertionError
    killed(first)
    with locked(tmp_path):
        pass
    assert sorted(os.listdir(tmp_path)) == ["shard-1-of-2.lock"]
    with locked(tmp_path, (1, 2)):
        pass
    assert not os.listdir(tmp_path)


def test_a_child_of_the_owner_does_not_keep_the_folder(tmp_path):
    ready, go = os.pipe(), os.pipe()
    with locked(tmp_path):
        child = forked()
        if child == 0:  # lives on after its parent has let go
            os.write(ready[1], b".")
            os.read(go[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
    try:
        with locked(tmp_path):
            pass
    finally:
        os.write(go[1], b".")
        assert os.waitpid(child, 0)[1] == 0


def test_a_child_that_leaves_the_lock_does_not_take_it_from_its_parent(tmp_path):
    with locked(tmp_path):
        child = forked()
        if child == 0:
            from experiments.results.lock import _let_go

            _let_go(tmp_path / RUN_LOCK, 999)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert (tmp_path / RUN_LOCK).exists()
        assert owners(tmp_path)


def test_a_file_system_without_locks_is_warned_of(tmp_path, monkeypatch, caplog):
    def unknown(handle, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", unknown)
    with locked(tmp_path):
        pass
    assert "this file system knows no locks; start no second run in it" in caplog.text


def test_a_lock_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ResultsError, match="cannot be written") as refusal,
        locked(tmp_path / "file"),
    ):
        raise AssertionError
    assert refusal.value.exit_code == 6


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / RUN_LOCK).symlink_to(tmp_path / "precious")
    with pytest.raises(ResultsError, match="cannot be written"), locked(tmp_path / "run"):
        raise AssertionError
    assert (tmp_path / "precious").read_text() == "mine"


def test_the_manifest_of_two_runs_is_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        run(LocalStore(tmp_path / name))
    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    assert json.loads((tmp_path / "one" / "manifest.json").read_text()) == MANIFEST

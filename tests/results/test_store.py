"""Files of a run are written whole or not at all, and never outside of their folder."""

import errno
import os
import signal
import warnings
from pathlib import Path

import pytest

from experiments.results import LocalStore, ResultsError, inside, open_store, write_text
from experiments.results.faults import STEPS
from sim import InputError


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "run")


def test_what_is_written_is_read_and_listed_and_moved_and_removed(store):
    store.write("counts/b.parquet", b"second")
    store.write("counts/a.parquet", b"first")
    store.write("manifest.json", b"{}")
    assert store.names() == ["manifest.json"]
    assert store.names("counts") == ["counts/a.parquet", "counts/b.parquet"]
    assert store.entries() == ["counts", "manifest.json"]
    assert store.read("counts/b.parquet") == b"second"
    store.write("counts/b.parquet", b"newer")
    assert store.read("counts/b.parquet") == b"newer"
    store.move("counts/a.parquet", "quarantine/a.parquet")
    assert store.names("counts") == ["counts/b.parquet"]
    assert store.read("quarantine/a.parquet") == b"first"
    store.remove("counts/b.parquet")
    store.remove("counts/b.parquet")
    assert store.names("counts") == []
    assert store.temporaries() == []


def test_a_folder_that_is_not_there_holds_nothing(store):
    assert store.names() == store.names("counts") == store.entries() == []
    assert store.temporaries() == store.remove_temporaries() == []
    with pytest.raises(FileNotFoundError):
        store.read("manifest.json")
    with pytest.raises(FileNotFoundError):
        store.move("a", "b")
    assert not store.folder.exists() or not store.names()


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../outside", "counts/../../outside", "counts//a", "counts/", ".hidden",
     "a b", "a\n", "a\\b", "~root", "a/\x00", "ä", "x" * 129],
)  # fmt: skip
def test_a_name_that_is_not_plain_is_refused(store, name):
    acts = (
        store.read, store.remove, lambda one: store.write(one, b""),
        lambda one: store.move(one, "a"), lambda one: store.move("a", one),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(InputError, match="is no name of a file of results"):
            act(name)
    assert not store.folder.exists()


def test_a_link_leads_no_write_and_no_read_out_of_the_folder(store, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("mine")
    store.folder.mkdir()
    (store.folder / "counts").symlink_to(outside)
    for act in (store.read, store.remove, lambda name: store.write(name, b"theirs")):
        with pytest.raises(ResultsError, match="a link leads out of the folder of results"):
            act("counts/a")
    assert (outside / "a").read_text() == "mine"


def test_a_link_in_place_of_a_file_is_not_followed_but_replaced(store, tmp_path):
    outside = tmp_path / "mine.json"
    outside.write_text("mine")
    store.folder.mkdir()
    (store.folder / "manifest.json").symlink_to(outside)
    assert store.names() == []
    with pytest.raises(ResultsError, match="cannot be read"):
        store.read("manifest.json")
    store.write("manifest.json", b"{}")
    assert outside.read_text() == "mine"
    assert store.read("manifest.json") == b"{}"


def test_a_folder_may_be_a_link_itself(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    LocalStore(tmp_path / "link").write("counts/a", b"1")
    assert (tmp_path / "real" / "counts" / "a").read_bytes() == b"1"


def test_a_file_in_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("...")
    for store in (LocalStore(tmp_path / "file"), LocalStore(tmp_path / "file" / "run")):
        with pytest.raises(ResultsError, match="cannot be written: Not a directory") as refusal:
            store.write("a", b"")
        assert refusal.value.exit_code == 6
        with pytest.raises(ResultsError, match="cannot be read: Not a directory"):
            store.read("a")
    with pytest.raises(ResultsError, match="cannot be read: Not a directory"):
        LocalStore(tmp_path / "file").names()


def test_a_full_disk_leaves_the_old_file_and_no_half_of_the_new(store, monkeypatch):
    store.write("a", b"old")

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultsError, match="a: cannot be written: No space left on device"):
        store.write("a", b"new and longer")
    assert store.read("a") == b"old"
    assert sorted(os.listdir(store.folder)) == ["a"]


def test_a_text_in_a_new_folder_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b" / "c.txt"
    write_text(path, "one")

    def refuse(source, target):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ResultsError, match="Read-only file system"):
        write_text(path, "two")
    assert path.read_text() == "one"
    assert os.listdir(path.parent) == ["c.txt"]


def test_a_store_is_opened_by_a_path_or_by_an_address(tmp_path):
    assert open_store(tmp_path) == open_store(str(tmp_path)) == LocalStore(tmp_path)
    assert open_store("results/mine") == LocalStore(Path("results/mine"))
    assert open_store(f"file://{tmp_path}/a%20b") == LocalStore(tmp_path / "a b")
    assert open_store(tmp_path).where == str(tmp_path)
    with pytest.raises(InputError, match="teapot://host/run: is no address of a store"):
        open_store("teapot://me:secret@host/run")


def test_a_folder_inside_another_keeps_the_options_of_an_address(tmp_path):
    assert inside(tmp_path, "ignorance") == f"{tmp_path}/ignorance"
    assert inside("results/a?b/", "c.csv") == "results/a?b/c.csv"
    there = "s3://bucket/run/?region=us-east-1&scheme=http"
    assert inside(there, "figures") == "s3://bucket/run/figures?region=us-east-1&scheme=http"
    with pytest.raises(InputError, match="is no name of a file of results"):
        inside(there, "../other")


# the switch that kills a process


def killed(store, setting):
    """What a child that writes and moves files, and is killed on the way, ends with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if child == 0:
        os.environ["WINSET_FAULT"] = setting
        for number in range(4):
            store.write(f"counts/{number}", b"0123456789" * (number + 1))
        store.move("counts/0", "quarantine/0")
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_switch_kills_at_each_step_and_no_file_is_half(tmp_path):
    left = {}
    for step in STEPS:
        store = LocalStore(tmp_path / step)
        assert killed(store, f"{step}:{1 if 'move' in step else 3}") == -signal.SIGKILL
        for name in store.names("counts"):
            assert store.read(name) == b"0123456789" * (int(name[-1]) + 1)
        parts = [(store.folder / name).stat().st_size for name in store.temporaries()]
        left[step] = (len(store.names("counts")), len(store.names("quarantine")), parts)
        assert len(store.remove_temporaries()) == len(parts)
        assert store.temporaries() == []
    assert left == {
        "before_write": (2, 0, []), "half_written": (2, 0, [15]), "before_rename": (2, 0, [30]),
        "after_write": (3, 0, []), "before_move": (4, 0, []), "after_move": (3, 1, []),
    }  # fmt: skip
    assert killed(LocalStore(tmp_path / "whole"), "after_write:5") == 0


@pytest.mark.parametrize(
    "setting", ["", "after_write", "after_write:0", "after_write:x", "never:1"]
)
def test_a_switch_that_names_no_step_is_refused(store, monkeypatch, setting):
    monkeypatch.setenv("WINSET_FAULT", setting)
    with pytest.raises(InputError, match="it must be STEP:COUNT with a STEP of before_write"):
        store.write("a", b"")
    assert store.names() == []

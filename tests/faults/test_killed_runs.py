"""A run that is killed, stopped or sabotaged ends as an undisturbed one, or says why it cannot.

Every folder is compared byte by byte with that of a run that nothing has happened to.
"""

import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from family import Family

STUDY = ("run", "--vary", "demand=1.5:6:4", "-n", "400", "--seed", "0", "--no-figures")
KEPT = (*STUDY, "--keep-rows", "--threads", "2")
COUNTED = (*STUDY, "--threads", "1")
STAGED = ("run", "--vary", "demand=1.5:6:2", "-n", "1600", "--precision", "0.04", "--no-figures")
BLOCKS = 8
WRITES = 23  # manifest, case, design; two files a block; manifest, estimates, rounds, counts


@pytest.fixture
def tmp_path():
    """A folder in memory where there is one: to a kill it is a disk, only faster."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="winset-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    family = Family(tmp_path_factory.mktemp("family"))
    yield family
    family.end()


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left_over(folder):
    return [name for name in everything(folder) if name.endswith((".part", ".lock"))]


def undisturbed(family, folder, words):
    code, out, err = family.run(*words, "--out", folder)
    assert (code, err) == (0, "")
    return folder, everything(folder), out.replace(str(folder), "OUT")


@pytest.fixture(scope="module")
def kept(family, tmp_path_factory):
    """Folder, files and answer of a run that kept its rows."""
    return undisturbed(family, tmp_path_factory.mktemp("kept") / "run", KEPT)


@pytest.fixture(scope="module")
def counted(family, tmp_path_factory):
    return undisturbed(family, tmp_path_factory.mktemp("counted") / "run", COUNTED)


@pytest.fixture(scope="module")
def staged(family, tmp_path_factory):
    return undisturbed(family, tmp_path_factory.mktemp("staged") / "run", STAGED)


@pytest.fixture
def copied(kept, tmp_path):
    """A copy of the finished run, to be damaged."""
    return shutil.copytree(kept[0], tmp_path / "run")


def ends_as(reference, family, folder, words, aside=0):
    """Give the run again; it ends as the undisturbed one, with so many files put aside."""
    code, out, err = family.run(*words, "--out", folder)
    assert code == 0, err
    assert out.replace(str(folder), "OUT") == reference[2]
    found = everything(folder)
    put_aside = [name for name in found if name.startswith("quarantine/")]
    assert len(put_aside) == aside
    assert err.count("; put into quarantine/") == aside
    assert {name: raw for name, raw in found.items() if name not in put_aside} == reference[1]


def blocks(folder, kind):
    return sorted((folder / kind).glob("block-*.parquet"))


def test_the_undisturbed_run_has_the_files_that_are_disturbed_below(kept, counted):
    assert len(blocks(kept[0], "counts")) == len(blocks(kept[0], "negotiations")) == BLOCKS
    assert len(kept[1]) == WRITES - 1  # the manifest was written twice
    assert not left_over(kept[0])
    estimates = [files[1]["estimates.csv"] for files in (kept, counted)]
    assert estimates[0] == estimates[1]


# killed at an exact step

POINTS = [
    f"{step}:{count}"
    for offset, step in enumerate(("before_write", "half_written", "before_rename", "after_write"))
    for count in range(1 + offset % 2, WRITES + 1, 2)
]


def test_there_are_more_than_forty_points_of_death_in_every_part_of_a_run():
    assert len(POINTS) >= 40
    assert {point.rpartition(":")[2] for point in POINTS} == {str(i + 1) for i in range(WRITES)}


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_a_step_of_a_write_ends_as_an_undisturbed_one(
    family, kept, tmp_path, point
):
    folder = tmp_path / "run"
    code, out, err = family.run(*KEPT, "--out", folder, fault=point)
    assert (code, out, err) == (-signal.SIGKILL, "", "")
    ends_as(kept, family, folder, KEPT)


@pytest.mark.parametrize("count", [4, 6, 7, 9, 11])
def test_a_run_in_stages_that_was_killed_ends_as_an_undisturbed_one(
    family, staged, tmp_path, count
):
    folder = tmp_path / "run"
    assert family.run(*STAGED, "--out", folder, fault=f"after_write:{count}")[0] == -9
    ends_as(staged, family, folder, STAGED)


def test_a_run_that_dies_again_and_again_gets_there_all_the_same(family, kept, tmp_path):
    folder = tmp_path / "run"
    for life in range(1, BLOCKS + 2):
        words = (*KEPT, "--threads", "1", "--out", folder)
        assert family.run(*words, fault="half_written:6")[0] == -9
        assert len(blocks(folder, "counts")) == min(life, BLOCKS)
    ends_as(kept, family, folder, KEPT)


# killed at any time


@pytest.mark.parametrize("seed", range(4))
def test_a_run_killed_at_random_times_ends_as_an_undisturbed_one(family, kept, tmp_path, seed):
    chance, folder, killed = random.Random(seed), tmp_path / "run", 0
    for most in (0.05, 0.1, 0.2, 0.2, 0.3):  # seconds
        process = family.start(*KEPT, "--out", folder)
        code, _, err = family.wait(process, after=chance.uniform(0.0, most))
        assert code in (0, -9), err
        killed += code == -9
    assert killed
    ends_as(kept, family, folder, KEPT)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_says_so_and_goes_on(family, kept, tmp_path, how):
    folder = tmp_path / "run"
    code, out, err = family.run(*KEPT, "--out", folder, fault="after_write:9", fatal=how)
    assert (code, out) == (130, "")
    assert err == "winset: interrupted; the same command goes on where it stopped\n"
    assert not left_over(folder)
    ends_as(kept, family, folder, KEPT)


@pytest.mark.parametrize("shard", ["1/2", "2/2"])
def test_a_shard_that_was_killed_is_played_again_and_the_run_is_whole(
    family, kept, tmp_path, shard
):
    folder = tmp_path / "run"
    one = family.start(*KEPT, "--out", folder, "--shard", "1/2", fault=kill_if(shard == "1/2"))
    two = family.start(*KEPT, "--out", folder, "--shard", "2/2", fault=kill_if(shard == "2/2"))
    codes = [family.wait(process)[0] for process in (one, two)]
    assert sorted(codes) == [-9, 0]
    code, out, err = family.run(*KEPT, "--out", folder, "--shard", shard)
    assert (code, err) == (0, "")
    assert f"Shard {shard} is done" in out
    assert len(blocks(folder, "counts")) == BLOCKS
    ends_as(kept, family, folder, KEPT)


def kill_if(condition):
    return "half_written:6" if condition else None


# blocks that are cut short, changed or lost


def flipped(raw):
    changed = bytearray(raw)
    changed[len(raw) // 3] ^= 4
    return bytes(changed)


DAMAGE = {
    "emptied": lambda raw: b"", "cut in half": lambda raw: raw[: len(raw) // 2],
    "a byte short": lambda raw: raw[:-1], "a bit flipped": flipped,
    "the last bit flipped": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
    "a byte longer": lambda raw: raw + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["counts", "negotiations"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_block_is_put_aside_and_played_again(family, kept, copied, kind, damage):
    path = blocks(copied, kind)[3]
    path.write_bytes(damage(path.read_bytes()))
    damaged = path.read_bytes()
    code, out, _ = family.run("doctor", copied)
    assert code == 1
    assert f"{path.relative_to(copied)}: is damaged" in out
    ends_as(kept, family, copied, KEPT, aside=1 if kind == "counts" else 2)
    assert (copied / "quarantine" / f"{kind}-{path.name}").read_bytes() == damaged
    assert family.run("doctor", copied)[:2] == (0, f"{copied}: complete, 8 blocks, each whole\n")


@pytest.mark.parametrize("lost", [("counts",), ("negotiations",), ("counts", "negotiations")])
def test_a_block_that_was_lost_is_played_again(family, kept, copied, lost):
    for kind in lost:
        blocks(copied, kind)[5].unlink()
    assert "1 of 8 blocks are missing: 5" in family.run("doctor", copied)[1]
    ends_as(kept, family, copied, KEPT, aside=1 if lost == ("negotiations",) else 0)


@pytest.mark.parametrize("name", ["manifest.json", "case.toml", "design.csv", "estimates.csv",
                                  "rounds.csv", "counts.parquet"])  # fmt: skip
def test_a_lost_file_beside_the_blocks_is_written_again(family, kept, copied, name):
    (copied / name).unlink()
    stamps = [path.stat().st_mtime_ns for path in blocks(copied, "counts")]
    ends_as(kept, family, copied, KEPT)
    assert [path.stat().st_mtime_ns for path in blocks(copied, "counts")] == stamps


@pytest.mark.parametrize("point", ["before_move:1", "after_move:1", "after_move:2"])
def test_mending_that_was_killed_loses_nothing(family, kept, copied, point):
    for path in (blocks(copied, "counts")[0], blocks(copied, "negotiations")[4]):
        path.write_bytes(path.read_bytes()[:-9])
    assert family.run("doctor", copied, "--mend", fault=point)[0] == -9
    assert family.run("doctor", copied, "--mend")[0] == 0
    code, _, err = family.run(*KEPT, "--out", copied)
    assert (code, err) == (0, "")
    found = everything(copied)
    aside = {name for name in found if name.startswith("quarantine/")}
    assert {name: raw for name, raw in found.items() if name not in aside} == kept[1]
    assert f"quarantine/negotiations-{blocks(copied, 'negotiations')[4].name}" in aside


# a disk that is full


def test_files_that_may_not_grow_end_the_run_with_one_line_and_no_half_file(family, kept, tmp_path):
    folder = tmp_path / "run"
    smaller = len(kept[1]["case.toml"]) + 100
    assert smaller < min(path.stat().st_size for path in blocks(kept[0], "negotiations"))
    code, out, err = family.run(*KEPT, "--out", folder, most=smaller)
    assert (code, out) == (6, "")
    assert re.fullmatch(r"winset: .*\.parquet: cannot be written: File too large\n", err)
    assert not left_over(folder)
    ends_as(kept, family, folder, KEPT)


@pytest.fixture
def mounted(tmp_path):
    """A file system of its own, mounted with some options; skips where that is not allowed."""
    place = tmp_path / "mounted"
    place.mkdir()

    def mount(*words):
        done = subprocess.run(["mount", *words, str(place)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("no right to mount a file system here")
        return place

    yield mount
    subprocess.run(["umount", str(place)], capture_output=True, check=False)


@pytest.mark.parametrize("size", ["40k", "100k", "160k"])
def test_a_disk_that_runs_full_ends_the_run_and_with_more_room_it_goes_on(
    family, kept, mounted, size
):
    folder = mounted("-t", "tmpfs", "-o", f"size={size}", "none") / "run"
    code, out, err = family.run(*KEPT, "--out", folder)
    assert (code, out) == (6, "")
    assert re.fullmatch(r"winset: .*: cannot be written: No space left on device\n", err)
    assert not left_over(folder)
    mounted("-o", "remount,size=10m")
    ends_as(kept, family, folder, KEPT)


def test_a_folder_that_may_only_be_read_is_refused_and_unharmed(family, kept, mounted):
    folder = mounted("-t", "tmpfs", "-o", "size=10m", "none") / "run"
    shutil.copytree(kept[0], folder)
    blocks(folder, "counts")[0].unlink()
    before = everything(folder)
    mounted("-o", "remount,ro")
    for words in ((*KEPT, "--out", folder), ("doctor", folder, "--mend")):
        code, out, err = family.run(*words)
        assert (code, out) == (6, "")
        assert re.fullmatch(r"winset: .*: Read-only file system\n", err)
    assert family.run("doctor", folder)[0] == 1
    assert everything(folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_of_somebody_else_is_refused(family, tmp_path):
    tmp_path.chmod(0o500)
    code, out, err = family.run(*KEPT, "--out", tmp_path / "run")
    tmp_path.chmod(0o700)
    assert (code, out) == (6, "")
    assert "Permission denied" in err


# two at once, and folders of something else


def test_a_second_launch_is_refused_and_the_first_goes_on(family, kept, tmp_path):
    folder = tmp_path / "run"
    stopped = {"fault": "after_write:5", "fatal": signal.SIGSTOP}
    first = family.start(*KEPT, "--threads", "1", "--out", folder, **stopped)
    end = time.monotonic() + 60
    while not blocks(folder, "counts"):
        assert time.monotonic() < end
        time.sleep(0.01)
    before = everything(folder)
    code, out, err = family.run(*KEPT, "--out", folder)
    mended = family.run("doctor", folder, "--mend")
    assert everything(folder) == before
    os.kill(first[0], signal.SIGCONT)
    assert (code, out) == (3, "")
    who = re.escape(f"{folder}: another run is writing to it (process {first[0]} on ")
    assert re.fullmatch(rf"winset: {who}.*\); wait for it or end it\n", err)
    assert mended[0] == 3
    assert family.wait(first)[0] == 0
    assert everything(folder) == kept[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seed", "1"), "study.seed 0 there, 1 here"),
        (("-n", "401"), "study.replicates 400 there, 401 here"),
        (("--set", "talks.split=0.4"), "study.settings.talks.split nothing there, 0.4 here"),
        (("--vary", "assembly.shift=0,0.1"), "study.factors "),
    ],
)
def test_a_changed_study_under_an_old_folder_is_refused(family, kept, copied, words, said):
    code, out, err = family.run(*KEPT, *words, "--out", copied)
    assert (code, out) == (2, "")
    assert f"winset: {copied}: holds another run (" in err
    assert said in err
    assert everything(copied) == kept[1]


def test_another_run_is_replaced_only_if_asked_to_even_if_it_is_killed_meanwhile(
    family, kept, copied
):
    other = (*KEPT, "--seed", "1", "--out", copied)
    code, _, _ = family.run(*other, "--overwrite", fault="after_write:9")
    assert code == -9
    code, _, err = family.run(*KEPT, "--out", copied)
    assert code == 2
    assert "study.seed 1 there, 0 here" in err
    assert family.run(*other)[0] == 0
    ends_as(kept, family, copied, (*KEPT, "--overwrite"))


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mknod, (str(self.path),)


def test_a_pickle_in_the_folder_is_never_opened(family, kept, copied, tmp_path):
    sprung = tmp_path / "sprung"
    trap = pickle.dumps(Trap(sprung))
    lost = blocks(copied, "counts")[2]
    lost.write_bytes(trap)
    planted = ["cache.pkl", "counts/block.pkl", "counts/block-0000001.npy", "design.pkl",
               "negotiations/.cache", "figures.pickle"]  # fmt: skip
    for name in planted:
        (copied / name).write_bytes(trap)
    family.run("doctor", copied)
    code, _, err = family.run(*KEPT, "--out", copied)
    assert code == 0, err
    family.run("doctor", copied, "--mend")
    assert not sprung.exists()
    for name in planted:
        assert (copied / name).read_bytes() == trap
        (copied / name).unlink()
    (copied / "quarantine" / f"counts-{lost.name}").unlink()
    assert everything(copied) == kept[1]
    pickle.loads(trap)
    assert sprung.exists()


@pytest.mark.parametrize("hours", [-24 * 400, 24 * 400])
def test_nothing_depends_on_the_clock(family, kept, tmp_path, hours):
    folder = tmp_path / "run"
    assert family.run(*KEPT, "--out", folder, fault="after_write:12")[0] == -9
    for number, path in enumerate(sorted(folder.rglob("*"))):
        os.utime(path, (10**9 * (number % 3), 10**9 * (number % 3)))
    code, _, err = family.run(*KEPT, "--out", folder, hours=hours)
    assert (code, err) == (0, "")
    assert everything(folder) == kept[1]


def test_a_switch_for_faults_that_names_no_step_is_bad_input(family, tmp_path):
    code, out, err = family.run(*KEPT, "--out", tmp_path / "run", fault="sometime:1")
    assert (code, out) == (2, "")
    assert err.startswith("winset: WINSET_FAULT is 'sometime:1'; it must be STEP:COUNT")

"""A study split into shards, as job arrays play them, comes to what one run of it does."""

import pytest

from experiments import blocks
from experiments.results import BusyError, merge, open_store, read_manifest, read_results
from experiments.run import Job, run_study
from experiments.study_making import make_study

SHARDS = [(3, 3), (1, 3), (2, 3)]


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """Blocks so small that a study of a moment has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "NEGOTIATIONS", 100)
        yield


@pytest.fixture(scope="module")
def study():
    return make_study(
        "korea_2019", vary={"demand": [1.5, 2.0, 3.0, 5.58], "assembly.shift": [-0.1, 0.1]},
        replicates=250, seed=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    """The folder of a run that was not split."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run_study(study, where=folder, workers=1)
    return folder


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def blocks_of(folder):
    return {name: told for name, told in everything(folder).items() if name.startswith("counts/")}


@pytest.mark.parametrize("together", [True, False], ids=["one folder", "a folder each"])
def test_three_shards_are_the_whole_run_bit_for_bit(study, whole, together, tmp_path, monkeypatch):
    folder, played = tmp_path / "run", []
    for i, n in SHARDS:
        where = folder if together else tmp_path / f"part-{i}"
        run_study(study, where=where, shard=(i, n), workers=1, progress=played.append)
        assert not read_manifest(open_store(where))["complete"]
    if not together:
        merge([tmp_path / f"part-{i}" for i, _ in SHARDS], folder)
    assert sum(played) == 8 * 250
    assert blocks_of(folder) == blocks_of(whole)
    monkeypatch.setattr(Job, "play", None)  # nothing is left to play
    run = run_study(study, where=folder)
    assert everything(folder) == everything(whole)
    assert run.counts.map(str).equals(run_study(study, where=whole).counts.map(str))
    assert read_results(folder).counts["n"].tolist() == [250] * 8


def test_a_shard_that_was_interrupted_goes_on_where_it_stopped(study, whole, tmp_path):
    played = []

    def stop(negotiations):
        played.append(negotiations)
        if len(played) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(study, where=tmp_path, shard=(1, 2), workers=1, progress=stop)
    kept = set(blocks_of(tmp_path))
    assert len(kept) >= 2
    for shard in ((1, 2), (2, 2)):
        run_study(study, where=tmp_path, shard=shard, workers=1)
    assert kept < set(blocks_of(tmp_path))
    assert blocks_of(tmp_path) == blocks_of(whole)


def test_a_shard_is_not_played_twice_at_once(study, tmp_path):
    def again(_):
        run_study(study, where=tmp_path, shard=(1, 2), workers=1)

    with pytest.raises(BusyError):
        run_study(study, where=tmp_path, shard=(1, 2), workers=1, progress=again)

"""What a run has kept is played again from its folder alone, and comes out the same or is told."""

import json
import shutil

import numpy as np
import pytest

from experiments import blocks, provenance
from experiments.bitwise import table_differences
from experiments.recorded import read_recorded, study_from_json
from experiments.replay import Verification, replay, verify_results
from experiments.results import find_blocks, open_store, read_block, write_block
from experiments.run import run_study
from experiments.study_making import make_study
from sim import InputError, negotiate
from sim.parameters import Prior

VARY = {"demand": [1.5, 3.0, 5.58], "talks.precision": [10.0, float("inf")]}
VARIANTS = {"case": {}, "cheap_talk": {"president.audience_cost": 0.0}}
SAMPLED = {
    "demand": Prior("uniform", 1.5, 6.0),
    "president.audience_cost": Prior("log-uniform", 0.01, 0.2),
}


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """Blocks so small that a study of a moment has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "NEGOTIATIONS", 100)
        yield


@pytest.fixture(scope="module")
def study():
    return make_study("korea_2019", vary=VARY, variants=VARIANTS, replicates=80, seed=0)


@pytest.fixture(scope="module", params=[True, False], ids=["rows", "counts"])
def kept(request, study, tmp_path_factory):
    """The folder of a finished run, with its negotiations and without."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    run_study(study, where=folder, keep_rows=request.param, workers=1)
    return folder


@pytest.fixture
def copied(kept, tmp_path):
    """A copy of the folder, to be changed."""
    return shutil.copytree(kept, tmp_path / "run")


def change(folder, kind, column, value, **said):
    """Give a column of block 0 another first value, under a name that fits; returns the name."""
    store = open_store(folder)
    (name,) = find_blocks(store, kind)[0]
    columns, about = read_block(store, name)
    columns[column] = columns[column].copy()
    columns[column][0] = value
    store.remove(name)
    return write_block(store, kind, 0, columns, about | said)


def rewrite(folder, **changes):
    """Change the manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes))


# a study and its record


@pytest.mark.parametrize(
    "options",
    [
        {"vary": VARY, "variants": VARIANTS, "notes": "as reported"},
        {"vary": {"demand": [2.0]}, "settings": {"talks.precision": "inf"}, "draws": "independent"},
        {"vary": {"demand": [2, 3], "assembly.shift": Prior("uniform", -0.1, 0.1)}, "size": 4},
        {"vary": SAMPLED, "design": "sobol", "size": 8, "figures": ()},
        {"vary": {"demand": [2, 3]}, "precision": 0.05, "title": "T", "question": "Q?"},
        {"vary": {"demand": [2, 3], "assembly.shift": [0, 0.1]}, "refine": True, "name": "line"},
        {"seed": 2**64 - 1, "outcome": "lapse"},
    ],
)
def test_a_study_read_back_from_its_record_is_the_study(options):
    study = make_study("korea_2019", **options)
    record = json.loads(json.dumps(study.as_json(), allow_nan=False))
    again = study_from_json(record, study.scenario)
    assert again.as_json() == study.as_json()
    assert again.digest == study.digest
    assert [f.law[0] for f in again.factors] == [f.law[0] for f in study.factors]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"factors": None}, "study is none of a manifest: TypeError"),
        ({"labels": {}}, "study is none of a manifest: KeyError"),
        ({"settings": {"talks.precision": "much"}}, "study is none of a manifest: ValueError"),
        ({"settings": []}, "study is none of a manifest: AttributeError"),
        ({"factors": [{"parameter": "president.wealth", "levels": [1]}]}, "is not a parameter"),
        ({"seed": -1}, "seed is -1; it must be"),
    ],
)
def test_a_record_that_is_none_of_a_study_is_refused(study, changes, said):
    with pytest.raises(InputError, match=said):
        study_from_json(study.as_json() | changes, study.scenario)
    with pytest.raises(InputError, match="study is none of a manifest"):
        study_from_json(None, study.scenario)


# replay


def test_the_agents_retell_any_negotiation_of_a_run(kept, study):
    for design_point, replicate in ((0, 0), (5, 79), (11, 41)):
        told = replay(kept, design_point, replicate)
        assert told.identical, told.differences
        outcome = told.transcript.talks.outcome
        run = read_recorded(kept)
        points = run.design.points(np.array([design_point]))
        assert outcome.tobytes() == negotiate(points, 80, seed=0)[0, replicate].tobytes()
        lines = told.lines()
        assert lines[0] == study.scenario.title
        row = run.design.table.iloc[design_point]
        assert lines[-2].startswith(
            f"Study {study.name}, design point {design_point} ({row['variant']}, president.demand "
            f"{row['president.demand']:g}, talks.precision {row['talks.precision']:g}), "
            f"replicate {replicate}, seed 0."
        )
        assert lines[-1].startswith("Identical, bit for bit: the Mesa agents, the compiled kernel")
        assert ("the negotiation in the folder" in lines[-1]) == run.manifest["keep_rows"]


@pytest.mark.parametrize(
    ("design_point", "replicate", "said"),
    [(12, 0, r"design point is 12; it must be in \[0, 11\]"),
     (-1, 0, r"design point is -1; it must be"),
     (0, 80, r"replicate is 80; it must be in \[0, 79\]")],
)  # fmt: skip
def test_a_negotiation_that_the_run_does_not_have_is_refused(kept, design_point, replicate, said):
    with pytest.raises(InputError, match=said):
        replay(kept, design_point, replicate)


def test_independent_draws_are_those_of_the_design_point(tmp_path):
    study = make_study("korea_2019", vary=VARY, replicates=30, seed=0, draws="independent")
    run_study(study, where=tmp_path / "run", keep_rows=True, workers=1)
    assert replay(tmp_path / "run", 4, 29).identical
    assert verify_results(tmp_path / "run").identical


def test_replicates_that_a_precision_did_not_need_are_not_there(tmp_path):
    study = make_study(
        "korea_2019", vary={"demand": [1.5, 3.5]}, replicates=2000, precision=0.06, seed=0
    )
    run = run_study(study, where=tmp_path / "run", workers=1)
    played = run.counts["n"].tolist()
    assert max(played) < 2000
    for point, n in enumerate(played):
        assert replay(tmp_path / "run", point, n - 1).identical
        with pytest.raises(InputError, match=f"holds no replicate {n} of design point {point}"):
            replay(tmp_path / "run", point, n)
    report = verify_results(tmp_path / "run", sample=10**6)
    assert report.identical
    assert report.negotiations == sum(played)


def test_a_block_that_is_lost_cannot_be_replayed(copied):
    store = open_store(copied)
    store.remove(find_blocks(store, "counts")[0][0])
    with pytest.raises(InputError, match="holds no replicate 0 of design point 0"):
        replay(copied, 0, 0)
    assert replay(copied, 11, 79).identical


def test_a_count_that_was_changed_is_told(copied):
    change(copied, "counts", "ratified", 99)
    told = replay(copied, 0, 0)
    assert not told.identical
    assert "NOT identical" in told.lines()[-2]
    assert "counts of block 0: ratified of row 0 is 99 there" in told.lines()[-1]
    report = verify_results(copied, sample=10**6)
    assert report.lines()[-2:] == ["NOT identical:", told.lines()[-1]]


def test_a_negotiation_that_was_changed_is_told(study, tmp_path):
    folder = tmp_path / "run"
    run_study(study, where=folder, keep_rows=True, workers=1)
    changed = change(folder, "negotiations", "gap", -1.0)
    change(folder, "counts", "n", 50, negotiations=changed)
    (difference,) = replay(folder, 0, 0).differences
    assert difference.startswith("gap is ")
    assert difference.endswith(" by the Mesa agents, -1.0 by the folder")
    told = verify_results(folder, sample=10**6).differences
    assert told[0].startswith("negotiations of block 0: gap of row 0 is -1.0 there, ")


def test_a_negotiation_that_its_block_does_not_hold_is_told(study, tmp_path):
    folder = tmp_path / "run"
    run_study(study, where=folder, keep_rows=True, workers=1)
    changed = change(folder, "negotiations", "replicate", 10**6)
    change(folder, "counts", "n", 50, negotiations=changed)
    assert replay(folder, 0, 0).differences == ("the folder does not hold it",)


def test_negotiations_that_were_damaged_cannot_be_replayed(study, tmp_path):
    run_study(study, where=tmp_path / "run", keep_rows=True, workers=1)
    store = open_store(tmp_path / "run")
    store.write(find_blocks(store, "negotiations")[0][0], b"damaged")
    with pytest.raises(InputError, match="its block is lost or damaged"):
        replay(tmp_path / "run", 0, 0)


def test_rows_and_columns_that_are_too_many_are_told():
    stored = {"n": np.array([1, 2]), "ends": [np.array([1]), np.array([2])], "old": np.zeros(2)}
    played = {"n": np.array([1]), "ends": [np.array([1]), np.array([3])], "new": np.zeros(2)}
    assert table_differences(stored, played, "counts") == [
        "counts: ends of row 1 is [2] there, [3] here", "counts: n has 2 rows there, 1 here",
        "counts: new is a column only here", "counts: old is a column only there",
    ]  # fmt: skip


def test_zeros_of_two_signs_differ_and_numbers_that_are_none_do_not():
    zeros = {"gap": np.array([np.nan, 0.0])}, {"gap": np.array([np.nan, -0.0])}
    assert table_differences(*zeros, "rows") == ["rows: gap of row 1 is 0.0 there, -0.0 here"]


# verify-results


def test_a_sample_of_a_run_is_the_same_when_played_again(kept):
    report = verify_results(kept, sample=3, seed=0)
    assert report.identical
    assert report.blocks[0] == 3
    assert report.lines() == [
        f"{kept}: played 3 of {report.blocks[1]} blocks again ({report.negotiations} "
        "negotiations), 6 negotiations by the Mesa agents as well",
        "Identical, bit for bit.",
    ]
    assert verify_results(kept, sample=3, seed=0) == report
    whole = verify_results(kept, sample=10**6)
    assert whole.identical
    assert (whole.negotiations, whole.blocks[0]) == (960, whole.blocks[1])


def test_the_seed_chooses_the_sample(kept, monkeypatch):
    played = []
    before = blocks.Block.negotiations
    monkeypatch.setattr(
        blocks.Block, "negotiations",
        property(lambda block: played.append(block.index) or before.fget(block)),
    )  # fmt: skip
    chosen = set()
    for seed in range(6):
        played.clear()
        verify_results(kept, sample=2, seed=seed)
        chosen.add(tuple(played))
    assert len(chosen) > 3


def test_what_is_damaged_or_lost_is_told(copied):
    store = open_store(copied)
    first, second = find_blocks(store, "counts")[0][0], find_blocks(store, "counts")[1][0]
    store.write(first, b"damaged")
    store.remove(second)
    store.write("design.csv", b"design_point\n")
    total = json.loads((copied / "manifest.json").read_text())["blocks"]
    assert set(verify_results(copied).differences) == {
        f"{first}: is damaged", "design.csv: is not the design of the study",
        f"manifest.json: says that {total} blocks are there; {total - 2} are",
    }  # fmt: skip
    store.remove("design.csv")
    assert "design.csv: is missing" in verify_results(copied).differences


def test_a_run_that_is_not_complete_is_verified_as_far_as_it_goes(study, tmp_path):
    run_study(study, where=tmp_path / "run", shard=(1, 3), workers=1)
    report = verify_results(tmp_path / "run", sample=10**6)
    assert report.identical
    assert f"{tmp_path / 'run'}: the run is not complete" in report.lines()
    assert report.blocks == (4, 4)


def test_a_run_without_blocks_and_a_sample_of_none_are_refused(copied):
    with pytest.raises(InputError, match="sample is 0; it must be a number of blocks"):
        verify_results(copied, sample=0)
    shutil.rmtree(copied / "counts")
    with pytest.raises(InputError, match="holds no block that could be played again"):
        verify_results(copied)


def test_many_differences_are_told_in_few_lines():
    report = Verification("run", (1, 1), 50, 2, (), tuple(f"line {i}" for i in range(50)))
    assert len(report.lines()) == 23
    assert report.lines()[-2:] == ["  line 19", "  and 30 more"]


def test_another_version_of_a_library_is_told(copied, monkeypatch):
    versions = provenance.versions() | {"numba": "0.1"}
    monkeypatch.setattr(provenance, "versions", lambda: versions)
    assert f"{copied}: numba was " in verify_results(copied, sample=1).lines()[1]


# refusals


def test_what_another_model_has_played_is_refused(kept, monkeypatch):
    monkeypatch.setattr(provenance, "model_fingerprint", lambda: "another")
    for again in (lambda: replay(kept, 0, 0), lambda: verify_results(kept)):
        with pytest.raises(InputError, match="model is '.*' there and 'another' here"):
            again()


def test_a_folder_that_is_not_what_its_digests_say_is_refused(kept, copied, tmp_path):
    with pytest.raises(InputError, match=r"nowhere: holds no manifest\.json of a run"):
        replay(tmp_path / "nowhere", 0, 0)
    rewrite(copied, schema_version=1)
    with pytest.raises(InputError, match="schema_version is 1 there and 2 here"):
        replay(copied, 0, 0)
    shutil.copy(kept / "manifest.json", copied)
    study = json.loads((kept / "manifest.json").read_text())["study"]
    rewrite(copied, study=study | {"seed": 1})
    with pytest.raises(InputError, match=r"run/manifest\.json: its study is not the one"):
        replay(copied, 0, 0)
    rewrite(copied, study={"seed": 1})
    with pytest.raises(InputError, match=r"run/manifest\.json: study is none of a manifest"):
        replay(copied, 0, 0)


def test_a_case_that_is_lost_or_was_changed_is_refused(copied):
    case = copied / "case.toml"
    case.write_text(case.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"run/case\.toml: is not the case that was run"):
        replay(copied, 0, 0)
    case.write_text("name = 3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"/run/case\.toml:1: name"):
        replay(copied, 0, 0)
    case.unlink()
    with pytest.raises(InputError, match=r"run/case\.toml: is missing"):
        replay(copied, 0, 0)

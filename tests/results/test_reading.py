"""Results are read back as they were counted, in the frames of several libraries."""

import shutil
import sys

import numpy as np
import pandas as pd
import pytest

from experiments import blocks
from experiments.results import (
    LocalStore,
    ResultsError,
    find_blocks,
    merge,
    read_manifest,
    read_results,
    write_json,
)
from experiments.run import run_study
from experiments.study_making import make_study
from sim import Ending, InputError, negotiate

VARY = {"demand": [3.0, 1.5, 5.58], "assembly.shift": [-0.1, 0.1]}
VARIANTS = {"case": {}, "cheap_talk": {"president.audience_cost": 0.0}}


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """Blocks so small that a study of a moment has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "NEGOTIATIONS", 100)
        yield


@pytest.fixture(scope="module")
def study():
    return make_study("korea_2019", vary=VARY, variants=VARIANTS, replicates=80, seed=0)


@pytest.fixture(scope="module")
def kept(study, tmp_path_factory):
    """A finished run that kept its negotiations: the run in memory, and its folder."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    return run_study(study, where=folder, keep_rows=True, workers=1), folder


@pytest.fixture
def copied(kept, tmp_path):
    """A copy of the folder, to be damaged."""
    return shutil.copytree(kept[1], tmp_path / "run")


# counts


def test_counts_are_those_of_the_run(kept):
    run, folder = kept
    results = read_results(folder)
    assert len(find_blocks(results.store, "counts")) == 12
    counts = results.counts
    pd.testing.assert_frame_equal(results.design, run.design.table, check_dtype=False)
    pd.testing.assert_frame_equal(counts[run.counts.columns], run.counts)
    assert results.study["seed"] == 0
    assert results.manifest == run.manifest


def test_counts_as_polars_are_the_same_table(kept):
    counts = read_results(kept[1]).counts
    frame = read_results(kept[1]).to_polars()
    assert frame.columns == list(counts)
    assert frame["ratified"].to_list() == counts["ratified"].tolist()
    assert frame["variant"].to_list() == counts["variant"].tolist()
    assert frame["ends"].to_list() == [row.tolist() for row in counts["ends"]]


def test_a_grid_becomes_an_array_with_a_dimension_for_each_parameter(kept):
    results = read_results(kept[1])
    data = results.to_xarray()
    assert data.attrs == {"study": results.study["name"]}
    assert data["n"].dims == ("president.demand", "assembly.shift", "variant")
    assert data["ends"].dims == (*data["n"].dims, "ending", "round")
    assert data["first_walk_outs"].dims == (*data["n"].dims, "round")
    assert data["president.demand"].values.tolist() == [1.5, 3.0, 5.58]
    assert data["variant"].values.tolist() == ["case", "cheap_talk"]
    assert data["ending"].values.tolist() == [ending.name.lower() for ending in Ending]
    for _, row in results.counts.iterrows():
        at = {name: row[name] for name in data["n"].dims}
        assert data["ratified"].sel(at) == row["ratified"]
        assert data["ends"].sel(at).sel(ending="ratified").sum() == row["ratified"]
        assert data["ends"].sel(at).values.ravel().tolist() == row["ends"].tolist()


def test_any_other_design_becomes_an_array_along_its_points(tmp_path):
    study = make_study(
        "korea_2019", vary={"president.audience_cost": "prior"}, replicates=20,
        design="latin_hypercube", size=5,
    )  # fmt: skip
    run_study(study, where=tmp_path / "run")
    data = read_results(tmp_path / "run").to_xarray()
    assert data["n"].dims == ("design_point",)
    assert data["president.audience_cost"].dims == ("design_point",)
    assert data["n"].values.tolist() == [20] * 5


@pytest.mark.parametrize(("library", "method"), [("polars", "to_polars"), ("xarray", "to_xarray")])
def test_a_library_that_is_not_there_is_named(kept, monkeypatch, library, method):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=f"{library} is not installed; pip install 'winset.analy"):
        getattr(read_results(kept[1]), method)()


# negotiations


def test_negotiations_are_those_that_were_played(kept, study):
    run, folder = kept
    table = read_results(folder).negotiations()
    table = table.sort_values(["design_point", "replicate"])
    records = negotiate(run.design.points(np.arange(12)), 80, seed=0)
    assert len(table) == 12 * 80
    for name in records.dtype.names:
        np.testing.assert_array_equal(table[name], records[name].ravel())
    assert table["replicate"].tolist() == list(range(80)) * 12
    at = run.design.table.loc[table["design_point"]]
    for name in ("variant", "president.demand", "assembly.shift"):
        assert table[name].tolist() == at[name].tolist()


def test_one_design_point_and_some_columns_can_be_asked_for(kept):
    results = read_results(kept[1])
    whole = results.negotiations()
    some = results.negotiations(["ending", "round"], design_point=7)
    assert list(some) == ["ending", "round"]
    expected = whole[whole["design_point"] == 7][["ending", "round"]]
    pd.testing.assert_frame_equal(some, expected.reset_index(drop=True))
    assert list(results.negotiations(["round"])) == ["round"]


def test_a_column_or_design_point_that_is_not_there_is_told(kept):
    results = read_results(kept[1])
    with pytest.raises(InputError, match="'endnig' is no column of negotiations; there are design"):
        results.negotiations(["endnig"])
    with pytest.raises(InputError, match=r"design point is 12; it must be one that .* \[0, 11\]"):
        results.negotiations(design_point=12)


def test_negotiations_that_were_not_kept_cannot_be_read(study, tmp_path):
    run_study(study, where=tmp_path / "run")
    with pytest.raises(InputError, match="keeps counts alone; run the study with --keep-rows"):
        read_results(tmp_path / "run").negotiations()


# folders that cannot be read


def test_a_folder_without_a_run_is_refused(tmp_path):
    for text in (None, "{", "[]"):
        if text is not None:
            (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(InputError, match=r"holds no manifest\.json of a run"):
            read_results(tmp_path)


def test_a_run_that_is_not_complete_or_of_another_version_is_refused(copied):
    manifest = read_manifest(LocalStore(copied))
    write_json(copied / "manifest.json", manifest | {"complete": False})
    with pytest.raises(InputError, match="the run is not complete; start it again to finish it"):
        read_results(copied)
    write_json(copied / "manifest.json", manifest | {"schema_version": 1})
    with pytest.raises(InputError, match="is of version 1; this Winset reads version 2"):
        read_results(copied)


@pytest.mark.parametrize("key", ["study", "blocks", "keep_rows"])
def test_a_manifest_without_what_reading_needs_is_refused(copied, key):
    manifest = read_manifest(LocalStore(copied))
    write_json(copied / "manifest.json", manifest | {key: None})
    with pytest.raises(InputError, match=rf"manifest\.json: {key} is None; it must be a "):
        read_results(copied)


def test_a_design_that_was_cut_short_is_told(copied):
    design = copied / "design.csv"
    design.write_text("".join(design.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ResultsError, match=r"design\.csv: is damaged; give the run again"):
        _ = read_results(copied).counts


def test_a_lost_or_damaged_block_is_told_and_never_left_out(copied):
    store = LocalStore(copied)
    rows = find_blocks(store, "negotiations")[3][0]
    content = store.read(rows)
    store.write(rows, content[:-1])
    with pytest.raises(ResultsError, match="is damaged"):
        read_results(copied).negotiations()
    store.remove(rows)
    with pytest.raises(ResultsError, match="negotiations/block-0000003: is missing; give the run"):
        read_results(copied).negotiations()
    counts = find_blocks(store, "counts")[4][0]
    content = store.read(counts)
    store.write(counts, content[:-1])
    with pytest.raises(ResultsError, match=f"{counts}: is damaged; give the run again"):
        _ = read_results(copied).counts
    store.remove(counts)
    with pytest.raises(ResultsError, match="holds 11 of 12 blocks; give the run again"):
        _ = read_results(copied).counts


def test_a_block_that_was_counted_twice_is_told(copied):
    store = LocalStore(copied)
    name = find_blocks(store, "counts")[0][0]
    from experiments.results import read_block, write_block

    columns, about = read_block(store, name)
    write_block(store, "counts", 0, columns, about | {"note": "again"})
    with pytest.raises(ResultsError, match="is there twice"):
        _ = read_results(copied).counts


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "is missing"), ("", "is damaged"), ("design_point,variant\n1,case\n", "is damaged"),
     ("a\n0\n", "is damaged"), ('design_point\n"0', "is damaged")],
)  # fmt: skip
def test_a_design_that_is_lost_or_damaged_is_told(copied, text, said):
    (copied / "design.csv").unlink()
    if text is not None:
        (copied / "design.csv").write_text(text)
    with pytest.raises(ResultsError, match=rf"design\.csv: {said}; give the run again"):
        _ = read_results(copied).counts


# shards in folders of their own


@pytest.fixture
def parts(study, tmp_path):
    for i in (1, 2, 3):
        run_study(study, where=tmp_path / f"part-{i}", keep_rows=True, shard=(i, 3), workers=1)
    return [tmp_path / f"part-{i}" for i in (1, 2, 3)]


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_shards_that_are_put_together_are_the_run_itself(kept, study, parts, tmp_path):
    assert merge([parts[2], parts[0]], tmp_path / "into") == 8
    with pytest.raises(InputError, match="the run is not complete"):
        read_results(tmp_path / "into")
    assert merge(parts, tmp_path / "into") == 12
    run_study(study, where=tmp_path / "into", keep_rows=True)
    assert everything(tmp_path / "into") == everything(kept[1])


def test_what_is_damaged_in_a_part_is_not_copied(kept, study, parts, tmp_path):
    store = LocalStore(parts[0])
    for name in find_blocks(store, "counts")[3] + find_blocks(store, "negotiations")[6]:
        store.write(name, b"damaged")
    assert merge(parts, tmp_path / "into") == 10
    run_study(study, where=tmp_path / "into", keep_rows=True)
    assert everything(tmp_path / "into") == everything(kept[1])


def test_parts_of_another_study_are_refused(study, parts, tmp_path):
    other = make_study("korea_2019", vary=VARY, variants=VARIANTS, replicates=80, seed=1)
    run_study(other, where=tmp_path / "other", keep_rows=True, shard=(1, 3))
    with pytest.raises(InputError, match=r"is another run than .*study\.seed 0 there, 1 here"):
        merge([parts[0], tmp_path / "other"], tmp_path / "into")
    with pytest.raises(InputError, match=r"nowhere: holds no manifest\.json of a run"):
        merge([parts[0], tmp_path / "nowhere"], tmp_path / "into")
    assert not (tmp_path / "into").exists()
    with pytest.raises(InputError, match="holds another run"):
        merge(parts, tmp_path / "other")

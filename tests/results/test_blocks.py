"""A block is what was written, byte by byte, or it is damaged."""

import random

import numpy as np
import pyarrow.parquet as pq
import pytest

from experiments.results import DamagedBlock, LocalStore, find_blocks, keep_block, read_block
from experiments.results import write_block as write
from experiments.results.blocks import block_index, read_parquet
from sim import OUTCOME

COLUMNS = {
    "design_point": np.array([3, 4, 5], np.uint32),
    "n": np.array([100, 200, 2**40], np.int64),
    "variant": ["case", "cheap_talk", "case"],
    "ends": np.arange(12, dtype=np.int64).reshape(3, 4),
    "amount_bins": [np.array([], np.uint32), np.array([7], np.uint32), [1, 2, 3]],
    "share": np.array([0.25, np.nan, np.inf]),
}
ABOUT = {"key": "a" * 64, "first_replicate": "0"}


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


def test_a_block_comes_back_as_it_was_written(store):
    name = write(store, "counts", 12, COLUMNS, ABOUT)
    columns, about = read_block(store, name)
    assert about == {**ABOUT, "schema": "2"}
    assert list(columns) == list(COLUMNS)
    for one in ("design_point", "n", "share"):
        assert columns[one].dtype == COLUMNS[one].dtype
        np.testing.assert_array_equal(columns[one], COLUMNS[one])
    assert columns["variant"] == COLUMNS["variant"]
    for one in ("ends", "amount_bins"):
        assert [row.dtype for row in columns[one]] == [np.int64] * 3
        assert [row.tolist() for row in columns[one]] == [list(row) for row in COLUMNS[one]]


def test_a_block_of_histograms_without_deals_keeps_the_type_of_its_lists(store):
    empty = {"amount_bins": [np.array([], np.uint32)] * 2}
    columns, _ = read_block(store, write(store, "counts", 0, empty, ABOUT))
    assert [row.dtype for row in columns["amount_bins"]] == [np.int64] * 2
    schema = pq.read_schema(store.folder / find_blocks(store, "counts")[0][0])
    assert schema.field("amount_bins").type.value_type == "int64"


def test_records_of_negotiations_keep_every_bit(store):
    records = np.random.default_rng(0).integers(0, 2, 50 * OUTCOME.itemsize, np.uint8)
    records = records.view(OUTCOME)
    columns = {name: records[name] for name in OUTCOME.names}
    back, _ = read_block(store, write(store, "negotiations", 0, columns, ABOUT))
    for name in OUTCOME.names:
        assert back[name].tobytes() == np.ascontiguousarray(records[name]).tobytes()


def test_the_name_says_kind_number_and_hash_and_follows_from_the_content(store):
    name = write(store, "counts", 12, COLUMNS, ABOUT)
    assert name == write(store, "counts", 12, COLUMNS, ABOUT)
    assert name.startswith("counts/block-0000012-")
    others = [
        write(store, "counts", 12, COLUMNS | {"n": COLUMNS["n"] + 1}, ABOUT),
        write(store, "counts", 12, COLUMNS, ABOUT | {"key": "b" * 64}),
        write(store, "counts", 12_345_678, COLUMNS, ABOUT),
    ]
    assert len({name, *others}) == 4
    assert find_blocks(store, "counts") == {
        12: sorted([name, others[0], others[1]]), 12_345_678: [others[2]],
    }  # fmt: skip
    assert find_blocks(store, "negotiations") == {}


def test_only_names_of_blocks_are_taken_for_blocks(store):
    for name in ("counts/block-1-ab.parquet", "counts/evil.pkl", "counts/notes.parquet"):
        store.write(name, b"...")
    assert find_blocks(store, "counts") == {}
    assert block_index("counts/block-0000007-" + "0" * 32 + ".parquet") == 7
    assert block_index("elsewhere/block-0000007-" + "0" * 32 + ".parquet") is None


def test_the_counts_of_a_block_name_its_negotiations(store):
    rows = {"replicate": np.arange(5, dtype=np.uint32)}
    _, about = read_block(store, keep_block(store, 3, "k" * 64, {"n": np.array([5])}, rows))
    assert about["negotiations"] == find_blocks(store, "negotiations")[3][0]
    assert about["key"] == "k" * 64
    _, alone = read_block(store, keep_block(store, 4, "k" * 64, {"n": np.array([5])}))
    assert "negotiations" not in alone


def test_any_flipped_bit_is_noticed(store):
    name = write(store, "counts", 0, COLUMNS, ABOUT)
    raw, chance = store.read(name), random.Random(0)
    for _ in range(100):
        bit = chance.randrange(8 * len(raw))
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        store.write(name, bytes(changed))
        with pytest.raises(DamagedBlock, match="is damaged: its bytes do not fit its name"):
            read_block(store, name)


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_block_that_was_cut_short_is_noticed(store, length):
    name = write(store, "counts", 0, COLUMNS, ABOUT)
    store.write(name, store.read(name)[:length])
    with pytest.raises(DamagedBlock) as damage:
        read_block(store, name)
    assert damage.value.exit_code == 6


def test_a_file_of_something_else_under_a_fitting_name_is_no_block(store):
    from experiments.results.blocks import block_name

    content = b"cos\nsystem\n(S'touch pickled'\ntR."
    name = block_name("counts", 0, content)
    store.write(name, content)
    with pytest.raises(DamagedBlock, match="it cannot be read as Parquet"):
        read_block(store, name)


def test_a_block_of_another_version_is_not_read(store):
    name = write(store, "counts", 0, COLUMNS, ABOUT | {"schema": "1"})
    with pytest.raises(DamagedBlock, match="is of version '1'; this Winset reads version 2"):
        read_block(store, name)


def test_a_block_that_is_not_there_is_no_damage(store):
    with pytest.raises(FileNotFoundError):
        read_block(store, "counts/block-0000000-" + "0" * 32 + ".parquet")


def test_every_page_has_a_checksum_that_a_reader_without_names_can_verify(store):
    raw = store.read(write(store, "counts", 0, COLUMNS, ABOUT))
    column = (
        pq.read_metadata(store.folder / find_blocks(store, "counts")[0][0]).row_group(0).column(5)
    )
    changed = bytearray(raw)
    changed[column.data_page_offset + column.total_compressed_size - 1] ^= 1
    with pytest.raises(DamagedBlock, match="there: is damaged"):
        read_parquet(bytes(changed), "there")
    assert read_parquet(raw, "there", ["n"]).column_names == ["n"]

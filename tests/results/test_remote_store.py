"""A run on an S3 store: written, listed, resumed and mended as in a folder of this machine."""

import logging
import urllib.request

import numpy as np
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from experiments import blocks as cutting
from experiments.results import (
    SCHEMA_VERSION,
    DamagedBlock,
    ResultsError,
    RunFolder,
    examine,
    find_blocks,
    keep_block,
    open_store,
    read_block,
    read_manifest,
    read_results,
)
from experiments.run import run_study
from experiments.study_making import make_study
from sim import InputError

MANIFEST = {
    "schema_version": SCHEMA_VERSION, "study": {"seed": 7}, "study_digest": "5" * 64,
    "case_digest": "c" * 64, "model": "m" * 64, "blocks": 3, "keep_rows": True, "complete": False,
}  # fmt: skip
ROWS = {"design_point": np.zeros(60, np.uint32), "replicate": np.arange(60, dtype=np.uint32)}


@pytest.fixture(scope="module")
def service():
    """An S3 service of this machine; gives the part of an address that leads to it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    request = urllib.request.Request(f"http://{host}:{port}/bucket", method="PUT")
    urllib.request.urlopen(request).close()
    yield f"?endpoint_override={host}:{port}&scheme=http&region=us-east-1"
    server.stop()


@pytest.fixture
def address(service, request, monkeypatch):
    """An address of its own for each test."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return f"s3://bucket/{request.node.name}{service}"


def counts(index):
    return {"design_point": np.array([index]), "n": np.array([60])}


def test_what_is_written_is_read_and_listed_and_moved_and_removed(address):
    store = open_store(address)
    assert store.names() == store.names("counts") == store.entries() == []
    with pytest.raises(FileNotFoundError):
        store.read("manifest.json")
    store.write("counts/b.parquet", b"second")
    store.write("counts/a.parquet", b"first")
    store.write("manifest.json", b"{}")
    assert store.names() == ["manifest.json"]
    assert store.entries() == ["counts", "manifest.json"]
    assert store.names("counts") == ["counts/a.parquet", "counts/b.parquet"]
    store.write("counts/b.parquet", b"newer")
    assert store.read("counts/b.parquet") == b"newer"
    store.move("counts/a.parquet", "quarantine/a.parquet")
    store.remove("counts/b.parquet")
    store.remove("counts/b.parquet")
    assert store.names("counts") == []
    assert store.read("quarantine/a.parquet") == b"first"
    assert store.temporaries() == store.remove_temporaries() == []


def test_a_name_that_is_not_plain_is_refused(address):
    store = open_store(address)
    for name in ("../other/manifest.json", "/manifest.json", "a//b", ""):
        with pytest.raises(InputError, match="is no name of a file of results"):
            store.write(name, b"")


def test_a_large_block_comes_back_as_it_was_written(address):
    store = open_store(address)
    content = np.random.default_rng(0).bytes(12_000_000)  # more than one part of an upload
    store.write("negotiations/large", content)
    assert store.read("negotiations/large") == content


def test_a_run_goes_on_where_it_stopped_and_puts_aside_what_is_damaged(address, caplog):
    store = open_store(address)
    run = RunFolder(store, MANIFEST)
    with run.lock():
        run.claim()
    names = [keep_block(store, i, run.key, counts(i), ROWS) for i in range(2)]
    again = RunFolder(open_store(address), MANIFEST)
    again.claim()
    assert sorted(again.finished()) == [0, 1]
    with pytest.raises(ResultsError, match="holds 2 of 3 blocks"):
        again.complete()

    rows = find_blocks(store, "negotiations")[1][0]
    store.write(rows, store.read(rows)[:-1])
    store.write(names[0], b"damaged")
    with pytest.raises(DamagedBlock, match=f"^{store.where}/{names[0]}: is damaged"):
        read_block(store, names[0])
    with caplog.at_level(logging.WARNING):
        assert sorted(again.finished()) == []
    assert len(store.names("quarantine")) == 3
    assert f"{store.where}/{rows}: is damaged; put into quarantine/" in caplog.text

    assert [keep_block(store, i, run.key, counts(i), ROWS) for i in range(2)] == names
    keep_block(store, 2, run.key, counts(2), ROWS)
    assert sorted(again.finished()) == [0, 1, 2]
    again.complete()
    assert read_manifest(open_store(address))["complete"] is True


class StoppedError(Exception):
    """What stops a run from outside."""


def test_a_study_played_to_a_store_is_the_one_that_is_played_to_a_folder(
    address, tmp_path, monkeypatch
):
    monkeypatch.setattr(cutting, "NEGOTIATIONS", 100)
    study = make_study("korea_2019", vary={"demand": [1.5, 3.0]}, replicates=200, seed=0)
    run_study(study, where=tmp_path / "run", keep_rows=True)
    local, told = open_store(tmp_path / "run"), []

    def stop(count):
        told.append(count)
        if len(told) == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        run_study(study, where=address, keep_rows=True, progress=stop)
    store = open_store(address)
    assert 3 <= len(store.names("counts"))
    damaged = store.names("counts")[0]
    store.write(damaged, store.read(damaged)[:-1])
    run_study(study, where=address, keep_rows=True, workers=2)
    for folder in ("", "counts", "negotiations"):
        assert store.names(folder) == local.names(folder)
        for name in store.names(folder):
            assert store.read(name) == local.read(name)
    assert store.names("quarantine") == [f"quarantine/{damaged.replace('/', '-')}"]
    pd.testing.assert_frame_equal(
        read_results(address).counts, read_results(tmp_path / "run").counts
    )
    assert len(read_results(address).negotiations(design_point=1)) == 200
    assert examine(store).healthy


def test_another_run_is_refused_or_replaced(address):
    store = open_store(address)
    run = RunFolder(store, MANIFEST)
    run.claim()
    keep_block(store, 0, run.key, counts(0), ROWS)
    other = RunFolder(store, MANIFEST | {"study": {"seed": 8}, "study_digest": "6" * 64})
    with pytest.raises(InputError, match=r"holds another run .study\.seed 7 there, 8 here"):
        other.claim()
    other.claim(overwrite=True)
    assert find_blocks(store, "counts") == find_blocks(store, "negotiations") == {}


def test_files_of_something_else_are_refused(address):
    store = open_store(address)
    store.write("thesis/chapter.tex", b"...")
    with pytest.raises(InputError, match="is not empty and holds no run"):
        RunFolder(store, MANIFEST).claim()


def test_a_bucket_or_a_service_that_is_not_there_is_told_without_secrets(address, service):
    nowhere = open_store(f"s3://me:secret@no-such-bucket/run{service}")
    assert nowhere.where == "s3://no-such-bucket/run"
    with pytest.raises(ResultsError, match="cannot be written") as refusal:
        nowhere.write("a", b"")
    assert refusal.value.exit_code == 6
    assert "secret" not in str(refusal.value)
    for wrong in ("s3://", "s3://bucket/run?no_such_option=1"):
        with pytest.raises(InputError, match="is no address of a store"):
            open_store(wrong)

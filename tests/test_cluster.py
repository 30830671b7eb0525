"""A study on a cluster leaves the bytes that threads leave, whoever dies on the way."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
from moto.server import ThreadedMotoServer

from experiments import blocks, cluster, provenance
from experiments.cluster import Cluster
from experiments.posterior_sweep import under_posterior
from experiments.replay import replay, verify_results
from experiments.results import ResultsError, open_store, read_results
from experiments.run import run_study
from experiments.study_making import make_study
from experiments.worker import ClusterError
from sim import InputError
from tests.posteriors import from_priors

pytest.importorskip("distributed")
pytestmark = pytest.mark.xdist_group("cluster")  # the processes are started once

FRAIL = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}  # one death marks a task as broken
NOBODY = {
    "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """Blocks so small that a study of a moment has many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "NEGOTIATIONS", 200)
        patch.setattr(cluster, "LOOK", 0.2)
        patch.setattr(cluster, "FETCH", 2.0)
        for name, value in NOBODY.items():
            patch.setenv(name, value)
        yield


class Processes:
    """A scheduler and workers as a user would start them, each from an empty folder."""

    def __init__(self, folder):
        self.folder, self.started = folder, []
        told = folder / "scheduler.json"
        self.scheduler = self.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", told, **FRAIL
        )
        while not (told.exists() and told.read_text().endswith("}")):
            assert self.scheduler.poll() is None
            time.sleep(0.02)
        self.address = json.loads(told.read_text())["address"]

    def start(self, *words, **env):
        log = os.open(self.folder / f"log-{len(self.started)}", os.O_CREAT | os.O_WRONLY)
        env = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | env
        env = {name: value for name, value in env.items() if "COVERAGE" not in name}
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"],
            cwd=self.folder, env=env, stdout=log, stderr=log,
        )  # fmt: skip
        os.close(log)
        self.started.append(process)
        return process

    def worker(self, *words, **env):
        """Start a worker and see it come."""
        return self.ask(lambda client: self._come(client, words, env))

    def _come(self, client, words, env):
        count = len(client.nthreads())
        process = self.start(
            "worker", self.address, "--nthreads", "1", "--local-directory", self.folder, *words,
            **env,
        )  # fmt: skip
        client.wait_for_workers(count + 1, timeout=90)
        return process

    def ask(self, what):
        import distributed

        with distributed.Client(self.address, set_as_default=False) as client:
            return what(client)

    def end(self):
        for process in reversed(self.started):
            process.terminate()
        for process in self.started:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A scheduler and two workers, each with a nanny that starts it again."""
    processes = Processes(tmp_path_factory.mktemp("many"))
    try:
        processes.worker()
        processes.worker()
        yield processes
    finally:
        processes.end()


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A scheduler without workers."""
    processes = Processes(tmp_path_factory.mktemp("few"))
    yield processes
    processes.end()


def study(seed=0, **options):
    given = {
        "vary": {"demand": [1.5, 3.0, 5.58]}, "replicates": 1000,
        "variants": {"case": {}, "cheap_talk": {"president.audience_cost": 0.0}},
    }  # fmt: skip
    return make_study("korea_2019", seed=seed, **(given | options))


@pytest.fixture(scope="module")
def by_threads(tmp_path_factory):
    """The folder that threads leave."""
    folder = tmp_path_factory.mktemp("threads") / "run"
    run_study(study(), where=folder, keep_rows=True, workers=1)
    return folder


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# the same bytes


def test_a_cluster_leaves_the_bytes_that_threads_leave(many, by_threads, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the workers have another working folder
    played = []
    run = run_study(
        study(), where="run", keep_rows=True, workers=Cluster(many.address), progress=played.append
    )
    assert everything(tmp_path / "run") == everything(by_threads)
    assert sum(played) == run.counts["n"].sum() == 6000
    assert len(played) == 30


def test_a_study_in_stages_is_the_same_and_keeps_nothing_where_no_folder_is_given(many):
    staged = study(variants=None, precision=0.05, vary={"demand": [1.5, 3.5]}, replicates=4000)
    here = run_study(staged, workers=1).counts
    there = run_study(staged, workers=Cluster(many.address)).counts
    assert there.map(str).equals(here.map(str))
    assert 0 < here["n"].sum() < 8000


def test_workers_play_the_draws_of_a_posterior(many, tmp_path):
    under = under_posterior(study(replicates=300), from_priors(30))
    for name, workers in (("here", 1), ("there", Cluster(many.address))):
        run_study(under, where=tmp_path / name, keep_rows=True, workers=workers)
    assert everything(tmp_path / "there") == everything(tmp_path / "here")
    assert "posterior.json" in everything(tmp_path / "there")


def test_workers_write_to_an_s3_store_of_which_rows_are_replayed(many, by_threads):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        request = urllib.request.Request(f"http://{host}:{port}/bucket", method="PUT")
        urllib.request.urlopen(request).close()
        where = f"s3://bucket/run?endpoint_override={host}:{port}&scheme=http&region=us-east-1"
        run_study(study(), where=where, keep_rows=True, workers=Cluster(many.address))
        store = open_store(where)
        for name, content in everything(by_threads).items():
            assert name == "run.lock" or store.read(name) == content, name
        assert read_results(where).counts["n"].sum() == 6000
        assert replay(where, 5, 999).identical
        assert verify_results(where, sample=2).identical
    finally:
        server.stop()


def test_workers_killed_in_the_middle_change_nothing(many, by_threads, tmp_path):
    """One is killed and started again by its nanny, one dies of itself in the middle of a write."""
    dying = many.worker("--no-nanny", WINSET_FAULT="half_written:1")
    pids = many.ask(lambda client: client.run(os.getpid))
    victim = next(pid for pid in pids.values() if pid != dying.pid)
    played = []

    def kill(negotiations):
        played.append(negotiations)
        if len(played) == 4:
            os.kill(victim, signal.SIGKILL)

    run_study(
        study(), where=tmp_path / "run", keep_rows=True, workers=Cluster(many.address),
        progress=kill,
    )  # fmt: skip
    assert dying.wait(timeout=10) == -signal.SIGKILL
    assert everything(tmp_path / "run") == everything(by_threads)
    assert len(played) == 30


def test_nothing_to_play_needs_no_cluster(by_threads):
    nobody = Cluster("tcp://127.0.0.1:1")
    assert run_study(study(), where=by_threads, keep_rows=True, workers=nobody).counts["n"].sum()


# who may not play


def test_a_worker_with_another_model_or_version_plays_nothing(many, monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "model_fingerprint", lambda: "another")
    told = r"^(tcp://127\.0\.0\.1:\d+: model is '.*' there and 'another' here\n?){1,2}$"
    with pytest.raises(ClusterError, match=told):
        run_study(study(1), where=tmp_path / "run", workers=Cluster(many.address))
    monkeypatch.setattr(Cluster, "_check_workers", lambda cluster, client: None)  # it came later
    with pytest.raises(ClusterError, match="there and 'another' here"):
        run_study(study(1), where=tmp_path / "run", workers=Cluster(many.address))
    assert not (tmp_path / "run" / "counts").exists()


def test_a_worker_with_another_arithmetic_plays_nothing(many, monkeypatch):
    order = cluster.make_order
    monkeypatch.setattr(
        cluster, "make_order", lambda job: cluster.replace(order(job), sample="another")
    )
    with pytest.raises(ClusterError, match="comes to other numbers than the process that asks"):
        run_study(study(2), workers=Cluster(many.address))


def test_a_worker_that_does_not_see_the_folder_plays_nothing(many, monkeypatch, tmp_path):
    order = cluster.make_order
    monkeypatch.setattr(
        cluster, "make_order",
        lambda job: cluster.replace(order(job), where=str(tmp_path / "elsewhere")),
    )  # fmt: skip
    with pytest.raises(ClusterError, match="does not find the run in .*elsewhere; results must"):
        run_study(study(3), where=tmp_path / "run", workers=Cluster(many.address))


def test_workers_that_cannot_write_end_the_run_after_some_tries(many, tmp_path):
    folder = tmp_path / "run"
    one = study(4, replicates=100)
    run_study(one, where=folder, workers=1)
    for path in (folder / "counts").iterdir():
        path.unlink()
    (folder / "counts").rmdir()
    (folder / "counts").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(ResultsError, match="a link leads out of the folder of results"):
        run_study(one, where=folder, workers=Cluster(many.address, retries=2))


# who is not there


def test_a_cluster_without_workers_is_told(few):
    with pytest.raises(ClusterError, match=r"has no worker after 0\.3 s; start some with `dask"):
        run_study(study(), workers=Cluster(few.address, connect=0.3))


def test_a_run_that_has_lost_its_last_worker_waits_for_another_and_gives_up(few, tmp_path):
    few.worker("--no-nanny", WINSET_FAULT="before_write:2")
    with pytest.raises(ClusterError, match=r"no worker for 1 s; the same command goes on"):
        run_study(study(), where=tmp_path / "run", workers=Cluster(few.address, patience=1.0))
    assert len(list((tmp_path / "run" / "counts").iterdir())) == 1


def test_a_block_that_ends_its_workers_again_and_again_ends_the_run(few, tmp_path):
    few.worker("--no-nanny", WINSET_FAULT="before_write:2")
    with pytest.raises(ClusterError, match=r"block \d+ has ended every worker that played it"):
        run_study(study(), where=tmp_path / "run", workers=Cluster(few.address, retries=0))


@pytest.mark.parametrize(
    "address", ["", "host", "host:8786", "http://host:8786", "tcp://host", "tcp://host:99999"]
)
def test_what_is_no_address_of_a_scheduler_is_refused(address):
    with pytest.raises(InputError, match=r"it must be the address of a Dask scheduler, such as"):
        run_study(study(), workers=Cluster(address))


def test_a_scheduler_that_does_not_answer_is_told():
    with pytest.raises(ClusterError, match="no Dask scheduler answers .Connection refused"):
        run_study(study(), workers=Cluster("tcp://127.0.0.1:1", connect=0.1))


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", None])
def test_what_answers_and_is_no_scheduler_is_told(says):
    with socket.create_server(("127.0.0.1", 0)) as server:
        lines = []

        def answer():
            try:
                while True:
                    line, _ = server.accept()
                    lines.append(line)
                    if says is not None:
                        line.sendall(says)
                        line.close()
            except OSError:
                pass

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ClusterError, match="no Dask scheduler"):
            run_study(study(), workers=Cluster(address, connect=0.5))
        server.shutdown(socket.SHUT_RDWR)
        answering.join(timeout=5)
        for line in lines:
            line.close()


def test_the_optional_package_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"Dask is not installed; pip install 'winset\[cluster\]'"):
        run_study(study(), workers=Cluster("tcp://127.0.0.1:8786"))


def test_a_run_that_has_lost_its_scheduler_is_finished_elsewhere(many, by_threads, tmp_path):
    """The last test of these processes."""
    played = []

    def kill(negotiations):
        played.append(negotiations)
        if len(played) == 3:
            many.scheduler.kill()

    folder = tmp_path / "run"
    with pytest.raises(ClusterError, match="; the same command goes on where it stopped"):
        run_study(study(), where=folder, keep_rows=True, workers=Cluster(many.address, connect=1.0),
                  progress=kill)  # fmt: skip
    many.end()
    assert 3 <= len(list((folder / "counts").glob("*.parquet"))) < 30
    run_study(study(), where=folder, keep_rows=True, workers=1)
    assert everything(folder) == everything(by_threads)

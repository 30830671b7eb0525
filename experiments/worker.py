"""What runs on a worker of a cluster: a study laid out again, and its blocks played.

A worker that has another model, other versions or another arithmetic than the process that asks
plays nothing; so does one that does not find the folder of the run.
"""

import hashlib
import importlib
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments import provenance, results
from experiments.blocks import Block
from experiments.design import Design, make_design
from experiments.run import Job
from experiments.study import Study
from sim.errors import InputError, WinsetError

SAMPLE = 64  # negotiations by which a worker shows its arithmetic


class ClusterError(WinsetError):
    """A cluster that cannot be reached or cannot play (exit code 4)."""

    exit_code = 4


@dataclass(frozen=True)
class Order:
    """What travels to the workers beside a block: small, whatever the size of the design.

    study : the design of the job is laid out from it again
    where, key, keep_rows, rounds : see `experiments.run.Job`
    identity : what a worker has to be alike in, see `identity`
    sample : hash of the counts of a few negotiations, see `sample`
    """

    study: Study
    where: str | None
    key: str
    keep_rows: bool
    rounds: int
    identity: dict[str, str]
    sample: str


def make_order(job: Job) -> Order:
    """The order for a job, made where the run was started."""
    return Order(
        job.design.study, job.where, job.key, job.keep_rows, job.rounds, identity(), sample(job)
    )


def identity() -> dict[str, str]:
    """What has to be the same everywhere: the source of the model and all versions."""
    return {"model": provenance.model_fingerprint(), **provenance.versions()}


def unlike(there: dict[str, str], here: dict[str, str]) -> list[str]:
    """What tells a worker from this process, in words."""
    return [
        f"{name} is {there.get(name)!r} there and {here.get(name)!r} here"
        for name in {**here, **there}
        if there.get(name) != here.get(name)
    ]


def sample(job: Job) -> str:
    """Hash of the counts of a few negotiations, which a worker plays to show that it is alike."""
    arms = np.arange(len(job.design.study.variants))
    counts, _ = Job(job.design, None, job.key, False, job.rounds).play(Block(0, arms, 0, SAMPLE))
    plain = {name: [np.asarray(row).tolist() for row in column] for name, column in counts.items()}
    return provenance.digest([plain, _layout(job.design)])


def _layout(design: Design) -> str:
    return hashlib.sha256(design.combinations.tobytes()).hexdigest()


def fulfil(order: Order, block: Block) -> dict[str, Any]:
    """Play and keep a block, here on the worker; returns the columns of its counts.

    Raises
    ------
    ClusterError
        Where this worker is not alike, or does not see the folder of the run.
    ResultsError
        Where the block cannot be written.
    """
    return _prepared(order).do(block)


_preparing = threading.Lock()
_jobs: dict[tuple[str | None, ...], Job] = {}  # of this worker: the last one


def _prepared(order: Order) -> Job:
    """The job of an order, laid out and checked once on each worker."""
    place = (order.key, order.where, order.sample, provenance.digest(order.identity))
    with _preparing:
        if place not in _jobs:
            job = _checked(order)
            _jobs.clear()
            _jobs[place] = job
        return _jobs[place]


def _checked(order: Order) -> Job:
    here = dask_distributed().get_worker().address
    told = unlike(identity(), order.identity)
    if told:
        raise ClusterError("\n".join(f"{here}: {words}" for words in told))
    if order.where is not None:
        store = results.open_store(order.where)
        manifest = results.read_manifest(store)
        if not manifest or results.run_key(manifest) != order.key:
            raise ClusterError(
                f"{here}: does not find the run in {store.where}; results must lie in a folder "
                "that all workers share, or behind an address such as s3://bucket/folder"
            )
    job = Job(make_design(order.study), order.where, order.key, order.keep_rows, order.rounds)
    if sample(job) != order.sample:
        raise ClusterError(
            f"{here}: comes to other numbers than the process that asks, with the same versions; "
            "its hardware or its libraries for arithmetic differ"
        )
    return job


def dask_distributed() -> Any:
    """The package of Dask, which is optional.

    Raises
    ------
    InputError
        Where it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise InputError("Dask is not installed; pip install 'winset[cluster]'") from None

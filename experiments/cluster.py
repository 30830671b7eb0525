"""Blocks played on a Dask cluster, which the optional extra `cluster` brings.

The cluster only transports: a worker lays the study out again from what it is sent, plays a block,
writes it to the folder that all share, and gives back its counts. A block that is played twice
leaves the same bytes under the same name, so workers may come, go and die.
"""

import logging
import re
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from experiments import results
from experiments.blocks import Block
from experiments.run import Job
from experiments.worker import (
    ClusterError,
    Order,
    dask_distributed,
    fulfil,
    identity,
    make_order,
    unlike,
)
from sim.errors import InputError, WinsetError

_ADDRESS = re.compile(r"(tcp|tls)://([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")
LOOK = 1.0  # seconds between two looks at who is there
FETCH = 30.0  # seconds for the counts of a block to arrive


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask cluster.

    address : of its scheduler, such as tcp://host:8786
    connect : seconds to wait for the scheduler, and then for a first worker
    patience : seconds to wait, later on, while there is no worker at all
    retries : how often a block is given again after its workers died or could not write it; one
        time is as many deaths as the scheduler allows a task (3, if not configured otherwise)
    """

    address: str
    connect: float = 30.0
    patience: float = 600.0
    retries: int = 5

    def __post_init__(self) -> None:
        """Refuse what is no address before anything is written.

        Raises
        ------
        InputError
            Where it is none, or Dask is not installed.
        """
        found = _ADDRESS.fullmatch(self.address)
        if not found or not 0 < int(found[3]) < 2**16:
            raise InputError(
                f"cluster is {self.address!r}; it must be the address of a Dask scheduler, such as "
                "tcp://host:8786 or tls://host:8786"
            )
        dask_distributed()

    def play(self, job: Job, blocks: Iterable[Block]) -> Iterator[tuple[Block, dict[str, Any]]]:
        """Play and keep blocks; gives each with its counts, in the order in which they finish.

        Two blocks a thread are under way, so that memory does not grow with the study.

        Raises
        ------
        InputError
            Where Dask is not installed, or the address is none.
        ClusterError
            Where the scheduler cannot be reached, no worker is there, a worker is not alike, or a
            block fails again and again.
        ResultsError
            Where workers cannot write.
        """
        source = iter(blocks)
        first = next(source, None)
        if first is None:
            return
        job = _on_every_machine(job)
        with self._client() as client:
            self._check_workers(client)
            yield from _Round(self, client, make_order(job)).play(chain([first], source))
        if job.where is not None:
            results.open_store(job.where).remove_temporaries()  # of workers that were killed

    @contextmanager
    def _client(self) -> Iterator[Any]:
        distributed = dask_distributed()
        self._knock()
        with _quiet():
            try:
                client = distributed.Client(
                    self.address, timeout=self.connect, set_as_default=False, name="winset"
                )
            except (OSError, RuntimeError, ValueError, MemoryError) as error:
                raise ClusterError(
                    f"{self.address}: what answers is no Dask scheduler ({error})"
                ) from None
            try:
                yield client
            finally:
                with suppress(OSError, RuntimeError):
                    client.close()

    def _knock(self) -> None:
        """See to it that a scheduler answers: Dask would ask again and again, or wait for ever."""
        found = _ADDRESS.fullmatch(self.address)
        assert found is not None
        place = found[2].strip("[]"), int(found[3])
        until = time.monotonic() + self.connect
        while True:
            try:
                with socket.create_connection(place, self.connect) as line:
                    # the listening side of Dask speaks first, under TLS once that is agreed on
                    if found[1] == "tls" or line.recv(1):
                        return
                    raise ConnectionError("no greeting")
            except OSError as error:
                if time.monotonic() > until or isinstance(error, socket.gaierror | TimeoutError):
                    raise ClusterError(
                        f"{self.address}: no Dask scheduler answers ({error.strerror or error})"
                    ) from None
            time.sleep(0.2)

    def _check_workers(self, client: Any) -> None:
        """Every worker that is there is alike; who comes later is checked with its first block."""
        try:
            client.wait_for_workers(1, timeout=self.connect)
        except TimeoutError:
            raise ClusterError(
                f"{self.address}: has no worker after {self.connect:g} s; start some with "
                f"`dask worker {self.address}`"
            ) from None
        here, told = identity(), []
        for worker, there in client.run(identity, on_error="return").items():
            if isinstance(there, dict):
                told += [f"{worker}: {words}" for words in unlike(there, here)]
            elif not isinstance(there, OSError):  # that one is gone
                told.append(f"{worker}: cannot play: {there!r}")
        if told:
            raise ClusterError("\n".join(told))


class _Round:
    """The blocks of one stage on their way to the workers and back."""

    def __init__(self, cluster: Cluster, client: Any, order: Order) -> None:
        self.cluster, self.client, self.order = cluster, client, order
        self.waiting: dict[Any, Block] = {}
        self.failed: Counter[int] = Counter()
        self.last_seen = time.monotonic()  # of a worker

    def play(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, dict[str, Any]]]:
        try:
            while True:
                room = 2 * self._threads()
                while len(self.waiting) < room and (block := next(blocks, None)):
                    self._send(block)
                if room and not self.waiting:
                    return
                for future in self._finished():
                    block = self.waiting.pop(future)
                    counts = self._counts(future, block)
                    if counts is not None:
                        yield block, counts
        finally:
            with suppress(OSError, RuntimeError):
                self.client.cancel(list(self.waiting))

    def _send(self, block: Block) -> None:
        self.waiting[self.client.submit(fulfil, self.order, block, pure=False)] = block

    def _threads(self) -> int:
        """Threads of all workers; none for too long ends the run."""
        try:
            threads = sum(self.client.nthreads().values())
        except (OSError, RuntimeError) as error:
            raise ClusterError(self._lost(f"the scheduler is gone ({error})")) from None
        now = time.monotonic()
        if threads:
            self.last_seen = now
        elif now - self.last_seen > self.cluster.patience:
            raise ClusterError(self._lost(f"no worker for {self.cluster.patience:g} s"))
        return threads

    def _finished(self) -> list[Any]:
        """What has come back, after a moment at most."""
        futures = list(self.waiting)
        if not futures:
            time.sleep(LOOK)
        with suppress(TimeoutError), self.client.as_current():
            dask_distributed().wait(futures, timeout=LOOK, return_when="FIRST_COMPLETED")
        return [future for future in self.waiting if future.status != "pending"]

    def _counts(self, future: Any, block: Block) -> dict[str, Any] | None:
        """The counts of a block that has come back; None where it is on its way again."""
        try:
            return future.result(timeout=FETCH)
        except TimeoutError:  # its worker died before it could hand them over
            self.waiting[future] = block
            return None
        except (results.ResultsError, dask_distributed().KilledWorker) as error:
            self.failed[block.index] += 1
            if self.failed[block.index] <= self.cluster.retries:
                self._send(block)
                return None
            if isinstance(error, results.ResultsError):
                raise
            words = f"block {block.index} has ended every worker that played it ({error})"
            raise ClusterError(self._lost(words)) from None
        except WinsetError:
            raise
        except Exception as error:
            words = f"block {block.index} did not come back ({error!r})"
            raise ClusterError(self._lost(words)) from error

    def _lost(self, words: str) -> str:
        return f"{self.cluster.address}: {words}; the same command goes on where it stopped"


def _on_every_machine(job: Job) -> Job:
    """The job with the whole path of its folder, which means the same in any working folder."""
    if job.where is None:
        return job
    store = results.open_store(job.where)
    if not isinstance(store, results.LocalStore):
        return job
    return replace(job, where=str(store.folder.resolve()))


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask logs what we tell in a sentence, with pages of traces."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)

"""How far long work is: a bar on a terminal, otherwise a line for every tenth."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import click

LONG = 10_000_000  # negotiations; below, no lines are told


@contextmanager
def telling(
    total: int, unit: str = "negotiations", *, long: int = LONG
) -> Iterator[Callable[[int], object]]:
    """What is to be called with each number that was finished; threads may call it.

    total : of the work; long : from which on it is told where there is no terminal
    """
    from tqdm import tqdm

    lock = Lock()
    if sys.stderr.isatty():
        with tqdm(
            total=total, unit=f" {unit}", unit_scale=True, file=sys.stderr, mininterval=0.2,
            leave=False,
        ) as bar:  # fmt: skip

            def move(count: int) -> None:
                with lock:
                    bar.update(count)

            yield move
        return
    done, said, start = 0, 0, time.monotonic()

    def tell(count: int) -> None:
        nonlocal done, said
        with lock:
            done += count
            tenth = min(10 * done // max(total, 1), 10)
            if tenth <= said or total < long:
                return
            said = tenth
            left = (time.monotonic() - start) * (total - done) / max(done, 1)
            more = f", about {left:.0f} s left" if done < total else ""
            click.echo(f"winset: {10 * tenth}% of {total:,} {unit}{more}", err=True)

    yield tell

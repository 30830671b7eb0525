"""A switch that kills the process at an exact step of a write: tests show what survives.

WINSET_FAULT="after_write:7" ends the process, as `kill -9` would, right after the seventh file was
put in its place. The steps of a write are, in order:

before_write    nothing was written yet
half_written    the temporary file holds half of the content
before_rename   the temporary file is complete and on the disk
after_write     the file is in its place

and of a move, which puts a damaged file aside: before_move, after_move. Each step has a count of
its own, from 1. Without the variable the switch does nothing.
"""

import os
import signal
import threading
from collections import Counter

from sim.errors import InputError

VARIABLE = "WINSET_FAULT"
STEPS = (
    "before_write",
    "half_written",
    "before_rename",
    "after_write",
    "before_move",
    "after_move",
)

FATAL = signal.SIGKILL

_passed: Counter[str] = Counter()
_counting = threading.Lock()


def step(name: str) -> None:
    """Pass a step; where the switch names it and this is the time it names, the process ends.

    Raises
    ------
    InputError
        Where the variable is set to something that is no step and count.
    """
    setting = os.environ.get(VARIABLE)
    if setting is None:
        return
    fatal, count = _parsed(setting)
    with _counting:
        _passed[name] += 1
        if name == fatal and _passed[name] == count:
            os.kill(os.getpid(), FATAL)


def _parsed(setting: str) -> tuple[str, int]:
    name, _, count = setting.partition(":")
    if name not in STEPS or not (count.isascii() and count.isdigit() and int(count) > 0):
        raise InputError(
            f"{VARIABLE} is {setting!r}; it must be STEP:COUNT with a STEP of "
            f"{', '.join(STEPS)} and a COUNT from 1"
        )
    return name, int(count)

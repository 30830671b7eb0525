"""One run at a time in a folder: a lock that ends with the process that holds it.

The lock is the system's (flock), the file only says who holds it; so what a killed process leaves
stops nobody. A run holds run.lock alone. The shards of a run share it, each with a lock of its own
beside it, so that no shard is played twice at once.
"""

import errno
import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from experiments.results.errors import BusyError, ResultsError
from experiments.results.writing import make_folder

RUN_LOCK = "run.lock"
_TRIES, _PAUSE = 6, 0.1  # seconds; a process that was killed takes a moment to let go
_UNKNOWN_HERE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}

_log = logging.getLogger(__name__)
_held: set[int] = set()


@contextmanager
def locked(folder: Path, shard: tuple[int, int] | None = None) -> Iterator[None]:
    """Hold a folder, alone or as the i-th of n shards.

    Raises
    ------
    BusyError
        Where another process holds it, naming that process.
    ResultsError
        Where a lock cannot be written.
    """
    with ExitStack() as held:
        if shard is None:
            held.enter_context(_holding(folder, RUN_LOCK, fcntl.LOCK_EX))
        else:
            held.enter_context(_holding(folder, RUN_LOCK, fcntl.LOCK_SH))
            held.enter_context(_holding(folder, shard_lock(shard), fcntl.LOCK_EX))
        yield


def shard_lock(shard: tuple[int, int]) -> str:
    """The name of the lock of the i-th of n shards."""
    return f"shard-{shard[0]}-of-{shard[1]}.lock"


def owners(folder: Path) -> list[str]:
    """Who holds a folder, in words such as "process 4711 on node3"; none where nobody does."""
    names = [folder / RUN_LOCK, *sorted(folder.glob("shard-*-of-*.lock"))]
    told = [_said(path) for path in names if _is_held(path)]
    return [words for words in told if words] or (["another process"] if told else [])


@contextmanager
def _holding(folder: Path, name: str, how: int) -> Iterator[None]:
    path = folder / name
    try:
        make_folder(folder)
        handle = _taken(path, how)
    except OSError as error:
        if error.errno in _UNKNOWN_HERE:
            _log.warning("%s: this file system knows no locks; start no second run in it", folder)
            yield
            return
        raise ResultsError(f"{path}: cannot be written: {error.strerror}") from error
    if handle is None:
        who = ", ".join(owners(folder)) or "another process"
        raise BusyError(f"{folder}: another run is writing to it ({who}); wait for it or end it")
    try:
        if how == fcntl.LOCK_EX:
            os.ftruncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        _let_go(path, handle)


def _taken(path: Path, how: int) -> int | None:
    """A handle that holds the lock; None where another process holds it."""
    for attempt in range(_TRIES):
        time.sleep(_PAUSE if attempt else 0.0)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
        except OSError:
            os.close(handle)
            raise
        else:
            if _is_there(path, handle):
                _held.add(handle)
                return handle
            os.close(handle)  # its last owner removed it between the two calls
    return None


def _is_there(path: Path, handle: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), os.stat(path))
    return False


def _let_go(path: Path, handle: int) -> None:
    if handle not in _held:
        return  # a child of the owner, which holds nothing
    _held.discard(handle)
    with suppress(OSError):  # others may share it, or the folder be gone
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    os.close(handle)


def _is_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _said(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace").strip()[:200]
    return ""


def _forget() -> None:
    """A child inherits the handles; it must not keep the folder when its parent has ended."""
    for handle in _held:
        with suppress(OSError):
            os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_forget)

"""Options that commands share, and how an error becomes a message and an exit code."""

import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import click

from sim.errors import InputError, WinsetError

SEED = click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), default=None, help="Seed of the draws."
)
SET = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE",
    help="Give a parameter another value than the case does; may be repeated.",
)  # fmt: skip
LEVELS_FORM = "LOW:HIGH:COUNT, LOW:HIGH:COUNT:log, or values V1,V2,..."


def said_plainly[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn an error that a user can cause into a message and an exit code."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        before = signal.getsignal(signal.SIGTERM)
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
        except ValueError:
            pass  # not in the main thread
        try:
            return command(*args, **kwargs)
        except WinsetError as error:
            click.echo(f"winset: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("winset: interrupted; the same command goes on where it stopped", err=True)
            sys.exit(130)
        finally:
            try:
                signal.signal(signal.SIGTERM, before)
            except (ValueError, TypeError):
                pass

    return wrapped


def read_settings(pairs: Sequence[str], money: Any = None) -> dict[str, float]:
    """NAME=VALUE options as parameters by full name."""
    from experiments.settings import parameter_values, read_pairs

    return parameter_values(read_pairs(pairs, "--set"), money)


def read_vary(pairs: Sequence[str], *, sampled: bool) -> Mapping[str, Any]:
    """NAME=RANGE options as what `make_study` varies."""
    from experiments.settings import read_pairs

    return {
        name: _range(name, text) if sampled or text == "prior" else _levels(name, text)
        for name, text in read_pairs(pairs, "--vary").items()
    }


def _levels(name: str, text: str) -> Any:
    from experiments.settings import spaced

    if ":" not in text:
        return text.split(",")
    low, high, count, scale = _parts(name, text, 3, LEVELS_FORM)
    if not 1 <= count <= 100_000 or count != int(count):
        raise InputError(f"--vary {name} is {text!r}; COUNT must be a whole number in [1, 100000]")
    return spaced(f"--vary {name}", low, high, int(count), scale)


def _range(name: str, text: str) -> Any:
    from sim.parameters import Prior

    if text == "prior":
        return text
    low, high, _, scale = _parts(name, text, 2, "LOW:HIGH, LOW:HIGH:log, or prior")
    return Prior("log-uniform" if scale == "log" else "uniform", low, high)


def _parts(name: str, text: str, numbers: int, allowed: str) -> tuple[float, float, float, str]:
    parts = text.split(":")
    scale = "log" if parts[-1] == "log" and len(parts) == numbers + 1 else "linear"
    try:
        values = [float(part) for part in parts[:numbers]]
        if len(parts) != numbers + (scale == "log") or len(values) != numbers:
            raise ValueError
    except ValueError:
        raise InputError(f"--vary {name} is {text!r}; it must be {allowed}") from None
    return values[0], values[1], values[2] if numbers == 3 else 0.0, scale


def read_shard(text: str | None) -> tuple[int, int] | None:
    """`i/n` as a pair."""
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,6}/\d{1,6}", text):
        raise InputError(f"--shard is {text!r}; it must be i/n, such as 3/16")
    first, _, second = text.partition("/")
    return int(first), int(second)

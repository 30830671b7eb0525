"""Counter-based uniforms: every draw has an address and no draw has a history.

A block of four uniforms is Philox4x64-10 at

    key     = (seed, STREAM)
    counter = (purpose, round << 32 | actor, replicate, design-point word)

so that a number depends on what it is for and on nothing else: not on the order of play, not on
chunks, threads or workers, and not on whether another draw was made before it. The design-point
word is 0 under common random numbers and a hash of the point's parameters otherwise.

The four words of a block, by purpose:

    TYPES    president's reservation | ministry's reservation | mandate noise | common shock
    FORTUNE  turnover | successor's reservation | threat | noise in the ministry's reading
    TABLE    noise of the US offer | noise of Seoul's offer | US walk-out | Seoul's walk-out
    ANSWERS  Seoul's answer | US answer | president's signature | talks resume
    VOTE     a bloc's attendance | its yes votes | its abstentions | (spare); actor = bloc

Source: Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from sim.compiling import rule, wide_product
from sim.terms import Purpose

type Address = tuple[np.uint64, np.uint64, np.uint64]  # seed, design-point word, replicate

STREAM = np.uint64(0x57494E534554)  # "WINSET": keeps the talks apart from other uses of a seed

_MULTIPLIER_0 = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1 = np.uint64(0xCA5A826395121157)
_WEYL_0 = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1 = np.uint64(0xBB67AE8584CAA73B)
_ELEVEN = np.uint64(11)
_ONE = np.uint64(1)
_HALF_WORD = np.uint64(32)
_RESOLUTION = 2.0**-53


@rule
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, key_0: np.uint64, key_1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Encrypt a counter of four words under a key of two: Philox4x64 with ten rounds."""
    for _ in range(10):
        upper_0, lower_0 = wide_product(_MULTIPLIER_0, c0)
        upper_1, lower_1 = wide_product(_MULTIPLIER_1, c2)
        c0, c1, c2, c3 = upper_1 ^ c1 ^ key_0, lower_1, upper_0 ^ c3 ^ key_1, lower_0
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    return c0, c1, c2, c3


@rule
def in_unit_interval(word: np.uint64) -> float:
    """The uniform in the open interval (0, 1) that a random word stands for.

    The lowest of 53 bits is set, so that neither end can occur and the mean is exactly 1/2.
    """
    return np.float64((word >> _ELEVEN) | _ONE) * _RESOLUTION


@rule
def uniforms(
    seed: np.uint64,
    point_word: np.uint64,
    replicate: np.uint64,
    purpose: int,
    round_index: int,
    actor: int,
) -> tuple[float, float, float, float]:
    """The four uniforms of an address, each in the open interval (0, 1)."""
    where = (np.uint64(round_index) << _HALF_WORD) | np.uint64(actor)
    w0, w1, w2, w3 = philox(
        np.uint64(purpose), where, np.uint64(replicate), np.uint64(point_word), np.uint64(seed),
        STREAM,
    )  # fmt: skip
    return in_unit_interval(w0), in_unit_interval(w1), in_unit_interval(w2), in_unit_interval(w3)


class Draws:
    """The draws of one negotiation, as the Mesa agents ask for them."""

    def __init__(self, seed: int, replicate: int, point_word: int = 0) -> None:
        """Address the draws of (seed, design-point word, replicate), each in [0, 2**64)."""
        self._address = (np.uint64(seed), np.uint64(point_word), np.uint64(replicate))
        self._blocks: dict[tuple[int, int, int], tuple[float, ...]] = {}

    def uniform(self, purpose: Purpose, word: int, round_index: int = 0, actor: int = 0) -> float:
        """One uniform in (0, 1); the same address always gives the same number."""
        where = (int(purpose), round_index, actor)
        block = self._blocks.get(where)
        if block is None:
            block = self._blocks[where] = tuple(map(float, uniforms(*self._address, *where)))
        return block[word]


def point_word(parameters: bytes) -> int:
    """The design-point word of a point's canonical parameters: their hash, never 0 (uint64)."""
    word = int.from_bytes(hashlib.sha256(parameters).digest()[:8], "big")
    return word or 1


def philox_block(counter: NDArray[np.uint64], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Philox4x64-10 of one counter (shape (4,), uint64) under one key (shape (2,), uint64)."""
    return np.array(philox(*counter, *key), np.uint64)

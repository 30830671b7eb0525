"""Section I: draws, blocks, and demands that share their draws."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from experiments.docking.commitment import COMMITMENTS
from experiments.docking.limits import LIMIT, NORMAL_TYPES, in_words
from experiments.docking.play import (
    broke_down,
    formula,
    shipped,
    tallied,
)
from experiments.docking.relabelling import DESIGN, differing, relabelling_rows
from experiments.docking.row import Got, Row
from sim.case import DesignPoints
from sim.draws import philox_block, point_word, uniforms
from sim.negotiate import negotiate
from sim.terms import Purpose

PHILOX = "Salmon, Moraes, Dror, Shaw 2011, SC'11; known answers of Random123"
ONES = 2**64 - 1
# counter, key, and the block that they give
KNOWN = (
    ((0, 0, 0, 0), (0, 0), (
        0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (
        0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0)),
    ((0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
     (0x452821E638D01377, 0xBE5466CF34E90C6C), (
        0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6)),
)  # fmt: skip


def _wrong_words(known: tuple[tuple[int, ...], ...]) -> float:
    counter, key, block = (np.array(words, np.uint64) for words in known)
    return float(np.count_nonzero(philox_block(counter, key) != block))


def _random_blocks(_n: int, seed: int) -> Got:
    """Words that differ from NumPy's Philox, which counts up before it encrypts."""
    generator = np.random.default_rng(seed)
    differing = 0
    for _ in range(500):
        counter = generator.integers(0, 2**64 - 1, 4, np.uint64)
        key = generator.integers(0, 2**64 - 1, 2, np.uint64)
        before = counter.copy()
        before[0] = np.uint64((int(counter[0]) - 1) % 2**64)
        if counter[0] == 0:
            continue
        theirs = np.random.Philox(counter=before, key=key).random_raw(4)
        differing += int(np.count_nonzero(philox_block(counter, key) != theirs))
    return Got(float(differing), 500)


def _uniform_mean(n: int, seed: int) -> Got:
    seen = np.empty((n, 4))
    for index in range(n):
        seen[index] = uniforms(
            np.uint64(seed), np.uint64(0), np.uint64(index), int(Purpose.ANSWERS), 3, 0
        )
    values = seen.ravel()
    return Got(float(values.mean()), n, error=1.0 / math.sqrt(12.0 * len(values)))


def _draw_rows() -> list[Row]:
    rows = [
        formula(
            f"I0.known.{index}", "a known answer of Philox4x64-10: words that differ", PHILOX,
            lambda known=known: _wrong_words(known), 0.0, 0.0, engine="rules",
        )
        for index, known in enumerate(KNOWN, start=1)
    ]  # fmt: skip
    rows += [
        tallied(
            "I0.random", "500 random blocks equal NumPy's Philox: words that differ", PHILOX,
            "none: no talks are played", _random_blocks, engine="rules",
        ),
        tallied(
            "I0.mean", "the draws of talks are even on (0, 1): their mean", PHILOX,
            "none: no talks are played", _uniform_mean, kind="P", expected=0.5, n=50_000,
            engine="rules",
        ),
    ]  # fmt: skip
    return rows


def _case_points(demands: tuple[float, ...] = (1.2, 2.0, 5.58)) -> DesignPoints:
    return shipped().points({"president.demand": list(demands)})


def _in_blocks(n: int, seed: int) -> Got:
    points = _case_points()
    whole = negotiate(points, n, seed=seed)
    cuts = [0, n // 7, n // 2, n]
    pieces = [
        negotiate(points, end - start, seed=seed, first_replicate=start)
        for start, end in zip(cuts, cuts[1:], strict=False)
    ]
    return differing(whole, np.concatenate(pieces, axis=1))


def _on_threads(n: int, seed: int) -> Got:
    points = _case_points()
    whole = negotiate(points, n, seed=seed)

    def one(index: int) -> np.ndarray:
        part = slice(index, index + 1)
        alone = DesignPoints(points.values[part], points.blocs[part], points.words[part])
        return negotiate(alone, n, seed=seed)

    with ThreadPoolExecutor(3) as pool:
        pieces = list(pool.map(one, (2, 0, 1)))
    return differing(whole, np.concatenate([pieces[1], pieces[2], pieces[0]]))


def _violations(changed: dict[str, float], n: int, seed: int) -> Got:
    points = shipped().points(
        {**LIMIT, **NORMAL_TYPES, **changed, "president.demand": np.geomspace(1.0, 10.0, 12)}
    )
    failed = broke_down(negotiate(points, n, seed=seed))
    return Got(float(np.count_nonzero(failed[:-1] & ~failed[1:])), 12 * n)


def _block_rows() -> list[Row]:
    rows = [
        tallied(
            "I1.blocks", "replicates in three blocks are those of one: records that differ", DESIGN,
            "the case", _in_blocks, n=5000,
        ),
        tallied(
            "I1.threads", "design points on three threads in another order are those of one call",
            DESIGN, "the case", _on_threads, n=5000,
        ),
    ]  # fmt: skip
    rows += [
        tallied(
            f"I3.{c.id}", "breakdown is monotone in the demand, replicate by replicate: violations",
            DESIGN, in_words({**NORMAL_TYPES, **c.settings}),
            lambda n, seed, changed=dict(c.settings): _violations(changed, n, seed), n=10_000,
        )
        for c in COMMITMENTS
    ]  # fmt: skip
    return rows


def _address_rows() -> list[Row]:
    def distinct(_n: int, _seed: int) -> Got:
        words = {point_word(bytes([a, b])) for a in range(100) for b in range(100)}
        return Got(float(10_000 - len(words)), 10_000)

    return [
        tallied(
            "I1.addresses", "10,000 design points have different words of their draws: collisions",
            DESIGN, "none: no talks are played", distinct, engine="rules",
        )
    ]  # fmt: skip


def rows() -> list[Row]:
    """The rows of section I."""
    return [*_draw_rows(), *_address_rows(), *_block_rows(), *relabelling_rows()]

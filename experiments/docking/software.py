"""Section I: draws, blocks, relabellings and the identity of the two engines."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from experiments.docking.commitment import COMMITMENTS
from experiments.docking.limits import LIMIT, NORMAL_TYPES, certain_types, in_words
from experiments.docking.play import (
    broke_down,
    formula,
    limit_points,
    shipped,
    tallied,
    with_assembly,
)
from experiments.docking.row import Got, Row
from experiments.docking.votes import passes, vote_row
from sim.case import DesignPoints
from sim.design_points import complete
from sim.draws import philox_block, point_word, uniforms
from sim.negotiate import negotiate
from sim.parameters import PARAMETERS
from sim.terms import Ending, Policy, Purpose

PHILOX = "Salmon, Moraes, Dror, Shaw 2011, SC'11; known answers of Random123"
DESIGN = "design of the program"
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
    words, counter, seen = np.zeros(4), np.zeros(4, np.uint64), np.empty((n, 4))
    for index in range(n):
        uniforms(words, counter, np.uint64(seed), np.uint64(0), np.uint64(index),
                 int(Purpose.ANSWERS), 3, 0)  # fmt: skip
        seen[index] = words
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
    return _differing(whole, np.concatenate(pieces, axis=1))


def _on_threads(n: int, seed: int) -> Got:
    points = _case_points()
    whole = negotiate(points, n, seed=seed)

    def one(index: int) -> np.ndarray:
        part = slice(index, index + 1)
        alone = DesignPoints(points.values[part], points.blocs[part], points.words[part])
        return negotiate(alone, n, seed=seed)

    with ThreadPoolExecutor(3) as pool:
        pieces = list(pool.map(one, (2, 0, 1)))
    return _differing(whole, np.concatenate([pieces[1], pieces[2], pieces[0]]))


def _differing(one: np.ndarray, other: np.ndarray) -> Got:
    """Records that differ in any byte."""
    size = one.dtype.itemsize
    left, right = (np.ascontiguousarray(x).view(np.uint8).reshape(-1, size) for x in (one, other))
    return Got(float(np.count_nonzero((left != right).any(axis=1))), one.size)


def _other_money(n: int, seed: int) -> Got:
    """The case in half its unit of money: every amount doubles, every slope halves."""
    points = shipped().points({"public.backlash_weight": 0.0, "president.demand": [1.3, 5.58]})
    values, blocs = points.values.copy(), points.blocs.copy()
    for row in PARAMETERS:
        values[row.field] *= {"payments": 2.0, "1/payment": 0.5}.get(row.unit, 1.0)
    blocs["threshold"] *= 2.0
    complete(values, blocs, shipped().members)
    before = negotiate(points, n, seed=seed)
    after = negotiate(DesignPoints(values, blocs, points.words), n, seed=seed)
    moved = np.nanmax(np.abs(after["amount"] - 2.0 * before["amount"]))
    other_endings = np.count_nonzero(after["ending"] != before["ending"])
    return Got((float(other_endings), float(moved)), 2 * n)


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
        tallied(
            "I2", "a change of the unit of money changes no ending and doubles the settlements: "
            "endings that differ, largest difference", DESIGN, "the case; "
            "public.backlash_weight = 0", _other_money, expected=(0.0, 0.0), tolerance=1e-8, n=5000,
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


MIRROR = 3.0  # amounts x and 3 - x change places


def _mirrored(_n: int, seed: int) -> Got:
    """The sides change places: settlements add up to 3."""
    worst = 0.0
    for us, seoul, demand, opening, e_us, e_seoul, first in (
        (1.1, 1.25, 2.0, 1.0, 1.0, 1.0, 0), (1.1, 1.25, 2.0, 1.0, 0.5, 2.0, 0),
        (1.0, 1.6, 2.6, 0.8, 2.0, 0.7, 1), (1.2, 1.3, 1.9, 1.1, 3.0, 0.4, 1),
    ):  # fmt: skip
        one = _sides(us, seoul, demand, opening, e_us, e_seoul, first)
        other = _sides(
            MIRROR - seoul, MIRROR - us, MIRROR - opening, MIRROR - demand, e_seoul, e_us, 1 - first
        )
        records = [negotiate(limit_points(s), 1, seed=seed)[0, 0] for s in (one, other)]
        total = float(records[0]["amount"] + records[1]["amount"])
        apart = abs(int(records[0]["round"]) - int(records[1]["round"]))
        worst = max(worst, abs(total - MIRROR), float(apart))
    return Got(worst, 4)


def _sides(
    us: float, seoul: float, demand: float, opening: float, e_us: float, e_seoul: float, first: int
) -> dict[str, float]:
    return {
        **certain_types(us, seoul),
        "president.demand": demand,
        "ministry.opening_offer": opening,
        "negotiators.concession_exponent": e_us,
        "ministry.concession_exponent": e_seoul,
        "talks.first_mover": first,
    }


def _idle_bloc(n: int, seed: int) -> Got:
    blocs = [(200.0, 0.7, 1.3, 0.5), (95.0, 0.6, 1.2, 0.5)]
    with_idle = with_assembly([*blocs, (0.0, 0.9, 1.3, 0.5)], 295)
    before = negotiate(with_assembly(blocs, 295).points(), n, seed=seed)
    return _differing(before, negotiate(with_idle.points(), n, seed=seed))


def _all_end(n: int, seed: int) -> Got:
    records = negotiate(_case_points((1.1, 2.0, 5.58, 8.0)), n, seed=seed)
    counts = [int(np.count_nonzero(records["ending"] == ending)) for ending in Ending]
    return Got(float(sum(counts) - records.size), records.size)


def _engines(changed: dict[str, float], n: int, seed: int) -> Got:
    points = shipped().points(changed)
    compiled = negotiate(points, n, seed=seed)
    return _differing(compiled, negotiate(points, n, seed=seed, engine="mesa"))


def _relabelling_rows() -> list[Row]:
    parts = ((120, 0.7, 0.6), (80, 0.7, 0.6), (95, 0.6, 0.35))
    rows = [
        tallied(
            "I4.mirror", "with the sides and their curves exchanged settlements mirror: largest "
            "difference", DESIGN, "Limit; four pairs of known reservation values", _mirrored,
            tolerance=1e-9,
        ),
        vote_row(
            "I4.split-bloc", "a bloc that splits in two leaves the law of the vote unchanged",
            parts, 295, passes(((200, 0.7, 0.6), (95, 0.6, 0.35)), 295),
        ),
        tallied(
            "I4.idle-bloc", "a bloc without seats changes nothing: records that differ", DESIGN,
            "the case", _idle_bloc, n=5000,
        ),
        tallied(
            "I4.endings", "every negotiation ends in exactly one way: endings less negotiations",
            DESIGN, "the case", _all_end, n=20_000,
        ),
    ]  # fmt: skip
    settings: dict[str, dict[str, float]] = {
        "case": {},
        "heat": {"president.demand": 2.0, "talks.walk_out_base": -2.0},
        "turnover": {"turnover.probability": 1.0, "turnover.round": 3.0},
        "oracles": {
            "negotiators.policy": Policy.TAKE_IT_OR_LEAVE_IT, "ministry.policy": Policy.HEURISTIC,
        },
        "Seoul-first": {"talks.first_mover": 1, "ministry.reading_noise": 0.05},
    }  # fmt: skip
    rows += [
        tallied(
            f"I4.engines.{name}", "Mesa agents and kernel give the same records bit for bit: "
            "records that differ", DESIGN, in_words(changed, "the case"),
            lambda n, seed, changed=changed: _engines(changed, n, seed), n=60,
            engine="kernel and Mesa",
        )
        for name, changed in settings.items()
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
    return [*_draw_rows(), *_address_rows(), *_block_rows(), *_relabelling_rows()]

"""Draws have an address and no history."""

import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.draws import STREAM, Draws, in_unit_interval, philox_block, point_word, uniforms
from sim.terms import Purpose

pytestmark = pytest.mark.plain

WORD = 2**64
words = st.integers(0, WORD - 1)


def uint64(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def block(seed: int, point: int, replicate: int, purpose: int, round_: int, actor: int) -> list:
    """The four uniforms of an address, as the kernel asks for them."""
    where = np.uint64(seed), np.uint64(point), np.uint64(replicate), purpose, round_, actor
    return [float(number) for number in uniforms(*where)]


# the cipher


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        (
            [0, 0, 0, 0],
            [0, 0],
            [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B],
        ),
        (
            [WORD - 1] * 4,
            [WORD - 1] * 2,
            [0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0],
        ),
        (
            [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89],
            [0x452821E638D01377, 0xBE5466CF34E90C6C],
            [0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6],
        ),
    ],
)
def test_i0_philox_gives_the_known_answers_of_random123(counter, key, answer):
    assert philox_block(uint64(*counter), uint64(*key)).tolist() == answer


def test_i0_two_thousand_random_blocks_equal_numpy_s():
    random = np.random.default_rng(20191119)
    for numbers in random.integers(0, WORD, (2000, 6), np.uint64):
        counter, key = numbers[:4], numbers[4:]
        # NumPy adds one to the counter, a number of 256 bits, before it encrypts it.
        whole = sum(int(word) << (64 * place) for place, word in enumerate(counter))
        before = (whole - 1) % 2**256
        reference = np.random.Philox(
            counter=uint64(*((before >> (64 * place)) % WORD for place in range(4))), key=key
        )
        assert philox_block(counter, key).tolist() == reference.random_raw(4).tolist()


def test_the_cipher_leaves_its_counter_as_it_was():
    counter = uint64(1, 2, 3, 4)
    philox_block(counter, uint64(5, 6))
    assert counter.tolist() == [1, 2, 3, 4]


# uniforms


@given(words, words, words, st.sampled_from(list(Purpose)), st.integers(0, 400), st.integers(0, 99))
def test_a_uniform_is_the_upper_bits_of_the_word_at_its_address(
    seed, point, replicate, purpose, round_index, actor
):
    counter = uint64(purpose, round_index << 32 | actor, replicate, point)
    encrypted = philox_block(counter, np.array([seed, int(STREAM)], np.uint64))
    expected = [((int(word) >> 11) | 1) * 2.0**-53 for word in encrypted]
    assert block(seed, point, replicate, purpose, round_index, actor) == expected
    assert all(0.0 < number < 1.0 for number in expected)


@pytest.mark.parametrize(("word", "number"), [(0, 2.0**-53), (WORD - 1, 1.0 - 2.0**-53)])
def test_the_extreme_words_stay_inside_the_open_interval(word, number):
    """No address is known to give these words."""
    assert in_unit_interval(np.uint64(word)) == number
    assert 0.0 < number < 1.0


def test_uniforms_are_even():
    numbers = np.array([block(7, 0, replicate, 0, 0, 0) for replicate in range(5000)])
    for column in numbers.T:
        counts = np.histogram(column, 20, (0.0, 1.0))[0]
        chi_squared = ((counts - 250.0) ** 2 / 250.0).sum()
        assert chi_squared < 50.8  # 19 degrees of freedom, one in ten thousand
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 4.0 / np.sqrt(5000)


def test_seed_0_works_and_differs_from_seed_1():
    assert block(0, 0, 0, 0, 0, 0) == block(0, 0, 0, 0, 0, 0)
    assert set(block(0, 0, 0, 0, 0, 0)).isdisjoint(block(1, 0, 0, 0, 0, 0))


def test_no_two_addresses_share_a_block():
    addresses = itertools.product((0, 1), (0, 9), (0, 1, 2), tuple(Purpose), (0, 1, 13), (0, 1, 7))
    blocks = [tuple(block(*address)) for address in addresses]
    assert len(set(blocks)) == len(blocks)


# as the agents ask


@given(words, words, words, st.sampled_from(list(Purpose)), st.integers(0, 400), st.integers(0, 99))
def test_the_agents_and_the_kernel_draw_the_same_numbers(
    seed, point, replicate, purpose, round_index, actor
):
    draws = Draws(seed, replicate, point)
    asked = [draws.uniform(purpose, word, round_index, actor) for word in range(4)]
    assert asked == block(seed, point, replicate, purpose, round_index, actor)


def test_a_draw_does_not_depend_on_what_was_drawn_before():
    first, second = Draws(3, 5), Draws(3, 5)
    wanted = [(purpose, word, r) for purpose in Purpose for word in range(4) for r in range(3)]
    forwards = {where: first.uniform(*where) for where in wanted}
    backwards = {where: second.uniform(*where) for where in reversed(wanted)}
    assert forwards == backwards
    assert [first.uniform(*where) for where in wanted] == list(forwards.values())


# design points


def test_a_design_point_s_word_is_the_hash_of_its_parameters():
    digest = hashlib.sha256(b"demand 5.58").digest()
    assert point_word(b"demand 5.58") == int.from_bytes(digest[:8], "big")
    assert point_word(b"demand 5.58") != point_word(b"demand 5.59")


def test_a_design_point_s_word_is_never_that_of_common_random_numbers(monkeypatch):
    class Zero:
        def digest(self) -> bytes:
            return bytes(32)

    monkeypatch.setattr(hashlib, "sha256", lambda _: Zero())
    assert point_word(b"") == 1


def test_equal_points_of_a_table_have_equal_words_and_others_do_not(scenario):
    points = scenario.points({"demand": [2.0, 3.0, 2.0]})
    assert points.words[0] == points.words[2] != points.words[1]
    assert points.words.dtype == np.uint64
    alone = scenario.points({"demand": 3.0})
    assert alone.words[0] == points.words[1]


def test_a_negative_zero_is_a_zero(scenario):
    points = scenario.points({"assembly.shift": [0.0, -0.0]})
    assert points.words[0] == points.words[1]

"""What a change adds, on the same draws or on others, and how sure that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.docking.commitment import COMMITMENTS, kappa_law, settings_of
from experiments.docking.play import broke_down, limit_points
from experiments.paired import (
    count_pairs,
    in_words,
    paired_difference,
    tango_difference,
    unpaired_difference,
)
from sim import negotiate

METHODS = [paired_difference, tango_difference]
PAIRS = st.tuples(*(st.integers(0, 5000) for _ in range(4))).filter(lambda pairs: sum(pairs) > 0)


def test_published_intervals_of_pairs_are_met():
    """Airway reactivity in 21 children: Fagerland, Lydersen, Laake (2014), Statist. Med. 33."""
    newcombe, tango = paired_difference(1, 1, 7, 12), tango_difference(1, 1, 7, 12)
    assert [newcombe.value, newcombe.low, newcombe.high] == pytest.approx(
        [-0.286, -0.507, -0.026], abs=6e-4
    )
    assert [tango.value, tango.low, tango.high] == pytest.approx([-0.286, -0.517, -0.026], abs=6e-4)


def test_the_published_interval_of_separate_samples_is_met():
    """56 of 70 against 48 of 80: Newcombe (1998), Statist. Med. 17, 873-890, table II a."""
    found = unpaired_difference(56, 70, 48, 80)
    assert [found.value, found.low, found.high] == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)
    assert found.n == 70


@pytest.mark.parametrize("method", METHODS)
@given(pairs=PAIRS)
def test_the_interval_holds_the_difference_and_turns_round_with_the_sides(method, pairs):
    both, first, second, neither = pairs
    found, turned = method(*pairs), method(both, second, first, neither)
    assert found.value == pytest.approx((first - second) / sum(pairs))
    assert -1.0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1.0
    assert found.low == pytest.approx(-turned.high, abs=1e-9)
    assert found.n == sum(pairs)


@pytest.mark.parametrize("method", METHODS)
def test_variants_that_never_differ_have_a_difference_of_0_and_an_interval_around_it(method):
    found = method(700, 0, 0, 300)
    assert found.value == 0.0
    assert found.low < 0.0 < found.high < 0.01
    assert found.low == pytest.approx(-found.high, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_without_pairs_nothing_is_known(method):
    found = method(0, 0, 0, 0)
    assert np.isnan(found.value)
    assert (float(found.low), float(found.high)) == (-1.0, 1.0)
    apart = unpaired_difference([0, 3], [0, 9], [1, 0], [5, 0])
    assert np.all(np.isnan(apart.value))
    assert (apart.low.tolist(), apart.high.tolist()) == ([-1.0, -1.0], [1.0, 1.0])
    assert apart.n.tolist() == [0, 0]


def test_arrays_give_what_their_entries_give():
    table = np.array([[1, 1, 7, 12], [36, 12, 2, 0], [0, 5, 0, 0], [10, 0, 0, 10]])
    for method in METHODS:
        whole = method(*table.T)
        for index, row in enumerate(table):
            one = method(*row)
            assert (one.low, one.high) == pytest.approx((whole.low[index], whole.high[index]))


LAWS = (
    (0.30, 0.10, 0.05, 0.55),  # both, first only, second only, neither
    (0.50, 0.12, 0.02, 0.36),
    (0.05, 0.06, 0.03, 0.86),
    (0.25, 0.25, 0.25, 0.25),
)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1000, 5000])
def test_95_percent_intervals_hold_the_difference_in_95_percent_of_runs(method, n):
    generator = np.random.default_rng(0)
    for law in LAWS:
        found = method(*generator.multinomial(n, law, 10_000).T)
        truth = law[1] - law[2]
        assert 0.94 <= np.mean((found.low <= truth) & (truth <= found.high)) <= 0.96


def test_where_few_pairs_differ_newcombe_is_wide_and_tango_is_right():
    law = (0.45, 0.005, 0.004, 0.541)
    counts = np.random.default_rng(0).multinomial(1000, law, 20_000).T
    held = [
        np.mean((found.low <= 0.001) & (found.high >= 0.001))
        for found in (method(*counts) for method in METHODS)
    ]
    assert 0.96 < held[0] < 0.98
    assert 0.94 < held[1] < 0.965


def test_separate_draws_hold_the_difference_in_95_percent_of_runs():
    generator = np.random.default_rng(0)
    for p, q, n, m in ((0.6, 0.4, 500, 800), (0.05, 0.02, 1000, 1000), (0.97, 0.9, 400, 2000)):
        found = unpaired_difference(
            generator.binomial(n, p, 20_000), n, generator.binomial(m, q, 20_000), m
        )
        assert 0.94 <= np.mean((found.low <= p - q) & (p - q <= found.high)) <= 0.96


@pytest.mark.parametrize("common", [True, False])
def test_differences_between_talks_hold_what_the_kappa_law_says(common):
    """Take it or leave it, at demands that a known share of Seoul's ministries refuses."""
    n, runs = 500, 200
    last_offer = COMMITMENTS[-1]
    demands = np.array([1.1, 1.2, 1.25, 1.3, 1.35])
    law = np.array([kappa_law(float(demand), last_offer) for demand in demands])
    points = limit_points({**settings_of(1.0, last_offer), "president.demand": demands})
    broken = broke_down(negotiate(points, n * runs, seed=0, common=common))
    broken = broken.reshape(len(demands), runs, n)
    held = []
    for harder in range(1, len(demands)):
        one, other = broken[harder], broken[harder - 1]
        truth = law[harder] - law[harder - 1]
        found = (
            paired_difference(*count_pairs(one, other)) if common
            else unpaired_difference(one.sum(axis=1), n, other.sum(axis=1), n)
        )  # fmt: skip
        held.append(np.mean((found.low <= truth) & (truth <= found.high)))
        assert found.value.mean() == pytest.approx(truth, abs=0.01)
        assert (broken[harder - 1] <= broken[harder]).all() == common
    assert 0.935 <= np.mean(held) <= (0.98 if common else 0.965)


def test_pairs_know_a_small_difference_better_than_separate_draws():
    paired, apart = paired_difference(4000, 300, 100, 5600), unpaired_difference(
        4300, 10_000, 4100, 10_000
    )  # fmt: skip
    assert paired.value == pytest.approx(apart.value)
    assert paired.high - paired.low < 0.35 * (apart.high - apart.low)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=200))
def test_pairs_are_counted_replicate_by_replicate(outcomes):
    first, second = np.array(outcomes).T
    pairs = count_pairs(first, second)
    kinds = [(True, True), (True, False), (False, True), (False, False)]
    assert list(pairs) == [outcomes.count(kind) for kind in kinds]
    assert paired_difference(*pairs).value == pytest.approx(first.mean() - second.mean())


def test_tables_of_different_shapes_are_no_pairs():
    with pytest.raises(ValueError, match="are not pairs"):
        count_pairs(np.zeros(3), np.zeros(4))


@pytest.mark.parametrize("pairs", [(-1, 1, 1, 1), (1, np.inf, 1, 1), (np.nan, 1, 1, 1)])
def test_counts_of_pairs_that_cannot_be_are_refused(pairs):
    with pytest.raises(ValueError, match="must be 0 or more"):
        paired_difference(*pairs)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((0.12, 0.09, 0.15, 20000), "the new category adds 12 points [9, 15] (n = 20,000 pairs)"),
        (
            (-0.031, -0.037, -0.025, 900),
            "the new category takes off 3.1 points [2.5, 3.7] (n = 900 pairs)",
        ),
        (
            (0.001, -0.002, 0.004, 900),
            "the new category adds 0.1 points [-0.2, 0.4] (n = 900 pairs); it may be none",
        ),
        (
            (-0.0, -0.001, 0.001, 900),
            "the new category adds 0.0 points [-0.1, 0.1] (n = 900 pairs); it may be none",
        ),
        (
            (0.02, -0.001, 0.041, 300),
            "the new category adds 2 points [0, 4] (n = 300 pairs); it may be none",
        ),
    ],
)
def test_a_difference_is_told_in_points_with_its_interval_and_n(numbers, sentence):
    assert in_words("the new category", *numbers) == sentence


def test_separate_draws_are_not_called_pairs():
    assert (
        in_words("x", 0.2, 0.1, 0.3, 50, paired=False) == "x adds 20 points [10, 30] (n = 50 each)"
    )

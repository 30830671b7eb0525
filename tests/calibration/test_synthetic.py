"""Fits to synthetic truth: what is reported, how truths rank, what the figures of it say."""

import numpy as np
import pytest
from scipy.stats import binomtest

from experiments.calibration.plan import make_plan, read_plan
from experiments.calibration.synthetic import (
    SyntheticTruth,
    on_synthetic_truth,
    synthetic_sets,
)
from sim import read_scenario
from sim.errors import InputError


def test_synthetic_reports_have_the_shape_of_the_real_ones() -> None:
    plan = read_plan("korea_2019")
    truths, sets = synthetic_sets(plan, 30, seed=0)
    assert truths.shape == (30, len(plan.free))
    real = [(t.id, t.statistic, t.kind, t.spread) for t in plan.targets]
    for one in sets:
        told = [(t.id, t.statistic, t.kind, pytest.approx(t.spread)) for t in one]
        assert [x[:2] for x in told] == [x[:2] for x in real]
    changes = [t.centre for one in sets for t in one if t.id == "T-SMA10-AGREED-CHANGE"]
    assert len(set(changes)) == 30


def test_more_synthetic_sets_leave_the_first_ones_alone() -> None:
    plan = read_plan("korea_2019")
    few, many = synthetic_sets(plan, 3, seed=5), synthetic_sets(plan, 6, seed=5)
    assert np.array_equal(few[0], many[0][:3])
    assert few[1] == many[1][:3]


def test_fits_to_synthetic_truth_do_not_depend_on_workers_and_can_be_kept() -> None:
    plan = read_plan("korea_2019")
    kept: dict[int, np.ndarray] = {}

    def keep(one: int, fit):
        return kept.setdefault(one, fit()) if one not in kept else kept[one]

    ask = {"first": 256, "later": (60,), "negotiations": 16}
    alone = on_synthetic_truth(plan, 3, workers=1, **ask)
    both = on_synthetic_truth(plan, 3, workers=2, keep=keep, **ask)
    again = on_synthetic_truth(plan, 3, keep=keep, **ask)
    for other in (both, again):
        for name in ("truths", "pit", "means", "sds", "log_evidences", "effective_sizes"):
            assert np.array_equal(getattr(alone, name), getattr(other, name)), name


def test_too_few_truths_are_refused() -> None:
    with pytest.raises(InputError, match="at least 2"):
        on_synthetic_truth(read_plan("korea_2019"), 1)


def made(pit: np.ndarray) -> SyntheticTruth:
    n, k = pit.shape
    names = tuple(f"p{i}" for i in range(k))
    flat = np.full((n, k), 0.2)
    return SyntheticTruth(names, pit, pit, pit, flat, np.zeros(n), np.ones(n))


def test_uniform_ranks_pass_and_ranks_of_narrow_posteriors_fail() -> None:
    u = np.random.default_rng(1).random((200, 3))
    narrow = np.abs(np.round(u[:, 0]) - 0.3 * u[:, 0] ** 2)  # truths in the tails too often
    found = made(np.column_stack([u, narrow]))
    assert np.all(found.p_values[:3] > 0.001)
    assert found.p_values[3] < 1e-6
    assert found.coverage(0.9)[3] < 0.85


def test_coverage_comes_with_its_interval_and_n() -> None:
    u = np.random.default_rng(2).random((200, 2))
    table = made(u).table()
    assert table["n"].tolist() == [200, 200]
    for _, row in table.iterrows():
        held = int(round(row["covered_90"] * 200))
        interval = binomtest(held, 200).proportion_ci(method="wilson")
        assert row["covered_90_low"] == pytest.approx(interval.low, abs=1e-9)
        assert row["covered_90_high"] == pytest.approx(interval.high, abs=1e-9)
    assert table["contraction"].tolist() == pytest.approx([1 - 12 * 0.04] * 2)


def test_ranks_are_uniform_on_a_small_problem() -> None:
    """Two free parameters, one episode: 60 truths, and no rank is preferred."""
    plan = read_plan("korea_2019")
    episode = next(e for e in plan.episodes if e.name == "korea_2013")
    small = make_plan(
        [read_scenario("korea_2013")],
        {"ministry.reservation_mean": "prior", "president.reservation_mean": "prior"},
        known_on=plan.known_on, targets="targets", seed=4,
    )  # fmt: skip
    assert [t.id for t in small.targets] == [t.id for t in episode.targets]
    found = on_synthetic_truth(small, 60, first=512, later=(150,), negotiations=64)
    assert np.all(found.p_values > 0.001)
    assert np.all(found.coverage(0.9) > 0.78)
    assert np.median(found.effective_sizes) > 60

"""The likelihood by simulation is the mean of the product of kernels."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from experiments.calibration.kernels import log_kernel
from experiments.calibration.likelihood import (
    log_likelihoods,
    log_without_each,
    reports_of,
)
from experiments.calibration.reported import Target
from sim.errors import InputError


def target(statistic: str, unit: str, **cells: float) -> Target:
    empty = dict.fromkeys(("value", "low", "high", "error"))
    return Target(
        f"T-{statistic}", "korea_2013", "9", statistic, "fit", cells.pop("weight", 1.0),
        **(empty | cells), unit=unit, date=date(2014, 1, 1),  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


TARGETS = (
    target("agreed_change", "percent", value=5.8, error=1.0),
    target("rounds", "rounds", low=9.0, high=10.0, error=1.0, weight=0.5),
    target("months", "months", low=6.0, error=0.7),
    target("yes_share", "share of members present", high=0.7, error=0.03),
    target("lapsed", "yes or no", value=1.0, error=0.05),
)


def values(draws: int = 5, negotiations: int = 40) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shape = (draws, negotiations)
    found = {
        "agreed_change": rng.normal(6, 2, shape), "rounds": rng.integers(6, 13, shape) * 1.0,
        "months": rng.normal(6, 1, shape), "yes_share": rng.normal(0.68, 0.05, shape),
        "lapsed": rng.integers(0, 2, shape) * 1.0,
    }  # fmt: skip
    for name in ("agreed_change", "rounds", "months", "yes_share"):
        found[name][:, ::4] = np.nan  # talks without a deal
    return found


def by_hand(found: dict[str, np.ndarray], targets: tuple[Target, ...]) -> np.ndarray:
    logs = np.sum([log_kernel(t, found[t.statistic]) for t in targets], axis=0)
    return np.log(np.exp(logs).mean(axis=1))


def test_the_likelihood_is_the_mean_of_the_product_of_kernels() -> None:
    found = log_likelihoods(values(), reports_of([TARGETS]))
    np.testing.assert_allclose(found[:, 0], by_hand(values(), TARGETS), rtol=1e-12)


def test_sets_of_reports_are_each_held_against_the_same_negotiations() -> None:
    other = (replace(TARGETS[0], value=8.0), *TARGETS[1:4], replace(TARGETS[4], value=0.0))
    found = log_likelihoods(values(), reports_of([TARGETS, other]))
    np.testing.assert_allclose(found[:, 0], by_hand(values(), TARGETS), rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], by_hand(values(), other), rtol=1e-12)


def test_leaving_a_target_out_is_the_product_of_the_others() -> None:
    found = log_without_each(values(), reports_of([TARGETS]))
    for index in range(len(TARGETS)):
        others = TARGETS[:index] + TARGETS[index + 1 :]
        np.testing.assert_allclose(found[:, index], by_hand(values(), others), rtol=1e-12)


def test_a_draw_whose_negotiations_never_end_in_a_deal_has_no_likelihood() -> None:
    none = {name: np.full((2, 10), np.nan) for name in values()}
    assert np.all(log_likelihoods(none, reports_of([TARGETS])) == -np.inf)


def test_a_bound_far_in_the_tail_keeps_its_order_of_magnitude() -> None:
    bound = (target("months", "months", low=0.0, error=1.0, weight=0.01),)
    s = {"months": np.array([[-36.9], [-37.1], [-60.0]])}
    exact = 0.01 * np.array([-684.8, -692.7, -1805.0])
    np.testing.assert_allclose(log_likelihoods(s, reports_of([bound]))[:, 0], exact, atol=0.02)


def test_a_loop_over_many_draws_gives_each_what_it_gets_alone() -> None:
    found = values(draws=9)
    together = log_likelihoods(found, reports_of([TARGETS]))
    for draw in range(9):
        alone = {name: column[draw : draw + 1] for name, column in found.items()}
        assert log_likelihoods(alone, reports_of([TARGETS]))[0, 0] == together[draw, 0]


def test_sets_of_other_statistics_are_refused() -> None:
    with pytest.raises(InputError, match="the same statistics in the same order"):
        reports_of([TARGETS, TARGETS[1:]])

"""Scores against their closed forms."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm

from experiments.calibration.reported import Target
from experiments.calibration.scores import (
    brier,
    crps,
    crps_normal,
    log_score,
    log_score_normal,
    log_score_probability,
    monte_carlo_error,
)

EVEN = ndtri((np.arange(20_000) + 0.5) / 20_000)  # a standard normal law in even steps


def target(**cells: object) -> Target:
    given = {"statistic": "agreed_change", "unit": "percent", "value": 1.0, "error": 0.5} | cells
    empty = {"low": None, "high": None}
    head = {"id": "T", "case": "c", "agreement": "1", "use": "hold-out", "weight": 1.0}
    return Target(**(head | empty | given), date=date(2020, 1, 1))  # type: ignore[arg-type]


def yes(error: float = 0.1) -> Target:
    return target(statistic="ratified", unit="yes or no", error=error)


def test_the_crps_of_a_point_is_its_distance() -> None:
    assert crps([3.0], -1.5) == 4.5
    assert crps([3.0], -1.5, fair=True) == 4.5


def test_the_crps_of_two_draws_is_their_mean_distance_less_a_quarter_of_their_own() -> None:
    assert crps([0.0, 4.0], 1.0) == pytest.approx(2.0 - 0.25 * 4.0)
    assert crps([0.0, 4.0], 1.0, fair=True) == pytest.approx(2.0 - 0.5 * 4.0)


@pytest.mark.parametrize("report", [-2.0, 0.0, 0.7, 5.0])
def test_the_crps_of_normal_draws_is_the_closed_form(report: float) -> None:
    draws = 3.0 + 2.0 * EVEN
    assert crps(draws, report) == pytest.approx(crps_normal(3.0, 2.0, report), abs=2e-3)


def test_the_crps_of_a_uniform_forecast_is_the_integral_of_its_squared_error() -> None:
    draws = (np.arange(10_000) + 0.5) / 10_000
    y = 0.3  # integral of u^2 to y and of (1 - u)^2 from y on
    assert crps(draws, y) == pytest.approx((y**3 + (1.0 - y) ** 3) / 3.0, abs=1e-6)


def test_the_crps_of_whole_numbers_is_the_ranked_probability_score() -> None:
    shares = {3: 0.2, 5: 0.5, 6: 0.3}
    below = np.cumsum([shares.get(k, 0.0) for k in range(10)])
    reached = np.arange(10) >= 4
    expected = float(np.sum((below - reached) ** 2))
    assert crps(list(shares), 4.0, list(shares.values())) == pytest.approx(expected)


def test_weights_count_as_repeated_draws_do() -> None:
    assert crps([1.0, 2.0, 2.0, 7.0], 3.0) == pytest.approx(crps([7.0, 1.0, 2.0], 3.0, [1, 1, 2]))


def test_the_fair_crps_of_few_draws_has_no_bias() -> None:
    rng = np.random.default_rng(0)
    few = rng.standard_normal((4000, 5))
    fair = np.array([crps(row, 0.5, fair=True) for row in few])
    plain = np.array([crps(row, 0.5) for row in few])
    error = fair.std() / math.sqrt(len(fair))
    assert abs(fair.mean() - crps_normal(0.0, 1.0, 0.5)) < 4.0 * error
    assert plain.mean() > crps_normal(0.0, 1.0, 0.5) + 8.0 * error


def test_the_true_law_scores_best_on_average() -> None:
    reports = EVEN[::50]

    def mean(of: float, sd: float) -> float:
        return float(np.mean([crps_normal(of, sd, y) for y in reports]))

    assert mean(0.0, 1.0) < min(mean(0.3, 1.0), mean(0.0, 1.5), mean(0.0, 0.7))


def test_the_brier_score_is_the_squared_error_of_a_probability() -> None:
    assert brier(0.3, 1.0) == pytest.approx(0.49)
    assert brier(0.3, 0.0) == pytest.approx(0.09)


def test_the_log_score_integrates_over_the_error_of_the_report() -> None:
    draws = 2.0 * EVEN
    expected = -norm.logpdf(1.0, 0.0, math.hypot(2.0, 0.5))
    assert log_score(target(), draws) == pytest.approx(expected, abs=1e-3)
    assert log_score_normal(target(), 0.0, 2.0) == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high", "expected"), [(1.0, None, -0.5), (None, 1.0, 0.5)])
def test_the_log_score_of_a_bound_is_that_of_its_probability(
    low: float | None, high: float | None, expected: float
) -> None:
    bound = target(value=None, low=low, high=high, error=1e-9)
    logs = -norm.logcdf(expected)  # sd 2 about 0: one is half an sd off
    assert log_score_normal(bound, 0.0, 2.0) == pytest.approx(logs)
    assert log_score(bound, 2.0 * EVEN) == pytest.approx(logs, abs=1e-3)


def test_the_log_score_of_yes_allows_for_a_wrong_report() -> None:
    expected = -math.log(0.7 * 0.9 + 0.3 * 0.1)
    assert log_score_probability(yes(), 0.7) == pytest.approx(expected)
    assert log_score(yes(), [1.0] * 7 + [0.0] * 3) == pytest.approx(expected)
    assert log_score_probability(yes(), 0.0) == pytest.approx(-math.log(0.1))


def test_the_weight_of_a_target_does_not_change_its_score() -> None:
    assert log_score(replace(target(), weight=0.5), EVEN) == log_score(target(), EVEN)


def test_the_monte_carlo_error_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).standard_normal(4000)
    found = monte_carlo_error(
        lambda x, w: float(np.average(x, weights=w)), values, np.full(4000, 1 / 4000),
        np.arange(4000),
    )  # fmt: skip
    assert found == pytest.approx(values.std() / math.sqrt(4000), rel=0.3)


def test_many_negotiations_of_one_draw_add_no_precision() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.standard_normal(200), 50)
    error = monte_carlo_error(
        lambda x, w: float(np.average(x, weights=w)), values, np.full(10_000, 1e-4),
        np.repeat(np.arange(200), 50),
    )  # fmt: skip
    assert error == pytest.approx(1.0 / math.sqrt(200), rel=0.3)


def test_one_draw_has_no_known_error() -> None:
    found = monte_carlo_error(lambda x, w: 0.0, np.zeros(5), np.ones(5), np.zeros(5, np.int64))
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: crps([], 1.0), "at least one draw"),
        (lambda: crps([1.0], 1.0, [0.0]), "at least one draw"),
        (lambda: crps_normal(0.0, 0.0, 1.0), "sd is 0"),
        (lambda: brier(1.2, 1.0), "probability is 1.2"),
        (lambda: log_score_normal(target(), 0.0, 0.0), "sd above 0"),
        (lambda: log_score_normal(yes(), 0.0, 1.0), "needs a number"),
    ],
)
def test_what_is_no_forecast_is_refused(ask, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ask()

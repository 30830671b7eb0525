"""A parameter is identified as far as its variance is gone."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from experiments.calibration.identification import (
    IDENTIFIED,
    NOT,
    WEAKLY,
    Identification,
    contraction,
    identify,
    rescaled,
    verdict_of,
)
from tests.calibration.handmade import by_hand, normal


@pytest.fixture(scope="module")
def measured() -> Identification:
    """The first parameter is measured at z = 1 with an sd of .5, so that it is N(.8, .2)."""
    return identify(by_hand(normal(1.0, 0.5, 0)))


def test_contraction_is_that_of_the_closed_form(measured: Identification) -> None:
    row = measured.parameters.iloc[0]
    u = norm.cdf(norm.ppf((np.arange(10**5) + 0.5) / 10**5, 0.8, math.sqrt(0.2)))
    assert row["contraction"] == pytest.approx(1.0 - 12.0 * np.var(u), abs=4.0 * row["error"])
    assert row["u_mean"] == pytest.approx(np.mean(u), abs=0.01)
    expected = norm.cdf(0.8 + math.sqrt(0.2) * norm.ppf([0.05, 0.5, 0.95]))
    assert list(row[["u05", "u50", "u95"]]) == pytest.approx(list(expected), abs=0.02)
    assert row["verdict"] == IDENTIFIED and not row["unsure"]


def test_values_are_told_in_the_units_of_the_model(measured: Identification) -> None:
    row = measured.parameters.iloc[0]
    assert row["parameter"] == "president.reservation_mean"
    assert row["prior"] == "uniform(0.98, 1.15)"
    assert row["prior_50"] == pytest.approx(1.065)
    assert row["q50"] == pytest.approx(0.98 + 0.17 * row["u50"])
    assert row["mean"] == pytest.approx(0.98 + 0.17 * row["u_mean"])


def test_what_nothing_is_said_about_is_not_identified(measured: Identification) -> None:
    others = measured.parameters.iloc[1:]
    assert set(others["verdict"]) == {NOT}
    assert (np.abs(others["contraction"]) < 5.0 * others["error"]).all()
    assert measured.named(IDENTIFIED) == ["president.reservation_mean"]


def test_the_error_of_a_contraction_is_its_spread_over_repetitions() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        u = rng.random(400)
        weights = rng.exponential(size=400)
        found.append(contraction(u, weights / np.sum(weights)))
    values, errors = np.array(found).T
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)
    assert abs(np.mean(values)) < 4.0 * np.std(values) / math.sqrt(300)


def test_a_contraction_near_a_bar_is_unsure() -> None:
    # Of N(0, v), Var(u) is asin(v/(1 + v))/(2 pi), so that .5 is reached at v = .349.
    few = identify(by_hand(normal(0.0, 0.732, 0), draws=400)).parameters.iloc[0]
    many = identify(by_hand(normal(1.0, 0.2, 0), draws=400)).parameters.iloc[0]
    assert few["unsure"] and not many["unsure"]
    assert [verdict_of(x) for x in (0.5, 0.499, 0.2, 0.199, -0.1)] == [
        IDENTIFIED, WEAKLY, WEAKLY, NOT, NOT,
    ]  # fmt: skip


def test_parameters_known_only_by_their_sum_are_correlated() -> None:
    found = identify(by_hand(normal(0.0, 0.5, 0, 2))).pairs
    row = found.iloc[0]
    assert (row["first"], row["second"]) == (
        "president.reservation_mean",
        "president.audience_cost",
    )
    assert row["correlation"] == pytest.approx(-1.0 / 1.25, abs=4.0 * row["error"])
    assert 0.0 < row["error"] < 0.05
    assert len(found) == 1


def test_a_prior_is_made_wider_by_what_it_says() -> None:
    z = np.random.default_rng(0).standard_normal(200_000)
    even = np.full(len(z), 1.0 / len(z))
    for factor in (1.25, 0.8):
        weights = rescaled(z, even, factor)
        assert np.sum(weights * z**2) == pytest.approx(factor**2, rel=0.03)


def test_a_mean_between_prior_and_measurement_moves_with_the_prior() -> None:
    found = identify(by_hand(normal(2.0, 1.0, 0), draws=40_000)).sensitivity
    rows = found[found["parameter"] == "president.reservation_mean"].set_index("way")
    mean, sd = _of_u(1.0, 0.5)
    for way, factor in (("wider", 1.25), ("narrower", 0.8)):
        variance = factor**2 / (factor**2 + 1.0)
        move = (_of_u(2.0 * variance, variance)[0] - mean) / sd
        assert rows.loc[way, "move"] == pytest.approx(move, abs=0.06)
        assert rows.loc[way, "moved"] == "president.reservation_mean"
    assert not found[found["parameter"] == "talks.precision"]["sensitive"].any()


def test_a_value_that_hangs_on_its_prior_is_said_to() -> None:
    far = identify(by_hand(normal(3.0, 1.5, 0), draws=40_000)).sensitivity
    assert far[far["parameter"] == "president.reservation_mean"]["move"].abs().max() > 0.2
    assert far["sensitive"].eq(far["move"].abs() > 0.5).all()


def _of_u(mean: float, variance: float) -> tuple[float, float]:
    u = norm.cdf(norm.ppf((np.arange(10**5) + 0.5) / 10**5, mean, math.sqrt(variance)))
    return float(np.mean(u)), float(np.std(u))

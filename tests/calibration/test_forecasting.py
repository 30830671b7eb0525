"""What is forecast of a report follows its law, and a probability is worth what its draws are."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from experiments.calibration.forecasting import (
    ReportLaw,
    Share,
    forecast,
    mean_probability,
    quantiles_of,
    share_of_draws,
    two_sided,
)
from experiments.calibration.kernels import draw_report
from experiments.calibration.plan import read_plan
from experiments.calibration.playing import groups_of, play, prior_uniforms, with_beside
from experiments.calibration.reported import Target
from experiments.calibration.targets import check_rows
from experiments.intervals import wilson_interval

NUMBER = Target(
    "N", "korea_2013", "", "months", "fit", 1.0, 6.0, None, None, 1.0, "months", date(2014, 1, 11)
)
INTERVAL = replace(NUMBER, id="I", value=None, low=5.0, high=8.29)
FLAG = replace(NUMBER, id="F", statistic="lapsed", unit="yes or no", value=1.0, error=0.05)
AT_LEAST = replace(NUMBER, id="B", value=None, low=6.0)
AT_MOST = replace(NUMBER, id="M", value=None, high=6.0)


@pytest.mark.parametrize("weight", [1.0, 0.5])
@pytest.mark.parametrize("target", [NUMBER, INTERVAL, AT_LEAST, AT_MOST], ids=lambda t: t.id)
def test_reports_are_drawn_as_single_ones_are(target: Target, weight: float) -> None:
    law = ReportLaw(replace(target, weight=weight))
    values, uniforms = np.arange(3.0, 9.0), np.array([0.02, 0.3, 0.96, 0.99, 0.01, 0.7])
    pairs = zip(values, uniforms, strict=True)
    single = [draw_report(law.target, float(v), float(u)) for v, u in pairs]
    told = [ReportLaw(one).observed for one in single]
    np.testing.assert_allclose(law.draw(values, uniforms), told, atol=1e-12)


@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_a_word_is_wrong_as_often_as_a_single_report_is(weight: float) -> None:
    law = ReportLaw(replace(FLAG, weight=weight))
    np.testing.assert_allclose(law.one(np.array([1.0, 0.0])), [1 - law.spread, law.spread])
    around = law.spread * 0.99, law.spread * 1.01
    assert [draw_report(law.target, 1.0, u).value for u in around] == [0.0, 1.0]
    drawn = law.draw(np.array([1.0, np.nan]), np.array([0.5, 0.5]))
    assert drawn[0] == 1.0 and math.isnan(drawn[1])


def test_the_forecast_of_a_normal_statistic_is_normal_with_the_error_added() -> None:
    s = norm.ppf((np.arange(40_000) + 0.5) / 40_000, loc=8.0, scale=2.0).reshape(400, 100)
    s = np.random.default_rng(0).permutation(s.reshape(-1)).reshape(s.shape)
    found = forecast(NUMBER, s, np.ones(s.shape), np.arange(400), seed=0)
    sd = math.sqrt(5.0)
    assert (found.mean, found.sd) == pytest.approx((8.0, sd), rel=1e-3)
    assert found.z == pytest.approx(-2.0 / sd, rel=1e-3)
    assert found.p.value == pytest.approx(2.0 * norm.cdf(-2.0 / sd), rel=2e-3)
    expected = norm.ppf([0.05, 0.5, 0.95], 8.0, sd)
    assert (found.low, found.middle, found.high) == pytest.approx(expected, abs=0.06)
    assert found.defined.value == 1.0


def test_the_forecast_of_a_word_is_its_probability() -> None:
    s = np.array([[1.0, 1.0, 0.0, np.nan]] * 10)
    found = forecast(FLAG, s, np.ones(s.shape), np.arange(10), seed=0)
    assert found.defined.value == pytest.approx(0.75)
    assert found.p.value == pytest.approx((2 * 0.95 + 0.05) / 3)
    assert math.isnan(found.z)
    refused = forecast(replace(FLAG, value=0.0), s, np.ones(s.shape), np.arange(10), seed=0)
    assert refused.p.value == pytest.approx(1.0 - found.p.value)
    bound = forecast(AT_LEAST, np.full((5, 2), 7.0), np.ones((5, 2)), np.arange(5), seed=0)
    assert bound.p.value == pytest.approx(norm.cdf(1.0))


def test_nothing_is_forecast_of_what_is_never_defined() -> None:
    found = forecast(NUMBER, np.full((4, 5), np.nan), np.ones((4, 5)), np.arange(4), seed=0)
    assert found.defined.value == 0.0
    assert math.isnan(found.p.value) and found.p.n == 0.0


def test_negotiations_of_one_draw_are_not_independent_evidence() -> None:
    rng = np.random.default_rng(0)
    alone = (rng.random((400, 1)) < 0.3).astype("f8")
    each = mean_probability(alone, np.ones((400, 1)), np.arange(400))
    again = mean_probability(np.repeat(alone, 50, axis=1), np.ones((400, 50)), np.arange(400))
    assert again.value == pytest.approx(each.value)
    assert again.n == pytest.approx(400.0) == each.n
    low, high = wilson_interval(each.value * 400, 400)
    assert (again.low, again.high) == pytest.approx((float(low), float(high)))


def test_a_draw_that_stands_twice_counts_once() -> None:
    rows = np.repeat(np.random.default_rng(0).random((100, 3)), 2, axis=0)
    occurs = (rows[:, :1] < 0.4).astype("f8")
    share = mean_probability(occurs, np.ones(occurs.shape), groups_of(rows))
    assert share.n == pytest.approx(100.0)


def test_a_probability_of_1_has_the_n_of_its_draws() -> None:
    assert share_of_draws(np.ones(50, bool)) == pytest.approx(
        (1.0, float(wilson_interval(50, 50)[0]), 1.0, 50.0)
    )
    assert mean_probability(np.ones((50, 4)), np.ones((50, 4)), np.arange(50)).n == pytest.approx(
        50
    )
    assert mean_probability(np.ones((5, 4)), np.zeros((5, 4)), np.arange(5))[1:] == (0.0, 1.0, 0.0)


def test_tails_are_two_sided_from_either_side() -> None:
    assert two_sided(Share(0.9, 0.8, 0.95, 10.0)) == pytest.approx((0.2, 0.1, 0.4, 10.0))
    assert two_sided(Share(0.1, 0.05, 0.2, 10.0)) == pytest.approx((0.2, 0.1, 0.4, 10.0))


def test_weighted_quantiles_are_those_of_repeated_values() -> None:
    values = np.array([3.0, 1.0, 2.0])
    assert quantiles_of(values, np.array([0.0, 10.0, 90.0])) == (1.0, 2.0, 2.0)
    assert all(math.isnan(x) for x in quantiles_of(values, np.zeros(3)))


def test_play_does_not_depend_on_workers_or_order_and_plays_a_repeated_draw_anew() -> None:
    plan = read_plan("korea_2019")
    episode = plan.episodes[4]
    uniforms = prior_uniforms(plan, 256)[:150]
    one = play(plan, episode, uniforms, 6, seed=0, workers=1)
    back = play(plan, episode, uniforms[::-1], 6, seed=0, workers=3)
    for name, values in one.items():
        np.testing.assert_array_equal(values, back[name][::-1])
    twice = play(plan, episode, np.concatenate([uniforms, uniforms]), 6, seed=0)
    np.testing.assert_array_equal(twice["turnout"][:150], one["turnout"])
    assert not np.array_equal(twice["turnout"][150:], one["turnout"], equal_nan=True)


def test_rows_of_the_prior_fill_it_evenly() -> None:
    uniforms = prior_uniforms(read_plan("korea_2019"), 512)
    assert uniforms.shape == (512, 41)
    counts = np.stack([np.histogram(column, 8, (0, 1))[0] for column in uniforms.T])
    assert (counts == 64).all()


def test_what_stands_beside_the_fit_is_played_with_it() -> None:
    plan = read_plan("korea_2019")
    beside = check_rows("targets", ["korea_2018"])
    episodes = with_beside(plan, beside)
    extra = [len(a.targets) - len(b.targets) for a, b in zip(episodes, plan.episodes, strict=True)]
    assert extra == [0, 0, 0, 0, 0, len(beside), 0]

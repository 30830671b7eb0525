"""From counts to estimates: every probability with its interval and its n, nothing made up."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments import by_round, estimate, run_study
from experiments.estimates import column_of, distances, nearest, variant_rows
from experiments.events import CAUSES, EVENTS
from experiments.ignorance import ignorance_band, under_ignorance
from experiments.intervals import wilson_interval
from experiments.run import Run
from experiments.study_making import make_study
from experiments.tally import BIN
from sim import Ending, InputError, negotiate, read_scenario

CASE = read_scenario("korea_2019")
REPORTED = 5000 / 896
VARIANTS = {"case": {}, "other": {"president.audience_cost": 0, "ministry.reservation_mean": 1.3}}


@pytest.fixture(scope="module")
def run():
    """Two demands under two variants, 800 negotiations each."""
    vary = {"demand": [1.5, REPORTED]}
    return run_study(make_study(CASE, vary=vary, variants=VARIANTS, replicates=800, seed=0))


@pytest.fixture(scope="module")
def table(run):
    return estimate(run)


@pytest.fixture(scope="module")
def records(run):
    return negotiate(run.design.points(np.arange(4)), 800, seed=0)


def test_every_probability_is_a_share_of_the_records_with_its_interval_beside_it(table, records):
    assert table["n"].tolist() == [800] * 4
    for name, event in EVENTS.items():
        place = table.columns.get_loc(name)
        assert list(table.columns[place : place + 3]) == [name, f"{name}_low", f"{name}_high"]
        happened = event.occurs(records).sum(axis=1)
        assert table[name].tolist() == (happened / 800).tolist()
        low, high = wilson_interval(happened, np.full(4, 800))
        assert table[f"{name}_low"].tolist() == low.tolist()
        assert table[f"{name}_high"].tolist() == high.tolist()


def test_breakdown_is_the_sum_of_its_causes(table):
    causes = [name for _, name in CAUSES]
    assert {ending for ending, _ in CAUSES} == set(Ending) - {Ending.RATIFIED}
    assert table[causes].sum(axis=1).to_numpy() == pytest.approx(table["breakdown"].to_numpy())
    assert (table["deals"] == np.rint(800 * (1 - table["breakdown"]))).all()


def test_a_table_says_first_where_its_rows_belong(table):
    assert list(table)[:7] == [
        "design_point", "variant", "president.demand", "demand_usd_bn", "demand_krw_bn", "n",
        "failed",
    ]  # fmt: skip
    assert table["demand_usd_bn"].tolist() == pytest.approx([1.344, 1.344, 5.0, 5.0])
    krw = CASE.money.krw_per_usd
    assert table["demand_krw_bn"].to_numpy() == pytest.approx(table["demand_usd_bn"] * krw)


def test_the_settlement_is_that_of_the_deals(table, records):
    for row, played in zip(table.to_dict("records"), records, strict=True):
        deals = played[played["ending"] == Ending.RATIFIED]
        assert row["settlement_mean"] == pytest.approx(deals["amount"].mean(), abs=1e-8)
        half = 1.96 * deals["amount"].std() / math.sqrt(len(deals))
        assert row["settlement_mean_high"] - row["settlement_mean"] == pytest.approx(half, rel=0.01)
        assert row["settlement_mean"] - row["settlement_mean_low"] == pytest.approx(half, rel=0.01)
        for name, level in (("q25", 0.25), ("median", 0.5), ("q75", 0.75)):
            exact = np.quantile(deals["amount"], level, method="inverted_cdf")
            assert row[f"settlement_{name}"] == pytest.approx(exact, abs=BIN)
        assert row["category_mean"] == pytest.approx(deals["category"].mean(), abs=1e-8)
        assert row["rounds_median"] == np.quantile(deals["round"], 0.5, method="inverted_cdf")


def test_a_surplus_is_what_a_deal_is_worth_above_the_mean_reservation(table, records):
    for row, played in zip(table.to_dict("records"), records, strict=True):
        deal = played["ending"] == Ending.RATIFIED
        limit = 1.3 if row["variant"] == "other" else CASE.values["ministry.reservation_mean"]
        gains = np.where(deal, limit - played["seoul_cost"], 0.0)
        assert row["seoul_surplus"] == pytest.approx(gains.mean(), abs=1e-8)
        half = 1.96 * gains.std() / math.sqrt(800)
        assert row["seoul_surplus_high"] - row["seoul_surplus"] == pytest.approx(half, rel=0.01)
        threshold = CASE.values["president.reservation_mean"]
        gains = np.where(deal, played["us_value"] - threshold, 0.0)
        assert row["us_surplus"] == pytest.approx(gains.mean(), abs=1e-8)


def test_a_difference_between_separate_draws_has_an_interval_as_of_separate_samples():
    given = {"vary": {"demand": [3.0]}, "variants": VARIANTS, "replicates": 800}
    paired = estimate(run_study(make_study(CASE, **given))).iloc[1]
    apart = estimate(run_study(make_study(CASE, draws="independent", **given)))
    assert "pairs" not in apart
    row = apart.iloc[1]
    assert row["breakdown_difference"] == pytest.approx(
        apart["breakdown"][1] - apart["breakdown"][0]
    )
    width = row["breakdown_difference_high"] - row["breakdown_difference_low"]
    assert width > 1.2 * (paired["breakdown_difference_high"] - paired["breakdown_difference_low"])


def test_a_point_without_deals_has_no_settlement_and_no_middle_round():
    refused = {"president.reservation_mean": 5, "turnover.probability": 0}
    row = estimate(run_study(make_study(CASE, settings=refused, replicates=50))).iloc[0]
    assert (row["deals"], row["breakdown"]) == (0, 1.0)
    empty = ["settlement_mean", "settlement_median", "category_mean", "rounds_median"]
    assert row[empty].isna().all()
    assert (row["us_surplus"], row["seoul_surplus"]) == (0.0, 0.0)


def test_points_that_were_not_played_have_no_row(run):
    counts = run.counts.copy()
    for name in ("n", "failed"):
        counts.loc[[2, 3], name] = 0
    assert estimate(Run(run.study, run.design, counts, {}))["design_point"].tolist() == [0, 1]


def test_by_round_every_ending_sums_to_its_probability(run, table):
    rounds = by_round(run)
    assert list(rounds)[:3] == ["design_point", "variant", "president.demand"]
    last = rounds[rounds["round"] == 10]
    for name in ("breakdown", "lapse", "walk_out"):
        told = last[last["ending"] == name]
        assert told["incidence"].tolist() == pytest.approx(table[name].tolist())
    assert (rounds["after_expiry"] == (rounds["round"] > 5)).all()
    assert rounds["n"].eq(800).all()


def test_by_round_the_expiry_is_that_of_the_row():
    study = make_study(CASE, vary={"talks.expiry_round": [2, 7]}, replicates=20)
    rounds = by_round(run_study(study))
    expiry = rounds["talks.expiry_round"]
    assert (rounds["after_expiry"] == (rounds["round"] > expiry)).all()


def test_a_value_is_what_a_variant_a_setting_or_the_case_says(run):
    study, rows = run.study, run.design.table
    assert column_of(study, rows, "president.audience_cost").tolist() == [0.05, 0.0] * 2
    assert column_of(study, rows, "president.demand").tolist() == [1.5, 1.5, REPORTED, REPORTED]
    assert column_of(study, rows, "talks.split").tolist() == [0.5] * 4


def test_rows_are_found_by_variant_and_by_the_nearest_level(table):
    assert variant_rows(table, "other")["design_point"].tolist() == [1, 3]
    assert nearest(variant_rows(table, "case"), "president.demand", 5.0)["design_point"] == 2


def test_infinity_is_nearest_to_itself():
    levels = np.array([-np.inf, 3.0, np.inf])
    assert distances(levels, np.inf).tolist() == [np.inf, np.inf, 0.0]
    assert distances(levels, 2.0).tolist() == [np.inf, 1.0, np.inf]
    frame = pd.DataFrame({"x": levels})
    assert nearest(frame, "x", np.inf)["x"] == np.inf
    assert nearest(frame, "x", 50.0)["x"] == 3.0


# not knowing the parameters


@pytest.fixture(scope="module")
def unknown():
    study = make_study(
        CASE, vary={"demand": np.linspace(1.1, 8, 29)}, variants=VARIANTS, seed=0,
        settings={"talks.lapse_cost": 0.02},
        replicates=100, precision=0.2,
    )  # fmt: skip
    return under_ignorance(study, 20)


def test_ignorance_draws_all_that_has_a_prior_and_is_not_known(unknown):
    assert unknown.replicates == 100
    assert (unknown.precision, unknown.figures) == (None, ())
    assert unknown.parameters[0] == "president.demand"
    assert 2 <= len(unknown.factors[0].levels) <= 15
    assert {unknown.factors[0].levels[0], unknown.factors[0].levels[-1]} == {1.1, 8.0}
    drawn = set(unknown.uncertain)
    assert "president.audience_cost" in drawn
    assert "assembly.shock_sd" in drawn
    assert not {"talks.lapse_cost", "talks.split", "president.demand"} & drawn
    assert [variant.name for variant in unknown.variants] == ["case"]


def test_the_band_holds_nine_draws_of_ten_and_not_the_chance_within_them(unknown):
    played = run_study(unknown)
    band = ignorance_band(played)
    assert band["president.demand"].tolist() == list(unknown.factors[0].levels)
    assert (band["draws"] == 20).all()
    assert (band["n"] == 100).all()
    assert ((band["low"] <= band["mean"]) & (band["mean"] <= band["high"])).all()
    table = estimate(played)
    for row in band.to_dict("records"):
        at = table[table["president.demand"] == row["president.demand"]]["breakdown"]
        assert row["mean"] == pytest.approx(at.mean())
        low, high = np.quantile(at, [0.05, 0.95])
        assert row["high"] - row["low"] < high - low
        assert row["high"] - row["low"] > 0.5 * (high - low)


def test_where_nothing_but_chance_differs_the_band_is_far_narrower_than_the_shares_spread():
    """A prior that moves nothing: all draws of a level are the same talks on other draws."""
    study = make_study(
        CASE, vary={"demand": [3.0], "backlash_scale": "prior"}, size=200, replicates=50, seed=0,
        settings={"backlash_weight": 0}, draws="independent",
    )  # fmt: skip
    (row,) = ignorance_band(run_study(study)).to_dict("records")
    shares = estimate(run_study(study))["breakdown"]
    spread = np.ptp(np.quantile(shares, [0.05, 0.95]))
    assert spread > 0.15
    assert row["high"] - row["low"] < 0.4 * spread


@pytest.mark.parametrize(
    ("given", "draws", "said"),
    [
        ({"vary": {"demand": [1, 2], "assembly.shift": [0, 1]}}, 20, "over the levels of one"),
        ({"vary": {"demand": (1, 5)}, "design": "sobol", "size": 4}, 20, "over the levels of one"),
        ({"vary": {"president.audience_cost": "prior"}, "size": 4}, 20, "over the levels of one"),
        ({}, 20, "over the levels of one"),
        ({"vary": {"demand": [1, 2]}}, 19, r"ignorance is 19; .* draws in \[20, 10000\]"),
        ({"vary": {"demand": [1, 2]}}, 10_001, "ignorance is 10001"),
    ],
)
def test_ignorance_of_a_study_that_has_no_curve_is_refused(given, draws, said):
    with pytest.raises(InputError, match=said):
        under_ignorance(make_study(CASE, **given), draws)

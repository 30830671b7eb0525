"""Forecasts of theory under the curves: each equals what the theory library says."""

import numpy as np
import pytest

from experiments import estimate, make_study, run_study
from experiments.baselines import baselines, with_baselines
from sim.theory.commitment import breakdown_probability
from sim.theory.ratification import constrained_nash_price
from tests.limits import LIMIT

DEMANDS = [1.05, 1.2, 1.5, 2.0, 3.0, 5.56, 8.0]
TYPES = {
    "president.reservation_mean": 1.10,
    "president.reservation_sd": 0.10,
    "ministry.reservation_mean": 1.25,
    "ministry.reservation_sd": 0.10,
}


@pytest.mark.parametrize("cost", [0.0, 0.03, 0.5])
@pytest.mark.parametrize("backlash", [0.0, 0.15])
@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_the_law_on_a_figure_is_the_law_of_the_theory(scenario, cost, backlash, weight):
    setting = LIMIT | TYPES | {
        "president.demand": DEMANDS, "president.audience_cost": cost,
        "public.backlash_weight": backlash, "precedent.weight": weight,
        "precedent.others_payment": 1.5,
    }  # fmt: skip
    table = baselines(scenario.points(setting))
    exact = [
        breakdown_probability(
            demand, us_mean=1.1, us_sd=0.1, seoul_mean=1.25, seoul_sd=0.1, audience_cost=cost,
            backlash_weight=backlash, precedent_weight=weight, precedent_value=1.5,
        )
        for demand in DEMANDS
    ]  # fmt: skip
    np.testing.assert_allclose(table["law"], exact, atol=1e-4)
    np.testing.assert_array_equal(table["law"], table["no_zopa"])  # no Assembly in the limit


def test_the_settlements_are_those_of_complete_information(scenario):
    table = baselines(scenario.points(LIMIT | TYPES | {"president.demand": [2.0]}))
    row = table.iloc[0]
    assert row["us_least"] == pytest.approx(1.10)
    assert row["seoul_most"] == pytest.approx(1.25)
    assert row["nash"] == pytest.approx(constrained_nash_price(1.10, 1.25))
    assert row["setter"] == pytest.approx(1.25)


def test_without_a_zone_nothing_is_forecast_to_be_agreed(scenario):
    table = baselines(scenario.points({"president.demand": [8.0]}))
    assert table["us_least"][0] > table["seoul_most"][0]
    assert np.isnan(table["nash"][0]) and np.isnan(table["setter"][0])


def test_the_median_member_sits_on_the_side_that_holds_the_middle_seat(scenario):
    points = scenario.points({"assembly.shift": [0.0, -0.1], "public.backlash_weight": 0.0})
    row = baselines(points)["median_voter"]
    assert row[0] - row[1] == pytest.approx(0.1)
    thresholds = np.repeat(scenario.blocs["threshold"], scenario.blocs["seats"].astype(int))
    joint, terms = points.values["joint_gain"][0], points.values["us_terms"][0]
    missed = 0.05 * points.values["demanded_category"][0]
    assert row[0] == pytest.approx(np.sort(thresholds)[147] + joint - terms + missed)


def test_heeding_the_assembly_never_widens_the_zone(scenario):
    table = baselines(scenario.points({"president.demand": DEMANDS}))
    assert (table["no_zopa"] >= table["law"] - 1e-12).all()


def test_reservation_values_without_spread_make_the_law_a_step(scenario):
    setting = {"president.reservation_sd": 0.0, "president.demand": [1.05, 8.0]}
    assert baselines(scenario.points(setting))["law"].tolist() == pytest.approx(
        [0.0, 1.0], abs=0.05
    )


def test_other_laws_than_the_normal_have_no_curve_here(scenario):
    table = baselines(scenario.points({"president.reservation_family": 1}))
    assert table["law"].isna().all()


def test_the_forecasts_belong_to_the_settings_of_the_study(scenario):
    study = make_study(
        scenario, vary={"demand": [2.0, 3.0]}, settings={"assembly.shift": 0.1},
        variants={"case": {}, "cheap_talk": {"president.audience_cost": 0}}, replicates=20, seed=1,
    )  # fmt: skip
    run = run_study(study)
    table = with_baselines(run, estimate(run))
    direct = baselines(scenario.points({"president.demand": [2.0, 3.0], "assembly.shift": 0.1}))
    case, cheap = (table[table["variant"] == name] for name in ("case", "cheap_talk"))
    np.testing.assert_array_equal(case["median_voter"], direct["median_voter"])
    np.testing.assert_array_equal(case["law"], direct["law"])
    assert (cheap["law"].to_numpy() < case["law"].to_numpy()).all()
    assert table["n"].tolist() == [20] * 4


def test_the_forecasts_of_a_refined_study_are_those_of_the_points_that_were_played(scenario):
    levels = np.linspace(1.05, 8.0, 9)
    study = make_study(
        scenario, vary={"demand": levels, "assembly.shift": np.linspace(-0.2, 0.2, 9)},
        refine=True, replicates=20, seed=1,
    )  # fmt: skip
    run = run_study(study)
    table = with_baselines(run, estimate(run))
    assert len(table) < 81
    last = table.iloc[-1]
    names = ["president.demand", "assembly.shift"]
    alone = baselines(scenario.points({name: last[name] for name in names}))
    assert last["law"] == alone["law"][0]
    assert last["setter"] == pytest.approx(alone["setter"][0], nan_ok=True)

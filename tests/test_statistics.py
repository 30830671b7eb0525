"""Estimates say how sure they are: every probability has its interval and its n."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments import Sweep, estimate, wilson_interval
from experiments.statistics import at_demand, probability, variant

CAUSES = ["lapse", "walk_out", "executive_veto", "ratification_refused"]
PROBABILITIES = ["breakdown", *CAUSES, "any_walk_out", "any_veto", "any_refusal"]

# the interval


def by_scipy(successes, trials):
    return stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")


@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_the_one_of_scipy(counts):
    low, high = wilson_interval(*counts)
    expected = by_scipy(*counts)
    assert float(low) == pytest.approx(expected.low, rel=1e-12, abs=1e-12)
    assert float(high) == pytest.approx(expected.high, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("trials", [1, 2, 10, 20_000, 10**7])
def test_the_interval_of_never_begins_at_0_and_that_of_always_ends_at_1(trials):
    low, high = wilson_interval([0, trials], [trials, trials])
    assert (low[0], high[1]) == (0.0, 1.0)
    assert high[0] == pytest.approx(by_scipy(0, trials).high, rel=1e-12, abs=1e-12)
    assert low[1] == pytest.approx(by_scipy(trials, trials).low, rel=1e-12, abs=1e-12)


def test_without_trials_nothing_is_known():
    low, high = wilson_interval(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)
    columns = probability("breakdown", np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    assert np.isnan(columns["breakdown"][0])
    assert columns["breakdown"][1] == 0.5
    assert (columns["breakdown_low"][0], columns["breakdown_high"][0]) == (0.0, 1.0)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_lies_in_0_to_1(counts):
    low, high = wilson_interval(*counts)
    assert 0.0 <= low <= counts[0] / counts[1] <= high <= 1.0
    assert low < high


@pytest.mark.parametrize(("successes", "trials"), [(-1, 10), (11, 10), ([1, 3], [2, 2]), (1, 0)])
def test_counts_that_cannot_be_are_refused(successes, trials):
    with pytest.raises(ValueError, match="must lie between 0 and trials"):
        wilson_interval(successes, trials)


@pytest.mark.parametrize("p", [0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99])
def test_the_95_percent_interval_holds_the_truth_in_95_percent_of_all_runs(p):
    coverage = []
    for trials in (200, 2000, 20_000):
        successes = np.arange(trials + 1)
        low, high = wilson_interval(successes, np.full(trials + 1, trials))
        mass = stats.binom.pmf(successes, trials, p)
        coverage.append(mass[(low <= p) & (p <= high)].sum())
    assert 0.935 <= np.mean(coverage) <= 0.965
    assert min(coverage) > 0.92


# the table of estimates


def summary(**changed):
    """What one design point adds up to: 20 negotiations, 12 of them deals."""
    counts = {
        "design_point": 0, "variant": "case", "demand": 2.0, "n": 20, "ratified": 12, "lapse": 5,
        "walk_out": 2, "executive_veto": 1, "ratification_refused": 0, "any_walk_out": 7,
        "any_veto": 3, "any_refusal": 1, "settlement_q25": 1.01, "settlement_median": 1.05,
        "settlement_q75": 1.1, "rounds_median": 8.0,
    }  # fmt: skip
    return counts | changed


def table_of(scenario, *rows):
    return estimate(Sweep(scenario, pd.DataFrame(rows), {}))


def test_breakdown_is_every_ending_without_a_ratified_deal(scenario):
    table = table_of(scenario, summary())
    assert table["breakdown"][0] == pytest.approx(8 / 20)
    assert table[CAUSES].sum(axis=1)[0] == pytest.approx(table["breakdown"][0])
    assert table["deals"][0] == 12
    assert table["n"][0] == 20


def test_every_probability_has_its_interval_and_its_n_beside_it(scenario):
    table = table_of(scenario, summary(), summary(n=200, ratified=100, lapse=92))
    assert "n" in table
    for name in PROBABILITIES:
        place = table.columns.get_loc(name)
        assert list(table.columns[place + 1 : place + 3]) == [f"{name}_low", f"{name}_high"]
        low, high = wilson_interval(table[name] * table["n"], table["n"])
        assert table[f"{name}_low"].to_numpy() == pytest.approx(low, rel=1e-9, abs=1e-12)
        assert table[f"{name}_high"].to_numpy() == pytest.approx(high, rel=1e-9, abs=1e-12)
    others = [name for name in table if not name.endswith(("_low", "_high"))]
    assert others == [
        "design_point", "variant", "demand", "demand_usd_bn", "demand_krw_bn", "n", *PROBABILITIES,
        "deals", "settlement_q25", "settlement_median", "settlement_q75", "rounds_median",
    ]  # fmt: skip


def test_a_demand_stands_in_payments_dollars_and_won(scenario):
    table = table_of(scenario, summary(demand=5000 / 896))
    assert table["demand_usd_bn"][0] == pytest.approx(5.0)
    assert table["demand_krw_bn"][0] == pytest.approx(5.0 * scenario.money.krw_per_usd)


def test_a_variant_and_a_demand_are_found_in_the_table(scenario):
    table = table_of(
        scenario,
        *[
            summary(design_point=2 * at + index, variant=name, demand=demand, ratified=10 + at)
            for at, name in enumerate(("case", "cheap_talk"))
            for index, demand in enumerate((1.5, 5.5))
        ],
    )  # fmt: skip
    assert variant(table, "cheap_talk")["design_point"].tolist() == [2, 3]
    row = at_demand(variant(table, "cheap_talk"), 5.0)
    assert row["demand"] == 5.5
    assert row["deals"] == 11
    assert all(not isinstance(value, str) for value in row.values())

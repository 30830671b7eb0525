"""Time to a deal, and the hazard of each ending round by round."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.intervals import wilson_interval
from experiments.survival import count_endings, ending_by_round, time_to_deal
from sim import negotiate
from sim.terms import Ending

RATIFIED, WALK_OUT, LAPSE = Ending.RATIFIED, Ending.WALK_OUT, Ending.LAPSE


def ten_talks():
    """Ten talks over three rounds: deals 2, 1, 2; walk-outs 1, 1, 0; lapses 0, 0, 3."""
    counts = np.zeros((1, len(Ending), 3), int)
    counts[0, RATIFIED], counts[0, WALK_OUT], counts[0, LAPSE] = (2, 1, 2), (1, 1, 0), (0, 0, 3)
    return counts


def rows_of(table, ending):
    return table[table["ending"] == ending].reset_index(drop=True)


def test_hazards_and_incidences_are_those_computed_by_hand():
    table = ending_by_round(ten_talks(), expiry_round=2)
    deals, walk_outs = rows_of(table, "ratified"), rows_of(table, "walk_out")
    assert deals["at_risk"].tolist() == [10, 7, 5]
    assert deals["hazard"].tolist() == pytest.approx([2 / 10, 1 / 7, 2 / 5])
    assert deals["incidence"].tolist() == pytest.approx([0.2, 0.3, 0.5])
    assert walk_outs["hazard"].tolist() == pytest.approx([1 / 10, 1 / 7, 0.0])
    assert walk_outs["incidence"].tolist() == pytest.approx([0.1, 0.2, 0.2])
    assert rows_of(table, "lapse")["hazard"].tolist() == pytest.approx([0.0, 0.0, 3 / 5])
    assert rows_of(table, "breakdown")["incidence"].tolist() == pytest.approx([0.1, 0.2, 0.5])
    assert deals["after_expiry"].tolist() == [False, False, True]


def test_every_share_has_the_wilson_interval_of_its_own_counts():
    table = ending_by_round(ten_talks())
    for name, of in (("hazard", "at_risk"), ("incidence", "n")):
        k = table["count"] if name == "hazard" else table[name] * table["n"]
        low, high = wilson_interval(k.round(), table[of])
        assert table[f"{name}_low"].to_numpy() == pytest.approx(low)
        assert table[f"{name}_high"].to_numpy() == pytest.approx(high)
    assert not table["after_expiry"].any()


def test_a_round_that_no_talks_reach_has_no_hazard():
    counts = np.zeros((1, len(Ending), 2), int)
    counts[0, RATIFIED, 0] = 5
    last = rows_of(ending_by_round(counts), "ratified").iloc[1]
    assert np.isnan(last["hazard"])
    assert (last["hazard_low"], last["hazard_high"], last["at_risk"]) == (0.0, 1.0, 0)
    assert last["incidence"] == 1.0


TABLES = arrays(np.int64, (2, len(Ending), 4), elements=st.integers(0, 300))


@given(TABLES)
def test_the_product_of_the_hazards_is_what_still_goes_on(counts):
    table = ending_by_round(counts)
    for point in range(2):
        n = counts[point].sum()
        here = table[table["design_point"] == point]
        ends = rows_of(here, "ratified")["hazard"] + rows_of(here, "breakdown")["hazard"]
        going = np.cumprod(1.0 - ends.fillna(0.0))
        left = 1.0 - np.cumsum(counts[point].sum(axis=0)) / max(n, 1)
        assert going.to_numpy() == pytest.approx(left if n else np.ones(4), abs=1e-9)


@given(TABLES)
def test_the_endings_add_up_to_all_talks(counts):
    table = ending_by_round(counts)
    last = table[table["round"] == 4].set_index(["design_point", "ending"])["incidence"]
    for point in range(2):
        if counts[point].sum():
            assert last[point, "ratified"] + last[point, "breakdown"] == pytest.approx(1.0)


def test_time_to_a_deal_is_told_of_the_deals_and_of_all_talks():
    table = time_to_deal(ten_talks(), quantiles=(0.3, 0.5, 0.6)).set_index("share")
    assert table["of_deals"].tolist() == [1.0, 2.0, 2.0]
    assert table["of_all"].tolist() == [2.0, 3.0, np.inf]
    assert (table["n"].tolist(), table["deals"].tolist()) == ([10] * 3, [5] * 3)
    assert (table["of_all_low"] <= table["of_all"]).all()
    assert (table["of_all"] <= table["of_all_high"]).all()


def test_a_share_that_is_met_to_the_talk_is_reached():
    counts = np.zeros((1, len(Ending), 2), int)
    counts[0, RATIFIED] = 7, 93  # .07 * 100 is more than 7 in floating point
    assert time_to_deal(counts, quantiles=(0.07,)).iloc[0]["of_deals"] == 1.0


def test_without_deals_there_is_no_time_to_one():
    counts = np.zeros((1, len(Ending), 2), int)
    counts[0, LAPSE, 1] = 500
    row = time_to_deal(counts, quantiles=(0.5,)).iloc[0]
    assert np.isnan(row["of_deals"])
    assert row["of_all"] == np.inf
    counts[:] = 0
    assert np.isnan(time_to_deal(counts, quantiles=(0.5,)).iloc[0]["of_all"])


def test_the_interval_of_a_quantile_holds_it_in_95_percent_of_runs_or_more():
    law = np.diff(1.0 - np.exp(-np.arange(31) / 9.0))
    law /= law.sum()
    truth = np.searchsorted(np.cumsum(law), 0.5) + 1
    counts = np.zeros((4000, len(Ending), 30), int)
    counts[:, RATIFIED] = np.random.default_rng(0).multinomial(400, law, 4000)
    table = time_to_deal(counts, quantiles=(0.5,))
    held = (table["of_deals_low"] <= truth) & (truth <= table["of_deals_high"])
    assert 0.95 <= held.mean() < 1.0


def test_records_of_the_engine_are_counted_by_ending_and_round(scenario):
    records = negotiate(scenario.points({"demand": [1.5, 5.0]}), 2000, seed=0)
    counts = count_endings(records["ending"], records["round"], 10)
    assert counts.sum(axis=(1, 2)).tolist() == [2000, 2000]
    for point, ending, number in np.ndindex(2, len(Ending), 10):
        here = (records["ending"][point] == ending) & (records["round"][point] == number + 1)
        assert counts[point, ending, number] == here.sum()
    table = ending_by_round(counts, scenario.values["talks.expiry_round"])
    assert table.groupby("round")["after_expiry"].all().tolist() == [False] * 5 + [True] * 5
    assert (table["n"] == 2000).all()


@pytest.mark.parametrize(
    ("ending", "rounds", "message"),
    [
        ([0], [0], "must lie in"), ([0], [4], "must lie in"), ([9], [1], "must lie in"),
        ([-1], [1], "must lie in"), ([0, 1], [1], "not one table"), ([], [], "not one table"),
    ],
)  # fmt: skip
def test_records_that_cannot_be_are_refused(ending, rounds, message):
    with pytest.raises(ValueError, match=message):
        count_endings(ending, rounds, 3)


@pytest.mark.parametrize("shape", [(5, 3), (1, 4, 3), (1, 5, 0)])
def test_tables_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="must be"):
        ending_by_round(np.zeros(shape, int))


def test_negative_counts_and_quantiles_outside_0_to_1_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        time_to_deal(-ten_talks())
    with pytest.raises(ValueError, match="between 0 and 1"):
        time_to_deal(ten_talks(), quantiles=(0.5, 1.0))

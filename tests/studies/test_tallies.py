"""Counts of blocks: whole numbers that add up to the same in any order and any cut."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import tally as tallying
from experiments.events import CAUSES, EVENTS
from experiments.tally import (
    ALONE,
    BIN,
    LISTS,
    MISSED,
    SUMMED,
    Totals,
    columns,
    discordant,
    is_healthy,
    quantiles,
    tally,
)
from sim import OUTCOME, Ending, negotiate, read_scenario
from sim.errors import WinsetError

ROUNDS = 10
POINTS = {"demand": [1.5, 3.0, 5.58], "talks.rounds": [10, 4, 10]}


@pytest.fixture(scope="module")
def records():
    """600 negotiations of each of three design points."""
    return negotiate(read_scenario("korea_2019").points(POINTS), 600, seed=0)


def record(**given):
    """One negotiation, as given, else a lapse in round 10."""
    made = np.zeros(1, OUTCOME)
    made["ending"], made["round"] = Ending.LAPSE, 10
    for name in ("amount", *SUMMED):
        made[name] = np.nan
    for name, value in given.items():
        made[name] = value
    return made


def deal(amount, **given):
    values = dict.fromkeys(SUMMED, amount) | {"category": 0.0}
    return record(**({"ending": Ending.RATIFIED, "round": 3} | values | given))


# one design point


def test_a_tally_by_hand():
    played = np.concatenate([
        deal(1.1, us_value=1.2, seoul_cost=1.0, lapsed=True), deal(1.1005), deal(1.3, round=5),
        record(), record(ending=Ending.WALK_OUT, round=2, first_walk_out=2),
        record(ending=Ending.EXECUTIVE_VETO, round=6, vetoes=2, executive_changed=True),
        record(ending=Ending.RATIFICATION_REFUSED, round=7, refusals=1, first_walk_out=1),
    ])  # fmt: skip
    counts = tally(played, ROUNDS)
    expected = {
        "n": 7, "failed": 0, "ratified": 3, "lapse": 1, "walk_out": 1, "executive_veto": 1,
        "ratification_refused": 1, "any_walk_out": 2, "any_veto": 1, "any_refusal": 1,
        "lapsed_deals": 1, "executive_changed": 1, "amount_nano": 3_500_500_000,
        "us_value_nano": 3_600_500_000, "seoul_cost_nano": 3_400_500_000, "category_nano": 0,
        "amount_squares_micro": 1_210_000 + 1_211_100 + 1_690_000,
    }  # fmt: skip
    assert {name: counts[name] for name in expected} == expected
    ends = counts["ends"].reshape(len(Ending), ROUNDS)
    assert ends.sum() == 7
    assert (ends[Ending.RATIFIED, 2], ends[Ending.RATIFIED, 4]) == (2, 1)
    assert ends[Ending.LAPSE, 9] == ends[Ending.WALK_OUT, 1] == ends[Ending.EXECUTIVE_VETO, 5] == 1
    assert counts["first_walk_outs"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert counts["amount_bins"].tolist() == [550, 650]
    assert counts["amount_counts"].tolist() == [2, 1]


def test_every_column_of_counts_is_checked_by_hand_above_or_is_a_list():
    assert len(tally(record(), ROUNDS)) == 24


def test_causes_and_deals_are_all_there_is(records):
    for played in records:
        counts = tally(played, ROUNDS)
        assert counts["n"] == counts["ratified"] + sum(counts[name] for _, name in CAUSES)
        assert counts["ends"].sum() == counts["n"]
        assert counts["amount_counts"].sum() == counts["ratified"]


def test_no_negotiation_at_all_adds_up_to_nothing():
    counts = tally(np.zeros(0, OUTCOME), ROUNDS)
    assert all(not np.any(value) for value in counts.values())
    assert len(counts["ends"]) == len(Ending) * ROUNDS


@pytest.mark.parametrize(
    "broken",
    [
        deal(np.nan), deal(1.1, us_value=np.nan), deal(1.1, seoul_cost=np.inf),
        deal(1.1, category=np.nan), record(gap=np.nan), record(gap=-np.inf), record(round=0),
    ],
)  # fmt: skip
def test_a_negotiation_without_a_number_of_its_own_has_failed_and_is_counted_so(broken):
    played = np.concatenate([deal(1.2), broken, record()])
    assert is_healthy(played).tolist() == [True, False, True]
    counts = tally(played, ROUNDS)
    assert (counts["n"], counts["failed"], counts["ratified"], counts["lapse"]) == (2, 1, 1, 1)
    assert counts["amount_nano"] == 1_200_000_000


def test_what_the_engine_plays_is_healthy(records):
    assert is_healthy(records).all()


def test_a_deal_below_nothing_has_a_bin_of_its_own():
    """No case has one; counts would still be right."""
    counts = tally(np.concatenate([deal(-0.0005), deal(-1.0), deal(0.0005)]), ROUNDS)
    totals = Totals(2)
    totals.add(columns([1], [counts]))
    row = totals.table().iloc[1]
    assert row["amount_bins"].tolist() == [-500, -1, 0]
    assert row["amount_counts"].tolist() == [1, 1, 1]


# sums over blocks


def block(points, records, cut):
    return columns(points, [tally(records[point, cut], ROUNDS) for point in points])


def in_one(records):
    totals = Totals(len(records))
    totals.add(block([0, 1, 2], records, slice(None)))
    return totals.table()


@given(st.data())
def test_counts_are_the_same_in_any_cut_and_any_order(records, data):
    pieces = []
    for points in ([0], [1, 2]):
        cuts = data.draw(st.lists(st.integers(1, 599), max_size=4, unique=True).map(sorted))
        for begin, end in zip([0, *cuts], [*cuts, 600], strict=True):
            pieces.append((points, slice(begin, end)))
    totals = Totals(3)
    for points, cut in data.draw(st.permutations(pieces)):
        totals.add(block(points, records, cut))
    pd.testing.assert_frame_equal(totals.table(), in_one(records), check_exact=True)


def test_many_blocks_are_summed_as_few(records, monkeypatch):
    totals = Totals(3)
    for begin in range(600):
        totals.add(block([0, 1, 2], records, slice(begin, begin + 1)))
    pd.testing.assert_frame_equal(totals.table(), in_one(records), check_exact=True)
    assert len(totals._histogram) == 1


def test_a_point_that_was_not_played_has_nothing(records):
    totals = Totals(5)
    totals.add(block([1], records, slice(None)))
    table = totals.table()
    assert table["design_point"].tolist() == [0, 1, 2, 3, 4]
    assert table["n"].tolist() == [0, 600, 0, 0, 0]
    assert [len(bins) > 0 for bins in table["amount_bins"]] == [False, True, False, False, False]
    assert table["ends"][4].sum() == 0


def test_a_table_of_no_block_at_all_says_that_nothing_was_played():
    table = Totals(2).table()
    assert table["n"].tolist() == [0, 0]
    assert [len(bins) for bins in table["amount_bins"]] == [0, 0]
    scalars = {name for name in tally(record(), ROUNDS) if name not in LISTS}
    assert scalars <= set(table)


def test_the_last_point_of_four_billion_keeps_its_number():
    counts = columns([2**32 - 1], [tally(record(), ROUNDS)])
    assert int(counts["design_point"][0]) == 2**32 - 1


def test_a_sum_that_would_wrap_around_is_told_of():
    counts = tally(deal(50.0), ROUNDS)
    counts["amount_nano"] = 2**61
    totals = Totals(1)
    totals.add(columns([0], [counts]))
    totals.add(columns([0], [counts]))
    with pytest.raises(WinsetError, match="amount_nano has grown beyond 64 bits; give fewer"):
        totals.add(columns([0], [counts]))
    assert int(totals.table()["amount_nano"][0]) == 2**62


# the settlement distribution


def test_quantiles_are_those_of_the_deals_to_within_a_bin(records):
    for played in records:
        amounts = played["amount"][played["ending"] == Ending.RATIFIED]
        counts = tally(played, ROUNDS)
        levels = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
        found = quantiles(counts["amount_bins"], counts["amount_counts"], levels)
        expected = np.quantile(amounts, levels, method="inverted_cdf")
        assert np.abs(np.array(found) - expected).max() <= BIN * (1 + 1e-9)


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_quantile_of_any_deals_lies_within_a_bin_of_one(amounts, level):
    counts = tally(np.concatenate([deal(amount) for amount in amounts]), ROUNDS)
    (found,) = quantiles(counts["amount_bins"], counts["amount_counts"], [level])
    expected = np.quantile(amounts, level, method="inverted_cdf")
    assert abs(found - expected) <= BIN * (1 + 1e-6)


def test_without_deals_there_is_no_quantile():
    assert np.isnan(quantiles(np.zeros(0, int), np.zeros(0, int), [0.5])).all()


# pairs under common random numbers


def test_discordant_pairs_are_those_that_differ_draw_by_draw(records):
    here, reference = records[0], records[2]
    counts = discordant(here, reference)
    assert counts["pairs"] == 600
    for name, event in EVENTS.items():
        pairs = list(
            zip(event.occurs(here).tolist(), event.occurs(reference).tolist(), strict=True)
        )
        assert counts[name + ALONE] == pairs.count((True, False)), name
        assert counts[name + MISSED] == pairs.count((False, True)), name
    assert counts["breakdown" + MISSED] > 0


def test_a_pair_of_which_one_failed_is_no_pair():
    broken = np.concatenate([record(gap=np.nan), deal(1.1), record()])
    whole = np.concatenate([deal(1.1), record(), record()])
    counts = discordant(broken, whole)
    assert (counts["pairs"], counts["breakdown" + ALONE], counts["breakdown" + MISSED]) == (2, 0, 1)
    counts = discordant(whole, broken)
    assert (counts["pairs"], counts["breakdown" + ALONE], counts["breakdown" + MISSED]) == (2, 1, 0)


def test_a_point_differs_from_itself_nowhere(records):
    counts = discordant(records[0], records[0])
    assert counts.pop("pairs") == 600
    assert set(counts.values()) == {0}


def test_steps_of_the_histogram_are_those_that_are_documented():
    assert tallying.BIN == 0.002

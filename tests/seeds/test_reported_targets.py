"""Targets say what the rows say that they rest on, and keep the 11th agreement apart."""

import pytest

from sim.case_file import read_case_form
from sim.scenario import case_path
from tests.seeds.rows import DERIVED, ROW_ID, by_id, number, rows_of, same

TARGETS = rows_of("targets.csv")
AGREEMENTS = {
    "4": "korea_1998",
    "5": "korea_2001",
    "7": "korea_2006",
    "8": "korea_2008",
    "9": "korea_2013",
    "10": "korea_2018",
    "11": "korea_2019_november",
}
FOLLOWING = {"increase_share", "settled_to_demand"}
FLAGS = {"lapsed", "broken_off", "executive_veto", "new_category_accepted", "ratified"}
OF_EPISODE = FOLLOWING | FLAGS | {"months", "yes_share"}


def of(*statistics):
    rows = [row for row in TARGETS if row["statistic"] in statistics]
    return pytest.mark.parametrize("row", rows, ids=[row["id"] for row in rows])


def episode(row):
    return by_id()["E-SMA" + row["agreement"]]


def vote(row):
    return by_id()["V-SMA" + row["agreement"]]


def interval(row):
    return float(row["low"]), float(row["high"])


def test_an_id_names_the_agreement_and_the_statistic():
    for row in TARGETS:
        name = row["statistic"].upper().replace("_", "-")
        assert row["id"] == f"T-SMA{row['agreement']}-{name}"


def test_every_episode_has_targets_in_the_case_that_plays_it():
    assert {row["agreement"]: row["case"] for row in TARGETS} == AGREEMENTS
    assert set(AGREEMENTS) == {row["agreement"] for row in rows_of("episodes.csv")}
    for case in AGREEMENTS.values():
        assert case_path(case).is_file()


def test_every_target_names_rows_that_exist_and_bears_the_source_of_one_of_them():
    for row in TARGETS:
        named = [by_id()[row_id] for row_id in ROW_ID.findall(row["evidence"])]
        assert named, row["id"]
        if row["source_title"] != DERIVED:
            sources = {(r["source_title"], r["source_url"]) for r in named}
            assert (row["source_title"], row["source_url"]) in sources, row["id"]


def test_a_target_states_a_value_with_its_error_an_interval_or_a_bound():
    for row in TARGETS:
        assert float(row["error"]) > 0.0, row["id"]
        if row["low"] and row["high"]:
            low, high = interval(row)
            assert low < high and (not row["value"] or low <= float(row["value"]) <= high)
        else:
            assert bool(row["value"]) != bool(row["low"] or row["high"]), row["id"]
        if row["unit"] == "yes or no":
            assert row["value"] in {"0", "1"} and float(row["error"]) < 0.5, row["id"]


def test_a_fit_uses_nothing_that_became_known_after_19_november_2019():
    assert {row["use"] for row in TARGETS} == {"fit", "hold-out", "check"}
    for row in TARGETS:
        if row["use"] != "hold-out":
            assert len(row["date"]) == 10 and row["date"] <= "2019-11-19", row["id"]


def test_of_the_eleventh_agreement_the_break_of_the_third_round_alone_is_fitted():
    eleventh = {row["statistic"]: row for row in TARGETS if row["agreement"] == "11"}
    fitted = {name for name, row in eleventh.items() if row["use"] == "fit"}
    held_out = {name for name, row in eleventh.items() if row["use"] == "hold-out"}
    assert fitted == {"first_break_off"}
    assert held_out == (FLAGS | {"agreed_change", "months", "rounds"}) | {
        "yes_share", "turnout", "would_refuse",
    }  # fmt: skip
    assert len(eleventh) == len(fitted | held_out)
    first = eleventh["first_break_off"]
    walk_out = by_id()["R11-014"]
    assert (first["value"], first["date"]) == (walk_out["round_number"], walk_out["date"])


def test_no_other_agreement_is_held_out():
    assert {row["agreement"] for row in TARGETS if row["use"] == "hold-out"} == {"11"}


def test_what_follows_from_other_targets_is_never_fitted():
    assert {row["use"] for row in TARGETS if row["statistic"] in FOLLOWING} == {"check"}


@of(*OF_EPISODE)
def test_a_figure_of_an_episode_is_that_of_its_row(row):
    printed = episode(row)[row["statistic"]]
    assert float(row["value"]) == float(printed)
    assert row["unit"] != "yes or no" or printed in {"0", "1"}


@of("new_category_accepted")
def test_a_new_category_is_fitted_where_one_was_demanded(row):
    demanded = episode(row)["new_category_demanded"] == "1"
    assert (row["use"] != "check") == demanded


@of("agreed_change")
def test_an_agreed_change_is_that_of_its_episode_or_lies_in_the_interval_of_the_sources(row):
    assert float(row["value"]) == float(episode(row)["value"])
    if row["agreement"] == "4":
        assert interval(row) == (number("A04-004"), number("A04-005"))
    elif row["agreement"] == "5":
        sums, bases = (number("Y-2002-USD"), 490.0), (number("Y-2001-USD"), 444.0)
        assert same(row["low"], 100 * (sums[0] / bases[1] - 1))
        assert same(row["high"], 100 * (sums[1] / bases[0] - 1))
        assert sums[1] == number("A05-003")
    else:
        assert not row["low"] and not row["high"]


@of("rounds")
def test_a_count_of_rounds_is_the_reported_one(row):
    reported = by_id()[f"A{int(row['agreement']):02}-" + {
        "4": "007", "7": "007", "8": "007", "9": "007", "10": "008", "11": "009",
    }[row["agreement"]]]  # fmt: skip
    assert float(row["value"] or row["low"]) == float(reported["value"])
    assert (reported["qualifier"] == "at least") == (row["value"] == "")


@of("turnout")
def test_turnout_is_the_members_present_over_all_members(row):
    assert same(row["value"], int(vote(row)["present"]) / int(vote(row)["members_total"]))
    assert row["date"] == vote(row)["date"]


@pytest.mark.parametrize(
    ("target", "refuse", "accept"),
    [
        ("T-SMA9-WOULD-REFUSE", ("P-UR2013-01", "P-UR2013-02", "P-UR2013-03"), "P-UR2013-04"),
        ("T-SMA10-WOULD-REFUSE", ("P-RM201901-01",), "P-RM201901-02"),
        ("T-SMA11-WOULD-REFUSE", ("P-RM201911-01",), "P-RM201911-02"),
    ],
)
def test_a_poll_counts_those_without_an_opinion_either_way(target, refuse, accept):
    row = by_id()[target]
    against, favour = sum(number(answer) for answer in refuse), number(accept)
    assert same(row["low"], against / 100)
    assert same(row["high"], 1 - favour / 100)
    assert same(row["value"], against / (against + favour))
    assert float(row["weight"]) == 0.5


def test_the_case_of_an_episode_expires_on_the_day_that_the_episode_does():
    for agreement, case in AGREEMENTS.items():
        form, _ = read_case_form(case_path(case))
        expiry = by_id()["E-SMA" + agreement]["expiry"]
        assert form.calendar.expiry.isoformat() == expiry, case

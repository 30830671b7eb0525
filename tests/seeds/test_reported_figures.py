"""The reported figures agree with themselves: form of every row, sums, and derived numbers."""

import csv
import re
from datetime import date
from math import isfinite

import pytest

from tests.seeds.rows import (
    DERIVED,
    FILES,
    REPORTED,
    ROW_ID,
    all_rows,
    by_id,
    number,
    rows_of,
    same,
)

COMMON = "value unit date source_title source_url evidence confidence note".split()
TEXT_UNITS = {"rule", "position", "event", "text"}
DATE_UNITS = {"date", "month", "period"}
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def seats_on(day):
    return sum(int(r["value"]) for r in rows_of("assembly_seats.csv") if r["date"] == day)


def test_every_table_of_the_folder_is_there():
    figures = "agreements article_2019_11_19 assembly_rules assembly_seats episodes exchange_rates"
    votes = "polls ratification_votes rounds targets yearly_payments"
    assert FILES == [name + ".csv" for name in f"{figures} {votes}".split()]


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_plain_text_with_the_common_columns(name):
    raw = (REPORTED / name).read_bytes()
    assert raw.isascii() and b"\r" not in raw and raw.endswith(b"\n")
    table = list(csv.reader(raw.decode("ascii").splitlines(), strict=True))
    assert table[0][0] == "id" and table[0][-len(COMMON) :] == COMMON
    assert {len(line) for line in table} == {len(table[0])}


def test_no_two_rows_share_an_id():
    assert len(by_id()) == len(all_rows())


def test_rows_of_agreements_and_rounds_are_numbered_in_order():
    for name in ("agreements.csv", "rounds.csv"):
        ids = [row["id"] for row in rows_of(name)]
        assert ids == sorted(ids)


def test_every_row_has_a_value_a_unit_a_source_and_a_confidence():
    for _, row in all_rows():
        for column in ("value", "unit", "source_title", "evidence"):
            bound = column == "value" and (row.get("low") or row.get("high"))
            assert row[column].strip() == row[column], row["id"]
            assert row[column] or bound, row["id"]
        assert row["confidence"] in {"high", "medium", "low"}, row["id"]


def test_only_the_article_and_derived_rows_have_no_web_page():
    for _, row in all_rows():
        without_page = row["source_title"] == DERIVED or "News Agencies" in row["source_title"]
        assert (row["source_url"] == "") == without_page, row["id"]
        assert without_page or re.match(r"https?://[^\s]+$", row["source_url"]), row["id"]


def test_evidence_is_a_short_locator_and_never_a_quotation():
    for _, row in all_rows():
        assert len(row["evidence"]) <= 120, row["id"]
        for column in row.keys() - {"source_title", "source_url"}:
            assert not re.search('["\u201c\u201d\u2018\u2019]', row[column]), row["id"]


def test_a_value_is_a_number_unless_its_unit_is_a_word():
    for _, row in all_rows():
        if row["unit"] not in TEXT_UNITS | DATE_UNITS and row["value"]:
            assert isfinite(float(row["value"])), row["id"]
        if "qualifier" in row:
            assert (row["qualifier"] == "text") == (row["unit"] in TEXT_UNITS), row["id"]


def test_the_number_columns_hold_numbers_or_nothing():
    columns = {
        "ratification_votes.csv": "present yes no abstain members_total",
        "polls.csv": "sample_size margin_of_error",
        "yearly_payments.csv": "year agreement",
        "rounds.csv": "agreement round_number",
        "episodes.csv": "payment_before us_opening seoul_opening settled rounds",
        "targets.csv": "agreement weight low high error",
    }
    for name, row in all_rows():
        for column in columns.get(name, "").split():
            assert row[column] == "" or float(row[column]) > 0, row["id"]


def test_dates_are_iso_days_months_or_years_and_end_after_they_begin():
    for _, row in all_rows():
        assert row["date"], row["id"]
        written = [row["date"], row.get("date_end", "")]
        written += [row[column] for column in ("first_round", "deal", "expiry") if column in row]
        written += [row["value"]] if row["unit"] in {"date", "month"} else []
        for text in filter(None, written):
            assert DATE.fullmatch(text), row["id"]
            date.fromisoformat(text + "-01-01"[len(text) - 4 :])
        assert not row.get("date_end") or row["date_end"] >= row["date"], row["id"]


def test_every_row_named_by_another_row_or_by_the_readme_exists():
    texts = [row["evidence"] + " " + row["note"] for _, row in all_rows()]
    texts.append((REPORTED / "README.md").read_text(encoding="utf-8"))
    for text in texts:
        for row_id in ROW_ID.findall(text):
            assert row_id in by_id(), row_id


def test_the_readme_counts_the_rows_of_every_table():
    readme = (REPORTED / "README.md").read_text(encoding="utf-8")
    for name in FILES:
        counted = re.search(rf"^\| {re.escape(name)} \| \S+ \| (\d+) \|", readme, re.MULTILINE)
        assert counted and int(counted[1]) == len(rows_of(name)), name


def test_the_article_table_holds_every_number_of_the_article():
    held = {f"{row['value']} {row['unit']}" for row in rows_of("article_2019_11_19.csv")}
    dated = {"2019-11-18 date", "2019-11-19 date", "2019-11 month", "2019-12-31 date"}
    aged = {"1 hours", "2 days", "28 years", "30 years", "2019 year", "2020 year"}
    money = {"4000 USD m", "5000 USD m", "896 USD m", "1.04 KRW trillion", "5 times"}
    assert held >= dated | aged | money | {"0.2 fraction", "28500 troops", "3 partners"}


def test_the_round_of_november_2019_began_on_a_monday_and_broke_off_on_the_tuesday():
    first, second = (date.fromisoformat(by_id()[i]["value"]) for i in ("S28", "S29"))
    assert (first.weekday(), second.weekday()) == (0, 1)
    broken = by_id()["R11-013"]
    assert (broken["date"], broken["date_end"]) == (first.isoformat(), second.isoformat())


def test_the_demand_is_more_than_five_times_the_payment():
    ratio = number("S07") / number("S10")
    assert round(ratio, 2) == 5.58
    assert ratio > number("S08")


def test_the_payment_in_won_and_in_dollars_implies_the_rate():
    assert same(by_id()["FX-I-2019-11-1"]["value"], number("S09") * 1e6 / number("S10"))
    assert same(by_id()["FX-I-2019-11-2"]["value"], number("A10-003") * 1e3 / number("S10"))
    assert round(1038.9 / 0.896, 1) == number("FX-I-2019-11-2")


def test_the_framework_is_as_old_as_the_first_payment():
    first = min(int(row["year"]) for row in rows_of("yearly_payments.csv"))
    assert number("S31") - number("S06") == first


def test_the_tenth_and_eleventh_agreements_have_all_their_rounds_in_order():
    for agreement, count in (("10", "A10-008"), ("11", "A11-009")):
        rounds = [
            row
            for row in rows_of("rounds.csv")
            if row["agreement"] == agreement and row["event_type"] == "round"
        ]
        numbers = [int(row["round_number"]) for row in rounds]
        assert numbers == list(range(1, int(number(count)) + 1))
        for earlier, later in zip(rounds, rounds[1:], strict=False):
            assert (earlier["date_end"] or earlier["date"]) < later["date"]


def test_an_agreed_change_follows_from_the_payment_before_and_the_new_one():
    for agreement, before in (("07", "2006"), ("08", "2008"), ("09", "2013"), ("10", "2018")):
        new = number(f"A{agreement}-003")
        change = 100 * (new / number(f"Y-{before}-KRW") - 1)
        assert same(by_id()[f"A{agreement}-005"]["value"], change)
    assert same(by_id()["A11-006"]["value"], 100 * (number("A11-004") / number("A11-003") - 1))


def test_a_derived_payment_is_the_dollar_sum_at_the_mean_rate_of_its_year():
    derived = [
        row
        for row in rows_of("yearly_payments.csv")
        if row["basis"] == "derived" and row["source_title"] == DERIVED
    ]
    assert derived
    for row in derived:
        won = number(f"Y-{row['year']}-USD") * number(f"FX-A-{row['year']}") / 1e3
        assert same(row["value"], won), row["id"]


def test_a_payment_that_grows_by_the_defence_budget_recomputes():
    assert same(by_id()["Y-2022-KRW"]["value"], number("Y-2021-KRW") * 1.054)
    assert same(by_id()["Y-2023-KRW"]["value"], number("Y-2022-KRW") * 1.034)


def days_between(earlier, later):
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


@pytest.mark.parametrize("row", rows_of("episodes.csv"), ids=lambda row: row["id"])
def test_the_shares_of_an_episode_recompute_from_its_amounts(row):
    before, settled = float(row["payment_before"]), float(row["settled"])
    assert same(row["value"], 100 * (settled / before - 1))
    shares = ("demanded_change_percent", "settled_to_demand", "increase_share")
    assert [row[share] != "" for share in shares] == [row["us_opening"] != ""] * 3
    if row["us_opening"]:
        us = float(row["us_opening"])
        assert same(row["demanded_change_percent"], 100 * (us / before - 1))
        assert same(row["settled_to_demand"], settled / us)
        assert same(row["increase_share"], (settled - before) / (us - before))
    assert (row["gap_share"] != "") == (row["seoul_opening"] != "")
    if row["seoul_opening"]:
        seoul = float(row["seoul_opening"])
        assert same(row["gap_share"], (settled - seoul) / (float(row["us_opening"]) - seoul))


@pytest.mark.parametrize("row", rows_of("episodes.csv"), ids=lambda row: row["id"])
def test_the_durations_of_an_episode_recompute_from_its_dates(row):
    assert same(row["months"], days_between(row["first_round"], row["deal"]) / 30.44)
    lapse = max(0, days_between(row["expiry"], row["deal"]))
    assert (int(row["lapsed"]), int(row["lapse_days"])) == (int(lapse > 0), lapse)
    assert row["date"] == row["deal"]


@pytest.mark.parametrize("row", rows_of("episodes.csv"), ids=lambda row: row["id"])
def test_an_episode_agrees_with_its_vote(row):
    vote = by_id().get("V-SMA" + row["agreement"])
    assert (row["yes_share"] != "") == (vote is not None)
    if vote:
        assert row["yes_share"] == vote["value"]
        assert int(row["days_deal_to_vote"]) == days_between(row["deal"], vote["date"])


def test_openings_in_multiples_or_dollars_are_converted_as_their_notes_say():
    tenth, eleventh = by_id()["E-SMA10"], by_id()["E-SMA11"]
    assert same(tenth["us_opening"], (1 + number("R10-002") / 100) * number("Y-2018-KRW"))
    assert same(eleventh["us_opening"], number("S07") * number("FX-M-2019-11") / 1e3)


def test_only_the_eleventh_agreement_is_held_out():
    held_out = [row["id"] for row in rows_of("episodes.csv") if row["split"] == "holdout"]
    assert held_out == ["E-SMA11"]


def test_the_twentieth_assembly_lost_three_members_in_2019():
    assert seats_on("2019-01-20") == 298
    assert seats_on("2019-11-21") == 295


def test_a_full_assembly_has_300_members():
    for day in ("2012-04-11", "2014-12", "2020-04-15"):
        assert seats_on(day) == 300, day


def test_the_assemblies_before_2012_had_299_members_or_273():
    for day, members in (("1998-09-08", 299), ("2001-10-25", 273), ("2008-07-11", 299)):
        assert seats_on(day) == members, day
    assert seats_on("2007-02-06") == 296  # of 299: three seats were empty


def test_the_ruling_party_of_the_eighteenth_assembly_held_its_seats_until_the_vote():
    assert number("SEAT-18-2008-07-GNP") == number("SEAT-18-2009-02-GNP")


def test_the_quorum_of_295_members_is_148():
    assert number("RULE-QUORUM-295") == seats_on("2019-11-21") // 2 + 1


@pytest.mark.parametrize("row", rows_of("ratification_votes.csv"), ids=lambda row: row["id"])
def test_yes_no_and_abstain_add_up_to_those_present(row):
    yes, no, abstain, present = (int(row[c]) for c in ("yes", "no", "abstain", "present"))
    assert yes + no + abstain == present
    assert same(row["value"], yes / present)


@pytest.mark.parametrize("row", rows_of("ratification_votes.csv"), ids=lambda row: row["id"])
def test_every_recorded_motion_had_a_quorum_and_passed(row):
    assert 2 * int(row["present"]) > int(row["members_total"])
    assert 2 * int(row["yes"]) > int(row["present"])


def test_the_answers_of_a_poll_never_exceed_all_of_its_respondents():
    totals = {}
    for row in rows_of("polls.csv"):
        if row["poll"] != "KINU201911":  # the share against any rise contains the other two
            key = (row["poll"], row["question"], row["group"])
            totals[key] = totals.get(key, 0) + float(row["value"])
    assert all(total <= 100 + 1e-9 for total in totals.values())

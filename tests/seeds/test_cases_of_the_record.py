"""The case files of the seven episodes rest on the rows that they name and share all else."""

import re
from datetime import date, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from experiments import make_study
from experiments.cli import main
from sim import negotiate, read_scenario
from sim.parameters import BY_NAME
from sim.scenario import SEEDS
from tests.seeds.rows import ROW_ID, by_id, number, rows_of, same, seats_of

AGREEMENTS = {
    "korea_1998": "4",
    "korea_2001": "5",
    "korea_2006": "7",
    "korea_2008": "8",
    "korea_2013": "9",
    "korea_2018": "10",
    "korea_2019_november": "11",
}
SEATS = {
    "korea_1998": "SEAT-15-1998-09-",
    "korea_2001": "SEAT-16-2001-10-",
    "korea_2006": "SEAT-17-2007-02-",
    "korea_2008": "SEAT-18-2008-07-",
    "korea_2013": "SEAT-19-2014-12-",
    "korea_2018": "SEAT-20-2019-01-",
    "korea_2019_november": "SEAT-20-2019-11-",
}
AFTER_EXPIRY = 16
# What an episode states of its own; everything else is one set for all of them.
OF_ITS_OWN = {
    "president.demand", "president.category_insistence", "talks.rounds", "talks.expiry_round",
    "turnover.round", "turnover.probability", "turnover.expected_probability",
    "security.deadline_round", "security.threat_probability",
}  # fmt: skip

every_case = pytest.mark.parametrize("case", AGREEMENTS)


def text_of(case):
    return (SEEDS / "cases" / f"{case}.toml").read_text(encoding="utf-8")


def episode(case):
    return by_id()["E-SMA" + AGREEMENTS[case]]


@pytest.mark.parametrize("path", sorted((SEEDS / "cases").glob("*.toml")), ids=lambda p: p.stem)
def test_a_shipped_case_bears_the_name_of_its_file_and_no_claim_to_be_calibrated(path):
    scenario = read_scenario(path.stem)
    assert scenario.name == path.stem
    assert not scenario.calibrated


@every_case
def test_every_row_that_a_case_names_exists(case):
    named = ROW_ID.findall(text_of(case))
    assert len(named) > 5
    for row_id in named:
        assert row_id in by_id(), row_id


@every_case
def test_every_number_of_a_case_says_where_it_comes_from(case):
    for line in text_of(case).splitlines():
        head, _, comment = line.partition("#")
        if re.match(r"[a-z_]+ = ", line) and not line.startswith(("start", "end")):
            number_in = re.search(r"= (-?[\d.]+|inf|\"[\d.]+ [^\"]+\")\s*$", head.rstrip())
            assert comment or not number_in or line == "schema_version = 1", line


@every_case
def test_what_an_episode_does_not_state_is_that_of_the_case_of_2019(case):
    shared, own = read_scenario("korea_2019").values, read_scenario(case).values
    assert {name for name in BY_NAME if own[name] != shared[name]} <= OF_ITS_OWN


@every_case
def test_the_payment_before_is_the_reported_one_at_the_rate_of_its_year(case):
    money, row = read_scenario(case).money, episode(case)
    before = float(row["payment_before"])
    if row["currency_unit"] == "USD m":
        assert money.payment_usd == pytest.approx(before * 1e6)
    else:
        assert money.payment_krw == pytest.approx(before * 1e9)
    rate = f"FX-A-{read_scenario(case).base_year}"
    if AGREEMENTS[case] == "11":
        assert money.payment_usd == pytest.approx(number("S10") * 1e6)
    else:
        assert money.krw_per_usd == pytest.approx(number(rate), rel=2e-4)


@every_case
def test_the_demand_is_the_reported_one_or_says_that_none_was_reported(case):
    scenario, row = read_scenario(case), episode(case)
    assert scenario.reported.demand == scenario.values["president.demand"]
    if not row["us_opening"]:
        assert scenario.reported.demand == 1.3
        assert "no demand reported" in scenario.reported.label
        assert "placeholder, prior log-uniform(1.05, 2)" in text_of(case)
    elif AGREEMENTS[case] == "11":
        assert scenario.reported.demand == pytest.approx(number("S07") / number("S10"))
    else:
        demand = float(row["us_opening"]) / float(row["payment_before"])
        assert scenario.reported.demand == pytest.approx(demand)
    category = row["new_category_demanded"] == "1"
    assert scenario.values["president.category_insistence"] == float(category)


@every_case
def test_the_calendar_runs_on_past_the_deal_until_sixteen_rounds_after_expiry(case):
    clock, rounds = read_scenario(case).calendar.clock(), read_scenario(case).calendar.rounds
    assert clock["talks.rounds"] - clock["talks.expiry_round"] == AFTER_EXPIRY
    deal = date.fromisoformat(episode(case)["deal"])
    assert rounds[0].start == date.fromisoformat(episode(case)["first_round"])
    assert rounds[-1].start > deal


@every_case
def test_rounds_with_a_reported_day_stand_in_the_calendar(case):
    rounds = read_scenario(case).calendar.rounds
    last = 3 if AGREEMENTS[case] == "11" else len(rounds)
    for row in rows_of("rounds.csv"):
        dated = row["event_type"] == "round" and len(row["date"]) == 10
        if row["agreement"] == AGREEMENTS[case] and dated and int(row["round_number"]) <= last:
            held = rounds[int(row["round_number"]) - 1]
            assert held.start.isoformat() == row["date"], row["id"]
            assert held.end.isoformat() == (row["date_end"] or row["date"]), row["id"]


def test_the_case_of_november_knows_no_round_that_was_held_later():
    rounds = read_scenario("korea_2019_november").calendar.rounds
    assert rounds[2].end == date(2019, 11, 19)
    for earlier, later in zip(rounds[2:], rounds[3:], strict=False):
        assert later.start - earlier.start == timedelta(28)


@every_case
def test_the_seats_of_the_blocs_are_those_of_the_house(case):
    scenario, seats = read_scenario(case), seats_of(SEATS[case])
    assert scenario.blocs["seats"].sum() == scenario.members == sum(seats.values())
    assert 3 <= len(scenario.blocs) <= 6
    listed = [int(n) for n in re.findall(r"^seats = (\d+)", text_of(case), re.MULTILINE)]
    parts = re.findall(rf"^seats = .*# {SEATS[case]}(.*)$", text_of(case), re.MULTILINE)
    assert len(parts) == len(listed)
    for stated, words in zip(listed, parts, strict=True):
        parties, _, sums = words.partition(": ")
        if "of" in sums.split():  # a part of the independents
            assert stated == int(sums.split()[0]) < seats[parties]
        else:
            named = [seats[p.strip().removeprefix("-")] for p in parties.split(",")]
            shares = [int(n) for n in sums.split(" + ")] if sums else named
            assert stated == sum(shares)
            assert all(share <= seat for share, seat in zip(shares, named, strict=True))


@every_case
def test_attendance_goes_by_side_and_thresholds_by_leaning_as_in_the_case_of_2019(case):
    attendance = {"government": 0.70, "opposition": 0.62, "other": 0.60}
    scenario = read_scenario(case)
    for party, bloc in zip(scenario.parties, scenario.blocs, strict=True):
        assert bloc["attendance"] == attendance[party.side]
        assert bloc["threshold"] in (1.16, 1.28, 1.36)


def test_parties_joined_in_a_bloc_leave_the_limit_of_the_assembly_where_it_was():
    apart, joined = read_scenario("korea_2019"), read_scenario("korea_2019_november")
    assert apart.members == joined.members
    for limit in ("assembly_limit", "known_limit"):
        one, other = (case.points().values[limit][0] for case in (apart, joined))
        assert one == pytest.approx(other, abs=1e-9)


@every_case
def test_an_inauguration_counts_where_it_falls_into_the_calendar(case):
    scenario = read_scenario(case)
    day = scenario.calendar.turnover
    assert (day.month, day.day, (day.year - 1) % 4) == (1, 20, 0)
    inside = day <= scenario.calendar.rounds[-1].start
    assert inside == (case in ("korea_2008", "korea_2019_november"))
    chances = {"korea_2008": (1.0, 1.0), "korea_2019_november": (0.5, 0.4)}
    chance, expected = chances.get(case, (0.0, 0.0))
    assert scenario.values["turnover.probability"] == chance
    assert scenario.values["turnover.expected_probability"] == expected


def test_the_president_of_2008_is_succeeded_where_the_talks_outlast_him():
    scenario = read_scenario("korea_2008")
    outcomes = negotiate(scenario.points(), 300, seed=0)
    outlast = outcomes["round"] > scenario.values["turnover.round"]
    assert np.array_equal(outcomes["executive_changed"], outlast)
    assert outlast.any()


@every_case
def test_no_threat_rises_where_pyongyang_had_set_no_deadline(case):
    scenario = read_scenario(case)
    if case == "korea_2019_november":
        assert scenario.values["security.threat_probability"] == 0.3
        return
    assert scenario.values["security.threat_probability"] == 0.0
    assert scenario.calendar.security_deadline > scenario.calendar.rounds[-1].start


@every_case
def test_an_episode_can_end_in_a_ratified_deal_and_can_fail(case):
    outcomes = negotiate(read_scenario(case).points(), 500, seed=1)
    assert 0.2 < (outcomes["ending"] == 0).mean() < 0.99
    study = make_study(case, vary={"demand": [1.1, 1.3]}, replicates=20, seed=1)
    assert study.scenario.name == case


def test_a_case_of_the_record_plays_from_the_command_line():
    result = CliRunner().invoke(main, ["play", "korea_2013", "--seed", "1"])
    assert result.exit_code == 0
    assert "2013-14 (9th agreement)" in result.output


def test_a_derived_dollar_payment_recomputes_to_its_digits():
    for case in ("korea_2006", "korea_2008", "korea_2013", "korea_2018"):
        printed = re.search(r'^payment_usd = "([\d.]+) USD m"', text_of(case), re.MULTILINE)
        year = read_scenario(case).base_year
        assert printed
        assert same(printed[1], number(f"Y-{year}-KRW") * 1e3 / number(f"FX-A-{year}"))

"""One negotiation, told: what the transcript says is what was played.

The golden transcript is written anew by `python -m tests.rebuild_golden`.
"""

import json
import math
import re

import pytest
from rebuild_golden import FOLDER, GOLDEN

from experiments.provenance import plain
from experiments.transcript import Transcript
from sim import OUTCOME, Ending, negotiate, watch

SEEDS = range(60)
HARD = {"demand": 1.3, "ministry.confidence": 0.05, "assembly.shock_sd": 0.12}  # deals are refused
MONEY = r"\$\d+\.\d\dbn \([\d,]+ bn won\)"


def told(scenario, seed, settings=None, replicate=0):
    talks = watch(scenario.points(settings), 0, replicate, seed=seed, scenario=scenario)
    talks.run()
    return Transcript(scenario, talks)


@pytest.fixture(scope="module")
def central(scenario):
    """The shipped case, played once with each of 60 seeds."""
    return [told(scenario, seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def hard(scenario):
    """Talks in which the ministry hardly minds what the Assembly will pass."""
    return [told(scenario, 7, HARD, replicate) for replicate in range(250)]


@pytest.fixture(scope="module")
def stories(central, hard):
    return [*central, *hard]


def text_of(transcript):
    return "\n".join(transcript.lines())


# numbers


def test_the_outcome_that_is_told_is_the_record_of_the_compiled_engine(scenario, central):
    endings = set()
    for seed, transcript in zip(SEEDS, central, strict=True):
        (record,) = negotiate(scenario.points(), 1, seed=seed, engine="kernel")[0]
        outcome = transcript.as_json()["outcome"]
        assert outcome["ending"] == Ending(record["ending"]).name.lower()
        endings.add(outcome["ending"])
        for name in OUTCOME.names or ():
            value = record[name].item()
            if name != "ending":
                assert outcome[name] == (None if value != value else value), (seed, name)
    assert len(endings) >= 3


def test_a_transcript_is_strict_json(stories):
    for transcript in stories:
        text = json.dumps(plain(transcript.as_json()), allow_nan=False)
        table = json.loads(text, parse_constant=pytest.fail)
        assert table["case"] == "korea_2019"
        assert table["status"] == "uncalibrated"
        assert len(table["rounds"]) == table["outcome"]["round"]
        assert [record["round"] for record in table["rounds"]] == [
            *range(1, table["outcome"]["round"] + 1)
        ]


def test_amounts_stand_in_payments_won_and_dollars(scenario, central):
    money = scenario.money
    for transcript in central:
        table = transcript.as_json()
        packages = [record[who] for record in table["rounds"] for who in ("us", "seoul", "deal")]
        for package in [table["outcome"], *filter(None, packages)]:
            if package["amount"] is None:
                assert package["amount_krw_bn"] is package["amount_usd_bn"] is None
            else:
                assert package["amount_krw_bn"] == money.krw_bn(package["amount"])
                assert package["amount_usd_bn"] == money.usd_bn(package["amount"])


def test_every_amount_of_the_text_is_given_in_dollars_and_won(scenario, stories):
    rate = scenario.money.krw_per_usd
    for transcript in stories:
        text = text_of(transcript)
        amounts = re.findall(r"\$(\d+\.\d\d)bn \(([\d,]+) bn won\)", text)
        assert len(amounts) == text.count("$") == text.count("bn won")
        for dollars, won in amounts:
            assert float(won.replace(",", "")) == pytest.approx(float(dollars) * rate, abs=6.5)


def test_the_demand_and_the_status_stand_at_the_head(central):
    text = text_of(central[0])
    assert text.startswith("US-South Korea cost-sharing talks, 2019-21\n")
    assert "In public the US demands $5.00bn (5,797 bn won) a year, 5.58 times what Seoul" in text
    assert "The agreement in force expires on 31 December 2019." in text
    assert "not calibrated: one possible course of talks" in text


def test_rounds_are_dated_by_the_calendar(scenario, central):
    dates = [
        "24-25 September 2019, Seoul", "23-24 October 2019, Honolulu",
        "18-19 November 2019, Seoul", "3-4 December 2019, Washington",
        "17-18 December 2019, Seoul", "14-15 January 2020, Washington",
        "17-19 March 2020, Los Angeles", "5 February 2021, video", "5-7 March 2021, Washington",
        "6-7 April 2021, Seoul",
    ]  # fmt: skip
    for transcript in central:
        heads = [line for line in transcript.lines() if line.startswith("Round ")]
        assert heads == [f"Round {n} · {day}" for n, day in enumerate(dates, 1)][: len(heads)]
        for record, held in zip(
            transcript.as_json()["rounds"], scenario.calendar.rounds, strict=False
        ):
            assert (record["start"], record["end"]) == (str(held.start), str(held.end))
            assert record["place"] == held.place


def test_a_round_over_the_turn_of_a_month_is_dated_in_full(scenario):
    from dataclasses import replace
    from datetime import date

    first = replace(scenario.calendar.rounds[0], start=date(2019, 9, 30), end=date(2019, 10, 1))
    calendar = replace(scenario.calendar, rounds=(first, *scenario.calendar.rounds[1:]))
    transcript = told(replace(scenario, calendar=calendar), 7)
    assert "Round 1 · 30 September 2019 to 1 October 2019, Seoul" in transcript.lines()


def test_rounds_beyond_the_calendar_have_no_date(scenario):
    transcript = told(scenario, 1, {"talks.rounds": 12, "talks.walk_out_base": -math.inf})
    assert len(transcript.talks.rounds) > 10
    assert "Round 11 · after the calendar" in transcript.lines()
    last = transcript.as_json()["rounds"][10]
    assert (last["start"], last["end"], last["place"]) == (None, None, None)


def test_the_votes_of_every_party_add_up_to_its_seats(scenario, stories):
    seats = {
        party.name: int(bloc["seats"])
        for party, bloc in zip(scenario.parties, scenario.blocs, strict=True)
    }
    ballots = 0
    for transcript in stories:
        for record in transcript.as_json()["rounds"]:
            if not record["votes"]:
                continue
            ballots += 1
            counted = {
                vote["party"]: sum(vote[how] for how in ("yes", "no", "abstain", "absent"))
                for vote in record["votes"]
            }
            assert counted == seats
            assert sum(counted.values()) == scenario.members
            yes, no, abstain = (
                sum(vote[how] for vote in record["votes"]) for how in ("yes", "no", "abstain")
            )
            present = yes + no + abstain
            assert record["consented"] == (2 * present > 295 and 2 * yes > present)
    assert ballots > 50


def test_the_ballot_is_printed_with_its_sums(hard):
    transcript = next(t for t in hard if t.talks.outcome["votes"] == 1)
    lines, outcome = transcript.lines(), transcript.talks.outcome
    start = next(n for n, line in enumerate(lines) if "The National Assembly votes:" in line)
    assert lines[start + 1].split() == ["yes", "no", "abstain", "absent"]
    rows = [line.rsplit(maxsplit=4) for line in lines[start + 2 : start + 11]]
    assert [row[0].strip() for row in rows] == [
        "Democratic", "Justice", "Democracy and Peace", "Liberty Korea", "Bareunmirae",
        "Our Republican", "Minjung", "Independents", "all",
    ]  # fmt: skip
    sums = [sum(int(row[column]) for row in rows[:-1]) for column in range(1, 5)]
    assert [int(number) for number in rows[-1][1:]] == sums
    assert sums == [outcome[name] for name in ("yes", "no", "abstain", "absent")]
    assert len({len(line) for line in lines[start + 1 : start + 11]}) == 1


# stories


def rounds_of(stories, wanted):
    """Every transcript and record for which something holds."""
    return [(t, r) for t in stories for r in t.talks.rounds if wanted(r)]


def test_a_walk_out_is_told_with_its_likelihood_and_its_reasons(stories):
    told_of = rounds_of(stories, lambda record: record.walked_out)
    assert {side for _, record in told_of for side in record.walked_out} == {"us", "seoul"}
    line = re.compile(
        rf"  (The US team|Seoul's team) leaves the room \(likelihood (under 1%|\d+%|over 99%): "
        rf"(a gap of {MONEY}|offers that meet), and (Seoul|the US) has "
        rf"(moved by {MONEY}|moved back by {MONEY}|hardly moved) since the round before\)\."
    )
    for transcript, record in told_of:
        assert all(0.0 < record.walk_out_chance[side] < 1.0 for side in record.walked_out)
        assert record.round_index > 0
        assert record.deal is None
        lines = [found for text in transcript.lines() if (found := line.fullmatch(text))]
        sides = [side for r in transcript.talks.rounds for side in r.walked_out]
        movers = {"The US team": "Seoul", "Seoul's team": "the US"}
        assert [found[1] for found in lines] == [
            {"us": "The US team", "seoul": "Seoul's team"}[side] for side in sides
        ]
        assert all(found[4] == movers[found[1]] for found in lines)
        assert "  The round is broken off; backlash in Seoul stands at " in text_of(transcript)


def test_a_step_back_is_not_told_as_a_step_forward(stories):
    for transcript, record in rounds_of(stories, lambda record: "us" in record.walked_out):
        before = transcript.talks.rounds[record.round_index - 1]
        moved = record.seoul.amount - before.seoul.amount
        expected = "by" if moved > 5e-4 else "back by" if moved < -5e-4 else ""
        section = text_of(transcript).split(f"Round {record.round_index + 1} ·")[1].split("\nRound")
        words = f"Seoul has moved {expected} $" if expected else "Seoul has hardly moved"
        assert words in section[0]


def test_walk_outs_for_good_end_the_talks(stories):
    ended = [t for t in stories if t.ending is Ending.WALK_OUT]
    assert ended
    for transcript in ended:
        text = text_of(transcript)
        assert "The talks do not resume.\n\nThe talks end with a walk-out, round " in text


def test_a_veto_is_told_with_what_the_deal_fell_short_by(scenario, stories):
    told_of = rounds_of(stories, lambda record: record.signed is False)
    below = above = 0
    for transcript, record in told_of:
        text = text_of(transcript)
        short = record.threshold - record.deal.us_value
        resumes = "The talks resume." if record.resumed else "The talks do not resume."
        if short > 0:
            below += 1
            usd, krw = scenario.money.usd_bn(short), scenario.money.krw_bn(short)
            assert (
                f"  The president refuses it: it is worth ${usd:,.2f}bn ({krw:,.0f} bn won) less "
                f"to him than the least that he signs. {resumes}\n" in text
            )
        else:
            above += 1
            assert (
                "  The president refuses it, though it is worth more to him than the least that "
                f"he signs. {resumes}\n" in text
            )
        assert not record.votes
    assert below > 5
    assert above > 0
    assert any(t.ending is Ending.EXECUTIVE_VETO for t, _ in told_of)
    assert any(t.ending is not Ending.EXECUTIVE_VETO for t, _ in told_of)


def test_a_refusal_by_the_assembly_is_told_after_its_vote(stories):
    told_of = rounds_of(stories, lambda record: record.consented is False)
    assert len(told_of) > 5
    for transcript, record in told_of:
        resumes = "The talks resume." if record.resumed else "The talks do not resume."
        assert re.search(
            rf"  all +(\d+ +){{3}}\d+\n  The Assembly refuses\. {resumes}\n", text_of(transcript)
        )
    for_good = [t for t, _ in told_of if t.ending is Ending.RATIFICATION_REFUSED]
    assert for_good
    for transcript in for_good:
        assert transcript.lines()[-1].startswith("The talks end with the Assembly's refusal, round")
    assert any(t.ending is Ending.RATIFIED for t, _ in told_of)


def test_a_deal_is_told_with_its_terms_and_its_taker(stories):
    deals = [t for t in stories if t.ending is Ending.RATIFIED]
    assert len(deals) > 20
    takers = set()
    for transcript in deals:
        found = re.findall(
            rf"  (The US team|Seoul's team) accepts: ({MONEY}) a year for 6 years, rising by 6\.1% "
            r"a year(, \d+% in a new category)?\.\n  The president signs it\.",
            text_of(transcript),
        )
        takers.add(found[-1][0])
        assert "  The Assembly consents.\n" in text_of(transcript)
        assert transcript.headline().startswith(f"A deal is ratified at {found[-1][1]}, round ")
        assert transcript.events()[-1] == (len(transcript.talks.rounds), "ratified")
    assert takers == {"The US team", "Seoul's team"}


def test_both_teams_initial_a_deal_of_the_double_auction(scenario):
    found = [told(scenario, 7, {"talks.protocol": 1, "demand": 1.3}, n) for n in range(5)]
    assert any("  Both teams initial $" in text_of(transcript) for transcript in found)


def test_without_consent_required_no_vote_is_told(scenario):
    transcript = told(scenario, 7, {"consent_required": 0, "demand": 1.0})
    assert transcript.ending is Ending.RATIFIED
    assert "Assembly" not in text_of(transcript)


def test_what_happens_from_outside_is_told_once(stories):
    for words, wanted in (
        ("The old agreement has expired;", lambda record: record.expired),
        ("Pyongyang's deadline has passed and the threat is open.", lambda record: record.threat),
        ("A new president is in office.", lambda record: record.executive_changed),
    ):
        happened = {id(t) for t, _ in rounds_of(stories, wanted)}
        assert 0 < len(happened) < len(stories)
        for transcript in stories:
            assert text_of(transcript).count(words) == (id(transcript) in happened)


def test_the_last_line_counts_what_happened_on_the_way(stories):
    for transcript in stories:
        outcome, last = transcript.talks.outcome, transcript.lines()[-1]
        assert last.startswith(f"{transcript.headline()}. ")
        broken = sum(bool(record.walked_out) for record in transcript.talks.rounds)
        counts = {
            "rounds? broken off": broken,
            "veto(es)?": outcome["vetoes"],
            "refusals? by the Assembly": outcome["refusals"],
        }
        for words, count in counts.items():
            found = re.findall(rf"(\d+) {words}\b", last)
            assert [int(number if isinstance(number, str) else number[0]) for number in found] == (
                [count] if count else []
            )
        assert ("No break on the way." in last) == (not any(counts.values()))


def test_a_likelihood_is_never_told_as_nothing_or_certain(scenario):
    never = told(scenario, 7)
    record = never.talks.rounds[3]
    assert record.walked_out == ["us"]
    for chance, words in ((1e-9, "under 1%"), (0.5, "50%"), (0.9999, "over 99%")):
        record.walk_out_chance["us"] = chance
        assert f"(likelihood {words}: a gap of $" in text_of(never)


# positions for the figure


def test_positions_are_what_is_tabled_and_the_least_and_most_of_each_round(central):
    for transcript in central[:5]:
        rows = transcript.positions()
        assert [row["round"] for row in rows] == [*range(1, len(transcript.talks.rounds) + 1)]
        for row, record in zip(rows, transcript.talks.rounds, strict=True):
            assert (row["us_amount"], row["seoul_amount"]) == (
                record.us.amount, record.seoul.amount,
            )  # fmt: skip
            assert math.isfinite(row["us_least"]) and math.isfinite(row["seoul_most"])


def test_events_name_walk_outs_vetoes_refusals_and_turnover(stories):
    names = {what for transcript in stories for _, what in transcript.events()}
    assert names == {
        "US walks out", "Seoul walks out", "new president", "president's veto", "Assembly refuses",
        "ratified",
    }  # fmt: skip


# to the letter


def test_the_golden_transcript_is_told_to_the_letter():
    (path,) = FOLDER.glob("play_*")
    assert GOLDEN[path]() == path.read_text(encoding="utf-8")

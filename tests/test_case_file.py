"""A case file is read as it is meant, or refused with one line for each thing that is wrong."""

import csv
import os
import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim import Ending, InputError, Scenario, negotiate, read_scenario
from sim.case_file import FROM_CALENDAR, MAX_BYTES, MAX_LINE, MAX_PROBLEMS, SECTIONS, line_of
from sim.parameters import BLOC_PARAMETERS, BY_NAME, PARAMETERS
from sim.scenario import SEEDS

SHIPPED = SEEDS / "cases" / "korea_2019.toml"
TEXT = SHIPPED.read_text(encoding="utf-8")
LINES = TEXT.split("\n")


def line_number(text, piece, occurrence=1):
    """The number of the line on which a piece of text stands for the n-th time."""
    found = [number for number, line in enumerate(text.split("\n"), 1) if piece in line]
    return found[occurrence - 1]


def edited(old, new, occurrence=1):
    """The shipped case with one piece of its text replaced."""
    before, *after = TEXT.split(old)
    assert len(after) >= occurrence, old
    return old.join([before, *after[: occurrence - 1]]) + new + old.join(after[occurrence - 1 :])


@pytest.fixture
def problems_of(tmp_path):
    """Read a text as a case file; gives the problems without the folder's name."""

    def problems(text):
        path = tmp_path / "case.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(InputError) as refusal:
            read_scenario(path)
        assert str(refusal.value).split("\n") == list(refusal.value.problems)
        assert all(line.startswith(f"{path}:") for line in refusal.value.problems)
        return [line.removeprefix(f"{tmp_path}/") for line in refusal.value.problems]

    return problems


# what is refused, with what it says


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # out of range, by a little or without measure
        ("audience_cost = 0.05 ", "audience_cost = -0.1 ",
         "president.audience_cost is -0.1; it must be a number in [0, 1e+09]"),
        ("backlash_speed = 0.5", "backlash_speed = 1.5",
         "public.backlash_speed is 1.5; it must be a number in [0, 1]"),
        ("audience_cost = 0.05 ", "audience_cost = nan ",
         "president.audience_cost is nan; it must be a number in [0, 1e+09]"),
        ("reading_noise = inf", "reading_noise = nan",
         "ministry.reading_noise is nan; it must be a number in [0, inf]"),
        ("audience_cost = 0.05 ", "audience_cost = inf ",
         "president.audience_cost is inf; it must be a number in [0, 1e+09]"),
        ("backlash_speed = 0.5", f"backlash_speed = {10**400}",
         f"public.backlash_speed is {'1' + '0' * 56}...; it must be a number in [0, 1]"),
        # of another type
        ("audience_cost = 0.05 ", 'audience_cost = "0.05" ',
         "president.audience_cost is '0.05'; it must be a number in [0, 1e+09]"),
        ("audience_cost = 0.05 ", "audience_cost = true ",
         "president.audience_cost is True; it must be a number in [0, 1e+09]"),
        ("audience_cost = 0.05 ", "audience_cost = [0.05] ",
         "president.audience_cost is a list; it must be a number in [0, 1e+09]"),
        ("audience_cost = 0.05 ", "audience_cost = {a.b.c = 0.05} ",
         "president.audience_cost is a table; it must be a number in [0, 1e+09]"),
        ("learning = 1 ", "learning = 1.0 ",
         "talks.learning is 1.0; it must be a whole number in [0, 1]"),
        ("learning = 1 ", "learning = true ",
         "talks.learning is True; it must be a whole number in [0, 1]"),
        ("base_year = 2019", "base_year = 19",
         "money.base_year is 19; it must be a year in [1900, 2200]"),
        # dates
        ("expiry = 2019-12-31", 'expiry = "2019-12-31"',
         "calendar.expiry is '2019-12-31'; it must be a date, such as 2019-12-31"),
        ("day = 2019-11-19", "day = 2019-11-19T12:00:00Z",
         "reported.day is 2019-11-19 12:00:00+00:00; it must be a date, such as 2019-12-31"),
        # names of laws, policies and protocols
        ('reservation_family = "normal"', 'reservation_family = "Normal"',
         "president.reservation_family is 'Normal'; it must be one of normal, logistic, uniform"),
        ('policy = "heuristic"', 'policy = "tit_for_tat"',
         "negotiators.policy is 'tit_for_tat'; it must be one of heuristic, take_it_or_leave_it, "
         "subgame_perfect, chatterjee_samuelson"),
        ('policy = "heuristic"', "policy = 0",
         "negotiators.policy is 0; it must be one of heuristic, take_it_or_leave_it, "
         "subgame_perfect, chatterjee_samuelson"),
        ('protocol = "alternating_offers"', 'protocol = ""',
         "talks.protocol is ''; it must be one of alternating_offers, double_auction"),
        ('status = "uncalibrated"', 'status = "guessed"',
         "status is 'guessed'; it must be one of \"uncalibrated\", \"calibrated\""),
        ('side = "government"', 'side = "left"',
         'assembly.blocs[1].side is \'left\'; it must be one of "government", "opposition", '
         '"other"'),
        # amounts
        ('new_demand = "1.3 payments"', "new_demand = 1.3",
         'turnover.new_demand is 1.3; it must be an amount with its currency, such as "5 USD bn", '
         '"1038.9 KRW bn" or "1.6 payments" (multiples of the base payment)'),
        ('new_demand = "1.3 payments"', f'new_demand = "{"9" * 400} USD bn"',
         f"turnover.new_demand is '{'9' * 56}...; it must be an amount with its currency, such as "
         '"5 USD bn", "1038.9 KRW bn" or "1.6 payments" (multiples of the base payment)'),
        ('new_demand = "1.3 payments"', 'new_demand = "51 payments"',
         "turnover.new_demand is 51 payments; it must be an amount of 0 to 50 payments"),
        ('demand = "5 USD bn"', 'demand = "50 USD tn"',
         "reported.demand is 55803.6 payments; it must be an amount of 0 to 50 payments"),
        ('payment_usd = "896 USD m"', 'payment_usd = "896 KRW m"',
         "money.payment_usd is '896 KRW m'; it must be a positive amount in USD"),
        ('payment_krw = "1038.9 KRW bn"', 'payment_krw = "1 payments"',
         "money.payment_krw is '1 payments'; it must be a positive amount in KRW"),
        ('payment_usd = "896 USD m"', 'payment_usd = "0 USD m"',
         "money.payment_usd is '0 USD m'; it must be a positive amount in USD"),
        # names and texts
        ('name = "korea_2019"', 'name = "../../etc/passwd"',
         "name is '../../etc/passwd'; it must be a name of letters, digits, _ . - (at most 64)"),
        ('name = "korea_2019"', 'name = "korea\\n"',
         "name is 'korea\\n'; it must be a name of letters, digits, _ . - (at most 64)"),
        ('name = "korea_2019"', 'name = ""',
         "name is ''; it must be a name of letters, digits, _ . - (at most 64)"),
        ('place = "Honolulu"', 'place = "Hono\\nlulu"',
         "calendar.rounds[2].place is 'Hono\\nlulu'; it must be a text of 1 to 40 characters on "
         "one line"),
        ('party = "Justice"', f'party = "{"J" * 41}"',
         f"assembly.blocs[2].party is '{'J' * 41}'; it must be a text of 1 to 40 characters on one "
         "line"),
        # the form itself
        ("schema_version = 1", "schema_version = 2", "schema_version is 2; it must be 1"),
        ("schema_version = 1", "schema_version = true", "schema_version is True; it must be 1"),
        # the Assembly
        ("members = 295", "members = 0",
         "assembly.members is 0; it must be a whole number in [1, 1000]"),
        ("members = 295", "members = 300",
         "assembly.members is 300; the seats of [[assembly.blocs]] sum to 295"),
        ("seats = 129", "seats = -1",
         "assembly.blocs[1].seats is -1; it must be a whole number in [0, 1000]"),
        # keys that are not known
        ("audience_cost = 0.05 ", "audience_costs = 0.05 ",
         "president.audience_costs is an unknown key; did you mean 'audience_cost'?"),
        ("[public]", "[publik]", "publik is an unknown key; did you mean 'public'?"),
        ("threat_cost = 0.01 ", '"threat\\ncost" = 0.01 ',
         "security.'threat\\ncost' is an unknown key; did you mean 'threat_cost'?"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_its_line_and_what_is_allowed(problems_of, old, new, said):
    text = edited(old, new)
    number = text[: text.index(new)].count("\n") + 1
    if "\\n" in new and "threat" in new:
        number = line_number(text, "[security]")  # a quoted key is told of at its table
    assert f"case.toml:{number}: {said}" in problems_of(text)


@pytest.mark.parametrize(
    "amount",
    ["5", "5 bn", "5 USD", "5 EUR bn", "5 usd bn", "-5 USD bn", "5 USD bn ", "5e9 USD m",
     ".5 USD m", "NaN USD bn", "inf payments", "five USD bn", "٥ USD bn", "5\u00a0USD bn", ""],
)  # fmt: skip
def test_an_amount_needs_a_plain_number_and_a_currency_that_is_known(problems_of, amount):
    (said,) = problems_of(edited('new_demand = "1.3 payments"', f'new_demand = "{amount}"'))
    assert said == (
        f"case.toml:{line_number(TEXT, 'new_demand')}: turnover.new_demand is {ascii(amount)}; it "
        'must be an amount with its currency, such as "5 USD bn", "1038.9 KRW bn" or '
        '"1.6 payments" (multiples of the base payment)'
    )


def test_a_key_that_resembles_nothing_is_told_with_all_that_is_known(problems_of):
    (said,) = problems_of(edited("[precedent]", "[precedent]\nzzz = 1"))
    number = line_number(TEXT, "[precedent]") + 1
    assert said == (
        f"case.toml:{number}: precedent.zzz is an unknown key; allowed are weight, others_payment"
    )


@pytest.mark.parametrize("header", ["[weather]", "[[weather]]", "[ weather ]", '["weather"]'])
def test_an_unknown_section_is_told_at_its_header(problems_of, header):
    (said,) = problems_of(f"{TEXT}\n{header}\nrain = 1\n")
    assert said.startswith(f"case.toml:{len(LINES) + 1}: weather is an unknown key; allowed are ")


@pytest.mark.parametrize("name", [n.split(".")[1] for n in FROM_CALENDAR[:2]])
def test_the_clock_of_the_talks_cannot_be_set_beside_the_calendar(problems_of, name):
    (said,) = problems_of(edited("[talks]", f"[talks]\n{name} = 12"))
    assert said == (
        f"case.toml:{line_number(TEXT, '[talks]') + 1}: talks.{name} is an unknown key here: the "
        "clock follows from [calendar]"
    )


@pytest.mark.parametrize("section", [*SECTIONS, "money", "reported", "calendar"])
def test_a_section_that_is_missing_or_no_table_is_named(problems_of, section):
    keep = re.sub(rf"(?ms)^\[+{section}[.\]].*?(?=^\[(?!\[)(?!{section})|\Z)", "", TEXT)
    assert f"[{section}" not in keep
    (said,) = problems_of(keep)
    assert said == f"case.toml: {section} is missing; it must be a table [{section}]"
    (said,) = problems_of(f"{section} = 3\n{keep}")
    assert said == f"case.toml:1: {section} is 3; it must be a table [{section}]"


@pytest.mark.parametrize(
    "row", [row for row in PARAMETERS if row.name not in FROM_CALENDAR], ids=lambda row: row.name
)
def test_every_parameter_of_a_case_must_be_there_and_is_looked_for_in_its_section(problems_of, row):
    section, key = row.name.split(".")
    start = LINES.index(f"[{section}]")
    at = next(n for n, line in enumerate(LINES) if n > start and line.startswith(f"{key} ="))
    (said,) = problems_of("\n".join(LINES[:at] + LINES[at + 1 :]))
    assert said.startswith(f"case.toml:{start + 1}: {row.name} is missing; it must be ")


def test_no_rounds_at_all_are_refused(problems_of):
    start, end = TEXT.index("[[calendar.rounds]]"), TEXT.index("[president]")
    calendar = line_number(TEXT, "[calendar]")
    must = "it must be 1 to 400 tables [[calendar.rounds]]"
    (said,) = problems_of(TEXT[:start] + TEXT[end:])
    assert said == f"case.toml:{calendar}: calendar.rounds is missing; {must}"
    (said,) = problems_of(TEXT[:start] + "rounds = []\n" + TEXT[end:])
    assert said == f"case.toml:{line_number(TEXT, '[[calendar')}: calendar.rounds is a list; {must}"
    (said,) = problems_of(TEXT[:start] + "[calendar.rounds]\nday = 1\n" + TEXT[end:])
    assert (
        said == f"case.toml:{line_number(TEXT, '[[calendar')}: calendar.rounds is a table; {must}"
    )


def test_an_assembly_without_blocs_is_refused(problems_of):
    start, end = TEXT.index("[[assembly.blocs]]"), TEXT.index("[public]")
    (said,) = problems_of(TEXT[:start] + TEXT[end:])
    assert said == (
        f"case.toml:{line_number(TEXT, '[assembly]')}: assembly.blocs is missing; it must be 1 to "
        "60 tables [[assembly.blocs]]"
    )


def test_a_bloc_without_seats_is_counted_and_missed(problems_of):
    (said,) = problems_of(edited("seats = 17 ", "seats = 0 "))
    assert said == (
        f"case.toml:{line_number(TEXT, 'members = 295')}: assembly.members is 295; the seats of "
        "[[assembly.blocs]] sum to 278"
    )


# every problem at once, each on its own line of the file


def test_several_problems_are_all_told_each_with_its_own_line(problems_of):
    text = TEXT
    for old, new in (
        ("day = 2019-11-19", 'day = "today"'),
        ("audience_cost = 0.05 ", "audience_cost = -1.0 "),
        ("mandate_bias = 0.02 ", "mandate_bais = 0.02 "),
        ("backlash_speed = 0.5", "backlash_speed = 1.5"),
    ):
        text = text.replace(old, new, 1)
    at = {name: line_number(text, piece) for name, piece in (
        ("day", 'day = "today"'), ("cost", "audience_cost = -1.0"), ("key", "mandate_bais"),
        ("team", "[negotiators]"), ("speed", "backlash_speed = 1.5"),
    )}  # fmt: skip
    assert problems_of(text) == [
        f"case.toml:{at['day']}: reported.day is 'today'; it must be a date, such as 2019-12-31",
        f"case.toml:{at['cost']}: president.audience_cost is -1.0; it must be a number in "
        "[0, 1e+09]",
        f"case.toml:{at['team']}: negotiators.mandate_bias is missing; it must be a number in "
        "[-1, 1]",
        f"case.toml:{at['key']}: negotiators.mandate_bais is an unknown key; did you mean "
        "'mandate_bias'?",
        f"case.toml:{at['speed']}: public.backlash_speed is 1.5; it must be a number in [0, 1]",
    ]


@pytest.mark.parametrize("place", range(1, 9))
def test_a_problem_of_a_bloc_is_told_on_the_line_of_that_bloc(problems_of, place):
    header = line_number(TEXT, "[[assembly.blocs]]", place)
    (said,) = problems_of(edited("abstention = 0.49 ", "abstention = 1.49 ", place))
    assert said == (
        f"case.toml:{line_number(TEXT, 'abstention = 0.49', place)}: "
        f"assembly.blocs[{place}].abstention is 1.49; it must be a number in [0, 1]"
    )
    (missing, unknown) = problems_of(edited("abstention = 0.49 ", "abstentions = 0.49 ", place))
    assert missing.startswith(
        f"case.toml:{header}: assembly.blocs[{place}].abstention is missing; it must be a number"
    )
    assert unknown == (
        f"case.toml:{line_number(TEXT, 'abstention = 0.49', place)}: "
        f"assembly.blocs[{place}].abstentions is an unknown key; did you mean 'abstention'?"
    )


@pytest.mark.parametrize("place", range(1, 11))
def test_a_problem_of_a_round_is_told_on_the_line_of_that_round(problems_of, place):
    header = line_number(TEXT, "[[calendar.rounds]]", place)
    lines = list(LINES)
    end = next(n for n in range(header, len(lines)) if lines[n].startswith("end = "))
    start = next(n for n in range(header, len(lines)) if lines[n].startswith("start = "))
    first = lines[start].split()[2]
    lines[end] = "end = 2000-01-01"
    assert problems_of("\n".join(lines))[0] == (
        f"case.toml:{end + 1}: calendar.rounds[{place}].end is 2000-01-01; it must not be before "
        f"the round's start, {first}"
    )
    del lines[end]
    (said,) = problems_of("\n".join(lines))
    assert said == (
        f"case.toml:{header}: calendar.rounds[{place}].end is missing; it must be a date, such as "
        "2019-12-31"
    )


def test_a_round_must_start_after_the_round_before_has_ended(problems_of):
    (said,) = problems_of(edited("start = 2019-11-18", "start = 2019-10-24"))
    assert said == (
        f"case.toml:{line_number(TEXT, 'start = 2019-11-18')}: calendar.rounds[3].start is "
        "2019-10-24; it must be after the round before, 2019-10-24"
    )


def test_problems_between_keys_are_all_told_too(problems_of):
    text = edited("members = 295", "members = 294").replace("896 USD m", "896 KRW m", 1)
    text = text.replace("end = 2020-01-15", "end = 2020-01-13", 1)
    assert [said.split(": ")[1].split(" is ")[0] for said in problems_of(text)] == [
        "assembly.members",
        "calendar.rounds[6].end",
        "money.payment_usd",
    ]


def test_a_file_of_nothing_but_problems_is_told_in_part(problems_of):
    said = problems_of("".join(f"k{index} = 1\n" for index in range(10_000)))
    assert len(said) == MAX_PROBLEMS + 1
    assert re.fullmatch(r"case\.toml: and \d+ more problems", said[-1])


@pytest.mark.parametrize(
    ("location", "number"),
    [
        (("a",), 1),
        (("t", "k"), 4),
        (("t", "missing"), 3),
        (("t", "u", "k"), 6),
        (("l", 0, "k"), 8),
        (("l", 1, "k"), 10),
        (("l", 1, "missing"), 9),
        (("l", 1, "s", "k"), 12),
        (("l", 2, "k"), 15),
        (("l",), 7),
        (("d", "e"), 2),
        (("v", 3), 16),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_the_line_of_a_key_is_found_in_any_form_of_toml(location, number):
    text = (
        "a = 1\nd . e = 2\n[t] # comment\nk = [1, 2]\n[ t.u ]\n  k = 3\n[[l]]\nk = 4\n[[l]]\n"
        "k = 5\n[l.s]\n'k' = 6\n[[ l ]]\n# k = 0\nk = 7\nv = [[0, 1], [2]]\n"
    )
    if location[:1] == ("v",):
        location = ("l", 2, *location)
    tomllib.loads(text)
    assert line_of(text, location) == number


# files that are no case at all


def test_a_mistake_in_the_toml_is_told_with_its_line(problems_of):
    number = line_number(TEXT, "audience_cost = 0.05")
    assert problems_of(edited("audience_cost = 0.05 ", "audience_cost = = ")) == [
        f"case.toml:{number}: not valid TOML: Invalid value"
    ]
    (said,) = problems_of(edited("expiry = 2019-12-31", "expiry = 2019-13-31"))
    assert said.startswith(f"case.toml:{line_number(TEXT, 'expiry = ')}: not valid TOML: ")
    (said,) = problems_of(TEXT + "[security]\n")
    assert said.startswith("case.toml:") and "not valid TOML: Cannot declare" in said
    assert problems_of(TEXT + '\nx = """') == [
        "case.toml: not valid TOML: Unterminated string (at end of document)"
    ]


def test_a_file_that_is_not_utf_8_is_refused(problems_of):
    assert problems_of("title = 'Séoul'".encode("latin-1")) == [
        "case.toml: byte 10 is not UTF-8 text"
    ]


def test_an_empty_file_misses_every_section(problems_of):
    said = problems_of("")
    assert len(said) == 4 + 3 + len(SECTIONS)
    assert all(" is missing; it must be " in line for line in said)


def test_a_file_that_is_not_there_or_not_a_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: cannot be read: No such file or directory"):
        read_scenario(tmp_path / "none.toml")
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(InputError, match=r"folder\.toml: is not a file"):
        read_scenario(folder)
    with pytest.raises(InputError, match="cannot be read: .*null"):
        read_scenario("nul\0.toml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match=r"pipe\.toml: is not a file"):
        read_scenario(tmp_path / "pipe.toml")


def test_a_file_that_is_too_large_is_not_parsed(problems_of):
    assert problems_of(TEXT + "#\n" * MAX_BYTES) == [
        f"case.toml: larger than the {MAX_BYTES} bytes that a file may have"
    ]


@pytest.mark.parametrize("end_of_line", ["\u2028", "\x85", "\r\n"])
def test_a_line_that_is_too_long_is_not_parsed(problems_of, end_of_line):
    pieces = end_of_line.join(["a"] * MAX_LINE) if end_of_line != "\r\n" else "a" * MAX_LINE
    assert problems_of(f"{TEXT}# {pieces}{end_of_line}") == [
        f"case.toml:{len(LINES)}: longer than the {MAX_LINE} characters of a line"
    ]


def longest(part, before="", after=""):
    """As many parts as a line may have, with what goes before and after them."""
    return before + part * ((MAX_LINE - len(before + after)) // len(part)) + after


@pytest.mark.parametrize(
    "line",
    [
        longest("a.", after="a = 1"),
        longest("a.", "[", "a]"),
        longest("a.", "x = {", "a = 1}"),
        longest('"=".', after="a = 1"),
        longest("a.", "[public]\nbacklash_weight.", "a = 1"),
        longest("[", "x = "),
        longest("{a = ", "x = ", "1"),
        longest("f", "[talks]\nlearning = 0x"),
    ],
    ids=lambda line: line[:12],
)
def test_a_key_or_a_value_of_a_thousand_parts_is_refused_at_once(problems_of, line):
    began = time.perf_counter()
    assert problems_of("\n".join(line.replace("a", f"k{n}", 1) for n in range(20)))
    assert time.perf_counter() - began < 5.0


def test_nesting_without_end_is_refused(problems_of):
    assert problems_of("x = " + "[\n" * 5000 + "]\n" * 5000) == [
        "case.toml: not valid TOML: nested too deeply"
    ]
    deep = "{" + "a." * 400 + "a = [\n"
    said = problems_of("[public]\nbacklash_weight = " + deep * 50 + "1" + "]}" * 50)
    assert "case.toml:2: public.backlash_weight is a table; it must be a number in [0, 10]" in said


# the name of a shipped case


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "cases/korea_2019", "", ".korea", "korea 2019"]
)
def test_a_name_that_is_a_path_is_no_shipped_case(name):
    with pytest.raises(InputError, match=re.escape(repr(name)) + " must be a file that ends in"):
        read_scenario(name)


def test_a_case_that_is_not_shipped_is_told_with_those_that_are():
    with pytest.raises(InputError, match="'korea_1991' is not shipped; shipped are: korea_1998, "):
        read_scenario("korea_1991")


# what is accepted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reservation_mean = 1.04 ", "reservation_mean = 1 "),
        ("precision = 12.0", "precision = inf"),
        ("walk_out_base = -5.5", "walk_out_base = -inf"),
        ('framework_cap = "1.6 payments"', 'framework_cap = "1.4336 USD bn"'),
        ('place = "Seoul"', 'place = "서울"'),
        ("schema_version = 1", "schema_version = 1  # " + "." * 40),
        ("seats = 17 ", "seats = 16 "),
    ],
)
def test_a_case_may_be_written_otherwise(tmp_path, old, new):
    text = edited(old, new)
    if "seats" in new:
        text = text.replace("seats = 1 ", "seats = 2 ")
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")
    assert read_scenario(path).members == 295


def test_the_ends_of_lines_of_another_system_are_read_as_well(tmp_path, scenario):
    path = tmp_path / "case.toml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert read_scenario(path).values == scenario.values
    assert read_scenario(path).digest != scenario.digest


def played(tmp_path, demand):
    """2,000 negotiations of the shipped case under another demand."""
    path = tmp_path / "case.toml"
    number = line_number(TEXT, "[president]")
    lines = list(LINES)
    lines[number] = f'demand = "{demand}"'
    path.write_text("\n".join(lines), encoding="utf-8")
    return negotiate(read_scenario(path).points(), 2000, seed=1)[0]


def test_a_demand_below_the_payment_is_met(tmp_path):
    outcomes = played(tmp_path, "448 USD m")
    deals = outcomes[outcomes["ending"] == Ending.RATIFIED]
    assert len(deals) > 0.9 * len(outcomes)
    assert deals["amount"].max() <= 0.5


def test_a_demand_of_nothing_is_met_at_once(tmp_path):
    outcomes = played(tmp_path, "0 USD bn")
    assert (outcomes["ending"] == Ending.RATIFIED).all()
    assert (outcomes["round"] == 1).all()
    assert (outcomes["amount"] == 0.0).all()


# any text whatever

JUNK = st.one_of(
    st.sampled_from([
        "nan", "-nan", "inf", "-inf", "-1", "0", "1e308", "-0.0", "true", "[]", "{}", '""', "''",
        "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "0x" + "f" * 300, '"5 USD bn"',
        '"-5 USD bn"', '"1 payments"', '"uniform"', '"chatterjee_samuelson"', "[[[[1]]]]",
        "{a.b.c = 1}", '"\\u0000"', '"\\uFFFF"', '"""', "'''", "", "1_000", "9" * 500,
    ]),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=20),
)  # fmt: skip


@st.composite
def mutated(draw):
    """The shipped case with a few of its lines deleted, doubled, moved or filled with junk."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        what = draw(st.sampled_from(["delete", "double", "move", "value", "key", "junk"]))
        if what == "delete":
            del lines[at]
        elif what == "double":
            lines.insert(at, lines[at])
        elif what == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif what == "junk":
            lines[at] = draw(JUNK)
        else:
            key, equals, value = lines[at].partition("=")
            if what == "value":
                value = draw(JUNK)
            else:
                key = draw(JUNK)
            lines[at] = f"{key}{equals}{value}"
    return "\n".join(lines)


@settings(max_examples=400)
@given(mutated())
@example("")
@example(TEXT)
def test_any_text_is_a_scenario_or_a_list_of_problems(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "mutated.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        scenario = read_scenario(path)
    except InputError as refusal:
        assert refusal.problems
        assert "\n".join(refusal.problems) == str(refusal)
        for said in refusal.problems:
            assert re.match(re.escape(str(path)) + r"(:\d+)?: \S", said)
            assert "\n" not in said
    else:
        assert isinstance(scenario, Scenario)
        assert len(scenario.points()) == 1


# the shipped case

STATED_ELSEWHERE = {  # keys of the file that are neither measured nor assumed
    "schema_version": "the form of the file",
    "money.base_year": "the year that the payment is for",
    "calendar.turnover": "inauguration day",
    "talks.split": "not used",
}


def commented():
    """Key, value and comment of every line of the shipped case that holds a number or a choice."""
    table, found = "", []
    for line in LINES:
        if header := re.match(r"\[+([a-z.]+)\]", line):
            table = header[1]
            above = line.partition("#")[2]
        elif key := re.match(r"([a-z_]+) = ", line):
            value, _, comment = line.partition(" = ")[2].partition("#")
            name = f"{table}.{key[1]}".lstrip(".")
            if table == "calendar.rounds":  # one source for a round: at its header or its start
                above = comment or above
                comment = above
            found.append((name, tomllib.loads(f"v = {value}")["v"], comment.strip()))
    return found


COMMENTED = commented()
TEXTS = ("name", "title", "status", "reported.label", "reported.source", "calendar.rounds.place",
         "assembly.blocs.party", "assembly.blocs.side")  # fmt: skip
NUMBERS = [entry for entry in COMMENTED if entry[0] not in TEXTS]


def test_every_number_of_the_shipped_case_has_its_source_or_is_called_an_assumption():
    assert len(NUMBERS) > 100
    for name, value, comment in NUMBERS:
        sourced = re.search(r"\bS\d\d\b|\b[a-z_0-9]+\.csv\b|\bassumption\b", comment)
        assert sourced or name in STATED_ELSEWHERE, (name, value, comment)


@pytest.mark.parametrize(
    ("name", "comment"),
    [(name, comment) for name, _, comment in NUMBERS if name in BY_NAME],
    ids=lambda text: text if text in BY_NAME else "",
)
def test_a_comment_states_the_prior_of_the_table(name, comment):
    prior = BY_NAME[name].prior
    stated = re.findall(r"prior ([a-z-]+\([^)]*\))", comment)
    assert stated == ([] if prior.law == "fixed" else [str(prior)])
    if "fixed" in comment:
        assert prior.law == "fixed"


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_a_central_value_is_that_of_the_table_and_lies_in_its_range_and_prior(scenario, row):
    assert scenario.values[row.name] == pytest.approx(row.central, rel=1e-14, abs=0.0)
    assert row.low <= row.central <= row.high
    if row.prior.law != "fixed":
        assert row.low <= row.prior.low <= row.central <= row.prior.high <= row.high
        assert row.prior.low < row.prior.high
    if row.prior.law == "log-uniform":
        assert row.prior.low > 0.0


@pytest.mark.parametrize("row", BLOC_PARAMETERS, ids=lambda row: row.name)
def test_the_blocs_lie_in_the_ranges_of_the_table(scenario, row):
    assert row.low <= row.central <= row.high
    assert ((scenario.blocs[row.name] >= row.low) & (scenario.blocs[row.name] <= row.high)).all()


def test_every_source_that_the_shipped_case_names_is_there():
    reported = SEEDS / "reported"
    with open(reported / "article_2019_11_19.csv", encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    cited = set(re.findall(r"\bS\d\d\b", TEXT))
    assert len(cited) >= 9
    assert cited <= known
    files = {Path(name).name for name in re.findall(r"[\w/]+\.csv", TEXT)}
    assert len(files) >= 5
    assert files <= {path.name for path in reported.glob("*.csv")}


def reported_rows(name):
    with open(SEEDS / "reported" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_rounds_of_the_shipped_case_are_those_that_were_held(scenario):
    held = [
        (row["date"], row["date_end"] or row["date"])
        for row in reported_rows("rounds.csv")
        if row["agreement"] == "11" and row["event_type"] == "round"
    ]
    dates = [(r.start.isoformat(), r.end.isoformat()) for r in scenario.calendar.rounds]
    assert dates[:-1] == held
    assert len(dates) == len(held) + 1


def test_the_seats_of_the_shipped_case_are_those_of_the_survey(scenario):
    surveyed = sorted(
        int(row["value"])
        for row in reported_rows("assembly_seats.csv")
        if row["date"] == "2019-11-21"
    )
    assert sorted(scenario.blocs["seats"]) == surveyed


def test_the_abstentions_of_the_shipped_case_are_those_of_two_votes(scenario):
    votes = [r for r in reported_rows("ratification_votes.csv") if r["id"] in ("V-SMA9", "V-SMA10")]
    abstained = sum(int(row["abstain"]) for row in votes)
    not_yes = abstained + sum(int(row["no"]) for row in votes)
    assert (abstained, not_yes) == (57, 116)
    assert scenario.blocs["abstention"] == pytest.approx(57 / 116, abs=0.005)


def test_the_demand_and_the_payment_are_those_of_the_article(scenario):
    article = {row["id"]: row["value"] for row in reported_rows("article_2019_11_19.csv")}
    assert scenario.reported.demand == scenario.values["president.demand"]
    assert scenario.money.usd_bn(scenario.reported.demand) == pytest.approx(
        float(article["S07"]) / 1e3
    )
    assert scenario.money.payment_usd == float(article["S10"]) * 1e6
    assert round(scenario.money.payment_krw / 1e12, 2) == float(article["S09"])
    assert scenario.calendar.security_deadline.isoformat() == article["S25"]

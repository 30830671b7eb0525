"""The file of a posterior is read as it was written, or refused by key and value."""

import json
import os
from dataclasses import replace

import pytest

from experiments import provenance
from experiments.calibration import posterior as file
from experiments.calibration.posterior import read_posterior, write_posterior
from sim import InputError
from tests.posteriors import columns_of, from_priors, posterior_of

EPISODE = "korea_2006:president.demand"


@pytest.fixture(scope="module")
def found():
    columns = columns_of(from_priors(50))
    return posterior_of(columns | {EPISODE: [1.05 + 0.01 * i for i in range(50)]})


@pytest.fixture
def told(found):
    """What the file says, to be changed."""
    return json.loads(found.as_text())


def refused(tmp_path, content):
    path = tmp_path / "posterior.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(InputError) as error:
        read_posterior(path)
    assert all(line.startswith(f"{path}: ") for line in error.value.problems)
    return str(error.value)


def test_a_posterior_read_back_is_the_posterior_that_was_written(found, tmp_path):
    write_posterior(found, tmp_path / "posterior.json")
    again = read_posterior(tmp_path / "posterior.json")
    assert again == found
    assert again.digest == found.digest
    assert again.about["seed"] == 3
    assert len(again) == 50
    assert (tmp_path / "posterior.json").read_text() == again.as_text()
    assert again.table.shape == (50, len(found.parameters) + 1)


def test_every_number_and_every_word_of_a_posterior_is_part_of_its_digest(found):
    other = found.draws[:-1] + (tuple(value * (1 + 1e-15) for value in found.draws[-1]),)
    changed = [{"verdict": "all checks passed"}, {"date": "2026-11-21"}, {"draws": other}]
    assert len({found.digest, *(replace(found, **each).digest for each in changed)}) == 4


def test_the_line_of_a_posterior_names_the_calibration_its_date_and_its_verdict(found):
    assert found.line == "calibration six_agreements of 2026-11-20: two of three checks passed"
    assert not found.is_calibrated
    assert replace(found, status="calibrated").is_calibrated


def test_thinning_spreads_the_draws_evenly_and_leaves_out_what_is_of_one_episode(found):
    few = found.thinned(25)
    shared = len(found.parameters)
    assert few.draws == tuple(found.draws[2 * i + 1][:shared] for i in range(25))
    assert few.episode_parameters == ()
    assert few.about == {
        "seed": 3, "thinned_from": {"digest": found.digest, "draws": 50},
    }  # fmt: skip
    assert few.thinned(25) is few
    assert found.thinned(50).draws == tuple(row[:shared] for row in found.draws)


@pytest.mark.parametrize("draws", [0, 19, 51])
def test_draws_that_are_not_there_or_too_few_are_refused(found, draws):
    with pytest.raises(InputError, match=rf"draws is {draws}; it must be a number in \[20, 50\]"):
        found.thinned(draws)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("winset_posterior", 2, "winset_posterior is 2; it must be 1, the schema that this Winset"),
        ("winset_posterior", True, "winset_posterior is True; it must be 1"),
        ("name", "../secret", "name is '../secret'; it must be letters, digits, _ . -"),
        ("name", 7, "name is 7; it must be letters"),
        ("title", "", "title is ''; it must be a text of 1 to 160 characters on one line"),
        ("title", "two\nlines", "title is 'two\\nlines'; it must be a text"),
        ("verdict", "x" * 161, "it must be a text of 1 to 160 characters on one line"),
        ("date", "20 November 2026", "date is '20 November 2026'; it must be a date, such as"),
        ("date", "20261120", "date is '20261120'; it must be a date"),
        ("date", 2026, "date is 2026; it must be a date"),
        ("status", "fine", "it must be one of \"calibrated\", \"not calibrated\""),
        ("status", [], "status is []; it must be one of"),
        ("parameters", [], "parameters is []; it must name at least one parameter"),
        ("parameters", "talks.split", "parameters is 'talks.split'; it must be a list of names"),
        ("parameters", [7], "parameters is [7]; it must be a list of names"),
        ("parameters", ["president.wealth"], "parameters has 'president.wealth'; it must be the"),
        ("parameters", ["audience_cost"], "it must be the full name of a parameter"),
        ("parameters", ["talks.rounds"], "'talks.rounds'; a whole number or a code is not drawn"),
        ("parameters", ["ministry.policy"], "a whole number or a code is not drawn"),
        ("parameters", ["talks.split"] * 2, "has 'talks.split' twice; names must differ"),
        ("episode_parameters", ["president.demand"], "it must be a case and a parameter"),
        ("episode_parameters", ["../x:president.demand"], "it must be a case and a parameter"),
        ("episode_parameters", ["korea_2006:president.wealth"], "it must be the full name of a"),
        ("episode_parameters", None, "episode_parameters is None; it must be a list of names"),
        ("draws", [], "draws is 0 rows; it must be a list of at least 20 rows"),
        ("draws", {}, "draws is {}; it must be a list of at least 20 rows"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_meant_is_refused(told, tmp_path, key, value, said):
    assert said in refused(tmp_path, told | {key: value})


@pytest.mark.parametrize("key", ["winset_posterior", "name", "verdict", "model", "status"])
def test_a_key_that_is_missing_is_told(told, tmp_path, key):
    del told[key]
    assert f"{key} is missing; it must be " in refused(tmp_path, told)


@pytest.mark.parametrize("key", ["parameters", "draws"])
def test_a_posterior_without_names_or_rows_is_refused(told, tmp_path, key):
    del told[key]
    assert f"{key} is None; it must be a list of" in refused(tmp_path, told)


def test_the_posterior_of_another_version_of_the_model_is_refused(told, tmp_path):
    said = refused(tmp_path, told | {"model": "0" * 64})
    assert f"model is '{'0' * 50}" in said
    assert f"the model of Winset {provenance.versions()['winset']} here: calibrate again" in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1e999", "is inf; it must be a finite number in [0, 1e+09]"),
        ("-0.001", "is -0.001; it must be a finite number in [0, 1e+09]"),
        ("true", "is True; it must be a finite number"),
        ('"0.1"', "is '0.1'; it must be a finite number"),
        ("null", "is None; it must be a finite number"),
        ("1" + "0" * 400, "; it must be a finite number"),
    ],
)
def test_a_draw_that_is_no_number_in_the_range_is_told_by_row_and_parameter(tmp_path, value, said):
    columns = columns_of(from_priors(20))
    found = posterior_of({"president.audience_cost": columns["president.audience_cost"]})
    text = found.as_text().replace(json.dumps(found.draws[7][0]), value)
    told = refused(tmp_path, text)
    assert "draws, row 7, president.audience_cost is " in told
    assert said in told


def test_a_draw_that_its_parameter_may_be_is_still_no_draw_where_it_is_infinite(tmp_path):
    found = posterior_of({"president.precision": [20.0 + i for i in range(20)]})
    text = found.as_text().replace("[23.0]", "[1e999]")
    assert "row 3, president.precision is inf; it must be a finite" in refused(tmp_path, text)


@pytest.mark.parametrize("value", [0, 1.5, 1001])
def test_the_rounds_after_the_expiry_are_whole_and_at_least_one(tmp_path, value):
    found = posterior_of({"talks.rounds_after_expiry": [4.0] * 20})
    text = found.as_text().replace("[4.0]", f"[{value}]", 1)
    assert f"is {value}; it must be a whole number in [1, 1000]" in refused(tmp_path, text)


@pytest.mark.parametrize("row", [[1.0], [1.0] * 99, 1.0])
def test_a_row_of_another_length_is_told(told, tmp_path, row):
    told["draws"][5] = row
    assert "draws, row 5 is " in refused(tmp_path, told)
    assert f"it must be a list of {len(told['draws'][0])} numbers" in refused(tmp_path, told)


def test_of_many_problems_the_first_are_told_and_the_others_counted(told, tmp_path):
    told["draws"] = [[-99.0] * len(told["draws"][0])] * 30
    said = refused(tmp_path, told).splitlines()
    assert len(said) == 21
    assert said[-1].endswith(" more")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no JSON file of a posterior: "),
        ("{", "is no JSON file of a posterior: "),
        ("[]", "is no JSON file of a posterior: it must be an object"),
        ('{"seed": NaN}', "NaN is no number of JSON"),
        ('{"seed": -Infinity}', "-Infinity is no number of JSON"),
        ('{"a": {"b": 1, "b": 2}}', "key 'b' stands twice"),
        ("[" * 100_000, "is no JSON file of a posterior: "),
        ('{"seed": 1' + "0" * 5000 + "}", "is no JSON file of a posterior: "),
    ],
    ids=range(8),
)
def test_what_is_no_strict_json_is_refused(tmp_path, content, said):
    assert said in refused(tmp_path, content)


def test_bytes_that_are_no_text_and_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match=r"bytes\.json: is no JSON file of a posterior"):
        read_posterior(tmp_path / "bytes.json")
    with pytest.raises(InputError, match=r"none\.json: cannot be read: No such file"):
        read_posterior(tmp_path / "none.json")
    with pytest.raises(InputError, match="is no file"):
        read_posterior(tmp_path)
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputError, match=r"pipe\.json: is no file"):
        read_posterior(tmp_path / "pipe.json")
    with pytest.raises(InputError, match="/dev/null: is no file"):
        read_posterior("/dev/null")


def test_a_file_that_is_too_long_is_not_read_to_its_end(found, tmp_path, monkeypatch):
    write_posterior(found, tmp_path / "posterior.json")
    monkeypatch.setattr(file, "MOST_BYTES", 1_000_000)
    read_posterior(tmp_path / "posterior.json")
    monkeypatch.setattr(file, "MOST_BYTES", 1_000)
    with pytest.raises(InputError, match="is longer than 0 MB, the most allowed"):
        read_posterior(tmp_path / "posterior.json")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "two\nlines"}, "verdict is 'two\\\\nlines'"),
        ({"model": "another"}, "model is 'another'"),
        ({"about": {"ess": float("nan")}}, "posterior cannot be written as JSON"),
        ({"about": {"ess": object()}}, "posterior cannot be written as JSON"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(found, tmp_path, changes, said):
    (tmp_path / "posterior.json").write_text("before")
    with pytest.raises(InputError, match=said):
        write_posterior(replace(found, **changes), tmp_path / "posterior.json")
    assert [path.name for path in tmp_path.iterdir()] == ["posterior.json"]
    assert (tmp_path / "posterior.json").read_text() == "before"

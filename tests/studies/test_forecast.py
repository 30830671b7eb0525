"""What a study would take is told before it is played: negotiations, blocks, time and size."""

import re

import numpy as np
import pytest

from experiments import blocks, run_study
from experiments.forecast import forecast, in_words
from experiments.study_making import make_study
from sim import InputError, read_scenario

CASE = read_scenario("korea_2019")
VARY = {"demand": np.linspace(1.05, 8, 12)}


def asked(**given):
    return make_study(CASE, **({"vary": VARY, "replicates": 600} | given))


def size_of(line):
    number, unit = re.search(r"about ([\d.e+]+) (bytes|kB|MB)", line).groups()
    return float(number) * {"bytes": 1, "kB": 1e3, "MB": 1e6}[unit]


@pytest.mark.parametrize("keep_rows", [False, True])
@pytest.mark.parametrize("size", [500, 2**18])
def test_a_forecast_is_what_the_run_plays_and_leaves(tmp_path, monkeypatch, keep_rows, size):
    monkeypatch.setattr(blocks, "NEGOTIATIONS", size)
    study = asked(variants={"case": {}, "other": {"split": 0.4}})
    told = forecast(study, keep_rows, threads=1)
    played = run_study(study, where=tmp_path, keep_rows=keep_rows)
    points, each, total, count = re.search(
        r": (\d+) design points .*\), ([\d,]+) negotiations each: ([\d,]+) in ([\d,]+) blocks?\.",
        told[0],
    ).groups()
    assert (int(points), int(each)) == (24, 600)
    assert int(total.replace(",", "")) == played.counts["n"].sum()
    assert int(count) == played.manifest["blocks"]
    left = [*(tmp_path / "counts").iterdir(), *(tmp_path / "negotiations").glob("*")]
    told_size = size_of(told[2])
    assert 0.5 < told_size / sum(path.stat().st_size for path in left) < 2
    assert told[-1] == "Nothing was played or written."


@pytest.mark.parametrize("precision", [0.02, 0.05])
def test_the_forecast_of_a_study_in_stages_is_an_upper_bound(tmp_path, monkeypatch, precision):
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 2000)
    study = asked(precision=precision, replicates=100_000)
    line = forecast(study, threads=1)[0]
    each, total, count = re.search(
        r"at most ([\d,]+) negotiations each: at most ([\d,]+) in at most ([\d,]+) blocks", line
    ).groups()
    played = run_study(study, where=tmp_path)
    assert played.counts["n"].max() <= int(each.replace(",", "")) < 100_000
    assert played.counts["n"].sum() <= int(total.replace(",", ""))
    assert played.manifest["blocks"] <= int(count.replace(",", ""))


def test_of_a_refined_study_it_is_not_known_how_many_blocks_it_has():
    study = asked(vary=VARY | {"assembly.shift": [-0.1, 0, 0.1]}, refine=True)
    line = forecast(study, threads=1)[0]
    assert line.endswith("at most 600 negotiations each: at most 21,600 in blocks.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "12 levels of president.demand"),
        ({"vary": {"demand": [2]}}, "1 design point (1 level of president.demand), 600"),
        ({"vary": {}}, "1 design point (the case alone)"),
        ({"vary": VARY | {"president.audience_cost": "prior"}, "size": 5},
         "60 design points (12 levels of president.demand x 5 draws of 1 parameter), 600"),
        ({"vary": {"demand": (1, 5), "shift": (0, 0.1)}, "design": "sobol", "size": 8},
         "8 design points (8 draws of 2 parameters), 600"),
    ],
)  # fmt: skip
def test_a_forecast_says_what_makes_up_the_design_points(given, said):
    assert said in forecast(asked(**given), threads=1)[0]


def test_a_forecast_plays_little_whatever_the_study():
    study = asked(replicates=10**9)
    line = forecast(study, threads=1)[0]
    assert "12,000,000,000 in 45,780 blocks" in line


def test_what_will_have_no_effect_is_told_before():
    study = asked(vary=VARY | {"others_payment": [1, 2]}, variants={"a": {}, "b": {"split": 0.4}})
    told = forecast(study, threads=1)
    for line in (
        "precedent.others_payment will have no effect, because the precedent has no weight "
        "(precedent.weight is 0).",
        "talks.split will have no effect, because it prices a sealed double auction, and here "
        "offers alternate.",
    ):
        assert line in told


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(InputError, match="needs both reservation values uniform"):
        forecast(asked(settings={"ministry.policy": 3}))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.01, "1 second"), (1.4, "1 second"), (89, "89 seconds"), (95, "2 minutes"),
        (5_000, "83 minutes"), (7_300, "2 hours"), (172_000, "48 hours"), (400_000, "5 days"),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_the_unit_that_fits(seconds, words):
    assert in_words(seconds) == words

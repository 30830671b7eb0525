"""The figure of one negotiation: positions in dollars, how it ended, what happened when."""

import pytest

from experiments import figures, make_study
from experiments.provenance import plain
from experiments.run import make_manifest
from experiments.transcript import Transcript
from sim import watch


def told(scenario, seed, settings=None):
    talks = watch(scenario.points(settings), 0, 0, seed=seed, scenario=scenario)
    talks.run()
    return Transcript(scenario, talks)


@pytest.fixture
def manifest():
    made = make_manifest(make_study(vary={"demand": [2.0]}, seed=7), keep_rows=False)
    return plain(made | {"study": "one negotiation", "replicate": 0, "seed": 7})


@pytest.fixture
def of_talks(scenario, manifest):
    def figure(seed=7, settings=None):
        return figures.talks_figure(told(scenario, seed, settings), manifest)

    return figure


def test_its_face_says_how_the_talks_ended_and_that_they_are_one_of_many(of_talks, scenario, words):
    said = words(of_talks())
    assert told(scenario, 7).headline() in said
    assert "One negotiation (n = 1)" in said
    assert "not calibrated: plausible, not a forecast" in said
    assert "seed 7" in said and "replicate 0" in said
    for label in ("tabled by the US", "tabled by Seoul", "least that the president signs",
                  "most that Seoul may concede", "zone of possible agreement"):  # fmt: skip
        assert label in said


def test_it_draws_the_positions_in_dollars(of_talks, scenario):
    axes = of_talks().axes[0]
    rows = told(scenario, 7).positions()
    curves = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert curves["tabled by the US"] == pytest.approx([r["us_amount"] * 0.896 for r in rows])
    assert curves["tabled by Seoul"] == pytest.approx([r["seoul_amount"] * 0.896 for r in rows])
    low, high = axes.get_ylim()
    assert low < min(map(min, curves.values()))
    assert high > max(map(max, curves.values()))


@pytest.mark.parametrize("seed", [0, 2, 7, 30, 84])
def test_nothing_overlaps_or_is_cut_off(of_talks, seed, check_layout):
    check_layout(of_talks(seed))


@pytest.mark.parametrize("rounds", [1, 2, 40])
def test_talks_of_any_length_can_be_drawn(of_talks, rounds, check_layout):
    check_layout(of_talks(7, {"talks.rounds": rounds, "demand": 1.3}))


def test_the_largest_numbers_of_a_manifest_fit(scenario, manifest, check_layout):
    large = manifest | {"replicate": 2**40, "seed": 2**64 - 1}
    check_layout(figures.talks_figure(told(scenario, 7), large))


def test_several_events_of_one_round_stand_in_one_line(of_talks, scenario, words):
    seed = next(
        seed
        for seed in range(200)
        if (8, "new president") in (events := told(scenario, seed).events())
        and sum(when == 8 for when, _ in events) > 1
    )
    assert "new president, " in words(of_talks(seed))


def test_a_calibrated_case_does_not_call_itself_uncalibrated(tmp_path, manifest, words):
    from sim.scenario import SEEDS, read_scenario

    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    path = tmp_path / "case.toml"
    path.write_text(text.replace('status = "uncalibrated"', 'status = "calibrated"'))
    figure = figures.talks_figure(told(read_scenario(path), 7), manifest)
    assert "not calibrated" not in words(figure)

"""A study under a posterior: the same question, averaged over what a calibration has found."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from experiments import (
    answer,
    blocks,
    by_round,
    estimate,
    make_study,
    read_results,
    run_study,
    under_posterior,
)
from experiments.calibration.posterior import read_posterior, write_posterior
from experiments.cli import main
from experiments.events import EVENTS
from experiments.forecast import forecast
from experiments.ignorance import under_ignorance
from experiments.posterior_sweep import as_in_case, check_extras, not_drawn, posterior_band
from experiments.recorded import read_recorded
from experiments.replay import replay, verify_results
from experiments.results import examine, find_blocks, merge, open_store
from experiments.study import ROUNDS_AFTER_EXPIRY
from experiments.study_making import with_options
from sim import InputError, negotiate, read_scenario
from sim.parameters import Prior
from tests.posteriors import PRIORS, columns_of, from_priors, posterior_of

CASE = read_scenario("korea_2019")
COST = "president.audience_cost"
VARY = {"demand": [1.5, 5.58]}
VARIANTS = {"case": {}, "cheap_talk": {COST: 0.0}}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks so small that a study of a moment has several."""
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 600)


@pytest.fixture(scope="module")
def posterior():
    return from_priors(30)


def asked(posterior, draws=None, **given):
    options = {"vary": VARY, "variants": VARIANTS, "replicates": 600, "seed": 0}
    return under_posterior(make_study(CASE, **(options | given)), posterior, draws)


@pytest.fixture(scope="module")
def study(posterior):
    return asked(posterior)


@pytest.fixture(scope="module")
def kept(study, tmp_path_factory):
    """The folder of a finished run, with its negotiations."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "NEGOTIATIONS", 600)
        run_study(study, where=folder, keep_rows=True, workers=1)
    return folder


@pytest.fixture
def copied(kept, tmp_path):
    return shutil.copytree(kept, tmp_path / "run")


def as_texts(counts):
    return {str(name): [str(value) for value in counts[name]] for name in counts}


# what is drawn, and what is not


def test_the_negotiations_of_a_level_are_split_among_the_draws_and_rounded_up(posterior):
    for replicates, draws, each in ((600, None, 20), (601, None, 21), (1, 20, 1), (50, 20, 3)):
        found = asked(posterior, draws, replicates=replicates)
        assert found.replicates_of_draw == each
        assert found.replicates == each * (draws or 30)
    assert found.name == "korea_2019-demand-posterior"
    assert len(asked(from_priors(500)).posterior) == 400


def test_a_replicate_is_played_under_its_draw_with_random_numbers_of_its_own(kept, posterior):
    rows = read_results(kept).negotiations()
    columns = {name: np.array(values) for name, values in columns_of(posterior).items()}
    rounds = columns.pop(ROUNDS_AFTER_EXPIRY) + CASE.values["talks.expiry_round"]
    for point, (demand, variant) in enumerate(
        (demand, variant) for demand in VARY["demand"] for variant in VARIANTS
    ):
        played = rows[rows["design_point"] == point].sort_values("replicate")
        assert played["replicate"].tolist() == list(range(600))
        assert played["draw"].tolist() == [i // 20 for i in range(600)]
        assert set(played["variant"]) == {variant}
        for draw in (0, 7, 29):
            values = {name: column[draw] for name, column in columns.items()}
            values |= VARIANTS[variant] | {"president.demand": demand, "talks.rounds": rounds[draw]}
            records = negotiate(CASE.points(values), 20, seed=0, first_replicate=20 * draw)[0]
            told = played[played["draw"] == draw]
            for name in ("ending", "round", "amount", "gap"):
                np.testing.assert_array_equal(told[name].to_numpy(), records[name])


@pytest.mark.parametrize("common", [True, False])
def test_a_posterior_that_knows_the_case_for_sure_gives_the_counts_of_the_case(common):
    certain = posterior_of({name: [CASE.values[name]] * 20 for name in PRIORS})
    study = replace(asked(certain), common=common)
    under, plain = run_study(study), run_study(replace(study, posterior=None))
    assert as_texts(under.counts[list(plain.counts)]) == as_texts(plain.counts)
    told, usual = estimate(under), estimate(plain)
    assert list(told) == list(usual)
    pd.testing.assert_frame_equal(told, usual, rtol=1e-9, atol=1e-12)


def test_what_the_study_varies_or_sets_is_not_drawn_and_a_variant_keeps_what_it_sets(posterior):
    study = asked(
        posterior, vary={"president.audience_cost": [0.0, 0.1]},
        settings={"talks.lapse_cost": 0.0, "talks.split": 0.4},
        variants={"case": {}, "short": {"talks.rounds": 4, "talks.precision": 10.0}},
    )  # fmt: skip
    assert not_drawn(study) == [COST, "talks.lapse_cost"]
    assert not {COST, "talks.lapse_cost", "talks.split"} & {*study.drawn}
    run = run_study(study)
    points = run.design.points(np.arange(4), np.array([0, 0, 5, 5]))
    columns = columns_of(posterior)
    assert points.values["president_audience_cost"].tolist() == [0.0, 0.0, 0.1, 0.1]
    assert points.values["talks_lapse_cost"].tolist() == [0.0] * 4
    precision = columns["talks.precision"]
    assert points.values["talks_precision"].tolist() == [precision[0], 10.0, precision[5], 10.0]
    rounds = [5 + value for value in columns[ROUNDS_AFTER_EXPIRY]]
    assert points.values["talks_rounds"].tolist() == [rounds[0], 4, rounds[5], 4]
    table = by_round(run)
    assert table["round"].max() == max(rounds)
    short = table[(table["variant"] == "short") & (table["round"] > 4)]
    assert short["count"].sum() == 0


def test_the_rounds_after_the_expiry_follow_a_level_a_setting_or_a_variant_of_the_expiry(posterior):
    (after, *_) = columns_of(posterior)[ROUNDS_AFTER_EXPIRY]
    for given, expiry in (
        ({"vary": {"expiry_round": [2, 8]}, "variants": None}, [2, 8]),
        ({"settings": {"expiry_round": 3}}, [3] * 4),
        ({"variants": {"case": {}, "late": {"expiry_round": 9}}}, [5, 9, 5, 9]),
    ):
        design = run_study(asked(posterior, **given)).design
        points = design.points(np.arange(len(design)), np.zeros(len(design), int))
        assert points.values["talks_rounds"].tolist() == [each + after for each in expiry]
    fixed = asked(posterior, settings={"talks.rounds": 10})
    assert not_drawn(fixed) == [ROUNDS_AFTER_EXPIRY]


# what is counted


def test_what_is_counted_draw_by_draw_adds_up_to_the_whole(study):
    counts = run_study(study).counts
    for name in ("n", "lapse", "any_walk_out", "us_value_nano", "seoul_cost_nano"):
        each = np.stack(list(counts[f"{name}_by_draw"]))
        assert each.shape == (4, 30)
        assert each.sum(axis=1).tolist() == counts[name].tolist()
    broken = np.stack(list(counts["breakdown_by_draw"])).sum(axis=1)
    assert broken.tolist() == (counts["n"] - counts["ratified"]).tolist()


def test_a_surplus_is_reckoned_from_the_reservation_of_its_own_draw(kept, study, posterior):
    rows = read_results(kept).negotiations()
    table = estimate(run_study(study))
    for side, sign, value, mean in (
        ("us", 1, "us_value", "president.reservation_mean"),
        ("seoul", -1, "seoul_cost", "ministry.reservation_mean"),
    ):
        middle = np.array(columns_of(posterior)[mean])[rows["draw"]]
        gain = np.where(rows["ending"] == 0, sign * (rows[value] - middle), 0.0)
        for point, row in table.iterrows():
            part = gain[rows["design_point"] == point]
            assert row[f"{side}_surplus"] == pytest.approx(part.mean(), abs=1e-8)
            half = 1.96 * part.std() / np.sqrt(600)
            assert row[f"{side}_surplus_high"] - row[f"{side}_surplus"] == pytest.approx(half, 1e-3)


def test_blocks_threads_and_shards_leave_the_same_counts(study, monkeypatch, tmp_path):
    small = run_study(study, workers=3).counts
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 130)  # cuts within a draw
    assert as_texts(run_study(study, workers=1).counts) == as_texts(small)
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 2**18)
    assert as_texts(run_study(study, workers=2).counts) == as_texts(small)
    monkeypatch.setattr("experiments.job.MOST_LAID_OUT", 1)  # a draw at a time
    assert as_texts(run_study(study, workers=2).counts) == as_texts(small)


def test_what_is_counted_draw_by_draw_is_read_back_with_the_draw_as_a_dimension(kept):
    pytest.importorskip("xarray")
    counts = read_results(kept).to_xarray()["lapse_by_draw"].sel(variant="case")
    assert counts.dims == ("president.demand", "draw")
    frame = read_results(kept).counts
    frame = frame[frame["variant"] == "case"]
    assert counts.values.tolist() == [list(row) for row in frame["lapse_by_draw"]]
    assert counts["draw"].values.tolist() == list(range(30))


# the second band


def test_the_band_lies_where_the_probabilities_of_the_draws_lie():
    """Half of the draws never break down, the others nearly always."""
    halves = posterior_of({
        "public.backlash_weight": [0.0, 0.3] * 20,
        "president.reservation_mean": [0.9, 1.8] * 20,
    })  # fmt: skip
    run = run_study(asked(halves, vary={"demand": [2.0, 5.0]}, variants=None, replicates=4000))
    band = posterior_band(run)
    for draw in (0, 1):
        values = {name: column[draw] for name, column in columns_of(halves).items()}
        records = negotiate(
            CASE.points(values | {"president.demand": [2.0, 5.0]}), 2000, seed=5
        )  # fmt: skip
        share = (records["ending"] != 0).mean(axis=1)
        np.testing.assert_allclose(band[("low", "high")[draw]], share, atol=0.06)
    table = estimate(run)
    np.testing.assert_allclose(band["mean"], table["breakdown"])
    assert band["n"].tolist() == [100, 100]
    assert band["draws"].tolist() == [40, 40]


def test_where_all_draws_are_alike_the_band_holds_no_chance():
    alike = posterior_of({COST: [0.05] * 200})
    study = asked(alike, vary={"demand": [3.0]}, variants=None, replicates=10_000)
    (row,) = posterior_band(run_study(study)).to_dict("records")
    assert row["high"] - row["low"] < 0.08  # 50 negotiations each: chance alone spreads them by .2


def test_too_few_negotiations_a_draw_have_no_band_and_the_answer_says_so(posterior):
    run = run_study(asked(posterior, replicates=19 * 30))
    band = posterior_band(run)
    assert band["low"].isna().all() and band["high"].isna().all()
    assert band["mean"].notna().all()
    assert any(
        line.startswith("Fewer than 20 negotiations a draw do not tell how far the draws lie")
        for line in answer(run, estimate(run))
    )


# what is said


def test_the_answer_says_which_calibration_what_is_drawn_and_how_far_the_draws_lie_apart(posterior):
    study = asked(posterior, settings={"talks.lapse_cost": 0.0})
    run = run_study(study)
    lines = answer(run, estimate(run))
    assert not any("assumptions" in line for line in lines)
    place = lines.index(
        "Averaged over 30 draws of the posterior, 20 negotiations each at every level."
    )
    told = lines[place + 1 :]
    assert told[:2] == [
        "Not drawn, as the study varies or sets it: talks.lapse_cost.",
        "Not drawn in cheap talk, which sets it: president.audience_cost.",
    ]
    assert told[2].startswith("Not in the posterior, so as in the case: turnover.expected_prob")
    assert told[2].count(",") == len(as_in_case(study)) == 7
    row = posterior_band(run).iloc[2]
    assert told[3] == (
        "Not knowing the parameters: in nine draws of ten, breakdown at president.demand = 5.58 "
        f"payments ($5bn) is between {row['low']:.0%} and {row['high']:.0%} (chance taken out)."
    )
    assert told[4] == "Calibration six_agreements of 2026-11-20: two of three checks passed."


def test_the_case_alone_and_two_parameters_can_be_asked_of_a_posterior(posterior):
    one = run_study(asked(posterior, vary={}, variants=None))
    lines = answer(one, estimate(one))
    assert lines[0].startswith("In the case the talks break down in ")
    assert any("in nine draws of ten, breakdown is between" in line for line in lines)
    two = asked(posterior, vary=VARY | {"assembly.shift": [0.0, 0.1]}, variants=None)
    assert not_drawn(two) == ["assembly.shift"]
    assert len(estimate(run_study(two))) == 4


def test_manifest_and_forecast_name_the_calibration(kept, study):
    manifest = json.loads((kept / "manifest.json").read_text())
    assert manifest["status"] == study.posterior.line
    told = manifest["study"]["posterior"]
    assert told == {
        "name": "six_agreements", "date": "2026-11-20", "status": "not calibrated",
        "verdict": "two of three checks passed", "draws": 30, "digest": study.posterior.digest,
    }  # fmt: skip
    assert "2 levels of president.demand x 30 draws of a posterior" in forecast(study, threads=1)[0]


def test_a_study_without_a_posterior_says_nothing_of_one(study):
    plain = replace(study, posterior=None)
    assert "posterior" not in json.dumps({**plain.as_json(), "name": "", "labels": {}})
    assert plain.digest != study.digest


def test_another_posterior_is_another_run(study, posterior, copied):
    other = asked(replace(posterior, verdict="all checks passed"))
    assert other.digest != study.digest
    with pytest.raises(InputError, match="posterior.verdict .*all checks passed"):
        run_study(other, where=copied, keep_rows=True)
    run_study(other, where=copied, keep_rows=True, overwrite=True, workers=1)
    assert read_posterior(copied / "posterior.json") == other.posterior
    run_study(replace(other, posterior=None), where=copied, overwrite=True, workers=1)
    assert not (copied / "posterior.json").exists()


# played again


def test_a_run_goes_on_where_it_stopped_and_its_parts_are_put_together(study, kept, tmp_path):
    for shard in ((1, 2), (2, 2)):
        run_study(
            study, where=tmp_path / f"part-{shard[0]}", keep_rows=True, shard=shard, workers=1
        )
    merge([tmp_path / "part-1", tmp_path / "part-2"], tmp_path / "run")
    played = []
    run_study(study, where=tmp_path / "run", keep_rows=True, progress=played.append)
    assert sum(played) == 2400
    for path in kept.rglob("*"):
        if path.is_file() and path.name != "run.lock":
            again = tmp_path / "run" / path.relative_to(kept)
            assert again.read_bytes() == path.read_bytes(), path.name


def test_a_run_is_read_back_and_its_rows_are_told_again_by_the_agents(kept, study):
    again = read_recorded(kept).study
    assert again.as_json() == study.as_json()
    assert again.posterior == study.posterior
    told = replay(kept, 3, 599)
    assert told.identical, told.differences
    lines = told.lines()
    assert "replicate 599 (draw 29 of posterior six_agreements), seed 0." in lines[-2]
    assert (
        "One draw of the posterior of calibration six_agreements of 2026-11-20: two of three "
        "checks passed" in lines
    )
    assert not any("assumptions" in line for line in lines)
    report = verify_results(kept, sample=10**6)
    assert report.identical, report.differences
    assert report.negotiations == 2400


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), r"posterior\.json: is missing"),
        (lambda path: path.write_text("{"), r"posterior\.json: is no JSON file of a posterior"),
        (
            lambda path: path.write_text(path.read_text().replace("two of three", "all three")),
            r"posterior\.json: is not the posterior that was run",
        ),
    ],
)
def test_a_folder_whose_posterior_was_changed_is_refused(copied, change, said):
    change(copied / "posterior.json")
    with pytest.raises(InputError, match=said):
        replay(copied, 0, 0)


def test_the_doctor_misses_the_posterior_and_plays_what_is_lost(copied, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = copied / "posterior.json"
    text = path.read_text()
    path.unlink()
    assert "posterior.json: is missing" in examine(open_store(copied)).findings
    path.write_text(text)
    assert examine(open_store(copied)).healthy
    store = open_store(copied)
    (name,) = find_blocks(store, "counts")[1]
    before = store.read(name)
    store.write(name, before[:-7])
    result = CliRunner().invoke(main, ["doctor", "run", "--mend"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "Calibration six_agreements of 2026-11-20: two of three checks passed." in result.output
    assert store.read(name) == before
    assert (copied / "posterior.csv").is_file()


# refusals


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vary": {"demand": (1, 5)}, "design": "sobol", "size": 8},
         "a posterior needs a grid of levels, or the case alone, not a design of kind 'sobol'"),
        ({"vary": {"demand": (1, 5)}, "design": "morris", "size": 8}, "of kind 'morris'"),
        ({"vary": {"demand": (1, 5)}, "design": "saltelli", "size": 8}, "of kind 'saltelli'"),
        ({"vary": {"demand": (1, 5)}, "design": "latin_hypercube", "size": 8}, "'latin_hypercube'"),
        ({"vary": VARY | {COST: Prior("uniform", 0.0, 0.1)}, "variants": None, "size": 4},
         "not a design that draws priors"),
        ({"precision": 0.05}, "precision and a posterior exclude each other"),
        ({"vary": VARY | {"assembly.shift": [0, 0.1]}, "variants": None, "refine": True},
         "refine and a posterior exclude each other"),
        ({"vary": {"demand": np.linspace(1, 8, 66_700)}},
         "133,400 design points x 30 draws of a posterior; at most 4,000,000 can be counted"),
        ({"settings": {"talks.expiry_round": 995}}, "make 1011 rounds; it must be at most 1000"),
        ({"vary": {"talks.expiry_round": [1, 990]}, "variants": None}, "make 1006 rounds"),
    ],
)  # fmt: skip
def test_a_study_that_a_posterior_does_not_fit_is_refused(posterior, given, said):
    with pytest.raises(InputError, match=said):
        asked(posterior, **given)


def test_replicates_that_the_draws_cannot_share_are_refused(study):
    with pytest.raises(InputError, match="replicates is 601; .* a multiple of its 30 draws"):
        with_options(study, replicates=601)


def test_settings_that_contradict_each_other_under_some_draw_are_refused(posterior):
    study = asked(posterior, settings={"ministry.policy": 3, "negotiators.policy": 3})
    with pytest.raises(InputError, match="needs both reservation values uniform"):
        run_study(study)


def test_a_posterior_goes_with_no_other_band_and_no_curve_of_theory(study):
    with pytest.raises(InputError, match="a study under a posterior has a band of its own"):
        under_ignorance(replace(study, variants=study.variants[:1]), 20)
    with pytest.raises(InputError, match="ignorance and a posterior exclude each other"):
        check_extras(study, baselines=False, ignorance=True)
    with pytest.raises(InputError, match="baselines do not fit a study under a posterior"):
        check_extras(study, baselines=True, ignorance=False)
    check_extras(replace(study, posterior=None), baselines=True, ignorance=True)


# the command


@pytest.fixture
def winset(tmp_path, monkeypatch, posterior):
    """Run a small study under a posterior in a folder that holds its file."""
    monkeypatch.chdir(tmp_path)
    write_posterior(posterior, tmp_path / "posterior.json")

    def run(*words):
        given = ["run", "--vary", "demand=1.5,5.58", "-n", "600", *words]
        return CliRunner().invoke(main, given)

    return run


def test_the_command_averages_over_the_draws_and_leaves_a_table_of_their_band(winset, tmp_path):
    result = winset("--posterior", "posterior.json", "--posterior-draws", "20", "--no-figures")
    assert result.exit_code == 0, result.output
    assert "Averaged over 20 draws of the posterior, 30 negotiations each" in result.stdout
    folder = tmp_path / "results" / "korea_2019-demand-posterior"
    lines = (folder / "posterior.csv").read_text().splitlines()
    assert lines[0] == "design_point,variant,president.demand,n,draws,mean,low,high"
    assert len(lines) == 3
    assert "by_draw" not in (folder / "estimates.csv").read_text()
    assert read_results(folder).counts["n"].tolist() == [600, 600]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--posterior", "none.json"], "none.json: cannot be read: No such file or directory"),
        (["--posterior-draws", "20"], "--posterior-draws is for a study under a --posterior"),
        (["--posterior", "posterior.json", "--posterior-draws", "31"], "posterior draws is 31; it"),
        (["--posterior", "posterior.json", "--posterior-draws", "0"], "posterior draws is 0; it"),
        (["--posterior", "posterior.json", "--ignorance", "20"], "ignorance and a posterior"),
        (["--posterior", "posterior.json", "--baselines"], "baselines do not fit"),
        (["--posterior", "posterior.json", "--precision", "0.1"], "precision and a posterior"),
        (["--posterior", "posterior.json", "--vary", "shift=prior", "--size", "3"], "draws priors"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(winset, tmp_path, words, said):
    result = winset(*words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["posterior.json"]


def test_a_posterior_of_another_model_is_refused_and_the_run_before_stays(winset, tmp_path):
    first = winset("--posterior", "posterior.json", "--out", "run", "--no-figures")
    assert first.exit_code == 0, first.output
    path = tmp_path / "posterior.json"
    table = json.loads(path.read_text()) | {"model": "0" * 64}
    path.write_text(json.dumps(table))
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    result = winset("--posterior", "posterior.json", "--out", "run", "--overwrite")
    assert result.exit_code == 2
    assert "posterior.json: model is '" in result.stderr
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before


def test_the_page_on_the_files_of_a_run_names_what_a_posterior_adds(kept, study):
    page = (Path(__file__).parents[2] / "results" / "README.md").read_text(encoding="utf-8")
    section = set(re.findall("`([^`]+)`", page.split("## Under a posterior\n")[1]))
    run = run_study(study)
    plain = run_study(replace(study, posterior=None)).counts
    events = "|".join(EVENTS)
    added = {re.sub(f"^({events})_", "<event>_", name) for name in {*run.counts} - {*plain}}
    assert len(added) == 4
    assert added <= section
    assert {"draw"} <= section & {*read_results(kept).negotiations()}
    columns = {*posterior_band(run)} - {"design_point", "variant", *study.parameters}
    assert columns <= section

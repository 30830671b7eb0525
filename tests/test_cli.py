"""The `winset` command: what it prints, what it writes, and how it refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from experiments import figures
from experiments import sweep as main_job
from experiments.cli import main
from experiments.results.legacy import read_negotiations
from sim.scenario import SEEDS

ROOT = Path(__file__).parents[1]
SHARE = r"\d+\.\d% \[\d+\.\d%, \d+\.\d%\]"


@pytest.fixture
def one_format(monkeypatch):
    """Where the figure is beside the point."""
    monkeypatch.setattr(figures, "FORMATS", ("png",))


@pytest.fixture
def winset(tmp_path, monkeypatch):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(main, list(map(str, words)))

    return run


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# help


@pytest.mark.parametrize(
    "words", [["--help"], ["-h"], ["play", "-h"], ["sweep", "-h"], ["demo", "-h"]]
)
def test_help_says_what_a_command_does(winset, words):
    result = winset(*words)
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")
    assert result.stderr == ""


def test_help_lists_the_commands(winset):
    text = winset("--help").stdout
    for command, job in (
        ("play", "Play one negotiation and tell it, round by round."),
        ("sweep", "Sweep the demanded amount"),
        ("demo", "The main job on the case of November 2019."),
    ):
        assert re.search(rf"  {command} +{re.escape(job)}", text)


def test_the_module_is_the_command_and_its_help_draws_nothing_and_builds_no_agents(tmp_path):
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "experiments", "--help"],
        capture_output=True, text=True, timeout=250, cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.returncode == 0
    assert run.stdout.startswith("Usage: python -m experiments [OPTIONS] COMMAND")
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "experiments.cli" in imported
    assert not {"matplotlib", "mesa", "tqdm"} & imported
    assert files(tmp_path) == []


def test_the_command_says_its_version(winset, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{name} 9.9")
    result = winset("--version")
    assert result.exit_code == 0
    assert "winset 9.9" in result.stdout


# play


def test_play_tells_one_negotiation(winset, tmp_path):
    result = winset("play", "--seed", 7)
    assert result.exit_code == 0
    assert result.stdout.startswith("US-South Korea cost-sharing talks, 2019-21\n\nIn public ")
    assert result.stdout.endswith("\nCase korea_2019, seed 7, replicate 0.\n")
    assert result.stderr == ""
    assert files(tmp_path) == []


def test_play_without_a_seed_is_played_with_the_seed_of_the_main_job(winset):
    assert winset("play").stdout == winset("play", "--seed", main_job.DEFAULT_SEED).stdout


def test_play_takes_a_case_file(winset, tmp_path):
    path = tmp_path / "mine.toml"
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    path.write_text(text.replace('name = "korea_2019"', 'name = "mine"'))
    result = winset("play", "mine.toml", "--seed", 7)
    assert result.stdout.endswith("\nCase mine, seed 7, replicate 0.\n")


def test_play_prints_strict_json(winset):
    result = winset(
        "play", "--json", "--seed", 7, "--replicate", 3, "--set", "reading_noise=inf",
        "--set", "ministry.policy=take_it_or_leave_it", "--set", "demand=2",
    )  # fmt: skip
    assert result.exit_code == 0
    told = json.loads(result.stdout, parse_constant=pytest.fail)
    assert (told["seed"], told["replicate"], told["case"]) == (7, 3, "korea_2019")
    assert told["settings"] == {
        "ministry.reading_noise": "inf", "ministry.policy": 1.0, "president.demand": 2.0,
    }  # fmt: skip
    assert told["rounds"][0]["us"]["amount"] <= 2.0
    assert told["outcome"]["round"] == len(told["rounds"])


def test_play_is_the_same_in_every_run(winset):
    first, second, other = (winset("play", "--json", "--seed", seed).stdout for seed in (7, 7, 8))
    assert first == second != other


@pytest.mark.parametrize(
    ("plot", "expected"),
    [
        ("talks.png", ["talks.png"]),
        ("a/talks.pdf", ["a/talks.pdf"]),
        ("talks", ["talks.pdf", "talks.png", "talks.svg"]),
        ("talks.v2.svg", ["talks.v2.svg"]),
    ],
)
def test_play_draws_where_it_is_told_to(winset, tmp_path, plot, expected):
    result = winset("play", "--seed", 7, "--plot", plot)
    assert result.exit_code == 0
    assert files(tmp_path) == expected
    assert sorted(re.findall(r"Figure: (.*)\n", result.stderr)) == expected
    if plot.endswith("png"):
        with Image.open(tmp_path / plot) as image:
            manifest = json.loads(image.text["Description"])
        assert (manifest["seed"], manifest["replicate"], manifest["case"]) == (7, 0, "korea_2019")


# sweep

SMALL = ["sweep", "-n", "50", "--demands", "1.5:5:3", "--seed", "7"]


def test_sweep_answers_and_leaves_numbers_figures_and_their_source(winset, tmp_path):
    result = winset(*SMALL, "--out", "out")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert len(re.findall(SHARE, result.stdout)) == 8
    assert "of 50 negotiations" in result.stdout
    assert "(n = 50 each)" in result.stdout
    for label, path in (
        ("Figure:       ", "out/figures/breakdown.png (also .svg, .pdf)"),
        ("Estimates:    ", "out/estimates.csv"),
        ("Negotiations: ", "out/negotiations (400 in Parquet)"),
    ):
        assert f"\n{label}{path}" in result.stdout
    names = files(tmp_path / "out")
    assert [name for name in names if not name.startswith("negotiations/")] == [
        "design.csv", "estimates.csv", "figures/breakdown.pdf", "figures/breakdown.png",
        "figures/breakdown.svg", "manifest.json",
    ]  # fmt: skip
    estimates = pd.read_csv(tmp_path / "out" / "estimates.csv")
    assert len(estimates) == 8
    assert estimates["demand"].tolist() == pytest.approx([1.5, 3.25, 5.0, 5000 / 896] * 2, rel=1e-5)
    assert len(read_negotiations(tmp_path / "out")) == 400


def test_sweep_without_a_folder_writes_under_results(one_format, winset, tmp_path):
    result = winset("sweep", "-n", 20, "--demands", 2, "--threads", 1)
    assert result.exit_code == 0
    assert "results/korea_2019-demand/estimates.csv" in files(tmp_path)


def test_the_same_sweep_again_prints_the_same(one_format, winset):
    first = winset(*SMALL, "--out", "out")
    assert winset(*SMALL, "--out", "out").stdout == first.stdout
    assert winset(*SMALL, "--out", "out", "--threads", 2).stdout == first.stdout


def test_another_sweep_in_the_same_folder_needs_overwrite(one_format, winset, tmp_path):
    winset(*SMALL, "--out", "out")
    before = files(tmp_path)
    other = [*SMALL[:-1], "8", "--out", "out"]
    refused = winset(*other)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert refused.stderr == (
        "winset: out: holds another run (seed 7 there, 8 here); give another --out, or "
        "--overwrite to replace it\n"
    )
    assert files(tmp_path) == before
    assert winset(*other, "--overwrite").exit_code == 0


def test_settings_change_the_sweep_and_stand_in_its_manifest(one_format, winset, tmp_path):
    result = winset(*SMALL, "--set", "talks.precision=inf", "--out", "out")
    assert result.exit_code == 0
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text, parse_constant=pytest.fail)
    assert manifest["settings"] == {"talks.precision": "inf"}
    assert set(pd.read_csv(tmp_path / "out" / "design.csv")["talks.precision"]) == {float("inf")}


# refusals: exit code 2, one message, nothing written


@pytest.mark.parametrize("command", ["play", "sweep"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "demnad=2"], "'demnad' is not a parameter; did you mean president.demand"),
        (["--set", "audience_cost=2"],
         "'audience_cost' is the end of several parameters; did you mean president.audience_cost"),
        (["--set", "talks.split"], "--set is 'talks.split'; it must be NAME=VALUE"),
        (["--set", "=3"], "'' is not a parameter"),
        (["--set", "talks.split=half"],
         "--set talks.split is 'half'; it must be a number in [0, 1]"),
        (["--set", "talks.split="], "--set talks.split is ''; it must be a number in [0, 1]"),
        (["--set", "talks.split=2"], "talks.split is 2; it must be a number in [0, 1]"),
        (["--set", "talks.split=nan"], "talks.split is nan; it must be a number in [0, 1]"),
        (["--set", "talks.rounds=2.5"], "talks.rounds is 2.5; it must be a whole number in [1, "),
        (["--set", "ministry.policy=tit_for_tat"],
         "--set ministry.policy is 'tit_for_tat'; it must be one of heuristic, take_it_or_leave"),
        (["--set", "ministry.policy=chatterjee_samuelson"],
         "policy chatterjee_samuelson needs both reservation values uniform"),
        (["--seed", "-1"], "-1 is not in the range 0<=x<=18446744073709551615"),
        (["--seed", str(2**64)], "is not in the range 0<=x<=18446744073709551615"),
        (["--seed", "seven"], "'seven' is not a valid integer range"),
        (["korea_2018"], "case 'korea_2018' is not shipped; shipped are: korea_2019"),
        (["../../etc/passwd"], "case '../../etc/passwd' must be a file that ends in .toml or"),
        (["none.toml"], "none.toml: cannot be read: No such file or directory"),
        (["--colour"], "No such option"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_message(winset, tmp_path, command, options, said):
    result = winset(command, *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert files(tmp_path) == []


GRID = "it must be FROM:TO:COUNT, such as 1.05:8:29, with finite numbers and COUNT in [1, 100000]"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        *[(["--demands", grid], f"winset: --demands is '{grid}'; {GRID}\n")
          for grid in ("", "1:2", "1:2:3:4", "1:8:two", "1:8:2.5", "a:8:3", "inf", "nan", "1:inf:3",
                       "-inf:1:3", "8:1:3", "1:8:0", "1:8:-3", "1:8:100001", "1:8:" + "9" * 30,
                       "1e999:1e999:1", "1:8:" + "9" * 5000)],
        (["--demands", "-1:5:3"],
         "winset: president.demand is -1; it must be a number in [0, 50]\n"),
        (["--demands", "1:51:3"],
         "winset: president.demand is 51; it must be a number in [0, 50]\n"),
        (["--set", "demand=2"],
         "winset: president.demand is what the sweep varies; it cannot also be set\n"),
        (["-n", "0"], "0 is not in the range 1<=x<=4294967295"),
        (["-n", "many"], "'many' is not a valid integer range"),
        (["-n", "1000000000"], "60 design points x 1000000000 replicates is more than the "
                               "1000000000 negotiations of one sweep"),
        (["--threads", "0"], "0 is not in the range 1<=x<=1024"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_meant_is_refused(winset, tmp_path, options, said):
    result = winset("sweep", *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert files(tmp_path) == []


@pytest.mark.parametrize("plot", ["talks.bmp", "talks.png.gz", ".", "..", "", "folder"])
def test_a_figure_that_cannot_be_drawn_is_refused_before_anything_is_told(winset, tmp_path, plot):
    (tmp_path / "folder").mkdir()
    result = winset("play", "--plot", plot)
    assert result.exit_code == 2
    assert "; it must be a file in one of png, svg, pdf\n" in result.stderr
    assert result.stdout == ""
    assert files(tmp_path) == []


def test_every_problem_of_a_case_file_is_told_on_a_line_of_its_own(winset, tmp_path):
    text = (SEEDS / "cases" / "korea_2019.toml").read_text(encoding="utf-8")
    for old, new in (("backlash_speed = 0.5", "backlash_speed = 5"), ("split = 0.5", "splitt = 1")):
        text = text.replace(old, new)
    (tmp_path / "mine.toml").write_text(text)
    result = winset("sweep", "mine.toml")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [re.match(r"(?:winset: )?mine\.toml:\d+: (\S+)", line)[1] for line in lines] == [
        "public.backlash_speed", "talks.split", "talks.splitt",
    ]  # fmt: skip
    assert files(tmp_path) == ["mine.toml"]


def test_a_folder_that_cannot_be_written_gives_exit_code_6(one_format, winset, tmp_path):
    (tmp_path / "file").write_text("...")
    for words in ([*SMALL, "--out", "file"], ["play", "--plot", "file/talks.png"]):
        result = winset(*words)
        assert result.exit_code == 6
        assert re.fullmatch(r"winset: file.*: cannot be .*\n", result.stderr)
        assert "Traceback" not in result.output
    assert (tmp_path / "file").read_text() == "..."


def test_an_interrupted_sweep_ends_with_130_and_goes_on_when_called_again(
    one_format, winset, tmp_path, monkeypatch
):
    play = main_job._on_threads

    def interrupted(job, threads):
        for count, summary in enumerate(play(job, threads)):
            if count == 2:
                raise KeyboardInterrupt
            yield summary

    with monkeypatch.context() as patch:
        patch.setattr(main_job, "_on_threads", interrupted)
        result = winset(*SMALL, "--out", "out", "--threads", 1)
    assert result.exit_code == 130
    assert result.stderr == "winset: interrupted; the same command goes on where it stopped\n"
    assert result.stdout == ""
    assert "out/estimates.csv" not in files(tmp_path)
    again = winset(*SMALL, "--out", "out")
    assert again.exit_code == 0
    assert again.stdout == winset(*SMALL, "--out", "afresh").stdout.replace("afresh", "out")


# the demo


def test_the_demo_gives_its_answer_in_sentences_and_says_where_the_figure_lies(
    one_format, winset, tmp_path, monkeypatch
):
    monkeypatch.setattr(main_job, "DEFAULT_DEMANDS", (1.5, 3.0))
    monkeypatch.setattr(main_job, "DEFAULT_REPLICATES", 50)
    result = winset("demo")
    assert result.exit_code == 0, result.output
    first, second, *rest = result.stdout.splitlines()
    assert re.fullmatch(
        rf"At the reported demand, Nov 2019 \(\$5bn, 5\.58 times the payment\) the talks break "
        rf"down in {SHARE} of 50 negotiations: .*\.", first,
    )  # fmt: skip
    assert len(re.findall(SHARE, first)) == 5
    assert re.fullmatch(
        rf"As the demand grows from 1\.50 to 5\.58 times the payment, breakdown goes from {SHARE} "
        rf"to {SHARE} \(n = 50 each\); were the reported demand cheap talk, it would be {SHARE}\.",
        second,
    )
    assert "Brackets: 95% Wilson intervals of chance within the model." in rest
    figure = re.search(r"Figure: +(\S+\.png)", result.stdout)[1]
    assert (tmp_path / figure).exists()
    assert result.stderr.startswith("How often do the talks of 2019")
    assert winset("demo").stdout == result.stdout
    assert winset("demo", "--out", "mine").stdout == result.stdout.replace(
        "results/korea_2019-demand", "mine"
    )

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

from experiments import figures, read_results
from experiments.cli import main
from experiments.run import Threads
from experiments.study_file import read_study
from experiments.study_making import DEFAULT_SEED
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
    "words",
    [["--help"], ["-h"], *([name, "-h"] for name in main.commands)],
    ids=" ".join,
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
        ("run", "Run a study"),
        ("studies", "List the studies"),
        ("replay", "Play one row of a run again"),
        ("verify-results", "Play a sample of a run's blocks again"),
        ("doctor", "Say what is missing or damaged"),
        ("provenance", "Print where the numbers of a figure come from"),
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
    assert winset("play").stdout == winset("play", "--seed", DEFAULT_SEED).stdout


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

SMALL = ["run", "-n", "50", "--vary", "demand=1.5:5:3", "--seed", "7"]
STUDY = """
schema_version = 1
name = "mine"
title = "A study of mine"
question = "What does the demand do?"
figures = []
[[vary]]
parameter = "president.demand"
levels = [1.5, 5.58]
[run]
replicates = 40
seed = 7
"""


def test_a_run_answers_and_leaves_numbers_figures_and_their_source(winset, tmp_path):
    result = winset(*SMALL, "--keep-rows", "--out", "out")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert len(re.findall(SHARE, result.stdout)) == 2
    assert "(n = 50 each)" in result.stdout
    for label, path in (
        ("Figure:       ", "out/figures/breakdown.png (also .svg, .pdf)"),
        ("Estimates:    ", "out/estimates.csv"),
        ("Blocks:       ", "out/negotiations (150 negotiations in Parquet)"),
    ):
        assert f"\n{label}{path}" in result.stdout
    names = files(tmp_path / "out")
    assert [name for name in names if "block-" not in name] == [
        "case.toml", "counts.parquet", "design.csv", "estimates.csv", "figures/breakdown.pdf",
        "figures/breakdown.png", "figures/breakdown.svg", "manifest.json", "rounds.csv",
    ]  # fmt: skip
    estimates = pd.read_csv(tmp_path / "out" / "estimates.csv")
    assert estimates["president.demand"].tolist() == [1.5, 3.25, 5.0]
    assert set(estimates["n"]) == {50}
    rows = read_results(tmp_path / "out").negotiations()
    broke = (rows["ending"] != 0).groupby(rows["design_point"]).mean()
    assert broke.tolist() == pytest.approx(estimates["breakdown"].tolist())


def test_a_run_without_a_folder_writes_under_results(one_format, winset, tmp_path):
    result = winset("run", "-n", 20, "--vary", "demand=2", "--threads", 1)
    assert result.exit_code == 0, result.output
    assert "results/korea_2019-demand/estimates.csv" in files(tmp_path)


def test_the_same_run_again_prints_the_same(one_format, winset):
    first = winset(*SMALL, "--out", "out")
    assert winset(*SMALL, "--out", "out").stdout == first.stdout
    assert winset(*SMALL, "--out", "out", "--threads", 2).stdout == first.stdout


def test_another_study_in_the_same_folder_needs_overwrite(one_format, winset, tmp_path):
    winset(*SMALL, "--out", "out")
    before = files(tmp_path)
    other = [*SMALL[:-1], "8", "--out", "out"]
    refused = winset(*other)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert refused.stderr == (
        "winset: out: holds another run (study.seed 7 there, 8 here); give another --out, or "
        "--overwrite to replace it\n"
    )
    assert files(tmp_path) == before
    assert winset(*other, "--overwrite").exit_code == 0


def test_settings_change_the_study_and_stand_in_its_manifest(one_format, winset, tmp_path):
    result = winset(
        *SMALL, "--set", "talks.precision=inf", "--set", "opening_offer=0.9 USD bn", "--out", "out"
    )
    assert result.exit_code == 0, result.output
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    settings = json.loads(text, parse_constant=pytest.fail)["study"]["settings"]
    assert settings["talks.precision"] == "inf"
    assert settings["ministry.opening_offer"] == pytest.approx(900 / 896)


def test_a_study_file_is_run_with_what_options_set_otherwise(winset, tmp_path):
    (tmp_path / "mine.toml").write_text(STUDY)
    result = winset("run", "mine.toml", "--vary", "demand=2,3,4", "-n", 30, "--no-figures")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("What does the demand do?\n")
    estimates = pd.read_csv(tmp_path / "results" / "mine" / "estimates.csv")
    assert estimates["president.demand"].tolist() == [2.0, 3.0, 4.0]
    assert set(estimates["n"]) == {30}


def test_a_parameter_without_effect_is_told_with_the_reason(winset):
    result = winset("run", "-n", 30, "--vary", "talks.split=0,1", "--no-figures", "--out", "out")
    assert result.exit_code == 0, result.output
    assert (
        "talks.split has no effect on any of the 60 negotiations, because it prices a sealed "
        "double auction, and here offers alternate."
    ) in result.stdout


def test_a_dry_run_says_what_would_be_played_and_plays_nothing(winset, tmp_path):
    result = winset("run", "demand", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "60 design points (30 levels of president.demand x 2 variants)" in result.stdout
    assert "1,200,000 in 5 blocks" in result.stdout
    assert result.stdout.endswith("Nothing was played or written.\n")
    assert files(tmp_path) == []


def test_the_studies_that_are_shipped_are_listed_with_their_questions(winset):
    lines = winset("studies").stdout.splitlines()
    assert len(lines) >= 11
    assert all(re.fullmatch(r"\w+ +\S.*\?", line) for line in lines)


def test_shards_are_merged_and_finished_as_one_run(winset, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.blocks.NEGOTIATIONS", 40)
    words = [*SMALL, "--no-figures"]
    for part in (1, 2):
        told = winset(*words, "--shard", f"{part}/2", "--out", f"part{part}")
        assert told.exit_code == 0, told.output
        assert f"Shard {part}/2 is done" in told.stdout
    assert winset("merge", "part1", "part2", "--into", "whole").exit_code == 0
    whole = winset(*words, "--out", "whole")
    assert whole.stdout == winset(*words, "--out", "alone").stdout.replace("alone", "whole")
    for name in ("counts.parquet", "estimates.csv"):
        there = [(tmp_path / folder / name).read_bytes() for folder in ("whole", "alone")]
        assert there[0] == there[1]


def test_what_a_run_left_is_examined_played_again_and_traced(winset, tmp_path):
    winset(*SMALL, "--keep-rows", "--out", "out")
    assert winset("doctor", "out").exit_code == 0
    again = winset("replay", "out", "--design-point", 2, "--replicate", 3)
    assert again.exit_code == 0, again.output
    assert "Identical, bit for bit" in again.stdout
    assert winset("verify-results", "out").exit_code == 0
    for suffix in ("png", "svg", "pdf"):
        found = winset("provenance", f"out/figures/breakdown.{suffix}")
        assert json.loads(found.stdout)["seed"] == 7
    (block,) = (tmp_path / "out" / "counts").glob("*.parquet")
    block.write_bytes(block.read_bytes()[:-1])
    assert winset("doctor", "out").exit_code == 1
    assert winset("verify-results", "out").exit_code != 0
    mended = winset("doctor", "out", "--mend")
    assert mended.exit_code == 0, mended.output
    assert mended.stdout.rstrip().endswith("out: complete, 1 block whole")
    assert winset("doctor", "out").exit_code == 0
    assert winset("verify-results", "out").exit_code == 0


# refusals: exit code 2, one message, nothing written


@pytest.mark.parametrize("command", [["play"], ["run", "--vary", "talks.lapse_cost=0,0.01"]])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "demnad=2"], "'demnad' is not a parameter; did you mean president.demand"),
        (["--set", "audience_cost=2"],
         "'audience_cost' is the end of several parameters; did you mean president.audience_cost"),
        (["--set", "talks.split"], "--set is 'talks.split'; it must be NAME=VALUE"),
        (["--set", "=3"], "'' is not a parameter"),
        (["--set", "talks.split=half"], "talks.split is 'half'; it must be a number in [0, 1]"),
        (["--set", "talks.split="], "talks.split is ''; it must be a number in [0, 1]"),
        (["--set", "talks.split=2"], "talks.split is '2'; it must be a number in [0, 1]"),
        (["--set", "talks.split=nan"], "talks.split is 'nan'; it must be a number in [0, 1]"),
        (["--set", "talks.rounds=2.5"], "talks.rounds is '2.5'; it must be a whole number in [1, "),
        (["--set", "ministry.policy=tit_for_tat"],
         "ministry.policy is 'tit_for_tat'; it must be one of heuristic, take_it_or_leave"),
        (["--set", "ministry.policy=chatterjee_samuelson"],
         "policy chatterjee_samuelson needs both reservation values uniform"),
        (["--seed", "-1"], "-1 is not in the range 0<=x<=18446744073709551615"),
        (["--seed", str(2**64)], "is not in the range 0<=x<=18446744073709551615"),
        (["--seed", "seven"], "'seven' is not a valid integer range"),
        (["--colour"], "No such option"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_message(winset, tmp_path, command, options, said):
    result = winset(*command, *options)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert files(tmp_path) == []


@pytest.mark.parametrize("command", [["play"], ["run", "--vary", "demand=2", "--case"]])
@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("korea_1991", "case 'korea_1991' is not shipped; shipped are: korea_1998, "),
        ("../../etc/passwd", "case '../../etc/passwd' must be a file that ends in .toml or"),
        ("none.toml", "none.toml: cannot be read: No such file or directory"),
    ],
)
def test_a_case_that_is_not_there_is_refused(winset, tmp_path, command, case, said):
    result = winset(*command, case)
    assert result.exit_code == 2
    assert said in result.stderr
    assert files(tmp_path) == []


FORMS = "it must be LOW:HIGH:COUNT, LOW:HIGH:COUNT:log, or values V1,V2,..."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        *[(["--vary", f"demand={levels}"], f"--vary demand is '{levels}'; {FORMS}")
          for levels in ("1:2", "1:2:3:4", "1:8:two", "a:8:3", "1:8:" + "9" * 5000 + "x")],
        (["--vary", "demand=1:8:2.5"], "COUNT must be a whole number in [1, 100000]"),
        (["--vary", "demand=1:8:0"], "COUNT must be a whole number in [1, 100000]"),
        (["--vary", "demand=1:8:100001"], "COUNT must be a whole number in [1, 100000]"),
        (["--vary", "demand=1:inf:3"], "it must be finite"),
        (["--vary", "demand=8:1:3"], "low not above high"),
        (["--vary", "demand=0:8:3:log"], "positive on a logarithmic scale"),
        (["--vary", "demand=-1,2"], "president.demand is '-1'; it must be a number in [0, 50]"),
        (["--vary", "demand=1:51:3"], "president.demand is 51.0; it must be a number in [0, 50]"),
        (["--vary", "demand=nan"], "president.demand is 'nan'"),
        (["--vary", "demnad=1,2"], "'demnad' is not a parameter; did you mean president.demand"),
        (["--vary", "demand"], "--vary is 'demand'; it must be NAME=VALUE"),
        (["--vary", "demand=2", "--vary", "demand=3"], "--vary gives demand twice"),
        (["--vary", "demand=2", "--set", "demand=2"], "president.demand varies; it cannot also be"),
        (["--vary", "demand=2", "-n", "0"], "0 is not in the range 1<=x<=4294967295"),
        (["--vary", "demand=2", "--precision", "0.3"], "precision is 0.3; it must be a number in"),
        (["--vary", "demand=2", "--outcome", "peace"], "outcome is 'peace'; it must be one of"),
        (["--vary", "demand=2", "--design", "star"], "design is 'star'; it must be one of grid"),
        (["--vary", "demand=2", "--draws", "lucky"], "draws is 'lucky'; it must be one of common"),
        (["--vary", "demand=2", "--figure", "pie"], "figure 'pie' is not known"),
        (["--vary", "demand=2", "--shard", "3/2"], "shard is 3/2; it must be i/n"),
        (["--vary", "demand=2", "--shard", "two"], "--shard is 'two'; it must be i/n"),
        (["--vary", "demand=2", "--threads", "0"], "0 is not in the range 1<=x<=1024"),
        (["--vary", "demand=2", "--cluster", "host"], "cluster is 'host'; it must be the address"),
        (["--vary", "demand=2", "--ignorance", "3"], "ignorance is 3; it must be a number of"),
        (["demnad"], "study 'demnad' is not shipped; shipped are: backlash, "),
        (["../x"], "study '../x' must be a file that ends in .toml or a plain name"),
        (["demand", "--case", "korea_2019"], "--case is for a study without a file"),
        ([], "give a STUDY, or --vary NAME=RANGE"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_study_that_cannot_be_meant_is_refused(winset, tmp_path, options, said):
    result = winset("run", *options)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert [name for name in files(tmp_path) if not name.endswith(".lock")] == []


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
    result = winset("run", "--case", "mine.toml", "--vary", "demand=2")
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
        assert result.exit_code == 6, result.output
        assert re.fullmatch(r"winset: file.*: cannot be .*\n", result.stderr)
        assert "Traceback" not in result.output
    assert (tmp_path / "file").read_text() == "..."


def test_an_interrupted_run_ends_with_130_and_goes_on_when_called_again(
    one_format, winset, tmp_path, monkeypatch
):
    monkeypatch.setattr("experiments.blocks.NEGOTIATIONS", 20)
    play = Threads.play

    def interrupted(self, job, blocks):
        for count, done in enumerate(play(self, job, blocks)):
            if count == 2:
                raise KeyboardInterrupt
            yield done

    with monkeypatch.context() as patch:
        patch.setattr(Threads, "play", interrupted)
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
    def small(name):
        return read_study(name, replicates=50, vary={"demand": [1.5, 3.0, 5000 / 896]})

    monkeypatch.setattr("experiments.study_file.read_study", small)
    result = winset("demo")
    assert result.exit_code == 0, result.output
    question, empty, first, second, third, fourth, *rest = result.stdout.splitlines()
    assert question.endswith("?")
    assert empty == ""
    assert re.fullmatch(
        rf"At the reported demand, Nov 2019 \(\$5bn, 5\.58 times the payment\) the talks break "
        rf"down in {SHARE} of 50 negotiations: .*\.", first,
    )  # fmt: skip
    assert len(re.findall(SHARE, first)) == 5
    assert re.fullmatch(
        rf"As public demand grows from .* to .*, breakdown goes from {SHARE} to {SHARE} "
        r"\(n = 50 each\)\.", second,
    )  # fmt: skip
    assert third.startswith("Against the case at president.demand = 5.58 payments ($5bn):")
    assert re.fullmatch(
        rf"- cheap talk \(no audience cost\): takes off \d+ points \[\d+, \d+\] "
        rf"\(n = 50 pairs\)(; it may be none)?; breakdown {SHARE}\.", fourth,
    )  # fmt: skip
    assert "Brackets: 95% Wilson intervals of chance within the model." in rest
    figure = re.search(r"Figure: +(\S+\.png)", result.stdout)[1]
    assert (tmp_path / figure).exists()
    assert result.stderr.startswith("The talks of 2019")
    assert winset("demo").stdout == result.stdout
    assert winset("demo", "--out", "mine").stdout == result.stdout.replace("results/demo", "mine")

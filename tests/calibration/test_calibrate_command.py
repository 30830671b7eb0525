"""`winset calibrate`: what it leaves, what it refuses, and that a kill costs nothing."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from experiments.calibration.plan import read_plan
from experiments.calibration.posterior import read_posterior
from experiments.calibration.targets import SHIPPED, check_rows
from experiments.cli import main
from sim.scenario import SEEDS

pytestmark = pytest.mark.xdist_group("calibrate")  # one fit serves most of these tests

QUICK = [
    "--draws",
    "1000",
    "--negotiations",
    "50",
    "--synthetic",
    "2",
    "--no-backtest",
    "--study",
    "none",
]
STUDY = """
schema_version = 1
name = "few"
title = "Three demands"
question = "How often?"
case = "korea_2019"
figures = ["breakdown"]
[[vary]]
parameter = "president.demand"
levels = [1.5, 3.0, 5.0]
[run]
replicates = 2000
seed = 3
"""


def calibrate(*words: str) -> Result:
    return CliRunner().invoke(main, ["calibrate", *words])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("calibration") / "fit"
    study = folder.parent / "few.toml"
    study.write_text(STUDY, encoding="utf-8")
    return folder, calibrate(*QUICK[:6], "--study", str(study), "--out", str(folder))


def test_a_calibration_leaves_its_tables_posterior_and_report(made: tuple[Path, Result]) -> None:
    folder, result = made
    assert result.exit_code == 0, result.output
    for name in ("targets", "prior_predictive", "history", "identification", "checks",
                 "posterior_predictive", "leave_one_target_out", "synthetic_truth",
                 "backtest_korea_2019_november"):  # fmt: skip
        with open(folder / f"{name}.csv", encoding="utf-8") as file:
            assert len(list(csv.DictReader(file))) > 0, name
    assert (folder / "report.html").stat().st_size > 10_000
    assert (folder / "report.md").read_text(encoding="utf-8").startswith("# ")
    told = read_posterior(folder / "posterior.json")
    assert told.status == "not calibrated"  # two synthetic truths are no check
    assert told.parameters[0] == "president.reservation_mean"


def test_the_report_holds_all_it_shows_and_names_every_source(
    made: tuple[Path, Result],
) -> None:
    folder, _ = made
    page = (folder / "report.html").read_text(encoding="utf-8")
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert len(page) < 3_000_000
    shown = re.findall(r'<img alt="[^"]+" src="([^"]{0,30})', page)
    assert len(shown) == 6 and all(one.startswith("data:image/png;base64,") for one in shown)
    assert not re.search(r"<(script|link|iframe)", page)
    drawn = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert len(drawn) == 6
    for name in drawn:
        with Image.open(folder / name) as picture:
            record = json.loads(picture.info["Description"])
        assert record["seed"] == 2019 and record["commit"] and record["versions"]["winset"]
    with open(folder / "targets.csv", encoding="utf-8") as file:
        targets = list(csv.DictReader(file))
    for target in targets:
        assert target["id"].removeprefix("T-") in text
        assert target["source_url"] in text
    for word in ("not calibrated", "Limits", "Back-test", "not identified", "n = 2 truths"):
        assert word.lower() in text.lower() and word.lower() in page.lower(), word


def test_the_curve_of_the_report_has_two_bands_and_its_n(made: tuple[Path, Result]) -> None:
    with open(made[0] / "curve.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["president.demand"]) for row in rows] == [1.5, 3.0, 5.0]
    for row in rows:
        assert float(row["n"]) == 2000
        assert float(row["breakdown_low"]) < float(row["breakdown"]) < float(row["breakdown_high"])
        assert float(row["prior_low"]) < float(row["prior_high"])


def test_draws_for_arviz_are_those_of_the_posterior(made: tuple[Path, Result]) -> None:
    arviz = pytest.importorskip("arviz")
    pytest.importorskip("h5netcdf")
    tree = arviz.from_netcdf(made[0] / "draws.nc")
    told = read_posterior(made[0] / "posterior.json")
    column = tree["posterior"]["assembly.shift"].values[0]
    place = told.parameters.index("assembly.shift")
    assert column.tolist() == [row[place] for row in told.draws]
    assert set(tree.children) == {
        "posterior", "prior", "log_likelihood", "posterior_predictive", "observed_data",
    }  # fmt: skip


def test_figures_that_are_shown_beside_the_fit_have_their_sources_too(made) -> None:
    report = (made[0] / "report.md").read_text(encoding="utf-8")
    shown = check_rows(SHIPPED, [episode.name for episode in read_plan("korea_2019").episodes])
    assert shown
    for target in shown:
        line = next(line for line in report.splitlines() if f"[{target.id[2:]}]" in line)
        assert (target.source_title if target.source_url else target.evidence) in line


def test_replicated_reports_for_arviz_are_of_the_kind_that_was_reported(made) -> None:
    arviz = pytest.importorskip("arviz")
    pytest.importorskip("h5netcdf")
    tree = arviz.from_netcdf(made[0] / "draws.nc")
    real, replicated = tree["observed_data"], tree["posterior_predictive"]
    assert set(replicated.data_vars) == set(real.data_vars)
    draws = tree["posterior"]["assembly.shift"].shape
    for target in read_plan("korea_2019").targets:
        found = replicated[target.id].values
        assert found.shape == (*draws, 1)
        reported = found[np.isfinite(found)]
        assert len(reported) > 50
        if target.kind == "flag":
            assert set(reported) <= {0.0, 1.0}
        elif target.kind == "interval" or target.value is not None:
            assert len(np.unique(reported)) == len(reported)  # each has an error of its own
            low, high = np.quantile(reported, [0.001, 0.999])
            assert low <= real[target.id].values[0] <= high, target.id


def test_arviz_plots_the_posterior_predictive(made) -> None:
    arviz = pytest.importorskip("arviz")
    pytest.importorskip("h5netcdf")
    tree = arviz.from_netcdf(made[0] / "draws.nc")
    name = "T-SMA10-AGREED-CHANGE"
    try:
        arviz.plot_ppc_interval(tree, var_names=[name], backend="matplotlib")
        assert len(plt.get_fignums()) == 1
    finally:
        plt.close("all")  # other tests want none open


def test_a_calibration_says_first_whether_the_model_can(made: tuple[Path, Result]) -> None:
    text = made[1].stdout
    assert text.index("comes near") < text.index("Calibration korea_2019: not calibrated")
    assert "FAILED  synthetic truths: 2 sets" in text
    assert "Back-test of korea_2019_november" in text


def test_the_same_command_goes_on_from_disk_to_the_same_posterior(
    made: tuple[Path, Result],
) -> None:
    folder, _ = made
    before = (folder / "posterior.json").read_bytes()
    again = calibrate(*QUICK, "--out", str(folder), "--threads", "1")
    assert again.exit_code == 0
    assert (folder / "posterior.json").read_bytes() == before


def test_a_killed_calibration_goes_on_to_the_same_posterior(
    made: tuple[Path, Result], tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    words = [*QUICK, "--synthetic", "0", "--out", str(out)]
    command = [sys.executable, "-m", "experiments", "calibrate", *words]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(3000):
            if len(list(out.glob("bank/*.npz"))) >= 2 or process.poll() is not None:
                break
            time.sleep(0.05)
        assert process.poll() is None, "it ended before it could be killed"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not (out / "posterior.json").exists()
    assert calibrate(*words).exit_code == 0
    whole = read_posterior(made[0] / "posterior.json")
    assert read_posterior(out / "posterior.json").draws == whole.draws


def test_another_plan_does_not_touch_a_folder(made: tuple[Path, Result]) -> None:
    folder, _ = made
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result = calibrate(*QUICK, "--seed", "5", "--out", str(folder))
    assert result.exit_code == 2
    assert "holds another calibration" in result.stderr
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {p: b for p, b in after.items() if p.name != "run.lock"} == {
        p: b for p, b in before.items() if p.name != "run.lock"
    }


def table(path: Path, change: dict[str, str], of: str = "T-SMA9-MONTHS") -> Path:
    """The shipped targets with some cells of one row changed."""
    with open(SEEDS / "reported" / "targets.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["id"] == of:
            row |= change
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"statistic": "weeks"}, ["statistic", "'weeks'"]),
        ({"value": "", "low": "7", "high": "6"}, ["low is 7", "high, 6"]),
        ({"weight": "-1"}, ["weight is -1"]),
        ({"date": ""}, ["date"]),
        ({"date": "2020-05-01"}, ["date is 2020-05-01", "known by 2019-11-19"]),
    ],
)
def test_a_wrong_target_is_refused_before_anything_is_written(
    tmp_path: Path, change: dict[str, str], words: list[str]
) -> None:
    path = table(tmp_path / "mine.csv", change)
    result = calibrate(*QUICK, "--targets", str(path), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert str(path) in result.stderr and "T-SMA9-MONTHS" in result.stderr
    for word in words:
        assert word in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "shipped are"),
        (["--study", "nothing"], "nothing"),
        (["--study", "demand_assembly"], "one parameter"),
    ],
)
def test_a_wrong_question_is_refused_before_anything_is_written(
    tmp_path: Path, words: list[str], said: str
) -> None:
    result = calibrate(*words, "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_posterior_of_another_model_is_refused(made: tuple[Path, Result], tmp_path: Path) -> None:
    told = json.loads((made[0] / "posterior.json").read_text(encoding="utf-8"))
    path = tmp_path / "old.json"
    path.write_text(json.dumps(told | {"model": "0" * 16}), encoding="utf-8")
    out = tmp_path / "sweep"
    result = CliRunner().invoke(
        main, ["run", "demand", "-n", "100", "--posterior", str(path), "--out", str(out)]
    )
    assert result.exit_code == 2
    assert "calibrate again" in result.stderr and not out.exists()

"""The report of a calibration made by hand: what it says, what it refuses to say, and its form."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import provenance
from experiments.calibration.checks import Check
from experiments.calibration.findings import Findings
from experiments.calibration.forecasting import Share, about
from experiments.calibration.history import HistoryMatching, PriorPredictive
from experiments.calibration.identification import identify
from experiments.calibration.leaving_out import LeavingOut
from experiments.calibration.predictive import Predictive
from experiments.calibration.report import write_report
from experiments.calibration.synthetic import SyntheticTruth
from tests.calibration.handmade import by_hand, normal

EVIL = "<script>alert(1)</script> | a & b"
SHARES = {"": 0.25, "_low": 0.2, "_high": 0.3}


def share(name: str) -> dict[str, float]:
    return {name + ending: value for ending, value in SHARES.items()}


def by_target(plan: Any, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame([about(target) | columns for target in plan.targets])


def made(*, passed: bool = False) -> Findings:
    """What a fit to one measurement of the Assembly's shift would leave, the rest made up."""
    names = [free.key for free in by_hand(normal(0.0, 1.0, 0), 200).plan.parameters]
    calibration = by_hand(normal(1.0, 0.2, names.index("assembly.shift")), 4000)
    plan, k = calibration.plan, len(calibration.plan.free)
    rng = np.random.default_rng(0)
    moved = {"n_without": 40.0, "shift": 0.5, "shifted": "assembly.shift", "few": True}
    scored = ("log_score", "score_error", "prior_score", "prior_error", "gain", "gain_error")
    scores = dict.fromkeys(scored, 1.0)
    everything = Share(0.5, 0.4, 0.6, 100.0)
    return Findings(
        plan, calibration,
        PriorPredictive(by_target(plan, **share("near"), verdict="can"), pd.DataFrame(), 64, 10),
        HistoryMatching(pd.DataFrame(), pd.DataFrame(), everything, None, 64, 10),
        identify(calibration),
        Predictive(
            by_target(plan, q05=0.1, q50=0.5, q95=0.9, mean=0.5, sd=0.2, z=-1.25, **share("p"),
                      n=321.0, misfit=False),
            pd.DataFrame([{"case": "all", **share("p"), "n": 100.0, "misfit": False}]), 50, 20,
        ),
        LeavingOut(
            by_target(plan, **moved, n_draws=30.0, misfit=False),
            pd.DataFrame([{"case": e.name, **moved, **scores} for e in plan.episodes]),
        ),
        SyntheticTruth(
            calibration.parameters, rng.random((20, k)), rng.random((20, k)), rng.random((20, k)),
            np.full((20, k), 0.1), np.zeros(20), np.full(20, 50.0),
        ),
        (Check("effective draws", passed, 77.0, 200.0, "77 effective of 4,000 draws"),
         Check("ranks are uniform", True, np.nan, 0.001, "not made")),
        "calibrated" if passed else "not calibrated", "what came of it",
        {
            "study": f"calibration {plan.name}", "case": "7 episodes", "case_digest": plan.digest,
            "seed": plan.seed, "date": "2026-11-24", "commit": provenance.commit(),
            "model": provenance.model_fingerprint(), "versions": provenance.versions(),
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("report")
    found = made()
    odd = replace(found.plan.targets[0], source_title=EVIL, source_url="javascript:alert(1)")
    plan = found.plan.with_targets((odd, *found.plan.targets[1:]))
    write_report(replace(found, plan=plan), folder)
    return tuple((folder / f"report.{e}").read_text(encoding="utf-8") for e in ("html", "md"))  # pyright: ignore[reportReturnType]


class Balanced(HTMLParser):
    """Sees that every tag is closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_asks_nothing_of_the_network(told: tuple[str, str]) -> None:
    page, _ = told
    parser = Balanced()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert not re.search(r"<(script|link|iframe|style [^>]*src)", page)
    assert set(re.findall(r'src="([a-z]+:[a-z/]+)', page)) == {"data:image/png"}


def test_what_a_source_says_is_text_and_its_address_a_link_only_if_it_is_one(
    told: tuple[str, str],
) -> None:
    page, text = told
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | a &amp; b" in page
    assert "<script>" not in text and "\\| a & b" in text
    assert "javascript:" not in page and "javascript:" not in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head(told: tuple[str, str]) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", told[1], re.MULTILINE)
    assert len(tables) >= 6
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_every_probability_of_a_reported_word_has_its_interval_and_n(
    told: tuple[str, str],
) -> None:
    words = [t for t in made().plan.targets if t.kind in ("flag", "bound")]
    assert told[1].count("says so in 25% [20%, 30%], n = 321") == len(words)


def test_every_check_stands_with_its_number_and_its_bar(told: tuple[str, str]) -> None:
    line = "| effective draws | FAILED | 77 | 200 | 77 effective of 4,000 draws |"
    assert line in told[1]
    assert "| ranks are uniform | passed | none | 0.001 | not made |" in told[1]


def test_too_few_draws_are_said_where_something_is_left_out(told: tuple[str, str]) -> None:
    plan = made().plan
    assert told[1].count("40, too few: read with care") == len(plan.episodes)
    assert told[1].count("30, too few: read with care") == 8


def test_the_command_makes_it_again_with_as_many_synthetic_truths(told: tuple[str, str]) -> None:
    assert "--draws 40000 --negotiations 300 --synthetic 20\n" in told[1]


def test_no_estimate_is_quoted_of_what_is_not_identified(told: tuple[str, str]) -> None:
    found, text = made(), told[1]
    quoted = text.split("What the figures say of the parameters")[1].split("## Checks")[0]
    rows = re.findall(r"^\| ([a-z_0-9:.]+) \|", quoted, re.MULTILINE)
    assert rows == ["parameter", "assembly.shift"]  # the head, and what is identified
    for name in found.identification.named("not identified"):
        assert name in text.split("## ")[0]  # but they are named


@pytest.mark.parametrize(("passed", "count"), [(False, 1), (True, 0)])
def test_a_report_of_failed_checks_says_that_nothing_is_to_be_quoted(
    tmp_path: Path, passed: bool, count: int
) -> None:
    write_report(replace(made(passed=passed), synthetic=None), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("no number below is to be quoted as a result") == count
    assert page.count('class="box not"') == count


def test_a_report_without_synthetic_truth_and_curve_leaves_their_figures_out(
    tmp_path: Path,
) -> None:
    paths = write_report(replace(made(), synthetic=None), tmp_path)
    assert {path.stem for path in paths} == {"report", "parameters", "reports"}

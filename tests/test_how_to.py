"""The how-to pages say what is true: their code runs and their commands work as written."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli import main

PAGES = sorted((Path(__file__).parents[1] / "docs" / "how-to").glob("*.md"))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page, empty_folder):
    examples = blocks(page, "python")
    assert examples
    for example in examples:
        exec(compile(example, page.name, "exec"), {"__name__": "example"})
    commands = "".join(blocks(page, "sh")).splitlines()
    for command in commands:
        result = CliRunner().invoke(main, shlex.split(command)[1:], catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)


def test_the_case_of_your_own_is_a_milder_one(empty_folder):
    (page,) = (page for page in PAGES if page.stem == "case")
    made: dict[str, object] = {"__name__": "example"}
    exec(compile(blocks(page, "python")[0], page.name, "exec"), made)
    milder = made["milder"]
    assert milder.name == "milder"
    assert milder.values["president.audience_cost"] == 0.01


def test_every_link_of_a_page_leads_to_a_file():
    for page in PAGES:
        for link in re.findall(r"\]\((?!http)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page.name, link)

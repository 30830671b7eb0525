"""The README says what is true: its code runs, its commands work, its answer is the demo's."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line
    for language, block in BLOCKS
    for line in block.splitlines()
    if language == "sh" and line.startswith("winset ")
]


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_python_example_runs(empty_folder, capsys):
    examples = [block for language, block in BLOCKS if language == "python"]
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, "README.md", "exec"), {"__name__": "example"})
    assert "breakdown_low" in capsys.readouterr().out


def test_every_command_works_as_written_one_after_the_other(empty_folder):
    assert len(COMMANDS) >= 8
    for command in COMMANDS:
        result = CliRunner().invoke(main, shlex.split(command)[1:], catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)


def test_the_answer_is_what_the_demo_prints(empty_folder):
    result = CliRunner().invoke(main, ["demo"], catch_exceptions=False)
    answer = re.search(r"<!-- answer -->\n```text\n(.*?)\n```", README, re.DOTALL)
    assert answer is not None
    printed = result.stdout.split("\n\n")[1]
    assert printed.split() == answer[1].split()


def test_every_page_that_is_linked_exists():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link

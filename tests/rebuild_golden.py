"""Writes the golden files anew: `python -m tests.rebuild_golden`, from the root of the checkout.

A golden file changes only on purpose: look at the difference, and say in CHANGELOG.md what moved.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from click.testing import CliRunner

from experiments.cli import main
from experiments.study_file import STUDIES, shipped_studies

FOLDER = Path(__file__).with_name("golden")
# The miniature of a study: so many negotiations a point, and as few points as its design allows.
MINIATURE = ("-n", "40", "--no-figures")
SMALLER = {"sensitivity": ("--size", "16"), "discovery": ("--size", "64")}


def printed(*words: str) -> str:
    """What the command prints."""
    return CliRunner().invoke(main, words, catch_exceptions=False).stdout


def miniature(name: str) -> str:
    """What a shipped study prints in miniature, without the folder that its results went to."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("run", name, *MINIATURE, *SMALLER.get(name, ()), "--out", folder)
        return printed(*words).replace(folder, "OUT")


GOLDEN: dict[Path, Callable[[], str]] = {
    FOLDER / "play_korea_2019_seed7.txt": partial(printed, "play", "korea_2019", "--seed", "7"),
    **{STUDIES / f"{name}.out": partial(miniature, name) for name in shipped_studies()},
}


if __name__ == "__main__":
    for path, make in GOLDEN.items():
        path.write_text(make(), encoding="utf-8", newline="\n")
        print(path)

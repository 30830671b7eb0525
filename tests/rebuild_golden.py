"""Writes the golden files anew: `python -m tests.rebuild_golden`, from the root of the checkout.

A golden file changes only on purpose: look at the difference, and say in CHANGELOG.md what moved.
"""

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from experiments.cli import main

FOLDER = Path(__file__).with_name("golden")


def play_korea_2019_seed7() -> str:
    """What `winset play --seed 7` prints."""
    run = CliRunner().invoke(main, ["play", "korea_2019", "--seed", "7"], catch_exceptions=False)
    return run.stdout


GOLDEN: dict[str, Callable[[], str]] = {"play_korea_2019_seed7.txt": play_korea_2019_seed7}


if __name__ == "__main__":
    for name, make in GOLDEN.items():
        (FOLDER / name).write_text(make(), encoding="utf-8", newline="\n")
        print(FOLDER / name)

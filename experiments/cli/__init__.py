"""The `winset` command."""

import click

from experiments.cli.backtesting import backtest
from experiments.cli.calibrating import calibrate
from experiments.cli.checking import doctor, provenance, replay, verify, verify_results
from experiments.cli.playing import play
from experiments.cli.running import demo, merge, run, studies


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="winset")
def main() -> None:
    """Simulate two-level negotiations: when talks break down, how, and why."""


for _command in (
    run, play, demo, studies, calibrate, backtest, replay, verify, verify_results, doctor, merge,
    provenance,
):  # fmt: skip
    main.add_command(_command)

__all__ = ["main"]

"""`python -m experiments` is the `winset` command."""

from experiments.cli import main

main()

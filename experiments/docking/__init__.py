"""The model held against theory: one row for each statement, and the report on all of them.

>>> from experiments.docking import all_rows, run_rows
>>> rows = [row for row in all_rows() if row.id.startswith("F2.e=1.D=2")]
>>> run_rows(rows)[["ID", "got", "verdict"]].values.tolist()
[['F2.e=1.D=2.price', 1.2, 'pass'], ['F2.e=1.D=2.round', 9.0, 'pass']]

A row of `strategic` (A), `packages` (B), `information` (C), `domestic` and `votes` (D),
`commitment` (E), `time` (F), `choice` (G, H) and `software` (I) states a law with its source, the
settings that put the engine into the law's limit, and the number that must come out. Where theory
gives a direction and no number, `comparative_statics` states the sign.
"""

from experiments.docking.row import Got, Row, run_rows

SECTIONS = {
    "A": "Strategic bargaining under complete information",
    "B": "Packages: the frontier and cooperative solutions",
    "C": "Incomplete information",
    "D": "The domestic level",
    "E": "Commitment and attrition",
    "F": "Time",
    "G": "Quantal response",
    "H": "Precedent",
    "I": "Software: draws, blocks, relabellings, the two engines",
}


def all_rows() -> list[Row]:
    """Every row, by section."""
    from experiments.docking import (
        choice,
        commitment,
        comparative_statics,
        domestic,
        information,
        packages,
        software,
        strategic,
        time,
        votes,
    )

    modules = (
        strategic, packages, information, domestic, votes, commitment, time, choice, software,
        comparative_statics,
    )  # fmt: skip
    return [row for module in modules for row in module.rows()]


__all__ = ["SECTIONS", "Got", "Row", "all_rows", "run_rows"]

"""Estimates drawn: no number is computed here that a table does not hold.

Each figure says its n, its intervals, its provenance and whether its parameters are calibrated, on
its face and inside the file. `FIGURES` names them, `check` says whether they fit a study before
anything is played, `draw` makes them.
"""

from experiments.figures.drawing import FIGURES, Kind, check, draw
from experiments.figures.style import (
    COLOURS,
    FORMATS,
    IGNORANCE,
    SEOUL,
    STYLE,
    UNCALIBRATED,
    US,
    ZOPA,
    save,
)
from experiments.figures.talks import talks_figure

__all__ = [
    "COLOURS",
    "FIGURES",
    "FORMATS",
    "IGNORANCE",
    "SEOUL",
    "STYLE",
    "UNCALIBRATED",
    "US",
    "ZOPA",
    "Kind",
    "check",
    "draw",
    "save",
    "talks_figure",
]

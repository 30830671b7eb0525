"""What all figures share: colours, words of measured width, files with their provenance inside.

The causes have the same colours and hatches in every figure (Paul Tol's "bright" set, told apart
in grey as well; https://sronpersonalpages.nl/~pault/).
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from experiments import provenance
from experiments.results import written_whole

STYLE = str(Path(__file__).parents[1] / "winset.mplstyle")
COLOURS = {
    "lapse": ("#CCBB44", "", "lapse: the last round passes"),
    "walk_out": ("#EE6677", "////", "walk-out for good"),
    "executive_veto": ("#4477AA", "....", "president's veto for good"),
    "ratification_refused": ("#AA3377", "xxxx", "ratification refused for good"),
}
US, SEOUL, ZOPA, IGNORANCE = "#4477AA", "#EE6677", "#228833", "#009988"
UNCALIBRATED = "Parameters are assumptions, not calibrated: plausible, not a forecast."
FORMATS = ("png", "svg", "pdf")
HINTED = 1.04  # letters that are fitted to pixels are up to so much wider
# How variants are told apart: colour, dashes and marker each suffice.
LOOKS: tuple[tuple[str, Any, str], ...] = (
    ("black", "-", "o"), ("#4477AA", (0, (4, 2)), "s"), ("#EE6677", "-.", "^"),
    ("#228833", (0, (1, 1.2)), "D"), ("#AA3377", (0, (6, 1.5, 1, 1.5)), "v"),
    ("#66CCEE", (0, (2, 1)), "P"), ("0.45", (0, (8, 2)), "X"),
)  # fmt: skip


@contextmanager
def styled() -> Iterator[None]:
    """The style of print, and a fixed date, so that a figure's bytes are the same in every run."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    try:
        with style.context(STYLE):
            yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size, inches, whatever shows plots on this machine."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def save(
    figure: Figure, stem: Path, manifest: dict[str, Any], formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write a figure with its provenance inside, in each format; returns the paths.

    Raises
    ------
    ResultsError
        Where a file cannot be written.
    """
    record = json.dumps(provenance.plain(manifest), sort_keys=True, ensure_ascii=True)
    fields = {
        "png": {"Software": "winset", "Description": record},
        "svg": {"Creator": "winset", "Description": record, "Date": None},
        "pdf": {"Creator": "winset", "Subject": record, "CreationDate": None},
    }
    paths = []
    for suffix in formats:
        path = stem.with_name(f"{stem.name}.{suffix}")
        with styled(), written_whole(path) as temporary:
            figure.savefig(temporary, format=suffix, metadata=fields[suffix])
        paths.append(path)
    return paths


@lru_cache(maxsize=4096)
def width_of(words: str, size: float, weight: str = "normal") -> float:
    """How wide a line of text is at most, inches, at a size in points."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    exact = text_to_path.get_text_width_height_descent(words, font, ismath=False)[0]
    return HINTED * exact / 72.0


def wrapped(words: str, width: float, size: float, weight: str = "normal") -> str:
    """Text broken into lines that are at most so wide, inches, where its words allow."""
    lines: list[str] = []
    for paragraph in words.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width_of(longer, size, weight) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return "\n".join(lines)


def cut(word: str, width: float, size: float) -> str:
    """A word that is at most so wide, inches: what does not fit is left out."""
    if width_of(word, size) <= width:
        return word
    return next(
        f"{word[:end]}..."
        for end in range(len(word), -1, -1)
        if width_of(f"{word[:end]}...", size) <= width
    )

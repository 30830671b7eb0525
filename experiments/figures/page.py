"""The page of a figure: what stands above and below the axes, and the room that is left.

Every page says what is asked, of which case, whether its parameters are calibrated, n and the
intervals, the source of what is marked, and where the numbers come from. Lengths are in inches,
from the lower left corner.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import provenance
from experiments.figures.style import UNCALIBRATED, wrapped

if TYPE_CHECKING:
    from experiments.run import Run

WIDTH = 6.3  # of a column of text
EDGE = 0.08
LEGEND = 1.92  # of the legend beside the axes
SMALL, LEGEND_SIZE, LABEL_SIZE = 6.0, 7.5, 8.0
LINE = 1.35 / 72.0  # height of a line, per point of its size


class Page:
    """A figure with its words; the axes go between `top` and `bottom`."""

    def __init__(self, run: "Run", words: str, notes: Sequence[str], height: float = 4.4) -> None:
        """Write the title above and the notes below.

        Parameters
        ----------
        words : what this figure shows of the study, in a few words
        notes : sentences on n and intervals, and on the source of what is marked
        """
        self.figure: Figure = plt.figure(figsize=(WIDTH, height))
        self.height = height
        scenario = run.study.scenario
        self.top = height - EDGE
        self.top = self._above(run.study.title, 10.0, "bold", "black")
        self.top = self._above(f"{words}. {scenario.title}", LABEL_SIZE, "normal", "0.3")
        lines = [*notes, provenance.one_line(run.manifest)]
        self.bottom = self._below("\n".join(lines), SMALL, "normal", "0.25", EDGE)
        if not scenario.calibrated:
            self.bottom = self._below(UNCALIBRATED, LEGEND_SIZE, "bold", "#AA3377", self.bottom)

    def _above(self, words: str, size: float, weight: str, colour: str) -> float:
        text = wrapped(words, WIDTH - 2 * EDGE, size, weight)
        self.figure.text(
            EDGE / WIDTH, self.top / self.height, text, fontsize=size, fontweight=weight,
            color=colour, va="top", linespacing=1.15,
        )  # fmt: skip
        return self.top - (text.count("\n") + 1) * size * LINE - 0.03

    def _below(self, words: str, size: float, weight: str, colour: str, low: float) -> float:
        text = wrapped(words, WIDTH - 2 * EDGE, size, weight)
        high = low + (text.count("\n") + 1) * size * LINE
        self.figure.text(
            EDGE / WIDTH, high / self.height, text, fontsize=size, fontweight=weight,
            color=colour, va="top", linespacing=1.2,
        )  # fmt: skip
        return high + 0.04

    def axes(self, left: float, right: float, low: float, high: float, **more: Any) -> Axes:
        """Axes whose box has these edges, in inches."""
        box = (left / WIDTH, low / self.height, (right - left) / WIDTH, (high - low) / self.height)
        return self.figure.add_axes(box, **more)

    def legend(self, entries: Sequence[Any], words: Sequence[str], top: float) -> None:
        """The legend, to the right of the axes, its words broken to fit."""
        room = LEGEND - EDGE - 0.30
        place: dict[str, Any] = {
            "loc": "upper left",
            "bbox_to_anchor": ((WIDTH - LEGEND) / WIDTH, top / self.height),
        }
        self.figure.legend(
            list(entries), [wrapped(text, room, LEGEND_SIZE) for text in words],
            handlelength=2.0, handletextpad=0.6, labelspacing=0.7, borderpad=0.0,
            borderaxespad=0.0, **place,
        )  # fmt: skip

    def legend_below(self, entries: Sequence[Any], words: Sequence[str], columns: int) -> float:
        """The legend in a row of columns above the notes; returns its upper edge."""
        room = (WIDTH - 2 * EDGE) / columns - 0.42
        texts = [wrapped(text, room, LEGEND_SIZE) for text in words]
        rows = [texts[i : i + columns] for i in range(0, len(texts), columns)]
        # Legends fill column by column; the order asked for runs row by row.
        order = [i for c in range(columns) for i in range(c, len(texts), columns)]
        tall = sum(max(text.count("\n") + 1 for text in row) for row in rows)
        top = self.bottom + tall * LEGEND_SIZE * LINE + 0.04 * len(rows)
        self.figure.legend(
            [entries[i] for i in order], [texts[i] for i in order], loc="upper left",
            bbox_to_anchor=(EDGE / WIDTH, top / self.height), ncols=columns, handlelength=2.0,
            handletextpad=0.6, columnspacing=1.2, labelspacing=0.4, borderpad=0.0,
            borderaxespad=0.0,
        )  # fmt: skip
        return top + 0.04


def counted(run: "Run", estimates: pd.DataFrame, means: bool = False) -> str:
    """The sentence on n and the intervals."""
    low, high = int(estimates["n"].to_numpy().min()), int(estimates["n"].to_numpy().max())
    n = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    each = "design point" if len(run.study.variants) == 1 else "design point and variant"
    draws = "common random numbers" if run.study.common else "independent draws"
    kind = "Wilson for shares, normal for means, 95%" if means else "Wilson, 95%"
    return (
        f"n = {n} negotiations a {each}, {draws}; intervals: {kind}, of chance within the model "
        "alone."
    )

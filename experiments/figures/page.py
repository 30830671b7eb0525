"""The page of a figure: what stands above and below the axes, and the room that is left.

Every page says what is asked, of which case, whether its parameters are calibrated, n and the
intervals, the source of what is marked, and where the numbers come from. Lengths are in inches,
from the lower left corner.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import provenance
from experiments.figures.style import IGNORANCE, UNCALIBRATED, new_figure, width_of, wrapped
from experiments.posterior_sweep import sentence

if TYPE_CHECKING:
    from experiments.run import Run

WIDTH = 6.3  # of a column of text
EDGE = 0.08
LEGEND = 1.92  # of the legend beside the axes
SMALL, LEGEND_SIZE, LABEL_SIZE = 6.0, 7.5, 8.0
LINE = 1.35 / 72.0  # height of a line, per point of its size
WARNING = "#AA3377"


class Page:
    """A figure with its words; the axes go between `top` and `bottom`."""

    def __init__(self, run: "Run", words: str, notes: Sequence[str], height: float = 4.4) -> None:
        """Write the title above and the notes below.

        Parameters
        ----------
        words : what this figure shows of the study, in a few words
        notes : sentences on n and intervals, and on the source of what is marked
        """
        self.figure: Figure = new_figure(WIDTH, height)
        self.height = height
        scenario = run.study.scenario
        self.top = height - EDGE
        self.top = self._above(run.study.title, 10.0, "bold", "black")
        below = f"{words}. {scenario.title}"
        if width_of(below, LABEL_SIZE) > WIDTH - 2 * EDGE:
            below = f"{words}.\n{scenario.title}"
        self.top = self._above(below, LABEL_SIZE, "normal", "0.3")
        lines = [*notes, *_settings(run), *_averaged(run), provenance.one_line(run.manifest)]
        self.bottom = self._below("\n".join(lines), SMALL, "normal", "0.25", EDGE)
        posterior = run.study.posterior
        if posterior is not None:
            colour = IGNORANCE if posterior.is_calibrated else WARNING
            self.bottom = self._below(
                sentence(posterior.line), LEGEND_SIZE, "bold", colour, self.bottom
            )
        elif not scenario.calibrated:
            self.bottom = self._below(UNCALIBRATED, LEGEND_SIZE, "bold", WARNING, self.bottom)

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

    def room_below(self, words: Sequence[str], columns: int) -> float:
        """Keep room above the notes for a legend in columns; returns its upper edge."""
        texts, each = self._in_columns(words, columns), -(-len(words) // columns)
        stacks = [texts[i : i + each] for i in range(0, len(texts), each)]
        lines = [sum(text.count("\n") + 1 for text in stack) for stack in stacks]
        top = self.bottom + (max(lines) + 0.3 * each) * LEGEND_SIZE * LINE
        self.bottom = top + 0.08
        return top

    def legend_below(
        self, entries: Sequence[Any], words: Sequence[str], columns: int, top: float
    ) -> None:
        """The legend in the room that was kept for it, column by column."""
        each = -(-len(words) // columns)
        texts = self._in_columns(words, columns)
        for column in range(columns):
            part = slice(column * each, (column + 1) * each)
            place = EDGE + column * (WIDTH - 2 * EDGE) / columns
            self.figure.legend(
                list(entries[part]), texts[part], loc="upper left", handlelength=2.0,
                bbox_to_anchor=(place / WIDTH, top / self.height), handletextpad=0.6,
                labelspacing=0.35, borderpad=0.0, borderaxespad=0.0,
            )  # fmt: skip

    def _in_columns(self, words: Sequence[str], columns: int) -> list[str]:
        room = (WIDTH - 2 * EDGE) / columns - 0.45
        return [wrapped(text, room, LEGEND_SIZE) for text in words]

    def panels(
        self, across: int, down: int, below: str, beside: Sequence[str], titles: Sequence[str],
        *, apart: float = 0.0, right: float = WIDTH - 0.12,
        ticks: Callable[[float], float] = lambda _: 0.0,
    ) -> list[Axes]:  # fmt: skip
        """Panels of one size in rows, with words below them, beside each row and above each panel.

        beside : words for each row, or one for all of them
        titles : of the panels, "" for none
        apart : room for ticks between the columns where each panel has a scale of its own
        right : edge of the last column
        ticks : from the width of a panel the room that ticks of more than a line need
        """
        left = 0.64 + 0.14 * max(words.count("\n") for words in beside)
        gap = 0.18 + apart
        wide = (right - left - gap * (across - 1)) / across
        foot = self.bottom + 0.15 * (below.count("\n") + 1) + 0.26 + ticks(wide)
        texts = [wrapped(words, wide, LEGEND_SIZE, "bold") for words in titles]
        heads = [
            max((text.count("\n") + 1 if text else 0) for text in texts[row * across :][:across])
            * LEGEND_SIZE * LINE + 0.08
            for row in range(down)
        ]  # fmt: skip
        tall = (self.top - foot - sum(heads) - 0.12 * (down - 1)) / down
        found: list[Axes] = []
        high = self.top
        for row, head in enumerate(heads):
            high -= head
            for column in range(across):
                start = left + column * (wide + gap)
                axes = self.axes(start, start + wide, high - tall, high)
                axes.tick_params(labelleft=bool(apart) or not column, labelbottom=row == down - 1)
                index = row * across + column
                if index < len(texts):
                    axes.set_title(texts[index], fontsize=LEGEND_SIZE, pad=3)
                found.append(axes)
            if len(beside) > 1:
                self._beside(beside[row], high - tall / 2)
            high -= tall + 0.12
        if len(beside) == 1:
            self._beside(beside[0], (foot + self.top - heads[0]) / 2)
        self.figure.text(
            (left + right) / 2 / WIDTH, (self.bottom + 0.02) / self.height, below, ha="center",
            va="bottom", fontsize=LABEL_SIZE, linespacing=1.2,
        )  # fmt: skip
        return found

    def _beside(self, words: str, middle: float) -> None:
        self.figure.text(
            0.06 / WIDTH, middle / self.height, words, rotation=90, ha="left", va="center",
            fontsize=LABEL_SIZE, linespacing=1.1, multialignment="center",
        )  # fmt: skip


def height_for(words: Sequence[str]) -> float:
    """Height of a page with this legend beside its axes, inches."""
    room = LEGEND - EDGE - 0.30
    lines = sum(wrapped(text, room, LEGEND_SIZE).count("\n") + 1 for text in words)
    need = lines * LEGEND_SIZE * LINE + 0.7 * LEGEND_SIZE / 72.0 * len(words)
    return max(4.4, need + 2.1)


def grid_of(panels: int) -> tuple[int, int]:
    """Columns and rows for so many panels."""
    across = {1: 1, 2: 2, 3: 3, 4: 2}.get(panels, 3)
    return across, -(-panels // across)


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


def _settings(run: "Run") -> list[str]:
    """What the study sets otherwise than the case, at every design point."""
    settings = run.study.settings
    told = ", ".join(f"{name} = {value:.4g}" for name, value in sorted(settings.items()))
    return [f"Set otherwise than in the case: {told}."] if settings else []


def _averaged(run: "Run") -> list[str]:
    """What every number of a study under a posterior is averaged over."""
    study = run.study
    if study.posterior is None:
        return []
    return [
        f"Averaged over {len(study.posterior)} draws of the posterior, the same at every design "
        f"point, n = {study.replicates_of_draw:,} each."
    ]

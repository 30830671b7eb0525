"""The axis of a parameter that varies: its scale, its words with their unit, and what it marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from experiments.estimates import DEMAND
from experiments.figures.page import LABEL_SIZE, WIDTH
from experiments.figures.style import wrapped
from sim.parameters import BY_NAME

if TYPE_CHECKING:
    from experiments.study import Study

_UNITS = {"1": "no unit", "1/payment": "per payment", "law": "", "policy": "", "protocol": "",
          "side": ""}  # fmt: skip
NAME_SIZE = 6.5  # of the names of levels
_SPREAD = 8.0  # ratio of the ends above which levels may lie on a logarithmic axis
_LOG_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Scale:
    """How a parameter lies along an axis: `linear`, `log`, or `named`, one place for each level.

    levels : rising, in the model's units
    """

    study: "Study"
    parameter: str
    levels: NDArray[np.float64]
    kind: str

    @property
    def is_demand(self) -> bool:
        """Whether it is the public demand."""
        return self.parameter == DEMAND

    def place(self, values: ArrayLike) -> NDArray[np.float64]:
        """Where values stand along the axis."""
        array = np.asarray(values, float)
        if self.kind != "named":
            return array
        return np.searchsorted(self.levels, array).astype(float)

    def beside(self, values: ArrayLike, index: int, count: int) -> NDArray[np.float64]:
        """Places a little apart from each other, so that `count` points of a level can be seen."""
        places = self.place(values)
        step = (index - (count - 1) / 2.0) * 0.5 / (max(len(self.levels), 8) * count)
        if self.kind == "named":
            return places + 8.0 * step
        if self.kind == "log":
            return places * np.power(self.levels[-1] / self.levels[0], step)
        return places + step * (self.levels[-1] - self.levels[0])

    def share(self, place: float) -> float:
        """How far along the axis a place lies, in [0, 1]."""
        low, high = self.ends
        if self.kind == "log":
            return float(np.log(place / low) / np.log(high / low))
        return (place - low) / (high - low)

    @property
    def ends(self) -> tuple[float, float]:
        """The limits of the axis."""
        if self.kind == "named":
            return -0.6, len(self.levels) - 0.4
        return float(self.levels[0]), float(self.levels[-1])

    @property
    def marked(self) -> float | None:
        """The reported demand, or the case's own value; None where it lies outside the axis."""
        study = self.study
        value = study.scenario.reported.demand if self.is_demand else study.central(self.parameter)
        if self.kind == "named":
            return value if value in self.levels else None
        return value if self.levels[0] <= value <= self.levels[-1] else None

    @property
    def mark_words(self) -> str:
        """What a legend calls the mark."""
        return "reported demand" if self.is_demand else "the case's own value"

    def label(self, width: float) -> str:
        """What the axis shows and in which unit, in lines at most so wide, inches."""
        if self.is_demand:
            money, year = self.study.scenario.money, self.study.scenario.base_year
            words = (
                f"public demand, multiples of the {year} payment\n({money.krw_bn(1):,.1f} bn won a "
                "year)"
            )
            return wrapped(words, width, LABEL_SIZE)
        row = BY_NAME[self.parameter]
        unit = _UNITS.get(row.unit, row.unit)
        symbol = f" ({row.symbol})" if row.symbol else ""
        name = f"{row.name}{symbol}{', ' if unit else ''}{unit}"
        if self.kind == "log":
            name += " (log scale)"
        meaning = row.meaning if len(row.meaning) < 90 else row.meaning.split(":")[0]
        return wrapped(f"{meaning}\n{name}", width, LABEL_SIZE)

    def dress(self, axes: Axes, *, upright: bool = False, most: int = 8, room: float = 0.0) -> None:
        """Limits, scale and ticks of the horizontal axis, or of the upright one.

        most : ticks; room : beyond both ends, as a share of the axis, for points that stand there
        """
        axis = axes.yaxis if upright else axes.xaxis
        set_scale, set_limits = (
            (axes.set_yscale, axes.set_ylim) if upright else (axes.set_xscale, axes.set_xlim)
        )
        if self.kind == "named":
            width = axes.get_position().width * WIDTH
            names = self.names(2.2 if upright else width)
            axis.set_ticks(range(len(names)), names, fontsize=NAME_SIZE)
        elif self.kind == "log":
            set_scale("log")
            ticks = _log_ticks(*self.ends, most)
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.set_minor_formatter(NullFormatter())
        elif BY_NAME[self.parameter].whole:
            axis.set_major_locator(MaxNLocator(most, integer=True))
        else:
            axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
        set_limits(*self._widened(room))

    def _widened(self, room: float) -> tuple[float, float]:
        low, high = self.ends
        if self.kind == "log":
            reach = (high / low) ** room
            return low / reach, high * reach
        reach = 0.0 if self.kind == "named" else room * (high - low)
        return low - reach, high + reach

    def name_of(self, value: float) -> str:
        """A level in a few characters."""
        codes = BY_NAME[self.parameter].codes
        if codes is not None:
            return codes(int(value)).name.lower().replace("_", " ")
        return f"{value:.4g}"

    def names(self, width: float) -> list[str]:
        """The levels of a named scale, broken to fit side by side on an axis so wide, inches."""
        room = 0.95 * width / len(self.levels)
        return [wrapped(self.name_of(value), room, NAME_SIZE) for value in self.levels]

    def tick_room(self, width: float) -> float:
        """What the ticks below an axis so wide need beyond a single line, inches."""
        if self.kind != "named":
            return 0.0
        return 0.11 * max(name.count("\n") for name in self.names(width))

    def add_dollars(self, axes: Axes) -> None:
        """Billions of dollars a year along the upper edge; the axis must be the demand's."""
        usd: Any = self.study.scenario.money.usd_bn(1)  # Any: numbers or arrays
        upper = axes.secondary_xaxis("top", functions=(lambda x: x * usd, lambda x: x / usd))
        upper.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        upper.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"${x:g}bn"))
        upper.set_xlabel("a year, at the rate that the reported payment implies", fontsize=7)


def scale_of(study: "Study", parameter: str, values: ArrayLike) -> Scale:
    """The scale on which the levels of a parameter are told apart best."""
    levels = np.unique(np.asarray(values, float))
    row = BY_NAME[parameter]
    if row.codes is not None or len(levels) < 2 or not np.isfinite(levels).all():
        return Scale(study, parameter, levels, "named")
    return Scale(study, parameter, levels, "log" if _is_logarithmic(levels) else "linear")


def _is_logarithmic(levels: NDArray[np.float64]) -> bool:
    """Whether the middle level lies nearer to the geometric than to the arithmetic mean."""
    low, high = float(levels[0]), float(levels[-1])
    if len(levels) < 3 or low <= 0.0 or high < _SPREAD * low:
        return False
    middle = float(np.median(levels))
    return abs(np.log(middle / np.sqrt(low * high))) < abs(np.log(middle / (0.5 * (low + high))))


def _log_ticks(low: float, high: float, most: int) -> Sequence[float]:
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in (_LOG_STEPS, (1.0, 3.0), (1.0,)):
        ticks = [float(f"{step * 10.0**decade:.6g}") for decade in decades for step in steps]
        inside = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(inside) <= most:
            break
    return inside if len(inside) > 1 else [low, high]

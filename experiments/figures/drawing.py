"""The figures by name: what each shows, which studies it fits, who draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from experiments.baselines import with_baselines
from experiments.figures.breakdown import breakdown_figure
from experiments.figures.style import styled
from experiments.study import GRID
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.drivers import Findings
    from experiments.run import Run
    from experiments.study import Study

Drawn = Callable[["Run", pd.DataFrame, pd.DataFrame | None], Figure]


@dataclass(frozen=True)
class Kind:
    """One figure: what it shows, why it does not fit a study ("" where it does), who draws it."""

    words: str
    misfit: Callable[["Study"], str]
    draw: Drawn


def _one_parameter(study: "Study") -> str:
    if study.design != GRID or study.uncertain or len(study.factors) != 1:
        return "it needs a grid over the levels of exactly one parameter"
    return ""


FIGURES: dict[str, Kind] = {
    "breakdown": Kind(
        "causes of breakdown, stacked, along one parameter", _one_parameter, breakdown_figure
    ),
}


def check(study: "Study") -> None:
    """See that every figure of a study is known and fits it.

    Raises
    ------
    InputError
        With a line for each that does not, and the names of those that would.
    """
    fitting = [name for name, kind in FIGURES.items() if not kind.misfit(study)]
    fit = f"what fits this study: {', '.join(fitting) or 'none'}"
    problems = []
    for name in study.figures:
        if name not in FIGURES:
            problems.append(f"figure {name!r} is not known; {fit}")
        elif misfit := FIGURES[name].misfit(study):
            problems.append(f"figure {name!r} does not fit study {study.name}: {misfit}; {fit}")
    if problems:
        raise InputError(*problems)


def draw(
    run: "Run",
    estimates: pd.DataFrame,
    *,
    baselines: bool = False,
    ignorance: pd.DataFrame | None = None,
    findings: "Findings | None" = None,
) -> dict[str, Figure]:
    """The figures that a study asks for, by name.

    Parameters
    ----------
    baselines : lay the forecasts of theory under the curves
    ignorance : of `experiments.ignorance`: a second band where the figure has room for it
    findings : of `experiments.drivers`: what `sensitivity` and `discovery` draw

    Raises
    ------
    InputError
        Where a figure does not fit the study.
    """
    check(run.study)
    names = list(run.study.figures)
    if baselines:
        estimates = with_baselines(run, estimates)
    with styled():
        return {name: FIGURES[name].draw(run, estimates, ignorance) for name in names}

"""The figures by name: what each shows, which studies it fits, who draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from experiments.baselines import with_baselines
from experiments.drivers import Findings, check_discovery, check_sensitivity, findings_of
from experiments.estimates import variant_rows
from experiments.figures.breakdown import breakdown_figure, causes_figure
from experiments.figures.drivers import discovery_figure, sensitivity_figure
from experiments.figures.hazard import MOST_PANELS, hazard_figure, panels_of
from experiments.figures.heat_map import map_figure
from experiments.figures.probability import comparison_figure, outcome_figure
from experiments.figures.settlement import settlement_figure, surplus_figure
from experiments.figures.style import styled
from experiments.posterior_sweep import check_extras, posterior_band
from experiments.study import GRID
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.run import Run
    from experiments.study import Study

MOST_MAPS = 6
Curves = Callable[["Run", pd.DataFrame, pd.DataFrame | None], Figure]
Drawn = Callable[["Run", pd.DataFrame, pd.DataFrame | None, Findings], Figure]


@dataclass(frozen=True)
class Kind:
    """One figure: what it shows, why it does not fit a study ("" where it does), who draws it."""

    words: str
    misfit: Callable[["Study"], str]
    draw: Drawn


def _one_parameter(study: "Study") -> str:
    if study.design != GRID or study.has_ranges or len(study.factors) != 1:
        return "it needs a grid over the levels of exactly one parameter"
    return ""


def _compared(study: "Study") -> str:
    return _one_parameter(study) or (
        "it needs variants that differ from the first one" if len(study.variants) < 2 else ""
    )


def _two_parameters(study: "Study") -> str:
    if study.design != GRID or study.has_ranges or len(study.factors) != 2:
        return "it needs a grid over the levels of exactly two parameters"
    return "" if len(study.variants) <= MOST_MAPS else f"it has room for {MOST_MAPS} variants"


def _few_points(study: "Study") -> str:
    if study.refine or not panels_of(study):
        return (
            f"it needs at most {MOST_PANELS} design points, or so many variants of a grid that has "
            "the case's own value of what varies among its levels"
        )
    return ""


def _refused(check: Callable[["Study"], None]) -> Callable[["Study"], str]:
    """The reason for which a check refuses a study, or ""."""

    def misfit(study: "Study") -> str:
        try:
            check(study)
        except InputError as error:
            return str(error)
        return ""

    return misfit


def _region_told(study: "Study") -> str:
    if len(study.factors) < 2:
        return "it needs two parameters or more that vary"
    return _refused(check_discovery)(study)


def _curves(figure: Curves) -> Drawn:
    return lambda run, estimates, ignorance, _: figure(run, estimates, ignorance)


def _sensitivity(run: "Run", _: pd.DataFrame, __: object, findings: Findings) -> Figure:
    found = findings.indices if findings.indices is not None else findings_of(run).indices
    assert found is not None  # the study asks for it, and it fits
    return sensitivity_figure(run, found)


def _discovery(run: "Run", estimates: pd.DataFrame, _: object, findings: Findings) -> Figure:
    found = findings.region if findings.region is not None else findings_of(run).region
    assert found is not None
    return discovery_figure(run, estimates, found)


FIGURES: dict[str, Kind] = {
    "breakdown": Kind(
        "causes of breakdown, stacked, along one parameter",
        _one_parameter,
        _curves(breakdown_figure),
    ),
    "causes": Kind("the same, a panel for each variant", _one_parameter, _curves(causes_figure)),
    "outcome": Kind(
        "probability of the outcome along one parameter", _one_parameter, _curves(outcome_figure)
    ),
    "comparison": Kind(
        "what each variant adds to the first", _compared, _curves(comparison_figure)
    ),
    "settlement": Kind("what deals are worth", _one_parameter, _curves(settlement_figure)),
    "surplus": Kind("price, Seoul's gain and breakdown", _one_parameter, _curves(surplus_figure)),
    "map": Kind(
        "probability of the outcome over two parameters", _two_parameters, _curves(map_figure)
    ),
    "hazard": Kind("when talks end, and how, round by round", _few_points, _curves(hazard_figure)),
    "sensitivity": Kind(
        "which parameters the outcome hangs on", _refused(check_sensitivity), _sensitivity
    ),
    "discovery": Kind("in which region the outcome is likely", _region_told, _discovery),
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


def _band_of_draws(run: "Run") -> pd.DataFrame | None:
    """The band of the posterior's draws in the first variant; None where it is not known."""
    band = posterior_band(run)
    rows = variant_rows(band, run.study.variants[0].name)
    return None if rows["low"].isna().to_numpy().any() else rows


def draw(
    run: "Run",
    estimates: pd.DataFrame,
    *,
    baselines: bool = False,
    ignorance: pd.DataFrame | None = None,
    findings: Findings | None = None,
) -> dict[str, Figure]:
    """The figures that a study asks for, by name.

    Parameters
    ----------
    baselines : lay the forecasts of theory under the curves, and draw the settlements that theory
        forecasts where they fit
    ignorance : of `experiments.ignorance`: a second band where the figure has room for it; a study
        under a posterior has that of its draws instead
    findings : of `experiments.drivers`: what `sensitivity` and `discovery` draw

    Raises
    ------
    InputError
        Where a figure does not fit the study.
    """
    check(run.study)
    names = list(run.study.figures)
    if run.study.posterior is not None:
        check_extras(run.study, baselines=baselines, ignorance=ignorance is not None)
        ignorance = _band_of_draws(run)
    if baselines and not _one_parameter(run.study):
        names += ["settlement"] if "settlement" not in names else []
        estimates = with_baselines(run, estimates)
    with styled():
        return {
            name: FIGURES[name].draw(run, estimates, ignorance, findings or Findings())
            for name in names
        }

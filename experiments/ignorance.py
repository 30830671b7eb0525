"""Not knowing the parameters, as a band of its own beside the band of chance.

The interval of a curve shows chance within one setting of the parameters. How far the curve moves
when the parameters themselves are drawn from their priors is another matter, and usually the larger
one: the same levels are played again under many draws of everything that has a prior.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.estimates import estimate
from experiments.run import Run
from experiments.study import GRID, Factor, Study
from experiments.study_making import with_options
from sim.errors import InputError
from sim.parameters import PARAMETERS

MOST_LEVELS = 15
REPLICATES = 400  # of each draw at each level
ENDS = (0.05, 0.95)


def under_ignorance(study: Study, draws: int) -> Study:
    """The same question under draws of every parameter that has a prior.

    Parameters
    ----------
    study : over a grid of one parameter; its first variant is taken
    draws : of all parameters together, the same ones at each level

    Raises
    ------
    InputError
        Where the study has another design, or the number of draws is out of range.
    """
    if study.design != GRID or len(study.factors) != 1 or study.uncertain:
        raise InputError("a band of ignorance needs a study over the levels of one parameter")
    if study.posterior is not None:
        raise InputError(
            "a band of ignorance draws from priors; a study under a posterior has a band of its own"
        )
    if not 20 <= draws <= 10_000:
        raise InputError(f"ignorance is {draws}; it must be a number of draws in [20, 10000]")
    (factor,) = study.factors
    levels = np.array(factor.levels)
    if len(levels) > MOST_LEVELS:
        chosen = np.linspace(0, len(levels) - 1, MOST_LEVELS).round().astype(int)
        levels = levels[np.unique(chosen)]
    first = study.variants[0]
    known = {factor.parameter, *study.settings, *first.settings}
    priors = tuple(
        Factor(row.name, (), row.prior)
        for row in PARAMETERS
        if row.prior.law != "fixed" and row.name not in known
    )
    return with_options(
        study, name=f"{study.name}-ignorance"[:64],
        factors=(Factor(factor.parameter, tuple(levels.tolist())), *priors), variants=(first,),
        size=draws, replicates=min(study.replicates, REPLICATES), precision=None, refine=False,
        figures=(),
    )  # fmt: skip


def ignorance_band(run: Run) -> pd.DataFrame:
    """Where the outcome's probability lies in nine draws of ten, level by level.

    The spread over draws holds some chance as well, as each is played a finite number of times; the
    probabilities are drawn towards their mean until their variance is that of the draws alone.

    Columns
    -------
    the parameter that has levels, by full name; n : negotiations of a draw; draws
    mean, low, high : over draws, the 5% and 95% quantiles
    """
    study = run.study
    (parameter,) = (factor.parameter for factor in study.factors if factor.levels)
    table = estimate(run)
    table = pd.DataFrame(table[table["n"] > 0])
    rows = []
    for level, group in table.groupby(parameter):
        n = group["n"].to_numpy(float)
        p = group[study.outcome].to_numpy(float)
        rows.append((level, int(n[0]), len(p), *spread_of_draws(p, n)))
    names = [parameter, "n", "draws", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=pd.Index(names))


def spread_of_draws(p: NDArray[Any], n: NDArray[Any]) -> tuple[float, float, float]:
    """Mean and ends of the band of draws, the variance of chance taken out; NaN without draws.

    Parameters
    ----------
    p, n : share of each draw, and of how many negotiations it is, shape (draws,)
    """
    if len(p) < 2:
        return (float(p[0]) if len(p) else np.nan), np.nan, np.nan
    chance = float(np.mean(p * (1.0 - p) / np.maximum(n - 1.0, 1.0)))
    spread = float(p.var(ddof=1))
    shrunk = np.sqrt(max(spread - chance, 0.0) / spread) if spread > 0.0 else 0.0
    low, high = np.quantile(p.mean() + shrunk * (p - p.mean()), ENDS)
    return float(p.mean()), float(low), float(high)

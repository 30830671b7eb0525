"""Counts as labelled arrays: a dimension for each parameter that varies."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.tally import BY_DRAW, HISTOGRAM
from sim.terms import Ending

_MORE = {"ends": ["ending", "round"], "first_walk_outs": ["round"]}


def as_dataset(design: pd.DataFrame, counts: pd.DataFrame, *, grid: bool, name: str) -> Any:
    """The counts of a study as a dataset of xarray, which has to be installed.

    The dimensions of a grid are the parameters that vary, and `variant` where there is more than
    one. Any other design has one dimension, `design_point`, with the parameters as coordinates
    along it. `ends` has two more, `ending` and `round`, and what is counted draw by draw of a
    posterior has `draw`. Histograms are left out.

    Parameters
    ----------
    design : one row a design point; counts : the same with the counts
    grid : whether the design crosses levels; name : of the study
    """
    import xarray

    varies = [str(column) for column in design if column not in ("design_point", "variant")]
    varies += ["variant"] if len(set(design["variant"])) > 1 else []
    axes = {column: _levels(design[column].to_numpy()) for column in varies}
    shape = tuple(len(levels) for _, levels in axes.values())
    coordinates: dict[str, Any] = {}
    if grid and axes and np.prod(shape) == len(design):
        order = np.argsort(np.ravel_multi_index([codes for codes, _ in axes.values()], shape))
        dims = varies
        coordinates |= {column: levels for column, (_, levels) in axes.items()}
    else:
        order, dims, shape = np.arange(len(design)), ["design_point"], (len(design),)
        coordinates["design_point"] = order
        coordinates |= {column: ("design_point", design[column].to_numpy()) for column in varies}
    coordinates["ending"] = [ending.name.lower() for ending in Ending]
    coordinates["round"] = 1 + np.arange(len(counts["first_walk_outs"].iloc[0]))
    if f"n{BY_DRAW}" in counts:
        coordinates["draw"] = np.arange(len(counts[f"n{BY_DRAW}"].iloc[0]))
    variables = {}
    for column in (column for column in counts if column not in (*design, *HISTOGRAM)):
        more = ["draw"] if str(column).endswith(BY_DRAW) else _MORE.get(str(column), [])
        sizes = tuple(len(coordinates[dimension]) for dimension in more)
        values = np.stack(list(counts[column]))[order]
        variables[column] = ([*dims, *more], values.reshape(shape + sizes))
    return xarray.Dataset(variables, coordinates, attrs={"study": name})


def _levels(values: NDArray[Any]) -> tuple[NDArray[np.intp], Any]:
    """The number of each row's level, and the levels: numbers in order, words as they come."""
    return pd.factorize(values, sort=np.issubdtype(values.dtype, np.number))

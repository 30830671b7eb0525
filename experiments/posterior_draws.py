"""What the draws of a posterior set at the design points of a study.

The design stays that of the study. The replicates of each design point are split among the draws in
their order: replicate i is played under draw i // `replicates_of_draw`. So each draw has random
numbers of its own, and the same ones at every level and in every variant.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.study import EXPIRY, ROUNDS, ROUNDS_AFTER_EXPIRY, Study

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def draws_of(study: Study, replicates: Whole) -> Whole:
    """The draw under which each replicate is played; beyond the last replicate they start anew."""
    if study.posterior is None:
        return np.zeros_like(replicates)
    return replicates // study.replicates_of_draw % len(study.posterior)


def drawn_columns(
    study: Study, arm: Whole, draws: Whole, expiry: Floats | None = None
) -> dict[str, Floats]:
    """The drawn parameters by full name, row by row.

    Parameters
    ----------
    arm : number of the variant of each row; where it sets a parameter, its value stands
    draws : number of the draw of each row
    expiry : rounds before the expiry, row by row, where the study varies or sets them

    Returns
    -------
    columns, each of shape (rows,), in the model's units
    """
    posterior = study.posterior
    if posterior is None:
        return {}
    columns: dict[str, Floats] = {}
    for index, own in enumerate(posterior.parameters):
        name = ROUNDS if own == ROUNDS_AFTER_EXPIRY else own
        if name not in study.drawn:
            continue
        values = posterior.table[draws, index]
        if own == ROUNDS_AFTER_EXPIRY:
            before = np.full(len(draws), study.central(EXPIRY)) if expiry is None else expiry
            values = values + _as_variants(study, EXPIRY, arm, before)
        columns[name] = _as_variants(study, name, arm, values)
    return columns


def _as_variants(study: Study, name: str, arm: Whole, values: Floats) -> Floats:
    """The values, but where a variant sets the parameter, what it sets."""
    own = np.array([variant.settings.get(name, np.nan) for variant in study.variants])[arm]
    return np.where(np.isnan(own), values, own)


def drawn_table(study: Study, table: pd.DataFrame, name: str) -> Floats | None:
    """All values of a parameter at the rows of a design table, shape (rows, draws).

    None where the posterior does not draw it.
    """
    if study.posterior is None or name not in study.drawn:
        return None
    count = len(study.posterior)
    number = {variant.name: index for index, variant in enumerate(study.variants)}
    arm = np.repeat([number[variant] for variant in table["variant"]], count)
    draws = np.tile(np.arange(count), len(table))
    expiry = np.repeat(table[EXPIRY].to_numpy(float), count) if EXPIRY in table else None
    return drawn_columns(study, arm, draws, expiry)[name].reshape(len(table), count)


def most_drawn(study: Study, table: pd.DataFrame) -> int:
    """The most rounds under any draw at any row of a design table."""
    found = drawn_table(study, table, ROUNDS)
    assert found is not None
    return int(found.max())

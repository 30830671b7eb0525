"""From records to estimates: every probability with its 95% interval and its n.

Source: Wilson (1927), J. American Statistical Association 22; Brown, Cai, DasGupta (2001),
Statistical Science 16, for why it and not the interval that leaves [0, 1].
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sim.terms import Ending

if TYPE_CHECKING:
    from experiments.sweep import Sweep

Z_95 = 1.959963984540054  # normal quantile of 0.975

CAUSES: tuple[tuple[Ending, str], ...] = (
    (Ending.LAPSE, "lapse"),
    (Ending.WALK_OUT, "walk_out"),
    (Ending.EXECUTIVE_VETO, "executive_veto"),
    (Ending.RATIFICATION_REFUSED, "ratification_refused"),
)


def wilson_interval(
    successes: ArrayLike, trials: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95% Wilson score interval of a probability; [0, 1] where there were no trials.

    Raises
    ------
    ValueError
        Where a count is negative or successes exceed trials.
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    if np.any(k < 0) or np.any(k > n):
        raise ValueError(f"successes {successes} must lie between 0 and trials {trials}")
    z2 = Z_95 * Z_95
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low = np.where(n > 0, np.where(k == 0, 0.0, middle - half), 0.0)
    high = np.where(n > 0, np.where(k == n, 1.0, middle + half), 1.0)
    return low, high


def probability(
    name: str, successes: ArrayLike, trials: ArrayLike
) -> dict[str, NDArray[np.float64]]:
    """Three columns: the share, and the ends of its interval."""
    low, high = wilson_interval(successes, trials)
    n = np.asarray(trials, float)
    share = np.divide(successes, n, out=np.full(n.shape, np.nan), where=n > 0)
    return {name: share, f"{name}_low": low, f"{name}_high": high}


def estimate(sweep: "Sweep") -> pd.DataFrame:
    """One row a design point: breakdown in all and by cause, and what deals look like.

    Columns
    -------
    variant, demand (payments), demand_usd_bn, demand_krw_bn, n
    breakdown and each cause, with _low and _high : probability of that end
    any_walk_out, any_veto, any_refusal, with _low and _high : probability that it happened at all
    deals : ratified negotiations
    settlement_q25, _median, _q75 : payments, of deals; rounds_median : of deals
    """
    summary = sweep.summary
    n = summary["n"].to_numpy(float)
    columns: dict[str, ArrayLike] = {
        "design_point": summary["design_point"],
        "variant": summary["variant"],
        "demand": summary["demand"],
        "demand_usd_bn": sweep.scenario.money.usd_bn(1.0) * summary["demand"],
        "demand_krw_bn": sweep.scenario.money.krw_bn(1.0) * summary["demand"],
        "n": summary["n"],
    }
    columns |= probability("breakdown", n - summary["ratified"].to_numpy(float), n)
    for name in [name for _, name in CAUSES] + ["any_walk_out", "any_veto", "any_refusal"]:
        columns |= probability(name, summary[name].to_numpy(float), n)
    columns["deals"] = summary["ratified"]
    for name in ("settlement_q25", "settlement_median", "settlement_q75", "rounds_median"):
        columns[name] = summary[name]
    return pd.DataFrame(columns)


def variant(estimates: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one variant: "case", or "cheap_talk"."""
    return pd.DataFrame(estimates[estimates["variant"] == name])


def at_demand(estimates: pd.DataFrame, demand: float) -> dict[str, float]:
    """The row whose demand is nearest, as a dictionary of numbers."""
    index = int(np.argmin(np.abs(estimates["demand"].to_numpy(float) - demand)))
    row = estimates.iloc[index].to_dict()
    return {str(name): value for name, value in row.items() if not isinstance(value, str)}

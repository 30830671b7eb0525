"""From counts to estimates: every probability with its 95% interval and its n.

>>> from experiments import estimate, make_study, run_study
>>> study = make_study("korea_2019", vary={"demand": [1.5, 5.58]}, replicates=500, seed=7)
>>> table = estimate(run_study(study))
>>> table[["president.demand", "n", "breakdown", "breakdown_low", "breakdown_high"]].round(2)
   president.demand    n  breakdown  breakdown_low  breakdown_high
0              1.50  500       0.16           0.13            0.19
1              5.58  500       0.62           0.57            0.66

Intervals are of chance within the model alone. Differences between variants are counted pair by
pair under common random numbers (Newcombe 1998), otherwise as between separate samples.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.events import CAUSES, EVENTS
from experiments.intervals import LEVEL, normal_quantile, probability
from experiments.paired import paired_difference, unpaired_difference
from experiments.posterior_draws import drawn_table
from experiments.survival import ending_by_round
from experiments.tally import ALONE, BY_DRAW, MICRO, MISSED, NANO, quantiles

if TYPE_CHECKING:
    from experiments.run import Run
    from experiments.study import Study

Floats = NDArray[np.float64]
DEMAND = "president.demand"
QUANTILES = (0.25, 0.5, 0.75)


def estimate(run: "Run") -> pd.DataFrame:
    """One row a design point that was played.

    Columns
    -------
    design_point, variant, and each parameter that varies, by full name
    demand_usd_bn, demand_krw_bn : where the demand varies
    n : negotiations; failed : that could not be played, not in n
    breakdown, each cause, any_walk_out, any_veto, any_refusal, each with _low and _high
    <event>_difference, with _low and _high : from the first variant, on `pairs` of the same draws;
        NaN in the rows of that variant
    deals : ratified negotiations; settlement_mean with _low and _high, _q25, _median, _q75 :
        payments, of deals; category_mean : share of the deal in the new category
    us_surplus, seoul_surplus, with _low and _high : payments, over all negotiations: what a deal is
        worth above the mean reservation value of that side, 0 without a deal
    rounds_median : round in which half of the deals were made
    """
    study, counts = run.study, run.counts
    played = was_played(counts)
    table, counts = _rows(run.design.table, played), _rows(counts, played)
    columns: dict[str, Any] = {str(name): column for name, column in table.items()}
    if DEMAND in table:
        money = study.scenario.money
        columns["demand_usd_bn"] = money.usd_bn(1.0) * table[DEMAND]
        columns["demand_krw_bn"] = money.krw_bn(1.0) * table[DEMAND]
    n = counts["n"].to_numpy(float)
    columns |= {"n": counts["n"], "failed": counts["failed"]}
    for name in EVENTS:
        columns |= probability(name, happened(counts, name), n)
    if len(study.variants) > 1:
        columns |= _differences(counts, len(study.variants), common=study.common)
    columns |= _deals(counts) | _surpluses(run, table, counts, n)
    return pd.DataFrame(columns)


def was_played(counts: pd.DataFrame) -> NDArray[np.bool_]:
    """Which design points were played at all, be it that every negotiation failed."""
    return (counts["n"] + counts["failed"]).to_numpy() > 0


def happened(counts: pd.DataFrame, event: str) -> NDArray[np.int64]:
    """How often an event occurred, design point by design point."""
    if event == "breakdown":
        return (counts["n"] - counts["ratified"]).to_numpy()
    return counts[event].to_numpy()


def _differences(counts: pd.DataFrame, arms: int, *, common: bool) -> dict[str, Floats]:
    """Each event's difference from the reference variant of the same setting."""
    place = np.arange(len(counts))
    reference = place - place % arms
    columns: dict[str, Floats] = {}
    if common:
        columns["pairs"] = counts["pairs"].to_numpy()
    for name in EVENTS:
        here = happened(counts, name)
        if common:
            alone, missed = (counts[name + end].to_numpy() for end in (ALONE, MISSED))
            pairs = counts["pairs"].to_numpy()  # fewer than n where a negotiation failed
            both = np.clip(here - alone, 0, pairs - alone - missed)
            neither = pairs - both - alone - missed
            found = paired_difference(both, alone, missed, neither)
        else:
            n = counts["n"].to_numpy()
            found = unpaired_difference(here, n, here[reference], n[reference])
        columns |= {
            f"{name}_difference{end}": np.where(place == reference, np.nan, value)
            for end, value in zip(("", "_low", "_high"), found[:3], strict=True)
        }
    return columns


def _deals(counts: pd.DataFrame) -> dict[str, Any]:
    """What deals look like."""
    deals = counts["ratified"].to_numpy(float)
    columns: dict[str, Any] = {"deals": counts["ratified"]}
    columns |= _mean("settlement_mean", *_moments(counts, "amount"), deals)
    found = [
        quantiles(bins, number, QUANTILES)
        for bins, number in zip(counts["amount_bins"], counts["amount_counts"], strict=True)
    ]
    ends = ("q25", "median", "q75")
    columns |= {f"settlement_{end}": [row[i] for row in found] for i, end in enumerate(ends)}
    columns["category_mean"] = _over(_moments(counts, "category")[0], deals)
    made = np.stack(list(counts["ends"]))
    made = np.cumsum(made[:, : made.shape[1] // 5], axis=1)  # the first fifth: deals
    middle = (made >= 0.5 * made[:, -1:]).argmax(axis=1) + 1.0
    columns["rounds_median"] = np.where(deals > 0, middle, np.nan)
    return columns


def _surpluses(
    run: "Run", table: pd.DataFrame, counts: pd.DataFrame, n: Floats
) -> dict[str, Floats]:
    """Gains above the mean reservation value, averaged over all negotiations.

    Where a posterior draws that mean, each draw has its own.
    """
    deals = counts["ratified"].to_numpy(float)
    columns: dict[str, Floats] = {}
    for side, sign, quantity, mean in (
        ("us", 1.0, "us_value", "president.reservation_mean"),
        ("seoul", -1.0, "seoul_cost", "ministry.reservation_mean"),
    ):
        total, squares = _moments(counts, quantity)
        middle = drawn_table(run.study, table, mean)
        if middle is None:
            middle = column_of(run.study, table, mean)
            gains = sign * (total - deals * middle)
            gain_squares = squares - 2.0 * middle * total + deals * middle * middle
        else:
            made, each = _deals_by_draw(counts, quantity)
            gains = sign * (total - (made * middle).sum(axis=1))
            gain_squares = squares + (middle * (made * middle - 2.0 * each)).sum(axis=1)
        columns |= _mean(f"{side}_surplus", gains, gain_squares, n)
    return columns


def _deals_by_draw(counts: pd.DataFrame, quantity: str) -> tuple[Floats, Floats]:
    """Deals of each draw of a posterior and what they sum to, payments, shape (rows, draws)."""
    n, broken, total = (
        np.stack(list(counts[name + BY_DRAW])).astype(float)
        for name in ("n", "breakdown", f"{quantity}_nano")
    )
    return n - broken, total / NANO


def column_of(study: "Study", table: pd.DataFrame, parameter: str) -> Floats:
    """The value of a parameter at each row of a design table, whatever sets it.

    Where a posterior draws it, the mean over the draws.
    """
    drawn = drawn_table(study, table, parameter)
    if drawn is not None:
        return drawn.mean(axis=1)
    if parameter in table:
        return table[parameter].to_numpy(float)
    central = study.central(parameter)
    by_arm = {arm.name: arm.settings.get(parameter, central) for arm in study.variants}
    return np.array([by_arm[name] for name in table["variant"]], float)


def _rows(table: pd.DataFrame, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    return pd.DataFrame(table[chosen]).reset_index(drop=True)


def _moments(counts: pd.DataFrame, quantity: str) -> tuple[Floats, Floats]:
    """Sum and sum of squares over deals, payments."""
    total = counts[f"{quantity}_nano"].to_numpy(float) / NANO
    return total, counts[f"{quantity}_squares_micro"].to_numpy(float) / MICRO


def _mean(name: str, total: Floats, squares: Floats, n: Floats) -> dict[str, Floats]:
    """A mean and the ends of its normal interval; NaN where nothing is averaged."""
    mean = _over(total, n)
    variance = np.maximum(_over(squares, n) - mean * mean, 0.0)
    half = normal_quantile(LEVEL) * np.sqrt(_over(variance, n))
    return {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}


def _over(total: Floats, n: Floats) -> Floats:
    return np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)


def by_round(run: "Run") -> pd.DataFrame:
    """Hazard and cumulative incidence of every ending, round by round; see `experiments.survival`.

    The design points are those that were played, with their variants and what varies.
    """
    played = was_played(run.counts)
    table = _rows(run.design.table, played)
    ends = np.stack(list(run.counts["ends"][played]))
    expiry = column_of(run.study, table, "talks.expiry_round")
    found = ending_by_round(ends.reshape(len(ends), 5, -1), expiry)
    told = table.iloc[found.pop("design_point").to_numpy()].reset_index(drop=True)
    return pd.concat([told, found], axis=1)


def variant_rows(estimates: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one variant."""
    return _rows(estimates, (estimates["variant"] == name).to_numpy())


def nearest(estimates: pd.DataFrame, parameter: str, value: float) -> dict[str, Any]:
    """The row whose parameter is nearest to a value."""
    index = int(np.argmin(distances(estimates[parameter].to_numpy(float), value)))
    return {str(name): value for name, value in estimates.iloc[index].to_dict().items()}


def distances(levels: Floats, value: float) -> Floats:
    """How far levels are from a value; infinity is at 0 from itself."""
    far = np.full(levels.shape, np.inf)
    finite = np.isfinite(levels) & np.isfinite(value)
    return np.where(levels == value, 0.0, np.abs(np.subtract(levels, value, out=far, where=finite)))


__all__ = [
    "CAUSES", "EVENTS", "by_round", "column_of", "distances", "estimate", "nearest",
    "variant_rows", "was_played",
]  # fmt: skip

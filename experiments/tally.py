"""What a block of negotiations adds up to: whole numbers, which sum to the same in any order.

Sums of amounts are kept in units of 1e-9 payments (about one dollar) and of their squares in 1e-6,
so that no total depends on how a study was cut into blocks. The settlement distribution is a
histogram in steps of 0.002 payments; quantiles are read off it to that resolution.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.events import CAUSES, EVENTS
from sim.errors import WinsetError
from sim.outcomes import OUTCOME
from sim.terms import Ending

BIN = 0.002  # payments
MOST = 2.0**62  # of a sum, well inside 64 bits
NANO, MICRO = 1e9, 1e6
SUMMED = ("amount", "category", "us_value", "seoul_cost")  # of deals
ALONE, MISSED = "_alone", "_missed"  # the event here and not in the reference; the reverse
HISTOGRAM = ("amount_bins", "amount_counts")
LISTS = ("ends", "first_walk_outs", *HISTOGRAM)
BY_DRAW = "_by_draw"  # ends the names of lists with a number for each draw of a posterior
VALUES = ("us_value", "seoul_cost")  # summed draw by draw

Records = NDArray[Any]
Counts = dict[str, Any]


def tally(records: Records, rounds: int) -> Counts:
    """The counts of one design point.

    Parameters
    ----------
    records : dtype OUTCOME, shape (replicates,)
    rounds : the most rounds that any design point of the study has

    Returns
    -------
    Whole numbers by name, and the lists: ends, how many ended so in each round, ending by ending,
    shape (5 x rounds,); first_walk_outs by round, shape (rounds,); amount_bins and amount_counts,
    the histogram of deals.
    """
    healthy = is_healthy(records)
    failed = len(records) - int(np.count_nonzero(healthy))
    if failed:
        records = records[healthy]
    endings = np.bincount(records["ending"], minlength=len(Ending))
    deals = records[records["ending"] == Ending.RATIFIED]
    counts: Counts = {"n": len(records), "failed": failed, "ratified": int(endings[0])}
    counts |= {name: int(endings[ending]) for ending, name in CAUSES}
    for name in ("any_walk_out", "any_veto", "any_refusal"):
        counts[name] = int(np.count_nonzero(EVENTS[name].occurs(records)))
    counts["lapsed_deals"] = int(np.count_nonzero(deals["lapsed"]))
    counts["executive_changed"] = int(np.count_nonzero(records["executive_changed"]))
    for name in SUMMED:
        values = deals[name]
        counts[f"{name}_nano"] = int(np.rint(values * NANO).astype(np.int64).sum())
        squares = np.rint(np.square(values) * MICRO).astype(np.int64)
        counts[f"{name}_squares_micro"] = int(squares.sum())
    where = records["ending"].astype(np.int64) * rounds + records["round"] - 1
    counts["ends"] = np.bincount(where, minlength=len(Ending) * rounds)
    left = np.bincount(records["first_walk_out"], minlength=rounds + 1)
    counts["first_walk_outs"] = left[1:]
    bins, found = np.unique(np.floor(deals["amount"] / BIN).astype(np.int64), return_counts=True)
    counts["amount_bins"], counts["amount_counts"] = bins, found
    return counts


def is_healthy(records: Records) -> NDArray[np.bool_]:
    """Which records are those of a negotiation that was played to an end.

    A negotiation fails where a number of its own is none: its gap, or a value of its deal.
    """
    whole = np.logical_and.reduce([np.isfinite(records[name]) for name in SUMMED])
    deal = records["ending"] == Ending.RATIFIED
    return np.isfinite(records["gap"]) & (records["round"] > 0) & (~deal | whole)


def discordant(records: Records, reference: Records) -> Counts:
    """How often each event occurs here and not in the reference, and the reverse, draw by draw.

    Parameters
    ----------
    records, reference : of the same replicates under common random numbers, shape (replicates,)
    """
    both = is_healthy(records) & is_healthy(reference)
    counts: Counts = {"pairs": int(np.count_nonzero(both))}
    for name, event in EVENTS.items():
        here, there = event.occurs(records) & both, event.occurs(reference) & both
        counts[name + ALONE] = int(np.count_nonzero(here & ~there))
        counts[name + MISSED] = int(np.count_nonzero(there & ~here))
    return counts


def counts_by_draw(records: Records, draws: NDArray[np.int64], count: int) -> Counts:
    """What of the counts is told draw by draw of a posterior, lists of shape (count,).

    Parameters
    ----------
    records : of one design point, dtype OUTCOME, shape (replicates,)
    draws : number of the draw of each; count : draws of the posterior

    Returns
    -------
    n, each event, and in units of 1e-9 payments the values of deals to both sides
    """
    healthy = is_healthy(records)
    records, draws = records[healthy], draws[healthy]
    counts: Counts = {f"n{BY_DRAW}": np.bincount(draws, minlength=count)}
    for name, event in EVENTS.items():
        counts[name + BY_DRAW] = np.bincount(draws[event.occurs(records)], minlength=count)
    deal = records["ending"] == Ending.RATIFIED
    for name in VALUES:
        total = np.zeros(count, np.int64)
        np.add.at(total, draws[deal], np.rint(records[name][deal] * NANO).astype(np.int64))
        counts[f"{name}_nano{BY_DRAW}"] = total
    return counts


def columns(points: Sequence[int], counts: Sequence[Counts]) -> dict[str, Any]:
    """The counts of a block as columns: arrays of whole numbers, and lists of arrays."""
    table: dict[str, Any] = {"design_point": np.array(points, np.uint32)}
    for name in counts[0]:
        values = [one[name] for one in counts]
        is_list = name in LISTS or name.endswith(BY_DRAW)
        table[name] = values if is_list else np.array(values, np.int64)
    return table


class Totals:
    """The counts of whole design points, summed over blocks in whatever order they come."""

    def __init__(self, points: int) -> None:
        """Nothing was played yet.

        points : design points of the study
        """
        self._points = points
        nothing = tally(np.zeros(0, OUTCOME), 1)
        self._sums: dict[str, NDArray[np.int64]] = {
            name: np.zeros(points, np.int64) for name in nothing if name not in LISTS
        }
        self._histogram: list[NDArray[np.int64]] = []  # rows of design point, bin, deals

    def add(self, block: Mapping[str, Any]) -> None:
        """Add the columns of one block.

        Raises
        ------
        WinsetError
            Where a sum no longer fits into 64 bits.
        """
        place = np.asarray(block["design_point"], np.int64)
        for name, values in block.items():
            if name in ("design_point", *HISTOGRAM):
                continue
            array = np.stack([np.asarray(row, np.int64) for row in values])
            if name not in self._sums:
                self._sums[name] = np.zeros((self._points, *array.shape[1:]), np.int64)
            _check_fits(name, self._sums[name][place], array)
            np.add.at(self._sums[name], place, array)
        lengths = [len(row) for row in block["amount_bins"]]
        bins, found = (np.concatenate([np.asarray(row, np.int64) for row in block[name]])
                       for name in HISTOGRAM)  # fmt: skip
        self._histogram.append(np.stack([np.repeat(place, lengths), bins, found]))
        if len(self._histogram) > 256:
            self._compact()

    def table(self) -> pd.DataFrame:
        """One row a design point, in order; one that was not played has n = 0.

        `ends` and `first_walk_outs` hold an array each, the histogram a pair of arrays.
        """
        self._compact()
        where, bins, found = self._histogram[0]
        cuts = np.searchsorted(where, np.arange(1, self._points))
        table: dict[str, Any] = {"design_point": np.arange(self._points)}
        table |= {name: list(a) if a.ndim > 1 else a for name, a in self._sums.items()}
        table["amount_bins"], table["amount_counts"] = np.split(bins, cuts), np.split(found, cuts)
        return pd.DataFrame(table)

    def _compact(self) -> None:
        where, bins, found = np.concatenate([np.zeros((3, 0), np.int64), *self._histogram], axis=1)
        least = int(bins.min()) if len(bins) else 0
        span = int(bins.max()) + 1 - least if len(bins) else 1
        keys, inverse = np.unique(where * span + bins - least, return_inverse=True)
        totals = np.zeros(len(keys), np.int64)
        np.add.at(totals, inverse, found)
        self._histogram = [np.stack([keys // span, keys % span + least, totals])]


def _check_fits(name: str, before: NDArray[np.int64], more: NDArray[np.int64]) -> None:
    """Whole numbers of 64 bits wrap around without a word."""
    if before.size and np.max(np.abs(before.astype(float)) + np.abs(more.astype(float))) > MOST:
        raise WinsetError(f"the sum {name} has grown beyond 64 bits; give fewer replicates")


def quantiles(
    bins: NDArray[np.int64], found: NDArray[np.int64], levels: Sequence[float]
) -> list[float]:
    """Quantiles of the deals' amounts, payments, to within a bin; NaN without deals."""
    if not len(bins):
        return [float("nan")] * len(levels)
    upto = np.cumsum(found)
    results = []
    for level in levels:
        rank = level * upto[-1]
        index = min(int(np.searchsorted(upto, rank)), len(bins) - 1)
        before = upto[index] - found[index]
        results.append(float((bins[index] + (rank - before) / found[index]) * BIN))
    return results

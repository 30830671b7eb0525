"""What differs between two times that the same was played, to the last bit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.outcomes import OUTCOME

Columns = Mapping[str, Any]  # a table, column by column
AGENTS = "the Mesa agents"


def kept_record(kept: Columns, design_point: int, replicate: int) -> Any:
    """A negotiation of a block as a record, dtype OUTCOME; None where it does not hold it once."""
    is_it = (kept["design_point"] == design_point) & (kept["replicate"] == replicate)
    (places,) = np.nonzero(is_it)
    if len(places) != 1:
        return None
    record = np.zeros((), OUTCOME)
    for name in OUTCOME.names or ():
        record[name] = kept[name][places[0]]
    return record


def record_differences(again: Any, other: Any, by: str) -> list[str]:
    """What of a record of the Mesa agents is otherwise elsewhere, a line each.

    Parameters
    ----------
    again, other : dtype OUTCOME, shape (); other is None where there is none
    by : whose the other is, in words
    """
    if other is None:
        return [f"{by} does not hold it"]
    return [
        f"{name} is {again[name]!s} by {AGENTS}, {other[name]!s} by {by}"
        for name in OUTCOME.names or ()
        if again[name].tobytes() != other[name].tobytes()
    ]


def table_differences(stored: Columns, played: Columns, what: str) -> list[str]:
    """The columns that are not the same, a line each, with the first row that is not."""
    told = []
    for name in sorted({*stored, *played}):
        if name not in stored or name not in played:
            told.append(f"{what}: {name} is a column only {'here' if name in played else 'there'}")
        elif len(stored[name]) != len(played[name]):
            rows = f"{len(stored[name])} rows there, {len(played[name])} here"
            told.append(f"{what}: {name} has {rows}")
        elif (row := _first_difference(stored[name], played[name])) is not None:
            there, here = stored[name][row], played[name][row]
            told.append(f"{what}: {name} of row {row} is {there} there, {here} here")
    return told


def _first_difference(stored: Sequence[Any], played: Sequence[Any]) -> int | None:
    """The first row in which two columns of one length differ; None for none."""
    if isinstance(stored, np.ndarray) and isinstance(played, np.ndarray):
        if stored.dtype == played.dtype and stored.tobytes() == played.tobytes():
            return None
    pairs = zip(stored, played, strict=True)
    return next((row for row, (there, here) in enumerate(pairs) if not _same(there, here)), None)


def _same(there: Any, here: Any) -> bool:
    """Whether two values, or two lists of whole numbers, are the same to the last bit."""
    if isinstance(here, np.floating):
        return here.tobytes() == np.asarray(there, here.dtype).tobytes()
    return bool(np.array_equal(there, here))

"""What a negotiation leaves behind: one record, the same for both engines."""

from typing import NamedTuple

import numpy as np


class Column(NamedTuple):
    """One column of the record: its name, its NumPy type, its unit and what it holds."""

    name: str
    kind: str
    unit: str
    meaning: str


_PAY = "payments"

COLUMNS: tuple[Column, ...] = (
    Column("ending", "i1", "code", "how the talks ended, as `sim.Ending`"),
    Column("round", "i2", "round", "round in which they ended, counted from 1"),
    Column("amount", "f8", _PAY, "yearly amount of the deal; NaN without a ratified deal"),
    Column("category", "f8", "share", "of the deal paid under the new category; NaN without one"),
    Column("us_value", "f8", _PAY, "US value V of the deal; NaN without one"),
    Column("seoul_cost", "f8", _PAY, "Seoul's cost K of the deal; NaN without one"),
    Column("gap", "f8", _PAY, "between the last two tabled positions, in US value"),
    Column("backlash", "f8", "share", "of full backlash, at the end"),
    Column("yes", "i2", "members", "for the deal in the last vote; 0 where none was held"),
    Column("no", "i2", "members", "against it; 0 where no vote was held"),
    Column("abstain", "i2", "members", "present without a yes or no; 0 where no vote was held"),
    Column("absent", "i2", "members", "not present; 0 where no vote was held"),
    Column("votes", "i2", "votes", "held on deals"),
    Column("us_walk_outs", "i2", "rounds", "that the US team left"),
    Column("seoul_walk_outs", "i2", "rounds", "that Seoul's team left"),
    Column("first_walk_out", "i2", "round", "first one broken off, counted from 1; 0 for none"),
    Column("vetoes", "i2", "deals", "that the president refused to sign"),
    Column("refusals", "i2", "deals", "that the Assembly refused"),
    Column("lapsed", "?", "yes or no", "the talks went on after the old agreement had expired"),
    Column("executive_changed", "?", "yes or no", "a successor took over during the talks"),
    Column("threat", "?", "yes or no", "the threat at Pyongyang's deadline was open at the end"),
)

OUTCOME = np.dtype([(column.name, column.kind) for column in COLUMNS])

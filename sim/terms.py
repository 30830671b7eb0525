"""The closed vocabularies: every code that a table, a kernel or a case file may hold.

Values are part of the result format: a new member goes at the end, none is ever renumbered.
"""

from enum import IntEnum


class Ending(IntEnum):
    """How the talks end: exclusive and exhaustive. Every ending but RATIFIED is a breakdown."""

    RATIFIED = 0
    WALK_OUT = 1
    LAPSE = 2
    EXECUTIVE_VETO = 3
    RATIFICATION_REFUSED = 4


class Family(IntEnum):
    """The law of a private reservation value, stated by mean and standard deviation."""

    NORMAL = 0
    LOGISTIC = 1
    UNIFORM = 2


class Policy(IntEnum):
    """How a negotiator picks the offers that he tables and answers those that he gets."""

    HEURISTIC = 0
    TAKE_IT_OR_LEAVE_IT = 1
    SUBGAME_PERFECT = 2
    CHATTERJEE_SAMUELSON = 3


class Protocol(IntEnum):
    """Who speaks when within a round."""

    ALTERNATING_OFFERS = 0
    DOUBLE_AUCTION = 1


class Side(IntEnum):
    """The two teams at the table."""

    US = 0
    SEOUL = 1


class Purpose(IntEnum):
    """What a block of four uniforms is for; the words of a block are named in `sim.draws`."""

    TYPES = 0
    FORTUNE = 1
    TABLE = 2
    ANSWERS = 3
    VOTE = 4

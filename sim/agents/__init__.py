"""The actors, as Mesa agents: each holds its own state and takes its own decisions.

An agent sees the design point (`model.point`), the clock and what is on the table; private types
stay with their owner. Decisions are rules of `sim.rules`, called with draws that are addressed by
what they are for.
"""

from sim.agents.actor import Actor
from sim.agents.home import (
    BlocVote,
    NationalAssembly,
    PartyBloc,
    President,
    Public,
    SecurityEnvironment,
)
from sim.agents.package import Package
from sim.agents.teams import ForeignMinistry, Team, USNegotiators

__all__ = [
    "Actor",
    "BlocVote",
    "ForeignMinistry",
    "NationalAssembly",
    "Package",
    "PartyBloc",
    "President",
    "Public",
    "SecurityEnvironment",
    "Team",
    "USNegotiators",
]

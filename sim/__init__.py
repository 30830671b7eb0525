"""Winset's model of two-level negotiations.

The data walk is a straight line: a case file becomes a scenario, the scenario gives design points,
the design points are negotiated, and what comes back is one record a negotiation.

>>> from sim import Ending, negotiate, read_scenario
>>> scenario = read_scenario("korea_2019")
>>> points = scenario.points({"demand": [1.5, 5.58]})
>>> outcomes = negotiate(points, 1000, seed=7)
>>> outcomes.shape
(2, 1000)
>>> broke_down = outcomes["ending"] != Ending.RATIFIED
>>> bool(broke_down[1].mean() > broke_down[0].mean())
True

The same call with `engine="mesa"` plays Mesa agents and gives the same bits; `watch` hands out the
Mesa model of one negotiation, round by round. `experiments` asks questions of the model.
"""

from sim.errors import InputError, WinsetError
from sim.negotiate import negotiate, watch
from sim.outcomes import OUTCOME
from sim.parameters import PARAMETERS
from sim.policies import BargainingPolicy, Heuristic, View
from sim.scenario import DesignPoints, Scenario, read_scenario
from sim.terms import Ending, Policy, Side

__all__ = [
    "OUTCOME",
    "PARAMETERS",
    "BargainingPolicy",
    "DesignPoints",
    "Ending",
    "Heuristic",
    "InputError",
    "Policy",
    "Scenario",
    "Side",
    "View",
    "WinsetError",
    "negotiate",
    "read_scenario",
    "watch",
]

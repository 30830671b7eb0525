"""What tests in every folder share: the shipped case, the limit and the profile of Hypothesis."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import settings
from limits import LIMIT
from numpy.typing import ArrayLike

from sim import DesignPoints, Scenario, read_scenario

# The same examples in every run; plain rules are slow enough to make a deadline a matter of luck.
settings.register_profile("winset", max_examples=100, derandomize=True, deadline=None)
settings.load_profile("winset")


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """The shipped case of 2019."""
    return read_scenario("korea_2019")


@pytest.fixture(scope="session")
def limit_points(scenario: Scenario) -> Callable[[Mapping[str, ArrayLike]], DesignPoints]:
    """Design points of the limit, with the given parameters set otherwise."""

    def points(changed: Mapping[str, ArrayLike]) -> DesignPoints:
        return scenario.points({**LIMIT, **changed})

    return points

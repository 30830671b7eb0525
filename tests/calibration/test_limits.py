"""The table of limits gives what the exact solution gives."""

import numpy as np
import pytest

from experiments.calibration.limits import LimitTable
from sim import read_scenario
from sim.anticipation import assembly_limit

RANGES = (0.6, 0.95), (0.02, 0.12)


@pytest.mark.parametrize("share", [0.0, 0.37, 0.81, 1.0])
def test_a_tabled_limit_is_the_exact_one_to_a_billionth_of_a_payment(share: float) -> None:
    scenario = read_scenario("korea_2019")
    table = LimitTable(*RANGES)
    varied = {
        "ministry.confidence": [0.6 + 0.35 * share],
        "assembly.shock_sd": [0.02 + 0.1 * (1.0 - share)],
    }
    tabled = scenario.points(varied, solve=table).values
    exact = scenario.points(varied).values
    for column in ("assembly_limit", "known_limit"):
        assert tabled[column][0] == pytest.approx(exact[column][0], abs=1e-9)


@pytest.mark.parametrize(("confidence", "shock"), [(0.5, 0.05), (0.8, 0.2), (0.97, 0.0)])
def test_outside_its_range_the_table_solves_exactly(confidence: float, shock: float) -> None:
    ask = (((100.0, 0.7, 1.3), (90.0, 0.6, 1.2)), 12.0, 200, confidence, shock)
    assert LimitTable(*RANGES)(*ask) == assembly_limit(*ask)


def test_members_who_never_err_are_solved_exactly() -> None:
    ask = (((100.0, 0.7, 1.3), (90.0, 0.6, 1.2)), np.inf, 200, 0.8, 0.05)
    assert LimitTable(*RANGES)(*ask) == assembly_limit(*ask)


def test_a_range_that_is_a_point_is_solved_exactly() -> None:
    ask = (((100.0, 0.7, 1.3), (90.0, 0.6, 1.2)), 12.0, 200, 0.8, 0.06)
    assert LimitTable((0.8, 0.8), (0.06, 0.06))(*ask) == assembly_limit(*ask)

"""Compiled code is kept: a second start compiles nothing."""

import subprocess
import sys

import pytest

from sim import negotiate
from sim.compiling import COMPILED
from sim.kernel import _play_block

SECOND_START = """
from sim import negotiate, read_scenario
from sim.kernel import _play_block
negotiate(read_scenario("korea_2019").points(), 2, seed=1)
print(sum(_play_block.stats.cache_hits.values()), sum(_play_block.stats.cache_misses.values()))
"""


@pytest.mark.skipif(not COMPILED, reason="the compiler is switched off")
def test_a_second_start_compiles_nothing(scenario):
    negotiate(scenario.points(), 2, seed=1)
    stats = _play_block.stats
    assert sum(stats.cache_hits.values()) + sum(stats.cache_misses.values()) == 1
    again = subprocess.run(
        [sys.executable, "-c", SECOND_START], capture_output=True, text=True, check=True
    )
    assert again.stdout.split() == ["1", "0"]

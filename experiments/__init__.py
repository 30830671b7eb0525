"""Asking questions of the model: sweeps, estimates with their intervals, figures, transcripts.

>>> from experiments import estimate, run_sweep
>>> from sim import read_scenario
>>> sweep = run_sweep(read_scenario("korea_2019"), demands=[1.5, 5.58], replicates=500, seed=7)
>>> table = estimate(sweep)
>>> table[["demand", "n", "breakdown", "breakdown_low", "breakdown_high"]].round(2)
   demand    n  breakdown  breakdown_low  breakdown_high
0    1.50  500       0.16           0.13            0.20
1    5.58  500       0.60           0.56            0.64
"""

from experiments.statistics import estimate, wilson_interval
from experiments.sweep import Sweep, run_sweep

__all__ = ["Sweep", "estimate", "run_sweep", "wilson_interval"]

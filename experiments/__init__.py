"""Asking questions of the model: studies, estimates with their intervals, figures, transcripts.

The data walk is a straight line: a study is laid out as design points, played, counted, and its
counts become estimates, which figures draw.

>>> from experiments import estimate, make_study, run_study
>>> study = make_study("korea_2019", vary={"demand": [1.5, 5.58]}, replicates=500, seed=7)
>>> table = estimate(run_study(study))
>>> table[["president.demand", "n", "breakdown", "breakdown_low", "breakdown_high"]].round(2)
   president.demand    n  breakdown  breakdown_low  breakdown_high
0              1.50  500       0.16           0.13            0.19
1              5.58  500       0.62           0.57            0.66
"""

from experiments.answer import answer
from experiments.estimates import by_round, estimate
from experiments.intervals import jeffreys_interval, wilson_interval
from experiments.posterior_sweep import under_posterior
from experiments.results import read_results
from experiments.run import Run, run_study
from experiments.study import Study
from experiments.study_file import read_study
from experiments.study_making import make_study

__all__ = [
    "Run",
    "Study",
    "answer",
    "by_round",
    "estimate",
    "jeffreys_interval",
    "make_study",
    "read_results",
    "read_study",
    "run_study",
    "under_posterior",
    "wilson_interval",
]

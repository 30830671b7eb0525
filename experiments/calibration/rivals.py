"""Rivals of a forecast by the model: base rates and rules of thumb, from what was known before.

    base_rate             of a number, the values of all other agreements, each as likely as the
                          others; of yes or no, Laplace's rule (k + 1)/(n + 2)
    past_normal           a normal law with their mean and sd (n - 1)
    past_median           their median
    last_time             what came of the last agreement before
    split_the_difference  half-way between the public demand and Seoul's opening
    half_the_demand       half of the public demand
    setter                what an agenda setter who wants the demand gets from the Assembly's
                          median member, who can only take it or keep the old payment

The last three forecast the agreed change alone. They need a demand that was reported; the setter
takes the median member's threshold from the case, where it is an assumption.

Sources: Laplace 1814, Essai philosophique sur les probabilites, for the rule; Wilson 1927 for the
interval beside it; Raiffa 1982, The art and science of negotiation, for the mid-point; Romer,
Rosenthal 1978, Public Choice 33, for the setter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from experiments.baselines import baselines
from experiments.calibration.episodes import Episode
from experiments.calibration.reported import WIDTH_OF_90, Target
from experiments.calibration.scores import (
    brier,
    crps,
    crps_normal,
    log_score,
    log_score_normal,
    log_score_probability,
)
from experiments.calibration.statistics import STATISTICS
from experiments.intervals import wilson_interval
from sim.theory.ratification import setter_proposal

BASE_RATE, SETTER = "base_rate", "setter"
DEMAND = "president.demand"


@dataclass(frozen=True)
class Rival:
    """One forecast of one statistic.

    source : what it comes from, in words; n : how many reported figures it rests on
    values : of equal probability; one of a point
    normal : mean and sd in their place
    probability : of yes, with the interval low to high; None of a number
    """

    name: str
    source: str
    n: int
    values: tuple[float, ...] = ()
    normal: tuple[float, float] | None = None
    probability: float | None = None
    low: float | None = None
    high: float | None = None

    def quantiles(self) -> tuple[float, float, float]:
        """The 5, 50 and 95 percent points of a number."""
        if self.normal is not None:
            mean, sd = self.normal
            return mean - sd * WIDTH_OF_90 / 2.0, mean, mean + sd * WIDTH_OF_90 / 2.0
        low, middle, high = np.quantile(self.values, [0.05, 0.5, 0.95])
        return float(low), float(middle), float(high)

    def score(self, target: Target) -> float:
        """CRPS of a number, Brier score of yes or no; NaN of a bound, which has no value."""
        if target.kind == "bound":
            return float("nan")
        if self.probability is not None:
            return brier(self.probability, target.centre)
        if self.normal is not None:
            return crps_normal(*self.normal, target.centre)
        return crps(self.values, target.centre)

    def log_score(self, target: Target) -> float:
        """See `scores.log_score`."""
        if self.probability is not None:
            return log_score_probability(target, self.probability)
        if self.normal is not None:
            return log_score_normal(target, *self.normal)
        return log_score(target, self.values)


def rivals(statistic: str, past: Sequence[Target], episode: Episode) -> list[Rival]:
    """Every rival that can say something on a statistic, the base rate first.

    Parameters
    ----------
    past : what was reported of other episodes; rows of other statistics are passed over, and so
        are bounds, which say no value
    episode : what is forecast
    """
    told = sorted(
        (row for row in past if row.statistic == statistic and row.kind != "bound"),
        key=lambda row: (row.date, row.id),
    )
    start = episode.scenario.calendar.rounds[0].start
    if STATISTICS[statistic].kind == "flag":
        return _of_flags(told, start)
    found = _of_numbers(told, start)
    if statistic == "agreed_change" and DEMAND not in {free.name for free in episode.unknown}:
        found += _of_the_demand(episode)
    return found


def _of_flags(told: Sequence[Target], start: date) -> list[Rival]:
    n, k = len(told), int(sum(row.centre for row in told))
    found: list[Rival] = []
    if told:
        low, high = (float(end) for end in wilson_interval(k, n))
        words, p = f"{k} of {n} other agreements, Laplace's rule", (k + 1) / (n + 2)
        found.append(Rival(BASE_RATE, words, n, probability=p, low=low, high=high))
    before = [row for row in told if row.date < start]
    if before:
        found.append(Rival("last_time", before[-1].id, 1, probability=before[-1].centre))
    return found


def _of_numbers(told: Sequence[Target], start: date) -> list[Rival]:
    values = tuple(row.centre for row in told)
    n, found = len(values), list[Rival]()
    if values:
        found.append(Rival(BASE_RATE, f"the values of {n} other agreements", n, values))
        words = f"the median of {n} other agreements"
        found.append(Rival("past_median", words, n, (float(np.median(values)),)))
    if n > 1 and np.ptp(values) > 0.0:
        normal = float(np.mean(values)), float(np.std(values, ddof=1))
        found.append(Rival("past_normal", f"mean and sd of {n} other agreements", n, normal=normal))
    before = [row for row in told if row.date < start]
    if before:
        found.append(Rival("last_time", before[-1].id, 1, (before[-1].centre,)))
    return found


def _of_the_demand(episode: Episode) -> list[Rival]:
    """Rules of thumb on the amount, in percent above the old payment."""
    values = {**episode.scenario.values, **episode.settings}
    demand, opening = values[DEMAND], values["ministry.opening_offer"]
    points = episode.scenario.points(dict(episode.settings))
    indifferent = float(baselines(points)["median_voter"].iloc[0])
    setter = setter_proposal(demand, 0.5 * (1.0 + indifferent), 1.0)
    assumed = "demand and median threshold of the case, the latter an assumption"
    told = (
        ("split_the_difference", 0.5 * (demand + opening), "demand and opening offer of the case"),
        ("half_the_demand", 0.5 * demand, "demand of the case"),
        (SETTER, setter, assumed),
    )
    return [Rival(name, words, 1, (100.0 * (amount - 1.0),)) for name, amount, words in told]

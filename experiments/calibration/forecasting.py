"""What would be reported, forecast from negotiations that were played.

The report of a statistic s follows the law that its target's kernel states: s with a normal error;
yes or no, wrong with the probability of the error; which side of a bound. So the probability of a
report is a mean of such laws over negotiations, and no error needs to be drawn for it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from experiments.calibration.evaluation import stream
from experiments.calibration.proposals import effective_size
from experiments.calibration.reported import Target
from experiments.intervals import wilson_interval

Reals = NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)


class Share(NamedTuple):
    """A probability with its interval of 95%; n : independent draws that it is worth."""

    value: float
    low: float
    high: float
    n: float


def share_of_draws(occurs: NDArray[np.bool_]) -> Share:
    """How many of independent draws are so, by Wilson's interval."""
    count, n = int(np.sum(occurs)), len(occurs)
    low, high = wilson_interval(count, n)
    return Share(count / n, float(low), float(high), float(n))


def mean_probability(probabilities: ArrayLike, weights: Reals, groups: NDArray[np.int64]) -> Share:
    """A weighted mean of probabilities over negotiations.

    Parameters
    ----------
    probabilities, weights : shape (draws, negotiations); NaN where the weight is 0
    groups : number of the independent draw that a row belongs to, shape (draws,)

    The n is that of the variance of a ratio of means over groups (Cochran 1977, Sampling
    techniques), at most the negotiations that there are; the interval is Wilson's.
    """
    x = np.where(weights > 0.0, np.asarray(probabilities, "f8"), 0.0)
    total = float(np.sum(weights))
    if total == 0.0:
        return Share(np.nan, 0.0, 1.0, 0.0)
    p = min(max(float(np.sum(weights * x)) / total, 0.0), 1.0)
    errors = np.bincount(groups, np.sum(weights * (x - p), axis=1)) / total
    n = effective_size(np.bincount(groups, np.sum(weights, axis=1)))
    variance = float(np.sum(errors * errors))
    if 0.0 < p < 1.0 and variance > 0.0:
        n = float(np.clip(p * (1.0 - p) / variance, 1.0, np.sum(weights > 0.0)))
    low, high = wilson_interval(p * n, n)
    return Share(p, float(low), float(high), n)


def quantiles_of(values: Reals, weights: Reals) -> tuple[float, float, float]:
    """The weighted 5, 50 and 95 percent points: least values with so much at or below."""
    if not len(values) or not np.sum(weights) > 0.0:
        return np.nan, np.nan, np.nan
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    places = np.searchsorted(below, np.array(QUANTILES) * below[-1] * (1.0 - 1e-12))
    low, middle, high = values[order][np.minimum(places, len(order) - 1)]
    return float(low), float(middle), float(high)


@dataclass(frozen=True)
class ReportLaw:
    """The law of the report of one target, given its statistic.

    A weight w spreads it, as it spreads the kernel: sd/sqrt(w), and odds to the power w.
    """

    target: Target

    @property
    def observed(self) -> float:
        """What was reported: a number; 1 or 0 of yes or no; 1 of "at least", 0 of "at most"."""
        if self.target.kind == "bound":
            return float(self.target.low is not None)
        return self.target.centre

    @property
    def is_number(self) -> bool:
        """Whether the report is a number, not one of two words."""
        return self.target.kind in ("normal", "interval")

    @property
    def spread(self) -> float:
        """sd of the report; of yes or no, the probability that it is wrong."""
        weight, spread = self.target.weight or 1.0, self.target.spread
        if self.target.kind == "flag":
            return 1.0 / (1.0 + ((1.0 - spread) / spread) ** weight)
        return spread / np.sqrt(weight)

    def below(self, values: Reals) -> Reals:
        """Probability that the report would be a smaller number, at values of the statistic."""
        return ndtr((self.observed - values) / self.spread)

    def one(self, values: Reals) -> Reals:
        """Probability that the report would be yes, or "at least"."""
        if self.target.kind == "flag":
            return np.where(values == 1.0, 1.0 - self.spread, self.spread)
        return ndtr((values - self.target.centre) / self.spread)

    def as_observed(self, values: Reals) -> Reals:
        """Probability of the word that was reported."""
        return self.one(values) if self.observed == 1.0 else 1.0 - self.one(values)

    def draw(self, values: Reals, uniforms: Reals) -> Reals:
        """Reports of values: a number, or 1 or 0."""
        u = np.clip(uniforms, 2.0**-53, 1.0 - 2.0**-53)
        if self.is_number:
            return values + self.spread * ndtri(u)
        return np.where(np.isnan(values), np.nan, (u < self.one(values)).astype("f8"))


@dataclass(frozen=True)
class Forecast:
    """What is forecast of one report, given that there is one.

    defined : probability that there is such a statistic at all
    low, middle, high : 5, 50 and 95 percent points of the report
    mean, sd : of the report; z : of what was reported, NaN where it is no number
    p : two-sided tail probability of a number, else the probability of what was reported
    """

    defined: Share
    low: float
    middle: float
    high: float
    mean: float
    sd: float
    z: float
    p: Share

    def as_row(self) -> dict[str, float]:
        """Columns of a table."""
        return {
            "defined": self.defined.value, "defined_low": self.defined.low,
            "defined_high": self.defined.high, "n_defined": self.defined.n,
            "q05": self.low, "q50": self.middle, "q95": self.high,
            "mean": self.mean, "sd": self.sd, "z": self.z,
            "p": self.p.value, "p_low": self.p.low, "p_high": self.p.high, "n": self.p.n,
        }  # fmt: skip


def forecast(
    target: Target, values: Reals, weights: Reals, groups: NDArray[np.int64], seed: int
) -> Forecast:
    """The forecast of a target's report from weighted negotiations.

    Parameters
    ----------
    values, weights : shape (draws, negotiations); groups : see `mean_probability`
    seed : of the errors of the reports
    """
    law, known = ReportLaw(target), ~np.isnan(values)
    defined = mean_probability(known, weights, groups)
    kept = np.where(known, weights, 0.0)
    total = float(np.sum(kept))
    if total == 0.0:
        nothing = Share(np.nan, 0.0, 1.0, 0.0)
        return Forecast(defined, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, nothing)
    s = np.where(known, values, 0.0)
    uniforms = np.random.default_rng(stream(seed, target.id)).random(values.shape)
    points = quantiles_of(law.draw(s, uniforms)[kept > 0.0], kept[kept > 0.0])
    if not law.is_number:
        one = float(np.sum(kept * law.one(s))) / total
        p = mean_probability(law.as_observed(s), kept, groups)
        return Forecast(defined, *points, one, float(np.sqrt(one * (1.0 - one))), np.nan, p)
    mean = float(np.sum(kept * s)) / total
    sd = float(np.sqrt(np.sum(kept * (s - mean) ** 2) / total + law.spread**2))
    below = mean_probability(law.below(s), kept, groups)
    z = (law.observed - mean) / sd
    return Forecast(defined, *points, mean, sd, z, two_sided(below))


def two_sided(below: Share) -> Share:
    """Twice the smaller tail, from the probability below."""
    if below.value > 0.5:
        below = Share(1.0 - below.value, 1.0 - below.high, 1.0 - below.low, below.n)
    return Share(2.0 * below.value, 2.0 * below.low, min(2.0 * below.high, 1.0), below.n)


def about(target: Target) -> dict[str, object]:
    """What a table says of a target itself."""
    law = ReportLaw(target)
    return {
        "target": target.id, "case": target.case, "statistic": target.statistic,
        "use": target.use, "unit": target.unit, "kind": target.kind,
        "report": target.centre, "error": target.spread, "said": law.observed,
    }  # fmt: skip

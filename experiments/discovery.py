"""Scenario discovery: where in the space of parameters the talks break down, in one sentence.

A design point is a case of interest where the event happened in at least a threshold of its
replicates. PRIM peels a box off the parameters' ranges, a twentieth of the points at a time, and
each box on the way has a coverage (share of all cases inside) and a density (share of the points
inside that are cases). What is told is, among those with the density asked for, the one with the
largest harmonic mean of the two. Limits that chance could have set are dropped; where none is
left, no region is told. A box is chosen for its looks, so it is tried again: resamples redraw
points and outcomes, search anew, and are judged on the points that they left out.

Needs the extra `discovery` (EMA Workbench).

Sources: Friedman, Fisher (1999), Statistics and Computing 9 (PRIM); Bryant, Lempert (2010),
Technological Forecasting and Social Change 77 (coverage, density, quasi-p values, resampling);
Kwakkel (2017), Environmental Modelling & Software 96 (the library).
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from experiments.intervals import checked_counts, wilson_interval
from sim.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Limits = dict[str, tuple[float, float]]

THRESHOLD = 0.5  # a case: breakdown is at least as likely as not
DENSITY = 0.8
LEAST_POINTS = 50
LEAST_MASS = 0.05  # a box holds at least this share of the points
SIGNIFICANT = 0.05  # quasi-p value up to which a limit is kept, shared among all ends of ranges
RESAMPLES = 50


@dataclass(frozen=True)
class Region:
    """A box in the space of parameters, how well it tells the cases, and how stable it is.

    limits : by restricted parameter, its ends; infinite where only the other end is restricted;
        none where no limit is beyond chance: the cases are then told of the whole space
    coverage : share of the cases that lie inside; density : share of the points inside that are
        cases, with its Wilson interval (low, high); points, inside, cases : counts of points
    happened : mean share of the event over the points inside
    quasi_p : by parameter, the larger of its limits' one-sided binomial probabilities
    same_parameters : share of the resamples that restrict the same parameters
    restricted : by parameter of the table, the share of the resamples that restrict it
    ranges : by restricted parameter, the middle 90% of its low and of its high end over the
        resamples that have this end; NaN where none has
    held_out : mean density of the resamples' boxes on the points that they left out
    reached : whether the density asked for was reached
    trajectory : the boxes on the way: coverage, density, mass, restricted parameters
    """

    limits: Limits
    coverage: float
    density: float
    low: float
    high: float
    points: int
    inside: int
    cases: int
    happened: float
    quasi_p: dict[str, float]
    same_parameters: float
    restricted: dict[str, float]
    ranges: dict[str, tuple[tuple[float, float], tuple[float, float]]]
    held_out: float
    reached: bool
    trajectory: pd.DataFrame
    threshold: float
    asked: float
    resamples: int

    def sentence(
        self, event: str = "talks break down", labels: Mapping[str, str] | None = None
    ) -> str:
        """The region as one sentence, with everything that says how far to trust it."""
        most = f"{event} in at least {self.threshold:.0%} of negotiations"
        if not self.limits:
            return (
                f"No region stands out: {most} in {self.density:.0%} [{self.low:.0%}, "
                f"{self.high:.0%}] of all {self.points:,} draws of parameters, and no limit of a "
                f"parameter tells them apart beyond chance; of {self.resamples} resamples "
                f"{self.same_parameters:.0%} find none either."
            )
        where = " and ".join(
            _limit_in_words((labels or {}).get(name, name), *ends)
            for name, ends in self.limits.items()
        )
        best = "" if self.reached else f"No region has a density of {self.asked:.0%}; at best: "
        return (
            f"{best}{most[0].upper()}{most[1:]} in {self.density:.0%} [{self.low:.0%}, "
            f"{self.high:.0%}] of the draws of parameters where {where}: "
            f"coverage {self.coverage:.0%} of {self.cases:,} such draws, n = {self.inside:,} of "
            f"{self.points:,} draws; in {self.resamples} resamples the same parameters are "
            f"restricted in {self.same_parameters:.0%}, and the density on draws left out is "
            f"{self.held_out:.0%}."
        )


def discover(
    table: pd.DataFrame, successes: ArrayLike, trials: ArrayLike, *, seed: int,
    threshold: float = THRESHOLD, density: float = DENSITY, resamples: int = RESAMPLES,
) -> Region:  # fmt: skip
    """Find the region of the parameters in which an event is likely.

    Parameters
    ----------
    table : one row a design point, one column a parameter that varies; a sampled design
    successes, trials : counts of the event, shape (points,)
    threshold : share of the event from which a point is a case; density : asked of the region
    seed : of the resamples

    Raises
    ------
    InputError
        Where points are too few, none or all are cases, counts do not match the table, a number
        is out of range, or the extra is not installed.
    """
    k, n = checked_counts(successes, trials)
    _check(table, n, threshold, density, resamples, seed)
    x, names = table.to_numpy(float), [str(name) for name in table.columns]
    p = k / n
    cases = p >= threshold
    if cases.all() or not cases.any():
        found = "every" if cases.all() else "no"
        raise InputError(
            f"the event happens in at least {threshold:.0%} of negotiations at {found} design "
            "point; a region needs both kinds: take another threshold or wider ranges"
        )
    limits, trajectory = _search(x, names, cases, density)
    inside = _inside(x, names, limits)
    hits, held = int(np.count_nonzero(cases & inside)), int(np.count_nonzero(inside))
    low, high = wilson_interval(hits, held)
    return Region(
        limits=limits, coverage=hits / int(cases.sum()), density=hits / held,
        low=float(low), high=float(high), points=len(x), inside=held, cases=int(cases.sum()),
        happened=float(p[inside].mean()), quasi_p=_quasi_p(x, names, cases, limits),
        reached=hits >= density * held, trajectory=trajectory, threshold=threshold,
        asked=density, resamples=resamples,
        **_stability(x, names, (p, n), limits, (threshold, density, resamples, seed)),
    )  # fmt: skip


def _check(
    table: pd.DataFrame, n: Floats, threshold: float, density: float, resamples: int, seed: int
) -> None:
    if n.shape != (len(table),) or len(table) < LEAST_POINTS or np.any(n < 1):
        raise InputError(
            f"discovery needs at least {LEAST_POINTS} design points that were all played, and "
            f"counts that match them; the table has {len(table)}, the counts {n.shape}"
        )
    for name, value in (("threshold", threshold), ("density", density)):
        if not 0.0 < value <= 1.0:
            raise InputError(f"discovery.{name} is {value!r}; it must lie in (0, 1]")
    if resamples < 2 or seed < 0:
        raise InputError(
            f"discovery needs 2 resamples or more and a seed of 0 or more; it has {resamples} "
            f"and {seed}"
        )


def _search(
    x: Floats, names: list[str], cases: Flags, density: float
) -> tuple[Limits, pd.DataFrame]:
    """The best box that is dense enough, or else the densest one, without idle limits."""
    box = _find_box(pd.DataFrame(x, columns=pd.Index(names)), cases.astype(np.int64))
    path = box.peeling_trajectory
    trajectory = path[["coverage", "density", "mass"]].assign(
        restricted=path["res_dim"].astype(int)
    )
    dense = path.index[path["density"] >= density]
    # The harmonic mean is largest where the sum of the inverses is smallest.
    inverses = (1.0 / path["coverage"] + 1.0 / path["density"]).loc[dense]
    order = [int(place) for place in inverses.sort_values(kind="stable").index]
    best: Limits | None = None
    for place in order or [int(path["density"].idxmax())]:
        limits = _significant(x, names, cases, _limits(box, names, place))
        if not limits or cases[_inside(x, names, limits)].mean() >= density:
            return limits, trajectory
        best = limits if best is None else best  # without its idle limits it is not dense enough
    return best or {}, trajectory


def _limits(box: Any, names: list[str], place: int) -> Limits:
    """The limits of one of the library's boxes."""
    start, end = box.box_lims[0], box.box_lims[place]
    limits = {}
    for name in names:
        low, high = (float(end[name].iloc[side]) for side in (0, 1))
        open_low, open_high = low <= start[name].iloc[0], high >= start[name].iloc[1]
        if not (open_low and open_high):
            limits[name] = (-math.inf if open_low else low, math.inf if open_high else high)
    return limits


def _find_box(x: pd.DataFrame, y: NDArray[np.int64]) -> Any:
    """The library's box, with all the boxes on its way."""
    with warnings.catch_warnings():
        # It warns of extras that are not needed here, and of its own use of newer libraries.
        warnings.simplefilter("ignore")
        try:
            from ema_workbench.analysis.prim import Prim  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise InputError(
                "scenario discovery needs the EMA Workbench: pip install 'winset[discovery]'"
            ) from None
        return Prim(x, y, mass_min=LEAST_MASS).find_box()


def _inside(x: Floats, names: list[str], limits: Limits) -> Flags:
    inside = np.ones(len(x), bool)
    for name, (low, high) in limits.items():
        column = x[:, names.index(name)]
        inside &= (column >= low) & (column <= high)
    return inside


def _quasi_p(x: Floats, names: list[str], cases: Flags, limits: Limits) -> dict[str, float]:
    """For each limited parameter, the chance of so many cases were its limits idle.

    The number of cases in the box is held against the binomial law whose probability is the
    density of the box without these limits (Bryant, Lempert 2010).
    """
    from scipy.stats import binom

    inside = _inside(x, names, limits)
    hits, held = np.count_nonzero(cases & inside), np.count_nonzero(inside)
    values = {}
    for name in limits:
        wider = _inside(x, names, {other: limits[other] for other in limits if other != name})
        values[name] = float(binom.sf(hits - 1, held, cases[wider].mean()))
    return values


def _significant(x: Floats, names: list[str], cases: Flags, limits: Limits) -> Limits:
    """The limits left when the least significant ones have been dropped, one after another.

    The search has tried both ends of every range, so each limit is held against its share of the
    error (Bonferroni).
    """
    while limits:
        values = _quasi_p(x, names, cases, limits)
        worst = max(values, key=lambda name: values[name])
        if values[worst] <= SIGNIFICANT / (2 * len(names)):
            break
        limits = {name: ends for name, ends in limits.items() if name != worst}
    return limits


def _stability(
    x: Floats, names: list[str], shares: tuple[Floats, Floats], limits: Limits,
    asked: tuple[float, float, int, int],
) -> dict[str, Any]:  # fmt: skip
    """The search again over resamples of the points, with their outcomes drawn anew."""
    (p, n), (threshold, density, resamples, seed) = shares, asked
    generator = np.random.Generator(np.random.Philox(seed))
    found: list[Limits] = []
    held_out = []
    for _ in range(resamples):
        picked = generator.integers(len(x), size=len(x))
        cases = generator.binomial(n.astype(np.int64), p) / n >= threshold
        if cases[picked].all() or not cases[picked].any():
            continue
        found.append(_search(x[picked], names, cases[picked], density)[0])
        left = np.setdiff1d(np.arange(len(x)), picked)
        chosen = left[_inside(x[left], names, found[-1])]
        if len(chosen):
            held_out.append(float((p[chosen] >= threshold).mean()))
    count = max(resamples, 1)
    return {
        "same_parameters": sum(set(box) == set(limits) for box in found) / count,
        "restricted": {name: sum(name in box for box in found) / count for name in names},
        "ranges": {name: _ranges([box[name] for box in found if name in box]) for name in limits},
        "held_out": float(np.mean(held_out)) if held_out else math.nan,
    }


def _ranges(ends: list[tuple[float, float]]) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle 90% of the finite low ends, and of the finite high ends."""
    table = np.array(ends, float).reshape(-1, 2)
    kept = [column[np.isfinite(column)] for column in table.T]
    spans = [np.quantile(c, [0.05, 0.95]) if len(c) else np.full(2, math.nan) for c in kept]
    return (float(spans[0][0]), float(spans[0][1])), (float(spans[1][0]), float(spans[1][1]))


def _limit_in_words(name: str, low: float, high: float) -> str:
    if math.isinf(low):
        return f"{name} < {high:.3g}"
    if math.isinf(high):
        return f"{name} > {low:.3g}"
    return f"{low:.3g} < {name} < {high:.3g}"

"""Which parameters the probability hangs on, over all their ranges at once.

A design is sampled for one method of analysis and carries what it was sampled by, so that no table
is analysed by a method that it was not made for. What is analysed are shares of many replicates: an
index of single outcomes of 0 or 1 would mostly measure chance. The chance that is left in the
shares is taken out of the variances (`experiments.sensitivity_indices`), which asks for draws that
are independent from point to point.

`saltelli` gives Sobol indices: the share of the variance of the probability that a parameter
explains alone (first order), and with all that it interacts in (total). `morris` gives elementary
effects, to screen many parameters with few points. `latin_hypercube` and `sobol` give PAWN: how far
the law of the probability moves when a parameter is known.

Sources: Saltelli et al. (2010), Computer Physics Communications 181; Morris (1991), Technometrics
33; Pianosi, Wagener (2018), Environmental Modelling & Software 108; SALib (Herman, Usher 2017, J.
Open Source Software 2) samples, and estimates all but the noise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc

from experiments.intervals import LEVEL, checked_counts, normal_quantile
from experiments.sensitivity_indices import Shares, morris, pawn, sobol
from sim.errors import InputError
from sim.parameters import Prior

Floats = NDArray[np.float64]
Law = Prior | Sequence[float]
Analyser = Callable[..., list[dict[str, Any]]]

ANALYSERS: dict[str, tuple[str, Analyser]] = {
    "saltelli": ("Sobol", sobol),
    "morris": ("Morris", morris),
    "latin_hypercube": ("PAWN", pawn),
    "sobol": ("PAWN", pawn),
}
MORRIS_LEVELS = 4
LEAST_REPLICATES = 20  # at 20 the noise of a share is known to some 5% over 1,000 points
RESAMPLES = 200


@dataclass(frozen=True)
class SampledDesign:
    """Design points that were sampled for one method.

    laws : by parameter, a uniform or log-uniform law, or the levels of a discrete parameter
    method : a key of ANALYSERS; size : base points, trajectories or points; seed : of the sample
    unit : shape (points, parameters), in the unit cube; table : the same in the parameters' units
    """

    laws: Mapping[str, Law]
    method: str
    size: int
    seed: int
    unit: Floats
    table: Floats

    @property
    def names(self) -> list[str]:
        """The parameters, in the order of the columns."""
        return list(self.laws)

    def check(self, table: ArrayLike) -> None:
        """Make sure that a table of design points is the one that was sampled.

        Raises
        ------
        InputError
            Where it is another one: indices of it would mean nothing.
        """
        other = np.asarray(table, float)
        if other.shape != self.table.shape or not np.allclose(other, self.table, 1e-9, 1e-12):
            raise InputError(
                f"the table of design points is not the one that {self.method} sampled with "
                f"size {self.size} and seed {self.seed}; its indices would mean nothing"
            )


def unit_sample(method: str, parameters: int, size: int, seed: int) -> Floats:
    """Points in the unit cube, shape (points, parameters), as the method of analysis needs them.

    Parameters
    ----------
    size : base points of `saltelli`, each followed by parameters + 1 others; trajectories of
        `morris`, each of parameters + 1 points; points of `latin_hypercube` and `sobol`

    Raises
    ------
    InputError
        Where the method is unknown, there is no parameter, the seed is negative, or the size is
        none that the method can have.
    """
    if method not in ANALYSERS:
        raise InputError(f"design is {method!r}; it must be one of {', '.join(ANALYSERS)}")
    if parameters < 1 or size < 2 or seed < 0:
        raise InputError(
            f"a {method} design needs a parameter, a size of 2 or more and a seed of 0 or more; "
            f"it has {parameters}, {size} and {seed}"
        )
    if method in ("saltelli", "sobol") and size & (size - 1):
        above = 1 << size.bit_length()
        raise InputError(
            f"size is {size}; a {method} design is balanced at powers of two only, as {above // 2} "
            f"or {above}"
        )
    generator = np.random.Generator(np.random.Philox(seed))
    if method == "latin_hypercube":
        return qmc.LatinHypercube(parameters, rng=generator).random(size)
    if method == "sobol":
        return qmc.Sobol(parameters, rng=generator).random(size)
    return _by_salib(method, parameters, size, generator)


def _by_salib(method: str, parameters: int, size: int, generator: np.random.Generator) -> Floats:
    # A seed of 0 is no seed to some of SALib's functions: a generator says what is meant.
    names = [f"x{index}" for index in range(parameters)]
    problem = {"num_vars": parameters, "names": names, "bounds": [[0.0, 1.0]] * parameters}
    if method == "morris":
        from SALib.sample.morris import sample as trajectories

        return trajectories(problem, size, num_levels=MORRIS_LEVELS, seed=generator)
    from SALib.sample.sobol import sample as base_points

    return base_points(problem, size, calc_second_order=False, seed=generator)


def sample(laws: Mapping[str, Law], method: str, size: int, seed: int) -> SampledDesign:
    """Sample a design for a method of analysis.

    Raises
    ------
    InputError
        As `unit_sample`, and where a law is none that can be sampled.
    """
    unit = unit_sample(method, len(laws), size, seed)
    columns = [
        _quantile(name, law, unit[:, index]) for index, (name, law) in enumerate(laws.items())
    ]
    return SampledDesign(dict(laws), method, size, seed, unit, np.column_stack(columns))


def _quantile(name: str, law: Law, u: Floats) -> Floats:
    """The values of a parameter at these points of its law."""
    if not isinstance(law, Prior):
        levels = np.asarray(law, float)
        if levels.ndim != 1 or len(levels) < 2:
            raise InputError(f"{name} has the levels {list(law)}; two or more are needed")
        return levels[np.minimum((u * len(levels)).astype(int), len(levels) - 1)]
    least = 0.0 if law.law == "log-uniform" else -np.inf
    if law.law not in ("uniform", "log-uniform") or not least < law.low < law.high < np.inf:
        raise InputError(
            f"{name} has the law {law}; it must be uniform(low, high), or log-uniform(low, high) "
            "with a low end above 0"
        )
    if law.law == "log-uniform":
        return np.clip(law.low * np.power(law.high / law.low, u), law.low, law.high)
    return np.clip(law.low + (law.high - law.low) * u, law.low, law.high)


def analyse(
    design: SampledDesign, successes: ArrayLike, trials: ArrayLike, *, seed: int,
    method: str | None = None, common: bool = False, level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:  # fmt: skip
    """Indices of every parameter, with their intervals and what chance alone would give.

    Parameters
    ----------
    successes, trials : counts of the outcome, shape (points,), in the order of the design
    seed : of the resampling; method : "Sobol", "Morris" or "PAWN", where it is to be checked
    common : whether the design points shared their draws

    Columns
    -------
    parameter, index : "first_order", "total"; "mu_star", "sigma", "mu"; "pawn"
    value, low, high : of the index, freed from noise where a formula does so; the interval comes
        from resampling the base points, trajectories or points, chance of the replicates included
    uncorrected : the index with its noise; NaN where it has no correction
    floor : what a parameter without any effect would show by noise, 0 for corrected indices
    method, points, replicates (the least at a point)

    Raises
    ------
    InputError
        Where the design was sampled for another method, counts do not match it, replicates are
        too few to know their noise, draws were shared, or nothing but noise varies.
    """
    name, analyser = ANALYSERS[design.method]
    k, n = checked_counts(successes, trials)
    _check(design, n, method or name, common)
    shares = Shares(k / n, (k / n) * (1.0 - k / n) / (n - 1.0))
    generator = np.random.Generator(np.random.Philox(seed))
    rows = analyser(design.unit, design.table, shares, generator, resamples)
    z = normal_quantile(level)
    frame = pd.DataFrame(rows)
    frame.insert(0, "parameter", [design.names[index] for index in frame.pop("column")])
    error = frame.pop("error")
    frame.insert(3, "low", frame["value"] - z * error)
    frame.insert(4, "high", frame["value"] + z * error)
    return frame.assign(method=name, points=len(n), replicates=int(n.min()))


def _check(design: SampledDesign, n: Floats, method: str, common: bool) -> None:
    name = ANALYSERS[design.method][0]
    if method != name:
        raise InputError(
            f"a {design.method} design is sampled for {name} indices; {method} needs another one"
        )
    if n.shape != (len(design.unit),):
        raise InputError(f"{n.shape} counts do not match a design of {len(design.unit)} points")
    if n.min() < LEAST_REPLICATES:
        raise InputError(
            f"a design point has {n.min():.0f} replicates; sensitivity needs at least "
            f"{LEAST_REPLICATES} at each: of single outcomes, 0 or 1, the indices would measure "
            "chance, and with a few the noise cannot be told from the effect"
        )
    if common:
        raise InputError(
            'sensitivity needs draws = "independent": on shared draws the noise of neighbours is '
            "alike, and taking it out as if it were not would bias every index"
        )

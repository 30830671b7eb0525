"""Posterior predictive checks: could the model, as fitted, have given what was reported?

Rows are played at posterior draws with new seeds and get a reporting error each. A report is held
against them figure by figure, and as a whole by its Mahalanobis distance from their mean, since
figures can each be near while their combination is out of reach.

Source: Gelman, Meng, Stern (1996), Statistica Sinica 6.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.targets import Targets

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Predictive:
    """The report against replicates.

    p : share of replicates at least as far out as the report (figures with a weight; NaN where too
        few replicates define them all); z : by figure, the report's distance from the replicates'
        mean in their sds; conditional_z : the same, given the other figures; low, high : the
        middle 90% of replicates; undefined : share of replicates without the figure; rows : how
        many were played
    """

    p: float
    z: dict[str, float]
    conditional_z: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    undefined: dict[str, float]
    rows: int

    def table(self) -> "pd.DataFrame":
        """All of it, one row a figure, as a pandas DataFrame."""
        import pandas as pd

        columns = ("z", "conditional_z", "low", "high", "undefined")
        return pd.DataFrame({name: getattr(self, name) for name in columns})

    def misfits(self, least_p: float, most_z: float) -> tuple[str, ...]:
        """The figures that the model does not give; those furthest out where only p says so."""
        named = [name for name, z in self.z.items() if abs(z) > most_z]
        if self.p <= least_p:
            given = self.conditional_z
            named += [n for n, z in given.items() if abs(z) > most_z and n not in named]
            if not named:
                named = [max(self.z, key=lambda name: abs(self.z[name]))]
        return tuple(named)


def check_predictive(s: Floats, targets: Targets, generator: np.random.Generator) -> Predictive:
    """Hold the report against simulated figures (n, m), NaN where undefined."""
    error = np.array([figure.error for figure in targets.figures])
    replicates = s + error * generator.standard_normal(s.shape)
    y, names, used = targets.value, targets.names, targets.used
    undefined = np.mean(~np.isfinite(s), axis=0)
    z, low, high = (np.full(len(names), np.nan) for _ in range(3))
    for j in range(len(names)):
        own = replicates[np.isfinite(replicates[:, j]), j]
        if len(own) >= 10:
            z[j] = (y[j] - own.mean()) / own.std(ddof=1)
            low[j], high[j] = np.quantile(own, [0.05, 0.95])
    p, given = _global(replicates[:, used], y[used])
    conditional = dict(zip(np.array(names)[used].tolist(), given.tolist(), strict=True))
    return Predictive(
        p, _by(names, z, used), conditional, _by(names, low), _by(names, high),
        _by(names, undefined), len(s),
    )  # fmt: skip


def _by(
    names: tuple[str, ...], values: Floats, kept: NDArray[np.bool_] | None = None
) -> dict[str, float]:
    kept = np.ones(len(names), bool) if kept is None else kept
    return {n: float(v) for n, v, keep in zip(names, values, kept, strict=True) if keep}


def _global(replicates: Floats, y: Floats) -> tuple[float, Floats]:
    whole = replicates[np.all(np.isfinite(replicates), axis=1)]
    if len(whole) < 5 * (len(y) + 2):
        return float("nan"), np.full(len(y), np.nan)
    mean = whole.mean(axis=0)
    precision = np.linalg.inv(np.atleast_2d(np.cov(whole.T)))
    apart = np.vstack([y - mean, whole - mean])
    distance = np.einsum("ni,ij,nj->n", apart, precision, apart)
    p = float(np.mean(np.r_[1.0, distance[1:] >= distance[0]]))
    return p, (precision @ (y - mean)) / np.sqrt(np.diag(precision))

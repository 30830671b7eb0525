"""What the reports say on each parameter, and what the priors alone say.

On the scale of u, the probability of a value under its prior, the prior is uniform. Contraction is
the share of its variance that is gone, 1 - 12 Var(u); by it a parameter is identified, weakly
identified or not identified, and of the last no estimate is to be quoted.

Prior sensitivity is by power-scaling (Kallioinen, Paananen, Buerkner, Vehtari 2024, Statistics and
Computing 34): the prior of one parameter at a time, as a standard normal of z = Phi^-1(u), is
raised to a power, which makes its sd WIDER or NARROWER times what it was, and the draws are
weighted anew.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from experiments.calibration.fitting import Calibration
from experiments.calibration.forecasting import QUANTILES, quantiles_of
from experiments.calibration.proposals import effective_size

Reals = NDArray[np.float64]

IDENTIFIED, WEAKLY, NOT = "identified", "weakly identified", "not identified"
IDENTIFIED_FROM, WEAKLY_FROM = 0.5, 0.2  # contraction
WIDER, NARROWER = 1.25, 0.8  # of the prior's sd
SENSITIVE = 0.5  # sd of the posterior, by which a mean moves
PAIRS = 10  # of parameters that are told
_SIGNIFICANT = 4.0  # standard errors from which a correlation is told: of 800, hardly one by chance
_CLEAR = 2.0  # standard errors from a bar, within which a verdict might be the other


@dataclass(frozen=True)
class Identification:
    """What is known of each parameter.

    parameters : a row a parameter. prior_05.. and q05.. are 5, 50, 95 percent points before and
        after in the model's units, u05.. the latter under the prior; mean and u_mean; contraction
        with its Monte Carlo error; verdict; `unsure` where a bar is within two errors; n, effective
        draws
    pairs : the strongest posterior correlations, of z: first, second, correlation, error, n
    sensitivity : a row a parameter whose prior is changed and a way to change it: the largest move
        of a mean in sd of the posterior, whose it is, effective draws, `sensitive` beyond SENSITIVE
    """

    parameters: pd.DataFrame
    pairs: pd.DataFrame
    sensitivity: pd.DataFrame

    @property
    def verdicts(self) -> dict[str, str]:
        """Parameter -> verdict."""
        return dict(zip(self.parameters["parameter"], self.parameters["verdict"], strict=True))

    def named(self, *verdicts: str) -> list[str]:
        """The parameters that have one of these verdicts."""
        return [key for key, verdict in self.verdicts.items() if verdict in verdicts]


def identify(calibration: Calibration) -> Identification:
    """Prior against posterior."""
    rows = [_row(calibration, index) for index in range(len(calibration.plan.free))]
    return Identification(pd.DataFrame(rows), _pairs(calibration), _sensitivity(calibration))


def contraction(u: Reals, weights: Reals) -> tuple[float, float]:
    """1 - 12 Var(u) from weighted draws, and its Monte Carlo error.

    The variance is corrected for the mean being that of the draws, by 1/(1 - sum of weights^2).
    """
    mean = float(np.sum(weights * u))
    squares = (u - mean) ** 2
    rough = float(np.sum(weights * squares))
    variance = rough / max(1.0 - float(np.sum(weights**2)), 1e-12)
    error = float(np.sqrt(np.sum((weights * (squares - rough)) ** 2)))
    return 1.0 - 12.0 * variance, 12.0 * error


def verdict_of(value: float) -> str:
    """The verdict that a contraction gives."""
    if value >= IDENTIFIED_FROM:
        return IDENTIFIED
    return WEAKLY if value >= WEAKLY_FROM else NOT


def _row(calibration: Calibration, index: int) -> dict[str, object]:
    free, weights = calibration.plan.free[index], calibration.weights
    u = calibration.uniforms[:, index]
    points = np.array(quantiles_of(u, weights))
    value, error = contraction(u, weights)
    unsure = any(abs(value - bar) < _CLEAR * error for bar in (IDENTIFIED_FROM, WEAKLY_FROM))
    columns: dict[str, object] = {"parameter": free.key, "case": free.case, "prior": str(free.law)}
    for name, three in (
        ("prior_", free.quantiles(QUANTILES)), ("q", free.quantiles(points)), ("u", points),
    ):  # fmt: skip
        columns |= {
            f"{name}{at}": float(x) for at, x in zip(("05", "50", "95"), three, strict=True)
        }
    return columns | {
        "mean": float(np.sum(weights * free.quantiles(u))),
        "u_mean": float(np.sum(weights * u)), "contraction": value, "error": error,
        "verdict": verdict_of(value), "unsure": unsure, "n": effective_size(weights),
    }  # fmt: skip


def _normals(calibration: Calibration) -> Reals:
    return ndtri(np.clip(calibration.uniforms, 2.0**-40, 1.0 - 2.0**-40))


def _pairs(calibration: Calibration) -> pd.DataFrame:
    """The strongest correlations that are more than chance."""
    names, weights = calibration.parameters, calibration.weights
    z = _normals(calibration)
    centred = z - np.sum(weights[:, None] * z, axis=0)
    scaled = centred / np.sqrt(np.sum(weights[:, None] * centred**2, axis=0))
    rows = []
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        product = scaled[:, i] * scaled[:, j]
        r = float(np.sum(weights * product))
        halves = 0.5 * (scaled[:, i] ** 2 + scaled[:, j] ** 2)
        error = float(np.sqrt(np.sum((weights * (product - r * halves)) ** 2)))
        if abs(r) > _SIGNIFICANT * error:
            rows.append((names[i], names[j], r, error, effective_size(weights)))
    rows.sort(key=lambda row: -abs(row[2]))
    return pd.DataFrame(rows[:PAIRS], columns=["first", "second", "correlation", "error", "n"])


def _sensitivity(calibration: Calibration) -> pd.DataFrame:
    u, z, weights = calibration.uniforms, _normals(calibration), calibration.weights
    mean, sd = _moments(u, weights)
    rows = []
    for index, name in enumerate(calibration.parameters):
        for way, factor in (("wider", WIDER), ("narrower", NARROWER)):
            scaled = rescaled(z[:, index], weights, factor)
            moves = (_moments(u, scaled)[0] - mean) / sd
            most = int(np.argmax(np.abs(moves)))
            rows.append({
                "parameter": name, "way": way, "factor": factor, "move": float(moves[most]),
                "moved": calibration.parameters[most], "n": effective_size(scaled),
                "sensitive": bool(abs(moves[most]) > SENSITIVE),
            })  # fmt: skip
    return pd.DataFrame(rows)


def rescaled(z: Reals, weights: Reals, factor: float) -> Reals:
    """Weights under a prior of z whose sd is so many times as large, summing to 1."""
    power = 1.0 / factor**2
    found = weights * np.exp(0.5 * (1.0 - power) * (z**2 - np.max(z**2)))
    return found / np.sum(found)


def _moments(u: Reals, weights: Reals) -> tuple[Reals, Reals]:
    mean = np.sum(weights[:, None] * u, axis=0)
    return mean, np.sqrt(np.sum(weights[:, None] * (u - mean) ** 2, axis=0))

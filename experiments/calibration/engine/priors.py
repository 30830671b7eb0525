"""Priors of the parameters, and normal scores: the coordinates in which the engine works.

A parameter of cumulative law F has the normal score z with F(parameter) = Phi(z). In normal scores
every prior is the standard normal law, whatever its ends: no draw can fall outside of a prior, and
a posterior that leans on an end keeps a Gaussian tail.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from sim.errors import InputError
from sim.parameters import Prior

Floats = NDArray[np.float64]

LEAST = 1e-14  # nearest to 0 and 1 that a cumulative law is inverted
ALLOWED = (
    "a prior is a pair (low, high), a Prior of law uniform or log-uniform, or a frozen continuous "
    "law of scipy.stats"
)


@dataclass(frozen=True)
class Law:
    """The prior of one parameter.

    bounded : whether both ends are finite; told : how it reads; record : what rebuilds it
    """

    name: str
    frozen: Any
    kind: str
    bounded: bool
    told: str
    record: dict[str, Any]

    def parameter(self, z: Floats) -> Floats:
        """The parameter at normal scores."""
        u = np.clip(special.ndtr(z), LEAST, 1.0 - 1e-16)
        if self.kind == "scipy":
            # The upper half from its own tail, where u is a rounded 1 minus a little.
            upper = np.clip(special.ndtr(-z), LEAST, 1.0)
            return np.where(z > 0.0, self.frozen.isf(upper), self.frozen.ppf(u))
        low, high = self.frozen
        if self.kind == "log-uniform":
            value = np.exp(math.log(low) + (math.log(high) - math.log(low)) * u)
            return np.clip(value, low, high)
        return np.clip(low + (high - low) * u, low, high)

    def score(self, parameter: Floats) -> Floats:
        """Normal scores of parameters."""
        x = np.asarray(parameter, float)
        if self.kind == "scipy":
            u = self.frozen.cdf(x)
        else:
            low, high = self.frozen
            if self.kind == "log-uniform":
                u = (np.log(x) - math.log(low)) / (math.log(high) - math.log(low))
            else:
                u = (x - low) / (high - low)
        return special.ndtri(np.clip(u, LEAST, 1.0 - 1e-16))

    def spread(self, z: Floats) -> Floats:
        """What contraction is measured on: the parameter, its log, or its normal score."""
        if self.kind == "uniform":
            return special.ndtr(z) * math.sqrt(12.0)
        if self.kind == "log-uniform":
            return special.ndtr(z) * math.sqrt(12.0)
        variance = float(self.frozen.var())
        if not (0.0 < variance < math.inf):
            return z
        return self.parameter(z) / math.sqrt(variance)


@dataclass(frozen=True)
class Priors:
    """The laws of all parameters, in their order."""

    laws: tuple[Law, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return tuple(law.name for law in self.laws)

    @property
    def k(self) -> int:
        """How many there are."""
        return len(self.laws)

    def parameters(self, z: Floats) -> Floats:
        """Parameters at normal scores, shape (n, k)."""
        return np.column_stack([law.parameter(z[:, i]) for i, law in enumerate(self.laws)])

    def scores(self, parameters: Floats) -> Floats:
        """Normal scores of parameters, shape (n, k)."""
        return np.column_stack([law.score(parameters[:, i]) for i, law in enumerate(self.laws)])

    def covariates(self, z: Floats) -> Floats:
        """What figures are regressed on: the share of a bounded range, else the normal score."""
        columns = [
            special.ndtr(z[:, i]) * 2.0 - 1.0 if law.bounded else 0.5 * z[:, i]
            for i, law in enumerate(self.laws)
        ]
        return np.column_stack(columns)

    def contraction(self, z: Floats) -> Floats:
        """One minus the variance of draws over the prior's, by parameter."""
        return np.array([1.0 - law.spread(z[:, i]).var() for i, law in enumerate(self.laws)])


def read_priors(prior: Mapping[str, Any]) -> Priors:
    """The laws of a mapping from names to priors.

    Raises
    ------
    InputError
        Where there is none, or one is not a law; every problem is told.
    """
    if isinstance(prior, Priors):
        return prior
    if not isinstance(prior, Mapping):
        raise InputError(f"prior is {prior!r}; it must map the parameters' names to their priors")
    if not prior:
        raise InputError("prior is empty; it must name one parameter or more")
    problems: list[str] = []
    laws: list[Law] = []
    for name, law in prior.items():
        if not isinstance(name, str) or not name:
            problems.append(f"prior: {name!r} is no name; a parameter's name is a text")
            continue
        try:
            laws.append(_law(name, law))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return Priors(tuple(laws))


def _law(name: str, law: Any) -> Law:
    if isinstance(law, Prior):
        return _interval(name, law.law, law.low, law.high)
    if hasattr(law, "ppf") and hasattr(law, "dist"):
        return _scipy(name, law)
    if isinstance(law, (tuple, list)) and len(law) == 2:
        return _interval(name, "uniform", *law)
    raise InputError(f"prior of {name} is {law!r}; {ALLOWED}")


def _interval(name: str, kind: str, low: Any, high: Any) -> Law:
    if kind not in ("uniform", "log-uniform"):
        raise InputError(f"prior of {name} is {kind!r}; {ALLOWED}")
    try:
        low, high = float(low), float(high)
    except (TypeError, ValueError):
        raise InputError(f"prior of {name} is ({low!r}, {high!r}); {ALLOWED}") from None
    told = f"{kind}({low:g}, {high:g})"
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"prior of {name} is {told}; low must be less than high, both finite")
    if kind == "log-uniform" and low <= 0.0:
        raise InputError(f"prior of {name} is {told}; the low end of log-uniform must exceed 0")
    record = {"law": kind, "low": low, "high": high}
    return Law(name, (low, high), kind, True, told, record)


def _scipy(name: str, frozen: Any) -> Law:
    family = getattr(frozen.dist, "name", "") or type(frozen.dist).__name__
    if not hasattr(frozen, "logpdf") or isinstance(frozen.dist, stats.rv_discrete):
        raise InputError(f"prior of {name} is the discrete law {family!r}; {ALLOWED}")
    arguments = [*frozen.args, *frozen.kwds.values()]
    if any(np.ndim(value) != 0 for value in arguments):
        raise InputError(f"prior of {name} is {family!r} with arrays; {ALLOWED}, of numbers")
    quartiles = np.asarray(frozen.ppf([0.25, 0.5, 0.75]), float)
    if not (np.all(np.isfinite(quartiles)) and quartiles[0] < quartiles[2]):
        raise InputError(
            f"prior of {name} is {family!r} with {arguments}, whose quartiles are "
            f"{quartiles.tolist()}; its arguments must make a law"
        )
    record = {
        "law": "scipy", "family": family, "args": [float(value) for value in frozen.args],
        "kwds": {key: float(value) for key, value in frozen.kwds.items()},
    }  # fmt: skip
    told = f"{family}({', '.join(f'{float(value):g}' for value in arguments)})"
    bounded = bool(np.all(np.isfinite(frozen.support())))
    return Law(name, frozen, "scipy", bounded, told, record)


def rebuilt(records: Mapping[str, Mapping[str, Any]]) -> Priors:
    """The laws from their records.

    Raises
    ------
    InputError
        Where a record is of a family that scipy.stats does not have.
    """
    prior: dict[str, Any] = {}
    for name, record in records.items():
        if record["law"] != "scipy":
            prior[name] = Prior(record["law"], record["low"], record["high"])
            continue
        family = getattr(stats, str(record["family"]), None)
        if not isinstance(family, stats.rv_continuous):
            raise InputError(
                f"prior of {name} is {record['family']!r}, no continuous law of scipy.stats; "
                "give the prior again when loading"
            )
        prior[name] = family(*record["args"], **record["kwds"])
    return read_priors(prior)

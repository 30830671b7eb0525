"""A two-party concession toy whose law of figures is known: for tests of the calibration engine.

Two sides open, concede along curves, and meet where they may; some walk out, and a member body
may ratify. A row is 60 negotiations, played one by one; its twelve figures are shares and means.
Given the number n that settled, the figures are independent with known laws, so the likelihood of
reports with normal errors is a sum over n of products of one-dimensional expectations: exact up to
the quadrature of two of them.
"""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from experiments.calibration import Figure
from sim.parameters import Prior

Floats = NDArray[np.float64]

CASES = 60
PRIOR = {
    "open_a": Prior("uniform", 1.2, 3.0), "open_b": Prior("uniform", 0.2, 1.0),
    "concede_a": Prior("log-uniform", 0.3, 3.0), "concede_b": Prior("log-uniform", 0.3, 3.0),
    "hazard": Prior("uniform", 0.02, 0.5), "noise": Prior("log-uniform", 0.05, 0.5),
    "pace": Prior("log-uniform", 0.5, 3.0), "support": Prior("uniform", -1.0, 2.0),
}  # fmt: skip
SHARES = ("settled", "early", "walked_out", "ratified")
MEANS = ("amount", "opening_a", "opening_b", "step_a", "vote", "gap")
NAMES = (*SHARES, *MEANS, "amount_sd", "months")
ERRORS = dict(
    zip(NAMES, (0.08, 0.1, 0.12, 0.1, 0.06, 0.06, 0.06, 0.07, 0.03, 0.09, 0.05, 0.4), strict=True)
)
SHAPE = 2  # of the gamma law of one negotiation's months


def laws(parameters: Floats) -> dict[str, Floats]:
    """By name: chances of the shares, means and sds of the means; arrays of shape (n,)."""
    a, b, e, f, hazard, noise, pace, support = parameters.T
    half_a = a - (a - 1.0) * 0.5**e
    half_b = b + (1.2 - b) * 0.5**f
    late_a = a - (a - 1.0) * 0.9**e
    late_b = b + (1.2 - b) * 0.9**f
    leaving = 1.0 - (1.0 - hazard * (0.4 + 0.3 * np.maximum(half_a - half_b, 0.0))) ** 2
    amount = 0.5 * (late_a + late_b)
    return {
        "settled": (1.0 - 0.8 * leaving) * special.ndtr((0.55 - (late_a - late_b)) / (0.3 + noise)),
        "early": special.expit((0.9 - (half_a - half_b)) / (0.2 + noise)),
        "walked_out": np.clip(leaving, 0.01, 0.99),
        "ratified": special.ndtr(support - 1.5 * (amount - 1.2)),
        "amount": amount, "opening_a": a, "opening_b": b, "step_a": a - half_a,
        "vote": 0.5 + 0.15 * np.tanh(support), "gap": half_a - half_b,
        "months": pace * (1.0 + late_a - late_b),
        "sd_amount": 0.1 + noise, "sd_opening_a": 0.2 + 0 * a, "sd_opening_b": 0.15 + 0 * a,
        "sd_step_a": 0.2 + 0.5 * noise, "sd_vote": 0.1 + 0 * a, "sd_gap": 0.1 + noise,
    }  # fmt: skip


def _uniforms(seeds: NDArray[np.uint64], purpose: int) -> Floats:
    """Uniforms in (0, 1) of shape (rows, cases), each a hash of row, case and purpose."""
    word = np.uint64(purpose * 1000) + np.arange(1, CASES + 1, dtype=np.uint64)
    x = seeds[:, None] ^ (word * np.uint64(0x9E3779B97F4A7C15))[None, :]
    for shift, times in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(times)
    x ^= x >> np.uint64(31)
    return ((x >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52


def simulate(parameters: Floats, seeds: NDArray[np.uint64]) -> Floats:
    """Figures of 60 negotiations a row, shape (n, 12); NaN where fewer than two settled."""
    law = laws(parameters)

    def happens(name: str, purpose: int) -> NDArray[np.bool_]:
        return _uniforms(seeds, purpose) < law[name][:, None]

    settled = happens("settled", 0)
    n = settled.sum(axis=1)
    enough = n >= 2
    rest = np.maximum(CASES - n, 1)
    column = {
        "settled": n / CASES,
        "early": (happens("early", 1) & settled).sum(axis=1) / np.maximum(n, 1),
        "ratified": (happens("ratified", 2) & settled).sum(axis=1) / np.maximum(n, 1),
        "walked_out": (happens("walked_out", 3) & ~settled).sum(axis=1) / rest,
    }
    column["walked_out"][n == CASES] = np.nan
    for place, name in enumerate(MEANS):
        noise = special.ndtri(_uniforms(seeds, 4 + place))
        each = law[name][:, None] + law[f"sd_{name}"][:, None] * noise
        if name == "amount":
            column[name] = np.where(settled, each, 0.0).sum(axis=1) / np.maximum(n, 1)
            apart = np.where(settled, each - column[name][:, None], 0.0)
            column["amount_sd"] = np.sqrt((apart**2).sum(axis=1) / np.maximum(n - 1, 1))
        else:
            column[name] = each.mean(axis=1)
    months = -np.log(_uniforms(seeds, 20) * _uniforms(seeds, 21)) / SHAPE
    months = np.where(settled, months, 0.0).sum(axis=1) / np.maximum(n, 1)
    column["months"] = law["months"] * months
    figures = np.column_stack([column[name] for name in NAMES])
    figures[~enough] = np.nan
    return figures


def report(truth: Floats, seed: int) -> Floats:
    """Figures reported of one synthetic truth, with errors, shape (12,)."""
    generator = np.random.default_rng([seed, 77])
    for _ in range(100):
        s = simulate(truth[None], generator.integers(2**63, size=1).astype(np.uint64))[0]
        if np.all(np.isfinite(s)):
            return s + generator.standard_normal(len(s)) * np.array([ERRORS[n] for n in NAMES])
    raise ValueError("this truth settles nothing")


def targets(y: Floats) -> list[Figure]:
    """Reported figures as targets."""
    return [Figure(name, float(v), sd=ERRORS[name]) for name, v in zip(NAMES, y, strict=True)]


class Exact:
    """The exact likelihood of one report."""

    GRID = 1201

    def __init__(self, y: Floats) -> None:
        """Keep the report; tables are made at the first use."""
        self.y = dict(zip(NAMES, y, strict=True))

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        return np.arange(2, CASES)  # at 60 the share of walk-outs is undefined

    @cached_property
    def _tables(self) -> dict[str, Floats]:
        """Log expected kernel of a share of n, by (grid of log-odds, n)."""
        chance = special.expit(np.linspace(-9.0, 9.0, self.GRID))
        tables = {}
        for name in ("early", "ratified", "walked_out"):
            trials = CASES - self._counts if name == "walked_out" else self._counts
            c = np.arange(CASES + 1)
            log_choose = (
                special.gammaln(trials[:, None] + 1.0) - special.gammaln(c + 1.0)
                - special.gammaln(np.maximum(trials[:, None] - c, 0) + 1.0)
            )  # fmt: skip
            kernel = stats.norm.logpdf(self.y[name], c / trials[:, None], ERRORS[name])
            fixed = np.where(c <= trials[:, None], log_choose + kernel, -np.inf)
            out = np.empty((self.GRID, len(trials)))
            for g, p in enumerate(chance):
                left = trials[:, None] - c
                out[g] = special.logsumexp(fixed + c * math.log(p) + left * math.log1p(-p), axis=1)
            tables[name] = out
        return tables

    def log_likelihood(self, parameters: Floats) -> Floats:
        """Log density of the report at parameters (n, 8)."""
        parts = [
            self._part(parameters[i : i + 4000]) for i in range(0, max(len(parameters), 1), 4000)
        ]
        return np.concatenate(parts)

    def _part(self, parameters: Floats) -> Floats:
        law, n = laws(parameters), self._counts
        p = np.clip(law["settled"], 1e-12, 1.0 - 1e-12)[:, None]
        total = stats.binom.logpmf(n, CASES, p)
        total = total + stats.norm.logpdf(self.y["settled"], n / CASES, ERRORS["settled"])
        for name in ("early", "ratified", "walked_out"):
            total = total + self._looked_up(name, law[name])
        var = ERRORS["amount"] ** 2 + law["sd_amount"][:, None] ** 2 / n
        total = total + stats.norm.logpdf(self.y["amount"], law["amount"][:, None], np.sqrt(var))
        total = total + self._spread(law["sd_amount"]) + self._months(law["months"])
        for name in MEANS[1:]:
            sd = np.sqrt(ERRORS[name] ** 2 + law[f"sd_{name}"] ** 2 / CASES)
            total = total + stats.norm.logpdf(self.y[name], law[name], sd)[:, None]
        return special.logsumexp(total, axis=1)

    def _looked_up(self, name: str, chance: Floats) -> Floats:
        place = (special.logit(np.clip(chance, 1e-12, 1 - 1e-12)) + 9.0) / 18.0 * (self.GRID - 1)
        place = np.clip(place, 0.0, self.GRID - 1.001)
        low = place.astype(int)
        share = (place - low)[:, None]
        table = self._tables[name]
        return (1.0 - share) * table[low] + share * table[low + 1]

    def _expected(self, name: str, nodes: Floats, scale: Floats, low: float, high: float) -> Floats:
        """Log mean kernel over quantile nodes (n, q) times a scale, from a table by the scale."""
        grid = np.linspace(math.log(low), math.log(high), 600)
        table = np.empty((len(grid), len(self._counts)))
        for g, size in enumerate(np.exp(grid)):
            kernel = stats.norm.logpdf(self.y[name], nodes * size, ERRORS[name])
            table[g] = special.logsumexp(kernel, axis=1, b=self._node_weights)
        place = (np.log(scale) - grid[0]) / (grid[1] - grid[0])
        place = np.clip(place, 0.0, len(grid) - 1.001)
        at = place.astype(int)
        share = (place - at)[:, None]
        return (1.0 - share) * table[at] + share * table[at + 1]

    @cached_property
    def _node_weights(self) -> Floats:
        return special.roots_legendre(80)[1] * 0.5

    @cached_property
    def _quantiles(self) -> Floats:
        return 0.5 * (special.roots_legendre(80)[0] + 1.0)

    @cached_property
    def _spread_nodes(self) -> Floats:
        free = self._counts[:, None] - 1.0
        return np.sqrt(stats.chi2.ppf(self._quantiles, free) / free)

    @cached_property
    def _month_nodes(self) -> Floats:
        shape = SHAPE * self._counts[:, None]
        return stats.gamma.ppf(self._quantiles, shape) / shape

    def _spread(self, sd: Floats) -> Floats:
        return self._expected("amount_sd", self._spread_nodes, sd, 0.1, 0.7)

    def _months(self, mean: Floats) -> Floats:
        return self._expected("months", self._month_nodes, mean, 0.2, 12.0)

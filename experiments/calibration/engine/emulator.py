"""An emulator of the simulator's figures near the posterior: means, errors, chance to be defined.

Means are cubic ridge polynomials, log variances quadratic ones, correlations of residuals pooled;
rows count by how near they lie to the region of interest. The likelihood of the reports is then
Gaussian: residual covariance, what the emulator does not know of its own mean (by leverage), and
the reporting error add up. It proposes and smooths; the importance rounds correct it.

Sources: Wood (2010), Nature 466 (synthetic likelihood); Meeds, Welling (2014), UAI (emulated);
McCullagh, Nelder (1989), Generalized Linear Models, ch. 8 and 10 (models of dispersion).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.polynomial import (
    BUMPS,
    ROWS_A_FEATURE,
    Basis,
    Ridge,
    basis,
    fit_ridge,
    leverage_root,
    widest_basis,
)
from experiments.calibration.engine.priors import Priors
from experiments.calibration.engine.targets import Targets

Floats = NDArray[np.float64]

FAR = 8.0  # robust sds beyond which a figure's residual is drawn in
STEPS = 8
ODDS_ROWS = 4000  # that the chance to be defined is fitted to


class Region(NamedTuple):
    """Where the emulator must be good: centre (k,) and inverse Cholesky root (k, k)."""

    centre: Floats
    white: Floats

    def weights(self, z: Floats) -> Floats:
        """One inside, falling off outside, shape (n,)."""
        apart = (z - self.centre) @ self.white.T
        far = (apart * apart).sum(axis=1) / (4.0 * z.shape[1])
        return np.exp(-0.5 * np.maximum(far - 1.0, 0.0))


def region_of(z: Floats) -> Region:
    """The region of a cloud of draws, shape (n, k)."""
    spread = np.atleast_2d(np.cov(z.T)) + 1e-8 * np.eye(z.shape[1])
    return Region(z.mean(axis=0), np.linalg.inv(np.linalg.cholesky(spread)))


class Emulator(NamedTuple):
    """Fitted parts; `log_likelihood` evaluates them together."""

    priors: Priors
    middle: Floats
    scale: Floats
    basis: Basis
    ridge: Ridge
    noise_basis: Basis
    noise: Floats  # (q, m) of log variances
    noise_range: tuple[Floats, Floats]
    reach: Floats  # (q, q): leverages
    correlation: Floats
    defined: Floats | None  # (q,) of the log-odds to be defined
    report: tuple[Floats, Floats]
    unit: Floats

    def covariates(self, z: Floats) -> Floats:
        """Standardised covariates at normal scores."""
        return (self.priors.covariates(z) - self.middle) / self.scale

    def log_likelihood(self, z: Floats) -> Floats:
        """Log density of the reports at normal scores, shape (n,)."""
        mean, sd, leverage = self.predicted(z)
        y, error = self.report
        variance = sd * sd * leverage[:, None] + (error / self.unit) ** 2
        apart = y / self.unit - mean
        value = _gaussian(apart, sd, variance, self.correlation) - np.log(self.unit).sum()
        if self.defined is not None:
            odds = self.noise_basis.features(self.covariates(z)) @ self.defined
            value = value - np.logaddexp(0.0, -odds)
        return value

    def predicted(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Means and residual sds (n, m) in units of the figures, leverages (n,)."""
        x = self.covariates(z)
        features = self.basis.features(x)
        mean = features @ self.ridge.coefficients
        shape = self.noise_basis.features(x)
        turned = shape @ self.reach
        leverage = np.einsum("np,np->n", turned, turned)
        log_variance = shape @ self.noise
        sd = np.exp(0.5 * np.clip(log_variance, *self.noise_range))
        return mean, sd, leverage


def _gaussian(apart: Floats, sd: Floats, extra: Floats, correlation: Floats) -> Floats:
    """Log density of N(0, diag(sd) R diag(sd) + diag(extra)) at each row."""
    m = apart.shape[1]
    total = correlation * sd[:, :, None] * sd[:, None, :]
    total[:, np.arange(m), np.arange(m)] += extra + 1e-12
    root = np.linalg.cholesky(total)
    white = np.empty_like(apart)
    for j in range(m):
        left = apart[:, j] - np.einsum("nj,nj->n", root[:, j, :j], white[:, :j])
        white[:, j] = left / root[:, j, j]
    size = np.log(root[:, np.arange(m), np.arange(m)]).sum(axis=1)
    return -0.5 * (white * white).sum(axis=1) - size - 0.5 * m * np.log(2.0 * np.pi)


def fit_emulator(
    priors: Priors, targets: Targets, z: Floats, s: Floats, region: Region | None
) -> Emulator:
    """The emulator of a bank's rows.

    Parameters
    ----------
    z, s : normal scores (n, k) and figures (n, m), NaN where undefined
    region : where it must be good; None for the whole prior
    """
    weight = np.ones(len(z)) if region is None else region.weights(z)
    near = weight > 1e-4
    if near.sum() < 5 * (z.shape[1] + 2):
        weight, near = np.ones(len(z)), np.ones(len(z), bool)
    z, s, weight = z[near], s[near], weight[near]
    whole = np.all(np.isfinite(s[:, targets.used]), axis=1)
    t = targets.scaled(s[whole])
    own = weight[whole]
    x = priors.covariates(z)
    middle = weight @ x / weight.sum()
    scale = np.sqrt(np.maximum(weight @ (x - middle) ** 2 / weight.sum(), 1e-16))
    x = (x - middle) / scale
    report = targets.report()
    unit = _unit(t, own, report[1])
    t = _drawn_in(t / unit, own, report[0] / unit)
    effective = float(own.sum() ** 2 / (own @ own))
    wide = widest_basis(priors.k, effective)
    spare = int(effective / ROWS_A_FEATURE) - wide.size
    if spare >= 10:
        wide = wide.with_bumps(x[weight > 0.5], min(BUMPS, spare))
    features = wide.features(x[whole])
    ridge = fit_ridge(features, t, own)
    left = t - features @ ridge.coefficients
    left = left / np.sqrt(np.maximum(1.0 - ridge.used / effective, 0.2))
    floor = (1e-3 * report[1] / unit) ** 2 + 1e-10
    noise_basis = basis(priors.k, 2 if effective > 12 * (priors.k + 1) ** 2 else 1)
    shape = noise_basis.features(x)
    noise, span = _dispersion(shape[whole], left, own, floor)
    sd = np.exp(0.5 * np.clip(shape[whole] @ noise, *span))
    defined = None if whole.all() else _log_odds(shape, whole, weight)
    # Leverages of a smaller basis, grown to the size of the one in use.
    reach = leverage_root(shape[whole], own) * np.sqrt(wide.size / noise_basis.size)
    return Emulator(
        priors, middle, scale, wide, ridge, noise_basis, noise, span, reach,
        _correlation(left / sd, own, effective), defined, report, unit,
    )  # fmt: skip


def _unit(t: Floats, weight: Floats, error: Floats) -> Floats:
    mean = weight @ t / weight.sum()
    return np.sqrt(weight @ (t - mean) ** 2 / weight.sum()) + 1e-3 * error + 1e-300


def _drawn_in(t: Floats, weight: Floats, y: Floats) -> Floats:
    """Figures far from both the bulk and the report moved to where they stop mattering."""
    low, high = np.quantile(t, [0.01, 0.99], axis=0)
    reach = FAR * (high - low) + 1e-9
    return np.clip(t, np.minimum(low, y) - reach, np.maximum(high, y) + reach)


def _dispersion(
    features: Floats, left: Floats, weight: Floats, floor: Floats
) -> tuple[Floats, tuple[Floats, Floats]]:
    """Log variances of residuals by a gamma model with log link, with the range that is trusted."""
    square = left * left + floor
    rows = weight.sum()
    noise = np.zeros((features.shape[1], left.shape[1]))
    noise[0] = np.log(weight @ square / rows)
    weighted = features * weight[:, None]
    penalty = 0.01 * rows * np.diag(np.r_[0.0, np.ones(features.shape[1] - 1)])
    solve = np.linalg.inv(weighted.T @ features + penalty + 1e-9 * np.eye(len(penalty)))
    for _ in range(STEPS):
        line = features @ noise
        push = np.clip(square * np.exp(-line) - 1.0, -1.0, 5.0)
        noise = noise + solve @ (weighted.T @ push - penalty @ noise)
    line = features @ noise
    low, high = np.quantile(line, [0.002, 0.998], axis=0)
    low = np.maximum(low, np.log(floor))
    # The pooled variance is kept, whatever the shape.
    held = np.log(weight @ (square * np.exp(-np.clip(line, low, high))) / rows)
    noise[0] += held
    return noise, (low + held, np.maximum(high, low) + held)


def _correlation(white: Floats, weight: Floats, effective: float) -> Floats:
    # A figure that does not scatter at all has no correlations.
    size = np.sqrt(np.maximum(weight @ (white * white), 1e-12))
    together = (white * weight[:, None]).T @ white / np.outer(size, size)
    shrink = min(0.5, 0.01 + white.shape[1] / effective)
    np.fill_diagonal(together, 1.0)
    return (1.0 - shrink) * together + shrink * np.eye(white.shape[1])


def _log_odds(features: Floats, whole: NDArray[np.bool_], weight: Floats) -> Floats:
    """Coefficients of the log-odds to be defined, by penalised Newton steps."""
    step = max(1, len(whole) // ODDS_ROWS)
    features, whole, weight = features[::step], whole[::step], weight[::step]
    odds = np.zeros(features.shape[1])
    rate = float(weight @ whole / weight.sum())
    odds[0] = np.log(max(rate, 1e-3)) - np.log(max(1.0 - rate, 1e-3))
    penalty = 3e-3 * weight.sum() * np.eye(len(odds))
    penalty[0, 0] = 1e-9
    for _ in range(12):
        p = 1.0 / (1.0 + np.exp(-np.clip(features @ odds, -30.0, 30.0)))
        slope = features.T @ (weight * (whole - p)) - penalty @ odds
        curve = (features * (weight * np.maximum(p * (1.0 - p), 1e-3))[:, None]).T @ features
        move = np.linalg.solve(curve + penalty, slope)
        odds = odds + move / max(1.0, float(np.abs(move).max()))
        if np.abs(move).max() < 1e-3:
            break
    return odds

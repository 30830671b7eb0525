"""Polynomial and radial features of a few covariates, and ridge regression on them.

Polynomials tell the shape as a whole; bumps around centres that lie far apart tell what a cubic
cannot bend to. The penalty is chosen by generalised cross-validation.

Sources: Golub, Heath, Wahba (1979), Technometrics 21 (the penalty); Wahba (1990), Spline Models for
Observational Data (polynomials and radial parts together).
"""

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_FEATURES = 260
ROWS_A_FEATURE = 6.0
BUMPS = 80
WIDTH = 1.0  # of a bump, in sds and for one covariate; it grows with the root of their number
PENALTIES = np.logspace(-7, 1, 17)  # as shares of the effective rows


class Basis(NamedTuple):
    """Monomials as lists of covariates to multiply, by degree; the constant is always there."""

    k: int
    second: NDArray[np.int64]  # (2, p2)
    third: NDArray[np.int64]  # (3, p3)
    centres: Floats  # (c, k) of the bumps
    width: float

    @property
    def size(self) -> int:
        """Number of features, the constant among them."""
        return 1 + self.k + self.second.shape[1] + self.third.shape[1] + len(self.centres)

    def features(self, x: Floats) -> Floats:
        """Monomials at covariates (n, k), shape (n, size)."""
        columns = np.ascontiguousarray(x.T)
        out = np.empty((self.size, len(x)))
        out[0] = 1.0
        out[1 : 1 + self.k] = columns
        place = 1 + self.k
        pairs = out[place : place + self.second.shape[1]]
        np.multiply(columns[self.second[0]], columns[self.second[1]], out=pairs)
        place += self.second.shape[1]
        triples = out[place : place + self.third.shape[1]]
        np.multiply(columns[self.third[0]], columns[self.third[1]], out=triples)
        triples *= columns[self.third[2]]
        if len(self.centres):
            cross = self.centres @ columns
            apart = (self.centres**2).sum(axis=1)[:, None] + (columns**2).sum(axis=0) - 2.0 * cross
            out[place + len(triples) :] = np.exp(apart * (-0.5 / self.width**2))
        return out.T

    def with_bumps(self, x: Floats, count: int) -> "Basis":
        """The same with bumps around some of the rows of x (n, k) that lie far apart."""
        generator = np.random.default_rng(1)
        x = x[:: max(1, len(x) // 1500)]
        chosen = [0]
        nearest = np.full(len(x), np.inf)
        while len(chosen) < min(count, len(x)):
            nearest = np.minimum(nearest, ((x - x[chosen[-1]]) ** 2).sum(axis=1))
            if nearest.sum() <= 0.0:
                break
            chosen.append(int(generator.choice(len(x), p=nearest / nearest.sum())))
        return self._replace(centres=x[chosen], width=WIDTH * float(np.sqrt(self.k)))


def basis(k: int, degree: int, triples: bool = True) -> Basis:
    """All monomials up to a degree; cubic ones of three different covariates only if asked for."""
    second = list(combinations_with_replacement(range(k), 2)) if degree >= 2 else []
    third = list(combinations_with_replacement(range(k), 3)) if degree >= 3 else []
    if not triples:
        third = [one for one in third if len(set(one)) < 3]
    return Basis(
        k, np.array(second, np.int64).reshape(-1, 2).T, np.array(third, np.int64).reshape(-1, 3).T,
        np.empty((0, k)), 1.0,
    )  # fmt: skip


def widest_basis(k: int, rows: float) -> Basis:
    """The richest basis that so many effective rows carry."""
    for degree, triples in ((3, True), (3, False), (2, True)):
        one = basis(k, degree, triples)
        if one.size <= min(MOST_FEATURES, rows / ROWS_A_FEATURE):
            return one
    return basis(k, 1)


class Ridge(NamedTuple):
    """Coefficients (p, m) and effective parameters (m,)."""

    coefficients: Floats
    used: Floats


def fit_ridge(features: Floats, t: Floats, weight: Floats) -> Ridge:
    """Weighted ridge regression, one penalty a column of t by generalised cross-validation.

    Parameters
    ----------
    features : shape (n, p), the first column constant; t : shape (n, m); weight : shape (n,)
    """
    rows = float(weight.sum())
    mean = weight @ features / rows
    middle = weight @ t / rows
    root = np.sqrt(weight)[:, None]
    x = (features - mean)[:, 1:] * root
    y = (t - middle) * root
    gram = x.T @ x
    scale = np.sqrt(np.maximum(np.diag(gram) / rows, 1e-12))
    value, vector = np.linalg.eigh(gram / np.outer(scale, scale))
    value = np.maximum(value, 0.0)
    along = vector.T @ (x.T @ y / scale[:, None])
    total = (y * y).sum(axis=0)
    best, least = np.zeros_like(along), np.full(t.shape[1], np.inf)
    used = np.zeros(t.shape[1])
    for share in PENALTIES:
        beta = along / (value + share * rows)[:, None]
        left = total - 2.0 * (beta * along).sum(axis=0) + (beta * beta * value[:, None]).sum(axis=0)
        free = float((value / (value + share * rows)).sum()) + 1.0
        score = np.maximum(left, 1e-12 * total) / max(rows - free, 1.0) ** 2
        better = score < least
        best[:, better], least[better] = beta[:, better], score[better]
        used[better] = free
    slopes = (vector @ best) / scale[:, None]
    coefficients = np.vstack([middle - mean[1:] @ slopes, slopes])
    return Ridge(coefficients, used)


def leverage_root(features: Floats, weight: Floats) -> Floats:
    """A matrix (p, p) whose product with features has the leverage as squared length."""
    gram = (features * weight[:, None]).T @ features
    gram += 1e-6 * np.diag(np.diag(gram)) + 1e-9 * np.eye(len(gram))
    return np.linalg.inv(np.linalg.cholesky(gram)).T

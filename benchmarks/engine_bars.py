"""`python -m benchmarks.engine_bars`: the calibration engine against a known posterior.

Fits synthetic reports of the concession toy, holds the draws against reference posteriors from its
exact likelihood, and prints one table of bars. Ends with 1 where a bar is missed. Options:
observations (5), refits of simulation-based calibration (150; 0 leaves it out), seed (0).

SW is the sliced Wasserstein-1 distance in the reference's whitened coordinates, C2ST the accuracy
of a classifier that is to tell draws from the reference's; 0.5 is blind.
"""

import argparse
import sys
import time
import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import concession_toy as toy
from experiments.calibration import Figure, fit
from experiments.calibration.engine.bridge import bridge
from experiments.calibration.engine.importance import Weighted, weigh
from experiments.calibration.engine.mixture import fit_mixture, standard
from experiments.calibration.engine.priors import read_priors
from experiments.calibration.engine.result import Fit

Floats = NDArray[np.float64]

ROWS, REFIT_ROWS = 30_000, 8_000
PRIORS = read_priors(toy.PRIOR)


class Bar(NamedTuple):
    """A measured number and what it must lie in."""

    what: str
    low: float
    high: float
    measured: float

    @property
    def kept(self) -> bool:
        """Whether it does."""
        return self.low <= self.measured <= self.high


class Reference(NamedTuple):
    """Draws of the exact posterior and its weighted moments and evidence."""

    z: Floats
    weighted: Weighted


def reference(y: Floats, rows: int = 40_000, start: Floats | None = None) -> Reference:
    """Importance sampling on the exact likelihood, from a mixture fitted to draws.

    start : the draws; None for those of a bridge to the exact posterior
    """
    exact, prior = toy.Exact(y), standard(PRIORS.k)
    generator = np.random.default_rng(5)

    def log_likelihood(z: Floats) -> Floats:
        return exact.log_likelihood(PRIORS.parameters(z))

    z = start
    if z is None:
        z = bridge(prior, lambda at: prior.log_density(at) + log_likelihood(at), 1500, generator)
    proposal = fit_mixture(z, np.ones(len(z)), generator).widened(1.2).and_prior(0.05)
    z = proposal.draw(rows, generator)
    weighted = weigh(z, prior.log_density(z), proposal.log_density(z), log_likelihood(z))
    return Reference(z[generator.choice(rows, 4000, p=weighted.weight)], weighted)


def truths(n: int, seed: int) -> Floats:
    """Parameters from the prior under which 15 to 95% settle."""
    z = np.random.default_rng([seed, 1]).standard_normal((40 * n, PRIORS.k))
    parameters = PRIORS.parameters(z)
    settled = toy.laws(parameters)["settled"]
    return parameters[(settled > 0.15) & (settled < 0.95)][:n]


def sliced_wasserstein(a: Floats, b: Floats, cov: Floats) -> float:
    """Mean Wasserstein-1 distance of projections on 200 random directions, coordinates whitened."""
    white = np.linalg.inv(np.linalg.cholesky(cov)).T
    ways = np.random.default_rng(0).standard_normal((a.shape[1], 200))
    ways /= np.linalg.norm(ways, axis=0)
    n = min(len(a), len(b))
    one, two = (np.sort(x[:n] @ white @ ways, axis=0) for x in (a, b))
    return float(np.abs(one - two).mean())


def two_sample_accuracy(a: Floats, b: Floats) -> float:
    """Accuracy of a neural classifier, or of a quadratic discriminant without scikit-learn."""
    n = min(len(a), len(b), 2000)
    x = np.vstack([a[:n], b[:n]])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    label = np.repeat([0.0, 1.0], n)
    order = np.random.default_rng(0).permutation(2 * n)
    x, label = x[order], label[order]
    try:
        from sklearn.model_selection import cross_val_score
        from sklearn.neural_network import MLPClassifier
    except ImportError:
        return _discriminant(x, label)
    network = MLPClassifier((40, 40), max_iter=150, early_stopping=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(cross_val_score(network, x, label, cv=3).mean())


def _discriminant(x: Floats, label: Floats) -> float:
    upper = np.triu_indices(x.shape[1])
    square = (x[:, :, None] * x[:, None, :])[:, upper[0], upper[1]]
    features = np.hstack([np.ones((len(x), 1)), x, square])
    right = 0.0
    for fold in range(3):
        held = np.arange(len(x)) % 3 == fold
        slope = np.linalg.lstsq(features[~held], label[~held] - 0.5, rcond=None)[0]
        right += float(np.sum((features[held] @ slope > 0.0) == (label[held] > 0.5)))
    return right / len(x)


def score(fitted: Fit, known: Reference) -> dict[str, float]:
    """Distances of a fit from its reference."""
    z, w = fitted.scores, known.weighted
    sd = np.sqrt(np.diag(w.cov))
    low, high = np.quantile(known.z, [0.05, 0.95], axis=0)
    shift, ratio = np.abs(z.mean(axis=0) - w.mean) / sd, z.std(axis=0) / sd
    return {
        "sw": sliced_wasserstein(z, known.z, w.cov), "c2st": two_sample_accuracy(z, known.z),
        "mean shift": float(shift.mean()), "worst shift": float(shift.max()),
        "least sd ratio": float(ratio.min()), "largest sd ratio": float(ratio.max()),
        "mass90": float(np.mean((z > low) & (z < high))),
        "log evidence": abs(fitted.log_evidence - w.log_evidence),
        "ess": fitted.ess, "p": fitted.predictive().p,
    }  # fmt: skip


def against_references(observations: int, seed: int) -> list[Bar]:
    """Fits of reports against the exact posterior of each."""
    scores: list[dict[str, float]] = []
    seconds, rows = [], []
    for index, truth in enumerate(truths(observations, seed)):
        y = toy.report(truth, 1000 * seed + index)
        known = reference(y)
        spent = [0.0]

        def timed(parameters: Floats, seeds: Floats, spent: list[float] = spent) -> Floats:
            start = time.process_time()
            figures = toy.simulate(parameters, seeds)  # pyright: ignore[reportArgumentType]
            spent[0] += time.process_time() - start
            return figures

        start = time.process_time()
        fitted = fit(timed, toy.PRIOR, toy.targets(y), budget=ROWS, seed=seed)
        seconds.append(time.process_time() - start - spent[0])
        rows.append(fitted.rows / ROWS)
        scores.append(score(fitted, known))
        told = "  ".join(f"{name} {value:.3f}" for name, value in scores[-1].items())
        print(f"report {index}: {told}  CPU s {seconds[-1]:.1f}  {fitted.status}", flush=True)
    column = {name: np.array([one[name] for one in scores]) for name in scores[0]}
    return [
        Bar("SW, mean", 0, 0.10, column["sw"].mean()),
        Bar("SW, worst", 0, 0.15, column["sw"].max()),
        Bar("C2ST, mean", 0, 0.62, column["c2st"].mean()),
        Bar("shift of means in sd, mean", 0, 0.08, column["mean shift"].mean()),
        Bar("shift of means in sd, worst", 0, 0.30, column["worst shift"].max()),
        Bar("sd ratio, least", 0.80, 1.30, column["least sd ratio"].min()),
        Bar("sd ratio, largest", 0.80, 1.30, column["largest sd ratio"].max()),
        Bar("mass in the reference's 90%, least", 0.87, 0.93, column["mass90"].min()),
        Bar("mass in the reference's 90%, largest", 0.87, 0.93, column["mass90"].max()),
        Bar("log evidence, worst error in nats", 0, 0.25, column["log evidence"].max()),
        Bar("rows played, share of the budget", 0, 1.05, max(rows)),
        Bar("CPU s beyond the simulator, worst", 0, 30, max(seconds)),
        Bar("global p of good targets, least", 0.05, 1, column["p"].min()),
    ]


def misfit_and_idle(seed: int) -> list[Bar]:
    """An impossible target, and a parameter that no figure knows."""
    y = toy.report(truths(1, seed)[0], 1000 * seed)
    wrong = dict(zip(toy.NAMES, y, strict=True)) | {"opening_a": 1.3, "step_a": 1.2}
    reports = [Figure(name, value, sd=toy.ERRORS[name]) for name, value in wrong.items()]
    missed = fit(toy.simulate, toy.PRIOR, reports, budget=ROWS, seed=seed)
    print("impossible:", missed.status)
    prior = toy.PRIOR | {"idle": (0.0, 1.0)}

    def simulate(parameters: Floats, seeds: NDArray[np.uint64]) -> Floats:
        return toy.simulate(parameters[:, :-1], seeds)

    idle = fit(simulate, prior, toy.targets(y), budget=ROWS, seed=seed)
    print("with an idle parameter:", idle.status)
    return [
        Bar("global p of an impossible target", 0, 0.01, missed.predictive().p),
        Bar("impossible target is called a misfit", 1, 1, missed.status.startswith("misfit")),
        Bar("contraction of an idle parameter", -1, 0.2, idle.contraction["idle"]),
    ]


def calibrated_by_simulation(refits: int, seed: int) -> list[Bar]:
    """Ranks and coverage over fits of truths from the prior."""
    y = toy.report(truths(1, seed)[0], 1000 * seed)
    any_fit = fit(toy.simulate, toy.PRIOR, toy.targets(y), budget=2_000, seed=seed)
    start = time.process_time()
    found = any_fit.sbc(refits, REFIT_ROWS, seed=seed)
    print(found)
    return [
        Bar("SBC: least chi-square p", 0.005 / PRIORS.k, 1, min(found.p.values())),
        Bar("SBC: coverage of 90% intervals, mean", 0.87, 0.93, found.inside[0.9].mean()),
        Bar("SBC: CPU s a refit, simulator and all", 0, 30,
            (time.process_time() - start) / refits),
    ]  # fmt: skip


def main() -> int:
    """Measure, print, and say by the exit code whether every bar is kept."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--observations", type=int, default=5)
    asked.add_argument("--refits", type=int, default=150)
    asked.add_argument("--seed", type=int, default=0)
    options = asked.parse_args()
    bars = against_references(options.observations, options.seed)
    bars += misfit_and_idle(options.seed)
    if options.refits:
        bars += calibrated_by_simulation(options.refits, options.seed)
    print(f"{'':42}{'low':>8}{'high':>8}{'measured':>10}")
    for bar in bars:
        word = "kept" if bar.kept else "MISSED"
        print(f"{bar.what:42}{bar.low:8.4g}{bar.high:8.4g}{bar.measured:10.4g}  {word}")
    return 0 if all(bar.kept for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())

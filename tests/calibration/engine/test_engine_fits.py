"""Fits against posteriors that are known: by formula, on a grid, or from an exact likelihood."""

import numpy as np
import pytest
from scipy import stats

from benchmarks import concession_toy as toy
from benchmarks.engine_bars import reference, score, truths
from experiments.calibration import Figure, fit

FEW = 3_000


def noise(seeds, columns):
    """Standard normal noise of each row from its seed alone, shape (n, columns)."""
    rows = [np.random.default_rng(int(seed)).standard_normal(columns) for seed in seeds]
    return np.array(rows).reshape(len(seeds), columns)


def on_a_grid(log_likelihood, low, high, n=400):
    """Mean, sd and log evidence of a posterior under a uniform prior over a box."""
    axes = [
        np.linspace(a, b, n + 1)[:-1] + (b - a) / (2 * n) for a, b in zip(low, high, strict=True)
    ]
    points = np.column_stack([part.ravel() for part in np.meshgrid(*axes, indexing="ij")])
    value = log_likelihood(points)
    weight = np.exp(value - value.max())
    evidence = value.max() + np.log(weight.mean())
    weight /= weight.sum()
    mean = weight @ points
    return mean, np.sqrt(weight @ (points - mean) ** 2), evidence


@pytest.mark.parametrize("k", [1, 4, 8])
def test_a_linear_model_with_normal_errors_has_the_posterior_of_the_formula(k):
    generator = np.random.default_rng(k)
    m = k + 1 if k > 1 else 1
    slope = generator.standard_normal((m, k))
    y = slope @ generator.standard_normal(k) + 0.36 * generator.standard_normal(m)

    def simulate(parameters, seeds):
        return parameters @ slope.T + 0.2 * noise(seeds, m)

    prior = {f"a{i}": stats.norm(0, 1) for i in range(k)}
    targets = [Figure(f"x{j}", y[j], sd=0.3) for j in range(m)]
    fitted = fit(simulate, prior, targets, budget=FEW)
    covariance = np.linalg.inv(np.eye(k) + slope.T @ slope / 0.13)
    mean, sd = covariance @ slope.T @ y / 0.13, np.sqrt(np.diag(covariance))
    whole = stats.multivariate_normal(np.zeros(m), slope @ slope.T + 0.13 * np.eye(m))
    assert abs(fitted.log_evidence - whole.logpdf(y)) < max(0.1, 3 * fitted.log_evidence_se)
    assert np.abs(fitted.parameters.mean(axis=0) - mean).max() < 0.2 * sd.max()
    assert fitted.parameters.std(axis=0) / sd == pytest.approx(1.0, abs=0.12)
    assert fitted.rows <= FEW


SHAPES = {
    "banana": (lambda a, b: (a, b + a * a), (0.0, 1.0), (1.0, 0.05), (-3, -5), (3, 5)),
    "two hills": (lambda a, b: (a * a, b + 0.15 * a), (1.0, 0.15), (0.2, 0.15), (-2, -2), (2, 2)),
    "edge": (lambda a, b: (a, b), (-0.1, 1.02), (0.1, 0.05), (0, 0), (1, 1)),
    "step": (lambda a, b: ((a > 0.37) * 1.0, b), (1.0, 0.5), (0.2, 0.05), (0, 0), (1, 1)),
    "ring": (lambda a, b: (a * a + b * b, 0 * a), (1.0, 0.0), (0.1, 1.0), (-2, -2), (2, 2)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_posterior_of_an_odd_shape_is_found(shape):
    function, y, sd, low, high = SHAPES[shape]

    def figures(parameters):
        return np.column_stack(function(*parameters.T))

    prior = {"a": (low[0], high[0]), "b": (low[1], high[1])}
    targets = [Figure(f"x{j}", y[j], sd=sd[j]) for j in range(2)]
    fitted = fit(figures, prior, targets, budget=4_000)
    mean, spread, evidence = on_a_grid(
        lambda p: stats.norm.logpdf(np.array(y), figures(p), np.array(sd)).sum(axis=1), low, high
    )
    assert abs(fitted.log_evidence - evidence) < max(0.1, 3 * fitted.log_evidence_se)
    assert np.abs(fitted.parameters.mean(axis=0) - mean).max() < 0.12 * spread.max()
    assert fitted.parameters.std(axis=0) / spread == pytest.approx(1.0, abs=0.12)
    assert np.all(fitted.parameters >= low)
    assert np.all(fitted.parameters <= high)
    if shape == "two hills":
        assert 0.3 < np.mean(fitted.parameters[:, 0] > 0) < 0.9


def test_few_cases_a_row_leave_the_posterior_of_the_binomial():
    cases, y, sd = 8, 0.25, 0.05

    def simulate(parameters, seeds):
        drawn = np.array([np.random.default_rng(int(s)).random(cases) for s in seeds])
        return (drawn < parameters).mean(axis=1)

    target = Figure("share", y, sd=sd, scale="logit", cases=cases)
    fitted = fit(simulate, {"p": (0.0, 1.0)}, [target], budget=FEW)
    counts = np.arange(cases + 1)
    kernel = stats.norm.pdf(y, counts / cases, sd)
    mean, spread, evidence = on_a_grid(
        lambda p: np.log(stats.binom.pmf(counts, cases, p) @ kernel), (0,), (1,)
    )
    assert abs(fitted.log_evidence - evidence) < 3 * fitted.log_evidence_se + 0.02
    assert fitted.parameters.mean() == pytest.approx(mean[0], abs=0.1 * spread[0])
    assert fitted.parameters.std() == pytest.approx(spread[0], rel=0.1)


def test_rows_without_a_reported_figure_speak_against_their_parameters():
    def simulate(parameters, seeds):
        settled = np.array([np.random.default_rng(int(s)).random() for s in seeds])
        settled = (settled < parameters[:, 0]) * 1.0
        return {"settled": settled, "amount": parameters[:, 1], "idle": seeds * 1.0}

    amount = Figure("amount", 0.5, sd=0.1, defined_when="settled")
    settled = Figure("settled", 1.0, sd=5.0)
    fitted = fit(simulate, {"chance": (0, 1), "size": (0, 1)}, [settled, amount], budget=FEW)
    # A reported amount says that it was settled: the posterior of the chance is Beta(2, 1).
    chance = fitted.parameters[:, 0]
    assert chance.mean() == pytest.approx(2 / 3, abs=0.03)
    assert chance.std() == pytest.approx(stats.beta(2, 1).std(), rel=0.1)
    assert fitted.predictive().undefined["amount"] == pytest.approx(1 / 3, abs=0.12)
    by_rule = Figure("amount", 0.5, sd=0.1, defined_when=lambda figures: figures["settled"] > 0)
    again = fit(simulate, {"chance": (0, 1), "size": (0, 1)}, [settled, by_rule], budget=FEW)
    assert np.array_equal(again.parameters, fitted.parameters)


@pytest.fixture(scope="module")
def report():
    truth = truths(1, 4)[0]
    return toy.report(truth, 4)


@pytest.fixture(scope="module")
def concession(report):
    return fit(toy.simulate, toy.PRIOR, toy.targets(report), budget=8_000, seed=0)


def test_the_concession_toy_is_fitted_as_its_exact_likelihood_has_it(report, concession):
    told = score(concession, reference(report, 6_000, concession.scores[::4]))
    assert told["sw"] < 0.15
    assert told["c2st"] < 0.62
    assert told["mean shift"] < 0.08
    assert 0.8 < told["least sd ratio"] <= told["largest sd ratio"] < 1.3
    assert 0.87 < told["mass90"] < 0.93
    assert told["log evidence"] < 0.25
    assert told["p"] > 0.05
    assert concession.status == "calibrated"


def test_an_impossible_target_is_a_misfit(report):
    wrong = dict(zip(toy.NAMES, report, strict=True)) | {"opening_a": 1.3, "step_a": 1.2}
    targets = {name: (value, toy.ERRORS[name]) for name, value in wrong.items()}
    missed = fit(toy.simulate, toy.PRIOR, targets, budget=4_000)
    assert missed.status.startswith("misfit: ")
    assert "opening_a" in missed.status or "step_a" in missed.status
    assert missed.predictive().p <= 0.01


def test_a_parameter_that_no_figure_knows_is_not_identified():
    def simulate(parameters):
        return parameters[:, 0] + parameters[:, 1]

    prior = {"a": (0, 1), "b": (0, 0.2), "idle": stats.gamma(2)}
    fitted = fit(simulate, prior, {"x": (0.5, 0.02)}, budget=FEW)
    assert fitted.verdicts() == {
        "a": "identified", "b": "not identified", "idle": "not identified"
    }  # fmt: skip
    assert fitted.status == "not identified: b, idle"


def test_a_budget_too_small_for_the_problem_is_not_trusted(report):
    fitted = fit(toy.simulate, toy.PRIOR, toy.targets(report), budget=600)
    assert fitted.status == "approximation not trusted"
    assert not fitted.checks[0].passed
    assert fitted.checks[0].bar == 200.0


def test_twelve_parameters_and_a_deterministic_simulator_are_no_trouble():
    slope = np.eye(12) + 0.1

    fitted = fit(
        lambda p: p @ slope, {f"a{i}": (-1.0, 1.0) for i in range(12)},
        {f"x{i}": (0.1 * i, 0.02) for i in range(12)}, budget=FEW,
    )  # fmt: skip
    truth = np.linalg.solve(slope.T, 0.1 * np.arange(12))
    apart = (fitted.parameters.mean(axis=0) - truth) / fitted.parameters.std(axis=0)
    assert np.abs(apart).max() < 0.3
    assert fitted.status == "calibrated"

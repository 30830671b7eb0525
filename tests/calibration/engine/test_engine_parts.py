"""The parts of the engine, each against what is known of it."""

import numpy as np
import pytest
from scipy import stats

from experiments.calibration.engine.blending import blend, moved, tilt
from experiments.calibration.engine.bridge import bridge
from experiments.calibration.engine.emulator import fit_emulator, region_of
from experiments.calibration.engine.figures import Figure
from experiments.calibration.engine.importance import weigh
from experiments.calibration.engine.mixture import Mixture, fit_mixture, standard
from experiments.calibration.engine.polynomial import basis, widest_basis
from experiments.calibration.engine.priors import read_priors
from experiments.calibration.engine.rounds import make_plan, sobol_scores
from experiments.calibration.engine.targets import read_targets


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def two_hills():
    return Mixture(np.array([0.7, 0.3]), np.array([[-2.0, 0.0], [2.0, 1.0]]),
                   np.array([np.eye(2) * 0.4, np.eye(2) * 0.3]))  # fmt: skip


def test_a_mixture_has_the_density_of_its_parts():
    z = np.array([[0.3, -0.2], [-2.0, 0.1]])
    parts = [(0.7, [-2, 0], 0.16), (0.3, [2, 1], 0.09)]
    known = sum(s * stats.multivariate_normal(m, v * np.eye(2)).pdf(z) for s, m, v in parts)
    assert np.exp(two_hills().log_density(z)) == pytest.approx(known)


def test_a_fitted_mixture_finds_two_hills(generator):
    z = two_hills().draw(3000, generator)
    fitted = fit_mixture(z, np.ones(3000), generator)
    assert np.mean(fitted.log_density(z)) == pytest.approx(
        np.mean(two_hills().log_density(z)), abs=0.02
    )
    one = fit_mixture(generator.standard_normal((3000, 3)), np.ones(3000), generator)
    assert len(one.share) == 1


def test_a_bridge_draws_both_hills_by_their_shares(generator):
    z = bridge(standard(2), two_hills().log_density, 4000, generator)
    left = z[:, 0] < 0
    assert left.mean() == pytest.approx(0.7, abs=0.05)
    assert z[left].std(axis=0) == pytest.approx(0.4, abs=0.03)


def test_a_bridge_from_the_prior_finds_a_law_far_out(generator):
    far = Mixture(np.ones(1), np.full((1, 3), 3.0), 0.05 * np.eye(3)[None])
    z = bridge(standard(3), far.log_density, 1000, generator)
    assert z.mean(axis=0) == pytest.approx(3.0, abs=0.02)
    assert z.std(axis=0) == pytest.approx(0.05, rel=0.15)


def test_polynomials_count_their_terms():
    assert basis(3, 3).size == 20
    assert basis(3, 3, triples=False).size == 19
    x = np.array([[2.0, 3.0]])
    assert sorted(basis(2, 3).features(x)[0]) == [1, 2, 3, 4, 6, 8, 9, 12, 18, 27]
    assert widest_basis(12, 5000).size <= 260
    assert widest_basis(12, 100).size == 13
    bumps = basis(2, 1).with_bumps(np.zeros((50, 2)), 8)
    assert bumps.size == 4


def test_an_emulator_knows_means_scatter_correlation_and_chance_to_be_defined(generator):
    priors = read_priors({"a": (0, 1), "b": stats.norm(0, 1)})
    targets = read_targets([Figure("x", 0.5, sd=0.1), Figure("y", 0.2, sd=0.1)])
    z = generator.standard_normal((8000, 2))
    p = priors.parameters(z)
    noise = generator.standard_normal((8000, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])
    scatter = 0.05 + 0.1 * p[:, 0]
    s = np.column_stack([np.sin(3 * p[:, 0]), p[:, 1] ** 2]) + scatter[:, None] * noise
    s[generator.random(8000) > stats.norm.cdf(1.0 + z[:, 1])] = np.nan
    emulator = fit_emulator(priors, targets, z, s, None)
    at = np.array([[0.0, 0.2], [1.0, -0.5]])
    known = priors.parameters(at)
    mean, sd, _ = emulator.predicted(at)
    truth = np.column_stack([np.sin(3 * known[:, 0]), known[:, 1] ** 2])
    assert mean * emulator.unit == pytest.approx(truth, abs=0.015)
    assert sd * emulator.unit == pytest.approx(
        (0.05 + 0.1 * known[:, :1]) @ np.ones((1, 2)), rel=0.2
    )
    assert emulator.correlation[0, 1] == pytest.approx(0.8, abs=0.05)
    tied = np.array([[1, 0.8], [0.8, 1]])
    exact = [
        stats.multivariate_normal(
            truth[i], (0.05 + 0.1 * known[i, 0]) ** 2 * tied + 0.01 * np.eye(2)
        ).logpdf([0.5, 0.2]) + stats.norm.logcdf(1.0 + at[i, 1])
        for i in range(2)
    ]  # fmt: skip
    assert emulator.log_likelihood(at) == pytest.approx(exact, abs=0.35)


def test_rows_far_from_the_region_count_less(generator):
    z = generator.standard_normal((500, 2))
    region = region_of(0.1 * z)
    assert region.weights(np.zeros((1, 2)))[0] == 1.0
    assert region.weights(np.full((1, 2), 3.0))[0] < 1e-3


def test_weights_give_the_evidence_and_moments_of_a_known_law(generator):
    wide = standard(1).widened(2.0)
    z = wide.draw(40_000, generator)
    kernel = stats.norm.logpdf(1.0, z[:, 0], 0.5)
    weighted = weigh(z, standard(1).log_density(z), wide.log_density(z), kernel)
    known = stats.norm.logpdf(1.0, 0.0, np.sqrt(1.25))
    assert abs(weighted.log_evidence - known) < 4 * weighted.log_evidence_se < 0.05
    assert weighted.mean[0] == pytest.approx(0.8, abs=0.02)
    assert weighted.cov[0, 0] == pytest.approx(0.2, abs=0.02)


def test_rows_that_are_all_impossible_weigh_nothing(generator):
    z = generator.standard_normal((10, 2))
    weighted = weigh(z, np.zeros(10), np.zeros(10), np.full(10, -np.inf))
    assert weighted.ess == 0.0
    emulated = generator.standard_normal((100, 2))
    left = blend(emulated, z, weighted, standard(2), 50, generator)
    assert left.from_rows == 0.0
    assert len(left.z) == 50


def weighted_rows(generator, mean, n=3_500):
    z = generator.standard_normal((n, 2)) * 2.0
    kernel = stats.multivariate_normal(mean, np.eye(2)).logpdf(z)
    wide = stats.multivariate_normal([0, 0], 4.0 * np.eye(2)).logpdf(z)
    return z, weigh(z, np.zeros(n), wide, kernel)


def test_a_tilt_moves_draws_towards_the_rows_moments(generator):
    emulated = generator.standard_normal((5000, 2))
    _, weighted = weighted_rows(generator, [0.3, 0.0], 60_000)
    chance = tilt(emulated, weighted)
    assert (chance @ emulated)[0] == pytest.approx(0.3, abs=0.05)


def test_draws_that_are_wrong_beyond_noise_give_way_to_rows(generator):
    z, weighted = weighted_rows(generator, [0.0, 0.0])
    right = blend(generator.standard_normal((5000, 2)), z, weighted, standard(2), 2000, generator)
    assert right.from_rows < 0.2
    halves = np.sign(generator.standard_normal((5000, 2))) + 0.1 * generator.standard_normal(
        (5000, 2)
    )
    wrong = blend(halves, z, weighted, standard(2), 2000, generator)
    assert wrong.from_rows > 0.9
    assert wrong.z.std(axis=0) == pytest.approx(1.0, abs=0.06)


def test_many_effective_rows_are_drawn_from_in_any_case(generator):
    z, weighted = weighted_rows(generator, [0.0, 0.0], 30_000)
    assert weighted.ess > 4000
    drawn = blend(generator.standard_normal((5000, 2)), z, weighted, standard(2), 2000, generator)
    assert drawn.from_rows == 1.0


def test_moving_rows_leaves_the_moments_of_a_component(generator):
    z = generator.standard_normal((20_000, 2))
    again = moved(z, standard(2), 100.0, 0.5, generator)
    assert again.std(axis=0) == pytest.approx(1.0, abs=0.02)
    assert np.all(again != z)


def test_a_plan_spends_its_budget_to_the_row():
    assert sum(make_plan(12_347).rows) == 12_347
    z = sobol_scores(100, 3, np.random.default_rng(0))
    assert z.shape == (100, 3)
    assert abs(z.mean()) < 0.05

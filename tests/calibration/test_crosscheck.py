"""Ensemble MCMC on the likelihood of a fit: a known posterior, noise, verdicts, refusals."""

import sys

import numpy as np
import pytest

from experiments.calibration.crosscheck import (
    CrossCheck,
    check_installed,
    compared,
    crosscheck,
    negotiations_of,
    sentences,
)
from experiments.calibration.ensemble import Chain, autocorrelation_times, ensemble
from experiments.calibration.evaluation import Evaluated
from experiments.calibration.fitting import Calibration, calibrate
from experiments.calibration.plan import make_plan, read_plan
from experiments.calibration.plan_record import Plan
from sim.errors import InputError


def small(seed: int = 0) -> Plan:
    """One episode, two free parameters."""
    return make_plan(
        ["korea_2013"],
        {"ministry.reservation_mean": "prior", "president.reservation_mean": "prior"},
        read_plan("korea_2019").known_on, draws=1200, negotiations=200, seed=seed,
        unknown={"korea_2013:talks.rounds_after_expiry": "uniform(1, 16)"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return calibrate(small())


class Gaussian:
    """A likelihood in closed form whose estimates scatter, in the place of an evaluator.

    z1 is seen with sd .5 at 1, z2 not at all: the posterior is N(.8, .2) and N(0, 1).
    """

    plan = small()

    def __init__(self, noise: float) -> None:
        self.noise = noise

    def __call__(self, z: np.ndarray, laws: object, rng: np.random.Generator) -> Evaluated:
        log = -0.5 * ((z[:, 0] - 1.0) / 0.5) ** 2
        log = log + self.noise * rng.standard_normal(len(z)) - 0.5 * self.noise**2
        none = np.empty((len(z), 0))
        return Evaluated(z, log[:, None, None], none, none, none, (), ())


@pytest.mark.parametrize("noise", [0.0, 1.2])
def test_walkers_find_a_known_posterior_and_noisy_estimates_leave_it_as_it_is(noise) -> None:
    chain = ensemble(Gaussian(noise), [], 100, 500, seed=0)  # pyright: ignore[reportArgumentType]
    from scipy.special import ndtri

    z = ndtri(chain.uniforms).reshape(-1, 2)
    assert chain.uniforms.shape == (300, 100, 2)
    assert z.mean(axis=0) == pytest.approx([0.8, 0.0], abs=0.08)
    assert z.std(axis=0) == pytest.approx([np.sqrt(0.2), 1.0], rel=0.1)
    assert 0.1 < chain.acceptance < 0.9
    assert chain.effective_sizes.min() > 500


def test_a_chain_does_not_differ_from_the_fit(fitted: Calibration) -> None:
    told: list[int] = []
    found = crosscheck(fitted.plan, fitted, walkers=40, steps=80, progress=told.append)
    assert sum(told) == pytest.approx(negotiations_of(fitted.plan, 40, 80), rel=0.05)
    assert found.table["parameter"].tolist() == list(fitted.parameters)
    assert found.different == []
    assert np.all(found.table["shift"].abs() < 4.0 * found.table["shift_error"])
    assert found.table["shift"].abs().max() < 0.6


def test_a_chain_is_the_same_for_any_number_of_workers(fitted: Calibration) -> None:
    ask = {"negotiations": 60, "walkers": 8, "steps": 10}
    one, two = (crosscheck(fitted.plan, fitted, workers=n, **ask) for n in (1, 2))
    assert one.table.equals(two.table)
    assert not one.long_enough
    assert one.verdict.startswith("too short to tell")


def test_times_of_a_known_autoregression_and_of_a_walker_that_never_moves() -> None:
    rng = np.random.default_rng(0)
    draws = np.zeros((2000, 20, 1))
    for step in range(1, 2000):
        draws[step] = 0.8 * draws[step - 1] + rng.standard_normal((20, 1))
    assert autocorrelation_times(draws)[0] == pytest.approx(9.0, rel=0.15)  # (1 + .8) / (1 - .8)
    still = rng.standard_normal((100, 10, 1))
    still[:, :5] = np.linspace(-2.0, 2.0, 5)[:, None]
    assert autocorrelation_times(still)[0] > 20.0


def held_against(mean: float, sd: float, steps: int = 200) -> CrossCheck:
    rng = np.random.default_rng(1)
    u = rng.random((2000, 2))
    walked = 0.5 + sd * (rng.random((steps, 50, 2)) - 0.5)
    walked[:, :, 0] += mean
    return compared(("a", "b"), u, np.full(2000, 1 / 2000), 2000.0, Chain(walked, 0.3, 1))


def test_a_shifted_mean_and_another_width_are_told_by_name() -> None:
    assert held_against(0.0, 1.0).passed
    shifted = held_against(0.2, 1.0)
    assert not shifted.passed
    assert shifted.different == ["a"]
    assert shifted.verdict.startswith("differs in a: largest shift 0.70 sd")
    assert held_against(0.0, 0.5).different == ["a", "b"]
    assert held_against(0.0, 1.6).different == ["a", "b"]


def test_a_chain_of_a_few_steps_says_nothing() -> None:
    assert not held_against(0.0, 1.0, steps=5).long_enough
    assert not held_against(0.0, 1.0, steps=5).passed


def test_a_verdict_is_told_in_lines(fitted: Calibration) -> None:
    lines = sentences(held_against(0.0, 1.0))
    assert lines[0] == "Cross-check by ensemble MCMC (50 walkers, 200 steps kept, 30% accepted):"
    assert lines[1].startswith("- agrees: largest shift 0.0")


@pytest.mark.parametrize(("walkers", "steps", "words"), [
    (2, 100, "walkers is 2; it must be even and at least 4"),
    (33, 100, "walkers is 33; it must be even"),
    (32, 9, "steps is 9; it must be at least 10"),
])  # fmt: skip
def test_too_few_walkers_or_steps_are_refused(
    fitted: Calibration, walkers: int, steps: int, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        crosscheck(fitted.plan, fitted, walkers=walkers, steps=steps)


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "emcee", None)
    with pytest.raises(InputError, match=r"pip install 'winset\[crosscheck\]'"):
        check_installed()

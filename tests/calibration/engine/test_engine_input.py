"""What the engine accepts, and what it refuses by name, value and what is allowed."""

import math

import numpy as np
import pytest
from scipy import stats

from experiments.calibration import Figure, fit
from experiments.calibration.engine import Bars
from experiments.calibration.engine.priors import read_priors, rebuilt
from experiments.calibration.engine.simulator import row_seeds, takes_seeds
from experiments.calibration.engine.targets import read_targets
from sim.errors import InputError
from sim.parameters import Prior

PRIOR = {"a": (0.0, 1.0)}
TARGET = [Figure("x", 0.5, sd=0.1)]


def identity(parameters):
    return parameters[:, :1]


def refused(match, simulate=identity, prior=PRIOR, targets=TARGET, **options):
    with pytest.raises(InputError, match=match):
        fit(simulate, prior, targets, **{"budget": 400, **options})


@pytest.mark.parametrize(
    ("prior", "match"),
    [
        ({}, "prior is empty"),
        ([("a", (0, 1))], "must map"),
        ({3: (0, 1)}, "3 is no name"),
        ({"a": (1.0, 0.0)}, r"prior of a is uniform\(1, 0\); low must be less than high"),
        ({"a": (0.0, math.inf)}, "both finite"),
        ({"a": ("x", 1.0)}, "prior of a is"),
        ({"a": "uniform"}, "prior of a is 'uniform'; a prior is a pair"),
        ({"a": Prior("fixed")}, "prior of a is 'fixed'"),
        ({"a": Prior("log-uniform", 0.0, 1.0)}, "must exceed 0"),
        ({"a": stats.poisson(3)}, "discrete law 'poisson'"),
        ({"a": stats.norm([0, 1], 1)}, "with arrays"),
        ({"a": stats.norm(0, -1)}, "must make a law"),
    ],
)
def test_a_prior_that_is_none_is_refused(prior, match):
    refused(match, prior=prior)


def test_every_problem_of_priors_and_figures_is_told_at_once():
    with pytest.raises(InputError) as told:
        read_priors({"a": (1, 0), "b": "no"})
    assert len(told.value.problems) == 2
    with pytest.raises(InputError) as told:
        read_targets([Figure("x", math.nan, sd=-1.0), Figure("y", 1.0)])
    assert len(told.value.problems) == 3


@pytest.mark.parametrize(
    ("figure", "match"),
    [
        (Figure("x", math.nan, sd=1.0), "'x': value is nan; it must be a finite number"),
        (Figure("x", 1.0, sd=0.0), "sd is 0.0; it must be a finite number above 0"),
        (Figure("x", 1.0, sd=math.inf), "sd is inf"),
        (Figure("x", 1.0), "either sd or interval"),
        (Figure("x", 1.0, sd=1.0, interval=(0, 2, 0.9)), "either sd or interval"),
        (Figure("x", sd=1.0), "value is missing"),
        (Figure("x", interval=(2.0, 1.0, 0.9)), "low must be less than high"),
        (Figure("x", interval=(1.0, 2.0, 1.5)), "level of the interval is 1.5"),
        (Figure("x", interval=(1.0, 2.0)), r"it must be \(low, high, level\)"),
        (Figure("x", 5.0, interval=(1.0, 2.0, 0.9)), "outside of its interval"),
        (Figure("x", 1.0, sd=1.0, weight=-1.0), "weight is -1.0"),
        (Figure("x", 1.0, sd=1.0, weight=0.0), "none has a weight above 0"),
        (Figure("x", 1.0, sd=1.0, scale="cubic"), "must be one of linear, logit, log"),
        (Figure("x", 1.5, sd=1.0, scale="logit"), r"must lie in \[0, 1\]"),
        (Figure("x", -1.5, sd=1.0, scale="log"), "must be above 0"),
        (Figure("x", 1.0, sd=1.0, cases=0), "cases is 0"),
        (Figure("x", 1.0, sd=1.0, defined_when="y"), "defined_when is 'y', no figure"),
        (Figure("", 1.0, sd=1.0), "name must be a text"),
    ],
)
def test_a_figure_that_cannot_be_meant_is_refused(figure, match):
    refused(match, targets=[figure])


@pytest.mark.parametrize(
    ("targets", "match"),
    [
        ([Figure("x", 1, sd=1), Figure("x", 2, sd=1)], "given 2 times"),
        ({"x": 3.0}, "is no figure"),
        ({"x": Figure("y", 1, sd=1)}, "named 'y'"),
        ({"x": {"value": 1, "sigma": 2}}, "allowed are value, sd"),
        (3, "must be a sequence of Figure"),
        ([], "nothing to fit"),
    ],
)
def test_targets_that_are_none_are_refused(targets, match):
    refused(match, targets=targets)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"budget": 100}, r"budget is 100; it must be a whole number in \[400"),
        ({"budget": "many"}, "budget is 'many'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"seed": True}, "seed is True"),
        ({"batch": 0}, "batch is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"engine": "magic"}, "must be 'emulator'"),
        ({"bars": {"luck": 1.0}}, "'luck' is no bar"),
        ({"bars": {"ess": math.nan}}, "ess is nan"),
    ],
)
def test_an_option_out_of_range_is_refused(options, match):
    refused(match, **options)


@pytest.mark.parametrize(
    ("simulate", "match"),
    [
        ("model", "simulate is 'model'; it must be a function"),
        (
            lambda p: np.zeros((len(p), 2)),
            r"shape \(400, 2\); it must be \(400, 1\)|must be \(\d+, 1",
        ),
        (lambda p: p[:-1], "must be"),
        (lambda p: {"y": p[:, 0]}, "gave no figure 'x'; it gave y"),
        (lambda p: {"x": p[:-1, 0]}, "one value for each row"),
        (lambda p: ["a"] * len(p), "no array of real numbers"),
        (lambda p: p[:, :1] + 1j, "no array of real numbers"),
        (lambda p: np.full((len(p), 1), np.nan), "gave no finite 'x' in any"),
    ],
)
def test_a_simulator_that_gives_something_else_is_told_so(simulate, match):
    refused(match, simulate=simulate)


def test_figures_hardly_ever_defined_together_are_refused():
    def one_or_the_other(parameters):
        low = parameters[:, 0] < 0.5
        return np.column_stack([np.where(low, 1.0, np.nan), np.where(low, np.nan, 1.0)])

    two = [Figure("x", 1, sd=0.1), Figure("y", 1, sd=0.1)]
    refused("together in 0 of", simulate=one_or_the_other, targets=two)
    wrong = Figure("x", 0.5, sd=0.1, defined_when=lambda figures: np.ones(3, bool))
    refused("defined_when gave the shape", targets=[wrong])


def test_an_interval_is_a_normal_error_that_holds_its_level_inside():
    figure = Figure("x", interval=(1.0, 3.0, 0.9))
    assert figure.centre == 2.0
    inside = stats.norm(2.0, figure.error).cdf(3.0) - stats.norm(2.0, figure.error).cdf(1.0)
    assert inside == pytest.approx(0.9)
    assert Bars().ess == 200.0


def test_a_weight_divides_the_variance_of_the_error():
    targets = read_targets([Figure("x", 1, sd=0.2, weight=4.0), Figure("y", 1, sd=1.0, weight=0)])
    assert targets.sd[0] == pytest.approx(0.1)
    assert np.isinf(targets.sd[1])
    s = np.array([[1.1, np.nan], [np.nan, 1.0]])
    kernel = targets.log_kernel(s)
    assert kernel[0] == pytest.approx(stats.norm(1.0, 0.1).logpdf(1.1))
    assert kernel[1] == -np.inf


@pytest.mark.parametrize(
    "law",
    [(0.0, 2.0), Prior("log-uniform", 0.01, 10.0), stats.norm(3.0, 2.0), stats.gamma(2.0, scale=3),
     stats.beta(2.0, 3.0), stats.cauchy()],
)  # fmt: skip
def test_normal_scores_of_a_prior_go_there_and_back(law):
    priors = read_priors({"a": law})
    z = np.linspace(-5.0, 5.0, 41)[:, None]
    there = priors.parameters(z)
    assert np.all(np.diff(there[:, 0]) > 0)
    assert priors.scores(there) == pytest.approx(z, abs=1e-6)
    z = np.random.default_rng(0).standard_normal((20_000, 1))
    assert priors.contraction(z)[0] == pytest.approx(0.0, abs=0.06)
    again = rebuilt({"a": priors.laws[0].record})
    assert np.array_equal(again.parameters(z), priors.parameters(z))


def test_a_law_that_scipy_does_not_have_must_be_given_again():
    with pytest.raises(InputError, match="give the prior again"):
        rebuilt({"a": {"law": "scipy", "family": "mine", "args": [], "kwds": {}}})


def test_a_rows_seed_depends_on_seed_and_row_alone():
    whole = row_seeds(0, 0, 100)
    assert np.array_equal(whole[40:60], row_seeds(0, 40, 20))
    assert len(np.unique(np.r_[whole, row_seeds(1, 0, 100)])) == 200


def test_whether_a_simulator_takes_seeds_is_read_from_its_signature():
    assert takes_seeds(lambda parameters, seeds: 0)
    assert takes_seeds(lambda *both: 0)
    assert takes_seeds(lambda parameters, seed=None: 0)
    assert not takes_seeds(lambda parameters: 0)
    assert not takes_seeds(lambda parameters, cases=60: 0)
    assert takes_seeds(np.add)

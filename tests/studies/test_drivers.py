"""What a sampled study hangs on, and where it breaks, is told only where it can be."""

import pytest

from experiments import make_study, run_study
from experiments.drivers import (
    check_discovery,
    check_sensitivity,
    findings_of,
    leading_parameters,
    sensitivity_of,
)
from sim import InputError
from sim.parameters import Prior

VARY = {"demand": Prior("uniform", 1.05, 8.0), "president.audience_cost": "prior"}


def asked(**given):
    usual = {"vary": VARY, "design": "saltelli", "size": 8, "replicates": 20, "seed": 0}
    return make_study(**(usual | {"draws": "independent", "figures": ()} | given))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vary": {"demand": [1.5, 2]}, "design": "grid", "size": 0}, "needs a sampled design"),
        ({"variants": {"a": {}, "b": {"talks.split": 0}}}, "without variants"),
        ({"draws": "common"}, 'needs draws = "independent"'),
        ({"replicates": 19}, "at least 20 replicates a design point, not 19"),
    ],
)
def test_indices_that_would_mean_nothing_are_refused_before_anything_is_played(given, said):
    with pytest.raises(InputError, match=said):
        check_sensitivity(asked(**given))


def test_a_region_is_looked_for_in_a_design_that_fills_the_space_alone():
    with pytest.raises(InputError, match="latin_hypercube or sobol design without variants"):
        check_discovery(asked())
    check_discovery(asked(design="sobol"))


def test_without_the_extra_a_region_is_refused_before_anything_is_played(monkeypatch):
    monkeypatch.setattr("experiments.drivers.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'winset\[discovery\]'"):
        check_discovery(asked(design="sobol"))


def test_the_leading_parameter_is_named_with_its_index_interval_and_n():
    run = run_study(asked(size=32, replicates=60))
    indices = sensitivity_of(run)
    leading = indices[indices["index"] == "first_order"].sort_values("value").iloc[-1]
    sentence = leading_parameters(run.study, indices)
    assert sentence.startswith(f"Of 2 parameters, {leading['parameter']} explains most")
    assert f"{leading['value']:.2f} [{leading['low']:.2f}, {leading['high']:.2f}]" in sentence
    assert "over 128 settings, n = 60 each" in sentence


def test_a_study_that_asks_for_nothing_finds_nothing():
    run = run_study(asked())
    findings = findings_of(run)
    assert findings.indices is None
    assert findings.region is None
    assert findings.sentences(run.study) == []

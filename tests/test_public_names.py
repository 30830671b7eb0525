"""The door of the model: fifteen names, no more and no fewer."""

import pytest

import sim

NAMES = [
    "OUTCOME",
    "PARAMETERS",
    "BargainingPolicy",
    "DesignPoints",
    "Ending",
    "Heuristic",
    "InputError",
    "Policy",
    "Scenario",
    "Side",
    "View",
    "WinsetError",
    "negotiate",
    "read_scenario",
    "watch",
]


def test_the_model_has_fifteen_public_names():
    assert sorted(sim.__all__) == sorted(NAMES)
    assert len(set(sim.__all__)) == 15


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_can_be_imported_and_says_what_it_is(name):
    public = getattr(sim, name)
    if callable(public):
        assert public.__doc__


def test_the_table_of_parameters_says_its_priors_as_case_files_do():
    priors = {row.name: str(row.prior) for row in sim.PARAMETERS}
    assert priors["president.audience_cost"] == "log-uniform(0.004, 0.3)"
    assert priors["public.backlash_weight"] == "uniform(0, 0.3)"
    assert priors["talks.rounds"] == "fixed"

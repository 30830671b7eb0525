"""A calibration's draws reach the file that a sweep reads."""

import numpy as np

from experiments.calibration.fitting import calibrate
from experiments.calibration.plan import read_plan
from experiments.calibration.posterior import read_posterior, write_posterior
from experiments.calibration.posterior_making import posterior_of


def test_the_file_of_a_posterior_holds_the_draws_of_its_calibration(tmp_path) -> None:
    found = calibrate(read_plan("korea_2019", draws=1000, negotiations=50, seed=0))
    told = posterior_of(
        found, date="2026-01-31", status="not calibrated", verdict="a trial",
        verdicts=dict.fromkeys(found.parameters, "not identified"),
    )  # fmt: skip
    write_posterior(told, tmp_path / "posterior.json")
    again = read_posterior(tmp_path / "posterior.json")
    assert again.digest == told.digest
    assert (*again.parameters, *again.episode_parameters) == found.parameters
    np.testing.assert_array_equal(again.table, found.draws().to_numpy())
    assert again.about["plan_digest"] == found.plan.digest
    assert again.line == "calibration korea_2019 of 2026-01-31: a trial"

"""The draws as ArviZ reads them: posterior, priors, likelihoods, reports real and replicated.

Needs the extra `report` (ArviZ and h5netcdf); without it a calibration writes the same draws as
posterior.json alone.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.evaluation import stream
from experiments.calibration.fitting import Calibration
from experiments.calibration.kernels import draw_report
from experiments.calibration.playing import play
from experiments.results.writing import written_whole
from sim.errors import InputError

Reals = NDArray[np.float64]


def is_installed() -> bool:
    """Whether ArviZ and what it writes with are there."""
    from importlib.util import find_spec

    return find_spec("arviz") is not None and find_spec("h5netcdf") is not None


def to_arviz(calibration: Calibration) -> Any:
    """The calibration as ArviZ keeps one, with one chain of equally weighted draws.

    Returns
    -------
    a DataTree with the groups posterior, prior, log_likelihood (a draw and an episode),
    posterior_predictive (by target, the report of one negotiation at each draw of the posterior,
    NaN where nothing could be reported) and observed_data (what was reported)

    Raises
    ------
    InputError
        Where ArviZ is not installed.
    """
    if not is_installed():
        raise InputError("draws for ArviZ need the extra: pip install 'winset[report]'")
    import arviz

    plan, rows = calibration.plan, calibration.chosen
    rng = np.random.default_rng(stream(plan.seed, "prior draws"))
    prior = plan.theta(rng.random((len(rows), len(plan.free))))
    posterior = calibration.draws()
    return arviz.from_dict({
        "posterior": {name: posterior[name].to_numpy()[None] for name in posterior},
        "prior": {name: values[None] for name, values in prior.items()},
        "log_likelihood": {
            episode.name: calibration.rounds.logs[rows, index][None]
            for index, episode in enumerate(plan.episodes)
        },
        "posterior_predictive": _replicated(calibration),
        "observed_data": {target.id: np.array([target.centre]) for target in plan.targets},
    })  # fmt: skip


def _replicated(calibration: Calibration) -> dict[str, Reals]:
    """Reports replicated at the draws, by target, shape (1, draws, 1): of one report each."""
    plan, found = calibration.plan, {}
    seed = stream(plan.seed, "replicated reports")
    for episode in plan.episodes:
        values = play(plan, episode, calibration.uniforms[calibration.chosen], 1, seed=seed)
        rng = np.random.default_rng(stream(seed, episode.name))
        for target in episode.targets:
            told = values[target.statistic][:, 0]
            errors = rng.random(len(told))
            reported = [
                draw_report(target, float(value), float(error)).centre
                if np.isfinite(value) else np.nan
                for value, error in zip(told, errors, strict=True)
            ]  # fmt: skip
            found[target.id] = np.array(reported)[None, :, None]
    return found


def write_draws(calibration: Calibration, path: Path) -> None:
    """Write the draws as NetCDF, whole or not at all.

    Raises
    ------
    InputError
        Where ArviZ is not installed.
    ResultsError
        Where the file cannot be written.
    """
    tree = to_arviz(calibration)
    with written_whole(path) as temporary:
        tree.to_netcdf(temporary, engine="h5netcdf")

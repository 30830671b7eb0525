"""Posteriors for the tests: rows drawn from the priors of the table, as a calibration would."""

from dataclasses import replace

import numpy as np

from experiments import provenance
from experiments.calibration.posterior import Posterior
from experiments.study import ROUNDS_AFTER_EXPIRY
from sim import PARAMETERS

LEFT_OUT = ("security.", "turnover.", "precedent.")
PRIORS = {
    row.name: row.prior
    for row in PARAMETERS
    if row.prior.law != "fixed" and not row.name.startswith(LEFT_OUT)
}
ABOUT = Posterior(
    name="six_agreements",
    title="Six agreements, 1999 to 2019",
    date="2026-11-20",
    verdict="two of three checks passed",
    status="not calibrated",
    model=provenance.model_fingerprint(),
    parameters=(),
    draws=(),
    about={"seed": 3, "priors": {name: str(prior) for name, prior in PRIORS.items()}},
)


def columns_of(posterior):
    """The draws as columns by name."""
    names = (*posterior.parameters, *posterior.episode_parameters)
    return {name: [row[i] for row in posterior.draws] for i, name in enumerate(names)}


def posterior_of(columns, **changes):
    """A posterior with these columns of draws."""
    rows = tuple(tuple(map(float, row)) for row in zip(*columns.values(), strict=True))
    shared = tuple(name for name in columns if ":" not in name)
    single = tuple(name for name in columns if ":" in name)
    given = {"parameters": shared, "episode_parameters": single, "draws": rows} | changes
    return replace(ABOUT, **given)


def from_priors(draws=40, seed=0, **changes):
    """Draws of every parameter that a calibration is free in."""
    generator = np.random.Generator(np.random.Philox(seed))
    columns = {}
    for name, prior in PRIORS.items():
        u = generator.random(draws)
        if prior.law == "uniform":
            columns[name] = prior.low + (prior.high - prior.low) * u
        else:
            columns[name] = prior.low * (prior.high / prior.low) ** u
    columns[ROUNDS_AFTER_EXPIRY] = generator.integers(1, 17, draws)
    return posterior_of(columns, **changes)

"""The curve of a study under a posterior, beside the same under the priors."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.estimates import estimate
from experiments.ignorance import ignorance_band, under_ignorance
from experiments.posterior_sweep import posterior_band, under_posterior
from experiments.run import Run, run_study
from experiments.study import Study
from sim.errors import InputError

POSTERIOR_DRAWS, PRIOR_DRAWS = 400, 200
REPLICATES = 20_000  # of each level


def curve_of(
    study: Study,
    posterior: Posterior,
    *,
    where: Path | None = None,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[Run, pd.DataFrame]:
    """Play a study of one parameter under a posterior and under the priors.

    Returns
    -------
    the run under the posterior, and one row a level of the first variant: the parameter by full
    name; n; breakdown with _low and _high, the interval of chance; band_low and band_high, where
    nine draws of ten lie; draws; prior_mean, prior_low, prior_high over prior_draws draws of every
    parameter that has a prior, prior_n negotiations of each

    Raises
    ------
    InputError
        Where the study is not over the levels of one parameter.
    """
    parameter = check_curve(study)
    run = run_study(
        under_posterior(study, posterior, min(POSTERIOR_DRAWS, len(posterior))),
        where=None if where is None else where / "curve", workers=workers, progress=progress,
        overwrite=True,
    )  # fmt: skip
    told = estimate(run)
    first = told[told["variant"] == study.variants[0].name] if "variant" in told else told
    names = ["n", *(study.outcome + ending for ending in ("", "_low", "_high"))]
    table = pd.DataFrame(first[["design_point", parameter, *names]])
    band = pd.DataFrame(posterior_band(run)[["design_point", "draws", "low", "high"]])
    band = band.rename(columns={"low": "band_low", "high": "band_high"})
    table = table.merge(band, on="design_point").drop(columns="design_point")
    prior = ignorance_band(
        run_study(
            under_ignorance(study, PRIOR_DRAWS),
            where=None if where is None else where / "curve-prior",
            workers=workers,
            progress=progress,
            overwrite=True,
        )  # fmt: skip
    )
    prior = prior.rename(columns={
        "n": "prior_n", "draws": "prior_draws", "mean": "prior_mean", "low": "prior_low",
        "high": "prior_high",
    })  # fmt: skip
    return run, table.merge(prior, on=parameter, how="left").reset_index(drop=True)


def check_curve(study: Study) -> str:
    """The parameter that a curve is over.

    Raises
    ------
    InputError
        Where the study is not over the levels of one parameter.
    """
    if len(study.factors) != 1 or not study.factors[0].levels:
        raise InputError(f"study {study.name}: a curve needs a study over levels of one parameter")
    return study.factors[0].parameter

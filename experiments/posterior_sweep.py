"""A study under a posterior: its question asked of all draws that a calibration has found.

>>> from experiments import make_study, run_study, under_posterior
>>> study = make_study("korea_2019", vary={"demand": [1.5, 5.58]}, replicates=2000)
>>> run = run_study(under_posterior(study, "posterior.json"))  # doctest: +SKIP

Levels and variants stay those of the study, so every table and figure reads as before; each
probability is the one integrated over the posterior. The draws are taken as the posterior itself, a
fixed mixture, and each is played equally often. The usual intervals take the negotiations for one
sample of that mixture; as the sample is stratified they are a little wide. How far the draws lie
apart is a band of its own.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.events import EVENTS
from experiments.ignorance import spread_of_draws
from experiments.run import Run
from experiments.study import ROUNDS, ROUNDS_AFTER_EXPIRY, Study
from experiments.study_making import with_options
from experiments.tally import BY_DRAW
from sim.errors import InputError
from sim.parameters import PARAMETERS

if TYPE_CHECKING:
    from experiments.calibration.posterior import Posterior

DRAWS = 400
LEAST_OF_DRAW = 20  # negotiations; of fewer, shares are too coarse for quantiles of them


def under_posterior(
    study: Study, posterior: "Posterior | str | Path", draws: int | None = None
) -> Study:
    """The same question under draws of a posterior.

    Parameters
    ----------
    study : over a grid of levels, or of the case alone
    posterior : what a calibration found, or the path of its file
    draws : how many, evenly spread over those of the file; None for 400, or all where there are
        fewer. The replicates of each design point are split among them, rounded up.

    Raises
    ------
    InputError
        Where the study has another design or is played in stages, the file is none of a posterior
        of this model, or the number of draws is out of range.
    """
    if isinstance(posterior, str | Path):
        from experiments.calibration.posterior import read_posterior

        posterior = read_posterior(posterior)
    chosen = posterior.thinned(min(DRAWS, len(posterior)) if draws is None else draws)
    each = -(-study.replicates // len(chosen))
    return with_options(
        study, name=f"{study.name[:54]}-posterior", posterior=chosen,
        replicates=each * len(chosen),
    )  # fmt: skip


def check_extras(study: Study, *, baselines: bool, ignorance: bool) -> None:
    """Refuse what does not go with a posterior: a curve or a band of other parameters.

    Raises
    ------
    InputError
        Where forecasts of theory or a band of ignorance are asked for as well.
    """
    if study.posterior is None:
        return
    if baselines:
        raise InputError(
            "baselines do not fit a study under a posterior: theory forecasts at one setting of "
            "the parameters, and the curve is averaged over many"
        )
    if ignorance:
        raise InputError(
            "ignorance and a posterior exclude each other: the band of the posterior's draws takes "
            "the place of the one over draws of the priors"
        )


def not_drawn(study: Study) -> list[str]:
    """Parameters of the posterior that the study varies, or sets at every design point."""
    posterior = study.posterior
    names = () if posterior is None else posterior.parameters
    own = {name: ROUNDS if name == ROUNDS_AFTER_EXPIRY else name for name in names}
    return [name for name, full in own.items() if full not in study.drawn]


def set_by_variants(study: Study) -> dict[str, list[str]]:
    """Variants that set drawn parameters themselves, by their words, and which."""
    found = {v.words: [n for n in study.drawn if n in v.settings] for v in study.variants}
    return {words: names for words, names in found.items() if names}


def as_in_case(study: Study) -> list[str]:
    """Parameters that have a prior, that nothing varies or sets and that are not drawn either."""
    known = {*study.drawn, *study.parameters, *study.settings}
    return [row.name for row in PARAMETERS if row.prior.law != "fixed" and row.name not in known]


def posterior_band(run: Run) -> pd.DataFrame:
    """Where the outcome's probability lies in nine draws of ten, one row a design point.

    As in `experiments.ignorance.ignorance_band`, the variance of chance is taken out.

    Columns
    -------
    design_point, variant, and each parameter that varies, by full name
    n : negotiations of a draw; draws : that were played
    mean, low, high : over draws, the 5% and 95% quantiles; the ends are NaN where a draw has fewer
        than LEAST_OF_DRAW negotiations
    """
    study, rows = run.study, []
    for n, happened in zip(
        run.counts[f"n{BY_DRAW}"], run.counts[study.outcome + BY_DRAW], strict=True
    ):
        played = n > 0
        mean, low, high = spread_of_draws(happened[played] / n[played], n[played])
        if not n.max(initial=0) >= LEAST_OF_DRAW:
            low = high = np.nan
        rows.append((int(n.max(initial=0)), int(played.sum()), mean, low, high))
    found = pd.DataFrame(rows, columns=pd.Index(["n", "draws", "mean", "low", "high"]))
    return pd.concat([run.design.table, found], axis=1)


def posterior_sentences(run: Run, row: dict[str, Any], where: str) -> list[str]:
    """What the answer says of the posterior: which it is, what was drawn, how far draws differ.

    Parameters
    ----------
    row : of the estimates, of the first variant at the central setting
    where : that setting in words
    """
    study, posterior = run.study, run.study.posterior
    if posterior is None:
        return []
    lines = [
        f"Averaged over {len(posterior)} draws of the posterior, {study.replicates_of_draw:,} "
        "negotiations each at every level."
    ]
    fixed = not_drawn(study)
    if fixed:
        lines.append(f"Not drawn, as the study varies or sets it: {', '.join(fixed)}.")
    lines += [
        f"Not drawn in {words}, which sets it: {', '.join(names)}."
        for words, names in set_by_variants(study).items()
    ]
    left = as_in_case(study)
    if left:
        lines.append(f"Not in the posterior, so as in the case: {', '.join(left)}.")
    return [*lines, _spread(run, row, where), sentence(posterior.line)]


def _spread(run: Run, row: dict[str, Any], where: str) -> str:
    """How far the draws lie apart at one design point."""
    band = posterior_band(run)
    at = band[band["design_point"] == row["design_point"]].iloc[0]
    if np.isnan(at["low"]):
        return (
            f"Fewer than {LEAST_OF_DRAW} negotiations a draw do not tell how far the draws lie "
            "apart: more replicates do, or fewer draws."
        )
    return (
        f"Not knowing the parameters: in nine draws of ten, {EVENTS[run.study.outcome].words}"
        f"{where} is between {at['low']:.0%} and {at['high']:.0%} (chance taken out)."
    )


def sentence(words: str) -> str:
    """A line that begins with a capital and ends with a full stop."""
    return words[0].upper() + words[1:].rstrip(".") + "."

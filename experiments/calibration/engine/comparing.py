"""Fits against each other, and each figure against a fit without it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calibration.engine.result import Fit

NATS, ERRORS = 2.0, 3.0  # a difference of evidence is called beyond 2 nats and 3 standard errors


def compare(fits: Sequence["Fit"], names: Sequence[str] | None = None) -> "pd.DataFrame":
    """Models by log evidence, best first: difference to the best, its error, and a word on it.

    Evidence depends on how wide the priors are: a call is one between models with their priors.

    Raises
    ------
    InputError
        Where fits are of different reports, or names are not one for each fit.
    """
    import pandas as pd

    first = _report(fits[0])
    for other in fits[1:]:
        if _report(other) != first:
            raise InputError(
                "compare: the fits are of different figures, values, errors or weights; evidence "
                "compares models on one report"
            )
    labels = list(names) if names is not None else [f"model {i + 1}" for i in range(len(fits))]
    if len(labels) != len(fits):
        raise InputError(f"names has {len(labels)} entries; there are {len(fits)} fits")
    order = sorted(range(len(fits)), key=lambda i: -fits[i].log_evidence)
    best = fits[order[0]]
    rows = []
    for i in order:
        behind = best.log_evidence - fits[i].log_evidence
        error = (
            0.0 if fits[i] is best else math.hypot(best.log_evidence_se, fits[i].log_evidence_se)
        )
        called = behind > NATS + ERRORS * error
        rows.append(
            {
                "model": labels[i], "log_evidence": fits[i].log_evidence,
                "se": fits[i].log_evidence_se, "behind": behind, "behind_se": error,
                "call": "best" if fits[i] is best else "worse" if called else "no call",
                "status": fits[i].status,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).set_index("model")


def _report(fit: "Fit") -> list[tuple[str, float, float, float]]:
    return sorted(
        (f.name, f.centre, f.error, float(f.weight)) for f in fit.targets.figures if f.weight > 0
    )


def leave_one_out(fit: "Fit", rows: int) -> "pd.DataFrame":
    """Each used figure against a refit that leaves it out (see `Fit.leave_one_out`)."""
    import pandas as pd

    used = [figure for figure in fit.targets.figures if figure.weight > 0]
    if len(used) < 2:
        raise InputError("leave_one_out: the fit has one figure; without it there is none to fit")
    if fit.simulate is None:
        raise InputError("leave_one_out: the fit has no simulator; load it with simulate=...")
    told = []
    for figure in used:
        without = fit.refit(leave_out=[figure.name], rows=rows)
        index = fit.targets.names.index(figure.name)
        own = without.replicates[:, index]
        own = own[np.isfinite(own)]
        noise = np.random.default_rng([fit.settings.seed, index]).standard_normal(len(own))
        own = own + figure.error * noise
        low, high = np.quantile(own, [0.05, 0.95])
        told.append(
            {
                "figure": figure.name, "reported": figure.centre, "low": low, "high": high,
                "inside": bool(low <= figure.centre <= high),
                "z": (figure.centre - own.mean()) / own.std(ddof=1), "ess": without.ess,
            }
        )  # fmt: skip
    return pd.DataFrame(told).set_index("figure")

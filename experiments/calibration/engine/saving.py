"""A fit in one file: arrays in an .npz without pickle, the rest as JSON inside of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.engine.checkpoint import ARRAYS_UNREADABLE
from experiments.calibration.engine.checks import Bars
from experiments.calibration.engine.figures import Figure
from experiments.calibration.engine.mixture import Mixture
from experiments.calibration.engine.priors import Priors, read_priors, rebuilt
from experiments.calibration.engine.result import Fit, Settings
from experiments.calibration.engine.rounds import Bank
from experiments.calibration.engine.targets import Targets, read_targets
from sim.errors import InputError

SCHEMA = 1
NUMBERS = ("log_evidence", "log_evidence_se", "ess", "shift", "from_rows")


def save_fit(fit: Fit, path: Path) -> Path:
    """Write a fit, whole or not at all; an old file stays where this fails."""
    from experiments.results.writing import written_whole

    path = path if path.suffix == ".npz" else path.with_name(path.name + ".npz")
    settings = fit.settings
    record = {
        "winset_fit": SCHEMA,
        "prior": {law.name: law.record for law in fit.priors.laws},
        "figures": [figure.record() for figure in fit.targets.figures],
        "rules": [figure.name for figure in fit.targets.figures if callable(figure.defined_when)],
        "numbers": {name: repr(float(getattr(fit, name))) for name in NUMBERS},
        "settings": {
            "budget": settings.budget, "seed": settings.seed, "batch": settings.batch,
            "workers": settings.workers, "bars": settings.bars._asdict(),
        },
        "rounds": len(fit.bank.z),
    }  # fmt: skip
    arrays: dict[str, Any] = {"scores": fit.scores, "replicates": fit.replicates}
    for i, proposal in enumerate(fit.bank.proposals):
        arrays |= {f"z_{i}": fit.bank.z[i], f"s_{i}": fit.bank.s[i]}
        arrays |= {f"{part}_{i}": getattr(proposal, part) for part in Mixture._fields}
    arrays["record"] = np.frombuffer(json.dumps(record, allow_nan=False).encode(), np.uint8)
    with written_whole(path) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **arrays)
    return path


def load_fit(
    path: str | Path, simulate: Callable[..., Any] | None = None, prior: Any = None
) -> Fit:
    """Read a fit.

    Parameters
    ----------
    simulate : the simulator, for whatever plays more rows; not kept in the file
    prior : the priors again, where one of them is a law of your own

    Raises
    ------
    InputError
        Where the file is no fit, is damaged, or is of another schema.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
        record = json.loads(held["record"].tobytes().decode())
        schema = record["winset_fit"]
    except (*ARRAYS_UNREADABLE, TypeError, AttributeError) as error:
        raise InputError(f"{path}: is no saved fit ({error})") from None
    if schema != SCHEMA:
        raise InputError(f"{path}: winset_fit is {schema!r}; this version reads {SCHEMA}")
    priors = rebuilt(record["prior"]) if prior is None else read_priors(prior)
    if priors.names != tuple(record["prior"]):
        raise InputError(
            f"{path}: is of the parameters {', '.join(record['prior'])}; the prior that is given "
            f"has {', '.join(priors.names)}"
        )
    try:
        return _rebuilt(record, held, priors, simulate)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is a damaged fit ({error!r})") from None


def _rebuilt(
    record: dict[str, Any],
    held: dict[str, Any],
    priors: Priors,
    simulate: Callable[..., Any] | None,
) -> Fit:
    settings = dict(record["settings"])
    settings["bars"] = Bars(**settings["bars"])
    bank = Bank()
    for i in range(record["rounds"]):
        bank.z.append(held[f"z_{i}"])
        bank.s.append(held[f"s_{i}"])
        bank.proposals.append(Mixture(*(held[f"{part}_{i}"] for part in Mixture._fields)))
    numbers = {name: float(record["numbers"][name]) for name in NUMBERS}
    return Fit(
        priors, _figures(record), held["scores"], **numbers, bank=bank,
        replicates=held["replicates"], settings=Settings(**settings), simulate=simulate,
    )  # fmt: skip


def _figures(record: dict[str, Any]) -> Targets:
    """The figures; a rule that was a function is gone, and its work is done in the rows."""
    figures = []
    for one in record["figures"]:
        rule = None if one["name"] in record["rules"] else one["defined_when"]
        figures.append(Figure(**{**one, "defined_when": rule}))
    return read_targets(figures)

"""A calibration, told as the file of a posterior that sweeps can be run under."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.calibration.fitting import Calibration
from experiments.calibration.posterior import Posterior
from experiments.provenance import model_fingerprint, plain, versions


def posterior_of(
    calibration: Calibration,
    *,
    date: str,
    status: str,
    verdict: str,
    verdicts: Mapping[str, str],
    checks: Sequence[Mapping[str, Any]] = (),
) -> Posterior:
    """Equally weighted draws of what was fitted, with what is to be said of them.

    Parameters
    ----------
    date : of the calibration, ISO 8601
    status : "calibrated" or "not calibrated"; verdict : one short sentence
    verdicts : parameter -> "identified", "weakly identified" or "not identified"
    checks : each with its name, number, bar and whether it passed
    """
    plan, table = calibration.plan, calibration.draws()
    evidence, error = calibration.log_evidence
    about = plain({
        "versions": versions(), "seed": plan.seed, "known_on": plan.known_on.isoformat(),
        "plan_digest": plan.digest, "targets_digest": plan.targets_digest,
        "n_targets": len(plan.targets), "rows": len(calibration),
        "effective_size": calibration.effective_size,
        "log_evidence": evidence, "log_evidence_se": error,
        "priors": {free.key: str(free.law) for free in plan.free}, "verdicts": dict(verdicts),
        "checks": [dict(check) for check in checks],
    })  # fmt: skip
    return Posterior(
        plan.name, plan.title, date, verdict, status, model_fingerprint(),
        tuple(free.key for free in plan.parameters),
        tuple(tuple(map(float, row)) for row in table.to_numpy()),
        tuple(free.key for episode in plan.episodes for free in episode.unknown), about,
    )  # fmt: skip

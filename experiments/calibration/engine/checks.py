"""What must hold before a fit is called calibrated, and the word that sums it up.

The bars on effective rows, shift and evidence were set on a toy with a known posterior; those on
predictive checks and contraction are conventions.
"""

from typing import NamedTuple

import numpy as np

from experiments.calibration.engine.predictive import Predictive
from sim.errors import InputError


class Bars(NamedTuple):
    """Bars of the checks.

    ess, evidence_se, shift : of the approximation; enough : effective rows from which the draws
        rest on the rows, so that the emulator need not agree; p, z : of the predictive check;
        identified, weakly : contraction from which a parameter is called so
    """

    ess: float = 200.0
    evidence_se: float = 0.2
    shift: float = 0.3
    enough: float = 1000.0
    p: float = 0.01
    z: float = 2.5
    identified: float = 0.5
    weakly: float = 0.2


class Check(NamedTuple):
    """One check: its name, whether it passed, the number and the bar it was held against."""

    name: str
    passed: bool
    number: float
    bar: float
    words: str


def read_bars(bars: Bars | dict[str, float] | None) -> Bars:
    """Bars, or some of them by name.

    Raises
    ------
    InputError
        Where a name is no bar or a bar is no finite number.
    """
    if bars is None or isinstance(bars, Bars):
        return bars or Bars()
    unknown = [name for name in bars if name not in Bars._fields]
    if unknown:
        raise InputError(f"bars: {unknown[0]!r} is no bar; the bars are {', '.join(Bars._fields)}")
    for name, value in bars.items():
        if not isinstance(value, (int, float)) or not np.isfinite(value):
            raise InputError(f"bars: {name} is {value!r}; it must be a finite number")
    return Bars()._replace(**bars)


def approximation_checks(
    ess: float, shift: float, log_evidence_se: float, bars: Bars
) -> list[Check]:
    """Whether the draws can be trusted to be of the posterior."""
    return [
        Check("effective rows", ess >= bars.ess, ess, bars.ess,
              "effective rows of the importance rounds, at least the bar"),
        Check("shift", shift <= bars.shift or ess >= bars.enough, shift, bars.shift,
              "distance between emulator and importance rounds in sds, at most the bar, or "
              f"{bars.enough:g} effective rows"),
        Check("log evidence", log_evidence_se <= bars.evidence_se, log_evidence_se,
              bars.evidence_se, "standard error of the log evidence, at most the bar"),
    ]  # fmt: skip


def predictive_checks(predictive: Predictive | None, bars: Bars) -> list[Check]:
    """Whether the model as fitted gives what was reported; none where nothing was played."""
    if predictive is None:
        return []
    largest = max((abs(z) for z in predictive.z.values()), default=np.nan)
    return [
        Check("all figures together", predictive.p > bars.p, predictive.p, bars.p,
              "share of replicates at least as far out as the report, above the bar"),
        Check("each figure", largest <= bars.z, largest, bars.z,
              "largest distance of a figure from its replicates in sds, at most the bar"),
    ]  # fmt: skip


def verdict(contraction: float, bars: Bars) -> str:
    """What the figures say of a parameter."""
    if contraction >= bars.identified:
        return "identified"
    return "weakly identified" if contraction >= bars.weakly else "not identified"


def sum_up(
    trusted: bool, misfits: tuple[str, ...], fits: bool, verdicts: dict[str, str]
) -> str:  # fmt: skip
    """The status: a misfit first, then a doubtful approximation, then parameters not identified.

    trusted : whether the checks of the approximation passed; fits : whether those of the
        predictive check did, which too few replicates cannot pass
    """
    if misfits:
        return "misfit: " + ", ".join(misfits)
    if not (trusted and fits):
        return "approximation not trusted"
    idle = [name for name, word in verdicts.items() if word == "not identified"]
    return "not identified: " + ", ".join(idle) if idle else "calibrated"

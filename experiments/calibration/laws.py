"""What is not known: a parameter with the law that it is drawn from before anything is fitted.

A parameter is shared by all episodes, or one episode's own (`korea_2006:president.demand`). Beside
those of the table of parameters there is one that only means something to several calendars:
`talks.rounds_after_expiry`, a whole number, the rounds that talks can go on once the old agreement
has expired.
"""

import re
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.case_file import FROM_CALENDAR
from sim.errors import InputError
from sim.parameters import BY_NAME, Prior
from sim.scenario import find_row

ROUNDS_AFTER_EXPIRY = "talks.rounds_after_expiry"
ROUNDS_LAW = Prior("uniform", 1, 16)
MOST_ROUNDS = 400  # of a calendar
PRIOR = "prior"  # that of the table of parameters
LAW_FORM = '"prior", "uniform(LOW, HIGH)" or "log-uniform(LOW, HIGH)"'
_LAW = re.compile(r"\s*(uniform|log-uniform)\s*\(\s*([^\s,()]+)\s*,\s*([^\s,()]+)\s*\)\s*")


@dataclass(frozen=True)
class FreeParameter:
    """A parameter that is fitted.

    name : full; law : `uniform` or `log-uniform`; case : of the episode whose own it is, or ""
    """

    name: str
    law: Prior
    case: str = ""

    @property
    def key(self) -> str:
        """How tables of draws call it."""
        return f"{self.case}:{self.name}" if self.case else self.name

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers alone, each of its range with the same probability."""
        return self.name == ROUNDS_AFTER_EXPIRY

    def quantiles(self, uniforms: ArrayLike) -> NDArray[np.float64]:
        """The values at probabilities in [0, 1], in their shape."""
        u, (low, high) = np.asarray(uniforms, "f8"), self.law[1:]
        if self.whole:
            return np.minimum(np.floor(low + u * (high - low + 1.0)), high)
        if self.law.law == "log-uniform":
            return np.clip(low * (high / low) ** u, low, high)
        return np.clip(low + u * (high - low), low, high)


def read_law(name: str, given: object) -> FreeParameter:
    """A parameter with its law.

    Parameters
    ----------
    name : full, or its last part where only one parameter ends so
    given : "prior" for that of the table of parameters, "uniform(0.98, 1.15)", "log-uniform(..)",
        or a `Prior`

    Raises
    ------
    InputError
        Where there is no such parameter, it cannot be fitted, or its law is none or leaves the
        range of the parameter.
    """
    if name in (ROUNDS_AFTER_EXPIRY, "rounds_after_expiry"):
        return FreeParameter(ROUNDS_AFTER_EXPIRY, _rounds_law(given))
    row = BY_NAME[find_row(name)]
    if row.name in FROM_CALENDAR:
        raise InputError(f"{row.name} follows from the calendar of each case; it cannot be fitted")
    if row.codes is not None or row.whole:
        raise InputError(f"{row.name} is a whole number or a code; it cannot be fitted")
    law = row.prior if given == PRIOR else _law(row.name, given)
    if law.law == "fixed":
        raise InputError(f"{row.name} has no prior in the table of parameters; it must be given "
                         'one, such as "uniform(LOW, HIGH)"')  # fmt: skip
    positive = law.law == "uniform" or law.low > 0.0
    if not (row.low <= law.low < law.high <= row.high and positive and isfinite(law.high)):
        raise InputError(
            f"{row.name} is drawn from {law}; it must be a finite range, low below high, inside "
            f"[{row.low:g}, {row.high:g}], positive if logarithmic"
        )
    return FreeParameter(row.name, law)


def _law(name: str, given: object) -> Prior:
    if isinstance(given, Prior) and given.law in ("uniform", "log-uniform"):
        return given
    match = _LAW.fullmatch(given) if isinstance(given, str) else None
    try:
        if match is not None:
            return Prior(match[1], float(match[2]), float(match[3]))
    except ValueError:
        pass
    shown = repr(given)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    raise InputError(f"{name} is {shown}; it must be {LAW_FORM}")


def _rounds_law(given: object) -> Prior:
    law = ROUNDS_LAW if given == PRIOR else _law(ROUNDS_AFTER_EXPIRY, given)
    ends = 1 <= law.low < law.high <= MOST_ROUNDS
    if law.law != "uniform" or not ends or law.low % 1.0 or law.high % 1.0:
        raise InputError(
            f"{ROUNDS_AFTER_EXPIRY} is drawn from {law}; it must be uniform over whole numbers, "
            f"low below high, inside [1, {MOST_ROUNDS}]"
        )
    return law

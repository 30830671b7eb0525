"""A fit: draws of the posterior, what they rest on, and what they may be called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.checks import (
    Bars,
    Check,
    approximation_checks,
    predictive_checks,
    sum_up,
    verdict,
)
from experiments.calibration.engine.predictive import Predictive, check_predictive
from experiments.calibration.engine.priors import Priors
from experiments.calibration.engine.rounds import Bank
from experiments.calibration.engine.targets import Targets
from sim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calibration.engine.synthetic import Recovery

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How a fit was asked for."""

    budget: int
    seed: int
    batch: int
    workers: int
    bars: Bars


@dataclass(frozen=True)
class Fit:
    """Draws of the posterior and what they rest on.

    scores : normal scores of the draws (n, k), equally weighted
    log_evidence, log_evidence_se : log density of the report under the model and its standard error
    ess : effective rows of the importance rounds; shift : largest distance between their means and
        the emulator's, in sds; from_rows : share of the draws that come from the rows themselves
    replicates : figures played at draws, for the predictive check
    """

    priors: Priors
    targets: Targets
    scores: Floats
    log_evidence: float
    log_evidence_se: float
    ess: float
    shift: float
    from_rows: float
    bank: Bank
    replicates: Floats
    settings: Settings
    simulate: Callable[..., Any] | None = field(default=None, repr=False)

    @cached_property
    def parameters(self) -> Floats:
        """The draws as an array, shape (n, k)."""
        return self.priors.parameters(self.scores)

    @cached_property
    def draws(self) -> "pd.DataFrame":
        """The draws, equally weighted: one column a parameter."""
        import pandas as pd

        return pd.DataFrame(self.parameters, columns=list(self.priors.names))

    @property
    def weights(self) -> None:
        """None: draws are equally weighted."""
        return None

    @property
    def rows(self) -> int:
        """Rows of the simulator that were played."""
        return self.bank.rows + len(self.replicates)

    @cached_property
    def contraction(self) -> dict[str, float]:
        """By parameter, one minus the variance of the posterior over the prior's.

        Of the parameter; of its log where the prior is log-uniform; of its normal score where the
        prior has no variance.
        """
        values = self.priors.contraction(self.scores)
        return {name: float(v) for name, v in zip(self.priors.names, values, strict=True)}

    def verdicts(self) -> dict[str, str]:
        """By parameter: identified, weakly identified or not identified."""
        return {name: verdict(v, self.settings.bars) for name, v in self.contraction.items()}

    @cached_property
    def _predictive(self) -> Predictive:
        generator = np.random.default_rng([self.settings.seed, 20_000])
        return check_predictive(self.replicates, self.targets, generator)

    def predictive(self) -> Predictive:
        """The report against rows played at the draws.

        Raises
        ------
        InputError
            Where no such rows were played (a refit of a loaded fit).
        """
        if len(self.replicates) == 0:
            raise InputError("this fit has no rows at its draws: refit it with its simulator")
        return self._predictive

    @property
    def checks(self) -> list[Check]:
        """Every check, with its number and its bar."""
        bars = self.settings.bars
        return [
            *approximation_checks(self.ess, self.shift, self.log_evidence_se, bars),
            *predictive_checks(self._predictive if len(self.replicates) else None, bars),
        ]

    @property
    def status(self) -> str:
        """calibrated, or what is in the way of calling it so."""
        bars = self.settings.bars
        doubts = approximation_checks(self.ess, self.shift, self.log_evidence_se, bars)
        trusted = all(check.passed for check in doubts)
        misfits, fits = (), True
        if len(self.replicates):
            misfits = self._predictive.misfits(bars.p, bars.z)
            fits = all(check.passed for check in predictive_checks(self._predictive, bars))
        return sum_up(trusted, misfits, fits, self.verdicts())

    def summary(self) -> "pd.DataFrame":
        """By parameter: mean, sd, the middle 90%, contraction and verdict."""
        import pandas as pd

        low, middle, high = np.quantile(self.parameters, [0.05, 0.5, 0.95], axis=0)
        return pd.DataFrame(
            {
                "mean": self.parameters.mean(axis=0), "sd": self.parameters.std(axis=0),
                "low": low, "median": middle, "high": high,
                "contraction": list(self.contraction.values()),
                "verdict": list(self.verdicts().values()),
            },
            index=list(self.priors.names),
        )  # fmt: skip

    def compare(self, *others: "Fit", names: Sequence[str] | None = None) -> "pd.DataFrame":
        """Models by their evidence on the same report, best first (see `comparing.compare`)."""
        from experiments.calibration.engine.comparing import compare

        return compare((self, *others), names)

    def refit(
        self, targets: Any = None, *, leave_out: Sequence[str] | str = (), rows: int = 0
    ) -> "Fit":
        """The posterior under other reports, errors or weights, from the rows at hand.

        Parameters
        ----------
        targets : figures of this fit with other values, errors or weights; None for the same
        leave_out : names of figures to leave out
        rows : how many more rows may be played (0: none but those of the predictive check)

        Raises
        ------
        InputError
            Where a figure is unknown, or rows are asked for without a simulator.
        """
        from experiments.calibration.engine.fitting import refit

        return refit(self, targets, leave_out, rows)

    def leave_one_out(self, rows: int = 0) -> "pd.DataFrame":
        """Each figure against a refit without it: z, the middle 90%, whether the report is in it.

        Raises
        ------
        InputError
            Where the fit has one figure alone or no simulator.
        """
        from experiments.calibration.engine.comparing import leave_one_out

        return leave_one_out(self, rows)

    def sbc(
        self, n: int = 150, budget: int = 8_000, *, seed: int = 0,
        progress: Callable[[int, int], Any] | None = None,
    ) -> "Recovery":  # fmt: skip
        """Simulation-based calibration: fits of reports of truths drawn from the prior."""
        from experiments.calibration.engine.synthetic import recover

        return recover(self, n, budget, seed, progress)

    def recover(
        self, n: int = 50, budget: int = 8_000, *, seed: int = 1,
        progress: Callable[[int, int], Any] | None = None,
    ) -> "pd.DataFrame":  # fmt: skip
        """Truths drawn from the prior, and what a fit of their report says of each."""
        return self.sbc(n, budget, seed=seed, progress=progress).table()

    def save(self, path: str | Path) -> Path:
        """Write the fit to one .npz file, whole or not at all; `load_fit` reads it."""
        from experiments.calibration.engine.saving import save_fit

        return save_fit(self, Path(path))

    @staticmethod
    def load(
        path: str | Path, simulate: Callable[..., Any] | None = None, prior: Any = None
    ) -> "Fit":
        """Read a fit (see `saving.load_fit`)."""
        from experiments.calibration.engine.saving import load_fit

        return load_fit(path, simulate, prior)

    def __str__(self) -> str:
        """Status, checks and parameters in a few lines."""
        lines = [f"status: {self.status}", f"rows: {self.rows:,}  draws: {len(self.scores):,}"]
        lines.append(f"log evidence: {self.log_evidence:.2f} +- {self.log_evidence_se:.2f}")
        for check in self.checks:
            word = "passed" if check.passed else "FAILED"
            lines.append(f"{word}  {check.name}: {check.number:.3g} (bar {check.bar:g})")
        return "\n".join([*lines, self.summary().to_string(float_format="{:.4g}".format)])

"""The verb: fit a simulator's parameters to reported figures."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine.checkpoint import Checkpoint
from experiments.calibration.engine.checks import Bars, read_bars
from experiments.calibration.engine.priors import Priors, read_priors
from experiments.calibration.engine.result import Fit, Settings
from experiments.calibration.engine.rounds import Bank, Outcome, Plan, make_plan, play_rounds
from experiments.calibration.engine.simulator import Simulator
from experiments.calibration.engine.targets import Targets, read_targets
from sim.errors import InputError

Floats = NDArray[np.float64]
Progress = Callable[[int, int], Any]

LEAST_ROWS, LEAST_A_PARAMETER = 400, 60
REPLICATES, REPLICATE_SHARE = 1000, 0.05
REPLICATE_ROUND = 90
PROBED = 4


def fit(
    simulate: Callable[..., Any], prior: Mapping[str, Any], targets: Any, budget: int = 30_000,
    seed: int = 0, *, checkpoint: str | Path | None = None, progress: Progress | None = None,
    batch: int = 5_000, workers: int = 1, engine: str = "emulator",
    bars: Bars | dict[str, float] | None = None,
) -> Fit:  # fmt: skip
    """Draw from the posterior of a simulator's parameters given reported figures.

    The posterior is that of y = s + N(0, sd^2) with s the simulator's figures: prior times the
    mean density of the reports over what the simulator gives.

    Parameters
    ----------
    simulate : function of parameters (n, k) in the prior's order and seeds (n,) uint64 that gives
        figures (n, m) in the targets' order, or a mapping of their names to columns (n,); NaN
        where a row does not define a figure; a function of one argument gets no seeds
    prior : by name, (low, high) for a uniform law, a `Prior`, or a frozen law of scipy.stats
    targets : figures, or a mapping of names to (value, sd)
    budget : most rows of the simulator
    seed : whole number in [0, 2^63); the same seed gives the same draws, bit for bit, for any batch
        and number of workers
    checkpoint : folder that keeps every round; the same call goes on from it
    progress : called with rows played and budget
    batch, workers : rows of one call of the simulator, and how many threads call it
    engine : "emulator", the only one
    bars : of the checks, all or some

    Raises
    ------
    InputError
        Where an argument cannot be read as meant, or the simulator gives what it must not.
    """
    if engine != "emulator":
        raise InputError(f"engine is {engine!r}; it must be 'emulator'")
    priors, read = read_priors(prior), read_targets(targets)
    settings = Settings(
        read_budget(budget, priors.k), read_whole("seed", seed, 0, 2**63 - 1),
        read_whole("batch", batch, 1, 10**9), read_whole("workers", workers, 1, 1024),
        read_bars(bars),
    )  # fmt: skip
    simulator = Simulator(simulate, priors, read, settings.batch, settings.workers)
    kept = Checkpoint(checkpoint, _problem(priors, read, settings)) if checkpoint else None
    played = Played(simulator, settings, kept, progress)
    spare = min(REPLICATES, int(REPLICATE_SHARE * settings.budget))
    plan = make_plan(settings.budget - spare)
    outcome = play_rounds(priors, read, plan, played.round, settings.seed)
    return _finished(outcome, priors, read, settings, simulate, played, spare)


def read_budget(budget: Any, k: int) -> int:
    """The budget as a whole number, refused where it is too small for so many parameters."""
    least = max(LEAST_ROWS, LEAST_A_PARAMETER * k)
    return read_whole("budget", budget, least, 10**9, f" for {k} parameter(s)")


def read_whole(name: str, value: Any, low: int, high: int, why: str = "") -> int:
    """A whole number within its range, refused with its name otherwise."""
    allowed = f"{name} is {value!r}; it must be a whole number in [{low}, {high}]{why}"
    try:
        fine = not isinstance(value, bool) and math.isfinite(value) and int(value) == value
    except (TypeError, ValueError):
        raise InputError(allowed) from None
    if not fine or not low <= value <= high:
        raise InputError(allowed)
    return int(value)


def _problem(priors: Priors, targets: Targets, settings: Settings) -> dict[str, Any]:
    return {
        "prior": {law.name: law.record for law in priors.laws},
        "figures": [figure.record() for figure in targets.figures],
        "seed": settings.seed, "budget": settings.budget,
    }  # fmt: skip


class Played:
    """Rounds played or read back, with the count of rows that numbers them."""

    def __init__(
        self, simulator: Simulator, settings: Settings, kept: Checkpoint | None = None,
        progress: Progress | None = None, first: int = 0,
    ) -> None:  # fmt: skip
        """Nothing is played yet."""
        self.simulator, self.settings, self.kept = simulator, settings, kept
        self.progress, self.rows, self.told = progress, first, first
        self.seen: dict[str, int] = {}

    def round(self, index: int, z: Floats) -> Floats:
        """Figures of a round's rows, shape (n, m).

        Raises
        ------
        InputError
            Where no row defines a reported figure, or all of them together hardly ever.
        """
        figures = self.kept.read(index, z) if self.kept else None
        if figures is None:
            figures = self.simulator.rows(z, self.settings.seed, self.rows, self._tell)
            if self.kept:
                self.kept.write(index, z, figures)
        else:
            self._probe(index, z, figures)
            self._tell(len(z))
        self.rows += len(z)
        if index == 0:
            _check_defined(figures, self.simulator.targets)
        return figures

    def _tell(self, rows: int) -> None:
        self.told += rows
        if self.progress is not None:
            self.progress(self.told, self.settings.budget)

    def _probe(self, index: int, z: Floats, figures: Floats) -> None:
        """Play a few rows of a kept first round again: is it this simulator that gave them?"""
        if index != 0 or not self.simulator.seeded:
            return
        again = self.simulator.rows(z[:PROBED], self.settings.seed, self.rows)
        if not np.array_equal(again, figures[:PROBED], equal_nan=True):
            assert self.kept
            raise InputError(
                f"{self.kept.folder}: its rows are not what simulate gives for the same parameters "
                "and seeds; give an empty folder, or seed each row from its own seed alone"
            )


def _check_defined(figures: Floats, targets: Targets) -> None:
    defined = np.isfinite(figures)
    never = [n for j, n in enumerate(targets.names) if targets.used[j] and not defined[:, j].any()]
    if never:
        raise InputError(
            f"simulate gave no finite {', '.join(map(repr, never))} in any of {len(figures)} rows "
            "from the prior; a reported figure must be defined somewhere"
        )
    together = int(np.all(defined[:, targets.used], axis=1).sum())
    if together < 10:
        raise InputError(
            f"simulate defines all reported figures together in {together} of {len(figures)} rows "
            "from the prior; at least 10 are needed: a wider budget, another prior or fewer figures"
        )


def _finished(
    outcome: Outcome, priors: Priors, targets: Targets, settings: Settings,
    simulate: Callable[..., Any] | None, played: Played | None, spare: int,
) -> Fit:  # fmt: skip
    scores, weighted = outcome.blend.z, outcome.weighted
    replicates = np.empty((0, len(targets.names)))
    if played is not None and spare > 0:
        place = np.linspace(0, len(scores) - 1, spare).astype(int)
        replicates = played.round(REPLICATE_ROUND, scores[place])
    return Fit(
        priors, targets, scores, weighted.log_evidence, weighted.log_evidence_se, weighted.ess,
        outcome.blend.shift, outcome.blend.from_rows, outcome.bank, replicates, settings, simulate,
    )  # fmt: skip


def refit(earlier: Fit, targets: Any, leave_out: Sequence[str] | str, rows: int) -> Fit:
    """A fit of other reports from an earlier fit's rows (see `Fit.refit`)."""
    leave_out = [leave_out] if isinstance(leave_out, str) else list(leave_out)
    new = _changed(earlier.targets, targets).without(leave_out)
    rows = read_whole("rows", rows, 0, 10**9)
    if rows and earlier.simulate is None:
        raise InputError(f"rows is {rows}; a fit that was loaded without its simulator has 0")
    bank = Bank(list(earlier.bank.z), list(earlier.bank.s), list(earlier.bank.proposals))
    played = None
    if earlier.simulate is not None:
        settings = earlier.settings
        simulator = Simulator(
            earlier.simulate, earlier.priors, new, settings.batch, settings.workers
        )  # fmt: skip
        played = Played(simulator, settings, first=earlier.rows)
    plan = Plan((rows // 3, rows - rows // 3), (1.4, 1.2)) if rows else Plan((), ())

    def play(index: int, z: Floats) -> Floats:
        assert played
        return played.round(index + 1, z)

    outcome = play_rounds(earlier.priors, new, plan, play, earlier.settings.seed, bank)
    spare = len(earlier.replicates) or min(REPLICATES, bank.rows // 20)
    return _finished(
        outcome, earlier.priors, new, earlier.settings, earlier.simulate, played, spare
    )


def _changed(old: Targets, targets: Any) -> Targets:
    """An earlier fit's figures in their order, with other reports; the rest left out."""
    if targets is None:
        return old
    new = read_targets(targets)
    old.check_known(new.names)
    by_name = {figure.name: figure for figure in new.figures}
    figures = [by_name.get(name) for name in old.names]
    left = [f if f else g for f, g in zip(figures, old.figures, strict=True)]
    return read_targets(left).without([n for n in old.names if n not in by_name])

"""What is raced on: a calibration of the real shape whose truth is known.

Ten parameters that all episodes share, the episodes' own unknowns, and the 47 targets of the
shipped plan. A truth is drawn from the priors, one negotiation is played in each episode, and what
would be reported of it is what every competitor gets. Only truths count under which everything is
reported that was reported in fact.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from experiments.calibration.engine import Figure
from experiments.calibration.evaluation import stream
from experiments.calibration.likelihood import simulated
from experiments.calibration.plan import make_plan, read_plan
from experiments.calibration.plan_record import Plan
from experiments.calibration.reported import Target
from experiments.calibration.synthetic import synthetic_sets

Reals = NDArray[np.float64]

FREE = (
    "president.reservation_mean", "president.reservation_sd", "president.audience_cost",
    "ministry.reservation_mean", "ministry.concession_exponent", "ministry.confidence",
    "assembly.shift", "assembly.shock_sd", "talks.precision", "talks.walk_out_base",
)  # fmt: skip
SPREAD = ("agreed_change", "months", "rounds")  # told by mean, lowest and highest


def race_plan(seed: int) -> Plan:
    """The shipped episodes, unknowns and targets with ten free parameters."""
    shipped = read_plan("korea_2019")
    return make_plan(
        [episode.scenario for episode in shipped.episodes], dict.fromkeys(FREE, "prior"),
        shipped.known_on, name="race", seed=seed,
        unknown={free.key: free.law for e in shipped.episodes for free in e.unknown},
        settings={e.name: dict(e.settings) for e in shipped.episodes},
    )  # fmt: skip


@dataclass(frozen=True)
class Race:
    """truths : of the shared parameters as probabilities under the priors, shape (sets, k)
    sets : a set of targets for each truth
    """

    plan: Plan
    truths: Reals
    sets: list[tuple[Target, ...]]

    @classmethod
    def drawn(cls, sets: int, seed: int) -> "Race":
        """Truths from the priors with their reports."""
        plan = race_plan(seed)
        truths, reported = synthetic_sets(plan, sets, stream(seed, "race"))
        return cls(plan, truths[:, : len(plan.parameters)], reported)

    def asked(self, one: int, draws: int, negotiations: int) -> Plan:
        """The plan of one set."""
        seed = stream(self.plan.seed, "set", one) >> 1
        return replace(
            self.plan.with_targets(self.sets[one]), draws=draws, negotiations=negotiations,
            seed=seed,
        )  # fmt: skip


def played(plan: Plan, uniforms: Reals, seed: int) -> Reals:
    """One negotiation in each episode at draws of everything free, shape (draws, targets)."""
    theta, columns = plan.theta(uniforms), {}
    for episode in plan.episodes:
        found = simulated(plan, episode, theta, 1, seed=seed)
        columns |= {(episode.name, name): values[:, 0] for name, values in found.items()}
    return np.stack([columns[t.case, t.statistic] for t in plan.targets], axis=1)


def with_errors(plan: Plan, statistics: Reals, rng: np.random.Generator) -> Reals:
    """Reports of statistics, shape (draws, targets): by the laws that the kernels state."""
    told = np.empty_like(statistics)
    for j, target in enumerate(plan.targets):
        s = statistics[:, j]
        if target.kind == "flag":
            told[:, j] = np.where(rng.random(len(s)) < target.spread, 1.0 - s, s)
            continue
        noisy = s + target.spread * rng.standard_normal(len(s))
        told[:, j] = noisy > target.centre if target.kind == "bound" else noisy
    return told


def as_row(targets: tuple[Target, ...]) -> Reals:
    """A set of reports in the form of `with_errors`, shape (targets,)."""
    return np.array([float(t.low is not None) if t.kind == "bound" else t.centre for t in targets])


def bank(plan: Plan, rows: int, seed: int, batch: int = 8192) -> tuple[Reals, Reals]:
    """Prior draws under which all is reported: z (n, k) and statistics (n, targets), n < rows."""
    rng = np.random.default_rng(seed)
    kept: list[tuple[Reals, Reals]] = []
    for start in range(0, rows, batch):
        uniforms = rng.random((min(batch, rows - start), len(plan.free)))
        statistics = played(plan, uniforms, stream(seed, "bank", start))
        whole = ~np.isnan(statistics).any(axis=1)
        kept.append((uniforms[whole, : len(plan.parameters)], statistics[whole]))
    return np.concatenate([u for u, _ in kept]), np.concatenate([s for _, s in kept])


class Pooled:
    """Figures over all episodes: means, lowest and highest, shares. All but the bounds."""

    def __init__(self, targets: tuple[Target, ...]) -> None:
        """Group a set of reports by statistic."""
        self.groups: dict[str, list[int]] = {}
        for j, target in enumerate(targets):
            if target.kind != "bound":
                self.groups.setdefault(target.statistic, []).append(j)
        self.targets = targets

    def of(self, statistics: Reals) -> Reals:
        """Shape (draws, figures); NaN where one of the statistics is undefined."""
        columns: list[Reals] = []
        for name, group in self.groups.items():
            s = statistics[:, group]
            if self.targets[group[0]].kind == "flag":
                wrong = np.array([self.targets[j].spread for j in group])
                s = wrong + (1.0 - 2.0 * wrong) * s
            columns.append(np.mean(s, axis=1))
            if name in SPREAD:
                columns += [np.min(s, axis=1), np.max(s, axis=1)]
        found = np.stack(columns, axis=1)
        found[np.isnan(statistics).any(axis=1)] = np.nan
        return found

    def figures(self) -> list[Figure]:
        """The reported figures with their errors, Gaussian."""
        found: list[Figure] = []
        for name, group in self.groups.items():
            told = np.array([self.targets[j].centre for j in group])
            error = np.array([self.targets[j].spread for j in group])
            if self.targets[group[0]].kind == "flag":
                error = np.sqrt(error * (1.0 - error))
            mean_error = float(np.sqrt(np.sum(error**2))) / len(group)
            found.append(Figure(name, float(np.mean(told)), sd=mean_error))
            if name in SPREAD:
                one = float(np.mean(error))
                found.append(Figure(f"{name}, lowest", float(np.min(told)), sd=one))
                found.append(Figure(f"{name}, highest", float(np.max(told)), sd=one))
        return found

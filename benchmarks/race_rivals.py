"""The competitors: each gets the reports of a set and gives draws of the ten parameters."""

import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from benchmarks.race_problem import Pooled, Race, as_row, bank, played, with_errors
from benchmarks.race_scores import Posterior
from experiments.calibration.engine import fit
from experiments.calibration.ensemble import ensemble
from experiments.calibration.evaluation import Evaluator, stream
from experiments.calibration.fitting import calibrate
from experiments.calibration.likelihood import episodes_with
from experiments.calibration.search import even_negotiations
from experiments.calibration.unknowns import prior_law

Reals = NDArray[np.float64]
Posteriors = list[Posterior]

NEGOTIATIONS = 80  # of each draw in each episode, where a likelihood is estimated
WALKERS = 40


def importance(race: Race, draws: int) -> Posteriors:
    """`winset calibrate` itself, with few draws."""
    found: Posteriors = []
    for one in range(len(race.sets)):
        plan, start = race.asked(one, draws, NEGOTIATIONS), time.process_time()
        told = calibrate(plan, workers=1)
        k = len(plan.parameters)
        found.append(Posterior(
            told.uniforms[:, :k], told.weights, time.process_time() - start,
            draws * NEGOTIATIONS * len(plan.episodes), told.effective_size,
        ))  # fmt: skip
    return found


def walkers(race: Race, draws: int) -> Posteriors:
    """The sampler of the cross-check: as many estimates of the same likelihood."""
    found: Posteriors = []
    for one in range(len(race.sets)):
        plan, start = race.asked(one, draws, NEGOTIATIONS), time.process_time()
        evaluator = Evaluator(
            plan, episodes_with([plan.targets], plan), even_negotiations(plan),
            stream(plan.seed, "talks"), False, 1,
        )  # fmt: skip
        laws = [prior_law(len(episode.unknown)) for episode in plan.episodes]
        steps = max(draws // WALKERS - 9, 10)  # what the start costs is taken off
        chain = ensemble(evaluator, laws, WALKERS, steps, stream(plan.seed, "walk"))
        k, seconds = len(plan.parameters), time.process_time() - start
        flat = chain.uniforms[:, :, :k].reshape(-1, k)
        found.append(Posterior(
            flat, np.full(len(flat), 1.0 / len(flat)), seconds,
            chain.evaluations * NEGOTIATIONS * len(plan.episodes),
            float(np.mean(chain.effective_sizes[:k])),
        ))  # fmt: skip
    return found


def _from_seeds(seeds: NDArray[np.uint64], count: int) -> Reals:
    """Uniforms from the seed of each row alone (SplitMix64), shape (rows, count)."""
    with np.errstate(over="ignore"):
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        x = seeds[:, None] + steps
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype("f8") * 2.0**-53


def emulator(race: Race, rows: int) -> Posteriors:
    """The general engine on figures that are pooled over the episodes."""
    plan, found = race.plan, []
    k = len(plan.parameters)
    for one, targets in enumerate(race.sets):
        pooled, start = Pooled(targets), time.process_time()

        def simulate(u: Reals, seeds: NDArray[np.uint64], pooled: Pooled = pooled) -> Reals:
            rest = _from_seeds(seeds, len(plan.free) - k)
            return pooled.of(played(plan, np.hstack([u, rest]), stream(plan.seed, "engine")))

        told = fit(
            simulate, dict.fromkeys((free.name for free in plan.parameters), (0.0, 1.0)),
            pooled.figures(), rows, seed=one,
        )  # fmt: skip
        draws = told.parameters
        found.append(Posterior(
            draws, np.full(len(draws), 1.0 / len(draws)), time.process_time() - start,
            told.rows * len(plan.episodes), told.ess,
        ))  # fmt: skip
    return found


def rejection(race: Race, rows: int, *, pool: bool) -> Posteriors:
    """Rejection ABC, the closest draws adjusted by local linear regression.

    pool : on the pooled figures; else on all reports. Source: Beaumont, Zhang, Balding 2002,
    Genetics 162.
    """
    plan, start = race.plan, time.process_time()
    u, statistics = bank(plan, rows, stream(plan.seed, "bank"))
    z = ndtri(np.clip(u, 1e-9, 1.0 - 1e-9))
    rng = np.random.default_rng(stream(plan.seed, "errors"))
    told = with_errors(plan, statistics, rng)
    shared, found = (time.process_time() - start) / len(race.sets), []
    kept = max(len(z) // (20 if pool else 5), 200)  # more figures, more slopes to estimate
    for targets in race.sets:
        start, mine, at = time.process_time(), told, as_row(targets)
        if pool:
            pooled = Pooled(targets)
            mine = pooled.of(statistics)
            mine = mine + np.array([f.error for f in pooled.figures()]) * rng.standard_normal(
                mine.shape
            )
            at = np.array([f.centre for f in pooled.figures()])
        moved, weights = _adjusted(z, (mine - at) / np.maximum(mine.std(axis=0), 1e-9), kept)
        effective = 1.0 / float(np.sum(weights**2))
        found.append(Posterior(
            ndtr(moved), weights, shared + time.process_time() - start,
            rows * len(plan.episodes) / len(race.sets), effective,
        ))  # fmt: skip
    return found


def _adjusted(z: Reals, apart: Reals, kept: int) -> tuple[Reals, Reals]:
    """The closest draws moved along a local regression, with Epanechnikov weights."""
    distance = np.sqrt(np.sum(apart**2, axis=1))
    near = np.argsort(distance)[:kept]
    weights = np.maximum(1.0 - (distance[near] / distance[near][-1]) ** 2, 0.0)
    features = np.column_stack([np.ones(kept), apart[near]])
    scaled = features * weights[:, None]
    ridge = 1e-3 * np.eye(features.shape[1])
    slope = np.linalg.solve(features.T @ scaled + ridge, scaled.T @ z[near])
    return z[near] - apart[near] @ slope[1:], weights / weights.sum()


def neural(race: Race, rows: int, python: Path) -> Posteriors:
    """Neural posterior estimation by sbi, in an environment of its own, on all reports."""
    plan, start = race.plan, time.process_time()
    u, statistics = bank(plan, rows, stream(plan.seed, "bank"))
    told = with_errors(plan, statistics, np.random.default_rng(stream(plan.seed, "errors")))
    ours = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "asked.npz", Path(folder) / "answer.npz"
        at = np.stack([as_row(targets) for targets in race.sets])
        np.savez(asked, z=ndtri(np.clip(u, 1e-9, 1.0 - 1e-9)), x=told, at=at)
        program = Path(__file__).with_name("race_sbi.py")
        subprocess.run([str(python), "-I", str(program), str(asked), str(answer)], check=True)
        with np.load(answer) as file:
            draws, seconds = file["z"], float(file["seconds"])
    each, count = (ours + seconds) / len(race.sets), draws.shape[1]
    played_each = rows * len(plan.episodes) / len(race.sets)
    even = np.full(count, 1.0 / count)
    return [Posterior(ndtr(one), even, each, played_each, count) for one in draws]

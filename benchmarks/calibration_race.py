"""The race of ways to calibrate on synthetic episodes: `python -m benchmarks.calibration_race`.

    --full          the sets and budgets of the table in docs/calibration-race.md
    --sbi PYTHON    a Python that has sbi, to run neural posterior estimation as well
    --only NAME     one competitor; --keep FOLDER keeps the scores of each, and takes what is there

All get the same reports of the same truths, drawn from the priors, and are scored on ten parameters
as probabilities under their priors. Prints the table as Markdown.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import race_rivals as rivals
from benchmarks.race_problem import Race, played
from benchmarks.race_scores import Scores

SEED = 11
SHORT = {"sets": 6, "draws": 1600, "rows": 16_384, "engine": 4_000}
FULL = {"sets": 24, "draws": 4000, "rows": 131_072, "engine": 8_000}
NAMES = {
    "importance": "simulated likelihood, adaptive importance sampling (shipped)",
    "walkers": "simulated likelihood, ensemble MCMC (emcee)",
    "emulator": "emulator engine `fit` on pooled figures",
    "pooled": "rejection + regression on pooled figures",
    "reports": "rejection + regression on all 47 reports",
    "neural": "neural posterior estimation (sbi) on all 47 reports",
}
FIRST = "importance"
HEAD = (
    "method", "covers 50%", "covers 90%", "p uniform", "CRPS", "CRPS - shipped", "contraction",
    "CPU s", "negotiations", "effective draws",
)  # fmt: skip


def main(words: list[str]) -> int:
    """Race and print."""
    asked = _options(words)
    size = FULL if asked.full else SHORT
    race = Race.drawn(size["sets"], SEED)
    played(race.plan, np.full((8, len(race.plan.free)), 0.5), 0)  # compiled before the clock runs
    competitors: dict[str, Callable[[], rivals.Posteriors]] = {
        "importance": partial(rivals.importance, race, size["draws"]),
        "walkers": partial(rivals.walkers, race, size["draws"]),
        "emulator": partial(rivals.emulator, race, size["engine"]),
        "pooled": partial(rivals.rejection, race, size["rows"], pool=True),
        "reports": partial(rivals.rejection, race, size["rows"], pool=False),
    }
    if asked.sbi:
        competitors["neural"] = partial(rivals.neural, race, size["rows"], asked.sbi)
    found: dict[str, Scores] = {}
    for name, run in competitors.items():
        if asked.only and name not in asked.only:
            continue
        found[name] = _kept(asked.keep, f"{name}-{size['sets']}", run, race)
        print(f"{name}: done", file=sys.stderr, flush=True)
    print(table(found))
    return 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration_race")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--sbi", type=Path)
    parser.add_argument("--only", action="append", choices=list(NAMES))
    parser.add_argument("--keep", type=Path)
    return parser.parse_args(words)


def _kept(
    folder: Path | None, name: str, run: Callable[[], rivals.Posteriors], race: Race
) -> Scores:
    """Scores that an earlier call kept, or those of a run."""
    path = folder / f"{name}.npz" if folder else None
    if path and path.exists():
        with np.load(path) as file:
            return Scores(**{field.name: file[field.name] for field in fields(Scores)})
    scores = Scores.of(run(), race.truths)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{field.name: getattr(scores, field.name) for field in fields(Scores)})
    return scores


def table(found: dict[str, Scores]) -> str:
    """Markdown, one row a competitor."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    for name, s in found.items():
        half, most = s.covered(0.5), s.covered(0.9)
        apart = "-"
        if name != FIRST and FIRST in found:
            apart = "{:+.4f} ± {:.4f}".format(*s.worse_than(found[FIRST]))
        cells = [
            NAMES[name], "{:.3f} ({:.3f}-{:.3f})".format(*half),
            "{:.3f} ({:.3f}-{:.3f})".format(*most), f"{s.uniform_p:.3g}",
            f"{s.crps.mean():.4f}", apart, f"{s.contraction.mean():.2f}",
            f"{s.seconds.mean():.1f}", f"{s.negotiations.mean():,.0f}",
            f"{s.effective.mean():,.0f}",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    some = next(iter(found.values())).ranks
    lines += ["", f"{len(some)} sets of reports, {some.shape[1]} parameters: n = {some.size}."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

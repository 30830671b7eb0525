"""What a study cannot be: numbers out of range, parts that contradict each other, too large."""

import re

from experiments.events import EVENTS
from experiments.study import (
    DESIGNS,
    DRAWS,
    EXPIRY,
    GRID,
    MOST_ROUNDS,
    ROUNDS,
    ROUNDS_AFTER_EXPIRY,
    SAMPLED,
    Study,
)
from sim.case_file import NAME

MAX_POINTS = 200_000
MAX_NEGOTIATIONS = 10**12
MAX_BY_DRAW = 4_000_000  # counts that a posterior keeps of an event: some 350 MB of all of them
MAX_REPLICATES = 2**32 - 1


def wrong_alone(study: Study, draws: str) -> list[str]:
    """What is wrong with single parts of a study, a line each."""
    found = []
    if re.fullmatch(NAME, study.name) is None:
        found.append(f"name is {study.name!r}; it must be letters, digits, _ . - (at most 64)")
    if study.design not in DESIGNS:
        found.append(f"design is {study.design!r}; it must be one of {', '.join(DESIGNS)}")
    if draws not in DRAWS:
        found.append(f"draws is {draws!r}; it must be one of {', '.join(DRAWS)}")
    if study.outcome not in EVENTS:
        found.append(f"outcome is {study.outcome!r}; it must be one of {', '.join(EVENTS)}")
    return found + _wrong_numbers(study)


def _wrong_numbers(study: Study) -> list[str]:
    found = []
    whole = {
        "replicates": (study.replicates, 1, MAX_REPLICATES),
        "seed": (study.seed, 0, 2**64 - 1),
        "size": (study.size, 2 if study.design in SAMPLED or study.uncertain else 0, MAX_POINTS),
    }
    for name, (value, low, high) in whole.items():
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            found.append(f"{name} is {value!r}; it must be a whole number in [{low}, {high}]")
    asked = study.precision
    number = isinstance(asked, int | float) and not isinstance(asked, bool)
    if asked is not None and not (number and 0.0005 <= asked <= 0.25):
        found.append(f"precision is {asked!r}; it must be a number in [0.0005, 0.25]")
    return found


def wrong_together(study: Study) -> list[str]:
    """Parts that contradict each other, or a study that is too large."""
    found = []
    names = [variant.name for variant in study.variants]
    for name in sorted({name for name in names if names.count(name) > 1}):
        found.append(f"variant {name!r} stands twice; names must differ")
    for variant in study.variants:
        for name in sorted({*variant.settings} & {*study.parameters}):
            found.append(f"{name} varies; variant {variant.name!r} cannot set it")
    for name in sorted({*study.settings} & {*study.parameters}):
        found.append(f"{name} varies; it cannot also be set")
    levels = [len(factor.levels) for factor in study.factors]
    lattice = study.design == GRID and len(levels) == 2 and min(levels) >= 2
    if study.refine and (not lattice or len(names) > 1):
        found.append(
            "refine needs a grid of exactly two parameters, of two levels or more, and no variants"
        )
    if study.refine and not study.common:
        found.append(
            'refine needs draws = "common": with draws of their own, neighbours of the grid lie on '
            "both sides of 1/2 by chance, and the line falls to pieces"
        )
    if study.refine and study.precision is not None:
        found.append("refine and precision exclude each other: give replicates")
    if study.design != GRID and not study.factors:
        found.append(f"a design of kind {study.design!r} needs at least one parameter that varies")
    if study.design == GRID and not study.uncertain and study.size:
        found.append(f"size is {study.size}; a grid of levels has none: it goes with ranges")
    if study.posterior is not None:
        found += _wrong_under_posterior(study)
    if study.points > MAX_POINTS:
        found.append(f"{study.points:,} design points; at most {MAX_POINTS:,} can be laid out")
    elif study.points * study.replicates > MAX_NEGOTIATIONS:
        found.append(
            f"{study.points:,} design points x {study.replicates:,} replicates is more than the "
            f"{MAX_NEGOTIATIONS:,} negotiations of one study"
        )
    return found


def _wrong_under_posterior(study: Study) -> list[str]:
    """What a study that a posterior's draws are split among cannot be."""
    posterior, found = study.posterior, []
    assert posterior is not None
    if study.design != GRID or study.uncertain:
        what = "that draws priors" if study.design == GRID else f"of kind {study.design!r}"
        found.append(
            f"a posterior needs a grid of levels, or the case alone, not a design {what}: the "
            "draws of the posterior take the place of priors and ranges"
        )
    for name, asked in (("precision", study.precision is not None), ("refine", study.refine)):
        if asked:
            found.append(f"{name} and a posterior exclude each other: give replicates")
    if study.replicates % len(posterior):
        found.append(
            f"replicates is {study.replicates}; under a posterior it must be a multiple of its "
            f"{len(posterior)} draws"
        )
    if study.points * len(posterior) > MAX_BY_DRAW:
        found.append(
            f"{study.points:,} design points x {len(posterior)} draws of a posterior; at most "
            f"{MAX_BY_DRAW:,} can be counted draw by draw: give fewer levels or draws"
        )
    if ROUNDS in study.drawn:
        levels = [v.settings.get(EXPIRY, study.central(EXPIRY)) for v in study.variants]
        if EXPIRY in study.parameters:
            levels = list(study.factor(EXPIRY).levels)
        column = posterior.parameters.index(ROUNDS_AFTER_EXPIRY)
        most = max(levels) + max(row[column] for row in posterior.draws)
        if most > MOST_ROUNDS:
            found.append(
                f"talks.expiry_round and {ROUNDS_AFTER_EXPIRY} make {most:g} rounds; it must be "
                f"at most {MOST_ROUNDS}"
            )
    return found

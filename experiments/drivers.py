"""What the outcome of a sampled study hangs on: sensitivity indices, as a table and in words."""

import pandas as pd

from experiments.design import sampled_part
from experiments.estimates import happened
from experiments.events import EVENTS
from experiments.run import Run
from experiments.sensitivity import analyse
from experiments.study import GRID, Study
from sim.errors import InputError

LEADING = {"saltelli": "first_order", "morris": "mu_star", "latin_hypercube": "pawn",
           "sobol": "pawn"}  # fmt: skip
TOLD = 3  # parameters that the sentence names


def check_sensitivity(study: Study) -> None:
    """Make sure that indices can be told of a study.

    Raises
    ------
    InputError
        Where it is a grid, has variants, or design points share their draws.
    """
    if study.design == GRID or len(study.variants) > 1:
        raise InputError(
            "sensitivity needs a sampled design without variants: saltelli, morris, "
            f"latin_hypercube or sobol; this study has {study.design} and {len(study.variants)} "
            "variants"
        )
    if study.common:
        raise InputError(
            'sensitivity needs draws = "independent": on shared draws the noise of neighbours is '
            "alike and cannot be taken out"
        )


def sensitivity_of(run: Run) -> pd.DataFrame:
    """Indices of every parameter of a study that was sampled; see `experiments.sensitivity`.

    Raises
    ------
    InputError
        As `check_sensitivity`, and where replicates are too few.
    """
    study = run.study
    check_sensitivity(study)
    return analyse(
        sampled_part(study), happened(run.counts, study.outcome), run.counts["n"].to_numpy(),
        seed=study.seed, common=study.common,
    )  # fmt: skip


def in_sentences(study: Study, indices: pd.DataFrame) -> list[str]:
    """Which parameters lead, by the index of the study's method, with intervals and n."""
    leading = indices[indices["index"] == LEADING[study.design]]
    leading = pd.DataFrame(leading).sort_values("value", ascending=False)
    row = leading.iloc[0]
    names = ", ".join(
        f"{one['parameter']} {one['value']:.2f} [{one['low']:.2f}, {one['high']:.2f}]"
        for one in leading.head(TOLD).to_dict("records")
    )
    what = {
        "first_order": "explains most of its variance alone (Sobol's first-order index)",
        "mu_star": "moves it most from end to end of its range (Morris's mu*)",
        "pawn": "shifts its distribution most when known (PAWN)",
    }[LEADING[study.design]]
    return [
        f"Of {len(leading)} parameters, {leading.iloc[0]['parameter']} {what}: {names} "
        f"({EVENTS[study.outcome].words} over {int(row['points']):,} settings, "
        f"n = {int(row['replicates']):,} each; brackets: 95%, resampled)."
    ]

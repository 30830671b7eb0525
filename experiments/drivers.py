"""What the outcome of a sampled study hangs on: sensitivity indices, and the region of breakdown.

Both are found where a study names the figure that shows them.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import pandas as pd

from experiments.design import sampled_part
from experiments.discovery import Region, discover
from experiments.estimates import happened
from experiments.events import EVENTS
from experiments.run import Run
from experiments.sensitivity import LEAST_REPLICATES, analyse
from experiments.study import GRID, Study
from sim.errors import InputError

LEADING = {"saltelli": "first_order", "morris": "mu_star", "latin_hypercube": "pawn",
           "sobol": "pawn"}  # fmt: skip
TOLD = 3  # parameters that the sentence names


@dataclass(frozen=True)
class Findings:
    """What was found of a run; None where its study does not ask.

    indices : of `experiments.sensitivity.analyse`; region : of `experiments.discovery.discover`
    """

    indices: pd.DataFrame | None = None
    region: Region | None = None

    def sentences(self, study: Study) -> list[str]:
        """What was found, in words with intervals and n."""
        lines = [] if self.indices is None else [leading_parameters(study, self.indices)]
        if self.region is not None:
            event = "talks break down" if study.outcome == "breakdown" else (
                EVENTS[study.outcome].words
            )  # fmt: skip
            lines.append(self.region.sentence(event))
        return lines


def findings_of(run: Run) -> Findings:
    """What the figures of a study ask for.

    Raises
    ------
    InputError
        As `sensitivity_of` and `region_of`.
    """
    asked = run.study.figures
    return Findings(
        sensitivity_of(run) if "sensitivity" in asked else None,
        region_of(run) if "discovery" in asked else None,
    )


def region_of(run: Run) -> Region:
    """The region of the parameters in which the outcome is likely.

    Raises
    ------
    InputError
        Where the study is a grid or has variants; and as `experiments.discovery.discover`.
    """
    study = run.study
    check_discovery(study)
    table = pd.DataFrame(run.design.table[list(study.parameters)])
    n = run.counts["n"].to_numpy()
    return discover(table, happened(run.counts, study.outcome), n, seed=study.seed)


def check_discovery(study: Study) -> None:
    """Make sure that a region can be told of a study.

    Raises
    ------
    InputError
        Where it is no space-filling design of its parameters, has variants, or the extra
        `discovery` is not installed.
    """
    if study.design not in ("latin_hypercube", "sobol") or len(study.variants) > 1:
        raise InputError(
            "discovery needs a latin_hypercube or sobol design without variants; this study has "
            f"{study.design} and {len(study.variants)} variants"
        )
    if find_spec("ema_workbench") is None:
        raise InputError(
            "scenario discovery needs the EMA Workbench: pip install 'winset[discovery]'"
        )


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
    if study.replicates < LEAST_REPLICATES:
        raise InputError(
            f"sensitivity needs at least {LEAST_REPLICATES} replicates a design point, not "
            f"{study.replicates}: of fewer the noise cannot be told from the effect"
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


def leading_parameters(study: Study, indices: pd.DataFrame) -> str:
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
    return (
        f"Of {len(leading)} parameters, {leading.iloc[0]['parameter']} {what}: {names} "
        f"({EVENTS[study.outcome].words} over {int(row['points']):,} settings, "
        f"n = {int(row['replicates']):,} each; brackets: 95%, resampled)."
    )

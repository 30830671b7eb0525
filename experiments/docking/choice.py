"""Sections G and H: quantal response and precedent."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from experiments.docking.limits import (
    FINAL_DEMAND,
    INF,
    NORMAL_TYPES,
    SEOUL_OFFERS,
    certain_types,
)
from experiments.docking.play import broke_down, chance, ended_by, formula
from experiments.docking.row import Row
from sim.rules.ratification import yes_probability
from sim.rules.responding import acceptance_probability
from sim.terms import Ending
from sim.theory.precedent import (
    chain_store_path,
    no_zone_probability,
    precedent_reservation,
    precedent_weight,
)
from sim.theory.quantal_response import (
    Decision,
    logit_choice,
    logit_mean,
    path_probabilities,
    quantal_responses,
    ultimatum_rejection,
)

LOGIT = "McKelvey, Palfrey 1995, Games and Economic Behavior 10; 1998, Experimental Economics 1"
SIGNORINO = "Signorino 1999, American Political Science Review 93"
CHAIN_STORE = "Kreps, Wilson 1982, J. Economic Theory 27; Walter 2006, AJPS 50"
UTILITIES = (0.30, 0.25, 0.10)
Reals = NDArray[np.float64]


def _logit_rows() -> list[Row]:
    rows = [
        formula(
            f"G1.precision={precision:g}", "precision moves choice from chance to the best option",
            LOGIT, lambda p=precision: tuple(logit_choice(UTILITIES, p).tolist()), printed,
        )
        for precision, printed in (
            (0.0, (0.333333, 0.333333, 0.333333)), (1.0, (0.361016, 0.343409, 0.295575)),
            (10.0, (0.574097, 0.348207, 0.077696)), (INF, (1.0, 0.0, 0.0)),
        )
    ]  # fmt: skip
    rows += [
        formula(
            f"G1.rule.precision={precision:g}", "the rule of acceptance is the logit choice of two",
            LOGIT, lambda p=precision: float(acceptance_probability(0.05, p)),
            float(logit_choice((0.30, 0.25), precision)[0]), 1e-12, engine="rules",
        )
        for precision in (1.0, 10.0, 100.0)
    ]  # fmt: skip
    rows.append(
        formula(
            "G1.rule.member", "so is a member's vote", LOGIT,
            lambda: float(yes_probability(1.30, 1.25, 12.0)),
            float(logit_choice((0.30, 0.25), 12.0)[0]), 1e-12, engine="rules",
        )
    )  # fmt: skip
    return [*rows, *_president_rows(), *_team_rows()]


def _president_rows() -> list[Row]:
    """The team misreads the president by a known amount; Seoul offers what it asks for."""
    rows = []
    for precision, bias in ((0.0, 0.05), (20.0, 0.05), (60.0, 0.05), (60.0, -0.05), (INF, 0.05)):
        settings = {
            **SEOUL_OFFERS,
            **certain_types(1.1, 5.0),
            "negotiators.mandate_bias": bias,
            "president.precision": precision,
            "president.returns_after_veto": 0.0,
        }
        law = 1.0 if math.isinf(precision) else float(expit(precision * bias))
        rows.append(
            chance(
                f"G1.veto.precision={precision:g}.bias={bias:g}", "the president vetoes by quantal "
                "response what is short of his threshold by his team's bias", LOGIT, settings,
                ended_by(Ending.EXECUTIVE_VETO), law,
            )
        )  # fmt: skip
    return rows


def _team_rows() -> list[Row]:
    """Seoul's team answers one final demand of a known gain."""
    rows = []
    for precision, gain in ((8.0, 0.1), (25.0, 0.1), (25.0, -0.1), (80.0, 0.02)):
        settings = {
            **FINAL_DEMAND,
            **certain_types(20.0, 1.25),
            "president.demand": 1.25 - gain,
            "talks.precision": precision,
        }
        rows.append(
            chance(
                f"G1.answer.precision={precision:g}.gain={gain:g}", "a team accepts by quantal "
                "response to its gain", LOGIT, settings, broke_down,
                float(expit(-precision * gain)),
            )
        )  # fmt: skip
    return rows


def _hump(share: Reals) -> Reals:
    return share * (1.0 - share)


def _square(share: Reals) -> Reals:
    return share * share


def _grid_rows() -> list[Row]:
    rows = [
        formula(
            f"G2.options={options or 'continuum'}", "a grid of options moves the mean of the square"
            " of a share chosen by logit", LOGIT,
            lambda options=options: logit_mean(_square, _hump, 20.0, options), printed, 1e-6,
        )
        for options, printed in (
            (None, 0.274574), (5, 0.274740), (11, 0.274615), (21, 0.274586), (101, 0.274575)
        )
    ]  # fmt: skip
    rows.append(
        formula(
            "G2.buses", "a second copy of an option moves a half to a third", "Debreu 1960, AER 50",
            lambda: float(logit_choice((1.0, 1.0, 1.0), 5.0)[0]), 1 / 3, 1e-12,
        )
    )  # fmt: skip
    return rows


FIRM = [[-1.0, 1.0], [0.0, 0.5]]


def _collision(precision: float) -> float:
    points = quantal_responses(FIRM, np.transpose(FIRM).tolist(), precision)
    alike = min(points, key=lambda point: abs(point[0] - point[1]))
    return alike[0] * alike[1]


def _game_rows() -> list[Row]:
    pennies = ([[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    rows = [
        formula(
            f"G3.pennies.precision={precision:g}", "quantal response equilibrium of matching "
            "pennies with a favoured action", LOGIT,
            lambda p=precision: tuple(quantal_responses(*pennies, p)[0]), printed, kind="B",
        )
        for precision, printed in (
            (0.5, (0.830671, 0.418077)), (1.0, (0.893576, 0.312780)), (3.0, (0.795384, 0.145256)),
            (10.0, (0.607481, 0.104367)),
        )
    ]  # fmt: skip
    rows += [
        formula(
            f"G3.chicken.precision={precision:g}", "both stand firm in chicken", LOGIT,
            lambda p=precision: _collision(p), printed, kind="B",
        )
        for precision, printed in (
            (0.5, 0.224396), (1.0, 0.206694), (2.0, 0.183912), (5.0, 0.153591), (20.0, 0.124935)
        )
    ]  # fmt: skip
    rows += [
        formula(
            f"G4.precision={precision:g}", "an ultimatum over 21 divisions is refused", LOGIT,
            lambda p=precision: ultimatum_rejection(p), printed,
        )
        for precision, printed in (
            (0.0, 0.5), (2.0, 0.317141), (5.0, 0.215077), (10.0, 0.129812), (20.0, 0.060270),
            (50.0, 0.026022), (200.0, 0.000045),
        )
    ]  # fmt: skip
    return [*rows, *_crisis_rows()]


def _crisis(loss: float) -> Decision:
    """US demands or not; Seoul accepts or resists; the US walks out or backs down."""
    last = Decision(0, {"walk out": (-0.5, -0.8), "back down": (-0.2, 0.2)})
    answer = Decision(1, {"accept": (1.0, -loss), "resist": last})
    return Decision(0, {"status quo": (0.0, 0.0), "demand": answer})


def _walk_out(loss: float) -> float:
    return path_probabilities(_crisis(loss), 3.0)["demand", "resist", "walk out"]


def _crisis_rows() -> list[Row]:
    losses = (0.1, 0.3, 0.6, 1.0, 2.0)
    return [
        formula(
            "G5.paths", "everybody errs in a crisis and expects the others to: status quo, accept, "
            "walk out, back down", SIGNORINO,
            lambda: tuple(path_probabilities(_crisis(0.6), 1.0).values()),
            (0.446873, 0.225382, 0.139475, 0.188271),
        ),
        formula(
            "G5.hump", "walk-outs first rise, then fall, in what Seoul loses by accepting",
            SIGNORINO, lambda: tuple(_walk_out(loss) for loss in losses),
            (0.1085, 0.1166, 0.1085, 0.0947, 0.0864), 5.1e-5,
        ),
    ]  # fmt: skip


def _precedent_rows() -> list[Row]:
    rows = [
        formula(
            f"H1.challenge.p={prior:g}", "how often four partners challenge a weak incumbent, stage"
            " by stage", CHAIN_STORE,
            lambda p=prior: tuple(chain_store_path(p, 4, 0.5, 2.0).challenge.tolist()), printed,
        )
        for prior, printed in (
            (0.1, (0.0, 1.0, 0.833333, 0.972222)), (0.3, (0.0, 0.0, 0.0, 1.0)),
            (0.05, (1.0, 0.815789, 0.960526, 0.980263)),
        )
    ]  # fmt: skip
    return [*rows, *_weight_rows()]


def _weight_rows() -> list[Row]:
    weight = precedent_weight([1.9, 1.1, 4.0], [0.3, 0.15, 0.1], 0.9)
    law = no_zone_probability(1.10, 0.10, 1.25, 0.10, weight, 1.5)
    settings = {
        **NORMAL_TYPES, "president.demand": 8.0, "precedent.weight": weight,
        "precedent.others_payment": 1.5,
    }  # fmt: skip
    return [
        formula(
            "H1.fight.p=.1", "how often it resists", CHAIN_STORE,
            lambda: tuple(chain_store_path(0.1, 4, 0.5, 2.0).fight.tolist()),
            (0.0, 0.333333, 0.055556, 0.0),
        ),
        formula(
            "H2.weight", "the weight of the partners next in line", CHAIN_STORE, lambda: weight,
            0.93825, 1e-9,
        ),
        formula(
            "H2.reservation", "raises what the US must get", CHAIN_STORE,
            lambda: precedent_reservation(1.10, weight, 1.5), 1.293628,
        ),
        formula(
            "H2.form", "and empties the zone of agreement", CHAIN_STORE, lambda: law, 0.6509,
            5.1e-5,
        ),
        chance(
            "H2.talks", "talks with partners who watch break down as often as the zone is empty",
            CHAIN_STORE, settings, broke_down, law,
        ),
        formula(
            "H3.front-loaded", "resistance falls from stage to stage; before the last partner there"
            " is less than before the first (sign)", CHAIN_STORE, _front_loaded, 0.0, kind="S",
        ),
    ]  # fmt: skip


def _front_loaded() -> tuple[float, ...]:
    resistance = chain_store_path(0.1, 4, 0.5, 2.0).resistance
    return (float(resistance[0] - resistance[-1]), float(np.diff(resistance).max() <= 1e-12))


def rows() -> list[Row]:
    """The rows of sections G and H."""
    return [*_logit_rows(), *_grid_rows(), *_game_rows(), *_precedent_rows()]

"""One negotiation, two engines: Mesa agents and the compiled kernel give the same bits.

Settings are made at random over nearly the whole table of parameters, their extremes included; the
record of every negotiation is compared byte for byte.
"""

import dataclasses
import hashlib
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim import PARAMETERS, Ending, Policy, Scenario, negotiate, read_scenario
from sim.case import Party
from sim.design_points import BLOC
from sim.kernel import LANES
from sim.terms import Family, Protocol

INF = math.inf
CENTRAL = int(os.environ.get("WINSET_IDENTITY_N", "20000"))  # negotiations of the central case
BATCHES = 8

share = st.floats(0.0, 1.0)
switch = st.sampled_from([0.0, 1.0])
family = st.sampled_from([float(law) for law in Family])


def mostly(usual: st.SearchStrategy[float], *edges: float) -> st.SearchStrategy[float]:
    """A number, or one of the values at which a mechanism changes its kind."""
    return usual | st.sampled_from(list(edges))


precision = mostly(st.floats(1.0, 200.0), 0.0, INF)
spread = mostly(st.floats(0.0, 0.3), 0.0)
exponent = mostly(st.floats(0.2, 5.0), 0.01, 100.0)
round_count = st.integers(0, 15).map(float)
worth = st.floats(-0.3, 0.6)

ORDINARY: dict[str, st.SearchStrategy[float]] = {
    "president.demand": mostly(st.floats(0.6, 9.0), 0.0, 1.0, 50.0),
    "president.reservation_family": family,
    "president.reservation_mean": st.floats(0.7, 1.5),
    "president.reservation_sd": spread,
    "president.audience_cost": mostly(st.floats(0.0, 0.5), 0.0, 1e6),
    "president.category_audience_cost": mostly(st.floats(0.0, 0.6), 0.0),
    "president.category_insistence": mostly(share, 0.0, 1.0),
    "president.precision": precision,
    "president.returns_after_veto": mostly(share, 0.0, 1.0),
    "negotiators.mandate_noise": spread,
    "negotiators.mandate_bias": st.floats(-0.1, 0.2),
    "negotiators.concession_exponent": exponent,
    "negotiators.ambition": mostly(share, 0.0, 1.0),
    "negotiators.patience": mostly(st.floats(0.5, 1.0), 0.0, 1.0),
    "negotiators.belief_sd": spread,
    "ministry.reservation_family": family,
    "ministry.reservation_mean": st.floats(0.9, 1.7),
    "ministry.reservation_sd": spread,
    "ministry.opening_offer": mostly(st.floats(0.5, 1.3), 0.0, 3.0),
    "ministry.audience_cost": mostly(st.floats(0.0, 0.5), 0.0),
    "ministry.concession_exponent": exponent,
    "ministry.ambition": mostly(share, 0.0, 1.0),
    "ministry.patience": mostly(st.floats(0.5, 1.0), 0.0, 1.0),
    "ministry.belief_sd": spread,
    "assembly.consent_required": st.sampled_from([0.0, 1.0, 1.0]),
    "assembly.shift": st.floats(-0.2, 0.4),
    "assembly.returns_after_refusal": mostly(share, 0.0, 1.0),
    "public.backlash_weight": mostly(st.floats(0.0, 0.4), 0.0),
    "public.backlash_scale": st.floats(0.05, 10.0),
    "public.backlash_speed": mostly(share, 0.0, 1.0),
    "public.walk_out_jump": mostly(share, 0.0, 1.0),
    "public.anticipation": mostly(share, 0.0, 1.0),
    "talks.rounds": st.integers(1, 14).map(float),
    "talks.expiry_round": round_count,
    "talks.lapse_cost": mostly(st.floats(0.0, 0.1), 0.0),
    "talks.precision": precision,
    "talks.offer_noise": mostly(st.floats(0.0, 0.1), 0.0),
    "talks.learning": switch,
    "talks.walk_out_base": mostly(st.floats(-8.0, 0.0), -INF),
    "talks.walk_out_gap": st.floats(0.0, 2.0),
    "talks.walk_out_movement": st.floats(0.0, 2.0),
    "talks.returns_after_walk_out": mostly(share, 0.0, 1.0),
    "talks.first_mover": switch,
    "talks.final_counteroffer": switch,
    "talks.split": mostly(share, 0.0, 1.0),
    "package.framework_cap": mostly(st.floats(0.5, 2.5), 0.01, INF),
    "package.category_value": mostly(st.floats(0.0, 0.6), 0.0),
    "package.category_cost": mostly(st.floats(0.0, 0.6), 0.0),
    "package.duration_value": worth,
    "package.duration_gain": worth,
    "package.escalator_value": worth,
    "package.escalator_cost": worth,
    "package.duration_max": st.sampled_from([1.0, 6.0]),
    "package.escalator_max": st.sampled_from([0.0, 0.061]),
    "package.usual_duration": st.sampled_from([1.0, 5.0]),
    "package.usual_escalator": st.sampled_from([0.0, 0.04]),
    "turnover.round": round_count,
    "turnover.probability": mostly(share, 0.0, 1.0),
    "turnover.expected_probability": mostly(share, 0.0),
    "turnover.reservation_mean": st.floats(0.7, 1.4),
    "turnover.reservation_sd": spread,
    "turnover.new_demand": st.floats(0.8, 6.0),
    "precedent.weight": mostly(st.floats(0.0, 2.0), 0.0),
    "precedent.others_payment": st.floats(0.8, 2.0),
    "security.deadline_round": round_count,
    "security.threat_probability": mostly(share, 0.0, 1.0),
    "security.threat_cost": mostly(st.floats(0.0, 0.1), 0.0),
    "security.threat_willingness": mostly(st.floats(0.0, 0.2), 0.0),
}

# The ministry's limit takes a while for each new Assembly, so that few of these are made.
MOODS = [
    {"assembly.precision": p, "assembly.shock_sd": sd, "ministry.reading_noise": noise,
     "ministry.confidence": confidence}
    for p, sd, noise, confidence in (
        (12.0, 0.06, INF, 0.8),
        (12.0, 0.06, 0.0, 0.8),
        (12.0, 0.06, 0.05, 0.8),
        (12.0, 0.0, INF, 0.6),
        (INF, 0.06, 0.05, 0.95),
        (INF, 0.0, 0.0, 0.8),
        (0.0, 0.06, INF, 0.3),
    )
]  # fmt: skip
ASSEMBLIES = {
    "of the case": None,
    "one bloc": [(295, 0.8, 1.3, 0.5)],
    "vacant seats and odd blocs": [
        (23, 0.0, 1.3, 0.5),
        (151, 1.0, 1.25, 0.0),
        (0, 0.5, 1.0, 0.5),
        (120, 0.55, 1.4, 1.0),
        (1, 0.0, 1.1, 0.3),
    ],
    "hardly ever a quorum": [(100, 0.5, 1.5, 0.2), (195, 0.5, 1.2, 0.4)],
}


@cache
def case_with(assembly: str) -> Scenario:
    scenario, rows = read_scenario("korea_2019"), ASSEMBLIES[assembly]
    if rows is None:
        return scenario
    parties = tuple(Party(f"bloc {index}", "other") for index in range(len(rows)))
    return dataclasses.replace(scenario, blocs=np.array(rows, BLOC), members=295, parties=parties)


@st.composite
def settings_of_talks(draw: st.DrawFn) -> tuple[str, dict[str, float]]:
    """The name of an Assembly and a value for every parameter."""
    values = {name: draw(strategy) for name, strategy in ORDINARY.items()}
    values |= draw(st.sampled_from(MOODS))
    any_policy = st.sampled_from([Policy.HEURISTIC] * 3 + list(Policy))
    values["negotiators.policy"] = float(draw(any_policy))
    values["ministry.policy"] = float(draw(any_policy))
    values["talks.protocol"] = float(draw(st.sampled_from([0, 0, 0, 1])))
    if Policy.CHATTERJEE_SAMUELSON in (values["negotiators.policy"], values["ministry.policy"]):
        common = {
            "reservation_family": float(Family.UNIFORM),
            "reservation_mean": draw(st.floats(0.8, 1.5)),
            "reservation_sd": draw(st.floats(0.01, 0.4)),
        }
        for side in ("president", "ministry"):
            values |= {f"{side}.{name}": value for name, value in common.items()}
    return draw(st.sampled_from(list(ASSEMBLIES))), values


def both_engines(assembly: str, values: dict[str, float], replicates: range, **draws) -> None:
    """The kernel plays more than its lanes hold, the agents some of them."""
    points = case_with(assembly).points(values)
    kernel = negotiate(points, LANES + 9, **draws)[0]
    for replicate in replicates:
        agents = negotiate(points, 1, engine="mesa", first_replicate=replicate, **draws)[0]
        assert agents.tobytes() == kernel[replicate].tobytes(), (agents, kernel[replicate])


def test_settings_are_made_for_the_whole_table_of_parameters():
    made = {*ORDINARY, *MOODS[0], "negotiators.policy", "ministry.policy", "talks.protocol"}
    assert made == {row.name for row in PARAMETERS}


@settings(max_examples=400)
@given(settings_of_talks(), st.integers(0, 2**64 - 1))
def test_agents_and_kernel_play_the_same_talks_in_any_setting(setting, seed):
    both_engines(*setting, range(1, LANES + 9, 11), seed=seed, common=False)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_agents_and_kernel_play_the_same_talks_in_the_central_case(scenario, batch):
    demands = [1.1, 2.0, 5000 / 896, 8.0]
    points = scenario.points({"demand": demands})
    replicates = max(1, CENTRAL // BATCHES // len(demands))
    block = {"seed": 2019, "first_replicate": batch * replicates}
    agents = negotiate(points, replicates, engine="mesa", **block)
    assert agents.tobytes() == negotiate(points, replicates, **block).tobytes()


# Settings that between them reach every branch of both engines, with the compiler switched off too.

SOFT = {
    "president.precision": INF,
    "talks.precision": INF,
    "negotiators.mandate_bias": 0.0,
    "negotiators.mandate_noise": 0.0,
}
UNIFORM_TYPES = {
    f"{side}.reservation_{name}": value
    for side in ("president", "ministry")
    for name, value in (("family", 2.0), ("mean", 1.2), ("sd", 0.2))
}
BRANCHES = {
    "the case": {},
    "a small demand": {"president.demand": 1.05},
    "Seoul first": {"talks.first_mover": 1.0, "president.demand": 1.5},
    "no final counter-offer": {
        "talks.final_counteroffer": 0.0, "talks.rounds": 2.0, "president.demand": 1.2,
    },
    "Seoul first, no final counter-offer": {
        "talks.first_mover": 1.0, "talks.final_counteroffer": 0.0, "talks.rounds": 2.0,
        "president.demand": 1.2,
    },
    "single demands": {
        "negotiators.policy": 1.0, "ministry.policy": 1.0, "talks.rounds": 3.0,
    },
    "single demands against a uniform unknown": {
        "negotiators.policy": 1.0, "ministry.policy": 1.0, "talks.rounds": 2.0,
        "president.reservation_family": 2.0, "ministry.reservation_family": 2.0,
    },
    "backward induction": {**SOFT, "negotiators.policy": 2.0, "ministry.policy": 2.0},
    "backward induction, Seoul first": {
        **SOFT, "negotiators.policy": 2.0, "ministry.policy": 2.0, "talks.first_mover": 1.0,
        "talks.rounds": 2.0, "president.demand": 1.3,
    },
    "sealed offers": {
        **SOFT, **UNIFORM_TYPES, "negotiators.policy": 3.0, "ministry.policy": 3.0,
        "talks.protocol": float(Protocol.DOUBLE_AUCTION), "talks.rounds": 2.0,
        "public.backlash_weight": 0.0, "president.audience_cost": 0.0,
        "assembly.consent_required": 0.0,
    },
    "sealed offers of the heuristic": {
        "talks.protocol": float(Protocol.DOUBLE_AUCTION), "talks.precision": 5.0,
    },
    "walk-outs that end the talks": {
        "talks.walk_out_base": 0.0, "talks.returns_after_walk_out": 0.3,
    },
    "walk-outs that the talks survive": {
        "talks.walk_out_base": 0.0, "talks.returns_after_walk_out": 1.0,
    },
    "vetoes that end the talks": {
        "negotiators.mandate_bias": 0.6, "president.precision": INF, "assembly.shift": 1.0,
        "president.returns_after_veto": 0.0, "talks.walk_out_base": -INF,
    },
    "vetoes that the talks survive": {
        "negotiators.mandate_bias": 0.6, "president.precision": INF, "assembly.shift": 1.0,
        "president.returns_after_veto": 1.0, "talks.walk_out_base": -INF,
    },
    "refusals that end the talks": {
        "assembly.shift": -0.1, "ministry.confidence": 0.05, "president.demand": 1.3,
        "assembly.returns_after_refusal": 0.0, "talks.walk_out_base": -INF,
        "president.reservation_mean": 1.0,
    },
    "refusals that the talks survive": {
        "assembly.shift": -0.1, "ministry.confidence": 0.05, "president.demand": 1.3,
        "assembly.returns_after_refusal": 1.0, "talks.walk_out_base": -INF,
        "president.reservation_mean": 1.0,
    },
    "a turnover that comes, with a threat": {
        "turnover.probability": 1.0, "turnover.round": 2.0, "security.threat_probability": 1.0,
        "security.deadline_round": 1.0, "talks.expiry_round": 1.0,
    },
    "no consent needed": {"assembly.consent_required": 0.0, "president.demand": 1.4},
    "a signal of the shock": {"ministry.reading_noise": 0.05, "president.demand": 1.4},
    "a demanded category that is efficient": {
        "president.category_audience_cost": 0.4, "president.demand": 4.0,
        "president.audience_cost": 0.5, "ministry.reservation_mean": 2.6, "assembly.shift": 1.5,
    },
    "a category that the framework forces": {
        "package.framework_cap": 1.05, "ministry.reservation_mean": 1.6, "assembly.shift": 1.0,
        "president.reservation_mean": 1.4,
    },
    "a category that is efficient in itself": {"package.category_value": 0.5},
    "nothing learnt, nothing traded but money": {
        "talks.learning": 0.0, "talks.offer_noise": 0.0, "package.duration_max": 1.0,
        "package.escalator_max": 0.0,
    },
    "beliefs without doubt": {
        "negotiators.belief_sd": 0.0, "ministry.belief_sd": 0.0, "talks.offer_noise": 0.0,
        "negotiators.ambition": 1.0, "ministry.ambition": 1.0, "president.demand": 1.3,
    },
    "other laws": {
        "president.reservation_family": 1.0, "ministry.reservation_family": 1.0,
        "president.demand": 1.3, "talks.rounds": 4.0,
    },
    "one round": {"talks.rounds": 1.0, "president.demand": 1.05},
    "everything at once": {
        "talks.first_mover": 1.0, "talks.rounds": 14.0, "talks.walk_out_base": -3.0,
        "turnover.probability": 1.0, "security.threat_probability": 1.0, "president.demand": 3.0,
        "ministry.audience_cost": 0.2, "precedent.weight": 0.5, "public.anticipation": 0.5,
        "talks.precision": 8.0, "president.precision": 20.0, "negotiators.mandate_bias": 0.1,
    },
    "a demand below the payment": {"president.demand": 0.5},
}  # fmt: skip
SOME = 12


@pytest.mark.plain
@pytest.mark.parametrize("setting", BRANCHES)
def test_agents_and_kernel_take_the_same_branches(setting):
    both_engines("of the case", BRANCHES[setting], range(0, LANES + 9, 4), seed=1)


@pytest.mark.plain
def test_the_branches_reach_every_ending_and_every_event():
    tables = [
        negotiate(case_with("of the case").points(values), SOME, seed=1)
        for values in BRANCHES.values()
    ]
    played = np.concatenate([table[0] for table in tables])
    assert set(played["ending"]) == set(Ending)
    for event in ("votes", "us_walk_outs", "seoul_walk_outs", "vetoes", "refusals", "lapsed",
                  "executive_changed", "threat"):  # fmt: skip
        assert played[event].any(), event
    went_on = played["ending"] == Ending.RATIFIED
    assert (played["vetoes"][went_on] > 0).any()
    assert (played["refusals"][went_on] > 0).any()
    assert (played["category"][went_on] > 0.0).any()
    assert (played["category"][went_on] == 0.0).any()


def digest_of_branches() -> str:
    """One hash of what the kernel makes of every branch."""
    digest = hashlib.sha256()
    for values in BRANCHES.values():
        points = case_with("of the case").points(values)
        digest.update(negotiate(points, SOME, seed=1).tobytes())
    return digest.hexdigest()


def test_the_kernel_gives_the_same_bits_with_the_compiler_switched_off():
    here, root = Path(__file__).parent, Path(sim.__file__).parents[1]
    found = subprocess.run(
        [sys.executable, "-c", f"import {__name__}; print({__name__}.digest_of_branches())"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{here}{os.pathsep}{root}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == digest_of_branches()


# Nothing depends on how the work is cut up.


def in_blocks(points, replicates, blocks, threads=1, **options):
    edges = np.linspace(0, replicates, blocks + 1).astype(int)

    def play(first, last):
        return negotiate(points, int(last - first), first_replicate=int(first), **options)

    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(play, edges[:-1], edges[1:])), axis=1)


@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("blocks", [1, 2, 7])
def test_I1_blocks_and_threads_change_nothing(scenario, blocks, threads, common):
    points = scenario.points({"demand": [1.5, 5.58]})
    whole = negotiate(points, 3001, seed=3, common=common)
    cut = in_blocks(points, 3001, blocks, threads, seed=3, common=common)
    assert cut.tobytes() == whole.tobytes()


@pytest.mark.parametrize("setting", BRANCHES)
def test_I1_talks_do_not_hang_on_the_talks_in_step_with_them(setting):
    """Whole lanes, vectors that are not full, a lane on its own: each record is the same."""
    points = case_with("of the case").points(BRANCHES[setting])
    whole = negotiate(points, 2 * LANES + 3, seed=3)
    for count in (1, 7, 8, 9, LANES - 1, LANES, LANES + 1):
        for first in (0, 5, LANES - 1):
            part = negotiate(points, count, first_replicate=first, seed=3)
            assert part.tobytes() == whole[:, first : first + count].tobytes()


@pytest.mark.parametrize("common", [True, False])
def test_I1_more_replicates_keep_the_old_ones(scenario, common):
    points = scenario.points({"demand": [1.5, 5.58]})
    few = negotiate(points, 100, seed=3, common=common)
    many = negotiate(points, 1000, seed=3, common=common)
    assert many[:, :100].tobytes() == few.tobytes()


@pytest.mark.parametrize("common", [True, False])
def test_I1_more_design_points_in_another_order_keep_the_old_ones(scenario, common):
    few = negotiate(scenario.points({"demand": [1.5, 5.58]}), 500, seed=3, common=common)
    many = scenario.points({"demand": [5.58, 3.0, 1.5, 0.9]})
    table = negotiate(many, 500, seed=3, common=common)
    assert table[2].tobytes() == few[0].tobytes()
    assert table[0].tobytes() == few[1].tobytes()


def test_common_random_numbers_differ_only_in_what_the_parameter_changes(scenario):
    """The weight of a double auction's price plays no part in alternating offers."""
    points = scenario.points({"talks.split": [0.2, 0.8]})
    shared = negotiate(points, 200, seed=4, common=True)
    assert shared[0].tobytes() == shared[1].tobytes()
    independent = negotiate(points, 200, seed=4, common=False)
    assert independent[0].tobytes() != independent[1].tobytes()
    assert independent[0].tobytes() != shared[0].tobytes()


@pytest.mark.parametrize("engine", ["kernel", "mesa"])
def test_equal_design_points_have_equal_talks_even_with_independent_draws(scenario, engine):
    points = scenario.points({"demand": [2.0, 2.0]})
    table = negotiate(points, 20, seed=5, common=False, engine=engine)
    assert table[0].tobytes() == table[1].tobytes()


def test_seeds_give_different_talks_and_seed_0_is_one_of_them(scenario):
    points = scenario.points()
    tables = {negotiate(points, 100, seed=seed).tobytes() for seed in range(20)}
    assert len(tables) == 20
    assert negotiate(points, 100, seed=0).tobytes() == negotiate(points, 100, seed=0).tobytes()

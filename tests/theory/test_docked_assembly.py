"""The vote as the engine draws it, against the exact pass probability: rows D5, D6, D7 and I4.

In these talks Seoul makes the only offer, which leaves the US its known reservation value: every
negotiation comes to one vote, in the first round, on a deal of one known cost.
"""

import dataclasses
import math

import numpy as np
import pytest
from limits import LIMIT
from scipy.special import expit, logit
from scipy.stats import norm

from sim import Ending, Policy, negotiate, watch
from sim.case import Party
from sim.design_points import BLOC
from sim.theory.monte_carlo import frequency_agrees
from sim.theory.pass_probability import pass_probability

COST = 1.1
PRECISION = 12.0
ONE_VOTE = {
    **LIMIT,
    "president.demand": 5.0,
    "president.reservation_mean": COST,
    "president.reservation_sd": 0.0,
    "ministry.reservation_mean": 5.0,
    "ministry.reservation_sd": 0.0,
    "ministry.confidence": 0.001,
    "ministry.policy": Policy.SUBGAME_PERFECT,
    "talks.rounds": 1,
    "talks.first_mover": 1,
    "talks.final_counteroffer": 0,
    "assembly.consent_required": 1,
    "assembly.precision": PRECISION,
    "assembly.shock_sd": 0.0,
    "assembly.shift": 0.0,
    "assembly.returns_after_refusal": 0.0,
}

# blocs as (seats, attendance, yes of those present), members, and the printed pass probability
VOTES = {
    "D5, an even number of coins": ([(300, 1.0, 0.5)], 300, 0.476986),
    "D5, an odd number of coins": ([(299, 1.0, 0.5)], 299, 0.5),
    "D5, a small majority": ([(300, 1.0, 0.52)], 300, 0.737595),
    "D6, abstention and absence": ([(300, 0.65, 0.52)], 300, 0.699578),
    "D6, limited by the quorum": ([(300, 0.52, 0.70)], 300, 0.737595),
    "D6, mostly without a quorum": ([(300, 0.49, 0.95)], 300, 0.342939),
    "D6, the rates of the eleventh agreement": ([(300, 160 / 300, 133 / 160)], 300, 0.864162),
    "D6, seats that are vacant": ([(150, 0.98, 0.55), (120, 0.9, 0.6), (30, 0, 0.5)], 300, None),
    "D6, three blocs": ([(129, 0.72, 0.62), (109, 0.68, 0.45), (57, 0.6, 0.5)], 295, None),
    "D6, the case's own seats": ([(139, 0.70, 0.6), (138, 0.62, 0.48), (18, 0.6, 0.4)], 295, None),
}


def assembly(scenario, blocs, members):
    """The scenario with another Assembly: blocs of (seats, attendance, threshold, abstention)."""
    parties = tuple(Party(f"bloc {index}", "other") for index in range(len(blocs)))
    return dataclasses.replace(
        scenario, blocs=np.array(blocs, BLOC), members=members, parties=parties
    )


def threshold_of(yes):
    """The threshold at which a member says yes to the cost with this probability."""
    return COST + float(logit(yes)) / PRECISION


def one_vote(scenario, blocs, members, **changed):
    rows = [(seats, present, threshold_of(yes), 0.45) for seats, present, yes in blocs]
    return assembly(scenario, rows, members).points({**ONE_VOTE, **changed})


def votes(points, replicates, seed):
    """The records of talks that each came to one vote on the known cost."""
    outcomes = negotiate(points, replicates, seed=seed)[0]
    assert np.all(outcomes["votes"] == 1)
    assert np.all(outcomes["round"] == 1)
    passed = outcomes["ending"] == Ending.RATIFIED
    assert np.all(outcomes["ending"][~passed] == Ending.RATIFICATION_REFUSED)
    np.testing.assert_allclose(outcomes["seoul_cost"][passed], COST, rtol=0, atol=1e-9)
    return outcomes, passed


@pytest.mark.parametrize("vote", VOTES)
def test_D5_D6_votes_pass_as_often_as_the_exact_law_of_the_members_says(scenario, vote):
    blocs, members, printed = VOTES[vote]
    seats, attendance, yes = zip(*blocs, strict=True)
    expected = pass_probability(seats, attendance, yes, members=members)
    if printed is not None:
        assert expected == pytest.approx(printed, abs=5.1e-7)
    points = one_vote(scenario, blocs, members)

    def count(seed, replicates):
        return int(votes(points, replicates, seed)[1].sum())

    assert frequency_agrees(count, expected, 100_000, seed=13)


def test_D6_attendance_yes_and_abstention_have_their_means_and_spreads(scenario):
    points = one_vote(scenario, [(200, 0.7, 0.55), (95, 0.6, 0.3)], 295)
    outcomes, _ = votes(points, 60_000, seed=14)
    yes = 200 * 0.7 * 0.55 + 95 * 0.6 * 0.3
    present = 200 * 0.7 + 95 * 0.6
    means = {
        "yes": yes,
        "abstain": 0.45 * (present - yes),
        "no": 0.55 * (present - yes),
        "absent": 295 - present,
    }
    variance_of_yes = 200 * 0.385 * 0.615 + 95 * 0.18 * 0.82
    for name, mean in means.items():
        counted = outcomes[name].astype(float)
        assert abs(counted.mean() - mean) < 3.9 * counted.std() / math.sqrt(60_000)
    assert outcomes["yes"].astype(float).var() == pytest.approx(variance_of_yes, rel=0.03)


def test_D7_a_shock_common_to_all_members_spreads_the_vote(scenario):
    blocs = [(139, 0.9, 0.6), (138, 0.9, 0.5)]
    shock_sd = 0.05
    points = one_vote(
        scenario, blocs, 277, **{"assembly.shock_sd": shock_sd, "ministry.confidence": 0.01}
    )
    seats, attendance, yes = (np.array(column) for column in zip(*blocs, strict=True))
    z = np.linspace(-8.0, 8.0, 801)
    passes = [
        pass_probability(seats, attendance, expit(logit(yes) + PRECISION * shock_sd * shock))
        for shock in z
    ]
    expected = float((norm.pdf(z) * passes).sum() / norm.pdf(z).sum())

    def count(seed, replicates):
        return int(votes(points, replicates, seed)[1].sum())

    assert frequency_agrees(count, expected, 100_000, seed=15)


def test_I4_splitting_a_bloc_leaves_the_law_of_the_vote_unchanged(scenario):
    whole = pass_probability([200, 95], [0.7, 0.6], [0.6, 0.35], members=295)
    parts = [(120, 0.7, 0.6), (80, 0.7, 0.6), (95, 0.6, 0.35)]
    points = one_vote(scenario, parts, 295)

    def count(seed, replicates):
        return int(votes(points, replicates, seed)[1].sum())

    assert frequency_agrees(count, whole, 100_000, seed=16)


def test_I4_a_bloc_without_seats_changes_no_vote(scenario):
    blocs = [(200, 0.7, 0.6), (95, 0.6, 0.35)]
    points = one_vote(scenario, blocs, 295)
    beside = one_vote(scenario, [*blocs, (0, 0.9, 0.5)], 295)
    assert negotiate(points, 5000, seed=17).tobytes() == negotiate(beside, 5000, seed=17).tobytes()


# exact zeros

SURE_ASSEMBLY = {"assembly.precision": math.inf, "public.backlash_weight": 0.0}
ENOUGH = 60_000


def test_a_president_whom_his_team_knows_never_vetoes(scenario):
    known = {
        "negotiators.mandate_noise": 0.0,
        "negotiators.mandate_bias": 0.0,
        "president.precision": math.inf,
    }
    points = scenario.points({"demand": [1.2, 2.0, 5.58], **known})
    outcomes = negotiate(points, ENOUGH, seed=18)
    assert np.count_nonzero(outcomes["vetoes"]) == 0
    assert np.count_nonzero(outcomes["ending"] == Ending.EXECUTIVE_VETO) == 0
    assert np.all(np.count_nonzero(outcomes["ending"] == Ending.RATIFIED, axis=1) > 1000)
    misread = negotiate(scenario.points(), ENOUGH, seed=18)
    assert np.count_nonzero(misread["vetoes"]) > 0


@pytest.mark.parametrize("thresholds", [(1.3, 1.3, 1.3), (1.2, 1.28, 1.36)])
@pytest.mark.parametrize("known_before", [True, False])
def test_an_assembly_that_the_ministry_knows_never_refuses(scenario, thresholds, known_before):
    """Full attendance and members who never err leave the common shock as the only risk."""
    rows = [(n, 1.0, t, 0.5) for n, t in zip((129, 109, 57), thresholds, strict=True)]
    shock = {"assembly.shock_sd": 0.06, "ministry.reading_noise": 0.0}
    if not known_before:
        shock = {"assembly.shock_sd": 0.0}
    points = assembly(scenario, rows, 295).points(
        {"demand": [1.2, 2.0, 5.58], **SURE_ASSEMBLY, **shock}
    )
    outcomes = negotiate(points, ENOUGH, seed=19)
    assert np.count_nonzero(outcomes["refusals"]) == 0
    assert np.count_nonzero(outcomes["ending"] == Ending.RATIFICATION_REFUSED) == 0
    assert np.all(np.count_nonzero(outcomes["votes"], axis=1) > 1000)


def test_an_assembly_whose_mood_the_ministry_does_not_know_refuses_at_times(scenario):
    rows = [(295, 1.0, 1.2, 0.5)]
    unknown = {"assembly.shock_sd": 0.06, "ministry.reading_noise": math.inf}
    points = assembly(scenario, rows, 295).points({"demand": 2.0, **SURE_ASSEMBLY, **unknown})
    assert np.count_nonzero(negotiate(points, ENOUGH, seed=19)["refusals"]) > 0


def test_a_ministry_learns_from_a_refusal_and_is_not_refused_again(scenario):
    rows = [(295, 1.0, 1.2, 0.5)]
    unknown = {
        "assembly.shock_sd": 0.06,
        "ministry.reading_noise": math.inf,
        "assembly.returns_after_refusal": 1.0,
        "security.threat_probability": 0.0,
    }
    points = assembly(scenario, rows, 295).points({"demand": 2.0, **SURE_ASSEMBLY, **unknown})
    refusals = negotiate(points, ENOUGH, seed=20)["refusals"]
    assert refusals.max() == 1


def test_every_negotiation_ends_in_exactly_one_way(scenario):
    points = scenario.points({"demand": [1.1, 2.0, 5.58, 8.0]})
    endings = negotiate(points, ENOUGH, seed=21)["ending"]
    counts = [np.count_nonzero(endings == ending, axis=1) for ending in Ending]
    assert np.array_equal(np.sum(counts, axis=0), [ENOUGH] * 4)


# nobody signs at a loss


def test_no_team_initials_a_deal_below_its_reservation_and_no_sure_president_signs_one(scenario):
    points = scenario.points({"demand": 2.0, "president.precision": math.inf})
    deals = 0
    for replicate in range(400):
        talks = watch(points, 0, replicate, seed=22)
        talks.run()
        for record in talks.rounds:
            assert record.us.us_value >= record.us_reservation - 1e-9
            assert record.seoul.seoul_utility >= record.seoul_reservation - 1e-9
            if record.deal is None:
                continue
            deals += 1
            assert record.deal.us_value >= record.us_reservation - 2e-9
            assert record.deal.seoul_utility >= record.seoul_reservation - 2e-9
            met = record.deal.us_value >= record.threshold - 2e-9
            assert record.signed == met
    assert deals > 200

"""The Assembly's consent: quorum, majority, abstention and a common swing: rows D5 to D7."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, simpson
from scipy.special import expit, logit
from scipy.stats import binom, norm

from sim.theory.pass_probability import (
    both_below,
    pass_probability,
    pass_probability_heterogeneous,
    pass_probability_normal,
    pass_probability_swing,
)

PRINTED = 5.1e-7  # half a unit of the sixth decimal, in which the reference numbers are printed
EXACT = 1e-12

shares = st.floats(0.0, 1.0)
blocs = st.lists(st.tuples(st.integers(0, 60), shares, shares), min_size=1, max_size=4)

Blocs = list[tuple[int, float, float]]

ASSEMBLY = [129, 109, 57]
ASSEMBLY_ATTENDANCE = [0.70, 0.62, 0.60]
ASSEMBLY_YES = [0.60, 0.55, 0.35]


def columns(rows: Blocs) -> tuple[list[int], list[float], list[float]]:
    seats, attendance, yes = zip(*rows, strict=True)
    return list(seats), list(attendance), list(yes)


def by_enumeration(rows: Blocs, members: int) -> float:
    """Every member absent, saying yes or not, one case at a time, as article 49 is written."""
    single = [(a, p) for seats, a, p in rows for _ in range(seats)]
    total = 0.0
    for votes in itertools.product("-yn", repeat=len(single)):
        chance = 1.0
        for vote, (a, p) in zip(votes, single, strict=True):
            chance *= {"-": 1.0 - a, "y": a * p, "n": a * (1.0 - p)}[vote]
        yes, others = votes.count("y"), votes.count("n")
        quorate = 2 * (yes + others) > members
        total += chance if quorate and 2 * yes > yes + others else 0.0
    return total


def by_recursion(rows: Blocs, members: int) -> float:
    """The joint law of yes and other votes, built up one member at a time."""
    total = sum(seats for seats, _, _ in rows)
    law = np.zeros((total + 1, total + 1))
    law[0, 0] = 1.0
    for seats, a, p in rows:
        for _ in range(seats):
            with_member = (1.0 - a) * law
            with_member[1:] += a * p * law[:-1]
            with_member[:, 1:] += a * (1.0 - p) * law[:, :-1]
            law = with_member
    yes, others = np.indices(law.shape)
    return float(law[(2 * (yes + others) > members) & (yes > others)].sum())


# D5


@pytest.mark.parametrize(
    ("members", "yes", "expected"),
    [(300, 0.5, 0.476986), (299, 0.5, 0.5), (300, 0.52, 0.737595)],
    ids=["even house", "odd house", "slight majority"],
)
def test_D5_a_full_house_needs_a_strict_majority(members, yes, expected):
    passes = pass_probability([members], [1.0], [yes])
    assert passes == pytest.approx(expected, abs=PRINTED)
    assert passes == pytest.approx(binom.sf(members // 2, members, yes), abs=EXACT)
    assert pass_probability_heterogeneous(np.full(members, yes)) == pytest.approx(passes, abs=1e-10)


def test_D5_a_tie_fails_so_an_even_house_of_coin_flippers_refuses_more_often():
    tie = math.comb(300, 150) / 2**300
    assert pass_probability([300], [1.0], [0.5]) == pytest.approx(0.5 * (1.0 - tie), abs=EXACT)
    assert pass_probability_heterogeneous(np.full(300, 0.5)) == pytest.approx(
        0.5 * (1.0 - tie), abs=EXACT
    )


def test_D5_an_odd_house_of_coin_flippers_consents_half_the_time():
    assert pass_probability([299], [1.0], [0.5]) == pytest.approx(0.5, abs=EXACT)
    assert pass_probability_heterogeneous(np.full(299, 0.5)) == pytest.approx(0.5, abs=EXACT)


def test_D5_members_of_different_minds():
    yes = np.random.default_rng(1).uniform(0.2, 0.9, 300)
    passes = pass_probability_heterogeneous(yes)
    assert passes == pytest.approx(0.943875, abs=PRINTED)
    assert pass_probability_normal(np.ones(300, int), np.ones(300), yes) == pytest.approx(
        0.943950, abs=PRINTED
    )
    # a house of thirty blocs of one member each, by the other method
    few = yes[:30]
    assert pass_probability(np.ones(30, int), np.ones(30), few) == pytest.approx(
        pass_probability_heterogeneous(few), abs=EXACT
    )


@given(st.lists(shares, min_size=1, max_size=7))
def test_D5_recursion_over_members_equals_enumeration(yes):
    expected = by_enumeration([(1, 1.0, p) for p in yes], len(yes))
    assert pass_probability_heterogeneous(yes) == pytest.approx(expected, abs=EXACT)


# D6

D6_CASES = [
    pytest.param([(300, 0.65, 0.52)], 0.699578, id="two thirds present"),
    pytest.param([(300, 0.52, 0.70)], 0.737595, id="limited by the quorum"),
    pytest.param([(300, 0.49, 0.95)], 0.342939, id="near unanimous but seldom quorate"),
    pytest.param(
        [(129, 0.80, 0.35), (109, 0.75, 0.50), (57, 0.70, 0.55)],
        0.031429,
        id="ruling party defects",
    ),
    pytest.param([(300, 160 / 300, 133 / 160)], 0.864162, id="eleventh agreement's rates"),
]


@pytest.mark.parametrize(("rows", "expected"), D6_CASES)
def test_D6_quorum_and_abstention(rows, expected):
    passes = pass_probability(*columns(rows))
    assert passes == pytest.approx(expected, abs=PRINTED)
    assert passes == pytest.approx(by_recursion(rows, sum(columns(rows)[0])), abs=EXACT)


def test_D6_at_the_eleventh_agreements_rates_only_the_quorum_is_in_doubt():
    quorate = binom.sf(150, 300, 160 / 300)
    assert pass_probability([300], [160 / 300], [133 / 160]) == pytest.approx(quorate, abs=1e-10)


NORMAL_CASES = [
    [(300, 0.65, 0.52)],
    [(300, 0.52, 0.70)],
    [(300, 0.49, 0.95)],
    [(300, 160 / 300, 133 / 160)],
    [(300, 1.0, 0.52)],
    [(299, 1.0, 0.50)],
    [(151, 0.80, 0.90), (149, 0.70, 0.20)],
    [(129, 0.70, 0.60), (109, 0.62, 0.55), (57, 0.60, 0.35)],
    [(139, 0.70, 0.60), (138, 0.62, 0.45), (18, 0.60, 0.50)],
    [(180, 0.55, 0.95), (103, 0.45, 0.10), (17, 0.50, 0.50)],
]


@pytest.mark.parametrize("rows", NORMAL_CASES)
def test_D6_normal_approximation_errs_by_less_than_a_quarter_of_a_thousandth(rows):
    exact = pass_probability(*columns(rows))
    assert pass_probability_normal(*columns(rows)) == pytest.approx(exact, abs=2.4e-4)


@given(st.lists(st.tuples(st.floats(0.4, 0.95), st.floats(0.2, 0.9)), min_size=3, max_size=3))
def test_D6_normal_approximation_is_worst_where_quorum_and_majority_are_both_in_doubt(shares):
    attendance, yes = zip(*shares, strict=True)
    exact = pass_probability(ASSEMBLY, attendance, yes)
    assert pass_probability_normal(ASSEMBLY, attendance, yes) == pytest.approx(exact, abs=5e-3)


@given(
    st.lists(st.tuples(st.integers(0, 3), shares, shares), min_size=1, max_size=2),
    st.integers(0, 3),
)
def test_D6_consent_is_article_49_member_by_member(rows, vacant):
    members = sum(seats for seats, _, _ in rows) + vacant
    passes = pass_probability(*columns(rows), members=members)
    assert passes == pytest.approx(by_enumeration(rows, members), abs=EXACT)


@given(blocs, st.integers(0, 20))
def test_D6_transform_equals_the_recursion_over_members(rows, vacant):
    members = sum(seats for seats, _, _ in rows) + vacant
    passes = pass_probability(*columns(rows), members=members)
    assert passes == pytest.approx(by_recursion(rows, members), abs=EXACT)
    assert 0.0 <= passes <= 1.0


@given(blocs, st.integers(0, 3), shares)
def test_D6_consent_is_likelier_when_members_of_a_bloc_are_likelier_to_say_yes(rows, which, yes):
    seats, attendance, before = columns(rows)
    after = list(before)
    after[which % len(rows)] = max(yes, before[which % len(rows)])
    assert pass_probability(seats, attendance, after) >= (
        pass_probability(seats, attendance, before) - EXACT
    )


@given(blocs, st.integers(0, 3), st.integers(0, 60))
def test_D6_splitting_a_bloc_in_two_leaves_the_vote_unchanged(rows, which, first):
    seats, attendance, yes = rows[which % len(rows)]
    part = min(first, seats)
    split = [*rows, (part, attendance, yes)]
    split[which % len(rows)] = (seats - part, attendance, yes)
    assert pass_probability(*columns(split)) == pytest.approx(
        pass_probability(*columns(rows)), abs=EXACT
    )


@given(blocs, shares, shares)
def test_D6_a_bloc_without_seats_changes_nothing(rows, attendance, yes):
    assert pass_probability(*columns([*rows, (0, attendance, yes)])) == pass_probability(
        *columns(rows)
    )


@given(blocs)
def test_D6_the_order_of_the_blocs_does_not_matter(rows):
    assert pass_probability(*columns(rows[::-1])) == pytest.approx(
        pass_probability(*columns(rows)), abs=EXACT
    )


@given(st.integers(0, 60), shares)
def test_D6_in_an_odd_full_house_consent_and_refusal_mirror_each_other(half, yes):
    odd = [2 * half + 1]
    both = pass_probability(odd, [1.0], [yes]) + pass_probability(odd, [1.0], [1.0 - yes])
    assert both == pytest.approx(1.0, abs=EXACT)


def test_D6_certain_members_leave_no_doubt():
    assert pass_probability([151, 149], [1.0, 1.0], [1.0, 0.0]) == pytest.approx(1.0, abs=EXACT)
    assert pass_probability([150, 150], [1.0, 1.0], [1.0, 0.0]) == pytest.approx(0.0, abs=EXACT)
    assert pass_probability_normal([151, 149], [1, 1], [1, 0]) == 1.0
    assert pass_probability_normal([150, 150], [1, 1], [1, 0]) == 0.0


def test_D6_where_all_who_come_say_yes_only_attendance_is_normal():
    for attendance in (0.501, 0.507, 0.513, 0.53):
        exact = binom.sf(150, 300, attendance)
        assert pass_probability([300], [attendance], [1.0]) == pytest.approx(exact, abs=EXACT)
        assert pass_probability_normal([300], [attendance], [1.0]) == pytest.approx(
            exact, abs=2.4e-4
        )


def test_D6_half_of_the_members_are_no_quorum():
    assert pass_probability([150, 150], [1.0, 0.0], [1.0, 1.0]) == pytest.approx(0.0, abs=EXACT)
    assert pass_probability([151, 149], [1.0, 0.0], [1.0, 1.0]) == pytest.approx(1.0, abs=EXACT)
    assert pass_probability([150], [1.0], [1.0], members=300) == 0.0
    assert pass_probability_normal([150], [1.0], [1.0], members=300) == 0.0


def test_D6_an_empty_house_cannot_consent():
    assert pass_probability([0, 0], [1.0, 1.0], [1.0, 1.0]) == 0.0


def test_D6_a_house_of_three_thousand_is_still_exact():
    quorate, majority = 0.95, 0.51
    passes = pass_probability([3001], [1.0], [majority], members=3001)
    assert passes == pytest.approx(binom.sf(1500, 3001, majority), abs=EXACT)
    limited = pass_probability([3000], [quorate], [0.9], members=5680)
    assert limited == pytest.approx(binom.sf(2840, 3000, quorate), abs=EXACT)


# D7


@pytest.mark.parametrize(
    ("swing", "expected"),
    [(0.0, 0.847791), (0.1, 0.802372), (0.3, 0.674835), (0.6, 0.596890), (1.0, 0.559599)],
)
def test_D7_a_common_swing_takes_the_certainty_out_of_a_majority(swing, expected):
    passes = pass_probability_swing(ASSEMBLY, ASSEMBLY_ATTENDANCE, ASSEMBLY_YES, swing)
    assert passes == pytest.approx(expected, abs=PRINTED)


def given_a_swing(deviation: float) -> float:
    return pass_probability(
        ASSEMBLY, ASSEMBLY_ATTENDANCE, expit(logit(np.array(ASSEMBLY_YES)) + deviation)
    )


def test_D7_a_large_swing_agrees_with_adaptive_quadrature():
    exact = quad(
        lambda z: math.exp(-0.5 * z * z) * given_a_swing(z),
        *(-8.0, 8.0),
        points=[-1.0, 0.0, 1.0],
        epsabs=1e-8,
        limit=60,
    )[0] / math.sqrt(2.0 * math.pi)
    passes = pass_probability_swing(ASSEMBLY, ASSEMBLY_ATTENDANCE, ASSEMBLY_YES, 1.0)
    assert passes == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize(
    ("swing", "exact", "mixture"),
    [(0.3, 0.674835, 0.674835), (0.6, 0.596890, 0.596935), (1.0, 0.559599, 0.569651)],
)
def test_D7_forty_one_hermite_points_are_too_few_for_a_large_swing(swing, exact, mixture):
    points, weights = np.polynomial.hermite_e.hermegauss(41)
    passes = weights @ [given_a_swing(swing * z) for z in points] / weights.sum()
    assert passes == pytest.approx(mixture, abs=1.1e-6)
    assert (abs(passes - exact) > 1e-5) == (swing > 0.5)


def test_D7_without_a_swing_nothing_is_averaged():
    args = (ASSEMBLY, ASSEMBLY_ATTENDANCE, ASSEMBLY_YES)
    assert pass_probability_swing(*args, 0.0) == pytest.approx(
        pass_probability(*args, members=None), abs=EXACT
    )


def test_D7_a_swing_does_not_move_members_who_are_certain():
    passes = pass_probability_swing([151, 149], [1.0, 1.0], [1.0, 0.0], 2.0, points=31)
    assert passes == pytest.approx(1.0, abs=EXACT)


def test_D7_vacant_seats_count_for_the_quorum_under_a_swing_too():
    assert pass_probability_swing([150], [1.0], [0.9], 0.5, members=300, points=5) == 0.0


# the bivariate normal integral


@given(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0), st.floats(-0.99, 0.99))
def test_both_below_is_the_integral_of_the_conditional_probability(first, second, correlation):
    rest = math.sqrt(1.0 - correlation * correlation)
    grid = np.linspace(-9.0, first, 4001)
    values = norm.pdf(grid) * norm.cdf((second - correlation * grid) / rest)
    expected = simpson(values, x=grid)
    assert both_below(first, second, correlation) == pytest.approx(expected, abs=1e-9)


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_both_below_depends_on_one_variable_if_they_are_the_same_or_opposite(first, second):
    same = norm.cdf(min(first, second))
    assert both_below(first, second, 1.0) == pytest.approx(same, abs=EXACT)
    assert both_below(first, second, 1.0 - 1e-15) == pytest.approx(same, abs=1e-7)
    opposite = max(0.0, norm.cdf(first) + norm.cdf(second) - 1.0)
    assert both_below(first, second, -1.0) == pytest.approx(opposite, abs=EXACT)


@given(st.floats(-3.0, 3.0), st.floats(-1.0, 1.0))
def test_both_below_at_the_mean_of_one_variable(bound, correlation):
    # by symmetry the two halves of the other variable add up to all of it
    halves = both_below(0.0, bound, correlation) + both_below(0.0, bound, -correlation)
    assert halves == pytest.approx(norm.cdf(bound), abs=EXACT)
    assert both_below(bound, 0.0, correlation) == pytest.approx(
        both_below(0.0, bound, correlation), abs=EXACT
    )


def test_both_below_at_the_ends_of_its_range():
    assert both_below(math.inf, 0.3, 0.5) == pytest.approx(norm.cdf(0.3), abs=EXACT)
    assert both_below(0.3, -math.inf, 0.5) == 0.0
    assert both_below(0.0, 0.0, 0.5) == pytest.approx(1.0 / 3.0, abs=EXACT)
    assert both_below(-30.0, 0.3, 0.5) == 0.0


# arguments that no legislature has


@pytest.mark.parametrize("probability", [pass_probability, pass_probability_normal])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), r"seats has shape \(0,\); it must be \(blocs,\), at least one of them"),
        ((3, [0.5], [0.5]), r"seats has shape \(\); it must be \(blocs,\)"),
        (([1.5], [0.5], [0.5]), r"seats is \[1\.5\]; it must hold whole numbers, at least 0"),
        (([-1], [0.5], [0.5]), r"seats is \[-1\]; it must hold whole numbers, at least 0"),
        (([3], [0.5, 0.5], [0.5]), r"attendance has shape \(2,\); it must be \(1,\), as seats"),
        (([3], [0.5], [[0.5]]), r"yes has shape \(1, 1\); it must be \(1,\), as seats"),
        (([3], [1.2], [0.5]), r"attendance is 1\.2; it must lie in \[0, 1\]"),
        (([3], [0.5], [math.nan]), r"yes is nan; it must lie in \[0, 1\]"),
    ],
)
def test_a_legislature_that_cannot_be_is_refused(probability, arguments, message):
    with pytest.raises(ValueError, match=message):
        probability(*arguments)


@pytest.mark.parametrize("members", [2, 3.5])
def test_fewer_members_than_seats_are_refused(members):
    with pytest.raises(ValueError, match=rf"members is {members}; it must be a whole number, at"):
        pass_probability([3], [0.5], [0.5], members=members)


def test_a_swing_must_have_a_standard_deviation_and_points():
    with pytest.raises(ValueError, match=r"swing is -0\.1; it must lie in \[0, inf\)"):
        pass_probability_swing([3], [0.5], [0.5], -0.1)
    with pytest.raises(ValueError, match=r"points is 1; it must be a whole number, at least 2"):
        pass_probability_swing([3], [0.5], [0.5], 0.1, points=1)
    with pytest.raises(ValueError, match=r"yes is 2; it must lie in \[0, 1\]"):
        pass_probability_swing([3], [0.5], [2.0], 0.1)


def test_members_of_different_minds_must_exist_and_have_probabilities():
    with pytest.raises(ValueError, match=r"yes has shape \(0,\); it must be \(members,\)"):
        pass_probability_heterogeneous([])
    with pytest.raises(ValueError, match=r"yes has shape \(1, 1\); it must be \(members,\)"):
        pass_probability_heterogeneous([[0.5]])
    with pytest.raises(ValueError, match=r"yes is -0\.1; it must lie in \[0, 1\]"):
        pass_probability_heterogeneous([0.5, -0.1])


def test_a_correlation_must_be_one():
    with pytest.raises(ValueError, match=r"correlation is 1\.5; it must lie in \[-1, 1\]"):
        both_below(0.0, 0.0, 1.5)

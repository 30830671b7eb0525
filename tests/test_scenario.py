"""A scenario and its design points: what may be varied, what follows, what is refused."""

import hashlib
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import InputError, Policy
from sim.case import Calendar
from sim.design_points import BLOC, POINT
from sim.parameters import BY_NAME, PARAMETERS
from sim.scenario import SEEDS, find_row, read_scenario
from sim.terms import Family

SHIPPED = SEEDS / "cases" / "korea_2019.toml"
UNIFORM = {
    f"{side}.reservation_{law}": value
    for side in ("president", "ministry")
    for law, value in (("family", float(Family.UNIFORM)), ("mean", 1.1), ("sd", 0.1))
}

# design points


def test_a_case_alone_is_one_design_point_of_its_own_values(scenario):
    points = scenario.points()
    assert len(points) == 1
    assert points.values.dtype == POINT
    assert points.blocs.dtype == BLOC
    assert points.blocs.shape == (1, 8)
    for row in PARAMETERS:
        assert points.values[row.field][0] == scenario.values[row.name]


def test_a_parameter_may_be_named_by_its_end_where_that_is_its_own(scenario):
    short = scenario.points({"demand": [2.0, 4.0], "framework_cap": 1.7})
    full = scenario.points({"president.demand": [2.0, 4.0], "package.framework_cap": [1.7, 1.7]})
    assert short.values.tobytes() == full.values.tobytes()
    assert short.values["president_demand"].tolist() == [2.0, 4.0]
    assert short.values["package_framework_cap"].tolist() == [1.7, 1.7]
    assert (short.words == full.words).all()


def test_the_end_of_several_names_is_refused_with_the_names(scenario):
    with pytest.raises(InputError) as refusal:
        scenario.points({"audience_cost": 0.1})
    assert str(refusal.value) == (
        "'audience_cost' is the end of several parameters; did you mean president.audience_cost "
        "or ministry.audience_cost?"
    )


def test_a_name_that_is_none_is_refused_with_the_nearest(scenario):
    with pytest.raises(InputError, match=r"'demnad' is not a parameter; did you mean"):
        scenario.points({"demnad": 2.0})
    with pytest.raises(InputError, match=r"^'' is not a parameter$"):
        find_row("")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("president.demand", -1.0, "president.demand is -1; it must be a number in [0, 50]"),
        ("president.demand", 50.5, "president.demand is 50.5; it must be a number in [0, 50]"),
        ("president.demand", math.nan, "president.demand is nan; it must be a number in [0, 50]"),
        ("president.demand", math.inf, "president.demand is inf; it must be a number in [0, 50]"),
        ("talks.rounds", 0.0, "talks.rounds is 0; it must be a whole number in [1, 1000]"),
        ("talks.rounds", 2.5, "talks.rounds is 2.5; it must be a whole number in [1, 1000]"),
        ("talks.protocol", 0.5, "talks.protocol is 0.5; it must be a whole number in [0, 1]"),
        ("negotiators.policy", 4, "negotiators.policy is 4; it must be a whole number in [0, 3]"),
    ],
)
def test_a_value_out_of_its_range_is_refused(scenario, name, value, said):
    with pytest.raises(InputError, match="^" + re.escape(said) + "$"):
        scenario.points({name: [scenario.values[name], value]})


def test_columns_of_several_lengths_are_refused(scenario):
    with pytest.raises(InputError, match=r"talks.precision has 3 values beside columns of 4"):
        scenario.points({"demand": [1.0, 2.0, 3.0, 4.0], "talks.precision": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("much", "president.demand is 'much'; it must be numbers"),
        ([[1.0, 2.0]], "president.demand has the shape (1, 2); it must be one column of values"),
        ([1.0, None, "x"], "president.demand is [1.0, None, 'x']; it must be numbers"),
    ],
)
def test_what_is_no_column_of_numbers_is_refused(scenario, values, said):
    with pytest.raises(InputError) as refusal:
        scenario.points({"president.demand": values})
    assert str(refusal.value) == said


def test_an_empty_column_gives_no_design_points(scenario):
    assert len(scenario.points({"demand": []})) == 0


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_the_ends_of_every_range_are_allowed(scenario, row):
    for end in (row.low, row.high):
        others = UNIFORM if row.name.endswith(".policy") else {}
        point = scenario.points({**others, row.name: end}).values[0]
        assert point[row.field] == end
        assert not np.isnan(point.tolist()).any()


# the clock


def test_the_clock_of_the_talks_follows_from_the_calendar(scenario):
    assert scenario.calendar.clock() == {
        "talks.rounds": 10.0,
        "talks.expiry_round": 5.0,
        "turnover.round": 7.0,
        "security.deadline_round": 5.0,
    }
    assert {name: scenario.values[name] for name in scenario.calendar.clock()} == (
        scenario.calendar.clock()
    )


def test_a_round_that_begins_on_the_day_itself_counts_as_held(scenario):
    first = scenario.calendar.rounds[0].start
    calendar = Calendar(scenario.calendar.rounds, first, first, scenario.calendar.rounds[-1].end)
    assert calendar.clock() == {
        "talks.rounds": 10.0,
        "talks.expiry_round": 1.0,
        "turnover.round": 10.0,
        "security.deadline_round": 1.0,
    }


# the words that give design points draws of their own

SOME = st.fixed_dictionaries(
    {},
    optional={
        "president.demand": st.sampled_from([1.0, 2.0, 5000 / 896]),
        "president.audience_cost": st.sampled_from([0.0, 0.05, 0.1]),
        "talks.precision": st.sampled_from([25.0, math.inf]),
        "assembly.shift": st.sampled_from([0.0, -0.05]),
    },
)


@given(SOME, SOME)
def test_two_points_share_a_word_if_and_only_if_they_share_all_parameters(scenario, first, second):
    words = [int(scenario.points(varied).words[0]) for varied in (first, second)]
    central = {name: scenario.values[name] for name in (*first, *second)}
    assert (words[0] == words[1]) == (central | first == central | second)


def test_every_parameter_has_a_say_in_the_word_of_a_point(scenario):
    words = {int(scenario.points().words[0])}
    for row in PARAMETERS:
        other = row.low if row.central != row.low else min(row.high, row.low + 1.0)
        words.add(int(scenario.points({row.name: other}).words[0]))
    assert len(words) == len(PARAMETERS) + 1
    assert 0 not in words


def test_the_word_of_a_point_stays_when_levels_are_added(scenario):
    few = scenario.points({"demand": [2.0, 4.0], "talks.precision": 30.0})
    many = scenario.points({"demand": [1.0, 2.0, 3.0, 4.0, 5.0], "talks.precision": 30.0})
    assert few.words.tolist() == many.words[[1, 3]].tolist()
    assert len(set(many.words.tolist())) == 5


def test_the_seats_of_the_assembly_have_a_say_in_the_word_of_a_point(tmp_path, scenario):
    path = tmp_path / "case.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    path.write_text(text.replace("seats = 17 ", "seats = 16 ").replace("seats = 1 ", "seats = 2 "))
    assert read_scenario(path).points().words[0] != scenario.points().words[0]


# what follows from the parameters, worked out by hand


def test_the_derived_constants_of_the_central_point_are_those_of_the_formulas(scenario):
    row = scenario.points().values[0]
    demand, cap, a, a_c = 5000 / 896, 1.6, 0.05, 0.05
    w_c, k_c, w_g, k_g, w_d, k_d = 0.10, 0.30, 0.16, 0.15, -0.02, 0.04
    asked = 1.0 - cap / demand  # share of the demand that the framework cannot hold
    us_terms = w_g * (1.0 - 0.04 / 0.061) + w_d * (1.0 - 4.0 / 5.0)
    seoul_terms = k_g * (1.0 - 0.04 / 0.061) - k_d * (1.0 - 4.0 / 5.0)
    kappa = a / (1.0 + 0.0 + a)
    demand_value = demand + w_c * asked + us_terms
    expected = {
        "members": 295.0,
        "escalator": 1.0,  # worth more to the US than it costs Seoul
        "duration": 1.0,  # worth more to Seoul than it costs the US
        "us_terms": us_terms,
        "seoul_terms": seoul_terms,
        "us_commitment": kappa,
        "seoul_commitment": 0.0,
        "demanded_category": asked,
        "free_category": 0.0,  # costs Seoul more than it is worth to the US
        "demand_value": demand_value,
        "demand_to_seoul": -(demand + k_c * asked + seoul_terms),
        "joint_gain": us_terms - a_c * asked - seoul_terms,
        "new_demanded_category": 0.0,
        "new_free_category": 0.0,
        "new_demand_value": 1.3 + us_terms,
        "new_demand_to_seoul": -(1.3 + seoul_terms),
        "new_joint_gain": us_terms - seoul_terms,
        "opening_utility": -(1.0 + seoul_terms),
        "opening_to_us": 1.0 - a_c * asked + us_terms,
        "belief_about_seoul": -1.22,
        "belief_about_us": (1.0 - kappa) * 1.04 + kappa * demand_value,
        "belief_about_successor": (1.0 - kappa) * 1.02 + kappa * (1.3 + us_terms),
        "backlash_at_start": 0.0,
        "signal_weight": 0.0,  # the ministry reads nothing
        "signal_noise": 0.0,
        "support_low": 1.22 - math.sqrt(3.0) * 0.08,
        "support_width": 2.0 * math.sqrt(3.0) * 0.08,
    }
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-12, abs=1e-15), name
    assert row["assembly_limit"] < row["known_limit"] < 1.4  # not knowing the shock costs room


def test_a_demand_that_the_framework_can_hold_asks_for_no_category(scenario):
    row = scenario.points({"demand": 1.6}).values[0]
    assert row["demanded_category"] == 0.0
    assert row["joint_gain"] == pytest.approx(row["us_terms"] - row["seoul_terms"])


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_kappa_is_audience_cost_over_one_plus_precedent_plus_audience_cost(scenario, a, m):
    row = scenario.points({"president.audience_cost": a, "precedent.weight": m}).values[0]
    assert row["us_commitment"] == pytest.approx(a / (1.0 + m + a), rel=1e-12)


def test_without_consent_the_assembly_sets_no_limit(scenario):
    row = scenario.points({"consent_required": 0}).values[0]
    assert row["assembly_limit"] == math.inf
    assert row["known_limit"] == math.inf


def test_the_shift_of_the_assembly_shifts_the_limit_as_much(scenario):
    rows = scenario.points({"assembly.shift": [0.0, -0.05]}).values
    assert np.diff(rows["assembly_limit"])[0] == pytest.approx(-0.05, abs=1e-9)


# settings whose parts contradict each other


@pytest.mark.parametrize("team", ["negotiators", "ministry"])
def test_the_double_auction_needs_both_reservation_values_uniform_on_one_interval(scenario, team):
    auction = {f"{team}.policy": float(Policy.CHATTERJEE_SAMUELSON)}
    assert len(scenario.points(auction | UNIFORM)) == 1
    for spoilt in (
        {},
        UNIFORM | {"president.reservation_mean": 1.0},
        UNIFORM | {"ministry.reservation_sd": 0.2},
        UNIFORM | {"ministry.reservation_family": float(Family.NORMAL)},
        UNIFORM | {"president.reservation_sd": 0.0, "ministry.reservation_sd": 0.0},
    ):
        with pytest.raises(InputError, match=r"uniform on the same interval: set reservation_"):
            scenario.points(auction | spoilt)


def test_one_point_of_a_design_that_contradicts_itself_is_enough(scenario):
    policies = [float(Policy.HEURISTIC), float(Policy.CHATTERJEE_SAMUELSON)]
    with pytest.raises(InputError, match="policy chatterjee_samuelson needs both"):
        scenario.points({"ministry.policy": policies})


def test_a_case_that_contradicts_itself_is_refused_with_its_name(tmp_path):
    path = tmp_path / "case.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    path.write_text(text.replace('policy = "heuristic"', 'policy = "chatterjee_samuelson"', 1))
    with pytest.raises(InputError, match=re.escape(f"{path}: policy chatterjee_samuelson needs")):
        read_scenario(path)


# the scenario itself


def test_the_digest_of_a_scenario_is_that_of_its_file(scenario):
    assert scenario.digest == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_a_scenario_holds_what_its_file_says(scenario):
    assert scenario.name == "korea_2019"
    assert not scenario.calibrated
    assert scenario.base_year == 2019
    assert scenario.reported.demand == pytest.approx(5000 / 896, rel=1e-15)
    assert scenario.members == 295
    assert scenario.blocs["seats"].sum() == 295
    assert [party.name for party in scenario.parties][:2] == ["Democratic", "Justice"]
    assert {party.side for party in scenario.parties} == {"government", "opposition", "other"}
    assert set(scenario.values) == set(BY_NAME)


def test_the_shipped_case_is_found_by_its_name_and_by_its_path(scenario):
    for path in (SHIPPED, str(SHIPPED)):
        found = read_scenario(path)
        assert found.values == scenario.values
        assert found.digest == scenario.digest


def test_a_calibrated_case_says_so(tmp_path):
    path = tmp_path / "case.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    path.write_text(text.replace('status = "uncalibrated"', 'status = "calibrated"'))
    assert read_scenario(path).calibrated

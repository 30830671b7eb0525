"""A study laid out and cut: variants side by side, every replicate in one block."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import blocks
from experiments.blocks import Block, count_blocks, cut, is_staged, most_blocks, stages
from experiments.design import make_design
from experiments.job import most_rounds
from experiments.study_making import make_study
from sim import InputError, read_scenario
from sim.parameters import Prior

CASE = read_scenario("korea_2019")


def laid(**given):
    return make_design(make_study(CASE, **given))


def everything(design):
    return design.points(np.arange(len(design))).values


# design points


def test_a_grid_crosses_all_levels_and_variants_vary_fastest():
    table = laid(
        vary={"demand": [3, 1.5], "assembly.shift": [0, 0.1]},
        variants={"case": {}, "other": {"split": 0.4}},
    ).table
    assert table["design_point"].tolist() == list(range(8))
    assert table["variant"].tolist() == ["case", "other"] * 4
    assert table["president.demand"].tolist() == [1.5] * 4 + [3.0] * 4
    assert table["assembly.shift"].tolist() == [0.0, 0.0, 0.1, 0.1] * 2


def test_a_study_of_nothing_that_varies_is_the_case():
    design = laid(settings={"split": 0.4})
    assert design.table.to_dict("records") == [{"design_point": 0, "variant": "case"}]
    (row,) = everything(design)
    assert row["talks_split"] == 0.4
    (row,) = everything(laid())
    assert row["president_demand"] == CASE.values["president.demand"]


def test_settings_hold_everywhere_and_variants_where_they_are_set():
    design = laid(
        vary={"demand": [1.5, 3]}, settings={"split": 0.4, "president.audience_cost": 0.1},
        variants={"set": {}, "cheap": {"president.audience_cost": 0}, "late": {"talks.rounds": 12}},
    )  # fmt: skip
    values = everything(design)
    assert set(values["talks_split"]) == {0.4}
    assert values["president_audience_cost"].tolist() == [0.1, 0.0, 0.1] * 2
    assert values["talks_rounds"].tolist() == [10, 10, 12] * 2
    assert values["president_demand"].tolist() == [1.5] * 3 + [3.0] * 3
    assert most_rounds(design) == 12


def test_some_design_points_are_those_of_the_whole_table():
    design = laid(
        vary={"demand": [1.5, 3, 5], "ministry.policy": ["heuristic", 1]},
        variants={"case": {}, "other": {"split": 0.4}},
    )
    chosen = np.array([11, 0, 5, 6])
    assert design.points(chosen).values.tobytes() == everything(design)[chosen].tobytes()


def test_the_most_rounds_are_those_of_the_levels():
    assert most_rounds(laid(vary={"talks.rounds": [4, 30, 12]})) == 30
    assert most_rounds(laid(settings={"talks.rounds": 3})) == 3


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol"])
@pytest.mark.parametrize("size", [2, 16, 64])
def test_a_sampled_design_fills_its_ranges(design, size):
    law = Prior("log-uniform", 0.01, 1.0)
    vary = {"demand": (1.5, 6.0), "president.audience_cost": law}
    table = laid(vary=vary, design=design, size=size, seed=0).table
    assert len(table) == size
    demand, cost = table["president.demand"], table["president.audience_cost"]
    assert demand.between(1.5, 6.0).all()
    assert cost.between(0.01, 1.0).all()
    for unit in ((demand - 1.5) / 4.5, np.log(cost / 0.01) / np.log(100)):
        if design == "latin_hypercube":
            assert sorted(np.floor(unit * size).astype(int)) == list(range(size))
        else:
            assert abs(unit.mean() - 0.5) < 0.3 / np.sqrt(size) + 0.1


def test_a_sampled_design_follows_from_its_seed():
    given = {"vary": {"demand": (1.5, 6.0)}, "design": "latin_hypercube", "size": 16}
    one, same, other = (laid(seed=seed, **given).table for seed in (0, 0, 1))
    assert one.equals(same)
    assert not one.equals(other)


def test_every_level_of_a_grid_gets_the_same_draws_of_what_is_uncertain():
    design = laid(
        vary={"president.audience_cost": "prior", "demand": [1.5, 3, 5], "shock_sd": "prior"},
        size=7, variants={"case": {}, "other": {"split": 0.4}},
    )  # fmt: skip
    table = design.table
    assert len(table) == 42 == design.study.points
    assert list(table)[2:] == ["president.audience_cost", "president.demand", "assembly.shock_sd"]
    costs = [
        group["president.audience_cost"].tolist() for _, group in table.groupby("president.demand")
    ]
    assert costs[0] == costs[1] == costs[2]
    assert len(set(costs[0])) == 7
    shocks = table["assembly.shock_sd"].to_numpy()
    assert ((shocks >= 0.02) & (shocks <= 0.12)).all()


def test_settings_that_contradict_each_other_are_refused_wherever_they_stand():
    vary = {"ministry.policy": ["heuristic", "chatterjee_samuelson"], "demand": [1.5, 3]}
    for contradiction in (
        {"vary": vary}, {"settings": {"negotiators.policy": 3}},
        {"variants": {"case": {}, "auction": {"ministry.policy": 3}}},
    ):  # fmt: skip
        with pytest.raises(InputError, match="needs both reservation values uniform on the same"):
            laid(**contradiction).check()
    alike = {
        f"{side}.reservation_{name}": value
        for side in ("president", "ministry")
        for name, value in (("family", "uniform"), ("mean", 1.1), ("sd", 0.1))
    }
    laid(vary=vary, settings=alike).check()


# blocks


def test_a_sobol_design_is_balanced_at_powers_of_two_only():
    with pytest.raises(InputError, match="size is 50; a sobol design is balanced at powers of two"):
        laid(vary={"demand": (1.5, 6.0)}, design="sobol", size=50)


@given(
    st.integers(1, 40), st.integers(1, 500), st.integers(1, 4), st.integers(1, 300),
    st.integers(0, 100), st.integers(0, 1000),
)  # fmt: skip
def test_every_replicate_of_every_point_lies_in_one_block(
    groups, replicates, arms, size, first, at
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "NEGOTIATIONS", size)
        points = np.arange(groups * arms) + 8 * arms
        made = list(cut(points, first, replicates, arms, at))
        assert count_blocks(len(points), replicates, arms) == len(made)
    played = np.zeros((groups * arms, replicates), int)
    for block in made:
        begin = block.first - first
        played[block.points - 8 * arms, begin : begin + block.replicates] += 1
        assert block.negotiations == len(block.points) * block.replicates
        assert block.negotiations <= max(size, arms)
        assert len(block.points) % arms == 0
        assert block.points[0] % arms == 0
    assert (played == 1).all()
    assert [block.index for block in made] == list(range(at, at + len(made)))


def test_a_block_of_a_large_study_holds_a_quarter_of_a_million():
    made = list(cut(np.arange(60), 0, 20_000, 2, 0))
    assert len(made) == 5
    assert {block.negotiations for block in made} == {240_000}
    assert count_blocks(1, 10**8, 1) == 382


def test_a_fixed_study_has_one_stage():
    design = laid(vary={"demand": [1.5, 3]}, replicates=100)
    course = stages(design)
    (block,) = next(course)
    assert (block.index, block.points.tolist(), block.first, block.replicates) == (
        0,
        [0, 1],
        0,
        100,
    )
    with pytest.raises(StopIteration):
        course.send(None)
    assert not is_staged(design.study)


def test_the_most_blocks_are_known_of_a_study_but_not_of_a_refined_one(monkeypatch):
    monkeypatch.setattr(blocks, "NEGOTIATIONS", 1000)
    vary = {"demand": [1.5, 3], "assembly.shift": [0, 0.1]}
    assert most_blocks(make_study(CASE, vary=vary, replicates=600)) == 4
    # 512 more, then 512, 1024, 2048: in blocks of one point, and two, and three
    asked = make_study(CASE, vary=vary, replicates=4096, precision=0.016)
    assert most_blocks(asked) == 4 * (1 + 1 + 2 + 3)
    assert most_blocks(make_study(CASE, vary=vary, refine=True)) is None


def test_a_block_is_known_by_its_number():
    assert Block(3, np.arange(4), 10, 5).negotiations == 20

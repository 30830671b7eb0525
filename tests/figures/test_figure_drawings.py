"""A figure draws the estimates that it was given: read back from what is drawn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer

from experiments import estimate, figures, make_study, run_study
from experiments.baselines import with_baselines
from experiments.estimates import by_round, variant_rows
from experiments.figures.heat_map import crossings

DEMAND = "president.demand"
CAUSES = list(figures.COLOURS)


def curves(axes):
    return [np.asarray(line.get_xydata(), float) for line in axes.lines]


def has_curve(axes, values):
    """Whether some line or row of points has these heights."""
    wanted = np.asarray(values, float)
    return any(
        len(line) == len(wanted) and np.allclose(line[:, 1], wanted, equal_nan=True)
        for line in curves(axes)
    )


def reached(axes):
    """The ends of all error bars, shape (bars, 2)."""
    ends = [
        segment[:, 1]
        for container in axes.containers
        if container.has_yerr
        for bars in container.lines[2]
        for segment in bars.get_segments()
    ]
    return np.sort(np.array(ends), axis=1)


def has_bars(axes, rows, name, scale=1.0):
    """Whether every interval of a column is drawn as a bar."""
    wanted = scale * rows[[f"{name}_low", f"{name}_high"]].to_numpy(float)
    found = reached(axes)
    return all(np.isclose(found, pair, atol=1e-9).all(axis=1).any() for pair in wanted)


@pytest.fixture
def both(demand_run):
    table = demand_run[1]
    return variant_rows(table, "case"), variant_rows(table, "cheap_talk")


def test_the_breakdown_figure_stacks_the_causes_and_draws_every_total(draw_kind, both):
    axes = draw_kind("breakdown")[0].axes[0]
    case, talk = both
    for rows in both:
        curve = rows[[DEMAND, "breakdown"]].to_numpy()
        assert any(line.shape == curve.shape and np.allclose(line, curve) for line in curves(axes))
    tops = np.cumsum(case[CAUSES].to_numpy(), axis=1)
    for area, top in zip(axes.collections, tops.T, strict=False):
        assert area.get_paths()[0].vertices[:, 1].max() == pytest.approx(top.max())
    assert tops[:, -1] == pytest.approx(case["breakdown"].to_numpy())
    band = axes.collections[len(CAUSES)].get_paths()[0].vertices[:, 1]
    assert {*np.round(case["breakdown_low"], 9)} <= {*np.round(band, 9)}
    assert {*np.round(case["breakdown_high"], 9)} <= {*np.round(band, 9)}
    assert axes.get_ylim() == (0.0, 1.0)


def test_the_figure_of_causes_has_a_panel_for_each_variant(draw_kind, both):
    panels = draw_kind("causes")[0].axes
    assert len(panels) == 2
    for axes, rows in zip(panels, both, strict=True):
        assert has_curve(axes, rows["breakdown"])


def test_the_outcome_figure_draws_each_variant_with_its_intervals(draw_kind, both):
    axes = draw_kind("outcome")[0].axes[0]
    for rows in both:
        assert has_curve(axes, rows["breakdown"])
        assert has_bars(axes, rows, "breakdown")


def test_the_comparison_draws_paired_differences_in_points_around_a_line_at_zero(draw_kind, both):
    axes = draw_kind("comparison")[0].axes[0]
    talk = both[1]
    assert has_curve(axes, 100.0 * talk["breakdown_difference"])
    assert has_bars(axes, talk, "breakdown_difference", 100.0)
    assert has_curve(axes, [0.0, 0.0])
    low, high = axes.get_ylim()
    assert low < 100.0 * talk["breakdown_difference_low"].min()
    assert high > 0.0


def test_the_settlement_figure_draws_medians_and_means(draw_kind, both):
    axes = draw_kind("settlement")[0].axes[0]
    for rows in both:
        assert has_curve(axes, rows["settlement_median"])
        assert has_curve(axes, rows["settlement_mean"])
        assert has_bars(axes, rows[rows["deals"] > 1], "settlement_mean")


def test_the_surplus_figure_shows_price_gain_and_breakdown_side_by_side(draw_kind, both):
    panels = draw_kind("surplus")[0].axes
    for axes, name in zip(panels, ("settlement_mean", "seoul_surplus", "breakdown"), strict=True):
        for rows in both:
            assert has_curve(axes, rows[name])
            assert has_bars(axes, rows, name)


def test_the_hazard_figure_draws_hazards_and_shares_that_add_up(draw_kind, demand_run):
    panels = draw_kind("hazard")[0].axes
    rounds = by_round(demand_run[0])
    at = rounds[DEMAND].sub(5000 / 896).abs() < 1e-9
    assert len(panels) == 4
    for column, arm in enumerate(("case", "cheap_talk")):
        rows = rounds[at & (rounds["variant"] == arm) & (rounds["at_risk"] > 0)]
        for ending in ("ratified", "breakdown"):
            part = pd.DataFrame(rows[rows["ending"] == ending])
            assert has_curve(panels[column], part["hazard"])
            assert has_bars(panels[column], part, "hazard")
        heights = [bar.get_height() for bar in panels[column + 2].patches]
        last = np.array(heights).reshape(5, -1)[:, -1]
        assert last.sum() == pytest.approx(1.0)


def test_the_hazard_figure_marks_deadline_and_expiry(draw_kind, scenario):
    axes = draw_kind("hazard")[0].axes[0]
    upright = {line[0, 0] for line in curves(axes) if len(line) == 2 and line[0, 0] == line[1, 0]}
    values = scenario.values
    assert {values["talks.rounds"] + 0.5, values["talks.expiry_round"] + 0.5} <= upright


def test_the_map_colours_each_cell_by_its_probability(draw_kind):
    figure, _, table = draw_kind("map")
    mesh = figure.axes[0].collections[0]
    wanted = table.pivot(index="president.audience_cost", columns=DEMAND, values="breakdown")
    np.testing.assert_allclose(mesh.get_array(), wanted.to_numpy())
    low, high = mesh.get_clim()
    assert low <= wanted.to_numpy().min() and high >= wanted.to_numpy().max()
    assert figure.axes[0].get_yscale() == "log"


def test_the_line_of_one_half_runs_between_cells_on_both_sides_of_it(draw_kind):
    figure, _, table = draw_kind("map")
    line = next(c for c in figure.axes[0].collections[1:] if len(c.get_paths()[0].vertices))
    wanted = table.pivot(index="president.audience_cost", columns=DEMAND, values="breakdown")
    row = wanted.to_numpy()[1]
    place = wanted.columns.to_numpy(float)
    crossing = np.interp(0.5, row, place)  # breakdown rises with the demand
    vertices = np.concatenate([path.vertices for path in line.get_paths()])
    near = vertices[np.isclose(vertices[:, 1], 0.05)]
    assert near[:, 0] == pytest.approx(crossing, abs=1e-6)


def test_a_refined_map_draws_what_was_played_and_the_band_at_every_crossing(check_layout, words):
    study = make_study(
        vary={"demand": np.linspace(1.05, 8.0, 17), "assembly.shift": np.linspace(-0.2, 0.2, 17)},
        replicates=100, seed=7, refine=True, figures=("map",),
    )  # fmt: skip
    run = run_study(study)
    figure = figures.draw(run, estimate(run))["map"]
    mesh, *_, strokes = figure.axes[0].collections
    played = int((run.counts["n"] > 0).sum())
    assert np.ma.count(mesh.get_array()) == played < 17 * 17
    assert len(strokes.get_segments()) == len(crossings(run)) > 5
    assert f"{played} of 289 points of the grid were played" in words(figure)
    check_layout(figure)


def test_variants_of_a_grid_have_a_map_each(check_layout):
    study = make_study(
        vary={"demand": [1.5, 5.0], "assembly.shift": [-0.1, 0.1]}, replicates=50, seed=7,
        variants={"case": {}, "soft": {"president.reservation_mean": 0.9}}, figures=("map",),
    )  # fmt: skip
    run = run_study(study)
    table = estimate(run)
    figure = figures.draw(run, table)["map"]
    for axes, name in zip(figure.axes, ("case", "soft"), strict=False):
        rows = variant_rows(table, name)
        wanted = rows.pivot(index="assembly.shift", columns=DEMAND, values="breakdown")
        np.testing.assert_allclose(axes.collections[0].get_array(), wanted.to_numpy())
    check_layout(figure)


def test_codes_stand_side_by_side_as_bars():
    study = make_study(
        vary={"talks.protocol": ["alternating_offers", "double_auction"]}, replicates=100, seed=7
    )
    run = run_study(study)
    table = estimate(run)
    axes = figures.draw(run, table)["breakdown"].axes[0]
    bars = [each for each in axes.containers if isinstance(each, BarContainer)]
    tops = sum(np.array([bar.get_height() for bar in each]) for each in bars)
    assert tops == pytest.approx(table["breakdown"].to_numpy())
    ticks = [" ".join(tick.get_text().split()) for tick in axes.get_xticklabels()]
    assert ticks == ["alternating offers", "double auction"]


def test_causes_have_the_same_colours_in_every_figure(draw_kind):
    wanted = {colour.lower() for colour, *_ in figures.COLOURS.values()}
    for name in ("breakdown", "causes"):
        areas = draw_kind(name)[0].axes[0].collections
        assert wanted <= {to_hex(area.get_facecolor()[0]) for area in areas if len(
            area.get_facecolor())}  # fmt: skip
    bars = draw_kind("hazard")[0].axes[2].patches
    assert wanted <= {to_hex(bar.get_facecolor()) for bar in bars}


# what is laid under or over the curves


def test_theory_lies_under_the_breakdowns_and_the_settlements(demand_run, words, check_layout):
    run, table = demand_run
    drawn = figures.draw(run, table, baselines=True)
    forecast = variant_rows(with_baselines(run, table), "case")
    for name in ("law", "no_zopa"):
        assert has_curve(drawn["breakdown"].axes[0], forecast[name])
    for name in ("nash", "setter", "median_voter", "us_least", "seoul_most"):
        assert has_curve(drawn["settlement"].axes[0], forecast[name])
    assert "theory: no zone" in words(drawn["breakdown"])
    assert "Nash point" in words(drawn["settlement"])
    for name in ("breakdown", "settlement"):
        check_layout(drawn[name])


def test_asking_for_theory_adds_the_settlements_where_they_fit(map_run):
    study = make_study(vary={"demand": [1.5, 3.0]}, replicates=20, seed=7)
    run = run_study(study)
    assert list(figures.draw(run, estimate(run), baselines=True)) == ["breakdown", "settlement"]
    assert list(figures.draw(*map_run, baselines=True)) == ["map"]


@pytest.mark.parametrize("name", ["breakdown", "outcome"])
def test_not_knowing_the_parameters_is_a_band_in_a_colour_of_its_own(
    name, demand_run, words, check_layout
):
    run, table = demand_run
    band = pd.DataFrame({
        DEMAND: [1.05, 3.0, 8.0], "n": 400, "draws": 50, "mean": [0.2, 0.5, 0.8],
        "low": [0.05, 0.1, 0.3], "high": [0.4, 0.8, 0.97],
    })  # fmt: skip
    figure = figures.draw(run, table, ignorance=band)[name]
    axes = figure.axes[0]
    for column in ("low", "high", "mean"):
        assert has_curve(axes, band[column])
    assert figures.IGNORANCE.lower() in {
        to_hex(area.get_facecolor()[0]) for area in axes.collections if len(area.get_facecolor())
    }
    said = words(figure)
    assert "not knowing the parameters" in said
    assert "50 draws of all other parameters from their priors" in said
    check_layout(figure)


# what the outcome hangs on


def test_the_sensitivity_figure_has_the_bars_of_the_table_in_their_order(sensitivity_run):
    run, table, found = sensitivity_run
    axes = figures.draw(run, table, findings=found)["sensitivity"].axes[0]
    rows = found.indices[found.indices["index"] == "mu_star"].sort_values("value", ascending=False)
    bars = [each for each in axes.containers if isinstance(each, BarContainer)]
    assert [bar.get_width() for bar in bars[0]] == pytest.approx(rows["value"].to_numpy())
    sigma = found.indices[found.indices["index"] == "sigma"].set_index("parameter")["value"]
    assert [bar.get_width() for bar in bars[1]] == pytest.approx(
        sigma.loc[rows["parameter"]].to_numpy()
    )
    names = [tick.get_text().split(" (")[0] for tick in axes.get_yticklabels()]
    assert names == rows["parameter"].tolist()


@pytest.mark.parametrize(
    ("design", "size", "said"),
    [("saltelli", 32, "total index"), ("latin_hypercube", 60, "PAWN"), ("sobol", 64, "PAWN")],
)
def test_each_method_has_its_figure(design, size, said, words, check_layout):
    study = make_study(
        vary={"demand": (1.05, 8.0), "president.audience_cost": "prior"}, design=design, size=size,
        replicates=40, draws="independent", seed=7, figures=("sensitivity",),
    )  # fmt: skip
    run = run_study(study)
    figure = figures.draw(run, estimate(run))["sensitivity"]  # the indices are found on the way
    assert said in words(figure)
    check_layout(figure)


def test_the_discovery_figure_draws_every_setting_and_the_limits_of_the_region(discovery_run):
    run, table, found = discovery_run
    axes = figures.draw(run, table, findings=found)["discovery"].axes[0]
    clouds = [cloud for cloud in axes.collections if cloud.get_array() is not None]
    assert sum(len(cloud.get_offsets()) for cloud in clouds) == len(table)
    values = np.concatenate([np.asarray(cloud.get_array(), float) for cloud in clouds])
    np.testing.assert_allclose(np.sort(values), np.sort(table["breakdown"].to_numpy()))
    (box,) = axes.patches
    limits = found.region.limits[DEMAND]
    finite = [end for end in limits if np.isfinite(end)]
    corners = np.ravel([box.get_xy(), np.add(box.get_xy(), [box.get_width(), box.get_height()])])
    assert all(np.isclose(corners, end).any() for end in finite)


def test_a_region_that_is_not_there_is_not_drawn(discovery_run, check_layout):
    run, table, found = discovery_run
    nowhere = replace(found, region=replace(found.region, limits={}))
    figure = figures.draw(run, table, findings=nowhere)["discovery"]
    assert not figure.axes[0].patches
    check_layout(figure)


def test_a_settlement_that_theory_does_not_forecast_has_no_place_in_the_legend(words):
    study = make_study(
        vary={"assembly.shift": [-0.1, 0.0, 0.1]}, replicates=40, seed=0, figures=("settlement",)
    )  # no zone of agreement at the reported demand
    run = run_study(study)
    table = with_baselines(run, estimate(run))
    assert (table["us_least"] > table["seoul_most"]).all()
    said = words(figures.draw(run, estimate(run), baselines=True)["settlement"])
    assert "Nash" not in said and "zone of possible agreement" not in said
    assert "least that the president signs" in said and "median member" in said

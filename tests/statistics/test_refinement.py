"""The line on which talks are as likely to break down as not, found without playing the grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.refinement import Refinement
from sim import negotiate
from sim.terms import Ending

N = 1000


def searched(xs, ys, counts):
    """The search, told the counts of a function of the two parameters until it asks no more."""
    search = Refinement(xs, ys)
    while len(where := search.next_points()):
        search.tell(*counts(search.xs[where[:, 0]], search.ys[where[:, 1]]))
    return search


def whole_grid(xs, ys, counts):
    """The same told every point of the grid."""
    return searched(xs, ys, counts), _full_crossings(xs, ys, counts)


def _full_crossings(xs, ys, counts):
    """Crossings of the level between neighbours of the full grid, one by one."""
    k, n = counts(*(axis.ravel() for axis in np.meshgrid(xs, ys, indexing="ij")))
    p = (k / n).reshape(len(xs), len(ys))
    found = []
    for (i, j), (di, dj) in ((at, step) for at in np.ndindex(p.shape) for step in ((1, 0), (0, 1))):
        if i + di == len(xs) or j + dj == len(ys):
            continue
        here, there = p[i, j], p[i + di, j + dj]
        if (here >= 0.5) != (there >= 0.5):
            share = (0.5 - here) / (there - here)
            x = xs[i] + share * (xs[i + di] - xs[i])
            y = ys[j] + share * (ys[j + dj] - ys[j])
            found.append((float(x), float(y)))
    return np.array(found)


def lies_on(search, line):
    """Whether every crossing that was found is one of the line, to within rounding."""
    found = search.crossings()[["x", "y"]].to_numpy()
    apart = np.abs(found[:, None] - line[None]).max(axis=2)
    return bool(np.all(apart.min(axis=1) < 1e-9))


def exact(surface):
    return lambda x, y: (np.rint(N * surface(x, y)).astype(int), np.full(len(x), N))


SURFACES = {
    "a plane": lambda x, y: 0.1 + 0.5 * x + 0.4 * y,
    "a steep front": lambda x, y: 1.0 / (1.0 + np.exp(-40.0 * (y - 0.3 - 0.4 * x * x))),
    "a hump": lambda x, y: 0.9 * np.exp(-6.0 * ((x - 0.5) ** 2 + (y - 0.45) ** 2)),
    "a saddle": lambda x, y: 0.5 + 1.5 * (x - 0.52) * (y - 0.41),
    "a corner": lambda x, y: np.clip(2.2 - 2.0 * np.maximum(x, y), 0.0, 1.0),
}


@pytest.mark.parametrize("name", SURFACES)
def test_the_line_is_that_of_the_full_grid_for_a_tenth_of_its_points(name):
    axis = np.linspace(0.0, 1.0, 97)
    search, full = whole_grid(axis, axis, exact(SURFACES[name]))
    assert lies_on(search, full)
    assert len(search.crossings()) == len(full)
    assert len(full) > 60
    assert search.played <= 0.1 * 97 * 97


@pytest.mark.parametrize(
    ("second", "levels"),
    [
        ("assembly.shift", np.linspace(-0.08, 0.08, 65)),
        ("president.audience_cost", np.geomspace(0.004, 0.3, 65)),
    ],
)
def test_the_line_of_the_model_is_that_of_the_full_grid_for_a_tenth_of_the_negotiations(
    scenario, second, levels
):
    """Played by the kernel, on common draws."""

    def counts(demands, others):
        points = scenario.points({"president.demand": demands, second: others})
        broken = negotiate(points, 250, seed=0)["ending"] != Ending.RATIFIED
        return broken.sum(axis=1), np.full(len(demands), 250)

    demands = np.linspace(1.05, 8.0, 65)
    search, full = whole_grid(demands, levels, counts)
    assert lies_on(search, full)
    assert len(search.crossings()) == len(full)
    assert len(full) > 40
    assert search.played <= 0.1 * 65 * 65


@given(st.integers(2, 24), st.integers(2, 24), st.floats(-3, 3), st.floats(-3, 3),
       st.floats(-0.9, 0.9))  # fmt: skip
def test_a_straight_line_is_found_on_a_grid_of_any_shape(width, height, a, b, c):
    xs, ys = np.linspace(-1.0, 1.0, width), np.geomspace(0.1, 3.0, height)

    def surface(x, y):
        return np.clip(0.5 + 0.1 * (a * x + b * np.log(y) + c), 0.0, 1.0)

    search, full = whole_grid(xs, ys, exact(surface))
    corners = surface(xs[[0, 0, -1, -1]], ys[[0, -1, 0, -1]]) >= 0.5
    if corners.any() and not corners.all():
        assert len(search.crossings()) == len(full)
    assert len(full) == 0 or lies_on(search, full)


def test_the_finer_the_grid_the_smaller_the_share_that_is_played():
    shares = []
    for size in (33, 65, 129, 257):
        axis = np.linspace(0.0, 1.0, size)
        search, full = whole_grid(axis, axis, exact(SURFACES["a steep front"]))
        assert len(search.crossings()) == len(full)
        shares.append(search.played / size**2)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.04


def test_a_share_of_exactly_one_half_counts_as_above():
    def counts(x, y):
        return np.where(x < 1.0, 4, np.where(x < 2.0, 5, 9)), np.full(len(x), 10)

    found = searched([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], counts).crossings()
    assert found["x"].tolist() == [1.0] * 3
    assert found["y"].tolist() == [0.0, 1.0, 2.0]


def test_on_independent_draws_the_line_is_part_of_that_of_the_full_grid():
    """The noise of single points makes islands beside the line, which are not searched for."""
    axis = np.linspace(0.0, 1.0, 65)

    def counts(x, y):
        words = [
            np.random.default_rng([int(1e6 * a), int(1e6 * b)]) for a, b in zip(x, y, strict=True)
        ]
        p = 0.1 + 0.5 * x + 0.4 * y
        return np.array([word.binomial(400, q) for word, q in zip(words, p, strict=True)]), np.full(
            len(x), 400
        )  # fmt: skip

    search, full = whole_grid(axis, axis, counts)
    assert lies_on(search, full)
    table = search.crossings()
    truth = 0.1 + 0.5 * table["x"] + 0.4 * table["y"]
    assert truth.mean() == pytest.approx(0.5, abs=0.01)
    assert search.played < 0.2 * 65 * 65


def test_the_band_holds_the_true_line():
    axis = np.linspace(0.0, 1.0, 33)
    generator = np.random.default_rng(0)

    def counts(x, y):
        return generator.binomial(2000, 0.1 + 0.5 * x + 0.4 * y), np.full(len(x), 2000)

    table = searched(axis, axis, counts).crossings()
    low = 0.1 + 0.5 * table["x_low"] + 0.4 * table["y_low"]
    high = 0.1 + 0.5 * table["x_high"] + 0.4 * table["y_high"]
    assert ((low <= table["x"] * 0.5 + table["y"] * 0.4 + 0.1) & (low < high)).all()
    assert ((low <= 0.5) & (0.5 <= high)).mean() >= 0.9
    assert (table["n"] == 2000).all()


def test_more_replicates_give_a_narrower_band():
    axis = np.linspace(0.0, 1.0, 17)
    widths = []
    for n in (100, 10_000):

        def counts(x, y, n=n):
            return np.rint(n * (0.1 + 0.5 * x + 0.4 * y)).astype(int), np.full(len(x), n)

        table = searched(axis, axis, counts).crossings()
        widths.append((table["x_high"] - table["x_low"] + table["y_high"] - table["y_low"]).mean())
    assert widths[1] < 0.2 * widths[0]


@given(st.integers(2, 40), st.integers(2, 40), st.floats(0.0, 1.0), st.floats(-1.0, 1.0))
def test_the_same_counts_give_the_same_points_and_none_is_asked_for_twice(width, height, a, b):
    surface = exact(lambda x, y: np.clip(a + b * (x - y) + 0.3 * x * y, 0.0, 1.0))
    xs, ys = np.linspace(0, 1, width), np.linspace(0, 1, height)
    paths = []
    for _ in range(2):
        search, path = Refinement(xs, ys), []
        while len(where := search.next_points()):
            path += [tuple(pair) for pair in where.tolist()]
            search.tell(*surface(xs[where[:, 0]], ys[where[:, 1]]))
        paths.append(path)
    assert paths[0] == paths[1]
    assert len(set(paths[0])) == len(paths[0]) == search.played


def test_a_surface_that_never_meets_one_half_has_no_line_and_costs_the_coarse_lattice():
    axis = np.linspace(0.0, 1.0, 65)
    search = searched(axis, axis, exact(lambda x, y: 0.2 + 0.1 * x * y))
    assert search.crossings().empty
    assert search.played == 25


@pytest.mark.parametrize(
    "levels", [[1.0], [], [2.0, 1.0], [1.0, 1.0], [[1.0, 2.0]], [0, np.nan], [0, np.inf]]
)
def test_levels_must_rise(levels):
    with pytest.raises(ValueError, match="two rising levels or more"):
        Refinement(levels, [0.0, 1.0])
    with pytest.raises(ValueError, match="two rising levels or more"):
        Refinement([0.0, 1.0], levels)


def test_what_was_asked_for_must_be_told_before_more_is_asked():
    search = Refinement([0.0, 1.0], [0.0, 1.0])
    search.next_points()
    with pytest.raises(ValueError, match="have not been told"):
        search.next_points()


@pytest.mark.parametrize(
    ("happened", "n", "message"),
    [
        ([1] * 3, [5] * 3, "4 points were asked for"),
        ([1] * 4, [5] * 3, "4 points were asked for"),
        ([1] * 4, [0] * 4, "between 0 and its n"),
        ([6] * 4, [5] * 4, "between 0 and its n"),
        ([-1] * 4, [5] * 4, "between 0 and its n"),
    ],
)
def test_counts_that_do_not_fit_the_points_are_refused(happened, n, message):
    search = Refinement([0.0, 1.0], [0.0, 1.0])
    search.next_points()
    with pytest.raises(ValueError, match=message):
        search.tell(happened, n)

"""Sensitivity indices are those of the probability, not of the chance in its replicates."""

import math

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn

from experiments.sensitivity import SampledDesign, analyse, sample, unit_sample
from sim.errors import InputError
from sim.parameters import Prior

ISHIGAMI = {name: Prior("uniform", -math.pi, math.pi) for name in ("first", "second", "third")}
FIRST_ORDER = {"first": 0.3139, "second": 0.4424, "third": 0.0}
TOTAL = {"first": 0.5576, "second": 0.4424, "third": 0.2437}


def ishigami(x):
    """Ishigami, Homma (1990), mapped into probabilities from .1 to .9: its indices are known."""
    y = np.sin(x[:, 0]) * (1.0 + 0.1 * x[:, 2] ** 4) + 7.0 * np.sin(x[:, 1]) ** 2
    return 0.5 + (y - 3.5) / 36.0


def played(design, probability, replicates, seed=0):
    """Counts of 0/1 outcomes, independent from point to point."""
    p = probability(design.table)
    n = np.full(len(p), replicates)
    return np.random.default_rng(seed).binomial(n, p), n


def values(table, index, column="value"):
    rows = table[table["index"] == index]
    return dict(zip(rows["parameter"], rows[column], strict=True))


@pytest.fixture(scope="module")
def ishigami_table():
    design = sample(ISHIGAMI, "saltelli", 2**15, 0)
    return analyse(design, *played(design, ishigami, 50), seed=0, resamples=50)


@pytest.mark.parametrize(("index", "truth"), [("first_order", FIRST_ORDER), ("total", TOTAL)])
def test_indices_from_0_1_outcomes_are_within_3_hundredths_of_the_known_answer(
    ishigami_table, index, truth
):
    assert values(ishigami_table, index) == pytest.approx(truth, abs=0.03)
    raw = values(ishigami_table, index, "uncorrected")
    assert max(abs(raw[name] - truth[name]) for name in truth) > 0.1


def test_uncorrected_total_indices_call_an_idle_parameter_important():
    design = sample({"works": Prior("uniform", 0.2, 0.8), "idle": ISHIGAMI["first"]}, "saltelli",
                    2**12, 0)  # fmt: skip
    table = analyse(design, *played(design, lambda x: x[:, 0], 20), seed=0)
    assert values(table, "total") == pytest.approx({"works": 1.0, "idle": 0.0}, abs=0.03)
    assert values(table, "first_order") == pytest.approx({"works": 1.0, "idle": 0.0}, abs=0.05)
    assert values(table, "total", "uncorrected")["idle"] > 0.2


def test_intervals_of_indices_hold_the_truth_in_most_samples():
    held = []
    for seed in range(20):
        design = sample(ISHIGAMI, "saltelli", 512, seed)
        table = analyse(design, *played(design, ishigami, 40, seed), seed=seed)
        for index, truth in (("first_order", FIRST_ORDER), ("total", TOTAL)):
            low, high = (values(table, index, end) for end in ("low", "high"))
            held += [low[name] <= truth[name] <= high[name] for name in truth]
    assert 0.9 <= np.mean(held) <= 1.0


def test_discrete_parameters_that_repeat_a_point_do_not_bias_the_indices():
    """Equal points share their draws, so that their difference has no noise to take out."""
    design = sample({"a": (0.3, 0.5), "b": Prior("uniform", 0.0, 0.3)}, "saltelli", 2**13, 0)
    points, inverse = np.unique(design.table, axis=0, return_inverse=True)
    assert len(points) < 0.8 * len(design.table)
    k = np.random.default_rng(0).binomial(20, points.sum(axis=1))[inverse.ravel()]
    table = analyse(design, k, np.full(len(k), 20), seed=0)
    truth = {"a": 0.01 / 0.0175, "b": 0.0075 / 0.0175}
    assert values(table, "first_order") == pytest.approx(truth, abs=0.06)
    assert values(table, "total") == pytest.approx(truth, abs=0.06)


def test_morris_effects_are_those_of_salib_and_the_floor_is_that_of_noise():
    laws = {"strong": Prior("uniform", 0, 1), "weak": Prior("uniform", 0, 1),
            "idle": Prior("uniform", 0, 1)}  # fmt: skip
    design = sample(laws, "morris", 400, 0)
    k, n = played(design, lambda x: 0.2 + 0.5 * x[:, 0] + 0.05 * x[:, 1], 50)
    table = analyse(design, k, n, seed=0)
    problem = {"num_vars": 3, "names": list(laws), "bounds": [[0, 1]] * 3}
    expected = salib_morris.analyze(problem, design.unit, k / n, num_levels=4, seed=1)
    assert values(table, "mu_star") == pytest.approx(
        dict(zip(laws, expected["mu_star"].tolist(), strict=True))
    )
    assert values(table, "sigma", "uncorrected") == pytest.approx(
        dict(zip(laws, expected["sigma"].tolist(), strict=True))
    )
    assert values(table, "mu") == pytest.approx({"strong": 0.5, "weak": 0.05, "idle": 0}, abs=0.03)
    assert max(values(table, "sigma").values()) < 0.06 < min(
        values(table, "sigma", "uncorrected").values()
    )  # fmt: skip
    floor = values(table, "mu_star", "floor")
    assert values(table, "mu_star")["idle"] == pytest.approx(floor["idle"], rel=0.1)
    assert values(table, "mu_star")["strong"] > 3 * floor["strong"]


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_pawn_is_that_of_salib_and_an_idle_parameter_lies_at_its_floor(method):
    laws = {"strong": Prior("uniform", 0, 1), "idle": Prior("log-uniform", 0.01, 1)}
    design = sample(laws, method, 512, 0)
    k, n = played(design, lambda x: 0.2 + 0.5 * x[:, 0], 50)
    table = analyse(design, k, n, seed=0)
    problem = {"num_vars": 2, "names": list(laws)}
    expected = salib_pawn.analyze(problem, design.unit, k / n, S=10)["median"]
    found = values(table, "pawn")
    assert list(found.values()) == pytest.approx(expected.tolist())
    floor = values(table, "pawn", "floor")["idle"]
    assert found["strong"] > 3 * floor
    assert found["idle"] == pytest.approx(floor, rel=0.35)


# samples


@pytest.mark.parametrize("method", ["saltelli", "morris", "latin_hypercube", "sobol"])
@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_a_seed_gives_its_sample_again_whatever_the_global_generator_does(method, seed):
    first = unit_sample(method, 3, 16, seed)
    # What SALib falls back on where it takes a seed of 0 for none.
    np.random.seed(99)  # noqa: NPY002
    again = unit_sample(method, 3, 16, seed)
    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, unit_sample(method, 3, 16, seed + 5))


@pytest.mark.parametrize("method", ["saltelli", "morris", "latin_hypercube"])
def test_a_seed_of_0_repeats_an_analysis(method):
    design = sample(ISHIGAMI, method, 64, 0)
    counts = played(design, ishigami, 40)
    first = analyse(design, *counts, seed=0, resamples=20)
    np.random.seed(5)  # noqa: NPY002
    assert first.equals(analyse(design, *counts, seed=0, resamples=20))
    assert not first.equals(analyse(design, *counts, seed=1, resamples=20))


def test_samples_have_the_points_that_their_methods_need():
    assert unit_sample("saltelli", 5, 8, 0).shape == (8 * 7, 5)
    assert unit_sample("morris", 5, 9, 0).shape == (9 * 6, 5)
    assert unit_sample("latin_hypercube", 5, 9, 0).shape == (9, 5)


def test_laws_map_the_unit_cube_to_the_units_of_the_parameters():
    laws = {
        "even": Prior("uniform", -2, 4),
        "log": Prior("log-uniform", 0.004, 0.3),
        "d": (1, 2, 5),
    }
    design = sample(laws, "sobol", 1024, 0)
    even, log, levels = design.table.T
    assert (even.min(), even.max()) == pytest.approx((-2, 4), abs=0.02)
    assert np.median(log) == pytest.approx(math.sqrt(0.004 * 0.3), rel=0.02)
    assert 0.004 <= log.min() < log.max() <= 0.3
    assert {value: np.count_nonzero(levels == value) for value in (1, 2, 5)} == pytest.approx(
        {1: 341, 2: 341, 5: 342}, abs=2
    )
    assert design.names == ["even", "log", "d"]


# refusals


def counts(design, replicates=50):
    return np.full(len(design.unit), replicates // 2), np.full(len(design.unit), replicates)


def refuse(message, design, *table, **options):
    with pytest.raises(InputError, match=message):
        analyse(design, *table, seed=0, **options)


def test_single_outcomes_are_refused_with_the_reason():
    design = sample(ISHIGAMI, "saltelli", 8, 0)
    refuse("single outcomes, 0 or 1, the indices would measure chance", design, *counts(design, 1))
    refuse("has 19 replicates; sensitivity needs at least 20", design, *counts(design, 19))


def test_a_design_is_analysed_by_the_method_that_it_was_sampled_for():
    design = sample(ISHIGAMI, "morris", 8, 0)
    refuse(
        "sampled for Morris indices; Sobol needs another", design, *counts(design), method="Sobol"
    )
    hypercube = sample(ISHIGAMI, "latin_hypercube", 50, 0)
    refuse("sampled for PAWN", hypercube, *counts(hypercube), method="Morris")


def test_a_table_that_was_not_sampled_so_is_refused():
    design = sample(ISHIGAMI, "saltelli", 8, 0)
    design.check(design.table * (1 + 1e-13))
    with pytest.raises(InputError, match="is not the one that saltelli sampled"):
        design.check(np.roll(design.table, 1, axis=0))
    with pytest.raises(InputError, match="is not the one"):
        design.check(sample(ISHIGAMI, "saltelli", 16, 0).table)


def test_shared_draws_are_refused():
    design = sample(ISHIGAMI, "saltelli", 8, 0)
    refuse('needs draws = "independent"', design, *counts(design), common=True)


def test_counts_of_another_length_are_refused():
    refuse(
        "do not match a design of 40 points", sample(ISHIGAMI, "saltelli", 8, 0), [1] * 3, [30] * 3
    )


def test_where_nothing_but_noise_varies_there_are_no_indices():
    design = sample(ISHIGAMI, "saltelli", 8, 0)
    refuse("varies no more", design, *counts(design))


@pytest.mark.parametrize(
    ("sampled", "message"),
    [
        (("fast", 3, 8, 0), "must be one of saltelli, morris, latin_hypercube, sobol"),
        (("saltelli", 3, 100, 0), "powers of two only, as 64 or 128"),
        (("sobol", 3, 100, 0), "powers of two only"),
        (("morris", 0, 8, 0), "needs a parameter"),
        (("morris", 3, 1, 0), "a size of 2 or more"),
        (("morris", 3, 8, -1), "a seed of 0 or more"),
    ],
)
def test_samples_that_cannot_be_are_refused(sampled, message):
    with pytest.raises(InputError, match=message):
        unit_sample(*sampled)


@pytest.mark.parametrize(
    "law",
    [Prior("fixed"), Prior("uniform", 2, 1), Prior("log-uniform", 0, 1), Prior("normal", 0, 1)],
)
def test_laws_that_cannot_be_sampled_are_refused(law):
    with pytest.raises(InputError, match="x has the law"):
        sample({"x": law}, "sobol", 8, 0)


def test_a_discrete_parameter_needs_two_levels():
    with pytest.raises(InputError, match="two or more are needed"):
        sample({"x": (1.0,)}, "sobol", 8, 0)


def test_a_design_carries_what_it_was_sampled_by():
    design = sample(ISHIGAMI, "saltelli", 8, 3)
    assert isinstance(design, SampledDesign)
    assert (design.method, design.size, design.seed) == ("saltelli", 8, 3)
    table = analyse(design, *played(design, ishigami, 200), seed=0, resamples=20)
    assert table["method"].unique().tolist() == ["Sobol"]
    assert table["points"].unique().tolist() == [40]
    assert table["replicates"].unique().tolist() == [200]

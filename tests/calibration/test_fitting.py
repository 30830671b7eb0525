"""A fit is the same however it was come by."""

from collections.abc import Callable

import numpy as np
import pytest

from experiments.calibration.fitting import Calibration, calibrate, resampled
from experiments.calibration.plan import read_plan
from experiments.calibration.plan_record import Plan
from sim.errors import InputError


def small(**options: object) -> Plan:
    return read_plan("korea_2019", **({"draws": 1000, "negotiations": 50} | options))


def same(one: Calibration, other: Calibration) -> bool:
    names = ("z", "logs", "without", "unknown")
    equal = [np.array_equal(getattr(one.rounds, n), getattr(other.rounds, n)) for n in names]
    return all(equal) and np.array_equal(one.weights, other.weights)


class StoppedError(Exception):
    pass


def stop_after(negotiations: int) -> Callable[[int], None]:
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if done >= negotiations:
            raise StoppedError

    return tell


@pytest.fixture(scope="module")
def whole() -> Calibration:
    return calibrate(small())


def test_a_fit_does_not_depend_on_the_number_of_workers(whole: Calibration) -> None:
    assert same(whole, calibrate(small(), workers=1))


@pytest.mark.parametrize("stop", [200_000, 300_000])
def test_a_fit_that_was_stopped_goes_on_to_the_same_posterior(
    whole: Calibration, tmp_path, stop: int
) -> None:
    with pytest.raises(StoppedError):
        calibrate(small(), where=tmp_path / "fit", progress=stop_after(stop))
    kept = list((tmp_path / "fit" / "bank").glob("*.npz"))
    assert 0 < len(kept) < 7
    again = calibrate(small(), where=tmp_path / "fit")
    assert same(whole, again)
    assert same(again, calibrate(small(), where=tmp_path / "fit"))  # all from disk


def test_another_seed_gives_another_posterior(whole: Calibration) -> None:
    assert not same(whole, calibrate(small(seed=0)))


def test_a_folder_of_another_fit_is_left_alone(tmp_path) -> None:
    calibrate(small(), where=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}
    with pytest.raises(InputError, match="holds another calibration"):
        calibrate(small(seed=3), where=tmp_path)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}
    calibrate(small(seed=3), where=tmp_path, overwrite=True)
    assert before != {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}


def test_a_folder_of_other_things_is_refused(tmp_path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds no calibration"):
        calibrate(small(), where=tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        calibrate(small(), where=tmp_path / "letter.txt")


@pytest.mark.parametrize("damage", ["cut", "swapped"])
def test_a_damaged_chunk_is_refused_by_name(tmp_path, damage: str) -> None:
    calibrate(small(), where=tmp_path)
    first, second = sorted((tmp_path / "bank").glob("*.npz"))[1:3]
    if damage == "cut":
        first.write_bytes(first.read_bytes()[:500])
    else:
        first.write_bytes(second.read_bytes())
    with pytest.raises(InputError, match=f"{first.name}: (cannot be read|holds other draws)"):
        calibrate(small(), where=tmp_path)


def test_a_posterior_is_told_in_equally_weighted_draws_inside_the_priors(
    whole: Calibration,
) -> None:
    table = whole.draws()
    assert list(table.columns) == list(whole.parameters)
    assert len(table) == 1000
    rounds = table["korea_2013:talks.rounds_after_expiry"]
    assert rounds.between(1, 16).all() and (rounds % 1 == 0).all()
    assert table["president.reservation_mean"].between(0.98, 1.15).all()


def test_resampled_rows_come_as_often_as_they_weigh() -> None:
    weights = np.array([0.5, 0.25, 0.0, 0.25])
    rows = resampled(weights, 400, seed=0)
    assert np.bincount(rows, minlength=4).tolist() == [200, 100, 0, 100]


def test_leaving_out_a_target_that_weighs_nothing_changes_nothing() -> None:
    plan = small()
    weighted = read_plan("korea_2019", draws=1000, negotiations=50)
    light = weighted.with_targets(
        [t if t.id != "T-SMA9-TURNOUT" else type(t)(**(vars(t) | {"weight": 0.0}))
         for t in plan.targets]
    )  # fmt: skip
    found = calibrate(light)
    index = [t.id for t in light.targets].index("T-SMA9-TURNOUT")
    np.testing.assert_allclose(found.without_target(index), found.weights, atol=1e-15)


def test_leaving_out_an_episode_weighs_by_the_others_alone(whole: Calibration) -> None:
    logs = whole.rounds.logs
    expected = whole.rounds.weights(logs[:, 1:].sum(axis=1))
    np.testing.assert_allclose(whole.without_episode(0), expected, atol=1e-15)

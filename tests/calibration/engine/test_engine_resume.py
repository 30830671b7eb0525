"""The same seed gives the same draws, however rows are played, interrupted, kept or read back."""

import json

import numpy as np
import pytest
from scipy import stats

from experiments.calibration import Figure, fit
from experiments.calibration.engine import Fit, load_fit
from sim.errors import InputError

PRIOR = {"a": (0.0, 1.0), "b": stats.norm(0.0, 1.0)}
TARGETS = [
    Figure("x", 0.4, sd=0.05),
    Figure("y", interval=(-0.5, 0.5, 0.9), defined_when=lambda figures: figures["x"] > -9),
    Figure("w", 1.0, sd=1.0, weight=0.0),
]
BUDGET = 1_000


def simulate(parameters, seeds):
    noise = (seeds >> np.uint64(11)).astype(float) / 2.0**53 - 0.5
    a, b = parameters.T
    return np.column_stack([a + 0.1 * noise, a * b + 0.2 * noise, b])


def fitted(function=simulate, prior=None, targets=TARGETS, **options):
    return fit(function, prior or PRIOR, targets, **{"budget": BUDGET, **options})


@pytest.fixture(scope="module")
def whole():
    return fitted()


def same(one: Fit, other: Fit) -> bool:
    return (
        np.array_equal(one.parameters, other.parameters)
        and one.log_evidence == other.log_evidence
        and np.array_equal(one.replicates, other.replicates)
        and [c[:3] for c in one.checks] == [c[:3] for c in other.checks]
    )


def test_batches_and_threads_leave_every_draw_as_it_is(whole):
    assert same(whole, fitted(batch=37, workers=3))
    assert not same(whole, fitted(seed=1))
    assert whole.settings.seed == 0


def test_a_simulator_that_writes_into_what_it_is_given_changes_nothing(whole):
    def careless(parameters, seeds):
        figures = simulate(parameters, seeds)
        parameters[:] = 0.0
        seeds[:] = 0
        return figures

    assert same(whole, fitted(careless))


def test_progress_tells_rows_up_to_the_budget():
    told = []
    fitted(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (BUDGET, BUDGET)
    assert sorted(told) == told


class KilledError(Exception):
    pass


def killed_after(calls):
    left = [calls]

    def dying(parameters, seeds):
        if left[0] == 0:
            raise KilledError
        left[0] -= 1
        return simulate(parameters, seeds)

    return dying


@pytest.mark.parametrize("calls", [0, 2, 5])
def test_a_killed_fit_goes_on_to_the_same_posterior(whole, tmp_path, calls):
    with pytest.raises(KilledError):
        fitted(killed_after(calls), checkpoint=tmp_path / "bank")
    assert len(list((tmp_path / "bank").glob("round_*.npz"))) == calls
    played = []

    def counted(parameters, seeds):
        played.append(len(parameters))
        return simulate(parameters, seeds)

    assert same(whole, fitted(counted, checkpoint=tmp_path / "bank"))
    assert sum(played) < BUDGET or calls == 0
    assert same(whole, fitted(checkpoint=tmp_path / "bank"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank") / "bank"
    fitted(checkpoint=folder)
    return folder


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"budget": 1_001}, {"prior": {**PRIOR, "a": (0.0, 2.0)}},
     {"targets": [Figure("x", 0.5, sd=0.05), *TARGETS[1:]]}],
)  # fmt: skip
def test_a_bank_of_another_problem_is_refused(kept, other):
    with pytest.raises(InputError, match="bank of another problem"):
        fitted(checkpoint=kept, **other)


def test_a_bank_of_another_simulator_is_refused(kept):
    with pytest.raises(InputError, match="not what simulate gives"):
        fitted(lambda p, s: simulate(p, s) + 1.0, checkpoint=kept)


def copied(kept, to):
    to.mkdir()
    for path in kept.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_a_damaged_bank_is_refused(kept, tmp_path):
    folder = copied(kept, tmp_path / "a")
    (folder / "round_01.npz").write_bytes(b"no")
    with pytest.raises(InputError, match=r"round_01.npz: cannot be read"):
        fitted(checkpoint=folder)
    (folder / "round_01.npz").write_bytes((folder / "round_02.npz").read_bytes())
    with pytest.raises(InputError, match="its rows are not those of this fit"):
        fitted(checkpoint=folder)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="is no manifest of a bank"):
        fitted(checkpoint=folder)
    (folder / "manifest.json").write_text('{"winset_bank": 9, "key": ""}')
    with pytest.raises(InputError, match="winset_bank is 9; this version reads 1"):
        fitted(checkpoint=folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match="has no manifest.json"):
        fitted(checkpoint=folder)


def test_a_saved_fit_comes_back_whole(whole, tmp_path):
    path = whole.save(tmp_path / "mine")
    assert path.name == "mine.npz"
    again = load_fit(path, simulate)
    assert same(whole, again)
    assert again.status == whole.status
    assert again.verdicts() == whole.verdicts()
    assert np.array_equal(again.refit().parameters, whole.refit().parameters)
    assert Fit.load(path).simulate is None


def rewritten(path, change):
    with np.load(path) as arrays:
        held = dict(arrays)
    record = json.loads(held["record"].tobytes())
    change(record)
    held["record"] = np.frombuffer(json.dumps(record).encode(), np.uint8)
    np.savez(path, **held)
    return path


def test_a_file_that_is_no_fit_of_this_version_is_refused(whole, tmp_path):
    path = tmp_path / "mine.npz"
    with pytest.raises(InputError, match="is no saved fit"):
        load_fit(path)
    path.write_text("no fit")
    with pytest.raises(InputError, match="is no saved fit"):
        load_fit(path)
    whole.save(path)
    with pytest.raises(InputError, match="is of the parameters a, b"):
        load_fit(path, prior={"a": (0, 1)})
    assert load_fit(path, prior=PRIOR).rows == BUDGET
    rewritten(path, lambda record: record.update(rounds=99))
    with pytest.raises(InputError, match="is a damaged fit"):
        load_fit(path)
    rewritten(path, lambda record: record.update(winset_fit=2))
    with pytest.raises(InputError, match="winset_fit is 2; this version reads 1"):
        load_fit(path)

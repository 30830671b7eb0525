"""The lives of a rule: called plainly and called compiled, it gives the same bits."""

import importlib
import inspect
import math
import pkgutil
import struct
import types
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import sim.rules
from sim import compiling
from sim.compiling import (
    COMPILED,
    cache_folder,
    lane_mover,
    record_maker,
    source_fingerprint,
    wide_product,
)

MODULES = [
    importlib.import_module(f"sim.rules.{found.name}")
    for found in pkgutil.iter_modules(sim.rules.__path__)
]
EXAMPLES = 1500


def body(rule: Any) -> Any:
    """The function that a rule was made of."""
    return getattr(rule, "py_func", rule)


def rules_of(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        made = body(value)
        if inspect.isfunction(made) and made.__module__ == module.__name__:
            yield name, value


RULES = {
    f"{module.__name__.removeprefix('sim.rules.')}.{name}": rule
    for module in MODULES
    for name, rule in rules_of(module)
}

# What an argument of a name can be: a range, or a list of values.
RANGES: dict[str, tuple[float, float] | list[float]] = {
    **dict.fromkeys(
        "time concession ambition patience patience_self patience_other split weight backlash "
        "reaction speed jump insistence free_category demanded category escalator "
        "usual_escalator probability signal_weight expected_probability".split(),
        (0.0, 1.0),
    ),
    **dict.fromkeys(
        "reservation believed best_demand target opening joint_gain own_reservation "
        "other_reservation cost worth lowest offer mean demand reservation_cost opening_cost "
        "tabled_by_other own_offer buyers_amount sellers_amount value threshold felt "
        "signing_threshold limit own_cost others_payment".split(),
        (-2.0, 8.0),
    ),
    **dict.fromkeys(
        "noise bias shock advantage own_next_gain gain surplus gap movement of_category "
        "of_terms".split(),
        (-3.0, 3.0),
    ),
    **dict.fromkeys(
        "us_worth seoul_cost per_category audience_cost precedent_weight per_escalator "
        "per_duration backlash_cost threat_willingness waiting_cost option_value lapse_cost "
        "threat_cost per_gap per_movement noise_weight".split(),
        (0.0, 1.5),
    ),
    **dict.fromkeys("belief_sd sd noise_sd".split(), (0.0, 0.5)),
    "exponent": (0.01, 100.0),
    "y": (-60.0, 60.0),
    "x": (-60.0, 60.0),
    "w": (1e-13, 60.0),
    "power": (-750.0, 1.0),
    "log_of_commoner": (-0.7, 0.0),
    "one_per_scale": (0.0, 200.0),
    "none": (0.0, 1.0),
    "term": (0.0, 1.0),
    "odds": (0.0, 1.0),
    "base": (-9.0, 3.0),
    "scale": (0.01, 100.0),
    "width": (0.01, 3.0),
    "amount": (0.0, 10.0),
    "cap": (0.01, 10.0),
    "precision": (0.0, 200.0),
    "largest": (0.0, 1.0),
    "longest": [float(years) for years in range(1, 11)],
    "duration": (0.0, 10.0),
    "usual_duration": (0.0, 10.0),
    "family": [0.0, 1.0, 2.0],
    "final_counteroffer": [0.0, 1.0],
    **dict.fromkeys(
        "round_index start rounds offers_left rounds_ahead deadline_round expiry_round".split(),
        [float(count) for count in range(1, 21)],
    ),
    **dict.fromkeys("trials step yes present members".split(), [float(n) for n in range(301)]),
}
# Values at the edge of what is meant, mixed in at times.
EDGES = {
    "precision": [math.inf, 0.0],
    "cap": [math.inf],
    "base": [-math.inf],
    "limit": [math.inf],
    "sd": [0.0],
    "noise_sd": [0.0],
    "belief_sd": [0.0],
    "noise": [0.0],
    "time": [0.0, 1.0],
    "concession": [0.0, 1.0],
    "probability": [0.0, 0.5, 1.0],
    "backlash": [0.0, 1.0],
    "largest": [0.0],
    "audience_cost": [0.0, 1e9],
    "x": [0.0, 800.0, -800.0],
    "power": [0.0, -708.0, -math.inf],
    "y": [-30.0, 1.0, 1e6],
    "draw": [2.0**-53, 1.0 - 2.0**-53, 0.5, 1e-20],
}


def argument(name: str, kind: type, random: np.random.Generator) -> float | bool:
    if kind is bool:
        return bool(random.integers(2))
    if name in EDGES and random.random() < 0.1:
        return float(random.choice(EDGES[name]))
    if name == "draw":
        return float((int(random.integers(2**53)) | 1) * 2.0**-53)
    among = RANGES[name]
    if isinstance(among, list):
        return float(random.choice(among))
    return float(random.uniform(*among))


def arguments(rule: Any, label: str) -> Iterator[tuple[float | bool, ...]]:
    random = np.random.default_rng(zlib.crc32(label.encode()))
    wanted = inspect.signature(body(rule)).parameters.values()
    for _ in range(EXAMPLES):
        yield tuple(argument(p.name, p.annotation, random) for p in wanted)


def plain_life(rule: Any) -> Callable[..., Any]:
    """The rule as a reader runs it: the rules that it calls are plain as well."""
    made = body(rule)
    names = {
        name: plain_life(value) if hasattr(value, "py_func") else value
        for name, value in made.__globals__.items()
        if name in made.__code__.co_names
    }
    return types.FunctionType(made.__code__, names, made.__name__)


def bits(value: float | bool) -> bytes:
    return struct.pack("<d", value)


def test_every_file_of_the_talks_holds_rules():
    assert len(MODULES) == 13
    for module in MODULES:
        assert list(rules_of(module)), module.__name__


@pytest.mark.parametrize("label", RULES)
def test_a_rule_gives_the_same_bits_plain_and_compiled(label):
    rule = RULES[label]
    plain = plain_life(rule)
    answers = set()
    for given in arguments(rule, label):
        expected, found = plain(*given), rule(*given)
        assert type(found) is type(expected), given
        assert bits(found) == bits(expected), given
        answers.add(found)
    assert len(answers) > 1  # the arguments reach more than one answer


@pytest.mark.parametrize("label", RULES)
def test_a_rule_gives_a_number_for_every_argument_that_is_meant(label):
    for given in arguments(RULES[label], label):
        assert not math.isnan(RULES[label](*given)), given


# the decorator


@pytest.mark.plain
def test_both_halves_of_a_product_are_those_of_whole_numbers():
    product = numba.njit(lambda left, right: wide_product(left, right))
    random = np.random.default_rng(1)
    pairs = random.integers(0, 2**64, (500, 2), np.uint64)
    pairs[:3] = [[0, 2**64 - 1], [2**64 - 1, 2**64 - 1], [2**63, 2]]
    for left, right in pairs:
        upper, lower = (int(half) for half in product(left, right))
        assert (upper << 64) + lower == int(left) * int(right)


@pytest.mark.plain
def test_a_kernel_can_hold_a_record_of_its_own():
    make = record_maker(np.dtype([("offer", "f8"), ("left", "?")]))

    def play(offer: float) -> float:
        state = make()
        state.offer, state.left = offer, offer > 1.0
        return -state.offer if state.left else state.offer + 1.0

    played = numba.njit(play)
    assert [played(0.5), played(2.0), played(0.25)] == [1.5, -2.0, 1.25]


@pytest.mark.plain
def test_a_lane_is_moved_in_every_column():
    lanes = np.dtype([("offer", "f8", (3,)), ("clock", "i8", (3,))])
    make, move = record_maker(lanes), lane_mover(lanes)

    def play() -> tuple[float, ...]:
        state = make()
        for lane in range(3):
            state.offer[lane], state.clock[lane] = 0.5 + lane, 7 + lane
        move(state, 2, 0)
        return state.offer[0], state.offer[1], state.offer[2], state.clock[0], state.clock[1]

    assert tuple(numba.njit(play)()) == (2.5, 1.5, 2.5, 9, 8)


def test_rules_are_compiled_unless_that_is_switched_off():
    assert COMPILED == all(hasattr(rule, "py_func") for rule in RULES.values())


def test_the_fingerprint_of_the_source_notices_any_change(tmp_path: Path):
    (tmp_path / "rules").mkdir()
    file = tmp_path / "rules" / "one.py"
    file.write_text("x = 1\n")
    first = source_fingerprint(tmp_path)
    file.write_text("x = 2\n")
    second = source_fingerprint(tmp_path)
    file.rename(tmp_path / "rules" / "two.py")
    third = source_fingerprint(tmp_path)
    assert len({first, second, third}) == 3
    assert source_fingerprint(tmp_path) == third


def test_compiled_code_is_kept_apart_by_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = Path(compiling.__file__).parent
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = cache_folder(package)
    assert folder == tmp_path / "winset" / source_fingerprint(package)
    assert folder.is_dir()


def test_compiled_code_goes_to_the_user_s_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder(Path(sim.rules.__path__[0]))
    assert folder is not None
    assert folder.parent == tmp_path / "winset"


def test_nothing_is_kept_where_no_folder_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    assert cache_folder(Path(sim.rules.__path__[0])) is None

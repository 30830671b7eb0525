"""The only place that configures the compiler.

A rule lives three lives: as the plain function that a reader sees (`rule.py_func`), as a compiled
scalar call (what the Mesa agents use) and inlined in the kernel. The three agree bit for bit
because nothing here may reorder or contract floating-point work: no fastmath, no vector maths
library, and a division by zero gives an infinity instead of a hidden branch (no rule divides by a
number that can be zero; the plain life would raise, and the identity tests would see it).

The cache is keyed on the text of the whole package. The compiler itself only notices a change of
the file that holds the kernel, so that an edited rule would otherwise go on being played from an
old compilation, silently.
"""

import hashlib
import math
import operator
import os
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic, lower_builtin, type_callable
from numpy.typing import NDArray

_CONFIG: Any = config
COMPILED: bool = not _CONFIG.DISABLE_JIT


def source_fingerprint(package: Path) -> str:
    """Hash of every source file of the package, in order of its path (16 hex digits)."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder(package: Path) -> Path | None:
    """The folder for compiled code of exactly this source, or None where none can be written."""
    root = os.environ.get("NUMBA_CACHE_DIR")
    if root is None:
        root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "winset" / source_fingerprint(package)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


_FOLDER = cache_folder(Path(__file__).parent)
if _FOLDER is not None:
    _CONFIG.CACHE_DIR = str(_FOLDER)

# Scalars chosen by the mask registers of AVX-512 wait longer than by a jump or a blend.
if _CONFIG.CPU_NAME is None:
    _CONFIG.CPU_NAME = "generic"
    _CONFIG.CPU_FEATURES = get_host_cpu_features().replace("+avx512", "-avx512")

_OPTIONS: dict[str, Any] = {
    "cache": _FOLDER is not None,
    "fastmath": False,
    "error_model": "numpy",
    "forceinline": True,
    "_nrt": False,  # nothing compiled makes an array: no atomic counts of who uses which
}


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile a pure scalar function; its plain life stays reachable as `.py_func`."""
    compiled: Any = numba.njit(**_OPTIONS)(function)
    return compiled


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a loop over negotiations; it lets other threads run while it works."""
    compiled: Any = numba.njit(nogil=True, **_OPTIONS)(function)
    return compiled


class _PlainRow:
    """A row whose columns are attributes, as the compiler sees it."""

    def __init__(self, row: np.void) -> None:
        object.__setattr__(self, "_row", row)

    def __getattr__(self, name: str) -> Any:
        return self._row[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._row[name] = value


class _PlainTable:
    """A table of such rows."""

    def __init__(self, table: NDArray[Any]) -> None:
        self._table, self.shape = table, table.shape

    def __getitem__(self, index: Any) -> Any:
        item = self._table[index]
        return _PlainRow(item) if isinstance(item, np.void) else _PlainTable(item)


def records(table: NDArray[Any]) -> Any:
    """A table whose rows have their columns as attributes, compiled or not."""
    return table if COMPILED else _PlainTable(table)


def record_maker(dtype: np.dtype[Any]) -> Any:
    """A function without arguments that gives a kernel one record of its own.

    Compiled, the record lies on the stack of the kernel, so that the compiler sees that nothing
    else can point to it and keeps its columns in registers. Its columns hold nothing until written.
    """
    record = numba.from_dtype(dtype)

    @intrinsic
    def make(_typing: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
            with builder.goto_entry_block():  # `alloca_once` would fill it with zeros each time
                return builder.alloca(context.get_data_type(record))

        return record(), generate

    return make if COMPILED else lambda: _PlainRow(np.zeros(1, dtype)[0])


def lane_mover(dtype: np.dtype[Any]) -> Any:
    """A function that copies, in every column of a record of arrays, one element to another."""
    record: Any = numba.from_dtype(dtype)

    @intrinsic
    def move(_typing: Any, _record: Any, _source: Any, _target: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            base, *lanes = arguments
            for name in dtype.names or ():
                kind = context.get_data_type(record.typeof(name).dtype)
                start = cgutils.get_record_member(builder, base, record.offset(name), kind)
                source, target = (builder.gep(start, [lane]) for lane in lanes)
                builder.store(builder.load(source), target)
            return context.get_dummy_value()

        return types.void(record, types.intp, types.intp), generate

    def move_plainly(state: Any, source: int, target: int) -> None:
        for name in dtype.names or ():
            column = getattr(state, name)
            column[target] = column[source]

    return move if COMPILED else move_plainly


if not COMPILED:
    np.seterr(over="ignore")  # unsigned words wrap round, as they do compiled


@intrinsic
def _wide_product(_typing: Any, left: Any, right: Any) -> Any:
    """Both halves of a 64 x 64 bit product, from one machine multiplication."""
    halves = types.UniTuple(types.uint64, 2)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        upper = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
        return context.make_tuple(builder, halves, (upper, builder.trunc(product, word)))

    return halves(types.uint64, types.uint64), generate


def _wide_product_plain(left: np.uint64, right: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The same without a compiler."""
    product = int(left) * int(right)
    return np.uint64(product >> 64), np.uint64(product % 2**64)


wide_product: Any = _wide_product if COMPILED else _wide_product_plain


def _exactly_fused(left: float, right: float, added: float) -> float:
    """left x right + added, rounded once, for a Python without math.fma."""
    return float(Fraction(left) * Fraction(right) + Fraction(added))


_fused: Any = getattr(math, "fma", _exactly_fused)


def _by_pairs(terms: Sequence[Any], x: Any, fused: Any, times: Any) -> Any:
    """The sum of terms[k] x^k: neighbours first, then pairs of neighbours (Estrin's scheme)."""
    while len(terms) > 1:
        paired = [fused(odd, x, even) for even, odd in zip(terms[::2], terms[1::2], strict=False)]
        terms = [*paired, terms[-1]] if len(terms) % 2 else paired
        x = times(x, x)
    return terms[0]


def polynomial(x: float, terms: tuple[float, ...]) -> float:
    """The sum of terms[k] x^k, an even number of terms; each product and its sum rounded once."""
    even, odd = (_by_pairs(part, x * x, _fused, operator.mul) for part in (terms[::2], terms[1::2]))
    return _fused(odd, x, even)


def ratio(x: float, over: tuple[float, ...], under: tuple[float, ...]) -> float:
    """A ratio of two polynomials with as many terms; each product and its sum rounded once."""
    first, second = (_by_pairs(terms, x, _fused, operator.mul) for terms in (over, under))
    return first / second


TO_WHOLE = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to a whole number


def power_of_two(raised: float) -> float:
    """2 to a whole power from -1022 to 1023, given that power + TO_WHOLE."""
    return math.ldexp(1.0, int(raised - TO_WHOLE))


@type_callable(ratio)
def _type_of_ratio(_context: Any) -> Any:
    return lambda x, over, under: types.float64(types.float64, over, under)


@type_callable(polynomial)
def _type_of_polynomial(_context: Any) -> Any:
    return lambda x, terms: types.float64(types.float64, terms)


@type_callable(power_of_two)
def _type_of_power_of_two(_context: Any) -> Any:
    return lambda raised: types.float64(types.float64)


@lower_builtin(ratio, types.Float, types.UniTuple, types.UniTuple)
def _compiled_ratio(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    x, *both = arguments
    parts = [cgutils.unpack_tuple(builder, terms) for terms in both]
    return builder.fdiv(*(_by_pairs(part, x, builder.fma, builder.fmul) for part in parts))


@lower_builtin(polynomial, types.Float, types.UniTuple)
def _compiled_polynomial(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    x, terms = arguments[0], cgutils.unpack_tuple(builder, arguments[1])
    square = builder.fmul(x, x)
    even, odd = (
        _by_pairs(part, square, builder.fma, builder.fmul) for part in (terms[::2], terms[1::2])
    )
    return builder.fma(odd, x, even)


@lower_builtin(power_of_two, types.Float)
def _compiled_power_of_two(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    word = ir.IntType(64)  # whose lowest bits are the power
    power = builder.shl(builder.bitcast(arguments[0], word), ir.Constant(word, 52))
    return builder.bitcast(builder.add(power, ir.Constant(word, 1023 << 52)), ir.DoubleType())

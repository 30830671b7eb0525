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
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

COMPILED: bool = not numba.config.DISABLE_JIT  # pyright: ignore[reportAttributeAccessIssue]


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
    numba.config.CACHE_DIR = str(_FOLDER)  # pyright: ignore[reportAttributeAccessIssue]

_OPTIONS: dict[str, Any] = {
    "cache": _FOLDER is not None,
    "fastmath": False,
    "error_model": "numpy",
}


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile a pure scalar function; its plain life stays reachable as `.py_func`."""
    return numba.njit(**_OPTIONS)(function)


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a loop over negotiations; it lets other threads run while it works."""
    return numba.njit(nogil=True, **_OPTIONS)(function)


if COMPILED:

    @intrinsic
    def high_product(_typing: Any, left: Any, right: Any) -> Any:
        """The upper 64 bits of a 64 x 64 bit product (uint64, uint64 -> uint64)."""

        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            wide = cgutils.ir.IntType(128)
            product = builder.mul(*(builder.zext(a, wide) for a in arguments))
            upper = builder.lshr(product, cgutils.ir.Constant(wide, 64))
            return builder.trunc(upper, cgutils.ir.IntType(64))

        return types.uint64(types.uint64, types.uint64), generate

else:

    def high_product(left: np.uint64, right: np.uint64) -> np.uint64:
        """The upper 64 bits of a 64 x 64 bit product (uint64, uint64 -> uint64)."""
        return np.uint64((int(left) * int(right)) >> 64)

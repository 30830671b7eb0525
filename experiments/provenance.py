"""Where a number comes from: study, case, seed, versions and commit, in one small record."""

import hashlib
import json
import math
import platform
import subprocess
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.compiling import source_fingerprint

PACKAGES = ("mesa", "numpy", "scipy", "numba", "matplotlib", "pyarrow")
_ROOT = Path(__file__).parents[1]


@lru_cache(maxsize=1)
def commit() -> str:
    """The commit of the checkout that this code runs from, marked where files differ from it."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git(
            "status", "--porcelain", "--untracked-files=no", "--", "sim", "experiments", "seeds"
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head + ("+changes" if changed else "")


def _git(*words: str) -> str:
    if not (_ROOT / ".git").exists():
        raise FileNotFoundError(".git")
    run = subprocess.run(
        ("git", "-C", str(_ROOT), *words), capture_output=True, text=True, timeout=10, check=True
    )
    return run.stdout.strip()


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of Winset, Python and the packages that numbers depend on."""
    found = {"winset": _version("winset"), "python": platform.python_version()}
    return found | {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


@lru_cache(maxsize=1)
def model_fingerprint() -> str:
    """Hash of the source of the model: runs of another model are not the same run."""
    return source_fingerprint(_ROOT / "sim")


def plain(value: Any) -> Any:
    """A value as strict JSON can hold it: infinities as the words "inf" and "-inf", NaN as null."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else f"{value:g}"
    return value


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def one_line(manifest: dict[str, Any]) -> str:
    """The provenance of a figure in a line that fits under it."""
    versions_, study = manifest["versions"], manifest["study"]
    name = study if isinstance(study, str) else study["name"]
    posterior = {} if isinstance(study, str) else study.get("posterior", {})
    drawn = f"posterior {posterior['name']} ({posterior['digest'][:8]}) · " if posterior else ""
    return (
        f"{name} · case {manifest['case']} ({manifest['case_digest'][:8]}) · {drawn}"
        f"seed {manifest['seed']} · winset {versions_['winset']} · commit {manifest['commit'][:9]}"
        f"{'+changes' if manifest['commit'].endswith('+changes') else ''}"
    )

"""The pages of the site that stand elsewhere in the project, brought in when it is built.

A hook of MkDocs. README, model and decisions have one home and one text; here they become pages,
and their links lead to pages. A linked file that is no page of its own, such as a module or a case
file, is shown as it stands.
"""

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "sim/MODEL.md": "model.md",
    "seeds/reported/README.md": "reported.md",
    "results/README.md": "results.md",
    "DECISIONS.md": "decisions.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
_FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
_LANGUAGES = {".py": "python", ".toml": "toml", ".csv": "text"}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that stand elsewhere, and the files that pages link to."""
    texts = {uri: (source, _text(source)) for source, uri in PAGES.items()}
    for file in list(files.documentation_pages()):
        texts[file.src_uri] = (f"docs/{file.src_uri}", file.content_string)
        files.remove(file)
    linked: dict[str, None] = {}
    for uri, (source, text) in texts.items():
        content = with_links(text, lambda to, s=source, u=uri: _address(to, s, u, linked))
        files.append(File.generated(config, uri, content=content))
    for path in linked:
        files.append(File.generated(config, _shown_at(path), content=_shown(path)))
    return files


def with_links(text: str, address: Callable[[str], str]) -> str:
    """The text with every link outside of code readdressed."""
    parts = _FENCED.split(text)
    parts[::2] = [_LINK.sub(lambda m: m[1] + address(m[2]) + m[3], part) for part in parts[::2]]
    return "".join(parts)


def _address(to: str, source: str, uri: str, linked: dict[str, None]) -> str:
    """Where a link of a page leads on the site."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), to))
    if "://" in to or not (ROOT / path).exists():
        return to
    if (ROOT / path).is_dir():
        inside = ("README.md", "__init__.py")
        path = next((f"{path}/{n}" for n in inside if (ROOT / path / n).exists()), path)
    there = PAGES.get(path)
    if there is None and path.startswith("docs/") and not path.endswith(".py"):
        there = path.removeprefix("docs/")
    if there is None:
        linked[path] = None
        there = _shown_at(path)
    return posixpath.relpath(there, posixpath.dirname(uri) or ".")


def _shown_at(path: str) -> str:
    return f"files/{path}.md"


def _shown(path: str) -> str:
    """A page that shows a file."""
    suffix = posixpath.splitext(path)[1]
    if suffix == ".md":
        return _text(path)
    return f"# {path}\n\n````{_LANGUAGES.get(suffix, 'text')}\n{_text(path)}````\n"


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")

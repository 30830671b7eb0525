"""The page of public names, made from the signatures and docstrings of `sim`."""

import ast
import dataclasses
import enum
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import sim

_SECTION = re.compile(r"^(Parameters|Returns|Raises)\n-+\n", re.MULTILINE)

_ATTRIBUTE = re.compile(r"(?:^|; )(\w+) : ", re.MULTILINE)


def public_names() -> str:
    """Every public name that is a class or a function: what it says, what it takes, what it has."""
    things = ((name, getattr(sim, name)) for name in sorted(sim.__all__, key=str.lower))
    return "\n\n".join("\n\n".join(_told(name, thing)) for name, thing in things if callable(thing))


def _told(name: str, thing: Any) -> Iterator[str]:
    yield f"## {name}"
    if inspect.isfunction(thing):
        yield _signature(thing)
    yield _docstring(thing)
    if isinstance(thing, enum.EnumMeta):
        codes: Any = thing.__members__.values()
        members = (f"`{code.name}` = {code.value}" for code in codes)
        yield "Codes: " + ", ".join(members) + "."
    elif dataclasses.is_dataclass(thing) and isinstance(thing, type):
        yield "\n".join(_fields(thing))
    if isinstance(thing, type) and not issubclass(thing, enum.Enum):
        for method, function in vars(thing).items():
            if inspect.isfunction(function) and not method.startswith("_"):
                yield f"### {name}.{method}"
                yield _signature(function)
                yield _docstring(function)


def _definition(thing: Any) -> tuple[ast.stmt, list[str]]:
    source = textwrap.dedent(inspect.getsource(thing))
    return ast.parse(source).body[0], source.splitlines()


def _signature(function: Any) -> str:
    """The signature, on one line where it fits, else an argument a line."""
    tree, _ = _definition(function)
    assert isinstance(tree, ast.FunctionDef)
    returns = f" -> {ast.unparse(tree.returns)}" if tree.returns else ""
    arguments = ast.unparse(tree.args).replace("'", "")
    whole = f"{tree.name}({arguments}){returns}".replace("'", "")
    if len(whole) > 88:
        each = re.split(r", (?=\w+:|\*)", arguments)
        whole = f"{tree.name}(\n    " + ",\n    ".join(each) + f",\n){returns}".replace("'", "")
    return f"```python\n{whole}\n```"


def _docstring(thing: Any) -> str:
    """A docstring as Markdown: its sections become lists."""
    words, *sections = _SECTION.split(inspect.getdoc(thing) or "")
    parts = [_ATTRIBUTE.sub(r"\n- `\1`: ", words.strip())]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        parts += [f"*{title}*", "\n".join(_items(title, body))]
    return "\n\n".join(parts)


def _items(title: str, body: str) -> Iterator[str]:
    if title == "Raises":
        for name, words in re.findall(r"^(\w+)\n((?:    .*\n?)+)", body, re.MULTILINE):
            yield f"- `{name}`: {' '.join(words.split())}"
    else:
        for line in body.strip().splitlines():
            name, colon, words = line.partition(" : ")
            yield f"- `{name}`: {words}" if colon else f"- {line}"


def _fields(thing: type) -> Iterator[str]:
    """The fields of a dataclass with the comments that stand beside them."""
    tree, lines = _definition(thing)
    assert isinstance(tree, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            _, _, comment = lines[node.lineno - 1].partition("  # ")
            words = f": {comment}" if comment else ""
            yield f"- `{ast.unparse(node.target)}` ({ast.unparse(node.annotation)}){words}"

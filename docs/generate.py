"""The tables of sim/MODEL.md and the names of docs/api.md, generated from the code.

    python -m docs.generate            rewrites them
    python -m docs.generate --check    names what is stale, exit code 1

A table stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`; `TABLES` below says what
each is made of. The order of play is read from the syntax tree (`docs.order_of_play`), the public
names from docstrings (`docs.public_names`).
"""

import argparse
import importlib
import inspect
import math
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sim.draws
import sim.parameters
import sim.rules
from docs.order_of_play import ACTORS, acts, attributes, order_of_play, returns_instead_of, says
from docs.public_names import public_names
from sim.design_points import DERIVED
from sim.outcomes import COLUMNS
from sim.parameters import Parameter
from sim.terms import Ending, Purpose

ROOT = Path(__file__).parents[1]
MODEL, API = ROOT / "sim" / "MODEL.md", ROOT / "docs" / "api.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """A cell: one line, with bars that do not end it."""
    return " ".join(text.split()).replace("|", "\\|")


def code(names: Sequence[str] | str) -> str:
    """Names set as code."""
    return ", ".join(f"`{name}`" for name in ([names] if isinstance(names, str) else names))


def entities() -> str:
    """The actors: what each stands for, holds and does."""
    rows = [
        [code(actor.__name__), says(actor), code(attributes(actor)), code(acts(actor))]
        for actor in ACTORS
    ]
    return table(["actor", "stands for", "holds", "does"], rows)


def parameters() -> str:
    """The table of parameters, section by section, and that of the blocs."""
    sections: dict[str, list[Parameter]] = {}
    for row in sim.parameters.PARAMETERS:
        sections.setdefault(row.name.split(".")[0], []).append(row)
    sections["assembly.blocs, for each party"] = list(sim.parameters.BLOC_PARAMETERS)
    return "\n\n".join(f"**{name}**\n\n{_parameters(rows)}" for name, rows in sections.items())


def _parameters(rows: Sequence[Parameter]) -> str:
    head = ["name", "symbol", "unit", "range", "central", "prior", "off", "meaning", "source"]
    return table(
        head,
        [
            [
                code(row.name), code(row.symbol) if row.symbol else "", row.unit, _range(row),
                _value(row, row.central), str(row.prior), row.off, row.meaning, row.source,
            ]
            for row in rows
        ],
    )  # fmt: skip


def _range(row: Parameter) -> str:
    if row.codes is not None:
        return ", ".join(_value(row, float(member)) for member in row.codes)
    ends = f"{_value(row, row.low)} to {_value(row, row.high)}"
    return f"{ends}, whole" if row.whole else ends


def _value(row: Parameter, value: float) -> str:
    if row.codes is not None:
        return row.codes(int(value)).name.lower()
    return f"{value:.4g}" if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def derived() -> str:
    """What a design point holds beside its parameters."""
    return table(["column", "meaning"], [[code(name), meaning] for name, meaning in DERIVED])


def schedule() -> str:
    """One round, act by act."""
    rows = [
        [str(number), act.actor and code(act.actor), act.does, code(act.when),
         code(act.rules)]
        for number, act in enumerate(order_of_play(), 1)
    ]  # fmt: skip
    return table(["", "actor", "does", "if", "rules"], rows)


def rule_modules() -> Iterator[tuple[types.ModuleType, str]]:
    """The modules of rules in the order of play, with the words that introduce each."""
    contents = inspect.getdoc(sim.rules) or ""
    for name, words in re.findall(r"^    (\w+) {2,}(\S.*)$", contents, re.MULTILINE):
        yield importlib.import_module(f"sim.rules.{name}"), words


def rules_of(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    """The public rules of a module, as plain functions."""
    for name, value in vars(module).items():
        made = getattr(value, "py_func", value)
        own = inspect.isfunction(made) and made.__module__ == module.__name__
        if own and not name.startswith("_"):
            yield name, made


def rules() -> str:
    """Every rule, in the order of play."""
    rows = []
    for module, _ in rule_modules():
        for name, rule in rules_of(module):
            arguments = list(inspect.signature(rule).parameters)
            rows.append([module.__name__.split(".")[-1], code(name), says(rule),
                         code(arguments)])  # fmt: skip
    return table(["module", "rule", "says", "arguments"], rows)


def draws() -> str:
    """What each word of a block of draws is for."""
    told = dict(re.findall(r"^    ([A-Z]+) +(.*\|.*)$", sim.draws.__doc__ or "", re.MULTILINE))
    rows = []
    for purpose in Purpose:
        words = [word.strip() for word in re.split(r"[|;]", told[purpose.name])]
        actor = words[4] if len(words) > 4 else ""
        rows.append([code(purpose.name), *words[:4], actor])
    return table(["purpose", "word 0", "word 1", "word 2", "word 3", "addressed by"], rows)


def outcomes() -> str:
    """The record of a negotiation."""
    return table(
        ["column", "type", "unit", "meaning"],
        [[code(c.name), code(c.kind), c.unit, c.meaning] for c in COLUMNS],
    )


def endings() -> str:
    """How the talks end, and with what probability they resume instead."""
    fields = {row.field: row.name for row in sim.parameters.PARAMETERS}
    instead = {end: fields[field] for end, field in returns_instead_of().items()}
    rows = [
        [str(int(end)), code(end.name), "no" if end is Ending.RATIFIED else "yes",
         code(instead[end.name]) if end.name in instead else ""]
        for end in Ending
    ]  # fmt: skip
    return table(["code", "ending", "breakdown", "talks resume instead with probability"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "entities": entities,
    "parameters": parameters,
    "derived": derived,
    "endings": endings,
    "outcomes": outcomes,
    "schedule": schedule,
    "draws": draws,
    "rules": rules,
    "names": public_names,
}
PAGES: dict[Path, tuple[str, ...]] = {MODEL: tuple(TABLES)[:-1], API: ("names",)}


def block(name: str) -> re.Pattern[str]:
    """Where the generated table of a name stands."""
    return re.compile(f"(?<=<!-- generated: {name} -->\n).*?(?=<!-- end: {name} -->)", re.DOTALL)


def rewritten(text: str, name: str) -> str:
    """The text with one table as the code now has it.

    Raises
    ------
    ValueError
        Where the markers of the table do not stand there exactly once.
    """
    fresh = f"\n{TABLES[name]()}\n\n"
    changed, count = block(name).subn(lambda _: fresh, text)
    if count != 1:
        raise ValueError(f"the markers of {name!r} stand {count} times; it must be once")
    return changed


def stale(text: str, names: Sequence[str]) -> list[str]:
    """The names of the tables of a page that differ from the code."""
    return [name for name in names if rewritten(text, name) != text]


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the tables, or check them; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.generate", description="Rewrite the generated tables."
    )
    parser.add_argument("--check", action="store_true", help="change nothing; 1 where stale")
    only_check = parser.parse_args(arguments).check
    found = False
    for page, tables in PAGES.items():
        text = page.read_text(encoding="utf-8")
        for name in stale(text, tables):
            found = True
            what = "is stale" if only_check else "rewritten"
            print(f"{page.relative_to(ROOT).as_posix()}: table {name!r} {what}")
            text = rewritten(text, name)
        if not only_check:
            page.write_text(text, encoding="utf-8")
    if only_check and found:
        print("python -m docs.generate brings them up to date", file=sys.stderr)
    return int(only_check and found)


if __name__ == "__main__":
    sys.exit(main())

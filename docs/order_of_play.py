"""One round of the talks, read from the syntax trees of `TalksModel.step` and of the agents.

Each act of an actor as it comes, with the condition that it stands under and the rules it reaches.
"""

import ast
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import sim.agents
import sim.model
import sim.rules
from sim.agents import Actor, Team
from sim.model import TalksModel
from sim.policies import Heuristic
from sim.terms import Ending

ACTORS: tuple[type[Actor], ...] = tuple(
    getattr(sim.agents, name)
    for name in (
        "President USNegotiators ForeignMinistry NationalAssembly PartyBloc Public "
        "SecurityEnvironment"
    ).split()
)
_DECIDERS: tuple[type, ...] = (*ACTORS, Heuristic)
_RECORDS = ("_open_record", "_name")  # these keep the record of a round: nothing is decided there


@dataclass(frozen=True)
class Act:
    """One act of a round: whose, what, under what condition, by which rules."""

    actor: str
    does: str
    when: tuple[str, ...]
    rules: tuple[str, ...]


@cache
def _tree(function: Any) -> ast.FunctionDef:
    """The syntax tree of a function, method or property."""
    made: Any = function.fget if isinstance(function, property) else function
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(made))).body
    assert isinstance(tree, ast.FunctionDef)
    return tree


def _own(owner: type, name: str) -> Any:
    """A method or property that a class of the project defines, or None."""
    for base in owner.__mro__:
        if base.__module__.startswith("sim.") and name in vars(base):
            found = vars(base)[name]
            return found if inspect.isfunction(found) or isinstance(found, property) else None
    return None


def _lines(owner: type) -> Iterator[type]:
    """A class and its bases, down from what every actor shares."""
    shared = (Actor, *Actor.__mro__)
    return (base for base in reversed(owner.__mro__) if base not in shared)


def attributes(actor: type) -> list[str]:
    """The state that an actor holds: what its methods assign to it."""
    found: dict[str, None] = {}
    for base in _lines(actor):
        for method in vars(base).values():
            if not inspect.isfunction(method):
                continue
            for node in ast.walk(_tree(method)):
                if not (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)):
                    continue
                if ast.unparse(node.value) == "self" and not node.attr.startswith("_"):
                    found[node.attr] = None
    return list(found)


def acts(actor: type) -> list[str]:
    """The names of what an actor does."""
    names = (n for base in _lines(actor) for n, v in vars(base).items() if inspect.isfunction(v))
    return list(dict.fromkeys(name for name in names if not name.startswith("_")))


@cache
def _rule_names() -> frozenset[str]:
    found = pkgutil.iter_modules(sim.rules.__path__)
    modules = [import_module(f"sim.rules.{module.name}") for module in found]
    return frozenset(
        name
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and value.__module__ == module.__name__
    )


class _Reached(ast.NodeVisitor):
    """The rules that a method reaches, through the agents, their views and the usual policy."""

    def __init__(self, team: type) -> None:
        self.rules: dict[str, None] = {}
        self._owner, self._team = team, team  # whose method is read, and whose view
        self._seen: set[Any] = set()

    def follow(self, owner: type, function: Any) -> None:
        if function in self._seen:
            return
        self._seen.add(function)
        before, self._owner = self._owner, owner
        self.generic_visit(_tree(function))
        self._owner = before

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in _rule_names():
            self.rules[node.id] = None

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        base = ast.unparse(node.value)
        if base == "view" and node.attr in _view():
            before, self._owner = self._owner, self._team
            self.visit(_view()[node.attr])
            self._owner = before
            return
        if node.attr == "view" or base in ("p", "self.point", "view"):
            return
        mine = _own(self._owner, node.attr) if base == "self" else None
        owners = [self._owner] if mine else _DECIDERS
        for owner in owners:
            function = mine or _own(owner, node.attr)
            if function is not None:
                self.follow(owner, function)


@cache
def _view() -> dict[str, ast.expr]:
    """What each field of a team's view is made of."""
    return {
        keyword.arg: keyword.value
        for node in ast.walk(_tree(Team.view))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "View"
        for keyword in node.keywords
        if keyword.arg
    }


def _rules_reached(owner: type, name: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for actor in (actor for actor in ACTORS if issubclass(actor, owner)):
        reached = _Reached(actor)
        reached.follow(actor, _own(actor, name))
        found |= reached.rules
    return tuple(found)


def _true(test: ast.expr) -> str:
    """A condition as the table shows it."""
    words = ast.unparse(test)
    for prefix in ("self.point.", "self.", "record.", "p."):
        words = words.replace(prefix, "")
    return words


def _false(test: ast.expr) -> str:
    """The opposite of a condition."""
    flipped = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _true(test.operand)
    if isinstance(test, ast.Compare) and type(test.ops[0]) in flipped:
        return _true(ast.Compare(test.left, [flipped[type(test.ops[0])]()], test.comparators))
    return f"not ({_true(test)})" if isinstance(test, ast.BoolOp) else f"not {_true(test)}"


class _Play(ast.NodeVisitor):
    """Follows the statements of a method of `TalksModel`, as they come."""

    def __init__(self, seats: dict[str, type], given: tuple[str, ...] = ()) -> None:
        self.seats, self.when = dict(seats), given
        self.acts: list[Act] = []

    def play(self, method: str) -> list[Act]:
        self._block(_tree(getattr(TalksModel, method)).body)
        return self.acts

    def _block(self, body: list[ast.stmt]) -> None:
        given = self.when
        for statement in body:
            self.visit(statement)
            if not isinstance(statement, ast.If) or statement.orelse:
                continue
            if isinstance(statement.body[-1], ast.Return):
                self.when = (*self.when, _false(statement.test))
        self.when = given

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        given = self.when
        for words, body in ((_true(node.test), node.body), (_false(node.test), node.orelse)):
            self.when = (*given, words)
            self._block(body)
        self.when = given

    def visit_For(self, node: ast.For) -> None:
        given = self.when
        self.when = (*given, f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}")
        self._block(node.body)
        self.when = given

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        given = self.when
        for value in node.values:
            self.visit(value)
            passes = _true if isinstance(node.op, ast.And) else _false
            self.when = (*self.when, passes(value))
        self.when = given

    def visit_Assign(self, node: ast.Assign) -> None:
        targets, value = node.targets[0], node.value
        if isinstance(targets, ast.Tuple) and isinstance(value, ast.Tuple):
            for target, source in zip(targets.elts, value.elts, strict=True):
                seat = ast.unparse(source).removeprefix("self.")
                if seat in self.seats:
                    self.seats[ast.unparse(target)] = self.seats[seat]
        self.generic_visit(node)
        said = ast.unparse(value)
        if ast.unparse(targets) == "self.ending" and said.startswith("Ending."):
            self._add("", f"The talks end: {Ending[said.removeprefix('Ending.')].name}", ())

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            if node.func.id in _rule_names():
                self._add("", says(_rule(node.func.id)), (node.func.id,))
        elif isinstance(node.func, ast.Attribute):
            self._method(ast.unparse(node.func.value), node.func.attr)

    def _method(self, base: str, name: str) -> None:
        if base == "self":
            self._helper(name)
            return
        owner = self.seats.get(base.removeprefix("self."))
        if owner is None and base in ("team", "responder") and _own(Team, name):
            owner = Team
        function = _own(owner, name) if owner else None
        if owner and function:
            self._add(owner.__name__, says(function), _rules_reached(owner, name))

    def _helper(self, name: str) -> None:
        if name in _RECORDS or not hasattr(TalksModel, name):
            return
        inner = _Play(self.seats, self.when).play(name)
        if any(act.actor or act.does.startswith("The talks end") for act in inner):
            self.acts += inner
        else:
            function = getattr(TalksModel, name)
            self._add("", says(function), tuple(r for act in inner for r in act.rules))

    def _add(self, actor: str, does: str, rules: tuple[str, ...]) -> None:
        self.acts.append(Act(actor, does, self.when, rules))


def says(thing: Any) -> str:
    """The first line of a docstring, without its full stop."""
    return (inspect.getdoc(thing) or "").split("\n")[0].rstrip(".")


def _rule(name: str) -> Any:
    return getattr(sim.model, name)


def _seats() -> dict[str, type]:
    """Which attribute of the model is which actor."""
    seats = {}
    for node in ast.walk(_tree(TalksModel.__init__)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = getattr(sim.agents, ast.unparse(node.value.func), None)
            if made in ACTORS:
                seats[ast.unparse(node.targets[0]).removeprefix("self.")] = made
    return seats


def order_of_play() -> list[Act]:
    """Every act of one round, as it comes."""
    return _Play(_seats()).play("step")


def returns_instead_of() -> dict[str, str]:
    """Ending -> the field of the probability with which the talks resume instead."""
    found = {}
    for method in (m for m in vars(TalksModel).values() if inspect.isfunction(m)):
        for node in ast.walk(_tree(method)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._resumes":
                _, probability, ending = (ast.unparse(argument) for argument in node.args)
                found[ending.removeprefix("Ending.")] = probability.split(".")[-1]
    return found

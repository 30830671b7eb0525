"""The dialect of the rules, in which plain and compiled code give the same bits.

The checker reads the syntax tree of a file and says what it finds outside the dialect; the second
half of this file shows that it finds what it should.
"""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim.rules

FILES = sorted(Path(sim.rules.__path__[0]).glob("*.py"))
MATH = {"exp", "log", "log1p", "sqrt", "pow", "erf", "isinf"}
IMPORTS = {"sim.compiling", "sim.terms"}
MOST_PARAMETERS = 8

STATEMENTS = (ast.Assign, ast.AugAssign, ast.If, ast.For, ast.Return, ast.Break)
OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.USub, ast.Not, ast.And, ast.Or,
    ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq,
)  # fmt: skip
EXPRESSIONS = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Name, ast.Constant,
    ast.Attribute, ast.Load, ast.Store,
)  # fmt: skip


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def parameters(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in function.args.args]


def chooses(function: ast.FunctionDef, choosing: set[str]) -> bool:
    """Whether a rule reads a draw, or calls a rule that does."""
    calls = {n.func.id for n in ast.walk(function) if is_call_by_name(n)}
    return any("draw" in name for name in parameters(function)) or bool(calls & choosing)


def is_call_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def choosing_rules(trees: list[ast.Module]) -> set[str]:
    """The names of all rules that choose, through however many calls."""
    found: set[str] = set()
    while True:
        more = {f.name for tree in trees for f in functions(tree) if chooses(f, found)}
        if more == found:
            return found
        found = more


def violations(source: str, choosing: set[str] | None = None) -> list[str]:
    """What stands in a file of rules outside the dialect, each with its line."""
    tree = ast.parse(source)
    known = choosing_rules([tree]) if choosing is None else choosing
    constants = {n.id for s in tree.body if isinstance(s, ast.Assign) for n in names_in(s)}
    callable_names = {"range", "int"} | {f.name for f in functions(tree)}
    found: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found += wrong_import(statement)
            callable_names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.FunctionDef):
            found += wrong_signature(statement)
            found += wrong_body(statement, callable_names, constants)
            if chooses(statement, known) and parameters(statement)[-1:] != ["draw"]:
                found.append(f"{statement.lineno}: a rule that chooses takes its draw last")
        elif isinstance(statement, ast.Assign):
            found += wrong_constant(statement)
        elif not is_docstring(statement):
            found.append(f"{statement.lineno}: {type(statement).__name__} in the module")
    return found


def wrong_constant(statement: ast.Assign) -> list[str]:
    """A constant is a number, or the terms of a polynomial as a tuple of numbers."""
    terms = statement.value
    if isinstance(terms, ast.Tuple):
        numbers = all(isinstance(t, ast.Constant) and type(t.value) is float for t in terms.elts)
        return [] if numbers else [f"{statement.lineno}: terms that are no numbers"]
    return wrong_nodes([statement], {"range", "int"}, set())


def is_docstring(statement: ast.stmt) -> bool:
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
        return False
    return isinstance(statement.value.value, str)


def names_in(node: ast.AST) -> Iterator[ast.Name]:
    return (found for found in ast.walk(node) if isinstance(found, ast.Name))


def wrong_import(statement: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(statement, ast.Import):
        good = [alias.name for alias in statement.names] == ["math"]
        renamed = statement.names[0].asname is not None
    else:
        module = statement.module or ""
        good = module in IMPORTS or module.startswith("sim.rules.")
        renamed = any(alias.asname or alias.name == "*" for alias in statement.names)
    return [] if good and not renamed else [f"{statement.lineno}: import"]


def wrong_signature(function: ast.FunctionDef) -> list[str]:
    line, given = function.lineno, function.args
    found = []
    if [ast.unparse(decorator) for decorator in function.decorator_list] != ["rule"]:
        found.append(f"{line}: decorator of {function.name}")
    if given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults:
        found.append(f"{line}: arguments of {function.name} are not plain")
    if len(given.args) > MOST_PARAMETERS:
        found.append(f"{line}: {function.name} has more than {MOST_PARAMETERS} parameters")
    for annotation in (*(argument.annotation for argument in given.args), function.returns):
        if annotation is None or ast.unparse(annotation) not in ("float", "bool"):
            found.append(f"{line}: annotations of {function.name}")
    return found


def wrong_body(function: ast.FunctionDef, callables: set[str], constants: set[str]) -> list[str]:
    body = function.body[1:] if is_docstring(function.body[0]) else function.body
    return wrong_nodes(body, callables, constants)


def wrong_nodes(body: list[ast.stmt], callables: set[str], constants: set[str]) -> list[str]:
    found = []
    for node in (inner for statement in body for inner in ast.walk(statement)):
        line = getattr(node, "lineno", 0)
        if not isinstance(node, STATEMENTS + OPERATORS + EXPRESSIONS):
            found.append(f"{line}: {type(node).__name__}")
        elif isinstance(node, ast.Constant) and type(node.value) not in (float, int, bool):
            found.append(f"{line}: constant {node.value!r}")
        elif isinstance(node, ast.Attribute) and not is_math(node, MATH | {"pi"}):
            found.append(f"{line}: {ast.unparse(node)}")
        elif isinstance(node, ast.Call):
            found += wrong_call(node, callables, constants)
        elif isinstance(node, ast.For) and not is_range(node):
            found.append(f"{line}: for not over range, or with else")
        elif isinstance(node, ast.Assign) and not all(
            isinstance(t, ast.Name) for t in node.targets
        ):
            found.append(f"{line}: assignment to {ast.unparse(node.targets[0])}")
    return found


def is_math(node: ast.expr, names: set[str]) -> bool:
    """Whether an expression is `math.` and one of the names."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "math"
        and node.attr in names
    )


def is_range(loop: ast.For) -> bool:
    over = loop.iter
    called = isinstance(over, ast.Call) and ast.unparse(over.func) == "range"
    return called and isinstance(loop.target, ast.Name) and not loop.orelse


def wrong_call(call: ast.Call, callables: set[str], constants: set[str]) -> list[str]:
    name = ast.unparse(call.func)
    by_name = isinstance(call.func, ast.Name) and call.func.id in callables
    found = [] if by_name or is_math(call.func, MATH) else [f"{call.lineno}: call of {name}"]
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        found.append(f"{call.lineno}: arguments of {name}")
    if name == "math.pow" and not {n.id for n in names_in(call.args[-1])} - constants:
        found.append(f"{call.lineno}: literal exponent")
    return found


TREES = [ast.parse(file.read_text()) for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_rules_are_written_in_the_dialect(file):
    assert violations(file.read_text(), choosing_rules(TREES)) == []


def test_there_are_rules_to_check():
    assert len(FILES) == 14
    assert sum(len(functions(tree)) for tree in TREES) > 50
    assert {"accepts", "president_signs", "walks_out", "happens"} <= choosing_rules(TREES)


GOOD = """
    '''Rules.'''
    import math
    from sim.compiling import rule
    from sim.rules.responding import logistic

    _SCALE = math.sqrt(3.0) / math.pi
    _TERMS = (1.0, 0.5)

    @rule
    def chance(gap: float, exponent: float, rounds: float) -> float:
        '''A chance.'''
        total = 0.0
        for step in range(int(rounds)):
            if step % 2 == 1 and not gap > 1.0:
                total += math.pow(gap, exponent)
            else:
                break
        return logistic(-total * _SCALE)

    @rule
    def happens(gap: float, draw: float) -> bool:
        return draw < chance(gap, gap, gap)
"""


def test_a_file_in_the_dialect_passes():
    assert violations(textwrap.dedent(GOOD)) == []


def rule_of(line: str) -> str:
    return f"import math\n\n@rule\ndef f(x: float, e: float) -> float:\n    {line}\n"


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("return x ** e", "Pow"),
        ("return x // e", "FloorDiv"),
        ("return sum(x)", "call of sum"),
        ("return round(x)", "call of round"),
        ("return abs(x)", "call of abs"),
        ("return max(x, e)", "call of max"),
        ("return float(x)", "call of float"),
        ("return np.exp(x)", "np.exp"),
        ("return math.tanh(x)", "math.tanh"),
        ("return math.fsum(x)", "math.fsum"),
        ("return math.inf", "math.inf"),
        ("return math.pow(x, 2.0)", "literal exponent"),
        ("return math.pow(x, -0.5)", "literal exponent"),
        ("while x > e: x = x - 1.0", "While"),
        ("for y in (x, e): x = y", "for not over range"),
        ("return [x for x in range(3)]", "ListComp"),
        ("return x if x > e else e", "IfExp"),
        ("return (x, e)", "Tuple"),
        ("return lambda: x", "Lambda"),
        ("x, e = e, x", "assignment to"),
        ("x: float = e", "AnnAssign"),
        ("return x[0]", "Subscript"),
        ("return 'x'", "constant 'x'"),
        ("return None", "constant None"),
        ("raise ValueError", "Raise"),
        ("assert x > e", "Assert"),
        ("print(x)", "Expr"),
        ("return x is e", "Is"),
        ("global x", "Global"),
        ("def g() -> float: return x", "FunctionDef"),
        ("return math.exp(*x)", "arguments of math.exp"),
        ("return range(start=x)", "arguments of range"),
        ("return x.real", "x.real"),
        ("import math", "Import"),
        ("try: return x\n    finally: pass", "Try"),
    ],
)
def test_what_is_outside_the_dialect_is_found(line, finding):
    found = violations(rule_of(line))
    assert any(finding in problem for problem in found), found


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("import numpy as np", "import"),
        ("import math as m", "import"),
        ("from math import exp", "import"),
        ("from sim.draws import Draws", "import"),
        ("from sim.rules.responding import *", "import"),
        ("from . import responding", "import"),
        ("class Terms(NamedTuple):\n    amount: float", "ClassDef in the module"),
        ("TABLE = [1.0, 2.0]", "List"),
        ("TERMS = (1.0, 'x')", "terms that are no numbers"),
        ("TERMS = (1.0, 2)", "terms that are no numbers"),
        ("if True:\n    x = 1.0", "If in the module"),
        ("def f(x: float) -> float:\n    return x", "decorator of f"),
        ("@kernel\ndef f(x: float) -> float:\n    return x", "decorator of f"),
        ("@rule\n@rule\ndef f(x: float) -> float:\n    return x", "decorator of f"),
        ("@rule\ndef f(x) -> float:\n    return x", "annotations of f"),
        ("@rule\ndef f(x: float):\n    return x", "annotations of f"),
        ("@rule\ndef f(x: int) -> float:\n    return x", "annotations of f"),
        ("@rule\ndef f(x: float = 1.0) -> float:\n    return x", "not plain"),
        ("@rule\ndef f(*x: float) -> float:\n    return 1.0", "not plain"),
        ("@rule\ndef f(x: float, *, y: float) -> float:\n    return x", "not plain"),
        (
            "@rule\ndef f({}) -> float:\n    return a".format(
                ", ".join(f"{name}: float" for name in "abcdefghi")
            ),
            "more than 8 parameters",
        ),
        ("@rule\ndef f(draw: float, x: float) -> bool:\n    return draw < x", "draw last"),
        ("@rule\ndef f(x: float, my_draw: float) -> bool:\n    return my_draw < x", "draw last"),
        (
            "@rule\ndef f(x: float, draw: float) -> bool:\n    return draw < x\n\n"
            "@rule\ndef g(x: float) -> bool:\n    return f(x, 0.5)",
            "draw last",
        ),
        (
            "import math\n_SQUARE = 2.0\n\n@rule\ndef f(x: float) -> float:\n"
            "    return math.pow(x, _SQUARE)",
            "literal exponent",
        ),
    ],
)
def test_a_file_or_signature_outside_the_dialect_is_found(source, finding):
    found = violations(source)
    assert any(finding in problem for problem in found), found


def test_a_finding_names_its_line():
    assert violations(rule_of("return abs(x)")) == ["5: call of abs"]

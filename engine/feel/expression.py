"""A compiled expression: what the rest of the engine holds and evaluates."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from functools import lru_cache

from engine.errors import EvaluationError
from engine.feel.builtins import BUILT_INS
from engine.feel.compiler import Compiler
from engine.feel.environment import Environment
from engine.feel.nodes import Filter, Literal, Name, Node, Path, UnaryTests
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.scopes import Run, Scope
from engine.feel.types import FeelType
from engine.feel.values import Value, size_of

MAX_PARTS = 50_000

# Our own limits (nesting, chains, levels of calls) must be met first, wherever in a program an expression is
# evaluated: they allow some 1500 frames, and Python by itself 1000 from the bottom of its stack.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 5_000))

_PARTS_PER_UNIT = 2
_CACHED = 4096


class Expression:
    """An expression, parsed and compiled; immutable and safe to share.

    ``variables`` are the names it reads from its scope; ``uncertain`` are names inside filters that may be
    variables or entries of the filtered items; ``called`` are those that are called as functions but are
    neither built-in functions nor the expression's own; ``constant`` says that it reads nothing and asks no
    clock and no calendar; ``clock`` that it asks what time it is; ``depth`` is how many frames it takes
    where it calls nothing.
    """

    __slots__ = (
        "_builds",
        "_cost",
        "_run",
        "called",
        "clock",
        "constant",
        "depth",
        "source",
        "uncertain",
        "variables",
    )

    def __init__(self, source: str, node: Node, names: frozenset[str], types: Mapping[str, FeelType]) -> None:
        compiler = Compiler(source, names, types)
        self.source = source
        self._run: Run = compiler.compile(node)
        self._cost = compiler.cost
        self.depth = compiler.depth
        read = compiler.names
        self._builds = not isinstance(node, Literal | Name | Path | Filter)
        self.variables = frozenset(read.free)
        self.uncertain = frozenset(read.uncertain)
        self.called = frozenset(read.called)
        self.clock = read.clock
        asks = read.free or read.uncertain or read.volatile or isinstance(node, UnaryTests)
        self.constant = not asks

    def evaluate(self, scope: Scope, environment: Environment) -> Value:
        """Return the expression's value; null with a warning in the environment where it has none.

        Raises ``EvaluationError`` when the budget of the environment is used up. The scope is only read.
        """
        environment.fuel -= self._cost
        if environment.fuel < 0:
            environment.spend(0)
        result = self._run(scope, environment)
        if self._builds and isinstance(result, list | dict):
            _admit(result, environment)
        return result

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def _admit(value: Value, environment: Environment) -> None:
    """Refuse a value of too many parts: they may be shared in memory, but each is written out when stored."""
    parts = size_of(value, min(MAX_PARTS, _PARTS_PER_UNIT * environment.fuel))
    if parts > MAX_PARTS:
        raise EvaluationError(f"expected a value of at most {MAX_PARTS} parts, but it has more")
    environment.spend(parts // _PARTS_PER_UNIT)


def compile_expression(source: str, names: Collection[str] = ()) -> Expression:
    """Return a compiled expression; one leading ``=`` is not part of it.

    ``names`` are the variables known to be in scope: they decide how names with operators in them are read.
    Raises ``InvalidExpression`` with the position, what was found and what was expected.
    """
    return _expression(source, frozenset(names))


def compile_unary_tests(source: str, names: Collection[str] = ()) -> Expression:
    """Return a compiled decision table cell; its value is whether the input, bound as ``?``, passes.

    Raises ``InvalidExpression`` with the position, what was found and what was expected.
    """
    return _unary_tests(source, frozenset(names))


def compile_each_test(source: str, names: Collection[str], types: Mapping[str, FeelType]) -> list[Expression]:
    """Return the tests of a cell one by one, in the order written, which may be one of priority."""
    known = frozenset(names)
    tree = parse_unary_tests(source, known | types.keys())
    parts = [(test,) for test in tree.tests] if tree.tests and not tree.negated else [tree.tests]
    trees = [UnaryTests(tree.position, tests, tree.negated) for tests in parts]
    return [Expression(source, each, known, types) for each in trees]


def compile_unkept(source: str) -> Expression:
    """Return a compiled expression that is kept nowhere: for texts of files that may yet be refused
    (``security.md`` §4). Raises ``InvalidExpression`` as the others do.
    """
    return Expression(source, parse_expression(source, frozenset()), frozenset(), {})


def compile_typed(
    source: str, names: Collection[str], types: Mapping[str, FeelType], *, unary: bool = False
) -> Expression:
    """Return a compiled expression or cell that knows the item definitions of a decision model."""
    known = frozenset(names)
    if not types:  # most tables: nothing to know but the names, so the same cell is compiled once
        return _unary_tests(source, known) if unary else _plain(source, known)
    parse = parse_unary_tests if unary else parse_expression
    return Expression(source, parse(source, known | types.keys()), known, types)


def tree_of(source: str, names: frozenset[str] = frozenset()) -> Node:
    """Return the tree of an expression, a leading ``=`` left out; raises ``InvalidExpression``."""
    # a blank keeps every position as the author counts it
    plain = source.replace("=", " ", 1) if source.lstrip().startswith("=") else source
    return parse_expression(plain, names)


@lru_cache(maxsize=_CACHED)
def _expression(source: str, names: frozenset[str]) -> Expression:
    return Expression(source, tree_of(source, names), names, {})


@lru_cache(maxsize=_CACHED)
def _plain(source: str, names: frozenset[str]) -> Expression:
    return Expression(source, parse_expression(source, names), names, {})


@lru_cache(maxsize=_CACHED)
def _unary_tests(source: str, names: frozenset[str]) -> Expression:
    return Expression(source, parse_unary_tests(source, names), names, {})


def built_in_functions() -> tuple[str, ...]:
    """Return the names of all built-in functions, for editors and suggestions."""
    return tuple(sorted(BUILT_INS))

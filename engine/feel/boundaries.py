"""What a decision table's cell compares its input with, where it does nothing else.

Between two neighbouring boundaries the answer of such a cell is the same for every input, so a table of such
cells can be analysed by trying one input for each boundary and each space between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.errors import EvaluationError
from engine.feel import nodes
from engine.feel.conditions import INPUT
from engine.feel.environment import Environment
from engine.feel.expression import Expression, tree_of
from engine.feel.nodes import mentions
from engine.feel.parser import parse_unary_tests
from engine.feel.values import Value, kind_of

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FUEL = 1_000
_EQUALITIES = ("=", "!=")
_COMPARISONS = (*_EQUALITIES, "<", "<=", ">", ">=")
_SCALARS = frozenset(
    {
        "null",
        "boolean",
        "number",
        "string",
        "date",
        "date and time",
        "days and time duration",
        "years and months duration",
    }
)


class Boundaries(NamedTuple):
    """The constants of a cell; ``ordered``: it asks for more than being equal to one of them."""

    values: tuple[Value, ...]
    ordered: bool


def boundaries_of(cell: str) -> Boundaries | None:
    """Return what a cell compares its input with; None for a cell that does anything else, or is none."""
    found: list[Value] = []
    try:
        ordered = _tests(parse_unary_tests(cell).tests, found)
    except (EvaluationError, _OutOfReach):
        return None
    return Boundaries(tuple(found), ordered)


def path_of(expression: str) -> tuple[str, ...] | None:
    """Return the names of a plain path, ``person.address.city``; None for any other expression."""
    try:
        node: Any = tree_of(expression)
    except EvaluationError:
        return None
    names: list[str] = []
    while isinstance(node, nodes.Path):
        names.append(node.name)
        node = node.value
    return (node.name, *reversed(names)) if isinstance(node, nodes.Name) else None


class _OutOfReach(Exception):
    """The cell reads a variable, or does more than compare."""


def _tests(nodes_: Iterable[Any], found: list[Value]) -> bool:
    ordered = [_test(node, found) for node in nodes_]  # all of them: each has constants to collect
    return any(ordered)


def _test(node: Any, found: list[Value]) -> bool:
    """Collect the constants of a test; say whether they are ends rather than choices."""
    if isinstance(node, nodes.Comparison | nodes.RangeFrom):
        found.append(_constant(node.operand))
        return node.operator not in _EQUALITIES
    if isinstance(node, nodes.RangeOf):
        found += [_constant(node.low), _constant(node.high)]
        return True
    if isinstance(node, nodes.ListOf):
        return _tests(node.items, found)
    if mentions(node, INPUT):
        return _question(node, found)
    found.append(_constant(node))
    return False


def _question(node: Any, found: list[Value]) -> bool:
    """Collect the constants of a test that names its input, ``? > 5 and ? < 10``."""
    if isinstance(node, nodes.Logic):
        answers = [_question(operand, found) for operand in node.operands]
        return any(answers)
    if isinstance(node, nodes.Between) and _is_input(node.value):
        found += [_constant(node.low), _constant(node.high)]
        return True
    if isinstance(node, nodes.In) and _is_input(node.value):
        return _tests(node.tests, found)
    if isinstance(node, nodes.Binary) and _is_input(node.left) and node.operator in _COMPARISONS:
        found.append(_constant(node.right))
        return node.operator not in _EQUALITIES
    raise _OutOfReach


def _is_input(node: Any) -> bool:
    return isinstance(node, nodes.Name) and node.name == INPUT


def _constant(node: Any) -> Value:
    """Return what an operand is whatever the input and the variables."""
    if isinstance(node, nodes.Literal):
        return node.value  # type: ignore[no-any-return]  # a literal's value is a value
    expression = Expression("", node, frozenset(), {})
    environment = Environment(now=_EPOCH, calendars={}, fuel=_FUEL)
    if mentions(node, INPUT) or not expression.constant:
        raise _OutOfReach
    value = expression.evaluate({}, environment)
    if environment.warnings or kind_of(value) not in _SCALARS:
        raise _OutOfReach
    return value

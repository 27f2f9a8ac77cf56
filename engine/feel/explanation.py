"""Why an expression came to its value: its parts, each with the value it had.

Parts are what a reader would ask about: variables, paths, comparisons, tests, calls, arithmetic. What stands
inside a loop, a filter or a function has a value per round, so only the whole of it is a part; what was
decided without (the rest of an ``and`` after a false) is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from engine.calendar import DEFAULT_CALENDAR
from engine.errors import EvaluationError
from engine.feel import nodes
from engine.feel.builtins import BUILT_INS
from engine.feel.environment import Environment
from engine.feel.expression import Expression, tree_of
from engine.feel.formatting import literal_text
from engine.feel.scopes import Scope
from engine.feel.values import Value
from engine.feel.writing import write

MAX_PARTS = 30
MAX_CHARACTERS = 200
MAX_LEVELS = 30
_CACHED = 4096
_NO_NAMES: frozenset[str] = frozenset()


class Part(NamedTuple):
    """A part of an expression and its value, both as FEEL text."""

    text: str
    value: str


class _Planned(NamedTuple):
    """A part before it has a value; ``decides`` is what ends the conjunction or disjunction it is."""

    text: str
    expression: Expression | None
    inside: tuple[_Planned, ...]
    decides: bool | None = None


def explain(source: str, scope: Scope, environment: Environment) -> tuple[Part, ...]:
    """Return the parts of an expression with their values, the innermost first, without the whole itself.

    At most 30 parts; texts are cut at 200 characters. Parts are paid for like any evaluation, and where the
    budget ends, the explanation does. Nothing is warned of. Raises ``InvalidExpression``.
    """
    found: dict[str, str] = {}
    noted, levels = len(environment.warnings), environment.levels
    try:
        _evaluate(_plan(source), scope, environment, found)
    except (EvaluationError, _Enough):
        environment.levels = levels
    del environment.warnings[noted:]
    return tuple(map(Part._make, found.items()))


def working_day_terms(source: str, scope: Scope, environment: Environment) -> tuple[dt.date, int] | None:
    """Return from which day how many working days an expression counts; None where it counts none.

    Asked is ``working day deadline(…, …)`` by the usual calendar, also on the way an ``if`` takes. Raises
    ``InvalidExpression``, ``EvaluationError``.
    """
    for call in _deadlines(tree_of(source), scope, environment):
        start, count = (
            Expression(source, each, _NO_NAMES, {}).evaluate(scope, environment)
            for each in call.arguments[:2]
        )
        if isinstance(start, dt.date) and isinstance(count, int | Decimal):
            return environment.calendars[DEFAULT_CALENDAR].local_date(start), int(count)
    return None


def _deadlines(node: Any, scope: Scope, environment: Environment) -> Iterator[nodes.Call]:
    """Yield the calls of ``working day deadline`` that are reached: of an ``if``, on the way it takes."""
    if isinstance(node, nodes.If):
        answer = Expression("", node.condition, _NO_NAMES, {}).evaluate(scope, environment)
        yield from _deadlines(node.then if answer is True else node.otherwise, scope, environment)
    elif isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name):
        asked = node.function.name, len(node.arguments), node.names
        yield from (node,) if asked == ("working day deadline", 2, ()) else ()


class _Enough(Exception):
    """There are as many parts as anybody wants to read."""


def _evaluate(part: _Planned, scope: Scope, environment: Environment, found: dict[str, str]) -> Value:
    text, expression, inside, decides = part
    for inner in inside:
        value = _evaluate(inner, scope, environment, found)
        if decides is not None and value is decides:
            break
    if expression is None:
        return None
    value = expression.evaluate(scope, environment)
    if text not in found:
        if len(found) == MAX_PARTS:
            raise _Enough
        found[text] = shortened(value)
    return value


@lru_cache(maxsize=_CACHED)
def _plan(source: str) -> _Planned:
    return _planned(tree_of(source), source, MAX_LEVELS)._replace(expression=None)


def _planned(node: Any, source: str, levels: int) -> _Planned:
    parts = _PARTS.get(type(node)) if levels else None
    within = (_planned(inner, source, levels - 1) for inner in (parts(node) if parts else ()))
    inside = tuple(part for part in within if part.expression is not None or part.inside)
    if isinstance(node, _SILENT) or nodes.depth_of(node) > MAX_LEVELS:
        return _Planned("", None, inside)
    decides = (node.operator == "or") if isinstance(node, nodes.Logic) else None
    expression = Expression(source, node, _NO_NAMES, {})
    return _Planned(_cut(write(node)), expression, inside, decides)


_SILENT = (nodes.Literal, nodes.AtLiteral, nodes.Comparison, nodes.RangeOf, nodes.RangeFrom, nodes.ListOf)


def _called(node: nodes.Call) -> Iterator[Any]:
    if not (isinstance(node.function, nodes.Name) and node.function.name in BUILT_INS):
        yield node.function
    yield from node.arguments


_PARTS: dict[type, Callable[[Any], Any]] = {
    nodes.Unary: lambda node: (node.operand,),
    nodes.Binary: lambda node: (node.left, node.right),
    nodes.Logic: lambda node: node.operands,
    nodes.Between: lambda node: (node.value, node.low, node.high),
    nodes.In: lambda node: (node.value, *node.tests),
    nodes.Comparison: lambda node: (node.operand,),
    nodes.InstanceOf: lambda node: (node.value,),
    nodes.Call: _called,
    nodes.ListOf: lambda node: node.items,
    nodes.RangeOf: lambda node: (node.low, node.high),
    nodes.RangeFrom: lambda node: (node.operand,),
    nodes.If: lambda node: (node.condition,),
}


def shortened(value: Value) -> str:
    """Return a value as FEEL text of at most 200 characters, however large it is."""
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    large = isinstance(value, str | list | dict)
    return _cut(literal_text(_pruned(value, [MAX_CHARACTERS]) if large else value))


def _pruned(value: Any, room: list[int]) -> Any:
    """Return no more of a value than there is room for; it is large parts that would cost time to write."""
    room[0] -= 1
    if isinstance(value, str):
        kept = value[: max(room[0], 0) + 1]
        room[0] -= len(kept)
        return kept
    if isinstance(value, list):
        return [_pruned(item, room) for item in _while_room(value, room)]
    if isinstance(value, dict):
        return {str(name)[:MAX_CHARACTERS]: _pruned(value[name], room) for name in _while_room(value, room)}
    return value


def _while_room(items: Any, room: list[int]) -> Iterator[Any]:
    for item in items:
        if room[0] <= 0:
            return
        yield item


def _cut(text: str) -> str:
    if not text.isascii():
        # half a surrogate pair, which FEEL can write, is no text that can be stored
        text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"

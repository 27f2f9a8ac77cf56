"""Comparisons that can never be true or false, because of what kinds of values they compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.feel import nodes
from engine.feel.comparison import ORDERED
from engine.feel.expression import tree_of
from engine.feel.inference import inferred
from engine.feel.types import FeelType

_EQUALITIES, _ORDERS = ("=", "!="), ("<", "<=", ">", ">=")
_DATES = frozenset({"date", "date and time"})
_TOLD_NOTHING = frozenset({"Any", "null"})


class Incomparable(NamedTuple):
    """A comparison that is always null: its operator and the kinds on both sides."""

    operator: str
    left: str
    right: str


def incomparable_in(source: str, variables: Mapping[str, FeelType]) -> Iterator[Incomparable]:
    """Yield the comparisons of an expression that are null whatever the variables are.

    ``variables`` are the types of those that are known to have one. Only what is evaluated with these
    variables is looked at: not the bodies of loops, filters and functions. Raises ``InvalidExpression``.
    """
    left: list[Any] = [tree_of(source, frozenset(variables))]
    while left:
        node = left.pop()
        if isinstance(node, nodes.Logic):
            left.extend(reversed(node.operands))
        elif isinstance(node, nodes.If):
            left.extend((node.otherwise, node.then, node.condition))
        elif isinstance(node, nodes.Call):
            left.extend(reversed(node.arguments))
        elif isinstance(node, nodes.Binary):
            pair = inferred(node.left, variables).kind, inferred(node.right, variables).kind
            if not _comparable(node.operator, *pair):
                yield Incomparable(node.operator, *pair)


def _comparable(operator: str, left: str, right: str) -> bool:
    if left in _TOLD_NOTHING or right in _TOLD_NOTHING:
        return True
    if operator in _EQUALITIES:
        return left == right
    if operator in _ORDERS:
        return {left, right} <= _DATES or (left == right and left in ORDERED)
    return True

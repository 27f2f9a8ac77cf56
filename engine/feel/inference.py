"""What type the value of an expression has, as far as its text and the types of its variables tell.

The answer holds for every value that is not null: any expression may fail to have one. Where the text does
not tell, the type is ``Any``; ``null`` is the type of what is never anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel import nodes
from engine.feel.expression import tree_of
from engine.feel.temporal import parse_temporal
from engine.feel.types import ANY, BUILT_IN_TYPES, FeelType, TypeName, resolve
from engine.feel.values import Undefined, kind_of

_Types = Mapping[str, FeelType]

_BOOLEAN, _NUMBER, _STRING = (FeelType(kind) for kind in ("boolean", "number", "string"))
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_DURATION, _MONTHS, _INSTANT = "days and time duration", "years and months duration", "date and time"
_DURATIONS = (_DURATION, _MONTHS)
_TEMPORAL: dict[tuple[str, str, str], str] = {
    **{(left, "-", right): _DURATION for left in ("date", _INSTANT) for right in ("date", _INSTANT)},
    **{(left, sign, right): left for left in ("date", _INSTANT) for sign in "+-" for right in _DURATIONS},
    **{(left, "+", right): right for left in _DURATIONS for right in ("date", _INSTANT)},
    **{("time", sign, _DURATION): "time" for sign in "+-"},
    ("time", "-", "time"): _DURATION,
    (_DURATION, "+", "time"): "time",
    **{(each, sign, each): each for each in _DURATIONS for sign in "+-"},
    **{(each, "/", each): "number" for each in _DURATIONS},
    **{(each, sign, "number"): each for each in _DURATIONS for sign in "*/"},
    **{("number", "*", each): each for each in _DURATIONS},
}
_RETURNS: dict[str, tuple[str, ...]] = {
    "boolean": (
        *(
            "not",
            "contains",
            "starts with",
            "ends with",
            "matches",
            "list contains",
            "all",
            "any",
            "odd",
            "even",
        ),
        *(
            "is",
            "is empty",
            "before",
            "after",
            "meets",
            "met by",
            "overlaps",
            "overlaps before",
            "overlaps after",
        ),
        *(
            "finishes",
            "finished by",
            "includes",
            "during",
            "starts",
            "started by",
            "coincides",
            "is working day",
        ),
    ),
    "number": (
        *(
            "number",
            "string length",
            "count",
            "mean",
            "median",
            "stddev",
            "product",
            "decimal",
            "floor",
            "ceiling",
        ),
        *("round up", "round down", "round half up", "round half down", "modulo", "sqrt", "log", "exp"),
        *("day of year", "week of year", "working days between"),
    ),
    "string": (
        *(
            "string",
            "substring",
            "upper case",
            "lower case",
            "substring before",
            "substring after",
            "replace",
        ),
        *("string join", "trim", "day of week", "month of year", "fingerprint"),
    ),
    "list": (
        *(
            "sublist",
            "append",
            "concatenate",
            "insert before",
            "remove",
            "list replace",
            "reverse",
            "index of",
        ),
        *(
            "union",
            "distinct values",
            "flatten",
            "sort",
            "partition",
            "split",
            "extract",
            "mode",
            "get entries",
        ),
    ),
    "context": ("context", "context put", "context merge"),
    "date": ("date", "today", "last day of month", "add working days"),
    "time": ("time",),
    _INSTANT: ("date and time", "now", "working day deadline"),
    _MONTHS: ("years and months duration",),
    "range": ("range",),
}
_RESULTS = {name: FeelType(kind) for kind, names in _RETURNS.items() for name in names}


def type_of(source: str, variables: _Types) -> FeelType:
    """Return the type of an expression's value; raises ``InvalidExpression``.

    ``variables`` are the types of those that are known to have one.
    """
    return inferred(tree_of(source, frozenset(variables)), variables)


def inferred(node: Any, known: _Types) -> FeelType:
    """Return the type of a part of an expression."""
    infer = _RULES.get(type(node))
    return ANY if infer is None else infer(node, known)


def _literal(node: nodes.Literal, known: _Types) -> FeelType:
    return FeelType(kind_of(node.value))


def _at(node: nodes.AtLiteral, known: _Types) -> FeelType:
    try:
        return FeelType(kind_of(parse_temporal(node.text)))
    except Undefined:
        return ANY


def _name(node: nodes.Name, known: _Types) -> FeelType:
    return known.get(node.name, ANY)


def _unary(node: nodes.Unary, known: _Types) -> FeelType:
    found = inferred(node.operand, known)
    return found if found.kind in ("number", *_DURATIONS) else ANY


def _binary(node: nodes.Binary, known: _Types) -> FeelType:
    if node.operator in _COMPARISONS:
        return _BOOLEAN
    left, right = inferred(node.left, known).kind, inferred(node.right, known).kind
    if left == right == "string" and node.operator == "+":
        return _STRING
    if left == right == "number":
        return _NUMBER
    return FeelType(_TEMPORAL.get((left, node.operator, right), "Any"))


def _path(node: nodes.Path, known: _Types) -> FeelType:
    value = inferred(node.value, known)
    if value.kind != "list" or value.item is None:
        return value.members.get(node.name, ANY)
    return FeelType("list", item=value.item.members.get(node.name, ANY))


def _filter(node: nodes.Filter, known: _Types) -> FeelType:
    value = inferred(node.value, known)
    if isinstance(node.condition, nodes.Literal) and kind_of(node.condition.value) == "number":
        return value.item or ANY if value.kind == "list" else value
    if isinstance(node.condition, nodes.Binary | nodes.Logic | nodes.Between | nodes.In):
        is_choice = inferred(node.condition, {}).kind == "boolean"
        item = value.item if value.kind == "list" else None
        return FeelType("list", item=item) if is_choice else ANY
    return ANY


def _call(node: nodes.Call, known: _Types) -> FeelType:
    if isinstance(node.function, nodes.Name) and node.function.name not in known:
        return _RESULTS.get(node.function.name, ANY)
    return inferred(node.function, known).result or ANY


def _list(node: nodes.ListOf, known: _Types) -> FeelType:
    return FeelType("list", item=_common([inferred(item, known) for item in node.items]))


def _context(node: nodes.ContextOf, known: _Types) -> FeelType:
    members: dict[str, FeelType] = {}
    for name, entry in node.entries:
        members[name] = inferred(entry, {**known, **members})
    return FeelType("context", members=members)


def _range(node: nodes.RangeOf, known: _Types) -> FeelType:
    return FeelType("range", item=_common([inferred(node.low, known), inferred(node.high, known)]))


def _if(node: nodes.If, known: _Types) -> FeelType:
    return _common([inferred(node.then, known), inferred(node.otherwise, known)])


def _for(node: nodes.For, known: _Types) -> FeelType:
    inside = {**known, "partial": FeelType("list")}
    for each in node.iterations:
        domain = inferred(each.domain, inside)
        inside[each.name] = domain.item or ANY if each.end is None and domain.kind == "list" else ANY
    return FeelType("list", item=inferred(node.body, inside))


def _function(node: nodes.FunctionOf, known: _Types) -> FeelType:
    parameters = {name: ANY if written is None else _written(written) for name, written in node.parameters}
    result = inferred(node.body, {**known, **parameters})
    return FeelType("function", parameters=tuple(parameters.values()), result=result)


def _written(written: TypeName) -> FeelType:
    try:
        return resolve(written, BUILT_IN_TYPES)
    except Undefined:
        return ANY


def _common(types: list[FeelType]) -> FeelType:
    """Return the type all have, or what they have in common of it; null is of any type."""
    types = [each for each in types if each.kind != "null"] or types
    first = types[0] if types else ANY
    if all(each == first for each in types):
        return first
    return FeelType(first.kind) if all(each.kind == first.kind for each in types) else ANY


def _boolean(node: Any, known: _Types) -> FeelType:
    return _BOOLEAN


_RULES: dict[type, Callable[[Any, _Types], FeelType]] = {
    nodes.Literal: _literal,
    nodes.AtLiteral: _at,
    nodes.Name: _name,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Logic: _boolean,
    nodes.Between: _boolean,
    nodes.In: _boolean,
    nodes.InstanceOf: _boolean,
    nodes.Quantified: _boolean,
    nodes.Path: _path,
    nodes.Filter: _filter,
    nodes.Call: _call,
    nodes.ListOf: _list,
    nodes.ContextOf: _context,
    nodes.RangeOf: _range,
    nodes.RangeFrom: lambda node, known: FeelType("range", item=inferred(node.operand, known)),
    nodes.If: _if,
    nodes.For: _for,
    nodes.FunctionOf: _function,
}

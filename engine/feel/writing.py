"""From the syntax tree back to text: one canonical way to write each construct, on one line.

The text of a part is written from its tree, not cut from the source: a tree knows where it starts, not where
it ends, and an author's line breaks and comments do not belong into a table of values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.feel import nodes
from engine.feel.formatting import literal_text
from engine.feel.types import TypeName

_LOOSE, _OR, _AND, _COMPARING, _ADDING, _MULTIPLYING, _RAISING, _SIGN, _TIGHT = range(9)
_ARITHMETIC = {"+": _ADDING, "-": _ADDING, "*": _MULTIPLYING, "/": _MULTIPLYING, "**": _RAISING}


def write(node: nodes.Node) -> str:
    """Return the text of a tree; reading it gives the tree again, but for positions."""
    return _WRITERS[type(node)](node)


def _inside(node: Any, least: int) -> str:
    """Return the text of an operand, in parentheses where it binds less tightly than needed."""
    text = write(node)
    return f"({text})" if _tightness(node) < least else text


def _tightness(node: Any) -> int:
    if isinstance(node, nodes.Binary):
        return _ARITHMETIC.get(node.operator, _COMPARING)
    if isinstance(node, nodes.Logic):
        return _OR if node.operator == "or" else _AND
    if isinstance(node, nodes.Literal) and literal_text(node.value).startswith("-"):
        return _SIGN
    return _LEVELS.get(type(node), _TIGHT)


_LEVELS: dict[type, int] = {
    nodes.If: _LOOSE,
    nodes.For: _LOOSE,
    nodes.Quantified: _LOOSE,
    nodes.FunctionOf: _LOOSE,
    nodes.Between: _COMPARING,
    nodes.In: _COMPARING,
    nodes.InstanceOf: _COMPARING,
    nodes.Comparison: _LOOSE,
    nodes.UnaryTests: _LOOSE,
    nodes.Unary: _SIGN,
}


def _binary(node: nodes.Binary) -> str:
    level = _ARITHMETIC.get(node.operator, _COMPARING)
    left = _inside(node.left, level + (level == _COMPARING))
    return f"{left} {node.operator} {_inside(node.right, level + 1)}"


def _logic(node: nodes.Logic) -> str:
    level = _tightness(node) + 1
    return f" {node.operator} ".join(_inside(operand, level) for operand in node.operands)


def _between(node: nodes.Between) -> str:
    value, low, high = (_inside(part, _ADDING) for part in (node.value, node.low, node.high))
    return f"{value} between {low} and {high}"


def _tests(tests: tuple[nodes.Node, ...]) -> str:
    return ", ".join(_inside(test, _LOOSE) for test in tests)


def _in(node: nodes.In) -> str:
    tests = _tests(node.tests)
    alone = len(node.tests) == 1 and isinstance(node.tests[0], nodes.RangeOf | nodes.ListOf)
    return f"{_inside(node.value, _ADDING)} in {tests if alone else f'({tests})'}"


def _unary_tests(node: nodes.UnaryTests) -> str:
    text = _tests(node.tests) or "-"
    return f"not({text})" if node.negated else text


def _call(node: nodes.Call) -> str:
    arguments = [write(argument) for argument in node.arguments]
    if node.names:
        arguments = [f"{name}: {text}" for name, text in zip(node.names, arguments, strict=True)]
    return f"{_inside(node.function, _TIGHT)}({', '.join(arguments)})"


def _context(node: nodes.ContextOf) -> str:
    entries = (f"{_key(name)}: {write(value)}" for name, value in node.entries)
    return "{" + ", ".join(entries) + "}"


def _key(name: str) -> str:
    return name if name.isidentifier() else literal_text(name)


def _range(node: nodes.RangeOf) -> str:
    low, high = "[" if node.low_included else "(", "]" if node.high_included else ")"
    return f"{low}{_inside(node.low, _ADDING)}..{_inside(node.high, _ADDING)}{high}"


def _if(node: nodes.If) -> str:
    return f"if {write(node.condition)} then {write(node.then)} else {write(node.otherwise)}"


def _rounds(iterations: tuple[nodes.Iteration, ...]) -> str:
    return ", ".join(
        f"{each.name} in {_inside(each.domain, _ADDING)}"
        + ("" if each.end is None else f"..{_inside(each.end, _ADDING)}")
        for each in iterations
    )


def _quantified(node: nodes.Quantified) -> str:
    word = "every" if node.universal else "some"
    return f"{word} {_rounds(node.iterations)} satisfies {write(node.condition)}"


def _function(node: nodes.FunctionOf) -> str:
    parameters = ", ".join(
        name if type_ is None else f"{name}: {_type(type_)}" for name, type_ in node.parameters
    )
    return f"function({parameters}) {write(node.body)}"


def _type(written: TypeName) -> str:
    if written.members:
        members = ", ".join(f"{name}: {_type(type_)}" for name, type_ in written.members)
        return f"context<{members}>"
    arguments = ", ".join(_type(argument) for argument in written.arguments)
    if written.result is not None:
        return f"function<{arguments}> -> {_type(written.result)}"
    return f"{written.name}<{arguments}>" if arguments else written.name


_WRITERS: dict[type, Callable[[Any], str]] = {
    nodes.Literal: lambda node: literal_text(node.value),
    nodes.AtLiteral: lambda node: f"@{literal_text(node.text)}",
    nodes.Name: lambda node: node.name,
    nodes.Unary: lambda node: f"-{_inside(node.operand, _TIGHT)}",
    nodes.Binary: _binary,
    nodes.Logic: _logic,
    nodes.Between: _between,
    nodes.In: _in,
    nodes.Comparison: lambda node: f"{node.operator} {_inside(node.operand, _ADDING)}",
    nodes.UnaryTests: _unary_tests,
    nodes.InstanceOf: lambda node: f"{_inside(node.value, _ADDING)} instance of {_type(node.type)}",
    nodes.Path: lambda node: f"{_inside(node.value, _TIGHT)}.{node.name}",
    nodes.Filter: lambda node: f"{_inside(node.value, _TIGHT)}[{write(node.condition)}]",
    nodes.Call: _call,
    nodes.ListOf: lambda node: f"[{', '.join(map(write, node.items))}]",
    nodes.ContextOf: _context,
    nodes.RangeOf: _range,
    nodes.RangeFrom: lambda node: f"({node.operator} {_inside(node.operand, _ADDING)})",
    nodes.If: _if,
    nodes.For: lambda node: f"for {_rounds(node.iterations)} return {write(node.body)}",
    nodes.Quantified: _quantified,
    nodes.FunctionOf: _function,
}

"""Python of the simple kind as FEEL: comparisons, and/or/not, arithmetic, paths, lists; nothing is guessed.

What has no equal in FEEL raises ``Untranslatable`` with the reason, to be told to a person.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "=",
    ast.IsNot: "!=",
}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_FUNCTIONS = {"len": "count", "str": "string", "sum": "sum", "min": "min", "max": "max", "abs": "abs"}
_METHODS = {"lower": "lower case", "upper": "upper case"}


class Untranslatable(Exception):
    """Python that has no equal in FEEL; the text says which part and why."""


def expression(text: str) -> str:
    """Return a Python expression as FEEL; raises ``Untranslatable``."""
    return _feel(_parsed(text.strip()))


def condition(text: str) -> str:
    """Return a Python condition as FEEL that is true or false; a bare value is compared with true."""
    return _truth(_parsed(text.strip()))


def assignments(text: str) -> list[tuple[str, str]]:
    """Return a script of plain assignments as (name, FEEL) in order; raises ``Untranslatable``."""
    try:
        lines = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError):
        raise Untranslatable("it is no Python") from None
    return [_assignment(line) for line in lines if not isinstance(line, ast.Pass)]


def literal(text: str) -> str | None:
    """Return the text of a Python string literal; None for anything else."""
    try:
        value = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise Untranslatable("it is no Python expression") from None


def _assignment(line: ast.stmt) -> tuple[str, str]:
    if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
        return line.targets[0].id, _feel(line.value)
    if isinstance(line, ast.AugAssign) and isinstance(line.target, ast.Name):
        return line.target.id, f"{line.target.id} {_operator(line.op)} {_inner(line.value)}"
    raise Untranslatable(f"line {line.lineno} is not an assignment to a variable")


def _truth(node: ast.expr) -> str:
    if isinstance(node, ast.BoolOp):
        word = " and " if isinstance(node.op, ast.And) else " or "
        return word.join(f"({_truth(part)})" for part in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return f"not({_truth(node.operand)})"
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return f"{_feel(node)} = true"
    if isinstance(node, ast.Compare) or (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
        return _feel(node)
    raise Untranslatable("its truth is not that of a comparison")


def _feel(node: ast.expr) -> str:
    for kind, translate in _TRANSLATIONS.items():
        if isinstance(node, kind):
            return translate(node)
    raise Untranslatable(f"FEEL has nothing like {ast.unparse(node)[:60]!r}")


def _constant(node: ast.Constant) -> str:
    value = node.value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return format(Decimal(str(value)), "f")
    if isinstance(value, str):
        return _quoted(value)
    raise Untranslatable(f"FEEL has no value like {value!r}"[:80])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _name(node: ast.Name) -> str:
    return node.id


def _attribute(node: ast.Attribute) -> str:
    return f"{_feel(node.value)}.{node.attr}"


def _subscript(node: ast.Subscript) -> str:
    key = node.slice
    if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
        return f"{_feel(node.value)}.{key.value}"
    if isinstance(key, ast.Constant) and isinstance(key.value, int) and key.value >= 0:
        return f"{_feel(node.value)}[{key.value + 1}]"
    raise Untranslatable("only a name or a number may stand in brackets")


def _comparison(node: ast.Compare) -> str:
    parts, left = [], node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        parts.append(_compared(left, operator, right))
        left = right
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
    if isinstance(operator, ast.In | ast.NotIn):
        if not isinstance(right, ast.List | ast.Tuple | ast.Name | ast.Attribute):
            raise Untranslatable("'in' is only translated for lists")
        within = f"list contains({_feel(right)}, {_feel(left)})"
        return within if isinstance(operator, ast.In) else f"not({within})"
    return f"{_inner(left)} {_COMPARISONS[type(operator)]} {_inner(right)}"


def _arithmetic(node: ast.BinOp) -> str:
    if isinstance(node.op, ast.Mod):
        return f"modulo({_feel(node.left)}, {_feel(node.right)})"
    if isinstance(node.op, ast.FloorDiv):
        return f"floor({_inner(node.left)} / {_inner(node.right)})"
    return f"{_inner(node.left)} {_operator(node.op)} {_inner(node.right)}"


def _operator(operator: ast.operator) -> str:
    if type(operator) not in _ARITHMETIC:
        raise Untranslatable(f"FEEL has no operator like Python's {type(operator).__name__}")
    return _ARITHMETIC[type(operator)]


def _inner(node: ast.expr) -> str:
    text = _feel(node)
    compound = isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp)
    return f"({text})" if compound else text


def _unary(node: ast.UnaryOp) -> str:
    if isinstance(node.op, ast.USub):
        return f"-{_inner(node.operand)}"
    return _truth(node)


def _call(node: ast.Call) -> str:
    if node.keywords:
        raise Untranslatable("a call by keyword has no equal")
    arguments = ", ".join(_feel(each) for each in node.args)
    if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return f"{_FUNCTIONS[node.func.id]}({arguments})"
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS and not node.args:
        return f"{_METHODS[node.func.attr]}({_feel(node.func.value)})"
    raise Untranslatable(f"the call {ast.unparse(node)[:60]!r} has no equal")


def _list(node: Any) -> str:
    return "[" + ", ".join(_feel(each) for each in node.elts) + "]"


def _dictionary(node: ast.Dict) -> str:
    entries = []
    for key, value in zip(node.keys, node.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            raise Untranslatable("the keys of a dictionary must be texts")
        entries.append(f"{_quoted(key.value)}: {_feel(value)}")
    return "{" + ", ".join(entries) + "}"


def _choice(node: ast.IfExp) -> str:
    return f"if {_truth(node.test)} then {_feel(node.body)} else {_feel(node.orelse)}"


_TRANSLATIONS: dict[Any, Callable[[Any], str]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Compare: _comparison,
    ast.BoolOp: _truth,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _unary,
    ast.Call: _call,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Dict: _dictionary,
    ast.IfExp: _choice,
}

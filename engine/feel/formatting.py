"""From values to text: what ``string()`` and screens show, and the FEEL literal of a value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from engine.feel.temporal import format_temporal
from engine.feel.values import MAX_DEPTH, Function, Range, Value, YearsMonthsDuration
from engine.feel.wide import FAR, WideDuration

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_TEMPORAL = (*FAR, dt.date, dt.time, dt.timedelta, WideDuration, YearsMonthsDuration)


def format_value(value: Value) -> str:
    """Return a value as FEEL writes it; a string stands bare at the top, quoted inside lists and contexts."""
    return value if isinstance(value, str) else _literal(value, 0)


def literal_text(value: Value) -> str:
    """Return a value as an expression would write it: a string quoted, a date behind its ``@``."""
    return _literal(value, 1)


def _literal(value: Value, depth: int) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    if isinstance(value, _TEMPORAL):
        text = format_temporal(value)
        return f'@"{text}"' if depth else text
    if isinstance(value, list | dict | Range):
        return "…" if depth > MAX_DEPTH else _compound(value, depth + 1)
    return _plain(value)


def _plain(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, Function):
        return f"function {value.name}({', '.join(parameter.name for parameter in value.parameters)})"
    return str(value)


def format_decimal(value: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _compound(value: list[Value] | dict[str, Value] | Range, depth: int) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_literal(item, depth) for item in value)}]"
    if isinstance(value, Range):
        return _range(value, depth)
    entries = (f"{_key(key)}: {_literal(item, depth)}" for key, item in value.items())
    return "{" + ", ".join(entries) + "}"


def _key(key: str) -> str:
    return key if key.replace(" ", "_").isidentifier() else f'"{key.translate(_ESCAPES)}"'


def _range(value: Range, depth: int) -> str:
    if value.operator:
        operand = value.end if value.operator.startswith("<") else value.start
        return f"({value.operator} {_literal(operand, depth)})"
    low = "[" if value.start_included else "("
    high = "]" if value.end_included else ")"
    return f"{low}{_literal(value.start, depth)}..{_literal(value.end, depth)}{high}"

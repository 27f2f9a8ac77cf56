"""The values FEEL knows (DMN 1.5 §10.3.2).

What belongs here: value classes Python lacks (ranges, years-months durations, functions), the kinds of
values, Numbers are ``int`` or ``Decimal`` of 34 digits, never ``float``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from engine.feel.wide import FarDate, FarDateTime, WideDuration

if TYPE_CHECKING:
    from engine.feel.environment import Environment
    from engine.feel.types import FeelType

ARITHMETIC = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
LARGEST_INTEGER = 10**34
MAX_DEPTH = 64


class Undefined(Exception):
    """An operation has no value for these operands: becomes null and a warning, never leaves this package."""


class Mismatch(Undefined):
    """A function was called with arguments it does not take; another form of it may."""


FAILURES = (Undefined, ArithmeticError, ValueError)


@dataclass(frozen=True, order=True, slots=True)
class YearsMonthsDuration:
    """A duration in whole months, negative when it runs backwards."""

    months: int

    @property
    def years(self) -> int:
        """Whole years, truncated towards zero."""
        return -(-self.months // 12) if self.months < 0 else self.months // 12

    def __neg__(self) -> YearsMonthsDuration:
        return YearsMonthsDuration(-self.months)


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of comparable values (DMN 1.5 §10.3.2.7).

    A range written as a comparison, ``(> 5)``, keeps its ``operator`` and has null for its missing end.
    """

    start: Value
    end: Value
    start_included: bool = True
    end_included: bool = True
    operator: str = ""

    __hash__ = None  # type: ignore[assignment]  # its ends may be lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a function: its name, its type (None = any) and whether it may be left out."""

    name: str
    type: FeelType | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Function:
    """Something that can be invoked: a built-in, a function literal, a business knowledge model.

    ``call`` gets the arguments in the order of ``parameters``; a variadic function gets as many as were
    given.
    """

    name: str
    parameters: tuple[Parameter, ...]
    call: Callable[[Environment, Sequence[Value]], Value]
    returns: FeelType | None = None
    variadic: bool = False
    depth: int = field(default=1)


Value: TypeAlias = Union[
    bool,
    int,
    Decimal,
    str,
    "list[Any]",
    "dict[str, Any]",
    dt.date,
    dt.time,
    dt.datetime,
    FarDate,
    FarDateTime,
    dt.timedelta,
    WideDuration,
    YearsMonthsDuration,
    Range,
    Function,
    None,
]

KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    dt.date: "date",
    dt.time: "time",
    dt.datetime: "date and time",
    dt.timedelta: "days and time duration",
    FarDate: "date",
    FarDateTime: "date and time",
    WideDuration: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    Range: "range",
    Function: "function",
}


def kind_of(value: object) -> str:
    """Return FEEL's word for what a value is; a value FEEL does not know has its Python type's name."""
    kind = KINDS.get(type(value))
    return kind if kind is not None else _kind_by_inheritance(value)


def _kind_by_inheritance(value: object) -> str:
    for known in (bool, int, Decimal, str, list, dict, dt.datetime, dt.date, dt.time, dt.timedelta):
        if isinstance(value, known):
            return KINDS[known]
    return type(value).__name__


def truncated(value: int | Decimal) -> int:
    """Return a number without its fraction; raises ``Undefined`` for one of more than 34 digits before it."""
    if type(value) is not int and value.adjusted() > ARITHMETIC.prec:  # type: ignore[union-attr]
        raise Undefined("expected a number of at most 34 digits, but it is larger")
    return int(value)


def number(value: Decimal) -> Decimal:
    """Round a decimal to 34 digits; raises ``Undefined`` when its exponent is out of bounds."""
    try:
        return ARITHMETIC.plus(value)
    except (InvalidOperation, Overflow) as problem:
        raise Undefined("expected a number FEEL can hold, but it is too large") from problem


def bounded(value: int) -> int | Decimal:
    """Return an integer as it is, or rounded to 34 digits when it is longer."""
    if -LARGEST_INTEGER < value < LARGEST_INTEGER:
        return value
    return number(Decimal(value))


_SIZED = frozenset({str, list, dict, Decimal})


def size_of(value: object, limit: int) -> int:
    """Return roughly how many parts a value has when written out, counting no further than a limit."""
    parts, left = 1, [value]
    while left and parts <= limit:
        item = left.pop()
        if isinstance(item, str):
            parts += len(item) >> 6
            continue
        if isinstance(item, Decimal):
            parts += abs(item.adjusted()) >> 6  # it is written without exponent
            continue
        inside: Any = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        parts += len(inside)
        for each in inside:
            if type(each) in _SIZED:
                left.append(each)  # quicker than extending by what makes an iterator first
    return parts

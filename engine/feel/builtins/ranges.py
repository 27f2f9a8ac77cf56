"""Relations of points and ranges (DMN 1.5 §10.3.4.9, table 78) and ``range()``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from engine.feel.builtins.conversion import number_of_text
from engine.feel.builtins.registry import builtin
from engine.feel.comparison import ORDERED, equal, less
from engine.feel.environment import Environment
from engine.feel.operators import in_range
from engine.feel.temporal import parse_date, parse_date_time, parse_duration, parse_temporal, parse_time
from engine.feel.values import Range, Undefined, Value, kind_of

_QUOTED = re.compile(r'(?:(?P<function>@|date|time|date and time|duration)\(?)?"(?P<content>[^"]*)"\)?')
_READERS: dict[str, Callable[[str], Value]] = {
    "": str,
    "@": parse_temporal,
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_duration,
}
_COST = 56
_ENDS = "number|string|date|time|date and time|days and time duration|years and months duration"


def _lt(left: Value, right: Value) -> bool:
    answer = less(left, right)
    if answer is None:
        raise Undefined(f"expected values of one ordered kind, but got {kind_of(left)} and {kind_of(right)}")
    return answer


def _eq(left: Value, right: Value) -> bool:
    return equal(left, right) is True


def _relation(
    name: str, *, points: Any = None, point_range: Any = None, range_point: Any = None, ranges: Any = None
) -> None:
    """Register the forms of a relation that exist, with the standard's parameter names."""
    forms = (
        (points, f"point1: {_ENDS}, point2: {_ENDS}"),
        (point_range, f"point: {_ENDS}, range: range"),
        (range_point, f"range: range, point: {_ENDS}"),
        (ranges, "range1: range, range2: range"),
    )
    for implementation, parameters in forms:
        if implementation is not None:
            builtin(f"{name}({parameters})", wide=True, cost=_COST)(_checked(implementation))


def _checked(implementation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(first: Any, second: Any) -> bool:
        for value in (first, second):
            if isinstance(value, Range) and (value.start is None or value.end is None):
                raise Undefined("expected a range with two ends, but one is open")
            if isinstance(value, Range) and not {kind_of(value.start), kind_of(value.end)} <= ORDERED:
                raise Undefined("expected a range of values with an order, but they have none")
        return implementation(first, second)

    return check


def _before(a: Range, b: Range) -> bool:
    return _lt(a.end, b.start) or (_eq(a.end, b.start) and not (a.end_included and b.start_included))


def _point_before(point: Value, b: Range) -> bool:
    return _lt(point, b.start) or (_eq(point, b.start) and not b.start_included)


def _before_point(a: Range, point: Value) -> bool:
    return _lt(a.end, point) or (_eq(a.end, point) and not a.end_included)


def _meets(a: Range, b: Range) -> bool:
    return a.end_included and b.start_included and _eq(a.end, b.start)


def _overlaps(a: Range, b: Range) -> bool:
    return not _before(a, b) and not _before(b, a)


def _starts_no_later(a: Range, b: Range) -> bool:
    return _lt(a.start, b.start) or (_eq(a.start, b.start) and (a.start_included or not b.start_included))


def _ends_no_later(a: Range, b: Range) -> bool:
    return _lt(a.end, b.end) or (_eq(a.end, b.end) and (b.end_included or not a.end_included))


def _starts_earlier(a: Range, b: Range) -> bool:
    return _lt(a.start, b.start) or (_eq(a.start, b.start) and a.start_included and not b.start_included)


def _overlaps_before(a: Range, b: Range) -> bool:
    return _starts_earlier(a, b) and not _before(a, b) and _ends_no_later(a, b)


def _includes(a: Range, b: Range) -> bool:
    return _starts_no_later(a, b) and _ends_no_later(b, a)


def _starts(a: Range, b: Range) -> bool:
    return _eq(a.start, b.start) and a.start_included == b.start_included and _ends_no_later(a, b)


def _finishes(a: Range, b: Range) -> bool:
    return _eq(a.end, b.end) and a.end_included == b.end_included and _starts_no_later(b, a)


def _starts_with(point: Value, b: Range) -> bool:
    return b.start_included and _eq(point, b.start)


def _finishes_with(point: Value, b: Range) -> bool:
    return b.end_included and _eq(point, b.end)


def _inside(point: Value, b: Range) -> bool:
    return in_range(point, b) is True


def _swapped(relation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda first, second: relation(second, first)


_relation("before", points=_lt, point_range=_point_before, range_point=_before_point, ranges=_before)
_relation(
    "after",
    points=_swapped(_lt),
    point_range=_swapped(_before_point),
    range_point=_swapped(_point_before),
    ranges=_swapped(_before),
)
_relation("meets", ranges=_meets)
_relation("met by", ranges=_swapped(_meets))
_relation("overlaps", ranges=_overlaps)
_relation("overlaps before", ranges=_overlaps_before)
_relation("overlaps after", ranges=_swapped(_overlaps_before))
_relation("finishes", point_range=_finishes_with, ranges=_finishes)
_relation("finished by", range_point=_swapped(_finishes_with), ranges=_swapped(_finishes))
_relation("includes", range_point=_swapped(_inside), ranges=_includes)
_relation("during", point_range=_inside, ranges=_swapped(_includes))
_relation("starts", point_range=_starts_with, ranges=_starts)
_relation("started by", range_point=_swapped(_starts_with), ranges=_swapped(_starts))


@builtin("coincides(range1: range, range2: range)", environment=True, cost=_COST)
@builtin("coincides(point1: Any, point2: Any)", environment=True, cost=_COST)
def coincides(environment: Environment, first: Value, second: Value) -> bool:
    """Say whether two points or two ranges are the same."""
    if first is None or second is None or kind_of(first) != kind_of(second):
        raise Undefined(f"expected two values of one kind, but got {kind_of(first)} and {kind_of(second)}")
    return equal(first, second, environment) is True


@builtin("range(from: string)", cost=90)
def range_of_text(text: str) -> Range:
    """Read a range such as ``[1..10)`` or ``[@"2026-01-01".."]`` with literal ends."""
    low, dots, high = text[1:-1].partition("..")
    if not dots or text[0] not in "[(]" or text[-1] not in "])[":
        raise Undefined(f"range(): expected a range such as [1..10), but got “{text[:40]}”")
    start, end = _literal(low.strip()), _literal(high.strip())
    if start is None and end is None:
        raise Undefined("range(): expected an end, but both are missing")
    if start is not None and end is not None and _lt(end, start):
        raise Undefined("range(): expected a start before the end, but it is behind")
    if (start is None and text[0] == "[") or (end is None and text[-1] == "]"):
        raise Undefined("range(): expected a missing end to be open, but it is closed")
    return Range(start, end, text[0] == "[", text[-1] == "]")


def _literal(text: str) -> Value:
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return _READERS[quoted["function"] or ""](quoted["content"])
    return number_of_text(text) if text else None

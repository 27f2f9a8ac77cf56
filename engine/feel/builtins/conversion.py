"""Conversion functions and ``not`` (DMN 1.5 §10.3.4.1-2)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation

from engine.feel.builtins.registry import builtin
from engine.feel.comparison import equal
from engine.feel.environment import Environment
from engine.feel.formatting import format_value
from engine.feel.temporal import (
    months_between,
    offset_zone,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    zone_name,
)
from engine.feel.values import Undefined, Value, YearsMonthsDuration, number, size_of, truncated
from engine.feel.wide import (
    AnyDate,
    AnyDateTime,
    AnyDuration,
    FarDateTime,
    combine,
    date_of,
    plain_date,
    precise,
    time_of,
)

Number = int | Decimal
_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d{1,5})?", re.ASCII)
_GROUPING = (None, " ", ",", ".")
_DECIMAL = (None, ".", ",")
_MAX_DIGITS = 20_000
_LAST_YEAR = 999_999_999
_COST_OF_PART, _CHARACTERS_PER_UNIT = 6, 16


@builtin("string(from: Any)", environment=True, cost=32)
def string(environment: Environment, value: Value) -> str | None:
    """Return the text of any value but null."""
    if value is None:
        return None
    environment.spend(_COST_OF_PART * size_of(value, environment.fuel // _COST_OF_PART))
    return format_value(value)


@builtin("number(from: number)")
def number_of_number(value: Number) -> Number:
    """Return a number as it is."""
    return value


@builtin(
    "number(from: string, [grouping separator: string?], [decimal separator: string?])", environment=True
)
def _number_of_text(
    environment: Environment, text: str, grouping: str | None = None, point: str | None = None
) -> Number:
    environment.spend(12 + len(text) // _CHARACTERS_PER_UNIT)
    return number_of_text(text, grouping, point)


def number_of_text(text: str, grouping: str | None = None, point: str | None = None) -> Number:
    """Read a number, with separators of thousands and decimals other than the usual where they are given."""
    if grouping not in _GROUPING or point not in _DECIMAL or (grouping is not None and grouping == point):
        raise Undefined(
            "number(): expected separators out of blank, comma and point that differ, but got others"
        )
    plain = text if grouping is None else text.replace(grouping, "")
    plain = plain if point is None else plain.replace(point, ".")
    if len(plain) > _MAX_DIGITS or _NUMBER.fullmatch(plain) is None:
        raise Undefined(f"number(): expected the text of a number, but got “{text[:40]}”")
    try:
        exact = number(Decimal(plain))
    except InvalidOperation as problem:
        raise Undefined(f"number(): expected a number FEEL can hold, but got “{text[:40]}”") from problem
    return int(exact) if plain.lstrip("+-").isdigit() and exact.adjusted() < 34 else exact


@builtin("not(negand: Any)")
def negation(negand: Value) -> bool | None:
    """Return the opposite of a boolean, null for everything else."""
    return not negand if isinstance(negand, bool) else None


@builtin("date(from: date|date and time|string)", cost=44, wide=True)
def date(value: AnyDate | AnyDateTime | str) -> AnyDate:
    """Return the date of a text or of a date and time."""
    if isinstance(value, str):
        return parse_date(value)
    return plain_date(value)


@builtin("date(year: number, month: number, day: number)", cost=56)
def date_of_parts(year: Number, month: Number, day: Number) -> AnyDate:
    """Return a date from its parts."""
    if any(part != truncated(part) for part in (year, month, day)) or not -_LAST_YEAR <= year <= _LAST_YEAR:
        raise Undefined("date(): expected whole numbers of a calendar, but one is none")
    try:
        return date_of(int(year), int(month), int(day))
    except (ValueError, OverflowError) as problem:
        raise Undefined(
            f"date(): expected a day of the calendar, but {year}-{month}-{day} is none"
        ) from problem


@builtin("time(from: time|date and time|date|string)", cost=44, wide=True)
def time(value: dt.time | AnyDate | AnyDateTime | str) -> dt.time:
    """Return the time of a text or of a date and time; of a date, midnight in UTC."""
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, dt.datetime | FarDateTime):
        return time_of(value)
    return value if isinstance(value, dt.time) else dt.time(tzinfo=dt.UTC)


@builtin("time(hour: number, minute: number, second: number, [offset: days and time duration?])", cost=44)
def time_of_parts(
    hour: Number, minute: Number, second: Number, offset: dt.timedelta | None = None
) -> dt.time:
    """Return a time from its parts; without an offset it is local."""
    zone = None if offset is None else offset_zone(offset)
    fraction = Decimal(second) - truncated(second)
    microseconds, nanoseconds = divmod(int(fraction * 1_000_000_000), 1000)
    if hour != truncated(hour) or minute != truncated(minute):
        raise Undefined("time(): expected whole hours and minutes, but one has a fraction")
    try:
        moment = dt.time(int(hour), int(minute), int(second), microseconds, tzinfo=zone)
    except (ValueError, OverflowError) as problem:
        raise Undefined(
            f"time(): expected a time of the day, but {hour}:{minute}:{second} is none"
        ) from problem
    return precise(moment, nanoseconds)


@builtin("date and time(from: date and time|string)", cost=44, wide=True)
def date_and_time(value: AnyDateTime | str) -> AnyDateTime:
    """Return the date and time of a text."""
    return parse_date_time(value) if isinstance(value, str) else value


@builtin("date and time(date: date|date and time, time: time)", cost=44, wide=True)
def date_and_time_of_parts(day: AnyDate | AnyDateTime, moment: dt.time) -> AnyDateTime:
    """Return a date and time from its parts; the zone is the time's."""
    return combine(date(day), moment)


@builtin("duration(from: days and time duration|years and months duration|string)", cost=44, wide=True)
def duration(value: AnyDuration | YearsMonthsDuration | str) -> AnyDuration | YearsMonthsDuration:
    """Return the duration of a text."""
    return parse_duration(value) if isinstance(value, str) else value


@builtin("years and months duration(from: date|date and time, to: date|date and time)", cost=44, wide=True)
def years_and_months_duration(
    start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime
) -> YearsMonthsDuration:
    """Return the whole months between two dates."""
    return months_between(date(start), date(end))


@builtin("is(value1: Any, value2: Any)", environment=True, cost=20)
def is_same(environment: Environment, first: Value, second: Value) -> bool:
    """Say whether two values are the same element: equal, and temporal ones with the same zone too."""
    if isinstance(first, dt.time | dt.datetime) and isinstance(second, dt.time | dt.datetime):
        zones = first.utcoffset() == second.utcoffset() and zone_name(first.tzinfo) == zone_name(
            second.tzinfo
        )
        return type(first) is type(second) and first == second and zones
    return equal(first, second, environment) is True

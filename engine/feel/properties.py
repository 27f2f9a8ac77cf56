"""What stands behind a dot: entries of contexts, parts of temporal values and ranges (DMN 1.5 table 65)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from engine.feel.environment import Environment
from engine.feel.temporal import zone_name
from engine.feel.values import MAX_DEPTH, Range, Value, YearsMonthsDuration, kind_of
from engine.feel.wide import AnyDuration, nanoseconds_of

_COST = 4


def property_of(value: Value, name: str, environment: Environment, position: int) -> Value:
    """Return a property; of a list, its items' properties. Null with a warning when there is none."""
    environment.spend(_COST)
    if isinstance(value, list):
        return _of_items(value, name, environment, position, 1)
    if isinstance(value, dict):
        if name in value:
            return value[name]  # type: ignore[no-any-return]
        return environment.warn(f"expected an entry “{name}”, but the context has none", position)
    reader = _PROPERTIES.get(kind_of(value), {}).get(name)
    if reader is None:
        kind = kind_of(value)
        return environment.warn(f"expected a value with a property “{name}”, but got {kind}", position)
    return reader(value)


def _of_items(items: list[Value], name: str, environment: Environment, position: int, depth: int) -> Value:
    if depth > MAX_DEPTH:
        return environment.warn(f"expected lists nested at most {MAX_DEPTH} deep, but they go on", position)
    environment.admit_list(len(items))
    return [
        _of_items(item, name, environment, position, depth + 1)
        if isinstance(item, list)
        else property_of(item, name, environment, position)
        for item in items
    ]


def _offset(value: dt.time | dt.datetime) -> dt.timedelta | None:
    return value.utcoffset()


def _part(unit: int, modulus: int) -> Callable[[AnyDuration], int]:
    """Return what reads one part of a duration; ``unit`` is its length in seconds, no modulus the largest."""

    def read(value: AnyDuration) -> int:
        nanoseconds = nanoseconds_of(value)
        size = abs(nanoseconds) // (unit * 1_000_000_000)
        size = size % modulus if modulus else size
        return -size if nanoseconds < 0 else size

    return read


def _months(value: YearsMonthsDuration) -> int:
    return value.months - 12 * value.years


def _start_included(value: Range) -> bool | None:
    return None if value.operator.startswith("<") or value.operator == "!=" else value.start_included


def _end_included(value: Range) -> bool | None:
    return None if value.operator.startswith(">") or value.operator == "!=" else value.end_included


_Readers = dict[str, Callable[[Any], Value]]
_DATE: _Readers = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": lambda value: value.isoweekday(),
}
_TIME: _Readers = {
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "time offset": _offset,
    "timezone": lambda value: zone_name(value.tzinfo),
}
_PROPERTIES: dict[str, _Readers] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": _DATE | _TIME,
    "days and time duration": {
        "days": _part(86_400, 0),
        "hours": _part(3600, 24),
        "minutes": _part(60, 60),
        "seconds": _part(1, 60),
    },
    "years and months duration": {"years": lambda value: value.years, "months": _months},
    "range": {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": _start_included,
        "end included": _end_included,
    },
}

"""What it means for two values to be equal or ordered (DMN 1.5 §10.3.2.12, tables 52 and 54)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.clock import WARSAW
from engine.errors import EvaluationError
from engine.feel.values import MAX_DEPTH, Range, Value, kind_of
from engine.feel.wide import CYCLE_DAYS, FAR, FarDate, FarDateTime, nanoseconds_of, ordinal

if TYPE_CHECKING:
    from engine.feel.environment import Environment

ORDERED = frozenset(
    {
        "number",
        "string",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    }
)
_COMPOUND = frozenset({"list", "context", "range"})
_PLAIN = frozenset({int, str, bool})
_MAX_COMPARED = 100_000
_COST_OF_PART, _COST_OF_INSTANT = 4, 10
_REFERENCE_DAY = dt.date(2000, 1, 1)


def equal(left: Value, right: Value, environment: Environment | None = None) -> bool | None:
    """Say whether two values are equal; None when their kinds cannot be compared (DMN 1.5 table 42).

    Null equals only null. Lists and contexts are compared deeply, paid for where an environment is given; an
    instant without zone counts as local. Raises ``EvaluationError`` for values too large to compare.
    """
    if left is None or right is None:
        return left is right
    kind = kind_of(left)
    if kind != kind_of(right):
        return None
    if kind in _COMPOUND:
        return _Comparison(environment).same(left, right)
    if environment is not None and kind in _EQUALITIES:
        environment.spend(_COST_OF_INSTANT)
    if isinstance(left, FAR) or isinstance(right, FAR):
        return _moment(left) == _moment(right)
    compare = _EQUALITIES.get(kind)
    return bool(left == right) if compare is None else compare(left, right)


class _Comparison:
    """One deep comparison; shared parts may make a value far larger than its memory, so steps are counted."""

    __slots__ = ("_depth", "_environment", "_left")

    def __init__(self, environment: Environment | None) -> None:
        self._environment = environment
        self._left = _MAX_COMPARED
        self._depth = 0

    def same(self, left: Any, right: Any) -> bool:
        """Say whether two values are equal, paying for each part."""
        if type(left) is type(right) and type(left) in _PLAIN:
            return bool(left == right)
        kind = kind_of(left)
        if kind != kind_of(right):
            return False
        if kind not in _COMPOUND:
            return equal(left, right, self._environment) is True
        self._depth += 1
        self._pay(1 if kind == "range" else 1 + len(left))
        if kind == "list":
            result = self._lists(left, right)
        else:
            result = self._contexts(left, right) if kind == "context" else self._ranges(left, right)
        self._depth -= 1
        return result

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0 or self._depth > MAX_DEPTH:
            raise EvaluationError("expected values small enough to compare, but they are too large")
        if self._environment is not None:
            self._environment.spend(steps * _COST_OF_PART)

    def _lists(self, left: list[Value], right: list[Value]) -> bool:
        return len(left) == len(right) and all(map(self.same, left, right))

    def _contexts(self, left: dict[str, Value], right: dict[str, Value]) -> bool:
        return left.keys() == right.keys() and all(
            self.same(value, right[key]) for key, value in left.items()
        )

    def _ranges(self, left: Range, right: Range) -> bool:
        ends = (left.start_included, left.end_included, left.operator)
        if ends != (right.start_included, right.end_included, right.operator):
            return False
        return self.same(left.start, right.start) and self.same(left.end, right.end)


def _equal_instants(left: dt.datetime, right: dt.datetime) -> bool:
    # the standard's value of an instant counts whole seconds (§10.3.2.3.5); the test suite insists on it
    return instant(left).replace(microsecond=0) == instant(right).replace(microsecond=0)


def _equal_times(left: dt.time, right: dt.time) -> bool:
    if (left.tzinfo is None) != (right.tzinfo is None):
        return False
    return int(seconds_of_day(left)) == int(seconds_of_day(right))


_EQUALITIES: dict[str, Callable[[Any, Any], bool]] = {
    "date and time": _equal_instants,
    "time": _equal_times,
    "function": lambda left, right: left is right,
}


def less(left: Value, right: Value) -> bool | None:
    """Say whether a value comes before another of the same kind; None when they have no order."""
    kind = kind_of(left)
    if kind not in ORDERED or kind != kind_of(right):
        return None
    if isinstance(left, FAR) or isinstance(right, FAR):
        return _moment(left) < _moment(right)
    keyed = _ORDER_KEYS.get(kind)
    if keyed is None:
        return bool(left < right)  # type: ignore[operator]  # both are of one ordered kind
    return bool(keyed(left) < keyed(right))


def _moment(value: Any) -> tuple[int, dt.time]:
    """Return what orders dates and date-times of any year: the day's number and the time, in UTC."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return ordinal(value), dt.time()
    if isinstance(value, FarDate):
        return ordinal(value), dt.time()
    near, cycles = (value.near, value.cycles) if isinstance(value, FarDateTime) else (value, 0)
    moment = instant(near)
    return moment.toordinal() + CYCLE_DAYS * cycles, moment.time().replace(microsecond=0)


def instant(value: dt.datetime) -> dt.datetime:
    """Return an aware UTC instant; a date-time without zone is taken as Warsaw's."""
    aware = value if value.utcoffset() is not None else value.replace(tzinfo=WARSAW)
    try:
        return aware.astimezone(dt.UTC)
    except OverflowError:
        return aware.replace(tzinfo=dt.UTC)


def seconds_of_day(value: dt.time) -> float | int:
    """Return a time as seconds since midnight UTC; a named zone counts with its winter offset."""
    offset = dt.datetime.combine(_REFERENCE_DAY, value).utcoffset() or dt.timedelta()
    microseconds = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    return (microseconds - offset // dt.timedelta(microseconds=1)) / 1_000_000


_ORDER_KEYS: dict[str, Callable[[Any], Any]] = {
    "date and time": instant,
    "time": seconds_of_day,
    "days and time duration": nanoseconds_of,
}

"""What the operators do to two values (DMN 1.5 §10.3.2.11-12, tables 53-56); ``Undefined`` means null."""

from __future__ import annotations

import datetime as dt
import operator as python
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel.comparison import equal, instant, less, seconds_of_day
from engine.feel.environment import Environment
from engine.feel.temporal import (
    add_duration,
    add_months,
    add_to_time,
    between,
    lasting,
    midnight,
    years_months,
)
from engine.feel.values import (
    ARITHMETIC,
    Range,
    Undefined,
    Value,
    YearsMonthsDuration,
    bounded,
    kind_of,
    truncated,
)
from engine.feel.wide import FAR, AnyDuration, WideDuration, nanoseconds_of

DIRECT: dict[str, Callable[[Any, Any], bool]] = {
    "=": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}
PLAIN = frozenset({int, str, bool, Decimal})
PLAIN_ORDERED = frozenset({int, str, Decimal})

_MAX_EXPONENT = 6144
_COST_OF_NUMBERS, _COST_OF_OTHERS = 14, 36
_COST_OF_POWER, _COST_OF_FRACTIONAL_POWER = 40, 800
_COST_OF_TEST, _COST_OF_RANGE = 8, 40
_NUMBERS = ("number", "number")
_DURATION = "days and time duration"
_MONTHS = "years and months duration"
_INSTANT = "date and time"


def add(left: Value, right: Value, environment: Environment) -> Value:
    """Return ``left + right``."""
    if type(left) is int and type(right) is int:
        return bounded(left + right)
    kinds = (kind_of(left), kind_of(right))
    if kinds == ("string", "string"):
        environment.admit_string(len(left) + len(right))  # type: ignore[arg-type]
    return _apply("+", _ADDITIONS, kinds, left, right, environment)


def subtract(left: Value, right: Value, environment: Environment) -> Value:
    """Return ``left - right``."""
    if type(left) is int and type(right) is int:
        return bounded(left - right)
    return _apply("-", _SUBTRACTIONS, (kind_of(left), kind_of(right)), left, right, environment)


def multiply(left: Value, right: Value, environment: Environment) -> Value:
    """Return ``left * right``."""
    if type(left) is int and type(right) is int:
        return bounded(left * right)
    return _apply("*", _PRODUCTS, (kind_of(left), kind_of(right)), left, right, environment)


def divide(left: Value, right: Value, environment: Environment) -> Value:
    """Return ``left / right``: an integer where it is exact."""
    return _apply("/", _QUOTIENTS, (kind_of(left), kind_of(right)), left, right, environment)


def power(left: Value, right: Value, environment: Environment) -> Value:
    """Return ``left ** right``."""
    environment.spend(_COST_OF_POWER if type(right) is int else _COST_OF_FRACTIONAL_POWER)
    kinds = (kind_of(left), kind_of(right))
    return _apply("**", {("number", "number"): _power}, kinds, left, right, environment)


def negate(value: Value) -> Value:
    """Return ``-value``."""
    kind = kind_of(value)
    if kind == "number":
        return -value if type(value) is int else ARITHMETIC.minus(value)  # type: ignore[arg-type]
    if kind == _MONTHS:
        return -value  # type: ignore[operator]
    if kind == _DURATION:
        return _minus(value)  # type: ignore[arg-type]
    raise Undefined(f"expected a number or a duration behind “-”, but got {kind}")


_Table = dict[tuple[str, str], Callable[[Any, Any], Value]]


def _apply(
    operator: str,
    table: _Table,
    kinds: tuple[str, str],
    left: Value,
    right: Value,
    environment: Environment,
) -> Value:
    operation = table.get(kinds)
    environment.spend(_COST_OF_NUMBERS if kinds == _NUMBERS else _COST_OF_OTHERS)
    if operation is None:
        raise Undefined(f"expected values that “{operator}” can combine, but got {kinds[0]} and {kinds[1]}")
    if isinstance(left, FAR) or isinstance(right, FAR):
        raise Undefined("expected dates in the years 1 to 9999, but one lies outside")
    try:
        return operation(left, right)
    except (DecimalException, OverflowError) as problem:
        raise Undefined(f"expected a result FEEL can hold, but “{operator}” leaves its bounds") from problem


def _date_plus(day: dt.date, duration: AnyDuration) -> dt.date:
    return add_duration(midnight(day), duration).date()


def _minus(duration: AnyDuration) -> AnyDuration:
    return lasting(-nanoseconds_of(duration))


def _durations_plus(left: AnyDuration, right: AnyDuration) -> AnyDuration:
    return lasting(nanoseconds_of(left) + nanoseconds_of(right))


def _durations_minus(left: AnyDuration, right: AnyDuration) -> AnyDuration:
    return lasting(nanoseconds_of(left) - nanoseconds_of(right))


def _instant_minus(later: dt.date, earlier: dt.date) -> dt.timedelta:
    return between(_beside(later, earlier), _beside(earlier, later))


def _beside(value: dt.date, other: dt.date) -> dt.datetime:
    """Return a date as midnight: local beside a local date-time, else in UTC."""
    if isinstance(value, dt.datetime):
        return value
    is_local = isinstance(other, dt.datetime) and other.tzinfo is None
    return midnight(value).replace(tzinfo=None) if is_local else midnight(value)


def _times_minus(later: dt.time, earlier: dt.time) -> dt.timedelta:
    if (later.tzinfo is None) != (earlier.tzinfo is None):
        raise Undefined("expected two times with a zone or two without, but only one has a zone")
    return dt.timedelta(seconds=seconds_of_day(later) - seconds_of_day(earlier))


def _divide_numbers(left: int | Decimal, right: int | Decimal) -> int | Decimal:
    if not right:
        raise Undefined("expected a divisor other than 0, but got 0")
    if type(left) is int and type(right) is int and left % right == 0:
        return left // right
    return ARITHMETIC.divide(Decimal(left), Decimal(right))


def _power(base: int | Decimal, exponent: int | Decimal) -> int | Decimal:
    if not exponent:
        return 1  # Python's decimal knows no 0 ** 0
    if not -_MAX_EXPONENT <= exponent <= _MAX_EXPONENT:
        raise Undefined(f"expected an exponent of at most {_MAX_EXPONENT}, but got {exponent}")
    result = ARITHMETIC.power(Decimal(base), Decimal(exponent))
    exact = type(base) is int and type(exponent) is int and exponent >= 0
    return int(result) if exact and result.adjusted() < ARITHMETIC.prec else result


def _scale_duration(duration: AnyDuration, factor: int | Decimal) -> AnyDuration:
    return _like(duration, ARITHMETIC.multiply(Decimal(nanoseconds_of(duration)), Decimal(factor)))


def _shrink_duration(duration: AnyDuration, divisor: int | Decimal) -> AnyDuration:
    if not divisor:
        raise Undefined("expected a divisor other than 0, but got 0")
    return _like(duration, ARITHMETIC.divide(Decimal(nanoseconds_of(duration)), Decimal(divisor)))


def _like(duration: AnyDuration, nanoseconds: Decimal) -> AnyDuration:
    """Return a duration no finer than the one it is made of: a part of a day is to be stored and awaited."""
    whole = truncated(nanoseconds)
    if isinstance(duration, WideDuration):
        return lasting(whole)
    return lasting((whole // 1_000 if whole >= 0 else -(-whole // 1_000)) * 1_000)


def _scale_months(duration: YearsMonthsDuration, factor: int | Decimal) -> YearsMonthsDuration:
    return years_months(truncated(ARITHMETIC.multiply(Decimal(duration.months), Decimal(factor))))


def _shrink_months(duration: YearsMonthsDuration, divisor: int | Decimal) -> YearsMonthsDuration:
    if not divisor:
        raise Undefined("expected a divisor other than 0, but got 0")
    return years_months(truncated(ARITHMETIC.divide(Decimal(duration.months), Decimal(divisor))))


def _duration_ratio(left: AnyDuration, right: AnyDuration) -> int | Decimal:
    return _divide_numbers(nanoseconds_of(left), nanoseconds_of(right))


_ADDITIONS: _Table = {
    ("number", "number"): ARITHMETIC.add,
    ("string", "string"): lambda a, b: a + b,
    ("date", _DURATION): _date_plus,
    (_DURATION, "date"): lambda a, b: _date_plus(b, a),
    (_INSTANT, _DURATION): add_duration,
    (_DURATION, _INSTANT): lambda a, b: add_duration(b, a),
    ("time", _DURATION): add_to_time,
    (_DURATION, "time"): lambda a, b: add_to_time(b, a),
    ("date", _MONTHS): lambda a, b: add_months(a, b.months),
    (_MONTHS, "date"): lambda a, b: add_months(b, a.months),
    (_INSTANT, _MONTHS): lambda a, b: add_months(a, b.months),
    (_MONTHS, _INSTANT): lambda a, b: add_months(b, a.months),
    (_DURATION, _DURATION): _durations_plus,
    (_MONTHS, _MONTHS): lambda a, b: years_months(a.months + b.months),
}
_SUBTRACTIONS: _Table = {
    ("number", "number"): ARITHMETIC.subtract,
    ("date", "date"): _instant_minus,
    ("date", _INSTANT): _instant_minus,
    (_INSTANT, "date"): _instant_minus,
    (_INSTANT, _INSTANT): _instant_minus,
    ("time", "time"): _times_minus,
    ("date", _DURATION): lambda a, b: _date_plus(a, _minus(b)),
    (_INSTANT, _DURATION): lambda a, b: add_duration(a, _minus(b)),
    ("time", _DURATION): lambda a, b: add_to_time(a, _minus(b)),
    ("date", _MONTHS): lambda a, b: add_months(a, -b.months),
    (_INSTANT, _MONTHS): lambda a, b: add_months(a, -b.months),
    (_DURATION, _DURATION): _durations_minus,
    (_MONTHS, _MONTHS): lambda a, b: years_months(a.months - b.months),
}
_PRODUCTS: _Table = {
    ("number", "number"): ARITHMETIC.multiply,
    (_DURATION, "number"): _scale_duration,
    ("number", _DURATION): lambda a, b: _scale_duration(b, a),
    (_MONTHS, "number"): _scale_months,
    ("number", _MONTHS): lambda a, b: _scale_months(b, a),
}
_QUOTIENTS: _Table = {
    ("number", "number"): _divide_numbers,
    (_DURATION, "number"): _shrink_duration,
    (_MONTHS, "number"): _shrink_months,
    (_DURATION, _DURATION): _duration_ratio,
    (_MONTHS, _MONTHS): lambda a, b: _divide_numbers(a.months, b.months),
}


def compare(operator: str, left: Value, right: Value, environment: Environment | None = None) -> bool:
    """Return the truth of a comparison; raises ``Undefined`` for values that cannot be compared."""
    if type(left) is type(right) and type(left) in PLAIN_ORDERED:
        return DIRECT[operator](left, right)
    if operator in ("=", "!="):
        same = equal(left, right, environment)
        if same is None:
            raise Undefined(f"expected values of one kind, but got {kind_of(left)} and {kind_of(right)}")
        return same if operator == "=" else not same
    left, right = _mixed_dates(left, right)
    before = less(left, right) if operator in ("<", ">=") else less(right, left)
    if before is None:
        raise Undefined(f"expected values with an order, but got {kind_of(left)} and {kind_of(right)}")
    return before if operator in ("<", ">") else not before


def _mixed_dates(left: Value, right: Value) -> tuple[Value, Value]:
    kinds = (kind_of(left), kind_of(right))
    if isinstance(left, FAR) or isinstance(right, FAR):
        return left, right
    if kinds == ("date", _INSTANT):
        return instant(midnight(left)), right  # type: ignore[arg-type]
    if kinds == (_INSTANT, "date"):
        return left, instant(midnight(right))  # type: ignore[arg-type]
    return left, right


def in_range(value: Value, interval: Range, environment: Environment | None = None) -> bool:
    """Say whether a value lies in a range; raises ``Undefined`` when they cannot be compared."""
    if interval.operator == "=":
        return compare("=", value, interval.start, environment)
    if interval.operator == "!=":
        return compare("!=", value, interval.start, environment)
    if interval.operator:
        bound = interval.end if interval.operator.startswith("<") else interval.start
        return compare(interval.operator, value, bound)
    if interval.start is None and interval.end is None:
        raise Undefined("expected a range with an end, but both ends are null")
    low = interval.start is None or compare(">=" if interval.start_included else ">", value, interval.start)
    high = interval.end is None or compare("<=" if interval.end_included else "<", value, interval.end)
    return bool(low and high)


def passes(value: Value, test: Value, environment: Environment) -> bool | None:
    """Say whether a value passes a test given as a value: a range, a list of tests, or something to equal."""
    environment.spend(_COST_OF_TEST)
    if isinstance(test, Range) and not isinstance(value, Range):
        environment.spend(_COST_OF_RANGE)
        return in_range(value, test, environment)
    if isinstance(test, list):
        if isinstance(value, list) and equal(value, test, environment):
            return True
        return any(_passes_quietly(value, item, environment) for item in test)
    return equal(value, test, environment)


def _passes_quietly(value: Value, test: Value, environment: Environment) -> bool:
    environment.spend(_COST_OF_TEST)
    try:
        if isinstance(test, Range) and not isinstance(value, Range):
            environment.spend(_COST_OF_RANGE)
            return in_range(value, test, environment)
        return equal(value, test, environment) is True
    except Undefined:
        return False

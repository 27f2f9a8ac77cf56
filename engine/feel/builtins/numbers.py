"""Numeric functions (DMN 1.5 §10.3.4.5)."""

from __future__ import annotations

import datetime as dt
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from engine.feel.builtins.registry import builtin
from engine.feel.temporal import lasting
from engine.feel.values import ARITHMETIC, Undefined, Value, YearsMonthsDuration, truncated
from engine.feel.wide import AnyDuration, WideDuration, nanoseconds_of

_MIN_SCALE, _MAX_SCALE = -6111, 6176
Number = int | Decimal


def whole(value: Number, what: str) -> int:
    """Return a number as an integer; raises ``Undefined`` when it has a fraction."""
    result = truncated(value)
    if value != result:
        raise Undefined(f"expected a whole number as {what}, but got {value}")
    return result


def _rounded(value: Number, scale: Number, rounding: str) -> Number:
    digits = truncated(scale)
    if not _MIN_SCALE <= digits <= _MAX_SCALE:
        raise Undefined(f"expected a scale from {_MIN_SCALE} to {_MAX_SCALE}, but got {scale}")
    if type(value) is int and digits >= 0:
        return value
    exact = Decimal(value)
    if exact.is_zero() or -digits <= exact.as_tuple().exponent:  # type: ignore[operator]  # never NaN here
        return value
    result = ARITHMETIC.plus(
        exact.scaleb(digits, ARITHMETIC).to_integral_value(rounding).scaleb(-digits, ARITHMETIC)
    )
    return _integral(result) if digits <= 0 else result


def _integral(value: Decimal) -> Number:
    return int(value) if value.adjusted() < ARITHMETIC.prec else value


@builtin("decimal(n: number, scale: number)", cost=48)
def decimal(n: Number, scale: Number) -> Number:
    """Round half to even."""
    return _rounded(n, scale, ROUND_HALF_EVEN)


@builtin("floor(n: number, [scale: number])", cost=48)
def floor(n: Number, scale: Number = 0) -> Number:
    """Round down."""
    return _rounded(n, scale, ROUND_FLOOR)


@builtin("ceiling(n: number, [scale: number])", cost=48)
def ceiling(n: Number, scale: Number = 0) -> Number:
    """Round up."""
    return _rounded(n, scale, ROUND_CEILING)


@builtin("round up(n: number, scale: number)", cost=48)
def round_up(n: Number, scale: Number) -> Number:
    """Round away from zero."""
    return _rounded(n, scale, ROUND_UP)


@builtin("round down(n: number, scale: number)", cost=48)
def round_down(n: Number, scale: Number) -> Number:
    """Round towards zero."""
    return _rounded(n, scale, ROUND_DOWN)


@builtin("round half up(n: number, scale: number)", cost=48)
def round_half_up(n: Number, scale: Number) -> Number:
    """Round to the nearest, a half away from zero."""
    return _rounded(n, scale, ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)", cost=48)
def round_half_down(n: Number, scale: Number) -> Number:
    """Round to the nearest, a half towards zero."""
    return _rounded(n, scale, ROUND_HALF_DOWN)


@builtin("abs(n: number|days and time duration|years and months duration)", wide=True, cost=4)
def absolute(n: int | Decimal | AnyDuration | YearsMonthsDuration) -> Value:
    """Return a number or duration without its sign."""
    if isinstance(n, YearsMonthsDuration):
        return YearsMonthsDuration(abs(n.months))
    if isinstance(n, dt.timedelta | WideDuration):
        return lasting(abs(nanoseconds_of(n)))
    return n if n >= 0 else -n


@builtin("modulo(dividend: number, divisor: number)", cost=24)
def modulo(dividend: Number, divisor: Number) -> Number:
    """Return the remainder that has the divisor's sign."""
    if not divisor:
        raise Undefined("modulo(): expected a divisor other than 0, but got 0")
    if type(dividend) is int and type(divisor) is int:
        return dividend % divisor
    left, right = Decimal(dividend), Decimal(divisor)
    quotient = ARITHMETIC.divide(left, right).to_integral_value(ROUND_FLOOR)
    return ARITHMETIC.subtract(left, ARITHMETIC.multiply(right, quotient))


@builtin("sqrt(number: number)", cost=30)
def sqrt(number: Number) -> Number:
    """Return the square root of a number that is not negative."""
    if number < 0:
        raise Undefined("sqrt(): expected a number of 0 or more, but got a negative one")
    result = ARITHMETIC.sqrt(Decimal(number))
    return int(result) if type(number) is int and result == result.to_integral_value() else result


@builtin("log(number: number)", cost=320)
def log(number: Number) -> Decimal:
    """Return the natural logarithm of a positive number."""
    if number <= 0:
        raise Undefined("log(): expected a positive number, but got 0 or less")
    return ARITHMETIC.ln(Decimal(number))


@builtin("exp(number: number)", cost=320)
def exp(number: Number) -> Decimal:
    """Return Euler's number to a power."""
    if number > 14_200:
        raise Undefined("exp(): expected a result FEEL can hold, but it is too large")
    return ARITHMETIC.exp(Decimal(number))


@builtin("odd(number: number)", cost=26)
def odd(number: Number) -> bool:
    """Say whether a whole number is odd."""
    return _parity(number) == 1


@builtin("even(number: number)", cost=26)
def even(number: Number) -> bool:
    """Say whether a whole number is even."""
    return _parity(number) == 0


def _parity(number: Number) -> int:
    if type(number) is not int and number.as_tuple().exponent > 0:  # type: ignore[operator, union-attr]
        return 0  # it ends with a zero; writing all its digits out would cost too much
    whole = truncated(number)
    if number != whole:
        raise Undefined(f"expected a whole number, but got {number}")
    return whole % 2

"""Functions over lists of numbers or of comparable values (DMN 1.5 §10.3.4.4): sum, mean, min, mode …"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.comparison import less
from engine.feel.environment import Environment
from engine.feel.operators import add, multiply
from engine.feel.values import ARITHMETIC, Undefined, Value, kind_of

Number = int | Decimal
_COST_OF_ITEM, _COST_OF_ORDER = 8, 20
_SMALL = 10**29


def _both(name: str, **options: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function for one list and for the items as arguments."""

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        def spread(*arguments: Any) -> Any:
            if len(arguments) == len(options):
                raise Undefined(f"{name}(): expected arguments, but got none")
            *surroundings, items = (*arguments[:1], list(arguments[1:])) if options else (list(arguments),)
            return implementation(*surroundings, items)

        builtin(f"{name}(list: list)", **options)(implementation)
        builtin(f"{name}(item: Any...)", **options)(spread)
        return implementation

    return register


def _numbers(items: list[Value]) -> list[Number]:
    for item in items:
        if kind_of(item) != "number":
            raise Undefined(f"expected a list of numbers, but an item is {kind_of(item)}")
    return items  # type: ignore[return-value]


def _decimals(items: list[Value]) -> list[Decimal]:
    return [Decimal(item) for item in _numbers(items)]


def _pay(environment: Environment, items: list[Value]) -> None:
    """Pay for reckoning with each item: whole numbers are quick, decimals and temporal values are not."""
    environment.spend(sum(5 if type(item) is int else _COST_OF_ITEM for item in items))


def _some(items: list[Value]) -> list[Value]:
    if not items:
        raise Undefined("expected a list with items, but it is empty")
    return items


@_both("sum", environment=True)
def total(environment: Environment, items: list[Value]) -> Value:
    """Add numbers or durations."""
    return _fold(environment, items, add)


@_both("product", environment=True)
def product(environment: Environment, items: list[Value]) -> Value:
    """Multiply numbers."""
    return _fold(environment, _numbers(items), multiply)  # type: ignore[arg-type]


def _fold(
    environment: Environment, items: list[Value], operation: Callable[[Value, Value, Environment], Value]
) -> Value:
    _some(items)
    if any(kind_of(item) in ("string", "date", "time", "date and time") for item in items):
        raise Undefined("expected a list of numbers or durations, but an item is something else")
    result = items[0]
    if len(items) == 1 and kind_of(result) != "number" and "duration" not in kind_of(result):
        raise Undefined(f"expected a list of numbers or durations, but an item is {kind_of(result)}")
    _pay(environment, items)
    if operation is add and all(type(item) is int and -_SMALL < item < _SMALL for item in items):
        return sum(items)  # type: ignore[arg-type]  # integers that stay below 34 digits, however many
    for item in items[1:]:
        result = operation(result, item, environment)
    return result


@_both("mean", environment=True)
def mean(environment: Environment, items: list[Value]) -> Value:
    """Return the average of numbers."""
    environment.spend(3 * len(items))
    return _average(_decimals(_some(items)))


def _average(values: list[Decimal]) -> Number:
    result = Decimal(0)
    for value in values:
        result = ARITHMETIC.add(result, value)
    return _plain(ARITHMETIC.divide(result, Decimal(len(values))))


def _plain(value: Decimal) -> Number:
    return int(value) if value == value.to_integral_value() and value.adjusted() < ARITHMETIC.prec else value


@_both("median", environment=True)
def median(environment: Environment, items: list[Value]) -> Value:
    """Return the middle one of numbers, or the average of the two in the middle."""
    environment.spend(4 * len(items))
    values = sorted(_decimals(_some(items)))
    middle = len(values) // 2
    if len(values) % 2:
        return _plain(values[middle])
    return _average(values[middle - 1 : middle + 1])


@_both("stddev", environment=True)
def stddev(environment: Environment, items: list[Value]) -> Value:
    """Return the standard deviation of a sample of two numbers or more."""
    environment.spend(5 * len(items))
    values = _decimals(items)
    if len(values) < 2:
        raise Undefined("stddev(): expected 2 numbers or more, but got fewer")
    average = Decimal(_average(values))
    squares = Decimal(0)
    for value in values:
        difference = ARITHMETIC.subtract(value, average)
        squares = ARITHMETIC.add(squares, ARITHMETIC.multiply(difference, difference))
    return _plain(ARITHMETIC.sqrt(ARITHMETIC.divide(squares, Decimal(len(values) - 1))))


@_both("mode", environment=True)
def mode(environment: Environment, items: list[Value]) -> list[Number]:
    """Return the most frequent numbers in ascending order."""
    counts: dict[Number, int] = {}
    environment.spend(4 * len(items))
    for value in _numbers(items):
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(value for value, count in counts.items() if count == most)


@_both("min", environment=True)
def smallest(environment: Environment, items: list[Value]) -> Value:
    """Return the smallest of comparable values."""
    return _extreme(environment, items, lambda item, best: less(item, best))


@_both("max", environment=True)
def largest(environment: Environment, items: list[Value]) -> Value:
    """Return the largest of comparable values."""
    return _extreme(environment, items, lambda item, best: less(best, item))


def _extreme(
    environment: Environment, items: list[Value], better: Callable[[Value, Value], bool | None]
) -> Value:
    best, *others = _some(items)
    _pay(environment, items)
    environment.spend(2 * len(items))
    if less(best, best) is None:
        raise Undefined(f"expected values with an order, but got {kind_of(best)}")
    for item in others:
        is_better = better(item, best)
        if is_better is None:
            raise Undefined(f"expected values of one kind, but got {kind_of(best)} and {kind_of(item)}")
        if is_better:
            best = item
    return best


@_both("all", environment=True)
def all_true(environment: Environment, items: list[Value]) -> bool | None:
    """Say whether all are true, in three-valued logic."""
    environment.spend(len(items))
    return _verdict(items, False)


@_both("any", environment=True)
def any_true(environment: Environment, items: list[Value]) -> bool | None:
    """Say whether any is true, in three-valued logic."""
    environment.spend(len(items))
    return _verdict(items, True)


def _verdict(items: list[Value], deciding: bool) -> bool | None:
    if any(item is deciding for item in items):
        return deciding
    if any(not isinstance(item, bool) for item in items):
        raise Undefined("expected a list of booleans, but an item is something else")
    return not deciding


def ordered(
    environment: Environment, items: list[Value], before: Callable[[Value, Value], bool]
) -> list[Value]:
    """Return the items sorted by a relation; items neither way round keep their order."""
    environment.spend(len(items))

    def precedence(left: Value, right: Value) -> int:
        environment.spend(_COST_OF_ORDER)
        return -before(left, right)

    return sorted(items, key=cmp_to_key(precedence))  # asks only what is less: once for each comparison

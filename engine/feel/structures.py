"""Closures that read names and build values: variables, paths, lists, contexts, ranges, arithmetic."""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Collection, Sequence

from engine.feel import operators
from engine.feel.environment import Environment
from engine.feel.properties import property_of
from engine.feel.scopes import MISSING, Layer, Run, Scope
from engine.feel.suggestions import did_you_mean
from engine.feel.values import FAILURES, LARGEST_INTEGER, Function, Range, Value, kind_of

_ARITHMETIC: dict[str, Callable[[Value, Value, Environment], Value]] = {
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "**": operators.power,
}
_DIRECT: dict[str, Callable[[int, int], int]] = {"+": python.add, "-": python.sub, "*": python.mul}


def run_literal(value: Value) -> Run:
    """Return a closure for a value known already."""
    return lambda scope, environment: value


def run_name(
    name: str, fallback: Function | None, position: int, what: str = "variable", also: Collection[str] = ()
) -> Run:
    """Return a closure that looks a name up; a built-in of that name stands in for a missing variable.

    ``what`` is what is wanted, and ``also`` are names that may have been meant besides those in scope.
    """

    def run(scope: Scope, environment: Environment) -> Value:
        value = scope.get(name, MISSING)
        if value is MISSING:
            if fallback is None:
                meant = did_you_mean(name, scope, also, environment)
                environment.warn(f"expected a {what}, but there is no “{name}”{meant}", position)
            return fallback
        return value

    return run


def run_snapshot(source: Run) -> Run:
    """Return a closure that copies a list which may still grow."""

    def run(scope: Scope, environment: Environment) -> Value:
        value = source(scope, environment)
        if not isinstance(value, list):
            return value
        environment.spend(len(value) >> 3)
        return list(value)

    return run


def run_arithmetic(operator: str, left: Run, right: Run, position: int) -> Run:
    """Return a closure for ``+ - * / **``."""
    operation, direct = _ARITHMETIC[operator], _DIRECT.get(operator)

    def run(scope: Scope, environment: Environment) -> Value:
        first, second = left(scope, environment), right(scope, environment)
        if direct is not None and type(first) is int and type(second) is int:
            result = direct(first, second)
            if -LARGEST_INTEGER < result < LARGEST_INTEGER:
                return result
        try:
            return operation(first, second, environment)
        except FAILURES as problem:
            return environment.fail(problem, position)

    return run


def run_negation(operand: Run, position: int) -> Run:
    """Return a closure for ``-value``."""

    def run(scope: Scope, environment: Environment) -> Value:
        try:
            return operators.negate(operand(scope, environment))
        except FAILURES as problem:
            return environment.fail(problem, position)

    return run


def run_path(value: Run, name: str, position: int) -> Run:
    """Return a closure for ``value.name``."""

    def run(scope: Scope, environment: Environment) -> Value:
        found = value(scope, environment)
        if type(found) is dict and name in found:
            return found[name]  # type: ignore[no-any-return]
        return property_of(found, name, environment, position)

    return run


def run_list(items: Sequence[Run]) -> Run:
    """Return a closure for ``[a, b]``."""
    return lambda scope, environment: [item(scope, environment) for item in items]


def run_context(entries: Sequence[tuple[str, Run]]) -> Run:
    """Return a closure for ``{a: 1, b: a + 1}``; an entry sees those before it, a function itself too."""

    def run(scope: Scope, environment: Environment) -> Value:
        values: dict[str, Value] = {}
        layer = Layer(values, scope)
        for name, entry in entries:
            values[name] = entry(layer, environment)
        return values

    return run


def run_range(low: Run, high: Run, included: tuple[bool, bool], position: int) -> Run:
    """Return a closure for ``[low..high]``; an end that is null is open."""
    low_included, high_included = included

    def run(scope: Scope, environment: Environment) -> Value:
        start, end = low(scope, environment), high(scope, environment)
        if start is not None and end is not None and kind_of(start) != kind_of(end):
            return environment.warn(
                f"expected ends of one kind, but got {kind_of(start)} and {kind_of(end)}", position
            )
        return Range(start, end, low_included and start is not None, high_included and end is not None)

    return run


def run_range_from(operator: str, operand: Run) -> Run:
    """Return a closure for ``(> 5)``."""
    included = operator in ("<=", ">=", "=")
    has_end = operator.startswith("<") or operator in ("=", "!=")
    has_start = operator.startswith(">") or operator in ("=", "!=")

    def run(scope: Scope, environment: Environment) -> Value:
        value = operand(scope, environment)
        start, end = (value if has_start else None), (value if has_end else None)
        return Range(start, end, included and has_start, included and has_end, operator)

    return run

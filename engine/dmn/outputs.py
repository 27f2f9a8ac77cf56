"""What the output cells of a table say without being asked: for telling rules that contradict each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.dmn.records import HitPolicy, Table
from engine.errors import EvaluationError
from engine.feel import Environment, Expression, Value, compile_each_test, compile_expression, equal

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FUEL = 10_000
_UNKNOWN = object()


def contradicting(table: Table) -> Callable[[int, int], bool]:
    """Return what says of two rules whether matching both is a contradiction.

    Under ANY it is when their outputs differ, under PRIORITY when they differ and the order of the allowed
    output values does not decide between them. Outputs that are not constant contradict nothing.
    """
    outputs = [[_constant(text) for text in rule.outputs] for rule in table.rules]
    orders = [allowed_tests(output.values) for output in table.outputs]

    def differ(first: int, second: int) -> bool:
        pairs = list(zip(outputs[first], outputs[second], strict=False))
        if any(_UNKNOWN in pair for pair in pairs) or all(equal(*pair) is True for pair in pairs):
            return False
        if table.hit_policy is not HitPolicy.PRIORITY:
            return True
        ranked = zip(pairs, orders, strict=False)
        return all(_rank(one, order) == _rank(other, order) for (one, other), order in ranked)

    return differ


def disallowed(table: Table) -> Iterator[tuple[int, str]]:
    """Yield each rule that says a constant which is none of the allowed output values, and those values."""
    orders = [allowed_tests(output.values) for output in table.outputs]
    for place, rule in enumerate(table.rules):
        for text, output, tests in zip(rule.outputs, table.outputs, orders, strict=False):
            value = _constant(text)
            known = value is not _UNKNOWN and value is not None and tests
            if known and not isinstance(value, list) and _rank(value, tests) == len(tests):
                yield place, output.values


def allowed_tests(values: str) -> list[Expression]:
    """Return the tests allowed values are written as, in their order; none where they do not compile."""
    try:
        return compile_each_test(values, (), {}) if values.strip() else []
    except EvaluationError:
        return []


def _rank(value: Value, order: Sequence[Expression]) -> int:
    return next((place for place, test in enumerate(order) if _holds(test, value)), len(order))


def _holds(test: Expression, value: Value) -> bool:
    """Say whether a value passes; a test that reads anything else is taken to let it pass."""
    if test.variables or test.uncertain:
        return True
    environment = Environment(now=_EPOCH, calendars={}, fuel=_FUEL)
    try:
        return test.evaluate({"?": value}, environment) is True
    except EvaluationError:
        return True


def _constant(text: str) -> Any:
    """Return the value of a cell, or a mark where it depends on anything."""
    environment = Environment(now=_EPOCH, calendars={}, fuel=_FUEL)
    try:
        expression = compile_expression(text)
        value = expression.evaluate({}, environment) if expression.constant else _UNKNOWN
    except EvaluationError:
        return _UNKNOWN
    return _UNKNOWN if environment.warnings else value

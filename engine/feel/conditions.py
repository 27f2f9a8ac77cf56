"""Closures that answer true, false or null: comparisons, three-valued logic, tests of a value.

A *test* is what stands behind ``in`` or in a decision table's cell; it is asked about a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.feel import operators
from engine.feel.environment import Environment
from engine.feel.operators import DIRECT, PLAIN, PLAIN_ORDERED
from engine.feel.scopes import Run, Scope
from engine.feel.values import FAILURES, Value, kind_of

INPUT = "?"
_COST_OF_TEST, _COST_OF_PLAIN, _COST_OF_COMPARISON = 4, 8, 40

Test = Callable[[Value, Scope, Environment], "bool | None"]


def run_comparison(operator: str, left: Run, right: Run, position: int) -> Run:
    """Return a closure that compares two operands; plain values of one type take the short way."""
    direct = DIRECT[operator]
    plain = PLAIN if operator in ("=", "!=") else PLAIN_ORDERED

    def run(scope: Scope, environment: Environment) -> Value:
        first, second = left(scope, environment), right(scope, environment)
        if type(first) is type(second) and type(first) in plain:
            return direct(first, second)
        return _compare(operator, first, second, environment, position)

    return run


def run_comparison_with(operator: str, left: Run, right: Value, position: int) -> Run:
    """Return a closure that compares an operand with a value known already."""
    direct = DIRECT[operator]
    kind = type(right) if type(right) in (PLAIN if operator in ("=", "!=") else PLAIN_ORDERED) else None

    def run(scope: Scope, environment: Environment) -> Value:
        value = left(scope, environment)
        if type(value) is kind:
            return direct(value, right)
        return _compare(operator, value, right, environment, position)

    return run


def _compare(operator: str, left: Value, right: Value, environment: Environment, position: int) -> Value:
    environment.spend(_COST_OF_PLAIN if type(left) in PLAIN_ORDERED else _COST_OF_COMPARISON)
    try:
        return operators.compare(operator, left, right, environment)
    except FAILURES as problem:
        return environment.fail(problem, position)


def run_logic(operands: Sequence[Run], deciding: bool, position: int) -> Run:
    """Return a closure for ``and`` (decided by false) or ``or`` (decided by true); table 50."""

    def run(scope: Scope, environment: Environment) -> Value:
        result: bool | None = not deciding
        for operand in operands:
            value = operand(scope, environment)
            if value is deciding:
                return value
            if value is not result:
                if value is not None and not isinstance(value, bool):
                    environment.warn(f"expected a boolean, but got {kind_of(value)}", position)
                result = None
        return result

    return run


def run_between(value: Run, low: Run, high: Run, position: int) -> Run:
    """Return a closure for ``value between low and high``, both ends included."""

    def run(scope: Scope, environment: Environment) -> Value:
        found, bottom, top = value(scope, environment), low(scope, environment), high(scope, environment)
        if type(found) is type(bottom) is type(top) and type(found) in PLAIN_ORDERED:
            return bottom <= found <= top  # type: ignore[operator]  # three values of one ordered type
        above = _compare(">=", found, bottom, environment, position)
        below = _compare("<=", found, top, environment, position)
        if above is False or below is False:
            return False
        return None if above is None or below is None else True

    return run


def run_if(condition: Run, then: Run, otherwise: Run) -> Run:
    """Return a closure for ``if``; everything but true leads to ``else``."""

    def run(scope: Scope, environment: Environment) -> Value:
        return (then if condition(scope, environment) is True else otherwise)(scope, environment)

    return run


def comparing(operator: str, operand: Run) -> Test:
    """Return the test ``> 5``."""

    def test(value: Value, scope: Scope, environment: Environment) -> bool | None:
        bound = operand(scope, environment)
        environment.spend(_COST_OF_TEST if type(value) in PLAIN_ORDERED else _COST_OF_COMPARISON)
        return operators.compare(operator, value, bound, environment)

    return test


def passing(run: Run) -> Test:
    """Return the test by a value: to lie in a range, to be in a list, to be equal."""
    return lambda value, scope, environment: operators.passes(value, run(scope, environment), environment)


def answering(run: Run) -> Test:
    """Return the test by an expression that mentions the value itself: its own true or false counts."""

    def test(value: Value, scope: Scope, environment: Environment) -> bool | None:
        answer = run(scope, environment)
        return (
            answer
            if answer is None or isinstance(answer, bool)
            else operators.passes(value, answer, environment)
        )

    return test


def run_in(value: Run, tests: Sequence[Test], position: int) -> Run:
    """Return a closure for ``value in tests``: whether any test holds."""

    def run(scope: Scope, environment: Environment) -> Value:
        return _any_holds(tests, value(scope, environment), scope, environment, position)

    return run


def run_unary_tests(tests: Sequence[Test], negated: bool, position: int) -> Run:
    """Return a closure for a decision table's cell about the value of ``?``; no tests accept everything."""

    def run(scope: Scope, environment: Environment) -> Value:
        holds = _any_holds(tests, scope.get(INPUT, None), scope, environment, position) if tests else True
        return (None if holds is None else not holds) if negated else holds

    return run


def _any_holds(
    tests: Sequence[Test], value: Value, scope: Scope, environment: Environment, position: int
) -> bool | None:
    result: bool | None = False
    for test in tests:
        try:
            holds = test(value, scope, environment)
        except FAILURES as problem:
            environment.fail(problem, position)
            holds = None
        if holds is True:
            return True
        if holds is None:
            result = None
    return result

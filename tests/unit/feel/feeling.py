"""How the FEEL tests evaluate: one expression, one scope, the warnings beside the value."""

from __future__ import annotations

import datetime as dt
import timeit
from collections.abc import Callable, Collection, Mapping
from time import process_time

from engine.feel import Environment, Value, compile_expression, compile_unary_tests

NOW = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
QUIET = 1.1e-3  # seconds the yardstick takes on the machine the costs were measured on, when it is quiet


def environment(fuel: int = 100_000) -> Environment:
    """Return surroundings on the Thursday before Christmas 2026, 10:00 in Warsaw."""
    return Environment(now=NOW, fuel=fuel)


def feel(source: str, scope: Mapping[str, Value] | None = None, names: Collection[str] = ()) -> Value:
    """Return the value of an expression."""
    return compile_expression(source, names).evaluate(scope or {}, environment())


def warnings_of(source: str, scope: Mapping[str, Value] | None = None) -> list[str]:
    """Return the warnings of an expression that must be null."""
    surroundings = environment()
    assert compile_expression(source).evaluate(scope or {}, surroundings) is None
    return surroundings.warnings


def passes(cell: str, value: Value, scope: Mapping[str, Value] | None = None) -> Value:
    """Return whether a value passes a decision table's cell."""
    return compile_unary_tests(cell).evaluate({**(scope or {}), "?": value}, environment())


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the least seconds of processor time a piece of work takes in some rounds."""
    return min(timeit.repeat(work, number=1, repeat=rounds, timer=process_time))


def yardstick() -> float:
    """Return the seconds a fixed piece of work takes now."""
    return seconds(lambda: sum(number * number for number in range(20_000)), 5)

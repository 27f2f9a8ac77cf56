"""Loops over lists and ranges: ``for``, ``some``, ``every`` and filters, paid for per round."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.feel.environment import MAX_LIST, Environment
from engine.feel.scopes import ItemLayer, Layer, Run, Scope
from engine.feel.values import FAILURES, Range, Undefined, Value, kind_of, truncated
from engine.feel.wide import FAR

_COST_OF_ROUND, _COST_OF_ITEM, _COST_OF_INDEX = 4, 5, 20
_NUMBERS = frozenset({int, Decimal})
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Round:
    """One ``name in domain`` compiled; ``end`` is set for ``start..end``.

    ``cost`` is what finding out the domain takes from the budget, where that happens again and again.
    """

    name: str
    domain: Run
    end: Run | None
    cost: int = 0


def run_for(rounds: Sequence[Round], body: Run, cost: int, position: int) -> Run:
    """Return a closure that gathers the body's results; the results so far are ``partial``.

    The body must take a copy of ``partial`` when it keeps it (``run_snapshot``), for the list still grows.
    """

    def run(scope: Scope, environment: Environment) -> Value:
        results: list[Value] = []
        top = Layer({"partial": results}, scope)
        for layer in _rounds(rounds, 0, top, environment, cost):
            results.append(body(layer, environment))
            if len(results) > MAX_LIST:
                environment.admit_list(len(results))
        environment.admit_list(len(results))
        return results

    return guarded(run, position)


def run_quantified(rounds: Sequence[Round], condition: Run, cost: int, universal: bool, position: int) -> Run:
    """Return a closure for ``some`` and ``every``, in three-valued logic."""

    def run(scope: Scope, environment: Environment) -> Value:
        result: bool | None = universal
        for layer in _rounds(rounds, 0, scope, environment, cost):
            value = condition(layer, environment)
            if value is (not universal):
                return value
            if not isinstance(value, bool):
                result = None
        return result

    return guarded(run, position)


def guarded(run: Run, position: int) -> Run:
    """Return a closure that answers null, with the reason, where another raises ``Undefined``."""

    def attempt(scope: Scope, environment: Environment) -> Value:
        try:
            return run(scope, environment)
        except FAILURES as problem:
            return environment.fail(problem, position)

    return attempt


def _rounds(
    rounds: Sequence[Round], depth: int, scope: Scope, environment: Environment, cost: int
) -> Iterator[Scope]:
    round_ = rounds[depth]
    last = depth == len(rounds) - 1
    environment.spend(round_.cost)
    for value in _domain(round_, scope, environment):
        environment.spend(cost + _COST_OF_ROUND)
        layer = Layer({round_.name: value}, scope)
        if last:
            yield layer
        else:
            yield from _rounds(rounds, depth + 1, layer, environment, cost)


def _domain(round_: Round, scope: Scope, environment: Environment) -> Sequence[Value]:
    start = round_.domain(scope, environment)
    if round_.end is not None:
        return _steps(start, round_.end(scope, environment))
    if isinstance(start, list):
        return start
    if isinstance(start, Range):
        return _range_items(start)
    if start is None:
        raise Undefined("expected a list to go through, but got null")
    return [start]


def _steps(start: Value, end: Value) -> Sequence[Value]:
    kinds = (kind_of(start), kind_of(end))
    if kinds == ("number", "number"):
        return _numbers(start, end)  # type: ignore[arg-type]
    if kinds == ("date", "date") and not isinstance(start, FAR) and not isinstance(end, FAR):
        return _days(start, end)  # type: ignore[arg-type]
    raise Undefined(f"expected numbers or dates as the ends of a loop, but got {kinds[0]} and {kinds[1]}")


def _numbers(start: int | Decimal, end: int | Decimal) -> Sequence[Value]:
    first, last = truncated(start), truncated(end)
    if first != start or last != end:
        raise Undefined("expected whole numbers as the ends of a loop, but one has a fraction")
    _check_length(abs(last - first))
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def _days(start: dt.date, end: dt.date) -> Sequence[Value]:
    days = (end - start).days
    _check_length(abs(days))
    sign = 1 if days >= 0 else -1
    return [start + number * sign * _DAY for number in range(abs(days) + 1)]


def _check_length(steps: int) -> None:
    if steps >= MAX_LIST:
        raise Undefined(f"expected a loop of at most {MAX_LIST} rounds, but it has {steps + 1}")


def _range_items(interval: Range) -> Sequence[Value]:
    if interval.operator:
        raise Undefined("expected a range with two ends to go through, but it has one")
    items = _steps(interval.start, interval.end)
    if interval.start > interval.end:  # type: ignore[operator]  # both are numbers or both dates
        raise Undefined("expected a range that starts before it ends, but it does not")
    skip_last = len(items) - (not interval.end_included)
    return items[(not interval.start_included) : max(skip_last, 0)]


def run_index(source: Run, index: int | Decimal) -> Run:
    """Return a closure for ``list[2]``; what is no list counts as a list of itself."""

    def run(scope: Scope, environment: Environment) -> Value:
        value = source(scope, environment)
        return at_index(value if isinstance(value, list) else [value], index)

    return run


def run_filter(source: Run, condition: Run, cost: int) -> Run:
    """Return a closure for ``list[condition]``: an index, or the items for which it is true."""

    def run(scope: Scope, environment: Environment) -> Value:
        value = source(scope, environment)
        items: list[Value] = value if isinstance(value, list) else [value]
        kept: list[Value] = []
        for item in items:
            environment.spend(cost + _COST_OF_ITEM)
            answer = condition(ItemLayer(item, scope), environment)
            if answer is True:
                kept.append(item)
            elif type(answer) in _NUMBERS:
                environment.spend(_COST_OF_INDEX)
                return at_index(items, answer)  # type: ignore[arg-type]  # one of the numbers
        if not items:
            return _of_empty(condition, scope, environment)
        return kept

    return run


def _of_empty(condition: Run, scope: Scope, environment: Environment) -> Value:
    noted = len(environment.warnings)
    answer = condition(ItemLayer(None, scope), environment)
    del environment.warnings[noted:]
    return None if kind_of(answer) == "number" else []


def at_index(items: Sequence[Value], index: int | Decimal) -> Value:
    """Return an item by its position, from 1 or from the end when negative; null outside."""
    if not -len(items) <= index <= len(items):
        return None
    place = int(index)
    if place == 0 or place != index:
        return None
    return items[place - 1] if place > 0 else items[place]

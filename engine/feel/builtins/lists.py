"""List functions (DMN 1.5 §10.3.4.4) and ``sort`` (§10.3.4.8); positions count from 1, or from the end."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.feel.builtins.numbers import whole
from engine.feel.builtins.registry import builtin
from engine.feel.builtins.statistics import ordered
from engine.feel.comparison import equal, less
from engine.feel.environment import MAX_LIST, Environment
from engine.feel.values import MAX_DEPTH, Function, Undefined, Value, kind_of, truncated

Number = int | Decimal
_COST_OF_EQUALITY, _COST_OF_LEAF = 3, 1


@builtin("list contains(list: list, element: Any)", environment=True)
def list_contains(environment: Environment, items: list[Value], element: Value) -> bool:
    """Say whether an equal item is in the list."""
    environment.spend(len(items) * _COST_OF_EQUALITY)
    return any(equal(item, element, environment) is True for item in items)


@builtin("count(list: list)")
def count(items: list[Value]) -> int:
    """Count the items."""
    return len(items)


@builtin("sublist(list: list, start position: number, [length: number?])")
def sublist(items: list[Value], start: Number, length: Number | None = None) -> list[Value]:
    """Return the part from a position, of a length or to the end."""
    begin = _place(items, start)
    if length is None:
        return items[begin:]
    size = whole(length, "length")
    if size < 0 or begin + size > len(items):
        raise Undefined(f"sublist(): expected a length within the list, but got {length}")
    return items[begin : begin + size]


def _place(items: list[Value], position: Number) -> int:
    place = truncated(position)
    if place == 0 or abs(place) > len(items):
        raise Undefined(f"expected a position within the list of {len(items)}, but got {position}")
    return place - 1 if place > 0 else len(items) + place


@builtin("append(list: list?, item: Any...)")
def append(items: list[Value] | None, *more: Value) -> list[Value]:
    """Return the list with items behind it."""
    return [*([None] if items is None else items), *more]


@builtin("concatenate(list: list...)", environment=True)
def concatenate(environment: Environment, *lists: list[Value]) -> list[Value]:
    """Return the items of all lists, one after another."""
    environment.admit_list(sum(map(len, lists)))
    return [item for items in lists for item in items]


@builtin("insert before(list: list, position: number, newItem: Any)")
def insert_before(items: list[Value], position: Number, item: Value) -> list[Value]:
    """Return the list with an item before a position."""
    place = _place(items, position)
    return [*items[:place], item, *items[place:]]


@builtin("remove(list: list, position: number)")
def remove(items: list[Value], position: Number) -> list[Value]:
    """Return the list without the item at a position."""
    place = _place(items, position)
    return [*items[:place], *items[place + 1 :]]


@builtin("list replace(list: list, position: number, newItem: Any)")
def list_replace(items: list[Value], position: Number, item: Value) -> list[Value]:
    """Return the list with another item at a position."""
    place = _place(items, position)
    return [*items[:place], item, *items[place + 1 :]]


@builtin("list replace(list: list, match: function, newItem: Any)", environment=True)
def list_replace_where(
    environment: Environment, items: list[Value], match: Function, new: Value
) -> list[Value]:
    """Return the list with another item wherever ``match(item, newItem)`` is true."""
    results: list[Value] = []
    for item in items:
        answer = match.call(environment, [item, new])
        if not isinstance(answer, bool):
            raise Undefined(
                f"list replace(): expected match to answer a boolean, but it answered {kind_of(answer)}"
            )
        results.append(new if answer else item)
    return results


@builtin("reverse(list: list)")
def reverse(items: list[Value]) -> list[Value]:
    """Return the items from last to first."""
    return items[::-1]


@builtin("index of(list: list, match: Any)", environment=True)
def index_of(environment: Environment, items: list[Value], match: Value) -> list[int]:
    """Return the positions of all equal items, ascending."""
    environment.spend(len(items) * _COST_OF_EQUALITY)
    return [place for place, item in enumerate(items, start=1) if equal(item, match, environment) is True]


@builtin("union(list: list...)", environment=True)
def union(environment: Environment, *lists: list[Value]) -> list[Value]:
    """Return the items of all lists, each once."""
    return _distinct(environment, concatenate(environment, *lists))


@builtin("distinct values(list: list)", environment=True)
def distinct_values(environment: Environment, items: list[Value]) -> list[Value]:
    """Return each item once, in the order of first occurrence."""
    return _distinct(environment, items)


def _distinct(environment: Environment, items: list[Value]) -> list[Value]:
    environment.spend(len(items) * _COST_OF_EQUALITY)
    kept: list[Value] = []
    simple: set[tuple[str, object]] = set()
    others: list[Value] = []
    for item in items:
        kind = kind_of(item)
        if kind in ("string", "number", "boolean", "null"):
            known = (kind, item) in simple
            simple.add((kind, item))
        else:
            environment.spend(2 * _COST_OF_EQUALITY * (1 + len(others)))
            known = any(equal(item, other, environment) is True for other in others)
            others.extend(() if known else (item,))
        if not known:
            kept.append(item)
    return kept


@builtin("flatten(list: list)", environment=True)
def flatten(environment: Environment, items: list[Value]) -> list[Value]:
    """Return the items of nested lists in one list."""
    results: list[Value] = []
    for item in _leaves(items, environment, 0):
        results.append(item)
        if len(results) > MAX_LIST:
            environment.admit_list(len(results))
    return results


def _leaves(items: list[Value], environment: Environment, depth: int) -> Iterator[Value]:
    if depth > MAX_DEPTH:
        raise Undefined(f"flatten(): expected lists nested at most {MAX_DEPTH} deep, but they are deeper")
    environment.spend(_COST_OF_LEAF * (2 + len(items)))
    for item in items:
        if isinstance(item, list):
            yield from _leaves(item, environment, depth + 1)
        else:
            yield item


@builtin("sort(list: list, [precedes: function?])", environment=True)
def sort(environment: Environment, items: list[Value], precedes: Function | None = None) -> list[Value]:
    """Return the items in the order of a function of two items, or ascending."""

    if precedes is None and {type(item) for item in items} in ({int}, {str}):
        environment.spend(3 * len(items))
        return sorted(items)  # type: ignore[type-var]  # all of them numbers or all texts

    def before(left: Value, right: Value) -> bool:
        answer = less(left, right) if precedes is None else precedes.call(environment, [left, right])
        if not isinstance(answer, bool):
            raise Undefined("sort(): expected items with an order, but two of them have none")
        return answer

    return ordered(environment, items, before)


@builtin("partition(list: list, size: number)", items=8)
def partition(items: list[Value], size: Number) -> list[Value]:
    """Return the items in lists of a size (not in the standard; Camunda has it)."""
    length = whole(size, "size")
    if length < 1:
        raise Undefined(f"partition(): expected a size of 1 or more, but got {size}")
    return [items[start : start + length] for start in range(0, len(items), length)]


@builtin("is empty(list: list)")
def is_empty(items: list[Value]) -> bool:
    """Say whether a list has no items (not in the standard; Camunda has it)."""
    return not items

"""Where names are looked up: the caller's variables, and layers of local ones above them.

A scope needs nothing but ``get(name, default)``; nothing here copies or changes what the caller gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeAlias

from engine.feel.environment import Environment
from engine.feel.values import Value


class Scope(Protocol):
    """What a compiled expression reads its names from."""

    def get(self, name: str, default: Value, /) -> Value:
        """Return the value of a name, or the default."""


class Layer:
    """Local names above another scope."""

    __slots__ = ("_below", "values")

    def __init__(self, values: Mapping[str, Value], below: Scope) -> None:
        self.values = values
        self._below = below

    def get(self, name: str, default: Value, /) -> Value:
        """Return the local value of a name, else what the scope below has."""
        values = self.values
        return values[name] if name in values else self._below.get(name, default)

    def names(self) -> Iterator[str]:
        """Yield the names there are, the local ones first."""
        yield from self.values
        yield from names_in(self._below)


class ItemLayer:
    """The scope of a filter's condition: the entries of the item, then ``item``, then what is around."""

    __slots__ = ("_below", "_item")

    def __init__(self, item: Value, below: Scope) -> None:
        self._item = item
        self._below = below

    def get(self, name: str, default: Value, /) -> Value:
        """Return an entry of the item, or the item, or what the scope below has."""
        item = self._item
        if isinstance(item, dict) and name in item:
            return item[name]  # type: ignore[no-any-return]
        return item if name == "item" else self._below.get(name, default)

    def names(self) -> Iterator[str]:
        """Yield the names there are, the item's entries first."""
        if isinstance(self._item, dict):
            yield from self._item
        yield "item"
        yield from names_in(self._below)


def names_in(scope: Scope) -> Iterator[str]:
    """Yield the names of a scope, where it can say them."""
    if isinstance(scope, Layer | ItemLayer):
        yield from scope.names()
    elif isinstance(scope, Mapping):
        yield from scope


Run: TypeAlias = Callable[[Scope, Environment], Value]


class Missing:
    """The default that tells an absent name from a null one."""


MISSING: Value = Missing()  # type: ignore[assignment]

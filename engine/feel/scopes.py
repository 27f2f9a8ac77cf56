"""Where names are looked up: the caller's variables, and layers of local ones above them.

A scope needs nothing but ``get(name, default)``; nothing here copies or changes what the caller gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


Run: TypeAlias = Callable[[Scope, Environment], Value]


class Missing:
    """The default that tells an absent name from a null one."""


MISSING: Value = Missing()  # type: ignore[assignment]

"""Where names are looked up: from an element instance's own variables out to the process, then the
parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


class Scope(Mapping[str, Any]):
    """A read-only view over variables, innermost first; nothing is copied."""

    __slots__ = ("_layers",)

    def __init__(self, layers: list[Mapping[str, Any]]) -> None:
        self._layers = layers

    def __getitem__(self, name: str) -> Any:
        for layer in self._layers:
            if name in layer:
                return layer[name]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the innermost value of a name."""
        for layer in self._layers:
            if name in layer:
                return layer[name]
        return default

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        seen: dict[str, None] = {}
        for layer in self._layers:
            seen.update(dict.fromkeys(layer))
        return iter(seen)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def scope_of(step: Step, instance: ElementInstance, innermost: Mapping[str, Any] | None = None) -> Scope:
    """Return what an expression at an element instance sees; ``innermost`` goes before its own variables."""
    elements = step.tree.elements
    layers: list[Mapping[str, Any]] = [innermost] if innermost else []
    current = instance
    while True:
        if current.variables:
            layers.append(current.variables)
        if not current.scope:
            break
        current = elements[current.scope]
    layers.append(step.surroundings)
    return Scope(layers)


def visible(step: Step, instance: ElementInstance) -> dict[str, Any]:
    """Return every variable an element instance sees, flat."""
    merged: dict[str, Any] = {}
    current: ElementInstance | None = instance
    while current is not None:
        for name, value in (current.variables or {}).items():
            merged.setdefault(name, value)
        current = step.tree.elements[current.scope] if current.scope else None
    return merged


def assign(into: dict[str, Any], target: str, value: Any, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Put a value at a dotted path, keeping what a context of that name already holds; nothing is mutated
    in place."""
    name, *path = target.split(".")
    into[name] = _placed(seen.get(name), path, value)
    return into


def _placed(old: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    context = dict(old) if isinstance(old, dict) else {}
    context[path[0]] = _placed(context.get(path[0]), path[1:], value)
    return context

"""FEEL's types (DMN 1.5 §10.3.2.9): what ``instance of`` and typed parameters ask of a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.feel.values import Function, Range, Undefined, Value, kind_of
from engine.feel.wide import combine

if TYPE_CHECKING:
    from engine.feel.environment import Environment


_COST_OF_ITEM = 6


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: ``list<number>``, ``context<a: string>``, ``function<> -> string``, ``tPerson``."""

    position: int
    name: str
    arguments: tuple[TypeName, ...] = ()
    members: tuple[tuple[str, TypeName], ...] = ()
    result: TypeName | None = None


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type. ``kind`` is FEEL's word for it; ``item`` is a list's or a range's, ``members`` a context's.

    ``allows`` further restricts the values (allowed values of a DMN item definition).
    """

    kind: str
    item: FeelType | None = None
    members: Mapping[str, FeelType] = field(default_factory=dict)
    parameters: tuple[FeelType, ...] = ()
    result: FeelType | None = None
    allows: Callable[[Value, Environment | None], bool] | None = None
    name: str = ""

    def __str__(self) -> str:
        return self.name or (f"list<{self.item}>" if self.kind == "list" and self.item else self.kind)

    def holds(self, value: Value, environment: Environment | None = None) -> bool:
        """Say whether a value is of this type, paid for where there is an environment; null always is."""
        return value is None or (
            self.is_instance(value, environment) and (self.allows is None or self.allows(value, environment))
        )

    def is_instance(self, value: Value, environment: Environment | None = None) -> bool:
        """Say whether a value is an instance of this type, whatever values the type allows."""
        if self.kind == "Any" or self.kind != kind_of(value):
            return self.kind == "Any" and value is not None
        return self._holds_inside(value, environment)

    def _holds_inside(self, value: Value, environment: Environment | None) -> bool:
        if environment is not None and isinstance(value, list | dict):
            environment.spend(_COST_OF_ITEM * len(value))
        if isinstance(value, list):
            return self.item is None or all(self.item.holds(item, environment) for item in value)
        if isinstance(value, dict):
            members = self.members.items()
            return all(name in value and type_.holds(value[name], environment) for name, type_ in members)
        if isinstance(value, Range):
            return self.item is None or (self.item.holds(value.start) and self.item.holds(value.end))
        return not isinstance(value, Function) or self._holds_function(value)

    def _may_be(self, value: Value) -> bool:
        """Say whether a function whose results are of no declared type may be used as one of this type."""
        if not isinstance(value, Function) or self.kind != "function" or value.returns is not None:
            return False
        return replace(self, result=ANY)._holds_function(value)

    def _holds_function(self, function: Function) -> bool:
        if self.result is None:
            return True
        if len(function.parameters) != len(self.parameters):
            return False
        accepted = zip(self.parameters, function.parameters, strict=True)
        if not all((expected.type or ANY).admits(given) for given, expected in accepted):
            return False
        return self.result.admits(function.returns or ANY)

    def admits(self, other: FeelType) -> bool:
        """Say whether every value of another type is of this one (DMN 1.5 §10.3.2.9.1)."""
        if self.kind == "Any":
            return True
        if self.kind != other.kind:
            return False
        if self.item is not None and not self.item.admits(other.item or ANY):
            return False
        return all(
            name in other.members and type_.admits(other.members[name])
            for name, type_ in self.members.items()
        ) and (self.result is None or (other.result is not None and self.result.admits(other.result)))

    def coerce(self, value: Value, environment: Environment | None = None) -> Value:
        """Return a value as this type: ``[x]`` for ``x``, a date as midnight UTC (DMN 1.5 §10.3.2.9.4).

        Raises ``Undefined`` when the value does not conform.
        """
        if self.holds(value, environment) or self._may_be(value):
            return value
        if isinstance(value, list) and len(value) == 1 and self.kind != "list" and self.holds(value[0]):
            item: Value = value[0]
            return item
        if (
            self.kind == "list"
            and not isinstance(value, list)
            and (self.item is None or self.item.holds(value))
        ):
            return [value]
        if self.kind == "date and time" and kind_of(value) == "date":
            moment = combine(value, dt.time(tzinfo=dt.UTC))  # type: ignore[arg-type]  # a date of any year
            if self.holds(moment, environment):
                return moment
        raise Undefined(f"expected {self}, but got {kind_of(value)}")


ANY = FeelType("Any")
_NAMED = {
    "string": "string",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "dateTime": "date and time",
    "days and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "years and months duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "list": "list",
    "context": "context",
    "range": "range",
    "function": "function",
}
BUILT_IN_TYPES: dict[str, FeelType] = {"Any": ANY} | {name: FeelType(kind) for name, kind in _NAMED.items()}


def resolve(written: TypeName, known: Mapping[str, FeelType]) -> FeelType:
    """Return the type a name stands for; ``known`` are item definitions. Raises ``Undefined`` for no type."""
    if written.members:
        members = {name: resolve(type_, known) for name, type_ in written.members}
        return FeelType("context", members=members)
    if written.result is not None:
        parameters = tuple(resolve(argument, known) for argument in written.arguments)
        return FeelType("function", parameters=parameters, result=resolve(written.result, known))
    if written.arguments:
        return FeelType(written.name, item=resolve(written.arguments[0], known))
    found = known.get(written.name) or BUILT_IN_TYPES.get(written.name)
    if found is None:
        raise Undefined(f"expected the name of a type, but there is no “{written.name}”")
    return found

"""From item definitions to FEEL types (DMN 1.5 §7.3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from engine.dmn.records import ItemDefinition
from engine.errors import EvaluationError
from engine.feel import (
    ANY,
    BUILT_IN_TYPES,
    Environment,
    Expression,
    FeelType,
    Value,
    compile_unary_tests,
)

_FUEL = 10_000
_COST_OF_TEST = 5
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def types_of(items: Iterable[ItemDefinition], imported: Mapping[str, FeelType]) -> dict[str, FeelType]:
    """Return the types a file defines, by name; an unknown or circular reference counts as any."""
    definitions = {item.name: item for item in items}
    known: dict[str, FeelType] = {}
    for name in definitions:
        _named(name, definitions, imported, known, frozenset())
    return known


def _named(
    name: str,
    definitions: Mapping[str, ItemDefinition],
    imported: Mapping[str, FeelType],
    known: dict[str, FeelType],
    open_: frozenset[str],
) -> FeelType:
    if name in known:
        return known[name]
    if name in definitions and name not in open_:
        known[name] = _build(
            definitions[name],
            lambda inner: _named(inner, definitions, imported, known, open_ | {name}),
        )
        return known[name]
    return type_named(name, imported)


def type_named(name: str, known: Mapping[str, FeelType]) -> FeelType:
    """Return a type by the name a ``typeRef`` has, with or without a prefix such as ``feel:``."""
    plain = name.rpartition(":")[2]
    return known.get(name) or known.get(plain) or BUILT_IN_TYPES.get(plain) or ANY


def _build(item: ItemDefinition, named: Callable[[str], FeelType]) -> FeelType:
    if item.is_function:
        parameters = tuple(named(parameter.type) for parameter in item.parameters)
        return FeelType("function", parameters=parameters, result=named(item.output), name=item.name)
    if item.components:
        members = {component.name: _build(component, named) for component in item.components}
        base = FeelType("context", members=members, name=item.name)
    else:
        base = named(item.type) if item.type else ANY
    base = _restricted(base, item.allowed, item.name)
    if item.is_collection:
        base = FeelType("list", item=base, name=item.name)
    return _restricted(base, item.constraint, item.name)


def _restricted(base: FeelType, tests: str, name: str) -> FeelType:
    if not tests.strip():
        return base
    outer = base.allows
    admits = allowing(tests)
    return FeelType(
        base.kind,
        item=base.item,
        members=base.members,
        parameters=base.parameters,
        result=base.result,
        allows=admits if outer is None else lambda value, paid: outer(value, paid) and admits(value, paid),
        name=name,
    )


def allowing(tests: str) -> Callable[[Value, Environment | None], bool]:
    """Return what says whether a value is among allowed values; raises ``InvalidExpression``.

    Where it is given an environment, that pays.
    """
    cell = compile_unary_tests(tests)

    def admits(value: Value, environment: Environment | None) -> bool:
        if environment is None:
            return _admits_freely(cell, value)
        noted = len(environment.warnings)
        environment.spend(_COST_OF_TEST)
        holds = cell.evaluate({"?": value}, environment) is True
        del environment.warnings[noted:]
        return holds

    return admits


def _admits_freely(cell: Expression, value: Value) -> bool:
    try:
        return cell.evaluate({"?": value}, Environment(now=_EPOCH, calendars={}, fuel=_FUEL)) is True
    except EvaluationError:
        return False

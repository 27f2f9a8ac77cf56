"""Expressions that can never have the kind of value they are for, whatever the variables are."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import Place, found, place_of
from engine.errors import InvalidExpression
from engine.feel import type_of
from engine.model.definition import Element, Expression, MultiInstance, ProcessDefinition
from engine.model.records import Finding

_WANTED = {"boolean": "true or false", "list": "a list", "number": "a number"}
_UNKNOWN = "Any"


def check_kinds(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a finding per condition that is no condition, collection that is no list, and the like."""
    for flow in definition.flows.values():
        if flow.condition is not None:
            yield from _check(place_of(definition.file, flow), flow.condition, "boolean", "the condition")
    for element in definition.elements.values():
        for expression, kind, what in _uses(element):
            if expression is not None and not expression.literal:
                place = Place(definition.file, expression.line or element.line, element.id)
                yield from _check(place, expression, kind, what)


def _uses(element: Element) -> Iterator[tuple[Expression | None, str, str]]:
    """Yield the expressions of an element that must have a kind of value, with what each is."""
    yield element.activation_condition, "boolean", "the activation condition"
    for event in element.events:
        yield event.condition, "boolean", "the condition"
    loop = element.loop
    if isinstance(loop, MultiInstance):
        yield loop.collection, "list", "the collection"
        yield loop.cardinality, "number", "the cardinality"
        yield loop.completion_condition, "boolean", "the completion condition"
    elif loop is not None:
        yield loop.condition, "boolean", "the loop condition"


def _check(place: Place, expression: Expression, kind: str, what: str) -> Iterator[Finding]:
    try:
        kind_found = type_of(expression.source, {}).kind
    except InvalidExpression:
        return  # said already
    if kind_found not in (kind, _UNKNOWN):
        text = expression.source[:80]
        yield found(
            place, "expression-kind", what=what, expression=text, kind=_WANTED[kind], other=kind_found
        )

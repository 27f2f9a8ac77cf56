"""Expressions that can never have the kind of value they are for, and comparisons that never hold."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.variable_types import Types, variable_types
from engine.bpmn.compilation import CheckEnvironment
from engine.bpmn.findings import Place, found, place_of
from engine.errors import InvalidExpression
from engine.feel import incomparable_in, type_of
from engine.model.definition import Element, Expression, MultiInstance, ProcessDefinition
from engine.model.records import Finding

_WANTED = {"boolean": "true or false", "list": "a list", "number": "a number"}
_UNKNOWN = "Any"
KINDS = {
    **_WANTED,
    "string": "a text",
    "date": "a date",
    "time": "a time of day",
    "date and time": "a date and time",
    "days and time duration": "a duration",
    "years and months duration": "a duration in months",
    "context": "a context",
    "range": "a range",
    "function": "a function",
}


def check_kinds(definition: ProcessDefinition, environment: CheckEnvironment) -> Iterator[Finding]:
    """Yield a finding per condition that is no condition, collection that is no list, and the like."""
    types = variable_types(definition, environment)
    for flow in definition.flows.values():
        if flow.condition is not None:
            place = place_of(definition.file, flow)
            yield from _check(place, flow.condition, "boolean", "the condition", types)
    for element in definition.elements.values():
        for expression, kind, what in _uses(element):
            if expression is not None and not expression.literal:
                place = Place(definition.file, expression.line or element.line, element.id)
                yield from _check(place, expression, kind, what, types)


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


def _check(place: Place, expression: Expression, kind: str, what: str, types: Types) -> Iterator[Finding]:
    text = expression.source[:80]
    try:
        always, here = type_of(expression.source, {}).kind, type_of(expression.source, types).kind
        odd = next(incomparable_in(expression.source, types), None)
    except InvalidExpression:
        return  # said already
    wanted = _WANTED[kind]
    if always not in (kind, _UNKNOWN):
        yield found(place, "expression-kind", what=what, expression=text, kind=wanted, other=always)
    elif here not in (kind, _UNKNOWN):
        yield found(place, "expression-kind/form", what=what, expression=text, kind=wanted, other=KINDS[here])
    elif odd is not None:
        operator, left, right = odd
        sides = {"left": KINDS[left], "right": KINDS[right]}
        yield found(place, "comparison-kinds", expression=text, operator=operator, **sides)

"""Conditional events: what they watch must be data, not the clock."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import found, place_of
from engine.errors import InvalidExpression
from engine.feel import compile_unkept
from engine.model.definition import Element, EventType, ProcessDefinition
from engine.model.records import Finding


def check_watching(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a finding per conditional event whose condition asks the time: nothing would ask it again."""
    for element in definition.elements.values():
        for event in element.events:
            if event.type is EventType.CONDITIONAL and event.condition is not None:
                yield from _check_condition(definition, element, event.condition.source)


def _check_condition(definition: ProcessDefinition, element: Element, source: str) -> Iterator[Finding]:
    try:
        asks_clock = compile_unkept(source).clock
    except InvalidExpression:
        return  # reported with its position by the check of expressions
    if asks_clock:
        yield found(place_of(definition.file, element), "condition-asks-time", element=element.id)

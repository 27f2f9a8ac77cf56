"""What may create an instance besides a start event (BPMN 2.0.2 §10.3.3, §10.6.6)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import error, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
from engine.model.records import Finding

_NO_KEY = "the {} of '{}' has no key that tells which instance it is for"
_CREATES = {EventType.MESSAGE, EventType.SIGNAL, EventType.TIMER}


def check_instantiation(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    """Yield why an instantiating gateway or receive task could not create an instance exactly."""
    reason = _what_it_waits_for(definition, element)
    if element.instantiate:
        reason = _where_it_stands(definition, element) or _what_follows(definition, element)
    elif element.event_gateway_parallel:
        reason = "it is parallel and does not instantiate: the standard knows only the two together"
    if reason:
        yield error(
            place_of(definition.file, element),
            "instantiation",
            f"expected {element.id!r} to create instances, but {reason}",
            "redraw the start of the process, or let a start event begin it",
        )


def _where_it_stands(definition: ProcessDefinition, element: Element) -> str:
    if element.incoming:
        return "a flow leads to it"
    if element.parent != definition.id:
        return f"it is inside {element.parent!r}: only a process is created by an event"
    if element.loop is not None:
        return "it repeats"
    return ""


def _what_it_waits_for(definition: ProcessDefinition, start: Element) -> str:
    if start.type is not ElementType.START_EVENT or start.parent != definition.id or len(start.events) < 2:
        return ""
    others = [event.type for event in start.events if event.type is not EventType.MESSAGE]
    return _NO_KEY.format(others[0], start.id) if start.parallel_multiple and others else ""


def _what_follows(definition: ProcessDefinition, element: Element) -> str:
    if element.type is not ElementType.EVENT_BASED_GATEWAY:
        return ""
    allowed = {EventType.MESSAGE} if element.event_gateway_parallel else _CREATES
    for flow in element.outgoing:
        target = definition.elements.get(definition.flows[flow].target)
        if target is None:
            continue
        for event in target.events:
            if event.type not in allowed and element.event_gateway_parallel:
                return _NO_KEY.format(event.type, target.id)
            if event.type not in allowed:
                return f"nothing waits for the {event.type} of {target.id!r} before there is an instance"
    return ""

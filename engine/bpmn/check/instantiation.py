"""What may create an instance besides a start event (BPMN 2.0.2 §10.3.3, §10.6.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.bpmn.findings import found, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
from engine.model.records import Finding

_CREATES = {EventType.MESSAGE, EventType.SIGNAL, EventType.TIMER}


class _Flaw(NamedTuple):
    """Which variant of the rule ``instantiation`` is broken, and what its sentence names besides."""

    variant: str
    event: str = ""
    other: str = ""


def check_instantiation(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    """Yield why an instantiating gateway or receive task could not create an instance exactly."""
    flaw = _what_it_waits_for(definition, element)
    if element.instantiate:
        flaw = _where_it_stands(definition, element) or _what_follows(definition, element)
    elif element.event_gateway_parallel:
        flaw = _Flaw("parallel")
    if flaw is not None:
        place = place_of(definition.file, element)
        key = f"instantiation/{flaw.variant}"
        yield found(place, key, element=element.id, event=flaw.event, other=flaw.other)


def _where_it_stands(definition: ProcessDefinition, element: Element) -> _Flaw | None:
    if element.incoming:
        return _Flaw("flow")
    if element.parent != definition.id:
        return _Flaw("inside", other=element.parent)
    return _Flaw("repeats") if element.loop is not None else None


def _what_it_waits_for(definition: ProcessDefinition, start: Element) -> _Flaw | None:
    if start.type is not ElementType.START_EVENT or start.parent != definition.id or len(start.events) < 2:
        return None
    others = [event.type for event in start.events if event.type is not EventType.MESSAGE]
    return _Flaw("key", others[0], start.id) if start.parallel_multiple and others else None


def _what_follows(definition: ProcessDefinition, element: Element) -> _Flaw | None:
    if element.type is not ElementType.EVENT_BASED_GATEWAY:
        return None
    allowed = {EventType.MESSAGE} if element.event_gateway_parallel else _CREATES
    for flow in element.outgoing:
        target = definition.elements.get(definition.flows[flow].target)
        for event in () if target is None else target.events:
            if event.type not in allowed and target is not None:
                variant = "key" if element.event_gateway_parallel else "unheard"
                return _Flaw(variant, event.type, target.id)
    return None

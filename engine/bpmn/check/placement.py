"""Which events may stand where, and what starts a process or sub-process (BPMN 2.0.2 §10.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import is_container
from engine.bpmn.findings import Words, found, place_of
from engine.model.definition import Element, ElementType, EventDefinition, EventType, ProcessDefinition
from engine.model.records import Finding

_T = EventType
_PROCESS_START = {_T.MESSAGE, _T.TIMER, _T.SIGNAL, _T.CONDITIONAL}
_EVENT_START = _PROCESS_START | {_T.ERROR, _T.ESCALATION, _T.COMPENSATION}
_ALLOWED = {
    ElementType.INTERMEDIATE_CATCH_EVENT: {_T.MESSAGE, _T.TIMER, _T.SIGNAL, _T.CONDITIONAL, _T.LINK},
    ElementType.INTERMEDIATE_THROW_EVENT: {_T.MESSAGE, _T.SIGNAL, _T.ESCALATION, _T.COMPENSATION, _T.LINK},
    ElementType.BOUNDARY_EVENT: _EVENT_START | {_T.CANCEL},
    ElementType.END_EVENT: {
        _T.MESSAGE,
        _T.SIGNAL,
        _T.ERROR,
        _T.ESCALATION,
        _T.COMPENSATION,
        _T.CANCEL,
        _T.TERMINATE,
    },
}
_NEEDS_EVENT = {ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.BOUNDARY_EVENT}
_ALWAYS_INTERRUPTS = {_T.ERROR, _T.CANCEL}
_NO_INPUTS = {ElementType.START_EVENT, ElementType.BOUNDARY_EVENT}
_THROWS = {ElementType.END_EVENT, ElementType.INTERMEDIATE_THROW_EVENT}


def check_placement(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    """Yield what is wrong with the events of an element, and with the start of a container."""
    place = place_of(definition.file, element)
    if element.type is ElementType.START_EVENT:
        yield from _check_start(definition, element)
    elif element.type in _ALLOWED:
        yield from _check_events(definition, element, _ALLOWED[element.type])
    yield from _check_definitions(definition, element)
    if element.job is not None and element.type in _THROWS and not _sends_message(element):
        yield found(place, "job-misplaced", type=element.type, element=element.id)
    if element.inputs and element.type in _NO_INPUTS:
        yield found(place, "input-forbidden", type=element.type, element=element.id)
    if is_container(element):
        yield from _check_container(definition, element)


def _check_start(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    around = definition.elements[element.parent]
    if around.type is ElementType.PROCESS:
        if any(event.type is _T.CONDITIONAL for event in element.events):
            yield found(
                place_of(definition.file, element), "unsupported/conditional-start", element=element.id
            )
        yield from _check_events(definition, element, _PROCESS_START)
    elif around.triggered_by_event:
        if not element.events:
            yield found(place_of(definition.file, element), "event-missing/start", element=element.id)
        yield from _check_events(definition, element, _EVENT_START)
    elif element.events:
        yield found(
            place_of(definition.file, element),
            "event-forbidden/sub-process",
            container=around.id,
            element=element.id,
            event=element.events[0].type,
        )


def _check_events(
    definition: ProcessDefinition, element: Element, allowed: set[EventType]
) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    if not element.events and element.type in _NEEDS_EVENT:
        yield found(place, "event-missing/event", type=element.type, element=element.id)
    for event in element.events:
        if event.type not in allowed:
            yield found(
                place,
                "event-forbidden",
                allowed=Words(tuple(sorted(allowed))),
                type=element.type,
                element=element.id,
                event=event.type,
            )
        if event.type in _ALWAYS_INTERRUPTS and not element.interrupting:
            yield found(place, "event-not-interrupting", event=event.type, element=element.id)


def _check_definitions(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    for event in element.events:
        variant = _what_is_missing(element, event)
        if variant:
            place = place_of(definition.file, element)
            key = "link-unnamed" if event.type is _T.LINK else f"event-incomplete/{variant}"
            yield found(place, key, event=event.type, element=element.id)


def _sends_message(element: Element) -> bool:
    return any(event.type is _T.MESSAGE for event in element.events)


def _what_is_missing(element: Element, event: EventDefinition) -> str:
    if event.type in {_T.MESSAGE, _T.SIGNAL} and event.name is None and element.job is None:
        return "name"
    if event.type is _T.LINK and (event.name is None or not event.name.source):
        return "name"
    if event.type in {_T.ERROR, _T.ESCALATION} and element.type in _THROWS and event.code is None:
        return "code"
    if event.type is _T.CONDITIONAL and event.condition is None:
        return "condition"
    if event.code is not None and event.code.startswith("="):
        return "literal"
    return ""


def _check_container(definition: ProcessDefinition, container: Element) -> Iterator[Finding]:
    starts = [definition.elements[start] for start in definition.starts.get(container.id, ())]
    if container.triggered_by_event:
        yield from _check_event_sub_process(definition, container, len(starts))
    if len(starts) > 1 and container.type is not ElementType.PROCESS:  # a process is started at one by name
        yield found(
            place_of(definition.file, container),
            "start-several",
            container=container.id,
            count=len(starts),
            starts=", ".join(start.id for start in starts),
        )


def _check_event_sub_process(
    definition: ProcessDefinition, container: Element, starts: int
) -> Iterator[Finding]:
    place = place_of(definition.file, container)
    if starts == 0:
        yield found(place, "start-missing", container=container.id)
    if container.loop is not None:
        yield found(place, "event-sub-process-loop", container=container.id)

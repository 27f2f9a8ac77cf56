"""Which events may stand where, and what starts a process or sub-process (BPMN 2.0.2 §10.5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import is_container
from engine.bpmn.findings import error, place_of
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
    if element.type is ElementType.START_EVENT:
        yield from _check_start(definition, element)
    elif element.type in _ALLOWED:
        yield from _check_events(definition, element, _ALLOWED[element.type])
    yield from _check_definitions(definition, element)
    if element.job is not None and element.type in _THROWS and not _sends_message(element):
        yield _finding(
            definition,
            element,
            "job-misplaced",
            f"expected a job only where <{element.type}> {element.id!r} sends a message, but it sends none",
            "remove the task definition, or make it a message event",
        )
    if element.inputs and element.type in _NO_INPUTS:
        yield _finding(
            definition,
            element,
            "input-forbidden",
            f"expected no input mappings at <{element.type}> {element.id!r}, but it has some: "
            "an event brings its own variables",
            "use output mappings",
        )
    if is_container(element):
        yield from _check_container(definition, element)


def _check_start(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    around = definition.elements[element.parent]
    if around.type is ElementType.PROCESS:
        if any(event.type is _T.CONDITIONAL for event in element.events):
            yield _finding(
                definition,
                element,
                "unsupported",
                f"expected the process to start by something outside it, but {element.id!r} watches data, "
                "and before an instance there are none",
                "start it by a message or a timer, and ask the condition at a gateway",
            )
        yield from _check_events(definition, element, _PROCESS_START)
    elif around.triggered_by_event:
        if not element.events:
            yield _finding(
                definition,
                element,
                "event-missing",
                f"expected the start event {element.id!r} of an event sub-process to wait for something, "
                "but it is a none start event",
                "choose what triggers it",
            )
        yield from _check_events(definition, element, _EVENT_START)
    elif element.events:
        yield _finding(
            definition,
            element,
            "event-forbidden",
            f"expected a none start event in the sub-process {around.id!r}, "
            f"but {element.id!r} waits for a {element.events[0].type}",
            "use a none start event, or make it an event sub-process",
        )


def _check_events(
    definition: ProcessDefinition, element: Element, allowed: set[EventType]
) -> Iterator[Finding]:
    if not element.events and element.type in _NEEDS_EVENT:
        yield _finding(
            definition,
            element,
            "event-missing",
            f"expected <{element.type}> {element.id!r} to wait for something, but it has no event definition",
            "choose what it waits for",
        )
    for event in element.events:
        if event.type not in allowed:
            yield _finding(
                definition,
                element,
                "event-forbidden",
                f"expected {', '.join(sorted(allowed))} at <{element.type}>, "
                f"but {element.id!r} is a {event.type} event",
                "use another kind of event",
            )
        if event.type in _ALWAYS_INTERRUPTS and not element.interrupting:
            yield _finding(
                definition,
                element,
                "event-not-interrupting",
                f"expected the {event.type} event {element.id!r} to interrupt, "
                "but it is drawn as non-interrupting",
                "make it interrupting",
            )


def _check_definitions(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    for event in element.events:
        reason = _what_is_missing(element, event)
        if reason:
            yield _finding(
                definition,
                element,
                "event-incomplete",
                f"expected the {event.type} of {element.id!r} to have {reason}, but it has none",
                "complete the event in the modeler",
            )


def _sends_message(element: Element) -> bool:
    return any(event.type is _T.MESSAGE for event in element.events)


def _what_is_missing(element: Element, event: EventDefinition) -> str:
    if event.type in {_T.MESSAGE, _T.SIGNAL} and event.name is None and element.job is None:
        return "a name"
    if event.type in {_T.ERROR, _T.ESCALATION} and element.type in _THROWS and event.code is None:
        return "a code"
    if event.type is _T.CONDITIONAL and event.condition is None:
        return "a condition"
    if event.code is not None and event.code.startswith("="):
        return "a literal code"
    return ""


def _check_container(definition: ProcessDefinition, container: Element) -> Iterator[Finding]:
    starts = [definition.elements[start] for start in definition.starts.get(container.id, ())]
    if container.triggered_by_event:
        yield from _check_event_sub_process(definition, container, len(starts))
    if len(starts) > 1 and container.type is not ElementType.PROCESS:  # a process is started at one by name
        yield _finding(
            definition,
            container,
            "start-several",
            f"expected one start event that tells where {container.id!r} begins, "
            f"but it has {len(starts)}: {', '.join(start.id for start in starts)}",
            "leave one of them",
        )


def _check_event_sub_process(
    definition: ProcessDefinition, container: Element, starts: int
) -> Iterator[Finding]:
    if starts == 0:
        yield _finding(
            definition,
            container,
            "start-missing",
            f"expected event sub-process {container.id!r} to have a start event, but it has none",
            "draw what triggers it",
        )
    if container.loop is not None:
        yield _finding(
            definition,
            container,
            "event-sub-process-loop",
            f"expected event sub-process {container.id!r} to run once per event, but it is drawn to repeat",
            "remove the loop",
        )


def _finding(
    definition: ProcessDefinition, element: Element, rule: str, message: str, remedy: str
) -> Finding:
    return error(place_of(definition.file, element), rule, message, remedy)

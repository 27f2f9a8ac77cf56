"""Repetition: loops that say when they end, quantities, events of multi-instance activities (§10.3.8)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import error, place_of
from engine.model.definition import (
    Element,
    EventDefinition,
    EventType,
    MultiInstance,
    ProcessDefinition,
    StandardLoop,
)
from engine.model.records import Finding

MAX_QUANTITY = 1_000
_THROWN = {EventType.SIGNAL, EventType.MESSAGE, EventType.ESCALATION, EventType.ERROR}


def check_loops(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield what is wrong with how often the activities of a process run, and what they throw meanwhile."""
    for element in definition.elements.values():
        yield from _check_quantities(definition, element)
        if isinstance(element.loop, StandardLoop):
            yield from _check_standard_loop(definition, element, element.loop)
        elif isinstance(element.loop, MultiInstance):
            yield from _check_behavior(definition, element, element.loop)


def _check_quantities(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    for name, quantity in (("start", element.start_quantity), ("completion", element.completion_quantity)):
        if not 1 <= quantity <= MAX_QUANTITY:
            yield _finding(
                definition,
                element,
                "quantity-range",
                f"expected a {name} quantity from 1 to {MAX_QUANTITY}, "
                f"but that of {element.id!r} is {quantity}",
                "use a smaller number of tokens, or a multi-instance activity",
            )


def _check_standard_loop(
    definition: ProcessDefinition, element: Element, loop: StandardLoop
) -> Iterator[Finding]:
    if loop.condition is None and loop.maximum is None:
        yield _finding(
            definition,
            element,
            "loop-endless",
            f"expected the loop of {element.id!r} to end, but it has neither a condition nor a maximum",
            "write its loop condition, or give a loop maximum",
        )
    if loop.maximum is not None and loop.maximum < 1:
        yield _finding(
            definition,
            element,
            "loop-maximum",
            f"expected a loop maximum of 1 or more, but that of {element.id!r} is {loop.maximum}",
            "correct the maximum, or remove it",
        )


def _check_behavior(
    definition: ProcessDefinition, element: Element, loop: MultiInstance
) -> Iterator[Finding]:
    events = loop.events
    if loop.behavior == "Complex":
        events = tuple(event for each in loop.complex for event in each.events)
    if loop.behavior != "All" and not events:
        yield _finding(
            definition,
            element,
            "behavior-event-missing",
            f"expected {element.id!r} to say which event it throws (behavior {loop.behavior}), "
            "but it names none",
            "refer to a signal, message, escalation or error event definition, or use the behavior All",
        )
    for event in events if loop.behavior != "All" else ():
        reason = _why_not_thrown(event)
        if reason:
            yield _finding(
                definition,
                element,
                "behavior-event",
                f"expected {element.id!r} to throw a signal, message, escalation or error with a name, "
                f"but it is {reason}",
                "complete the event definition, or use another kind",
            )


def _why_not_thrown(event: EventDefinition) -> str:
    if event.type not in _THROWN:
        return f"a {event.type}"
    named = event.code if event.type in (EventType.ESCALATION, EventType.ERROR) else event.name
    return "" if named is not None else f"a {event.type} without one"


def _finding(
    definition: ProcessDefinition, element: Element, rule: str, message: str, remedy: str
) -> Finding:
    return error(place_of(definition.file, element), rule, message, remedy)

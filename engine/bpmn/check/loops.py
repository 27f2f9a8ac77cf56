"""Repetition: loops that say when they end, quantities, events of multi-instance activities (§10.3.8)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import found, place_of
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
            yield found(
                place_of(definition.file, element),
                "quantity-range",
                name=f"{name}Quantity",
                most=MAX_QUANTITY,
                element=element.id,
                quantity=quantity,
            )


def _check_standard_loop(
    definition: ProcessDefinition, element: Element, loop: StandardLoop
) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    if loop.condition is None and loop.maximum is None:
        yield found(place, "loop-endless", element=element.id)
    if loop.maximum is not None and loop.maximum < 1:
        yield found(place, "loop-maximum", element=element.id, maximum=loop.maximum)


def _check_behavior(
    definition: ProcessDefinition, element: Element, loop: MultiInstance
) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    events = loop.events
    if loop.behavior == "Complex":
        events = tuple(event for each in loop.complex for event in each.events)
    if loop.behavior != "All" and not events:
        yield found(place, "behavior-event-missing", element=element.id, behavior=loop.behavior)
    for event in events if loop.behavior != "All" else ():
        variant = _why_not_thrown(event)
        if variant:
            yield found(place, f"behavior-event/{variant}", element=element.id, event=event.type)


def _why_not_thrown(event: EventDefinition) -> str:
    """Return the variant of the rule ``behavior-event`` an event breaks, "" where it breaks none."""
    if event.type not in _THROWN:
        return "kind"
    named = event.code if event.type in (EventType.ESCALATION, EventType.ERROR) else event.name
    return "" if named is not None else "name"

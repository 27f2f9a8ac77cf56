"""Reading what a process can undo: compensation handlers and compensation event sub-processes
(BPMN 2.0.2 §10.7)."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.model.definition import Compensation, Element, ElementType, EventType


def read_compensation(process: xml.Node, elements: dict[str, Element]) -> Compensation | None:
    """Return the handlers of a process, None where there is nothing to undo."""
    handlers = dict(_handlers(process, elements))
    sub_processes = {
        elements[element.parent].parent: element.id
        for element in elements.values()
        if element.type is ElementType.START_EVENT
        and elements[element.parent].triggered_by_event
        and _compensates(element)
    }
    if not handlers and not sub_processes:
        return None
    compensable: set[str] = set()
    for activity in (*handlers, *sub_processes):
        while activity and activity not in compensable:
            compensable.add(activity)
            activity = elements[activity].parent
    return Compensation(handlers=handlers, sub_processes=sub_processes, compensable=frozenset(compensable))


def _handlers(process: xml.Node, elements: dict[str, Element]) -> Iterator[tuple[str, str]]:
    """Yield each activity with the activity its compensation boundary event is associated with."""
    for association in process.iter(xml.qname(xml.BPMN, "association")):
        ends = [xml.attribute(association, end).rpartition(":")[2] for end in ("sourceRef", "targetRef")]
        for event_id, handler_id in (ends, reversed(ends)):
            event, handler = elements.get(event_id), elements.get(handler_id)
            if event is None or handler is None or not handler.is_for_compensation:
                continue
            if event.attached_to in elements and _compensates(event):
                yield str(event.attached_to), handler.id


def _compensates(element: Element) -> bool:
    return any(definition.type is EventType.COMPENSATION for definition in element.events)

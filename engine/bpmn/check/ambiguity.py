"""Events that compete: two that catch exactly the same thing at the same place, of which only one can."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import found, place_of
from engine.model.definition import EventDefinition, EventType, ProcessDefinition
from engine.model.records import Finding

_EXCLUSIVE = {EventType.ERROR, EventType.ESCALATION, EventType.MESSAGE}


def check_ambiguity(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a warning per boundary or start event that an equal one beside it may leave without effect."""
    for host, boundaries in definition.boundaries.items():
        yield from _compare(definition, host, boundaries)
    for container, sub_processes in definition.event_sub_processes.items():
        starts = [start for each in sub_processes for start in definition.starts.get(each, ())]
        yield from _compare(definition, container, starts)
    yield from _compare(definition, definition.id, definition.starts.get(definition.id, ()))


def _compare(
    definition: ProcessDefinition, around: str, candidates: list[str] | tuple[str, ...]
) -> Iterator[Finding]:
    first: dict[tuple[EventType, str, str], str] = {}
    for candidate in candidates:
        element = definition.elements[candidate]
        for event in element.events:
            if event.type not in _EXCLUSIVE:
                continue
            earlier = first.setdefault(_what(event), candidate)
            if earlier != candidate:
                place = place_of(definition.file, element)
                yield found(
                    place, "event-ambiguous", around=around, event=event.type, one=earlier, other=candidate
                )


def _what(event: EventDefinition) -> tuple[EventType, str, str]:
    name = event.name.source if event.name is not None else event.code or ""
    return event.type, name, event.correlation_key.source if event.correlation_key is not None else ""

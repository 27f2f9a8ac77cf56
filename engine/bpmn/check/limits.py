"""Limits: depth, repetitions, quantities, loops that contradict themselves, calls that call themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.bpmn.findings import Place, found, place_of
from engine.model.definition import Element, MultiInstance, ProcessDefinition
from engine.model.records import Finding

MAX_DEPTH = 50
MAX_INSTANCES = 10_000
MAX_RETRIES = 100
MAX_TEXT = 255


def check_limits(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a finding per limit a process exceeds."""
    for element in definition.elements.values():
        place = place_of(definition.file, element)
        if _depth(definition, element) > MAX_DEPTH:
            yield found(place, "too-deep", most=MAX_DEPTH, element=element.id)
        if isinstance(element.loop, MultiInstance):
            yield from _check_multi_instance(place, element.loop)
        yield from _check_retries(place, element)


def _depth(definition: ProcessDefinition, element: Element) -> int:
    """Return how many sub-processes are around an element, the process itself not counted."""
    depth = -1 if element.parent else 0
    while element.parent:
        element = definition.elements[element.parent]
        depth += 1
    return depth


def _check_multi_instance(place: Place, loop: MultiInstance) -> Iterator[Finding]:
    if (loop.collection is None) == (loop.cardinality is None):
        yield found(place, f"multi-instance-count/{'neither' if loop.collection is None else 'both'}")
    count = loop.cardinality.source if loop.cardinality else ""
    if count.isascii() and count.isdigit() and (len(count) > 6 or int(count) > MAX_INSTANCES):
        yield found(place, "multi-instance-many", most=MAX_INSTANCES, count=count[:20])
    if (loop.output_collection is None) != (loop.output_element is None):
        yield found(place, "multi-instance-output")


def _check_retries(place: Place, element: Element) -> Iterator[Finding]:
    retries = element.job.retries if element.job else None
    if retries is None or not retries.literal:
        return
    text = retries.source
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_RETRIES):
        yield found(place, "retries-unreadable", most=MAX_RETRIES, retries=text[:30])


def check_calls(definitions: Sequence[ProcessDefinition]) -> Iterator[Finding]:
    """Yield a warning per process that, by literal call activities of these files, calls itself."""
    calls = {definition.id: _called(definition) for definition in definitions}
    for definition in definitions:
        reached: set[str] = set()
        pending = list(calls[definition.id])
        while pending:
            called = pending.pop()
            if called not in reached:
                reached.add(called)
                pending += calls.get(called, ())
        if definition.id in reached:
            place = Place(definition.file, definition.elements[definition.id].line, definition.id)
            yield found(place, "call-recursive", process=definition.id)


def _called(definition: ProcessDefinition) -> set[str]:
    return {
        element.called_element.process_id.source
        for element in definition.elements.values()
        if element.called_element is not None and element.called_element.process_id.literal
    }

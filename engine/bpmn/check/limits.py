"""Limits: depth, repetitions, quantities, loops that contradict themselves, calls that call themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.bpmn.findings import Place, error, place_of, warning
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
            yield error(
                place,
                "too-deep",
                f"expected sub-processes nested at most {MAX_DEPTH} deep, but {element.id!r} is deeper",
                "use call activities",
            )
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
        given = "neither" if loop.collection is None else "both"
        yield error(
            place,
            "multi-instance-count",
            f"expected either a collection or a loop cardinality, but {given} is given",
            "give the multi-instance activity an input collection, or a loop cardinality",
        )
    count = loop.cardinality.source if loop.cardinality else ""
    if count.isascii() and count.isdigit() and (len(count) > 6 or int(count) > MAX_INSTANCES):
        yield error(
            place,
            "multi-instance-many",
            f"expected at most {MAX_INSTANCES} instances, but the loop cardinality is {count[:20]}",
            "repeat fewer times, or split the work",
        )
    if (loop.output_collection is None) != (loop.output_element is None):
        yield error(
            place,
            "multi-instance-output",
            "expected an output collection together with an output element, but only one is given",
            "give both, or neither",
        )


def _check_retries(place: Place, element: Element) -> Iterator[Finding]:
    retries = element.job.retries if element.job else None
    if retries is None or not retries.literal:
        return
    text = retries.source
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_RETRIES):
        yield error(
            place,
            "retries-unreadable",
            f"expected retries from 1 to {MAX_RETRIES}, but they are {text[:30]!r}",
            "write a whole number",
        )


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
            yield warning(
                Place(definition.file, definition.elements[definition.id].line, definition.id),
                "call-recursive",
                f"expected process {definition.id!r} not to call itself, "
                "but its call activities lead back to it",
                "make sure that a condition ends the recursion",
            )


def _called(definition: ProcessDefinition) -> set[str]:
    return {
        element.called_element.process_id.source
        for element in definition.elements.values()
        if element.called_element is not None and element.called_element.process_id.literal
    }

"""Link events (BPMN 2.0.2 §10.5.5): throwing ones lead to the one catching link of their name and level."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.findings import found, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
from engine.model.records import Finding


def check_link_events(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield a finding per link without its other end, with two targets, or with flows on the wrong side."""
    throws, catches = link_events(definition, _THROW), link_events(definition, _CATCH)
    for key, elements in catches.items():
        for element in elements:
            yield from _check_catch(definition, element)
        if len(elements) > 1:
            several = ", ".join(element.id for element in elements)
            place = place_of(definition.file, elements[1])
            yield found(place, "link-target/several", name=key[1], elements=several)
        if key not in throws:
            place = place_of(definition.file, elements[0])
            yield found(place, "link-source", name=key[1], element=elements[0].id)
    for key, elements in throws.items():
        for element in elements:
            yield from _check_throw(definition, element)
            if key not in catches:
                place = place_of(definition.file, element)
                yield found(place, "link-target/none", name=key[1], element=element.id)


_THROW, _CATCH = ElementType.INTERMEDIATE_THROW_EVENT, ElementType.INTERMEDIATE_CATCH_EVENT


def link_events(definition: ProcessDefinition, kind: ElementType) -> dict[tuple[str, str], list[Element]]:
    """Return the link events of one kind by (container id, link name)."""
    found_: dict[tuple[str, str], list[Element]] = {}
    for element in definition.elements.values():
        if element.type is kind:
            for event in element.events:
                if event.type is EventType.LINK and event.name is not None:
                    found_.setdefault((element.parent, event.name.source.strip()), []).append(element)
    return found_


def _check_catch(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    if element.incoming:
        yield found(place, "link-flow/catch", element=element.id)
    if len(element.events) > 1:
        yield found(place, "link-multiple", element=element.id)


def _check_throw(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    if element.outgoing:
        yield found(place, "link-flow/throw", element=element.id)
    if len(element.events) > 1:
        yield found(place, "link-multiple", element=element.id)

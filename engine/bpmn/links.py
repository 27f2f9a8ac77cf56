"""Pairing link events: the throwing one continues at the catching one of the same name and container
(BPMN 2.0.2 §10.5.5)."""

from __future__ import annotations

from engine.model.definition import Element, ElementType, EventType


def link_pairs(elements: dict[str, Element]) -> dict[str, str]:
    """Return the catching link event's id for each throwing one that has a partner; the first of a name
    wins."""
    targets: dict[tuple[str, str], str] = {}
    for element in elements.values():
        if element.type is ElementType.INTERMEDIATE_CATCH_EVENT:
            for name in _link_names(element):
                targets.setdefault((element.parent, name), element.id)
    return {
        element.id: targets[element.parent, name]
        for element in elements.values()
        if element.type is ElementType.INTERMEDIATE_THROW_EVENT
        for name in _link_names(element)
        if (element.parent, name) in targets
    }


def _link_names(element: Element) -> list[str]:
    return [
        definition.name.source
        for definition in element.events
        if definition.type is EventType.LINK and definition.name is not None
    ]

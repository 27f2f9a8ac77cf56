"""Families of elements the check distinguishes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from engine.bpmn.findings import Place, found
from engine.bpmn.reader import CONTAINERS, FLOW_NODES
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import Finding

EVENTS = {
    ElementType.START_EVENT,
    ElementType.END_EVENT,
    ElementType.INTERMEDIATE_CATCH_EVENT,
    ElementType.INTERMEDIATE_THROW_EVENT,
    ElementType.BOUNDARY_EVENT,
}
GATEWAYS = {
    ElementType.EXCLUSIVE_GATEWAY,
    ElementType.PARALLEL_GATEWAY,
    ElementType.INCLUSIVE_GATEWAY,
    ElementType.COMPLEX_GATEWAY,
    ElementType.EVENT_BASED_GATEWAY,
}
DECIDING = {ElementType.EXCLUSIVE_GATEWAY, ElementType.INCLUSIVE_GATEWAY, ElementType.COMPLEX_GATEWAY}

ACTIVITY_TAGS = frozenset(FLOW_NODES) - {kind.value for kind in (*EVENTS, *GATEWAYS)}


def is_activity(element: Element) -> bool:
    """Tell whether an element is a task, sub-process or call activity."""
    return (
        element.type not in EVENTS
        and element.type not in GATEWAYS
        and element.type is not ElementType.PROCESS
    )


def is_container(element: Element) -> bool:
    """Tell whether an element is the process or a sub-process of any kind."""
    return element.type is ElementType.PROCESS or element.type in CONTAINERS


def containers(definition: ProcessDefinition) -> Iterator[Element]:
    """Yield the process and its sub-processes in document order."""
    return (element for element in definition.elements.values() if is_container(element))


def unknown(place: Place, rule: str, name: str, known: Iterable[str]) -> Finding:
    """Return the finding about a name that means nothing, with the most similar one that does."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return (
        found(place, f"{rule}/similar", name=name, similar=close[0])
        if close
        else found(place, rule, name=name)
    )

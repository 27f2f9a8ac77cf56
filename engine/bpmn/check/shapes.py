"""Families of elements the check distinguishes."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.reader import CONTAINERS
from engine.model.definition import Element, ElementType, ProcessDefinition

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

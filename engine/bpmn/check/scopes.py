"""What processes and sub-processes may contain (BPMN 2.0.2 §10.3), and where a cancel event may stand."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import is_container
from engine.bpmn.findings import Place, found, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
from engine.model.records import Finding

_T = ElementType


def check_scopes(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield what is wrong with the contents of containers, and with the places of cancel events."""
    for element in definition.elements.values():
        place = place_of(definition.file, element)
        if is_container(element):
            yield from _check_contents(definition, place, element)
        yield from _check_cancel(definition, place, element)


def _check_contents(definition: ProcessDefinition, place: Place, container: Element) -> Iterator[Finding]:
    members = [definition.elements[member] for member in definition.children.get(container.id, ())]
    if container.type is _T.AD_HOC_SUB_PROCESS:
        return  # said by the check of ad-hoc sub-processes
    if not members:
        yield found(
            place, "process-empty" if container.type is _T.PROCESS else "sub-process-empty", id=container.id
        )
        return
    yield from _check_ends(definition, place, container, members)


def _check_ends(
    definition: ProcessDefinition, place: Place, container: Element, members: list[Element]
) -> Iterator[Finding]:
    """BPMN 2.0.2 §10.5.2–3 asks for both events or neither; a token runs properly all the same."""
    starts = definition.starts.get(container.id, ())
    ends = [member.id for member in members if member.type is _T.END_EVENT]
    if starts and not ends:
        yield found(place, "end-missing", id=container.id)
    elif ends and not starts and not any(member.instantiate for member in members):
        yield found(place, "start-implicit", id=container.id)


def _check_cancel(definition: ProcessDefinition, place: Place, element: Element) -> Iterator[Finding]:
    if not any(event.type is EventType.CANCEL for event in element.events):
        return
    if element.type is _T.END_EVENT:
        around = definition.elements.get(element.parent)
        while around is not None and around.type is not _T.TRANSACTION:
            around = definition.elements.get(around.parent)
        if around is None:
            yield found(place, "cancel-outside/end", element=element.id)
        elif not _catches_cancel(definition, around.id):
            yield found(place, "cancel-uncaught", element=element.id, transaction=around.id)
    elif element.type is _T.BOUNDARY_EVENT:
        host = definition.elements.get(element.attached_to or "")
        if host is not None and host.type is not _T.TRANSACTION:
            yield found(place, "cancel-outside/boundary", element=element.id, host=host.id)


def _catches_cancel(definition: ProcessDefinition, transaction: str) -> bool:
    return any(
        event.type is EventType.CANCEL
        for boundary in definition.boundaries.get(transaction, ())
        for event in definition.elements[boundary].events
    )

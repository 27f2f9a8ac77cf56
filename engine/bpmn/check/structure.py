"""The shape of a process: what may be connected to what (BPMN 2.0.2 §10.3–10.6, §13)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.gateways import check_gateway
from engine.bpmn.check.instantiation import check_instantiation
from engine.bpmn.check.placement import check_placement
from engine.bpmn.check.reachability import check_reachability
from engine.bpmn.check.shapes import DECIDING, is_activity
from engine.bpmn.findings import found, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition, SequenceFlow
from engine.model.records import Finding

_NO_INCOMING = {ElementType.START_EVENT: "start", ElementType.BOUNDARY_EVENT: "boundary"}


def check_structure(definition: ProcessDefinition) -> Iterator[Finding]:
    """Yield what is wrong with the flows, the places of events and the gateways of a process."""
    sound = True
    for flow in definition.flows.values():
        for finding in _check_flow(definition, flow):
            sound = False
            yield finding
    for element in definition.elements.values():
        yield from _check_default(definition, element)
        yield from _check_boundary(definition, element)
        yield from check_placement(definition, element)
        yield from check_instantiation(definition, element)
        yield from check_gateway(definition, element)
    if sound:
        yield from check_reachability(definition)


def _check_flow(definition: ProcessDefinition, flow: SequenceFlow) -> Iterator[Finding]:
    source = definition.elements.get(flow.source)
    target = definition.elements.get(flow.target)
    if source is None or target is None:
        yield from _check_foreign_end(definition, flow)
        return
    place = place_of(definition.file, flow)
    variant, end = _why_not_connected(source, target)
    if variant:
        key = f"flow-forbidden/{variant}"
        yield found(place, key, flow=flow.id, source=source.id, target=target.id, end=end)
    if flow.condition is not None and not (is_activity(source) or source.type in DECIDING):
        yield found(place, "condition-forbidden", flow=flow.id, type=source.type, source=source.id)
    elif flow.condition is not None and is_activity(source) and len(source.outgoing) == 1:
        yield found(place, "condition-alone", element=source.id)


def _check_foreign_end(definition: ProcessDefinition, flow: SequenceFlow) -> Iterator[Finding]:
    """Report an end that is not in this process; one that does not exist at all is reported besides."""
    missing = flow.target if flow.source in definition.elements else flow.source
    place = place_of(definition.file, flow)
    yield found(place, "flow-crosses-border", flow=flow.id, process=definition.id, missing=missing)


def _why_not_connected(source: Element, target: Element) -> tuple[str, str]:
    """Return the variant of ``flow-forbidden`` a flow breaks and the end that breaks it, empty for none."""
    if source.parent != target.parent:
        return "border", ""
    if target.type in _NO_INCOMING:
        return _NO_INCOMING[target.type], target.id
    if source.type is ElementType.END_EVENT:
        return "end", source.id
    for end in (source, target):
        if end.triggered_by_event:
            return "event-sub-process", end.id
        if end.is_for_compensation:
            return "compensation", end.id
    return "", ""


def _check_default(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    if element.default_flow is None:
        return
    if element.default_flow not in element.outgoing:
        place = place_of(definition.file, element)
        yield found(place, "default-foreign", element=element.id, flow=element.default_flow)
    elif not any(definition.flows[flow].condition for flow in element.outgoing):
        yield found(place_of(definition.file, element), "default-alone", element=element.id)


def _check_boundary(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    if element.type is not ElementType.BOUNDARY_EVENT:
        return
    host = definition.elements.get(element.attached_to or "")
    place = place_of(definition.file, element)
    if host is None or not is_activity(host) or host.triggered_by_event:
        yield found(place, "boundary-host", element=element.id, host=element.attached_to)
    elif host.parent != element.parent:
        yield found(place, "boundary-host/elsewhere", element=element.id)
    compensates = any(event.type is EventType.COMPENSATION for event in element.events)
    if compensates and element.outgoing:
        yield found(place, "boundary-with-flow", element=element.id)
    elif not compensates and not element.outgoing:
        yield found(place, "boundary-without-flow", element=element.id)

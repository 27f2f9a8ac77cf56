"""The shape of a process: what may be connected to what (BPMN 2.0.2 §10.3–10.6, §13)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.gateways import check_gateway
from engine.bpmn.check.instantiation import check_instantiation
from engine.bpmn.check.placement import check_placement
from engine.bpmn.check.reachability import check_reachability
from engine.bpmn.check.shapes import DECIDING, is_activity
from engine.bpmn.findings import error, place_of, warning
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition, SequenceFlow
from engine.model.records import Finding

_NO_INCOMING = {ElementType.START_EVENT: "start event", ElementType.BOUNDARY_EVENT: "boundary event"}


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
    reason = _why_not_connected(source, target)
    if reason:
        yield error(
            place_of(definition.file, flow), "flow-forbidden", f"flow {flow.id!r} {reason}", "redraw the flow"
        )
    if flow.condition is not None and not (is_activity(source) or source.type in DECIDING):
        yield error(
            place_of(definition.file, flow),
            "condition-forbidden",
            f"expected a condition on a flow out of an activity or a deciding gateway, "
            f"but flow {flow.id!r} comes from <{source.type}> {source.id!r}",
            "decide with an exclusive gateway",
        )


def _check_foreign_end(definition: ProcessDefinition, flow: SequenceFlow) -> Iterator[Finding]:
    """Report an end that is not in this process; one that does not exist at all is reported besides."""
    missing = flow.target if flow.source in definition.elements else flow.source
    yield error(
        place_of(definition.file, flow),
        "flow-crosses-border",
        f"expected flow {flow.id!r} to stay inside process {definition.id!r}, but {missing!r} is not in it",
        "connect elements of one process; between pools send a message",
    )


def _why_not_connected(source: Element, target: Element) -> str:
    if source.parent != target.parent:
        return f"crosses the border of a sub-process: {source.id!r} and {target.id!r} are not in the same one"
    if target.type in _NO_INCOMING:
        return f"leads to the {_NO_INCOMING[target.type]} {target.id!r}, which may have no incoming flow"
    if source.type is ElementType.END_EVENT:
        return f"comes from the end event {source.id!r}, which may have no outgoing flow"
    for end in (source, target):
        if end.triggered_by_event:
            return f"is connected to the event sub-process {end.id!r}, which may have no flows"
        if end.is_for_compensation:
            return f"is connected to the compensation activity {end.id!r}, which may have no flows"
    return ""


def _check_default(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    if element.default_flow is None:
        return
    if element.default_flow not in element.outgoing:
        yield error(
            place_of(definition.file, element),
            "default-foreign",
            f"expected the default flow to leave {element.id!r}, but {element.default_flow!r} does not",
            "choose one of its outgoing flows as default",
        )
    elif not any(definition.flows[flow].condition for flow in element.outgoing):
        yield warning(
            place_of(definition.file, element),
            "default-alone",
            f"expected conditions beside the default flow of {element.id!r}, but it has none",
            "add conditions to the other flows, or remove the default",
        )


def _check_boundary(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    if element.type is not ElementType.BOUNDARY_EVENT:
        return
    host = definition.elements.get(element.attached_to or "")
    place = place_of(definition.file, element)
    if host is None or not is_activity(host) or host.triggered_by_event:
        yield error(
            place,
            "boundary-host",
            f"expected boundary event {element.id!r} on a task, sub-process or call activity, "
            f"but it is attached to {element.attached_to!r}",
            "attach it to an activity",
        )
    elif host.parent != element.parent:
        yield error(
            place,
            "boundary-host",
            f"expected boundary event {element.id!r} beside its activity, "
            "but they are in different sub-processes",
            "draw both in the same sub-process",
        )
    undoes = any(each.type is EventType.COMPENSATION for each in element.events)
    if not element.outgoing and not undoes:
        yield error(
            place,
            "boundary-without-flow",
            f"expected boundary event {element.id!r} to lead somewhere, but it has no outgoing flow",
            "draw what is to happen when it fires",
        )

"""Gateways: what they decide on, what may follow them (BPMN 2.0.2 §10.6)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import DECIDING, GATEWAYS
from engine.bpmn.findings import found, place_of
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
from engine.model.records import Finding

_AFTER_EVENT_GATEWAY = {EventType.MESSAGE, EventType.TIMER, EventType.SIGNAL, EventType.CONDITIONAL}

# a flow from the gateway to itself would have to arrive before it fires
JOINING = {ElementType.PARALLEL_GATEWAY}


def check_gateway(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    """Yield what is wrong with a gateway; nothing for other elements."""
    if element.type not in GATEWAYS:
        return
    place = place_of(definition.file, element)
    if not element.outgoing:
        yield found(place, "gateway-without-outgoing", gateway=element.id)
    elif len(element.incoming) <= 1 and len(element.outgoing) == 1:
        asks = definition.flows[element.outgoing[0]].condition is not None
        yield found(place, "gateway-idle/asks" if asks else "gateway-idle", gateway=element.id)
    yield from _check_self_join(definition, element)
    if element.type in DECIDING and len(element.outgoing) > 1:
        yield from _check_decision(definition, element)
    if (
        element.type is ElementType.COMPLEX_GATEWAY
        and len(element.incoming) > 1
        and element.activation_condition is None
    ):
        yield found(place, "activation-condition-missing", gateway=element.id)
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        yield from _check_event_gateway(definition, element)


def _check_self_join(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    for flow_id in element.incoming if element.type in JOINING else ():
        if definition.flows[flow_id].source == element.id:
            place = place_of(definition.file, element)
            yield found(place, "gateway-self-join", gateway=element.id, flow=flow_id)


def _check_decision(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    exclusive = element.type is ElementType.EXCLUSIVE_GATEWAY
    key, always = ("condition-missing" if exclusive else "condition-absent"), False
    for flow_id in element.outgoing:
        flow = definition.flows[flow_id]
        if flow.condition is None and flow_id != element.default_flow:
            always = True
            yield found(place_of(definition.file, flow), key, flow=flow_id, gateway=element.id)
    if element.default_flow is None and not always:
        yield found(place_of(definition.file, element), "default-missing", gateway=element.id)


def _check_event_gateway(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    targets = [definition.elements.get(definition.flows[flow].target) for flow in element.outgoing]
    known = [target for target in targets if target is not None]
    if len(element.outgoing) == 1:
        yield found(place, "event-gateway-single", gateway=element.id)
    for target in known:
        key = _why_not_after(definition, target)
        if key:
            yield found(
                place, f"event-gateway-target/{key}", gateway=element.id, target=target.id, type=target.type
            )
    if len({target.id for target in known}) < len(known):
        yield found(place, "event-gateway-target/twice", gateway=element.id)
    yield from _check_mixture(definition, element, known)


def _check_mixture(
    definition: ProcessDefinition, element: Element, targets: list[Element]
) -> Iterator[Finding]:
    receives = any(target.type is ElementType.RECEIVE_TASK for target in targets)
    messages = any(
        event.type is EventType.MESSAGE
        for target in targets
        if target.type is ElementType.INTERMEDIATE_CATCH_EVENT
        for event in target.events
    )
    if receives and messages:
        yield found(place_of(definition.file, element), "event-gateway-mixture", gateway=element.id)


def _why_not_after(definition: ProcessDefinition, target: Element) -> str:
    """Return the variant of the rule ``event-gateway-target`` a target breaks, "" where it breaks none."""
    for is_wrong, variant in (
        (len(target.incoming) > 1, "joined"),
        (target.loop is not None, "repeats"),
        (bool(target.inputs), "inputs"),
    ):
        if is_wrong:
            return variant
    if target.type is ElementType.RECEIVE_TASK:
        return "boundary" if target.id in definition.boundaries else ""
    if target.type is not ElementType.INTERMEDIATE_CATCH_EVENT:
        return "type"
    if any(event.type not in _AFTER_EVENT_GATEWAY for event in target.events):
        return "event"
    return ""

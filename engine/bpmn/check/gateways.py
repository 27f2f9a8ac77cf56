"""Gateways: what they decide on, what may follow them (BPMN 2.0.2 §10.6)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.check.shapes import DECIDING, GATEWAYS
from engine.bpmn.findings import error, hint, place_of, warning
from engine.model.definition import Element, ElementType, EventType, ProcessDefinition
from engine.model.records import Finding

_AFTER_EVENT_GATEWAY = {EventType.MESSAGE, EventType.TIMER, EventType.SIGNAL, EventType.CONDITIONAL}


def check_gateway(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    """Yield what is wrong with a gateway; nothing for other elements."""
    if element.type not in GATEWAYS:
        return
    place = place_of(definition.file, element)
    if not element.outgoing:
        yield error(
            place,
            "gateway-without-outgoing",
            f"expected gateway {element.id!r} to lead somewhere, but it has no outgoing flow",
            "draw its outgoing flows",
        )
    elif len(element.incoming) <= 1 and len(element.outgoing) == 1:
        yield hint(
            place,
            "gateway-idle",
            f"expected gateway {element.id!r} to fork or join, but it does neither",
            "remove it",
        )
    if element.type in DECIDING and len(element.outgoing) > 1:
        yield from _check_decision(definition, element)
    if (
        element.type is ElementType.COMPLEX_GATEWAY
        and len(element.incoming) > 1
        and element.activation_condition is None
    ):
        yield error(
            place,
            "activation-condition-missing",
            f"expected complex gateway {element.id!r} to say when it fires, "
            "but it has no activation condition",
            "write its activation condition, such as activationCount >= 2, or use another gateway",
        )
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        yield from _check_event_gateway(definition, element)


def _check_decision(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    exclusive = element.type is ElementType.EXCLUSIVE_GATEWAY
    for flow_id in element.outgoing:
        flow = definition.flows[flow_id]
        if exclusive and flow.condition is None and flow_id != element.default_flow:
            yield error(
                place_of(definition.file, flow),
                "condition-missing",
                f"expected flow {flow_id!r} out of gateway {element.id!r} to have a condition "
                "or be the default, but it has neither",
                "write its condition, or make it the default flow",
            )
    always = any(definition.flows[flow].condition is None for flow in element.outgoing)
    if element.default_flow is None and not always:
        yield hint(
            place_of(definition.file, element),
            "default-missing",
            f"expected gateway {element.id!r} to have a default flow, but it has none: "
            "when no condition holds, an incident is raised",
            "choose one of its flows as default",
        )


def _check_event_gateway(definition: ProcessDefinition, element: Element) -> Iterator[Finding]:
    place = place_of(definition.file, element)
    targets = [definition.elements.get(definition.flows[flow].target) for flow in element.outgoing]
    known = [target for target in targets if target is not None]
    if len(element.outgoing) == 1:
        yield warning(
            place,
            "event-gateway-single",
            f"expected event-based gateway {element.id!r} to wait for several events, but it has one",
            "draw the other events, or remove the gateway",
        )
    for target in known:
        reason = _why_not_after(definition, target)
        if reason:
            yield error(
                place,
                "event-gateway-target",
                f"expected catching events or receive tasks after event-based gateway {element.id!r}, "
                f"but {target.id!r} {reason}",
                "let a message, timer or signal event follow the gateway",
            )
    if len({target.id for target in known}) < len(known):
        yield error(
            place,
            "event-gateway-target",
            f"expected event-based gateway {element.id!r} to lead to each event once, "
            "but it leads to one twice",
            "remove the second flow",
        )
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
        yield error(
            place_of(definition.file, element),
            "event-gateway-mixture",
            f"expected either receive tasks or message events after {element.id!r}, but there are both",
            "use one of the two",
        )


def _why_not_after(definition: ProcessDefinition, target: Element) -> str:
    for is_wrong, reason in (
        (len(target.incoming) > 1, "has other incoming flows"),
        (target.loop is not None, "repeats"),
        (bool(target.inputs), "has input mappings, which are not evaluated there"),
    ):
        if is_wrong:
            return reason
    if target.type is ElementType.RECEIVE_TASK:
        return "has boundary events" if target.id in definition.boundaries else ""
    if target.type is not ElementType.INTERMEDIATE_CATCH_EVENT:
        return f"is a <{target.type}>"
    if any(event.type not in _AFTER_EVENT_GATEWAY for event in target.events):
        return "does not wait for a message, timer, signal or condition"
    return ""

"""Gateways (BPMN 2.0.2 §10.6, §13.4). Joining happens before a gateway is entered (``Step``)."""

from __future__ import annotations

from engine.kernel import waits
from engine.kernel.flows import chosen_flows, first_flow
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.model.definition import Element


def exclusive(step: Step, instance: ElementInstance, element: Element) -> None:
    """Take the first flow whose condition holds, in document order, else the default (§13.4.2)."""
    step.leave(instance, element, first_flow(step, instance, element) if element.outgoing else ())


def parallel(step: Step, instance: ElementInstance, element: Element) -> None:
    """Take every outgoing flow (§13.4.1)."""
    step.leave(instance, element, element.outgoing)


def inclusive(step: Step, instance: ElementInstance, element: Element) -> None:
    """Take every flow whose condition holds or that has none, else the default (§13.4.3)."""
    step.leave(instance, element, chosen_flows(step, instance, element) if element.outgoing else ())


def event_based(step: Step, instance: ElementInstance, element: Element) -> None:
    """Listen for all events behind the gateway; the first to happen wins (§13.4.4).

    A parallel one waits for all of them; it is entered by a person only, since it instantiates.
    """
    if element.event_gateway_parallel:
        step.leave(instance, element, element.outgoing)
        return
    for flow_id in element.outgoing:
        target = step.definition.flows[flow_id].target
        waits.open_event(step, instance, step.definition.elements[target])

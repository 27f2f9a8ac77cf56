"""What happens when something an element instance listens for arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.kernel import events as ev
from engine.kernel import results, termination, waits
from engine.kernel.failure import Failure
from engine.model.definition import Element, ElementType
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance, SubscriptionData
    from engine.kernel.step import Step


def fire(step: Step, owner: ElementInstance, event: Element, variables: dict[str, Any]) -> None:
    """Let an event happen for whoever listens: a boundary, a start of an event sub-process, a gateway,
    the event itself."""
    if owner.element_id == event.id:
        step.complete(owner, variables)
    elif event.type is ElementType.BOUNDARY_EVENT:
        _boundary(step, owner, event, variables)
    elif event.type is ElementType.START_EVENT:
        _event_sub_process(step, owner, event, variables)
    else:
        _event_gateway(step, owner, event, variables)


def deliver(
    step: Step, owner: ElementInstance, subscription: SubscriptionData, variables: dict[str, Any]
) -> None:
    """Let what an open subscription waits for happen."""
    event = step.definition.elements[subscription.element_id]
    if not waits.stays(event) or waits.is_one_of_all(event):
        step.emit(ev.SubscriptionClosed(subscription.key, owner.key))
    arrive(step, owner, event, subscription.definition, variables)


def arrive(
    step: Step, owner: ElementInstance, event: Element, definition: int, variables: dict[str, Any]
) -> None:
    """Let one definition of an event happen; a parallel multiple event waits for all of them (§10.5.1)."""
    if not waits.is_one_of_all(event):
        fire(step, owner, event, variables)
        return
    received = (owner.received or {}).get(event.id, ())
    if any(part == definition for part, _ in received):
        return  # a condition that has become true once more
    step.emit(ev.PartReceived(owner.key, event.id, definition, variables))
    parts = (owner.received or {})[event.id]
    if len(parts) < len(event.events):
        return
    brought = {name: value for _, part in parts for name, value in part.items()}
    step.emit(ev.PartsConsumed(owner.key, event.id))
    if waits.stays(event):
        waits.open_event(step, owner, event)
    fire(step, owner, event, brought)


def _boundary(step: Step, host: ElementInstance, event: Element, variables: dict[str, Any]) -> None:
    scope = step.tree.elements[host.scope]
    if event.interrupting:
        step.terminate(host)
    happen(step, event, scope, variables)


def _event_gateway(step: Step, gateway: ElementInstance, event: Element, variables: dict[str, Any]) -> None:
    """The first event wins (BPMN 2.0.2 §10.6.6); the gateway's other events are given up."""
    scope = step.tree.elements[gateway.scope]
    step.end(gateway)
    flow = next(f for f in step.element_of(gateway).outgoing if step.definition.flows[f].target == event.id)
    happen(step, event, scope, variables, flow)


def _event_sub_process(step: Step, scope: ElementInstance, start: Element, variables: dict[str, Any]) -> None:
    if start.interrupting:
        termination.clear(step, scope)
        waits.close_all(step, scope)
    element = step.definition.elements[start.parent]
    step.entered += 1
    key = step.key()
    step.emit(ev.ElementActivated(key, element.id, scope.key, "", 0, None, start.id))
    instance = step.tree.elements[key]
    try:
        results.map_inputs(step, instance, element)
        waits.open_event_sub_processes(step, instance)
    except Failure as failure:
        if variables:
            step.emit(ev.VariablesSet(instance.key, variables))
        step.stop(instance, failure, ElementState.ACTIVATING)
        return
    happen(step, start, instance, variables)


def happen(
    step: Step, event: Element, scope: ElementInstance, variables: dict[str, Any], flow: str = ""
) -> None:
    """Enter an event that has already happened, and leave it with what it brought."""
    step.entered += 1
    key = step.key()
    step.emit(ev.ElementActivated(key, event.id, scope.key, flow))
    step.complete(step.tree.elements[key], variables)

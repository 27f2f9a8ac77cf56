"""Start, end and intermediate events (BPMN 2.0.2 §10.5, §13.5). Boundary events never are entered by a
flow."""

from __future__ import annotations

from typing import Any

from engine.kernel import compensation, propagation, termination, waits
from engine.kernel import events as ev
from engine.kernel.behaviours.activities import create_job
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.kernel.variables import scope_of, visible
from engine.model.definition import Element, EventDefinition, EventType
from engine.model.records import InstanceState

_ENDING = frozenset({EventType.TERMINATE, EventType.CANCEL, EventType.ERROR})  # thrown after all others


def pass_through(step: Step, instance: ElementInstance, element: Element) -> None:
    """Go on at once."""
    step.complete(instance)


def start(step: Step, instance: ElementInstance, element: Element) -> None:
    """Go on at once; a parallel multiple start event of which one part has happened waits for the others."""
    received = (instance.received or {}).get(element.id)
    if not received:
        step.complete(instance)
        return
    happened = {definition for definition, _ in received}
    for index in range(len(element.events)):
        if index not in happened:
            waits.subscribe(step, instance, element, index)


def catch(step: Step, instance: ElementInstance, element: Element) -> None:
    """Wait for what the event (or receive task) is about; one that waits for nothing, and the target of a
    link, go on at once."""
    if all(definition.type is EventType.LINK for definition in element.events):
        step.complete(instance)
        return
    waits.open_event(step, instance, element)


def throw(step: Step, instance: ElementInstance, element: Element) -> None:
    """Throw what the event is about and go on."""
    if element.job is not None:
        create_job(step, instance, element, element.job)
        return
    if element.id in step.definition.links:
        scope = step.tree.elements[instance.scope]
        step.end(instance)
        step.queue.append(("element", scope.key, step.definition.links[element.id]))
    else:
        _throw_all(step, instance, element)


def _throw_all(step: Step, instance: ElementInstance, element: Element) -> None:
    """Throw every definition in document order, then wait for what is undone, or go on unless whoever
    caught an escalation has ended this event's scope."""
    for definition in element.events:
        if definition.type is EventType.ESCALATION:
            propagation.throw_escalation(
                step, instance, definition.code or "", _brought(step, instance, element)
            )
        else:
            _send(step, instance, definition)
        if instance.key not in step.tree.elements:
            return
    if not compensation.throw(step, instance):
        step.complete(instance)


def end(step: Step, instance: ElementInstance, element: Element) -> None:
    """End this path, with what the end event throws."""
    if element.job is not None:
        create_job(step, instance, element, element.job)
        return
    last = next((each for each in element.events if each.type in _ENDING), None)
    if last is None:
        _throw_all(step, instance, element)
        return
    for definition in element.events:
        _send(step, instance, definition)
    if last.type is EventType.TERMINATE:
        _terminate_scope(step, instance, element)
    elif last.type is EventType.CANCEL:
        compensation.cancel(step, instance)
    else:
        propagation.throw_error(step, instance, last.code or "", "", _brought(step, instance, element))


def _terminate_scope(step: Step, instance: ElementInstance, element: Element) -> None:
    """End everything in the container, this event as the one that completed (§13.5.6)."""
    scope = step.tree.elements[instance.scope]
    step.end(instance)
    termination.clear(step, scope)
    if scope.scope:
        step.settle(scope)
    else:
        step.finish_instance(InstanceState.TERMINATED, f"terminate end event {element.id}")


def _brought(step: Step, instance: ElementInstance, element: Element) -> dict[str, Any]:
    """Return what an error or escalation gives to who catches it: its input mappings, nothing else."""
    return dict(instance.variables or {}) if element.inputs else {}


def send_message(step: Step, instance: ElementInstance, definition: EventDefinition) -> None:
    """Throw a message: its input mappings if it has any, else all it sees, go with it."""
    scope = scope_of(step, instance)
    name = waits.text_of(step, definition.name, scope, f"the message name of '{instance.element_id}'")
    key = ""
    if definition.correlation_key is not None:
        what = f"the correlation key of '{instance.element_id}'"
        key = waits.text_of(step, definition.correlation_key, scope, what)
    step.emit(ev.MessageThrown(instance.key, name, key, _payload(step, instance)))


def _send(step: Step, instance: ElementInstance, definition: EventDefinition) -> None:
    if definition.type is EventType.MESSAGE:
        send_message(step, instance, definition)
    elif definition.type is EventType.SIGNAL:
        scope = scope_of(step, instance)
        name = waits.text_of(step, definition.name, scope, f"the signal name of '{instance.element_id}'")
        step.emit(ev.SignalThrown(instance.key, name, _payload(step, instance)))


def _payload(step: Step, instance: ElementInstance) -> dict[str, Any]:
    if step.element_of(instance).inputs:
        return dict(instance.variables or {})
    return visible(step, instance)

"""Where BPMN errors and escalations go: outwards, to the nearest event that catches them (BPMN 2.0.2
§10.5.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.kernel import events as ev
from engine.kernel import triggers
from engine.model.definition import Element, EventType
from engine.model.records import ElementState, InstanceState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def throw_error(
    step: Step, instance: ElementInstance, code: str, message: str, variables: dict[str, Any]
) -> None:
    """Throw a BPMN error at an element instance.

    Nobody in the instance catches it: a called instance ends and its caller hears it; otherwise it is an
    incident.
    """
    step.emit(ev.ErrorThrown(instance.key, code, message))
    caught = _catcher(step, instance, EventType.ERROR, code)
    if caught is not None:
        host, event = caught
        told = _told(event, EventType.ERROR, code, message)
        triggers.fire(step, host, event, {**variables, **told})
    elif step.tree.header.parent_key:
        _leave_with_error(step, code, message, variables)
    else:
        step.raise_incident(
            instance,
            "unhandled_error",
            f"expected an error event for '{code}', but nothing catches it: {message or 'no message'}",
            ElementState.ACTIVE,
        )


def throw_escalation(step: Step, instance: ElementInstance, code: str, variables: dict[str, Any]) -> None:
    """Throw an escalation at an element instance; one that nobody catches is allowed and changes nothing."""
    step.emit(ev.EscalationThrown(instance.key, code))
    caught = _catcher(step, instance, EventType.ESCALATION, code)
    if caught is not None:
        host, event = caught
        triggers.fire(step, host, event, {**variables, **_told(event, EventType.ESCALATION, code, "")})
    elif step.tree.header.parent_key:
        step.emit(ev.EscalationPropagated(code, variables))


def _leave_with_error(step: Step, code: str, message: str, variables: dict[str, Any]) -> None:
    from engine.kernel import termination

    root = step.tree.root
    termination.clear(step, root)
    step.finish_instance(InstanceState.TERMINATED, f"BPMN error {code}")
    step.emit(ev.ErrorPropagated(code, message, variables))


def _told(event: Element, kind: EventType, code: str, message: str) -> dict[str, Any]:
    """Return the variables in which a catching event wants to have the code and the message."""
    variables: dict[str, Any] = {}
    for definition in event.events:
        if definition.type is not kind or definition.code not in (None, code):
            continue
        if definition.error_code_variable:
            variables[definition.error_code_variable] = code
        if definition.error_message_variable:
            variables[definition.error_message_variable] = message
    return variables


def _catcher(
    step: Step, instance: ElementInstance, kind: EventType, code: str
) -> tuple[ElementInstance, Element] | None:
    """Return who listens (an activity's or a container's instance) and the event element that catches."""
    current = instance
    while True:
        element = step.element_of(current)
        restored = current.runner and not element.is_for_compensation
        if not (current.loop_index or restored):
            boundary = _match(step, step.definition.boundaries.get(element.id, ()), kind, code)
            if boundary is not None:
                return current, boundary
        if not current.scope:
            return None
        scope = step.tree.elements[current.scope]
        if scope.loop is None and not element.triggered_by_event:
            start = _match(step, _event_starts(step, scope), kind, code)
            if start is not None:
                return scope, start
        current = scope


def _event_starts(step: Step, scope: ElementInstance) -> tuple[str, ...]:
    sub_processes = step.definition.event_sub_processes.get(scope.element_id, ())
    return tuple(start for each in sub_processes for start in step.definition.starts.get(each, ()))


def _match(step: Step, candidates: tuple[str, ...], kind: EventType, code: str) -> Element | None:
    """Return the event for exactly this code, else the first that catches every code."""
    catch_all: Element | None = None
    for candidate in candidates:
        element = step.definition.elements[candidate]
        for definition in element.events:
            if definition.type is not kind:
                continue
            if definition.code == code:
                return element
            if not definition.code and catch_all is None:
                catch_all = element
    return catch_all

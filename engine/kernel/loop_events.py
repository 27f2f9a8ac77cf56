"""Events a multi-instance activity throws when its instances end (BPMN 2.0.2 §10.3.8, ``behavior``).

A boundary event of the activity that waits for such an event catches it at once, and nobody else hears of it;
where none does, it is thrown as from any throwing event. It carries the counters of the activity.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.kernel import events as ev
from engine.kernel import propagation, triggers, waits
from engine.kernel.variables import Scope, scope_of
from engine.model.definition import ElementType, EventDefinition, EventType, MultiInstance

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance, SubscriptionData
    from engine.kernel.step import Step


class Thrown(NamedTuple):
    """An event to throw, its name and correlation key evaluated."""

    definition: EventDefinition
    name: str
    key: str


def due(step: Step, child: ElementInstance, loop: MultiInstance, counters: dict[str, Any]) -> list[Thrown]:
    """Return the events to throw when one instance ends; ``counters`` count it already."""
    if loop.behavior == "All":
        return []
    scope = scope_of(step, child, counters)
    definitions: list[EventDefinition] = []
    if loop.behavior == "None" or (loop.behavior == "One" and counters["numberOfCompletedInstances"] == 1):
        definitions += loop.events
    for each in loop.complex if loop.behavior == "Complex" else ():
        what = f"the behaviour condition of '{child.element_id}'"
        if each.condition is None or step.holds(each.condition, scope, what):
            definitions += each.events
    return [_evaluated(step, child, definition, scope) for definition in definitions]


def _evaluated(step: Step, child: ElementInstance, definition: EventDefinition, scope: Scope) -> Thrown:
    name = key = ""
    if definition.type in (EventType.SIGNAL, EventType.MESSAGE):
        what = f"the {definition.type} name of '{child.element_id}'"
        name = waits.text_of(step, definition.name, scope, what)
    if definition.correlation_key is not None:
        what = f"the correlation key of '{child.element_id}'"
        key = waits.text_of(step, definition.correlation_key, scope, what)
    return Thrown(definition, name, key)


def throw(step: Step, body: ElementInstance, thrown: Thrown, counters: dict[str, Any]) -> None:
    """Throw one event at the activity; the body may be ended by who catches it."""
    kind, code = thrown.definition.type, thrown.definition.code or ""
    if kind is EventType.ERROR:
        propagation.throw_error(step, body, code, "", {})
    elif kind is EventType.ESCALATION:
        propagation.throw_escalation(step, body, code, {})
    else:
        _publish(step, body, thrown, counters)


def _publish(step: Step, body: ElementInstance, thrown: Thrown, counters: dict[str, Any]) -> None:
    signal = thrown.definition.type is EventType.SIGNAL
    caught = list(_listening(step, body, thrown))
    for subscription in caught if signal else caught[:1]:
        if body.key in step.tree.elements:
            _catch(step, body, subscription, counters)
    if caught:
        return
    if signal:
        step.emit(ev.SignalThrown(body.key, thrown.name, dict(counters)))
    else:
        step.emit(ev.MessageThrown(body.key, thrown.name, thrown.key, dict(counters)))


def _catch(
    step: Step, body: ElementInstance, subscription: SubscriptionData, counters: dict[str, Any]
) -> None:
    """Let a boundary event happen; the counters are for its output mappings, and nobody else's."""
    event = step.definition.elements[subscription.element_id]
    brought = dict(counters) if event.outputs else {}
    if subscription.kind == EventType.SIGNAL:
        step.emit(ev.SignalReceived(subscription.key, event.id, subscription.name, brought))
    else:
        step.emit(ev.MessageCorrelated(subscription.key, event.id, subscription.name, 0, brought))
    triggers.deliver(step, body, subscription, brought)


def _listening(step: Step, body: ElementInstance, thrown: Thrown) -> Iterator[SubscriptionData]:
    """Yield the open subscriptions of the activity's boundary events for this signal or message."""
    for subscription in body.subscriptions or ():
        event = step.definition.elements[subscription.element_id]
        if (
            event.type is ElementType.BOUNDARY_EVENT
            and subscription.kind == thrown.definition.type
            and (subscription.name, subscription.correlation_key) == (thrown.name, thrown.key)
        ):
            yield subscription

"""How an instance begins (BPMN 2.0.2 §10.6.6, §13.3.3, §13.3.4): at a start event, at a receive task or an
event behind a gateway that instantiates, else at everything no flow leads to.

Behind an exclusive instantiating gateway each event creates an instance of its own; behind a parallel one
the first event creates the instance, and all others are waited for in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.errors import Conflict, NotFound
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel import registering, triggers, waits
from engine.kernel.failure import Failure
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import ElementState

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance
    from engine.kernel.step import Step


def entries(definition: ProcessDefinition) -> Iterator[Element]:
    """Yield the elements an instance may be started at: start events, then whatever else instantiates."""
    for start in definition.starts.get(definition.id, ()):
        yield definition.elements[start]
    for child in definition.children.get(definition.id, ()):
        element = definition.elements[child]
        if element.instantiate and element.type is ElementType.EVENT_BASED_GATEWAY:
            for flow in element.outgoing:
                yield definition.elements[definition.flows[flow].target]
        elif element.instantiate and not element.incoming:
            yield element


def gateway_of(definition: ProcessDefinition, entry: Element) -> Element | None:
    """Return the instantiating gateway an entry is behind, None for a start event or a receive task."""
    if entry.type is ElementType.START_EVENT or not entry.incoming:
        return None
    return definition.elements[definition.flows[entry.incoming[0]].source]


def start(step: Step, command: cmd.Start) -> None:
    """Create the instance and enter it; raises ``Conflict`` or ``NotFound`` where it cannot be, and
    ``RefusedEntry`` where an entry it begins with cannot be made.

    What an event brings belongs to that event where it has output mappings, else to the instance.
    """
    definition = step.definition
    trigger = _trigger(definition, command.element_id)
    own = trigger is not None and bool(trigger.events and trigger.outputs)
    made = [] if trigger is None else registering.begun(step, trigger, command.variables)
    key = command.key or step.key()
    step.emit(
        ev.InstanceStarted(
            key,
            definition.id,
            step.context.recorded.definition_key,
            command.business_key,
            {} if own else command.variables,
            command.parent_key,
            command.parent_element_key,
            command.root_key,
            command.depth,
            trigger.id if trigger is not None else "",
        )
    )
    for each in made:
        step.emit(each)
    root = step.tree.root
    if trigger is not None and waits.is_one_of_all(trigger) and command.part >= 0:
        step.emit(ev.PartReceived(root.key, trigger.id, command.part, command.variables if own else {}))
    if trigger is None or not own:
        step.activate(root, definition.elements[definition.id])
        return
    try:
        waits.open_event_sub_processes(step, root)
    except Failure as failure:
        step.emit(ev.VariablesSet(root.key, command.variables))
        step.stop(root, failure, ElementState.ACTIVATING)
        return
    _happen(step, root, trigger, command.variables)


def enter(step: Step, root: ElementInstance) -> None:
    """Enter an instance at what started it."""
    trigger = step.definition.elements[root.trigger]
    if trigger.type is ElementType.START_EVENT and not (root.received or {}).get(trigger.id):
        step.queue.append(("element", root.key, trigger.id))
    else:
        _happen(step, root, trigger, {})


def _happen(step: Step, root: ElementInstance, trigger: Element, variables: dict[str, Any]) -> None:
    if (root.received or {}).get(trigger.id):
        _wait_for_the_rest(step, root, trigger, variables)
        return
    gateway = gateway_of(step.definition, trigger)
    if gateway is None:
        triggers.happen(step, trigger, root, variables)
        return
    flow = trigger.incoming[0]
    key = step.key()
    step.entered += 1
    step.emit(ev.ElementActivated(key, gateway.id, root.key))
    step.end(step.tree.elements[key])
    triggers.happen(step, trigger, root, variables, flow)
    if gateway.event_gateway_parallel:
        for other in gateway.outgoing:
            if other != flow:
                step.queue.append(("flow", root.key, other))


def _wait_for_the_rest(step: Step, root: ElementInstance, start: Element, variables: dict[str, Any]) -> None:
    """Enter a parallel multiple start event of which one definition has happened (§10.5.2)."""
    parts = (root.received or {})[start.id]
    step.emit(ev.PartsConsumed(root.key, start.id))
    key = step.key()
    step.entered += 1
    step.emit(ev.ElementActivated(key, start.id, root.key, variables=variables or None))
    for definition, brought in parts:
        step.emit(ev.PartReceived(key, start.id, definition, brought))
    step.activate(step.tree.elements[key], start)


def _trigger(definition: ProcessDefinition, element_id: str | None) -> Element | None:
    """Return the element an instance is started at; None where it begins at all that no flow leads to."""
    if element_id:
        for entry in entries(definition):
            if entry.id == element_id:
                return entry
        raise NotFound(f"expected a start event of '{definition.id}', but there is no '{element_id}'")
    if definition.starts.get(definition.id):
        return _none_start(definition)
    if not begins_by_itself(definition) and any(entries(definition)):
        raise Conflict(f"expected a none start event in '{definition.id}', but it starts only by events")
    return None


def _none_start(definition: ProcessDefinition) -> Element:
    starts = [definition.elements[each] for each in definition.starts[definition.id]]
    candidates = [each for each in starts if not each.events]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise Conflict(f"expected a none start event in '{definition.id}', but it starts only by events")
    names = ", ".join(each.id for each in candidates)
    raise Conflict(
        f"expected one none start event in '{definition.id}', but there are {names}: name one by element_id"
    )


def begins_by_itself(definition: ProcessDefinition) -> bool:
    """Return whether a process without start events has anything to begin at when somebody starts it."""
    children = (definition.elements[each] for each in definition.children.get(definition.id, ()))
    return not definition.starts.get(definition.id) and any(begins(each) for each in children)


def begins(element: Element) -> bool:
    """Return whether a container without a start event begins at an element (§13.3.4)."""
    waits_for_something = element.triggered_by_event or element.is_for_compensation or element.instantiate
    return not (element.incoming or element.attached_to is not None or waits_for_something)

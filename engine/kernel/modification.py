"""A person moves a running instance: enters elements, goes on behind them, ends element instances.

What cannot be done raises ``Conflict`` or ``NotFound``, and the step is thrown away: nothing of it is done.
"""

from __future__ import annotations

from typing import Any

from engine.errors import Conflict, NotFound
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel import loops, results, waits
from engine.kernel.failure import Failure
from engine.kernel.flows import chosen_flows, first_flow
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.model.definition import Element, ElementType

_NEVER_ENTERED = (ElementType.PROCESS, ElementType.BOUNDARY_EVENT)
_CONTAINERS = (
    ElementType.PROCESS,
    ElementType.SUB_PROCESS,
    ElementType.TRANSACTION,
    ElementType.AD_HOC_SUB_PROCESS,
)


def modify(step: Step, command: cmd.Modify) -> None:
    """Enter the named elements and what is after others, then end the named element instances."""
    ended = _ended(step, command)
    entering = [(_enterable(step, each), key) for each, key in command.activate]
    leaving = [(_leavable(step, each), key) for each, key in command.after]
    unknown = command.local_variables.keys() - {element.id for element, _ in entering}
    if unknown:
        raise Conflict(f"expected local variables of what is entered, but '{min(unknown)}' is not")
    step.emit(
        ev.InstanceModified(
            [each for each, _ in command.activate],
            [each.key for each in ended],
            command.reason,
            [each for each, _ in command.after],
        )
    )
    if command.variables:
        step.emit(ev.VariablesSet(step.tree.root.key, command.variables))
    try:
        for element, scope in _move(step, entering, leaving, command.local_variables):
            _refuse_ended(step, element, scope, ended)
    except Failure as failure:
        raise Conflict(f"the instance cannot be moved there: {failure.reason}") from failure
    for instance in ended:
        _end(step, instance)


def _move(
    step: Step,
    entering: list[tuple[Element, int]],
    leaving: list[tuple[Element, int]],
    local: dict[str, dict[str, Any]],
) -> list[tuple[Element, ElementInstance]]:
    """Take the flows behind what is left and enter the rest; return each element with its container."""
    opened: dict[str, ElementInstance] = {}
    left = [(element, _container(step, element, key, opened)) for element, key in leaving]
    entered = [(element, _container(step, element, key, opened)) for element, key in entering]
    for element, scope in left:
        step.queue.extend(("flow", scope.key, flow) for flow in _flows_after(step, element, scope))
    step.queue.extend(("element", scope.key, each.id) for each, scope in entered if each.id not in local)
    # All there before the first moves: none may find its container empty and end it.
    with_variables = [
        (_activated(step, each, scope, local[each.id]), each) for each, scope in entered if each.id in local
    ]
    for instance, element in with_variables:
        if instance.key in step.tree.elements:
            step.activate(instance, element)
    return [*left, *entered]


def _activated(
    step: Step, element: Element, scope: ElementInstance, variables: dict[str, Any] | None = None
) -> ElementInstance:
    step.entered += 1
    key = step.key()
    step.emit(ev.ElementActivated(key, element.id, scope.key, "", 0, variables))
    return step.tree.elements[key]


def _element(step: Step, element_id: str) -> Element:
    element = step.definition.elements.get(element_id)
    if element is None:
        raise NotFound(f"expected an element of '{step.definition.id}', but there is no '{element_id}'")
    return element


def _enterable(step: Step, element_id: str) -> Element:
    element = _element(step, element_id)
    container = step.definition.elements.get(element.parent)
    in_event_sub_process = container is not None and container.triggered_by_event
    if element.type in _NEVER_ENTERED or element.triggered_by_event or element.is_for_compensation:
        raise Conflict(f"expected an element a flow can lead to, but '{element_id}' is a {element.type}")
    if element.type is ElementType.START_EVENT and in_event_sub_process:
        raise Conflict(f"expected an element inside '{element.parent}', but '{element_id}' is its trigger")
    return element


def _leavable(step: Step, element_id: str) -> Element:
    element = _element(step, element_id)
    if not element.outgoing:
        raise Conflict(f"expected an element with a way on, but no flow leaves '{element_id}'")
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        raise Conflict(f"expected one of the events behind '{element_id}': which of them has happened?")
    return element


def _flows_after(step: Step, element: Element, scope: ElementInstance) -> tuple[str, ...]:
    """Return the flows a token would take that left an element now; raises ``Failure`` for none."""
    token = ElementInstance(key=scope.key, element_id=element.id, scope=scope.key, activated_at=step.at)
    if element.type is ElementType.EXCLUSIVE_GATEWAY:
        return first_flow(step, token, element)
    if element.type is ElementType.PARALLEL_GATEWAY:
        return element.outgoing
    return chosen_flows(step, token, element)


# --- containers ---


def _refuse_ended(step: Step, element: Element, scope: ElementInstance, ended: list[ElementInstance]) -> None:
    """Raise ``Conflict`` where the container an element is entered in is to be ended."""
    current: ElementInstance | None = scope
    while current is not None:
        if any(current.key == each.key for each in ended):
            raise Conflict(
                f"expected '{element.id}' in a container that goes on, but {current.key} is to be ended"
            )
        current = step.tree.elements.get(current.scope)


def _active(step: Step, element_id: str, scope_key: int) -> list[ElementInstance]:
    return [
        each
        for each in step.tree.elements.values()
        if each.element_id == element_id and each.loop is None and scope_key in (0, each.key)
    ]


def _container(
    step: Step, element: Element, scope_key: int, opened: dict[str, ElementInstance]
) -> ElementInstance:
    """Return the container's active instance an element is entered in; one that is not there is opened."""
    missing: list[Element] = []
    parent = step.definition.elements[element.parent]
    while True:
        known = opened.get(parent.id)
        found = [known] if known is not None else _active(step, parent.id, 0 if missing else scope_key)
        if len(found) == 1:
            break
        if found or scope_key:
            raise Conflict(
                f"expected one active instance of '{parent.id}', but there are {len(found)}: name its key"
            )
        missing.append(_openable(parent))
        parent = step.definition.elements[parent.parent]
    scope = found[0]
    for each in reversed(missing):
        scope = opened[each.id] = _open(step, each, scope)
    return scope


def _openable(container: Element) -> Element:
    if container.type not in _CONTAINERS or container.triggered_by_event or container.loop is not None:
        why = "begins by its event" if container.triggered_by_event else "is not entered in one way only"
        raise Conflict(f"expected an active instance of '{container.id}', which {why}, but there is none")
    return container


def _open(step: Step, element: Element, scope: ElementInstance) -> ElementInstance:
    """Enter a container without its start: inputs, boundary events and event sub-processes as ever."""
    instance = _activated(step, element, scope)
    results.map_inputs(step, instance, element)
    waits.open_boundaries(step, instance, element)
    waits.open_event_sub_processes(step, instance)
    if element.id in step.definition.ad_hoc:
        step.emit(ev.ActivitiesChosen(instance.key, [], False))
    return instance


# --- ending ---


def _ended(step: Step, command: cmd.Modify) -> list[ElementInstance]:
    ended = [_endable(step, key) for key in command.terminate]
    for element_id in command.terminate_elements:
        _element(step, element_id)
        found = [
            each
            for each in step.tree.elements.values()
            if each.element_id == element_id and each.scope and not each.loop_index
        ]
        if not found:
            raise Conflict(f"expected an active instance of '{element_id}', but there is none")
        ended += found
    return ended


def _endable(step: Step, key: int) -> ElementInstance:
    instance = step.tree.elements.get(key)
    if instance is None or not instance.scope:
        raise NotFound(
            f"expected an active element instance, but {key} is none; cancel ends a whole instance"
        )
    return instance


def _end(step: Step, instance: ElementInstance) -> None:
    if instance.key not in step.tree.elements:
        return  # it was inside another one that has just been ended
    scope, index = step.tree.elements[instance.scope], instance.loop_index
    step.terminate(instance)
    if index:
        loops.pass_over(step, scope, index)
    else:
        step.settle(scope)

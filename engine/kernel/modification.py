"""Verbs of a person who corrects a running instance: enter or end elements, move to another version.

Everything is checked before anything is emitted; a refusal raises ``Conflict`` or ``NotFound``.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Conflict, NotFound
from engine.kernel import commands as cmd
from engine.kernel import compensation, joins, loops, waits
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.state import ElementInstance, SubscriptionData
from engine.kernel.step import Step
from engine.model.definition import Element, ElementType, MultiInstance, ProcessDefinition
from engine.model.records import ElementState

_NEVER_ENTERED = (ElementType.PROCESS, ElementType.BOUNDARY_EVENT)


def modify(step: Step, command: cmd.Modify) -> None:
    """Enter the named elements, then end the named element instances, in this order."""
    entered = [(_enterable(step, each), _container(step, each, key)) for each, key in command.activate]
    ended = [_endable(step, key) for key in command.terminate]
    for element, scope in entered:
        if any(scope.key == each.key for each in ended):
            raise Conflict(
                f"expected '{element.id}' in a container that goes on, but {scope.key} is to be ended"
            )
    step.emit(ev.InstanceModified([each for each, _ in command.activate], command.terminate, command.reason))
    if command.variables:
        step.emit(ev.VariablesSet(step.tree.root.key, command.variables))
    for element, scope in entered:
        step.queue.append(("element", scope.key, element.id))
    for instance in ended:
        _end(step, instance)


def _enterable(step: Step, element_id: str) -> Element:
    element = step.definition.elements.get(element_id)
    if element is None:
        raise NotFound(f"expected an element of '{step.definition.id}', but there is no '{element_id}'")
    container = step.definition.elements.get(element.parent)
    in_event_sub_process = container is not None and container.triggered_by_event
    if element.type in _NEVER_ENTERED or element.triggered_by_event:
        raise Conflict(f"expected an element a flow can lead to, but '{element_id}' is a {element.type}")
    if element.type is ElementType.START_EVENT and in_event_sub_process:
        raise Conflict(f"expected an element inside '{element.parent}', but '{element_id}' is its trigger")
    return element


def _container(step: Step, element_id: str, scope_key: int) -> ElementInstance:
    parent = step.definition.elements[element_id].parent
    found = [
        each
        for each in step.tree.elements.values()
        if each.element_id == parent and each.loop is None and scope_key in (0, each.key)
    ]
    if len(found) != 1:
        which = "name its key" if found else "enter that one first"
        raise Conflict(f"expected one active instance of '{parent}', but there are {len(found)}: {which}")
    return found[0]


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
        step.emit(ev.LoopProgressed(scope.key, index, False))
        loops.go_on(step, scope, step.element_of(scope), satisfied=False)
    else:
        step.settle(scope)


def migrate(step: Step, command: cmd.Migrate) -> None:
    """Let the instance go on in another version of its process, element by element of the same id.

    Deadlines, assignments and job retries stay as they are; boundary events that are new begin to wait, those
    that are gone stop. The context's definition is the new version.
    """
    problems = list(_obstacles(step))
    if problems:
        raise Conflict(f"the instance does not fit version {command.version}: {'; '.join(problems)}")
    step.emit(ev.InstanceMigrated(step.context.recorded.definition_key, command.version, command.reason))
    try:
        for instance in list(step.tree.elements.values()):
            _wait_as_drawn(step, instance, frozenset(command.new_events))
        joins.reconsider(step)
    except Failure as failure:
        raise Conflict(f"the instance does not fit version {command.version}: {failure.reason}") from failure


def _obstacles(step: Step) -> Iterator[str]:
    elements = step.definition.elements
    if step.tree.header.queue is not None:
        yield "it is in the middle of a long step: try again when that has gone on"
    for instance in step.tree.elements.values():
        element = elements.get(instance.element_id)
        if element is None:
            yield f"'{instance.element_id}' is active, but is not in it"
            continue
        scope = step.tree.elements.get(instance.scope)
        inside = scope.element_id if scope is not None and scope.loop is None else None
        if inside is not None and inside != element.parent:
            yield f"'{element.id}' is active in '{inside}', but is drawn in '{element.parent}'"
        repeated = instance.loop is not None or instance.loop_index > 0
        not_yet = instance.state is ElementState.ACTIVATING
        if repeated != isinstance(element.loop, MultiInstance) and not (not_yet and not repeated):
            yield f"'{element.id}' is repeated in one of the versions only"
        yield from _changed_kind(instance, element)
        yield from _changed_events(step, instance, element)
        yield from _tokens_and_records(step, instance)


def _changed_join(definition: ProcessDefinition, gateway: str, waiting: dict[str, int]) -> Iterator[str]:
    """Yield why tokens that wait at a join could not wait, or would wait for nothing, in the new version."""
    flows = definition.flows
    if any(flow not in flows or flows[flow].target != gateway for flow in waiting):
        yield f"a token waits at '{gateway}' on a flow that is not in it"
    elif gateway not in definition.joins:
        yield f"a token waits at '{gateway}', which waits for no other in it"
    elif definition.elements[gateway].type is ElementType.PARALLEL_GATEWAY and len(waiting) == len(
        definition.elements[gateway].incoming
    ):
        yield f"'{gateway}' has all its tokens in it already"


def _tokens_and_records(step: Step, instance: ElementInstance) -> Iterator[str]:
    """Yield what waits at joins or can be undone, but is drawn otherwise."""
    for kept in dict.fromkeys(compensation.kept_ids(instance.compensations)):
        if kept not in step.definition.elements:
            yield f"'{kept}' has completed and can be undone, but is not in it"
    if instance.compensation is not None:
        yield f"'{instance.element_id}' is undoing something: try again when that has gone on"
    for gateway, waiting in (instance.joins or {}).items():
        yield from _changed_join(step.definition, gateway, waiting)


def _changed_events(step: Step, instance: ElementInstance, element: Element) -> Iterator[str]:
    """Yield what an instance waits for that the new version draws somewhere else, or as something else."""
    for wait in (*(instance.timers or ()), *(instance.subscriptions or ())):
        event = step.definition.elements.get(wait.element_id)
        if event is None:
            continue
        kinds = {str(definition.type) for definition in event.events}
        if (wait.kind if isinstance(wait, SubscriptionData) else "timer") not in kinds:
            yield f"'{event.id}' waits for something else in it"
        if event.attached_to not in (None, element.id):
            yield f"'{event.id}' is attached to '{event.attached_to}' in it"
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        behind = {step.definition.flows[flow].target for flow in element.outgoing}
        waiting = {each.element_id for each in (*(instance.timers or ()), *(instance.subscriptions or ()))}
        if behind != waiting:
            yield f"other events are behind '{element.id}' in it"


def _changed_kind(instance: ElementInstance, element: Element) -> Iterator[str]:
    waits_for_person = instance.user_task is not None
    if waits_for_person != (element.type is ElementType.USER_TASK) and waits_for_person:
        yield f"'{element.id}' is a user task, but is drawn as a {element.type}"
    if instance.job is not None and element.job is None:
        yield f"'{element.id}' waits for a job, but is drawn without one"
    complex_one = element.type is ElementType.COMPLEX_GATEWAY
    if instance.consumed is not None and not (
        complex_one and set(instance.consumed) <= set(element.incoming)
    ):
        yield f"'{element.id}' waits for the rest of its tokens, but is drawn otherwise"
    if instance.called and element.type is not ElementType.CALL_ACTIVITY:
        yield f"'{element.id}' waits for a called process, but is drawn as a {element.type}"


def _wait_as_drawn(step: Step, instance: ElementInstance, new: frozenset[str]) -> None:
    """Stop waiting for events that are gone and wait for new ones; what stays, stays as it is."""
    for timer in instance.timers or ():
        if timer.element_id not in step.definition.elements:
            step.emit(ev.TimerEnded(timer.key, instance.key, False))
    for subscription in instance.subscriptions or ():
        if subscription.element_id not in step.definition.elements:
            step.emit(ev.SubscriptionClosed(subscription.key, instance.key))
    gone = {each.element_id for each in instance.conditions or ()} - step.definition.elements.keys()
    if gone:
        step.emit(ev.ConditionsClosed(instance.key, sorted(gone)))
    for event in _events_around(step, instance):
        if event in new:
            waits.open_event(step, instance, step.definition.elements[event])


def _events_around(step: Step, instance: ElementInstance) -> Iterator[str]:
    """Yield the boundary events of an activity's instance and the triggers of a container's event
    sub-processes."""
    definition = step.definition
    if not instance.loop_index:
        yield from definition.boundaries.get(instance.element_id, ())
    if instance.loop is None:
        for sub_process in definition.event_sub_processes.get(instance.element_id, ()):
            yield from definition.starts.get(sub_process, ())

"""Letting a running instance go on in another version of its process, element by element.

Deadlines, assignments, retries and what has been asked stay as they are; events and definitions that are
new begin to wait, those that are gone stop; every condition is asked again. What does not fit is found before
anything is emitted, all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.errors import DoesNotFit
from engine.kernel import commands as cmd
from engine.kernel import compensation, conditions, joins, waits
from engine.kernel import events as ev
from engine.kernel.failure import Failure
from engine.kernel.migration_plan import Plan
from engine.kernel.state import ConditionData, ElementInstance, SubscriptionData, TimerData
from engine.kernel.step import Step
from engine.kernel.tree import InstanceTree
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import ElementState

_AROUND = (ElementType.BOUNDARY_EVENT, ElementType.START_EVENT)


def migrate(step: Step, command: cmd.Migrate) -> None:
    """Move the instance to the context's definition; raises ``DoesNotFit`` with every obstacle."""
    problems = list(obstacles(step.tree, step.definition, command.mapping))
    if problems:
        raise DoesNotFit(command.version, problems)
    begins = [
        (
            instance,
            command.begins.get(instance.element_id, ()),
            command.widens.get(instance.element_id, {}),
        )
        for instance in step.tree.elements.values()
    ]
    step.emit(
        ev.InstanceMigrated(
            step.context.recorded.definition_key, command.version, command.reason, command.mapping
        )
    )
    for instance, events, gained in begins:
        _stop_waiting(step, instance)
        problems += _begin_waiting(step, instance, events)
        problems += _wait_for_more(step, instance, gained)
    joins.reconsider(step)
    conditions.ask_all(step)
    if problems:
        raise DoesNotFit(command.version, problems)


def refusals(tree: InstanceTree, after: ProcessDefinition, plan: Plan) -> list[str]:
    """Return everything that keeps an instance from going on by a plan."""
    alive = {instance.element_id for instance in tree.elements.values()}
    differing = [reason for old, reason in plan.differing.items() if old in alive]
    return [*plan.problems, *differing, *obstacles(tree, after, plan.mapping)]


def obstacles(tree: InstanceTree, after: ProcessDefinition, mapping: Mapping[str, str]) -> Iterator[str]:
    """Yield what in an instance's state has no place in a definition."""
    if tree.header.queue is not None:
        yield "it is in the middle of a long step: try again when that has gone on"
    for instance in tree.elements.values():
        new_id = mapping.get(instance.element_id, instance.element_id)
        element = after.elements.get(new_id)
        if element is None:
            yield f"'{instance.element_id}' is active, but is not in it"
            continue
        yield from _moved(tree, instance, element, mapping)
        yield from _changed_kind(instance, element)
        taken = {mapping.get(flow, flow) for flow in instance.consumed or ()}
        if taken - set(element.incoming):
            yield f"'{instance.element_id}' has taken tokens from flows that do not lead to it in it"
        todo = instance.ad_hoc.todo if instance.ad_hoc is not None else ()
        if any(mapping.get(activity, activity) not in after.children.get(new_id, ()) for activity in todo):
            yield f"activities that wait for their turn in '{instance.element_id}' are not in it"
        yield from _changed_events(after, instance, element, mapping)
        yield from _lost_tokens(after, instance, mapping)
        yield from _kept(after, instance, mapping)


def _moved(
    tree: InstanceTree, instance: ElementInstance, element: Element, mapping: Mapping[str, str]
) -> Iterator[str]:
    scope = tree.elements.get(instance.scope)
    if scope is None or scope.loop is not None:
        return
    inside = mapping.get(scope.element_id, scope.element_id)
    if inside != element.parent:
        yield f"'{instance.element_id}' is active in '{inside}', but is drawn in '{element.parent}'"


def _changed_kind(instance: ElementInstance, element: Element) -> Iterator[str]:
    if instance.user_task is not None and element.type is not ElementType.USER_TASK:
        yield f"'{element.id}' is a user task, but is drawn as a {element.type}"
    if instance.job is not None and element.job is None:
        yield f"'{element.id}' waits for a job, but is drawn without one"
    if instance.called and element.type is not ElementType.CALL_ACTIVITY:
        yield f"'{element.id}' waits for a called process, but is drawn as a {element.type}"
    repeated = instance.loop is not None or instance.loop_index > 0
    not_yet = instance.state is ElementState.ACTIVATING
    if repeated != (element.loop is not None) and not (not_yet and not repeated):
        yield f"'{element.id}' is repeated in one of the versions only"


def _changed_events(
    after: ProcessDefinition, instance: ElementInstance, element: Element, mapping: Mapping[str, str]
) -> Iterator[str]:
    """Yield what an instance waits for that the new version draws somewhere else, or as something else."""
    became: dict[str, str] = {}
    for wait in _waits(instance):
        event = after.elements.get(mapping.get(wait.element_id, wait.element_id))
        if event is None:
            continue
        if [str(each.type) for each in event.events][wait.definition : wait.definition + 1] != [_kind(wait)]:
            yield f"'{wait.element_id}' waits for something else in it"
        if event.attached_to not in (None, element.id):
            yield f"'{event.id}' is attached to '{event.attached_to}' in it"
        if became.setdefault(event.id, wait.element_id) != wait.element_id:
            yield f"'{became[event.id]}' and '{wait.element_id}' would both be '{event.id}'"
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        behind = {after.flows[flow].target for flow in element.outgoing}
        waiting = {mapping.get(wait.element_id, wait.element_id) for wait in _waits(instance)}
        if behind != waiting:
            yield f"other events are behind '{element.id}' in it"


def _waits(instance: ElementInstance) -> tuple[TimerData | SubscriptionData | ConditionData, ...]:
    return (*(instance.timers or ()), *(instance.subscriptions or ()), *(instance.conditions or ()))


def _kind(wait: TimerData | SubscriptionData | ConditionData) -> str:
    if isinstance(wait, SubscriptionData):
        return wait.kind
    return "timer" if isinstance(wait, TimerData) else "conditional"


def _kept(after: ProcessDefinition, instance: ElementInstance, mapping: Mapping[str, str]) -> Iterator[str]:
    """Yield what has half happened or could be undone, but is not drawn any more."""
    for kept in dict.fromkeys(compensation.kept_ids(instance.compensations)):
        if mapping.get(kept, kept) not in after.elements:
            yield f"'{kept}' has completed and can be undone, but is not in it"
    if instance.compensation is not None:
        yield f"'{instance.element_id}' is undoing something: try again when that has gone on"
    for event in instance.received or ():
        drawn = after.elements.get(mapping.get(event, event))
        if drawn is None or not waits.is_one_of_all(drawn):
            yield f"'{event}' has happened in part, but does not wait for several things in it"


def _lost_tokens(
    after: ProcessDefinition, scope: ElementInstance, mapping: Mapping[str, str]
) -> Iterator[str]:
    """Yield joins whose waiting tokens would be lost, confused, or wait for nothing."""
    became: dict[str, str] = {}
    for old, waiting in (scope.joins or {}).items():
        gateway = after.elements.get(mapping.get(old, old))
        flows = [mapping.get(flow, flow) for flow in waiting]
        tokens = dict(zip(flows, waiting.values(), strict=True))
        if gateway is None or any(flow not in gateway.incoming for flow in flows):
            yield f"a token waits at '{old}' on a flow that is not in it"
        elif gateway.id not in after.joins:
            yield f"a token waits at '{old}', but '{gateway.id}' waits for no other in it"
        elif became.setdefault(gateway.id, old) != old or len(set(flows)) < len(flows):
            yield f"tokens that wait apart at '{old}' would be one at '{gateway.id}'"
        elif gateway.id not in after.paths and joins.complete(gateway, tokens):
            yield f"a token waits at '{old}', but in it '{gateway.id}' has nothing more to wait for"


def _stop_waiting(step: Step, instance: ElementInstance) -> None:
    """Stop waiting for events that are gone; what stays, stays as it is."""
    for timer in instance.timers or ():
        if timer.element_id not in step.definition.elements:
            step.emit(ev.TimerEnded(timer.key, instance.key, False))
    for subscription in instance.subscriptions or ():
        if subscription.element_id not in step.definition.elements:
            step.emit(ev.SubscriptionClosed(subscription.key, instance.key))
    gone = {each.element_id for each in instance.conditions or ()} - step.definition.elements.keys()
    if gone:
        step.emit(ev.ConditionsClosed(instance.key, sorted(gone)))


def _begin_waiting(step: Step, instance: ElementInstance, events: list[str] | tuple[()]) -> Iterator[str]:
    """Wait for events that are new; yields why one cannot be waited for.

    A multi-instance body has the boundary events, its instances have the event sub-processes; a container
    that an event sub-process has interrupted hears no others any more (BPMN 2.0.2 §13.5.4).
    """
    for event_id in events:
        event = step.definition.elements[event_id]
        if _hears(step, instance, event):
            yield from _listen(step, instance, event, range(len(event.events)))


def _wait_for_more(step: Step, instance: ElementInstance, gained: dict[str, list[int]]) -> Iterator[str]:
    """Wait for the definitions that events already waited for have gained; yields why one cannot be."""
    waiting = instance.state is ElementState.ACTIVE and instance.listens
    for event_id, places in gained.items():
        event = step.definition.elements[event_id]
        around = event.type in _AROUND and event_id != instance.element_id
        if _hears(step, instance, event) if around else waiting:
            yield from _listen(step, instance, event, places)


def _listen(step: Step, instance: ElementInstance, event: Element, places: Iterable[int]) -> Iterator[str]:
    try:
        for place in places:
            waits.open_definition(step, instance, event, place)
    except Failure as failure:
        yield f"'{event.id}' cannot be waited for: {failure.reason}"


def _hears(step: Step, instance: ElementInstance, event: Element) -> bool:
    if event.type is ElementType.BOUNDARY_EVENT:
        return not instance.loop_index
    return instance.loop is None and not _interrupted(step, instance)


def _interrupted(step: Step, scope: ElementInstance) -> bool:
    elements = step.definition.elements
    return any(
        elements[child.trigger].interrupting
        for child in step.tree.children.get(scope.key, {}).values()
        if child.trigger in elements
    )

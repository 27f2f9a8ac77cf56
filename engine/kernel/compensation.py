"""Undoing what has completed (BPMN 2.0.2 §10.7, §13.5.5) and cancelling transactions (§10.3.5).

A completed activity that can be undone leaves a record in its container, with its data as they were. Who
throws compensation takes the records and becomes their *runner*: the last one is undone first, one after
the other, by its handler; a container without a handler of its own is entered again, with its data, and
its compensation event sub-process runs, or else what had completed in it is undone. An activity that is
still active is not undone, and nothing is undone twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.kernel import events as ev
from engine.kernel import loops, termination, triggers, waits
from engine.kernel.flows import chosen_flows
from engine.model.definition import Compensation, ElementType, EventType

if TYPE_CHECKING:
    from engine.kernel.state import CompensationData, CompensationRun, ElementInstance
    from engine.kernel.step import Step


def record(step: Step, instance: ElementInstance, plan: Compensation) -> None:
    """Remember an activity that is about to complete, if it can be undone."""
    element_id = instance.element_id
    if instance.runner or element_id not in plan.compensable:
        return
    own = element_id in plan.handlers
    body = instance.loop is not None
    if body and not instance.compensations:
        return
    if own or body or instance.compensations or element_id in plan.sub_processes:
        step.emit(ev.CompensationRecorded(instance.key, element_id, body or not own))


def throw(step: Step, thrower: ElementInstance) -> bool:
    """Begin to undo what a throwing event's definitions name, or all of its container; return whether to
    wait for it."""
    element = step.element_of(thrower)
    definitions = [each for each in element.events if each.type is EventType.COMPENSATION]
    named = {each for definition in definitions for each in _named(step, thrower, definition.activity)}
    if not named:
        return False
    activities = sorted(named, key=lambda each: _when(step, *each))
    detached = not any(definition.wait_for_completion for definition in definitions)
    flows = chosen_flows(step, thrower, element) if detached and element.outgoing else ()
    step.emit(ev.CompensationTriggered(thrower.key, activities, detached))
    step.queue.append(("compensation", thrower.key, ""))
    for flow in flows:
        step.queue.append(("flow", thrower.scope, flow))
    return True


def _when(step: Step, scope: int, key: int) -> tuple[int, int]:
    """Return what orders activities by when they completed: inner containers after those around them."""
    kept = step.tree.elements[scope].compensations or ()
    return scope, next(place for place, each in enumerate(kept) if each.key == key)


def _named(step: Step, thrower: ElementInstance, activity: str | None) -> Iterator[tuple[int, int]]:
    """Yield container and key of what is undone: of one activity, in the nearest container that has it;
    else of the thrower's container and, in an event sub-process, of the one around it."""
    scope: ElementInstance | None = step.tree.elements[thrower.scope]
    while scope is not None:
        found = [each for each in scope.compensations or () if activity in (None, each.element_id)]
        yield from ((scope.key, each.key) for each in found)
        go_on = not found if activity is not None else step.element_of(scope).triggered_by_event
        scope = step.tree.elements[scope.scope] if scope.scope and go_on else None


def proceed(step: Step, runner: ElementInstance) -> None:
    """Undo the next activity, or finish when none is left."""
    run = runner.compensation
    if run is None:
        return
    if run.running:
        if run.running in step.tree.elements:
            return
        step.emit(ev.CompensationProgressed(runner.key))
    if run.pending:
        _undo(step, runner, run)
    else:
        _finish(step, runner, run)


def _undo(step: Step, runner: ElementInstance, run: CompensationRun) -> None:
    undone, scope = run.pending[-1], run.scopes[-1]
    plan = step.definition.compensation
    handler = plan.handlers.get(undone.element_id) if plan is not None and not undone.partial else None
    step.entered += 1
    key = step.key()
    variables = dict(undone.variables) if undone.variables else None
    step.emit(ev.ElementActivated(key, handler or undone.element_id, scope, "", 0, variables))
    step.emit(ev.CompensationStarted(runner.key, key, handler is None))
    instance = step.tree.elements[key]
    if handler is not None:
        step.activate(instance, step.definition.elements[handler])
        return
    start = plan.sub_processes.get(undone.element_id) if plan is not None and not undone.partial else None
    if start is not None:
        triggers.fire(step, instance, step.definition.elements[start], {})
    else:
        _undo_all(step, instance)


def _undo_all(step: Step, scope: ElementInstance, *, cancels: bool = False) -> None:
    activities = [(scope.key, each.key) for each in scope.compensations or ()]
    step.emit(ev.CompensationTriggered(scope.key, activities, False, cancels))
    step.queue.append(("compensation", scope.key, ""))


def _finish(step: Step, runner: ElementInstance, run: CompensationRun) -> None:
    detached, cancels = run.detached, run.cancels
    step.emit(ev.CompensationEnded(runner.key))
    if cancels:
        _leave_cancelled(step, runner)
    elif runner.runner:
        close(step, runner)
    elif detached:
        scope = step.tree.elements[runner.scope]
        step.end(runner)
        step.settle(scope)
    else:
        step.complete(runner)


def close(step: Step, instance: ElementInstance) -> None:
    """End an element instance that has undone something, and let its runner go on."""
    step.end(instance)
    if instance.runner in step.tree.elements:
        step.queue.append(("compensation", instance.runner, ""))
    else:
        step.settle(step.tree.elements[instance.scope])


def interrupted(step: Step, instance: ElementInstance) -> None:
    """Let the runner go on when what worked for it was ended before its time."""
    if instance.runner in step.tree.elements:
        step.queue.append(("compensation", instance.runner, ""))


def cancel(step: Step, event: ElementInstance) -> None:
    """Cancel the transaction an event is in: end all inside it, undo what has completed, leave it by its
    cancel event."""
    transaction = _transaction(step, event)
    step.end(event)
    if transaction is None:
        step.settle(step.tree.elements[event.scope])
        return
    _keep_partial(step, transaction)
    termination.clear(step, transaction)
    waits.close_all(step, transaction)
    _undo_all(step, transaction, cancels=True)


def _transaction(step: Step, event: ElementInstance) -> ElementInstance | None:
    scope = step.tree.elements[event.scope]
    while scope.scope:
        if step.element_of(scope).type is ElementType.TRANSACTION and scope.loop is None:
            return scope
        scope = step.tree.elements[scope.scope]
    return None


def _keep_partial(step: Step, transaction: ElementInstance) -> None:
    """Remember what has completed inside containers that are still active: it is undone too."""
    if step.definition.compensation is None:
        return
    containers = [transaction]
    for each in containers:
        containers += step.tree.children.get(each.key, {}).values()
    for each in containers:
        if each.compensation is not None:
            step.emit(ev.CompensationAbandoned(each.key, current=True))
    for each in reversed(containers[1:]):
        if each.compensations:
            step.emit(ev.CompensationRecorded(each.key, each.element_id, True, partial=True))


def _leave_cancelled(step: Step, transaction: ElementInstance) -> None:
    host = transaction
    if transaction.loop_index:
        host = step.tree.elements[transaction.scope]
    for event_id in step.definition.boundaries.get(host.element_id, ()):
        event = step.definition.elements[event_id]
        if any(definition.type is EventType.CANCEL for definition in event.events):
            triggers.fire(step, host, event, {})
            return
    _end_quietly(step, transaction)


def _end_quietly(step: Step, transaction: ElementInstance) -> None:
    """End a cancelled transaction that nothing leads out of."""
    scope, index = step.tree.elements[transaction.scope], transaction.loop_index
    step.terminate(transaction)
    if index:
        loops.pass_over(step, scope, index)
    else:
        step.settle(scope)


def kept_ids(records: list[CompensationData] | None) -> Iterator[str]:
    """Yield the element ids of records and of what is inside them."""
    pending = list(records or ())
    while pending:
        each = pending.pop()
        yield each.element_id
        pending += each.inner or ()

"""The only writers of state: one applier per event, so that folding events gives the state again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernel import events as ev
from engine.kernel.state import (
    ElementInstance,
    Header,
    IncidentData,
    InstanceTree,
    JobData,
    LoopData,
    SubscriptionData,
    TimerData,
    UserTaskData,
)
from engine.model.records import ElementState, InstanceState, UserTaskState


def instance_started(tree: InstanceTree, event: ev.InstanceStarted, at: int) -> None:
    """Create the header and the root container."""
    tree.header = Header(
        key=event.key,
        process_id=event.process_id,
        definition_key=event.definition_key,
        state=InstanceState.ACTIVE,
        business_key=event.business_key,
        parent_key=event.parent_key,
        parent_element_key=event.parent_element_key,
        root_key=event.root_key or event.key,
        depth=event.depth,
        started_at=at,
        last_at=at,
    )
    root = ElementInstance(
        key=event.key,
        element_id=event.process_id,
        scope=0,
        activated_at=at,
        variables=dict(event.variables),
        trigger=event.trigger,
    )
    tree.add(root)
    tree.touch(root)


def instance_suspended(tree: InstanceTree, event: ev.InstanceSuspended, at: int) -> None:
    """Set the state of the instance."""
    tree.header.state = InstanceState.SUSPENDED


def instance_activated(tree: InstanceTree, event: ev.InstanceActivated, at: int) -> None:
    """Set the state of the instance."""
    tree.header.state = InstanceState.ACTIVE


def instance_migrated(tree: InstanceTree, event: ev.InstanceMigrated, at: int) -> None:
    """Bind the instance to another version."""
    tree.header.definition_key = event.definition_key


def instance_ended(tree: InstanceTree, event: ev.InstanceEnded, at: int) -> None:
    """Set the final state of the instance; the root container stays with its variables."""
    tree.header.state = event.state
    tree.header.ended_at = at


def step_interrupted(tree: InstanceTree, event: ev.StepInterrupted, at: int) -> None:
    """Keep the activations that are left over."""
    tree.header.queue = list(event.queue)
    tree.header.run_length = event.total


def step_resumed(tree: InstanceTree, event: ev.StepResumed, at: int) -> None:
    """Forget the activations that were left over."""
    tree.header.queue = None


def element_activated(tree: InstanceTree, event: ev.ElementActivated, at: int) -> None:
    """Add an element instance."""
    element = ElementInstance(
        key=event.key,
        element_id=event.element_id,
        scope=event.scope,
        activated_at=at,
        loop_index=event.loop_index,
        variables=dict(event.variables) if event.variables else None,
        trigger=event.trigger,
    )
    tree.add(element)
    tree.touch(element)


def element_ended(tree: InstanceTree, event: ev.ElementCompleted | ev.ElementTerminated, at: int) -> None:
    """Take the element instance out; the root stays, with its final state, for its variables."""
    element = tree.elements[event.key]
    tree.touch(element)
    if element.scope:
        tree.remove(element)
        return
    completed = type(event) is ev.ElementCompleted
    element.state = ElementState.COMPLETED if completed else ElementState.TERMINATED


def token_arrived(tree: InstanceTree, event: ev.TokenArrived, at: int) -> None:
    """Count a flow waiting at a join."""
    scope = tree.elements[event.scope]
    joins = scope.joins if scope.joins is not None else {}
    waiting = joins.setdefault(event.element_id, {})
    waiting[event.flow] = waiting.get(event.flow, 0) + 1
    scope.joins = joins
    tree.touch(scope)


def tokens_consumed(tree: InstanceTree, event: ev.TokensConsumed, at: int) -> None:
    """Take waiting flows away."""
    scope = tree.elements[event.scope]
    joins = scope.joins or {}
    waiting = joins[event.element_id]
    for flow in event.flows:
        waiting[flow] -= 1
        if not waiting[flow]:
            del waiting[flow]
    if not waiting:
        del joins[event.element_id]
    scope.joins = joins or None
    tree.touch(scope)


def variables_set(tree: InstanceTree, event: ev.VariablesSet, at: int) -> None:
    """Write variables of one scope."""
    scope = tree.elements[event.scope]
    if scope.variables is None:
        scope.variables = dict(event.variables)
    else:
        scope.variables.update(event.variables)
    tree.touch(scope)


def job_created(tree: InstanceTree, event: ev.JobCreated, at: int) -> None:
    """Let the element instance wait for a job."""
    element = _touched(tree, event.element_key)
    element.job = JobData(
        key=event.key,
        type=event.type,
        retries=event.retries,
        headers=event.headers,
        effect=event.effect,
    )


def job_failed(tree: InstanceTree, event: ev.JobFailed, at: int) -> None:
    """Count an attempt."""
    job = _touched(tree, event.element_key).job
    assert job is not None  # noqa: S101 - a fold of our own events: a missing job is a bug
    job.retries = event.retries
    job.failed = event.due_at is None


def job_ended(tree: InstanceTree, event: ev.JobEnded, at: int) -> None:
    """The element instance no longer waits for a job."""
    _touched(tree, event.element_key).job = None


def user_task_created(tree: InstanceTree, event: ev.UserTaskCreated, at: int) -> None:
    """Let the element instance wait for a person."""
    _touched(tree, event.key).user_task = UserTaskData(
        name=event.name,
        state=UserTaskState.ASSIGNED if event.assignee else UserTaskState.CREATED,
        assignee=event.assignee,
        groups=event.groups,
        users=event.users,
        due_at=event.due_at,
        follow_up_at=event.follow_up_at,
        priority=event.priority,
        form_id=event.form_id,
        created_at=at,
    )


def user_task_updated(tree: InstanceTree, event: ev.UserTaskUpdated, at: int) -> None:
    """Give the user task its new shape."""
    task = _touched(tree, event.key).user_task
    assert task is not None  # noqa: S101 - a fold of our own events: a missing task is a bug
    task.assignee = event.assignee
    task.state = UserTaskState.ASSIGNED if event.assignee else UserTaskState.CREATED
    task.groups = event.groups
    task.users = event.users
    task.due_at = event.due_at
    task.follow_up_at = event.follow_up_at
    task.priority = event.priority


def user_task_ended(tree: InstanceTree, event: ev.UserTaskEnded, at: int) -> None:
    """The element instance no longer waits for a person."""
    _touched(tree, event.key).user_task = None


def timer_scheduled(tree: InstanceTree, event: ev.TimerScheduled, at: int) -> None:
    """Let the owner wait for a timer."""
    owner = _touched(tree, event.owner)
    timer = TimerData(
        key=event.key,
        element_id=event.element_id,
        due_at=event.due_at,
        local=event.local,
        kind=event.kind,
        value=event.value,
        remaining=event.remaining,
    )
    owner.timers = [*(owner.timers or ()), timer]


def timer_rescheduled(tree: InstanceTree, event: ev.TimerRescheduled, at: int) -> None:
    """Move a timer."""
    for timer in _touched(tree, event.owner).timers or ():
        if timer.key == event.key:
            timer.due_at = event.due_at
            timer.local = event.local


def timer_ended(tree: InstanceTree, event: ev.TimerEnded, at: int) -> None:
    """Take a timer away."""
    owner = _touched(tree, event.owner)
    owner.timers = [timer for timer in owner.timers or () if timer.key != event.key] or None


def subscription_opened(tree: InstanceTree, event: ev.SubscriptionOpened, at: int) -> None:
    """Let the owner listen."""
    owner = _touched(tree, event.owner)
    subscription = SubscriptionData(
        key=event.key,
        element_id=event.element_id,
        kind=event.kind,
        name=event.name,
        correlation_key=event.correlation_key,
    )
    owner.subscriptions = [*(owner.subscriptions or ()), subscription]


def subscription_closed(tree: InstanceTree, event: ev.SubscriptionClosed, at: int) -> None:
    """The owner no longer listens."""
    owner = _touched(tree, event.owner)
    owner.subscriptions = [s for s in owner.subscriptions or () if s.key != event.key] or None


def instance_called(tree: InstanceTree, event: ev.InstanceCalled, at: int) -> None:
    """Let the call activity wait for its called instance."""
    _touched(tree, event.element_key).called = event.child


def call_ended(tree: InstanceTree, event: ev.CallEnded, at: int) -> None:
    """The call activity no longer waits."""
    _touched(tree, event.element_key).called = 0


def loop_started(tree: InstanceTree, event: ev.LoopStarted, at: int) -> None:
    """Make an element instance a multi-instance body."""
    body = _touched(tree, event.key)
    body.loop = LoopData(
        total=event.total, items=event.items, outputs=[None] * event.total if event.collects else None
    )


def loop_progressed(tree: InstanceTree, event: ev.LoopProgressed, at: int) -> None:
    """Count an ended instance of a multi-instance body and collect its output."""
    body = _touched(tree, event.key)
    loop = body.loop
    assert loop is not None  # noqa: S101 - a fold of our own events: a missing loop is a bug
    if event.completed:
        loop.completed += 1
        if loop.outputs is not None:
            loop.outputs[event.loop_index - 1] = event.output
    else:
        loop.terminated += 1


def incident_raised(tree: InstanceTree, event: ev.IncidentRaised, at: int) -> None:
    """Stop the element instance where it is."""
    element = _touched(tree, event.element_key)
    element.incident = IncidentData(key=event.key, type=event.type, message=event.message, created_at=at)
    element.state = ElementState(event.phase)


def incident_resolved(tree: InstanceTree, event: ev.IncidentResolved, at: int) -> None:
    """Let the element instance go on."""
    element = _touched(tree, event.element_key)
    element.incident = None
    element.state = ElementState.ACTIVE


def no_change(tree: InstanceTree, event: ev.Event, at: int) -> None:
    """An event that tells why, and changes nothing by itself."""


def _touched(tree: InstanceTree, key: int) -> ElementInstance:
    element = tree.elements[key]
    tree.touch(element)
    return element


APPLIERS: dict[type[ev.Event], Callable[[InstanceTree, Any, int], None]] = {
    ev.InstanceStarted: instance_started,
    ev.InstanceSuspended: instance_suspended,
    ev.InstanceActivated: instance_activated,
    ev.InstanceModified: no_change,
    ev.InstanceMigrated: instance_migrated,
    ev.InstanceEnded: instance_ended,
    ev.StepInterrupted: step_interrupted,
    ev.StepResumed: step_resumed,
    ev.ElementActivated: element_activated,
    ev.ElementCompleted: element_ended,
    ev.ElementTerminated: element_ended,
    ev.TokenArrived: token_arrived,
    ev.TokensConsumed: tokens_consumed,
    ev.VariablesSet: variables_set,
    ev.JobCreated: job_created,
    ev.JobFailed: job_failed,
    ev.JobEnded: job_ended,
    ev.UserTaskCreated: user_task_created,
    ev.UserTaskUpdated: user_task_updated,
    ev.UserTaskEnded: user_task_ended,
    ev.TimerScheduled: timer_scheduled,
    ev.TimerRescheduled: timer_rescheduled,
    ev.TimerEnded: timer_ended,
    ev.SubscriptionOpened: subscription_opened,
    ev.SubscriptionClosed: subscription_closed,
    ev.MessageCorrelated: no_change,
    ev.SignalReceived: no_change,
    ev.MessageThrown: no_change,
    ev.SignalThrown: no_change,
    ev.ErrorThrown: no_change,
    ev.EscalationThrown: no_change,
    ev.ConditionEvaluated: no_change,
    ev.DecisionEvaluated: no_change,
    ev.InstanceCalled: instance_called,
    ev.CallEnded: call_ended,
    ev.ErrorPropagated: no_change,
    ev.EscalationPropagated: no_change,
    ev.LoopStarted: loop_started,
    ev.LoopProgressed: loop_progressed,
    ev.IncidentRaised: incident_raised,
    ev.IncidentResolved: incident_resolved,
}


def fold(tree: InstanceTree | None, happened: list[ev.Event], at: int) -> InstanceTree:
    """Apply the events of one command to a state (None: nothing yet) and return it; ``at`` is the
    command's time."""
    if tree is None:
        tree = InstanceTree.empty()
    for event in happened:
        APPLIERS[type(event)](tree, event, at)
    if tree.header.queue is None:
        tree.header.run_length = 0  # as a step that comes to its end leaves it
    tree.header.last_at = max(tree.header.last_at, at)
    return tree

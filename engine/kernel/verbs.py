"""What each command does: find what it is about, refuse what is no longer there, let the step move.

A refusal raises ``NotFound`` or ``Conflict`` before anything is emitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import Conflict, EngineError, NotFound
from engine.kernel import (
    ad_hoc,
    conditions,
    instantiation,
    joins,
    loops,
    modification,
    propagation,
    registering,
    termination,
    triggers,
    waits,
)
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel.migration import migrate
from engine.kernel.state import ElementInstance, JobData, SubscriptionData
from engine.kernel.step import LEAVING, Step
from engine.model.definition import Element, ElementType
from engine.model.records import ElementState, InstanceState, UserTaskState

_TASK_SHAPE = ("assignee", "groups", "users", "due_at", "follow_up_at", "priority")
_CONTAINERS = (
    ElementType.PROCESS,
    ElementType.SUB_PROCESS,
    ElementType.TRANSACTION,
    ElementType.AD_HOC_SUB_PROCESS,
)
_LISTENERS = (ElementType.INTERMEDIATE_CATCH_EVENT, ElementType.RECEIVE_TASK, ElementType.EVENT_BASED_GATEWAY)
_WHILE_SUSPENDED = (cmd.Activate, cmd.Cancel, cmd.SetVariables, cmd.RaiseIncident)


def complete_job(step: Step, command: cmd.CompleteJob) -> None:
    """Take a handler's results and go on."""
    instance, job = _job(step, command.element_key, command.job_key)
    step.emit(ev.JobEnded(job.key, instance.key, True))
    step.complete(instance, command.variables)


def fail_job(step: Step, command: cmd.FailJob) -> None:
    """Count a failed attempt; with no retries left it is an incident."""
    instance, job = _job(step, command.element_key, command.job_key)
    step.emit(ev.JobFailed(job.key, instance.key, command.retries, command.reason, command.due_at))
    if command.due_at is None:
        step.raise_incident(instance, command.kind, command.reason, ElementState.ACTIVE)


def throw_error(step: Step, command: cmd.ThrowError) -> None:
    """Let a job or a user task end with a BPMN error."""
    if command.job_key:
        instance, job = _job(step, command.element_key, command.job_key)
        step.emit(ev.JobEnded(job.key, instance.key, False))
    else:
        instance = _user_task(step, command.element_key)
    propagation.throw_error(step, instance, command.code, command.message, command.variables)


def update_task(step: Step, command: cmd.UpdateTask) -> None:
    """Claim, unclaim, assign, delegate or change a user task."""
    task = _user_task(step, command.task_key).user_task
    if task is None:
        raise NotFound(f"no open user task {command.task_key}")
    changes = command.changes
    if command.verb == "claim" and task.assignee not in (None, changes.get("assignee")):
        raise Conflict(f"user task {command.task_key} is already claimed by {task.assignee}")
    shape: dict[str, Any] = {name: getattr(task, name) for name in _TASK_SHAPE}
    unknown = changes.keys() - shape.keys()
    if unknown:
        raise Conflict(f"expected changes of {', '.join(_TASK_SHAPE)}, but got {', '.join(sorted(unknown))}")
    shape.update(changes)
    step.emit(ev.UserTaskUpdated(command.task_key, command.verb, reason=command.reason, **shape))


def complete_user_task(step: Step, command: cmd.CompleteUserTask) -> None:
    """Take what a person entered and go on."""
    instance = _user_task(step, command.task_key)
    made = registering.done(step, step.element_of(instance), instance, command.variables)
    step.emit(ev.UserTaskEnded(instance.key, UserTaskState.COMPLETED))
    for each in made:
        step.emit(each)
    step.complete(instance, command.variables)


def fire_timer(step: Step, command: cmd.FireTimer) -> None:
    """Fire a due timer, once."""
    owner = _element(step, command.element_key)
    for timer in owner.timers or ():
        if timer.key == command.timer_key:
            break
    else:
        raise NotFound(f"timer {command.timer_key} no longer waits")
    if timer.due_at > step.at:
        raise Conflict(f"timer {command.timer_key} is not due before {timer.local}")
    event = step.definition.elements[timer.element_id]
    again = not event.interrupting and event.id != owner.element_id and not waits.is_one_of_all(event)
    waits.fired(step, owner, timer, again=again)
    triggers.arrive(step, owner, event, timer.definition, {})


def reschedule_timer(step: Step, command: cmd.RescheduleTimer) -> None:
    """Move a waiting timer."""
    owner = _element(step, command.element_key)
    if not any(timer.key == command.timer_key for timer in owner.timers or ()):
        raise NotFound(f"timer {command.timer_key} no longer waits")
    step.emit(
        ev.TimerRescheduled(command.timer_key, owner.key, command.due_at, command.local, command.reason)
    )


def correlate_message(step: Step, command: cmd.CorrelateMessage) -> None:
    """Deliver a message to an open subscription."""
    owner, subscription = _subscription(step, command.element_key, command.subscription_key)
    event = step.definition.elements[subscription.element_id]
    step.emit(
        ev.MessageCorrelated(subscription.key, event.id, command.name, command.message_key, command.variables)
    )
    triggers.deliver(step, owner, subscription, command.variables)


def broadcast_signal(step: Step, command: cmd.BroadcastSignal) -> None:
    """Deliver a signal to an open subscription."""
    owner, subscription = _subscription(step, command.element_key, command.subscription_key)
    event = step.definition.elements[subscription.element_id]
    step.emit(ev.SignalReceived(subscription.key, event.id, command.name, command.variables))
    triggers.deliver(step, owner, subscription, command.variables)


def set_variables(step: Step, command: cmd.SetVariables) -> None:
    """Correct variables in one scope."""
    scope = _element(step, command.element_key) if command.element_key else step.tree.root
    step.emit(ev.VariablesSet(scope.key, command.variables, command.reason))


def resolve_incident(step: Step, command: cmd.ResolveIncident) -> None:
    """Close the incident and let the element instance try again where it stopped."""
    instance = _element(step, command.element_key)
    incident = instance.incident
    if incident is None or incident.key != command.incident_key:
        raise Conflict(f"incident {command.incident_key} is not open")
    phase = instance.state
    step.emit(ev.IncidentResolved(incident.key, instance.key, command.reason))
    if incident.type == "endless_loop":
        _resume(step, anew=True)
    elif incident.type == conditions.WATCHED:
        conditions.ask_again(step, instance)
    else:
        _try_again(step, instance, incident.type, phase, command)


def _try_again(
    step: Step, instance: ElementInstance, kind: str, phase: ElementState, command: cmd.ResolveIncident
) -> None:
    element = step.element_of(instance)
    if instance.job is not None:
        _new_attempt(step, instance, instance.job, command)
    elif phase is ElementState.COMPLETING and kind in LEAVING and instance.loop is None:
        step.depart(instance, element)
    elif phase is ElementState.COMPLETING:
        step.complete(instance)
    elif phase is ElementState.ACTIVATING:
        termination.release(step, instance)
        step.activate(instance, element)
    elif kind != "job_crashed":  # that one's job goes on by itself
        _go_on(step, instance, element)


def _new_attempt(step: Step, instance: ElementInstance, job: JobData, command: cmd.ResolveIncident) -> None:
    effect = job.effect + 1 if command.new_effect else job.effect
    step.emit(ev.JobCreated(job.key, instance.key, job.type, command.retries, job.headers, effect))


def _go_on(step: Step, instance: ElementInstance, element: Element) -> None:
    """Try again what an active element instance was stopped at."""
    if instance.loop is not None:
        loops.go_on_again(step, instance, element)
    elif instance.user_task is not None or instance.called or _listens_only(instance, element):
        return
    elif element.type in _CONTAINERS:
        step.settle(instance)
    else:
        step.behave(instance, element)


def _listens_only(instance: ElementInstance, element: Element) -> bool:
    return instance.listens and element.type in _LISTENERS


def suspend(step: Step, command: cmd.Suspend) -> None:
    """Stop the instance."""
    step.emit(ev.InstanceSuspended(command.reason))


def activate(step: Step, command: cmd.Activate) -> None:
    """Let a suspended instance go on."""
    if step.tree.header.state is not InstanceState.SUSPENDED:
        raise Conflict(f"instance {step.tree.header.key} is not suspended")
    step.emit(ev.InstanceActivated(command.reason))
    conditions.ask_all(step)


def cancel(step: Step, command: cmd.Cancel) -> None:
    """End the instance and all that is in it."""
    termination.clear(step, step.tree.root)
    state = InstanceState.TERMINATED if command.by_model else InstanceState.CANCELLED
    step.finish_instance(state, command.reason)


def proceed(step: Step, command: cmd.Proceed) -> None:
    """Take up what an interrupted step has left over."""
    _resume(step)


def _resume(step: Step, *, anew: bool = False) -> None:
    left = step.tree.header.queue
    if left is None:
        raise Conflict(f"instance {step.tree.header.key} has no interrupted step")
    step.emit(ev.StepResumed(anew))
    step.queue.extend(left)
    joins.reconsider(step)
    conditions.ask_all(step)


def child_completed(step: Step, command: cmd.ChildCompleted) -> None:
    """Take the called instance's variables and go on."""
    instance = _caller(step, command.element_key, command.child_key)
    step.emit(ev.CallEnded(instance.key, command.child_key))
    called = step.element_of(instance).called_element
    propagate = called is not None and called.propagate_all_child_variables
    keep = propagate or bool(step.element_of(instance).outputs)
    step.complete(instance, command.variables if keep else None)


def child_failed(step: Step, command: cmd.ChildFailed) -> None:
    """Hear a called instance's BPMN error, or that it could not be started, which is an incident."""
    instance = _caller(step, command.element_key, command.child_key)
    step.emit(ev.CallEnded(instance.key, command.child_key))
    if command.code is None:
        step.raise_incident(instance, "called_element", command.reason, ElementState.ACTIVE)
    else:
        propagation.throw_error(step, instance, command.code, command.reason, command.variables)


def child_escalated(step: Step, command: cmd.ChildEscalated) -> None:
    """Hear a called instance's escalation."""
    instance = _caller(step, command.element_key, command.child_key)
    propagation.throw_escalation(step, instance, command.code, command.variables)


def raise_incident(step: Step, command: cmd.RaiseIncident) -> None:
    """Stop an element instance for a reason the engine itself found."""
    instance = _element(step, command.element_key)
    step.raise_incident(instance, command.kind, command.message, ElementState.ACTIVE)


def _element(step: Step, key: int) -> ElementInstance:
    instance = step.tree.elements.get(key)
    if instance is None:
        raise NotFound(f"no active element instance {key} in instance {step.tree.header.key}")
    return instance


def _job(step: Step, element_key: int, job_key: int) -> tuple[ElementInstance, JobData]:
    instance = _element(step, element_key)
    if instance.job is None or instance.job.key != job_key:
        raise NotFound(f"job {job_key} no longer waits")
    return instance, instance.job


def _user_task(step: Step, key: int) -> ElementInstance:
    instance = step.tree.elements.get(key)
    if instance is None or instance.user_task is None:
        raise Conflict(f"user task {key} is finished or never was")
    return instance


def _subscription(step: Step, element_key: int, key: int) -> tuple[ElementInstance, SubscriptionData]:
    owner = _element(step, element_key)
    for subscription in owner.subscriptions or ():
        if subscription.key == key:
            return owner, subscription
    raise NotFound(f"subscription {key} is no longer open")


def _caller(step: Step, key: int, child: int) -> ElementInstance:
    instance = _element(step, key)
    if instance.called != child:
        raise Conflict(f"element instance {key} does not wait for instance {child}")
    return instance


VERBS: dict[type[cmd.Command], Callable[[Step, Any], None]] = {
    cmd.Start: instantiation.start,
    cmd.CompleteJob: complete_job,
    cmd.FailJob: fail_job,
    cmd.ThrowError: throw_error,
    cmd.UpdateTask: update_task,
    cmd.CompleteUserTask: complete_user_task,
    cmd.FireTimer: fire_timer,
    cmd.RescheduleTimer: reschedule_timer,
    cmd.CorrelateMessage: correlate_message,
    cmd.BroadcastSignal: broadcast_signal,
    cmd.SetVariables: set_variables,
    cmd.ResolveIncident: resolve_incident,
    cmd.Suspend: suspend,
    cmd.Activate: activate,
    cmd.Cancel: cancel,
    cmd.Modify: modification.modify,
    cmd.ActivateActivities: ad_hoc.choose,
    cmd.Migrate: migrate,
    cmd.Proceed: proceed,
    cmd.ChildCompleted: child_completed,
    cmd.ChildFailed: child_failed,
    cmd.ChildEscalated: child_escalated,
    cmd.RaiseIncident: raise_incident,
}


def admit(step: Step, command: cmd.Command) -> None:
    """Refuse what an ended or suspended instance cannot do; raises ``Conflict``."""
    header = step.tree.header
    if isinstance(command, cmd.Start):
        if header.key:
            raise EngineError(f"instance {header.key} has already started")
        return
    if header.state is InstanceState.SUSPENDED and not isinstance(command, _WHILE_SUSPENDED):
        raise Conflict(f"instance {header.key} is suspended: activate it first")
    if header.state not in (InstanceState.ACTIVE, InstanceState.SUSPENDED):
        raise Conflict(f"instance {header.key} has ended ({header.state})")

"""What has happened: past-tense facts, each applied to the state by one applier and kept in history for good.

An event carries all its applier needs, so that folding the events of an instance gives its state again
without running the kernel. Those of them that are effects (``engine.kernel.effects``) also change rows
outside the state (``engine.process_engine.projection``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from engine.model.records import InstanceState, UserTaskState


class Event(msgspec.Struct, frozen=True, array_like=True, tag_field="event", gc=False):
    """Something that has happened in an instance; subclasses only add fields."""


class InstanceStarted(Event, frozen=True, tag="instance_started"):
    """The instance exists, with its root variables."""

    key: int
    process_id: str
    definition_key: int
    business_key: str | None
    variables: dict[str, Any]
    parent_key: int = 0
    parent_element_key: int = 0
    root_key: int = 0
    depth: int = 0
    trigger: str = ""  # the start event, where there is one


class InstanceSuspended(Event, frozen=True, tag="instance_suspended"):
    """A person has suspended the instance."""

    reason: str


class InstanceActivated(Event, frozen=True, tag="instance_activated"):
    """A person has activated the instance again."""

    reason: str


class InstanceModified(Event, frozen=True, tag="instance_modified"):
    """A person has entered elements and ended element instances."""

    activated: list[str]
    terminated: list[int]
    reason: str


class InstanceMigrated(Event, frozen=True, tag="instance_migrated"):
    """A person has moved the instance to another version of its process."""

    definition_key: int
    version: int
    reason: str


class InstanceEnded(Event, frozen=True, tag="instance_ended"):
    """The instance is over; ``variables`` are its root variables at that moment, for a calling instance."""

    state: InstanceState
    reason: str = ""


class StepInterrupted(Event, frozen=True, tag="step_interrupted"):
    """The step reached its limit; these activations (flow or element id, scope, kind) are left for the
    next one."""

    queue: list[tuple[str, int, str]]
    total: int = 0


class StepResumed(Event, frozen=True, tag="step_resumed"):
    """The activations left over have been taken up."""


class ElementActivated(Event, frozen=True, tag="element_activated"):
    """An element was entered, over ``flow`` where there was one."""

    key: int
    element_id: str
    scope: int
    flow: str = ""
    loop_index: int = 0
    variables: dict[str, Any] | None = None
    trigger: str = ""


class ElementCompleted(Event, frozen=True, tag="element_completed"):
    """The element has done its part."""

    key: int
    element_id: str


class ElementTerminated(Event, frozen=True, tag="element_terminated"):
    """The element was ended before its time."""

    key: int
    element_id: str


class TokenArrived(Event, frozen=True, tag="token_arrived"):
    """A flow was taken and waits at a join."""

    scope: int
    element_id: str
    flow: str


class TokensConsumed(Event, frozen=True, tag="tokens_consumed"):
    """A join took one waiting token of each of these flows."""

    scope: int
    element_id: str
    flows: list[str]


class VariablesSet(Event, frozen=True, tag="variables_set"):
    """Variables were written in one scope."""

    scope: int
    variables: dict[str, Any]


class JobCreated(Event, frozen=True, tag="job_created"):
    """A handler is asked to work."""

    key: int
    element_key: int
    type: str
    retries: int
    headers: dict[str, str]
    effect: int = 0


class JobFailed(Event, frozen=True, tag="job_failed"):
    """One attempt failed; the next is due at ``due_at`` (µs, UTC; None: no retries are left)."""

    key: int
    element_key: int
    retries: int
    reason: str
    due_at: int | None


class JobEnded(Event, frozen=True, tag="job_ended"):
    """The job is over: completed, or cancelled with its element."""

    key: int
    element_key: int
    completed: bool


class UserTaskCreated(Event, frozen=True, tag="user_task_created"):
    """A person is asked to work; the task's key is the element instance's."""

    key: int
    element_id: str
    name: str
    assignee: str | None
    groups: list[str]
    users: list[str]
    due_at: int | None
    follow_up_at: int | None
    priority: int
    form_id: str | None


class UserTaskUpdated(Event, frozen=True, tag="user_task_updated"):
    """A user task was claimed, assigned, delegated or changed: its whole new shape."""

    key: int
    verb: str
    assignee: str | None
    groups: list[str]
    users: list[str]
    due_at: int | None
    follow_up_at: int | None
    priority: int
    reason: str = ""


class UserTaskEnded(Event, frozen=True, tag="user_task_ended"):
    """The user task is completed, or cancelled with its element."""

    key: int
    state: UserTaskState


class TimerScheduled(Event, frozen=True, tag="timer_scheduled"):
    """A timer waits: due instant (µs, UTC), the same as local time with zone, and what it was computed
    from."""

    key: int
    owner: int
    element_id: str
    due_at: int
    local: str
    kind: str
    value: str
    remaining: int | None = None


class TimerRescheduled(Event, frozen=True, tag="timer_rescheduled"):
    """A person moved a timer."""

    key: int
    owner: int
    due_at: int
    local: str
    reason: str


class TimerEnded(Event, frozen=True, tag="timer_ended"):
    """The timer fired (``missed``: repetitions passed over during downtime) or was cancelled."""

    key: int
    owner: int
    fired: bool
    missed: int = 0


class SubscriptionOpened(Event, frozen=True, tag="subscription_opened"):
    """The instance listens for a message or a signal."""

    key: int
    owner: int
    element_id: str
    kind: str
    name: str
    correlation_key: str


class SubscriptionClosed(Event, frozen=True, tag="subscription_closed"):
    """The instance no longer listens."""

    key: int
    owner: int


class MessageCorrelated(Event, frozen=True, tag="message_correlated"):
    """A message reached the instance."""

    subscription: int
    element_id: str
    name: str
    message_key: int
    variables: dict[str, Any]


class SignalReceived(Event, frozen=True, tag="signal_received"):
    """A signal reached the instance."""

    subscription: int
    element_id: str
    name: str
    variables: dict[str, Any]


class MessageThrown(Event, frozen=True, tag="message_thrown"):
    """The model sends a message."""

    element_key: int
    name: str
    correlation_key: str
    variables: dict[str, Any]


class SignalThrown(Event, frozen=True, tag="signal_thrown"):
    """The model broadcasts a signal."""

    element_key: int
    name: str
    variables: dict[str, Any]


class ErrorThrown(Event, frozen=True, tag="error_thrown"):
    """A BPMN error was thrown at an element."""

    element_key: int
    code: str
    message: str


class EscalationThrown(Event, frozen=True, tag="escalation_thrown"):
    """An escalation was thrown at an element."""

    element_key: int
    code: str


class ConditionEvaluated(Event, frozen=True, tag="condition_evaluated"):
    """A flow's condition was asked: its ``value``, and each ``part`` of it with the ``value`` it had
    (``items``, FEEL texts)."""

    element_key: int
    flow: str
    source: str
    value: bool
    items: list[dict[str, str]]


class DecisionEvaluated(Event, frozen=True, tag="decision_evaluated"):
    """A decision was made: its ``output``, and per table the inputs and the rules that matched
    (``items``)."""

    element_key: int
    decision_id: str
    definition_key: int
    output: Any
    items: list[Any]


class InstanceCalled(Event, frozen=True, tag="instance_called"):
    """A call activity asks for another process; ``child`` is the key the new instance gets."""

    element_key: int
    child: int
    process_id: str
    binding: str
    version_tag: str
    variables: dict[str, Any]


class CallEnded(Event, frozen=True, tag="call_ended"):
    """A call activity no longer waits; ``cancelled``: the called instance must be ended."""

    element_key: int
    child: int
    cancelled: bool = False


class ErrorPropagated(Event, frozen=True, tag="error_propagated"):
    """A BPMN error nobody in this called instance catches goes to the caller."""

    code: str
    message: str
    variables: dict[str, Any]


class EscalationPropagated(Event, frozen=True, tag="escalation_propagated"):
    """An escalation nobody in this called instance catches goes to the caller."""

    code: str
    variables: dict[str, Any]


class LoopStarted(Event, frozen=True, tag="loop_started"):
    """A multi-instance body knows how many instances it will have; ``items`` is None for a cardinality."""

    key: int
    total: int
    items: list[Any] | None
    collects: bool


class LoopProgressed(Event, frozen=True, tag="loop_progressed"):
    """One instance of a multi-instance body has ended; ``output`` is collected at its index."""

    key: int
    loop_index: int
    completed: bool
    output: Any = None


class IncidentRaised(Event, frozen=True, tag="incident_raised"):
    """Something needs a person; ``phase`` is the state the element instance waits in."""

    key: int
    element_key: int
    element_id: str
    type: str
    message: str
    phase: str


class IncidentResolved(Event, frozen=True, tag="incident_resolved"):
    """A person resolved it, or its element was ended."""

    key: int
    element_key: int
    reason: str

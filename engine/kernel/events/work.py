"""Events of work that is waited for: jobs, user tasks, called instances; and what was decided on the way."""

from __future__ import annotations

from typing import Any

from engine.kernel.events.event import Event
from engine.model.records import UserTaskState


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

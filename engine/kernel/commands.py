"""What may be asked of an instance: every event in history has a producing command of this list."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class CommandContext(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """All that can make two runs of one command differ; recorded with it, so that re-running gives the
    same events.

    ``now`` is µs since 1970 (UTC, business clock); ``first_key`` is the first free key; ``definition`` the
    SHA-256 of the stored file the instance is bound to; versions name the parameters, the calendars and the
    time zone data.
    """

    semantics_version: int
    now: int
    first_key: int
    definition_key: int
    definition: str
    parameters: int = 0
    calendar: str = ""
    tzdata: str = ""
    decisions: dict[str, int] = msgspec.field(default_factory=dict)  # definition keys, by what was asked for
    limits: tuple[int, ...] = ()  # of ``Limits`` in order; empty: those of this semantics version


class Command(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag_field="command", gc=False):
    """Something asked of an instance; subclasses only add fields."""


class Start(Command, frozen=True, tag="start", kw_only=True):
    """Create the instance and enter it at a start event (the only none start event when not named)."""

    variables: dict[str, Any]
    business_key: str | None = None
    element_id: str | None = None
    parent_key: int = 0
    parent_element_key: int = 0
    root_key: int = 0
    depth: int = 0
    key: int = 0  # the key promised to a calling instance; 0: the first free one
    part: int = -1  # which definition of a parallel multiple start event has happened; -1: the whole event


class CompleteJob(Command, frozen=True, tag="complete_job", kw_only=True):
    """A handler has done its work."""

    job_key: int
    element_key: int
    variables: dict[str, Any]


class FailJob(Command, frozen=True, tag="fail_job", kw_only=True):
    """A handler has failed; with no retries left an incident is raised."""

    job_key: int
    element_key: int
    reason: str
    retries: int
    due_at: int | None = None
    kind: str = "job_no_retries"


class ThrowError(Command, frozen=True, tag="throw_error", kw_only=True):
    """A job (``job_key``), or a user task (0), ends with a BPMN error."""

    element_key: int
    code: str
    message: str = ""
    variables: dict[str, Any] = msgspec.field(default_factory=dict)
    job_key: int = 0


class UpdateTask(Command, frozen=True, tag="update_task", kw_only=True):
    """Claim, unclaim, assign, delegate or change a user task; ``verb`` says which.

    ``changes`` has only what becomes different: assignee, groups, users, due_at, follow_up_at (µs, UTC),
    priority.
    """

    task_key: int
    verb: str  # claim | unclaim | assign | delegate | update
    changes: dict[str, str | int | list[str] | None]
    reason: str = ""


class CompleteUserTask(Command, frozen=True, tag="complete_user_task", kw_only=True):
    """A person has done a user task."""

    task_key: int
    variables: dict[str, Any]


class FireTimer(Command, frozen=True, tag="fire_timer", kw_only=True):
    """A timer has become due."""

    timer_key: int
    element_key: int


class RescheduleTimer(Command, frozen=True, tag="reschedule_timer", kw_only=True):
    """A person moves a waiting timer; ``due_at`` is µs since 1970, UTC."""

    timer_key: int
    element_key: int
    due_at: int
    local: str
    reason: str = ""


class CorrelateMessage(Command, frozen=True, tag="correlate_message", kw_only=True):
    """A message reaches an open subscription."""

    subscription_key: int
    element_key: int
    name: str
    variables: dict[str, Any]
    message_key: int = 0


class BroadcastSignal(Command, frozen=True, tag="broadcast_signal", kw_only=True):
    """A signal reaches an open subscription."""

    subscription_key: int
    element_key: int
    name: str
    variables: dict[str, Any]


class SetVariables(Command, frozen=True, tag="set_variables", kw_only=True):
    """A person corrects variables, in the scope of ``element_key`` (0: the instance)."""

    variables: dict[str, Any]
    element_key: int = 0
    reason: str = ""


class ResolveIncident(Command, frozen=True, tag="resolve_incident", kw_only=True):
    """A person has removed the cause; the element instance tries again."""

    incident_key: int
    element_key: int
    reason: str = ""
    retries: int = 1
    new_effect: bool = False


class Suspend(Command, frozen=True, tag="suspend", kw_only=True):
    """Stop firing timers and jobs; the clock of the law goes on."""

    reason: str = ""


class Activate(Command, frozen=True, tag="activate", kw_only=True):
    """Let a suspended instance go on."""

    reason: str = ""


class Cancel(Command, frozen=True, tag="cancel", kw_only=True):
    """A person (or the calling instance: ``by_model``) ends the instance."""

    reason: str = ""
    by_model: bool = False


class Modify(Command, frozen=True, tag="modify", kw_only=True):
    """A person enters elements (id, and the key of the container, 0: its only one), takes the flows
    ``after`` others, and ends element instances, by key or all those of an element.

    ``local_variables``, by element id, are put into the scope of what is entered.
    """

    activate: list[tuple[str, int]]
    terminate: list[int]
    variables: dict[str, Any] = msgspec.field(default_factory=dict)
    reason: str = ""
    after: list[tuple[str, int]] = msgspec.field(default_factory=list)
    terminate_elements: list[str] = msgspec.field(default_factory=list)
    local_variables: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)


class ActivateActivities(Command, frozen=True, tag="activate_activities", kw_only=True):
    """A person chooses activities of an ad-hoc sub-process (its instance's key; 0: the only active one)."""

    activities: list[str]
    element_key: int = 0
    reason: str = ""


class Migrate(Command, frozen=True, tag="migrate", kw_only=True):
    """A person lets the instance go on in another version: the context's definition is the new one.

    ``mapping`` has the ids of the version before that are others in the new one. ``begins`` lists, by id of
    the version before, the events that its instances begin to wait for; ``widens``, likewise, by event
    that stays, the places of the definitions it has gained.
    """

    version: int
    begins: dict[str, list[str]]
    reason: str = ""
    mapping: dict[str, str] = msgspec.field(default_factory=dict)
    widens: dict[str, dict[str, list[int]]] = msgspec.field(default_factory=dict)


class Proceed(Command, frozen=True, tag="proceed", kw_only=True):
    """Go on with a step that stopped at its element limit."""


class ChildCompleted(Command, frozen=True, tag="child_completed", kw_only=True):
    """The instance a call activity waits for has completed, with these variables."""

    element_key: int
    child_key: int
    variables: dict[str, Any]


class ChildFailed(Command, frozen=True, tag="child_failed", kw_only=True):
    """The called instance ended with an uncaught BPMN error (``code``), or could not be started
    (``reason``)."""

    element_key: int
    child_key: int
    reason: str = ""
    code: str | None = None
    variables: dict[str, Any] = msgspec.field(default_factory=dict)


class ChildEscalated(Command, frozen=True, tag="child_escalated", kw_only=True):
    """An escalation left the called instance uncaught."""

    element_key: int
    child_key: int
    code: str
    variables: dict[str, Any] = msgspec.field(default_factory=dict)


class RaiseIncident(Command, frozen=True, tag="raise_incident", kw_only=True):
    """The engine itself found a reason to stop here (poison job, undeliverable message)."""

    element_key: int
    kind: str
    message: str


AnyCommand: TypeAlias = (
    Start
    | CompleteJob
    | FailJob
    | ThrowError
    | UpdateTask
    | CompleteUserTask
    | FireTimer
    | RescheduleTimer
    | CorrelateMessage
    | BroadcastSignal
    | SetVariables
    | ResolveIncident
    | Suspend
    | Activate
    | Cancel
    | Modify
    | ActivateActivities
    | Migrate
    | Proceed
    | ChildCompleted
    | ChildFailed
    | ChildEscalated
    | RaiseIncident
)

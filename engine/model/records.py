"""What the public door answers with: frozen records, never rows (``engine.md`` §8)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

import msgspec

from engine.model.finding import Finding as Finding
from engine.model.finding import Severity as Severity


class InstanceState(StrEnum):
    """States of a process instance."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    TERMINATED = "terminated"  # ended by the model (terminate end event, interrupted call activity)
    CANCELLED = "cancelled"  # ended by a person


class ElementState(StrEnum):
    """States of an element instance; the last two are final and only in history."""

    ACTIVATING = "activating"
    ACTIVE = "active"
    COMPLETING = "completing"
    TERMINATING = "terminating"
    COMPLETED = "completed"
    TERMINATED = "terminated"


class UserTaskState(StrEnum):
    """States of a user task."""

    CREATED = "created"
    ASSIGNED = "assigned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    """Stages of a job (``durability.md`` §2 rule 2)."""

    SCHEDULED = "scheduled"
    READY = "ready"
    LOCKED = "locked"
    FAILED = "failed"
    SUSPENDED = "suspended"


class IncidentState(StrEnum):
    """States of an incident."""

    OPEN = "open"
    RESOLVED = "resolved"


class BatchState(StrEnum):
    """States of a batch."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """States of one subject of a batch."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Immutable answer; subclasses only add fields."""


class Verdict(StrEnum):
    """What the exploration of a process came to."""

    SOUND = "sound"
    UNSOUND = "unsound"
    NOT_PROVEN = "not_proven"  # the budget was too small, or something in it cannot be explored


class FlawKind(StrEnum):
    """How a process can go wrong whatever its data are."""

    DEADLOCK = "deadlock"  # nothing can move any more, and it has not ended
    LACK_OF_SYNCHRONISATION = "lack_of_synchronisation"  # two tokens where one is meant
    DEAD_ELEMENT = "dead_element"  # no path leads there
    IMPROPER_COMPLETION = "improper_completion"  # an end is reached, and a token is left behind for ever
    ENDLESS = "endless"  # it goes on, and no way leads to an end


class Flaw(Record, frozen=True, kw_only=True):
    """One way to go wrong at an element; ``path`` are the elements entered until then, in order.

    The path of a dead element ends where the way to it stops.
    """

    kind: FlawKind
    element_id: str
    message: str
    path: tuple[str, ...] = ()


class Soundness(Record, frozen=True, kw_only=True):
    """What is known of all runs of one process, its data being left open.

    Non-interrupting events that do not stand by themselves fire at most ``bound`` times for each activity,
    loops go at most ``bound`` rounds, multi-instance activities have at most ``bound`` instances.
    """

    process_id: str
    file: str
    verdict: Verdict
    flaws: tuple[Flaw, ...]
    states: int
    bound: int
    reason: str = ""  # why it is not proven


class OpinionVerdict(StrEnum):
    """What the comparison with another engine came to."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_COMPARED = "not_compared"  # the other engine is known not to execute something in it


class Difference(Record, frozen=True, kw_only=True):
    """Where another engine goes another way; ``path`` are the elements completed until then, in order."""

    element_id: str
    message: str
    path: tuple[str, ...] = ()


class Opinion(Record, frozen=True, kw_only=True):
    """What another engine makes of so many sampled paths of a process."""

    process_id: str
    file: str
    verdict: OpinionVerdict
    paths: int
    differences: tuple[Difference, ...] = ()
    reason: str = ""  # why it was not compared


class Imported(Record, frozen=True, kw_only=True):
    """Another engine's package in our dialect: files (name, bytes), and what a person should look at."""

    files: tuple[tuple[str, bytes], ...]
    findings: tuple[Finding, ...]


class Definition(Record, frozen=True, kw_only=True):
    """One deployed version of one process, form, decision or template; ``sha256`` is of the stored file."""

    key: int
    id: str
    kind: str  # process | form | decision | template
    version: int
    version_tag: str
    name: str
    file: str
    sha256: str
    deployment_key: int
    deployed_at: dt.datetime
    deployed_by: str
    active: bool = True  # False: the process is suspended, nothing starts it
    comment: str = ""  # why it was deployed


class Deployment(Record, frozen=True, kw_only=True):
    """Files stored together at one time; unchanged files keep their earlier version."""

    key: int
    deployed_at: dt.datetime
    deployed_by: str
    definitions: tuple[Definition, ...]
    findings: tuple[Finding, ...] = ()


class ProcessInstance(Record, frozen=True, kw_only=True):
    """One run of a process definition."""

    key: int
    process_id: str
    version: int
    state: InstanceState
    business_key: str | None
    started_at: dt.datetime
    ended_at: dt.datetime | None
    parent_key: int | None
    root_key: int


class ElementInstance(Record, frozen=True, kw_only=True):
    """One entry into an element; ``element_type`` is the BPMN tag."""

    key: int
    element_id: str
    element_type: str
    state: ElementState
    parent_key: int
    activated_at: dt.datetime
    ended_at: dt.datetime | None


class UserTask(Record, frozen=True, kw_only=True):
    """Work for a person."""

    key: int
    instance_key: int
    element_id: str
    name: str
    state: UserTaskState
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_at: dt.datetime | None
    follow_up_at: dt.datetime | None
    priority: int
    form_id: str | None
    created_at: dt.datetime


class Job(Record, frozen=True, kw_only=True):
    """One piece of work for a handler; ``idempotency_key`` is the same for every attempt."""

    key: int
    instance_key: int
    element_id: str
    type: str
    headers: dict[str, str]
    variables: dict[str, Any]
    retries: int
    attempt: int
    lock_until: dt.datetime | None
    idempotency_key: str


class Incident(Record, frozen=True, kw_only=True):
    """Something a person must look at; the token waits where it is."""

    key: int
    instance_key: int
    element_id: str
    type: str
    message: str
    created_at: dt.datetime
    resolved_at: dt.datetime | None


class Batch(Record, frozen=True, kw_only=True):
    """One verb over many instances or incidents: what was asked, and how far it has come.

    A cancelled batch leaves ``total - done - failed`` subjects untouched. With ``dry_run``, done means that
    it would have been.
    """

    key: int
    verb: str
    state: BatchState
    dry_run: bool
    reason: str
    selection: dict[str, Any]
    arguments: dict[str, Any]
    total: int
    done: int
    failed: int
    created_at: dt.datetime
    created_by: str
    ended_at: dt.datetime | None


class BatchItem(Record, frozen=True, kw_only=True):
    """One subject of a batch: the key of an instance or an incident, and what became of it."""

    number: int
    subject_key: int
    state: ItemState
    message: str
    done_at: dt.datetime | None


class StrandedJob(Record, frozen=True, kw_only=True):
    """Work of the engine that belongs to no instance (a start by an event, a batch) and has crashed too
    often; it waits for ``retry_job``."""

    key: int
    kind: str
    process_id: str
    element_id: str
    crashes: int
    created_at: dt.datetime


class Timer(Record, frozen=True, kw_only=True):
    """A timer that waits; ``due_at`` is UTC, ``inputs`` say how it was computed."""

    key: int
    instance_key: int
    element_id: str
    due_at: dt.datetime
    inputs: dict[str, Any]


class HistoryEvent(Record, frozen=True, kw_only=True):
    """One past-tense event of one command, addressed ``seq.index``; ``payload`` is the event's own fields."""

    seq: int
    index: int
    at: dt.datetime
    actor: str
    type: str
    element_id: str
    element_key: int
    payload: dict[str, Any]


class InstanceView(Record, frozen=True, kw_only=True):
    """An instance as it stood after the command ``seq``."""

    seq: int
    elements: tuple[ElementInstance, ...]
    variables: dict[str, Any]
    user_tasks: tuple[UserTask, ...]
    timers: tuple[Timer, ...]


class VerificationFinding(Record, frozen=True, kw_only=True):
    """One discrepancy, located: which check found it, in which instance, at which row."""

    check: str  # chain | fold | reexecution
    instance_key: int
    seq: int
    message: str


class Report(Record, frozen=True, kw_only=True):
    """What verification found; each part is "ok", "failed", or why it could not be done ("not
    re-executable", "erased")."""

    ok: bool
    chain: str
    fold: str
    reexecution: str
    findings: tuple[VerificationFinding, ...]
    instances: int = 0


class Entry(Record, frozen=True):
    """One numbered line of a register; ``resolution`` is None while it is open."""

    register: str
    number: int
    instance_key: int | None
    at: dt.datetime
    subject: str
    data: dict[str, Any]
    resolution: str | None


class Shown(Record, frozen=True, kw_only=True):
    """A secret a user task can show: how often it was, whether it is gone, whether it may be shown again.

    ``variable`` holds its reference; of ``may_repeat`` (print-outs) a person says the reason.
    """

    variable: str
    purpose: str
    times: int
    gone: bool
    may_repeat: bool

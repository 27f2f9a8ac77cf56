"""What the tables hold, one frozen record per row: keys, instants in UTC microseconds, bytes.

No kernel types.

``bucket`` is not a field: it is the high byte of a row's key (``engine.keys.bucket_of``) and the store adds
it. Field order equals the order the queries select in, so a row becomes a record without naming columns
twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row; subclasses only add fields."""


R = TypeVar("R", bound=StoredRow)


def record(kind: type[R], values: Sequence[Any]) -> R:
    """Return the record of a row selected in the order of the record's fields."""
    return kind(**dict(zip(kind.__struct_fields__, values, strict=True)))


def records(kind: type[R], rows: Iterable[Sequence[Any]]) -> list[R]:
    """Return the records of rows selected in the order of the record's fields."""
    return [record(kind, values) for values in rows]


class InstanceRow(StoredRow, frozen=True, kw_only=True):
    """One process instance without its state.

    ``revision`` is the number of committed writes, ``pages`` of page rows.
    """

    key: int
    root_key: int
    parent_key: int | None
    parent_element_key: int | None
    definition_key: int
    process_id: str
    version: int
    state: str
    business_key: str | None
    started_at: int
    ended_at: int | None
    parameters_version: int
    seq: int  # of the last history row
    head_hash: bytes  # of the last history row
    revision: int = 0
    pages: int = 0
    parent_page: int | None = None  # of the caller's state, where its call activity is; None: on page 0


class HistoryRow(StoredRow, frozen=True, kw_only=True):
    """One command with everything it caused.

    ``payload`` is sealed, ``hash`` covers all the rest and the sealed bytes.
    """

    instance_key: int
    seq: int
    at: int
    actor: str
    on_behalf_of: str
    command: str
    format: int
    semantics_version: int
    prev_hash: bytes
    hash: bytes
    payload: bytes


class UserTaskRow(StoredRow, frozen=True, kw_only=True):
    """Work for a person; kept after its end."""

    key: int
    instance_key: int
    root_key: int
    process_id: str
    element_id: str
    name: str
    state: str
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_at: int | None
    follow_up_at: int | None
    priority: int
    form_id: str | None
    created_at: int
    ended_at: int | None = None
    page: int | None = None  # of the instance's state, where the element instance is; None: on page 0


class JobRow(StoredRow, frozen=True, kw_only=True):
    """Work for the engine or a handler; ``due_at`` of a ready job is when it became due.

    ``payload`` is sealed or empty.

    ``kind`` is job, timer, message, signal, continue or start_timer; ``type`` is the handler's for kind job.
    Start jobs belong to no instance yet: ``instance_key``, ``root_key`` and ``element_key`` are None.
    """

    key: int
    kind: str
    instance_key: int | None
    root_key: int | None
    element_key: int | None
    element_id: str
    process_id: str
    type: str
    stage: str
    priority: int
    due_at: int
    lock_owner: str | None = None
    lock_until: int | None = None
    attempt: int = 0
    retries: int = 0
    crash_count: int = 0
    idempotency_key: str = ""
    created_at: int
    payload: bytes = b""
    page: int | None = None  # as in a user task's row


class SubscriptionRow(StoredRow, frozen=True, kw_only=True):
    """An open wait for a message or signal; a start subscription has a definition and no instance.

    ``kind`` is message, signal, message_start or signal_start; the hashes are ``Keyring.digest`` of the name,
    and of name and correlation key.
    """

    key: int
    kind: str
    name_hash: bytes
    correlation_hash: bytes
    name: str
    process_id: str
    instance_key: int | None
    root_key: int | None
    element_key: int | None
    element_id: str
    definition_key: int
    opened_at: int
    page: int | None = None  # as in a user task's row


class MessageRow(StoredRow, frozen=True, kw_only=True):
    """A published message; ``payload`` is sealed under a data key of its own (``data_key`` at its key)."""

    key: int
    name: str
    name_hash: bytes
    correlation_hash: bytes
    message_id: str
    published_at: int
    expires_at: int
    state: str  # buffered | delivered | expired
    payload: bytes


class IncidentRow(StoredRow, frozen=True, kw_only=True):
    """Something a person must look at; ``message`` is sealed."""

    key: int
    instance_key: int
    root_key: int
    process_id: str
    element_id: str
    element_key: int | None
    job_key: int | None
    type: str
    message: bytes
    state: str
    created_at: int
    resolved_at: int | None = None
    page: int | None = None  # as in a user task's row


class DefinitionRow(StoredRow, frozen=True, kw_only=True):
    """One version of one process, form, decision or template; ``active`` = its start events are open."""

    key: int
    id: str
    kind: str
    version: int
    version_tag: str
    name: str
    file: str
    sha256: str
    deployment_key: int
    deployed_at: int
    deployed_by: str
    comment: str
    active: bool


class DefinitionDraftRow(StoredRow, frozen=True, kw_only=True):
    """A person's draft of a process, form or decision, begun with version ``based_on`` (0: none)."""

    kind: str
    id: str
    person_id: str
    content: bytes
    based_on: int
    revision: int
    saved_at: int


class RequestRow(StoredRow, frozen=True, kw_only=True):
    """The answer to a request that may be repeated."""

    id: str
    root_key: int | None
    seq: int
    result: bytes
    created_at: int


class EffectRow(StoredRow, frozen=True, kw_only=True):
    """The reply of the outside world to one effect; ``reply`` is sealed by the caller."""

    idempotency_key: str
    name: str
    reply: bytes
    created_at: int


class SecretRow(StoredRow, frozen=True, kw_only=True):
    """A secret shown once; ``state`` is ready, read or destroyed; the content is sealed under its own key."""

    ref: str
    root_key: int
    purpose: str
    kid: str
    wrapped: bytes
    ciphertext: bytes
    expires_at: int
    state: str = "ready"
    shown: int = 0


class DocumentRow(StoredRow, frozen=True, kw_only=True):
    """A file belonging to a case; ``content`` is sealed by the caller."""

    ref: str
    root_key: int
    name: str
    media_type: str
    content: bytes
    created_at: int
    idempotency_key: str


class UploadRow(StoredRow, frozen=True, kw_only=True):
    """A file that waits for its form; ``about`` and ``content`` are sealed with the office's key."""

    ref: str
    person_id: str
    about: bytes
    saved_at: int
    content: bytes


class DraftRow(StoredRow, frozen=True, kw_only=True):
    """A form somebody has begun; ``content`` is sealed with the office's key."""

    person_id: str
    place: str
    content: bytes
    saved_at: int


class RegisterEntryRow(StoredRow, frozen=True, kw_only=True):
    """One numbered line of a register, never deleted; ``resolved`` is set once, with how it was resolved."""

    register: str
    number: int
    instance_key: int | None
    at: int
    subject: bytes
    data: bytes
    resolved: str | None = None


class PersonRow(StoredRow, frozen=True, kw_only=True):
    """Somebody who may sign in; ``password_hash`` is empty until one is set."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    school: str = ""
    password_hash: str = ""
    active: bool = True


class SessionRow(StoredRow, frozen=True, kw_only=True):
    """Somebody who is signed in; the token itself is known to the browser only."""

    token_hash: bytes
    person_id: str
    form_token: str
    opened_at: int
    seen_at: int


class ParametersRow(StoredRow, frozen=True, kw_only=True):
    """One version of a procedure's parameters."""

    procedure: str
    version: int
    content: bytes
    at: int
    by: str


class AuditRow(StoredRow, frozen=True, kw_only=True):
    """One operation outside instances, chained like history."""

    seq: int
    at: int
    actor: str
    action: str
    payload: bytes
    prev_hash: bytes
    hash: bytes


class AnchorRow(StoredRow, frozen=True, kw_only=True):
    """A signed statement of all heads at one time; ``document`` is what was signed."""

    number: int
    at: int
    instances: int
    merkle_root: bytes
    signature: bytes
    document: bytes


class NodeRow(StoredRow, frozen=True, kw_only=True):
    """One running engine process; instants by the database's clock."""

    id: str
    started_at: int
    seen_at: int
    version: str
    kind: str = "worker"
    host: str = ""
    threads: int = 0
    running: int = 0
    draining: int = 0
    types: str = ""
    revision: str = ""


class HoldRow(StoredRow, frozen=True, kw_only=True):
    """A case that must not be erased; the business clock says since when."""

    root_key: int
    at: int
    by: str
    reason: str


class BatchRow(StoredRow, frozen=True, kw_only=True):
    """One verb over many subjects; ``content`` (reason, selection, arguments) is sealed under a data key of
    its own (``data_key`` at its key)."""

    key: int
    verb: str
    state: str
    dry_run: bool
    total: int
    created_at: int
    created_by: str
    ended_at: int | None
    content: bytes


class BatchItemRow(StoredRow, frozen=True, kw_only=True):
    """One subject of a batch: an instance or an incident; ``message`` is sealed as the batch's content."""

    batch_key: int
    number: int
    subject_key: int
    state: str = "pending"
    done_at: int | None = None
    message: bytes = b""

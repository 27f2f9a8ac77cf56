"""Jobs as a worker sees them: activate, complete, fail, throw. Every answer is fenced by the lease it was
given under."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from engine.clock import instant
from engine.errors import Conflict, NotFound
from engine.handling import RegisterEntry
from engine.kernel import codec
from engine.kernel import commands as cmd
from engine.kernel.state import ElementInstance
from engine.kernel.tree import InstanceTree
from engine.kernel.values import accepted
from engine.model.records import Job, JobState
from engine.process_engine import trees, waiting
from engine.process_engine.family import Family, Member
from engine.process_engine.parts import ENGINE, Parts
from engine.process_engine.verb import run_verb
from engine.store import Transaction, instances, jobs
from engine.store.instances import LockedInstance
from engine.store.rows import InstanceRow, JobRow
from engine.store.sealing import DataKey, place

_MICROSECOND = dt.timedelta(microseconds=1)


def activate(
    parts: Parts, types: Collection[str], *, worker: str, limit: int, lease: dt.timedelta
) -> list[Job]:
    """Lock ready jobs of these types for a worker and return them with the variables they see."""

    def claim(tx: Transaction) -> list[Job]:
        rows = jobs.claim(
            tx, kinds=("job",), types=types, owner=worker, limit=limit, lease_us=lease // _MICROSECOND
        )
        return opened(tx, rows)

    return parts.store.run(claim)


def opened(tx: Transaction, rows: Sequence[JobRow]) -> list[Job]:
    """Return claimed rows as jobs, with headers and variables; jobs of ended instances are left out."""
    return [job for job, _ in opened_with(tx, rows)]


def opened_with(tx: Transaction, rows: Sequence[JobRow]) -> list[tuple[Job, InstanceRow]]:
    """Return what ``opened`` does, each job with its instance."""
    loaded = instances.load_many(tx, {row.instance_key for row in rows if row.instance_key is not None})
    needed: dict[int, set[int | None]] = {}
    for row in rows:
        needed.setdefault(row.instance_key or 0, set()).add(row.page)
    states = {key: trees.opened(locked, *needed[key]) for key, locked in loaded.items()}
    found = []
    for row in rows:
        key = row.instance_key or 0
        opened = _opened(states[key], loaded[key], row) if key in loaded else None
        if opened is not None:
            found.append(opened)
    return found


def opened_leased(tx: Transaction, claimed: JobRow) -> tuple[Job, InstanceRow] | None:
    """Return a claimed job as workers see it, with its instance; None where its lease is lost or it is
    gone."""
    found = instances.load_by_job(tx, claimed.key)
    if found is None or not jobs.leased(found[1], claimed):
        return None
    return _opened(trees.opened(found[0], claimed.page), found[0], claimed)


def _opened(tree: InstanceTree, locked: LockedInstance, row: JobRow) -> tuple[Job, InstanceRow] | None:
    element = tree.elements.get(row.element_key or 0)
    return None if element is None else (_job(row, locked.data_key, visible(tree, element)), locked.row)


def visible(tree: InstanceTree, element: ElementInstance) -> dict[str, Any]:
    """Return every variable an element instance sees, flat."""
    merged: dict[str, Any] = {}
    current: ElementInstance | None = element
    while current is not None:
        for name, value in (current.variables or {}).items():
            merged.setdefault(name, value)
        current = tree.elements.get(current.scope)
    return merged


def payload_of(row: JobRow, data_key: DataKey) -> dict[str, Any]:
    """Return what a job row carries, opened."""
    if not row.payload:
        return {}
    content: dict[str, Any] = codec.decode_values(data_key.open(place("job", row.key), row.payload))
    return content


def _job(row: JobRow, data_key: DataKey, variables: dict[str, Any]) -> Job:
    return Job(
        key=row.key,
        instance_key=row.instance_key or 0,
        element_id=row.element_id,
        type=row.type,
        headers=payload_of(row, data_key),
        variables=variables,
        retries=row.retries,
        attempt=row.attempt,
        lock_until=None if row.lock_until is None else instant(row.lock_until),
        idempotency_key=row.idempotency_key,
    )


def complete(
    parts: Parts,
    key: int,
    *,
    variables: Mapping[str, Any] | None,
    writes: Sequence[RegisterEntry] = (),
    worker: str | None = None,
    attempt: int | None = None,
) -> None:
    """Take a worker's results; raises ``Conflict`` or ``NotFound`` when its lease is lost or the job is
    gone."""
    work = completing(parts, key, variables=variables, writes=writes, worker=worker, attempt=attempt)
    run_verb(parts, work, actor=worker or ENGINE)


def completing(
    parts: Parts,
    key: int,
    *,
    variables: Mapping[str, Any] | None,
    writes: Sequence[RegisterEntry] = (),
    worker: str | None = None,
    attempt: int | None = None,
) -> Callable[[Family], None]:
    """Return what ``complete`` does within its transaction; raises ``InvalidVariables`` at once."""
    values = accepted(variables)

    def work(family: Family) -> None:
        member, row = _fenced(family, key, worker, attempt)
        asked = cmd.CompleteJob(job_key=key, element_key=row.element_key or 0, variables=values)
        family.apply(member, asked)
        for entry in writes:
            _register(parts, family, member, entry)

    return work


def _register(parts: Parts, family: Family, member: Member, entry: RegisterEntry) -> None:
    parts.registers.append(
        family.tx,
        register=entry.register,
        instance_key=member.row.key,
        subject=entry.subject,
        data=entry.data,
        after=entry.after,
    )


def throw_error(
    parts: Parts,
    key: int,
    *,
    code: str,
    message: str,
    variables: Mapping[str, Any] | None,
    worker: str | None = None,
    attempt: int | None = None,
) -> None:
    """Let a job (or a user task, by its key) end with a BPMN error."""
    values = accepted(variables)

    def work(family: Family) -> None:
        member, element_key, job_key = _thrower(family, key, worker, attempt)
        asked = cmd.ThrowError(
            job_key=job_key, element_key=element_key, code=code, message=message, variables=values
        )
        family.apply(member, asked)

    run_verb(parts, work, actor=worker or ENGINE)


def _thrower(family: Family, key: int, worker: str | None, attempt: int | None) -> tuple[Member, int, int]:
    by_task = instances.lock_by_task(family.tx, key) if worker is None else None
    if by_task is not None:
        return family.adopt(by_task[0], by_task[1].page), key, 0
    member, row = _fenced(family, key, worker, attempt)
    return member, row.element_key or 0, key


def fail(
    parts: Parts,
    key: int,
    *,
    reason: str,
    retries: int | None = None,
    back_off: dt.timedelta | None = None,
    worker: str | None = None,
    attempt: int | None = None,
) -> None:
    """Count a failed attempt: tried again after the back-off, or an incident when no retries are left."""

    def work(family: Family) -> None:
        member, row = _locked(family, key, worker, attempt)
        left = max(0, row.retries - 1) if retries is None else retries
        due_at = None
        if left:
            wait = back_off if back_off is not None else _wait(family, member, row)
            due_at = family.tx.now + wait // _MICROSECOND
        stage = JobState.SCHEDULED if left else JobState.FAILED
        fence = (row.lock_owner or "", row.attempt)
        if not jobs.fail(
            family.tx,
            key,
            owner=fence[0],
            attempt=fence[1],
            stage=stage,
            retries=left,
            due_at=due_at or family.tx.now,
        ):
            raise Conflict(f"the lease of job {key} is lost")
        asked = cmd.FailJob(
            job_key=key, element_key=row.element_key or 0, reason=reason, retries=left, due_at=due_at
        )
        family.apply(member, asked)

    run_verb(parts, work, actor=worker or ENGINE)


def _wait(family: Family, member: Member, row: JobRow) -> dt.timedelta:
    element = member.state.elements.get(row.element_key or 0)
    seen = visible(member.state, element) if element is not None else {}
    return waiting.back_off(family, member, row, seen)


def _locked(family: Family, key: int, worker: str | None, attempt: int | None) -> tuple[Member, JobRow]:
    """Lock a job's instance; the job must be locked, by this worker and attempt where they are named."""
    found = family.member_of_job(key)
    if found is None:
        raise NotFound(f"job {key} is done or never was")
    member, row = found
    lost = worker is not None and (row.lock_owner, row.attempt) != (worker, attempt)
    if row.stage != JobState.LOCKED or lost:
        raise Conflict(f"job {key} is {row.stage}: its lease is lost or was never given")
    return member, row


def _fenced(family: Family, key: int, worker: str | None, attempt: int | None) -> tuple[Member, JobRow]:
    """Lock a job's instance and take the job away under its lease."""
    member, row = _locked(family, key, worker, attempt)
    if not jobs.complete(family.tx, key, owner=row.lock_owner or "", attempt=row.attempt):
        raise Conflict(f"the lease of job {key} is lost")
    family.changes.done(key)
    return member, row

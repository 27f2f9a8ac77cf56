"""Jobs and timers: inserted, promoted when due, claimed fairly.

Completed behind a fence (``durability.md`` §2).

Stages: scheduled → ready → locked → deleted | failed | suspended. Leases are instants of the machine clock,
due instants of the business clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Select, bindparam, case, func, literal_column, not_, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store.claims import Recovered as Recovered
from engine.store.claims import acquitted, lane_of
from engine.store.claims import any_ready as any_ready
from engine.store.claims import claim as claim
from engine.store.claims import claim_one as claim_one
from engine.store.claims import ready_lanes as ready_lanes
from engine.store.claims import recover_expired as recover_expired
from engine.store.claims import wanted as wanted
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.rows import JobRow, record, records
from engine.store.statements import (
    at_key,
    columns,
    drawn,
    key_of,
    literally,
    starts_of,
    upsert_into,
    values_of,
)
from engine.store.tables import instance, job
from engine.store.transaction import Transaction

_SCHEDULED, _READY, _LOCKED = literally("scheduled"), literally("ready"), literally("locked")
_COLUMNS = columns(job, JobRow)
_SELECT = select(*_COLUMNS)
_READ = Prepared(_SELECT.where(*at_key(job)))
_INSERT = Prepared(insert_into(job))
_UPSERT = Prepared(upsert_into(job, keep=("created_at", "instance_key", "root_key", "attempt")))
_DELETE = with_lists(
    lambda among: delete_from(job).where(among(job.c.bucket, "buckets"), among(job.c.key, "keys"))
)
# Who answers late, after the lease went to another, meets no row here (security.md §1 rule 5).
_FENCE = (
    *at_key(job),
    job.c.stage == _LOCKED,
    job.c.lock_owner == bindparam("owner"),
    job.c.attempt == bindparam("made"),
)
_COMPLETE = Prepared(delete_from(job).where(*_FENCE))
_RENEW = Prepared(update_table(job).where(*_FENCE).values(lock_until=bindparam("until")))
_FREED: dict[str, Any] = {"lock_owner": None, "lock_until": None}
_RELEASE = Prepared(
    update_table(job).where(*_FENCE).values(stage="ready", attempt=job.c.attempt - 1, **_FREED)
)
_FAIL = Prepared(
    update_table(job)
    .where(*_FENCE)
    .values(stage=bindparam("new_stage"), retries=bindparam("left"), due_at=bindparam("due"), **_FREED)
)
_DUE = (
    select(job.c.bucket, job.c.key)
    .where(job.c.stage == _SCHEDULED, job.c.due_at <= bindparam("now"))
    .order_by(job.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_PROMOTE = Prepared(
    update_table(job)
    .where(job.c.bucket == _DUE.c.bucket, job.c.key == _DUE.c.key)
    .values(stage="ready")
    .returning(job.c.key)  # the SQLite driver counts no rows of a statement that begins with WITH
)
_UNCLAIMED = select(job.c.key).where(job.c.stage == _READY).limit(bindparam("at_most"))
_NEXT_DUE = select(func.min(job.c.due_at)).where(job.c.stage == _SCHEDULED)
_RESCHEDULE = (
    update_table(job)
    .where(*at_key(job))
    .values(
        due_at=bindparam("due"),
        **_FREED,
        stage=case((job.c.stage == literally("suspended"), literally("suspended")), else_=_SCHEDULED),
    )
)
_OF_INSTANCES = (
    job.c.bucket.in_(bindparam("buckets", expanding=True)),
    job.c.instance_key.in_(bindparam("instances", expanding=True)),
)
_SUSPEND = (
    update_table(job).where(*_OF_INSTANCES, job.c.stage.in_(("scheduled", "ready"))).values(stage="suspended")
)
_ACTIVATE = (
    update_table(job)
    .where(*_OF_INSTANCES, job.c.stage == "suspended")
    .values(stage=case((job.c.due_at > bindparam("now"), _SCHEDULED), else_=_READY))
)


_REVIVE = (
    update_table(job)
    .where(
        job.c.bucket == bindparam("at_bucket"),
        job.c.instance_key == bindparam("at_instance"),
        job.c.stage == "failed",
        job.c.kind != "job",
    )
    .values(stage="ready", crash_count=0, lane=acquitted(), **_FREED)
)


_STARTS = (
    job.c.bucket == bindparam("at_bucket"),
    job.c.instance_key.is_(None),
    job.c.process_id == bindparam("of_process"),
    job.c.kind.in_(("timer_start", "message_start", "signal_start")),
)
_SUSPEND_STARTS = (
    update_table(job).where(*_STARTS, job.c.stage.in_(("scheduled", "ready"))).values(stage="suspended")
)
_ACTIVATE_STARTS = (
    update_table(job)
    .where(*_STARTS, job.c.stage == "suspended")
    .values(stage=case((job.c.due_at > bindparam("now"), _SCHEDULED), else_=_READY))
)
_OPEN = (
    select(literal_column("1"))
    .where(
        instance.c.bucket == job.c.bucket,
        instance.c.key == job.c.instance_key,
        instance.c.ended_at.is_(None),
    )
    .exists()
)
STRANDED = (job.c.stage == literally("failed"), job.c.kind != literally("job"), not_(_OPEN))
_RETRY_STRANDED = (
    update_table(job)
    .where(*at_key(job), *STRANDED)
    .values(stage="ready", crash_count=0, lane=acquitted(), **_FREED)
)


def insert(tx: Transaction, rows: Iterable[JobRow]) -> None:
    """Insert new jobs, all in one statement."""
    values = [_values(row) for row in rows]
    if values:
        _note_ready(tx, values)
        tx.write(_INSERT, values)


def upsert(tx: Transaction, rows: Iterable[JobRow]) -> None:
    """Insert new jobs and replace known ones, all in one statement; call it with the instances locked."""
    values = [_values(row) for row in rows]
    if values:
        _note_ready(tx, values)
        tx.write(_UPSERT, values)


def delete(tx: Transaction, keys: Iterable[int]) -> None:
    """Delete jobs in whatever stage, all in one statement: a late answer to one is then refused."""
    unwanted = list(keys)
    if unwanted:
        tx.write(_DELETE, [lists(keys=unwanted, buckets=map(bucket_of, unwanted))])


def read(tx: Transaction, key: int) -> JobRow | None:
    """Return one job."""
    row = tx.run(_READ, key_of(key)).first()
    return None if row is None else record(JobRow, row)


def leased(row: JobRow | None, claimed: JobRow) -> bool:
    """Return whether a job is still there under the lease it was claimed with."""
    if row is None:
        return False
    return (row.stage, row.lock_owner, row.attempt) == (claimed.stage, claimed.lock_owner, claimed.attempt)


def complete(tx: Transaction, key: int, *, owner: str, attempt: int) -> bool:
    """Delete a job its worker has done; False where the lease is another's or the job is gone."""
    return tx.write_one(_COMPLETE, key_of(key) | {"owner": owner, "made": attempt})


def renew(tx: Transaction, key: int, *, owner: str, attempt: int, until: int) -> bool:
    """Extend a lease to an instant of the machine clock; False where it is lost."""
    return _fenced(tx, _RENEW, key, owner, attempt, until=until)


def release(tx: Transaction, key: int, *, owner: str, attempt: int) -> bool:
    """Give a job back untried (a node shutting down); the attempt does not count."""
    return _fenced(tx, _RELEASE, key, owner, attempt)


def fail(
    tx: Transaction, key: int, *, owner: str, attempt: int, stage: str, retries: int, due_at: int
) -> bool:
    """End an attempt without success: ``stage`` scheduled until ``due_at``, failed, or suspended."""
    return _fenced(tx, _FAIL, key, owner, attempt, new_stage=stage, left=retries, due=due_at)


def promote_due(tx: Transaction, now: int, *, limit: int = 500) -> int:
    """Make scheduled jobs ready that are due at the business instant ``now``, the oldest first.

    Return how many.
    """
    promoted = [key for (key,) in tx.run(_PROMOTE, {"now": now, "at_most": limit})]
    tx.ready_jobs += promoted
    return len(promoted)


def unclaimed(tx: Transaction, *, limit: int) -> list[int]:
    """Return keys of ready jobs, whoever shall run them; hints that were lost are given again for these."""
    return list(tx.execute(_UNCLAIMED, {"at_most": limit}).scalars())


def next_due(tx: Transaction) -> int | None:
    """Return when the next scheduled job becomes due, None where there is none."""
    found: int | None = tx.execute(_NEXT_DUE).scalar()
    return found


def reschedule(tx: Transaction, key: int, due_at: int) -> bool:
    """Move the due instant of a job; whoever works on it loses the lease. False where there is none."""
    return tx.execute(_RESCHEDULE, key_of(key) | {"due": due_at}).rowcount == 1


def suspend(tx: Transaction, instance_keys: Iterable[int]) -> None:
    """Stop the jobs of these instances that nobody works on yet; their due instants stay."""
    instances = sorted(instance_keys)
    tx.execute(_SUSPEND, {"instances": instances, "buckets": _buckets(instances)})


def activate(tx: Transaction, instance_keys: Iterable[int], now: int) -> None:
    """Let suspended jobs go on: those due by ``now`` are ready at once."""
    instances = sorted(instance_keys)
    tx.execute(_ACTIVATE, {"instances": instances, "buckets": _buckets(instances), "now": now})


def suspend_starts(tx: Transaction, process_id: str) -> None:
    """Stop what would start instances of a process; due instants stay."""
    tx.execute(_SUSPEND_STARTS, starts_of(process_id))


def activate_starts(tx: Transaction, process_id: str, now: int) -> None:
    """Let what starts instances of a process go on: what is due by ``now`` is ready at once."""
    tx.execute(_ACTIVATE_STARTS, starts_of(process_id) | {"now": now})


def revive(tx: Transaction, instance_key: int) -> None:
    """Make the engine's own failed jobs of an instance ready again (timers, deliveries), not those of
    handlers."""
    tx.execute(_REVIVE, {"at_bucket": bucket_of(instance_key), "at_instance": instance_key})


def stranded(tx: Transaction, *, limit: int) -> list[JobRow]:
    """Return failed jobs of no open instance, so that no incident shows them; the oldest first."""
    return records(JobRow, tx.execute(_SELECT.where(*STRANDED).order_by(job.c.created_at).limit(limit)))


def retry_stranded(tx: Transaction, key: int) -> bool:
    """Make a failed job of no open instance ready again; False where there is none."""
    return tx.execute(_RETRY_STRANDED, key_of(key)).rowcount == 1


def query(
    tx: Transaction,
    *,
    instance_key: int | None = None,
    instance_keys: Collection[int] | None = None,
    process_id: str | None = None,
    kinds: Collection[str] | None = None,
    stages: Collection[str] | None = None,
    due_before: int | None = None,
    limit: int | None = 100,
    offset: int = 0,
) -> list[JobRow]:
    """Return jobs that meet all conditions given, the first due first."""
    found: Select[Any] = _SELECT
    if instance_key is not None:
        instance_keys = (instance_key,)
    if instance_keys is not None:
        found = found.where(job.c.bucket.in_(_buckets(instance_keys)), job.c.instance_key.in_(instance_keys))
    if process_id is not None:
        found = found.where(job.c.process_id == process_id)
    if due_before is not None:
        found = found.where(job.c.due_at < due_before)
    if kinds is not None:
        found = found.where(job.c.kind.in_(kinds))
    if stages is not None:
        found = found.where(job.c.stage.in_(stages))
    first_due_first = found.order_by(job.c.due_at, drawn(job))
    return records(JobRow, tx.execute(first_due_first.limit(limit).offset(offset)))


def _fenced(tx: Transaction, statement: Prepared, key: int, owner: str, attempt: int, **values: Any) -> bool:
    parameters = key_of(key) | {"owner": owner, "made": attempt} | values
    return tx.run(statement, parameters).rowcount == 1


def _values(row: JobRow) -> dict[str, Any]:
    return values_of(row, row.key) | {"lane": lane_of(row)}


def _note_ready(tx: Transaction, values: list[dict[str, Any]]) -> None:
    tx.ready_jobs += [row["key"] for row in values if row["stage"] == "ready"]


def _buckets(keys: Iterable[int]) -> list[int]:
    return sorted({bucket_of(key) for key in keys})

"""What stands where, counted: open instances, jobs, tasks, subscriptions, incidents by process and element.

Each is one grouped statement over the rows that are open.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, select

from engine.keys import bucket_of
from engine.store.rows import InstanceRow, JobRow, records
from engine.store.statements import columns, drawn
from engine.store.tables import incident, instance, job, subscription, user_task
from engine.store.transaction import Transaction

_OPEN_INSTANCES = (
    select(instance.c.process_id, instance.c.version, instance.c.state, func.count())
    .where(instance.c.ended_at.is_(None))
    .group_by(instance.c.process_id, instance.c.version, instance.c.state)
)
_JOBS = select(job.c.kind, job.c.type, job.c.stage, func.count()).group_by(
    job.c.kind, job.c.type, job.c.stage
)
_INCIDENTS = (
    select(
        incident.c.process_id,
        incident.c.element_id,
        incident.c.type,
        func.count(),
        func.min(incident.c.created_at),
    )
    .where(incident.c.state == "open")
    .group_by(incident.c.process_id, incident.c.element_id, incident.c.type)
    .order_by(func.count().desc())
)
_KINDS = {
    "task": (user_task, user_task.c.ended_at.is_(None)),
    "job": (job, job.c.kind == "job"),
    "timer": (job, job.c.kind == "timer"),
    "message": (subscription, subscription.c.instance_key.is_not(None)),
    "incident": (incident, incident.c.state == "open"),
}


def open_instances(tx: Transaction) -> list[tuple[str, int, str, int]]:
    """Return (process, version, state, how many) of the instances that have not ended."""
    return [(str(p), int(v), str(s), int(n)) for p, v, s, n in tx.execute(_OPEN_INSTANCES)]


def job_counts(tx: Transaction) -> list[tuple[str, str, str, int]]:
    """Return (kind, type, stage, how many) of all jobs."""
    return [(str(k), str(t), str(s), int(n)) for k, t, s, n in tx.execute(_JOBS)]


def incident_counts(tx: Transaction, *, limit: int) -> list[tuple[str, str, str, int, int]]:
    """Return (process, element, type, how many, since when) of open incidents, the most frequent first."""
    rows = tx.execute(_INCIDENTS.limit(limit))
    return [(str(p), str(e), str(t), int(n), int(at)) for p, e, t, n, at in rows]


def by_element(tx: Transaction, process_id: str) -> dict[str, dict[str, int]]:
    """Return by kind (task, job, timer, message, incident) how many wait at which element of a process."""
    found: dict[str, dict[str, int]] = {}
    for kind, (table, is_open) in _KINDS.items():
        counted = (
            select(table.c.element_id, func.count())
            .where(table.c.process_id == process_id, is_open)
            .group_by(table.c.element_id)
        )
        found[kind] = {str(element_id): int(count) for element_id, count in tx.execute(counted)}
    return found


def at_element(
    tx: Transaction, process_id: str, element_id: str, *, limit: int, offset: int
) -> list[InstanceRow]:
    """Return the instances of a process for which something waits at an element, the oldest first."""
    waiting = [_waiting(table, is_open, process_id, element_id) for table, is_open in _KINDS.values()]
    keys = waiting[0].union(*waiting[1:])
    found = select(*columns(instance, InstanceRow)).where(
        instance.c.process_id == process_id, instance.c.key.in_(select(keys.subquery().c.instance_key))
    )
    oldest_first = found.order_by(instance.c.started_at, drawn(instance))
    return records(InstanceRow, tx.execute(oldest_first.limit(limit).offset(offset)))


def _waiting(table: Any, is_open: Any, process_id: str, element_id: str) -> Select[Any]:
    return select(table.c.instance_key).where(
        table.c.process_id == process_id, table.c.element_id == element_id, is_open
    )


def numbers(tx: Transaction, instance_keys: Collection[int]) -> dict[int, tuple[str | None, str]]:
    """Return the business key of the case, and the process, of each of these instances."""
    if not instance_keys:
        return {}
    root = instance.alias("r")
    found = (
        select(instance.c.key, root.c.business_key, instance.c.process_id)
        .join(root, (root.c.bucket == instance.c.bucket) & (root.c.key == instance.c.root_key))
        .where(
            instance.c.bucket.in_({bucket_of(key) for key in instance_keys}),
            instance.c.key.in_(instance_keys),
        )
    )
    return {int(key): (number, str(process_id)) for key, number, process_id in tx.execute(found)}


def jobs_of(tx: Transaction, job_keys: Collection[int]) -> dict[int, JobRow]:
    """Return these jobs by key, those there still are."""
    if not job_keys:
        return {}
    found = select(*columns(job, JobRow)).where(
        job.c.bucket.in_({bucket_of(key) for key in job_keys}), job.c.key.in_(job_keys)
    )
    return {row.key: row for row in records(JobRow, tx.execute(found))}

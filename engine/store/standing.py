"""How many open instances there are, by version and by the element something of them is open at."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, union

from engine.store.tables import incident, instance, job, subscription, user_task
from engine.store.transaction import Transaction

_OPEN = select(instance.c.key).where(
    instance.c.process_id == bindparam("of_process"), instance.c.ended_at.is_(None)
)
_BY_VERSION = (
    select(instance.c.process_id, instance.c.version, func.count())
    .where(instance.c.ended_at.is_(None))
    .group_by(instance.c.process_id, instance.c.version)
)
_AT = union(
    select(job.c.element_id, job.c.instance_key).where(job.c.instance_key.in_(_OPEN)),
    select(subscription.c.element_id, subscription.c.instance_key).where(
        subscription.c.instance_key.in_(_OPEN)
    ),
    select(user_task.c.element_id, user_task.c.instance_key).where(
        user_task.c.instance_key.in_(_OPEN), user_task.c.ended_at.is_(None)
    ),
    select(incident.c.element_id, incident.c.instance_key).where(
        incident.c.instance_key.in_(_OPEN), incident.c.resolved_at.is_(None)
    ),
).subquery()
_BY_ELEMENT = select(_AT.c.element_id, func.count()).group_by(_AT.c.element_id)


def by_version(tx: Transaction) -> dict[tuple[str, int], int]:
    """Return how many open instances each version of each process has; versions without any are left out."""
    return {(process_id, version): count for process_id, version, count in tx.execute(_BY_VERSION)}


def by_element(tx: Transaction, process_id: str) -> dict[str, int]:
    """Return how many open instances of a process have a task, a job, a wait or an incident at an element."""
    return {str(id_): int(count) for id_, count in tx.execute(_BY_ELEMENT, {"of_process": process_id})}

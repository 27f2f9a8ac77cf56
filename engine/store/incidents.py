"""Incidents: what waits for an operator."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, select
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.rows import IncidentRow, record, records
from engine.store.statements import at_key, columns, drawn, key_of, literally, upsert_into, values_of
from engine.store.tables import incident
from engine.store.transaction import Transaction

_UPSERT = Prepared(upsert_into(incident, keep=("instance_key", "root_key", "created_at")))
_SELECT = select(*columns(incident, IncidentRow))
_READ = _SELECT.where(*at_key(incident))
_RESOLVE = with_lists(
    lambda among: (
        update_table(incident)
        .where(
            among(incident.c.bucket, "buckets"),
            among(incident.c.key, "keys"),
            incident.c.state == literally("open"),
        )
        .values(state="resolved", resolved_at=bindparam("at"))
    )
)


def upsert(tx: Transaction, rows: Iterable[IncidentRow]) -> None:
    """Insert new incidents and replace known ones, all in one statement."""
    values = [values_of(row, row.key) for row in rows]
    if values:
        tx.write(_UPSERT, values)


def resolve(tx: Transaction, keys: Iterable[int], at: int) -> None:
    """Mark open incidents resolved, all in one statement."""
    resolved = list(keys)
    if resolved:
        tx.write(_RESOLVE, [lists(keys=resolved, buckets=map(bucket_of, resolved)) | {"at": at}])


def read(tx: Transaction, key: int) -> IncidentRow | None:
    """Return one incident."""
    row = tx.execute(_READ, key_of(key)).first()
    return None if row is None else record(IncidentRow, row)


def query(
    tx: Transaction,
    *,
    instance_key: int | None = None,
    instance_keys: Collection[int] | None = None,
    process_id: str | None = None,
    element_id: str | None = None,
    type: str | None = None,
    created_before: int | None = None,
    states: Collection[str] | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[IncidentRow]:
    """Return incidents that meet all conditions given, oldest first."""
    found = _SELECT
    if instance_key is not None:
        instance_keys = (instance_key,)
    if instance_keys is not None:
        buckets = {bucket_of(key) for key in instance_keys}
        found = found.where(incident.c.bucket.in_(buckets), incident.c.instance_key.in_(instance_keys))
    if element_id is not None:
        found = found.where(incident.c.element_id == element_id)
    if created_before is not None:
        found = found.where(incident.c.created_at < created_before)
    if process_id is not None:
        found = found.where(incident.c.process_id == process_id)
    if type is not None:
        found = found.where(incident.c.type == type)
    if states is not None:
        found = found.where(incident.c.state.in_(states))
    oldest_first = found.order_by(incident.c.created_at, drawn(incident))
    return records(IncidentRow, tx.execute(oldest_first.limit(limit).offset(offset)))

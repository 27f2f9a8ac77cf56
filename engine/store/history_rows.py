"""History rows: appended, read in order, never changed (the tables' triggers refuse it)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, exists, insert, select

from engine.history import chain_hash
from engine.store.prepared import Prepared
from engine.store.rows import HistoryRow, record, records
from engine.store.statements import at_key, columns, key_of, values_of
from engine.store.tables import history, instance
from engine.store.transaction import Transaction

_INSERT = Prepared(insert(history))
_SELECT = select(*columns(history, HistoryRow)).where(*at_key(history, "instance_key"))
_READ = _SELECT.where(history.c.seq >= bindparam("from_seq")).order_by(history.c.seq)
_LAST = _SELECT.order_by(history.c.seq.desc()).limit(1)

_ORPHANS = (
    select(history.c.instance_key)
    .distinct()
    .where(~exists().where(instance.c.bucket == history.c.bucket, instance.c.key == history.c.instance_key))
    .order_by(history.c.instance_key)
    .limit(bindparam("at_most"))
)


def append(tx: Transaction, rows: Iterable[HistoryRow]) -> None:
    """Append rows, all in one statement."""
    values = [values_of(row, row.instance_key) for row in rows]
    if values:
        tx.write(_INSERT, values)


def read(
    tx: Transaction, instance_key: int, *, from_seq: int = 0, limit: int | None = None
) -> list[HistoryRow]:
    """Return an instance's rows from ``from_seq`` on, in order; without ``limit`` all of them."""
    found = _READ if limit is None else _READ.limit(limit)
    return records(HistoryRow, tx.execute(found, key_of(instance_key) | {"from_seq": from_seq}))


def last(tx: Transaction, instance_key: int) -> HistoryRow | None:
    """Return the row with the highest number."""
    row = tx.execute(_LAST, key_of(instance_key)).first()
    return None if row is None else record(HistoryRow, row)


def orphans(tx: Transaction, *, limit: int = 1000) -> list[int]:
    """Return the keys of instances that have history but no row of their own: nothing of ours does that."""
    return [int(key) for (key,) in tx.execute(_ORPHANS, {"at_most": limit})]


def hash_of(row: HistoryRow) -> bytes:
    """Return the hash a row must have: over its other columns, the sealed payload and the hash before."""
    return chain_hash(
        row.prev_hash,
        instance_key=row.instance_key,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        on_behalf_of=row.on_behalf_of,
        command=row.command,
        format=row.format,
        semantics_version=row.semantics_version,
        payload=row.payload,
    )

"""Batches and their subjects: each is settled once, in the transaction that does the work."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Select, bindparam, func, literal_column, select
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store.office_tables import batch, batch_item
from engine.store.rows import BatchItemRow, BatchRow, record, records
from engine.store.statements import at_key, columns, drawn, key_of, literally, values_of
from engine.store.transaction import Transaction

_INSERT = insert_into(batch)
_INSERT_ITEMS = insert_into(batch_item)
_SELECT = select(*columns(batch, BatchRow))
_READ = _SELECT.where(*at_key(batch))
_ITEMS = select(*columns(batch_item, BatchItemRow)).where(*at_key(batch_item, "batch_key"))
_PENDING = (
    _ITEMS.where(batch_item.c.state == literally("pending"))
    .order_by(batch_item.c.number)
    .limit(bindparam("at_most"))
)
_RUNNING = select(literal_column("1")).where(*at_key(batch), batch.c.state == literally("running")).exists()
_SETTLE = (
    update_table(batch_item)
    .where(
        *at_key(batch_item, "batch_key"),
        batch_item.c.number == bindparam("of_number"),
        batch_item.c.state == literally("pending"),
        _RUNNING,
    )
    .values(state=bindparam("new_state"), done_at=bindparam("at"), message=bindparam("said"))
)
_END = (
    update_table(batch)
    .where(*at_key(batch), batch.c.state == literally("running"))
    .values(state=bindparam("new_state"), ended_at=bindparam("at"), content=bindparam("new_content"))
)
_COUNTS = (
    select(batch_item.c.batch_key, batch_item.c.state, func.count())
    .where(
        batch_item.c.bucket.in_(bindparam("buckets", expanding=True)),
        batch_item.c.batch_key.in_(bindparam("keys", expanding=True)),
    )
    .group_by(batch_item.c.batch_key, batch_item.c.state)
)


def insert(tx: Transaction, row: BatchRow, subjects: Iterable[int]) -> None:
    """Insert a batch with its subjects, numbered from 1."""
    tx.execute(_INSERT, [values_of(row, row.key) | {"dry_run": int(row.dry_run)}])
    items = [
        BatchItemRow(batch_key=row.key, number=number, subject_key=subject)
        for number, subject in enumerate(subjects, 1)
    ]
    if items:
        bucket = bucket_of(row.key)
        tx.execute(_INSERT_ITEMS, [asdict(item) | {"bucket": bucket} for item in items])


def read(tx: Transaction, key: int) -> BatchRow | None:
    """Return one batch."""
    row = tx.execute(_READ, key_of(key)).first()
    return None if row is None else _batch(row)


def query(tx: Transaction, *, states: Collection[str] | None, limit: int, offset: int) -> list[BatchRow]:
    """Return batches, the newest first."""
    found: Select[Any] = _SELECT if states is None else _SELECT.where(batch.c.state.in_(states))
    newest_first = found.order_by(batch.c.created_at.desc(), drawn(batch).desc())
    return [_batch(row) for row in tx.execute(newest_first.limit(limit).offset(offset))]


def items(
    tx: Transaction, key: int, *, states: Collection[str] | None, limit: int, offset: int
) -> list[BatchItemRow]:
    """Return subjects of a batch in their order."""
    found: Select[Any] = _ITEMS if states is None else _ITEMS.where(batch_item.c.state.in_(states))
    ordered = found.order_by(batch_item.c.number).limit(limit).offset(offset)
    return records(BatchItemRow, tx.execute(ordered, key_of(key)))


def pending(tx: Transaction, key: int, *, limit: int) -> list[BatchItemRow]:
    """Return the next subjects of a batch to be dealt with."""
    return records(BatchItemRow, tx.execute(_PENDING, key_of(key) | {"at_most": limit}))


def counts(tx: Transaction, keys: Collection[int]) -> dict[int, dict[str, int]]:
    """Return, by batch, how many subjects are in each state."""
    found: dict[int, dict[str, int]] = {key: {} for key in keys}
    if found:
        parameters = {"keys": sorted(found), "buckets": sorted({bucket_of(key) for key in found})}
        for key, state, number in tx.execute(_COUNTS, parameters):
            found[key][state] = number
    return found


def settle(tx: Transaction, item: BatchItemRow, *, state: str, at: int, message: bytes = b"") -> bool:
    """Note what becomes of a pending subject; False where it is settled already, or the batch cancelled."""
    parameters = key_of(item.batch_key) | {
        "of_number": item.number,
        "new_state": state,
        "at": at,
        "said": message,
    }
    return tx.execute(_SETTLE, parameters).rowcount == 1


def end(tx: Transaction, key: int, *, state: str, at: int, content: bytes) -> bool:
    """End a running batch; False where it has ended already."""
    parameters = key_of(key) | {"new_state": state, "at": at, "new_content": content}
    return tx.execute(_END, parameters).rowcount == 1


def _batch(row: Any) -> BatchRow:
    found = record(BatchRow, row)
    return BatchRow(**{**asdict(found), "dry_run": bool(found.dry_run)})

"""Erasing ended cases: which ones are over, what holds them, and what has to go besides the data key."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy import delete as delete_from
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store import data_keys, secret_rows
from engine.store.office_tables import batch, batch_item, hold
from engine.store.rows import HoldRow, InstanceRow, records
from engine.store.statements import (
    at_key,
    columns,
    insert_if_new,
    insert_new_into,
    key_of,
    literally,
    values_of,
)
from engine.store.tables import data_key, document, instance, job, once, user_task
from engine.store.transaction import Transaction

_CLEARED = (
    *(
        delete_from(table).where(
            table.c.bucket == bindparam("of_bucket"), table.c.root_key == bindparam("of_root")
        )
        for table in (once, document, user_task)
    ),
    update_table(instance)
    .where(instance.c.bucket == bindparam("of_bucket"), instance.c.root_key == bindparam("of_root"))
    .values(business_key=None),
)
_HOLD = insert_new_into(hold)
_RELEASE = delete_from(hold).where(*at_key(hold, "root_key"))
_HOLDS = select(*columns(hold, HoldRow)).order_by(hold.c.at)
_HELD = select(hold.c.root_key).where(*at_key(hold, "root_key"))
_ITEMS = delete_from(batch_item).where(*at_key(batch_item, "batch_key"))
_BATCH = delete_from(batch).where(*at_key(batch))
_CALLED = instance.alias("called")
# What an ended case still has to send: its own jobs, and those of instances it called.
_UNSENT = or_(
    select(job.c.key).where(job.c.bucket == instance.c.bucket, job.c.instance_key == instance.c.key).exists(),
    select(job.c.key)
    .join(_CALLED, and_(job.c.bucket == _CALLED.c.bucket, job.c.instance_key == _CALLED.c.key))
    .where(
        _CALLED.c.bucket == instance.c.bucket,
        _CALLED.c.root_key == instance.c.key,
        _CALLED.c.parent_key.is_not(None),
    )
    .exists(),
)
_SENDING = select(instance.c.key).where(*at_key(instance), _UNSENT)
_OVER = (
    select(*columns(instance, InstanceRow))
    .where(
        instance.c.process_id == bindparam("of_process"),
        instance.c.parent_key.is_(None),
        instance.c.ended_at < bindparam("before"),
        instance.c.key > bindparam("after"),
        select(data_key.c.root_key)
        .where(data_key.c.bucket == instance.c.bucket, data_key.c.root_key == instance.c.key)
        .exists(),
        ~select(hold.c.root_key)
        .where(hold.c.bucket == instance.c.bucket, hold.c.root_key == instance.c.key)
        .exists(),
        ~_UNSENT,
    )
    .order_by(instance.c.key)
    .limit(bindparam("at_most"))
)
_LOOSE = (
    select(document.c.root_key, document.c.ref, document.c.created_at)
    .where(
        document.c.created_at < bindparam("before"),
        document.c.root_key > bindparam("after"),
        ~select(instance.c.key)
        .where(instance.c.bucket == document.c.bucket, instance.c.key == document.c.root_key)
        .exists(),
    )
    .order_by(document.c.root_key, document.c.ref)
    .limit(bindparam("at_most"))
)
_OLD_BATCHES = (
    select(batch.c.bucket, batch.c.key)
    .where(batch.c.state != literally("running"), batch.c.ended_at < bindparam("before"))
    .limit(bindparam("at_most"))
)


def over(tx: Transaction, process_id: str, *, before: int, after: int, limit: int) -> list[InstanceRow]:
    """Return root cases that ended before an instant and can still be read, by key from ``after`` on.

    Those somebody holds are left out, and those that still have something to send.
    """
    parameters = {"of_process": process_id, "before": before, "after": after, "at_most": limit}
    return records(InstanceRow, tx.execute(_OVER, parameters))


def clear(tx: Transaction, root_key: int) -> None:
    """Destroy the data key of a case, and everything about people that is not sealed with it.

    History stays, unreadable; so its chain can still be verified.
    """
    where = {"of_bucket": bucket_of(root_key), "of_root": root_key}
    secret_rows.destroy_case(tx, root_key)
    for statement in _CLEARED:
        tx.execute(statement, where)
    data_keys.destroy(tx, root_key)


def loose_documents(tx: Transaction, *, before: int, after: int, limit: int) -> list[tuple[int, str, int]]:
    """Return documents of no case stored before an instant: key, reference, when; by key after ``after``."""
    found = tx.execute(_LOOSE, {"before": before, "after": after, "at_most": limit})
    return [(int(key), str(reference), int(at)) for key, reference, at in found]


def put_hold(tx: Transaction, row: HoldRow) -> bool:
    """Keep a case from being erased; False where somebody does already."""
    return insert_if_new(tx, _HOLD, values_of(row, row.root_key))


def release_hold(tx: Transaction, root_key: int) -> bool:
    """Let a case be erased when its time comes; False where nobody holds it."""
    return tx.execute(_RELEASE, key_of(root_key)).rowcount == 1


def holds(tx: Transaction) -> list[HoldRow]:
    """Return what is held, the oldest first."""
    return records(HoldRow, tx.execute(_HOLDS))


def is_held(tx: Transaction, root_key: int) -> bool:
    """Return whether somebody holds a case."""
    return tx.execute(_HELD, key_of(root_key)).first() is not None


def has_unsent(tx: Transaction, root_key: int) -> bool:
    """Return whether an ended case still has something to send."""
    return tx.execute(_SENDING, key_of(root_key)).first() is not None


def purge_batches(tx: Transaction, before: int, *, limit: int = 100) -> int:
    """Forget batches that ended before an instant, with their subjects and keys; return how many."""
    found = tx.execute(_OLD_BATCHES, {"before": before, "at_most": limit}).all()
    for _, key in found:
        tx.execute(_ITEMS, {"at_bucket": bucket_of(key), "at_key": key})
        tx.execute(_BATCH, key_of(key))
        data_keys.destroy(tx, key)
    return len(found)

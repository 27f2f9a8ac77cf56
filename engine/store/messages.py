"""Published messages that wait in the buffer, were delivered, or expired.

Publishing goes through ``correlation``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, func, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store import data_keys
from engine.store.rows import MessageRow, record, records
from engine.store.sealing import DataKey, place
from engine.store.statements import (
    at_key,
    bytes_parameter,
    columns,
    drawn,
    insert_new_into,
    key_of,
    literally,
    values_of,
)
from engine.store.tables import data_key, message, message_delivery
from engine.store.transaction import Transaction

_BUFFERED = literally("buffered")
_COLUMNS = columns(message, MessageRow)
_INSERT = insert_into(message)
_INSERT_DELIVERIES = insert_new_into(message_delivery)
_DELETE_DELIVERY = delete_from(message_delivery).where(
    *at_key(message_delivery, "message_key"), message_delivery.c.process_id == bindparam("of_process")
)
_DELIVERIES = select(message_delivery.c.message_key, message_delivery.c.process_id).where(
    message_delivery.c.bucket.in_(bindparam("buckets", expanding=True)),
    message_delivery.c.message_key.in_(bindparam("keys", expanding=True)),
)
_READ = select(*_COLUMNS).where(*at_key(message))
_WITH_KEY = (
    select(*_COLUMNS, data_key.c.kid, data_key.c.wrapped)
    .join(data_key, and_(data_key.c.bucket == message.c.bucket, data_key.c.root_key == message.c.key))
    .where(message.c.state == _BUFFERED, message.c.expires_at > bindparam("now"))
    .order_by(message.c.published_at, drawn(message))
    .limit(bindparam("at_most"))
)
_BY_CORRELATION = _WITH_KEY.where(
    message.c.bucket.in_(bindparam("buckets", expanding=True)),
    message.c.correlation_hash.in_(bindparam("hashes", expanding=True)),
)
_BY_NAME = _WITH_KEY.where(message.c.name_hash == bytes_parameter("of_name"))
_SAME = select(message.c.key, message.c.expires_at).where(
    message.c.bucket == bindparam("at_bucket"),
    message.c.correlation_hash == bytes_parameter("hash"),
    message.c.message_id == bindparam("id"),
    message.c.state == _BUFFERED,
)
_SET_STATE = update_table(message).where(*at_key(message)).values(state=bindparam("new_state"))
_OVERDUE = (
    select(message.c.bucket, message.c.key)
    .where(message.c.state == _BUFFERED, message.c.expires_at <= bindparam("now"))
    .order_by(message.c.expires_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("overdue")
)
_EXPIRE = (
    update_table(message)
    .where(message.c.bucket == _OVERDUE.c.bucket, message.c.key == _OVERDUE.c.key)
    .values(state="expired")
    .returning(message.c.key)
)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A buffered message with its payload opened."""

    message: MessageRow
    payload: bytes


def bucket_for(correlation_hash: bytes) -> int:
    """Return the bucket of messages with this hash, and of the row that publishing them locks."""
    return correlation_hash[0]


def insert(tx: Transaction, row: MessageRow, *, plain: bytes) -> DataKey:
    """Store a message, its payload sealed under a data key of its own, and return that key."""
    key = tx.keyring.new_data_key(row.key)
    data_keys.insert_key(tx, key)
    sealed = key.seal(place("message", row.key), plain)
    tx.execute(_INSERT, [values_of(row, row.key) | {"payload": sealed}])
    return key


def read(tx: Transaction, key: int) -> MessageRow | None:
    """Return one message."""
    row = tx.execute(_READ, key_of(key)).first()
    return None if row is None else record(MessageRow, row)


def same(tx: Transaction, correlation_hash: bytes, message_id: str) -> bool:
    """Return whether this message is in the buffer already; one that expired there makes room."""
    of_hash = {"at_bucket": bucket_for(correlation_hash), "hash": correlation_hash}
    row = tx.execute(_SAME, of_hash | {"id": message_id}).first()
    if row is None or row.expires_at > tx.now:
        return row is not None
    set_state(tx, row.key, "expired")
    return False


def set_state(tx: Transaction, key: int, state: str) -> None:
    """Move a message to another state: buffered, delivered or expired."""
    tx.execute(_SET_STATE, key_of(key) | {"new_state": state})


def buffered(tx: Transaction, hashes: Iterable[bytes], *, limit: int = 1000) -> list[Opened]:
    """Return the unexpired messages in the buffer for these correlation hashes, the oldest first."""
    wanted = sorted(set(hashes))
    parameters = {"buckets": sorted({bucket_for(each) for each in wanted}), "hashes": wanted}
    rows = tx.execute(_BY_CORRELATION, parameters | {"now": tx.now, "at_most": limit})
    return [_opened(tx, row) for row in rows]


def buffered_by_name(tx: Transaction, name_hash: bytes, *, limit: int = 1000) -> list[Opened]:
    """Return the unexpired messages of a name in the buffer, whatever their correlation key.

    The oldest first.
    """
    rows = tx.execute(_BY_NAME, {"of_name": name_hash, "now": tx.now, "at_most": limit})
    return [_opened(tx, row) for row in rows]


def deliveries(tx: Transaction, keys: Collection[int]) -> set[tuple[int, str]]:
    """Return to which processes these messages were delivered: pairs of message key and process id."""
    if not keys:
        return set()
    rows = tx.execute(
        _DELIVERIES, {"keys": sorted(keys), "buckets": sorted({bucket_of(key) for key in keys})}
    )
    return {(key, process_id) for key, process_id in rows}


def mark_delivered(tx: Transaction, pairs: Iterable[tuple[int, str]]) -> None:
    """Record that messages go to processes."""
    values = [
        {"bucket": bucket_of(key), "message_key": key, "process_id": process_id}
        for key, process_id in sorted(pairs)
    ]
    if values:
        tx.execute_for(_INSERT_DELIVERIES, values)


def unmark_delivered(tx: Transaction, key: int, process_id: str) -> bool:
    """Take back that a message went to a process; returns whether it was recorded."""
    return tx.execute(_DELETE_DELIVERY, key_of(key) | {"of_process": process_id}).rowcount == 1


def expire(tx: Transaction, now: int, *, limit: int = 500) -> int:
    """Take messages out of the buffer whose time is over at the business instant ``now``; return how many."""
    return len(tx.execute(_EXPIRE, {"now": now, "at_most": limit}).all())


def query(tx: Transaction, *, states: Collection[str] | None = None, limit: int = 100) -> list[MessageRow]:
    """Return messages, the newest first: what operators look at when something did not arrive."""
    found = select(*_COLUMNS)
    if states is not None:
        found = found.where(message.c.state.in_(states))
    newest_first = found.order_by(message.c.published_at.desc(), drawn(message).desc())
    return records(MessageRow, tx.execute(newest_first.limit(limit)))


def count(tx: Transaction, state: str) -> int:
    """Return how many messages are in a state."""
    return int(tx.execute(select(func.count()).where(message.c.state == state)).scalar_one())


def _opened(tx: Transaction, values: Sequence[Any]) -> Opened:
    *fields, kid, wrapped = values
    row = record(MessageRow, fields)
    key = tx.keyring.data_key(row.key, kid, wrapped)
    return Opened(message=row, payload=key.open(place("message", row.key), row.payload))

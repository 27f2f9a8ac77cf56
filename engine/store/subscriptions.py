"""Subscriptions: what waits for a message or a signal; ``correlation`` opens those for messages."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table

from engine.keys import bucket_of
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.rows import SubscriptionRow, record, records
from engine.store.statements import at_key, columns, drawn, key_of, literally, starts_of, values_of
from engine.store.tables import subscription
from engine.store.transaction import Transaction

_INSERT = Prepared(insert_into(subscription))
_DELETE = with_lists(
    lambda among: delete_from(subscription).where(
        among(subscription.c.bucket, "buckets"), among(subscription.c.key, "keys")
    )
)
_STARTS = (
    subscription.c.bucket == bindparam("at_bucket"),
    subscription.c.kind != literally("message"),
    subscription.c.kind.in_(("message_start", "signal_start")),
    subscription.c.process_id == bindparam("of_process"),
)
_DELETE_STARTS = delete_from(subscription).where(*_STARTS)
_SELECT = select(*columns(subscription, SubscriptionRow))
_READ = _SELECT.where(*at_key(subscription))
_OF_INSTANCE = _SELECT.where(
    subscription.c.bucket == bindparam("at_bucket"), subscription.c.instance_key == bindparam("at_key")
)


_REBIND = (
    update_table(subscription)
    .where(
        subscription.c.bucket == bindparam("at_bucket"), subscription.c.instance_key == bindparam("at_key")
    )
    .values(definition_key=bindparam("to_definition"))
)


def insert(tx: Transaction, rows: Iterable[SubscriptionRow]) -> None:
    """Insert signal and start subscriptions.

    Message subscriptions need ``correlation.open_subscriptions``.
    """
    values = [values_of(row, row.key) for row in rows]
    if values:
        tx.run_many(_INSERT, values)


def delete(tx: Transaction, keys: Iterable[int]) -> None:
    """Close subscriptions, all in one statement; those gone already do not matter."""
    unwanted = list(keys)
    if unwanted:
        tx.write(_DELETE, [lists(keys=unwanted, buckets=map(bucket_of, unwanted))])


def rebind(tx: Transaction, instance_key: int, definition_key: int) -> None:
    """Bind the open subscriptions of an instance to another version of its process."""
    tx.execute(_REBIND, key_of(instance_key) | {"to_definition": definition_key})


def delete_starts(tx: Transaction, process_id: str) -> None:
    """Close the message and signal starts of a process, of whatever version."""
    tx.execute(_DELETE_STARTS, starts_of(process_id))


def read(tx: Transaction, key: int) -> SubscriptionRow | None:
    """Return one subscription."""
    row = tx.execute(_READ, key_of(key)).first()
    return None if row is None else record(SubscriptionRow, row)


def query(tx: Transaction, *, instance_key: int) -> list[SubscriptionRow]:
    """Return the open subscriptions of an instance."""
    return records(
        SubscriptionRow, tx.execute(_OF_INSTANCE.order_by(drawn(subscription)), key_of(instance_key))
    )

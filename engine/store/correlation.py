"""Messages meet subscriptions: publishing and opening lock the same row first, so neither can miss the other.

Without that row, on READ COMMITTED, a publisher sees no subscription and an opener no message when both
happen at once (295 of 300 forced races lost each other). The order is instance → correlation: an opener holds
its instance's lock already, a publisher takes none and leaves the delivery to a job. SQLite has one writer
and needs no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, literal_column, select, union_all
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects import postgresql

from engine.store import messages, subscriptions
from engine.store.messages import Opened
from engine.store.rows import MessageRow, SubscriptionRow, records
from engine.store.sealing import DataKey
from engine.store.statements import (
    bytes_parameter,
    columns,
    drawn,
    insert_if_new,
    insert_new_into,
    literally,
    starts_of,
)
from engine.store.tables import correlation, message_start, subscription
from engine.store.transaction import Transaction

_MOST_WAITING = 1000  # subscriptions one message is compared with
_LOCK = (
    postgresql.insert(correlation)
    .values(uses=1)
    .on_conflict_do_update(
        index_elements=list(correlation.primary_key), set_={"uses": correlation.c.uses + 1}
    )
)
_COLUMNS = columns(subscription, SubscriptionRow)
_IN_INSTANCES = select(*_COLUMNS, literal_column("0").label("starts")).where(
    subscription.c.kind == literally("message"), subscription.c.correlation_hash == bytes_parameter("hash")
)
_STARTING = select(*_COLUMNS, literal_column("1").label("starts")).where(
    subscription.c.kind != literally("message"),
    subscription.c.kind == literally("message_start"),
    subscription.c.name_hash == bytes_parameter("of_name"),
)
_BOTH = union_all(_IN_INSTANCES, _STARTING).subquery()
# Instances that wait come before new ones, then who waits longest.
_WAITING = (
    select(*columns(_BOTH, SubscriptionRow))
    .order_by(_BOTH.c.starts, _BOTH.c.opened_at, drawn(_BOTH))
    .limit(bindparam("at_most"))
)
_LISTENING = (
    select(*_COLUMNS)
    .where(
        subscription.c.kind != literally("message"),
        subscription.c.kind.in_(("signal", "signal_start")),
        subscription.c.name_hash == bytes_parameter("of_name"),
        subscription.c.key > bindparam("after"),
    )
    .order_by(subscription.c.key)
    .limit(bindparam("at_most"))
)
_START_OF = select(*_COLUMNS).where(
    subscription.c.bucket == bindparam("at_bucket"),
    subscription.c.kind != literally("message"),
    subscription.c.kind == literally("message_start"),
    subscription.c.process_id == bindparam("of_process"),
)
_CLAIM_START = insert_new_into(message_start)
_RELEASE_START = (
    delete_from(message_start)
    .where(message_start.c.root_key == bindparam("at_key"))
    .returning(message_start.c.process_id, message_start.c.correlation_hash)
)


class Buffered(msgspec.Struct, frozen=True, kw_only=True):
    """A message from the buffer and the subscription it goes to; the payload is opened."""

    subscription: SubscriptionRow
    message: MessageRow
    payload: bytes


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a published message; the caller inserts one delivery job per match.

    ``data_key`` is the message's own, for sealing the jobs of start subscriptions; None where nothing was
    stored.
    """

    duplicate: bool
    message_key: int
    matches: list[SubscriptionRow]
    buffered: bool
    data_key: DataKey | None


def name_hash(tx: Transaction, name: str) -> bytes:
    """Return what stands for a message's or signal's name in indexes."""
    return tx.keyring.digest(name)


def correlation_hash(tx: Transaction, name: str, correlation_key: str) -> bytes:
    """Return what stands for a message's name and correlation key in indexes."""
    return tx.keyring.digest(f"{name}\0{correlation_key}")


def publish(
    tx: Transaction,
    *,
    key: Callable[[int], int],
    name: str,
    correlation_key: str,
    message_id: str,
    payload: bytes,
    expires_at: int,
) -> Published:
    """Find who waits for a message: one subscription per process id; keep it until ``expires_at`` for others.

    ``key`` makes the message's key in a bucket: that of the row publishing locks. ``payload`` is plain and is
    sealed here. With a ``message_id``, the same message is taken once while it is buffered.
    """
    name_digest, digest = name_hash(tx, name), correlation_hash(tx, name, correlation_key)
    _lock(tx, [digest])
    if message_id and messages.same(tx, digest, message_id):
        return Published(duplicate=True, message_key=0, matches=[], buffered=False, data_key=None)
    matches = _one_per_process(_waiting(tx, name_digest, digest))
    buffered = expires_at > tx.now
    # A message wholly delivered is in its instances' histories; everything else stays visible for operators.
    keep = buffered or not matches or any(match.instance_key is None for match in matches)
    data_key = None
    made = key(messages.bucket_for(digest))
    if keep:
        state = "buffered" if buffered else "delivered" if matches else "expired"
        row = MessageRow(
            key=made,
            name=name,
            name_hash=name_digest,
            correlation_hash=digest,
            message_id=message_id,
            published_at=tx.now,
            expires_at=expires_at,
            state=state,
            payload=b"",
        )
        data_key = messages.insert(tx, row, plain=payload)
        messages.mark_delivered(tx, [(made, match.process_id) for match in matches])
    return Published(duplicate=False, message_key=made, matches=matches, buffered=buffered, data_key=data_key)


def open_subscriptions(tx: Transaction, rows: Sequence[SubscriptionRow]) -> list[Buffered]:
    """Open subscriptions and return the buffered messages that were waiting for them, at most one each.

    A message goes to a process id once; what is returned counts as delivered.
    """
    waiting = [row for row in rows if row.kind == "message"]
    if waiting:
        _lock(tx, [row.correlation_hash for row in waiting])
    subscriptions.insert(tx, rows)
    return _from_buffer(tx, waiting) if waiting else []


def open_subscription(tx: Transaction, row: SubscriptionRow) -> Buffered | None:
    """Open one subscription; see ``open_subscriptions``."""
    return next(iter(open_subscriptions(tx, [row])), None)


def next_buffered(tx: Transaction, row: SubscriptionRow) -> Buffered | None:
    """Return the next buffered message for a subscription that stays open (non-interrupting events)."""
    _lock(tx, [row.correlation_hash])
    return next(iter(_from_buffer(tx, [row])), None)


def open_starts(tx: Transaction, rows: Sequence[SubscriptionRow]) -> list[Buffered]:
    """Return buffered messages for start subscriptions that are open, one per correlation key and process.

    Call it in a transaction after the one that opened them: what was published before is in the buffer, what
    is published later sees the subscription.
    """
    found: list[Buffered] = []
    for row in rows:
        candidates = messages.buffered_by_name(tx, row.name_hash)
        _lock(tx, [candidate.message.correlation_hash for candidate in candidates])
        found += _assigned(tx, candidates, [(row, each) for each in _hashes(candidates)])
    return found


def give_back(tx: Transaction, *, message_key: int, process_id: str) -> list[SubscriptionRow]:
    """Return a message to the buffer that could not be delivered to a process.

    Somebody else of it may be waiting.

    The returned subscription (at most one) counts as delivered to: make it a job.
    """
    row = messages.read(tx, message_key)
    if row is None or not messages.unmark_delivered(tx, message_key, process_id):
        return []
    _lock(tx, [row.correlation_hash])
    waiting = _waiting(tx, row.name_hash, row.correlation_hash)
    again = [each for each in waiting if each.process_id == process_id and each.instance_key is not None][:1]
    messages.mark_delivered(tx, [(message_key, each.process_id) for each in again])
    if not again and row.state == "delivered":  # it was not to be kept: for operators, it reached nobody
        messages.set_state(tx, message_key, "expired")
    return again


def broadcast(tx: Transaction, name: str, *, after: int = 0, limit: int = 500) -> list[SubscriptionRow]:
    """Return who listens to a signal now, in the order of keys from ``after`` on."""
    parameters = {"of_name": name_hash(tx, name), "after": after, "at_most": limit}
    return records(SubscriptionRow, tx.execute(_LISTENING, parameters))


def claim_start(tx: Transaction, *, process_id: str, correlation_hash: bytes, root_key: int) -> bool:
    """Make an instance the only one of its process running for a correlation key.

    False where there is one.
    """
    # Whoever ends the running instance looks for the next message under the same lock: neither misses the
    # other.
    _lock(tx, [correlation_hash])
    values: dict[str, Any] = {
        "bucket": messages.bucket_for(correlation_hash),
        "correlation_hash": correlation_hash,
        "process_id": process_id,
        "root_key": root_key,
    }
    return insert_if_new(tx, _CLAIM_START, values)


def hold(tx: Transaction, hashes: Sequence[bytes]) -> None:
    """Let nobody else publish, open or claim for these correlation hashes until the transaction ends."""
    _lock(tx, hashes)


def waiting_in(tx: Transaction, *, message_key: int, process_id: str) -> SubscriptionRow | None:
    """Return the running instance's subscription of a process that waits longest for a message's key."""
    row = messages.read(tx, message_key)
    waiting = () if row is None else _waiting(tx, row.name_hash, row.correlation_hash)
    own = (each for each in waiting if each.process_id == process_id and each.instance_key is not None)
    return next(own, None)


def release_start(tx: Transaction, root_key: int) -> list[Buffered]:
    """Let the next instance start that waited for this one to end.

    Return the buffered messages to start with.
    """
    found: list[Buffered] = []
    for process_id, digest in tx.execute(_RELEASE_START, {"at_key": root_key}).all():
        _lock(tx, [digest])
        candidates = messages.buffered(tx, [digest])
        names = {candidate.message.name_hash for candidate in candidates}
        starts = records(SubscriptionRow, tx.execute(_START_OF, starts_of(process_id)))
        wanted = [(start, digest) for start in starts if start.name_hash in names]
        found += _assigned(tx, candidates, wanted[:1])
    return found


def _lock(tx: Transaction, hashes: Iterable[bytes]) -> None:
    if tx.dialect == "postgresql":
        # Sorted, so that two openers of several subscriptions do not wait for each other.
        slots = sorted({(messages.bucket_for(digest), digest[1]) for digest in hashes})
        if slots:
            tx.execute(_LOCK, [{"bucket": bucket, "slot": slot} for bucket, slot in slots])


def _waiting(tx: Transaction, name_digest: bytes, digest: bytes) -> list[SubscriptionRow]:
    parameters = {"of_name": name_digest, "hash": digest, "at_most": _MOST_WAITING}
    return records(SubscriptionRow, tx.execute(_WAITING, parameters))


def _one_per_process(waiting: Iterable[SubscriptionRow]) -> list[SubscriptionRow]:
    first: dict[str, SubscriptionRow] = {}
    for row in waiting:
        first.setdefault(row.process_id, row)
    return list(first.values())


def _from_buffer(tx: Transaction, waiting: Sequence[SubscriptionRow]) -> list[Buffered]:
    candidates = messages.buffered(tx, [row.correlation_hash for row in waiting])
    return _assigned(tx, candidates, [(row, row.correlation_hash) for row in waiting])


def _hashes(candidates: Iterable[Opened]) -> list[bytes]:
    return list(dict.fromkeys(candidate.message.correlation_hash for candidate in candidates))


def _assigned(
    tx: Transaction, candidates: Sequence[Opened], wanted: Iterable[tuple[SubscriptionRow, bytes]]
) -> list[Buffered]:
    """Give each subscription the oldest message with its hash that its process has not had, and record it."""
    if not candidates:
        return []
    gone = messages.deliveries(tx, [candidate.message.key for candidate in candidates])
    found: list[Buffered] = []
    for row, digest in wanted:
        for each in candidates:
            pair = (each.message.key, row.process_id)
            if each.message.correlation_hash == digest and pair not in gone:
                gone.add(pair)
                found.append(Buffered(subscription=row, message=each.message, payload=each.payload))
                break
    messages.mark_delivered(tx, [(each.message.key, each.subscription.process_id) for each in found])
    return found

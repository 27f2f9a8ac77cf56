"""Messages and signals: published without any instance lock, delivered by fenced jobs of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.kernel import codec
from engine.kernel.values import accepted, accepted_text
from engine.keys import bucket_of, compose, number_of
from engine.model.records import JobState
from engine.process_engine.parts import Parts
from engine.store import Transaction, correlation, data_keys, jobs
from engine.store.rows import JobRow, SubscriptionRow
from engine.store.sealing import DataKey, place

MICROSECOND = dt.timedelta(microseconds=1)
_KEYS = 2_000
DEFAULT_TTL = dt.timedelta(
    days=30
)  # of messages the model itself throws: nothing is lost for want of a listener
PRIORITY = 50


class Numbers:
    """Key numbers for the rows of one publication."""

    def __init__(self, first: int) -> None:
        self._next = first

    def key(self, bucket: int) -> int:
        """Take a key in a bucket."""
        key = compose(bucket, self._next)
        self._next += 1
        return key


def publish(
    parts: Parts,
    name: str,
    *,
    correlation_key: str,
    variables: Mapping[str, Any] | None,
    ttl: dt.timedelta,
    message_id: str | None,
) -> list[int]:
    """Publish a message; return the keys of the delivery jobs it made.

    A message nobody waits for is buffered until its ``ttl`` ends; the same ``message_id`` is taken once
    while buffered.
    """
    values = accepted(variables)
    name, correlation_key = accepted_text(name, "message name"), accepted_text(correlation_key, "key")
    first = reserved(parts)

    def work(tx: Transaction) -> list[int]:
        return publish_in(
            tx,
            Numbers(first),
            name,
            correlation_key,
            values,
            expires_at=tx.now + ttl // MICROSECOND,
            message_id=message_id,
        )

    made = parts.store.run(work)
    parts.hint(made)
    return made


def reserved(parts: Parts) -> int:
    """Reserve key numbers for one publication and return the first."""
    allocator = parts.store.allocator()
    first = allocator.base(reserve=_KEYS)
    allocator.used(_KEYS)
    return first


def publish_in(
    tx: Transaction,
    numbers: Numbers,
    name: str,
    correlation_key: str,
    values: dict[str, Any],
    *,
    expires_at: int,
    message_id: str | None,
    only: str | None = None,
) -> list[int]:
    """Publish in an open transaction; ``only`` one process has not had the message yet (None: all)."""
    content = {"name": name, "variables": values, "correlation_key": correlation_key}
    published = correlation.publish(
        tx,
        key=numbers.key,
        name=name,
        correlation_key=correlation_key,
        message_id=message_id or "",
        payload=codec.encode_values(content),
        expires_at=expires_at,
    )
    if published.duplicate:
        return []
    payload = {**content, "message_key": published.message_key}
    matches = [each for each in published.matches if only in (None, each.process_id)]
    return deliver_in(tx, numbers, matches, payload, "message", published.data_key)


def start_buffered(tx: Transaction, numbers: Numbers, opened: list[SubscriptionRow]) -> None:
    """Let messages that were waiting in the buffer start instances of a process deployed only now."""
    for found in correlation.open_starts(tx, opened):
        content = {**codec.decode_values(found.payload), "message_key": found.message.key}
        data_key = data_keys.read(tx, [found.message.key]).get(found.message.key)
        deliver_in(tx, numbers, [found.subscription], content, "message", data_key)


def broadcast(parts: Parts, name: str, *, variables: Mapping[str, Any] | None) -> list[int]:
    """Broadcast a signal to all subscriptions open at this moment; return the keys of the delivery jobs."""
    values = accepted(variables)
    made: list[int] = []
    after = 0
    while True:
        batch, after = _broadcast_batch(parts, name, values, after)
        parts.hint(batch)
        made += batch
        if not after:
            return made


def _broadcast_batch(parts: Parts, name: str, values: dict[str, Any], after: int) -> tuple[list[int], int]:
    first = reserved(parts)
    return parts.store.run(lambda tx: broadcast_in(tx, Numbers(first), name, values, after=after))


def broadcast_in(
    tx: Transaction,
    numbers: Numbers,
    name: str,
    values: dict[str, Any],
    *,
    after: int = 0,
    thrown: JobRow | None = None,
) -> tuple[list[int], int]:
    """Make the delivery jobs of one bounded batch; return their keys and where the next batch begins (0:
    none).

    A signal ``thrown`` by an instance reaches only subscriptions that were open before.
    """
    found = correlation.broadcast(tx, name, after=after, limit=500)
    heard = [each for each in found if thrown is None or _open_before(each, thrown)]
    made = deliver_in(tx, numbers, heard, {"name": name, "variables": values}, "signal", None)
    return made, found[-1].key if len(found) == 500 else 0


def _open_before(subscription: SubscriptionRow, thrown: JobRow) -> bool:
    """Return whether a subscription was open when a signal was thrown; inside one step the keys tell."""
    if subscription.opened_at != thrown.created_at or subscription.instance_key != thrown.instance_key:
        return subscription.opened_at <= thrown.created_at
    return number_of(subscription.key) < number_of(thrown.element_key or 0)


def deliver_in(
    tx: Transaction,
    numbers: Numbers,
    matches: list[SubscriptionRow],
    payload: dict[str, Any],
    kind: str,
    starts_key: DataKey | None,
) -> list[int]:
    """Make one delivery job per subscription; return their keys.

    What starts an instance is sealed with the message's own key (``starts_key``), a signal's with a key
    made for it.
    """
    keys = data_keys.read(tx, {each.root_key for each in matches})
    rows = []
    for match in matches:
        key = numbers.key(bucket_of(match.key))
        data_key = keys[match.root_key] if match.root_key is not None else starts_key
        if data_key is None:
            data_key = tx.keyring.new_data_key(key)
            data_keys.insert_key(tx, data_key)
        content = codec.encode_values({**payload, "subscription": match.key})
        rows.append(_delivery(tx, key, kind, match, data_key, content))
    jobs.insert(tx, rows)
    return [row.key for row in rows]


def _delivery(
    tx: Transaction, key: int, kind: str, match: SubscriptionRow, data_key: DataKey, content: bytes
) -> JobRow:
    """Return the job that brings a message or signal to a subscription, or starts an instance with it."""
    starts = match.instance_key is None
    return JobRow(
        key=key,
        kind=f"{kind}_start" if starts else kind,
        instance_key=match.instance_key,
        root_key=match.root_key,
        element_key=match.element_key,
        element_id=match.element_id,
        process_id=match.process_id,
        type="",
        stage=JobState.READY,
        priority=PRIORITY,
        due_at=tx.now,
        idempotency_key=str(data_key.root_key) if starts else "",
        created_at=tx.now,
        payload=data_key.seal(place("job", key), content),
        page=match.page,
    )


def again(row: JobRow, data_key: DataKey, payload: dict[str, Any], now: int) -> JobRow:
    """Return a job of the same key that goes on where this one stopped."""
    sealed = data_key.seal(place("job", row.key), codec.encode_values(payload))
    return msgspec.structs.replace(
        row, stage=JobState.READY, lock_owner=None, lock_until=None, attempt=0, payload=sealed, due_at=now
    )

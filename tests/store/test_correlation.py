"""A message and the one who waits for it always meet: once, whoever comes first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine.keys import bucket_of, bucket_of_text, compose
from engine.store import Store, Transaction, correlation, data_keys, messages, subscriptions
from engine.store.correlation import Buffered, Published
from tests.store.rows import insert_instance, root_key, subscription_row
from tests.store.waiting import all_at_once

HOUR = 3_600_000_000
RACES = 60
MESSAGES = 1_000_000  # their numbers: apart from those of instances, for they may share a bucket


def message_key(store: Store, number: int) -> int:
    return compose(messages.bucket_for(store.keyring.digest("paid\x0042")), MESSAGES + number)


def publish(
    store: Store, number: int, *, ttl: int = HOUR, message_id: str = "", correlation_key: str = "42"
) -> Published:
    return store.run(
        lambda tx: correlation.publish(
            tx,
            key=lambda bucket: compose(bucket, MESSAGES + number),
            name="paid",
            correlation_key=correlation_key,
            message_id=message_id,
            payload=f"payload {number}".encode(),
            expires_at=tx.now + ttl,
        )
    )


def subscribe(store: Store, number: int, **values: Any) -> Buffered | None:
    root = root_key(number)

    def work(tx: Transaction) -> Buffered | None:
        insert_instance(tx, root)
        row = subscription_row(tx, compose(bucket_of(root), 10_000 + number), root, **values)
        return correlation.open_subscription(tx, row)

    return store.run(work)


def test_who_waits_gets_the_message(store: Store) -> None:
    assert subscribe(store, 1) is None
    published = publish(store, 1, ttl=0)
    assert [match.root_key for match in published.matches] == [root_key(1)]
    assert not published.buffered
    assert published.data_key is None, "nothing of a message wholly delivered is kept apart"


def test_who_comes_later_gets_it_from_the_buffer_once(store: Store) -> None:
    assert publish(store, 1).buffered
    publish(store, 2)
    first, second, third = (subscribe(store, number) for number in (1, 2, 3))
    assert first is not None
    assert (first.payload, first.message.key) == (b"payload 1", message_key(store, 1))
    assert second is not None
    assert second.payload == b"payload 2"
    assert third is None


def test_another_key_or_name_is_another_message(store: Store) -> None:
    publish(store, 1)
    assert subscribe(store, 1, correlation_key="43") is None
    assert subscribe(store, 2, name="paid\x01", correlation_key="2") is None


def test_a_message_goes_once_to_each_process(store: Store) -> None:
    for number in (1, 2):
        subscribe(store, number, process_id="a", opened_at=10 - number)
    subscribe(store, 3, process_id="b")
    published = publish(store, 1)
    assert {match.process_id: match.root_key for match in published.matches} == {
        "a": root_key(2),
        "b": root_key(3),
    }
    assert subscribe(store, 4, process_id="a") is None
    late = subscribe(store, 5, process_id="c")
    assert late is not None
    assert late.payload == b"payload 1"


def test_the_same_message_is_taken_once_while_it_is_buffered(store: Store, moving_clock: Any) -> None:
    assert not publish(store, 1, message_id="m").duplicate
    assert publish(store, 2, message_id="m").duplicate
    assert not publish(store, 3, message_id="m", correlation_key="43").duplicate
    moving_clock.advance(dt.timedelta(hours=2))
    assert not publish(store, 4, message_id="m").duplicate


def test_an_expired_message_reaches_nobody_and_stays_visible(store: Store, moving_clock: Any) -> None:
    publish(store, 1, ttl=10)
    publish(store, 2, ttl=0)
    moving_clock.advance(dt.timedelta(microseconds=10))
    assert subscribe(store, 1) is None
    assert store.run(lambda tx: messages.expire(tx, tx.now)) == 1
    with store.reading() as tx:
        assert {row.key for row in messages.query(tx, states=["expired"])} == {
            message_key(store, 1),
            message_key(store, 2),
        }


def test_several_of_one_verb_share_the_buffer(store: Store) -> None:
    publish(store, 1)
    publish(store, 2, correlation_key="43")

    def work(tx: Transaction) -> list[Buffered]:
        insert_instance(tx, root_key(1))
        rows = [
            subscription_row(
                tx, compose(bucket_of(root_key(1)), 20_000 + n), root_key(1), correlation_key=key
            )
            for n, key in enumerate(("42", "42", "43", "44"))
        ]
        return correlation.open_subscriptions(tx, rows)

    found = store.run(work)
    assert sorted(each.payload for each in found) == [b"payload 1", b"payload 2"]


def test_what_could_not_be_delivered_finds_another_one_or_waits(store: Store) -> None:
    subscribe(store, 1)
    (match,) = publish(store, 1).matches
    store.run(lambda tx: subscriptions.delete(tx, [match.key]))

    def give_back(tx: Transaction) -> list[int | None]:
        again = correlation.give_back(tx, message_key=message_key(store, 1), process_id="process")
        return [row.root_key for row in again]

    assert store.run(give_back) == []
    found = subscribe(store, 2)
    assert found is not None
    assert found.payload == b"payload 1"
    assert store.run(give_back) == [root_key(2)]
    assert subscribe(store, 3) is None


def start_row(tx: Transaction, number: int, process_id: str = "process") -> Any:
    key = compose(bucket_of_text(process_id), number)
    return subscription_row(tx, key, None, kind="message_start", process_id=process_id, element_id="begin")


def test_a_message_starts_one_instance_per_key_at_a_time(store: Store) -> None:
    store.run(lambda tx: subscriptions.insert(tx, [start_row(tx, 1)]))
    one, two = publish(store, 1), publish(store, 2)
    assert [match.kind for match in one.matches + two.matches] == ["message_start"] * 2
    digest = store.run(lambda tx: correlation.correlation_hash(tx, "paid", "42"))

    def claim(tx: Transaction, root: int) -> bool:
        return correlation.claim_start(tx, process_id="process", correlation_hash=digest, root_key=root)

    assert store.run(lambda tx: claim(tx, root_key(1)))
    assert not store.run(lambda tx: claim(tx, root_key(2)))
    assert (
        store.run(
            lambda tx: correlation.give_back(tx, message_key=message_key(store, 2), process_id="process")
        )
        == []
    )
    (following,) = store.run(lambda tx: correlation.release_start(tx, root_key(1)))
    assert (following.payload, following.subscription.kind) == (b"payload 2", "message_start")
    assert store.run(lambda tx: claim(tx, root_key(2)))


def test_a_new_start_finds_what_was_published_before_it_was_deployed(store: Store) -> None:
    publish(store, 1)
    publish(store, 2, correlation_key="43")
    row = store.run(lambda tx: start_row(tx, 1))
    store.run(lambda tx: subscriptions.insert(tx, [row]))
    found = store.run(lambda tx: correlation.open_starts(tx, [row]))
    assert sorted(each.payload for each in found) == [b"payload 1", b"payload 2"]
    assert store.run(lambda tx: correlation.open_starts(tx, [row])) == []
    store.run(lambda tx: subscriptions.delete_starts(tx, "process"))
    assert publish(store, 3).matches == []


def test_a_message_opens_only_with_its_own_key(store: Store) -> None:
    publish(store, 1)
    assert store.run(lambda tx: data_keys.destroy(tx, message_key(store, 1)))
    assert subscribe(store, 1) is None


def test_a_signal_reaches_who_listens_now_in_batches(store: Store) -> None:
    for number in (1, 2, 3):
        subscribe(store, number, kind="signal", name="closed", correlation_key="")
    subscribe(store, 4, kind="signal", name="opened", correlation_key="")
    with store.reading() as tx:
        first = correlation.broadcast(tx, "closed", limit=2)
        rest = correlation.broadcast(tx, "closed", after=first[-1].key, limit=2)
    assert sorted(row.root_key or 0 for row in first + rest) == sorted(root_key(n) for n in (1, 2, 3))


def race(store: Store, number: int) -> int:
    """Publish and subscribe at once; return how often they met."""
    key = str(number)
    roots = root_key(number)
    store.run(lambda tx: insert_instance(tx, roots))

    def opening(tx: Transaction) -> int:
        row = subscription_row(tx, compose(bucket_of(roots), 50_000 + number), roots, correlation_key=key)
        return 0 if correlation.open_subscription(tx, row) is None else 1

    def publishing() -> int:
        return len(publish(store, number, correlation_key=key).matches)

    return sum(all_at_once([lambda: store.run(opening), publishing]))


def test_publisher_and_opener_never_miss_each_other(store: Store) -> None:
    met = [race(store, number) for number in range(1, RACES + 1)]
    assert met == [1] * RACES


@pytest.mark.torture
def test_three_hundred_races_lose_nothing(store: Store) -> None:
    met = [race(store, number) for number in range(1, 301)]
    assert met == [1] * 300

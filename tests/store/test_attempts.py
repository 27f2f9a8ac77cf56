"""Tries from one place: so many are free, then they come back one by one; successes cost none."""

from __future__ import annotations

from engine.store import Store, attempts
from tests.store.waiting import all_at_once

FREE, PRICE = 20, 30_000_000
NOON = 1_800_000_000_000_000


def take(store: Store, subject: str, now: int) -> bool:
    return store.run(lambda tx: attempts.take(tx, subject, free=FREE, price_us=PRICE, now=now))


def test_tries_come_back_and_successes_cost_none(store: Store) -> None:
    for _ in range(2 * FREE):
        assert take(store, "one", NOON)
        store.run(lambda tx: attempts.give_back(tx, "one", price_us=PRICE))
    assert all(take(store, "one", NOON) for _ in range(FREE))
    assert not take(store, "one", NOON)
    assert take(store, "other", NOON)
    assert not take(store, "one", NOON + PRICE - 1)
    assert take(store, "one", NOON + PRICE)
    assert not take(store, "one", NOON + PRICE)


def test_two_tries_at_the_same_moment_are_both_counted(store: Store) -> None:
    for _ in range(FREE - 1):
        take(store, "one", NOON)
    assert sorted(all_at_once([lambda: take(store, "one", NOON)] * 3)) == [False, False, True]


def test_places_that_owe_nothing_are_forgotten(store: Store) -> None:
    take(store, "one", 1)
    assert store.run(attempts.forget) == 1
    assert store.run(attempts.forget) == 0

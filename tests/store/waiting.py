"""Threads that meet in the database: starting one, and knowing that it waits there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from engine.store import Transaction

T = TypeVar("T")
# pg_stat_activity would show the same picture for the whole transaction; pg_locks is always the present.
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def beside(work: Callable[[], T]) -> Future[T]:
    """Run work on a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def until_blocked(tx: Transaction, *, count: int = 1) -> None:
    """Return once ``count`` others wait for a lock of this one; on SQLite they cannot even begin."""
    if tx.dialect == "sqlite":
        return
    waiting = 0
    while waiting < count:
        waiting = tx.connection.exec_driver_sql(_WAITING).scalar_one()


def all_at_once(works: list[Callable[[], T]]) -> list[T]:
    """Run works on threads of their own that start together; return their results in order."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        barrier.wait()
        return work()

    futures = [beside(partial(run, work)) for work in works]
    return [future.result(timeout=60) for future in futures]

"""The line is cut while the server still waits for a lock in a verb's writes, COMMIT sent along with them.

It carries on and commits later than we can look: the verb happens once all the same, and its caller is told.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
import pytest
from sqlalchemy import event, text

from engine import ProcessEngine, VirtualClock
from engine.store import Store
from tests.builders import process
from tests.store.waiting import beside, until_blocked

T = TypeVar("T")
_NOBODY_WRITES = text("LOCK TABLE user_task IN SHARE MODE")  # the case itself is written before
_WHO_WAITS = "SELECT pid FROM pg_locks WHERE NOT granted"


@pytest.fixture
def office(postgresql_url: str, clock: VirtualClock) -> Iterator[ProcessEngine]:
    """An engine whose statements may wait for long, with a task to complete."""
    with ProcessEngine(f"{postgresql_url}&lock_timeout=25", clock=clock) as engine:
        engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
        yield engine
        assert engine.verify().ok


@pytest.fixture
def blocker(postgresql_url: str, office: ProcessEngine) -> Iterator[Store]:
    """Another program in the same database."""
    store = Store(postgresql_url, keyring=office.parts.store.keyring)
    yield store
    store.close()


def cut_under_way(office: ProcessEngine, blocker: Store, work: Callable[[], T]) -> T:
    """Do work whose line is cut while it waits for a lock, which is released when it was repeated."""
    used: list[psycopg.Connection[Any]] = []
    event.listen(office.parts.store._database, "checkout", lambda driver, *_: used.append(driver))
    with blocker.transaction() as tx:
        tx.execute(_NOBODY_WRITES)
        done = beside(work)
        until_blocked(tx)
        pid = tx.connection.exec_driver_sql(_WHO_WAITS).scalar_one()
        (line,) = {each.pgconn for each in used if not each.closed and each.pgconn.backend_pid == pid}
        with socket.socket(fileno=os.dup(line.socket)) as end:
            end.shutdown(socket.SHUT_RDWR)
        until_blocked(tx, count=2)
    return done.result(timeout=60)


def test_a_start_that_commits_after_its_line_was_cut_is_the_one_told(
    office: ProcessEngine, blocker: Store
) -> None:
    started = cut_under_way(office, blocker, lambda: office.start("p", actor="anna"))
    assert [each.key for each in office.instances()] == [started.key]


def test_a_completion_that_commits_after_its_line_was_cut_is_no_conflict(
    office: ProcessEngine, blocker: Store
) -> None:
    key = office.start("p", actor="anna").key
    (task,) = office.user_tasks(instance_key=key)
    cut_under_way(office, blocker, lambda: office.complete(task.key, actor="jan"))
    assert office.instance(key).state == "completed"

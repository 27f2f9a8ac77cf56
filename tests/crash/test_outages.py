"""The database goes away, is busy, is full or too new: each verb happens once or not at all, and what is told
is one sentence."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, Pool, create_engine, event, text

from engine import Incompatible, ProcessEngine, Unavailable, VirtualClock
from tests.builders import process
from tests.store.waiting import beside

_BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE application_name = 'obieg' AND datname = current_database()
"""


def test_backends_terminated_in_the_middle_of_verbs_lose_nothing(
    postgresql_url: str, clock: VirtualClock
) -> None:
    with ProcessEngine(postgresql_url, clock=clock) as engine, terminating(postgresql_url) as cut:
        engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
        for statement in range(1, 9):
            with cut.after(statement):
                key = engine.start("p", actor="anna").key
            (task,) = engine.user_tasks(instance_key=key)
            with cut.after(statement):
                engine.complete(task.key, actor="jan")
            assert engine.instance(key).state == "completed"
        assert cut.times == 6  # three statements each: every place there is was cut
        assert len(engine.instances()) == 8
        assert engine.verify().ok


def test_a_database_that_crashes_and_recovers_loses_nothing(postgresql_url: str, clock: VirtualClock) -> None:
    """SIGKILL to one backend makes PostgreSQL end all of them and recover from its log, as after a crash."""
    with ProcessEngine(postgresql_url, clock=clock) as engine:
        engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
        under_way = threading.Event()

        def file_all() -> None:
            for number in range(40):
                engine.start("p", actor="anna", request_id=f"r{number}")
                under_way.set()

        filing = beside(file_all)
        assert under_way.wait(timeout=30)
        os.kill(backend_of(postgresql_url), signal.SIGKILL)
        filing.result(timeout=120)
        assert len(engine.instances(limit=1000)) == 40
        assert engine.verify().ok


def test_a_busy_file_is_waited_for_or_told_in_one_sentence(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "busy.db"
    with ProcessEngine(f"sqlite:///{path}", clock=clock) as engine:
        engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        filing = beside(lambda: engine.start("p", actor="anna"))
        assert not filing.done()
        other.execute("COMMIT")
        assert engine.instance(filing.result(timeout=30).key).state == "active"
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("engine.store.database.PATIENCE", 0.0)
        with pytest.raises(
            Unavailable, match=r"^another program is writing to the database file; nothing was"
        ):
            engine.start("p", actor="anna")
        assert len(engine.instances()) == 1  # reading is possible all the while
        other.execute("COMMIT")
        other.close()
        assert engine.verify().ok


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path, clock: VirtualClock) -> None:
    with ProcessEngine(f"sqlite:///{tmp_path / 'full.db'}", clock=clock) as engine:
        engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
        with disk_of(pages=200):
            with pytest.raises(
                Unavailable, match=r"^the disk is full; free some space; nothing was written$"
            ):
                file_many(engine, 1000)
            filed = len(engine.instances(limit=1000))
            assert 0 < filed < 1000
            assert engine.verify().ok
        with disk_of(pages=100_000):
            file_many(engine, 1)
        assert len(engine.instances(limit=1000)) == filed + 1
        assert engine.verify().ok


def test_a_newer_database_is_refused_and_left_as_it_is(database_url: str) -> None:
    database = create_engine(database_url)
    with database.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
        with pytest.raises(Incompatible, match=r"9999.*newer Obieg: upgrade this program first"):
            ProcessEngine(database_url)
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    database.dispose()


def file_many(engine: ProcessEngine, count: int) -> None:
    """Start so many cases of 20 kB each."""
    for _ in range(count):
        engine.start("p", variables={"text": "x" * 20_000}, actor="anna")


@contextmanager
def disk_of(*, pages: int) -> Iterator[None]:
    """Let SQLite believe that the disk ends after so many pages: the error is the one of a full disk."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Pool, "checkout", limit)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", limit)


class Terminator:
    """Ends the PostgreSQL backend of the engine under test after one of its statements."""

    def __init__(self, url: str) -> None:
        self._own = create_engine(url)
        self._left = 0
        self.times = 0

    @contextmanager
    def after(self, statement: int) -> Iterator[None]:
        """Cut the connection after so many statements of the block, if it has so many."""
        self._left = statement
        yield
        self._left = 0

    def count(self, connection: Connection, *_: object) -> None:
        """Count a statement and cut the connection where it was the one."""
        if connection.engine is self._own:
            return
        self._left -= 1
        if self._left == 0:
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            with self._own.connect() as own:
                assert own.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar_one()
            self.times += 1

    def close(self) -> None:
        """Give the connection back."""
        self._own.dispose()


@contextmanager
def terminating(url: str) -> Iterator[Terminator]:
    """Count statements for as long as the block lasts."""
    cut = Terminator(url)
    event.listen(Engine, "after_cursor_execute", cut.count)
    try:
        yield cut
    finally:
        event.remove(Engine, "after_cursor_execute", cut.count)
        cut.close()


def backend_of(url: str) -> int:
    """Return the process id of a backend serving the engine."""
    database = create_engine(url)
    with database.connect() as connection:
        found = connection.exec_driver_sql(_BACKENDS)
        pid: int = found.scalars().all()[0]
    database.dispose()
    return pid

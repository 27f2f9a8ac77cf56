"""The database goes away, is busy, is full, or does not say whether it committed: each verb happens once or
not at all, and what is told is one sentence."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text

from engine import (
    Completed,
    Conflict,
    HandlerRegistry,
    Incompatible,
    JobContext,
    NotFound,
    ProcessEngine,
    Unavailable,
    VirtualClock,
    failpoint,
)
from engine.process_engine import handler_runs
from engine.scheduler import recover
from engine.store import jobs
from engine.store.rows import JobRow
from engine.store.tables import secret
from tests.builders import process
from tests.store.waiting import beside

LOST = "raise:OperationalError"  # what SQLAlchemy raises when a connection broke
MOST_PLACES = 60


class Receiver:
    """An outside system that de-duplicates, and a handler that calls it."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.registry = HandlerRegistry()
        self.registry.handler("send")(self._send)

    def _send(self, context: JobContext) -> Completed:
        def perform() -> dict[str, str]:
            self.keys.append(context.job.idempotency_key)
            return {"answer": "taken"}

        reference = context.draw("code", lambda: "4711")
        reply = context.effect("send", perform)
        return Completed({"reference": reference, "answer": reply["answer"]})


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def office(database_url: str, clock: VirtualClock, receiver: Receiver) -> Iterator[ProcessEngine]:
    """An engine with failpoints, a task to complete and a handler; all it did is verified at the end."""
    failpoint.configure("nothing=hang")  # wired when the engine opens
    engine = ProcessEngine(database_url, clock=clock, handlers=receiver.registry)
    drawing = process("p").start().user_task("t").service_task("s", "send").end("done")
    engine.deploy(drawing.files(), by="owner")
    yield engine
    failpoint.configure("")
    report = engine.verify()
    engine.close()
    assert report.ok, report


def places_crossed(work: Callable[[], object], log: Path) -> int:
    """Run work undisturbed and return how many failpoints it crosses."""
    log.unlink(missing_ok=True)
    failpoint.configure("", log=str(log))
    work()
    failpoint.configure("nothing=hang")
    return min(len(log.read_text().splitlines()), MOST_PLACES)


@contextmanager
def broken_at(place: int) -> Iterator[None]:
    """Let the connection break once, at the failpoint of this number."""
    failpoint.configure(f"*=nth:{place}={LOST}")
    try:
        yield
    finally:
        failpoint.configure("nothing=hang")


def test_a_start_cut_off_anywhere_happens_once(office: ProcessEngine, tmp_path: Path) -> None:
    places = places_crossed(lambda: office.start("p", actor="anna"), tmp_path / "places")
    assert places > 8
    for place in range(1, places + 1):
        with broken_at(place):
            started = office.start("p", business_key=str(place), actor="anna")
        assert [each.key for each in office.instances(business_key=str(place))] == [started.key]


def test_a_completion_cut_off_anywhere_happens_once(office: ProcessEngine, tmp_path: Path) -> None:
    def next_task() -> int:
        return office.user_tasks(instance_key=office.start("p", actor="anna").key)[0].key

    task = next_task()
    places = places_crossed(lambda: office.complete(task, actor="jan"), tmp_path / "places")
    assert places > 8
    for place in range(1, places + 1):
        task = next_task()
        with broken_at(place):
            office.complete(task, actor="jan")
        with pytest.raises((Conflict, NotFound)):
            office.complete(task, actor="jan")
        found = office.activate_jobs("send", worker="w", limit=10, lease=dt.timedelta(minutes=1))
        key = office.user_task(task).instance_key
        assert [job.instance_key for job in found if job.instance_key == key] == [key]


def test_a_job_cut_off_anywhere_has_one_effect_and_one_secret(
    office: ProcessEngine, receiver: Receiver, clock: VirtualClock, tmp_path: Path
) -> None:
    def claim() -> tuple[int, JobRow]:
        key = office.start("p", actor="anna").key
        office.complete(office.user_tasks(instance_key=key)[0].key, actor="jan")
        (row,) = office.parts.store.run(
            lambda tx: jobs.claim(tx, types=("send",), owner="w", limit=1, lease_us=0)
        )
        return key, row

    key, row = claim()
    places = places_crossed(lambda: handler_runs.run_claimed(office.parts, row), tmp_path / "places")
    assert places > 15
    for place in range(1, places + 1):
        key, row = claim()
        with broken_at(place):
            run_as_a_worker_does(office, row)
        recover(office.parts)
        clock.advance(dt.timedelta(hours=6))
        office.run_until_idle()
        assert office.instance(key).state == "completed", f"lost at place {place}"
        assert office.variables(key)["answer"] == "taken"
        with office.parts.store.reading() as tx:
            drawn = tx.execute(secret.select().where(secret.c.root_key == key)).all()
        assert len(drawn) == 1
    assert len(set(receiver.keys)) == places + 1
    repeated = len(receiver.keys) - (places + 1)
    assert repeated <= 4, f"{repeated} effects were repeated, though the connection broke once each time"


def run_as_a_worker_does(office: ProcessEngine, row: JobRow) -> None:
    """Run a claimed job; where the database was away, the lease brings it back."""
    try:
        handler_runs.run_claimed(office.parts, row)
    except Unavailable:
        return


def test_a_publication_nobody_acknowledged_is_told_so_and_can_be_repeated(
    database_url: str, clock: VirtualClock
) -> None:
    failpoint.configure("nothing=hang")
    with ProcessEngine(database_url, clock=clock) as engine:
        engine.deploy(
            process("p").start().catch_message("m", "hear", key='="1"').end("done").files(), by="owner"
        )
        send = partial(
            engine.publish_message, "m", correlation_key="1", ttl=dt.timedelta(hours=1), message_id="once"
        )
        engine.publish_message("warm-up", ttl=dt.timedelta(0))
        failpoint.configure(f"store.commit.after={LOST}")
        with pytest.raises(Unavailable, match="not known whether"):
            send()
        failpoint.configure("")
        send()
        one, other = (engine.start("p", actor="anna").key for _ in range(2))
        engine.run_until_idle()
        assert sorted(str(engine.instance(key).state) for key in (one, other)) == ["active", "completed"]
        assert engine.verify().ok


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
        assert cut.times >= 8
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
    for number in range(count):
        assert len(engine.instances(limit=1000)) >= number
        engine.start("p", variables={"text": "x" * 20_000}, actor="anna")


@contextmanager
def disk_of(*, pages: int) -> Iterator[None]:
    """Let SQLite believe that the disk ends after so many pages: the error is the one of a full disk."""

    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "begin", limit)
    try:
        yield
    finally:
        event.remove(Engine, "begin", limit)


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
    ours = "application_name = 'obieg' AND datname = current_database()"
    with database.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT pid FROM pg_stat_activity WHERE {ours}")
        pid: int = found.scalars().all()[0]
    database.dispose()
    return pid

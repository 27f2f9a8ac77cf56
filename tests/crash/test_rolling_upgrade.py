"""Two releases on one database: its tables are upgraded, killed meanwhile, and finalized under load."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine, make_url, text

from engine import ProcessEngine
from engine.clock import monotonic
from tests.acceptance.command_line import environment
from tests.builders import process
from tests.crash import next_release, rolling_node
from tests.crash.rolling_node import FIRST, SECOND, Answer, Order

KILLED = -9
PATIENCE = 60.0
MINUTE = dt.timedelta(minutes=1)
BY_HAND = "by_hand"  # a job type no node has a handler for


class Release:
    """One program and the processes it runs; a context manager."""

    def __init__(self, name: str, program: Path) -> None:
        self.url = ""
        self._server = subprocess.Popen(
            [sys.executable, str(program), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(),
        )  # fmt: skip

    def __enter__(self) -> Release:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate(timeout=60)

    def order(self, do: str, *, failpoints: str = "", pid: int = 0) -> Answer:
        """Have something done and return what came of it."""
        if self._server.stdin is None or self._server.stdout is None:
            raise TypeError("expected pipes to the program, but there are none")
        order = Order(do=do, url=self.url, failpoints=failpoints, pid=pid)
        self._server.stdin.write(msgspec.json.encode(order) + b"\n")
        self._server.stdin.flush()
        return msgspec.json.decode(self._server.stdout.readline(), type=Answer)

    def killed_until_done(self, do: str, *, places: Iterator[int]) -> tuple[int, Answer]:
        """Have something done that is killed at these places, again and again; return how often it was."""
        for kills, nth in enumerate(places):
            answer = self.order(do, failpoints=f"*=nth:{nth}=kill")
            if answer.code != KILLED:
                return kills, answer
        raise AssertionError(f"expected {do} to come to its end")


@pytest.fixture(scope="module")
def old_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """This release, started once: importing everything takes seconds."""
    copied = shutil.copy(rolling_node.__file__, tmp_path_factory.mktemp("old"))
    with Release("old", Path(copied)) as release:
        yield release


@pytest.fixture(scope="module")
def new_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The next release, made and started once."""
    with Release("new", next_release.make(tmp_path_factory.mktemp("new"))) as release:
        yield release


@pytest.fixture
def old(old_program: Release, database_url: str) -> Release:
    """This release."""
    old_program.url = database_url
    return old_program


@pytest.fixture
def new(new_program: Release, database_url: str) -> Release:
    """The next one."""
    new_program.url = database_url
    return new_program


@contextmanager
def fed(engine: ProcessEngine) -> Iterator[list[int]]:
    """Start cases as long as the block lasts; the list of their keys grows."""
    started: list[int] = []
    enough = threading.Event()

    def feed() -> None:
        while not enough.wait(0.02):
            started.append(engine.start("load", actor="anna").key)

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        yield started
    finally:
        enough.set()
        feeding.join()


def wait_until(true: Callable[[], bool]) -> None:
    """Look until something is true."""
    give_up = monotonic() + PATIENCE
    while not true():
        assert monotonic() < give_up, "expected it to become true within a minute"
        threading.Event().wait(0.02)


def workers_of(engine: ProcessEngine, cases: list[int]) -> set[str]:
    """Return which releases worked on the cases that have ended."""
    seen: set[str] = set()
    for key in cases:
        found = engine.variables(key)
        seen |= {str(found[name]) for name in (FIRST, SECOND) if name in found}
    return seen


def deploy_load(engine: ProcessEngine) -> None:
    """Deploy a process the nodes work on, and one nobody does."""
    load = process("load").start().service_task(FIRST, job=FIRST).service_task(SECOND, job=SECOND)
    engine.deploy(load.end("done").files(), by="owner")
    slow = process("slow").start().service_task("wait", job=BY_HAND).end("done")
    engine.deploy(slow.files(), by="owner")


@pytest.mark.torture
def test_two_releases_work_side_by_side_and_the_upgrade_may_die_at_any_place(
    database_url: str, old: Release, new: Release, long_counts: bool, one_database: None,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    every = 1 if long_counts else 30
    refused = new.order("open")
    assert (refused.code, "run obieg db upgrade" in refused.said) == (1, True)
    with ProcessEngine(database_url) as engine:
        deploy_load(engine)
        slow = engine.start("slow", actor="anna").key
        [taken] = engine.activate_jobs(BY_HAND, worker="bob", limit=1, lease=10 * MINUTE)
        old_node = old.order("work").pid
        with fed(engine) as cases:
            wait_until(lambda: len(cases) > 3)
            kills, done = new.killed_until_done("upgrade", places=count(1, every))
            assert done.code == 0, done.said
            new_node = new.order("work").pid
            before = len(cases)
            wait_until(lambda: workers_of(engine, cases[before:]) == {"old", "new"})
        # Locked by an old program before there was the new column, completed by an old one after.
        engine.complete_job(taken.key, worker="bob", attempt=taken.attempt)
        assert engine.instance(slow).state == "completed"
        refused = new.order("finalize")
        assert (refused.code, "revision 0001" in refused.said, "stop it" in refused.said) == (1, True, True)
        assert {each.revision for each in engine.nodes()} == {"0001", "0002"}
        assert old.order("stop", pid=old_node).code == 0
        more, done = new.killed_until_done("finalize", places=count(1, every))
        assert done.code == 0, done.said
    refused = old.order("open")
    assert (refused.code, "upgrade this program first" in refused.said) == (1, True)
    closed = new.order("close")
    assert (closed.code, closed.said) == (0, "completed True 0")
    assert new.order("stop", pid=new_node).code == 0
    record_property("rolling", f"{len(cases)} cases, {kills + more} kills")


@pytest.mark.torture
def test_wherever_the_upgrade_dies_the_tables_come_to_be_the_same(
    database_url: str, new: Release, only_long: None, record_property: Callable[[str, object], None]
) -> None:
    with ProcessEngine(database_url) as engine:
        deploy_load(engine)
        for _ in range(3):
            engine.start("slow", actor="anna")
        engine.activate_jobs(BY_HAND, worker="bob", limit=3, lease=10 * MINUTE)
    with put_back(database_url) as again:
        assert (new.order("upgrade").code, new.order("finalize").code) == (0, 0)
        wanted = tables_of(database_url)
        assert ("step", next_release.STEPS[-1]) in wanted
        kills = 0
        for nth in count(1):
            again()
            died = new.order("upgrade_and_finalize", failpoints=f"*=nth:{nth}=kill")
            if died.code != KILLED:
                break
            kills += 1
            done = new.order("upgrade_and_finalize")
            assert done.code == 0, done.said
            assert tables_of(database_url) == wanted, f"killed at place {nth}"
            assert holders_of(database_url) == ["bob"] * 3, f"killed at place {nth}"
    record_property("places", kills)


@pytest.mark.torture
def test_an_upgrade_that_waits_for_a_lock_lets_the_others_pass(
    postgresql_url: str, new: Release, only_long: None
) -> None:
    """A report that reads for long holds a lock the new column needs; whoever comes then waits in line."""
    database = create_engine(postgresql_url)
    with ProcessEngine(postgresql_url) as engine, database.connect() as report, database.connect() as look:
        deploy_load(engine)
        report.execute(text("SELECT count(*) FROM job"))
        answers: list[Answer] = []
        upgrading = threading.Thread(target=lambda: answers.append(new.order("upgrade")))
        upgrading.start()
        wait_until(lambda: look.execute(text(_WAITING)).scalar_one() > 0)
        began = monotonic()
        engine.start("load", actor="anna")
        assert monotonic() - began < 4.0
        report.rollback()
        upgrading.join()
    database.dispose()
    assert (answers[0].code, answers[0].said.split()) == (0, list(next_release.STEPS[:-1]))


_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"


@contextmanager
def put_back(url: str) -> Iterator[Callable[[], None]]:
    """Keep the database as it is, and give what puts it back to that."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        file = Path(str(address.database))
        kept = file.with_suffix(".kept")
        shutil.copy(file, kept)

        def copied() -> None:
            for beside in ("-wal", "-shm"):
                Path(f"{file}{beside}").unlink(missing_ok=True)
            shutil.copy(kept, file)

        yield copied
        return
    name, kept_name = str(address.database), f"{address.database}_kept"
    server = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def run(*statements: str) -> None:
        with server.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def created() -> None:
        copied = f"CREATE DATABASE {name} TEMPLATE {kept_name} STRATEGY file_copy"
        run(f"DROP DATABASE {name} WITH (FORCE)", copied)

    run(f"CREATE DATABASE {kept_name} TEMPLATE {name} STRATEGY file_copy")
    yield created
    run(f"DROP DATABASE {kept_name}")
    server.dispose()


def holders_of(url: str) -> list[str]:
    """Return who holds the locked jobs, as the next release knows it."""
    database = create_engine(url)
    with database.connect() as connection:
        found = connection.execute(text("SELECT holder FROM job WHERE stage = 'locked'")).scalars().all()
    database.dispose()
    return list(found)


def tables_of(url: str) -> list[tuple[object, ...]]:
    """Return the tables, indexes and triggers of a database, and its last step."""
    database = create_engine(url)
    with database.connect() as connection:
        rows = connection.execute(text(_TABLES[database.dialect.name]))
        found = sorted((tuple(row) for row in rows), key=repr)
    database.dispose()
    return found


_TABLES = {
    "sqlite": "SELECT name, sql FROM sqlite_master UNION SELECT 'step', version_num FROM alembic_version",
    "postgresql": (
        "SELECT indexrelid::regclass::text, indisvalid::text FROM pg_index UNION "
        "SELECT attrelid::regclass::text, attname || attnotnull::text FROM pg_attribute WHERE attnum > 0 "
        "AND NOT attisdropped UNION "
        "SELECT tgname, proname FROM pg_trigger JOIN pg_proc ON tgfoid = pg_proc.oid UNION "
        "SELECT 'step', version_num FROM alembic_version"
    ),
}

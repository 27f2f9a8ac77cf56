"""PostgreSQL as it is lost in earnest: the answer to a COMMIT, the server, the pooler before it, its disk.

Each verb happens once or not at all, and what is told is one sentence.
"""

from __future__ import annotations

import datetime as dt
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import make_url

from engine import ProcessEngine, Unavailable, VirtualClock
from tests import pgbouncer, postgres
from tests.builders import process
from tests.crash.severed_line import severed_line
from tests.store.waiting import beside

BRIEF, LONG = 8, 100
LEASE = dt.timedelta(minutes=1)
CASES = 40
DISK, ROOM = "40m", 2 << 20  # a small disk, and what is left of it in bytes
TEXT = {"text": "".join(sha256(b"%d" % number).hexdigest() for number in range(400))}  # compresses badly


@pytest.mark.torture
def test_a_commit_whose_answer_is_lost_happened_once(
    postgresql_url: str,
    clock: VirtualClock,
    long_counts: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """The line is cut in turn before COMMIT and after it, for a start, a completion and a job's answer."""
    rounds = LONG if long_counts else BRIEF
    with (
        tempfile.TemporaryDirectory(prefix="obieg-cut-") as folder,
        severed_line(postgresql_url, Path(folder)) as (line, url),
        ProcessEngine(url, clock=clock) as engine,
    ):
        drawing = process("p").start().user_task("t").service_task("s", "work").end("done")
        engine.deploy(drawing.files(), by="owner")
        for number in range(rounds):
            when = ("before", "after")[number % 2]
            line.cut(when)
            key = engine.start("p", actor="anna", request_id=f"r{number}").key
            assert engine.start("p", actor="anna", request_id=f"r{number}").key == key
            (task,) = engine.user_tasks(instance_key=key)
            line.cut(when)
            engine.complete(task.key, actor="jan")
            (job,) = engine.activate_jobs("work", worker="w", limit=1, lease=LEASE)
            line.cut(when)
            engine.complete_job(job.key, worker="w", attempt=job.attempt)
            assert engine.instance(key).state == "completed"
        assert line.cuts == 3 * rounds
        assert len(engine.instances(limit=1000)) == rounds
        assert engine.verify().ok
    record_property("commits cut off", 3 * rounds)


def test_a_server_that_is_restarted_under_way_loses_nothing(
    postgresql_url: str, postgresql: postgres.Cluster, clock: VirtualClock
) -> None:
    """Once told to stop, once as if it had crashed: who was filing goes on filing, each case once."""
    with ProcessEngine(postgresql_url, clock=clock) as engine:
        engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
        for mode in ("fast", "immediate"):
            with filing(engine, mode):
                postgresql.restart(mode=mode)
        assert len(engine.instances(limit=1000)) == 2 * CASES
        assert engine.verify().ok


def test_a_pooler_that_is_killed_under_way_loses_nothing(
    postgresql_url: str, postgresql: postgres.Cluster, clock: VirtualClock
) -> None:
    database = str(make_url(postgresql_url).database)
    with pgbouncer.pooler(postgresql, size=3) as pooler:
        address = pgbouncer.address(pooler.folder, database, more="&pgbouncer=transaction")
        with ProcessEngine(address, clock=clock) as engine:
            engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
            with filing(engine, "pooled"):
                pooler.restart()
            assert len(engine.instances(limit=1000)) == CASES
            assert engine.verify().ok


def test_a_server_whose_disk_is_full_says_so_and_goes_on_when_there_is_room(
    postgresql_url: str, postgresql: postgres.Cluster, clock: VirtualClock
) -> None:
    """A real disk, the tables' own tablespace: the log of a server lies elsewhere."""
    with small_disk(postgres.owner()[0]) as disk:
        name = postgresql.create_on(disk)
        with ProcessEngine(postgresql.url(name), clock=clock) as engine:
            require_told_and_whole(engine, disk, "the disk of the database is full")
        postgresql.drop(name)
        postgresql.forget(disk)


def test_an_embedded_database_whose_disk_is_full_says_so_and_goes_on_when_there_is_room(
    clock: VirtualClock,
) -> None:
    with (
        small_disk(pwd.getpwuid(os.getuid()).pw_name) as disk,
        ProcessEngine(f"sqlite:///{disk / 'full.db'}", clock=clock) as engine,
    ):
        require_told_and_whole(engine, disk, "the disk")


@contextmanager
def filing(engine: ProcessEngine, name: str) -> Iterator[None]:
    """Start cases beside the block, from before it begins until all are there."""
    under_way = threading.Event()

    def file_all() -> None:
        for number in range(CASES):
            engine.start("p", actor="anna", request_id=f"{name}-{number}")
            under_way.set()

    everything = beside(file_all)
    assert under_way.wait(timeout=30)
    yield
    everything.result(timeout=120)


def require_told_and_whole(engine: ProcessEngine, disk: Path, told: str) -> None:
    """Fill the disk with cases; what was acknowledged is there, and with more room it goes on."""
    engine.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
    ballast = str(disk / "ballast")
    _as_root("fallocate", "-l", str(shutil.disk_usage(disk).free - ROOM), ballast)
    filed: list[int] = []
    with pytest.raises(Unavailable, match=f"^{told}.*; nothing was written$"):
        filed.extend(engine.start("p", variables=TEXT, actor="anna").key for _ in range(5000))
    assert len(filed) > 10
    assert sorted(each.key for each in engine.instances(limit=5000)) == sorted(filed)
    _as_root("rm", ballast)
    engine.start("p", variables=TEXT, actor="anna")
    assert len(engine.instances(limit=5000)) == len(filed) + 1
    assert engine.verify().ok


@contextmanager
def small_disk(owner: str) -> Iterator[Path]:
    """Mount a small disk in memory for as long as the block lasts; this takes the right to mount."""
    with tempfile.TemporaryDirectory(prefix="obieg-disk-") as name:
        options = f"size={DISK},mode=0700,uid={pwd.getpwnam(owner).pw_uid}"
        _as_root("mount", "-t", "tmpfs", "-o", options, "tmpfs", name)
        try:
            yield Path(name)
        finally:
            _as_root("umount", "--lazy", name)


def _as_root(*command: str) -> None:
    become = () if os.getuid() == 0 else ("sudo", "-n")
    subprocess.run([*become, *command], check=True, capture_output=True)

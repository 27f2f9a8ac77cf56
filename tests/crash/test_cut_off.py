"""The connection breaks once, at each place a verb crosses: between statements, before COMMIT and after it.

Each verb happens once all the same; where nobody can know, the caller is told so and may repeat.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from engine import (
    Completed,
    Conflict,
    HandlerRegistry,
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

LOST = "raise:OperationalError"  # what SQLAlchemy raises when a connection broke


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
    return len(log.read_text().splitlines())


@contextmanager
def broken_at(place: int, name: str = "*") -> Iterator[None]:
    """Let the connection break once, at the failpoint of this number (among those of a name)."""
    failpoint.configure(f"{name}=nth:{place}={LOST}")
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

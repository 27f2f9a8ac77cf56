"""Handlers registered for it share a thread and a transaction; a job may be born locked. Nothing is lost."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine import (
    BpmnError,
    Completed,
    Conflict,
    HandlerRegistry,
    JobContext,
    ProcessEngine,
    Worker,
    failpoint,
)
from engine.process_engine import verb
from engine.process_engine.claiming import claim
from engine.process_engine.completions import run_in_turn
from engine.scheduler import recover
from engine.store import jobs
from engine.store.rows import JobRow
from tests.builders import process
from tests.crash.test_cut_off import broken_at, places_crossed

LEASE_US = 60_000_000


class Answers:
    """A handler that does what a case's variable says."""

    def __init__(self) -> None:
        self.registry = HandlerRegistry()
        self.registry.handler("work", errors=("refused",), together=True)(self.work)
        self.calls = 0

    def work(self, context: JobContext) -> Completed:
        self.calls += 1
        match context.job.variables["does"]:
            case "refuse":
                raise BpmnError("refused", "no")
            case "fail":
                raise ZeroDivisionError
            case "unstorable":
                return Completed({"answer": object()})
        return Completed({"answer": "done"})


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def office(database_url: str, answers: Answers) -> Iterator[ProcessEngine]:
    """An engine with failpoints; all it did is verified at the end."""
    failpoint.configure("nothing=hang")  # wired when the engine opens
    engine = ProcessEngine(database_url, handlers=answers.registry)
    drawing = process("p").start().service_task("s", "work", retries="1").user_task("after").end()
    drawing.at("s").boundary_error("refused").user_task("refused").end()
    engine.deploy(drawing.files(), by="owner")
    yield engine
    failpoint.configure("")
    report = engine.verify()
    engine.close()
    assert report.ok, report


def started(office: ProcessEngine, *does: str) -> list[int]:
    """Start a case for each thing its handler is to do."""
    return [office.start("p", variables={"does": each}, actor="anna").key for each in does]


def claimed(office: ProcessEngine) -> list[JobRow]:
    """Claim all jobs of handlers, as a node does that knows them to be short."""
    office.parts.paces.note("work", 0.0)
    work = claim(office.parts, 1, lease_us=LEASE_US, running={}, suspects=False)
    return [row for rows in work for row in rows]


def outcomes(office: ProcessEngine, keys: list[int]) -> list[str]:
    """Return where each case stands: the user task it has come to, or its incident."""
    found = []
    for key in keys:
        tasks = [each.element_id for each in office.user_tasks(instance_key=key)]
        incidents = [str(each.type) for each in office.incidents(instance_key=key)]
        found.append(", ".join(tasks + incidents))
    return found


def test_answers_of_one_thread_share_a_commit(office: ProcessEngine) -> None:
    keys = started(office, "work", "work", "work")
    rows = claimed(office)
    commits = office.parts.store.counter.commits
    run_in_turn(office.parts, rows, lambda row: True)
    assert office.parts.store.counter.commits == commits + 1
    assert outcomes(office, keys) == ["after"] * 3
    assert [office.variables(key)["answer"] for key in keys] == ["done"] * 3


def test_what_is_no_plain_completion_is_that_jobs_own(office: ProcessEngine) -> None:
    keys = started(office, "work", "refuse", "fail", "unstorable", "work")
    run_in_turn(office.parts, claimed(office), lambda row: True)
    assert outcomes(office, keys) == ["after", "refused", "job_no_retries", "job_no_retries", "after"]


def test_answers_cut_off_anywhere_are_taken_once(
    office: ProcessEngine, answers: Answers, tmp_path: Path
) -> None:
    started(office, "work", "work", "work")
    run_in_turn(office.parts, claimed(office), lambda row: True)  # what is read once has been read
    started(office, "work", "work", "work")
    rows = claimed(office)
    log = tmp_path / "places"
    places_crossed(lambda: run_in_turn(office.parts, rows, lambda row: True), log)
    names = Counter(line.split()[2] for line in log.read_text().splitlines())
    places = [(name, nth + 1) for name in names if name.startswith("store") for nth in range(names[name])]
    assert len(places) > 8
    for name, nth in places:
        keys = started(office, "work", "work", "work")
        rows = claimed(office)
        with broken_at(nth, name):
            run_in_turn(office.parts, rows, lambda row: True)
        run_in_turn(office.parts, rows, lambda row: True)  # one that could not be read, and no other
        assert outcomes(office, keys) == ["after"] * 3, f"at {name} {nth}"
    assert answers.calls == 3 * (len(places) + 2)


def test_a_handler_that_is_not_registered_for_it_has_its_thread_alone(
    office: ProcessEngine, answers: Answers
) -> None:
    answers.registry.handler("mail")(answers.work)
    office.deploy(process("letters").start().service_task("s", "mail").end().files(), by="owner")
    for _ in range(3):
        office.start("letters", variables={"does": "work"}, actor="anna")
    office.parts.paces.note("mail", 0.0)  # however short it is
    work = claim(office.parts, 3, lease_us=LEASE_US, running={}, suspects=False)
    assert [len(rows) for rows in work] == [1, 1, 1]


def test_a_job_begins_with_the_lease_and_the_variables_of_that_moment(
    office: ProcessEngine, answers: Answers
) -> None:
    keys = started(office, "work", "work", "work", "work")
    rows = claimed(office)
    lost = rows[3]
    behind = [row.instance_key or 0 for row in rows[1:]]

    def begin(row: JobRow) -> bool:
        if row is rows[0]:  # while the first one runs, the others' cases do not stand still
            office.cancel(behind[0], reason="withdrawn", actor="anna")
            office.set_variables(behind[1], {"does": "refuse"}, actor="anna", reason="mistyped")
            office.parts.store.run(
                lambda tx: jobs.release(tx, lost.key, owner=lost.lock_owner or "", attempt=lost.attempt)
            )
        return True

    run_in_turn(office.parts, rows, begin)
    assert answers.calls == 2
    expected = {rows[0].instance_key: "after", behind[0]: "", behind[1]: "refused", behind[2]: ""}
    assert outcomes(office, keys) == [expected[key] for key in keys]


def test_jobs_behind_one_that_hangs_are_for_others(database_url: str) -> None:
    hanging, go_on, registry = threading.Event(), threading.Event(), HandlerRegistry()

    @registry.handler("work", together=True)
    def work(context: JobContext) -> Completed:
        hanging.set()
        go_on.wait(60)
        return Completed()

    with ProcessEngine(database_url, handlers=registry) as engine:
        engine.deploy(process("p").start().service_task("s", "work").end().files(), by="owner")
        keys = [engine.start("p", actor="anna").key for _ in range(3)]
        engine.parts.paces.note("work", 0.0)
        worker = Worker(engine, threads=1)
        assert worker.run_once()
        assert hanging.wait(60)
        worker._queued = dict.fromkeys(worker._queued, 0.0)  # they have stood there for long
        worker.renew()
        assert worker.running == 1
        with engine.parts.store.reading() as tx:
            ready = jobs.query(tx, stages=("ready",))
        assert [(row.attempt, row.crash_count) for row in ready] == [(0, 0), (0, 0)]
        go_on.set()
        ended(worker)
        assert sum(engine.instance(key).state == "completed" for key in keys) == 1


def ended(worker: Worker) -> None:
    """Let a worker end what it runs."""
    worker.stop()
    worker.run()


def test_a_job_of_a_free_worker_is_born_locked(database_url: str) -> None:
    attempts: list[int] = []
    registry = HandlerRegistry()

    @registry.handler("work")
    def work(context: JobContext) -> Completed:
        attempts.append(context.job.attempt)
        return Completed()

    with ProcessEngine(database_url, handlers=registry) as engine:
        engine.deploy(process("p").start().service_task("s", "work").end().files(), by="owner")
        worker = Worker(engine, threads=1)
        engine.parts.dispatch.serve(worker)  # nobody claims: the loop does not run
        key = engine.start("p", actor="anna").key
        ended(worker)
        assert (engine.instance(key).state, attempts) == ("completed", [1])
        other = engine.start("p", actor="anna").key  # a worker that has stopped gets nothing
        with engine.parts.store.reading() as tx:
            (row,) = jobs.query(tx, instance_key=other)
        assert (row.stage, row.attempt) == ("ready", 0)


def test_jobs_being_born_at_once_never_get_the_same_thread(database_url: str) -> None:
    """All verbs have asked for a thread before any has committed; and none is handed over before all have."""
    go_on, registry = threading.Event(), HandlerRegistry()

    @registry.handler("work")
    def work(context: JobContext) -> Completed:
        go_on.wait(60)
        return Completed()

    with ProcessEngine(database_url, handlers=registry) as engine:
        engine.deploy(process("p").start().service_task("s", "work").end().files(), by="owner")
        worker = Worker(engine, threads=2)
        late = Late(worker)
        engine.parts.dispatch.serve(late)
        keys = [engine.start("p", actor="anna").key for _ in range(3)]
        assert [len(rows) for rows in late.handed] == [1, 1]
        assert not worker.run_once()  # what a claim would take has no thread
        with engine.parts.store.reading() as tx:
            found = [jobs.query(tx, instance_key=key)[0] for key in keys]
        assert [(row.stage, row.attempt) for row in found] == [("locked", 1), ("locked", 1), ("ready", 0)]
        for rows in late.handed:
            worker.hand(rows)
        assert (worker.running, worker.reserve("work"), list(worker._queued)) == (2, False, [])
        go_on.set()
        ended(worker)
        assert [engine.instance(key).state for key in keys] == ["completed", "completed", "active"]


class Late:
    """A worker that jobs reach late."""

    def __init__(self, worker: Worker) -> None:
        self.lease = worker.lease
        self.handed: list[Sequence[JobRow]] = []
        self.reserve, self.free = worker.reserve, worker.free

    def hand(self, rows: Sequence[JobRow]) -> None:
        """Keep jobs back."""
        self.handed.append(rows)


def test_the_thread_kept_for_a_job_that_is_not_born_is_free_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = HandlerRegistry()
    registry.handler("work")(lambda context: Completed())
    with ProcessEngine(database_url, handlers=registry) as engine:
        engine.deploy(process("p").start().service_task("s", "work").end().files(), by="owner")
        worker = Worker(engine, threads=1)
        engine.parts.dispatch.serve(worker)
        kept: list[bool] = []

        def refused(*_: object, **__: object) -> None:
            kept.append(not worker.reserve("work"))
            raise Conflict("somebody else was faster")

        with monkeypatch.context() as patch:
            patch.setattr(verb, "_remember", refused)
            with pytest.raises(Conflict):
                engine.start("p", actor="anna", request_id="once")
        assert kept == [True]  # while it was being born, nobody else had the thread
        key = engine.start("p", actor="anna", request_id="once").key
        ended(worker)
        assert engine.instance(key).state == "completed"


def test_a_thread_that_is_claimed_for_is_not_for_a_job_being_born(office: ProcessEngine) -> None:
    kept: list[bool] = []

    class Claiming(Worker):
        """A worker that, while it claims, asks for a thread."""

        def _claim(self, free: int, *, suspects: bool | None = None) -> list[list[JobRow]]:
            kept.append(self.reserve("work"))
            return super()._claim(free, suspects=suspects)

    worker = Claiming(office, threads=2)
    assert not worker.run_once()
    assert (kept, [worker.reserve("work") for _ in range(3)]) == ([False], [True, True, False])
    worker.free(2)
    ended(worker)


def test_a_job_born_locked_for_a_node_that_dies_is_recovered(database_url: str) -> None:
    registry = HandlerRegistry()
    registry.handler("work")(lambda context: Completed())
    with ProcessEngine(database_url, handlers=registry) as engine:
        engine.deploy(process("p").start().service_task("s", "work").end().files(), by="owner")
        engine.parts.dispatch.serve(Dying())
        key = engine.start("p", actor="anna").key
        engine.run_until_idle()
        assert engine.instance(key).state == "active"
        assert recover(engine.parts) == 1
        engine.run_until_idle()
        assert engine.instance(key).state == "completed"


class Dying:
    """A worker that has room, and is gone when it gets something."""

    lease = dt.timedelta(0)

    def reserve(self, job_type: str) -> bool:
        """Say that there is a thread."""
        return True

    def free(self, threads: int) -> None:
        """Take back nothing."""

    def hand(self, rows: object) -> None:
        """Be dead."""

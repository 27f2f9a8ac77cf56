"""Two nodes do what excludes each other, at the same time: exactly one of them succeeds, nothing is lost.

Both transactions are open before either commits (``meeting``); every test ends with the verification of all
histories.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from engine import (
    Completed,
    Conflict,
    HandlerRegistry,
    JobContext,
    NotFound,
    ProcessEngine,
    ProcessInstance,
    UserTask,
    VirtualClock,
    Worker,
)
from engine.process_engine import idle
from engine.scheduler import promote, recover
from tests.acceptance.command_line import ROOT, environment
from tests.builders import process
from tests.crash.meeting import meeting

BRIEF, LONG = 8, 60  # rounds of one race
NOTHING = dt.timedelta(0)
REFUSED = (Conflict, NotFound)


class Nodes:
    """Two nodes on one database, with the same handlers; ``ran`` are the jobs those have done, by case."""

    def __init__(self, url: str, clock: VirtualClock) -> None:
        self.clock = clock
        self.ran: list[int] = []
        self.registry = HandlerRegistry()
        self.registry.handler("work")(self._work)
        self.one, self.other = (ProcessEngine(url, clock=clock, handlers=self.registry) for _ in range(2))

    def _work(self, context: JobContext) -> Completed:
        self.ran.append(context.job.instance_key)
        return Completed()

    def start(self, *, number: int = 0) -> int:
        """Start an instance of ``p``."""
        return self.one.start("p", variables={"number": number}, actor="anna").key

    def ends(self, key: int) -> list[str]:
        """Return the end events an instance reached."""
        elements = self.one.elements(key)
        return [e.element_id for e in elements if e.element_type == "endEvent" and e.state == "completed"]

    def task(self, key: int) -> int:
        """Return the key of an instance's open user task."""
        (task,) = self.one.user_tasks(instance_key=key)
        return task.key


@pytest.fixture
def nodes(database_url: str, clock: VirtualClock) -> Iterator[Nodes]:
    both = Nodes(database_url, clock)
    yield both
    report = both.one.verify()
    for node in (both.one, both.other):
        node.close()
    assert report.ok, report


@pytest.fixture
def rounds(long_counts: bool, record_property: Callable[[str, object], None]) -> int:
    """How often a race is run."""
    often = LONG if long_counts else BRIEF
    record_property("races", often)
    return often


def refusals(results: Sequence[object]) -> int:
    return sum(isinstance(each, REFUSED) for each in results)


@pytest.mark.torture
def test_publisher_and_subscriber_never_lose_each_other(nodes: Nodes, database_url: str, rounds: int) -> None:
    drawing = process("p").start().catch_message("reply", "hear", key="=string(number)").end("done")
    nodes.one.deploy(drawing.files(), by="owner")
    started: list[int] = []
    with meeting(nodes.one, database_url, "subscription") as meet:
        for number in range(rounds):
            subscribe = partial(nodes.one.start, "p", variables={"number": number}, actor="anna")
            publish = partial(
                nodes.other.publish_message, "reply", correlation_key=str(number), ttl=dt.timedelta(hours=1)
            )
            instance, nothing = meet.between(subscribe, publish)
            assert isinstance(instance, ProcessInstance)
            assert nothing is None
            started.append(instance.key)
        assert meet.overlaps >= (rounds if meet.forced else 0)
    nodes.one.run_until_idle()
    lost = [key for key in started if nodes.ends(key) != ["done"]]
    assert lost == [], f"{len(lost)} of {rounds} messages and subscriptions missed each other"


@pytest.mark.torture
def test_a_task_is_completed_once(nodes: Nodes, database_url: str, rounds: int) -> None:
    nodes.one.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
    with meeting(nodes.one, database_url, "history") as meet:
        for _ in range(rounds):
            key = nodes.start()
            task = nodes.task(key)
            results = meet.between(
                *(partial(n.complete, task, actor="jan") for n in (nodes.one, nodes.other))
            )
            assert (refusals(results), nodes.ends(key)) == (1, ["done"])


@pytest.mark.torture
def test_a_task_is_claimed_by_one_person(nodes: Nodes, database_url: str, rounds: int) -> None:
    nodes.one.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
    with meeting(nodes.one, database_url, "history") as meet:
        for _ in range(rounds):
            task = nodes.task(nodes.start())
            results = meet.between(
                partial(nodes.one.claim, task, actor="anna"), partial(nodes.other.claim, task, actor="jan")
            )
            (winner,) = [each.assignee for each in results if isinstance(each, UserTask)]
            assert (refusals(results), nodes.one.user_task(task).assignee) == (1, winner)


@pytest.mark.torture
def test_a_task_is_completed_or_its_time_is_over(nodes: Nodes, database_url: str, rounds: int) -> None:
    drawing = process("p").start().user_task("t").boundary_timer("PT1H", "over").end("late")
    nodes.one.deploy(drawing.at("t").end("done").files(), by="owner")
    with meeting(nodes.one, database_url, "history") as meet:
        for _ in range(rounds):
            key = nodes.start()
            task = nodes.task(key)
            nodes.clock.advance(dt.timedelta(hours=1))
            promote(nodes.other.parts)
            results = meet.between(
                partial(nodes.one.complete, task, actor="jan"), partial(idle.run_internal, nodes.other.parts)
            )
            assert nodes.ends(key) == (["late"] if refusals(results) else ["done"])


@pytest.mark.torture
def test_a_case_is_cancelled_or_gets_its_message(nodes: Nodes, database_url: str, rounds: int) -> None:
    drawing = process("p").start().catch_message("reply", "hear", key="=string(number)").end("done")
    nodes.one.deploy(drawing.files(), by="owner")
    with meeting(nodes.one, database_url, "history") as meet:
        for number in range(rounds):
            key = nodes.start(number=number)
            nodes.one.publish_message("reply", correlation_key=str(number))
            cancelled, _ = meet.between(
                partial(nodes.one.cancel, key, actor="jan", reason="withdrawn"),
                partial(idle.run_internal, nodes.other.parts),
            )
            refused = isinstance(cancelled, REFUSED)
            state = nodes.one.instance(key).state
            assert (nodes.ends(key), state) == ((["done"], "completed") if refused else ([], "cancelled"))


@pytest.mark.torture
def test_a_task_is_completed_or_its_case_is_cancelled(nodes: Nodes, database_url: str, rounds: int) -> None:
    nodes.one.deploy(process("p").start().user_task("t").end("done").files(), by="owner")
    with meeting(nodes.one, database_url, "history") as meet:
        for _ in range(rounds):
            key = nodes.start()
            completed, cancelled = meet.between(
                partial(nodes.one.complete, nodes.task(key), actor="jan"),
                partial(nodes.other.cancel, key, actor="anna", reason="withdrawn"),
            )
            assert refusals([completed, cancelled]) == 1
            late = isinstance(cancelled, REFUSED)
            expected = (["done"], "completed") if late else ([], "cancelled")
            assert (nodes.ends(key), nodes.one.instance(key).state) == expected


@pytest.mark.torture
def test_a_task_is_completed_in_the_version_its_case_is_then_in(
    nodes: Nodes, database_url: str, rounds: int
) -> None:
    for end in ("old", "new"):
        nodes.one.deploy(process("p").start().user_task("t").end(end).files(), by="owner")
    with meeting(nodes.one, database_url, "history") as meet:
        for _ in range(rounds):
            key = nodes.one.start("p", version=1, actor="anna").key
            completed, migrated = meet.between(
                partial(nodes.one.complete, nodes.task(key), actor="jan"),
                partial(nodes.other.migrate, key, actor="anna", reason="a new form"),
            )
            assert not isinstance(completed, REFUSED)
            expected = (["old"], 1) if isinstance(migrated, REFUSED) else (["new"], 2)
            assert (nodes.ends(key), nodes.one.instance(key).version) == expected


@pytest.mark.torture
def test_a_process_stopped_while_it_works_and_woken_late_changes_nothing(
    database_url: str, rounds: int, record_property: Callable[[str, object], None]
) -> None:
    """SIGSTOP after the work and before the answer, another node does the job, SIGCONT: nobody listens."""
    with ProcessEngine(database_url) as engine:
        engine.deploy(process("p").start().service_task("s", "work").end("done").files(), by="owner")
        often = rounds // 4
        command = [sys.executable, "-m", "tests.crash.zombie_node", database_url, str(often)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), check=False, capture_output=True, timeout=280
        )
        assert done.returncode == 0, done.stderr.decode()
        keys = [each.key for each in engine.instances(limit=1000)]
        assert len(keys) == often
        for key in keys:
            states = [each.state for each in engine.elements(key) if each.element_id == "done"]
            assert (engine.variables(key), states) == ({"by": "other"}, ["completed"])
        assert engine.verify().ok
    record_property("stopped processes", often)


@pytest.mark.torture
def test_a_job_runs_on_one_of_two_nodes(nodes: Nodes, database_url: str, rounds: int) -> None:
    nodes.one.deploy(process("p").start().service_task("s", "work").end("done").files(), by="owner")
    started = [nodes.start() for _ in range(rounds)]
    with meeting(nodes.one, database_url, "UPDATE job") as meet:
        meet.between(nodes.one.run_until_idle, nodes.other.run_until_idle)
    assert sorted(nodes.ran) == sorted(started)
    assert [nodes.ends(key) for key in started] == [["done"]] * len(started)


@pytest.mark.parametrize("done", [True, False], ids=["done by another", "claimed by another"])
def test_who_lost_his_lease_is_refused(nodes: Nodes, done: bool) -> None:
    nodes.one.deploy(process("p").start().service_task("s", "work").end("done").files(), by="owner")
    key = nodes.start()
    (stale,) = nodes.one.activate_jobs("work", worker="zombie", limit=1, lease=NOTHING)
    assert recover(nodes.other.parts) == 1
    (fresh,) = nodes.other.activate_jobs("work", worker="zombie", limit=1, lease=dt.timedelta(minutes=1))
    assert (stale.attempt, fresh.attempt) == (1, 2)
    answer = partial(nodes.other.complete_job, fresh.key, worker="zombie", attempt=fresh.attempt)
    if done:
        answer()
    with pytest.raises(REFUSED):
        nodes.one.complete_job(stale.key, variables={"by": "zombie"}, worker="zombie", attempt=1)
    if not done:
        answer()
    assert (nodes.ends(key), "by" in nodes.one.variables(key)) == (["done"], False)


def test_a_worker_that_hung_too_long_changes_nothing(nodes: Nodes) -> None:
    hanging, go_on = threading.Event(), threading.Event()
    answers = iter(["late", "in time"])

    def slow(context: JobContext) -> Completed:
        answer = next(answers)
        if answer == "late":
            hanging.set()
            go_on.wait(timeout=60)
        return Completed({"answer": answer})

    nodes.registry.handler("slow")(slow)
    nodes.one.deploy(process("p").start().service_task("s", "slow").end("done").files(), by="owner")
    key = nodes.start()
    worker = Worker(nodes.one, threads=1, lease=NOTHING)
    assert worker.run_once()
    assert hanging.wait(timeout=60)
    recover(nodes.other.parts)
    nodes.other.run_until_idle()
    go_on.set()
    worker.stop()
    worker.run()  # only waits for what is running
    assert (nodes.ends(key), nodes.one.variables(key)["answer"]) == (["done"], "in time")

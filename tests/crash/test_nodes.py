"""Nodes beside each other: what a dying one takes with it, what one that is told to stop leaves behind."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading

from msgspec.structs import replace

from engine import Completed, HandlerRegistry, JobContext, NodeState, ProcessEngine, Scheduler, Worker
from engine.scheduler import clean
from engine.store import Transaction, jobs, nodes
from tests.acceptance.command_line import ROOT, environment
from tests.builders import process

INNOCENT = 8


def test_only_the_job_that_kills_its_node_becomes_an_incident(database_url: str) -> None:
    with ProcessEngine(database_url) as engine:
        for kind in ("guilty", "innocent"):
            drawn = process(kind).start().service_task("work", job=kind).end("done")
            engine.deploy(drawn.files(), by="owner")
        guilty = engine.start("guilty", actor="anna").key
        innocent = [engine.start("innocent", actor="anna").key for _ in range(INNOCENT)]
        command = [sys.executable, "-m", "tests.crash.poisoned_node", database_url]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), check=True, capture_output=True, timeout=120
        )
        assert int(done.stdout) == 6, done.stderr
        assert [engine.instance(key).state for key in innocent] == ["completed"] * INNOCENT
        found = [(each.instance_key, each.type) for each in engine.incidents(state="open")]
        assert found == [(guilty, "job_crashed")]
        assert engine.verify().ok


def test_jobs_suspected_of_crashes_run_one_after_the_other_and_what_others_wait_for_between(
    database_url: str,
) -> None:
    done: list[str] = []
    registry, last = HandlerRegistry(), threading.Event()

    @registry.handler("suspect")
    @registry.handler("ordinary")
    def noted(context: JobContext) -> Completed:
        done.append(context.job.type)
        if len(done) == 6:
            last.set()
        return Completed()

    with ProcessEngine(database_url, handlers=registry) as engine:
        for kind in ("suspect", "ordinary"):
            engine.deploy(process(kind).start().service_task("work", job=kind).end().files(), by="owner")
        for _ in range(3):
            engine.start("suspect", actor="anna")
        engine.parts.store.run(crashed_twice)
        for _ in range(3):
            engine.start("ordinary", actor="anna")
        worker = Worker(engine, threads=1)
        running = threading.Thread(target=worker.run)
        running.start()  # without a scheduler: nobody else looks for suspects
        assert last.wait(30)
        worker.stop()
        running.join()
    assert done == ["suspect", "ordinary"] * 3


def crashed_twice(tx: Transaction) -> None:
    """Lose the leases of all ready jobs twice."""
    for _ in range(2):
        while jobs.claim(tx, owner="dead", limit=10, lease_us=-1):
            continue
        jobs.recover_expired(tx)


class Handlers:
    """One short job, and one that does not end before it is let."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Barrier(3), threading.Event()
        self.registry = HandlerRegistry()
        self.registry.handler("short")(self._short)
        self.registry.handler("long")(self._long)

    def _short(self, context: JobContext) -> Completed:
        self.begun.wait(30)
        return Completed()

    def _long(self, context: JobContext) -> Completed:
        self.begun.wait(30)
        self.go_on.wait(60)
        return Completed()


def test_a_node_told_to_stop_ends_what_runs_and_gives_back_what_does_not_end(database_url: str) -> None:
    handlers = Handlers()
    with ProcessEngine(database_url, handlers=handlers.registry) as engine:
        short, long = (_started(engine, kind) for kind in ("short", "long"))
        worker = Worker(engine, threads=4, drain=dt.timedelta(seconds=1))
        scheduler = Scheduler(engine, worker, version="1.2.3", kind="serve")
        running = threading.Thread(target=worker.run)
        running.start()
        handlers.begun.wait(30)
        worker.stop()
        running.join()
        scheduler.start()
        [node] = engine.nodes()
        assert (node.kind, node.version, node.threads, node.running) == ("serve", "1.2.3", 4, 1)
        assert (node.state, node.job_types, worker.abandoned) == (NodeState.DRAINING, ("long", "short"), 1)
        with engine.parts.store.reading() as tx:
            [row] = jobs.query(tx, instance_key=long)
        assert (row.stage, row.attempt, row.crash_count) == ("ready", 0, 0)
        [taken] = engine.activate_jobs("long", worker="other", limit=1, lease=dt.timedelta(minutes=1))
        handlers.go_on.set()
        while worker.running:
            threading.Event().wait(0.01)
        # The late answer was fenced off: the job is its new worker's.
        assert [engine.instance(key).state for key in (short, long)] == ["completed", "active"]
        engine.complete_job(taken.key, worker="other", attempt=taken.attempt)
        assert engine.instance(long).state == "completed"
        scheduler.stop()
        assert list(engine.nodes()) == []


def _started(engine: ProcessEngine, kind: str) -> int:
    drawn = process(kind).start().service_task("work", job=kind).end("done")
    engine.deploy(drawn.files(), by="owner")
    return engine.start(kind, actor="anna").key


def test_a_node_that_died_is_silent_and_then_forgotten(engine: ProcessEngine) -> None:
    scheduler = Scheduler(engine)
    scheduler._beat()
    parts = engine.parts
    [row] = parts.store.run(nodes.all)
    silent = replace(row, seen_at=row.seen_at - 60_000_000)
    parts.store.run(lambda tx: nodes.beat(tx, silent))
    clean(parts)
    assert [each.state for each in engine.nodes()] == [NodeState.SILENT]
    gone = replace(row, seen_at=row.seen_at - 3_660_000_000)
    parts.store.run(lambda tx: nodes.beat(tx, gone))
    clean(parts)
    assert list(engine.nodes()) == []

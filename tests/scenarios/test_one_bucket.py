"""No statement of the hot path touches two buckets, so the tables can be distributed by them."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from engine import BpmnError, Completed, HandlerRegistry, JobContext, JobFailure, ProcessEngine, VirtualClock
from engine.process_engine import internal
from engine.process_engine.idle import claim_internal
from engine.scheduler import promote, recover
from tests.builders import process
from tests.store.buckets import Touched, touched

HOUR = dt.timedelta(hours=1)


class Heard:
    """Every statement that went to the driver, prepared ones too, and the transactions they were in."""

    def __init__(self) -> None:
        self.seen: dict[str, list[Touched]] = defaultdict(list)
        self.together: list[tuple[set[int], set[str]]] = [(set(), set())]

    def statement(self, _: Any, __: Any, text: str, given: Any, ___: Any, many: bool) -> None:
        plain = " ".join(text.replace('"', "").split())
        for parameters in given if many else [given]:
            found = touched(text, parameters or ())
            self.seen[plain].append(found)
            buckets, tables = self.together[-1]
            if found.buckets:
                buckets |= found.buckets
                tables |= found.tables

    def commit(self, _: Any) -> None:
        self.together.append((set(), set()))


@contextmanager
def heard(engine: ProcessEngine) -> Iterator[Heard]:
    """Listen to an engine's database."""
    database, found = engine.parts.store._database, Heard()
    listening: tuple[tuple[str, Callable[..., None]], ...] = (
        ("before_cursor_execute", found.statement), ("commit", found.commit),
    )  # fmt: skip
    for name, listener in listening:
        event.listen(database, name, listener)
    try:
        yield found
    finally:
        for name, listener in listening:
            event.remove(database, name, listener)


def registry() -> HandlerRegistry:
    handlers = HandlerRegistry()

    @handlers.handler("work")
    def work(context: JobContext) -> Completed:
        context.effect("sent", lambda: {"ok": True})
        ref = context.draw("password", lambda: "tajne")
        context.secret(ref)
        return Completed(variables={"done": True, "ref": ref})

    @handlers.handler("fails")
    def fails(context: JobContext) -> Completed:
        raise JobFailure("no", permanent=True)

    @handlers.handler("throws")
    def throws(context: JobContext) -> Completed:
        raise BpmnError("E")

    return handlers


DRAWINGS = (
    process("tasks").start().user_task("a", group="g").user_task("b", group="g").script_task("s", "1+1", "n")
    .service_task("w", job="work").end(),
    process("deadline").start().user_task("wait").end().at("wait").boundary_timer("PT1H").end("late"),
    process("cycle").start().user_task("wait").end().at("wait")
    .boundary_timer("R3/PT1H", interrupting=False).end("reminded"),
    process("child").start().service_task("inner", job="work").end(),
    process("parent").start().call_activity("call", "child").end(),
    process("many").start().service_task("each", job="work").multi_instance(times="3").end(),
    process("waits").start().catch_message("reply", key="=number").end(),
    process("begun").start_message("begin", key="=number").user_task("read").end(),
    process("listens").start().catch_signal("alarm").end(),
    process("fork").start().parallel("both").user_task("x").parallel("join").end().at("both").user_task("y")
    .connect_to("join"),
    process("broken").start().service_task("bad", job="fails").end(),
    process("caught").start().service_task("throws", job="throws").end().at("throws").boundary_error("E")
    .end("gone_wrong"),
)  # fmt: skip


def carry_out(engine: ProcessEngine, clock: VirtualClock) -> None:
    """Do everything the hot path consists of."""
    for number in range(2):
        _tasks(engine, request=f"r{number}")
        for process_id in ("deadline", "cycle", "parent", "many", "listens", "fork", "broken", "caught"):
            engine.start(process_id, actor="anna", business_key=f"{process_id}/{number}")
        engine.start("waits", variables={"number": str(number)}, actor="anna")
    engine.run_until_idle()
    clock.advance(2 * HOUR)
    promote(engine.parts)
    recover(engine.parts)
    assert internal.run_together(engine.parts, claim_internal(engine.parts, 20)) == []
    engine.run_until_idle()
    for number in range(3):
        for name in ("reply", "begin"):
            engine.publish_message(name, correlation_key=str(number), ttl=HOUR, message_id=f"{name}{number}")
    engine.broadcast_signal("alarm")
    engine.run_until_idle()
    for number in range(2, 3):
        engine.start("waits", variables={"number": str(number)}, actor="anna")
    for task in engine.user_tasks():
        engine.complete(task.key, actor="jan")
    _operate(engine)
    engine.run_until_idle()


def _tasks(engine: ProcessEngine, *, request: str) -> None:
    case = engine.start("tasks", variables={"x": 1}, actor="anna", request_id=request)
    for element in ("a", "b"):
        [task] = engine.user_tasks(instance_key=case.key, element_id=element)
        engine.claim(task.key, actor="jan")
        engine.complete(task.key, variables={"ok": True}, actor="jan", request_id=f"{request}{element}")


def _operate(engine: ProcessEngine) -> None:
    for incident in engine.incidents(state="open"):
        engine.suspend(incident.instance_key, actor="ewa", reason="why")
        engine.activate(incident.instance_key, actor="ewa", reason="why")
        engine.set_variables(incident.instance_key, {"x": 2}, actor="ewa", reason="why")
        engine.resolve_incident(incident.key, actor="ewa", reason="why")
        engine.cancel(incident.instance_key, actor="ewa", reason="why")


# Statements that may look into any bucket, each with the reason. Everything else stays in one.
EVERYWHERE = {
    "WITH RECURSIVE lanes": "which lanes have ready jobs: a worker asks for any case's",
    "WITH picked AS": "a claim takes ready jobs of any case; distributed, one claim per server",
    "WITH due AS": "what has become due, of any case",
    "WITH expired AS": "leases that ran out, of any case",
    r"SELECT job\..* FROM job WHERE job.stage = 'locked' AND job.lock_until <=": "crashed too often",
    r"SELECT anon_1\..* FROM \(SELECT subscription": "who waits for a message: by its hash, in whatever case",
    r"SELECT subscription\..* AND subscription.name_hash = .* AND subscription.key >": "who hears a signal",
    r"SELECT data_key\..* WHERE data_key.bucket (IN|= ANY) ": "the keys of all who hear a signal",
    r"SELECT message\..* AND message.name_hash =": "messages that waited for a process deployed only now",
    r"DELETE FROM message_start WHERE message_start.root_key =": "what an ended case had claimed",
    r"SELECT i\..* FROM job JOIN .* WHERE job.bucket (IN|= ANY) ": "group commit: one PostgreSQL only",
    r"SELECT user_task\..* WHERE user_task.state IN": "a list of tasks of all cases",
    r"SELECT incident\..* WHERE incident.state IN": "a list of incidents of all cases",
    r"SELECT secret\..* WHERE secret.ref =": "a secret by its reference",
}
# Transactions with rows of two buckets: a message's own beside those of the case it goes to, or comes from.
MESSAGES = {"message", "correlation", "message_start"}


def test_no_statement_touches_two_buckets_and_few_transactions_do(
    database_url: str, clock: VirtualClock
) -> None:
    with ProcessEngine(database_url, clock=clock, handlers=registry()) as engine:
        engine.deploy([file for each in DRAWINGS for file in each.files()], by="owner")
        with heard(engine) as found:
            carry_out(engine, clock)
        assert not engine.incidents(state="open")
        assert engine.verify().ok
    elsewhere = {text for text, several in found.seen.items() if not all(each.is_local for each in several)}
    reasons = {text: [each for each in EVERYWHERE if re.match(each, text)] for text in elsewhere}
    assert [text for text, known in reasons.items() if len(known) != 1] == []
    assert EVERYWHERE.keys() - {known[0] for known in reasons.values()} == set()
    local = [each for several in found.seen.values() for each in several if each.buckets]
    assert len(local) > 300
    assert len(frozenset().union(*(each.buckets for each in local if each.buckets))) > 20
    several = [tables for buckets, tables in found.together if len(buckets) > 1]
    # Besides: a signal's deliveries, lists of several cases' incidents, due timers committed in a group.
    assert {frozenset(tables) for tables in several if not tables & MESSAGES} == {
        frozenset({"data_key", "job"}), frozenset({"data_key"}),
        frozenset({"data_key", "history", "instance", "job", "user_task"}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "given", "buckets"),
    [
        ("SELECT job.key FROM job WHERE job.bucket = ? AND job.key = ?", [1, 2], {1}),
        ("SELECT job.key FROM job WHERE job.key = ?", [2], None),
        ("SELECT job.key FROM job WHERE job.bucket = ? OR job.key = ?", [1, 2], None),
        ("SELECT job.key FROM job WHERE (job.bucket = ? OR job.key = ?) AND job.kind = ?", [1, 2, "x"], None),
        ("SELECT job.key FROM job WHERE NOT (job.bucket = ?)", [1], None),
        ("SELECT job.key FROM job WHERE job.bucket IN (?, ?)", [1, 2], {1, 2}),
        ("DELETE FROM job WHERE job.bucket = ANY (%(b)s::BIGINT[])", {"b": [3]}, {3}),
        ("SELECT j.key FROM job AS j JOIN instance AS i ON i.bucket = j.bucket WHERE j.bucket = ?", [4], {4}),
        ("SELECT j.key FROM job AS j JOIN instance AS i ON i.key = j.key WHERE j.bucket = ?", [4], None),
        ("SELECT job.key FROM job, instance WHERE job.bucket = ?", [4], None),
        ("UPDATE job SET stage=? WHERE job.bucket = ? AND EXISTS (SELECT 1 FROM instance WHERE "
         "instance.bucket = job.bucket)", ["x", 5], {5}),
        ("UPDATE job SET stage=? WHERE job.bucket = ? AND job.key IN (SELECT key FROM job)", [1, 5], None),
        ("INSERT INTO job (bucket, key) VALUES (?, ?), (?, ?)", [1, 2, 6, 2], {1, 6}),
        ("WITH w AS (INSERT INTO history (bucket, seq) VALUES (%(a)s::SMALLINT, 1)) "
         "UPDATE instance SET seq=%(s)s WHERE instance.bucket = %(b)s", {"a": 7, "s": 1, "b": 8}, {7, 8}),
        ("SELECT person.id FROM person", [], set()),
    ],
)  # fmt: skip
def test_what_a_statement_touches_is_read_from_its_text(
    text: str, given: Any, buckets: set[int] | None
) -> None:
    assert touched(text, given).buckets == buckets

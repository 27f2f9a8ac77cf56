"""A case as one page shows it: its family and what each waits for, its course, its deadlines."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from engine import (
    WARSAW,
    Completed,
    HandlerRegistry,
    JobContext,
    NotFound,
    ProcessEngine,
    VirtualClock,
    WaitKind,
)
from tests.builders import Process, process, steps


def caller() -> Process:
    return process("calls", name="Wołający").start().call_activity("call", "called").end("end")


def called() -> Process:
    return (
        process("called", name="Wołany")
        .start()
        .service_task("work", "does.not.answer")
        .user_task("look", group="EK-04", form="person")
        .end("end")
    )


def person_form() -> tuple[str, bytes]:
    field = {"type": "textfield", "id": "f", "key": "pesel", "label": "PESEL"}
    hidden = {**field, "properties": {"obieg:personal": "true"}}
    note = {"type": "textfield", "id": "n", "key": "uwagi", "label": "Uwagi"}
    body = {"id": "person", "type": "default", "schemaVersion": 19, "components": [hidden, note]}
    return "person.form", json.dumps(body).encode()


@pytest.fixture
def key(engine: ProcessEngine) -> int:
    """A case whose called instance has a job nobody works on."""
    engine.deploy([*caller().files(), *called().files(), person_form()], by="owner")
    key = engine.start("calls", variables={"a": 1}, actor="anna").key
    engine.run_until_idle()
    return key


def test_a_case_knows_what_its_called_instances_wait_for(engine: ProcessEngine, key: int) -> None:
    case = engine.case(key)
    own, inner = case.parts
    assert [(wait.kind, wait.element_id) for wait in own.waits] == [(WaitKind.CALL, "call")]
    assert (own.waits[0].key, inner.called_at, inner.name) == (inner.instance.key, "call", "Wołany")
    assert [(job.type, job.element_id, str(job.state)) for job in inner.jobs] == [
        ("does.not.answer", "work", "ready")
    ]
    assert case.personal.names == {"pesel"}
    assert case.variables == {"a": 1}
    assert [part.waits for part in engine.case(inner.instance.key).parts] == [inner.waits]


def test_failures_and_incidents_of_the_inside_are_in_the_case(engine: ProcessEngine, key: int) -> None:
    (job,) = engine.activate_jobs("does.not.answer", worker="w", limit=5, lease=dt.timedelta(minutes=1))
    engine.fail_job(job.key, worker="w", attempt=job.attempt, reason="serwer milczy", retries=0)
    inner = engine.case(key).parts[1]
    assert [each.message for each in inner.incidents] == ["serwer milczy"]
    assert [wait.kind for wait in inner.waits] == [WaitKind.INCIDENT, WaitKind.JOB]
    assert [each.retries for each in inner.jobs] == [0]


def test_a_case_is_read_in_as_many_statements_whatever_its_size(engine: ProcessEngine) -> None:
    many = process("many").start().call_activity("call", "called").multi_instance("lista", "each").end()
    engine.deploy([*many.files(), *called().files(), person_form()], by="owner")
    counted = []
    for size in (1, 5, 30):
        key = engine.start("many", variables={"lista": list(range(size))}, actor="anna").key
        engine.run_until_idle()
        engine.case(key)
        before = engine.statements
        case = engine.case(key)
        counted.append(engine.statements - before)
        assert len(case.parts) == size + 1
        assert sum(len(part.jobs) for part in case.parts) == size
    assert counted[0] == counted[1] == counted[2] - 1 <= 10  # thirty calls at once are on pages, read at once


def test_an_ended_case_keeps_its_data(engine: ProcessEngine) -> None:
    engine.deploy(process("short").start().user_task("ask").end("e").files(), by="owner")
    key = engine.start("short", actor="anna").key
    (task,) = engine.user_tasks(instance_key=key)
    engine.complete(task.key, variables={"x": 5}, actor="jan")
    case = engine.case(key)
    assert (case.variables, case.parts[0].waits, str(case.instance.state)) == ({"x": 5}, (), "completed")
    with pytest.raises(NotFound):
        engine.case(key + 1)


def test_what_was_done_outside_is_told_with_its_reply(database_url: str, clock: VirtualClock) -> None:
    registry = HandlerRegistry()

    @registry.handler("send")
    def send(context: JobContext) -> Completed:
        return Completed({"ref": dict(context.effect("smtp", lambda: {"code": 250}))["code"]})

    with ProcessEngine(database_url, clock=clock, handlers=registry) as engine:
        engine.deploy(process("mails").start().service_task("mail", "send").end().files(), by="owner")
        keys = [engine.start("mails", actor="anna").key for _ in range(2)]
        engine.run_until_idle()
        for key in keys:
            (effect,) = engine.case(key).effects
            assert (effect.instance_key, effect.name, effect.reply) == (key, "smtp", {"code": 250})
            entered = {each.element_key: each.element_id for each in engine.history(key)}
            assert entered[effect.element_key] == "mail"


def drawn_with_choice() -> Process:
    return (
        process("choice")
        .start("s")
        .user_task("ask")
        .exclusive("which")
        .flow_if("kwota > 100")
        .sub_process("big", steps().start("b").user_task("approve").end("bb"))
        .end("e")
        .at("which")
        .default()
        .end("small")
    )


def test_the_course_says_where_tokens_went_and_what_changed(engine: ProcessEngine) -> None:
    engine.deploy(drawn_with_choice().files(), by="owner")
    key = engine.start("choice", variables={"kwota": 1}, actor="anna").key
    (task,) = engine.user_tasks(instance_key=key)
    engine.claim(task.key, actor="jan")
    engine.complete(task.key, variables={"kwota": 150}, actor="jan")
    course = engine.course(key)
    assert [(step.seq, step.command, step.actor) for step in course.steps] == [
        (1, "start", "anna"),
        (2, "update_task", "jan"),
        (3, "complete_user_task", "jan"),
    ]
    start, claim, done = course.steps
    assert (start.active, start.completed) == ({"ask": 1}, ("s",))
    assert [(each.name, each.before, each.after) for each in start.changes] == [("kwota", None, 1)]
    assert (claim.flows, claim.changes) == ((), ())
    assert done.active == {"big": 1, "approve": 1}
    assert [(each.name, each.before, each.after) for each in done.changes] == [("kwota", 1, 150)]
    assert len(done.flows) == 3
    assert engine.replay(key, until=3).variables == {"kwota": 150}
    (asked,) = [each for each in done.events if each.type == "condition_evaluated"]
    assert asked.payload["items"] == [{"part": "kwota", "value": "150"}]


def test_a_part_of_the_course_begins_with_what_was_gone_through_before(engine: ProcessEngine) -> None:
    engine.deploy(drawn_with_choice().files(), by="owner")
    key = engine.start("choice", variables={"kwota": 1}, actor="anna").key
    (task,) = engine.user_tasks(instance_key=key)
    engine.complete(task.key, variables={"kwota": 150}, actor="jan")
    whole, part = engine.course(key), engine.course(key, first=2, limit=1)
    assert part.last == whole.last == 2
    assert part.steps == whole.steps[1:]
    assert (part.flows, part.completed) == (whole.steps[0].flows, whole.steps[0].completed)
    for wrong in (0, 3):
        with pytest.raises(NotFound):
            engine.course(key, first=wrong)


def test_the_course_names_the_version_of_then(engine: ProcessEngine) -> None:
    engine.deploy(process("p").start("s").user_task("ask").end("e").files(), by="owner")
    key = engine.start("p", actor="anna").key
    engine.deploy(process("p").start("s").user_task("asked").end("e").files(), by="owner")
    engine.migrate(key, mapping={"ask": "asked"}, actor="oskar", reason="nowa wersja")
    (task,) = engine.user_tasks(instance_key=key)
    engine.complete(task.key, actor="jan")
    course = engine.course(key)
    assert [(step.version, step.active) for step in course.steps] == [
        (1, {"ask": 1}),
        (2, {"asked": 1}),
        (2, {}),
    ]
    assert engine.course(key, first=3).completed == ("s",)


def deadline_drawing(due: str) -> Process:
    return (
        process("due")
        .start("s")
        .user_task("ask", due=due)
        .boundary_timer("P1D", "late")
        .end("l")
        .at("ask")
        .end("e")
    )


def test_a_deadline_is_explained_day_by_day(engine: ProcessEngine) -> None:
    """From Thursday 17 December 2026: the 24th is a holiday in Poland since 2025, the 25th and 26th too."""
    engine.deploy(deadline_drawing("=working day deadline(now(), ile)").files(), by="owner")
    key = engine.start("due", variables={"ile": 5}, actor="anna").key
    task, timer = sorted(engine.deadlines(key), key=lambda each: each.kind)
    assert (task.kind, task.count, task.start) == (WaitKind.TASK, 5, dt.date(2026, 12, 17))
    assert ("ile", "5") in task.parts
    said: list[Any] = [(each.day.day, each.number, each.why) for each in task.days]
    assert said[:4] == [(18, 1, ""), (19, 0, "saturday"), (20, 0, "sunday"), (21, 2, "")]
    assert said[-1][1] == 5
    assert task.days[-1].day + dt.timedelta(days=1) == task.due_at.astimezone(WARSAW).date()
    assert (timer.kind, timer.expression, timer.days, timer.state) == (WaitKind.TIMER, "P1D", (), "waiting")


def test_holidays_are_named_and_a_moved_deadline_says_by_whom(engine: ProcessEngine) -> None:
    source = '=if x then working day deadline(date("2026-12-23"), 1) else now()'
    engine.deploy(deadline_drawing(source).files(), by="owner")
    key = engine.start("due", variables={"x": True}, actor="anna").key
    (timer,) = engine.timers(key)
    moved = timer.due_at + dt.timedelta(days=3)
    engine.reschedule_timer(timer.key, due_at=moved, actor="oskar", reason="święta")
    task, late = sorted(engine.deadlines(key), key=lambda each: each.kind)
    assert [each.why for each in task.days[:2]] == [
        "Wigilia Bożego Narodzenia",
        "Boże Narodzenie (pierwszy dzień)",
    ]
    assert (late.due_at, late.moved_by, late.moved_why) == (moved, "oskar", "święta")


def test_what_is_over_is_told_so(engine: ProcessEngine, clock: VirtualClock) -> None:
    engine.deploy(deadline_drawing("=now()").files(), by="owner")
    key = engine.start("due", actor="anna").key
    clock.advance(dt.timedelta(days=2))
    engine.run_until_idle()
    assert {each.kind: each.state for each in engine.deadlines(key)} == {
        WaitKind.TASK: "withdrawn",
        WaitKind.TIMER: "passed",
    }

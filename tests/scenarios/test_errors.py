"""BPMN errors, escalations and terminate (BPMN 2.0.2 §10.5.7, §13.5), failures and incidents."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import Completed, JobContext, JobFailure
from tests.builders import process, steps
from tests.plain import Plain, event, flows, node, nodes
from tests.scenarios.run import Run
from tests.scenarios.test_data import into

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


def test_a_boundary_event_catches_its_code_before_one_that_catches_all(run: Run) -> None:
    drawing = process("p").start().service_task("send", "mail").boundary_error("", "any").end("other")
    drawing.at("send").boundary_error("REFUSED", "refused").end("no").at("send").end("sent")
    case = run(drawing).throw("mail", "REFUSED")
    assert (case.ended_at, case.state) == (["no"], "completed")
    assert run.start("p").throw("mail", "HANGS").ended_at == ["other"]
    assert run.start("p").work("mail").ended_at == ["sent"]


def test_an_error_nobody_catches_is_an_incident_and_can_be_tried_again(run: Run) -> None:
    case = run(process("p").start().service_task("send", "mail").end("sent"))
    case.throw("mail", "REFUSED")
    (incident,) = case.incidents
    assert incident.type == "unhandled_error"
    assert "REFUSED" in incident.message
    assert case.resolve().work("mail").ended_at == ["sent"]


def test_an_error_end_event_leaves_its_sub_process(run: Run) -> None:
    inside = steps().start().user_task("ask").end_error("BAD", "bad")
    inside.at("start").user_task("other").end()
    drawing = process("p").start().sub_process("work", inside).boundary_error("BAD", "caught").end("no")
    drawing.at("work").end("yes")
    case = run(drawing).complete("ask")
    assert (case.ended_at[-1], case.tasks, case.count("work", "terminated")) == ("no", [], 1)


def test_an_error_is_caught_by_an_event_sub_process_with_code_and_message(run: Run) -> None:
    drawing = process("p").start().service_task("send", "mail").end("sent")
    drawing.event_sub_process(
        "repair", steps().start_error("REFUSED", "on_refused").user_task("call").end("called")
    )
    case = run(drawing).throw("mail", "REFUSED", address="a@b")
    assert (case.tasks, case.variables["address"]) == (["call"], "a@b")
    assert case.complete("call").ended_at == ["called"]
    assert case.state == "completed"


def test_a_person_ends_a_user_task_with_a_bpmn_error(run: Run) -> None:
    drawing = process("p").start().user_task("ask").boundary_error("NO_ID", "no_id").end("refused")
    case = run(drawing.at("ask").end("done"))
    run.engine.throw_error(case.task("ask").key, code="NO_ID")
    assert (case.ended_at, case.tasks) == (["refused"], [])


def test_an_escalation_does_not_stop_who_throws_it(run: Run) -> None:
    inside = steps().start().throw_escalation("LATE", "warn").user_task("go_on").end()
    drawing = process("p").start().sub_process("work", inside)
    drawing.boundary_escalation("LATE", "heard", interrupting=False).user_task("head").end("told")
    case = run(drawing.at("work").end("done"))
    assert sorted(case.tasks) == ["go_on", "head"]
    case.complete("head")
    assert case.complete("go_on").ended_at[-1] == "done"


def test_an_interrupting_escalation_ends_the_sub_process(run: Run) -> None:
    inside = steps().start().throw_escalation("LATE", "warn").user_task("go_on").end()
    drawing = (
        process("p").start().sub_process("work", inside).boundary_escalation("LATE", "heard").end("told")
    )
    assert run(drawing.at("work").end("done")).ended_at == ["told"]


def test_an_escalation_brings_its_data_and_tells_its_code(run: Run) -> None:
    told = node("dataInput", "in", name="reason") + into("why", "in")
    throw = event("endEvent", "warn", [told, '<bpmn:escalationEventDefinition id="d" escalationRef="late"/>'])
    inside = nodes("startEvent", "i_start") + throw + flows("i_start > warn")
    catch = (
        '<bpmn:escalationEventDefinition id="c" camunda:escalationCodeVariable="code" xmlns:camunda="{}"/>'
    )
    body = node("dataObject", "why") + nodes("startEvent", "s") + node("subProcess", "work", inside)
    body += event("boundaryEvent", "heard", [catch.format(CAMUNDA)], attachedToRef="work")
    body += nodes("endEvent", "told") + flows("s > work", "heard > told")
    late = node("escalation", "late", escalationCode="LATE")
    case = run(Plain("p", body, late), why="ill", secret=1)
    assert (case.ended_at[-1], case.variables["code"], case.variables["reason"]) == ("told", "LATE", "ill")


def test_an_event_without_a_code_catches_every_error_and_says_which(run: Run) -> None:
    drawing = process("p").start().service_task("send", "mail").boundary_error("", "any").end("caught")
    files = drawing.at("send").end("sent").xml()
    variables = (
        f'camunda:errorCodeVariable="code" camunda:errorMessageVariable="text" xmlns:camunda="{CAMUNDA}"'
    )
    files = files.replace("<bpmn:errorEventDefinition", f"<bpmn:errorEventDefinition {variables}")
    run.engine.deploy([("p.bpmn", files.encode())], by="owner")
    case = run.start("p").throw("mail", "REFUSED")
    assert (case.ended_at, case.variables) == (["caught"], {"code": "REFUSED", "text": "why"})


def test_an_escalation_leaves_the_called_process_with_its_data(run: Run) -> None:
    called = process("q").start().throw_escalation("LATE", "warn").user_task("go_on").end()
    drawing = process("p").start().call_activity("call", "q")
    drawing.boundary_escalation("", "heard", interrupting=False).end("told")
    case = run(drawing.at("call").end("done"), called)
    assert (case.ended_at, case.active) == (["told"], ["call"])
    run.cases("q")[0].complete("go_on")
    assert case.ended_at == ["told", "done"]


def test_an_escalation_nobody_hears_changes_nothing(run: Run) -> None:
    assert run(process("p").start().throw_escalation("LATE", "warn").end("done")).ended_at == ["done"]


def test_terminate_ends_only_its_own_level(run: Run) -> None:
    inside = steps().start().user_task("a").end_terminate("stop")
    inside.at("start").user_task("b").end()
    drawing = process("p").start().sub_process("work", inside).user_task("after").end("done")
    case = run(drawing).complete("a")
    assert (case.tasks, case.state, case.count("b", "terminated")) == (["after"], "active", 1)
    assert case.complete("after").state == "completed"


def test_terminate_at_the_top_ends_the_instance(run: Run) -> None:
    drawing = process("p").start().parallel("fork").user_task("a").end_terminate("stop")
    case = run(drawing.at("fork").user_task("b").end()).complete("a")
    assert (case.state, case.tasks, case.ended_at) == ("terminated", [], ["stop"])


def test_failures_are_retried_with_back_off_then_an_incident(run: Run) -> None:
    case = run(process("p").start().service_task("send", "mail", retries="2").end("sent"))
    run.engine.fail_job(case.job("mail").key, reason="450 busy")
    assert run.engine.activate_jobs("mail", worker="w", limit=1, lease=dt.timedelta(minutes=1)) == []
    run.advance(hours=1)
    run.engine.fail_job(case.job("mail").key, reason="451 still busy")
    (incident,) = case.incidents
    assert (incident.type, incident.message) == ("job_no_retries", "451 still busy")
    first = [e.payload["retries"] for e in run.engine.history(case.key) if e.type == "job_failed"]
    assert first == [1, 0]
    case.resolve()
    assert case.work("mail").ended_at == ["sent"]


def test_a_deliberate_new_effect_gets_a_new_idempotency_key(run: Run) -> None:
    case = run(process("p").start().service_task("send", "mail", retries="1").end("sent"))
    job = case.job("mail")
    run.engine.fail_job(job.key, reason="no")
    run.engine.resolve_incident(case.incidents[0].key, actor="op", reason="again")
    again = case.job("mail")
    assert again.idempotency_key == job.idempotency_key
    run.engine.fail_job(again.key, reason="no")
    run.engine.resolve_incident(case.incidents[0].key, actor="op", reason="send anew", new_effect=True)
    assert case.job("mail").idempotency_key != job.idempotency_key


def test_the_model_says_how_long_a_failed_job_waits(run: Run) -> None:
    waits = {"obieg:retryBackoff": "PT10M,PT2H"}
    case = run(process("p").start().service_task("send", "mail", retries="9", properties=waits).end())
    dues = []
    for _ in range(3):
        before = run.clock.now()
        run.engine.fail_job(case.job("mail").key, reason="no")
        due = run.engine.next_due()
        assert due is not None
        dues.append(due - before)
        run.clock.set(due)
        run.settle()
    assert dues == [dt.timedelta(minutes=10), dt.timedelta(hours=2), dt.timedelta(hours=2)]


def test_completing_past_an_open_incident_closes_it(run: Run) -> None:
    case = run(process("p").start().user_task("ask").end("done"))
    run.engine.throw_error(case.task("ask").key, code="NO_ID")
    assert [i.type for i in case.incidents] == ["unhandled_error"]
    assert case.complete("ask").ended_at == ["done"]
    assert case.incidents == []


def test_resolving_a_failed_condition_does_not_repeat_the_results(run: Run) -> None:
    drawing = process("p").start().user_task("ask", outputs={"n": "=n + 1"}).flow_if("go").end("done")
    drawing.at("ask").flow_if("not(go)").end("stopped")
    case = run(drawing, n=1, go=None).complete("ask")
    assert [i.type for i in case.incidents] == ["condition"]
    assert case.resolve(go=True).ended_at == ["done"]
    assert case.variables["n"] == 2


@pytest.mark.parametrize("answer", [object(), "x" * 70_000, "\udc80"])
def test_an_answer_that_cannot_be_stored_is_the_handlers_failure(run: Run, answer: object) -> None:
    run.handlers.handler("mail")(lambda _: Completed({"a": answer}))
    case = run(process("p").start().service_task("send", "mail").end("sent"))
    (incident,) = case.incidents
    assert "cannot be stored" in incident.message


def test_a_failure_with_a_text_that_cannot_be_stored_is_an_incident_all_the_same(run: Run) -> None:
    def broken(_: JobContext) -> Completed:
        raise JobFailure("bad \udc80 bytes \x00", permanent=True)

    run.handlers.handler("mail")(broken)
    case = run(process("p").start().service_task("send", "mail").end("sent"))
    assert [i.message for i in case.incidents] == ["bad ? bytes ?"]

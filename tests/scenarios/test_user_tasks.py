"""User tasks (BPMN 2.0.2 §10.3.4.1): who may do them, until when, what they bring."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import Conflict
from tests.builders import process
from tests.scenarios.run import Run


def test_a_task_is_claimed_given_back_and_completed(run: Run) -> None:
    case = run(process("p").start().user_task("ask", group="EK-04").end("done"))
    task = case.task("ask")
    assert run.engine.claim(task.key, actor="jan").assignee == "jan"
    with pytest.raises(Conflict, match="already claimed by jan"):
        run.engine.claim(task.key, actor="ola")
    with pytest.raises(Conflict, match="claimed by jan"):
        run.engine.complete(task.key, actor="ola")
    assert run.engine.unclaim(task.key, actor="jan").assignee is None
    assert run.engine.assign(task.key, "ola", actor="head", reason="absence").assignee == "ola"
    case.complete("ask", by="ola", answer=True)
    assert (case.state, case.ended_at, case.variables) == ("completed", ["done"], {"answer": True})


def test_a_finished_task_is_not_completed_twice(run: Run) -> None:
    case = run(process("p").start().user_task("ask").user_task("next").end())
    key = case.task("ask").key
    case.complete("ask", n=1)
    with pytest.raises(Conflict, match="already completed"):
        run.engine.complete(key, variables={"n": 2}, actor="jan")
    assert case.variables == {"n": 1}
    assert case.tasks == ["next"]


def test_the_same_request_completes_once(run: Run) -> None:
    case = run(process("p").start().user_task("ask").user_task("next").end())
    key = case.task("ask").key
    for _ in range(2):
        run.engine.complete(key, variables={"n": 1}, actor="jan", request_id="click-1")
    assert case.tasks == ["next"]


def test_candidates_dates_and_priority_are_computed(run: Run) -> None:
    drawing = (
        process("p")
        .start()
        .user_task(
            "ask",
            group='=["EK-04", unit]',
            users="anna, ola",
            due="=working day deadline(now(), 5)",
            follow_up='=now() + duration("P1D")',
            priority="=60 + 20",
        )
        .end()
    )
    task = run(drawing, unit="KO").task("ask")
    assert (task.candidate_groups, task.candidate_users, task.priority) == (
        ("EK-04", "KO"),
        ("anna", "ola"),
        80,
    )
    # B35: Thursday 17 December 2026 + 5 working days, 24 December is a holiday: Monday 28 December, 24:00
    assert task.due_at == dt.datetime(2026, 12, 28, 23, 0, tzinfo=dt.UTC)
    assert task.follow_up_at == dt.datetime(2026, 12, 18, 9, 0, tzinfo=dt.UTC)


def test_without_candidates_the_lane_names_the_group(run: Run) -> None:
    drawing = process("p").start().user_task("ask").end().lane("Referat", "ask", group="EK-04")
    assert run(drawing).task("ask").candidate_groups == ("EK-04",)


def test_a_wrong_assignee_is_an_incident_that_can_be_resolved(run: Run) -> None:
    case = run(process("p").start().user_task("ask", assignee="=who").end("done"), who=7)
    (incident,) = case.incidents
    assert (incident.element_id, incident.type) == ("ask", "expression")
    assert "assignee" in incident.message
    case.resolve(who="jan")
    assert case.task("ask").assignee == "jan"
    assert case.complete("ask").ended_at == ["done"]

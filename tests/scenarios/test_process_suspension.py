"""A whole process is stopped and let go on: nothing starts, everything stands still, nothing is lost."""

from __future__ import annotations

import pytest

from engine import Conflict, NotFound
from tests.builders import Process, process
from tests.scenarios.run import Case, Run


def entered() -> Process:
    drawing = process("p").start("by_hand").user_task("a").end()
    drawing.start_message("begin", "by_message").connect_to("a")
    drawing.start_timer("R/PT1H", "by_timer").connect_to("a")
    return drawing.start_signal("all", "by_signal").connect_to("a")


def stop(run: Run) -> None:
    run.engine.suspend_process("p", actor="op", reason="unlawful")
    run.settle()


def go_on(run: Run) -> None:
    run.engine.activate_process("p", actor="op", reason="law changed")
    run.settle()


def test_nothing_starts_and_everything_stands_still(run: Run) -> None:
    case = run(entered())
    stop(run)
    assert case.state == "suspended"
    assert [each.active for each in run.engine.definitions()] == [False]
    with pytest.raises(Conflict, match="is suspended"):
        run.engine.start("p", actor="anna")
    with pytest.raises(Conflict, match="is suspended"):
        run.engine.start("p", version=1, actor="anna")
    run.publish("begin", ttl=100)
    run.broadcast("all")
    run.advance(hours=3)
    assert len(run.engine.instances()) == 1
    go_on(run)
    # The message was buffered, the timer became due; the signal reached nobody.
    assert sorted(each.state for each in run.engine.instances()) == ["active"] * 3
    assert case.complete("a").state == "completed"
    run.advance(hours=1)
    run.broadcast("all")
    assert len(run.engine.instances()) == 5


def test_a_version_deployed_meanwhile_is_suspended_too(run: Run) -> None:
    run(entered())
    stop(run)
    run.deploy(entered().at("a").boundary_timer("P1D").end("late"))
    run.advance(hours=2)
    assert [(each.version, each.active) for each in run.engine.definitions()] == [(2, False), (1, False)]
    run.publish("begin", ttl=100)
    assert len(run.engine.instances()) == 1
    go_on(run)
    assert sorted(each.version for each in run.engine.instances()) == [1, 2, 2]
    run.advance(hours=1)
    assert len(run.engine.instances()) == 4


def test_a_call_of_a_suspended_process_is_an_incident_until_it_is_activated(run: Run) -> None:
    run.deploy(process("p").start().user_task("x").end())
    stop(run)
    case = run(process("caller").start().call_activity("call", "p").end("done"))
    (incident,) = case.incidents
    assert "is suspended" in incident.message
    go_on(run)
    case.resolve()
    (called,) = run.engine.instances(process_id="p")
    Case(run, called.key).complete("x")
    assert case.ended_at == ["done"]


def test_what_is_suspended_already_is_not_suspended_again(run: Run) -> None:
    run(entered())
    with pytest.raises(Conflict, match="suspended"):
        go_on(run)
    stop(run)
    with pytest.raises(Conflict, match="active"):
        stop(run)
    with pytest.raises(NotFound):
        run.engine.suspend_process("nowhere", actor="op", reason="x")
    actions = [each.reason for each in run.engine.batches()]
    assert actions == ["unlawful"]

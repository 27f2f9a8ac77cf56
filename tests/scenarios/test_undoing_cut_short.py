"""Undoing that is cut short: errors in handlers, who undoes ended before its time, a cancellation meanwhile
(BPMN 2.0.2 §13.5.5)."""

from __future__ import annotations

from tests.plain import Plain, event, flows, node, script, users
from tests.scenarios.run import Run
from tests.scenarios.undoing import COMPENSATE, undoable

CANCEL = "<bpmn:cancelEventDefinition/>"
ERROR = '<bpmn:errorEventDefinition errorRef="broken"/>'
ROOTS = '<bpmn:error id="broken" name="broken" errorCode="BROKEN"/><bpmn:signal id="g" name="alarm"/>'


def breaking() -> str:
    """An activity whose handler ends with an error, and the event sub-process that catches it."""
    handler = node("startEvent", "us") + event("endEvent", "ue", [ERROR]) + flows("us > ue")
    caught = event("startEvent", "es", [ERROR]) + node("endEvent", "ee") + flows("es > ee")
    return (
        script("a", 'append(log, "a")', "log")
        + event("boundaryEvent", "on_a", [COMPENSATE], attachedToRef="a")
        + node("subProcess", "ua", handler, isForCompensation="true")
        + '<bpmn:association id="as_a" sourceRef="on_a" targetRef="ua"/>'
        + node("subProcess", "caught", caught, triggeredByEvent="true")
    )


def test_an_error_in_a_handler_caught_inside_the_transaction_ends_the_undoing(run: Run) -> None:
    inside = node("startEvent", "ts") + breaking() + event("endEvent", "ce", [CANCEL])
    body = (
        node("startEvent", "s")
        + node("transaction", "t", inside + flows("ts > a", "a > ce"))
        + event("boundaryEvent", "gone", [CANCEL], attachedToRef="t")
        + node("endEvent", "e")
        + node("endEvent", "x")
        + flows("s > t", "t > e", "gone > x")
    )
    case = run(Plain("p", body, ROOTS), log=[])
    assert case.state == "completed"
    assert case.ended_at == ["ce", "ee", "e"]


def test_an_error_in_a_handler_caught_in_the_container_entered_again_lets_the_thrower_go_on(run: Run) -> None:
    inside = node("startEvent", "ts") + breaking() + node("endEvent", "te") + flows("ts > a", "a > te")
    body = (
        node("startEvent", "s")
        + node("subProcess", "sp", inside)
        + event("intermediateThrowEvent", "undo", [COMPENSATE])
        + node("endEvent", "e")
        + flows("s > sp", "sp > undo", "undo > e")
    )
    case = run(Plain("p", body, ROOTS), log=[])
    assert (case.state, case.ended_at) == ("completed", ["te", "ee", "e"])


def trip() -> str:
    """A sub-process whose only activity a person undoes."""
    inside = (
        node("startEvent", "ts") + undoable("hotel", "cancel_hotel", kind="user") + node("endEvent", "te")
    )
    return node("subProcess", "trip", inside + flows("ts > hotel", "hotel > te"))


def test_a_container_entered_again_ends_though_nobody_waits_for_it_any_more(run: Run) -> None:
    inside = (
        event("startEvent", "es", ['<bpmn:signalEventDefinition signalRef="g"/>'], isInterrupting="false")
        + node("parallelGateway", "fork")
        + event("intermediateThrowEvent", "undo", [COMPENSATE])
        + node("endEvent", "undone")
        + users("stop")
        + event("endEvent", "stopped", ["<bpmn:terminateEventDefinition/>"])
        + flows("es > fork", "fork > undo", "undo > undone", "fork > stop", "stop > stopped")
    )
    body = (
        node("startEvent", "s")
        + trip()
        + users("main")
        + node("endEvent", "e")
        + node("subProcess", "esp", inside, triggeredByEvent="true")
        + flows("s > trip", "trip > main", "main > e")
    )
    case = run(Plain("p", body, ROOTS), log=[])
    run.broadcast("alarm")
    assert sorted(case.tasks) == ["cancel_hotel", "main", "stop"]
    case.complete("stop").complete("main").complete("cancel_hotel")
    assert case.state == "completed"


def test_what_a_thrower_had_not_undone_yet_is_kept_when_it_is_ended(run: Run) -> None:
    body = (
        node("startEvent", "s")
        + undoable("a", "ua", kind="user")
        + undoable("b", "ub", kind="user")
        + node("parallelGateway", "fork")
        + event("intermediateThrowEvent", "first", [COMPENSATE])
        + users("later")
        + event("intermediateThrowEvent", "second", [COMPENSATE])
        + node("endEvent", "e1")
        + node("endEvent", "e2")
        + flows(
            "s > a", "a > b", "b > fork", "fork > first", "first > e1", "fork > later", "later > second",
            "second > e2",
        )
    )  # fmt: skip
    case = run(Plain("p", body), log=[])
    assert sorted(case.tasks) == ["later", "ub"]
    run.engine.modify(case.key, terminate=["first"], actor="op", reason="wrong branch")
    run.settle()
    case.complete("ub").complete("later")
    assert case.tasks == ["ua"]
    assert case.complete("ua").ended_at == ["e2"]


def test_a_cancellation_takes_over_what_was_being_undone(run: Run) -> None:
    inside = (
        node("startEvent", "ts")
        + undoable("a", "ua", kind="user")
        + undoable("b", "ub", kind="user")
        + node("parallelGateway", "fork")
        + event("intermediateThrowEvent", "undo", [COMPENSATE])
        + node("endEvent", "te")
        + users("decide")
        + event("endEvent", "ce", [CANCEL])
        + flows("ts > a", "a > b", "b > fork", "fork > undo", "undo > te", "fork > decide", "decide > ce")
    )
    body = (
        node("startEvent", "s")
        + node("transaction", "t", inside)
        + event("boundaryEvent", "gone", [CANCEL], attachedToRef="t")
        + node("endEvent", "e")
        + node("endEvent", "x")
        + flows("s > t", "t > e", "gone > x")
    )
    case = run(Plain("p", body), log=[])
    assert sorted(case.tasks) == ["decide", "ub"]
    case.complete("decide")
    assert case.tasks == ["ub"]
    assert case.complete("ub").tasks == ["ua"]
    assert case.complete("ua").ended_at == ["ce", "x"]


def test_several_compensate_definitions_of_one_event_are_undone_together(run: Run) -> None:
    named = '<bpmn:compensateEventDefinition activityRef="{}"/>'
    body = (
        node("startEvent", "s")
        + undoable("a", "ua")
        + undoable("b", "ub")
        + undoable("c", "uc")
        + event("intermediateThrowEvent", "undo", [named.format("a"), named.format("b")])
        + node("endEvent", "e")
        + flows("s > a", "a > b", "b > c", "c > undo", "undo > e")
    )
    case = run(Plain("p", body), log=[])
    assert case.variables["log"] == ["a", "b", "c", "ub", "ua"]
    assert case.ended_at == ["e"]

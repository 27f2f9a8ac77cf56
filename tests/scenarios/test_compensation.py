"""Compensation (BPMN 2.0.2 §10.7, §13.5.5)."""

from __future__ import annotations

import pytest

from engine import Conflict
from tests.plain import Plain, event, flows, node, script, users
from tests.scenarios.run import Run
from tests.scenarios.undoing import COMPENSATE, undoable

NAMED = '<bpmn:compensateEventDefinition activityRef="{}"/>'


def booking(throw: str, *, kind: str = "script", extra: str = "") -> Plain:
    return Plain(
        "p",
        node("startEvent", "s")
        + undoable("hotel", "cancel_hotel", kind=kind)
        + undoable("flight", "cancel_flight", kind=kind)
        + throw
        + node("endEvent", "e")
        + flows("s > hotel", "hotel > flight", "flight > undo", "undo > e")
        + extra,
    )


def test_completed_activities_are_undone_in_reverse_order(run: Run) -> None:
    case = run(booking(event("intermediateThrowEvent", "undo", [COMPENSATE])), log=[])
    assert case.variables["log"] == ["hotel", "flight", "cancel_flight", "cancel_hotel"]
    assert case.ended_at == ["e"]


def test_one_named_activity_is_undone_and_never_twice(run: Run) -> None:
    again = event("intermediateThrowEvent", "again", [NAMED.format("hotel")])
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + undoable("hotel", "cancel_hotel")
        + undoable("flight", "cancel_flight")
        + event("intermediateThrowEvent", "undo", [NAMED.format("hotel")])
        + again
        + node("endEvent", "e")
        + flows("s > hotel", "hotel > flight", "flight > undo", "undo > again", "again > e"),
    )
    case = run(drawing, log=[])
    assert case.variables["log"] == ["hotel", "flight", "cancel_hotel"]
    assert case.ended_at == ["e"]


def test_handlers_that_wait_are_taken_one_after_the_other(run: Run) -> None:
    case = run(booking(event("intermediateThrowEvent", "undo", [COMPENSATE]), kind="user"), log=[])
    assert case.tasks == ["cancel_flight"]
    assert case.complete("cancel_flight").tasks == ["cancel_hotel"]
    assert case.ended_at == []
    assert case.complete("cancel_hotel").ended_at == ["e"]


def test_nobody_waits_for_the_end_where_the_event_says_so(run: Run) -> None:
    throw = event(
        "intermediateThrowEvent", "undo", ['<bpmn:compensateEventDefinition waitForCompletion="false"/>']
    )
    case = run(booking(throw, kind="user"), log=[])
    assert case.ended_at == ["e"]
    assert case.state == "active"
    case.complete("cancel_flight").complete("cancel_hotel")
    assert case.state == "completed"


def test_what_is_still_active_is_not_undone(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("parallelGateway", "fork")
        + undoable("hotel", "cancel_hotel")
        + users("wait")
        + event("boundaryEvent", "on_wait", [COMPENSATE], attachedToRef="wait")
        + script("cancel_wait", 'append(log, "cancel_wait")', "log", isForCompensation="true")
        + '<bpmn:association id="a2" sourceRef="on_wait" targetRef="cancel_wait"/>'
        + event("endEvent", "undo", [COMPENSATE])
        + node("endEvent", "e")
        + flows("s > fork", "fork > hotel", "fork > wait", "hotel > undo", "wait > e"),
    )
    case = run(drawing, log=[])
    assert case.variables["log"] == ["hotel", "cancel_hotel"]
    assert case.tasks == ["wait"]
    assert case.complete("wait").variables["log"] == ["hotel", "cancel_hotel"]
    assert case.state == "completed"


def trip(inside: str = "", after: str = "") -> str:
    """A sub-process with one undoable activity, and what else is asked for."""
    return node(
        "subProcess",
        "trip",
        node("startEvent", "ts")
        + script("plan", '"Rome"', "place")
        + undoable("hotel", "cancel_hotel")
        + node("endEvent", "te")
        + flows("ts > plan", "plan > hotel", "hotel > te")
        + inside,
    )


def around(sub_process: str) -> Plain:
    return Plain(
        "p",
        node("startEvent", "s")
        + sub_process
        + event("intermediateThrowEvent", "undo", [COMPENSATE])
        + node("endEvent", "e")
        + flows("s > trip", "trip > undo", "undo > e"),
    )


def test_a_sub_process_without_a_handler_undoes_what_has_completed_in_it(run: Run) -> None:
    case = run(around(trip()), log=[])
    assert case.variables["log"] == ["hotel", "cancel_hotel"]
    assert case.ended_at == ["te", "e"]


OWN = node(
    "subProcess",
    "own",
    event("startEvent", "own_start", [COMPENSATE])
    + script("note", 'append(log, "own way " + place)', "log")
    + event("intermediateThrowEvent", "own_throw", [COMPENSATE])
    + node("endEvent", "own_end")
    + flows("own_start > note", "note > own_throw", "own_throw > own_end"),
    triggeredByEvent="true",
)


def test_a_compensation_event_sub_process_replaces_that_and_sees_the_data_of_then(run: Run) -> None:
    inner = trip(OWN).replace(
        '<bpmn:subProcess id="trip">',
        '<bpmn:subProcess id="trip"><bpmn:extensionElements><zeebe:ioMapping>'
        '<zeebe:input source="=&quot;nowhere&quot;" target="place"/></zeebe:ioMapping>'
        "</bpmn:extensionElements>",
    )
    case = run(around(inner), log=[])
    assert case.variables["log"] == ["hotel", "own way Rome", "cancel_hotel"]
    assert "place" not in case.variables
    assert case.ended_at[-1] == "e"


def test_a_handler_of_the_sub_process_is_all_that_runs(run: Run) -> None:
    handler = (
        event("boundaryEvent", "on_trip", [COMPENSATE], attachedToRef="trip")
        + script("refund", 'append(log, "refund")', "log", isForCompensation="true")
        + '<bpmn:association id="a3" sourceRef="on_trip" targetRef="refund"/>'
    )
    case = run(around(trip(OWN) + handler), log=[])
    assert case.variables["log"] == ["hotel", "refund"]
    assert case.ended_at[-1] == "e"


def test_each_instance_of_a_multi_instance_activity_is_undone_with_its_own_data(run: Run) -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements>'
        '<zeebe:loopCharacteristics inputCollection="=[1, 2, 3]" inputElement="item"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + script("book", "append(log, item)", "log", loop)
        + event("boundaryEvent", "on_book", [COMPENSATE], attachedToRef="book")
        + script("unbook", "append(log, -item)", "log", isForCompensation="true")
        + '<bpmn:association id="a" sourceRef="on_book" targetRef="unbook"/>'
        + event("intermediateThrowEvent", "undo", [COMPENSATE])
        + node("endEvent", "e")
        + flows("s > book", "book > undo", "undo > e"),
    )
    assert run(drawing, log=[]).variables["log"] == [1, 2, 3, -3, -2, -1]


def refunding() -> Plain:
    """A flight whose handler is a job; what it refuses is left to a person."""
    job = '<bpmn:extensionElements><zeebe:taskDefinition type="refund"/></bpmn:extensionElements>'
    return Plain(
        "p",
        node("startEvent", "s")
        + undoable("hotel", "cancel_hotel")
        + script("flight", 'append(log, "flight")', "log")
        + event("boundaryEvent", "on_flight", [COMPENSATE], attachedToRef="flight")
        + node("serviceTask", "refund", job, isForCompensation="true")
        + event("boundaryEvent", "refused", ["<bpmn:errorEventDefinition/>"], attachedToRef="refund")
        + users("call")
        + '<bpmn:association id="a" sourceRef="on_flight" targetRef="refund"/>'
        + event("intermediateThrowEvent", "undo", [COMPENSATE])
        + node("endEvent", "e")
        + flows("s > hotel", "hotel > flight", "flight > undo", "undo > e", "refused > call"),
    )


def test_a_handler_that_ends_with_an_error_does_not_stop_the_others(run: Run) -> None:
    case = run(refunding(), log=[]).throw("refund", "NO_REFUND")
    assert case.variables["log"] == ["hotel", "flight", "cancel_hotel"]
    assert case.tasks == ["call"]
    assert case.complete("call").state == "completed"


def test_an_incident_of_a_handler_is_resolved_and_undoing_goes_on(run: Run) -> None:
    case = run(refunding(), log=[])
    run.engine.fail_job(case.job("refund").key, reason="closed", retries=0)
    assert [each.element_id for each in case.incidents] == ["refund"]
    assert case.variables["log"] == ["hotel", "flight"]
    case.resolve().work("refund")
    assert case.ended_at == ["e"]
    assert case.variables["log"] == ["hotel", "flight", "cancel_hotel"]


def test_a_cancelled_case_in_the_middle_of_undoing_leaves_nothing_behind(run: Run) -> None:
    case = run(booking(event("intermediateThrowEvent", "undo", [COMPENSATE]), kind="user"), log=[])
    run.engine.cancel(case.key, actor="op", reason="withdrawn")
    run.settle()
    assert case.state == "cancelled"
    assert case.tasks == []


def test_a_case_that_is_undoing_something_does_not_migrate(run: Run) -> None:
    drawing = booking(event("intermediateThrowEvent", "undo", [COMPENSATE]), kind="user")
    case = run(drawing, log=[])
    run.deploy(
        booking(
            event("intermediateThrowEvent", "undo", [COMPENSATE]), extra=users("more") + flows("hotel > more")
        )
    )
    with pytest.raises(Conflict, match="undoing"):
        run.engine.migrate(case.key, version=2, actor="op", reason="new version")


def test_undoing_waits_while_the_case_is_suspended(run: Run) -> None:
    case = run(booking(event("intermediateThrowEvent", "undo", [COMPENSATE]), kind="user"), log=[])
    run.engine.suspend(case.key, actor="op", reason="holiday")
    run.settle()
    with pytest.raises(Conflict):
        case.complete("cancel_flight")
    run.engine.activate(case.key, actor="op", reason="back")
    assert case.complete("cancel_flight").complete("cancel_hotel").ended_at == ["e"]


def test_an_activity_is_undone_as_often_as_it_has_completed(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("exclusiveGateway", "again")
        + undoable("hotel", "cancel_hotel")
        + node("exclusiveGateway", "enough", default="enough_undo")
        + event("intermediateThrowEvent", "undo", [NAMED.format("hotel")])
        + node("endEvent", "e")
        + flows(
            "s > again",
            "again > hotel",
            "hotel > enough",
            "enough > again if count(log) < 3",
            "enough > undo",
            "undo > e",
        ),
    )
    case = run(drawing, log=[])
    assert case.variables["log"] == ["hotel"] * 3 + ["cancel_hotel"] * 3

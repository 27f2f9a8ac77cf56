"""Transactions and cancel events (BPMN 2.0.2 §10.3.5, §10.5.5)."""

from __future__ import annotations

from tests.plain import Plain, event, flows, node, users
from tests.scenarios.run import Run
from tests.scenarios.undoing import undoable

CANCEL = "<bpmn:cancelEventDefinition/>"


def transaction(*, boundary: bool = True, nested: str = "") -> Plain:
    inside = (
        node("startEvent", "ts")
        + undoable("hotel", "cancel_hotel")
        + undoable("flight", "cancel_flight")
        + node("parallelGateway", "fork")
        + users("pay", "decide")
        + event("endEvent", "cancelled", [CANCEL])
        + node("endEvent", "paid")
        + flows(
            "ts > hotel",
            "hotel > flight",
            "flight > fork",
            "fork > pay",
            "fork > decide",
            "pay > paid",
            "decide > cancelled",
        )
        + nested
    )
    out = event("boundaryEvent", "gone", [CANCEL], attachedToRef="tx") if boundary else ""
    return Plain(
        "p",
        node("startEvent", "s")
        + node("transaction", "tx", inside)
        + out
        + node("endEvent", "e")
        + (node("endEvent", "sorry") + flows("gone > sorry") if boundary else "")
        + flows("s > tx", "tx > e"),
    )


def test_a_cancelled_transaction_undoes_and_leaves_by_its_cancel_event(run: Run) -> None:
    case = run(transaction(), log=[])
    case.complete("decide")
    assert case.variables["log"] == ["hotel", "flight", "cancel_flight", "cancel_hotel"]
    assert case.tasks == []
    assert case.ended_at == ["cancelled", "sorry"]
    assert case.state == "completed"


def test_a_transaction_that_is_not_cancelled_undoes_nothing(run: Run) -> None:
    drawing = transaction()
    drawing.body = drawing.body.replace("<bpmn:cancelEventDefinition/></bpmn:endEvent>", "</bpmn:endEvent>")
    case = run(drawing, log=[]).complete("decide").complete("pay")
    assert case.variables["log"] == ["hotel", "flight"]
    assert case.ended_at[-1] == "e"


def test_what_had_completed_in_a_sub_process_cut_off_by_the_cancellation_is_undone_too(run: Run) -> None:
    nested = node(
        "subProcess",
        "more",
        node("startEvent", "ms")
        + undoable("car", "cancel_car")
        + users("drive")
        + node("endEvent", "me")
        + flows("ms > car", "car > drive", "drive > me"),
    ) + flows("fork > more")
    case = run(transaction(nested=nested), log=[]).complete("decide")
    assert case.variables["log"][3:] == ["cancel_car", "cancel_flight", "cancel_hotel"]
    assert case.ended_at == ["cancelled", "sorry"]


def test_a_cancelled_instance_of_a_repeated_transaction_ends_them_all_by_the_cancel_event(run: Run) -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    inside = (
        node("startEvent", "ts")
        + undoable("hotel", "cancel_hotel")
        + users("decide")
        + node("exclusiveGateway", "which", default="which_fine")
        + event("endEvent", "cancelled", [CANCEL])
        + node("endEvent", "fine")
        + flows(
            "ts > hotel",
            "hotel > decide",
            "decide > which",
            "which > fine",
            "which > cancelled if stop = true",
        )
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("transaction", "tx", loop + inside)
        + event("boundaryEvent", "gone", [CANCEL], attachedToRef="tx")
        + node("endEvent", "e")
        + node("endEvent", "sorry")
        + flows("s > tx", "tx > e", "gone > sorry"),
    )
    case = run(drawing, log=[], stop=False).complete("decide").complete("decide")
    assert case.ended_at[-1] == "e"
    case = run.start("p", log=[], stop=False).complete("decide", stop=True)
    assert case.ended_at == ["cancelled", "sorry"]
    assert case.variables["log"] == ["hotel", "hotel", "cancel_hotel"]
    assert (case.state, case.tasks) == ("completed", [])


def test_an_error_leaves_a_transaction_without_undoing(run: Run) -> None:
    error = '<bpmn:errorEventDefinition errorRef="broken"/>'
    inside = (
        node("startEvent", "ts")
        + undoable("hotel", "cancel_hotel")
        + event("endEvent", "broke", [error])
        + flows("ts > hotel", "hotel > broke")
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("transaction", "tx", inside)
        + event("boundaryEvent", "hazard", [error], attachedToRef="tx")
        + node("endEvent", "e")
        + node("endEvent", "sorry")
        + flows("s > tx", "tx > e", "hazard > sorry"),
        '<bpmn:error id="broken" name="broken" errorCode="BROKEN"/>',
    )
    case = run(drawing, log=[])
    assert case.ended_at == ["sorry"]
    assert case.variables["log"] == ["hotel"]

"""Why a branch was taken: each condition asked is an event with the values it saw."""

from __future__ import annotations

from typing import Any

from engine.kernel import codec
from engine.kernel import events as ev
from tests.builders import Process, process
from tests.unit.kernel.test_step import context, started


def asked(drawing: Process, **variables: Any) -> list[ev.ConditionEvaluated]:
    events = started(drawing, **variables).events
    return [event for event in events if isinstance(event, ev.ConditionEvaluated)]


def choice() -> Process:
    drawing = process("p").start().exclusive("which").flow_if('amount > 100 and status = "ok"').end("big")
    drawing = drawing.at("which").flow_if("urgent").end("soon")
    return drawing.at("which").default().end("later")


def test_an_exclusive_gateway_says_what_it_asked_until_one_held() -> None:
    events = started(choice(), amount=50, status="ok", urgent=True).events
    first, second = (event for event in events if isinstance(event, ev.ConditionEvaluated))
    assert (first.source, first.value) == ('amount > 100 and status = "ok"', False)
    assert first.items == [{"part": "amount", "value": "50"}, {"part": "amount > 100", "value": "false"}]
    assert (second.source, second.value, second.items) == ("urgent", True, [])
    flows = context(choice()).definition.flows
    assert [flows[each.flow].target for each in (first, second)] == ["big", "soon"]
    completed = next(
        event for event in events if isinstance(event, ev.ElementCompleted) and event.element_id == "which"
    )
    assert completed.key == first.element_key == second.element_key
    assert events.index(second) < events.index(completed)


def test_a_condition_that_held_ends_the_asking() -> None:
    (only,) = asked(choice(), amount=150, status="ok", urgent=True)
    assert [tuple(item.values()) for item in only.items] == [
        ("amount", "150"),
        ("amount > 100", "true"),
        ("status", '"ok"'),
        ('status = "ok"', "true"),
    ]


def test_flows_out_of_an_activity_are_explained_too() -> None:
    drawing = process("p").start().task("t").flow_if("n > 1").end("a").at("t").flow_if("n > 2").end("b")
    assert [each.value for each in asked(drawing, n=3)] == [True, True]


def test_flows_without_conditions_cost_no_event() -> None:
    drawing = process("p").start().task("t").parallel("x").end("a").at("x").end("b")
    assert asked(drawing) == []


def test_a_condition_dearer_than_its_explanation_may_cost_is_still_decided() -> None:
    drawing = (
        process("p").start().exclusive("x").flow_if("n > 0 and count(for i in 1..9000 return i) = 9000").end()
    )
    (event,) = asked(drawing, n=1)
    assert event.value is True
    assert event.items == [{"part": "n", "value": "1"}, {"part": "n > 0", "value": "true"}]


def test_a_condition_that_fails_is_an_incident_and_no_answer() -> None:
    events = started(choice(), amount="x", status="ok").events
    assert not any(isinstance(event, ev.ConditionEvaluated) for event in events)
    (incident,) = (event for event in events if isinstance(event, ev.IncidentRaised))
    assert "amount" in incident.message


def test_equal_inputs_give_equal_bytes_whatever_the_values() -> None:
    drawing = process("p").start().exclusive("x").flow_if(r'status + "\uD800" != "ok"').end("a")
    written = [codec.encode_events(started(drawing, status="zażółć 😀").events) for _ in range(2)]
    assert written[0] == written[1]
    assert "zażółć 😀".encode() in written[0]

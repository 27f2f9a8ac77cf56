"""What creates an instance besides one none start event (BPMN 2.0.2 §10.5.2, §10.6.6, §13.3.3, §13.3.4)."""

from __future__ import annotations

import pytest

from engine import Conflict, InvalidDefinition, NotFound
from tests.builders import process
from tests.plain import Plain, event, flows, node, nodes, users
from tests.scenarios.run import Run

ROOTS = "".join(
    node(
        "message",
        name,
        '<bpmn:extensionElements><zeebe:subscription correlationKey="=number"/></bpmn:extensionElements>',
        name=name,
    )
    for name in ("claim", "proof")
) + node("signal", "alarm", name="alarm")


def on(kind: str, name: str) -> str:
    return f'<bpmn:{kind}EventDefinition id="on_{name}" {kind}Ref="{name}"/>'


def timed(body: str, text: str) -> str:
    return (
        f'<bpmn:timerEventDefinition id="timed"><bpmn:{body}>{text}</bpmn:{body}></bpmn:timerEventDefinition>'
    )


def gateway(kind: str, *, third: str = "", receives: bool = False) -> Plain:
    """Two messages behind an instantiating gateway; both paths meet in a user task each."""
    attributes = {"instantiate": "true", "eventGatewayType": kind}
    body = node("eventBasedGateway", "which", **attributes)
    for name in ("claim", "proof"):
        if receives:
            body += node("receiveTask", f"on_{name}_task", messageRef=name)
        else:
            body += event("intermediateCatchEvent", f"on_{name}_task", [on("message", name)])
    body += third + users("read_claim", "read_proof") + nodes("endEvent", "end", "end2")
    body += flows("which > on_claim_task", "which > on_proof_task", "on_claim_task > read_claim")
    body += flows("on_proof_task > read_proof", "read_claim > end", "read_proof > end2")
    return Plain("p", body, ROOTS)


@pytest.mark.parametrize("receives", [False, True])
def test_behind_an_exclusive_gateway_each_event_creates_its_own_instance(run: Run, receives: bool) -> None:
    run.deploy(gateway("Exclusive", receives=receives))
    run.publish("claim", "1", number="1", text="a")
    run.publish("proof", "1", number="1", text="b")
    first, second = run.cases("p")
    assert (first.tasks, second.tasks) == (["read_claim"], ["read_proof"])
    assert (first.variables["text"], second.variables["text"]) == ("a", "b")
    names = [each.element_id for each in run.engine.elements(first.key)]
    assert names[:3] == ["which", "on_claim_task", "read_claim"]
    assert first.complete("read_claim").state == "completed"


@pytest.mark.parametrize("receives", [False, True])
def test_behind_a_parallel_gateway_all_events_meet_in_one_instance(run: Run, receives: bool) -> None:
    run.deploy(gateway("Parallel", receives=receives))
    run.publish("proof", "1", number="1")
    run.publish("claim", "2", number="2")
    one, two = run.cases("p")
    assert (one.tasks, one.active) == (["read_proof"], ["on_claim_task", "read_proof"])
    assert one.complete("read_proof").state == "active"
    run.publish("claim", "1", number="1", late=True)
    run.publish("proof", "2", number="2")
    assert (one.tasks, one.variables["late"]) == (["read_claim"], True)
    assert sorted(two.tasks) == ["read_claim", "read_proof"]
    assert one.complete("read_claim").state == "completed"
    assert len(run.cases("p")) == 2


@pytest.mark.parametrize("key", ["1", ""])
def test_two_messages_at_once_do_not_create_two_instances(run: Run, key: str) -> None:
    drawing = gateway("Parallel")
    if not key:
        drawing.roots = "".join(node("message", name, name=name) for name in ("claim", "proof"))
    run.deploy(drawing)
    for name in ("claim", "proof"):
        run.engine.publish_message(name, correlation_key=key, variables={"number": "1"})
    run.settle()
    (case,) = run.cases("p")
    assert sorted(case.tasks) == ["read_claim", "read_proof"]


def test_the_next_round_of_the_same_key_waits_for_this_one_to_end(run: Run) -> None:
    run.deploy(gateway("Parallel"))
    for round_number in (1, 2):
        for name in ("claim", "proof"):
            run.publish(name, "1", ttl=48, number="1", round=round_number)
    (first,) = run.cases("p")
    run.engine.suspend(first.key, actor="op", reason="wait")
    run.engine.activate(first.key, actor="op", reason="go on")
    first.complete("read_claim").complete("read_proof")
    first, second = run.cases("p")
    assert (first.state, first.variables["round"], second.variables["round"]) == ("completed", 1, 2)
    assert sorted(second.tasks) == ["read_claim", "read_proof"]


def test_cancelling_the_first_round_lets_the_next_one_begin(run: Run) -> None:
    run.deploy(gateway("Parallel"))
    run.publish("claim", "1", number="1")
    run.publish("claim", "1", ttl=48, number="1")
    (first,) = run.cases("p")
    run.engine.cancel(first.key, actor="op", reason="mistake")
    run.settle()
    first, second = run.cases("p")
    assert (first.state, second.active) == ("cancelled", ["on_proof_task", "read_claim"])


def test_signals_and_timers_behind_an_exclusive_gateway_create_instances(run: Run) -> None:
    third = event("intermediateCatchEvent", "heard", [on("signal", "alarm")]) + nodes("endEvent", "e3", "e4")
    third += event("intermediateCatchEvent", "due", [timed("timeCycle", "R2/PT1H")])
    third += flows("which > heard", "heard > e3", "which > due", "due > e4")
    run.deploy(gateway("Exclusive", third=third))
    run.broadcast("alarm", level=3)
    run.advance(hours=1)
    run.advance(hours=1)
    run.advance(hours=5)
    assert [case.ended_at for case in run.cases("p")] == [["e3"], ["e4"], ["e4"]]


def test_a_new_version_takes_over_what_creates_instances(run: Run) -> None:
    run.deploy(gateway("Exclusive"))
    run.deploy(Plain("p", node("receiveTask", "hear", messageRef="proof", instantiate="true"), ROOTS))
    run.publish("claim", "1")
    assert run.cases("p") == []
    run.publish("proof", "1", number="1", text="x")
    (case,) = run.cases("p")
    assert (case.state, case.count("hear"), case.variables["text"]) == ("completed", 1, "x")


def test_what_an_event_brings_is_its_own_where_it_says_what_it_keeps(run: Run) -> None:
    drawing = process("p").start_message("claim", "claimed", outputs={"who": "=school.name"})
    run.deploy(drawing.user_task("read").end())
    run.publish("claim", "", school={"name": "SP 1"}, noise=1)
    (case,) = run.cases("p")
    assert (case.tasks, case.variables) == (["read"], {"who": "SP 1"})


def test_a_person_chooses_among_several_starts(run: Run) -> None:
    drawing = process("p").start("paper").user_task("scan").end().start("online").user_task("look").end()
    run.deploy(drawing.start_message("claim", "by_message").user_task("read").end())
    with pytest.raises(Conflict, match="paper, online: name one"):
        run.start("p")
    with pytest.raises(NotFound, match="no 'scan'"):
        run.engine.start("p", element_id="scan", actor="anna")
    found = [
        run.engine.start("p", element_id=each, actor="anna").key for each in ("paper", "online", "by_message")
    ]
    assert [run.engine.user_tasks(instance_key=key)[0].element_id for key in found] == [
        "scan",
        "look",
        "read",
    ]
    assert run.engine.elements(found[2])[0].element_id == "by_message"


def test_a_process_without_a_start_event_begins_at_all_that_no_flow_leads_to(run: Run) -> None:
    body = (
        users("ask", "check", "after")
        + nodes("intermediateThrowEvent", "note")
        + flows("ask > after", "note > end")
    )
    boundary = event("boundaryEvent", "late", [timed("timeDuration", "PT1H")], attachedToRef="ask")
    body += boundary + nodes("endEvent", "end") + flows("late > end")
    body += node("receiveTask", "hear", messageRef="proof", instantiate="true")
    case = run(Plain("p", body, ROOTS))
    assert (case.tasks, case.count("note"), case.count("hear")) == (["ask", "check"], 1, 0)
    case.complete("check").complete("ask")
    assert case.complete("after").state == "completed"
    run.publish("proof", "7", number="7")
    assert [each.state for each in run.cases("p")] == ["completed", "completed"]


def test_a_process_that_only_events_create_is_not_started_by_hand_without_naming_one(run: Run) -> None:
    run.deploy(gateway("Parallel"))
    with pytest.raises(Conflict, match="only by events"):
        run.start("p")
    key = run.engine.start("p", element_id="on_claim_task", variables={"number": "1"}, actor="anna").key
    run.settle()
    run.publish("proof", "1")
    assert len(run.engine.user_tasks(instance_key=key)) == 2


def test_a_person_enters_the_gateway_of_a_running_instance_again(run: Run) -> None:
    run.deploy(gateway("Parallel"))
    run.publish("claim", "1", number="1")
    (case,) = run.cases("p")
    run.engine.modify(case.key, activate=["which"], actor="op", reason="again")
    run.settle()
    assert case.active == ["on_claim_task", "on_proof_task", "on_proof_task", "read_claim"]


def test_any_of_several_triggers_of_one_start_event_creates_an_instance(run: Run) -> None:
    start = event(
        "startEvent", "s", [on("message", "claim"), on("signal", "alarm"), timed("timeDuration", "PT1H")]
    )
    run.deploy(
        Plain("p", start + users("read") + nodes("endEvent", "e") + flows("s > read", "read > e"), ROOTS)
    )
    run.publish("claim", "1", how="claim")
    run.broadcast("alarm", how="alarm")
    run.advance(hours=1)
    assert [case.variables for case in run.cases("p")] == [{"how": "claim"}, {"how": "alarm"}, {}]
    assert [case.tasks for case in run.cases("p")] == [["read"]] * 3


@pytest.mark.parametrize(
    ("timer", "hours", "created"),
    [("2026-01-01T00:00:00Z", 1, 1), ("PT2H", 3, 1), ("R3/PT1H", 9, 1), ("0 * * * *", 1, 1), ("PT2H", 1, 0)],
)
def test_timers_of_a_process_create_instances(run: Run, timer: str, hours: int, created: int) -> None:
    run.deploy(process("p").start_timer(timer).end())
    run.settle()
    run.advance(hours=hours)
    assert len(run.cases("p")) == created


def test_a_cycle_creates_an_instance_each_time_and_the_next_version_begins_anew(run: Run) -> None:
    run.deploy(process("p").start_timer("R2/PT1H").end())
    for _ in range(4):
        run.advance(hours=1)
    assert len(run.cases("p")) == 2
    run.deploy(process("p").start_timer("R1/PT2H").task().end())
    run.advance(hours=1)
    assert len(run.cases("p")) == 2
    run.advance(hours=1)
    assert [run.engine.instance(case.key).version for case in run.cases("p")] == [1, 1, 2]


TIMED = event("intermediateCatchEvent", "due", [timed("timeDuration", "PT1H")]) + nodes("endEvent", "e3")
REFUSED = [
    ("a flow leads to it", nodes("startEvent", "s") + "{hear}" + flows("s > hear")),
    (
        "only a process is created",
        nodes("startEvent", "o") + node("subProcess", "sub", "{hear}") + flows("o > sub"),
    ),
]


@pytest.mark.parametrize(("reason", "body"), REFUSED)
def test_what_cannot_create_an_instance_is_refused(run: Run, reason: str, body: str) -> None:
    hear = node("receiveTask", "hear", messageRef="proof", instantiate="true")
    with pytest.raises(InvalidDefinition, match=reason):
        run.deploy(Plain("p", body.replace("{hear}", hear), ROOTS))


def test_only_messages_meet_behind_a_parallel_gateway(run: Run) -> None:
    with pytest.raises(InvalidDefinition, match="timer of 'due' has no key"):
        run.deploy(gateway("Parallel", third=TIMED + flows("which > due", "due > e3")))
    one = node("eventBasedGateway", "g", eventGatewayType="Parallel")
    catch = event("intermediateCatchEvent", "c", [on("message", "claim")])
    with pytest.raises(InvalidDefinition, match="parallel and does not instantiate"):
        run.deploy(Plain("p", nodes("startEvent", "s") + one + catch + flows("s > g", "g > c"), ROOTS))


def both(kind: str = "message", name: str = "proof", outputs: str = "") -> Plain:
    definitions = [outputs, on("message", "claim"), on(kind, name)]
    start = event("startEvent", "s", definitions, parallelMultiple="true")
    body = start + users("read") + nodes("endEvent", "e") + flows("s > read", "read > e")
    return Plain("p", body, ROOTS)


def test_all_messages_of_a_parallel_multiple_start_event_create_one_instance(run: Run) -> None:
    run.deploy(both())
    run.publish("proof", "1", number="1", proof="p")
    run.publish("claim", "2", number="2")
    one, two = run.cases("p")
    assert (one.active, one.tasks) == (["s"], [])
    run.engine.set_variables(one.key, {"proof": "corrected"}, actor="op", reason="typing error")
    run.engine.suspend(one.key, actor="op", reason="wait")
    run.publish("claim", "1", number="1", claim="c")
    assert one.tasks == []
    run.engine.activate(one.key, actor="op", reason="go on")
    run.settle()
    assert (one.tasks, one.variables) == (["read"], {"number": "1", "proof": "corrected", "claim": "c"})
    run.engine.cancel(two.key, actor="op", reason="mistake")
    run.settle()
    assert one.complete("read").state == "completed"
    assert len(run.cases("p")) == 2


def test_a_parallel_multiple_start_keeps_only_what_it_maps(run: Run) -> None:
    mapped = (
        '<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="=a + b" target="sum"/>'
        "</zeebe:ioMapping></bpmn:extensionElements>"
    )
    run.deploy(both(outputs=mapped))
    run.publish("claim", "1", number="1", a=1)
    run.publish("proof", "1", number="1", b=2)
    (case,) = run.cases("p")
    assert (case.tasks, case.variables) == (["read"], {"sum": 3})


def test_a_parallel_multiple_start_that_cannot_listen_waits_for_a_person(run: Run) -> None:
    run.deploy(both())
    run.publish("claim", "", text="x")
    (case,) = run.cases("p")
    assert [each.element_id for each in case.incidents] == ["s"]
    case.resolve(number="1")
    run.publish("proof", "1", number="1")
    assert case.tasks == ["read"]
    with pytest.raises(InvalidDefinition, match="signal of 's' has no key"):
        run.deploy(both("signal", "alarm"))
    key = run.engine.start("p", element_id="s", actor="anna").key
    assert [each.element_id for each in run.engine.user_tasks(instance_key=key)] == ["read"]

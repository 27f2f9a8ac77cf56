"""Conditional, link, multiple and parallel multiple events (BPMN 2.0.2 §10.5)."""

from __future__ import annotations

from tests.plain import Plain, event, flows, formal, node, script, users
from tests.scenarios.run import Run

LINK = '<bpmn:linkEventDefinition name="{}"/>'
ROOTS = (
    '<bpmn:message id="m" name="letter"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=number"/></bpmn:extensionElements></bpmn:message>'
    '<bpmn:signal id="g" name="alarm"/><bpmn:escalation id="x" name="x" escalationCode="X"/>'
)
MESSAGE = '<bpmn:messageEventDefinition messageRef="m"/>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="g"/>'


def timer(duration: str) -> str:
    return f"<bpmn:timerEventDefinition>{formal('timeDuration', duration)}</bpmn:timerEventDefinition>"


def when(condition: str) -> str:
    return (
        f"<bpmn:conditionalEventDefinition>{formal('condition', condition)}</bpmn:conditionalEventDefinition>"
    )


# --- conditional events ---


def waiting_for(condition: str) -> Plain:
    return Plain(
        "p",
        node("startEvent", "s")
        + event("intermediateCatchEvent", "until", [when(condition)])
        + node("endEvent", "e")
        + flows("s > until", "until > e"),
    )


def test_a_condition_that_holds_already_does_not_wait(run: Run) -> None:
    assert run(waiting_for("amount > 10"), amount=11).ended_at == ["e"]


def test_a_condition_is_asked_again_when_a_variable_it_reads_is_written(run: Run) -> None:
    case = run(waiting_for("=amount > 10 and ready"), amount=1)
    assert case.active == ["until"]
    for values in ({"amount": 11}, {"other": 1}, {"ready": False}):
        run.engine.set_variables(case.key, values, actor="op", reason="known now")
        run.settle()
        assert case.ended_at == []
    run.engine.set_variables(case.key, {"ready": True}, actor="op", reason="known now")
    run.settle()
    assert case.ended_at == ["e"]


def guarded(*, interrupting: bool) -> Plain:
    return Plain(
        "p",
        node("startEvent", "s")
        + node("parallelGateway", "fork")
        + users("work", "measure")
        + event(
            "boundaryEvent",
            "hot",
            [when("temperature > 30")],
            attachedToRef="work",
            cancelActivity=str(interrupting).lower(),
        )
        + node("endEvent", "cooled")
        + node("endEvent", "done")
        + flows(
            "s > fork", "fork > work", "fork > measure", "hot > cooled", "work > done", "measure > measure"
        ),
    )


def test_an_interrupting_conditional_boundary_ends_its_activity(run: Run) -> None:
    case = run(guarded(interrupting=True), temperature=20)
    case.complete("measure", temperature=25)
    assert case.tasks == ["work", "measure"]
    case.complete("measure", temperature=31)
    assert case.tasks == ["measure"]
    assert case.ended_at == ["cooled"]


def test_a_conditional_boundary_happens_each_time_the_condition_becomes_true(run: Run) -> None:
    case = run(guarded(interrupting=False), temperature=20)
    for temperature, times in ((31, 1), (35, 1), (10, 1), (40, 2)):
        case.complete("measure", temperature=temperature)
        assert case.count("cooled") == times
    assert "work" in case.tasks


def test_a_conditional_event_sub_process_interrupts_the_process(run: Run) -> None:
    inside = (
        event("startEvent", "low", [when("stock < 5")])
        + users("order")
        + node("endEvent", "ordered")
        + flows("low > order", "order > ordered")
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + script("sell", "stock - 7", "stock")
        + users("serve")
        + node("endEvent", "e")
        + node("subProcess", "refill", inside, triggeredByEvent="true")
        + flows("s > sell", "sell > serve", "serve > e"),
    )
    assert run(drawing, stock=20).tasks == ["serve"]
    case = run.start("p", stock=10)
    assert case.tasks == ["order"]
    assert case.complete("order").ended_at == ["ordered"]


def test_a_condition_that_is_no_truth_value_is_an_incident(run: Run) -> None:
    case = run(waiting_for("amount"), amount=3)
    (incident,) = case.incidents
    assert incident.element_id == "until"
    run.engine.resolve_incident(incident.key, actor="op", reason="let us see")
    assert [each.element_id for each in case.incidents] == ["until"]
    run.engine.set_variables(case.key, {"amount": True}, actor="op", reason="corrected")
    run.settle()
    assert case.ended_at == ["e"]
    assert case.incidents == []


# --- link events ---


def test_a_link_goes_on_at_the_catching_event_of_its_name(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("parallelGateway", "fork")
        + event("intermediateThrowEvent", "to_b", [LINK.format("B")])
        + event("intermediateThrowEvent", "to_b_too", [LINK.format("B")])
        + event("intermediateCatchEvent", "a", [LINK.format("A")])
        + event("intermediateCatchEvent", "b", [LINK.format("B")])
        + users("after")
        + node("endEvent", "e")
        + node("endEvent", "never")
        + event("intermediateThrowEvent", "to_a", [LINK.format("A")])
        + flows(
            "s > fork", "fork > to_b", "fork > to_b_too", "a > never", "b > after", "after > e", "fork > to_a"
        ),
    )
    case = run(drawing)
    assert case.tasks == ["after", "after"]
    assert case.complete("after").complete("after").ended_at == ["never", "e", "e"]


# --- several definitions on one event ---


def several(*definitions: str, parallel: bool) -> Plain:
    return Plain(
        "p",
        node("startEvent", "s")
        + event("intermediateCatchEvent", "any", definitions, parallelMultiple=str(parallel).lower())
        + node("endEvent", "e")
        + flows("s > any", "any > e"),
        ROOTS,
    )


def test_any_definition_of_a_multiple_event_is_enough(run: Run) -> None:
    drawing = several(MESSAGE, SIGNAL, timer("P1D"), when("ready"), parallel=False)
    case = run(drawing, number="7")
    run.publish("letter", "7", text="yes")
    assert case.ended_at == ["e"]
    assert case.variables["text"] == "yes"
    by_time = run.start("p", number="8")
    run.advance(days=1)
    assert by_time.ended_at == ["e"]
    by_condition = run.start("p", number="9")
    run.engine.set_variables(by_condition.key, {"ready": True}, actor="op", reason="why")
    run.settle()
    assert by_condition.ended_at == ["e"]


def test_a_parallel_multiple_event_needs_all_its_definitions_once(run: Run) -> None:
    case = run(several(MESSAGE, SIGNAL, timer("P1D"), parallel=True), number="7")
    run.publish("letter", "7", text="first")
    run.publish("letter", "7", text="second")
    run.advance(days=1)
    assert case.ended_at == []
    run.broadcast("alarm", loud=True)
    assert case.ended_at == ["e"]
    assert (case.variables["text"], case.variables["loud"]) == ("first", True)


def test_a_parallel_multiple_boundary_that_interrupts_nothing_begins_anew(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + users("work")
        + event(
            "boundaryEvent",
            "both",
            [MESSAGE, SIGNAL],
            attachedToRef="work",
            cancelActivity="false",
            parallelMultiple="true",
        )
        + node("endEvent", "noted")
        + node("endEvent", "e")
        + flows("s > work", "work > e", "both > noted"),
        ROOTS,
    )
    case = run(drawing, number="7")
    for times in (1, 2):
        run.broadcast("alarm")
        assert case.count("noted") == times - 1
        run.publish("letter", "7")
        assert case.count("noted") == times
    assert case.complete("work").state == "completed"


def test_an_end_event_throws_all_its_definitions(run: Run) -> None:
    listener = Plain(
        "listener",
        node("startEvent", "s")
        + event("intermediateCatchEvent", "hear", [SIGNAL])
        + event("intermediateCatchEvent", "read", [MESSAGE])
        + node("endEvent", "e")
        + flows("s > hear", "hear > read", "read > e"),
        ROOTS,
    )
    thrower = Plain(
        "thrower",
        node("startEvent", "s") + event("endEvent", "tell", [SIGNAL, MESSAGE]) + flows("s > tell"),
        ROOTS,
    )
    run.deploy(listener, thrower)
    case = run.start("listener", number="7")
    run.start("thrower", number="7")
    assert case.ended_at == ["e"]


def test_an_escalation_thrown_with_a_signal_may_end_the_thrower(run: Run) -> None:
    inside = (
        node("startEvent", "is")
        + event(
            "intermediateThrowEvent", "tell", ['<bpmn:escalationEventDefinition escalationRef="x"/>', SIGNAL]
        )
        + node("endEvent", "ie")
        + flows("is > tell", "tell > ie")
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("subProcess", "sub", inside)
        + event(
            "boundaryEvent",
            "up",
            ['<bpmn:escalationEventDefinition escalationRef="x"/>'],
            attachedToRef="sub",
        )
        + node("endEvent", "e")
        + node("endEvent", "escalated")
        + flows("s > sub", "sub > e", "up > escalated"),
        ROOTS,
    )
    assert run(drawing).ended_at == ["escalated"]


def test_a_condition_behind_an_event_gateway_competes_with_the_others(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("eventBasedGateway", "first")
        + event("intermediateCatchEvent", "ready", [when("done")])
        + event("intermediateCatchEvent", "late", [timer("P3D")])
        + node("endEvent", "in_time")
        + node("endEvent", "too_late")
        + flows("s > first", "first > ready", "first > late", "ready > in_time", "late > too_late"),
    )
    case = run(drawing, done=False)
    run.engine.set_variables(case.key, {"done": True}, actor="op", reason="told by phone")
    run.settle()
    assert case.ended_at == ["in_time"]
    late = run.start("p", done=False)
    run.advance(days=3)
    assert late.ended_at == ["too_late"]


def test_a_condition_reads_what_is_local_to_its_activity(run: Run) -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
        'inputCollection="=[1, 2]" inputElement="number"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    inside = (
        node("startEvent", "is")
        + event("intermediateCatchEvent", "mine", [when("turn = number")])
        + node("endEvent", "ie")
        + flows("is > mine", "mine > ie")
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("subProcess", "each", loop + inside)
        + node("endEvent", "e")
        + flows("s > each", "each > e"),
    )
    case = run(drawing, turn=0)
    for turn, done in ((2, 1), (1, 2)):
        run.engine.set_variables(case.key, {"turn": turn}, actor="op", reason="next")
        run.settle()
        assert case.count("ie") == done
    assert case.ended_at[-1] == "e"


def test_a_suspended_case_asks_its_conditions_when_it_goes_on(run: Run) -> None:
    case = run(waiting_for("ready"), ready=False)
    run.engine.suspend(case.key, actor="op", reason="holiday")
    run.engine.set_variables(case.key, {"ready": True}, actor="op", reason="known now")
    run.settle()
    assert (case.state, case.ended_at) == ("suspended", [])
    run.engine.activate(case.key, actor="op", reason="back")
    run.settle()
    assert case.ended_at == ["e"]

"""Multi-instance activities: their counters, and the events they throw (BPMN 2.0.2 §10.3.8, §13.3.7)."""

from __future__ import annotations

import pytest

from tests.builders import process, steps
from tests.plain import Plain, event, flows, formal, node, nodes
from tests.scenarios.run import Run

ROOTS = (
    '<bpmn:signal id="S" name="one_done"/><bpmn:escalation id="E" name="E" escalationCode="E"/>'
    '<bpmn:error id="R" name="R" errorCode="R"/><bpmn:message id="M" name="told"/>'
    '<bpmn:signalEventDefinition id="sd" signalRef="S"/>'
    '<bpmn:escalationEventDefinition id="ed" escalationRef="E"/>'
    '<bpmn:errorEventDefinition id="rd" errorRef="R"/><bpmn:messageEventDefinition id="md" messageRef="M"/>'
)
CAUGHT = {
    "sd": '<bpmn:signalEventDefinition signalRef="S"/>',
    "ed": '<bpmn:escalationEventDefinition escalationRef="E"/>',
    "rd": '<bpmn:errorEventDefinition errorRef="R"/>',
    "md": '<bpmn:messageEventDefinition messageRef="M"/>',
}


def several(times: int, inside: str = "", **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    count = formal("loopCardinality", str(times))
    tag = "bpmn:multiInstanceLoopCharacteristics"
    return f"<{tag}{written}>{count}{inside}</{tag}>"


def drawn(
    loop: str, caught: str = "", *, tag: str = "userTask", interrupts: str = "false", maps: str = ""
) -> Plain:
    """An activity that repeats, with one boundary event that leads to ``told``."""
    body = nodes("startEvent", "s") + node(tag, "a", loop) + nodes("endEvent", "done")
    arrows = ["s > a", "a > done"]
    if caught:
        body += event(
            "boundaryEvent", "b", [CAUGHT[caught]], maps, attachedToRef="a", cancelActivity=interrupts
        )
        body += nodes("endEvent", "told")
        arrows.append("b > told")
    return Plain("p", body + flows(*arrows), ROOTS)


@pytest.mark.parametrize("thrown", ["sd", "ed", "md"])
def test_each_instance_that_ends_throws_with_behaviour_none(run: Run, thrown: str) -> None:
    case = run(drawn(several(3, behavior="None", noneBehaviorEventRef=thrown), thrown))
    case.complete("a").complete("a")
    assert (case.count("told"), case.tasks) == (2, ["a"])
    case.complete("a")
    assert (case.count("told"), case.count("done"), case.state) == (3, 1, "completed")


def test_behaviour_one_throws_once_and_machines_are_not_too_fast_for_it(run: Run) -> None:
    one = several(3, behavior="One", oneBehaviorEventRef="sd")
    case = run(drawn(one, "sd")).complete("a").complete("a").complete("a")
    assert (case.count("told"), case.count("done")) == (1, 1)
    machine = run(drawn(one, "sd", tag="task"))
    assert (machine.count("told"), machine.count("done"), machine.state) == (1, 1, "completed")


@pytest.mark.parametrize(("thrown", "sequential"), [("sd", "true"), ("rd", "true"), ("rd", "false")])
def test_who_catches_it_may_interrupt_the_rest(run: Run, thrown: str, sequential: str) -> None:
    one = several(3, behavior="One", oneBehaviorEventRef=thrown, isSequential=sequential)
    case = run(drawn(one, thrown, interrupts="true")).complete("a")
    assert (case.ended_at, case.tasks, case.state) == (["told"], [], "completed")


def test_complex_behaviour_throws_what_its_conditions_say(run: Run) -> None:
    def when(condition: str, definition: str) -> str:
        return node(
            "complexBehaviorDefinition",
            "c" + definition[6:8],
            formal("condition", condition) + f'<bpmn:event id="t{definition[6:8]}">{definition}</bpmn:event>',
        )

    inside = when("numberOfCompletedInstances = 2", CAUGHT["sd"]) + when("vote = false", CAUGHT["ed"])
    drawing = drawn(several(4, inside, behavior="Complex"), "sd")
    drawing.body += event("boundaryEvent", "no", [CAUGHT["ed"]], attachedToRef="a", cancelActivity="false")
    drawing.body += nodes("endEvent", "against") + flows("no > against")
    case = run(drawing, vote=True).complete("a").complete("a", vote=False)
    assert (case.count("told"), case.count("against")) == (1, 1)
    case.complete("a", vote=True).complete("a")
    assert (case.count("told"), case.count("against"), case.count("done")) == (1, 1, 1)


def test_a_behaviour_condition_that_fails_loses_nothing(run: Run) -> None:
    inside = node(
        "complexBehaviorDefinition",
        "c",
        formal("condition", "enough <= numberOfCompletedInstances")
        + f'<bpmn:event id="t">{CAUGHT["ed"]}</bpmn:event>',
    )
    case = run(drawn(several(2, inside, behavior="Complex"), "ed")).complete("a")
    assert [i.type for i in case.incidents] == ["condition"]
    case.resolve(enough=1)
    assert (case.count("told"), case.tasks) == (1, ["a"])


def test_what_no_boundary_event_catches_goes_out_into_the_world(run: Run) -> None:
    body = nodes("startEvent", "s") + event("intermediateCatchEvent", "wait", [CAUGHT["sd"]])
    other = Plain("other", body + nodes("endEvent", "heard") + flows("s > wait", "wait > heard"), ROOTS)
    run.deploy(other)
    listener = run.start("other")
    case = run(drawn(several(2, behavior="None", noneBehaviorEventRef="sd"))).complete("a").complete("a")
    assert (case.ended_at, listener.ended_at) == (["done"], ["heard"])
    assert listener.variables["numberOfInstances"] == 2


def test_the_counters_travel_to_the_output_mappings_of_who_catches(run: Run) -> None:
    maps = (
        "<bpmn:extensionElements><zeebe:ioMapping>"
        '<zeebe:output source="=numberOfCompletedInstances" target="so_far"/>'
        "</zeebe:ioMapping></bpmn:extensionElements>"
    )
    case = run(drawn(several(3, behavior="None", noneBehaviorEventRef="sd"), "sd", maps=maps))
    case.complete("a").complete("a")
    assert case.variables == {"so_far": 2}


def test_an_error_nobody_catches_waits_for_a_person_and_then_the_rest_goes_on(run: Run) -> None:
    case = run(drawn(several(2, behavior="None", noneBehaviorEventRef="rd", isSequential="true"))).complete(
        "a"
    )
    assert [i.type for i in case.incidents] == ["unhandled_error"]
    assert case.resolve().tasks == ["a"]
    case.complete("a").resolve()
    assert (case.ended_at, case.state) == (["done"], "completed")


@pytest.mark.parametrize(("sequential", "active"), [(True, 0), (False, 2)])
def test_the_standards_counters(run: Run, sequential: bool, active: int) -> None:
    """After the second of four has ended; ``loopCounter`` is the number of the one that has."""
    until = f"loopCounter = 2 and numberOfInstances = 4 and numberOfActiveInstances = {active} and "
    until += "numberOfCompletedInstances = 2 and numberOfTerminatedInstances = 0 and sum = 3"
    drawing = process("p").start().script_task("a", "sum + loopCounter", "sum")
    drawing.multi_instance(times="4", until=until, sequential=sequential, collect=("all", "loopCounter"))
    case = run(drawing.end("done"), sum=0)
    assert (case.ended_at, case.variables["sum"]) == (["done"], 3)
    assert case.variables["all"] == [1, 2, None, None]


def test_the_completion_condition_sees_what_the_instance_knows(run: Run) -> None:
    drawing = process("p").start().user_task("ask").multi_instance("people", "who", until='who = "ewa"')
    case = run(drawing.end("done"), people=["jan", "ewa", "ola"])
    second = run.engine.user_tasks(instance_key=case.key)[1]
    run.engine.complete(second.key, actor="ewa")
    run.settle()
    assert (case.ended_at, case.tasks) == (["done"], [])


@pytest.mark.parametrize("sequential", [True, False])
def test_repetitions_inside_repetitions_and_calls_collect_in_order(run: Run, sequential: bool) -> None:
    inner = steps().start().call_activity("square", "q", inputs={"x": "x"}, all_in=False, outputs={"y": "y"})
    inner.multi_instance("row", "x", collect=("squares", "y"), sequential=sequential).end()
    drawing = process("p").start().sub_process("rows", inner, inputs={"squares": "[]"})
    drawing.multi_instance("table", "row", collect=("result", "squares"), sequential=sequential).end("done")
    called = process("q").start().script_task("times", "x * x", "y").end()
    case = run(drawing, called, table=[[1, 2], [], [3]])
    assert (case.variables["result"], case.count("done")) == ([[1, 4], [], [9]], 1)


@pytest.mark.parametrize("items", [None, 5, "text"])
def test_no_list_is_an_incident_and_an_empty_one_is_passed(run: Run, items: object) -> None:
    drawing = process("p").start().user_task("ask").multi_instance("xs", "x", collect=("ys", "x")).end("done")
    case = run(drawing, xs=items)
    assert [i.type for i in case.incidents] == ["multi_instance"]
    case.resolve(xs=[])
    assert (case.ended_at, case.variables["ys"]) == (["done"], [])


def test_a_boundary_event_in_the_middle_ends_all_that_runs(run: Run) -> None:
    inner = steps().start().user_task("ask").end()
    drawing = process("p").start().sub_process("each", inner).multi_instance("[1, 2, 3]", "n").end("done")
    drawing.at("each").boundary_timer("PT1H").end("late")
    case = run(drawing).complete("ask")
    run.advance(hours=1)
    assert (case.ended_at[-1], case.tasks, case.state) == ("late", [], "completed")

"""Watched conditions beside work: endless ones, wrong ones, and steps that were interrupted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from engine import HandlerRegistry, ProcessEngine, VirtualClock
from engine.kernel import Limits
from tests.plain import Plain, event, flows, formal, node, users
from tests.scenarios.run import Run

JOB = '<bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>'


def when(condition: str) -> str:
    return (
        f"<bpmn:conditionalEventDefinition>{formal('condition', condition)}</bpmn:conditionalEventDefinition>"
    )


def repeated(count: int, *, sequential: bool = False) -> str:
    kind = ' isSequential="true"' if sequential else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics{kind}>{formal('loopCardinality', str(count))}"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


@pytest.fixture
def short_of_breath(database_url: str, clock: VirtualClock) -> Iterator[ProcessEngine]:
    """An engine whose steps are interrupted after ten elements."""
    limits = Limits(elements=10, elements_without_wait=60)
    with ProcessEngine(database_url, clock=clock, handlers=HandlerRegistry(), limits=limits) as opened:
        yield opened


def start(engine: ProcessEngine, drawing: Plain, **variables: object) -> int:
    engine.deploy(drawing.files(), by="owner")
    return engine.start(drawing.id, variables=variables, actor="anna").key


def test_conditions_that_set_each_other_off_for_ever_are_an_incident(short_of_breath: ProcessEngine) -> None:
    flip = (
        '<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="={}" target="x"/></zeebe:ioMapping>'
        "</bpmn:extensionElements>"
    )
    boundaries = "".join(
        event(
            "boundaryEvent", f"b{i}", [when(f"x = {i}")], flip.format((i + 1) % 3),
            attachedToRef="a", cancelActivity="false",
        )
        + node("endEvent", f"x{i}")
        for i in (2, 1, 0)
    )  # fmt: skip
    arrows = flows("s > a", "a > e", "b0 > x0", "b1 > x1", "b2 > x2")
    drawing = Plain("p", node("startEvent", "s") + users("a") + boundaries + node("endEvent", "e") + arrows)
    key = start(short_of_breath, drawing, x=0)
    short_of_breath.run_until_idle()
    (incident,) = short_of_breath.incidents(instance_key=key, state="open")
    assert incident.type == "endless_loop"
    assert short_of_breath.verify(key).ok


def test_resolving_an_incident_while_a_long_step_goes_on_tries_that_element_again(
    short_of_breath: ProcessEngine,
) -> None:
    who = (
        '<bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition assignee="=who"/>'
        "</bpmn:extensionElements>"
    )
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("parallelGateway", "fork")
        + node("userTask", "ask", who)
        + node("task", "many", repeated(40))
        + node("endEvent", "e1")
        + node("endEvent", "e2")
        + flows("s > fork", "fork > ask", "fork > many", "ask > e1", "many > e2"),
    )
    engine = short_of_breath
    key = start(engine, drawing, who=5)
    (incident,) = engine.incidents(instance_key=key, state="open")
    engine.set_variables(key, {"who": "jan"}, actor="op", reason="a person")
    engine.resolve_incident(incident.key, actor="op", reason="corrected")
    engine.run_until_idle()
    (task,) = engine.user_tasks(instance_key=key)
    assert task.assignee == "jan"
    engine.complete(task.key, actor="jan")
    assert str(engine.instance(key).state) == "completed"
    assert engine.verify(key).ok


def test_a_case_cancelled_in_the_middle_of_a_long_step_has_ended(short_of_breath: ProcessEngine) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s") + node("task", "many", repeated(40)) + users("z") + node("endEvent", "e")
        + flows("s > many", "many > z", "z > e"),
    )  # fmt: skip
    key = start(short_of_breath, drawing)
    short_of_breath.cancel(key, actor="op", reason="withdrawn")
    short_of_breath.run_until_idle()
    report = short_of_breath.verify(key)
    assert report.ok, report.findings


def test_a_wrong_condition_beside_a_job_leaves_the_job_to_its_worker(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("serviceTask", "work", JOB)
        + event("boundaryEvent", "hot", [when("x")], attachedToRef="work")
        + node("endEvent", "e")
        + node("endEvent", "cooled")
        + flows("s > work", "work > e", "hot > cooled"),
    )
    case = run(drawing, x=False)
    job = case.job("work")
    run.engine.set_variables(case.key, {"x": 5}, actor="op", reason="by mistake")
    (incident,) = case.incidents
    assert (incident.type, incident.element_id) == ("watched_condition", "p")
    run.engine.set_variables(case.key, {"x": False}, actor="op", reason="corrected")
    run.engine.resolve_incident(incident.key, actor="op", reason="corrected")
    lease = dt.timedelta(minutes=1)
    assert run.engine.activate_jobs("work", worker="second", limit=1, lease=lease) == []
    run.engine.complete_job(job.key)
    run.settle()
    assert case.ended_at == ["e"]


def test_a_wrong_condition_beside_instances_in_turn_begins_no_further_one(run: Run) -> None:
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("userTask", "each", repeated(3, sequential=True))
        + event("boundaryEvent", "hot", [when("x")], attachedToRef="each")
        + node("endEvent", "e")
        + node("endEvent", "cooled")
        + flows("s > each", "each > e", "hot > cooled"),
    )
    case = run(drawing, x=False)
    run.engine.set_variables(case.key, {"x": 5}, actor="op", reason="by mistake")
    case.resolve(x=False)
    for _ in range(3):
        assert case.tasks == ["each"]
        case.complete("each")
    assert case.ended_at == ["e"]


def test_a_parallel_multiple_event_counts_a_condition_once(run: Run) -> None:
    both = [when("x = 1"), '<bpmn:signalEventDefinition signalRef="g"/>']
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + users("work")
        + event("boundaryEvent", "both", both, attachedToRef="work", parallelMultiple="true")
        + node("endEvent", "e")
        + node("endEvent", "x")
        + flows("s > work", "work > e", "both > x"),
        '<bpmn:signal id="g" name="alarm"/>',
    )
    case = run(drawing, x=0)
    for value in (1, 0, 1):
        run.engine.set_variables(case.key, {"x": value}, actor="op", reason="measured")
        run.settle()
    assert case.tasks == ["work"]
    run.broadcast("alarm")
    assert case.ended_at == ["x"]


def test_an_ad_hoc_sub_process_that_is_ending_gives_up_its_waiting_gateways(run: Run) -> None:
    gateway = node("complexGateway", "join", formal("activationCondition", "=activationCount >= 2"))
    inside = (
        users("a", "b", "decide", "c") + gateway + flows("a > join", "b > join", "join > c")
        + formal("completionCondition", "=done = true")
    )  # fmt: skip
    drawing = Plain(
        "p",
        node("startEvent", "s")
        + node("adHocSubProcess", "free", inside, cancelRemainingInstances="false")
        + node("endEvent", "e")
        + flows("s > free", "free > e"),
    )
    case = run(drawing, done=False)
    case.complete("a").complete("decide", done=True)
    assert case.complete("b").ended_at == ["e"]

"""Events that ask for more, or for something else, in the version an instance goes on in."""

from __future__ import annotations

import pytest

from tests.plain import Plain, event, flows, formal, node, nodes, users
from tests.scenarios.migrating import migrate, obstacles
from tests.scenarios.run import Run

SIGNALS = "".join(node("signal", each, name=each) for each in ("s1", "s2", "s3"))


def signals(*names: str) -> list[str]:
    return [f'<bpmn:signalEventDefinition signalRef="{each}"/>' for each in names]


def condition(text: str) -> list[str]:
    written = formal("condition", f"={text}")
    return [f"<bpmn:conditionalEventDefinition>{written}</bpmn:conditionalEventDefinition>"]


def timer(text: str) -> list[str]:
    written = formal("timeDuration", text)
    return [f"<bpmn:timerEventDefinition>{written}</bpmn:timerEventDefinition>"]


def catching(*definitions: str, every: bool = False) -> Plain:
    caught = event("intermediateCatchEvent", "w", definitions, parallelMultiple=str(every).lower())
    body = node("startEvent", "s") + caught + nodes("endEvent", "e")
    return Plain("p", body + flows("s > w", "w > e"), SIGNALS)


def bounded(*definitions: str, **attributes: str) -> Plain:
    boundary = event("boundaryEvent", "b", definitions, attachedToRef="a", **attributes)
    body = node("startEvent", "s") + users("a") + boundary + nodes("endEvent", "e", "x")
    return Plain("p", body + flows("s > a", "a > e", "b > x"), SIGNALS)


def test_an_event_that_waits_for_all_waits_for_more(run: Run) -> None:
    case = run(catching(*signals("s1", "s2"), every=True))
    run.broadcast("s1")
    run.deploy(catching(*signals("s1", "s2", "s3"), every=True))
    migrate(run, case)
    run.broadcast("s2")
    assert case.ended_at == []
    run.broadcast("s3")
    assert (case.ended_at, case.state) == (["e"], "completed")


def test_an_event_that_waits_for_one_of_several_hears_the_new_one(run: Run) -> None:
    case = run(catching(*signals("s1")))
    run.deploy(catching(*signals("s1"), *timer("PT1H")))
    migrate(run, case)
    run.advance(hours=1)
    assert case.ended_at == ["e"]


def test_a_boundary_event_hears_what_was_added_and_not_again_what_has_happened(run: Run) -> None:
    case = run(bounded(*timer("PT1H"), cancelActivity="false"))
    run.advance(hours=1)
    run.deploy(bounded(*timer("PT1H"), *signals("s2"), cancelActivity="false"))
    migrate(run, case)
    run.advance(hours=5)
    assert case.ended_at == ["x"]
    run.broadcast("s2")
    run.broadcast("s2")
    assert (case.ended_at, case.tasks) == (["x"] * 3, ["a"])


def test_each_instance_of_repeated_work_is_left_by_what_was_added_once(run: Run) -> None:
    def drawn(*names: str) -> Plain:
        times = formal("loopCardinality", "=3")
        loop = node("multiInstanceLoopCharacteristics", "m", times)
        drawing = bounded(*signals(*names))
        drawing.body = drawing.body.replace("</bpmn:userTask>", f"{loop}</bpmn:userTask>")
        return drawing

    case = run(drawn("s1"))
    run.deploy(drawn("s1", "s2"))
    migrate(run, case)
    run.broadcast("s2")
    assert (case.ended_at, case.state, case.tasks) == (["x"], "completed", [])


def test_an_event_sub_process_and_an_event_behind_a_gateway_hear_what_was_added(run: Run) -> None:
    def drawn(*names: str) -> Plain:
        start = event("startEvent", "on", signals(*names), isInterrupting="false")
        inside = start + nodes("endEvent", "told") + flows("on > told")
        body = node("startEvent", "s") + nodes("eventBasedGateway", "g") + nodes("endEvent", "e", "f")
        body += event("intermediateCatchEvent", "w", signals(*names))
        body += event("intermediateCatchEvent", "v", timer("PT9H"))
        body += node("subProcess", "sp", inside, triggeredByEvent="true")
        return Plain("p", body + flows("s > g", "g > w", "g > v", "w > e", "v > f"), SIGNALS)

    case = run(drawn("s1"))
    run.deploy(drawn("s1", "s3"))
    migrate(run, case)
    run.broadcast("s3")
    assert (sorted(case.ended_at), case.state) == (["e", "told"], "completed")


@pytest.mark.parametrize("drawn", [catching, bounded])
def test_a_condition_is_asked_as_the_new_version_writes_it(run: Run, drawn: type[Plain]) -> None:
    case = run(drawn(*condition("x > 5")), x=3)
    run.deploy(drawn(*condition("x > 4")))
    migrate(run, case)
    assert case.ended_at == []
    run.deploy(drawn(*condition("x > 2")))
    migrate(run, case)
    assert (len(case.ended_at), case.state) == (1, "completed")


def test_a_condition_that_was_met_already_is_not_met_again(run: Run) -> None:
    case = run(bounded(*condition("x > 2"), cancelActivity="false"), x=3)
    run.deploy(bounded(*condition("x > 1"), cancelActivity="false"))
    migrate(run, case)
    assert (case.ended_at, case.tasks) == (["x"], ["a"])


def test_what_was_added_but_cannot_be_waited_for_stops_the_migration(run: Run) -> None:
    case = run(catching(*signals("s1")))
    run.deploy(catching(*signals("s1"), *timer("=unknown")))
    (found,) = obstacles(run, case)
    assert found.startswith("'w' cannot be waited for")


@pytest.mark.parametrize("names", [("s2", "s1"), ("s3", "s1", "s2"), ("s1", "s3", "s2")])
def test_definitions_that_changed_places_are_refused(run: Run, names: tuple[str, ...]) -> None:
    case = run(catching(*signals("s1", "s2"), every=True))
    run.deploy(catching(*signals(*names), every=True))
    assert obstacles(run, case) == ("'w' waits for the same things in another order in it",)


def test_a_part_that_has_happened_cannot_become_another_kind(run: Run) -> None:
    case = run(catching(*timer("PT1H"), *signals("s2"), every=True))
    run.advance(hours=1)
    run.deploy(catching(*signals("s1", "s2"), every=True))
    assert obstacles(run, case) == ("'w' does not wait for all of the same things in it",)

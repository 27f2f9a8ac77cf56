"""Standard loops and quantities of tokens (BPMN 2.0.2 §10.3.8, §13.3.2, §13.3.6)."""

from __future__ import annotations

import pytest

from engine import Conflict
from tests.builders import process, steps
from tests.plain import Plain, flows, formal, node, nodes, script, users
from tests.scenarios.run import Run


def looped(condition: str = "", **attributes: str) -> str:
    inside = formal("loopCondition", condition) if condition else ""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<bpmn:standardLoopCharacteristics{written}>{inside}</bpmn:standardLoopCharacteristics>"


def repeated(activity: str) -> Plain:
    body = nodes("startEvent", "s") + activity + nodes("endEvent", "done")
    return Plain("p", body + flows("s > a", "a > done"))


def user(loop: str) -> str:
    return node("userTask", "a", "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>" + loop)


def test_a_loop_runs_at_least_once_while_its_condition_holds(run: Run) -> None:
    drawing = repeated(script("a", "n + 1", "n", looped("n < 3")))
    assert run(drawing, n=0).variables == {"n": 3}
    assert run.start("p", n=7).variables == {"n": 8}


def test_tested_before_it_may_not_run_at_all(run: Run) -> None:
    drawing = repeated(script("a", "n + 1", "n", looped("n < 3", testBefore="true")))
    assert run(drawing, n=0).variables == {"n": 3}
    other = run.start("p", n=7)
    assert (other.variables, other.ended_at, other.count("a")) == ({"n": 7}, ["done"], 1)


@pytest.mark.parametrize("before", ["true", "false"])
def test_the_counter_and_the_maximum(run: Run, before: str) -> None:
    """``loopCounter`` is the round inside, and the number of rounds so far for the condition."""

    def seen_in(loop: str) -> object:
        drawing = repeated(script("a", "append(seen, loopCounter)", "seen", loop))
        return run(drawing, seen=[]).variables["seen"]

    assert seen_in(looped("loopCounter < 3", testBefore=before)) == [1, 2, 3]
    assert seen_in(looped("true", loopMaximum="2", testBefore=before)) == [1, 2]
    assert seen_in(looped(loopMaximum="2", testBefore=before)) == [1, 2]


def test_a_person_works_round_by_round_and_the_boundary_event_is_the_loops(run: Run) -> None:
    body = nodes("startEvent", "s") + user(looped("again")) + nodes("endEvent", "done", "late")
    timer = f"<bpmn:timerEventDefinition>{formal('timeDuration', 'P1D')}</bpmn:timerEventDefinition>"
    body += node("boundaryEvent", "b", timer, attachedToRef="a")
    case = run(Plain("p", body + flows("s > a", "a > done", "b > late"))).complete("a", again=True)
    run.advance(hours=23)
    case.complete("a", again=True)
    assert case.tasks == ["a"]
    run.advance(hours=1)
    assert (case.ended_at, case.tasks, case.state) == (["late"], [], "completed")


def test_sub_processes_and_call_activities_loop(run: Run) -> None:
    inner = steps().start().script_task("add", "n + 1", "n").end()
    drawing = process("p").start().sub_process("box", inner).looping("n < 2").call_activity("call", "q")
    drawing.looping("n < 5").end("done")
    case = run(drawing, process("q").start().script_task("more", "n + 1", "n").end(), n=0)
    assert (case.variables["n"], case.count("add"), len(run.cases("q")), case.ended_at[-1]) == (
        5,
        2,
        3,
        "done",
    )


def test_a_condition_that_fails_is_an_incident_and_no_round_is_done_twice(run: Run) -> None:
    case = run(repeated(script("a", "n + 1", "n", looped("n < most"))), n=0)
    assert ([i.type for i in case.incidents], case.variables["n"]) == (["condition"], 1)
    assert case.resolve(most=3).variables["n"] == 3
    before = repeated(script("a", "n + 1", "n", looped("n < most", testBefore="true")))
    assert run(before, n=0).resolve(most=3).variables["n"] == 3


def test_a_round_taken_out_by_a_person_counts(run: Run) -> None:
    case = run(repeated(user(looped("loopCounter < 3"))))
    run.engine.modify(case.key, terminate=[case.task("a").key], actor="op", reason="not this one")
    run.settle()
    case.complete("a").complete("a")
    assert (case.ended_at, case.state) == (["done"], "completed")


def test_a_loop_is_migrated_with_its_round_but_not_into_something_else(run: Run) -> None:
    case = run(repeated(user(looped("loopCounter < 2"))))
    many = "<bpmn:multiInstanceLoopCharacteristics>" + formal("loopCardinality", "2")
    for other in (many + "</bpmn:multiInstanceLoopCharacteristics>", ""):
        run.deploy(repeated(user(other)))
        with pytest.raises(Conflict, match="in one of the versions"):
            run.engine.migrate(case.key, actor="op", reason="x")
    run.deploy(repeated(user(looped("loopCounter < 3"))))
    run.engine.migrate(case.key, actor="op", reason="x")
    case.complete("a").complete("a").complete("a")
    assert case.ended_at == ["done"]


def test_an_activity_starts_when_so_many_tokens_have_come(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + users("x", "y", "z")
    body += node("userTask", "a", startQuantity="2") + nodes("endEvent", "done", "over")
    arrows = flows("s > f", "f > x", "f > y", "f > z", "x > a", "y > a", "z > over", "a > done")
    case = run(Plain("p", body + arrows)).complete("x")
    assert sorted(case.tasks) == ["y", "z"]
    case.complete("y")
    assert sorted(case.tasks) == ["a", "z"]
    case.complete("a").complete("z")
    assert (case.count("a"), case.state) == (1, "completed")


def test_tokens_over_one_flow_count_and_a_missing_one_is_a_deadlock(run: Run) -> None:
    body = nodes("startEvent", "s") + node("task", "split", completionQuantity="5")
    body += node("subProcess", "a", nodes("startEvent", "i"), startQuantity="2") + nodes("endEvent", "done")
    case = run(Plain("p", body + flows("s > split", "split > a", "a > done")))
    assert (case.count("a"), case.count("done"), [i.type for i in case.incidents]) == (2, 2, ["deadlock"])


def test_a_completion_quantity_sends_so_many_tokens_over_each_chosen_flow(run: Run) -> None:
    body = nodes("startEvent", "s") + node("callActivity", "c", called(), completionQuantity="2")
    body += nodes("endEvent", "a", "b", "n")
    drawing = Plain("p", body + flows("s > c", "c > a", "c > b if yes", "c > n if not(yes)"))
    case = run(drawing, process("q").start().end(), yes=True)
    assert sorted(case.ended_at) == ["a", "a", "b", "b"]
    many = node(
        "task",
        "m",
        "<bpmn:multiInstanceLoopCharacteristics>"
        + formal("loopCardinality", "3")
        + "</bpmn:multiInstanceLoopCharacteristics>",
        completionQuantity="2",
    )
    body = nodes("startEvent", "s") + many + nodes("endEvent", "a")
    assert run(Plain("r", body + flows("s > m", "m > a"))).ended_at == ["a", "a"]


def called() -> str:
    return '<bpmn:extensionElements><zeebe:calledElement processId="q"/></bpmn:extensionElements>'


def test_tokens_that_wait_for_a_start_quantity_are_tokens_to_an_inclusive_join(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + users("x", "y")
    body += node("task", "a", startQuantity="2") + nodes("inclusiveGateway", "j") + nodes("endEvent", "done")
    arrows = flows("s > f", "f > x", "f > y", "f > j", "x > a", "y > a", "a > j", "j > done")
    case = run(Plain("p", body + arrows)).complete("x")
    assert case.ended_at == []
    case.complete("y")
    assert (case.ended_at, case.count("j")) == (["done"], 1)

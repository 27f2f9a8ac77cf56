"""Inclusive gateways (BPMN 2.0.2 §10.6.3, §13.4.3): what they fork into, which tokens a join waits for."""

from __future__ import annotations

import pytest

from engine import Conflict
from engine.bpmn import read_stored
from tests.builders import Process, process, steps
from tests.plain import Plain, flows, node, nodes, users
from tests.scenarios.run import Run


def opinions() -> Process:
    """Up to three opinions, as many as the conditions ask for."""
    drawing = process("p").start().gateway("inclusiveGateway", "fork").flow_if("legal").user_task("law")
    drawing.gateway("inclusiveGateway", "join").end("done")
    drawing.at("fork").flow_if("amount > 100").user_task("money").connect_to("join")
    return drawing.at("fork").default().user_task("usual").connect_to("join")


def test_every_true_condition_is_taken_and_only_those_are_waited_for(run: Run) -> None:
    case = run(opinions(), legal=True, amount=500)
    assert sorted(case.tasks) == ["law", "money"]
    case.complete("money")
    assert case.ended_at == []
    case.complete("law")
    assert (case.ended_at, case.count("join"), case.state) == (["done"], 1, "completed")


def test_one_true_condition_and_the_default_pass_a_join_of_three(run: Run) -> None:
    assert run(opinions(), legal=True, amount=1).complete("law").ended_at == ["done"]
    assert run.start("p", legal=False, amount=1).complete("usual").ended_at == ["done"]


def test_an_unconditional_flow_is_always_taken_and_nothing_true_is_an_incident(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("inclusiveGateway", "f") + nodes("endEvent", "a", "b")
    run.deploy(Plain("q", body + flows("s > f", "f > a", "f > b if x")))
    assert run.start("q", x=False).ended_at == ["a"]
    assert sorted(run.start("q", x=True).ended_at) == ["a", "b"]
    case = run(Plain("r", body + flows("s > f", "f > a if x > 1", "f > b if x > 2")), x=0)
    assert [(i.type, i.element_id) for i in case.incidents] == [("no_flow", "f")]
    assert case.resolve(x=2).ended_at == ["a"]


def test_a_token_that_arrives_late_is_waited_for_through_everything_it_may_pass(run: Run) -> None:
    """From the sub-process' boundary event, over an exclusive merge and an event gateway, a path leads to the
    join."""
    inner = steps().start().user_task("inner").end()
    drawing = process("p").start().gateway("inclusiveGateway", "fork").flow_if("true").task("quick")
    drawing.gateway("inclusiveGateway", "join").end("done")
    drawing.at("fork").flow_if("true").sub_process("box", inner).end("elsewhere")
    drawing.at("box").boundary_timer("PT1H", "late").event_based("events").catch_timer("PT1H", "second")
    drawing.connect_to("join").at("events").catch_message("never", key='"x"').connect_to("join")
    case = run(drawing)
    assert (case.ended_at, case.tasks) == ([], ["inner"])
    run.advance(hours=1)
    assert case.ended_at == []
    run.advance(hours=1)
    assert (case.ended_at, case.count("join")) == (["done"], 1)
    again = run.start("p").complete("inner")
    assert (sorted(again.ended_at), again.state) == (["box_end", "done", "elsewhere"], "completed")


@pytest.mark.parametrize("last", ["end", "end_error"])
def test_a_join_fires_when_the_token_it_waited_for_dies(run: Run, last: str) -> None:
    """The other token ends at an end event, or inside a sub-process that an error leaves another way."""
    inner = steps().start().user_task("other").exclusive("which").flow_if("dies").end_error("E")
    inner.at("which").default().end()
    drawing = process("p").start().parallel("fork").task("quick").gateway("inclusiveGateway", "join")
    drawing.end("done").at("fork").sub_process("box", inner).exclusive("back").flow_if("false")
    drawing.connect_to("join").at("back").default().end("gone")
    drawing.at("box").boundary_error("E").end("failed")
    case = run(drawing)
    assert case.ended_at == []
    case.complete("other", dies=last == "end_error")
    assert case.state == "completed"
    assert "done" in case.ended_at
    assert ("failed" in case.ended_at) is (last == "end_error")


def test_a_join_fires_when_a_branch_is_interrupted_or_taken_out_by_a_person(run: Run) -> None:
    drawing = process("p").start().parallel("fork").task("quick").gateway("inclusiveGateway", "join")
    drawing.end("done").at("fork").user_task("slow").connect_to("join")
    drawing.at("slow").boundary_timer("P1D").end("late")
    case = run(drawing)
    assert case.ended_at == []
    run.advance(days=1)
    assert sorted(case.ended_at) == ["done", "late"]
    other = run.start("p")
    run.engine.modify(other.key, terminate=[other.task("slow").key], actor="op", reason="not needed")
    run.settle()
    assert (other.ended_at, other.state) == (["done"], "completed")


def test_a_terminated_scope_takes_its_waiting_tokens_along(run: Run) -> None:
    inner = steps().start().parallel("fork").task("quick").gateway("inclusiveGateway", "join").end("joined")
    inner.at("fork").user_task("slow").exclusive("stop").flow_if("ends").end_terminate("stopped")
    inner.at("stop").default().connect_to("join")
    drawing = process("p").start().sub_process("box", inner).end("done")
    case = run(drawing).complete("slow", ends=True)
    assert (case.count("join"), case.ended_at) == (0, ["stopped", "done"])
    cancelled = run.start("p")
    run.engine.cancel(cancelled.key, actor="op", reason="withdrawn")
    assert cancelled.state == "cancelled"
    assert run.start("p").complete("slow", ends=False).ended_at == ["joined", "done"]


def loop() -> Plain:
    """``again`` leads back before the join, so the token that goes round is waited for by the other."""
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + nodes("inclusiveGateway", "j", "more")
    body += users("a", "b") + nodes("endEvent", "done", "left")
    arrows = flows("s > f", "f > a", "f > b", "a > j", "b > j", "j > more", "more > a if again")
    arrows += flows("more > done if not(again)", "more > left if leave")
    return Plain("p", body + arrows)


def test_a_join_in_a_loop_waits_for_the_token_that_goes_round(run: Run) -> None:
    case = run(loop(), again=True, leave=False)
    case.complete("a")
    assert case.tasks == ["b"]
    case.complete("b")
    assert (case.tasks, case.count("j")) == (["a"], 1)
    case.complete("a", again=False)
    assert (case.ended_at, case.count("j"), case.state) == (["done"], 2, "completed")


def test_tokens_already_at_the_join_are_not_kept_by_one_that_may_come_the_same_way(run: Run) -> None:
    """Both flows into the join are marked, or lead from where the third token is: it is not waited for."""
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + nodes("exclusiveGateway", "x")
    body += users("a", "b") + nodes("inclusiveGateway", "j") + nodes("endEvent", "done")
    arrows = flows("s > f", "f > x", "f > a", "f > b", "a > x", "x > j", "b > j", "j > done")
    case = run(Plain("p", body + arrows))
    assert sorted(case.tasks) == ["a", "b"]
    case.complete("b")
    assert case.ended_at == ["done"]
    case.complete("a")
    assert (case.ended_at, case.state) == (["done", "done"], "completed")


def test_several_tokens_on_one_flow_fire_a_join_as_often(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + nodes("exclusiveGateway", "x")
    body += nodes("inclusiveGateway", "j") + nodes("endEvent", "done") + users("u")
    arrows = '<bpmn:sequenceFlow id="one" sourceRef="f" targetRef="x"/>'
    arrows += '<bpmn:sequenceFlow id="two" sourceRef="f" targetRef="x"/>'
    case = run(Plain("p", body + arrows + flows("s > f", "f > u", "x > j", "u > j", "j > done")))
    assert case.ended_at == []
    case.complete("u")
    assert (case.ended_at, case.count("j"), case.state) == (["done", "done"], 2, "completed")


def test_a_gateway_that_joins_and_forks(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("inclusiveGateway", "f", "g", "h") + nodes("endEvent", "done")
    body += users("a", "b", "c", "d")
    arrows = flows("s > f", "f > a if 1 in n", "f > b if 2 in n", "a > g", "b > g")
    arrows += flows("g > c if 3 in n", "g > d if 4 in n", "c > h", "d > h", "h > done")
    drawing = Plain(
        "p",
        body
        + arrows.replace("1 in n", "list contains(n, 1)")
        .replace("2 in n", "list contains(n, 2)")
        .replace("3 in n", "list contains(n, 3)")
        .replace("4 in n", "list contains(n, 4)"),
    )
    case = run(drawing, n=[1, 2, 3, 4]).complete("b").complete("a")
    assert sorted(case.tasks) == ["c", "d"]
    case.complete("d").complete("c")
    assert (case.count("g"), case.count("h"), case.ended_at) == (1, 1, ["done"])


def test_joins_that_wait_for_each_other_are_a_deadlock_a_person_sees(run: Run) -> None:
    """A token at each of two joins, each of which the other's token may still reach over its other flow."""
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + nodes("inclusiveGateway", "j", "k")
    body += nodes("exclusiveGateway", "x", "y") + nodes("endEvent", "done", "over")
    arrows = flows("s > f", "f > j", "f > k", "j > x", "k > y", "x > k if false", "y > j if false")
    case = run(Plain("p", body + arrows + flows("x > done if true", "y > over if true")))
    (incident,) = case.incidents
    assert (incident.type, case.state) == ("deadlock", "active")
    assert "'j'" in incident.message
    assert "'k'" in incident.message


def test_a_join_is_waited_for_by_another_join_behind_it(run: Run) -> None:
    """Tokens at a parallel join are tokens too: the inclusive join behind it waits for what that will let
    through."""
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f", "p2") + nodes("inclusiveGateway", "j")
    body += users("a", "b") + nodes("endEvent", "done")
    arrows = flows("s > f", "f > j", "f > a", "f > p2", "a > p2", "f > b", "b > done", "p2 > j", "j > done")
    case = run(Plain("p", body + arrows))
    case.complete("b")
    assert case.count("j") == 0
    case.complete("a")
    assert (case.count("j"), case.ended_at, case.state) == (1, ["done", "done"], "completed")


def test_each_round_of_a_repeated_sub_process_joins_for_itself(run: Run) -> None:
    inner = steps().start().gateway("inclusiveGateway", "fork").flow_if("n > 1").user_task("a")
    inner.gateway("inclusiveGateway", "join").end().at("fork").flow_if("n > 0").user_task("b")
    inner.connect_to("join")
    drawing = process("p").start().sub_process("each", inner).multi_instance("[1, 2, 3]", "n").end("done")
    case = run(drawing)
    assert sorted(case.tasks) == ["a", "a", "b", "b", "b"]
    for _ in range(3):
        case.complete("b")
    assert case.count("join") == 1
    case.complete("a").complete("a")
    assert (case.count("join"), case.ended_at[-1:], case.state) == (3, ["done"], "completed")


def versions(*arrows: str) -> Plain:
    """A token waits at ``j`` while ``a`` is active; where it leads to is a matter of the version."""
    body = nodes("startEvent", "s") + nodes("exclusiveGateway", "x") + nodes("parallelGateway", "f")
    body += nodes("inclusiveGateway", "j") + users("a") + nodes("endEvent", "done", "gone")
    common = ("s > x", "x > f if not(skip)", "f > j", "f > a", "j > done")
    return Plain("p", body + flows(*common, *arrows))


def test_tokens_at_a_join_are_migrated_and_judged_by_the_new_drawing(run: Run) -> None:
    case = run(versions("x > j if skip", "a > j", "x > gone if false"), skip=False)
    assert case.ended_at == []
    run.deploy(versions("x > gone if skip", "a > gone", "j > gone"))
    with pytest.raises(Conflict, match="waits for no other"):
        run.engine.migrate(case.key, actor="op", reason="nothing comes over the other flows")
    run.deploy(versions("x > j if skip", "a > gone"))
    run.engine.migrate(case.key, actor="op", reason="the opinion is not waited for any more")
    run.settle()
    assert (case.ended_at, case.tasks) == (["done"], ["a"])
    assert case.complete("a").state == "completed"


def test_a_suspended_join_goes_on_after_activation(run: Run) -> None:
    case = run(opinions(), legal=True, amount=500).complete("law")
    run.engine.suspend(case.key, actor="op", reason="checks")
    run.engine.activate(case.key, actor="op", reason="checked")
    assert case.complete("money").ended_at == ["done"]


def test_links_are_paths() -> None:
    """What the compiled paths say about a jump, whether or not it is executed."""
    link = '<bpmn:linkEventDefinition name="L"/>'
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + nodes("inclusiveGateway", "j")
    body += node("intermediateThrowEvent", "out", link) + node("intermediateCatchEvent", "in", link)
    arrows = flows("s > f", "f > out", "f > j", "in > j")
    (definition,) = read_stored("p", Plain("p", body + arrows).files()[0][1])
    assert definition.paths == {"j": {"f": 0b11, "s": 0b11, "in": 0b10, "out": 0b10}}

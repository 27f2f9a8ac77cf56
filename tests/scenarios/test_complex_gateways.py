"""Complex gateways (BPMN 2.0.2 §10.6.5, §13.4.5): start on a condition, reset when nothing else can come."""

from __future__ import annotations

import pytest

from engine import Conflict, InvalidDefinition
from tests.plain import Plain, flows, formal, node, nodes, users
from tests.scenarios.run import Run


def gateway(condition: str, identity: str = "j", **attributes: str) -> str:
    return node("complexGateway", identity, formal("activationCondition", condition), **attributes)


def experts(condition: str, *arrows: str, branches: str = "abc") -> Plain:
    """Three people at work, a complex gateway that joins them, and what comes behind it."""
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + users(*branches)
    body += gateway(condition) + users("next")
    names = {arrow.split()[2] for arrow in arrows} - {"next", *branches, "j"}
    body += nodes("endEvent", *sorted(names))
    into = [arrow for each in branches for arrow in (f"f > {each}", f"{each} > j")]
    return Plain("p", body + flows("s > f", *into, *arrows))


def test_two_out_of_three_go_on_and_the_third_is_absorbed(run: Run) -> None:
    case = run(experts("activationCount >= 2", "j > next", "next > done"))
    case.complete("a")
    assert sorted(case.tasks) == ["b", "c"]
    case.complete("c")
    assert sorted(case.tasks) == ["b", "next"]
    case.complete("next")
    assert (case.ended_at, case.state) == (["done"], "active")
    case.complete("b")
    assert (case.ended_at, case.count("j"), case.state) == (["done"], 1, "completed")


def test_a_discriminator_lets_the_first_through_and_each_round_begins_anew(run: Run) -> None:
    """In a loop: the round ends when all three have come; only then the next one can start."""
    drawing = experts("activationCount >= 1", "j > next", "next > more", "more > m if again")
    drawing.body = drawing.body.replace(
        nodes("endEvent", "m", "more"), nodes("exclusiveGateway", "m", "more")
    )
    drawing.body = drawing.body.replace(flows("s > f"), flows("s > m", "m > f", "more > done if not(again)"))
    drawing.body += nodes("endEvent", "done")
    case = run(drawing)
    case.complete("b")
    assert sorted(case.tasks) == ["a", "c", "next"]
    case.complete("a").complete("c")
    assert (case.tasks, case.count("j")) == (["next"], 1)
    case.complete("next", again=True)
    assert sorted(case.tasks) == ["a", "b", "c"]
    case.complete("c").complete("b").complete("a").complete("next", again=False)
    assert (case.ended_at, case.count("j"), case.state) == (["done"], 2, "completed")


def test_the_rest_that_never_comes_does_not_keep_the_scope_open(run: Run) -> None:
    """Two of three are enough, and the third takes another way: the gateway resets without it."""
    drawing = experts("activationCount >= 2", "j > next", "next > done")
    drawing.body = drawing.body.replace(
        flows("c > j"), flows("c > x", "x > j if comes", "x > gone if not(comes)")
    )
    drawing.body += nodes("exclusiveGateway", "x") + nodes("endEvent", "gone")
    case = run(drawing).complete("a").complete("b").complete("next")
    assert case.state == "active"
    case.complete("c", comes=False)
    assert (sorted(case.ended_at), case.state) == (["done", "gone"], "completed")


def test_a_start_that_never_comes_is_a_deadlock_and_a_variable_can_end_it(run: Run) -> None:
    case = run(experts("activationCount >= needed", "j > next", "next > done"), needed=4)
    for each in "abc":
        case.complete(each)
    (incident,) = case.incidents
    assert (incident.type, "'j'" in incident.message) == ("deadlock", True)
    run.engine.set_variables(case.key, {"needed": 3}, actor="op", reason="three are enough")
    run.settle()
    assert case.tasks == ["next"]
    assert case.resolve().complete("next").state == "completed"


def test_a_condition_of_variables_alone_is_asked_again_when_they_change(run: Run) -> None:
    case = run(experts("urgent", "j > next", "next > done"), urgent=False)
    case.complete("a")
    assert sorted(case.tasks) == ["b", "c"]
    case.complete("b", urgent=True)
    assert sorted(case.tasks) == ["c", "next"]
    other = run.start("p", urgent=False).complete("a")
    run.engine.set_variables(other.key, {"urgent": True}, actor="op", reason="hurry")
    run.settle()
    assert sorted(other.tasks) == ["b", "c", "next"]


def test_conditions_tell_the_two_phases_apart(run: Run) -> None:
    """At reset only flows whose condition holds then get a token; flows without one belong to the start."""
    case = run(
        experts(
            "activationCount >= 2",
            "j > next",
            "next > done",
            "j > first if waitingForStart",
            "j > rest if not(waitingForStart)",
            "j > pair if activationCount = 2",
        )
    )
    case.complete("a").complete("b")
    assert sorted(case.ended_at) == ["first", "pair"]
    case.complete("c")
    assert (sorted(case.ended_at), case.tasks) == (["first", "pair", "rest"], ["next"])


def test_no_way_out_at_the_start_is_an_incident_and_the_default_is_taken_only_then(run: Run) -> None:
    case = run(experts("activationCount >= 2", "j > next if x > 1", "next > done"), x=1)
    case.complete("a").complete("b")
    assert [(i.type, i.element_id) for i in case.incidents] == [("no_flow", "j")]
    assert case.tasks == ["c"]
    assert sorted(case.resolve(x=2).tasks) == ["c", "next"]
    drawing = experts("activationCount >= 2", "j > next if x > 1", "next > done", "j > usual")
    drawing.body = drawing.body.replace('id="j"', 'id="j" default="j_usual"')
    other = run(drawing, x=1).complete("a").complete("b").complete("c")
    assert (other.ended_at, other.state) == (["usual"], "completed")


def test_an_activation_condition_that_fails_waits_for_a_person(run: Run) -> None:
    case = run(experts("activationCount >= needed", "j > next", "next > done"))
    case.complete("a").complete("b")
    assert [(i.type, i.element_id) for i in case.incidents] == [("condition", "j")]
    assert sorted(case.resolve(needed=2).tasks) == ["c", "next"]
    case.complete("c").complete("next")
    assert (case.count("j"), case.state) == (1, "completed")


def test_two_tokens_on_one_flow_count_twice_and_the_second_waits_for_the_next_start(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("parallelGateway", "f") + nodes("exclusiveGateway", "x")
    body += users("a", "b", "c") + gateway("activationCount >= 2") + nodes("endEvent", "done")
    arrows = flows("s > f", "f > a", "f > b", "f > c", "a > x", "b > x", "x > j", "c > j", "j > done")
    case = run(Plain("p", body + arrows)).complete("a").complete("b")
    assert case.ended_at == ["done"]
    case.complete("c")
    assert (case.count("j"), case.ended_at) == (1, ["done"])
    assert [i.type for i in case.incidents] == ["deadlock"]


def test_a_complex_gateway_with_one_incoming_flow_only_forks(run: Run) -> None:
    body = nodes("startEvent", "s") + nodes("complexGateway", "j") + nodes("endEvent", "a", "b", "c")
    case = run(Plain("p", body + flows("s > j", "j > a if x > 1", "j > b if x > 2", "j > c if x > 3")), x=3)
    assert (sorted(case.ended_at), case.state) == (["a", "b"], "completed")


def test_a_gateway_taken_out_takes_its_tokens_along(run: Run) -> None:
    case = run(experts("activationCount >= 3", "j > next", "next > done")).complete("a").complete("b")
    (gate,) = [each for each in run.engine.elements(case.key) if each.element_id == "j"]
    run.engine.modify(case.key, terminate=[gate.key], actor="op", reason="not needed")
    run.settle()
    case.complete("c")
    assert [i.type for i in case.incidents] == ["deadlock"]
    run.engine.cancel(case.key, actor="op", reason="over")
    assert case.state == "cancelled"


def test_migration_keeps_what_was_consumed_or_refuses(run: Run) -> None:
    case = run(experts("activationCount >= 2", "j > next", "next > done")).complete("a").complete("b")
    parallel = experts("true", "j > next", "next > done")
    parallel.body = parallel.body.replace("complexGateway", "parallelGateway").replace(
        formal("activationCondition", "true"), ""
    )
    run.deploy(parallel)
    with pytest.raises(Conflict, match="is a complexGateway, but"):
        run.engine.migrate(case.key, actor="op", reason="x")
    run.deploy(experts("activationCount >= 3", "j > next", "next > done"))
    run.engine.migrate(case.key, actor="op", reason="x")
    run.settle()
    case.complete("c").complete("next")
    assert (case.ended_at, case.count("j"), case.state) == (["done"], 1, "completed")


def test_several_flows_in_without_a_condition_are_refused(run: Run) -> None:
    drawing = experts("x", "j > next", "next > done")
    drawing.body = drawing.body.replace(formal("activationCondition", "x"), "")
    with pytest.raises(InvalidDefinition, match="activation condition"):
        run.deploy(drawing)

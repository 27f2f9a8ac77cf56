"""Exclusive, parallel and event-based gateways, implicit forks and merges (BPMN 2.0.2 §10.6, §13.4)."""

from __future__ import annotations

from tests.builders import Process, process
from tests.scenarios.run import Run


def choice() -> Process:
    return (
        process("p")
        .start()
        .exclusive("which")
        .flow_if("amount > 100")
        .end("big")
        .at("which")
        .flow_if("amount > 10")
        .end("medium")
        .at("which")
        .default()
        .end("small")
    )


def test_the_first_true_condition_wins(run: Run) -> None:
    assert run(choice(), amount=500).ended_at == ["big"]
    assert run.start("p", amount=50).ended_at == ["medium"]
    assert run.start("p", amount=5).ended_at == ["small"]


def test_a_condition_that_is_not_boolean_is_an_incident_not_false(run: Run) -> None:
    case = run(choice(), amount="many")
    (incident,) = case.incidents
    assert incident.element_id == "which"
    assert "f" in incident.message
    assert case.ended_at == []
    assert case.resolve(amount=11).ended_at == ["medium"]


def test_no_way_out_is_an_incident(run: Run) -> None:
    drawing = (
        process("p").start().exclusive("which").flow_if("n > 1").end("big").at("which").flow_if("n > 2").end()
    )
    case = run(drawing, n=0)
    assert [i.type for i in case.incidents] == ["no_flow"]
    assert case.resolve(n=2).ended_at == ["big"]


def test_a_parallel_join_waits_for_every_flow(run: Run) -> None:
    drawing = (
        process("p")
        .start()
        .parallel("fork")
        .user_task("a")
        .parallel("join")
        .end("done")
        .at("fork")
        .user_task("b")
        .connect_to("join")
    )
    case = run(drawing)
    assert sorted(case.tasks) == ["a", "b"]
    case.complete("b")
    assert (case.ended_at, case.tasks) == ([], ["a"])
    case.complete("a")
    assert (case.ended_at, case.count("join")) == (["done"], 1)


def test_a_join_that_lost_its_other_token_is_a_deadlock_a_person_sees(run: Run) -> None:
    drawing = (
        process("p")
        .start()
        .exclusive("which")
        .flow_if("n = 1")
        .task("a")
        .parallel("join")
        .end("done")
        .at("which")
        .default()
        .task("b")
        .connect_to("join")
    )
    case = run(drawing, n=1)
    (incident,) = case.incidents
    assert incident.type == "deadlock"
    assert "'join'" in incident.message


def test_several_flows_out_of_a_task_fork_and_several_in_merge(run: Run) -> None:
    drawing = process("p").start().task("split").user_task("a").task("merge").end("done")
    drawing.at("split").user_task("b").connect_to("merge")
    case = run(drawing)
    case.complete("a")
    assert case.ended_at == ["done"]
    case.complete("b")
    assert case.ended_at == ["done", "done"]
    assert case.count("merge") == 2


def test_conditional_and_default_flows_out_of_a_task(run: Run) -> None:
    def drawing(name: str) -> Process:
        return (
            process(name)
            .start()
            .task("t")
            .flow_if("x")
            .end("one")
            .at("t")
            .flow_if("y")
            .end("two")
            .at("t")
            .default()
            .end("otherwise")
        )

    assert sorted(run(drawing("p"), x=True, y=True).ended_at) == ["one", "two"]
    assert run.start("p", x=False, y=True).ended_at == ["two"]
    assert run.start("p", x=False, y=False).ended_at == ["otherwise"]


def waiting() -> Process:
    return (
        process("p")
        .start()
        .event_based("wait")
        .catch_message("answer", "answered", key="=number")
        .end("heard")
        .at("wait")
        .catch_timer("PT1H", "tired")
        .end("late")
    )


def test_the_first_event_behind_an_event_based_gateway_wins(run: Run) -> None:
    case = run(waiting(), number="7")
    run.publish("answer", "8")
    assert case.active == ["wait"]
    run.publish("answer", "7", text="tak")
    assert (case.ended_at, case.variables["text"]) == (["heard"], "tak")
    run.advance(hours=2)
    assert case.ended_at == ["heard"]


def test_the_timer_behind_an_event_based_gateway_closes_the_message(run: Run) -> None:
    case = run(waiting(), number="7")
    run.advance(hours=1)
    assert case.ended_at == ["late"]
    run.publish("answer", "7")
    assert case.ended_at == ["late"]

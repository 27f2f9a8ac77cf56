"""A person corrects a running instance: variables, position, version. All of it recorded and replayable."""

from __future__ import annotations

import pytest

from engine import Conflict, InvalidVariables, NotFound
from tests.builders import Process, process, steps
from tests.scenarios.run import LEASE, Case, Run


def three() -> Process:
    return process("p").start().user_task("a").user_task("b").user_task("c").end("done")


def key_of(run: Run, case_key: int, element_id: str) -> int:
    return next(
        e.key for e in run.engine.elements(case_key) if e.element_id == element_id and e.state == "active"
    )


def test_a_person_moves_an_instance_and_says_why(run: Run) -> None:
    case = run(three())
    run.engine.modify(
        case.key,
        activate=["c"],
        terminate=[key_of(run, case.key, "a")],
        variables={"why": "paper file found"},
        actor="op",
        reason="done on paper",
    )
    run.settle()
    assert (case.tasks, case.variables) == (["c"], {"why": "paper file found"})
    (event,) = [e for e in run.engine.history(case.key) if e.type == "instance_modified"]
    assert (event.actor, event.payload["reason"]) == ("op", "done on paper")
    assert case.complete("c").ended_at == ["done"]


def test_ending_the_last_element_completes_the_container(run: Run) -> None:
    inside = steps().start().user_task("inner").end()
    case = run(process("p").start().sub_process("work", inside).user_task("after").end("done"))
    run.engine.modify(case.key, terminate=[key_of(run, case.key, "inner")], actor="op", reason="x")
    run.settle()
    assert case.tasks == ["after"]


def test_one_of_several_instances_is_ended_and_the_rest_goes_on(run: Run) -> None:
    case = run(process("p").start().user_task("ask").multi_instance(times="2").end("done"))
    first = run.engine.user_tasks(instance_key=case.key)[0]
    run.engine.modify(case.key, terminate=[first.key], actor="op", reason="left the school")
    run.settle()
    assert case.tasks == ["ask"]
    assert case.complete("ask").ended_at == ["done"]


@pytest.mark.parametrize(
    ("element", "refusal"),
    [("nowhere", NotFound), ("late", Conflict), ("each", Conflict), ("aside", Conflict)],
)
def test_what_cannot_be_entered_is_refused_and_nothing_changes(
    run: Run, element: str, refusal: type[Exception]
) -> None:
    drawing = process("p").start().user_task("a").boundary_timer("PT1H", "late").end()
    repeated = steps().start().user_task("each").end()
    drawing.at("a").sub_process("work", repeated).multi_instance(times="2").end("done")
    drawing.event_sub_process("on_stop", steps().start_message("stop", key='="k"').user_task("aside").end())
    case = run(drawing)
    with pytest.raises(refusal):
        run.engine.modify(case.key, activate=[element], actor="op", reason="x")
    assert case.tasks == ["a"]


def test_a_sub_process_is_entered_on_the_way_with_all_that_guards_it(run: Run) -> None:
    inside = steps().start().user_task("first").user_task("second").end("inner_end")
    inside.event_sub_process("aside", steps().start_message("stop", "on_stop", key="=id").end("stopped"))
    outer = steps().start().sub_process("work", inside, inputs={"id": "=number"}, outputs={"result": "=mark"})
    drawing = process("p").start().user_task("a").sub_process("outer", outer.end("outer_end"))
    drawing.boundary_timer("PT1H", "late").end("expired").at("outer").end("done")

    def moved() -> Case:
        case = run(drawing, number="n1")
        asked = {"activate": ["second"], "terminate": ["a"], "local_variables": {"second": {"mark": 7}}}
        run.engine.modify(case.key, actor="op", reason="done on paper", **asked)  # type: ignore[arg-type]
        run.settle()
        assert (case.tasks, case.count("first"), "mark" in case.variables) == (["second"], 0, False)
        return case

    assert moved().complete("second", mark=9).ended_at == ["inner_end", "outer_end", "done"]
    interrupted = moved()
    run.publish("stop", "n1")
    assert interrupted.ended_at == ["stopped", "outer_end", "done"]
    expired = moved()
    run.advance(hours=1)
    assert expired.ended_at == ["expired"]


def test_local_variables_are_seen_where_they_were_entered_only(run: Run) -> None:
    drawing = process("p").start().user_task("a").user_task("b", assignee="=who").user_task("c").end()
    case = run(drawing)
    run.engine.modify(
        case.key,
        activate=["b", "c"],
        terminate=["a"],
        local_variables={"b": {"who": "ewa"}},
        variables={"n": 1},
        actor="op",
        reason="x",
    )
    run.settle()
    assert (case.task("b").assignee, case.task("c").assignee) == ("ewa", None)
    assert case.variables == {"n": 1}
    with pytest.raises(Conflict, match="local variables"):
        run.engine.modify(case.key, local_variables={"b": {"x": 1}}, actor="op", reason="x")


def test_going_on_after_an_element_takes_the_flows_that_hold(run: Run) -> None:
    drawing = process("p").start().user_task("a").exclusive("which").flow_if("big").user_task("board").end()
    drawing.at("which").default().parallel("both").user_task("x").end().at("both").user_task("y").end()
    drawing.at("a").boundary_timer("P1D", "late").user_task("remind").end()
    case = run(drawing, big=True)
    run.engine.modify(case.key, after=["a"], terminate=["a"], actor="op", reason="done on paper")
    run.settle()
    assert case.tasks == ["board"]
    run.engine.modify(
        case.key,
        after=["which", "late"],
        terminate=["board"],
        variables={"big": False},
        actor="op",
        reason="x",
    )
    run.settle()
    assert sorted(case.tasks) == ["remind", "x", "y"]
    moves = [e for e in run.engine.history(case.key) if e.type == "instance_modified"]
    assert [(each.payload["after"], each.payload["reason"]) for each in moves] == [
        (["a"], "done on paper"),
        (["which", "late"], "x"),
    ]


def test_there_must_be_a_way_on(run: Run) -> None:
    drawing = process("p").start().user_task("a").exclusive("which").flow_if("big").user_task("b").end("end")
    drawing.at("which").flow_if("not(big)").event_based("race").catch_timer("PT1H", "t").end()
    drawing.at("race").catch_message("m", "m", key='="k"').end()
    case = run(drawing)
    for element, reason in (
        ("end", "no flow leaves"),
        ("race", "which of them"),
        ("which", "cannot be moved"),
    ):
        with pytest.raises(Conflict, match=reason):
            run.engine.modify(case.key, after=[element], terminate=["a"], actor="op", reason="x")
    assert (case.tasks, case.incidents) == (["a"], [])


def test_ending_by_element_ends_every_instance_and_what_waits_in_it(run: Run) -> None:
    inside = (
        steps().start().parallel("fork").user_task("ask").end().at("fork").service_task("work", "job").end()
    )
    inside.at("fork").catch_timer("P1D", "wait").end().at("fork").catch_message("m", "hear", key='="k"').end()
    repeated = process("p").start().sub_process("each", inside).multi_instance(times="2", sequential=False)
    case = run(
        repeated.boundary_timer("P2D", "late").end("expired").at("each").user_task("after").end("done")
    )
    assert len(run.engine.timers(case.key)) == 3
    run.engine.modify(case.key, terminate=["hear", "wait"], actor="op", reason="x")
    assert sorted(case.active) == ["ask", "ask", "each", "each", "each", "work", "work"]
    run.engine.modify(case.key, activate=["after"], terminate=["each"], actor="op", reason="x")
    run.settle()
    assert (case.active, run.engine.timers(case.key)) == (["after"], [])
    assert run.engine.activate_jobs("job", worker="w", limit=9, lease=LEASE) == []
    assert case.complete("after").ended_at == ["done"]


def test_one_container_of_several_is_named_by_its_key(run: Run) -> None:
    inside = steps().start().user_task("x").user_task("y").end()
    case = run(process("p").start().sub_process("each", inside).multi_instance(times="2").end("done"))
    scopes = sorted(e.key for e in run.engine.elements(case.key) if e.element_id == "each")[1:]
    with pytest.raises(Conflict, match="there are 2: name its key"):
        run.engine.modify(case.key, activate=["y"], actor="op", reason="x")
    run.engine.modify(case.key, activate=[("y", scopes[1])], actor="op", reason="x")
    places = {t.element_id: t for t in run.engine.user_tasks(instance_key=case.key, element_id="y")}
    entered = next(e for e in run.engine.elements(case.key) if e.key == places["y"].key)
    assert entered.parent_key == scopes[1]


def test_what_is_entered_may_not_be_ended_with_its_container(run: Run) -> None:
    inside = steps().start().user_task("x").sub_process("deep", steps().start().user_task("y").end()).end()
    case = run(process("p").start().sub_process("work", inside).end())
    with pytest.raises(Conflict, match="in a container that goes on"):
        run.engine.modify(case.key, activate=["y"], terminate=["work"], actor="op", reason="x")
    with pytest.raises(Conflict, match="expected an active instance of 'deep', but there is none"):
        run.engine.modify(case.key, terminate=["deep"], actor="op", reason="x")
    assert case.tasks == ["x"]


def test_variables_are_corrected_in_one_scope(run: Run) -> None:
    inside = steps().start().user_task("ask", assignee="=who").end()
    drawing = process("p").start().sub_process("each", inside).multi_instance("=names", "who")
    case = run(drawing.end("done"), names=["ewa", "jan"], n=1)
    first = min(e.key for e in run.engine.elements(case.key) if e.element_id == "ask")
    scope = next(e.parent_key for e in run.engine.elements(case.key) if e.key == first)
    run.engine.set_variables(
        case.key, {"who": "ola", "n": 2}, element_key=scope, actor="op", reason="renamed"
    )
    assert case.variables == {"names": ["ewa", "jan"], "n": 1}
    (event,) = [e for e in run.engine.history(case.key) if e.type == "variables_set"]
    assert (event.actor, event.element_id, event.element_key) == ("op", "each", scope)
    assert event.payload["reason"] == "renamed"
    with pytest.raises(NotFound):
        run.engine.set_variables(case.key, {"n": 3}, element_key=1, actor="op", reason="x")


def test_a_suspended_instance_stands_still_with_all_that_waits(run: Run) -> None:
    drawing = (
        process("p").start().parallel("fork").user_task("ask").boundary_timer("PT1H", "late").end("expired")
    )
    drawing.at("ask").end("asked").at("fork").service_task("work", "job").end("worked")
    drawing.at("fork").catch_message("m", "hear", key='="k"').end("heard")
    drawing.event_sub_process("aside", steps().start_timer("PT2H", interrupting=False).end("reminded"))
    case = run(drawing)
    run.engine.suspend(case.key, actor="op", reason="court order")
    run.publish("m", "k", ttl=100)
    run.advance(hours=3)
    assert (case.ended_at, case.state) == ([], "suspended")
    assert run.engine.activate_jobs("job", worker="w", limit=9, lease=LEASE) == []
    for refused in (
        lambda: run.engine.complete(case.task("ask").key, actor="jan"),
        lambda: run.engine.modify(case.key, terminate=["ask"], actor="op", reason="x"),
        lambda: run.engine.suspend(case.key, actor="op", reason="x"),
    ):
        with pytest.raises(Conflict, match="suspended"):
            refused()
    run.engine.activate(case.key, actor="op", reason="order lifted")
    run.settle()
    assert sorted(case.ended_at) == ["expired", "heard", "reminded"]
    assert case.work("job").state == "completed"
    said = {
        e.type: (e.actor, e.payload["reason"]) for e in run.engine.history(case.key) if "reason" in e.payload
    }
    assert said["instance_suspended"] == ("op", "court order")
    assert said["instance_activated"] == ("op", "order lifted")


def test_cancelling_ends_everything_that_waits_and_says_why(run: Run) -> None:
    inside = steps().start().user_task("ask").boundary_message("m", "heard", key='="k"').end()
    inside.at("ask").end().event_sub_process("aside", steps().start_timer("PT1H").end())
    drawing = process("p").start().sub_process("each", inside).multi_instance(times="2").end()
    case = run(drawing)
    run.engine.cancel(case.key, actor="op", reason="withdrawn")
    run.settle()
    assert (case.state, case.tasks, run.engine.timers(case.key)) == ("cancelled", [], [])
    (ended,) = [e for e in run.engine.history(case.key) if e.type == "instance_ended"]
    assert (ended.actor, ended.payload["reason"]) == ("op", "withdrawn")
    run.publish("m", "k")
    with pytest.raises(Conflict, match="has ended"):
        run.engine.cancel(case.key, actor="op", reason="again")


def test_two_people_resolve_one_incident(run: Run) -> None:
    drawing = process("p").start().exclusive("which").flow_if("n > 1").end("a")
    case = run(drawing.at("which").flow_if("n < 0").end("b"), n=1)
    (incident,) = case.incidents
    case.resolve(n=2)
    with pytest.raises(Conflict):
        run.engine.resolve_incident(incident.key, actor="other", reason="me too")
    assert case.ended_at == ["a"]


@pytest.mark.parametrize("wrong", [None, 5])
def test_a_command_of_wrong_types_is_refused_before_it_reaches_history(run: Run, wrong: object) -> None:
    case = run(three())
    with pytest.raises(InvalidVariables):
        run.engine.set_variables(case.key, {"n": 1}, actor="op", reason=wrong)  # type: ignore[arg-type]
    assert (case.variables, run.engine.verify(case.key).ok) == ({}, True)


def test_a_request_id_belongs_to_one_request(run: Run) -> None:
    run.deploy(three())
    started = run.engine.start("p", actor="anna", request_id="r-1")
    task = run.engine.user_tasks(instance_key=started.key)[0]
    with pytest.raises(Conflict, match="r-1"):
        run.engine.complete(task.key, actor="jan", request_id="r-1")

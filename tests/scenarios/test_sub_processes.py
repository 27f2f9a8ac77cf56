"""Embedded sub-processes, call activities, multi-instance (BPMN 2.0.2 §10.3.5–10.3.8)."""

from __future__ import annotations

from tests.builders import process, steps
from tests.scenarios.run import Run


def test_a_sub_process_completes_when_all_its_paths_have(run: Run) -> None:
    inside = steps().start().parallel("fork").user_task("a").end("a_done")
    inside.at("fork").user_task("b").end("b_done")
    case = run(process("p").start().sub_process("work", inside).user_task("after").end("done"))
    case.complete("a")
    assert case.tasks == ["b"]
    assert case.complete("b").tasks == ["after"]


def test_a_timer_on_a_sub_process_ends_everything_inside(run: Run) -> None:
    inside = steps().start().parallel("fork").user_task("a").end("a_done")
    inside.at("fork").service_task("b", "work").end("b_done")
    drawing = process("p").start().sub_process("outer", inside).boundary_timer("PT1H", "late").end("expired")
    case = run(drawing.at("outer").end("done"))
    run.advance(hours=1)
    assert (case.ended_at, case.tasks, case.state) == (["expired"], [], "completed")
    assert case.count("b", "terminated") == 1


def test_input_mappings_are_local_and_output_mappings_leave(run: Run) -> None:
    drawing = (
        process("p")
        .start()
        .service_task("send", "mail", inputs={"to": "=school.email"}, outputs={"sent.at": "=when"})
        .end("done")
    )
    case = run(drawing, school={"email": "a@b"}, sent={"by": "jan"})
    job = case.job("mail")
    assert job.variables["to"] == "a@b"
    run.engine.complete_job(job.key, variables={"when": "10:00", "noise": 1})
    assert case.variables == {"school": {"email": "a@b"}, "sent": {"by": "jan", "at": "10:00"}}


def test_a_failed_mapping_is_an_incident_and_tried_again(run: Run) -> None:
    drawing = process("p").start().user_task("ask", outputs={"double": "=n * 2"}).end("done")
    case = run(drawing).complete("ask", n=21)
    assert case.variables["double"] == 42


def test_scripts_compute_with_decimals(run: Run) -> None:
    drawing = process("p").start().script_task("compute", "0.1 + 0.2", "sum").end("done")
    assert str(run(drawing).variables["sum"]) == "0.3"


def test_a_call_activity_passes_variables_there_and_back(run: Run) -> None:
    called = process("check").start().user_task("look").end("looked")
    calling = process("p").start().call_activity("call", "check").end("done")
    case = run(calling, called, n=1)
    (child,) = run.cases("check")
    assert (child.variables, child.tasks) == ({"n": 1}, ["look"])
    child.complete("look", verdict="ok")
    assert (case.state, case.variables["verdict"]) == ("completed", "ok")
    assert run.engine.instance(child.key).root_key == case.key


def test_an_error_leaves_the_called_process_to_its_caller(run: Run) -> None:
    called = process("check").start().service_task("look", "look").end("looked")
    calling = process("p").start().call_activity("call", "check").boundary_error("BAD", "bad").end("no")
    case = run(calling.at("call").end("yes"), called)
    (child,) = run.cases("check")
    child.throw("look", "BAD", why="forged")
    assert (case.ended_at, child.state, case.variables["why"]) == (["no"], "terminated", "forged")


def test_interrupting_a_call_activity_ends_the_called_instance(run: Run) -> None:
    called = process("check").start().user_task("look").end("looked")
    calling = (
        process("p").start().call_activity("call", "check").boundary_timer("PT1H", "late").end("late_end")
    )
    case = run(calling.at("call").end("yes"), called)
    (child,) = run.cases("check")
    run.advance(hours=1)
    assert (case.ended_at, child.state, child.tasks) == (["late_end"], "terminated", [])


def test_calling_what_is_not_deployed_is_an_incident(run: Run) -> None:
    case = run(process("p").start().call_activity("call", "=which").end("done"), which="nowhere")
    (incident,) = case.incidents
    assert (incident.element_id, incident.type) == ("call", "called_element")
    run.deploy(process("nowhere").start().end("there"))
    assert case.resolve().ended_at == ["done"]


def test_calls_nested_too_deep_are_an_incident_not_a_crash(run: Run) -> None:
    run.deploy(process("p").start().call_activity("call", "=own").end("done"))
    run.start("p", own="p")
    incidents = run.engine.incidents(state="open")
    assert [i.type for i in incidents] == ["called_element"]
    assert len(run.cases("p")) == 17


def test_a_parallel_multi_instance_collects_outputs_in_order(run: Run) -> None:
    drawing = process("p").start().user_task("ask", outputs={"answer": "=said"})
    drawing.multi_instance("=names", "name", collect=("answers", "=said")).end("done")
    case = run(drawing, names=["a", "b", "c"])
    tasks = run.engine.user_tasks(instance_key=case.key)
    assert len(tasks) == 3
    for task, said in zip(reversed(tasks), ("third", "second", "first"), strict=True):
        run.engine.complete(task.key, variables={"said": said}, actor="jan")
        run.settle()
    assert (case.ended_at, case.variables["answers"]) == (["done"], ["first", "second", "third"])


def test_a_sequential_multi_instance_does_one_after_another(run: Run) -> None:
    drawing = (
        process("p").start().user_task("ask").multi_instance("=names", "name", sequential=True).end("done")
    )
    case = run(drawing, names=["a", "b"])
    assert case.tasks == ["ask"]
    case.complete("ask")
    assert (case.tasks, case.ended_at) == (["ask"], [])
    assert case.complete("ask").ended_at == ["done"]


def test_a_completion_condition_ends_the_rest(run: Run) -> None:
    drawing = process("p").start().user_task("vote")
    drawing.multi_instance(times="5", until="numberOfCompletedInstances >= 2").end("done")
    case = run(drawing)
    case.complete("vote")
    assert len(case.tasks) == 4
    case.complete("vote")
    assert (case.tasks, case.ended_at, case.count("vote", "terminated")) == ([], ["done"], 3)


def test_an_empty_collection_goes_straight_on(run: Run) -> None:
    drawing = process("p").start().user_task("ask").multi_instance("=names", "name").end("done")
    assert run(drawing, names=[]).ended_at == ["done"]


def test_a_collection_that_is_no_list_is_an_incident(run: Run) -> None:
    drawing = process("p").start().user_task("ask").multi_instance("=names", "name").end("done")
    case = run(drawing, names="a")
    assert [i.type for i in case.incidents] == ["multi_instance"]
    assert case.resolve(names=["a"]).tasks == ["ask"]


def test_a_boundary_timer_ends_a_multi_instance_as_a_whole(run: Run) -> None:
    drawing = process("p").start().user_task("ask").multi_instance(times="3")
    drawing.boundary_timer("PT1H", "late").end("expired")
    case = run(drawing.at("ask").end("done"))
    run.advance(hours=1)
    assert (case.tasks, case.ended_at) == ([], ["expired"])


def test_a_multi_instance_over_a_sub_process_keeps_its_variables_apart(run: Run) -> None:
    inside = steps().start().user_task("ask").end("asked")
    drawing = process("p").start().sub_process("each", inside).multi_instance("=names", "name").end("done")
    case = run(drawing, names=["a", "b"])
    for _ in range(2):
        case.complete("ask")
    assert (case.ended_at[-1], "name" in case.variables) == ("done", False)


def test_many_instances_are_stored_in_pages_and_all_come_back(run: Run) -> None:
    case = run(process("p").start().user_task("ask").multi_instance(times="250").end("done"))
    tasks = run.engine.user_tasks(instance_key=case.key, limit=1000)
    assert len(tasks) == 250
    for task in (tasks[0], tasks[120], tasks[249]):
        run.engine.complete(task.key, actor="jan")
    run.settle()
    assert len(run.engine.user_tasks(instance_key=case.key, limit=1000)) == 247


def test_a_cancelled_instance_takes_everything_with_it(run: Run) -> None:
    called = process("check").start().user_task("look").end("looked")
    drawing = process("p").start().parallel("fork").call_activity("call", "check").end()
    case = run(drawing.at("fork").user_task("ask").boundary_timer("PT1H").end(), called)
    run.engine.cancel(case.key, actor="op", reason="entered twice")
    run.advance(hours=2)
    (child,) = run.cases("check")
    assert (case.state, child.state, case.tasks, child.tasks) == ("cancelled", "terminated", [], [])


def test_many_called_instances_start_over_several_transactions_and_all_end_with_their_caller(
    run: Run,
) -> None:
    called = process("check").start().user_task("look").end()
    drawing = process("p").start().call_activity("call", "check").multi_instance(times="220")
    drawing.boundary_message("stop", "stopped", key="=n").end("gone")
    run.deploy(drawing.at("call").end("done"), called)
    started = run.engine.start("p", variables={"n": "1"}, actor="anna")
    assert len(run.engine.instances(process_id="check", limit=1000)) == 200
    run.engine.publish_message("stop", correlation_key="1")
    run.settle()
    children = run.engine.instances(process_id="check", limit=1000)
    assert {str(child.state) for child in children} == {"terminated"}
    assert str(run.engine.instance(started.key).state) == "completed"


def test_a_called_instance_that_starts_alone_shares_the_data_key_of_its_case(run: Run) -> None:
    """Two hundred start with their caller, the last one in a transaction of its own."""
    called = process("check").start().user_task("look").end()
    drawing = process("p").start().call_activity("call", "check").multi_instance(times="201").end("done")
    run.deploy(drawing, called)
    run.engine.start("p", actor="anna")
    run.settle()
    assert len(run.engine.instances(process_id="check", limit=1000)) == 201


def test_an_escalation_that_ends_the_call_leaves_nothing_to_tell(run: Run) -> None:
    called = process("check").start().end_escalation("LATE", "late")
    drawing = (
        process("p").start().call_activity("call", "check").boundary_escalation("LATE", "heard").end("told")
    )
    case = run(drawing.at("call").end("done"), called)
    assert (case.ended_at, case.state) == (["told"], "completed")


def test_an_escalation_beside_the_call_is_heard_and_the_call_goes_on(run: Run) -> None:
    called = process("check").start().throw_escalation("LATE", "late").end("checked")
    drawing = process("p").start().call_activity("call", "check")
    drawing.boundary_escalation("LATE", "heard", interrupting=False).end("told")
    assert sorted(run(drawing.at("call").end("done"), called).ended_at) == ["done", "told"]


def test_suspension_reaches_called_instances_and_loses_nothing(run: Run) -> None:
    called = process("check").start().catch_timer("PT1H", "rest").end("rested")
    case = run(process("p").start().call_activity("call", "check").end("done"), called)
    run.engine.suspend(case.key, actor="op", reason="court")
    run.advance(hours=2)
    (child,) = run.cases("check")
    assert (case.state, child.state) == ("suspended", "suspended")
    run.engine.activate(case.key, actor="op", reason="decided")
    run.settle()
    assert (case.ended_at, child.ended_at) == (["done"], ["rested"])


def test_calling_a_process_that_starts_only_by_events_is_an_incident(run: Run) -> None:
    called = process("check").start_message("order", "ordered").end()
    case = run(process("p").start().catch_timer("PT1H").call_activity("call", "check").end("done"), called)
    run.advance(hours=1)
    assert [(i.element_id, i.type) for i in case.incidents] == [("call", "called_element")]

"""A person corrects a running instance: variables, position, version. All of it recorded and replayable."""

from __future__ import annotations

import pytest

from engine import Conflict, InvalidVariables, NotFound
from tests.builders import Process, process, steps
from tests.scenarios.run import Run


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
    ("element", "refusal"), [("nowhere", NotFound), ("late", Conflict), ("inner", Conflict)]
)
def test_what_cannot_be_entered_is_refused_and_nothing_changes(
    run: Run, element: str, refusal: type[Exception]
) -> None:
    drawing = process("p").start().user_task("a").boundary_timer("PT1H", "late").end()
    drawing.at("a").sub_process("work", steps().start().user_task("inner").end()).end("done")
    case = run(drawing)
    with pytest.raises(refusal):
        run.engine.modify(case.key, activate=[element], actor="op", reason="x")
    assert case.tasks == ["a"]


def test_an_instance_goes_on_in_a_new_version_with_its_deadlines(run: Run) -> None:
    drawing = process("p").start().user_task("a").boundary_timer("PT5H", "late").end("expired")
    case = run(drawing.at("a").end("done"), n="1")
    (before,) = run.engine.timers(case.key)
    run.engine.claim(case.task("a").key, actor="jan")
    run.advance(hours=1)
    newer = process("p").start().user_task("a").boundary_timer("PT9H", "late").end("expired")
    newer.at("a").boundary_timer("PT2H", "soon", interrupting=False).end("reminded")
    newer.event_sub_process("stop", steps().start_message("stop", "on_stop", key="=n").end("stopped"))
    run.deploy(newer.at("a").user_task("more").end("done"))
    tried = run.engine.migrate(case.key, actor="op", reason="new version", dry_run=True)
    assert (tried.version, run.engine.instance(case.key).version) == (2, 1)
    run.engine.migrate(case.key, actor="op", reason="new version")
    run.settle()
    timers = {timer.element_id: timer.due_at for timer in run.engine.timers(case.key)}
    assert timers["late"] == before.due_at
    assert case.task("a").assignee == "jan"
    run.advance(hours=2)
    assert case.ended_at == ["reminded"]
    assert case.complete("a").tasks == ["more"]
    run.publish("stop", "1")
    assert (case.ended_at[-1], case.state) == ("stopped", "completed")


def test_an_instance_that_does_not_fit_is_not_migrated(run: Run) -> None:
    case = run(three())
    case.complete("a")
    run.deploy(process("p").start().user_task("a").user_task("c").end("done"))
    with pytest.raises(Conflict, match="'b' is active, but is not in it"):
        run.engine.migrate(case.key, actor="op", reason="new version")
    assert (run.engine.instance(case.key).version, case.tasks) == (1, ["b"])


def test_migration_does_not_repeat_what_has_already_happened(run: Run) -> None:
    def drawing() -> Process:
        asked = process("p").start().user_task("a").boundary_timer("PT1H", "soon", interrupting=False)
        asked.end("reminded").at("a").boundary_message("stop", "stopped", key="=n").end("gone")
        return asked.at("a")

    case = run(drawing().end("done"), n="1")
    run.advance(hours=1)
    run.deploy(drawing().user_task("more").end("done"))
    run.engine.migrate(case.key, actor="op", reason="new version")
    run.advance(hours=5)
    assert case.ended_at == ["reminded"]
    run.publish("stop", "1")
    assert case.ended_at == ["reminded", "gone"]


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

"""Global tasks (BPMN 2.0.2 §10.3.6): called like processes, each a definition of its own."""

from __future__ import annotations

import pytest

from engine import InvalidDefinition
from tests.bpmn_xml import element
from tests.builders import Process, process
from tests.plain import Plain, flows, node, nodes
from tests.scenarios.run import Run

ASSIGNED = element(
    "bpmn:extensionElements",
    {},
    element("zeebe:userTask") + element("zeebe:assignmentDefinition", {"candidateGroups": "EK-04"}),
)


def calling(what: str) -> Plain:
    body = nodes("startEvent", "start") + node("callActivity", "call", calledElement=what)
    return Plain("p", body + nodes("endEvent", "end") + flows("start > call", "call > end"))


def globally(tag: str, identity: str, inside: str = "", **attributes: str) -> Process:
    """A file whose only executable process is never started, with a global task."""
    drawing = process(f"home_of_{identity}", extra=node(tag, identity, inside, **attributes))
    return drawing.start().end()


def test_a_global_user_task_is_done_by_people_and_its_result_comes_back(run: Run) -> None:
    case = run(calling("check"), globally("globalUserTask", "check", ASSIGNED, name="Check"), n=1)
    (child,) = run.cases("check")
    (task,) = run.engine.user_tasks(instance_key=child.key)
    assert (task.name, task.element_id, task.candidate_groups) == ("Check", "check_task", ("EK-04",))
    child.complete("check_task", verdict="ok")
    assert (case.state, case.variables) == ("completed", {"n": 1, "verdict": "ok"})


def test_global_tasks_without_people_complete_at_once(run: Run) -> None:
    script = element("bpmn:script", {}, "{doubled: n * 2}")
    run.deploy(
        globally("globalScriptTask", "compute", script, scriptLanguage="feel"),
        globally("globalManualTask", "carry"),
        globally("globalTask", "think"),
    )
    assert run(calling("compute"), n=21).variables == {"n": 21, "doubled": 42}
    assert [run(calling(each)).ended_at for each in ("carry", "think")] == [["end"], ["end"]]


def test_a_global_task_has_versions_and_ends_with_its_caller(run: Run) -> None:
    case = run(calling("check"), globally("globalUserTask", "check", ASSIGNED))
    run.deploy(globally("globalUserTask", "check", ASSIGNED, name="Check again"))
    later = run.start("p")
    first, second = run.cases("check")
    assert [run.engine.instance(each.key).version for each in (first, second)] == [1, 2]
    run.engine.suspend(case.key, actor="op", reason="wait")
    assert first.state == "suspended"
    run.engine.cancel(case.key, actor="op", reason="mistake")
    run.settle()
    assert (first.state, second.tasks) == ("terminated", ["check_task"])
    assert later.active == ["call"]


def test_what_is_wrong_with_a_global_task_refuses_the_file(run: Run) -> None:
    script = '<bpmn:script>print("x")</bpmn:script>'
    with pytest.raises(InvalidDefinition, match="FEEL"):
        run.deploy(globally("globalScriptTask", "compute", script, scriptLanguage="python"))
    with pytest.raises(InvalidDefinition, match="one process or global task 'same'"):
        run.deploy(globally("globalTask", "same"), process("same").start().end())

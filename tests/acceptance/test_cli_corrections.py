"""Correcting running cases from the command line: moved, migrated, many at once."""

from __future__ import annotations

import json
from pathlib import Path

from engine import ProcessEngine
from tests.acceptance.conftest import Run
from tests.builders import process
from tests.plain import Plain, flows, formal, node, nodes, users


def draw(*tasks: str) -> None:
    drawing = process("p").start()
    for each in tasks:
        drawing.user_task(each)
    Path("p.bpmn").write_bytes(drawing.end("done").files()[0][1])


def test_a_case_is_moved_and_migrated(run: Run) -> None:
    draw("a", "b")
    run("deploy", "p.bpmn")
    run("start", "p", "--business-key", "K/1")
    moved = run(
        "modify", "K/1", "--enter", "b", "--end", "a", "--variables", '{"n": 1}', "--reason", "na papierze"
    )
    assert (moved.code, [t["element_id"] for t in run("tasks", "--format", "json").json]) == (0, ["b"])
    draw("a", "c")
    run("deploy", "p.bpmn")
    refused = run("migrate", "K/1", "--reason", "nowa wersja", "--dry-run")
    assert (refused.code, "'b' is active, but is not in it" in refused.err) == (1, True)
    options = ("migrate", "K/1", "--map", "b=c", "--reason", "nowa wersja")
    assert "fits version 2" in run(*options, "--dry-run").out
    assert "goes on in version 2" in run(*options).out
    assert [t["element_id"] for t in run("tasks", "--format", "json").json] == ["c"]
    assert run("modify", "K/1", "--after", "c", "--end", "c", "--reason", "x").code == 0
    (case,) = run("instances", "--format", "json").json
    assert (case["state"], json.dumps(case["version"])) == ("completed", "2")
    assert run("verify").code == 0


def test_activities_of_an_ad_hoc_sub_process_are_chosen(run: Run) -> None:
    inside = users("a", "b") + formal("completionCondition", "enough")
    body = nodes("startEvent", "s") + node("adHocSubProcess", "box", inside) + flows("s > box")
    Path("p.bpmn").write_bytes(Plain("p", body).files()[0][1])
    run("deploy", "p.bpmn")
    run("start", "p", "--business-key", "K/1", "--variables", '{"enough": false}')
    assert run("choose", "K/1", "b", "a", "--reason", "jeszcze raz").code == 0
    tasks = [task["element_id"] for task in run("tasks", "--format", "json").json]
    assert sorted(tasks) == ["a", "a", "b", "b"]
    refused = run("choose", "K/1", "s")
    assert (refused.code, "expected an active ad-hoc sub-process" in refused.err) == (1, True)
    assert run("verify").code == 0


def test_misuse_is_told(run: Run) -> None:
    assert run("modify", "K/1", "--reason", "x").code == 2
    assert "OLD=NEW" in run("migrate", "K/1", "--map", "a", "--reason", "x").err


def test_many_cases_at_once(run: Run) -> None:
    draw("a", "b")
    run("deploy", "p.bpmn")
    for number in range(3):
        run("start", "p", "--business-key", f"K/{number}")
    draw("x", "b")
    run("deploy", "p.bpmn")
    where = ("--where", '{"process_id": "p", "version": 1}', "--reason", "nowe prawo")
    started = run(
        "batch", "start", "migrate", *where, "--map", "a=x", "--as", "kierownik", "--format", "json"
    ).json
    assert (started["total"], started["state"]) == (3, "running")
    assert "migrate running, 0 done, 0 failed of 3" in run("batch", "show", started["key"]).out
    with ProcessEngine("sqlite:///obieg.db") as engine:
        engine.run_until_idle()
    (listed,) = run("batch", "list", "--format", "json").json
    assert (listed["done"], listed["state"], listed["reason"]) == (3, "completed", "nowe prawo")
    assert {t["element_id"] for t in run("tasks", "--format", "json").json} == {"x"}
    assert run("batch", "cancel", started["key"], "--reason", "x").code == 1
    assert run("batch", "start", "cancel", "--reason", "x").code == 2


def test_a_whole_process_is_stopped(run: Run) -> None:
    draw("a")
    run("deploy", "p.bpmn")
    run("start", "p")
    assert "suspended; batch" in run("process", "suspend", "p", "--reason", "bezprawne").out
    refused = run("start", "p")
    assert (refused.code, "is suspended" in refused.err) == (1, True)
    assert "deals with 0 cases" in run("process", "activate", "p", "--reason", "prawo zmienione").out
    assert run("start", "p").code == 0

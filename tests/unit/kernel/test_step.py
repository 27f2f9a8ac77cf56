"""The step: pure, deterministic, bounded; what it refuses leaves nothing behind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.calendar import polish_calendar
from engine.clock import micros
from engine.errors import Conflict, NotFound
from engine.kernel import CommandContext, Context, InstanceTree, Limits, Outcome, codec, fold, step
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from tests.builders import Process, process
from tests.scenarios.run import Drawn

NOW = micros(dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC))
CALENDARS = {"pl": polish_calendar()}


def context(drawing: Drawn, *, first_key: int = 1, limits: Limits | None = None) -> Context:
    (definition,) = compile_files(drawing.files(), CheckEnvironment()).definitions
    recorded = CommandContext(
        semantics_version=1, now=NOW, first_key=first_key, definition_key=7, definition="sha"
    )
    return Context(
        recorded=recorded,
        definition=definition,
        parameters={},
        calendars=CALENDARS,
        limits=limits or Limits(),
    )


def started(drawing: Process, **variables: Any) -> Outcome:
    return step(None, cmd.Start(variables=variables), context(drawing))


def endless() -> Process:
    drawing = process("p").start().task("again").exclusive("more").flow_if("stop").end("done")
    return drawing.at("more").default().connect_to("again")


def test_equal_inputs_give_equal_events() -> None:
    drawing = process("p").start().parallel("fork").user_task("a").end().at("fork").user_task("b").end()
    assert started(drawing, n=1).events == started(drawing, n=1).events


def test_folding_the_events_gives_the_state() -> None:
    drawing = process("p").start().user_task("a").boundary_timer("PT1H").end("late").at("a").end()
    outcome = started(drawing, n=1)
    assert codec.canonical(fold(None, outcome.events, NOW)) == codec.canonical(outcome.tree)


def test_a_state_survives_its_pages() -> None:
    drawing = process("p").start().user_task("a").multi_instance(times="250").end()
    tree = started(drawing).tree
    pages = codec.encode_pages(tree, tree.touched)
    assert len(pages) == 3
    again = codec.decode_tree(codec.encode_state(tree), pages)
    assert codec.canonical(again) == codec.canonical(tree)


def test_only_touched_pages_are_written() -> None:
    drawing = process("p").start().user_task("a").multi_instance(times="250").end()
    tree = started(drawing).tree
    tree.touched.clear()
    task = next(e for e in tree.elements.values() if e.loop_index == 200)
    outcome = step(
        tree, cmd.CompleteUserTask(task_key=task.key, variables={}), context(drawing, first_key=5_000)
    )
    assert list(codec.encode_pages(outcome.tree, outcome.tree.touched)) == [2]


def test_a_loop_without_an_exit_is_continued_in_bounded_steps_and_then_an_incident() -> None:
    limits = Limits(elements=50, elements_without_wait=120)
    around = context(endless(), limits=limits)
    outcome = step(None, cmd.Start(variables={"stop": False}), around)
    steps = 1
    while outcome.tree.root.incident is None:
        assert isinstance(outcome.events[-1], ev.StepInterrupted)
        around = context(endless(), first_key=1_000 * steps, limits=limits)
        outcome = step(outcome.tree, cmd.Proceed(), around)
        steps += 1
    assert steps == 3
    assert outcome.tree.root.incident.type == "endless_loop"
    assert len(outcome.tree.elements) == 1  # what has happened leaves no trace in the state


def test_an_interrupted_step_goes_on_where_it_stopped() -> None:
    drawing = process("p").start()
    for number in range(30):
        drawing.script_task(f"t{number}", "n + 1", "n")
    around = context(drawing.end("done"), limits=Limits(elements=10))
    outcome = step(None, cmd.Start(variables={"n": 0}), around)
    first_key = 1_000
    while outcome.tree.header.queue is not None:
        around = context(drawing, first_key=first_key, limits=Limits(elements=10))
        outcome = step(outcome.tree, cmd.Proceed(), around)
        first_key += 1_000
    assert outcome.tree.header.state == "completed"
    assert outcome.tree.root.variables == {"n": 30}


def interrupted_beside_a_task() -> tuple[Process, Outcome]:
    drawing = process("p").start().parallel("fork").user_task("a").end("a_done").at("fork")
    for number in range(30):
        drawing.script_task(f"t{number}", "n + 1", "n")
    around = context(drawing.end("b_done"), limits=Limits(elements=10))
    return drawing, step(None, cmd.Start(variables={"n": 0}), around)


def test_what_an_interrupted_step_has_left_keeps_its_container_open() -> None:
    drawing, outcome = interrupted_beside_a_task()
    (task,) = [each for each in outcome.tree.elements.values() if each.user_task is not None]
    before = codec.decode_tree(codec.encode_state(outcome.tree), {})
    command = cmd.CompleteUserTask(task_key=task.key, variables={})
    outcome = step(outcome.tree, command, context(drawing, first_key=1_000))
    assert outcome.tree.header.state == "active"
    assert codec.canonical(outcome.tree) == codec.canonical(fold(before, outcome.events, NOW))
    outcome = step(outcome.tree, cmd.Proceed(), context(drawing, first_key=2_000))
    assert (outcome.tree.header.state, outcome.tree.root.variables) == ("completed", {"n": 30})


def test_a_second_interrupted_step_keeps_what_the_first_has_left() -> None:
    drawing = process("p").start().parallel("fork").user_task("a")
    for number in range(30):
        drawing.script_task(f"a{number}", "n + 1", "n")
    drawing.end("a_done").at("fork")
    for number in range(30):
        drawing.script_task(f"b{number}", "n + 1", "n")
    drawing.end("b_done")
    limits = Limits(elements=10)
    outcome = step(None, cmd.Start(variables={"n": 0}), context(drawing, limits=limits))
    (task,) = [each for each in outcome.tree.elements.values() if each.user_task is not None]
    command = cmd.CompleteUserTask(task_key=task.key, variables={})
    outcome = step(outcome.tree, command, context(drawing, first_key=1_000, limits=limits))
    assert len(outcome.tree.header.queue or ()) == 2
    outcome = step(outcome.tree, cmd.Proceed(), context(drawing, first_key=2_000))
    assert (outcome.tree.header.state, outcome.tree.root.variables) == ("completed", {"n": 60})


def test_what_an_interrupted_step_has_left_ends_with_its_container() -> None:
    drawing, outcome = interrupted_beside_a_task()
    outcome = step(outcome.tree, cmd.Cancel(), context(drawing, first_key=1_000))
    assert (outcome.tree.header.state, outcome.tree.header.queue) == ("cancelled", None)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (cmd.CompleteUserTask(task_key=99, variables={}), Conflict),
        (cmd.CompleteJob(job_key=99, element_key=99, variables={}), NotFound),
        (cmd.FireTimer(timer_key=99, element_key=99), NotFound),
        (cmd.Activate(), Conflict),
        (cmd.Proceed(), Conflict),
    ],
)
def test_what_is_refused_changes_nothing(command: cmd.AnyCommand, refusal: type[Exception]) -> None:
    drawing = process("p").start().user_task("a").end()
    tree = started(drawing).tree
    before = codec.canonical(tree)
    with pytest.raises(refusal):
        step(tree, command, context(drawing, first_key=1_000))
    assert codec.canonical(tree) == before


def test_a_timer_never_fires_early() -> None:
    drawing = process("p").start().catch_timer("PT1H", "rest").end()
    tree: InstanceTree = started(drawing).tree
    (owner,) = [each for each in tree.elements.values() if each.timers]
    assert owner.timers is not None
    command = cmd.FireTimer(timer_key=owner.timers[0].key, element_key=owner.key)
    with pytest.raises(Conflict, match="not due"):
        step(tree, command, context(drawing, first_key=1_000))
    around = context(drawing, first_key=1_000)
    later = msgspec.structs.replace(around.recorded, now=NOW + 3_600_000_000)
    assert (
        step(tree, command, msgspec.structs.replace(around, recorded=later)).tree.header.state == "completed"
    )

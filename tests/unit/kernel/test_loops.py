"""Repeated activities in the step: endless ones are stopped, interrupted ones go on, the cost stays flat."""

from __future__ import annotations

import pytest

from engine.kernel import Limits, codec, step
from engine.kernel import commands as cmd
from tests.builders import process, steps
from tests.unit.kernel.test_joins import count, to_the_end
from tests.unit.kernel.test_step import context, started


def test_a_loop_whose_condition_always_holds_is_an_incident() -> None:
    drawing = process("p").start().task("a").looping("true").end()
    limits = Limits(elements=50, elements_without_wait=120)
    outcome = step(None, cmd.Start(variables={}), context(drawing, limits=limits))
    number = 1
    while outcome.tree.root.incident is None:
        around = context(drawing, first_key=1_000 * number, limits=limits)
        outcome = step(outcome.tree, cmd.Proceed(), around)
        number += 1
    assert (number, outcome.tree.root.incident.type) == (3, "endless_loop")
    assert len(outcome.tree.elements) == 2  # the process and the body


@pytest.mark.parametrize("elements", [3, 7, 10_000])
def test_loops_run_as_often_however_often_the_step_is_interrupted(elements: int) -> None:
    inner = steps().start().task("a").looping("loopCounter < 4").end()
    drawing = process("p").start().sub_process("box", inner).looping("loopCounter < 3").end("done")
    tree, happened, _ = to_the_end(drawing, Limits(elements=elements))
    assert tree.header.state == "completed"
    assert [count(happened, each) for each in ("a", "box", "done")] == [15, 4, 1]  # with their bodies


def test_an_instance_that_ends_writes_its_page_and_the_body_only() -> None:
    drawing = process("p").start().user_task("a")
    drawing.multi_instance("for i in 1..1000 return i", "n", collect=("all", "n")).end()
    tree = started(drawing).tree
    tree.touched.clear()
    task = next(each for each in tree.elements.values() if each.loop_index == 500)
    command = cmd.CompleteUserTask(task_key=task.key, variables={})
    outcome = step(tree, command, context(drawing, first_key=5_000))
    assert list(codec.encode_pages(outcome.tree, outcome.tree.touched)) == [5]
    assert len(outcome.events) == 3  # the task, the element, the loop

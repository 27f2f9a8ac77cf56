"""Where SpiffWorkflow is right, our kernel does the same: completed elements, in order, and variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn.other_engine import Act
from tests.builders import Process, Steps, process, steps
from tests.oracle.sides import Seen, done, happens, ours, theirs
from tests.scenarios.test_random_processes import BLOCKS, Block, Drawer


def same(drawing: Process, *acts: Act, data: bool = True, in_order: bool = True, **variables: Any) -> Seen:
    """Assert that both engines see the same; return it."""
    mine, other = ours(drawing, acts, **variables), theirs(drawing, acts, **variables)
    if in_order:
        assert other.completed == mine.completed
    else:
        assert [sorted(part) for part in other.completed] == [sorted(part) for part in mine.completed]
    assert other.ended == mine.ended
    if data and mine.ended:
        assert other.data == mine.data
    return mine


def test_a_sequence_of_scripts() -> None:
    drawing = process("p").start("s").script_task("a", "n + 1", "n").script_task("b", "n * 2", "m")
    seen = same(drawing.end("e"), n=1)
    assert (seen.order, seen.data) == (["s", "a", "b", "e"], {"n": 2, "m": 4})


@pytest.mark.parametrize("n", [0, 5, 50])
def test_an_exclusive_choice_takes_the_first_true_condition_else_the_default(n: int) -> None:
    drawing = (
        process("p").start("s").exclusive("x").flow_if("n > 10").script_task("big", '"b"', "r").end("e1")
    )
    drawing.at("x").flow_if("n > 3").script_task("middle", '"m"', "r").end("e2")
    same(drawing.at("x").default().script_task("small", '"s"', "r").end("e3"), n=n)


def test_a_loop_counts() -> None:
    drawing = process("p").start("s").exclusive("m").script_task("a", "n + 1", "n").exclusive("x")
    drawing.flow_if("n >= 5").end("e").at("x").default().connect_to("m")
    assert same(drawing, n=0).data == {"n": 5}


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_parallel_join_waits_for_the_other_branch(first: str) -> None:
    drawing = (
        process("p").start("s").parallel("f").user_task("a").parallel("j").script_task("c", "x + y", "z")
    )
    drawing.end("e").at("f").user_task("b").connect_to("j")
    acts = [done("a", x=1), done("b", y=2)]
    assert same(drawing, *(acts if first == "a" else acts[::-1])).data == {"x": 1, "y": 2, "z": 3}


def test_an_error_leaves_a_sub_process() -> None:
    inside = steps().start("is").user_task("u").exclusive("x").flow_if("bad").end_error("E", "oops")
    inside.at("x").default().end("fine")
    drawing = process("p").start("s").sub_process("sub", inside).boundary_error("E", "caught").end("e1")
    drawing.at("sub").end("e2")
    assert same(drawing, done("u", bad=False)).order == ["s", "is", "u", "x", "fine", "sub", "e2"]
    mine, other = ours(drawing, [done("u", bad=True)]), theirs(drawing, [done("u", bad=True)])
    assert mine.order[-2:] == other.order[-2:] == ["caught", "e1"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_timer_on_a_task(interrupting: bool) -> None:
    drawing = process("p").start("s").user_task("a").boundary_timer("PT1H", "t", interrupting=interrupting)
    drawing.script_task("r", "n + 1", "n").end("late").at("a").end("e")
    acts = [happens("t")] if interrupting else [happens("t"), done("a")]
    same(drawing, *acts, data=interrupting, n=1)


def test_the_first_event_behind_an_event_based_gateway_wins() -> None:
    drawing = process("p").start("s").event_based("g").catch_timer("PT1H", "t").end("e1")
    drawing.at("g").catch_message("m", "c", key='"k"').script_task("r", "1", "n").end("e2")
    same(drawing, happens("t"))
    same(drawing, happens("c"))


@pytest.mark.parametrize("sequential", [True, False])
def test_an_activity_for_each_number(sequential: bool) -> None:
    drawing = process("p").start("s").user_task("a").multi_instance(times="3", sequential=sequential)
    mine = ours(drawing.end("e"), [done("a")] * 3)
    other = theirs(drawing, [done("a")] * 3)
    assert mine.order.count("a") == other.order.count("a") == 4  # three times, and as a whole
    assert mine.ended
    assert other.ended


def test_a_terminate_end_ends_the_other_branch() -> None:
    drawing = process("p").start("s").parallel("f").user_task("a").end_terminate("t")
    same(drawing.at("f").user_task("b").end("e"), done("a"), data=False)


def test_an_escalation_that_does_not_interrupt() -> None:
    inside = steps().start("is").throw_escalation("X", "th").user_task("u").end("ie")
    drawing = process("p").start("s").sub_process("sub", inside)
    drawing.boundary_escalation("X", "heard", interrupting=False).end("e1").at("sub").end("e")
    same(drawing, done("u"), data=False, in_order=False)


ALLOWED = ("user", "script", "sequence", "choice", "fork", "sub_process", "timer", "manual", "job")


def _only(block: Block) -> bool:
    return block.kind in ALLOWED and all(_only(part) for part in block.parts)


def _waits(seen: Callable[..., Seen], drawing: Process, acts: list[Act]) -> Seen | None:
    try:
        return seen(drawing, acts, count=0, choice=0)
    except LookupError:
        return None


@pytest.mark.torture
def test_generated_processes_complete_the_same_elements(long_counts: bool) -> None:
    @settings(max_examples=300 if long_counts else 15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BLOCKS.filter(_only), st.lists(st.integers(0, 11), min_size=1, max_size=8))
    def examples(block: Block, choices: list[int]) -> None:
        drawing = _drawn(block)
        names = [each for each in _names(drawing) if each.split("_")[0] in ("user", "job", "timer")]
        acts: list[Act] = []
        for turn in range(20):
            mine = ours(drawing, acts, count=0, choice=0)
            same(drawing, *acts, data=False, in_order=False, count=0, choice=0)
            if mine.ended:
                return
            order = names[choices[turn % len(choices)] % len(names) :] + names
            acts.append(next(act for act in map(_act, order) if _waits(ours, drawing, [*acts, act])))

    examples()


def _act(name: str) -> Act:
    return happens(name) if name.startswith("timer") else done(name)


def _names(drawing: Process) -> list[str]:
    return [each.id for each in drawing.body.everything()]


def _drawn(block: Block) -> Process:
    drawing: Process = process("p").start("s")
    inside: Steps = drawing
    Drawer().draw(inside, block)
    return drawing.end("the_end")

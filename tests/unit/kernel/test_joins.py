"""Joins that wait for what may come: the same end however often the step is interrupted, at a flat cost."""

from __future__ import annotations

import pytest

from engine.kernel import InstanceTree, Limits, codec, fold, step
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from tests.builders import Process, process, steps
from tests.scenarios.run import Drawn
from tests.unit.kernel.test_step import NOW, context


def many(rounds: int) -> Process:
    """So many sub-processes at once, each forking into three branches of different length and joining."""
    inner = steps().start().gateway("inclusiveGateway", "fork").flow_if("true").task("a").task("a2")
    inner.gateway("inclusiveGateway", "join").end("joined")
    inner.at("fork").flow_if("true").task("b").connect_to("join").at("fork").flow_if("false").task("c")
    inner.connect_to("join")
    drawing = process("p").start().sub_process("each", inner).multi_instance(times=str(rounds))
    return drawing.gateway("inclusiveGateway", "last").end("done").at("each").connect_to("last")


def to_the_end(drawing: Drawn, limits: Limits) -> tuple[InstanceTree, list[ev.Event], int]:
    """Start, go on until nothing is left over, fold beside it; return the state, the events, the steps."""
    outcome = step(None, cmd.Start(variables={}), context(drawing, limits=limits))
    folded, happened, number = fold(None, outcome.events, NOW), list(outcome.events), 1
    while outcome.tree.header.queue is not None:
        again = codec.decode_tree(
            codec.encode_state(outcome.tree), codec.encode_pages(outcome.tree, pages(outcome.tree))
        )
        around = context(drawing, first_key=10_000 * number, limits=limits)
        outcome = step(again, cmd.Proceed(), around)
        folded, number = fold(folded, outcome.events, NOW), number + 1
        happened += outcome.events
        assert codec.canonical(folded) == codec.canonical(outcome.tree)
    return outcome.tree, happened, number


def pages(tree: InstanceTree) -> set[tuple[int, int]]:
    """Every page of a state."""
    everything = codec.copy_of(tree)
    for element in everything.elements.values():
        everything.touch(element)
    return everything.touched


def count(happened: list[ev.Event], element_id: str) -> int:
    return sum(type(each) is ev.ElementCompleted and each.element_id == element_id for each in happened)


@pytest.mark.parametrize("elements", [3, 7, 10_000])
def test_joins_fire_once_per_container_however_often_the_step_is_interrupted(elements: int) -> None:
    tree, happened, number = to_the_end(many(8), Limits(elements=elements))
    assert tree.header.state == "completed"
    assert [count(happened, each) for each in ("join", "joined", "last", "done")] == [8, 8, 1, 1]
    assert (number == 1) is (elements == 10_000)


@pytest.mark.parametrize("elements", [3, 7, 10_000])
def test_complex_gateways_start_and_reset_once_however_often_the_step_is_interrupted(elements: int) -> None:
    inner = steps().start().parallel("fork").task("a").gateway("complexGateway", "join").end("joined")
    inner.at("join").containing("<bpmn:activationCondition>activationCount >= 2</bpmn:activationCondition>")
    inner.at("join").flow_if("not(waitingForStart)").end("rest")
    for each in ("b", "c", "d"):
        inner.at("fork").task(each).connect_to("join")
    drawing = process("p").start().sub_process("each", inner).multi_instance(times="5").end("done")
    tree, happened, _ = to_the_end(drawing, Limits(elements=elements))
    assert tree.header.state == "completed"
    assert [count(happened, each) for each in ("join", "joined", "rest", "done")] == [5, 5, 5, 1]

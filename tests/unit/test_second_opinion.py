"""The second opinion: where two engines agree, where they do not, and what is not worth comparing."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.errors import Unavailable
from engine.model.records import Opinion
from engine.second_opinion import second_opinion
from tests.builders import Process, process, steps


def opinion(drawing: Process, *, paths: int = 8, seconds: float = 120.0) -> Opinion:
    compilation = compile_files(drawing.files(), CheckEnvironment())
    assert compilation.definitions, [str(each) for each in compilation.findings]
    return second_opinion(compilation.definitions[0], paths=paths, seconds=seconds)


def test_engines_agree_on_tasks_gateways_events_and_sub_processes() -> None:
    inside = (
        steps().start("is").parallel("if").user_task("u").end("x1").at("if").user_task("v").end_error("E")
    )
    drawing = process("p").start("s").user_task("a").multi_instance(times="3").boundary_timer("PT1H", "t")
    drawing.end("late").at("a").exclusive("x").flow_if("c").sub_process("sub", inside)
    drawing.boundary_error("E", "oops").end("e1").at("sub").end("e2").at("x").default()
    drawing.event_based("g").catch_timer("PT1H", "ct").service_task("w", "work").end("e3")
    drawing.at("g").catch_message("m", "cm", key="k").script_task("z", "1 + n", "n").end("e4")
    found = opinion(drawing, paths=16)
    assert (str(found.verdict), found.paths, found.differences) == ("agrees", 16, ())


def test_a_join_in_a_loop_is_read_differently_and_the_element_named() -> None:
    drawing = process("p").start("s").exclusive("m").parallel("f").user_task("a").parallel("j")
    drawing.exclusive("x").flow_if("enough").end("e").at("f").user_task("b").connect_to("j")
    found = opinion(drawing.at("x").default().connect_to("m"))
    assert str(found.verdict) == "differs"
    assert [each.element_id for each in found.differences] == ["j"]
    assert found.differences[0].path[:3] == ("s", "m", "f")


def test_what_the_other_engine_is_known_not_to_execute_is_not_compared() -> None:
    inside = steps().start_message("m", "es").user_task("u").end("ee")
    found = opinion(process("p").start("s").user_task("a").end("e").event_sub_process("esp", inside))
    assert (str(found.verdict), found.paths) == ("not_compared", 0)
    assert "'esp'" in found.reason


def test_an_engine_that_does_not_answer_is_ended() -> None:
    with pytest.raises(Unavailable, match=r"expected the other engine to answer in 0\.01 s"):
        opinion(process("p").start("s").user_task("a").end("e"), seconds=0.01)

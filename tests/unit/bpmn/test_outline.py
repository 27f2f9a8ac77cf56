"""A process read aloud: what leads on comes first, a branch to its end, boundary events after their host."""

from __future__ import annotations

from engine.bpmn import read_stored
from engine.bpmn.outline import outline_of
from engine.model.outline import ProcessOutline
from tests.builders import Process, process, steps


def outline(drawing: Process) -> ProcessOutline:
    (file,) = drawing.files()
    (definition,) = read_stored(*file)
    return outline_of(definition, 1)


def order(drawing: Process) -> list[str]:
    return [step.element_id for step in outline(drawing).steps]


def test_a_branch_is_read_to_its_end_and_what_joins_comes_after_all_that_lead_there() -> None:
    drawing = (
        process("p")
        .start("s")
        .exclusive("which")
        .flow_if("a > 1")
        .task("left_1")
        .task("left_2")
        .exclusive("joined")
        .end("e")
        .at("which")
        .default()
        .task("right_1")
        .task("right_2")
        .connect_to("joined")
    )
    read = order(drawing)
    assert read == ["s", "which", "left_1", "left_2", "right_1", "right_2", "joined", "e"]


def test_a_loop_and_an_event_sub_process_do_not_upset_the_order() -> None:
    drawing = (
        process("p")
        .start("s")
        .task("again")
        .user_task("ask")
        .boundary_timer("PT1H", "late", interrupting=False)
        .task("remind")
        .end("reminded")
        .at("ask")
        .sub_process("inner", steps().start("in_s").task("in_t").end("in_e"))
        .exclusive("good")
        .flow_if("not(ok)")
        .connect_to("again")
        .at("good")
        .default()
        .end("e")
        .event_sub_process("withdrawn", steps().start_message("off", "off", key="k").end("gone"))
    )
    read = order(drawing)
    assert read == [
        "s", "again", "ask", "late", "inner", "in_s", "in_t", "in_e", "good", "e",
        "remind", "reminded", "withdrawn", "off", "gone",
    ]  # fmt: skip


def test_what_an_element_is_about_is_said() -> None:
    drawing = (
        process("p")
        .start("s")
        .user_task("ask", due="=now() + duration(kiedy)", form="f")
        .boundary_timer("PT1H", "late", interrupting=False)
        .end("l")
        .at("ask")
        .call_activity("call", "other")
        .end_terminate("e")
    )
    found = {step.element_id: step for step in outline(drawing).steps}
    assert (found["ask"].due, found["ask"].form) == ("now() + duration(kiedy)", "f")
    (timer,) = found["late"].awaits
    assert (timer.type, timer.timer, timer.text) == ("timer", "duration", "PT1H")
    assert not found["late"].interrupting
    assert found["call"].called == "other"
    assert found["e"].events == ("terminate",)
    assert found["ask"].ways[0].flow


def test_thousands_of_elements_in_a_row_are_read_without_recursion() -> None:
    drawing = process("p").start("s")
    for number in range(3000):
        drawing = drawing.task(f"t{number}")
    read = order(drawing.end("e"))
    assert read[:3] == ["s", "t0", "t1"]
    assert len(read) == 3002

"""Soundness: each way to go wrong is found with its shortest path; what is fine is called sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bpmn import CheckEnvironment, compile_files
from engine.model.definition import ProcessDefinition
from engine.model.records import Soundness
from engine.soundness import explore
from tests.builders import Process, process, steps

PROCESSES = Path(__file__).parents[3] / "processes"


def definition(drawing: Process) -> ProcessDefinition:
    compilation = compile_files(drawing.files(), CheckEnvironment())
    assert compilation.definitions, [str(each) for each in compilation.findings]
    return compilation.definitions[0]


def explored(drawing: Process, *, most_states: int = 20_000) -> Soundness:
    return explore(definition(drawing), most_states=most_states)


def flaws(drawing: Process) -> list[tuple[str, str, str]]:
    found = [(str(f.kind), f.element_id, " ".join(f.path)) for f in explored(drawing).flaws]
    assert (str(explored(drawing).verdict) == "sound") == (not found)
    return found


def forked() -> Process:
    return process("p").start("s").parallel("f")


def test_a_choice_before_a_join_is_a_deadlock() -> None:
    drawing = process("p").start("s").exclusive("x").flow_if("c").user_task("a").parallel("j").end("e")
    drawing.at("x").default().user_task("b").connect_to("j")
    assert flaws(drawing) == [("deadlock", "j", "s x a j")]


def test_a_fork_before_a_merge_lacks_synchronisation() -> None:
    drawing = forked().user_task("a").exclusive("m").user_task("c").end("e")
    ((kind, element, path),) = flaws(drawing.at("f").user_task("b").connect_to("m"))
    assert (kind, element) == ("lack_of_synchronisation", "c")
    assert path.split()[:2] == ["s", "f"]


def test_two_tokens_that_never_wait_are_seen_as_well() -> None:
    drawing = forked().script_task("a", "1", "x").script_task("a2", "1", "x").exclusive("m")
    drawing.script_task("c", "1", "x").end("e").at("f").script_task("b", "1", "x").connect_to("m")
    assert [(kind, element) for kind, element, _ in flaws(drawing)] == [("lack_of_synchronisation", "c")]


def test_two_tokens_in_one_flow_of_a_join_lack_synchronisation() -> None:
    drawing = forked().user_task("a").exclusive("m").parallel("j").end("e")
    drawing.at("f").user_task("b").connect_to("m").at("f").user_task("c").connect_to("j")
    found = [(kind, element) for kind, element, _ in flaws(drawing)]
    assert ("lack_of_synchronisation", "j") in found


def test_branches_that_end_apart_are_fine() -> None:
    drawing = forked().user_task("a").exclusive("m").end("e")
    assert flaws(drawing.at("f").user_task("b").connect_to("m")) == []


def test_a_token_left_behind_is_an_improper_completion() -> None:
    drawing = forked().user_task("a").exclusive("x").flow_if("c").parallel("j").end("e")
    drawing.at("f").user_task("b").connect_to("j").at("x").default().end("out")
    ((kind, element, path),) = flaws(drawing)
    assert (kind, element) == ("improper_completion", "j")
    assert {"out", "b"} <= set(path.split())


def test_elements_nothing_leads_to_are_dead_and_only_the_first_is_told() -> None:
    inside = steps().start("i").user_task("u").end_error("X", "x")
    drawing = process("p").start("s").sub_process("sub", inside).boundary_error("Y", "y").user_task("late")
    drawing.end("e1").at("sub").user_task("after").end("e2")
    assert flaws(drawing) == [("dead_element", "y", "s sub"), ("dead_element", "after", "s sub")]


def test_a_loop_without_an_end_is_endless() -> None:
    drawing = process("p").start("s").exclusive("m").user_task("a").connect_to("m")
    assert [kind for kind, _, _ in flaws(drawing)] == ["endless"]


def test_a_side_path_that_runs_into_the_main_one_lacks_synchronisation() -> None:
    drawing = process("p").start("s").user_task("a").user_task("b").end("e")
    drawing.at("a").boundary_timer("R/PT1H", "t", interrupting=False).connect_to("b")
    assert flaws(drawing) == [("lack_of_synchronisation", "b", "s a t b b")]


def test_side_paths_that_stand_by_themselves_are_fine_and_cost_little() -> None:
    drawing = process("p").start("s").user_task("a").end("e")
    for number in range(12):
        drawing.at("a").boundary_timer("R/PT1H", f"t{number}", interrupting=False)
        drawing.user_task(f"remind{number}").end(f"reminded{number}")
    found = explored(drawing)
    assert (str(found.verdict), found.flaws) == ("sound", ())
    assert found.states < 60


def test_a_token_left_behind_on_a_side_path_is_found() -> None:
    drawing = process("p").start("s").user_task("a").end("e")
    drawing.at("a").boundary_timer("PT1H", "t", interrupting=False).exclusive("x")
    drawing.flow_if("c").user_task("r").parallel("j").end("late")
    drawing.at("x").default().user_task("q").connect_to("j")
    assert flaws(drawing)[0][:2] == ("improper_completion", "j")


def test_parallel_branches_are_not_multiplied() -> None:
    drawing = forked()
    for branch in range(10):
        drawing.at("f")
        for number in range(5):
            drawing.user_task(f"t{branch}_{number}")
        drawing.parallel("j") if branch == 0 else drawing.connect_to("j")
    found = explored(drawing.at("j").end("e"))
    assert str(found.verdict) == "sound"
    assert found.states < 200


def test_sub_processes_calls_events_and_loops_that_are_fine() -> None:
    inside = steps().start("i").user_task("u").user_task("v").end("x")
    event = steps().start_message("m", "es", interrupting=False).user_task("eu").end("ee")
    drawing = process("p").start("s").sub_process("sub", inside).multi_instance(times="3", until="done")
    drawing.boundary_timer("PT1H", "t").end("late").at("sub").call_activity("c", "q")
    drawing.boundary_error("A", "ea").end("x1").at("c").boundary_escalation("B", "eb", interrupting=False)
    drawing.user_task("z").end("x2").at("c").event_based("g").catch_timer("PT1H", "ct").end("e3")
    drawing.at("g").catch_message("n", "cm", key="k").end_terminate("e4").event_sub_process("esp", event)
    assert flaws(drawing) == []


def test_beyond_the_budget_nothing_is_called_sound() -> None:
    drawing = process("p").start("s")
    for number in range(30):
        drawing.user_task(f"t{number}")
    found = explored(drawing.end("e"), most_states=10)
    assert str(found.verdict) == "not_proven"
    assert found.reason == "not proven within the budget of 10 states"


def test_a_flaw_found_within_a_small_budget_is_told() -> None:
    drawing = process("p").start("s").exclusive("x").flow_if("c").parallel("j")
    drawing.at("x").default().connect_to("j").at("j")
    for number in range(30):
        drawing.user_task(f"t{number}")
    found = explored(drawing.end("e"), most_states=6)
    assert str(found.verdict) == "unsound"
    assert [str(each.kind) for each in found.flaws] == ["deadlock"]


@pytest.mark.parametrize("file", sorted(PROCESSES.rglob("*.bpmn")), ids=lambda file: file.stem)
def test_the_shipped_processes_are_sound(file: Path) -> None:
    compilation = compile_files([(file.name, file.read_bytes())], CheckEnvironment())
    for each in compilation.definitions:
        found = explore(each)
        assert (str(found.verdict), found.flaws, found.reason) == ("sound", (), "")


KINDS = ("user_task", "exclusive", "parallel", "script")


@st.composite
def graphs(draw: st.DrawFn) -> Process:
    """Draw any graph of a few tasks and gateways: forks, choices, merges, joins and loops at random."""
    count = draw(st.integers(2, 7))
    kinds = [draw(st.sampled_from(KINDS)) for _ in range(count)]
    drawing = process("p").start("s")
    names = [f"n{number}" for number in range(count)]
    for name, kind in zip(names, kinds, strict=True):
        drawing.script_task(name, "1", "x") if kind == "script" else getattr(drawing, kind)(name)
    drawing.end("e")
    for name, kind in zip(names, kinds, strict=True):
        for target in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
            if kind in ("exclusive", "parallel"):
                drawing.at(name)
                drawing.flow_if("c") if kind == "exclusive" else drawing
                drawing.connect_to(target)
    return drawing


@pytest.mark.torture
def test_leaving_orders_out_changes_nothing(long_counts: bool) -> None:
    @settings(
        max_examples=2_000 if long_counts else 60,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(graphs())
    def examples(drawing: Process) -> None:
        compilation = compile_files(drawing.files(), CheckEnvironment())
        for each in compilation.definitions:
            reduced = explore(each, most_states=1_500)
            whole = explore(each, most_states=1_500, ample=False)
            if reduced.reason or whole.reason:
                continue
            assert reduced.verdict == whole.verdict
            assert reduced.states <= whole.states

    examples()

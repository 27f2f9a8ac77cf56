"""`obieg check` as process owners use it: what all runs of a drawing come to, before anybody deploys it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.conftest import Run
from tests.builders import process


def wrong() -> None:
    drawing = process("wniosek").start("s").exclusive("x").flow_if("pilne").user_task("a").parallel("j")
    drawing.end("e").at("x").default().user_task("b").connect_to("j")
    Path("wniosek.bpmn").write_bytes(drawing.files()[0][1])


def test_an_unsound_process_is_refused_with_the_shortest_way_to_the_flaw(run: Run) -> None:
    wrong()
    assert run("check", "wniosek.bpmn").code == 0
    told = run("check", "--soundness", "wniosek.bpmn")
    assert told.code == 1
    assert "deadlock: a token waits for ever at 'j'" in told.out
    assert "s → x → a → j" in told.out


def test_the_verdict_as_json(run: Run) -> None:
    wrong()
    told = json.loads(run("--format", "json", "check", "--soundness", "wniosek.bpmn").out)
    (verdict,) = told["soundness"]
    assert (verdict["process_id"], verdict["verdict"], verdict["bound"]) == ("wniosek", "unsound", 2)
    assert verdict["flaws"][0]["path"] == ["s", "x", "a", "j"]


def test_a_sound_process(run: Run, approval: Path) -> None:
    told = run("check", "--soundness", approval)
    assert told.code == 0
    assert "sound" in told.out


def test_another_engine_is_asked_and_the_exit_code_stays(run: Run) -> None:
    drawing = process("petla").start("s").exclusive("m").parallel("f").user_task("a").parallel("j")
    drawing.exclusive("x").flow_if("dosyc").end("e").at("f").user_task("b").connect_to("j")
    Path("petla.bpmn").write_bytes(drawing.at("x").default().connect_to("m").files()[0][1])
    told = run("check", "--second-opinion", "petla.bpmn")
    assert told.code == 0
    assert "another engine reads this differently" in told.out
    assert "[j]" in told.out


def test_a_package_of_another_arena_is_imported_and_checked(run: Run) -> None:
    Path("arena").mkdir()
    drawing = process("zamowienie").start("s").manual_task("potwierdz").end("e")
    Path("arena/zamowienie.bpmn").write_bytes(drawing.files()[0][1])
    Path("arena/formularz-schema.json").write_text('{"properties": {"kwota": {"type": "number"}}}')
    told = run("import-spiff", "arena", "--to", "nowe")
    assert (told.code, told.err) == (0, "")
    assert "2 files: formularz.form, zamowienie.bpmn" in told.out
    assert "userTask" in Path("nowe/zamowienie.bpmn").read_text()
    again = run("import-spiff", "arena", "--to", "nowe")
    assert (again.code, again.out) == (1, "")
    assert "expected nowe to be empty or new" in again.err

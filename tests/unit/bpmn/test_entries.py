"""What the check says about entries of registers that an element declares (``obieg:entry:…``)."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.model.records import Finding
from handlers import REGISTERS
from tests.builders import Process, process
from web.register_tables import TITLES

KNOWN = CheckEnvironment(registers=frozenset({"spis", "dziennik"}))


def drawn(**properties: str) -> Process:
    given = {f"obieg:entry:{name.replace('__', ':')}": value for name, value in properties.items()}
    return process("p").start("s", properties=given).user_task("t").end()


def found(drawing: Process, environment: CheckEnvironment = KNOWN) -> list[tuple[str, str]]:
    findings: tuple[Finding, ...] = compile_files(drawing.files(), environment).findings
    return [(each.rule, each.remedy) for each in findings if each.rule != "unnamed"]


def test_an_entry_in_order_says_nothing_and_is_compiled() -> None:
    drawing = drawn(spis="=kto", spis__pole="stałe", dziennik="x")
    assert found(drawing) == []
    (definition,) = compile_files(drawing.files(), KNOWN).definitions
    (first, second) = definition.elements["s"].entries
    assert (first.register, first.subject and first.subject.source) == ("spis", "kto")
    assert [(name, each and each.literal) for name, each in first.fields.items()] == [("pole", True)]
    assert (second.register, second.fields) == ("dziennik", {})


@pytest.mark.parametrize(
    ("properties", "rule", "remedy"),
    [
        ({"spisek": "x"}, "register-unknown", "did you mean 'spis'?"),
        ({"akta": "x"}, "register-unknown", "its registers are dziennik, spis"),
        (
            {"spis__pole": "x"},
            "register-entry",
            "give the property obieg:entry:spis a text, or FEEL after '='",
        ),
        ({"spis": " "}, "register-entry", "give the property obieg:entry:spis a text, or FEEL after '='"),
        (
            {"spis": "x", "spis__a": "=null"},
            "register-entry",
            "give the property obieg:entry:spis:a a value, or",
        ),
        ({"spis": "x", "spis__a": ""}, "register-entry", "give the property obieg:entry:spis:a a value, or"),
        ({"spis": "=1 +"}, "expression-unreadable", "correct the FEEL expression"),
    ],
)
def test_what_no_start_could_write_is_refused(properties: dict[str, str], rule: str, remedy: str) -> None:
    ((said, told),) = found(drawn(**properties))
    assert said == rule
    assert told.startswith(remedy)


def test_an_entry_stands_at_a_none_start_event_of_a_process_or_a_user_task() -> None:
    entry = {"obieg:entry:spis": "x"}
    assert found(process("p").start("s").user_task("t", properties=entry).end()) == []
    task = process("p").start("s").service_task("t", "praca", properties=entry).end()
    assert [rule for rule, _ in found(task)] == ["register-entry"]
    xml = process("p").start_message("m", "s").user_task("t").end().xml()
    declared = '<zeebe:properties><zeebe:property name="obieg:entry:spis" value="x"/></zeebe:properties>'
    head, start, rest = xml.partition('<bpmn:startEvent id="s"')
    _, opened, inside = rest.partition(">")
    by_message = (
        f"{head}{start}{_}{opened}<bpmn:extensionElements>{declared}</bpmn:extensionElements>{inside}"
    )
    findings = compile_files([("p.bpmn", by_message.encode())], KNOWN).findings
    assert "register-entry" in {each.rule for each in findings}


def test_without_knowing_the_registers_any_name_will_do() -> None:
    assert found(drawn(cokolwiek="x"), CheckEnvironment()) == []


def test_the_offices_registers_are_those_that_have_a_page() -> None:
    assert set(REGISTERS) == set(TITLES)

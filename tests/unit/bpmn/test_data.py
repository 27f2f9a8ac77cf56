"""Data that cannot be moved exactly refuses the file; names are found as modelers draw them."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, Compilation, compile_files
from engine.model.records import Severity
from tests.bpmn_xml import model
from tests.plain import formal, node
from tests.scenarios.test_data import assignment, chain, drawn, into, io, out

OBJECT = node("dataObject", "note")
STORE = node("dataStoreReference", "archive")
ITEMS = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>x_in</bpmn:loopDataInputRef>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)
ONE, MORE = "<bpmn:targetRef>", "<bpmn:sourceRef>note</bpmn:sourceRef><bpmn:targetRef>"
SET, MORE_SETS = "<bpmn:inputSet>", "<bpmn:inputSet/><bpmn:inputSet>"
BEFORE = "x_in</bpmn:dataInputRefs>"
MEANWHILE = f"{BEFORE}<bpmn:whileExecutingInputRefs>x_in</bpmn:whileExecutingInputRefs>"
COLLECTS = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality>"
    '<bpmn:loopDataOutputRef>x_out</bpmn:loopDataOutputRef><bpmn:outputDataItem id="o"/>'
    "</bpmn:multiInstanceLoopCharacteristics>"
)


def compiled(body: str) -> Compilation:
    return compile_files(model(body), CheckEnvironment())


def task(inside: str) -> str:
    return node("task", "a", inside)


def box(inside: str) -> str:
    inner = node("startEvent", "i") + inside + node("sequenceFlow", "ia", sourceRef="i", targetRef="a")
    return node("subProcess", "s", inner)


REFUSED = [
    ("'nowhere' does not exist", task(io("x") + into("nowhere", "x_in")) + chain("a")),
    ("data store", STORE + task(io("x") + into("archive", "x_in")) + chain("a")),
    ("data store", STORE + task(io("", "x") + out("x_out", "archive")) + chain("a")),
    ("data store", STORE + task(into("archive", "a", assignment("1", "x"))) + chain("a")),
    ("2 sources", OBJECT + task(io("x") + into("note", "x_in").replace(ONE, MORE)) + chain("a")),
    ("no target", task(into("", "a", formal("transformation", "1"))) + chain("a")),
    (
        "'note' does not belong to 'a'",
        OBJECT + node("dataObject", "b") + task(into("b", "note")) + chain("a"),
    ),
    (
        "'y_out' does not belong to 'a'",
        OBJECT + task(out("y_out", "note")) + node("task", "b", io("", "y")) + chain("a", "b"),
    ),
    (
        "not in sight",
        box(OBJECT + task("")) + node("task", "b", io("", "y") + out("y_out", "note")) + chain("s", "b"),
    ),
    (
        "hides it",
        OBJECT
        + box(node("dataObject", "inner", name="note") + task(io("", "x") + out("x_out", "note")))
        + chain("s"),
    ),
    (
        "filled before",
        OBJECT
        + node("dataObject", "other")
        + task(io("note x").replace("note_in", "n_in") + into("other", "n_in") + into("note", "x_in"))
        + chain("a"),
    ),
    ("cannot name a variable", node("dataObject", "a-b") + task(io("x") + into("a-b", "x_in")) + chain("a")),
    (
        "there are 2",
        node("dataObject", "d1", name="note") + node("dataObject", "d2", name="note") + task("") + chain("a"),
    ),
    ("expected one <inputSet>", task(io("x").replace(SET, MORE_SETS)) + chain("a")),
    ("lets it move meanwhile", task(io("x").replace(BEFORE, MEANWHILE)) + chain("a")),
    (
        "can only be copied or transformed",
        OBJECT + task(io("x") + into("note", "x_in", assignment("note", "x")) + ITEMS) + chain("a"),
    ),
    (
        "can only be copied as they are",
        OBJECT
        + task(io("", "x") + out("x_out", "note", formal("transformation", "1")) + COLLECTS)
        + chain("a"),
    ),
]


@pytest.mark.parametrize(("reason", "body"), REFUSED)
def test_refused(reason: str, body: str) -> None:
    errors = [each.message for each in compiled(body).findings if each.severity is Severity.ERROR]
    assert len(errors) == 1
    assert reason in errors[0]


def test_a_data_object_is_named_by_itself_its_first_reference_or_its_id() -> None:
    data = drawn("d1", "order") + node("dataObjectReference", "later", name="order, paid", dataObjectRef="d1")
    data += drawn("d2", "two words") + node("dataObject", "d3", name="own")
    moved = "".join(into(each, "x_in") for each in ("later", "d2_ref", "d3"))
    (definition,) = compiled(data + task(io("x") + moved) + chain("a")).definitions
    assert [each.source.source for each in definition.elements["a"].inputs] == ["order", "d2", "own"]
    assert {each.target for each in definition.elements["a"].inputs} == {"x"}


def test_a_place_to_assign_to_may_be_a_data_elements_id() -> None:
    body = drawn("d1", "order") + task(out("", "d1_ref", assignment("1", "=d1_ref.sum"))) + chain("a")
    (definition,) = compiled(body).definitions
    assert [each.target for each in definition.elements["a"].outputs] == ["order.sum"]

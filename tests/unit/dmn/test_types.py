"""Types of decisions: what conforms to what is expected, and what becomes of what does not."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.feel import Value
from tests.unit.dmn.test_decisions import about, decide, decision, input_data, literal, model


def test_inputs_and_results_must_conform_to_their_types() -> None:
    typed = model(
        '<itemDefinition name="tGrade"><typeRef>number</typeRef>'
        "<allowedValues><text>[1..6]</text></allowedValues></itemDefinition>",
        input_data("a", "tGrade"),
        decision("d", literal("a + 1"), "i_a", type_="tGrade"),
    )
    assert decide(typed, a=5).value == 6
    assert decide(typed, a=[5]).value == 6
    assert decide(typed, a=6).value is None
    assert "expected tGrade, but got number" in decide(typed, a=0).warnings[0]


def test_a_service_given_an_input_decision_of_another_type_answers_null() -> None:
    asked = '<inputDecision href="#d_x"/>'
    service = f'<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#d_y"/>{asked}'
    serving = model(
        decision("x", literal("1"), type_="number"),
        decision("y", literal("x + 1"), "d_x"),
        f"{service}</decisionService>",
    )
    assert decide(serving, "s", x=4).value == 5
    result = decide(serving, "s", x="four")
    assert result.value is None
    assert result.warnings[0] == "input “x”: expected number, but got string"


@pytest.mark.parametrize(("parameter", "value"), [("number", 3), ("string", None)])
def test_a_boxed_function_may_be_of_a_function_type(parameter: str, value: Value) -> None:
    item = '<functionItem outputTypeRef="number"><parameters name="x" typeRef="number"/></functionItem>'
    formal = f'<formalParameter name="x" typeRef="{parameter}"/>'
    function = f"<functionDefinition>{formal}{literal('x + 1')}</functionDefinition>"
    entries = f'<contextEntry><variable name="f" typeRef="F"/>{function}</contextEntry>'
    box = f"<context>{entries}<contextEntry>{literal('f(2)')}</contextEntry></context>"
    typed = model(f'<itemDefinition name="F">{item}</itemDefinition>', decision("d", box))
    assert decide(typed).value == value


def test_the_columns_of_a_relation_have_types() -> None:
    columns = '<column name="n" typeRef="number"/><column name="t"/>'
    row = f"<row>{literal('a')}{literal('b')}</row>"
    relation = about(f"<relation>{columns}{row}</relation>")
    assert decide(relation, a=1, b=2).value == [{"n": 1, "t": 2}]
    assert decide(relation, a="x", b="y").value == [{"n": None, "t": "y"}]


def test_a_date_is_midnight_in_utc_where_an_instant_is_expected() -> None:
    dated = model(input_data("a", "dateTime"), decision("d", literal("string(a)"), "i_a"))
    assert decide(dated, a=dt.date(2026, 12, 24)).value == "2026-12-24T00:00:00Z"

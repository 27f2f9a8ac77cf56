"""Importing SpiffArena packages: what means the same is translated, the rest is told and refused."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn import CheckEnvironment, compile_files
from engine.bpmn.spiff_import import import_spiff, python_text
from engine.feel import Environment, compile_expression
from engine.forms import read_form
from tests.oracle.sides import NOW

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="t">'
)
CONDITION = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{}</bpmn:conditionExpression>'


def package(script: str = "total = price * 2", condition: str = "total &gt; 10 and not paid") -> bytes:
    extension = (
        "<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property "
        'name="formJsonSchemaFilename" value="ask-schema.json"/></spiffworkflow:properties>'
        "<spiffworkflow:instructionsForEndUser>Hello</spiffworkflow:instructionsForEndUser>"
        "</bpmn:extensionElements>"
    )
    return (
        f'{HEAD}<bpmn:process id="order" isExecutable="true"><bpmn:startEvent id="s"/>'
        f'<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>'
        f'<bpmn:manualTask id="ask">{extension}</bpmn:manualTask>'
        '<bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="sum"/>'
        f'<bpmn:scriptTask id="sum"><bpmn:script>{script}</bpmn:script></bpmn:scriptTask>'
        '<bpmn:sequenceFlow id="f3" sourceRef="sum" targetRef="x"/>'
        '<bpmn:exclusiveGateway id="x" default="f5"/>'
        f'<bpmn:sequenceFlow id="f4" sourceRef="x" targetRef="e">{CONDITION.format(condition)}'
        '</bpmn:sequenceFlow><bpmn:sequenceFlow id="f5" sourceRef="x" targetRef="e2"/>'
        '<bpmn:endEvent id="e"/><bpmn:endEvent id="e2"/></bpmn:process></bpmn:definitions>'
    ).encode()


SCHEMA = {
    "title": "Ask",
    "required": ["price"],
    "properties": {
        "price": {"type": "number", "title": "Price"},
        "paid": {"type": "boolean"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "when": {"type": "string", "format": "date"},
    },
}


def test_a_simple_package_passes_our_check() -> None:
    found = import_spiff([("order.bpmn", package()), ("ask-schema.json", json.dumps(SCHEMA).encode())])
    files = dict(found.files)
    assert set(files) == {"order.bpmn", "ask.form"}
    assert {str(each.severity) for each in found.findings} == {"hint", "warning"}
    assert b"spiffworkflow:" not in files["order.bpmn"].replace(b"xmlns:spiffworkflow", b"")
    known = CheckEnvironment(form_ids=frozenset({"ask"}))
    compilation = compile_files([("order.bpmn", files["order.bpmn"])], known)
    (order,) = compilation.definitions
    assert str(order.elements["ask"].type) == "userTask"
    script = order.elements["sum"].script
    assert script is not None
    assert (script.expression.source, script.result_variable) == ("price * 2", "total")
    condition = order.flows["f4"].condition
    assert condition is not None
    assert condition.source == "(total > 10) and (not(paid = true))"
    form = read_form("ask.form", files["ask.form"])
    assert form.id == "ask"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"script": "import os"}, "import-python"),
        ({"condition": "check(total)"}, "import-python"),
        ({"script": "items.append(1)"}, "import-python"),
    ],
)
def test_what_has_no_equal_is_told_with_its_place_and_refused_by_the_check(
    changed: dict[str, str], rule: str
) -> None:
    found = import_spiff([("order.bpmn", package(**changed))])
    (told,) = [each for each in found.findings if str(each.severity) == "error"]
    assert (told.rule, told.file) == (rule, "order.bpmn")
    assert told.line == 1
    assert told.element_id in ("sum", "f4")
    compilation = compile_files(list(found.files), CheckEnvironment())
    assert compilation.definitions == ()


def test_a_script_around_an_element_is_told() -> None:
    post = "<spiffworkflow:postScript>x = 1</spiffworkflow:postScript></bpmn:extensionElements>"
    found = import_spiff([("o.bpmn", package().replace(b"</bpmn:extensionElements>", post.encode()))])
    (told,) = [each for each in found.findings if each.rule == "import-script"]
    assert told.element_id == "ask"
    assert "x = 1" in told.remedy


def test_a_hostile_file_is_refused_and_the_others_are_imported() -> None:
    hostile = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    found = import_spiff([("bad.bpmn", hostile), ("bad.json", b"{"), ("order.bpmn", package())])
    assert [name for name, _ in found.files] == ["order.bpmn"]
    assert {each.file for each in found.findings if str(each.severity) == "error"} == {"bad.bpmn", "bad.json"}


@pytest.mark.parametrize(
    ("python", "feel"),
    [
        ("a == 'x'", 'a = "x"'),
        ("a is not None", "a != null"),
        ("a['b'][0] in [1, 2]", "list contains([1, 2], a.b[1])"),
        ("1 < a <= 5", "(1 < a) and (a <= 5)"),
        ("len(items) % 2", "modulo(count(items), 2)"),
        ("(a + 1) * 2", "(a + 1) * 2"),
        ("'yes' if a > 1 else 'no'", 'if a > 1 then "yes" else "no"'),
        ("{'k': -a}", '{"k": -a}'),
    ],
)
def test_simple_python_has_an_equal(python: str, feel: str) -> None:
    assert python_text.expression(python) == feel


@pytest.mark.parametrize(
    "python", ["lambda: 1", "f(x)", "x[1:2]", "x and y or 3", "[i for i in x]", "a @ b", "("]
)
def test_other_python_is_not_guessed(python: str) -> None:
    with pytest.raises(python_text.Untranslatable):
        python_text.expression(python)


NUMBERS = st.integers(-20, 20).map(str)
SUMS = st.recursive(
    NUMBERS | st.sampled_from(["a", "b"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda part: f"({' '.join(part)})"),
    max_leaves=6,
)
TESTS = st.recursive(
    st.tuples(SUMS, st.sampled_from(["<", "<=", "==", "!="]), SUMS).map(" ".join),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda part: f"({' '.join(part)})")
        | inner.map(lambda part: f"(not {part})")
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(TESTS, st.integers(-5, 5), st.integers(-5, 5))
def test_what_is_translated_means_the_same(text: str, a: int, b: int) -> None:
    data: dict[str, Any] = {"a": a, "b": b}
    assert isinstance(ast.parse(text, mode="eval").body, ast.expr)
    there = eval(text, {}, data)  # noqa: S307 - generated from numbers and comparisons only
    here = compile_expression(python_text.condition(text)).evaluate(data, Environment(now=NOW))
    assert here is there

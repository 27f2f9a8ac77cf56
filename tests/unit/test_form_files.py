"""Form files: what is read, and how what cannot be drawn and checked is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidDefinition
from engine.forms import Form, read_form

FORMS = Path(__file__).parents[2] / "forms"
ANSWER = {"value": "a", "label": "A"}


def form(*components: Any) -> Form:
    schema = {"id": "proba", "type": "default", "schemaVersion": 19, "components": components}
    return read_form("proba.form", json.dumps(schema).encode())


def field(kind: str = "textfield", key: str = "pole", **extra: Any) -> dict[str, Any]:
    label = "dateLabel" if kind == "datetime" else "label"
    return {"type": kind, "key": key, label: "Pole", **extra}


@pytest.mark.parametrize(
    ("component", "rule"),
    [
        ({"type": "iframe", "id": "a", "label": "A"}, "form-component"),
        (field("filepicker", accept=".pdf,.exe"), "form-limits"),
        (field("filepicker", multiple="yes"), "form-property"),
        ({"type": "dynamiclist", "path": "", "label": "A"}, "form-key"),
        ({"type": "dynamiclist", "path": "a", "label": "A", "defaultRepetitions": 51}, "form-limits"),
        (
            {"type": "dynamiclist", "path": "a", "label": "A", "components": [field("filepicker")]},
            "form-list",
        ),
        (
            {
                "type": "dynamiclist",
                "path": "a",
                "label": "A",
                "components": [{"type": "dynamiclist", "path": "b", "label": "B"}],
            },
            "form-list",
        ),
        (
            {"type": "dynamiclist", "path": "a", "label": "A", "components": [field(), field()]},
            "form-key-duplicate",
        ),
        ({"type": "button", "action": "submit"}, "form-label"),
        ("textfield", "form-component"),
        (field(binds={"onChange": "x"}), "form-property"),
        (field(validate={"required": "yes"}), "form-property"),
        (field(key="zażółć"), "form-key"),
        (field(label=""), "form-label"),
        (field(validate={"pattern": "(["}), "form-pattern"),
        (field(validate={"minLength": 5, "maxLength": 4}), "form-limits"),
        (field(validate={"validationType": "phone"}), "form-limits"),
        (field(conditional={"hide": "=kto +"}), "form-condition"),
        (field(properties={"obieg:validate": "krs"}), "form-check"),
        (field(properties={"obieg:require": "=pole > 1"}), "form-condition"),
        (field(properties={"obieg:require": "=pole >", "obieg:requireText": "Popraw."}), "form-condition"),
        (field("textarea", properties={"obieg:validate": "login"}), "form-check"),
        (field("datetime", subtype="time", properties={"obieg:validate": "data_nie_przyszla"}), "form-check"),
        (field("datetime", subtype="week"), "form-limits"),
        (field("datetime", subtype={}), "form-property"),
        (field(validate={"validationType": []}), "form-property"),
        (field("number", validate={"min": "x"}), "form-limits"),
        (field("radio", values=[]), "form-options"),
        (field("radio", values=[ANSWER, ANSWER]), "form-options"),
    ],
)
def test_a_component_outside_the_subset_refuses_the_form(component: Any, rule: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        form(component)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.file) == (rule, "proba.form")
    assert finding.message
    assert finding.remedy


def test_every_problem_of_a_form_is_found_and_placed() -> None:
    content = b"""{"id": "proba", "type": "default", "components": [
      {"type": "number", "key": "kwota", "label": "Kwota"},
      {"type": "image", "key": "zdjecie"},
      {"type": "number", "key": "kwota", "label": "Kwota"}]}"""
    with pytest.raises(InvalidDefinition) as caught:
        read_form("proba.form", content)
    found = {(each.rule, each.line, each.element_id) for each in caught.value.findings}
    assert found == {("form-component", 3, "zdjecie"), ("form-key-duplicate", 4, "kwota")}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"id": "a", "type": "default", "components": ',
        b'{"id": "a", "id": "b", "type": "default", "components": []}',
        b'{"id": "a", "type": "default", "components": [{"type": "spacer", "height": NaN}]}',
        b'{"type": "default", "components": []}',
        b'{"id": "a", "type": "default", "components": {}}',
        "zażółć".encode("cp1250"),
        b"[" * 200_000,
        b" " * 1_000_001,
    ],
)
def test_what_is_no_form_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read_form("proba.form", content)
    (finding,) = caught.value.findings
    assert finding.message.startswith("expected ")


def test_groups_nested_without_end_are_refused() -> None:
    inner: dict[str, Any] = field()
    for _ in range(50):
        inner = {"type": "group", "label": "G", "components": [inner]}
    with pytest.raises(InvalidDefinition, match="nested 8 deep"):
        form(inner)


@pytest.mark.parametrize("path", sorted(FORMS.rglob("*.form")), ids=lambda path: path.name)
def test_our_forms_are_read_and_named_by_their_file(path: Path) -> None:
    read = read_form(path.name, path.read_bytes())
    assert read.id == path.stem
    assert all(
        each.help or each.type not in ("textfield", "textarea") or each.read_only for each in read.fields
    )

"""What the check says about a task's settings, held against element templates."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.element_templates import read_element_template
from engine.errors import EngineError
from engine.model.records import Finding, Severity
from tests.bpmn_xml import model

TEMPLATE = b"""{"id": "urzad.list", "name": "List", "version": 2, "properties": [
 {"type": "Hidden", "value": "list.wyslij", "binding": {"type": "zeebe:taskDefinition", "property": "type"}},
 {"type": "String", "binding": {"type": "zeebe:taskHeader", "key": "wzor"},
  "constraints": {"notEmpty": true, "minLength": 2, "maxLength": 7, "pattern": {"value": "^[a-z]+$"}}},
 {"type": "Dropdown", "choices": [{"name": "polecony", "value": "R"}, {"name": "zwykly", "value": "Z"}],
  "binding": {"type": "zeebe:taskHeader", "key": "rodzaj"}},
 {"type": "String", "feel": "optional", "binding": {"type": "zeebe:input", "name": "adresat"},
  "constraints": {"notEmpty": true}},
 {"type": "String", "feel": "required", "binding": {"type": "zeebe:input", "name": "zalacznik"}}]}"""
OTHER = TEMPLATE.replace(b"urzad.list", b"urzad.inny").replace(b'"wzor"', b'"tekst"')
OPEN = TEMPLATE.replace(b'"version"', b'"metadata": {"otherInputs": true}, "version"')
BOUNDLESS = TEMPLATE.replace(b'"maxLength": 7, ', b"").replace(b'"minLength": 2, ', b"")
MADE = 'zeebe:modelerTemplate="urzad.list" zeebe:modelerTemplateVersion="2"'


def check(
    headers: dict[str, str],
    inputs: dict[str, str],
    *,
    made: str = "",
    job: str = "list.wyslij",
    templates: tuple[bytes, ...] = (TEMPLATE,),
) -> list[Finding]:
    known = tuple(read_element_template("t.json", each) for each in templates)
    words = frozenset({"pismo", "urzad/list"})
    given = "".join(f'<zeebe:header key="{key}" value="{value}"/>' for key, value in headers.items())
    mapped = "".join(f"<zeebe:input target='{name}' source='{value}'/>\n" for name, value in inputs.items())
    task = (
        f'<bpmn:serviceTask id="t" {made}><bpmn:extensionElements><zeebe:taskDefinition type="{job}"/>'
        f"<zeebe:taskHeaders>{given}</zeebe:taskHeaders>\n<zeebe:ioMapping>{mapped}</zeebe:ioMapping>"
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )
    found = compile_files(
        model(f'<bpmn:startEvent id="s"/>{task}'), CheckEnvironment(templates=known, message_ids=words)
    ).findings
    return [each for each in found if each.rule.startswith(("setting-", "template-", "message-template"))]


RIGHT = ({"wzor": "pismo", "rodzaj": "R"}, {"adresat": "=adres", "zalacznik": "=plik"})


@pytest.mark.parametrize("made", ["", MADE])
def test_settings_a_template_knows_are_left_alone(made: str) -> None:
    assert check(*RIGHT, made=made) == []
    assert check({"wzor": "pismo"}, {"adresat": "jan@x.pl"}, made=made) == []


@pytest.mark.parametrize(
    ("headers", "inputs", "rule", "severity", "says"),
    [
        ({"rodzja": "R"}, {}, "setting-unknown", Severity.ERROR, "czy chodziło o „rodzaj”?"),
        ({"kolor": "R"}, {}, "setting-unknown", Severity.ERROR, "czyta: rodzaj, wzor"),
        ({}, {"adresta": "=a"}, "setting-unknown", Severity.WARNING, "czy chodziło o „adresat”?"),
        ({"rodzaj": "X"}, {}, "setting-choice", Severity.ERROR, "jedno z: R, Z, ale podano „X”"),
        ({"wzor": "Pismo 1"}, {}, "setting-pattern", Severity.ERROR, "„^[a-z]+$”"),
        ({"wzor": "pismodwa"}, {}, "setting-length", Severity.ERROR, "od 2 do 7 znaków"),
        ({"wzor": "p"}, {}, "setting-length", Severity.ERROR, "„p” ma 1"),
        ({"wzor": "=pismo"}, {}, "setting-kind", Severity.ERROR, "nie jest obliczane"),
        ({}, {"zalacznik": "plik"}, "setting-kind", Severity.ERROR, "nie zaczyna się od „=”"),
        ({}, {"adresat": "=[1, 2]"}, "setting-kind", Severity.ERROR, "zawsze daje: lista"),
        ({}, {"adresat": '=date("2026-01-01")'}, "setting-kind", Severity.ERROR, "zawsze daje: data"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line_and_a_remedy(
    headers: dict[str, str], inputs: dict[str, str], rule: str, severity: Severity, says: str
) -> None:
    (finding,) = check(RIGHT[0] | headers, RIGHT[1] | inputs)
    assert (finding.rule, finding.severity, finding.element_id) == (rule, severity, "t")
    assert says in finding.in_polish()
    assert finding.remedy
    assert finding.line == (4 if headers else 5 + list(RIGHT[1] | inputs).index(next(iter(inputs))))


def test_the_name_of_words_nobody_has_deployed_is_told() -> None:
    naming = BOUNDLESS.replace(b'"version"', b'"metadata": {"messageTemplates": ["wzor"]}, "version"')
    assert check(*RIGHT, templates=(naming,)) == []
    [found] = check({"wzor": "pisma"}, RIGHT[1], templates=(naming,))
    assert (found.rule, found.severity) == ("message-template-unknown", Severity.WARNING)
    assert "„pisma” nie istnieje" in found.in_polish()
    assert "„pismo”" in found.in_polish()


def test_what_a_template_requires_has_to_be_filled_in() -> None:
    missing = check({"wzor": ""}, {}, made=MADE)
    assert {each.rule for each in missing} == {"setting-missing"}
    assert ["'adresat'" in each.message for each in missing] == [False, True]
    # Without the template the addressee may be a variable of the case; a header can come from nowhere else.
    (header,) = check({}, {})
    assert "'wzor'" in header.message


def test_a_task_without_a_template_may_follow_any_of_its_job() -> None:
    assert check({"tekst": "ab"}, {}, templates=(TEMPLATE, OTHER)) == []
    (finding,) = check({"tekst": "ab"} | RIGHT[0], RIGHT[1], made=MADE, templates=(TEMPLATE, OTHER))
    assert finding.rule == "setting-unknown"


def test_a_job_that_reads_more_variables_takes_them() -> None:
    assert check(RIGHT[0], RIGHT[1] | {"znak_sprawy": "=nr"}, made=MADE, templates=(OPEN,)) == []


@pytest.mark.parametrize(
    ("made", "job", "rule"),
    [
        (MADE.replace('"2"', '"1"'), "list.wyslij", "template-outdated"),
        ('zeebe:modelerTemplate="urzad.list"', "list.wyslij", "template-outdated"),
        (MADE.replace('"2"', '"3"'), "list.wyslij", "template-outdated"),
        (MADE.replace("list", "lits"), "list.wyslij", "template-unknown"),
        (MADE, "list.inny", "template-mismatch"),
    ],
)
def test_the_template_a_task_was_made_by_is_looked_at(made: str, job: str, rule: str) -> None:
    (finding,) = check(*RIGHT, made=made, job=job)
    assert (finding.rule, finding.element_id) == (rule, "t")


def test_a_constant_expression_is_held_against_the_choices() -> None:
    as_input = TEMPLATE.replace(b'"zeebe:taskHeader", "key": "rodzaj"', b'"zeebe:input", "name": "rodzaj"')
    header = {"wzor": "pismo"}
    assert check(header, {"rodzaj": "=jakas_zmienna"}, templates=(as_input,)) == []
    (finding,) = check(header, {"rodzaj": '="X"'}, templates=(as_input,))
    assert finding.rule == "setting-choice"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (b'"zeebe:input", "name": "adresat"', b'"zeebe:input", "nazwa": "adresat"', "zeebe:input of t.json"),
        (b'"key": "wzor"', b'"key": ""', "zeebe:taskHeader of t.json"),
        (b"^[a-z]+$", b"(", "regular expression for wzor"),
        (b"^[a-z]+$", b"a{9999999999}", "regular expression for wzor"),
        (b"^[a-z]+$", b"^(?!x)", "regular expression for wzor of t.json"),
        (b"^[a-z]+$", b"((a{100}){100}){100}", "regular expression for wzor of t.json"),
        (b'"list.wyslij"', b"[" * 100_000 + b"]" * 100_000, "element template in t.json"),
        (b'"List"', b'"\xff"', "element template in t.json"),
    ],
    ids=[
        "no name",
        "empty key",
        "unclosed",
        "too large a count",
        "look-ahead",
        "too large",
        "deep",
        "no UTF-8",
    ],
)
def test_a_wrong_template_is_refused_when_it_is_read(right: bytes, wrong: bytes, says: str) -> None:
    with pytest.raises(EngineError, match=says):
        read_element_template("t.json", TEMPLATE.replace(right, wrong, 1))


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){30}$", "^(([a-z])+.)+[A-Z]$"]
)
def test_a_pattern_that_would_backtrack_for_ever_is_tried_at_once(pattern: str) -> None:
    """Python's ``re`` needs longer than a working day for each of them."""
    hostile = BOUNDLESS.replace(b"^[a-z]+$", pattern.encode())
    [found] = check({"wzor": "a" * 60 + "!", "rodzaj": "R"}, RIGHT[1], templates=(hostile,))
    assert (found.rule, found.severity) == ("setting-pattern", Severity.ERROR)


def test_a_pattern_out_of_budget_is_told_with_its_template_and_setting() -> None:
    """Back-references are the one thing that no engine runs in linear time."""
    hostile = BOUNDLESS.replace(b"^[a-z]+$", rb"^(a+)+\\1b$")
    [found] = check({"wzor": "a" * 60, "rodzaj": "R"}, RIGHT[1], templates=(hostile,))
    assert (found.rule, found.severity, found.element_id) == ("setting-pattern", Severity.ERROR, "t")
    assert "„wzor” w szablonie „urzad.list” wymaga zbyt wielu kroków" in found.in_polish()
    assert "template 'urzad.list'" in found.message


def test_a_pattern_is_not_tried_on_a_text_of_any_length() -> None:
    assert check({"wzor": "a" * 1_000, "rodzaj": "R"}, RIGHT[1], templates=(BOUNDLESS,)) == []
    [found] = check({"wzor": "a" * 1_001, "rodzaj": "R"}, RIGHT[1], templates=(BOUNDLESS,))
    assert found.rule == "setting-pattern"

"""What the check knows of the kinds of variables: from forms and mappings, only where it is certain."""

from __future__ import annotations

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.model.records import Severity
from tests.builders import Process, process

FIELDS = {"age": "number", "name": "string", "born": "date", "agrees": "boolean", "kinds": "list"}
FORMS = CheckEnvironment(
    form_fields={"filed": FIELDS, "again": {"age": "number"}, "other": {"age": "string"}}
)


def said(drawn: Process) -> list[tuple[str, str]]:
    """Return rule and message of what is said about kinds; nothing of it refuses a deployment."""
    findings = compile_files(drawn.files(), FORMS).findings
    assert not [each for each in findings if each.severity is Severity.ERROR]
    return [
        (each.rule, each.message) for each in findings if each.rule in ("expression-kind", "comparison-kinds")
    ]


def asking(condition: str) -> Process:
    return process("p").start(form="filed").task("a").looping(condition).end()


@pytest.mark.parametrize(
    ("condition", "rule", "other"),
    [
        ("age", "expression-kind", "with what the forms give it is a number"),
        ("if agrees then name else name", "expression-kind", "it is a text"),
        ('age > "18"', "comparison-kinds", "> has a number and a text"),
        ("born < age and agrees", "comparison-kinds", "< has a date and a number"),
        ('agrees = "tak"', "comparison-kinds", "= has true or false and a text"),
        ('kinds = "a"', "comparison-kinds", "= has a list and a text"),
        ("agrees > false", "comparison-kinds", "> has true or false and true or false"),
        ("not(name = 1)", "comparison-kinds", "= has a text and a number"),
        ('"1" < 2', "comparison-kinds", "< has a text and a number"),
    ],
)
def test_what_the_forms_give_cannot_be_a_condition_or_be_compared(
    condition: str, rule: str, other: str
) -> None:
    ((found, message),) = said(asking(condition))
    assert found == rule
    assert other in message


@pytest.mark.parametrize(
    "condition",
    [
        "age > 18",
        "agrees",
        "name = null or age != null",
        'born < @"2020-01-01"',
        'born < date and time("2020-01-01T00:00:00")',
        "other > 5 and other = name",
        'list contains(kinds, "a")',
        "some age in kinds satisfies age = 1",
        'kinds[item = 1] = ["a"]',
    ],
)
def test_what_may_hold_is_left_alone(condition: str) -> None:
    assert said(asking(condition)) == []


def test_what_a_mapping_makes_of_a_field_has_a_kind_too() -> None:
    drawn = process("p").start(form="filed").user_task("t", form="again", outputs={"years": "=age * 2"})
    ((_, message),) = said(drawn.task("a").looping('years = "2"').end())
    assert "= has a number and a text" in message


@pytest.mark.parametrize(
    "drawn",
    [
        process("p").start().user_task("t", form="filed"),
        process("p").start(form="filed").service_task("work", "w"),
        process("p").start(form="filed").user_task("t"),
        process("p").start(form="filed").user_task("t", form="other"),
        process("p").start(form="filed").user_task("t", form="unknown"),
        process("p").start(form="filed").service_task("work", "w", outputs={"age": "=answer"}),
        process("p").start(form="filed").service_task("work", "w", inputs={"age": "=1"}, outputs={"b": "=c"}),
        process("p").start(form="filed").catch_message("m"),
    ],
)
def test_nothing_is_certain_where_something_else_may_write(drawn: Process) -> None:
    assert said(drawn.task("a").looping('age = "18"').end()) == []


def test_work_that_says_what_it_writes_leaves_the_rest_certain() -> None:
    drawn = process("p").start(form="filed").service_task("work", "w", outputs={"result": "=answer"})
    assert len(said(drawn.task("a").looping('age = "18"').end())) == 1

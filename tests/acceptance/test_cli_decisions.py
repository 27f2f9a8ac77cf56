"""Decisions by commands: tried from a file, checked, deployed, asked, explained in a case's history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Run
from tests.builders import process
from tests.scenarios.test_decisions import RULES, table


@pytest.fixture
def mode() -> Path:
    """A file with one decision, which knows two reasons."""
    (name, content), *_ = table(RULES)
    path = Path(name)
    path.write_bytes(content)
    return path


def test_a_file_is_tried_without_a_database(run: Run, mode: Path) -> None:
    tried = run("decide", mode, "--vars", '{"powod": "zgubienie"}')
    assert (tried.code, tried.err) == (0, "")
    assert tried.out.split() == ["tryb", "zwykly", "tables", "INPUTS", "RULES", "zgubienie", "1", "(first)"]
    assert [path.name for path in Path().iterdir()] == [mode.name]


def test_no_rule_is_a_null_with_the_reason(run: Run, mode: Path) -> None:
    tried = run("decide", mode, "--vars", '{"powod": "inny"}', "--format", "json")
    assert tried.json["value"] is None
    assert tried.json["tables"] == [{"inputs": ["inny"], "rules": [], "rule_ids": []}]
    assert "none does" in tried.json["warnings"][0]
    assert "warning: expected a rule" in run("decide", mode, "--vars", '{"powod": "inny"}').err


def test_a_deployed_decision_is_asked_by_its_id(run: Run, mode: Path) -> None:
    deployed = run("deploy", mode)
    assert (deployed.code, "decision  tryb" in deployed.out) == (0, True)
    mode.unlink()
    asked = run("decide", "tryb", "--variables", '{"powod": "nieuprawniony_dostep"}', "--format", "json")
    assert (asked.json["decision_id"], asked.json["value"]) == ("tryb", "pilny")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("inna",), "inna"),
        (("tryb.dmn", "--decision", "tryp"), "tryp"),
        (("missing.dmn",), "missing.dmn"),
        (("tryb.bpmn",), "expected a .dmn file"),
    ],
)
def test_what_cannot_be_decided_is_said_in_one_line(
    run: Run, mode: Path, arguments: tuple[str, ...], told: str
) -> None:
    Path("tryb.bpmn").write_bytes(b"<a/>")
    run("deploy", mode)
    refused = run("decide", *arguments)
    assert (refused.code, refused.out) == (1, "")
    [line] = refused.err.splitlines()
    assert told in line


def test_the_check_shows_an_input_that_two_rules_match(run: Run) -> None:
    (name, content), *_ = table([*RULES, ("third", "-", '"inny"')])
    Path(name).write_bytes(content)
    checked = run("check", name)
    assert checked.code == 0
    assert 'rules 1 (first) and 3 (third) both match powod = "zgubienie"' in checked.out
    assert checked.out.count("tryb.dmn:1: warning:") == 2


def test_history_says_why_a_branch_was_taken(run: Run) -> None:
    drawing = process("p").start().exclusive("big").flow_if("n > 100 and not(vip)").end("refused")
    drawing = drawing.at("big").default().end("paid")
    Path("p.bpmn").write_bytes(drawing.files()[0][1])
    run("deploy", "p.bpmn")
    run("start", "p", "--business-key", "K/1", "--variables", '{"n": 150, "vip": true}')
    assert "n > 100 and not(vip) → false (n: 150, n > 100: true" in run("history", "K/1").out
    events = run("history", "K/1", "--format", "json").json
    [why] = [each for each in events if each["type"] == "condition_evaluated"]
    assert (why["element_id"], why["payload"]["value"]) == ("big", False)
    assert [(item["part"], item["value"]) for item in why["payload"]["items"]] == [
        ("n", "150"),
        ("n > 100", "true"),
        ("vip", "true"),
        ("not(vip)", "false"),
    ]

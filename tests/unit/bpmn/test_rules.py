"""The catalogue of rules: complete in both languages, used, and documented in ``docs/check-rules.md``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.bpmn.rules import RULES, Rule
from tests.bpmn_xml import model

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "check-rules.md"
_PLACE = re.compile(r"(?<!{){(\w+)")
HEAD = """# What the check says

`obieg check` and every deployment hold diagrams against these rules; `obieg check --language pl` says them in
Polish. An error refuses the deployment, a warning should be read, a hint changes nothing. Words in braces are
filled in. `tests/unit/bpmn/test_rules.py` compares this page with the catalogue `engine/bpmn/rules`.

| rule | severity | says | source |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page as the catalogue has it."""
    rows = [_row(key, rule) for key, rule in sorted(RULES.items())]
    return HEAD + "".join(rows)


def _row(key: str, rule: Rule) -> str:
    said = rule.message.replace("!r}", "}").replace("|", "\\|")
    return f"| `{key.partition('/')[0]}` | {rule.severity} | {said} | {rule.source} |\n"


def test_the_page_is_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("key", RULES)
def test_both_languages_name_the_same_things(key: str) -> None:
    rule = RULES[key]
    assert all(rule)
    english = set(_PLACE.findall(rule.message + rule.remedy))
    polish = set(_PLACE.findall(rule.message_pl + rule.remedy_pl))
    assert english - polish <= {"text"}
    assert polish - english <= {"text"}


def test_every_rule_is_used_and_every_key_exists() -> None:
    code = "".join(
        path.read_text() for path in (ROOT / "engine" / "bpmn").rglob("*.py") if path.parent.name != "rules"
    )
    unused = [key for key in RULES if f'"{key}"' not in code and f'"{key.partition("/")[0]}/' not in code]
    composed = {"form-unknown", "decision-unknown", "process-unknown", "reference-dangling"}
    assert {key.partition("/")[0] for key in unused} <= composed | {
        "parameter-unknown", "handler-unknown", "template-unknown", "message-template-unknown",
    }  # fmt: skip


def test_a_finding_is_said_in_polish() -> None:
    files = model('<bpmn:startEvent id="s"/><bpmn:callActivity id="a"/>')
    (finding,) = (
        each for each in compile_files(files, CheckEnvironment()).findings if each.rule == "call-missing"
    )
    assert finding.in_polish() == (
        f"p.bpmn:{finding.line}: błąd: wywołanie „a” musi wskazywać proces, ale żadnego nie wskazuje [a]"
        " — wybierz wywoływany proces"
    )

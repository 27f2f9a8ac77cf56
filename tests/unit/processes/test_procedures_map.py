"""``docs/procedures.md`` against the diagrams: every rule has a row, and what a row names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import xml

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"\| ([AB][0-9]+) \| [^|]+ \| ([^|]+) \| ([^|]+) \| [^|]*\|")
DIAGRAMS = {"A": "zszo03/zszo03_haslo_startowe.bpmn", "B": "sio/sio_weryfikacja_dostepu.bpmn"}
LAST = {"A": 45, "B": 51}


def map_text() -> str:
    return (ROOT / "docs/procedures.md").read_text(encoding="utf-8")


def carried(path: Path) -> dict[str, set[str]]:
    """Return the elements that carry each rule."""
    found: dict[str, set[str]] = {}
    for node in xml.descendants(xml.parse(path.name, path.read_bytes()).root):
        if xml.local_name(node) == "property" and node.get("name") == "obieg:rules":
            element = next(each for each in node.iterancestors() if each.get("id"))
            for rule in node.get("value", "").split(", "):
                found.setdefault(rule, set()).add(element.get("id", ""))
    return found


@pytest.mark.parametrize("letter", ["A", "B"])
def test_every_rule_has_its_row_and_the_row_names_what_is_there(letter: str) -> None:
    found = [row for row in ROW.findall(map_text()) if row[0].startswith(letter)]
    assert [row[0] for row in found] == [f"{letter}{number}" for number in range(1, LAST[letter] + 1)]
    diagram = ROOT / "processes" / DIAGRAMS[letter]
    rules = carried(diagram)
    scenarios = {path.stem for path in (diagram.parent / "scenarios").glob("*.yaml")}
    for rule, elements, played in found:
        named = set(re.findall(r"`(\w+)`", elements))
        assert named <= rules.get(rule, set()), rule
        assert bool(named) == (rule in rules), rule
        assert set(re.findall(r"`(\w+)`", played)) <= scenarios, rule


def test_every_scenario_of_sio_shows_some_rule() -> None:
    named = set(re.findall(r"`(\w+)`", map_text()))
    assert {path.stem for path in (ROOT / "processes/sio/scenarios").glob("*.yaml")} <= named

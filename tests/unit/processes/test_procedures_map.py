"""``docs/procedures.md`` against the diagrams: every rule has a row, and what a row names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from commands.scenario.file import read
from engine import xml

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"\| ([AB][0-9]+) \| [^|]+ \| ([^|]+) \| ([^|]+) \| [^|]*\|")
FOLDERS = {"A": ROOT / "processes/zszo03", "B": ROOT / "processes/sio"}
OBSERVING = ("expect", "refused", "person")  # what a step has that shows something
SEEN = re.compile(r"`(\w+)` (\d+|start|end): `([^`]+)`")
LAST = {"A": 45, "B": 51}


def map_text() -> str:
    return (ROOT / "docs/procedures.md").read_text(encoding="utf-8")


def carried(folder: Path) -> dict[str, set[str]]:
    """Return the elements of a procedure's diagrams that carry each rule."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.bpmn")):
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
    rules = carried(FOLDERS[letter])
    scenarios = {path.stem for path in (FOLDERS[letter] / "scenarios").glob("*.yaml")}
    for rule, elements, played in found:
        named = set(re.findall(r"`(\w+)`", elements))
        assert named <= rules.get(rule, set()), rule
        assert bool(named) == (rule in rules), rule
        if letter == "B":
            assert set(re.findall(r"`(\w+)(?::\w+)?`", played)) <= scenarios, rule


def test_the_steps_named_for_sio_observe_something() -> None:
    named = set(re.findall(r"`(\w+):(start|end|[0-9]+)`", map_text()))
    assert len(named) > 100
    for scenario, step in named:
        played = read(FOLDERS["B"] / "scenarios" / f"{scenario}.yaml")
        if step == "start":
            assert played.start.refused, scenario
        elif step == "end":
            assert played.expect.keys() & {"ended_at", "registers", "active"}, scenario
        else:
            assert played.steps[int(step) - 1].keys() & set(OBSERVING), f"{scenario}:{step}"


def test_every_rule_of_sio_with_a_step_is_observed() -> None:
    unseen = {row[0] for row in ROW.findall(map_text()) if row[0].startswith("B") and row[2].strip() == "–"}
    assert unseen == {"B1", "B2", "B4", "B5"}  # laws and definitions


def observed(scenario: str, place: str) -> str:
    """Return what a step of a ZSZO-03 scenario expects (or refuses), as text."""
    path = ROOT / "processes/zszo03/scenarios" / f"{scenario}.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if place == "start":
        return str(document["start"]["refused"])
    step = {"expect": document["expect"]} if place == "end" else document["steps"][int(place) - 1]
    seen = {word: step[word] for word in ("expect", "refused") if word in step}
    return yaml.safe_dump(seen, allow_unicode=True, width=10**6, default_flow_style=False)


def test_every_rule_of_zszo_is_observed_where_its_row_says() -> None:
    """Only the owner of the procedure (A1) cannot be seen happening."""
    text = map_text()
    rows = [line for line in text.splitlines() if re.match(r"\| A[0-9]+ \|", line)]
    works = text.partition("(R5)")[2].partition("\n## ")[0]
    lines = [line for line in works.splitlines() if line.startswith("| ") and "`" in line]
    unseen = [row.split(" | ")[0].strip("| ") for row in rows if not SEEN.search(row)]
    assert unseen == ["A1"]
    assert len(lines) == 14
    for line in rows + lines:
        for scenario, place, thing in SEEN.findall(line):
            assert thing in observed(scenario, place), (scenario, place, thing)


def test_every_scenario_of_sio_shows_some_rule() -> None:
    named = set(re.findall(r"`(\w+):\w+`", map_text()))
    assert {path.stem for path in (ROOT / "processes/sio/scenarios").glob("*.yaml")} <= named

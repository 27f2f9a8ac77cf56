"""Business rule tasks (BPMN 2.0.2 §10.3.3) evaluating decision tables (DMN 1.5 §8)."""

from __future__ import annotations

import pytest

from engine import InvalidDefinition, NotFound
from tests.builders import process
from tests.scenarios.run import Run

RULES = [
    ("first", '"zgubienie"', '"zwykly"'),
    ("second", '"nieuprawniony_dostep"', '"pilny"'),
]


def table(rules: list[tuple[str, str, str]], policy: str = "UNIQUE") -> list[tuple[str, bytes]]:
    rows = "".join(
        f'<rule id="{id_}"><inputEntry id="i_{id_}"><text>{when}</text></inputEntry>'
        f'<outputEntry id="o_{id_}"><text>{then}</text></outputEntry></rule>'
        for id_, when, then in rules
    )
    text = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:d">'
        '<decision id="tryb" name="tryb"><variable id="v" name="tryb"/>'
        f'<decisionTable id="t" hitPolicy="{policy}">'
        '<input id="in"><inputExpression id="ie">'
        f'<text>powod</text></inputExpression></input><output id="out"/>{rows}'
        "</decisionTable></decision></definitions>"
    )
    return [("tryb.dmn", text.encode())]


def drawing(version: str = "") -> list[tuple[str, bytes]]:
    return process("p").start().business_rule_task("rule", "tryb", "tryb").user_task("ask").end().files()


def test_a_decision_is_made_and_kept_in_history(run: Run) -> None:
    run.engine.deploy([*table(RULES), *drawing()], by="owner")
    case = run.start("p", powod="nieuprawniony_dostep")
    assert case.variables["tryb"] == "pilny"
    (made,) = [e for e in run.engine.history(case.key) if e.type == "decision_evaluated"]
    assert made.payload["output"] == "pilny"
    assert made.payload["items"] == [
        {"inputs": ["nieuprawniony_dostep"], "rules": [2], "rule ids": ["second"]}
    ]


def test_a_later_version_does_not_change_what_has_been_decided(run: Run) -> None:
    run.engine.deploy([*table(RULES), *drawing()], by="owner")
    before = run.start("p", powod="zgubienie")
    run.engine.deploy(table([("first", '"zgubienie"', '"inny"')]), by="owner")
    after = run.start("p", powod="zgubienie")
    assert (before.variables["tryb"], after.variables["tryb"]) == ("zwykly", "inny")
    # the fixture verifies both: each is re-executed with the version it was decided with


def test_a_table_that_breaks_its_hit_policy_is_an_incident_naming_the_rules(run: Run) -> None:
    run.engine.deploy([*table([*RULES, ("third", "-", '"inny"')]), *drawing()], by="owner")
    case = run.start("p", powod="zgubienie")
    (incident,) = case.incidents
    assert (incident.element_id, incident.type) == ("rule", "decision")
    assert "1" in incident.message
    assert "3" in incident.message
    assert case.resolve(powod="cos").variables["tryb"] == "inny"


def test_a_decision_that_is_not_deployed_refuses_the_model(run: Run) -> None:
    with pytest.raises(InvalidDefinition, match="tryb"):
        run.engine.deploy(drawing(), by="owner")


def test_a_decision_can_be_asked_without_a_process(run: Run) -> None:
    run.engine.deploy(table(RULES), by="owner")
    result = run.engine.evaluate_decision("tryb", {"powod": "zgubienie"})
    assert (result.value, result.tables[0].rules) == ("zwykly", (1,))
    with pytest.raises(NotFound, match="inna"):
        run.engine.evaluate_decision("inna", {})

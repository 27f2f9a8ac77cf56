"""Business rule tasks (BPMN 2.0.2 §10.3.3) evaluating decision tables (DMN 1.5 §8)."""

from __future__ import annotations

import pytest

from engine import InvalidDefinition, NotFound, ProcessEngine
from tests.builders import process
from tests.scenarios.run import Run

RULES = [
    ("first", '"zgubienie"', '"zwykly"'),
    ("second", '"nieuprawniony_dostep"', '"pilny"'),
]


def table(
    rules: list[tuple[str, str, str]], policy: str = "UNIQUE", tag: str = "", version: str = "20191111"
) -> list[tuple[str, bytes]]:
    rows = "".join(
        f'<rule id="{id_}"><inputEntry id="i_{id_}"><text>{when}</text></inputEntry>'
        f'<outputEntry id="o_{id_}"><text>{then}</text></outputEntry></rule>'
        for id_, when, then in rules
    )
    tagged = (
        '<extensionElements><zeebe:versionTag xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        f'value="{tag}"/></extensionElements>'
    )
    text = (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/{version}/MODEL/" id="d" name="d" '
        'namespace="urn:d">'
        f'<decision id="tryb" name="tryb">{tagged if tag else ""}<variable id="v" name="tryb"/>'
        f'<decisionTable id="t" hitPolicy="{policy}">'
        '<input id="in"><inputExpression id="ie">'
        f'<text>powod</text></inputExpression></input><output id="out"/>{rows}'
        "</decisionTable></decision></definitions>"
    )
    return [("tryb.dmn", text.encode())]


def drawing(tag: str = "") -> list[tuple[str, bytes]]:
    begun = process("p").start().business_rule_task("rule", "tryb", "tryb", version_tag=tag)
    return begun.user_task("ask").end().files()


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


def test_a_task_bound_to_a_version_tag_gets_the_newest_decision_of_that_tag(run: Run) -> None:
    for tag, answer in (("stary", "1"), ("wydany", "2"), ("wydany", "3"), ("nowy", "4"), ("", "5")):
        run.engine.deploy(table([("only", "-", answer)], tag=tag), by="owner")
    run.engine.deploy(drawing("wydany"), by="owner")
    assert run.start("p", powod="x").variables["tryb"] == 3
    run.engine.deploy(drawing("nieznany"), by="owner")
    (incident,) = run.start("p", powod="x").incidents
    assert incident.type == "called_decision"
    assert "expected a decision 'tryb' tagged 'nieznany', but it is not deployed" in incident.message


@pytest.mark.parametrize("version", ["20180521", "20191111", "20211108", "20230324"])
def test_a_decision_file_passes_the_schema_whatever_its_version(engine: ProcessEngine, version: str) -> None:
    ((name, content),) = table([("only", "-", "1")], version=version)
    if version == "20180521":
        content = content.replace(b"https://", b"http://")
    assert [finding.rule for finding in engine.check([(name, content)])] == []
    broken = content.replace(b'hitPolicy="UNIQUE"', b'hitPolicy="BEST"').replace(b"<variable", b"\n<variabel")
    found = [(each.rule, each.line) for each in engine.check([(name, broken)]) if each.rule == "xsd"]
    assert ("xsd", 2) in found
    with pytest.raises(InvalidDefinition, match="expected what the DMN schema allows"):
        engine.deploy([(name, broken)], by="owner")


def test_what_is_newer_than_the_schema_passes_it_too(engine: ProcessEngine) -> None:
    literal = "<literalExpression><text>{}</text></literalExpression>"
    branches = "".join(
        f"<{part}>{literal.format(text)}</{part}>"
        for part, text in (("if", "true"), ("then", "1"), ("else", "2"))
    )
    content = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="d" namespace="urn:d">'
        '<itemDefinition name="t"><typeRef>number</typeRef><typeConstraint>'
        "<text>&gt; 0</text></typeConstraint></itemDefinition>"
        '<decision id="x" name="x"><variable name="x" typeRef="t"/>'
        f"<conditional>{branches}</conditional></decision></definitions>"
    )
    assert engine.check([("x.dmn", content.encode())]) == []
    engine.deploy([("x.dmn", content.encode())], by="owner")
    assert engine.evaluate_decision("x", {}).value == 1


def test_a_decision_that_is_not_deployed_refuses_the_model(run: Run) -> None:
    with pytest.raises(InvalidDefinition, match="tryb"):
        run.engine.deploy(drawing(), by="owner")


def test_a_decision_can_be_asked_without_a_process(run: Run) -> None:
    run.engine.deploy(table(RULES), by="owner")
    result = run.engine.evaluate_decision("tryb", {"powod": "zgubienie"})
    assert (result.value, result.tables[0].rules) == ("zwykly", (1,))
    with pytest.raises(NotFound, match="inna"):
        run.engine.evaluate_decision("inna", {})

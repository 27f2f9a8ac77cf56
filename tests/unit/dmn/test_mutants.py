"""Decision files as nobody would write them: findings or a value, and nothing else, whatever is in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from random import Random  # noqa: TID251  # seeded: every run throws the same

import pytest

from engine import xml
from engine.bpmn import DecisionGate
from engine.dmn import analyse, read_model
from engine.errors import EngineError
from engine.feel import Environment, Value
from tests.unit.dmn.test_decisions import decision, definitions, entry, input_data, literal, loop, table

COUNT, LONG_COUNT = 600, 20_000
SEED = 20261217
NOW = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
INPUTS: dict[str, Value] = {"a": 5, "b": ["x", None], "Age": "old"}

RULES: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("> 0", "-"), ('"x"',)),
    (("[1..5]", "null"), ("b",)),
]
CONTEXT = f"<context>{entry('n', literal('a + 1'))}{entry('m', literal('[n, t]'))}</context>"
TYPES = (
    '<itemDefinition name="Age" isCollection="true"><typeRef>number</typeRef><allowedValues>'
    "<text>[0..150]</text></allowedValues></itemDefinition>"
    '<itemDefinition name="P"><itemComponent name="age"><typeRef>Age</typeRef></itemComponent>'
    "</itemDefinition>"
)
KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="k"><variable name="k"/><encapsulatedLogic>'
    f'<formalParameter name="x" typeRef="Age"/>{literal("count(x)")}</encapsulatedLogic>'
    "</businessKnowledgeModel>"
    '<decision id="d" name="d"><variable name="d"/><knowledgeRequirement><requiredKnowledge href="#k"/>'
    f'</knowledgeRequirement><invocation>{literal("k")}<binding><parameter name="x"/>{literal("[1, 2]")}'
    "</binding></invocation></decision>"
)
SERVICE = (
    '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#d"/>'
    '<inputData href="#i_a"/></decisionService>'
)
MODELS = (
    definitions(
        input_data("a", "number"),
        input_data("b"),
        decision("t", table("PRIORITY", RULES, values='"x"'), "i_a", "i_b"),
        decision("c", CONTEXT, "i_a", "d_t"),
        decision("l", loop("for", "[1..a]", "return", "r * partial[-1]"), "i_a"),
        decision("q", loop("some", "b", "satisfies", "r = a"), "i_a", "i_b"),
    ),
    definitions(
        TYPES,
        input_data("a", "Age"),
        KNOWLEDGE,
        decision("r", f'<relation><column name="n"/><row>{literal("1")}</row></relation>'),
        SERVICE,
    ),
)
PIECES: tuple[str, ...] = (
    *("", "<", "/>", '"', "&amp;", "&#55357;", "?", "not(", "null", "1e9999", "..", "[", "]]>", "-", "\x00"),
    *('hitPolicy="COLLECT" aggregation="SUM"', 'href="#d_c"', 'href="#nobody"', 'href="#s"', 'typeRef="P"'),
    *('isCollection="true"', 'name=""', 'id="d_t"'),
)
ELEMENTS: tuple[str, ...] = (
    *(
        "",
        "<context/>",
        "<decisionTable/>",
        "<list><literalExpression/></list>",
        "<row/>",
        "<rule/>",
        "<input/>",
    ),
    *(
        "<binding/>",
        "<invocation/>",
        '<column name=""/>',
        "<literalExpression/>",
        "<text>not(</text>",
        "<output/>",
    ),
    *("<variable/>", '<variable name="k" typeRef="P"/>', "<functionDefinition/>", "<in/>", "<relation/>"),
)


def mutants(count: int) -> Iterator[bytes]:
    """Yield that many files, each a model with a few parts removed, doubled, moved or replaced."""
    random = Random(SEED)
    for _ in range(count):
        content = random.choice(MODELS).decode()
        for _ in range(random.randint(1, 4)):
            if random.random() < 0.2:
                start = random.randrange(len(content))
                end, others = start + random.randint(0, 12), PIECES
            else:
                start, end = an_element(content, random)
                others = (*ELEMENTS, content[start:end] * 2, content[slice(*an_element(content, random))])
            content = content[:start] + random.choice(others) + content[end:]
        yield content.encode()


def an_element(content: str, random: Random) -> tuple[int, int]:
    """Return where an element of a file that may be broken starts and ends; the first one is left alone."""
    tags = list(re.finditer(r"<(/?)\w+[^>]*?(/?)>", content))[1:]
    first = random.randrange(max(len(tags), 1))
    depth = 0
    for tag in tags[first:]:
        depth += 0 if tag[2] else -1 if tag[1] else 1
        if depth <= 0:
            return tags[first].start(), tag.end()
    return 0, 0


def consider(content: bytes) -> bool:
    """Do with a file all that is done with an uploaded one; say whether it could be read."""
    try:
        model = read_model([("m.dmn", content)])
        DecisionGate().check(xml.parse("m.dmn", content))
    except EngineError:
        return False
    analyse(model, budget=20_000)
    for identity, _, _ in model.identifiers():
        try:
            model.evaluate(identity, INPUTS, Environment(now=NOW, fuel=10_000), undeclared=True)
        except EngineError:
            continue
    return True


@pytest.mark.torture
def test_a_mutated_file_has_findings_or_a_value_and_nothing_else(long_counts: bool) -> None:
    read = 0
    for content in mutants(LONG_COUNT if long_counts else COUNT):
        try:
            read += consider(content)
        except Exception as problem:
            raise AssertionError(f"expected findings or a value for {content!r}") from problem
    assert read > COUNT // 10, "expected mutants worth reading, but most are no XML"

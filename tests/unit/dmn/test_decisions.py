"""Decisions: tables by hit policy, the graph of requirements, types, services, imports, refused files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine.dmn import DecisionModel, DecisionResult, read_model
from engine.errors import EvaluationError, InvalidDefinition, NotFound
from engine.feel import Environment, Value
from engine.model.records import Severity

DMN = "https://www.omg.org/spec/DMN/20230324/MODEL/"
Cells = tuple[str, ...]


def definitions(*elements: str, namespace: str = "urn:main") -> bytes:
    """Return a DMN file of these elements."""
    head = f'<definitions xmlns="{DMN}" name="m" namespace="{namespace}">'
    return f"{head}{''.join(elements)}</definitions>".encode()


def input_data(name: str, type_: str = "") -> str:
    return f'<inputData id="i_{name}" name="{name}"><variable name="{name}" typeRef="{type_}"/></inputData>'


def decision(name: str, box: str, *requires: str, type_: str = "") -> str:
    needs = "".join(
        f'<informationRequirement><required{"Input" if one.startswith("i_") else "Decision"} href="#{one}"/>'
        f"</informationRequirement>"
        for one in requires
    )
    variable = f'<variable name="{name}" typeRef="{type_}"/>'
    return f'<decision id="d_{name}" name="{name}">{variable}{needs}{box}</decision>'


def entry(name: str, box: str) -> str:
    return f'<contextEntry><variable name="{name}"/>{box}</contextEntry>'


def loop(kind: str, domain: str, result: str, text: str) -> str:
    inside = f"<in>{literal(domain)}</in><{result}>{literal(text)}</{result}>"
    return f'<{kind} iteratorVariable="r">{inside}</{kind}>'


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def table(
    policy: str, rules: list[tuple[Cells, Cells]], *, values: str = "", default: str = "", outputs: int = 1
) -> str:
    """Return a table about ``a`` (and ``b``), its rules as (inputs, outputs)."""
    names = ("a", "b")[: len(rules[0][0])]
    inputs = "".join(
        f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in names
    )
    output_values = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    fallback = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    clauses = "".join(
        f'<output name="o{place}">{output_values}{fallback}</output>' for place in range(outputs)
    )
    rows = "".join(
        f'<rule id="r{number}">'
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
        + "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in results)
        + "</rule>"
        for number, (cells, results) in enumerate(rules, start=1)
    )
    kind, _, aggregation = policy.partition("+")
    extra = f" aggregation={quoteattr(aggregation)}" if aggregation else ""
    return f'<decisionTable hitPolicy="{kind}"{extra}>{inputs}{clauses}{rows}</decisionTable>'


def model(*elements: str) -> DecisionModel:
    return read_model([("m.dmn", definitions(*elements))])


def decide(model_: DecisionModel, name: str = "d", fuel: int = 100_000, **inputs: Value) -> DecisionResult:
    now = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
    return model_.evaluate(name, inputs, Environment(now=now, fuel=fuel))


def about(box: str) -> DecisionModel:
    """Return a model of the inputs ``a`` and ``b`` and one decision."""
    return model(input_data("a"), input_data("b"), decision("d", box, "i_a", "i_b"))


OVERLAPPING: list[tuple[Cells, Cells]] = [
    (("> 0",), ('"low"',)),
    (("> 5",), ('"high"',)),
    (("> 5, 3",), ('"low"',)),
]


@pytest.mark.parametrize(
    ("policy", "a", "value"),
    [
        ("UNIQUE", 1, "low"),
        ("UNIQUE", 9, None),
        ("UNIQUE", 0, None),
        ("FIRST", 9, "low"),
        ("ANY", 3, "low"),
        ("ANY", 9, None),
        ("PRIORITY", 9, "high"),
        ("OUTPUT ORDER", 9, ["high", "low", "low"]),
        ("RULE ORDER", 9, ["low", "high", "low"]),
        ("COLLECT", 9, ["low", "high", "low"]),
        ("COLLECT", 0, []),
        ("COLLECT+COUNT", 9, 3),
        ("COLLECT+COUNT", 0, 0),
    ],
)
def test_what_a_hit_policy_makes_of_overlapping_rules(policy: str, a: int, value: Value) -> None:
    assert decide(about(table(policy, OVERLAPPING, values='"high", "low"')), a=a).value == value


@pytest.mark.parametrize(("kind", "value"), [("SUM", 30), ("MIN", 10), ("MAX", 20)])
def test_collect_reckons_with_numbers(kind: str, value: int) -> None:
    rules: list[tuple[Cells, Cells]] = [(("> 0",), ("a * 2",)), (("-",), ("a * 4",)), (("< 0",), ("0",))]
    assert decide(about(table(f"COLLECT+{kind}", rules)), a=5).value == value


def test_a_broken_hit_policy_names_the_rows() -> None:
    result = decide(about(table("UNIQUE", OVERLAPPING)), a=9)
    assert "rules 1 and 2 and 3 do (hit policy unique)" in result.warnings[0]
    assert result.tables[0].rules == (1, 2, 3)
    assert result.tables[0].rule_ids == ("r1", "r2", "r3")
    assert result.tables[0].inputs == (9,)


def test_two_inputs_two_outputs_and_a_default() -> None:
    rules: list[tuple[Cells, Cells]] = [(("[1..5]", '"x", "y"'), ("a", "b"))]
    two = about(table("UNIQUE", rules, default='"none"', outputs=2))
    assert decide(two, a=5, b="y").value == {"o0": 5, "o1": "y"}
    assert decide(two, a=6, b="y").value == {"o0": "none", "o1": "none"}


def test_each_decision_is_made_once_and_only_where_needed() -> None:
    graph = model(
        input_data("a"),
        decision("base", literal("for i in 1..100 return a"), "i_a"),
        decision("left", literal("count(base)"), "d_base"),
        decision("right", literal("sum(base)"), "d_base"),
        decision("d", literal("left + right"), "d_left", "d_right"),
        decision("unneeded", literal("for i in 1..9999, j in 1..9999 return i")),
    )
    assert decide(graph, a=2, fuel=1_200).value == 300


def test_a_decision_that_needs_itself_is_an_evaluation_error() -> None:
    circle = model(decision("d", literal("e"), "d_e"), decision("e", literal("d"), "d_d"))
    with pytest.raises(EvaluationError, match="needs itself"):
        decide(circle)


def test_a_long_chain_of_decisions_is_an_evaluation_error() -> None:
    chain = [decision(f"d{number}", literal(f"d{number + 1}"), f"d_d{number + 1}") for number in range(300)]
    with pytest.raises(EvaluationError, match="at most 100 decisions in a row"):
        decide(model(*chain, decision("d300", literal("1"))), "d0")
    assert decide(model(*chain, decision("d300", literal("1"))), "d210").value == 1


def test_a_service_that_calls_itself_ends() -> None:
    circle = model(
        '<decisionService id="s" name="serve"><variable name="serve"/>'
        '<outputDecision href="#d1"/></decisionService>',
        '<decision id="d1" name="d"><variable name="d"/><knowledgeRequirement><requiredKnowledge href="#s"/>'
        "</knowledgeRequirement>" + literal("serve()") + "</decision>",
    )
    with pytest.raises(EvaluationError, match="less deeply"):
        decide(circle)


def test_knowledge_that_calls_itself_in_deep_boxes_ends() -> None:
    inside = literal("k(x + 1)")
    for number in range(20):
        inside = f"<context>{entry(f'e{number}', inside)}</context>"
    logic = f'<encapsulatedLogic><formalParameter name="x"/>{inside}</encapsulatedLogic>'
    knowledge = (
        f'<businessKnowledgeModel id="k" name="k"><variable name="k"/>{logic}</businessKnowledgeModel>'
    )
    needs = '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
    endless = decision("d", needs + literal("k(1)"))
    with pytest.raises(EvaluationError, match="less deeply"):
        decide(model(knowledge, endless))


def test_knowledge_is_called_by_position_by_name_and_by_a_box() -> None:
    graph = model(
        '<businessKnowledgeModel id="k" name="net price"><variable name="net price"/><encapsulatedLogic>'
        '<formalParameter name="gross" typeRef="number"/><formalParameter name="rate" typeRef="number"/>'
        + literal("gross / (1 + rate)")
        + "</encapsulatedLogic></businessKnowledgeModel>",
        '<decision id="d1" name="d"><variable name="d"/><knowledgeRequirement><requiredKnowledge href="#k"/>'
        "</knowledgeRequirement>"
        + literal("net price(123, 0.23) + net price(rate: 0.5, gross: 3)")
        + "</decision>",
        '<decision id="d2" name="boxed"><variable name="boxed"/><knowledgeRequirement>'
        '<requiredKnowledge href="#k"/></knowledgeRequirement><invocation>'
        + literal("net price")
        + f'<binding><parameter name="rate"/>{literal("1")}</binding>'
        + f'<binding><parameter name="gross"/>{literal("8")}</binding></invocation></decision>',
    )
    assert decide(graph).value == 102
    assert decide(graph, "boxed").value == 4


def test_boxes_of_every_kind() -> None:
    rows = "".join(f"<row>{literal(n)}{literal(k)}</row>" for n, k in (("1", "2"), ("3", "4")))
    function = literal("if n = 0 then 1 else n * f(n - 1)")
    branches = f"<then>{literal('big[1].k')}</then><else>{literal('0')}</else>"
    results = "".join(map(literal, ("twice", "one", "chosen", "f(5)")))
    box = (
        "<context>"
        + entry("rows", f'<relation><column name="n"/><column name="k"/>{rows}</relation>')
        + entry("big", f"<filter><in>{literal('rows')}</in><match>{literal('n > 1')}</match></filter>")
        + entry("twice", loop("for", "rows", "return", "r.k * 2"))
        + entry("all", loop("every", "rows", "satisfies", "r.n > 0"))
        + entry("one", loop("some", "rows", "satisfies", "r.n > 9"))
        + entry("chosen", f"<conditional><if>{literal('all')}</if>{branches}</conditional>")
        + entry("f", f'<functionDefinition><formalParameter name="n"/>{function}</functionDefinition>')
        + f"<contextEntry><list>{results}</list></contextEntry>"
        + "</context>"
    )
    assert decide(model(decision("d", box))).value == [[4, 8], False, 4, 120]


def test_a_service_answers_from_what_it_is_given() -> None:
    graph = model(
        input_data("a", "number"),
        decision("inner", literal("1 / 0")),
        decision("out", literal("inner + a"), "d_inner", "i_a"),
        '<decisionService id="s" name="serve"><variable name="serve"/><outputDecision href="#d_out"/>'
        '<inputDecision href="#d_inner"/><inputData href="#i_a"/></decisionService>',
        '<decision id="d1" name="d"><variable name="d"/><knowledgeRequirement><requiredKnowledge href="#s"/>'
        "</knowledgeRequirement>" + literal("serve(inner: 40, a: 2)") + "</decision>",
    )
    assert decide(graph).value == 42
    assert decide(graph, "serve", inner=1, a=2).value == 3
    assert decide(graph, "out", a=2).value is None


def test_an_imported_file_lends_types_knowledge_and_decisions() -> None:
    other = definitions(
        '<itemDefinition name="tName"><typeRef>string</typeRef></itemDefinition>',
        decision("greeting word", literal('"Hello"')),
        namespace="urn:other",
    )
    main = definitions(
        '<import name="other" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>',
        input_data("a", "other.tName"),
        decision("d", literal('other.greeting word + " " + a'), "i_a").replace(
            "<informationRequirement>",
            '<informationRequirement><requiredDecision href="urn:other#d_greeting word"/>'
            "</informationRequirement><informationRequirement>",
            1,
        ),
    )
    linked = read_model([("main.dmn", main), ("other.dmn", other)])
    assert decide(linked, a="Ala").value == "Hello Ala"
    assert decide(linked, a=5).value is None


def test_what_does_not_compile_is_found_with_its_line_and_the_rest_still_decides() -> None:
    broken = model("\n\n", decision("bad", literal("1 +")), decision("d", literal("2")))
    assert [(finding.line, finding.file) for finding in broken.findings] == [(3, "m.dmn")]
    assert "expected an expression" in broken.findings[0].message
    assert decide(broken).value == 2
    assert decide(broken, "bad").value is None


def test_a_name_near_one_that_is_required_is_hinted_at_and_no_other() -> None:
    misspelt = model(input_data("income"), decision("d", literal("incmoe > 5 and other"), "i_income"))
    (slip,) = misspelt.findings
    assert (slip.rule, slip.severity) == ("dmn-name", Severity.HINT)
    assert "“incmoe”, but the decision requires no such thing; did you mean “income”?" in slip.message
    called = model(decision("d", literal("uper case(a)")))
    assert "did you mean “upper case”?" in called.findings[0].message


def test_an_unknown_decision_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean “approval”"):
        decide(model(decision("approval", literal("1"))), "aproval")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<definitions/>", "expected the definitions of a DMN 1.2 to 1.5 model"),
        (definitions().replace(b"20230324", b"20150101"), "20150101"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + definitions(), "document type"),
        (definitions()[:-5], "well-formed"),
        (b"", "empty"),
        (definitions("<list>" * 150 + "</list>" * 150), "at most 100 deep"),
    ],
)
def test_a_file_that_is_no_dmn_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InvalidDefinition, match=said):
        read_model([("m.dmn", content)])


def test_another_expression_language_is_found_and_never_guessed() -> None:
    juel = '<literalExpression expressionLanguage="juel"><text>a + 1</text></literalExpression>'
    written = '<literalExpression expressionLanguage="https://www.omg.org/spec/DMN/20230324/FEEL/">'
    feel = f"{written}<text>a + 1</text></literalExpression>"
    refused = about(juel)
    assert "expected an expression in FEEL, but it is in juel" in refused.findings[0].message
    assert decide(refused, a=1).value is None
    assert decide(about(feel), a=1).value == 2


def test_an_input_that_two_imports_lead_to_may_differ() -> None:
    def importing(*names: str) -> str:
        return "".join(
            f'<import importType="{DMN}" name="{name}" namespace="urn:{namespace}"/>'
            for name, namespace in (each.split(":") for each in names)
        )

    def requiring(name: str, text: str, *hrefs: str) -> str:
        needs = "".join(
            f'<informationRequirement><requiredDecision href="{href}"/></informationRequirement>'
            for href in hrefs
        )
        return decision(name, literal(text)).replace("<literalExpression>", f"{needs}<literalExpression>")

    hello = definitions(
        input_data("person"), decision("hello", literal('"Hello, " + person'), "i_person"), namespace="urn:a"
    )
    first, second = (
        definitions(
            importing("A:a"),
            requiring("said", f'"{kind} " + A.hello', "urn:a#d_hello"),
            namespace=f"urn:{kind}",
        )
        for kind in ("b", "c")
    )
    main = definitions(
        importing("B:b", "C:c"), requiring("d", "[B.said, C.said]", "urn:b#d_said", "urn:c#d_said")
    )
    model_ = read_model([("m.dmn", main), ("b.dmn", first), ("c.dmn", second), ("a.dmn", hello)])
    ala, jan = {"A": {"person": "Ala"}}, {"A": {"person": "Jan"}}
    assert decide(model_, B=ala, C=jan).value == ["b Hello, Ala", "c Hello, Jan"]
    assert decide(model_, person="Ola").value == ["b Hello, Ola", "c Hello, Ola"]


def test_a_knowledge_model_is_called_with_the_inputs_of_its_parameters() -> None:
    parameters = '<formalParameter name="a" typeRef="number"/><formalParameter name="b" typeRef="number"/>'
    logic = f"<encapsulatedLogic>{parameters}{literal('a - b')}</encapsulatedLogic>"
    knowing = model(
        f'<businessKnowledgeModel id="k" name="less"><variable name="less"/>{logic}</businessKnowledgeModel>'
    )
    assert decide(knowing, "less", b=1, a=5, c=9).value == 4
    assert decide(knowing, "less", a=5).warnings == ("less(): expected an argument “b”, but it is missing",)


def test_external_functions_are_found_and_never_called() -> None:
    box = '<functionDefinition kind="Java"><context/></functionDefinition>'
    external = model(decision("d", box))
    assert "written in JAVA" in external.findings[0].message
    assert decide(external).value is None


def test_numbers_stay_decimal() -> None:
    assert decide(about(literal("a * 0.1")), a=3).value == Decimal("0.3")

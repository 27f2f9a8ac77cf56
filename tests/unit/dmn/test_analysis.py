"""What is found in decision tables before they are deployed, and that each finding is shown by an input."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from decimal import Decimal
from random import Random  # noqa: TID251  # seeded: every run draws the same tables
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine.dmn import DecisionModel, analyse, read_model
from engine.feel import Environment, Value
from engine.model.records import Severity
from tests.unit.dmn.test_decisions import decision, definitions, input_data

Row = tuple[str, ...]


def table(policy: str, inputs: list[str], rows: Sequence[Row], *, values: str = "", default: str = "") -> str:
    """Return a table; each input is ``name`` or ``name: allowed values``, each row ends with its output."""
    clauses = ""
    for each in inputs:
        name, _, allowed = each.partition(": ")
        limits = f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else ""
        clauses += f"<input><inputExpression><text>{escape(name)}</text></inputExpression>{limits}</input>"
    output = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    output += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    rules = ""
    for number, (*cells, then) in enumerate(rows, start=1):
        entries = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
        rules += (
            f'<rule id="r{number}">{entries}<outputEntry><text>{escape(then)}</text></outputEntry></rule>\n'
        )
    head = f"<decisionTable hitPolicy={quoteattr(policy)}>{clauses}<output>{output}</output>"
    return f"{head}\n{rules}</decisionTable>"


def model(box: str, *elements: str) -> DecisionModel:
    return read_model(
        [
            (
                "t.dmn",
                definitions(
                    *elements, decision("d", box, *[f"i_{n}" for n in "ab"]), input_data("a"), input_data("b")
                ),
            )
        ]
    )


def found(box: str, *elements: str) -> list[tuple[str, str]]:
    """Return rule and message of each finding."""
    return [(finding.rule, finding.message) for finding in analyse(model(box, *elements))]


def test_an_overlap_names_the_rules_and_an_input_both_match() -> None:
    box = table(
        "UNIQUE",
        ["a", "b"],
        [("[1..5]", '"x"', "1"), ("> 5", "-", "2"), ("[5..9]", "-", "3"), ("< 5", "-", "4")],
    )
    findings = [each for each in analyse(model(box)) if each.rule == "dmn-overlap"]
    assert [(each.severity, each.file, each.element_id) for each in findings] == [
        (Severity.WARNING, "t.dmn", "d_d")
    ] * 3
    assert [each.message.partition("but ")[2] for each in findings] == [
        'rules 1 (r1) and 3 (r3) both match a = 5, b = "x" (hit policy unique)',
        'rules 1 (r1) and 4 (r4) both match a = 1, b = "x" (hit policy unique)',
        'rules 2 (r2) and 3 (r3) both match a = 6, b = "x" (hit policy unique)',
    ]
    assert [each.line for each in findings] == [4, 5, 4]


@pytest.mark.parametrize(
    ("inputs", "cells", "example"),
    [
        (["a"], ["< 1", "> 1"], "a = 1"),
        (["a"], ["<= 10", ">= 11"], "a = 10.5"),
        (["a"], ["[0..100]", "> 100"], "a = -1"),
        (["a: [0..100]"], ["< 50", "(50..100]"], "a = 50"),
        (["a: true, false"], ["true"], "a = false"),
        (["a"], ["false"], "a = true"),
        (['a: "x", "y", "z"'], ['"x"', '"z"'], 'a = "y"'),
        (['a: "x", "y", "z"'], ['not("x", "z")', '"x"'], 'a = "z"'),
        (["a"], ['< date("2026-01-01")', '> date("2026-01-02")'], 'a = @"2026-01-01"'),
        (["a"], ['<= @"P1D"', '>= @"P2D"'], 'a = @"P1DT12H"'),
        (["a"], ['<= @"P1M"', '>= @"P3M"'], 'a = @"P2M"'),
        (["a"], ["? < 3", "? between 4 and 9", "? > 9", "[3..3]"], "a = 3.5"),
    ],
)
def test_a_gap_is_shown_by_an_input_no_rule_matches(
    inputs: list[str], cells: list[str], example: str
) -> None:
    (finding,) = found(table("UNIQUE", inputs, [(cell, "1") for cell in cells]))
    assert finding == ("dmn-gap", f"no rule of “d” matches {example}, and there is no default")


@pytest.mark.parametrize(
    ("inputs", "cells"),
    [
        (["a"], ["< 1", ">= 1"]),
        (["a"], ['<= @"2026-01-01"', '>= @"2026-01-02"']),  # between two days there is none
        (["a"], ['<= @"P1M"', '>= @"P2M"']),
        (["a: [0..10]"], ["[0..5)", "[5..10]"]),
        (["a"], ['"x"', '"y"']),  # no table has a rule for every text
        (["a"], ["true", "false"]),
        (['a: "x", "y"'], ['not("x")', '"x"']),
    ],
)
def test_a_complete_table_of_separate_rules_has_no_finding(inputs: list[str], cells: list[str]) -> None:
    assert found(table("UNIQUE", inputs, [(cell, "1") for cell in cells])) == []


def test_a_default_output_fills_the_gaps_and_a_list_has_none() -> None:
    assert found(table("UNIQUE", ["a"], [("1", "1")], default="0")) == []
    assert found(table("COLLECT", ["a"], [("1", "1"), ("1", "2")])) == []


def test_under_first_a_rule_hidden_by_earlier_ones_is_unreachable() -> None:
    rows = [
        ("< 5", "-", "1"),
        (">= 5", "true", "2"),
        ("[2..8]", "true", "3"),
        ("-", "-", "4"),
        ("7", "false", "5"),
    ]
    first, second = found(table("FIRST", ["a", "b"], rows))
    assert first[0] == second[0] == "dmn-unreachable"
    assert "rule 3 (r3)" in first[1]
    assert "a = 2, b = true is decided by rule 1 (r1)" in first[1]
    assert "a = 7, b = false is decided by rule 4 (r4)" in second[1]


def test_a_rule_that_no_allowed_value_passes_never_matches() -> None:
    rows = [("[0..10]", "1"), ("> 10", "2"), ("[9..3]", "3")]
    assert [
        (rule, message.partition(",")[0]) for rule, message in found(table("UNIQUE", ["a: [0..10]"], rows))
    ] == [
        ("dmn-unreachable", "expected that rule 2 (r2) can match"),
        ("dmn-unreachable", "expected that rule 3 (r3) can match"),
    ]


def test_rules_that_match_together_must_agree_under_any() -> None:
    rows = [("< 5", "1"), ("[3..9]", "1.0"), ("[4..4]", "2"), ("> 9", "1 + a")]
    messages = [message for rule, message in found(table("ANY", ["a"], rows)) if rule == "dmn-contradiction"]
    assert ["rules 1 (r1) and 3 (r3)" in messages[0], "rules 2 (r2) and 3 (r3)" in messages[1]] == [
        True,
        True,
    ]
    assert all("a = 4" in message for message in messages)
    assert len(messages) == 2


def test_under_priority_only_outputs_without_an_order_contradict() -> None:
    rows = [("-", '"low"'), ("> 5", '"high"')]
    assert found(table("PRIORITY", ["a"], rows, values='"high", "low"')) == []
    ((rule, message),) = found(table("PRIORITY", ["a"], rows))
    assert (rule, "a = 6" in message) == ("dmn-contradiction", True)


def test_cells_out_of_reach_make_a_table_partly_analysed_and_claim_nothing() -> None:
    rows = [("> b", "1"), ("5", "2"), ("[1..5]", "3")]
    partly, overlap = found(table("UNIQUE", ["a"], rows))
    assert partly == (
        "dmn-partly-analysed",
        "the table of “d” is analysed only in part: not its rules 1 (r1)",
    )
    assert "rules 2 (r2) and 3 (r3)" in overlap[1]  # and no gap: rule 1 may match all the rest


def test_inputs_that_read_the_same_variable_are_not_taken_for_independent() -> None:
    rows = [("< 5", "> 20", "1"), ("3", "> 9", "2")]
    assert {rule for rule, _ in found(table("UNIQUE", ["a", "a * 2"], rows))} == {"dmn-partly-analysed"}
    # written twice, an input is one: no value is below 3 and above 4
    assert found(table("UNIQUE", ["a", "a"], [("< 3", "-", "1"), (">= 3", "-", "2"), ("< 3", "> 4", "3")]))[
        0
    ] == (
        "dmn-unreachable",
        "expected that rule 3 (r3) can match, but no allowed value of a passes it",
    )


def test_allowed_values_of_an_item_definition_count() -> None:
    item = (
        '<itemDefinition name="tLevel"><typeRef>tAny</typeRef><allowedValues><text>"low", "high"</text>'
        "</allowedValues></itemDefinition>"
        '<itemDefinition name="tAny"><typeRef>string</typeRef></itemDefinition>'
        '<itemDefinition name="tPerson"><itemComponent name="level"><typeRef>tLevel</typeRef></itemComponent>'
        "</itemDefinition>"
    )
    person = '<inputData id="i_p" name="p"><variable name="p" typeRef="tPerson"/></inputData>'
    box = table("UNIQUE", ["p.level"], [('"low"', "1")])
    content = definitions(item, person, decision("d", box, "i_p"))
    ((rule, message),) = [(each.rule, each.message) for each in analyse(read_model([("t.dmn", content)]))]
    assert (rule, 'p.level = "high"' in message) == ("dmn-gap", True)


def test_a_table_too_large_for_the_budget_is_said_to_be_not_analysed() -> None:
    box = table("UNIQUE", ["a", "b"], [(f"[{n}..{n + 1})", f"> {n}", "1") for n in range(100)])
    (finding,) = analyse(model(box), budget=500)
    assert (finding.rule, finding.severity) == ("dmn-not-analysed", Severity.HINT)


def test_the_worst_tables_end_soon() -> None:
    random = Random(7)
    letters = "ab"
    started = time.process_time()
    for policy in ("UNIQUE", "FIRST", "ANY"):
        rows = [
            (f"not({random.randint(0, 99)})", f"not({random.randint(0, 99)})", str(n)) for n in range(400)
        ]
        analyse(model(table(policy, list(letters), rows)))
    assert time.process_time() - started < 20


def random_table(random: Random) -> tuple[str, str]:
    def cell() -> str:
        low = random.randint(0, 4)
        high = low + random.randint(0, 4)
        return random.choice(
            (
                "-",
                str(low),
                f"< {low}",
                f">= {low}",
                f"[{low}..{high}]",
                f"({low}..{high})",
                f"not({low})",
                f"{low}, > {high}",
            )
        )

    policy = random.choice(("UNIQUE", "FIRST", "ANY"))
    rows = [(cell(), cell(), str(random.randint(1, 2))) for _ in range(random.randint(1, 5))]
    return policy, table(policy, ["a", "b"], rows)


def rules_for(made: DecisionModel, a: Value, b: Value) -> tuple[int, ...]:
    environment = Environment(now=dt.datetime(2026, 12, 17, tzinfo=dt.UTC))
    return made.evaluate("d", {"a": a, "b": b}, environment).tables[0].rules


def test_findings_are_those_of_trying_every_input() -> None:
    """All inputs that can make a difference are tried: the whole numbers up to 9 and the halves between."""
    random = Random(20261217)
    grid = [number / 2 for number in range(-2, 20)]
    for _ in range(30):
        policy, box = random_table(random)
        made = model(box)
        matched = [rules_for(made, Decimal(str(a)), Decimal(str(b))) for a in grid for b in grid]
        kinds = [finding.rule for finding in analyse(made)]
        assert ("dmn-gap" in kinds) == (() in matched), box
        if policy == "UNIQUE":
            pairs = {(one, other) for rules in matched for one in rules for other in rules if one < other}
            assert kinds.count("dmn-overlap") == min(len(pairs), 10), box
        if policy == "FIRST":
            deciding = {rules[0] for rules in matched if rules}
            assert kinds.count("dmn-unreachable") == len(random_rules(made)) - len(deciding), box


def random_rules(made: DecisionModel) -> tuple[object, ...]:
    box = made.main()[0].elements[0].box  # type: ignore[union-attr]
    return box.rules  # type: ignore[union-attr]

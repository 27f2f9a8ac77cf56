"""The allowed output values of decision tables (DMN 1.5 §8.2.8, §8.3.3): priority, checks, defaults, null."""

from __future__ import annotations

import pytest

from engine.dmn import DecisionModel, analyse
from engine.feel import Value
from tests.unit.dmn.test_decisions import Cells, about, decide, table

GRADES = '"good", "fair", "poor"'


def graded(policy: str, *results: str, values: str = GRADES, default: str = "") -> DecisionModel:
    """Return a table whose rules match from 1, 2, 3 … on, with one result each."""
    rules: list[tuple[Cells, Cells]] = [
        ((f">= {least}",), (text,)) for least, text in enumerate(results, start=1)
    ]
    return about(table(policy, rules, values=values, default=default))


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY", "PRIORITY"])
def test_an_output_that_is_not_allowed_is_null_and_says_the_rule(policy: str) -> None:
    result = decide(graded(policy, '"bad"'), a=1)
    assert result.value is None
    assert result.warnings == (f"output “o0” of rule 1: expected one of {GRADES}, but got something else",)


def test_in_a_list_of_results_only_what_is_not_allowed_is_null() -> None:
    assert decide(graded("RULE ORDER", '"fair"', '"bad"', '"good"'), a=9).value == ["fair", None, "good"]


@pytest.mark.parametrize(
    ("values", "best", "order"),
    [
        ('"good", "fair", "poor"', "good", ["good", "fair", "poor"]),
        ('"poor", "good", "fair"', "poor", ["poor", "good", "fair"]),
    ],
)
def test_the_order_of_the_allowed_values_is_their_priority(values: str, best: str, order: list[str]) -> None:
    rules = ('"fair"', '"poor"', '"good"')
    assert decide(graded("PRIORITY", *rules, values=values), a=9).value == best
    assert decide(graded("OUTPUT ORDER", *rules, values=values), a=9).value == order


def test_allowed_values_that_are_tests_rank_by_the_first_one_passed() -> None:
    assert decide(graded("PRIORITY", "a", "a + 5", values="[10..99], < 10"), a=6).value == 11
    assert decide(graded("OUTPUT ORDER", "50", "5", "70", values="< 10, >= 10"), a=9).value == [5, 50, 70]


def test_the_first_output_decides_before_the_second() -> None:
    rules: list[tuple[Cells, Cells]] = [(("-",), ("2", "1")), (("-",), ("1", "2")), (("-",), ("1", "1"))]
    two = about(table("OUTPUT ORDER", rules, values="1, 2", outputs=2))
    assert decide(two, a=0).value == [{"o0": 1, "o1": 1}, {"o0": 1, "o1": 2}, {"o0": 2, "o1": 1}]


@pytest.mark.parametrize(("values", "value"), [(GRADES, None), (f"{GRADES}, null", None)])
def test_a_null_output_stays_null_without_a_complaint(values: str, value: Value) -> None:
    result = decide(graded("UNIQUE", "null", values=values), a=1)
    assert (result.value, result.warnings) == (value, ())


def test_the_default_is_for_no_match_and_must_be_allowed_too() -> None:
    assert decide(graded("UNIQUE", '"good"', default='"poor"'), a=0).value == "poor"
    refused = decide(graded("UNIQUE", '"good"', default='"bad"'), a=0)
    assert refused.value is None
    assert "output “o0” of the default: expected one of" in refused.warnings[0]


def test_a_list_is_allowed_where_each_of_its_items_is() -> None:
    assert decide(graded("UNIQUE", '["good", "poor"]'), a=1).value == ["good", "poor"]
    assert decide(graded("UNIQUE", '["good", "bad"]'), a=1).value is None


def test_a_rule_that_can_only_say_what_is_not_allowed_is_found_before_it_is_asked() -> None:
    findings = analyse(graded("FIRST", '"bad"', 'if a > 5 then "good" else "bad"', '"fair"'))
    (found,) = [each for each in findings if each.rule == "dmn-output"]
    assert found.message == f"expected rule 1 (r1) to say one of {GRADES}, but it says something else"
    assert [each.rule for each in analyse(graded("COLLECT", "[1]", "null", "2", values="[1..2]"))] == []

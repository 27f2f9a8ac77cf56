"""Types as the text tells them: never another than the value has."""

from __future__ import annotations

import datetime as dt
from random import Random  # noqa: TID251  # seeded: every run asks the same

import pytest

from engine.errors import EvaluationError
from engine.feel import FeelType, compile_expression, kind_of, type_of
from engine.feel.builtins import BUILT_INS
from engine.feel.inference import _RESULTS
from tests.unit.feel.feeling import environment
from tests.unit.feel.fuzzing import SCOPE, SEED, sentence

KNOWN = {
    "n": FeelType("number"),
    "day": FeelType("date"),
    "case": FeelType("context", members={"open": FeelType("boolean")}),
    "cases": FeelType("list", item=FeelType("context", members={"open": FeelType("boolean")})),
}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("= 1 + n", "number"),
        ("1 + unknown", "Any"),
        ("unknown", "Any"),
        ("null", "null"),
        ("if unknown then 1 else null", "number"),
        ('if unknown then 1 else "a"', "Any"),
        ("unknown > 1", "boolean"),
        ("every c in cases satisfies c.open", "boolean"),
        ("case.open", "boolean"),
        ("cases[1].open", "boolean"),
        ("cases[open = true].open", "list<boolean>"),
        ("cases[unknown]", "Any"),
        ("[1, 2][-1]", "number"),
        ('[1, "a"][1]', "Any"),
        ("for c in cases return c.open", "list<boolean>"),
        ("for i in 1..3 return i", "list<Any>"),
        ("{a: n, b: a * 2}.b", "number"),
        ("(function(a: number) a > 1)(unknown)", "boolean"),
        ("upper case(unknown)", "string"),
        ("unknown(1)", "Any"),
        ('day + @"P1M"', "date"),
        ("day - today()", "days and time duration"),
        ("day + today()", "Any"),
        ('@"P1Y" / @"P1M"', "number"),
        ('@"P1D" * n', "days and time duration"),
        ('@"nonsense"', "Any"),
        ("-case", "Any"),
        ("[1..n]", "range"),
    ],
)
def test_the_type_of_an_expression(source: str, kind: str) -> None:
    assert str(type_of(source, KNOWN)) == kind


def test_whatever_an_expression_comes_to_is_of_the_type_told() -> None:
    random = Random(SEED)
    told = 0
    for _ in range(1_500):
        source = sentence(random, 3)
        try:
            kind = type_of(source, {}).kind
            value = compile_expression(source).evaluate(SCOPE, environment(2_000))
        except EvaluationError:
            continue
        if value is None or kind == "Any":
            continue
        assert kind_of(value) == kind, source
        told += 1
    assert told > 150


def test_the_results_of_all_functions_but_a_few_are_known() -> None:
    assert BUILT_INS.keys() - _RESULTS.keys() == {"abs", "duration", "get value", "max", "min", "sum"}
    assert _RESULTS.keys() <= BUILT_INS.keys()


def test_a_date_is_no_instant() -> None:
    assert type_of("today()", {}).holds(dt.date(2026, 12, 24))
    assert not type_of("today()", {}).holds(dt.datetime(2026, 12, 24, tzinfo=dt.UTC))

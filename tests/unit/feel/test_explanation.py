"""Explanations: the parts of an expression with their values; and trees written back to text."""

from __future__ import annotations

import copy
import datetime as dt
from random import Random  # noqa: TID251  # seeded: every run throws the same
from typing import Any

import pytest

from engine.errors import InvalidExpression
from engine.feel import Value, explain
from engine.feel.explanation import MAX_CHARACTERS, MAX_PARTS, shortened
from engine.feel.expression import tree_of
from engine.feel.writing import write
from tests.unit.feel.feeling import environment
from tests.unit.feel.fuzzing import SCOPE, expressions, sentence


def why(source: str, **variables: Value) -> list[tuple[str, str]]:
    return [(part.text, part.value) for part in explain(source, variables, environment())]


@pytest.mark.parametrize(
    ("source", "variables", "parts"),
    [
        ("approved", {"approved": True}, []),
        (
            '= amount > 100 or status = "ok"',
            {"amount": 5, "status": "new"},
            [("amount", "5"), ("amount > 100", "false"), ("status", '"new"'), ('status = "ok"', "false")],
        ),
        ("a.b > a.c + 1", {"a": {"b": 3, "c": 1}}, [("a.b", "3"), ("a.c", "1"), ("a.c + 1", "2")]),
        (
            "count(items[item > 2]) = 1",
            {"items": [1, 2, 3]},
            [("items[item > 2]", "[3]"), ("count(items[item > 2])", "1")],
        ),
        (
            'due < date("2026-12-24")',
            {"due": dt.date(2026, 12, 17)},
            [("due", '@"2026-12-17"'), ('date("2026-12-24")', '@"2026-12-24"')],
        ),
        (
            "not(every x in xs satisfies x > y)",
            {"xs": [1], "y": 0},
            [("every x in xs satisfies x > y", "true")],
        ),
        (
            "x = x and x in [1..limit]",
            {"x": 2, "limit": 3},
            [("x", "2"), ("x = x", "true"), ("limit", "3"), ("x in [1..limit]", "true")],
        ),
        ("missing.name = null", {}, [("missing.name", "null")]),
    ],
)
def test_parts_come_in_order_with_their_values(
    source: str, variables: dict[str, Value], parts: list[tuple[str, str]]
) -> None:
    assert why(source, **variables) == parts


def test_what_was_decided_without_is_no_part() -> None:
    assert why("a != null and a.b > 3", a=None) == [("a", "null"), ("a != null", "false")]
    assert why("a > 1 or b > 1", a=2, b=5) == [("a", "2"), ("a > 1", "true")]


def test_an_explanation_is_bounded_and_quiet() -> None:
    many = " and ".join(f"v{number} > 0" for number in range(60))
    assert len(why(many, **dict.fromkeys((f"v{number}" for number in range(60)), 1))) == MAX_PARTS
    surroundings = environment()
    surroundings.warn("an earlier one")
    explain('1 + "a" = missing', {}, surroundings)
    assert surroundings.warnings == ["an earlier one"]


def test_deep_expressions_are_explained_as_far_as_they_are_shallow() -> None:
    """Never by catching a RecursionError: where it strikes depends on who calls."""
    chain = " + ".join(f"v{number}" for number in range(200))
    parts = why(f"{chain} > 0", **{f"v{number}": number for number in range(200)})
    assert ("v199", "199") in parts
    assert len(why("-(" * 40 + "a + b" + ")" * 40, a=1, b=2)) <= MAX_PARTS


def test_an_explanation_ends_where_its_budget_does() -> None:
    parts = explain("a > 1 and count(for i in 1..9999 return i) > a", {"a": 2}, environment(fuel=50))
    assert [part.text for part in parts] == ["a", "a > 1"]


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_000,
        ["y"] * 100_000,
        {str(number): number for number in range(10_000)},
        [["z" * 300] * 9] * 9,
        10**33,
    ],
)
def test_long_values_are_cut(value: Any) -> None:
    text = shortened(value)
    assert len(text) == (MAX_CHARACTERS if not isinstance(value, int) else 34)
    assert text.endswith("…") or isinstance(value, int)


def test_half_a_surrogate_pair_can_be_stored() -> None:
    ((text, value), *_) = why(r'"\uD800" + a = "x"', a="b")[1:]
    assert (text + value).encode("utf-8")


@pytest.mark.parametrize(
    "source",
    [
        "(a + b) * c - d ** -e", "a - (b - c)", "a and (b or c) and not(d)", "(a = b) = c", "a = (b = c)",
        "(if a then b else c) + 1", "x between 1 and y + 2", 'x in (> 5, "a", [1..3))', "x in [1, 2]",
        "(a + b).c[d = 1](e, f)", "f(a: 1, b: 2)", "{a: 1, \"b c\": a + 1}", "[-1, - a, -(a + 1)]",
        "for i in 1..n, j in xs return i + j", "some x in xs satisfies x > 1 and y",
        "every x in xs satisfies x",
        "function(a, b: list<number>) a + b", "x instance of context<a: number, b: function<string> -> Any>",
        '@"2026-12-24" < due', r'"a\"b\n" = c', "(< 5)", "x = (>= 1)", "(a < b) and (b < c)", "null",
    ],
)  # fmt: skip
def test_a_tree_is_written_as_it_is_read(source: str) -> None:
    written = write(tree_of(source))
    assert bare(tree_of(written)) == bare(tree_of(source))
    assert write(tree_of(written)) == written


def bare(node: Any) -> Any:
    """Return a tree without its positions."""
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if hasattr(node, "__dataclass_fields__"):
        inside = (name for name in node.__dataclass_fields__ if name != "position")
        return (type(node).__name__, *(bare(getattr(node, name)) for name in inside))
    return (type(node).__name__, node)


def test_whatever_can_be_read_is_written_as_it_reads() -> None:
    random = Random(5)
    tried = 0
    for _ in range(1_500):
        source = sentence(random, 3)
        try:
            tree = tree_of(source)
        except InvalidExpression:
            continue
        written = write(tree)
        if len(written) <= 4_000:  # 1E-6000 is short to read only
            tried += 1
            assert bare(tree_of(written)) == bare(tree), source
    assert tried > 700


def test_explaining_fails_for_nothing_that_compiles() -> None:
    before = copy.deepcopy(SCOPE)
    for source in expressions(500):
        try:
            tree_of(source)
        except InvalidExpression:
            continue
        parts = explain(source, SCOPE, environment(fuel=5_000))
        assert len(parts) <= MAX_PARTS
        assert all(len(text) <= MAX_CHARACTERS and len(value) <= MAX_CHARACTERS for text, value in parts)
    assert before == SCOPE

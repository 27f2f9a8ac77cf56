"""The language itself: names, literals, operators, three-valued logic, lists, loops, functions, types."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from engine.errors import InvalidExpression
from engine.feel import Value, YearsMonthsDuration, compile_expression, compile_unary_tests, is_name
from tests.unit.feel import feeling
from tests.unit.feel.feeling import feel, passes, warnings_of

D = Decimal


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-3 ** 2", 9),  # negation binds tighter (rule 4)
        ("3 ** 4 ** 2", 6561),
        ("10 - 4 - 3", 3),
        ("7 / 2", D("3.5")),
        ("6 / 2", 3),
        ("1 / 3", D("0.3333333333333333333333333333333333")),
        ("0.1 + 0.2", D("0.3")),
        (".5 + 1.5e2", D("150.5")),
        ("9999999999999999999999999999999999 + 1", D("1E34")),
        ('"a" + "b"', "ab"),
        ("// a comment\n1 /* and another */ + 1", 2),
        ("= 1 + 1", 2),
        ('"\\u0105\\U01F600\\t\\"\\d"', 'ą😀\t"\\d'),
        ('"\\uD83D\\uDE00"', "😀"),
    ],
)
def test_arithmetic_and_literals(source: str, value: Value) -> None:
    found = feel(source)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("true and null", None),
        ("false and null", False),
        ("null or true", True),
        ("null or false", None),
        ('false or "x"', None),
        ('true or "x"', True),
        ("null = null", True),
        ("1 = null", False),
        ("null < 1", None),
        ('1 = "1"', None),
        ("1.0 = 1", True),
        ("[1, {a: [2]}] = [1.0, {a: [2]}]", True),
        ("5 between 1 and 5 and true", True),
        ("5 between null and 6", None),
        ("5 between null and 4", False),
        ("5 between 6 and null", False),
        ("5 in (1, 5)", True),
        ("5 in (> 3, < 1)", True),
        ("5 in (1..5)", False),
        ("5 in ]1..5]", True),
        ("5 in [1..5[", False),
        ("5 in > 3", True),
        ("5 in [1, 2, 5]", True),
        ("5 in [[1..3], [5..6]]", True),
        ("5 in [[5]]", False),
        ("[5] in [[5]]", True),
        ("not(null)", None),
        ("if null then 1 else 2", 2),
        ('"b" > "a"', True),
    ],
)
def test_three_valued_logic(source: str, value: Value) -> None:
    assert feel(source) is value or feel(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[{a: 1, b: 2}, {a: 2}][a = 1].b", [2]),
        ("[{item: 1}, {item: 5}][item > 2]", [{"item": 5}]),
        ("100[1]", 100),
        ("null[true]", [None]),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"a b": 1}.a b', 1),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in [1..3) return i", [1, 2]),
        ("for i in 1..3, j in i..3 return i * j", [1, 2, 3, 4, 6, 9]),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", [1, 1, 2, 6, 24]),
        ("for i in 1..3 return partial", [[], [[]], [[], [[]]]]),
        ("for i in 1..3 return {p: partial}[1].p", [[], [[]], [[], [[]]]]),
        ("count(for i in 1..7000 return if i = 1 then i else partial[-1])", 7000),
        ('for d in @"2026-01-30"..@"2026-02-01" return d.day', [30, 31, 1]),
        ("some x in [1, 2], y in [2, 3] satisfies x = y", True),
        ("every x in [] satisfies false", True),
        ("every x in [true, null] satisfies x", None),
        ("some x in [null, true] satisfies x", True),
        ("(function(a, b: number) a - b)(b: 1, a: 5)", 4),
        ("{fib: function(n) if n < 2 then n else fib(n - 1) + fib(n - 2), r: fib(10)}.r", 55),
        ("{f: function(a: string) a, r: f(1)}.r", None),
        ("{f: function(a: number) a, r: f([1])}.r", 1),
        ("sort([3, 1, 2], function(a, b) a > b)", [3, 2, 1]),
    ],
)
def test_lists_contexts_loops_and_functions(source: str, value: Value) -> None:
    assert feel(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("null instance of Any", False),
        ("1 instance of number", True),
        ("[1, 2] instance of list<number>", True),
        ('[1, "2"] instance of list<number>', False),
        ("{a: null} instance of context<a: string>", True),
        ("{} instance of context<a: string>", False),
        ("[1..2] instance of range<number>", True),
        ('@"P1D" instance of days and time duration', True),
        ('@"P1M" instance of days and time duration', False),
        ("(function(a: number) a) instance of function<number> -> Any", True),
        ("(function(a: number) a) instance of function<string> -> Any", False),
        ("true instance of number", False),
    ],
)
def test_types(source: str, value: bool) -> None:
    assert feel(source) is value


def test_names_may_hold_spaces_keywords_and_operators() -> None:
    scope: dict[str, Value] = {
        "first name": "Ala",
        "a-b": 7,
        "a": 9,
        "b": 1,
        "days in month": 31,
        "Item 1": "x",
        "date": dt.date(2026, 1, 1),
    }
    names = scope.keys()
    assert feel("first   name", scope) == "Ala"
    assert feel("a-b", scope, names) == 7
    assert feel("a - b", scope, names) == 8
    assert feel("a-b", scope) == 8
    assert feel("days in month > 30", scope, names) is True
    assert feel("Item 1", scope) == "x"
    assert feel('date > @"2025-12-31" and date("2026-02-01") > date', scope, names) is True
    assert feel('date and time("2026-01-01T00:00:00").year', scope, names) == 2026


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("kwota", True),
        ("żółw_2", True),
        ("first name", True),
        ("a-b", True),
        ("?", False),
        ("2a", False),
        ("if", False),
        ("a(b", False),
        ("", False),
        (" a", False),
        ("a\n", False),
        ('"a"', False),
    ],
)
def test_what_can_name_a_variable(text: str, answer: bool) -> None:
    assert is_name(text) is answer


@pytest.mark.parametrize(
    ("source", "variables", "uncertain"),
    [
        ("a + b.c", {"a", "b"}, set()),
        ("for x in items return x + y", {"items", "y"}, set()),
        ("{a: 1, b: a + c}.b", {"c"}, set()),
        ("items[price > limit]", {"items"}, {"price", "limit"}),
        ("count(items) + now().year", {"items"}, set()),
        ("function(x) x + z", {"z"}, set()),
        ("unknown(1)", {"unknown"}, set()),
    ],
)
def test_the_variables_an_expression_reads(source: str, variables: set[str], uncertain: set[str]) -> None:
    expression = compile_expression(source)
    assert expression.variables == variables
    assert expression.uncertain == uncertain


def test_a_filters_names_are_variables_when_they_are_known() -> None:
    assert compile_expression("items[price > limit]", {"limit", "items"}).variables == {"items", "limit"}


def test_what_is_constant() -> None:
    assert compile_expression("1 + count([1])").constant
    assert not compile_expression("today()").constant
    assert not compile_expression("a").constant
    assert not compile_expression('is working day(@"2026-12-24")').constant
    assert not compile_unary_tests("> 5").constant


@pytest.mark.parametrize(
    ("cell", "value", "answer"),
    [
        ("-", None, True),
        ("< 5", 4, True),
        ("< 5", None, None),
        ("1, 2, [5..7]", 6, True),
        ("not(1, 2)", 3, True),
        ("not(1, 2)", 2, False),
        ('"a", "b"', "b", True),
        ("? > 3 and ? < 5", 4, True),
        ('contains(?, "x")', "axb", True),
        ("[1, 2]", 2, True),
        ("true", False, False),
        ("null", None, True),
        ("limit", 10, True),
        ("not(true)", False, True),
        ("[10..]", 12, InvalidExpression),
    ],
)
def test_unary_tests(cell: str, value: Value, answer: object) -> None:
    if answer is InvalidExpression:
        with pytest.raises(InvalidExpression):
            passes(cell, value)
    else:
        assert passes(cell, value, {"limit": 10}) is answer


@pytest.mark.parametrize(
    ("source", "position", "said"),
    [
        ("1 +", 3, "expected an expression, but found the end"),
        ("[1, 2", 5, "expected “]”"),
        ('"abc', 0, "closing quotation mark"),
        ("if a then b", 11, "expected “else”"),
        ("a ! b", 2, "“!” has no meaning"),
        ("for x in return 1", 9, "found “return”"),
        ("f(a: 1, 2)", 8, "all arguments with a name or none"),
        ("x instance of tNothing", 14, "no “tNothing”"),
        ("{a: 1, a: 2}", 7, "“a” is there twice"),
        ('function() external {java: {class: "x"}}', 11, "external functions are not allowed"),
        ("1e9999", 0, "too large"),
    ],
)
def test_a_syntax_error_says_where_and_what(source: str, position: int, said: str) -> None:
    with pytest.raises(InvalidExpression) as caught:
        compile_expression(source)
    assert said in str(caught.value)
    assert f"(at position {position + 1})" in str(caught.value)
    assert (caught.value.position, caught.value.source) == (position, source)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 + nothing", "there is no “nothing” (at position 5)"),
        ("1 / 0", "expected a divisor other than 0, but got 0 (at position 3)"),
        ('"a" * 2', "but got string and number"),
        ('substring("abc", 9.5, true)', "substring(): expected number, but got boolean for “length”"),
        ("{a: 1}.b", "expected an entry “b”, but the context has none"),
        ("cuont([1])", "expected a function, but there is no “cuont”; did you mean “count”? (at position 1)"),
        (
            "amuont + 1",
            "expected a variable, but there is no “amuont”; did you mean “amount”? (at position 1)",
        ),
        ("{total: 1, r: totl + 1}.r", "there is no “totl”; did you mean “total”?"),
        ("[{price: 1}][prcie > 0] and null", "there is no “prcie”; did you mean “price”?"),
        ("stauts", "there is no “stauts”; did you mean “status”?"),
        ('@"2026-02-30"', "2026-02-30 is none"),
    ],
)
def test_null_comes_with_the_reason(source: str, said: str) -> None:
    scope: dict[str, Value] = {"status": "ok", "amount": 7}
    assert any(said in warning for warning in warnings_of(source, scope)), warnings_of(source, scope)


def test_a_suggestion_is_made_once_and_only_where_the_budget_suffices() -> None:
    many: dict[str, Value] = {f"amount{number}": number for number in range(500)}
    surroundings = feeling.environment()
    compile_expression("for i in 1..3 return amonut1").evaluate(many, surroundings)
    assert ["did you mean" in warning for warning in surroundings.warnings] == [True, False, False]
    poor = feeling.environment(fuel=100)
    assert compile_expression("amonut1").evaluate(many, poor) is None
    assert poor.warnings == ["expected a variable, but there is no “amonut1” (at position 1)"]


def test_values_keep_their_types() -> None:
    assert feel("2 ** 3") == 8
    assert type(feel("2 ** 3")) is int
    assert feel('duration("P14M")') == YearsMonthsDuration(14)
    assert type(feel("1.50")) is Decimal


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("x in [1..3] and y", False),
        ("x in [1..3] or y", True),
        ("y or x in (1..3]", True),
        ('"b" in ["a", "b"] and y', False),
        ("some q in [1, 2] satisfies q in [2..3] and q > 1", True),
    ],
)
def test_a_condition_goes_on_behind_the_test_of_in(source: str, value: bool) -> None:
    assert feel(source, {"x": 2, "y": False}) is value

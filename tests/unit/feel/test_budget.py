"""The limits of security.md §5: whatever an expression does, it ends, and at the same place everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from engine.errors import EvaluationError, InvalidExpression
from engine.feel import Environment, Expression, Value, compile_expression
from engine.feel.parser import parse_expression
from tests.unit.feel.feeling import NOW, environment, feel


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("every i in 1..9999, j in 1..9999 satisfies i > 0", "too many steps"),
        ("{f: function(n) f(n + 1), r: f(0)}", "less deeply"),
        ("{f: function(n) sort([2, 1], function(a, b) f(n)), r: f(0)}", "less deeply"),
        ("{a: for i in 1..9999 return i, b: concatenate(a, a)}", "at most 10000 items"),
        ("for i in 1..9999, j in 1..3 return i", "at most 10000 items"),
        ('{a: for i in 1..9999 return "xxxxxxxx", b: string join(a)}', "at most 65536 characters"),
        ("for i in 1..30 return [partial[-1], partial[-1]]", "parts"),
        ("{a: for i in 1..30 return [partial[-1], partial[-1]], b: string(a)}.b", "too many steps"),
        (
            "{a: for i in 1..30 return [partial[-1], partial[-1]],"
            " b: for i in 1..30 return [partial[-1], partial[-1]], c: a = b}.c",
            "too many steps",
        ),
        ("{a: for i in 1..200 return [partial[-1]], b: a[-1] = a[-2]}.b", "too large"),
    ],
)
def test_what_costs_too_much_is_an_evaluation_error(source: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        feel(source)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1" + " " * 4000, "at most 4000 characters"),
        ("+".join(["1"] * 260), "at most 500 parts"),
        ("a" + ".a" * 260, "at most 240 deep"),
        ("-" * 260 + "a", "at most 240 deep"),
        ("(" * 51 + "1" + ")" * 51, "at most 50 levels"),
        ("[" * 2000 + "]" * 2000, "at most 50 levels"),
        ("1 instance of " + "list<" * 60 + "Any" + ">" * 60, "at most 50 levels"),
    ],
)
def test_what_is_too_large_does_not_compile(source: str, said: str) -> None:
    with pytest.raises(InvalidExpression, match=said):
        compile_expression(source)


def below(frames: int, work: Callable[[], object]) -> object:
    """Do something that many frames further down the stack."""
    return below(frames - 1, work) if frames else work()


@pytest.mark.parametrize(
    "source",
    [
        "(" * 48 + "1" + ")" * 48,
        "[" * 48 + "1" + "]" * 48,
        "{a: " * 45 + "1" + "}" * 45,
        "if true then " * 48 + "1" + " else 2" * 48,
        "for a in 1 return " * 48 + "1",
        "+".join(["1"] * 235),
        "-" * 230 + "a",
        "a" + ".a" * 230,
        "{f: function(n) f(n + 1), r: f(0)}",
        "{f: function(n) f(n: n), r: f(0)}",
        "{f: function(n) sort([2, 1], function(a, b) f(n)), r: f(0)}",
        "{f: function(n) for i in [1], j in i return [1][f(n)], r: f(0)}",
        "{f: function(n) " + "-" * 150 + "f(n), r: f(0)}",
        "{f: function(n) list replace([1], function(a, b) some i in [f(n)] satisfies i, 1), r: f(0)}",
    ],
)
def test_the_limits_do_not_depend_on_where_in_the_stack_an_expression_is(source: str) -> None:
    def outcome() -> str:
        tree = parse_expression(source)
        try:
            return repr(Expression(source, tree, frozenset(), {}).evaluate({}, environment()))
        except EvaluationError as problem:
            return str(problem)

    assert below(2_500, outcome) == outcome()


def test_the_limits_themselves_are_allowed() -> None:
    assert feel("+".join(["1"] * 235)) == 235
    assert feel("(" * 49 + "1" + ")" * 49) == 1
    assert feel("for i in 1..10000 return i")[-1] == 10_000  # type: ignore[index]
    assert feel("{f: function(n) if n = 0 then 0 else f(n - 1), r: f(60)}.r") == 0


def test_numbers_stay_within_34_digits_and_their_exponents() -> None:
    for source in ("10 ** 10 ** 10 ** 10 ** 10", "1E6000 * 1E6000", "2 ** 99999", "exp(1E30)", "1E6144 * 10"):
        assert feel(source) is None
    assert len(str(feel("9999999999999999999999999999999999 * 9999999999999999999999999999999999"))) < 45


def test_the_budget_is_spent_alike_each_time() -> None:
    source = 'for x in items return if matches(x, "a+b") then count(items[item > x]) else x'
    left = []
    for _ in range(2):
        surroundings = environment()
        compile_expression(source).evaluate({"items": ["aab", "c", "ab"]}, surroundings)
        left.append(surroundings.fuel)
    assert left[0] == left[1] < 100_000


def test_one_budget_serves_all_expressions_of_a_step() -> None:
    surroundings = Environment(now=NOW, fuel=50)
    expression = compile_expression("1 + 1")
    for _ in range(12):
        assert expression.evaluate({}, surroundings) == 2
    for _ in range(4):
        expression.evaluate({}, surroundings)
    with pytest.raises(EvaluationError, match="too many steps"):
        expression.evaluate({}, surroundings)


def test_warnings_do_not_pile_up() -> None:
    surroundings = environment()
    compile_expression("for i in 1..5000 return nothing").evaluate({}, surroundings)
    assert len(surroundings.warnings) == 100


class OneLook(Mapping[str, Value]):
    """Variables that note how they are read and cannot be changed or gone through."""

    def __init__(self, values: dict[str, Value]) -> None:
        self._values = values
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Value:
        raise AssertionError("expected one look by get()")

    def get(self, name: str, default: Value = None) -> Value:  # type: ignore[override]
        self.asked.append(name)
        return self._values.get(name, default)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("expected the variables not to be gone through")

    def __len__(self) -> int:
        raise AssertionError("expected the variables not to be counted")


def test_variables_are_read_by_one_look_each() -> None:
    scope = OneLook({"a": 1, "items": [{"b": 2}]})
    assert compile_expression("a + count(items[b = 2])").evaluate(scope, environment()) == 2
    assert scope.asked == ["a", "items"]

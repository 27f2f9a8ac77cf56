"""What a whole budget buys: whatever it is spent on, it is gone within 50 ms of a quiet machine.

Each operation is repeated on values as costly as there are until a tenth of a budget is spent.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

from engine.errors import EvaluationError
from engine.feel import Expression, Value, compile_expression
from tests.unit.feel.feeling import QUIET, environment, seconds, yardstick
from tests.unit.feel.fuzzing import SCOPE

TENTH = 10_000
ALLOWED = 0.050 / 10  # twice what it takes on a quiet machine

COSTLY: dict[str, Value] = {
    **SCOPE,
    "big": "x" * 60_000,
    "blank": " " * 60_000,
    "sharp": "ß" * 30_000,
    "same": "a" * 30_000 + "b",
    "digits": "1" * 19_000,
    "lots": list(range(9_999)),
    "fine": Decimal("1.234567890123456789012345678901234"),
    "huge": Decimal("9.999999999999999999999999999999999E6000"),
    "tiny": Decimal("1E-6000"),
    "entries": {f"k{number}": number for number in range(1_000)},
    "rows": [{"a": number, "b": {"c": number}} for number in range(1_000)],
    "words": [f"abc{number}" for number in range(5_000)],
    "fractions": [Decimal(number) / 7 for number in range(2_000)],
    "moments": [SCOPE["moment"]] * 2_000,
    "singles": [[number] for number in range(1_000)],
    "truths": [True] * 9_000,
}
OPERATIONS = (
    *("i", "a + 1", "fine * fine", "fine / 7", "fine ** 2.5", "huge * tiny", "log(fine)", "exp(-14000.5)"),
    *(
        "sqrt(huge)",
        "modulo(huge, tiny)",
        "decimal(huge, -5999)",
        "odd(huge)",
        "lots[huge]",
        "number(digits)",
    ),
    *(
        "number(blank)",
        "string(huge)",
        "string(rows)",
        "upper case(sharp)",
        'contains(same, "aab")',
        "trim(blank)",
    ),
    *('contains(big, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxy")', 'split(big, "x")', 'replace(big, "y", "z")'),
    *('matches(big, "(x+x+)+y")', r'matches(text, "\\w{9}" + string(i))', 'matches("a", "(" + string(i))'),
    *(
        r'matches("a", "[\\p{L}-[a]]{99}" + string(i), "i")',
        r'matches(big, "(x)\\1y")',
        'string join(words, "-")',
    ),
    *("min(moments)", "max(words)", "sum(lots)", "sum(fractions)", "mean(fractions)", "median(lots)"),
    *(
        "stddev(fractions)",
        "mode(fractions)",
        "all(truths)",
        "any(lots)",
        "sort(reverse(lots))",
        "sort(moments)",
    ),
    *(
        "sort(words)",
        "sort(rows, function(x, y) x.a > y.a)",
        "index of(moments, day)",
        "list contains(singles, 1)",
    ),
    *(
        "distinct values(singles)",
        "distinct values(words)",
        "flatten(singles)",
        "partition(lots, 1)",
        "union(lots)",
    ),
    *("context(get entries(entries))", 'context put(entries, "a", 1)', "context merge(rows)", "rows.b.c"),
    *(
        "rows = rows",
        "singles = singles",
        "coincides(lots, lots)",
        "[lots..lots] = [lots..lots]",
        "lots in [lots]",
    ),
    *(
        '@"10:00:00@Europe/Warsaw" < @"10:00:00@Asia/Tokyo"',
        "moment - moment",
        'moment + @"P1D"',
        "wait * fine",
    ),
    *('date and time("2026-12-24T10:00:00@Asia/Tokyo")', 'duration("P1DT2H3M4.5S")', "date(2026, 1, 1)"),
    *("add working days(day, 9000)", 'working days between(@"1900-01-01", @"2099-12-31")', "string(moment)"),
    *("is working day(day)", 'range("[1..2]")', "overlaps([day..day], [day..day])", "day in [day..day]"),
    *(
        "lots instance of list<number>",
        "rows instance of list<context<a: number>>",
        "lots[item > 5]",
        "rows[a > 5]",
    ),
    *(
        "(function(x) x)(i)",
        "{a: i, b: a}.b",
        "i in (1, 2, 3)",
        "moment in (< moment, > moment)",
        "nothing",
        "nothing.a",
        'a + "b"',
        "foo(i)",
    ),
    *(
        "substring(1, 2, 3)",
        'date("x")',
        "null < 1",
        "many.a",
        "for j in lots return nothing",
        "for j in many, k in nothing in [nothing] return k",
        "moment.time offset",
    ),
)


def exhaust(expression: Expression) -> None:
    try:
        expression.evaluate(COSTLY, environment(TENTH))
    except EvaluationError:
        return


def test_a_budget_spent_on_anything_is_gone_within_50_milliseconds() -> None:
    add_working_days = compile_expression("add working days(day, 9000)")
    exhaust(add_working_days)  # loads the country's calendar, which is no matter of FEEL's
    exhaust(compile_expression(r'matches("a", "[\\p{L}-[a]]")'))  # and the categories of characters
    slow: list[str] = []
    for operation in OPERATIONS:
        spend = partial(exhaust, compile_expression(f"for i in 1..10000 return [{operation}][2]"))
        taken = seconds(spend, 2)
        if taken > ALLOWED:
            taken = min(taken, seconds(spend, 5))
        if taken > ALLOWED * max(1.0, yardstick() / QUIET):
            slow.append(f"{taken * 10_000:.0f} ms: {operation}")
    assert slow == []


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("odd(1E6000)", False),
        ("even(1E6000)", True),
        ("[1, 2][1E6000]", None),
        ("for i in 1..1E6000 return i", None),
        ('substring("abc", 1E6000)', None),
        ('@"P1D" * 1E6000', None),
        ("date(1E6000, 1, 1)", None),
        ("date(-1E6000, 1, 1)", None),
    ],
)
def test_numbers_too_large_to_write_out_are_not_written_out(source: str, value: Value) -> None:
    assert compile_expression(source).evaluate({}, environment()) is value


def test_a_regular_expression_is_paid_for_once_whoever_compiled_it_before() -> None:
    expression = compile_expression(r'matches(text, "[a-z]{3}x\\d")')
    spent = []
    for _ in range(2):
        surroundings = environment()
        expression.evaluate(SCOPE, surroundings)
        first = surroundings.fuel
        expression.evaluate(SCOPE, surroundings)
        spent.append((100_000 - first, first - surroundings.fuel))
    assert spent[0] == spent[1]
    assert spent[0][0] > 10 * spent[0][1]

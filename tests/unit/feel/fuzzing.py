"""Expressions nobody would write: sentences of the grammar, soups of tokens, mutated attacks.

They come in parts: a part is fixed by the seed and its number, so any range can be thrown again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random  # noqa: TID251  # seeded: every run throws the same

from engine.feel import Value, YearsMonthsDuration
from engine.feel.expression import built_in_functions
from engine.feel.wide import combine, date_of

SEED = 20261217
PART = 10_000

SCOPE: dict[str, Value] = {
    "a": 1,
    "b": Decimal("2.5"),
    "text": "Zażółć 😀 gęślą",
    "items": [1, 2, None, "x", [3], {"a": 1}],
    "person": {"first name": "Ala", "a": {"b": [1, 2]}},
    "day": dt.date(2026, 12, 24),
    "moment": dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC),
    "clock": dt.time(10, 30),
    "wait": dt.timedelta(hours=3),
    "term": YearsMonthsDuration(14),
    "far": date_of(-44, 3, 15),
    "farther": combine(date_of(999_999_999, 12, 31), dt.time(23, tzinfo=dt.UTC)),
    "deep": [[[[[[[[[[1]]]]]]]]]],
    "many": list(range(500)),
}
LEAVES = (
    *SCOPE,
    *(
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "2.50",
        "1E400",
        "1E-6000",
        "99999999999999999999999999999999999",
    ),
    *(
        '"abc"',
        '""',
        '"[1..3]"',
        '"P1D"',
        '"(a+)+$"',
        r'"\1"',
        '"2026-02-30"',
        '"😀"',
        '"$1"',
        "[]",
        "{}",
        "?",
    ),
    *(
        '@"2026-12-24"',
        '@"10:00:00Z"',
        '@"9999-12-31T23:59:59"',
        '@"P999999999D"',
        '@"-P3M"',
        "item",
        "partial",
    ),
    *("[1..3]", "(< 5)", "(null..5)", '["a".."z"]', "unknown name", "now()", "today()"),
)
BINARY = ("+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in")
TYPES = ("number", "Any", "list<string>", "range<date>", "context<a: number>", "function<Any> -> Any", "tNo")
ATTACKS = (
    "{f: function(x) f(x), r: f(1)}",
    "{f: function(x) [f, x], r: f(f)}.r",
    "for i in 1..99999 return i",
    "for i in many, j in many, k in many return i",
    "for i in 1..60 return [partial[-1], partial[-1]]",
    "{a: for i in 1..60 return {x: partial[-1], y: partial[-1]}, b: string(a)}",
    "2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2",
    "9 ** 9 ** 9 ** 9 / 0",
    'replace("aaaaaaaaaaaaaaaaaaaaaaaa", "(a|aa)+$", "$0$0$0")',
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+\\1$")',
    "sort(many, function(x, y) sort(many, function(p, q) p < q)[1] < y)",
    "list replace(many, function(x, y) count(distinct values(many)) > x, many)",
    'add working days(day, 10000) + working days between(@"0001-01-01", @"9999-12-31")',
    '@"9999-12-31T23:59:59@Europe/Warsaw" + @"P1D"',
    '@"0001-01-01T00:00:00@Asia/Tokyo" < @"0001-01-01T00:00:00@America/New_York"',
    "string join(for i in 1..9999 return text, text)",
    'years and months duration(@"0001-01-01", @"9999-12-31") * 1E400',
    "decimal(1E-6000, 6176) + round up(1E6000, -6111)",
    'number("1E99999") + number("-1E-99999")',
    "context put(person, [many, 1, null], many)",
    "get value(person, items)[many][deep]",
    "many[many[many[many]]]",
    "deep.a.b.c.d[item][item][item]",
    "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]][item]",
    "(" * 60,
    "[" * 300,
    "-" * 900 + "1",
    "not(" * 40 + "1" + ")" * 40,
    "if " * 100,
    "{a: " * 45 + "1" + "}" * 45,
    "1 instance of " + "list<" * 60,
    "a." * 240 + "a",
    "a " * 240,
    '"' + "\\u0000\\uD800" * 100 + '"',
    "\x00",
    "\u202e1 + 1",
    "/*" * 50,
    "a" * 4001,
)
REGRESSIONS: tuple[str, ...] = (
    'day of year(for i in @"2026-12-24" return far)',
    "week of year([far])",
    "some i in many satisfies text[sort(many, function(x, y) clock)]",
    'many[many[{a: wait} in sort([1..3], function(x, y) "(a+)+$")[many]]]',
    "for i in many return sort(partial, function(x, y) day)",
    "for i in many, j in many, k in sort(-1, function(x, y) text) return i",
    "{a: for i in 1..60 return {x: partial[-1], y: 1E-6000[-1]}, b: string(a)}",
)


def sentence(random: Random, depth: int) -> str:
    """Return a sentence of the grammar."""
    if depth <= 0 or random.random() < 0.15:
        return random.choice(LEAVES)
    return random.choice(SENTENCES)(random, lambda: sentence(random, depth - 1))


Part = Callable[[], str]


def _call(random: Random, part: Part) -> str:
    arguments = ", ".join(part() for _ in range(random.randint(0, 4)))
    return f"{random.choice(built_in_functions())}({arguments})"


SENTENCES: tuple[Callable[[Random, Part], str], ...] = (
    lambda random, part: f"{part()} {random.choice(BINARY)} {part()}",
    lambda random, part: f"({part()} {random.choice(BINARY)} {part()})",
    lambda random, part: f"-{part()}",
    lambda random, part: f"{part()}[{part()}]",
    lambda random, part: (
        f"{part()}.{random.choice(('a', 'b', 'first name', 'year', 'start', 'time offset'))}"
    ),
    lambda random, part: f"[{part()}, {part()}]",
    lambda random, part: f"{{a: {part()}, b: {part()}}}",
    lambda random, part: f"if {part()} then {part()} else {part()}",
    lambda random, part: f"for i in {part()} return {part()}",
    lambda random, part: f"for i in {part()}..{part()}, j in i return {part()}",
    lambda random, part: f"{random.choice(('some', 'every'))} i in {part()} satisfies {part()}",
    lambda random, part: f"{part()} between {part()} and {part()}",
    lambda random, part: f"{part()} in (> {part()}, {part()})",
    lambda random, part: f"{random.choice('[(]')}{part()}..{part()}{random.choice('])[')}",
    lambda random, part: f"{part()} instance of {random.choice(TYPES)}",
    lambda random, part: f"(function(a, b: number) {part()})({part()}, {part()})",
    lambda random, part: f"sort({part()}, function(x, y) {part()})",
    _call,
    _call,
    _call,
)
TOKENS = (
    *LEAVES,
    *BINARY,
    *built_in_functions(),
    *[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "->",
        "@",
        "?",
        "'",
        "if",
        "then",
        "else",
        "for",
        "return",
        "some",
        "every",
        "satisfies",
        "function",
        "external",
        "instance",
        "of",
    ],
    *("between", '"', "//", "/*", "\\", "\x00", "\ud800", "ą", "\n", "1e", "0x1", "..", "not", "list<"),
)


def expressions(count: int, *, seed: int = SEED, part: int = 0) -> Iterator[str]:
    """Yield that many expressions of a part, in the first part after the attacks themselves."""
    random = Random(f"{seed}:{part}")
    if not part:
        yield from (*REGRESSIONS, *ATTACKS)
    for number in range(count):
        kind = number % 8
        if kind < 5:
            yield sentence(random, random.randint(2, 4))
        elif kind < 7:
            yield " ".join(random.choices(TOKENS, k=random.randint(1, 12)))
        else:
            yield mutated(random, random.choice(ATTACKS))


def mutated(random: Random, source: str) -> str:
    """Return an expression with a piece removed, doubled or replaced."""
    start = random.randrange(len(source))
    end = min(len(source), start + random.randint(0, 8))
    piece = random.choice(("", source[start:end] * 2, random.choice(TOKENS), sentence(random, 2)))
    return source[:start] + piece + source[end:]

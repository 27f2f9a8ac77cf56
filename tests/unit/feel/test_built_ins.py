"""Every built-in function once in its ordinary form and once where it is hard."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.feel import Range, Value, YearsMonthsDuration, format_value
from engine.feel.expression import built_in_functions
from tests.unit.feel.feeling import feel, warnings_of

D = Decimal
WARSAW = ZoneInfo("Europe/Warsaw")

EXAMPLES: tuple[tuple[str, Value], ...] = (
    # ours
    ('fingerprint("ZSZO/2026/1", "Jan")', "50217b096fb687ca"),
    ('fingerprint("ZSZO/2026/1", null)', None),
    # conversion
    ('string([1.50, "a", {b: @"P1D", c: null}])', '[1.5, "a", {b: @"P1D", c: null}]'),
    ("string(null)", None),
    ('number("1 000,5", " ", ",")', D("1000.5")),
    ('number("1,000.50", ",", ".")', D("1000.50")),
    ('number("12", ".", ".")', None),
    ('number("0x10")', None),
    ("not(false)", True),
    ("not(1)", None),
    ("date(2026, 2, 28)", dt.date(2026, 2, 28)),
    ("date(2026, 2, 30)", None),
    ('date(date and time("2026-03-01T23:00:00-05:00"))', dt.date(2026, 3, 1)),
    ('time("10:00:00+02:00").time offset', dt.timedelta(hours=2)),
    ('time(10, 30, 15.5, duration("PT2H"))', dt.time(10, 30, 15, 500000, dt.timezone(dt.timedelta(hours=2)))),
    ("time(24, 0, 0)", None),
    ('date and time("2026-12-24")', dt.datetime(2026, 12, 24)),  # noqa: DTZ001  # local on purpose
    ('date and time(date("2026-12-24"), time("10:00:00@Europe/Warsaw")).timezone', "Europe/Warsaw"),
    ('duration("-P1DT2H")', -dt.timedelta(days=1, hours=2)),
    ('duration("P1Y2M")', YearsMonthsDuration(14)),
    ('duration("P1YT1H")', None),
    ('duration("P")', None),
    ('string(duration("-PT1.000000001S"))', "-PT1.000000001S"),
    ('string(duration("PT9223372036854775807S"))', "P106751991167300DT15H30M7S"),
    ('duration("PT9223372036854775808S")', None),
    ('duration("PT0.000000001S") > duration("PT0S")', True),
    ('duration("PT0.0000000015S")', None),
    ('duration("PT0.000001001S") - duration("PT0.000000001S")', dt.timedelta(microseconds=1)),
    ('string(duration("PT0.000000003S") / 2 + abs(duration("-PT0.000000001S")))', "PT0.000000002S"),
    ('@"P2147483647D" / @"P1D"', 2147483647),
    ('@"P2147483647D".days', 2147483647),
    ('@"2026-12-24" + @"P2147483647D"', None),
    ('@"10:00:00" - @"P2147483647DT1H"', dt.time(9)),
    ('@"10:00:00" + @"P2147483647DT1H"', dt.time(11)),
    ('years and months duration(date("2011-12-22"), date("2013-08-24"))', YearsMonthsDuration(20)),
    ('years and months duration(date("2013-08-24"), date("2011-12-25"))', YearsMonthsDuration(-19)),
    ('is(time("10:00:00Z"), time("12:00:00+02:00"))', False),
    ("is(1, 1.0)", True),
    # strings
    ('substring("foobar", 3)', "obar"),
    ('substring("foobar", -2, 1)', "a"),
    ('substring("😀bc", 2)', "bc"),
    ('substring("abc", 0)', None),
    ('string length("ą😀")', 2),
    ('upper case("żółw")', "ŻÓŁW"),
    ('lower case("ŻÓŁW")', "żółw"),
    ('substring before("foobar", "bar")', "foo"),
    ('substring before("foobar", "x")', ""),
    ('substring after("foobar", "o")', "obar"),
    ('substring after("foobar", "")', "foobar"),
    ('contains("foobar", "ob")', True),
    ('starts with("foobar", "fo")', True),
    ('ends with("foobar", "r")', True),
    ('matches("foobar", "^fo*b")', True),
    ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
    ('split("John Doe", "\\s")', ["John", "Doe"]),
    ('extract("a1b22", "[0-9]+")', ["1", "22"]),
    ('trim("  a ")', "a"),
    ('string join(["a", null, "b"], "-")', "a-b"),
    ('string join(["a", 1])', None),
    # numbers
    ("decimal(2.5, 0)", 2),
    ("decimal(1.115, 2)", D("1.12")),
    ("decimal(1234, -2)", 1200),
    ("floor(-1.5)", -2),
    ("ceiling(1.56, 1)", D("1.6")),
    ("round up(-5.5, 0)", -6),
    ("round down(-5.5, 0)", -5),
    ("round half up(5.5, 0)", 6),
    ("round half down(5.5, 0)", 5),
    ("abs(-1.5)", D("1.5")),
    ('abs(@"-P1M")', YearsMonthsDuration(1)),
    ("modulo(-12, 5)", 3),
    ("modulo(10.1, -4.5)", D("-3.4")),
    ("modulo(1, 0)", None),
    ("sqrt(16)", 4),
    ("sqrt(-1)", None),
    ("log(1)", 0),
    ("log(0)", None),
    ("decimal(exp(1), 5)", D("2.71828")),
    ("exp(99999)", None),
    ("odd(-3)", True),
    ("even(2.5)", None),
    # lists
    ("list contains([1, null], null)", True),
    ("count([])", 0),
    ("sublist([4, 5, 6], -2, 1)", [5]),
    ("append([1], 2, [3])", [1, 2, [3]]),
    ("concatenate([1], [[2]])", [1, [2]]),
    ("insert before([1, 3], -1, 2)", [1, 2, 3]),
    ("insert before([1], 3, 2)", None),
    ("remove([1, 2, 3], 2)", [1, 3]),
    ("list replace([2, 4, 7, 8], 3, 6)", [2, 4, 6, 8]),
    ("list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)", [5, 5, 7, 8]),
    ("reverse([1, 2])", [2, 1]),
    ("index of([1, 2, 1], 1)", [1, 3]),
    ("union([1, 2], [2.0, 3])", [1, 2, 3]),
    ("distinct values([1, true, 1.0, null, [1], [1]])", [1, True, None, [1]]),
    ("flatten([[1, [2]], 3])", [1, 2, 3]),
    ("sort([3, 1, 2])", [1, 2, 3]),
    ('sort(["b", 1])', None),
    ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
    ("is empty([])", True),
    # statistics, as a list and as arguments
    ("sum([1, 2.5])", D("3.5")),
    ('sum(@"P1D", @"PT12H")', dt.timedelta(hours=36)),
    ("sum([])", None),
    ("product(2, 3, 4)", 24),
    ("mean([1, 2])", D("1.5")),
    ("median(8, 2, 5, 3, 4)", 4),
    ("median([6, 1, 2, 3])", D("2.5")),
    ("stddev([2, 4, 6, 8]) > 2.58", True),
    ("stddev([1])", None),
    ("mode(6, 3, 9, 6, 6)", [6]),
    ("mode([6, 1, 9, 6, 1])", [1, 6]),
    ('min(@"2026-02-01", @"2026-01-01")', dt.date(2026, 1, 1)),
    ("max([1, 2.5, -3])", D("2.5")),
    ('max([1, "a"])', None),
    ("all([true, null, false])", False),
    ("all([])", True),
    ("any([false, null])", None),
    ("any(false, true)", True),
    # contexts
    ('get value({a: 1}, "a")', 1),
    ('get value({a: {b: 2}}, ["a", "b"])', 2),
    ("get entries({a: 1})", [{"key": "a", "value": 1}]),
    ('context([{key: "a", value: 1}])', {"a": 1}),
    ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
    ('context put({a: {b: 1}}, ["a", "b"], 2)', {"a": {"b": 2}}),
    ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": 2, "b": 3}),
    # dates
    ("now()", dt.datetime(2026, 12, 17, 10, tzinfo=WARSAW)),
    ("today()", dt.date(2026, 12, 17)),
    ('day of year(date("2026-12-31"))', 365),
    ('day of week(date("2026-12-17"))', "Thursday"),
    ('month of year(date("2026-12-17"))', "December"),
    ('week of year(date("2027-01-01"))', 53),
    ('last day of month(date("2028-02-10"))', dt.date(2028, 2, 29)),
    # ranges
    ("before([1..5), 5)", True),
    ("after([5..8], [1..5))", True),
    ("meets([1..5], [5..8])", True),
    ("met by([5..8], [1..5])", True),
    ("overlaps([1..5], (5..8])", False),
    ("overlaps before([1..5], [3..8])", True),
    ("overlaps after([3..8], [1..5])", True),
    ("finishes(10, [1..10])", True),
    ("finished by([1..10], [5..10])", True),
    ("includes([1..10], [1..10))", True),
    ("during(1, (1..10])", False),
    ("starts([1..5], [1..10])", True),
    ("started by([1..10], 1)", True),
    ("coincides([1..5], [1..5])", True),
    ('range("[1..3)")', Range(1, 3, True, False)),
    ('range("[3..1]")', None),
    # working days
    ('is working day(@"2026-12-24")', False),
    ('add working days(@"2026-12-17", 5)', dt.date(2026, 12, 28)),
    ('working days between(@"2026-12-17", @"2026-12-28", "pl")', 5),
    ("working day deadline(now(), 5)", dt.datetime(2026, 12, 29, tzinfo=WARSAW)),
    ('working day deadline(@"2026-12-17", 2.5)', None),
    ('is working day(@"2026-12-24", "mars")', None),
)


@pytest.mark.parametrize(("source", "value"), EXAMPLES, ids=[source for source, _ in EXAMPLES])
def test_a_built_in_function(source: str, value: Value) -> None:
    found = feel(source)
    assert found == value
    assert isinstance(found, bool) is isinstance(value, bool)


def test_no_built_in_function_is_left_out() -> None:
    untried = [
        name for name in built_in_functions() if not any(f"{name}(" in source for source, _ in EXAMPLES)
    ]
    assert untried == []


def test_named_arguments_may_come_in_any_order_and_miss_the_optional() -> None:
    assert feel('substring(length: 2, string: "foobar", start position: 3)') == "ob"
    assert feel('number(from: "1,5", decimal separator: ",")') == D("1.5")
    assert feel("before(range: [1..10), point: 10)") is True
    assert feel("before(point: 10, range: [1..10))") is False
    assert feel("coincides(range1: [1..2], range2: [1..2])") is True
    assert feel("sum(list: [1, 2])") == 3
    assert (
        "expected the arguments string, start position, length, but got “start”"
        in warnings_of('substring(string: "a", start: 1)')[0]
    )


def test_a_variable_may_have_the_name_of_a_function() -> None:
    assert feel("count(items) + count", {"count": 2, "items": [1]}, {"count", "items"}) == 3
    assert feel("{count: 2, r: count([1]) + count}.r") == 3


def test_a_function_may_be_handed_on() -> None:
    assert feel("{by: before, r: sort([3, 1], by)}.r") == [1, 3]
    assert feel("(if true then max else min)(1, 2)") == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (D("1E+3"), "1000"),
        (D("1.50"), "1.5"),
        (D("-0.0"), "0"),
        ("a", "a"),
        (['a\n"b"'], '["a\\n\\"b\\""]'),
        ({"a b": 1, "a-b": 2}, '{a b: 1, "a-b": 2}'),
        (Range(1, None, True, False), "[1..null)"),
        (Range(5, None, False, False, ">"), "(> 5)"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 60000, tzinfo=WARSAW), "2026-01-02T03:04:05.06@Europe/Warsaw"),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00Z"),
        (dt.time(1, 2, 3, tzinfo=dt.timezone(-dt.timedelta(hours=5, minutes=30))), "01:02:03-05:30"),
        (-dt.timedelta(days=1, hours=2, seconds=3), "-P1DT2H3S"),
        (dt.timedelta(0), "PT0S"),
        (YearsMonthsDuration(-14), "-P1Y2M"),
    ],
)
def test_values_are_written_as_feel_writes_them(value: Value, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    "literal",
    [
        "2026-12-24",
        "10:30:00",
        "10:30:00.5+02:00",
        "2026-12-24T10:30:00@Europe/Warsaw",
        "P1DT2H",
        "-P3M",
        "PT0.5S",
    ],
)
def test_a_temporal_text_reads_back(literal: str) -> None:
    assert feel(f'string(@"{literal}")') == literal


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('@"2026-01-31" + @"P1M"', dt.date(2026, 2, 28)),
        ('@"2028-02-29" + @"P1Y"', dt.date(2029, 2, 28)),
        ('@"2026-03-28T12:00:00@Europe/Warsaw" + @"P1D"', dt.datetime(2026, 3, 29, 13, tzinfo=WARSAW)),
        ('@"2026-03-28T12:00:00" + @"P1D"', dt.datetime(2026, 3, 29, 12)),  # noqa: DTZ001  # local on purpose
        ('@"2026-12-24" - @"2026-12-17"', dt.timedelta(days=7)),
        ('@"2026-12-24T00:00:00Z" - @"2026-12-24T00:00:00+02:00"', dt.timedelta(hours=2)),
        ('@"23:00:00" + @"PT2H"', dt.time(1)),
        ('@"9999-12-31" + @"P1D"', None),
        ('@"P1D" * 1.5', dt.timedelta(hours=36)),
        ('@"P1Y" / 5', YearsMonthsDuration(2)),
        ('@"P1D" / @"PT8H"', 3),
        ('@"P1D" = @"PT24H"', True),
        ('@"P1Y" = @"P365D"', None),
        ('@"10:00:00+01:00" < @"10:30:00+02:00"', False),
        ('@"2026-12-17T09:00:00Z" = @"2026-12-17T10:00:00@Europe/Warsaw"', True),
        ('now() > @"2026-12-17T09:30:00"', True),  # without zone it is Warsaw's
        ('@"2026-12-17T10:30:00@Europe/Warsaw".time offset', dt.timedelta(hours=1)),
        ('@"2026-12-17".weekday', 4),
        ('@"-P1DT2H30M".minutes', -30),
        ('@"-P1DT2H".days', -1),
        ('@"P14M".years', 1),
        ("(> 5).start included", False),
        ("(< 5).start included", None),
        ('@"2026-12-24T00:00:00Z" - @"2026-12-24T00:00:00"', None),
        ('@"2026-12-25" - @"2026-12-24T12:00:00"', dt.timedelta(hours=12)),
        # years beyond Python's, nanoseconds beyond its microseconds
        ('string(@"999999999-12-31T23:59:59.999999999+02:00")', "999999999-12-31T23:59:59.999999999+02:00"),
        ("string(date(-44, 3, 15))", "-0044-03-15"),
        ('date("-0044-03-15") < date("0044-03-15")', True),
        ('@"99999-01-01T01:00:00+02:00" = @"99998-12-31T23:00:00Z"', True),
        ('@"-0044-03-15".weekday + date("99999-12-31").year', 100003),  # a Thursday, as in 2356
        ('years and months duration(@"-0001-01-01", @"0001-01-01")', YearsMonthsDuration(24)),
        ('@"99999-01-01" + @"P1D"', None),
        ('is working day(@"99999-01-01")', None),
    ],
)
def test_time_is_reckoned_as_the_standard_does(source: str, value: Value) -> None:
    assert feel(source) == value

"""The one tagged form of values: everything FEEL has comes back as it was, everything else is refused by
name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Damaged, Incompatible, InvalidVariables
from engine.feel import Range, YearsMonthsDuration
from engine.kernel import codec
from engine.kernel.values import accepted

WARSAW = ZoneInfo("Europe/Warsaw")
KINDS = [
    Decimal("0.10"),
    Decimal("1E+30"),
    2**70,
    -(2**63),
    dt.date(2028, 2, 29),
    dt.time(12, 30, 15, 5),
    dt.time(12, 30, tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
    dt.datetime(2026, 10, 25, 2, 30),  # noqa: DTZ001 - FEEL has date and times without a zone
    dt.datetime(2026, 10, 25, 2, 30, tzinfo=WARSAW, fold=1),
    dt.datetime(2026, 10, 25, 2, 30, tzinfo=dt.UTC),
    dt.timedelta(days=-3, microseconds=7),
    YearsMonthsDuration(-14),
    Range(1, Decimal("2.5"), True, False),
    {"Zażółć": [None, True, {"x": Decimal(1)}]},
]


@pytest.mark.parametrize("value", KINDS, ids=repr)
def test_every_kind_comes_back_as_it_was(value: Any) -> None:
    again = codec.decode_values(codec.encode_values({"v": value}))["v"]
    assert (type(again), again) == (type(value), value)
    if isinstance(value, dt.datetime):
        assert (again.tzinfo, again.fold) == (value.tzinfo, value.fold)
    if isinstance(value, Decimal):
        assert str(again) == str(value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_nested_values_come_back_equal(value: Any) -> None:
    assert codec.decode_values(codec.encode_values(value)) == value


def test_outside_values_become_feel_values() -> None:
    assert accepted({"a": 1.5, "b": (1, 2), "c": "e\u0301"}) == {"a": Decimal("1.5"), "b": [1, 2], "c": "é"}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "finite"),
        (Decimal("Infinity"), "finite"),
        (object(), "object"),
        ({1, 2}, "set"),
        ("a\u202eb", "control"),
        ("a\x00b", "control"),
        ("x" * 70_000, "65536"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name(value: Any, why: str) -> None:
    with pytest.raises(InvalidVariables, match=r"place") as refusal:
        accepted({"place": {"deep": [value]}})
    assert why in str(refusal.value)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\tb", "a\x00b", "x" * 256, 5])
def test_what_is_no_name_of_a_variable_is_refused(name: Any) -> None:
    with pytest.raises(InvalidVariables, match="the name of a variable"):
        accepted({name: 1})
    assert accepted({"data zgłoszenia": 1, "x" * 255: 2}) == {"data zgłoszenia": 1, "x" * 255: 2}


def test_values_nested_too_deep_are_refused() -> None:
    value: Any = 1
    for _ in range(40):
        value = [value]
    with pytest.raises(InvalidVariables, match="levels"):
        accepted({"deep": value})


def test_bytes_of_a_newer_program_are_refused_and_damaged_ones_are_named() -> None:
    newer = msgspec.msgpack.encode([codec.RECORD_FORMAT + 1, {"future": True}])
    with pytest.raises(Incompatible, match="upgrade"):
        codec.decode_record(newer)
    with pytest.raises(Damaged, match="history record"):
        codec.decode_record(b"\xc1junk")

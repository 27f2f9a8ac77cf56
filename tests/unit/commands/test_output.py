"""What people and programs see of values."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from commands import output
from engine import HistoryEvent

UTC = dt.UTC


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (dt.datetime(2026, 12, 28, 23, 0, tzinfo=UTC), "2026-12-28 24:00"),  # winter: UTC+1
        (dt.datetime(2026, 4, 2, 22, 0, tzinfo=UTC), "2026-04-02 24:00"),  # summer: UTC+2
        (dt.datetime(2026, 10, 25, 22, 59, tzinfo=UTC), "2026-10-25 23:59"),  # the day with 25 hours
        (dt.datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2026-12-31 24:00"),
        (None, "–"),
    ],
)
def test_a_deadline_at_midnight_belongs_to_the_day_that_ends(instant: dt.datetime | None, shown: str) -> None:
    assert output.deadline(instant) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (Decimal("0E-7"), "0"),
        (dt.timedelta(0), "PT0S"),
        (dt.timedelta(days=-1, hours=2), "-PT22H"),
        (dt.timedelta(days=3, minutes=5, microseconds=500_000), "P3DT5M0.5S"),
        (dt.date(2026, 2, 28), "2026-02-28"),
        (True, True),
        (2**62, 2**62),
    ],
)
def test_json_says_feel_values_as_texts(value: Any, shown: Any) -> None:
    assert output.plain(value) == shown


def test_the_engines_keys_are_texts_and_a_variable_named_like_one_is_not() -> None:
    event = HistoryEvent(
        seq=1, index=0, at=dt.datetime(2026, 12, 17, 9, tzinfo=UTC), actor="anna", type="instance_started",
        element_id="p", element_key=2**60, payload={"root_key": 2**60, "variables": {"my_key": 7, "key": 8}},
    )  # fmt: skip
    told = json.loads(json.dumps(output.plain(event)))
    assert (told["element_key"], told["payload"]["root_key"]) == (str(2**60), str(2**60))
    assert told["payload"]["variables"] == {"my_key": 7, "key": 8}
    assert (told["seq"], told["at"]) == (1, "2026-12-17T09:00:00+00:00")


def test_a_cell_is_one_line_and_never_endless() -> None:
    assert output.cell("a\nb\t c") == "a b c"
    assert len(output.cell("x" * 1000)) == 70
    assert [output.cell(value) for value in (None, "", True, [], ["a", "b"])] == [
        "–",
        "–",
        "true",
        "–",
        "a, b",
    ]


def test_an_address_is_shown_without_its_password() -> None:
    assert (
        output.address("postgresql+psycopg://obieg:s3cr:et@db/obieg")
        == "postgresql+psycopg://obieg:***@db/obieg"
    )
    assert output.address("sqlite:///obieg.db") == "sqlite:///obieg.db"

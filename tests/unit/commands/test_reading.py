"""What people type, and what a scenario's author writes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from commands import reading
from commands.scenario.file import moment, read
from engine import EngineError


def test_fractions_are_decimals_and_whole_numbers_stay_whole() -> None:
    assert reading.variables('{"a": 0.1, "b": [1e2], "c": 12345678901234567890}') == {
        "a": Decimal("0.1"),
        "b": [Decimal("1E+2")],
        "c": 12345678901234567890,
    }


@pytest.mark.parametrize("text", ["", "[]", "1", "{a: 1}", '{"a": Infinity}', "{" * 200_000, '{"a": 1} x'])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a JSON object"):
        reading.variables(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("P3D", dt.timedelta(days=3)),
        ("P2W", dt.timedelta(weeks=2)),
        ("PT1H30M", dt.timedelta(minutes=90)),
        ("P1DT5S", dt.timedelta(days=1, seconds=5)),
    ],
)
def test_durations(text: str, meant: dt.timedelta) -> None:
    assert reading.duration(text) == meant


@pytest.mark.parametrize("text", ["P", "PT", "P1DT", "1D", "P1M", "P-1D", "soon"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        reading.duration(text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-28T24:00", "2026-12-28T23:00:00+00:00"),
        ("2026-12-31T24:00", "2026-12-31T23:00:00+00:00"),
        ("2026-10-25T24:00", "2026-10-25T23:00:00+00:00"),  # the night the clocks went back
        ("2026-07-01 08:30", "2026-07-01T06:30:00+00:00"),
        ("2026-12-17", "2026-12-16T23:00:00+00:00"),
    ],
)
def test_moments_are_warsaw_time(text: str, utc: str) -> None:
    assert moment(text).astimezone(dt.UTC).isoformat() == utc


def test_a_scenario_keeps_texts_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "process: p\nat: 2026-12-17T10:00:00\nstart: {form: {day: 2026-12-17, share: 0.1}}\nexpect: {}\n"
    )
    scenario = read(path)
    assert (scenario.at, scenario.start.form) == (
        "2026-12-17T10:00:00",
        {"day": "2026-12-17", "share": Decimal("0.1")},
    )


@pytest.mark.parametrize(
    "text",
    [
        "process: p\nat: 2026-12-17\n",
        "- 1",
        "a: [",
        "process: p\nat: x\nexpect: {}\nstops: []\n",
        "!!python/object:os.x {}",
    ],
    ids=["expects nothing", "list", "yaml", "unknown word", "python"],
)
def test_what_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(EngineError, match="expected a scenario"):
        read(path)

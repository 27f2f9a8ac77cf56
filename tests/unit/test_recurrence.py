"""When timers are due: nights of changing clocks, leap days, month ends, downtime, limits."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

import pytest

from engine import recurrence
from engine.feel import YearsMonthsDuration
from engine.model.definition import TimerType
from engine.recurrence import Due, due, following
from engine.recurrence.cron import parse_cron

WARSAW = ZoneInfo("Europe/Warsaw")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # clocks change by half an hour
DATE, DURATION, CYCLE = TimerType.DATE, TimerType.DURATION, TimerType.CYCLE


def warsaw(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def wall(at: dt.datetime) -> str:
    return at.astimezone(WARSAW).strftime("%Y-%m-%dT%H:%M%z")


def first(kind: TimerType, value: object, now: str) -> str:
    return wall(due(kind, value, now=warsaw(now), zone=WARSAW).at)  # type: ignore[arg-type]


def series(value: str, now: str, count: int) -> list[str]:
    """Return the first firings, each on time."""
    found: list[str] = []
    current: Due | None = due(CYCLE, value, now=warsaw(now), zone=WARSAW)
    while current is not None and len(found) < count:
        found.append(wall(current.at))
        current, _ = following(
            CYCLE,
            current.value,
            previous=current.at,
            now=current.at,
            remaining=current.repetitions,
            zone=WARSAW,
        )
    return found


@pytest.mark.parametrize(
    ("value", "now", "expected"),
    [
        ("P1D", "2026-10-24T10:00", "2026-10-25T10:00+0100"),  # 25 hours
        ("PT24H", "2026-10-24T10:00", "2026-10-25T09:00+0100"),
        ("P1D", "2027-03-27T10:00", "2027-03-28T10:00+0200"),  # 23 hours
        ("PT24H", "2027-03-27T10:00", "2027-03-28T11:00+0200"),
        ("P1D", "2027-03-27T02:30", "2027-03-28T03:30+0200"),  # 02:30 does not exist
        ("P1D", "2026-10-24T02:30", "2026-10-25T02:30+0200"),  # 02:30 occurs twice: the first
        ("P1M", "2027-01-31T08:00", "2027-02-28T08:00+0100"),
        ("P1M", "2028-01-31T08:00", "2028-02-29T08:00+0100"),
        ("P1Y", "2028-02-29T08:00", "2029-02-28T08:00+0100"),
        ("P1Y2M3W4DT5H6M7.5S", "2026-01-01T00:00", "2027-03-26T05:06+0100"),
        ("P2W", "2026-12-17T10:00", "2026-12-31T10:00+0100"),
        ("PT1H", "2026-10-25T01:30", "2026-10-25T02:30+0200"),
    ],
)
def test_durations_follow_the_calendar_of_the_zone(value: str, now: str, expected: str) -> None:
    assert first(DURATION, value, now) == expected


def test_an_hour_added_in_the_second_half_of_the_long_night_is_an_hour() -> None:
    second = dt.datetime(2026, 10, 25, 2, 30, tzinfo=WARSAW, fold=1)
    assert due(DURATION, "PT1H", now=second, zone=WARSAW).at - second.astimezone(dt.UTC) == dt.timedelta(
        hours=1
    )


def test_feel_values_are_taken_as_they_are() -> None:
    assert first(DURATION, dt.timedelta(days=1, hours=1), "2026-10-24T10:00") == "2026-10-25T11:00+0100"
    assert first(DURATION, YearsMonthsDuration(1), "2027-01-31T08:00") == "2027-02-28T08:00+0100"
    assert first(DATE, dt.date(2026, 12, 24), "2026-01-01T00:00") == "2026-12-24T00:00+0100"
    assert first(DATE, dt.datetime(2026, 7, 1, 12), "2026-01-01T00:00") == "2026-07-01T12:00+0200"  # noqa: DTZ001
    assert (
        first(DATE, dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC), "2026-01-01T00:00") == "2026-07-01T14:00+0200"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-12-24T12:00", "2026-12-24T12:00+0100"),
        ("2026-12-24T12:00:00Z", "2026-12-24T13:00+0100"),
        ("2026-07-24T12:00:00.250+05:30", "2026-07-24T08:30+0200"),
        ("2026-12-24T12:00:00[America/New_York]", "2026-12-24T18:00+0100"),
        ("2026-12-24T12:00:00@America/New_York", "2026-12-24T18:00+0100"),
        ("2026-12-24", "2026-12-24T00:00+0100"),
        ("2026-12-28T24:00", "2026-12-29T00:00+0100"),
        ("2027-03-28T02:30", "2027-03-28T03:30+0200"),
    ],
)
def test_dates(value: str, expected: str) -> None:
    assert first(DATE, value, "2026-01-01T00:00") == expected


def test_the_due_instant_is_kept_as_utc_and_as_local_time_with_its_zone() -> None:
    found = due(DURATION, "P1D", now=warsaw("2026-10-24T10:00"), zone=WARSAW)
    assert found.at == dt.datetime(2026, 10, 25, 9, tzinfo=dt.UTC)
    assert found.at.utcoffset() == dt.timedelta()
    assert found.local == "2026-10-25T10:00:00+01:00[Europe/Warsaw]"
    assert found.repetitions == 0


def test_months_are_counted_from_the_first_instant_not_from_the_last() -> None:
    assert series("R/P1M", "2027-01-31T08:00", 4) == [
        "2027-02-28T08:00+0100",
        "2027-03-31T08:00+0200",
        "2027-04-30T08:00+0200",
        "2027-05-31T08:00+0200",
    ]


def test_a_daily_cycle_keeps_its_wall_clock_across_both_changes() -> None:
    assert series("R/P1D", "2026-10-23T08:00", 3) == [
        "2026-10-24T08:00+0200",
        "2026-10-25T08:00+0100",
        "2026-10-26T08:00+0100",
    ]


def test_repetitions_are_counted() -> None:
    assert series("R3/PT1H", "2026-12-17T10:00", 9) == [f"2026-12-17T{hour}:00+0100" for hour in (11, 12, 13)]
    assert series("R2/2026-12-20T08:00/P1D", "2026-12-17T10:00", 9) == [
        "2026-12-20T08:00+0100",
        "2026-12-21T08:00+0100",
    ]
    assert len(series("R/PT1H", "2026-12-17T10:00", 50)) == 50
    assert series("R/PT1H/2026-12-17T12:30", "2026-12-17T10:00", 9) == [
        "2026-12-17T11:00+0100",
        "2026-12-17T12:00+0100",
    ]


def test_a_series_begun_long_ago_goes_on_from_now_and_one_that_is_over_is_due_at_once() -> None:
    going = due(CYCLE, "R5/2026-12-14T08:00/P1D", now=warsaw("2026-12-16T09:00"), zone=WARSAW)
    assert (wall(going.at), going.repetitions) == ("2026-12-17T08:00+0100", 1)
    over = due(CYCLE, "R2/2026-12-01T08:00/P1D", now=warsaw("2026-12-16T09:00"), zone=WARSAW)
    assert (wall(over.at), over.repetitions) == ("2026-12-02T08:00+0100", 0)


def test_after_downtime_a_cycle_fires_once_and_consumes_what_it_missed() -> None:
    begun = due(CYCLE, "R10/PT1H", now=warsaw("2026-12-17T10:00"), zone=WARSAW)
    late = warsaw("2026-12-17T14:30")  # due at 11; 12, 13 and 14 passed
    again, missed = following(
        CYCLE, begun.value, previous=begun.at, now=late, remaining=begun.repetitions, zone=WARSAW
    )
    assert missed == 3
    assert again is not None
    assert (wall(again.at), again.repetitions) == ("2026-12-17T15:00+0100", 5)
    assert following(
        CYCLE, begun.value, previous=begun.at, now=warsaw("2027-12-17T14:30"), remaining=9, zone=WARSAW
    ) == (None, 9)


def test_years_of_missed_seconds_are_counted_without_walking_through_them() -> None:
    begun = time.process_time()
    _, by_interval = following(
        CYCLE,
        "R/2026-01-01T00:00/PT1S",
        previous=warsaw("2026-01-01T00:00"),
        now=warsaw("2046-01-01T00:00"),
        remaining=None,
        zone=WARSAW,
    )
    _, by_cron = following(
        CYCLE,
        "* * * * * *",
        previous=warsaw("2026-01-01T00:00"),
        now=warsaw("2027-01-01T00:00"),
        remaining=None,
        zone=WARSAW,
    )
    assert by_interval == int((dt.datetime(2046, 1, 1) - dt.datetime(2026, 1, 1)).total_seconds())  # noqa: DTZ001
    assert by_cron == 365 * 86_400
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("cron", "now", "expected"),
    [
        ("0 8 * * *", "2026-10-24T09:00", ["2026-10-25T08:00+0100", "2026-10-26T08:00+0100"]),
        ("30 2 * * *", "2027-03-27T12:00", ["2027-03-28T03:30+0200", "2027-03-29T02:30+0200"]),
        ("30 2 * * *", "2026-10-24T12:00", ["2026-10-25T02:30+0200", "2026-10-26T02:30+0100"]),
        (
            "30 * * * *",
            "2026-10-25T01:00",
            [
                "2026-10-25T01:30+0200",
                "2026-10-25T02:30+0200",
                "2026-10-25T02:30+0100",
                "2026-10-25T03:30+0100",
            ],
        ),
        ("30 * * * *", "2027-03-28T01:00", ["2027-03-28T01:30+0100", "2027-03-28T03:30+0200"]),
        ("0 0 29 2 *", "2026-01-01T00:00", ["2028-02-29T00:00+0100", "2032-02-29T00:00+0100"]),
        ("0 9 L * *", "2028-02-01T00:00", ["2028-02-29T09:00+0100", "2028-03-31T09:00+0200"]),
        ("0 9 * * MON-FRI", "2026-12-18T10:00", ["2026-12-21T09:00+0100", "2026-12-22T09:00+0100"]),
        ("0 9 13 * FRI", "2026-11-01T00:00", ["2026-11-06T09:00+0100", "2026-11-13T09:00+0100"]),
        ("0 0 9 13 * FRI", "2026-11-01T00:00", ["2026-11-13T09:00+0100", "2027-08-13T09:00+0200"]),
        ("*/20 10-11 1,15 JAN 7", "2026-12-31T00:00", ["2027-01-01T10:00+0100", "2027-01-01T10:20+0100"]),
        ("@daily", "2026-12-31T12:00", ["2027-01-01T00:00+0100", "2027-01-02T00:00+0100"]),
    ],
)
def test_cron(cron: str, now: str, expected: list[str]) -> None:
    assert series(cron, now, len(expected)) == expected


def test_cron_counts_what_it_would_have_fired_one_by_one() -> None:
    for text, zone in (
        ("*/7 */3 * * *", WARSAW),
        ("15,45 2 * * *", LORD_HOWE),
        ("*/10 * 1-7 * 0", LORD_HOWE),
    ):
        cron = parse_cron(text)
        begin = dt.datetime(2026, 9, 20, 5, 13, tzinfo=dt.UTC)
        end = begin + dt.timedelta(days=50)
        at, walked = cron.following(begin, zone), 0
        while at is not None and at <= end:
            walked += 1
            at = cron.following(at, zone)
        assert cron.count(begin, end, zone) == walked > 0, text


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (DURATION, "P99999999Y", "at most 50 years"),
        (DURATION, "P49Y400D", "at most 50 years"),
        (DURATION, "P51Y", "at most 50 years"),
        (DURATION, "P601M", "at most 50 years"),
        (DURATION, "PT0S", "at least 1 second"),
        (DURATION, "PT0.9S", "at least 1 second"),
        (DURATION, "-PT1H", "ISO 8601 duration"),
        (DURATION, "P", "ISO 8601 duration"),
        (DURATION, "PT", "ISO 8601 duration"),
        (DURATION, "P1H", "ISO 8601 duration"),
        (DURATION, "pt1h", "ISO 8601 duration"),
        (DURATION, "P١D", "ISO 8601 duration"),
        (DURATION, "", "ISO 8601 duration"),
        (DATE, "2026-02-29", "exists"),
        (DATE, "2026-12-24T25:00", "exists"),
        (DATE, "2026-12-24T24:01", "exists"),
        (DATE, "24.12.2026", "ISO 8601 date"),
        (DATE, "9999-12-31T23:59", "year from"),
        (DATE, "2026-12-24T12:00+99:00", "offset"),
        (DATE, "2026-12-24T12:00[Europe/Nowhere]", "time zone"),
        (DATE, "2026-12-24T12:00[../../etc/passwd]", "ISO 8601 date|time zone"),
        (CYCLE, "R0/PT1H", "at least one repetition"),
        (CYCLE, "R/PT0S", "at least 1 second"),
        (CYCLE, "R/P99999999Y", "at most 50 years"),
        (CYCLE, "PT1H", "cycle"),
        (CYCLE, "R/", "cycle"),
        (CYCLE, "R/2026-01-01", "cycle"),
        (CYCLE, "R/PT1H/2026-01-01/PT1H", "cycle"),
        (CYCLE, "61 * * * *", "minute field"),
        (CYCLE, "* * * * * * *", "5 or 6 fields"),
        (CYCLE, "0 0 31 2 *", "never does"),
        (CYCLE, "*/0 * * * *", "minute field"),
        (CYCLE, "5-1 * * * *", "ascending"),
    ],
)
def test_what_is_refused_at_once(kind: TimerType, value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        recurrence.check(kind, value)
    with pytest.raises(ValueError, match=reason):
        due(kind, value, now=warsaw("2026-12-17T10:00"), zone=WARSAW)


@pytest.mark.parametrize("value", ["PT1S", "P50Y", "P600M", "PT999999999S"])
def test_the_limits_themselves_are_allowed(value: str) -> None:
    recurrence.check(DURATION, value)


@pytest.mark.parametrize("value", [None, True, 5, dt.time(8), dt.timedelta(0), dt.timedelta(days=30_000), []])
def test_values_that_are_no_time_are_refused(value: object) -> None:
    for kind in TimerType:
        with pytest.raises(ValueError, match="expected"):
            due(kind, value, now=warsaw("2026-12-17T10:00"), zone=WARSAW)  # type: ignore[arg-type]


def test_only_cycles_go_on() -> None:
    now = warsaw("2026-12-17T10:00")
    assert following(DURATION, "PT1H", previous=now, now=now, remaining=None, zone=WARSAW) == (None, 0)
    assert following(CYCLE, "R1/PT1H", previous=now, now=now, remaining=0, zone=WARSAW) == (None, 0)

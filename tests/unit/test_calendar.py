"""Working days against domain.md §6.4 and a table of Polish holidays that owes nothing to the library."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.calendar import WorkingCalendar, polish_calendar
from engine.clock import WARSAW
from engine.errors import EvaluationError

CALENDAR = polish_calendar()

# Easter Sundays as printed in church calendars; the rest of the year is fixed by the act of 18.01.1951
EASTER = {
    2024: "03-31",
    2025: "04-20",
    2026: "04-05",
    2027: "03-28",
    2028: "04-16",
    2029: "04-01",
    2030: "04-21",
    2031: "04-13",
    2032: "03-28",
    2033: "04-17",
    2034: "04-09",
    2035: "03-25",
}
FIXED = ("01-01", "01-06", "05-01", "05-03", "08-15", "11-01", "11-11", "12-25", "12-26")
CHRISTMAS_EVE_SINCE = 2025  # Dz.U. 2024 poz. 1965
AFTER_EASTER = (0, 1, 49, 60)  # Easter, Easter Monday, Pentecost, Corpus Christi


def holidays_of(year: int) -> set[dt.date]:
    easter = dt.date.fromisoformat(f"{year}-{EASTER[year]}")
    days = {dt.date.fromisoformat(f"{year}-{day}") for day in FIXED}
    days |= {easter + dt.timedelta(days=distance) for distance in AFTER_EASTER}
    return days | ({dt.date(year, 12, 24)} if year >= CHRISTMAS_EVE_SINCE else set())


@pytest.mark.parametrize("year", EASTER)
def test_every_day_of_a_year_agrees_with_the_independent_table(year: int) -> None:
    days = [dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(366)]
    days = [day for day in days if day.year == year]
    expected = [day for day in days if day.weekday() < 5 and day not in holidays_of(year)]
    assert [day for day in days if CALENDAR.is_working_day(day)] == expected


@pytest.mark.parametrize(
    ("start", "last_day", "instant"),
    [
        ("2026-12-17T10:00", "2026-12-28", "2026-12-28T23:00Z"),
        ("2026-12-18T16:30", "2026-12-29", "2026-12-29T23:00Z"),
        ("2026-12-23T23:30", "2027-01-04", "2027-01-04T23:00Z"),
        ("2026-10-22T09:00", "2026-10-29", "2026-10-29T23:00Z"),  # the clocks go back on 25 October
        ("2026-03-26T09:00", "2026-04-02", "2026-04-02T22:00Z"),  # and forth on 29 March
        ("2026-05-29T09:00", "2026-06-08", "2026-06-08T22:00Z"),  # Corpus Christi on 4 June
        ("2026-04-30T23:59", "2026-05-08", "2026-05-08T22:00Z"),
        ("2027-12-20T09:00", "2027-12-28", "2027-12-28T23:00Z"),
        ("2028-04-12T12:00", "2028-04-20", "2028-04-20T22:00Z"),  # Easter Monday on 17 April
    ],
)
def test_five_working_days_end_when_the_domain_says(start: str, last_day: str, instant: str) -> None:
    local = dt.datetime.fromisoformat(start)
    deadline = CALENDAR.deadline(local, 5)
    assert deadline.astimezone(dt.UTC) == dt.datetime.fromisoformat(instant)
    assert deadline.tzinfo is WARSAW
    assert CALENDAR.add_working_days(local.date(), 5) == dt.date.fromisoformat(last_day)
    assert CALENDAR.working_days_between(local.date(), dt.date.fromisoformat(last_day)) == 5


def test_a_deadline_counts_from_the_local_date_of_an_instant() -> None:
    just_before_midnight_utc = dt.datetime(2026, 12, 16, 23, 30, tzinfo=dt.UTC)  # already the 17th in Warsaw
    assert CALENDAR.deadline(just_before_midnight_utc, 5) == CALENDAR.deadline(dt.date(2026, 12, 17), 5)
    assert CALENDAR.deadline(just_before_midnight_utc, 5) != CALENDAR.deadline(dt.date(2026, 12, 16), 5)


def test_zero_working_days_end_with_the_day_itself() -> None:
    assert CALENDAR.deadline(dt.date(2026, 12, 24), 0) == dt.datetime(2026, 12, 25, tzinfo=WARSAW)


@pytest.mark.parametrize("count", [*range(-40, 41), 260, -260])
def test_counting_days_is_the_inverse_of_adding_them(count: int) -> None:
    working = dt.date(2026, 12, 17)
    reached = CALENDAR.add_working_days(working, count)
    assert CALENDAR.working_days_between(working, reached) == count
    assert CALENDAR.is_working_day(reached)


def test_a_closure_moves_deadlines_and_changes_the_version() -> None:
    closed = polish_calendar([dt.date(2026, 12, 28)], version="2026-11")
    assert closed.add_working_days(dt.date(2026, 12, 17), 5) == dt.date(2026, 12, 29)
    assert closed.version != polish_calendar([dt.date(2026, 12, 29)], version="2026-11").version
    assert "2026-11" in closed.version


def test_the_version_names_the_package_of_holidays() -> None:
    from importlib.metadata import version

    assert version("holidays") in CALENDAR.version


def test_another_country_has_other_holidays() -> None:
    czech = WorkingCalendar(name="cz", version="1", country="CZ")
    assert czech.is_working_day(dt.date(2026, 11, 11))
    assert not CALENDAR.is_working_day(dt.date(2026, 11, 11))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: CALENDAR.add_working_days(dt.date(2026, 1, 1), 10_001),
        lambda: CALENDAR.add_working_days(dt.date(9999, 12, 30), 5),
        lambda: CALENDAR.add_working_days(dt.date(1, 1, 2), -5),
        lambda: CALENDAR.deadline(dt.date(2026, 1, 1), -1),
        lambda: CALENDAR.deadline(dt.date(9999, 12, 31), 0),
        lambda: CALENDAR.working_days_between(dt.date(1900, 1, 1), dt.date(2026, 1, 1)),
    ],
)
def test_what_leaves_the_bounds_is_refused_in_one_sentence(attempt: object) -> None:
    with pytest.raises(EvaluationError, match=r"^expected .*, but "):
        attempt()  # type: ignore[operator]

"""Dates outside Python's years 1 to 9999; times and durations finer than its microseconds (§10.3.2.3).

The calendar repeats every 400 years, so a far date is a *near* one, in the years 2000 to 2399, and a number
of cycles. Far values can be read, written, compared and taken apart; arithmetic and the calendar stay within
Python's years. A nanosecond of a time survives being read and written and nothing else; one of a duration is
reckoned with. Nobody stores any of these.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

CYCLE_DAYS = 146_097
_CYCLE_YEARS = 400
_NEAR_YEAR = 2000
_MICROSECONDS_LIMIT = 999_999_999 * 86_400 * 1_000_000


class PreciseTime(dt.time):
    """A time of day with ``nanoseconds``, 0 to 999 beyond its microseconds."""

    nanoseconds = 0


class PreciseDateTime(dt.datetime):
    """A date and time with ``nanoseconds``, 0 to 999 beyond its microseconds."""

    nanoseconds = 0


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date whose year Python cannot hold."""

    near: dt.date
    cycles: int

    @property
    def year(self) -> int:
        """The year, negative before the year 0."""
        return self.near.year + _CYCLE_YEARS * self.cycles

    @property
    def month(self) -> int:
        """The month, from 1."""
        return self.near.month

    @property
    def day(self) -> int:
        """The day of the month."""
        return self.near.day

    def isoweekday(self) -> int:
        """Return the day of the week, Monday being 1."""
        return self.near.isoweekday()

    def weekday(self) -> int:
        """Return the day of the week, Monday being 0."""
        return self.near.weekday()


@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date and time whose year Python cannot hold."""

    near: dt.datetime
    cycles: int

    def __getattr__(self, name: str) -> Any:
        # hour, minute, second, tzinfo, utcoffset … are those of the near one
        return getattr(self.near, name)

    @property
    def year(self) -> int:
        """The year, negative before the year 0."""
        return self.near.year + _CYCLE_YEARS * self.cycles

    def date(self) -> FarDate:
        """Return the date alone."""
        return FarDate(self.near.date(), self.cycles)


@dataclass(frozen=True, slots=True, order=True)
class WideDuration:
    """A days-and-time duration Python's cannot hold: finer than a microsecond, or a billion days long."""

    nanoseconds: int


FAR = (FarDate, FarDateTime)
AnyDate = dt.date | FarDate
AnyDateTime = dt.datetime | FarDateTime
AnyDuration = dt.timedelta | WideDuration


def date_of(year: int, month: int, day: int) -> AnyDate:
    """Return a date of any year; raises ``ValueError`` for a day the calendar does not have."""
    if dt.MINYEAR <= year <= dt.MAXYEAR:
        return dt.date(year, month, day)
    near = _NEAR_YEAR + year % _CYCLE_YEARS
    return FarDate(dt.date(near, month, day), (year - near) // _CYCLE_YEARS)


def combine(day: AnyDate, time: dt.time) -> AnyDateTime:
    """Return a date and a time as one value; the zone is the time's."""
    if isinstance(day, FarDate):
        near = combine(day.near, time)
        return FarDateTime(near, day.cycles) if isinstance(near, dt.datetime) else near
    if isinstance(time, PreciseTime):
        moment = PreciseDateTime.combine(day, time)
        moment.nanoseconds = time.nanoseconds
        return moment
    return dt.datetime.combine(day, time)


def precise(time: dt.time, nanoseconds: int) -> dt.time:
    """Return a time with nanoseconds, where there are any."""
    if not nanoseconds:
        return time
    fine = PreciseTime(time.hour, time.minute, time.second, time.microsecond, time.tzinfo, fold=time.fold)
    fine.nanoseconds = nanoseconds
    return fine


def time_of(moment: AnyDateTime) -> dt.time:
    """Return the time of a date and time, with its zone."""
    near = moment.near if isinstance(moment, FarDateTime) else moment
    return precise(near.timetz(), getattr(near, "nanoseconds", 0))


def plain_date(value: AnyDate | AnyDateTime) -> AnyDate:
    """Return the date of a date or of a date and time."""
    return value.date() if isinstance(value, dt.datetime | FarDateTime) else value


def ordinal(value: AnyDate) -> int:
    """Return the number of a day, 1 January of the year 1 being 1."""
    if isinstance(value, FarDate):
        return value.near.toordinal() + CYCLE_DAYS * value.cycles
    return value.toordinal()


def nanoseconds_of(duration: AnyDuration) -> int:
    """Return the length of a duration."""
    if isinstance(duration, WideDuration):
        return duration.nanoseconds
    return ((duration.days * 86_400 + duration.seconds) * 1_000_000 + duration.microseconds) * 1_000


def duration_of(nanoseconds: int) -> AnyDuration:
    """Return a duration of a length, as Python's wherever that holds it."""
    microseconds, rest = divmod(nanoseconds, 1_000)
    if rest or abs(microseconds) > _MICROSECONDS_LIMIT:
        return WideDuration(nanoseconds)
    return dt.timedelta(microseconds=microseconds)

"""Our own ISO 8601 reader: durations and instants of timers, with limits, and calendar arithmetic in a zone.

A library's reader hung on ``P99999999Y``; here every number is bounded before anything is computed.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SHORTEST = dt.timedelta(seconds=1)
LONGEST_YEARS = 50
FIRST_YEAR, LAST_YEAR = 1970, 2199

_DURATION = re.compile(
    r"P(?!\Z)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?!\Z)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?",
    re.ASCII,
)
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"(Z|[+-]\d\d(?::?\d\d)?)?(?:@([\w/+-]+)|\[([\w/+-]+)\])?",
    re.ASCII,
)


class Duration(NamedTuple):
    """A duration in calendar months, calendar days and exact time."""

    months: int = 0
    days: int = 0
    exact: dt.timedelta = dt.timedelta()

    def times(self, factor: int) -> Duration:
        """Return the duration repeated."""
        return Duration(self.months * factor, self.days * factor, self.exact * factor)

    def least(self) -> dt.timedelta:
        """Return a length the duration never falls below, whatever the calendar does."""
        return dt.timedelta(days=self.months * 28 + self.days) + self.exact


def parse_duration(text: str) -> Duration:
    """Read ``P1Y2M3W4DT5H6M7.5S``; raises ``ValueError`` when it is no duration or outside 1 s … 50 years."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"expected an ISO 8601 duration such as P14D or PT1H30M, but it is {text[:60]!r}")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:7])
    _bound_years(text, years, months // 12, weeks // 53, days // 366, hours // 8784, minutes // 527_040)
    fraction = int((match[8] or "").ljust(6, "0")[:6] or 0)
    exact = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction)
    return checked(Duration(years * 12 + months, weeks * 7 + days, exact), text)


def checked(duration: Duration, text: str) -> Duration:
    """Return a duration within 1 s … 50 years; raises ``ValueError`` for any other."""
    if duration.least() < SHORTEST:
        raise ValueError(f"expected a duration of at least 1 second, but it is {text[:60]}")
    _bound_years(text, duration.months / 12 + (duration.days + duration.exact.days) / 365.25)
    return duration


def _bound_years(text: str, *years: float) -> None:
    if max(years) > LONGEST_YEARS:
        raise ValueError(f"expected a duration of at most {LONGEST_YEARS} years, but it is {text[:60]}")


def parse_instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """Read a date or date-time, local in ``zone`` unless it has an offset or zone of its own. Returns UTC.

    A date alone is its first instant; ``T24:00`` is the first instant of the next day.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(
            f"expected an ISO 8601 date and time such as 2026-12-24T12:00, but it is {text[:60]!r}"
        )
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"expected a year from {FIRST_YEAR} to {LAST_YEAR}, but it is {text[:60]}")
    midnight = hour == 24 and minute == second == 0
    fraction = int((match[7] or "").ljust(6, "0")[:6] or 0)
    try:
        local = dt.datetime(year, month, day, 0 if midnight else hour, minute, second, fraction)  # noqa: DTZ001
    except ValueError as failure:
        raise ValueError(f"expected a date and time that exists, but {text[:60]}: {failure}") from None
    if midnight:
        local += dt.timedelta(days=1)
    return local.replace(tzinfo=_zone(match, zone)).astimezone(dt.UTC)


def _zone(match: re.Match[str], zone: ZoneInfo) -> dt.tzinfo:
    """Return the offset or zone written, else the given one; an offset wins over a zone name beside it."""
    offset, name = match[8], match[9] or match[10]
    if offset == "Z":
        return dt.UTC
    if offset:
        digits = offset[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes >= 24 * 60:
            raise ValueError(f"expected an offset below 24 hours, but it is {offset}")
        return dt.timezone(dt.timedelta(minutes=minutes if offset[0] == "+" else -minutes))
    if name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"expected a time zone such as Europe/Warsaw, but it is {name!r}") from None
    return zone


def add(at: dt.datetime, duration: Duration, zone: ZoneInfo) -> dt.datetime:
    """Add to an instant: months, then days on the local calendar of ``zone``, then exact time. Returns UTC.

    The last day of a shorter month stands in for a day it lacks. A local time skipped by the change to summer
    time becomes the same distance after it; of one that occurs twice the first is meant.
    """
    if duration.months or duration.days:
        local = at.astimezone(zone)
        day = _add_months(local.date(), duration.months) + dt.timedelta(days=duration.days)
        at = dt.datetime.combine(day, local.time().replace(fold=0), zone)
    return at.astimezone(dt.UTC) + duration.exact


def _add_months(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))

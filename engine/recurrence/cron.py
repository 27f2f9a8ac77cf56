"""Cron: five fields (minute hour day month weekday) or six (second first), in a time zone.

Fields take ``*``, numbers, ranges, lists, steps and English three-letter names; ``L`` is the last day of the
month. With five fields a day matches when day *or* weekday does, if both are restricted (POSIX); with six
when both do. When clocks change: a fixed hour that is skipped fires right after the gap, one occurring twice
fires the first time; with ``*`` or a step for the hour every real hour counts.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = {
    name: index
    for index, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_DAYS = {name: index for index, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_LAST_DAY = 32  # stands for L among the days of the month
_HORIZON = dt.timedelta(days=366 * 9)  # 29 February across 2100
_DAY_SECONDS = 86_400


class Cron(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed cron expression; ``seconds`` are seconds within the hour, sorted."""

    seconds: tuple[int, ...]
    hours: tuple[int, ...]
    every_hour: bool
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def matches(self, day: dt.date) -> bool:
        """Tell whether anything fires on a day."""
        if day.month not in self.months:
            return False
        last = (day + dt.timedelta(days=1)).month != day.month
        by_day = day.day in self.days or (last and _LAST_DAY in self.days)
        by_weekday = day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday if self.either_day else by_day and by_weekday

    def instants(self, day: dt.date, zone: ZoneInfo) -> list[dt.datetime]:
        """Return when it fires on a matching day, UTC, in order."""
        return sorted({at for hour in self.hours for at in self._instants_of_hour(day, hour, zone)})

    def _instants_of_hour(self, day: dt.date, hour: int, zone: ZoneInfo) -> Iterator[dt.datetime]:
        for offset in self.seconds:
            local = dt.datetime.combine(day, dt.time(hour, offset // 60, offset % 60), zone)
            first = local.astimezone(dt.UTC)
            exists = first.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
            if exists or not self.every_hour:
                yield first
            if exists and self.every_hour:
                yield local.replace(fold=1).astimezone(dt.UTC)

    def following(self, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        """Return the first instant strictly after another, UTC; None when there is none for nine years."""
        day = after.astimezone(zone).date() - dt.timedelta(days=1)  # a gap may carry an instant past midnight
        for number in range(_HORIZON.days):
            current = day + dt.timedelta(days=number)
            if self.matches(current):
                found = self._first_on(current, after, zone)
                if found is not None:
                    return found
        return None

    def _first_on(self, day: dt.date, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        begin = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
        if _is_plain(day, zone):
            passed = (after - begin) // dt.timedelta(seconds=1) if after >= begin else -1
            offset = self._next_offset(passed)
            return None if offset is None else begin + dt.timedelta(seconds=offset)
        instants = self.instants(day, zone)
        index = bisect_right(instants, after)
        return instants[index] if index < len(instants) else None

    def _next_offset(self, passed: int) -> int | None:
        """Return the first firing second of a plain day after ``passed`` seconds of it."""
        for hour in self.hours:
            index = bisect_right(self.seconds, passed - hour * 3600)
            if index < len(self.seconds):
                return hour * 3600 + self.seconds[index]
        return None

    def count(self, after: dt.datetime, until: dt.datetime, zone: ZoneInfo) -> int:
        """Return how many instants lie in (after, until], day by day rather than one by one."""
        if until <= after:
            return 0
        return self._count_until(until, after, zone) - self._count_until(after, after, zone)

    def _count_until(self, until: dt.datetime, origin: dt.datetime, zone: ZoneInfo) -> int:
        day = origin.astimezone(zone).date() - dt.timedelta(days=1)
        last = until.astimezone(zone).date()
        total = 0
        while day <= last:
            if self.matches(day):
                total += self._count_on(day, until, zone, whole=(last - day).days > 1)
            day += dt.timedelta(days=1)
        return total

    def _count_on(self, day: dt.date, until: dt.datetime, zone: ZoneInfo, *, whole: bool) -> int:
        if not _is_plain(day, zone):
            return bisect_right(self.instants(day, zone), until)
        if whole:
            return len(self.hours) * len(self.seconds)
        begin = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
        passed = (until - begin) // dt.timedelta(seconds=1)
        return sum(bisect_right(self.seconds, passed - hour * 3600) for hour in self.hours)


def _is_plain(day: dt.date, zone: ZoneInfo) -> bool:
    """Tell whether a day has 24 hours and no change of clocks."""
    begin = dt.datetime.combine(day, dt.time(), zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    return begin.utcoffset() == end.utcoffset()


def is_cron(text: str) -> bool:
    """Tell whether a cycle is written as cron rather than as an ISO 8601 interval."""
    return text.startswith("@") or len(text.split()) > 1


def parse_cron(text: str) -> Cron:
    """Read a cron expression; raises ``ValueError`` naming the field."""
    fields = _MACROS.get(text, text).upper().split()
    if len(fields) not in (5, 6):
        raise ValueError(f"expected a cron expression of 5 or 6 fields, but {text[:60]!r} has {len(fields)}")
    five = len(fields) == 5
    second, minute, hour, day, month, weekday = ["0", *fields] if five else fields
    seconds, minutes = _field("second", second, 0, 59, {}), _field("minute", minute, 0, 59, {})
    weekdays = frozenset(number % 7 for number in _field("weekday", weekday, 0, 7, _DAYS))
    cron = Cron(
        seconds=tuple(sorted(m * 60 + s for m in minutes for s in seconds)),
        hours=tuple(sorted(_field("hour", hour, 0, 23, {}))),
        every_hour=hour.startswith("*"),
        days=_field("day", day, 1, 31, {"L": _LAST_DAY}),
        months=_field("month", month, 1, 12, _MONTHS),
        weekdays=weekdays,
        either_day=five and not day.startswith(("*", "?")) and not weekday.startswith(("*", "?")),
    )
    if cron.following(dt.datetime(2000, 1, 1, tzinfo=dt.UTC), ZoneInfo("UTC")) is None:
        raise ValueError(f"expected a cron expression that fires some day, but {text[:60]!r} never does")
    return cron


def _field(name: str, text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    if len(text) > 300:
        raise ValueError(f"expected a short {name} field, but it has {len(text)} characters")
    return frozenset(number for part in text.split(",") for number in _part(name, part, low, high, names))


def _part(name: str, text: str, low: int, high: int, names: dict[str, int]) -> range:
    written, _, step_text = text.partition("/")
    first_text, dash, last_text = written.partition("-")
    if written in ("*", "?"):
        first, last = low, high
    else:
        first = _number(name, first_text, low, high, names)
        last = _number(name, last_text, low, high, names) if dash else first
        if "/" in text and not dash:
            last = high
    step = _number(name, step_text, 1, high, {}) if "/" in text else 1
    if last < first:
        raise ValueError(
            f"expected an ascending range in the {name} field of the cron expression, but it is {text!r}"
        )
    return range(first, last + 1, step)


def _number(name: str, text: str, low: int, high: int, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and low <= int(text) <= high):
        raise ValueError(
            f"expected {low}…{high} in the {name} field of the cron expression, but it is {text[:30]!r}"
        )
    return int(text)

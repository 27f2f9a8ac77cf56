"""When timers are due: pure arithmetic on what a timer says, a present instant and a time zone.

Dates, durations and repeating intervals are ISO 8601, cycles also cron. ``P1D`` is a calendar day, also when
clocks change; ``P1M`` from 31 January is the last of February, and a month later 31 March again, because
repetitions are counted from the first instant, which ``Due.value`` carries.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import msgspec

from engine.model.definition import TimerType
from engine.recurrence.cron import Cron, is_cron, parse_cron
from engine.recurrence.iso8601 import (
    FIRST_YEAR,
    LAST_YEAR,
    Duration,
    add,
    checked,
    parse_duration,
    parse_instant,
)

__all__ = ["Due", "Months", "check", "due", "following"]

_FAR = dt.datetime(LAST_YEAR + 100, 1, 1, tzinfo=dt.UTC)
_UTC = ZoneInfo("UTC")


class Months(Protocol):
    """A duration in whole months, as FEEL has it."""

    @property
    def months(self) -> int:
        """Return the number of months."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a timer fires next.

    ``at`` is UTC, ``local`` the same instant as local time with offset and zone; ``repetitions`` are left
    after this one (None: without end); ``value`` is the timer's text for ``following``, its first instant
    included.
    """

    at: dt.datetime
    local: str
    repetitions: int | None
    value: str


class _Interval(NamedTuple):
    """A parsed ``R[n]/[start/]duration[/end]``."""

    repetitions: int | None
    start: dt.datetime | None
    duration: Duration
    end: dt.datetime | None
    written: str

    def occurrence(self, anchor: dt.datetime, number: int, zone: ZoneInfo) -> dt.datetime:
        """Return the instant ``number`` durations after the anchor; beyond the calendar, a far one."""
        if self.duration.least() * number > _FAR - anchor:
            return _FAR
        return add(anchor, self.duration.times(number), zone)

    def passed(self, anchor: dt.datetime, until: dt.datetime, zone: ZoneInfo) -> int:
        """Return the number of the first occurrence after ``until``, the anchor being number 0."""
        if until < anchor:
            return 0
        most = (until - anchor) // self.duration.least() + 2
        return bisect_right(range(most), until, key=lambda number: self.occurrence(anchor, number, zone))


def check(kind: TimerType, value: str) -> None:
    """Check a literal timer without a present instant; raises ``ValueError`` saying what was expected."""
    if kind is TimerType.DATE:
        parse_instant(value, _UTC)
    elif kind is TimerType.DURATION:
        parse_duration(value)
    elif is_cron(value):
        parse_cron(value)
    else:
        _parse_interval(value, _UTC)


def due(
    kind: TimerType,
    value: str | dt.datetime | dt.date | dt.timedelta | Months,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
) -> Due:
    """Return when a timer that begins to wait ``now`` fires; raises ``ValueError`` "expected …, but …".

    The days of a FEEL days-time duration are calendar days. A date in the past is due at once.
    """
    if kind is TimerType.DATE:
        return _due(_instant(value, zone), 0, str(value), zone)
    if kind is TimerType.DURATION:
        return _due(add(now, _duration(value), zone), 0, str(value), zone)
    if not isinstance(value, str):
        raise ValueError(f"expected a cycle such as R3/PT1H or 0 8 * * *, but it is a {type(value).__name__}")
    text = value.strip()
    if is_cron(text):
        return _due_cron(parse_cron(text), text, now, zone)
    return _due_interval(_parse_interval(text, zone), now, zone)


def following(
    kind: TimerType,
    value: str,
    *,
    previous: dt.datetime,
    now: dt.datetime,
    remaining: int | None,
    zone: ZoneInfo,
) -> tuple[Due | None, int]:
    """Return when a cycle that was due at ``previous`` and fires ``now`` is due next, and how many it missed.

    ``value`` is ``Due.value``. Repetitions in between are used up without firing; None: none is left.
    """
    if kind is not TimerType.CYCLE or (remaining is not None and remaining <= 0):
        return None, 0
    now = max(now, previous)
    text = value.strip()
    if is_cron(text):
        cron = parse_cron(text)
        missed = cron.count(previous, now, zone)
        if remaining is not None and missed >= remaining:
            return None, remaining
        return _next_cron(cron, text, now, zone), missed
    return _next_interval(_parse_interval(text, zone), previous, now, remaining, zone)


def _due(at: dt.datetime, repetitions: int | None, value: str, zone: ZoneInfo) -> Due:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"expected a timer due from {FIRST_YEAR} to {LAST_YEAR}, but it is due in {at.year}")
    local = f"{at.astimezone(zone).isoformat()}[{zone.key}]"
    return Due(at=at.astimezone(dt.UTC), local=local, repetitions=repetitions, value=value)


def _instant(value: object, zone: ZoneInfo) -> dt.datetime:
    if isinstance(value, str):
        return parse_instant(value.strip(), zone)
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        if FIRST_YEAR <= aware.year <= LAST_YEAR:
            return aware.astimezone(dt.UTC)
    elif isinstance(value, dt.date) and FIRST_YEAR <= value.year <= LAST_YEAR:
        return dt.datetime.combine(value, dt.time(), zone).astimezone(dt.UTC)
    raise ValueError(f"expected a date and time from {FIRST_YEAR} to {LAST_YEAR}, but it is {value!r}")


def _duration(value: object) -> Duration:
    if isinstance(value, str):
        return parse_duration(value.strip())
    if isinstance(value, dt.timedelta):
        return checked(Duration(0, value.days, value - dt.timedelta(days=value.days)), str(value))
    months = getattr(value, "months", None)
    if isinstance(months, int):
        return checked(Duration(months), f"{months} months")
    raise ValueError(f"expected a duration such as P14D or PT1H30M, but it is {value!r}")


def _parse_interval(text: str, zone: ZoneInfo) -> _Interval:
    """Read ``R[n]/[start/]duration[/end]``."""
    head, *parts = text.split("/")
    index = next((number for number, part in enumerate(parts) if part.startswith("P")), None)
    if not head.startswith("R") or index is None or index > 1 or len(parts) > index + 2:
        raise ValueError(
            f"expected a cycle such as R3/PT1H, R/2026-01-31T08:00/P1M or 0 8 * * *, but it is {text[:60]!r}"
        )
    return _Interval(
        repetitions=_count(head[1:]),
        start=parse_instant(parts[0], zone) if index else None,
        duration=parse_duration(parts[index]),
        end=parse_instant(parts[index + 1], zone) if len(parts) > index + 1 else None,
        written="/".join(parts[index:]),
    )


def _count(text: str) -> int | None:
    if text in ("", "-1"):
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise ValueError(f"expected at least one repetition after R, but it is {text[:30]!r}")
    return int(text)


def _due_interval(interval: _Interval, now: dt.datetime, zone: ZoneInfo) -> Due:
    """Return the first occurrence from now on; of a series that is over, its last, which is due at once."""
    anchor = interval.start or now.astimezone(dt.UTC)
    number = 1
    if interval.start is not None:
        number = interval.passed(anchor, now - dt.timedelta(microseconds=1), zone)
        if interval.repetitions is not None:
            number = min(number, interval.repetitions - 1)
    at = interval.occurrence(anchor, number, zone)
    if interval.end is not None and at > interval.end:
        raise ValueError(
            f"expected a repetition before the end {interval.end.isoformat()}, but there is none"
        )
    used = number + 1 if interval.start is not None else number
    left = None if interval.repetitions is None else interval.repetitions - used
    return _due(at, left, _anchored(interval, anchor, zone), zone)


def _anchored(interval: _Interval, anchor: dt.datetime, zone: ZoneInfo) -> str:
    count = "" if interval.repetitions is None else str(interval.repetitions)
    return f"R{count}/{anchor.astimezone(zone).isoformat()}/{interval.written}"


def _next_interval(
    interval: _Interval, previous: dt.datetime, now: dt.datetime, remaining: int | None, zone: ZoneInfo
) -> tuple[Due | None, int]:
    anchor = interval.start or previous
    latest = now if interval.end is None else min(now, interval.end)
    missed = max(0, interval.passed(anchor, latest, zone) - interval.passed(anchor, previous, zone))
    if remaining is not None and missed >= remaining:
        return None, remaining
    at = interval.occurrence(anchor, interval.passed(anchor, now, zone), zone)
    if at.year > LAST_YEAR or (interval.end is not None and at > interval.end):
        return None, missed
    left = None if remaining is None else remaining - missed - 1
    return _due(at, left, _anchored(interval, anchor, zone), zone), missed


def _due_cron(cron: Cron, text: str, now: dt.datetime, zone: ZoneInfo) -> Due:
    found = _next_cron(cron, text, now, zone)
    if found is None:
        raise ValueError(f"expected a cron expression that fires some day, but {text[:60]!r} never does")
    return found


def _next_cron(cron: Cron, text: str, now: dt.datetime, zone: ZoneInfo) -> Due | None:
    at = cron.following(now, zone)
    return None if at is None or at.year > LAST_YEAR else _due(at, None, text, zone)

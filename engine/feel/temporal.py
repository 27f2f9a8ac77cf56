"""Dates, times and durations: their texts (XML Schema with zone names), their parts and their arithmetic.

What belongs here: everything DMN 1.5 §10.3.2.3 says about temporal values. A value without zone is *local*;
where an instant is needed it counts as Warsaw's.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.feel.comparison import instant
from engine.feel.values import Undefined, YearsMonthsDuration
from engine.feel.wide import (
    AnyDate,
    AnyDateTime,
    AnyDuration,
    FarDate,
    FarDateTime,
    combine,
    date_of,
    duration_of,
    nanoseconds_of,
    ordinal,
    precise,
)

Temporal = AnyDate | FarDateTime | dt.time | dt.datetime | AnyDuration | YearsMonthsDuration

_DATE_TEXT = r"(?P<year>-?(?:[1-9]\d{3,8}|0\d{3}))-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME_TEXT = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<zone>Z|z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][\w+/-]*)?"
)
_DATE = re.compile(_DATE_TEXT, re.ASCII)
_TIME = re.compile(_TIME_TEXT, re.ASCII)
_DATE_TIME = re.compile(f"{_DATE_TEXT}T{_TIME_TEXT}", re.ASCII)
_DAYS_TIME = re.compile(
    r"(?P<sign>-)?P(?:(?P<days>\d{1,20})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,20})H)?(?:(?P<minutes>\d{1,20})M)?"
    r"(?:(?P<seconds>\d{1,20})(?:\.(?P<fraction>\d{1,9}))?S)?)?",
    re.ASCII,
)
_YEARS_MONTHS = re.compile(r"(?P<sign>-)?P(?:(?P<years>\d{1,12})Y)?(?:(?P<months>\d{1,12})M)?", re.ASCII)
_MAX_OFFSET = dt.timedelta(hours=18)
_MONTHS_LIMIT = 12 * 999_999_999
_SECOND = 1_000_000_000  # in nanoseconds
_DAY = 86_400 * _SECOND
_NANOSECONDS_LIMIT = 2**63 * _SECOND


def parse_date(text: str) -> AnyDate:
    """Read ``2026-12-24``; raises ``Undefined``."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise Undefined(f"expected a date such as 2026-12-24, but got “{text[:40]}”")
    return _date(match)


def parse_time(text: str) -> dt.time:
    """Read ``10:30:00`` with a fraction and an offset, ``Z`` or ``@Zone/Name``; raises ``Undefined``."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise Undefined(f"expected a time such as 10:30:00 or 10:30:00+01:00, but got “{text[:40]}”")
    return _time(match)


def parse_date_time(text: str) -> AnyDateTime:
    """Read a date, or a date and a time with ``T`` between them; raises ``Undefined``."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        if _DATE.fullmatch(text):
            return combine(parse_date(text), dt.time())
        raise Undefined(f"expected a date and time such as 2026-12-24T10:30:00, but got “{text[:60]}”")
    return combine(_date(match), _time(match))


def parse_duration(text: str) -> AnyDuration | YearsMonthsDuration:
    """Read ``P1Y2M`` or ``P1DT2H3M4.5S``, either with a minus in front; raises ``Undefined``."""
    match = _YEARS_MONTHS.fullmatch(text)
    if match and (match["years"] or match["months"]):
        return years_months(_sign(match) * (12 * int(match["years"] or 0) + int(match["months"] or 0)))
    match = _DAYS_TIME.fullmatch(text)
    if match is None or text.endswith("P"):
        raise Undefined(f"expected a duration such as P1Y2M or P3DT4H, but got “{text[:40]}”")
    hours = 24 * int(match["days"] or 0) + int(match["hours"] or 0)
    seconds = 60 * (60 * hours + int(match["minutes"] or 0)) + int(match["seconds"] or 0)
    return lasting(_sign(match) * (seconds * _SECOND + int((match["fraction"] or "0").ljust(9, "0"))))


def lasting(nanoseconds: int) -> AnyDuration:
    """Return a duration of a length; raises ``Undefined`` beyond 2^63 seconds."""
    if abs(nanoseconds) >= _NANOSECONDS_LIMIT:
        raise Undefined("expected a duration below 2^63 seconds, but it is longer")
    return duration_of(nanoseconds)


def near_duration(duration: AnyDuration) -> dt.timedelta:
    """Return a duration in whole microseconds; raises ``Undefined`` for a billion days and more."""
    if isinstance(duration, dt.timedelta):
        return duration
    try:
        return dt.timedelta(microseconds=duration.nanoseconds // 1_000)
    except OverflowError as problem:
        raise Undefined("expected a duration below a billion days, but it is longer") from problem


def parse_temporal(text: str) -> Temporal:
    """Read any temporal text, as ``@"…"`` does; raises ``Undefined``."""
    if text.startswith(("P", "-P")):
        return parse_duration(text)
    if _TIME.fullmatch(text):
        return parse_time(text)
    if _DATE.fullmatch(text):
        return parse_date(text)
    return parse_date_time(text)


def years_months(months: int) -> YearsMonthsDuration:
    """Return a duration of whole months; raises ``Undefined`` beyond a billion years."""
    if abs(months) > _MONTHS_LIMIT:
        raise Undefined("expected a duration below a billion years, but it is longer")
    return YearsMonthsDuration(months)


def _sign(match: re.Match[str]) -> int:
    return -1 if match["sign"] else 1


def _microseconds(match: re.Match[str]) -> int:
    return int((match["fraction"] or "0").ljust(9, "0")[:6])


def _date(match: re.Match[str]) -> AnyDate:
    try:
        return date_of(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as problem:
        raise Undefined(f"expected a day of the calendar, but {match.group()[:40]} is none") from problem


def _time(match: re.Match[str]) -> dt.time:
    zone = zone_of(match["zone"] or "")
    hour = int(match["hour"])
    try:
        time = dt.time(hour, int(match["minute"]), int(match["second"]), _microseconds(match), tzinfo=zone)
    except ValueError as problem:
        raise Undefined(f"expected a time of the day, but {match.group()[:40]} is none") from problem
    return precise(time, int((match["fraction"] or "0").ljust(9, "0")[6:]))


def zone_of(text: str) -> dt.tzinfo | None:
    """Return the zone written as ``Z``, ``+01:00`` or ``@Europe/Warsaw``; raises ``Undefined``."""
    if not text:
        return None
    if text in ("Z", "z"):
        return dt.UTC
    if text.startswith("@"):
        return _named_zone(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    if offset > _MAX_OFFSET or minutes > 59:
        raise Undefined(f"expected an offset of at most 18 hours, but got {text}")
    return offset_zone(-offset if text[0] == "-" else offset)


def offset_zone(offset: dt.timedelta) -> dt.tzinfo:
    """Return the zone with a fixed offset; UTC for none."""
    return dt.timezone(offset) if offset else dt.UTC


@lru_cache(maxsize=256)
def _named_zone(name: str) -> dt.tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise Undefined(f"expected a time zone such as Europe/Warsaw, but got “{name[:40]}”") from problem


def zone_name(zone: dt.tzinfo | None) -> str | None:
    """Return a named zone's name; None for a fixed offset and for local values."""
    return zone.key if isinstance(zone, ZoneInfo) else None


def format_zone(value: dt.time | dt.datetime) -> str:
    """Return the zone as it is written behind a time."""
    if value.tzinfo is None:
        return ""
    name = zone_name(value.tzinfo)
    if name is not None:
        return f"@{name}"
    offset = value.utcoffset() or dt.timedelta()
    if not offset:
        return "Z"
    seconds = abs(int(offset.total_seconds()))
    text = f"{'-' if offset < dt.timedelta() else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if seconds % 60 else "")


def format_time(value: dt.time | dt.datetime) -> str:
    """Return ``10:30:00``, a fraction where there is one, and the zone."""
    nanoseconds = value.microsecond * 1000 + getattr(value, "nanoseconds", 0)
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{fraction}{format_zone(value)}"


def format_temporal(value: Temporal) -> str:
    """Return the text that reads back as the same value."""
    if isinstance(value, dt.datetime | FarDateTime):
        return f"{_format_date(value)}T{format_time(value.near if isinstance(value, FarDateTime) else value)}"
    if isinstance(value, dt.date | FarDate):
        return _format_date(value)
    if isinstance(value, dt.time):
        return format_time(value)
    if isinstance(value, YearsMonthsDuration):
        return _format_months(value.months)
    return _format_days(value)


def _format_date(value: AnyDate | FarDateTime) -> str:
    sign = "-" if value.year < 0 else ""
    return f"{sign}{abs(value.year):04}-{value.month:02}-{value.day:02}"


def _format_months(months: int) -> str:
    if not months:
        return "P0M"
    years, rest = divmod(abs(months), 12)
    text = (f"{years}Y" if years else "") + (f"{rest}M" if rest else "")
    return f"{'-' if months < 0 else ''}P{text}"


def _format_days(value: AnyDuration) -> str:
    nanoseconds = nanoseconds_of(value)
    if not nanoseconds:
        return "PT0S"
    whole, rest = divmod(abs(nanoseconds), _DAY)
    seconds, part = divmod(rest, _SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{part:09}".rstrip("0") if part else ""
    time = (
        (f"{hours}H" if hours else "")
        + (f"{minutes}M" if minutes else "")
        + (f"{seconds}{fraction}S" if seconds or fraction else "")
    )
    days = f"{whole}D" if whole else ""
    return ("-" if nanoseconds < 0 else "") + f"P{days}" + (f"T{time}" if time else "")


def add_months(day: dt.date, months: int) -> dt.date:
    """Move a date or a date-time by months; the day is clipped to the month's last. Raises ``Undefined``."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise Undefined("expected a date in the years 1 to 9999, but the sum leaves them")
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def add_duration(moment: dt.datetime, duration: AnyDuration) -> dt.datetime:
    """Move a date-time by an exact duration; with a zone the instant moves, and the zone stays."""
    if moment.tzinfo is None:
        return moment + near_duration(duration)
    return (instant(moment) + near_duration(duration)).astimezone(moment.tzinfo)


def add_to_time(time: dt.time, duration: AnyDuration) -> dt.time:
    """Move a time around the clock."""
    turned = dt.timedelta(microseconds=nanoseconds_of(duration) % _DAY // 1_000)
    return (dt.datetime.combine(dt.date(2000, 1, 2), time) + turned).timetz()


def between(later: dt.datetime, earlier: dt.datetime) -> dt.timedelta:
    """Return the exact duration between two date-times; raises ``Undefined`` when only one has a zone."""
    if later.tzinfo is None and earlier.tzinfo is None:
        return later - earlier
    if later.tzinfo is None or earlier.tzinfo is None:
        raise Undefined("expected two date-times with a zone or two without, but only one has a zone")
    return instant(later) - instant(earlier)


def midnight(day: dt.date) -> dt.datetime:
    """Return a date as its first instant in UTC, as the standard coerces it (§10.3.2.3.6)."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def months_between(start: AnyDate, end: AnyDate) -> YearsMonthsDuration:
    """Return the whole months from one date to another, truncated towards zero."""
    if ordinal(end) < ordinal(start):
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return YearsMonthsDuration(months - (end.day < start.day))

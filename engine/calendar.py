"""Working days of an office: public holidays of a country plus the office's own closures.

What belongs here: everything that turns "n working days" into dates and instants. Time zones come in with the
calendar; the present instant never does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from holidays.version import __version__ as holidays_version

from engine.clock import WARSAW
from engine.errors import EvaluationError

MAX_WORKING_DAYS = 10_000
MAX_CALENDAR_DAYS = 36_600
DEFAULT_CALENDAR = "pl"

_DAY = dt.timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class WorkingCalendar:
    """Which days an office works.

    ``version`` names everything the answers depend on and is recorded with each deadline; ``closures`` are
    the office's own days off; ``country`` is an ISO 3166 code known to the ``holidays`` package.
    """

    name: str
    version: str
    closures: frozenset[dt.date] = frozenset()
    country: str = "PL"
    zone: ZoneInfo = WARSAW

    def is_working_day(self, day: dt.date) -> bool:
        """Say whether the office works on a day: Monday to Friday, no public holiday, no closure."""
        return not self.day_off(day)

    def day_off(self, day: dt.date) -> str:
        """Return why the office does not work on a day: ``saturday``, ``sunday``, ``closure`` or the name
        of a public holiday in the country's language; "" where it works."""
        if day.weekday() >= _SATURDAY:
            return "saturday" if day.weekday() == _SATURDAY else "sunday"
        if day in self.closures:
            return "closure"
        return _public_holidays(self.country, day.year).get(day, "")

    def add_working_days(self, day: dt.date, count: int) -> dt.date:
        """Return the ``count``-th working day after a day (before it, when negative; the day itself for 0).

        Raises ``EvaluationError`` beyond 10 000 working days or outside the years 1 to 9999.
        """
        if abs(count) > MAX_WORKING_DAYS:
            raise EvaluationError(
                f"expected at most {MAX_WORKING_DAYS} working days, but {count} were asked for"
            )
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        try:
            while left:
                day += step
                left -= self.is_working_day(day)
        except OverflowError as problem:
            raise EvaluationError(
                "expected a date in the years 1 to 9999, but the count leaves them"
            ) from problem
        return day

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Count the working days after ``start`` up to and with ``end``; negative when ``end`` is earlier.

        The day of the event is not counted (KPA art. 57 §1), so this is the inverse of ``add_working_days``.
        Raises ``EvaluationError`` when the dates are more than 36 600 days apart.
        """
        if end < start:
            return -self.working_days_between(end, start)
        days = (end - start).days
        if days > MAX_CALENDAR_DAYS:
            raise EvaluationError(
                f"expected dates at most {MAX_CALENDAR_DAYS} days apart, but they are {days}"
            )
        return sum(self.is_working_day(start + dt.timedelta(days=number)) for number in range(1, days + 1))

    def deadline(self, start: dt.date | dt.datetime, count: int) -> dt.datetime:
        """Return the aware instant at which the ``count``-th working day after ``start``'s local date ends.

        The end of a day is 24:00 local, written as 00:00 of the next day in the calendar's zone. A date-time
        without zone is local. Raises ``EvaluationError`` as ``add_working_days`` does, and for a negative
        count.
        """
        if count < 0:
            raise EvaluationError(f"expected a deadline of 0 or more working days, but {count} were given")
        last = self.add_working_days(self.local_date(start), count)
        try:
            following = last + _DAY
        except OverflowError as problem:
            raise EvaluationError("expected a deadline before the year 10000, but it is later") from problem
        return dt.datetime.combine(following, dt.time(), self.zone)

    def local_date(self, start: dt.date | dt.datetime) -> dt.date:
        """Return the day an instant falls on in the calendar's zone; without zone it is local, a date is
        itself."""
        if not isinstance(start, dt.datetime):
            return start
        return (start if start.tzinfo is None else start.astimezone(self.zone)).date()


def polish_calendar(closures: Iterable[dt.date] = (), version: str = "1") -> WorkingCalendar:
    """Return the Polish calendar with an office's closures; its version names the overlay and the package."""
    days = frozenset(closures)
    marks = "".join(sorted(day.isoformat() for day in days))
    digest = hashlib.sha256(marks.encode()).hexdigest()[:8] if days else "none"
    return WorkingCalendar(
        name=DEFAULT_CALENDAR,
        version=f"{version}; holidays {holidays_version}; closures {digest}",
        closures=days,
    )


@lru_cache(maxsize=1024)
def _public_holidays(country: str, year: int) -> Mapping[dt.date, str]:
    language = holidays.country_holidays(country).default_language
    return dict(holidays.country_holidays(country, years=year, language=language))
